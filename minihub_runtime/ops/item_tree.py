"""Sequences that never change, and of which a changed copy shares nearly all with what it was made from.

A loop that fills a list of n elements makes n lists.  With tuples that would cost n² pointers; here each new list costs
the nodes on the way from the root to one leaf of a tree of width 32.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

__all__ = ["ItemTree"]

BITS = 5
WIDTH = 1 << BITS
MASK = WIDTH - 1

#: A node: WIDTH children, or WIDTH elements in a leaf; never changed once it is part of a tree.
Node = list[Any]


class ItemTree(Sequence[Any]):
    """A sequence of elements, None for those not set.

    Args:
        items: the elements.
    """

    __slots__ = ("_count", "_root", "_shift")

    def __init__(self, items: Iterable[Any] = ()) -> None:
        values = list(items)
        self._count = len(values)
        self._shift = 0
        nodes = _grouped(values, None)
        while len(nodes) > 1:
            nodes = _grouped(nodes, _unset(self._shift))
            self._shift += BITS
        self._root: Node = nodes[0] if nodes else _unset(0)

    @classmethod
    def unset(cls, count: int) -> ItemTree:
        """A sequence of that many elements that are not set, in constant memory."""
        return cls()._grown(count)

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"<{self._count} items>"

    def __iter__(self) -> Iterator[Any]:
        nodes = [self._root]
        for shift in range(self._shift, -1, -BITS):
            nodes = [child for node in nodes for child in node][: -(-self._count >> shift) or None]
        return iter(nodes[: self._count])

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return list(self)[index]
        if index < 0:
            index += self._count
        if not 0 <= index < self._count:
            raise IndexError(f"index must be less than {self._count}, not {index}")
        node = self._root
        for shift in range(self._shift, 0, -BITS):
            node = node[index >> shift & MASK]
        return node[index & MASK]

    def replaced(self, index: int, value: Any) -> ItemTree:
        """The sequence with another element at `index`, which must be one of it."""
        if not 0 <= index < self._count:
            raise IndexError(f"index must be less than {self._count}, not {index}")
        return self._copy(_replaced(self._root, self._shift, index, value), self._count)

    def appended(self, value: Any) -> ItemTree:
        """The sequence with one more element."""
        return self._grown(self._count + 1).replaced(self._count, value)

    def without_last(self) -> ItemTree:
        """The sequence without its last element."""
        # What lies behind the end is not set, so that a sequence grows without being looked through.
        shorter = self.replaced(self._count - 1, None)
        shorter._count -= 1
        return shorter

    def resized(self, count: int) -> ItemTree:
        """The first `count` elements, or all and elements that are not set."""
        return self._grown(count) if count >= self._count else ItemTree(self[:count])

    def _grown(self, count: int) -> ItemTree:
        grown = self._copy(self._root, count)
        while count > WIDTH << grown._shift:
            rest = [_unset(grown._shift)] * (WIDTH - 1)
            grown._root = [grown._root, *rest]
            grown._shift += BITS
        return grown

    def _copy(self, root: Node, count: int) -> ItemTree:
        copy = ItemTree.__new__(ItemTree)
        copy._root, copy._shift, copy._count = root, self._shift, count
        return copy


def _grouped(values: list[Any], filler: Any) -> list[Node]:
    """Nodes of WIDTH values each, the last one filled up."""
    nodes = [values[start : start + WIDTH] for start in range(0, len(values), WIDTH)]
    if nodes:
        nodes[-1] += [filler] * (WIDTH - len(nodes[-1]))
    return nodes


@functools.cache
def _unset(shift: int) -> Node:
    """The node of that height below which nothing is set; there is one of each."""
    return [None if shift == 0 else _unset(shift - BITS)] * WIDTH


def _replaced(node: Node, shift: int, index: int, value: Any) -> Node:
    copy = node.copy()
    place = index >> shift & MASK
    copy[place] = value if shift == 0 else _replaced(node[place], shift - BITS, index, value)
    return copy
