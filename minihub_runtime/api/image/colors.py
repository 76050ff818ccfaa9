"""Types of pixels, colour spaces, brightness and contrast.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.public import public

__all__ = [
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_hue",
    "adjust_saturation",
    "convert_image_dtype",
    "grayscale_to_rgb",
    "per_image_standardization",
    "random_brightness",
    "random_contrast",
    "random_hue",
    "random_saturation",
    "rgb_to_grayscale",
    "rgb_to_yiq",
    "rgb_to_yuv",
    "yiq_to_rgb",
    "yuv_to_rgb",
]

#: What red, green and blue add to the brightness.
LUMA = [0.2989, 0.587, 0.114]
_RGB_TO_YIQ = [
    [0.299, 0.59590059, 0.2115],
    [0.587, -0.27455667, -0.52273617],
    [0.114, -0.32134392, 0.31119955],
]
_YIQ_TO_RGB = [
    [1, 1, 1],
    [0.95598634, -0.27201283, -1.10674021],
    [0.6208248, -0.64720424, 1.70423049],
]
_RGB_TO_YUV = [
    [0.299, -0.14714119, 0.61497538],
    [0.587, -0.28886916, -0.51496512],
    [0.114, 0.43601035, -0.10001026],
]
_YUV_TO_RGB = [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]


@public("image.convert_image_dtype")
def convert_image_dtype(
    image: Any, dtype: Any, saturate: bool = False, name: str | None = None
) -> Tensor:
    """Images of another type, scaled: floats lie in [0, 1], integers fill their range.

    Args:
        image: of a float or integer type.
        dtype: a float or integer type.
        saturate: cut what does not fit, instead of wrapping it.
        name: of the scope.

    Raises:
        AttributeError: `dtype` is neither.
    """
    source = convert_to_tensor(image, name="image")
    kind = as_dtype(dtype)
    if not (kind.is_floating or kind.is_integer):
        raise AttributeError("dtype must be either floating point or integer")
    if kind is source.dtype:
        same: Tensor = tf.identity(source, name=name)
        return same
    cast: Callable[..., Any] = tf.saturate_cast if saturate else tf.cast
    with name_scope(name, "convert_image", [source]) as scope:
        if source.dtype.is_integer and kind.is_integer:
            have, want = int(source.dtype.max), int(kind.max)
            if have > want:
                scaled = tf.floordiv(source, (have + 1) // (want + 1))
                result: Tensor = cast(scaled, kind, name=scope)
            else:
                result = tf.multiply(cast(source, kind), (want + 1) // (have + 1), name=scope)
        elif source.dtype.is_floating and kind.is_floating:
            result = tf.cast(source, kind, name=scope)
        elif source.dtype.is_integer:
            result = tf.multiply(tf.cast(source, kind), 1.0 / source.dtype.max, name=scope)
        else:
            # Half a step more than the largest, so that 1.0 becomes it and all steps are of one length.
            result = cast(tf.multiply(source, kind.max + 0.5), kind, name=scope)
        return result


def _in_floats(image: Any, name: str | None, default: str, change: Callable[[Any], Any]) -> Tensor:
    """An image changed as float32, or in its own float type, and given back in its type."""
    with name_scope(name, default, [image]):
        tensor = convert_to_tensor(image, name="image")
        own = tensor.dtype.name in ("float16", "float32")
        changed = change(tensor if own else convert_image_dtype(tensor, tf.float32))
        return convert_image_dtype(changed, tensor.dtype, saturate=default != "adjust_hue")


@public("image.adjust_brightness")
def adjust_brightness(image: Any, delta: Any) -> Tensor:
    """`delta`, of a scale of 1, added to every pixel."""
    return _in_floats(
        image, None, "adjust_brightness", lambda x: tf.add(x, tf.cast(delta, x.dtype))
    )


@public("image.adjust_contrast")
def adjust_contrast(images: Any, contrast_factor: Any) -> Tensor:
    """Distances from the mean of each channel of each image, times a factor."""
    return _in_floats(
        images,
        None,
        "adjust_contrast",
        lambda x: build("AdjustContrastv2", images=x, contrast_factor=contrast_factor),
    )


@public("image.adjust_gamma")
def adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Tensor:
    """`gain * image ** gamma`.

    Raises:
        ValueError: gamma is known to be negative.
    """
    if not isinstance(gamma, Tensor) and gamma < 0:
        raise ValueError("Gamma should be a non-negative real number.")
    return _in_floats(image, None, "adjust_gamma", lambda x: gain * tf.pow(x, gamma))


@public("image.adjust_hue")
def adjust_hue(image: Any, delta: Any, name: str | None = None) -> Tensor:
    """The hue turned by `delta` of a whole turn, in [-1, 1]."""
    return _in_floats(
        image, name, "adjust_hue", lambda x: build("AdjustHue", images=x, delta=delta)
    )


@public("image.adjust_saturation")
def adjust_saturation(image: Any, saturation_factor: Any, name: str | None = None) -> Tensor:
    """The saturation times a factor."""
    return _in_floats(
        image,
        name,
        "adjust_saturation",
        lambda x: build("AdjustSaturation", images=x, scale=saturation_factor),
    )


@public("image.random_brightness")
def random_brightness(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """Brightness changed by a number drawn from [-max_delta, max_delta).

    Raises:
        ValueError: `max_delta` is negative.
    """
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_brightness(image, tf.random_uniform([], -max_delta, max_delta, seed=seed))


@public("image.random_contrast")
def random_contrast(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """Contrast changed by a factor drawn from [lower, upper).

    Raises:
        ValueError: the range is empty or negative.
    """
    _check_range(lower, upper)
    return adjust_contrast(image, tf.random_uniform([], lower, upper, seed=seed))


@public("image.random_hue")
def random_hue(image: Any, max_delta: float, seed: int | None = None) -> Tensor:
    """The hue turned by a number drawn from [-max_delta, max_delta).

    Raises:
        ValueError: `max_delta` is not in [0, 0.5].
    """
    if max_delta > 0.5:
        raise ValueError("max_delta must be <= 0.5.")
    if max_delta < 0:
        raise ValueError("max_delta must be non-negative.")
    return adjust_hue(image, tf.random_uniform([], -max_delta, max_delta, seed=seed))


@public("image.random_saturation")
def random_saturation(image: Any, lower: float, upper: float, seed: int | None = None) -> Tensor:
    """The saturation changed by a factor drawn from [lower, upper).

    Raises:
        ValueError: the range is empty or negative.
    """
    _check_range(lower, upper)
    return adjust_saturation(image, tf.random_uniform([], lower, upper, seed=seed))


def _check_range(lower: float, upper: float) -> None:
    if upper <= lower:
        raise ValueError("upper must be > lower.")
    if lower < 0:
        raise ValueError("lower must be non-negative.")


@public("image.per_image_standardization")
def per_image_standardization(image: Any) -> Tensor:
    """Each image with mean 0 and variance 1; the deviation counts for at least one over the root of the number of pixels.

    Args:
        image: [..., height, width, channels].

    Returns:
        float32, or float16 if the image is.
    """
    with name_scope(None, "per_image_standardization", [image]):
        tensor = convert_to_tensor(image, name="image")
        if tensor.dtype.name not in ("float16", "float32"):
            tensor = convert_image_dtype(tensor, tf.float32)
        axes = [-1, -2, -3]
        count = tf.reduce_prod(tf.shape(tensor)[-3:])
        mean = tf.reduce_mean(tensor, axis=axes, keepdims=True)
        deviation = tf.math.reduce_std(tensor, axis=axes, keepdims=True)
        least = tf.rsqrt(tf.cast(count, tensor.dtype))
        result: Tensor = (tensor - mean) / tf.maximum(deviation, least)
        return result


@public("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any, name: str | None = None) -> Tensor:
    """The brightness [..., 1] of images [..., 3]."""
    with name_scope(name, "rgb_to_grayscale", [images]):
        tensor = convert_to_tensor(images, name="images")
        own = tensor.dtype.is_floating
        floats = tensor if own else convert_image_dtype(tensor, tf.float32)
        grey = tf.tensordot(floats, tf.constant(LUMA, floats.dtype), [-1, -1])
        return convert_image_dtype(tf.expand_dims(grey, -1), tensor.dtype)


@public("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Any, name: str | None = None) -> Tensor:
    """Images [..., 1] with their channel three times."""
    with name_scope(name, "grayscale_to_rgb", [images]):
        tensor = convert_to_tensor(images, name="images")
        rank = tensor.shape.rank
        ones = tf.ones([tf.rank(tensor) - 1], tf.int32) if rank is None else [1] * (rank - 1)
        rgb = tf.tile(tensor, tf.concat([ones, [3]], 0))
        if rank is not None:
            rgb.set_shape(tensor.shape[:-1].concatenate([3]))
        result: Tensor = rgb
        return result


def _colour_space(images: Any, matrix: Any) -> Tensor:
    tensor = convert_to_tensor(images, name="images")
    kernel = tf.constant(matrix, tensor.dtype, name="kernel")
    result: Tensor = tf.tensordot(tensor, kernel, [[-1], [0]])
    return result


@public("image.rgb_to_yiq")
def rgb_to_yiq(images: Any) -> Tensor:
    """Images [..., 3] of floats in YIQ."""
    return _colour_space(images, _RGB_TO_YIQ)


@public("image.yiq_to_rgb")
def yiq_to_rgb(images: Any) -> Tensor:
    """The inverse of `rgb_to_yiq`."""
    return _colour_space(images, _YIQ_TO_RGB)


@public("image.rgb_to_yuv")
def rgb_to_yuv(images: Any) -> Tensor:
    """Images [..., 3] of floats in YUV."""
    return _colour_space(images, _RGB_TO_YUV)


@public("image.yuv_to_rgb")
def yuv_to_rgb(images: Any) -> Tensor:
    """The inverse of `rgb_to_yuv`."""
    return _colour_space(images, _YUV_TO_RGB)
