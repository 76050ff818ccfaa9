"""Files of records, compressed or not: reading them piece by piece, and what is written.

    length (8 bytes) · masked CRC-32C of the length (4) · data · masked CRC-32C of the data (4)

is a TFRecord, all little-endian.

Source: tensorflow/core/lib/io/record_reader.cc, record_writer.cc, zlib_inputstream.cc.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Callable, Generator, Iterator
from typing import Any, BinaryIO, TypeAlias

import numpy as np

from minihub_runtime.checkpoint.crc32c import masked_crc32c
from minihub_runtime.errors import DataLossError
from minihub_runtime.ops.checking import allocatable

__all__ = [
    "WINDOW",
    "Inflating",
    "compressor",
    "framed",
    "lines",
    "raw_records",
    "record_of",
    "records",
]

_LENGTH = struct.Struct("<Q")
_CRC = struct.Struct("<I")
_CHUNK = 256 * 1024
#: Compression → window bits of zlib, which also tell the format.
WINDOW = {"ZLIB": zlib.MAX_WBITS, "GZIP": zlib.MAX_WBITS + 16}


#: Where in its file the data of a record begins, and the data with its checksum.
Raw: TypeAlias = "tuple[int, bytes]"


def raw_records(file: BinaryIO, kind: str) -> Generator[Raw, None, None]:
    """The records of an open file, which is closed at the end; a header cut short is the end.

    Raises:
        DataLossError: the length of a record is corrupted, or a record truncated.
    """
    with file:
        read = Inflating(file, WINDOW[kind]).read if kind else file.read
        offset = 0
        while True:
            header = read(12)
            if len(header) < 12:
                return
            length = _checked(header, offset)
            yield offset + 12, _read_exactly(read, length + 4, offset)
            offset += 16 + length


def record_of(raw: Raw) -> bytes:
    """The data of a record.

    Raises:
        DataLossError: they are corrupted.
    """
    offset, data = raw
    record = data[:-4]
    if masked_crc32c(record) != _CRC.unpack(data[-4:])[0]:
        raise DataLossError(f"corrupted record at {offset}")
    return record


def records(file: BinaryIO, kind: str) -> Iterator[bytes]:
    """The records of an open file, which is closed at the end; a header cut short is the end.

    Raises:
        DataLossError: a record is corrupted or truncated.
    """
    with contextlib.closing(raw_records(file, kind)) as found:
        for raw in found:
            yield record_of(raw)


def lines(file: BinaryIO, kind: str) -> Generator[bytes, None, None]:
    """The lines of an open file, which is closed at the end: a line feed ends one, and carriage returns are no part of any."""
    with file:
        source = Inflating(file, WINDOW[kind]).read if kind else file.read
        pieces: list[bytes] = []
        total = 0
        while chunk := source(_CHUNK):
            *ended, rest = chunk.split(b"\n")
            for line in ended:
                yield b"".join([*pieces, line]).replace(b"\r", b"")
                pieces, total = [], 0
            pieces.append(rest)
            total += len(rest)
            # A line of a compressed file may be far longer than the file.
            allocatable([total], np.uint8, "a line")
        if total:
            yield b"".join(pieces).replace(b"\r", b"")


def framed(record: bytes) -> bytes:
    """A record as it stands in a file."""
    length = _LENGTH.pack(len(record))
    parts = [length, _CRC.pack(masked_crc32c(length)), record, _CRC.pack(masked_crc32c(record))]
    return b"".join(parts)


def compressor(
    kind: str,
    level: int | None = None,
    method: int | None = None,
    window_bits: int | None = None,
    mem_level: int | None = None,
    strategy: int | None = None,
) -> Any:
    """What compresses a file of a kind, with the settings of zlib; None if nothing does."""
    if not kind:
        return None
    return zlib.compressobj(
        zlib.Z_DEFAULT_COMPRESSION if level is None else level,
        zlib.DEFLATED if method is None else method,
        WINDOW[kind] if window_bits is None else window_bits,
        # TensorFlow's default, one more than zlib's own.
        9 if mem_level is None else mem_level,
        strategy or zlib.Z_DEFAULT_STRATEGY,
    )


def _checked(header: bytes, offset: int) -> int:
    """The length that a header tells."""
    if masked_crc32c(header[:8]) != _CRC.unpack(header[8:])[0]:
        hint = " (Is this even a TFRecord file?)" if offset == 0 else ""
        raise DataLossError(f"corrupted record at {offset}{hint}")
    length: int = _LENGTH.unpack(header[:8])[0]
    return length


def _read_exactly(read: Callable[[int], bytes], count: int, offset: int) -> bytes:
    """`count` bytes, taken in pieces so that a wrong length costs no more than the file is long."""
    pieces = []
    while count:
        piece = read(min(count, _CHUNK))
        if not piece:
            raise DataLossError(
                f"truncated record at {offset}' failed with Read less bytes than requested"
            )
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


class Inflating:
    """Reads a compressed file."""

    def __init__(self, file: BinaryIO, window_bits: int) -> None:
        self._file = file
        self._window_bits = window_bits
        self._inflate = zlib.decompressobj(window_bits)
        self._rest = b""

    def read(self, count: int) -> bytes:
        """Up to `count` bytes; fewer at the end only."""
        pieces = []
        while count:
            piece = self._some(count)
            if not piece:
                break
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)

    def _some(self, count: int) -> bytes:
        """At least one byte and at most `count`; none at the end."""
        while True:
            if self._inflate.eof:
                self._rest = self._inflate.unused_data or self._file.read(_CHUNK)
                if not self._rest:
                    return b""
                # Files may be compressed streams one after the other.
                self._inflate = zlib.decompressobj(self._window_bits)
            elif not self._rest:
                self._rest = self._file.read(_CHUNK)
            ended = not self._rest
            try:
                piece = self._inflate.decompress(self._rest, count)
            except zlib.error as error:
                raise DataLossError(f"inflate() failed: {error}") from None
            self._rest = self._inflate.unconsumed_tail
            if piece or ended:
                return piece
