"""Nodes that others only wait for are left out; what has an effect, or is there to fail, keeps its turn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.graph.ir import Graph, Node
from minihub_runtime.passes.drop_idle import drop_idle
from minihub_runtime.passes.region import Region
from tests.engine.graphs import constant, graph, node, placeholder, ref


def left(
    made: Graph, fetches: list[str], targets: Any = (), feeds: Any = ()
) -> dict[str, tuple[str, ...]]:
    """Name → what it waits for, of the nodes that stay."""
    region = Region(made, made.nodes, [*map(ref, feeds)], [*map(ref, fetches)], targets)
    drop_idle(region)
    return {name: node.controls for name, node in region.live().items()}


def variable(name: str) -> Node:
    attrs = {"dtype": as_dtype("float32"), "shape": (), "container": "", "shared_name": name}
    return Node(name, "VarHandleOp", attrs=attrs)


def assign(line: str) -> Node:
    return node(line, dtype="float32")


def test_what_nobody_reads_is_left_out_with_what_only_it_needed() -> None:
    made = graph(
        placeholder("x"),
        "a = Neg(x)",
        "b = Exp(a)",
        node("n = NoOp(^b)"),
        "y = Abs(x, ^n)",
    )
    assert left(made, ["y"]) == {"x": (), "y": ("x",)}
    assert left(made, ["y", "b"]) == {"x": (), "a": (), "b": (), "y": ("b",)}
    assert left(made, ["y"], ["b"]) == {"x": (), "a": (), "b": (), "y": ("b",)}


def test_constants_are_not_waited_for() -> None:
    made = graph(
        placeholder("x"), constant("c", 1), node("n = NoOp(^c)"), constant("d", 2, after=["n"])
    )
    made.nodes["y"] = node("y = AddV2(x, d)")
    assert left(made, ["y"]) == {"x": (), "d": (), "y": ()}


def test_effects_keep_their_turn() -> None:
    made = graph(
        placeholder("x"),
        variable("v"),
        assign("set = AssignVariableOp(v, x)"),
        node("n = NoOp(^set)"),
        assign("old = ReadVariableOp(v, ^n)"),
        "a = Neg(old)",
        node("m = NoOp(^a)"),
        assign("again = AssignVariableOp(v, x, ^m)"),
    )
    assert left(made, [], ["again"]) == {"x": (), "v": (), "set": (), "again": ("v", "set")}
    assert left(made, ["old"], ["again"])["again"] == ("old",)


def test_what_takes_references_keeps_its_turn() -> None:
    """TensorFlow does not call these ops stateful, for it never leaves out what takes a reference."""
    with tf.Graph().as_default() as g, tf.Session() as session:
        queue = tf.raw_ops.FIFOQueue(component_types=[tf.float32], shapes=[[]])
        enqueue = tf.raw_ops.QueueEnqueueMany(handle=queue, components=[[1.0, 2.0, 3.0]])
        taken = tf.raw_ops.QueueDequeue(handle=queue, component_types=[tf.float32])
        with g.control_dependencies(taken):
            after = tf.no_op()
        session.run(enqueue)
        session.run(after)
        assert session.run(tf.raw_ops.QueueSize(handle=queue)) == 2


@pytest.mark.parametrize("check", ["CheckNumerics", "EnsureShape"])
def test_what_is_there_to_fail_stays(check: str) -> None:
    attrs = {"message": b"no"} if check == "CheckNumerics" else {"shape": (3,)}
    made = graph(placeholder("x"), node(f"c = {check}(x)", **attrs), "y = Abs(x, ^c)")
    assert left(made, ["y"])["y"] == ("c",)


def test_unfed_placeholders_are_still_asked_for() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [])
        with tf.control_dependencies([x]):
            y = tf.identity(tf.constant(1.0)) + 1
        with pytest.raises(tf.errors.InvalidArgumentError, match="must feed"):
            session.run(y)
        assert session.run(y, {x: 0}) == 2


def test_nothing_is_left_out_beside_switches() -> None:
    made = graph(
        placeholder("x"),
        constant("p", True, "bool"),
        "s = Switch(x, p)",
        "a = Neg(s)",
        node("n = NoOp(^a)"),
        "y = Abs(x, ^n)",
    )
    assert set(left(made, ["y"])) == {"x", "p", "s", "a", "n", "y"}


def test_groups_stay_where_more_would_wait_for_more() -> None:
    made = graph(
        placeholder("x"),
        *(node(f"e{k} = Assert(x)") for k in range(4)),
        node("n = NoOp(^e0, ^e1, ^e2, ^e3)"),
        *(f"y{k} = Abs(x, ^n)" for k in range(3)),
    )
    found = left(made, ["y0", "y1", "y2"])
    assert found["y0"] == ("n",)
    assert left(made, ["y0"])["y0"] == ("e0", "e1", "e2", "e3")


def test_gradients_that_only_tuples_wait_for_are_not_computed() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3])
        weights = tf.get_variable("w", [3, 2], use_resource=True)
        loss = tf.losses.absolute_difference(tf.zeros([4, 2]), tf.matmul(x, weights))
        (gradient,) = tf.gradients(loss, [weights])
        session.run(tf.global_variables_initializer())
        found = session.run(gradient, {x: np.ones((4, 3))})
        *_, plan = session.runner._plans.values()
        # That of the input of the product is a product, too.
        ops = [step[-1].op for step in plan.steps]
        assert ops.count("MatMul") + ops.count("_PreparedMatMul") == 2
    assert found.shape == (3, 2)
