"""Reductions of ragged tensors, by rows and by segments."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, program
from tests.api.ragged_values import free, nested, pairs, rows, run, told


@program
def reductions(tf: Any) -> Any:
    x, deep, two = rows(tf), nested(tf), pairs(tf)
    marks = tf.ragged.constant([[True, False], [], [True]])
    results = [
        tf.reduce_sum(x), tf.reduce_sum(x, 0), tf.reduce_sum(x, axis=1, name="sum"), tf.reduce_sum(deep, [0, 1]),
        tf.reduce_sum(deep, 2), tf.reduce_sum(deep, -1, keepdims=True), tf.reduce_sum(two, 1), tf.reduce_sum(two, axis=2),
        tf.reduce_prod(x, 1), tf.reduce_max(deep, 1), tf.reduce_min(deep, axis=0), tf.reduce_mean(x, 1), tf.reduce_mean(x),
        tf.reduce_mean(tf.cast(deep, tf.float32), [1, 2]), tf.math.reduce_variance(x, 1), tf.math.reduce_std(x, axis=0),
        tf.reduce_any(marks, 1), tf.reduce_all(marks, axis=0), tf.reduce_all(marks), tf.reduce_sum(x, 1, keepdims=True),
        tf.reduce_sum(x, keepdims=True), tf.reduce_sum(x, tf.constant(1)), tf.reduce_sum(x, []), tf.reduce_max(free(tf), 1),
        tf.strings.reduce_join(tf.ragged.constant([["a", "b"], []]), 1, separator="-"),
        tf.strings.reduce_join(tf.ragged.constant([["a", "b"], []]), axis=0), tf.reduce_sum(x, reduction_indices=0),
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), attempt(lambda: tf.reduce_sum(x, 2)),
        attempt(lambda: tf.reduce_sum(x, tf.placeholder(tf.int32, []))),
    ]  # fmt: skip


@program
def segments(tf: Any) -> Any:
    x = rows(tf)
    ids = tf.ragged.constant([[0, 1], [], [0]])
    results = [
        tf.math.unsorted_segment_sum(x, [0, 1, 0], 2), tf.math.unsorted_segment_max(x, [0, 1, 0], 3, name="m"),
        tf.math.unsorted_segment_sum(x, ids, 2), tf.math.unsorted_segment_prod(x, [0, 1, 0], 2),
        tf.math.unsorted_segment_min(x, [1, 1, 0], 2), tf.math.unsorted_segment_mean(x, [0, 1, 0], 2),
        tf.math.unsorted_segment_sqrt_n(x, [0, 1, 0], 2),
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), attempt(lambda: tf.math.unsorted_segment_sum(x, [0.5, 1.0, 0.0], 2)),
        attempt(lambda: tf.math.unsorted_segment_sum(tf.constant([1.0]), ids, 2)),
    ]  # fmt: skip


@program
def partitions(tf: Any) -> Any:
    stack = tf.ragged.stack_dynamic_partitions
    x = rows(tf)
    results = [
        stack([1, 2, 3], [1, 0, 1], 3), stack(x, [1, 0, 1], 2, name="s"), stack(5, 1, 2), stack([[1, 2], [3, 4]], [[0, 1], [1, 0]], 2),
        stack(x, tf.ragged.constant([[0, 1], [], [1]]), 2), *tf.dynamic_partition(x, [1, 0, 1], 2),
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), attempt(lambda: stack([1, 2], tf.placeholder(tf.int32, None), 2)),
        attempt(lambda: tf.dynamic_partition(x, [0, 0, 0], -1)), attempt(lambda: stack([1, 2], [0], 1)),
    ]  # fmt: skip
