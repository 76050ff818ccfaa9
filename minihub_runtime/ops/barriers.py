"""What a barrier holds: elements by their keys, which leave when they have all components.

Runs do not wait for each other here: what could only wait is an error.

Source: tensorflow/core/kernels/barrier_ops.cc.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from minihub_runtime.dtypes import DType, string
from minihub_runtime.errors import CancelledError, OutOfRangeError, clip
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.queues import PriorityQueue
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import Shape

__all__ = ["Barrier"]

#: Of the elements that begin with the first insertion.
_FIRST = -(1 << 63)


class Barrier:
    """A barrier.

    Args:
        name: for messages.
        types: of the components.
        shapes: of the components; those of unknown rank are scalars, as in TensorFlow.

    Attributes:
        types: see above.
        incomplete: key → number of its first insertion, and its components, None for those that are not there.
        ready: elements that have all components: number, key, components.
    """

    def __init__(self, name: str, types: Sequence[DType], shapes: Sequence[Shape]) -> None:
        self.name = name
        self.types = tuple(types)
        self.shapes = tuple(() if shape is None else shape for shape in shapes)
        self.lock = threading.Lock()
        self.incomplete: dict[bytes, tuple[int, list[Array | None]]] = {}
        self.ready = PriorityQueue(name, (string, *self.types), ((), *self.shapes), -1)
        self._next = _FIRST
        self._closed = False
        self._cancelled = False

    def __repr__(self) -> str:
        return f"<Barrier {clip(self.name)} of {len(self.ready)}>"

    def insert(self, component: int, keys: list[bytes], values: Array) -> None:
        """Give elements a component; what comes before an error stays.

        Raises:
            CancelledError: the barrier is closed, and a key is new.
            InvalidArgumentError: an element has the component already, or one that is complete is of another shape.
        """
        with self.lock:
            if self._closed and (self._cancelled or not keys):
                raise CancelledError(
                    f"Barrier {clip(self.name)} is closed.  Pending enqueues cancelled: {int(self._cancelled)}."
                )
            complete: list[tuple[Array, ...]] = []
            is_new = False
            for key, value in zip(keys, values, strict=True):
                is_new |= key not in self.incomplete
                self._insert_one(component, key, np.array(value, values.dtype), complete)
            self._next += is_new
            if self._closed and not self.incomplete:
                # Nothing more can come.
                self._enqueue(complete)
                self.ready.closed = True
            else:
                self._enqueue(complete)

    def _insert_one(
        self, component: int, key: bytes, value: Array, complete: list[tuple[Array, ...]]
    ) -> None:
        if key not in self.incomplete:
            if self._closed:
                raise CancelledError(
                    f"Barrier {clip(self.name)} is closed, but attempted to insert a brand new key: {clip(repr(key))}."
                )
            self.incomplete[key] = self._next, [None] * len(self.types)
        number, components = self.incomplete[key]
        require(
            components[component] is None,
            f"Key {clip(repr(key))} already has a value for component {component} in barrier {clip(self.name)}",
        )
        components[component] = value
        found = [item for item in components if item is not None]
        if len(found) == len(components):
            del self.incomplete[key]
            named = np.empty((), object)
            named[()] = key
            complete.append((np.array(number, np.int64), named, *found))

    def _enqueue(self, complete: list[tuple[Array, ...]]) -> None:
        for element in complete:
            self.ready.check(element, many=False)
            self.ready.put([element])

    def take(self, count: int, small: bool) -> list[Array]:
        """Elements that are complete: their numbers, their keys, and each of the components.

        Args:
            count: how many.
            small: whether fewer are enough when the barrier is closed.

        Raises:
            OutOfRangeError: the barrier is closed, and has too few.
            WouldWaitError: there are too few yet.
        """
        with self.lock:
            wanted = count
            if self._closed:
                available = len(self.ready)
                if small:
                    wanted = min(count, available)
                else:
                    available += len(self.incomplete)
                if available < max(wanted, 1):
                    raise OutOfRangeError(
                        f"Barrier '{clip(self.name)}' is closed and has insufficient elements (requested {wanted}, "
                        f"total size {available})"
                    )
            return self.ready.together(self.ready.take(wanted))

    def close(self, cancel: bool) -> None:
        """Let no new keys in; with `cancel` nothing at all, and forget what is incomplete.

        Raises:
            CancelledError: that has been done.
        """
        with self.lock:
            if self._closed and (self._cancelled or not cancel):
                raise CancelledError(f"Barrier '{clip(self.name)}' is already closed.")
            self._closed, self._cancelled = True, cancel
            if cancel:
                self.incomplete.clear()
            self.ready.closed = not self.incomplete
