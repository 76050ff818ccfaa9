"""A run in parts: what can be computed from some feeds is, and the rest when others come.

Each node runs once, as soon as what it needs is there, whether somebody has asked for its results or not.

Source: tensorflow/core/common_runtime/direct_session.cc:DirectSession::PRun.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.engine.plan import Plan
from minihub_runtime.engine.runner import Runner, handed_out
from minihub_runtime.errors import InvalidArgumentError, OpError, WouldWaitError, clip
from minihub_runtime.graph.ir import Ref
from minihub_runtime.passes.pipeline import IN_PARTS
from minihub_runtime.passes.prune import PLACEHOLDER

__all__ = ["PartialRun"]


class PartialRun:
    """A run whose feeds come one after another.

    What can be computed without any is computed at once; an error of that is raised by the first part.

    Args:
        runner: what runs the graph.
        feeds: tensors that are going to be fed.
        fetches: tensors that are going to be fetched.
        targets: nodes to run without a result.

    Raises:
        InvalidArgumentError: there is nothing to fetch, or something is both fed and fetched.
        OpError: the graph cannot be run.
    """

    def __init__(
        self, runner: Runner, feeds: Sequence[Ref], fetches: Sequence[Ref], targets: Sequence[str]
    ) -> None:
        if not fetches and not targets:
            raise InvalidArgumentError("Must specify at least one target to fetch or execute.")
        for ref in fetches:
            if ref in feeds:
                raise InvalidArgumentError(f"{_named(ref)} is both fed and fetched.")
        self._runner = runner
        self._lock = threading.Lock()
        self._plan: Plan = runner.plan(list(feeds), list(fetches), list(targets), IN_PARTS)
        self._places = dict(zip(fetches, self._plan.fetches, strict=True))
        self._feeds = {*feeds}
        self._to_feed = {*feeds}
        self._to_fetch = {*fetches}
        self._missing = {*self._plan.feeds.values()}
        self._error: OpError | None = None
        self._slots: list[Any] = []
        try:
            self._within(self._begin, None)
        except OpError as error:
            self._error = error

    @property
    def over(self) -> bool:
        """Whether everything has been fed and fetched, or there was an error."""
        return self._error is not None or not (self._to_feed or self._to_fetch)

    def run(
        self, fetches: Sequence[Ref], feeds: Mapping[Ref, Any], timeout: float | None = None
    ) -> list[Any]:
        """The values of some of the fetches, after feeding some of the feeds.

        Args:
            fetches: tensors wanted.
            feeds: tensor → value.
            timeout: as for `Runner.run`.

        Raises:
            InvalidArgumentError: something is fed or fetched again, was not to be, or needs what is still to be fed.
            OpError: a kernel refused its inputs; the run is over then.
        """
        with self._lock:
            if self._error is not None:
                raise self._error
            self._check("feed", feeds, self._to_feed, self._feeds)
            self._check("fetch", fetches, self._to_fetch, self._places)
            self._check_needs(fetches, self._to_feed - set(feeds))
            self._to_feed -= set(feeds)
            for ref, value in feeds.items():
                place = self._plan.feeds.get(ref)
                if place is not None:
                    self._slots[place] = value
                    self._missing.discard(place)
            try:
                self._within(lambda: self._go_on(fetches), timeout)
            except OpError as error:
                self._error = error
                raise
            self._to_fetch -= set(fetches)
            return handed_out([self._slots[self._places[ref]] for ref in fetches], fetches, feeds)

    @staticmethod
    def _check(what: str, refs: Any, left: set[Ref], known: Any) -> None:
        for ref in refs:
            if ref not in known:
                raise InvalidArgumentError(
                    f"The {what} {_named(ref)} was not specified in partial_run_setup."
                )
            if ref not in left:
                done = "been fed" if what == "feed" else "been fetched"
                raise InvalidArgumentError(f"The {what} {_named(ref)} has already {done}.")

    def _check_needs(self, fetches: Sequence[Ref], missing: set[Ref]) -> None:
        """Raise if a fetch depends on what is still to be fed."""
        nodes = self._runner.graph.nodes
        known = {ref.node for ref in fetches}
        stack = list(known)
        while stack:
            node = nodes.get(stack.pop())
            if node is None:
                continue
            for ref in (*node.inputs, *map(Ref, self._placeholders(node.controls))):
                if ref in missing:
                    raise InvalidArgumentError(
                        f"Fetch {_named(ref)} can't be computed from the feeds that have been fed so far."
                    )
            more = {ref.node for ref in node.inputs if ref not in self._feeds}
            more.update(node.controls)
            stack += more - known
            known |= more

    def _within(self, work: Any, timeout: float | None) -> None:
        with self._runner.running(timeout), np.errstate(all="ignore"):
            work()

    def _begin(self) -> None:
        self._slots = self._plan.begin()
        self._pending = self._plan.pending(self._slots)
        # What waits may go on in a later part.
        self._advance()

    def _go_on(self, fetches: Sequence[Ref]) -> None:
        """Run what can be run, with all that `fetches` need; in the last part everything that is left."""
        waiting = self._advance()
        if waiting is None:
            return
        wanted = {self._places[ref] for ref in fetches}
        if self._pending.makes(wanted) or not (self._to_feed or self._to_fetch - {*fetches}):
            raise waiting

    def _advance(self) -> WouldWaitError | None:
        """Run what can be run; see `Pending.advance`."""
        # What waits for a placeholder waits until it is fed; other nodes run, be they fed or not.
        unfed = self._placeholders(ref.node for ref in self._to_feed)
        return self._pending.advance(self._missing, self._runner.state.check, unfed)

    def _placeholders(self, names: Iterable[str]) -> list[str]:
        """Those of some nodes that are placeholders."""
        nodes = self._runner.graph.nodes
        return [name for name in names if name in nodes and nodes[name].op in PLACEHOLDER]


def _named(ref: Ref) -> str:
    return clip(f"{ref.node}:{ref.index}")
