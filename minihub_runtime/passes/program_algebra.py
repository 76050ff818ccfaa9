"""Programs of elementwise ops, spelled otherwise, so that they go over whole arrays less often.

A normalisation, as `tf.nn.moments` and `tf.nn.batch_normalization` spell it:

    m = Mean(x)                             m = Mean(x)
    v = Mean(SquaredDifference(x, m))       d = Sub(x, m)
    i = Mul(Rsqrt(v + ε), γ)           →    v = MeanOfSquares(d)
    y = x · i + (β - m · i)                 y = d · Rsqrt(v + ε) · γ + β

The right side reads and writes five whole arrays instead of eight, and cancels less.  Gelu is one line; see
`passes.program_gelu`.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence

from minihub_runtime.passes.program_gelu import name_gelu

__all__ = ["simplify"]

_ADDITIONS = ("Add", "AddV2")


def simplify(program: Sequence[str], numbers: Sequence[float]) -> tuple[list[str], list[float]]:
    """The lines and numbers of a program, or of one that gives the same; see `ops.pointwise` for what they mean."""
    text, figures = name_gelu(program, numbers) or (list(program), list(numbers))
    lines = [_Line(*line.split()) for line in text]
    centred = _centred(lines)
    if centred is None and text == list(program):
        return text, figures
    return _with_used_numbers(_written(lines if centred is None else centred), figures)


def _with_used_numbers(
    program: Sequence[str], numbers: Sequence[float]
) -> tuple[list[str], list[float]]:
    """A program and the numbers that it reads, in the order in which it does."""
    places: dict[str, int] = {}
    found = []
    for line in program:
        words = line.split()
        for place, word in enumerate(words):
            if word[0] == "$":
                words[place] = f"${places.setdefault(word, len(places))}"
        found.append(" ".join(words))
    return found, [numbers[int(word[1:])] for word in places]


class _Line(tuple[str, ...]):
    """An op and its operands."""

    def __new__(cls, *words: str) -> _Line:
        return super().__new__(cls, words)

    @property
    def name(self) -> str:
        """That of the op, and the axis it reduces."""
        return self[0]

    @property
    def operands(self) -> tuple[str, ...]:
        """What it takes."""
        return self[1:]


def _centred(lines: list[_Line]) -> list[_Line] | None:
    """The lines with a normalisation that begins with what is centred, in any order but for the last; None without one."""
    uses = collections.Counter(operand for line in lines for operand in line.operands)

    def line(operand: str, *names: str) -> _Line | None:
        found = lines[int(operand[1:])] if operand[0] == "@" else None
        return found if found is not None and found.name in names else None

    last = lines[-1]
    if last.name not in _ADDITIONS:
        return None
    for product, rest in (last.operands, last.operands[::-1]):
        scaled, shift = line(product, "Mul"), line(rest, "Sub")
        moved = None if shift is None else line(shift.operands[1], "Mul")
        if scaled is None or shift is None or moved is None:
            continue
        if {uses[product], uses[rest], uses[shift.operands[1]]} != {1}:
            continue
        for whole, factor in (scaled.operands, scaled.operands[::-1]):
            means = [operand for operand in moved.operands if operand != factor]
            mean = line(means[0], "Mean:-1", *_MEANS) if len(means) == 1 else None
            if mean is None or mean.operands != (whole,):
                continue
            factors: tuple[str, ...] = (factor,)
            inner = line(factor, "Mul")
            if inner is not None and uses[factor] == 2:
                # What there is one of for each row comes first; what is left is one for each column.
                factors = tuple(sorted(inner.operands, key=lambda operand: operand[0] != "@"))
            return _rewritten(lines, whole, means[0], factors, shift.operands[0])
    return None


#: Means along an axis that is counted from the front.
_MEANS = tuple(f"Mean:{axis}" for axis in range(1, 8))


def _rewritten(
    lines: list[_Line], whole: str, mean: str, factors: Sequence[str], shift: str
) -> list[_Line]:
    """The lines with a normalisation of `whole`, whose mean is known; those that nobody needs are still there."""
    result = lines[:-1]
    centred = f"@{len(result)}"
    result.append(_Line("Sub", whole, mean))
    squares = {
        f"@{number}"
        for number, line in enumerate(lines)
        if line.name == "SquaredDifference" and {*line.operands} == {whole, mean}
    }
    for number, line in enumerate(lines):
        name, _, axis = line.name.partition(":")
        if name == "Mean" and axis and line.operands[0] in squares:
            result[number] = _Line(f"MeanOfSquares:{axis}", centred)
    product = centred
    for factor in factors:
        result.append(_Line("Mul", product, factor))
        product = f"@{len(result) - 1}"
    return [*result, _Line("AddV2", product, shift)]


def _written(lines: Sequence[_Line]) -> list[str]:
    """The lines that the last one needs, each after what it needs itself."""
    places: dict[int, int] = {}
    result: list[str] = []
    stack = [len(lines) - 1]
    while stack:
        number = stack[-1]
        needed = [int(o[1:]) for o in lines[number].operands if o[0] == "@"]
        missing = [other for other in needed if other not in places]
        if missing:
            stack += missing[::-1]
            continue
        stack.pop()
        if number in places:
            continue
        places[number] = len(result)
        operands = [f"@{places[int(o[1:])]}" if o[0] == "@" else o for o in lines[number].operands]
        result.append(" ".join([lines[number].name, *operands]))
    return result
