"""Threads that stop together.

Source: tensorflow/python/training/coordinator.py.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api.logger import LOGGER
from minihub_runtime.errors import OutOfRangeError
from minihub_runtime.public import public

__all__ = ["Coordinator", "LooperThread"]


@public("train.Coordinator")
class Coordinator:
    """Lets any of several threads ask all to stop, and hands the error of one to the thread that waits for them.

    Args:
        clean_stop_exception_types: errors that ask to stop and are no errors; OutOfRangeError if None.
    """

    def __init__(self, clean_stop_exception_types: Sequence[type[BaseException]] | None = None):
        if clean_stop_exception_types is None:
            clean_stop_exception_types = (OutOfRangeError,)
        self._clean = tuple(clean_stop_exception_types)
        self._lock = threading.Lock()
        self._stop_event = threading.Event()
        self._error: BaseException | None = None
        self._joined = False
        self._registered_threads: set[threading.Thread] = set()

    def request_stop(self, ex: Any = None) -> None:
        """Ask all threads to stop.

        Args:
            ex: an exception, or what `sys.exc_info` gave, that `join` is to raise.
        """
        error: BaseException | None = ex[1] if isinstance(ex, tuple) else ex
        if self._clean and isinstance(error, self._clean):
            error = None
        with self._lock:
            if self._joined and error is not None:
                raise error
            if not self._stop_event.is_set():
                if error is not None and self._error is None:
                    LOGGER.info("Error reported to Coordinator: %s, %s", type(error), error)
                    self._error = error
                self._stop_event.set()

    def clear_stop(self) -> None:
        """Forget that a stop was asked for, and the error."""
        with self._lock:
            self._joined = False
            self._error = None
            self._stop_event.clear()

    def should_stop(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop_event.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self) -> Iterator[None]:
        """A context in which an error asks all threads to stop and goes no further; `join` raises it."""
        try:
            yield
        except BaseException:
            self.request_stop(sys.exc_info())

    def wait_for_stop(self, timeout: float | None = None) -> bool:
        """Wait until a stop is asked for; False if `timeout` seconds have passed."""
        return self._stop_event.wait(timeout)

    def register_thread(self, thread: threading.Thread) -> None:
        """Let `join` wait for a thread."""
        with self._lock:
            self._registered_threads.add(thread)

    def join(
        self,
        threads: Iterable[threading.Thread] | None = None,
        stop_grace_period_secs: float = 120,
        ignore_live_threads: bool = False,
    ) -> None:
        """Wait for threads to end.

        Args:
            threads: those besides the registered ones.
            stop_grace_period_secs: how long they may take once a stop is asked for.
            ignore_live_threads: accept that some still run then.

        Raises:
            BaseException: the error that was reported.
            RuntimeError: some threads still run.
        """
        with self._lock:
            waited = list(self._registered_threads.union(threads or ()))
        while any(thread.is_alive() for thread in waited) and not self.wait_for_stop(1.0):
            pass
        deadline = time.monotonic() + stop_grace_period_secs
        for thread in waited:
            thread.join(max(deadline - time.monotonic(), 0.0))
        rest = [thread.name for thread in waited if thread.is_alive()]
        with self._lock:
            self._joined = True
            self._registered_threads = set()
            if self._error is not None:
                raise self._error
        if rest:
            text = f"Coordinator stopped with threads still running: {' '.join(rest)}"
            if not ignore_live_threads:
                raise RuntimeError(text)
            LOGGER.info("%s", text)

    @property
    def joined(self) -> bool:
        """Whether `join` is done."""
        return self._joined

    def raise_requested_exception(self) -> None:
        """Raise the error that was reported, if one was."""
        with self._lock:
            if self._error is not None:
                raise self._error


@public("train.LooperThread")
class LooperThread(threading.Thread):
    """A thread that does something again and again until its Coordinator stops.

    Args:
        coord: the Coordinator.
        timer_interval_secs: how often; None for without a pause.
        target: what to call; by default `run_loop` of a subclass does the work.
        args: its arguments.
        kwargs: its arguments by name.

    Raises:
        ValueError: `coord` is no Coordinator, or there are arguments without a target.
    """

    def __init__(
        self,
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any] | None = None,
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        if target is None and (args or kwargs):
            raise ValueError("'args' and 'kwargs' argument require that you also pass 'target'")
        super().__init__(daemon=True)
        self._coord = coord
        self._timer_interval_secs = timer_interval_secs
        self._work = target
        self._work_args = tuple(args or ())
        self._work_kwargs = dict(kwargs or {})
        coord.register_thread(self)

    @staticmethod
    def loop(
        coord: Coordinator,
        timer_interval_secs: float | None,
        target: Callable[..., Any],
        args: Sequence[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> LooperThread:
        """A thread that is running."""
        looper = LooperThread(coord, timer_interval_secs, target, args, kwargs)
        looper.start()
        return looper

    def run(self) -> None:
        """Loop; an error stops the Coordinator."""
        with self._coord.stop_on_exception():
            self.start_loop()
            if self._timer_interval_secs is None:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                due = time.monotonic()
                while not self._coord.wait_for_stop(max(due - time.monotonic(), 0.0)):
                    due += self._timer_interval_secs
                    self.run_loop()
            self.stop_loop()

    def start_loop(self) -> None:
        """Called once before the loop."""

    def stop_loop(self) -> None:
        """Called once after the loop."""

    def run_loop(self) -> None:
        """The work."""
        if self._work is not None:
            self._work(*self._work_args, **self._work_kwargs)
