"""One pass of evaluation, and what of it is written for TensorBoard.

Source: tensorflow/python/training/evaluation.py, tensorflow_estimator/python/estimator/estimator.py.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from minihub_runtime.api.constants import make_tensor_proto
from minihub_runtime.api.graph import GraphKeys, control_dependencies, get_default_graph
from minihub_runtime.api.grouping import group
from minihub_runtime.api.identity import identity
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.metrics.means import mean
from minihub_runtime.api.summary.writer import FileWriterCache
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import int64, string
from minihub_runtime.protos import Summary
from minihub_runtime.train.estimator.model_function import LOSS_METRIC_KEY
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
    "StopAfterEvaluationsHook",
    "evaluate_once",
    "evaluation_step",
    "metric_values_and_update",
    "write_checkpoint_path",
    "write_values",
]


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


class StopAfterEvaluationsHook(SessionRunHook):
    """Ends an evaluation after so many batches, and logs how many there were.

    Args:
        num_evals: the number of batches.

    Attributes:
        evaluations: the tensor that counts them, which `evaluate_once` sets.
    """

    def __init__(self, num_evals: int) -> None:
        self._num_evals = num_evals
        self._log_every = 1 if num_evals < 20 else math.floor(num_evals / 10)
        self.evaluations: Any = None

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the number of batches."""
        return SessionRunArgs(self.evaluations)

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Log it, and end when it is reached."""
        done = run_values.results
        if done % self._log_every == 0 or done == self._num_evals:
            LOGGER.info("Evaluation [%d/%d]", done, self._num_evals)
        if done >= self._num_evals:
            run_context.request_stop()


def evaluate_once(
    checkpoint_path: str | None,
    scaffold: Scaffold,
    update_op: Any,
    final_ops: Any,
    hooks: Iterable[SessionRunHook],
    config: Any = None,
    master: str = "",
) -> Any:
    """Run an operation of the default graph until its input ends or a hook says so; what is fetched then.

    Args:
        checkpoint_path: prefix of the checkpoint that variables are restored from; they are initialised if None.
        scaffold: see `ChiefSessionCreator`.
        update_op: the operation; None to fetch only.
        final_ops: what to fetch at the end.
        hooks: hooks.
        config: see `Session`.
        master: see `Session`.
    """
    counter = evaluation_step()
    all_hooks = list(hooks)
    updates: Any = None
    if update_op is not None:
        updates = [update_op, counter.assign_add(1, use_locking=True)]
        with control_dependencies(updates):
            count = identity(counter.read_value())
        for hook in all_hooks:
            if isinstance(hook, StopAfterEvaluationsHook):
                hook.evaluations = count
    LOGGER.info("Starting evaluation at %s", time.strftime("%Y-%m-%dT%H:%M:%S"))
    start = time.monotonic()
    creator = ChiefSessionCreator(
        scaffold, master, config, checkpoint_filename_with_path=checkpoint_path
    )
    final = FinalOpsHook(final_ops)
    with MonitoredSession(creator, [*all_hooks, final]) as session:
        while updates is not None and not session.should_stop():
            session.run(updates)
    LOGGER.info("Inference Time : %0.5fs", time.monotonic() - start)
    LOGGER.info("Finished evaluation at %s", time.strftime("%Y-%m-%d-%H:%M:%S"))
    return final.final_ops_values


def metric_values_and_update(metrics: Mapping[str, Any], loss: Any) -> tuple[dict[str, Any], Any]:
    """Name → value of the metrics and of the mean loss, and the operation that updates all of them.

    Args:
        metrics: name → (value, update).
        loss: the loss of a batch.

    Raises:
        ValueError: a metric has the name of the loss or of the global step.
    """
    for name, quoted in (
        (LOSS_METRIC_KEY, f'"{LOSS_METRIC_KEY}"'),
        (GraphKeys.GLOBAL_STEP, f"`{GraphKeys.GLOBAL_STEP}`"),
    ):
        if name in metrics:
            raise ValueError(
                f"Metric with name {quoted} is not allowed, because Estimator already defines a default "
                "metric with the same name."
            )
    # By name, so that the graph is the same each time.
    named = dict(sorted({**metrics, LOSS_METRIC_KEY: mean(loss)}.items()))
    values = {name: value for name, (value, _) in named.items()}
    return values, group(*(update for _, update in named.values()))


def write_values(folder: str, values: Mapping[str, Any], step: int) -> None:
    """Write the values of an evaluation as a summary: numbers, serialised summaries and arrays."""
    texts = (f"{key} = {values[key]!s}" for key in sorted(values) if type(values[key]) is not bytes)
    LOGGER.info("Saving dict for global step %d: %s", step, ", ".join(texts))
    summary = Summary()
    for key, value in values.items():
        if value is not None and key != GraphKeys.GLOBAL_STEP:
            _add_value(summary, key, value)
    _write(folder, summary, step)


def _add_value(summary: Any, key: str, value: Any) -> None:
    if isinstance(value, (float, int, np.float32, np.int32, np.int64)):
        summary.value.add(tag=key, simple_value=value)
    elif isinstance(value, bytes):
        try:
            found = Summary.FromString(value)
        except DecodeError:
            LOGGER.warning("Skipping summary for %s, cannot parse string to Summary.", key)
            return
        for number, item in enumerate(found.value):
            item.tag = f"{key}/{number}"
        summary.value.extend(found.value)
    elif isinstance(value, np.ndarray):
        summary.value.add(tag=key, node_name=key, tensor=make_tensor_proto(value))
        LOGGER.info(
            "Summary for np.ndarray is not visible in Tensorboard by default. Consider using a "
            "Tensorboard plugin for visualization"
        )
    else:
        LOGGER.warning(
            "Skipping summary for %s, must be a float, np.float32, np.int64, np.int32 or int or "
            "np.ndarray or a serialized string of Summary.",
            key,
        )


def write_checkpoint_path(folder: str, path: str, step: int) -> None:
    """Write which checkpoint was evaluated as a summary."""
    LOGGER.info("Saving 'checkpoint_path' summary for global step %d: %s", step, path)
    summary = Summary()
    summary.value.add(tag="checkpoint_path", tensor=make_tensor_proto(path, dtype=string))
    _write(folder, summary, step)


def _write(folder: str, summary: Any, step: int) -> None:
    writer = FileWriterCache.get(folder)
    writer.add_summary(summary, step)
    writer.flush()
