"""Specs: what can be asked of a module before it is instantiated, and SavedModels as modules."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

import minihub as hub
import minihub_runtime as tf
from minihub.errors import NotAModuleError
from minihub_runtime.errors import DataLossError, NotFoundError
from minihub_runtime.protos import ModuleAttachment, SavedModel

DATA = Path(__file__).parents[1] / "data"
IMAGE = DATA / "modules" / "image"
HALF = DATA / "modules" / "half_plus_two"
SERVED = DATA / "saved_models" / "served"
LEGACY = DATA / "saved_models" / "legacy"


def copy(tmp_path: Path, source: Path) -> tuple[Path, SavedModel]:
    path = shutil.copytree(source, tmp_path / "module")
    return path, SavedModel.FromString((path / "saved_model.pb").read_bytes())


def test_tags_and_signatures() -> None:
    spec = hub.load_module_spec(str(IMAGE))
    assert spec.get_tags() == [frozenset(), frozenset({"train"})]
    for tags in (None, [], set(), {"train"}, ["train"], ("train", "train")):
        assert sorted(spec.get_signature_names(tags)) == ["classes:top", "default"]
    assert spec.get_signature_names(tags=["train"])


def test_unknown_tags_and_signatures() -> None:
    spec = hub.load_module_spec(IMAGE)
    message = r"SavedModelHandler has no graph with tags: \['x'\]; it has \[\], \['train'\]"
    with pytest.raises(KeyError, match=message):
        spec.get_signature_names(["x"])
    with pytest.raises(KeyError, match=message):
        spec.get_input_info_dict(tags=["x"])
    with pytest.raises(KeyError, match=message):
        spec.get_attached_message("key", hub.ImageModuleInfo, tags=["x"])
    with pytest.raises(ValueError, match=r"Signature 'x' is missing from meta graph\."):
        spec.get_input_info_dict("x")
    with pytest.raises(ValueError, match=r"Signature 'x' is missing from meta graph\."):
        spec.get_output_info_dict(signature="x", tags=["train"])


def test_infos() -> None:
    spec = hub.load_module_spec(IMAGE)
    inputs = spec.get_input_info_dict("classes:top")
    assert {name: (i.dtype, i.get_shape().as_list()) for name, i in inputs.items()} == {
        "images": (tf.float32, [None, 8, 8, 3]),
        "scale": (tf.float32, []),
    }
    outputs = spec.get_output_info_dict()
    assert outputs["default"].get_shape().as_list() == [None, 4]


def test_attached_messages() -> None:
    spec = hub.load_module_spec(IMAGE)
    info = spec.get_attached_message("image_module_info", hub.ImageModuleInfo, tags={"train"})
    assert info is not None
    assert info.default_image_size.height == 8
    assert spec.get_attached_message("other", hub.ImageModuleInfo) is None
    message = r"No attached message for key 'other' in graph version \['train'\] of Hub Module"
    with pytest.raises(KeyError, match=message):
        spec.get_attached_message("other", hub.ImageModuleInfo, tags={"train"}, required=True)


def test_an_attached_message_that_is_none(tmp_path: Path) -> None:
    path, model = copy(tmp_path, DATA / "modules" / "lookup")
    values = model.meta_graphs[0].collection_def["hub_module_attachments"].bytes_list.value
    values[0] = ModuleAttachment(key="note", value=b"\xff\xff").SerializeToString()
    (path / "saved_model.pb").write_bytes(model.SerializeToString())
    spec = hub.load_module_spec(path)
    with pytest.raises(DataLossError, match="attached message 'note'"):
        spec.get_attached_message("note", hub.ImageModuleInfo)


def test_unicode_and_blanks_in_the_path(tmp_path: Path) -> None:
    path = shutil.copytree(DATA / "modules" / "lookup", tmp_path / "ein Mödul mit Blank 模型")
    with tf.Graph().as_default(), tf.Session() as session:
        output = hub.Module(path)(["cat"])
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        assert session.run(output).tolist() == [[3.0, 4.0]]
    assert hub.load(path)(["cat"]).tolist() == [[3.0, 4.0]]


def test_what_is_no_module(tmp_path: Path) -> None:
    with pytest.raises(NotAModuleError, match=r"must hold tfhub_module\.pb, but is something else"):
        hub.load_module_spec(tmp_path)
    with pytest.raises(
        NotAModuleError, match="SavedModel; see create_module_spec_from_saved_model"
    ):
        hub.load_module_spec(SERVED)
    with pytest.raises(NotFoundError, match=r"missing does not exist\."):
        hub.load_module_spec(tmp_path / "missing")
    with pytest.raises(OSError, match="missing"):
        hub.Module(str(tmp_path / "missing"))


def test_collections_of_newer_modules_are_ignored(tmp_path: Path) -> None:
    path, model = copy(tmp_path, HALF)
    model.meta_graphs[0].collection_def["from_the_future"].int64_list.value.append(1)
    (path / "saved_model.pb").write_bytes(model.SerializeToString())
    with pytest.warns(
        UserWarning, match=r"collections that are ignored in graph \[\]: from_the_future"
    ):
        spec = hub.load_module_spec(path)
    with tf.Graph().as_default(), tf.Session() as session:
        output = hub.Module(spec)([2.0])
        session.run(tf.global_variables_initializer())
        assert session.run(output).tolist() == [3.0]


def test_the_kind_of_attachments(tmp_path: Path) -> None:
    path, model = copy(tmp_path, HALF)
    model.meta_graphs[0].collection_def["hub_module_attachments"].int64_list.value.append(1)
    (path / "saved_model.pb").write_bytes(model.SerializeToString())
    message = (
        "Internal CollectionDef for attached messages has kind int64_list, expected bytes_list"
    )
    with pytest.raises(ValueError, match=message):
        hub.load_module_spec(path).get_attached_message("x", hub.ImageModuleInfo)


@pytest.mark.parametrize("path", [SERVED, LEGACY], ids=["resource", "reference"])
def test_a_saved_model_as_a_module(path: Path) -> None:
    spec = hub.create_module_spec_from_saved_model(path)
    assert spec.get_tags() == [frozenset({"serve"})]
    assert spec.get_signature_names({"serve"}) == ["serving_default"]
    assert not set(spec.graphs[0].proto.collection_def) & {
        "global_step",
        "legacy_init_op",
        "saved_model_main_op",
    }
    with tf.Graph().as_default(), tf.Session() as session:
        module = hub.Module(spec, trainable=True, tags={"serve"})
        assert sorted(module.variable_map) == ["count", "emb", "global_step"]
        assert [v.shape.as_list() for v in module.variable_map["emb"]] == [[2, 2], [2, 2]]
        outputs = module(["the", "sat", "?"], signature="serving_default", as_dict=True)
        assert len(tf.trainable_variables()) == 2
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        found = session.run(outputs)
    assert found["vectors"].tolist() == [[1.0, 2.0], [5.0, 6.0], [7.0, 8.0]]
    # The main op of a SavedModel is none of a module's.
    assert found["count"] == 0


def test_collections_a_module_cannot_have(tmp_path: Path) -> None:
    path, model = copy(tmp_path, SERVED)
    model.meta_graphs[0].collection_def["summaries"].node_list.value.append("text")
    (path / "saved_model.pb").write_bytes(model.SerializeToString())
    with pytest.raises(
        ValueError,
        match=r"Unsupported collections in graph: \['summaries'\]\nUse hub\.create_module_spec\(\.\.\., "
        r"drop_collections=\[\.\.\.\]\) as appropriate\.",
    ):
        hub.create_module_spec_from_saved_model(path)
    spec = hub.create_module_spec_from_saved_model(path, drop_collections=["summaries"])
    assert spec.get_signature_names(["serve"])


def test_no_saved_model(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"must hold saved_model\.pb or saved_model\.pbtxt"):
        hub.create_module_spec_from_saved_model(tmp_path)
    with pytest.raises(NotFoundError):
        hub.create_module_spec_from_saved_model(os.fspath(tmp_path / "missing"))
