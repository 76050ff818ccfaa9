"""Compressed strings."""

from __future__ import annotations

import zlib

from minihub_runtime.errors import InvalidArgumentError, ResourceExhaustedError
from minihub_runtime.ops.checking import MEMORY_LIMIT
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.text.arrays import flat_strings, string_array

__all__: list[str] = []

#: The window bits that zlib wants for each format.
_WINDOW = {"ZLIB": zlib.MAX_WBITS, "GZIP": zlib.MAX_WBITS + 16}
#: How much one step may decompress to, so that a bomb is noticed in time.
_STEP = 1 << 24


def _inflated(data: bytes, kind: str, room: int) -> bytes:
    """The content of `data`, as far as it goes; of several GZIP members one after the other."""
    parts: list[bytes] = []
    while data:
        stream = zlib.decompressobj(_WINDOW[kind])
        while data and not stream.eof:
            try:
                parts.append(stream.decompress(data, _STEP))
            except zlib.error as error:
                raise InvalidArgumentError(f"bytes must be {kind}: {error}") from None
            room -= len(parts[-1])
            if room < 0:
                raise ResourceExhaustedError(f"output must take at most {MEMORY_LIMIT} bytes")
            data = stream.unconsumed_tail
            if not data and not stream.eof and not parts[-1]:
                break
        data = stream.unused_data if kind == "GZIP" else b""
    return b"".join(parts)


@op(
    "DecodeCompressed(bytes: string) -> output: string",
    source="core/kernels/decode_compressed_op.cc",
    shape=same,
)
def decode_compressed(bytes: Array, *, compression_type: str = "") -> Array:
    """The content of each string, compressed as ZLIB or GZIP, or not at all.

    Whatever follows ZLIB data is ignored, and where data breaks off, what came before is the result.
    Raises: InvalidArgumentError for another compression type, or bytes that are not of that type.
    """
    if compression_type not in ("", *_WINDOW):
        raise InvalidArgumentError(
            f"compression_type must be '', 'ZLIB' or 'GZIP', not {compression_type!r}"
        )
    if not compression_type:
        return bytes.copy()
    room = MEMORY_LIMIT
    found = []
    for data in flat_strings(bytes):
        found.append(_inflated(data, compression_type, room))
        room -= len(found[-1])
    return string_array(found, bytes.shape)
