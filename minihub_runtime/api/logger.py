"""`tf.logging`, on the logger `minihub_runtime` of Python's own logging.

Where a program has not set up logging itself, messages go to the standard error as TensorFlow's do, `INFO:minihub_runtime:…`,
warnings and errors if nothing else is asked for.

Source: tensorflow/python/platform/tf_logging.py.
"""

from __future__ import annotations

import logging
import sys
import threading
from typing import Any

from minihub_runtime.public import public

__all__ = [
    "LOGGER",
    "debug",
    "error",
    "fatal",
    "flush",
    "get_logger",
    "get_verbosity",
    "info",
    "log",
    "log_every_n",
    "log_first_n",
    "log_if",
    "set_verbosity",
    "task_level_status_message",
    "vlog",
    "warn",
]

DEBUG = public("logging.DEBUG")(logging.DEBUG)
ERROR = public("logging.ERROR")(logging.ERROR)
FATAL = public("logging.FATAL")(logging.FATAL)
INFO = public("logging.INFO")(logging.INFO)
WARN = public("logging.WARN")(logging.WARN)


class _Fallback(logging.Handler):
    """Prints where the program has no handlers of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        if not logging.getLogger().handlers:
            # What the standard error is may change, under a test runner for example.
            print(self.format(record), file=sys.stderr)


LOGGER = logging.getLogger("minihub_runtime")
_fallback = _Fallback()
_fallback.setFormatter(logging.Formatter(logging.BASIC_FORMAT))
LOGGER.addHandler(_fallback)

#: File and line of a call of `log_every_n` or `log_first_n` → how often it was reached.
_counts: dict[tuple[str, int], int] = {}
_lock = threading.Lock()


@public("get_logger")
def get_logger() -> logging.Logger:
    """The logger that everything here writes to."""
    return LOGGER


@public("logging.get_verbosity")
def get_verbosity() -> int:
    """The level from which on messages are shown."""
    return LOGGER.getEffectiveLevel()


@public("logging.set_verbosity")
def set_verbosity(v: int) -> None:
    """Show messages from level `v` on: `tf.logging.DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`."""
    LOGGER.setLevel(v)


@public("logging.log")
def log(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args`."""
    LOGGER.log(level, msg, *args, stacklevel=2, **kwargs)


@public("logging.vlog")
def vlog(level: int, msg: str, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args`."""
    LOGGER.log(level, msg, *args, stacklevel=2, **kwargs)


@public("logging.debug")
def debug(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` for those who search for errors."""
    LOGGER.debug(msg, *args, stacklevel=2, **kwargs)


@public("logging.info")
def info(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` as information."""
    LOGGER.info(msg, *args, stacklevel=2, **kwargs)


@public("logging.warn", "logging.warning")
def warn(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` as a warning."""
    LOGGER.warning(msg, *args, stacklevel=2, **kwargs)


@public("logging.error")
def error(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` as an error."""
    LOGGER.error(msg, *args, stacklevel=2, **kwargs)


@public("logging.fatal")
def fatal(msg: str, *args: Any, **kwargs: Any) -> None:
    """Log `msg % args` as a fatal error; the program goes on."""
    LOGGER.critical(msg, *args, stacklevel=2, **kwargs)


@public("logging.TaskLevelStatusMessage")
def task_level_status_message(msg: str) -> None:
    """Log `msg` as an error."""
    LOGGER.error(msg, stacklevel=2)


@public("logging.flush")
def flush() -> None:
    """Let all handlers write what they hold."""
    for handler in (*LOGGER.handlers, *logging.getLogger().handlers):
        handler.flush()


@public("logging.log_if")
def log_if(level: int, msg: str, condition: Any, *args: Any) -> None:
    """Log `msg % args` if `condition` holds."""
    if condition:
        LOGGER.log(level, msg, *args, stacklevel=2)


@public("logging.log_every_n")
def log_every_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Log `msg % args` the first time the caller's line is reached, and every `n`-th time from then on."""
    if not _count_of_caller() % n:
        LOGGER.log(level, msg, *args, stacklevel=2)


@public("logging.log_first_n")
def log_first_n(level: int, msg: str, n: int, *args: Any) -> None:
    """Log `msg % args` the first `n` times the caller's line is reached."""
    if _count_of_caller() < n:
        LOGGER.log(level, msg, *args, stacklevel=2)


def _count_of_caller() -> int:
    """How often the line that called the function that called this was reached before."""
    frame = sys._getframe(2)
    place = (frame.f_code.co_filename, frame.f_lineno)
    with _lock:
        count = _counts.get(place, 0)
        _counts[place] = count + 1
    return count
