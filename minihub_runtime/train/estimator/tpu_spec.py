"""What the model function of a TPUEstimator may return.

Source: tensorflow_estimator/python/estimator/tpu/tpu_estimator.py:TPUEstimatorSpec.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from minihub_runtime.public import public
from minihub_runtime.train.estimator.calling import argument_names
from minihub_runtime.train.estimator.model_function import EstimatorSpec
from minihub_runtime.train.run_hooks import SessionRunArgs, SessionRunContext, SessionRunHook
from minihub_runtime.train.scaffold import Scaffold

__all__ = ["TPUEstimatorSpec"]


class _HostCallHook(SessionRunHook):
    """Runs what a host call returned with every step."""

    def __init__(self, tensors: Any) -> None:
        self._tensors = tensors

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for it."""
        return SessionRunArgs(self._tensors)


class _TPUEstimatorSpec(NamedTuple):
    mode: str
    predictions: Any
    loss: Any
    train_op: Any
    eval_metrics: Any
    export_outputs: Any
    scaffold_fn: Callable[[], Scaffold] | None
    host_call: Any
    training_hooks: tuple[SessionRunHook, ...]
    evaluation_hooks: tuple[SessionRunHook, ...]
    prediction_hooks: tuple[SessionRunHook, ...]


@public("estimator.tpu.TPUEstimatorSpec", "contrib.tpu.TPUEstimatorSpec")
class TPUEstimatorSpec(_TPUEstimatorSpec):
    """What a model function returns where metrics and summaries are functions of tensors.

    Args:
        mode: see `tf.estimator.EstimatorSpec`.
        predictions: the same.
        loss: the same.
        train_op: the same.
        eval_metrics: a function and what it is called with, a list or name → tensor; it returns what `eval_metric_ops` are.
        export_outputs: see `tf.estimator.EstimatorSpec`.
        scaffold_fn: a function that returns a Scaffold.
        host_call: a function and what it is called with; what it returns is run with every step.
        training_hooks: see `tf.estimator.EstimatorSpec`.
        evaluation_hooks: the same.
        prediction_hooks: the same.

    Raises:
        ValueError: as for EstimatorSpec; a function comes without what it is called with.
        TypeError: as for EstimatorSpec; a function cannot be called.
        RuntimeError: a function has another number of arguments.
    """

    def __new__(
        cls,
        mode: str,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metrics: Any = None,
        export_outputs: Any = None,
        scaffold_fn: Callable[[], Scaffold] | None = None,
        host_call: Any = None,
        training_hooks: Iterable[SessionRunHook] | None = None,
        evaluation_hooks: Iterable[SessionRunHook] | None = None,
        prediction_hooks: Iterable[SessionRunHook] | None = None,
    ) -> TPUEstimatorSpec:
        """Check all of it."""
        for name, call in (("eval_metrics", eval_metrics), ("host_call", host_call)):
            if call is not None:
                _check_call(name, call)
        # What both have in common is checked by the other one.
        checked = EstimatorSpec(
            mode,
            predictions,
            loss,
            train_op,
            export_outputs=export_outputs,
            training_hooks=training_hooks,
            evaluation_hooks=evaluation_hooks,
            prediction_hooks=prediction_hooks,
        )
        return super().__new__(
            cls,
            mode,
            checked.predictions,
            checked.loss,
            checked.train_op,
            eval_metrics,
            checked.export_outputs,
            scaffold_fn,
            host_call,
            checked.training_hooks,
            checked.evaluation_hooks,
            checked.prediction_hooks,
        )

    def as_estimator_spec(self) -> EstimatorSpec:
        """The EstimatorSpec of the same meaning; its functions are called for it."""
        metrics = None if self.eval_metrics is None else _called(self.eval_metrics)
        hooks = () if self.host_call is None else (_HostCallHook(_called(self.host_call)),)
        return EstimatorSpec(
            self.mode,
            self.predictions,
            self.loss,
            self.train_op,
            metrics,
            self.export_outputs,
            scaffold=self.scaffold_fn() if self.scaffold_fn else None,
            training_hooks=self.training_hooks + hooks,
            evaluation_hooks=self.evaluation_hooks + hooks,
            prediction_hooks=self.prediction_hooks + hooks,
        )


def _check_call(name: str, call: Any) -> None:
    """Raise unless this is a function and what it is called with."""
    if not isinstance(call, (tuple, list)):
        raise ValueError(f"{name} should be tuple or list")
    if len(call) != 2:
        raise ValueError(f"{name} should have two elements.")
    function, tensors = call
    if not callable(function):
        raise TypeError(f"{name}[0] should be callable.")
    if not isinstance(tensors, (tuple, list, Mapping)):
        raise ValueError(f"{name}[1] should be tuple or list, or dict.")
    if isinstance(tensors, Mapping):
        return
    kinds = {item.kind for item in inspect.signature(function).parameters.values()}
    count = len(argument_names(function))
    if inspect.Parameter.VAR_POSITIONAL not in kinds and len(tensors) != count:
        raise RuntimeError(
            f"In TPUEstimatorSpec.{name}, length of tensors {len(tensors)} does not match method args of the "
            f"function, which takes {count}."
        )


def _called(call: Any) -> Any:
    function, tensors = call
    return function(**tensors) if isinstance(tensors, Mapping) else function(*tensors)
