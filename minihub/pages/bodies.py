"""Bodies of the functions that a graph calls, as a page draws them: each once, however often it is called."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from minihub.function_calls import FIRST_ARGUMENT, functions_of
from minihub.pages.drawing import draw
from minihub_runtime.codec import Func
from minihub_runtime.errors import OpError
from minihub_runtime.graph.functions import Body, function_args
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.passes.prune import prune, topological

__all__ = ["Bodies", "DrawnBody", "needed"]

#: A module can have functions that are called with ever other attributes, and no page holds them all.
MOST = 1000

_TABLE = "LookupTable"
_VARIABLE = ("Assign", "ReadVariableOp", "Resource")


def needed(
    nodes: Mapping[str, Node], roots: Iterable[str], feeds: Collection[Ref]
) -> dict[str, Node]:
    """Those that are fed and those that some nodes need, in the order in which they run; loops are as they are written."""
    found = prune(nodes, roots, feeds)
    order = dict.fromkeys(ref.node for ref in feeds)
    order.update(dict.fromkeys(node.name for node in topological(found, feeds, ignore_loops=True)))
    return {name: nodes[name] for name in order}


@dataclasses.dataclass
class DrawnBody:
    """A function for one set of attributes.

    Attributes:
        name: of the function.
        nodes: those of the body that its results and effects need, in the order in which they run.
        drawn: the same as data.
        callers: how many nodes call it, of those that are drawn.
        refused: why it cannot be drawn; empty if it is.
    """

    name: str
    nodes: dict[str, Node] = dataclasses.field(default_factory=dict)
    drawn: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    callers: int = 0
    refused: str = ""


class Bodies:
    """The functions that nodes call, and those that these call.

    Args:
        graph: the function library.
        body_of: gives the body of a function.

    Attributes:
        all: the bodies, in the order in which they are first called.
    """

    def __init__(self, graph: Graph, body_of: Callable[[Func], Body]) -> None:
        self._graph = graph
        self._body_of = body_of
        self._numbers: dict[Any, int] = {}
        self.all: list[DrawnBody] = []

    def collect(self, nodes: Mapping[str, Node], drawn: Sequence[dict[str, Any]]) -> None:
        """Note in what is drawn which bodies the nodes call, and in those bodies which others.

        Args:
            nodes: by name.
            drawn: the same as data; gets `bodies`, for each the attribute that names it, its number and the number of the input that is its
                first argument, None where no input is.
        """
        self._note(nodes, drawn)
        # Bodies join the list while it is walked over.
        for body in self.all:
            self._note(body.nodes, body.drawn)

    def _note(self, nodes: Mapping[str, Node], drawn: Iterable[dict[str, Any]]) -> None:
        for told in drawn:
            node = nodes[told["name"]]
            functions = functions_of(node)
            first = FIRST_ARGUMENT.get(node.op)
            if node.op in self._graph.functions:
                functions, first = [("", Func(node.op, dict(node.attrs)))], 0
            told["bodies"] = [
                [role, number, first]
                for role, function in functions
                if (number := self._number(function)) is not None
            ]

    def _number(self, function: Func) -> int | None:
        """The number of a body, None if there is no room for it."""
        try:
            body = self._body_of(function)
        except OpError as error:
            # One that is never called may be malformed, and the module runs.
            return self._refused(function.name, error)
        number = self._numbers.get(id(body))
        if number is None:
            if len(self.all) >= MOST:
                return None
            number = self._numbers[id(body)] = len(self.all)
            self.all.append(self._drawn(body))
        self.all[number].callers += 1
        return number

    def _refused(self, name: str, error: OpError) -> int | None:
        key = (name, error.message)
        if key not in self._numbers:
            if len(self.all) >= MOST:
                return None
            self._numbers[key] = len(self.all)
            self.all.append(DrawnBody(name, refused=error.message))
        self.all[self._numbers[key]].callers += 1
        return self._numbers[key]

    def _drawn(self, body: Body) -> DrawnBody:
        roots = [*(ref.node for ref in body.results), *body.controls, *body.effects]
        try:
            nodes = needed(body.graph.nodes, roots, body.arguments)
        except OpError as error:
            return DrawnBody(body.name, refused=error.message)
        names = self._result_names(body)
        fetched: dict[Ref, str] = {}
        for ref, name in zip(body.results, names, strict=True):
            fetched[ref] = f"{fetched[ref]}, {name}" if ref in fetched else name
        fed = {ref: ref.node for ref in body.arguments}
        drawn = draw(nodes.values(), fed, fetched)
        _belonging(drawn, nodes)
        return DrawnBody(body.name, nodes, drawn)

    def _result_names(self, body: Body) -> list[str]:
        outputs = function_args(self._graph.functions[body.name].signature.output_arg)
        if len(outputs) == len(body.results):
            return [output.name for output in outputs]
        return [f"result {i}" for i in range(len(body.results))]


def _belonging(drawn: list[dict[str, Any]], nodes: Mapping[str, Node]) -> None:
    """Let arguments that are variables or tables belong to what reads them, as those of a graph do."""
    readers: dict[int, list[dict[str, Any]]] = {}
    for told in drawn:
        for source, _ in told["inputs"]:
            readers.setdefault(source, []).append(told)
    for number, told in enumerate(drawn):
        node = nodes[told["name"]]
        if node.op != "_Arg" or node.attrs["T"].name != "resource":
            continue
        ops = [reader["op"] for reader in readers.get(number, ()) if not reader["functions"]]
        if ops and all(op.startswith(_TABLE) for op in ops):
            told["kind"] = "table"
        elif all(op.startswith(_VARIABLE) for op in ops):
            told["kind"] = "variable"
