"""Hooks that end training when the metrics of evaluations, or a function, say so.

Source: tensorflow_estimator/python/estimator/early_stopping.py.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable
from typing import Any

from minihub_runtime.api.gfile import exists, matching
from minihub_runtime.api.graph import GraphKeys
from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.summary.event_file import summary_iterator
from minihub_runtime.api.variables.scopes import AUTO_REUSE, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import bool_
from minihub_runtime.errors import DataLossError
from minihub_runtime.public import public
from minihub_runtime.train.estimator.estimator import Estimator
from minihub_runtime.train.estimator.exporters import event_values
from minihub_runtime.train.hooks import SecondOrStepTimer, StopAtStepHook
from minihub_runtime.train.run_hooks import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from minihub_runtime.train.step_reading import global_step_read

__all__ = [
    "make_early_stopping_hook",
    "make_stop_at_checkpoint_step_hook",
    "read_eval_metrics",
    "stop_if_higher_hook",
    "stop_if_lower_hook",
    "stop_if_no_decrease_hook",
    "stop_if_no_increase_hook",
]


class _StopOnPredicateHook(SessionRunHook):
    """Asks a function every so often whether to end."""

    def __init__(
        self,
        should_stop_fn: Callable[[], Any],
        run_every_secs: float | None,
        run_every_steps: int | None,
    ) -> None:
        if not callable(should_stop_fn):
            raise TypeError("`should_stop_fn` must be callable.")
        self._should_stop_fn = should_stop_fn
        self._timer = SecondOrStepTimer(run_every_secs, run_every_steps)

    def begin(self) -> None:
        """Add the variable that tells of the end, which checkpoints hold as TensorFlow's do."""
        self._step = global_step_read("an early stopping hook")
        with variable_scope("signal_early_stopping", values=[], reuse=AUTO_REUSE):
            stop = get_variable(
                "STOP",
                shape=[],
                dtype=bool_,
                initializer=Constant(False),
                collections=[GraphKeys.GLOBAL_VARIABLES],
                trainable=False,
            )
        self._stop_op = stop.assign(True)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the global step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Ask the function when its time has come."""
        step = run_values.results
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._should_stop_fn():
                LOGGER.info("Requesting early stopping at global step %d", step)
                run_context.session.run(self._stop_op)
                run_context.request_stop()


@public("estimator.experimental.make_early_stopping_hook")
def make_early_stopping_hook(
    estimator: Estimator,
    should_stop_fn: Callable[[], Any],
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """A hook that asks a function every so often whether training is to end.

    Args:
        estimator: whose training it is.
        should_stop_fn: the function.
        run_every_secs: ask every so many seconds.
        run_every_steps: ask every so many steps.

    Raises:
        TypeError: an argument is of another type.
        ValueError: both times are given.
    """
    if not isinstance(estimator, Estimator):
        raise TypeError(
            f"`estimator` must have type `tf.estimator.Estimator`. Got: {type(estimator)}"
        )
    if run_every_secs is not None and run_every_steps is not None:
        raise ValueError("Only one of `run_every_secs` and `run_every_steps` must be set.")
    return _StopOnPredicateHook(should_stop_fn, run_every_secs, run_every_steps)


@public("estimator.experimental.stop_if_higher_hook")
def stop_if_higher_hook(
    estimator: Estimator,
    metric_name: str,
    threshold: float,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """A hook that ends training when a metric was higher than a threshold.

    Args:
        estimator: whose training it is.
        metric_name: the metric of its evaluations.
        threshold: see above.
        eval_dir: folder of their event files; that of the evaluation without a name if None.
        min_steps: evaluations before this step do not count.
        run_every_secs: look every so many seconds.
        run_every_steps: look every so many steps.

    Raises:
        TypeError, ValueError: see `make_early_stopping_hook`.
    """
    return _threshold_hook(
        estimator,
        metric_name,
        threshold,
        True,
        eval_dir,
        min_steps,
        run_every_secs,
        run_every_steps,
    )


@public("estimator.experimental.stop_if_lower_hook")
def stop_if_lower_hook(
    estimator: Estimator,
    metric_name: str,
    threshold: float,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """A hook that ends training when a metric was lower than a threshold.

    Args:
        estimator: see `stop_if_higher_hook`.
        metric_name: see `stop_if_higher_hook`.
        threshold: see above.
        eval_dir: see `stop_if_higher_hook`.
        min_steps: see `stop_if_higher_hook`.
        run_every_secs: see `stop_if_higher_hook`.
        run_every_steps: see `stop_if_higher_hook`.

    Raises:
        TypeError, ValueError: see `make_early_stopping_hook`.
    """
    return _threshold_hook(
        estimator,
        metric_name,
        threshold,
        False,
        eval_dir,
        min_steps,
        run_every_secs,
        run_every_steps,
    )


@public("estimator.experimental.stop_if_no_increase_hook")
def stop_if_no_increase_hook(
    estimator: Estimator,
    metric_name: str,
    max_steps_without_increase: int,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """A hook that ends training when a metric has not been higher than ever for so many steps.

    Args:
        estimator: see `stop_if_higher_hook`.
        metric_name: see `stop_if_higher_hook`.
        max_steps_without_increase: see above.
        eval_dir: see `stop_if_higher_hook`.
        min_steps: see `stop_if_higher_hook`.
        run_every_secs: see `stop_if_higher_hook`.
        run_every_steps: see `stop_if_higher_hook`.

    Raises:
        TypeError, ValueError: see `make_early_stopping_hook`.
    """
    return _improvement_hook(
        estimator,
        metric_name,
        max_steps_without_increase,
        True,
        eval_dir,
        min_steps,
        run_every_secs,
        run_every_steps,
    )


@public("estimator.experimental.stop_if_no_decrease_hook")
def stop_if_no_decrease_hook(
    estimator: Estimator,
    metric_name: str,
    max_steps_without_decrease: int,
    eval_dir: str | None = None,
    min_steps: int = 0,
    run_every_secs: float | None = 60,
    run_every_steps: int | None = None,
) -> SessionRunHook:
    """A hook that ends training when a metric has not been lower than ever for so many steps.

    Args:
        estimator: see `stop_if_higher_hook`.
        metric_name: see `stop_if_higher_hook`.
        max_steps_without_decrease: see above.
        eval_dir: see `stop_if_higher_hook`.
        min_steps: see `stop_if_higher_hook`.
        run_every_secs: see `stop_if_higher_hook`.
        run_every_steps: see `stop_if_higher_hook`.

    Raises:
        TypeError, ValueError: see `make_early_stopping_hook`.
    """
    return _improvement_hook(
        estimator,
        metric_name,
        max_steps_without_decrease,
        False,
        eval_dir,
        min_steps,
        run_every_secs,
        run_every_steps,
    )


def _threshold_hook(
    estimator: Estimator,
    metric_name: str,
    threshold: float,
    higher_is_better: bool,
    eval_dir: str | None,
    min_steps: int,
    run_every_secs: float | None,
    run_every_steps: int | None,
) -> SessionRunHook:
    folder = estimator.eval_dir() if eval_dir is None else eval_dir
    better = operator.gt if higher_is_better else operator.lt

    def should_stop() -> bool:
        for step, metrics in read_eval_metrics(folder).items():
            if step >= min_steps and better(metrics[metric_name], threshold):
                LOGGER.info(
                    'At step %s, metric "%s" has value %s which is %s the configured threshold (%s) for '
                    "early stopping.",
                    step,
                    metric_name,
                    metrics[metric_name],
                    "greater than" if higher_is_better else "less than",
                    threshold,
                )
                return True
        return False

    return make_early_stopping_hook(estimator, should_stop, run_every_secs, run_every_steps)


def _improvement_hook(
    estimator: Estimator,
    metric_name: str,
    max_steps: int,
    higher_is_better: bool,
    eval_dir: str | None,
    min_steps: int,
    run_every_secs: float | None,
    run_every_steps: int | None,
) -> SessionRunHook:
    folder = estimator.eval_dir() if eval_dir is None else eval_dir
    better = operator.gt if higher_is_better else operator.lt

    def should_stop() -> bool:
        best: tuple[int, float] | None = None
        for step, metrics in read_eval_metrics(folder).items():
            if step < min_steps:
                continue
            value = metrics[metric_name]
            if best is None or better(value, best[1]):
                best = step, value
            if step - best[0] >= max_steps:
                LOGGER.info(
                    'No %s in metric "%s" for %s steps, which is greater than or equal to max steps (%s) '
                    "configured for early stopping.",
                    "increase" if higher_is_better else "decrease",
                    metric_name,
                    step - best[0],
                    max_steps,
                )
                return True
        return False

    return make_early_stopping_hook(estimator, should_stop, run_every_secs, run_every_steps)


def read_eval_metrics(eval_dir: str) -> dict[int, dict[str, float]]:
    """Step → metric → value, in the order of the steps, of the event files of a folder."""
    found: dict[int, dict[str, float]] = {}
    if not exists(eval_dir):
        return found
    for path in matching(os.path.join(eval_dir, "events.out.tfevents.*")):
        try:
            for event in summary_iterator(path):
                values = event_values(event)
                if values:
                    found.setdefault(event.step, {}).update(values)
        except DataLossError as error:
            LOGGER.warning("The rest of the event file %s is damaged and skipped: %s", path, error)
    return dict(sorted(found.items()))


@public("estimator.experimental.make_stop_at_checkpoint_step_hook")
def make_stop_at_checkpoint_step_hook(
    estimator: Estimator, last_step: int, wait_after_file_check_secs: float = 30
) -> SessionRunHook:
    """A hook that ends training at a step.

    Args:
        estimator: whose training it is.
        last_step: the step.
        wait_after_file_check_secs: accepted; this process saves the checkpoints itself.
    """
    return StopAtStepHook(last_step=last_step)
