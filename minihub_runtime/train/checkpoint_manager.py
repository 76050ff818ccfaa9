"""`tf.train.CheckpointManager`: which checkpoints of a folder stay.

Source: tensorflow/python/checkpoint/checkpoint_management.py.
"""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable
from typing import Any

from minihub_runtime.api.gfile import local_path
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.variables.global_step import global_step
from minihub_runtime.errors import OpError
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_options import CheckpointOptions
from minihub_runtime.train.checkpoint_state import (
    get_checkpoint_state,
    remove_tensors,
    sync_checkpoint,
    write_checkpoint_state,
)
from minihub_runtime.train.checkpointing import Checkpoint
from minihub_runtime.train.restorations import session_or_default

__all__ = ["CheckpointManager"]


@public("train.CheckpointManager")
class CheckpointManager:
    """Saves a Checkpoint in a folder, and deletes the oldest of what it saved.

    A new manager of a folder goes on where the one before stopped.

    Args:
        checkpoint: what to save.
        directory: the folder.
        max_to_keep: the number of latest checkpoints that stay; None for all.
        keep_checkpoint_every_n_hours: how often one of the others stays for ever; None for never.
        checkpoint_name: how the names of files begin.
        step_counter: a variable that counts steps.
        checkpoint_interval: the number of steps from one save to the next; `save` in between does nothing.
        init_fn: called by `restore_or_initialize` if there is no checkpoint.

    Raises:
        ValueError: `max_to_keep` is not positive, or there is an interval and no counter.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: str | os.PathLike[str],
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Callable[[], Any] | None = None,
    ) -> None:
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(
                f"Expected a positive integer or `None` for `max_to_keep`, got {max_to_keep}."
            )
        if checkpoint_interval is not None and step_counter is None:
            raise ValueError(
                "`step_counter` should be passed if `checkpoint_interval` is not None."
            )
        self._checkpoint = checkpoint
        self._directory = local_path(directory)
        self._max_to_keep = max_to_keep
        self._hours = keep_checkpoint_every_n_hours
        self._prefix = os.path.join(self._directory, checkpoint_name)
        self._step_counter = step_counter
        self._checkpoint_interval = checkpoint_interval
        self._last_step: int | None = None
        self._init_fn = init_fn
        self._count: Any = None
        self._latest_checkpoint: str | None = None
        # A little ago, lest a manager that is made at once afterwards takes its checkpoints for older.
        now = time.time()
        self._last_preserved = now - 1.0
        #: Prefix → when it was written, the oldest first.
        self._kept: dict[str, float] = {}
        self._recover(now)

    def _recover(self, now: float) -> None:
        """Take over what the manager before noted."""
        state = get_checkpoint_state(self._directory)
        if state is None:
            return
        self._latest_checkpoint = state.model_checkpoint_path
        self._last_preserved = state.last_preserved_timestamp
        if now < self._last_preserved:
            LOGGER.warning(
                "time.time() returned a value %f seconds behind the last preserved checkpoint timestamp.",
                self._last_preserved - now,
            )
            self._last_preserved = now
        paths = state.all_model_checkpoint_paths
        times = state.all_model_checkpoint_timestamps or [self._last_preserved] * len(paths)
        for path, written in zip(paths, times, strict=False):
            if min(written, now) > self._last_preserved:
                self._kept[path] = min(written, now)

    @property
    def directory(self) -> str:
        """The folder."""
        return self._directory

    @property
    def checkpoint_interval(self) -> int | None:
        """The number of steps from one save to the next."""
        return self._checkpoint_interval

    @property
    def latest_checkpoint(self) -> str | None:
        """The prefix of the latest checkpoint of the folder; None if there is none."""
        return self._latest_checkpoint

    @property
    def checkpoints(self) -> list[str]:
        """The prefixes of the checkpoints that stay for now, the oldest first."""
        return list(self._kept)

    @property
    def checkpoint(self) -> Checkpoint:
        """What it saves."""
        return self._checkpoint

    def save(
        self,
        checkpoint_number: Any = None,
        check_interval: bool = True,
        options: CheckpointOptions | None = None,
    ) -> str | None:
        """Write a checkpoint with the default session, and delete the oldest if it is one too many.

        Args:
            checkpoint_number: a number, or a tensor or variable of one, to append to the prefix; by default the counter
                of saves, which goes on either way.
            check_interval: whether the interval counts.
            options: functions to call when it is written.

        Returns:
            The prefix; None if the interval is not over, or the step is that of the last save.

        Raises:
            RuntimeError: there is no session.
            OpError: a variable has no value, or the files cannot be written.
        """
        session = session_or_default(None, f'save checkpoint to "{self._prefix}"')
        if self._checkpoint_interval is not None:
            step = int(session.run(self._step_counter))
            if self._last_step is not None:
                wait = self._checkpoint_interval if check_interval else 1
                if step == self._last_step or step < self._last_step + wait:
                    return None
            self._last_step = step
        new = self._checkpoint._kept.counter is None
        counter = self._checkpoint.save_counter
        if new:
            session.run(counter.initializer)
        if self._count is None:
            self._count = counter.assign_add(1, read_value=False)
        session.run(self._count)
        if checkpoint_number is None:
            checkpoint_number = counter
        if not isinstance(checkpoint_number, int):
            checkpoint_number = global_step(session, checkpoint_number)
        options = CheckpointOptions() if options is None else copy.copy(options)
        callbacks = options.experimental_write_callbacks or ()
        options.experimental_write_callbacks = [*callbacks, self._written]
        return self._checkpoint.write(f"{self._prefix}-{checkpoint_number}", options=options)

    def _written(self, path: str) -> None:
        """Note a new checkpoint before others are deleted, and again afterwards."""
        self._kept.pop(path, None)
        self._kept[path] = time.time()
        self._latest_checkpoint = path
        self._record()
        if self._max_to_keep and len(self._kept) > self._max_to_keep:
            self._sweep(self._max_to_keep)
            self._record()

    def _record(self) -> None:
        assert self._latest_checkpoint is not None
        write_checkpoint_state(
            self._directory,
            self._latest_checkpoint,
            list(self._kept),
            save_relative_paths=True,
            all_model_checkpoint_timestamps=list(self._kept.values()),
            last_preserved_timestamp=self._last_preserved,
        )

    def _sweep(self, keep: int) -> None:
        """Delete the oldest checkpoints, besides those that stay for ever."""
        while len(self._kept) > keep:
            path = next(iter(self._kept))
            written = self._kept.pop(path)
            if self._hours and written - self._hours * 3600 >= self._last_preserved:
                self._last_preserved = written
                continue
            try:
                # One of those that stay is on the disk by then.
                sync_checkpoint(next(iter(self._kept)))
                remove_tensors(path)
            except OpError as error:
                # The new checkpoint is there; an old one that stays is no reason to end a training run.
                LOGGER.warning("Ignoring: %s", error)

    def restore_or_initialize(self) -> str | None:
        """Call `restore` of the Checkpoint with the latest checkpoint of the folder, or else `init_fn`.

        Returns:
            The prefix of the checkpoint; None if there is none.
        """
        if self._latest_checkpoint is not None:
            self._checkpoint.restore(self._latest_checkpoint)
            if self._checkpoint_interval is not None:
                session = session_or_default(None, "read the step")
                self._last_step = int(session.run(self._step_counter))
            return self._latest_checkpoint
        if self._init_fn is not None:
            self._init_fn()
            LOGGER.info("Customized initialization is done through the passed `init_fn`.")
        return None

    def sync(self) -> None:
        """Do nothing: everything is written when `save` returns."""
