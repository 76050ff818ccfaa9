"""Signals that end a command: as an exception, so that what is half-written is removed and what is held is given back."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["Interruption", "interruptible"]

#: Ctrl-C; what `kill`, `timeout`, containers and schedulers send; a terminal that is closed.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Interruption:
    """What came while a command ran.

    Attributes:
        signal: the number of the last signal, None if none came.
    """

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def code(self) -> int:
        """The exit code, which for shells tells the signal."""
        return 128 + (self.signal or signal.SIGINT)

    def told(self) -> int:
        """The exit code, after a line that says so."""
        print("minihub: interrupted", file=sys.stderr)
        return self.code


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Lets signals raise KeyboardInterrupt, except for those that whoever started the process, or this call, looks after."""
    found = Interruption()

    def interrupt(number: int, _: Any) -> None:
        # Noted too: modules written in C make an ImportError of an exception that comes while they are imported.
        found.signal = number
        raise KeyboardInterrupt

    before = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                before[number] = signal.signal(number, interrupt)
    try:
        yield found
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
