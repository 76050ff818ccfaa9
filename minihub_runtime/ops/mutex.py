"""Mutexes, which one section of a graph at a time may hold.

Sections of one run follow each other anyway, as what has an effect on one resource does: the lock that a section holds is the
mutex itself.  A run waits for sections of runs in other threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from minihub_runtime.errors import InvalidArgumentError, WouldWaitError, clip
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import op
from minihub_runtime.ops.shape_rules import nothing, scalar

__all__ = ["Mutex"]

_SOURCE = "core/kernels/mutex_ops.cc"
#: Seconds after which a run that waits looks at its deadline.
_PATIENCE = 0.05


class Mutex:
    """What one run at a time may hold.

    Args:
        name: for messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._lock = threading.Lock()
        #: The list of what the holder's run does at its end, which tells runs apart, and its thread.
        self._holder: tuple[Any, int] | None = None

    def __repr__(self) -> str:
        return f"<Mutex {clip(self.name)}>"

    def acquire(self, ctx: Context) -> None:
        """Wait for the mutex, and hold it until the end of the run at the latest.

        Raises:
            WouldWaitError: the run holds it, or one within which it runs.
            DeadlineExceededError: the run's deadline has passed.
        """
        ending = ctx.ending()
        while not self._lock.acquire(timeout=_PATIENCE):
            holder = self._holder
            if holder is not None and (holder[0] is ending or holder[1] == threading.get_ident()):
                raise WouldWaitError(
                    f"mutex {clip(self.name)!r} must be free, but this run holds it"
                )
            ctx.check()
        self._holder = ending, threading.get_ident()
        end: Callable[[], None] = lambda: self.release(ending)  # noqa: E731 (one that is typed)
        ending.append(end)

    def release(self, ending: Any) -> None:
        """Let the mutex go, if a run holds it.

        Args:
            ending: what tells the run.
        """
        holder = self._holder
        if holder is not None and holder[0] is ending:
            self._holder = None
            self._lock.release()


def _of(value: Any) -> Mutex:
    if not isinstance(value, Mutex):
        raise InvalidArgumentError(f"there must be a mutex, not {type(value).__name__}")
    return value


@op("MutexV2() -> resource: resource", stateful=True, source=_SOURCE, shape=scalar)
def mutex_v2(ctx: Context, *, container: str = "", shared_name: str = "") -> Mutex:
    """The mutex of that name."""
    name = shared_name or ctx.node
    return ctx.resource(container, f"mutex {name}", lambda: Mutex(name))


@op(
    "MutexLock(mutex: resource) -> mutex_lock: variant",
    stateful=True,
    source=_SOURCE,
    shape=scalar,
)
def mutex_lock(ctx: Context, mutex: Any) -> Mutex:
    """A lock on the mutex, as soon as no other run has one; it is given back by ConsumeMutexLock or at the end of the run.

    Raises: FailedPreconditionError where the run would wait for itself; DeadlineExceededError.
    Differs: TensorFlow waits for ever for a section of the run itself.
    """
    found = _of(mutex)
    found.acquire(ctx)
    return found


@op("ConsumeMutexLock(mutex_lock: variant)", stateful=True, source=_SOURCE, shape=nothing)
def consume_mutex_lock(ctx: Context, mutex_lock: Any) -> tuple[()]:
    """Nothing, after giving a lock back."""
    _of(mutex_lock).release(ctx.ending())
    return ()
