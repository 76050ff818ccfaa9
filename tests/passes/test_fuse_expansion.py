"""Convolutions that widen the channels and their batch normalisation become one op, and give what they gave before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.passes import pipeline as plans
from tests.passes.test_fuse_normalization import ops_run

#: Enough for several blocks, and one that is not full; the channels are correlated, and far from zero.
RANDOM = np.random.RandomState(5)
MIXED = RANDOM.standard_normal((4, 4)).astype(np.float32)
IMAGES = RANDOM.standard_normal((5, 151, 97, 4)).astype(np.float32) @ MIXED + np.float32(2)
FILTER = RANDOM.standard_normal((1, 1, 4, 9)).astype(np.float32)
FUSED = {"_ExpandedBatchNorm", "_ExpandedBatchNormGrad"}
PLAIN = {"Conv2D", "FusedBatchNormV3", "_ActivatedBatchNorm", "FusedBatchNormGradV3"}


def no_activation(x: Any) -> Any:
    return x


class Network:
    """A convolution, its normalisation and an activation in training.

    Attributes:
        x: placeholder of the images.
        convolved: what is normalised.
        results: what is made of it, the moments, and all gradients.
    """

    def __init__(
        self,
        activation: Callable[[Any], Any] = tf.nn.relu6,
        filter: Any = FILTER,
        strides: int = 1,
        differentiated: bool = True,
        **options: Any,
    ) -> None:
        width = filter.shape[-1]
        self.x = tf.placeholder(tf.float32, [None, None, None, filter.shape[2]])
        weights = tf.get_variable("w", initializer=filter, use_resource=True)
        self.scale = tf.get_variable(
            "scale", initializer=np.linspace(-1, 2, width, dtype=np.float32), use_resource=True
        )
        offset = tf.get_variable(
            "offset", initializer=np.linspace(3, -1, width, dtype=np.float32), use_resource=True
        )
        # What is fed may have any depth; of what is computed it is known.
        self.convolved = tf.nn.conv2d(2.0 * self.x, weights, [1, strides, strides, 1], "SAME")
        y, *moments = tf.nn.fused_batch_norm(
            self.convolved, self.scale, offset, epsilon=0.001, **options
        )
        z = activation(y)
        self.results = [z, *(2 * moment for moment in moments)]
        if differentiated:
            # The mean of z is one number and that of its squares another, whatever the filter; products with x are not.
            loss = tf.reduce_sum(z * z * self.x[:, ::strides, ::strides, :1])
            self.slopes = tf.gradients(loss, [self.x, weights, self.scale, offset])
            self.results += self.slopes


def run(images: Any = IMAGES, **options: Any) -> tuple[list[Any], set[str]]:
    """The results of a network, and the ops that were run."""
    with tf.Graph().as_default(), tf.Session() as session:
        network = Network(**options)
        session.run(tf.global_variables_initializer())
        return session.run(network.results, {network.x: images}), ops_run(session)


def run_plain(images: Any = IMAGES, **options: Any) -> list[Any]:
    """The results without the pass."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(plans.PIPELINE, "fuse_expansion", lambda region: None)
        results, ops = run(images, **options)
    assert not ops & FUSED
    return results


def assert_close(fused: list[Any], plain: list[Any]) -> None:
    for one, other in zip(fused, plain, strict=True):
        assert one.dtype == other.dtype
        # The order of sums alone, as BLAS has another with AVX-512, makes up to 5.1e-5 of the largest value.
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())


@pytest.mark.parametrize("activation", [no_activation, tf.nn.relu, tf.nn.relu6])
@pytest.mark.parametrize("images", [IMAGES, IMAGES[:1, :1, :7], IMAGES[:2, :16, :16]])
def test_training_is_what_it_was(activation: Any, images: Any) -> None:
    fused, ops = run(images, activation=activation)
    assert ops >= FUSED
    assert not ops & PLAIN
    assert_close(fused, run_plain(images, activation=activation))


def test_moments_are_mixed_with_those_before() -> None:
    before = {
        "mean": np.linspace(-2, 2, 9, dtype=np.float32),
        "variance": np.linspace(1, 3, 9, dtype=np.float32),
        "exponential_avg_factor": 0.25,
    }
    fused, ops = run(**before)
    assert ops >= FUSED
    plain = run_plain(**before)
    assert_close(fused, plain)
    assert not np.allclose(fused[1], run()[0][1])


def test_what_is_not_differentiated_is_fused_too() -> None:
    fused, ops = run(differentiated=False)
    assert "_ExpandedBatchNorm" in ops
    assert not ops & PLAIN
    assert_close(fused, run_plain(differentiated=False))


@pytest.mark.parametrize(
    "options",
    [
        {"filter": FILTER[..., :7]},
        {"filter": np.ones((3, 1, 2, 5), np.float32)},
        {"strides": 2},
        {"activation": tf.nn.elu, "is_training": False, "mean": 9 * [0.5], "variance": 9 * [2.0]},
    ],
    ids=["too narrow", "several taps", "strides", "fixed moments"],
)
def test_others_stay(options: Any) -> None:
    depth = options.get("filter", FILTER).shape[2]
    _, ops = run(IMAGES[:1, :8, :8, :depth], **options)
    assert not ops & FUSED


def test_what_else_is_asked_for_stays() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        network = Network()
        session.run(tf.global_variables_initializer())
        x, *_ = session.run([network.convolved, *network.results], {network.x: IMAGES[:1, :5, :5]})
        assert not ops_run(session) & FUSED
        np.testing.assert_allclose(x, 2 * IMAGES[:1, :5, :5] @ FILTER[0, 0], rtol=1e-4, atol=1e-5)


def test_gradients_for_some_alone_stay() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        network = Network()
        session.run(tf.global_variables_initializer())
        (found,) = session.run(network.slopes[2:3], {network.x: IMAGES[:2, :9, :9]})
        assert not ops_run(session) & FUSED
        (expected,) = session.run([network.results], {network.x: IMAGES[:2, :9, :9]})
    np.testing.assert_allclose(found, expected[-2], rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("case", ["alike", "far away", "constant"])
def test_what_cancels_is_computed_as_it_was(case: str) -> None:
    images, filter = IMAGES[:2, :31, :17].copy(), FILTER.copy()
    if case == "alike":
        # The products of one channel are differences of almost equal terms.
        images[..., 1] = images[..., 0] * np.float32(1 + 1e-4)
        filter[0, 0, :, 3] = [300, -300, 0, 0]
    elif case == "far away":
        images += np.float32(1e4)
    else:
        images[:] = images[0, 0, 0]
    fused, ops = run(images, filter=filter)
    assert ops >= FUSED
    for one, other in zip(fused, run_plain(images, filter=filter), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_what_is_not_finite_stays_so(number: float, recwarn: pytest.WarningsRecorder) -> None:
    images = IMAGES[:2, :9, :9].copy()
    images[0, 0, 0, 0] = number
    fused, ops = run(images)
    assert ops >= FUSED
    for one, other in zip(fused, run_plain(images), strict=True):
        np.testing.assert_array_equal(np.isnan(one), np.isnan(other))
    assert not recwarn.list


def test_no_images() -> None:
    fused, ops = run(IMAGES[:0])
    assert ops >= FUSED
    for one, other in zip(fused, run_plain(IMAGES[:0]), strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_change_nothing_but_the_order_of_sums() -> None:
    from minihub_runtime.threads import num_threads, set_num_threads

    before = num_threads()
    try:
        set_num_threads(1)
        alone, _ = run()
        set_num_threads(3)
        together, _ = run()
    finally:
        set_num_threads(before)
    assert_close(together, alone)
