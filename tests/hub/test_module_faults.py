"""Broken modules: an error that says what must hold and where, or TensorFlow's value, and nothing left behind.

`module_cases.jsonl` of the shared material names the mutations and what TensorFlow did on each; `MUTATIONS` makes them of the
module `tests/data/modules/lookup`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub_runtime.checkpoint import write_checkpoint
from minihub_runtime.errors import OpError
from minihub_runtime.protos import AssetFileDef, SavedModel
from tests.hub.modules import read
from tests.shared import SHARED

GOOD = Path(__file__).parents[1] / "data" / "modules" / "lookup"
WORDS = ["the", "sat", "what"]
VALUE = [[1.0, 2.0], [5.0, 6.0], [7.0, 8.0]]
EMB = np.arange(1, 9, dtype=np.float32).reshape(4, 2)

FILE = SHARED / "faults" / "module_cases.jsonl"
CASES: dict[str, dict[str, Any]] = {}
if FILE.is_file():
    for line in FILE.read_text(encoding="utf-8").splitlines():
        found = json.loads(line)
        CASES[found["id"]] = found

Mutation = Callable[[Path], None]


def write_bytes(name: str, data: bytes) -> Mutation:
    return lambda module: (module / name).write_bytes(data) and None


def delete(name: str) -> Mutation:
    return lambda module: (module / name).unlink()


def change(edit: Callable[[Any], None]) -> Mutation:
    """A mutation of the first MetaGraph."""

    def mutate(module: Path) -> None:
        path = module / "saved_model.pb"
        message = SavedModel.FromString(path.read_bytes())
        edit(message.meta_graphs[0])
        path.write_bytes(message.SerializeToString())

    return mutate


def change_model(edit: Callable[[Any], None]) -> Mutation:
    """A mutation of the whole SavedModel."""

    def mutate(module: Path) -> None:
        path = module / "saved_model.pb"
        message = SavedModel.FromString(path.read_bytes())
        edit(message)
        path.write_bytes(message.SerializeToString())

    return mutate


def set_input(**fields: Any) -> Mutation:
    def edit(graph: Any) -> None:
        info = graph.signature_def["default"].inputs["text"]
        for name, value in fields.items():
            setattr(info, name, value)

    return change(edit)


def set_shape(graph: Any) -> None:
    shape = graph.signature_def["default"].inputs["text"].tensor_shape
    del shape.dim[:]
    shape.dim.add(size=7)


def input_is_const(graph: Any) -> None:
    name = next(node.name for node in graph.graph_def.node if node.op == "Const")
    graph.signature_def["default"].inputs["text"].name = f"{name}:0"


def sparse_without_parts(graph: Any) -> None:
    graph.signature_def["default"].inputs["text"].coo_sparse.values_tensor_name = "text:0"


def set_variable(**fields: Any) -> Mutation:
    """The first VariableDef with other fields, in all its collections."""
    from minihub_runtime.protos import VariableDef

    def edit(graph: Any) -> None:
        for key in ("variables", "trainable_variables", "model_variables"):
            values = graph.collection_def[key].bytes_list.value
            for i, data in enumerate(values):
                definition = VariableDef.FromString(data)
                for name, value in fields.items():
                    setattr(definition, name, value)
                values[i] = definition.SerializeToString()

    return change(edit)


def integers_for_variables(graph: Any) -> None:
    collection = graph.collection_def["variables"]
    collection.Clear()
    collection.int64_list.value.append(7)


def no_table_initializer(graph: Any) -> None:
    del graph.collection_def["table_initializer"]


def asset(edit: Callable[[Any], None]) -> Mutation:
    def mutate(graph: Any) -> None:
        packed = graph.collection_def["saved_model_assets"].any_list.value[0]
        definition = AssetFileDef()
        assert packed.Unpack(definition)
        edit(definition)
        packed.Pack(definition)

    return change(mutate)


def garbage_asset(graph: Any) -> None:
    graph.collection_def["saved_model_assets"].any_list.value[0].value = b"\xff\xff\xff"


def asset_twice(graph: Any) -> None:
    values = graph.collection_def["saved_model_assets"].any_list.value
    values.append(values[0])


def same_tags(model: Any) -> None:
    model.meta_graphs.append(model.meta_graphs[0])


def linked(module: Path) -> None:
    outside = module.with_name("outside.pb")
    shutil.move(module / "saved_model.pb", outside)
    (module / "saved_model.pb").symlink_to(outside)


def folder_for_file(module: Path) -> None:
    (module / "saved_model.pb").unlink()
    (module / "saved_model.pb").mkdir()


def checkpoint(**tensors: Any) -> Mutation:
    return lambda module: write_checkpoint(module / "variables" / "variables", tensors)


def trailing(module: Path) -> None:
    path = module / "saved_model.pb"
    path.write_bytes(path.read_bytes() + b"\xf8\xf0\x04\x01")


def set_filename(name: str) -> Mutation:
    return asset(lambda definition: setattr(definition, "filename", name))


def garbage_attachment(graph: Any) -> None:
    graph.collection_def["hub_module_attachments"].bytes_list.value[:] = [b"\xff\xff\xff"]


def garbage_ops(graph: Any) -> None:
    graph.meta_info_def.stripped_op_list.op.add(name="\x00 nonsense")
    graph.meta_info_def.stripped_op_list.op.add()


def other_restore(graph: Any) -> None:
    graph.saver_def.restore_op_name = "gone"


DATA = "variables/variables.data-00000-of-00001"
INDEX = "variables/variables.index"

#: id → mutation, and what our message says where it ends with an error.
MUTATIONS: dict[str, tuple[Mutation, str]] = {
    "pb_empty": (write_bytes("saved_model.pb", b""), r"at least one MetaGraph.*has none"),
    "pb_garbage": (
        write_bytes("saved_model.pb", b"\xff\xfe" * 40),
        r"Cannot parse file .*saved_model\.pb",
    ),
    "pb_text": (
        write_bytes("saved_model.pb", b"meta_graphs {}\n"),
        r"Cannot parse file .*saved_model\.pb",
    ),
    "pb_zeros": (
        write_bytes("saved_model.pb", bytes(4096)),
        r"Cannot parse file .*saved_model\.pb",
    ),
    "pb_dir": (folder_for_file, r"saved_model\.pb.* (regular file|directory)"),
    "pb_symlink": (linked, ""),
    "pb_trailing": (trailing, ""),
    "hub_missing": (delete("tfhub_module.pb"), r"must hold tfhub_module\.pb"),
    "hub_garbage": (
        write_bytes("tfhub_module.pb", b"\xff" * 9),
        r"Cannot parse file .*tfhub_module\.pb",
    ),
    "hub_html": (
        write_bytes("tfhub_module.pb", b"<!DOCTYPE html><html></html>"),
        r"Cannot parse file .*tfhub_module\.pb",
    ),
    "hub_format1": (
        write_bytes("tfhub_module.pb", b"\x08\x01"),
        r"Unsupported module def format: 1",
    ),
    "hub_format99": (
        write_bytes("tfhub_module.pb", b"\x08\x63"),
        r"Unsupported module def format: 99",
    ),
    "schema99": (
        change_model(lambda model: setattr(model, "saved_model_schema_version", 99)),
        r"saved_model_schema_version must be 0 or 1, not 99",
    ),
    "tags_dup": (change_model(same_tags), r"Tags \[\] used repeatedly"),
    "sig_in_missing": (
        set_input(name="gone:0"),
        r"input 'text' of signature 'default' in .*'gone:0'",
    ),
    "sig_in_empty": (set_input(name=":0"), r"input 'text' of signature 'default'"),
    "sig_dtype": (set_input(dtype=1), r"'text'.*float32"),
    "sig_shape": (change(set_shape), r"'text'.*7"),
    "sig_in_is_const": (change(input_is_const), r"[tT]able|placeholder .*'.*text'"),
    "sig_coo": (change(sparse_without_parts), r"'text'"),
    "ops_stripped": (change(garbage_ops), ""),
    "var_name": (set_variable(variable_name="module/gone:0"), r"module/gone"),
    "var_init": (set_variable(initializer_name="module/gone"), r"module/gone"),
    "coll_kind": (change(integers_for_variables), r"collection 'variables' must"),
    "tbl_init_gone": (change(no_table_initializer), r"[Tt]able.*initiali[sz]ed"),
    "attach": (change(garbage_attachment), r"attached message"),
    "saver_restore": (change(other_restore), ""),
    "asset_dotdot": (
        set_filename("../../../../../../../etc/hostname"),
        r"points outside assets_dir",
    ),
    "asset_up1": (set_filename("../saved_model.pb"), r"points outside assets_dir"),
    "asset_garbage": (change(garbage_asset), r"saved_model_assets"),
    "asset_dup": (change(asset_twice), ""),
    "vocab_deleted": (delete("assets/vocab.txt"), r"vocab\.txt"),
    "ck_missing_var": (checkpoint(other=np.zeros(1, np.float32)), r"emb.*variables"),
    "ck_shape": (checkpoint(emb=EMB[:3]), r"variable .*emb.*\[4,2\].*\[3,2\].*variables"),
    "ck_shape_same_count": (checkpoint(emb=EMB.reshape(2, 4)), r"variable .*emb.*\[4,2\].*\[2,4\]"),
    "ck_dtype": (checkpoint(emb=EMB.astype(np.float64)), r"emb.*float(32)?.*(float64|double)"),
    "ck_idx_only": (delete(DATA), r"variables\.data-00000-of-00001"),
    "ck_data_only": (delete(INDEX), r"variables"),
}


def by_load(module: Path) -> Any:
    return minihub.load(module)(WORDS).tolist()


def by_module(module: Path) -> Any:
    with tf.Graph().as_default():
        output = minihub.Module(str(module))(WORDS)
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            return session.run(output).tolist()


def open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


@pytest.fixture
def module(tmp_path: Path) -> Path:
    return shutil.copytree(GOOD, tmp_path / "module")


@pytest.mark.parametrize("way", [by_load, by_module])
def test_the_good_module_gives_the_value(module: Path, way: Callable[[Path], Any]) -> None:
    assert way(module) == VALUE


@pytest.mark.skipif(not CASES, reason="../shared is absent: no faulty modules to describe")
def test_every_case_is_made() -> None:
    assert sorted(MUTATIONS) == sorted(CASES)


def check(module: Path, way: Callable[[Path], Any], message: str, *, expect: str) -> None:
    """One broken module: `expect` is "error", "value" or "either"."""
    before, files = read(module.parent), open_files()
    try:
        value = way(module)
    except (OpError, ValueError, TypeError, KeyError) as error:
        text = str(error.args[0])
    else:
        text = ""
        assert expect != "error", f"an error is expected, not {value}"
        assert value == VALUE
    if text:
        assert expect != "value", text
        assert message, f"no error is expected, but: {text}"
        assert re.search(message, text, re.DOTALL), text
        assert len(text) < 2000
    assert read(module.parent) == before
    assert open_files() <= files


@pytest.mark.skipif(not CASES, reason="../shared is absent: no faulty modules to describe")
@pytest.mark.parametrize("way", [by_load, by_module])
@pytest.mark.parametrize("case", sorted(MUTATIONS))
def test_a_broken_module(module: Path, case: str, way: Callable[[Path], Any]) -> None:
    mutation, message = MUTATIONS[case]
    mutation(module)
    check(module, way, message, expect=CASES[case]["expect"])


def required_feature(module: Path) -> None:
    (module / "tfhub_module.pb").write_bytes(b"\x08\x03\x12\x05magic")


def nothing_at_all(module: Path) -> None:
    shutil.rmtree(module)
    module.mkdir()


def unknown_initializer(graph: Any) -> None:
    graph.collection_def["table_initializer"].node_list.value[:] = ["gone"]


def an_output_for_an_initializer(graph: Any) -> None:
    names = graph.collection_def["table_initializer"].node_list.value
    names[0] += ":1"


def a_control_for_an_initializer(graph: Any) -> None:
    names = graph.collection_def["table_initializer"].node_list.value
    names[0] = f"^{names[0]}"


def numbers_for_initializers(graph: Any) -> None:
    collection = graph.collection_def["table_initializer"]
    collection.Clear()
    collection.int64_list.value.append(7)


def sparse_with_text_for_indices(graph: Any) -> None:
    info = graph.signature_def["default"].inputs["text"]
    parts = info.coo_sparse
    parts.indices_tensor_name = parts.values_tensor_name = parts.dense_shape_tensor_name = info.name


def flags_for_types(graph: Any) -> None:
    for node in graph.graph_def.node:
        for value in node.attr.values():
            if node.op != "Const" and value.HasField("type"):
                value.b = True


def bad_slice(graph: Any) -> None:
    from minihub_runtime.protos import VariableDef

    values = graph.collection_def["variables"].bytes_list.value
    definition = VariableDef.FromString(values[0])
    definition.save_slice_info_def.full_name = "emb"
    definition.save_slice_info_def.full_shape.extend([4, 2])
    values[0] = definition.SerializeToString()


OTHERS: dict[str, tuple[Mutation, str]] = {
    "nothing": (
        nothing_at_all,
        r"must hold tfhub_module\.pb|contains neither 'saved_model\.pb' nor",
    ),
    "no model": (
        delete("saved_model.pb"),
        r"must hold saved_model\.pb or saved_model\.pbtxt|contains neither 'saved_model\.pb' nor",
    ),
    "feature": (required_feature, r"Unsupported features: \['magic'\]"),
    "initializer": (change(unknown_initializer), r"gone"),
    "output": (change(an_output_for_an_initializer), r"'table_initializer' in .* 0 outputs of"),
    "control": (change(a_control_for_an_initializer), r"'\^.*' must name a tensor"),
    "initializers": (change(numbers_for_initializers), r"'table_initializer' must be a node_list"),
    "parts": (
        change(sparse_with_text_for_indices),
        r"'text' .* must be of type string .*not int64",
    ),
    "attributes": (change(flags_for_types), r"attribute '\w+': it must be of type type in a"),
    "slice": (change(bad_slice), r"partition 'emb' must|of one rank|Unexpected handling"),
}


@pytest.mark.parametrize("way", [by_load, by_module])
@pytest.mark.parametrize("case", OTHERS)
def test_other_broken_modules(module: Path, case: str, way: Callable[[Path], Any]) -> None:
    mutation, message = OTHERS[case]
    mutation(module)
    check(module, way, message, expect="error")


@pytest.mark.parametrize("name", ["saved_model.pb", INDEX, DATA])
def test_a_truncated_file(module: Path, name: str) -> None:
    whole = (module / name).read_bytes()
    for length in {0, 1, *range(7, len(whole), max(1, len(whole) // 25)), len(whole) - 1}:
        (module / name).write_bytes(whole[:length])
        # A message cut between two fields is a whole message with fewer fields.
        expect = "either" if name == "saved_model.pb" else "error"
        check(module, by_load, ".", expect=expect)


@pytest.mark.parametrize("name", [INDEX, DATA])
def test_a_flipped_bit(module: Path, name: str) -> None:
    whole = (module / name).read_bytes()
    for place in range(0, len(whole), 3):
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        (module / name).write_bytes(broken)
        # The padding of the index's footer means nothing.
        check(module, by_load, ".", expect="either" if name == INDEX else "error")


def test_a_file_is_no_module(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a module")
    for open_it in (minihub.load, minihub.load_module_spec):
        with pytest.raises(OpError, match="notes"):
            open_it(path)


def test_an_output_whose_parts_do_not_fit_together(tmp_path: Path) -> None:
    def module_fn() -> None:
        x = tf.sparse_placeholder(tf.float32, [None, 3])
        minihub.add_signature(inputs=x, outputs=x)
        y = tf.reshape(x.values, [-1, 1], name="column")
        minihub.add_signature("other", x, y)

    path = tmp_path / "module"
    with tf.Graph().as_default(), tf.Session() as session:
        minihub.Module(minihub.create_module_spec(module_fn)).export(path, session)

    def edit(graph: Any) -> None:
        output = graph.signature_def["default"].outputs["default"]
        output.coo_sparse.values_tensor_name = "column:0"

    change(edit)(path)
    with tf.Graph().as_default():
        module = minihub.Module(path)
        message = "output 'default' of signature 'default' must be a SparseTensor: Shape"
        with pytest.raises(OpError, match=message):
            module(tf.sparse_placeholder(tf.float32, [None, 3]))
