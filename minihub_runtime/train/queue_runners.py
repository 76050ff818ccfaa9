"""What fills queues while a program runs.

In TensorFlow these are threads; here a queue is filled in the run that asks it for elements, so that the order is the same
each time.  Programs see the difference only in that there are no threads to join.

Source: tensorflow/python/training/queue_runner_impl.py.
"""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.defaults import get_default_session
from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.name_prefixes import prepend_name_scope, strip_name_scope
from minihub_runtime.api.session import Session
from minihub_runtime.errors import (
    OpError,
    OutOfRangeError,
    WouldWaitError,
    error_code_from_exception_type,
    exception_type_from_error_code,
)
from minihub_runtime.protos import QueueRunnerDef
from minihub_runtime.public import public

__all__ = ["QueueRunner", "add_queue_runner", "as_queue_runner", "start_queue_runners"]


@public("train.QueueRunner", "train.queue_runner.QueueRunner")
class QueueRunner:
    """Fills a queue with the elements that operations let enter.

    Args:
        queue: the queue.
        enqueue_ops: the operations, which take turns; the same one may occur several times.
        close_op: closes the queue when all are done.
        cancel_op: closes it when the program stops.
        queue_closed_exception_types: errors by which an operation says that it is done; OutOfRangeError if None.
        queue_runner_def: a QueueRunnerDef, instead of all these.
        import_scope: the scope under which the graph of that was imported.

    Attributes:
        queue, enqueue_ops, close_op, cancel_op, queue_closed_exception_types: see above.
        exceptions_raised: an empty list: errors reach the coordinator, or without one the run that asked for elements.

    Raises:
        ValueError: there is no queue, or no operation, or both a message and these.
        TypeError: the errors are none.
    """

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Sequence[Any] | None = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: tuple[type[OpError], ...] | None = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if queue_runner_def is not None:
            if queue or enqueue_ops:
                raise ValueError("queue_runner_def and queue are mutually exclusive.")
            graph = get_default_graph()

            def element(name: str) -> Any:
                return graph.as_graph_element(prepend_name_scope(name, import_scope))

            queue = element(queue_runner_def.queue_name)
            enqueue_ops = [element(name) for name in queue_runner_def.enqueue_op_name]
            close_op = element(queue_runner_def.close_op_name)
            cancel_op = element(queue_runner_def.cancel_op_name)
            codes = queue_runner_def.queue_closed_exception_types
            queue_closed_exception_types = (
                tuple(exception_type_from_error_code(code) for code in codes) or None
            )
        if queue is None or not enqueue_ops:
            raise ValueError("Must provide queue and enqueue_ops.")
        if queue_closed_exception_types is not None:
            _check_errors(queue_closed_exception_types)
        self.queue = queue
        self.enqueue_ops = list(enqueue_ops)
        self.close_op = queue.close() if close_op is None else close_op
        self.cancel_op = queue.close(True) if cancel_op is None else cancel_op
        self.queue_closed_exception_types = queue_closed_exception_types or (OutOfRangeError,)
        self.exceptions_raised: list[BaseException] = []
        #: How many operations are not done, in each session.
        self._running: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()

    @property
    def name(self) -> str:
        """The name of the queue."""
        name: str = self.queue.name
        return name

    def create_threads(
        self, sess: Any, coord: Any = None, daemon: bool = False, start: bool = False
    ) -> list[threading.Thread]:
        """Let the queue of a session be filled.

        Args:
            sess: the session.
            coord: a Coordinator; when it stops, the queue is closed.
            daemon: accepted.
            start: do it now.

        Returns:
            No threads; without `start` one, which does it when it is started.
        """
        if self._running.get(sess, 0):
            return []
        if start:
            self._begin(sess, coord)
            return []
        return [threading.Thread(target=self._begin, args=(sess, coord), daemon=daemon)]

    def _begin(self, sess: Any, coord: Any) -> None:
        handle = self.queue if not hasattr(self.queue, "queue_ref") else self.queue.queue_ref
        # The queue itself, which the session keeps.
        filled = sess.run(handle if not hasattr(handle, "outputs") else handle.outputs[0])
        self._running[sess] = len(self.enqueue_ops)
        for number, operation in enumerate(self.enqueue_ops):
            filled.feeders.append(self._feeder(sess, operation, number, coord))

    def _feeder(self, sess: Any, operation: Any, number: int, coord: Any) -> Callable[[], bool]:
        """What runs one of the operations, and tells whether there is more."""

        def feed() -> bool:
            if coord is not None and coord.should_stop():
                self._close(sess, self.cancel_op)
                return False
            try:
                sess.run(operation, feed_dict=self._feeds(number))
            except self.queue_closed_exception_types:
                self._running[sess] -= 1
                if not self._running[sess]:
                    self._close(sess, self.close_op)
                return False
            except WouldWaitError:
                raise
            except Exception as error:
                self._running[sess] -= 1
                if coord is None:
                    raise
                # Who asks for elements gets those that are left, and the coordinator hands on the error.
                coord.request_stop(error)
                self._close(sess, self.cancel_op)
                return False
            return True

        return feed

    def _feeds(self, number: int) -> Any:
        """What is fed to an operation."""
        return None

    def _close(self, sess: Any, operation: Any) -> None:
        # Another runner may have closed it.
        with contextlib.suppress(OpError):
            sess.run(operation)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The QueueRunnerDef, with names relative to a scope; None if the queue lies outside it."""
        if export_scope is not None and not self.queue.name.startswith(export_scope):
            return None

        def name(element: Any) -> str:
            return strip_name_scope(element.name, export_scope)

        return QueueRunnerDef(
            queue_name=name(self.queue),
            enqueue_op_name=[name(operation) for operation in self.enqueue_ops],
            close_op_name=name(self.close_op),
            cancel_op_name=name(self.cancel_op),
            queue_closed_exception_types=[
                error_code_from_exception_type(error) for error in self.queue_closed_exception_types
            ],
        )

    @staticmethod
    def from_proto(queue_runner_def: Any, import_scope: str | None = None) -> QueueRunner:
        """The QueueRunner of a message; see above."""
        return QueueRunner(queue_runner_def=queue_runner_def, import_scope=import_scope)


def _check_errors(kinds: Any) -> None:
    if (
        not isinstance(kinds, tuple)
        or not kinds
        or not all(isinstance(kind, type) and issubclass(kind, OpError) for kind in kinds)
    ):
        raise TypeError(
            "queue_closed_exception_types, when provided, must be a tuple of tf.error types, but saw: "
            f"{kinds}"
        )


@public("train.add_queue_runner", "train.queue_runner.add_queue_runner")
def add_queue_runner(qr: Any, collection: str = GraphKeys.QUEUE_RUNNERS) -> None:
    """Add a queue runner to a collection of the default graph."""
    get_default_graph().add_to_collection(collection, qr)


@public("train.start_queue_runners", "train.queue_runner.start_queue_runners")
def start_queue_runners(
    sess: Any = None,
    coord: Any = None,
    daemon: bool = True,
    start: bool = True,
    collection: str = GraphKeys.QUEUE_RUNNERS,
) -> list[threading.Thread]:
    """Let the queue runners of the default graph fill their queues.

    Args:
        sess: the session, by default the default session.
        coord: a Coordinator; when it stops, queues are closed.
        daemon: accepted.
        start: do it now.
        collection: where the queue runners are.

    Returns:
        The threads, see `QueueRunner.create_threads`.

    Raises:
        ValueError: there is no session.
        TypeError: it is no Session.
    """
    if sess is None:
        sess = get_default_session()
        if sess is None:
            raise ValueError(
                "Cannot start queue runners: No default session is registered. Use `with "
                "sess.as_default()` or pass an explicit session to tf.start_queue_runners(sess=sess)"
            )
    if not isinstance(sess, Session):
        # Monitored sessions have done it.
        if type(sess).__name__ in ("MonitoredSession", "SingularMonitoredSession"):
            return []
        raise TypeError(f"sess must be a `tf.Session` object. Given class: {type(sess)}")
    found = get_default_graph().get_collection(collection)
    if not found:
        LOGGER.warning(
            "`tf.train.start_queue_runners()` was called when no queue runners were defined. You can "
            "safely remove the call to this deprecated function."
        )
    with sess.graph.as_default():
        return [
            thread
            for runner in found
            for thread in as_queue_runner(runner).create_threads(sess, coord, daemon, start)
        ]


def as_queue_runner(item: Any) -> QueueRunner:
    """A queue runner; those of imported MetaGraphs are kept as messages."""
    return item if isinstance(item, QueueRunner) else QueueRunner(queue_runner_def=item.proto)
