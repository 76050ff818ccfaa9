"""`tf.contrib.slim.prefetch_queue` and `queues`: batches that are made ahead, and a context in which queues are filled.

Source: tf_slim/data/prefetch_queue.py, tf_slim/queues.py.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from minihub_runtime.api.graph import GraphKeys, get_default_graph, name_scope
from minihub_runtime.api.queues import FIFOQueue, PaddingFIFOQueue, QueueBase
from minihub_runtime.public import public
from minihub_runtime.train.contrib.slim_data.reading import summarize_fill
from minihub_runtime.train.coordinator import Coordinator
from minihub_runtime.train.queue_runners import (
    QueueRunner,
    add_queue_runner,
    as_queue_runner,
)

__all__ = ["NestedQueueRunnerError", "prefetch_queue", "running_queues"]


@public("contrib.slim.prefetch_queue.prefetch_queue")
def prefetch_queue(
    tensors: Any,
    capacity: int = 8,
    num_threads: int = 1,
    dynamic_pad: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> QueueBase:
    """A queue of tensors, with a queue runner that fills it.

    Args:
        tensors: a list or dictionary of tensors.
        capacity: how many times they fit into the queue.
        num_threads: how many times the operation that lets them enter stands in the queue runner.
        dynamic_pad: whether their sizes may differ.
        shared_name: the name under which sessions share the queue.
        name: name of the scope.
    """
    names = sorted(tensors) if isinstance(tensors, dict) else None
    values = tensors if names is None else [tensors[key] for key in names]
    with name_scope(name, "prefetch_queue", values):
        queue = (PaddingFIFOQueue if dynamic_pad else FIFOQueue)(
            capacity=capacity,
            dtypes=[value.dtype for value in values],
            shapes=[value.get_shape() for value in values],
            names=names,
            shared_name=shared_name,
        )
        enqueue = queue.enqueue(tensors)
        add_queue_runner(QueueRunner(queue, [enqueue] * num_threads))
        summarize_fill(queue, capacity)
        return queue


@public("contrib.slim.queues.NestedQueueRunnerError")
class NestedQueueRunnerError(Exception):
    """A context in which queues are filled was opened in another."""


_OPEN = threading.Lock()


@public("contrib.slim.queues.QueueRunners")
@contextlib.contextmanager
def running_queues(session: Any) -> Iterator[None]:
    """A context in which the queues of the default graph are filled.

    Raises:
        NestedQueueRunnerError: one is open.
    """
    if not _OPEN.acquire(blocking=False):
        raise NestedQueueRunnerError("QueueRunners cannot be nested")
    try:
        coordinator = Coordinator()
        threads = [
            thread
            for runner in get_default_graph().get_collection(GraphKeys.QUEUE_RUNNERS)
            for thread in as_queue_runner(runner).create_threads(
                session, coord=coordinator, daemon=True, start=True
            )
        ]
        try:
            yield
        finally:
            coordinator.request_stop()
            try:
                coordinator.join(threads, stop_grace_period_secs=120)
            except RuntimeError:
                session.close()
    finally:
        _OPEN.release()
