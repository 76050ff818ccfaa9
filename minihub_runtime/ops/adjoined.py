"""Arrays that lie one behind the other in memory, as the parts of a table do that are read and changed together."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.ops.registry import Array

__all__ = ["adjoin", "adjoined", "is_own"]


class _Memory(np.ndarray[Any, Any]):
    """Bytes that some arrays divide among themselves.

    NumPy makes the base of a view what the base of the viewed array is, but for a base of another class: a view of one of these
    arrays has that array for its base.  So whoever holds a part of it holds it, as if its memory was its own.

    Attributes:
        arrays: the arrays in their order, referred to weakly.
    """

    arrays: tuple[weakref.ref[Array], ...] = ()


def adjoin(arrays: Sequence[Array]) -> list[Array]:
    """Copies of arrays, one behind the other in memory of their own.

    Args:
        arrays: of one type, and of one shape after their rows.
    """
    dtype, total = arrays[0].dtype, sum(array.nbytes for array in arrays)
    memory = np.ndarray.__new__(_Memory, total, np.uint8)
    copies, start = [], 0
    for array in arrays:
        copy: Array = np.ndarray(array.shape, dtype, memory, start)
        copy[...] = array
        copies.append(copy)
        start += array.nbytes
    memory.arrays = tuple(map(weakref.ref, copies))
    return copies


def is_own(array: Array) -> bool:
    """Whether what is written to an array is seen by nobody but those who hold it or a view of it."""
    return array.flags.owndata or type(array.base) is _Memory


def adjoined(arrays: Sequence[Array]) -> Array | None:
    """Arrays that lie one behind the other as one array, to be written to if `adjoin` made them; None if they lie apart."""
    first = arrays[0]
    if len(arrays) == 1:
        return first
    root = _root(first)
    own = type(root) is _Memory
    if own:
        parts = root.arrays
        if len(parts) != len(arrays) or any(
            part() is not array for part, array in zip(parts, arrays, strict=True)
        ):
            return None
    elif not _follow(arrays, root):
        return None
    shape = (sum(map(len, arrays)), *first.shape[1:])
    if own:
        # It holds the memory, but none of the arrays, which could not be changed in place then.
        return np.ndarray(shape, first.dtype, root)
    return np.lib.stride_tricks.as_strided(first, shape, first.strides, writeable=False)


def _follow(arrays: Sequence[Array], root: Any) -> bool:
    """Whether arrays are views of `root`, each of what follows the one before."""
    dtype, end = arrays[0].dtype, arrays[0].__array_interface__["data"][0]
    for array in arrays:
        if not array.flags.c_contiguous or array.dtype != dtype or _root(array) is not root:
            return False
        if array.size and array.__array_interface__["data"][0] != end:
            return False
        end += array.nbytes
    return True


def _root(array: Any) -> Any:
    """Whose memory an array is a view of."""
    while isinstance(array, np.ndarray) and array.base is not None:
        array = array.base
    return array
