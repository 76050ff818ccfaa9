"""PNG files without a library: writing any, and reading those with 16-bit colours, which Pillow cuts to 8 bits.

Source: the PNG specification, https://www.w3.org/TR/png/.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

import numpy as np

from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.registry import Array

__all__ = ["PngHeader", "read_png16", "read_png_header", "write_png"]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Colour type → channels; type 3 is a palette.
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


class PngHeader(NamedTuple):
    """What the first chunks of a PNG file say.

    Attributes:
        width, height: in pixels.
        depth: bits of a channel, or of a place in the palette.
        color: the colour type: 0 grey, 2 RGB, 3 palette, 4 grey with alpha, 6 RGB with alpha.
        interlaced: whether the pixels come in seven passes.
        transparency: whether a tRNS chunk gives some colours an alpha.
    """

    width: int
    height: int
    depth: int
    color: int
    interlaced: bool
    transparency: bool


def _chunks(data: bytes) -> list[tuple[bytes, memoryview]]:
    """Name and content of each chunk up to the end, or to where the file breaks off."""
    view, offset, found = memoryview(data), len(_SIGNATURE), []
    while offset + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, offset)
        content = view[offset + 8 : offset + 8 + length]
        if len(content) < length:
            break
        found.append((name, content))
        offset += 12 + length
    return found


def read_png_header(data: bytes) -> PngHeader:
    """The header of a PNG file.

    Raises:
        InvalidArgumentError: there is none.
    """
    chunks = _chunks(data)
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise InvalidArgumentError("a PNG file must begin with a header of 13 bytes")
    width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    if color not in _CHANNELS or depth not in (1, 2, 4, 8, 16) or not width or not height:
        raise InvalidArgumentError(
            f"a PNG file must have a size, a depth and a colour type, not {width} x {height}, "
            f"{depth}, {color}"
        )
    names = {name for name, _ in chunks}
    return PngHeader(width, height, depth, color, bool(interlace), b"tRNS" in names)


def _average(line: Array, above: Array, step: int) -> Array:
    row, up = line.tolist(), above.tolist()
    for i in range(len(row)):
        left = row[i - step] if i >= step else 0
        row[i] = (row[i] + (left + up[i]) // 2) & 255
    return np.array(row, np.uint8)


def _paeth(line: Array, above: Array, step: int) -> Array:
    row, up = line.tolist(), above.tolist()
    for i in range(len(row)):
        a, b, c = (row[i - step], up[i], up[i - step]) if i >= step else (0, up[i], 0)
        from_a, from_b, from_c = abs(b - c), abs(a - c), abs(a + b - 2 * c)
        upper = b if from_b <= from_c else c
        row[i] = (row[i] + (a if from_a <= min(from_b, from_c) else upper)) & 255
    return np.array(row, np.uint8)


def _unfilter(kind: int, line: Array, above: Array, step: int) -> Array:
    """One row of bytes from the differences in the file; `step` bytes are a pixel."""
    if kind == 0:
        return line
    if kind == 1:
        return np.add.accumulate(line.reshape(-1, step), axis=0, dtype=np.uint8).reshape(-1)
    if kind == 2:
        return line + above
    if kind == 3:
        return _average(line, above, step)
    if kind == 4:
        return _paeth(line, above, step)
    raise InvalidArgumentError(f"a row's filter must lie in [0, 5), not {kind}")


def read_png16(data: bytes, header: PngHeader) -> Array:
    """[height, width, channels] uint16 of a PNG file with 16 bits a channel.

    Raises:
        InvalidArgumentError: the pixels are incomplete or not compressed as they should be.
        UnimplementedError: the file is interlaced.
    """
    if header.interlaced:
        raise UnimplementedError("interlaced PNG files with 16 bits a channel")
    step = 2 * _CHANNELS[header.color]
    width = 1 + step * header.width
    packed = b"".join(content for name, content in _chunks(data) if name == b"IDAT")
    try:
        raw = zlib.decompressobj().decompress(packed, width * header.height)
    except zlib.error as error:
        raise InvalidArgumentError(f"PNG pixels must be a zlib stream: {error}") from None
    if len(raw) < width * header.height:
        raise InvalidArgumentError(
            f"PNG pixels must have {width * header.height} bytes, not {len(raw)}"
        )
    lines = np.frombuffer(raw, np.uint8).reshape(header.height, width)
    result = np.zeros((header.height, width - 1), np.uint8)
    above = np.zeros(width - 1, np.uint8)
    for number, line in enumerate(lines):
        above = result[number] = _unfilter(int(line[0]), line[1:], above, step)
    return result.view(">u2").astype(np.uint16).reshape(header.height, header.width, step // 2)


def write_png(image: Array, level: int) -> bytes:
    """A PNG file of a uint8 or uint16 image [height, width, 1 to 4]; each byte is stored as a difference to the left."""
    height, width, channels = image.shape
    big = np.ascontiguousarray(image, dtype=image.dtype.newbyteorder(">"))
    lines = big.view(np.uint8).reshape(height, width, channels * image.itemsize)
    filtered = np.ones((height, 1 + lines[0].size), np.uint8)
    differences = lines.copy()
    differences[:, 1:] -= lines[:, :-1]
    filtered[:, 1:] = differences.reshape(height, -1)
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 8 * image.itemsize, color, 0, 0, 0)
    parts = [_SIGNATURE]
    for name, content in (
        (b"IHDR", head),
        (b"IDAT", zlib.compress(filtered.tobytes(), level)),
        (b"IEND", b""),
    ):
        checksum = zlib.crc32(name + content)
        parts += [struct.pack(">I", len(content)), name, content, struct.pack(">I", checksum)]
    return b"".join(parts)
