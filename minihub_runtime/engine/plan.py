"""A graph compiled to a list of steps, and the loop that runs it.

A step is (kernel, input slots, output slots, freed slots, node).  Slots are places in one list; constants lie in it
before the run starts, a slot is cleared after its last use.  What depends on variables alone is the prelude: its steps run
when a variable has changed, and their results stay for the runs in between.

`engine.compiler` makes plans.

Source: tensorflow/core/common_runtime/executor.cc.
"""

from __future__ import annotations

import functools
import operator
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.engine import watching
from minihub_runtime.engine.branches import Branches
from minihub_runtime.engine.lanes import Lanes
from minihub_runtime.engine.pending import Pending
from minihub_runtime.errors import (
    InvalidArgumentError,
    OpError,
    ResourceExhaustedError,
    WouldWaitError,
    clip,
)
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.effects import Effect
from minihub_runtime.repeatable import is_repeatable
from minihub_runtime.threads import works_alone

__all__ = ["Kernel", "Plan", "Prelude", "Step", "execute", "names_of"]

Kernel = Callable[..., Any]
#: Picks the inputs of a step from the slots.
Pick = Callable[[list[Any]], tuple[Any, ...]]
#: A step as it is run: kernel, what picks its inputs, slots of its outputs, slots to clear, node.
_Bound = tuple[Kernel, Pick, Any, tuple[int, ...], Node]


class Step(NamedTuple):
    """One kernel call.

    Attributes:
        kernel: takes the flat inputs.
        inputs: their slots.
        outputs: the slots of the results; an int where the kernel returns one value, not a sequence.
        frees: slots that nobody reads afterwards.
        node: for messages.
    """

    kernel: Kernel
    inputs: tuple[int, ...]
    outputs: int | tuple[int, ...]
    frees: tuple[int, ...]
    node: Node


class Plan:
    """Steps in order, and where values come in and go out.

    Args:
        effect: what a node does besides computing its outputs.

    Attributes:
        steps: the steps.
        unbound: the same as they are told, for who runs them one by one.
        slots: the list a run starts with, constants in place.
        feeds: slot of each fed tensor.
        fetches: slot of each fetched tensor.
        types: type of each fetched tensor, None where only a feed knows.
        prelude: what gives the list that depends on variables alone.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        slots: list[Any],
        feeds: Mapping[Ref, int],
        fetches: Sequence[int],
        types: Sequence[DType | None],
        prelude: Prelude,
        effect: Callable[[Node], Effect],
    ) -> None:
        self.steps = _bound(steps)
        self.unbound = tuple(steps)
        self.slots = slots
        self.feeds = feeds
        self.fetches = tuple(fetches)
        self.types = list(types)
        self.prelude = prelude
        places = [(step.inputs, _places(step)) for step in steps]
        self._fed = tuple(feeds.values())
        self._effect = effect
        self._lanes = Lanes(self.steps, places, self._fed, fetches, _execute)
        self._branches = Branches(self.steps, places, effect, _execute)

    def run(self, values: Sequence[Any], check: Callable[[], None] | None = None) -> list[Any]:
        """The fetched values.

        Args:
            values: one per feed, in the order of `feeds`.
            check: called before each step; raises to stop the run.

        Raises:
            OpError: a kernel raised; the error says in which node.
        """
        try:
            slots = self.begin(check)
        except OpError:
            self._look(values, check)
            raise
        for slot, value in zip(self.feeds.values(), values, strict=True):
            slots[slot] = value
        if not self._shared(slots, check):
            try:
                _execute(self.steps, slots, check)
            except WouldWaitError as error:
                return self._go_on(self.pending(slots, error), check)
        return [slots[i] for i in self.fetches]

    def pending(self, slots: list[Any], error: WouldWaitError | None = None) -> Pending:
        """All steps, or those from the one that raised an error, to be run as soon as each can be."""
        steps = self.unbound if error is None else self.unbound[len(self.unbound) - error.left :]
        return Pending(steps, slots, self._effect, execute, error)

    def _go_on(self, pending: Pending, check: Callable[[], None] | None) -> list[Any]:
        """The fetched values, after the steps that are left."""
        waiting = pending.advance((), check)
        if waiting is not None:
            waiting.resume = functools.partial(self._go_on, pending, check)
            try:
                raise waiting
            finally:
                # The error holds this frame.
                del waiting
        return [pending.slots[i] for i in self.fetches]

    @functools.cached_property
    def _waits(self) -> bool:
        """Whether a step may have to wait for others."""
        return any(self._effect(step.node) is Effect.WAITS for step in self.unbound)

    def begin(self, check: Callable[[], None] | None = None) -> list[Any]:
        """The slots that a run starts with, before feeds are in them."""
        return (self.prelude.settle(check) if self.prelude.steps else self.slots).copy()

    def _look(self, values: Sequence[Any], check: Callable[[], None] | None) -> None:
        """Run the steps that change nothing and need nothing of the prelude: checks come first, though reads do not wait for them."""
        slots = self.slots.copy()
        for slot, value in zip(self.feeds.values(), values, strict=True):
            slots[slot] = value
        missing, names = {*self.prelude.kept}, set[str]()
        for step in self.unbound:
            looks = self._effect(step.node) in (Effect.NONE, Effect.READS)
            if looks and missing.isdisjoint(step.inputs) and names.isdisjoint(step.node.controls):
                execute([step._replace(frees=())], slots, check)
            else:
                missing.update(_places(step))
                names.add(step.node.name)

    def _shared(self, slots: list[Any], check: Callable[[], None] | None) -> bool:
        """Run the steps in several threads, if that is possible; whether it was."""
        if check is not None or watching.active is not None or not works_alone():
            return False
        if is_repeatable() or self._waits:
            return False
        fed = [slots[place] for place in self._fed]
        shapes = tuple([value.shape if isinstance(value, np.ndarray) else () for value in fed])
        return self._lanes.run(slots, shapes) or self._branches.run(slots, shapes)


class Prelude:
    """The steps of a plan that depend on variables alone, and what they gave last.

    Args:
        steps: the steps.
        slots: the list they start with, constants in place.
        kept: the slots of results that others read.
        variables: the variables that they read.

    Attributes:
        steps, kept: see above.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        slots: list[Any],
        kept: Sequence[int],
        variables: Sequence[Any],
    ) -> None:
        self.steps = _bound(steps)
        self._slots = slots
        self.kept = tuple(kept)
        self._variables = list(variables)
        self._lock = threading.Lock()
        #: The list of the last time, and how often the variables were assigned by then.
        self._settled: tuple[list[Any], list[int]] | None = None

    def settle(self, check: Callable[[], None] | None) -> list[Any]:
        """The list of slots that a run starts with; computed if a variable was assigned since the last time."""
        settled = self._settled
        if settled is not None:
            slots, epochs = settled
            if [variable.epoch for variable in self._variables] == epochs:
                return slots
        with self._lock:
            working = self._slots.copy()
            # Counted before they are read, so that the next run sees an assignment that comes in between.
            epochs = [variable.epoch for variable in self._variables]
            _execute(self.steps, working, check)
            slots = self._slots.copy()
            for place in self.kept:
                value = working[place]
                if isinstance(value, np.ndarray) and value.flags.writeable:
                    # Runs share it, so nobody may change it.
                    value.flags.writeable = False
                slots[place] = value
            self._settled = slots, epochs
        return slots


def _places(step: Step) -> tuple[int, ...]:
    """The slots of the results of a step."""
    return step.outputs if isinstance(step.outputs, tuple) else (step.outputs,)


def _bound(steps: Sequence[Step]) -> tuple[_Bound, ...]:
    return tuple((s.kernel, _pick(s.inputs), s.outputs, s.frees, s.node) for s in steps)


def execute(
    steps: Sequence[Step], slots: list[Any], check: Callable[[], None] | None = None
) -> None:
    """Run steps, which read and fill slots; errors as for `Plan.run`."""
    _execute(_bound(steps), slots, check)


def _execute(
    steps: Sequence[_Bound], slots: list[Any], check: Callable[[], None] | None = None
) -> None:
    """Run steps, which read and fill slots."""
    node = None
    watcher = watching.active
    if watcher is not None:
        steps = watcher.watch(steps)
    turns = iter(steps)
    try:
        for kernel, pick, outputs, frees, node in turns:  # noqa: B007
            if check is not None:
                check()
            result = kernel(*pick(slots))
            if outputs.__class__ is int:
                slots[outputs] = result
            else:
                for slot, value in zip(outputs, result, strict=False):
                    slots[slot] = value
            for slot in frees:
                slots[slot] = None
    except OpError as error:
        if node is not None:
            error.at(*names_of(node))
        if isinstance(error, WouldWaitError):
            error.left = 1 + sum(1 for _ in turns)
        raise
    except MemoryError as error:
        raise ResourceExhaustedError(f"there must be memory for the result: {error}").at(
            *names_of(node)
        ) from error
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError) as error:
        # A kernel's checks come first, so this is an input that no check foresaw.
        shapes = [getattr(value, "shape", "?") for value in pick(slots)]
        raise InvalidArgumentError(f"{error} (inputs of shapes {shapes})").at(
            *names_of(node)
        ) from error


def _pick(places: tuple[int, ...]) -> Pick:
    """What picks the values of some slots; `itemgetter` does so fastest, but gives a single value bare."""
    if len(places) > 1:
        return operator.itemgetter(*places)
    if places:
        place = places[0]
        return lambda slots: (slots[place],)
    return lambda slots: ()


def names_of(node: Node | None) -> tuple[str, str]:
    """What an error says of a node: its name, and with its op as TensorFlow writes them."""
    if node is None:
        return ("?", "?")
    return node.name, f"{{{{node {clip(node.name)}}}}} = {node.op}"
