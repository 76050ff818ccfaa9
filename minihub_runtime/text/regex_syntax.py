"""The syntax of RE2 regular expressions: from a pattern to a tree.

What RE2 refuses is refused: back-references, look-around, possessive and stacked repetition.

Source: RE2's doc/syntax.txt and re2/parse.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.text.code_points import (
    LAST,
    Ranges,
    folded,
    merged,
    negated,
    unicode_class,
)

__all__ = [
    "MAX_REPEAT",
    "Alt",
    "AnyByte",
    "Assertion",
    "Cat",
    "Chars",
    "Group",
    "Node",
    "Pattern",
    "Repeat",
    "parse",
]

#: The largest number in braces, and the largest product of nested ones.
MAX_REPEAT = 1000
#: How deep groups may nest; RE2 has no limit of its own but its stack on the heap.
MAX_DEPTH = 100


class Chars(NamedTuple):
    """One character out of a set."""

    ranges: Ranges


class AnyByte(NamedTuple):
    r"""`\C`: one byte, whatever character it belongs to."""


class Assertion(NamedTuple):
    """A condition on a position: begin_text, end_text, begin_line, end_line, word, not_word."""

    kind: str


class Cat(NamedTuple):
    """Parts one after another; none of them match nothing."""

    parts: tuple[Node, ...]


class Alt(NamedTuple):
    """The first of the parts that leads to a match."""

    parts: tuple[Node, ...]


class Repeat(NamedTuple):
    """A part `least` to `most` (None: any number of) times."""

    part: Node
    least: int
    most: int | None
    greedy: bool


class Group(NamedTuple):
    """A part whose text is kept under a number."""

    part: Node
    number: int


Node: TypeAlias = "Chars | AnyByte | Assertion | Cat | Alt | Repeat | Group"


class Pattern(NamedTuple):
    """A parsed pattern and its number of capturing groups."""

    node: Node
    groups: int


_ASCII: dict[str, str] = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": "\0-\x7f",
    "blank": "\t\t  ",
    "cntrl": "\0-\x1f\x7f-\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@[-`{-~",
    "space": "\t-\r -  ",
    "upper": "A-Z",
    "word": "0-9A-Z_-_a-z",
    "xdigit": "0-9A-Fa-f",
}


def _ascii_ranges(text: str) -> Ranges:
    if text == "\t\t  ":
        return ((9, 9), (32, 32))
    return tuple((ord(text[i]), ord(text[i + 2])) for i in range(0, len(text) - 2, 3))


_POSIX = {name: _ascii_ranges(text) for name, text in _ASCII.items()}
_PERL: dict[str, Ranges] = {
    "d": _POSIX["digit"],
    "s": ((9, 10), (12, 13), (32, 32)),
    "w": _POSIX["word"],
}
_CONTROL = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_BRACES = re.compile(r"\{(0|[1-9][0-9]{0,8})(,(0|[1-9][0-9]{0,8})?)?\}")
_POSIX_CLASS = re.compile(r"\[:(\^?)([^:]*):\]")
_FLAGS = re.compile(r"[imsU-]*[:)]")
_OCTAL = re.compile(r"0[0-7]{0,2}|[1-7][0-7]{1,2}")
_HEX = re.compile(r"[0-9A-Fa-f]{2}|\{([0-9A-Fa-f]{1,6})\}")
_ANY: Ranges = ((0, LAST),)
_NOT_NEWLINE: Ranges = ((0, 9), (11, LAST))


class _Flags(NamedTuple):
    fold: bool = False
    multiline: bool = False
    dot_all: bool = False
    ungreedy: bool = False


def parse(pattern: bytes) -> Pattern:
    """The tree of a pattern.

    Raises:
        InvalidArgumentError: it is none that RE2 takes.
    """
    try:
        text = pattern.decode()
    except UnicodeDecodeError as error:
        raise InvalidArgumentError(f"a pattern must be UTF-8, not {pattern!r}") from error
    return _Parser(text).parse()


class _Frame:
    """What lies before an open parenthesis."""

    def __init__(self, flags: _Flags, group: int | None) -> None:
        self.flags = flags
        self.group = group
        self.branches: list[Node] = []
        self.parts: list[Node] = []
        # Whether the last part can be repeated, is itself repeated, or is not there yet.
        self.last: str = ""


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.groups = 0
        self.flags = _Flags()
        self.frames = [_Frame(self.flags, None)]

    def refuse(self, what: str, begin: int, end: int | None = None) -> InvalidArgumentError:
        shown = self.text[begin : self.at if end is None else end]
        return InvalidArgumentError(f"a pattern must not have {what}: {shown!r} in {self.text!r}")

    def parse(self) -> Pattern:
        while self.at < len(self.text):
            self.step()
        if len(self.frames) > 1:
            raise InvalidArgumentError(
                f"a pattern must close its groups: missing ) in {self.text!r}"
            )
        return Pattern(self.close(self.frames[0]), self.groups)

    def push(self, node: Node, last: str = "part") -> None:
        frame = self.frames[-1]
        frame.parts.append(node)
        frame.last = last

    def push_char(self, code: int) -> None:
        self.push(Chars(folded(((code, code),)) if self.flags.fold else ((code, code),)))

    @staticmethod
    def close(frame: _Frame) -> Node:
        branch = _cat(frame.parts)
        return Alt((*frame.branches, branch)) if frame.branches else branch

    def step(self) -> None:
        begin, char = self.at, self.text[self.at]
        self.at += 1
        if char == "(":
            self.open(begin)
        elif char == ")":
            if len(self.frames) == 1:
                raise self.refuse("an unexpected )", begin)
            frame = self.frames.pop()
            node = self.close(frame)
            self.flags = frame.flags
            self.push(node if frame.group is None else Group(node, frame.group))
        elif char == "|":
            frame = self.frames[-1]
            frame.branches.append(_cat(frame.parts))
            frame.parts, frame.last = [], ""
        elif char in "*+?":
            self.repeat(begin, int(char == "+"), 1 if char == "?" else None)
        elif char == "{" and (match := _BRACES.match(self.text, begin)):
            self.at = match.end()
            least = int(match[1])
            most = least if match[2] is None else None if match[3] is None else int(match[3])
            if max(least, most or 0) > MAX_REPEAT or (most is not None and most < least):
                raise self.refuse("an invalid repetition size", begin)
            self.repeat(begin, least, most)
        elif char == "^":
            self.push(Assertion("begin_line" if self.flags.multiline else "begin_text"))
        elif char == "$":
            self.push(Assertion("end_line" if self.flags.multiline else "end_text"))
        elif char == ".":
            self.push(Chars(_ANY if self.flags.dot_all else _NOT_NEWLINE))
        elif char == "[":
            self.push(Chars(self.char_class(begin)))
        elif char == "\\":
            self.escape(begin)
        else:
            self.push_char(ord(char))

    def open(self, begin: int) -> None:
        if len(self.frames) > MAX_DEPTH:
            raise InvalidArgumentError(f"a pattern must nest at most {MAX_DEPTH} groups")
        if not self.text.startswith("?", self.at):
            self.groups += 1
            self.frames.append(_Frame(self.flags, self.groups))
            return
        self.at += 1
        if self.text.startswith("P<", self.at):
            end = self.text.find(">", self.at)
            name = self.text[self.at + 2 : end] if end >= 0 else ""
            if not name or not re.fullmatch(r"\w+", name):
                raise self.refuse("an invalid named capture group", begin, len(self.text))
            self.at = end + 1
            self.groups += 1
            self.frames.append(_Frame(self.flags, self.groups))
            return
        match = _FLAGS.match(self.text, self.at)
        letters = match[0][:-1] if match else ""
        on, minus, off = letters.partition("-")
        if match is None or "-" in off or (minus and not off):
            raise self.refuse("an invalid Perl operator", begin, self.at + 1)
        self.at = match.end()
        names = {"i": "fold", "m": "multiline", "s": "dot_all", "U": "ungreedy"}
        changes = {names[letter]: True for letter in on}
        changes.update({names[letter]: False for letter in off})
        flags = self.flags._replace(**changes)
        if match[0].endswith(":"):
            self.frames.append(_Frame(self.flags, None))
        self.flags = flags

    def repeat(self, begin: int, least: int, most: int | None) -> None:
        frame = self.frames[-1]
        greedy = not self.flags.ungreedy
        if self.text.startswith("?", self.at):
            self.at += 1
            greedy = not greedy
        if not frame.last:
            raise self.refuse("repetition of nothing", begin)
        if frame.last == "repeat":
            raise self.refuse("a bad repetition operator, one after another", begin - 1)
        part = frame.parts.pop()
        node = Repeat(part, least, most, greedy)
        if (least > 1 or (most or 0) > 1) and _product(node) > MAX_REPEAT:
            raise self.refuse("an invalid repetition size", begin)
        self.push(node, "repeat")

    def escape(self, begin: int) -> None:
        if self.at >= len(self.text):
            raise self.refuse("a trailing \\", begin)
        letter = self.text[self.at]
        simple: dict[str, Node] = {
            "A": Assertion("begin_text"),
            "z": Assertion("end_text"),
            "b": Assertion("word"),
            "B": Assertion("not_word"),
            "C": AnyByte(),
        }
        if letter in simple:
            self.at += 1
            self.push(simple[letter])
        elif letter == "Q":
            end = self.text.find("\\E", self.at + 1)
            quoted = self.text[self.at + 1 : end if end >= 0 else len(self.text)]
            for char in quoted:
                self.push_char(ord(char))
            self.at = end + 2 if end >= 0 else len(self.text)
        else:
            ranges = self.escaped_class(begin)
            if ranges is None:
                self.push_char(self.escaped_char(begin))
            else:
                self.push(Chars(ranges))

    def escaped_class(self, begin: int) -> Ranges | None:
        """The class of the escape at `begin`, if it is one; a Perl class or a Unicode one."""
        self.at = begin + 1
        letter = self.text[self.at : self.at + 1]
        if letter and letter in "dswDSW":
            self.at += 1
            ranges = _PERL[letter.lower()]
        elif letter and letter in "pP":
            self.at += 1
            name = self.text[self.at : self.at + 1]
            self.at += 1
            if name == "{":
                end = self.text.find("}", self.at)
                name = self.text[self.at : end] if end >= 0 else ""
                self.at = end + 1 if end >= 0 else len(self.text)
            known = unicode_class(name.removeprefix("^"))
            if known is None:
                raise self.refuse("an unknown character class", begin)
            ranges = negated(known) if name.startswith("^") else known
        else:
            return None
        if self.flags.fold:
            ranges = folded(ranges)
        return negated(ranges) if letter.isupper() else ranges

    def escaped_char(self, begin: int) -> int:
        r"""The character of the escape at `begin`: `\n`, `\x{10FFFF}`, `\101`, `\.`."""
        self.at = begin + 1
        if self.at >= len(self.text):
            raise self.refuse("a trailing \\", begin)
        letter = self.text[self.at]
        octal = _OCTAL.match(self.text, self.at)
        if octal:
            self.at = octal.end()
            return int(octal[0], 8)
        self.at += 1
        if letter == "x":
            match = _HEX.match(self.text, self.at)
            code = int(match[1] or match[0], 16) if match else LAST + 1
            if match is None or code > LAST:
                raise self.refuse("an invalid escape sequence", begin, self.at + 1)
            self.at = match.end()
            return code
        if letter in _CONTROL:
            return _CONTROL[letter]
        if letter.isascii() and not letter.isalnum():
            return ord(letter)
        raise self.refuse("an invalid escape sequence", begin)

    def char_class(self, begin: int) -> Ranges:
        found: list[tuple[int, int]] = []
        negate = self.text.startswith("^", self.at)
        self.at += negate
        first = True
        while first or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise self.refuse("a class without ]", begin)
            first = False
            found += self.class_item(begin)
        self.at += 1
        ranges = merged(found)
        return negated(ranges) if negate else ranges

    def class_item(self, begin: int) -> Iterable[tuple[int, int]]:
        start = self.at
        posix = _POSIX_CLASS.match(self.text, start)
        if posix:
            self.at = posix.end()
            if posix[2] not in _POSIX:
                raise self.refuse("an unknown character class", start)
            ranges = _POSIX[posix[2]]
            ranges = folded(ranges) if self.flags.fold else ranges
            return negated(ranges) if posix[1] else ranges
        if self.text[start] == "\\":
            named = self.escaped_class(start)
            if named is not None:
                return named
            self.at = start
        low = high = self.class_char(begin)
        if self.text.startswith("-", self.at) and not self.text.startswith("]", self.at + 1):
            self.at += 1
            high = self.class_char(begin)
            if high < low:
                raise self.refuse("an invalid character class range", start)
        return folded(((low, high),)) if self.flags.fold else ((low, high),)

    def class_char(self, begin: int) -> int:
        if self.at >= len(self.text):
            raise self.refuse("a class without ]", begin)
        if self.text[self.at] == "\\":
            return self.escaped_char(self.at)
        self.at += 1
        return ord(self.text[self.at - 1])


def _cat(parts: list[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Cat(tuple(parts))


def _product(node: Node) -> int:
    """The largest product of nested counts."""
    if isinstance(node, Repeat):
        count = node.least if node.most is None else node.most
        return max(count, 1) * _product(node.part)
    if isinstance(node, Group):
        return _product(node.part)
    if isinstance(node, (Cat, Alt)):
        return max((_product(part) for part in node.parts), default=1)
    return 1
