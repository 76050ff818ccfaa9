"""What kernels give is shown while a run goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.observing import observing
from minihub_runtime.engine.recording import recording
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError


def seen_in(session: tf.Session, result: Any, feeds: dict[Any, Any]) -> tuple[Any, dict[str, Any]]:
    """The value of a tensor, and name → what the nodes on the way gave the last time."""
    seen: dict[str, Any] = {}
    fed = {tensor.ref_in_graph: value for tensor, value in feeds.items()}
    (value,) = session.runner.observe(
        [result.ref_in_graph],
        fed,
        lambda node, values: seen.update({node.name: [np.array(v) for v in values]}),
    )
    return value, seen


def test_every_node_is_seen_though_passes_would_fuse_them() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3])
        weights = tf.get_variable("w", initializer=np.ones((3, 2), np.float32), use_resource=True)
        y = tf.nn.relu(tf.matmul(x, weights, name="product") + tf.constant([1.0, -9.0], name="c"))
        session.run(weights.initializer)
        rows = np.arange(6, dtype=np.float32).reshape(2, 3)
        value, seen = seen_in(session, y, {x: rows})
        np.testing.assert_array_equal(value, session.run(y, {x: rows}))
        np.testing.assert_array_equal(seen["product"][0], [[3, 3], [12, 12]])
        np.testing.assert_array_equal(seen["Relu"][0], value)
        assert {"product/ReadVariableOp", "add"} <= seen.keys()
        assert "c" not in seen


def test_bodies_of_loops_are_seen() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        start = tf.placeholder(tf.int32, [])
        last = tf.while_loop(lambda i: i < 10, lambda i: tf.multiply(i, 2, name="twice"), [start])
        value, seen = seen_in(session, last, {start: np.int32(3)})
        assert value == 12
        (body,) = [name for name in seen if name.startswith("twice")]
        assert seen[body] == [12]


def test_errors_say_where_and_nothing_is_seen_afterwards() -> None:
    seen: list[str] = []
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None])
        y = tf.reshape(x, [7], name="into_seven")
        with pytest.raises(InvalidArgumentError, match="into_seven"):
            seen_in(session, y, {x: np.zeros(3, np.float32)})
        with observing(lambda node, values: seen.append(node.name)):
            with pytest.raises(FailedPreconditionError, match="must end before"), recording():
                pass
            session.run(y, {x: np.zeros(7, np.float32)})
        count = len(seen)
        session.run(y, {x: np.zeros(7, np.float32)})
    assert count == len(seen) == 1


def test_arguments_and_nodes_of_functions_are_seen_as_they_are_written() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2])
        y = tf.function(lambda x: tf.nn.relu(tf.nn.bias_add(x[None], [1.0, 1.0])))(x)
        seen: list[tuple[Any, list[Any]]] = []
        session.runner.observe(
            [y.ref_in_graph],
            {x.ref_in_graph: np.float32([-3, 3])},
            lambda node, values: seen.append((node.attrs, [np.array(v) for v in values])),
        )
        (call,) = [
            n for n in session.runner.graph.nodes.values() if n.op.endswith("PartitionedCall")
        ]
        body = session.runner.body(call.attrs["f"])
        assert body is session.runner.body(call.attrs["f"])
        found = {
            node.op: values
            for node in body.graph.nodes.values()
            for attrs, values in seen
            if attrs is node.attrs
        }
        np.testing.assert_array_equal(found["_Arg"][0], [-3, 3])
        np.testing.assert_array_equal(found["BiasAdd"][0], [[-2, 4]])
        np.testing.assert_array_equal(found["Relu"][0], [[0, 4]])
