"""Ragged tensors one after the other, and one upon the other.

Source: tensorflow/python/ops/ragged/ragged_concat_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.joining import concat as concat_dense
from minihub_runtime.api.joining import stack as stack_dense
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.ragged.gathering import gather
from minihub_runtime.api.ragged.repeating import assert_splits_match, lengths_to_splits
from minihub_runtime.api.ragged.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    match_row_splits_dtypes,
)
from minihub_runtime.api.ranges import range
from minihub_runtime.api.repeating import get_positive_axis
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import DType
from minihub_runtime.public import public

__all__ = ["concat", "stack"]


def concat(values: Any, axis: Any, name: str | None = None) -> Any:
    """`tf.concat` of tensors of which some are ragged.

    Raises:
        ValueError: there is no such axis, ranks differ, or splits have different types.
    """
    values = values if isinstance(values, (list, tuple)) else [values]
    with name_scope(name, "RaggedConcat", values):
        return _joined(values, axis, stacked=False)


@public("ragged.stack")
def stack(values: Any, axis: int = 0, name: str | None = None) -> Any:
    """Tensors of one rank, ragged or dense, along a new dimension.

    Args:
        values: the tensors.
        axis: the new dimension.
        name: a name of the operations.

    Returns:
        A RaggedTensor, or a Tensor if nothing is ragged.

    Raises:
        ValueError: there is none, there is no such axis, ranks differ, or splits have different types.
    """
    values = values if isinstance(values, (list, tuple)) else [values]
    with name_scope(name, "RaggedConcat", values):
        return _joined(values, axis, stacked=True)


def _joined(values: Any, axis: Any, stacked: bool) -> Any:
    if not values:
        raise ValueError("rt_inputs may not be empty.")
    inputs = [convert_to_tensor_or_ragged_tensor(value, name="rt_input") for value in values]
    dtype = match_row_splits_dtypes(*inputs)
    if len(inputs) == 1 and not stacked:
        return inputs[0]
    ndims: int | None = None
    for item in inputs:
        if ndims is None:
            ndims = item.shape.ndims
        else:
            item.shape.assert_has_rank(ndims)
    out_ndims = ndims if ndims is None or not stacked else ndims + 1
    axis = get_positive_axis(axis, out_ndims)
    if stacked and ndims == 1 and axis == 0:
        return RaggedTensor.from_row_lengths(
            values=concat_dense(inputs, axis=0),
            row_lengths=concat_dense([shape(item) for item in inputs], axis=0),
        )
    all_dense = not any(isinstance(item, RaggedTensor) for item in inputs)
    if all_dense and ndims is not None and axis in ((out_ndims or 0) - 1, ndims - 1):
        return stack_dense(inputs, axis) if stacked else concat_dense(inputs, axis)
    inputs = [
        item
        if isinstance(item, RaggedTensor)
        else RaggedTensor.from_tensor(item, ragged_rank=1, row_splits_dtype=dtype)
        for item in inputs
    ]
    depth = max(item.ragged_rank for item in inputs)
    inputs = [_of_ragged_rank(item, depth, dtype) for item in inputs]
    if axis == 0:
        return _joined_rows(inputs, stacked)
    if axis == 1:
        return _joined_columns(inputs, stacked)
    splits = [[item.row_splits] for item in inputs]
    with control_dependencies(assert_splits_match(splits)):
        inner = _joined([item.values for item in inputs], axis - 1, stacked)
        return RaggedTensor.from_row_splits(inner, splits[0][0], validate=False)


def _joined_rows(inputs: list[Any], stacked: bool) -> RaggedTensor:
    values = concat_dense([item.flat_values for item in inputs], axis=0)
    levels = zip(*[item.nested_row_splits for item in inputs])
    nested = [_joined_splits(list(splits)) for splits in levels]
    if stacked:
        counts = stack_dense([item.nrows() for item in inputs])
        nested.insert(0, lengths_to_splits(counts))
    joined: RaggedTensor = RaggedTensor.from_nested_row_splits(values, nested, validate=False)
    return joined


def _joined_splits(all_splits: list[Any]) -> Any:
    """The splits of rows one after the other: each begins where the last one ended."""
    pieces = [all_splits[0]]
    offset = all_splits[0][-1]
    for splits in all_splits[1:]:
        pieces.append(splits[1:] + offset)
        offset += splits[-1]
    return concat_dense(pieces, axis=0)


def _joined_columns(inputs: list[Any], stacked: bool) -> RaggedTensor:
    """Row by row: all rows one after the other, put in the order of rows, not of inputs."""
    count = len(inputs)
    nrows = inputs[0].nrows()
    checks = [
        assert_equal(
            nrows,
            item.nrows(),
            message=f"Input tensors at index 0 (=x) and {place} (=y) have incompatible shapes.",
        )
        for place, item in enumerate(inputs[1:], 1)
    ]
    with control_dependencies(checks):
        rows = _joined_rows(inputs, stacked=False)
        numbers = range(nrows * count)
        matrix = reshape(numbers, [count, -1])
        order = reshape(transpose(matrix), [-1])
        ordered = gather(rows, order)
        if stacked:
            splits = range(0, nrows * count + 1, count)
            _set_row_count(inputs, splits)
            return RaggedTensor.from_row_splits(ordered, splits, validate=False)
        splits = ordered.row_splits[::count]
        _set_row_count(inputs, splits)
        return RaggedTensor.from_row_splits(ordered.values, splits, validate=False)


def _set_row_count(inputs: list[Any], splits: Any) -> None:
    for item in inputs:
        rows = item.shape[0].value
        if rows is not None:
            splits.set_shape([rows + 1])


def _of_ragged_rank(tensor: Any, depth: int, dtype: DType) -> Any:
    """The tensor with uniform dimensions made ragged down to a depth."""
    if depth <= 0:
        return tensor
    if not isinstance(tensor, RaggedTensor):
        tensor = RaggedTensor.from_tensor(tensor, row_splits_dtype=dtype)
    if tensor.ragged_rank < depth:
        tensor = tensor.with_values(_of_ragged_rank(tensor.values, depth - 1, dtype))
    return tensor
