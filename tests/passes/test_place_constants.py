"""Constants that a loop reads are constants of its turns."""

from __future__ import annotations

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.recording import recording
from minihub_runtime.engine.runner import Runner
from minihub_runtime.graph.ir import Graph, Node
from tests.engine.graphs import constant, graph, node, placeholder, ref
from tests.samples import i32


def counting(*extra: Node | str) -> Graph:
    """`last` counts from 0 in steps of two up to a limit."""

    def enter(line: str, constant_inside: bool = True) -> Node:
        return node(
            line, T="int32", is_constant=constant_inside, frame_name="f", parallel_iterations=1
        )

    return graph(
        placeholder("given", "int32"),
        constant("zero", 0, "int32"),
        constant("limit", 9, "int32"),
        enter("i_in = Enter(zero)", False),
        enter("limit_in = Enter(limit)"),
        enter("given_in = Enter(given)"),
        node("i = Merge(i_in, i_next)", T="int32", N=2),
        node("less = Less(i, limit_in)", T="int32"),
        "go_on = LoopCond(less)",
        node("i_turn = Switch(i, go_on)", T="int32"),
        node("now = Identity(i_turn:1)", T="int32"),
        node("again = Identity(now)", T="int32"),
        constant("step", 2, "int32", ["again"]),
        node("more = AddV2(now, step)", T="int32"),
        node("i_next = NextIteration(more)", T="int32"),
        node("last = Exit(i_turn)", T="int32"),
        *extra,
    )


def test_constants_are_no_steps() -> None:
    with recording() as calls:
        (found,) = Runner(counting()).run([ref("last")])
    assert found == 10
    ops = [call.node.op for call in calls]
    assert "Const" not in ops
    assert [ops.count(op) for op in ("Less", "AddV2", "_Loop")] == [6, 5, 1]


def test_a_limit_that_is_fed_comes_from_outside() -> None:
    assert Runner(counting()).run([ref("last")], {ref("limit"): i32(3)}) == [4]


def test_a_constant_that_is_fetched_too_stays() -> None:
    assert Runner(counting()).run([ref("last"), ref("limit")]) == [10, 9]


def test_a_constant_waits_for_what_has_effects(capfd: pytest.CaptureFixture[str]) -> None:
    seen = node("seen = Print(now, now)", T="int32", U=[tf.int32], message="turn ")
    (found,) = Runner(counting(seen, constant("step", 4, "int32", ["seen"]))).run([ref("last")])
    assert found == 12
    assert capfd.readouterr().err.count("turn ") == 3


def test_a_large_constant_stays_outside() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        table = tf.constant(np.arange(1000, dtype=np.float32))
        i, total = tf.while_loop(
            lambda i, _: i < 4, lambda i, s: (i + 1, s + table[i] + table[-1]), [0, 0.0]
        )
        assert session.run([i, total]) == [4, 4002]


def test_an_exit_may_hand_out_what_is_constant() -> None:
    nodes = dict(counting().nodes)
    for made in (
        node("j_in = Enter(limit)", T="int32", is_constant=False, frame_name="f"),
        node("j = Merge(j_in, j_next)", T="int32", N=2),
        node("j_turn = Switch(j, go_on)", T="int32"),
        node("j_next = NextIteration(limit_in)", T="int32"),
        node("left = Exit(j_turn)", T="int32"),
    ):
        nodes[made.name] = made
    assert Runner(Graph(nodes)).run([ref("left"), ref("last")]) == [9, 10]
