"""Rows of tables, and losses over drawn classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.convolution import numbers, run


@program
def rows(tf: Any) -> Any:
    table = tf.constant(numbers(6, 3))
    ids = tf.constant([[0, 5], [2, 2]])
    unknown = tf.placeholder(tf.int64)
    found = [
        tf.nn.embedding_lookup(table, ids),
        tf.nn.embedding_lookup(numbers(6, 3), [1, 2], name="named"),
        tf.nn.embedding_lookup([table], 3),
        tf.nn.embedding_lookup(table, ids, max_norm=1.0),
        tf.nn.embedding_lookup(table, 3, max_norm=1.0),
        tf.nn.embedding_lookup(table, np.array([4, 4]), "div"),
    ]
    tf.nn.embedding_lookup(table, unknown)
    tf.nn.embedding_lookup(table, unknown, max_norm=2.0)
    tf.nn.embedding_lookup(tf.placeholder(tf.float32, [None, 4]), ids)
    return run(tf, *found)


@program
def rows_of_partitions(tf: Any) -> Any:
    tables = [
        tf.constant(numbers(3, 2)),
        tf.constant(numbers(2, 2) + 8),
        tf.constant(numbers(2, 2) - 8),
    ]
    loose = [tf.placeholder_with_default(numbers(2, 2), [None, 2]), tables[0]]
    shapeless = [tf.placeholder_with_default(numbers(2, 2), None), tables[0]]
    ids = tf.constant([[0, 5], [2, 6]])
    found = [
        tf.nn.embedding_lookup(tables, ids),
        tf.nn.embedding_lookup(tables, ids, "div", name="dealt"),
        tf.nn.embedding_lookup(tables, [1, 3], "mod", max_norm=1.0),
        tf.nn.embedding_lookup(loose, [1, 3], "div"),
        tf.nn.embedding_lookup(loose, np.array([1, 3]), "mod"),
        tf.nn.embedding_lookup(shapeless, [1, 3], "mod"),
        tf.nn.embedding_lookup([numbers(3, 2), numbers(2, 2)], [4, 0]),
    ]  # fmt: skip
    return run(tf, *found)


@program
def wrong_rows(tf: Any) -> Any:
    table = tf.constant(numbers(6, 3))
    with tf.Graph().as_default():
        return [
            message(lambda: tf.nn.embedding_lookup(None, [1])),
            message(lambda: tf.nn.embedding_lookup([], [1])),
            message(lambda: tf.nn.embedding_lookup([numbers(2, 2), numbers(2, 2)], [1], "rows")),
            message(lambda: tf.nn.embedding_lookup_sparse(table, [1], None)),
            message(lambda: tf.nn.embedding_lookup_sparse(table, None, None, combiner="max")),
        ]


def sparse_ids(tf: Any, values: Any = (1, 3, 0, 4, 4)) -> Any:
    """Rows of two, one and two ids."""
    indices = [[0, 0], [0, 1], [1, 0], [2, 1], [2, 2]]
    return tf.SparseTensor(indices, np.array(values), [3, 3])


@program
def combined_rows(tf: Any) -> Any:
    table = tf.constant(numbers(6, 3))
    ids = sparse_ids(tf)
    weights = tf.SparseTensor(ids.indices, [1.0, 2.0, 0.5, -1.0, 3.0], ids.dense_shape)
    parts = [tf.constant(numbers(3, 2)), tf.constant(numbers(3, 2) + 8)]
    fed = tf.SparseTensor(
        ids.indices, tf.placeholder_with_default(ids.values, [5]), ids.dense_shape
    )
    lookup = tf.nn.embedding_lookup_sparse
    found = [
        lookup(table, ids, None),
        lookup(table, ids, None, combiner="sum", name="named"),
        lookup(table, ids, None, combiner="sqrtn"),
        lookup(table, ids, weights),
        lookup(table, ids, weights, combiner="sum", name="weighted"),
        lookup(table, ids, weights, combiner="sqrtn"),
        lookup(table, ids, None, combiner="sum", max_norm=1.0),
        lookup(parts, fed, None, combiner="sum"),
        lookup(parts, fed, weights, "div", combiner="mean"),
        lookup(table, ids, weights, combiner="sum", allow_fast_lookup=True),
        lookup(table, ids, None, combiner="sum", allow_fast_lookup=True),
        lookup(tf.cast(table, tf.float16), ids, weights, combiner="mean"),
    ]
    lookup(table, tf.sparse_placeholder(tf.int64), None)
    lookup(tf.placeholder(tf.float32), ids, weights)
    return run(tf, *found)


@program
def rows_of_variables(tf: Any) -> Any:
    tf.get_variable_scope().set_use_resource(True)
    table = tf.get_variable("table", initializer=numbers(6, 3))
    parts = tf.get_variable(
        "parts", initializer=tf.constant(numbers(6, 2)), partitioner=tf.fixed_size_partitioner(2)
    )
    old = tf.get_variable("old", initializer=numbers(6, 3), use_resource=False)
    known = sparse_ids(tf)
    fed = tf.placeholder_with_default(known.values, [5])
    ids = tf.SparseTensor(known.indices, fed, known.dense_shape)
    weights = tf.SparseTensor(ids.indices, [1.0, 2.0, 0.5, -1.0, 3.0], ids.dense_shape)
    found = []
    for params in (table, old, parts):
        found += [
            tf.nn.embedding_lookup(params, [[1, 5]], partition_strategy="div"),
            tf.nn.embedding_lookup_sparse(params, ids, None, partition_strategy="div"),
            tf.nn.embedding_lookup_sparse(params, ids, weights, "div", combiner="sum"),
            tf.nn.safe_embedding_lookup_sparse(params, ids),
        ]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [np.round(value.astype(np.float64), 4) for value in session.run(found)]


@results
def safely_combined_rows(tf: Any) -> Any:
    table = tf.constant(numbers(6, 3))
    ids = tf.SparseTensor([[0, 0], [0, 1], [2, 0], [3, 1]], np.array([1, -1, 4, 2]), [5, 3])
    weights = tf.SparseTensor(ids.indices, [1.0, 2.0, -0.5, 2.0], ids.dense_shape)
    deep = tf.SparseTensor([[0, 0, 0], [0, 1, 1], [1, 1, 0]], np.array([1, 3, 5]), [2, 2, 2])
    places = tf.placeholder_with_default(deep.values, [3])
    fed = tf.SparseTensor(
        tf.placeholder_with_default(deep.indices, [3, 3]), places, deep.dense_shape
    )
    parts = [tf.constant(numbers(3, 2)), tf.constant(numbers(3, 2) + 8)]
    lookup = tf.nn.safe_embedding_lookup_sparse
    found = [
        lookup(table, ids),
        lookup(table, ids, combiner="sum", name="named"),
        lookup(table, ids, weights, combiner="sqrtn"),
        lookup(table, ids, weights, combiner="sum"),
        lookup(table, ids, default_id=2),
        lookup(table, ids, weights, default_id=2, name="default"),
        lookup(table, deep),
        lookup(parts, fed, partition_strategy="mod", max_norm=2.0),
    ]
    lookup(table, tf.sparse_placeholder(tf.int64))
    return run(tf, *found)


@program
def losses_of_drawn_classes(tf: Any) -> Any:
    weights, biases = tf.constant(numbers(8, 3)), tf.constant(numbers(8))
    inputs = tf.constant(numbers(4, 3))
    labels = tf.constant([[1], [4], [2], [0]])
    two = tf.constant([[1, 3], [4, 0], [2, 7], [0, 6]], tf.int64)
    drawn = (
        tf.constant([0, 3, 4], tf.int64),
        tf.constant(np.full([4, 1], 0.25, np.float32)),
        [0.5, 0.25, 0.125],
    )
    parts = [tf.constant(numbers(4, 3)), tf.constant(numbers(4, 3) + 1)]
    tf.set_random_seed(5)
    found = [
        tf.nn.nce_loss(weights, biases, labels, inputs, 3, 8),
        tf.nn.nce_loss(weights, biases, labels, inputs, 3, 8, sampled_values=drawn),
        tf.nn.nce_loss(parts, biases, two, inputs, 4, 8, num_true=2, partition_strategy="div", name="n"),
        tf.nn.sampled_softmax_loss(weights, biases, labels, inputs, 3, 8, remove_accidental_hits=False, seed=7),
        tf.nn.sampled_softmax_loss(
            parts, biases, two, inputs, 4, 8, 2, remove_accidental_hits=False, name="s", seed=1
        ),
    ]  # fmt: skip
    return run(tf, *found)


@program
def tables_by_handle(tf: Any) -> Any:
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1, 2, 0], [2, 2])
    table = tf.Variable(np.arange(12.0, dtype=np.float32).reshape(4, 3), use_resource=True)
    fetches = [
        tf.nn.embedding_lookup_sparse(table, ids, None, combiner=combiner)
        for combiner in ("sum", "mean", "sqrtn")
    ]
    with tf.Session() as session:
        session.run(table.initializer)
        return session.run(fetches)


@results
def gradients_of_combined_rows(tf: Any) -> Any:
    table = tf.constant(numbers(6, 3))
    unknown = tf.placeholder_with_default(numbers(6, 3), None)
    known = sparse_ids(tf)
    ids = tf.SparseTensor(
        known.indices, tf.placeholder_with_default(known.values, [5]), known.dense_shape
    )
    found = []
    for params in (table, unknown):
        for combiner in ("sum", "mean", "sqrtn"):
            rows = tf.nn.embedding_lookup_sparse(params, ids, None, combiner=combiner)
            (slices,) = tf.gradients(rows * rows, params)
            found += [slices.values, slices.indices, slices.dense_shape]
    return run(tf, *found)
