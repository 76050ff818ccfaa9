"""The part of a graph that passes change keeps the order of its nodes, whatever strings hash to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.passes.region import Region
from tests.passes.networks import variable
from tests.passes.plans import plan_of

FLOAT = {"T": as_dtype("float32")}


def test_what_is_needed_keeps_its_order() -> None:
    names = [f"n{number}" for number in range(40)]
    nodes = {
        name: Node(name, "Placeholder", attrs={"dtype": as_dtype("float32")}) for name in names
    }
    nodes["sum"] = Node("sum", "AddV2", [Ref("n0"), Ref("n1")], attrs=FLOAT)
    region = Region(Graph(nodes, {}, {}), nodes, (), [Ref("sum")], names[2:])
    assert list(region.live()) == [*names, "sum"]
    assert region.live() == region.nodes


@pytest.mark.parametrize("part", ["test", "body", "leaving"])
@pytest.mark.parametrize(("op", "static"), [("AssignVariableOp", False), ("Tanh", True)])
def test_loops_of_nodes_are_looked_into(part: str, op: str, static: bool) -> None:
    parts = {"test": {}, "body": {}, "leaving": {}, part: {"inner": Node("inner", op)}}
    nodes = {
        "v": Node("v", "VarHandleOp"),
        "loop": Node("loop", "_Loop", attrs={"loop": SimpleNamespace(**parts)}),
    }
    region = Region(Graph(nodes, {}, {}), nodes, (), [Ref("v")], ["loop"])
    assert region.static(Ref("v")) == static


@pytest.mark.parametrize("writes", [False, True])
def test_loops_that_write_to_no_variable_leave_variables_static(writes: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 4])
        kernel = variable("kernel", 4, 4)
        counter = tf.get_variable("counter", initializer=np.float32(0), use_resource=True)

        def body(i: Any, s: Any) -> Any:
            step = counter.assign_add(1.0) if writes else counter.read_value()
            with tf.control_dependencies([step]):
                return i + 1, tf.tanh(s)

        _, state = tf.while_loop(lambda i, s: i < 3, body, [0, x])
        y = tf.matmul(state, kernel) * variable("scale", 4)
        session.run(tf.global_variables_initializer())
        ops = {step[-1].op for step in plan_of(session, y, x).steps}
        assert "While" in ops
        # A factor is put into the weights where both are static.
        assert ("Mul" in ops) == writes
