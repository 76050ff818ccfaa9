"""Servers and clusters: refused by name.

Source: tensorflow/python/training/server_lib.py, sync_replicas_optimizer.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.public import public
from minihub_runtime.train.optimizers.base import Optimizer

__all__ = ["ClusterSpec", "Server", "SyncReplicasOptimizer"]


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


@public("train.SyncReplicasOptimizer")
class SyncReplicasOptimizer(Optimizer):
    """Not supported; programs ask of their optimizers whether they are such."""

    def __init__(
        self,
        opt: Any,
        replicas_to_aggregate: int,
        total_num_replicas: int | None = None,
        variable_averages: Any = None,
        variables_to_average: Any = None,
        use_locking: bool = False,
        name: str = "sync_replicas",
    ) -> None:
        raise NotImplementedError(
            "tf.train.SyncReplicasOptimizer is not supported: there is one process"
        )
