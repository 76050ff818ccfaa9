"""Colours as other colours.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.image.adjusting import convert_image_dtype
from minihub_runtime.api.image.checking import assert_grayscale
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.sizes import rank
from minihub_runtime.api.tensordot import tensordot
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.public import public

__all__ = [
    "grayscale_to_rgb",
    "rgb_to_grayscale",
    "rgb_to_yiq",
    "rgb_to_yuv",
    "yiq_to_rgb",
    "yuv_to_rgb",
]

_GREY_WEIGHTS = [0.2989, 0.587, 0.114]
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


@public("image.rgb_to_grayscale")
def rgb_to_grayscale(images: Any, name: str | None = None) -> Any:
    """Images of three channels as images of one, of the same type."""
    with name_scope(name, "rgb_to_grayscale", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        numbers = convert_image_dtype(images, float32)
        grey = tensordot(numbers, _GREY_WEIGHTS, [-1, -1])
        return convert_image_dtype(expand_dims(grey, -1), images.dtype, name=scope)


@public("image.grayscale_to_rgb")
def grayscale_to_rgb(images: Any, name: str | None = None) -> Any:
    """Images of one channel as images of three equal ones.

    Raises:
        ValueError: it is known that they have another number of channels.
    """
    with name_scope(name, "grayscale_to_rgb", [images]) as scope:
        images = convert_to_tensor(assert_grayscale(images), name="images")
        others = ones(expand_dims(rank(images) - 1, 0), dtype=int32)
        multiples = concat([others, expand_dims(3, 0)], 0)
        rgb = build("Tile", name=scope, input=images, multiples=multiples)
        rgb.set_shape(images.shape[:-1].concatenate([3]))
        return rgb


def _transformed(images: Any, matrix: Any) -> Any:
    images = convert_to_tensor(images, name="images")
    kernel = convert_to_tensor(matrix, images.dtype, "kernel")
    return tensordot(images, kernel, axes=[[images.shape.ndims - 1], [0]])


@public("image.rgb_to_yiq")
def rgb_to_yiq(images: Any) -> Any:
    """Floating images from RGB to YIQ."""
    return _transformed(images, _RGB_TO_YIQ)


@public("image.yiq_to_rgb")
def yiq_to_rgb(images: Any) -> Any:
    """Floating images from YIQ to RGB."""
    return _transformed(images, _YIQ_TO_RGB)


@public("image.rgb_to_yuv")
def rgb_to_yuv(images: Any) -> Any:
    """Floating images from RGB to YUV."""
    return _transformed(images, _RGB_TO_YUV)


@public("image.yuv_to_rgb")
def yuv_to_rgb(images: Any) -> Any:
    """Floating images from YUV to RGB."""
    return _transformed(images, _YUV_TO_RGB)
