"""Ragged tensors as dense ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.ops.checking import allocatable, indices_in_range, require, require_rank
from minihub_runtime.ops.gradient_rules import Ops, Slices, Term
from minihub_runtime.ops.ragged import ranges
from minihub_runtime.ops.registry import ANY, INDEX, Array, op
from minihub_runtime.ops.sparse import with_rank
from minihub_runtime.shapes import Shape, Spec, compatible, dims, show, size

__all__: list[str] = []

_FIRST, _ROWIDS, _SPLITS = "FIRST_DIM_SIZE", "VALUE_ROWIDS", "ROW_SPLITS"


def _check_partitions(kinds: Sequence[str], count: int) -> None:
    wrong = [kind for kind in kinds if kind not in (_FIRST, _ROWIDS, _SPLITS)]
    if wrong:
        require(
            False, f"row_partition_types must be {_FIRST}, {_ROWIDS} or {_SPLITS}, not {wrong[0]!r}"
        )
    require(len(kinds) > 0, "row_partition_types must not be empty")
    if len(kinds) != count:
        require(False, f"row_partition_types must have {count} elements, not {len(kinds)}")
    fits = _FIRST not in kinds[1:] and kinds[0] != _ROWIDS
    fits = fits and (kinds[0] != _FIRST or tuple(kinds[1:2]) == (_ROWIDS,))
    if not fits:
        require(
            False,
            f"row_partition_types must begin with {_SPLITS}, or with {_FIRST} and {_ROWIDS}, "
            f"not {list(kinds)}",
        )


def _combined_shape(shape: Shape, values: Shape, ragged_rank: int) -> Shape:
    """What `shape` and the values' inner sizes say of the dense result."""
    if values is None:
        return shape
    if shape is None:
        shape = (None,) * (ragged_rank + len(values))
    if len(shape) != ragged_rank + len(values) or not compatible(
        shape[ragged_rank + 1 :], values[1:]
    ):
        require(
            False,
            f"shape must end like the values' {show(values)} and have rank "
            f"{ragged_rank + len(values)}, not {show(shape)}",
        )
    inner = [
        a if b is None else b for a, b in zip(shape[ragged_rank + 1 :], values[1:], strict=True)
    ]
    return (*shape[: ragged_rank + 1], *inner)


def _check_default(default: Shape, values: Shape) -> None:
    if default is None or values is None:
        return
    if len(default) >= max(len(values), 1):
        require(
            False,
            f"default_value must have rank < {len(values)} like the values, not {show(default)}",
        )
    inner = values[1:]
    aligned = inner[: len(default)]
    if any(
        a is not None and b is not None and a not in (1, b)
        for a, b in zip(default, aligned, strict=True)
    ):
        require(False, f"default_value must broadcast to {show(inner)}, not {show(default)}")


@op(
    "RaggedTensorToTensor(shape: Tshape, values: T, default_value: T, "
    "row_partition_tensors: num_row_partition_tensors * Tindex) -> result: T",
    T=ANY,
    Tindex=INDEX,
    Tshape=INDEX,
    source="core/kernels/ragged_tensor_to_tensor_op.cc",
)
def ragged_tensor_to_tensor(
    shape: Array,
    values: Array,
    default_value: Array,
    row_partition_tensors: Sequence[Array],
    *,
    row_partition_types: list[str],
) -> Array:
    """A dense tensor with the rows of a ragged one, cut or filled with `default_value` to `shape`.

    In `shape`, -1 stands for the longest row, and a scalar -1 for a shape of which nothing is wanted. The rows are
    given by their splits, or by the number of rows and the row of each value.
    """
    _check_partitions(row_partition_types, len(row_partition_tensors))
    kinds, tensors = list(row_partition_types), list(row_partition_tensors)
    for kind, tensor in zip(kinds, tensors, strict=True):
        require_rank(tensor, 0 if kind == _FIRST else 1, f"a row partition of type {kind}")
    if kinds[0] == _FIRST:
        rows = int(tensors[0])
        require(rows >= 0, f"FIRST_DIM_SIZE must be >= 0, not {rows}")
        kinds, tensors = kinds[1:], tensors[1:]
    else:
        require(len(tensors[0]) > 0, "row_partition_tensors[0] must not be empty")
        rows = len(tensors[0]) - 1
    _check_default(default_value.shape, values.shape)
    wanted = _wanted_shape(shape)
    combined = _combined_shape(wanted, values.shape, len(kinds))
    if combined is None:
        raise AssertionError("values have a shape")
    extents = [rows if combined[0] is None else combined[0]]
    for kind, tensor, extent in zip(kinds, tensors, combined[1:], strict=False):
        extents.append(_longest_row(kind, tensor) if extent is None else extent)
    inner = values.shape[1:]
    result_shape = allocatable([*extents, *inner], values.dtype, "the result")
    allocatable((rows,), np.dtype(np.int64), "the rows")
    flat = np.empty((size(extents), *inner), dtype=values.dtype)
    flat[...] = default_value
    if not flat.size:
        return flat.reshape(result_shape)
    places = np.arange(min(rows, extents[0]))
    parents = rows
    for kind, tensor, extent in zip(kinds, tensors, extents[1:], strict=True):
        row, column = _rows_and_columns(kind, tensor, parents)
        parents = len(row)
        # Places are counted up to the first row that does not fit; -1 marks what is left out.
        padded = np.append(places, -1)
        place = padded[np.minimum(row, len(places))]
        places = np.where((place >= 0) & (column < extent), place * extent + column, -1)
    if parents > len(values):
        require(False, f"values must have {parents} rows as the partitions say, not {len(values)}")
    used = np.flatnonzero(places >= 0)
    flat[places[used]] = values[used]
    return flat.reshape(result_shape)


def _wanted_shape(shape: Array) -> Shape:
    if not shape.ndim:
        require(int(shape) == -1, f"shape must be a vector or the scalar -1, not {int(shape)}")
        return None
    require_rank(shape, 1, "shape")
    require((shape >= -1).all(), f"shape must have sizes >= -1, not {shape.tolist()}")
    return dims(shape)


def _longest_row(kind: str, tensor: Array) -> int:
    if kind == _SPLITS:
        return int(np.diff(tensor).max(initial=0))
    if not len(tensor):
        return 0
    starts = np.flatnonzero(np.diff(tensor, prepend=tensor[0] - 1))
    return int(np.diff(starts, append=len(tensor)).max())


def _rows_and_columns(kind: str, tensor: Array, parents: int) -> tuple[Array, Array]:
    """Row and place in the row of each value of one level."""
    if kind == _SPLITS:
        count = len(tensor) - 1
        if count > parents:
            require(False, f"splits must have <= {parents + 1} elements, not {len(tensor)}")
        require(len(tensor) > 0, "splits must not be empty")
        lengths = np.diff(tensor)
        if int(tensor[0]) or (lengths < 0).any():
            require(False, f"splits must ascend from 0, not {tensor.tolist()[:20]}")
        return np.repeat(np.arange(count), lengths), ranges(
            np.zeros(count, dtype=np.int64), lengths.astype(np.int64)
        )
    indices_in_range(tensor, parents, "value_rowids")
    place = np.arange(len(tensor))
    if not len(tensor):
        return place, place
    starts = np.diff(tensor, prepend=tensor[0] - 1) != 0
    return tensor, place - np.maximum.accumulate(np.where(starts, place, 0))


@ragged_tensor_to_tensor.shape
def ragged_tensor_to_tensor_shape(
    shape: Spec,
    values: Spec,
    default_value: Spec,
    row_partition_tensors: list[Spec],
    row_partition_types: list[str],
) -> Shape:
    """The wanted shape with the inner sizes of the values."""
    _check_partitions(row_partition_types, len(row_partition_tensors))
    for kind, tensor in zip(row_partition_types, row_partition_tensors, strict=True):
        with_rank(tensor, 0 if kind == _FIRST else 1, f"a row partition of type {kind}")
    ragged_rank = len(row_partition_types) - (row_partition_types[0] == _FIRST)
    _check_default(default_value.shape, values.shape)
    wanted: Shape = None
    if shape.value is not None:
        wanted = _wanted_shape(shape.value)
    elif shape.shape is not None and len(shape.shape) == 1 and shape.shape[0] is not None:
        wanted = (None,) * shape.shape[0]
    return _combined_shape(wanted, values.shape, ragged_rank)


@ragged_tensor_to_tensor.gradient
def _ragged_tensor_to_tensor_gradient(
    ops: Ops,
    grad: Term,
    values: Term,
    default_value: Term,
    row_partition_tensors: list[Term],
    row_partition_types: list[str],
) -> tuple[None, Slices, Term, None]:
    outer = 1 + sum(kind != "FIRST_DIM_SIZE" for kind in row_partition_types)
    sizes = ops.Shape(values)
    # Which of the values stands in each place; none is -1.
    places = ops.RaggedTensorToTensor(
        ops.Shape(grad)[:outer],
        ops.Range(0, sizes[0], 1),
        -1,
        row_partition_tensors,
        row_partition_types=row_partition_types,
    )
    given = ops.NotEqual(places, -1)

    def chosen(tensor: Term, mask: Term) -> Term:
        rows = ops.Reshape(tensor, ops.ConcatV2([[-1], ops.Shape(tensor)[outer:]], 0))
        found = ops.Squeeze(ops.Where(ops.Reshape(mask, [-1])), squeeze_dims=[1])
        return ops.GatherV2(rows, found, 0)

    slices = Slices(chosen(grad, given), chosen(places, given), sizes)
    # The default was broadcast to the elements without a value.
    rest = chosen(grad, ops.LogicalNot(given))
    shape = ops.Shape(default_value)
    axes = ops.BroadcastGradientArgs(ops.Shape(rest), shape)[1]
    return None, slices, ops.Reshape(ops.Sum(rest, axes), shape), None
