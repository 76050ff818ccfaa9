"""What a queue holds, and how elements come out of it.

    Queue            first in, first out
    ├─ PaddingQueue  several elements of different sizes are padded with zeros when they come out together
    ├─ ShuffleQueue  any element, drawn at random
    └─ PriorityQueue the smallest first component

An element is a tuple of arrays.  Runs do not wait for each other here: what could only wait is an error.  Operations of one run do:
elements that find no room are offered to those that take some, until the run ends, as TensorFlow's threads do it in turn.  Where TensorFlow has
threads that fill a queue, a queue has feeders here, which fill it when elements are asked for: the order is the same each time.

Source: tensorflow/core/kernels/queue_base.cc, typed_queue.h, random_shuffle_queue_op.cc, priority_queue.cc.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import (
    CancelledError,
    InvalidArgumentError,
    OutOfRangeError,
    WouldWaitError,
    clip,
)
from minihub_runtime.ops.array import zeros
from minihub_runtime.ops.checking import allocatable, require
from minihub_runtime.ops.philox import Philox, WordStream
from minihub_runtime.ops.registry import Array
from minihub_runtime.shapes import Shape, compatible, concrete, show

__all__ = ["Element", "PaddingQueue", "PriorityQueue", "Queue", "ShuffleQueue"]

Element = tuple[Array, ...]
#: Gives the list of what is called at the end of the run.
Ending = Callable[[], list[Callable[[], None]]]


class Queue:
    """A queue; first in, first out.

    Attributes:
        name: for messages.
        types: of the components of an element.
        shapes: of the components, or empty.
        capacity: how many elements it may hold.
        closed: whether nothing more may enter.
        feeders: called in turn when there are too few elements; each puts some in, or returns False when it has no more.
        waiting: elements that found no room; they enter before others, as others leave, also once the queue is closed.
    """

    kind = "FIFOQueue"

    def __init__(
        self, name: str, types: Sequence[DType], shapes: Sequence[Shape], capacity: int
    ) -> None:
        self.name = name
        self.types = tuple(types)
        self.shapes = tuple(shapes)
        self.capacity = capacity if capacity >= 0 else (1 << 31) - 1
        self.closed = False
        self.lock = threading.RLock()
        self.elements: list[Any] = []
        self.feeders: deque[Callable[[], bool]] = deque()
        self.waiting: deque[Element] = deque()
        #: What operations of runs that still go on would let enter: the last of `waiting`.
        self._offers: list[deque[Element]] = []
        self._feeding = False
        self._waits_for: WouldWaitError | None = None
        require(
            not shapes or len(shapes) == len(types),
            f"shapes must be empty or as many as the {len(types)} components, not {len(shapes)}",
        )
        self.check_shapes()

    def __repr__(self) -> str:
        return f"<{self.kind} {clip(self.name)} of {len(self)}>"

    def __len__(self) -> int:
        return len(self.elements)

    def check_shapes(self) -> None:
        """Raise InvalidArgumentError unless the queue may have its shapes."""
        for shape in self.shapes:
            require(concrete(shape) is not None, f"shapes must be known, not {show(shape)}")

    def require_alike(self, kind: type[Queue], types: Sequence[DType], shapes: Any) -> None:
        """Raise InvalidArgumentError unless a queue of this name is what is asked for."""
        if type(self) is not kind or self.types != tuple(types) or self.shapes != tuple(shapes):
            raise InvalidArgumentError(
                f"queue {clip(self.name)!r} must be shared by nodes of one kind with the same types and shapes"
            )

    def check(self, components: Sequence[Array], many: bool) -> None:
        """Raise InvalidArgumentError unless these are components of an element, or of several."""
        if len(components) != len(self.types):
            require(
                False,
                f"elements of queue {clip(self.name)!r} must have {len(self.types)} components, "
                f"not {len(components)}",
            )
        for place, (array, dtype) in enumerate(zip(components, self.types, strict=True)):
            found = as_dtype(array.dtype)
            if found is not dtype:
                require(False, f"component {place} must be {dtype.name}, not {found.name}")
            if many and (not array.ndim or len(array) != len(components[0])):
                require(
                    False,
                    f"component {place} must have as many elements as the first, not shape {show(array.shape)}",
                )
            shape = self.shapes[place] if self.shapes else None
            if not compatible(shape, array.shape[1:] if many else array.shape):
                require(
                    False,
                    f"Shape mismatch in tuple component {place}: must be {show(shape)}, not {show(array.shape)}",
                )

    def put(self, elements: list[Element], ending: Ending | None = None) -> None:
        """Let elements enter.

        Args:
            elements: they.
            ending: gives the list of what is called at the end of the run; until then those that find no room are there for who takes elements.

        Raises:
            CancelledError: the queue is closed.
            WouldWaitError: there is no room, and nothing to wait for.
        """
        # Nothing needs no room, also in a queue that is closed.
        if not elements:
            return
        with self.lock:
            if self.closed:
                raise CancelledError(f"{self.kind} {clip(self.name)!r} is closed.")
            if self._feeding:
                self.waiting.extend(elements)
                self._admit()
                return
            if len(self) + len(self.waiting) + len(elements) > self.capacity:
                error = WouldWaitError(
                    f"{self.kind} {clip(self.name)!r} must have room for {len(elements)} elements, but has "
                    f"{len(self)} of {self.capacity}; no run waits for another one to take them"
                )
                if ending is not None:
                    offer = deque(elements)
                    self.waiting.extend(elements)
                    self._offers.append(offer)
                    ending().append(functools.partial(self._withdraw, offer))
                    error.resume = functools.partial(self._settle, offer, ending)
                raise error
            for element in elements:
                self.enter(element)

    def _settle(self, offer: deque[Element], ending: Ending) -> tuple[()]:
        """Nothing, once all that an operation offered has entered; raises as `put`."""
        with self.lock:
            if not any(other is offer for other in self._offers):
                # A part of a run that is over took back what had not entered; or closing the queue cancelled it.
                if offer:
                    self.put([*offer], ending)
                return ()
            error = WouldWaitError(
                f"{self.kind} {clip(self.name)!r} must have room for {len(offer)} more elements, but has "
                f"{len(self)} of {self.capacity}; no run waits for another one to take them"
            )
            error.resume = functools.partial(self._settle, offer, ending)
            raise error

    def _withdraw(self, offer: deque[Element]) -> None:
        """Take back what an operation offered and found no room for."""
        with self.lock:
            self._offers = [other for other in self._offers if other is not offer]
            left = {*map(id, offer)}
            if left:
                self.waiting = deque(item for item in self.waiting if id(item) not in left)

    def _admit(self) -> None:
        """Let elements that wait for room enter."""
        while self.waiting and len(self) < self.capacity:
            element = self.waiting.popleft()
            if self._offers and self._offers[0][0] is element:
                self._offers[0].popleft()
                if not self._offers[0]:
                    del self._offers[0]
            self.enter(element)

    def _ask(self) -> bool:
        """Let the next feeder put elements in; whether one could."""
        if not self.feeders or self.closed:
            return False
        feeder = self.feeders.popleft()
        feeding, self._feeding = self._feeding, True
        more = True
        try:
            more = feeder()
        except WouldWaitError as error:
            # It is asked again when elements are wanted again; other runs may have brought what it waits for.
            self._waits_for = error
            return False
        except BaseException:
            more = False
            raise
        finally:
            self._feeding = feeding
            if more:
                self.feeders.append(feeder)
        return True

    def feed(self) -> None:
        """Let feeders put elements in until there is no room."""
        while not self.waiting and len(self) < self.capacity and self._ask():
            pass

    def take(
        self, count: int, at_most: bool = False, ending: Ending | None = None
    ) -> list[Element]:
        """The next `count` elements; with `at_most` those there are if the queue is closed.

        Args:
            count: how many.
            at_most: see above.
            ending: as for `put`; until then elements that others of the run offer are held while more are to come.

        Raises:
            OutOfRangeError: the queue is closed and has too few.
            WouldWaitError: it has too few, and there is nothing to wait for.
        """
        return self._take([], count, at_most, ending)

    def _take(
        self, taken: list[Element], count: int, at_most: bool, ending: Ending | None
    ) -> list[Element]:
        """As `take`, after some were taken."""
        with self.lock:
            self._waits_for = None
            self.feed()
            before = len(taken)
            in_parts = ending is not None and bool(taken or self._offers)
            self._admit()
            try:
                # More elements than the queue can hold leave in parts.
                while 0 < self.ready() < count - len(taken) and (self.waiting or self.feeders):
                    taken += self._leave(self.ready())
                    self.feed()
                self._require(len(taken) + self.ready(), count, at_most)
            except WouldWaitError as error:
                if not in_parts or ending is None:
                    self._put_back(taken)
                    raise
                taken += self._leave(self.ready())
                if not before:
                    ending().append(functools.partial(self._put_back, taken))
                error.moved = len(taken) > before
                error.resume = functools.partial(self._take, taken, count, at_most, ending)
                raise
            except BaseException:
                self._put_back(taken)
                raise
            found = taken + self._leave(min(count - len(taken), self.ready()))
            taken.clear()
            return found

    def _put_back(self, taken: list[Element]) -> None:
        """Put elements back that were taken and not handed out."""
        with self.lock:
            self.restore(taken)
            taken.clear()

    def _leave(self, count: int) -> list[Element]:
        """Take so many elements out, and let others enter."""
        taken = [self.leave() for _ in range(count)]
        self._admit()
        return taken

    def _require(self, ready: int, count: int, at_most: bool) -> None:
        """Raise unless so many elements are enough; see `take`."""
        if ready >= count:
            return
        if not self.closed:
            raise self._waits_for or WouldWaitError(
                f"{self.kind} {clip(self.name)!r} must have {count} elements to give, but has {ready}; "
                "no run waits for another one to put them there"
            )
        if not (at_most and ready):
            raise OutOfRangeError(
                f"{self.kind} {clip(self.name)!r} is closed and has insufficient elements "
                f"(requested {count}, current size {ready})"
            )

    def close(self, cancel: bool = False) -> None:
        """Let nothing more enter; with `cancel` not even what waits for room.

        Raises:
            CancelledError: it is closed already.
        """
        with self.lock:
            if cancel:
                self.waiting.clear()
                self._offers.clear()
            if self.closed:
                raise CancelledError(f"{self.kind} {clip(self.name)!r} is already closed.")
            self.closed = True

    def ready(self) -> int:
        """How many elements may leave."""
        return len(self)

    def enter(self, element: Element) -> None:
        """Put one element in."""
        self.elements.append(element)

    def leave(self) -> Element:
        """Take the next element out."""
        first: Element = self.elements.pop(0)
        return first

    def restore(self, elements: list[Element]) -> None:
        """Put elements back that left last."""
        self.elements[:0] = elements

    def together(self, elements: list[Element]) -> list[Array]:
        """Several elements as one array for each component."""
        if not self.shapes:
            raise InvalidArgumentError(
                f"{self.kind} {clip(self.name)!r} must have shapes for elements to come out together"
            )
        return [
            self.stack(place, [element[place] for element in elements])
            for place in range(len(self.types))
        ]

    def stack(self, place: int, arrays: list[Array]) -> Array:
        """Values of one component as one array."""
        shape = concrete(self.shapes[place])
        assert shape is not None
        dtype = self.types[place]
        result = np.empty(allocatable((len(arrays), *shape), dtype.numpy), dtype.numpy)
        for row, array in enumerate(arrays):
            result[row, ...] = array
        return result


class PaddingQueue(Queue):
    """A queue whose shapes may have unknown sizes."""

    kind = "PaddingFIFOQueue"

    def check_shapes(self) -> None:
        """Raise InvalidArgumentError unless all ranks are known."""
        require(
            len(self.shapes) == len(self.types),
            f"shapes must be given for all {len(self.types)} components, not {len(self.shapes)}",
        )
        require(None not in self.shapes, "shapes must have known ranks")

    def stack(self, place: int, arrays: list[Array]) -> Array:
        """Values of one component, padded with zeros to the largest."""
        dtype, shape = self.types[place], self.shapes[place] or ()
        sizes = [
            max((array.shape[axis] for array in arrays), default=0) if n is None else n
            for axis, n in enumerate(shape)
        ]
        result = zeros(allocatable((len(arrays), *sizes), dtype.numpy), dtype)
        for row, array in enumerate(arrays):
            filled: tuple[Any, ...] = (row, *(slice(n) for n in array.shape), ...)
            result[filled] = array
        return result


class ShuffleQueue(Queue):
    """A queue that gives any of its elements."""

    kind = "RandomShuffleQueue"

    def __init__(
        self,
        name: str,
        types: Sequence[DType],
        shapes: Sequence[Shape],
        capacity: int,
        least: int,
        seeds: tuple[int, int],
    ) -> None:
        super().__init__(name, types, shapes, capacity)
        require(least >= 0, f"min_after_dequeue must be >= 0, not {least}")
        require(
            least < self.capacity,
            f"min_after_dequeue must be less than the capacity, {self.capacity}, not {least}",
        )
        self.least = least
        self.words = WordStream(Philox.from_seeds(*seeds))

    def ready(self) -> int:
        """How many elements may leave; some stay until the queue is closed."""
        if self.closed and not self.waiting:
            return len(self)
        return max(0, len(self) - self.least)

    def leave(self) -> Element:
        """Take a random element out; the last one takes its place."""
        place = self.words.word() % len(self.elements)
        self.elements[place], self.elements[-1] = self.elements[-1], self.elements[place]
        last: Element = self.elements.pop()
        return last


class PriorityQueue(Queue):
    """A queue that gives the element with the smallest first component; of equal ones the one that came first."""

    kind = "PriorityQueue"

    def __init__(
        self, name: str, types: Sequence[DType], shapes: Sequence[Shape], capacity: int
    ) -> None:
        super().__init__(name, (dtypes.int64, *types), ((), *shapes), capacity)
        self.numbers = itertools.count()
        self._before = itertools.count(-1, -1)

    def enter(self, element: Element) -> None:
        """Put one element in."""
        heapq.heappush(self.elements, (int(element[0]), next(self.numbers), element))

    def leave(self) -> Element:
        """Take the element with the smallest first component out."""
        least: Element = heapq.heappop(self.elements)[2]
        return least

    def restore(self, elements: list[Element]) -> None:
        """Put elements back that left last."""
        for element in reversed(elements):
            heapq.heappush(self.elements, (int(element[0]), next(self._before), element))
