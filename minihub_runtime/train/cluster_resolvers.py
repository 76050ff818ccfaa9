"""`tf.contrib.cluster_resolver`: what finds the machines of a cluster, which there is none of.

Programs name the class and use it when they are told of TPUs.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.public import public

__all__ = ["TPUClusterResolver"]


@public(
    "distribute.cluster_resolver.TPUClusterResolver",
    "contrib.cluster_resolver.TPUClusterResolver",
)
class TPUClusterResolver:
    """Cannot be made: there are no TPUs.

    Raises:
        NotImplementedError: in any case.
    """

    def __init__(
        self,
        tpu: Any = None,
        zone: str | None = None,
        project: str | None = None,
        job_name: str = "worker",
        coordinator_name: str | None = None,
        coordinator_address: str | None = None,
        credentials: Any = "default",
        service: Any = None,
        discovery_url: str | None = None,
    ) -> None:
        raise NotImplementedError(
            "TPUClusterResolver: TPUs are not supported; leave the cluster of a TPUEstimator's RunConfig None, with "
            "use_tpu=False"
        )
