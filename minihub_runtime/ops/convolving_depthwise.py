"""Convolutions of each channel alone, which have no product to speak of and live on long rows instead."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from minihub_runtime.ops import windows as sizes
from minihub_runtime.ops.blocks import runs, strided
from minihub_runtime.ops.convolving import Phase, phases_of, trim
from minihub_runtime.ops.depthwise_rows import Piece, lines_of, pieces_of, row_weights
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.unwrapped import einsum
from minihub_runtime.ops.windows import Window, allocate
from minihub_runtime.threads import num_threads, pays, scratch, side_by_side, spread

__all__ = [
    "SPEED",
    "convolve_depthwise",
    "correlate_filter_depthwise",
    "correlate_input_depthwise",
]

#: Multiplications in a nanosecond, about.
SPEED = 4
#: Bytes of images, input and gradient, whose rows are multiplied in one call, if one image has fewer.
TOGETHER = 1 << 21


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
    weights = row_weights(filter, columns.outputs)
    cost = result.size * rows.taps * columns.taps // SPEED
    row = columns.outputs * wide * x.itemsize
    threads = num_threads() if pays(cost) else 1
    pieces = pieces_of(len(x), rows, row, sizes.BLOCK // 2, sizes.BLOCK // 8, threads)

    def compute(piece: Piece) -> None:
        target = result[piece.images, piece.low : piece.high]
        lines = lines_of(len(target), piece.part, columns, wide, x.itemsize)
        lines.sum_taps(lines.lay_out(x[piece.images]), weights, target)
        if finish is not None:
            finish(target.reshape(-1, wide))

    spread(compute, pieces, cost)
    return result


def correlate_input_depthwise(
    filter: Array, grad: Array, windows: Sequence[Window], out: Array | None = None
) -> Array:
    """The gradient of `convolve_depthwise`, of one filter per channel, with respect to its input.

    As in `correlate_input`, each phase of the result is a convolution of `grad`; here a depthwise one.

    Args:
        filter: `(row taps, column taps, channels, 1)`.
        grad: `(batch, rows, columns, channels)`.
        windows: those of rows and columns.
        out: where to put the result, if it fits.
    """
    shape = (len(grad), *(window.size for window in windows), grad.shape[-1])
    axes = [list(phases_of(window)) for window in windows]
    # What no tap meets stays zero.
    met = [sum(phase.window.outputs for phase in axis) for axis in axes]
    result = allocate(shape, grad.dtype, out, zero=met != [window.size for window in windows])
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

    # Small images are put together: between calls threads wait for each other.
    together = max(1, TOGETHER // (grad[0].nbytes + result[0].nbytes))

    def compute(images: tuple[int, int]) -> None:
        # Columns of a phase lie apart, so they are put in their places while they are warm.
        first, last = images
        for start in range(first, last, together):
            some = slice(start, min(last, start + together))
            for inner, part, (down, across) in phases:
                target = result[some, down, across]
                if target.size:
                    room = scratch("phase", target.shape, target.dtype)
                    target[...] = convolve_depthwise(grad[some], part, inner, room)

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
    flat = np.ascontiguousarray(grad).reshape(len(grad), rows.outputs, across * wide)
    # Several small images are one call: between calls threads wait for each other.
    together = max(1, TOGETHER // (x[0].nbytes + flat[0].nbytes))
    shares = runs(len(grad), -(-len(grad) // num_threads()))
    most = max(1, sizes.BLOCK // 2 // (across * wide * x.itemsize))
    totals = np.zeros((len(shares), rows.taps, columns.taps, across * wide), x.dtype)

    def compute(number: int) -> None:
        total = totals[number]
        part_sum = np.empty_like(total)
        first, last = shares[number]
        for start in range(first, last, together):
            images = slice(start, min(last, start + together))
            lines = lines_of(images.stop - start, rows, columns, wide, x.itemsize, split=True)
            padded = lines.lay_out(x[images])
            for low, high in runs(rows.outputs, most, 1, 1):
                block = flat[images, low:high]
                for phase in lines.phases:
                    place = part_sum[:, phase.taps]
                    apart, image, down, along = padded.strides[:4]
                    seen = strided(
                        padded,
                        (*place.shape[:2], *block.shape),
                        (
                            rows.dilation * down,
                            phase.step * along,
                            image,
                            rows.stride * down,
                            x.itemsize,
                        ),
                        phase.number * apart + low * rows.stride * down + phase.offset * along,
                    )
                    einsum("abnrl,nrl->abl", seen, block, out=place)
                total += part_sum

    # The pool's threads ignore what this one is told to ignore.
    with np.errstate(over="ignore", invalid="ignore"):
        spread(compute, range(len(shares)), grad.size * rows.taps * columns.taps // SPEED)
        total = totals.sum(axis=0)
        found = total.reshape(rows.taps, columns.taps, across, wide).sum(axis=2)
    place = result if kept is None else result[kept]
    place[...] = found[..., np.newaxis]
    return result
