"""Checkpoints of the format before the bundles of V2: the one file of `tf.train.Saver(write_version=tf.train.SaverDef.V1)`.

A file is one table, as the index of a bundle is (see `table`), of SavedTensorSlices messages:

    ""                         their `meta`: name, shape, type and slices of each tensor
    the key of a slice         their `data`: its values, in the list of their type

The key is that of `slices.slice_key`; a tensor that is not partitioned is one slice.  The values of a tensor are listed in a
message, so that they are copied as they are read and limited to two gigabytes.  A saver with shards writes several such files.

Source: tensorflow/core/util/tensor_slice_writer.cc, tensor_slice_reader.cc, saved_tensor_slice.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.checkpoint.bundle import MAX_TENSOR_BYTES, dtype_of, shape_of, slices_of
from minihub_runtime.checkpoint.files import map_file
from minihub_runtime.checkpoint.slices import (
    Box,
    TensorSlice,
    pieces_of,
    slice_key,
    wanted_part,
)
from minihub_runtime.checkpoint.table import Table
from minihub_runtime.codec import as_bytes, listed_values
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import (
    DataLossError,
    FailedPreconditionError,
    NotFoundError,
    ResourceExhaustedError,
    UnimplementedError,
    clip,
)
from minihub_runtime.protos import SavedTensorSlices, parse
from minihub_runtime.shapes import show, size

__all__ = ["MAX_MESSAGE_BYTES", "META_KEY", "TYPES", "VERSION", "OldCheckpointReader"]

VERSION = 1
#: The key of the message that says what there is.
META_KEY = b""
MAX_MESSAGE_BYTES = 1 << 31
#: The types of tensors that such files can hold.
TYPES = frozenset(
    [
        "bool",
        "complex128",
        "complex64",
        "float16",
        "float32",
        "float64",
        "int16",
        "int32",
        "int64",
        "int8",
        "qint32",
        "qint8",
        "quint8",
        "string",
        "uint16",
        "uint8",
    ]
)


class _Stored(NamedTuple):
    """One slice: which file has it, and where it lies in its tensor."""

    table: Table
    slice: TensorSlice
    box: Box


class _Tensor(NamedTuple):
    """One tensor."""

    dtype: DType
    shape: tuple[int, ...]
    stored: list[_Stored]


class OldCheckpointReader:
    """The tensors of one checkpoint, by name; has what `CheckpointReader` has.

    Any number of threads may use a reader.

    Args:
        prefix: what the caller knows the checkpoint by, for messages.
        paths: its files.

    Raises:
        DataLossError: a file is not what it should be, or several contradict each other.
        UnimplementedError: a file asks for a newer reader.
    """

    def __init__(self, prefix: str, paths: Sequence[str]) -> None:
        self.prefix = prefix
        self._tensors: dict[str, _Tensor] = {}
        self._closed = False
        for path in paths:
            self._add_file(path)

    def _add_file(self, path: str) -> None:
        try:
            data, _ = map_file(path, MAX_TENSOR_BYTES)
            table = Table(memoryview(data), path)
        except (DataLossError, FailedPreconditionError) as error:
            raise DataLossError(
                f"Unable to open table file {clip(path)}: {error.message}: perhaps your file is in a different "
                "file format and you need to use a different restore operator?"
            ) from error
        message = table.get(META_KEY)
        if message is None:
            raise DataLossError(f"{clip(path)} must say which tensors it has, but does not")
        meta = parse(SavedTensorSlices, message, f"the table of contents of {clip(path)}").meta
        if meta.versions.min_consumer > VERSION or VERSION in meta.versions.bad_consumers:
            raise UnimplementedError(
                f"{clip(path)} must be readable for a reader of version {VERSION}, but wants"
                f" {meta.versions.min_consumer} or later and excludes {list(meta.versions.bad_consumers)[:10]}"
            )
        for proto in meta.tensor:
            self._add_tensor(proto, table)

    def _add_tensor(self, proto: Any, table: Table) -> None:
        what = f"the checkpoint entry of {clip(proto.name)!r}"
        shape, dtype = shape_of(proto.shape, what), dtype_of(proto.type, what)
        slices, boxes = slices_of(proto.slice, shape, what)
        if size(shape) * dtype.size > MAX_TENSOR_BYTES:
            raise ResourceExhaustedError(
                f"{what} must have at most {MAX_TENSOR_BYTES} bytes, not {size(shape) * dtype.size}"
            )
        tensor = self._tensors.setdefault(proto.name, _Tensor(dtype, shape, []))
        if tensor[:2] != (dtype, shape):
            raise DataLossError(
                f"{what} must be the same in all files, but is {tensor.dtype.name}{show(tensor.shape)} and"
                f" {dtype.name}{show(shape)}"
            )
        tensor.stored.extend(_Stored(table, *pair) for pair in zip(slices, boxes, strict=True))

    def names(self) -> list[str]:
        """The names of all tensors, sorted."""
        return sorted(self._tensors)

    def has(self, name: str) -> bool:
        """Whether there is a tensor of that name."""
        return name in self._tensors

    def dtype(self, name: str) -> DType:
        """The element type of a tensor."""
        return self._tensor(name).dtype

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a tensor, of the whole one if it is partitioned."""
        return self._tensor(name).shape

    def read(self, name: str, slice: str | None = None) -> NDArray[Any]:
        """A tensor, or a part of one, as a read-only array; strings are an object array of `bytes`.

        Args:
            name: the tensor.
            slice: full shape and extents such as `8 16 0,4:-`; empty or None for all.

        Raises:
            NotFoundError: there is no such tensor.
            DataLossError: what is stored is damaged, or not what the file says.
            InvalidArgumentError: the slice is not one of this tensor.
            UnimplementedError: the format has no values of the type.
        """
        tensor = self._tensor(name)
        if tensor.dtype.name not in TYPES:
            raise UnimplementedError(f"Restoring data type {tensor.dtype.name} not yet supported")
        wanted = Box((0,) * len(tensor.shape), tensor.shape)
        if slice:
            wanted = wanted_part(name, slice, tensor.shape, self.prefix)
        pieces = list(self._pieces(name, tensor, wanted))
        if len(pieces) == 1 and pieces[0][0] == wanted:
            result = pieces[0][1]
        else:
            result = np.empty(wanted.sizes, tensor.dtype.numpy)
            for common, array in pieces:
                result[common.within(wanted)] = array
        result.flags.writeable = False
        return result

    def close(self) -> None:
        """Let go of the files; arrays that were read stay valid."""
        self._closed = True
        self._tensors = {}

    def __enter__(self) -> OldCheckpointReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tensor(self, name: str) -> _Tensor:
        if self._closed:
            raise FailedPreconditionError(
                f"checkpoint {clip(self.prefix)} must be open, but is closed"
            )
        if name not in self._tensors:
            raise NotFoundError(
                f'Tensor name "{clip(name)}" not found in checkpoint files {clip(self.prefix)}'
            )
        return self._tensors[name]

    def _pieces(
        self, name: str, tensor: _Tensor, wanted: Box
    ) -> Iterator[tuple[Box, NDArray[Any]]]:
        """What the stored slices have of a part, before memory is taken for the whole of it."""
        boxes = [stored.box for stored in tensor.stored]
        for number, common in pieces_of(boxes, wanted, name, self.prefix):
            stored = tensor.stored[number]
            values = self._values(name, tensor.dtype, stored)
            # A scalar stays an array.
            place: tuple[Any, ...] = (*common.within(stored.box), ...)
            yield common, values[place]

    def _values(self, name: str, dtype: DType, stored: _Stored) -> NDArray[Any]:
        """The values of one slice."""
        what = f"the slice of {clip(name)!r} at {list(stored.box.offsets)}"
        message = stored.table.get(slice_key(as_bytes(name), stored.slice))
        if message is None:
            raise DataLossError(f"{what} must be in its file, but is not")
        proto = parse(SavedTensorSlices, message, what).data
        if proto.name != name:
            raise DataLossError(f"{what} must have its name, not {clip(proto.name)!r}")
        try:
            values = listed_values(proto.data, dtype, stored.box.volume)
        except DataLossError as error:
            raise DataLossError(f"of {what}, {error.message}") from error
        return values.reshape(stored.box.sizes)
