"""Distributions of vectors in `tf.contrib.distributions`, which TensorFlow has no more: as NumPy has them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

LOC = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]], np.float32)
SCALE = np.array([0.5, -2.0, 1.5], np.float32)
X = np.array([[0.3, 1.0, -1.0], [0.0, 2.0, 4.0]], np.float32)


def run(*fetches: Any) -> list[Any]:
    with tf.Session() as session:
        found: list[Any] = session.run(list(fetches))
        return found


@pytest.fixture(autouse=True)
def _graph() -> Any:
    with tf.Graph().as_default():
        yield


def test_chances_and_moments_are_those_of_independent_elements() -> None:
    d = tf.contrib.distributions.MultivariateNormalDiag(LOC, SCALE)
    each = tf.distributions.Normal(LOC, np.abs(SCALE))
    assert (d.batch_shape.as_list(), d.event_shape.as_list()) == ([2], [3])
    pairs = [
        (d.log_prob(X), tf.reduce_sum(each.log_prob(X), -1)),
        (d.prob(X), tf.reduce_prod(each.prob(X), -1)),
        (d.entropy(), tf.reduce_sum(each.entropy(), -1)),
        (d.mean(), each.mean()),
        (d.mode(), each.mode()),
        (d.stddev(), np.abs(SCALE)),
        (d.variance(), SCALE**2),
        (d.covariance(), np.diag(SCALE**2)),
        (d.log_det_covariance(), np.log(np.prod(SCALE**2))),
        (d.det_covariance(), np.prod(SCALE**2)),
        (d.batch_shape_tensor(), [2]),
        (d.event_shape_tensor(), [3]),
    ]
    wanted = run(*(tf.convert_to_tensor(pair[1]) for pair in pairs))
    for found, right in zip(run(*(pair[0] for pair in pairs)), wanted, strict=True):
        assert found.shape == right.shape
        np.testing.assert_allclose(found, right, rtol=1e-5)
    for missing in (lambda: d.cdf(X), lambda: d.quantile(X)):
        with pytest.raises(NotImplementedError):
            missing()


def test_samples_are_normal_numbers_that_are_stretched_and_shifted() -> None:
    d = tf.contrib.distributions.MultivariateNormalDiag(LOC, SCALE)
    assert d.reparameterization_type is tf.contrib.distributions.FULLY_REPARAMETERIZED
    drawn = d.sample([4, 5], seed=3)
    assert drawn.shape.as_list() == [4, 5, 2, 3]
    plain = tf.distributions.Normal(0.0, 1.0).sample([4, 5, 2, 3], seed=3)
    found, numbers = run(drawn, plain)
    np.testing.assert_array_equal(found, numbers * SCALE + LOC)


def test_gradients_of_samples_reach_the_parameters() -> None:
    loc, scale = tf.constant(LOC), tf.constant(SCALE)
    drawn = tf.contrib.distributions.MultivariateNormalDiag(loc, scale).sample(seed=3)
    found = run(drawn, *tf.gradients(drawn, [loc, scale]))
    np.testing.assert_array_equal(found[1], np.ones_like(LOC))
    np.testing.assert_allclose(found[2], ((found[0] - LOC) / SCALE).sum(0), rtol=1e-5)


def test_divergences_are_sums_of_those_of_elements() -> None:
    kind = tf.contrib.distributions.MultivariateNormalDiag
    kl = tf.distributions.kl_divergence
    a, b = kind(LOC, SCALE), kind(X[0], SCALE + 3.0)
    normal = tf.distributions.Normal
    each = kl(normal(LOC, np.abs(SCALE)), normal(X[0], SCALE + 3.0))
    found, crossed, right, entropy = run(
        kl(a, b), a.cross_entropy(b), tf.reduce_sum(each, -1), a.entropy()
    )
    np.testing.assert_allclose(found, right, rtol=1e-5)
    np.testing.assert_allclose(crossed, right + entropy, rtol=1e-5)


def test_scales_are_given_in_several_ways() -> None:
    c = tf.contrib.distributions
    kind = c.MultivariateNormalDiag
    ways = [
        (kind(LOC), [1.0, 1.0, 1.0], [2]),
        (kind(LOC, scale_identity_multiplier=2.0), [2.0, 2.0, 2.0], [2]),
        (kind(LOC[0], scale_identity_multiplier=[2.0, 3.0]), [[2.0] * 3, [3.0] * 3], [2]),
        (kind(LOC, np.abs(SCALE), 1.0), np.abs(SCALE) + 1.0, [2]),
        (kind(scale_diag=SCALE), np.abs(SCALE), []),
        (c.MultivariateNormalDiagWithSoftplusScale(LOC, SCALE), np.log1p(np.exp(SCALE)), [2]),
        (kind(LOC).copy(scale_diag=SCALE, name="other"), np.abs(SCALE), [2]),
    ]
    for d, deviations, batch in ways:
        found, mean, chance, drawn = run(d.stddev(), d.mean(), d.log_prob(X), d.sample(2))
        np.testing.assert_allclose(found, deviations, rtol=1e-6)
        assert (d.batch_shape.as_list(), list(mean.shape)) == (batch, [*batch, 3])
        assert (chance.shape, list(drawn.shape)) == ((2,), [2, *batch, 3])
    assert ways[-1][0].name == "other/"
    with pytest.raises(ValueError, match="must be given"):
        kind(scale_identity_multiplier=2.0)


def test_shapes_may_be_known_in_a_run_only() -> None:
    loc, scale = tf.placeholder(tf.float32), tf.placeholder(tf.float32, [None])
    d = tf.contrib.distributions.MultivariateNormalDiag(loc, scale, validate_args=True)
    sizes = [d.batch_shape_tensor(), d.event_shape_tensor(), tf.shape(d.sample(4))]
    with tf.Session() as session:
        found = session.run(sizes, {loc: LOC, scale: SCALE})
        assert [size.tolist() for size in found] == [[2], [3], [4, 2, 3]]
        with pytest.raises(tf.errors.InvalidArgumentError, match="non-zero"):
            session.run(d.mean() + d.sample(), {loc: LOC, scale: [0.0, 1.0, 1.0]})


LOGITS = np.array([[0.5, -1.0, 2.0], [0.0, 0.3, -0.4]], np.float32)
PROBS = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)


def test_classes_are_vectors_with_a_one() -> None:
    d = tf.contrib.distributions.OneHotCategorical(LOGITS)
    plain, other = tf.distributions.Categorical(LOGITS), tf.zeros([3])
    assert (d.batch_shape.as_list(), d.event_shape.as_list(), d.dtype) == ([2], [3], tf.int32)
    values = np.eye(3, dtype=np.int32)[[2, 0]]
    far = tf.contrib.distributions.kl_divergence(
        d, tf.contrib.distributions.OneHotCategorical(other)
    )
    pairs = [
        (d.log_prob(values), plain.log_prob([2, 0])),
        (d.log_prob(values[0]), plain.log_prob([2, 2])),
        (d.prob(values), PROBS[[0, 1], [2, 0]]),
        (d.entropy(), plain.entropy()),
        (d.mean(), PROBS),
        (d.mode(), np.eye(3, dtype=np.int32)[[2, 1]]),
        (d.variance(), PROBS * (1 - PROBS)),
        (d.covariance(), np.array([np.diag(p) - np.outer(p, p) for p in PROBS])),
        (far, tf.distributions.kl_divergence(plain, tf.distributions.Categorical(other))),
        (d.event_shape_tensor(), [3]),
    ]
    wanted = run(*(tf.convert_to_tensor(pair[1]) for pair in pairs))
    for found, right in zip(run(*(pair[0] for pair in pairs)), wanted, strict=True):
        assert found.shape == right.shape
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-6)
    with pytest.raises(NotImplementedError):
        d.cdf(values)


def test_vectors_are_drawn_as_often_as_their_chances_say() -> None:
    d = tf.contrib.distributions.OneHotCategorical(probs=PROBS, dtype=tf.float32)
    drawn = d.sample([4, 1000], seed=3)
    assert (drawn.shape.as_list(), drawn.dtype) == ([4, 1000, 2, 3], tf.float32)
    (vectors,) = run(drawn)
    assert set(np.unique(vectors)) == {0, 1}
    assert (vectors.sum(-1) == 1).all()
    np.testing.assert_allclose(vectors.mean((0, 1)), PROBS, atol=0.03)


def test_a_value_that_is_no_class_fails_where_values_are_checked() -> None:
    checked = tf.contrib.distributions.OneHotCategorical(LOGITS, validate_args=True)
    run(checked.log_prob(np.eye(3, dtype=np.int32)[[1, 2]]))
    for value in ([0, 0, 0], [2, -1, 0], [1, 1, -1]):
        with pytest.raises(tf.errors.InvalidArgumentError, match="zeros and a one"):
            run(checked.log_prob(np.int32([value, [0, 1, 0]])))
