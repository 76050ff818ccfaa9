"""Features on disk while they are computed, in pieces, so that those of an interrupted training are not computed again.

    <folder>/features-<key>-<first>-<end>.index, .data-…    a checkpoint with the rows `first` to `end`

The key says what they follow from.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Collection
from typing import Any

import numpy as np

from minihub_runtime.checkpoint import CheckpointReader, write_checkpoint

__all__ = ["KeptFeatures", "remove_other_features", "rows_in"]

#: A piece is written when it took so many seconds to compute; what takes less is sooner computed again.
SECONDS = 10.0
_ROWS = "rows"
_INDEX = re.compile(r"features-([0-9a-f]+)-([0-9]+)-([0-9]+)\.index")
_ANY = re.compile(r"\.?features-[0-9a-f]+-.*")


class KeptFeatures:
    """The features of one set of examples.

    Args:
        folder: where they are kept.
        key: hexadecimal digits, of what they follow from.
    """

    def __init__(self, folder: str, key: str) -> None:
        self._folder = folder
        self._key = key
        self._waiting: list[Any] = []
        self._first = 0
        self._since = time.monotonic()

    def read(self) -> list[Any]:
        """The pieces from the first row on, float32 [rows, size] each.

        Raises:
            DataLossError: a file is damaged.
        """
        ends = {first: end for key, first, end in _pieces(self._folder) if key == self._key}
        pieces = []
        while self._first in ends:
            end = ends[self._first]
            with CheckpointReader(self._prefix(self._first, end)) as reader:
                pieces.append(np.array(reader.read(_ROWS)))
            self._first = end
        self._since = time.monotonic()
        return pieces

    def add(self, rows: Any) -> None:
        """Take up the rows that follow, float32 [rows, size]; they are written with those before if that took long.

        Raises:
            OpError: they cannot be written.
        """
        self._waiting.append(rows)
        if time.monotonic() - self._since < SECONDS:
            return
        piece = np.concatenate(self._waiting)
        end = self._first + len(piece)
        write_checkpoint(self._prefix(self._first, end), {_ROWS: piece})
        self._waiting, self._first, self._since = [], end, time.monotonic()

    def _prefix(self, first: int, end: int) -> str:
        return os.path.join(self._folder, f"features-{self._key}-{first}-{end}")


def rows_in(folder: str) -> int:
    """How many rows of features a folder keeps."""
    return sum(end - first for _, first, end in _pieces(folder))


def remove_other_features(folder: str, keys: Collection[str]) -> None:
    """Take away features that follow from something else, and pieces that were not written to their end.

    Raises:
        OSError: a file cannot be removed.
    """
    whole = {f"features-{key}-{first}-{end}." for key, first, end in _pieces(folder) if key in keys}
    for name in _names(folder):
        left = name.partition(".")[0] + "."
        if _ANY.fullmatch(name) and (left not in whole or name.endswith((".new", ".next"))):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(folder, name))


def _pieces(folder: str) -> list[tuple[str, int, int]]:
    """Key, first row and end of each piece that is whole."""
    found = [match for name in _names(folder) if (match := _INDEX.fullmatch(name))]
    return [(match[1], int(match[2]), int(match[3])) for match in found]


def _names(folder: str) -> list[str]:
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []
