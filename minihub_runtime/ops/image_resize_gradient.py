"""What pixels gave to resized images: the ops that gradients of resizing are made of."""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import DType, bfloat16, float_to_bfloat16, to_float
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.image_resize import (
    check_centers,
    cubic_taps,
    linear_places,
    nearest_places,
    resize_scale,
)
from minihub_runtime.ops.image_shapes import exact_rank, output_size, require_output, two_sizes
from minihub_runtime.ops.image_taps import Taps, add_segments, scatter
from minihub_runtime.ops.registry import FLOATS, ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec


def _check_grads(grads: Array, original_image: Array) -> tuple[int, int]:
    """The height and width of the original."""
    require_rank(grads, 4, "grads")
    require_rank(original_image, 4, "original_image")
    for name, array in (("grads", grads), ("original_image", original_image)):
        if array.shape[1] == 0 or array.shape[2] == 0:
            require(False, f"{name} must not be empty, not of shape {list(array.shape)}")
    batch, _, _, channels = grads.shape
    height, width = original_image.shape[1:3]
    require_output((batch, height, width, channels), original_image.itemsize)
    return height, width


def _original_shape(grads: Spec, original_image: Spec) -> Shape:
    """The shape of the image that was resized."""
    return original_image.shape


@op(
    "ResizeBilinearGrad(grads: float32, original_image: T) -> output: T",
    T=FLOATS,
    source="core/kernels/image/resize_bilinear_op.cc",
    precision=ROUNDING,
    shape=_original_shape,
)
def resize_bilinear_grad(
    grads: Array,
    original_image: Array,
    *,
    align_corners: bool = False,
    half_pixel_centers: bool = False,
) -> Array:
    """What each pixel of the original gave to the resized image, times `grads`.

    Shapes: `[batch, *size, channels]`, `[_, height, width, _]` -> `[batch, height, width, channels]`.
    Raises: InvalidArgumentError for empty images or both attributes at once.
    """
    check_centers(align_corners, half_pixel_centers)
    height, width = _check_grads(grads, original_image)
    taps = []
    for n, m in ((height, grads.shape[1]), (width, grads.shape[2])):
        lower, upper, share = linear_places(n, m, align_corners, half_pixel_centers)
        taps.append(Taps(np.stack([lower, upper]), np.stack([1 - share, share])))
    wide = np.dtype(np.float64 if original_image.dtype == np.float64 else np.float32)
    with np.errstate(invalid="ignore", over="ignore"):
        result = scatter(grads, taps[0], taps[1], height, width, wide)
        if original_image.dtype == bfloat16.numpy:
            return float_to_bfloat16(result)
        return result.astype(original_image.dtype, copy=False)


@op(
    "ResizeBicubicGrad(grads: float32, original_image: T) -> output: T",
    T=types("float32 float64"),
    source="core/kernels/image/resize_bicubic_op.cc",
    precision=ROUNDING,
    shape=_original_shape,
)
def resize_bicubic_grad(
    grads: Array,
    original_image: Array,
    *,
    align_corners: bool = False,
    half_pixel_centers: bool = False,
) -> Array:
    """What each pixel of the original gave to the resized image, times `grads`.

    Shapes: `[batch, *size, channels]`, `[_, height, width, _]` -> `[batch, height, width, channels]`.
    Raises: InvalidArgumentError for empty images or both attributes at once.
    """
    check_centers(align_corners, half_pixel_centers)
    height, width = _check_grads(grads, original_image)
    rows, columns = (
        cubic_taps(n, m, resize_scale(n, m, align_corners), half_pixel_centers)
        for n, m in ((height, grads.shape[1]), (width, grads.shape[2]))
    )
    with np.errstate(invalid="ignore", over="ignore"):
        wide = grads.astype(original_image.dtype)
        return scatter(wide, rows, columns, height, width, original_image.dtype)


@op(
    "ResizeNearestNeighborGrad(grads: T, size: int32) -> output: T",
    T=types("uint8 int8 int32 float16 float32 float64 bfloat16"),
    source="core/kernels/image/resize_nearest_neighbor_op.cc",
    precision=ROUNDING,
)
def resize_nearest_neighbor_grad(
    grads: Array,
    size: Array,
    *,
    align_corners: bool = False,
    half_pixel_centers: bool = False,
    T: DType,
) -> Array:
    """The sum of `grads` over the copies of each pixel.

    Shapes: `[batch, height, width, channels]`, `[2]` -> `[batch, *size, channels]`. Integers wrap.
    Raises: InvalidArgumentError for a size that is not positive.
    """
    require_rank(grads, 4, "grads")
    height, width = two_sizes(size)
    batch, in_height, in_width, channels = grads.shape
    require_output((batch, height, width, channels), grads.itemsize)
    x = to_float(grads)
    if x.dtype == np.float16:
        x = x.astype(np.float32)
    rows, columns = (
        nearest_places(n, m, align_corners, half_pixel_centers, resize_scale(n, m, align_corners))
        if m
        else np.zeros(0, np.int64)
        for n, m in ((height, in_height), (width, in_width))
    )
    wide = np.zeros((batch * in_height, width, channels), x.dtype)
    result = np.zeros((batch, height, width * channels), x.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        add_segments(x.reshape(batch * in_height, in_width, channels), columns, width, wide)
        add_segments(wide.reshape(batch, in_height, width * channels), rows, height, result)
        result = result.reshape(batch, height, width, channels)
        if bfloat16 == T:
            return float_to_bfloat16(result)
        return result.astype(grads.dtype, copy=False)


@resize_nearest_neighbor_grad.shape
def _resize_nearest_neighbor_grad_shape(grads: Spec, size: Spec) -> Shape:
    batch, _, _, channels = exact_rank(grads, 4, "grads")
    return (batch, *output_size(size), channels)
