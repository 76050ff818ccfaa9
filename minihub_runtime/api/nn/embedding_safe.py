"""Rows of tables, combined for each row of a sparse tensor that may hold anything.

Source: tensorflow/python/ops/embedding_ops.py, sparse_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import ones_like, zeros_like
from minihub_runtime.api.gathering import gather, where, where_v2
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.embedding import partitions
from minihub_runtime.api.nn.embedding_sparse import embedding_lookup_sparse
from minihub_runtime.api.reduction import reduce_prod
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.static_values import constant_value_as_shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.resource import BaseResourceVariable
from minihub_runtime.dtypes import bool_, int32, int64
from minihub_runtime.public import public

__all__ = ["safe_embedding_lookup_sparse"]


@public("nn.safe_embedding_lookup_sparse")
def safe_embedding_lookup_sparse(
    embedding_weights: Any,
    sparse_ids: Any,
    sparse_weights: Any = None,
    combiner: str = "mean",
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: Any = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """`embedding_lookup_sparse` that takes empty rows, and leaves negative ids and, but for "sum", weights out.

    Args:
        embedding_weights: a table, or its partitions.
        sparse_ids: a SparseTensor of row numbers, of rank two or more; the last dimension is combined.
        sparse_weights: a SparseTensor of weights at the same places, or None for ones.
        combiner: "sum", "mean" or "sqrtn".
        default_id: the row that stands for no row; zeros by default.
        name: wanted name.
        partition_strategy: "div" or "mod".
        max_norm: the largest length of a row; longer ones are scaled.
        allow_fast_lookup: gather the rows without finding out which ids are the same.

    Returns:
        The outer dimensions of `sparse_ids`, then a row.

    Raises:
        ValueError: there is no table, the combiner is another, or shapes do not fit.
    """
    if embedding_weights is None:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    tables = partitions(embedding_weights)
    if not tables:
        raise ValueError(f"Missing embedding_weights {embedding_weights}.")
    dtype = sparse_weights.dtype if sparse_weights is not None else None
    tables = [
        table
        if isinstance(table, BaseResourceVariable) and dtype in (None, table.dtype)
        else convert_to_tensor(table, dtype=dtype)
        for table in tables
    ]
    with name_scope(name, "embedding_lookup", [*tables, sparse_ids, sparse_weights]) as scope:
        original = sparse_ids.dense_shape
        known_rank = original.shape.as_list()[0] if original.shape.rank is not None else None
        ranks: Any = size(original) if known_rank is None else known_rank
        sparse_ids = _reshape(
            sparse_ids,
            [reduce_prod(slice(original, [0], [ranks - 1])), gather(original, ranks - 1)],
        )
        if sparse_weights is not None:
            sparse_weights = SparseTensor(
                sparse_ids.indices, sparse_weights.values, sparse_ids.dense_shape
            )
        sparse_ids, sparse_weights = _without_bad_ids(sparse_ids, sparse_weights)
        if combiner != "sum" and sparse_weights is not None:
            good = build("Greater", x=sparse_weights.values, y=0)
            sparse_ids = _retain(sparse_ids, good)
            sparse_weights = _retain(sparse_weights, good)
        sparse_ids, is_empty = _fill_empty_rows(sparse_ids, default_id or 0)
        if sparse_weights is not None:
            sparse_weights, _ = _fill_empty_rows(sparse_weights, 1.0)
        result = embedding_lookup_sparse(
            tables,
            sparse_ids,
            sparse_weights,
            combiner=combiner,
            partition_strategy=partition_strategy,
            name=None if default_id is None else scope,
            max_norm=max_norm,
            allow_fast_lookup=allow_fast_lookup,
        )
        if default_id is None:
            is_empty = build(
                "Tile",
                input=reshape(is_empty, [-1, 1]),
                multiples=stack([1, shape(result)[1]]),
            )
            result = where(is_empty, zeros_like(result), result, name=scope)
        outer = slice(cast(original, int32), [0], [ranks - 1])
        final = reshape(result, concat([outer, slice(shape(result), [1], [-1])], 0))
        known = TensorShape(None if known_rank is None else [None] * (known_rank - 1))
        final.set_shape(known.concatenate(result.shape[1:]))
        return final


def _without_bad_ids(sparse_ids: Any, sparse_weights: Any) -> tuple[Any, Any]:
    good = build("GreaterEqual", x=sparse_ids.values, y=0)
    if sparse_weights is None:
        return _retain(sparse_ids, good), None
    good = build("LogicalAnd", x=good, y=ones_like(sparse_weights.values, dtype=bool_))
    return _retain(sparse_ids, good), _retain(sparse_weights, good)


# The parts of sparse tensors' functions that are needed here


def _reshape(sp_input: SparseTensor, new_shape: Any) -> SparseTensor:
    new_shape = cast(new_shape, int64)
    with name_scope(None, "SparseReshape", [sp_input]) as scope:
        indices, dense_shape = build(
            "SparseReshape",
            name=scope,
            input_indices=sp_input.indices,
            input_shape=sp_input.dense_shape,
            new_shape=new_shape,
        )
        known = constant_value_as_shape(new_shape)
        if known.is_fully_defined() and sp_input.shape.is_fully_defined():
            dense_shape = constant(known.as_list(), int64)
        return SparseTensor(indices, build("Identity", input=sp_input.values), dense_shape)


def _retain(sp_input: SparseTensor, wanted: Tensor) -> SparseTensor:
    kept = reshape(where_v2(wanted), [-1])
    indices = gather(sp_input.indices, kept)
    values = gather(sp_input.values, kept)
    return SparseTensor(indices, values, build("Identity", input=sp_input.dense_shape))


def _fill_empty_rows(sp_input: SparseTensor, value: Any) -> tuple[SparseTensor, Tensor]:
    with name_scope(None, "SparseFillEmptyRows", [sp_input]):
        value = convert_to_tensor(value, sp_input.values.dtype)
        indices, values, is_empty, _ = build(
            "SparseFillEmptyRows",
            indices=sp_input.indices,
            values=sp_input.values,
            dense_shape=sp_input.dense_shape,
            default_value=value,
        )
        return SparseTensor(indices, values, sp_input.dense_shape), is_empty
