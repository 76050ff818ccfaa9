"""Standard streams: text of any script on any console, warnings as lines, pipes that close."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import time
from collections.abc import Iterator
from typing import Any

__all__ = ["Counter", "prepare_streams", "print_json", "reporting", "width"]


def prepare_streams() -> None:
    """Make the output streams take every character, and no work fail for what standard error cannot take.

    A process may be started without them; then what is printed goes nowhere, and no file that is opened later takes the number of
    one, which libraries write to.  A terminal keeps its encoding and shows what it lacks as an escape; files and pipes get UTF-8, whatever the locale.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # It lives as long as the process.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    # What a program put in its place is its own affair.
    original = sys.__stderr__
    if original is not None and sys.stderr is original:
        sys.stderr = _lossy(original)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = stream.encoding if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


class _Lossy(io.RawIOBase):
    """A stream for notes: one that cannot be written, as its disk is full or its reader went away, is lost."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self._raw.isatty())

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def write(self, data: Any) -> int:
        try:
            return self._raw.write(data) or len(data)
        except OSError:
            return len(data)


def _lossy(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    # Where streams are not buffered there is nothing between the text and the file.
    raw = getattr(stream.buffer, "raw", stream.buffer)
    return io.TextIOWrapper(
        io.BufferedWriter(_Lossy(raw)), stream.encoding, stream.errors, line_buffering=True
    )


def width() -> int | None:
    """The columns of the terminal; None, for no limit, if the output is none and COLUMNS is not set."""
    if os.environ.get("COLUMNS", "").isdigit() or sys.stdout.isatty():
        return max(shutil.get_terminal_size().columns, 1)
    return None


def print_json(value: Any) -> None:
    """Print `value` as indented JSON."""
    import json

    from minihub.cli.layout import escape_json

    print(escape_json(json.dumps(value, indent=2, ensure_ascii=False)))


@contextlib.contextmanager
def reporting() -> Iterator[None]:
    """Show warnings and log messages as lines that begin with `minihub: warning:`."""
    import logging
    import warnings

    from minihub.cli.layout import printable

    def line(text: object) -> str:
        return f"minihub: warning: {printable(' '.join(str(text).split()))}"

    def show(message: Any, *_: Any, **__: Any) -> None:
        print(line(message), file=sys.stderr)

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            print(line(record.getMessage()), file=sys.stderr)

    logger = logging.getLogger("minihub")
    handler = Handler(logging.WARNING)
    propagate = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("always", category=UserWarning)
            warnings.showwarning = show
            yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


class Counter:
    """A line on standard error that counts examples; only on a terminal."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._done = 0
        self._start = time.monotonic()
        self._shown = sys.stderr is not None and sys.stderr.isatty()

    def advance(self, count: int) -> None:
        """`count` more are done."""
        self._done += count
        if self._shown:
            rate = self._done / max(time.monotonic() - self._start, 1e-9)
            sys.stderr.write(f"\r{self._done} {self._noun}, {rate:.0f}/s ")
            sys.stderr.flush()

    def close(self) -> None:
        """End the line."""
        if self._shown and self._done:
            sys.stderr.write("\n")
