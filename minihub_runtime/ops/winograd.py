"""Winograd's convolutions: several outputs at once, with a fraction of the multiplications.

The outputs are cut into tiles, of 4×4 for filters of 3×3 taps, each of which sees 6×6 inputs.  With small matrices that depend on
these sizes alone, a tile of outputs is

    Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A        g the filter, d the inputs, ⊙ element by element

so that there are 36 multiplications for 16 outputs instead of 144.  Summed over channels they are 36 products of matrices, tiles ×
channels by channels × outputs.  The transforms are products, too: `Bᵀ d B` of all tiles is the matrix `Bᵀ ⊗ Bᵀ`, 36 × 36, times the
inputs laid out with the places of a tile as rows.  An axis of one tap is left as it is.

Depth, in three dimensions, is summed up directly: the transformed inputs of neighbouring depths lie side by side, as if they
were channels.

Errors, relative to the largest output, are about ten times those of a direct sum: up to 8e-6 instead of 4e-7, and 2e-5 for seven
taps along one axis and three along the other.

Source: A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, arXiv:1509.09308; the matrices follow the
construction of Cook and Toom, of polynomials that are interpolated at points.
"""

from __future__ import annotations

import functools
import itertools
import math
import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from minihub_runtime.errors import InvalidSettingError, clip
from minihub_runtime.ops.blocks import Block, cut, strided, surrounded
from minihub_runtime.ops.panels import Panels, panels_of
from minihub_runtime.ops.products import multiply, multiply_here
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.windows import Window, allocate
from minihub_runtime.threads import num_threads, scratch, spread

__all__ = ["TransformedFilter", "allowed", "convolve_tiles", "pays"]

#: Taps along an axis → outputs of a tile.  Larger tiles multiply less, but with larger errors.
TILES = {1: 1, 2: 4, 3: 4, 4: 3, 5: 2, 7: 3}
#: Where the polynomials are interpolated, beside infinity.  These make smaller errors than 0, ±1, ±2, ±3, ±4.
POINTS = tuple(map(Fraction, ("0", "1", "-1", "1/2", "-2", "-1/2", "2", "1/4")))
#: How many times fewer multiplications there must be, transforms included; these are slower than long products.
LEAST_GAIN = 1.5
#: With fewer tiles, products are of few rows.
LEAST_TILES = 24
#: Bytes that a block of tiles takes, transformed; more, up to a limit, where those would be few, for each block reads all weights.
BLOCK = 1 << 22
LARGEST_BLOCK = 1 << 24
#: Bytes that lie so far apart share places in the first cache.
PAGE = 1 << 12
#: Multiplications of a product in a nanosecond, about.
SPEED = 24


class _Transforms(NamedTuple):
    """What tiles and filters are multiplied with, for both axes at once.

    Attributes:
        tile: outputs of a tile along both axes.
        seen: the inputs it sees.
        inputs: `(all seen, all seen)`.
        filters: `(all seen, all taps)`, in float64.
        outputs: `(all of a tile, all seen)`.
        everywhere: the product that is added to each output of its tile, as those at the points 1 are.
    """

    tile: tuple[int, int]
    seen: tuple[int, int]
    inputs: Array
    filters: Array
    outputs: Array
    everywhere: int


@functools.cache
def _transforms(rows: int, columns: int) -> _Transforms:
    """The transforms for a filter of so many taps."""
    (a, g, b), (c, h, d) = _matrices(rows), _matrices(columns)
    outputs = np.kron(a, c).astype(np.float32)
    return _Transforms(
        (TILES[rows], TILES[columns]),
        (len(b), len(d)),
        np.kron(b, d).astype(np.float32),
        np.kron(g, h),
        outputs,
        int(np.argmax((outputs == 1).all(axis=0))),
    )


@functools.cache
def _matrices(taps: int) -> tuple[Array, Array, Array]:
    """Aᵀ, G and Bᵀ of one axis, which are computed exactly and rounded once."""
    if taps == 1:
        return (np.ones((1, 1)),) * 3
    tile = TILES[taps]
    points = POINTS[: tile + taps - 2]
    inputs, filters, outputs = [], [], []
    for i, point in enumerate(points):
        others = [p for j, p in enumerate(points) if j != i]
        scale = functools.reduce(lambda product, p: product * (point - p), others, Fraction(1))
        inputs.append([*_polynomial(others), Fraction(0)])
        filters.append([point**k / scale for k in range(taps)])
        outputs.append([point**k for k in range(tile)])
    inputs.append(_polynomial(points))
    filters.append([Fraction(int(k == taps - 1)) for k in range(taps)])
    outputs.append([Fraction(int(k == tile - 1)) for k in range(tile)])
    b, g, a = (np.array(rows, np.float64) for rows in (inputs, filters, outputs))
    return a.T, g, b


def _polynomial(roots: Sequence[Fraction]) -> list[Fraction]:
    """The coefficients of the polynomial with these roots, the constant one first."""
    found = [Fraction(1)]
    for root in roots:
        found = [
            low - root * high for low, high in zip([Fraction(0), *found], [*found, Fraction(0)])
        ]
    return found


class TransformedFilter:
    """A filter that does not change, and what it is transformed to, once that is needed.

    Attributes:
        filter: `(*taps, channels, outputs)`.
    """

    def __init__(self, filter: Array) -> None:
        self.filter = filter
        self._transformed: Array | Panels | None = None

    @property
    def transforms(self) -> _Transforms:
        """What belongs to its taps."""
        rows, columns = self.filter.shape[-4:-2]
        return _transforms(rows, columns)

    @property
    def transformed(self) -> Array | Panels:
        """`(all seen, depth taps · channels, outputs)`, in panels if products gain by that."""
        found = self._transformed
        if found is None:
            rows, columns, channels, outputs = self.filter.shape[-4:]
            flat = self.filter.reshape(-1, rows * columns, channels * outputs)
            wide = np.matmul(self.transforms.filters, flat).astype(np.float32)
            stack = np.moveaxis(wide, 0, 1).reshape(wide.shape[1], -1, outputs)
            self._transformed = found = panels_of(stack) or np.ascontiguousarray(stack)
        return found


@functools.cache
def allowed() -> bool:
    """Whether the environment allows it: MINIHUB_WINOGRAD does not say no.

    Raises:
        InvalidSettingError: it says neither yes nor no.
    """
    text = os.environ.get("MINIHUB_WINOGRAD", "").strip()
    if text.lower() in ("0", "false", "no", "off"):
        return False
    if text.lower() in ("", "1", "true", "yes", "on"):
        return True
    raise InvalidSettingError(f"MINIHUB_WINOGRAD must be 0 or 1, not {clip(text)!r}")


def pays(
    batch: int,
    filter: tuple[int, ...],
    windows: Sequence[Window],
    channels: int,
    direct: int | None = None,
) -> bool:
    """Whether a convolution of float32 is one of these, and large enough.

    Args:
        batch: number of images.
        filter: shape of the filter.
        windows: one per spatial dimension.
        channels: those of the images.
        direct: multiplications of what it would take the place of, for each output; its own if left out.
    """
    *taps, depth, outputs = filter
    if depth != channels or not {*taps[-2:]} <= TILES.keys():
        return False
    if any(window.stride > 1 or window.dilation > 1 for window in windows):
        return False
    direct = math.prod(taps) * depth if direct is None else direct
    return _gains(batch, tuple(windows), channels, outputs, direct) and allowed()


@functools.lru_cache(maxsize=1024)
def _gains(
    batch: int, windows: tuple[Window, ...], channels: int, outputs: int, direct: int
) -> bool:
    *depths, rows, columns = windows
    if rows.taps == columns.taps == 1 or 0 in (batch, *(w.outputs for w in windows)):
        return False
    tile, seen = ([TILES[w.taps] for w in (rows, columns)], [_seen(w) for w in (rows, columns)])
    planes = batch * math.prod(window.outputs for window in depths)
    tiles = planes * math.prod(
        -(-w.outputs // length) for w, length in zip((rows, columns), tile, strict=True)
    )
    places = math.prod(seen)
    depth_taps = math.prod(window.taps for window in depths)
    products = tiles * places * depth_taps * channels * outputs
    transforms = tiles * places * (places * channels + math.prod(tile) * outputs)
    whole = planes * rows.outputs * columns.outputs * outputs * direct
    return tiles >= LEAST_TILES and whole >= LEAST_GAIN * (products + transforms)


def _seen(window: Window) -> int:
    """How many inputs a tile sees along an axis."""
    return TILES[window.taps] + window.taps - 1


class _Tiling(NamedTuple):
    """How a convolution of tiles goes for arrays of some shapes.

    Attributes:
        result: shape of the result, with a dimension for depths.
        depths: the window of depths; without such a dimension one tap sees all.
        blocks: the tiles in blocks.
        corners: the first row and column of each block.
        cost: how long one thread takes, in nanoseconds, about.
    """

    result: tuple[int, ...]
    depths: Window
    blocks: Sequence[Block]
    corners: Sequence[tuple[int, int]]
    cost: int


@functools.lru_cache(maxsize=4096)
def _tiling_of(
    shape: tuple[int, ...], windows: tuple[Window, ...], filter: tuple[int, ...], threads: int
) -> _Tiling:
    """How it goes; the threads are those that `cut` shares blocks between."""
    batch, channels, width = shape[0], shape[-1], filter[-1]
    *depth, rows, columns = windows
    depths = depth[0] if depth else Window(1, 1, 1, 1, 0, 1)
    transforms = _transforms(rows.taps, columns.taps)
    (high, wide), (step_down, step_along) = transforms.seen, transforms.tile
    tile_rows, tile_columns = (
        Window(w.size, length, step, 1, w.before, -(-w.outputs // step))
        for w, length, step in ((rows, high, step_down), (columns, wide, step_along))
    )
    places = high * wide
    bytes_each = places * (depths.reach * channels + depths.outputs * width) * 4
    blocks = cut(
        batch,
        (tile_rows, tile_columns),
        bytes_each,
        max(BLOCK, min(LARGEST_BLOCK, 64 * bytes_each)),
    )
    products = blocks[-1].stop * depths.outputs * depths.taps * channels * width * places
    return _Tiling(
        (batch, depths.outputs, rows.outputs, columns.outputs, width),
        depths,
        blocks,
        [
            (tile_rows.before - down.before, tile_columns.before - along.before)
            for down, along in (block.windows for block in blocks)
        ],
        products // SPEED,
    )


def convolve_tiles(
    x: Array,
    prepared: TransformedFilter,
    windows: Sequence[Window],
    out: Array | None = None,
    finish: Callable[[Array], None] | None = None,
    bias: Array | None = None,
) -> Array:
    """The convolution of `x` with a filter for which it `pays`.

    Args:
        x: `(batch, *spatial, channels)` with two or three spatial dimensions.
        prepared: the filter.
        windows: one per spatial dimension.
        out: where to put the result, if it fits.
        finish: what to do in place with each block `(n, outputs)` of the result while it is warm.
        bias: what is added to each output before, a number or one for each channel.
    """
    tiling = _tiling_of(x.shape, tuple(windows), prepared.filter.shape, num_threads())
    blocks = tiling.blocks
    plain = len(windows) == 2
    shape = tiling.result
    result = allocate((shape[0], *shape[2:]) if plain else shape, x.dtype, out)
    target = result.reshape(shape)
    if plain:
        x = x[:, np.newaxis]

    def compute(part: tuple[Block, tuple[int, int]]) -> None:
        block, (top, left) = part
        outputs = _outputs(x, prepared, tiling.depths, block, bias, len(blocks) > 1)
        if finish is not None:
            finish(outputs.reshape(-1, outputs.shape[-1]))
        _put_tiles(outputs, target[block.images, :, top:, left:])

    spread(compute, zip(blocks, tiling.corners, strict=True), tiling.cost, products=True)
    return result


def _outputs(
    x: Array,
    prepared: TransformedFilter,
    depths: Window,
    block: Block,
    bias: Array | None,
    alone: bool,
) -> Array:
    """The outputs of the tiles of a block, as `_put_tiles` takes them."""
    transforms, weights = prepared.transforms, prepared.transformed
    (high, wide), (step_down, step_along) = transforms.seen, transforms.tile
    part = surrounded(x[block.images], (depths, *block.windows))
    count, depth, _, _, channels = part.shape
    across = [window.outputs for window in block.windows]
    image, plane, row, column, along = part.strides
    tiles = count * math.prod(across)
    seen = strided(
        part,
        (high, wide, count, *across, depth, channels),
        (row, column, image, row * step_down, column * step_along, plane, along),
    )
    inputs = _rows_apart("tiles", high * wide, tiles * depth * channels)
    np.copyto(inputs.reshape(seen.shape), seen)
    transformed = _rows_apart("transformed", *inputs.shape)
    transform = multiply_here if alone else multiply
    transform(transforms.inputs, inputs, transformed)
    planes = transformed.reshape(high * wide, tiles, depth * channels)
    width = weights.shape[-1]
    sums = _rows_apart("products", high * wide, tiles * depths.outputs * width)
    products = sums.reshape(high * wide, tiles, depths.outputs, width)
    _multiply_depths(planes, weights, products, channels, alone)
    if bias is not None:
        # One of all places, instead of each output of the tiles.
        products[transforms.everywhere] += bias
    outputs = scratch("outputs", (step_down * step_along, tiles * depths.outputs * width), x.dtype)
    transform(transforms.outputs, sums, outputs)
    return outputs.reshape(step_down, step_along, count, *across, depths.outputs, width)


def _multiply_depths(
    planes: Array, weights: Array | Panels, products: Array, channels: int, alone: bool
) -> None:
    """Put the products of each depth, and those that follow it as far as its output sees, into `products`.

    Args:
        planes: `(all seen, tiles, depths that are seen · channels)`.
        weights: `(all seen, depth taps · channels, outputs)`.
        products: `(all seen, tiles, depths, outputs)`.
        channels: those of a depth.
        alone: whether other threads have work already.
    """
    count, reach = products.shape[2], weights.shape[1]
    if count == 1 or not isinstance(weights, Panels):
        for depth in range(count):
            seen = planes[:, :, depth * channels : depth * channels + reach]
            multiply(seen, weights, products[:, :, depth], alone)
        return
    # What depths see overlaps; all of them in few calls, between which threads wait for each other.
    places, tiles, _ = planes.shape
    place, tile, each = planes.strides
    windows = np.lib.stride_tricks.as_strided(
        planes,
        (places, count, tiles, reach),
        (place, channels * each, tile, each),
        writeable=False,
    )
    multiply(windows, weights, products.swapaxes(1, 2), alone)


def _rows_apart(purpose: str, rows: int, length: int) -> Array:
    """Scratch memory for a matrix whose rows do not all share the same few places of the cache."""
    apart = length if length * 4 % PAGE else length + 16
    return scratch(purpose, (rows, apart), np.float32)[:, :length]


def _put_tiles(outputs: Array, target: Array) -> None:
    """Put tiles in their places; what reaches over the end is left out.

    Args:
        outputs: `(rows of a tile, columns of a tile, images, tile rows, tile columns, depths, channels)`.
        target: `(images, depths, rows, columns, channels)` from the first of these tiles on.
    """
    count, depths, height, width, channels = target.shape
    high, wide, _, down, across = outputs.shape[:5]
    tile_rows, tile_columns = _spans(height, high, down), _spans(width, wide, across)
    for (rows, in_rows, rows_of_tile), (columns, in_columns, columns_of_tile) in itertools.product(
        tile_rows, tile_columns
    ):
        taken = outputs[:rows_of_tile, :columns_of_tile, :, in_rows, in_columns]
        # Rows and columns of the target split into tiles and places inside these.
        place = target[:, :, rows, columns].reshape(
            count, depths, taken.shape[3], rows_of_tile, taken.shape[4], columns_of_tile, channels
        )
        place[...] = taken.transpose(2, 5, 3, 0, 4, 1, 6)


@functools.lru_cache(maxsize=4096)
def _spans(size: int, step: int, tiles: int) -> tuple[tuple[slice, slice, int], ...]:
    """The outputs of one axis by how much of their tiles they take: all, or the beginning of the last one.

    Args:
        size: how many outputs there are.
        step: those of a tile.
        tiles: how many tiles.

    Returns:
        The outputs, the tiles, and how much of each.
    """
    full = min(tiles, size // step)
    stop = full * step
    found = [(slice(0, stop), slice(0, full), step)] if full else []
    if full < tiles and stop < size:
        found.append((slice(stop, size), slice(full, full + 1), size - stop))
    return tuple(found)
