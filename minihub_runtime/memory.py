"""Large arrays whose memory is used again.

The system hands out memory page by page when it is first touched, and zeroes it: for arrays that do not fit the cache that takes
as long as filling them, and many times longer where a virtual machine grows.  Training makes the same large arrays in every
step, so what one step leaves is kept for the next.

    x = empty((32, 112, 112, 96), np.float32)
    …
    del x    # and all views of it; from now on other arrays may have its memory

`release` gives back what nobody uses.

Smaller arrays lie in the heap of the C library, whose end it gives back whenever more than a few kilobytes of it are free: all that
a step has made, after each step.  `keep_heap` makes it keep more.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import math
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LEAST",
    "LIMIT",
    "aligned",
    "contiguous",
    "empty",
    "held",
    "keep_heap",
    "on_lines",
    "release",
    "zeros",
]

#: Smaller arrays have no memory that others had.
LEAST = 1 << 20
#: Still smaller ones begin where NumPy lets them: to begin elsewhere takes longer than it saves.
LINED = 1 << 16
#: Where control groups say how much memory their processes may use: version 2 and 1.
_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def _share_of_memory(files: Sequence[Path] = _LIMITS) -> int:
    """A quarter of the memory that this process may use, at most four gigabytes."""
    found = [1 << 34]
    # Windows has no such function, and other systems may not know the names.
    with contextlib.suppress(AttributeError, ValueError, OSError):
        found.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    for file in files:
        # There is no such file, or it says `max`.
        with contextlib.suppress(ValueError, OSError):
            found.append(int(file.read_text(encoding="ascii")))
    return min(size for size in found if size > 0) // 4


#: So many bytes are kept at most, beside those in use.
LIMIT = _share_of_memory()
#: The system is asked for so many bytes at a time; what is not touched takes no memory.
SLAB = 1 << 28
#: Large arrays begin at multiples of that many bytes.
STEP = 1 << 12
#: Bytes of a line of the cache, which the widest registers are filled with at once.
LINE = 64


class _Slab:
    """Memory that arrays lie in.

    Attributes:
        size: in bytes.
        free: beginning and end of each part that nobody uses, in order; no two of them touch.
        address: where it begins.
        touched: up to where it has been in use.
    """

    def __init__(self, size: int) -> None:
        self._memory = np.empty(size + LINE, np.uint8)
        self.size = size
        self.touched = 0
        self.free = [(0, size)]
        self.address = _address(self._memory) + _before_line(self._memory)

    def take(self, place: int, nbytes: int) -> int:
        """The beginning of that many bytes, of the free part at `place`."""
        start, end = self.free[place]
        if start + nbytes < end:
            self.free[place] = (start + nbytes, end)
        else:
            del self.free[place]
        self.touched = max(self.touched, start + nbytes)
        return start

    def give_back(self, start: int, end: int) -> None:
        """Note that nobody uses a part any more."""
        place = bisect.bisect_left(self.free, (start, end))
        if place < len(self.free) and self.free[place][0] == end:
            end = self.free.pop(place)[1]
        if place and self.free[place - 1][1] == start:
            place -= 1
            start = self.free.pop(place)[0]
        self.free.insert(place, (start, end))

    def is_free(self) -> bool:
        """Whether nobody uses any of it."""
        return self.free == [(0, self.size)]


def _address(array: NDArray[Any]) -> int:
    found: int = array.__array_interface__["data"][0]
    return found


def _before_line(array: NDArray[Any]) -> int:
    """How many bytes of an array lie before the first line of the cache that is all its own."""
    return -_address(array) % LINE


def aligned(shape: Sequence[int], dtype: Any) -> NDArray[Any]:
    """As np.empty, for arrays of numbers that are read again and again: they begin with a line of the cache.

    NumPy's begin where the C library says, mostly 16 bytes behind such a line.  Registers of 64 bytes are then filled from two
    lines each, which takes twice as long.  The array is a view, of memory that nothing else shows.

    Args:
        shape: of any rank.
        dtype: of numbers; objects would not be initialised.
    """
    kind = np.dtype(dtype)
    memory = np.empty(math.prod(shape) * kind.itemsize + LINE, np.uint8)
    result: NDArray[Any] = np.ndarray(tuple(shape), kind, memory, _before_line(memory))
    return result


def on_lines(array: NDArray[Any]) -> NDArray[Any]:
    """A contiguous array that begins with a line of the cache: this one, or if it does not and is small, a copy.

    What is multiplied with many rows gains by that; one of `LEAST` bytes or more would take its memory twice, and stays where it
    is.
    """
    if array.nbytes >= LEAST or not (array.nbytes and _before_line(array)):
        return contiguous(array)
    result = aligned(array.shape, array.dtype)
    result[...] = array
    return result


def _new_slab(nbytes: int) -> _Slab:
    """A slab of at least that many bytes; of no more where the system has no room for a large one."""
    try:
        return _Slab(max(nbytes, SLAB))
    except MemoryError:
        return _Slab(nbytes)


class _Keeper:
    """All slabs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slabs: list[_Slab] = []
        self._idle = 0
        #: What is no longer in use: slab, beginning and number of bytes.  A loan may end wherever Python collects
        #: garbage, so it waits for no lock.
        self.returned: deque[tuple[_Slab, int, int]] = deque()

    def start_anew(self) -> None:
        """Wait for no thread of the parent of this process."""
        self._lock = threading.Lock()

    def held(self) -> int:
        """How many bytes nobody uses."""
        with self._lock:
            self._take_back()
            return self._idle

    def _take_back(self) -> None:
        """Keep what is no longer in use."""
        while self.returned:
            slab, start, nbytes = self.returned.popleft()
            slab.give_back(start, start + nbytes)
            self._idle += nbytes
            if self._idle > LIMIT and slab.is_free():
                self._drop(slab)

    def _drop(self, slab: _Slab) -> None:
        self._slabs.remove(slab)
        self._idle -= slab.size

    def take(self, nbytes: int) -> tuple[_Slab, int]:
        """The slab and the beginning of that many bytes, of the smallest part that has so many and was in use before."""
        with self._lock:
            self._take_back()
            best: tuple[int, int, int, int] | None = None
            for number, slab in enumerate(self._slabs):
                for place, (start, end) in enumerate(slab.free):
                    if end - start >= nbytes:
                        fresh = max(0, start + nbytes - slab.touched)
                        found = (fresh, end - start, number, place)
                        best = found if best is None else min(best, found)
            if best is None:
                made = _new_slab(nbytes)
                self._slabs.append(made)
                self._idle += made.size
                best = (nbytes, made.size, len(self._slabs) - 1, 0)
            self._idle -= nbytes
            chosen = self._slabs[best[2]]
            return chosen, chosen.take(best[3], nbytes)

    def release(self) -> None:
        """Let go of the slabs that nobody uses."""
        with self._lock:
            self._take_back()
            for slab in [slab for slab in self._slabs if slab.is_free()]:
                self._drop(slab)


_KEEPER = _Keeper()


class _Loan:
    """Memory in use: the base of an array, and so of all views of it, with which it goes."""

    __slots__ = ("__array_interface__", "_nbytes", "_slab", "_start")

    def __init__(self, nbytes: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._nbytes = -(-nbytes // STEP) * STEP
        self._slab, self._start = _KEEPER.take(self._nbytes)
        self.__array_interface__ = {
            "version": 3,
            "shape": shape,
            "typestr": dtype.str,
            "data": (self._slab.address + self._start, False),
        }

    def __del__(
        self, returned: Callable[[tuple[_Slab, int, int]], None] = _KEEPER.returned.append
    ) -> None:
        # Bound here, as at the end of the process this module is emptied before the last arrays go.
        if hasattr(self, "_start"):
            returned((self._slab, self._start, self._nbytes))


def empty(shape: Sequence[int], dtype: Any) -> NDArray[Any]:
    """As np.empty, for arrays of numbers; a large one may have the memory of another that is gone, and see `aligned`."""
    kind = np.dtype(dtype)
    count = 1
    for size in shape:
        count *= size
    nbytes = count * kind.itemsize
    if nbytes < LINED or kind.kind not in "biufc":
        return np.empty(shape, kind)
    if nbytes < LEAST:
        return aligned(shape, kind)
    return np.asarray(_Loan(nbytes, tuple(shape), kind))


def zeros(shape: Sequence[int], dtype: Any) -> NDArray[Any]:
    """As np.zeros, for arrays of numbers; see `empty`."""
    result = empty(shape, dtype)
    result.fill(0)
    return result


def contiguous(array: NDArray[Any]) -> NDArray[Any]:
    """As np.ascontiguousarray, but 0-d arrays stay; see `empty`."""
    if array.flags.c_contiguous:
        return array
    result = empty(array.shape, array.dtype)
    result[...] = array
    return result


def held() -> int:
    """How many bytes are kept that nobody uses."""
    return _KEEPER.held()


def release() -> None:
    """Give what nobody uses back to the system."""
    _KEEPER.release()


#: The largest block whose end teaches glibc anything is 32 MiB, with what it notes of the block itself.
_LESSON = (1 << 25) - (1 << 16)


@functools.cache
def keep_heap() -> None:
    """Let glibc's heap have up to 64 MiB that nobody uses, before their pages go back to the system.

    When a block ends that was mapped by itself, glibc takes blocks of its size for what is asked for again and again: from then
    on they lie in the heap, which may end with twice as much that is free.  Sooner or later every program comes to that which
    uses large arrays; one that trains on small ones would ask for thousands of pages in each step.  The block is never touched, so
    it takes no memory.  Elsewhere this does nothing, nor where the environment says what glibc shall keep.

    Source: mallopt(3), M_MMAP_THRESHOLD.
    """
    with contextlib.suppress(MemoryError):
        np.empty(_LESSON, np.uint8)


def _start_anew() -> None:
    """A child of a fork has none of the threads that may have held the lock."""
    _KEEPER.start_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
