"""Text as the segmentation wants it: characters replaced by rules, blanks collapsed and made visible.

At each place of the text the longest match counts, first among the symbols the user defined, which stay as they are,
then among the rules.  A regular expression steps over what nothing can match.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from minihub_runtime.text.sentencepiece.charsmap import CharsMap
from minihub_runtime.text.sentencepiece.model import SPACE
from minihub_runtime.text.sentencepiece.trie import build_trie, longest_match

__all__ = ["Normalizer"]

REPLACEMENT = "\ufffd"

#: Bytes that are no UTF-8, as Python's `surrogateescape` decodes them.
BAD_BYTES = "\udc80-\udcff"

_BLANKS = re.compile("  +")


def _class(chars: set[str]) -> str:
    return "".join(f"\\U{ord(char):08x}" for char in sorted(chars))


def _byte_length(char: str) -> int:
    code = ord(char)
    if code < 0x80 or 0xDC80 <= code <= 0xDCFF:
        return 1
    return 2 if code < 0x800 else 3 if code < 0x10000 else 4


class Normalizer:
    """One normaliser.

    Args:
        spec: the NormalizerSpec of a model.
        symbols: texts that no rule touches.
        suffix: whether the added blank follows the text.
    """

    def __init__(self, spec: Any, symbols: Sequence[str] = (), suffix: bool = False) -> None:
        self._rules = CharsMap(spec.precompiled_charsmap) if spec.precompiled_charsmap else None
        self._symbols = build_trie((symbol, symbol) for symbol in symbols)
        self._collapse: bool = spec.remove_extra_whitespaces
        self._space = SPACE if spec.escape_whitespaces else " "
        self._prefix = self._space if spec.add_dummy_prefix and not suffix else ""
        self._suffix = self._space if spec.add_dummy_prefix and suffix else ""
        self._firsts = {symbol[0] for symbol in symbols}
        if self._rules is None:
            plain = f"[^{BAD_BYTES}{_class(self._firsts)}]+"
        else:
            chars = _class(set(self._rules.plain_ascii()) - self._firsts)
            # Rules for letters with marks begin with the letter alone.
            plain = f"[{chars}]+(?![^\\0-\\x7f])" if chars else "(?!)"
        self._plain = re.compile(plain).match

    def _replaced(self, text: str) -> Iterator[tuple[int, int, str | None]]:
        """The text in parts: begin, end, and the new text, or None where each character stays."""
        size = len(text)
        kept = place = 0
        while place < size:
            match = self._plain(text, place)
            if match:
                place = match.end()
                continue
            found = None
            if text[place] in self._firsts:
                found = longest_match(self._symbols, text, place)
            if found is None and self._rules is not None:
                found = self._rules.longest(text, place)
            if found is None:
                if not "\udc80" <= text[place] <= "\udcff":
                    place += 1
                    continue
                found = place + 1, REPLACEMENT
            if kept < place:
                yield kept, place, None
            kept, new = found
            yield place, kept, new
            place = kept
        if kept < size:
            yield kept, size, None

    def normalize(self, text: str) -> str:
        """The normalised text."""
        if not text:
            return ""
        parts: list[str] = []
        after_blank = leading = self._collapse
        for begin, end, new in self._replaced(text):
            part = text[begin:end] if new is None else new
            if self._collapse:
                if leading:
                    # Blanks before the text are no text, but a part that became nothing is.
                    leading = part == " " if new is not None else not part.strip(" ")
                if after_blank:
                    part = part.lstrip(" ")
                if not part:
                    continue
                if new is None:
                    part = _BLANKS.sub(" ", part)
                after_blank = part[-1] == " "
            parts.append(part)
        if leading:
            return ""
        result = self._prefix + "".join(parts).replace(" ", self._space)
        if self._collapse:
            result = result.rstrip(self._space)
        return result + self._suffix

    def normalize_with_offsets(self, text: str) -> tuple[str, list[int]]:
        """The normalised text, and for each of its characters, and its end, the byte of `text` it comes from."""
        if not text:
            return "", [0]
        chars: list[str] = []
        origins: list[int] = []
        after_blank = leading = self._collapse
        begun = False
        place = 0
        for unit, length in self._units(text):
            if leading and unit == " ":
                place += length
                continue
            if not begun:
                begun, leading = True, False
                chars += self._prefix
                origins += [place] * len(self._prefix)
            part = unit.lstrip(" ") if after_blank else unit
            if part:
                chars += part.replace(" ", self._space)
                origins += [place] * len(part)
                after_blank = self._collapse and part[-1] == " "
            place += length
        if not begun:
            return "", [place]
        while self._collapse and chars and chars[-1] == self._space:
            chars.pop()
            place = origins.pop()
        chars += self._suffix
        origins += [place] * len(self._suffix)
        return "".join(chars), [*origins, place]

    def _units(self, text: str) -> Iterator[tuple[str, int]]:
        """What each rule or character gives, and how many bytes it takes."""
        for begin, end, new in self._replaced(text):
            if new is None:
                for char in text[begin:end]:
                    yield char, _byte_length(char)
            else:
                yield new, sum(map(_byte_length, text[begin:end]))
