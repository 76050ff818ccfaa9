"""A graph of the API as a place for gradients, and what passes between the two: tensors and terms."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Graph
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.autodiff.rules import Registered
from minihub_runtime.autodiff.site import NodeOps, Site, scope_name
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.terms import Slices, Term

__all__ = ["GraphSite", "handed", "to_term"]


class GraphSite(Site):
    """A graph of the API as a place for gradients."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph.node_graph, graph.inference)
        self._owner = graph

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

    def call_registered(
        self, rule: Registered, ops: NodeOps, node: Node, grads: Sequence[Term | None]
    ) -> Sequence[Term | None]:
        """The gradients that a function of the program computes.

        Raises:
            ValueError: it returns another number of gradients than the operation has inputs.
        """
        assert rule.function is not None
        operation = self._owner.get_operation_by_name(node.name)
        found = rule.function(operation, *(handed(self._owner, grad) for grad in grads))
        given = found if isinstance(found, (list, tuple)) else [found]
        if len(given) != len(node.inputs):
            raise ValueError(
                f"Num gradients {len(given)} generated for op {operation.node_def} do not match "
                f"num inputs {len(node.inputs)}"
            )
        return [None if item is None else to_term(ops, item) for item in given]


def handed(graph: Graph, term: Term | None) -> Any:
    """A gradient as programs see it."""
    if term is None:
        return None
    if isinstance(term, Slices):
        shape = None if term.dense_shape is None else graph.tensor(term.dense_shape.ref)
        return IndexedSlices(graph.tensor(term.values.ref), graph.tensor(term.indices.ref), shape)
    return graph.tensor(term.ref)


def to_term(ops: NodeOps, value: Any) -> Term:
    """What a program gives as a gradient."""
    if isinstance(value, IndexedSlices):
        shape = value.dense_shape
        return Slices(
            ops.term(convert_to_tensor(value.values).ref_in_graph),
            ops.term(convert_to_tensor(value.indices).ref_in_graph),
            None if shape is None else ops.term(convert_to_tensor(shape).ref_in_graph),
        )
    return ops.term(convert_to_tensor(value).ref_in_graph)
