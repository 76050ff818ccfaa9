"""Depthwise convolutions fused with their neighbours give what the three gave one after another."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import blas
from minihub_runtime.ops import depthwise_rows, separable
from minihub_runtime.ops.depthwise_rows import Lines
from tests.passes.networks import draw, variable
from tests.passes.plans import plan_of
from tests.sharing import sharing

TAKEN = "_SeparableConv2D"


def block(
    x: Any,
    *,
    before: int = 24,
    after: int = 5,
    taps: int = 3,
    stride: int = 1,
    padding: Any = "SAME",
    multiplier: int = 1,
) -> Any:
    """A block as MobileNets have it; 0 leaves a convolution out."""
    channels = x.shape[-1].value
    if before:
        x = tf.nn.conv2d(x, variable("before", 1, 1, channels, before), 1, "SAME")
        x = tf.nn.relu6(x + variable("before_bias", before))
        channels = before
    filter = variable("filter", taps, taps, channels, multiplier)
    x = tf.nn.depthwise_conv2d(x, filter, [1, stride, stride, 1], padding)
    x = tf.nn.relu(x * variable("factor", channels * multiplier))
    if after:
        x = tf.nn.conv2d(x, variable("after", 1, 1, channels * multiplier, after), 1, "VALID")
        x = tf.nn.bias_add(x, variable("after_bias", after))
    return x


def compare(make: Any, value: Any) -> list[str]:
    """Compare results with and without passes; the ops of the plan."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, None, value.shape[-1]])
        y = make(x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        (found,), (expected,) = plan.run([value]), plain.run([value])
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    largest = np.abs(expected).max(initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * largest)
    return [step[-1].op for step in plan.steps]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("taps", [1, 3, 5])
@pytest.mark.parametrize("padding", ["SAME", "VALID", [[0, 0], [2, 1], [0, 3], [0, 0]]])
@pytest.mark.parametrize(("before", "after"), [(24, 5), (24, 0), (0, 5), (0, 0)])
def test_the_same_numbers(
    stride: int, taps: int, padding: Any, before: int, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Several bands, of which the first and the last see rows beyond the image.
    monkeypatch.setattr(separable, "BAND", 1 << 13)

    def make(x: Any) -> Any:
        return block(x, before=before, after=after, taps=taps, stride=stride, padding=padding)

    assert compare(make, draw(2, 14, 11, 8)) == [TAKEN]


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("taps", [2, 3])
@pytest.mark.parametrize("padding", ["SAME", "VALID", [[0, 0], [2, 1], [0, 3], [0, 0]]])
@pytest.mark.parametrize("columns", [56, 61])
@pytest.mark.parametrize("before", [24, 210])
@pytest.mark.parametrize("small", [False, True])
def test_rows_that_are_long(
    small: bool,
    before: int,
    columns: int,
    padding: Any,
    taps: int,
    stride: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: small)
    monkeypatch.setattr(separable, "BAND", 1 << 16)
    monkeypatch.setattr(depthwise_rows, "SMALL", 0)
    # What was there before is no zero around rows.
    monkeypatch.setattr(Lines, "room", lambda lines, dtype: np.full(lines.shape, np.nan, dtype))

    def make(x: Any) -> Any:
        return block(x, before=before, taps=taps, stride=stride, padding=padding)

    assert compare(make, draw(2, 7, columns, 8)) == [TAKEN]


@pytest.mark.parametrize(
    "value",
    [draw(0, 9, 9, 8), draw(2, 1, 1, 8), draw(1, 5, 40, 8), draw(9, 4, 4, 8)],
    ids=["empty", "a point", "wide", "small images"],
)
def test_odd_shapes(value: Any) -> None:
    assert compare(lambda x: block(x, taps=5), value) == [TAKEN]


def test_several_filters_per_channel() -> None:
    assert compare(lambda x: block(x, multiplier=2), draw(2, 9, 9, 8)) == [TAKEN]


@pytest.mark.parametrize("count", [1, 5])
def test_threads_change_nothing(count: int) -> None:
    with sharing(3):
        assert compare(block, draw(count, 20, 20, 8)) == [TAKEN]


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("before", "after"), [(26, 5), (26, 0), (0, 5)])
@pytest.mark.parametrize("swish", [False, True])
@pytest.mark.parametrize("added", [False, True])
def test_threads_that_share_channels(
    count: int,
    stride: int,
    before: int,
    after: int,
    swish: bool,
    added: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shared = []
    in_shares = separable._in_shares

    def seen(x: Any, filters: Any, course: Any, *rest: Any) -> None:
        shared.append([channels for channels, _, _ in course.shares])
        in_shares(x, filters, course, *rest)

    def make(x: Any) -> Any:
        y = block(x, before=before, after=after, stride=stride)
        if swish:
            y = tf.nn.swish(y)
        return tf.nn.relu(y + variable("addend", 1, 1, 1, y.shape[-1].value)) if added else y

    monkeypatch.setattr(separable, "NARROWEST", 4)
    monkeypatch.setattr(separable, "_in_shares", seen)
    with sharing(count):
        compare(make, draw(1, 9, 7, 26))
    assert [len(channels) for channels in shared] == [count]


def test_a_sum_of_shared_channels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separable, "NARROWEST", 4)
    with sharing(2):
        ops = compare(lambda x: tf.nn.relu6(block(x, after=8) + x), draw(1, 9, 9, 8))
    assert ops == ["_SummedSeparableConv2D"]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("quick_tanh", [False, True])
def test_swish(count: int, quick_tanh: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separable, "QUICK_TANH", quick_tanh)

    def make(x: Any) -> Any:
        x = tf.nn.conv2d(x, variable("before", 1, 1, 8, 24), 1, "SAME")
        x = tf.nn.swish(x + variable("before_bias", 24))
        x = tf.nn.depthwise_conv2d(x, variable("filter", 3, 3, 24, 1), [1, 1, 1, 1], "SAME")
        x = tf.nn.swish(x + variable("bias", 24))
        x = tf.nn.conv2d(x, variable("after", 1, 1, 24, 5), 1, "SAME")
        x = x + variable("after_bias", 5)
        return x * tf.sigmoid(x)

    assert compare(make, draw(count, 9, 9, 8)) == [TAKEN]


def test_shapes_that_change_and_filters_that_do() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, None, 8])
        y = block(x)
        filter = next(v for v in tf.global_variables() if v.op.name == "filter")
        changed = filter.assign(2 * filter)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        for turn in range(2):
            # More shapes than are kept, and some of them again.
            for size in (*range(3, 2 * separable.KEPT), 3, 4):
                value = draw(1, 5, size, 8)
                (found,), (expected,) = plan.run([value]), plain.run([value])
                np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * 2**turn)
            session.run(changed)


def test_what_others_read_stays() -> None:
    def make(x: Any) -> Any:
        wide = tf.nn.relu(tf.nn.conv2d(x, variable("w", 1, 1, 8, 8), 1, "SAME"))
        deep = tf.nn.depthwise_conv2d(wide, variable("f", 3, 3, 8, 1), [1, 1, 1, 1], "SAME")
        return tf.nn.conv2d(deep, variable("v", 1, 1, 8, 8), 1, "SAME") * wide + deep

    ops = compare(make, draw(2, 9, 9, 8))
    assert TAKEN not in ops
    assert "DepthwiseConv2dNative" in ops


@pytest.mark.parametrize("why", ["3x3", "steps", "channels first"])
def test_other_neighbours_stay(why: str) -> None:
    def make(x: Any) -> Any:
        deep = tf.nn.depthwise_conv2d(x, variable("f", 3, 3, 8, 1), [1, 1, 1, 1], "SAME")
        if why == "channels first":
            deep = tf.transpose(deep, [0, 3, 1, 2])
            return tf.nn.conv2d(deep, variable("v", 1, 1, 8, 4), 1, "SAME", data_format="NCHW")
        taps = 3 if why == "3x3" else 1
        stride = 2 if why == "steps" else 1
        return tf.nn.conv2d(deep, variable("v", taps, taps, 8, 4), stride, "SAME")

    assert TAKEN not in compare(make, draw(2, 9, 9, 8))


@pytest.mark.parametrize("before", [0, 16])
def test_a_sum_without_a_last_convolution(before: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separable, "NARROWEST", 4)
    with sharing(2):
        ops = compare(
            lambda x: tf.nn.relu6(block(x, before=before, after=0) + x), draw(1, 9, 9, before or 16)
        )
    assert ops == ["_SummedSeparableConv2D"]


@pytest.mark.parametrize("shape", [(1, 1, 1, 24), (1, 24), (24,), (1,)])
def test_biases_of_any_shape(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    def make(x: Any) -> Any:
        x = tf.nn.conv2d(x, variable("before", 1, 1, 8, 24), 1, "SAME")
        x = tf.nn.relu6(x + variable("before_bias", *shape))
        x = tf.nn.depthwise_conv2d(x, variable("filter", 3, 3, 24, 1), [1, 1, 1, 1], "SAME")
        x = tf.nn.relu6(x + variable("bias", *shape))
        return tf.nn.conv2d(x, variable("after", 1, 1, 24, 5), 1, "SAME")

    monkeypatch.setattr(separable, "NARROWEST", 4)
    with sharing(2):
        assert compare(make, draw(1, 9, 9, 8)) == ["_SeparableConv2D"]


@pytest.mark.parametrize("fed", [True, False])
def test_groups_of_channels(fed: bool) -> None:
    def make(x: Any) -> Any:
        x = x if fed else tf.abs(x)
        x = tf.nn.relu(tf.nn.conv2d(x, variable("before", 1, 1, 4, 24), 1, "SAME"))
        x = tf.nn.depthwise_conv2d(x, variable("filter", 3, 3, 24, 1), [1, 1, 1, 1], "SAME")
        return tf.nn.conv2d(tf.nn.relu(x), variable("after", 1, 1, 12, 6), 1, "SAME")

    compare(make, draw(2, 9, 9, 8))
