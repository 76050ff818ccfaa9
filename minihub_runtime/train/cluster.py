"""Servers and clusters: refused by name.

Source: tensorflow/python/training/server_lib.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.public import public

__all__ = ["ClusterSpec", "Server"]


@public("train.ClusterSpec")
class ClusterSpec:
    """Not supported."""

    def __init__(self, cluster: Any) -> None:
        raise NotImplementedError("tf.train.ClusterSpec is not supported: there is one process")


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
        raise NotImplementedError("tf.train.Server is not supported: there is one process")
