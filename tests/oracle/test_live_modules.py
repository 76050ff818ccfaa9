"""tensorflow_hub and minihub side by side on the same modules: the same graph, variables, collections and outputs."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

import minihub
import minihub_runtime
from minihub_runtime.api.type_spec import RaggedTensorSpec
from minihub_runtime.protos import SavedModel
from tests.shared import SHARED

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tensorflow = pytest.importorskip("tensorflow.compat.v1", reason="the oracle environment has it")
    tensorflow_hub = pytest.importorskip("tensorflow_hub")

pytestmark = pytest.mark.filterwarnings("ignore")

ROOT = Path(__file__).parents[2]
OWN = sorted(
    path.parent
    for path in [
        *ROOT.glob("tests/data/modules/*/tfhub_module.pb"),
        *ROOT.glob("minihub/demo_module/tfhub_module.pb"),
    ]
)
#: One for each mechanism: references, nesting, functions, regularisation and partitions, odd names, control flow v1, ragged and
#: sparse signatures, several tags, tables.
SAMPLED = (
    "control_flow_v2",
    "duplicate_assets",
    "key_value_table",
    "nested_module",
    "nnlm",
    "odd_variables",
    "ref_rnn",
    "regularized",
    "sparse_ragged",
)
OTHERS = [
    SHARED / "modules" / name / "module" for name in SAMPLED if (SHARED / "modules" / name).is_dir()
]


@pytest.fixture(scope="module", autouse=True)
def _tf1() -> Iterator[None]:
    from tensorflow.python.framework import tensor, tensor_shape

    equality, shapes = tensor.Tensor._USE_EQUALITY, tensor_shape._TENSORSHAPE_V2_OVERRIDE
    tensorflow.disable_tensor_equality()
    tensorflow.disable_v2_tensorshape()
    tensorflow.logging.set_verbosity(tensorflow.logging.ERROR)
    yield
    tensor.Tensor._USE_EQUALITY = equality
    tensor_shape._TENSORSHAPE_V2_OVERRIDE = shapes


def identifier(path: Path) -> str:
    return path.parent.name if path.name == "module" else path.name


def variants(paths: list[Path]) -> list[Any]:
    return [
        pytest.param(path, tags, id="-".join([identifier(path), *sorted(tags)]))
        for path in paths
        for tags in minihub.load_module_spec(path).get_tags()
    ]


def placeholders(tf: Any, infos: Any) -> dict[str, Any]:
    """A placeholder of the right kind for every input."""
    made = {}
    for name, info in sorted(infos.items()):
        spec = info.type_spec
        if info.is_sparse:
            shape = info.get_shape()
            made[name] = tf.sparse_placeholder(
                info.dtype, None if shape.dims is None else shape.as_list(), name
            )
        elif type(spec).__name__ == RaggedTensorSpec.__name__:
            value = tf.placeholder(info.dtype, [None], f"{name}_values")
            for level in range(spec.ragged_rank):
                splits = tf.placeholder(spec.row_splits_dtype, [None], f"{name}_{level}")
                value = tf.RaggedTensor.from_row_splits(value, splits, validate=False)
            made[name] = value
        else:
            made[name] = tf.placeholder(info.dtype, info.get_shape(), name)
    return made


def label(item: Any) -> str:
    """An item of a collection; the content of contexts is the library's own affair."""
    return (
        getattr(item, "name", None)
        if hasattr(item, "op") or hasattr(item, "outputs")
        else "context"
    )


def build(hub: Any, tf: Any, path: Path, tags: Any, trainable: bool) -> dict[str, Any]:
    """A program with scopes, control dependencies, two instances and several applications, and what it made."""
    with tf.Graph().as_default() as graph:
        with tf.variable_scope("vs"), tf.name_scope("ns"):
            module = hub.Module(str(path), trainable=trainable, tags=tags)
            for signature in sorted(module.get_signature_names()):
                with tf.name_scope("in"):
                    inputs = placeholders(tf, module.get_input_info_dict(signature))
                module(inputs, signature=signature, as_dict=True)
        signature = min(module.get_signature_names())
        with tf.name_scope("other"), tf.control_dependencies([tf.no_op(name="before")]):
            inputs = placeholders(tf, module.get_input_info_dict(signature))
            outputs = module(inputs, signature=signature, as_dict=True)
            second = hub.Module(str(path), tags=tags, name="emb")
        tf.no_op(name="save")
        tf.no_op(name="module")
        infos = {
            name: [
                repr(sorted(infos.items()))
                for infos in (module.get_input_info_dict(name), module.get_output_info_dict(name))
            ]
            for name in module.get_signature_names()
        }
        return {
            "operations": {
                op.name: (
                    op.type,
                    [t.name for t in op.inputs],
                    sorted(c.name for c in op.control_inputs),
                )
                for op in graph.get_operations()
                if "save/" not in op.name and not op.name.startswith("save_1/")
            },
            "collections": {
                key: [label(item) for item in graph.get_collection(key)]
                for key in graph.get_all_collection_keys()
                if graph.get_collection(key)
            },
            "variable_map": {
                name: [v.name for v in value] if isinstance(value, list) else value.name
                for name, value in (*module.variable_map.items(), *second.variable_map.items())
            },
            "variables": [
                (v.name, v.shape.as_list(), v.dtype.base_dtype.name) for v in module.variables
            ],
            "outputs": {name: (str(t.dtype), str(t.shape)) for name, t in outputs.items()},
            "infos": infos,
        }


@pytest.mark.parametrize("trainable", [False, True], ids=["fixed", "trainable"])
@pytest.mark.parametrize(("path", "tags"), variants([*OWN, *OTHERS]))
def test_the_same_graph(path: Path, tags: Any, trainable: bool) -> None:
    """Operations of a Saver, `save/…`, are left out: minihub writes checkpoints without a graph."""
    wanted = build(tensorflow_hub, tensorflow, path, tags, trainable)
    got = build(minihub, minihub_runtime, path, tags, trainable)
    for key in ("variable_map", "variables", "infos", "collections", "operations"):
        assert got[key] == wanted[key], key
    for name, (dtype, shape) in wanted["outputs"].items():
        found = got["outputs"][name]
        assert found[0] == dtype
        # Shapes may say more here, never less.
        assert shape == found[1] or "?" in shape or shape == "<unknown>", (name, shape, found[1])


def value_for(name: str, info: Any, tf: Any, drawn: np.random.Generator) -> Any:
    """Some value that an input may take, as both libraries take it."""
    shape = info.get_shape()
    sizes = [2 if d is None else d for d in (shape.as_list() if shape.dims is not None else [2])]
    if info.is_sparse:
        sizes = [max(n, 1) for n in sizes]
        indices = np.zeros((1, len(sizes)), np.int64)
        return (indices, draw(info.dtype.name, [1], drawn), np.array(sizes, np.int64))
    if type(info.type_spec).__name__ == RaggedTensorSpec.__name__:
        return None
    return draw(info.dtype.name, sizes, drawn)


def draw(dtype: str, sizes: list[int], drawn: np.random.Generator) -> Any:
    if dtype == "string":
        words = ["the", "a b", "work", "license", "zzz", ""]
        return np.array(
            [words[i] for i in drawn.integers(0, 6, int(np.prod(sizes)))], object
        ).reshape(sizes)
    if dtype.startswith(("int", "uint")):
        return drawn.integers(0, 3, sizes).astype(dtype)
    return drawn.random(sizes).astype(dtype)


@pytest.mark.parametrize(("path", "tags"), variants(OWN))
def test_the_same_outputs(path: Path, tags: Any) -> None:
    drawn = np.random.default_rng(5)
    for signature in sorted(minihub.load_module_spec(path).get_signature_names(tags)):
        results = []
        values: dict[str, Any] = {}
        for hub, tf in ((tensorflow_hub, tensorflow), (minihub, minihub_runtime)):
            with tf.Graph().as_default(), tf.Session() as session:
                tf.set_random_seed(1) if hasattr(tf, "set_random_seed") else None
                module = hub.Module(str(path), tags=tags)
                infos = module.get_input_info_dict(signature)
                if not values:
                    values = {
                        name: value_for(name, info, tf, drawn) for name, info in infos.items()
                    }
                if any(value is None for value in values.values()):
                    break
                fed = placeholders(tf, infos)
                outputs = module(fed, signature=signature, as_dict=True)
                session.run([tf.global_variables_initializer(), tf.tables_initializer()])
                results.append(
                    session.run(outputs, {fed[name]: value for name, value in values.items()})
                )
        if not results:
            continue
        wanted, got = results
        assert sorted(got) == sorted(wanted)
        for name, expected in wanted.items():
            for a, b in zip(parts(got[name]), parts(expected), strict=True):
                if b.dtype.kind == "f":
                    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
                else:
                    assert texts(a) == texts(b)


def parts(value: Any) -> list[Any]:
    return [np.asarray(item) for item in value] if isinstance(value, tuple) else [np.asarray(value)]


def texts(array: Any) -> list[Any]:
    """Elements; what is fed as text comes back from TensorFlow as text."""
    return [x.encode() if isinstance(x, str) else x for x in array.reshape(-1).tolist()]


def test_modules_by_relative_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT / "tests" / "data" / "modules")
    for hub, tf in ((tensorflow_hub, tensorflow), (minihub, minihub_runtime)):
        with tf.Graph().as_default(), tf.Session() as session:
            output = hub.Module("lookup")(["cat", "no"])
            paths = tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS)
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            assert session.run(output).tolist() == [[3.0, 4.0], [7.0, 8.0]]
            assert [p.decode() for p in session.run(paths)] == [
                os.path.join("lookup", "assets", "vocab.txt")
            ] * 2


@pytest.mark.parametrize("name", ["served", "legacy"])
def test_modules_of_saved_models(name: str, tmp_path: Path) -> None:
    path = str(shutil.copytree(ROOT / "tests" / "data" / "saved_models" / name, tmp_path / "model"))
    text = tmp_path / "model" / "saved_model.pbtxt"
    if text.exists():  # which tensorflow_hub does not read
        message = text_format.Parse(text.read_text(), SavedModel())
        (tmp_path / "model" / "saved_model.pb").write_bytes(message.SerializeToString())
    results = []
    for hub, tf in ((tensorflow_hub, tensorflow), (minihub, minihub_runtime)):
        spec = hub.create_module_spec_from_saved_model(path)
        with tf.Graph().as_default() as graph, tf.Session() as session:
            module = hub.Module(spec, trainable=True, tags={"serve"})
            outputs = module(["the", "x"], signature="serving_default", as_dict=True)
            session.run([tf.global_variables_initializer(), tf.tables_initializer()])
            found = session.run(outputs)
            results.append(
                (
                    {key: value.tolist() for key, value in found.items()},
                    [v.name for v in module.variables],
                    [v.name for v in tf.trainable_variables()],
                    [op.name for op in graph.get_operations() if "save" not in op.name],
                )
            )
    assert results[0] == results[1]
