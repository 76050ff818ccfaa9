"""Convolutions and products whose filters and matrices are prepared give what they gave, and follow their variables."""

from __future__ import annotations

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import blas
from tests.passes.networks import draw, variable
from tests.passes.plans import ops_of, plan_of

#: Gelu of numbers far below zero divides by infinity.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered in exp:RuntimeWarning")


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


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("how", ["steps", "holes", "one tap", "explicit"])
def test_other_convolutions(how: str, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: small)
    value = draw(2, 16, 15, 70)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 16, 15, 70])
        w = variable("w", *((1, 1) if how == "one tap" else (3, 2)), 70, 130)
        y = tf.nn.relu(
            tf.nn.conv2d(
                x,
                w,
                2 if how == "steps" else 1,
                [[0, 0], [2, 1], [0, 3], [0, 0]] if how == "explicit" else "SAME",
                dilations=2 if how == "holes" else 1,
            )
            + variable("bias", 130)
        )
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert ops_of(plan) == ["_PreparedConv2D"]
        (expected,) = plain.run([value])
        for _ in range(4):
            (found,) = plan.run([value])
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("follow", ["nothing", "bias", "gelu"])
@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True)])
def test_products(
    transposed: tuple[bool, bool], follow: str, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: small)
    first, second = transposed
    value = draw(60, 33) if first else draw(33, 60)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None])
        w = variable("w", *((150, 60) if second else (60, 150)))
        y = tf.matmul(x, w, first, second)
        if follow != "nothing":
            y = y + variable("bias", 150)
        if follow == "gelu":
            y = 0.5 * y * (1.0 + tf.erf(y / 1.4142135))
        double = tf.assign(w, 2.0 * w)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        # What follows a product with a transposed matrix is no part of it.
        assert ops_of(plan)[0] == "_PreparedMatMul"
        assert len(ops_of(plan)) == (2 if second and follow != "nothing" else 1)
        for _ in range(4):
            (found,), (expected,) = plan.run([value]), plain.run([value])
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
        session.run(double)
        (found,), (expected,) = plan.run([value]), plain.run([value])
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-4)
        with pytest.raises(tf.errors.InvalidArgumentError, match="sizes must fit"):
            plan.run([draw(7, 7)])


@pytest.mark.parametrize("why", ["fed", "a type", "computed once"])
def test_others_stay(why: str) -> None:
    kind = tf.float64 if why == "a type" else tf.float32
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(kind, [None, 16])
        w = tf.cast(variable("w", 16, 16), kind)
        if why == "fed":
            w = tf.placeholder(tf.float32, [16, 16])
        y = x + tf.matmul(w, w) if why == "computed once" else tf.matmul(x, w)
        session.run(tf.global_variables_initializer())
        assert "_PreparedMatMul" not in ops_of(plan_of(session, y, x))
