"""What this process compared with its checksum before.

Programs open one checkpoint again and again: a graph for training, one for evaluation, a session after another.  As long as a
file stays as it is, its tensors are compared once.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from typing import TypeAlias

__all__ = ["Run", "verified_runs"]

#: Offset, number and stored checksum of bytes in a file.
Run: TypeAlias = tuple[int, int, int]
_Identity: TypeAlias = tuple[int, ...]

#: Files that are remembered.
_MAX_FILES = 64
#: What was changed a moment ago may change again without getting a later time, as clocks of file systems tick slowly.
_SETTLED_NANOSECONDS = 2_000_000_000

_lock = threading.Lock()
_files: OrderedDict[_Identity, set[Run]] = OrderedDict()


def verified_runs(status: os.stat_result) -> set[Run]:
    """The runs of bytes of a file that were right; who finds others adds them.

    Args:
        status: what the system said of the file when it was opened.
    """
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    if not status.st_ino or time.time_ns() - changed < _SETTLED_NANOSECONDS:
        return set()
    identity = (
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
    with _lock:
        runs = _files.setdefault(identity, set())
        _files.move_to_end(identity)
        while len(_files) > _MAX_FILES:
            _files.popitem(last=False)
        return runs
