"""Gradients that leave a function: from what it captured on to tensors of the graphs around it.

Inside a branch, a loop or a `tf.function`, a tensor from outside is a placeholder.  Its gradient goes on outside, graph by graph,
but is computed inside: the nodes are worked out in a layer over the graph outside (`autodiff.region`), and made where the
gradient was asked for, where they capture what they read.

Source: tensorflow/python/ops/gradients_util.py (_MaybeCaptured, _Inputs).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minihub_runtime.api.graph import Graph, Tensor
from minihub_runtime.api.graph_site import GraphSite
from minihub_runtime.autodiff.region import Region
from minihub_runtime.autodiff.reverse import Backprop
from minihub_runtime.autodiff.rules import is_trainable
from minihub_runtime.autodiff.site import NodeOps
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.terms import Slices, Term

__all__ = ["captured_gradients", "captures_between"]


def captures_between(graph: Graph, xs: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
    """The tensors that a function captured and that depend on any of `xs`, each with its placeholder."""
    if not xs:
        return []
    wanted = {id(x) for x in xs}
    return [
        (outside, inside)
        for outside, inside in getattr(graph, "captures", {}).values()
        if is_trainable(outside.dtype) and _depends(outside, wanted)
    ]


def _depends(tensor: Tensor, wanted: set[int]) -> bool:
    """Whether a tensor is one of `wanted`, or is computed from one."""
    stack, seen = [tensor], set[int]()
    while stack:
        item = stack.pop()
        if id(item) in wanted:
            return True
        if id(item) in seen:
            continue
        seen.add(id(item))
        outside = item.graph.captured_as(item)
        stack.extend(item.op.inputs if outside is None else [outside])
    return False


def captured_gradients(
    ops: NodeOps,
    graph: Graph,
    arriving: Iterable[tuple[Tensor, Term | None]],
    xs: Sequence[Tensor],
    stop: Sequence[Tensor],
    method: int,
) -> dict[int, Term]:
    """The gradients of tensors outside a function.

    Args:
        ops: adds nodes to the function.
        graph: the function.
        arriving: what it captured, and the gradients of that.
        xs: tensors of the graphs around it.
        stop: tensors that count as constants.
        method: how gradients of one tensor are summed.

    Returns:
        id of an x → its gradient; an x that nothing depends on is left out.

    Raises:
        LookupError: an operation between has no gradient.
        NotImplementedError: its gradient is a function of the program.
    """
    flowing = [(tensor, term) for tensor, term in arriving if term is not None]
    found: dict[int, Term] = {}
    level = graph.outer_graph
    while level is not None and flowing:
        here = [(tensor, term) for tensor, term in flowing if tensor.graph is level]
        flowing = [(tensor, term) for tensor, term in flowing if tensor.graph is not level]
        own = [x for x in xs if x.graph is level]
        captures = captures_between(level, [x for x in xs if x.graph is not level])
        if here:
            reached = _through(
                ops,
                _Copy(graph, level),
                here,
                [*own, *(inside for _, inside in captures)],
                [tensor.op.name for tensor in stop if tensor.graph is level],
                method,
            )
            found.update(
                {id(x): term for x, term in zip(own, reached, strict=False) if term is not None}
            )
            flowing.extend(
                (outside, term)
                for (outside, _), term in zip(captures, reached[len(own) :], strict=True)
                if term is not None
            )
        level = level.outer_graph
    return found


def _through(
    ops: NodeOps,
    copy: _Copy,
    arriving: Sequence[tuple[Tensor, Term]],
    xs: Sequence[Tensor],
    stop: Sequence[str],
    method: int,
) -> list[Term | None]:
    """The gradients of `xs`, of the graph that is copied from, made from those of tensors of that graph."""
    inner = NodeOps(copy.layer, ops.source)
    found = Backprop(inner, (), method).run(
        [tensor.ref_in_graph for tensor, _ in arriving],
        [copy.seed(inner, term) for _, term in arriving],
        [x.ref_in_graph for x in xs],
        stop,
    )
    copy.make()
    return [None if term is None else copy.made(ops, term) for term in found]


class _Copy:
    """Nodes of a layer over one graph, made again in a function inside it.

    Args:
        graph: the function.
        outside: the graph that the layer lies over.

    Attributes:
        layer: where the nodes are worked out.
    """

    def __init__(self, graph: Graph, outside: Graph) -> None:
        self.layer = Region(GraphSite(outside))
        self._graph = graph
        self._outside = outside
        self._places: dict[Ref, Tensor] = {}

    def seed(self, inner: NodeOps, term: Term) -> Term:
        """A gradient of the function as a tensor of the layer."""
        if isinstance(term, Slices):
            shape = term.dense_shape
            return Slices(
                self.seed(inner, term.values),
                self.seed(inner, term.indices),
                None if shape is None else self.seed(inner, shape),
            )
        tensor = self._graph.tensor(term.ref)
        name = self.layer.unique_name("arriving")
        attrs = {"dtype": tensor.dtype.base_dtype, "shape": tensor.shape.as_tuple()}
        self.layer.add_node(Node(name, "Placeholder", attrs=attrs))
        self._places[Ref(name)] = tensor
        return inner.term(Ref(name))

    def make(self) -> None:
        """Make the nodes of the layer in the function."""
        for node in self.layer.added.values():
            if Ref(node.name) in self._places:
                continue
            waited = [self._place(Ref(control)).op for control in node.controls]
            with self._graph.control_dependencies(waited):
                inputs = [self._place(ref) for ref in node.inputs]
                operation = self._graph.create_op(node.op, inputs, node.attrs, node.name)
            for index, tensor in enumerate(operation.outputs):
                self._places[Ref(node.name, index)] = tensor

    def made(self, ops: NodeOps, term: Term) -> Term:
        """A gradient of the layer as a tensor of the function."""
        if isinstance(term, Slices):
            shape = term.dense_shape
            return Slices(
                self.made(ops, term.values),
                self.made(ops, term.indices),
                None if shape is None else self.made(ops, shape),
            )
        return ops.term(self._place(term.ref).ref_in_graph)

    def _place(self, ref: Ref) -> Tensor:
        """What stands in the function for a tensor of the layer, or of the graph under it."""
        if ref in self._places:
            return self._places[ref]
        return self._graph.capture(self._outside.tensor(ref))
