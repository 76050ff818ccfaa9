"""Sets along the last axis of dense or sparse tensors: union, intersection, differences, sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable, require, require_rank
from minihub_runtime.ops.registry import Array, op, types, without_gradient
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

ELEMENTS = types("int8 int16 int32 int64 uint8 uint16 string")

Groups = dict[tuple[int, ...], set[Any]]

OPERATIONS: dict[str, Callable[[set[Any], set[Any]], set[Any]]] = {
    "a-b": set.difference,
    "b-a": lambda a, b: b - a,
    "intersection": set.intersection,
    "union": set.union,
}


def _dense_groups(values: Array, name: str) -> tuple[Groups, tuple[int, ...]]:
    """The sets of a dense tensor by their place, and the shape of the places."""
    require(values.ndim >= 2, f"{name} must have rank >= 2, not {values.ndim}")
    outer = values.shape[:-1]
    rows = values.reshape(-1, values.shape[-1]).tolist() if values.size else []
    return {place: set(row) for place, row in zip(np.ndindex(outer), rows)}, outer


def _sparse_groups(
    indices: Array, values: Array, shape: Array, name: str, validate: bool
) -> tuple[Groups, tuple[int, ...]]:
    """The sets of a sparse tensor by their place, and the shape of the places.

    Raises: InvalidArgumentError if the three parts do not fit or the indices are out of range, and with
    `validate` if they are not in row-major order.
    """
    require_rank(indices, 2, f"{name}_indices")
    require_rank(values, 1, f"{name}_values")
    require_rank(shape, 1, f"{name}_shape")
    require(
        indices.shape == (values.size, shape.size),
        f"{name}_indices must have shape {[values.size, shape.size]}, not {list(indices.shape)}",
    )
    require(shape.size >= 2, f"{name}_shape must have >= 2 elements, not {shape.size}")
    require(bool((shape >= 0).all()), f"{name}_shape must be >= 0, not {shape.tolist()}")
    outside = ((indices < 0) | (indices >= shape)).any(axis=1)
    if outside.any():
        row = int(outside.argmax())
        raise InvalidArgumentError(
            f"{name}_indices[{row}] = {indices[row].tolist()} must lie within {shape.tolist()}"
        )
    steps = np.diff(indices, axis=0)
    first = (steps != 0).argmax(axis=1)
    forward = np.take_along_axis(steps, first[:, None], axis=1)[:, 0]
    if validate and (forward <= 0).any():
        row = int((forward <= 0).argmax()) + 1
        raise InvalidArgumentError(
            f"{name}_indices must be in row-major order, but [{row}] = {indices[row].tolist()} "
            f"follows {indices[row - 1].tolist()}"
        )
    groups: Groups = {}
    for place, value in zip(map(tuple, indices[:, :-1].tolist()), values.tolist(), strict=True):
        groups.setdefault(place, set()).add(value)
    return groups, tuple(shape[:-1].tolist())


def _combine(
    first: tuple[Groups, tuple[int, ...]],
    second: tuple[Groups, tuple[int, ...]],
    set_operation: str,
    dtype: DType,
) -> tuple[Array, Array, Array]:
    """The sparse tensor of the results, each sorted."""
    chosen = OPERATIONS.get(set_operation.lower())
    if chosen is None:
        raise InvalidArgumentError(
            f"set_operation must be one of {sorted(OPERATIONS)}, not {set_operation!r}"
        )
    (groups1, outer1), (groups2, outer2) = first, second
    if outer1 != outer2:
        raise InvalidArgumentError(
            f"set1 and set2 must have one shape before the last axis, not {list(outer1)} and "
            f"{list(outer2)}"
        )
    nothing: set[Any] = set()
    longest = 0
    indices: list[tuple[int, ...]] = []
    values: list[Any] = []
    for place in sorted(groups1.keys() | groups2.keys()):
        found = sorted(chosen(groups1.get(place, nothing), groups2.get(place, nothing)))
        longest = max(longest, len(found))
        indices.extend((*place, number) for number in range(len(found)))
        values.extend(found)
    result = np.empty(len(values), dtype=dtype.numpy)
    result[:] = values
    rank = len(outer1) + 1
    return (
        np.asarray(indices, dtype=np.int64).reshape(len(indices), rank),
        result,
        np.asarray([*outer1, longest], dtype=np.int64),
    )


def _result_shapes(rank: int | None) -> list[Shape]:
    return [(None, rank), (None,), (rank,)]


def _dense_rank(spec: Spec, name: str) -> int | None:
    require(spec.rank is None or spec.rank >= 2, f"{name} must have rank >= 2, not {spec.rank}")
    return spec.rank


@op(
    "DenseToDenseSetOperation(set1: T, set2: T) "
    "-> result_indices: int64, result_values: T, result_shape: int64",
    T=ELEMENTS,
    source="core/kernels/set_kernels.cc",
)
def dense_to_dense_set_operation(
    set1: Array, set2: Array, *, T: DType, set_operation: str, validate_indices: bool = True
) -> tuple[Array, Array, Array]:
    """A set operation between the rows along the last axes, as a sparse tensor with sorted rows.

    `set_operation` is a-b, b-a, intersection or union.
    Differs: with sparse indices out of order and no validation, TensorFlow gives a place several sets.
    Raises: InvalidArgumentError for another operation, ranks < 2 and leading shapes that differ.
    """
    require(set1.ndim == set2.ndim, f"set2 must have rank {set1.ndim}, not {set2.ndim}")
    return _combine(_dense_groups(set1, "set1"), _dense_groups(set2, "set2"), set_operation, T)


@dense_to_dense_set_operation.shape
def dense_to_dense_shape(set1: Spec, set2: Spec) -> list[Shape]:
    ranks = {_dense_rank(set1, "set1"), _dense_rank(set2, "set2")} - {None}
    require(len(ranks) <= 1, f"set1 and set2 must have one rank, not {ranks}")
    if set1.shape is not None and set2.shape is not None:
        merge(set1.shape[:-1], set2.shape[:-1])
    return _result_shapes(ranks.pop() if ranks else None)


def _sparse_rank(indices: Spec, values: Spec, shape: Spec, name: str) -> int | None:
    require(indices.rank in (2, None), f"{name}_indices must be a matrix")
    require(values.rank in (1, None), f"{name}_values must be a vector")
    require(shape.rank in (1, None), f"{name}_shape must be a vector")
    ranks = {
        spec.shape[-1] for spec in (indices, shape) if spec.shape and spec.shape[-1] is not None
    }
    require(len(ranks) <= 1, f"{name}_indices and {name}_shape must have one rank, not {ranks}")
    return ranks.pop() if ranks else None


@op(
    "DenseToSparseSetOperation(set1: T, set2_indices: int64, set2_values: T, set2_shape: int64) "
    "-> result_indices: int64, result_values: T, result_shape: int64",
    T=ELEMENTS,
    source="core/kernels/set_kernels.cc",
)
def dense_to_sparse_set_operation(
    set1: Array,
    set2_indices: Array,
    set2_values: Array,
    set2_shape: Array,
    *,
    T: DType,
    set_operation: str,
    validate_indices: bool = True,
) -> tuple[Array, Array, Array]:
    """As DenseToDenseSetOperation, with a sparse `set2`."""
    second = _sparse_groups(set2_indices, set2_values, set2_shape, "set2", validate_indices)
    return _combine(_dense_groups(set1, "set1"), second, set_operation, T)


@dense_to_sparse_set_operation.shape
def dense_to_sparse_shape(
    set1: Spec, set2_indices: Spec, set2_values: Spec, set2_shape: Spec
) -> list[Shape]:
    rank = _sparse_rank(set2_indices, set2_values, set2_shape, "set2")
    found = _dense_rank(set1, "set1")
    require(rank is None or found in (rank, None), f"set1 must have rank {rank}, not {found}")
    return _result_shapes(found if rank is None else rank)


@op(
    "SparseToSparseSetOperation(set1_indices: int64, set1_values: T, set1_shape: int64, "
    "set2_indices: int64, set2_values: T, set2_shape: int64) "
    "-> result_indices: int64, result_values: T, result_shape: int64",
    T=ELEMENTS,
    source="core/kernels/set_kernels.cc",
)
def sparse_to_sparse_set_operation(
    set1_indices: Array,
    set1_values: Array,
    set1_shape: Array,
    set2_indices: Array,
    set2_values: Array,
    set2_shape: Array,
    *,
    T: DType,
    set_operation: str,
    validate_indices: bool = True,
) -> tuple[Array, Array, Array]:
    """As DenseToDenseSetOperation, with both sets sparse."""
    first = _sparse_groups(set1_indices, set1_values, set1_shape, "set1", validate_indices)
    second = _sparse_groups(set2_indices, set2_values, set2_shape, "set2", validate_indices)
    return _combine(first, second, set_operation, T)


@sparse_to_sparse_set_operation.shape
def sparse_to_sparse_shape(
    set1_indices: Spec,
    set1_values: Spec,
    set1_shape: Spec,
    set2_indices: Spec,
    set2_values: Spec,
    set2_shape: Spec,
) -> list[Shape]:
    ranks = {
        _sparse_rank(set1_indices, set1_values, set1_shape, "set1"),
        _sparse_rank(set2_indices, set2_values, set2_shape, "set2"),
    } - {None}
    require(len(ranks) <= 1, f"set1 and set2 must have one rank, not {ranks}")
    return _result_shapes(ranks.pop() if ranks else None)


@op(
    "SetSize(set_indices: int64, set_values: T, set_shape: int64) -> size: int32",
    T=ELEMENTS,
    source="core/kernels/set_kernels.cc",
)
def set_size(
    set_indices: Array,
    set_values: Array,
    set_shape: Array,
    *,
    T: DType,
    validate_indices: bool = True,
) -> Array:
    """The number of different elements in each row along the last axis of a sparse tensor.

    Raises: InvalidArgumentError if the parts of the sparse tensor do not fit.
    """
    groups, outer = _sparse_groups(set_indices, set_values, set_shape, "set", validate_indices)
    result = np.zeros(allocatable(outer, np.int32, "size"), dtype=np.int32)
    for place, group in groups.items():
        result[place] = len(group)
    return result


@set_size.shape
def set_size_shape(set_indices: Spec, set_values: Spec, set_shape: Spec) -> Shape:
    """Unknown, as in TensorFlow."""
    _sparse_rank(set_indices, set_values, set_shape, "set")
    return None


without_gradient(
    "DenseToDenseSetOperation", "DenseToSparseSetOperation", "SetSize", "SparseToSparseSetOperation"
)
