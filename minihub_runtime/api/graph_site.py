"""A graph of the API as a place for gradients, and what passes between the two: tensors and terms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api.control_flow_switches import control_flow_v2_enabled
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Graph
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.site_graph import SiteGraph
from minihub_runtime.autodiff.region import Region
from minihub_runtime.autodiff.rules import Registered
from minihub_runtime.autodiff.site import NodeOps, Site, scope_name
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.graph.origins import Origins
from minihub_runtime.ops.terms import Slices, Term

__all__ = ["GraphSite", "handed", "to_term"]


class GraphSite(Site):
    """A graph of the API as a place for gradients."""

    of_program = True

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph.node_graph, graph.inference)
        self._owner = graph
        self.fills_zeros = control_flow_v2_enabled()

    @property
    def origins(self) -> Origins:
        """Where tensors of the program stand in the functions of the library."""
        return self._owner.origins

    def unique_name(self, name: str) -> str:
        """`name` in the graph's current scope, numbered if it is taken."""
        return self._owner.unique_name(name)

    @contextlib.contextmanager
    def scope(self, name: str) -> Iterator[None]:
        """A scope for the names of nodes."""
        with self._owner.name_scope(scope_name(name)):
            yield

    def add(
        self,
        op: str,
        inputs: Iterable[Ref],
        attrs: Mapping[str, Any],
        name: str = "",
        controls: Sequence[str] = (),
    ) -> str:
        """Add an operation, which waits for what operations made now wait for."""
        waited = [self._owner.get_operation_by_name(control) for control in controls]
        with self._owner.control_dependencies(waited):
            tensors = [self._owner.tensor(ref) for ref in inputs]
            return self._owner.create_op(op, tensors, attrs, name).name

    def add_node(self, node: Node) -> None:
        """Add an operation as it is."""
        self._owner.add_node(node)

    def replace_node(self, node: Node) -> None:
        """Put another node in the place of one."""
        self._owner.replace_node(node)

    def add_function(self, function: Any) -> str:
        """Add a FunctionDef to the library; its name."""
        self._owner.add_function(function)
        return str(function.signature.name)

    def output_dtypes(self, name: str) -> list[DType]:
        """The types of an operation's outputs."""
        return self._owner.output_dtypes(name)

    def find(self, graph: Any, ref: Ref) -> Ref | None:
        """What stands here for a tensor of a graph of the program, None if nothing does."""
        found = self._owner.own(graph.tensor(ref))
        return found.ref_in_graph if found.graph is self._owner else None

    def bring(self, tensor: Any) -> Ref:
        """What stands here for a tensor of the program; a function captures it from outside.

        Raises:
            ValueError: it is of another graph, or of a function inside this one.
        """
        own = self._owner.own(tensor)
        around: Graph | None = self._owner
        while around is not None and around is not own.graph:
            around = around.outer_graph
        return super().bring(tensor) if around is None else self._owner.capture(own).ref_in_graph

    def call_registered(
        self, rule: Registered, ops: NodeOps, node: Node, grads: Sequence[Term | None]
    ) -> Sequence[Term | None]:
        """The gradients that a function of the program computes."""
        site = ops.site
        if not isinstance(site, Region):
            return _called(rule, self._owner, ops, node, grads)
        if site.program is None:
            site.program = SiteGraph(site, self._owner)
        graph: SiteGraph = site.program
        with graph.as_default(), graph.name_scope(f"{site.current_scope}/"):
            return _called(rule, graph, ops, node, grads)

    def function_gradient(self, name: str) -> Registered | None:
        """What the program gave as the gradient of a function that it defined, None if it gave none."""
        graph: Graph | None = self._owner
        while graph is not None:
            if name in graph.defined_functions:
                function = graph.defined_functions[name].python_grad_func
                return None if function is None else Registered(function, name)
            graph = graph.outer_graph
        return None


def _called(
    rule: Registered, graph: Graph, ops: NodeOps, node: Node, grads: Sequence[Term | None]
) -> Sequence[Term | None]:
    """The gradients that a function of the program computes in a graph."""
    assert rule.function is not None
    operation = graph.get_operation_by_name(node.name)
    found = rule.function(operation, *(handed(graph, grad) for grad in grads))
    given = found if isinstance(found, (list, tuple)) else [found]
    if len(given) != len(node.inputs):
        raise ValueError(
            f"Num gradients {len(given)} generated for op {operation.node_def} do not match "
            f"num inputs {len(node.inputs)}"
        )
    return [None if item is None else to_term(ops, item, graph) for item in given]


def handed(graph: Graph, term: Term | None) -> Any:
    """A gradient as programs see it."""
    if term is None:
        return None
    if isinstance(term, Slices):
        shape = None if term.dense_shape is None else graph.tensor(term.dense_shape.ref)
        return IndexedSlices(graph.tensor(term.values.ref), graph.tensor(term.indices.ref), shape)
    return graph.tensor(term.ref)


def to_term(ops: NodeOps, value: Any, graph: Graph) -> Term:
    """What a program gives as a gradient in a graph."""

    def term(item: Any) -> Term:
        return ops.term(graph.capture(convert_to_tensor(item)).ref_in_graph)

    if isinstance(value, IndexedSlices):
        shape = value.dense_shape
        return Slices(
            term(value.values), term(value.indices), None if shape is None else term(shape)
        )
    return term(value)
