"""What is known of shapes is not worked out; what must run, must be fed or may have another shape stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes import pipeline
from minihub_runtime.passes.fold_shapes import fold_shapes
from minihub_runtime.passes.region import Region
from tests.passes.plans import plan_of


def folded(fetches: Any, feeds: Any = ()) -> dict[str, Node]:
    """The nodes that are left."""
    graph = fetches[0].graph.node_graph
    refs = [tensor.ref_in_graph for tensor in fetches]
    region = Region(graph, graph.nodes, [tensor.ref_in_graph for tensor in feeds], refs, ())
    fold_shapes(region)
    return region.live()


def ops_of(nodes: dict[str, Node]) -> set[str]:
    return {node.op for node in nodes.values()}


@pytest.fixture(autouse=True)
def graph() -> Any:
    with tf.Graph().as_default() as made:
        yield made


def test_known_shapes_are_constants() -> None:
    x = tf.placeholder(tf.float32, [2, 3])
    z, raw = tf.exp(x), tf.raw_ops
    y = [
        raw.Shape(input=z),
        raw.Shape(input=z, out_type=tf.int64),
        raw.Size(input=z),
        raw.Rank(input=z),
    ]
    nodes = folded(y, [x])
    assert ops_of(nodes) == {"Const"}
    with tf.Session() as session:
        found = session.run(y, {x: np.zeros((2, 3))})
    assert [value.tolist() for value in found] == [[2, 3], [2, 3], 6, 2]
    assert [value.dtype for value in found] == [np.int32, np.int64, np.int32, np.int32]


def test_of_an_unknown_size_only_the_rank_is_known() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    z = tf.exp(x)
    y = [tf.raw_ops.Shape(input=z), tf.raw_ops.Size(input=z), tf.raw_ops.Rank(input=z)]
    nodes = folded(y, [x])
    assert [nodes[tensor.op.name].op for tensor in y] == ["Shape", "Size", "Const"]


def test_a_shape_that_does_not_fit_its_type_is_left_to_the_run() -> None:
    x = tf.placeholder(tf.float32, [1 << 20, 1 << 20])
    z = tf.exp(x)
    y = [tf.raw_ops.Size(input=z), tf.raw_ops.Size(input=z, out_type=tf.int64)]
    nodes = folded(y, [x])
    assert [nodes[tensor.op.name].op for tensor in y] == ["Size", "Const"]


def test_what_must_be_fed_is_asked_for() -> None:
    x = tf.placeholder(tf.float32, [2, 3])
    y = tf.raw_ops.Shape(input=tf.exp(x))
    assert "Placeholder" in ops_of(folded([y]))
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="You must feed"),
    ):
        session.run(y)


def test_what_draws_random_numbers_runs() -> None:
    x = tf.random_uniform([2, 3], seed=1)
    y = tf.raw_ops.Shape(input=tf.exp(x))
    assert "RandomUniform" in ops_of(folded([y]))


def test_what_is_not_taken_has_no_shape() -> None:
    x = tf.placeholder(tf.float32, [2])
    off, on = tf.raw_ops.Switch(data=x, pred=tf.placeholder(tf.bool, []))
    y = tf.raw_ops.Merge(inputs=[tf.raw_ops.Shape(input=off), tf.raw_ops.Rank(input=on)])
    assert {"Shape", "Rank"} <= ops_of(folded([y[0]], [x]))


def test_a_tensor_that_has_the_shape_already_is_read_itself() -> None:
    x = tf.placeholder(tf.float32, [2, 3])
    y = tf.broadcast_to(tf.reshape(tf.exp(x), [2, 3]), [2, 3])
    nodes = folded([tf.negative(y)], [x])
    assert not ops_of(nodes) & {"BroadcastTo", "Reshape"}
    other = tf.reshape(tf.exp(x), [3, 2])
    assert "Reshape" in ops_of(folded([other], [x]))
    unknown = tf.placeholder(tf.float32, [None, 3])
    assert "Reshape" in ops_of(folded([tf.reshape(tf.exp(unknown), [2, 3])], [unknown]))


def test_a_reduction_along_nothing_is_a_copy() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    y = tf.reduce_sum(tf.reduce_mean(tf.exp(x), []), tf.constant([], tf.int32))
    assert not ops_of(folded([y], [x])) & {"Mean", "Sum"}
    kept = tf.reduce_sum(tf.exp(x), 0)
    assert "Sum" in ops_of(folded([kept], [x]))


@pytest.mark.parametrize(
    ("axes", "stitched"), [(None, False), ([0, 1], False), ([-1, 0], False), ([0], True)]
)
def test_gradients_of_sums(axes: Any, stitched: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pipeline.PIPELINE, "fold_shapes", fold_shapes)
    x = tf.placeholder(tf.float32, [None, None])
    y = tf.reduce_sum(tf.exp(x), axes)
    (gradient,) = tf.gradients(y, x)
    assert ("DynamicStitch" in ops_of(folded([gradient], [x]))) is stitched
    value = np.arange(6, dtype=np.float32).reshape(2, 3)
    with tf.Session() as session:
        (expected,) = plan_of(session, gradient, x, passes=()).run([value])
        (found,) = plan_of(session, gradient, x).run([value])
    np.testing.assert_array_equal(found, expected)


def test_rows_that_are_stitched_are_left_alone() -> None:
    rows = [tf.constant([[1, 2]]), tf.constant([[3, 4]])]
    y = tf.dynamic_stitch([tf.constant([1]), tf.constant([0])], rows)
    assert "DynamicStitch" in ops_of(folded([y]))
    with tf.Session() as session:
        assert session.run(y).tolist() == [[3, 4], [1, 2]]


def test_places_that_nothing_fills_are_left_to_the_run() -> None:
    x = tf.placeholder(tf.int32, [1])
    y = tf.dynamic_stitch([tf.constant([2]), tf.constant([0])], [tf.constant([5]), x])
    assert "DynamicStitch" in ops_of(folded([y], [x]))


def test_loops_change_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pipeline.PIPELINE, "fold_shapes", fold_shapes)
    n = tf.placeholder(tf.int32, [])
    _, y, counted = tf.while_loop(
        lambda i, v, c: i < n,
        lambda i, v, c: (i + 1, tf.concat([v, v], 0), c + tf.raw_ops.Size(input=v)),
        [0, tf.ones([1]), 0],
        shape_invariants=[tf.TensorShape([]), tf.TensorShape([None]), tf.TensorShape([])],
    )
    with tf.Session() as session:
        found, total = session.run([y, counted], {n: 3})
    assert found.shape == (8,)
    assert total == 1 + 2 + 4


def test_steps_of_training_are_looked_at() -> None:
    x = tf.placeholder(tf.float32, [None, 2])
    weights = tf.get_variable("weights", [2, 3], use_resource=True)
    loss = tf.reduce_mean(tf.matmul(x, weights))
    train = tf.train.GradientDescentOptimizer(0.1).minimize(loss)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        before = session.run(weights)
        session.run(train, {x: [[1, 2], [3, 4]]})
        *_, plan = session.runner._plans.values()
        after = session.run(weights)
    assert "DynamicStitch" not in {step[-1].op for step in plan.steps}
    np.testing.assert_allclose(before - after, 0.1 * np.array([[4], [6]]) / 6 * np.ones(3), 1e-5)
