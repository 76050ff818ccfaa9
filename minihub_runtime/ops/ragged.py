"""Ops on ragged tensors: values, and per ragged dimension the splits where its rows start and end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, bfloat16, float_to_bfloat16, to_float
from minihub_runtime.ops.checking import (
    allocatable,
    indices_in_range,
    require,
    require_rank,
    require_scalar,
)
from minihub_runtime.ops.gradient_rules import Ops, Slices, Term
from minihub_runtime.ops.registry import ANY, INDEX, Array, at_least, op, types, without_gradient
from minihub_runtime.ops.sparse import (
    sparse_fill_empty_rows,
    sparse_fill_empty_rows_grad,
    with_rank,
)
from minihub_runtime.shapes import Shape, Spec, merge, size

__all__ = ["check_nested", "from_lengths", "ranges"]


def _check_splits(splits: Array, count: int, name: str) -> None:
    """Raise unless `splits` ascend from 0 to `count`."""
    require_rank(splits, 1, name)
    require(len(splits) > 0, f"{name} must not be empty")
    if int(splits[0]) or int(splits[-1]) != count or (splits[1:] < splits[:-1]).any():
        require(False, f"{name} must ascend from 0 to {count}, not {splits.tolist()[:20]}")


def _check_vectors(nested: Sequence[Array], name: str) -> None:
    for level, splits in enumerate(nested):
        require_rank(splits, 1, f"{name}[{level}]")


def check_nested(nested: Sequence[Array], values: Array) -> None:
    """Raise unless the splits of all levels fit together and to the values."""
    require(values.ndim >= 1, "the values must have rank >= 1, not 0")
    _check_vectors(nested, "nested_splits")
    for level, splits in enumerate(nested):
        inner = len(nested[level + 1]) - 1 if level + 1 < len(nested) else len(values)
        _check_splits(splits, inner, f"nested_splits[{level}]")


def ranges(starts: Array, lengths: Array) -> Array:
    """`starts[i], starts[i] + 1, …` of each length, one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - (ends - lengths), lengths)


def from_lengths(lengths: Array, dtype: np.dtype[Any]) -> Array:
    """The splits of rows of these lengths."""
    splits = np.zeros(len(lengths) + 1, dtype=dtype)
    np.cumsum(lengths, out=splits[1:])
    return splits


@op(
    "RaggedGather(params_nested_splits: PARAMS_RAGGED_RANK * Tsplits, params_dense_values: Tvalues, "
    "indices: Tindices) -> output_nested_splits: OUTPUT_RAGGED_RANK * Tsplits, "
    "output_dense_values: Tvalues",
    Tvalues=ANY,
    Tindices=INDEX,
    Tsplits=INDEX.default_to("int64"),
    OUTPUT_RAGGED_RANK=at_least(0),
    source="core/kernels/ragged_gather_op.cc",
)
def ragged_gather(
    params_nested_splits: Sequence[Array],
    params_dense_values: Array,
    indices: Array,
    *,
    OUTPUT_RAGGED_RANK: int,
) -> tuple[Array, ...]:
    """The rows of a ragged tensor that `indices` name, in the shape of `indices`.

    Raises: InvalidArgumentError for an index outside the rows.
    """
    rank = indices.ndim - 1 + len(params_nested_splits)
    require(
        rank == OUTPUT_RAGGED_RANK,
        f"OUTPUT_RAGGED_RANK must be {rank}, not {OUTPUT_RAGGED_RANK}",
    )
    require(params_dense_values.ndim >= 1, "params_dense_values must have rank >= 1, not 0")
    _check_vectors(params_nested_splits, "params_nested_splits")
    indices_in_range(indices, len(params_nested_splits[0]) - 1)
    for level, splits in enumerate(params_nested_splits):
        last = level + 1 == len(params_nested_splits)
        inner = len(params_dense_values) if last else len(params_nested_splits[level + 1]) - 1
        _check_inside(splits, inner, f"params_nested_splits[{level}]")
    dtype = params_nested_splits[0].dtype
    found = []
    for axis in range(indices.ndim - 1):
        rows = size(indices.shape[: axis + 1])
        found.append(np.arange(rows + 1, dtype=dtype) * dtype.type(indices.shape[axis + 1]))
    rows_now = indices.reshape(-1).astype(np.int64)
    for splits in params_nested_splits:
        lengths = splits[rows_now + 1] - splits[rows_now]
        found.append(from_lengths(lengths, dtype))
        rows_now = ranges(splits[rows_now].astype(np.int64), lengths.astype(np.int64))
    if not indices.ndim:
        del found[0]
    return (*found, params_dense_values[rows_now])


def _check_inside(splits: Array, count: int, name: str) -> None:
    """Raise unless `splits` ascend and stay within `count`; they need not begin at 0 nor reach the end."""
    require_rank(splits, 1, name)
    require(len(splits) > 0, f"{name} must not be empty")
    if int(splits[0]) < 0 or int(splits[-1]) > count or (splits[1:] < splits[:-1]).any():
        require(False, f"{name} must ascend within [0, {count}], not {splits.tolist()[:20]}")


@ragged_gather.shape
def ragged_gather_shape(
    params_nested_splits: list[Spec],
    params_dense_values: Spec,
    indices: Spec,
    OUTPUT_RAGGED_RANK: int,
) -> list[Shape]:
    """Splits of unknown length, values with the inner sizes of the values."""
    for splits in params_nested_splits:
        with_rank(splits, 1, "params_nested_splits")
    values: Shape = None
    if params_dense_values.shape is not None:
        require(params_dense_values.shape != (), "params_dense_values must have rank >= 1, not 0")
        values = (None, *params_dense_values.shape[1:])
    outer: list[Shape] = [(None,)] * OUTPUT_RAGGED_RANK
    if indices.shape is not None:
        rank = len(indices.shape) - 1 + len(params_nested_splits)
        require(
            rank == OUTPUT_RAGGED_RANK,
            f"OUTPUT_RAGGED_RANK must be {rank}, not {OUTPUT_RAGGED_RANK}",
        )
    return [*outer, values]


@op(
    "RaggedRange(starts: T, limits: T, deltas: T) -> rt_nested_splits: Tsplits, rt_dense_values: T",
    T=types("bfloat16 float32 float64 int32 int64", default="int32"),
    Tsplits=INDEX.default_to("int64"),
    source="core/kernels/ragged_range_op.cc",
)
def ragged_range(
    starts: Array, limits: Array, deltas: Array, *, Tsplits: DType
) -> tuple[Array, Array]:
    """Rows `start, start + delta, …` below (above for negative deltas) their limit.

    Shapes: each [n] or []; scalars count for every row.
    Raises: InvalidArgumentError for a delta of 0 or vectors of different length.
    Differs: a row whose length overflows the type has all its values; TensorFlow's arithmetic wraps around.
    """
    lengths_given: set[int] = set()
    for name, given in (("starts", starts), ("limits", limits), ("deltas", deltas)):
        require(given.ndim <= 1, f"{name} must have rank <= 1, not {given.ndim}")
        lengths_given.update(given.shape)
    if len(lengths_given) > 1:
        require(False, f"starts, limits and deltas must have one length, not {lengths_given}")
    rows = lengths_given.pop() if lengths_given else 1
    first, last, step = (
        np.broadcast_to(to_float(given), (rows,)) for given in (starts, limits, deltas)
    )
    require((step != 0).all(), "deltas must not be 0")
    lengths = _range_lengths(first, last, step)
    total = sum(lengths.tolist()) if rows else 0
    require(
        total <= int(Tsplits.max),
        f"the rows must have <= {Tsplits.max} values together, not {total}",
    )
    allocatable((total,), first.dtype, "the values")
    splits = from_lengths(lengths, Tsplits.numpy)
    values = np.empty(total, dtype=first.dtype)
    if first.dtype.kind in "iu":
        column = ranges(np.zeros(rows, dtype=np.int64), lengths).astype(first.dtype)
        np.multiply(column, np.repeat(step, lengths), out=values)
        values += np.repeat(first, lengths)
    else:
        # Each value is the one before plus the step, with its rounding.
        terms = np.repeat(step, lengths)
        terms[splits[:-1][lengths > 0]] = first[lengths > 0]
        with np.errstate(over="ignore", invalid="ignore"):
            for begin, end in zip(splits[:-1].tolist(), splits[1:].tolist(), strict=True):
                np.add.accumulate(terms[begin:end], out=values[begin:end])
    return splits, float_to_bfloat16(values) if starts.dtype == bfloat16.numpy else values


def _range_lengths(first: Array, last: Array, step: Array) -> Array:
    """How many values each row has."""
    none = ((step > 0) & (last < first)) | ((step < 0) & (last > first))
    if first.dtype.kind in "iu":
        # Modular unsigned arithmetic holds every distance of two int64.
        low, high = np.where(step > 0, first, last), np.where(step > 0, last, first)
        distance = high.astype(np.int64).astype(np.uint64) - low.astype(np.int64).astype(np.uint64)
        stride = step.astype(np.int64).astype(np.uint64)
        stride = np.where(step > 0, stride, np.uint64(0) - stride)
        whole = distance // stride + (distance % stride != 0)
        require((none | (whole < 2**63)).all(), "a row must have < 2^63 values")
        return np.where(none, np.uint64(0), whole).astype(np.int64)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        exact = np.ceil(np.abs((last - first) / step))
    if not (none | (exact < 2.0**63)).all():
        require(False, "(limits - starts) / deltas must be < 2^63")
    return np.where(none, 0, exact).astype(np.int64)


@ragged_range.shape
def ragged_range_shape(starts: Spec, limits: Spec, deltas: Spec) -> list[Shape]:
    """One more split than rows."""
    rows: int | None = 1
    known = False
    for name, given in (("starts", starts), ("limits", limits), ("deltas", deltas)):
        if given.shape is None:
            rows = None if not known else rows
            continue
        require(len(given.shape) <= 1, f"{name} must have rank <= 1, not {len(given.shape)}")
        for n in given.shape:
            if n is None:
                rows = rows if known else None
                continue
            require(
                not known or rows == n, f"{name} must have length {rows} like the others, not {n}"
            )
            rows, known = n, True
    return [(None if rows is None else rows + 1,), (None,)]


@op(
    "RaggedTensorToSparse(rt_nested_splits: RAGGED_RANK * Tsplits, rt_dense_values: T) "
    "-> sparse_indices: int64, sparse_values: T, sparse_dense_shape: int64",
    T=ANY,
    Tsplits=INDEX.default_to("int64"),
    views=True,
    source="core/kernels/ragged_tensor_to_sparse_kernel.cc",
)
def ragged_tensor_to_sparse(
    rt_nested_splits: Sequence[Array], rt_dense_values: Array
) -> tuple[Array, Array, Array]:
    """The sparse tensor with the values of a ragged one; its shape has the longest rows."""
    check_nested(rt_nested_splits, rt_dense_values)
    count = len(rt_dense_values)
    inner = rt_dense_values.shape[1:]
    columns = []
    rows = np.arange(count)
    for splits in reversed(rt_nested_splits):
        parent = np.repeat(np.arange(len(splits) - 1), np.diff(splits))[rows]
        columns.append(rows - splits[parent])
        rows = parent
    columns.append(rows)
    indices = np.empty(
        (rt_dense_values.size, len(rt_nested_splits) + rt_dense_values.ndim), dtype=np.int64
    )
    depth = size(inner)
    for place, column in enumerate(reversed(columns)):
        indices[:, place] = np.repeat(column, depth)
    if inner and depth:
        suffixes = np.indices(inner).reshape(len(inner), depth).T
        indices[:, len(columns) :] = np.tile(suffixes, (count, 1))
    widths = [int(np.diff(splits).max(initial=0)) for splits in rt_nested_splits]
    shape = np.array([len(rt_nested_splits[0]) - 1, *widths, *inner], dtype=np.int64)
    return indices, rt_dense_values.reshape(-1), shape


@ragged_tensor_to_sparse.shape
def ragged_tensor_to_sparse_shape(
    rt_nested_splits: list[Spec], rt_dense_values: Spec
) -> list[Shape]:
    """One row per value."""
    for splits in rt_nested_splits:
        with_rank(splits, 1, "rt_nested_splits")
    shape = rt_dense_values.shape
    if shape is None:
        return [(None, None), (None,), (None,)]
    require(shape != (), "rt_dense_values must have rank >= 1, not 0")
    known = [n for n in shape if n is not None]
    count = size(known) if len(known) == len(shape) or 0 in known else None
    rank = len(shape) + len(rt_nested_splits)
    return [(count, rank), (count,), (rank,)]


without_gradient("RaggedRange")


@ragged_tensor_to_sparse.gradient
def _ragged_tensor_to_sparse_gradient(
    ops: Ops, grads: list[Term], rt_nested_splits: list[Term], rt_dense_values: Term
) -> tuple[None, Term]:
    return None, ops.Reshape(grads[1], ops.Shape(rt_dense_values))


@ragged_gather.gradient
def _ragged_gather_gradient(
    ops: Ops,
    grads: list[Term],
    params_nested_splits: list[Term],
    params_dense_values: Term,
    indices: Term,
) -> tuple[None, Slices, None]:
    # Where the values of each row begin and end.
    splits = params_nested_splits[0]
    for deeper in params_nested_splits[1:]:
        splits = ops.GatherV2(deeper, splits, 0)
    rows = ops.Reshape(indices, [-1])
    starts, limits = ops.GatherV2(splits, rows, 0), ops.GatherV2(splits[1:], rows, 0)
    _, places = ops.RaggedRange(starts, limits, ops.constant(1, starts.dtype))
    return None, Slices(grads[-1], places, ops.Shape(params_dense_values)), None


@op(
    "RaggedFillEmptyRows(value_rowids: int64, values: T, nrows: int64, default_value: T) -> "
    "output_value_rowids: int64, output_values: T, empty_row_indicator: bool, "
    "reverse_index_map: int64",
    T=ANY,
    views=True,
    source="core/kernels/ragged_fill_empty_rows_op.cc",
)
def ragged_fill_empty_rows(
    value_rowids: Array, values: Array, nrows: Array, default_value: Array
) -> tuple[Array, Array, Array, Array]:
    """`default_value` in every row that has no value, and rows in order.

    Shapes: `[n], [n], [], [] -> [filled], [filled], [rows], [n]`: the rows of values, these, which rows were empty, and
    where each given value now lies.
    Raises: InvalidArgumentError for a row outside `nrows`, or other shapes.
    """
    require_rank(value_rowids, 1, "value_rowids")
    require_scalar(nrows, "nrows")
    indices, *others = sparse_fill_empty_rows.kernel(
        value_rowids[:, None], values, nrows[None], default_value
    )
    return indices[:, 0], *others


@ragged_fill_empty_rows.shape
def ragged_fill_empty_rows_shape(
    value_rowids: Spec, values: Spec, nrows: Spec, default_value: Spec
) -> list[Shape]:
    """As many rows as asked for."""
    with_rank(nrows, 0, "nrows")
    with_rank(default_value, 0, "default_value")
    given = merge(with_rank(value_rowids, 1, "value_rowids"), with_rank(values, 1, "values"))
    rows = None if nrows.value is None else int(nrows.value)
    return [(None,), (None,), (rows,), given]


op(
    "RaggedFillEmptyRowsGrad(reverse_index_map: int64, grad_values: T) "
    "-> d_values: T, d_default_value: T",
    T=ANY,
    source="core/kernels/ragged_fill_empty_rows_op.cc",
    like=sparse_fill_empty_rows_grad,
)(sparse_fill_empty_rows_grad.kernel)


@ragged_fill_empty_rows.gradient
def ragged_fill_empty_rows_gradient(
    ops: Ops, grads: list[Term], reverse_index_map: Term
) -> tuple[None, Term, None, Term]:
    values, default = ops.RaggedFillEmptyRowsGrad(reverse_index_map, grads[1])
    return None, values, None, default
