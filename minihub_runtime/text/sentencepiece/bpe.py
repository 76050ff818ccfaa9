"""Byte pair encoding: from single characters on, the neighbours that make the best piece are merged.

The best piece has the highest score; of equal ones the leftmost is merged.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable

from minihub_runtime.text.sentencepiece.model import SPACE, UNUSED, Vocabulary
from minihub_runtime.text.sentencepiece.words import Segments, symbol_pattern

__all__ = ["BytePairs"]

#: How many words a model remembers.
CACHE_SIZE = 1 << 16

#: Longer words come too seldom to be remembered.
CACHED_LENGTH = 64


class BytePairs:
    """The segmentation of a model of type BPE."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._id = vocabulary.id
        self._segments = vocabulary.segments
        self._scores = vocabulary.scores
        self._unused = {number for number, kind in enumerate(vocabulary.types) if kind == UNUSED}
        self._pattern = symbol_pattern(vocabulary)
        self._split = self._splitter()
        self._cache: dict[str, Segments] = {}

    def _splitter(self) -> Callable[[str], list[str]]:
        """What cuts text where no piece can cross, so that words can be remembered.

        How a piece out of use falls apart depends on the last pair that made it anywhere in the text.
        """
        pieces = self._segments
        if not self._unused:
            if not any(re.search(f"[^{SPACE}]{SPACE}", piece) for piece in pieces):
                return re.compile(f"{SPACE}+[^{SPACE}]*|[^{SPACE}]+").findall
            if not any(re.search(f"{SPACE}[^{SPACE}]", piece) for piece in pieces):
                return re.compile(f"[^{SPACE}]*{SPACE}+|[^{SPACE}]+").findall
        return lambda text: [text]

    def segment(self, text: str) -> Segments:
        """The pieces of normalised text."""
        cache = self._cache
        result: Segments = []
        for word in self._split(text):
            found = cache.get(word)
            if found is None:
                found = self.merge(word)
                if len(word) <= CACHED_LENGTH:
                    if len(cache) >= CACHE_SIZE:
                        cache.clear()
                    cache[word] = found
            result += found
        return result

    def merge(self, text: str, skip: Callable[[], bool] | None = None) -> Segments:
        """The pieces of text; `skip` says of each merge whether it is left out."""
        symbols: list[str] = []
        frozen: list[bool] = []
        for match in self._pattern.finditer(text):
            symbols.append(match.group())
            frozen.append(bool(match.group(1)))
        count = len(symbols)
        before = list(range(-1, count - 1))
        after = [*range(1, count), -1]
        agenda: list[tuple[float, int, int, int]] = []
        halves: dict[str, tuple[str, str]] = {}
        segments, scores, unused = self._segments, self._scores, self._unused
        push, pop = heapq.heappush, heapq.heappop

        def consider(left: int, right: int) -> None:
            if left < 0 or right < 0 or frozen[left] or frozen[right]:
                return
            piece = symbols[left] + symbols[right]
            number = segments.get(piece)
            if number is None:
                return
            push(agenda, (-scores[number], left, right, len(piece)))
            if number in unused:
                halves[piece] = (symbols[left], symbols[right])

        for left in range(count - 1):
            consider(left, left + 1)
        while agenda:
            _, left, right, length = pop(agenda)
            first, second = symbols[left], symbols[right]
            # A pair is out of date when either half has been merged with something else.
            if not first or not second or len(first) + len(second) != length:
                continue
            if skip is not None and skip():
                continue
            symbols[left] = first + second
            symbols[right] = ""
            following = after[left] = after[right]
            if following >= 0:
                before[following] = left
            consider(before[left], left)
            consider(left, following)
        merged = [symbol for symbol in symbols if symbol]
        if not halves:
            return [(symbol, self._id(symbol)) for symbol in merged]
        return self._apart(merged, halves)

    def _apart(self, merged: list[str], halves: dict[str, tuple[str, str]]) -> Segments:
        """The pieces, those out of use replaced by what they were merged from."""
        result: Segments = []
        pending = merged[::-1]
        while pending:
            symbol = pending.pop()
            number = self._id(symbol)
            if number in self._unused and symbol in halves:
                first, second = halves[symbol]
                pending += [second, first]
            else:
                result.append((symbol, number))
        return result
