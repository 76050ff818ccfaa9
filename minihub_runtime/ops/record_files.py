"""Reading files of records, compressed or not, piece by piece.

    length (8 bytes) · masked CRC-32C of the length (4) · data · masked CRC-32C of the data (4)

is a TFRecord, all little-endian.

Source: tensorflow/core/lib/io/record_reader.cc, zlib_inputstream.cc.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO, TypeAlias

from minihub_runtime.checkpoint.crc32c import masked_crc32c
from minihub_runtime.errors import DataLossError

__all__ = ["CRC", "LENGTH", "WINDOW", "Inflating", "raw_records", "record_of", "records"]

LENGTH = struct.Struct("<Q")
CRC = struct.Struct("<I")
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
    if masked_crc32c(record) != CRC.unpack(data[-4:])[0]:
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


def _checked(header: bytes, offset: int) -> int:
    """The length that a header tells."""
    if masked_crc32c(header[:8]) != CRC.unpack(header[8:])[0]:
        hint = " (Is this even a TFRecord file?)" if offset == 0 else ""
        raise DataLossError(f"corrupted record at {offset}{hint}")
    length: int = LENGTH.unpack(header[:8])[0]
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
