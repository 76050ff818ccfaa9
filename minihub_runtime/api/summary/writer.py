"""`tf.summary.FileWriter`: summaries, graphs and notes of runs as events of a file.

Source: tensorflow/python/summary/writer/writer.py, writer_cache.py.
"""

from __future__ import annotations

import threading
import time
import warnings
from types import TracebackType
from typing import Any, ClassVar

from minihub_runtime.api import logger
from minihub_runtime.api.graph import Graph, get_default_graph
from minihub_runtime.api.meta_graph import create_meta_graph_def
from minihub_runtime.api.summary.event_file import EventFileWriter
from minihub_runtime.protos import Event, GraphDef, MetaGraphDef, Summary, TaggedRunMetadata
from minihub_runtime.public import public

__all__ = ["FileWriter", "FileWriterCache"]


@public("summary.FileWriter")
class FileWriter:
    """Writes events to a new file of a folder; a context manager that closes it.

    Args:
        logdir: the folder, made if it is not there.
        graph: the Graph that TensorBoard shows.
        max_queue: has no effect: events are written when they come.
        flush_secs: an event that comes so many seconds after the last flush brings all to the file.
        graph_def: an older way to give the graph.
        filename_suffix: the end of the file's name.
        session: has no effect: events are written by this object, not by operations of a session.

    Attributes:
        event_writer: what writes the file.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        self.event_writer = EventFileWriter(logdir, flush_secs, filename_suffix)
        self._closed = False
        self._run_tags: set[str] = set()
        self._summary_tags: set[str] = set()
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)
            known = graph.as_graph_def(add_shapes=True) if isinstance(graph, Graph) else graph
            self.add_meta_graph(create_meta_graph_def(graph_def=graph_def or known))

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def get_logdir(self) -> str:
        """The folder."""
        return self.event_writer.logdir

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Write a Summary, serialised or not; metadata of a tag are written the first time only.

        Args:
            summary: what a summary operation returned, or a Summary.
            global_step: the step that it belongs to.
        """
        if isinstance(summary, bytes):
            summary = Summary.FromString(summary)
        event = Event(summary=summary)
        for value in event.summary.value:
            if value.tag in self._summary_tags:
                value.ClearField("metadata")
            self._summary_tags.add(value.tag)
        self._add_event(event, global_step)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Write a SessionLog."""
        self._add_event(Event(session_log=session_log), global_step)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Write a Graph with the static shapes of its tensors.

        Raises:
            ValueError: both kinds are given.
            TypeError: it is neither a Graph nor a GraphDef.
        """
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        given = graph_def if graph is None else graph
        if isinstance(given, Graph):
            if graph is None:
                logger.warn(
                    "When passing a `Graph` object, please use the `graph` named argument instead of "
                    "`graph_def`."
                )
            given = given.as_graph_def(add_shapes=True)
        elif isinstance(given, GraphDef):
            logger.warn(
                "Passing a `GraphDef` to the SummaryWriter is deprecated. Pass a `Graph` object "
                "instead, such as `sess.graph`."
            )
        else:
            raise TypeError(
                "The passed graph must be an instance of `Graph` or the deprecated `GraphDef`"
            )
        self._add_event(Event(graph_def=given.SerializeToString()), global_step)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Write a MetaGraphDef.

        Raises:
            TypeError: it is none.
        """
        if not isinstance(meta_graph_def, MetaGraphDef):
            raise TypeError(
                f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}"
            )
        self._add_event(Event(meta_graph_def=meta_graph_def.SerializeToString()), global_step)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Write the RunMetadata of one run.

        Raises:
            ValueError: the tag was used before.
        """
        if tag in self._run_tags:
            raise ValueError("The provided tag was already used for this event type")
        self._run_tags.add(tag)
        tagged = TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add_event(Event(tagged_run_metadata=tagged), global_step)

    def add_event(self, event: Any) -> None:
        """Write an Event."""
        self._warn_if_closed()
        self.event_writer.add_event(event)

    def _add_event(self, event: Event, step: Any) -> None:
        event.wall_time = time.time()
        if step is not None:
            event.step = int(step)
        self.add_event(event)

    def _warn_if_closed(self) -> None:
        if self._closed:
            warnings.warn(
                "Attempting to use a closed FileWriter. The operation will be a noop unless the "
                "FileWriter is explicitly reopened.",
                stacklevel=4,
            )

    def flush(self) -> None:
        """Bring all events to the file."""
        self._warn_if_closed()
        self.event_writer.flush()

    def close(self) -> None:
        """Bring all events to the file and close it."""
        self.event_writer.close()
        self._closed = True

    def reopen(self) -> None:
        """Let a closed writer take events again, in a new file."""
        self.event_writer.reopen()
        self._closed = False


@public("summary.FileWriterCache")
class FileWriterCache:
    """One FileWriter for each folder."""

    _cache: ClassVar[dict[Any, FileWriter]] = {}
    _lock = threading.RLock()

    @staticmethod
    def clear() -> None:
        """Close and forget all writers."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._cache.values():
                writer.close()
            FileWriterCache._cache.clear()

    @staticmethod
    def get(logdir: Any) -> FileWriter:
        """The writer of a folder, made with the default graph the first time."""
        with FileWriterCache._lock:
            if logdir not in FileWriterCache._cache:
                FileWriterCache._cache[logdir] = FileWriter(logdir, graph=get_default_graph())
            return FileWriterCache._cache[logdir]
