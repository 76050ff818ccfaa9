"""Which values there are and where: unique, differences of lists, true places, one-hot, edit distance."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, bits, to_float
from minihub_runtime.ops.array import filled
from minihub_runtime.ops.checking import (
    allocatable,
    axis_in_range,
    require,
    require_rank,
    require_scalar,
)
from minihub_runtime.ops.registry import ANY, INDEX, Array, op, types, without_gradient
from minihub_runtime.ops.segment import starts_of_runs
from minihub_runtime.shapes import Shape, Spec, merge, size

__all__: list[str] = []


def _first_seen(codes: Array) -> tuple[Array, Array, Array]:
    """For a vector: where each value first stands, each element's rank in that order, and counts."""
    if codes.dtype.kind in "iu" and codes.size:
        # As np.unique does it, without what only other types need.
        sorting = codes.argsort(kind="stable")
        starts = starts_of_runs(codes.take(sorting))
        first = sorting.take(starts)
        order = first.argsort(kind="stable")
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        counts = np.empty_like(starts)
        np.subtract(starts[1:], starts[:-1], out=counts[:-1])
        counts[-1] = codes.size - starts[-1]
        inverse = np.empty_like(sorting)
        inverse[sorting] = np.repeat(place, counts)
        return first.take(order), inverse, counts.take(order)
    _, first, inverse, counts = np.unique(
        codes, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    order = np.argsort(first, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    return first[order], place[inverse.reshape(-1)], counts[order]


def _row_codes(rows: Array) -> Array:
    """A number per row of a matrix, equal for rows of equal elements; a NaN equals nothing."""
    count = len(rows)
    if rows.shape[1] == 0 or count == 0:
        return np.zeros(count, dtype=np.int64)
    if rows.dtype == object:
        seen: dict[Any, int] = {}
        keys = rows[:, 0] if rows.shape[1] == 1 else map(tuple, rows)
        return np.fromiter((seen.setdefault(key, len(seen)) for key in keys), np.int64, count)
    if rows.shape[1] == 1:
        return rows[:, 0]
    # Adding zero turns -0.0 into 0.0, so equal rows have equal bytes.
    plain = np.ascontiguousarray(rows + rows.dtype.type(0) if rows.dtype.kind in "fc" else rows)
    whole = plain.view(np.dtype((np.void, plain.dtype.itemsize * plain.shape[1]))).reshape(-1)
    _, codes = np.unique(whole, return_inverse=True)
    codes = codes.reshape(-1)
    if plain.dtype.kind not in "fc":
        return codes
    return np.where(np.isnan(plain).any(axis=1), count + np.arange(count), codes)


def _comparable(x: Array) -> Array:
    """`x` as a type whose elements NumPy compares as TensorFlow does."""
    return bits(to_float(x))


def _unique(x: Array, axis: int, out_idx: DType) -> tuple[Array, Array, Array]:
    rows = np.moveaxis(_comparable(x), axis, 0)
    rows = rows.reshape(rows.shape[0], size(rows.shape[1:]))
    first, places, counts = _first_seen(_row_codes(rows))
    kind = out_idx.numpy
    return np.take(x, first, axis=axis), places.astype(kind), counts.astype(kind)


def _axis_of(x: Array, axis: Array) -> int:
    """The axis of UniqueV2: a vector of at most one element."""
    require(axis.ndim == 1 and axis.size <= 1, f"axis must have <= 1 element, not {axis.tolist()}")
    if axis.size == 0:
        require(x.ndim == 1, f"x must be a vector if axis is empty, not of shape {list(x.shape)}")
        return 0
    return axis_in_range(axis[0], x.ndim)


def _unique_shape(x: Spec) -> list[Shape]:
    return [(None,), x.shape]


def _unique_v2_shape(x: Spec, axis: Spec) -> list[Shape]:
    if x.shape is None:
        return [None, (None,)]
    if len(x.shape) == 1:
        return [(None,), x.shape]
    if axis.value is None or axis.value.size != 1:
        return [(None,) * len(x.shape), (None,)]
    at = axis_in_range(axis.value.reshape(-1)[0], len(x.shape))
    return [(*x.shape[:at], None, *x.shape[at + 1 :]), (x.shape[at],)]


@op(
    "Unique(x: T) -> y: T, idx: out_idx",
    T=ANY,
    out_idx=INDEX.default_to("int32"),
    source="core/kernels/unique_op.cc",
    shape=_unique_shape,
    ranks={"x": 1},
)
def unique(x: Array, *, out_idx: DType) -> tuple[Array, Array]:
    """The different elements of a vector in the order of their first appearance, and each one's place there.

    A NaN differs from every NaN.
    Raises: InvalidArgumentError unless `x` is a vector.
    """
    require_rank(x, 1, "x")
    return _unique(x, 0, out_idx)[:2]


@op(
    "UniqueWithCounts(x: T) -> y: T, idx: out_idx, count: out_idx",
    T=ANY,
    out_idx=INDEX.default_to("int32"),
    source="core/kernels/unique_op.cc",
    shape=lambda x: [*_unique_shape(x), (None,)],
)
def unique_with_counts(x: Array, *, out_idx: DType) -> tuple[Array, Array, Array]:
    """As Unique, and how often each element appears."""
    require_rank(x, 1, "x")
    return _unique(x, 0, out_idx)


@op(
    "UniqueV2(x: T, axis: Taxis) -> y: T, idx: out_idx",
    T=ANY,
    Taxis=INDEX.default_to("int64"),
    out_idx=INDEX.default_to("int32"),
    source="core/kernels/unique_op.cc",
    shape=_unique_v2_shape,
)
def unique_v2(x: Array, axis: Array, *, out_idx: DType) -> tuple[Array, Array]:
    """The different slices of `x` along `axis` in the order of their first appearance, and each one's place.

    Raises: InvalidArgumentError if `axis` has several elements, or none and `x` is no vector, or is out of range.
    """
    return _unique(x, _axis_of(x, axis), out_idx)[:2]


@op(
    "UniqueWithCountsV2(x: T, axis: Taxis) -> y: T, idx: out_idx, count: out_idx",
    T=ANY,
    Taxis=INDEX.default_to("int64"),
    out_idx=INDEX.default_to("int32"),
    source="core/kernels/unique_op.cc",
    shape=lambda x, axis: [*_unique_v2_shape(x, axis), (None,)],
)
def unique_with_counts_v2(x: Array, axis: Array, *, out_idx: DType) -> tuple[Array, Array, Array]:
    """As UniqueV2, and how often each slice appears."""
    return _unique(x, _axis_of(x, axis), out_idx)


@op(
    "ListDiff(x: T, y: T) -> out: T, idx: out_idx",
    T=ANY,
    out_idx=INDEX.default_to("int32"),
    source="core/kernels/listdiff_op.cc",
    shape=lambda x, y: [(None,), (None,)],
    ranks={"x": 1, "y": 1},
)
def list_diff(x: Array, y: Array, *, out_idx: DType) -> tuple[Array, Array]:
    """The elements of `x` that are not in `y`, in their order, and their places in `x`.

    Raises: InvalidArgumentError unless both are vectors.
    """
    require_rank(x, 1, "x")
    require_rank(y, 1, "y")
    if x.dtype == object:
        known = set(y)
        kept = np.fromiter((item not in known for item in x), np.bool_, x.size)
    else:
        kept = ~np.isin(_comparable(x), _comparable(y))
    places = np.flatnonzero(kept)
    return x[places], places.astype(out_idx.numpy)


@op(
    "Where(input: T) -> index: int64",
    T=types(
        "float32 float64 int32 uint8 int16 int8 complex64 int64 qint8 quint8 qint32 bfloat16 "
        "qint16 quint16 uint16 complex128 float16 uint32 uint64 bool",
        default="bool",
    ),
    source="core/kernels/where_op.cc",
)
def where(input: Array) -> Array:
    """The indices of the elements that are not zero, one per row, in row-major order.

    Raises: InvalidArgumentError for a scalar and for a rank over 8.
    """
    require(1 <= input.ndim <= 8, f"input must have a rank from 1 to 8, not {input.ndim}")
    found: Array = np.argwhere(_comparable(input))
    return found.astype(np.int64, copy=False)


@where.shape
def where_shape(input: Spec) -> Shape:
    return (None, input.rank)


@op(
    "OneHot(indices: TI, depth: int32, on_value: T, off_value: T) -> output: T",
    T=ANY,
    TI=types("uint8 int8 int32 int64", default="int64"),
    source="core/kernels/one_hot_op.cc",
)
def one_hot(
    indices: Array, depth: Array, on_value: Array, off_value: Array, *, axis: int = -1
) -> Array:
    """`on_value` where the place along the new axis is the index, `off_value` elsewhere.

    An index outside of [0, depth) gives no `on_value`.
    Raises: InvalidArgumentError unless depth, on_value and off_value are scalars, depth >= 0, axis in [-1, rank].
    """
    for array, name in ((depth, "depth"), (on_value, "on_value"), (off_value, "off_value")):
        require_scalar(array, name)
    rank = indices.ndim
    require(-1 <= axis <= rank, f"axis must lie in [-1, {rank}], not {axis}")
    count = int(depth)
    require(count >= 0, f"depth must be >= 0, not {count}")
    at = rank if axis == -1 else axis
    before, after = size(indices.shape[:at]), size(indices.shape[at:])
    shape = allocatable((*indices.shape[:at], count, *indices.shape[at:]), on_value.dtype)
    result = filled((before, count, after), off_value)
    flat = indices.reshape(before, after)
    rows, columns = np.nonzero((flat >= 0) & (flat < count))
    result[rows, flat[rows, columns].astype(np.intp), columns] = on_value
    return result.reshape(shape)


@one_hot.shape
def one_hot_shape(indices: Spec, depth: Spec, axis: int) -> Shape:
    require(axis >= -1, f"axis must be >= -1, not {axis}")
    if indices.shape is None:
        return None
    rank = len(indices.shape)
    require(axis <= rank, f"axis must lie in [-1, {rank}], not {axis}")
    at = rank if axis == -1 else axis
    require(depth.rank in (0, None), f"depth must be a scalar, not of shape {depth.shape}")
    count = None if depth.value is None else int(depth.value)
    require(count is None or count >= 0, f"depth must be >= 0, not {count}")
    return (*indices.shape[:at], count, *indices.shape[at:])


def _edits(a: Array, b: Array) -> int:
    """The Levenshtein distance of two sequences."""
    places = np.arange(len(b) + 1)
    row = places.copy()
    for count, item in enumerate(a, 1):
        changed = np.minimum(row[1:] + 1, row[:-1] + (b != item))
        # Insertions run along the row: the least of all smaller places plus the way from there.
        row = np.minimum.accumulate(np.concatenate(([count], changed)) - places) + places
    return int(row[-1])


def _sequences(
    indices: Array, values: Array, shape: Array, name: str
) -> dict[tuple[int, ...], Array]:
    """A sparse tensor's rows along the last axis, by the other indices.

    Raises: InvalidArgumentError if the three parts do not fit, or the indices are not in order.
    """
    require_rank(indices, 2, f"{name}_indices")
    require_rank(values, 1, f"{name}_values")
    require_rank(shape, 1, f"{name}_shape")
    require(
        indices.shape == (values.size, shape.size),
        f"{name}_indices must have shape {[values.size, shape.size]}, not {list(indices.shape)}",
    )
    require(shape.size >= 2, f"{name}_shape must have >= 2 elements, not {shape.size}")
    if values.size == 0:
        return {}
    outside = (indices < 0) | (indices >= shape)
    require(not outside.any(), f"{name}_indices must lie within {shape.tolist()}")
    order = np.lexsort(indices.T[::-1])
    require(
        bool((order == np.arange(values.size)).all()), f"{name}_indices must be in row-major order"
    )
    groups = indices[:, :-1]
    starts = np.flatnonzero(np.any(groups[1:] != groups[:-1], axis=1)) + 1
    edges = [0, *starts.tolist(), values.size]
    return {
        tuple(groups[start].tolist()): values[start:stop]
        for start, stop in itertools.pairwise(edges)
    }


@op(
    "EditDistance(hypothesis_indices: int64, hypothesis_values: T, hypothesis_shape: int64, "
    "truth_indices: int64, truth_values: T, truth_shape: int64) -> output: float32",
    T=ANY,
    source="core/kernels/edit_distance_op.cc",
    ranks={
        "hypothesis_indices": 2,
        "hypothesis_values": 1,
        "hypothesis_shape": 1,
        "truth_indices": 2,
        "truth_values": 1,
        "truth_shape": 1,
    },
)
def edit_distance(
    hypothesis_indices: Array,
    hypothesis_values: Array,
    hypothesis_shape: Array,
    truth_indices: Array,
    truth_values: Array,
    truth_shape: Array,
    *,
    normalize: bool = True,
) -> Array:
    """Insertions, deletions and substitutions between the rows of two sparse tensors.

    `normalize` divides by the length of the truth; a hypothesis for an empty truth then counts as infinite.
    Raises: InvalidArgumentError if the parts of a sparse tensor do not fit, or the ranks differ.
    """
    guesses = _sequences(hypothesis_indices, hypothesis_values, hypothesis_shape, "hypothesis")
    truths = _sequences(truth_indices, truth_values, truth_shape, "truth")
    require(
        hypothesis_shape.size == truth_shape.size,
        f"hypothesis and truth must have one rank, not {hypothesis_shape.size} and "
        f"{truth_shape.size}",
    )
    sizes = np.maximum(hypothesis_shape, truth_shape)[:-1]
    result = np.zeros(allocatable(sizes, np.float32, "output"), dtype=np.float32)
    for place in guesses.keys() | truths.keys():
        guess, truth = guesses.get(place), truths.get(place)
        if guess is None:
            assert truth is not None
            result[place] = 1.0 if normalize else len(truth)
        elif truth is None:
            result[place] = np.inf if normalize else len(guess)
        else:
            count = _edits(_comparable(truth), _comparable(guess))
            result[place] = np.float32(count) / np.float32(len(truth)) if normalize else count
    return result


@edit_distance.shape
def edit_distance_shape(
    hypothesis_indices: Spec,
    hypothesis_values: Spec,
    hypothesis_shape: Spec,
    truth_indices: Spec,
    truth_values: Spec,
    truth_shape: Spec,
) -> Shape:
    for indices, values, shape in (
        (hypothesis_indices, hypothesis_values, hypothesis_shape),
        (truth_indices, truth_values, truth_shape),
    ):
        merge(indices.shape, (values.dim(0), shape.dim(0)))
    if hypothesis_shape.value is None or truth_shape.value is None:
        return None
    shapes = hypothesis_shape.value, truth_shape.value
    if not shapes[0].ndim == shapes[1].ndim == 1 or shapes[0].shape != shapes[1].shape:
        found = " and ".join(str(list(value.shape)) for value in shapes)
        require(False, f"the shapes must be vectors of one length, not of shapes {found}")
    if shapes[0].size < 2:
        require(False, f"the shapes must have >= 2 elements, not {shapes[0].size}")
    return tuple(np.maximum(*shapes)[:-1].tolist())


without_gradient("EditDistance", "OneHot")
