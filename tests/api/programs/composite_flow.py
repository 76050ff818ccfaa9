"""Sparse and ragged tensors and IndexedSlices in branches and loops."""

from __future__ import annotations

from typing import Any

from tests.api.programs import results


def run(tf: Any, fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        return session.run(fetches, feeds)


@results
def ragged_results_of_branches(tf: Any) -> Any:
    p = tf.placeholder(tf.bool, [], "p")
    a = tf.RaggedTensor.from_row_splits([1, 2, 3], [0, 2, 3])
    b = tf.RaggedTensor.from_row_splits([4, 5], [0, 0, 2])
    y = tf.cond(p, lambda: a, lambda: b)
    return [run(tf, [y.values, y.row_splits], {p: value}) for value in (True, False)]


@results
def ragged_loop_variables(tf: Any) -> Any:
    start = tf.RaggedTensor.from_row_splits([1, 2, 3], [0, 2, 3])

    def body(i: Any, rows: Any) -> Any:
        return i + 1, tf.RaggedTensor.from_row_splits(rows.values * 2, rows.row_splits)

    _, found = tf.while_loop(lambda i, _: i < 3, body, (tf.constant(0), start))
    return run(tf, [found.values, found.row_splits])


@results
def slices_in_branches(tf: Any) -> Any:
    p = tf.placeholder(tf.bool, [], "p")
    values, shape = tf.constant([[1.0], [2.0]]), tf.constant([3, 1])
    y = tf.cond(
        p,
        lambda: tf.IndexedSlices(values, tf.constant([0, 2]), shape),
        lambda: tf.IndexedSlices(-values, tf.constant([1, 1], tf.int64), shape),
    )
    dense = tf.convert_to_tensor(y)
    return [y.indices.dtype.name, [run(tf, dense, {p: value}) for value in (True, False)]]


@results
def slices_in_loops(tf: Any) -> Any:
    start = tf.IndexedSlices(tf.constant([[1.0], [2.0]]), tf.constant([0, 2]), tf.constant([3, 1]))

    def body(i: Any, s: Any) -> Any:
        return i + 1, tf.IndexedSlices(s.values * 2.0, s.indices, s.dense_shape)

    _, found = tf.while_loop(lambda i, _: i < 2, body, (tf.constant(0), start))
    _, wide = tf.while_loop(
        lambda i, _: i < 2,
        body,
        (tf.constant(0), start),
        shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, 1])),
    )
    return [wide.values.shape.as_list(), run(tf, [tf.convert_to_tensor(found), wide.values])]


@results
def sparse_functions(tf: Any) -> Any:
    @tf.function
    def doubled(s: Any) -> Any:
        return tf.SparseTensor(s.indices, s.values * 2.0, s.dense_shape)

    s = tf.sparse_placeholder(tf.float32, [None, 3], "s")
    y = doubled(s)
    value = tf.SparseTensorValue([[0, 1], [2, 2]], [1.0, 2.0], [4, 3])
    return [y.shape.as_list(), list(run(tf, y, {s: value}))]
