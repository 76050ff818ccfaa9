"""Several dimensions as one.

Source: tensorflow/python/ops/ragged/ragged_tensor.py.
"""

from __future__ import annotations

import math
from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.reduction import reduce_prod
from minihub_runtime.api.sizes import shape

__all__ = ["merge_dims"]


def merge_dims(value: Any, outer_axis: int, inner_axis: int) -> Any:
    """A ragged or dense tensor with the dimensions from `outer_axis` to `inner_axis` as one.

    Args:
        value: a tensor.
        outer_axis: the first axis, counted from the front.
        inner_axis: the last.
    """
    if outer_axis == inner_axis:
        return value
    while outer_axis == 0 and isinstance(value, RaggedTensor):
        value = value.values
        inner_axis -= 1
        if inner_axis == 0:
            return value
    if not isinstance(value, RaggedTensor):
        if value.shape.is_fully_defined():
            known = value.shape.as_list()
            new_shape: Any = [*known[:outer_axis], -1, *known[inner_axis + 1 :]]
        else:
            sizes = shape(value)
            new_shape = concat([sizes[:outer_axis], [-1], sizes[inner_axis + 1 :]], axis=0)
        return reshape(value, new_shape)
    if outer_axis > 1:
        return value.with_values(merge_dims(value.values, outer_axis - 1, inner_axis - 1))
    return _merge_rows(value, outer_axis, inner_axis)


def _merge_rows(value: RaggedTensor, outer_axis: int, inner_axis: int) -> RaggedTensor:
    """The rows of `value`, joined with what lies inside them down to `inner_axis`."""
    values = value.values
    splits: Any = value.row_splits
    for axis in range(outer_axis, inner_axis):
        if isinstance(values, RaggedTensor):
            splits = gather(values.row_splits, splits)
            values = values.values
            continue
        depth = inner_axis - axis + 1
        size: Any
        if values.shape.is_fully_defined():
            known = values.shape.as_list()
            new_shape: Any = [-1, *known[depth:]]
            size = math.prod(known[1:depth])
        else:
            sizes = shape(values)
            new_shape = concat([[-1], sizes[depth:]], axis=0)
            size = cast(reduce_prod(sizes[1:depth]), splits.dtype)
        values = reshape(values, new_shape)
        splits = splits * size
        break
    return RaggedTensor.from_row_splits(values, splits)
