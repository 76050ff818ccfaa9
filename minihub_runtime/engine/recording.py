"""What a run spends its time on: every kernel that is called, when, how long, and on arrays of which shapes.

    with recording() as calls:
        runner.run(fetches)

A kernel that runs others, as a loop does, has them inside it; `own` is what is left of its time without them.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from minihub_runtime.engine.watching import Steps, watching
from minihub_runtime.graph.functions import Body
from minihub_runtime.graph.ir import Node

__all__ = ["Call", "Recorder", "recording"]


class Call(NamedTuple):
    """One call of a kernel.

    Attributes:
        node: whose kernel it was.
        thread: which thread called it.
        start: nanoseconds on the clock of `time.perf_counter_ns`.
        taken: nanoseconds it took.
        own: the same without the kernels that it ran itself.
        shapes: of its inputs, None for what is no array.
        result: shape of its first output, None if that is no array.
    """

    node: Node
    thread: int
    start: int
    taken: int
    own: int
    shapes: tuple[tuple[int, ...] | None, ...]
    result: tuple[int, ...] | None


class Recorder:
    """Takes down the calls of all plans that run.

    Attributes:
        calls: in the order in which they ended.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._inner = threading.local()
        self._watched: dict[int, tuple[Steps, Steps]] = {}

    def watch(self, steps: Steps) -> Steps:
        """The steps of a plan, with kernels that are taken down."""
        found = self._watched.get(id(steps))
        if found is None:
            watched = tuple((self._timed(step[0], step[-1]), *step[1:]) for step in steps)
            # The steps are kept with what was made of them, so that their id stays theirs.
            found = self._watched[id(steps)] = (steps, watched)
        return found[1]

    def enter(self, body: Body, arguments: Sequence[Any]) -> None:
        """A call takes the time of its steps, and of the kernel that makes it."""

    def _timed(self, kernel: Callable[..., Any], node: Node) -> Callable[..., Any]:
        inner, calls = self._inner, self.calls

        def timed(*inputs: Any, **options: Any) -> Any:
            stack = inner.__dict__.setdefault("stack", [])
            stack.append(0)
            result = None
            start = time.perf_counter_ns()
            try:
                result = kernel(*inputs, **options)
            finally:
                taken = time.perf_counter_ns() - start
                within = stack.pop()
                if stack:
                    stack[-1] += taken
                shapes = tuple(getattr(value, "shape", None) for value in inputs)
                first = result[0] if isinstance(result, (list, tuple)) and result else result
                produced = getattr(first, "shape", None)
                calls.append(
                    Call(
                        node, threading.get_ident(), start, taken, taken - within, shapes, produced
                    )
                )
            return result

        return timed


@contextlib.contextmanager
def recording() -> Iterator[list[Call]]:
    """The list that the calls of every run in this process are added to meanwhile.

    Raises:
        FailedPreconditionError: a recording is going on already.
    """
    recorder = Recorder()
    with watching(recorder):
        yield recorder.calls
