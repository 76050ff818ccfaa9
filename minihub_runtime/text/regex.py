"""RE2's FullMatch, Replace and GlobalReplace.

Three ways lead to a match.  Python's `re` is the fastest; it works on the decoded text, for a whole batch at once
where no match can cross from one string to the next.  Where its backtracking could take long, a program takes its
place.  And where bytes matter (broken UTF-8, `\\C`, `\\B`), both work on bytes instead of characters.

Source: re2/re2.cc.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from minihub_runtime.text.code_points import LAST
from minihub_runtime.text.regex_cost import (
    Cost,
    attempts,
    contains,
    largest_set,
    over_bytes,
    to_python,
    without_groups,
)
from minihub_runtime.text.regex_program import Program, Span, nullable
from minihub_runtime.text.regex_syntax import AnyByte, Assertion, Cat, Chars, Node, Repeat, parse

__all__ = ["Regex", "Rewrite", "Translation", "compile_regex"]

#: More attempts than this are left to the program.
_PATIENCE = 2e7
#: Up to so many ranges Python matches a set fast whatever they are.
_SMALL = 8

_LOOKING_BACK = ("begin_text", "begin_line", "word", "not_word")

_RUNE = (
    "[\0-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    "|\xed[\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    "|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)


class Translation(NamedTuple):
    """A replacement of single characters by single bytes or nothing.

    ASCII characters stand for themselves in UTF-8 and nowhere else, in bytes that are no UTF-8 too.

    Attributes:
        table: what each byte becomes, None for itself.
        deleted: the bytes that are left out.
        of_ascii: whether it is right for ASCII text only, since other characters match too.
    """

    table: bytes | None
    deleted: bytes
    of_ascii: bool = False


class Rewrite:
    r"""The text for a match: literal pieces and the numbers of groups, written `\0` to `\9`, `\\` for a backslash.

    Attributes:
        pieces: strings over the units of the text, and numbers.
        valid: whether there is no other escape; what stands before the first one is kept.
        groups: the largest number.
    """

    def __init__(self, text: str) -> None:
        self.pieces: list[str | int] = []
        self.valid = True
        self.groups = max(
            (int(m[1]) for m in re.finditer(r"\\(?:([0-9])|.)", text, re.S) if m[1]), default=0
        )
        for match in re.finditer(r"([^\\]+)|\\([0-9])|\\(\\)|(\\)", text):
            if match[4]:
                self.valid = False
                break
            self.pieces.append(int(match[2]) if match[2] else match[1] or "\\")

    def template(self) -> str:
        """For Python's `sub`."""
        return "".join(
            f"\\g<{piece}>" if isinstance(piece, int) else piece.replace("\\", "\\\\")
            for piece in self.pieces
        )

    def expand(self, text: str, span: Span) -> str:
        """For one match."""
        return "".join(
            piece
            if isinstance(piece, str)
            else text[span[2 * piece] : span[2 * piece + 1]]
            if span[2 * piece] >= 0
            else ""
            for piece in self.pieces
        )


def _last_of(text: str) -> int:
    """A bound for the characters of a text: Python matches small sets several times as fast as large ones."""
    if text.isascii():
        return 0x7F
    return 0xFFFF if len(text.encode("utf-16-le")) == 2 * len(text) else LAST


class _Matcher:
    """A pattern over characters or over bytes."""

    def __init__(self, node: Node, groups: int, tail: bool) -> None:
        self.node = node
        self.groups = groups
        self.cost: Cost | None = attempts(node, tail)

    def python(self, text: str) -> re.Pattern[str]:
        """The pattern for Python's matcher with such a text."""
        return self._python(_last_of(text) if self._has_large_sets else LAST)

    @functools.cached_property
    def _has_large_sets(self) -> bool:
        return largest_set(self.node) > _SMALL

    @functools.cache  # noqa: B019 - the cache of compiled patterns keeps them alive anyway
    def _python(self, last: int) -> re.Pattern[str]:
        return re.compile(to_python(self.node, last))

    @functools.cached_property
    def program(self) -> Program:
        return Program(self.node, self.groups)

    def is_quick(self, size: int, starts: bool = True) -> bool:
        """Whether Python's matcher is sure to be done soon with a text of that size."""
        if self.cost is None:
            return False
        factor, power = self.cost
        return factor * float(size + 1) ** (power + starts) <= _PATIENCE

    def search(self, text: str, start: int) -> Span | None:
        """The leftmost match at or behind `start`."""
        if not self.is_quick(len(text)):
            return self.program.search(text, start)
        match = self.python(text).search(text, start)
        if match is None:
            return None
        return [at for pair in match.regs for at in pair]


class Regex:
    """A compiled pattern."""

    def __init__(self, pattern: bytes) -> None:
        node, self.groups = parse(pattern)
        self._node = node
        self._plain_node = without_groups(node)
        self._nullable = nullable(node)
        # Only for these two is there anything to see inside of a character.
        self._wants_bytes = contains(node, (AnyByte,), ("not_word",))
        # Python's `re` would take what is too large for RE2.
        _ = self._matcher(self._wants_bytes, True, False).program

    @functools.cache  # noqa: B019
    def _matcher(self, of_bytes: bool, groups: bool, whole: bool) -> _Matcher:
        node = self._node if groups else self._plain_node
        if of_bytes:
            node = over_bytes(node)
        if whole:
            node = Cat((Assertion("begin_text"), node, Assertion("end_text")))
        return _Matcher(node, self.groups if groups else 0, not whole)

    @functools.cached_property
    def _joins(self) -> bool:
        """Whether strings can be joined with NULs between, if none of them has one."""
        edges = ("begin_text", "end_text", "begin_line", "end_line")
        return not (self._wants_bytes or self._nullable or contains(self._node, (), edges))

    @functools.cache  # noqa: B019
    def _batch(self, groups: bool, last: int) -> re.Pattern[str]:
        """The pattern for joined strings."""
        node = self._node if groups else self._plain_node
        return re.compile(to_python(node, last, excluded=0))

    def _text(self, string: bytes) -> tuple[str, bool]:
        """A string as text, and whether its units are bytes."""
        if not self._wants_bytes:
            try:
                return string.decode(), False
            except UnicodeDecodeError:
                pass
        return string.decode("latin-1"), True

    def full_match(self, strings: Sequence[bytes]) -> list[bool]:
        """Whether each string matches as a whole."""
        return [self._matches(string) for string in strings]

    def _matches(self, string: bytes) -> bool:
        text, of_bytes = self._text(string)
        matcher = self._matcher(of_bytes, False, True)
        if matcher.is_quick(len(text), starts=False):
            return matcher.python(text).match(text) is not None
        return matcher.program.search(text, 0, anchored=True) is not None

    def consume(self, string: bytes) -> Iterator[tuple[int, tuple[int, int]]]:
        """RE2's FindAndConsume: the end of each match in turn, and begin and end of its group 1, in bytes.

        Each search sees only what is left, so `^` matches behind each match.  Nothing comes without groups.  The
        caller stops at an empty match, which would come for ever.
        """
        matcher = self._matcher(True, True, False)
        sees_before = contains(self._node, (), _LOOKING_BACK)
        text = string.decode("latin-1")
        start = 0
        while self.groups:
            # A copy of the rest is only made where what lies before would be seen.
            cut = start if sees_before else 0
            span = matcher.search(text[cut:] if cut else text, start - cut)
            if span is None:
                return
            start = cut + span[1]
            inner = (cut + span[2], cut + span[3]) if span[2] >= 0 else (-1, -1)
            yield start, inner

    def replace(self, strings: Sequence[bytes], rewrite: bytes, everywhere: bool) -> list[bytes]:
        """Each string with its first match, or all of them, rewritten.

        As in RE2 nothing changes where `rewrite` names more groups than there are; it ends at an escape that is
        none, and then a single replacement does not take place at all.
        """
        if everywhere:
            translation = self.translation(rewrite)
            if translation is not None and (
                not translation.of_ascii or all(map(bytes.isascii, strings))
            ):
                table, deleted = translation.table, translation.deleted
                return [string.translate(table, deleted) for string in strings]
        chars = Rewrite(rewrite.decode("utf-8", "surrogateescape"))
        if chars.groups > self.groups or not (everywhere or chars.valid):
            return list(strings)
        if everywhere and len(strings) > 1:
            batch = self._replace_batch(strings, chars)
            if batch is not None:
                return batch
        of_bytes = Rewrite(rewrite.decode("latin-1"))
        return [self._replace(string, chars, of_bytes, everywhere) for string in strings]

    @functools.cache  # noqa: B019
    def translation(self, rewrite: bytes) -> Translation | None:
        """What `bytes.translate` needs to replace all matches; None if the pattern takes more than that."""
        node = self._plain_node
        repeats = isinstance(node, Repeat) and (node.least, node.most) == (1, None)
        chars = node.part if isinstance(node, Repeat) and repeats else node
        if not isinstance(chars, Chars):
            return None
        of_ascii = any(last > 0x7F for _, last in chars.ranges)
        codes = (range(first, min(last, 0x7F) + 1) for first, last in chars.ranges)
        matched = bytes(itertools.chain.from_iterable(codes))
        pieces = Rewrite(rewrite.decode("latin-1")).pieces
        if not pieces:
            return Translation(None, matched, of_ascii)
        if repeats or len(pieces) > 1 or not isinstance(pieces[0], str) or len(pieces[0]) > 1:
            return None
        if not pieces[0].isascii():
            return None
        table = bytes.maketrans(matched, pieces[0].encode("latin-1") * len(matched))
        return Translation(table, b"", of_ascii)

    def _replace_batch(self, strings: Sequence[bytes], rewrite: Rewrite) -> list[bytes] | None:
        matcher = self._matcher(False, rewrite.groups > 0, False)
        if not self._joins or not matcher.is_quick(max(map(len, strings))):
            return None
        joined = b"\0".join(strings)
        if joined.count(b"\0") != len(strings) - 1:
            return None
        if any(isinstance(piece, str) and "\0" in piece for piece in rewrite.pieces):
            return None
        try:
            text = joined.decode()
        except UnicodeDecodeError:
            return None
        pattern = self._batch(rewrite.groups > 0, _last_of(text))
        return pattern.sub(rewrite.template(), text).encode("utf-8", "surrogateescape").split(b"\0")

    def _replace(self, string: bytes, chars: Rewrite, of_bytes: Rewrite, everywhere: bool) -> bytes:
        text, is_bytes = self._text(string)
        rewrite = of_bytes if is_bytes else chars
        matcher = self._matcher(is_bytes, rewrite.groups > 0, False)
        if everywhere and not self._nullable and matcher.is_quick(len(text)):
            result = matcher.python(text).sub(rewrite.template(), text)
        else:
            result = _replace_slowly(matcher, text, rewrite, everywhere, is_bytes)
        return result.encode("latin-1") if is_bytes else result.encode("utf-8", "surrogateescape")


def _replace_slowly(
    matcher: _Matcher, text: str, rewrite: Rewrite, everywhere: bool, of_bytes: bool
) -> str:
    """GlobalReplace: no empty match right behind another match; there one whole character is left as it is."""
    parts: list[str] = []
    at, last = 0, -1
    while at <= len(text):
        span = matcher.search(text, at)
        if span is None:
            break
        begin, end = span[0], span[1]
        parts.append(text[at:begin])
        if begin == end == last:
            rune = re.compile(_RUNE).match(text, at) if of_bytes else None
            width = len(rune[0]) if rune else 1
            parts.append(text[at : at + width])
            at += width
            continue
        parts.append(rewrite.expand(text, span))
        at = last = end
        if not everywhere:
            break
    parts.append(text[at:])
    return "".join(parts)


@functools.lru_cache(maxsize=256)
def compile_regex(pattern: bytes) -> Regex:
    """The compiled pattern; equal patterns are compiled once.

    Raises:
        InvalidArgumentError: RE2 does not take it.
    """
    return Regex(pattern)
