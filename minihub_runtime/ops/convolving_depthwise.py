"""Convolutions of each channel alone, which have no product to speak of and live on long rows instead."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.ops import windows as sizes
from minihub_runtime.ops.blocks import part_of, runs, strided
from minihub_runtime.ops.convolving import Phase, phases_of, trim
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import Window, allocate, overlap
from minihub_runtime.threads import num_threads, pays, scratch, side_by_side, spread

__all__ = [
    "SPEED",
    "convolve_depthwise",
    "correlate_filter_depthwise",
    "correlate_input_depthwise",
    "phase_rows",
    "row_weights",
    "seen_rows",
    "sum_taps",
]

#: Multiplications in a nanosecond, about.
SPEED = 4
#: Elements of a row that NumPy's inner loop should be long.
LONG = 1024


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
    by side first, and the weights of few channels are repeated for several columns, so that the sum runs over long
    contiguous rows; `einsum` keeps each output row in the cache while it adds up the taps.
    """
    (rows, columns), kept = trim(windows)
    if kept is not None:
        filter = filter[kept]
    wide = filter.shape[2] * filter.shape[3]
    result = allocate((len(x), rows.outputs, columns.outputs, wide), x.dtype, out)
    if result.size == 0:
        return result
    if filter.size == 0:
        result.fill(0)
        return result
    weights = row_weights(filter, columns)
    each = columns.outputs * wide * x.itemsize
    pieces = runs(rows.outputs, sizes.BLOCK // 4 // each, sizes.BLOCK // 16 // each)

    def compute(place: tuple[int, tuple[int, int]]) -> None:
        image, (low, high) = place
        target = result[image, low:high]
        lines = phase_rows(x[image], part_of(rows, low, high), columns, filter.shape[3])
        sum_taps(lines, weights, rows, columns, target)
        if finish is not None:
            finish(target.reshape(-1, wide))

    taps = rows.taps * columns.taps
    spread(compute, itertools.product(range(len(x)), pieces), result.size * taps // SPEED)
    return result


@functools.lru_cache(maxsize=1024)
def _joined(outputs: int, wide: int) -> int:
    """How many columns are treated as one, so that rows are long; a divisor of their number."""
    wanted = -(-LONG // wide)
    return next((n for n in range(min(wanted, outputs), outputs) if outputs % n == 0), outputs)


def row_weights(filter: Array, columns: Window) -> Array:
    """The weights of a filter as rows are multiplied with them: those of columns side by side, where channels are few."""
    rows, taps, channels, multiplier = filter.shape
    wide = channels * multiplier
    times = _joined(columns.outputs, wide)
    if times == 1:
        return filter.reshape(rows, taps, wide)
    found = np.empty((rows, taps, times, wide), filter.dtype)
    found[:] = filter.reshape(rows, taps, 1, wide)
    return found.reshape(rows, taps, times * wide)


def sum_taps(lines: Array, weights: Array, rows: Window, columns: Window, target: Array) -> None:
    """Set `target`, `(rows, columns, wide)`, to the sum over all taps.

    Args:
        lines: `phase_rows` of the input.
        weights: `row_weights` of the filter.
        rows: the window of all rows.
        columns: that of columns.
        target: contiguous.
    """
    for number, part in enumerate(_column_phases(columns)):
        sums = scratch("sums", target.shape, target.dtype) if number else target
        _add_taps(lines, weights, rows, part, sums)
        if number:
            with np.errstate(over="ignore", invalid="ignore"):
                np.add(target, sums, out=target)


def correlate_input_depthwise(filter: Array, grad: Array, windows: Sequence[Window]) -> Array:
    """The gradient of `convolve_depthwise`, of one filter per channel, with respect to its input.

    As in `correlate_input`, each phase of the result is a convolution of `grad`; here a depthwise one.

    Args:
        filter: `(row taps, column taps, channels, 1)`.
        grad: `(batch, rows, columns, channels)`.
        windows: those of rows and columns.
    """
    shape = (len(grad), *(window.size for window in windows), grad.shape[-1])
    axes = [list(phases_of(window)) for window in windows]
    # What no tap meets stays zero.
    met = [sum(phase.window.outputs for phase in axis) for axis in axes]
    result = allocate(shape, grad.dtype, zero=met != [window.size for window in windows])
    if result.size == 0:
        return result
    if grad.size == 0 or filter.size == 0:
        result.fill(0)
        return result
    phases = [
        (
            [phase.window for phase in each],
            _reversed_part(filter, each),
            tuple(p.outputs for p in each),
        )
        for each in itertools.product(*axes)
    ]
    if len(phases) == 1:
        ((inner, part, place),) = phases
        target = result[:, place[0], place[1]]
        found = convolve_depthwise(grad, part, inner, target)
        if found is not target:
            target[...] = found
        return result

    def compute(images: tuple[int, int]) -> None:
        # Columns of a phase lie apart, so they are put in their places while they are warm.
        for number in range(*images):
            image = slice(number, number + 1)
            for inner, part, (down, across) in phases:
                target = result[image, down, across]
                if target.size:
                    target[...] = convolve_depthwise(grad[image], part, inner)

    if pays(grad.size * filter[..., 0, 0].size // SPEED):
        side_by_side(compute, runs(len(grad), -(-len(grad) // num_threads())))
    else:
        compute((0, len(grad)))
    return result


def _reversed_part(filter: Array, phases: Sequence[Phase]) -> Array:
    """The taps of phases, of rows and of columns, from the last to the first."""
    rows, columns = (phase.taps for phase in phases)
    part: Array = filter[rows, columns][::-1, ::-1]
    return part


def correlate_filter_depthwise(x: Array, grad: Array, windows: Sequence[Window]) -> Array:
    """The gradient of `convolve_depthwise`, of one filter per channel, with respect to its filter.

    Args:
        x: `(batch, rows, columns, channels)`.
        grad: `(batch, output rows, output columns, channels)`.
        windows: those of rows and columns.

    Returns:
        `(row taps, column taps, channels, 1)`.

    Rows of the input are multiplied with rows of `grad` for all taps while they are in the cache, and summed over rows and images;
    the sum along the row comes last.
    """
    wide = x.shape[-1]
    result = allocate((*(window.taps for window in windows), wide, 1), x.dtype, zero=True)
    if grad.size == 0 or result.size == 0:
        return result
    (rows, columns), kept = trim(windows)
    across = columns.outputs
    run = max(1, sizes.BLOCK // 8 // (across * wide * x.itemsize))
    flat = np.ascontiguousarray(grad).reshape(len(grad), rows.outputs, across * wide)
    parts = runs(len(grad), -(-len(grad) // num_threads()))
    totals = np.zeros((len(parts), rows.taps, columns.taps, across * wide), x.dtype)

    def compute(number: int) -> None:
        total = totals[number]
        part_sum = np.empty_like(total)
        for image in range(*parts[number]):
            padded = phase_rows(x[image], rows, columns, 1)
            for low in range(0, rows.outputs, run):
                block = flat[image, low : low + run]
                lines = padded[:, low * rows.stride :]
                for part in _column_phases(columns):
                    start = lines[part.phase, :, part.offset * wide :]
                    down, along = start.strides
                    place = part_sum[:, part.taps]
                    seen = np.lib.stride_tricks.as_strided(
                        start,
                        (*place.shape[:2], len(block), across * wide),
                        (rows.dilation * down, part.step * wide * along, rows.stride * down, along),
                        writeable=False,
                    )
                    np.einsum("abrl,rl->abl", seen, block, out=place)
                with np.errstate(over="ignore", invalid="ignore"):
                    total += part_sum

    spread(compute, range(len(parts)), grad.size * rows.taps * columns.taps // SPEED)
    total = totals.sum(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        found = total.reshape(rows.taps, columns.taps, across, wide).sum(axis=2)
    place = result if kept is None else result[kept]
    place[...] = found[..., np.newaxis]
    return result


class _Columns(NamedTuple):
    """The column taps that see one phase: which taps, where the first one starts, and how far apart they see."""

    phase: int
    taps: slice
    offset: int
    step: int


@functools.lru_cache(maxsize=1024)
def _column_phases(columns: Window) -> tuple[_Columns, ...]:
    common = math.gcd(columns.dilation, columns.stride)
    every = columns.stride // common
    found = []
    for first in range(min(every, columns.taps)):
        offset, phase = divmod(first * columns.dilation, columns.stride)
        taps = slice(first, columns.taps, every)
        found.append(_Columns(phase, taps, offset, columns.dilation // common))
    return tuple(found)


def _add_taps(lines: Array, weights: Array, rows: Window, part: _Columns, target: Array) -> None:
    """Set `target`, `(rows, columns, wide)`, to the sum over the taps of one phase."""
    count, across, wide = target.shape
    chosen = weights[:, part.taps]
    run = chosen.shape[2]
    whole, down, along = lines.strides
    shape = (*chosen.shape[:2], count, across * wide // run, run)
    steps = (rows.dilation * down, part.step * wide * along, rows.stride * down, run * along, along)
    seen = strided(lines, shape, steps, part.phase * whole + part.offset * wide * along)
    np.einsum("abrcw,abw->rcw", seen, chosen, out=target.reshape(shape[2:]))


class _Rows(NamedTuple):
    """How the rows that windows see are filled.

    Attributes:
        seen: the rows of the input.
        down: where they lie.
        each: columns of a phase.
        across: for each phase where its columns lie, and which ones of the input they are.
        plain: whether the input's own rows do.
    """

    seen: slice
    down: slice
    each: int
    across: tuple[tuple[slice, slice], ...]
    plain: bool


@functools.lru_cache(maxsize=4096)
def _rows_of(rows: Window, columns: Window) -> _Rows:
    down, seen = overlap(-rows.before, 1, rows.reach, rows.size)
    each = -(-columns.reach // columns.stride)
    across = tuple(
        overlap(phase - columns.before, columns.stride, each, columns.size)
        for phase in range(columns.stride)
    )
    plain = columns.stride == 1 and not columns.padded and seen.stop - seen.start == rows.reach
    return _Rows(seen, down, each, across, plain)


def phase_rows(
    image: Array, rows: Window, columns: Window, multiplier: int, first: int = 0
) -> Array:
    """The rows that windows see, as `(phases, padded rows, padded columns of a phase · wide)`.

    It is a view of the image, or memory that the next call reuses.

    Args:
        image: `(rows, columns, channels)`.
        rows: the window of rows, of which the image need not hold all.
        columns: that of columns.
        multiplier: how often each channel stands there.
        first: the row of the whole image that comes first in `image`.
    """
    place = _rows_of(rows, columns)
    seen = slice(place.seen.start - first, place.seen.stop - first)
    if place.plain and multiplier == 1 and image.flags.c_contiguous:
        return image[seen].reshape(1, rows.reach, -1)
    channels = image.shape[-1]
    shape = (columns.stride, rows.reach, place.each, channels, multiplier)
    padded = scratch("rows", shape, image.dtype)
    padded[:, : place.down.start] = 0
    padded[:, place.down.stop :] = 0
    for phase, (there, here) in enumerate(place.across):
        part = padded[phase, place.down]
        if there.start:
            part[:, : there.start] = 0
        if there.stop < place.each:
            part[:, there.stop :] = 0
        part[:, there] = image[seen, here, :, np.newaxis]
    return padded.reshape(columns.stride, rows.reach, -1)


def seen_rows(rows: Window, columns: Window) -> slice:
    """The rows of an image that windows see."""
    return _rows_of(rows, columns).seen
