"""Equal calls that give equal bits.

Which work is shared between threads, and how, follows from its size, and for whole graphs from how long that took: parts of a batch,
or branches, run side by side where trials tell that this is faster.  Sums that are cut otherwise are rounded otherwise, so that the
same call may give other last bits.  Within `repeatable()` nothing follows from measured times, nor from how often something was done
before.

    with repeatable():
        …    # the same numbers each time, with the same number of threads
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

__all__ = ["is_repeatable", "repeatable"]

_active: ContextVar[bool] = ContextVar("repeatable", default=False)
#: Whether what runs now must be.
is_repeatable = _active.get


@contextlib.contextmanager
def repeatable() -> Iterator[None]:
    """A context in which equal calls give equal bits."""
    before = _active.set(True)
    try:
        yield
    finally:
        _active.reset(before)
