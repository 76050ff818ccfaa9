"""Sliding windows: the arithmetic that convolutions and pooling share.

Everything here works on channels-last arrays `(batch, *spatial, channels)` with one to three spatial dimensions.
Reading order: `Window` (one dimension), `Layout` (the attributes of a node); then `convolving`, which has the loops.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.dtypes import as_dtype, bfloat16, float_to_bfloat16, to_float
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.memory import empty, zeros
from minihub_runtime.ops.checking import allocatable, require
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import Spec, show

__all__ = [
    "Layout",
    "Window",
    "allocate",
    "joined_rows",
    "layout_of",
    "narrow",
    "output_size",
    "over_rows",
    "ranked",
    "require_plain",
    "slide",
    "widen",
]

#: Bytes of patches laid out at a time; a quarter of it for element-wise work, which has no packing of its own.
BLOCK = 1 << 21

#: From this many channels on, NumPy's inner loop is long enough without tiling the weights along the row.
LONG_ROW = 512
#: Repeating vectors takes longer than short inner loops over so few elements.
FEW = 1 << 9


class Window(NamedTuple):
    """How one dimension is read: output `o` and tap `k` see position `o * stride + k * dilation - before`.

    Attributes:
        size: length of the input.
        taps: length of the filter.
        stride: step from one output to the next.
        dilation: step from one tap to the next.
        before: zeros in front of the input; negative where the first elements are skipped.
        outputs: length of the output.
    """

    size: int
    taps: int
    stride: int
    dilation: int
    before: int
    outputs: int

    @property
    def reach(self) -> int:
        """Length of the padded input that the outputs see."""
        return (self.outputs - 1) * self.stride + (self.taps - 1) * self.dilation + 1

    @property
    def padded(self) -> bool:
        """Whether some output sees a position outside the input, or the first elements are skipped."""
        return self.before != 0 or self.reach > self.size

    def valid(self, tap: int) -> tuple[slice, slice]:
        """The outputs whose tap lies inside the input, and the inputs it sees there."""
        return overlap(tap * self.dilation - self.before, self.stride, self.outputs, self.size)

    def trimmed(self) -> tuple[Window, slice]:
        """The window without the outer taps that see only padding, and the taps that remain.

        Without this, a large dilation would need a large padded copy of a small input.
        """
        last = (self.outputs - 1) * self.stride
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


@functools.lru_cache(maxsize=4096)
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


def require_plain(array: Array, name: str) -> None:
    """Raise for a quantised array."""
    if array.dtype.names is not None and as_dtype(array.dtype).is_quantized:
        raise UnimplementedError(f"{name} must not be quantised, not {as_dtype(array.dtype).name}")


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
    if x.size <= FEW:
        function(rows, places, *vectors)
        return
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


def joined_rows(width: int, *arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Contiguous arrays of one shape, with rows of `width` elements, in blocks that fit the cache together.

    A block is `(rows, joined * width)`: rows of few elements are joined, so that NumPy's inner loops are long.
    """
    flat = [array.reshape(-1, width) for array in arrays]
    count = len(flat[0])
    joined = min(count, max(1, -(-LONG_ROW // width))) or 1
    whole = count // joined * joined
    step = max(1, BLOCK // 4 // (joined * width * arrays[0].itemsize * len(arrays)))
    sources = [rows[:whole].reshape(-1, joined * width) for rows in flat]
    for start in range(0, len(sources[0]), step):
        yield tuple(source[start : start + step] for source in sources)
    if whole < count:
        yield tuple(rows[whole:] for rows in flat)


def layout_of(
    data_format: str,
    padding: str,
    strides: Sequence[int],
    dilations: Sequence[int] | None = None,
    explicit_paddings: Sequence[int] = (),
) -> Layout:
    """The `Layout` of these attributes, kept for the next call."""
    return _kept_layout(
        data_format,
        padding,
        tuple(strides),
        None if dilations is None else tuple(dilations),
        tuple(explicit_paddings),
    )


@functools.lru_cache(maxsize=1024)
def _kept_layout(*attributes: Any) -> Layout:
    return Layout(*attributes)


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
        require(
            min(values) > 0 and max(values) < 1 << 31,
            f"{name} must be positive and fit 32 bits, not {list(values)}",
        )
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
    fits = out is not None and out.shape == tuple(shape) and out.dtype == dtype
    if out is not None and fits and out.flags.c_contiguous:
        if zero:
            out.fill(0)
        return out
    sizes = allocatable(shape, dtype)
    return zeros(sizes, dtype) if zero else empty(sizes, dtype)
