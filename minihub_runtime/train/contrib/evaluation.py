"""`tf.contrib.slim.evaluation`: passes of so many batches, whose summaries are written.

Source: tf_slim/evaluation.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minihub_runtime.api.summary.operations import merge_all
from minihub_runtime.public import public
from minihub_runtime.train import evaluation
from minihub_runtime.train.checkpoint_reading import checkpoints_iterator, wait_for_new_checkpoint
from minihub_runtime.train.evaluation import StopAfterNEvalsHook, SummaryAtEndHook
from minihub_runtime.train.run_hooks import SessionRunHook
from minihub_runtime.train.saver import Saver
from minihub_runtime.train.scaffold import Scaffold

__all__ = ["evaluate_once", "evaluation_loop"]

#: The default of `summary_op`, which stands for all summaries of the graph; None stands for none.
ALL_SUMMARIES = 0

public("contrib.slim.evaluation.checkpoints_iterator")(checkpoints_iterator)
public(
    "contrib.slim.evaluation.wait_for_new_checkpoint", "contrib.training.wait_for_new_checkpoint"
)(wait_for_new_checkpoint)


def _hooks(
    logdir: Any,
    num_evals: int | None,
    summary_op: Any,
    feed_dict: Any,
    hooks: Iterable[SessionRunHook] | None,
) -> list[SessionRunHook]:
    """The hooks that end a pass and write its summary, before those that are given."""
    if summary_op is ALL_SUMMARIES:
        summary_op = merge_all()
    found: list[SessionRunHook] = [StopAfterNEvalsHook(num_evals)]
    if summary_op is not None:
        found.append(SummaryAtEndHook(log_dir=logdir, summary_op=summary_op, feed_dict=feed_dict))
    return [*found, *(hooks or ())]


def _saver(variables: Any) -> Saver | None:
    return None if variables is None else Saver(variables)


@public("contrib.slim.evaluation.evaluate_once")
def evaluate_once(
    master: str,
    checkpoint_path: str | None,
    logdir: Any,
    num_evals: int | None = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Any = None,
    eval_op: Any = None,
    eval_op_feed_dict: Any = None,
    final_op: Any = None,
    final_op_feed_dict: Any = None,
    summary_op: Any = ALL_SUMMARIES,
    summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None,
    session_config: Any = None,
    hooks: Iterable[SessionRunHook] | None = None,
) -> Any:
    """Evaluate a checkpoint; what is fetched at the end.

    Args:
        master: see `Session`.
        checkpoint_path: prefix of the checkpoint.
        logdir: the folder for summaries.
        num_evals: how often `eval_op` is run.
        initial_op: what initialises variables.
        initial_op_feed_dict: what to feed it.
        eval_op: what to fetch for each batch.
        eval_op_feed_dict: what to feed it.
        final_op: what to fetch at the end.
        final_op_feed_dict: what to feed it.
        summary_op: the summary that is written at the end; by default all of the graph, None for none.
        summary_op_feed_dict: what to feed it.
        variables_to_restore: variables, or name in the checkpoint → variable; by default all.
        session_config: see `Session`.
        hooks: further hooks.
    """
    all_hooks = _hooks(logdir, num_evals, summary_op, summary_op_feed_dict, hooks)
    return evaluation.evaluate_once(
        checkpoint_path,
        master=master,
        scaffold=Scaffold(
            init_op=initial_op,
            init_feed_dict=initial_op_feed_dict,
            saver=_saver(variables_to_restore),
        ),
        eval_ops=eval_op,
        feed_dict=eval_op_feed_dict,
        final_ops=final_op,
        final_ops_feed_dict=final_op_feed_dict,
        hooks=all_hooks,
        config=session_config,
    )


@public("contrib.slim.evaluation.evaluation_loop")
def evaluation_loop(
    master: str,
    checkpoint_dir: Any,
    logdir: Any,
    num_evals: int | None = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Any = None,
    init_fn: Any = None,
    eval_op: Any = None,
    eval_op_feed_dict: Any = None,
    final_op: Any = None,
    final_op_feed_dict: Any = None,
    summary_op: Any = ALL_SUMMARIES,
    summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None,
    eval_interval_secs: float = 60,
    max_number_of_evaluations: int | None = None,
    session_config: Any = None,
    timeout: float | None = None,
    timeout_fn: Callable[[], bool] | None = None,
    hooks: Iterable[SessionRunHook] | None = None,
) -> Any:
    """Evaluate each checkpoint of a folder as it comes; what was fetched at the end of the last pass.

    Args:
        master: see `evaluate_once`, like the arguments that are not described.
        checkpoint_dir: the folder of checkpoints.
        logdir: see there.
        num_evals: see there.
        initial_op: see there.
        initial_op_feed_dict: see there.
        init_fn: see `Scaffold`.
        eval_op: see `evaluate_once`.
        eval_op_feed_dict: see there.
        final_op: see there.
        final_op_feed_dict: see there.
        summary_op: see there.
        summary_op_feed_dict: see there.
        variables_to_restore: see there.
        eval_interval_secs: the least time between two passes.
        max_number_of_evaluations: the number of passes; None for no end.
        session_config: see there.
        timeout: see `checkpoints_iterator`.
        timeout_fn: likewise.
        hooks: see there.
    """
    all_hooks = _hooks(logdir, num_evals, summary_op, summary_op_feed_dict, hooks)
    return evaluation.evaluate_repeatedly(
        checkpoint_dir,
        master=master,
        scaffold=Scaffold(
            init_op=initial_op,
            init_feed_dict=initial_op_feed_dict,
            init_fn=init_fn,
            saver=_saver(variables_to_restore),
        ),
        eval_ops=eval_op,
        feed_dict=eval_op_feed_dict,
        final_ops=final_op,
        final_ops_feed_dict=final_op_feed_dict,
        eval_interval_secs=eval_interval_secs,
        hooks=all_hooks,
        config=session_config,
        max_number_of_evaluations=max_number_of_evaluations,
        timeout=timeout,
        timeout_fn=timeout_fn,
    )
