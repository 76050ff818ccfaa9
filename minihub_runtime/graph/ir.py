"""Nodes and graphs.

A node's name is its identity.  `Ref("a", 1)` is the second output of node `a`, written `a:1`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from minihub_runtime.codec import attr_from_proto
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, OpError, clip
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.schema import Attr
from minihub_runtime.versions import GRAPH_DEF_VERSION

__all__ = ["Attrs", "Graph", "Node", "Ref", "check_kind", "parse_input", "parse_ref"]

MAX_INDEX = 1 << 20

#: Attributes that any node may have and that are looked at.
_MARKS = {
    "_class": Attr("_class", "list(string)"),
    "_output_shapes": Attr("_output_shapes", "list(shape)"),
}


class Ref(NamedTuple):
    """One output of one node."""

    node: str
    index: int = 0  # type: ignore[assignment]  # shadows tuple.index, which nobody needs here

    def __str__(self) -> str:
        return f"{self.node}:{self.index}"


class Attrs(Mapping[str, Any]):
    """Attributes of a node, decoded from their protos when they are first asked for.

    Attributes:
        protos: name → AttrValue, as they were read.
        changes: name → Python value of those that were not read but set.
        op: the op type of the node; of those that were read, its own are of the types they must be.
    """

    __slots__ = ("_decoded", "_key", "changes", "op", "protos")

    def __init__(
        self,
        protos: Mapping[str, Any],
        changes: Mapping[str, Any] | None = None,
        op: str = "",
    ) -> None:
        self.protos = protos
        self.op = op
        self.changes: Mapping[str, Any] = {} if changes is None else changes
        self._decoded: dict[str, Any] = {}
        self._key: frozenset[Any] | str | None = ""

    def __getitem__(self, name: str) -> Any:
        if name in self.changes:
            return self.changes[name]
        if name not in self._decoded:
            if not self._said(name):
                raise KeyError(name)
            try:
                value = attr_from_proto(self.protos[name])
                check_kind(self.op, name, value)
                self._decoded[name] = value
            except OpError as error:
                error.message = f"attribute {clip(name)!r}: {error.message}"
                error.args = (error.message,)
                raise
        return self._decoded[name]

    def get(self, name: str, default: Any = None) -> Any:
        """The value, or `default`; what `Mapping` has does the same by an exception."""
        return self[name] if name in self.changes or self._said(name) else default

    def __contains__(self, name: object) -> bool:
        return name in self.changes or self._said(name)

    def _said(self, name: Any) -> bool:
        # Whoever looks at `node.attr[name]` in a message leaves an attribute without a value there.
        return name in self.protos and self.protos[name].WhichOneof("value") is not None

    def __iter__(self) -> Iterator[str]:
        yield from self.changes
        yield from (name for name in self.protos if name not in self.changes and self._said(name))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def key(self) -> frozenset[Any] | None:
        """The same for equal attributes, of which names with underscores do not count; None for values that are not compared."""
        if isinstance(self._key, str):
            self._key = self._compared()
        return self._key

    def _compared(self) -> frozenset[Any] | None:
        parts: list[tuple[str, Any]] = [
            (name, proto.SerializeToString())
            for name, proto in self.protos.items()
            if not name.startswith("_") and name not in self.changes
        ]
        for name, value in self.changes.items():
            if name.startswith("_"):
                continue
            kind = type(value)
            if kind not in (bool, int, str, DType):
                return None
            parts.append((name, (kind, value)))
        return frozenset(parts)

    def changed(self, **values: Any) -> Attrs:
        """A copy with some values replaced."""
        return Attrs(self.protos, {**self.changes, **values}, self.op)


def check_kind(op: str, name: str, value: Any) -> None:
    """Look whether an attribute that was read is of the type that the op wants; those of unknown ops may be anything.

    Raises:
        InvalidArgumentError: it is not.
    """
    if name.startswith("_"):
        attr = _MARKS.get(name)
    else:
        attr = REGISTRY[op].schema.attrs.get(name) if op and op in REGISTRY else None
    if attr is not None and not attr.holds(value):
        raise InvalidArgumentError(
            f"it must be of type {attr.type} in a {clip(op)}, not {type(value).__name__}"
        )


class Node:
    """One operation of a graph; never changed after it is made.

    Attributes:
        name: unique in its graph.
        op: the op type.
        inputs: the flat data inputs.
        controls: names of the nodes that must run before.
        attrs: the attributes.
        device: the requested device; kept for export, else ignored.
    """

    __slots__ = ("attrs", "controls", "device", "inputs", "name", "op")

    def __init__(
        self,
        name: str,
        op: str,
        inputs: Iterable[Ref] = (),
        controls: Iterable[str] = (),
        attrs: Mapping[str, Any] | None = None,
        device: str = "",
    ) -> None:
        self.name = name
        self.op = op
        self.inputs = tuple(inputs)
        self.controls = tuple(controls)
        self.attrs = attrs if isinstance(attrs, Attrs) else Attrs({}, dict(attrs) if attrs else {})
        self.device = device

    def __repr__(self) -> str:
        return f"<Node {self.name} = {self.op}>"

    def replace(self, **fields: Any) -> Node:
        """A copy with some fields replaced."""
        current = {field: getattr(self, field) for field in self.__slots__}
        return Node(**{**current, **fields})


class Graph:
    """Nodes by name, and the functions they call.

    Attributes:
        nodes: name → Node.
        functions: name → FunctionDef proto.
        gradients: function name → name of its gradient function.
        producer: the version of the GraphDef's producer, the oldest of those that nodes come from.
        python: name → a Python function of the program that an operation of the graph calls.
    """

    def __init__(
        self,
        nodes: dict[str, Node],
        functions: Mapping[str, Any] | None = None,
        gradients: Mapping[str, str] | None = None,
        producer: int = GRAPH_DEF_VERSION,
    ) -> None:
        self.nodes = nodes
        self.functions = functions if functions is not None else {}
        self.gradients = gradients if gradients is not None else {}
        self.producer = producer
        self.python: dict[str, Any] = {}

    def keep_python(self, function: Any) -> str:
        """A name under which operations find a Python function, which is never part of a GraphDef.

        Those of graphs from elsewhere cannot know it, and so cannot call the function.
        """
        name = f"python_{len(self.python)}_{os.urandom(8).hex()}"
        self.python[name] = function
        return name

    @property
    def program_token(self) -> str:
        """What operations that the program adds hold, and those of graphs from elsewhere cannot know: they read and write any file."""
        token: str = self.python.setdefault("", os.urandom(16).hex())
        return token

    def __len__(self) -> int:
        return len(self.nodes)

    def with_nodes(self, nodes: dict[str, Node]) -> Graph:
        """The same library around other nodes."""
        made = Graph(nodes, self.functions, self.gradients, self.producer)
        made.python = self.python
        return made


def parse_input(text: str) -> tuple[str, int]:
    """Node name and output index of a NodeDef input; the index is -1 for a control input.

    Raises:
        InvalidArgumentError: the text is no input.
    """
    if text[:1] == "^":
        name, index = text[1:], -1
    elif ":" not in text:
        name, index = text, 0
    else:
        name, colon, number = text.rpartition(":")
        if colon and number.isascii() and number.isdigit():
            index = int(number)
        else:
            name, index = text, 0
    if not name or index > MAX_INDEX:
        raise InvalidArgumentError(f"{clip(text)!r} must be an input, 'node', 'node:1' or '^node'")
    return name, index


def parse_ref(text: str) -> Ref:
    """The output a tensor name stands for: `a` and `a:0` are the first one of `a`.

    Raises:
        InvalidArgumentError: the text names no tensor.
    """
    name, index = parse_input(text)
    if index < 0:
        raise InvalidArgumentError(f"{clip(text)!r} must name a tensor, not a control input")
    return Ref(name, index)
