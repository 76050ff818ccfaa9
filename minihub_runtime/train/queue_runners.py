"""Queue runners, servers and clusters: refused by name.

A MetaGraph with queue runners can be imported, and exported again; what cannot be done is to start them.

Source: tensorflow/python/training/queue_runner_impl.py, server_lib.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.public import public

__all__ = ["ClusterSpec", "QueueRunner", "Server", "add_queue_runner", "start_queue_runners"]


def _refuse(name: str) -> None:
    raise NotImplementedError(
        f"tf.train.{name} is not supported: there is one process, without queues"
    )


@public("train.ClusterSpec")
class ClusterSpec:
    """Not supported."""

    def __init__(self, cluster: Any) -> None:
        _refuse("ClusterSpec")


@public("train.QueueRunner", "train.queue_runner.QueueRunner")
class QueueRunner:
    """Not supported."""

    def __init__(
        self,
        queue: Any = None,
        enqueue_ops: Any = None,
        close_op: Any = None,
        cancel_op: Any = None,
        queue_closed_exception_types: Any = None,
        queue_runner_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        _refuse("QueueRunner")


@public("train.Server")
class Server:
    """Not supported."""

    def __init__(
        self,
        server_or_cluster_def: Any,
        job_name: str | None = None,
        task_index: int | None = None,
        protocol: str | None = None,
        config: Any = None,
        start: bool = True,
    ) -> None:
        _refuse("Server")


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
) -> list[Any]:
    """Start the queue runners of the default graph, if there are none.

    Args:
        sess: accepted.
        coord: accepted.
        daemon: accepted.
        start: accepted.
        collection: where they are.

    Returns:
        No threads.

    Raises:
        NotImplementedError: there are queue runners.
    """
    found = get_default_graph().get_collection(collection)
    if found:
        names = ", ".join(str(getattr(item, "name", item)) for item in found)
        raise NotImplementedError(f"queue runners are not supported: {names}")
    return []
