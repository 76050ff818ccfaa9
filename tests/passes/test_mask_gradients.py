"""Gradients of convolutions take in zeros and slopes around them, and give what they gave before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.passes import pipeline as plans
from tests.passes.test_fuse_normalization import ops_run

RANDOM = np.random.RandomState(7)
IMAGES = RANDOM.standard_normal((3, 13, 11, 4)).astype(np.float32) * 3 + 1
#: So many that threads share the images.
MANY = RANDOM.standard_normal((7, 161, 83, 24)).astype(np.float32) * 3 + 1
BACK = ("Conv2DBackpropInput", "DepthwiseConv2dNativeBackpropInput")
MASKED = {f"_Masked{op}" for op in BACK}
SLOPES = {"ReluGrad", "Relu6Grad"}
CONVOLUTIONS = {
    "_MaskedConv2DBackpropInput": False,
    "_MaskedDepthwiseConv2dNativeBackpropInput": True,
}


def gradients(
    x: Any,
    depthwise: bool = False,
    activation: Any = tf.nn.relu6,
    taps: int = 3,
    strides: int = 1,
    padding: str = "SAME",
    zeros: Any = None,
    multiplier: int = 1,
) -> tuple[list[Any], Any]:
    """The gradients of a convolution of activated images with respect to these and the filter; and what is activated."""
    depth = int(x.shape[-1])
    y = activation(x * 1.0)
    outputs = multiplier if depthwise else 5
    given = np.random.RandomState(1).standard_normal((taps, taps, depth, outputs))
    filter = tf.get_variable("w", initializer=given.astype(np.float32), use_resource=True)
    inner = y if zeros is None else tf.pad(y, zeros)
    convolve = tf.nn.depthwise_conv2d if depthwise else tf.nn.conv2d
    z = convolve(inner, filter, [1, strides, strides, 1], padding)
    return tf.gradients(tf.reduce_sum(z * z), [x, filter]), y


def run(images: Any = IMAGES, **options: Any) -> tuple[list[Any], set[str]]:
    """The gradients, and the ops that were run."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *images.shape[1:]])
        wanted, _ = gradients(x, **options)
        session.run(tf.global_variables_initializer())
        return session.run(wanted, {x: images}), ops_run(session)


def run_plain(images: Any = IMAGES, **options: Any) -> list[Any]:
    """The gradients without the pass."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(plans.PIPELINE, "mask_gradients", lambda region: None)
        results, ops = run(images, **options)
    assert not ops & MASKED
    assert ops & SLOPES
    return results


def assert_close(fused: list[Any], plain: list[Any]) -> None:
    for one, other in zip(fused, plain, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5 * np.abs(other).max(initial=0))


@pytest.mark.parametrize("op", CONVOLUTIONS)
@pytest.mark.parametrize("activation", [tf.nn.relu, tf.nn.relu6])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"taps": 1},
        {"strides": 2},
        {"strides": 2, "padding": "VALID"},
        {"strides": 2, "padding": "VALID", "zeros": [[0, 0], [0, 1], [0, 1], [0, 0]]},
        {"padding": "VALID", "zeros": [[0, 0], [2, 1], [0, 3], [0, 0]]},
    ],
    ids=["same", "product", "strides", "valid", "zeros behind", "zeros around"],
)
def test_gradients_are_what_they_were(op: str, activation: Any, options: dict[str, Any]) -> None:
    options = {**options, "activation": activation, "depthwise": CONVOLUTIONS[op]}
    fused, ops = run(**options)
    assert op in ops
    assert not ops & {*BACK, *SLOPES, "Pad", "Slice"}
    assert_close(fused, run_plain(**options))


@pytest.mark.parametrize("op", CONVOLUTIONS)
@pytest.mark.parametrize("strides", [1, 2])
def test_threads_share_images(op: str, strides: int) -> None:
    options: dict[str, Any] = {"depthwise": CONVOLUTIONS[op], "strides": strides}
    fused, ops = run(MANY, **options)
    assert op in ops
    assert_close(fused, run_plain(MANY, **options))


def test_several_filters_for_each_channel() -> None:
    fused, ops = run(depthwise=True, multiplier=3)
    assert ops & MASKED
    assert_close(fused, run_plain(depthwise=True, multiplier=3))


@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_no_images(op: str) -> None:
    found, ops = run(IMAGES[:0], depthwise=CONVOLUTIONS[op])
    assert op in ops
    assert found[0].shape == (0, *IMAGES.shape[1:])
    assert not found[1].any()


@pytest.mark.parametrize("op", CONVOLUTIONS)
def test_not_a_number_stays_out_and_passes_on(op: str) -> None:
    images = IMAGES.copy()
    images[0, 3, 3, 0] = np.nan
    fused, ops = run(images, depthwise=CONVOLUTIONS[op])
    assert op in ops
    for one, other in zip(fused, run_plain(images, depthwise=CONVOLUTIONS[op]), strict=True):
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other))


@pytest.mark.parametrize(
    "zeros",
    [
        [[1, 0], [0, 1], [0, 1], [0, 0]],
        [[0, 0], [0, 1], [0, 1], [1, 0]],
    ],
    ids=["batch", "channels"],
)
def test_zeros_around_batch_or_channels_stay(zeros: Any) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *IMAGES.shape[1:]])
        y = tf.pad(tf.nn.relu(x * 1.0), zeros)
        filter = tf.ones([2, 2, int(y.shape[-1]), 3]) * tf.reduce_mean(x)
        z = tf.nn.conv2d(y, filter, 1, "VALID")
        found = session.run(tf.gradients(z, [y, x])[1], {x: IMAGES})
        assert {"Pad", "Slice", "ReluGrad"} <= ops_run(session)
    assert np.isfinite(found).all()


def test_what_else_is_asked_for_stays() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *IMAGES.shape[1:]])
        _, y = gradients(x)
        z = tf.nn.conv2d(y, tf.get_variable("v", [3, 3, 4, 2], use_resource=True), 1, "SAME")
        (before,) = tf.gradients(tf.reduce_sum(z * z), [y])
        after = tf.raw_ops.Relu6Grad(gradients=before, features=y)
        session.run(tf.global_variables_initializer())
        one, other = session.run([before, after], {x: IMAGES})
        assert "Relu6Grad" in ops_run(session)
        assert not ops_run(session) & MASKED
    inside = (IMAGES > 0) & (IMAGES < 6)
    assert (one[~inside] != 0).any()
    np.testing.assert_array_equal(other, one * inside)
