"""The nodes of one plan while passes rewrite them.

A pass looks for a pattern that ends in some node, makes the nodes that replace it, and gives the last of them the name of that
node; so whoever reads it reads the new one, and what nobody reads any more is pruned afterwards.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import numpy as np

from minihub_runtime.codec import Func
from minihub_runtime.errors import OpError
from minihub_runtime.graph.functions import Body, instantiate
from minihub_runtime.graph.inference import Inference
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.effects import Effect, effect_of
from minihub_runtime.passes.prune import prune, topological
from minihub_runtime.shapes import Shape

__all__ = ["Region", "hands_references_on", "is_write"]

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
        self._forget()
        self._could_be: dict[str, bool] = {}
        writing = functools.cache(is_write)
        self._steady = not any(self._writes(node, writing) for node in self.nodes.values())

    def _forget(self) -> None:
        """Know nothing of the nodes."""
        self._static: dict[str, bool] = {}
        self._readers: dict[Ref, list[Node]] | None = None
        #: Name → how many edges lead from a node, that those do which are not fed.
        self._reads: dict[str, int] = {}
        #: Nodes that may have lost their last reader, or never had one; None as long as any may.
        self._doubtful: list[str] | None = None
        self._order: list[Node] | None = None

    def _note_roots(self) -> None:
        """Note what must run whoever reads it."""
        self.note_controls()
        read = {ref[0] for node in self.nodes.values() for ref in node.inputs}
        # What nobody reads is there for its effects, as loops are that fill stacks.
        self._loose = [name for name in self.nodes if name not in read]

    def note_controls(self) -> None:
        """Note which nodes others wait for."""
        controls = [node.controls for node in self.nodes.values() if node.controls]
        self._awaited = self._targets.union(*controls)

    def must_run(self, names: Iterable[str]) -> None:
        """Let nodes run whoever reads them, or waits for them."""
        self._targets = self._targets.union(names)
        self._awaited = self._awaited.union(names)

    def may_write(self, node: Node) -> bool:
        """Whether a node may change a variable, itself or by functions that it calls."""
        return self._writes(node, is_write)

    def effect(self, node: Node) -> Effect:
        """What a node does besides computing its outputs."""
        return effect_of(self._graph, node)

    def _writes(self, node: Node, writing: Callable[[str], bool]) -> bool:
        """`may_write`, with what tells whether an op writes."""
        if node.op == "_Loop":
            loop = node.attrs["loop"]
            parts = (loop.test, loop.body, loop.leaving)
            return any(self._writes(inner, writing) for part in parts for inner in part.values())
        if node.op in self._graph.functions:
            return self._function_writes(node.op)
        if node.op in CALLS:
            values = [node.attrs[name] for name in node.attrs]
            called = [item for v in values for item in (v if isinstance(v, list) else [v])]
            return any(self._function_writes(f.name) for f in called if isinstance(f, Func))
        return writing(node.op)

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
        if self._doubtful is None:
            kept = prune(self.nodes, self.roots, self.feeds)
            self.nodes = {name: kept[name] for name in self.nodes if name in kept}
            self._note_reads()
        else:
            self._drop_unread(self._doubtful)
        self._doubtful = []
        return self.nodes

    def _drop_unread(self, doubtful: list[str]) -> None:
        """Take out those of some nodes that nobody needs, and what only they needed; empties the list."""
        roots = {*self.roots} if doubtful else set()
        while doubtful:
            name = doubtful.pop()
            if not self._reads.get(name) and name not in roots:
                # What it read becomes doubtful.
                self.drop(name)

    def _note_reads(self) -> None:
        reads: dict[str, int] = {}
        readers: dict[Ref, list[Node]] = {}
        for node in self.nodes.values():
            for source in node.inputs:
                if source in readers:
                    readers[source].append(node)
                else:
                    readers[source] = [node]
                name = source[0]
                reads[name] = reads.get(name, 0) + 1
        for ref in self.feeds:
            if ref in readers:
                reads[ref[0]] -= len(readers[ref])
        self._readers, self._reads = readers, reads

    def in_order(self) -> list[Node]:
        """The nodes that are needed still, each after those that it reads or waits for.

        Raises:
            InvalidArgumentError: there is a cycle.
        """
        nodes = self.live()
        if self._order is None:
            self._order = topological(nodes, self.feeds)
        return self._order

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
            self._note_reads()
            assert self._readers is not None
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

    def redirect(self, old: Ref, new: Ref) -> None:
        """Let all nodes that read a tensor read another one."""
        for reader in dict.fromkeys(self.readers(old)):
            inputs = [new if ref == old else ref for ref in reader.inputs]
            self.put(reader.replace(inputs=inputs))

    def put(self, node: Node) -> Ref:
        """Add a node, or replace the one of its name; its first output."""
        self.drop(node.name)
        self.nodes[node.name] = node
        self._order = None
        if self._readers is not None:
            for source in node.inputs:
                self._readers.setdefault(source, []).append(node)
                if source not in self.feeds:
                    self._reads[source[0]] = self._reads.get(source[0], 0) + 1
        if self._doubtful is not None:
            self._doubtful.append(node.name)
        return Ref(node.name)

    def drop(self, name: str) -> None:
        """Take a node out, if it is there."""
        node = self.nodes.pop(name, None)
        self._static.pop(name, None)
        if node is None:
            return
        self._order = None
        if self._readers is not None:
            for source in node.inputs:
                self._readers[source].remove(node)
                if source not in self.feeds:
                    self._reads[source[0]] -= 1
        if self._doubtful is not None:
            self._doubtful += [source[0] for source in node.inputs]

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
        return node is not None and hands_references_on(node.op)

    def has_groups(self, node: Node) -> bool:
        """Whether the filter of a convolution with the channels last is known to see some of the channels only."""
        image, filter = self.shape(node.inputs[0]), self._shape_of_filter(node.inputs[1])
        if not image or filter is None or len(filter) < 3:
            return False
        return None not in (image[-1], filter[-2]) and image[-1] != filter[-2]

    def has_single_taps(self, filter: Ref) -> bool:
        """Whether the filter of a convolution is known to have one tap only."""
        shape = self._shape_of_filter(filter)
        return shape is not None and len(shape) > 2 and {*shape[:-2]} == {1}

    def _shape_of_filter(self, filter: Ref) -> Shape:
        """What the graph says of the shape of a filter, which passes may have scaled."""
        while (scaled := self.producer(filter, "_ScaledFilter")) is not None:
            filter = scaled.inputs[0]
        return self.shape(filter)

    def static(self, ref: Ref) -> bool:
        """Whether a tensor is the same in each run until a variable is assigned."""
        if ref in self.feeds:
            return False
        known = self._static.get(ref.node)
        return self._settle(ref.node) if known is None else known

    def _settle(self, name: str) -> bool:
        """Note whether a node is static, and what that depends on; whether it is."""
        static, stack = self._static, [name]
        while stack:
            inner = stack[-1]
            if inner in static:
                stack.pop()
                continue
            node = self.nodes.get(inner)
            if node is None or not self._could_be_static(node):
                static[inner] = False
                continue
            waiting: list[str] = []
            for source in node.inputs:
                known = False if source in self.feeds else static.get(source.node)
                if known is None:
                    waiting.append(source.node)
                elif not known:
                    static[inner] = False
                    break
            else:
                if waiting:
                    stack += waiting
                else:
                    static[inner] = True
        return static[name]

    def _could_be_static(self, node: Node) -> bool:
        if node.controls or node.name in self._awaited:
            return False
        if node.op in HANDLES or node.op in READS:
            return self._steady
        known = self._could_be.get(node.op)
        if known is None:
            known = self._could_be[node.op] = _follows_from_inputs(node.op)
        return known

    def keep_only(self, nodes: Mapping[str, Node]) -> None:
        """Go on with other nodes."""
        if nodes != self.nodes:
            self.nodes = dict(nodes)
            self._forget()

    def go_on_with(self, nodes: Mapping[str, Node]) -> None:
        """Go on with other nodes, of which those have effects that had some before: no others that nobody reads are needed."""
        self.keep_only(nodes)
        self._loose = [name for name in self._loose if name in nodes]
        self.note_controls()

    def without(self, nodes: Mapping[str, Node]) -> None:
        """Go on with other nodes, which wait for others than before."""
        self.keep_only(nodes)
        self._note_roots()


@functools.cache
def hands_references_on(op: str) -> bool:
    """Whether the first output of an op may be the variable that its first input refers to."""
    if op in HANDLES or "Enter" in op:
        return True
    schema = REGISTRY[op].schema if op in REGISTRY else None
    # Writes are of the kind, be they of all or of some rows.
    return schema is not None and all(
        args and args[0].is_ref for args in (schema.inputs, schema.outputs)
    )


def _follows_from_inputs(op: str) -> bool:
    """Whether the outputs of an op are the same whenever its inputs are."""
    if op in ("Switch", "Merge", "Enter", "Exit", "NextIteration") or op not in REGISTRY:
        return False
    found = REGISTRY[op]
    return not found.stateful and not found.wants_context
