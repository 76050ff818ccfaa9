"""Queue runners, servers and clusters: refused by name.

A MetaGraph with queue runners can be imported, and exported again; what cannot be done is to start them.

Source: tensorflow/python/training/queue_runner_impl.py, server_lib.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.public import public

__all__ = ["add_queue_runner", "start_queue_runners"]


def _refused(name: str) -> type[Any]:
    """A class that says that it is not supported."""

    def refuse(self: Any, *arguments: Any, **keywords: Any) -> None:
        raise NotImplementedError(
            f"tf.train.{name} is not supported: there is one process, without queues"
        )

    return type(name, (), {"__init__": refuse, "__doc__": "Not supported."})


ClusterSpec = public("train.ClusterSpec")(_refused("ClusterSpec"))
QueueRunner = public("train.QueueRunner", "train.queue_runner.QueueRunner")(_refused("QueueRunner"))
Server = public("train.Server")(_refused("Server"))


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
