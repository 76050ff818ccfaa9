"""Convolutions cut into blocks: the patches of each fit the cache, and each can be computed by another thread."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.ops import windows as sizes
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import Window, overlap
from minihub_runtime.threads import num_threads, scratch

__all__ = ["Block", "cut", "lay_out", "part_of", "runs", "strided", "surrounded"]


#: So few elements of a patch side by side, as three colours have them, are shorter than any row of outputs.
SHORT = 12


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


def runs(
    length: int, most: int, least: int = 1, threads: int | None = None
) -> Sequence[tuple[int, int]]:
    """`length` in equal runs of at most `most`, as many as threads can share evenly, but none below `least`.

    The threads are all that there are, if left out.
    """
    return _runs(length, most, least, threads or num_threads())


@functools.lru_cache(maxsize=1024)
def _runs(length: int, most: int, least: int, threads: int) -> Sequence[tuple[int, int]]:
    count = -(-length // max(1, most))
    even = -(-count // threads) * threads
    if even <= length // max(1, least):
        count = even
    bounds = [length * place // count for place in range(count + 1)] if count else []
    return tuple(itertools.pairwise(bounds))


def cut(
    batch: int, windows: Sequence[Window], patch: int, size: int | None = None
) -> Sequence[Block]:
    """All outputs in blocks.

    Args:
        batch: number of images.
        windows: one per spatial dimension.
        patch: bytes that one output needs.
        size: bytes of a block; `windows.BLOCK` if left out.
    """
    return _cut(batch, tuple(windows), patch, size or sizes.BLOCK, num_threads())


@functools.lru_cache(maxsize=1024)
def _cut(
    batch: int, windows: tuple[Window, ...], patch: int, size: int, threads: int
) -> tuple[Block, ...]:
    axes = (batch, *(window.outputs for window in windows))
    budget = max(1, size // patch)
    # A block is a run of indices along `axis`, with everything that lies inside them.
    axis = 0
    while axis < len(axes) - 1 and (
        math.prod(axes[axis + 1 :]) > budget or math.prod(axes[: axis + 1]) < threads
    ):
        axis += 1
    inner = math.prod(axes[axis + 1 :])
    least = -(-size // (8 * patch * inner))
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
    return tuple(found)


class _Surroundings(NamedTuple):
    """How the input lies in what windows see.

    Attributes:
        reach: the sizes of what they see.
        seen: the part of the input.
        inside: where it lies.
        zeros: the parts around it.
    """

    reach: tuple[int, ...]
    seen: tuple[slice, ...]
    inside: tuple[slice, ...]
    zeros: tuple[tuple[slice, ...], ...]


@functools.lru_cache(maxsize=4096)
def _surroundings(windows: tuple[Window, ...]) -> _Surroundings:
    whole = slice(None)
    reach = tuple(window.reach for window in windows)
    spans = [overlap(-w.before, 1, n, w.size) for w, n in zip(windows, reach, strict=True)]
    inside = (whole, *(there for there, _ in spans))
    zeros = []
    for axis, (there, _) in enumerate(spans, 1):
        for empty in (slice(0, there.start), slice(there.stop, reach[axis - 1])):
            if empty.start < empty.stop:
                zeros.append((*inside[:axis], empty))
    return _Surroundings(reach, (whole, *(here for _, here in spans)), inside, tuple(zeros))


def surrounded(x: Array, windows: Sequence[Window]) -> Array:
    """The part of `x` that windows see, with the zeros around it; a view where there are none."""
    place = _surroundings(tuple(windows))
    taken = x[place.seen]
    if not place.zeros:
        return taken
    padded = scratch("surrounded", (len(x), *place.reach, x.shape[-1]), x.dtype)
    for empty in place.zeros:
        padded[empty] = 0
    padded[place.inside] = taken
    return padded


def strided(x: Array, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> Array:
    """A view of `x` with other strides, which are in bytes as the offset is; nobody may write to it."""
    if x.flags.c_contiguous:
        # This costs a tenth of the function for it, and checks that the view stays inside.
        return np.ndarray(shape, x.dtype, x, offset, strides)
    assert not offset
    return np.lib.stride_tricks.as_strided(x, shape, strides, writeable=False)


class _Patches(NamedTuple):
    """The patches of a block as a view of what its windows see.

    Attributes:
        shape: of the view.
        strides: its strides, in bytes.
        matrix: shape of the patches, one after another: `(outputs, taps · channels)`, several of these for groups.
        turned: whether they are laid out place by place, each of all outputs.
    """

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    matrix: tuple[int, ...]
    turned: bool


@functools.lru_cache(maxsize=4096)
def _patches_of(
    size: tuple[int, ...], step: tuple[int, ...], windows: tuple[Window, ...], groups: int
) -> _Patches:
    """The patches of what windows see, which has this shape and these strides."""
    channels = size[-1]
    counts = [window.outputs for window in windows]
    taps = [window.taps for window in windows]
    outer = [size[0], *counts]
    inner = [*taps, groups, channels // groups]
    outer_steps = [step[0], *(s * w.stride for s, w in zip(step[1:-1], windows, strict=True))]
    inner_steps = [
        *(s * w.dilation for s, w in zip(step[1:-1], windows, strict=True)),
        step[-1] * (channels // groups),
        step[-1],
    ]
    count, patch = math.prod(outer), math.prod(taps) * channels
    if groups > 1:
        outer.insert(0, inner.pop(-2))
        outer_steps.insert(0, inner_steps.pop(-2))
        matrix: tuple[int, ...] = (groups, count, patch // groups)
    elif windows[-1].dilation == 1 and taps[-1] * channels <= SHORT:
        # NumPy copies along rows of outputs then, and BLAS multiplies a matrix that is turned as fast.
        return _Patches((*inner, *outer), (*inner_steps, *outer_steps), (patch, count), True)
    else:
        matrix = (count, patch)
    return _Patches((*outer, *inner), (*outer_steps, *inner_steps), matrix, False)


def lay_out(x: Array, block: Block, groups: int) -> Array:
    """The patches that a block sees, as a matrix `(outputs, taps · channels)`, in memory that the next call reuses.

    With several groups it is a stack `(groups, outputs, taps · channels of a group)`.
    """
    part = surrounded(x[block.images], block.windows)
    place = _patches_of(part.shape, part.strides, block.windows, groups)
    patches = scratch("patches", place.shape, x.dtype)
    np.copyto(patches, strided(part, place.shape, place.strides))
    matrix = patches.reshape(place.matrix)
    return matrix.T if place.turned else matrix
