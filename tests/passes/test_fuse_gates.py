"""Squeeze and excitation in two steps gives what the ops gave one after another."""

from __future__ import annotations

from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime import threads
from tests.passes.networks import draw, variable
from tests.passes.test_fuse_separable import compare

EXCITATION, GATED = "_Excitation", "_GatedConv2D"


def point(x: Any, name: str, width: int, bias: bool = True) -> Any:
    """A 1×1 convolution."""
    y = tf.nn.conv2d(x, variable(name, 1, 1, x.shape[-1].value, width), 1, "SAME")
    return tf.nn.bias_add(y, variable(name + "_bias", width)) if bias else y


def gate_of(x: Any, *, keep: bool = False, bias: bool = True, axes: Any = (1, 2)) -> Any:
    """What the channels of `x` are scaled with."""
    channels = x.shape[-1].value
    means = tf.reduce_mean(x, axes, keepdims=keep)
    if not keep:
        means = tf.reshape(means, [tf.shape(means)[0], 1, 1, channels])
    squeezed = point(means, "reduce", 3, bias)
    squeezed = squeezed * tf.sigmoid(squeezed) if bias else tf.nn.relu(squeezed)
    return tf.sigmoid(point(squeezed, "expand", channels, bias))


def block(x: Any, width: int = 5, turned: bool = False, **how: Any) -> Any:
    x = tf.nn.relu(x)
    gate = gate_of(x, **how)
    return tf.nn.relu(point(gate * x if turned else x * gate, "project", width))


@pytest.mark.parametrize("width", [5, 90])
@pytest.mark.parametrize("count", [0, 1, 3])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_the_same_numbers(width: int, count: int, turned: bool, keep: bool, bias: bool) -> None:
    # The filter is scaled where it is smaller than the images, else these are.
    ops = compare(
        lambda x: block(x, width, turned, keep=keep, bias=bias, axes=[-2, 1]), draw(count, 7, 8, 24)
    )
    assert [op for op in ops if op[0] == "_"] == [EXCITATION, GATED]


def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    before = threads.num_threads()
    threads.set_num_threads(3)
    try:
        for count in (1, 5):
            assert GATED in compare(block, draw(count, 40, 40, 24))
    finally:
        threads.set_num_threads(before)


def test_a_gate_for_all_images_and_an_image_for_all_gates() -> None:
    def one_gate(x: Any) -> Any:
        return point(
            tf.nn.max_pool2d(x, 1, 1, "SAME") * variable("gate", 1, 1, 1, 24), "project", 5
        )

    def one_image(x: Any) -> Any:
        images = variable("images", 1, 4, 4, 24)
        return point(images * gate_of(x), "project", 5)

    assert GATED in compare(one_gate, draw(3, 4, 4, 24))
    assert GATED in compare(one_image, draw(3, 4, 4, 24))


def test_what_others_read_stays() -> None:
    def scaled(x: Any) -> Any:
        product = x * gate_of(x)
        return point(product, "project", 24) + product

    def squeezed(x: Any) -> Any:
        means = tf.reduce_mean(x, [1, 2], keepdims=True)
        inner = tf.nn.relu(point(means, "reduce", 24))
        return x * point(inner, "expand", 24) + inner

    assert GATED not in compare(scaled, draw(2, 4, 4, 24))
    assert EXCITATION not in compare(squeezed, draw(2, 4, 4, 24))


@pytest.mark.parametrize("why", ["3x3", "rows alone", "numbers for each place"])
def test_what_looks_alike_stays(why: str) -> None:
    def make(x: Any) -> Any:
        if why == "3x3":
            product = x * tf.reduce_max(x, [1, 2], keepdims=True)
            return tf.nn.conv2d(product, variable("w", 3, 3, 24, 4), 1, "SAME")
        if why == "rows alone":
            return point(point(tf.reduce_mean(x, [1], keepdims=True), "a", 4), "b", 24)
        return point(x * tf.reduce_max(x, [3], keepdims=True), "a", 4)

    assert not {EXCITATION, GATED} & {*compare(make, draw(2, 4, 4, 24))}


def test_groups_of_channels() -> None:
    def make(x: Any) -> Any:
        x = tf.nn.relu(x)
        means = tf.reduce_mean(x, [1, 2], keepdims=True)
        inner = tf.nn.relu(tf.nn.conv2d(means, variable("reduce", 1, 1, 12, 8), 1, "SAME"))
        return x * tf.sigmoid(tf.nn.conv2d(inner, variable("expand", 1, 1, 8, 24), 1, "SAME"))

    assert EXCITATION not in compare(make, draw(2, 4, 4, 24))
