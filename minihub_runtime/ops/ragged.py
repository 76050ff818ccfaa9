"""Ops on ragged tensors: values, and per ragged dimension the splits where its rows start and end."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, bfloat16, float_to_bfloat16, to_float
from minihub_runtime.ops.checking import (
    indices_in_range,
    require,
    require_rank,
)
from minihub_runtime.ops.registry import ANY, INDEX, Array, at_least, op, types
from minihub_runtime.ops.sparse import checked_shape, with_rank
from minihub_runtime.shapes import Shape, Spec, compatible, dims, show, size

__all__ = ["RaggedVariant"]


@dataclasses.dataclass(frozen=True, eq=False)
class RaggedVariant:
    """A ragged tensor as one element of a variant tensor.

    Attributes:
        nested_splits: the splits, outermost first.
        values: the flat values, of rank >= 1.
    """

    nested_splits: tuple[Array, ...]
    values: Array


def _check_splits(splits: Array, count: int, name: str) -> None:
    """Raise unless `splits` ascend from 0 to `count`."""
    require_rank(splits, 1, name)
    require(len(splits) > 0, f"{name} must not be empty")
    if int(splits[0]) or int(splits[-1]) != count or (splits[1:] < splits[:-1]).any():
        require(False, f"{name} must ascend from 0 to {count}, not {splits.tolist()[:20]}")


def _check_nested(nested: Sequence[Array], values: Array) -> None:
    """Raise unless the splits of all levels fit together and to the values."""
    require(values.ndim >= 1, "the values must have rank >= 1, not 0")
    for level, splits in enumerate(nested):
        inner = len(nested[level + 1]) - 1 if level + 1 < len(nested) else len(values)
        _check_splits(splits, inner, f"nested_splits[{level}]")


def _ranges(starts: Array, lengths: Array) -> Array:
    """`starts[i], starts[i] + 1, …` of each length, one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - (ends - lengths), lengths)


def _from_lengths(lengths: Array, dtype: np.dtype[Any]) -> Array:
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
    require_rank(params_nested_splits[0], 1, "params_nested_splits[0]")
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
        found.append(_from_lengths(lengths, dtype))
        rows_now = _ranges(splits[rows_now].astype(np.int64), lengths.astype(np.int64))
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
    """
    lengths_given = set()
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
        total <= int(Tsplits.max), f"the rows must have <= {Tsplits.max} values together, not {total}"
    )
    checked_shape((total,), first.dtype, "the values")
    splits = _from_lengths(lengths, Tsplits.numpy)
    values = np.empty(total, dtype=first.dtype)
    if first.dtype.kind in "iu":
        column = _ranges(np.zeros(rows, dtype=np.int64), lengths).astype(first.dtype)
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
    _check_nested(rt_nested_splits, rt_dense_values)
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
    inner = [a if b is None else b for a, b in zip(shape[ragged_rank + 1 :], values[1:], strict=True)]
    return (*shape[: ragged_rank + 1], *inner)


def _check_default(default: Shape, values: Shape) -> None:
    if default is None or values is None:
        return
    if len(default) >= max(len(values), 1):
        require(
            False, f"default_value must have rank < {len(values)} like the values, not {show(default)}"
        )
    inner = values[1:]
    aligned = inner[: len(default)]
    if any(a is not None and b is not None and a not in (1, b) for a, b in zip(default, aligned, strict=True)):
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
    result_shape = checked_shape([*extents, *inner], values.dtype, "the result")
    checked_shape((rows,), np.dtype(np.int64), "the rows")
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
        return np.repeat(np.arange(count), lengths), _ranges(
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


@op(
    "RaggedTensorToVariant(rt_nested_splits: RAGGED_RANK * Tsplits, rt_dense_values: Tvalues) "
    "-> encoded_ragged: variant",
    RAGGED_RANK=at_least(0),
    Tvalues=ANY,
    Tsplits=INDEX.default_to("int64"),
    source="core/kernels/ragged_tensor_to_variant_op.cc",
)
def ragged_tensor_to_variant(
    rt_nested_splits: Sequence[Array], rt_dense_values: Array, *, batched_input: bool
) -> Array:
    """A ragged tensor as a variant scalar, or with `batched_input` a vector with one element per row."""
    require(rt_dense_values.ndim >= 1, "rt_dense_values must have rank >= 1, not 0")
    if not batched_input:
        result = np.empty((), dtype=object)
        result[()] = RaggedVariant(tuple(rt_nested_splits), rt_dense_values)
        return result
    require(len(rt_nested_splits) > 0, "rt_nested_splits must not be empty with batched_input")
    _check_nested(rt_nested_splits, rt_dense_values)
    top, *deeper = rt_nested_splits
    result = np.empty(len(top) - 1, dtype=object)
    for row, (begin, end) in enumerate(zip(top[:-1].tolist(), top[1:].tolist(), strict=True)):
        parts = []
        for splits in deeper:
            part = splits[begin : end + 1]
            parts.append(part - part[0])
            begin, end = int(part[0]), int(part[-1])
        result[row] = RaggedVariant(tuple(parts), rt_dense_values[begin:end].copy())
    return result


@ragged_tensor_to_variant.shape
def ragged_tensor_to_variant_shape(
    rt_nested_splits: list[Spec], rt_dense_values: Spec, batched_input: bool
) -> Shape:
    """A scalar, or as many as there are rows."""
    require(rt_dense_values.shape != (), "rt_dense_values must have rank >= 1, not 0")
    counts = [with_rank(splits, 1, "rt_nested_splits")[0] for splits in rt_nested_splits]
    if not batched_input:
        return ()
    require(len(counts) > 0, "rt_nested_splits must not be empty with batched_input")
    require(counts[0] != 0, "rt_nested_splits[0] must not be empty")
    return (None if counts[0] is None else counts[0] - 1,)


@op(
    "RaggedTensorFromVariant(encoded_ragged: variant) "
    "-> output_nested_splits: output_ragged_rank * Tsplits, output_dense_values: Tvalues",
    input_ragged_rank=at_least(-1),
    output_ragged_rank=at_least(0),
    Tvalues=ANY,
    Tsplits=INDEX.default_to("int64"),
    views=True,
    source="core/kernels/ragged_tensor_from_variant_op.cc",
)
def ragged_tensor_from_variant(
    encoded_ragged: Array,
    *,
    input_ragged_rank: int,
    output_ragged_rank: int,
    Tvalues: DType,
    Tsplits: DType,
) -> tuple[Array, ...]:
    """The ragged tensor that variant elements make when they are stacked.

    Raises: InvalidArgumentError unless every element is a ragged tensor of the ranks and types asked for.
    """
    inner = output_ragged_rank - encoded_ragged.ndim if input_ragged_rank == -1 else input_ragged_rank
    if inner < 0 or inner + encoded_ragged.ndim != output_ragged_rank:
        require(
            False,
            f"output_ragged_rank must be input_ragged_rank + {encoded_ragged.ndim}, "
            f"not {output_ragged_rank} for {input_ragged_rank}",
        )
    parts: list[RaggedVariant] = encoded_ragged.reshape(-1).tolist()
    for number, part in enumerate(parts):
        _check_variant(part, number, inner, Tvalues, Tsplits)
    if not encoded_ragged.ndim:
        return (*parts[0].nested_splits, parts[0].values)
    found = []
    for axis in range(encoded_ragged.ndim - 1):
        rows = np.arange(encoded_ragged.shape[axis] + 1, dtype=Tsplits.numpy)
        found.append(rows * Tsplits.numpy.type(encoded_ragged.shape[axis + 1]))
    heights = [
        len(part.nested_splits[0]) - 1 if part.nested_splits else len(part.values) for part in parts
    ]
    found.append(_from_lengths(np.array(heights, dtype=np.int64), Tsplits.numpy))
    for level in range(inner):
        lengths = [np.diff(part.nested_splits[level]) for part in parts]
        joined = np.concatenate(lengths) if lengths else np.zeros(0, dtype=np.int64)
        found.append(_from_lengths(joined, Tsplits.numpy))
    if not parts:
        return (*found, np.zeros(0, dtype=Tvalues.numpy))
    shapes = {part.values.shape[1:] for part in parts}
    if len(shapes) > 1:
        require(False, f"the values of all elements must have one inner shape, not {shapes}")
    return (*found, np.concatenate([part.values for part in parts]))


def _check_variant(part: Any, number: int, rank: int, values: DType, splits: DType) -> None:
    if not isinstance(part, RaggedVariant):
        require(
            False, f"encoded_ragged[{number}] must be a ragged tensor, not {type(part).__name__}"
        )
    if len(part.nested_splits) != rank:
        require(
            False,
            f"encoded_ragged[{number}] must have ragged rank {rank}, not {len(part.nested_splits)}",
        )
    found = as_dtype(part.values.dtype)
    if found is not values:
        require(False, f"encoded_ragged[{number}] must hold {values.name}, not {found.name}")
    for row in part.nested_splits:
        if row.dtype != splits.numpy or row.ndim != 1 or not len(row):
            require(
                False,
                f"encoded_ragged[{number}] must have {splits.name} vectors as splits, "
                f"not {row.dtype} of shape {list(row.shape)}",
            )


@ragged_tensor_from_variant.shape
def ragged_tensor_from_variant_shape(
    encoded_ragged: Spec, input_ragged_rank: int, output_ragged_rank: int
) -> list[Shape]:
    """Splits of unknown length and values of unknown shape."""
    if encoded_ragged.shape is not None and input_ragged_rank >= 0:
        with_rank(encoded_ragged, output_ragged_rank - input_ragged_rank, "encoded_ragged")
    return [*([(None,)] * output_ragged_rank), None]
