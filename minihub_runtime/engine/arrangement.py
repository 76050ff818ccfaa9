"""The steps of a plan in blocks: what is run one after another, and branches that can be run side by side.

Steps are ordered by inputs, control inputs and effects on the same variables.  Short steps go with what they read; from what takes
long, branches are made again and again: each begins with a step that can be run, and has all that can be run then without the
others.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from minihub_runtime.engine.trials import Trials
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.effects import Effect
from minihub_runtime.threads import num_threads

__all__ = ["Bound", "Fork", "Places", "Serial", "arrange"]

T = TypeVar("T")

#: A step of a plan, as it is executed: kernel, what picks its inputs, slots of outputs, slots to clear, node.
Bound: TypeAlias = tuple[Any, ...]
#: Slots of the inputs and of the outputs of a step.
Places: TypeAlias = "tuple[tuple[int, ...], tuple[int, ...]]"

#: Kernels that take more nanoseconds are what branches are made of; others go with what they read.
LONG = 50_000
#: So many kernels at most, the longest.
MOST = 500
#: Branches that save fewer nanoseconds at best stay in one thread: threads that sleep take a while to wake.
WORTHWHILE = 300_000
#: The share of the time that they must save at best where the longest may fall into branches itself.
FAIR = 0.3


class Serial(NamedTuple):
    """Steps that are run one after another."""

    steps: tuple[Bound, ...]


class Fork(NamedTuple):
    """Branches.

    Attributes:
        sides: the steps of each thread.
        frees: slots to clear when all have been run.
        trials: whether they are run side by side.
    """

    sides: tuple[tuple[Bound, ...], ...]
    frees: tuple[int, ...]
    trials: Trials


def arrange(
    steps: Sequence[Bound],
    places: Sequence[Places],
    taken: Sequence[int],
    touched: Sequence[Sequence[Any]],
    effect: Callable[[Node], Effect],
) -> list[Serial | Fork]:
    """All steps, branches beside each other; empty where that does not pay.

    Args:
        steps: those of a plan, in an order in which they can be run.
        places: the slots of their inputs and outputs.
        taken: nanoseconds of each.
        touched: inputs of each that are no arrays; what it has an effect on is among them.
        effect: what a node does besides computing its outputs.
    """
    order = _Order(steps, places, touched, effect)
    least = max([LONG, *sorted(taken)[-MOST:][:1]])
    long = [number for number, nanoseconds in enumerate(taken) if nanoseconds >= least]
    bit_of = {number: 1 << place for place, number in enumerate(long)}
    before = order.spread(0, operator.or_, lambda number, seen: seen | bit_of.get(number, 0))
    grouped = _grouped([before[number] for number in long], [taken[number] for number in long])
    place_of = dict(zip(long, grouped, strict=True))
    placed = order.spread((0, 0), _later, place_of.get)
    #: Group and branch → steps.
    members: dict[_Place, list[int]] = {}
    for number, seen in enumerate(placed):
        members.setdefault(place_of.get(number, seen), []).append(number)
    return _blocks(steps, places, taken, members)


#: Group and branch of a step.  Even groups are run one after another, and have no branches; odd ones have several.
_Place: TypeAlias = "tuple[int, int]"


def _later(one: _Place, other: _Place) -> _Place:
    """Where a step can be that reads what was computed in two places."""
    if one[0] == other[0] and one[1] != other[1]:
        return (one[0] + 1, 0)
    return max(one, other)


class _Order:
    """What must be run before what: by inputs, control inputs and effects.

    Args:
        steps, places, touched, effect: see `arrange`.
    """

    def __init__(
        self,
        steps: Sequence[Bound],
        places: Sequence[Places],
        touched: Sequence[Sequence[Any]],
        effect: Callable[[Node], Effect],
    ) -> None:
        self._nodes: list[Node] = [step[-1] for step in steps]
        self._places = places
        self._things = [[id(thing) for thing in things] for things in touched]
        effects = {node.name: effect(node) for node in self._nodes}
        self._effects = [
            self._kind(effects[node.name], things)
            for node, things in zip(self._nodes, self._things, strict=True)
        ]

    @staticmethod
    def _kind(effect: Effect, things: Sequence[int]) -> Effect:
        if effect is Effect.NONE and things:
            # Steps that read the variable behind a reference have the node that made it.
            return Effect.READS
        return Effect.ANY if effect is Effect.WRITES and not things else effect

    def spread(self, start: T, join: Callable[[T, T], T], own: Callable[[int, T], T]) -> list[T]:
        """For each step, what all that must be run before it say, joined.

        Args:
            start: what nothing says.
            join: joins what two say; the order in which several are joined must not matter.
            own: what a step says to those after it, from its number and what it was told.
        """
        #: Slot or name of a node → what the steps say that must be run before it can be read, the one that makes it included.
        made: dict[int | str, T] = {}
        #: What steps with effects say: all; those that may have any; those that write, and those that read, whatever that is.
        every = unknown = writers = readers = start
        #: Thing → what those say that read or write it, and those that write it.
        used: dict[int, T] = {}
        written: dict[int, T] = {}
        result = []
        for number, (node, (inputs, outputs)) in enumerate(
            zip(self._nodes, self._places, strict=True)
        ):
            kind, things = self._effects[number], self._things[number]
            told = [made[key] for key in (*inputs, *node.controls) if key in made]
            if kind is Effect.ANY:
                told.append(every)
            elif kind is Effect.WRITES:
                told += [unknown, readers, *(used.get(thing, start) for thing in things)]
            elif kind is Effect.READS:
                told += [unknown, *(written.get(thing, start) for thing in things)]
                if not things:
                    told.append(writers)
            seen = functools.reduce(join, told, start)
            result.append(seen)
            said = own(number, seen)
            if kind is not Effect.NONE:
                every = join(every, said)
                for thing in things:
                    used[thing] = join(used.get(thing, start), said)
                    if kind is Effect.WRITES:
                        written[thing] = used[thing]
            if kind is Effect.ANY:
                unknown = every
            elif kind is Effect.WRITES:
                writers = join(writers, said)
            elif kind is Effect.READS and not things:
                readers = join(readers, said)
            for place in outputs:
                made[place] = said
            made[node.name] = join(made.get(node.name, start), said)
        return result


def _grouped(before: Sequence[int], taken: Sequence[int]) -> list[_Place]:
    """The group and branch of each long step, from the bits of those before it, and nanoseconds.

    A branch begins with a step that can be run, and has all that can be run then without the others.
    """
    result: list[_Place] = [(0, 0)] * len(before)
    group = 0
    left = (1 << len(before)) - 1
    while left:
        branches = _branches(before, left)
        loads = [sum(taken[place] for place in _bits(branch)) for branch in branches]
        longest = branches[loads.index(max(loads))]
        saved = sum(loads) - max(loads)
        fair = saved >= FAIR * sum(loads) or _is_chain(before, longest)
        if len(branches) > 1 and saved >= WORTHWHILE and fair:
            group += 1 + group % 2
            for number, branch in enumerate(branches, 1):
                left &= ~branch
                for place in _bits(branch):
                    result[place] = (group, number)
            continue
        # What is short beside the rest is run by itself, so that what is long can fall apart.
        shortest = branches[loads.index(min(loads))]
        first = shortest & -shortest
        group += group % 2
        result[first.bit_length() - 1] = (group, 0)
        left &= ~first
    return result


def _branches(before: Sequence[int], left: int) -> list[int]:
    """The branches of the steps that are left, as bits."""
    branches: list[int] = []
    for place in sorted(_bits(left)):
        near = before[place] & left
        if not near:
            branches.append(1 << place)
            continue
        for number, branch in enumerate(branches):
            if branch & near:
                if not near & ~branch:
                    branches[number] = branch | 1 << place
                break
    return branches


def _is_chain(before: Sequence[int], branch: int) -> bool:
    """Whether each step of a branch needs all that come before it."""
    earlier = 0
    for place in sorted(_bits(branch)):
        if before[place] & earlier != earlier:
            return False
        earlier |= 1 << place
    return True


def _bits(number: int) -> Iterable[int]:
    """The places of the bits that are set, the highest first."""
    while number:
        place = number.bit_length() - 1
        yield place
        number ^= 1 << place


def _blocks(
    steps: Sequence[Bound],
    places: Sequence[Places],
    taken: Sequence[int],
    members: dict[_Place, list[int]],
) -> list[Serial | Fork]:
    """What is run one after another, and side by side."""
    #: Each block as its sides, of numbers of steps.
    blocks: list[list[list[int]]] = []
    for group in sorted({group for group, _ in members}):
        branches = [numbers for (of, _), numbers in members.items() if of == group]
        sides = _dealt(branches, taken)
        loads = [sum(taken[number] for number in side) for side in sides]
        if len(sides) > 1 and sum(loads) - max(loads) >= WORTHWHILE:
            blocks.append(sides)
            continue
        together = sorted(number for numbers in branches for number in numbers)
        if blocks and len(blocks[-1]) == 1:
            blocks[-1][0] += together
        else:
            blocks.append([together])
    if all(len(sides) == 1 for sides in blocks):
        return []
    freed = _freed({place for step in steps for place in step[3]}, places, blocks)
    result: list[Serial | Fork] = []
    for block, sides in enumerate(blocks):
        bound = tuple(
            tuple((*steps[n][:3], tuple(freed.pop(n, ())), steps[n][4]) for n in side)
            for side in sides
        )
        after = tuple(freed.pop(~block, ()))
        result.append(Serial(bound[0]) if len(sides) == 1 else Fork(bound, after, Trials()))
    return result


def _dealt(branches: Sequence[list[int]], taken: Sequence[int]) -> list[list[int]]:
    """The steps of each thread, the longest first: branches as equal in time as they come when the longest are dealt first."""
    loads = dict.fromkeys(range(min(num_threads(), len(branches))), 0)
    sides: list[list[int]] = [[] for _ in loads]
    cost = [sum(taken[number] for number in numbers) for numbers in branches]
    for index in sorted(range(len(branches)), key=lambda index: -cost[index]):
        least = min(loads, key=lambda number: loads[number])
        loads[least] += cost[index]
        sides[least] += branches[index]
    longest = sorted(loads, key=lambda number: -loads[number])
    return [sorted(sides[number]) for number in longest]


def _freed(
    slots: set[int], places: Sequence[Places], blocks: Sequence[Sequence[Sequence[int]]]
) -> dict[int, list[int]]:
    """The slots that each step clears, by its number; those that are cleared after a block, by ~ its number."""
    #: Slot → the block that uses it last, with what sides of it, and the last step that does.
    last: dict[int, tuple[int, set[int], int]] = {}
    for block, sides in enumerate(blocks):
        for side, numbers in enumerate(sides):
            for number in numbers:
                for place in {*places[number][0], *places[number][1]} & slots:
                    found = last.get(place)
                    earlier = found[1] if found is not None and found[0] == block else set()
                    last[place] = (block, earlier | {side}, number)
    result: dict[int, list[int]] = {}
    for place, (block, users, number) in last.items():
        result.setdefault(number if len(users) == 1 else ~block, []).append(place)
    return result
