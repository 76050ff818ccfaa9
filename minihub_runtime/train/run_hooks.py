"""What a hook is: called before and after each run of a monitored session, it asks for more fetches and sees their values.

Source: tensorflow/python/training/session_run_hook.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from minihub_runtime.public import public

__all__ = ["SessionRunArgs", "SessionRunContext", "SessionRunHook", "SessionRunValues"]


@public("train.SessionRunHook", "estimator.SessionRunHook")
class SessionRunHook:
    """Base of all hooks; each method does nothing."""

    def begin(self) -> None:
        """Called once before the session is made; the last chance to add to the graph."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Called with each new session, and the Coordinator of its threads."""

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """What is to be fetched and fed besides what the caller asks for, or None."""
        return None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Called after each run with the values that `before_run` asked for."""

    def end(self, session: Any) -> None:
        """Called once at the end, unless an error ended the loop."""


@public("train.SessionRunArgs", "estimator.SessionRunArgs")
class SessionRunArgs(NamedTuple):
    """Arguments of a run.

    Attributes:
        fetches: as for `Session.run`.
        feed_dict: as for `Session.run`.
        options: RunOptions.
    """

    fetches: Any
    feed_dict: Mapping[Any, Any] | None = None
    options: Any = None


@public("train.SessionRunContext", "estimator.SessionRunContext")
class SessionRunContext:
    """What a hook knows of a run.

    Attributes:
        original_args: the SessionRunArgs of the caller.
        session: the session.
        stop_requested: whether a hook wants the loop to end.
    """

    def __init__(self, original_args: SessionRunArgs, session: Any) -> None:
        self.original_args = original_args
        self.session = session
        self.stop_requested = False

    def request_stop(self) -> None:
        """Let the loop end after this run."""
        self.stop_requested = True


@public("train.SessionRunValues", "estimator.SessionRunValues")
class SessionRunValues(NamedTuple):
    """What a run gave a hook.

    Attributes:
        results: the values of the fetches it asked for.
        options: the RunOptions.
        run_metadata: the RunMetadata.
    """

    results: Any
    options: Any
    run_metadata: Any
