"""Rows of tables that may be split into partitions.

Source: tensorflow/python/ops/embedding_ops.py.
"""

from __future__ import annotations

import builtins
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.contexts import colocate_with
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.gathering import gather, where
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import rank, shape, size
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.partitioned import PartitionedVariable
from minihub_runtime.api.variables.resource import BaseResourceVariable
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["embedding_lookup", "partitions"]


def partitions(params: Any) -> list[Any]:
    """The partitions of a table: of a PartitionedVariable or a list, or the table itself."""
    if isinstance(params, PartitionedVariable):
        return list(params)
    return params if isinstance(params, list) else [params]


@public("nn.embedding_lookup")
def embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: str = "mod",
    name: str | None = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> Tensor:
    """Rows of a table.

    Args:
        params: a table, `[rows] + row`, or its partitions: a list or a PartitionedVariable.
        ids: which rows, `s`; int32 or int64.
        partition_strategy: "mod", where row i is in partition `i % n`, or "div", where rows are dealt out in order.
        name: wanted name.
        validate_indices: has no effect; rows that do not exist are an error when the graph runs.
        max_norm: the largest length of a row; longer ones are scaled.

    Returns:
        `s + row`.

    Raises:
        ValueError: there is no table, or the strategy is another.
    """
    if params is None:
        raise ValueError("params must be specified")
    if isinstance(params, (list, tuple)) and not params:
        raise ValueError("Length of params is currently 0. Need at least one param.")
    tables = partitions(params)
    with name_scope(name, "embedding_lookup", [*tables, ids]) as scope:
        if not any(isinstance(table, BaseResourceVariable) for table in tables):
            tables = [
                convert_to_tensor(table, name=f"params_{i}") for i, table in enumerate(tables)
            ]
        ids = convert_to_tensor(ids, name="ids")
        if len(tables) == 1:
            with colocate_with(tables[0]):
                rows = _clip(gather(tables[0], ids, name=scope), ids, max_norm)
            made: Tensor = build("Identity", input=rows)
            return made
        return _from_partitions(tables, ids, partition_strategy, scope, max_norm)


def _from_partitions(
    tables: list[Any], ids: Tensor, strategy: str, scope: str, max_norm: Any
) -> Tensor:
    flat = reshape(ids, [-1])
    places = range(size(flat))
    if strategy == "mod":
        owners, inner = flat % len(tables), flat // len(tables)
    elif strategy == "div":
        owners, inner = _dealt_out_in_order(tables, flat)
    else:
        raise ValueError(
            f"Unrecognized partition strategy: {strategy}.Must be one of either `mod` or `div`."
        )
    owners = cast(owners, int32)
    count = len(tables)
    wanted = build("DynamicPartition", data=inner, partitions=owners, num_partitions=count)
    places = build("DynamicPartition", data=places, partitions=owners, num_partitions=count)
    found = []
    for table, rows in zip(tables, wanted, strict=True):
        with colocate_with(table):
            found.append(gather(table, rows))
    result = build("ParallelDynamicStitch", name=scope, indices=places, data=found)
    row = TensorShape(tables[0].shape[1:])
    for table in tables[1:]:
        row = row.merge_with(table.shape[1:])
    row_sizes: Any = row
    if not row.is_fully_defined():
        with colocate_with(tables[0]):
            sizes = shape(tables[0])
        row_sizes = sizes[1:]
    result = reshape(result, concat([shape(ids), row_sizes], 0))
    result.set_shape(ids.shape.concatenate(row))
    return _clip(result, ids, max_norm)


def _dealt_out_in_order(tables: list[Any], ids: Tensor) -> tuple[Tensor, Tensor]:
    """Partition and row in it; the first partitions have one row more where rows do not come out even."""
    lengths = [None if t.shape.rank is None else t.shape.as_list()[0] for t in tables]
    known = [length for length in lengths if length is not None]
    if len(known) == len(lengths) and sum(known):
        total = constant(sum(known), ids.dtype)
    else:
        sizes = []
        for table, length in zip(tables, lengths, strict=True):
            if length is not None:
                sizes.append(length)
                continue
            with colocate_with(table):
                sizes.append(shape(table)[0])
        total = reduce_sum(cast(stack(sizes), ids.dtype))
    each = total // len(tables)
    extra = total % len(tables)
    owners = build("Maximum", x=ids // (each + 1), y=(ids - extra) // each)
    inner = where(owners < extra, ids % (each + 1), (ids - extra) % each)
    return owners, inner


def _clip(rows: Tensor, ids: Tensor, max_norm: Any) -> Tensor:
    """Rows that are not longer than `max_norm`."""
    if max_norm is None:
        return rows
    outer, inner = ids.shape.rank, rows.shape.rank
    if outer and inner:
        return _clip_by_norm(rows, max_norm, list(builtins.range(outer, inner)))
    return _clip_by_norm(rows, max_norm, range(outer or rank(ids), inner or rank(rows)))


def _clip_by_norm(rows: Tensor, max_norm: Any, axes: Any) -> Tensor:
    with name_scope(None, "clip_by_norm", [rows, max_norm]) as scope:
        squares = reduce_sum(rows * rows, axes, keepdims=True)
        is_positive = squares > 0
        # The root's gradient is infinite at zero, so zero does not get there.
        safe = where(is_positive, squares, ones_like(squares))
        length = where(is_positive, build("Sqrt", x=safe), squares)
        scaled = rows * max_norm
        rows.shape.assert_is_compatible_with(scaled.shape)
        clipped = scaled / build("Maximum", x=length, y=max_norm)
        made: Tensor = build("Identity", name=scope, input=clipped)
        return made
