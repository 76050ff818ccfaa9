"""The collector of cyclic garbage, which has nothing to find while large graphs are built or modules imported.

    with uncollected():
        nodes = [...]

Building makes many objects that stay.  Each so many new ones the collector looks at again, which takes up to half of the time of
building.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Iterator

__all__ = ["settle", "uncollected"]

_lock = threading.Lock()
#: How many blocks there are now in all threads, and whether the collector was on before the first.
_blocks = 0
_was_on = False


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector from running in the block, in all threads; a block in a block is allowed."""
    global _blocks, _was_on
    with _lock:
        if not _blocks:
            _was_on = gc.isenabled()
            gc.disable()
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if not _blocks and _was_on:
                gc.enable()


def settle() -> None:
    """Let the collector take all there is for old, as it does with what it has looked at several times.

    For the end of imports, which leave no garbage: it would look at all of it as soon as it runs again.
    """
    if not gc.get_freeze_count():
        # What somebody else has frozen would thaw with the rest.
        gc.freeze()
        gc.unfreeze()
