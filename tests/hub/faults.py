"""Faults at every step: the calls to the operating system by which a module is stored are counted, and one of them fails."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

CALLS = ("open", "write", "fsync", "close", "mkdir", "rename", "replace", "remove")


@contextmanager
def counted(
    at: int,
    happens: Callable[[], None],
    calls: tuple[str, ...] = CALLS,
    callers: tuple[str, ...] = ("/minihub/resolve/",),
) -> Iterator[list[str]]:
    """Calls `happens` in place of the call number `at` that files under `callers` make; yields the names of the calls made.

    Calls that the standard library makes, such as those that clean up, are not counted.
    """
    made: list[str] = []
    originals = {name: getattr(os, name) for name in calls}

    def wrap(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def wrapper(*arguments: Any, **options: Any) -> Any:
            caller = sys._getframe(1).f_code.co_filename.replace(os.sep, "/")
            if any(part in caller for part in callers):
                made.append(name)
                if len(made) == at:
                    if name == "close":
                        original(*arguments, **options)
                    happens()
            return original(*arguments, **options)

        return wrapper

    for name, original in originals.items():
        setattr(os, name, wrap(name, original))
    try:
        yield made
    finally:
        for name, original in originals.items():
            setattr(os, name, original)
