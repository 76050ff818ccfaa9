r"""Sets of code points as sorted ranges: Unicode categories and scripts, simple case folding, UTF-8 bytes."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from minihub_runtime.text.unicode_tables import Ranges, class_table

__all__ = ["LAST", "Ranges", "folded", "merged", "negated", "unicode_class", "utf8_sequences"]

LAST = 0x10FFFF
#: No character that has another case lies above.
_LAST_CASED = 0x1E943


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Any ranges, sorted and joined."""
    result: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return tuple(result)


def negated(ranges: Ranges) -> Ranges:
    """All other code points."""
    result = []
    start = 0
    for low, high in ranges:
        if start < low:
            result.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        result.append((start, LAST))
    return tuple(result)


@functools.cache
def _orbits() -> dict[int, tuple[int, ...]]:
    """Code point → all code points that are equal but for case, for those that have others."""
    groups: dict[str, set[int]] = {}
    for code in range(0x41, _LAST_CASED + 1):
        char = chr(code)
        lower, upper = char.lower(), char.upper()
        if lower != char or upper != char:
            key = (upper if len(upper) == 1 else char).lower()
            groups.setdefault(key if len(key) == 1 else lower, set()).add(code)
    # U+0130 and U+0131 fold to themselves only.
    return {
        code: tuple(sorted(group - {0x130, 0x131}))
        for group in groups.values()
        for code in group - {0x130, 0x131}
        if len(group - {0x130, 0x131}) > 1
    }


_ASCII_ORBITS = {
    **{code: (code, code + 32) for code in range(0x41, 0x5B)},
    **{code: (code - 32, code) for code in range(0x61, 0x7B)},
    0x4B: (0x4B, 0x6B, 0x212A),
    0x6B: (0x4B, 0x6B, 0x212A),
    0x53: (0x53, 0x73, 0x17F),
    0x73: (0x53, 0x73, 0x17F),
}


def folded(ranges: Ranges) -> Ranges:
    """`ranges` with everything that is equal but for case, by Unicode's simple folding."""
    found = list(ranges)
    orbits = _ASCII_ORBITS if all(high < 0x80 for _, high in ranges) else _orbits()
    for code, orbit in orbits.items():
        if any(low <= code <= high for low, high in ranges):
            found += [(other, other) for other in orbit]
    return merged(found)


def unicode_class(name: str) -> Ranges | None:
    """The code points of a general category, of a script by its long name, or of `Any`; None for other names.

    They are those of the Unicode version of TensorFlow's RE2, 15, whatever the version of this Python.
    """
    if name == "Any":
        return ((0, LAST),)
    categories = class_table("re2_category")
    if len(name) == 1:
        parts = [ranges for key, ranges in categories.items() if key.startswith(name)]
        return merged([pair for ranges in parts for pair in ranges]) or None
    return categories.get(name) or class_table("re2_script").get(name)


def utf8_sequences(ranges: Ranges) -> list[tuple[tuple[int, int], ...]]:
    """The byte sequences of a set of code points: each a tuple of byte ranges.

    As in RE2 all of U+0080 to U+10FFFF at once stands for every sequence of a fitting length, well-formed or not,
    and surrogates have three bytes like their neighbours.
    """
    result: list[tuple[tuple[int, int], ...]] = []
    for low, high in ranges:
        if low <= 0x80 and high == LAST:
            if low < 0x80:
                result.append(((low, 0x7F),))
            more = (0x80, 0xBF)
            result += [
                ((0xC2, 0xDF), more),
                ((0xE0, 0xEF), more, more),
                ((0xF0, 0xF4), more, more, more),
            ]
        else:
            _split(low, high, result)
    return result


def _encode(code: int) -> bytes:
    return chr(code).encode("utf-8", "surrogatepass")


def _split(low: int, high: int, result: list[tuple[tuple[int, int], ...]]) -> None:
    for limit in (0x7F, 0x7FF, 0xFFFF):
        if low <= limit < high:
            _split(low, limit, result)
            _split(limit + 1, high, result)
            return
    if high < 0x80:
        result.append(((low, high),))
        return
    # Cut until all bytes behind the first that differs run over their whole range.
    for shift in (6, 12, 18):
        mask = (1 << shift) - 1
        if low & ~mask != high & ~mask:
            if low & mask:
                _split(low, low | mask, result)
                _split((low | mask) + 1, high, result)
                return
            if high & mask != mask:
                _split(low, (high & ~mask) - 1, result)
                _split(high & ~mask, high, result)
                return
    result.append(tuple(zip(_encode(low), _encode(high))))
