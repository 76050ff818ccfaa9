"""One line on a terminal that is drawn over and over; output whose reader goes away."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from typing import TextIO

__all__ = ["PIPE_CLOSED", "TerminalLine", "bar", "clock", "printing", "quiet_streams"]

_BAR = 24
#: The exit code that shells know a program by whose reader went away.
PIPE_CLOSED = 141


class TerminalLine:
    """A line that is drawn in place of itself; on a stream that is no terminal nothing is written.

    Args:
        stream: where to write; standard error if None.

    Attributes:
        shown: whether the stream is a terminal.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        # Under pythonw there is no standard error at all.
        self._stream: TextIO | None = sys.stderr if stream is None else stream
        self.shown = self._stream is not None and self._stream.isatty()
        self._width = 0

    def draw(self, text: str) -> None:
        """Draw the line."""
        self._write("\r" + text.ljust(self._width))
        self._width = len(text)

    def end(self) -> None:
        """Let what is written next begin below, if there is a line."""
        if self._width:
            self._write("\n")
        self._width = 0

    def _write(self, text: str) -> None:
        if self.shown and self._stream is not None:
            self._stream.write(text)
            self._stream.flush()


def bar(share: float) -> str:
    """A bar that is full at a share of 1."""
    full = int(min(share, 1.0) * _BAR)
    return f"[{'#' * full}{'.' * (_BAR - full)}]"


def clock(seconds: float) -> str:
    """Seconds as `4:05`, or `1:04:05`."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def printing(program: Callable[[list[str]], int]) -> int:
    """The exit code of a program that prints, given the arguments of the process; `| head` ends it without complaint."""
    try:
        code = program(sys.argv[1:])
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        quiet_streams()
        return PIPE_CLOSED
    return code


def quiet_streams() -> None:
    """Let what is still buffered for a closed pipe go nowhere, so that the interpreter ends without complaint."""
    with contextlib.suppress(OSError, ValueError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
