"""Functions of arrays: order, parts, padding, encodings, gathering, sorting, repeating."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program
from tests.api.programs.operators import run

X = np.arange(12.0, dtype=np.float32).reshape(3, 4)


@program
def orders_of_dimensions(tf: Any) -> Any:
    x = tf.constant(X)
    c = tf.constant([[1.0 + 1.0j, 2.0]])
    p = tf.placeholder(tf.float32)
    fetches = [
        tf.transpose(x),
        tf.transpose([[1, 2]], [0, 1], name="same"),
        tf.transpose(c, conjugate=True),
        tf.transpose(p),
        tf.matrix_transpose(x),
        tf.linalg.transpose(p),
        tf.linalg.matrix_transpose(c, conjugate=True),
        tf.roll(x, 1, 0),
        tf.reverse_sequence(x, [1, 2, 3], 1),
        tf.reverse_sequence(x, [1, 2, 3], seq_dim=1, batch_dim=0, name="old"),
    ]
    wrong = [
        message(lambda: tf.matrix_transpose([1.0], name="m") and None),
        message(lambda: tf.reverse_sequence(x, [1], 1, seq_dim=1)),
    ]
    return [run(tf, fetches, {p: X[None]}), wrong[1]]


@program
def parts_of_tensors(tf: Any) -> Any:
    x = tf.constant(X)
    p = tf.placeholder(tf.float32)
    sizes = tf.placeholder(tf.int32, [2])
    fetches = [
        tf.unstack(x),
        tf.unstack(x, axis=1, name="columns"),
        tf.unstack(p, 3),
        tf.split(x, 3),
        tf.split(x, [1, 3], 1, name="uneven"),
        tf.split(x, x.shape[1], 1),
        tf.split(x, sizes, axis=1),
        tf.parallel_stack([[1, 2], [3, 4]]),
    ]
    wrong = [
        message(lambda: tf.unstack(p)),
        message(lambda: tf.unstack(x, axis=5)),
        message(lambda: tf.split(x, tf.constant(2))),
        message(lambda: tf.split(x, tf.placeholder(tf.int32))),
    ]
    texts = [text.replace(str(p), "p")[:60] for text in wrong]
    return [run(tf, fetches, {p: X, sizes: [2, 2]}), texts]


@program
def padding(tf: Any) -> Any:
    x = tf.constant(X)
    y = tf.placeholder(tf.float32, [None, 2])
    n = tf.placeholder(tf.int32, [])
    fetches = [
        tf.pad(x, [[1, 0], [0, 2]]),
        tf.pad(x, [[1, 1], [1, 1]], "reflect"),
        tf.pad(x, [[1, 1], [1, 1]], mode="SYMMETRIC", name="mirror"),
        tf.pad(x, [[1, 1], [0, 0]], constant_values=7.0),
        tf.pad(x, tf.constant([[0, 1], [1, 0]]), constant_values=np.zeros([])),
        tf.pad(y, [[1, 1], [2, 3]]),
        tf.pad(y, [[0, n], [1, 2]]),
        tf.pad(y, tf.stack([[n, n], [n, n]])),
    ]
    return [run(tf, fetches, {y: [[1.0, 2.0]], n: 1}), message(lambda: tf.pad(x, [[1, 1]], "edge"))]


@program
def encodings(tf: Any) -> Any:
    lengths = tf.placeholder(tf.int64, [None])
    fetches = [
        tf.one_hot([0, 2], 3),
        tf.one_hot([[1]], 2, axis=0, dtype=tf.int32, name="first"),
        tf.one_hot([1], 3, 5.0, -1.0),
        tf.one_hot([1], 2, on_value=True, off_value=False),
        tf.one_hot([1], 2, on_value=3, dtype=tf.int64),
        tf.sequence_mask([1, 3]),
        tf.sequence_mask([1, 3], 4, tf.float32),
        tf.sequence_mask(lengths),
        tf.sequence_mask(lengths, maxlen=tf.constant(3, tf.int64), name="mask", dtype=tf.int32),
    ]
    wrong = [
        message(lambda: tf.one_hot([1], 2, on_value=tf.constant(1.0), dtype=tf.int32)),
        message(lambda: tf.one_hot([1], 2, on_value=1.0, off_value=0)),
    ]
    return [run(tf, fetches, {lengths: [2, 1]}), wrong]


@program
def gathering(tf: Any) -> Any:
    x = tf.constant(X)
    p = tf.placeholder(tf.float32, [None, None])
    fetches = [
        tf.gather_nd(x, [[0, 1], [2, 3]]),
        tf.gather_nd(x, [[1]], name="rows"),
        tf.gather_nd(x, [[0], [1], [2]], batch_dims=1),
        tf.gather_nd(p, [[0], [1], [2]], batch_dims=1),
        tf.batch_gather(x, [[0], [3], [1]]),
        tf.batch_gather(p, tf.constant([[0], [3], [1]])),
    ]
    wrong = [
        message(lambda: tf.gather_nd(x, [[0]], batch_dims=2)),
        message(lambda: tf.gather_nd(x, [[0]], batch_dims=-1)),
        message(lambda: tf.batch_gather(x, tf.placeholder(tf.int32))),
    ]
    return [run(tf, fetches, {p: X}), wrong]


@program
def grids(tf: Any) -> Any:
    fetches = [
        tf.meshgrid([1, 2], [3, 4, 5]),
        tf.meshgrid([1.0, 2.0], [3.0], [5.0, 6.0], indexing="ij", name="cube"),
        tf.meshgrid(tf.constant([1, 2])),
    ]
    wrong = [
        message(lambda: tf.meshgrid([1], indexing="yx")),
        message(lambda: tf.meshgrid([1], sparse=True)),
    ]
    return [run(tf, fetches), tf.meshgrid(), wrong]


@program
def sorting(tf: Any) -> Any:
    x = tf.constant([[3.0, 1.0, 2.0], [9.0, 8.0, 10.0]])
    p = tf.placeholder(tf.float32)
    fetches = [
        tf.sort(x),
        tf.sort(x, direction="DESCENDING", name="down"),
        tf.sort(x, axis=0),
        tf.sort([3, -1, 2]),
        tf.sort(tf.constant([3, 255, 2], tf.uint8)),
        tf.argsort(x),
        tf.argsort(x, 0, "DESCENDING", stable=True),
        tf.sort(p, axis=0),
        tf.searchsorted([1, 3, 5], [0, 3, 9]),
        tf.searchsorted([[1, 3, 5]], [[3, 4]], side="right", out_type=tf.int64, name="behind"),
    ]
    wrong = [
        message(lambda: tf.sort(x, direction="UP")),
        message(lambda: tf.searchsorted([1], [1], side="middle")),
    ]
    return [run(tf, fetches, {p: X}), wrong]


@program
def repeating(tf: Any) -> Any:
    p = tf.placeholder(tf.float32, [None, 2])
    fetches = [
        tf.repeat([1, 2], 2),
        tf.repeat([[1, 2], [3, 4]], [1, 2], axis=0),
        tf.repeat([[1, 2], [3, 4]], [2, 0], axis=1, name="columns"),
        tf.repeat(3, 4),
        tf.repeat(p, 2, axis=0),
        tf.repeat(p, [1, 2], axis=1),
    ]
    wrong = [message(lambda: tf.repeat([1], 1, axis=3)), attempt(lambda: tf.repeat([1], 1.5))]
    return [run(tf, fetches, {p: [[1.0, 2.0]]}), wrong]


@program
def passed_on(tf: Any) -> Any:
    x = tf.placeholder(tf.float32)
    sparse = tf.SparseTensor([[0]], [1.0], [2])
    fetches = [
        tf.identity(3.0),
        tf.identity(x, name="mine"),
        tf.stop_gradient(x),
        tf.ensure_shape(x, [None]),
        tf.identity(sparse).values,
    ]
    return [run(tf, fetches, {x: [1.0]}), attempt(lambda: tf.ensure_shape(tf.zeros([2]), [3]))]
