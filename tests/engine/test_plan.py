"""Plans: what runs, in which order, what is freed, what is refused."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import (
    InvalidArgumentError,
    NotFoundError,
    UnsupportedOpsError,
)
from minihub_runtime.graph.ir import Graph, Node
from tests.engine.graphs import constant, graph, node, placeholder, ref
from tests.growth import LEAST_SHARE, growth_of

X = np.float32([1, 2])


def simple() -> Graph:
    return graph(
        placeholder("x"),
        constant("one", 1),
        "y = AddV2(x, one)",
        "z = Mul(y, y)",
        "w = Neg(z)",
        node("n = NoOp(^z)"),
    )


def run(made: Graph, fetches: list[str], feeds: dict[str, Any], targets: Any = ()) -> list[Any]:
    return Runner(made).run(
        [ref(f) for f in fetches], {ref(k): v for k, v in feeds.items()}, targets
    )


def test_fetches_come_in_their_order() -> None:
    z, y, again = run(simple(), ["z", "y", "z"], {"x": X})
    assert z.tolist() == again.tolist() == [4, 9]
    assert y.tolist() == [2, 3]
    assert z is not again


@pytest.mark.parametrize("turn", [1, -1])
def test_a_variable_fetched_beside_its_assignment_has_its_old_value(turn: int) -> None:
    # What TensorFlow gives; a read that is told to wait gives the new value.
    made = graph(
        constant("three", 3),
        node("v = VarHandleOp()", dtype=as_dtype("float32"), shape=(2,)),
        node("read = ReadVariableOp(v)", dtype=as_dtype("float32")),
        placeholder("x"),
        node("thrice = Mul(x, three)"),
        node("set = AssignVariableOp(v, thrice)", dtype=as_dtype("float32")),
        node("late = ReadVariableOp(v, ^set)", dtype=as_dtype("float32")),
        node("begin = AssignVariableOp(v, x)", dtype=as_dtype("float32")),
    )
    runner = Runner(made)
    runner.run([], {ref("x"): X}, ["begin"])
    fetches = ["read", "late"][::turn]
    found = dict(
        zip(fetches, runner.run([ref(f) for f in fetches], {ref("x"): X}, ["set"]), strict=True)
    )
    np.testing.assert_array_equal(found["read"], X)
    np.testing.assert_array_equal(found["late"], 3 * X)


@pytest.mark.parametrize("resource", [True, False])
def test_gradients_that_nothing_holds_together_are_of_the_same_values(resource: bool) -> None:
    # As in TensorFlow, nearly always; no step waits for the gradients of the others.
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("", use_resource=resource):
            a, b = (tf.get_variable(name, initializer=x) for name, x in (("a", 2.0), ("b", 3.0)))
        product = a * b
        loss = product * b
        gradients = tf.gradients(loss, [a, b])
        optimizer = tf.train.GradientDescentOptimizer(0.5)
        step = optimizer.apply_gradients(zip(gradients, [a, b], strict=True))
        session.run(tf.global_variables_initializer())
        assert session.run([step, loss]) == [None, 18]
        assert session.run([a, b]) == [2 - 9 / 2, 3 - 12 / 2]


def test_an_intermediate_tensor_can_be_fed() -> None:
    assert run(simple(), ["w"], {"y": X})[0].tolist() == [-1, -4]


def test_a_fed_tensor_can_be_fetched() -> None:
    got = run(simple(), ["x", "y"], {"x": X})
    assert got[0].tolist() == [1, 2]
    assert got[0] is not X


def test_one_output_of_several_can_be_fed() -> None:
    made = graph(
        placeholder("x"),
        constant("axis", 0, "int32"),
        node("s = Split(axis, x)", num_split=2),
        "y = Sub(s:0, s:1)",
    )
    assert run(made, ["y"], {"x": X})[0].tolist() == [-1]
    assert run(made, ["y"], {"x": X, "s:1": np.float32([5])})[0].tolist() == [-4]


def test_targets_run_without_a_result() -> None:
    assert run(simple(), [], {"x": X}, ["n"]) == []


def test_a_fed_placeholder_satisfies_those_who_wait_for_it() -> None:
    made = graph(placeholder("x"), constant("c", 1, after=["x"]), "y = Neg(c, ^x)")
    assert run(made, ["y"], {"x": X})[0] == -1
    with pytest.raises(InvalidArgumentError, match="must feed"):
        run(made, ["y"], {})


def test_what_nobody_needs_does_not_run() -> None:
    made = graph(placeholder("x"), node("bad = NoSuchOp(x)"), "y = Neg(x)")
    assert run(made, ["y"], {"x": X})[0].tolist() == [-1, -2]


def test_all_missing_ops_are_named() -> None:
    made = graph(placeholder("x"), node("a = NoSuchOp(x)"), node("b = NorThis(a)"), "y = Neg(b)")
    with pytest.raises(UnsupportedOpsError) as caught:
        run(made, ["y"], {"x": X})
    assert "NoSuchOp" in str(caught.value)
    assert "NorThis" in str(caught.value)


@pytest.mark.parametrize(
    ("fetch", "error", "text"),
    [
        ("nothing", NotFoundError, "nothing"),
        ("y:1", InvalidArgumentError, "output"),
        ("n", InvalidArgumentError, "output"),
    ],
)
def test_unknown_fetches_are_refused(fetch: str, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        run(simple(), [fetch], {"x": X})


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["y = AddV2(x)"], "must have 2 inputs, not 1"),
        (["y = Neg(x, x)"], "must have 1 inputs, not 2"),
        ([node("y = Neg(x)", T="int32")], "must be int32, not float32"),
        (["y = Neg(x:3)"], "output"),
        (["a = Neg(b)", "b = Neg(a)", "y = Neg(a)"], "cycle"),
        (["y = Neg(y)"], "cycle"),
        (["y = Neg(x, ^y)"], "cycle"),
        ([Node("y", "Neg", [ref("x")])], "attribute 'T'"),
        # What passes look at, too.
        ([Node("y", "Conv2D", [ref("x")], attrs={"T": as_dtype("float32")})], "Conv2D"),
        (
            [Node("y", "FusedBatchNorm", [ref("x")], attrs={"T": as_dtype("float32")})],
            "must have 5",
        ),
        (["a = Mul(x)", "y = Exp(a)"], "Mul must have 2 inputs, not 1"),
        (["a = Mul(x, x, x)", "y = Exp(a)"], "Mul must have 2 inputs, not 3"),
        (["a = Exp()", "y = Exp(a)"], "Exp must have 1 inputs, not 0"),
    ],
)
def test_malformed_graphs_are_refused(lines: list[Any], text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=text):
        run(graph(placeholder("x"), *lines), ["y"], {"x": X})


def test_a_plan_is_made_once() -> None:
    runner = Runner(simple())
    key = [ref("x")], [ref("z")], []
    assert runner.plan(*key) is runner.plan(*key)
    assert runner.plan([ref("x")], [ref("y")], []) is not runner.plan(*key)


def test_values_are_freed_after_their_last_use() -> None:
    lines = [placeholder("x"), *(f"n{i} = Neg({'x' if not i else f'n{i - 1}'})" for i in range(50))]
    runner = Runner(graph(*lines))
    big = np.ones(1 << 18, np.float32)
    runner.run([ref("n49")], {ref("x"): big})
    tracemalloc.start()
    try:
        runner.run([ref("n49")], {ref("x"): big})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * big.nbytes


def test_constants_are_folded() -> None:
    made = graph(constant("a", [1, 2]), constant("b", [3, 4]), "c = AddV2(a, b)", "d = Mul(c, c)")
    assert Runner(made).plan([], [ref("d")], []).steps == ()
    assert run(made, ["d"], {})[0].tolist() == [16, 36]


def test_failing_constants_fail_when_they_run() -> None:
    made = graph(
        constant("a", [1], "int32"),
        constant("b", [0], "int32"),
        node("c = FloorDiv(a, b)", T="int32"),
    )
    runner = Runner(made)
    runner.plan([], [ref("c")], [])
    with pytest.raises(InvalidArgumentError):
        runner.run([ref("c")])


def test_what_draws_at_random_is_not_folded() -> None:
    made = graph(
        Node("v", "VarHandleOp", attrs={"dtype": as_dtype("float32"), "shape": ()}),
        constant("one", 1),
        node("set = AssignVariableOp(v, one)", dtype="float32"),
        node("add = AssignAddVariableOp(v, one)", dtype="float32"),
        node("read = ReadVariableOp(v, ^add)", dtype="float32"),
    )
    runner = Runner(made)
    runner.run([], {}, ["set"])
    assert [float(runner.run([ref("read")])[0]) for _ in range(3)] == [2, 3, 4]


def test_large_results_are_not_folded() -> None:
    made = graph(
        constant("dims", [1 << 13, 1 << 12], "int32"),
        constant("value", 0),
        node("big = Fill(dims, value)", index_type="int32"),
        constant("axes", [0, 1], "int32"),
        node("sum = Sum(big, axes)", Tidx="int32"),
    )
    made.nodes["big"] = Node(
        "big",
        "Fill",
        [ref("dims"), ref("value")],
        [],
        {"T": as_dtype("float32"), "index_type": as_dtype("int32")},
    )
    # The prelude computes them when they are first needed, and keeps the sum alone.
    plan = Runner(made).plan([], [ref("sum")], [])
    assert len(plan.prelude.steps) == 2
    (total,) = plan.run([])
    held = [value for value in plan.prelude.settle(None) if isinstance(value, np.ndarray)]
    assert any(value is total for value in held)
    assert max(value.size for value in held) <= 2


@pytest.mark.parametrize("after", [(), ("x",)], ids=["folded", "waiting"])
def test_results_are_the_callers(after: tuple[str, ...]) -> None:
    """Changing a fetched array changes nothing that a later run sees."""
    value = np.float32([1, 2])
    made = graph(
        placeholder("x"),
        Node("c", "Const", [], after, {"value": value, "dtype": as_dtype("float32")}),
        "same = Identity(c)",
        "fed = Identity(x)",
    )
    runner = Runner(made)
    names = [ref(name) for name in ("c", "same", "fed", "x")]
    given = X.copy()
    for _ in range(2):
        values = runner.run(names, {ref("x"): given})
        for result in values:
            assert result.tolist() == [1, 2]
            result[...] = 9
    assert given.tolist() == [1, 2]
    assert value.tolist() == [1, 2]


def test_a_fetched_variable_is_a_copy() -> None:
    kind = as_dtype("float32")
    made = graph(
        placeholder("x"),
        Node("v", "VarHandleOp", attrs={"dtype": kind, "shape": None}),
        node("set = AssignVariableOp(v, x)", dtype="float32"),
        node("read = ReadVariableOp(v)", dtype="float32"),
        "y = Neg(x)",
        node("set_y = AssignVariableOp(v, y)", dtype="float32"),
    )
    runner = Runner(made)
    given = X.copy()
    runner.run([], {ref("x"): given}, ["set"])
    runner.run([ref("read")])[0][:] = 9
    assert runner.run([ref("read")])[0].tolist() == [1, 2]
    (y,) = runner.run([ref("y")], {ref("x"): X.copy()}, ["set_y"])
    y[:] = 9
    assert runner.run([ref("read")])[0].tolist() == [-1, -2]


def test_many_runs_do_not_take_more_memory() -> None:
    made = graph(
        placeholder("x"),
        constant("one", 1),
        "y = AddV2(x, one)",
        node("s = Switch(y, p)"),
        placeholder("p", "bool"),
        "a = Neg(s:1)",
        "b = Mul(s:0, s:0)",
        node("m = Merge(a, b)", N=2),
    )
    runner = Runner(made)
    feeds = {ref("x"): np.ones(100, np.float32), ref("p"): np.array(True)}
    growth = growth_of(lambda: runner.run([ref("m")], feeds), 3000)
    assert growth.share < LEAST_SHARE, growth
    kept: list[object] = []
    leaking = growth_of(lambda: (runner.run([ref("m")], feeds), kept.append(object())), 300)
    assert leaking.share > LEAST_SHARE, "the measure must find one small object a run"


def test_an_error_names_the_node() -> None:
    made = graph(
        placeholder("x"), constant("s", [7], "int32"), node("y = Reshape(x, s)", Tshape="int32")
    )
    made.nodes["y"] = Node(
        "y",
        "Reshape",
        [ref("x"), ref("s")],
        [],
        {"T": as_dtype("float32"), "Tshape": as_dtype("int32")},
    )
    with pytest.raises(InvalidArgumentError) as caught:
        run(made, ["y"], {"x": X})
    assert caught.value.node == "y"
    assert caught.value.place.endswith("= Reshape")
    assert "{{node y}} = Reshape" in str(caught.value)
