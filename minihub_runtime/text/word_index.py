"""Where words stand in a vocabulary, for many words at once.

A dictionary of a million words takes a second to fill and 200 MB; and of a hundred thousand look-ups each waits for
memory on its own.  Here the vocabulary stays the bytes that it was read as, beside a table of slots of 8 bytes (buckets of
four, at most half full, a full one goes on in the next), which is filled and asked by array operations.

A slot holds the upper half of a word's hash and its place plus one; 0 is free.  A word is found when its bytes are
those at that place: the hash only says where to look.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.text.arrays import ByteWords

__all__ = ["WordIndex"]

Words: TypeAlias = NDArray[np.uint64]
Places: TypeAlias = NDArray[np.int64]

#: Keeps the first n bytes of a word.
_KEEP = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
#: Slots that are looked at together: half a cache line.
BUCKET = 4
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
_LOWER = np.uint64(0xFFFFFFFF)


class WordIndex:
    """The places of the words of a vocabulary.

    Args:
        data: their bytes.
        starts: where each begins.
        lengths: how many bytes it has.

    Attributes:
        first_repeated: the place of a word that also stands before it; None if each is another.
    """

    def __init__(self, data: NDArray[np.uint8], starts: Places, lengths: Places) -> None:
        self._bytes = ByteWords(data)
        self._starts = starts.astype(_narrowest(data.size))
        self._lengths = lengths.astype(_narrowest(data.size))
        self.first_repeated: int | None = None
        count = 1 << max(2, (2 * starts.size // BUCKET).bit_length())
        self._last = np.uint64(count - 1)
        self._slots = np.zeros((count, BUCKET), np.uint64)
        self._fill(starts, lengths)

    def __len__(self) -> int:
        return self._starts.size

    def words(self) -> list[bytes]:
        """The words in order."""
        data = self._bytes.tobytes()
        ends = (self._starts + self._lengths).tolist()
        return [data[a:b] for a, b in zip(self._starts.tolist(), ends, strict=True)]

    def _fill(self, starts: Places, lengths: Places) -> None:
        hashes, self._firsts = _hash(self._bytes, starts, lengths)
        entries = (hashes & ~_LOWER) | np.arange(1, starts.size + 1, dtype=np.uint64)
        slots = self._slots.reshape(-1)
        at = ((hashes & self._last) * np.uint64(BUCKET)).astype(np.int64)
        pending = np.arange(starts.size)
        repeated: list[int] = []
        while pending.size:
            free = np.flatnonzero(slots.take(at) == 0)
            # Of the words that want one slot the last gets it.
            slots[at.take(free)] = entries.take(pending.take(free))
            lost = np.flatnonzero(slots.take(at) != entries.take(pending))
            pending, at = pending.take(lost), at.take(lost)
            other = slots.take(at)
            alike = np.flatnonzero((other ^ entries.take(pending)) >> _HALF == 0)
            if alike.size:
                first, second = (other[alike] & _LOWER).astype(np.int64) - 1, pending[alike]
                equal = self._are(
                    first,
                    self._bytes,
                    starts.take(second),
                    lengths.take(second),
                    self._firsts.take(second),
                )
                repeated += np.maximum(first, second)[equal].tolist()
            at = (at + 1) % slots.size
        self.first_repeated = min(repeated, default=None)

    def find(self, data: NDArray[np.uint8], starts: Places, lengths: Places) -> Places:
        """The place of each word, -1 for one that is not in the vocabulary; of one that stands there twice, either.

        Args:
            data: their bytes.
            starts: where each begins.
            lengths: how many bytes it has.
        """
        asked = ByteWords(data)
        hashes, firsts = _hash(asked, starts, lengths)
        found = np.full(starts.size, -1, np.int64)
        pending = None
        # Much here is `take`, which is several times as fast as the same with brackets.
        buckets, tags = (hashes & self._last).astype(np.int64), hashes >> _HALF
        while buckets.size:
            entries = self._slots.take(buckets, axis=0)
            alike = np.flatnonzero(entries >> _HALF == tags[:, np.newaxis])
            places = (entries.take(alike) & _LOWER).astype(np.int64) - 1
            rows = alike // BUCKET
            words = rows if pending is None else pending.take(rows)
            equal = self._are(
                places, asked, starts.take(words), lengths.take(words), firsts.take(words)
            )
            found[words[equal]] = places[equal]
            # Behind a bucket with room nothing was put for want of room.
            full = entries[:, -1] != 0
            full[rows[equal]] = False
            go_on = np.flatnonzero(full)
            pending = go_on if pending is None else pending.take(go_on)
            tags = tags.take(go_on)
            buckets = (buckets.take(go_on) + 1) & int(self._last)
        return found

    def _are(
        self, places: Places, asked: ByteWords, given: Places, length: Places, first: Words
    ) -> NDArray[np.bool_]:
        """Whether the words at some places are those asked for, which begin at `given` with the 8 bytes `first`."""
        equal = self._firsts.take(places) == first
        equal &= self._lengths.take(places) == length
        for begin in range(8, int(length.max(initial=0)), 8):
            live = np.flatnonzero(equal & (length > begin))
            if not live.size:
                break
            mine = self._starts.take(places.take(live)).astype(np.int64)
            differ = self._bytes.word(mine + begin) ^ asked.word(given.take(live) + begin)
            keep = _KEEP.take(length.take(live) - begin, mode="clip")
            equal[live] = differ & keep == 0
        return equal


def _narrowest(limit: int) -> Any:
    return np.uint32 if limit < 1 << 32 else np.int64


def _hash(data: ByteWords, starts: Places, lengths: Places) -> tuple[Words, Words]:
    """64 bits that tell of all of each word, and its first 8 bytes."""
    first = data.word(starts)
    first &= _KEEP.take(lengths, mode="clip")
    total = _stir(first ^ lengths.astype(np.uint64) * _FACTOR)
    for begin in range(8, int(lengths.max(initial=0)), 8):
        live = np.flatnonzero(lengths > begin)
        word = data.word(starts.take(live) + begin)
        word &= _KEEP.take(lengths.take(live) - begin, mode="clip")
        total[live] = _stir(total.take(live) ^ word)
    # Slots that are free hold 0, which is then no word's tag.
    total |= np.uint64(1 << 32)
    return total, first


def _stir(x: Words) -> Words:
    x = x * _FACTOR
    x ^= x >> _HALF
    x *= _FACTOR
    x ^= x >> _HALF
    return x
