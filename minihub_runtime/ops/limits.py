"""Comparisons with one number, or two."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.unwrapped import clip

__all__ = ["bound", "clamp"]

#: Elements that are compared at once, at most: they and as many numbers stay in the cache that cores share, and calls are few,
#: since threads wait for each other between them.
MOST = 1 << 19


@functools.lru_cache(maxsize=32)
def _row(number: float, dtype: np.dtype[Any]) -> Array:
    found = np.full(MOST, number, dtype)
    found.flags.writeable = False
    return found


def bound(ufunc: np.ufunc, x: Array, limit: float, result: Array) -> None:
    """Put `ufunc(x, limit)` into `result`, for np.maximum or np.minimum; both arrays are contiguous, and may be one.

    NumPy compares with as many numbers as there are elements several times faster than with a single one.
    """
    row = _row(limit, x.dtype)
    flat, places = x.reshape(-1), result.reshape(-1)
    for start in range(0, flat.size, MOST):
        part = flat[start : start + MOST]
        ufunc(part, row[: part.size], out=places[start : start + MOST])


@functools.lru_cache(maxsize=32)
def _ends(low: float, high: float, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    """What the ufunc takes soonest: anything else becomes an array first."""
    return np.array(low, dtype), np.array(high, dtype)


def clamp(x: Array, low: float, high: float, result: Array) -> None:
    """Put each element of `x`, or the nearer end of a range, into `result`; both arrays are contiguous, and may be one."""
    if clip is not None:
        clip(x, *_ends(low, high, x.dtype), result)
    else:
        bound(np.maximum, x, low, result)
        bound(np.minimum, result, high, result)
