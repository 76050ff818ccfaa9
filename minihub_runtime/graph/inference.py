"""What is known of shapes and values before anything runs.

Shapes are worked out when they are asked for, so that importing a graph of 20,000 nodes costs nothing for the
nodes nobody looks at.
"""

from __future__ import annotations

import contextlib
from itertools import zip_longest
from typing import Any

from numpy.typing import NDArray

from minihub_runtime.codec import Func
from minihub_runtime.errors import OpError
from minihub_runtime.graph.functions import Body, instantiate
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.graph.known_values import KnownTensor, KnownValues
from minihub_runtime.ops.registry import REGISTRY, infer_shapes
from minihub_runtime.shapes import Shape, Spec, common, compatible, concrete, merge

__all__ = ["Inference"]

#: Ops that pass the handle of a variable on: each output is the input of its place.
PASSING = frozenset({"Identity", "IdentityN", "StatelessWhile", "While"})
#: Ops all of whose outputs are their first input.
PASSING_FIRST = frozenset({"Enter", "Exit", "NextIteration", "Switch"})


#: Ops that call a function, once and as it is.
CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
#: Up to this version Placeholders said of a shape that nobody knows that it is that of a scalar.
LAST_WITHOUT_SCALARS = 21
#: In calls that are nested deeper than this, shapes are not worked out.
MAX_DEPTH = 20
#: In loops that are nested deeper than this neither, since each goes through its body several times.
MAX_LOOP_DEPTH = 3


class Inference:
    """Shapes and small constant values of one graph.

    Args:
        graph: the graph.
        base: what is known of the nodes of a graph that `graph` adds nodes to.
        depth: how many functions deep in calls the graph is.
    """

    def __init__(self, graph: Graph, base: Inference | None = None, depth: int = 0) -> None:
        self._graph = graph
        self._base = base
        self._depth = depth
        self._shapes: dict[str, list[Shape]] = {}
        self._values = KnownValues(graph, self)
        self._told: dict[Ref, Shape] = {}
        self._told_behind: dict[Ref, Spec] = {}

    def shape(self, ref: Ref) -> Shape:
        """What is known of a tensor's shape."""
        if ref.node in self._shapes:
            return self._known(ref)
        for node in self._behind(ref.node):
            if node.name not in self._shapes:
                # In a loop it may depend on itself, which then is not known yet.
                self._shapes[node.name] = []
                # An imported graph may hold a node that no run needs; a run that does says what is wrong.
                with contextlib.suppress(OpError):
                    self._shapes[node.name] = self._infer(node)
                self._shapes[node.name] = _with_said(self._shapes[node.name], node)
        return self._known(ref)

    def has(self, name: str) -> bool:
        """Whether the graph has a node of that name."""
        return name in self._graph.nodes

    def check(self, name: str) -> None:
        """Work out the shapes of a node.

        Raises:
            InvalidArgumentError: its inputs do not fit.
        """
        node = self._graph.nodes[name]
        for ref in node.inputs:
            self.shape(ref)
        self._shapes[name] = self._infer(node)

    def refine(self, ref: Ref, shape: Shape) -> None:
        """Note what the caller knows.

        Raises:
            ValueError: it contradicts what is known.
        """
        self._told[ref] = merge(self.shape(ref), shape)

    def forget(self, name: str) -> None:
        """Forget a node that was replaced."""
        self._shapes.pop(name, None)

    def forget_all(self) -> None:
        """Forget what followed from inputs, some of which were replaced; not what was told."""
        self._shapes.clear()
        self._values = KnownValues(self._graph, self)

    def value(self, ref: Ref) -> NDArray[Any] | None:
        """The value of a tensor if it is small and follows from constants and known shapes, else None."""
        if self._base is not None and self._base.has(ref.node):
            return self._base.value(ref)
        return self._values.value(ref)

    def as_shape(self, ref: Ref) -> Shape:
        """What is known of the shape whose sizes are the elements of a vector."""
        if self._base is not None and self._base.has(ref.node):
            return self._base.as_shape(ref)
        return self._values.as_shape(ref)

    def behind(self, ref: Ref) -> Spec | None:
        """What is known of the value of the variable, or of the elements of the TensorArray, whose handle `ref` is."""
        node = self._graph.nodes.get(ref.node)
        passed: set[str] = set()
        while node is not None and ref not in self._told_behind:
            # Nobody has looked yet whether the nodes of a stranger's function go in circles.
            if node.name in passed:
                return None
            passed.add(node.name)
            if self._base is not None and self._base.has(ref.node):
                return self._base.behind(ref)
            if node.op in PASSING and ref.index < len(node.inputs):
                ref = node.inputs[ref.index]
            elif node.op in PASSING_FIRST and node.inputs:
                ref = node.inputs[0]
            elif node.op == "VarHandleOp":
                return Spec(node.attrs["dtype"], node.attrs["shape"])
            elif node.op == "TensorArrayV3":
                attrs = REGISTRY[node.op].schema.complete(node.attrs, node.op)
                shape = attrs["element_shape"]
                sure = attrs["identical_element_shapes"] or concrete(shape) is not None
                return Spec(attrs["dtype"], shape) if sure else None
            else:
                return None
            node = self._graph.nodes.get(ref.node)
        return self._told_behind.get(ref)

    def tell_behind(self, ref: Ref, spec: Spec) -> None:
        """Note what the caller knows of the value of the variable whose handle `ref` is."""
        self._told_behind[ref] = spec

    def _infer(self, node: Node) -> list[Shape]:
        called = _called(self._graph, node)
        if called is not None and self._depth < MAX_DEPTH:
            body = instantiate(self._graph, called.name, called.attrs)
            return self._through(body, node, [self._known(ref) for ref in node.inputs])
        loop = _unsaid_loop(self._graph, node)
        if loop is not None and self._depth < MAX_LOOP_DEPTH:
            return self._turned(loop, node)
        if node.op not in REGISTRY:
            return []
        op = REGISTRY[node.op]
        attrs = op.schema.complete(node.attrs, node.op)
        types = op.schema.input_dtypes(attrs)
        specs = [
            Spec(
                dtype.base_dtype,
                self._known(ref),
                behind=self.behind(ref),
                source=KnownTensor(self, ref),
            )
            for ref, dtype in zip(node.inputs, types, strict=False)
        ]
        if len(specs) != len(types):
            return []
        if (
            node.op == "Placeholder"
            and not attrs["shape"]
            and self._graph.producer <= LAST_WITHOUT_SCALARS
        ):
            return [None]
        return infer_shapes(op, attrs, specs)

    def _turned(self, called: Func, node: Node) -> list[Shape]:
        """What is known of a loop's variables after any number of turns."""
        body = instantiate(self._graph, called.name, called.attrs)
        shapes = [self._known(ref) for ref in node.inputs]
        while True:
            found = self._through(body, node, shapes)
            kept = [common(pair) for pair in zip(shapes, found, strict=False)]
            if kept == shapes:
                return kept
            shapes = kept

    def _through(self, body: Body, node: Node, shapes: list[Shape]) -> list[Shape]:
        """The shapes of the results of a function that gets a node's inputs, of which these shapes are known."""
        inner = Inference(body.graph, depth=self._depth + 1)
        for argument, given, shape in zip(body.arguments, node.inputs, shapes, strict=False):
            inner.refine(argument, shape)
            behind = self.behind(given)
            if behind is not None:
                inner.tell_behind(argument, behind)
        return [inner.shape(ref) for ref in body.results]

    def _known(self, ref: Ref) -> Shape:
        if self._base is not None and self._base.has(ref.node):
            found = self._base.shape(ref)
        else:
            shapes = self._shapes.get(ref.node, [])
            found = shapes[ref.index] if ref.index < len(shapes) else None
        told = self._told.get(ref)
        return found if told is None else merge(found, told)

    def _behind(self, name: str) -> list[Node]:
        """The nodes whose shapes are needed first, then the node itself; loops are cut where they close."""
        order: list[Node] = []
        seen: set[str] = set()
        stack = [(name, False)]
        while stack:
            current, ready = stack.pop()
            if ready:
                order.append(self._graph.nodes[current])
                continue
            if current in seen or current in self._shapes:
                continue
            if self._base is not None and self._base.has(current):
                continue
            seen.add(current)
            stack.append((current, True))
            stack.extend((ref.node, False) for ref in self._graph.nodes[current].inputs)
        return order


def _called(graph: Graph, node: Node) -> Func | None:
    """The function that a node calls, if the shapes of its results are those of the node's."""
    if node.attrs.get("_disable_call_shape_inference", False):
        return None
    if node.op in CALLS:
        found: Func = node.attrs["f"]
        return found if found.name in graph.functions else None
    return Func(node.op, dict(node.attrs)) if node.op in graph.functions else None


def _unsaid_loop(graph: Graph, node: Node) -> Func | None:
    """The body of a loop whose writer did not say which shapes its variables have."""
    if node.op not in ("StatelessWhile", "While") or node.attrs.get("output_shapes"):
        return None
    body = node.attrs.get("body")
    return body if isinstance(body, Func) and body.name in graph.functions else None


def _with_said(shapes: list[Shape], node: Node) -> list[Shape]:
    """The shapes of a node's outputs with what the graph it was imported from knew of them."""
    said = node.attrs.get("_output_shapes", [])
    if not shapes:
        return list(said)
    return [
        merge(found, known) if compatible(found, known) else found
        for found, known in zip_longest(shapes, said[: len(shapes)])
    ]
