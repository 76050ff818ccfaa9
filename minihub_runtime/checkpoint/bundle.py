"""The messages of a bundle's index, checked, and the bytes that its data files hold.

A bundle `prefix` is one index and one or more data files, the shards:

    prefix.index                   table: "" → BundleHeaderProto, tensor name → BundleEntryProto
    prefix.data-00000-of-00001     the tensors' bytes, one after the other

An entry says dtype, shape, shard, offset, size and masked CRC-32C.  Numbers are stored in C order in the byte order of
the header.  Strings are stored as

    length:varint*   masked-crc32c(lengths as u32, or as u64 from 2**32 on):u32   bytes*

and their checksum covers the lengths as integers, the stored checksum of the lengths, and the bytes.

Source: tensorflow/core/util/tensor_bundle/tensor_bundle.cc.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.checkpoint.crc32c import crc32c, mask
from minihub_runtime.checkpoint.slices import Box, TensorSlice
from minihub_runtime.checkpoint.varint import varint
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import (
    DataLossError,
    InvalidArgumentError,
    ResourceExhaustedError,
    UnimplementedError,
    clip,
)
from minihub_runtime.protos import BundleEntryProto, BundleHeaderProto, parse
from minihub_runtime.shapes import show, size

__all__ = [
    "ByteOrder",
    "Entry",
    "Header",
    "batches",
    "data_filename",
    "dtype_of",
    "entry_of",
    "header_of",
    "index_filename",
    "join_strings",
    "shape_of",
    "slices_of",
    "split_strings",
]

ByteOrder: TypeAlias = Literal["<", ">"]

VERSION = 1
MAX_SHARDS = 100_000
MAX_INDEX_BYTES = 1 << 30
MAX_RANK = 254
MAX_SLICES = 10_000
# No published module has a tensor of a tenth of this; a sparse file can pretend to any size.
MAX_TENSOR_BYTES = 1 << 36
_BATCH = 4096


def index_filename(prefix: str) -> str:
    """The file that holds the index."""
    return f"{prefix}.index"


def data_filename(prefix: str, shard: int, shards: int) -> str:
    """The file that holds the data of one shard."""
    return f"{prefix}.data-{shard:05d}-of-{shards:05d}"


class Header(NamedTuple):
    """What holds for a whole bundle.

    Attributes:
        num_shards: the number of data files.
        byte_order: `<` or `>`, of numbers in the data files.
    """

    num_shards: int
    byte_order: ByteOrder


class Entry(NamedTuple):
    """One tensor, or one slice of a partitioned tensor.

    Attributes:
        dtype: its element type.
        shape: its shape.
        shard_id: which data file holds its bytes.
        offset: where in that file they start.
        size: how many there are.
        crc32c: their masked checksum.
        slices: the slices of a partitioned tensor, which has no bytes of its own; empty otherwise.
        boxes: the same slices as offsets and sizes.
    """

    dtype: DType
    shape: tuple[int, ...]
    shard_id: int
    offset: int
    size: int
    crc32c: int
    slices: tuple[TensorSlice, ...]
    boxes: tuple[Box, ...]


def header_of(message: bytes, what: str) -> Header:
    """The header that `message` holds.

    Raises:
        DataLossError: it is no header, or one that cannot be.
        UnimplementedError: the bundle asks for a newer reader.
    """
    header = parse(BundleHeaderProto, message, f"the header of {clip(what)}")
    if not 1 <= header.num_shards <= MAX_SHARDS:
        raise DataLossError(
            f"{clip(what)} must have 1 to {MAX_SHARDS} data files, not {header.num_shards}"
        )
    if header.endianness not in (0, 1):
        raise DataLossError(f"{clip(what)} must have endianness 0 or 1, not {header.endianness}")
    version = header.version
    if version.producer < 0:
        raise DataLossError(f"{clip(what)} must have a producer >= 0, not {version.producer}")
    if version.min_consumer > VERSION or VERSION in version.bad_consumers:
        raise UnimplementedError(
            f"{clip(what)} must be readable for a reader of version {VERSION}, but wants"
            f" {version.min_consumer} or later and excludes {list(version.bad_consumers)[:10]}"
        )
    return Header(header.num_shards, "<" if header.endianness == 0 else ">")


def entry_of(message: bytes, name: str, header: Header) -> Entry:
    """The entry that `message` holds, every number in its range.

    The end of the bytes is compared with the data file when that is opened.

    Raises:
        DataLossError: it is no entry, or one that cannot be.
        ResourceExhaustedError: the tensor is larger than any that is read.
    """
    # `repr` escapes what `clip` would, many times faster.
    what = f"the checkpoint entry of {name[:200]!r}"
    proto = parse(BundleEntryProto, message, what)
    shape, dtype = shape_of(proto.shape, what), dtype_of(proto.dtype, what)
    shard_id, offset, stored = proto.shard_id, proto.offset, proto.size
    if not 0 <= shard_id < header.num_shards:
        raise DataLossError(
            f"{what} must lie in shard 0 to {header.num_shards - 1}, not {shard_id}"
        )
    if offset < 0 or stored < 0:
        raise DataLossError(
            f"{what} must have an offset and a size >= 0, not {offset} and {stored}"
        )
    slices, boxes = slices_of(proto.slices, shape, what) if proto.slices else ((), ())
    entry = Entry(dtype, shape, shard_id, offset, stored, proto.crc32c, slices, boxes)
    _check_size(entry, what)
    return entry


def shape_of(proto: Any, what: str) -> tuple[int, ...]:
    """The shape that a message says a tensor has.

    Raises:
        DataLossError: no tensor can have it.
    """
    if proto.unknown_rank:
        raise DataLossError(f"{what} must have a shape, but its rank is unknown")
    shape = tuple([dim.size for dim in proto.dim])
    elements = size([n for n in shape if n])
    if len(shape) > MAX_RANK or min(shape, default=0) < 0 or elements >> 63:
        raise DataLossError(
            f"{what} must have at most {MAX_RANK} dimensions, none negative and fewer than 2**63 elements,"
            f" not {clip(show(shape))}"
        )
    return shape


def dtype_of(number: int, what: str) -> DType:
    """The element type of that number.

    Raises:
        DataLossError: there is none.
    """
    try:
        return as_dtype(number)
    except TypeError as error:
        raise DataLossError(f"{what} must have a known dtype, not number {number}") from error


def slices_of(
    protos: Sequence[Any], shape: tuple[int, ...], what: str
) -> tuple[tuple[TensorSlice, ...], tuple[Box, ...]]:
    """The slices that messages say a tensor is stored in, also as offsets and sizes.

    Raises:
        DataLossError: there are too many, or one does not lie within the tensor.
    """
    if len(protos) > MAX_SLICES:
        raise DataLossError(f"{what} must have at most {MAX_SLICES} slices, not {len(protos)}")
    slices = tuple(_slice_of(proto.extent) for proto in protos)
    try:
        return slices, tuple(part.box(shape) for part in slices)
    except InvalidArgumentError as error:
        raise DataLossError(f"{what} is wrong: {error.message}") from error


def _slice_of(extents: Iterable[Any]) -> TensorSlice:
    pairs = [
        (extent.start, extent.length if extent.HasField("length") else -1) for extent in extents
    ]
    return TensorSlice(tuple(start for start, _ in pairs), tuple(length for _, length in pairs))


def _check_size(entry: Entry, what: str) -> None:
    """Compare the number of bytes with dtype and shape, as far as these say."""
    elements = size(entry.shape)
    expected = elements * entry.dtype.size
    if max(expected, entry.size) > MAX_TENSOR_BYTES:
        raise ResourceExhaustedError(
            f"{what} must have at most {MAX_TENSOR_BYTES} bytes, not {max(expected, entry.size)}"
        )
    if entry.slices:
        return
    if entry.dtype.name == "string":
        # Every string takes at least the one byte of its length.
        if entry.size < elements:
            raise DataLossError(
                f"{what} must have a byte for each of its {elements} strings, not {entry.size} bytes"
            )
    elif entry.dtype.is_numpy_compatible and entry.size != expected:
        raise DataLossError(
            f"{what} must have the {expected} bytes of {entry.dtype.name}{show(entry.shape)}, not {entry.size}"
        )


def split_strings(
    data: NDArray[np.uint8], count: int, byte_order: ByteOrder, what: str
) -> tuple[list[bytes], int]:
    """The strings of a string tensor's bytes, and the checksum of all (not masked).

    Raises:
        DataLossError: the lengths are not those of the bytes.
    """
    if data.size == 0 and count == 0:
        return [], 0
    lengths, position = _lengths(data, count, what)
    total = sum(lengths)
    if position + 4 + total != data.size:
        raise DataLossError(
            f"{what} must have lengths, their checksum and strings in {data.size} bytes,"
            f" not {position} + 4 + {total}"
        )
    crc = crc32c(_lengths_as_integers(lengths, byte_order))
    stored = data[position : position + 4]
    expected = int.from_bytes(stored.tobytes(), "little" if byte_order == "<" else "big")
    if mask(crc) != expected:
        raise DataLossError(
            f"the checksum of the string lengths of {what} must be {expected:#010x}, but is {mask(crc):#010x}"
        )
    payload = data[position + 4 :]
    crc = crc32c(payload, crc32c(stored, crc))
    # Reading piece by piece from a stream is the fastest way to cut bytes up.
    return list(map(io.BytesIO(payload.tobytes()).read, lengths)), crc


def _lengths(data: NDArray[np.uint8], count: int, what: str) -> tuple[list[int], int]:
    """The first `count` varints, and the position after them."""
    if data.size >= count and not (data[:count] & 0x80).any():
        short: list[int] = data[:count].tolist()
        return short, count
    ends = np.flatnonzero(data[: 10 * count] < 0x80)[:count]
    if ends.size < count:
        raise DataLossError(f"{what} must hold {count} string lengths, but holds {ends.size}")
    starts = np.concatenate([[0], ends[:-1] + 1])
    longest = int((ends - starts).max()) + 1
    if longest > 9:
        raise DataLossError(f"{what} must have string lengths below 2**63, but one is longer")
    lengths = np.zeros(count, np.int64)
    for index in range(longest):
        there = starts + index <= ends
        group = data[np.minimum(starts + index, ends)].astype(np.int64) & 0x7F
        lengths |= np.where(there, group, 0) << (7 * index)
    numbers: list[int] = lengths.tolist()
    return numbers, int(ends[-1]) + 1


def _lengths_as_integers(lengths: list[int], byte_order: ByteOrder) -> bytes:
    if max(lengths, default=0) < 1 << 32:
        return np.array(lengths, f"{byte_order}u4").tobytes()
    order: Any = "little" if byte_order == "<" else "big"
    return b"".join(n.to_bytes(4 if n < 1 << 32 else 8, order) for n in lengths)


def join_strings(strings: list[bytes]) -> tuple[bytes, int]:
    """What precedes the strings in the file, and the checksum of all that is stored (not masked)."""
    lengths = list(map(len, strings))
    crc = crc32c(_lengths_as_integers(lengths, "<"))
    stored = mask(crc).to_bytes(4, "little")
    crc = crc32c(stored, crc)
    for batch in batches(strings):
        crc = crc32c(batch, crc)
    short = max(lengths, default=0) < 0x80
    return (bytes(lengths) if short else b"".join(map(varint, lengths))) + stored, crc


def batches(strings: list[bytes]) -> Iterator[bytes]:
    """The strings joined, some thousands at a time."""
    for start in range(0, len(strings), _BATCH):
        yield b"".join(strings[start : start + _BATCH])
