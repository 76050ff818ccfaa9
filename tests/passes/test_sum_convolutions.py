"""Sums that convolutions take in are what they were, whatever way the convolution goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.errors import InvalidArgumentError
from tests.passes.networks import draw, variable
from tests.passes.plans import ops_of, plan_of

SUMMED = "_SummedConv2D"
SEPARABLE = "_SummedSeparableConv2D"


def conv(x: Any, width: int, taps: int = 1, name: str = "w", **options: Any) -> Any:
    filter = variable(name, taps, taps, int(x.shape[-1]), width)
    return tf.nn.conv2d(x, filter, options.pop("strides", 1), "SAME", **options)


def compare(
    build: Callable[[Any, Any], Any], first: Any, second: Any, expected: bool = True
) -> list[str]:
    """The ops of a plan for what is built of two placeholders, whose numbers are those without passes."""
    with tf.Graph().as_default(), tf.Session() as session:
        x, z = (tf.placeholder(tf.float32, [None, *array.shape[1:]]) for array in (first, second))
        y = build(x, z)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, [x, z]), plan_of(session, y, [x, z], passes=())
        # Matrices are laid out after some runs.
        for _ in range(4):
            (found,), (wanted,) = plan.run([first, second]), plain.run([first, second])
            largest = np.nanmax(np.abs(wanted), initial=40)
            np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5 * largest)
        assert found.dtype == np.float32
        assert (not {SUMMED, SEPARABLE}.isdisjoint(ops_of(plan))) == expected
        return ops_of(plan)


SHAPES = {
    "few rows": (1, 3, 5, 24),
    "rows of panels": (2, 12, 11, 40),
    "many rows": (3, 40, 41, 16),
    "so many that threads share them": (8, 56, 56, 64),
    "none": (0, 6, 6, 8),
}


@pytest.mark.parametrize("follow", ["", "relu", "relu6"])
@pytest.mark.parametrize("taps", [1, 3])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_sums_are_what_they_were(shape: tuple[int, ...], taps: int, follow: str) -> None:
    if taps == 3 and shape[0] == 8:
        shape = (2, 56, 56, 64)

    def build(x: Any, z: Any) -> Any:
        y = tf.nn.relu(conv(x, 48, taps) + variable("b", 48)) + z
        return getattr(tf.nn, follow)(y) if follow else y

    assert compare(build, draw(*shape), draw(*shape[:3], 48)) == [SUMMED]


@pytest.mark.parametrize(
    "options",
    [{"strides": 2}, {"dilations": 2}, {"strides": [1, 2, 1, 1]}],
    ids=["steps", "holes", "steps down"],
)
def test_other_windows(options: dict[str, Any]) -> None:
    def build(x: Any, z: Any) -> Any:
        return z + conv(x, 7, 3, **options)

    with tf.Graph().as_default():
        shape = conv(tf.zeros([2, 16, 15, 5]), 7, 3, **options).shape.as_list()
    assert compare(build, draw(2, 16, 15, 5), draw(*shape)) == [SUMMED]


def test_groups() -> None:
    def build(x: Any, z: Any) -> Any:
        return tf.nn.conv2d(x, variable("w", 3, 3, 4, 6), 1, "SAME") + z

    assert compare(build, draw(2, 9, 8, 12), draw(2, 9, 8, 6)) == [SUMMED]


def test_one_of_two_convolutions_takes_the_sum() -> None:
    def build(x: Any, z: Any) -> Any:
        return tf.nn.relu(conv(x, 16) + conv(z, 16, name="v"))

    ops = compare(build, draw(2, 9, 8, 12), draw(2, 9, 8, 20))
    assert sorted(ops) == ["_PreparedConv2D", SUMMED]


@pytest.mark.parametrize("taps", [1, 3])
@pytest.mark.parametrize("shape", [(1, 9, 8, 1), (2, 1, 1, 16), (2, 9, 1, 16)])
def test_addends_of_other_shapes_broadcast(shape: tuple[int, ...], taps: int) -> None:
    assert compare(
        lambda x, z: tf.nn.relu6(conv(x, 16, taps) + z), draw(2, 9, 8, 32), draw(*shape)
    ) == [SUMMED]


def test_addends_may_be_larger() -> None:
    compare(lambda x, z: conv(x, 16) + z, draw(1, 1, 1, 32), draw(5, 4, 3, 16))


def test_addends_must_fit() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, z = (tf.placeholder(tf.float32, [None, None, None, 16]) for _ in range(2))
        y = conv(x, 16) + z
        session.run(tf.global_variables_initializer())
        with pytest.raises(InvalidArgumentError, match="shape"):
            session.run(y, {x: draw(2, 4, 4, 16), z: draw(2, 3, 4, 16)})


def test_turned_addends() -> None:
    compare(
        lambda x, z: conv(x, 16) + tf.transpose(z, [0, 2, 1, 3]),
        draw(2, 9, 8, 32),
        draw(2, 8, 9, 16),
    )


def test_sums_with_other_readers_of_the_convolution_stay() -> None:
    def build(x: Any, z: Any) -> Any:
        y = conv(x, 16)
        return tf.reduce_sum(y + z) + tf.reduce_max(y)

    compare(build, draw(2, 9, 8, 32), draw(2, 9, 8, 16), expected=False)


def test_a_convolution_twice() -> None:
    def build(x: Any, z: Any) -> Any:
        y = conv(x, 16)
        return (y + y) * tf.reduce_sum(z)

    compare(build, draw(2, 9, 8, 32), draw(2, 2), expected=False)


def test_not_a_number_passes_on() -> None:
    z = draw(2, 9, 8, 16)
    z[0, 1, 2, 3] = np.nan
    compare(lambda x, z: tf.nn.relu(conv(x, 16) + z), draw(2, 9, 8, 32), z)


def test_other_layouts_stay() -> None:
    def build(x: Any, z: Any) -> Any:
        filter = variable("w", 1, 1, 8, 6)
        return tf.nn.conv2d(x, filter, 1, "SAME", data_format="NCHW") + z

    compare(build, draw(2, 8, 5, 4), draw(2, 6, 5, 4), expected=False)


@pytest.mark.parametrize("follow", ["", "relu6"])
@pytest.mark.parametrize("shape", [(1, 9, 8, 12), (5, 20, 21, 16), (8, 56, 56, 24)])
@pytest.mark.parametrize("projected", [False, True])
def test_separable_convolutions(shape: tuple[int, ...], follow: str, projected: bool) -> None:
    depth = shape[3]

    def build(x: Any, z: Any) -> Any:
        y = tf.nn.relu6(conv(x, 4 * depth) + variable("b", 4 * depth))
        y = tf.nn.depthwise_conv2d(y, variable("d", 3, 3, 4 * depth, 1), [1] * 4, "SAME")
        y = tf.nn.relu6(y + variable("c", 4 * depth))
        y = (conv(y, depth, name="v") if projected else y) + z
        return getattr(tf.nn, follow)(y) if follow else y

    addend = draw(*shape[:3], depth if projected else 4 * depth)
    assert compare(build, draw(*shape), addend) == [SEPARABLE]
    assert compare(build, draw(*shape), addend[:, :1]) == [SEPARABLE]
