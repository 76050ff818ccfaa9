"""The nodes of one plan while passes rewrite them.

A pass looks for a pattern that ends in some node, makes the nodes that replace it, and gives the last of them the name of that
node; so whoever reads it reads the new one, and what nobody reads any more is pruned afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from minihub_runtime.codec import Func
from minihub_runtime.errors import OpError
from minihub_runtime.graph.functions import Body, instantiate
from minihub_runtime.graph.inference import Inference
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.prune import prune
from minihub_runtime.shapes import Shape

__all__ = ["Region", "is_write"]

#: Ops that read a variable, and nothing else of the session.
READS = frozenset({"ReadVariableOp"})
#: Ops that stand for a variable.
HANDLES = frozenset({"VarHandleOp", "Variable", "VariableV2"})
#: Beginnings of the names of ops that write to variables.
WRITES = (
    "Apply",
    "Assign",
    "CountUpTo",
    "ResourceApply",
    "ResourceCountUpTo",
    "ResourceScatter",
    "ResourceSparseApply",
    "ResourceStridedSliceAssign",
    "Scatter",
    "SparseApply",
    "StridedSliceAssign",
)
#: Ops that call functions, which may write.
CALLS = frozenset({"Case", "For", "If", "StatefulPartitionedCall", "While", "_Loop"})
#: Arithmetic on constants is done for tensors of so many elements, so many ops deep.
MAX_FOLDED = 16
MAX_DEPTH = 8
#: `Scatter…` that make tensors of their own.
HARMLESS = frozenset({"ScatterNd", "ScatterNdNonAliasingAdd"})


def is_write(op: str) -> bool:
    """Whether an op writes to a variable."""
    return op.startswith(WRITES) and op not in HARMLESS


class Region:
    """Nodes that a run needs.

    Args:
        graph: the graph they are of, for shapes and the function library.
        nodes: the nodes, pruned.
        feeds: tensors whose values are given.
        fetches: tensors that are wanted.
        targets: names of nodes that must run.

    Attributes:
        nodes: name → node.
        feeds: tensors whose values are given.
        fetches: tensors that are wanted.
    """

    def __init__(
        self,
        graph: Graph,
        nodes: Mapping[str, Node],
        feeds: Collection[Ref],
        fetches: Collection[Ref],
        targets: Collection[str],
    ) -> None:
        self.nodes = dict(nodes)
        self.feeds = frozenset(feeds)
        self._graph = graph
        self.fetches = frozenset(fetches)
        self._targets = frozenset(targets)
        self._outside = frozenset(ref.node for ref in self.fetches | self.feeds)
        self._note_roots()
        self._shapes: Inference | None = None
        self._readers: dict[Ref, list[Node]] | None = None
        self._static: dict[str, bool] = {}
        self._steady = not any(self._writes(node) for node in self.nodes.values())

    def _note_roots(self) -> None:
        """Note what must run whoever reads it."""
        self.note_controls()
        read = {ref.node for node in self.nodes.values() for ref in node.inputs}
        # What nobody reads is there for its effects, as loops are that fill stacks.
        self._loose = [name for name in self.nodes if name not in read]

    def note_controls(self) -> None:
        """Note which nodes others wait for."""
        controls = (name for node in self.nodes.values() for name in node.controls)
        self._awaited = self._targets.union(controls)

    def _writes(self, node: Node) -> bool:
        """Whether a node may change a variable, itself or by functions that it calls."""
        if node.op == "_Loop":
            loop = node.attrs["loop"]
            parts = (loop.test, loop.body, loop.leaving)
            return any(self._writes(inner) for part in parts for inner in part.values())
        if node.op in self._graph.functions:
            return self._function_writes(node.op)
        if node.op in CALLS:
            values = [node.attrs[name] for name in node.attrs]
            called = [item for v in values for item in (v if isinstance(v, list) else [v])]
            return any(self._function_writes(f.name) for f in called if isinstance(f, Func))
        return is_write(node.op)

    def _function_writes(self, name: str) -> bool:
        """Whether a function of the library may change a variable; one that is not there may."""
        seen, stack = {name}, [name]
        while stack:
            function = self._graph.functions.get(stack.pop())
            if function is None:
                return True
            called: list[str] = []
            for node in function.node_def:
                if is_write(node.op):
                    return True
                if node.op in self._graph.functions:
                    called.append(node.op)
                for attr in node.attr.values():
                    if attr.WhichOneof("value") == "func":
                        called.append(attr.func.name)
                    elif attr.WhichOneof("value") == "list":
                        called += [f.name for f in attr.list.func]
            stack += [inner for inner in called if inner not in seen]
            seen.update(called)
        return False

    @property
    def writes(self) -> bool:
        """Whether a run changes variables."""
        return not self._steady

    @property
    def roots(self) -> list[str]:
        """The nodes that are fetched, or must run."""
        fetched = (ref.node for ref in self.fetches if ref not in self.feeds)
        return [*fetched, *self._awaited, *self._loose]

    @property
    def awaited(self) -> frozenset[str]:
        """The nodes that others wait for, or that must run."""
        return frozenset(self._awaited)

    @property
    def outside(self) -> frozenset[str]:
        """The nodes that are fetched or fed, or must run."""
        return self._outside | self._targets

    def live(self) -> dict[str, Node]:
        """The nodes that are needed still, in the order they had: roots have none that is the same in each process."""
        kept = prune(self.nodes, self.roots, self.feeds)
        self.nodes = {name: kept[name] for name in self.nodes if name in kept}
        self._readers = None
        return self.nodes

    def node(self, ref: Ref) -> Node | None:
        """What makes a tensor; None if it is fed."""
        return None if ref in self.feeds else self.nodes.get(ref.node)

    def producer(self, ref: Ref, *ops: str) -> Node | None:
        """What makes a tensor, if it is one of these ops and the tensor is its first output."""
        node = self.node(ref)
        return node if node is not None and node.op in ops and not ref.index else None

    def readers(self, ref: Ref) -> list[Node]:
        """The nodes that read a tensor; one that reads it twice is there twice."""
        if self._readers is None:
            self._readers = {}
            for node in self.nodes.values():
                for source in node.inputs:
                    self._readers.setdefault(source, []).append(node)
        return self._readers.get(ref, [])

    def hidden(self, node: Node) -> bool:
        """Whether nobody would miss the node itself: it is neither awaited nor fetched nor fed."""
        if node.name in self._awaited:
            return False
        return node.name not in self._outside

    def only_reader(self, node: Node) -> Node | None:
        """The one node that reads the first output of another that nobody would miss, once; None if there is none."""
        if not self.hidden(node):
            return None
        found = self.readers(Ref(node.name))
        return found[0] if len(found) == 1 else None

    def put(self, node: Node) -> Ref:
        """Add a node, or replace the one of its name; its first output."""
        self.drop(node.name)
        self.nodes[node.name] = node
        if self._readers is not None:
            for source in node.inputs:
                self._readers.setdefault(source, []).append(node)
        return Ref(node.name)

    def drop(self, name: str) -> None:
        """Take a node out, if it is there."""
        node = self.nodes.pop(name, None)
        self._static.pop(name, None)
        if node is not None and self._readers is not None:
            for source in node.inputs:
                self._readers[source].remove(node)

    def add(self, near: str, op: str, inputs: Iterable[Ref], **attrs: Any) -> Ref:
        """Add a node under a new name; its first output."""
        number = 0
        while (name := f"{near}/_{op.lstrip('_')}{number or ''}") in self.nodes:
            number += 1
        return self.put(Node(name, op, inputs, attrs=attrs))

    def constant(self, near: str, value: Any) -> Ref:
        """Add a constant."""
        from minihub_runtime.dtypes import as_dtype

        array = np.asarray(value)
        array.flags.writeable = False
        return self.add(near, "Const", (), dtype=as_dtype(array.dtype), value=array)

    def value(self, ref: Ref, depth: int = MAX_DEPTH) -> Any:
        """The value of a constant, or of little arithmetic on constants; None for other tensors."""
        node = self.node(ref)
        if node is None or ref.index or not depth or not self.static(ref):
            return None
        if node.op == "Const":
            return node.attrs["value"]
        if node.op not in REGISTRY or not 0 < len(node.inputs) <= MAX_FOLDED:
            return None
        values = [self.value(source, depth - 1) for source in node.inputs]
        if any(value is None or value.size > MAX_FOLDED for value in values):
            return None
        try:
            with np.errstate(all="ignore"):
                found = REGISTRY[node.op].bind(node.attrs)(*values)
        except OpError:
            return None
        return found if isinstance(found, np.ndarray) else None

    def body(self, function: Func) -> Body:
        """The body of a function of the library.

        Raises:
            OpError: there is no such function, or it is malformed.
        """
        return instantiate(self._graph, function.name, function.attrs)

    def shape(self, ref: Ref) -> Shape:
        """What the graph says of a tensor's shape; None for tensors of passes."""
        if self._shapes is None:
            self._shapes = Inference(self._graph)
        node = self._graph.nodes.get(ref.node)
        if node is None or ref in self.feeds:
            return None
        try:
            return self._shapes.shape(ref)
        except OpError:
            return None

    def op_in_graph(self, ref: Ref) -> str | None:
        """The op that makes a tensor if it is not fed; None for tensors of passes."""
        node = self._graph.nodes.get(ref.node)
        return None if node is None else node.op

    def is_reference(self, ref: Ref) -> bool:
        """Whether a tensor may be a variable itself, which whoever reads it reads at its own time."""
        node = self.node(ref)
        if node is None:
            return False
        return node.op in HANDLES or node.op.startswith(("Assign", "Ref")) or "Enter" in node.op

    def has_single_taps(self, filter: Ref) -> bool:
        """Whether the filter of a convolution is known to have one tap only."""
        while (scaled := self.producer(filter, "_ScaledFilter")) is not None:
            filter = scaled.inputs[0]
        shape = self.shape(filter)
        return shape is not None and len(shape) > 2 and {*shape[:-2]} == {1}

    def static(self, ref: Ref) -> bool:
        """Whether a tensor is the same in each run until a variable is assigned."""
        if ref in self.feeds:
            return False
        known = self._static.get(ref.node)
        if known is not None:
            return known
        stack = [ref.node]
        while stack:
            name = stack[-1]
            if name in self._static:
                stack.pop()
                continue
            node = self.nodes.get(name)
            if node is None or not self._could_be_static(node):
                self._static[name] = False
                stack.pop()
                continue
            waiting = [
                source.node
                for source in node.inputs
                if source not in self.feeds and source.node not in self._static
            ]
            if waiting:
                stack.extend(waiting)
                continue
            self._static[name] = all(
                source not in self.feeds and self._static[source.node] for source in node.inputs
            )
            stack.pop()
        return self._static[ref.node]

    def _could_be_static(self, node: Node) -> bool:
        if node.controls or node.name in self._awaited:
            return False
        if node.op in HANDLES or node.op in READS:
            return self._steady
        if (
            node.op in ("Switch", "Merge", "Enter", "Exit", "NextIteration")
            or node.op not in REGISTRY
        ):
            return False
        op = REGISTRY[node.op]
        return not op.stateful and not op.wants_context

    def keep_only(self, nodes: Mapping[str, Node]) -> None:
        """Go on with other nodes."""
        self.nodes = dict(nodes)
        self._readers = None
        self._static.clear()

    def go_on_with(self, nodes: Mapping[str, Node]) -> None:
        """Go on with other nodes, of which those have effects that had some before: no others that nobody reads are needed."""
        self.keep_only(nodes)
        self._loose = [name for name in self._loose if name in nodes]
        self.note_controls()

    def without(self, nodes: Mapping[str, Node]) -> None:
        """Go on with other nodes, which wait for others than before."""
        self.keep_only(nodes)
        self._note_roots()
