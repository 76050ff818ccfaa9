"""Philox 4x32-10, the counter-based generator behind TensorFlow's random ops.

A block is 128 bits: four words of 32.  The stream is a function of key and counter, so any number of blocks can be
computed at once, and skipping costs nothing.

Source: tsl/lib/random/philox_random.h, tensorflow/core/util/guarded_philox_random.h.
"""

from __future__ import annotations

import secrets

import numpy as np
from numpy.typing import NDArray

__all__ = ["Philox", "WordStream"]

_MASK32 = (1 << 32) - 1
_MASK64 = (1 << 64) - 1
_MASK128 = (1 << 128) - 1
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_LOW_WORD, _SHIFT = np.uint64(_MASK32), np.uint64(32)

# Blocks that are worked on at a time: what fits a processor's cache.
_CHUNK = 1 << 13


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
            return cls(secrets.randbits(64), secrets.randbits(64))
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
        """Go `blocks` blocks of 128 bits ahead."""
        self.counter = (self.counter + blocks) & _MASK128

    def reserve(self, blocks: int) -> Philox:
        """A generator at this position; this one goes `blocks` blocks ahead, however many the other one uses."""
        taken = self.copy()
        self.skip(blocks)
        return taken

    def words(self, count: int) -> NDArray[np.uint32]:
        """The next `count` words; what is left of the last block is lost."""
        blocks = -(-count // 4)
        low = self.counter & _MASK64
        if low + blocks > _MASK64:
            # The carry into the upper half is the same for all blocks of a part that does not wrap.
            first = min(blocks, _MASK64 + 1 - low)
            parts = [self._blocks(first), self._blocks(blocks - first)]
            return np.concatenate(parts).reshape(-1)[:count]
        return self._blocks(blocks).reshape(-1)[:count]

    def _blocks(self, blocks: int) -> NDArray[np.uint32]:
        """The next blocks as [blocks, 4]; their numbers share the upper 64 bits."""
        result = np.empty((blocks, 4), np.uint32)
        for start in range(0, blocks, _CHUNK):
            self._fill(result[start : start + _CHUNK])
        return result

    def _fill(self, result: NDArray[np.uint32]) -> None:
        """Write the next blocks to [blocks, 4]."""
        blocks = len(result)
        low, high = self.counter & _MASK64, self.counter >> 64
        self.skip(blocks)
        numbers = np.arange(blocks, dtype=np.uint64) + np.uint64(low)
        a, b = numbers & _LOW_WORD, numbers >> _SHIFT
        c = np.full(blocks, high & _MASK32, np.uint64)
        d = np.full(blocks, high >> 32, np.uint64)
        first, second = self.key & _MASK32, self.key >> 32
        for _ in range(10):
            # In place: a and c become products, whose halves are the next words.
            a *= _MULTIPLIERS[0]
            c *= _MULTIPLIERS[1]
            b ^= c >> _SHIFT
            b ^= np.uint64(first)
            d ^= a >> _SHIFT
            d ^= np.uint64(second)
            c &= _LOW_WORD
            a &= _LOW_WORD
            a, b, c, d = b, c, d, a
            first, second = (first + _KEY_STEPS[0]) & _MASK32, (second + _KEY_STEPS[1]) & _MASK32
        for place, words in enumerate((a, b, c, d)):
            result[:, place] = words


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
