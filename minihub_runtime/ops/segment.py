"""Reducing groups of rows: sorted and unsorted segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import (
    as_dtype,
    bfloat16,
    bits,
    float_to_bfloat16,
    from_bits,
    to_float,
)
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable, indices_in_range, require, require_rank
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import INDEX, NUMBERS, REALS, REGISTRY, ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec, merge, size
from minihub_runtime.threads import scratch
from minihub_runtime.threads import spread as share

__all__ = [
    "FEW_RUNS",
    "PLAIN",
    "count_of",
    "flat_rows",
    "fold_alike",
    "reduce_by",
    "run_lengths",
    "sorted_runs",
    "spread",
    "starts_of_runs",
    "take_rows",
    "typed",
]


#: The characters of the types whose rows are added as they are.
PLAIN = "fd"
#: How many rows are gathered at once where runs are folded one by one.
BLOCK = 1 << 14
#: Up to so many runs of different lengths are folded one by one.
FEW_RUNS = 64
#: So few runs of one length take longer together than each alone.
FEW_ALIKE = 3
#: Bytes of rows that are folded at once where runs are folded together.
RESIDENT = 1 << 20
#: Bytes of rows that one thread folds in a nanosecond.
SPEED = 6


def reduce_by(
    ufunc: Any, data: Array, order: Array | None, starts: Array, lengths: Array | None = None
) -> Array:
    """Each run of rows of `data` folded by `ufunc`, row after row.

    Args:
        ufunc: np.add, np.multiply, np.minimum or np.maximum.
        data: of shape [n, width].
        order: the rows in the order of the runs, or None for their own.
        starts: where each run begins in that order; none is empty, the last ends with the order.
        lengths: how long each run is, if that is known.

    Returns:
        One row per run.
    """
    total = len(data) if order is None else len(order)
    if len(starts) == 0:
        return np.empty((0, data.shape[1]), dtype=data.dtype)
    if lengths is None:
        lengths = run_lengths(starts, total)
    alike = bool((lengths == lengths[0]).all())
    longest = int(lengths[0]) if alike else int(lengths.max())
    if longest == 1:
        return data.copy() if order is None else data[order]
    if data.shape[1] <= 4:
        rows = data if order is None else data[order]
        return ufunc.reduceat(rows, starts, axis=0, dtype=data.dtype)
    result = np.empty((len(starts), data.shape[1]), dtype=data.dtype)
    if alike and longest <= max(len(starts), FEW_RUNS):
        fold_alike(ufunc, data, _of_runs(order, starts, longest), result)
    elif len(starts) <= FEW_RUNS:
        if order is not None and total <= BLOCK:
            gathered = np.empty((total, data.shape[1]), data.dtype)
            take_rows(data, order, gathered)
            data, order = gathered, None
        _fold_each(ufunc, data, order, starts, lengths, result)
    else:
        # Runs of one length are folded together.
        by_length = np.argsort(lengths, kind="stable")
        cuts = np.flatnonzero(np.diff(lengths.take(by_length))) + 1
        for chosen in np.split(by_length, cuts):
            folded = np.empty((len(chosen), data.shape[1]), data.dtype)
            length = int(lengths[chosen[0]])
            if length > 1 and (length > max(len(chosen), FEW_RUNS) or len(chosen) <= FEW_ALIKE):
                _fold_each(ufunc, data, order, starts.take(chosen), lengths.take(chosen), folded)
            else:
                fold_alike(ufunc, data, _of_runs(order, starts.take(chosen), length), folded)
            result[chosen] = folded
    return result


def run_lengths(starts: Array, total: int) -> Array:
    """How long each run is; the last ends at `total`."""
    lengths = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=lengths[:-1])
    lengths[-1:] = total - starts[-1:]
    return lengths


def _fold_each(
    ufunc: Any, data: Array, order: Array | None, starts: Array, lengths: Array, result: Array
) -> None:
    """As `reduce_by`, into `result`, run by run."""
    stops = (starts + lengths).tolist()
    for run, (start, stop) in enumerate(zip(starts.tolist(), stops, strict=True)):
        for first in range(start, stop, BLOCK):
            last = min(first + BLOCK, stop)
            rows = data[first:last] if order is None else data[order[first:last]]
            if first == start:
                ufunc.reduce(rows, axis=0, dtype=data.dtype, out=result[run])
            else:
                folded = ufunc.reduce(rows, axis=0, dtype=data.dtype)
                ufunc(result[run], folded, out=result[run])


def _of_runs(order: Array | None, starts: Array, length: int) -> Array:
    """The k-th rows of all runs of one length, for each k."""
    places = starts + np.arange(length)[:, None]
    return places if order is None else order.take(places)


def fold_alike(ufunc: Any, data: Array, places: Array, result: Array) -> None:
    """Runs of one length folded by `ufunc`, row after row.

    Args:
        ufunc: as for `reduce_by`.
        data: of shape [n, width].
        places: the rows of `data`, of shape [length, runs]: the k-th rows of all runs lie together, and are added in one go.
        result: where each run's row goes.
    """
    length, runs = places.shape
    # So many runs at a time that all their rows stay in the cache.
    width = data.shape[1]
    count = max(1, RESIDENT // (length * width * data.itemsize))

    def fold(first: int) -> None:
        last = min(first + count, runs)
        rows = scratch("runs", (length, last - first, width), data.dtype)
        take_rows(data, places[:, first:last], rows)
        ufunc.reduce(rows, axis=0, dtype=data.dtype, out=result[first:last])

    if count >= runs:
        fold(0)
        return
    share(fold, range(0, runs, count), places.size * width * data.itemsize // SPEED)


def take_rows(data: Array, rows: Array, out: Array) -> None:
    """Some rows of a matrix into `out`; they must exist."""
    if data.flags.c_contiguous and data.flags.aligned:
        # `take` buffers what it writes where it may raise an error, and copies all of what is not laid out in order.
        data.take(rows, 0, out, "clip")
    else:
        out[...] = data[rows]


def flat_rows(data: Array) -> Array:
    """The numbers of `data` as a matrix with its first axis; bfloat16 as float32."""
    plain = bits(to_float(data))
    return plain.reshape(len(plain), size(plain.shape[1:]))


def typed(rows: Array, shape: tuple[int, ...], like: Array) -> Array:
    """The numbers of a result in the type of `like`."""
    # A view of a result is copied before the caller gets it.
    numbers = rows if rows.shape == shape else rows.reshape(shape)
    if like.dtype.char in PLAIN:
        return numbers
    if like.dtype == bfloat16.numpy:
        return float_to_bfloat16(numbers)
    kind = as_dtype(like.dtype)
    return from_bits(numbers, kind) if kind.is_quantized else numbers


def sorted_runs(segment_ids: Array) -> tuple[Array, Array]:
    """Where each run of equal ids begins, and its id.

    Raises: InvalidArgumentError unless the ids are >= 0 and never decrease.
    """
    if segment_ids[0] < 0:
        require(False, f"segment_ids must be >= 0, not {int(segment_ids[0])}")
    starts = _starts(segment_ids[1:] != segment_ids[:-1])
    ids = segment_ids.take(starts)
    if not (ids[1:] > ids[:-1]).all():
        place = int(np.argmax(ids[1:] < ids[:-1]))
        raise InvalidArgumentError(
            f"segment_ids must not decrease, but {int(ids[place + 1])} follows {int(ids[place])}"
        )
    return starts, ids


def starts_of_runs(values: Array) -> Array:
    """Where each run of equal values of a vector that is not empty begins."""
    return _starts(values[1:] != values[:-1])


def _starts(new: Array) -> Array:
    """The first place, and those after places where something is new."""
    (places,) = new.nonzero()
    starts = np.empty(len(places) + 1, places.dtype)
    starts[0] = 0
    np.add(places, 1, out=starts[1:])
    return starts


def spread(rows: Array, ids: Array, count: int, initial: Any) -> Array:
    """`rows` at the places `ids` of a matrix of `count` rows that otherwise holds `initial`."""
    if len(ids) == count:
        return rows
    result = np.full((count, rows.shape[1]), initial, dtype=rows.dtype)
    result[ids] = rows
    return result


def _mean_of(sums: Array, lengths: Array) -> Array:
    """Sums divided by the lengths of their runs; integers as C++ divides them, complex parts each."""
    if sums.dtype.kind in "iu":
        counts = lengths.astype(sums.dtype)[:, None]
        # A count may wrap to zero in a narrow type; C++ traps there, and here the sum is kept.
        counts[counts == 0] = 1
        whole = np.abs(sums) // np.abs(counts) if sums.dtype.kind == "i" else sums // counts
        return whole * (np.sign(sums) * np.sign(counts)) if sums.dtype.kind == "i" else whole
    return sums / lengths[:, None].astype(sums.real.dtype)


def _segment(data: Array, segment_ids: Array, ufunc: Any, initial: Any, mean: bool) -> Array:
    """A reduction of sorted segments; the number of segments is the last id plus one."""
    require(data.ndim >= 1, "data must have rank >= 1, not 0")
    require_rank(segment_ids, 1, "segment_ids")
    if segment_ids.size != data.shape[0]:
        raise InvalidArgumentError(
            f"segment_ids must have {data.shape[0]} elements, as data has rows, not "
            f"{segment_ids.size}"
        )
    rest = data.shape[1:]
    if segment_ids.size == 0:
        return np.empty((0, *rest), dtype=data.dtype)
    starts, ids = sorted_runs(segment_ids)
    count = int(ids[-1]) + 1
    shape = allocatable((count, *rest), data.dtype)
    with np.errstate(all="ignore"):
        rows = reduce_by(ufunc, flat_rows(data), None, starts)
        if mean:
            rows = _mean_of(rows, np.diff(starts, append=segment_ids.size))
    return typed(spread(rows, ids, count, initial), shape, data)


def _segment_shape(data: Spec, segment_ids: Spec) -> Shape:
    if segment_ids.shape is not None:
        require(len(segment_ids.shape) == 1, "segment_ids must be a vector")
    if data.shape is None:
        return None
    require(len(data.shape) >= 1, "data must have rank >= 1, not 0")
    if segment_ids.shape is not None:
        merge(segment_ids.shape, data.shape[:1])
    return (None, *data.shape[1:])


def _register_sorted(name: str, ufunc: Any, initial: Any, kinds: Any) -> None:
    def kernel(data: Array, segment_ids: Array) -> Array:
        """Rows with one id reduced to one row; ids that are absent give 0, or 1 for a product.

        Differs: a NaN makes its minimum or maximum NaN; in TensorFlow that depends on place and width.
        Raises: InvalidArgumentError unless the ids are >= 0 and never decrease, one per row.
        """
        return _segment(data, segment_ids, ufunc, initial, name == "SegmentMean")

    op(
        f"{name}(data: T, segment_ids: Tindices) -> output: T",
        T=kinds,
        Tindices=INDEX,
        precision=ROUNDING,
        source="core/kernels/segment_reduction_ops_impl.h",
        shape=_segment_shape,
    )(kernel)


# TensorFlow fills the gaps of SegmentMin and SegmentMax with zeros too.
for _name, _ufunc, _initial, _kinds in (
    ("SegmentSum", np.add, 0, NUMBERS),
    ("SegmentMean", np.add, 0, NUMBERS),
    ("SegmentProd", np.multiply, 1, NUMBERS),
    ("SegmentMin", np.minimum, 0, REALS),
    ("SegmentMax", np.maximum, 0, REALS),
):
    _register_sorted(_name, _ufunc, _initial, _kinds)


def _lowest(dtype: np.dtype[Any]) -> Any:
    return np.finfo(dtype).min if dtype.kind == "f" else np.iinfo(dtype).min


def _highest(dtype: np.dtype[Any]) -> Any:
    return np.finfo(dtype).max if dtype.kind == "f" else np.iinfo(dtype).max


def count_of(num_segments: Array) -> int:
    """`num_segments` as a Python integer.

    Raises: InvalidArgumentError unless it is a scalar >= 0.
    """
    require(num_segments.ndim == 0, f"num_segments must be a scalar, not {num_segments.shape}")
    count = int(num_segments)
    require(count >= 0, f"num_segments must be >= 0, not {count}")
    return count


def _require_prefix(data: Array, segment_ids: Array) -> None:
    if data.shape[: segment_ids.ndim] != segment_ids.shape:
        raise InvalidArgumentError(
            f"data must have a shape that begins with {list(segment_ids.shape)}, that of "
            f"segment_ids, not {list(data.shape)}"
        )


def _unsorted(
    data: Array, segment_ids: Array, num_segments: Array, ufunc: Any, initial: Any
) -> Array:
    count = count_of(num_segments)
    _require_prefix(data, segment_ids)
    rest = data.shape[segment_ids.ndim :]
    shape = allocatable((count, *rest), data.dtype)
    flat = flat_rows(data.reshape(segment_ids.size, *rest))
    # bfloat16 is computed in float32, but its limits are its own.
    kind = bits(data).dtype if data.dtype != bfloat16.numpy else np.dtype(np.float32)
    start = initial(kind) if callable(initial) else initial
    if data.dtype == bfloat16.numpy and callable(initial):
        start = float.fromhex("0x1.FEp127") * (1 if start > 0 else -1)
    ids = segment_ids.reshape(-1)
    if data.size == 0:
        return typed(np.full((count, size(rest)), start, dtype=flat.dtype), shape, data)
    kept = ids >= 0
    indices_in_range(ids if kept.all() else ids[kept], count, "segment_ids")
    # Rows of negative ids are dropped; sorting puts them first.
    order = np.argsort(ids, kind="stable")
    order = order[ids.size - int(kept.sum()) :]
    held = ids[order]
    if held.size == 0:
        return typed(np.full((count, size(rest)), start, dtype=flat.dtype), shape, data)
    starts = starts_of_runs(held)
    with np.errstate(all="ignore"):
        rows = reduce_by(ufunc, flat, order, starts)
        if callable(initial):
            rows = ufunc(rows, rows.dtype.type(start))
    return typed(spread(rows, held[starts], count, start), shape, data)


def _unsorted_shape(data: Spec, segment_ids: Spec, num_segments: Spec) -> Shape:
    if num_segments.shape is not None:
        require(num_segments.shape == (), "num_segments must be a scalar")
    if data.shape is None or segment_ids.shape is None:
        return None
    rank = len(segment_ids.shape)
    merge(data.shape[:rank], segment_ids.shape)
    count = None if num_segments.value is None else count_of(num_segments.value)
    return (count, *data.shape[rank:])


def _register_unsorted(name: str, ufunc: Any, initial: Any, kinds: Any) -> None:
    def kernel(data: Array, segment_ids: Array, num_segments: Array) -> Array:
        """Rows with one id reduced to one row; negative ids are left out, absent ones give the neutral value.

        Differs: a NaN makes its minimum or maximum NaN; in TensorFlow a number after it may replace it.
        Raises: InvalidArgumentError for ids >= num_segments, and unless the shape of `data` begins with that
        of `segment_ids`.
        """
        return _unsorted(data, segment_ids, num_segments, ufunc, initial)

    op(
        f"{name}(data: T, segment_ids: Tindices, num_segments: Tnumsegments) -> output: T",
        T=kinds,
        Tindices=types("int16 int32 int64") if name == "UnsortedSegmentSum" else INDEX,
        Tnumsegments=INDEX.default_to("int32"),
        precision=ROUNDING,
        source="core/kernels/segment_reduction_ops_impl.h",
        shape=_unsorted_shape,
    )(kernel)


_neutral: Any
for _name, _ufunc, _neutral, _kinds in (
    ("UnsortedSegmentSum", np.add, 0, NUMBERS),
    ("UnsortedSegmentProd", np.multiply, 1, NUMBERS),
    ("UnsortedSegmentMin", np.minimum, _highest, REALS),
    ("UnsortedSegmentMax", np.maximum, _lowest, REALS),
):
    _register_unsorted(_name, _ufunc, _neutral, _kinds)


def _segment_sum_gradient(ops: Ops, grad: Term, segment_ids: Term) -> tuple[Term, None]:
    return ops.GatherV2(grad, segment_ids, 0), None


def _segment_mean_gradient(
    ops: Ops, grad: Term, data: Term, segment_ids: Term
) -> tuple[Term, None]:
    ones = ops.Fill(ops.Reshape(ops.Rank(data) - 1, [1]), 1)
    shape = ops.ConcatV2([ops.Shape(segment_ids), ones], 0)
    counts = ops.SegmentSum(ops.Fill(shape, ops.constant(1, grad.dtype)), segment_ids)
    return ops.GatherV2(grad / counts, segment_ids, 0), None


def _segment_extreme_gradient(
    ops: Ops, grad: Term, data: Term, segment_ids: Term, output: Term
) -> tuple[Term, None]:
    """Elements that are equally large share the gradient of their segment."""
    chosen = ops.Equal(data, ops.GatherV2(output, segment_ids, 0))
    counts = ops.SegmentSum(ops.Cast(chosen, DstT=grad.dtype), segment_ids)
    shares = ops.GatherV2(grad / counts, segment_ids, 0)
    return ops.SelectV2(chosen, shares, ops.ZerosLike(data)), None


def _segment_prod_gradient(
    ops: Ops, grad: Term, data: Term, segment_ids: Term, output: Term
) -> tuple[Term, None]:
    """The product of the others: divided out, but for the only zero of a segment; two zeros leave nothing."""
    zero = ops.Equal(data, 0)
    counts = ops.SegmentSum(ops.Cast(zero, DstT="int32"), segment_ids)
    grad = ops.SelectV2(ops.Greater(counts, 1), ops.ZerosLike(grad), grad)
    others = ops.SelectV2(zero, ops.OnesLike(data), data)
    rest = ops.GatherV2(ops.SegmentProd(others, segment_ids), segment_ids, 0)
    divided = ops.GatherV2(output, segment_ids, 0) / others
    return ops.GatherV2(grad, segment_ids, 0) * ops.SelectV2(zero, rest, divided), None


def _kept_rows(ops: Ops, rows: Term, ids: Term) -> tuple[Term, Term]:
    """Rows gathered by ids of any rank, zeros for negative ids; and which elements are not of such ids."""
    gathered = ops.GatherV2(rows, ops.Maximum(ids, ops.ZerosLike(ids)), 0)
    kept = ops.GreaterEqual(ids, 0)
    ones = ops.Fill(ops.Reshape(ops.Rank(gathered) - ops.Rank(kept), [1]), 1)
    kept = ops.Reshape(kept, ops.ConcatV2([ops.Shape(kept), ones], 0))
    everywhere = ops.LogicalAnd(kept, ops.Cast(ops.OnesLike(gathered), DstT="bool"))
    return ops.SelectV2(everywhere, gathered, ops.ZerosLike(gathered)), everywhere


def _unsorted_sum_gradient(ops: Ops, grad: Term, segment_ids: Term) -> tuple[Term, None, None]:
    return _kept_rows(ops, grad, segment_ids)[0], None, None


def _unsorted_extreme_gradient(
    ops: Ops, grad: Term, data: Term, segment_ids: Term, num_segments: Term, output: Term
) -> tuple[Term, None, None]:
    largest, kept = _kept_rows(ops, output, segment_ids)
    chosen = ops.LogicalAnd(ops.Equal(data, largest), kept)
    counts = ops.UnsortedSegmentSum(ops.Cast(chosen, DstT=grad.dtype), segment_ids, num_segments)
    shares, _ = _kept_rows(ops, grad / counts, segment_ids)
    return ops.SelectV2(chosen, shares, ops.ZerosLike(shares)), None, None


def _unsorted_prod_gradient(
    ops: Ops, grad: Term, data: Term, segment_ids: Term, num_segments: Term, output: Term
) -> tuple[Term, None, None]:
    zero = ops.Equal(data, 0)
    counts = ops.UnsortedSegmentSum(ops.Cast(zero, DstT="int32"), segment_ids, num_segments)
    grad = ops.SelectV2(ops.Greater(counts, 1), ops.ZerosLike(grad), grad)
    others = ops.SelectV2(zero, ops.OnesLike(data), data)
    places = ops.Maximum(segment_ids, ops.ZerosLike(segment_ids))
    products = ops.UnsortedSegmentProd(others, segment_ids, num_segments)
    rest = ops.GatherV2(products, places, 0)
    divided = ops.GatherV2(output, places, 0) / data
    slopes, _ = _kept_rows(ops, grad, segment_ids)
    return slopes * ops.SelectV2(zero, rest, divided), None, None


_RULES: dict[str, Any] = {
    "SegmentMax": _segment_extreme_gradient,
    "SegmentMean": _segment_mean_gradient,
    "SegmentMin": _segment_extreme_gradient,
    "SegmentProd": _segment_prod_gradient,
    "SegmentSum": _segment_sum_gradient,
    "UnsortedSegmentMax": _unsorted_extreme_gradient,
    "UnsortedSegmentMin": _unsorted_extreme_gradient,
    "UnsortedSegmentProd": _unsorted_prod_gradient,
    "UnsortedSegmentSum": _unsorted_sum_gradient,
}
for _name, _rule in _RULES.items():
    REGISTRY[_name].gradient(_rule)
