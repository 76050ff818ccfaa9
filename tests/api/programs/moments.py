"""Means, variances and normalisation; dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.convolution import numbers, run


@program
def moments(tf: Any) -> Any:
    x = tf.constant(numbers(3, 4, 2))
    unknown = tf.placeholder(tf.float32, [None, 4, 2])
    half = tf.constant(numbers(3, 4).astype(np.float16))
    weights = tf.constant(np.abs(numbers(3, 1, 2)))
    found = [
        *tf.nn.moments(x, [0, 1]),
        *tf.nn.moments(x, [0], keep_dims=True, name="named"),
        *tf.nn.moments(x, (1, 2), keepdims=True),
        *tf.nn.moments(half, [0]),
        *tf.nn.weighted_moments(x, [0, 1], weights),
        *tf.nn.weighted_moments(x, [0], 2.0, keep_dims=True, name="weighted"),
        *tf.nn.weighted_moments(half, [0], [1, 2, 3, 4]),
    ]
    tf.nn.moments(unknown, [0, 1])
    tf.nn.weighted_moments(unknown, [0, 1], weights)
    return [
        run(tf, *found),
        message(lambda: tf.nn.moments(x, [0], keep_dims=True, keepdims=True)),
    ]


@program
def sufficient_statistics(tf: Any) -> Any:
    x = tf.constant(numbers(3, 4, 2))
    unknown = tf.placeholder(tf.float32, [None, 4, 2])
    plain = tf.nn.sufficient_statistics(x, [0, 1])
    shifted = tf.nn.sufficient_statistics(x, [2], shift=0.5, keep_dims=True, name="shifted")
    tf.nn.sufficient_statistics(unknown, [0, 1])
    tf.nn.sufficient_statistics(unknown, [-1, 0], keepdims=True)
    found = [
        *plain[:3],
        *shifted,
        *tf.nn.normalize_moments(*plain),
        *tf.nn.normalize_moments(*shifted, name="named"),
    ]
    return [run(tf, *found), plain[3]]


@program
def normalisation(tf: Any) -> Any:
    x = tf.constant(numbers(2, 3, 4, 2))
    mean, variance = tf.constant(numbers(2)), tf.constant(np.abs(numbers(2)))
    scale, offset = tf.constant([1.5, 2.0]), tf.constant([0.5, -0.5])
    normal = tf.nn.batch_normalization
    found = [
        normal(x, mean, variance, offset, scale, 1e-3),
        normal(x, mean, variance, None, None, 1e-3, name="plain"),
        normal(tf.cast(x, tf.float16), mean, variance, offset, None, 1e-3),
        tf.nn.batch_norm_with_global_normalization(x, mean, variance, offset, scale, 0.1, True),
        tf.nn.batch_norm_with_global_normalization(
            input=x, mean=mean, variance=variance, beta=offset, gamma=scale, variance_epsilon=0.1,
            scale_after_normalization=False, name="global",
        ),
        *tf.nn.fused_batch_norm(x, scale, offset),
        tf.nn.fused_batch_norm(x, scale, offset, mean, variance, 0.01, is_training=False, name="fixed")[0],
        *tf.nn.fused_batch_norm(x, [1.0, 2.0], [0.0, 1.0], mean, variance, exponential_avg_factor=0.5),
    ]  # fmt: skip
    tf.nn.fused_batch_norm(numbers(2, 2, 3, 4), scale, offset, data_format="NCHW")
    return [
        run(tf, *found),
        message(lambda: tf.nn.fused_batch_norm(x, scale, offset, is_training=False)),
    ]


@program
def lengths(tf: Any) -> Any:
    x = tf.constant(numbers(3, 4))
    found = [
        tf.nn.l2_normalize(x),
        tf.nn.l2_normalize(x, 1, epsilon=1e-3, name="named"),
        tf.nn.l2_normalize(numbers(3, 4), dim=[0, 1]),
        tf.math.l2_normalize(x, -1),
        tf.linalg.l2_normalize([3.0, 4.0], 0),
        tf.nn.zero_fraction(np.array([0.0, 1.0, 0.0])),
    ]
    tf.nn.l2_normalize(tf.placeholder(tf.float32, [None, 4]), 0)
    return run(tf, *found)


@results
def shares_of_zeros(tf: Any) -> Any:
    unknown = tf.placeholder_with_default([[0, 1], [2, 0]], [None, 2])
    found = [tf.nn.zero_fraction(unknown), tf.nn.zero_fraction(np.zeros([0, 3]), name="named")]
    with tf.Session() as session:
        return session.run(found)


@program
def dropout(tf: Any) -> Any:
    tf.set_random_seed(7)
    x = tf.constant(np.ones([4, 6], np.float32))
    unknown = tf.placeholder_with_default(np.ones([2, 3], np.float32), [None, 3])
    found = [
        tf.nn.dropout(x, 0.5),
        tf.nn.dropout(x, rate=0.25, seed=3, name="named"),
        tf.nn.dropout(x, keep_prob=1.0),
        tf.nn.dropout(x, 0.5, noise_shape=[4, 1]),
        tf.nn.dropout(x, 0.5, noise_shape=[None, 1], seed=1),
        tf.nn.dropout(x, 0.5, noise_shape=tf.constant([1, 6]), seed=1),
        tf.nn.dropout(x, tf.constant(0.5), seed=2),
        tf.nn.dropout(x, rate=tf.constant(0.5), seed=2),
        tf.nn.dropout(unknown, 0.5, seed=4),
        tf.nn.dropout(x, 0.9),
        tf.nn.dropout(tf.cast(x, tf.float64), 0.9),
        tf.nn.dropout(tf.cast(x, tf.float16), 0.9),
    ]
    return run(tf, *found)


@program
def wrong_dropout(tf: Any) -> Any:
    x = tf.constant(np.ones([4, 6], np.float32))
    with tf.Graph().as_default():
        return [
            message(lambda: tf.nn.dropout([1.0], rate=1.0)),
            message(lambda: tf.nn.dropout([1.0], keep_prob=0.0)),
            message(lambda: tf.nn.dropout([1.0])),
            message(lambda: tf.nn.dropout([1.0], 0.5, rate=0.5)),
            message(lambda: tf.nn.dropout([1], 0.5)),
            message(lambda: tf.nn.dropout(x, "half")),
            message(lambda: tf.nn.dropout([1.0], rate="half")),
            message(lambda: tf.nn.dropout([1.0], rate=tf.constant([0.5]))),
            message(lambda: tf.nn.dropout([1.0], rate=tf.constant(0.5, tf.float64))),
        ]
