"""One line on stderr that says how far a download, or other long work, is: amount, rate, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO

from minihub_runtime.terminal import bar, clock

__all__ = ["Progress", "in_units"]

_TERMINAL_INTERVAL = 0.1
_LOG_INTERVAL = 5.0


class Progress:
    """Shows the progress of one download, or of other work that is counted.

    On a terminal one line is drawn over and over; elsewhere nothing is written, or, if `forced`, one line every five seconds.

    Args:
        label: what is downloaded, or done.
        total: its size in bytes, or the number of its pieces, if known.
        forced: write even if the stream is no terminal.
        stream: where to write; standard error if None.
        show: how amounts are written; as bytes if None.
    """

    def __init__(
        self,
        label: str,
        total: int | None,
        *,
        forced: bool = False,
        stream: TextIO | None = None,
        show: Callable[[float], str] | None = None,
    ) -> None:
        self.label = label if len(label) <= 60 else "…" + label[-59:]
        self.total = total
        self.done = 0
        self._show = show or in_units
        # Under pythonw there is no standard error at all.
        self._stream: TextIO | None = sys.stderr if stream is None else stream
        self._terminal = self._stream is not None and self._stream.isatty()
        self._shown = self._stream is not None and (self._terminal or forced)
        self._start = self._last = time.monotonic()
        self._width = 0
        self._drawn = False

    def advance(self, count: int) -> None:
        """`count` more bytes have come, or pieces are done."""
        self.done += count
        if not self._shown:
            return
        now = time.monotonic()
        if now - self._last >= (_TERMINAL_INTERVAL if self._terminal else _LOG_INTERVAL):
            self._last = now
            self._write(self.line(now - self._start))

    def close(self) -> None:
        """Writes the last state and ends the line."""
        if self._shown and (self._drawn or not self._terminal):
            self._write(self.line(time.monotonic() - self._start))
            if self._terminal and self._stream is not None:
                self._stream.write("\n")
                self._stream.flush()
        self._shown = False

    def line(self, elapsed: float) -> str:
        """The text after `elapsed` seconds."""
        rate = self.done / elapsed if elapsed > 0 else 0.0
        parts = [self.label]
        if self.total:
            share = min(self.done / self.total, 1.0)
            parts += [bar(share), f"{share:4.0%}"]
            parts.append(f"{self._show(self.done)} of {self._show(self.total)}")
        else:
            parts.append(self._show(self.done))
        parts.append(f"{self._show(rate)}/s")
        if self.total and rate > 0 and self.done < self.total:
            parts.append(f"{clock((self.total - self.done) / rate)} left")
        return "  ".join(parts)

    def _write(self, line: str) -> None:
        if self._stream is None:
            return
        if self._terminal:
            self._stream.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            self._stream.write(line + "\n")
        self._stream.flush()
        self._drawn = True


def in_units(count: float) -> str:
    """A number of bytes for people: `812 B`, `1.4 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
