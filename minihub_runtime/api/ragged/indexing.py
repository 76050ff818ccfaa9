"""Parts of ragged tensors: `rt[1]`, `rt[:, :2]`, `rt[..., tf.newaxis]`.

Source: tensorflow/python/ops/ragged/ragged_getitem.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_greater_equal, assert_less
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.gathering import gather as gather_dense
from minihub_runtime.api.graph import Tensor, control_dependencies, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.ragged.gathering import gather
from minihub_runtime.api.ragged.ranges import ragged_range
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import bool_

__all__ = ["get_item"]

_ALL = slice(None, None, None)


def get_item(tensor: RaggedTensor, key: Any) -> Any:
    """`tensor[key]`.

    Args:
        tensor: a ragged tensor.
        key: integers, slices, `...` and None, as for dense tensors; a ragged dimension takes slices only.

    Raises:
        ValueError: an integer stands for a ragged dimension.
        TypeError: an offset is no integer.
        IndexError: there are more keys than dimensions.
    """
    with name_scope(None, "RaggedGetItem", [tensor, *_tensors_in(key)]):
        return _outer(tensor, list(key) if isinstance(key, (list, tuple)) else [key])


def _tensors_in(key: Any) -> Iterator[Tensor]:
    if isinstance(key, Tensor):
        yield key
    elif isinstance(key, (list, tuple)):
        for item in key:
            yield from _tensors_in(item)
    elif isinstance(key, slice):
        yield from _tensors_in([key.start, key.stop, key.step])


def _outer(tensor: Any, keys: list[Any]) -> Any:
    """The part that keys tell, the first of them of the outermost dimension."""
    if not keys:
        return tensor
    first, rest = keys[0], keys[1:]
    if first is Ellipsis:
        return _outer(tensor, _expand_ellipsis(keys, tensor.shape.ndims))
    if first is None:
        inner = _outer(tensor, rest)
        count = _count_of_splits(inner)
        return RaggedTensor.from_uniform_row_length(inner, count - 1, nrows=1, validate=False)
    if isinstance(first, slice):
        rows = _slice_rows(tensor, first)
        if tensor.uniform_row_length is not None:
            rows = RaggedTensor.from_uniform_row_length(
                rows.values, tensor.uniform_row_length, nrows=rows.nrows()
            )
        return _inner(rows, rest)
    starts = tensor.row_splits[:-1]
    limits = tensor.row_splits[1:]
    row = tensor.values[starts[first] : limits[first]]
    return row[rest]


def _count_of_splits(tensor: RaggedTensor) -> Any:
    splits = tensor.row_splits
    known = splits.shape[0].value
    return shape(splits, out_type=splits.dtype)[0] if known is None else known


def _slice_rows(tensor: RaggedTensor, key: slice) -> RaggedTensor:
    if key == _ALL:
        return tensor
    starts = tensor.row_splits[:-1][key]
    limits = tensor.row_splits[1:][key]
    zero = zeros([1], tensor.row_splits.dtype)
    if key.step is None or (isinstance(key.step, int) and key.step == 1):
        # Without rows there is no start: the splits are then zero alone.
        splits = concat([zero[size(starts) :], starts[:1], limits], axis=0)
        first, last = splits[0], splits[-1]
        values = tensor.values[first:last]
        return RaggedTensor.from_row_splits(values, splits - first, validate=False)
    return _of_ranges(starts, limits, 1, tensor.values)


def _inner(tensor: Any, keys: list[Any]) -> Any:
    """The part that keys tell, the first of them of the dimension after the outermost."""
    if not keys:
        return tensor
    if not isinstance(tensor, RaggedTensor):
        whole = (_ALL, *keys)
        return tensor[whole]
    first, rest = keys[0], keys[1:]
    if first is Ellipsis:
        return _inner(tensor, _expand_ellipsis(keys, tensor.values.shape.ndims))
    if first is None:
        inner = _inner(tensor, rest)
        count = _count_of_splits(inner)
        return RaggedTensor.from_uniform_row_length(inner, 1, nrows=count - 1, validate=False)
    if isinstance(first, slice):
        if first == _ALL:
            return tensor.with_values(_inner(tensor.values, rest))
        columns = _slice_columns(tensor, first)
        return columns.with_values(_inner(columns.values, rest))
    length = tensor.uniform_row_length
    if length is None:
        raise ValueError("Cannot index into an inner ragged dimension.")
    column = cast(first, length.dtype)
    message = "Index out of bounds when indexing into a ragged tensor"
    checks = [
        assert_greater_equal(column, -length, message=message),
        assert_less(column, length, message=message),
    ]
    with control_dependencies(checks):
        offset = _if_ge_zero(column, lambda: column, lambda: length + column)
        return _inner(tensor.values[offset::length], rest)


def _slice_columns(tensor: RaggedTensor, key: slice) -> RaggedTensor:
    for bound in (key.start, key.stop):
        if not isinstance(bound, (Tensor, int, type(None))):
            raise TypeError("slice offsets must be integers or None")
    starts = tensor.row_splits[:-1]
    limits = tensor.row_splits[1:]
    step = 1 if key.step is None else key.step
    lower = _if_ge_zero(step, lambda: starts, lambda: starts - 1)
    upper = _if_ge_zero(step, lambda: limits, lambda: limits - 1)

    def bound_at(bound: Any, default: Callable[[], Any]) -> Any:
        if bound is None:
            return default()
        offset = cast(bound, starts.dtype)
        return _if_ge_zero(
            bound,
            lambda: build("Minimum", x=starts + offset, y=upper),
            lambda: build("Maximum", x=limits + offset, y=lower),
        )

    first = bound_at(key.start, lambda: _if_ge_zero(step, lambda: starts, lambda: limits - 1))
    last = bound_at(key.stop, lambda: _if_ge_zero(step, lambda: limits, lambda: starts - 1))
    result = _of_ranges(first, last, key.step, tensor.values)
    length = tensor.uniform_row_length
    if length is not None:
        marks = zeros(length, dtype=bool_)
        new_length = size(marks[key], out_type=length.dtype)
        result = RaggedTensor.from_uniform_row_length(result.values, new_length, tensor.nrows())
    return result


def _expand_ellipsis(keys: list[Any], dims_left: int | None) -> list[Any]:
    """Keys that begin with `...`, with one whole dimension in its place, or none if the others suffice."""
    if dims_left is None:
        raise ValueError("Ellipsis not supported for unknown shape RaggedTensors")
    count = sum(key is not None for key in keys)
    if count > dims_left + 1:
        raise IndexError("Too many indices for RaggedTensor")
    return keys[1:] if count == dims_left + 1 else [_ALL, *keys]


def _of_ranges(starts: Any, limits: Any, step: Any, values: Any) -> RaggedTensor:
    """Rows of the values between places, `step` apart."""
    step = convert_to_tensor(1 if step is None else step, name="step")
    if not step.dtype.is_integer:
        raise TypeError("slice strides must be integers or None")
    step = cast(step, starts.dtype)
    places = ragged_range(starts, limits, step, row_splits_dtype=starts.dtype)
    pick = gather if isinstance(values, RaggedTensor) else gather_dense
    return places.with_values(pick(values, places.values))


def _if_ge_zero(value: Any, yes: Callable[[], Any], no: Callable[[], Any]) -> Any:
    """What one of two functions returns; a run decides if the value is not known."""
    known = constant_value(value)
    if known is None:
        return cond(value >= 0, yes, no)
    return yes() if known >= 0 else no()
