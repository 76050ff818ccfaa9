"""`hub.Module` in TF1 graphs: names, scopes, what is shared, collections, and every error of the contract."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub as hub
import minihub_runtime as tf
from minihub_runtime.errors import NotFoundError
from minihub_runtime.protos import SavedModel
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "tests" / "data" / "modules"
HALF = str(MODULES / "half_plus_two")
TEXT = str(MODULES / "text")
IMAGE = str(MODULES / "image")
LOOKUP = str(MODULES / "lookup")
IMAGES = np.linspace(-1, 1, 2 * 8 * 8 * 3, dtype=np.float32).reshape(2, 8, 8, 3)


@pytest.fixture(autouse=True)
def graph() -> Iterator[tf.Graph]:
    with tf.Graph().as_default() as made:
        yield made


def run(fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return session.run(fetches, feeds)


def names(items: Any) -> list[str]:
    return [item.name for item in items]


# Instantiation


@pytest.mark.parametrize(
    "spec", [HALF, Path(HALF), hub.load_module_spec(HALF)], ids=["str", "path", "spec"]
)
def test_a_module_from_a_handle_or_a_spec(spec: Any) -> None:
    assert run(hub.Module(spec)([4.0])).tolist() == [4.0]


@pytest.mark.parametrize("spec", [7, None, ["x"]])
def test_an_unknown_type_of_spec(spec: Any) -> None:
    with pytest.raises(ValueError, match=rf"Unknown module spec type: {type(spec)!r}"):
        hub.Module(spec)


def test_unknown_tags() -> None:
    with pytest.raises(ValueError, match=r"No such graph variant: tags=\['a', 'x'\]"):
        hub.Module(IMAGE, tags={"x", "a"})
    with pytest.raises(ValueError, match=r"No such graph variant: tags=\['train'\]"):
        hub.Module(HALF, tags=["train"])


@pytest.mark.parametrize("tags", [None, [], set(), ()])
def test_no_tags_are_the_empty_set(tags: Any) -> None:
    assert names(hub.Module(IMAGE, tags=tags).variables)


def test_tags_choose_the_graph() -> None:
    plain = hub.Module(IMAGE)({"images": IMAGES})
    train = hub.Module(IMAGE, tags={"train"})({"images": IMAGES})
    a, b = run([plain, train])
    assert a.shape == b.shape
    assert not np.allclose(a, b)


def test_an_instance_is_called_after_its_scope(graph: tf.Graph) -> None:
    assert names(hub.Module(HALF).variables) == ["module/a:0", "module/b:0"]
    assert names(hub.Module(HALF).variables) == ["module_1/a:0", "module_1/b:0"]
    assert names(hub.Module(HALF, name="half").variables) == ["half/a:0", "half/b:0"]
    assert names(hub.Module(HALF, name="half").variables) == ["half_1/a:0", "half_1/b:0"]
    assert names(hub.Module(HALF, name="module").variables) == ["module_2/a:0", "module_2/b:0"]


def test_variables_whose_names_begin_like_the_scope_are_not_the_modules(graph: tf.Graph) -> None:
    # tensorflow_hub looks for them in the module's checkpoint, where they are not.
    with tf.variable_scope("half_done"):
        mine = tf.get_variable("v", initializer=7.0)
    inner = hub.Module(HALF, name="half/inner")
    outer = hub.Module(HALF, name="half")
    assert names(inner.variables) == ["half/inner/a:0", "half/inner/b:0"]
    assert names(outer.variables) == ["half/a:0", "half/b:0"]
    assert sorted(outer.variable_map) == ["a", "b"]
    outputs = [inner([4.0]), outer([4.0]), mine]
    assert [value.tolist() for value in run(outputs)] == [[4.0], [4.0], 7.0]


def test_scopes_as_measured_with_tensorflow_hub() -> None:
    with tf.variable_scope("vs"), tf.name_scope("ns"):
        module = hub.Module(TEXT, name="emb")
        first, second = module(["a"]), module(["b"])
    with tf.name_scope("foo"):
        third = module(["c"])
    assert module.variables[0].name == "vs/emb/embeddings/part_0:0"
    assert first.name.startswith("vs/ns/emb_apply_default/")
    assert second.name.startswith("vs/ns/emb_apply_default_1/")
    assert third.name.startswith("foo/emb_apply_default/")
    assert hub.Module(TEXT, name="emb").variables[0].name == "emb/embeddings/part_0:0"


def test_a_signature_name_with_a_colon() -> None:
    module = hub.Module(IMAGE)
    outputs = module({"images": IMAGES, "scale": 1.0}, signature="classes:top", as_dict=True)
    assert outputs["logits"].name.startswith("module_apply_classes_top/")


def test_a_taken_name_scope() -> None:
    tf.constant(1, name="emb")
    message = "variable_scope emb/ was unused but the corresponding name_scope was already taken."
    with pytest.raises(RuntimeError, match=message):
        hub.Module(HALF, name="emb")
    with tf.name_scope("half"):
        pass
    with pytest.raises(RuntimeError, match="variable_scope half/ was unused"):
        hub.Module(HALF, name="half")


@pytest.mark.parametrize("name", ["a b", "-x", ""])
def test_a_name_that_is_no_scope(name: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        hub.Module(HALF, name=name)


def test_control_dependencies_do_not_reach_the_state(graph: tf.Graph) -> None:
    wait = tf.no_op("wait")
    with tf.control_dependencies([wait]):
        module = hub.Module(HALF)
        output = module([1.0])
    assert not any(
        op.control_inputs for op in graph.get_operations() if op.name.startswith("module/")
    )
    inside = [op for op in graph.get_operations() if op.name.startswith("module_apply_default/")]
    assert any(wait in op.control_inputs for op in inside)
    assert run(output).tolist() == [2.5]


def test_ops_that_are_not_supported(tmp_path: Path) -> None:
    path = shutil.copytree(HALF, tmp_path / "module")
    message = SavedModel.FromString((path / "saved_model.pb").read_bytes())
    message.meta_graphs[0].graph_def.node.add(name="strange", op="StrangeOp")
    (path / "saved_model.pb").write_bytes(message.SerializeToString())
    expected = (
        r"Graph ops missing from the python registry \(\['StrangeOp'\]\) are also absent from the "
        r"c\+\+ registry\."
    )
    with pytest.raises(NotFoundError, match=expected):
        hub.Module(path)


def test_variables_must_be_initialised() -> None:
    output = hub.Module(HALF)([1.0])
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.FailedPreconditionError, match="initialized"),
    ):
        session.run(output)
    lookup = hub.Module(LOOKUP)(["cat"])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.FailedPreconditionError, match=r"[Tt]able.*initialized"):
            session.run(lookup)


def test_a_relative_path_is_read_when_it_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(MODULES)
    output = hub.Module("half_plus_two")([1.0])
    assert run(output).tolist() == [2.5]


# Application


def test_another_default_graph() -> None:
    module = hub.Module(HALF)
    message = "Module must be applied in the graph it was instantiated for."
    with tf.Graph().as_default(), pytest.raises(RuntimeError, match=message):
        module([1.0])


def test_an_unknown_signature() -> None:
    with pytest.raises(ValueError, match=r"Signature 'other' is missing from meta graph\."):
        hub.Module(HALF)([1.0], signature="other")
    with pytest.raises(ValueError, match=r"Signature 'other' is missing from meta graph\."):
        hub.Module(HALF).get_input_info_dict("other")


def test_inputs_that_are_missing_or_too_many() -> None:
    half, image = hub.Module(HALF), hub.Module(IMAGE)
    with pytest.raises(
        TypeError, match=r"Cannot convert dict_inputs: missing \['default'\], extra given \[\]"
    ):
        half()
    with pytest.raises(
        TypeError, match=r"Cannot convert dict_inputs: missing \['default'\], extra given \['x'\]"
    ):
        half({"x": [1.0]})
    with pytest.raises(TypeError, match=r"Signature expects multiple inputs\. Use a dict\."):
        image(IMAGES, signature="classes:top")


def test_missing_inputs_are_named_with_types_and_shapes() -> None:
    half, image = hub.load(HALF), hub.load(IMAGE)
    with pytest.raises(TypeError, match=r"The signature takes default \(float32 \[\?\]\)\.$"):
        half(x=[1.0])
    with pytest.raises(TypeError, match=r"Use a dict\. It takes \w+ \(float32 \[.*\]\), "):
        image(np.zeros((1, 8, 8, 3)), signature="classes:top")


def test_a_signature_without_inputs(tmp_path: Path) -> None:
    path = shutil.copytree(HALF, tmp_path / "module")
    message = SavedModel.FromString((path / "saved_model.pb").read_bytes())
    graph = message.meta_graphs[0]
    graph.graph_def.node.add(name="x_default", op="Const")
    for node in graph.graph_def.node:
        if node.name == "x":
            node.op = "Const"
            node.attr.clear()
            node.attr["dtype"].type = 1
            node.attr["value"].tensor.dtype = 1
            node.attr["value"].tensor.tensor_shape.dim.add(size=1)
            node.attr["value"].tensor.float_val.append(6.0)
    del graph.graph_def.node[-1]
    graph.signature_def["default"].inputs.clear()
    (path / "saved_model.pb").write_bytes(message.SerializeToString())
    module = hub.Module(path)
    with pytest.raises(TypeError, match=r"Signature expects no inputs\."):
        module([1.0])
    assert run(module()).tolist() == run(module({})).tolist() == [5.0]
    assert hub.load(path)().tolist() == [5.0]


def test_no_output_named_default() -> None:
    module = hub.Module(IMAGE)
    inputs = {"images": IMAGES, "scale": 1.0}
    with pytest.raises(TypeError, match=r"There is no output named 'default'\. Use as_dict=True\."):
        module(inputs, signature="classes:top")
    outputs = module(inputs, signature="classes:top", as_dict=True)
    assert sorted(outputs) == ["logits", "same", "top"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            [[1.0]],
            r"Got TensorSpec\(shape=\(1, 1\), dtype=tf\.float32, name='Const'\)\. "
            r"Expected TensorSpec\(shape=\(\?,\), dtype=tf\.float32, name=None\)\.",
        ),
        (["a"], r"Expected float32, but got a of type 'str'\."),
        (
            lambda: tf.SparseTensor([[0]], [1.0], [2]),
            r"Got SparseTensor\. Expected Tensor\.",
        ),
        (
            lambda: tf.RaggedTensor.from_row_splits([1.0], [0, 1]),
            r"Got RaggedTensor\. Expected Tensor\.",
        ),
    ],
    ids=["shape", "text", "sparse", "ragged"],
)
def test_a_dense_input_that_does_not_fit(value: Any, message: str) -> None:
    module = hub.Module(HALF)
    with pytest.raises(TypeError, match=rf"Can't convert 'default': {message}"):
        module(value() if callable(value) else value)


def test_a_tensor_of_another_type() -> None:
    with pytest.raises(ValueError, match=r"float32.*int32"):
        hub.Module(HALF)(tf.constant([1]))


def test_none_is_no_input() -> None:
    with pytest.raises(ValueError, match=r"None values not supported\."):
        hub.Module(HALF)({"default": None})


@pytest.mark.parametrize(
    ("signature", "value", "message"),
    [
        ("tokens", lambda: ["a"], r"Got Tensor\. Expected SparseTensor\."),
        (
            "tokens",
            lambda: tf.RaggedTensor.from_row_splits(["a"], [0, 1]),
            r"Got RaggedTensor\. Expected SparseTensor\.",
        ),
        (
            "tokens",
            lambda: tf.SparseTensor([[0]], ["a"], [2]),
            r"Got SparseTensorSpec\(TensorShape\(\[Dimension\(2\)\]\), tf\.string\)\. Expected "
            r"SparseTensorSpec\(TensorShape\(\[Dimension\(None\), Dimension\(None\)\]\), tf\.string\)\.",
        ),
        (
            "tokens",
            lambda: tf.SparseTensor([[0, 0]], [1.0], [2, 2]),
            r"Got SparseTensorSpec\(.*, tf\.float32\)\. Expected SparseTensorSpec\(.*, tf\.string\)\.",
        ),
        ("rows", lambda: [["a"]], r"Got Tensor\. Expected RaggedTensor\."),
        (
            "rows",
            lambda: tf.SparseTensor([[0, 0]], ["a"], [2, 2]),
            r"Got SparseTensor\. Expected RaggedTensor\.",
        ),
        (
            "rows",
            lambda: tf.RaggedTensor.from_row_splits(["a"], np.array([0, 1], np.int32)),
            r"Got RaggedTensorSpec\(TensorShape\(\[Dimension\(1\), Dimension\(None\)\]\), tf\.string, 1, "
            r"tf\.int32\)\. Expected RaggedTensorSpec\(TensorShape\(None\), tf\.string, 1, tf\.int64\)\.",
        ),
        (
            "rows",
            lambda: tf.RaggedTensor.from_row_splits([1.5], [0, 1]),
            r"Got RaggedTensorSpec\(.*tf\.float32, 1, tf\.int64\)\. Expected ",
        ),
    ],
)
def test_a_composite_input_that_does_not_fit(signature: str, value: Any, message: str) -> None:
    module = hub.Module(TEXT)
    with pytest.raises(TypeError, match=rf"Can't convert '{signature}': {message}"):
        module(value(), signature=signature)


def test_a_composite_type_that_is_not_supported(tmp_path: Path) -> None:
    path = shutil.copytree(HALF, tmp_path / "module")
    message = SavedModel.FromString((path / "saved_model.pb").read_bytes())
    signature = message.meta_graphs[0].signature_def["default"]
    dense = signature.outputs["default"].name
    for infos in (signature.inputs, signature.outputs):
        infos["slices"].CopyFrom(infos["default"])
        composite = infos["slices"].composite_tensor
        composite.type_spec.type_spec_class = 2
        composite.type_spec.type_spec_class_name = "IndexedSlicesSpec"
        composite.components.add(name=dense, dtype=1)
    (path / "saved_model.pb").write_bytes(message.SerializeToString())
    module = hub.Module(path)
    expected = (
        "Signature 'default' expects a IndexedSlices for {} 'slices', which is not supported by "
        "this version of tensorflow_hub."
    )
    with pytest.raises(ValueError, match=expected.format("input")):
        module({"default": [1.0], "slices": [1.0]})
    del message.meta_graphs[0].signature_def["default"].inputs["slices"]
    (path / "saved_model.pb").write_bytes(message.SerializeToString())
    with pytest.raises(ValueError, match=expected.format("output")):
        hub.Module(path)([1.0])
    info = hub.Module(path).get_output_info_dict()["slices"]
    assert info.is_composite
    assert not info.is_supported_type


def test_values_of_every_kind_as_inputs(graph: tf.Graph) -> None:
    module = hub.Module(HALF)
    fed = tf.placeholder(tf.float32, [None])
    variable = tf.Variable([1.0, 2.0])
    given: list[Any] = [
        [1.0, 2.0],
        (1, 2),
        np.array([1.0, 2.0]),
        np.array([1, 2]),
        tf.constant([1.0, 2.0]),
        [tf.constant(1.0), 2.0],
        variable,
        fed,
        {"default": [1.0, 2.0]},
    ]
    outputs = [module(value) for value in given]
    for value in run(outputs, {fed: [1.0, 2.0]}):
        assert value.tolist() == [2.5, 3.0]


def test_sparse_and_ragged_inputs_and_outputs() -> None:
    module = hub.Module(TEXT)
    words = (ROOT / "tests/data/words.txt").read_text().split()
    expected = run(module([f"{words[3]} {words[5]}", words[4]]))
    tokens = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [words[3], words[5], words[4]], [2, 2])
    sparse = module(tokens, signature="tokens", as_dict=True)
    value = SparseTensorValue(
        np.array([[0, 0], [0, 1], [1, 0]]), [words[3], words[5], words[4]], [2, 2]
    )
    again = module(value, signature="tokens")
    rows = tf.RaggedTensor.from_row_splits([words[3], words[5], words[4]], [0, 2, 3])
    ragged = module(rows, signature="rows", as_dict=True)
    rows_value = RaggedTensorValue.from_rows([[words[3], words[5]], [words[4]]])
    third = module(rows_value, signature="rows")
    assert sparse["tokens"].values is tokens.values  # an output that is an input
    got = run({"sparse": sparse, "again": again, "ragged": ragged, "third": third})
    for found in (got["sparse"]["default"], got["again"], got["ragged"]["default"], got["third"]):
        np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert isinstance(got["sparse"]["tokens"], SparseTensorValue)
    assert isinstance(got["ragged"]["ids"], RaggedTensorValue)
    assert got["ragged"]["ids"].to_list() == [[3, 5], [4]]


def test_an_output_that_is_an_input() -> None:
    images = tf.constant(IMAGES)
    outputs = hub.Module(IMAGE)(
        {"images": images, "scale": 2.0}, signature="classes:top", as_dict=True
    )
    assert outputs["same"] is images


def test_an_input_with_a_default_must_be_given() -> None:
    with pytest.raises(TypeError, match=r"missing \['scale'\]"):
        hub.Module(IMAGE)({"images": IMAGES}, signature="classes:top", as_dict=True)


# Sharing


def test_applications_share_variables_and_two_instances_do_not() -> None:
    one, two = hub.Module(HALF), hub.Module(HALF)
    a, b, other = one([2.0]), one([4.0]), two([2.0])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert [v.tolist() for v in session.run([a, b, other])] == [[3.0], [4.0], [3.0]]
        one.variable_map["b"].load(10.0, session)
        assert [v.tolist() for v in session.run([a, b, other])] == [[11.0], [12.0], [3.0]]


def test_applications_share_tables_and_two_instances_do_not(graph: tf.Graph) -> None:
    one = hub.Module(LOOKUP)
    first, second = one(["cat"]), one(["the"])
    tables = [op.name for op in graph.get_operations() if op.type == "HashTableV2"]
    assert len(tables) == 1
    assert tables[0].startswith("module/")
    mine = graph.get_collection(tf.GraphKeys.TABLE_INITIALIZERS)
    hub.Module(LOOKUP)
    initializers = graph.get_collection(tf.GraphKeys.TABLE_INITIALIZERS)
    assert len(initializers) == 2 * len(mine) == 2
    shared = {
        op.get_attr("shared_name")
        for op in graph.get_operations()
        if op.type in ("HashTableV2", "VarHandleOp")
    }
    assert len(shared) == 4
    assert all(name.startswith((b"module/", b"module_1/")) for name in shared)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(mine)
        assert session.run([first, second])[0].tolist() == [[3.0, 4.0]]


# Collections


def test_collections_of_a_module_that_is_not_trainable(graph: tf.Graph) -> None:
    module = hub.Module(IMAGE, tags={"train"})
    assert names(graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)) == names(
        sorted(module.variables, key=lambda v: list(graph.nodes).index(v.op.name))
    )
    assert not graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)
    assert not graph.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    module({"images": IMAGES})
    assert not graph.get_collection(tf.GraphKeys.UPDATE_OPS)


def test_collections_of_a_trainable_module(graph: tf.Graph) -> None:
    module = hub.Module(IMAGE, trainable=True, tags={"train"})
    trainable = set(names(graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)))
    assert trainable == {
        f"module/{name}:0"
        for name in ("conv/kernel", "dense/bias", "dense/kernel", "norm/beta", "norm/gamma")
    }
    (loss,) = graph.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)
    assert loss.name == "module/conv/kernel/Regularizer/l2:0"
    assert not graph.get_collection(tf.GraphKeys.UPDATE_OPS)
    for application in ("module_apply_default", "module_apply_default_1"):
        module({"images": IMAGES})
        updates = names(graph.get_collection(tf.GraphKeys.UPDATE_OPS))
        assert len([name for name in updates if name.startswith(f"{application}/")]) == 2
    assert len(graph.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)) == 1
    kernel, value = run([module.variable_map["conv/kernel"], loss])
    assert value == pytest.approx(0.01 * (kernel.astype(float) ** 2).sum() / 2, rel=1e-5)


def test_update_ops_change_the_moving_averages() -> None:
    module = hub.Module(IMAGE, trainable=True, tags={"train"})
    module({"images": IMAGES})
    mean = module.variable_map["norm/moving_mean"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(mean)
        session.run(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
        assert not np.allclose(session.run(mean), before)


def test_model_variables(graph: tf.Graph) -> None:
    module = hub.Module(IMAGE)
    found = set(names(graph.get_collection(tf.GraphKeys.MODEL_VARIABLES)))
    assert found <= set(names(module.variables))
    with_same_objects = graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)
    assert set(with_same_objects) == set(module.variables)


def test_asset_paths_once_for_the_instance_and_once_an_application(graph: tf.Graph) -> None:
    module = hub.Module(LOOKUP)
    module(["cat"])
    paths = graph.get_collection(tf.GraphKeys.ASSET_FILEPATHS)
    assert len(paths) == 2
    path = os.path.join(LOOKUP, "assets", "vocab.txt").encode()
    assert [bytes(value) for value in run(paths)] == [path, path]


# What can be asked


def test_the_variable_map_has_the_names_of_the_module() -> None:
    with tf.variable_scope("outer"):
        half, text = hub.Module(HALF), hub.Module(TEXT)
    assert {k: v.name for k, v in half.variable_map.items()} == {
        "a": "outer/module/a:0",
        "b": "outer/module/b:0",
    }
    parts = text.variable_map["embeddings"]
    assert names(parts) == [f"outer/module_1/embeddings/part_{i}:0" for i in range(3)]
    assert text.variables == parts
    whole = np.concatenate(run(parts))
    np.testing.assert_array_equal(whole, hub.load(TEXT).variables["embeddings"])


def test_variables_stand_in_the_order_of_their_names() -> None:
    module = hub.Module(IMAGE)
    assert names(module.variables) == [f"module/{name}:0" for name in sorted(module.variable_map)]


def test_signatures_and_infos() -> None:
    module = hub.Module(TEXT)
    assert sorted(module.get_signature_names()) == ["default", "rows", "tokens"]
    assert repr(module.get_input_info_dict()) == (
        "{'default': <hub.ParsedTensorInfo shape=(?,) dtype=string is_sparse=False>}"
    )
    assert module.get_output_info_dict("tokens")["tokens"].is_sparse


def test_attached_messages() -> None:
    module = hub.Module(IMAGE)
    info = module.get_attached_message("image_module_info", hub.ImageModuleInfo)
    assert info is not None
    assert (info.default_image_size.height, info.default_image_size.width) == (8, 8)
    assert module.get_attached_message("other", hub.ImageModuleInfo) is None
    message = r"No attached message for key 'other' in graph version \[\] of Hub Module"
    with pytest.raises(KeyError, match=message):
        module.get_attached_message("other", hub.ImageModuleInfo, required=True)


# eval_function_for_module


def test_eval_function_for_module(graph: tf.Graph) -> None:
    with hub.eval_function_for_module(LOOKUP) as f:
        assert tf.get_default_graph() is graph
        assert f(["sat"]).tolist() == [[5.0, 6.0]]
        assert f({"text": ["sat", "?"]}, as_dict=True)["default"].tolist() == [
            [5.0, 6.0],
            [7.0, 8.0],
        ]
        with pytest.raises(TypeError, match=r"missing \['text'\], extra given \['x'\]"):
            f({"x": ["a"]})
        with pytest.raises(ValueError, match=r"Signature 'no' is missing from meta graph\."):
            f(["a"], signature="no")
        with pytest.raises(ValueError, match="Cannot feed value of shape"):
            f([["a"]])
    assert not graph.get_operations()
    with pytest.raises(RuntimeError, match="closed Session"):
        f(["sat"])


def test_eval_function_with_tags_and_composite_inputs() -> None:
    with hub.eval_function_for_module(hub.load_module_spec(IMAGE), tags={"train"}) as f:
        assert f({"images": IMAGES}).shape == (2, 4)
    with hub.eval_function_for_module(TEXT) as f:
        rows = RaggedTensorValue.from_rows([["a", "b"], []])
        assert f(rows, signature="rows", as_dict=True)["ids"].shape == (2, None)
        tokens = SparseTensorValue([[0, 0]], ["a"], [1, 1])
        assert f(tokens, signature="tokens").shape == (1, 6)
    with (
        pytest.raises(ValueError, match="No such graph variant"),
        hub.eval_function_for_module(HALF, ["x"]),
    ):
        pass


def test_a_graph_for_training_that_is_not_used_is_told(caplog: pytest.LogCaptureFixture) -> None:
    def module_fn(is_training: bool = False) -> None:
        x = tf.placeholder(tf.float32, [None, 2])
        hub.add_signature(inputs=x, outputs=tf.layers.dropout(x, training=is_training))

    spec = hub.create_module_spec(module_fn, [(set(), {}), ({"train"}, {"is_training": True})])
    with tf.Graph().as_default():
        hub.Module(spec)
        hub.Module(spec, trainable=True, tags={"train"})
        assert not caplog.records
        hub.Module(spec, trainable=True, name="mine")
    (record,) = caplog.records
    assert "'mine' has a graph for training, with the tag 'train'" in record.getMessage()
