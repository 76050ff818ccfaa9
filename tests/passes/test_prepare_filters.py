"""Convolutions whose filters are prepared give what they gave, and follow their variables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from tests.passes.test_fuse_affine import plan_of, variable


def draw(*shape: int) -> Any:
    return np.random.default_rng(list(shape)).standard_normal(shape).astype(np.float32)


def ops_of(plan: Any) -> list[str]:
    return [step[-1].op for step in plan.steps]


@pytest.mark.parametrize("follow", ["nothing", "bias", "batch norm", "gelu"])
def test_the_same_numbers(follow: str) -> None:
    value = draw(2, 16, 15, 32)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 16, 15, 32])
        y = tf.nn.conv2d(x, variable("w", 3, 3, 32, 32), 1, "SAME")
        if follow == "bias":
            y = tf.nn.relu(y + variable("b", 32))
        elif follow == "batch norm":
            moments = variable("mean", 32), tf.square(variable("variance", 32)) + 1.0
            y = tf.nn.relu6(
                tf.nn.fused_batch_norm(
                    y, variable("s", 32), variable("o", 32), *moments, is_training=False
                )[0]
            )
        elif follow == "gelu":
            y = 0.5 * y * (1.0 + tf.erf(y / 1.4142135))
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert "_PreparedConv2D" in ops_of(plan)
        assert len(ops_of(plan)) == (2 if follow == "gelu" else 1)
        (found,), (expected,) = plan.run([value]), plain.run([value])
        # Before activations the largest values are about a hundred.
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)


def test_three_dimensions() -> None:
    value = draw(1, 4, 12, 12, 24)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, 12, 12, 24])
        y = tf.nn.conv3d(x, variable("w", 3, 3, 3, 24, 24), [1] * 5, "SAME")
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert ops_of(plan) == ["_PreparedConv3D"]
        (found,), (expected,) = plan.run([value]), plain.run([value])
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_a_new_value_of_the_variable_is_transformed_anew() -> None:
    value = draw(1, 16, 16, 32)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 16, 16, 32])
        w = variable("w", 3, 3, 32, 32)
        y = tf.nn.conv2d(x, w, 1, "SAME")
        double = tf.assign(w, 2.0 * w)
        session.run(tf.global_variables_initializer())
        first = session.run(y, {x: value})
        session.run(double)
        np.testing.assert_allclose(session.run(y, {x: value}), 2 * first, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("why", ["fed", "steps", "holes", "one tap"])
def test_others_stay(why: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 16, 16, 32])
        w = variable("w", *((1, 1) if why == "one tap" else (3, 3)), 32, 32)
        if why == "fed":
            w = tf.placeholder(tf.float32, [3, 3, 32, 32])
        y = tf.nn.conv2d(
            x,
            w,
            2 if why == "steps" else 1,
            "SAME",
            dilations=2 if why == "holes" else 1,
        )
        session.run(tf.global_variables_initializer())
        assert "_PreparedConv2D" not in ops_of(plan_of(session, y, x))
