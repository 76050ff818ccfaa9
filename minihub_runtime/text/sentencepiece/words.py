"""The simple segmentations: into words, and into characters."""

from __future__ import annotations

import re

from minihub_runtime.text.sentencepiece.model import SPACE, USER_DEFINED, Vocabulary

__all__ = ["Characters", "Segments", "Words", "symbol_pattern"]

#: The pieces of a text and their ids.
Segments = list[tuple[str, int]]

_WORD = re.compile(f"{SPACE}[^{SPACE}]*|[^{SPACE}]+")


def symbol_pattern(vocabulary: Vocabulary) -> re.Pattern[str]:
    """What matches one character, or in group 1 the longest symbol of the user at that place."""
    symbols = sorted(vocabulary.of_type(USER_DEFINED), key=len, reverse=True)
    if not symbols:
        return re.compile("(?s:.)()")
    # Most characters begin no symbol and are done with the first choice.
    firsts = "".join(sorted({re.escape(symbol[0]) for symbol in symbols}))
    return re.compile(f"[^{firsts}]|({'|'.join(map(re.escape, symbols))})|(?s:.)")


class Words:
    """Each blank begins a word; a word that is no piece is unknown."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._id = vocabulary.id

    def segment(self, text: str) -> Segments:
        """The pieces of normalised text."""
        return [(word, self._id(word)) for word in _WORD.findall(text)]


class Characters:
    """Each character is a piece, and so are the symbols of the user."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._id = vocabulary.id
        self._pattern = symbol_pattern(vocabulary)

    def segment(self, text: str) -> Segments:
        """The pieces of normalised text."""
        return [(match.group(), self._id(match.group())) for match in self._pattern.finditer(text)]
