"""Training that saves, writes summaries and starts its queue runners by itself, before there were monitored sessions.

Source: tensorflow/python/training/supervisor.py, basic_loops.py.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api.graph import Graph, GraphKeys, get_default_graph
from minihub_runtime.api.graph_io import write_graph
from minihub_runtime.api.grouping import group, tables_initializer
from minihub_runtime.api.logger import INFO, LOGGER, log_first_n
from minihub_runtime.api.meta_graph import create_meta_graph_def
from minihub_runtime.api.session import Session
from minihub_runtime.api.summary.operations import merge_all
from minihub_runtime.api.summary.writer import FileWriter
from minihub_runtime.api.variables.collections import (
    global_variables,
    global_variables_initializer,
    local_variables_initializer,
    report_uninitialized_variables,
)
from minihub_runtime.api.variables.global_step import global_step as global_step_of
from minihub_runtime.dtypes import int32, int64
from minihub_runtime.errors import AbortedError
from minihub_runtime.protos import SessionLog, Summary
from minihub_runtime.public import public
from minihub_runtime.train.coordinator import Coordinator, LooperThread
from minihub_runtime.train.queue_runners import as_queue_runner
from minihub_runtime.train.saver import Saver
from minihub_runtime.train.session_manager import SessionManager

__all__ = ["Supervisor", "basic_train_loop"]

#: Stands for what a graph's collections tell, or what is made where they do not.
_DEFAULT = 0


@public("train.Supervisor")
class Supervisor:
    """Makes sessions that are ready, and saves and writes summaries in threads while they are used.

    Args:
        graph: the graph, by default the default graph; it is finalised.
        ready_op: gives the names of variables without a value.
        ready_for_local_init_op: the same before `local_init_op` is run.
        is_chief: whether this process initialises and saves.
        init_op: what initialises variables; None for nothing.
        init_feed_dict: what to feed it.
        local_init_op: what initialises local variables and tables; None for nothing.
        logdir: folder of checkpoints and events; nothing is written without one.
        summary_op: the summaries that are written; None for none.
        saver: what saves; None for nothing.
        global_step: counts steps; None for none.
        save_summaries_secs: seconds between two summaries; 0 for none.
        save_model_secs: seconds between two checkpoints; 0 for none.
        recovery_wait_secs: seconds between two looks whether the model is ready.
        stop_grace_secs: how long threads may take to stop.
        checkpoint_basename: the name of checkpoints.
        session_manager: makes sessions; by default a SessionManager.
        summary_writer: writes events, by default into `logdir`; None for none.
        init_fn: called with a session after `init_op`.
        local_init_run_options: RunOptions for `local_init_op`.
    """

    USE_DEFAULT = _DEFAULT

    def __init__(
        self,
        graph: Graph | None = None,
        ready_op: Any = _DEFAULT,
        ready_for_local_init_op: Any = _DEFAULT,
        is_chief: bool = True,
        init_op: Any = _DEFAULT,
        init_feed_dict: Mapping[Any, Any] | None = None,
        local_init_op: Any = _DEFAULT,
        logdir: str | None = None,
        summary_op: Any = _DEFAULT,
        saver: Any = _DEFAULT,
        global_step: Any = _DEFAULT,
        save_summaries_secs: float = 120,
        save_model_secs: float = 600,
        recovery_wait_secs: float = 30,
        stop_grace_secs: float = 120,
        checkpoint_basename: str = "model.ckpt",
        session_manager: Any = None,
        summary_writer: Any = _DEFAULT,
        init_fn: Callable[[Session], Any] | None = None,
        local_init_run_options: Any = None,
    ) -> None:
        self._graph = get_default_graph() if graph is None else graph
        with self._graph.as_default():
            keys = GraphKeys
            self.ready_op = _chosen(ready_op, keys.READY_OP, report_uninitialized_variables)
            self.ready_for_local_init_op = _chosen(
                ready_for_local_init_op, keys.READY_FOR_LOCAL_INIT_OP
            )
            self.init_op = _chosen(init_op, keys.INIT_OP, global_variables_initializer)
            self.init_feed_dict = init_feed_dict
            self._local_init_op = _chosen(
                local_init_op,
                keys.LOCAL_INIT_OP,
                lambda: group(local_variables_initializer(), tables_initializer()),
            )
            self.saver = _chosen(
                saver, keys.SAVERS, lambda: Saver() if global_variables() else None
            )
            self.summary_op = _chosen(summary_op, keys.SUMMARY_OP, merge_all)
            self.global_step = _chosen(global_step, keys.GLOBAL_STEP, self._named_step)
        self._meta_graph_def = create_meta_graph_def(
            graph_def=self._graph.as_graph_def(add_shapes=True),
            saver_def=self.saver.saver_def if self.saver else None,
        )
        self.is_chief = is_chief
        self.coord = Coordinator()
        self._stop_grace_secs = stop_grace_secs
        self._init_fn = init_fn
        self._logdir = logdir if is_chief else None
        self.save_summaries_secs = save_summaries_secs if is_chief else None
        self.save_model_secs = save_model_secs if is_chief else None
        self.save_path = (
            os.path.join(logdir, checkpoint_basename) if self._logdir and logdir else None
        )
        self.summary_writer: Any = None
        if is_chief and summary_writer is not _DEFAULT:
            self.summary_writer = summary_writer
        elif self._logdir:
            self.summary_writer = FileWriter(self._logdir)
        self._graph_is_written = False
        self.session_manager = session_manager or SessionManager(
            local_init_op=self._local_init_op,
            ready_op=self.ready_op,
            ready_for_local_init_op=self.ready_for_local_init_op,
            graph=self._graph,
            recovery_wait_secs=recovery_wait_secs,
            local_init_run_options=local_init_run_options,
        )
        for op in () if is_chief else self._graph.get_operations():
            if op.type in ("Variable", "VariableV2") and not op.device:
                raise ValueError(
                    f"When using replicas, all Variables must have their device set: {op}"
                )
        self._graph.finalize()

    def _named_step(self) -> Any:
        try:
            step = get_default_graph().get_tensor_by_name("global_step:0")
        except KeyError:
            return None
        if step.dtype.base_dtype in (int32, int64):
            return step
        LOGGER.warning("Found 'global_step' is not an int type: %s", step.dtype)
        return None

    def prepare_or_wait_for_session(
        self,
        master: str = "",
        config: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        start_standard_services: bool = True,
    ) -> Session:
        """A session that is ready, restored or initialised.

        Args:
            master: see `Session`.
            config: see `Session`.
            wait_for_checkpoint: whether to wait for a checkpoint.
            max_wait_secs: for how long.
            start_standard_services: whether to start the threads that save and write summaries, and queue runners.
        """
        self.coord.clear_stop()
        if self.summary_writer:
            self.summary_writer.reopen()
        session: Session
        if self.is_chief:
            session = self.session_manager.prepare_session(
                master,
                init_op=self.init_op,
                saver=self.saver,
                checkpoint_dir=self._logdir,
                wait_for_checkpoint=wait_for_checkpoint,
                max_wait_secs=max_wait_secs,
                config=config,
                init_feed_dict=self.init_feed_dict,
                init_fn=self._init_fn,
            )
            self._write_graph()
            if start_standard_services:
                LOGGER.info("Starting standard services.")
                self.start_standard_services(session)
        else:
            session = self.session_manager.wait_for_session(
                master, config=config, max_wait_secs=max_wait_secs
            )
        if start_standard_services:
            LOGGER.info("Starting queue runners.")
            self.start_queue_runners(session)
        return session

    def _write_graph(self) -> None:
        if self._logdir:
            write_graph(self._graph.as_graph_def(add_shapes=True), self._logdir, "graph.pbtxt")
        if self.summary_writer and not self._graph_is_written:
            self.summary_writer.add_graph(self._graph)
            self.summary_writer.add_meta_graph(self._meta_graph_def)
            self._graph_is_written = True

    def start_standard_services(self, sess: Session) -> list[LooperThread] | None:
        """Start the threads that save and write summaries.

        Returns:
            The threads; None without a `logdir`.

        Raises:
            RuntimeError: this is not the chief.
        """
        if not self.is_chief:
            raise RuntimeError(
                "Only chief supervisor can start standard services. Because only chief supervisors can "
                "write events."
            )
        if not self._logdir:
            LOGGER.warning("Standard services need a 'logdir' passed to the SessionManager")
            return None
        if self.global_step is not None and self.summary_writer:
            log = SessionLog(status=SessionLog.START)
            self.summary_writer.add_session_log(log, global_step_of(sess, self.global_step))
        threads: list[LooperThread] = []
        if self.save_summaries_secs and self.summary_writer:
            if self.summary_op is not None:
                threads.append(_SummaryThread(self, sess, self.save_summaries_secs))
            if self.global_step is not None:
                threads.append(_SpeedThread(self, sess, self.save_summaries_secs))
        if self.saver and self.save_model_secs:
            threads.append(_SavingThread(self, sess, self.save_model_secs))
        for thread in threads:
            thread.start()
        return threads

    def start_queue_runners(self, sess: Session, queue_runners: Iterable[Any] | None = None) -> Any:
        """Let queue runners, by default those of the graph, fill their queues; see `QueueRunner.create_threads`."""
        if queue_runners is None:
            queue_runners = self._graph.get_collection(GraphKeys.QUEUE_RUNNERS)
        with self._graph.as_default():
            return [
                thread
                for runner in queue_runners
                for thread in as_queue_runner(runner).create_threads(
                    sess, coord=self.coord, daemon=True, start=True
                )
            ]

    def loop(
        self,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> LooperThread:
        """A thread that calls a function again and again until all stop; see `LooperThread`."""
        return LooperThread.loop(self.coord, timer_interval_secs, target, args, kwargs)

    def stop(
        self,
        threads: Any = None,
        close_summary_writer: bool = True,
        ignore_live_threads: bool = False,
    ) -> None:
        """Ask all threads to stop, and wait for them; raises the error that one reported.

        Args:
            threads: those besides the ones that are known.
            close_summary_writer: whether to close the file of events.
            ignore_live_threads: accept that some still run after `stop_grace_secs`.
        """
        self.coord.request_stop()
        try:
            self.coord.join(threads, self._stop_grace_secs, ignore_live_threads)
        finally:
            if close_summary_writer and self.summary_writer:
                self.summary_writer.add_session_log(SessionLog(status=SessionLog.STOP))
                self.summary_writer.close()
                self._graph_is_written = False

    def request_stop(self, ex: Any = None) -> None:
        """Ask all threads to stop; see `Coordinator.request_stop`."""
        self.coord.request_stop(ex=ex)

    def should_stop(self) -> bool:
        """Whether a stop was asked for."""
        return self.coord.should_stop()

    def stop_on_exception(self) -> contextlib.AbstractContextManager[None]:
        """A context in which an error asks all threads to stop."""
        return self.coord.stop_on_exception()

    def wait_for_stop(self) -> None:
        """Wait until a stop is asked for."""
        self.coord.wait_for_stop()

    def summary_computed(self, sess: Session, summary: Any, global_step: Any = None) -> None:
        """Write a summary.

        Args:
            sess: the session, which tells the step.
            summary: a Summary, or one as a string.
            global_step: the step, if it is known.

        Raises:
            RuntimeError: there is nothing to write into.
        """
        if not self.summary_writer:
            raise RuntimeError("Writing a summary requires a summary writer.")
        if global_step is None and self.global_step is not None:
            global_step = global_step_of(sess, self.global_step)
        self.summary_writer.add_summary(summary, global_step)

    @contextlib.contextmanager
    def managed_session(
        self,
        master: str = "",
        config: Any = None,
        start_standard_services: bool = True,
        close_summary_writer: bool = True,
    ) -> Iterator[Session]:
        """A context with a session that is ready, after which all stop; errors of threads, too, are raised then.

        An OutOfRangeError only ends it.
        """
        session: Session | None = None
        try:
            session = self.prepare_or_wait_for_session(
                master=master, config=config, start_standard_services=start_standard_services
            )
            yield session
        except Exception as error:
            self.request_stop(error)
        finally:
            try:
                self.stop(close_summary_writer=close_summary_writer)
            finally:
                if session is not None:
                    session.close()

    PrepareSession = prepare_or_wait_for_session
    StartQueueRunners = start_queue_runners
    StartStandardServices = start_standard_services
    Stop = stop
    RequestStop = request_stop
    Loop = loop
    ShouldStop = should_stop
    StopOnException = stop_on_exception
    WaitForStop = wait_for_stop
    SummaryComputed = summary_computed


def _chosen(given: Any, key: str, make: Callable[[], Any] = lambda: None) -> Any:
    """What was given; by default the first of a collection, or else what `make` makes, which is added to it."""
    if given is not _DEFAULT:
        return given
    graph = get_default_graph()
    found = graph.get_collection(key)
    if len(found) > 1:
        LOGGER.info("Found %d %s operations. Returning the first one.", len(found), key)
    if found:
        return found[0]
    made = make()
    if made is not None:
        graph.add_to_collection(key, made)
    return made


class _Service(LooperThread):
    """A thread that does something for a session now and then."""

    def __init__(self, supervisor: Supervisor, session: Session, seconds: float) -> None:
        super().__init__(supervisor.coord, seconds)
        self._supervisor = supervisor
        self._session = session

    def _step(self) -> int:
        return global_step_of(self._session, self._supervisor.global_step)


class _SummaryThread(_Service):
    """Writes the summaries."""

    def run_loop(self) -> None:
        """Write them."""
        supervisor, step = self._supervisor, None
        if supervisor.global_step is not None:
            found, step = self._session.run([supervisor.summary_op, supervisor.global_step])
        else:
            found = self._session.run(supervisor.summary_op)
        LOGGER.info("Recording summary at step %s.", step)
        supervisor.summary_writer.add_summary(found, step)


class _SpeedThread(_Service):
    """Writes how many steps are made in a second."""

    def start_loop(self) -> None:
        """Begin to count."""
        self._last_time, self._last_step = time.time(), self._step()

    def run_loop(self) -> None:
        """Write it."""
        step, now = self._step(), time.time()
        seconds = now - self._last_time
        speed = (step - self._last_step) / seconds if seconds > 0 else float("inf")
        self._last_time, self._last_step = now, step
        tag = f"{self._supervisor.global_step.op.name}/sec"
        value = Summary.Value(tag=tag, simple_value=speed)
        self._supervisor.summary_writer.add_summary(Summary(value=[value]), step)
        log_first_n(INFO, "%s: %g", 10, tag, speed)


class _SavingThread(_Service):
    """Saves."""

    def run_loop(self) -> None:
        """Save."""
        supervisor = self._supervisor
        LOGGER.info("Saving checkpoint to path %s", supervisor.save_path)
        supervisor.saver.save(
            self._session, supervisor.save_path, global_step=supervisor.global_step
        )
        if supervisor.summary_writer and supervisor.global_step is not None:
            log = SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=supervisor.save_path)
            supervisor.summary_writer.add_session_log(log, self._step())


@public("train.basic_train_loop")
def basic_train_loop(
    supervisor: Supervisor,
    train_step_fn: Callable[..., Any],
    args: Sequence[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    master: str = "",
) -> None:
    """Call a function with a session again and again until a Supervisor stops; anew after an AbortedError.

    Args:
        supervisor: makes the session.
        train_step_fn: what is called with the session and the following arguments.
        args: its arguments.
        kwargs: its arguments by name.
        master: see `Session`.
    """
    while True:
        try:
            with supervisor.managed_session(master) as session:
                while not supervisor.should_stop():
                    train_step_fn(session, *(args or ()), **(kwargs or {}))
            return
        except AbortedError:
            continue
