"""Datasets of the lines and records of files, and the file of the records of a dataset.

Source: tensorflow/core/kernels/data/text_line_dataset_op.cc, tf_record_dataset_op.cc, fixed_length_record_dataset_op.cc,
experimental/to_tf_record_op.cc.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np

from minihub_runtime.dtypes import string
from minihub_runtime.errors import (
    DataLossError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    PermissionDeniedError,
    clip,
)
from minihub_runtime.ops.checking import allocatable, require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.datasets import (
    CHECKED_EVERY,
    Dataset,
    Element,
    Iteration,
    Passing,
    dataset_of,
    number,
    variant,
)
from minihub_runtime.ops.record_files import (
    WINDOW,
    Inflating,
    compressor,
    framed,
    lines,
    raw_records,
    record_of,
)
from minihub_runtime.ops.registry import Array, op
from minihub_runtime.ops.shape_rules import nothing, scalar

__all__ = ["compression_of", "paths_of"]

_SOURCE = "core/kernels/data/"

#: The pieces of an open file, which is closed at the end.
_Reader = Callable[[BinaryIO], Iterator[Any]]
#: What makes an element of a piece.
_Finish = Callable[[Any], bytes]


def _as_it_is(piece: bytes) -> bytes:
    return piece


class _Files(Dataset):
    """The pieces of files, one file after the other; those that are passed over are not finished."""

    def __init__(
        self,
        ctx: Context,
        paths: Sequence[bytes],
        reader: _Reader,
        metadata: str,
        finish: _Finish = _as_it_is,
    ) -> None:
        super().__init__([string], [()])
        self._ctx = ctx
        self._paths = paths
        self._reader, self._finish = reader, finish
        self._token = _token(metadata)

    def iterate(self, iteration: Iteration) -> Iterator[Element]:
        """The pieces."""
        return _Reading(self._ctx, self._paths, self._reader, self._finish, self._token)


class _Reading(Passing):
    """A file that cannot be opened, or whose length is none of whole records, is asked for again; one that is damaged is left."""

    def __init__(
        self,
        ctx: Context,
        paths: Sequence[bytes],
        reader: _Reader,
        finish: _Finish,
        token: str,
    ) -> None:
        self._ctx = ctx
        self._token = token
        self._left = list(paths[::-1])
        self._reader, self._finish = reader, finish
        self._pieces: Iterator[Any] | None = None

    def __next__(self) -> Element:
        piece = self._piece()
        result = np.empty((), dtype=object)
        try:
            result[()] = self._finish(piece)
        except OpError:
            self._close()
            raise
        return (result,)

    def pass_over(self, count: int) -> int:
        """Pass over the next `count` pieces; how many there were."""
        for passed in range(count):
            if passed % CHECKED_EVERY == 0:
                self._ctx.check()
            try:
                self._piece()
            except StopIteration:
                return passed
        return count

    def _piece(self) -> Any:
        while True:
            if self._pieces is None:
                if not self._left:
                    raise StopIteration
                self._ctx.check()
                self._pieces = self._reader(self._ctx.open_file(self._left[-1], self._token))
            try:
                return next(self._pieces)
            except StopIteration:
                self._close()
            except OpError:
                self._close()
                raise

    def _close(self) -> None:
        self._pieces = None
        self._left.pop()


def _token(metadata: str) -> str:
    """What the metadata of a dataset that the program built tells: the name in a message data.model Metadata."""
    return metadata[2:] if metadata.startswith("\n\x20") and len(metadata) == 34 else ""


def paths_of(filenames: Array) -> list[bytes]:
    """The names of files, a scalar or a vector.

    Raises:
        InvalidArgumentError: they are a matrix, or more.
    """
    require(filenames.ndim <= 1, "`filenames` must be a scalar or a vector.")
    found: list[bytes] = filenames.reshape(-1).tolist()
    return found


def compression_of(value: Array) -> str:
    """The kind of compression, empty for none.

    Raises:
        InvalidArgumentError: there is no such kind.
    """
    require_scalar(value, "compression_type")
    kind: str = value.item().decode("utf-8", "replace")
    require(
        kind in ("", *WINDOW),
        f"Unsupported compression_type, which must be ZLIB or GZIP, not {kind!r}",
    )
    return kind


@op(
    "TextLineDataset(filenames: string, compression_type: string, buffer_size: int64) -> handle: variant",
    stateful=True,
    source=_SOURCE + "text_line_dataset_op.cc",
    shape=scalar,
    ranks={"buffer_size": 0, "compression_type": 0},
)
def text_line_dataset(
    ctx: Context,
    filenames: Array,
    compression_type: Array,
    buffer_size: Array,
    *,
    metadata: str = "",
) -> Array:
    """The lines of files, without what ends them.

    Raises: InvalidArgumentError for an unknown compression; NotFoundError, PermissionDeniedError when elements are asked for.
    Differs: TensorFlow reads any file of the machine.
    """
    kind = compression_of(compression_type)
    number(buffer_size, "buffer_size", 0)
    return variant(_Files(ctx, paths_of(filenames), lambda file: lines(file, kind), metadata))


@op(
    "TFRecordDataset(filenames: string, compression_type: string, buffer_size: int64) -> handle: variant",
    stateful=True,
    source=_SOURCE + "tf_record_dataset_op.cc",
    shape=scalar,
    ranks={"buffer_size": 0, "compression_type": 0},
)
def tf_record_dataset(
    ctx: Context,
    filenames: Array,
    compression_type: Array,
    buffer_size: Array,
    *,
    metadata: str = "",
) -> Array:
    """The records of files of TFRecords.  The data of those that are passed over may be damaged, not their lengths.

    Raises: InvalidArgumentError for an unknown compression; DataLossError for a damaged record, NotFoundError,
        PermissionDeniedError when elements are asked for.
    Differs: TensorFlow reads any file of the machine.
    """
    kind = compression_of(compression_type)
    number(buffer_size, "buffer_size", 0)
    paths = paths_of(filenames)
    return variant(_Files(ctx, paths, lambda file: raw_records(file, kind), metadata, record_of))


def _fixed(kind: str, header: int, record: int, footer: int) -> _Reader:
    """What reads records of one length between a header and a footer.

    It refuses a file of another length before it gives any record; that of a compressed one is known at its end.
    """

    def whole(file: BinaryIO) -> Iterator[bytes]:
        size = os.fstat(file.fileno()).st_size
        body = size - header - footer
        if body < 0 or body % record:
            file.close()
            raise InvalidArgumentError(
                f"Excpected that there are a whole number of {record} byte records between a header of "
                f"{header} and a footer of {footer} bytes, but the file has {size} bytes."
            )
        return between(file, body // record)

    def between(file: BinaryIO, count: int) -> Iterator[bytes]:
        with file:
            file.seek(header)
            for _ in range(count):
                found = file.read(record)
                if len(found) < record:
                    raise DataLossError("a file must not shrink while it is read")
                yield found

    def inflated(file: BinaryIO) -> Iterator[bytes]:
        with file:
            read = Inflating(file, WINDOW[kind]).read
            if len(read(header)) < header:
                raise DataLossError(f"a file must begin with a header of {header} bytes")
            ahead = read(record + footer)
            while len(ahead) == record + footer:
                yield ahead[:record]
                ahead = ahead[record:] + read(record)
            if len(ahead) != footer:
                raise DataLossError(
                    f"a file must end with a whole record of {record} bytes and a footer of {footer} bytes"
                )

    return inflated if kind else whole


def _fixed_dataset(
    ctx: Context,
    filenames: Array,
    sizes: Sequence[tuple[str, Array, int]],
    kind: str,
    metadata: str,
) -> Array:
    header, record, footer = (number(value, name, least) for name, value, least in sizes)
    allocatable([header + record + footer], np.uint8, "a record")
    return variant(_Files(ctx, paths_of(filenames), _fixed(kind, header, record, footer), metadata))


@op(
    "FixedLengthRecordDataset(filenames: string, header_bytes: int64, record_bytes: int64, footer_bytes: int64, "
    "buffer_size: int64) -> handle: variant",
    stateful=True,
    source=_SOURCE + "fixed_length_record_dataset_op.cc",
    shape=scalar,
    ranks={"buffer_size": 0, "header_bytes": 0, "record_bytes": 0, "footer_bytes": 0},
)
def fixed_length_record_dataset(
    ctx: Context,
    filenames: Array,
    header_bytes: Array,
    record_bytes: Array,
    footer_bytes: Array,
    buffer_size: Array,
    *,
    metadata: str = "",
) -> Array:
    """The records of `record_bytes` bytes of files, between a header and a footer.

    Raises: InvalidArgumentError for sizes below 0, and a `record_bytes` of 0; for a file of another length, NotFoundError,
        PermissionDeniedError when elements are asked for.
    Differs: TensorFlow reads any file of the machine.
    """
    number(buffer_size, "buffer_size", 0)
    sizes = (
        ("header_bytes", header_bytes, 0),
        ("record_bytes", record_bytes, 1),
        ("footer_bytes", footer_bytes, 0),
    )
    return _fixed_dataset(ctx, filenames, sizes, "", metadata)


@op(
    "FixedLengthRecordDatasetV2(filenames: string, header_bytes: int64, record_bytes: int64, footer_bytes: int64, "
    "buffer_size: int64, compression_type: string) -> handle: variant",
    stateful=True,
    source=_SOURCE + "fixed_length_record_dataset_op.cc",
    shape=scalar,
    ranks={"buffer_size": 0, "header_bytes": 0, "record_bytes": 0, "footer_bytes": 0},
)
def fixed_length_record_dataset_v2(
    ctx: Context,
    filenames: Array,
    header_bytes: Array,
    record_bytes: Array,
    footer_bytes: Array,
    buffer_size: Array,
    compression_type: Array,
    *,
    metadata: str = "",
) -> Array:
    """The records of `record_bytes` bytes of files, perhaps compressed, between a header and a footer.

    Raises: InvalidArgumentError for sizes below 0, a `record_bytes` of 0, and an unknown compression; for a file of another
        length, NotFoundError, PermissionDeniedError when elements are asked for.
    Differs: TensorFlow reads any file of the machine.
    """
    number(buffer_size, "buffer_size", 0)
    sizes = (
        ("header_bytes", header_bytes, 0),
        ("record_bytes", record_bytes, 1),
        ("footer_bytes", footer_bytes, 0),
    )
    return _fixed_dataset(ctx, filenames, sizes, compression_of(compression_type), metadata)


@op(
    "DatasetToTFRecord|ExperimentalDatasetToTFRecord(input_dataset: variant, filename: string, "
    "compression_type: string)",
    stateful=True,
    source=_SOURCE + "experimental/to_tf_record_op.cc",
    shape=nothing,
)
def dataset_to_tf_record(
    ctx: Context,
    input_dataset: Array,
    filename: Array,
    compression_type: Array,
    *,
    _program_token: str = "",
) -> tuple[()]:
    """Nothing, after writing the elements of a dataset, strings, as the records of a file, which is replaced.

    Raises: PermissionDeniedError unless the program that runs the graph has added the operation; InvalidArgumentError for an
        unknown compression, and for elements that are no scalar strings; NotFoundError for a folder that is not there.  The
        records before an element that fails are written.
    Differs: TensorFlow writes wherever any graph says, and does not compress where the compression is unknown.
    """
    require_scalar(filename, "filename")
    kind = compression_of(compression_type)
    source = dataset_of(input_dataset)
    require(
        source.types == (string,),
        f"elements must be scalar strings to be written, not of {[item.name for item in source.types]}",
    )
    name = os.fsdecode(filename.item())
    if not ctx.by_program(_program_token):
        raise PermissionDeniedError(
            f"a graph must not write files, such as {clip(name)!r}; only the program that runs it may"
        )
    packed = compressor(kind)
    try:
        file = open(name, "wb")  # noqa: SIM115 (closed below)
    except FileNotFoundError:
        raise NotFoundError(f"{clip(name)}; No such file or directory") from None
    with file:
        try:
            for place, (record,) in enumerate(source.unshared().iterate(Iteration(ctx))):
                if place % CHECKED_EVERY == 0:
                    ctx.check()
                require_scalar(record, "a record")
                frame = framed(record.item())
                file.write(frame if packed is None else packed.compress(frame))
        finally:
            if packed is not None:
                file.write(packed.flush())
    return ()
