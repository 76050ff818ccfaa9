"""What `check_module` finds: one planted fault at a time, and nothing in a module that is as it should be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub as hub
import minihub_runtime as tf
from minihub.checking import Finding, check_module
from minihub_runtime.checkpoint import CheckpointReader, write_checkpoint
from minihub_runtime.protos import ImageModuleInfo, SavedModel
from tests.shared import SHARED, module_names, needs_shared

DATA = Path(__file__).parents[1] / "data" / "modules"


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module with nothing to complain of."""
    shutil.copytree(DATA / "half_plus_two", tmp_path / "module")
    return tmp_path / "module"


def change(folder: Path, how: Callable[[Any], None]) -> None:
    path = folder / "saved_model.pb"
    model = SavedModel.FromString(path.read_bytes())
    how(model)
    path.write_bytes(model.SerializeToString())


def made(module_fn: Callable[..., None], folder: Path, tags_and_args: Any = None) -> Path:
    spec = hub.create_module_spec(module_fn, tags_and_args)
    tags = None if tags_and_args is None else tags_and_args[0][0]
    with tf.Graph().as_default():
        instance = hub.Module(spec, tags=tags)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            instance.export(folder, session)
    return folder


def texts(findings: list[Finding], level: str | None = None) -> str:
    return "\n".join(f"{f.where}: {f.text}" for f in findings if level in (None, f.level))


@pytest.mark.parametrize("name", ["half_plus_two", "image", "lookup", "text"])
def test_good_modules_have_no_errors(name: str) -> None:
    assert texts(check_module(str(DATA / name)), "error") == ""


@needs_shared
@pytest.mark.parametrize("name", module_names())
def test_recorded_modules_have_no_errors(name: str) -> None:
    assert texts(check_module(str(SHARED / "modules" / name / "module")), "error") == ""


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert "marker of a TF1 Hub module is absent" in texts(check_module(str(tmp_path)), "error")
    assert "must hold saved_model.pb" in texts(check_module(str(tmp_path)), "error")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tfhub_module.pb", "create from-graph"),
        ("saved_model.pb", "must hold saved_model.pb or saved_model.pbtxt"),
        ("variables", "the graph has variables, but there is no checkpoint"),
    ],
)
def test_parts_that_are_absent(name: str, text: str, module: Path) -> None:
    place = module / name
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    assert text in texts(check_module(str(module)), "error")


@pytest.mark.parametrize(
    ("how", "level", "text"),
    [
        (lambda g: g.signature_def.clear(), "error", "there is no signature"),
        (
            lambda g: setattr(g.signature_def["default"].outputs["default"], "name", "gone:0"),
            "error",
            "must be a tensor of the graph, not 'gone:0'",
        ),
        (
            lambda g: g.collection_def["update_ops"].node_list.value.append("gone"),
            "error",
            "'update_ops'",
        ),
        (
            lambda g: g.signature_def["a/b"].CopyFrom(g.signature_def["default"]),
            "error",
            "a name with a slash cannot be applied",
        ),
        (
            lambda g: g.signature_def["a b"].CopyFrom(g.signature_def["default"]),
            "error",
            "the name cannot be that of a scope",
        ),
        (lambda g: g.meta_info_def.tags.append("gpu"), "warning", "no graph without tags"),
        (lambda g: g.meta_info_def.tags.append("gpu"), "note", "users know {} and {train}"),
        (
            lambda g: setattr(next(n for n in g.graph_def.node if n.op == "Mul"), "op", "MyMul"),
            "warning",
            "needs ops that minihub lacks: MyMul",
        ),
        (
            lambda g: g.collection_def["update_ops"].node_list.value.append(
                g.graph_def.node[0].name
            ),
            "warning",
            "the graph for inference has update ops",
        ),
        (
            lambda g: g.signature_def["default"].inputs.clear(),
            "error",
            "fed, which is no input of it",
        ),
    ],
)
def test_faults_of_graphs(how: Callable[[Any], None], level: str, text: str, module: Path) -> None:
    assert text not in texts(check_module(str(module)))
    change(module, lambda model: how(model.meta_graphs[0]))
    assert text in texts(check_module(str(module)), level)


def test_files_that_nobody_uses(module: Path) -> None:
    (module / "assets").mkdir(exist_ok=True)
    (module / "assets" / "old.txt").write_text("old")
    (module / "notes").write_text("mine")
    findings = check_module(str(module))
    assert "no graph uses 'old.txt'" in texts(findings, "warning")
    assert "notes: is no part of a module" in texts(findings, "note")


def test_an_asset_that_is_gone(tmp_path: Path) -> None:
    shutil.copytree(DATA / "lookup", tmp_path / "m")
    (asset,) = (tmp_path / "m" / "assets").iterdir()
    asset.unlink()
    assert f"'{asset.name}' is not there" in texts(check_module(str(tmp_path / "m")), "error")


def test_variables_that_do_not_fit(module: Path) -> None:
    prefix = str(module / "variables" / "variables")
    reader = CheckpointReader(prefix)
    values = {name: np.array(reader.read(name)) for name in reader.names()}
    write_checkpoint(prefix, {**values, "more": np.zeros(3)})
    assert "no graph uses the tensor 'more'" in texts(check_module(str(module)), "warning")
    write_checkpoint(prefix, {"a": np.zeros(2, np.float32)})
    found = texts(check_module(str(module)), "error")
    assert "doesn't match with shape of tensor a" in found
    assert "Tensor b is not found in" in found


@pytest.mark.parametrize(
    ("data", "text"),
    [(None, "must"), (b"", "must"), (b"\x07" * 8, "the checksum of 'a' must be")],
    ids=["absent", "cut", "damaged"],
)
def test_values_of_variables_that_cannot_be_read(
    data: bytes | None, text: str, module: Path
) -> None:
    path = module / "variables" / "variables.data-00000-of-00001"
    path.unlink()
    if data is not None:
        path.write_bytes(data)
    (finding,) = check_module(str(module))
    assert (finding.level, finding.where) == ("error", "variables")
    assert text in finding.text


def test_an_index_of_variables_that_cannot_be_read(module: Path) -> None:
    (module / "variables" / "variables.index").write_bytes(b"no index")
    (finding,) = check_module(str(module))
    assert (finding.level, finding.where) == ("error", "variables")


def test_a_broken_file(module: Path) -> None:
    (module / "saved_model.pb").write_bytes(b"\xff\xff")
    assert "Cannot parse file" in texts(check_module(str(module)), "error")
    (module / "tfhub_module.pb").write_bytes(b"\x08\x07")
    assert "Unsupported module def format: 7" in texts(check_module(str(module)), "error")


def images_fn(
    shape: Any = (None, 8, 8, 3), name: str = "image_feature_vector", size: int = 0, end: str = ""
) -> None:
    images = tf.placeholder(tf.float32, shape, name="images")
    if size:
        info = ImageModuleInfo()
        info.default_image_size.height = info.default_image_size.width = size
        hub.attach_image_module_info(info)
    vector = tf.reduce_mean(images, axis=[1, 2])
    outputs = {"default": vector, **({end: vector} if end else {})}
    hub.add_signature(name, {"images": images}, outputs)
    hub.add_signature(None, {"images": images}, vector)


@pytest.mark.parametrize(
    ("options", "level", "text"),
    [
        ({}, "warning", ""),
        ({"size": 8}, "error", ""),
        ({"size": 9}, "error", "the attached size [9, 9] is not that of the images, [8, 8]"),
        ({"shape": (None, None, None, 3)}, "warning", "no image_module_info is attached"),
        ({"shape": (None, None, None, 3), "size": 5}, "warning", ""),
        ({"shape": (None, 8, 8, 1)}, "warning", "must be of shape [?,?,?,3]"),
        ({"shape": (1, 8, 8, 3)}, "warning", "must take batches of any size, not of 1 only"),
        ({"end": "layer"}, "warning", "names of intermediate layers must have a slash"),
        ({"end": "Net/layer"}, "warning", ""),
        ({"name": "image_feature_vector_with_bn_hparams"}, "warning", "'batch_norm_momentum'"),
    ],
)
def test_image_modules(options: Any, level: str, text: str, tmp_path: Path) -> None:
    folder = made(images_fn, tmp_path / "m", [((), options)])
    found = texts(check_module(str(folder)), level)
    assert text in found if text else found == ""


@pytest.mark.parametrize(
    ("inputs", "shape", "text"),
    [
        ("default", [None, 4], ""),
        ("words", [None, 4], "the only input must be 'default', not ['words']"),
        ("default", [None, None], "the size of the embedding must be known"),
        ("default", [None, 4, 2], "the embedding must be of shape [?,?], not [?,4,2]"),
    ],
)
def test_text_embeddings(inputs: str, shape: Any, text: str, tmp_path: Path) -> None:
    def module_fn() -> None:
        words = tf.placeholder(tf.string, [None])
        vectors = tf.placeholder_with_default(
            np.zeros([1, *(n or 1 for n in shape[1:])], np.float32), shape
        )
        hub.add_signature(inputs={inputs: words}, outputs=vectors)

    found = texts(check_module(str(made(module_fn, tmp_path / "m"))), "warning")
    assert text in found if text else found == ""


def test_variants_that_differ(tmp_path: Path) -> None:
    def module_fn(more: bool) -> None:
        x = tf.placeholder(tf.float32, [None])
        y = x * tf.Variable(1.0, name="v")
        hub.add_signature(inputs=x, outputs=y * tf.Variable(2.0, name="w") if more else y)
        if more:
            hub.add_signature("other", x, y)

    folder = made(module_fn, tmp_path / "m", [({"train"}, {"more": True}), ((), {"more": False})])
    found = texts(check_module(str(folder)), "warning")
    assert "lacks its variables ['w']" in found
    assert "are not those of the graph without tags, ['default']" in found


def test_what_is_better_known_before(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.placeholder(tf.float32, [None])
        large = tf.constant(np.arange(400_000.0))
        tf.constant("/home/somebody/data/words.txt", name="leak")
        draw = tf.raw_ops.RandomUniform(shape=[1], dtype=tf.float32, name="draw")
        tf.get_variable("at_first", [2])
        hub.add_signature(inputs=x, outputs={"y": x * draw, "large": tf.identity(large)})

    findings = check_module(str(made(module_fn, tmp_path / "m")))
    assert "has 3 MB, which each application adds" in texts(findings, "warning")
    notes = texts(findings, "note")
    assert "'leak' holds a path: '/home/somebody/data/words.txt'" in notes
    assert "'draw' draws other numbers each time" in notes
    assert "at_first" not in notes
    assert "there is no output 'default'; calls need as_dict=True" in notes
