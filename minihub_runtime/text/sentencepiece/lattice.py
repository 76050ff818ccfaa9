"""All ways to cut a text into the pieces of a unigram model, with the single precision of SentencePiece.

Scores are sums of 32-bit floats.  Where two ways score almost alike, the rounding of each sum decides, so each is
rounded as SentencePiece 0.1.96 does, the one inside TF.Text.
"""

from __future__ import annotations

import array
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from minihub_runtime.text.sentencepiece.words import Segments

if TYPE_CHECKING:
    from minihub_runtime.text.sentencepiece.unigram import Unigram

__all__ = ["Lattice", "single"]

#: SentencePiece drops most hypotheses when there are more.
AGENDA_LIMIT = 100_000
AGENDA_KEPT = 512


def single(value: float) -> float:
    """`value` rounded to a 32-bit float."""
    return array.array("f", (value,))[0]


class Node:
    """One piece at one place.

    Attributes:
        begin: where it begins.
        end: where it ends.
        id: the piece.
        score: its own score.
        best: the score of the best way from the begin of the text to its end.
    """

    __slots__ = ("begin", "best", "end", "id", "score")

    def __init__(self, begin: int, end: int, number: int, score: float) -> None:
        self.begin, self.end, self.id, self.score = begin, end, number, score
        self.best = 0.0


class Lattice:
    """The nodes of a text by the place where they end."""

    def __init__(self, model: Unigram, text: str) -> None:
        self.text = text
        size = len(text)
        self.ends: list[list[Node]] = [[] for _ in range(size + 1)]
        self.start = Node(0, 0, -1, 0.0)
        self.ends[0].append(self.start)
        self.stop = Node(size, size, -1, 0.0)
        for begin in range(size):
            best = [node.best for node in self.ends[begin]]
            for end, number, score in model.matches(text, begin):
                node = Node(begin, end, number, score)
                node.best = max(single(before + score) for before in best)
                self.ends[end].append(node)

    def segments(self, nodes: Sequence[Node]) -> Segments:
        """The pieces and ids of some nodes."""
        return [(self.text[node.begin : node.end], node.id) for node in nodes]

    def best(self, count: int, check: Callable[[], None]) -> list[tuple[list[Node], float]]:
        """The best ways and their scores, the best first: an A* search from the end of the text."""
        found: list[tuple[list[Node], float]] = []
        agenda = _Heap()
        agenda.push((0.0, 0.0, self.stop, None))
        while agenda.entries and len(found) < count:
            top = agenda.pop()
            _, behind, node, after = top
            if node is self.start:
                nodes = []
                while after[3] is not None:
                    nodes.append(after[2])
                    after = after[3]
                score = 0.0
                for each in nodes:
                    score = single(score + each.score)
                found.append((nodes, score))
                continue
            check()
            for left in self.ends[node.begin]:
                agenda.push((single(left.best + behind), single(left.score + behind), left, top))
            if len(agenda.entries) >= AGENDA_LIMIT:
                kept = [agenda.pop() for _ in range(min(AGENDA_KEPT, count * 10))]
                agenda = _Heap()
                for entry in kept:
                    agenda.push(entry)
        return found

    def sample(self, alpha: float, uniform: Callable[[], float]) -> list[Node]:
        """One way at random, with a probability that rises with `alpha` times its score."""
        sums: list[float] = []
        for place, nodes in enumerate(self.ends):
            ways = [sums[node.begin] + alpha * node.score for node in nodes] if place else [0.0]
            top = max(ways)
            sums.append(top + math.log(sum(math.exp(way - top) for way in ways)))
        chosen: list[Node] = []
        place = len(self.text)
        while place:
            nodes = self.ends[place]
            level = uniform()
            for node in nodes:
                level -= math.exp(sums[node.begin] + alpha * node.score - sums[place])
                if level < 0:
                    break
            chosen.append(node)
            place = node.begin
        return chosen[::-1]


class _Heap:
    """A priority queue that treats equal priorities as the C++ library of SentencePiece's builds does."""

    def __init__(self) -> None:
        self.entries: list[Any] = []

    def push(self, entry: Any) -> None:
        """Add an entry, whose first item is its priority."""
        self.entries.append(entry)
        self._up(len(self.entries) - 1, entry)

    def pop(self) -> Any:
        """Take the entry with the highest priority."""
        entries = self.entries
        last = entries.pop()
        if not entries:
            return last
        top = entries[0]
        size = len(entries)
        hole = child = 0
        while child < (size - 1) // 2:
            child = 2 * (child + 1)
            if entries[child][0] < entries[child - 1][0]:
                child -= 1
            entries[hole] = entries[child]
            hole = child
        if size % 2 == 0 and child == (size - 2) // 2:
            child = 2 * child + 1
            entries[hole] = entries[child]
            hole = child
        self._up(hole, last)
        return top

    def _up(self, hole: int, entry: Any) -> None:
        entries = self.entries
        parent = (hole - 1) // 2
        while hole > 0 and entries[parent][0] < entry[0]:
            entries[hole] = entries[parent]
            hole = parent
            parent = (hole - 1) // 2
        entries[hole] = entry
