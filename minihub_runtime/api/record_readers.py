"""`tf.TextLineReader` and its like: records out of units of work, mostly names of files, that come from a queue.

    ReaderBase
    ├─ IdentityReader           each unit of work as it is
    ├─ WholeFileReader          each file whole
    ├─ TextLineReader           lines of files
    ├─ FixedLengthRecordReader  records of so many bytes
    └─ TFRecordReader           TFRecords

Source: tensorflow/python/ops/io_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Operation, Tensor
from minihub_runtime.api.tf_record import TFRecordOptions
from minihub_runtime.dtypes import resource
from minihub_runtime.public import public

__all__ = [
    "FixedLengthRecordReader",
    "IdentityReader",
    "LMDBReader",
    "ReaderBase",
    "TFRecordReader",
    "TextLineReader",
    "WholeFileReader",
]


@public("ReaderBase")
class ReaderBase:
    """A reader; what all kinds have in common.

    Args:
        reader_ref: the handle.
        supports_serialize: whether its state can be told and restored.
    """

    def __init__(self, reader_ref: Any, supports_serialize: bool = False) -> None:
        self._reader_ref = reader_ref
        self._supports_serialize = supports_serialize

    @property
    def reader_ref(self) -> Any:
        """The handle."""
        return self._reader_ref

    @property
    def supports_serialize(self) -> bool:
        """Whether the state can be told and restored."""
        return self._supports_serialize

    def read(self, queue: Any, name: str | None = None) -> Any:
        """Key and value of the next record; a new unit of work is taken from a queue, or its handle, where one is needed."""
        return self._build("ReaderRead", name, queue_handle=self._queue(queue))

    def read_up_to(self, queue: Any, num_records: Any, name: str | None = None) -> Any:
        """Keys and values of the next records of a unit of work, `num_records` at most; see `read`."""
        return self._build(
            "ReaderReadUpTo", name, queue_handle=self._queue(queue), num_records=num_records
        )

    def num_records_produced(self, name: str | None = None) -> Tensor:
        """How many records were given."""
        made: Tensor = self._build("ReaderNumRecordsProduced", name)
        return made

    def num_work_units_completed(self, name: str | None = None) -> Tensor:
        """How many units of work are done."""
        made: Tensor = self._build("ReaderNumWorkUnitsCompleted", name)
        return made

    def serialize_state(self, name: str | None = None) -> Tensor:
        """The state as a string, where `supports_serialize` holds."""
        made: Tensor = self._build("ReaderSerializeState", name)
        return made

    def restore_state(self, state: Any, name: str | None = None) -> Operation:
        """An operation that brings the reader into a state, where `supports_serialize` holds."""
        made: Operation = self._build("ReaderRestoreState", name, state=state)
        return made

    def reset(self, name: str | None = None) -> Operation:
        """An operation that makes the reader as new."""
        made: Operation = self._build("ReaderReset", name)
        return made

    def _by_handle(self) -> bool:
        return bool(self._reader_ref.dtype is resource)

    def _queue(self, queue: Any) -> Any:
        handle = queue if isinstance(queue, Tensor) else queue.queue_ref
        # Readers by reference take queues so.
        return handle if self._by_handle() else build("FakeQueue", resource=handle)

    def _build(self, op_name: str, name: str | None, **arguments: Any) -> Any:
        version = "V2" if self._by_handle() else ""
        return build(f"{op_name}{version}", name=name, reader_handle=self._reader_ref, **arguments)


@public("IdentityReader")
class IdentityReader(ReaderBase):
    """Gives units of work as they are: key and value are the same."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(build("IdentityReaderV2", name=name), supports_serialize=True)


@public("WholeFileReader")
class WholeFileReader(ReaderBase):
    """Gives files: the key is the name, the value the content."""

    def __init__(self, name: str | None = None) -> None:
        super().__init__(build("WholeFileReaderV2", name=name), supports_serialize=True)


@public("TextLineReader")
class TextLineReader(ReaderBase):
    """Gives the lines of files, without what ends them; the key tells the file and the number of the line.

    Args:
        skip_header_lines: how many lines at the beginning of each file are left out.
        name: wanted name.
    """

    def __init__(self, skip_header_lines: int | None = None, name: str | None = None) -> None:
        super().__init__(
            build("TextLineReaderV2", name=name, skip_header_lines=skip_header_lines or 0)
        )


@public("FixedLengthRecordReader")
class FixedLengthRecordReader(ReaderBase):
    """Gives records of so many bytes; the key tells the file and the number of the record.

    Args:
        record_bytes: the bytes of a record.
        header_bytes: those before the first one.
        footer_bytes: those behind the last one.
        hop_bytes: from the beginning of one to that of the next, by default the bytes of a record.
        name: wanted name.
        encoding: ZLIB or GZIP for compressed files.
    """

    def __init__(
        self,
        record_bytes: int,
        header_bytes: int | None = None,
        footer_bytes: int | None = None,
        hop_bytes: int | None = None,
        name: str | None = None,
        encoding: str | None = None,
    ) -> None:
        super().__init__(
            build(
                "FixedLengthRecordReaderV2",
                name=name,
                record_bytes=record_bytes,
                header_bytes=header_bytes or 0,
                footer_bytes=footer_bytes or 0,
                hop_bytes=hop_bytes or 0,
                encoding=encoding or "",
            )
        )


@public("TFRecordReader")
class TFRecordReader(ReaderBase):
    """Gives the records of files of TFRecords; the key tells the file and where in it the record begins.

    Args:
        name: wanted name.
        options: TFRecordOptions, which tell the compression.
    """

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        kind = TFRecordOptions.get_compression_type_string(options)
        super().__init__(build("TFRecordReaderV2", name=name, compression_type=kind))


@public("LMDBReader")
class LMDBReader(ReaderBase):
    """Not there: databases of LMDB are not read.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, name: str | None = None, options: Any = None) -> None:
        raise NotImplementedError(
            "databases of LMDB are not read here; write their records as TFRecords and use TFRecordReader"
        )
