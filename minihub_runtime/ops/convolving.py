"""The loops of convolutions, for any number of dimensions and groups.

A convolution is a matrix product of patches with the filter.  The patches of a whole image are many times larger than
the image, so they are laid out in blocks that fit the cache, and each block is multiplied straight into its place in
the result while it is warm.  `convolve` and the gradients in both directions share that; `convolve_depthwise` has no
product to speak of, and lives on long rows instead.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.ops import windows as sizes
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import Window, allocate, overlap

__all__ = [
    "convolve",
    "convolve_depthwise",
    "correlate_filter",
    "correlate_filter_depthwise",
    "correlate_input",
    "correlate_input_depthwise",
]


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
    taken = (slice(None), *(place[1] for place in places))
    for first in range(0, len(x), step):
        part = x[first : first + step]
        target = (slice(len(part)), *inside)
        buffer[target] = part[taken]
        yield first, buffer[: len(part)]


def _patches(x: Array, windows: Sequence[Window], groups: int) -> Iterator[tuple[int, int, Array]]:
    """The patches that the outputs see, in blocks.

    Yields `(start, stop, patches)` where start and stop count outputs over batch and space, and `patches` is a matrix
    `(outputs, taps·channels)`; with several groups a stack `(groups, outputs, taps·channels of a group)`.
    The same memory is used for every block.
    """
    counts = [window.outputs for window in windows]
    taps = [window.taps for window in windows]
    channels = x.shape[-1]
    patch = math.prod(taps) * channels
    axes = (len(x), *counts)
    budget = max(1, sizes.BLOCK // (patch * x.itemsize))
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


def _product(left: Array, right: Array, out: Array | None = None) -> Array:
    """The product of matrices, which may hold infinities."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.matmul(left, right, out=out)


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
    result = allocate((len(x), *(window.outputs for window in windows), width), x.dtype, out)
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
        places = (slice(None), *(slice(0, w.reach, w.stride) for w in windows))
        seen = x[places]
        matrix, weights = seen.reshape(-1, x.shape[-1]), filter.reshape(-1, width)
        step = len(flat) if finish is None else max(1, sizes.BLOCK // (width * x.itemsize))
        for start in range(0, len(flat), step):
            block = flat[start : start + step]
            _product(matrix[start : start + step], weights, block)
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
            _product(patches, weights, block)
        else:
            block.reshape(stop - start, groups, -1)[...] = np.moveaxis(
                _product(patches, weights), 0, 1
            )
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
            part = _product(patches.T, block)
        else:
            split = np.moveaxis(block.reshape(stop - start, groups, -1), 1, 0)
            part = _product(np.swapaxes(patches, 1, 2), split)
        with np.errstate(over="ignore", invalid="ignore"):
            total = total + part
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
    by side first, and the weights of few channels are repeated along the row, so that the sum runs over long
    contiguous rows; `einsum` keeps each output row in the cache while it adds up the taps.
    """
    (rows, columns), kept = _trim(windows)
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
    several = len(parts) > 1 or finish is not None
    run = max(1, sizes.BLOCK // 4 // each) if several else rows.outputs
    scratch = np.empty((min(run, rows.outputs), columns.outputs, wide), x.dtype)
    for image, padded in enumerate(_phase_rows(x, rows, columns, filter.shape[3])):
        for low in range(0, rows.outputs, run):
            target = result[image, low : low + run]
            lines = padded[:, low * rows.stride :]
            for number, part in enumerate(parts):
                place = scratch[: len(target)] if number else target
                _add_taps(lines, weights, rows, part, place)
                if number:
                    with np.errstate(over="ignore", invalid="ignore"):
                        target += place
            if finish is not None:
                finish(target.reshape(-1, wide))
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
    for phases in itertools.product(*(_phases(window) for window in windows)):
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
    (rows, columns), kept = _trim(windows)
    across = columns.outputs
    total = np.zeros((rows.taps, columns.taps, across * wide), x.dtype)
    part_sum = np.empty_like(total)
    run = max(1, sizes.BLOCK // 8 // (across * wide * x.itemsize))
    flat = np.ascontiguousarray(grad).reshape(len(grad), rows.outputs, across * wide)
    for image, padded in zip(flat, _phase_rows(x, rows, columns, 1), strict=True):
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


def _phase_rows(x: Array, rows: Window, columns: Window, multiplier: int) -> Iterator[Array]:
    """Each image as `(phases, padded rows, padded columns of a phase · wide)`; the same memory for every image."""
    plain = columns.stride == multiplier == 1 and not (rows.padded or columns.padded)
    if plain and x.flags.c_contiguous:
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
