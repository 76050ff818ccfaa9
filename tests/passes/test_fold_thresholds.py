"""Scales, biases and relus that became thresholds give what they gave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import threads
from minihub_runtime.ops import thresholds
from minihub_runtime.ops.registry import REGISTRY
from tests.passes.networks import draw, variable
from tests.passes.plans import ops_of, plan_of

SCALE = np.array([1.5, 0.2, -0.7, 0.0, 1e-38, -2.0, 3.0, 0.0], np.float32)
OFFSET = np.array([0.3, -1.0, 0.4, 0.8, 2.0, -0.5, 0.0, -0.8], np.float32)


def constant(value: Any) -> Any:
    return tf.Variable(value, dtype=tf.float32, use_resource=True)


def normalised(x: Any, scale: Any = SCALE) -> Any:
    moments = constant(np.linspace(-1, 1, 8)), constant(np.linspace(0.5, 2, 8))
    return tf.nn.fused_batch_norm(
        x, constant(scale), constant(OFFSET), *moments, is_training=False
    )[0]


def conv(x: Any, name: str, **options: Any) -> Any:
    return tf.nn.conv2d(x, variable(name, 1, 1, 8, 5), options.pop("strides", 1), "SAME", **options)


PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "one": lambda x: conv(tf.nn.relu(normalised(x)), "w"),
    "a bias and an activation": lambda x: tf.nn.relu6(
        conv(tf.nn.relu(normalised(x)), "w") + variable("bias", 5)
    ),
    "two": lambda x: (
        lambda y: tf.tanh(conv(y, "w") + variable("bias", 5)) + conv(y, "v", dilations=2)
    )(tf.nn.relu(normalised(x))),
    "steps": lambda x: conv(tf.nn.relu(normalised(x)), "w", strides=2),
    "scales above zero": lambda x: conv(tf.nn.relu(normalised(x, np.abs(SCALE) + 0.5)), "w"),
    "scales below zero": lambda x: conv(tf.nn.relu(normalised(x, -np.abs(SCALE) - 0.5)), "w"),
    "no scale": lambda x: conv(tf.nn.relu(normalised(x, 0 * SCALE)), "w"),
}


@pytest.mark.parametrize("shape", [(2, 6, 5, 8), (1, 70, 60, 8), (0, 6, 5, 8)])
@pytest.mark.parametrize("name", list(PROGRAMS))
def test_the_same_numbers(name: str, shape: tuple[int, ...]) -> None:
    value = draw(*shape)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *shape[1:]])
        y = PROGRAMS[name](x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert ops_of(plan)[0] == "_Clamped"
        assert "_Affine" not in ops_of(plan)
        for _ in range(4):
            (found,), (expected,) = plan.run([value]), plain.run([value])
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


OTHERS: dict[str, Callable[[Any], Any]] = {
    "no relu": lambda x: conv(normalised(x), "w"),
    "relu6": lambda x: conv(tf.nn.relu6(normalised(x)), "w"),
    "several taps": lambda x: tf.nn.conv2d(
        tf.nn.relu(normalised(x)), variable("w", 3, 3, 8, 5), 1, "SAME"
    ),
    "groups": lambda x: tf.nn.conv2d(
        tf.nn.relu(normalised(x)), variable("w", 1, 1, 4, 6), 1, "SAME"
    ),
    "read elsewhere": lambda x: (lambda y: conv(y, "w") * tf.reduce_mean(y))(
        tf.nn.relu(normalised(x))
    ),
    "a filter of each run": lambda x: tf.nn.conv2d(
        tf.nn.relu(normalised(x)), tf.reshape(x[0, :5, 0], [1, 1, 8, 5]), 1, "SAME"
    ),
}


@pytest.mark.parametrize("name", list(OTHERS))
def test_others_stay(name: str) -> None:
    value = draw(2, 6, 5, 8)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6, 5, 8])
        y = OTHERS[name](x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert "_Clamped" not in ops_of(plan)
        (found,), (expected,) = plan.run([value]), plain.run([value])
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_a_new_value_of_a_variable() -> None:
    value = draw(1, 6, 5, 8)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6, 5, 8])
        w = variable("w", 1, 1, 8, 5)
        y = tf.nn.conv2d(tf.nn.relu(normalised(x)), w, 1, "SAME")
        double = tf.assign(w, 2.0 * w)
        session.run(tf.global_variables_initializer())
        first = session.run(y, {x: value})
        session.run(double)
        np.testing.assert_allclose(session.run(y, {x: value}), 2 * first, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("shape", [(7, 3), (900, 40), (5000, 8), (3, 20000)])
def test_clamping(shape: tuple[int, int], count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    low, high = draw(shape[1]) - 1, draw(shape[1]) + 1
    low[::3], high[1::3] = -np.inf, np.inf
    x = 3 * draw(*shape)
    x[1, 1] = np.nan
    made = thresholds.Thresholds(low, high)
    before = threads.num_threads()
    threads.set_num_threads(count)
    try:
        for rows in (2, shape[0]):
            out = np.empty((rows, shape[1]), np.float32)
            found = REGISTRY["_Clamped"].kernel(x[:rows], made, out=out)
            assert found is out
            np.testing.assert_array_equal(found, np.minimum(np.maximum(x[:rows], low), high))
    finally:
        threads.set_num_threads(before)


def test_a_frozen_network() -> None:
    """Where weights are constants, so are the thresholds."""
    value = draw(2, 6, 5, 8)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 6, 5, 8])
        moments = np.linspace(-1, 1, 8, dtype=np.float32), np.linspace(0.5, 2, 8, dtype=np.float32)
        scaled, *_ = tf.nn.fused_batch_norm(x, SCALE, OFFSET, *moments, is_training=False)
        y = tf.nn.conv2d(tf.nn.relu(scaled), tf.constant(draw(1, 1, 8, 5)), 1, "SAME")
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert "_Clamped" in ops_of(plan)
        (found,), (expected,) = plan.run([value]), plain.run([value])
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
