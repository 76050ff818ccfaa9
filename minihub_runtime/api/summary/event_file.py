"""Event files: records of Event protos, the first of which tells the version of the format.

Source: tensorflow/core/util/events_writer.cc, tensorflow/python/summary/writer/event_file_writer.py,
tensorflow/python/summary/summary_iterator.py.
"""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from minihub_runtime.api.tf_record import TFRecordWriter, tf_record_iterator
from minihub_runtime.errors import NotFoundError
from minihub_runtime.protos import Event
from minihub_runtime.public import public

__all__ = ["EventFileWriter", "summary_iterator"]

_VERSION = "brain.Event:2"
_WRITER = "tensorflow.core.util.events_writer"


class EventFileWriter:
    """Appends events to a file of a folder; the file is made when the first event comes.

    Args:
        logdir: the folder, made if it is not there; empty for the one the program works in.
        flush_secs: an event that comes so many seconds after the last flush brings all to the file.
        filename_suffix: the end of the file's name.
    """

    def __init__(
        self, logdir: Any, flush_secs: float = 120, filename_suffix: str | None = None
    ) -> None:
        self.logdir = str(logdir)
        self._flush_secs = flush_secs
        self._suffix = filename_suffix or ""
        self._file: TFRecordWriter | None = None
        self._closed = False
        self._next_flush = 0.0
        self._lock = threading.Lock()
        os.makedirs(self.logdir or os.curdir, exist_ok=True)

    def _open(self) -> TFRecordWriter:
        """The open file.  TensorFlow replaces the file of a writer that began in the same second; this does not."""
        if self._file is None:
            now = int(time.time())
            base = f"events.out.tfevents.{now:010d}.{socket.gethostname()}"
            self._file = TFRecordWriter(_new_file(os.path.join(self.logdir, base), self._suffix))
            first = Event(wall_time=now, file_version=_VERSION)
            first.source_metadata.writer = _WRITER
            self._file.write(first.SerializeToString())
        return self._file

    def add_event(self, event: Event) -> None:
        """Append an event; nothing happens if the writer is closed."""
        with self._lock:
            if self._closed:
                return
            file = self._open()
            file.write(event.SerializeToString())
            now = time.time()
            if now > self._next_flush:
                file.flush()
                self._next_flush = now + self._flush_secs

    def flush(self) -> None:
        """Bring all events to the file."""
        with self._lock:
            if self._file is not None:
                self._file.flush()

    def close(self) -> None:
        """Bring all events to the file and close it."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file, self._closed = None, True

    def reopen(self) -> None:
        """Let a closed writer take events again, in a new file."""
        with self._lock:
            self._closed = False


def _new_file(base: str, suffix: str) -> str:
    """The path of a file that was not there before, also where others begin theirs at the same time."""
    for count in itertools.count():
        path = base + (f".{count}" if count else "") + suffix
        try:
            with open(path, "xb"):
                return path
        except FileExistsError:
            continue
        except FileNotFoundError:
            raise NotFoundError(f"{path}; No such file or directory") from None
    raise AssertionError("there is always another number")


@public("train.summary_iterator")
def summary_iterator(path: Any) -> Iterator[Event]:
    """The events of an event file, one by one.

    Raises:
        NotFoundError: there is no such file.
        DataLossError: a record is corrupted.
    """
    for record in tf_record_iterator(path):
        yield Event.FromString(record)
