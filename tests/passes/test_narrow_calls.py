"""Results that nobody needs are not computed where TensorFlow would not compute them either."""

from __future__ import annotations

from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime.graph.ir import Ref
from minihub_runtime.passes.narrow_calls import needed_results


@pytest.fixture(autouse=True)
def _graph() -> Any:
    with tf.Graph().as_default():
        yield


def loop() -> Any:
    """b follows a, c follows b, d stands alone; the loop ends by a counter."""
    return tf.while_loop(
        lambda i, *_: tf.raw_ops.Less(x=i, y=3),
        lambda i, a, b, c, d: (
            tf.raw_ops.AddV2(x=i, y=1),
            tf.raw_ops.Mul(x=a, y=2.0),
            tf.raw_ops.AddV2(x=b, y=a),
            tf.raw_ops.AddV2(x=c, y=b),
            tf.raw_ops.Neg(x=d),
        ),
        [0, 1.0, 1.0, 1.0, 1.0],
    )


@pytest.mark.parametrize(
    ("read", "wanted"),
    [([], [2]), ([2], [2]), ([3], [2, 3]), ([4], [2, 3, 4]), ([5], [2, 3, 4, 5]), ([6], [2, 6])],
)
def test_a_loop_computes_what_is_read_and_what_that_depends_on(
    read: list[int], wanted: list[int]
) -> None:
    loop()
    graph = tf.get_default_graph().node_graph
    node = graph.nodes["while"]
    found = needed_results(graph, node, {Ref("while", i) for i in read}, awaited=False)
    assert found[node.attrs["cond"].name] == (0,)
    assert found[node.attrs["body"].name] == tuple(wanted)


def test_a_loop_that_others_wait_for_is_complete() -> None:
    loop()
    graph = tf.get_default_graph().node_graph
    node = graph.nodes["while"]
    found = needed_results(graph, node, set(), awaited=True)
    assert found[node.attrs["body"].name] == tuple(range(7))


@pytest.mark.parametrize("lowered", [True, False])
def test_calls_that_are_not_lowered_run_as_a_whole(lowered: bool) -> None:
    v = tf.Variable(0.0, use_resource=True)

    def branch() -> Any:
        tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=tf.constant(1.0))
        return tf.constant(1.0)

    y = tf.cond(tf.constant(True), branch, lambda: tf.constant(0.0))
    graph = tf.get_default_graph()
    graph.set_attrs("cond", _lower_using_switch_merge=lowered)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([y]) == [1.0]
        assert session.run(v) == (0.0 if lowered else 1.0)


def test_effects_of_a_result_that_is_not_fetched() -> None:
    v = tf.Variable(0.0, use_resource=True)

    def body(i: Any, x: Any) -> Any:
        more = tf.raw_ops.AssignAddVariableOp(resource=v.handle, value=tf.constant(1.0))
        with tf.control_dependencies([more]):
            x = tf.raw_ops.AddV2(x=x, y=1.0)
        return tf.raw_ops.AddV2(x=i, y=1), x

    i, x = tf.while_loop(lambda i, x: tf.raw_ops.Less(x=i, y=3), body, (0, 0.0))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run(i) == 3
        assert session.run(v) == 0.0
        assert session.run(x) == 3.0
        assert session.run(v) == 3.0


def test_who_waits_for_one_result_does_not_need_the_others() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        count = tf.get_variable("count", initializer=0.0, use_resource=True)
        turns, _ = tf.while_loop(
            lambda i, _: i < 3, lambda i, _: (i + 1, count.assign_add(1.0)), [0, 0.0]
        )
        with tf.control_dependencies([tf.identity(turns)]):
            found = tf.constant(2.0) + 0.0
        session.run(count.initializer)
        assert session.run(found) == 2.0
        # As in TensorFlow, where loops are part of the graph around them.
        assert session.run(count) == 0.0
