"""Ragged tensors made of values and rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program
from tests.api.ragged_values import failure, listed, loose, run, told


@program
def constants(tf: Any) -> Any:
    make = tf.ragged.constant
    made = [
        make([[1, 2], [], [3]]), make([[1.5], [2]], tf.float64, name="c"), make([["a"], []], row_splits_dtype=tf.int32),
        make([[[1], [2, 3]], []]), make([[[1, 2]], [[3, 4], [5, 6]]], inner_shape=(2,)),
        make([[[1, 2]], [[3, 4], [5, 6]]], ragged_rank=1), make([1, 2]), make(5), make([]), make([[], []]),
        make([[1, 2], [3]], ragged_rank=1), make([[np.array([1, 2])], []], tf.int64),
    ]  # fmt: skip
    return [
        run(tf, *made), told(made),
        message(lambda: make([[1], 2])), message(lambda: make(5, ragged_rank=1)), message(lambda: make(5, inner_shape=(1,))),
        message(lambda: make([1], ragged_rank=-1)), message(lambda: make([[1]], ragged_rank=3)),
        message(lambda: make([[[1, 2]], [[3]]], ragged_rank=1)), message(lambda: make([[1], [[]]])),
        message(lambda: make([[[1]]], ragged_rank=1, inner_shape=(1, 1))), attempt(lambda: make(made[0])),
        [listed(tf.ragged.constant_value([[1, 2], [3]])), listed(tf.ragged.constant_value([[[1.5]], []], np.float32))],
        tf.ragged.constant_value([1, 2]).tolist(),
        listed(tf.ragged.constant_value([["a"], []], dtype=tf.string, row_splits_dtype="int32")),
    ]  # fmt: skip


@program
def row_partitions_that_are_known(tf: Any) -> Any:
    ragged = tf.RaggedTensor
    made = [
        ragged.from_value_rowids([1, 2, 3], [0, 0, 2]),
        ragged.from_value_rowids([1, 2, 3], [0, 0, 2], nrows=4, name="ids"),
        ragged.from_row_splits([1.0, 2.0], [0, 1, 1, 2]),
        ragged.from_row_splits(tf.constant(["a", "b"]), np.array([0, 2], np.int32), name="splits"),
        ragged.from_row_lengths([1, 2, 3], [2, 0, 1]),
        ragged.from_row_starts([1, 2, 3], [0, 2, 2]),
        ragged.from_row_limits([1, 2, 3], [0, 1, 3]),
        ragged.from_uniform_row_length([1, 2, 3, 4], 2),
        ragged.from_uniform_row_length([1, 2, 3, 4], 2, nrows=2, name="uniform"),
        ragged.from_uniform_row_length([], 0, nrows=3),
        ragged.from_row_splits([[1, 2], [3, 4]], [0, 1, 2]),
    ]
    return [run(tf, *made), told(made), repr(made[2]), str(made[4])]


@program
def row_partitions_without_checks(tf: Any) -> Any:
    ragged = tf.RaggedTensor
    values = loose(tf, [1, 2, 3])
    made = [
        ragged.from_value_rowids(values, loose(tf, [0, 0, 2], tf.int64), validate=False),
        ragged.from_value_rowids(values, loose(tf, [0, 0, 2]), loose(tf, 3), validate=False),
        ragged.from_row_splits(values, loose(tf, [0, 1, 3], tf.int64), validate=False),
        ragged.from_row_lengths(values, loose(tf, [1, 2], tf.int64), validate=False),
        ragged.from_row_starts(values, loose(tf, [0, 1], tf.int64), validate=False),
        ragged.from_row_limits(values, loose(tf, [1, 3]), validate=False),
        ragged.from_uniform_row_length(values, loose(tf, 3, tf.int64), validate=False),
        ragged.from_uniform_row_length(values, 3, validate=False),
        ragged.from_uniform_row_length(values, 1, nrows=loose(tf, 3, tf.int64), validate=False),
        ragged.from_uniform_row_length(values, 1, nrows=3, validate=False),
    ]
    nested = [
        ragged.from_nested_row_splits(values, [[0, 1, 2], [0, 2, 3]], validate=False),
        ragged.from_nested_row_lengths(values, [[1, 1], [2, 1]], name="lengths", validate=False),
        ragged.from_nested_value_rowids(values, [[0, 1], [0, 0, 1]], validate=False),
        ragged.from_nested_value_rowids(values, [[0, 1], [0, 0, 1]], [3, 2], validate=False),
        ragged.from_nested_row_splits(values, []),
    ]
    return [run(tf, *made, *nested), told(made), told(nested[:4])]


@program
def row_partitions_with_checks(tf: Any) -> Any:
    ragged = tf.RaggedTensor
    values = loose(tf, [1, 2, 3])
    made = [
        ragged.from_value_rowids(values, loose(tf, [0, 0, 2])),
        ragged.from_row_splits(values, loose(tf, [0, 1, 3], tf.int64)),
        ragged.from_row_lengths(values, loose(tf, [1, 2])),
        ragged.from_row_starts(values, loose(tf, [0, 1], tf.int64)),
        ragged.from_row_limits(values, loose(tf, [1, 3])),
        ragged.from_uniform_row_length(values, loose(tf, 3, tf.int64)),
        ragged.from_nested_row_splits(values, [loose(tf, [0, 1, 2]), loose(tf, [0, 2, 3])]),
    ]
    wrong = [
        ragged.from_row_splits(values, loose(tf, [1, 3])),
        ragged.from_row_splits(values, loose(tf, [0, 2, 1])),
        ragged.from_row_lengths(values, loose(tf, [1, 1])),
        ragged.from_value_rowids(values, loose(tf, [0, 2, 1])),
    ]
    return [run(tf, *made), [failure(tf, item) for item in wrong]]


@program
def arguments_that_are_wrong(tf: Any) -> Any:
    ragged = tf.RaggedTensor
    inner = ragged.from_row_splits([1, 2], np.array([0, 1, 2], np.int32))
    return [
        attempt(lambda: ragged.from_row_splits([1], [0, 1], validate=1)),
        message(lambda: ragged.from_row_splits([1], [])),
        message(lambda: ragged.from_row_splits([1], [[0, 1]])),
        attempt(lambda: ragged.from_row_splits([1], [0.0, 1.0])),
        message(lambda: ragged.from_value_rowids([1, 2], [0, 3], nrows=2)),
        message(lambda: ragged.from_value_rowids([1, 2], [0, 1], nrows=-1)),
        attempt(lambda: ragged.from_value_rowids([1, 2], [0, 1, 2])),
        message(lambda: ragged.from_uniform_row_length([1, 2, 3], 2)),
        attempt(lambda: ragged.from_uniform_row_length([1, 2], -1)),
        message(lambda: ragged.from_row_splits(inner, tf.constant([0, 2], tf.int64))),
        attempt(lambda: ragged.from_nested_row_splits([1], tf.constant([[0, 1]]))),
        attempt(lambda: ragged.from_nested_value_rowids([1], [[0]], [1, 2])),
        attempt(lambda: ragged.from_row_splits(5, [0, 1])),
        attempt(lambda: bool(inner)),
        message(inner.numpy),
        message(inner.to_list),
    ]


@program
def placeholders(tf: Any) -> Any:
    made = [
        tf.ragged.placeholder(tf.float32, 1), tf.ragged.placeholder(tf.string, 2, name="p"),
        tf.ragged.placeholder(tf.int32, 1, [3]), tf.ragged.placeholder(tf.int32, 0, [2]),
    ]  # fmt: skip
    value = tf.ragged.constant_value([[1.5], [2.5, 3.5]], dtype=np.float32)
    with tf.Session() as session:
        fed = listed(session.run(made[0], {made[0]: value}))
    return [told(made), fed]


@program
def row_numbers(tf: Any) -> Any:
    ids, splits = tf.ragged.row_splits_to_segment_ids, tf.ragged.segment_ids_to_row_splits
    free = loose(tf, [0, 2, 2, 3], tf.int64)
    return [
        run(
            tf, ids([0, 2, 2, 3]), ids(free, name="ids"), ids(free, out_type=tf.int32), splits([0, 0, 2]),
            splits([0, 0, 2], 4, name="s"), splits(loose(tf, [0, 1]), out_type=tf.int64), splits([0, 1], tf.constant(3)),
        ),
        message(lambda: ids([])), attempt(lambda: ids([[0, 1]])), attempt(lambda: ids([0.5])), attempt(lambda: splits([0.5])),
    ]  # fmt: skip


@program
def ranges(tf: Any) -> Any:
    make = tf.ragged.range
    made = [
        make([3, 0, 2]), make([1, 2], [3, 5]), make([1, 2], [9, 9], 3, name="r"), make(0, [2, 3]), make([1.5], [3]),
        make([1], [4], dtype=tf.float32), make(tf.constant([2], tf.int64), row_splits_dtype=tf.int32),
    ]  # fmt: skip
    return [run(tf, *made), told(made)]
