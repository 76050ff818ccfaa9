"""Gradients that a program defines, inside of loops and branches, against the same program without them.

TensorFlow fails where such a gradient reads the function that it lies in through several loops or branches, so it cannot be
asked; what it can answer is in `tests/api/programs/custom_gradients.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

X = np.sin(np.arange(3, dtype=np.float32) + 1)


def clipped(scale: Any) -> Callable[[Any], Any]:
    """A function whose gradient is not its derivative, and reads tensors of three places."""

    @tf.custom_gradient
    def function(x: Any) -> Any:
        y = tf.tanh(x)
        return y * x, lambda dy: dy * scale * y

    return function


def loop(turns: int, body: Callable[[int, Any], Any], first: Any) -> Any:
    return tf.while_loop(lambda i, v: i < turns, lambda i, v: (i + 1, body(i, v)), [0, first])[1]


def unrolled(turns: int, body: Callable[[int, Any], Any], first: Any) -> Any:
    for i in range(turns):
        first = body(i, first)
    return first


def called(function: Callable[[Any], Any], x: Any) -> Any:
    return tf.function(function)(x)


def direct(function: Callable[[Any], Any], x: Any) -> Any:
    return function(x)


def taken(function: Callable[[Any], Any], x: Any) -> Any:
    return tf.cond(tf.reduce_sum(x) < 100, lambda: function(x), lambda: x)


def nested_loops(loop: Any, call: Any, x: Any) -> Any:
    outer = tf.exp(x)

    def turn(_: Any, v: Any) -> Any:
        local = tf.cos(v)
        return loop(2, lambda _, u: clipped(local)(u) + clipped(outer)(v), v)

    return loop(3, turn, x)


def branches_in_loops(loop: Any, call: Any, x: Any) -> Any:
    def turn(_: Any, v: Any) -> Any:
        local = tf.cos(v)
        return call(lambda u: clipped(local)(u) + clipped(v)(local) + u, v)

    return loop(3, turn, x)


def branches_in_branches(loop: Any, call: Any, x: Any) -> Any:
    def outer(a: Any) -> Any:
        local = tf.cos(a)
        return call(lambda b: call(lambda c: clipped(local)(c) + clipped(b)(a), b * a), a)

    return call(outer, x)


@pytest.mark.parametrize("call", [called, taken])
@pytest.mark.parametrize("program", [nested_loops, branches_in_loops, branches_in_branches])
@pytest.mark.parametrize("order", [1, 2])
def test_the_same_as_without_functions(
    program: Callable[..., Any], call: Callable[..., Any], order: int
) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(X)
        found = []
        for how in ((loop, call), (unrolled, direct)):
            y = program(*how, x)
            for _ in range(order):
                (y,) = tf.gradients(y, x)
            found.append(y)
        ours, wanted = session.run(found)
    np.testing.assert_allclose(ours, wanted, rtol=2e-5, atol=1e-6)
    assert np.abs(wanted).max() > 1e-3


@pytest.mark.parametrize("again", [False, True])
def test_gradients_can_be_asked_for_again(again: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(X)
        y = loop(2, lambda _, v: taken(clipped(tf.cos(v)), v), x)
        first = tf.gradients(y, x)
        other = tf.gradients(y * 2 if again else y, x)
        one, two = session.run([first, other])
    np.testing.assert_allclose(two[0], one[0] * (2 if again else 1), rtol=1e-6)


def test_tensors_of_functions_elsewhere_are_refused() -> None:
    held: list[Any] = []

    def keep(a: Any) -> Any:
        held.append(tf.sin(a))
        return held[0]

    with tf.Graph().as_default():
        x = tf.constant(X)
        taken(keep, x)
        y = taken(clipped(held[0]), x)
        with pytest.raises(ValueError, match=r"Sin.* must be of the graph that is differentiated"):
            tf.gradients(y, x)


def test_waiting_for_what_computes_nothing_outside_is_refused() -> None:
    with tf.Graph().as_default():
        x = tf.constant(X)

        @tf.custom_gradient
        def function(a: Any) -> Any:
            nothing = tf.no_op(name="nothing")

            def grad(dy: Any) -> Any:
                with tf.control_dependencies([nothing]):
                    return tf.identity(dy)

            return tf.identity(a), grad

        y = taken(function, x)
        with pytest.raises(NotImplementedError, match=r"waits for 'nothing' \(op type: NoOp\)"):
            tf.gradients(y, x)
