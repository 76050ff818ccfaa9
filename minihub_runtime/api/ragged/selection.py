"""Elements of one ragged tensor or another, and those of one that a mask tells.

Source: tensorflow/python/ops/ragged/ragged_where_op.py, ragged_array_ops.py.
"""

from __future__ import annotations

import builtins
from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.gathering import boolean_mask as mask_dense
from minihub_runtime.api.gathering import gather as gather_dense
from minihub_runtime.api.gathering import where as where_dense
from minihub_runtime.api.gathering import where_v2 as where_v2_dense
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.joining import concat as concat_dense
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.ragged.dynamic_shape import (
    RaggedTensorDynamicShape,
    broadcast_dynamic_shape,
    broadcast_to,
)
from minihub_runtime.api.ragged.elementwise import map_flat_values
from minihub_runtime.api.ragged.gathering import gather
from minihub_runtime.api.ragged.joining import concat
from minihub_runtime.api.ragged.reductions import reduce_sum
from minihub_runtime.api.ragged.repeating import assert_splits_match, lengths_to_splits
from minihub_runtime.api.ragged.segment_ids import row_splits_to_segment_ids
from minihub_runtime.api.ragged.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    match_row_splits_dtypes,
    nrows,
)
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import count_nonzero, cumprod
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import bool_
from minihub_runtime.public import public

__all__ = ["boolean_mask", "where", "where_v2"]


def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """`tf.where` of tensors of which some are ragged: without broadcasting."""
    return _where(condition, x, y, name, broadcasting=False)


def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Any:
    """`tf.where_v2` of tensors of which some are ragged: with broadcasting."""
    return _where(condition, x, y, name, broadcasting=True)


def _where(condition: Any, x: Any, y: Any, name: str | None, broadcasting: bool) -> Any:
    if (x is None) != (y is None):
        raise ValueError("x and y must be either both None or both non-None")
    # The name is the default name, as in TensorFlow.
    with name_scope("RaggedWhere", name, [condition, x, y]):
        condition = convert_to_tensor_or_ragged_tensor(condition, name="condition")
        if x is None:
            return _places(condition)
        x = convert_to_tensor_or_ragged_tensor(x, name="x")
        y = convert_to_tensor_or_ragged_tensor(y, name="y")
        match_row_splits_dtypes(condition, x, y)
        choose = _chosen_broadcast if broadcasting else _chosen
        return choose(condition, x, y)


def _chosen(condition: Any, x: Any, y: Any) -> Any:
    ragged = [isinstance(tensor, RaggedTensor) for tensor in (condition, x, y)]
    if all(ragged):
        return map_flat_values(where_dense, condition, x, y)
    if ragged[0]:
        raise ValueError("Input shapes do not match.")
    # A vector chooses among rows: those of both, one after the other.
    condition.shape.assert_has_rank(1)
    both = concat([x, y], axis=0)
    dtype = both.row_splits.dtype
    x_count, y_count = nrows(x, dtype), nrows(y, dtype)
    rows = where_dense(condition, range(x_count), x_count + range(y_count))
    return gather(both, rows)


def _chosen_broadcast(condition: Any, x: Any, y: Any) -> Any:
    shapes = [tensor.shape for tensor in (condition, x, y)]
    known = all(one.is_fully_defined() for one in shapes)
    if not known or not shapes[0] == shapes[1] == shapes[2]:
        sizes = [RaggedTensorDynamicShape.from_tensor(tensor) for tensor in (condition, x, y)]
        target = broadcast_dynamic_shape(sizes[0], broadcast_dynamic_shape(sizes[1], sizes[2]))
        condition, x, y = (broadcast_to(tensor, target) for tensor in (condition, x, y))
    if not any(isinstance(tensor, RaggedTensor) for tensor in (condition, x, y)):
        return where_v2_dense(condition, x, y)
    return map_flat_values(where_v2_dense, condition, x, y)


def _places(condition: Any) -> Any:
    """Where a tensor is true."""
    if not isinstance(condition, RaggedTensor):
        return where_dense(condition)
    inner = _places(condition.values)
    condition = condition.with_row_splits_dtype(inner.dtype)
    first = inner[:, 0]
    rows = gather_dense(condition.value_rowids(), first)
    starts = gather_dense(condition.row_splits, rows)
    columns = first - starts
    return concat_dense([expand_dims(rows, 1), expand_dims(columns, 1), inner[:, 1:]], axis=1)


@public("ragged.boolean_mask")
def boolean_mask(data: Any, mask: Any, name: str | None = None) -> Any:
    """The elements, or rows, for which a mask is true; rows stay apart.

    Args:
        data: a tensor, ragged or dense.
        mask: bool, ragged or dense, of the shape of `data` or of its first dimensions.
        name: a name of the operations.

    Returns:
        A RaggedTensor of the rank of `data`; a Tensor if the mask is a vector and `data` is dense.

    Raises:
        ValueError: the rank of the mask is 0 or not known, or splits have different types.
    """
    with name_scope(name, "RaggedMask", [data, mask]):
        data = convert_to_tensor_or_ragged_tensor(data, name="data")
        mask = convert_to_tensor_or_ragged_tensor(mask, bool_, name="mask")
        dtype = match_row_splits_dtypes(data, mask)
        ndims = mask.shape.ndims
        if ndims is None:
            raise ValueError("mask.shape.ndims must be known statically.")
        if ndims == 0:
            raise ValueError("mask cannot be scalar.")
        if isinstance(mask, RaggedTensor):
            return _ragged_mask(data, mask, dtype)
        if isinstance(data, RaggedTensor):
            if ndims == 1:
                return _rows_masked(data, mask)
            depth = min(data.ragged_rank, ndims - 1)
            ragged = RaggedTensor.from_tensor(
                mask, ragged_rank=depth, row_splits_dtype=data.row_splits.dtype
            )
            return boolean_mask(data, ragged)
        return _dense_masked(data, mask, dtype)


def _ragged_mask(data: Any, mask: Any, dtype: Any) -> Any:
    if not isinstance(data, RaggedTensor):
        data = RaggedTensor.from_tensor(
            data, ragged_rank=mask.ragged_rank, row_splits_dtype=mask.row_splits.dtype
        )
    levels = [mask.nested_row_splits, data.nested_row_splits[: mask.ragged_rank]]
    with control_dependencies(assert_splits_match(levels)):
        splits = []
        while isinstance(mask, RaggedTensor):
            ndims = mask.shape.ndims
            if ndims is not None and ndims > 2:
                splits.append(mask.row_splits)
            else:
                numbers = map_flat_values(cast, mask, dtype=dtype)
                splits.append(lengths_to_splits(reduce_sum(numbers, axis=1)))
            mask, data = mask.values, data.values
        values = boolean_mask(data, mask)
        return RaggedTensor.from_nested_row_splits(values, splits, validate=False)


def _rows_masked(data: RaggedTensor, mask: Any) -> RaggedTensor:
    lengths = mask_dense(data.row_lengths(), mask)
    splits = lengths_to_splits(lengths)
    ids = row_splits_to_segment_ids(data.row_splits)
    values = boolean_mask(data.values, gather_dense(mask, ids))
    return RaggedTensor.from_row_splits(values, splits, validate=False)


def _dense_masked(data: Any, mask: Any, dtype: Any) -> Any:
    values: Any = mask_dense(data, mask)
    ndims = mask.shape.ndims
    if ndims < 2:
        return values
    lengths = reshape(count_nonzero(mask, axis=-1, dtype=dtype), [-1])
    values = RaggedTensor.from_row_lengths(values, lengths, validate=False)
    if ndims > 2:
        sizes = shape(mask, out_type=dtype)
        counts = cumprod(sizes) + 1
        for axis in builtins.range(ndims - 3, -1, -1):
            size = sizes[axis + 1]
            splits = range(counts[axis]) * size
            values = RaggedTensor.from_row_splits(values, splits, validate=False)
    return values
