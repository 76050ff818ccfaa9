"""Sparse tensors put aside, each under a number, and taken together again.

Queues hold dense tensors only; for sparse ones they hold these numbers.

Source: tensorflow/core/kernels/sparse_tensors_map_ops.cc.
"""

from __future__ import annotations

import itertools
import threading

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import clip
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import ANY, Array, op
from minihub_runtime.ops.sparse_serialization import (
    Sparse,
    check_parts,
    rows_of,
    stacked,
)
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

_SOURCE = "core/kernels/sparse_tensors_map_ops.cc"


class _Tensors:
    """Number → sparse tensor."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._kept: dict[int, Sparse] = {}

    def put(self, tensor: Sparse) -> int:
        """Keep a copy of a tensor; its number."""
        copied = (tensor[0].copy(), tensor[1].copy(), tensor[2].copy())
        with self._lock:
            number = next(self._numbers)
            self._kept[number] = copied
            return number

    def take(self, numbers: list[int]) -> list[Sparse]:
        """The tensors of some numbers, which are not kept any more.

        Raises:
            InvalidArgumentError: there is none of a number.
        """
        with self._lock:
            found = []
            for number in numbers:
                require(number in self._kept, f"Unable to find SparseTensor: {number} in map")
                found.append(self._kept.pop(number))
            return found


def _tensors(ctx: Context, container: str, shared_name: str) -> _Tensors:
    """The session's tensors of a name, by default of the node."""
    return ctx.resource(container, f"sparse tensors {shared_name or ctx.node}", _Tensors)


def _require_sizes(shape: Array) -> None:
    require(bool((shape >= 0).all()), f"sparse_shape must have sizes >= 0, not {shape.tolist()}")


def _one(sparse_indices: Spec, sparse_values: Spec, sparse_shape: Spec) -> Shape:
    merge(sparse_indices.shape, (None, None))
    merge(sparse_values.shape, (None,))
    merge(sparse_shape.shape, (None,))
    return ()


def _many(sparse_indices: Spec, sparse_values: Spec, sparse_shape: Spec) -> Shape:
    _one(sparse_indices, sparse_values, sparse_shape)
    return (None,)


@op(
    "AddSparseToTensorsMap(sparse_indices: int64, sparse_values: T, sparse_shape: int64) -> sparse_handle: int64",
    T=ANY,
    stateful=True,
    source=_SOURCE + ":AddSparseToTensorsMapOp",
    shape=_one,
)
def add_sparse_to_tensors_map(
    ctx: Context,
    sparse_indices: Array,
    sparse_values: Array,
    sparse_shape: Array,
    *,
    container: str = "",
    shared_name: str = "",
) -> Array:
    """The number under which a sparse tensor is kept.

    Raises: InvalidArgumentError for parts that do not fit each other, and negative sizes.
    """
    check_parts(sparse_indices, sparse_values, sparse_shape)
    _require_sizes(sparse_shape)
    number = _tensors(ctx, container, shared_name).put(
        (sparse_indices, sparse_values, sparse_shape)
    )
    return np.array(number, np.int64)


@op(
    "AddManySparseToTensorsMap(sparse_indices: int64, sparse_values: T, sparse_shape: int64) -> sparse_handles: int64",
    T=ANY,
    stateful=True,
    source=_SOURCE + ":AddManySparseToTensorsMapOp",
    shape=_many,
)
def add_many_sparse_to_tensors_map(
    ctx: Context,
    sparse_indices: Array,
    sparse_values: Array,
    sparse_shape: Array,
    *,
    container: str = "",
    shared_name: str = "",
) -> Array:
    """The numbers under which the rows of a sparse tensor are kept, each as one of a rank less.

    Raises: InvalidArgumentError for parts that do not fit each other, a rank below 2, indices outside `sparse_shape`,
        out of order or repeated.
    """
    _require_sizes(sparse_shape)
    rows = rows_of(sparse_indices, sparse_values, sparse_shape)
    kept = _tensors(ctx, container, shared_name)
    numbers = np.empty(len(rows), np.int64)
    # Rows without elements come last, as TensorFlow goes through the elements.
    for place in sorted(range(len(rows)), key=lambda place: not len(rows[place][1])):
        numbers[place] = kept.put(rows[place])
    return numbers


def _taken(sparse_handles: Spec, dtype: DType) -> list[Shape]:
    merge(sparse_handles.shape, (None,))
    return [(None, None), (None,), (None,)]


@op(
    "TakeManySparseFromTensorsMap(sparse_handles: int64)"
    " -> sparse_indices: int64, sparse_values: dtype, sparse_shape: int64",
    dtype=ANY,
    stateful=True,
    source=_SOURCE + ":TakeManySparseFromTensorsMapOp",
    shape=_taken,
)
def take_many_sparse_from_tensors_map(
    ctx: Context,
    sparse_handles: Array,
    *,
    dtype: DType,
    container: str = "",
    shared_name: str = "",
) -> Sparse:
    """The sparse tensors of some numbers, one after the other, as large as the largest.

    Raises: InvalidArgumentError for numbers that no tensor has, ranks that differ and values of another type.
    """
    require(sparse_handles.ndim == 1, f"sparse_handles must have rank 1, not {sparse_handles.ndim}")
    require(len(sparse_handles) > 0, "sparse_handles must name a sparse tensor at least")
    name = shared_name or ctx.node
    found = _tensors(ctx, container, shared_name).take(sparse_handles.tolist())
    for _, values, _ in found:
        kind = as_dtype(values.dtype)
        if kind is not dtype:
            require(False, f"tensors of {clip(name)!r} must be {dtype.name}, not {kind.name}")
    return stacked(found, sparse_handles.shape)
