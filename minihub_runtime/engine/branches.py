"""Branches of a graph run side by side, each in a thread of its own, where they do not need one another's results.

Kernels of one branch follow one another in one thread, and threads meet where branches do: an encoder that reads forwards beside
one that reads backwards, or the convolutions of different sizes over one image.  Where long kernels stand alone between branches
they share their own work.

One run measures what each kernel takes in one thread.  What takes long falls into branches by inputs, control inputs and effects
on the same variables; `Trials` tell whether running them side by side is faster than one after another, each on all threads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np

from minihub_runtime.engine import arrangement
from minihub_runtime.engine.arrangement import Bound, Fork, Places, Serial, arrange
from minihub_runtime.engine.trials import Pause
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.effects import Effect
from minihub_runtime.threads import num_threads, side_by_side

__all__ = ["Branches"]

#: What runs steps, with the slots that they read and fill.
Execute: TypeAlias = Callable[[Sequence[Any], list[Any]], None]
#: How many sets of shapes are remembered.
MAX_SHAPES = 64
#: After so many without a branch the plan is taken to have none.
MAX_VAIN = 4


class Branches:
    """Those of one plan.

    Args:
        steps: the plan's steps, as they are executed: kernel first, node last.
        places: the slots of their inputs and outputs.
        effect: what a node does besides computing its outputs.
        execute: runs steps.
    """

    def __init__(
        self,
        steps: Sequence[Bound],
        places: Sequence[Places],
        effect: Callable[[Node], Effect],
        execute: Execute,
    ) -> None:
        self._steps = steps
        self._places = places
        self._effect = effect
        self._execute = execute
        self._known: dict[Hashable, _Found] = {}
        self._vain = 0

    def run(self, slots: list[Any], shapes: Hashable) -> bool:
        """Run all steps if branches may be faster, or if that is to be found out; whether they were run.

        Args:
            slots: what steps read and fill.
            shapes: of what is fed; what kernels take depends on them.
        """
        if self._vain >= MAX_VAIN:
            return False
        key = shapes, num_threads()
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MAX_SHAPES:
                self._known.pop(next(iter(self._known)), None)
            # The first run makes what later ones find: values of variables, functions, memory.
            self._known[key] = _Found()
            return False
        # Another thread may find them anew meanwhile.
        blocks = None if found.pause.ends() else found.blocks
        if blocks is None:
            blocks = found.blocks = self._observe(slots)
            self._vain = self._vain + 1 if not blocks else 0
            return True
        if not blocks:
            return False
        for block in blocks:
            if isinstance(block, Serial):
                self._execute(block.steps, slots)
            else:
                self._fork(block, slots)
        if any(isinstance(block, Fork) and block.trials.lost for block in blocks):
            found.blocks = _without_lost(blocks)
            found.pause.begin()
        return True

    def _fork(self, fork: Fork, slots: list[Any]) -> None:
        """Run the steps of branches."""
        start = time.perf_counter_ns()
        shares = fork.trials.shares
        if shares:
            side_by_side(lambda steps: self._execute(steps, slots), fork.sides)
        else:
            for steps in fork.sides:
                self._execute(steps, slots)
        for place in fork.frees:
            slots[place] = None
        fork.trials.note(shares, time.perf_counter_ns() - start)

    def _observe(self, slots: list[Any]) -> list[Serial | Fork]:
        """Run all steps in one thread, and arrange them by what they take; empty where there are no branches."""
        taken: list[int] = []
        touched: list[list[Any]] = []

        def watched(kernel: Any) -> Any:
            def call(*values: Any) -> Any:
                touched.append([value for value in values if not isinstance(value, np.ndarray)])
                start = time.perf_counter_ns()
                result = kernel(*values)
                taken.append(time.perf_counter_ns() - start)
                return result

            return call

        steps = [(watched(step[0]), *step[1:]) for step in self._steps]
        side_by_side(lambda steps: self._execute(steps, slots), [steps])
        if sum(taken) < arrangement.WORTHWHILE:
            return []
        return arrange(self._steps, self._places, taken, touched, self._effect)


class _Found:
    """What is known of one set of shapes.

    Attributes:
        blocks: all steps; None until they are arranged, empty where there are no branches.
        pause: how long branches that were slower side by side run one after another.
    """

    def __init__(self) -> None:
        self.blocks: list[Serial | Fork] | None = None
        self.pause = Pause()


def _without_lost(blocks: Iterable[Serial | Fork]) -> list[Serial | Fork]:
    """The blocks, without those branches that are never run side by side; empty if none are left."""
    result: list[Serial | Fork] = []
    for block in blocks:
        if isinstance(block, Fork):
            if not block.trials.lost:
                result.append(block)
                continue
            *others, (*last, frees, node) = [step for side in block.sides for step in side]
            steps = (*others, (*last, (*frees, *block.frees), node))
        else:
            steps = block.steps
        if result and isinstance(before := result[-1], Serial):
            result[-1] = Serial((*before.steps, *steps))
        else:
            result.append(Serial(steps))
    return result if any(isinstance(block, Fork) for block in result) else []
