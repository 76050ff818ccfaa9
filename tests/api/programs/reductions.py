"""Reductions, running sums and ranges."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program
from tests.api.programs.operators import run

NAMES = ("sum", "mean", "prod", "max", "min")


@program
def all_ways_to_reduce(tf: Any) -> Any:
    x = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    fetches = []
    for name in NAMES:
        function = getattr(tf, f"reduce_{name}")
        fetches += [
            function(x),
            function(x, 0),
            function(x, axis=[0, 1], keepdims=True),
            function(x, reduction_indices=-1, keep_dims=True, name="old"),
            function(x, [], name="none"),
        ]
    fetches += [tf.reduce_all([[True, False]], 1), tf.reduce_any([True, False])]
    return run(tf, fetches)


@program
def values_without_a_known_shape(tf: Any) -> Any:
    x = tf.placeholder(tf.float32)
    y = tf.placeholder(tf.float32, [None, 2])
    fetches = [
        tf.reduce_sum(x),
        tf.reduce_mean(y),
        tf.reduce_max(y, 0),
        tf.reduce_sum(x, keepdims=True),
        tf.reduce_sum(y, tf.constant([1])),
        tf.reduce_sum([1.0, 2.0]),
        tf.reduce_sum(np.ones([2, 2])),
        tf.reduce_sum(3.0),
    ]
    return run(tf, fetches, {x: [1.0, 2.0], y: [[3.0, 4.0]]})


@program
def other_reductions(tf: Any) -> Any:
    x = tf.constant([[1.0, 2.0], [0.0, 5.0]])
    c = tf.constant([1.0 + 2.0j, 3.0 - 1.0j])
    fetches = [
        tf.math.reduce_euclidean_norm(x, 1),
        tf.reduce_logsumexp(x),
        tf.reduce_logsumexp(x, axis=1, keepdims=True, name="lse"),
        tf.reduce_logsumexp([1.0, 2.0], 0),
        tf.math.reduce_variance(x),
        tf.math.reduce_variance(c, name="var"),
        tf.math.reduce_std(x, 0, True),
        tf.count_nonzero(x),
        tf.count_nonzero(x, axis=1, keep_dims=True, dtype=tf.int32),
        tf.count_nonzero(input=["", "a"]),
        tf.count_nonzero([True, False], name="true"),
        tf.argmax(x),
        tf.argmax(x, 1, output_type=tf.int32),
        tf.argmin(x, dimension=1, name="least"),
        tf.cumsum(x),
        tf.cumsum(x, 1, exclusive=True, reverse=True),
        tf.cumprod([1, 2, 3], name="factorials"),
        tf.math.cumulative_logsumexp(x),
    ]
    return run(tf, fetches)


@program
def arguments_that_are_wrong(tf: Any) -> Any:
    x = tf.constant([[1, 2]])
    return [
        message(lambda: tf.reduce_sum(x, 0, reduction_indices=0)),
        message(lambda: tf.reduce_sum(x, 0, keepdims=True, keep_dims=True)),
        message(lambda: tf.argmax(x, 0, dimension=0)),
        message(lambda: tf.math.reduce_variance(x)),
        message(lambda: tf.count_nonzero(x, input=x)),
        message(lambda: tf.reduce_sum("a")),
    ]


@program
def ranges(tf: Any) -> Any:
    limit = tf.placeholder(tf.int32, [])
    fetches = [
        tf.range(3),
        tf.range(1, 4),
        tf.range(1, 10, 3, name="steps"),
        tf.range(0.0, 1.0, 0.25),
        tf.range(3, delta=-1, limit=0),
        tf.range(tf.constant(2), 5),
        tf.range(2, 5.0),
        tf.range(5, dtype=tf.int64),
        tf.range(limit),
        tf.linspace(0.0, 1.0, 5),
        tf.lin_space(tf.constant([0.0, 1.0]), [4.0, 5.0], 3, name="rows", axis=-1),
    ]
    return run(tf, fetches, {limit: 4})
