"""Convolutions with steps, as convolutions of cells with steps of one.

A cell is as many places along each axis as the step there, with the channels of all of them.  An output sees whole cells, if zeros
are added to the filter, so that Winograd's convolutions can take the place of a direct sum:

    7×7 taps of 3 channels, two apart   →   4×4 taps of 12 channels
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import Window

__all__ = ["cell_filter", "cell_windows", "cells_of"]


def cell_windows(windows: Sequence[Window]) -> tuple[Window, ...]:
    """The windows over cells that see what windows without dilation see."""
    found = []
    for size, taps, stride, _, before, outputs in windows:
        # The first cell begins so many places before the input, where some output begins.
        front = before % stride
        cells = -(-(size + front) // stride)
        found.append(Window(cells, -(-taps // stride), 1, 1, (before - front) // stride, outputs))
    return tuple(found)


def cell_filter(filter: Array, steps: Sequence[int]) -> Array:
    """A filter `(*taps, channels, outputs)` as one over cells, with zeros behind its last taps."""
    *taps, depth, width = filter.shape
    counts = [-(-tap // step) for tap, step in zip(taps, steps, strict=True)]
    whole = [count * step for count, step in zip(counts, steps, strict=True)]
    wide = np.zeros((*whole, depth, width), filter.dtype)
    wide[tuple(map(slice, taps))] = filter
    return _apart(wide, steps, 0).reshape(*counts, math.prod(steps) * depth, width)


def cells_of(x: Array, windows: Sequence[Window]) -> Array:
    """An image `(batch, *spatial, channels)` as cells, for windows over its places; with zeros around it where cells are not full."""
    steps = [window.stride for window in windows]
    fronts = [window.before % window.stride for window in windows]
    counts = [window.size for window in cell_windows(windows)]
    sizes = [count * step for count, step in zip(counts, steps, strict=True)]
    if sizes != [*x.shape[1:-1]]:
        wide = np.zeros((len(x), *sizes, x.shape[-1]), x.dtype)
        pairs = zip(fronts, x.shape[1:-1], strict=True)
        inside = (slice(None), *(slice(front, front + size) for front, size in pairs))
        wide[inside] = x
        x = wide
    return _apart(x, steps, 1).reshape(len(x), *counts, math.prod(steps) * x.shape[-1])


def _apart(x: Array, steps: Sequence[int], first: int) -> Array:
    """Each axis from the first on split into cells and places inside them, those of all axes behind the cells."""
    split = [(size // step, step) for size, step in zip(x.shape[first:], steps, strict=False)]
    rest = x.shape[first + len(steps) :]
    view = x.reshape(*x.shape[:first], *itertools.chain(*split), *rest)
    last = first + 2 * len(steps)
    order = [*range(first), *range(first, last, 2), *range(first + 1, last, 2)]
    return view.transpose(*order, *range(last, view.ndim))
