"""Products that a loop adds up are multiplied after it, and add up to what they did."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.recording import recording
from minihub_runtime.engine.runner import Runner
from minihub_runtime.graph.ir import Graph, Node
from minihub_runtime.ops import addends
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.effects import Effect, effect_of
from tests.engine.graphs import constant, graph, node, placeholder, ref
from tests.samples import f32, i32

KERNELS = {
    name: REGISTRY[name].kernel for name in ("_AddProductLater", "_AddRowsLater", "_Settled")
}


def sums(total: str, *extra: Node | str) -> Graph:
    """A loop of TF1 that adds something to a sum in each turn, `total`, an op and its inputs."""
    frame = {"frame_name": "f", "parallel_iterations": 10}

    def enter(line: str, kind: str, constant_inside: bool = True) -> Node:
        return node(line, T=kind, is_constant=constant_inside, **frame)

    return graph(
        placeholder("x"),
        placeholder("y"),
        placeholder("start"),
        placeholder("count", "int32"),
        constant("zero", 0, "int32"),
        enter("i_in = Enter(zero)", "int32", False),
        enter("sum_in = Enter(start)", "float32", False),
        enter("limit = Enter(count)", "int32"),
        enter("a = Enter(x)", "float32"),
        enter("b = Enter(y)", "float32"),
        node("i = Merge(i_in, i_next)", T="int32", N=2),
        node("sum = Merge(sum_in, sum_next)", N=2),
        node("less = Less(i, limit)", T="int32"),
        "go_on = LoopCond(less)",
        node("i_turn = Switch(i, go_on)", T="int32"),
        "sum_turn = Switch(sum, go_on)",
        node("now = Identity(i_turn:1)", T="int32"),
        constant("step", 1, "int32", ["now"]),
        node("turn = Cast(now)", SrcT="int32", DstT="float32", Truncate=False),
        "scaled = Mul(b, turn)",
        node("product = MatMul(a, scaled)", transpose_a=True, transpose_b=False),
        node("rows = BiasAddGrad(scaled)", data_format="NHWC"),
        node(f"more = {total}", N=2),
        node("i_more = AddV2(now, step)", T="int32"),
        node("i_next = NextIteration(i_more)", T="int32"),
        "sum_next = NextIteration(more)",
        "last = Exit(sum_turn)",
        *extra,
    )


X, Y = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
FEEDS = {ref("x"): X, ref("y"): Y, ref("start"): f32(np.ones((3, 3))), ref("count"): i32(4)}


def run(sums: Graph, **given: Any) -> tuple[list[str], Any]:
    """The ops of a run, and its result."""
    feeds = {**FEEDS, **{ref(name): value for name, value in given.items()}}
    with recording() as calls:
        (found,) = Runner(sums).run([ref("last")], feeds)
    return [call.node.op for call in calls], found


@pytest.mark.parametrize("count", [0, 1, 4])
@pytest.mark.parametrize(
    ("total", "op", "addend"),
    [
        ("AddV2(sum_turn:1, product)", "_AddProductLater", X.T @ Y),
        ("Add(product, sum_turn:1)", "_AddProductLater", X.T @ Y),
        ("AddN(product, sum_turn:1)", "_AddProductLater", X.T @ Y),
        ("AddV2(sum_turn:1, rows)", "_AddRowsLater", Y.sum(0)),
    ],
)
def test_sums_are_what_they_were(total: str, op: str, addend: Any, count: int) -> None:
    ops, found = run(sums(total), count=i32(count))
    assert ops.count(op) == count
    assert ops.count("_Settled") == 1
    assert {"MatMul", "BiasAddGrad"}.isdisjoint(ops)
    expected = np.ones((3, 3)) + sum(range(count)) * addend
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("total", "extra"),
    [
        ("AddV2(sum_turn:1, scaled)", ()),
        ("Sub(sum_turn:1, product)", ()),
        ("AddV2(product, product)", ()),
        ("AddV2(sum_turn:1, same)", [node("same = MatMul(a, scaled)", transpose_a=False)]),
        ("AddV2(turned, product)", ["turned = Neg(sum_turn:1)"]),
        ("AddV2(sum_turn:1, product, ^seen)", ["seen = Neg(product)"]),
        (
            "AddV2(sum_turn:1, product)",
            [
                node("seen = Print(more, product)", U=[tf.float32]),
                node("i_next = NextIteration(i_more, ^seen)", T="int32"),
            ],
        ),
    ],
)
def test_what_is_seen_in_the_turns_is_added_in_the_turns(total: str, extra: Any) -> None:
    square = X[:3], Y[:3]
    ops, found = run(sums(total, *extra), x=square[0], y=square[1])
    assert not {"_AddProductLater", "_AddRowsLater", "_Settled"} & {*ops}
    assert found.shape == (3, 3)


def test_a_condition_that_reads_the_sum_stops_the_loop() -> None:
    nodes = dict(sums("AddV2(sum_turn:1, product)").nodes)
    for item in (
        constant("all", [0, 1], "int32"),
        node("size = Max(sum, all)", Tidx="int32", keep_dims=False),
        constant("bound", 100.0),
        "small = Less(size, bound)",
        "both = LogicalAnd(less, small)",
        "go_on = LoopCond(both)",
    ):
        made = node(item) if isinstance(item, str) else item
        nodes[made.name] = made
    ops, found = run(Graph(nodes), count=i32(1000))
    assert "_Settled" not in ops
    assert 0 < ops.count("MatMul") < 1000
    assert found.max() >= 100


def test_gradients_of_a_recurrence_are_tensorflows() -> None:
    folder = Path(__file__).parents[1] / "autodiff" / "graphs"
    definition = tf.GraphDef.FromString((folder / "recurrent_v1.pb").read_bytes())
    with np.load(folder / "recurrent_v1.npz", allow_pickle=False) as stored:
        arrays = dict(stored)
    feeds = {f"{k.removeprefix('feed/')}:0": v for k, v in arrays.items() if k[:5] == "feed/"}
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.import_graph_def(definition, name="")
        y, kernel = (graph.get_tensor_by_name(f"{name}:0") for name in ("y", "kernel"))
        (asked,) = tf.gradients(y, [kernel])
        with recording() as calls:
            found = session.run(asked, feeds)
    ops = [call.node.op for call in calls]
    assert [ops.count(op) for op in KERNELS] == [5, 0, 1], "there are as many turns"
    np.testing.assert_allclose(found, arrays["x/1/kernel"], rtol=2e-5, atol=1e-6)


def test_sums_of_one_loop_are_no_business_of_another() -> None:
    for op in KERNELS:
        assert effect_of(Graph({}), Node("n", op)) is Effect.NONE


@pytest.mark.parametrize("limit", [0, 100, 1 << 20])
def test_factors_are_kept_up_to_a_limit(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addends, "MAX_BYTES", limit)
    later: Any = np.zeros((3, 2), np.float32)
    expected = np.zeros((3, 2))
    random = np.random.default_rng(1)
    for rows in (1, 4, 0, 2):
        a, b = (random.normal(size=(rows, k)).astype(np.float32) for k in (3, 2))
        later = KERNELS["_AddProductLater"](later, a, b)
        expected += a.T @ b
    for _ in range(2):
        np.testing.assert_allclose(KERNELS["_Settled"](later), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("start", [0.0, [1.0, 2.0]])
def test_what_is_added_stays_as_it_is(start: Any) -> None:
    """The sum is written where the addend was, which is nobody's."""
    total, left = f32(start), f32([[1], [2], [3]])
    rows = [f32([[[1, 2]], [[3, 4]], [[5, 6]]]), f32([[[7, 8], [9, 10]]])]
    given = [total.copy(), left.copy(), *(part.copy() for part in rows)]
    later: Any = total
    for part in rows:
        later = KERNELS["_AddRowsLater"](later, part)
    np.testing.assert_array_equal(KERNELS["_Settled"](later), total + f32([25, 30]))
    later = KERNELS["_AddProductLater"](total, left, rows[0][:, 0])
    np.testing.assert_array_equal(KERNELS["_Settled"](later), total + f32([[22, 28]]))
    for found, expected in zip([total, left, *rows], given, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_sums_broadcast_as_they_do_in_the_turns() -> None:
    later = KERNELS["_AddRowsLater"](f32(1), f32([[1], [2]]))
    later = KERNELS["_AddRowsLater"](later, f32([[1, 2], [3, 4]]))
    np.testing.assert_array_equal(KERNELS["_Settled"](later), [8, 10])
    later = KERNELS["_AddProductLater"](f32([[1, 2]]), f32([[1, 2]]), f32([[3]]))
    later = KERNELS["_AddProductLater"](later, f32([[1]]), f32([[3, 4]]))
    np.testing.assert_array_equal(KERNELS["_Settled"](later), [[7, 9], [10, 12]])


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda add: add["_AddProductLater"](f32(0), f32([[1]]), f32([[1], [2]])), "as many rows"),
        (lambda add: add["_AddProductLater"](f32(0), f32([1]), f32([1])), "matrices"),
        (lambda add: add["_AddRowsLater"](f32(0), f32([1])), "rank >= 2"),
        (
            lambda add: add["_Settled"](add["_AddRowsLater"](f32([1, 2, 3]), f32([[1, 2]]))),
            "must broadcast",
        ),
    ],
)
def test_addends_that_do_not_fit_are_refused(
    add: Callable[[dict[str, Any]], Any], message: str
) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        add(KERNELS)
