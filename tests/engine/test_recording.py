"""What is taken down of a run, and how much arithmetic a call is."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.arithmetic_cost import flops_of
from minihub_runtime.engine.recording import Call, recording
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError


def calls_of(fetch: Any, feeds: dict[Any, Any] | None = None) -> list[Call]:
    """The calls of a second run, when nothing is made ready any more."""
    with tf.Session(graph=fetch.graph) as session:
        session.run(tf.global_variables_initializer())
        session.run(fetch, feeds)
        with recording() as calls:
            session.run(fetch, feeds)
    return calls


def test_each_call_is_taken_down_with_node_and_shapes() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [2, 3], "x")
        y = tf.matmul(x, tf.tile(x, [2, 1]), transpose_b=True, name="product")
        calls = calls_of(y, {x: np.ones((2, 3))})
    (product,) = [call for call in calls if call.node.op == "MatMul"]
    assert product.node.name == "product"
    assert product.shapes == ((2, 3), (4, 3))
    assert product.result == (2, 4)
    assert product.thread == threading.get_ident()
    assert 0 <= product.own == product.taken
    assert flops_of(product) == 2 * 2 * 3 * 4


def test_what_a_kernel_runs_itself_is_not_its_own_time() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, [], "x")
        y = tf.while_loop(lambda i, _: i < 3, lambda i, v: (i + 1, tf.sin(v)), (0, x))[1]
        calls = calls_of(y, {x: 1.0})
    sines = [call for call in calls if call.node.op == "Sin"]
    assert len(sines) == 3
    outer = [call for call in calls if call.taken != call.own]
    assert outer
    for call in outer:
        end = call.start + call.taken
        inside = [c for c in calls if call.start < c.start and c.start + c.taken <= end]
        assert call.own == call.taken - sum(c.taken for c in inside if _directly(c, call, inside))


def _directly(call: Call, outer: Call, calls: list[Call]) -> bool:
    """Whether no other call lies between a call and the outer one."""
    return not any(
        c.start < call.start and call.start + call.taken <= c.start + c.taken
        for c in calls
        if c is not call
    )


def test_a_call_that_fails_is_taken_down_too() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, None, "x")
        y = tf.reshape(x, [7], name="into_seven")
        session = tf.Session()
        with recording() as calls, pytest.raises(InvalidArgumentError, match="into_seven"):
            session.run(y, {x: [1.0]})
    assert [(call.node.name, call.result) for call in calls] == [("into_seven", None)]


def test_nothing_is_taken_down_afterwards_and_recordings_do_not_overlap() -> None:
    with recording() as calls:
        with pytest.raises(FailedPreconditionError, match="must end before"), recording():
            pass
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.float32, None)
            y = tf.abs(x)
            session.run(y, {x: 1.0})
            count = len(calls)
    assert count == 1
    with recording() as later:
        pass
    assert (len(calls), later) == (1, [])


X = np.ones((2, 8, 8, 4), np.float32)


def _self_attention(x: Any) -> Any:
    """Two heads of three."""
    rows = tf.reshape(x, [-1, 4])
    query, key, value = (
        tf.transpose(tf.reshape(tf.matmul(rows, n * tf.ones([4, 6])), [-1, 8, 2, 3]), [0, 2, 1, 3])
        for n in (1.0, 2.0, 3.0)
    )
    attended = tf.matmul(tf.nn.softmax(tf.matmul(query, key, transpose_b=True)), value)
    joined = tf.reshape(tf.transpose(attended, [0, 2, 1, 3]), [-1, 6])
    return tf.matmul(joined, tf.ones([6, 5]))


@pytest.mark.parametrize(
    ("build", "op", "expected"),
    [
        (
            lambda x: tf.nn.conv2d(x, tf.ones([3, 3, 4, 5]), strides=[1, 2, 2, 1], padding="SAME"),
            "_PreparedConv2D",
            2 * (2 * 4 * 4 * 5) * (3 * 3 * 4),
        ),
        (
            lambda x: tf.nn.depthwise_conv2d(x, tf.ones([3, 3, 4, 2]), [1, 1, 1, 1], "SAME"),
            "DepthwiseConv2dNative",
            2 * (2 * 8 * 8 * 8) * 9,
        ),
        (
            lambda x: tf.nn.conv2d_transpose(
                x, tf.ones([3, 3, 5, 4]), [2, 16, 16, 5], [1, 2, 2, 1]
            ),
            "_TransposedConv2D",
            2 * (2 * 8 * 8 * 4) * (3 * 3 * 5),
        ),
        (
            lambda x: tf.matmul(x, tf.ones([2, 8, 4, 3])),
            "BatchMatMulV2",
            2 * (2 * 8) * 8 * 4 * 3,
        ),
        (
            lambda x: tf.matmul(
                tf.tanh(tf.matmul(tf.reshape(x, [-1, 4]), tf.ones([4, 5]))), tf.ones([5, 3])
            ),
            "_ChainedMatMul",
            2 * (2 * 8 * 8) * (4 * 5 + 5 * 3),
        ),
        (_self_attention, "_SelfAttention", 2 * (2 * 8 * 8) * (3 * 4 * 6 + 6 * 5)),
        (tf.nn.relu, "Relu", None),
        (lambda x: x + x, "AddV2", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_arithmetic_is_counted_as_the_op_is_defined(
    build: Any, op: str, expected: int | None
) -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, X.shape)
        calls = calls_of(build(x), {x: X})
    # A pass may have put the op together with others.
    (call,) = [call for call in calls if call.node.op.removeprefix("_Fused") == op]
    assert flops_of(call) == expected


def test_gradients_of_filters_are_counted() -> None:
    with tf.Graph().as_default():
        x = tf.placeholder(tf.float32, X.shape)
        kernel = tf.placeholder(tf.float32, [3, 3, 4, 5])
        made = tf.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")
        (gradient,) = tf.gradients(made, kernel)
        calls = calls_of(gradient, {x: X, kernel: np.ones((3, 3, 4, 5))})
    (call,) = [call for call in calls if call.node.op == "Conv2DBackpropFilter"]
    assert flops_of(call) == 2 * (2 * 8 * 8 * 5) * (3 * 3 * 4)
