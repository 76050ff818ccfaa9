"""Defining modules: what a spec holds, every refusal of the contract, and what becomes of assets and partitions."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub as hub
import minihub_runtime as tf
from minihub.image_util import get_image_module_info
from minihub_runtime.api.variables import SaveSliceInfo
from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.errors import NotFoundError
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import ImageModuleInfo, SavedModel


def plus(amount: float = 1.0) -> None:
    """y = x + amount."""
    x = tf.placeholder(tf.float32, [None], name="x")
    hub.add_signature(inputs=x, outputs=tf.add(x, tf.Variable(amount, name="amount")))


def export(spec: Any, folder: Path, values: dict[str, Any] | None = None, tags: Any = None) -> Path:
    """Write a module with the values of its initialisers, or others."""
    with tf.Graph().as_default():
        module = hub.Module(spec, tags=tags)
        with tf.Session() as session:
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            for name, value in (values or {}).items():
                module.variable_map[name].load(value, session)
            module.export(folder, session)
    return folder


def saved(folder: Path) -> Any:
    return SavedModel.FromString((folder / "saved_model.pb").read_bytes())


# --- specs -------------------------------------------------------------------------------------------------------------


def test_a_spec_says_what_the_function_declared() -> None:
    spec = hub.create_module_spec(plus)
    assert spec.get_tags() == [frozenset()]
    assert spec.get_signature_names() == ["default"]
    assert str(spec.get_input_info_dict()["default"]) == (
        "<hub.ParsedTensorInfo shape=(?,) dtype=float32 is_sparse=False>"
    )
    assert "in memory" in repr(spec)


def test_a_module_of_a_spec_has_the_values_of_its_initialisers(tmp_path: Path) -> None:
    spec = hub.create_module_spec(plus)
    with tf.Graph().as_default():
        module = hub.Module(spec)
        first, second = module([1.0]), module([[5.0]][0])
        assert list(module.variable_map) == ["amount"]
        assert module.variables[0].name == "module/amount:0"
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            assert [v.tolist() for v in session.run([first, second])] == [[2.0], [6.0]]
            module.variables[0].load(10.0, session)
            module.export(tmp_path / "m", session)
    assert minihub.load(tmp_path / "m")([1.0]).tolist() == [11.0]


def test_each_variant_is_built_with_its_arguments(tmp_path: Path) -> None:
    spec = hub.create_module_spec(
        plus, [(set(), {}), ({"train"}, {"amount": 5.0}), (["b", "a"], {"amount": 7.0})]
    )
    assert spec.get_tags() == [frozenset(), frozenset("ab"), frozenset({"train"})]
    folder = export(spec, tmp_path / "m", tags={"train"})
    assert [list(graph.meta_info_def.tags) for graph in saved(folder).meta_graphs] == [
        [],
        ["train"],
        ["a", "b"],
    ]
    # All variants share the variables of the one that was instantiated.
    for tags in (None, {"train"}, {"a", "b"}):
        assert minihub.load(folder, tags)([1.0]).tolist() == [6.0]


def test_variables_are_resources_unless_the_function_says_otherwise() -> None:
    def old() -> None:
        with tf.variable_scope("", use_resource=False):
            tf.get_variable("v", initializer=1.0)
        plus()

    def new() -> None:
        tf.get_variable("v", initializer=1.0)
        plus()

    kinds = {
        function: {
            n.name: n.op for n in hub.create_module_spec(function).graph().proto.graph_def.node
        }
        for function in (old, new)
    }
    assert kinds[old]["v"] == "VariableV2"
    assert kinds[new]["v"] == "VarHandleOp"
    assert kinds[new]["amount"] == "VarHandleOp"


def test_the_default_graph_is_left_alone() -> None:
    with tf.Graph().as_default() as graph:
        hub.create_module_spec(plus)
        assert not graph.get_operations()


def test_what_meta_graphs_say(tmp_path: Path) -> None:
    folder = export(hub.create_module_spec(plus), tmp_path / "m")
    (proto,) = saved(folder).meta_graphs
    info = proto.meta_info_def
    assert info.stripped_default_attrs
    assert info.tensorflow_version
    assert {op.name for op in info.stripped_op_list.op} >= {"AddV2", "Placeholder"}
    assert not proto.HasField("saver_def")
    assert not proto.asset_file_def
    assert not proto.signature_def["default"].method_name
    assert (folder / "tfhub_module.pb").read_bytes() == b"\x08\x03"
    assert sorted(proto.collection_def) == ["trainable_variables", "variables"]


# --- refusals ----------------------------------------------------------------------------------------------------------


def refused(function: Callable[[], Any], **options: Any) -> str:
    with pytest.raises(ValueError, match=r"\S") as caught:
        hub.create_module_spec(function, **options)
    return str(caught.value)


def test_tags_are_used_once() -> None:
    text = refused(plus, tags_and_args=[({"a"}, {}), (["a"], {"amount": 2.0})])
    assert text == "Tags ['a'] used repeatedly"


def test_there_must_be_a_signature() -> None:
    text = refused(lambda: tf.constant(1.0))
    assert text.startswith("No signatures present. Please call hub.add_signature(...)")


def test_collections_must_be_known_or_dropped() -> None:
    def function() -> None:
        plus()
        tf.add_to_collection("mine", tf.constant(1.0))
        tf.add_to_collection("losses", tf.constant(2.0))

    text = refused(function)
    assert "Unsupported collections in graph: ['losses', 'mine']" in text
    assert "Use hub.create_module_spec(..., drop_collections=[...]) as appropriate." in text
    text = refused(function, drop_collections=["mine"])
    assert "['losses']" in text
    spec = hub.create_module_spec(function, drop_collections=["mine", "losses"])
    assert set(spec.graph().proto.collection_def) == {"variables", "trainable_variables"}


def test_state_is_colocated_with_state_only() -> None:
    def function(other: str) -> None:
        plus()
        anchor = tf.constant(1.0, name="anchor") if other == "constant" else tf.Variable(1.0).op
        with tf.colocate_with(anchor):
            tf.raw_ops.VariableV2(shape=[], dtype=tf.float32, name="v")

    hub.create_module_spec(function, [((), {"other": "variable"})])
    text = refused(function, tags_and_args=[({"a"}, {"other": "constant"})])
    assert "must not be subject to a tf.colocate_with(y) constraint" in text
    assert "in the graph for tags ['a'], node 'v' has op 'VariableV2'" in text
    assert "anchor" in text


def test_inputs_are_not_colocated() -> None:
    def function() -> None:
        with tf.colocate_with(tf.constant(1.0)):
            x = tf.placeholder(tf.float32, name="x")
        hub.add_signature(inputs={"a": x}, outputs=x)

    text = refused(function)
    assert "A tensor x used as input in a signature must not be subject to" in text
    assert "appears as input 'a' of signature 'default'" in text


def test_types_of_inputs_and_outputs() -> None:
    def function(inputs: Any, outputs: Any) -> Callable[[], None]:
        return lambda: hub.add_signature("s", inputs(), outputs())

    x = lambda: tf.placeholder(tf.float32)  # noqa: E731
    for inputs, outputs, line in (
        (x, lambda: tf.Variable(1.0), "  * output 'default' has type"),
        (x, lambda: {"a": 3.0}, "  * output 'a' has type float"),
        (x, lambda: [x()], "  * output 'default' has type list"),
        (lambda: {"b": np.zeros(2)}, x, "  * input 'b' has type ndarray"),
        (lambda: "x:0", x, "  * input 'default' has type str"),
    ):
        text = refused(function(inputs, outputs))
        assert "for signature 's' should have one of the types that are supported" in text
        assert "Tensor, SparseTensor, RaggedTensor" in text
        assert line in text


def test_inputs_of_operations_with_several_outputs_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def function() -> None:
        first, _ = tf.split(tf.zeros([4]), 2)
        hub.add_signature(inputs={"a": first}, outputs=first)

    with caplog.at_level(logging.ERROR, "minihub"):
        hub.create_module_spec(function)
    assert "should be tensors from ops with a single output" in caplog.text
    assert "Affected inputs: a='split:0'" in caplog.text


def test_signatures_without_inputs_or_outputs() -> None:
    def function() -> None:
        hub.add_signature("nothing")
        hub.add_signature("constant", outputs=tf.constant([1.0, 2.0]))

    spec = hub.create_module_spec(function)
    assert spec.get_signature_names() == ["constant", "nothing"]
    assert spec.get_input_info_dict("nothing") == {} == spec.get_output_info_dict("nothing")


def test_the_last_signature_of_a_name_counts() -> None:
    def function() -> None:
        x = tf.placeholder(tf.float32, [3])
        hub.add_signature(inputs={"a": x}, outputs=x)
        hub.add_signature(inputs={"b": x}, outputs=x)

    assert list(hub.create_module_spec(function).get_input_info_dict()) == ["b"]


# --- attached messages -------------------------------------------------------------------------------------------------


def image_info(height: int, width: int) -> Any:
    info = ImageModuleInfo()
    info.default_image_size.height, info.default_image_size.width = height, width
    return info


def test_messages_belong_to_the_graph_they_were_attached_to(tmp_path: Path) -> None:
    def function(height: int) -> None:
        plus()
        hub.attach_image_module_info(image_info(1, 1))
        hub.attach_image_module_info(image_info(height, 5))
        hub.attach_message("more", image_info(7, 7))

    spec = hub.create_module_spec(function, [((), {"height": 3}), ({"big"}, {"height": 4})])
    for source in (spec, hub.load_module_spec(export(spec, tmp_path / "m"))):
        assert get_image_module_info(source) == image_info(3, 5)
        assert source.get_attached_message("image_module_info", ImageModuleInfo, ["big"]) == (
            image_info(4, 5)
        )
        assert source.get_attached_message("more", ImageModuleInfo) == image_info(7, 7)
        assert hub.get_expected_image_size(source) == [3, 5]


@pytest.mark.parametrize("key", ["", "1a", "a b", "a.b", "_a", "ä", "a\n", "a-b"])
def test_malformed_keys(key: str) -> None:
    with pytest.raises(ValueError, match=r"hub\.attach_message\(\) called with malformed key"):
        hub.attach_message(key, image_info(1, 1))


# --- assets ------------------------------------------------------------------------------------------------------------


def reading(*paths: str) -> Callable[[], None]:
    """A function of a module whose outputs are the contents of files."""

    def function() -> None:
        outputs = {}
        for index, path in enumerate(paths):
            name = tf.constant(path, name=f"path_{index}")
            tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, name)
            outputs[str(index)] = tf.raw_ops.ReadFile(filename=name)
        hub.add_signature(outputs=outputs)

    return function


def test_assets_are_collected_under_their_base_names(tmp_path: Path) -> None:
    places = [
        tmp_path / "a" / "hello.txt",
        tmp_path / "b" / "hello.txt",
        tmp_path / "c" / "hello.txt",
    ]
    for place in places:
        place.parent.mkdir()
        place.write_text(f"from {place.parent.name}")
    spec = hub.create_module_spec(reading(*map(str, [*places, places[0]])))
    folder = export(spec, tmp_path / "m")
    assert sorted(os.listdir(folder / "assets")) == ["hello.txt", "hello.txt0", "hello.txt1"]
    outputs = minihub.load(folder)(as_dict=True)
    assert [outputs[str(i)][()] for i in range(4)] == [b"from a", b"from b", b"from c", b"from a"]
    (proto,) = saved(folder).meta_graphs
    assert str(tmp_path) not in str(proto)
    held = {
        n.name: n.attr["value"].tensor.string_val for n in proto.graph_def.node if n.op == "Const"
    }
    assert all(list(value) == [b"SAVEDMODEL-ASSET"] for value in held.values())


def test_assets_survive_a_second_export(tmp_path: Path) -> None:
    (tmp_path / "größe ✓.txt").write_text("unicode")
    spec = hub.create_module_spec(reading(str(tmp_path / "größe ✓.txt")))
    first = export(spec, tmp_path / "m")
    second = export(str(first), tmp_path / "n")
    assert os.listdir(second / "assets") == ["größe ✓.txt"]
    assert minihub.load(second)(as_dict=True)["0"][()] == b"unicode"


def test_a_nested_modules_asset_is_collected_again(tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("hello")
    inner = export(hub.create_module_spec(reading(str(tmp_path / "hello.txt"))), tmp_path / "inner")

    def outer() -> None:
        module = hub.Module(str(inner))
        hub.add_signature(outputs={"text": module(as_dict=True)["0"]})
        # One constant of the instance, one of its application.
        assert len(tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS)) == 2

    folder = export(hub.create_module_spec(outer), tmp_path / "outer")
    assert os.listdir(folder / "assets") == ["hello.txt"]
    assert minihub.load(folder)(as_dict=True)["text"][()] == b"hello"


@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: tf.placeholder(tf.string, [], name="p"), TypeError, "must be of type constant"),
        (lambda: tf.constant(["a"]), TypeError, "must be a scalar"),
        (lambda: tf.constant(3), TypeError, "must be of dtype string"),
        (lambda: "text", ValueError, "is not a list of tensors"),
        (
            lambda: tf.split(tf.constant(["a", "b"]), 2)[1],
            ValueError,
            "Unexpected tensor in ASSET_F",
        ),
    ],
)
def test_what_is_no_asset(make: Callable[[], Any], kind: type[Exception], text: str) -> None:
    def function() -> None:
        plus()
        tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, make())

    with pytest.raises(kind, match=text):
        hub.create_module_spec(function)


# --- state -------------------------------------------------------------------------------------------------------------


def test_partitions_are_saved_as_slices_of_one_tensor(tmp_path: Path) -> None:
    def function() -> None:
        whole = tf.get_variable(
            "table",
            initializer=tf.constant(np.arange(10.0, dtype=np.float32).reshape(5, 2)),
            partitioner=tf.fixed_size_partitioner(3),
        )
        rows = tf.placeholder(tf.int64, [None])
        hub.add_signature(inputs=rows, outputs=tf.gather(tf.convert_to_tensor(whole), rows))

    spec = hub.create_module_spec(function)
    with tf.Graph().as_default():
        module = hub.Module(spec)
        assert [part.shape.as_list() for part in module.variable_map["table"]] == [
            [2, 2],
            [2, 2],
            [1, 2],
        ]
    folder = export(spec, tmp_path / "m")
    reader = CheckpointReader(str(folder / "variables" / "variables"))
    assert reader.names() == ["table"]
    assert len(reader.slices("table")) == 3
    assert minihub.load(folder)([4, 0]).tolist() == [[8, 9], [0, 1]]


def test_tables_are_shared_by_applications(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("a\nb\n")

    def function() -> None:
        table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                str(tmp_path / "vocab.txt"),
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            -1,
        )
        words = tf.placeholder(tf.string, [None])
        hub.add_signature(inputs=words, outputs=table.lookup(words))

    folder = export(hub.create_module_spec(function), tmp_path / "m")
    with tf.Graph().as_default():
        module = hub.Module(str(folder))
        found = [module(["b", "z"]), module(["a"])]
        with tf.Session() as session:
            session.run(tf.tables_initializer())
            assert [v.tolist() for v in session.run(found)] == [[1, -1], [0]]


def test_colocation_follows_what_is_fed() -> None:
    def function() -> None:
        x = tf.placeholder(tf.float32, name="x")
        state = tf.Variable(1.0, name="state")
        with tf.colocate_with(x):
            y = tf.add(x, 1.0, name="y")
        with tf.colocate_with(state.op):
            z = tf.add(y, 1.0, name="z")
        hub.add_signature(inputs=x, outputs=z)

    spec = hub.create_module_spec(function)
    with tf.Graph().as_default() as graph:
        fed = tf.constant(3.0, name="fed")
        hub.Module(spec)(fed)
        groups = {
            name: graph.get_operation_by_name(f"module_apply_default/{name}").colocation_groups()
            for name in "yz"
        }
        assert groups == {"y": [b"loc:@fed"], "z": [b"loc:@module/state"]}


def test_an_ambiguous_colocation_is_refused() -> None:
    def function() -> None:
        first, second = tf.split(tf.zeros([2]), 2)
        with tf.colocate_with(first.op):
            y = tf.add(first, second)
        hub.add_signature(inputs={"a": first, "b": second}, outputs=y)

    spec = hub.create_module_spec(function)
    with tf.Graph().as_default():
        module = hub.Module(spec)
        x = tf.constant([1.0])
        module({"a": x, "b": x})
        with pytest.raises(ValueError, match="Failed to rewrite colocation constraints"):
            module({"a": x, "b": tf.constant([2.0])})


# --- what the contract says of modules that cannot be instantiated --------------------------------------------------------


def partition(name: str, full: list[int], offset: list[int], shape: list[int]) -> Any:
    """A variable that says it is a part of `name`."""
    part = tf.Variable(tf.zeros(shape), name=f"{name}/part_{offset[0]}")
    part._save_slice_info = SaveSliceInfo(name, full, offset, shape)
    return part


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: [
                partition("v", [2, 2], [0, 0], [2, 1]),
                partition("v", [2, 2], [0, 1], [2, 1]),
            ],
            r"Variable map contains duplicate offset 0 for variable \[v\]",
        ),
        (
            lambda: [
                partition("v", [2, 2], [0, 0], [1, 2]),
                partition("v", [2, 3], [1, 0], [1, 3]),
            ],
            "Shapes not compatible",
        ),
        (
            lambda: [tf.Variable(1.0, name="v"), partition("v", [2], [0], [2])],
            "Variable v exists both as a single and partitioned variable",
        ),
        (
            lambda: [partition("other", [2], [0], [2])],
            "Unexpected handling of partitioned variable",
        ),
    ],
)
def test_partitions_that_do_not_fit(make: Callable[[], Any], text: str) -> None:
    def function() -> None:
        parts = make()
        if "handling" in text:
            parts[0]._save_slice_info.full_name = "elsewhere"
        plus()

    spec = hub.create_module_spec(function)
    with tf.Graph().as_default(), pytest.raises(RuntimeError, match=text):
        hub.Module(spec)


def test_state_with_several_outputs() -> None:
    @tf.register_op("TwoStates() -> first: float32, second: float32", stateful=True)
    def two_states() -> tuple[Any, Any]:
        """Two numbers."""
        return np.float32(1), np.float32(2)

    try:

        def function() -> None:
            plus()
            tf.raw_ops.TwoStates()

        spec = hub.create_module_spec(function)
        with (
            tf.Graph().as_default(),
            pytest.raises(ValueError, match="Stateful op TwoStates has 2 outputs, expected 1"),
        ):
            hub.Module(spec)
    finally:
        REGISTRY.discard("TwoStates")


def test_ops_that_are_not_there(tmp_path: Path) -> None:
    folder = export(hub.create_module_spec(plus), tmp_path / "m")
    model = saved(folder)
    next(n for n in model.meta_graphs[0].graph_def.node if n.op == "AddV2").op = "AddV9"
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    with (
        tf.Graph().as_default(),
        pytest.raises(
            NotFoundError, match=r"\['AddV9'\]\) are also absent from the c\+\+ registry"
        ),
    ):
        hub.Module(str(folder))


def test_a_folder_that_is_no_module(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Missing implementation that supports: loader"):
        hub.load_module_spec(str(tmp_path))


def test_an_asset_of_a_second_output(tmp_path: Path) -> None:
    (tmp_path / "hello.txt").write_text("hello")
    folder = export(hub.create_module_spec(reading(str(tmp_path / "hello.txt"))), tmp_path / "m")
    model = saved(folder)
    packed = model.meta_graphs[0].collection_def["saved_model_assets"].any_list.value[0]
    packed.value = packed.value.replace(b"path_0:0", b"path_0:1")
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match="Unexpected format for tensor name"):
        hub.load_module_spec(str(folder))
