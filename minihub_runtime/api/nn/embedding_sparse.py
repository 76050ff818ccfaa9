"""Rows of tables, combined for each row of a sparse tensor.

Source: tensorflow/python/ops/embedding_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import div_no_nan, pow
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.nn.embedding import embedding_lookup, partitions
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.api.variables.resource import BaseResourceVariable
from minihub_runtime.dtypes import bfloat16, float16, float32, int32, int64
from minihub_runtime.public import public

__all__ = ["embedding_lookup_sparse"]

_OF_SEGMENTS = {
    "sum": "SparseSegmentSum",
    "mean": "SparseSegmentMean",
    "sqrtn": "SparseSegmentSqrtN",
}


def _is_resource(table: Any) -> bool:
    return isinstance(table, BaseResourceVariable)


@public("nn.embedding_lookup_sparse")
def embedding_lookup_sparse(
    params: Any,
    sp_ids: Any,
    sp_weights: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    combiner: str | None = None,
    max_norm: Any = None,
    allow_fast_lookup: bool = False,
) -> Tensor:
    """Rows of a table, combined for each row of ids.

    Args:
        params: a table, or its partitions; see `embedding_lookup`.
        sp_ids: a SparseTensor of row numbers, sorted by rows, none of which is empty.
        sp_weights: a SparseTensor of weights at the same places, or None for ones.
        partition_strategy: "mod" or "div".
        name: wanted name.
        combiner: "sum"; "mean", the default, which divides by the sum of weights; or "sqrtn", which divides by the
            root of the sum of squares of weights.
        max_norm: the largest length of a row; longer ones are scaled.
        allow_fast_lookup: gather the rows without finding out which ids are the same.

    Returns:
        `[rows of sp_ids] + row`.

    Raises:
        ValueError: the combiner is another, or shapes do not fit.
        TypeError: ids or weights are not sparse.
    """
    combiner = "mean" if combiner is None else combiner
    if combiner not in _OF_SEGMENTS:
        raise ValueError(f"combiner must be one of 'mean', 'sqrtn' or 'sum', got {combiner}")
    tables = partitions(params)
    if not isinstance(sp_ids, SparseTensor):
        raise TypeError(f"sp_ids must be SparseTensor, got {type(sp_ids)}")
    if sp_weights is not None:
        if not isinstance(sp_weights, SparseTensor):
            raise TypeError(
                f"sp_weights must be either None or SparseTensor,got {type(sp_weights)}"
            )
        for ids_part, part in zip(sp_ids.components, sp_weights.components, strict=True):
            ids_part.shape.assert_is_compatible_with(part.shape)
    with name_scope(name, "embedding_lookup_sparse", [*tables, sp_ids]) as scope:
        segments = sp_ids.indices[:, 0]
        ids = sp_ids.values
        if len(tables) == 1 and not _is_resource(tables[0]):
            tables = [convert_to_tensor(tables[0], name="params")]
        # Rows of a variable by handle are gathered from it, not from its value.
        direct = (
            len(tables) == 1
            and not _is_resource(tables[0])
            and max_norm is None
            and tables[0].device == segments.device
            and (allow_fast_lookup or sp_weights is None)
        )
        if direct:
            places, rows = ids, tables[0]
        else:
            ids, places = build("Unique", x=ids, out_idx=int32)
            rows = embedding_lookup(
                tables, ids, partition_strategy=partition_strategy, max_norm=max_norm
            )
        if sp_weights is not None:
            return _weighted(rows, places, segments, sp_weights.values, combiner, scope)
        if segments.dtype not in (int32, int64):
            segments = cast(segments, int32)
        made: Tensor = build(
            _OF_SEGMENTS[combiner],
            name=scope,
            data=rows,
            indices=places,
            segment_ids=segments,
            sparse_gradient=direct and not allow_fast_lookup,
        )
        return made


def _weighted(
    rows: Any, places: Tensor, segments: Tensor, weights: Tensor, combiner: str, scope: str
) -> Tensor:
    if segments.dtype is not int32:
        segments = cast(segments, int32)
    rows = gather(rows, places)
    dtype = rows.dtype
    if dtype in (float16, bfloat16):
        rows = cast(rows, float32)
    if weights.dtype is not rows.dtype:
        weights = cast(weights, rows.dtype)
    inner = ones(expand_dims(rank(rows) - 1, 0), dtype=int32)
    known = weights.shape
    weights = reshape(weights, concat([shape(weights), inner], 0))
    if rows.shape.rank is not None:
        weights.set_shape(known.concatenate([1] * (rows.shape.rank - 1)))
    rows *= weights
    if combiner == "sum":
        total = build("SegmentSum", name=scope, data=rows, segment_ids=segments)
    else:
        total = build("SegmentSum", data=rows, segment_ids=segments)
        counted = weights if combiner == "mean" else pow(weights, 2)
        divisor = build("SegmentSum", data=counted, segment_ids=segments)
        if combiner == "sqrtn":
            divisor = build("Sqrt", x=divisor)
        total = div_no_nan(total, divisor, name=scope)
    made: Tensor = cast(total, dtype) if total.dtype is not dtype else total
    return made
