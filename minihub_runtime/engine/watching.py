"""Who is shown the steps of plans before they run, and the arguments of functions.

`recording` takes down what they take, `observing` what they give.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from minihub_runtime.errors import FailedPreconditionError
from minihub_runtime.graph.functions import Body

__all__ = ["Steps", "Watcher", "watching"]

#: Those of a plan: tuples that begin with the kernel and end with the node.
Steps = Sequence[tuple[Any, ...]]


class Watcher(Protocol):
    """Puts kernels of its own around those of a plan."""

    def watch(self, steps: Steps) -> Steps:
        """The steps to run instead."""
        ...

    def enter(self, body: Body, arguments: Sequence[Any]) -> None:
        """A function is called; its steps follow."""
        ...


#: Asked by each plan when it runs.
active: Watcher | None = None
_lock = threading.Lock()


@contextlib.contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Show the steps of every run in this process to `watcher` meanwhile.

    Raises:
        FailedPreconditionError: another one is watching already.
    """
    global active
    with _lock:
        if active is not None:
            raise FailedPreconditionError("one recording must end before another begins")
        active = watcher
    try:
        yield
    finally:
        active = None
