r"""Sorted tables of keys and values, the format of a checkpoint's index: LevelDB's, without filters.

    file   := block* metaindex-block index-block footer
    block  := entry* restart:u32* number-of-restarts:u32   type:u8 masked-crc32c(block, type):u32
    entry  := shared:varint own:varint length:varint  key[shared:]  value
    footer := metaindex-handle index-handle, zeros up to 40 bytes, magic:u64
    handle := offset:varint size:varint

A key shares its first bytes with the key before it, except at restarts.  The index block maps a key that is not below
the last key of a block to the block's handle.  Integers are little-endian.  Every length is compared with what is
there before it is used, and every block with its checksum.

Source: tensorflow/tsl/lib/io/format.cc, block.cc, block_builder.cc, table_builder.cc.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator
from typing import BinaryIO, TypeAlias

from minihub_runtime.checkpoint.crc32c import crc32c, mask, masked_crc32c
from minihub_runtime.checkpoint.snappy import decompress
from minihub_runtime.checkpoint.varint import read_varint, varint
from minihub_runtime.errors import DataLossError, InvalidArgumentError, clip

__all__ = ["BLOCK_SIZE", "Table", "read_table", "read_varint", "varint", "write_table"]

_Data: TypeAlias = "bytes | memoryview"
_Handle: TypeAlias = tuple[int, int]

MAGIC = 0xDB4775248B80FB57
FOOTER_SIZE = 48
TRAILER_SIZE = 5
#: The type of a block that is compressed.
SNAPPY = 1
RESTART_INTERVAL = 16
BLOCK_SIZE = 262144


def read_table(data: bytes, what: str) -> list[tuple[bytes, bytes]]:
    """All entries, keys strictly increasing.

    Args:
        data: the whole file.
        what: the file's name, for messages.

    Raises:
        DataLossError: the bytes are no such table.
    """
    try:
        return list(_entries_of_table(data))
    except DataLossError as error:
        raise type(error)(f"{clip(what)} is not a readable table: {error.message}") from error


class Table:
    """A table whose blocks are read, and compared with their checksums, when they are wanted.

    Args:
        data: the whole file, or a map of it.
        what: the file's name, for messages.

    Raises:
        DataLossError: the bytes are no such table.
    """

    def __init__(self, data: _Data, what: str) -> None:
        self._data = data
        self._what = what
        self._read: tuple[_Handle, dict[bytes, _Data]] | None = None
        try:
            index = list(_index_of_table(data))
        except DataLossError as error:
            raise self._damaged(error) from error
        self._last_keys = [key for key, _ in index]
        self._handles = [handle for _, handle in index]
        if self._last_keys != sorted(self._last_keys):
            raise self._damaged(DataLossError("the keys of its index must increase"))

    def get(self, key: bytes) -> bytes | None:
        """The value of a key, or None.

        Raises:
            DataLossError: the block where it belongs is damaged.
        """
        place = bisect.bisect_left(self._last_keys, key)
        if place == len(self._handles):
            return None
        handle = self._handles[place]
        # What is wanted next lies in the same block as a rule.  Threads may replace it at any time.
        read = self._read
        if read is None or read[0] != handle:
            footer = len(self._data) - FOOTER_SIZE
            try:
                read = handle, dict(_entries_of_block(_block(self._data, handle, footer)))
            except DataLossError as error:
                raise self._damaged(error) from error
            self._read = read
        value = read[1].get(key)
        return None if value is None else bytes(value)

    def _damaged(self, error: DataLossError) -> DataLossError:
        return DataLossError(f"{clip(self._what)} is not a readable table: {error.message}")


def _index_of_table(data: _Data) -> Iterator[tuple[bytes, _Handle]]:
    """For each block a key that is not below its last one, and where it lies."""
    if len(data) < FOOTER_SIZE:
        raise DataLossError(f"it must have at least {FOOTER_SIZE} bytes, not {len(data)}")
    magic = int.from_bytes(data[-8:], "little")
    if magic != MAGIC:
        raise DataLossError(f"it must end with {MAGIC:#x}, not {magic:#x}")
    footer = len(data) - FOOTER_SIZE
    metaindex, position = _read_handle(data, footer, len(data) - 8)
    index, _ = _read_handle(data, position, len(data) - 8)
    _block(data, metaindex, footer)
    previous = (0, -TRAILER_SIZE)
    for key, value in _entries_of_block(_block(data, index, footer)):
        handle, _ = _read_handle(value, 0, len(value))
        if handle == previous:
            # TensorFlow accepts several index entries for one block; they say nothing new.
            continue
        end = previous[0] + previous[1] + TRAILER_SIZE
        if handle[0] < end:
            raise DataLossError(
                f"its blocks must follow each other, but one ends at {end} and the next starts at {handle[0]}"
            )
        previous = handle
        yield key, handle


def _entries_of_table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    footer = len(data) - FOOTER_SIZE
    last: bytes | None = None
    for _, handle in _index_of_table(data):
        for key, value in _entries_of_block(_block(data, handle, footer)):
            entry = key, bytes(value)
            if last is not None and entry[0] <= last:
                raise DataLossError(
                    f"its keys must increase, but {_show(entry[0])} follows {_show(last)}"
                )
            last = entry[0]
            yield entry


def _read_handle(data: _Data, position: int, limit: int) -> tuple[_Handle, int]:
    offset, position = read_varint(data, position, limit)
    size, position = read_varint(data, position, limit)
    return (offset, size), position


def _block(data: _Data, handle: _Handle, limit: int) -> _Data:
    """The contents of a block, checked."""
    offset, size = handle
    end = offset + size
    if end + TRAILER_SIZE > limit:
        raise DataLossError(
            f"a block must lie in the first {limit} bytes, but goes from {offset} to {end + TRAILER_SIZE}"
        )
    kind = data[end]
    stored = int.from_bytes(data[end + 1 : end + TRAILER_SIZE], "little")
    found = masked_crc32c(data[offset : end + 1])
    if stored != found:
        raise DataLossError(
            f"the checksum of the block at {offset} must be {stored:#010x}, but is {found:#010x}"
        )
    if kind == SNAPPY:
        return decompress(bytes(data[offset:end]))
    if kind != 0:
        raise DataLossError(
            f"a block must be of type 0 or {SNAPPY}, but the one at {offset} is of type {kind}"
        )
    return data[offset:end]


def _entries_of_block(block: _Data) -> Iterator[tuple[bytes, _Data]]:
    if len(block) < 4:
        raise DataLossError(f"a block must have at least 4 bytes, not {len(block)}")
    restarts = int.from_bytes(block[-4:], "little")
    limit = len(block) - 4 - 4 * restarts
    if limit < 0:
        raise DataLossError(f"a block of {len(block)} bytes cannot hold {restarts} restarts")
    key = b""
    position = 0
    while position < limit:
        shared, position = read_varint(block, position, limit)
        own, position = read_varint(block, position, limit)
        length, position = read_varint(block, position, limit)
        if shared > len(key):
            raise DataLossError(
                f"a key must share at most the {len(key)} bytes of the key before it, not {shared}"
            )
        if own + length > limit - position:
            raise DataLossError(
                f"an entry must end within its block, but needs {own + length} of {limit - position} bytes"
            )
        key = key[:shared] + block[position : position + own]
        position += own
        yield key, block[position : position + length]
        position += length


def _show(key: bytes) -> str:
    return clip(repr(key))


def write_table(
    file: BinaryIO, entries: Iterable[tuple[bytes, bytes]], block_size: int = BLOCK_SIZE
) -> None:
    """Write `entries`, keys strictly increasing, byte for byte as TensorFlow does.

    Raises:
        InvalidArgumentError: the keys do not increase.
    """
    offset = 0
    index = _Block(restart_interval=1)
    block = _Block(RESTART_INTERVAL)
    pending: tuple[int, int] | None = None
    last: bytes | None = None

    def finish(finished: _Block) -> tuple[int, int]:
        nonlocal offset
        contents = finished.contents()
        trailer = mask(crc32c(b"\0", crc32c(contents))).to_bytes(4, "little")
        file.write(contents + b"\0" + trailer)
        handle = (offset, len(contents))
        offset += len(contents) + TRAILER_SIZE
        return handle

    for key, value in entries:
        if last is not None and key <= last:
            raise InvalidArgumentError(
                f"keys must increase, but {_show(key)} follows {_show(last)}"
            )
        if block.keys and len(key) + len(value) >= 2 * block_size:
            pending, block = finish(block), _Block(RESTART_INTERVAL)
        if pending and last is not None:
            index.add(_separator(last, key), _handle(pending))
            pending = None
        block.add(key, value)
        last = key
        if block.size >= block_size:
            pending, block = finish(block), _Block(RESTART_INTERVAL)
    if block.keys:
        pending = finish(block)
    metaindex = finish(_Block(RESTART_INTERVAL))
    if pending and last is not None:
        index.add(_successor(last), _handle(pending))
    footer = _handle(metaindex) + _handle(finish(index))
    file.write(footer.ljust(FOOTER_SIZE - 8, b"\0") + MAGIC.to_bytes(8, "little"))


class _Block:
    """A block being built."""

    def __init__(self, restart_interval: int) -> None:
        self.restart_interval = restart_interval
        self.bytes = bytearray()
        self.restarts = [0]
        self.keys = 0
        self.last = b""

    @property
    def size(self) -> int:
        """Bytes the block would have if it were finished now."""
        return len(self.bytes) + 4 * len(self.restarts) + 4

    def add(self, key: bytes, value: bytes) -> None:
        shared = 0
        if self.keys % self.restart_interval:
            shared = _common(self.last, key)
        elif self.keys:
            self.restarts.append(len(self.bytes))
        self.bytes += varint(shared) + varint(len(key) - shared) + varint(len(value))
        self.bytes += key[shared:] + value
        self.last = key
        self.keys += 1

    def contents(self) -> bytes:
        numbers = [*self.restarts, len(self.restarts)]
        return bytes(self.bytes) + b"".join(number.to_bytes(4, "little") for number in numbers)


def _handle(handle: tuple[int, int]) -> bytes:
    return varint(handle[0]) + varint(handle[1])


def _common(a: bytes, b: bytes) -> int:
    """The number of first bytes that `a` and `b` share."""
    limit = min(len(a), len(b))
    for index in range(limit):
        if a[index] != b[index]:
            return index
    return limit


def _separator(key: bytes, following: bytes) -> bytes:
    """A short key that is not below `key` and below `following`."""
    common = _common(key, following)
    if common < min(len(key), len(following)) and key[common] + 1 < following[common]:
        return key[:common] + bytes([key[common] + 1])
    return key


def _successor(key: bytes) -> bytes:
    """A short key that is not below `key`."""
    for index, byte in enumerate(key):
        if byte != 0xFF:
            return key[:index] + bytes([byte + 1])
    return key
