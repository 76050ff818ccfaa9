"""Sliding windows: the arithmetic and the loops that convolutions and pooling share.

Everything here works on channels-last arrays `(batch, *spatial, channels)` with one to three spatial dimensions.
Reading order: `Window` (one dimension), `Layout` (attributes of a node), `convolve` and its two relatives.

A convolution is a matrix product of patches with the filter.  The patches of a whole image are many times larger than
the image, so they are laid out in blocks that fit the cache, and each block is multiplied straight into its place in
the result while it is warm.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.dtypes import bfloat16, float_to_bfloat16, to_float
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import allocatable, require
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import Spec, show

__all__ = [
    "Layout",
    "Window",
    "allocate",
    "convolve",
    "convolve_depthwise",
    "correlate_filter",
    "correlate_input",
    "narrow",
    "output_size",
    "over_rows",
    "ranked",
    "slide",
    "widen",
]

#: Bytes of patches laid out at a time; a quarter of it for element-wise work, which has no packing of its own.
BLOCK = 1 << 20

#: From this many channels on, NumPy's inner loop is long enough without tiling the weights along the row.
LONG_ROW = 512


class Window(NamedTuple):
    """How one dimension is read: output `o` and tap `k` see position `o * stride + k * dilation - before`.

    Attributes:
        size: length of the input.
        taps: length of the filter.
        stride: step from one output to the next.
        dilation: step from one tap to the next.
        before: zeros in front of the input; negative where the first elements are skipped.
        count: length of the output.
    """

    size: int
    taps: int
    stride: int
    dilation: int
    before: int
    count: int

    @property
    def reach(self) -> int:
        """Length of the padded input that the outputs see."""
        return (self.count - 1) * self.stride + (self.taps - 1) * self.dilation + 1

    @property
    def padded(self) -> bool:
        """Whether some output sees a position outside the input, or the first elements are skipped."""
        return self.before != 0 or self.reach > self.size

    def valid(self, tap: int) -> tuple[slice, slice]:
        """The outputs whose tap lies inside the input, and the inputs it sees there."""
        return overlap(tap * self.dilation - self.before, self.stride, self.count, self.size)

    def trimmed(self) -> tuple[Window, slice]:
        """The window without the outer taps that see only padding, and the taps that remain.

        Without this, a large dilation would need a large padded copy of a small input.
        """
        last = (self.count - 1) * self.stride
        low = max(0, -((last - self.before) // self.dilation))
        high = min(self.taps, (self.size - 1 + self.before) // self.dilation + 1)
        if low >= high:
            low, high = 0, 1
        smaller = self._replace(taps=high - low, before=self.before - low * self.dilation)
        return smaller, slice(low, high)


def overlap(offset: int, stride: int, count: int, size: int) -> tuple[slice, slice]:
    """Where `j * stride + offset`, 0 <= j < count, lies in [0, size): the j's and the positions."""
    low = max(0, -(offset // stride))
    high = min(count, (size - 1 - offset) // stride + 1)
    if high <= low:
        return slice(0, 0), slice(0, 0)
    start = low * stride + offset
    return slice(low, high), slice(start, start + (high - low - 1) * stride + 1, stride)


def output_size(
    size: int | None,
    taps: int | None,
    stride: int,
    dilation: int,
    padding: str,
    explicit: tuple[int, int] = (0, 0),
) -> int | None:
    """The static length of the output, None if unknown.

    Raises:
        InvalidArgumentError: the window is longer than the padded input.
    """
    require(stride > 0, f"strides must be positive, not {stride}")
    require(dilation > 0, f"dilations must be positive, not {dilation}")
    if size is None or (taps is None and padding != "SAME"):
        return None
    if padding == "SAME":
        return -(-size // stride)
    extent = ((taps or 0) - 1) * dilation + 1
    room = size + sum(explicit) - extent
    if room < 0:
        raise InvalidArgumentError(
            f"the window must fit into the padded input of {size + sum(explicit)}, not be {extent} long"
        )
    return room // stride + 1


def slide(
    size: int,
    taps: int,
    stride: int,
    dilation: int = 1,
    padding: str = "VALID",
    explicit: tuple[int, int] = (0, 0),
) -> Window:
    """The Window of one dimension.

    Raises:
        InvalidArgumentError: the window is so much longer than the padded input that not even an empty output fits.
    """
    require(stride > 0, f"strides must be positive, not {stride}")
    require(dilation > 0, f"dilations must be positive, not {dilation}")
    require(taps >= 0, f"windows must not have a negative length, not {taps}")
    extent = (taps - 1) * dilation + 1
    if padding == "SAME":
        count = -(-size // stride)
        before = max(0, (count - 1) * stride + extent - size) // 2
        return Window(size, taps, stride, dilation, before, count)
    room = size + sum(explicit) - extent + stride
    # The division truncates in TensorFlow, so an output may be empty where the window is a little too long.
    if room <= -stride:
        raise InvalidArgumentError(
            f"the window must fit into the padded input of {size + sum(explicit)}, not be {extent} long"
        )
    return Window(size, taps, stride, dilation, explicit[0], max(0, room // stride))


def ranked(spec: Spec, rank: int, name: str) -> tuple[int | None, ...]:
    """The static shape of an input that must have this rank.

    Raises:
        InvalidArgumentError: it is known to have another.
    """
    if spec.shape is None:
        return (None,) * rank
    if len(spec.shape) != rank:
        raise InvalidArgumentError(f"{name} must have rank {rank}, not shape {show(spec.shape)}")
    return spec.shape


def widen(array: Array) -> Array:
    """float16 and bfloat16 as float32, in which TensorFlow's sums run; others as they are."""
    return array.astype(np.float32) if array.dtype == np.float16 else to_float(array)


def narrow(array: Array, dtype: np.dtype[Any]) -> Array:
    """A result of widened arrays in the type of the tensors."""
    if array.dtype == dtype:
        return array
    if dtype == bfloat16.numpy:
        return float_to_bfloat16(array)
    with np.errstate(over="ignore"):
        return array.astype(dtype)


def over_rows(function: Callable[..., None], x: Array, result: Array, *vectors: Array) -> None:
    """Call `function(part of x, part of result, *vectors)` for parts that fit the cache.

    `x` and `result` are contiguous and the vectors run along their last axis.  Rows of few elements are joined, and
    the vectors repeated, so that NumPy's inner loops are long.
    """
    width = x.shape[-1]
    if x.size == 0:
        return
    rows, places = x.reshape(-1, width), result.reshape(-1, width)
    joined = min(len(rows), max(1, -(-LONG_ROW // width)))
    whole = len(rows) // joined * joined
    repeated = [np.tile(vector, joined) for vector in vectors]
    source = rows[:whole].reshape(-1, joined * width)
    target = places[:whole].reshape(-1, joined * width)
    step = max(1, BLOCK // 4 // (joined * width * x.itemsize))
    for start in range(0, len(source), step):
        function(source[start : start + step], target[start : start + step], *repeated)
    if whole < len(rows):
        function(rows[whole:], places[whole:], *vectors)


class Layout:
    """The attributes that say how windows move over a tensor, checked.

    Attributes:
        rank: rank of the tensors.
        last: whether the channels come last.
        padding: SAME, VALID or EXPLICIT.
        strides: step along each spatial dimension.
        dilations: step between taps along each spatial dimension.
        explicit: zeros before and after, along each spatial dimension.
    """

    def __init__(
        self,
        data_format: str,
        padding: str,
        strides: Sequence[int],
        dilations: Sequence[int] | None = None,
        explicit_paddings: Sequence[int] = (),
    ) -> None:
        self.rank = rank = len(data_format)
        self.last = data_format.endswith("C")
        self.padding = padding
        self.strides = self.spatial(strides, "strides")
        self.dilations = self.spatial(dilations or [1] * rank, "dilations")
        self.explicit = [(0, 0)] * (rank - 2)
        if padding != "EXPLICIT":
            require(
                len(explicit_paddings) == 0,
                f"explicit_paddings must be empty with padding {padding}, "
                f"not {list(explicit_paddings)}",
            )
            return
        require(
            len(explicit_paddings) == 2 * rank,
            f"explicit_paddings must have {2 * rank} values, not {len(explicit_paddings)}",
        )
        require(
            min(explicit_paddings) >= 0,
            f"explicit_paddings must not be negative, not {list(explicit_paddings)}",
        )
        pairs = list(zip(explicit_paddings[::2], explicit_paddings[1::2]))
        inner = self.spatial_axes
        require(
            all(pairs[axis] == (0, 0) for axis in range(rank) if axis not in inner),
            f"explicit_paddings must be 0 for batch and depth, not {list(explicit_paddings)}",
        )
        self.explicit = [pairs[axis] for axis in inner]

    @property
    def spatial_axes(self) -> range:
        """Where the spatial dimensions lie."""
        return range(1, self.rank - 1) if self.last else range(2, self.rank)

    @property
    def channel_axis(self) -> int:
        """Where the channels lie."""
        return self.rank - 1 if self.last else 1

    def spatial(self, values: Sequence[int], name: str) -> list[int]:
        """The spatial part of an attribute with one positive value per dimension; the others must be 1."""
        require(len(values) == self.rank, f"{name} must have {self.rank} values, not {len(values)}")
        require(min(values) > 0, f"{name} must be positive, not {list(values)}")
        inner = self.spatial_axes
        require(
            all(values[axis] == 1 for axis in range(self.rank) if axis not in inner),
            f"{name} must be 1 for batch and depth, not {list(values)}",
        )
        return [int(values[axis]) for axis in inner]

    def channels_last(self, array: Array) -> Array:
        """`array` as a channels-last view."""
        return array if self.last else np.moveaxis(array, 1, -1)

    def restore(self, array: Array) -> Array:
        """A channels-last result in this layout."""
        return array if self.last else np.ascontiguousarray(np.moveaxis(array, -1, 1))

    def order(self, batch: Any, spatial: Sequence[Any], channels: Any) -> tuple[Any, ...]:
        """A shape in this layout from its parts."""
        return (batch, *spatial, channels) if self.last else (batch, channels, *spatial)

    def windows(self, sizes: Sequence[int], taps: Sequence[int]) -> list[Window]:
        """The Windows over spatial dimensions of these sizes."""
        return [
            slide(size, tap, stride, dilation, self.padding, explicit)
            for size, tap, stride, dilation, explicit in zip(
                sizes, taps, self.strides, self.dilations, self.explicit, strict=True
            )
        ]

    def output_sizes(
        self, sizes: Sequence[int | None], taps: Sequence[int | None]
    ) -> list[int | None]:
        """The static spatial dimensions of the output."""
        return [
            output_size(size, tap, stride, dilation, self.padding, explicit)
            for size, tap, stride, dilation, explicit in zip(
                sizes, taps, self.strides, self.dilations, self.explicit, strict=True
            )
        ]


def allocate(
    shape: Sequence[int], dtype: Any, out: Array | None = None, zero: bool = False
) -> Array:
    """`out` if it fits, else a new array.

    Raises:
        ResourceExhaustedError: it would be too large; see `checking.allocatable`.
    """
    if out is not None and out.shape == tuple(shape) and out.dtype == dtype:
        if out.flags.c_contiguous:
            if zero:
                out.fill(0)
            return out
    sizes = allocatable(shape, dtype)
    return np.zeros(sizes, dtype) if zero else np.empty(sizes, dtype)


def _padded_batches(x: Array, windows: Sequence[Window], step: int) -> Iterator[tuple[int, Array]]:
    """`x` in slices of `step` images, each with the padding around it that the windows see."""
    if not any(window.padded for window in windows):
        for first in range(0, len(x), step):
            yield first, x[first : first + step]
        return
    reach = [window.reach for window in windows]
    buffer = allocate((min(step, len(x)), *reach, x.shape[-1]), x.dtype, zero=True)
    places = [overlap(-w.before, 1, n, w.size) for w, n in zip(windows, reach, strict=True)]
    inside = tuple(place[0] for place in places)
    taken = tuple(place[1] for place in places)
    for first in range(0, len(x), step):
        part = x[first : first + step]
        buffer[(slice(len(part)), *inside)] = part[(slice(None), *taken)]
        yield first, buffer[: len(part)]


def _patches(x: Array, windows: Sequence[Window], groups: int) -> Iterator[tuple[int, int, Array]]:
    """The patches that the outputs see, in blocks.

    Yields `(start, stop, patches)` where start and stop count outputs over batch and space, and `patches` is a matrix
    `(outputs, taps·channels)`; with several groups a stack `(groups, outputs, taps·channels of a group)`.
    The same memory is used for every block.
    """
    counts = [window.count for window in windows]
    taps = [window.taps for window in windows]
    channels = x.shape[-1]
    patch = math.prod(taps) * channels
    axes = (len(x), *counts)
    budget = max(1, BLOCK // (patch * x.itemsize))
    # The block is a run of indices along `axis`, with everything that lies inside them.
    axis = 0
    while axis < len(axes) - 1 and math.prod(axes[axis + 1 :]) > budget:
        axis += 1
    inner = math.prod(axes[axis + 1 :])
    run = min(axes[axis], max(1, budget // inner))
    # Equal runs: a short last one would waste a product.
    run = -(-axes[axis] // -(-axes[axis] // run))
    memory = np.empty(run * inner * patch, x.dtype)

    for first, part in _padded_batches(x, windows, run if axis == 0 else 1):
        step = part.strides
        view = np.lib.stride_tricks.as_strided(
            part,
            (len(part), *counts, *taps, groups, channels // groups),
            (
                step[0],
                *(s * w.stride for s, w in zip(step[1:-1], windows, strict=True)),
                *(s * w.dilation for s, w in zip(step[1:-1], windows, strict=True)),
                step[-1] * (channels // groups),
                step[-1],
            ),
            writeable=False,
        )
        start = first * math.prod(counts)
        for outer in itertools.product(*(range(n) for n in view.shape[:axis])):
            rest = view[outer]
            for low in range(0, len(rest), run):
                block = rest[low : low + run]
                count = len(block) * inner
                used = memory[: count * patch]
                if groups == 1:
                    np.copyto(used.reshape(block.shape), block)
                    yield start, start + count, used.reshape(count, patch)
                else:
                    grouped = np.moveaxis(block, -2, 0)
                    np.copyto(used.reshape(grouped.shape), grouped)
                    yield start, start + count, used.reshape(groups, count, patch // groups)
                start += count


def _trim(windows: Sequence[Window]) -> tuple[list[Window], tuple[slice, ...]]:
    """Windows without taps that see only padding, and the slices of a filter that remain."""
    pairs = [window.trimmed() for window in windows]
    return [window for window, _ in pairs], tuple(taps for _, taps in pairs)


def convolve(
    x: Array,
    filter: Array,
    windows: Sequence[Window],
    out: Array | None = None,
    finish: Callable[[Array], None] | None = None,
) -> Array:
    """The convolution (correlation, rather) of `x` with `filter`.

    Args:
        x: `(batch, *spatial, channels)`.
        filter: `(*taps, channels of a group, outputs)`; the channels of `x` may be several groups.
        windows: one per spatial dimension.
        out: where to put the result, if it fits.
        finish: what to do in place with each block `(n, outputs)` of the result while it is warm.
    """
    width = filter.shape[-1]
    result = allocate((len(x), *(window.count for window in windows), width), x.dtype, out)
    if result.size == 0:
        return result
    if filter.size == 0:
        result.fill(0)
        return result
    windows, kept = _trim(windows)
    filter = filter[kept]
    groups = x.shape[-1] // filter.shape[-2]
    flat = result.reshape(-1, width)
    if groups == 1 and not any(w.taps > 1 or w.padded for w in windows):
        seen = x[(slice(None), *(slice(0, w.reach, w.stride) for w in windows))]
        matrix, weights = seen.reshape(-1, x.shape[-1]), filter.reshape(-1, width)
        step = len(flat) if finish is None else max(1, BLOCK // (width * x.itemsize))
        for start in range(0, len(flat), step):
            block = flat[start : start + step]
            np.matmul(matrix[start : start + step], weights, out=block)
            if finish is not None:
                finish(block)
        return result
    if groups == 1:
        weights = filter.reshape(-1, width)
    else:
        weights = np.ascontiguousarray(
            np.moveaxis(filter.reshape(-1, groups, width // groups), 1, 0)
        )
    for start, stop, patches in _patches(x, windows, groups):
        block = flat[start:stop]
        if groups == 1:
            np.matmul(patches, weights, out=block)
        else:
            block.reshape(stop - start, groups, -1)[...] = np.moveaxis(patches @ weights, 0, 1)
        if finish is not None:
            finish(block)
    return result


def correlate_filter(x: Array, grad: Array, windows: Sequence[Window], depth: int) -> Array:
    """The gradient of `convolve` with respect to its filter, whose groups have `depth` channels."""
    width = grad.shape[-1]
    taps = [window.taps for window in windows]
    result = allocate((*taps, depth, width), x.dtype, zero=True)
    if grad.size == 0 or x.size == 0 or result.size == 0:
        return result
    windows, kept = _trim(windows)
    groups = x.shape[-1] // depth
    flat = grad.reshape(-1, width)
    total: Array = np.zeros((), x.dtype)
    for start, stop, patches in _patches(x, windows, groups):
        block = flat[start:stop]
        if groups == 1:
            total = total + patches.T @ block
        else:
            split = np.moveaxis(block.reshape(stop - start, groups, -1), 1, 0)
            total = total + np.swapaxes(patches, 1, 2) @ split
    if groups > 1:
        total = np.moveaxis(total, 0, 1)
    target = result[kept]
    target[...] = total.reshape(target.shape)
    return result


def correlate_input(
    filter: Array, grad: Array, windows: Sequence[Window], channels: int, out: Array | None = None
) -> Array:
    """The gradient of `convolve` with respect to its input: the transposed convolution.

    Outputs `stride` apart see the same taps, so each such phase of the result is a convolution of `grad` with
    its part of the reversed filter; no zeros are multiplied and nothing is scattered.
    """
    depth, width = filter.shape[-2:]
    groups = channels // depth
    shape = (len(grad), *(window.size for window in windows), channels)
    if all(w.stride == 1 for w in windows):
        result = allocate(shape, grad.dtype, out)
    else:
        result = allocate(shape, grad.dtype, out, zero=True)
    if result.size == 0:
        return result
    if grad.size == 0 or filter.size == 0:
        result.fill(0)
        return result
    # In and out change places, within each group.
    turned = filter.reshape(*filter.shape[:-1], groups, width // groups).swapaxes(-3, -1)
    for phases in itertools.product(*(_phases(window) for window in windows)):
        part = turned[tuple(phase.taps for phase in phases)]
        part = part[(slice(None, None, -1),) * len(windows)]
        part = part.reshape(*part.shape[:-2], channels)
        place = (slice(None), *(phase.outputs for phase in phases))
        target = result[place]
        if target.size:
            found = convolve(grad, part, [phase.window for phase in phases], target)
            if found is not target:
                result[place] = found
    return result


class _Phase(NamedTuple):
    """The inputs of one dimension that see the same taps: which inputs, which taps, and how."""

    outputs: slice
    taps: slice
    window: Window


def _phases(window: Window) -> Iterator[_Phase]:
    size, taps, stride, dilation, before, count = window
    common = math.gcd(dilation, stride)
    for phase in range(min(stride, size + before)):
        # Padded position j·stride + phase meets tap k where k·dilation ≡ phase (mod stride).
        every = stride // common
        first = next(
            (k for k in range(min(taps, every)) if (k * dilation - phase) % stride == 0), None
        )
        if first is None:
            continue
        used = slice(first, taps, every)
        number = len(range(first, taps, every))
        begin = max(0, -((phase - before) // stride))
        start = begin * stride + phase - before
        if start >= size:
            continue
        outputs = slice(start, size, stride)
        step = dilation // common
        offset = (first * dilation - phase) // stride + (number - 1) * step - begin
        yield _Phase(
            outputs, used, Window(count, number, 1, step, offset, len(range(start, size, stride)))
        )


def convolve_depthwise(
    x: Array,
    filter: Array,
    windows: Sequence[Window],
    out: Array | None = None,
    finish: Callable[[Array], None] | None = None,
) -> Array:
    """The convolution of each channel of `x` with its own filters.

    Args:
        x: `(batch, rows, columns, channels)`.
        filter: `(row taps, column taps, channels, multiplier)`.
        windows: those of rows and columns.
        out: where to put the result, if it fits.
        finish: what to do in place with each block `(n, channels·multiplier)` of the result while it is warm.

    An output row is a sum over taps of an input row times a row of weights.  Columns `stride` apart are stored side
    by side first, and the weights are repeated along the row, so that every product runs over contiguous memory.
    """
    (rows, columns), kept = _trim(windows)
    filter = filter[kept]
    wide = filter.shape[2] * filter.shape[3]
    result = allocate((len(x), rows.count, columns.count, wide), x.dtype, out)
    if result.size == 0:
        return result
    if filter.size == 0:
        result.fill(0)
        return result
    taps = rows.taps * columns.taps
    weights = filter.reshape(taps, wide)
    if wide < LONG_ROW:
        weights = np.tile(weights, columns.count)
    length = columns.count * wide
    shape = (-1, columns.count, wide) if wide >= LONG_ROW else (-1, length)
    run = min(rows.count, max(1, BLOCK // 4 // (length * x.itemsize)))
    scratch = np.empty((run, length), x.dtype)
    for image, phases in enumerate(_phase_rows(x, rows, columns, filter.shape[3])):
        for low in range(0, rows.count, run):
            target = result[image, low : low + run].reshape(-1, length)
            product = scratch[: len(target)]
            for tap in range(taps):
                row, column = divmod(tap, columns.taps)
                begin = low * rows.stride + row * rows.dilation
                offset, phase = divmod(column * columns.dilation, columns.stride)
                seen = phases[
                    phase,
                    begin : begin + (len(target) - 1) * rows.stride + 1 : rows.stride,
                    offset * wide : offset * wide + length,
                ]
                place = product if tap else target
                np.multiply(
                    seen.reshape(shape) if wide < LONG_ROW else _split(seen, columns.count, wide),
                    weights[tap],
                    out=place.reshape(shape),
                )
                if tap:
                    target += product
            if finish is not None:
                finish(target.reshape(-1, wide))
    return result


def _split(seen: Array, count: int, wide: int) -> Array:
    """Rows of `count · wide` as `(rows, count, wide)`, without a copy."""
    step = seen.strides
    return np.lib.stride_tricks.as_strided(
        seen, (len(seen), count, wide), (step[0], wide * step[1], step[1]), writeable=False
    )


def _phase_rows(x: Array, rows: Window, columns: Window, multiplier: int) -> Iterator[Array]:
    """Each image as `(phases, padded rows, padded columns of a phase · wide)`; the same memory for every image."""
    if columns.stride == 1 and multiplier == 1 and not (rows.padded or columns.padded):
        if x.flags.c_contiguous:
            for image in x:
                yield image.reshape(1, len(image), -1)
            return
    channels = x.shape[-1]
    each = -(-columns.reach // columns.stride)
    buffer = allocate((columns.stride, rows.reach, each, channels, multiplier), x.dtype, zero=True)
    down, from_rows = overlap(-rows.before, 1, rows.reach, rows.size)
    across = [
        overlap(phase - columns.before, columns.stride, each, columns.size)
        for phase in range(columns.stride)
    ]
    for image in x:
        for phase, (there, here) in enumerate(across):
            buffer[phase, down, there] = image[from_rows, here, :, np.newaxis]
        yield buffer.reshape(columns.stride, rows.reach, -1)
