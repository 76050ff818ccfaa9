"""Reading tensors from a bundle without reading the bundle.

Opening reads and checks the index.  A data file is mapped when the first tensor in it is wanted, and tensors of numbers are
views into the map: time and memory follow what is used.

    with CheckpointReader("module/variables/variables") as reader:
        table = reader.read("embeddings")
"""

from __future__ import annotations

import bisect
import os
import threading
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.checkpoint.bundle import (
    MAX_INDEX_BYTES,
    MAX_TENSOR_BYTES,
    Entry,
    data_filename,
    entry_of,
    header_of,
    index_filename,
    split_strings,
)
from minihub_runtime.checkpoint.crc32c import crc32c, crc32c_of_each, mask, masked_crc32c
from minihub_runtime.checkpoint.files import let_go, map_file, read_file
from minihub_runtime.checkpoint.slices import (
    Box,
    pieces_of,
    slice_key,
    wanted_part,
)
from minihub_runtime.checkpoint.table import read_table
from minihub_runtime.checkpoint.verified import Run, verified_runs
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import (
    DataLossError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    ResourceExhaustedError,
    UnimplementedError,
    clip,
)
from minihub_runtime.protos import BundleEntryProto, parse
from minihub_runtime.shapes import show, size

__all__ = ["CheckpointReader", "Checksum"]

Checksum = Literal["first_use", "never"]

_SMALL_BYTES = 8192
_AHEAD = 64
# Of a larger tensor, no more is in memory at once while its checksum is computed.
_PIECE_BYTES = 1 << 25


class CheckpointReader:
    """The tensors of one checkpoint, by name.

    Any number of threads may use a reader.  Arrays stay valid after `close`; the files may be renamed or deleted while
    arrays are in use (on Windows not while they are mapped), but must not be cut short.
    """

    def __init__(
        self,
        prefix: str | os.PathLike[str],
        *,
        verify: bool = False,
        checksum: Checksum = "first_use",
    ) -> None:
        """Open a checkpoint.

        Args:
            prefix: path of the files without `.index` and `.data-…`.
            verify: read every tensor now, and compare it with its checksum.
            checksum: whether `read` compares a tensor with its checksum when this process reads it for the first time; it
                does so again if the file has changed.  The index is always checked, sizes and offsets too.

        Raises:
            NotFoundError: there is no index.
            DataLossError: the index is not what it should be; with `verify`, neither is a tensor.
            FailedPreconditionError: a file is not a regular file.
        """
        if checksum not in ("first_use", "never"):
            raise InvalidArgumentError(f"checksum must be 'first_use' or 'never', not {checksum!r}")
        self.prefix = os.fsdecode(prefix)
        self._checksum = checksum
        self._closed = False
        self._lock = threading.Lock()
        self._shards: dict[int, tuple[NDArray[np.uint8], set[Run]]] = {}
        self._entries: dict[bytes, Entry] = {}
        path = index_filename(self.prefix)
        table = read_table(read_file(path, MAX_INDEX_BYTES), path)
        if not table or table[0][0]:
            raise DataLossError(f"{clip(path)} must begin with a header, but has none")
        self._header = header_of(table[0][1], path)
        self._messages = dict(table[1:])
        self._keys = list(self._messages)
        self._names = self._public_names()
        if verify:
            self._verify()

    def _public_names(self) -> dict[str, bytes]:
        """The names of tensors, without the keys under which slices are stored."""
        hidden: set[bytes] = set()
        for key, message in self._messages.items():
            # Field 7, the slices; most entries are told apart without being parsed.
            if b"\x3a" in message:
                name = _text(key)
                if parse(
                    BundleEntryProto, message, f"the checkpoint entry of {clip(name)!r}"
                ).slices:
                    hidden.update(slice_key(key, part) for part in self._entry(key).slices)
        return {_text(key): key for key in self._messages if key not in hidden}

    def names(self) -> list[str]:
        """The names of all tensors, sorted."""
        return sorted(self._names)

    def has(self, name: str) -> bool:
        """Whether there is a tensor of that name."""
        return name in self._names

    def dtype(self, name: str) -> DType:
        """The element type of a tensor."""
        return self._entry(self._key(name)).dtype

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, of the whole one if it is partitioned."""
        return self._entry(self._key(name)).shape

    def slices(self, name: str) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Offsets and sizes of the slices a partitioned tensor is stored in; empty for any other tensor."""
        return [(box.offsets, box.sizes) for box in self._entry(self._key(name)).boxes]

    def stored_bytes(self, name: str) -> int:
        """The bytes a tensor takes in the data files, all its slices together."""
        key = self._key(name)
        entry = self._entry(key)
        if not entry.slices:
            return entry.size
        parts = zip(entry.slices, entry.boxes, strict=True)
        return sum(self._part(name, entry, slice_key(key, part), box).size for part, box in parts)

    def read(self, name: str, slice: str | None = None) -> NDArray[Any]:
        """A tensor, or a part of one, as a read-only array.

        Numbers that are aligned in the file are a view of it, not a copy; strings are an object array of `bytes`.

        Args:
            name: the tensor.
            slice: full shape and extents such as `8 16 0,4:-`, as the op RestoreV2 takes them; empty or None for all.

        Raises:
            NotFoundError: there is no such tensor, or no data file.
            DataLossError: what is stored is not what the index says.
            InvalidArgumentError: the slice is not one of this tensor.
            ResourceExhaustedError: there is not enough memory.
            UnimplementedError: the tensor is of a type without values in files, or NumPy cannot hold its shape.
        """
        key = self._key(name)
        entry = self._entry(key)
        if not slice and not entry.slices:
            return self._whole(name, key, entry)
        whole = Box((0,) * len(entry.shape), entry.shape)
        wanted = whole
        if slice:
            wanted = wanted_part(name, slice, entry.shape, self.prefix)
        if entry.slices:
            return self._assemble(name, key, entry, wanted)
        return self._whole(name, key, entry)[wanted.within(whole)]

    def close(self) -> None:
        """Let go of the files; arrays that were read stay valid."""
        with self._lock:
            self._closed = True
            self._shards = {}

    def __enter__(self) -> CheckpointReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[..., CheckpointReader], tuple[str, Checksum]]:
        return _reopen, (self.prefix, self._checksum)

    def _key(self, name: str) -> bytes:
        if name not in self._names:
            raise NotFoundError(
                f"Key {clip(name)} not found in checkpoint {clip(self.prefix)}, which has"
                f" {len(self._names)} tensors"
            )
        return self._names[name]

    def _entry(self, key: bytes) -> Entry:
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = entry_of(self._messages[key], _text(key), self._header)
        return entry

    def _verify(self) -> None:
        """Compare everything stored with its checksum; types without values in files are left out."""
        for key in self._messages:
            entry = self._entry(key)
            if not entry.slices and _has_values(entry.dtype):
                self._value(_text(key), entry, check=True)

    def _assemble(self, name: str, name_key: bytes, entry: Entry, wanted: Box) -> NDArray[Any]:
        """The part `wanted` of a partitioned tensor, a view if it is one of the slices."""
        pieces = [
            (slice_key(name_key, entry.slices[number]), entry.boxes[number], common)
            for number, common in pieces_of(entry.boxes, wanted, name, self.prefix)
        ]
        parts = [
            (self._part(name, entry, key, box), key, box, common) for key, box, common in pieces
        ]
        if len(parts) == 1 and parts[0][2] == wanted:
            part_entry, part_key, _, _ = parts[0]
            return self._whole(name, part_key, part_entry)
        # Slices that share bytes would make a large tensor of a small file.
        needed: dict[int, int] = {}
        for part_entry, _, _, _ in parts:
            needed[part_entry.shard_id] = needed.get(part_entry.shard_id, 0) + part_entry.size
        for shard_id, count in needed.items():
            data, _ = self._shard(shard_id)
            if count > data.size:
                raise DataLossError(
                    f"the stored slices of {clip(name)!r} must lie beside each other, but have {count} bytes in a file"
                    f" of {data.size}"
                )
        result = _empty(wanted.sizes, entry.dtype, name)
        for part_entry, part_key, box, common in parts:
            stored = self._whole(name, part_key, part_entry)
            result[common.within(wanted)] = stored[common.within(box)]
        result.flags.writeable = False
        return result

    def _part(self, name: str, entry: Entry, part_key: bytes, box: Box) -> Entry:
        """The entry of one slice, which must fit the tensor's."""
        if part_key not in self._messages:
            raise DataLossError(
                f"the index must have an entry for the slice of {clip(name)!r} at {list(box.offsets)}, but has none"
            )
        part = self._entry(part_key)
        if part.dtype is not entry.dtype or part.shape != box.sizes or part.slices:
            raise DataLossError(
                f"the slice of {clip(name)!r} at {list(box.offsets)} must be stored as"
                f" {entry.dtype.name}{show(box.sizes)}, not {part.dtype.name}{show(part.shape)}"
            )
        return part

    def _whole(self, name: str, key: bytes, entry: Entry) -> NDArray[Any]:
        """All that is stored under one key."""
        check = self._checksum == "first_use" and not self._was_right(entry)
        if check:
            self._verify_small(key)
            check = not self._was_right(entry)
        return self._value(name, entry, check)

    def _was_right(self, entry: Entry) -> bool:
        """Whether the bytes of an entry were compared with its checksum, by this reader or another one of the file."""
        return (entry.offset, entry.size, entry.crc32c) in self._shard(entry.shard_id)[1]

    def _note(self, entry: Entry) -> None:
        self._shard(entry.shard_id)[1].add((entry.offset, entry.size, entry.crc32c))

    def _verify_small(self, key: bytes) -> None:
        """Compare small tensors that follow `key` in the index with their checksums, all at once.

        What is read next is likely among them, and many small checksums cost little more than one.  An error shows when
        the tensor concerned is read.
        """
        start = bisect.bisect_left(self._keys, key)
        found: list[tuple[Entry, NDArray[np.uint8]]] = []
        for other in self._keys[start : start + _AHEAD]:
            try:
                entry = self._entry(other)
                if (
                    4 <= entry.size <= _SMALL_BYTES
                    and _is_plain(entry)
                    and not self._was_right(entry)
                ):
                    found.append((entry, self._bytes(_text(other), entry)))
            except OpError:
                break
            if other == key and not found:
                return
        crcs = crc32c_of_each([data for _, data in found])
        for (entry, _), crc in zip(found, crcs, strict=True):
            if mask(crc) == entry.crc32c:
                self._note(entry)

    def _value(self, name: str, entry: Entry, check: bool) -> NDArray[Any]:
        if not _has_values(entry.dtype):
            raise UnimplementedError(
                f"{clip(name)!r} must have a dtype with values in files, not {entry.dtype.name}"
            )
        data = self._bytes(name, entry)
        if entry.dtype.name == "string":
            try:
                strings, crc = split_strings(
                    data, size(entry.shape), self._header.byte_order, f"{clip(name)!r}"
                )
            except MemoryError as error:
                raise _exhausted(name) from error
            found = mask(crc)
            value = _empty(entry.shape, entry.dtype, name)
            value.reshape(-1)[:] = strings
        else:
            found = self._checked(data, entry) if check else entry.crc32c
            value = self._numbers(name, entry, data)
        if found != entry.crc32c:
            raise DataLossError(
                f"the checksum of {clip(name)!r} must be {entry.crc32c:#010x}, but is {found:#010x} for the"
                f" {entry.size} bytes at {entry.offset} of"
                f" {clip(data_filename(self.prefix, entry.shard_id, self._header.num_shards))}"
            )
        if check:
            self._note(entry)
        value.flags.writeable = False
        return value

    def _checked(self, data: NDArray[np.uint8], entry: Entry) -> int:
        """The stored form of the checksum of an entry's bytes.

        What was mapped for it is let go of, a piece at a time: of a large table few rows may be wanted.  What is wanted is in
        the system's cache by now.
        """
        if data.size <= _PIECE_BYTES:
            return masked_crc32c(data)
        source = self._shard(entry.shard_id)[0].base
        crc = 0
        for start in range(0, data.size, _PIECE_BYTES):
            piece = data[start : start + _PIECE_BYTES]
            crc = crc32c(piece, crc)
            let_go(source, entry.offset + start, piece.size)
        return mask(crc)

    def _bytes(self, name: str, entry: Entry) -> NDArray[np.uint8]:
        shard, _ = self._shard(entry.shard_id)
        end = entry.offset + entry.size
        if end > shard.size:
            raise DataLossError(
                f"{clip(name)!r} must lie in the {shard.size} bytes of"
                f" {clip(data_filename(self.prefix, entry.shard_id, self._header.num_shards))},"
                f" but goes from {entry.offset} to {end}"
            )
        return shard[entry.offset : end]

    def _shard(self, shard_id: int) -> tuple[NDArray[np.uint8], set[Run]]:
        """The bytes of a data file, and which runs of them were compared with their checksums."""
        with self._lock:
            if self._closed:
                raise FailedPreconditionError(
                    f"checkpoint {clip(self.prefix)} must be open, but is closed"
                )
            shard = self._shards.get(shard_id)
            if shard is None:
                path = data_filename(self.prefix, shard_id, self._header.num_shards)
                data, status = map_file(path, MAX_TENSOR_BYTES)
                shard = np.frombuffer(data, np.uint8), verified_runs(status)
                self._shards[shard_id] = shard
            return shard

    def _numbers(self, name: str, entry: Entry, data: NDArray[np.uint8]) -> NDArray[Any]:
        stored = entry.dtype.numpy.newbyteorder(self._header.byte_order)
        if entry.dtype.is_bool and data.size and data.max() > 1:
            # NumPy takes other bytes than 0 and 1 in a bool array for granted and computes nonsense.
            array: NDArray[Any] = data != 0
        elif data.size == 0:
            array = np.empty(0, stored)
        else:
            array = data.view(stored)
        if not array.flags.aligned or not array.dtype.isnative:
            array = array.astype(entry.dtype.numpy)
        return _reshape(array, entry.shape, name)


def _reopen(prefix: str, checksum: Checksum) -> CheckpointReader:
    return CheckpointReader(prefix, checksum=checksum)


def _has_values(dtype: DType) -> bool:
    return dtype.is_numpy_compatible and not dtype.is_ref


def _is_plain(entry: Entry) -> bool:
    """Whether the checksum is simply that of the entry's bytes."""
    return not entry.slices and _has_values(entry.dtype) and entry.dtype.name != "string"


def _text(key: bytes) -> str:
    # Names are bytes to TensorFlow; those that are no UTF-8 stay distinct.
    return key.decode("utf-8", "surrogateescape")


def _empty(shape: tuple[int, ...], dtype: DType, name: str) -> NDArray[Any]:
    try:
        return _reshape(np.empty(size(shape), dtype.numpy), shape, name)
    except MemoryError as error:
        raise _exhausted(name) from error


def _exhausted(name: str) -> ResourceExhaustedError:
    return ResourceExhaustedError(
        f"there must be memory for {clip(name)!r}, but there is not enough"
    )


def _reshape(array: NDArray[Any], shape: tuple[int, ...], name: str) -> NDArray[Any]:
    try:
        return array.reshape(shape)
    except ValueError as error:
        raise UnimplementedError(
            f"NumPy must be able to hold the shape of {clip(name)!r}, but: {error}"
        ) from error
