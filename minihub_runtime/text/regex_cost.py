"""How long a backtracking matcher may take for a pattern, and the pattern in the syntax of Python's `re`.

Python's matcher is fast where it never goes back far.  The bound here is on its attempts from one start: a factor and
a power of the length of the text; None where attempts can double with each character.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from minihub_runtime.errors import InternalError
from minihub_runtime.text.code_points import LAST, Ranges, merged, utf8_sequences
from minihub_runtime.text.regex_program import nullable
from minihub_runtime.text.regex_syntax import (
    Alt,
    AnyByte,
    Assertion,
    Cat,
    Chars,
    Group,
    Node,
    Repeat,
)

__all__ = [
    "Cost",
    "attempts",
    "contains",
    "largest_set",
    "over_bytes",
    "to_python",
    "without_groups",
]

#: (factor, power): at most factor * length ** power attempts.
Cost = tuple[float, int]

_TOO_MANY = 1e12


def contains(node: Node, kinds: tuple[type, ...], assertions: Iterable[str] = ()) -> bool:
    """Whether a node of one of these kinds, or one of these assertions, is in the tree."""
    if isinstance(node, kinds) or (isinstance(node, Assertion) and node.kind in assertions):
        return True
    if isinstance(node, (Cat, Alt)):
        return any(contains(part, kinds, assertions) for part in node.parts)
    return isinstance(node, (Repeat, Group)) and contains(node.part, kinds, assertions)


def largest_set(node: Node) -> int:
    """The number of ranges of the largest set of characters in the tree."""
    if isinstance(node, Chars):
        return len(node.ranges)
    if isinstance(node, (Cat, Alt)):
        return max(map(largest_set, node.parts), default=0)
    return largest_set(node.part) if isinstance(node, (Repeat, Group)) else 0


def over_bytes(node: Node) -> Node:
    """The same pattern over the bytes of UTF-8, each of which stands as the character of its number."""
    if isinstance(node, Chars):
        branches: list[Node] = [
            Cat(tuple(Chars((pair,)) for pair in sequence))
            if len(sequence) > 1
            else Chars(sequence)
            for sequence in utf8_sequences(node.ranges)
        ]
        return branches[0] if len(branches) == 1 else Alt(tuple(branches)) if branches else node
    if isinstance(node, AnyByte):
        return Chars(((0, 0xFF),))
    if isinstance(node, (Cat, Alt)):
        return type(node)(tuple(over_bytes(part) for part in node.parts))
    if isinstance(node, (Repeat, Group)):
        return node._replace(part=over_bytes(node.part))
    return node


def without_groups(node: Node) -> Node:
    """The same pattern with nothing kept."""
    if isinstance(node, Group):
        return without_groups(node.part)
    if isinstance(node, (Cat, Alt)):
        return type(node)(tuple(without_groups(part) for part in node.parts))
    return node._replace(part=without_groups(node.part)) if isinstance(node, Repeat) else node


def _first(node: Node) -> Ranges:
    """The characters a node that matches something can begin with."""
    if isinstance(node, Chars):
        return node.ranges
    if isinstance(node, Cat):
        found: list[tuple[int, int]] = []
        for part in node.parts:
            found += _first(part)
            if not nullable(part):
                break
        return merged(found)
    if isinstance(node, Alt):
        return merged(pair for part in node.parts for pair in _first(part))
    if isinstance(node, (Repeat, Group)):
        return _first(node.part)
    return ()


def _apart(sets: list[Ranges]) -> bool:
    """Whether no two of the sets have a character in common."""
    pairs = sorted(pair for ranges in sets for pair in ranges)
    return all(before[1] < after[0] for before, after in itertools.pairwise(pairs))


def _single(node: Node) -> bool:
    """Whether at most one match is possible at each position."""
    if isinstance(node, Cat):
        return all(_single(part) for part in node.parts)
    if isinstance(node, Alt):
        return (
            all(_single(part) and not nullable(part) for part in node.parts)
            and _apart([_first(part) for part in node.parts])
        )  # fmt: skip
    if isinstance(node, Repeat):
        return node.least == node.most and _single(node.part)
    if isinstance(node, Group):
        return _single(node.part)
    return True


def attempts(node: Node, tail: bool) -> Cost | None:
    """The bound for one start; `tail` says that nothing that could fail comes behind `node`."""
    if isinstance(node, Group):
        return attempts(node.part, tail)
    if isinstance(node, Cat):
        factor, power = 1.0, 0
        for number, part in enumerate(node.parts, 1):
            cost = attempts(part, tail and number == len(node.parts))
            if cost is None:
                return None
            factor, power = factor * cost[0], power + cost[1]
        return _bounded(factor, power)
    if isinstance(node, Alt):
        factor, power = 0.0, 0
        for part in node.parts:
            cost = attempts(part, tail)
            if cost is None:
                return None
            factor, power = factor + cost[0], max(power, cost[1])
        return _bounded(1.0 if _single(node) else factor, power)
    if isinstance(node, Repeat):
        return _attempts_of_repeat(node, tail)
    return 1.0, 0


def _attempts_of_repeat(node: Repeat, tail: bool) -> Cost | None:
    # Python may keep the text of a group from a pass that it went back over.
    if contains(node.part, (Group,)):
        return None
    if _single(node.part) and not nullable(node.part):
        if tail and node.greedy:
            return 1.0, 0
        if node.most is None:
            return 1.0, 1
        return _bounded(float(node.most - node.least + 1), 0)
    cost = attempts(node.part, False)
    if node.most is None or cost is None:
        return None
    if node.most > 20 and cost != (1.0, 0):
        return None
    return _bounded((cost[0] + (node.least < node.most)) ** node.most, cost[1] * node.most)


def _bounded(factor: float, power: int) -> Cost | None:
    return None if factor > _TOO_MANY or power > 10 else (factor, power)


_PYTHON = {
    "begin_text": r"\A",
    "end_text": r"\Z",
    "begin_line": r"(?m:^)",
    "end_line": r"(?m:$)",
    "word": r"(?:(?<=[0-9A-Z_a-z])(?![0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?=[0-9A-Z_a-z]))",
    "not_word": r"(?:(?<=[0-9A-Z_a-z])(?=[0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?![0-9A-Z_a-z]))",
}


def _char(code: int) -> str:
    char = chr(code)
    return char if char.isascii() and char.isalnum() else f"\\U{code:08x}"


def _chars(ranges: Ranges, last: int, excluded: int | None) -> str:
    kept: list[tuple[int, int]] = []
    for low, high in ranges:
        if excluded is None or not low <= excluded <= high:
            kept.append((low, min(high, last)))
        else:
            kept += [(low, min(excluded - 1, last)), (excluded + 1, min(high, last))]
    ranges = merged(pair for pair in kept if pair[0] <= pair[1])
    if not ranges:
        return "(?!)"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _char(ranges[0][0])
    parts = (_char(low) if low == high else f"{_char(low)}-{_char(high)}" for low, high in ranges)
    return "[" + "".join(parts) + "]"


def to_python(node: Node, last: int = LAST, excluded: int | None = None) -> str:
    """The pattern for Python's `re`, for texts without the character `excluded` and with none above `last`."""
    if isinstance(node, Chars):
        return _chars(node.ranges, last, excluded)
    if isinstance(node, Cat):
        return "".join(
            f"(?:{to_python(part, last, excluded)})"
            if isinstance(part, Alt)
            else to_python(part, last, excluded)
            for part in node.parts
        )
    if isinstance(node, Alt):
        return "|".join(to_python(part, last, excluded) for part in node.parts)
    if isinstance(node, Group):
        return f"({to_python(node.part, last, excluded)})"
    if isinstance(node, Repeat):
        bounds = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((node.least, node.most))
        most = "" if node.most is None else node.most
        lazy = "" if node.greedy else "?"
        return f"(?:{to_python(node.part, last, excluded)}){bounds or f'{{{node.least},{most}}}'}{lazy}"
    if isinstance(node, Assertion):
        return _PYTHON[node.kind]
    raise InternalError(f"no pattern for {node!r}")
