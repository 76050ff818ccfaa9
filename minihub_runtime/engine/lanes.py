"""A batch run as parts of it side by side, each in a thread of its own, where the kernels treat each example by itself.

To share the work of one kernel, threads must meet after each; a lane goes through many kernels with its part of the batch, and
lanes meet at the end.  What they may take together is found in a run of the whole batch: `engine.rows` says which kernels
treat rows one by one.  That may follow from numbers, such as axes, which must be the same in later runs.  Each lane's first
run is compared with that one, shape by shape, so that graphs in which sizes are written out, or computed in other ways, stay
whole.  Where an example raises an error the whole batch is run, which says where in it that is.
"""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from minihub_runtime.engine.rows import FREE, SIZE, KernelCall, Kind, kind_of_result
from minihub_runtime.engine.trials import Pause, Trials
from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import Node
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.threads import num_threads, side_by_side

__all__ = ["Lanes", "Part", "cut"]

#: What runs steps, with the slots that they read and fill.
Execute: TypeAlias = Callable[[Sequence[Any], list[Any]], None]
Shape: TypeAlias = "tuple[int, ...]"

#: Runs of kernels that take fewer nanoseconds stay whole: threads that sleep take a while to wake.
WORTHWHILE = 1_500_000
#: Runs of fewer kernels stay whole, too: each may share its own work.
FEWEST = 4
#: Nanoseconds that they must take besides for each byte that lanes join at their end: parts of it lie in memory that is new to
#: them, and joining copies it.  Where all that is computed is read later, as in training, kernels share their work instead.
JOINED_BYTE = 4
#: How many shapes of inputs are remembered.
MAX_SHAPES = 64
#: Slots of the inputs and of the outputs of a step.
Places: TypeAlias = "tuple[tuple[int, ...], tuple[int, ...]]"


class Lanes:
    """Those of one plan.

    Args:
        steps: the plan's steps, as they are executed: kernel first, node last.
        places: the slots of their inputs and outputs.
        feeds: slots of what is fed.
        wanted: slots that are read after the run.
        execute: runs steps.
    """

    def __init__(
        self,
        steps: Sequence[tuple[Any, ...]],
        places: Sequence[Places],
        feeds: Sequence[int],
        wanted: Sequence[int],
        execute: Execute,
    ) -> None:
        self._steps = steps
        self._places = places
        self._feeds = tuple(feeds)
        self._wanted = frozenset(wanted)
        self._execute = execute
        self._known: dict[Any, _Batch] = {}

    def run(self, slots: list[Any], shapes: tuple[Shape, ...]) -> bool:
        """Run all steps if parts of the batch may be faster, or if that is to be found out; whether they were run.

        Args:
            slots: what steps read and fill.
            shapes: of what is fed.
        """
        # What has most elements is what a batch is made of; switches and sizes may be fed beside it.
        size = (max(shapes, key=math.prod, default=()) or (0,))[0]
        if size < 2:
            return False
        key = shapes, num_threads()
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MAX_SHAPES:
                self._known.pop(next(iter(self._known)), None)
            self._known[key] = _Batch(size)
            return False
        if _this_thread.observes:
            return False
        if found.stays_whole:
            if not found.pause.ends():
                return False
            found.parts = None
        # Another thread may find them anew meanwhile.
        parts = found.parts
        if parts is None:
            _this_thread.observes = True
            try:
                self._observe(found, slots)
            finally:
                _this_thread.observes = False
        else:
            self._run_parts(found, parts, slots)
        return True

    def _observe(self, batch: _Batch, slots: list[Any]) -> None:
        """Run the whole batch, and find what can be run in parts."""
        observer = _Observer(self._steps, self._places, batch.size)
        observer.begin(self._feeds, slots)
        self._execute(observer.watched(), slots)
        parts = [
            part
            for start, stop in observer.runs()
            if (part := self._part(observer, start, stop)) is not None
        ]
        batch.parts = parts
        batch.stays_whole = not parts

    def _part(self, observer: _Observer, start: int, stop: int) -> Part | None:
        """Steps that are run in lanes; None if that does not pay."""
        if stop - start < FEWEST:
            return None
        taken = sum(observer.taken[start:stop])
        made = {place for _, outputs in self._places[start:stop] for place in outputs}
        read = {place for inputs, _ in self._places[start:stop] for place in inputs}
        after = {place for inputs, _ in self._places[stop:] for place in inputs} | self._wanted
        kinds = observer.kinds
        entering = sorted(read - made)
        leaving = [place for place in sorted(made & after) if kinds.get(place, FREE) > 0]
        if taken < WORTHWHILE + JOINED_BYTE * sum(observer.nbytes[place] for place in leaving):
            return None
        return Part(
            start,
            stop,
            taken,
            [place for place in entering if kinds.get(place, FREE) > 0],
            leaving,
            {p: observer.sizes.get(p) for p in made & after if kinds.get(p, FREE) < 0},
            [place for place in sorted(made & after) if kinds.get(place, FREE) == FREE],
            kinds,
            observer.shapes,
            observer.guards(start, stop),
            any(kinds.get(place, FREE) <= 0 and place not in observer.fixed for place in entering),
        )

    def _run_parts(self, batch: _Batch, parts: Sequence[Part], slots: list[Any]) -> None:
        """Run what can be run in lanes so, and the rest as it is."""
        done = 0
        for part in parts:
            self._execute(self._steps[done : part.start], slots)
            done = part.stop
            steps = self._steps[part.start : part.stop]
            start = time.perf_counter_ns()
            in_lanes = part.trials.shares and self._run_lanes(part, batch.size, steps, slots)
            if not in_lanes:
                if part.trials.shares and not part.trials.over:
                    # What had to hold did not.
                    part.trials.give_up()
                self._execute(steps, slots)
            part.trials.note(in_lanes, time.perf_counter_ns() - start)
        self._execute(self._steps[done:], slots)
        batch.stays_whole = all(part.trials.lost for part in parts)
        if batch.stays_whole and not all(part.trials.refused for part in parts):
            batch.pause.begin()

    def _run_lanes(self, part: Part, size: int, steps: Sequence[Any], slots: list[Any]) -> bool:
        """Run steps in lanes; whether that was possible."""
        if not all(_same(slots[place], value) for place, value in part.guards.items()):
            return False
        if any(_shape(slots[place]) != part.shapes[place] for place in part.entering):
            # It was not computed this time, or is of another size.
            return False
        lanes = cut(size, num_threads())
        filled: list[list[Any]] = [slots] * len(lanes)

        def run(number: int) -> None:
            begin, end = lanes[number]
            own = slots.copy()
            for place in part.entering:
                rows = part.kinds[place]
                own[place] = slots[place][begin * rows : end * rows]
            taken = steps
            if part.varies or (begin, end) not in part.checked:
                taken = _checked(steps, self._places[part.start : part.stop], part, end - begin)
            self._execute(taken, own)
            filled[number] = own

        try:
            side_by_side(run, range(len(lanes)))
        except (OpError, _MismatchError):
            # The run of the whole batch, which comes next, raises it again if it is no matter of parts.
            return False
        part.checked.update(lanes)
        for place in part.leaving:
            slots[place] = np.concatenate([own[place] for own in filled])
        for place, value in part.sizes.items():
            # Whoever asked for it may change what it gets.
            slots[place] = value.copy()
        for place in part.alike:
            slots[place] = filled[0][place]
        for step in steps:
            for place in step[3]:
                slots[place] = None
        return True


class _Thread(threading.local):
    """What this thread does.

    Attributes:
        observes: whether it runs a plan to find out what can be cut; plans inside that one are run as they are.
    """

    observes = False


_this_thread = _Thread()


class _Batch:
    """What is known of one set of shapes that is fed.

    Attributes:
        size: how many examples there are.
        parts: what is run in lanes; None until that is found out.
        stays_whole: whether nothing is.
        pause: how long it stays whole.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.parts: list[Part] | None = None
        self.stays_whole = False
        self.pause = Pause()


class Part:
    """Steps that are run in lanes.

    Attributes:
        start: the first.
        stop: the one after the last.
        entering: slots of rows that they read.
        leaving: slots of rows that are read afterwards.
        sizes: slots of sizes that are read afterwards, and what they hold.
        alike: slots of what is the same in each lane and read afterwards.
        kinds: slot → kind.
        shapes: slot → shape for the whole batch.
        guards: slot → what it must hold, since that says what treats rows one by one.
        varies: whether they read more than rows and constants, on which shapes may depend; these are compared each time then.
        checked: the lanes whose shapes have been compared.
        trials: whether they are run in lanes.
    """

    def __init__(
        self,
        start: int,
        stop: int,
        whole: int,
        entering: Sequence[int],
        leaving: Sequence[int],
        sizes: Mapping[int, Any],
        alike: Sequence[int],
        kinds: Mapping[int, Kind],
        shapes: Mapping[int, Shape | None],
        guards: Mapping[int, Any],
        varies: bool,
    ) -> None:
        self.start, self.stop = start, stop
        self.entering, self.leaving, self.sizes, self.alike = entering, leaving, sizes, alike
        self.kinds, self.shapes = kinds, shapes
        self.guards, self.varies = guards, varies
        self.checked: set[tuple[int, int]] = set()
        self.trials = Trials(whole)


class _Observer:
    """Finds which steps treat rows one by one, while the whole batch is run.

    Attributes:
        kinds: slot → kind; those that do not depend on the batch are left out.
        shapes: slot → shape of what it holds.
        nbytes: slot → how many bytes that has, where it depends on the batch.
        sizes: slot → what it holds, where its kind is SIZE.
        taken: nanoseconds of each step.
        fixed: slots that hold something before the run that is not fed.
    """

    def __init__(
        self, steps: Sequence[tuple[Any, ...]], places: Sequence[Places], size: int
    ) -> None:
        self._steps = steps
        self._places = places
        self._size = size
        self.kinds: dict[int, Kind] = {}
        self.shapes: dict[int, Shape | None] = {}
        self.nbytes: dict[int, int] = {}
        self.sizes: dict[int, Any] = {}
        self.taken: list[int] = []
        self.fixed: set[int] = set()
        #: Whether each step treats rows one by one.
        self._one_by_one: list[bool] = []
        #: Slots whose numbers were looked at for that, for each step.
        self._consulted: list[list[int]] = []
        #: Slot → what it held, of those that do not depend on the batch.
        self._values: dict[int, Any] = {}

    def begin(self, feeds: Sequence[int], slots: Sequence[Any]) -> None:
        """Note what is there before the run."""
        self.fixed = {place for place, value in enumerate(slots) if value is not None} - {*feeds}
        self._values = dict(enumerate(slots))
        for place in feeds:
            self._note_whole(place, slots[place])

    def runs(self) -> list[tuple[int, int]]:
        """The first and the one after the last of steps in a row that treat rows one by one."""
        found = []
        start = None
        for number, fits in enumerate([*self._one_by_one, False]):
            if fits and start is None:
                start = number
            elif not fits and start is not None:
                found.append((start, number))
                start = None
        return found

    def guards(self, start: int, stop: int) -> dict[int, Any]:
        """What slots must hold before some steps so that these treat rows one by one, and sizes are what they were."""
        maker = {place: step for step in range(start, stop) for place in self._places[step][1]}
        todo = [place for step in range(start, stop) for place in self._consulted[step]]
        seen: set[int] = set()
        result = {}
        while todo:
            place = todo.pop()
            if place in seen or self.kinds.get(place, FREE) != FREE:
                continue
            seen.add(place)
            if place in maker:
                todo += self._places[maker[place]][0]
            else:
                value = self._values[place]
                # Who feeds an array may change it afterwards.
                is_fed = place not in self.fixed and isinstance(value, np.ndarray)
                result[place] = value.copy() if is_fed else value
        return result

    def watched(self) -> list[tuple[Any, ...]]:
        """The steps, with kernels that are watched."""
        return [
            (self._watched(step[0], step[-1], *place), *step[1:])
            for step, place in zip(self._steps, self._places, strict=True)
        ]

    def _watched(
        self, kernel: Any, node: Node, inputs: tuple[int, ...], outputs: tuple[int, ...]
    ) -> Any:
        def call(*values: Any) -> Any:
            start = time.perf_counter_ns()
            result = kernel(*values)
            self.taken.append(time.perf_counter_ns() - start)
            results = result if isinstance(result, (list, tuple)) else (result,)
            self._note(node, inputs, values, outputs, results)
            return result

        return call

    def _note(
        self,
        node: Node,
        inputs: tuple[int, ...],
        values: Sequence[Any],
        outputs: tuple[int, ...],
        results: Sequence[Any],
    ) -> None:
        """Note the kinds of what a step gave."""
        registered = REGISTRY.get(node.op)
        plain = registered is not None and not (registered.stateful or registered.wants_context)
        kinds = [self.kinds.get(place, FREE) for place in inputs]
        produced: list[Kind] | None = None
        consulted: list[int] = []
        if registered is not None and (plain or node.op == "ResourceGather"):
            if any(kinds):
                attrs = registered.schema.complete(node.attrs, node.op)
                call = KernelCall(attrs, kinds, values, results)
                produced = kind_of_result(node.op, call, self._size)
                consulted = [inputs[place] for place in call.consulted]
            elif all(isinstance(result, np.ndarray) for result in results):
                produced = [FREE] * len(outputs)
        self._one_by_one.append(produced is not None)
        self._consulted.append(consulted if produced is not None else [])
        if produced is None:
            # Lanes that begin later see the size of the whole batch in what was computed before.
            for place, result in zip(outputs, results, strict=False):
                self._note_whole(place, result)
            for place, kind in self.kinds.items():
                if kind == SIZE:
                    self.kinds[place] = _STALE
            return
        for place, kind, result in zip(outputs, produced, results, strict=False):
            self.shapes[place] = _shape(result)
            if kind == FREE:
                self._values[place] = result
            else:
                self.kinds[place] = kind
                self.nbytes[place] = result.nbytes
            if kind == SIZE:
                self.sizes[place] = result.copy()

    def _note_whole(self, place: int, value: Any) -> None:
        """Note a value that lanes may cut, if it has a row for each example."""
        self._values[place] = value
        if isinstance(value, np.ndarray):
            self.shapes[place] = value.shape
            if value.ndim and len(value) == self._size:
                self.kinds[place] = 1


#: The size of a batch, of which lanes have only a part.
_STALE: Kind = -2


def _shape(value: Any) -> Shape | None:
    """The shape of an array; None for what is no array, which may be a variable without a value that nobody asked yet."""
    return value.shape if isinstance(value, np.ndarray) else None


def _same(value: Any, expected: Any) -> bool:
    """Whether a slot holds what it did."""
    if value is expected:
        return True
    if not isinstance(value, np.ndarray) or not isinstance(expected, np.ndarray):
        return False
    numbers = value.dtype == expected.dtype and value.dtype.kind in "biufc"
    return numbers and np.array_equal(value, expected)


class _MismatchError(Exception):
    """A part of the batch does not give the part of the result."""


def _checked(
    steps: Sequence[Any], places: Sequence[Places], part: Part, size: int
) -> list[tuple[Any, ...]]:
    """The steps, with kernels whose results must have the shapes that parts of the batch have."""

    def checked(kernel: Any, outputs: tuple[int, ...]) -> Any:
        def call(*values: Any) -> Any:
            result = kernel(*values)
            results = result if isinstance(result, (list, tuple)) else (result,)
            for place, value in zip(outputs, results, strict=False):
                kind, shape = part.kinds.get(place, FREE), part.shapes[place]
                if kind > 0 and shape is not None:
                    shape = (kind * size, *shape[1:])
                if _shape(value) != shape:
                    raise _MismatchError
            return result

        return call

    return [
        (checked(step[0], place[1]), *step[1:]) for step, place in zip(steps, places, strict=True)
    ]


def cut(size: int, count: int) -> list[tuple[int, int]]:
    """Parts of a batch, as equal as can be."""
    count = min(count, size)
    bounds = [size * number // count for number in range(count + 1)]
    return list(itertools.pairwise(bounds))
