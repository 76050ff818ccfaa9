"""A depthwise convolution with the 1×1 convolutions before and after it, band of rows by band of rows.

What lies between the three is several times wider than what goes in and comes out, so it never becomes a tensor: a band of it
stays in the cache.  `passes.fuse_separable` makes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from minihub_runtime import blas
from minihub_runtime.memory import contiguous, on_lines
from minihub_runtime.ops import convolving_depthwise, products
from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.convolution import convolution, depthwise
from minihub_runtime.ops.convolving import trim
from minihub_runtime.ops.depthwise_rows import (
    Lines,
    Piece,
    joined_columns,
    lines_of,
    pieces_of,
    row_weights,
)
from minihub_runtime.ops.finishing import Addend, add_whole, finish_with
from minihub_runtime.ops.instructions import QUICK_TANH
from minihub_runtime.ops.panels import SMALL
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import Layout, Window, allocate, layout_of
from minihub_runtime.threads import can_share, num_threads, pays, scratch, spread

__all__ = ["SeparableFilters"]

#: Bytes of a band.
BAND = 1 << 21
#: Times as many channels as its input has, at least, where the first convolution adds its biases as part of the product.
WIDER = 3
#: Columns of a row, or of those two apart, from which on their product is made by itself; where the library brings factors into
#: another order first, more.
LEAST_COLUMNS = 28
MANY_COLUMNS = 56
#: Channels that each thread has, at least, where threads share those between the convolutions.
NARROWEST = 64
#: For so many shapes of inputs it is kept how the convolutions go.
KEPT = 16
POINTS = layout_of("NHWC", "SAME", [1, 1, 1, 1])

FLOAT = types("float32")
SOURCE = "core/kernels/depthwise_conv_op.cc"


class _Course(NamedTuple):
    """How the three convolutions go for one shape of inputs.

    Attributes:
        result: shape of the result.
        parts: the outputs of each band, and what they see.
        wide: channels between the convolutions.
        direct: whether the first convolution puts rows of columns where the second one reads them.
        weights: those of the depthwise convolution, as rows are multiplied with them.
        cost: how long one thread takes, in nanoseconds, about.
        shares: where threads share channels instead of bands: which ones, their filters, and how these go.
    """

    result: tuple[int, ...]
    parts: Sequence[tuple[Piece, Lines]]
    wide: int
    direct: bool
    weights: Array
    cost: int
    shares: Sequence[tuple[slice, SeparableFilters, _Course]]


class _Expansion:
    """The first convolution: a product with few rows and many columns, mostly.

    Where it is, its input gets one more channel, of ones, and the biases are one more row of the matrix: to copy the input takes
    less than to pass through the result once more.

    Attributes:
        weights: the matrix.
        finish: what is done to products with it.
    """

    def __init__(self, filter: Array, bias: Array, activation: str) -> None:
        self.weights = filter.reshape(filter.shape[-2:])
        channels, wide = filter.shape[-2:]
        self._adds = bias.size == wide >= WIDER * channels
        if self._adds:
            self.weights = np.concatenate([self.weights, bias.reshape(1, wide)])
        self.weights = on_lines(self.weights)
        left = bias.reshape(-1) if bias.size and not self._adds else None
        self.finish = finish_with(left, [activation])

    def rows(self, x: Array) -> Array:
        """What is multiplied with the matrix."""
        if not self._adds:
            return x
        *sizes, channels = x.shape
        found = scratch("with ones", (*sizes, channels + 1), x.dtype)
        found[..., :channels] = x
        found[..., channels] = 1
        return found


class SeparableFilters:
    """The filters, biases and activations of three convolutions, and what is made of them for some sizes, once those are known.

    Attributes:
        filters: all three, `(1, 1, c, e)`, `(kh, kw, e, 1)` and `(1, 1, e, o)`; the first and the last may be empty.
        before: the first convolution, None if there is none.
        filter: of the depthwise one, `(kh, kw, e, 1)`.
        after: of the last, `(e, o)`, None if there is none.
        finishes: what is done to the results of each.
    """

    def __init__(
        self,
        filters: tuple[Array, Array, Array],
        biases: tuple[Array, Array, Array],
        activations: tuple[str, str, str],
    ) -> None:
        parts = [_eased(*part) for part in zip(filters, biases, activations, strict=True)]
        self._parts = parts
        self.filters = tuple(filter for filter, _, _ in parts)
        self.finishes = tuple(
            finish_with(bias.reshape(-1) if bias.size else None, [name]) for _, bias, name in parts
        )
        before, self.filter, after = self.filters
        self.before = _Expansion(*parts[0]) if before.size else None
        self.after = on_lines(after.reshape(after.shape[-2:])) if after.size else None
        self._courses: dict[tuple[tuple[int, ...], Layout, int], _Course | None] = {}

    def course(self, x: Array, layout: Layout) -> _Course | None:
        """How it goes for an input; None where all is not as usual, which is left to the single convolutions."""
        threads = num_threads() if can_share() else 1
        key = x.shape, layout, threads
        if key not in self._courses:
            if len(self._courses) >= KEPT:
                self._courses.clear()
            self._courses[key] = self._plan(x, layout, threads)
        return self._courses.get(key)

    def _plan(self, x: Array, layout: Layout, threads: int) -> _Course | None:
        before, filter, after = self.filters
        if x.ndim != 4 or filter.ndim != 4 or x.size == 0 or filter.size == 0:
            return None
        channels, wide = x.shape[-1], filter.shape[2]
        if (
            filter.shape[3] != 1
            or (before.shape != (1, 1, channels, wide) if before.size else channels != wide)
            or (after.size and after.shape[:3] != (1, 1, wide))
        ):
            return None
        rows, columns = layout.windows(x.shape[1:3], filter.shape[:2])
        if trim((rows, columns))[1] is not None or not rows.outputs or not columns.outputs:
            return None
        width = after.shape[3] if after.size else wide
        result = (len(x), rows.outputs, columns.outputs, width)
        first, middle, last = (finish.cost for finish in self.finishes)
        narrow, deep = math.prod(result), math.prod(result[:3]) * wide
        cost = deep * (rows.taps * columns.taps / convolving_depthwise.SPEED + middle)
        if before.size:
            cost += x.size // channels * wide * (channels / products.SPEED + first)
        if after.size:
            cost += narrow * (wide / products.SPEED + last)
        # A row of outputs is there with what it sees.
        row = wide * x.itemsize * (columns.reach * rows.stride + columns.outputs)
        shared = threads if pays(int(cost)) else 1
        bands = pieces_of(len(x), rows, row, BAND, BAND // 4, shared)
        lines = (
            lines_of(band.images.stop - band.images.start, band.part, columns, wide, x.itemsize)
            for band in bands
        )
        return _Course(
            result,
            list(zip(bands, lines, strict=True)),
            wide,
            bool(before.size) and _are_long(columns, channels, wide),
            self._row_weights(columns.outputs),
            int(cost),
            self._plan_shares(x, layout, shared) if len(bands) < shared else (),
        )

    def _plan_shares(
        self, x: Array, layout: Layout, threads: int
    ) -> tuple[tuple[slice, SeparableFilters, _Course], ...]:
        """The channels between the convolutions, cut for threads; none where each would have too few."""
        wide, found = self.filter.shape[2], []
        if wide < threads * NARROWEST:
            return ()
        for start, stop in runs(wide, -(-wide // threads), 1, threads):
            channels = slice(start, stop)
            filters = self._of_channels(channels)
            seen = x if filters.before is not None else x[..., channels]
            course = filters._plan(seen, layout, 1)
            if course is None:
                return ()
            found.append((channels, filters, course))
        return tuple(found)

    def _of_channels(self, channels: slice) -> SeparableFilters:
        """Those of some channels; sums over all of them are yet to be made of what the last convolution gives, and finished."""
        (before, first, name), (filter, middle, second), (after, _, _) = self._parts
        return SeparableFilters(
            (
                before[..., channels] if before.size else before,
                filter[:, :, channels],
                after[:, :, channels] if after.size else after,
            ),
            (_some(first, channels), _some(middle, channels), np.zeros(0, np.float32)),
            (name, second, ""),
        )

    def _row_weights(self, outputs: int) -> Array:
        """The weights of the depthwise filter for rows of so many outputs; most numbers of outputs have the same."""
        run = joined_columns(outputs, self.filter.shape[2]) * self.filter.shape[2]
        for course in list(self._courses.values()):
            if course is not None and course.weights.shape[-1] == run:
                return course.weights
        return row_weights(self.filter, outputs)


def _are_long(columns: Window, channels: int, wide: int) -> bool:
    """Whether the products of the columns of each row take no longer than those of many rows together."""
    least = LEAST_COLUMNS if blas.small_as_they_are() else MANY_COLUMNS
    return least <= columns.size // columns.stride <= SMALL // (channels * wide)


def _some(bias: Array, channels: slice) -> Array:
    """Those of some channels, unless there is one for all, or none."""
    return bias.reshape(-1)[channels] if bias.size > 1 else bias


def _eased(filter: Array, bias: Array, name: str) -> tuple[Array, Array, str]:
    """A filter, its bias and activation, so that less is done to what they give: swish follows from the tanh of the half, or from
    the exponential of the negative.
    """
    if name != "Swish":
        return filter, bias, name
    factor, name = (
        (np.float32(0.5), "SwishOfHalf") if QUICK_TANH else (np.float32(-1), "SwishOfNegative")
    )
    return filter * factor, bias * factor, name


@op(
    "_SeparableFilters(before: T, before_bias: T, filter: T, bias: T, after: T, after_bias: T) -> filters: variant",
    T=FLOAT,
    source=SOURCE,
    shape=unknown,
)
def separable_filters(
    before: Array,
    before_bias: Array,
    filter: Array,
    bias: Array,
    after: Array,
    after_bias: Array,
    *,
    before_activation: str = "",
    activation: str = "",
    after_activation: str = "",
) -> SeparableFilters:
    """What three convolutions, a 1×1 one, a depthwise one, and another 1×1 one, multiply with, add, and end with.

    Shapes: `[1, 1, c, e], [e], [kh, kw, e, 1], [e], [1, 1, e, o], [o]`; an empty `before` or `after` leaves that convolution out.
    """
    return SeparableFilters(
        (before, filter, after),
        (before_bias, bias, after_bias),
        (before_activation, activation, after_activation),
    )


@op(
    "_SeparableConv2D(input: T, filters: variant) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def separable_conv2d(
    input: Array,
    filters: SeparableFilters,
    *,
    strides: list[int],
    padding: Literal["SAME", "VALID", "EXPLICIT"],
    explicit_paddings: list[int] = [],
    out: Array | None = None,
) -> Array:
    """The three convolutions of `_SeparableFilters`, each with a bias and an activation.

    Shapes: `[n, h, w, c] -> [n, h', w', o]`.
    """
    layout = layout_of("NHWC", padding, strides, None, explicit_paddings)
    course = filters.course(input, layout)
    if course is None:
        return _one_by_one(input, filters, layout, out)
    return _in_bands(input, filters, course, out, None)


@op(
    "_SummedSeparableConv2D(input: T, filters: variant, addend: T) -> sum: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def summed_separable_conv2d(
    input: Array,
    filters: SeparableFilters,
    addend: Array,
    *,
    strides: list[int],
    padding: Literal["SAME", "VALID", "EXPLICIT"],
    explicit_paddings: list[int] = [],
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """_SeparableConv2D, then AddV2 with `addend`, then what `activation` says, if anything."""
    layout = layout_of("NHWC", padding, strides, None, explicit_paddings)
    course = filters.course(input, layout)
    finish = finish_with(None, [activation])
    if course is not None and addend.shape == course.result:
        last = Addend(contiguous(addend).reshape(-1, addend.shape[3]), finish)
        return _in_bands(input, filters, course, out, last)
    if course is None:
        found = _one_by_one(input, filters, layout, out)
    else:
        found = _in_bands(input, filters, course, out, None)
    return add_whole(found, addend, finish)


def _in_bands(
    input: Array,
    filters: SeparableFilters,
    course: _Course,
    out: Array | None,
    addend: Addend | None,
) -> Array:
    """All three convolutions, band by band."""
    result = allocate(course.result, input.dtype, out)
    x = np.ascontiguousarray(input)
    with blas.single():
        if course.shares and can_share():
            _in_shares(x, filters, course, result, addend)
        elif len(course.parts) == 1:
            _compute(x, filters, course, *course.parts[0], result, addend)
        else:
            spread(
                lambda part: _compute(x, filters, course, *part, result, addend),
                course.parts,
                course.cost,
            )
    return result


def _in_shares(
    x: Array, filters: SeparableFilters, course: _Course, result: Array, addend: Addend | None
) -> None:
    """All three convolutions, where each thread has some of the channels between them, and sums are added up in the end."""
    sums = [result] + [np.empty(course.result, x.dtype) for _ in course.shares[1:]]

    def compute(number: int) -> None:
        channels, some, its = course.shares[number]
        whole = filters.after is not None
        found = sums[number] if whole else scratch("share", its.result, x.dtype)
        seen = x if some.before is not None else np.ascontiguousarray(x[..., channels])
        for part in its.parts:
            _compute(seen, some, its, *part, found, None)
        if not whole:
            result[..., channels] = found

    spread(compute, range(len(sums)), course.cost)
    narrow = result.reshape(-1, result.shape[3])
    if filters.after is not None:
        for more in sums[1:]:
            np.add(result, more, out=result)
        filters.finishes[2](narrow)
    if addend is not None:
        addend.add_to(narrow, slice(0, len(narrow)))


def _one_by_one(
    input: Array, filters: SeparableFilters, layout: Layout, out: Array | None
) -> Array:
    """The convolutions one after another."""
    before, filter, after = filters.filters
    first, middle, last = filters.finishes
    x = convolution(input, before, POINTS, None, first) if before.size else input
    if not after.size:
        return depthwise(x, filter, layout, out, middle)
    return convolution(depthwise(x, filter, layout, None, middle), after, POINTS, out, last)


def _compute(
    x: Array,
    filters: SeparableFilters,
    course: _Course,
    band: Piece,
    lines: Lines,
    result: Array,
    addend: Addend | None,
) -> None:
    """All three convolutions for one band of the result, and what is added to it in the end."""
    _, middle, last = filters.finishes
    laid_out = _lines_of_band(x[band.images, lines.seen], filters, course, lines)
    target = result[band.images, band.low : band.high]
    narrow = target.reshape(-1, target.shape[3])
    if filters.after is None:
        lines.sum_taps(laid_out, course.weights, target)
        middle(narrow)
    else:
        sums = scratch("separable", (*target.shape[:3], course.wide), x.dtype)
        lines.sum_taps(laid_out, course.weights, sums)
        flat = sums.reshape(-1, course.wide)
        middle(flat)
        products.multiply_here(flat, filters.after, narrow)
        last(narrow)
    if addend is not None:
        _, rows, columns, _ = course.result
        first = (band.images.start * rows + band.low) * columns
        addend.add_to(narrow, slice(first, first + len(narrow)))


def _lines_of_band(part: Array, filters: SeparableFilters, course: _Course, lines: Lines) -> Array:
    """What the depthwise convolution reads: rows of the input, or what the first convolution makes of them, with zeros around."""
    if filters.before is None:
        return lines.lay_out(part, lines.seen.start)
    rows = filters.before.rows(part)
    if course.direct and not lines.plain:
        laid_out = lines.room(part.dtype)
        for columns, place in lines.places(laid_out):
            np.matmul(rows[:, :, columns], filters.before.weights, out=place)
        # What lies around changes, too, so it is set last.
        filters.before.finish(laid_out.reshape(-1, course.wide))
        lines.surround(laid_out)
        return laid_out
    *sizes, channels = rows.shape
    expanded = scratch("expanded", (math.prod(sizes), course.wide), part.dtype)
    products.multiply_here(rows.reshape(-1, channels), filters.before.weights, expanded)
    filters.before.finish(expanded)
    return lines.lay_out(expanded.reshape(*sizes, course.wide), lines.seen.start)
