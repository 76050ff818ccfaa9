"""Image files to pixels and back: the one place that uses Pillow.

Pillow is an extra, imported when a file is first decoded; headers are read without it, so that a file that claims to be
huge is refused before anything is allocated.
"""

from __future__ import annotations

import importlib.util
import io
import struct
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.image_shapes import require_output
from minihub_runtime.ops.jpeg import decode_jpeg_planes
from minihub_runtime.ops.png import PngHeader, read_png16, read_png_header
from minihub_runtime.ops.registry import Array

__all__ = [
    "decode_bmp_file",
    "decode_gif_file",
    "decode_jpeg_file",
    "decode_png_file",
    "encode_jpeg_file",
    "jpeg_size",
]

#: The largest image that is decoded; Pillow warns of more.
MAX_PIXELS = 1 << 26

#: JPEG files up to this size are decoded bit for bit as TensorFlow does, at 2 microseconds a byte; larger ones as
#: Pillow does, in hundredths of that time.
EXACT_BYTES = 1 << 18
EXACT_PIXELS = 1 << 22


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise UnimplementedError(
            'PNG, GIF and some JPEG files need Pillow: pip install "minihub[images]"'
        ) from None
    return Image


def _check_pixels(height: int, width: int) -> None:
    if height <= 0 or width <= 0 or height * width > MAX_PIXELS:
        require(False, f"an image must have 1 to {MAX_PIXELS} pixels, not {height} rows of {width}")


class _Reading:
    """Pillow's many ways to say that a file is broken, as one error."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and not isinstance(
            error, (InvalidArgumentError, UnimplementedError, MemoryError)
        ):
            raise InvalidArgumentError(
                f"contents must be a whole {self.kind} file: {error}"
            ) from error


def jpeg_size(data: bytes) -> tuple[int, int, int]:
    """Height, width and number of components that a JPEG file's frame header names.

    Raises:
        InvalidArgumentError: there is no such header.
    """
    offset = 2
    found = data[:2] == b"\xff\xd8"
    while found and offset + 4 <= len(data):
        if data[offset] != 0xFF:
            break
        marker = data[offset + 1]
        if marker == 0xFF:
            offset += 1
            continue
        if marker in range(0xC0, 0xD0) and marker not in (0xC4, 0xC8, 0xCC):
            if offset + 10 > len(data):
                break
            height, width, components = struct.unpack_from(">HHB", data, offset + 5)
            return height, width, components
        if marker == 0xDA:
            break
        alone = marker == 0x01 or marker in range(0xD0, 0xD9)
        offset += 2 if alone else 2 + struct.unpack_from(">H", data, offset + 2)[0]
    raise InvalidArgumentError("contents must be a JPEG file with a frame header")


def _has_pillow() -> bool:
    return importlib.util.find_spec("PIL") is not None


def decode_jpeg_file(
    data: bytes, channels: int, ratio: int, fast: bool = True, fancy: bool = True
) -> Array:
    """[height, width, channels] uint8, shrunk by `ratio` while decoding; CMYK becomes RGB.

    `fast` stands for the fast inverse transform, `fancy` for smoothed colour planes.
    """
    height, width, components = jpeg_size(data)
    _check_pixels(height, width)
    if components == 4:
        require(channels != 1, "channels must be 0 or 3 for CMYK, not 1")
    small = len(data) <= EXACT_BYTES and height * width <= EXACT_PIXELS
    pillow_differs = fast or not fancy
    if ratio == 1 and components != 4 and ((small and pillow_differs) or not _has_pillow()):
        try:
            return decode_jpeg_planes(data, channels, fast, fancy)
        except UnimplementedError:
            # Rare kinds of JPEG are left to Pillow, or to its absence to report.
            pass
    mode = {0: None, 1: "L", 3: "RGB"}[channels]
    image_module = _pillow()
    with _Reading("JPEG"):
        image = image_module.open(io.BytesIO(data), formats=["JPEG"])
        image.draft(mode or image.mode, (max(1, width // ratio), max(1, height // ratio)))
        if image.size != (-(-width // ratio), -(-height // ratio)):
            raise UnimplementedError(f"ratio {ratio} for an image of {height} rows of {width}")
        if image.mode == "CMYK":
            ink = np.asarray(image).astype(np.int32)
            paper = 255 - ink
            return (paper[..., :3] * paper[..., 3:] // 255).astype(np.uint8)
        if mode is not None and image.mode != mode:
            image = image.convert(mode)
        pixels = np.array(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels


def decode_png_file(data: bytes, channels: int, bits: int) -> Array:
    """[height, width, channels], uint8 for 8 bits and uint16 for 16."""
    header = read_png_header(data)
    _check_pixels(header.height, header.width)
    if channels == 0:
        channels = {0: 1, 2: 3, 3: 4 if header.transparency else 3, 4: 2, 6: 4}[header.color]
    # Greys of 16 bits have no transparency in Pillow; colours lose their lower bits, which a grey of them needs.
    exact = bits == 16 or header.color == 0 or channels < 3
    if header.depth == 16 and exact:
        return _to_bits(_shape_channels(_with_key(data, header), channels, 65535), 16, bits)
    image_module = _pillow()
    with _Reading("PNG"):
        image = image_module.open(io.BytesIO(data), formats=["PNG"])
        has_alpha = header.color in (4, 6) or header.transparency
        if header.color in (0, 4):
            mode = "LA" if has_alpha else "L"
        else:
            mode = "RGBA" if has_alpha else "RGB"
        if header.color == 0 and has_alpha:
            image = image.convert("RGBA").convert("LA")
        pixels = np.array(image.convert(mode))
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    # libpng fills up the alpha of palettes and small greys before it widens them.
    opaque = 255 if header.depth >= 8 else (1 << header.depth) - 1
    return _to_bits(_shape_channels(pixels, channels, opaque), 8, bits)


def _with_key(data: bytes, header: PngHeader) -> Array:
    """16-bit pixels; one transparent colour, if the file has one, is an alpha channel."""
    pixels = read_png16(data, header)
    if not header.transparency or header.color not in (0, 2):
        return pixels
    place = data.index(b"tRNS") + 4
    count = pixels.shape[2]
    if place + 2 * count > len(data):
        raise InvalidArgumentError("a PNG file's transparent colour must be complete")
    key = np.frombuffer(data, ">u2", count, place)
    alpha = np.where((pixels == key).all(axis=-1, keepdims=True), 0, 65535).astype(np.uint16)
    return np.concatenate([pixels, alpha], axis=-1)


def _to_bits(pixels: Array, have: int, want: int) -> Array:
    if have == want:
        return pixels
    if want == 16:
        return pixels.astype(np.uint16) * np.uint16(257)
    return (pixels >> 8).astype(np.uint8)


def _shape_channels(pixels: Array, channels: int, opaque: int) -> Array:
    """Pixels with 1 (grey), 2 (grey and alpha), 3 (RGB) or 4 (RGB and alpha) channels from any of these."""
    have = pixels.shape[-1]
    if have == channels:
        return pixels
    colors, alpha = (pixels, None) if have % 2 else (pixels[..., :-1], pixels[..., -1:])
    if channels < 3 and colors.shape[-1] == 3:
        colors = _grey(colors)
    elif channels >= 3 and colors.shape[-1] == 1:
        colors = np.repeat(colors, 3, axis=-1)
    if channels % 2:
        return np.ascontiguousarray(colors)
    if alpha is None:
        alpha = np.full((*pixels.shape[:-1], 1), opaque, pixels.dtype)
    return np.concatenate([colors, alpha], axis=-1)


def _grey(colors: Array) -> Array:
    """Libpng's grey: fixed-point shares, rounded for 16 bits, cut for 8."""
    shares = np.array([9797, 19234, 3737], np.uint32)
    total = (colors.astype(np.uint32) * shares).sum(axis=-1, keepdims=True, dtype=np.uint32)
    rounded = total + (16384 if colors.dtype == np.uint16 else 0)
    return (rounded >> 15).astype(colors.dtype)


def decode_gif_file(data: bytes, every_frame: bool) -> Array:
    """[frames, height, width, 3] uint8: every frame, or the first one."""
    if len(data) < 10:
        raise InvalidArgumentError("contents must be a whole GIF file")
    width, height = struct.unpack_from("<HH", data, 6)
    _check_pixels(height, width)
    image_module = _pillow()
    with _Reading("GIF"):
        image = image_module.open(io.BytesIO(data), formats=["GIF"])
        count = image.n_frames if every_frame else 1
        # A frame may be larger than the screen the header names.
        frames = np.empty(require_output((count, image.height, image.width, 3), 1), np.uint8)
        for number in range(count):
            image.seek(number)
            frames[number] = np.asarray(image.convert("RGB"))
    return frames


def decode_bmp_file(data: bytes, channels: int) -> Array:
    """[height, width, channels] uint8 of an uncompressed BMP file."""
    require(len(data) >= 32, f"a BMP file must have 32 bytes or more, not {len(data)}")
    start, width, height = (struct.unpack_from("<i", data, place)[0] for place in (10, 18, 22))
    depth = struct.unpack_from("<h", data, 28)[0]
    have = int(depth / 8)
    require(have in (1, 3, 4), f"a BMP file must have 1, 3 or 4 channels, not {have}")
    require(start >= 0, f"a BMP file's pixels must begin at >= 0, not {start}")
    rows = abs(height)
    _check_pixels(rows, width)
    row_size = (have * width + 3) // 4 * 4
    if len(data) != start + row_size * rows:
        require(
            False, f"a BMP file must have {start + row_size * rows} bytes here, not {len(data)}"
        )
    lines = np.frombuffer(data, np.uint8, row_size * rows, start).reshape(rows, row_size)
    pixels = lines[:: -1 if height > 0 else 1, : have * width].reshape(rows, width, have)
    if have >= 3:
        pixels = pixels[..., [2, 1, 0, 3][:have]]
    wanted = channels or have
    if wanted >= 3 and have == 1:
        pixels = np.repeat(pixels, 3, axis=-1)
    if wanted == 4 and have != 4:
        opaque = np.full((rows, width, 1), 255, np.uint8)
        return np.concatenate([pixels, opaque], axis=-1)
    return np.ascontiguousarray(pixels[..., :wanted])


def encode_jpeg_file(
    image: Array,
    quality: int,
    *,
    progressive: bool,
    optimize: bool,
    downsample: bool,
    density: tuple[int, int, int],
    xmp: bytes,
) -> bytes:
    """A JPEG file of an image [height, width, 1 or 3]; `density` is unit (1 inch, 2 centimetre), across, down."""
    image_module = _pillow()
    pixels = np.ascontiguousarray(image[..., 0] if image.shape[-1] == 1 else image)
    stream = io.BytesIO()
    image_module.fromarray(pixels).save(
        stream,
        "JPEG",
        quality=max(quality, 1),
        progressive=progressive,
        optimize=optimize,
        subsampling=2 if downsample else 0,
        dpi=(72, 72),
    )
    data = bytearray(stream.getvalue())
    # Pillow knows inches only, and TensorFlow writes XMP right behind the JFIF header.
    if data[6:11] != b"JFIF\0":
        raise InvalidArgumentError("a JPEG file must begin with a JFIF header")
    struct.pack_into(">BHH", data, 13, *density)
    if xmp:
        label = b"http://ns.adobe.com/xap/1.0/\0"
        length = 2 + len(label) + len(xmp)
        require(length < 1 << 16, f"xmp_metadata must fit 65535 bytes, not {length}")
        end = 4 + struct.unpack_from(">H", data, 4)[0]
        data[end:end] = b"\xff\xe1" + struct.pack(">H", length) + label + xmp
    return bytes(data)
