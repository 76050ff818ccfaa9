"""Ragged tensors of nested lists.

Source: tensorflow/python/ops/ragged/ragged_factory_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.composite import placeholder
from minihub_runtime.api.conversion import constant as constant_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.ragged.tensor import RaggedTensor, is_ragged
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType, as_dtype, int64
from minihub_runtime.public import public
from minihub_runtime.values import RaggedTensorValue

__all__ = ["constant", "constant_value", "ragged_placeholder"]


public("ragged.RaggedTensorValue")(RaggedTensorValue)


@public("ragged.constant")
def constant(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: tuple[int, ...] | None = None,
    name: str | None = None,
    row_splits_dtype: Any = int64,
) -> Any:
    """A ragged tensor that always has this value.

    Args:
        pylist: nested lists, or arrays in lists, all values equally deep.
        dtype: the type, by default that of the values.
        ragged_rank: the number of ragged levels, by default as many as there can be.
        inner_shape: the shape of each value, by default that of what lies below the ragged levels.
        name: a name of the operations.
        row_splits_dtype: int32 or int64.

    Returns:
        A RaggedTensor; a Tensor if nothing is ragged.

    Raises:
        ValueError: the values are not equally deep, or do not fit rank and shape.
        TypeError: it is a ragged tensor already.
    """

    def with_rows(values: Any, splits: list[int]) -> RaggedTensor:
        row_splits = constant_tensor(splits, row_splits_dtype)
        return RaggedTensor.from_row_splits(values, row_splits, validate=False)

    with name_scope(name, "RaggedConstant"):
        return _made(with_rows, constant_tensor, pylist, dtype, ragged_rank, inner_shape)


@public("ragged.constant_value")
def constant_value(
    pylist: Any,
    dtype: Any = None,
    ragged_rank: int | None = None,
    inner_shape: tuple[int, ...] | None = None,
    row_splits_dtype: Any = "int64",
) -> Any:
    """A RaggedTensorValue of nested lists; an array if nothing is ragged.  The arguments are those of `constant`."""
    if isinstance(dtype, DType):
        dtype = dtype.as_numpy_dtype
    splits_dtype = as_dtype(row_splits_dtype).as_numpy_dtype

    def with_rows(values: Any, splits: list[int]) -> RaggedTensorValue:
        return RaggedTensorValue(values, np.array(splits, splits_dtype))

    def flat(values: Any, dtype: Any, shape: Any, name: str | None = None) -> Any:
        found = np.array(values, dtype=dtype)
        return found if shape is None else found.reshape(shape)

    return _made(with_rows, flat, pylist, dtype, ragged_rank, inner_shape)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple)) or np.ndim(value) != 0


def _made(
    with_rows: Callable[[Any, list[int]], Any],
    flat: Callable[..., Any],
    pylist: Any,
    dtype: Any,
    ragged_rank: int | None,
    inner_shape: Any,
) -> Any:
    """The value of nested lists, of flat values by `flat` and rows by `with_rows`."""
    if is_ragged(pylist):
        raise TypeError("pylist may not be a RaggedTensor or RaggedTensorValue.")
    if not _is_list(pylist):
        if ragged_rank:
            raise ValueError(
                f"Invalid pylist={pylist!r}: incompatible with ragged_rank={ragged_rank}"
            )
        if inner_shape:
            raise ValueError(
                f"Invalid pylist={pylist!r}: incompatible with dim(inner_shape)={len(inner_shape)}"
            )
        return flat(pylist, dtype, ())
    if ragged_rank is not None and ragged_rank < 0:
        raise ValueError(f"Invalid ragged_rank={ragged_rank!r}: must be nonnegative")
    scalar_depth, max_depth = _depths(pylist)
    _check_depths(pylist, scalar_depth, max_depth, ragged_rank, inner_shape)
    is_flat = ragged_rank is None and (
        max_depth < 2 or (inner_shape is not None and max_depth - len(inner_shape) < 2)
    )
    if ragged_rank == 0 or is_flat:
        return flat(pylist, dtype, inner_shape)
    if inner_shape is None:
        inner_shape = () if ragged_rank is None else _inner_shape(pylist, ragged_rank)
    if ragged_rank is None:
        depth = max_depth if scalar_depth is None else scalar_depth - len(inner_shape)
        ragged_rank = max(1, depth - 1)
    nested = []
    values = pylist
    for _ in range(ragged_rank):
        nested.append(np.cumsum([0, *(len(row) for row in values)]).tolist())
        values = [item for row in values for item in row]
    result = flat(values, dtype=dtype, shape=(len(values), *inner_shape), name="values")
    for splits in reversed(nested):
        result = with_rows(result, splits)
    return result


def _check_depths(
    pylist: Any, scalar_depth: int | None, max_depth: int, ragged_rank: int | None, inner_shape: Any
) -> None:
    if scalar_depth is not None:
        if max_depth > scalar_depth:
            raise ValueError(
                f"Invalid pylist={pylist!r}: empty list nesting is greater than scalar value nesting"
            )
        if ragged_rank is not None and max_depth < ragged_rank:
            raise ValueError(
                f"Invalid pylist={pylist}, max depth smaller than ragged_rank={ragged_rank}"
            )
    if inner_shape is None or ragged_rank is None:
        return
    expected = ragged_rank + len(inner_shape) + 1
    if expected < max_depth if scalar_depth is None else expected != scalar_depth:
        raise ValueError(
            f"Invalid pylist={pylist!r}: incompatible with ragged_rank={ragged_rank} and "
            f"dim(inner_shape)={len(inner_shape)}"
        )


def _depths(pylist: Any) -> tuple[int | None, int]:
    """How deep values lie, None if there are none, and how deep lists do."""
    if not _is_list(pylist):
        return 0, 0
    scalar_depth: int | None = None
    max_depth = 1
    for child in pylist:
        child_scalar, child_max = _depths(child)
        if child_scalar is not None:
            if scalar_depth is not None and scalar_depth != child_scalar + 1:
                raise ValueError("all scalar values must have the same nesting depth")
            scalar_depth = child_scalar + 1
        max_depth = max(max_depth, child_max + 1)
    return scalar_depth, max_depth


def _inner_shape(pylist: Any, ragged_rank: int) -> tuple[int, ...]:
    """The shape of what lies below the ragged levels."""
    values = pylist
    for level in range(1, ragged_rank + 1):
        if not all(_is_list(value) for value in values):
            raise ValueError(
                f"pylist has scalar values depth {level}, but ragged_rank={ragged_rank} requires scalar "
                f"value depth greater than {ragged_rank}"
            )
        values = [item for value in values for item in value]
    shape = _shape_of_first(values)
    _check_shape(values, shape)
    return shape[1:]


def _shape_of_first(item: Any) -> tuple[int, ...]:
    if not _is_list(item):
        return ()
    return (len(item), *_shape_of_first(item[0])) if len(item) else (0,)


def _check_shape(item: Any, shape: tuple[int, ...]) -> None:
    if _is_list(item) != bool(shape) or (shape and shape[0] != len(item)):
        raise ValueError("inner values have inconsistent shape")
    for child in item if shape else ():
        _check_shape(child, shape[1:])


@public("ragged.placeholder")
def ragged_placeholder(
    dtype: Any, ragged_rank: int, value_shape: Any = None, name: str | None = None
) -> RaggedTensor | Tensor:
    """A ragged tensor whose value must be fed.

    Args:
        dtype: the type of its values.
        ragged_rank: the number of ragged levels.
        value_shape: the shape of each flat value; by default it is not known.
        name: a name of the operations.
    """
    if ragged_rank == 0:
        return placeholder(dtype, value_shape, name)
    with name_scope(name, "RaggedPlaceholder", []):
        flat_shape = TensorShape([None]).concatenate(value_shape)
        result: Any = placeholder(dtype, flat_shape, "flat_values")
        for level in reversed(range(ragged_rank)):
            splits = placeholder(int64, [None], f"row_splits_{level}")
            result = RaggedTensor.from_row_splits(result, splits, validate=False)
        made: RaggedTensor = result
        return made
