"""Sums, maxima and counts over sparse and ragged tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import bfloat16, float_to_bfloat16, to_float
from minihub_runtime.ops.checking import (
    allocatable,
    axis_in_range,
    indices_in_range,
    require,
    require_rank,
    require_scalar,
)
from minihub_runtime.ops.gradient_rules import Ops, Term, reduced_dims
from minihub_runtime.ops.registry import (
    INDEX,
    NUMBERS,
    REALS,
    REGISTRY,
    ROUNDING,
    Array,
    at_least,
    op,
    types,
)
from minihub_runtime.ops.sparse import (
    check_sparse,
    checked_shape,
    flat_positions,
    lexicographic_order,
    rows_in_shape,
    with_rank,
)
from minihub_runtime.shapes import Shape, Spec, concrete, dims, merge
from minihub_runtime.shapes import size as size_of

__all__: list[str] = []

_COUNTED = types("int32 int64 float32 float64")


def _reduced(
    input_indices: Array,
    input_values: Array,
    input_shape: Array,
    reduction_axes: Array,
    keep_dims: bool,
    combine: Any,
) -> tuple[Array, Array, tuple[int, ...], list[int]]:
    """Kept coordinates, combined values, full result shape and kept axes of a sparse reduction."""
    require_rank(input_shape, 1, "input_shape")
    if reduction_axes.ndim > 1:
        require(
            False, f"reduction_axes must have rank <= 1, not shape {list(reduction_axes.shape)}"
        )
    rank = len(input_shape)
    axes = {axis_in_range(axis, rank, "reduction_axes") for axis in reduction_axes.reshape(-1)}
    check_sparse(input_indices, input_values, input_shape, "input_")
    shape = checked_shape(input_shape, "input_shape")
    rows_in_shape(input_indices, shape, "input_indices")
    kept = [axis for axis in range(rank) if axis not in axes]
    order = lexicographic_order(input_indices[:, [*kept, *sorted(axes)]])
    rows = input_indices[order][:, kept]
    values = to_float(input_values)[order]
    if len(rows):
        first = np.zeros(len(rows), dtype=bool)
        first[0] = True
        first[1:] = (rows[1:] != rows[:-1]).any(axis=1)
        starts = np.flatnonzero(first)
        kind = np.dtype(np.float32) if values.dtype == np.float16 else values.dtype
        with np.errstate(over="ignore", invalid="ignore"):
            values = combine.reduceat(values.astype(kind, copy=False), starts, dtype=kind)
            values = values.astype(to_float(input_values).dtype, copy=False)
        rows = rows[starts]
    if input_values.dtype == bfloat16.numpy:
        values = float_to_bfloat16(values)
    if keep_dims:
        result = tuple(1 if axis in axes else n for axis, n in enumerate(shape))
    else:
        result = tuple(shape[axis] for axis in kept)
    return rows, values, result, kept


def _reduction(name: str, allowed: Any, combine: Any) -> None:
    """Register a sparse reduction with a dense result, and the one with a sparse result."""

    def dense(
        input_indices: Array,
        input_values: Array,
        input_shape: Array,
        reduction_axes: Array,
        *,
        keep_dims: bool = False,
    ) -> Array:
        rows, values, shape, kept = _reduced(
            input_indices, input_values, input_shape, reduction_axes, keep_dims, combine
        )
        result = np.zeros(allocatable(shape, values.dtype, "the result"), dtype=values.dtype)
        extents = [int(input_shape[axis]) for axis in kept]
        result.reshape(-1)[flat_positions(rows, extents)] = values
        return result

    def sparse(
        input_indices: Array,
        input_values: Array,
        input_shape: Array,
        reduction_axes: Array,
        *,
        keep_dims: bool = False,
    ) -> tuple[Array, Array, Array]:
        rows, values, shape, kept = _reduced(
            input_indices, input_values, input_shape, reduction_axes, keep_dims, combine
        )
        indices = np.zeros((len(rows), len(shape)), dtype=np.int64)
        indices[:, kept if keep_dims else slice(None)] = rows
        return indices, values, np.array(shape, dtype=np.int64)

    text = "of the values of a sparse tensor along `reduction_axes`; places without a value"
    dense.__doc__ = f"{name} {text} become zero."
    sparse.__doc__ = f"{name} {text} stay without."
    inputs = "input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32"
    source = "core/kernels/sparse_reduce_op.cc"
    register = op(
        f"{name}({inputs}) -> output: T",
        T=allowed,
        precision=ROUNDING,
        source=source,
        shape=_dense_shape,
    )
    register(dense)
    register = op(
        f"{name}Sparse({inputs}) -> output_indices: int64, output_values: T, output_shape: int64",
        T=allowed,
        precision=ROUNDING,
        source=source,
        shape=_three_unknown,
    )
    register(sparse)


def _dense_shape(input_shape: Spec, reduction_axes: Spec, keep_dims: bool) -> Shape:
    shape = dims(input_shape.value)
    if shape is None or reduction_axes.value is None:
        return None
    chosen = reduction_axes.value.reshape(-1)
    axes = {axis_in_range(axis, len(shape), "reduction_axes") for axis in chosen}
    if keep_dims:
        return tuple(1 if axis in axes else n for axis, n in enumerate(shape))
    return tuple(n for axis, n in enumerate(shape) if axis not in axes)


def _three_unknown(*inputs: Spec) -> list[Shape]:
    return [None, None, None]


_reduction("SparseReduceSum", NUMBERS, np.add)
_reduction("SparseReduceMax", REALS, np.maximum)


def _bin_count(size: Array) -> int:
    require_scalar(size, "size")
    count = int(size)
    require(count >= 0, f"size must be >= 0, not {count}")
    return count


def _check_weights(weights: Array, values: Array) -> None:
    if weights.size and weights.shape != values.shape:
        require(
            False,
            f"weights must be empty or of shape {list(values.shape)}, not {list(weights.shape)}",
        )


def _count_bins(
    values: Array,
    batch: Array | None,
    rows: int,
    bins: int,
    weights: Array,
    binary_output: bool,
) -> Array:
    """How often, or with what weight, each value below `bins` occurs; per batch if there is one."""
    if values.size and int(values.min()) < 0:
        require(False, f"values must be >= 0, not {int(values.min())}")
    shape = (bins,) if batch is None else (rows, bins)
    result = np.zeros(allocatable(shape, weights.dtype, "the result"), dtype=weights.dtype)
    seen = values < bins
    places = values[seen].astype(np.int64)
    if batch is not None:
        places += batch[seen] * bins
    flat = result.reshape(-1)
    if binary_output:
        flat[places] = 1
    elif weights.size:
        with np.errstate(over="ignore", invalid="ignore"):
            np.add.at(flat, places, weights[seen])
    else:
        flat += np.bincount(places, minlength=flat.size).astype(weights.dtype)
    return result


def _known_size(size: Spec) -> int | None:
    with_rank(size, 0, "size")
    if size.value is None:
        return None
    count = int(size.value)
    require(count >= 0, f"size must be >= 0, not {count}")
    return count


@op(
    "SparseBincount(indices: int64, values: Tidx, dense_shape: int64, size: Tidx, weights: T) "
    "-> output: T",
    Tidx=INDEX,
    T=_COUNTED,
    source="core/kernels/bincount_op.cc",
)
def sparse_bincount(
    indices: Array,
    values: Array,
    dense_shape: Array,
    size: Array,
    weights: Array,
    *,
    binary_output: bool = False,
) -> Array:
    """Occurrences, or sums of `weights`, of each value in [0, size), per row of a matrix.

    Shapes: dense_shape [1] -> [size], [2] -> [dense_shape[0], size]. Larger values are not counted.
    Raises: InvalidArgumentError for negative values and rows outside the shape.
    """
    bins = _bin_count(size)
    check_sparse(indices, values, dense_shape)
    _check_weights(weights, values)
    require(
        1 <= len(dense_shape) <= 2, f"dense_shape must have 1 or 2 elements, not {len(dense_shape)}"
    )
    if len(dense_shape) == 1:
        return _count_bins(values, None, 1, bins, weights, binary_output)
    rows = int(dense_shape[0])
    indices_in_range(indices[:, 0], rows, "the rows of indices")
    return _count_bins(values, indices[:, 0], rows, bins, weights, binary_output)


@sparse_bincount.shape
def sparse_bincount_shape(dense_shape: Spec, size: Spec) -> Shape:
    """[size] or [rows, size]."""
    bins = _known_size(size)
    if dense_shape.shape is None or dense_shape.shape == (None,):
        return None
    known = dense_shape.as_shape
    if dense_shape.shape == (1,):
        return (bins,)
    return (known[0] if known else None, bins)


@op(
    "RaggedBincount(splits: int64, values: Tidx, size: Tidx, weights: T) -> output: T",
    Tidx=INDEX,
    T=_COUNTED,
    source="core/kernels/bincount_op.cc",
)
def ragged_bincount(
    splits: Array, values: Array, size: Array, weights: Array, *, binary_output: bool = False
) -> Array:
    """Occurrences, or sums of `weights`, of each value in [0, size), per row of a ragged matrix.

    The elements of `splits` count in their order, in whatever shape they come.
    """
    bins = _bin_count(size)
    splits = splits.reshape(-1)
    require_rank(values, 1, "values")
    _check_weights(weights, values)
    batch = _rows_of_splits(splits, len(values))
    return _count_bins(values, batch, len(splits) - 1, bins, weights, binary_output)


def _rows_of_splits(splits: Array, count: int) -> Array:
    """The row of each of `count` values."""
    require(len(splits) > 0, "splits must not be empty")
    lengths = np.diff(splits)
    if int(splits[0]) != 0 or int(splits[-1]) != count or (lengths < 0).any():
        require(False, f"splits must ascend from 0 to {count}, not {splits.tolist()[:20]}")
    return np.repeat(np.arange(len(lengths)), lengths)


@ragged_bincount.shape
def ragged_bincount_shape(splits: Spec, size: Spec) -> Shape:
    """[rows, size]."""
    sizes = concrete(splits.shape)
    return (None if sizes is None else size_of(sizes) - 1, _known_size(size))


def _count_sparse(
    batch: Array | None,
    rows: int,
    values: Array,
    weights: Array,
    minlength: int,
    maxlength: int,
    binary_output: bool,
) -> tuple[Array, Array, Array]:
    """Counts of the values below `maxlength`, as a sparse vector, or matrix if there is a batch."""
    if values.size and int(values.min()) < 0:
        require(False, f"values must be >= 0, not {int(values.min())}")
    used = values < maxlength if maxlength > 0 else np.ones(len(values), dtype=bool)
    kept = values[used].astype(np.int64)
    columns = [kept] if batch is None else [batch[used], kept]
    keys = np.column_stack(columns).reshape(len(kept), len(columns))
    order = lexicographic_order(keys)
    ordered = keys[order]
    first = np.ones(len(kept), dtype=bool)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    group = np.empty(len(kept), dtype=np.int64)
    group[order] = np.cumsum(first) - 1
    counts = np.zeros(int(first.sum()), dtype=weights.dtype)
    if binary_output:
        counts[:] = 1
    else:
        with np.errstate(over="ignore", invalid="ignore"):
            np.add.at(counts, group, weights[used] if weights.size else weights.dtype.type(1))
    largest = int(kept.max()) if len(kept) else 0
    width = maxlength if maxlength > 0 else max(largest + 1, minlength)
    require(width < 1 << 63, f"values must be < {(1 << 63) - 1}, not {largest}")
    shape = [width] if batch is None else [rows, width]
    return ordered[first], counts, np.array(shape, dtype=np.int64)


@op(
    "DenseCountSparseOutput(values: T, weights: output_type) -> output_indices: int64, "
    "output_values: output_type, output_dense_shape: int64",
    T=INDEX,
    minlength=at_least(-1),
    maxlength=at_least(-1),
    output_type=_COUNTED,
    source="core/kernels/count_ops.cc",
)
def dense_count_sparse_output(
    values: Array,
    weights: Array,
    *,
    minlength: int = -1,
    maxlength: int = -1,
    binary_output: bool,
) -> tuple[Array, Array, Array]:
    """Occurrences of each value in a vector or in each row of a matrix."""
    require(1 <= values.ndim <= 2, f"values must have rank 1 or 2, not {values.ndim}")
    _check_weights(weights, values)
    require(values.ndim == 1 or len(values) > 0, "values must have at least one row, not 0")
    batch = None
    if values.ndim == 2:
        batch = np.repeat(np.arange(len(values)), values.shape[1])
    return _count_sparse(
        batch,
        len(values),
        values.reshape(-1),
        weights.reshape(-1),
        minlength,
        maxlength,
        binary_output,
    )


@dense_count_sparse_output.shape
def dense_count_sparse_output_shape(values: Spec, weights: Spec) -> list[Shape]:
    """As many columns as `values` has dimensions."""
    if weights.shape is not None and 0 not in weights.shape:
        merge(values.shape, weights.shape)
    return [(None, values.rank), (None,), (values.rank,)]


@op(
    "SparseCountSparseOutput(indices: int64, values: T, dense_shape: int64, "
    "weights: output_type) -> output_indices: int64, output_values: output_type, "
    "output_dense_shape: int64",
    T=INDEX,
    minlength=at_least(-1),
    maxlength=at_least(-1),
    output_type=_COUNTED,
    source="core/kernels/count_ops.cc",
)
def sparse_count_sparse_output(
    indices: Array,
    values: Array,
    dense_shape: Array,
    weights: Array,
    *,
    minlength: int = -1,
    maxlength: int = -1,
    binary_output: bool,
) -> tuple[Array, Array, Array]:
    """Occurrences of each value in a sparse vector or in each row of a sparse matrix."""
    check_sparse(indices, values, dense_shape)
    require(len(dense_shape) > 0, "dense_shape must not be empty")
    shape = checked_shape(dense_shape, "dense_shape")
    rows_in_shape(indices, shape)
    _check_weights(weights, values)
    flat = len(shape) == 1
    require(
        flat or 0 < shape[0] < 2**31 - 1, f"dense_shape[0] must lie in (0, 2^31), not {shape[0]}"
    )
    return _count_sparse(
        None if flat else indices[:, 0],
        shape[0],
        values,
        weights,
        minlength,
        maxlength,
        binary_output,
    )


@sparse_count_sparse_output.shape
def sparse_count_sparse_output_shape(dense_shape: Spec) -> list[Shape]:
    """As many columns as the input has dimensions."""
    rank = dense_shape.shape[0] if dense_shape.shape else None
    return [(None, rank), (None,), (rank,)]


@op(
    "RaggedCountSparseOutput(splits: int64, values: T, weights: output_type) "
    "-> output_indices: int64, output_values: output_type, output_dense_shape: int64",
    T=INDEX,
    minlength=at_least(-1),
    maxlength=at_least(-1),
    output_type=_COUNTED,
    source="core/kernels/count_ops.cc",
)
def ragged_count_sparse_output(
    splits: Array,
    values: Array,
    weights: Array,
    *,
    minlength: int = -1,
    maxlength: int = -1,
    binary_output: bool,
) -> tuple[Array, Array, Array]:
    """Occurrences of each value in each row of a ragged matrix."""
    require_rank(splits, 1, "splits")
    require_rank(values, 1, "values")
    _check_weights(weights, values)
    require(len(splits) > 1, f"splits must have at least 2 elements, not {len(splits)}")
    batch = _rows_of_splits(splits, len(values))
    return _count_sparse(
        batch, len(splits) - 1, values, weights, minlength, maxlength, binary_output
    )


@ragged_count_sparse_output.shape
def ragged_count_sparse_output_shape() -> list[Shape]:
    """Two columns."""
    return [(None, 2), (None,), (2,)]


@REGISTRY["SparseReduceSum"].gradient
def _sparse_reduce_sum_gradient(
    ops: Ops, grad: Term, input_indices: Term, input_shape: Term, reduction_axes: Term
) -> tuple[None, Term, None, None]:
    kept = ops.Cast(
        reduced_dims(ops, input_shape, ops.Size(input_shape), reduction_axes), DstT="int64"
    )
    places = input_indices // (input_shape // kept)
    return None, ops.GatherNd(ops.Reshape(grad, kept), places), None, None
