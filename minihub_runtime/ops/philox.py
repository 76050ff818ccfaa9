"""Philox 4x32-10, the counter-based generator behind TensorFlow's random ops.

A block is 128 bits: four words of 32.  The stream is a function of key and counter, so any number of blocks can be
computed at once, and skipping costs nothing.

Source: tsl/lib/random/philox_random.h, tensorflow/core/util/guarded_philox_random.h.
"""

from __future__ import annotations

import os
import threading

import numpy as np
from numpy.typing import NDArray

__all__ = ["Philox", "WordStream"]

_MASK32 = (1 << 32) - 1
_MASK64 = (1 << 64) - 1
_MASK128 = (1 << 128) - 1
_MULTIPLIERS = np.array([[0xD2511F53], [0xCD9E8D57]], np.uint64)
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_LOW_WORD, _SHIFT = np.uint64(_MASK32), np.uint64(32)

# Blocks that are worked on at a time: what fits a processor's cache.
_CHUNK = 1 << 13

_RESERVING = threading.Lock()


def _drawn() -> int:
    """64 bits from the system; `secrets` would bring OpenSSL with it."""
    return int.from_bytes(os.urandom(8), "little")


class Philox:
    """A position in one Philox stream.

    Attributes:
        key: 64 bits.
        counter: 128 bits, the number of the next block.
    """

    __slots__ = ("counter", "key")

    def __init__(self, seed: int = 0, seed2: int = 0) -> None:
        self.key = seed & _MASK64
        self.counter = (seed2 & _MASK64) << 64

    @classmethod
    def from_seeds(cls, seed: int, seed2: int) -> Philox:
        """The generator of an op with these attributes: both zero stand for seeds drawn from the system."""
        if seed == 0 and seed2 == 0:
            return cls(_drawn(), _drawn())
        return cls(seed, seed2)

    @classmethod
    def at(cls, key: int, counter: int) -> Philox:
        """The stream of a key, from a counter on."""
        made = cls(key)
        made.counter = counter & _MASK128
        return made

    def copy(self) -> Philox:
        """Another generator at this position."""
        return Philox.at(self.key, self.counter)

    def skip(self, blocks: int) -> None:
        """Go `blocks` blocks of 128 bits ahead, modulo 2**64.

        As in TensorFlow, a count of almost 2**64 is a negative one, where the low word carries.
        """
        blocks &= _MASK64
        carries = (self.counter & _MASK32) + (blocks & _MASK32) > _MASK32
        if carries and blocks >> 32 == _MASK32:
            blocks -= 1 << 64
        self.counter = (self.counter + blocks) & _MASK128

    def reserve(self, blocks: int) -> Philox:
        """A generator at this position; this one goes `blocks` blocks ahead, however many the other one uses.

        Safe under threads: no two callers get the same blocks.
        """
        with _RESERVING:
            taken = self.copy()
            self.skip(blocks)
        return taken

    def words(self, count: int) -> NDArray[np.uint32]:
        """The next `count` words; what is left of the last block is lost."""
        blocks = -(-count // 4)
        result = np.empty((blocks, 4), np.uint32)
        for start in range(0, blocks, _CHUNK):
            part = result[start : start + _CHUNK]
            _fill(part, self.key, self.counter, np.arange(len(part), dtype=np.uint64))
            self.skip(len(part))
        return result.reshape(-1)[:count]

    def blocks_at(self, offsets: NDArray[np.uint64]) -> NDArray[np.uint32]:
        """The blocks that lie `offsets` blocks ahead, as [n, 4]; the position stays."""
        result = np.empty((len(offsets), 4), np.uint32)
        for start in range(0, len(offsets), _CHUNK):
            part = slice(start, start + _CHUNK)
            _fill(result[part], self.key, self.counter, offsets[part])
        return result


def _fill(result: NDArray[np.uint32], key: int, counter: int, offsets: NDArray[np.uint64]) -> None:
    """Write the blocks `counter + offsets` of a stream to [blocks, 4]."""
    low, high = counter & _MASK64, counter >> 64
    numbers = offsets + np.uint64(low)
    # Words 0 and 2 are multiplied in each round, and become words 3 and 1.
    even, odd = np.empty((2, 2, len(offsets)), np.uint64)
    np.bitwise_and(numbers, _LOW_WORD, out=even[0])
    np.right_shift(numbers, _SHIFT, out=odd[0])
    if low + int(offsets.max(initial=0)) > _MASK64:
        uppers = np.uint64(high) + (numbers < np.uint64(low))
        np.bitwise_and(uppers, _LOW_WORD, out=even[1])
        np.right_shift(uppers, _SHIFT, out=odd[1])
    else:
        even[1], odd[1] = high & _MASK32, high >> 32
    halves = np.empty_like(even)
    first, second = key & _MASK32, key >> 32
    for _ in range(10):
        even *= _MULTIPLIERS
        np.right_shift(even, _SHIFT, out=halves)
        odd ^= halves[::-1]
        odd ^= np.array([[first], [second]], np.uint64)
        even &= _LOW_WORD
        even, odd = odd, even[::-1]
        first, second = (first + _KEY_STEPS[0]) & _MASK32, (second + _KEY_STEPS[1]) & _MASK32
    result[:, 0::2], result[:, 1::2] = even.T, odd.T


class WordStream:
    """Single draws from a Philox stream, word by word: TensorFlow's SimplePhilox."""

    def __init__(self, generator: Philox) -> None:
        self._generator = generator
        self._words: list[int] = []

    def word(self) -> int:
        """32 random bits."""
        if not self._words:
            self._words = self._generator.words(256).tolist()[::-1]
        return self._words.pop()

    def uniform_float(self) -> np.float32:
        """A float32 in [0, 1) with 23 random bits."""
        bits = np.uint32((self.word() & 0x7FFFFF) | 0x3F800000)
        return bits.view(np.float32) - np.float32(1)

    def below(self, limit: int) -> int:
        """An integer in [0, limit), by rejection; 0 takes a word and gives 0."""
        if limit & (limit - 1) == 0:
            return self.word() & (limit - 1) if limit else self.word() * 0
        rejected = _MASK32 % limit + 1
        while True:
            drawn = self.word()
            if drawn >= rejected:
                return drawn % limit
