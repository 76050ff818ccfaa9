"""What a TPUEstimator is told of TPUs, of which there are none.

Source: tensorflow_estimator/python/estimator/tpu/tpu_config.py.
"""

from __future__ import annotations

import json
import numbers
import os
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from minihub_runtime.public import public
from minihub_runtime.train.estimator.run_config import RunConfig

__all__ = [
    "InputPipelineConfig",
    "Loop",
    "TPUConfig",
    "TPURunConfig",
    "loop_of",
    "require_positive",
]

_LOOP = re.compile(r"([1-9]\d*)([smh]?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_CORES = (1, 2, 4, 8, 16, 32, 64, 128)


class Loop(NamedTuple):
    """How long a TPU would work before the host sees it again.

    Attributes:
        value: so many.
        unit: `count` for steps, or `seconds`.
    """

    value: int
    unit: str


def loop_of(iterations_per_loop: Any) -> Loop:
    """A number of steps, or a time such as `90s`, `5m`, `1h`.

    Raises:
        ValueError: it is something else.
    """
    found = _LOOP.fullmatch(str(iterations_per_loop))
    if found is None:
        raise ValueError(
            "iterations_per_loop must be a positive number of steps, or a time such as `3600s`, `60m` or `1h`, "
            f"not {iterations_per_loop!r}"
        )
    value, unit = int(found[1]), found[2]
    return Loop(value * _SECONDS[unit], "seconds") if unit else Loop(value, "count")


def require_positive(value: Any, name: str) -> None:
    """Raise unless a number is a positive integer.

    Raises:
        TypeError: it is no integer.
        ValueError: it is not positive.
    """
    if not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be int, got {type(value)}")
    if value <= 0:
        raise ValueError(f"{name} must be positive, got {value}")


@public("estimator.tpu.InputPipelineConfig", "contrib.tpu.InputPipelineConfig")
class InputPipelineConfig:
    """How input would be shared between the cores of TPUs."""

    PER_SHARD_V1 = 1
    PER_HOST_V1 = 2
    PER_HOST_V2 = 3
    BROADCAST = 4
    SLICED = 5


class _TPUConfig(NamedTuple):
    iterations_per_loop: Any
    num_shards: int | None
    num_cores_per_replica: int | None
    per_host_input_for_training: Any
    tpu_job_name: str | None
    initial_infeed_sleep_secs: int | None
    input_partition_dims: Sequence[Any] | None
    eval_training_input_configuration: int
    experimental_host_call_every_n_steps: int
    experimental_allow_per_host_v2_parallel_get_next: bool
    experimental_feed_hook: Any


@public("estimator.tpu.TPUConfig", "contrib.tpu.TPUConfig")
class TPUConfig(_TPUConfig):
    """Settings of TPUs: checked, and without effect but for `iterations_per_loop`.

    Args:
        iterations_per_loop: steps, or a time such as `1h`; speed is logged as often.
        num_shards: accepted.
        num_cores_per_replica: accepted, as the others are.
        per_host_input_for_training: one of `InputPipelineConfig`; False stands for the first, True for the second.
        tpu_job_name: that of TF_CONFIG if left out.
        initial_infeed_sleep_secs: a number of seconds.
        input_partition_dims: for one or two structures.
        eval_training_input_configuration: `PER_HOST_V1` or `SLICED`.
        experimental_host_call_every_n_steps: accepted.
        experimental_allow_per_host_v2_parallel_get_next: accepted.
        experimental_feed_hook: accepted.

    Raises:
        TypeError: a number is no integer.
        ValueError: a value cannot be.
    """

    def __new__(
        cls,
        iterations_per_loop: Any = 2,
        num_shards: int | None = None,
        num_cores_per_replica: int | None = None,
        per_host_input_for_training: Any = True,
        tpu_job_name: str | None = None,
        initial_infeed_sleep_secs: int | None = None,
        input_partition_dims: Sequence[Any] | None = None,
        eval_training_input_configuration: int = InputPipelineConfig.PER_HOST_V1,
        experimental_host_call_every_n_steps: int = 1,
        experimental_allow_per_host_v2_parallel_get_next: bool = False,
        experimental_feed_hook: Any = None,
    ) -> TPUConfig:
        """Check all of it."""
        loop_of(iterations_per_loop)
        if num_shards is not None:
            require_positive(num_shards, "TPUConfig num_shards")
        if input_partition_dims is not None:
            _check_partitions(
                input_partition_dims, per_host_input_for_training, num_cores_per_replica
            )
        if num_cores_per_replica is not None and num_cores_per_replica not in _CORES:
            raise ValueError(
                f"num_cores_per_replica must be one of {_CORES}, got {num_cores_per_replica}"
            )
        allowed = (InputPipelineConfig.PER_HOST_V1, InputPipelineConfig.SLICED)
        if eval_training_input_configuration not in allowed:
            raise ValueError(
                "eval_training_input_configuration must be PER_HOST_V1 or SLICED, got "
                f"{eval_training_input_configuration}"
            )
        if isinstance(per_host_input_for_training, bool):
            per_host_input_for_training = (
                InputPipelineConfig.PER_HOST_V1
                if per_host_input_for_training
                else InputPipelineConfig.PER_SHARD_V1
            )
        if initial_infeed_sleep_secs:
            require_positive(initial_infeed_sleep_secs, "TPUConfig initial_infeed_sleep_secs")
        return super().__new__(
            cls,
            iterations_per_loop,
            num_shards,
            num_cores_per_replica,
            per_host_input_for_training,
            tpu_job_name or _job_name(),
            initial_infeed_sleep_secs,
            input_partition_dims,
            eval_training_input_configuration,
            experimental_host_call_every_n_steps,
            experimental_allow_per_host_v2_parallel_get_next,
            experimental_feed_hook,
        )


def _check_partitions(dims: Sequence[Any], per_host_input: Any, cores: int | None) -> None:
    if len(dims) not in (1, 2):
        raise ValueError("input_partition_dims must be a list/tuple with one or two elements.")
    if per_host_input is not InputPipelineConfig.PER_HOST_V2:
        raise ValueError("input_partition_dims is only supported in PER_HOST_V2 mode.")
    if cores is None:
        raise ValueError("input_partition_dims requires setting num_cores_per_replica.")


def _job_name() -> str | None:
    """The name that TF_CONFIG gives to the job of TPUs."""
    environment = json.loads(os.environ.get("TF_CONFIG") or "{}")
    name: str | None = (environment.get("service") or {}).get("tpu_worker_job_name")
    return name


@public("estimator.tpu.RunConfig", "contrib.tpu.RunConfig")
class TPURunConfig(RunConfig):
    """Settings of a TPUEstimator.

    Args:
        tpu_config: a TPUConfig; one of defaults if left out.
        evaluation_master: accepted if it is empty.
        master: the same.
        cluster: must be None: there is one process.
        **kwargs: those of `tf.estimator.RunConfig`.

    Raises:
        NotImplementedError: a cluster is given.
        ValueError: as for `tf.estimator.RunConfig`.
    """

    def __init__(
        self,
        tpu_config: TPUConfig | None = None,
        evaluation_master: str | None = None,
        master: str | None = None,
        cluster: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if cluster is not None:
            raise NotImplementedError(
                "cluster is not supported: there are no TPUs, and one process"
            )
        self.tpu_config = tpu_config or TPUConfig()
        self.cluster = None
        if master is not None:
            self.master = master
        self.evaluation_master = evaluation_master or self.evaluation_master or self.master

    def replace(self, **kwargs: Any) -> TPURunConfig:
        """A copy with other values; `tpu_config` may be one of them."""
        tpu_config = kwargs.pop("tpu_config", self.tpu_config)
        changed = super().replace(**kwargs)
        assert isinstance(changed, TPURunConfig)
        changed.tpu_config = tpu_config
        return changed
