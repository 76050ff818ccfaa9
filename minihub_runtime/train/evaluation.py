"""Passes of evaluation: over one checkpoint, or over each that comes.

Source: tensorflow/python/training/evaluation.py, tf_slim/training/evaluation.py.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minihub_runtime.api.graph import GraphKeys, control_dependencies, get_default_graph
from minihub_runtime.api.identity import identity
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.summary.operations import merge_all
from minihub_runtime.api.summary.writer import FileWriterCache
from minihub_runtime.api.variables.global_step import get_or_create_global_step, global_step
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import int64
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_reading import checkpoints_iterator
from minihub_runtime.train.hooks import FinalOpsHook
from minihub_runtime.train.monitored_session import ChiefSessionCreator, MonitoredSession
from minihub_runtime.train.run_hooks import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from minihub_runtime.train.scaffold import Scaffold

__all__ = [
    "StopAfterNEvalsHook",
    "SummaryAtEndHook",
    "evaluate_once",
    "evaluate_repeatedly",
    "evaluation_step",
]


def _public(name: str) -> Callable[[Any], Any]:
    return public(f"contrib.training.{name}", f"contrib.slim.evaluation.{name}")


@_public("get_or_create_eval_step")
def evaluation_step() -> Any:
    """The variable of the default graph that counts batches; it is made if there is none.

    Raises:
        ValueError: there are several.
    """
    found = get_default_graph().get_collection(GraphKeys.EVAL_STEP)
    if len(found) > 1:
        raise ValueError("Multiple tensors added to tf.GraphKeys.EVAL_STEP")
    if found:
        return found[0]
    return get_variable(
        "eval_step",
        shape=[],
        dtype=int64,
        initializer=Zeros(),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.EVAL_STEP],
    )


@_public("StopAfterNEvalsHook")
class StopAfterNEvalsHook(SessionRunHook):
    """Ends an evaluation after so many batches, and logs how many there were.

    Args:
        num_evals: the number of batches; None for all.
        log_progress: whether to log.

    Attributes:
        evaluations: the tensor that counts them, which evaluations set.
    """

    def __init__(self, num_evals: int | None, log_progress: bool = True) -> None:
        self._num_evals = num_evals
        self._log_progress = log_progress
        self._log_every = 1 if num_evals is None or num_evals < 20 else math.floor(num_evals / 10)
        self.evaluations: Any = None

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the number of batches."""
        return SessionRunArgs(self.evaluations)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Log it, and end when it is reached."""
        done, last = run_values.results, self._num_evals
        if self._log_progress and (done % self._log_every == 0 or done == last):
            LOGGER.info("Evaluation [%s]", done if last is None else f"{done}/{last}")
        if last is not None and done >= last:
            run_context.request_stop()


@_public("SummaryAtEndHook")
class SummaryAtEndHook(SessionRunHook):
    """Writes a summary when an evaluation ends.

    Args:
        log_dir: the folder to write to.
        summary_writer: what writes, in its place.
        summary_op: the summary; by default all of the graph.
        feed_dict: what to feed it.

    Raises:
        ValueError: neither folder nor writer is given.
    """

    def __init__(
        self,
        log_dir: Any = None,
        summary_writer: Any = None,
        summary_op: Any = None,
        feed_dict: Any = None,
    ) -> None:
        if log_dir is None and summary_writer is None:
            raise ValueError("One of log_dir or summary_writer should be used.")
        self._log_dir = log_dir
        self._writer = summary_writer
        self._given_op = self._summary_op = summary_op
        self._feed_dict = feed_dict
        self._global_step: Any = None

    def begin(self) -> None:
        """Merge the summaries of the graph, if none was given."""
        if self._given_op is None:
            self._summary_op = merge_all()
        self._global_step = get_or_create_global_step()

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Open the folder."""
        if self._writer is None and self._log_dir:
            self._writer = FileWriterCache.get(self._log_dir)

    def end(self, session: Any) -> None:
        """Write the summary."""
        if self._summary_op is not None:
            step = global_step(session, self._global_step)
            summary = session.run(self._summary_op, self._feed_dict)
            if self._writer:
                self._writer.add_summary(summary, step)
        if self._writer:
            self._writer.flush()


def _counted(eval_ops: Any, update: Any) -> Any:
    """What is fetched for each batch, with the update of the number of batches."""
    if isinstance(eval_ops, Mapping):
        return {**eval_ops, "update_eval_step": update}
    if isinstance(eval_ops, (list, tuple)):
        return [*eval_ops, update]
    return [eval_ops, update]


def _tell(hooks: Iterable[SessionRunHook], evaluations: Any) -> None:
    """Tell hooks which tensor counts the batches."""
    for hook in hooks:
        if isinstance(hook, StopAfterNEvalsHook):
            hook.evaluations = evaluations


def _run(creator: ChiefSessionCreator, hooks: Any, eval_ops: Any, feed_dict: Any) -> None:
    """One pass."""
    LOGGER.info("Starting evaluation at %s", time.strftime("%Y-%m-%dT%H:%M:%S"))
    start = time.monotonic()
    with MonitoredSession(creator, hooks) as session:
        while eval_ops is not None and not session.should_stop():
            session.run(eval_ops, feed_dict)
    LOGGER.info("Inference Time : %0.5fs", time.monotonic() - start)
    LOGGER.info("Finished evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S"))


@public("contrib.training.evaluate_once")
def evaluate_once(
    checkpoint_path: str | None,
    master: str = "",
    scaffold: Scaffold | None = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    hooks: Iterable[SessionRunHook] | None = None,
    config: Any = None,
) -> Any:
    """Fetch something of the default graph until its input ends or a hook says so; what is fetched at the end.

    Args:
        checkpoint_path: prefix of the checkpoint that variables are restored from; they are initialised if None.
        master: see `Session`.
        scaffold: see `ChiefSessionCreator`.
        eval_ops: what to fetch for each batch; None for the end alone.
        feed_dict: what to feed it.
        final_ops: what to fetch at the end.
        final_ops_feed_dict: what to feed it.
        hooks: hooks.
        config: see `Session`.
    """
    counter = evaluation_step()
    all_hooks = list(hooks or ())
    if eval_ops is not None:
        eval_ops = _counted(eval_ops, counter.assign_add(1, use_locking=True))
        updates = list(eval_ops.values()) if isinstance(eval_ops, Mapping) else eval_ops
        with control_dependencies(updates):
            _tell(all_hooks, identity(counter.read_value()))
    creator = ChiefSessionCreator(
        scaffold, master, config, checkpoint_filename_with_path=checkpoint_path
    )
    final = FinalOpsHook(final_ops, final_ops_feed_dict)
    _run(creator, [*all_hooks, final], eval_ops, feed_dict)
    return final.final_ops_values


@_public("evaluate_repeatedly")
def evaluate_repeatedly(
    checkpoint_dir: str | os.PathLike[str],
    master: str = "",
    scaffold: Scaffold | None = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    eval_interval_secs: float = 60,
    hooks: Iterable[SessionRunHook] | None = None,
    config: Any = None,
    max_number_of_evaluations: int | None = None,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
) -> Any:
    """Evaluate each checkpoint of a folder as it comes; what was fetched at the end of the last pass.

    Args:
        checkpoint_dir: the folder.
        master: see `evaluate_once`, like the arguments that are not described.
        scaffold: see there.
        eval_ops: see there.
        feed_dict: see there.
        final_ops: see there.
        final_ops_feed_dict: see there.
        eval_interval_secs: the least time between two passes.
        hooks: see there.
        config: see there.
        max_number_of_evaluations: the number of passes; None for no end.
        timeout: see `checkpoints_iterator`.
        timeout_fn: likewise.
    """
    counter = evaluation_step()
    all_hooks = list(hooks or ())
    if eval_ops is not None:
        update = counter.assign_add(1)
        _tell(all_hooks, update)
        eval_ops = _counted(eval_ops, update)
    final = FinalOpsHook(final_ops, final_ops_feed_dict)
    paths = checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn)
    for number, path in enumerate(paths, 1):
        creator = ChiefSessionCreator(scaffold, master, config, checkpoint_filename_with_path=path)
        _run(creator, [*all_hooks, final], eval_ops, feed_dict)
        if max_number_of_evaluations is not None and number >= max_number_of_evaluations:
            break
    return final.final_ops_values
