"""Convolutions cut into blocks: the patches of each fit the cache, and each can be computed by another thread."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.ops import windows as sizes
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import Window, overlap
from minihub_runtime.threads import num_threads, scratch

__all__ = ["Block", "cut", "lay_out", "part_of", "runs", "surrounded"]


class Block(NamedTuple):
    """Some outputs of a convolution.

    Attributes:
        start: the first one, counted over batch and space.
        stop: the one after the last.
        images: the part of the batch.
        windows: the outputs of each spatial dimension.
    """

    start: int
    stop: int
    images: slice
    windows: tuple[Window, ...]


def part_of(window: Window, low: int, high: int) -> Window:
    """The window that has the outputs from `low` to `high` alone."""
    return window._replace(before=window.before - low * window.stride, outputs=high - low)


def runs(length: int, most: int, least: int = 1) -> list[tuple[int, int]]:
    """`length` in equal runs of at most `most`, as many as threads can share evenly, but none below `least`."""
    count = -(-length // max(1, most))
    threads = num_threads()
    even = -(-count // threads) * threads
    if even <= length // max(1, least):
        count = even
    bounds = [length * place // count for place in range(count + 1)] if count else []
    return list(itertools.pairwise(bounds))


def cut(batch: int, windows: Sequence[Window], patch: int) -> list[Block]:
    """All outputs in blocks.

    Args:
        batch: number of images.
        windows: one per spatial dimension.
        patch: bytes that one output needs.
    """
    axes = (batch, *(window.outputs for window in windows))
    budget = max(1, sizes.BLOCK // patch)
    # A block is a run of indices along `axis`, with everything that lies inside them.
    axis = 0
    while axis < len(axes) - 1 and (
        math.prod(axes[axis + 1 :]) > budget or math.prod(axes[: axis + 1]) < num_threads()
    ):
        axis += 1
    inner = math.prod(axes[axis + 1 :])
    least = -(-sizes.BLOCK // (8 * patch * inner))
    found = []
    start = 0
    pieces = runs(axes[axis], budget // inner, least)
    for outer in itertools.product(*(range(n) for n in axes[:axis])):
        for low, high in pieces:
            places = [(i, i + 1) for i in outer] + [(low, high)]
            images, *spatial = places + [(0, n) for n in axes[axis + 1 :]]
            parts = (part_of(w, *place) for w, place in zip(windows, spatial, strict=True))
            stop = start + (high - low) * inner
            found.append(Block(start, stop, slice(*images), tuple(parts)))
            start = stop
    return found


def surrounded(x: Array, windows: Sequence[Window]) -> Array:
    """The part of `x` that windows see, with the zeros around it; a view where there are none."""
    reach = [window.reach for window in windows]
    spans = [overlap(-w.before, 1, n, w.size) for w, n in zip(windows, reach, strict=True)]
    seen = (slice(None), *(here for _, here in spans))
    taken = x[seen]
    if taken.shape[1:-1] == tuple(reach):
        return taken
    padded = scratch("surrounded", (len(x), *reach, x.shape[-1]), x.dtype)
    inside = padded
    for axis, (there, _) in enumerate(spans, 1):
        moved = np.moveaxis(inside, axis, 0)
        moved[: there.start] = 0
        moved[there.stop :] = 0
        inside = np.moveaxis(moved[there], 0, axis)
    inside[...] = taken
    return padded


def lay_out(x: Array, block: Block, groups: int) -> Array:
    """The patches that a block sees, as a matrix `(outputs, taps · channels)`, in memory that the next call reuses.

    With several groups it is a stack `(groups, outputs, taps · channels of a group)`.
    """
    windows = block.windows
    part = surrounded(x[block.images], windows)
    step, channels = part.strides, part.shape[-1]
    counts = [window.outputs for window in windows]
    taps = [window.taps for window in windows]
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
    if groups > 1:
        view = np.moveaxis(view, -2, 0)
    count = block.stop - block.start
    patches = scratch("patches", view.shape, x.dtype)
    np.copyto(patches, view)
    patch = math.prod(taps) * channels
    if groups > 1:
        return patches.reshape(groups, count, patch // groups)
    return patches.reshape(count, patch)
