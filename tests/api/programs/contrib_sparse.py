"""Sparse tensors of `tf.contrib.layers.sparse_ops`; tf_slim has them in a module of its own."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from tests.api.programs import attempt, program
from tests.api.programs.contrib import slim


def sparse_tools(tf: Any) -> Any:
    """`tf.contrib.layers.sparse_ops`, or the module of tf_slim that took its place."""
    if hasattr(tf, "contrib"):
        return tf.contrib.layers.sparse_ops
    slim(tf)
    return importlib.import_module("tf_slim.layers.sparse_ops")


@program
def sparse_of_dense(tf: Any) -> Any:
    tools = sparse_tools(tf)
    free = tf.placeholder(tf.float32, [None, 2])
    found = [
        tools.dense_to_sparse_tensor([1, 0, 2, 0]),
        tools.dense_to_sparse_tensor(np.array([[1.5, 0.0], [0.0, 2.3]]), 1.5),
        tools.dense_to_sparse_tensor([[b"a", b""], [b"", b"b"]]),
        tools.dense_to_sparse_tensor(tf.constant([True, False, True])),
        tools.dense_to_sparse_tensor(tf.constant([[1, 2], [3, 1]], tf.int64), ignore_value=1),
        tools.dense_to_sparse_tensor(free, -1.0),
    ]
    with tf.Session() as session:
        values = session.run(found, {free: [[0.0, -1.0], [2.0, 3.0], [-1.0, -1.0]]})
    return [
        [(t.indices.name, t.values.name, t.dense_shape.name) for t in found],
        [(t.dtype.name, str(t.shape)) for t in found],
        [list(value) for value in values],
    ]


@program
def places_of_indicators(tf: Any) -> Any:
    tools = sparse_tools(tf)
    found = [
        tools.indicators_to_sparse_ids([[0, 0, 1, 0], [1, 0, 1, 1]]),
        tools.indicators_to_sparse_ids([[[0, 0], [0, 5]], [[1, 1], [0, 0]]], dtype=tf.int32),
        tools.indicators_to_sparse_ids([[b"", b"a"], [b"b", b"c"]]),
        tools.indicators_to_sparse_ids(np.array([[-1.0, 0.5], [-1.0, -1.0]]), ignore_value=-1.0),
        tools.indicators_to_sparse_ids([0, 0], dtype=tf.int64),
        tools.indicators_to_sparse_ids([[True, False, True]], dtype=tf.int16),
    ]
    with tf.Session() as session:
        values = session.run(found)
    return [
        [(t.indices.name, t.values.name, t.dense_shape.name) for t in found],
        [(t.dtype.name, str(t.shape)) for t in found],
        [list(value) for value in values],
        attempt(lambda: tools.indicators_to_sparse_ids([0, 1], dtype=tf.float32)),
    ]


@program
def lengths_of_rows(tf: Any) -> Any:
    tools = sparse_tools(tf)
    flat = tf.SparseTensor([[0, 0], [2, 0], [2, 1], [2, 2]], [1, 2, 3, 4], [3, 3])
    deep = tf.SparseTensor([[0, 0, 3], [1, 4, 0], [1, 1, 2]], [1.0, 2.0, 3.0], [2, 5, 4])
    empty = tf.SparseTensor(np.zeros([0, 2], np.int64), tf.constant([], tf.float32), [2, 3])
    found = [
        tools.sparse_row_envelope(flat),
        tools.sparse_row_envelope(flat, 1, 0, name="turned"),
        tools.sparse_row_envelope(deep, row_axis=0, col_axis=2),
        tools.sparse_row_envelope(deep, 2, 1),
        tools.sparse_row_envelope(empty),
    ]
    with tf.Session() as session:
        values = session.run(found)
    return [
        [(t.name, t.dtype.name, str(t.shape)) for t in found],
        values,
        attempt(lambda: tools.sparse_row_envelope(flat, 1, 1)),
        attempt(lambda: tools.sparse_row_envelope(flat, 0.0, 1)),
    ]
