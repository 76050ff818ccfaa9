"""Images in files.

Source: tensorflow/python/ops/image_ops_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.image.adjusting import convert_image_dtype
from minihub_runtime.dtypes import as_dtype, float32, uint8, uint16
from minihub_runtime.public import public

__all__ = ["decode_image", "encode_png", "is_jpeg"]


@public("io.is_jpeg", "image.is_jpeg")
def is_jpeg(contents: Any, name: str | None = None) -> Any:
    """Whether files begin as JPEG does; bool of the shape of `contents`."""
    with name_scope(name, "is_jpeg"):
        start = build("Substr", input=contents, pos=0, len=3)
        return build("Equal", name=name, x=start, y=b"\xff\xd8\xff")


@public("io.encode_png", "image.encode_png")
def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Tensor:
    """An image as a PNG file.

    Args:
        image: uint8 or uint16 `[..., height, width, channels]`, of up to four channels.
        compression: between 0 and 9, or -1 for that of zlib.
        name: a name of the operation.
    """
    result: Tensor = build(
        "EncodePng", name=name, image=convert_to_tensor(image), compression=compression
    )
    return result


@public("io.decode_image", "image.decode_image")
def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Any:
    """The image in a BMP, GIF, JPEG or PNG file.

    Args:
        contents: the content of the file, a scalar.
        channels: how many channels it gets; 0 or None for as many as the file has.
        dtype: its type.
        name: a name of the operations.
        expand_animations: whether a GIF becomes a batch of all its images, or the first.

    Returns:
        `[height, width, channels]`, or a batch of such; the static shape is not known.
    """
    with name_scope(name, "decode_image"):
        dtype = as_dtype(dtype)
        direct = dtype in (float32, uint8, uint16)
        image = build(
            "DecodeImage",
            contents=contents,
            channels=channels or 0,
            expand_animations=expand_animations,
            dtype=dtype if direct else uint16,
        )
        return image if direct else convert_image_dtype(image, dtype)
