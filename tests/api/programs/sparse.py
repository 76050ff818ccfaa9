"""Sparse tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program


def run(tf: Any, *fetches: Any) -> Any:
    with tf.Session() as session:
        return [
            list(item) if hasattr(item, "dense_shape") else item
            for item in session.run(list(fetches))
        ]


def small(tf: Any, dtype: Any = None) -> Any:
    values = np.array([1.5, -2.0, 3.0]) if dtype is None else np.array([1, 2, 3])
    return tf.SparseTensor(
        [[0, 1], [1, 0], [1, 2]], tf.constant(values, dtype or tf.float32), [2, 3]
    )


def loose(tf: Any) -> Any:
    """A sparse tensor of which the shape is not known."""
    parts = small(tf)
    shape = tf.placeholder_with_default(parts.dense_shape, [2])
    return tf.SparseTensor(parts.indices, parts.values, shape)


def shapes(tensors: Any) -> Any:
    return [t.shape.as_list() if t.shape.ndims is not None else None for t in tensors]


@program
def sparse_tensors(tf: Any) -> Any:
    s = small(tf)
    value = tf.SparseTensorValue([[0, 0]], [1.0], [1, 1])
    fed = tf.sparse_placeholder(tf.float32, [None, 3])
    return [
        repr(s), str(s.shape), s.dtype, s.op.name, s.graph is tf.get_default_graph(),
        tf.SparseTensor.from_value(value).indices.name,
        attempt(lambda: tf.SparseTensor.from_value(1)),
        attempt(lambda: tf.SparseTensor([0], [1], [1])),
        attempt(lambda: tf.SparseTensor([[0, 0]], [1, 2], [1, 1])),
        tf.convert_to_tensor_or_sparse_tensor(s) is s,
        tf.convert_to_tensor_or_sparse_tensor(value).values.name,
        tf.convert_to_tensor_or_sparse_tensor([1, 2], name="dense").name,
        attempt(lambda: tf.convert_to_tensor_or_sparse_tensor(s, tf.int32)),
        str(fed.shape),
        s.consumers() == [],
        s.with_values(tf.constant([1, 2, 3])).dtype,
        isinstance(s, tf.sparse.SparseTensor),
    ]  # fmt: skip


@program
def conversions(tf: Any) -> Any:
    s = small(tf)
    dense = tf.constant([[0, 1], [2, 0]])
    made = [tf.sparse.from_dense(dense), tf.sparse.from_dense([["a", ""]], name="text")]
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([2, 0, 1], tf.int64), [2, 2])
    return [
        run(
            tf, *made, tf.sparse.to_dense(s), tf.sparse_tensor_to_dense(s, -1.0, name="dense"),
            tf.sparse.to_dense(made[1], "?"), tf.sparse_to_dense([[0, 1]], [2, 2], [5], default_value=1),
            tf.sparse.to_indicator(ids, 4), tf.sparse_to_indicator(ids, 3, name="marks"),
        ),
        shapes(made),
        attempt(lambda: tf.sparse.to_dense(dense)),
        attempt(lambda: tf.sparse.to_indicator(dense, 3)),
    ]  # fmt: skip


@program
def sums_and_products(tf: Any) -> Any:
    s, other = small(tf), tf.SparseTensor([[0, 1], [1, 1]], [-1.5, 4.0], [2, 3])
    dense = tf.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    results = [
        tf.sparse.add(s, other), tf.sparse_add(s, other, 0.5), tf.sparse.add(s, loose(tf)), tf.sparse_add(s, s, thresh=1.0),
        tf.sparse.softmax(s), tf.sparse_maximum(s, other), tf.sparse.minimum(s, other, name="least"),
        s * dense, s / dense, dense + tf.sparse.to_dense(s),
    ]  # fmt: skip
    return [
        run(
            tf, *results, tf.sparse.add(s, dense), tf.sparse.add(dense, s),
            tf.sparse.matmul(s, tf.transpose(dense)), tf.sparse.sparse_dense_matmul(s, dense, adjoint_a=True, name="product"),
            tf.sparse_tensor_dense_matmul(s, dense, adjoint_b=True),
            tf.sparse.sparse_dense_matmul(dense, s, adjoint_b=True), tf.sparse.sparse_dense_matmul(dense, s, adjoint_a=True),
        ),
        shapes(results),
        attempt(lambda: tf.sparse.add(dense, dense)),
        attempt(lambda: tf.sparse_add(s, s, 1.0, 1.0)),
        attempt(lambda: tf.sparse.add(s, tf.SparseTensor([[0, 0]], [1.0], [1, 1]))),
        attempt(lambda: tf.sparse.matmul(dense, dense)),
    ]  # fmt: skip


@program
def shaping(tf: Any) -> Any:
    s, free = small(tf), loose(tf)
    tall = tf.SparseTensor([[0, 0], [3, 1]], [7.0, 8.0], [4, 2])
    split = tf.sparse.split(sp_input=s, num_split=2, axis=1)
    results = [
        tf.sparse.expand_dims(s), tf.sparse.expand_dims(s, 0), tf.sparse.expand_dims(s, tf.constant(1), name="e"),
        tf.sparse.concat(1, [s, s]), tf.sparse_concat(0, [s, free]), tf.sparse.concat(-1, [s, tall], expand_nonconcat_dim=True),
        tf.sparse_concat(sp_inputs=[s, s], axis=None, concat_dim=0),
        tf.sparse.concat(0, [s]),
        tf.sparse.reorder(s), tf.sparse_reorder(free, name="order"),
        tf.sparse.reshape(s, [3, 2]), tf.sparse_reshape(s, [-1], name="flat"), tf.sparse.reshape(free, [3, -1]),
        tf.sparse.reshape(s, tf.placeholder_with_default([6], [1])),
        *split, *tf.sparse_split(sp_input=free, num_split=2, split_dim=None, axis=0, name="split"),
        tf.sparse.slice(s, [0, 1], [2, 2]), tf.sparse_slice(s, [1, 0], [5, 5], name="part"),
        tf.sparse.transpose(s), tf.sparse_transpose(s, [1, 0], name="turned"), tf.sparse.transpose(free),
        tf.sparse.retain(s, [True, False, True]), tf.sparse_retain(free, tf.constant([False] * 3)),
        tf.sparse.reset_shape(s), tf.sparse_reset_shape(s, [4, 5]), tf.sparse.reset_shape(free, [3, 3]),
    ]  # fmt: skip
    return [
        run(tf, *results),
        shapes(results),
        attempt(lambda: tf.sparse.expand_dims(s, 1.5)),
        attempt(lambda: tf.sparse.concat(0, s)),
        attempt(lambda: tf.sparse_concat(0, [s, s], concat_dim=1)),
        attempt(lambda: tf.sparse.concat(0, [s, tall], expand_nonconcat_dims=True)),
        message(lambda: tf.sparse.reshape(s, [-1, -1]))[:50],
        message(lambda: tf.sparse.reshape(s, [4, 2])),
        attempt(lambda: tf.sparse_split(s, 2, 0)),
        attempt(lambda: tf.sparse_split(sp_input=s)),
        attempt(lambda: tf.sparse_split(sp_input=s, num_split=2)),
        attempt(lambda: tf.sparse.retain(s, [True])),
        attempt(lambda: tf.sparse.reset_shape(s, [1, 1])),
        attempt(lambda: tf.sparse.reset_shape(s, [4])),
        attempt(lambda: tf.sparse.reorder([1])),
    ]


@program
def merging(tf: Any) -> Any:
    ids = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([2, 0, 1], tf.int64), [2, 2])
    narrow = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([2, 0, 1]), [2, 2])
    values = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], [1.0, 2.0, 3.0], [2, 2])
    results = [
        tf.sparse.merge(ids, values, 3), tf.sparse_merge([ids, narrow], values, [3, 4], name="pair"),
        tf.sparse_merge(narrow, values, tf.constant(5), already_sorted=True),
    ]  # fmt: skip
    return [
        run(tf, *results),
        shapes(results),
        message(lambda: tf.sparse_merge(ids, values, "x")),
        attempt(lambda: tf.sparse_merge(7, values, 3)),
        attempt(lambda: tf.sparse_merge([ids], values, 3)),
        attempt(lambda: tf.sparse_merge([ids], values, ["x"])),
        attempt(lambda: tf.sparse_merge([ids], values, [1, 2])),
    ]


@program
def reductions(tf: Any) -> Any:
    s = small(tf)
    sparse = [
        tf.sparse.reduce_sum_sparse(s, 1), tf.sparse_reduce_sum_sparse(s, [0], True), tf.sparse.reduce_max_sparse(s, 0),
        tf.sparse_reduce_max_sparse(s, keep_dims=True, axis=1),
    ]  # fmt: skip
    return [
        run(
            tf, *sparse, tf.sparse.reduce_sum(s), tf.sparse_reduce_sum(s, 1, keepdims=True), tf.sparse.reduce_max(s),
            tf.sparse_reduce_max(s, reduction_axes=[0]), tf.sparse.reduce_sum(loose(tf)),
        ),
        shapes(sparse),
        attempt(lambda: tf.sparse.reduce_sum(s, 1, reduction_axes=0)),
        attempt(lambda: tf.sparse.reduce_max(s, 1, True, keep_dims=True)),
    ]  # fmt: skip


@program
def filling(tf: Any) -> Any:
    s = tf.SparseTensor([[0, 1], [2, 0]], [1.0, 2.0], [4, 3])
    filled, empty = tf.sparse.fill_empty_rows(s, -1.0)
    other, _ = tf.sparse_fill_empty_rows(s, tf.constant(7.0), name="filled")
    made = [
        tf.sparse.eye(2),
        tf.sparse.eye(2, 3, tf.int32, name="i"),
        tf.sparse.eye(tf.constant(2, tf.int64), 1),
    ]
    return [
        run(tf, filled, empty, other, *made),
        shapes([filled, other, *made]),
        attempt(lambda: tf.sparse.eye("x")),
        attempt(lambda: tf.sparse.fill_empty_rows([1], 1)),
    ]


@program
def crossing(tf: Any) -> Any:
    words = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], ["a", "b", "c"], [2, 2])
    numbers = tf.SparseTensor([[0, 0], [1, 0]], tf.constant([1, 2]), [2, 1])
    dense = tf.constant([["x"], ["y"]])
    results = [
        tf.sparse.cross([words, dense]), tf.sparse.cross([words, words], name="c", separator="-"),
        tf.sparse.cross_hashed([words, dense]), tf.sparse.cross_hashed([words, numbers], 100, 7, name="h"),
    ]  # fmt: skip
    return [
        run(tf, *results),
        shapes(results),
        attempt(lambda: tf.sparse.cross(words)),
        attempt(lambda: tf.sparse.cross([words, 1])),
        attempt(lambda: tf.sparse.cross_hashed([words, "x"])),
    ]


@program
def serialization(tf: Any) -> Any:
    s = small(tf)
    many = tf.serialize_many_sparse(s)
    back = tf.deserialize_many_sparse(many, tf.float32, rank=1)
    other = tf.io.deserialize_many_sparse(many, tf.float32, name="back")
    return [
        run(
            tf,
            back,
            other,
            tf.shape(tf.serialize_sparse(s)),
            tf.shape(tf.io.serialize_sparse(s, "one")),
        ),
        shapes([back, other]),
        tf.serialize_sparse(s, out_type=tf.variant).dtype,
    ]


@program
def counting(tf: Any) -> Any:
    count = tf.sparse.bincount
    s = small(tf, tf.int64)
    weights = tf.SparseTensor(s.indices, [0.5, 1.0, 2.0], s.dense_shape)
    dense = tf.constant([[1, 1, 2], [0, 3, 3]])
    results = [
        count(dense), count(dense, axis=-1, name="rows"), count(dense, minlength=6, maxlength=8),
        count(dense, binary_output=True, axis=-1), count(dense, weights=tf.ones([2, 3])), count(s), count(s, axis=-1),
        count(s, weights, axis=-1), count(s, weights), count([1, 1]),
    ]  # fmt: skip
    return [
        run(tf, *results),
        attempt(lambda: count(dense, weights=tf.ones([2, 3]), binary_output=True)),
        attempt(lambda: count(dense, axis=1)),
        attempt(lambda: count(s, weights=tf.ones([3]))),
    ]


@program
def elements(tf: Any) -> Any:
    s = small(tf)
    return run(
        tf, tf.abs(s), tf.negative(s), tf.sign(s), tf.square(s), tf.sqrt(tf.abs(s)), tf.math.erf(s), tf.tanh(s, name="t"),
        tf.cast(s, tf.int32), tf.math.bessel_i0e(s), tf.shape(s), tf.size(s), tf.rank(s),
    )  # fmt: skip


@program
def segments_and_slices(tf: Any) -> Any:
    data = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    slices = tf.IndexedSlices(data, tf.constant([1, 4, 6]), tf.constant([8, 2]))
    masked = tf.sparse_mask(slices, [4])
    results = [
        tf.sparse_segment_sum(data, [0, 2], [0, 0]),
        tf.sparse.segment_mean(data, [0, 2, 1], [0, 0, 1], name="m"),
        tf.sparse_segment_sqrt_n(data, [0, 2, 1], [0, 0, 1], num_segments=3),
        tf.sparse.segment_sum(data, [0, 1], [0, 2], num_segments=4),
        masked.values,
        masked.indices,
    ]
    with tf.Session() as session:
        return session.run(results)
