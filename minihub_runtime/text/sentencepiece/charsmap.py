"""The compiled rules of a normaliser: a double-array trie of byte strings and the texts they become.

The format is that of Darts-clone: four bytes with the size of the trie, its units, and the new texts, each with a NUL at
its end.  A unit holds its label, whether a key ends here, and the offset to its children:

    bit 31        a value instead of a node
    bits 10 to 30 offset, or shifted by eight bits if bit 9 is set
    bit 8         a key ends here; its value is the unit at the offset
    bits 0 to 7   label
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.errors import DataLossError

__all__ = ["read_charsmap"]

#: The longest key or new text in bytes.  The longest of Unicode's NFKC has 33.
TEXT_LIMIT = 1024

#: How many nodes are expanded at once, so that a large trie takes little memory.
CHUNK = 4096

LABELS = np.arange(1, 256, dtype=np.int64)

Units = NDArray[np.int64]


def _refuse(message: str) -> DataLossError:
    return DataLossError(f"the rules of a SentencePiece normaliser must {message}")


def read_charsmap(blob: bytes) -> dict[str, str]:
    """Text → new text of all rules.

    Raises:
        DataLossError: the bytes are truncated or their trie is not a tree.
    """
    size = int.from_bytes(blob[:4], "little")
    if len(blob) <= 4 or size % 4 or size == 0 or size >= len(blob) - 3:
        raise _refuse(
            f"be a trie of 4*n bytes and its texts, not {size} bytes of {max(len(blob) - 4, 0)}"
        )
    units = np.frombuffer(blob, "<u4", size // 4, 4).astype(np.int64)
    texts = blob[4 + size :]
    known: dict[int, str] = {}
    rules = {}
    for key, place in _keys(units):
        if place not in known:
            known[place] = _text(texts, place)
        try:
            rules[key.decode()] = known[place]
        except UnicodeDecodeError:
            raise _refuse(f"replace UTF-8, not {key!r}") from None
    return rules


def _text(texts: bytes, place: int) -> str:
    if place >= len(texts):
        raise _refuse(f"have texts below byte {len(texts)}, not at {place}")
    # The last text may lack its NUL.
    end = texts.find(b"\0", place, place + TEXT_LIMIT + 1)
    found = texts[place:] if end < 0 else texts[place:end]
    if len(found) > TEXT_LIMIT:
        raise _refuse(f"have texts of at most {TEXT_LIMIT} bytes, not more at {place}")
    try:
        return found.decode()
    except UnicodeDecodeError:
        raise _refuse(f"have UTF-8 as texts, not {found[:40]!r}") from None


def _offsets(units: Any) -> Any:
    return (units >> 10) << ((units & 0x200) >> 6)


def _keys(units: Units) -> list[tuple[bytes, int]]:
    """The keys of the trie and their values, level by level."""
    seen = np.zeros(units.size, dtype=np.bool_)
    seen[0] = True
    found: list[tuple[bytes, int]] = []
    bases = _offsets(units[:1])
    prefixes = [b""]
    held = 0
    while bases.size:
        places, prefixes = _children(units, bases, prefixes)
        held += sum(map(len, prefixes))
        if (seen[places].any()) or np.unique(places).size != places.size:
            raise _refuse("be a tree, not a graph where two ways lead to a node")
        if prefixes and (len(prefixes[0]) > TEXT_LIMIT or held > 64 * (1 << 20)):
            raise _refuse(f"have keys of at most {TEXT_LIMIT} bytes and 64 MiB in total")
        seen[places] = True
        bases = places ^ _offsets(units[places])
        ends = np.flatnonzero((units[places] >> 8) & 1)
        if bases[ends].size and int(bases[ends].max()) >= units.size:
            raise _refuse(f"have values below unit {units.size}, not at {int(bases[ends].max())}")
        values = (units[bases[ends]] & 0x7FFFFFFF).tolist()
        found += [
            (prefixes[end], value) for end, value in zip(ends.tolist(), values, strict=True)
        ]
    return found


def _children(units: Units, bases: Units, prefixes: list[bytes]) -> tuple[Units, list[bytes]]:
    """The children of nodes with those offsets: their places and their keys."""
    places, keys = [np.zeros(0, np.int64)], []
    for begin in range(0, bases.size, CHUNK):
        wanted = bases[begin : begin + CHUNK, None] ^ LABELS
        inside = wanted < units.size
        labels = units[np.where(inside, wanted, 0)] & 0x800000FF
        rows, columns = np.nonzero(inside & (labels == LABELS))
        places.append(wanted[rows, columns])
        keys += [
            prefixes[begin + row] + bytes((column + 1,))
            for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        ]
    return np.concatenate(places), keys
