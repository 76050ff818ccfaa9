"""Resizing images: bilinear, nearest neighbour, bicubic, area."""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import (
    as_dtype,
    bits,
    from_bits,
)
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Gradient, Ops, Term, sizes_of
from minihub_runtime.ops.image_shapes import (
    require_output,
    sized_image,
    two_sizes,
)
from minihub_runtime.ops.image_taps import (
    Taps,
    gather,
    image_blocks,
    image_float32,
    take_places,
)
from minihub_runtime.ops.registry import ROUNDING, Array, op, types

__all__ = [
    "check_centers",
    "check_images",
    "cubic_taps",
    "linear_places",
    "nearest_places",
    "resize_scale",
]

IMAGES = types("int8 uint8 int16 uint16 int32 int64 float16 float32 float64 bfloat16")


def resize_scale(in_size: int, out_size: int, align_corners: bool) -> np.float32:
    """Input pixels per output pixel."""
    if align_corners and in_size > 1 and out_size > 1:
        return np.float32(in_size - 1) / np.float32(out_size - 1)
    return np.float32(in_size) / np.float32(out_size)


def _positions(count: int, scale: np.float32, half_pixel_centers: bool) -> Array:
    """Where the centre of each output pixel lies in the input."""
    places = np.arange(count, dtype=np.float32)
    if half_pixel_centers:
        return (places + np.float32(0.5)) * scale - np.float32(0.5)
    return places * scale


def check_images(images: Array, size: Array, itemsize: int) -> tuple[int, ...]:
    """The output's shape for the images and size of a resize op."""
    require_rank(images, 4, "images")
    batch, in_height, in_width, channels = images.shape
    require(channels > 0, "images must have at least one channel, not 0")
    if in_height == 0 or in_width == 0:
        require(False, f"images must not be empty, not of shape {list(images.shape)}")
    height, width = two_sizes(size)
    return require_output((batch, height, width, channels), itemsize)


def check_centers(align_corners: bool, half_pixel_centers: bool) -> None:
    """Raise InvalidArgumentError if both attributes are set."""
    require(
        not (align_corners and half_pixel_centers),
        "align_corners must be False where half_pixel_centers is True",
    )


def linear_places(
    in_size: int, out_size: int, align: bool, half: bool
) -> tuple[Array, Array, Array]:
    """Lower place, upper place and the share of the upper one for every output place."""
    where = _positions(out_size, resize_scale(in_size, out_size, align), half)
    below = np.floor(where)
    lower = np.clip(below.astype(np.int64), 0, in_size - 1)
    upper = np.clip(np.ceil(where).astype(np.int64), 0, in_size - 1)
    return lower, upper, where - below


def _lerp(low: Array, high: Array, share: Array) -> Array:
    """`low + (high - low) * share` in the memory of its arguments."""
    high -= low
    high *= share
    low += high
    return low


@op(
    "ResizeBilinear(images: T, size: int32) -> resized_images: float32",
    T=IMAGES,
    source="core/kernels/image/resize_bilinear_op.cc",
    precision=ROUNDING,
    shape=sized_image,
)
def resize_bilinear(
    images: Array, size: Array, *, align_corners: bool = False, half_pixel_centers: bool = False
) -> Array:
    """Mix the four pixels around each place, first along rows, then along columns.

    Shapes: `[batch, height, width, channels]`, `[2]` -> `[batch, *size, channels]`.
    Raises: InvalidArgumentError for empty images, a size that is not positive, or both attributes at once.
    """
    check_centers(align_corners, half_pixel_centers)
    batch, height, width, channels = shape = check_images(images, size, 4)
    _, in_height, in_width, _ = images.shape
    if (height, width) == (in_height, in_width):
        return np.array(image_float32(images))
    top, bottom, down = linear_places(in_height, height, align_corners, half_pixel_centers)
    left, right, across = linear_places(in_width, width, align_corners, half_pixel_centers)
    rows = np.arange(in_height)
    if 2 * height < in_height:
        rows = np.unique(np.concatenate([top, bottom]))
        top, bottom = np.searchsorted(rows, top), np.searchsorted(rows, bottom)
    result = np.empty(shape, np.float32)
    down = down[:, None]
    across = across[:, None]
    with np.errstate(invalid="ignore", over="ignore"):
        for block in image_blocks(batch, height * width * channels):
            x = images[block] if len(rows) == in_height else images[block].take(rows, axis=1)
            x = image_float32(x).reshape(-1, in_width, channels)
            x = _lerp(take_places(x, left), take_places(x, right), across)
            x = x.reshape(-1, len(rows), width * channels)
            mixed = _lerp(x.take(top, axis=1), x.take(bottom, axis=1), down)
            result[block] = mixed.reshape(-1, height, width, channels)
    return result


def nearest_places(
    in_size: int, out_size: int, align_corners: bool, half_pixel_centers: bool, scale: np.float32
) -> Array:
    """The input place of every output place."""
    places = np.arange(out_size, dtype=np.float32)
    where = (places + np.float32(0.5) if half_pixel_centers else places) * scale
    # In float64 the sum is exact, so that halves and only halves go up.
    index = np.floor(where.astype(np.float64) + 0.5) if align_corners else np.floor(where)
    return np.clip(index.astype(np.int64), 0, in_size - 1)


@op(
    "ResizeNearestNeighbor(images: T, size: int32) -> resized_images: T",
    T=IMAGES,
    source="core/kernels/image/resize_nearest_neighbor_op.cc",
    shape=sized_image,
)
def resize_nearest_neighbor(
    images: Array, size: Array, *, align_corners: bool = False, half_pixel_centers: bool = False
) -> Array:
    """Repeat or drop pixels.

    Shapes: `[batch, height, width, channels]`, `[2]` -> `[batch, *size, channels]`.
    Raises: InvalidArgumentError for empty images, a size that is not positive, or both attributes at once.
    """
    check_centers(align_corners, half_pixel_centers)
    _, height, width, _ = check_images(images, size, images.itemsize)
    plain = bits(images)
    batch, in_height, in_width, channels = images.shape
    limit = 1 << 24
    if in_height >= limit or in_width >= limit:
        require(False, f"images must be smaller than 2^24 each way, not {list(images.shape)}")
    rows, columns = (
        nearest_places(n, m, align_corners, half_pixel_centers, resize_scale(n, m, align_corners))
        for n, m in ((in_height, height), (in_width, width))
    )
    wide = take_places(
        np.ascontiguousarray(plain).reshape(batch * in_height, in_width, channels), columns
    )
    result = wide.reshape(batch, in_height, width * channels).take(rows, axis=1)
    result = result.reshape(batch, height, width, channels)
    return result if images.dtype.names is None else from_bits(result, as_dtype(images.dtype))


def _cubic_table(a: float) -> Array:
    """Keys' cubic kernel at 1025 distances in [0, 1] and in [1, 2]."""
    near = (np.arange(1025) / 1024).astype(np.float32).astype(np.float64)
    far = (near.astype(np.float32) + np.float32(1)).astype(np.float64)
    table = np.stack(
        [
            ((a + 2) * near - (a + 3)) * near * near + 1,
            ((a * far - 5 * a) * far + 8 * a) * far - 4 * a,
        ]
    )
    return table.astype(np.float32)


_KEYS, _LEGACY = _cubic_table(-0.5), _cubic_table(-0.75)


def cubic_taps(in_size: int, out_size: int, scale: np.float32, half_pixel_centers: bool) -> Taps:
    """Four input places and their weights for every output place."""
    where = _positions(out_size, scale, half_pixel_centers)
    below = np.floor(where)
    place = below.astype(np.int64)
    offset = np.rint((where - below) * np.float32(1024)).astype(np.int64)
    table = _KEYS if half_pixel_centers else _LEGACY
    wanted = place + np.arange(-1, 3)[:, None]
    index = np.clip(wanted, 0, in_size - 1)
    weight = np.stack(
        [table[1, offset], table[0, offset], table[0, 1024 - offset], table[1, 1024 - offset]]
    )
    if half_pixel_centers:
        # Pixels outside the image weigh nothing, and the rest makes up for them.
        weight[index != wanted] = 0
        total = weight[0] + weight[1] + weight[2] + weight[3]
        usable = np.abs(total) >= 1000 * np.finfo(np.float32).tiny
        weight *= np.where(usable, np.float32(1) / np.where(usable, total, 1), np.float32(1))
    return Taps(index, weight.astype(np.float32))


@op(
    "ResizeBicubic(images: T, size: int32) -> resized_images: float32",
    T=IMAGES,
    source="core/kernels/image/resize_bicubic_op.cc",
    precision=ROUNDING,
    shape=sized_image,
)
def resize_bicubic(
    images: Array, size: Array, *, align_corners: bool = False, half_pixel_centers: bool = False
) -> Array:
    """Keys' cubic convolution over 4 x 4 pixels, with a = -0.5 for half pixel centers, else -0.75.

    Shapes: `[batch, height, width, channels]`, `[2]` -> `[batch, *size, channels]`.
    Raises: InvalidArgumentError for empty images, a size that is not positive, or both attributes at once.
    """
    check_centers(align_corners, half_pixel_centers)
    batch, height, width, channels = shape = check_images(images, size, 4)
    _, in_height, in_width, _ = images.shape
    rows, columns = (
        cubic_taps(n, m, resize_scale(n, m, align_corners), half_pixel_centers)
        for n, m in ((in_height, height), (in_width, width))
    )
    result = np.empty(shape, np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        for block in image_blocks(batch, height * width * channels):
            x = image_float32(images[block]).reshape(-1, in_height, in_width * channels)
            tall = gather(x, rows).reshape(-1, in_width, channels)
            result[block] = gather(tall, columns).reshape(-1, height, width, channels)
    return result


def _area(in_size: int, out_size: int, scale: np.float32) -> Taps:
    """The share of each input place that each output place covers."""
    places = np.arange(out_size + 1, dtype=np.float32) * scale
    begin, end = places[:-1], places[1:]
    first = np.floor(begin).astype(np.int64)
    count = np.maximum(np.ceil(end).astype(np.int64) - first, 1)
    wanted = first + np.arange(int(count.max()))[:, None]
    here = wanted.astype(np.float32)
    after = (wanted + 1).astype(np.float32)
    partial = np.where(after > end, scale, after - begin)
    weight = np.where(here < begin, partial, np.where(after > end, end - here, np.float32(1)))
    used = np.arange(len(wanted))[:, None] < count
    return Taps(np.clip(wanted, 0, in_size - 1), weight.astype(np.float32), used)


@op(
    "ResizeArea(images: T, size: int32) -> resized_images: float32",
    T=IMAGES,
    source="core/kernels/image/resize_area_op.cc",
    precision=ROUNDING,
    shape=sized_image,
)
def resize_area(images: Array, size: Array, *, align_corners: bool = False) -> Array:
    """The mean of the pixels that each output pixel covers.

    Shapes: `[batch, height, width, channels]`, `[2]` -> `[batch, *size, channels]`.
    Raises: InvalidArgumentError for empty images or a size that is not positive.
    """
    batch, height, width, channels = shape = check_images(images, size, 4)
    _, in_height, in_width, _ = images.shape
    down = resize_scale(in_height, height, align_corners)
    across = resize_scale(in_width, width, align_corners)
    rows, columns = _area(in_height, height, down), _area(in_width, width, across)
    scale = np.float32(1.0 / float(down * across))
    result = np.empty(shape, np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        for block in image_blocks(batch, in_height * in_width * channels):
            x = image_float32(images[block]).reshape(-1, in_width, channels)
            wide = gather(x, columns).reshape(-1, in_height, width * channels)
            result[block] = gather(wide, rows).reshape(-1, height, width, channels)
        result *= scale
    return result


@resize_bilinear.gradient
def resize_bilinear_gradient(ops: Ops, grad: Term, images: Term, attrs: Attrs) -> tuple[Term, None]:
    return ops.ResizeBilinearGrad(grad, images, **attrs), None


@resize_nearest_neighbor.gradient
def resize_nearest_neighbor_gradient(
    ops: Ops, grad: Term, images: Term, attrs: Attrs
) -> tuple[Term, None]:
    return ops.ResizeNearestNeighborGrad(grad, sizes_of(ops, images)[1:3], **attrs), None


@resize_bicubic.gradient
def resize_bicubic_gradient(
    ops: Ops, grad: Term, images: Term, attrs: Attrs
) -> tuple[Gradient, None]:
    if images.dtype.name not in ("float32", "float64"):
        return None, None
    return ops.ResizeBicubicGrad(grad, images, **attrs), None
