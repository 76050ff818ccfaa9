"""Gradients of tensors, added to the graph as ordinary operations.

Source: tensorflow/python/ops/gradients_impl.py, gradients_util.py.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Graph, Tensor, name_scope
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.variables.resource import BaseResourceVariable
from minihub_runtime.autodiff.aggregation import (
    AggregationMethod,
    UnconnectedGradients,
    check_method,
)
from minihub_runtime.autodiff.reverse import Backprop
from minihub_runtime.autodiff.rules import Registered
from minihub_runtime.autodiff.site import NodeOps, Site, scope_name
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.terms import Slices, Term
from minihub_runtime.public import public

__all__ = ["gradients"]

public("AggregationMethod")(AggregationMethod)
public("UnconnectedGradients")(UnconnectedGradients)


class _GraphSite(Site):
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
        found = rule.function(operation, *(_handed(self._owner, grad) for grad in grads))
        given = found if isinstance(found, (list, tuple)) else [found]
        if len(given) != len(node.inputs):
            raise ValueError(
                f"Num gradients {len(given)} generated for op {operation.node_def} do not match "
                f"num inputs {len(node.inputs)}"
            )
        return [None if item is None else _term(ops, item) for item in given]


def _handed(graph: Graph, term: Term | None) -> Any:
    """A gradient as programs see it."""
    if term is None:
        return None
    if isinstance(term, Slices):
        shape = None if term.dense_shape is None else graph.tensor(term.dense_shape.ref)
        return IndexedSlices(graph.tensor(term.values.ref), graph.tensor(term.indices.ref), shape)
    return graph.tensor(term.ref)


def _term(ops: NodeOps, value: Any) -> Term:
    """What a program gives as a gradient."""
    if isinstance(value, IndexedSlices):
        shape = value.dense_shape
        return Slices(
            ops.term(convert_to_tensor(value.values).ref_in_graph),
            ops.term(convert_to_tensor(value.indices).ref_in_graph),
            None if shape is None else ops.term(convert_to_tensor(shape).ref_in_graph),
        )
    return ops.term(convert_to_tensor(value).ref_in_graph)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _tensor(value: Any) -> Tensor:
    """A tensor, or the handle or reference of a variable."""
    if isinstance(value, BaseResourceVariable):
        return value.handle
    return convert_to_tensor(value, as_ref=True)


def _initial(ops: NodeOps, index: int, y: Tensor, given: Any) -> Term:
    """The gradient that arrives at a y: what was given, or ones.

    Raises:
        TypeError: it cannot be the gradient of such a tensor.
    """
    dtype = y.dtype.base_dtype
    name = f"grad_ys_{index}"
    if given is None:
        if dtype.is_complex:
            raise TypeError(
                f"Gradients of complex tensors ({y}) must set grad_ys (y.dtype = {dtype.name})"
            )
        shape = ops.Shape(ops.term(y.ref_in_graph))
        one = ops.constant(np.ones((), np.float32), dtype)
        attrs = {"T": dtype, "index_type": shape.dtype}
        return ops.term(Ref(ops.site.add("Fill", [shape.ref, one.ref], attrs, name)))
    found = given if isinstance(given, IndexedSlices) else convert_to_tensor(given, name="grad_y")
    kind = found.dtype.base_dtype
    real = dtype.is_floating or dtype.is_integer
    if (
        (real and not (kind.is_floating or kind.is_integer))
        or (dtype.is_complex and not kind.is_complex)
        or (dtype.name == "variant" and kind.name != "variant")
    ):
        wanted = "real or integer" if real else "complex" if dtype.is_complex else "variant"
        raise TypeError(
            f"Gradient type {kind.name} generated for tensor {y} with type {dtype.name} must be "
            f"{wanted}"
        )
    if not (real or dtype.is_complex or dtype.name in ("variant", "resource")):
        raise TypeError(
            f"Tensor {y} with type {dtype.name} must be numeric to obtain a default gradient"
        )
    if dtype.name == "resource" and kind.name == "resource":
        raise TypeError(f"Input gradient {found} for resource tensor {y} should not be a resource")
    term = _term(ops, found)
    if isinstance(term, Slices):
        return term
    return ops.term(Ref(ops.site.add("Identity", [term.ref], {"T": kind}, name)))


def _gate(ops: NodeOps, gradients: Sequence[Term | None]) -> Sequence[Term | None]:
    """The same gradients, none of which is there before all are."""
    given = [gradient for gradient in gradients if gradient is not None]
    if len(given) < 2:
        return gradients
    parts = [g.values if isinstance(g, Slices) else g for g in given]
    barrier = ops.site.add("NoOp", [], {}, "tuple/group_deps", [p.ref.node for p in parts])

    def gated(term: Term) -> Term:
        attrs = {"T": term.dtype}
        name = ops.site.add("Identity", [term.ref], attrs, "tuple/control_dependency", [barrier])
        return ops.term(Ref(name))

    return [
        None
        if gradient is None
        else Slices(gated(gradient.values), gradient.indices, gradient.dense_shape)
        if isinstance(gradient, Slices)
        else gated(gradient)
        for gradient in gradients
    ]


@public("gradients")
def gradients(
    ys: Any,
    xs: Any,
    grad_ys: Any = None,
    name: str = "gradients",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
    stop_gradients: Any = None,
    unconnected_gradients: Any = UnconnectedGradients.NONE,
) -> list[Any]:
    """The derivatives of the sum of `ys` with respect to each x.

    Args:
        ys: a tensor, or a list of tensors.
        xs: a tensor or variable, or a list of them.
        grad_ys: the gradients that arrive at the ys, None for ones; a list with one per y.
        name: the scope of the operations.
        colocate_gradients_with_ops: accepted and ignored: there is one device.
        gate_gradients: let no gradient of an operation flow on before all its gradients are there.
        aggregation_method: how gradients of one tensor are summed, one of `tf.AggregationMethod`.
        stop_gradients: a tensor or list of tensors that count as constants.
        unconnected_gradients: what stands for the gradient of an x that no y depends on, one of
            `tf.UnconnectedGradients`.

    Returns:
        For each x a Tensor of its shape; IndexedSlices if only slices of x were read; None if no y depends on it.

    Raises:
        LookupError: an operation between has no gradient.
        TypeError: the gradient of a y cannot be its gradient.
        ValueError: the arguments do not fit together.
    """
    ys, xs, stops = _listed(ys), _listed(xs), _listed(stop_gradients or [])
    given = [None] * len(ys) if grad_ys is None else _listed(grad_ys)
    try:
        unconnected = UnconnectedGradients(unconnected_gradients)
    except ValueError:
        raise ValueError(
            f"Unknown value for unconnected_gradients: '{unconnected_gradients}'"
        ) from None
    if len(given) != len(ys):
        raise ValueError(f"Length mismatch. Passed {len(given)} grad_ys for {len(ys)} ys")
    method = check_method(aggregation_method)
    with name_scope(name, "gradients", [*ys, *xs, *stops, *given]) as scope:
        y_tensors = [convert_to_tensor(y, name="y") for y in ys]
        x_tensors = [_tensor(x) for x in xs]
        graph = (y_tensors + x_tensors)[0].graph
        ops = NodeOps(_GraphSite(graph), scope)
        arriving = [
            _initial(ops, i, y, g) for i, (y, g) in enumerate(zip(y_tensors, given, strict=True))
        ]
        backprop = Backprop(
            ops, (), method, (lambda found: _gate(ops, found)) if gate_gradients else None
        )
        found = backprop.run(
            [y.ref_in_graph for y in y_tensors],
            arriving,
            [x.ref_in_graph for x in x_tensors],
            [_tensor(item).op.name for item in stops],
        )
        if unconnected is UnconnectedGradients.ZERO:
            found = [
                ops.zeros_like(ops.term(x.ref_in_graph)) if gradient is None else gradient
                for x, gradient in zip(x_tensors, found, strict=True)
            ]
        return [_handed(graph, gradient) for gradient in found]
