"""Winograd's convolution with filters of 3×3 taps: a quarter of the multiplications.

The outputs are cut into tiles of 4×4, each of which sees 6×6 inputs.  With three small matrices that depend on the sizes alone, a
tile of outputs is

    Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A        g the filter, d the inputs, ⊙ element by element

so that there are 36 multiplications for 16 outputs instead of 144.  Summed over channels they are 36 products of matrices, tiles ×
channels by channels × outputs.  The transforms are products, too: `Bᵀ d B` of all tiles is the matrix `Bᵀ ⊗ Bᵀ`, 36 × 36, times the
inputs laid out with the places of a tile as rows.

Depth, in three dimensions, is summed up directly: the transformed inputs of neighbouring depths lie side by side, as if they
were channels.

Errors, relative to the largest output, are about ten times those of a direct sum: 4e-6 instead of 4e-7.

Source: A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308; the matrices follow the
construction of Cook and Toom, of polynomials that are interpolated at points.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from minihub_runtime.ops.blocks import Block, cut, strided, surrounded
from minihub_runtime.ops.products import multiply
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import Window, allocate
from minihub_runtime.threads import scratch, spread

__all__ = ["PreparedFilter", "allowed", "convolve_tiles", "pays"]

#: Length of a side of the outputs of a tile, of the filter, and of the inputs that a tile sees.
TILE = 4
TAPS = 3
SEEN = TILE + TAPS - 1
#: Where the polynomials are interpolated, beside infinity.  These make smaller errors than 0, ±1, ±2.
POINTS = tuple(map(Fraction, ("0", "1", "-1", "1/2", "-2")))
#: Fewer channels, outputs or tiles are not worth the transforms.
LEAST_CHANNELS = 24
LEAST_TILES = 24
#: Bytes that a block of tiles takes, transformed; more, up to a limit, where those would be few, for each block reads all weights.
BLOCK = 1 << 22
LARGEST_BLOCK = 1 << 24
#: Multiplications of a product in a nanosecond, about.
SPEED = 24


class _Transforms(NamedTuple):
    """What tiles and filters are multiplied with, for both axes at once.

    Attributes:
        inputs: `(SEEN², SEEN²)`.
        filters: `(SEEN², TAPS²)`.
        outputs: `(TILE², SEEN²)`.
    """

    inputs: Array
    filters: Array
    outputs: Array


@functools.cache
def _transforms() -> _Transforms:
    """The transforms, which are computed exactly and rounded once."""
    inputs, filters, outputs = [], [], []
    for i, point in enumerate(POINTS):
        others = [p for j, p in enumerate(POINTS) if j != i]
        scale = functools.reduce(lambda product, p: product * (point - p), others, Fraction(1))
        inputs.append([*_polynomial(others), Fraction(0)])
        filters.append([point**k / scale for k in range(TAPS)])
        outputs.append([point**k for k in range(TILE)])
    inputs.append(_polynomial(POINTS))
    filters.append([Fraction(int(k == TAPS - 1)) for k in range(TAPS)])
    outputs.append([Fraction(int(k == TILE - 1)) for k in range(TILE)])
    b, g, a = (np.array(rows, np.float64) for rows in (inputs, filters, outputs))
    return _Transforms(
        np.kron(b, b).astype(np.float32), np.kron(g, g), np.kron(a.T, a.T).astype(np.float32)
    )


def _polynomial(roots: Sequence[Fraction]) -> list[Fraction]:
    """The coefficients of the polynomial with these roots, the constant one first."""
    found = [Fraction(1)]
    for root in roots:
        found = [
            low - root * high for low, high in zip([Fraction(0), *found], [*found, Fraction(0)])
        ]
    return found


class PreparedFilter:
    """A filter that does not change, and what it is transformed to, once that is needed.

    Attributes:
        filter: `(*taps, channels, outputs)`.
    """

    def __init__(self, filter: Array) -> None:
        self.filter = filter
        self._transformed: Array | None = None

    @property
    def transformed(self) -> Array:
        """`(SEEN², depth taps · channels, outputs)`."""
        found = self._transformed
        if found is None:
            channels, outputs = self.filter.shape[-2:]
            flat = self.filter.reshape(-1, TAPS * TAPS, channels * outputs)
            wide = np.matmul(_transforms().filters, flat).astype(np.float32)
            found = np.moveaxis(wide, 0, 1).reshape(SEEN * SEEN, -1, outputs)
            self._transformed = found = np.ascontiguousarray(found)
        return found


@functools.cache
def allowed() -> bool:
    """Whether the environment allows it: MINIHUB_WINOGRAD is not 0."""
    return os.environ.get("MINIHUB_WINOGRAD", "").strip() != "0"


def pays(batch: int, filter: Array, windows: Sequence[Window], channels: int) -> bool:
    """Whether a convolution is one of these, and large enough."""
    *taps, depth, outputs = filter.shape
    if depth != channels or taps[-2:] != [TAPS, TAPS] or filter.dtype != np.float32:
        return False
    if any(window.stride > 1 or window.dilation > 1 for window in windows):
        return False
    rows, columns = (-(-window.outputs // TILE) for window in windows[-2:])
    depths = math.prod(window.outputs for window in windows[:-2])
    return (
        min(depth, outputs) >= LEAST_CHANNELS
        and batch * depths * rows * columns >= LEAST_TILES
        # Small images waste much of their tiles.
        and 2 * windows[-1].outputs * windows[-2].outputs >= rows * columns * TILE * TILE
        and allowed()
    )


def convolve_tiles(
    x: Array,
    prepared: PreparedFilter,
    windows: Sequence[Window],
    out: Array | None = None,
    finish: Callable[[Array], None] | None = None,
) -> Array:
    """The convolution of `x` with a filter for which it `pays`.

    Args:
        x: `(batch, *spatial, channels)` with two or three spatial dimensions.
        prepared: the filter.
        windows: one per spatial dimension.
        out: where to put the result, if it fits.
        finish: what to do in place with each block `(n, outputs)` of the result while it is warm.
    """
    width = prepared.filter.shape[-1]
    result = allocate((len(x), *(window.outputs for window in windows), width), x.dtype, out)
    if len(windows) == 2:
        # One depth, of which one tap sees all.
        windows = (Window(1, 1, 1, 1, 0, 1), *windows)
        x, target = x[:, np.newaxis], result[:, np.newaxis]
    else:
        target = result
    depths, *others = windows
    tiles = tuple(Window(w.size, SEEN, TILE, 1, w.before, -(-w.outputs // TILE)) for w in others)
    bytes_each = SEEN * SEEN * (depths.reach * x.shape[-1] + depths.outputs * width) * x.itemsize
    blocks = cut(len(x), tiles, bytes_each, max(BLOCK, min(LARGEST_BLOCK, 64 * bytes_each)))
    cost = blocks[-1].stop * depths.outputs * prepared.filter.size * (SEEN * SEEN) // (TAPS * TAPS)

    def compute(block: Block) -> None:
        outputs = _outputs(x, prepared, depths, block, finish)
        low, left = (
            (whole.before - part.before) // TILE
            for whole, part in zip(tiles, block.windows, strict=True)
        )
        _put_tiles(outputs, target[block.images, :, low * TILE :, left * TILE :])

    spread(compute, blocks, cost // SPEED, products=True)
    return result


def _outputs(
    x: Array,
    prepared: PreparedFilter,
    depths: Window,
    block: Block,
    finish: Callable[[Array], None] | None,
) -> Array:
    """The outputs of the tiles of a block: `(TILE, TILE, images, tile rows, tile columns, depths, outputs)`."""
    transforms, weights = _transforms(), prepared.transformed
    part = surrounded(x[block.images], (depths, *block.windows))
    count, depth, _, _, channels = part.shape
    across = [window.outputs for window in block.windows]
    image, plane, row, column, along = part.strides
    tiles = count * math.prod(across)
    seen = strided(
        part,
        (SEEN, SEEN, count, *across, depth, channels),
        (row, column, image, row * TILE, column * TILE, plane, along),
    )
    inputs = scratch("tiles", (SEEN * SEEN, tiles * depth * channels), x.dtype)
    np.copyto(inputs.reshape(seen.shape), seen)
    transformed = scratch("transformed", inputs.shape, x.dtype)
    multiply(transforms.inputs, inputs, transformed)
    planes = transformed.reshape(SEEN * SEEN, tiles, depth * channels)
    reach, width = weights.shape[1:]
    products = scratch("products", (SEEN * SEEN, tiles, depths.outputs, width), x.dtype)
    for place in range(depths.outputs):
        start = place * channels
        multiply(planes[:, :, start : start + reach], weights, products[:, :, place])
    outputs = scratch("outputs", (TILE * TILE, tiles * depths.outputs * width), x.dtype)
    multiply(transforms.outputs, products.reshape(SEEN * SEEN, -1), outputs)
    if finish is not None:
        finish(outputs.reshape(-1, width))
    return outputs.reshape(TILE, TILE, count, *across, depths.outputs, width)


def _put_tiles(outputs: Array, target: Array) -> None:
    """Put tiles in their places; what reaches over the end is left out.

    Args:
        outputs: `(TILE, TILE, images, tile rows, tile columns, depths, channels)`.
        target: `(images, depths, rows, columns, channels)` from the first of these tiles on.
    """
    count, depths, _, width, channels = target.shape
    down, across = outputs.shape[3:5]
    full = min(across, width // TILE)
    for i in range(TILE):
        rows = target[:, :, i : down * TILE : TILE]
        number = rows.shape[2]
        if number == 0:
            break
        whole = rows[:, :, :, : full * TILE]
        whole = whole.reshape(count, depths, number, full, TILE, channels)
        whole[...] = outputs[i, :, :, :number, :full].transpose(1, 4, 2, 3, 0, 5)
        if full < across:
            for j in range(width - full * TILE):
                place = outputs[i, j, :, :number, full]
                rows[:, :, :, full * TILE + j] = place.transpose(0, 2, 1, 3)
