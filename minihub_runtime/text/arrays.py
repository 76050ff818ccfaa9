"""String tensors as lists and as one flat buffer.

Python has no fast operation on many byte strings at once, but NumPy has on one: joined strings with their offsets
take one pass where a loop takes one call per string.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_bytes", "flat_strings", "joined", "string_array"]

Array = NDArray[Any]


def as_bytes(attribute: str) -> bytes:
    """The bytes of a string attribute; bytes that are no UTF-8 arrive as lone surrogates."""
    return attribute.encode("utf-8", "surrogateescape")


def flat_strings(array: Array) -> list[bytes]:
    """The strings of a tensor in C order."""
    strings: list[bytes] = array.reshape(-1).tolist()
    return strings


def string_array(strings: Iterable[bytes], shape: Sequence[int]) -> Array:
    """A string tensor of that shape from its strings in C order."""
    if not isinstance(strings, list):
        strings = list(strings)
    array = np.empty(len(strings), dtype=object)
    array[:] = strings
    return array.reshape(tuple(shape))


def joined(strings: Sequence[bytes]) -> tuple[Array, NDArray[np.int64]]:
    """All bytes in one uint8 array, and where each string begins, with the end of the last one."""
    offsets = np.zeros(len(strings) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, strings), np.int64, len(strings)), out=offsets[1:])
    return np.frombuffer(b"".join(strings), dtype=np.uint8), offsets
