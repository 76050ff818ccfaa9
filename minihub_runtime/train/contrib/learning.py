"""`tf.contrib.slim.learning`: operations that train as slim makes them, and the loop of steps.

Source: tf_slim/learning.py.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.graph import get_default_graph, name_scope
from minihub_runtime.api.grouping import no_op
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.summary.operations import merge_all
from minihub_runtime.api.summary.writer import FileWriterCache
from minihub_runtime.api.variables.global_step import get_or_create_global_step
from minihub_runtime.dtypes import string
from minihub_runtime.public import public
from minihub_runtime.train.contrib import training
from minihub_runtime.train.contrib.training import (
    GLOBAL_STEP,
    clip_gradient_norms,
    multiply_gradients,
    summaries_of_gradients,
)
from minihub_runtime.train.monitored_session import ChiefSessionCreator, MonitoredSession
from minihub_runtime.train.optimizers.base import Optimizer
from minihub_runtime.train.run_hooks import SessionRunHook
from minihub_runtime.train.saving_hooks import (
    CheckpointSaverHook,
    SummarySaverHook,
)
from minihub_runtime.train.scaffold import Scaffold

__all__ = ["add_gradients_summaries", "create_train_op", "train", "train_step"]


@public("contrib.slim.learning.add_gradients_summaries")
def add_gradients_summaries(grads_and_vars: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Summaries of gradients: a histogram and the norm of each, below the names of the variables.

    Args:
        grads_and_vars: (gradient, variable) pairs.
    """
    return summaries_of_gradients(grads_and_vars, "/")


@public("contrib.slim.learning.create_train_op")
def create_train_op(
    total_loss: Any,
    optimizer: Optimizer,
    global_step: Any = GLOBAL_STEP,
    update_ops: Any = None,
    variables_to_train: Any = None,
    clip_gradient_norm: float = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: Mapping[Any, Any] | None = None,
    check_numerics: bool = True,
) -> Any:
    """As `contrib.training.create_train_op`, with gradients multiplied and then clipped.

    Args:
        total_loss: see there, like the arguments that are not described.
        optimizer: see there.
        global_step: see there.
        update_ops: see there.
        variables_to_train: see there.
        clip_gradient_norm: the largest norm of a gradient; 0 for none.
        summarize_gradients: see there.
        gate_gradients: see there.
        aggregation_method: see there.
        colocate_gradients_with_ops: see there.
        gradient_multipliers: see `multiply_gradients`.
        check_numerics: see there.
    """

    def transformed(gradients: Any) -> Any:
        if gradient_multipliers:
            with name_scope("multiply_grads"):
                gradients = multiply_gradients(gradients, gradient_multipliers)
        if clip_gradient_norm > 0:
            with name_scope("clip_grads"):
                gradients = clip_gradient_norms(gradients, clip_gradient_norm)
        return gradients

    return training.create_train_op(
        total_loss,
        optimizer,
        global_step,
        update_ops,
        variables_to_train,
        transformed,
        summarize_gradients,
        gate_gradients,
        aggregation_method,
        colocate_gradients_with_ops,
        check_numerics,
    )


@public("contrib.slim.learning.train_step")
def train_step(
    sess: Any, train_op: Any, global_step: Any, train_step_kwargs: Mapping[str, Any]
) -> tuple[Any, Any]:
    """One step, logged if it is due.

    Args:
        sess: a session.
        train_op: what is run.
        global_step: the global step.
        train_step_kwargs: boolean tensors `should_log` and `should_stop`, each of which may be missing.

    Returns:
        What `train_op` gave, and whether to stop.

    Raises:
        NotImplementedError: steps are to be traced.
    """
    if "should_trace" in train_step_kwargs:
        raise NotImplementedError("contrib.slim.learning.train_step: should_trace")
    start = time.monotonic()
    loss, step = sess.run([train_op, global_step])
    elapsed = time.monotonic() - start
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        LOGGER.info("global step %d: loss = %.4f (%.3f sec/step)", step, loss, elapsed)
    if "should_stop" in train_step_kwargs:
        return loss, sess.run(train_step_kwargs["should_stop"])
    return loss, False


#: The default of arguments for which None stands for none.
DEFAULT = 0


@public("contrib.slim.learning.train")
def train(
    train_op: Any,
    logdir: Any,
    train_step_fn: Callable[..., Any] = train_step,
    train_step_kwargs: Any = DEFAULT,
    log_every_n_steps: int = 1,
    graph: Any = None,
    master: str = "",
    is_chief: bool = True,
    global_step: Any = None,
    number_of_steps: int | None = None,
    init_op: Any = DEFAULT,
    init_feed_dict: Any = None,
    local_init_op: Any = DEFAULT,
    init_fn: Callable[[Any], Any] | None = None,
    ready_op: Any = DEFAULT,
    summary_op: Any = DEFAULT,
    save_summaries_secs: float = 600,
    summary_writer: Any = DEFAULT,
    startup_delay_steps: int = 0,
    saver: Any = None,
    save_interval_secs: float = 600,
    sync_optimizer: Any = None,
    session_config: Any = None,
    session_wrapper: Callable[[Any], Any] | None = None,
    trace_every_n_steps: int | None = None,
    ignore_live_threads: bool = False,
) -> Any:
    """Run steps until one says to stop or the input ends; what the last one gave.

    Training goes on from the latest checkpoint of the folder.  The session of the steps is a monitored one.

    Args:
        train_op: what is run.
        logdir: the folder of checkpoints and summaries; None for neither.
        train_step_fn: one step, as `train_step`.
        train_step_kwargs: its last argument; by default what tells when to log and to stop.
        log_every_n_steps: how often to log; 0 for never.
        graph: the graph; the default graph if None.
        master: see `Session`.
        is_chief: must be true.
        global_step: the global step; by default that of the graph, which is made if there is none.
        number_of_steps: the global step at which to stop.
        init_op: initialises global variables; None for nothing.
        init_feed_dict: what to feed it.
        local_init_op: initialises local variables and tables; None for nothing.
        init_fn: called with the session after `init_op`, unless there is a checkpoint.
        ready_op: gives the names of variables without a value; None for no check.
        summary_op: the summary; by default all of the graph, None for none.
        save_summaries_secs: the time between two summaries; 0 for none.
        summary_writer: what writes them; None for none.
        startup_delay_steps: accepted, as only others than the chief wait.
        saver: what saves; by default all variables are saved.
        save_interval_secs: the time between two checkpoints.
        sync_optimizer: must be None.
        session_config: see `Session`.
        session_wrapper: a function of the session that returns the one that steps get.
        trace_every_n_steps: must be None.
        ignore_live_threads: accepted and ignored.

    Raises:
        NotImplementedError: several processes are to train, or steps are to be traced.
        ValueError: an argument is missing, or needs a folder.
    """
    if train_op is None:
        raise ValueError("train_op cannot be None.")
    if logdir is None:
        for name, given in (
            ("summary_op", summary_op is not DEFAULT),
            ("saver", saver is not None),
            ("trace_every_n_steps", trace_every_n_steps is not None),
        ):
            if given:
                raise ValueError(f"Cannot provide {name} because logdir=None")
    if number_of_steps is not None and number_of_steps <= 0:
        raise ValueError("`number_of_steps` must be either None or a positive number.")
    for name, given in (
        ("is_chief=False", not is_chief),
        ("sync_optimizer", sync_optimizer is not None),
        ("trace_every_n_steps", trace_every_n_steps is not None),
    ):
        if given:
            raise NotImplementedError(f"contrib.slim.learning.train: {name}")
    with (graph or get_default_graph()).as_default():
        step = get_or_create_global_step() if global_step is None else global_step
        scaffold = Scaffold(
            init_op=_chosen(init_op, no_op),
            init_feed_dict=init_feed_dict,
            init_fn=None if init_fn is None else lambda _, session: init_fn(session),
            ready_op=_chosen(ready_op, lambda: constant([], string)),
            local_init_op=_chosen(local_init_op, no_op),
            saver=saver,
        )
        hooks: list[SessionRunHook] = []
        if logdir is not None:
            # The chief saves at the start, now and then, and at the end.
            every = save_interval_secs or math.inf
            hooks.append(CheckpointSaverHook(logdir, save_secs=every, scaffold=scaffold))
            summary = merge_all() if summary_op is DEFAULT else summary_op
            if summary is not None and save_summaries_secs and summary_writer is not None:
                writer = (
                    FileWriterCache.get(logdir) if summary_writer is DEFAULT else summary_writer
                )
                hooks.append(
                    SummarySaverHook(
                        save_secs=save_summaries_secs, summary_writer=writer, summary_op=summary
                    )
                )
        if train_step_kwargs is DEFAULT:
            train_step_kwargs = _step_arguments(step, number_of_steps, log_every_n_steps)
        creator = ChiefSessionCreator(scaffold, master, session_config, checkpoint_dir=logdir)
        loss = None
        with MonitoredSession(creator, hooks) as session:
            given_session = session_wrapper(session) if session_wrapper else session
            while not session.should_stop():
                loss, stop = train_step_fn(given_session, train_op, step, train_step_kwargs)
                if stop:
                    LOGGER.info("Stopping Training.")
                    break
        return loss


def _chosen(given: Any, nothing: Callable[[], Any]) -> Any:
    """An operation for a scaffold, in which None stands for the default."""
    if given is DEFAULT:
        return None
    return nothing() if given is None else given


def _step_arguments(step: Any, last: int | None, log_every: int) -> dict[str, Any]:
    """What tells `train_step` when to stop and to log."""
    with name_scope("train_step"):
        stop = build("GreaterEqual", x=step, y=last) if last else constant(False)
        if log_every <= 0:
            return {"should_stop": stop}
        rest = build("FloorMod", x=step, y=log_every)
        return {"should_stop": stop, "should_log": build("Equal", x=rest, y=0)}
