"""Hooks that write: checkpoints, summaries, how fast the steps are.

Source: tensorflow/python/training/basic_session_run_hooks.py.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.graph_io import write_graph
from minihub_runtime.api.logger import LOGGER, WARN, log_first_n
from minihub_runtime.api.meta_graph import create_meta_graph_def
from minihub_runtime.api.summary.writer import FileWriterCache
from minihub_runtime.api.variables.global_step import get_global_step
from minihub_runtime.protos import SessionLog, Summary
from minihub_runtime.public import public
from minihub_runtime.train.hooks import SecondOrStepTimer
from minihub_runtime.train.run_hooks import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from minihub_runtime.train.saver import Saver
from minihub_runtime.train.scaffold import Scaffold
from minihub_runtime.train.step_reading import global_step_read

__all__ = [
    "CheckpointSaverHook",
    "CheckpointSaverListener",
    "StepCounterHook",
    "SummarySaverHook",
]


@public("train.CheckpointSaverListener", "estimator.CheckpointSaverListener")
class CheckpointSaverListener:
    """Told when a CheckpointSaverHook saves; each method does nothing."""

    def begin(self) -> None:
        """Called once before the session is made."""

    def before_save(self, session: Any, global_step_value: int) -> None:
        """Called before a checkpoint is written."""

    def after_save(self, session: Any, global_step_value: int) -> Any:
        """Called after a checkpoint was written; True ends the loop."""

    def end(self, session: Any, global_step_value: int) -> None:
        """Called once at the end."""


@public("train.CheckpointSaverHook", "estimator.CheckpointSaverHook")
class CheckpointSaverHook(SessionRunHook):
    """Saves checkpoints at the beginning, every so often, and at the end.

    Args:
        checkpoint_dir: the folder.
        save_secs: every so many seconds.
        save_steps: every so many steps.
        saver: for the variables.
        checkpoint_basename: name of the checkpoints.
        scaffold: whose saver counts; else the one in the graph's collection.
        listeners: told of each checkpoint.
        save_graph_def: write the graph, too.

    Raises:
        ValueError: `saver` and `scaffold` are given, or not exactly one of the times.
    """

    def __init__(
        self,
        checkpoint_dir: str,
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Saver | None = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Scaffold | None = None,
        listeners: Sequence[CheckpointSaverListener] | None = None,
        save_graph_def: bool = True,
    ) -> None:
        LOGGER.info("Create CheckpointSaverHook.")
        if saver is not None and scaffold is not None:
            raise ValueError("You cannot provide both saver and scaffold.")
        self._saver = saver
        self._checkpoint_dir = checkpoint_dir
        self._save_path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._scaffold = scaffold
        self._timer = SecondOrStepTimer(save_secs, save_steps)
        self._listeners = list(listeners or ())
        self._save_graph_def = save_graph_def

    def add_listener(self, listener: CheckpointSaverListener) -> None:
        """Tell one more of each checkpoint, if it is not told already."""
        if listener not in self._listeners:
            self._listeners.append(listener)

    def begin(self) -> None:
        """Find the global step."""
        self._writer = FileWriterCache.get(self._checkpoint_dir)
        self._step = global_step_read("CheckpointSaverHook")
        for listener in self._listeners:
            listener.begin()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Write the graph and the first checkpoint."""
        step = session.run(self._step)
        graph = get_default_graph()
        graph_def = graph.as_graph_def(add_shapes=True)
        if self._save_graph_def:
            write_graph(graph_def, self._checkpoint_dir, "graph.pbtxt")
        saver_def = self._the_saver().saver_def
        self._writer.add_graph(graph)
        self._writer.add_meta_graph(
            create_meta_graph_def(graph_def=graph_def, saver_def=saver_def, graph=graph)
        )
        self._save(session, step)
        self._timer.update_last_triggered_step(step)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the global step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Save when the time has come."""
        # What was fetched is the step before the run; a second run looks only when it matters.
        if not self._timer.should_trigger_for_step(run_values.results + 1):
            return
        step = run_context.session.run(self._step)
        if self._timer.should_trigger_for_step(step):
            self._timer.update_last_triggered_step(step)
            if self._save(run_context.session, step):
                run_context.request_stop()

    def end(self, session: Any) -> None:
        """Save unless the last step was saved."""
        step = session.run(self._step)
        if step != self._timer.last_triggered_step():
            self._save(session, step)
        for listener in self._listeners:
            listener.end(session, step)

    def _save(self, session: Any, step: int) -> bool:
        """Write a checkpoint; whether a listener wants the loop to end."""
        LOGGER.info("Calling checkpoint listeners before saving checkpoint %d...", step)
        for listener in self._listeners:
            listener.before_save(session, step)
        LOGGER.info("Saving checkpoints for %d into %s.", step, self._save_path)
        self._the_saver().save(
            session, self._save_path, global_step=step, write_meta_graph=self._save_graph_def
        )
        log = SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=self._save_path)
        self._writer.add_session_log(log, step)
        LOGGER.info("Calling checkpoint listeners after saving checkpoint %d...", step)
        # All are told, whatever one of them answers.
        wanted = [listener for listener in self._listeners if listener.after_save(session, step)]
        for listener in wanted:
            LOGGER.info(
                "A CheckpointSaverListener requested that training be stopped. listener: %s",
                listener,
            )
        return bool(wanted)

    def _the_saver(self) -> Saver:
        if self._saver is None and self._scaffold is not None:
            found: Saver = self._scaffold.saver
            return found
        if self._saver is None:
            key = GraphKeys.SAVERS
            savers = get_default_graph().get_collection(key)
            if not savers:
                raise RuntimeError(
                    f"No items in collection {key}. Please add a saver to the collection or provide a "
                    "saver or scaffold."
                )
            if len(savers) > 1:
                raise RuntimeError(
                    f"More than one item in collection {key}. Please indicate which one to use by "
                    "passing it to the constructor."
                )
            self._saver = savers[0]
        return self._saver


@public("train.StepCounterHook", "estimator.StepCounterHook")
class StepCounterHook(SessionRunHook):
    """Logs and writes how many steps there are in a second.

    Args:
        every_n_steps: every so many steps.
        every_n_secs: every so many seconds.
        output_dir: folder of the summaries.
        summary_writer: what writes them, instead.

    Raises:
        ValueError: not exactly one of the times is given.
    """

    def __init__(
        self,
        every_n_steps: int | None = 100,
        every_n_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
    ) -> None:
        if (every_n_steps is None) == (every_n_secs is None):
            raise ValueError("exactly one of every_n_steps and every_n_secs should be provided.")
        self._timer = SecondOrStepTimer(every_n_secs, every_n_steps)
        self._writer = summary_writer
        self._output_dir = output_dir
        self._last_global_step: int | None = None

    def begin(self) -> None:
        """Find the global step."""
        if self._writer is None and self._output_dir:
            self._writer = FileWriterCache.get(self._output_dir)
        self._step = global_step_read("StepCounterHook")
        self._tag = f"{get_global_step().op.name}/sec"

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the global step."""
        return SessionRunArgs(self._step)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Log when the time has come."""
        stale = run_values.results
        if self._timer.should_trigger_for_step(stale + 1):
            step = run_context.session.run(self._step)
            if self._timer.should_trigger_for_step(step):
                seconds, steps = self._timer.update_last_triggered_step(step)
                if seconds is not None and steps is not None:
                    self._log_and_record(steps, max(seconds, 1e-9), step)
        if stale == self._last_global_step:
            log_first_n(
                WARN,
                "It seems that global step (tf.train.get_global_step) has not been increased. Current "
                "value (could be stable): %s vs previous value: %s.",
                5,
                stale,
                self._last_global_step,
            )
        self._last_global_step = stale

    def _log_and_record(self, elapsed_steps: int, elapsed_time: float, global_step: int) -> None:
        rate = elapsed_steps / elapsed_time
        if self._writer is not None:
            value = Summary.Value(tag=self._tag, simple_value=rate)
            self._writer.add_summary(Summary(value=[value]), global_step)
        LOGGER.info("%s: %g", self._tag, rate)


@public("train.SummarySaverHook", "estimator.SummarySaverHook")
class SummarySaverHook(SessionRunHook):
    """Writes summaries every so often.

    Args:
        save_steps: every so many steps.
        save_secs: every so many seconds.
        output_dir: folder of the summaries.
        summary_writer: what writes them, instead.
        scaffold: whose summaries.
        summary_op: a string tensor of summaries, or a list, instead.

    Raises:
        ValueError: not exactly one of `scaffold` and `summary_op` is given, or of the times.
    """

    def __init__(
        self,
        save_steps: int | None = None,
        save_secs: float | None = None,
        output_dir: str | None = None,
        summary_writer: Any = None,
        scaffold: Scaffold | None = None,
        summary_op: Any = None,
    ) -> None:
        if (scaffold is None) == (summary_op is None):
            raise ValueError("Exactly one of scaffold or summary_op must be provided.")
        self._summary_op = summary_op
        self._writer = summary_writer
        self._output_dir = output_dir
        self._scaffold = scaffold
        self._timer = SecondOrStepTimer(save_secs, save_steps)

    def begin(self) -> None:
        """Find the global step."""
        if self._writer is None and self._output_dir:
            self._writer = FileWriterCache.get(self._output_dir)
        self._next_step: int | None = None
        self._step = global_step_read("SummarySaverHook")

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the summaries when the time has come."""
        self._wanted = self._next_step is None or self._timer.should_trigger_for_step(
            self._next_step
        )
        requests: dict[str, Any] = {"global_step": self._step}
        summaries = self._summaries()
        if self._wanted and summaries:
            requests["summary"] = summaries
        return SessionRunArgs(requests)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Write them."""
        if self._writer is None:
            return
        step = run_values.results["global_step"] + 1
        if self._wanted:
            step = run_context.session.run(self._step)
        if self._next_step is None:
            self._writer.add_session_log(SessionLog(status=SessionLog.START), step)
        if self._wanted:
            self._timer.update_last_triggered_step(step)
            for summary in run_values.results.get("summary", ()):
                self._writer.add_summary(summary, step)
        self._next_step = step + 1

    def end(self, session: Any = None) -> None:
        """Let the writer write all."""
        if self._writer is not None:
            self._writer.flush()

    def _summaries(self) -> list[Any]:
        found = self._summary_op
        if found is None and self._scaffold is not None:
            found = self._scaffold.summary_op
        if found is None:
            return []
        return found if isinstance(found, list) else [found]
