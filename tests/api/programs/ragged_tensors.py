"""Ragged tensors and what they are made of, or made into."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, program
from tests.api.ragged_values import failure, loose, run, told


@program
def properties(tf: Any) -> Any:
    ragged = tf.RaggedTensor
    values = loose(tf, [[1, 2], [3, 4], [5, 6]])
    nested = ragged.from_nested_row_splits(values, [[0, 2, 2], [0, 2, 3]], validate=False)
    flat = ragged.from_row_splits(values, loose(tf, [0, 1, 3]), validate=False)
    uniform = ragged.from_uniform_row_length(ragged.from_row_splits([1, 2], [0, 1, 1, 2, 2]), 2)
    numbered = ragged.from_value_rowids(values, [0, 0, 2], validate=False)
    found = [
        nested.nrows(), nested.nrows(tf.int32, name="n"), flat.nrows(), nested.value_rowids(), flat.value_rowids("ids"),
        numbered.value_rowids(), nested.nested_value_rowids(), nested.row_starts(), flat.row_starts("starts"),
        flat.row_limits(), nested.row_lengths(), nested.row_lengths(0), nested.row_lengths(2), nested.row_lengths(axis=-1),
        flat.row_lengths(axis=2), numbered.row_lengths(), nested.nested_row_lengths(), nested.bounding_shape(),
        nested.bounding_shape(0), nested.bounding_shape(1, name="b"), flat.bounding_shape(out_type=tf.int64),
        nested.bounding_shape([0, 2]), flat.bounding_shape(axis=1, out_type=tf.int32), uniform.row_lengths(),
        uniform.uniform_row_length, nested.flat_values, nested.nested_row_splits,
    ]  # fmt: skip
    return [
        run(tf, *found), told([nested, flat, uniform, numbered]), nested.get_shape().as_list(),
        message(lambda: nested.row_lengths(5)),
        nested.values.row_splits is nested.nested_row_splits[1], sorted(op.name for op in flat.consumers()),
    ]  # fmt: skip


@program
def ragged_tensors_like_others(tf: Any) -> Any:
    ragged = tf.RaggedTensor
    nested = tf.ragged.constant([[[1, 2], []], [[3]]])
    free = ragged.from_nested_row_splits(
        loose(tf, [[1, 2], [3, 4], [5, 6]]), [[0, 2, 2], [0, 2, 3]], validate=False
    )
    uniform = ragged.from_uniform_row_length(nested, 1)
    made = [
        nested.with_values(tf.constant([7, 8, 9])), nested.with_values([[7, 1], [8, 2], [9, 3]]),
        nested.with_flat_values(["a", "b", "c"]), nested.with_row_splits_dtype(tf.int32), free.with_row_splits_dtype("int32"),
        nested.merge_dims(0, 1), nested.merge_dims(1, 2), nested.merge_dims(0, 2), nested.merge_dims(-2, -1),
        free.merge_dims(1, 3), free.merge_dims(2, 3), free.merge_dims(1, 1), uniform.merge_dims(1, 2), free.merge_dims(0, 3),
    ]  # fmt: skip
    narrow = nested.with_row_splits_dtype(tf.int32)
    return [
        run(tf, *made), told(made), nested.with_row_splits_dtype(tf.int64) is nested,
        attempt(lambda: nested.with_values([1, 2])), attempt(lambda: nested.with_values(narrow)),
        attempt(lambda: nested.with_row_splits_dtype(tf.float32)),
        message(lambda: nested.merge_dims(2, 1)), message(lambda: nested.merge_dims(0, 3)),
    ]  # fmt: skip


@program
def dense_tensors(tf: Any) -> Any:
    ragged = tf.RaggedTensor
    known = tf.constant([[1, 2, 0], [3, 0, 0]])
    free = loose(tf, [[1, 2, 0], [3, 0, 0]])
    deep = tf.constant([[[1, 2], [3, 4]], [[5, 6], [0, 0]]])
    made = [
        ragged.from_tensor(known), ragged.from_tensor(free, name="free"), ragged.from_tensor(known, lengths=[2, 1]),
        ragged.from_tensor(free, lengths=loose(tf, [2, 9]), row_splits_dtype=tf.int32), ragged.from_tensor(deep, ragged_rank=2),
        ragged.from_tensor(loose(tf, np.arange(8).reshape(2, 2, 2)), ragged_rank=2), ragged.from_tensor(known, padding=0),
        ragged.from_tensor(deep, padding=[0, 0]), ragged.from_tensor(deep, lengths=([2, 1], [1, 2, 1])),
    ]  # fmt: skip
    nested = tf.ragged.constant([[[1, 2], []], [[3]]])
    pairs = tf.ragged.constant([[[1, 2]], [[3, 4], [5, 6]]], ragged_rank=1)
    numbered = ragged.from_value_rowids([1, 2, 3], [0, 0, 2])
    dense = [
        made[2].to_tensor(), nested.to_tensor(), nested.to_tensor(-1, name="dense"), nested.to_tensor(shape=[2, None, 1]),
        made[3].to_tensor(shape=(None, 4)), nested.to_tensor(shape=tf.constant([3, 3, 3])), pairs.to_tensor(default_value=[8, 9]),
        numbered.to_tensor(), tf.ragged.constant([["a"], []]).to_tensor("?"), made[2].to_tensor(shape=[tf.constant(1), 2]),
    ]  # fmt: skip
    return [
        run(tf, *made, *dense), told(made), told(dense),
        message(lambda: ragged.from_tensor(known, [1, 2], 0)), attempt(lambda: ragged.from_tensor(known, ragged_rank=0)),
        attempt(lambda: ragged.from_tensor(known, ragged_rank="x")), attempt(lambda: ragged.from_tensor([1, 2])),
        attempt(lambda: ragged.from_tensor(known, ragged_rank=2)),
    ]  # fmt: skip


@program
def sparse_tensors(tf: Any) -> Any:
    ragged = tf.RaggedTensor
    sparse = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], [1, 2, 3], [3, 4])
    free = tf.SparseTensor(
        loose(tf, [[0, 0], [1, 0]], tf.int64), [1, 2], loose(tf, [2, 4], tf.int64)
    )
    made = [
        ragged.from_sparse(sparse),
        ragged.from_sparse(sparse, name="s", row_splits_dtype=tf.int32),
    ]
    nested = tf.ragged.constant([[[1, 2], []], [[3]]])
    back = [made[0].to_sparse(), nested.to_sparse(name="back")]
    wrong = ragged.from_sparse(tf.SparseTensor([[0, 1]], [1], [1, 2]))
    return [
        run(tf, *made, *back), told(made), told(back), failure(tf, wrong),
        attempt(lambda: ragged.from_sparse([1])), message(lambda: ragged.from_sparse(tf.SparseTensor([[0]], [1], [1]))),
        told([ragged.from_sparse(tf.SparseTensor(free.indices, free.values, [2, 4]))]),
    ]  # fmt: skip
