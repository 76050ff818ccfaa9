"""The library of NumPy's matrix products: how many threads it uses, and what for.

Products that are cut into parts for threads of our own must not start threads each: they would wait for one another, and
where cores are busy a product of two threads waits many times longer than it computes.  While `single()` lasts, each product
runs in the thread that asks for it.

Source: OpenBLAS, driver/others/blas_server.c and dynamic.c; NumPy's wheels rename its functions.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

__all__ = ["limit", "single", "small_as_they_are"]

#: Where wheels of NumPy keep the libraries they bring: Linux and Windows; macOS.
_FOLDERS = ("../numpy.libs", ".dylibs")


#: Processors for which it has functions of small products: those with AVX-512.
_SMALL = frozenset({b"Cooperlake", b"SapphireRapids", b"SkylakeX"})


class _Control(NamedTuple):
    """What is used of the library.

    Attributes:
        get: gives the number of threads.
        set: sets it.
        core: for which kind of processor its functions were chosen; empty if that is not known.
    """

    get: Callable[[], int]
    set: Callable[[int], None]
    core: bytes


@functools.cache
def _control() -> _Control | None:
    """What is used of the library; None where it is none that is known."""
    import ctypes

    home = Path(np.__file__).parent
    for path in (
        path for folder in _FOLDERS for path in sorted((home / folder).glob("*openblas*"))
    ):
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        for before in ("scipy_openblas", "openblas"):
            for after in ("64_", ""):
                names = [f"{before}_{verb}_num_threads{after}" for verb in ("get", "set")]
                if all(hasattr(library, name) for name in names):
                    get, set_ = (getattr(library, name) for name in names)
                    set_.restype = None
                    core = getattr(library, f"{before}_get_corename{after}", None)
                    if core is not None:
                        core.restype = ctypes.c_char_p
                    return _Control(get, set_, (core and core()) or b"")
    return None


def small_as_they_are() -> bool:
    """Whether small products of float32 are made of the matrices as they lie, not of copies in another order.

    Source: OpenBLAS, kernel/x86_64/sgemm_small_kernel_permit_skylakex.c.
    """
    control = _control()
    return control is not None and control.core in _SMALL


_lock = threading.Lock()
#: How many wait for `single` to end, and what to put back then.
_depth = 0
_before = 0


class _Single:
    """A context in which products run in the thread that asks for them; its value is whether that is possible."""

    def __enter__(self) -> bool:
        global _depth, _before
        control = _control()
        if control is None:
            return False
        with _lock:
            if _depth == 0:
                _before = control.get()
                if _before != 1:
                    control.set(1)
            _depth += 1
        return True

    def __exit__(self, *_: object) -> None:
        global _depth
        control = _control()
        if control is None:
            return
        with _lock:
            _depth -= 1
            if _depth == 0 and _before != 1:
                control.set(_before)


_SINGLE = _Single()


def single() -> _Single:
    """Let products run in the thread that asks for them; the context's value is whether that is possible."""
    return _SINGLE


def limit(count: int) -> None:
    """Let other products use at most so many threads."""
    global _before
    control = _control()
    if control is None:
        return
    with _lock:
        if _depth:
            _before = count
        else:
            control.set(count)


def _start_anew() -> None:
    """A child of a fork has none of the threads that hold the lock, or that wait for `single` to end."""
    global _lock, _depth
    _lock = threading.Lock()
    if _depth:
        _depth = 0
        limit(_before)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
