"""Images of other types, brightness, contrast and colour.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import divide
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast, saturate_cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.image.checking import assert_at_least_3d, assert_that, is_tensor
from minihub_runtime.api.reduction import reduce_mean, reduce_prod, reduce_std
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import as_dtype, float16, float32, int32, uint8
from minihub_runtime.public import public

__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_hue",
    "adjust_jpeg_quality",
    "adjust_saturation",
    "convert_image_dtype",
    "per_image_standardization",
]


@public("image.convert_image_dtype")
def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Any:
    """Images of another type: integers between 0 and the largest, floating numbers between 0 and 1.

    Args:
        image: an image of any shape.
        dtype: integers or floating numbers.
        saturate: whether numbers that the type cannot hold become the nearest that it can.
        name: a name of the operations.

    Raises:
        AttributeError: a type is of another kind.
    """
    image = convert_to_tensor(image, name="image")
    dtype = as_dtype(dtype)
    if not dtype.is_floating and not dtype.is_integer:
        raise AttributeError("dtype must be either floating point or integer")
    if not image.dtype.is_floating and not image.dtype.is_integer:
        raise AttributeError("image dtype must be either floating point or integer")
    if dtype == image.dtype:
        return build("Identity", name=name, input=image)
    fit = saturate_cast if saturate else cast
    with name_scope(name, "convert_image", [image]) as scope:
        if image.dtype.is_floating:
            if dtype.is_floating:
                return cast(image, dtype, name=scope)
            # The factor rounds well where floating numbers are truncated.
            scaled = build("Mul", x=image, y=dtype.max + 0.5)
            return fit(scaled, dtype, name=scope)
        if dtype.is_floating:
            return build("Mul", name=scope, x=cast(image, dtype), y=1.0 / image.dtype.max)
        largest_in, largest_out = int(image.dtype.max), int(dtype.max)
        if largest_in > largest_out:
            # Scaled down before the conversion, which could overflow.
            scaled = image // ((largest_in + 1) // (largest_out + 1))
            return fit(scaled, dtype, name=scope)
        widened = fit(image, dtype)
        return build("Mul", name=scope, x=widened, y=(largest_out + 1) // (largest_in + 1))


def _as_float(image: Any) -> Any:
    """An image of 16 or 32 bits as it is, another as float32."""
    return image if image.dtype in (float16, float32) else convert_image_dtype(image, float32)


@public("image.per_image_standardization")
def per_image_standardization(image: Any) -> Any:
    """Each image, shifted and scaled to mean 0 and variance 1; float32.

    Raises:
        ValueError: it has less than three dimensions.
    """
    with name_scope(None, "per_image_standardization", [image]) as scope:
        image = assert_at_least_3d(convert_to_tensor(image, name="image"))
        image = cast(image, float32)
        count = reduce_prod(shape(image)[-3:])
        axes = [-1, -2, -3]
        mean = reduce_mean(image, axis=axes, keepdims=True)
        deviation = reduce_std(image, axis=axes, keepdims=True)
        # An image of one colour is not divided by zero.
        least = build("Rsqrt", x=cast(count, float32))
        deviation = build("Maximum", x=deviation, y=least)
        return divide(image - mean, deviation, name=scope)


@public("image.adjust_brightness")
def adjust_brightness(image: Any, delta: Any) -> Any:
    """Images with a number added, as if they were between 0 and 1; of the same type."""
    with name_scope(None, "adjust_brightness", [image, delta]) as scope:
        image = convert_to_tensor(image, name="image")
        numbers = _as_float(image)
        adjusted = build("AddV2", name=scope, x=numbers, y=cast(delta, numbers.dtype))
        return convert_image_dtype(adjusted, image.dtype, saturate=True)


@public("image.adjust_contrast")
def adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    """Images whose channels are stretched around their means; of the same type."""
    with name_scope(None, "adjust_contrast", [images, contrast_factor]) as scope:
        images = convert_to_tensor(images, name="images")
        adjusted = build(
            "AdjustContrastv2",
            name=scope,
            images=_as_float(images),
            contrast_factor=contrast_factor,
        )
        return convert_image_dtype(adjusted, images.dtype, saturate=True)


@public("image.adjust_gamma")
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    """`gain · image ** gamma`, as if images were between 0 and 1; of the same type.

    Raises:
        ValueError: `gamma` is negative.
    """
    with name_scope(None, "adjust_gamma", [image, gamma, gain]):
        image = convert_to_tensor(image, name="image")
        numbers = _as_float(image)
        checks = assert_that(gamma >= 0, "Gamma should be a non-negative real number.")
        if checks:
            gamma = with_dependencies(checks, gamma)
        return convert_image_dtype(gain * numbers**gamma, image.dtype, saturate=True)


@public("image.adjust_hue")
def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Any:
    """Images whose hue is turned by `delta`, between -1 and 1; of the same type."""
    with name_scope(name, "adjust_hue", [image]):
        image = convert_to_tensor(image, name="image")
        adjusted = build("AdjustHue", images=_as_float(image), delta=delta)
        return convert_image_dtype(adjusted, image.dtype)


@public("image.adjust_saturation")
def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Any:
    """Images whose saturation is multiplied; of the same type."""
    with name_scope(name, "adjust_saturation", [image]):
        image = convert_to_tensor(image, name="image")
        adjusted = build("AdjustSaturation", images=_as_float(image), scale=saturation_factor)
        return convert_image_dtype(adjusted, image.dtype)


@public("image.adjust_jpeg_quality")
def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: str | None = None) -> Any:
    """An image as it is after it was written as JPEG of a quality and read again; of the same type."""
    with name_scope(name, "adjust_jpeg_quality", [image]):
        image = convert_to_tensor(image, name="image")
        channels = image.shape.as_list()[-1]
        before = image.dtype
        image = convert_image_dtype(image, uint8, saturate=True)
        if not is_tensor(jpeg_quality):
            jpeg_quality = convert_to_tensor(jpeg_quality, int32)
        written = build("EncodeJpegVariableQuality", images=image, quality=jpeg_quality)
        read = build("DecodeJpeg", contents=written, channels=channels)
        return convert_image_dtype(read, before, saturate=True)
