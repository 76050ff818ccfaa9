"""Files that commands write: whole, or not at all; what is no file is written to where it is."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable
from typing import IO

__all__ = ["place_of", "write_file"]

#: Names of devices and of what processes have open lie there, and stand for something else when a file is put in their place.
_SYSTEM = ("/dev/", "/proc/")
_SHARED_MEMORY = "/dev/shm/"
#: Links that lead to one another.
_MAX_LINKS = 40


def place_of(path: str | os.PathLike[str]) -> str | None:
    """The file to replace, behind links; None for a device, a pipe or what a process has open, which are written to."""
    place = os.path.abspath(path)
    for _ in range(_MAX_LINKS):
        if place.startswith(_SYSTEM) and not place.startswith(_SHARED_MEMORY):
            return None
        if not os.path.islink(place):
            return place if os.path.isfile(place) or not os.path.exists(place) else None
        folder = os.path.dirname(place)
        place = os.path.normpath(os.path.join(folder, os.readlink(place)))
    return None


def write_file(path: str | os.PathLike[str], write: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside its place, then move it there.

    Raises:
        OSError: the system refuses; a file that was there before is there still.
    """
    place = place_of(path)
    if place is None:
        with open(path, "wb") as file:
            write(file)
        return
    descriptor, draft = tempfile.mkstemp(
        prefix=".minihub-", suffix=".tmp", dir=os.path.dirname(place)
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            write(file)
        os.chmod(draft, _mode(place))
        os.replace(draft, place)
    except BaseException:
        os.unlink(draft)
        raise


def _mode(place: str) -> int:
    """Who may read and write a file: those who may it now, or what the process lets new files have."""
    try:
        return stat.S_IMODE(os.stat(place).st_mode)
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
