"""`minihub.profile`, and the inputs it makes up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import minihub
import minihub_runtime as tf
from minihub.example_inputs import example_inputs
from minihub.profiling import Profile
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.api.type_spec import RaggedTensorSpec
from minihub_runtime.dtypes import as_dtype, to_float
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.ir import Ref
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue

MODULES = Path(__file__).parents[1] / "data" / "modules"


@pytest.fixture(scope="module")
def text() -> Profile:
    return minihub.profile(MODULES / "text", ["the cat", "a dog"], runs=3)


def test_ops_with_their_calls_and_shares(text: Profile) -> None:
    assert text.signature == "default"
    assert text.runs == 3
    assert sum(op.share for op in text.ops) == pytest.approx(1)
    assert [op.seconds for op in text.ops] == sorted((op.seconds for op in text.ops), reverse=True)
    for op in text.ops:
        assert op.calls == sum(node.calls for node in op.nodes)
        assert op.seconds == pytest.approx(sum(node.seconds for node in op.nodes))
    assert len(text.calls) == 3 * sum(op.calls for op in text.ops)
    assert text.load_seconds is not None


def test_a_module_that_is_loaded_is_not_loaded_again() -> None:
    module = minihub.load(MODULES / "half_plus_two")
    found = minihub.profile(module, [1.0], runs=1)
    assert found.load_seconds is None
    assert found.ops


def test_a_trace_holds_every_call_in_order(text: Profile, tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    text.write_trace(path)
    assert [p.name for p in tmp_path.iterdir()] == ["trace.json"]
    trace = json.loads(path.read_text(encoding="utf-8"))
    events = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert len(events) == len(text.calls)
    assert [event["ts"] for event in events] == sorted(event["ts"] for event in events)
    assert events[0]["ts"] == 0
    assert {event["name"] for event in events} == {op.op for op in text.ops}
    assert all(event["dur"] >= 0 and event["args"]["node"] for event in events)
    labels = [event["name"] for event in trace["traceEvents"] if event["ph"] == "M"]
    assert labels == ["process_name", "thread_name"]


def test_a_table_of_the_longest_ops(text: Profile) -> None:
    lines = text.text(limit=2).splitlines()
    assert lines[0].endswith("signature 'default'")
    assert lines[3].split()[:4] == ["op", "calls", "ms", "%"]
    assert lines[4].split()[0] == text.ops[0].op
    assert lines[6].startswith(f"and {len(text.ops) - 2} ops more")
    assert str(text) == text.text()


def test_rates_are_of_products() -> None:
    found = minihub.profile(MODULES / "image", runs=1, batch=2)
    (convolution,) = [op for op in found.ops if "Conv2D" in op.op]
    # [2, 4, 4, 4] outputs of 3 × 3 × 3 multiply-adds.
    assert convolution.flops == 2 * (2 * 4 * 4 * 4) * 27
    assert found.as_dict()["ops"][0]["nodes"][0]["seconds"] > 0


@pytest.mark.parametrize("options", [{"runs": 0}, {"batch": 0}])
def test_numbers_must_be_positive(options: dict[str, int]) -> None:
    with pytest.raises(InvalidArgumentError, match="must be 1 or more"):
        minihub.profile(MODULES / "half_plus_two", **options)


def dense(dtype: str, shape: Any) -> ParsedTensorInfo:
    return ParsedTensorInfo("dense", as_dtype(dtype), shape, (Ref("x"),))


@pytest.mark.parametrize(
    ("info", "shape"),
    [
        (dense("float32", (None, None, None, 3)), (2, 224, 224, 3)),
        (dense("float32", (None, 8, None, 3)), (2, 8, 224, 3)),
        (dense("float16", (None, None)), (2, 16)),
        (dense("bfloat16", (4,)), (4,)),
        (dense("int64", (5, 3)), (5, 3)),
        (dense("bool", ()), ()),
        (dense("complex64", None), (2,)),
        (dense("string", (None,)), (2,)),
    ],
)
def test_dense_inputs(info: ParsedTensorInfo, shape: tuple[int, ...]) -> None:
    found = example_inputs({"x": info}, 2)["x"]
    assert found.shape == shape
    assert found.dtype == info.dtype.numpy
    if info.dtype.is_integer:
        assert set(found.ravel().tolist()) <= {0, 1}
    if info.dtype.is_floating:
        assert 0 < to_float(found).mean() < 1


def test_images_have_the_size_that_is_given() -> None:
    info = dense("float32", (None, None, None, 3))
    assert example_inputs({"x": info}, 1, (96, 64))["x"].shape == (1, 96, 64, 3)


def test_sparse_and_ragged_inputs() -> None:
    sparse = ParsedTensorInfo("sparse", as_dtype("string"), (None, None), (Ref("i"),) * 3)
    found = example_inputs({"x": sparse}, 3)["x"]
    assert isinstance(found, SparseTensorValue)
    assert found.indices.tolist() == [[0, 0], [1, 0], [2, 0]]
    assert found.dense_shape.tolist() == [3, 16]
    spec = RaggedTensorSpec([None, None, None], "int64", 2)
    ragged = ParsedTensorInfo(
        "ragged", as_dtype("int64"), (None, None, None), (Ref("r"),) * 3, spec
    )
    rows = example_inputs({"x": ragged}, 2)["x"]
    assert isinstance(rows, RaggedTensorValue)
    assert [split.tolist() for split in rows.nested_row_splits] == [[0, 1, 2], [0, 1, 2]]
    spec = RaggedTensorSpec([3, None], "int64", 1)
    fixed = ParsedTensorInfo("ragged", as_dtype("int64"), (3, None), (Ref("r"),) * 2, spec)
    assert example_inputs({"x": fixed}, 2)["x"].row_splits.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "info",
    [
        dense("resource", ()),
        ParsedTensorInfo("unsupported", as_dtype("variant"), (), (), type_name="Strange"),
    ],
)
def test_inputs_that_cannot_be_made_up(info: ParsedTensorInfo) -> None:
    with pytest.raises(InvalidArgumentError, match=r"no value can be made|not supported"):
        example_inputs({"x": info})


@pytest.mark.parametrize("signature", ["default", "tokens", "rows"])
def test_every_signature_of_a_module_of_text_takes_what_is_made_up(signature: str) -> None:
    assert minihub.profile(MODULES / "text", signature=signature, batch=3, runs=1).ops


@pytest.mark.parametrize("look", [minihub.profile, minihub.page])
def test_what_is_refused_was_made_up(look: Callable[..., object], tmp_path: Path) -> None:
    def chosen() -> None:
        index = tf.placeholder(tf.int32, [None])
        minihub.add_signature(inputs=index, outputs=tf.gather([1.0], index + 5))

    with tf.Graph().as_default(), tf.Session() as session:
        minihub.Module(minihub.create_module_spec(chosen)).export(tmp_path / "chosen", session)
    module = minihub.load(tmp_path / "chosen")
    with pytest.raises(
        InvalidArgumentError, match=r"^indices.* the inputs were made up, and others"
    ):
        look(module, runs=1)
    with pytest.raises(InvalidArgumentError) as raised:
        look(module, [3], runs=1)
    assert "made up" not in str(raised.value)
