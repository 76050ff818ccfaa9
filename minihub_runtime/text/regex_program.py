"""Regular expressions in time linear in the text: a program of a few kinds of steps, run for all threads at once.

The threads of one position are ordered as a backtracking matcher would try them, so that the first that ends wins.

Source: re2/compile.cc, re2/nfa.cc.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable
from typing import Any, NamedTuple

from minihub_runtime.errors import InternalError, InvalidArgumentError
from minihub_runtime.text.code_points import Ranges
from minihub_runtime.text.regex_syntax import (
    Alt,
    Assertion,
    Cat,
    Chars,
    Group,
    Node,
    Repeat,
)

__all__ = ["MAX_STEPS", "Program", "Span", "nullable"]

#: The size of a program, near to what RE2 has room for.
MAX_STEPS = 87_000

#: Begin and end of the match and of each group, -1 for a group that took no part.
Span = list[int]

_CHAR, _SPLIT, _SAVE, _ASSERT, _MATCH = range(5)
_WORD = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")


class _Step(NamedTuple):
    """One step: what it is, what it goes by, and where it leads."""

    kind: int
    what: Any
    to: int
    other: int = -1


class _CharSet(dict[str, bool]):
    """Whether a character is in a set; answers are kept."""

    def __init__(self, ranges: Ranges) -> None:
        super().__init__()
        self.starts = [low for low, _ in ranges]
        self.ends = [high for _, high in ranges]

    def __missing__(self, char: str) -> bool:
        code = ord(char)
        place = bisect.bisect_right(self.starts, code) - 1
        found = place >= 0 and code <= self.ends[place]
        self[char] = found
        return found


def nullable(node: Node) -> bool:
    """Whether `node` can match no characters."""
    if isinstance(node, Cat):
        return all(nullable(part) for part in node.parts)
    if isinstance(node, Alt):
        return any(nullable(part) for part in node.parts)
    if isinstance(node, Repeat):
        return node.least == 0 or nullable(node.part)
    if isinstance(node, Group):
        return nullable(node.part)
    return isinstance(node, Assertion)


class Program:
    """A compiled tree, in which every set of characters is over the units of the text."""

    def __init__(self, node: Node, groups: int) -> None:
        self.groups = groups
        self._steps: list[_Step] = []
        self._sets: dict[int, _CharSet] = {}
        end = self._add(_MATCH, None, -1)
        last = self._add(_SAVE, 1, end)
        self._begin = self._add(_SAVE, 0, self._compile(node, last))

    def _add(self, kind: int, what: Any, to: int, other: int = -1) -> int:
        if len(self._steps) >= MAX_STEPS:
            raise InvalidArgumentError(f"a pattern must compile to at most {MAX_STEPS} steps")
        self._steps.append(_Step(kind, what, to, other))
        return len(self._steps) - 1

    def _split(self, first: int, second: int, greedy: bool) -> int:
        return self._add(_SPLIT, None, *((first, second) if greedy else (second, first)))

    def _compile(self, node: Node, to: int) -> int:
        """The place of the steps for `node`, which go on at `to`: they are made from the end."""
        if isinstance(node, Chars):
            # Repetition comes back to the same set, and to compare large ones takes long.
            known = self._sets.get(id(node.ranges))
            if known is None:
                known = self._sets[id(node.ranges)] = _CharSet(node.ranges)
            return self._add(_CHAR, known, to)
        if isinstance(node, Cat):
            for part in reversed(node.parts):
                to = self._compile(part, to)
            return to
        if isinstance(node, Alt):
            *others, last = [self._compile(part, to) for part in node.parts]
            for place in reversed(others):
                last = self._add(_SPLIT, None, place, last)
            return last
        if isinstance(node, Group):
            inner = self._compile(node.part, self._add(_SAVE, 2 * node.number + 1, to))
            return self._add(_SAVE, 2 * node.number, inner)
        if isinstance(node, Repeat):
            return self._repeat(node, to)
        if isinstance(node, Assertion):
            return self._add(_ASSERT, _ASSERTIONS[node.kind], to)
        raise InternalError(f"no program for {node!r}")

    def _repeat(self, node: Repeat, to: int) -> int:
        required = node.least
        if node.most is not None:
            end = to
            for _ in range(node.most - node.least):
                to = self._split(self._compile(node.part, to), end, node.greedy)
        elif node.least == 0 and not nullable(node.part):
            loop = self._add(_SPLIT, None, -1)
            to = self._close_loop(loop, self._compile(node.part, loop), to, node.greedy)
        else:
            # What can match nothing loops behind its first pass, so that no pass is lost to an empty one.
            loop = self._add(_SPLIT, None, -1)
            body = self._compile(node.part, loop)
            self._close_loop(loop, body, to, node.greedy)
            to = self._split(body, to, node.greedy) if node.least == 0 else body
            required = max(0, node.least - 1)
        for _ in range(required):
            to = self._compile(node.part, to)
        return to

    def _close_loop(self, loop: int, body: int, to: int, greedy: bool) -> int:
        first, second = (body, to) if greedy else (to, body)
        self._steps[loop] = _Step(_SPLIT, None, first, second)
        return loop

    def search(self, text: str, start: int, anchored: bool = False) -> Span | None:
        """The leftmost match at or behind `start`, or right there if `anchored`, by Perl's preference."""
        steps = self._steps
        size = len(text)
        seen = [-1] * len(steps)
        threads: list[tuple[int, tuple[Any, ...] | None]] = []
        found: tuple[Any, ...] | None = None
        for at in range(start, size + 1):
            if found is None and (at == start or not anchored):
                self._follow(self._begin, (), at, text, seen, threads)
            if not threads and (found is not None or anchored):
                break
            char = text[at] if at < size else ""
            following: list[tuple[int, tuple[Any, ...] | None]] = []
            # `seen` holds the next position for the threads of the next list.
            for place, saved in threads:
                step = steps[place]
                if step.kind == _MATCH:
                    found = saved
                    break
                if char and step.what[char]:
                    self._follow(step.to, saved, at + 1, text, seen, following)
            threads = following
        if found is None:
            return None
        return self._spans(found)

    def _follow(
        self,
        place: int,
        saved: tuple[Any, ...] | None,
        at: int,
        text: str,
        seen: list[int],
        threads: list[tuple[int, tuple[Any, ...] | None]],
    ) -> None:
        """Add the threads that `place` leads to without reading, the preferred one first."""
        steps = self._steps
        waiting = [(place, saved)]
        while waiting:
            place, saved = waiting.pop()
            while seen[place] != at:
                seen[place] = at
                step = steps[place]
                kind = step.kind
                if kind == _SPLIT:
                    waiting.append((step.other, saved))
                elif kind == _SAVE:
                    saved = (step.what, at, saved)
                elif kind == _ASSERT:
                    if not step.what(text, at):
                        break
                else:
                    threads.append((place, saved))
                    break
                place = step.to

    def _spans(self, saved: tuple[Any, ...]) -> Span:
        spans = [-1] * (2 * self.groups + 2)
        while saved:
            slot, at, saved = saved
            if spans[slot] < 0:
                spans[slot] = at
        return spans


def _is_word(text: str, at: int) -> bool:
    before = at > 0 and text[at - 1] in _WORD
    after = at < len(text) and text[at] in _WORD
    return before != after


_ASSERTIONS: dict[str, Callable[[str, int], bool]] = {
    "begin_text": lambda text, at: at == 0,
    "end_text": lambda text, at: at == len(text),
    "begin_line": lambda text, at: at == 0 or text[at - 1] == "\n",
    "end_line": lambda text, at: at == len(text) or text[at] == "\n",
    "word": _is_word,
    "not_word": lambda text, at: not _is_word(text, at),
}
