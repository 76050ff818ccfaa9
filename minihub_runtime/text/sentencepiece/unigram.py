"""The unigram model: of all ways to cut a text, the one whose pieces have the highest sum of scores."""

from __future__ import annotations

import array
import math
from collections.abc import Iterator

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
        self._highest = max([SMALLEST_FLOAT, *normal])
        self._symbols = set()
        self.unknown = vocabulary.unk
        self.unknown_score = single(min(normal, default=0.0) - UNKNOWN_PENALTY)
        entries = []
        for piece, number in vocabulary.segments.items():
            kind, score = vocabulary.types[number], vocabulary.scores[number]
            if kind == USER_DEFINED:
                # More than any other way to write the same text.
                score = single(len(piece.encode()) * self._highest) - 0.1
                self._symbols.add(number)
            if kind != UNUSED:
                entries.append((piece, (number, score)))
        self._root = build_trie(entries)
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
                number, score = entry
                if number in self._symbols:
                    # SentencePiece counts bytes when it looks for the best way only, characters here.
                    score = single(single((end + 1 - begin) * self._highest) - 0.1)
                yield end + 1, number, score
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
        """The best way; of equal ones the way whose last piece is longest.

        The score of the best way to each place is a 32-bit float, a sum with it is compared before it is rounded: where
        two ways score almost alike this decides, and it is what SentencePiece 0.1.96 does, the one inside TF.Text.
        """
        size = len(text)
        # A place that nothing has reached yet is below every sum.
        tops = array.array("f", (-math.inf,)) * (size + 1)
        tops[0] = 0.0
        begins = [0] * (size + 1)
        numbers = [self.unknown] * (size + 1)
        root = self._root[0]
        for begin in range(size):
            here = tops[begin]
            children = root
            alone = False
            for end in range(begin + 1, size + 1):
                child = children.get(text[end - 1])
                if child is None:
                    break
                children, entry = child
                if entry is not None:
                    number, score = entry
                    if end == begin + 1:
                        alone = True
                    score += here
                    if score > tops[end]:
                        tops[end] = score
                        begins[end] = begin
                        numbers[end] = number
            if not alone:
                score = single(self.unknown_score + here)
                if score > tops[begin + 1]:
                    tops[begin + 1] = score
                    begins[begin + 1] = begin
                    numbers[begin + 1] = self.unknown
        result: Segments = []
        end = size
        while end:
            begin = begins[end]
            result.append((text[begin:end], numbers[end]))
            end = begin
        result.reverse()
        return result
