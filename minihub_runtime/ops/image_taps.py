"""Separable sampling of images: what each output row takes from which input rows, and the same for columns.

`Taps` holds that for one axis; `gather` applies it and `scatter` is its transpose.  Pixels are picked, not multiplied
with a dense matrix, so that a NaN or an infinity touches only the pixels that see it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.dtypes import to_float
from minihub_runtime.ops.registry import Array

__all__ = [
    "Taps",
    "add_segments",
    "gather",
    "image_blocks",
    "image_float32",
    "scatter",
    "take_places",
]

# Pixels of the output that are worked on at a time: what fits a processor's cache.
_BLOCK = 1 << 16


class Taps(NamedTuple):
    """What each place of an output axis takes from an input axis.

    Attributes:
        places: [taps, outputs] places in the input.
        weight: [taps, outputs] float32 factors.
        used: [taps, outputs] which of them count, or None for all.
    """

    places: Array
    weight: Array
    used: Array | None = None


def image_float32(images: Array) -> Array:
    """Images of any type as contiguous float32."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(to_float(images), dtype=np.float32)


def image_blocks(batch: int, pixels: int) -> list[slice]:
    """Slices of the batch of which each makes a cache-sized piece of output."""
    step = max(1, _BLOCK // max(1, pixels))
    return [slice(start, min(start + step, batch)) for start in range(0, batch, step)]


def _spread(index: Array, inner: int) -> Array:
    """Places of pixels as places of their channels."""
    return (index[:, None] * inner + np.arange(inner)).reshape(-1)


def take_places(x: Array, index: Array) -> Array:
    """`x[:, index]` of an array [outer, places, inner]."""
    outer, count, inner = x.shape
    if inner * x.itemsize > 64:
        return x.take(index, axis=1)
    # NumPy copies single elements faster than it copies short runs.
    flat = x.reshape(outer, count * inner).take(_spread(index, inner), axis=1)
    return flat.reshape(outer, len(index), inner)


def gather(x: Array, taps: Taps) -> Array:
    """The weighted sums of an array [outer, places, inner] along its middle axis, tap by tap."""
    weight = taps.weight[:, None, :, None]
    total = take_places(x, taps.places[0])
    total *= weight[0]
    for tap in range(1, len(taps.places)):
        if taps.used is None or taps.used[tap].all():
            piece = take_places(x, taps.places[tap])
            piece *= weight[tap]
            total += piece
        elif taps.used[tap].any():
            chosen = np.flatnonzero(taps.used[tap])
            total[:, chosen] += take_places(x, taps.places[tap][chosen]) * weight[tap][:, chosen]
    return total


def add_segments(x: Array, index: Array, places: int, total: Array) -> None:
    """Add `x` [outer, inputs, inner] to `total` [outer, places, inner] at the ascending places `index`."""
    if len(index) == 0:
        return
    found, starts, counts = np.unique(index, return_index=True, return_counts=True)
    longest = int(counts.max())
    if longest > 8:
        sums = np.add.reduceat(x, starts, axis=1, dtype=total.dtype)
    else:
        # Few passes over many places are faster than many short sums.
        sums = take_places(x, starts).astype(total.dtype, copy=False)
        for rank in range(1, longest):
            chosen = np.flatnonzero(counts > rank)
            piece = take_places(x, starts[chosen] + rank)
            if len(chosen) == len(found):
                sums += piece
            else:
                sums[:, chosen] += piece
    first, last = int(found[0]), int(found[-1])
    if last - first + 1 == len(found):
        total[:, first : last + 1] += sums
    else:
        total[:, found] += sums


def scatter(
    x: Array, rows: Taps, columns: Taps, height: int, width: int, dtype: np.dtype[Any]
) -> Array:
    """The transpose of gathering rows and columns: [batch, out_height, out_width, channels] back to the input's size.

    Products have the type of `x`, at least float32, and sums the type `dtype`.
    """
    batch, _, out_width, channels = x.shape
    result = np.zeros((batch, height, width * channels), dtype)
    for row in range(len(rows.places)):
        used = slice(None) if rows.used is None else np.flatnonzero(rows.used[row])
        scaled = x[:, used] * rows.weight[row][used][:, None, None]
        picked = scaled.shape[1]
        wide = np.zeros((batch * picked, width, channels), dtype)
        scaled = scaled.reshape(batch * picked, out_width, channels)
        for column in range(len(columns.places)):
            seen = slice(None) if columns.used is None else np.flatnonzero(columns.used[column])
            piece = scaled[:, seen] * columns.weight[column][seen][:, None]
            add_segments(piece, columns.places[column][seen], width, wide)
        wide = wide.reshape(batch, picked, width * channels)
        add_segments(wide, rows.places[row][used], height, result)
    return result.reshape(batch, height, width, channels)
