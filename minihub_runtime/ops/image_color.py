"""Colours of images: HSV, contrast, hue, saturation."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import bfloat16, float_to_bfloat16, to_float
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.image_shapes import at_least_rank, exact_rank, same_as, unchanged_image
from minihub_runtime.ops.registry import FLOATS, ROUNDING, Array, op, types, without_gradient
from minihub_runtime.shapes import Shape, Spec

_SPACES = "core/kernels/image/colorspace_op.h"
_HALF = types("float16 float32", default="float32")


def _colors(images: Array) -> tuple[Array, Array, Array]:
    if images.ndim < 1 or images.shape[-1] != 3:
        require(False, f"images must have a last dimension of 3, not shape {list(images.shape)}")
    return images[..., 0], images[..., 1], images[..., 2]


def _color_shape(images: Spec) -> Shape:
    shape = at_least_rank(images, 1, "images")
    if shape is None:
        return None
    return (*shape[:-1], same_as(shape[-1], 3, "images' last size and 3"))


@op(
    "RGBToHSV(images: T) -> output: T",
    T=FLOATS.default_to("float32"),
    source=_SPACES,
    precision=ROUNDING,
    shape=_color_shape,
)
def rgb_to_hsv(images: Array) -> Array:
    """Hue, saturation and value of red, green and blue; all in [0, 1] where the input is.

    Shapes: `[..., 3]` -> `[..., 3]`.
    Raises: InvalidArgumentError if the last dimension is not 3.
    """
    x = to_float(images)
    red, green, blue = _colors(x)
    number = x.dtype.type
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        value = x.max(axis=-1)
        spread = value - x.min(axis=-1)
        result = np.empty(x.shape, x.dtype)
        result[..., 2] = value
        result[..., 1] = np.where(value > 0, spread / value, number(0))
        norm = number(1) / spread * number(1 / 6)
        hue = np.where(
            red == value,
            norm * (green - blue),
            np.where(
                green == value,
                norm * (blue - red) + number(1 / 3),
                norm * (red - green) + number(2 / 3),
            ),
        )
        hue = np.where(spread > 0, hue, number(0))
        result[..., 0] = np.where(hue < 0, hue + number(1), hue)
    return float_to_bfloat16(result) if images.dtype == bfloat16.numpy else result


@op(
    "HSVToRGB(images: T) -> output: T",
    T=FLOATS.default_to("float32"),
    source=_SPACES,
    precision=ROUNDING,
    shape=_color_shape,
)
def hsv_to_rgb(images: Array) -> Array:
    """Red, green and blue of hue, saturation and value.

    Shapes: `[..., 3]` -> `[..., 3]`.
    Raises: InvalidArgumentError if the last dimension is not 3.
    """
    x = to_float(images)
    hue, saturation, value = _colors(x)
    result = np.empty(x.shape, x.dtype)
    with np.errstate(invalid="ignore", over="ignore"):
        sixth = hue * x.dtype.type(6)
        rest = 1 - saturation
        for channel, share in enumerate(
            (np.abs(sixth - 3) - 1, 2 - np.abs(sixth - 2), 2 - np.abs(sixth - 4))
        ):
            result[..., channel] = (rest + saturation * np.clip(share, 0, 1)) * value
    return float_to_bfloat16(result) if images.dtype == bfloat16.numpy else result


def _contrast_shape(images: Spec, contrast_factor: Spec) -> Shape:
    exact_rank(contrast_factor, 0, "contrast_factor")
    return unchanged_image(images)


@op(
    "AdjustContrastv2(images: T, contrast_factor: float32) -> output: T",
    T=_HALF,
    source="core/kernels/image/adjust_contrast_op.h",
    precision=ROUNDING,
    shape=_contrast_shape,
)
def adjust_contrast_v2(images: Array, contrast_factor: Array) -> Array:
    """Scale each channel's distance from its mean over the image.

    Shapes: `[..., height, width, channels]`, `[]` -> the same.
    Raises: InvalidArgumentError for images of rank < 3 or a factor that is no scalar.
    """
    if images.ndim < 3:
        require(False, f"images must have rank >= 3, not shape {list(images.shape)}")
    require_scalar(contrast_factor, "contrast_factor")
    if images.size == 0:
        return np.array(images)
    with np.errstate(invalid="ignore", over="ignore"):
        pixels = images.shape[-3] * images.shape[-2]
        flat = images.reshape(*images.shape[:-3], pixels, images.shape[-1])
        total = flat.sum(axis=-2, dtype=np.float32, keepdims=True)
        mean = (total / np.float32(pixels)).astype(images.dtype)
        distance = (flat - mean).astype(np.float32) * contrast_factor.astype(np.float32)
        return (mean + distance.astype(images.dtype)).reshape(images.shape)


def _check_color_images(images: Array, amount: Array, name: str) -> None:
    if images.ndim < 3:
        require(False, f"images must have rank >= 3, not shape {list(images.shape)}")
    require_scalar(amount, name)
    _colors(images)


# For each sixth of the hue circle, which colour is the largest, the middle and the smallest.
_ORDER = np.array([[0, 1, 2], [1, 0, 2], [1, 2, 0], [2, 1, 0], [2, 0, 1], [0, 2, 1]])
# And which of (largest, middle, smallest) red, green and blue are.
_RANK = np.argsort(_ORDER, axis=1)


@op(
    "AdjustHue(images: T, delta: float32) -> output: T",
    T=_HALF,
    source="core/kernels/image/adjust_hue_op.cc",
    precision=ROUNDING,
    shape=lambda images, delta: unchanged_image(images),
)
def adjust_hue(images: Array, delta: Array) -> Array:
    """Turn the hue of each pixel by `delta` of the circle.

    Shapes: `[..., 3]` of rank >= 3, `[]` -> the same.
    Raises: InvalidArgumentError for other ranks, a delta that is no scalar, or another number of channels.
    """
    _check_color_images(images, delta, "delta")
    x = images.astype(np.float32, copy=False)
    red, green, blue = _colors(x)
    sixth = np.where(
        red < green,
        np.where(blue < red, 1, np.where(blue > green, 3, 2)),
        np.where(blue < green, 0, np.where(blue > red, 4, 5)),
    )
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ordered = np.take_along_axis(x, _ORDER[sixth], axis=-1)
        largest, middle, smallest = ordered[..., 0], ordered[..., 1], ordered[..., 2]
        ratio = (middle - smallest) / (largest - smallest)
        hue = sixth.astype(np.float32) + np.where(sixth % 2 == 0, ratio, 1 - ratio)
        hue = np.where(largest == smallest, np.float32(0), hue)
        hue += delta.astype(np.float32) * np.float32(6)
        hue = np.where((hue < -6) | (hue >= 12), np.mod(hue, np.float32(6)), hue)
        hue = np.where(hue < 0, hue + 6, hue)
        hue = np.where(hue >= 6, hue - 6, hue)
        sixth = np.where((hue >= 0) & (hue < 6), hue, 5).astype(np.int64)
        ratio = hue - sixth.astype(np.float32)
        ratio = np.where(sixth % 2 == 0, ratio, 1 - ratio)
        ordered[..., 1] = smallest + ratio * (largest - smallest)
        result = np.take_along_axis(ordered, _RANK[sixth], axis=-1)
        return result.astype(images.dtype, copy=False)


def _chosen(compare: Any, first: Array, second: Array) -> Array:
    """The second where the comparison says so, else the first, which NaN beside it does not change."""
    return np.where(compare(second, first), second, first)


@op(
    "AdjustSaturation(images: T, scale: float32) -> output: T",
    T=_HALF,
    source="core/kernels/image/adjust_saturation_op.cc",
    precision=ROUNDING,
    shape=lambda images, scale: unchanged_image(images),
)
def adjust_saturation(images: Array, scale: Array) -> Array:
    """Scale the saturation of each pixel, at most to one.

    Shapes: `[..., 3]` of rank >= 3, `[]` -> the same.
    Raises: InvalidArgumentError for other ranks, a scale that is no scalar, or another number of channels.
    """
    _check_color_images(images, scale, "scale")
    x = images.astype(np.float32, copy=False)
    red, green, blue = _colors(x)
    hsv = rgb_to_hsv.kernel(x)
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    unknown = np.isnan(value)
    if unknown.any():
        # Of a pixel with NaN the others count, unless red is NaN: so std::max and std::min find it.
        red, green, blue = red[unknown], green[unknown], blue[unknown]
        value[unknown] = _chosen(np.greater, red, _chosen(np.greater, green, blue))
        smallest = _chosen(np.less, red, _chosen(np.less, green, blue))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            spread = value[unknown] - smallest
            saturation[unknown] = np.where(
                value[unknown] > 0, spread / value[unknown], np.float32(0)
            )
        # The hue is NaN, or 0 where nothing is spread: grey both.
        hue[unknown] = np.nan
    with np.errstate(invalid="ignore", over="ignore"):
        saturation = saturation * scale.astype(np.float32)
        # Not np.clip: NaN becomes 0 here, as from std::max.
        saturation = np.where(saturation > 0, saturation, np.float32(0))
        saturation = np.where(saturation < 1, saturation, np.float32(1))
        chroma = saturation * value
        place = hue * np.float32(6)
        second = chroma * (1 - np.abs(np.mod(place, np.float32(2)) - 1))
        # A hue of one whole turn belongs to no sixth: such pixels are grey.
        known = (place >= 0) & (place < 6)
        sixth = np.where(known, place, 0).astype(np.int64)
        parts = np.stack([chroma, second, np.zeros_like(chroma)], axis=-1)
        parts[~known] = 0
        result = np.take_along_axis(parts, _RANK[sixth], axis=-1) + (value - chroma)[..., None]
        return result.astype(images.dtype, copy=False)


without_gradient("HSVToRGB")


@rgb_to_hsv.gradient
def _rgb_to_hsv_gradient(ops: Ops, grad: Term, images: Term, output: Term) -> Term:
    """The slopes of the largest and the smallest colour; of equal ones the first in red, green, blue counts as larger.

    Source: python/ops/image_grad.py.
    """
    colors = [images[..., place] for place in range(3)]
    number = grad.dtype

    def holds(*conditions: Term) -> Term:
        return ops.Cast(ops.LogicalAnd(*conditions), DstT=number)

    def over(x: Term) -> Term:
        return ops.DivNoNan(ops.constant(1, number), x)

    red, green, blue = colors
    largest = (
        holds(ops.GreaterEqual(red, blue), ops.GreaterEqual(red, green)),
        holds(ops.Greater(green, red), ops.GreaterEqual(green, blue)),
        holds(ops.Greater(blue, red), ops.Greater(blue, green)),
    )
    smallest = (
        holds(ops.Less(red, blue), ops.Less(red, green)),
        holds(ops.LessEqual(green, red), ops.Less(green, blue)),
        holds(ops.LessEqual(blue, red), ops.LessEqual(blue, green)),
    )
    lit = [ops.Cast(ops.Greater(color, 0), DstT=number) for color in colors]
    spread = over(ops.Square(output[..., 1])) * over(ops.Square(output[..., 2]))
    parts = []
    for place in range(3):
        # Each colour sees the next two in turn.
        (x, y, z), (most_x, most_y, most_z), (least_x, least_y, least_z), (on_x, on_y, on_z) = (
            [of[(place + step) % 3] for step in range(3)] for of in (colors, largest, smallest, lit)
        )
        saturation = on_x * (
            most_x * (least_y * y + least_z * z) * over(ops.Square(x))
            - least_x * over(most_y * y + most_z * z)
        )
        hue = (
            on_x * most_x * (z - y) * spread
            + on_y * most_y * least_x * (z - y) * over(ops.Square(x - y))
            - on_y * most_y * least_z * over(y - z)
            + on_z * most_z * least_x * (z - y) * over(ops.Square(z - x))
            + on_z * most_z * least_y * over(z - y)
        ) * (1 / 6)
        parts.append(grad[..., 2] * most_x + grad[..., 1] * saturation + grad[..., 0] * hue)
    return ops.Pack(parts, axis=-1)
