"""Projective transforms of images."""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term, sizes_of
from minihub_runtime.ops.image_shapes import exact_rank, output_size, require_output, two_sizes
from minihub_runtime.ops.image_taps import image_float32
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec

_TRANSFORM = "core/kernels/image/image_ops.h"


def _wrap_place(where: Array, size: int, mode: str) -> Array:
    """Coordinates outside [0, size - 1] mapped into it, as the fill mode says."""
    top = np.float32(size - 1)
    if mode == "CONSTANT":
        return where
    if mode == "NEAREST":
        return np.clip(where, 0, top)
    if size <= 1:
        return np.zeros_like(where)
    if mode == "REFLECT":
        whole = np.float32(2 * size)
        up = whole * np.trunc(-where / whole) + where
        up = np.where(up < -size, up + whole, -up - 1)
        down = where - whole * np.trunc(where / whole)
        down = np.where(down >= size, whole - down - 1, down)
    else:
        up = where + np.float32(size) * (np.trunc(-where / top) + 1)
        down = where - np.float32(size) * np.trunc(where / top)
    return np.clip(np.where(where < 0, up, np.where(where > top, down, where)), 0, top)


def _transform(
    images: Array,
    transforms: Array,
    output_shape: Array,
    fill_value: Array,
    interpolation: str,
    fill_mode: str,
) -> Array:
    modes = ("REFLECT", "WRAP", "CONSTANT", "NEAREST")
    mode, kind = fill_mode, interpolation
    require(mode in modes, f"fill_mode must be one of {', '.join(modes)}, not {fill_mode[:40]!r}")
    require(
        kind in ("NEAREST", "BILINEAR"),
        f"interpolation must be NEAREST or BILINEAR, not {interpolation[:40]!r}",
    )
    require_rank(images, 4, "images")
    batch, height, width, channels = images.shape
    if transforms.ndim != 2 or transforms.shape[1] != 8 or len(transforms) not in (1, batch):
        require(
            False, f"transforms must have shape [1 or {batch}, 8], not {list(transforms.shape)}"
        )
    rows, columns = two_sizes(output_shape, "output_shape")
    shape = require_output((batch, rows, columns, channels), images.itemsize)
    result = np.empty(shape, images.dtype)
    y = np.arange(rows, dtype=np.float32)[:, None]
    x = np.arange(columns, dtype=np.float32)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        fill = np.asarray(fill_value).astype(images.dtype)
        for n in range(batch):
            t = transforms[n if len(transforms) > 1 else 0]
            scale = t[6] * x + t[7] * y + np.float32(1)
            source_x = _wrap_place((t[0] * x + t[1] * y + t[2]) / scale, width, mode)
            source_y = _wrap_place((t[3] * x + t[4] * y + t[5]) / scale, height, mode)
            result[n] = _sample(images[n], source_y, source_x, kind, fill)
            result[n][scale == 0] = fill
    return result


def _sample(image: Array, y: Array, x: Array, kind: str, fill: Array) -> Array:
    """Pixels of `image` at coordinates; `fill` outside."""
    height, width, _ = image.shape

    def read(row: Array, column: Array) -> Array:
        good = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        picked = image[
            np.where(good, row, 0).astype(np.int64), np.where(good, column, 0).astype(np.int64)
        ]
        picked[~good] = fill
        return picked

    if height == 0 or width == 0:
        return np.full((*y.shape, image.shape[2]), fill, image.dtype)
    if kind == "NEAREST":
        # Halves go away from zero, unlike np.rint; float64 holds the sum exactly.
        wide_y, wide_x = y.astype(np.float64), x.astype(np.float64)
        return read(np.trunc(wide_y + np.copysign(0.5, y)), np.trunc(wide_x + np.copysign(0.5, x)))
    top, left = np.floor(y), np.floor(x)
    bottom, right = top + 1, left + 1
    before, after = (right - x)[..., None], (x - left)[..., None]
    upper = before * image_float32(read(top, left)) + after * image_float32(read(top, right))
    lower = before * image_float32(read(bottom, left)) + after * image_float32(read(bottom, right))
    mixed = (bottom - y)[..., None] * upper + (y - top)[..., None] * lower
    return mixed.astype(image.dtype)


def _transform_shape(images: Spec, output_shape: Spec) -> Shape:
    batch, _, _, channels = exact_rank(images, 4, "images")
    return (batch, *output_size(output_shape, "output_shape"), channels)


TRANSFORMED = types("uint8 int32 int64 float16 float32 float64")


@op(
    "ImageProjectiveTransformV2(images: dtype, transforms: float32, output_shape: int32)"
    " -> transformed_images: dtype",
    dtype=TRANSFORMED,
    source=_TRANSFORM,
    precision=ROUNDING,
    shape=lambda images, transforms, output_shape: _transform_shape(images, output_shape),
)
def image_projective_transform_v2(
    images: Array,
    transforms: Array,
    output_shape: Array,
    *,
    interpolation: str,
    fill_mode: str = "CONSTANT",
) -> Array:
    """Each output pixel (x, y) from `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)`, `k = c0 x + c1 y + 1`.

    Shapes: `[batch, height, width, channels]`, `[1 or batch, 8]`, `[2]` -> `[batch, *output_shape, channels]`.
    Raises: InvalidArgumentError for other shapes, an unknown interpolation or fill mode.
    """
    return _transform(
        images, transforms, output_shape, np.zeros((), np.float32), interpolation, fill_mode
    )


@op(
    "ImageProjectiveTransformV3(images: dtype, transforms: float32, output_shape: int32,"
    " fill_value: float32) -> transformed_images: dtype",
    dtype=TRANSFORMED,
    source=_TRANSFORM,
    precision=ROUNDING,
)
def image_projective_transform_v3(
    images: Array,
    transforms: Array,
    output_shape: Array,
    fill_value: Array,
    *,
    interpolation: str,
    fill_mode: str = "CONSTANT",
) -> Array:
    """ImageProjectiveTransformV2 with a value for places outside the image.

    Shapes: `[batch, height, width, channels]`, `[1 or batch, 8]`, `[2]`, `[]` -> `[batch, *output_shape, channels]`.
    Raises: InvalidArgumentError for other shapes, an unknown interpolation or fill mode.
    """
    if fill_value.shape != ():
        require(False, f"fill_value must be a scalar, not of shape {list(fill_value.shape)}")
    return _transform(images, transforms, output_shape, fill_value, interpolation, fill_mode)


@image_projective_transform_v3.shape
def _image_projective_transform_v3_shape(images: Spec, output_shape: Spec) -> Shape:
    return _transform_shape(images, output_shape)


def _inverse(ops: Ops, transforms: Term) -> Term:
    """The transforms that undo others: eight numbers each, as matrices whose ninth is 1."""
    rows = ops.Reshape(transforms, [-1, 8])
    ones = ops.OnesLike(ops.Slice(rows, [0, 0], [-1, 1]))
    matrices = ops.Reshape(ops.ConcatV2([rows, ones], 1), [-1, 3, 3])
    numbers = ops.Reshape(ops.MatrixInverse(matrices), [-1, 9])
    scaled = numbers / ops.Slice(numbers, [0, 8], [-1, 1])
    return ops.Slice(scaled, [0, 0], [-1, 8])


@image_projective_transform_v2.gradient
def _image_projective_transform_v2_gradient(
    ops: Ops, grad: Term, images: Term, transforms: Term, attrs: Attrs
) -> tuple[Term, None, None]:
    size = sizes_of(ops, images)[1:3]
    back = ops.ImageProjectiveTransformV2(grad, _inverse(ops, transforms), size, **attrs)
    return back, None, None


@image_projective_transform_v3.gradient
def _image_projective_transform_v3_gradient(
    ops: Ops, grad: Term, images: Term, transforms: Term, attrs: Attrs
) -> tuple[Term, None, None, None]:
    size = sizes_of(ops, images)[1:3]
    back = ops.ImageProjectiveTransformV3(grad, _inverse(ops, transforms), size, 0.0, **attrs)
    return back, None, None, None
