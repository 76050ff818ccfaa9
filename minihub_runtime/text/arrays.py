"""String tensors as lists and as one flat buffer.

Python has no fast operation on many byte strings at once, but NumPy has on one: joined strings with their offsets
take one pass where a loop takes one call per string.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ByteWords", "as_bytes", "flat_strings", "joined", "string_array"]

Array = NDArray[Any]

#: A word can be read at every byte of a string when so many bytes lie behind the last one.
_MARGIN = 8


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


class ByteWords:
    """Joined strings, read as 64-bit words at any byte.

    Args:
        data: the bytes; they are copied.
    """

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self._bytes = np.empty(data.size + _MARGIN, dtype=np.uint8)
        self._bytes[: data.size] = data
        self._bytes[data.size :] = 0
        self._words: Array = np.ndarray(
            (self._bytes.size - 7,), dtype="<u8", buffer=self._bytes, strides=(1,)
        )

    def word(self, at: Array) -> NDArray[np.uint64]:
        """The 8 bytes from each place on, little-endian."""
        return self._words[at].astype(np.uint64, copy=False)

    def half(self, at: Array) -> NDArray[np.uint64]:
        """The 4 bytes from each place on."""
        return self.word(at) & np.uint64(0xFFFFFFFF)

    def byte(self, at: Array) -> NDArray[np.uint64]:
        """The byte at each place."""
        return self._bytes[at].astype(np.uint64)

    def tobytes(self) -> bytes:
        """All bytes."""
        return self._bytes[:-_MARGIN].tobytes()
