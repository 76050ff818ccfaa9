"""Sessions that initialise or restore the model, call hooks, and know when to stop.

    with tf.train.MonitoredTrainingSession(checkpoint_dir=folder, hooks=[tf.train.StopAtStepHook(last_step=100)]) as session:
        while not session.should_stop():
            session.run(train_op)

Source: tensorflow/python/training/monitored_session.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.graph import GraphKeys, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.session import Session
from minihub_runtime.errors import AbortedError, OutOfRangeError, UnavailableError
from minihub_runtime.protos import RunMetadata, RunOptions
from minihub_runtime.public import public
from minihub_runtime.train.coordinator import Coordinator
from minihub_runtime.train.queue_runners import start_queue_runners
from minihub_runtime.train.run_hooks import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from minihub_runtime.train.saving_hooks import (
    CheckpointSaverHook,
    StepCounterHook,
    SummarySaverHook,
)
from minihub_runtime.train.scaffold import Scaffold
from minihub_runtime.train.session_manager import SessionManager
from minihub_runtime.train.step_reading import found_step_reads

__all__ = [
    "ChiefSessionCreator",
    "MonitoredSession",
    "SessionCreator",
    "SingularMonitoredSession",
    "WorkerSessionCreator",
    "monitored_training_session",
]

#: Errors after which a new session is made.
_PREEMPTION_ERRORS = (AbortedError, UnavailableError)

#: An argument that is not given.
USE_DEFAULT: Any = object()


@public("train.SessionCreator")
class SessionCreator:
    """Base of what makes sessions for a MonitoredSession."""

    def create_session(self) -> Session:
        """A session whose model is ready."""
        raise NotImplementedError(f"create_session is not implemented for {self}.")


class _ScaffoldSessionCreator(SessionCreator):
    """Makes sessions with the operations of a Scaffold."""

    def __init__(self, scaffold: Scaffold | None, master: str, config: Any) -> None:
        self._scaffold = scaffold or Scaffold()
        self._master = master
        self._config = config
        self._manager: SessionManager | None = None

    def _session_manager(self) -> SessionManager:
        self._scaffold.finalize()
        if self._manager is None:
            self._manager = SessionManager(
                local_init_op=self._scaffold.local_init_op,
                local_init_feed_dict=self._scaffold.local_init_feed_dict,
                ready_op=self._scaffold.ready_op,
                ready_for_local_init_op=self._scaffold.ready_for_local_init_op,
                graph=get_default_graph(),
            )
        return self._manager


@public("train.ChiefSessionCreator")
class ChiefSessionCreator(_ScaffoldSessionCreator):
    """Makes sessions that restore a checkpoint if there is one, and initialise the model else.

    Args:
        scaffold: the operations for it.
        master: see `Session`.
        config: see `Session`.
        checkpoint_dir: folder whose latest checkpoint counts.
        checkpoint_filename_with_path: prefix of a checkpoint, instead.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        checkpoint_filename_with_path: str | None = None,
    ) -> None:
        super().__init__(scaffold, master, config)
        self._checkpoint_dir = checkpoint_dir
        self._checkpoint_filename_with_path = checkpoint_filename_with_path

    def create_session(self) -> Session:
        """A session whose model is ready; the graph is finalized."""
        manager = self._session_manager()
        return manager.prepare_session(
            self._master,
            saver=self._scaffold.saver,
            checkpoint_dir=self._checkpoint_dir,
            checkpoint_filename_with_path=self._checkpoint_filename_with_path,
            config=self._config,
            init_op=self._scaffold.init_op,
            init_feed_dict=self._scaffold.init_feed_dict,
            init_fn=self._scaffold.init_fn,
        )


@public("train.WorkerSessionCreator")
class WorkerSessionCreator(_ScaffoldSessionCreator):
    """Makes sessions that wait until somebody else has initialised the model: never, in one process, unless it needs none.

    Args:
        scaffold: the operations for it.
        master: see `Session`.
        config: see `Session`.
        max_wait_secs: for how long.
    """

    def __init__(
        self,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        max_wait_secs: float = 30 * 60,
    ) -> None:
        super().__init__(scaffold, master, config)
        self._max_wait_secs = max_wait_secs

    def create_session(self) -> Session:
        """A session whose model is ready; the graph is finalized."""
        return self._session_manager().wait_for_session(
            self._master, config=self._config, max_wait_secs=self._max_wait_secs
        )


class StepContext:
    """What the function of `run_step_fn` is called with.

    Attributes:
        session: the session itself, whose runs call no hooks.
    """

    def __init__(self, session: Session, run_with_hooks: Callable[..., Any]) -> None:
        self.session = session
        self._run_with_hooks = run_with_hooks

    def run_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        """A run that calls the hooks; arguments as for `Session.run`."""
        return self._run_with_hooks(*args, **kwargs)

    def request_stop(self) -> None:
        """End the loop.

        Raises:
            StopIteration: always.
        """
        raise StopIteration("step_fn has requested the iterations to stop.")


class _HookedSession:
    """One session with its hooks and the coordinator of its threads."""

    def __init__(self, session: Session, hooks: Sequence[SessionRunHook]) -> None:
        self.session = session
        self.coord = Coordinator(clean_stop_exception_types=[])
        self._hooks = hooks
        self._stop = False
        if session.graph.get_collection(GraphKeys.QUEUE_RUNNERS):
            start_queue_runners(session, self.coord)
        for hook in hooks:
            hook.after_create_session(session, self.coord)

    def should_stop(self) -> bool:
        """Whether a hook or a thread wants the loop to end; raises the error of a thread."""
        self.coord.raise_requested_exception()
        return self._stop or self.coord.should_stop()

    def close(self, stop_grace_period_secs: float) -> None:
        """End the threads and close the session."""
        self.coord.request_stop()
        try:
            self.coord.join(stop_grace_period_secs=stop_grace_period_secs, ignore_live_threads=True)
        finally:
            self.session.close()

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """A run with the hooks."""
        if self.should_stop():
            raise RuntimeError("Run called even after should_stop requested.")
        context = SessionRunContext(SessionRunArgs(fetches, feed_dict), self.session)
        options = options or RunOptions()
        run_metadata = run_metadata or RunMetadata()
        wanted: dict[Any, Any] = {"caller": fetches}
        feeds = self._before_run(context, wanted, feed_dict or {}, options)
        # Hooks count on the step before the run, which in the run itself may be read after the step was made.
        for read in found_step_reads(self.session.graph):
            feeds.setdefault(read, self.session.run(read))
        try:
            values = self.session.run(wanted, feeds, options, run_metadata)
        except _PREEMPTION_ERRORS:
            raise
        except Exception:
            # The error of a thread explains that of the run.
            self.coord.raise_requested_exception()
            raise
        for hook in self._hooks:
            hook.after_run(context, SessionRunValues(values.get(hook), options, run_metadata))
        self._stop = self._stop or context.stop_requested
        return values["caller"]

    def _before_run(
        self,
        context: SessionRunContext,
        wanted: dict[Any, Any],
        feed_dict: Mapping[Any, Any],
        options: Any,
    ) -> dict[Any, Any]:
        """Ask the hooks what they want, which goes into `wanted` and `options`; all that is to be fed."""
        feeds: dict[Any, Any] = {}
        for hook in self._hooks:
            request = hook.before_run(context)
            if request is None:
                continue
            if request.fetches is not None:
                wanted[hook] = request.fetches
            if request.feed_dict:
                _check_disjoint(feeds, request.feed_dict, "Same tensor is fed by two hooks.")
                feeds.update(request.feed_dict)
            if request.options is not None:
                for field in ("trace_level", "timeout_in_ms", "inter_op_thread_pool"):
                    both = getattr(options, field), getattr(request.options, field)
                    setattr(options, field, max(both))
        _check_disjoint(feed_dict, feeds, "Same tensor is fed by a SessionRunHook and user.")
        return {**feeds, **feed_dict}


def _check_disjoint(one: Mapping[Any, Any], other: Mapping[Any, Any], text: str) -> None:
    common = set(one) & set(other)
    if common:
        raise RuntimeError(f"{text} Conflict(s): {list(common)}")


class _MonitoredSession:
    """What both kinds of monitored sessions have in common."""

    def __init__(
        self,
        session_creator: SessionCreator | None,
        hooks: Sequence[SessionRunHook] | None,
        should_recover: bool,
        stop_grace_period_secs: float = 120,
    ) -> None:
        self._default_graph = get_default_graph()
        self._graph_was_finalized = self._default_graph.finalized
        self._hooks = list(hooks or ())
        for hook in self._hooks:
            hook.begin()
        self._creator = session_creator or ChiefSessionCreator()
        self._should_recover = should_recover
        self._stop_grace_period_secs = stop_grace_period_secs
        self._hooked: _HookedSession | None = self._create()
        self._closed = False

    def _create(self) -> _HookedSession:
        while True:
            try:
                session = self._creator.create_session()
                return _HookedSession(session, self._hooks)
            except _PREEMPTION_ERRORS as error:
                if not self._should_recover:
                    raise
                LOGGER.info("A new session will be created after an error: %s", error)

    def _recovering(self, act: Callable[[_HookedSession], Any]) -> Any:
        """What `act` gives, with a new session whenever an error says that the old one is lost."""
        while True:
            if self._closed:
                raise RuntimeError("Attempted to use a closed Session.")
            if self._hooked is None:
                self._hooked = self._create()
            try:
                return act(self._hooked)
            except _PREEMPTION_ERRORS as error:
                if not self._should_recover:
                    raise
                LOGGER.info("The session is closed and a new one made after an error: %s", error)
                lost, self._hooked = self._hooked, None
                lost.close(self._stop_grace_period_secs)

    @property
    def graph(self) -> Any:
        """The graph of the session, None once it is closed."""
        return None if self._hooked is None else self._hooked.session.graph

    def _tf_sess(self) -> Session | None:
        return None if self._hooked is None else self._hooked.session

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """The values of `fetches`, with the hooks called before and after; see `Session.run`.

        Raises:
            RuntimeError: the session is closed, a hook asked to stop, or two feed the same tensor.
        """
        return self._recovering(
            lambda hooked: hooked.run(fetches, feed_dict, options, run_metadata)
        )

    def run_step_fn(self, step_fn: Callable[..., Any]) -> Any:
        """What `step_fn` returns, called with a StepContext.

        Args:
            step_fn: a function of `step_context`.

        Raises:
            ValueError: it takes something else.
        """
        names = tuple(inspect.signature(step_fn).parameters)
        if names not in (("step_context",), ("self", "step_context")):
            raise ValueError(
                "`step_fn` may either have one `step_context` argument, or `self` and `step_context` "
                f"arguments if it's an instance method. Got {names} instead."
            )
        return self._recovering(lambda hooked: step_fn(StepContext(hooked.session, hooked.run)))

    def should_stop(self) -> bool:
        """Whether the loop is to end: a hook or a thread asked for it, or the session is closed."""
        return self._closed or self._hooked is None or self._hooked.should_stop()

    def close(self) -> None:
        """Call the hooks' `end` and close the session.

        Raises:
            RuntimeError: it is closed.
        """
        self._close()

    def _close(self, failed: bool = False) -> None:
        try:
            if not failed and self._hooked is not None:
                with self._default_graph.as_default():
                    for hook in self._hooks:
                        hook.end(self._hooked.session)
        finally:
            hooked, self._hooked = self._hooked, None
            was_closed, self._closed = self._closed, True
            try:
                if was_closed:
                    raise RuntimeError("Session is already closed.")
                if hooked is not None:
                    hooked.close(self._stop_grace_period_secs)
            finally:
                if not self._graph_was_finalized:
                    self._default_graph.unfinalize()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        clean = kind is None or issubclass(kind, (OutOfRangeError, StopIteration))
        self._close(failed=not clean)
        return clean


@public("train.MonitoredSession")
class MonitoredSession(_MonitoredSession):
    """A session with hooks; after an AbortedError or UnavailableError it goes on with a new session.

    As a context it ends without an error after an OutOfRangeError or StopIteration.

    Args:
        session_creator: makes the session; by default a ChiefSessionCreator.
        hooks: SessionRunHooks.
        stop_grace_period_secs: how long threads may take to end.

    Raises:
        RuntimeError: the model does not get ready.
    """

    #: What the function of `run_step_fn` is called with.
    StepContext = StepContext

    def __init__(
        self,
        session_creator: SessionCreator | None = None,
        hooks: Sequence[SessionRunHook] | None = None,
        stop_grace_period_secs: float = 120,
    ) -> None:
        super().__init__(session_creator, hooks, True, stop_grace_period_secs)


@public("train.SingularMonitoredSession")
class SingularMonitoredSession(_MonitoredSession):
    """A session with hooks that is never replaced by another.

    Args:
        hooks: SessionRunHooks.
        scaffold: see `ChiefSessionCreator`.
        master: see `Session`.
        config: see `Session`.
        checkpoint_dir: see `ChiefSessionCreator`.
        stop_grace_period_secs: how long threads may take to end.
        checkpoint_filename_with_path: see `ChiefSessionCreator`.

    Raises:
        RuntimeError: the model does not get ready.
    """

    def __init__(
        self,
        hooks: Sequence[SessionRunHook] | None = None,
        scaffold: Scaffold | None = None,
        master: str = "",
        config: Any = None,
        checkpoint_dir: str | None = None,
        stop_grace_period_secs: float = 120,
        checkpoint_filename_with_path: str | None = None,
    ) -> None:
        creator = ChiefSessionCreator(
            scaffold, master, config, checkpoint_dir, checkpoint_filename_with_path
        )
        super().__init__(creator, hooks, False, stop_grace_period_secs)

    def raw_session(self) -> Session | None:
        """The session itself, whose runs call no hooks."""
        return self._tf_sess()


@public("train.MonitoredTrainingSession")
def monitored_training_session(
    master: str = "",
    is_chief: bool = True,
    checkpoint_dir: str | None = None,
    scaffold: Scaffold | None = None,
    hooks: Sequence[SessionRunHook] | None = None,
    chief_only_hooks: Sequence[SessionRunHook] | None = None,
    save_checkpoint_secs: Any = USE_DEFAULT,
    save_summaries_steps: Any = USE_DEFAULT,
    save_summaries_secs: Any = USE_DEFAULT,
    config: Any = None,
    stop_grace_period_secs: float = 120,
    log_step_count_steps: int | None = 100,
    max_wait_secs: float = 7200,
    save_checkpoint_steps: Any = USE_DEFAULT,
    summary_dir: str | None = None,
    save_graph_def: bool = True,
) -> MonitoredSession:
    """A MonitoredSession that saves checkpoints and summaries.

    Args:
        master: see `Session`.
        is_chief: whether this process initialises and saves the model.
        checkpoint_dir: where checkpoints are restored from and saved to.
        scaffold: see `ChiefSessionCreator`.
        hooks: further hooks.
        chief_only_hooks: those that come first, if this is the chief.
        save_checkpoint_secs: how often checkpoints are saved; every 600 seconds if no time is given.
        save_summaries_steps: how often summaries are; every 100 steps if no time is given.
        save_summaries_secs: see above.
        config: see `Session`.
        stop_grace_period_secs: how long threads may take to end.
        log_step_count_steps: how often the speed is logged; None or 0 for never.
        max_wait_secs: how long a session that is no chief waits.
        save_checkpoint_steps: see `save_checkpoint_secs`.
        summary_dir: where summaries are written; `checkpoint_dir` if None.
        save_graph_def: write the graph with each checkpoint.

    Raises:
        RuntimeError: the model does not get ready, or there is no global step to save by.
    """
    scaffold = scaffold or Scaffold()
    if not is_chief:
        worker = WorkerSessionCreator(scaffold, master, config, max_wait_secs)
        return MonitoredSession(worker, hooks, stop_grace_period_secs)
    summaries = _times(save_summaries_steps, save_summaries_secs, (100, None))
    checkpoints = _times(save_checkpoint_steps, save_checkpoint_secs, (None, 600))
    creator = ChiefSessionCreator(scaffold, master, config, checkpoint_dir)
    all_hooks = list(chief_only_hooks or ())
    summary_dir = summary_dir or checkpoint_dir
    if summary_dir and log_step_count_steps and log_step_count_steps > 0:
        all_hooks.append(StepCounterHook(log_step_count_steps, output_dir=summary_dir))
    if summary_dir and summaries:
        all_hooks.append(SummarySaverHook(*summaries, output_dir=summary_dir, scaffold=scaffold))
    if checkpoint_dir and checkpoints:
        steps, seconds = checkpoints
        all_hooks.append(
            CheckpointSaverHook(
                checkpoint_dir, seconds, steps, scaffold=scaffold, save_graph_def=save_graph_def
            )
        )
    return MonitoredSession(creator, [*all_hooks, *(hooks or ())], stop_grace_period_secs)


def _times(steps: Any, seconds: Any, default: tuple[Any, Any]) -> tuple[Any, Any] | None:
    """Steps and seconds between two; None for never."""
    if steps is USE_DEFAULT and seconds is USE_DEFAULT:
        return default
    steps = None if steps is USE_DEFAULT else steps
    seconds = None if seconds is USE_DEFAULT else seconds
    return (steps, seconds) if (steps and steps > 0) or (seconds and seconds > 0) else None
