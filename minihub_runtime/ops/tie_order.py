"""The order in which C++'s standard library takes equal values.

std::priority_queue and std::sort promise nothing about equal values; what TensorFlow's ops that use them return is
then what the GNU library does.  Without equal values any sort will do, and that is the common case.

Source: bits/stl_heap.h, bits/stl_algo.h of the GNU C++ library.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.registry import Array

__all__ = ["TopN", "heap_order", "sort_order"]

# Ranges up to this length are left to the final insertion sort.
_SHORT = 16


def _has_ties(descending: Array) -> bool:
    return bool((descending[1:] == descending[:-1]).any())


def heap_order(values: Array) -> Array:
    """The places of `values` as a priority queue gives them back, largest first, when they are pushed in order."""
    order = np.argsort(-values, kind="stable")
    if not _has_ties(values[order]):
        return order
    keys = values.tolist()
    heap: list[int] = []
    for place in range(len(keys)):
        heap.append(place)
        _sift_up(heap, keys, len(heap) - 1, 0, place)
    result = []
    for length in range(len(heap) - 1, -1, -1):
        result.append(heap[0])
        moved = heap[length]
        heap[length] = heap[0]
        if length:
            _sift_down(heap, keys, 0, length, moved)
    return np.array(result, np.int64)


def _sift_up(heap: list[int], keys: list[float], hole: int, top: int, value: int) -> None:
    parent = (hole - 1) // 2
    while hole > top and keys[heap[parent]] < keys[value]:
        heap[hole] = heap[parent]
        hole, parent = parent, (parent - 1) // 2
    heap[hole] = value


def _sift_down(heap: list[int], keys: list[float], hole: int, length: int, value: int) -> None:
    """Put `value` into a heap with a free `hole`: the hole goes to a leaf first, then the value rises."""
    top = child = hole
    while child < (length - 1) // 2:
        child = 2 * (child + 1)
        if keys[heap[child]] < keys[heap[child - 1]]:
            child -= 1
        heap[hole] = heap[child]
        hole = child
    if length % 2 == 0 and child == (length - 2) // 2:
        child = 2 * (child + 1)
        heap[hole] = heap[child - 1]
        hole = child - 1
    _sift_up(heap, keys, hole, top, value)


def sort_order(values: Array, count: int) -> Array:
    """The places of `values` as std::sort leaves them, largest first; the order of the first `count` is exact."""
    order = np.argsort(-values, kind="stable")
    if not _has_ties(values[order[: count + 1]]):
        return order
    items = list(range(len(values)))
    # Smaller keys go first from here on, so the comparison is plain `<`.
    _sort(items, (-values).tolist())
    return np.array(items, np.int64)


class TopN:
    """The `limit` items with the smallest keys, of those that are pushed one by one: gtl::TopN of TensorFlow.

    Attributes:
        items: what is kept, in the order of the container; when there were more than `limit`, a heap and one free
            place behind it.

    Source: tensorflow/core/lib/gtl/top_n.h.
    """

    def __init__(self, limit: int, keys: list[float]) -> None:
        self.items: list[int] = []
        self._limit = limit
        self._keys = keys
        self._heap = self._last_is_first = False

    def __len__(self) -> int:
        return len(self.items) - self._heap

    def push(self, item: int) -> None:
        """Keep an item, and drop the last one if there are too many."""
        items, keys = self.items, self._keys
        if self._heap:
            if not keys[item] < keys[items[0]]:
                return
            _sift_up(items, keys, self._limit, 0, item)
            self._drop()
            return
        items.append(item)
        if self._last_is_first and not keys[item] < keys[items[0]]:
            items[0], items[-1] = items[-1], items[0]
        if len(items) > self._limit:
            for hole in range((len(items) - 2) // 2, -1, -1):
                _sift_down(items, keys, hole, len(items), items[hole])
            self._drop()
            self._heap = True

    def _drop(self) -> None:
        """Move the item with the largest key behind the heap."""
        items = self.items
        moved, items[-1] = items[-1], items[0]
        _sift_down(items, self._keys, 0, self._limit, moved)

    def last(self) -> int:
        """The item with the largest key."""
        items, keys = self.items, self._keys
        if not self._heap and not self._last_is_first:
            place = 0
            for other in range(1, len(items)):
                if keys[items[place]] < keys[items[other]]:
                    place = other
            items[0], items[place] = items[place], items[0]
            self._last_is_first = True
        return items[0]

    def extract(self) -> list[int]:
        """The items by rising keys; the container is of no use afterwards."""
        items, keys = self.items[: len(self)], self._keys
        chosen = [keys[item] for item in items]
        if len(set(chosen)) == len(chosen):
            return sorted(items, key=keys.__getitem__)
        if self._heap:
            _sort_heap(items, keys)
        else:
            _sort(items, keys)
        return items


def _sort(items: list[int], keys: list[float]) -> None:
    """std::sort by rising keys."""
    _introsort(items, keys, 0, len(items), 2 * (len(items).bit_length() - 1))
    _insertion_sort(items, keys, 0, min(_SHORT, len(items)))
    for place in range(_SHORT, len(items)):
        _insert(items, keys, place)


def _introsort(items: list[int], keys: list[float], first: int, last: int, depth: int) -> None:
    while last - first > _SHORT:
        if depth == 0:
            _heap_sort(items, keys, first, last)
            return
        depth -= 1
        _median_to_first(items, keys, first, last)
        cut = _partition(items, keys, first + 1, last, keys[items[first]])
        _introsort(items, keys, cut, last, depth)
        last = cut


def _median_to_first(items: list[int], keys: list[float], first: int, last: int) -> None:
    a, b, c = first + 1, first + (last - first) // 2, last - 1
    x, y, z = keys[items[a]], keys[items[b]], keys[items[c]]
    rising = b if y < z else (c if x < z else a)
    falling = a if x < z else (c if y < z else b)
    chosen = rising if x < y else falling
    items[first], items[chosen] = items[chosen], items[first]


def _partition(items: list[int], keys: list[float], first: int, last: int, pivot: float) -> int:
    while True:
        while keys[items[first]] < pivot:
            first += 1
        last -= 1
        while pivot < keys[items[last]]:
            last -= 1
        if first >= last:
            return first
        items[first], items[last] = items[last], items[first]
        first += 1


def _heap_sort(items: list[int], keys: list[float], first: int, last: int) -> None:
    """What introsort falls back to where partitions stay lopsided."""
    heap = items[first:last]
    for hole in range((len(heap) - 2) // 2, -1, -1):
        _sift_down(heap, keys, hole, len(heap), heap[hole])
    _sort_heap(heap, keys)
    items[first:last] = heap


def _sort_heap(heap: list[int], keys: list[float]) -> None:
    for length in range(len(heap) - 1, 0, -1):
        value = heap[length]
        heap[length] = heap[0]
        _sift_down(heap, keys, 0, length, value)


def _insert(items: list[int], keys: list[float], place: int) -> None:
    moved = items[place]
    key = keys[moved]
    while key < keys[items[place - 1]]:
        items[place] = items[place - 1]
        place -= 1
    items[place] = moved


def _insertion_sort(items: list[int], keys: list[float], first: int, last: int) -> None:
    for place in range(first + 1, last):
        moved = items[place]
        if keys[moved] < keys[items[first]]:
            items[first + 1 : place + 1] = items[first:place]
            items[first] = moved
        else:
            _insert(items, keys, place)
