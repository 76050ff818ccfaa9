"""Steps of a run that are left when one of them would have to wait, or when something is still to be fed.

A step that would wait is put off, and with it what needs its results or waits for it; the others go on, and may bring what it
waits for.  In TensorFlow threads do that.

Source: tensorflow/core/common_runtime/executor.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from minihub_runtime.engine.effects import Effect, hands_on, may_wait
from minihub_runtime.engine.references import READING
from minihub_runtime.errors import WouldWaitError
from minihub_runtime.graph.ir import Node

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
        effect: what a node does besides computing its outputs.
        execute: runs steps.
        error: raised by the first step, which would wait.
    """

    def __init__(
        self,
        steps: Iterable[Step],
        effect: Callable[[Node], Effect],
        execute: Execute,
        error: WouldWaitError | None,
    ) -> None:
        self._effect = effect
        self._execute = execute
        self._left: list[_Task] = []
        reading: list[Step] = []
        for step in steps:
            reading.append(step._replace(frees=()))
            if step.kernel not in READING:
                self._left.append(_Task(reading))
                reading = []
        # Variables that are fetched.
        self._left += [_Task([step]) for step in reading]
        if error is not None:
            self._left[0].put_off(error)

    def advance(
        self,
        slots: list[Any],
        absent: Collection[int] = (),
        check: Callable[[], None] | None = None,
    ) -> WouldWaitError | None:
        """Run all steps that can be run.

        Args:
            slots: what they read and fill.
            absent: the slots of what is still to be fed.
            check: called before each step; raises to stop the run.

        Returns:
            The error of the first step that could only wait, None if there is no such step.

        Raises:
            OpError: a kernel refused its inputs.
        """
        ever = False
        while True:
            missing, names = {*absent}, set[str]()
            left: list[_Task] = []
            waiting: WouldWaitError | None = None
            moved = False
            steps = iter(self._left)
            for task in steps:
                if missing.isdisjoint(task.inputs) and names.isdisjoint(task.node.controls):
                    try:
                        self._execute(task.steps, slots, check)
                    except WouldWaitError as error:
                        waiting = waiting or error
                        moved |= task.put_off(error)
                    else:
                        moved = True
                        if waiting is not None and self._effect(task.node) is Effect.WAITS:
                            # What waits comes before what follows.
                            break
                        continue
                left.append(task)
                missing.update(task.outputs)
                names.add(task.node.name)
            self._left = [*left, *steps]
            ever |= moved
            if waiting is None or not moved:
                if waiting is not None:
                    waiting.moved = ever
                return waiting

    def makes(self, places: Collection[int]) -> bool:
        """Whether a step that is left fills one of some slots."""
        return any(not task.outputs.isdisjoint(places) for task in self._left)


class _Task:
    """A step, after those that read variables for it.

    Attributes:
        steps: all of them.
        node: whose step it is.
        inputs, outputs: slots.
    """

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.node = steps[-1].node
        outputs = [
            step.outputs if isinstance(step.outputs, tuple) else (step.outputs,) for step in steps
        ]
        self.outputs = frozenset(place for places in outputs for place in places)
        self.inputs = frozenset(place for step in steps for place in step.inputs) - self.outputs
        self._begun = False

    def put_off(self, error: WouldWaitError) -> bool:
        """Let the step go on when it is run again; whether it has done anything until it raised this error."""
        if may_wait(self.node.op):
            return False
        moved = error.moved or not self._begun
        self._begun = True
        resume = error.resume if hands_on(self.node.op) else None

        def again(*_: Any) -> Any:
            # What the step runs has begun, so that it cannot be run from the start.
            if resume is None:
                error.moved = False
                raise error
            return resume()

        self.steps = [self.steps[-1]._replace(kernel=again)]
        return moved
