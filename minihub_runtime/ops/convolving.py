"""The loops of convolutions, for any number of dimensions and groups.

A convolution is a matrix product of patches with the filter.  The patches of a whole image are many times larger than
the image, so they are laid out in blocks that fit the cache, and each block is multiplied straight into its place in
the result while it is warm.  `convolve` and the gradients in both directions share that.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.ops import windows as sizes
from minihub_runtime.ops.blocks import Block, cut, lay_out, runs
from minihub_runtime.ops.checking import allocatable
from minihub_runtime.ops.finishing import Addend
from minihub_runtime.ops.prepared_matrix import PreparedMatrix
from minihub_runtime.ops.products import LEAST, SPEED, multiply, multiply_turned
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import Window, allocate
from minihub_runtime.threads import num_threads, pays, spread

__all__ = [
    "Phase",
    "convolve",
    "correlate_filter",
    "correlate_input",
    "filter_parts",
    "lay_out_parts",
    "multiply_rows",
    "phases_of",
    "split_parts",
    "trim",
]


def trim(
    windows: Sequence[Window],
) -> tuple[tuple[Window, ...], tuple[slice, ...] | None]:
    """Windows without taps that see only padding, and the slices of a filter that remain, None if all of it does."""
    return _trim(tuple(windows))


@functools.lru_cache(maxsize=4096)
def _trim(
    windows: tuple[Window, ...],
) -> tuple[tuple[Window, ...], tuple[slice, ...] | None]:
    pairs = [window.trimmed() for window in windows]
    trimmed = tuple(window for window, _ in pairs)
    return trimmed, None if trimmed == windows else tuple(taps for _, taps in pairs)


class _Course(NamedTuple):
    """How a convolution goes for arrays of some shapes.

    Attributes:
        result: shape of the result.
        windows: one per spatial dimension, without taps that see only padding.
        kept: the part of the filter that remains; None if all of it does.
        groups: how many groups of channels there are.
        blocks: the outputs in blocks.
        seen: the part of the input that is the matrix of all patches; None where they are laid out.
        cost: how long one thread takes, in nanoseconds, about.
    """

    result: tuple[int, ...]
    windows: tuple[Window, ...]
    kept: tuple[slice, ...] | None
    groups: int
    blocks: Sequence[Block]
    seen: tuple[slice, ...] | None
    cost: int


@functools.lru_cache(maxsize=4096)
def _course_of(
    shape: tuple[int, ...],
    windows: tuple[Window, ...],
    filter: tuple[int, ...],
    dtype: np.dtype[Any],
    threads: int,
) -> _Course:
    """How it goes; the threads are those that `cut` shares blocks between.

    Raises:
        ResourceExhaustedError: the result would be too large; see `checking.allocatable`.
    """
    depth, width = filter[-2:]
    result = allocatable((shape[0], *(window.outputs for window in windows), width), dtype)
    if 0 in result or 0 in filter:
        return _Course(result, windows, None, 1, (), None, 0)
    windows, kept = trim(windows)
    channels = shape[-1]
    patch = math.prod(window.taps for window in windows) * channels
    direct = not any(w.taps > 1 or w.stride > 1 or w.padded for w in windows)
    groups = channels // depth
    return _Course(
        result,
        windows,
        kept,
        groups,
        cut(shape[0], windows, patch * dtype.itemsize),
        (slice(None), *(slice(0, w.reach) for w in windows)) if direct else None,
        math.prod(result) * patch // groups // SPEED,
    )


def convolve(
    x: Array,
    filter: Array,
    windows: Sequence[Window],
    out: Array | None = None,
    finish: Callable[[Array], None] | None = None,
    matrix: PreparedMatrix | None = None,
    addend: Addend | None = None,
) -> Array:
    """The convolution (correlation, rather) of `x` with `filter`.

    Args:
        x: `(batch, *spatial, channels)`.
        filter: `(*taps, channels of a group, outputs)`; the channels of `x` may be several groups.
        windows: one per spatial dimension.
        out: where to put the result, if it fits.
        finish: what to do in place with each block `(n, outputs)` of the result while it is warm.
        matrix: the filter as a matrix and what `finish` does, if they stay the same.
        addend: what is added to the rows of the result in the end.
    """
    course = _course_of(x.shape, tuple(windows), filter.shape, x.dtype, num_threads())
    result = allocate(course.result, x.dtype, out)
    blocks = course.blocks
    if not blocks:
        # There are no outputs, or nothing to sum up.
        result.fill(0)
        if addend is not None and result.size:
            addend.add_to(result.reshape(-1, filter.shape[-1]), slice(None))
        return result
    if course.kept is not None:
        filter, matrix = filter[course.kept], None
    width = filter.shape[-1]
    flat = result.reshape(-1, width)
    if course.groups > 1:
        _convolve_groups(x, filter, course, flat, _in_the_end(finish, addend))
        return result
    weights = filter.reshape(-1, width)
    panels = None if matrix is None else matrix.panels(len(flat))
    if course.seen is not None or len(blocks) == 1:
        if course.seen is None:
            rows = lay_out(x, blocks[0], 1)
        else:
            rows = x[course.seen].reshape(-1, x.shape[-1])
        if matrix is not None and panels is not None:
            matrix.multiply(rows, flat, addend)
        else:
            multiply_rows(rows, weights, flat, finish, addend)
        return result
    end = _in_the_end(finish, addend)

    def compute(block: Block) -> None:
        target = flat[block.start : block.stop]
        multiply(lay_out(x, block, 1), weights if panels is None else panels, target, alone=True)
        if end is not None:
            end(target, slice(block.start, block.stop))

    spread(compute, blocks, course.cost, products=True)
    return result


def _in_the_end(
    finish: Callable[[Array], None] | None, addend: Addend | None
) -> Callable[[Array, slice], None] | None:
    """What is done in place with each block of rows of a result, and which rows these are."""
    if finish is None and addend is None:
        return None

    def end(block: Array, rows: slice) -> None:
        if finish is not None:
            finish(block)
        if addend is not None:
            addend.add_to(block, rows)

    return end


def _convolve_groups(
    x: Array,
    filter: Array,
    course: _Course,
    flat: Array,
    end: Callable[[Array, slice], None] | None,
) -> None:
    """`convolve` where the channels of `x` are several groups; the result goes to the rows of `flat`."""
    groups, width = course.groups, filter.shape[-1]
    weights = np.ascontiguousarray(np.moveaxis(filter.reshape(-1, groups, width // groups), 1, 0))

    def compute(block: Block) -> None:
        target = flat[block.start : block.stop]
        stack = multiply(lay_out(x, block, groups), weights, alone=len(course.blocks) > 1)
        target.reshape(len(target), groups, -1)[...] = np.moveaxis(stack, 0, 1)
        if end is not None:
            end(target, slice(block.start, block.stop))

    spread(compute, course.blocks, course.cost, products=True)


def multiply_rows(
    matrix: Array,
    weights: Array,
    out: Array,
    finish: Callable[[Array], None] | None,
    addend: Addend | None = None,
) -> None:
    """Put the product of two matrices into a third.

    Args:
        matrix: `(n, k)`.
        weights: `(k, m)`.
        out: `(n, m)`, contiguous.
        finish: what to do in place with each block of rows.
        addend: what is added to the rows in the end.
    """
    depth, width = weights.shape
    end = _in_the_end(finish, addend)
    cost = len(out) * weights.size // SPEED
    # Runs of many rows, because the weights are laid out for each anew.
    most = max(256, sizes.BLOCK // ((depth + width) * out.itemsize))
    threads = num_threads() if pays(cost) else 1
    most = min(most, -(-len(out) // threads))
    parts = runs(len(out), max(most, LEAST), LEAST, threads)
    if len(parts) < 2:
        multiply(matrix, weights, out)
        if end is not None:
            end(out, slice(0, len(out)))
        return

    def rows(place: tuple[int, int]) -> None:
        taken = slice(*place)
        multiply(matrix[taken], weights, out[taken], alone=True)
        if end is not None:
            end(out[taken], taken)

    spread(rows, parts, cost, products=True)


def correlate_filter(x: Array, grad: Array, windows: Sequence[Window], depth: int) -> Array:
    """The gradient of `convolve` with respect to its filter, whose groups have `depth` channels."""
    width = grad.shape[-1]
    taps = [window.taps for window in windows]
    result = allocate((*taps, depth, width), x.dtype, zero=True)
    if grad.size == 0 or x.size == 0 or result.size == 0:
        return result
    windows, kept = trim(windows)
    groups = x.shape[-1] // depth
    flat = grad.reshape(-1, width)
    # Rows that are patches themselves are not copied.
    single = groups == 1 and all(w.taps == w.stride == 1 and not w.padded for w in windows)
    plain = single and x.shape[1:-1] == grad.shape[1:-1]
    rows = x.reshape(-1, depth) if plain else None
    blocks = cut(len(x), windows, math.prod(w.taps for w in windows) * x.shape[-1] * x.itemsize)
    shares = runs(len(blocks), -(-len(blocks) // num_threads()))
    totals: list[Array] = [np.zeros((), x.dtype)] * len(shares)

    def compute(number: int) -> None:
        for found in blocks[slice(*shares[number])]:
            block = flat[found.start : found.stop]
            patches = lay_out(x, found, groups) if rows is None else rows[found.start : found.stop]
            if groups == 1:
                part = multiply_turned(patches, block, alone=len(shares) > 1)
            else:
                split = np.moveaxis(block.reshape(len(block), groups, -1), 1, 0)
                part = multiply(np.swapaxes(patches, 1, 2), split, alone=len(shares) > 1)
            with np.errstate(over="ignore", invalid="ignore"):
                totals[number] = totals[number] + part

    spread(compute, range(len(shares)), grad.size * result[..., 0].size // SPEED, products=True)
    with np.errstate(over="ignore", invalid="ignore"):
        total = functools.reduce(np.add, totals)
    if groups > 1:
        total = np.moveaxis(total, 0, 1)
    target = result if kept is None else result[kept]
    target[...] = total.reshape(target.shape)
    return result


def correlate_input(
    filter: Array,
    grad: Array,
    windows: Sequence[Window],
    channels: int,
    out: Array | None = None,
    parts: Mapping[tuple[int, ...], Array] | None = None,
) -> Array:
    """The gradient of `convolve` with respect to its input: the transposed convolution.

    Outputs `stride` apart see the same taps, so each such phase of the result is a convolution of `grad` with
    its part of the reversed filter; no zeros are multiplied and nothing is scattered.

    Args:
        filter: that of `convolve`.
        grad: the gradient of its result.
        windows: its windows.
        channels: those of its input.
        out: where to put the result, if it fits.
        parts: the parts of the filter by their first taps; see `filter_parts`.
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
    for phases in itertools.product(*(phases_of(window) for window in windows)):
        if parts is None:
            part = turned[tuple(phase.taps for phase in phases)]
            part = part[(slice(None, None, -1),) * len(windows)]
            part = part.reshape(*part.shape[:-2], channels)
        else:
            part = parts[tuple(phase.taps.start for phase in phases)]
        place = (slice(None), *(phase.outputs for phase in phases))
        target = result[place]
        if target.size:
            found = convolve(grad, part, [phase.window for phase in phases], target)
            if found is not target:
                result[place] = found
    return result


def filter_parts(
    strides: Sequence[int], taps: Sequence[int]
) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """The parts of a filter without dilations that phases of a transposed convolution see: first taps, and all taps."""
    for first in itertools.product(*(range(min(pair)) for pair in zip(strides, taps, strict=True))):
        yield first, tuple(slice(tap, None, step) for tap, step in zip(first, strides, strict=True))


def lay_out_parts(filter: Array, strides: Sequence[int]) -> Array:
    """All parts of a filter of one group, as `correlate_input` multiplies with them, one after another."""
    taps = filter.shape[:-2]
    back = (slice(None, None, -1),) * len(taps)
    parts = [filter[seen][back].swapaxes(-1, -2) for _, seen in filter_parts(strides, taps)]
    result = np.empty(filter.size, filter.dtype)
    start = 0
    for part in parts:
        result[start : start + part.size].reshape(part.shape)[...] = part
        start += part.size
    return result


def split_parts(
    laid_out: Array, strides: Sequence[int], shape: Sequence[int]
) -> dict[tuple[int, ...], Array]:
    """First taps → part, of what `lay_out_parts` made of a filter of this shape."""
    *taps, depth, width = shape
    found = {}
    start = 0
    for first, seen in filter_parts(strides, taps):
        counts = [len(range(*each.indices(n))) for each, n in zip(seen, taps, strict=True)]
        stop = start + math.prod(counts) * depth * width
        found[first] = laid_out[start:stop].reshape(*counts, width, depth)
        start = stop
    return found


class Phase(NamedTuple):
    """The inputs of one dimension that see the same taps: which inputs, which taps, and how."""

    outputs: slice
    taps: slice
    window: Window


def phases_of(window: Window) -> Iterator[Phase]:
    """The phases of one dimension that some tap meets."""
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
        yield Phase(
            outputs, used, Window(count, number, 1, step, offset, len(range(start, size, stride)))
        )
