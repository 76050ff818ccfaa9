"""Slices: a begin and a size, or a begin, an end and a stride with TensorFlow's masks."""

from __future__ import annotations

import functools
from typing import Any

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.array import zeros
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term, sizes_of, sum_to
from minihub_runtime.ops.registry import ANY, INDEX, Array, op, types
from minihub_runtime.shapes import Shape, Spec, show

__all__ = ["Strided", "strided"]


@op(
    "Slice(input: T, begin: Index, size: Index) -> output: T",
    T=ANY,
    Index=INDEX,
    views=True,
    source="core/kernels/slice_op.cc",
)
def slice_(input: Array, begin: Array, size: Array) -> Array:
    """The part of `input` from `begin` with sizes `size`, where -1 means all that follows, as a view.

    Raises: InvalidArgumentError unless there is a begin and a size for each axis, within the input.
    """
    # The ellipsis keeps a scalar an array.
    index: Any = (*_ranges(input.shape, begin, size), ...)
    return input[index]


def _ranges(shape: tuple[int, ...], begin: Array, size: Array) -> tuple[slice, ...]:
    rank = len(shape)
    for array, name in ((begin, "begin"), (size, "size")):
        if array.shape != (rank,):
            raise InvalidArgumentError(
                f"{name} must have shape [{rank}], not {list(array.shape)}, for an input of "
                f"shape {list(shape)}"
            )
    ranges = []
    for axis, (n, start, length) in enumerate(
        zip(shape, begin.tolist(), size.tolist(), strict=True)
    ):
        stop = n if length == -1 else start + length
        if not (0 <= start <= n and start <= stop <= n):
            raise InvalidArgumentError(
                f"begin[{axis}] = {start} and size[{axis}] = {length} must lie within the size {n}"
            )
        ranges.append(slice(start, stop))
    return tuple(ranges)


@slice_.shape
def slice_shape(input: Spec, begin: Spec, size: Spec) -> Shape:
    rank = input.rank
    for spec in (begin, size):
        if spec.shape is None:
            continue
        require(len(spec.shape) == 1, f"begin and size must be vectors, not {show(spec.shape)}")
        length = spec.shape[0]
        rank = length if rank is None else rank
        require(length in (rank, None), f"begin and size must have {rank} elements, not {length}")
    if rank is None:
        return None
    # Where some sizes are not known, TensorFlow cannot tell -1 from them.
    sizes = size.value.tolist() if size.value is not None else size.as_shape or (None,) * rank
    starts = begin.as_shape or (None,) * rank
    known = input.shape or (None,) * rank
    result: list[int | None] = []
    for n, start, length in zip(known, starts, sizes, strict=True):
        if length is None:
            result.append(None)
        elif length == -1:
            result.append(None if n is None or start is None else n - start)
        else:
            require(length >= 0, f"sizes must be >= 0, or -1, not {length}")
            result.append(length)
        if n is not None and start is not None:
            found = result[-1] or 0
            require(start >= 0 and start + found <= n, f"[{start}, +{found}] must lie within {n}")
    return tuple(result)


class Strided:
    """A strided slice, resolved for one shape.

    Attributes:
        index: what NumPy is asked for.
        shape: the sizes of the result.
    """

    __slots__ = ("index", "shape")

    def __init__(self, index: tuple[Any, ...], shape: tuple[int, ...]) -> None:
        self.index = index
        self.shape = shape


def _bit(mask: int, place: int) -> bool:
    return bool(mask >> place & 1)


def _axes_of(
    begin_size: int, rank: int, ellipsis_mask: int, new_axis_mask: int
) -> list[tuple[int | None, int | None]]:
    """Which place of begin/end/strides stands for which axis of the input, in the order of the result.

    A pair (place, None) is a new axis, (None, axis) an axis under the ellipsis, which is taken whole.
    Raises: InvalidArgumentError for several ellipses, or more places than axes.
    """
    places = range(begin_size)
    ellipses = [place for place in places if _bit(ellipsis_mask, place)]
    require(len(ellipses) <= 1, "at most one ellipsis may stand in a slice")
    # Bits beyond the sparse places mean nothing, and without an ellipsis one follows at the end.
    at = ellipses[0] if ellipses else begin_size
    consuming = [place for place in places if place != at and not _bit(new_axis_mask, place)]
    if len(consuming) > rank:
        raise InvalidArgumentError(
            f"a slice of {len(consuming)} axes needs an input of that rank, not of rank {rank}"
        )
    pairs: list[tuple[int | None, int | None]] = []
    axis = 0
    for place in range(begin_size + 1):
        if place == at:
            for _ in range(rank - len(consuming)):
                pairs.append((None, axis))
                axis += 1
        elif place < begin_size:
            if _bit(new_axis_mask, place):
                pairs.append((place, None))
            else:
                pairs.append((place, axis))
                axis += 1
    return pairs


def _range(n: int, begin: int | None, end: int | None, stride: int) -> tuple[int, int, int]:
    """Start, number and step of one axis; None for a masked end."""
    low, high = (0, n) if stride > 0 else (-1, n - 1)

    def clipped(value: int) -> int:
        value = value + n if value < 0 else value
        return min(max(value, low), high)

    first = (low if stride > 0 else high) if begin is None else clipped(begin)
    last = (high if stride > 0 else low) if end is None else clipped(end)
    span = last - first
    if span == 0 or (span < 0) != (stride < 0):
        return 0, 0, 1
    return first, -(-abs(span) // abs(stride)), stride


# Loops and batches ask for the same few slices again and again.
@functools.lru_cache(maxsize=4096)
def strided(
    shape: tuple[int, ...],
    begin: tuple[int, ...],
    end: tuple[int, ...],
    strides: tuple[int, ...],
    masks: tuple[int, int, int, int, int],
) -> Strided:
    """Resolve a strided slice of an array of `shape`.

    Args:
        shape: of the array.
        begin: first index per place.
        end: index past the last per place.
        strides: step per place.
        masks: begin, end, ellipsis, new axis and shrink axis mask.

    Raises:
        InvalidArgumentError: TensorFlow refuses it.
    """
    begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask = masks
    index: list[Any] = []
    sizes: list[int] = []
    for place, axis in _axes_of(len(begin), len(shape), ellipsis_mask, new_axis_mask):
        if place is None:
            assert axis is not None
            index.append(slice(None))
            sizes.append(shape[axis])
        elif axis is None:
            index.append(None)
            sizes.append(1)
        else:
            n, stride = shape[axis], strides[place]
            require(stride != 0, f"strides[{place}] must not be 0")
            if _bit(shrink_axis_mask, place):
                require(stride > 0, f"strides[{place}] must be > 0 for a single index")
                wanted = begin[place]
                found = wanted + n if wanted < 0 else wanted
                if not 0 <= found < n:
                    raise InvalidArgumentError(
                        f"slice index {wanted} of axis {axis} must lie in [{-n}, {n})"
                    )
                index.append(found)
                continue
            first, count, step = _range(
                n,
                None if _bit(begin_mask, place) else begin[place],
                None if _bit(end_mask, place) else end[place],
                stride,
            )
            stop = first + count * step
            index.append(slice(first, stop if stop >= 0 else None, step))
            sizes.append(count)
    return Strided((*index, ...), tuple(sizes))


def _vectors(begin: Array, end: Array, strides: Array) -> tuple[tuple[int, ...], ...]:
    """Begin, end and strides as Python integers.

    Raises: InvalidArgumentError unless they are vectors of one length.
    """
    if not (begin.ndim == 1 and begin.shape == end.shape == strides.shape):
        raise InvalidArgumentError(
            "begin, end and strides must be vectors of one length, not of shapes "
            f"{list(begin.shape)}, {list(end.shape)} and {list(strides.shape)}"
        )
    require(begin.size < 32, f"a slice must have less than 32 places, not {begin.size}")
    return tuple(begin.tolist()), tuple(end.tolist()), tuple(strides.tolist())


@op(
    "StridedSlice(input: T, begin: Index, end: Index, strides: Index) -> output: T",
    T=ANY,
    Index=types("int16 int32 int64"),
    views=True,
    source="core/util/strided_slice_op.cc",
)
def strided_slice(
    input: Array,
    begin: Array,
    end: Array,
    strides: Array,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Array:
    """`input[begin:end:strides]`, as a view.

    Bit i of a mask concerns place i: no begin, no end, an ellipsis, a new axis, a single index.
    Raises: InvalidArgumentError for zero strides, single indices out of range, and more places than axes.
    """
    vectors = _vectors(begin, end, strides)
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return input[strided(input.shape, *vectors, masks).index]


def _strided_shape(
    shape: Shape,
    begin: Spec,
    end: Spec,
    strides: Spec,
    masks: tuple[int, int, int, int, int],
) -> Shape:
    """What is known of the result; only the axes with known size and range have a known size."""
    begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask = masks
    for spec in (begin, end, strides):
        require(spec.rank in (1, None), f"begin, end and strides must have rank 1, not {spec.rank}")
    lengths = {s.shape[0] for s in (begin, end, strides) if s.shape and s.shape[0] is not None}
    require(len(lengths) <= 1, f"begin, end and strides must have one length, not {lengths}")
    if shape is None or not lengths:
        return None
    sizes: list[int | None] = []
    pairs = _axes_of(lengths.pop(), len(shape), ellipsis_mask, new_axis_mask)
    for place, axis in pairs:
        if place is None:
            assert axis is not None
            sizes.append(shape[axis])
            continue
        if axis is None:
            sizes.append(1)
            continue
        if strides.value is not None:
            require(strides.value[place] != 0, f"strides[{place}] must not be 0")
        if _bit(shrink_axis_mask, place):
            require(
                strides.value is None or strides.value[place] > 0,
                f"strides[{place}] must be > 0 for a single index",
            )
            if shape[axis] is not None and begin.value is not None:
                index, n = int(begin.value[place]), shape[axis] or 0
                require(
                    -n <= index < n, f"slice index {index} of axis {axis} must lie in [{-n}, {n})"
                )
            continue
        sizes.append(
            _known_size(
                shape[axis],
                begin,
                end,
                strides,
                place,
                (_bit(begin_mask, place), _bit(end_mask, place)),
            )
        )
    return tuple(sizes)


def _known_size(
    n: int | None, begin: Spec, end: Spec, strides: Spec, place: int, masked: tuple[bool, bool]
) -> int | None:
    if strides.value is None:
        return None
    stride = int(strides.value[place])
    first = None if begin.value is None else int(begin.value[place])
    last = None if end.value is None else int(end.value[place])
    if n is None or (first is None and not masked[0]) or (last is None and not masked[1]):
        return None
    return _range(n, None if masked[0] else first, None if masked[1] else last, stride)[1]


def _strided_rule(
    input: Spec,
    begin: Spec,
    end: Spec,
    strides: Spec,
    begin_mask: int,
    end_mask: int,
    ellipsis_mask: int,
    new_axis_mask: int,
    shrink_axis_mask: int,
) -> Shape:
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    return _strided_shape(input.shape, begin, end, strides, masks)


strided_slice.shape(_strided_rule)


def _check_update(given: Array, wanted: tuple[int, ...], name: str) -> None:
    if given.shape != wanted:
        raise InvalidArgumentError(
            f"{name} must have the shape {list(wanted)} of the slice, not {list(given.shape)}"
        )


@op(
    "StridedSliceGrad(shape: Index, begin: Index, end: Index, strides: Index, dy: T) -> output: T",
    T=ANY,
    Index=INDEX,
    source="core/kernels/strided_slice_op.cc",
)
def strided_slice_grad(
    shape: Array,
    begin: Array,
    end: Array,
    strides: Array,
    dy: Array,
    *,
    T: DType,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Array:
    """Zeros of `shape` with `dy` in the slice.

    Raises: InvalidArgumentError where StridedSlice does, and unless `dy` has the shape of the slice.
    """
    require_rank(shape, 1, "shape")
    vectors = _vectors(begin, end, strides)
    result = zeros(shape, T)
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    found = strided(result.shape, *vectors, masks)
    _check_update(dy, found.shape, "dy")
    result[found.index] = dy
    return result


@strided_slice_grad.shape
def strided_slice_grad_shape(shape: Spec) -> Shape:
    return shape.as_shape


@op(
    "TensorStridedSliceUpdate(input: T, begin: Index, end: Index, strides: Index, value: T) "
    "-> output: T",
    T=ANY,
    Index=INDEX,
    source="core/kernels/strided_slice_op.cc",
)
def tensor_strided_slice_update(
    input: Array,
    begin: Array,
    end: Array,
    strides: Array,
    value: Array,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Array:
    """A copy of `input` with `value` in the slice; `value` broadcasts to it.

    Raises: InvalidArgumentError where StridedSlice does, and unless `value` broadcasts.
    """
    vectors = _vectors(begin, end, strides)
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    found = strided(input.shape, *vectors, masks)
    fits = value.ndim <= len(found.shape) and all(
        m in (1, n) for n, m in zip(reversed(found.shape), reversed(value.shape))
    )
    require(fits, f"value must broadcast to {list(found.shape)}, not {list(value.shape)}")
    result = input.copy()
    result[found.index] = value
    return result


@tensor_strided_slice_update.shape
def tensor_strided_slice_update_shape(input: Spec) -> Shape:
    return input.shape


@slice_.gradient
def slice_gradient(
    ops: Ops, grad: Term, input: Term, begin: Term, output: Term
) -> tuple[Term, None, None]:
    rest = sizes_of(ops, input, begin.dtype) - sizes_of(ops, output, begin.dtype) - begin
    columns = [ops.ExpandDims(part, 1) for part in (begin, rest)]
    return ops.Pad(grad, ops.ConcatV2(columns, 1)), None, None


@strided_slice.gradient
def strided_slice_gradient(
    ops: Ops, grad: Term, input: Term, begin: Term, end: Term, strides: Term, attrs: Attrs
) -> tuple[Term, None, None, None]:
    shape = sizes_of(ops, input, begin.dtype)
    return ops.StridedSliceGrad(shape, begin, end, strides, grad, **attrs), None, None, None


@strided_slice_grad.gradient
def strided_slice_grad_gradient(
    ops: Ops, grad: Term, begin: Term, end: Term, strides: Term, attrs: Attrs
) -> tuple[None, None, None, None, Term]:
    return None, None, None, None, ops.StridedSlice(grad, begin, end, strides, **attrs)


@tensor_strided_slice_update.gradient
def tensor_strided_slice_update_gradient(
    ops: Ops, grad: Term, begin: Term, end: Term, strides: Term, value: Term, attrs: Attrs
) -> tuple[Term, None, None, None, Term]:
    part = ops.StridedSlice(grad, begin, end, strides, **attrs)
    zeros = ops.ZerosLike(part)
    rest = ops.TensorStridedSliceUpdate(grad, begin, end, strides, zeros, **attrs)
    # The value may have been broadcast to what it replaced.
    shape = sizes_of(ops, value)
    _, axes = ops.BroadcastGradientArgs(sizes_of(ops, part), shape)
    return rest, None, None, None, sum_to(ops, part, axes, shape)
