"""Parts of ragged tensors, and ragged tensors of other forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program
from tests.api.ragged_values import failure, free, loose, nested, pairs, rows, run, told


@program
def concatenations(tf: Any) -> Any:
    x, other, deep = rows(tf), tf.ragged.constant([[7.0], [8.0, 9.0], []]), nested(tf)
    results = [
        tf.concat([x, other], 0), tf.concat([x, other], 1, name="c"), tf.concat([x, [[1.0], [2.0], [3.0]]], axis=1),
        tf.concat([deep, deep], 2), tf.concat([deep, deep], -2), tf.stack([x, other]), tf.stack([x, other], 1, name="s"),
        tf.stack([deep, deep], axis=2), tf.ragged.stack([[1, 2], [3]]), tf.ragged.stack([x, other, x]),
        tf.concat([x], 0), tf.concat([free(tf), x], 1), tf.ragged.stack([tf.constant([[1, 2]]), [[3, 4]]], axis=2),
        tf.concat([pairs(tf), pairs(tf)], 2), tf.stack([pairs(tf), pairs(tf)], axis=-1),
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), attempt(lambda: tf.concat([x, deep], 0)), attempt(lambda: tf.ragged.stack([])),
        message(lambda: tf.concat([x, other], 3)),
        attempt(lambda: tf.concat([x, other.with_row_splits_dtype(tf.int32)], 0)),
    ]  # fmt: skip


@program
def gathering(tf: Any) -> Any:
    x, deep, two = rows(tf), nested(tf), pairs(tf)
    dense = tf.constant([[1, 2], [3, 4], [5, 6]])
    ids = tf.ragged.constant([[0, 2], [1]])
    results = [
        tf.gather(x, [2, 0]), tf.gather(x, ids, name="g"), tf.gather(dense, ids), tf.gather(deep, [[1], [0]]), tf.gather(x, 2),
        tf.gather(two, [[1, 0], [0, 0]]), tf.gather(deep, [0], axis=1), tf.gather(two, [1, 0], axis=2),
        tf.gather(x, [[0], [0], [0]][2:], axis=0),
        tf.gather_nd(x, [[0, 1], [2, 0]]), tf.gather_nd(deep, [[0, 0, 1]], name="nd"), tf.gather_nd(x, [[2], [0]]),
        tf.gather_nd(two, [[1, 1, 0]]), tf.gather_nd(x, np.zeros((2, 0), np.int32)), tf.gather_nd(x, [[[0, 1]], [[2, 0]]]),
        tf.gather(free(tf), [0, 2]),
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), attempt(lambda: tf.gather(x, [0], batch_dims=3)), attempt(lambda: tf.gather(x, [0], axis=4)),
        attempt(lambda: tf.gather_nd(x, 1)), attempt(lambda: tf.gather_nd(x, tf.ragged.constant([[0], [1, 2]]))),
    ]  # fmt: skip


@program
def shaping(tf: Any) -> Any:
    x, deep, two = rows(tf), nested(tf), pairs(tf)
    single = tf.ragged.constant([[[1]], [[2]]])
    results = [
        tf.expand_dims(x, 0), tf.expand_dims(x, 1, name="e"), tf.expand_dims(x, -1), tf.expand_dims(deep, axis=2),
        tf.expand_dims(two, 3), tf.expand_dims(x, dim=0), tf.squeeze(single, 1), tf.squeeze(single, [1, 2]),
        tf.squeeze(tf.ragged.constant([[1, 2]]), axis=[0]), tf.size(x), tf.size(deep, out_type=tf.int64, name="n"), tf.rank(deep),
        tf.rank(two, name="r"), tf.one_hot(deep, 4), tf.one_hot(nested(tf), 4, axis=3), tf.reverse(x, [0]), tf.reverse(x, axis=[1]),
        tf.reverse(deep, [-1, 0]), tf.tile(x, [2, 1]), tf.tile(x, [1, 2], name="t"), tf.tile(deep, [1, 2, 3]),
        tf.tile(x, loose(tf, [2, 2])), tf.bitcast(x, tf.int32), tf.size(free(tf)),
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), message(lambda: tf.expand_dims(x, 4)), attempt(lambda: tf.squeeze(single)),
        attempt(lambda: tf.squeeze(single, "x")), attempt(lambda: tf.one_hot(x, 3, axis=1)),
        attempt(lambda: tf.reverse(x, tf.placeholder(tf.int32, [1]))), failure(tf, tf.squeeze(x, 1)),
        attempt(lambda: tf.bitcast(x, tf.float64)),
    ]  # fmt: skip


@program
def indexing(tf: Any) -> Any:
    x, deep, two = rows(tf), nested(tf), pairs(tf)
    uniform = tf.RaggedTensor.from_uniform_row_length(tf.ragged.constant([[1], [2, 3], [], [4]]), 2)
    place = tf.constant(1)
    results = [
        x[0], x[-1], x[place], x[1:], x[:2], x[::2], x[::-1], x[:], x[5:], x[:, 0:1], x[:, 1:], x[:, :-1], x[:, -1:], x[:, ::2],
        x[:, ::-1], deep[0], deep[0, 1], deep[:, :1], deep[:, 1:, :1], deep[..., :1], deep[0, ...], deep[:, tf.newaxis],
        deep[tf.newaxis], deep[..., tf.newaxis], two[:, :, 0], two[1, :, 1], two[..., 1], two[:, 0:1, 1], uniform[:, 0],
        uniform[:, -1], uniform[1:, 1], uniform[:, :1], x[:, place:], free(tf)[1:], free(tf)[0], deep[:, :, tf.newaxis, :1],
    ]  # fmt: skip
    return [
        run(tf, *results), told(results), message(lambda: x[:, 0]), attempt(lambda: x[:, 0.5:]), attempt(lambda: x[0, 0, 0, ..., 1, 1]),
        attempt(lambda: x[:, ::0.5]), failure(tf, uniform[:, tf.placeholder_with_default(7, [])]),
    ]  # fmt: skip


@program
def indexing_by_what_is_not_known(tf: Any) -> Any:
    x = free(tf)
    place = loose(tf, 1)
    return run(tf, x[place], x[:, place:], x[:, :place], x[place:, :])
