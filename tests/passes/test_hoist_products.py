"""Products of what a loop reads are worked out before it, and give what they gave in its turns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.runner import Runner
from minihub_runtime.graph.ir import Graph, Node
from minihub_runtime.ops import matmul_prepared, projection
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.tensor_array import TensorArray
from tests.engine.graphs import constant, graph, node, placeholder, ref
from tests.samples import f32, i32


@pytest.fixture
def projections(monkeypatch: pytest.MonkeyPatch) -> list[projection.Projection | None]:
    """What was projected."""
    found: list[projection.Projection | None] = []
    plain = projection.project

    def noted(array: Any, weights: Any) -> projection.Projection | None:
        found.append(plain(array, weights))
        return found[-1]

    monkeypatch.setattr(projection, "project", noted)
    return found


def recurrence() -> Graph:
    """`state = [x[i], state] · weights` for each i, in a frame of TF1."""
    frame = {"frame_name": "f", "parallel_iterations": 10}

    def enter(line: str, kind: str, constant_inside: bool = True) -> Node:
        return node(line, T=kind, is_constant=constant_inside, **frame)

    return graph(
        placeholder("x"),
        placeholder("weights"),
        placeholder("start"),
        placeholder("count", "int32"),
        constant("zero", 0, "int32"),
        constant("one", 1, "int32"),
        node("array = TensorArrayV3(count)", dtype="float32", clear_after_read=False),
        node("places = Range(zero, count, one)", Tidx="int32"),
        "flow = TensorArrayScatterV3(array, places, x, array:1)",
        enter("i_in = Enter(zero)", "int32", False),
        enter("state_in = Enter(start)", "float32", False),
        enter("limit = Enter(count)", "int32"),
        enter("handle = Enter(array)", "resource"),
        enter("ready = Enter(flow)", "float32"),
        enter("matrix = Enter(weights)", "float32"),
        node("i = Merge(i_in, i_next)", T="int32", N=2),
        node("state = Merge(state_in, state_next)", N=2),
        node("less = Less(i, limit)", T="int32"),
        "go_on = LoopCond(less)",
        node("i_turn = Switch(i, go_on)", T="int32"),
        "state_turn = Switch(state, go_on)",
        node("now = Identity(i_turn:1)", T="int32"),
        "before = Identity(state_turn:1)",
        node("read = TensorArrayReadV3(handle, now, ready)", dtype="float32"),
        constant("axis", 1, "int32", ["now"]),
        constant("step", 1, "int32", ["now"]),
        node("joined = ConcatV2(read, before, axis)", N=2, Tidx="int32"),
        node("product = MatMul(joined, matrix)", transpose_a=False, transpose_b=False),
        node("i_more = AddV2(now, step)", T="int32"),
        node("i_next = NextIteration(i_more)", T="int32"),
        "state_next = NextIteration(product)",
        "last = Exit(state_turn)",
    )


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_hoisted_products_are_what_they_were(
    count: int, projections: list[projection.Projection | None]
) -> None:
    random = np.random.default_rng(0)
    x, state = random.normal(size=(count, 3, 4)), random.normal(size=(3, 2))
    weights = random.normal(size=(6, 2))
    given = {"x": x, "weights": weights, "start": state}
    feeds: dict[Any, Any] = {ref(name): value.astype(np.float32) for name, value in given.items()}
    feeds[ref("count")] = np.array(count, np.int32)
    (found,) = Runner(recurrence()).run([ref("last")], feeds)
    (made,) = projections
    assert (made is not None) == (count > 1), "one turn has nothing to gain"
    for row in x:
        state = np.concatenate([row, state], axis=1) @ weights
    np.testing.assert_allclose(found, state, rtol=1e-4, atol=1e-5)


def array_of(*items: Any) -> TensorArray:
    made = TensorArray(tf.float32, len(items), None, False, False, False)
    for place, item in enumerate(items):
        made.write(place, item)
    return made


def test_a_turn_that_reads_something_else_multiplies_it() -> None:
    random = np.random.default_rng(0)
    weights = random.normal(size=(5, 4)).astype(np.float32)
    a, b, other, state = (random.normal(size=(2, k)).astype(np.float32) for k in (3, 3, 3, 2))
    made = projection.project(array_of(a, b), weights)
    kernel = REGISTRY["_ProjectedMatMul"].kernel
    for index, first in ((0, a), (1, b), (0, other), (1, a), (7, b)):
        found = kernel(first, state, weights, i32(index), made)
        expected = np.concatenate([first, state], axis=1) @ weights
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(kernel(first, state, weights, i32(index), None), expected)


@pytest.mark.parametrize(
    "items",
    [
        [],
        [f32([[1, 2]])],
        [f32([[1, 2]]), f32([[1, 2], [3, 4]])],
        [f32([1, 2]), f32([1, 2])],
        [f32([[1] * 9]), f32([[1] * 9])],
    ],
)
def test_what_does_not_fit_is_left_to_the_turns(items: list[Any]) -> None:
    weights = np.ones((5, 4), np.float32)
    assert projection.project(array_of(*items), weights) is None
    assert projection.project("no array", weights) is None


def test_halves_that_do_not_fit_are_refused() -> None:
    kernel = REGISTRY["_ProjectedMatMul"].kernel
    with pytest.raises(tf.errors.InvalidArgumentError, match="as many rows"):
        kernel(f32([[1]]), f32([[1], [2]]), f32([[1], [2]]), i32(0), None)
    with pytest.raises(tf.errors.InvalidArgumentError, match="must fit"):
        kernel(f32([[1]]), f32([[1]]), f32([[1]]), i32(0), None)


def powers() -> Graph:
    """`state = state · weightsᵀ`, so many times, in a frame of TF1."""
    frame = {"frame_name": "f", "parallel_iterations": 10}
    return graph(
        placeholder("weights"),
        placeholder("start"),
        placeholder("count", "int32"),
        constant("zero", 0, "int32"),
        node("i_in = Enter(zero)", T="int32", is_constant=False, **frame),
        node("state_in = Enter(start)", T="float32", is_constant=False, **frame),
        node("limit = Enter(count)", T="int32", is_constant=True, **frame),
        node("matrix = Enter(weights)", T="float32", is_constant=True, **frame),
        node("i = Merge(i_in, i_next)", T="int32", N=2),
        node("state = Merge(state_in, state_next)", N=2),
        node("less = Less(i, limit)", T="int32"),
        "go_on = LoopCond(less)",
        node("i_turn = Switch(i, go_on)", T="int32"),
        "state_turn = Switch(state, go_on)",
        node("now = Identity(i_turn:1)", T="int32"),
        "before = Identity(state_turn:1)",
        constant("step", 1, "int32", ["now"]),
        node("product = MatMul(before, matrix)", transpose_a=False, transpose_b=True),
        node("i_more = AddV2(now, step)", T="int32"),
        node("i_next = NextIteration(i_more)", T="int32"),
        "state_next = NextIteration(product)",
        "last = Exit(state_turn)",
    )


def _power(count: int, state: Any, weights: Any) -> Any:
    given = {"start": state, "weights": weights}
    feeds: dict[Any, Any] = {ref(name): np.float32(value) for name, value in given.items()}
    feeds[ref("count")] = np.array(count, np.int32)
    (found,) = Runner(powers()).run([ref("last")], feeds)
    return found


@pytest.mark.parametrize("count", [0, 1, 3, 6])
@pytest.mark.parametrize(("rows", "size"), [(1, 5), (3, 80), (40, 130)])
def test_matrices_of_all_turns_are_prepared_once(
    count: int, rows: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = []
    plain = matmul_prepared.prepare_transposed

    def noted(matrix: Any) -> Any:
        prepared.append(matrix)
        return plain(matrix)

    monkeypatch.setattr(matmul_prepared, "prepare_transposed", noted)
    random = np.random.default_rng(0)
    state = random.normal(size=(rows, size))
    weights = random.normal(size=(size, size)) / np.sqrt(size)
    found = _power(count, state, weights)
    assert len(prepared) == 1
    expected = state
    for _ in range(count):
        expected = expected @ weights.T
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_what_is_no_matrix_is_refused_where_it_is_multiplied() -> None:
    np.testing.assert_array_equal(_power(0, [[1, 2]], [1, 2]), [[1, 2]])
    with pytest.raises(tf.errors.InvalidArgumentError, match="product"):
        _power(1, [[1, 2]], [1, 2])
    with pytest.raises(tf.errors.InvalidArgumentError, match="must fit"):
        _power(1, [[1, 2]], [[1, 2, 3]])


@pytest.mark.parametrize("transpose_a", [False, True])
def test_repeated_products_are_those_of_mat_mul(transpose_a: bool) -> None:
    random = np.random.default_rng(0)
    a, b = (random.normal(size=shape).astype(np.float32) for shape in ((6, 4), (5, 4)))
    given = np.ascontiguousarray(a.T) if transpose_a else a
    kernel = REGISTRY["_RepeatedMatMul"].kernel
    for prepared in (matmul_prepared.prepare_transposed(b), None):
        for _ in range(4):
            found = kernel(given, b, prepared, transpose_a=transpose_a)
            np.testing.assert_allclose(found, a @ b.T, rtol=1e-5, atol=1e-6)
    assert matmul_prepared.prepare_transposed(b[0]) is None
    assert matmul_prepared.prepare_transposed(b.astype(np.float64)) is None
