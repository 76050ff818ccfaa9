"""Ops that decode and encode JPEG, PNG, GIF and BMP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from minihub_runtime.codec import as_bytes
from minihub_runtime.dtypes import DType, float32, uint8
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.image_files import (
    decode_bmp_file,
    decode_gif_file,
    decode_jpeg_file,
    decode_png_file,
    encode_jpeg_file,
    jpeg_size,
)
from minihub_runtime.ops.image_shapes import at_least_rank, exact_rank, require_output, same_as
from minihub_runtime.ops.png import write_png
from minihub_runtime.ops.registry import INDEX, ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec

_SOURCE = "core/kernels/image/decode_image_op.cc"


def _content(contents: Array) -> bytes:
    require_scalar(contents, "contents")
    data: bytes = contents.item()
    require(data, "contents must not be empty")
    return data


def _kind(data: bytes) -> str:
    for kind, magic in (
        ("JPEG", b"\xff\xd8\xff"),
        ("PNG", b"\x89PNG\r\n\x1a\n"),
        ("GIF", b"GIF8"),
        ("BMP", b"BM"),
    ):
        if data.startswith(magic):
            return kind
    raise InvalidArgumentError(f"contents must be JPEG, PNG, GIF or BMP, not {data[:8]!r}…")


def _check_channels(channels: int) -> None:
    require(channels in (0, 1, 3, 4), f"channels must be 0, 1, 3 or 4, not {channels}")


def _to_dtype(pixels: Array, dtype: DType) -> Array:
    """8-bit pixels of formats other than PNG in the type of the output."""
    if dtype == uint8:
        return pixels
    if dtype == float32:
        return pixels * np.float32(1 / 255)
    return pixels.astype(np.uint16) * np.uint16(256)


def _decode(
    op_name: str,
    contents: Array,
    channels: int,
    dtype: DType = uint8,
    expand_animations: bool = True,
    ratio: int = 1,
    fast: bool = True,
    fancy: bool = True,
) -> Array:
    """What the decoding ops share: each of them takes several formats."""
    _check_channels(channels)
    data = _content(contents)
    kind = _kind(data)
    if kind == "BMP":
        require(
            op_name in ("DecodeBmp", "DecodeImage"), f"{op_name} must get another format, not BMP"
        )
        require(channels != 1, "channels must be 0, 3 or 4 for BMP, not 1")
        return _to_dtype(decode_bmp_file(data, channels), dtype)
    require(op_name != "DecodeBmp", f"DecodeBmp must get BMP, not {kind}")
    if kind == "GIF":
        require(channels in (0, 3), f"channels must be 0 or 3 for GIF, not {channels}")
        frames = decode_gif_file(data, expand_animations)
        if op_name in ("DecodePng", "DecodeJpeg"):
            require(len(frames) == 1, f"{op_name} must get one frame, not {len(frames)}")
        whole = op_name == "DecodeGif" or (op_name == "DecodeImage" and expand_animations)
        return _to_dtype(frames if whole else frames[0], dtype)
    if kind == "JPEG":
        require(channels != 4, "channels must be 0, 1 or 3 for JPEG, not 4")
        pixels = _to_dtype(decode_jpeg_file(data, channels, ratio, fast, fancy), dtype)
    else:
        pixels = decode_png_file(data, channels, 8 if dtype == uint8 else 16)
        if dtype == float32:
            pixels = pixels * np.float32(1 / 65535)
    return pixels[None] if op_name == "DecodeGif" else pixels


def _decoded_shape(contents: Spec, channels: int) -> Shape:
    exact_rank(contents, 0, "contents")
    require(channels >= 0, f"channels must be >= 0, not {channels}")
    return (None, None, channels or None)


def _check_jpeg(ratio: int, dct_method: str) -> None:
    require(ratio in (1, 2, 4, 8), f"ratio must be 1, 2, 4 or 8, not {ratio}")
    require(
        dct_method in ("", "INTEGER_FAST", "INTEGER_ACCURATE"),
        f"dct_method must be '', INTEGER_FAST or INTEGER_ACCURATE, not {dct_method[:40]!r}",
    )


@op(
    "DecodeJpeg(contents: string) -> image: uint8",
    source=_SOURCE,
    shape=_decoded_shape,
)
def decode_jpeg(
    contents: Array,
    *,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1.0,
    dct_method: str = "",
) -> Array:
    """The pixels of a JPEG (or PNG, or GIF) file, shrunk by `ratio`.

    Shapes: `[]` -> `[height, width, channels]`; channels 0 stands for as many as the file has.
    Differs: files above 256 KiB or 4 million pixels, CMYK, and files to be shrunk are decoded with INTEGER_ACCURATE
        and fancy upscaling whatever the attributes say; TensorFlow's default, INTEGER_FAST, is off by up to 4 of 255.
        Truncated files are refused whatever the attributes say.
    Raises: InvalidArgumentError for invalid data; UnimplementedError if Pillow is needed and absent.
    """
    _check_jpeg(ratio, dct_method)
    fast = dct_method != "INTEGER_ACCURATE"
    return _decode("DecodeJpeg", contents, channels, ratio=ratio, fast=fast, fancy=fancy_upscaling)


@op(
    "DecodeAndCropJpeg(contents: string, crop_window: int32) -> image: uint8",
    source=_SOURCE,
)
def decode_and_crop_jpeg(
    contents: Array,
    crop_window: Array,
    *,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1.0,
    dct_method: str = "",
) -> Array:
    """The part `[y, x, height, width]` of a JPEG file's pixels.

    Shapes: `[]`, `[4]` -> `[height, width, channels]`.
    Differs: as DecodeJpeg; and colours at the edges of the window are those of the whole image, where TensorFlow
        widens the colour planes of the window alone.
    Raises: InvalidArgumentError for invalid data and windows outside the image.
    """
    _check_jpeg(ratio, dct_method)
    _check_channels(channels)
    data = _content(contents)
    kind = _kind(data)
    require(kind == "JPEG", f"DecodeAndCropJpeg must get JPEG, not {kind}")
    require(channels != 4, "channels must be 0, 1 or 3 for JPEG, not 4")
    if crop_window.shape != (4,):
        require(False, f"crop_window must have shape [4], not {list(crop_window.shape)}")
    y, x, height, width = (int(n) for n in crop_window)
    rows, columns, _ = jpeg_size(data)
    rows, columns = -(-rows // ratio), -(-columns // ratio)
    inside = y >= 0 and x >= 0 and 0 < height <= rows - y and 0 < width <= columns - x
    if not inside:
        require(False, f"crop_window must lie in [{rows}, {columns}], not {[y, x, height, width]}")
    fast = dct_method != "INTEGER_ACCURATE"
    pixels = decode_jpeg_file(data, channels, ratio, fast, fancy_upscaling)
    return np.ascontiguousarray(pixels[y : y + height, x : x + width])


@decode_and_crop_jpeg.shape
def _decode_and_crop_jpeg_shape(contents: Spec, crop_window: Spec, channels: int) -> Shape:
    _, _, depth = _decoded_shape(contents, channels) or (None, None, None)
    same_as(exact_rank(crop_window, 1, "crop_window")[0], 4, "crop_window's length and 4")
    if crop_window.value is None:
        return (None, None, depth)
    return (int(crop_window.value[2]), int(crop_window.value[3]), depth)


@op(
    "DecodePng(contents: string) -> image: dtype",
    dtype=types("uint8 uint16", default="uint8"),
    source=_SOURCE,
    shape=_decoded_shape,
)
def decode_png(contents: Array, *, channels: int = 0, dtype: DType = uint8) -> Array:
    """The pixels of a PNG (or JPEG, or GIF) file.

    Shapes: `[]` -> `[height, width, channels]`; channels 0 stands for as many as the file has.
    Raises: InvalidArgumentError for invalid data; UnimplementedError if Pillow is needed and absent.
    """
    return _decode("DecodePng", contents, channels, dtype)


@op(
    "DecodeBmp(contents: string) -> image: uint8",
    source=_SOURCE,
    shape=_decoded_shape,
)
def decode_bmp(contents: Array, *, channels: int = 0) -> Array:
    """The pixels of a BMP file without compression, with 1, 3 or 4 bytes a pixel; palettes are not applied.

    Shapes: `[]` -> `[height, width, channels]`; channels 0 stands for as many as the file has.
    Raises: InvalidArgumentError for invalid data.
    """
    return _decode("DecodeBmp", contents, channels)


@op("DecodeGif(contents: string) -> image: uint8", source=_SOURCE)
def decode_gif(contents: Array) -> Array:
    """The frames of a GIF file; a PNG or JPEG file is one frame.

    Shapes: `[]` -> `[frames, height, width, 3]`.
    Raises: InvalidArgumentError for invalid data; UnimplementedError if Pillow is needed and absent.
    """
    return _decode("DecodeGif", contents, 3)


@decode_gif.shape
def _decode_gif_shape(contents: Spec) -> Shape:
    exact_rank(contents, 0, "contents")
    return (None, None, None, 3)


@op(
    "DecodeImage(contents: string) -> image: dtype",
    dtype=types("uint8 uint16 float32", default="uint8"),
    source=_SOURCE,
    precision=ROUNDING,
)
def decode_image(
    contents: Array, *, channels: int = 0, dtype: DType = uint8, expand_animations: bool = True
) -> Array:
    """The pixels of a JPEG, PNG, GIF or BMP file; floats lie in [0, 1].

    Shapes: `[]` -> `[height, width, channels]`, for GIF `[frames, height, width, 3]` unless not to be expanded.
    Differs: JPEG as DecodeJpeg.
    Raises: InvalidArgumentError for invalid data; UnimplementedError if Pillow is needed and absent.
    """
    return _decode("DecodeImage", contents, channels, dtype, expand_animations)


@decode_image.shape
def _decode_image_shape(contents: Spec, channels: int, expand_animations: bool) -> Shape:
    shape = _decoded_shape(contents, channels)
    return None if expand_animations else shape


@op(
    "ExtractJpegShape(contents: string) -> image_shape: output_type",
    output_type=INDEX.default_to("int32"),
    source="core/kernels/image/extract_jpeg_shape_op.cc",
)
def extract_jpeg_shape(contents: Array, *, output_type: DType) -> Array:
    """Height, width and channels of a JPEG file, from its header alone.

    Shapes: `[]` -> `[3]`.
    Raises: InvalidArgumentError for other data.
    """
    require_scalar(contents, "contents")
    return np.array(jpeg_size(contents.item()), output_type.numpy)


@extract_jpeg_shape.shape
def _extract_jpeg_shape_shape(contents: Spec) -> Shape:
    exact_rank(contents, 0, "contents")
    return (3,)


def _encode_all(images: Array, encode: Callable[[Array], bytes]) -> Array:
    """The files of the images in all but the last three dimensions."""
    result = np.empty(images.shape[:-3], object)
    flat = images.reshape(-1, *images.shape[-3:])
    result.reshape(-1)[:] = [encode(image) for image in flat]
    return result


def _encode_shape(image: Spec) -> Shape:
    exact_rank(image, 3, "image")
    return ()


@op(
    "EncodeJpeg(image: uint8) -> contents: string",
    source="core/kernels/image/encode_jpeg_op.cc",
    shape=_encode_shape,
)
def encode_jpeg(
    image: Array,
    *,
    format: Literal["", "grayscale", "rgb"] = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: Literal["in", "cm"] = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
) -> Array:
    """A JPEG file.

    Shapes: `[height, width, 1 or 3]` -> `[]`.
    Differs: not byte for byte TensorFlow's file.
    Raises: InvalidArgumentError for other shapes and attributes out of range; UnimplementedError without Pillow.
    """
    require_rank(image, 3, "image")
    height, width, channels = image.shape
    wanted = {"": (1, 3), "grayscale": (1,), "rgb": (3,)}[format]
    require(channels in wanted, f"image must have {wanted} channels, not {channels}")
    require(
        0 < height < 1 << 16 and 0 < width < 1 << 16, f"{height} x {width} must be in [1, 65535]"
    )
    require(0 <= quality <= 100, f"quality must lie in [0, 100], not {quality}")
    for name, density in (("x_density", x_density), ("y_density", y_density)):
        require(0 <= density < 1 << 16, f"{name} must lie in [0, 65535], not {density}")
    file = encode_jpeg_file(
        image,
        quality,
        progressive=progressive,
        optimize=optimize_size,
        downsample=chroma_downsampling,
        density=(1 if density_unit == "in" else 2, x_density, y_density),
        xmp=as_bytes(xmp_metadata),
    )
    return _encode_all(image, lambda _: file)


@op(
    "EncodeJpegVariableQuality(images: uint8, quality: int32) -> contents: string",
    source="core/kernels/image/encode_jpeg_op.cc",
)
def encode_jpeg_variable_quality(images: Array, quality: Array) -> Array:
    """A JPEG file of the given quality.

    Shapes: `[height, width, 1 or 3]`, `[]` -> `[]`.
    Differs: not byte for byte TensorFlow's file.
    Raises: InvalidArgumentError for other shapes or qualities; UnimplementedError without Pillow.
    """
    require_scalar(quality, "quality")
    file: Array = encode_jpeg.kernel(images, quality=int(quality))
    return file


@encode_jpeg_variable_quality.shape
def _encode_jpeg_variable_quality_shape(images: Spec, quality: Spec) -> Shape:
    return _encode_shape(images)


@op(
    "EncodePng(image: T) -> contents: string",
    T=types("uint8 uint16", default="uint8"),
    source="core/kernels/image/encode_png_op.cc",
)
def encode_png(image: Array, *, compression: int = -1) -> Array:
    """A PNG file of grey, grey with alpha, RGB or RGB with alpha; one for each image of a batch.

    Shapes: `[..., height, width, 1 to 4]` -> `[...]`.
    Differs: not byte for byte TensorFlow's file.
    Raises: InvalidArgumentError for other shapes or a compression outside [-1, 9].
    """
    require(-1 <= compression <= 9, f"compression must lie in [-1, 9], not {compression}")
    if image.ndim < 3:
        require(False, f"image must have rank >= 3, not shape {list(image.shape)}")
    height, width, channels = image.shape[-3:]
    require(1 <= channels <= 4, f"image must have 1 to 4 channels, not {channels}")
    require(height > 0 and width > 0, f"image must not be empty, not of shape {list(image.shape)}")
    require_output(image.shape, 2)
    return _encode_all(image, lambda one: write_png(one, compression))


@encode_png.shape
def _encode_png_shape(image: Spec) -> Shape:
    shape = at_least_rank(image, 3, "image")
    return None if shape is None else shape[:-3]
