"""Where tensors that a program holds stand in the functions of a library.

A function is written from a graph that the program built, and may be written again with more results or moved into the function of
its gradient.  A gradient that the program defines holds tensors of the graph as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from minihub_runtime.graph.ir import Ref

__all__ = ["Find", "Origins", "renamed"]

#: Takes a graph of the program and a tensor of it; gives what stands for that tensor, or None.
Find: TypeAlias = "Callable[[Any, Ref], Ref | None]"


class Origins:
    """For each function of a library the graphs that it was written from."""

    def __init__(self) -> None:
        self._known: dict[str, list[Find]] = {}

    def note(self, function: str, find: Find) -> None:
        """Note how tensors of a graph are found in a function; equal graphs make one function."""
        self._known.setdefault(function, []).append(find)

    def find(self, function: str, graph: Any, ref: Ref) -> Ref | None:
        """What stands in a function for a tensor of a graph, None if nothing does."""
        for find in self._known.get(function, ()):
            found = find(graph, ref)
            if found is not None:
                return found
        return None


def renamed(find: Find, names: Mapping[str, str]) -> Find:
    """As `find`, where nodes got other names; those that have none are not there any more."""

    def found(graph: Any, ref: Ref) -> Ref | None:
        inner = find(graph, ref)
        if inner is None or inner.node not in names:
            return None
        return Ref(names[inner.node], inner.index)

    return found
