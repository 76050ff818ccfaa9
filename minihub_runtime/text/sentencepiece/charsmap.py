"""The compiled rules of a normaliser: a double-array trie of byte strings and the texts they become.

The format is that of Darts-clone: four bytes with the size of the trie, its units, and the new texts, each with a NUL at
its end.  A unit holds its label, whether a key ends here, and the offset to its children:

    bit 31        a value instead of a node
    bits 10 to 30 offset, or shifted by eight bits if bit 9 is set
    bit 8         a key ends here; its value is the unit at the offset
    bits 0 to 7   label

The rules of Unicode's NFKC are more than 200 000, so they are looked up where they stand and never listed.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.errors import DataLossError

__all__ = ["CharsMap"]

#: The longest key in characters and the longest new text in bytes.  Unicode's NFKC has 18 and 33.
KEY_LIMIT = 256
TEXT_LIMIT = 1024

#: How many pairs of characters are remembered.
CACHE_SIZE = 1 << 16


def _refuse(message: str) -> DataLossError:
    return DataLossError(f"the rules of a SentencePiece normaliser must {message}")


def _offset(unit: int) -> int:
    return (unit >> 10) << ((unit & 0x200) >> 6)


class CharsMap:
    """The rules.

    Keys that end within a character are never found; SentencePiece's compiler makes none.

    Raises:
        DataLossError: the bytes are truncated; later, when a text leads to a place outside or to bytes that are no text.
    """

    def __init__(self, blob: bytes) -> None:
        size = int.from_bytes(blob[:4], "little")
        if len(blob) <= 4 or size % 4 or size == 0 or size > len(blob) - 4:
            raise _refuse(
                f"be a trie of 4*n bytes and its texts, not {size} of {max(len(blob) - 4, 0)} bytes"
            )
        self._units: list[int] = np.frombuffer(blob, "<u4", size // 4, 4).tolist()
        self._texts = blob[4 + size :]
        self._known: dict[int, str] = {}
        self._pairs: dict[str, tuple[int, str, bool]] = {}

    def longest(self, text: str, begin: int) -> tuple[int, str] | None:
        """Where the longest key that `text` has at `begin` ends, and what it becomes."""
        pair = text[begin : begin + 2]
        known = self._pairs.get(pair)
        if known is None:
            if len(self._pairs) >= CACHE_SIZE:
                self._pairs.clear()
            known = self._pairs[pair] = self._search(pair)
        length, new, more = known
        if more:
            length, new, more = self._search(text[begin : begin + KEY_LIMIT])
            if more and len(text) - begin > KEY_LIMIT:
                raise _refuse(f"have keys of at most {KEY_LIMIT} characters, not more")
        return (begin + length, new) if length else None

    def _search(self, text: str) -> tuple[int, str, bool]:
        """The length of the longest key at the begin of `text`, what it becomes, and whether longer ones may follow."""
        units = self._units
        count = len(units)
        place = _offset(units[0])
        found, new = 0, ""
        for length, char in enumerate(text, 1):
            for byte in char.encode("utf-8", "surrogateescape"):
                place ^= byte
                if place >= count:
                    raise _refuse(f"have {count} units, which a place {place} is not in")
                unit = units[place]
                # A label of zero is that of values and of units without use.
                if unit & 0x800000FF != byte or not byte:
                    return found, new, False
                place ^= _offset(unit)
            if unit & 0x100:
                found, new = length, self._text(place)
        return found, new, True

    def _text(self, place: int) -> str:
        if place >= len(self._units):
            raise _refuse(f"have {len(self._units)} units, which a place {place} is not in")
        begin = self._units[place] & 0x7FFFFFFF
        if begin not in self._known:
            if begin >= len(self._texts):
                raise _refuse(f"have texts in {len(self._texts)} bytes, not at {begin}")
            found = self._texts[begin : begin + TEXT_LIMIT + 1].split(b"\0", 1)[0]
            if len(found) > TEXT_LIMIT:
                raise _refuse(f"have texts of at most {TEXT_LIMIT} bytes, not more at {begin}")
            try:
                self._known[begin] = found.decode()
            except UnicodeDecodeError:
                raise _refuse(f"have UTF-8 as texts, not {found[:40]!r}") from None
        return self._known[begin]

    def plain_ascii(self) -> str:
        """The ASCII characters that no rule changes before another ASCII character or at the end."""
        plain = []
        ascii_text = [chr(code) for code in range(128)]
        for char in ascii_text:
            root = self._after(_offset(self._units[0]), char)
            if root is not None:
                base, is_key = root
                if is_key or any(self._after(base, after) for after in ascii_text):
                    continue
            plain.append(char)
        return "".join(plain)

    def _after(self, place: int, char: str) -> tuple[int, bool] | None:
        """The offset after one ASCII character and whether a key ends there."""
        place ^= ord(char)
        if char == "\0" or place >= len(self._units):
            return None
        unit = self._units[place]
        if unit & 0x800000FF != ord(char):
            return None
        return place ^ _offset(unit), bool(unit & 0x100)
