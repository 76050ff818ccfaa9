"""`tf.estimator.train_and_evaluate`: training with an evaluation, and exports, after checkpoints.

Source: tensorflow_estimator/python/estimator/training.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from minihub_runtime.api.graph import GraphKeys
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.public import public
from minihub_runtime.train.estimator.estimator import Estimator
from minihub_runtime.train.estimator.exporters import Exporter
from minihub_runtime.train.hooks import SecondOrStepTimer
from minihub_runtime.train.run_hooks import SessionRunHook
from minihub_runtime.train.saving_hooks import CheckpointSaverListener

__all__ = ["EvalSpec", "TrainSpec", "train_and_evaluate"]


class _TrainSpec(NamedTuple):
    input_fn: Callable[..., Any]
    max_steps: int | None
    hooks: tuple[SessionRunHook, ...]
    saving_listeners: tuple[CheckpointSaverListener, ...]


@public("estimator.TrainSpec")
class TrainSpec(_TrainSpec):
    """How `train_and_evaluate` trains.

    Args:
        input_fn: see `Estimator.train`.
        max_steps: see `Estimator.train`.
        hooks: see `Estimator.train`.
        saving_listeners: see `Estimator.train`.

    Raises:
        ValueError: `max_steps` is not positive.
        TypeError: an argument is of another type.
    """

    def __new__(
        cls,
        input_fn: Callable[..., Any],
        max_steps: int | None = None,
        hooks: Iterable[SessionRunHook] | None = None,
        saving_listeners: Iterable[CheckpointSaverListener] | None = None,
    ) -> TrainSpec:
        """Check the arguments."""
        _check_input_fn(input_fn)
        if max_steps is not None and max_steps <= 0:
            raise ValueError(f"Must specify max_steps > 0, given: {max_steps}")
        listeners = tuple(saving_listeners or ())
        for listener in listeners:
            if not isinstance(listener, CheckpointSaverListener):
                raise TypeError(
                    "All saving_listeners must be `CheckpointSaverListener` instances, given: "
                    f"{listener}"
                )
        return super().__new__(cls, input_fn, max_steps, _checked_hooks(hooks), listeners)


class _EvalSpec(NamedTuple):
    input_fn: Callable[..., Any]
    steps: int | None
    name: str | None
    hooks: tuple[SessionRunHook, ...]
    exporters: tuple[Exporter, ...]
    start_delay_secs: float
    throttle_secs: float


@public("estimator.EvalSpec")
class EvalSpec(_EvalSpec):
    """How `train_and_evaluate` evaluates.

    Args:
        input_fn: see `Estimator.evaluate`.
        steps: see `Estimator.evaluate`.
        name: see `Estimator.evaluate`.
        hooks: see `Estimator.evaluate`.
        exporters: an Exporter, or several, with names of their own.
        start_delay_secs: accepted; the first evaluation comes after the first checkpoint.
        throttle_secs: how many seconds lie between two evaluations at least.

    Raises:
        ValueError: a number is negative, or the exporters' names are empty or the same.
        TypeError: an argument is of another type.
    """

    def __new__(
        cls,
        input_fn: Callable[..., Any],
        steps: int | None = 100,
        name: str | None = None,
        hooks: Iterable[SessionRunHook] | None = None,
        exporters: Any = None,
        start_delay_secs: float = 120,
        throttle_secs: float = 600,
    ) -> EvalSpec:
        """Check the arguments."""
        _check_input_fn(input_fn)
        if steps is not None and steps <= 0:
            raise ValueError(f"Must specify steps > 0, given: {steps}")
        if name is not None and not isinstance(name, str):
            raise TypeError(f"`name` must be string, given: {name}")
        found = _checked_hooks(hooks)
        checked = _checked_exporters(exporters)
        if start_delay_secs < 0:
            raise ValueError(f"Must specify start_delay_secs >= 0, given: {start_delay_secs}")
        if throttle_secs < 0:
            raise ValueError(f"Must specify throttle_secs >= 0, given: {throttle_secs}")
        return super().__new__(
            cls, input_fn, steps, name, found, checked, start_delay_secs, throttle_secs
        )


def _check_input_fn(input_fn: Any) -> None:
    if not callable(input_fn):
        raise TypeError(f"`input_fn` must be callable, given: {input_fn}")


def _checked_hooks(hooks: Iterable[SessionRunHook] | None) -> tuple[SessionRunHook, ...]:
    found = tuple(hooks or ())
    for hook in found:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"All hooks must be `SessionRunHook` instances, given: {hook}")
    return found


def _checked_exporters(exporters: Any) -> tuple[Exporter, ...]:
    if not exporters:
        return ()
    try:
        found = (exporters,) if isinstance(exporters, Exporter) else tuple(exporters)
    except TypeError:
        found = (None,)
    if not all(isinstance(exporter, Exporter) for exporter in found):
        raise TypeError(
            f"`exporters` must be an Exporter, an iterable of Exporter, or `None`, found {exporters}."
        )
    names = [exporter.name for exporter in found]
    for place, name in enumerate(names):
        if not name:
            raise ValueError(
                f"An Exporter cannot have a name that is `None` or empty. All exporter names: {names}"
            )
        if not isinstance(name, str):
            raise ValueError(f"An Exporter must have a string name. Given: {type(name)}")
        if name in names[:place]:
            raise ValueError(
                "`exporters` must have unique names. Such a name cannot be `None`. All exporter names: "
                f"{names}"
            )
    return found


@public("estimator.train_and_evaluate")
def train_and_evaluate(
    estimator: Estimator, train_spec: TrainSpec, eval_spec: EvalSpec
) -> tuple[Mapping[str, Any] | None, list[Any] | None]:
    """Train, and evaluate after checkpoints, as often as `throttle_secs` lets it, and after the last one.

    Args:
        estimator: the Estimator.
        train_spec: how it is trained.
        eval_spec: how it is evaluated, and what is exported then.

    Returns:
        What the last evaluation gave, and what its exporters returned; a pair of Nones if there was nothing to train.

    Raises:
        TypeError: an argument is of another type.
    """
    if not isinstance(eval_spec, EvalSpec):
        raise TypeError(
            f"`eval_spec` must have type `tf.estimator.EvalSpec`. Got: {type(eval_spec)}"
        )
    if not isinstance(estimator, Estimator):
        raise TypeError(
            f"`estimator` must have type `tf.estimator.Estimator`. Got: {type(estimator)}"
        )
    if not isinstance(train_spec, TrainSpec):
        raise TypeError(
            f"`train_spec` must have type `tf.estimator.TrainSpec`. Got: {type(train_spec)}"
        )
    config = estimator.config
    LOGGER.info("Running training and evaluation locally (non-distributed).")
    LOGGER.info(
        "Start train and evaluate loop. The evaluate will happen after every checkpoint. Checkpoint "
        "frequency is determined based on RunConfig arguments: save_checkpoints_steps %s or "
        "save_checkpoints_secs %s.",
        config.save_checkpoints_steps,
        config.save_checkpoints_secs,
    )
    listener = _EvaluatingListener(
        _Evaluator(estimator, eval_spec, train_spec.max_steps), eval_spec
    )
    estimator.train(
        train_spec.input_fn,
        hooks=train_spec.hooks,
        max_steps=train_spec.max_steps,
        saving_listeners=[*train_spec.saving_listeners, listener],
    )
    return listener.metrics, listener.exported


class _Evaluator:
    """Evaluates the latest checkpoint and calls the exporters."""

    def __init__(self, estimator: Estimator, spec: EvalSpec, max_steps: int | None) -> None:
        self._estimator = estimator
        self._spec = spec
        self._max_steps = max_steps
        self._previous: str | None = None

    def evaluate_and_export(self) -> tuple[Mapping[str, Any], list[Any]]:
        """The values, and what the exporters returned."""
        path = self._estimator.latest_checkpoint()
        if path is None or path == self._previous:
            status = "missing checkpoint" if path is None else "no new checkpoint"
            raise RuntimeError(
                f"There was no new checkpoint after the training. Eval status: {status}"
            )
        metrics = self._estimator.evaluate(
            self._spec.input_fn,
            steps=self._spec.steps,
            name=self._spec.name,
            checkpoint_path=path,
            hooks=self._spec.hooks,
        )
        self._previous = path
        last = bool(self._max_steps and metrics[GraphKeys.GLOBAL_STEP] >= self._max_steps)
        exported = [
            exporter.export(
                estimator=self._estimator,
                export_path=os.path.join(self._estimator.model_dir, "export", exporter.name),
                checkpoint_path=path,
                eval_result=metrics,
                is_the_final_export=last,
            )
            for exporter in self._spec.exporters
        ]
        return metrics, exported


class _EvaluatingListener(CheckpointSaverListener):
    """Evaluates after checkpoints, but for the one with which training begins.

    Attributes:
        metrics: of the last evaluation.
        exported: what its exporters returned.
    """

    def __init__(self, evaluator: _Evaluator, spec: EvalSpec) -> None:
        self._evaluator = evaluator
        self._throttle_secs = spec.throttle_secs
        self.metrics: Mapping[str, Any] | None = None
        self.exported: list[Any] | None = None

    def begin(self) -> None:
        """Begin to count the seconds."""
        self._timer = SecondOrStepTimer(every_secs=self._throttle_secs)
        self._is_first = True

    def after_save(self, session: Any, global_step_value: int) -> None:
        """Evaluate if it is time for it."""
        if self._is_first:
            self._is_first = False
        elif self._timer.should_trigger_for_step(global_step_value):
            self._evaluate(global_step_value)
        else:
            LOGGER.info(
                "Skip the current checkpoint eval due to throttle secs (%s secs).",
                self._throttle_secs,
            )

    def end(self, session: Any, global_step_value: int) -> None:
        """Evaluate the last checkpoint, unless that is done."""
        if global_step_value != self._timer.last_triggered_step():
            self._evaluate(global_step_value)

    def _evaluate(self, step: int) -> None:
        self._timer.update_last_triggered_step(step)
        self.metrics, self.exported = self._evaluator.evaluate_and_export()
