"""Hooks that watch and end training loops.

Source: tensorflow/python/training/basic_session_run_hooks.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.errors import OutOfRangeError
from minihub_runtime.public import public
from minihub_runtime.train.run_hooks import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from minihub_runtime.train.step_reading import global_step_read

__all__ = [
    "FeedFnHook",
    "FinalOpsHook",
    "GlobalStepWaiterHook",
    "LoggingTensorHook",
    "NanLossDuringTrainingError",
    "NanTensorHook",
    "SecondOrStepTimer",
    "StopAtStepHook",
]


@public("train.SecondOrStepTimer", "estimator.SecondOrStepTimer")
class SecondOrStepTimer:
    """Triggers every so many steps, or every so many seconds.

    Args:
        every_secs: the seconds.
        every_steps: the steps.

    Raises:
        ValueError: both or none are given.
    """

    def __init__(self, every_secs: float | None = None, every_steps: int | None = None) -> None:
        if every_secs is None and every_steps is None:
            raise ValueError("Either every_secs or every_steps should be provided.")
        if every_secs is not None and every_steps is not None:
            raise ValueError("Can not provide both every_secs and every_steps.")
        self._every_secs = every_secs
        self._every_steps = every_steps
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self._last_triggered_step: int | None = None
        self._last_triggered_time: float | None = None

    def should_trigger_for_step(self, step: int) -> bool:
        """Whether its time has come at a step; the same step does not trigger twice."""
        if self._last_triggered_step is None or self._last_triggered_time is None:
            return True
        if self._last_triggered_step == step:
            return False
        if self._every_secs is not None:
            return time.time() >= self._last_triggered_time + self._every_secs
        assert self._every_steps is not None
        return step >= self._last_triggered_step + self._every_steps

    def update_last_triggered_step(self, step: int) -> tuple[float | None, int | None]:
        """Note that it triggered; the seconds and steps since the time before, None at the first."""
        now = time.time()
        elapsed: tuple[float | None, int | None] = (None, None)
        if self._last_triggered_time is not None and self._last_triggered_step is not None:
            elapsed = (now - self._last_triggered_time, step - self._last_triggered_step)
        self._last_triggered_time = now
        self._last_triggered_step = step
        return elapsed

    def last_triggered_step(self) -> int | None:
        """The step at which it triggered last."""
        return self._last_triggered_step


@public("train.LoggingTensorHook", "estimator.LoggingTensorHook")
class LoggingTensorHook(SessionRunHook):
    """Logs the values of tensors.

    Args:
        tensors: tensors or their names; or what to call them → tensor or name.
        every_n_iter: log every so many runs.
        every_n_secs: log every so many seconds.
        at_end: log at the end.
        formatter: a function from the values by their keys to the text.

    Raises:
        ValueError: not exactly one of these times is given (none may be with `at_end`), or it is no positive number.
    """

    def __init__(
        self,
        tensors: Any,
        every_n_iter: int | None = None,
        every_n_secs: float | None = None,
        at_end: bool = False,
        formatter: Callable[[Mapping[Any, Any]], str] | None = None,
    ) -> None:
        never = every_n_iter is None and every_n_secs is None
        if not (at_end and never) and (every_n_iter is None) == (every_n_secs is None):
            raise ValueError(
                "either at_end and/or exactly one of every_n_iter and every_n_secs must be provided."
            )
        if every_n_iter is not None and every_n_iter <= 0:
            raise ValueError(f"invalid every_n_iter={every_n_iter}.")
        if isinstance(tensors, Mapping):
            self._tag_order: Sequence[Any] = sorted(tensors)
            self._tensors: Mapping[Any, Any] = tensors
        else:
            self._tag_order = tensors
            self._tensors = {item: item for item in tensors}
        self._formatter = formatter
        self._timer = None if never else SecondOrStepTimer(every_n_secs, every_n_iter)
        self._log_at_end = at_end

    def begin(self) -> None:
        """Find the tensors in the default graph."""
        if self._timer is not None:
            self._timer.reset()
        self._iter_count = 0
        self._current = {tag: _element(tensor) for tag, tensor in self._tensors.items()}

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the tensors when their time has come."""
        self._triggered = self._timer is not None and self._timer.should_trigger_for_step(
            self._iter_count
        )
        return SessionRunArgs(self._current) if self._triggered else None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Log the values."""
        if self._triggered:
            self._log(run_values.results)
        self._iter_count += 1

    def end(self, session: Any) -> None:
        """Log the last values."""
        if self._log_at_end:
            self._log(session.run(self._current))

    def _log(self, values: Mapping[Any, Any]) -> None:
        elapsed = None
        if self._timer is not None:
            elapsed, _ = self._timer.update_last_triggered_step(self._iter_count)
        with np.printoptions(suppress=True):
            if self._formatter is not None:
                text = self._formatter(values)
            else:
                text = ", ".join(f"{tag} = {values[tag]!s}" for tag in self._tag_order)
                text += "" if elapsed is None else f" ({elapsed:.3f} sec)"
        LOGGER.info("%s", text)


def _element(item: Any) -> Any:
    """A tensor of the default graph; a name may leave `:0` out if the operation has one output."""
    graph = get_default_graph()
    if not isinstance(item, str):
        if getattr(item, "graph", None) is not graph:
            raise ValueError(
                f"Passed {item} should have graph attribute that is equal to current graph {graph}."
            )
        return item
    if ":" in item:
        return graph.as_graph_element(item)
    outputs = graph.get_tensor_by_name(f"{item}:0").op.outputs
    if len(outputs) > 1:
        raise ValueError(
            f"Name {item} is ambiguous, as this `Operation` has multiple outputs (at least 2)."
        )
    return outputs[0]


@public("train.StopAtStepHook", "estimator.StopAtStepHook")
class StopAtStepHook(SessionRunHook):
    """Ends the loop at a step.

    Args:
        num_steps: after so many steps of this loop.
        last_step: at this step.

    Raises:
        ValueError: both or none are given.
    """

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps = num_steps
        self._last_step = last_step

    def begin(self) -> None:
        """Find the global step."""
        self._step = global_step_read("StopAtStepHook")

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Work out the last step."""
        if self._last_step is None:
            assert self._num_steps is not None
            self._last_step = int(session.run(self._step)) + self._num_steps

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the global step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """End the loop when the step is reached; the fetched one may be that before the run."""
        assert self._last_step is not None
        reached = run_values.results + 1 >= self._last_step
        if reached and run_context.session.run(self._step) >= self._last_step:
            run_context.request_stop()


@public("train.NanLossDuringTrainingError", "estimator.NanLossDuringTrainingError")
class NanLossDuringTrainingError(RuntimeError):
    """The loss is not a number."""

    def __str__(self) -> str:
        return "NaN loss during training."


@public("train.NanTensorHook", "estimator.NanTensorHook")
class NanTensorHook(SessionRunHook):
    """Ends the loop when the loss is not a number.

    Args:
        loss_tensor: the loss.
        fail_on_nan_loss: with an error.
    """

    def __init__(self, loss_tensor: Any, fail_on_nan_loss: bool = True) -> None:
        self._loss_tensor = loss_tensor
        self._fail_on_nan_loss = fail_on_nan_loss

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the loss."""
        return SessionRunArgs(self._loss_tensor)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Look at it."""
        if np.isnan(run_values.results):
            text = "Model diverged with loss = NaN."
            if self._fail_on_nan_loss:
                LOGGER.error("%s", text)
                raise NanLossDuringTrainingError
            LOGGER.warning("%s", text)
            run_context.request_stop()


@public("train.GlobalStepWaiterHook", "estimator.GlobalStepWaiterHook")
class GlobalStepWaiterHook(SessionRunHook):
    """Lets the first run wait until the global step is reached, by others.

    Args:
        wait_until_step: the step.
    """

    def __init__(self, wait_until_step: int) -> None:
        self._wait_until_step = wait_until_step

    def begin(self) -> None:
        """Find the global step."""
        self._started = False
        self._step = global_step_read("_GlobalStepWaiterHook")

    def before_run(self, run_context: SessionRunContext) -> None:
        """Wait."""
        if self._started or self._wait_until_step <= 0:
            self._started = True
            return
        LOGGER.info("Waiting for global step %d before starting training.", self._wait_until_step)
        while run_context.session.run(self._step) < self._wait_until_step:
            time.sleep(0.5)
        self._started = True


@public("train.FinalOpsHook", "estimator.FinalOpsHook")
class FinalOpsHook(SessionRunHook):
    """Runs something at the end.

    Args:
        final_ops: what to fetch.
        final_ops_feed_dict: what to feed.

    Attributes:
        final_ops_values: the values, None before the end.
    """

    def __init__(self, final_ops: Any, final_ops_feed_dict: Any = None) -> None:
        self._final_ops = final_ops
        self._final_ops_feed_dict = final_ops_feed_dict
        self.final_ops_values: Any = None

    def end(self, session: Any) -> None:
        """Run it."""
        if self._final_ops is None:
            return
        try:
            self.final_ops_values = session.run(
                self._final_ops, feed_dict=self._final_ops_feed_dict
            )
        except (OutOfRangeError, StopIteration):
            LOGGER.warning(
                "final_ops depend on an input that is used up; they should depend on variables only"
            )
            raise


@public("train.FeedFnHook", "estimator.FeedFnHook")
class FeedFnHook(SessionRunHook):
    """Feeds what a function returns.

    Args:
        feed_fn: called before each run; returns a feed_dict.
    """

    def __init__(self, feed_fn: Callable[[], Mapping[Any, Any]]) -> None:
        self.feed_fn = feed_fn

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for it."""
        return SessionRunArgs(None, self.feed_fn())
