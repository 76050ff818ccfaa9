"""Images as the bytes of files.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.image.colors import convert_image_dtype
from minihub_runtime.dtypes import as_dtype, uint8
from minihub_runtime.public import public

__all__ = ["adjust_jpeg_quality", "decode_image", "encode_png", "is_jpeg", "random_jpeg_quality"]

_JPEG_START = b"\xff\xd8\xff"


@public("image.is_jpeg", "io.is_jpeg")
def is_jpeg(contents: Any, name: str | None = None) -> Tensor:
    """Whether the bytes of a file begin as those of a JPEG; a bool scalar."""
    with name_scope(name, "is_jpeg"):
        start = tf.strings.substr(contents, 0, 3)
        result: Tensor = tf.equal(start, _JPEG_START, name=name)
        return result


@public("image.encode_png", "io.encode_png")
def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Tensor:
    """The bytes of PNG files of images uint8 or uint16 [..., height, width, channels].

    Args:
        image: the images.
        compression: -1, or 0 to 9.
        name: of the operation.
    """
    result: Tensor = build(
        "EncodePng",
        name=name,
        image=convert_to_tensor(image),
        compression=compression,
    )
    return result


@public("image.decode_image", "io.decode_image")
def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Tensor:
    """The image in the bytes of a BMP, GIF, JPEG or PNG file.

    Args:
        contents: a string scalar.
        channels: how many; None or 0 for as many as the file has.
        dtype: uint8, uint16, float32, or another type to which the pixels are scaled.
        name: of the scope.
        expand_animations: whether all pictures of a GIF are wanted; only the first otherwise.

    Returns:
        [height, width, channels], or [pictures, height, width, channels] of a GIF.
    """
    kind = as_dtype(dtype)
    with name_scope(name, "decode_image"):
        direct = kind.name in ("float32", "uint8", "uint16")
        image: Tensor = build(
            "DecodeImage",
            contents=contents,
            channels=channels or 0,
            dtype=kind if direct else tf.uint16,
            expand_animations=expand_animations,
        )
        return image if direct else convert_image_dtype(image, kind)


@public("image.adjust_jpeg_quality")
def adjust_jpeg_quality(image: Any, jpeg_quality: Any, name: str | None = None) -> Tensor:
    """An image [height, width, channels] as it is after it was a JPEG of that quality, in [0, 100]."""
    with name_scope(name, "adjust_jpeg_quality", [image]):
        tensor = convert_to_tensor(image, name="image")
        bytes_ = convert_image_dtype(tensor, uint8, saturate=True)
        quality = convert_to_tensor(jpeg_quality, tf.int32)
        contents = build("EncodeJpegVariableQuality", images=bytes_, quality=quality)
        decoded = build("DecodeJpeg", contents=contents, channels=tensor.shape.as_list()[-1])
        return convert_image_dtype(decoded, tensor.dtype, saturate=True)


@public("image.random_jpeg_quality")
def random_jpeg_quality(
    image: Any, min_jpeg_quality: int, max_jpeg_quality: int, seed: int | None = None
) -> Tensor:
    """`adjust_jpeg_quality` with a quality drawn from [min_jpeg_quality, max_jpeg_quality).

    Raises:
        ValueError: the range is empty, or not in [0, 100].
    """
    if not (0 <= min_jpeg_quality <= 100 and 0 <= max_jpeg_quality <= 100):
        raise ValueError("jpeg encoding range must be between 0 and 100.")
    if min_jpeg_quality >= max_jpeg_quality:
        raise ValueError("`min_jpeg_quality` must be less than `max_jpeg_quality`.")
    quality = tf.random_uniform([], min_jpeg_quality, max_jpeg_quality, seed=seed, dtype=tf.int32)
    return adjust_jpeg_quality(image, quality)
