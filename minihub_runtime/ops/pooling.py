"""Maxima and means over sliding windows; `windows` has the arithmetic.

The maximum over a box is the maximum over rows of the maximum over columns, so large boxes cost the sum of their
sides and not the product; so does the mean.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype, bfloat16, bits, from_bits, to_float
from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.blocks import part_of, runs
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term, sizes_of
from minihub_runtime.ops.registry import (
    FLOATS,
    HALF_FLOATS,
    INDEX,
    REALS,
    ROUNDING,
    Array,
    at_least,
    op,
    types,
)
from minihub_runtime.ops.windows import Window, allocate, layout_of, narrow, ranked, slide
from minihub_runtime.shapes import Shape, Spec
from minihub_runtime.threads import pays, spread

__all__ = ["Pool", "box_taps", "pool_of"]

Padding = Literal["SAME", "VALID"]
ExplicitPadding = Literal["SAME", "VALID", "EXPLICIT"]
Format2D = Literal["NHWC", "NCHW"]
Packed2D = Literal["NHWC", "NCHW", "NCHW_VECT_C"]
Format3D = Literal["NDHWC", "NCDHW"]

#: Bytes of the input that one thread pools at a time, about.
PART = 1 << 21
#: Elements of the input that are combined with others in a nanosecond, about.
SPEED = 16
#: Up to so many places the sizes of windows are kept for the next call.
FEW_PLACES = 1 << 14
MAX_POOL_TYPES = types(
    "float16 bfloat16 float32 float64 int32 int64 uint8 int16 int8 uint16 qint8", default="float32"
)


class Pool:
    """The attributes of a pooling node, checked.

    Attributes:
        layout: how windows move.
        ksize: length of the window along each spatial dimension.
        depth: length and step of the window over channels; 1 except for MaxPool.
    """

    def __init__(
        self,
        data_format: str,
        padding: str,
        ksize: Sequence[int],
        strides: Sequence[int],
        explicit_paddings: Sequence[int] = (),
        over_depth: bool = False,
    ) -> None:
        if "VECT" in data_format:
            raise UnimplementedError(f"data_format must be NHWC or NCHW, not {data_format}")
        rank = len(data_format)
        for values, name in ((ksize, "ksize"), (strides, "strides")):
            require(len(values) == rank, f"{name} must have {rank} values, not {len(values)}")
            require(min(values) > 0, f"{name} must be positive, not {list(values)}")
        channel = data_format.index("C")
        self.depth = int(ksize[channel])
        steps, lengths = list(strides), list(ksize)
        if over_depth and self.depth > 1:
            others = [*lengths[:channel], *lengths[channel + 1 :]]
            if max(others) > 1:
                raise UnimplementedError(
                    f"ksize must be over space or over depth, not both as in {list(ksize)}"
                )
            if steps[channel] != self.depth:
                raise UnimplementedError(
                    f"the stride over depth must equal the window {self.depth}, not {steps[channel]}"
                )
            steps[channel] = lengths[channel] = 1
        if rank == 4 and lengths[channel] == 1:
            # TensorFlow's kernels for images ignore it.
            steps[channel] = 1
        for values, name in ((lengths, "ksize"), (steps, "strides")):
            if values[0] != 1 or values[channel] != 1:
                raise UnimplementedError(f"{name} must be 1 for batch and depth, not {values}")
        self.layout = layout_of(data_format, padding, steps, None, explicit_paddings)
        self.ksize = self.layout.spatial(lengths, "ksize")
        for pair, length in zip(self.layout.explicit, self.ksize, strict=True):
            require(
                max(pair) < length,
                f"explicit_paddings must be smaller than the window {length}, not {pair}",
            )

    def windows(self, sizes: Sequence[int]) -> list[Window]:
        """The windows over spatial dimensions of these sizes."""
        return self.layout.windows(sizes, self.ksize)

    def shape(self, input: Spec) -> Shape:
        """The static shape of the result."""
        layout = self.layout
        shape = ranked(input, layout.rank, "input")
        sizes = [shape[axis] for axis in layout.spatial_axes]
        channels = shape[layout.channel_axis]
        if channels is not None:
            channels //= self.depth
        return layout.order(shape[0], layout.output_sizes(sizes, self.ksize), channels)


def pool_of(
    data_format: str,
    padding: str,
    ksize: Sequence[int],
    strides: Sequence[int],
    explicit_paddings: Sequence[int] = (),
    over_depth: bool = False,
) -> Pool:
    """The `Pool` of these attributes, kept for the next call."""
    return _kept_pool(
        data_format, padding, tuple(ksize), tuple(strides), tuple(explicit_paddings), over_depth
    )


@functools.lru_cache(maxsize=1024)
def _kept_pool(*attributes: Any) -> Pool:
    return Pool(*attributes)


def _lowest(dtype: np.dtype[Any]) -> Any:
    """The smallest finite value, with which TensorFlow starts a maximum."""
    return np.iinfo(dtype).min if dtype.kind in "iu" else as_dtype(dtype).min


def _taps(window: Window) -> range:
    """The taps that may see the input: a window may be far longer than that."""
    kept = window.trimmed()[1]
    return range(kept.start, kept.stop)


def box_taps(
    windows: Sequence[Window],
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...], tuple[slice, ...]]]:
    """The taps of a box that see the input, in row-major order: the tap, the outputs, and what they see there."""
    for tap in itertools.product(*(_taps(window) for window in windows)):
        pairs = [window.valid(k) for window, k in zip(windows, tap, strict=True)]
        outputs = (slice(None), *(pair[0] for pair in pairs))
        inputs = (slice(None), *(pair[1] for pair in pairs))
        yield tap, outputs, inputs


class _Shifts(NamedTuple):
    """What the taps of a window along one axis see, those first that lie inside the input for every output.

    Attributes:
        pairs: the outputs and the inputs they see, as indices, for each tap.
        inside: how many taps lie inside for every output.
    """

    pairs: tuple[tuple[tuple[slice, ...], tuple[slice, ...]], ...]
    inside: int


@functools.lru_cache(maxsize=4096)
def _shifts_of(window: Window, axis: int) -> _Shifts:
    before = (slice(None),) * axis
    whole = slice(0, window.outputs)
    places = sorted(map(window.valid, _taps(window)), key=lambda place: place[0] != whole)
    return _Shifts(
        tuple(((*before, outputs), (*before, inputs)) for outputs, inputs in places),
        sum(outputs == whole for outputs, _ in places),
    )


def _reduce_axis(x: Array, axis: int, window: Window, combine: np.ufunc, start: Any) -> Array:
    """`combine` over a window along one axis; padding is left out."""
    if window.outputs == 1:
        first, last = max(0, -window.before), min(window.size, window.taps - window.before)
        seen = (*(slice(None),) * axis, slice(first, last))
        return combine.reduce(x[seen], axis=axis, keepdims=True)
    pairs, inside = _shifts_of(window, axis)
    result = allocate((*x.shape[:axis], window.outputs, *x.shape[axis + 1 :]), x.dtype)
    # Taps that lie inside the input for every output need no starting value.
    if inside >= 2:
        combine(x[pairs[0][1]], x[pairs[1][1]], out=result)
        rest = pairs[2:]
    elif inside == 1:
        result[...] = x[pairs[0][1]]
        rest = pairs[1:]
    else:
        result.fill(start)
        rest = pairs
    for outputs, inputs in rest:
        place = result[outputs]
        combine(place, x[inputs], out=place)
    return result


def _reduce_box(x: Array, windows: Sequence[Window], combine: np.ufunc, start: Any) -> Array:
    """`combine` over boxes, one axis after the other, in parts of the first spatial one; `x` itself where boxes are single elements."""
    moving = [window for window in windows if window.taps > 1 or window.stride > 1]
    if not moving:
        return x
    first, *others = windows
    cost = x.size * sum(len(_taps(window)) for window in moving) // SPEED
    if first.outputs < 2 or not pays(cost):
        return _reduce_axes(x, windows, combine, start)
    shape = (len(x), *(window.outputs for window in windows), x.shape[-1])
    result = allocate(shape, x.dtype)

    def reduce_part(part: tuple[int, int]) -> None:
        low, high = part
        seen, window = x, part_of(first, low, high)
        if first not in moving:
            # This axis is not reduced, so that its part is taken here.
            seen, window = x[:, low:high], first._replace(size=high - low, outputs=high - low)
        result[:, low:high] = _reduce_axes(seen, [window, *others], combine, start)

    most = max(1, PART // max(1, x.nbytes // first.outputs))
    spread(reduce_part, runs(first.outputs, most), cost)
    return result


def _reduce_axes(x: Array, windows: Sequence[Window], combine: np.ufunc, start: Any) -> Array:
    for axis, window in enumerate(windows, start=1):
        if window.taps > 1 or window.stride > 1:
            x = _reduce_axis(x, axis, window, combine, start)
    return x


def _maximum(x: Array, windows: Sequence[Window], skip_nan: bool) -> Array:
    """The maximum over boxes; where NaN is skipped, a box without finite values gives the lowest one."""
    lowest = _lowest(x.dtype)
    found = _reduce_box(x, windows, np.maximum, lowest)
    # NaN is the smallest of all, and above minus infinity nothing is to be done.
    if skip_nan and found.dtype.kind == "f" and found.size and not found.min() > -np.inf:
        found = np.fmax(_reduce_box(x, windows, np.fmax, lowest), lowest)
    return found.copy() if found is x else found


def _ordered(x: Array) -> Array:
    """An array whose elements NumPy can compare."""
    return to_float(x) if x.dtype == bfloat16.numpy else bits(x)


def _unordered(x: Array, dtype: np.dtype[Any]) -> Array:
    """The reverse of `_ordered`."""
    if dtype.names is None or dtype == bfloat16.numpy:
        return narrow(x, dtype)
    return from_bits(x, as_dtype(dtype))


def _max_pool(input: Array, pool: Pool, skip_nan: bool) -> Array:
    layout = pool.layout
    require_rank(input, layout.rank, "input")
    x = layout.channels_last(_ordered(input))
    if pool.depth > 1:
        if x.shape[-1] % pool.depth:
            raise UnimplementedError(
                f"the window over depth must divide the depth {x.shape[-1]}, not be {pool.depth}"
            )
        flat = x.reshape(1, -1, 1)
        windows = [slide(flat.shape[1], pool.depth, pool.depth)]
        shape = (*x.shape[:-1], x.shape[-1] // pool.depth)
        found = _maximum(flat, windows, skip_nan).reshape(shape)
    else:
        found = _maximum(x, pool.windows(x.shape[1:-1]), skip_nan)
    return layout.restore(_unordered(found, input.dtype))


@op(
    "MaxPool(input: T) -> output: T",
    T=MAX_POOL_TYPES,
    ksize=at_least(4),
    strides=at_least(4),
    source="core/kernels/maxpooling_op.cc",
)
def max_pool(
    input: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: ExplicitPadding,
    explicit_paddings: list[int] = [],
    data_format: Packed2D = "NHWC",
) -> Array:
    """The largest value in each window over rows and columns, or over channels.

    Shapes: `[n, h, w, c] -> [n, h', w', c]`, or with a window over depth `[n, h, w, c / k]`.
    Raises: InvalidArgumentError for a bad window or rank; UnimplementedError for windows over batch or mixed ones.
    Differs: NCHW and qint8 run on the CPU.
    """
    pool = pool_of(data_format, padding, ksize, strides, explicit_paddings, over_depth=True)
    return _max_pool(input, pool, skip_nan=True)


@max_pool.shape
def max_pool_shape(
    input: Spec,
    ksize: list[int],
    strides: list[int],
    padding: str,
    explicit_paddings: list[int],
    data_format: str,
) -> Shape:
    """The windows' places."""
    if "VECT" in data_format:
        return None
    return pool_of(data_format, padding, ksize, strides, explicit_paddings, over_depth=True).shape(
        input
    )


def asked_window(values: Array, name: str) -> list[int]:
    """A window attribute given as a tensor."""
    require(values.shape == (4,), f"{name} must have 4 values, not shape {list(values.shape)}")
    return [int(n) for n in values]


@op(
    "MaxPoolV2(input: T, ksize: int32, strides: int32) -> output: T",
    T=MAX_POOL_TYPES,
    source="core/kernels/maxpooling_op.cc",
    ranks={"input": 4, "ksize": 1, "strides": 1},
)
def max_pool_v2(
    input: Array,
    ksize: Array,
    strides: Array,
    *,
    padding: Padding,
    data_format: Packed2D = "NHWC",
) -> Array:
    """Like MaxPool, with window and strides as tensors.

    Shapes: `[n, h, w, c], [4], [4] -> [n, h', w', c]`.
    """
    window, steps = asked_window(ksize, "ksize"), asked_window(strides, "strides")
    pool = pool_of(data_format, padding, window, steps, over_depth=True)
    return _max_pool(input, pool, skip_nan=True)


@max_pool_v2.shape
def max_pool_v2_shape(
    input: Spec, ksize: Spec, strides: Spec, padding: str, data_format: str
) -> Shape:
    """The windows' places, if window and strides are constants."""
    for spec, name in ((ksize, "ksize"), (strides, "strides")):
        length = ranked(spec, 1, name)[0]
        require(length in (None, 4), f"{name} must have 4 values, not {length}")
    if ksize.value is None or strides.value is None or "VECT" in data_format:
        return (None,) * 4
    window = asked_window(ksize.value, "ksize")
    steps = asked_window(strides.value, "strides")
    return pool_of(data_format, padding, window, steps, over_depth=True).shape(input)


@op(
    "MaxPool3D(input: T) -> output: T",
    ksize=at_least(5),
    strides=at_least(5),
    T=HALF_FLOATS,
    source="core/kernels/pooling_ops_3d.cc",
)
def max_pool3d(
    input: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    data_format: Format3D = "NDHWC",
) -> Array:
    """The largest value in each window over three dimensions.

    Shapes: `[n, d, h, w, c] -> [n, d', h', w', c]`.
    Raises: InvalidArgumentError for a bad window or rank; UnimplementedError for windows over batch or depth.
    Differs: NCDHW and float16 run on the CPU; NaN wins, where TensorFlow lets the order of a window decide.
    """
    return _max_pool(input, pool_of(data_format, padding, ksize, strides), skip_nan=False)


def _pool_shape(
    input: Spec, ksize: list[int], strides: list[int], padding: str, data_format: str
) -> Shape:
    return pool_of(data_format, padding, ksize, strides).shape(input)


max_pool3d.shape(_pool_shape)


def window_sizes(windows: Sequence[Window]) -> Array:
    """How many elements each window sees, padding left out, `(*counts, 1)`."""
    total: Array = np.ones((), np.int64)
    for window in windows:
        start = np.arange(window.outputs) * window.stride - window.before
        stop = np.minimum(start + window.taps, window.size)
        total = total[..., np.newaxis] * (stop - np.maximum(start, 0))
    return total[..., np.newaxis]


def _mean(x: Array, windows: Sequence[Window]) -> Array:
    """The mean over boxes, padding left out."""
    if x.dtype == np.float16 or x.dtype.names is not None:
        total = _sum_in_type(x, windows)
    else:
        total = _reduce_box(x, windows, np.add, 0)
        if total is x:
            total = x.copy()
    wide = total if total.dtype.names is None else to_float(total)
    small = math.prod(window.outputs for window in windows) <= FEW_PLACES
    sizes = _kept_sizes(tuple(windows), wide.dtype) if small else window_sizes(windows)
    np.divide(wide, sizes.astype(wide.dtype, copy=False), out=wide)
    return narrow(wide, x.dtype)


@functools.lru_cache(maxsize=64)
def _kept_sizes(windows: tuple[Window, ...], dtype: np.dtype[Any]) -> Array:
    return window_sizes(windows).astype(dtype)


def _sum_in_type(x: Array, windows: Sequence[Window]) -> Array:
    """The sum over boxes, rounded to a 16-bit type after each step, as TensorFlow's CPU kernels do."""
    shape = (len(x), *(window.outputs for window in windows), x.shape[-1])
    total = allocate(shape, x.dtype, zero=True)
    with np.errstate(over="ignore", invalid="ignore"):
        for _, outputs, inputs in box_taps(windows):
            if x.dtype == np.float16:
                total[outputs] += x[inputs]
            else:
                total[outputs] = narrow(to_float(total[outputs]) + to_float(x[inputs]), x.dtype)
    return total


def _avg_pool(value: Array, pool: Pool) -> Array:
    layout = pool.layout
    require_rank(value, layout.rank, "input")
    x = layout.channels_last(value)
    return layout.restore(_mean(x, pool.windows(x.shape[1:-1])))


@op(
    "AvgPool(value: T) -> output: T",
    ksize=at_least(4),
    strides=at_least(4),
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/avgpooling_op.cc",
)
def avg_pool(
    value: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    data_format: Format2D = "NHWC",
) -> Array:
    """The mean of each window over rows and columns, without the padding.

    Shapes: `[n, h, w, c] -> [n, h', w', c]`.
    Raises: InvalidArgumentError for a bad window or rank; UnimplementedError for windows over batch or depth.
    Differs: NCHW runs on the CPU.
    """
    return _avg_pool(value, pool_of(data_format, padding, ksize, strides))


@avg_pool.shape
def avg_pool_shape(
    value: Spec, ksize: list[int], strides: list[int], padding: str, data_format: str
) -> Shape:
    """The windows' places."""
    return _pool_shape(value, ksize, strides, padding, data_format)


@op(
    "AvgPool3D(input: T) -> output: T",
    ksize=at_least(5),
    strides=at_least(5),
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/pooling_ops_3d.cc",
)
def avg_pool3d(
    input: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    data_format: Format3D = "NDHWC",
) -> Array:
    """The mean of each window over three dimensions, without the padding.

    Shapes: `[n, d, h, w, c] -> [n, d', h', w', c]`.
    Raises: InvalidArgumentError for a bad window or rank; UnimplementedError for windows over batch or depth.
    Differs: NCDHW, float16 and float64 run on the CPU.
    """
    return _avg_pool(input, pool_of(data_format, padding, ksize, strides))


avg_pool3d.shape(_pool_shape)


def first_maximum(x: Array, windows: Sequence[Window]) -> tuple[Array, Array]:
    """The first largest value of each box and its index in the flattened `(*spatial, channels)`.

    A NaN wins only if it is the first value of the box.
    """
    shape = (len(x), *(window.outputs for window in windows), x.shape[-1])
    best = allocate(shape, x.dtype, zero=True)
    place = allocate(shape, np.int64)
    place.fill(-1)
    numbers = np.arange(x[0].size, dtype=np.int64).reshape(1, *x.shape[1:])
    for _, outputs, inputs in box_taps(windows):
        seen = x[inputs]
        wins = (seen > best[outputs]) | (place[outputs] < 0)
        np.copyto(best[outputs], seen, where=wins)
        np.copyto(place[outputs], numbers[inputs], where=wins)
    return best, place


@op(
    "MaxPoolWithArgmax(input: T) -> output: T, argmax: Targmax",
    ksize=at_least(4),
    strides=at_least(4),
    Targmax=INDEX.default_to("int64"),
    T=REALS,
    source="core/kernels/maxpooling_op.cc:MaxPoolingWithArgmaxOp",
)
def max_pool_with_argmax(
    input: Array,
    *,
    ksize: list[int],
    strides: list[int],
    padding: Padding,
    include_batch_in_index: bool = False,
    Targmax: DType,
) -> tuple[Array, Array]:
    """The largest value in each window, and its index in the flattened image, or in the flattened batch.

    Shapes: `[n, h, w, c] -> [n, h', w', c], [n, h', w', c]`. The first of equal values counts.
    Raises: InvalidArgumentError for a bad window, another rank or an empty input.
    Differs: a window over depth is refused; TensorFlow's CPU kernel ignores it.
    """
    pool = pool_of("NHWC", padding, ksize, strides)
    require_rank(input, 4, "input")
    require(input.size > 0, f"input must not be empty, not of shape {list(input.shape)}")
    x = _ordered(input)
    best, place = first_maximum(x, pool.windows(x.shape[1:-1]))
    if include_batch_in_index:
        place += np.arange(len(x), dtype=np.int64).reshape(-1, 1, 1, 1) * x[0].size
    return _unordered(best, input.dtype), place.astype(Targmax.numpy, copy=False)


@max_pool_with_argmax.shape
def max_pool_with_argmax_shape(
    input: Spec, ksize: list[int], strides: list[int], padding: str
) -> list[Shape]:
    """The windows' places, twice."""
    found = pool_of("NHWC", padding, ksize, strides).shape(input)
    return [found, found]


@max_pool.gradient
def max_pool_gradient(ops: Ops, grad: Term, input: Term, output: Term, attrs: Attrs) -> Term:
    return ops.MaxPoolGrad(input, output, grad, **attrs)


@max_pool_v2.gradient
def max_pool_v2_gradient(
    ops: Ops, grad: Term, input: Term, output: Term, ksize: Term, strides: Term, attrs: Attrs
) -> tuple[Term, None, None]:
    return ops.MaxPoolGradV2(input, output, grad, ksize, strides, **attrs), None, None


@max_pool3d.gradient
def max_pool3d_gradient(ops: Ops, grad: Term, input: Term, output: Term, attrs: Attrs) -> Term:
    return ops.MaxPool3DGrad(input, output, grad, **attrs)


@max_pool_with_argmax.gradient
def max_pool_with_argmax_gradient(
    ops: Ops, grad: Term, input: Term, argmax: Term, attrs: Attrs
) -> Term:
    return ops.MaxPoolGradWithArgmax(input, grad, argmax, **attrs)


@avg_pool.gradient
def avg_pool_gradient(ops: Ops, grad: Term, value: Term, attrs: Attrs) -> Term:
    return ops.AvgPoolGrad(sizes_of(ops, value), grad, **attrs)


@avg_pool3d.gradient
def avg_pool3d_gradient(ops: Ops, grad: Term, input: Term, attrs: Attrs) -> Term:
    return ops.AvgPool3DGrad(sizes_of(ops, input), grad, **attrs)
