"""Integers of seven bits a byte, the lowest first."""

from __future__ import annotations

from minihub_runtime.errors import DataLossError

__all__ = ["read_varint", "varint"]


def read_varint(data: bytes | memoryview, position: int, limit: int) -> tuple[int, int]:
    """The number at `position`, and the position after it.

    Raises:
        DataLossError: it does not end before `limit`, or does not fit in 64 bits.
    """
    value = 0
    for index in range(10):
        if position >= limit:
            raise DataLossError("a varint must end within its block, but goes on past the end")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            if value >> 64:
                break
            return value, position
    raise DataLossError("a varint must fit in 64 bits, but is longer")


def varint(value: int) -> bytes:
    """`value` >= 0 in groups of seven bits, lowest first."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
