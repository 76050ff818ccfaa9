"""What a staging area holds.

    StagingArea          elements in the order in which they come
    MapArea              elements by their keys, put in and taken out as a whole or value by value
    └─ OrderedMapArea    the smallest key first

Runs do not wait for each other here: what could only wait is an error.

Source: tensorflow/core/kernels/stage_op.cc, map_stage_op.cc.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Iterable, Sequence

from minihub_runtime.errors import ResourceExhaustedError, WouldWaitError, clip
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.registry import Array

__all__ = ["MapArea", "OrderedMapArea", "StagingArea"]


class _Area:
    """What all areas have in common.

    Args:
        name: for messages.
        width: how many values an element has.
        capacity: how many elements there is room for; 0 for any number.
        limit: how many bytes there is room for; 0 for any number.
    """

    kind = ""

    def __init__(self, name: str, width: int, capacity: int, limit: int) -> None:
        self.name = name
        self.width = width
        self.capacity = capacity
        self.limit = limit
        self.lock = threading.Lock()
        self.bytes = 0

    def __repr__(self) -> str:
        return f"<{self.kind} {clip(self.name)}>"

    def admit(self, values: Iterable[Array], count: int | None) -> None:
        """Raise unless there is room.

        Args:
            values: what wants to enter.
            count: how many elements there are; None if it is no matter.

        Raises:
            ResourceExhaustedError: there would be no room in an empty area.
            WouldWaitError: there is none now.
        """
        size = sum(value.nbytes for value in values)
        if 0 < self.limit < size:
            raise ResourceExhaustedError(
                f"Attempted to insert tensors with combined size of '{size}' bytes into Staging Area with a memory "
                f"limit of '{self.limit}'."
            )
        if (self.limit and self.bytes + size > self.limit) or (
            self.capacity and count is not None and count >= self.capacity
        ):
            raise WouldWaitError(
                f"{self!r} must have room for an element, but is full; no run waits for another one to take some out"
            )
        self.bytes += size

    def wanting(self, what: str) -> WouldWaitError:
        """The error for what is not there."""
        return WouldWaitError(
            f"{self!r} must have {what}, but has not; no run waits for another one to put it there"
        )


class StagingArea(_Area):
    """Elements in the order in which they come."""

    kind = "staging area"

    def __init__(self, name: str, width: int, capacity: int, limit: int) -> None:
        super().__init__(name, width, capacity, limit)
        self._elements: deque[tuple[Array, ...]] = deque()

    def __len__(self) -> int:
        return len(self._elements)

    def put(self, values: tuple[Array, ...]) -> None:
        """Let an element enter; errors as for `admit`."""
        with self.lock:
            self.admit(values, len(self._elements))
            self._elements.append(values)

    def take(self) -> tuple[Array, ...]:
        """The first element, which leaves.

        Raises:
            WouldWaitError: there is none.
        """
        with self.lock:
            if not self._elements:
                raise self.wanting("an element")
            values = self._elements.popleft()
            self.bytes -= sum(value.nbytes for value in values)
            return values

    def peek(self, index: int) -> tuple[Array, ...]:
        """The element at a place.

        Raises:
            WouldWaitError: there is none.
        """
        with self.lock:
            if not 0 <= index < len(self._elements):
                raise self.wanting(f"an element at {index}")
            return self._elements[index]

    def clear(self) -> None:
        """Remove all elements."""
        with self.lock:
            self._elements.clear()
            self.bytes = 0


class MapArea(_Area):
    """Elements by their keys.

    Attributes:
        incomplete: key → values that are there, None for others; of elements that lack some.
    """

    kind = "map staging area"

    def __init__(self, name: str, width: int, capacity: int, limit: int) -> None:
        super().__init__(name, width, capacity, limit)
        self.incomplete: dict[int, list[Array | None]] = {}
        self._complete: dict[int, list[Array | None]] = {}

    def __len__(self) -> int:
        return len(self._complete)

    def put(self, key: int, places: Sequence[int], values: tuple[Array, ...]) -> None:
        """Let values of an element enter; those of a key that is there are dropped.

        Raises:
            InvalidArgumentError: places do not increase, lie outside or have a value.
            ResourceExhaustedError, WouldWaitError: as for `admit`.
        """
        with self.lock:
            self._check_places(places)
            require(
                len(places) == len(values),
                f"there must be as many values as indices, {len(places)}, not {len(values)}",
            )
            for place in places:
                self._check_place(key, place)
            if len(places) == self.width:
                self.admit(values, len(self._complete))
                self._complete.setdefault(key, list(values))
                return
            element = self.incomplete.get(key, [None] * self.width)
            for place in places:
                require(
                    element[place] is None,
                    f"The tensor for index '{place}' for key '{key}' was already initialized '{self.width}'.",
                )
            self.admit(values, None)
            for place, value in zip(places, values, strict=True):
                element[place] = value
            self.incomplete[key] = element
            if all(value is not None for value in element):
                self._complete.setdefault(key, self.incomplete.pop(key))

    def get(self, key: int, places: Sequence[int], remove: bool) -> list[Array]:
        """Values of the element of a key.

        Args:
            key: the key.
            places: which values.
            remove: whether they leave; the key does with the last of them.

        Raises:
            InvalidArgumentError: places do not increase, lie outside or have no value any more.
            WouldWaitError: the key is not there.
        """
        with self.lock:
            self._check_places(places)
            if key not in self._complete:
                raise self.wanting(f"the key {key}")
            return self._get(key, places, remove)

    def pop(self, places: Sequence[int]) -> tuple[int, list[Array]]:
        """A key, and values of its element, which leave; errors as for `get`."""
        with self.lock:
            self._check_places(places)
            if not self._complete:
                raise self.wanting("an element")
            key = self.first(self._complete)
            return key, self._get(key, places, remove=True)

    def first(self, keys: Iterable[int]) -> int:
        """The key whose turn it is."""
        return next(iter(keys))

    def clear(self) -> None:
        """Remove all elements, incomplete ones too."""
        with self.lock:
            self._complete.clear()
            self.incomplete.clear()
            self.bytes = 0

    def _get(self, key: int, places: Sequence[int], remove: bool) -> list[Array]:
        element = self._complete[key]
        found: list[Array] = []
        for place in places:
            self._check_place(key, place)
            value = element[place]
            require(
                value is not None,
                f"Tensor at index '{place}' for key '{key}' has already been removed.",
            )
            assert value is not None
            found.append(value)
        if remove:
            for place in places:
                element[place] = None
            if all(value is None for value in element):
                del self._complete[key]
            self.bytes -= sum(value.nbytes for value in found)
        return found

    def _check_places(self, places: Sequence[int]) -> None:
        require(len(places) > 0, "Indices are empty")
        require(
            all(a < b for a, b in itertools.pairwise(places)),
            "Indices are not strictly ordered",
        )

    def _check_place(self, key: int, place: int) -> None:
        require(
            0 <= place < self.width,
            f"Index '{place}' for key '{key}' was out of bounds '{self.width}'.",
        )


class OrderedMapArea(MapArea):
    """Elements by their keys, the smallest first."""

    kind = "ordered map staging area"

    def first(self, keys: Iterable[int]) -> int:
        """The smallest key."""
        return min(keys)
