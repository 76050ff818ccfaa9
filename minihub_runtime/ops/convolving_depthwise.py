"""Convolutions of each channel alone, which have no product to speak of and live on long rows instead."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.ops import windows as sizes
from minihub_runtime.ops.blocks import part_of, runs
from minihub_runtime.ops.convolving import phases_of, trim
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import Window, allocate, overlap
from minihub_runtime.threads import scratch, spread

__all__ = ["convolve_depthwise", "correlate_filter_depthwise", "correlate_input_depthwise"]


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
    by side first, and the weights of few channels are repeated along the row, so that the sum runs over long
    contiguous rows; `einsum` keeps each output row in the cache while it adds up the taps.
    """
    (rows, columns), kept = trim(windows)
    filter = filter[kept]
    wide = filter.shape[2] * filter.shape[3]
    result = allocate((len(x), rows.outputs, columns.outputs, wide), x.dtype, out)
    if result.size == 0:
        return result
    if filter.size == 0:
        result.fill(0)
        return result
    weights = filter.reshape(rows.taps, columns.taps, wide)
    if wide < sizes.LONG_ROW:
        weights = np.tile(weights, columns.outputs)
    parts = _column_phases(columns)
    each = columns.outputs * wide * x.itemsize
    pieces = runs(rows.outputs, sizes.BLOCK // 4 // each, sizes.BLOCK // 16 // each)

    def compute(place: tuple[int, tuple[int, int]]) -> None:
        image, (low, high) = place
        target = result[image, low:high]
        lines = _phase_rows(x[image], part_of(rows, low, high), columns, filter.shape[3])
        for number, part in enumerate(parts):
            sums = scratch("sums", target.shape, x.dtype) if number else target
            _add_taps(lines, weights, rows, part, sums)
            if number:
                with np.errstate(over="ignore", invalid="ignore"):
                    np.add(target, sums, out=target)
        if finish is not None:
            finish(target.reshape(-1, wide))

    spread(compute, itertools.product(range(len(x)), pieces))
    return result


def correlate_input_depthwise(filter: Array, grad: Array, windows: Sequence[Window]) -> Array:
    """The gradient of `convolve_depthwise`, of one filter per channel, with respect to its input.

    As in `correlate_input`, each phase of the result is a convolution of `grad`; here a depthwise one.

    Args:
        filter: `(row taps, column taps, channels, 1)`.
        grad: `(batch, rows, columns, channels)`.
        windows: those of rows and columns.
    """
    shape = (len(grad), *(window.size for window in windows), grad.shape[-1])
    # Phases that no tap meets stay zero.
    result = allocate(shape, grad.dtype, zero=any(w.stride > 1 for w in windows))
    if result.size == 0:
        return result
    if grad.size == 0 or filter.size == 0:
        result.fill(0)
        return result
    for phases in itertools.product(*(phases_of(window) for window in windows)):
        part = filter[tuple(phase.taps for phase in phases)][::-1, ::-1]
        place = (slice(None), *(phase.outputs for phase in phases))
        target = result[place]
        if target.size:
            found = convolve_depthwise(grad, part, [phase.window for phase in phases], target)
            if found is not target:
                result[place] = found
    return result


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
    total = np.zeros((rows.taps, columns.taps, across * wide), x.dtype)
    part_sum = np.empty_like(total)
    run = max(1, sizes.BLOCK // 8 // (across * wide * x.itemsize))
    flat = np.ascontiguousarray(grad).reshape(len(grad), rows.outputs, across * wide)
    for number, image in enumerate(flat):
        padded = _phase_rows(x[number], rows, columns, 1)
        for low in range(0, rows.outputs, run):
            block = image[low : low + run]
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
    with np.errstate(over="ignore", invalid="ignore"):
        found = total.reshape(rows.taps, columns.taps, across, wide).sum(axis=2)
    result[kept] = found[..., np.newaxis]
    return result


class _Columns(NamedTuple):
    """The column taps that see one phase: which taps, where the first one starts, and how far apart they see."""

    phase: int
    taps: slice
    offset: int
    step: int


def _column_phases(columns: Window) -> list[_Columns]:
    common = math.gcd(columns.dilation, columns.stride)
    every = columns.stride // common
    found = []
    for first in range(min(every, columns.taps)):
        offset, phase = divmod(first * columns.dilation, columns.stride)
        taps = slice(first, columns.taps, every)
        found.append(_Columns(phase, taps, offset, columns.dilation // common))
    return found


def _add_taps(lines: Array, weights: Array, rows: Window, part: _Columns, target: Array) -> None:
    """Set `target`, `(rows, columns, wide)`, to the sum over the taps of one phase."""
    count, across, wide = target.shape
    chosen = weights[:, part.taps]
    start = lines[part.phase, :, part.offset * wide :]
    down, along = start.strides
    shape = (*chosen.shape[:2], count)
    steps = (rows.dilation * down, part.step * wide * along, rows.stride * down)
    if chosen.shape[2] == wide:
        seen = np.lib.stride_tricks.as_strided(
            start, (*shape, across, wide), (*steps, wide * along, along), writeable=False
        )
        np.einsum("abrwc,abc->rwc", seen, chosen, out=target)
    else:
        seen = np.lib.stride_tricks.as_strided(
            start, (*shape, across * wide), (*steps, along), writeable=False
        )
        np.einsum("abrl,abl->rl", seen, chosen, out=target.reshape(count, across * wide))


def _phase_rows(image: Array, rows: Window, columns: Window, multiplier: int) -> Array:
    """The rows that windows see, as `(phases, padded rows, padded columns of a phase · wide)`.

    It is a view of the image, or memory that the next call reuses.
    """
    down, from_rows = overlap(-rows.before, 1, rows.reach, rows.size)
    plain = columns.stride == multiplier == 1 and not columns.padded
    if plain and from_rows.stop - from_rows.start == rows.reach and image.flags.c_contiguous:
        return image[from_rows].reshape(1, rows.reach, -1)
    channels = image.shape[-1]
    each = -(-columns.reach // columns.stride)
    shape = (columns.stride, rows.reach, each, channels, multiplier)
    padded = scratch("rows", shape, image.dtype)
    padded[:, : down.start] = 0
    padded[:, down.stop :] = 0
    for phase in range(columns.stride):
        there, here = overlap(phase - columns.before, columns.stride, each, columns.size)
        place = padded[phase, down]
        place[:, : there.start] = 0
        place[:, there.stop :] = 0
        place[:, there] = image[from_rows, here, :, np.newaxis]
    return padded.reshape(columns.stride, rows.reach, -1)
