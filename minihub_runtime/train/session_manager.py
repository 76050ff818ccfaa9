"""Sessions whose variables have values: restored from a checkpoint, or initialised.

Source: tensorflow/python/training/session_manager.py.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from minihub_runtime.api.graph import Graph, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.session import Session
from minihub_runtime.errors import DeadlineExceededError
from minihub_runtime.public import public
from minihub_runtime.train.checkpoint_state import get_checkpoint_state
from minihub_runtime.train.saver import Saver

__all__ = ["SessionManager", "what_is_missing"]


@public("train.SessionManager")
class SessionManager:
    """Makes sessions of one graph.

    Args:
        local_init_op: what initialises local variables and tables.
        ready_op: gives the names of the variables without a value; empty when the model is ready.
        ready_for_local_init_op: the same before `local_init_op` is run.
        graph: the graph, by default the default graph.
        recovery_wait_secs: how long to wait between two looks.
        local_init_run_options: RunOptions for `local_init_op`.
        local_init_feed_dict: what to feed it.

    Raises:
        ValueError: there is a `ready_for_local_init_op` and no `local_init_op`.
    """

    def __init__(
        self,
        local_init_op: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        graph: Graph | None = None,
        recovery_wait_secs: float = 30,
        local_init_run_options: Any = None,
        local_init_feed_dict: Mapping[Any, Any] | None = None,
    ) -> None:
        if ready_for_local_init_op is not None and local_init_op is None:
            raise ValueError(
                "If you pass a ready_for_local_init_op you must also pass a local_init_op , "
                f"ready_for_local_init_op [{ready_for_local_init_op}]"
            )
        self._local_init_op = local_init_op
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._graph = graph or get_default_graph()
        self._recovery_wait_secs = recovery_wait_secs
        self._local_init_run_options = local_init_run_options
        self._local_init_feed_dict = local_init_feed_dict

    def prepare_session(
        self,
        master: str,
        init_op: Any = None,
        saver: Saver | None = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
        init_feed_dict: Mapping[Any, Any] | None = None,
        init_fn: Callable[[Session], Any] | None = None,
    ) -> Session:
        """A session that is ready: restored if there is a checkpoint, else initialised.

        Args:
            master: see `Session`.
            init_op: what initialises the variables.
            saver: restores them.
            checkpoint_dir: folder whose latest checkpoint counts.
            checkpoint_filename_with_path: prefix of a checkpoint, instead.
            wait_for_checkpoint: whether to wait for one.
            max_wait_secs: for how long.
            config: see `Session`.
            init_feed_dict: what to feed `init_op`.
            init_fn: called with the session after `init_op`.

        Raises:
            RuntimeError: there is nothing to initialise with, or variables have no values afterwards.
            ValueError: both kinds of checkpoints are given.
        """
        session, loaded = self._restored(
            master,
            saver,
            checkpoint_dir,
            checkpoint_filename_with_path,
            wait_for_checkpoint,
            max_wait_secs,
            config,
        )
        if not loaded:
            if init_op is None and not init_fn and self._local_init_op is None:
                raise RuntimeError(
                    "Model is not initialized and no init_op or init_fn or local_init_op was given"
                )
            if init_op is not None:
                session.run(init_op, feed_dict=init_feed_dict)
            if init_fn:
                init_fn(session)
        name = getattr(init_op, "name", init_op)
        missing = self._run_local_init_op(session)
        if missing:
            raise RuntimeError(
                "Init operations did not make model ready for local_init.  "
                f"Init op: {name}, init fn: {init_fn}, error: {missing}"
            )
        missing = what_is_missing(self._ready_op, session)
        if missing:
            raise RuntimeError(
                f"Init operations did not make model ready.  Init op: {name}, init fn: {init_fn}, "
                f"local_init_op: {self._local_init_op}, error: {missing}"
            )
        return session

    def recover_session(
        self,
        master: str,
        saver: Saver | None = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
    ) -> tuple[Session, bool]:
        """A session, and whether it is ready because there was a checkpoint; arguments as above."""
        session, loaded = self._restored(
            master,
            saver,
            checkpoint_dir,
            checkpoint_filename_with_path,
            wait_for_checkpoint,
            max_wait_secs,
            config,
        )
        missing = self._run_local_init_op(session)
        if not loaded:
            return session, False
        missing = missing or what_is_missing(self._ready_op, session)
        where = checkpoint_dir or checkpoint_filename_with_path
        if missing:
            LOGGER.info("Restoring model from %s did not make model ready: %s", where, missing)
            return session, False
        LOGGER.info("Restored model from %s", where)
        return session, True

    def wait_for_session(
        self, master: str, config: Any = None, max_wait_secs: float | None = math.inf
    ) -> Session:
        """A session that is ready, made by others: here nobody else is, so it is ready at once or never.

        Raises:
            DeadlineExceededError: it is not within `max_wait_secs`.
        """
        limit = math.inf if max_wait_secs is None else max_wait_secs
        stop = time.monotonic() + limit
        while True:
            session = Session(master, graph=self._graph, config=config)
            missing = self._run_local_init_op(session) or what_is_missing(self._ready_op, session)
            if not missing:
                return session
            session.close()
            if stop - time.monotonic() < self._recovery_wait_secs:
                raise DeadlineExceededError(f"Session was not ready after waiting {limit} secs.")
            LOGGER.info("Waiting for model to be ready: %s", missing)
            time.sleep(self._recovery_wait_secs)

    def _restored(
        self,
        master: str,
        saver: Saver | None,
        checkpoint_dir: str | None,
        checkpoint_filename_with_path: str | None,
        wait_for_checkpoint: bool,
        max_wait_secs: float,
        config: Any,
    ) -> tuple[Session, bool]:
        """A new session, and whether it was restored."""
        session = Session(master, graph=self._graph, config=config)
        if checkpoint_dir and checkpoint_filename_with_path:
            raise ValueError(
                "Can not provide both checkpoint_dir and checkpoint_filename_with_path."
            )
        if saver is None:
            return session, False
        if checkpoint_filename_with_path:
            saver.restore(session, checkpoint_filename_with_path)
            return session, True
        if not checkpoint_dir:
            return session, False
        waited = 0.0
        state = get_checkpoint_state(checkpoint_dir)
        while state is None:
            if not wait_for_checkpoint or waited >= max_wait_secs:
                return session, False
            LOGGER.info("Waiting for checkpoint to be available.")
            time.sleep(self._recovery_wait_secs)
            waited += self._recovery_wait_secs
            state = get_checkpoint_state(checkpoint_dir)
        saver.restore(session, state.model_checkpoint_path)
        saver.recover_last_checkpoints(list(state.all_model_checkpoint_paths))
        return session, True

    def _run_local_init_op(self, session: Session) -> str:
        """Initialise local variables if all is ready for that; what is missing, empty if nothing is."""
        if self._local_init_op is None:
            return ""
        missing = what_is_missing(self._ready_for_local_init_op, session)
        if not missing:
            LOGGER.info("Running local_init_op.")
            session.run(
                self._local_init_op,
                feed_dict=self._local_init_feed_dict,
                options=self._local_init_run_options,
            )
            LOGGER.info("Done running local_init_op.")
        return missing


def what_is_missing(op: Any, session: Session) -> str:
    """The names of variables without a value that an operation reports, empty if there are none."""
    if op is None:
        return ""
    value = session.run(op)
    if value is None or value.dtype == np.int32 or value.size == 0:
        return ""
    names = ", ".join(item.decode("utf-8") for item in value.reshape(-1))
    return f"Variables not initialized: {names}"
