"""Readers of records: the handles, and reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.queue import pair, queue_of
from minihub_runtime.ops.queues import Queue
from minihub_runtime.ops.readers import (
    ExampleReader,
    FileReader,
    FixedReader,
    LineReader,
    Reader,
    Record,
)
from minihub_runtime.ops.registry import Array, op, without_gradient
from minihub_runtime.ops.shape_rules import nothing, scalar
from minihub_runtime.shapes import Shape, Spec

__all__: list[str] = []

_USES = "core/kernels/reader_ops.cc"
#: Suffix of an op's name → how it gets its reader.
_FORMS = {"V2": "resource", "": "Ref(string)"}


def _reader(value: Any) -> Reader:
    if isinstance(value, np.ndarray) and value.dtype == object and not value.ndim:
        value = value.item()  # one of several handles
    if not isinstance(value, Reader):
        raise InvalidArgumentError(f"reader_handle must be a reader, not {type(value).__name__}")
    return value


def _shared(
    ctx: Context, container: str, shared_name: str, make: Callable[[str], Reader]
) -> Reader:
    """The session's reader of a name, which is the node's own without one."""
    name = shared_name or ctx.node
    found = ctx.resource(container, f"reader {name}", lambda: make(name))
    wanted = make(name).kind
    require(found.kind == wanted, f"reader {name!r} must be a {wanted}, not a {found.kind}")
    return found


def _identity(ctx: Context, *, container: str = "", shared_name: str = "") -> Reader:
    """The reader of that name, which gives units of work as they are."""
    return _shared(ctx, container, shared_name, Reader)


def _whole_file(
    ctx: Context, *, container: str = "", shared_name: str = "", _program_token: str = ""
) -> Reader:
    """The reader of that name, which gives whole files.

    Raises: PermissionDeniedError where the graph may read no file.
    """
    ctx.check_reading(_program_token)
    return _shared(ctx, container, shared_name, FileReader)


def _text_line(
    ctx: Context,
    *,
    skip_header_lines: int = 0,
    container: str = "",
    shared_name: str = "",
    _program_token: str = "",
) -> Reader:
    """The reader of that name, which gives lines of files.

    Raises: InvalidArgumentError for a negative number of lines, and for a reader of that name of another kind;
        PermissionDeniedError where the graph may read no file.
    """
    ctx.check_reading(_program_token)
    return _shared(ctx, container, shared_name, lambda name: LineReader(name, skip_header_lines))


def _fixed_length(
    ctx: Context,
    *,
    header_bytes: int = 0,
    record_bytes: int,
    footer_bytes: int = 0,
    hop_bytes: int = 0,
    container: str = "",
    shared_name: str = "",
    _program_token: str = "",
) -> Reader:
    """The reader of that name, which gives records of `record_bytes` bytes of files, between a header and a footer.

    Raises: InvalidArgumentError for negative sizes, and for a reader of that name of another kind; PermissionDeniedError
        where the graph may read no file.
    """
    ctx.check_reading(_program_token)
    sizes = (header_bytes, record_bytes, footer_bytes, hop_bytes)
    return _shared(ctx, container, shared_name, lambda name: FixedReader(name, *sizes, ""))


def _fixed_length_v2(
    ctx: Context,
    *,
    header_bytes: int = 0,
    record_bytes: int,
    footer_bytes: int = 0,
    hop_bytes: int = 0,
    container: str = "",
    shared_name: str = "",
    encoding: str = "",
    _program_token: str = "",
) -> Reader:
    """The reader of that name, which gives records of `record_bytes` bytes of files, perhaps compressed.

    Raises: InvalidArgumentError for negative sizes, and for a reader of that name of another kind; PermissionDeniedError
        where the graph may read no file.
    """
    ctx.check_reading(_program_token)
    sizes = (header_bytes, record_bytes, footer_bytes, hop_bytes)
    return _shared(ctx, container, shared_name, lambda name: FixedReader(name, *sizes, encoding))


def _tf_record(
    ctx: Context,
    *,
    container: str = "",
    shared_name: str = "",
    compression_type: str = "",
    _program_token: str = "",
) -> Reader:
    """The reader of that name, which gives the records of files of TFRecords.

    Raises: PermissionDeniedError where the graph may read no file.
    """
    ctx.check_reading(_program_token)
    return _shared(ctx, container, shared_name, lambda name: ExampleReader(name, compression_type))


for _name, _kernel, _source in (
    ("IdentityReader", _identity, "identity_reader_op.cc"),
    ("WholeFileReader", _whole_file, "whole_file_read_ops.cc"),
    ("TextLineReader", _text_line, "text_line_reader_op.cc"),
    ("FixedLengthRecordReader", _fixed_length, "fixed_length_record_reader_op.cc"),
    ("TFRecordReader", _tf_record, "tf_record_reader_op.cc"),
):
    for _version, _handle in _FORMS.items():
        _made = _fixed_length_v2 if _kernel is _fixed_length and _version else _kernel
        op(
            f"{_name}{_version}() -> reader_handle: {_handle}",
            stateful=True,
            source=f"core/kernels/{_source}",
            shape=scalar if _version else pair,
        )(_made)


@op(
    "FakeQueue(resource: resource) -> handle: Ref(string)",
    stateful=True,
    source="core/kernels/queue_op.cc:FakeQueueOp",
    shape=lambda resource: (2,),
)
def fake_queue(resource: Any) -> Queue:
    """The queue of a handle, for readers by reference."""
    return queue_of(resource)


def _strings(items: Sequence[bytes]) -> Array:
    result = np.empty(len(items), dtype=object)
    result[:] = items
    return result


def _read(ctx: Context, reader: Any, queue: Any, count: int, token: str) -> list[Record]:
    return _reader(reader).read(queue_of(queue), count, lambda path: ctx.open_file(path, token))


def _two() -> list[Shape]:
    return [(), ()]


def _several(num_records: Spec) -> list[Shape]:
    require(num_records.shape is None or num_records.shape == (), "num_records must be a scalar")
    return [(None,), (None,)]


def _register_uses(version: str, handle: str) -> None:
    by_handle = version == "V2"

    @op(
        f"ReaderRead{version}(reader_handle: {handle}, queue_handle: {handle})"
        " -> key: string, value: string",
        stateful=by_handle,
        source=_USES + ":ReaderReadOp",
        shape=_two,
    )
    def read(
        ctx: Context, reader_handle: Any, queue_handle: Any, *, _program_token: str = ""
    ) -> tuple[Array, Array]:
        """The next record of a reader, which takes work from a queue where it has none.

        Raises: OutOfRangeError if the queue is closed and empty; InvalidArgumentError for a queue of something else than
            strings; NotFoundError, PermissionDeniedError, DataLossError for files.
        Differs: TensorFlow reads any file of the machine.
        """
        ((key, value),) = _read(ctx, reader_handle, queue_handle, 1, _program_token)
        return _strings([key]).reshape(()), _strings([value]).reshape(())

    @op(
        f"ReaderReadUpTo{version}(reader_handle: {handle}, queue_handle: {handle}, num_records: int64)"
        " -> keys: string, values: string",
        stateful=by_handle,
        source=_USES + ":ReaderReadUpToOp",
        shape=_several,
    )
    def read_up_to(
        ctx: Context,
        reader_handle: Any,
        queue_handle: Any,
        num_records: Array,
        *,
        _program_token: str = "",
    ) -> tuple[Array, Array]:
        """The next records of a reader, `num_records` at most, all of one unit of work; errors as for ReaderRead.

        Raises: InvalidArgumentError for a negative number, which ends TensorFlow.
        """
        require_scalar(num_records, "num_records")
        count = int(num_records)
        require(count >= 0, f"num_records must be >= 0, not {count}")
        found = _read(ctx, reader_handle, queue_handle, count, _program_token)
        return _strings([key for key, _ in found]), _strings([value for _, value in found])

    @op(
        f"ReaderNumRecordsProduced{version}(reader_handle: {handle}) -> records_produced: int64",
        stateful=by_handle,
        source=_USES + ":ReaderNumRecordsProducedOp",
        shape=scalar,
    )
    def records_produced(reader_handle: Any) -> Array:
        """How many records the reader has given."""
        return np.array(_reader(reader_handle).produced, np.int64)

    @op(
        f"ReaderNumWorkUnitsCompleted{version}(reader_handle: {handle}) -> units_completed: int64",
        stateful=by_handle,
        source=_USES + ":ReaderNumWorkUnitsCompletedOp",
        shape=scalar,
    )
    def units_completed(reader_handle: Any) -> Array:
        """How many units of work the reader has done."""
        return np.array(_reader(reader_handle).completed, np.int64)

    @op(
        f"ReaderSerializeState{version}(reader_handle: {handle}) -> state: string",
        stateful=by_handle,
        source=_USES + ":ReaderSerializeStateOp",
        shape=scalar,
    )
    def serialize_state(reader_handle: Any) -> Array:
        """The state of the reader as a message.

        Raises: UnimplementedError for readers of records of files.
        """
        return _strings([_reader(reader_handle).state()]).reshape(())

    @op(
        f"ReaderRestoreState{version}(reader_handle: {handle}, state: string)",
        stateful=by_handle,
        source=_USES + ":ReaderRestoreStateOp",
        shape=_restored,
    )
    def restore_state(reader_handle: Any, state: Array) -> tuple[()]:
        """Nothing, after bringing the reader into a state.

        Raises: UnimplementedError for readers of records of files; InvalidArgumentError for a state that is none.
        """
        require_scalar(state, "state")
        _reader(reader_handle).restore(state.item())
        return ()

    @op(
        f"ReaderReset{version}(reader_handle: {handle})",
        stateful=by_handle,
        source=_USES + ":ReaderResetOp",
        shape=nothing,
    )
    def reset(reader_handle: Any) -> tuple[()]:
        """Nothing, after making the reader as new."""
        _reader(reader_handle).reset()
        return ()


def _restored(state: Spec) -> list[Shape]:
    require(state.shape is None or state.shape == (), "state must be a scalar")
    return []


for _version, _handle in _FORMS.items():
    _register_uses(_version, _handle)

without_gradient(
    "FixedLengthRecordReader",
    "IdentityReader",
    "ReaderNumRecordsProduced",
    "ReaderNumWorkUnitsCompleted",
    "ReaderRead",
    "ReaderReadUpTo",
    "ReaderReset",
    "ReaderRestoreState",
    "ReaderSerializeState",
    "TFRecordReader",
    "TextLineReader",
    "WholeFileReader",
)
