"""The training loop of an Estimator: its hooks in their order, and the session that calls them.

Source: tensorflow_estimator/python/estimator/estimator.py:_train_with_estimator_spec.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.summary.operations import scalar
from minihub_runtime.api.variables.global_step import get_global_step
from minihub_runtime.train.estimator.model_function import EstimatorSpec
from minihub_runtime.train.estimator.run_config import RunConfig
from minihub_runtime.train.hooks import LoggingTensorHook, NanTensorHook
from minihub_runtime.train.monitored_session import monitored_training_session
from minihub_runtime.train.progress import ProgressHook
from minihub_runtime.train.run_hooks import SessionRunHook
from minihub_runtime.train.saver import Saver
from minihub_runtime.train.saving_hooks import CheckpointSaverHook, CheckpointSaverListener

__all__ = ["train_with_spec"]


def train_with_spec(
    spec: EstimatorSpec,
    config: RunConfig,
    hooks: Iterable[SessionRunHook],
    listeners: list[CheckpointSaverListener],
    steps: int | None = None,
    max_steps: int | None = None,
) -> Any:
    """Run the training step of a spec until its input ends or a hook says so.

    Args:
        spec: of the default graph.
        config: of the Estimator.
        hooks: of the input and of the user.
        listeners: told of each checkpoint.
        steps: how many steps there will be, for those who watch; one of the hooks ends the loop.
        max_steps: at which step the loop will end, likewise.

    Returns:
        The loss of the last step; None if there was none.

    Raises:
        ValueError: there are listeners, and nothing that saves.
    """
    graph = get_default_graph()
    _collect_loss(spec.loss)
    all_hooks = [*hooks, NanTensorHook(spec.loss)]
    if config.log_step_count_steps is not None:
        watched = {"loss": spec.loss, "step": get_global_step(graph)}
        all_hooks.append(LoggingTensorHook(watched, every_n_iter=config.log_step_count_steps))
    if not LOGGER.isEnabledFor(logging.INFO):
        all_hooks.append(ProgressHook(spec.loss, steps, max_steps))
    all_hooks.extend(spec.training_hooks)
    if spec.scaffold.saver is None and not graph.get_collection(GraphKeys.SAVERS):
        saver = Saver(
            sharded=True,
            max_to_keep=config.keep_checkpoint_max,
            keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours,
            defer_build=True,
            save_relative_paths=True,
        )
        graph.add_to_collection(GraphKeys.SAVERS, saver)
    chief_hooks = [
        *_saving_hooks([*all_hooks, *spec.training_chief_hooks], spec, config, listeners),
        *spec.training_chief_hooks,
    ]
    loss = None
    made = 0
    with monitored_training_session(
        master=config.master,
        is_chief=config.is_chief,
        checkpoint_dir=config.model_dir,
        scaffold=spec.scaffold,
        hooks=all_hooks,
        chief_only_hooks=chief_hooks,
        save_checkpoint_secs=0,
        save_summaries_steps=config.save_summary_steps,
        config=config.session_config,
        log_step_count_steps=config.log_step_count_steps,
        save_graph_def=config.checkpoint_save_graph_def,
    ) as session:
        while not session.should_stop():
            made += 1
            _, loss = session.run([spec.train_op, spec.loss])
    if not made:
        LOGGER.warning(
            "Training with estimator made no steps. Perhaps input is empty or misspecified."
        )
    return loss


def _collect_loss(loss: Any) -> None:
    """Add the loss to the losses, and a summary unless there is one of that name."""
    graph = get_default_graph()
    summaries = graph.get_collection(GraphKeys.SUMMARIES)
    if not any(summary.op.name == "loss" for summary in summaries):
        scalar("loss", loss)
    graph.add_to_collection(GraphKeys.LOSSES, loss)


def _saving_hooks(
    hooks: Iterable[SessionRunHook],
    spec: EstimatorSpec,
    config: RunConfig,
    listeners: list[CheckpointSaverListener],
) -> list[SessionRunHook]:
    """The hook that saves, unless there is one among `hooks`; the first of all is heard by the listeners."""
    added: list[SessionRunHook] = []
    saving = [hook for hook in hooks if isinstance(hook, CheckpointSaverHook)]
    if not saving and (config.save_checkpoints_secs or config.save_checkpoints_steps):
        saving.append(
            CheckpointSaverHook(
                config.model_dir,
                save_secs=config.save_checkpoints_secs,
                save_steps=config.save_checkpoints_steps,
                scaffold=spec.scaffold,
                save_graph_def=config.checkpoint_save_graph_def,
            )
        )
        added.extend(saving)
    if listeners and not saving:
        raise ValueError(
            "There should be a CheckpointSaverHook to use saving_listeners. Please set one of the "
            "RunConfig.save_checkpoints_steps or RunConfig.save_checkpoints_secs."
        )
    for listener in listeners:
        saving[0].add_listener(listener)
    return added
