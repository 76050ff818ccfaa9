"""Feeds in, fetches out: plans made once for each pair of feeds and fetches."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minihub_runtime.codec import Func
from minihub_runtime.engine.compiler import DEAD, compile_plan
from minihub_runtime.engine.observing import See, observing
from minihub_runtime.engine.plan import Plan
from minihub_runtime.engine.state import State
from minihub_runtime.errors import InvalidArgumentError, OpError, WouldWaitError, clip
from minihub_runtime.garbage import uncollected
from minihub_runtime.graph.functions import Body
from minihub_runtime.graph.ir import Graph, Ref
from minihub_runtime.memory import keep_heap
from minihub_runtime.ops.registry import REGISTRY

__all__ = ["Runner", "handed_out"]


class Runner:
    """Runs parts of one graph; may be used by any number of threads.

    Args:
        graph: nodes and functions; nodes may be added between runs, never changed.
        readable: folders whose files the graph may read; None allows every file.
        seed: the seed of the graph.

    Attributes:
        state: variables, tables and random streams.
    """

    def __init__(
        self, graph: Graph, readable: Iterable[str | Path] | None = (), seed: int | None = None
    ) -> None:
        keep_heap()
        self.graph = graph
        self.state = State(graph, readable, seed)
        self._plans: dict[Any, Plan] = {}
        self._lock = threading.Lock()

    def plan(
        self,
        feeds: Sequence[Ref],
        fetches: Sequence[Ref],
        targets: Sequence[str],
        passes: frozenset[str] | None = None,
    ) -> Plan:
        """The plan for these feeds, fetches and targets, made at the first call.

        Args:
            feeds: tensors whose values are given.
            fetches: tensors whose values are wanted.
            targets: nodes that must run.
            passes: names of the passes that rewrite the graph before, all by default.

        Raises:
            UnsupportedOpsError: ops that are not registered, all of them.
            NotFoundError: a fetch is not in the graph.
            InvalidArgumentError: the graph is malformed.
        """
        key = (tuple(feeds), tuple(fetches), tuple(targets), passes)
        found = self._plans.get(key)
        if found is None:
            with uncollected():
                found = compile_plan(
                    self.graph,
                    feeds,
                    fetches,
                    targets,
                    lambda node, needed: self.state.context("", node, needed),
                    passes,
                )
            with self._lock:
                self._plans[key] = found
        return found

    def run(
        self,
        fetches: Sequence[Ref],
        feeds: Mapping[Ref, Any] | None = None,
        targets: Sequence[str] = (),
        timeout: float | None = None,
        copied: bool = True,
    ) -> list[Any]:
        """The values of `fetches`.

        Args:
            fetches: tensors wanted.
            feeds: tensor → value, of the tensor's own dtype.
            targets: nodes to run without a result.
            timeout: seconds after which the run ends with an error; checked between kernels and at the end.
            copied: whether the caller may change what it gets; else arrays are read-only, and may be those of variables.

        Raises:
            OpError: a kernel refused its inputs.
            CancelledError: the session was closed meanwhile.
            DeadlineExceededError: `timeout` has passed.
            InvalidArgumentError: it is no number of seconds.
        """
        feeds = {} if feeds is None else feeds
        deadline = None if timeout is None else time.monotonic() + _seconds(timeout)
        before = self.state.start(deadline)
        try:
            plan = self.plan(list(feeds), fetches, targets)
            check = None if deadline is None else self.state.check
            with np.errstate(all="ignore"):
                values = plan.run(list(feeds.values()), check)
            # The last kernel may have ended late; TensorFlow waits for a run no longer than that.
            self.state.check()
        except OpError as error:
            if isinstance(error, WouldWaitError):
                # The run is over, and its values are not kept for as long as the error is.
                error.resume = None
            # Variables are gone then, so that other errors may follow.
            self.state.require_open()
            raise
        finally:
            self.state.finish(before)
        if not copied:
            return [_shown(_alive(value, ref)) for value, ref in zip(values, fetches, strict=True)]
        return handed_out(values, fetches, feeds)

    def observe(self, fetches: Sequence[Ref], feeds: Mapping[Ref, Any], see: See) -> list[Any]:
        """The values of `fetches`, of a run that no pass has changed: every node that they need runs under its own name.

        Args:
            fetches: tensors wanted.
            feeds: tensor → value, of the tensor's own dtype.
            see: is shown each node that ran and its outputs, those inside loops and functions too; constants do not run.  Of what runs in
                functions the nodes have the attributes, the same objects, of those of `body`.

        Raises:
            FailedPreconditionError: somebody observes or records already.
            OpError: as for `run`.
        """
        with self.running(None), observing(see), np.errstate(all="ignore"):
            plan = compile_plan(
                self.graph,
                list(feeds),
                fetches,
                (),
                lambda node, needed: self.state.context("", node, needed, ()),
                passes=(),
            )
            values = plan.run(list(feeds.values()))
        return handed_out(values, fetches, feeds)

    def body(self, function: Func) -> Body:
        """The body of a function of the graph's library, the same one for equal names and attributes.

        Raises:
            NotFoundError: the library has no such function.
            InvalidArgumentError: the body is malformed.
        """
        return self.state.body(function)

    @contextlib.contextmanager
    def running(self, timeout: float | None) -> Iterator[None]:
        """A context in which kernels run; see `run`."""
        before = self.state.start(None if timeout is None else time.monotonic() + _seconds(timeout))
        try:
            yield
        finally:
            self.state.finish(before)

    def close(self) -> None:
        """Forget all variables and tables, and cancel runs that go on in other threads."""
        with self._lock:
            self._plans.clear()
        self.state.close()

    def handle(self, name: str) -> Any:
        """The resource object that a node without inputs makes: a variable, a table."""
        node = self.graph.nodes[name]
        return REGISTRY[node.op].bind(node.attrs, self.state.context("", name))()

    def stored_value(self, name: str) -> Any:
        """The value of the variable that a node makes, not copied and read-only.

        Raises:
            FailedPreconditionError: it has none yet.
        """
        return _shown(self.handle(name).read())


def handed_out(
    values: Sequence[Any], fetches: Sequence[Ref], feeds: Mapping[Ref, Any]
) -> list[Any]:
    """Fetched values as the caller gets them, who may change each alone.

    Raises:
        InvalidArgumentError: one lies on a branch that was not taken.
    """
    handed = [_hand_out(value, ref) for value, ref in zip(values, fetches, strict=True)]
    _separate(handed, feeds.values())
    return handed


def _separate(values: list[Any], fed: Iterable[Any]) -> None:
    """Copy arrays that stand in several places, or were fed: the caller may change one result alone."""
    seen = {id(value) for value in fed}
    for i, value in enumerate(values):
        if id(value) in seen and isinstance(value, np.ndarray):
            values[i] = value.copy()
        seen.add(id(value))


def _seconds(timeout: Any) -> float:
    """A number of seconds.

    Raises:
        InvalidArgumentError: it is none.
    """
    if isinstance(timeout, (int, float, np.number)) and not np.isnan(timeout):
        return float(timeout)
    raise InvalidArgumentError(f"timeout must be a number of seconds, not {timeout!r}")


def _hand_out(value: Any, ref: Ref) -> Any:
    """A fetched value that the caller may change: never a constant, a variable or a view of one."""
    value = _alive(value, ref)
    if isinstance(value, np.ndarray) and (value.base is not None or not value.flags.writeable):
        return value.copy()
    return value


def _shown(value: Any) -> Any:
    """A value that the caller may not change; while it is held, no step of training changes it either."""
    if isinstance(value, np.ndarray):
        value = value.view()
        value.flags.writeable = False
    return value


def _alive(value: Any, ref: Ref) -> Any:
    """A fetched value.

    Raises:
        InvalidArgumentError: there is none.
    """
    if value is DEAD:
        raise InvalidArgumentError(
            f"{clip(str(ref))!r} must have a value, but lies on a branch that was not taken"
        )
    return value
