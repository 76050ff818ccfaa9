"""Writing bundles, byte for byte as TensorFlow's `Saver` does for the same tensors.

Tensors are written one by one, straight from their arrays.  The files take their names when all are complete, the index last;
`files.replacing` says what a crash leaves behind.

Source: tensorflow/core/util/tensor_bundle/tensor_bundle.cc, core/kernels/save_restore_v2_ops.cc.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.checkpoint.bundle import (
    MAX_SHARDS,
    VERSION,
    batches,
    data_filename,
    index_filename,
    join_strings,
)
from minihub_runtime.checkpoint.crc32c import crc32c, mask
from minihub_runtime.checkpoint.files import replacing
from minihub_runtime.checkpoint.interrupted import finish_interrupted
from minihub_runtime.checkpoint.slices import (
    Box,
    TensorSlice,
    overlapping,
    parse_shape_and_slice,
    slice_key,
)
from minihub_runtime.checkpoint.table import write_table
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.protos import BundleEntryProto, BundleHeaderProto
from minihub_runtime.shapes import show, size
from minihub_runtime.threads import num_threads, spread

__all__ = ["Part", "Sliced", "Streamed", "write_checkpoint", "write_shards"]

# One thread writes what its cache still holds; of two, one writes while the other computes the checksum.
_CHUNK_BYTES = 1 << 22
_SHARED_CHUNK_BYTES = 1 << 25
# Bytes that one thread writes and computes the checksum of in a nanosecond.
_SPEED = 2


@dataclasses.dataclass(frozen=True, eq=False)
class Sliced:
    """A partitioned variable: one tensor in the checkpoint, stored as slices.

    Attributes:
        full_shape: the shape of the whole.
        parts: first index along each axis, and values, of each slice; together they are the whole.
    """

    full_shape: Sequence[int]
    parts: Sequence[tuple[Sequence[int], NDArray[Any]]]


@dataclasses.dataclass(frozen=True, eq=False)
class Streamed:
    """A tensor that is never in memory as a whole.

    Attributes:
        shape: its shape.
        numpy: the dtype of its elements.
        blocks: gives its elements from the first to the last, in arrays of any shape.
    """

    shape: Sequence[int]
    numpy: np.dtype[Any]
    blocks: Callable[[], Iterator[NDArray[Any]]]


@dataclasses.dataclass(frozen=True, eq=False)
class Part:
    """A tensor or a slice of one, as the op SaveV2 takes it.

    Attributes:
        name: of the tensor.
        array: the values.
        slice: for a slice the full shape and its place, such as `8 16 0,4:0,16`; empty for a whole tensor.
    """

    name: str
    array: NDArray[Any]
    slice: str = ""


@dataclasses.dataclass(frozen=True)
class _Stored:
    """One run of bytes to be written under one key."""

    name: str
    key: bytes
    dtype: DType
    array: NDArray[Any] | Streamed

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(int(n) for n in self.array.shape)

    @property
    def weight(self) -> int:
        """About how many bytes it takes, at least one."""
        return max(size(self.shape) * self.dtype.size, 1)


def write_checkpoint(
    prefix: str | os.PathLike[str],
    tensors: Mapping[str, NDArray[Any] | Sliced | Streamed],
    *,
    num_shards: int = 1,
) -> None:
    """Write the files of a checkpoint, replacing those of that name.

    Args:
        prefix: path of the files without `.index` and `.data-…`; missing folders are made.
        tensors: by name.  Arrays of `bytes`, `str` or objects that are either become strings; numbers may be streamed.
        num_shards: over how many data files to spread them.

    Raises:
        InvalidArgumentError: a name is empty, an array has no TensorFlow dtype, or slices are not a whole.
        OpError: the files cannot be written; nothing is left behind then.
    """
    if not 1 <= num_shards <= MAX_SHARDS:
        raise InvalidArgumentError(f"num_shards must lie in [1, {MAX_SHARDS}], not {num_shards}")
    path = os.fsdecode(prefix)
    entries: dict[bytes, Any] = {}
    stored = [part for name in sorted(tensors) for part in _parts(name, tensors[name], entries)]
    _check_keys(entries, stored)
    _write_files(path, _spread(stored, num_shards), entries, durable=True)


def write_shards(
    prefix: str | os.PathLike[str], shards: Sequence[Sequence[Part]], *, durable: bool = True
) -> None:
    """Write the files of a checkpoint whose data files hold what the caller says, replacing those of that name.

    Args:
        prefix: path of the files without `.index` and `.data-…`; missing folders are made.
        shards: what each data file holds, in its order.  The slices of a tensor may be spread, and need not be a whole.
        durable: whether to wait for the disk also where no checkpoint is replaced; see `files.replacing`.

    Raises:
        InvalidArgumentError: there are no shards, a name is empty or occurs twice, an array has no TensorFlow dtype, or a
            slice does not fit its tensor or overlaps another.
        OpError: the files cannot be written; nothing is left behind then.
    """
    if not 1 <= len(shards) <= MAX_SHARDS:
        raise InvalidArgumentError(f"there must be 1 to {MAX_SHARDS} shards, not {len(shards)}")
    entries: dict[bytes, Any] = {}
    stored = [
        [_stored_part(part, shard, entries) for part in parts] for shard, parts in enumerate(shards)
    ]
    _check_keys(entries, [part for parts in stored for part in parts])
    _write_files(os.fsdecode(prefix), stored, entries, durable)


def _stored_part(part: Part, shard: int, entries: dict[bytes, Any]) -> _Stored:
    """One part; a slice is noted in the entry of its tensor."""
    array = np.asarray(part.array)
    dtype = _dtype(part.name, array.dtype)
    key = part.name.encode("utf-8", "surrogateescape")
    if not key:
        raise InvalidArgumentError("a tensor's name must not be empty")
    if not part.slice:
        return _Stored(part.name, key, dtype, array)
    shape, place = parse_shape_and_slice(part.slice)
    box = place.box(shape)
    if box.sizes != array.shape:
        raise InvalidArgumentError(
            f"the slice {clip(part.slice)!r} of {clip(part.name)!r} must have shape {show(box.sizes)}, not"
            f" {show(array.shape)}"
        )
    if box.sizes == shape:
        return _Stored(part.name, key, dtype, array)
    if key not in entries:
        entries[key] = _entry(dtype, shape)
        entries[key].shard_id = shard
    entry = entries[key]
    others = [
        Box(tuple(e.start for e in other.extent), tuple(e.length for e in other.extent))
        for other in entry.slices
    ]
    if tuple(dim.size for dim in entry.shape.dim) != shape or entry.dtype != dtype.as_datatype_enum:
        raise InvalidArgumentError(
            f"the slices of {clip(part.name)!r} must be of one shape and dtype"
        )
    if overlapping([*others, box]):
        raise InvalidArgumentError(f"the slices of {clip(part.name)!r} must not overlap")
    stored = TensorSlice(box.offsets, box.sizes)
    _add_slice(entry, stored)
    return _Stored(part.name, slice_key(key, stored), dtype, array)


def _add_slice(entry: Any, part: TensorSlice) -> None:
    extents = entry.slices.add().extent
    for start, length in zip(part.starts, part.lengths, strict=True):
        extents.add(start=start, length=length)


def _check_keys(entries: Mapping[bytes, Any], stored: Sequence[_Stored]) -> None:
    keys = [*entries, *(part.key for part in stored)]
    if len(keys) != len(set(keys)):
        raise InvalidArgumentError(
            "names must differ from each other and from the keys of slices, but one does not"
        )


def _write_files(
    path: str, shards: Sequence[Sequence[_Stored]], entries: dict[bytes, Any], durable: bool
) -> None:
    """Write the data files and the index; `entries` has those of partitioned tensors and gets the others."""
    # What is left of a writer that died has its names before others take them.
    finish_interrupted(path)
    with replacing(durable) as new_file:
        for shard, parts in enumerate(shards):
            with new_file(data_filename(path, shard, len(shards))) as file:
                for part in parts:
                    entry = _entry(part.dtype, part.shape)
                    entry.shard_id = shard
                    entry.offset = file.tell()
                    entry.crc32c = mask(_write(file, part))
                    entry.size = file.tell() - entry.offset
                    entries[part.key] = entry
        with new_file(index_filename(path)) as file:
            header = BundleHeaderProto(num_shards=len(shards))
            header.version.producer = VERSION
            table = {b"": header, **entries}
            write_table(
                file,
                [(key, table[key].SerializeToString(deterministic=True)) for key in sorted(table)],
            )


def _parts(
    name: str, value: NDArray[Any] | Sliced | Streamed, entries: dict[bytes, Any]
) -> Iterator[_Stored]:
    """What is stored for one tensor; the entry of a partitioned one is added to `entries`."""
    key = name.encode("utf-8", "surrogateescape")
    if not key:
        raise InvalidArgumentError("a tensor's name must not be empty")
    if isinstance(value, Streamed):
        dtype = _dtype(name, value.numpy)
        if dtype.name == "string":
            raise InvalidArgumentError(f"{clip(name)!r} must hold numbers to be streamed")
        yield _Stored(name, key, dtype, value)
        return
    if not isinstance(value, Sliced):
        array = np.asarray(value)
        yield _Stored(name, key, _dtype(name, array.dtype), array)
        return
    shape = tuple(int(n) for n in value.full_shape)
    arrays = [np.asarray(array) for _, array in value.parts]
    slices = [
        TensorSlice(tuple(int(n) for n in offset), array.shape)
        for (offset, _), array in zip(value.parts, arrays, strict=True)
    ]
    if len(arrays) == 1 and arrays[0].shape == shape and not any(slices[0].starts):
        yield _Stored(name, key, _dtype(name, arrays[0].dtype), arrays[0])
        return
    dtypes = {_dtype(name, array.dtype) for array in arrays}
    if len(dtypes) != 1:
        found = sorted(dtype.name for dtype in dtypes)
        raise InvalidArgumentError(
            f"the slices of {clip(name)!r} must be of one dtype, not {found}"
        )
    _check_whole(name, shape, slices)
    (dtype,) = dtypes
    entry = entries[key] = _entry(dtype, shape)
    for part, array in zip(slices, arrays, strict=True):
        _add_slice(entry, part)
        yield _Stored(name, slice_key(key, part), dtype, array)


def _check_whole(name: str, shape: tuple[int, ...], slices: list[TensorSlice]) -> None:
    boxes: list[Box] = []
    for part in slices:
        if len(part.starts) != len(part.lengths):
            raise InvalidArgumentError(
                f"the offset of a slice of {clip(name)!r} must have the rank of its array, {len(part.lengths)},"
                f" not {len(part.starts)}"
            )
        boxes.append(part.box(shape))
    covered = sum(box.volume for box in boxes)
    if covered != size(shape) or overlapping(boxes):
        raise InvalidArgumentError(
            f"the slices of {clip(name)!r} must be the whole of {show(shape)} without overlaps,"
            f" but have {covered} of {size(shape)} elements or overlap"
        )


def _dtype(name: str, numpy: np.dtype[Any]) -> DType:
    try:
        return as_dtype(numpy)
    except TypeError as error:
        raise InvalidArgumentError(
            f"{clip(name)!r} must be of a dtype that TensorFlow has, not {numpy}"
        ) from error


def _entry(dtype: DType, shape: tuple[int, ...]) -> Any:
    entry = BundleEntryProto(dtype=dtype.as_datatype_enum)
    # A scalar's shape is there and empty, as TensorFlow writes it.
    entry.shape.SetInParent()
    for n in shape:
        entry.shape.dim.add(size=n)
    return entry


def _spread(stored: list[_Stored], num_shards: int) -> list[list[_Stored]]:
    """The tensors in their order, cut into runs of about equal size."""
    if num_shards == 1:
        return [stored]
    runs: list[list[_Stored]] = [[] for _ in range(num_shards)]
    weights = [part.weight for part in stored]
    total = sum(weights)
    before = 0
    for part, weight in zip(stored, weights, strict=True):
        runs[(2 * before + weight) * num_shards // (2 * total)].append(part)
        before += weight
    return runs


def _write(file: BinaryIO, part: _Stored) -> int:
    """Write the bytes of one array, and give their checksum."""
    if part.dtype.name == "string":
        assert not isinstance(part.array, Streamed)
        strings = _strings(part.name, part.array)
        head, crc = join_strings(strings)
        file.write(head)
        file.writelines(batches(strings))
        return crc
    blocks = _blocks(part.name, part.array) if isinstance(part.array, Streamed) else [part.array]
    crc = 0
    for block in blocks:
        for chunk in _chunks(block, part.dtype):
            crc = _put(file, chunk, crc)
    return crc


def _put(file: BinaryIO, chunk: memoryview, crc: int) -> int:
    """Write some bytes, and give the checksum of these after those of `crc`."""
    found = crc

    def work(checking: bool) -> None:
        nonlocal found
        if checking:
            found = crc32c(chunk, crc)
        else:
            file.write(chunk)

    spread(work, [False, True], len(chunk) // _SPEED)
    return found


def _blocks(name: str, streamed: Streamed) -> Iterator[NDArray[Any]]:
    """The blocks of a streamed tensor, checked."""
    count = 0
    for block in streamed.blocks():
        if block.dtype != streamed.numpy:
            raise InvalidArgumentError(
                f"blocks of {clip(name)!r} must be of dtype {streamed.numpy}, not {block.dtype}"
            )
        count += block.size
        yield block
    if count != size(streamed.shape):
        raise InvalidArgumentError(
            f"blocks of {clip(name)!r} must have {size(streamed.shape)} elements together for shape "
            f"{show(tuple(streamed.shape))}, not {count}"
        )


def _strings(name: str, array: NDArray[Any]) -> list[bytes]:
    elements: list[Any] = array.reshape(-1).tolist()
    if all(type(element) is bytes for element in elements):
        return elements
    strings = []
    for element in elements:
        if not isinstance(element, (bytes, str)):
            raise InvalidArgumentError(
                f"{clip(name)!r} must hold bytes or str, not {type(element).__name__}"
            )
        strings.append(element.encode() if isinstance(element, str) else element)
    return strings


def _chunks(array: NDArray[Any], dtype: DType) -> Iterator[memoryview]:
    """The bytes of an array in C order, little-endian, a few megabytes at a time."""
    stored = array.dtype
    if not stored.isnative or sys.byteorder != "little":
        stored = stored.newbyteorder("<")
    if array.flags.c_contiguous and array.dtype == stored:
        data = array.reshape(-1).view(np.uint8)
        step = _SHARED_CHUNK_BYTES if num_threads() > 1 else _CHUNK_BYTES
        for start in range(0, data.size, step):
            yield data[start : start + step].data
        return
    pieces = np.nditer(
        array,
        flags=["external_loop", "buffered", "zerosize_ok"],
        op_dtypes=[stored],
        casting="equiv",
        order="C",
        buffersize=max(_CHUNK_BYTES // dtype.size, 1),
    )
    for piece in pieces:
        yield np.ascontiguousarray(piece).view(np.uint8).data
