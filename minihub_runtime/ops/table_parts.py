"""Tables in one or more parts, and where their rows lie: what look-ups and updates of embeddings know of them."""

from __future__ import annotations

import operator
import weakref
from collections.abc import Iterable, Sequence

import numpy as np

from minihub_runtime.ops.checking import UNSIGNED, indices_in_range
from minihub_runtime.ops.registry import Array

__all__ = ["TableParts", "are_same", "refer"]


def refer(arrays: Iterable[Array]) -> list[weakref.ref[Array]]:
    """Arrays referred to weakly: who holds the value of a variable keeps steps of training from writing to it in place."""
    return [weakref.ref(array) for array in arrays]


def are_same(references: Iterable[weakref.ref[Array]], arrays: Iterable[Array | None]) -> bool:
    """Whether references are to these arrays, of which there are as many."""
    return all(map(operator.is_, [reference() for reference in references], arrays))


class TableParts:
    """The parts of a table and what follows from them.

    Args:
        parts: of one type, and of one shape after their rows.

    Attributes:
        dtype: their type.
        rest: the shape of a row.
        starts: the number of rows before each.
        total: the number of rows of all.
        in_turn: whether ids that go to the parts in turn are all ids less than `total`.
    """

    def __init__(self, parts: Sequence[Array]) -> None:
        self._parts = refer(parts)
        self.dtype = parts[0].dtype
        self.rest = parts[0].shape[1:]
        sizes = np.array([len(part) for part in parts])
        self._sizes = sizes.astype(np.uint64)
        self.starts = np.cumsum(sizes) - sizes
        self.total = int(sizes.sum())
        count = len(parts)
        self.in_turn = bool((sizes == (self.total - np.arange(count) + count - 1) // count).all())

    def are(self, parts: Iterable[Array]) -> bool:
        """Whether these are the parts."""
        return are_same(self._parts, parts)

    def places(self, rows: Array, which: Array | None, name: str, which_name: str) -> Array:
        """Where rows lie if all parts are one.

        Args:
            rows: rows within their parts, a vector.
            which: the part of each, if there are several.
            name: what errors call `rows`.
            which_name: what they call `which`.

        Raises:
            InvalidArgumentError: one is out of range.
        """
        if which is None:
            indices_in_range(rows, self.total, name)
            return rows
        if which.size and which.min() < 0:
            # It would be counted from the end.
            indices_in_range(which, len(self._sizes), which_name)
        try:
            sizes = self._sizes.take(which)
        except IndexError:
            indices_in_range(which, len(self._sizes), which_name)
            raise
        # What is negative is larger than any size where there is no sign.
        if (_unsigned(rows) >= sizes).any():
            for part, size in enumerate(self._sizes.tolist()):
                indices_in_range(rows[which == part], size, f"{name} of table {part}")
        return rows + self.starts.take(which)

    def places_of_ids(self, ids: Array, name: str) -> tuple[Array, Array]:
        """Where rows lie if all parts are one, and the part of each; id i is row i // n of part i % n.

        Raises:
            InvalidArgumentError: one is out of range.
        """
        divisor = ids.dtype.type(len(self._sizes))
        # Dividing is fast where all divisors are one, and the remainder is not.
        rows = ids // divisor
        which = ids - rows * divisor
        if self.in_turn and (not ids.size or _unsigned(ids).max() < self.total):
            return rows + self.starts.take(which), which
        return self.places(rows, which, name, "tables"), which


def _unsigned(numbers: Array) -> Array:
    """Numbers taken as if they had no sign."""
    return numbers.view(UNSIGNED[numbers.dtype])
