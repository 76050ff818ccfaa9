"""Means and 1×1 convolutions that change places give what they gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from tests.passes.networks import draw, variable
from tests.passes.plans import ops_of, plan_of


def pool(x: Any, size: int = 3, stride: int = 1, padding: str = "SAME", **options: Any) -> Any:
    return tf.nn.avg_pool2d(x, size, stride, padding, **options)


def conv(x: Any, outputs: int, size: int = 1, **options: Any) -> Any:
    filter = variable(f"w{outputs}", size, size, 48, outputs)
    return tf.nn.conv2d(x, filter, options.pop("strides", 1), "SAME", **options)


def normalised(x: Any, channels: int) -> Any:
    moments = [np.linspace(low, 2, channels) for low in (0.5, -1, -1, 0.5)]
    constants = (tf.Variable(m, dtype=tf.float32, use_resource=True) for m in moments)
    return tf.nn.fused_batch_norm(x, *constants, is_training=False)[0]


#: What a network computes → its ops before activations, in their order.
MOVED: dict[str, tuple[Callable[[Any], Any], list[str]]] = {
    "fewer channels": (lambda x: conv(pool(x), 7), ["_PreparedConv2D", "AvgPool"]),
    "a bias": (
        lambda x: conv(pool(x), 7) + variable("bias", 7),
        ["_PreparedConv2D", "AvgPool"],
    ),
    "a batch norm and an activation": (
        lambda x: tf.nn.relu(normalised(conv(pool(x, padding="VALID"), 7), 7)),
        ["_PreparedConv2D", "AvgPool", "Relu"],
    ),
    "relu6": (
        lambda x: tf.nn.relu6(conv(pool(x, 2), 7) + variable("bias", 7)),
        ["_PreparedConv2D", "AvgPool", "Relu6"],
    ),
    "longer steps": (
        lambda x: pool(conv(x, 40), 2, 2, "VALID"),
        ["AvgPool", "_PreparedConv2D"],
    ),
    "longer steps and a bias": (
        lambda x: pool(conv(x, 40) + variable("bias", 40), 3, 2),
        ["AvgPool", "_PreparedConv2D"],
    ),
    "more channels, longer steps": (
        lambda x: pool(conv(x, 96), 2, 2),
        ["AvgPool", "_PreparedConv2D"],
    ),
}

#: What stays as it is, as moving it would make more work, or others see what lies between.
LEFT: dict[str, Callable[[Any], Any]] = {
    "more channels": lambda x: conv(pool(x), 64),
    "several taps": lambda x: conv(pool(x), 7, 3),
    "steps of the convolution": lambda x: conv(pool(x), 7, strides=2),
    "another activation": lambda x: tf.tanh(conv(pool(x), 7)),
    "read elsewhere": lambda x: (lambda y: conv(y, 7) * tf.reduce_mean(y))(pool(x)),
    "an activation between": lambda x: pool(tf.nn.relu(conv(x, 40)), 2, 2),
    "few channels, longer steps": lambda x: pool(conv(x, 7), 2, 2),
    "maxima": lambda x: conv(tf.nn.max_pool2d(x, 3, 1, "SAME"), 7),
    "a filter of each run": lambda x: tf.nn.conv2d(
        pool(x), tf.reshape(tf.reduce_mean(x, [0, 1, 2]), [1, 1, 48, 1]), 1, "SAME"
    ),
}


def both(make: Callable[[Any], Any], value: Any) -> tuple[list[str], Any, Any]:
    """The ops, the result, and the result without passes."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, None, 48])
        y = make(x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        (found,), (expected,) = plan.run([value]), plain.run([value])
        return ops_of(plan), found, expected


@pytest.mark.parametrize("shape", [(2, 9, 8, 48), (1, 30, 31, 48), (0, 6, 6, 48)])
@pytest.mark.parametrize("name", list(MOVED))
def test_the_same_numbers(name: str, shape: tuple[int, ...]) -> None:
    make, wanted = MOVED[name]
    ops, found, expected = both(make, draw(*shape))
    assert ops[: len(wanted)] == wanted
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", list(LEFT))
def test_others_stay(name: str) -> None:
    ops, found, expected = both(LEFT[name], draw(2, 9, 8, 48))
    pools = [i for i, op in enumerate(ops) if "Pool" in op]
    convolutions = [i for i, op in enumerate(ops) if "Conv2D" in op]
    between = name in ("an activation between", "few channels, longer steps")
    assert (pools[0] > convolutions[0]) == between
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_what_is_fetched_stays() -> None:
    value = draw(2, 9, 8, 48)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, None, 48])
        pooled = pool(x)
        y = conv(pooled, 7)
        session.run(tf.global_variables_initializer())
        first, second = session.run([pooled, y], {x: value})
        again = session.run(y, {pooled: first})
    np.testing.assert_allclose(second, again, rtol=1e-5, atol=1e-6)
