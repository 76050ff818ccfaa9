"""Rows put together anew: batches of other sizes, sparse batches, lists of elements, elements padded with others."""

from __future__ import annotations

from typing import Any

from tests.api.programs import attempt, program, results
from tests.api.programs.dataset_experimental import given


def growing(tf: Any, count: int = 4) -> Any:
    """Vectors of growing lengths, each of which holds its length."""
    return tf.data.Dataset.range(count).map(lambda n: tf.fill([n], n))


def pairs(tf: Any, count: int = 4) -> Any:
    return tf.data.Dataset.range(count).map(lambda n: (tf.fill([n], n), tf.fill([n, 2], "x")))


def failing(tf: Any, at: int, rows: int = 2) -> Any:
    """Vectors, of which one fails."""
    return tf.data.Dataset.range(5).map(lambda n: tf.fill([rows], 12 // (n - at)))


@program
def rebatched(tf: Any) -> Any:
    data = tf.data.Dataset.range(7).map(lambda n: {"a": n, "b": (n, "x")})
    return given(tf, data.batch(3).rebatch(2), data.batch(4, True).rebatch([1, 3], True))


@results
def other_sizes(tf: Any) -> Any:
    data = tf.data.Dataset
    numbers = data.range(9)
    return given(
        tf,
        numbers.batch(2).rebatch(3),
        numbers.batch(2).rebatch(4, drop_remainder=True),
        numbers.batch(4).rebatch([1, 3]),
        numbers.batch(4).rebatch([2, 0]),
        numbers.batch(4, True).rebatch(2),
        numbers.batch(4, True).rebatch(3),
        numbers.batch(4).rebatch(tf.constant(3, tf.int64)),
        numbers.batch(4).rebatch(0).take(2),
        numbers.batch(2).rebatch(3).repeat(2),
        data.range(0).batch(2).rebatch(2),
        pairs(tf).rebatch(4),
        pairs(tf).rebatch([0, 2]),
        data.range(4).map(lambda n: tf.fill([n % 2 * 2], n)).rebatch(3),
        data.from_tensors(tf.SparseTensor([[0, 0], [2, 1]], [1, 2], [4, 2])).rebatch(3),
        data.from_tensors(tf.ragged.constant([[1], [2, 3], []])).rebatch(2),
    )


@results
def failing_rows(tf: Any) -> Any:
    data = tf.data.Dataset
    checked = tf.data.experimental.assert_cardinality(6)
    return given(
        tf,
        failing(tf, 2).rebatch(3),
        failing(tf, 0, 4).rebatch(3),
        failing(tf, 4).rebatch(3, True),
        failing(tf, 2).rebatch(3).skip(1),
        failing(tf, 2).rebatch(3).repeat(2),
        data.range(1, 4).map(lambda n: (tf.fill([n], n), tf.fill([2], n))).rebatch(2),
        data.range(1, 5).map(lambda n: tf.fill([2, n // 2], n)).rebatch(3),
        data.range(4).map(lambda n: tf.fill([3], n)).apply(checked).rebatch(2),
        data.range(4).map(lambda n: tf.fill([3], n)).apply(checked).rebatch(2).batch(2),
    )


@program
def sparse_batches(tf: Any) -> Any:
    sparse = growing(tf).apply(tf.data.experimental.dense_to_sparse_batch(2, [4]))
    return given(tf, sparse.map(lambda item: (item.values, item.dense_shape)))


@results
def sparse_batches_of_rows(tf: Any) -> Any:
    data = tf.data.Dataset
    matrices = data.range(4).map(lambda n: tf.fill([n, 2], tf.as_string(n)))
    checked = tf.data.experimental.assert_cardinality(5)
    return given(
        tf,
        growing(tf).sparse_batch(3, [None]),
        growing(tf).sparse_batch(2, tf.TensorShape([5])),
        growing(tf).sparse_batch(2, 3),
        matrices.sparse_batch(2, [None, 3]),
        data.range(5).sparse_batch(3, []),
        data.range(5).map(lambda n: n > 2).sparse_batch(9, []),
        data.range(0).sparse_batch(2, []),
        data.range(3).repeat().sparse_batch(2, []).take(2),
        growing(tf).sparse_batch(2, [4]).map(lambda item: tf.sparse.reduce_sum(item, 1)),
        growing(tf).sparse_batch(2, [4]).unbatch(),
        growing(tf).sparse_batch(2, [4]).batch(2),
        growing(tf).sparse_batch(2, [2]),
        growing(tf).sparse_batch(2, [2, 2]),
        growing(tf).sparse_batch(2, [4]).repeat(2),
        failing(tf, 2).sparse_batch(2, [None]),
        failing(tf, 0).sparse_batch(2, [None]),
        data.range(3).apply(checked).sparse_batch(2, []),
        limit=6,
    )


@program
def lists_of_elements(tf: Any) -> Any:
    listed = tf.data.experimental.from_list
    return given(
        tf,
        listed([(1, "a"), (2, "b")]),
        listed([[1], [2, 3]]),
        listed([{"a": 1, "b": [2.0]}, {"b": [3.0], "a": 4}]).repeat(2),
    )


@results
def other_lists(tf: Any) -> Any:
    listed = tf.data.experimental.from_list
    data = tf.data.Dataset
    return given(
        tf,
        listed([[[1], [2]], [[1, 2, 3]]]),
        listed([1, 2]).shuffle(4, seed=1),
        listed([data.range(2), data.range(3)]).flat_map(lambda inner: inner),
    )


@results
def padded_with_elements(tf: Any) -> Any:
    padded = tf.data.experimental.pad_to_cardinality
    named = tf.data.Dataset.range(3).map(lambda n: {"a": n, "b": tf.fill([2], n)})
    whole = tf.data.Dataset.from_tensor_slices({"a": [1, 2]})
    return given(
        tf, named.apply(padded(5)), named.apply(padded(2, "is_one")), whole.apply(padded(4))
    )


@results
def refused_batches(tf: Any) -> Any:
    data = tf.data.Dataset
    experimental = tf.data.experimental
    return [
        attempt(case)
        for case in (
            lambda: data.range(9).rebatch(2),
            lambda: data.range(9).batch(4).rebatch([[2]]),
            lambda: data.range(9).batch(4).rebatch(tf.constant(3, tf.int32)),
            lambda: data.range(9).window(2).rebatch(3),
            lambda: pairs(tf).sparse_batch(2, [4]),
            lambda: data.range(4).map(lambda n: {"a": n}).sparse_batch(2, []),
            lambda: growing(tf).sparse_batch(2, [-2]),
            lambda: growing(tf).sparse_batch(2, tf.TensorShape(None)),
            lambda: experimental.from_list([]),
            lambda: experimental.from_list((1, 2)),
            lambda: experimental.from_list([1, (2,)]),
            lambda: experimental.from_list([tf.SparseTensor([[0]], [1], [3])]),
            lambda: data.range(3).apply(experimental.pad_to_cardinality(5)),
        )
    ]
