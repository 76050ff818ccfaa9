"""Snappy, as some TensorFlow builds compress the blocks of an index.

    data    := length:varint element*
    element := literal | copy, told apart by the two low bits of a tag

    tag & 3   what follows
    0         (tag >> 2) + 1 bytes; for 60 to 63 their number minus one stands in 1 to 4 bytes after the tag
    1         4 to 11 bytes from up to 2 kB before: length in 3 bits of the tag, offset in 3 bits and one byte
    2, 3      (tag >> 2) + 1 bytes from the offset before that stands in 2 or 4 bytes

Source: the format description of google/snappy, `format_description.txt`.
"""

from __future__ import annotations

from minihub_runtime.checkpoint.varint import read_varint
from minihub_runtime.errors import DataLossError

__all__ = ["decompress"]

#: An element of three bytes stands for at most 64, so no honest length is larger than this many times the data.
MAX_RATIO = 32


def decompress(data: bytes) -> bytes:
    """The bytes that `data` stands for.

    Raises:
        DataLossError: it is no Snappy data, or does not have the length it claims.
    """
    length, position = read_varint(data, 0, len(data))
    if length > MAX_RATIO * len(data) + 64:
        raise DataLossError(f"{len(data)} bytes of Snappy cannot stand for {length}")
    result = bytearray()
    while position < len(data):
        tag = data[position]
        position += 1
        if tag & 3 == 0:
            size, position = _literal_size(data, tag, position)
            if position + size > len(data):
                raise DataLossError(f"a Snappy literal of {size} bytes must end within the data")
            result += data[position : position + size]
            position += size
        else:
            size, offset, position = _copy(data, tag, position)
            if not 0 < offset <= len(result):
                raise DataLossError(
                    f"a Snappy copy must begin in the {len(result)} bytes before it, not {offset} "
                    "before"
                )
            # A copy may overlap what it writes: then the bytes before it repeat.
            piece = bytes(result[-offset:][:size])
            result += (piece * (size // len(piece) + 1))[:size]
        if len(result) > length:
            break
    if len(result) != length:
        raise DataLossError(f"Snappy data must stand for {length} bytes, not {len(result)}")
    return bytes(result)


def _literal_size(data: bytes, tag: int, position: int) -> tuple[int, int]:
    size = tag >> 2
    if size < 60:
        return size + 1, position
    width = size - 59
    return _number(data, position, width) + 1, position + width


def _copy(data: bytes, tag: int, position: int) -> tuple[int, int, int]:
    if tag & 3 == 1:
        offset = (tag >> 5) << 8 | _number(data, position, 1)
        return (tag >> 2 & 7) + 4, offset, position + 1
    width = 2 if tag & 3 == 2 else 4
    return (tag >> 2) + 1, _number(data, position, width), position + width


def _number(data: bytes, position: int, width: int) -> int:
    if position + width > len(data):
        raise DataLossError("Snappy data must not end within an element")
    return int.from_bytes(data[position : position + width], "little")
