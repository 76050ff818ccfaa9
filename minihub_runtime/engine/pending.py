"""Steps of a run that are left when one of them would have to wait, or when something is still to be fed.

A step that would wait is put off, and with it what needs its results or waits for it; the others go on, and may bring what it
waits for.  In TensorFlow threads do that.

Source: tensorflow/core/common_runtime/executor.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minihub_runtime.engine.references import READING
from minihub_runtime.errors import WouldWaitError
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.effects import Effect, hands_on, may_wait

if TYPE_CHECKING:
    from minihub_runtime.engine.plan import Step

__all__ = ["Pending"]

#: What runs steps: steps, the slots that they read and fill, what is called before each.
Execute = Callable[["Sequence[Step]", list[Any], "Callable[[], None] | None"], None]


class Pending:
    """Steps in order, each run once, as soon as it can be.

    Slots are never cleared, for a step that comes later than its turn may read them.

    Args:
        steps: the steps.
        slots: what they read and fill.
        effect: what a node does besides computing its outputs.
        execute: runs steps.
        error: raised by the first step, which would wait.

    Attributes:
        slots: see above.
    """

    def __init__(
        self,
        steps: Iterable[Step],
        slots: list[Any],
        effect: Callable[[Node], Effect],
        execute: Execute,
        error: WouldWaitError | None = None,
    ) -> None:
        self.slots = slots
        self._effect = effect
        self._execute = execute
        self._left: list[_Task] = []
        #: Those of them that wait for what no other has touched since they were tried.
        self._asleep: list[_Task] = []
        reading: list[Step] = []
        for step in steps:
            reading.append(step._replace(frees=()))
            if step.kernel not in READING:
                self._left.append(_Task(reading))
                reading = []
        # Variables that are fetched.
        self._left += [_Task([step]) for step in reading]
        if error is not None:
            self._left[0].put_off(error, slots)

    def advance(
        self,
        absent: Collection[int] = (),
        check: Callable[[], None] | None = None,
        unfed: Collection[str] = (),
    ) -> WouldWaitError | None:
        """Run all steps that can be run.

        Args:
            absent: the slots of what is still to be fed.
            check: called before each step; raises to stop the run.
            unfed: the names of nodes that are still to be fed, for which others may wait.

        Returns:
            The error of the first step that could only wait, None if there is no such step.

        Raises:
            OpError: a kernel refused its inputs.
        """
        # Other runs may have brought what a step waits for.
        self._wake(None)
        ever = untried = False
        while True:
            missing, names = {*absent}, {*unfed}
            left: list[_Task] = []
            waiting: _Task | None = None
            moved = False
            steps = iter(self._left)
            for task in steps:
                if missing.isdisjoint(task.inputs) and names.isdisjoint(task.node.controls):
                    if task.awake:
                        if self._run(task, check):
                            moved = untried = True
                            if self._brings(task):
                                # What waits comes before what follows.
                                break
                            continue
                        if task.moved:
                            moved = True
                            self._wake(None)
                        task.awake = False
                        self._asleep.append(task)
                    waiting = waiting or task
                left.append(task)
                missing.update(task.outputs)
                names.add(task.node.name)
            self._left = [*left, *steps]
            ever |= moved
            if not moved:
                if waiting is None or not untried:
                    return None if waiting is None else waiting.refused(ever)
                # Python functions among the others may have run what they like.
                untried = False
                self._wake(None)

    def _brings(self, task: _Task) -> bool:
        """Whether a step that was run may have brought what another one waits for."""
        if not self._asleep or self._effect(task.node) is not Effect.WAITS:
            return False
        return self._wake(task.resources(self.slots))

    def _wake(self, touched: frozenset[int] | None) -> bool:
        """Let steps be tried again that wait for what another one has touched; whether there are any."""
        asleep = self._asleep
        self._asleep = []
        for task in asleep:
            task.awake = (
                touched is None or task.waits_for is None or not touched.isdisjoint(task.waits_for)
            )
            if not task.awake:
                self._asleep.append(task)
        return len(self._asleep) < len(asleep)

    def _run(self, task: _Task, check: Callable[[], None] | None) -> bool:
        """Run a step, or put it off; whether it was run."""
        try:
            self._execute(task.steps, self.slots, check)
        except WouldWaitError as error:
            task.put_off(error, self.slots)
            return False
        return True

    def makes(self, places: Collection[int]) -> bool:
        """Whether a step that is left fills one of some slots."""
        return any(not task.outputs.isdisjoint(places) for task in self._left)


class _Task:
    """A step, after those that read variables for it.

    Attributes:
        steps: all of them.
        node: whose step it is.
        inputs, outputs: slots.
        awake: whether to try it, when what it needs is there.
        moved: whether it did something when it was tried last, before it had to wait.
        waits_for: as `resources`.
    """

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.node = steps[-1].node
        outputs = [
            step.outputs if isinstance(step.outputs, tuple) else (step.outputs,) for step in steps
        ]
        self.outputs = frozenset(place for places in outputs for place in places)
        self.inputs = frozenset(place for step in steps for place in step.inputs) - self.outputs
        self.awake = True
        self.moved = False
        self.waits_for: frozenset[int] | None = None
        self._error: WouldWaitError | None = None
        self._begun = False

    def resources(self, slots: list[Any]) -> frozenset[int] | None:
        """The identities of the queues and the like that are its inputs; None where these do not tell."""
        if not may_wait(self.node.op):
            return None
        values = (slots[place] for place in self.inputs)
        found = frozenset(id(value) for value in values if not isinstance(value, np.ndarray))
        return found or None

    def put_off(self, error: WouldWaitError, slots: list[Any]) -> None:
        """Let the step go on when it is run again."""
        # Frames hold what holds the error, and with it all values of the run.
        self._error = error.with_traceback(None)
        self.waits_for = self.resources(slots)
        waits = may_wait(self.node.op)
        resume = error.resume if waits or hands_on(self.node.op) else None
        if waits and resume is None:
            return
        self.moved = error.moved or not self._begun
        self._begun = True

        def again(*_: Any) -> Any:
            # What the step runs has begun, so that it cannot be run from the start.
            if resume is None:
                error.moved = False
                raise error
            return resume()

        self.steps = [self.steps[-1]._replace(kernel=again)]

    def refused(self, moved: bool) -> WouldWaitError | None:
        """The error of the last time, which is handed on, and whether others have come further."""
        error, self._error = self._error, None
        if error is not None:
            error.moved = moved
        return error
