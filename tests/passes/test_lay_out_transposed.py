"""Transposed convolutions with filters laid out beforehand give what they gave."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from tests.passes.networks import draw, variable
from tests.passes.plans import plan_of

TAKEN = "_TransposedConv2D"


def ops_and_results(make: Any, value: Any) -> tuple[set[str], Any, Any]:
    """The ops of the plan, and the results with the passes and without."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *value.shape[1:]])
        y = make(x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert TAKEN not in {step[-1].op for step in plain.steps}
        (found,), (expected,) = plan.run([value]), plain.run([value])
        return {step[-1].op for step in plan.steps}, found, expected


@pytest.mark.parametrize("taps", [(1, 1), (2, 2), (3, 4), (5, 5)])
@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (1, 3), (4, 2)])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_the_same_numbers(taps: tuple[int, int], strides: tuple[int, int], padding: str) -> None:
    sizes = [
        5 * stride if padding == "SAME" else 4 * stride + tap
        for tap, stride in zip(taps, strides, strict=True)
    ]

    def make(x: Any) -> Any:
        shape = tf.stack([tf.shape(x)[0], *sizes, 3])
        return tf.nn.conv2d_transpose(x, variable("w", *taps, 3, 6), shape, strides, padding)

    ops, found, expected = ops_and_results(make, draw(2, 5, 5, 6))
    assert TAKEN in ops
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_channels_second_and_explicit_paddings() -> None:
    def make(x: Any) -> Any:
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[2, 3, 9, 9],
            filter=variable("w", 3, 3, 3, 6),
            out_backprop=x,
            strides=[1, 1, 2, 2],
            padding="EXPLICIT",
            explicit_paddings=[0, 0, 0, 0, 1, 1, 1, 1],
            data_format="NCHW",
        )

    ops, found, expected = ops_and_results(make, draw(2, 6, 5, 5))
    assert TAKEN in ops
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_groups_are_found_out_in_the_run() -> None:
    def make(x: Any) -> Any:
        return tf.raw_ops.Conv2DBackpropInput(
            input_sizes=[2, 10, 10, 6],
            filter=variable("w", 3, 3, 3, 4),
            out_backprop=x,
            strides=[1, 2, 2, 1],
            padding="SAME",
        )

    ops, found, expected = ops_and_results(make, draw(2, 5, 5, 4))
    assert TAKEN in ops
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_filters_that_change_from_run_to_run_stay() -> None:
    def make(x: Any) -> Any:
        filter = variable("w", 3, 3, 3, 6) * tf.reduce_mean(x)
        return tf.nn.conv2d_transpose(x, filter, [2, 10, 10, 3], 2, "SAME")

    ops, found, expected = ops_and_results(make, draw(2, 5, 5, 6))
    assert "Conv2DBackpropInput" in ops
    assert np.array_equal(found, expected)


def test_dilated_ones_stay() -> None:
    def make(x: Any) -> Any:
        filter = variable("w", 3, 3, 3, 6)
        return tf.nn.conv2d_transpose(x, filter, [2, 5, 5, 3], 1, "SAME", dilations=2)

    ops, found, expected = ops_and_results(make, draw(2, 5, 5, 6))
    assert "Conv2DBackpropInput" in ops
    assert np.array_equal(found, expected)
