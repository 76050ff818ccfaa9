"""What reads records out of units of work, mostly names of files, that come from a queue.

    Reader               gives each unit of work as it is
    ├─ FileReader        gives each file whole
    └─ RecordReader      gives the records of files
       ├─ LineReader     lines
       ├─ FixedReader    records of so many bytes
       └─ ExampleReader  TFRecords

Source: tensorflow/core/framework/reader_base.cc, core/kernels/whole_file_read_ops.cc, text_line_reader_op.cc,
fixed_length_record_reader_op.cc, tf_record_reader_op.cc.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator
from typing import BinaryIO

import numpy as np

from minihub_runtime.dtypes import string
from minihub_runtime.errors import (
    InvalidArgumentError,
    OpError,
    OutOfRangeError,
    UnimplementedError,
    clip,
)
from minihub_runtime.ops.checking import allocatable, require
from minihub_runtime.ops.proto_wire import LENGTH, VARINT, fields_of, tag, varint
from minihub_runtime.ops.queues import Queue
from minihub_runtime.ops.record_files import WINDOW, Inflating, lines, raw_records, record_of
from minihub_runtime.ops.registry import Array

__all__ = ["ExampleReader", "FileReader", "FixedReader", "LineReader", "Reader", "Record"]

#: Key and value.
Record = tuple[bytes, bytes]
#: What opens a file that may be read.
Open = Callable[[bytes], BinaryIO]


class Reader:
    """Gives each unit of work as a record.

    Attributes:
        name: for messages.
        produced: how many records were given.
        completed: how many units of work are done.
    """

    kind = "IdentityReader"
    #: Whether its state is known between two records.
    has_state = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.lock = threading.RLock()
        self.produced = self.completed = self._started = 0
        self._work = b""
        self._clear()

    def __repr__(self) -> str:
        return f"<{self.kind} {clip(self.name)}>"

    def read(self, queue: Queue, count: int, open_file: Open) -> list[Record]:
        """The next records, of one unit of work, `count` at most.

        Raises:
            InvalidArgumentError: the queue holds something else than strings.
            OutOfRangeError: the queue is closed and has no more work.
            OpError: a unit of work cannot be read.
        """
        with self.lock:
            while True:
                if self._started <= self.completed:
                    self._work = b""
                    self._work = _unit_of(queue)
                    self.start(self._work, open_file)
                    self._started += 1
                found: list[Record] = []
                while len(found) < count:
                    record = self.following(self._work, open_file)
                    if record is not None:
                        found.append(record)
                        self.produced += 1
                    if record is None or self.is_at_end():
                        self.completed += 1
                        break
                if found or not count:
                    return found

    def start(self, work: bytes, open_file: Open) -> None:
        """Begin with a unit of work."""

    def following(self, work: bytes, open_file: Open) -> Record | None:
        """The next record of a unit of work; None at its end."""
        return work, work

    def is_at_end(self) -> bool:
        """Whether it is known that the last record was the last of its unit of work."""
        return True

    def reset(self) -> None:
        """Forget all work."""
        with self.lock:
            self._clear()

    def _clear(self) -> None:
        self._work = b""
        self._started = self.completed = self.produced = 0

    def state(self) -> bytes:
        """A message ReaderBaseState.

        Raises:
            UnimplementedError: the state is not known between two records.
        """
        if not self.has_state:
            raise UnimplementedError("Reader SerializeState")
        with self.lock:
            numbers = (self._started, self.completed, self.produced)
            parts = [tag(i, VARINT) + varint(n) for i, n in enumerate(numbers, 1) if n]
            if self._work:
                parts.append(tag(4, LENGTH) + varint(len(self._work)) + self._work)
            return b"".join(parts)

    def restore(self, state: bytes) -> None:
        """Go on from the state that a message ReaderBaseState tells.

        Raises:
            UnimplementedError: the state is not known between two records.
            InvalidArgumentError: it is no state between two units of work; the reader is as new then.
        """
        if not self.has_state:
            raise UnimplementedError("Reader RestoreState")
        with self.lock:
            self._clear()
            self._started, self.completed, self.produced, self._work = self._checked(state)

    def _checked(self, state: bytes) -> tuple[int, int, int, bytes]:
        where = f"{self.kind} {clip(self.name)!r}"
        numbers, work = [0, 0, 0], b""
        try:
            for number, wire, raw in fields_of(state):
                if wire == VARINT and 1 <= number <= 3:
                    numbers[number - 1] = raw - (1 << 64) if raw >> 63 else raw
                elif wire == LENGTH and number == 4:
                    work = raw
        except OpError:
            raise InvalidArgumentError(
                f"Could not parse state for {where}: {clip(repr(state))}"
            ) from None
        started, completed, produced = numbers
        require(
            min(numbers) >= 0, f"Unexpected negative value when restoring in {where}: {numbers}"
        )
        require(
            started <= completed,
            f"Inconsistent work started vs. finished when restoring in {where}: work_started: {started}",
        )
        return started, completed, produced, work


def _unit_of(queue: Queue) -> bytes:
    """The next string of a queue."""
    element: tuple[Array, ...] = queue.take(1)[0]
    require(len(queue.types) == 1, "Expected single component queue")
    require(queue.types[0] is string, "Expected queue with single string component")
    require(element[0].size == 1, "Expected to dequeue a one-element string tensor")
    unit: bytes = element[0].reshape(()).item()
    return unit


class FileReader(Reader):
    """Gives each file as a record; one that cannot be read is asked for again."""

    kind = "WholeFileReader"

    def following(self, work: bytes, open_file: Open) -> Record | None:
        """The file."""
        with open_file(work) as file:
            return work, file.read()


class RecordReader(Reader):
    """Gives the records of files, one after the other; a file that cannot be opened is left."""

    has_state = False

    def _clear(self) -> None:
        super()._clear()
        self._records: Generator[Record, None, None] | None = None
        self._failed: OpError | None = None

    def start(self, work: bytes, open_file: Open) -> None:
        """Open a file."""
        self._failed = None
        self._records = self.records(work, self.opened(open_file(work)))

    def following(self, work: bytes, open_file: Open) -> Record | None:
        """The next record of the file; where it is damaged, it stays."""
        if self._failed is not None:
            raise self._failed
        assert self._records is not None
        try:
            return next(self._records, None)
        except OpError as error:
            self._failed = error
            raise

    def is_at_end(self) -> bool:
        """False: that shows when the next record is asked for."""
        return False

    def opened(self, file: BinaryIO) -> BinaryIO:
        """A file from which records are read, closed if it cannot be."""
        return file

    def records(self, work: bytes, file: BinaryIO) -> Generator[Record, None, None]:
        """The records of an open file, which is closed at the end."""
        raise NotImplementedError


class LineReader(RecordReader):
    """Gives the lines of files, but for some at the beginning of each."""

    kind = "TextLineReader"

    def __init__(self, name: str, skip_header_lines: int) -> None:
        super().__init__(name)
        self._skip = skip_header_lines
        require(self._skip >= 0, f"skip_header_lines must be >= 0 not {self._skip}")

    def records(self, work: bytes, file: BinaryIO) -> Generator[Record, None, None]:
        """The lines, with their numbers in the file."""
        with contextlib.closing(lines(file, "")) as found:
            for number, line in enumerate(found, 1):
                if number > self._skip:
                    yield b"%s:%d" % (work, number), line


class FixedReader(RecordReader):
    """Gives records of so many bytes that begin so many bytes apart, between a header and a footer."""

    kind = "FixedLengthRecordReader"

    def __init__(
        self,
        name: str,
        header_bytes: int,
        record_bytes: int,
        footer_bytes: int,
        hop_bytes: int,
        encoding: str,
    ) -> None:
        super().__init__(name)
        self._header, self._record = header_bytes, record_bytes
        self._footer, self._hop = footer_bytes, hop_bytes
        self._encoding = encoding
        for what, size in (
            ("header", header_bytes),
            ("record", record_bytes),
            ("footer", footer_bytes),
            ("hop", hop_bytes),
        ):
            require(size >= 0, f"{what}_bytes must be >= 0 not {size}")
        allocatable([header_bytes + record_bytes + footer_bytes], np.uint8, "a record")

    def opened(self, file: BinaryIO) -> BinaryIO:
        """A file behind its header."""
        try:
            self._read = (
                Inflating(file, WINDOW[self._encoding]).read
                if self._encoding in WINDOW
                else file.read
            )
            if len(self._read(self._header)) < self._header:
                raise OutOfRangeError("reached end of file")
        except OpError:
            file.close()
            raise
        return file

    def records(self, work: bytes, file: BinaryIO) -> Generator[Record, None, None]:
        """The records, with their numbers in the file."""
        read, needed = self._read, self._record + self._footer
        hop = self._hop or self._record
        number, ahead = 0, b""
        with file:
            while True:
                ahead += read(needed - len(ahead))
                if len(ahead) < needed:
                    return
                yield b"%s:%d" % (work, number), ahead[: self._record]
                number += 1
                left = hop - len(ahead)
                ahead = ahead[hop:]
                while left > 0 and (passed := len(read(min(left, 1 << 16)))):
                    left -= passed


class ExampleReader(RecordReader):
    """Gives the records of files of TFRecords."""

    kind = "TFRecordReader"

    def __init__(self, name: str, compression_type: str) -> None:
        super().__init__(name)
        self._compression = compression_type if compression_type in WINDOW else ""

    def records(self, work: bytes, file: BinaryIO) -> Generator[Record, None, None]:
        """The records, with the places in the file where they begin."""
        with contextlib.closing(raw_records(file, self._compression)) as found:
            for raw in found:
                yield b"%s:%d" % (work, raw[0] - 12), record_of(raw)
