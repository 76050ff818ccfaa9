"""`tf.estimator.RunConfig`: where and how often an Estimator saves, logs and writes.

Source: tensorflow_estimator/python/estimator/run_config.py.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable
from typing import Any

from minihub_runtime.api.logger import LOGGER
from minihub_runtime.protos import ConfigProto
from minihub_runtime.public import public
from minihub_runtime.train.estimator.calling import argument_names

__all__ = ["RunConfig", "default_session_config"]

_BOTH_TIMES = "`save_checkpoints_steps` and `save_checkpoints_secs` cannot be both set."
_USE_DEFAULT: Any = object()
#: Not supported unless they are None: there is one process, which is all of the training.
_DISTRIBUTION = ("train_distribute", "eval_distribute", "experimental_distribute")
#: Property → whether a value may be set, and what must hold.
_CHECKS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "model_dir": (bool, "model_dir should be non-empty"),
    "save_summary_steps": (lambda n: n >= 0, "save_summary_steps should be >= 0"),
    "save_checkpoints_steps": (lambda n: n >= 0, "save_checkpoints_steps should be >= 0"),
    "save_checkpoints_secs": (lambda n: n >= 0, "save_checkpoints_secs should be >= 0"),
    "session_config": (
        lambda proto: isinstance(proto, ConfigProto),
        "session_config must be instance of ConfigProto",
    ),
    "keep_checkpoint_max": (lambda n: n >= 0, "keep_checkpoint_max should be >= 0"),
    "keep_checkpoint_every_n_hours": (
        lambda n: n > 0,
        "keep_checkpoint_every_n_hours should be > 0",
    ),
    "log_step_count_steps": (lambda n: n > 0, "log_step_count_steps should be > 0"),
    "tf_random_seed": (lambda n: isinstance(n, int), "tf_random_seed must be integer."),
    "experimental_max_worker_delay_secs": (
        lambda n: isinstance(n, int),
        "experimental_max_worker_delay_secs must be an integer if set.",
    ),
    "session_creation_timeout_secs": (
        lambda n: n > 0,
        "session_creation_timeout_secs should be > 0",
    ),
    "device_fn": (
        lambda function: callable(function) and argument_names(function) == ("op",),
        'device_fn must be callable with exactly one argument "op".',
    ),
    "protocol": (
        lambda name: name in ("grpc", "grpc+verbs"),
        "protocol should be grpc or grpc+verbs",
    ),
}
#: What `replace` may replace.
_REPLACEABLE = [
    "model_dir",
    "tf_random_seed",
    "save_summary_steps",
    "save_checkpoints_steps",
    "save_checkpoints_secs",
    "session_config",
    "keep_checkpoint_max",
    "keep_checkpoint_every_n_hours",
    "log_step_count_steps",
    "train_distribute",
    "device_fn",
    "protocol",
    "eval_distribute",
    "experimental_distribute",
    "experimental_max_worker_delay_secs",
    "session_creation_timeout_secs",
    "checkpoint_save_graph_def",
]


def default_session_config() -> Any:
    """The ConfigProto of an Estimator that is given none."""
    proto = ConfigProto(allow_soft_placement=True)
    rewrites = proto.graph_options.rewrite_options
    rewrites.meta_optimizer_iterations = rewrites.ONE
    return proto


@public("estimator.RunConfig")
class RunConfig:
    """Settings of an Estimator.

    The environment variable TF_CONFIG may name a `model_dir`; its clusters are not supported.

    Args:
        model_dir: folder of checkpoints and summaries; a `model_dir` of TF_CONFIG if None.
        tf_random_seed: the graphs' seed.
        save_summary_steps: write summaries every so many steps; 0 for never.
        save_checkpoints_steps: save checkpoints every so many steps.
        save_checkpoints_secs: save checkpoints every so many seconds; 600 if neither is given, never if both are None.
        session_config: a ConfigProto.
        keep_checkpoint_max: how many checkpoints are kept; 0 or None for all.
        keep_checkpoint_every_n_hours: how often one is kept for ever.
        log_step_count_steps: log loss and speed every so many steps; None for never.
        train_distribute: must be None.
        device_fn: function from an operation to its device.
        protocol: accepted.
        eval_distribute: must be None.
        experimental_distribute: must be None.
        experimental_max_worker_delay_secs: accepted.
        session_creation_timeout_secs: accepted.
        checkpoint_save_graph_def: write the graph with each checkpoint.

    Raises:
        ValueError: a value cannot be; steps and seconds are given for checkpoints; TF_CONFIG names another `model_dir`.
        NotImplementedError: a distribution is given, or TF_CONFIG has a cluster.
    """

    model_dir: Any
    tf_random_seed: int | None
    save_summary_steps: int | None
    save_checkpoints_steps: int | None
    save_checkpoints_secs: float | None
    session_config: Any
    keep_checkpoint_max: int | None
    keep_checkpoint_every_n_hours: float
    log_step_count_steps: int | None
    device_fn: Callable[[Any], Any] | None
    checkpoint_save_graph_def: bool

    def __init__(
        self,
        model_dir: Any = None,
        tf_random_seed: int | None = None,
        save_summary_steps: int | None = 100,
        save_checkpoints_steps: Any = _USE_DEFAULT,
        save_checkpoints_secs: Any = _USE_DEFAULT,
        session_config: Any = None,
        keep_checkpoint_max: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000,
        log_step_count_steps: int | None = 100,
        train_distribute: Any = None,
        device_fn: Callable[[Any], Any] | None = None,
        protocol: str | None = None,
        eval_distribute: Any = None,
        experimental_distribute: Any = None,
        experimental_max_worker_delay_secs: int | None = None,
        session_creation_timeout_secs: float | None = 7200,
        checkpoint_save_graph_def: bool = True,
    ) -> None:
        steps, seconds = save_checkpoints_steps, save_checkpoints_secs
        if steps is _USE_DEFAULT and seconds is _USE_DEFAULT:
            seconds = 600
        steps = None if steps is _USE_DEFAULT else steps
        seconds = None if seconds is _USE_DEFAULT else seconds
        environment = json.loads(os.environ.get("TF_CONFIG") or "{}")
        if environment:
            LOGGER.info("TF_CONFIG environment variable: %s", environment)
        self._set(
            model_dir=_model_dir(environment, path_as_text(model_dir)),
            tf_random_seed=tf_random_seed,
            save_summary_steps=save_summary_steps,
            save_checkpoints_steps=steps,
            save_checkpoints_secs=seconds,
            session_config=session_config,
            keep_checkpoint_max=keep_checkpoint_max,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            log_step_count_steps=log_step_count_steps,
            train_distribute=train_distribute,
            device_fn=device_fn,
            protocol=protocol,
            eval_distribute=eval_distribute,
            experimental_distribute=experimental_distribute,
            experimental_max_worker_delay_secs=experimental_max_worker_delay_secs,
            session_creation_timeout_secs=session_creation_timeout_secs,
            checkpoint_save_graph_def=checkpoint_save_graph_def,
        )
        _check_environment(environment)
        self.service = environment.get("service")
        self.master = environment.get("session_master", "")
        self.evaluation_master = environment.get("eval_session_master", "")
        self.cluster_spec: Any = None
        self.task_type = "worker"
        self.task_id = 0
        self.global_id_in_cluster = 0
        self.is_chief = True
        self.num_ps_replicas = 0
        self.num_worker_replicas = 1

    def replace(self, **kwargs: Any) -> RunConfig:
        """A copy with other values.

        Args:
            **kwargs: property → value, with the meanings and errors above; setting one of the times of checkpoints
                unsets the other.

        Raises:
            ValueError: a property cannot be replaced.
        """
        changed = copy.deepcopy(self)
        changed._set(**kwargs)
        return changed

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            if name not in _REPLACEABLE:
                raise ValueError(
                    f"Replacing {name} is not supported. Allowed properties are {_REPLACEABLE}."
                )
            if name in _DISTRIBUTION and value is not None:
                raise NotImplementedError(
                    f"{name} is not supported: there is one process, which does all of the training"
                )
            setattr(self, name, value)
        steps, seconds = (values.get(f"save_checkpoints_{unit}") for unit in ("steps", "secs"))
        if steps is not None and seconds is not None:
            raise ValueError(_BOTH_TIMES)
        if steps is not None:
            self.save_checkpoints_secs = None
        if seconds is not None:
            self.save_checkpoints_steps = None
        for name, (holds, text) in _CHECKS.items():
            value = getattr(self, name)
            if value is not None and not holds(value):
                raise ValueError(text)


def path_as_text(path: Any) -> Any:
    """A path-like object as text; anything else as it is."""
    return os.fsdecode(path) if hasattr(path, "__fspath__") else path


def _model_dir(environment: dict[str, Any], given: Any) -> Any:
    """The folder that is given, or else that of TF_CONFIG."""
    if given == "":
        raise ValueError("model_dir should be non-empty.")
    known = environment.get("model_dir")
    if known == "":
        raise ValueError("model_dir in TF_CONFIG should be non-empty.")
    if known:
        if given and known != given:
            raise ValueError(
                "`model_dir` provided in RunConfig construct, if set, must have the same value as the "
                f'model_dir in TF_CONFIG. model_dir: {given}\nTF_CONFIG["model_dir"]: {known}.\n'
            )
        LOGGER.info("Using model_dir in TF_CONFIG: %s", known)
    return given or known


def _check_environment(environment: dict[str, Any]) -> None:
    """Refuse what only several processes could do."""
    if environment.get("cluster"):
        raise NotImplementedError(
            "a cluster in TF_CONFIG is not supported: there is one process, which does all of the training"
        )
    service = environment.get("service")
    if service is not None and not isinstance(service, dict):
        raise TypeError(
            f'If "service" is set in TF_CONFIG, it must be a dict. Given {type(service)}'
        )
    task = environment.get("task", {})
    if task.get("type", "worker") != "worker":
        raise ValueError('If "cluster" is not set in TF_CONFIG, task type must be WORKER.')
    if int(task.get("index", 0)) != 0:
        raise ValueError('If "cluster" is not set in TF_CONFIG, task index must be 0.')
