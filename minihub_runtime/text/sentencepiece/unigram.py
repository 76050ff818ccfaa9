"""The unigram model: of all ways to cut a text, the one whose pieces have the highest sum of scores."""

from __future__ import annotations

import array
from collections.abc import Iterator
from typing import Any

from minihub_runtime.text.sentencepiece.lattice import single
from minihub_runtime.text.sentencepiece.model import NORMAL, UNUSED, USER_DEFINED, Vocabulary
from minihub_runtime.text.sentencepiece.trie import build_trie
from minihub_runtime.text.sentencepiece.words import Segments

__all__ = ["Unigram"]

UNKNOWN_PENALTY = 10.0
SMALLEST_FLOAT = 1.1754943508222875e-38

#: How many texts a model remembers, and up to which length.
CACHE_SIZE = 4096
CACHED_LENGTH = 256


class Unigram:
    """The segmentation of a model of type UNIGRAM."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        normal = [
            score
            for score, kind in zip(vocabulary.scores, vocabulary.types, strict=True)
            if kind == NORMAL
        ]
        highest = max([SMALLEST_FLOAT, *normal])
        self.unknown = vocabulary.unk
        self.unknown_score = single(min(normal, default=0.0) - UNKNOWN_PENALTY)
        entries = []
        for piece, number in vocabulary.segments.items():
            kind, score = vocabulary.types[number], vocabulary.scores[number]
            if kind == USER_DEFINED:
                # More than any other way to write the same text.
                score = single(single(len(piece) * highest) - 0.1)
            if kind != UNUSED:
                entries.append((piece, (number, score)))
        self._root = build_trie(entries)
        scores = [abs(score) for _, (_, score) in entries]
        self._span = max([abs(self.unknown_score), *scores])
        self._cache: dict[str, Segments] = {}

    def matches(self, text: str, begin: int) -> Iterator[tuple[int, int, float]]:
        """End, id and score of each piece that begins here; the unknown one if no single character is a piece."""
        children = self._root[0]
        alone = False
        for end in range(begin, len(text)):
            child = children.get(text[end])
            if child is None:
                break
            children, entry = child
            if entry is not None:
                alone = alone or end == begin
                yield end + 1, *entry
        if not alone:
            yield begin + 1, self.unknown, self.unknown_score

    def segment(self, text: str) -> Segments:
        """The pieces of normalised text."""
        found = self._cache.get(text)
        if found is None:
            found = self._best(text)
            if len(text) <= CACHED_LENGTH:
                if len(self._cache) >= CACHE_SIZE:
                    self._cache.clear()
                self._cache[text] = found
        return found

    def _best(self, text: str) -> Segments:
        """The best way.

        Each place keeps the best way to it: (score, begin of the last piece, its id, the way before it).  Of equal
        ways the one whose last piece is longest counts.  Two ways that differ by less than the rounding of the next
        sum can become equal then, so a place also keeps the ways just below its best one that came first.
        """
        size = len(text)
        tops: list[Any] = [None] * (size + 1)
        tops[0] = (0.0, 0, -1, None)
        rivals: dict[int, list[Any]] = {}
        root = self._root[0]
        rounded = array.array("f", (0.0,))
        unknown = (self.unknown, self.unknown_score)
        span = self._span
        for begin in range(size):
            left = tops[begin]
            near = rivals.get(begin)
            score_here = left[0]
            children = root
            alone = False
            end = begin
            while True:
                child = children.get(text[end]) if end < size else None
                if child is not None:
                    children, entry = child
                    end += 1
                    if entry is None:
                        continue
                    if end == begin + 1:
                        alone = True
                elif alone:
                    break
                else:
                    alone, entry, end, children = True, unknown, begin + 1, {}
                number, score = entry
                raw = score_here + score
                top = tops[end]
                if top is not None and raw <= top[0]:
                    continue
                rounded[0] = raw
                total = rounded[0]
                if top is not None:
                    if total <= top[0]:
                        continue
                    margin = (abs(total) + span) * 1e-6
                    kept = [way for way in rivals.get(end, ()) if total - way[0] <= margin]
                    if total - top[0] <= margin:
                        kept.append(top)
                    if kept:
                        rivals[end] = kept
                    else:
                        rivals.pop(end, None)
                before = left
                if near:
                    for way in near:
                        rounded[0] = way[0] + score
                        if rounded[0] == total:
                            before = way
                            break
                tops[end] = (total, begin, number, before)
        result: Segments = []
        way = tops[size]
        end = size
        while way[3] is not None:
            _, begin, number, before = way
            result.append((text[begin:end], number))
            way, end = before, begin
        result.reverse()
        return result
