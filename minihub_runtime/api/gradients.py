"""Gradients of tensors, added to the graph as ordinary operations.

Source: tensorflow/python/ops/gradients_impl.py, gradients_util.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.captured_gradients import captured_gradients, captures_between
from minihub_runtime.api.composite_gradients import differentiated, replaced
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, get_default_graph, name_scope
from minihub_runtime.api.graph_site import GraphSite, handed, to_term
from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.variables.resource import BaseResourceVariable
from minihub_runtime.api.while_loop import while_loop
from minihub_runtime.autodiff.aggregation import (
    AggregationMethod,
    UnconnectedGradients,
    check_method,
)
from minihub_runtime.autodiff.reverse import Backprop
from minihub_runtime.autodiff.site import NodeOps
from minihub_runtime.graph.ir import Ref
from minihub_runtime.ops.terms import Slices, Term
from minihub_runtime.public import public

__all__ = ["gradients", "hessians"]

public("AggregationMethod")(AggregationMethod)
public("UnconnectedGradients")(UnconnectedGradients)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
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
    term = to_term(ops, found, y.graph)
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


@public("hessians")
def hessians(
    ys: Any,
    xs: Any,
    name: str = "hessians",
    colocate_gradients_with_ops: bool = False,
    gate_gradients: bool = False,
    aggregation_method: int | None = None,
) -> list[Any]:
    """The second derivatives of the sum of `ys` with respect to each x.

    Args:
        ys: a tensor, or a list of tensors.
        xs: a tensor or variable, or a list of them.
        name: accepted and ignored, as in TensorFlow.
        colocate_gradients_with_ops: see `tf.gradients`.
        gate_gradients: see `tf.gradients`.
        aggregation_method: see `tf.gradients`.

    Returns:
        For each x a Tensor of the shape `x.shape + x.shape`.

    Raises:
        LookupError: an operation between has no gradient, or no second one.
        ValueError: no y depends on an x.
    """
    xs = _listed(xs)
    options: dict[str, Any] = {
        "colocate_gradients_with_ops": colocate_gradients_with_ops,
        "gate_gradients": gate_gradients,
        "aggregation_method": aggregation_method,
    }
    return [
        _second_derivatives(gradient, x)
        for gradient, x in zip(gradients(ys, xs, **options), xs, strict=True)
    ]


def _second_derivatives(gradient: Any, x: Any) -> Tensor:
    """The derivatives of each element of a gradient of x, with respect to x."""
    count = size(x)
    flat = reshape(gradient, [-1])

    def turn(j: Tensor, rows: TensorArray) -> tuple[Tensor, TensorArray]:
        (row,) = gradients(flat[j], x)
        return j + 1, rows.write(j, row)

    _, rows = while_loop(
        lambda j, _: j < count, turn, [constant(0), TensorArray(x.dtype.base_dtype, count)]
    )
    each = shape(x)
    return reshape(rows.stack(), concat([each, each], 0))


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
        ys: a tensor, which may be ragged, or a list of tensors.
        xs: a tensor, which may be ragged, or a variable, or a list of them.
        grad_ys: the gradients that arrive at the ys, None for ones; a list with one per y.
        name: the scope of the operations.
        colocate_gradients_with_ops: accepted and ignored: there is one device.
        gate_gradients: let no gradient of an operation flow on before all its gradients are there.
        aggregation_method: how gradients of one tensor are summed, one of `tf.AggregationMethod`.
        stop_gradients: a tensor or list of tensors that count as constants.
        unconnected_gradients: what stands for the gradient of an x that no y depends on, one of
            `tf.UnconnectedGradients`.

    Returns:
        For each x a Tensor of its shape, a ragged one for a ragged x; IndexedSlices if only slices of x were read; None if no y depends on it.

    Raises:
        LookupError: an operation between has no gradient.
        TypeError: the gradient of a y cannot be its gradient.
        ValueError: the arguments do not fit together, or one is a sparse tensor.
    """
    ys, sources, stops = _listed(ys), _listed(xs), _listed(stop_gradients)
    given = [None] * len(ys) if grad_ys is None else _listed(grad_ys)
    ys, xs, given = (differentiated(items) for items in (ys, sources, given))
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
        stop_tensors = [_tensor(item) for item in stops]
        graph = get_default_graph().own((y_tensors + x_tensors)[0]).graph
        # Inside a gradient that the program defines, tensors of the graph that it is the gradient of may be meant.
        y_tensors, x_tensors, stop_tensors = (
            [graph.own(tensor) for tensor in tensors]
            for tensors in (y_tensors, x_tensors, stop_tensors)
        )
        ops = NodeOps(GraphSite(graph), scope)
        arriving = [
            _initial(ops, i, y, g) for i, (y, g) in enumerate(zip(y_tensors, given, strict=True))
        ]
        gate = (lambda found: _gate(ops, found)) if gate_gradients else None
        backprop = Backprop(ops, (), method, gate)
        outside = [x for x in x_tensors if x.graph is not graph]
        captures = captures_between(graph, outside)
        inside = [x for x in x_tensors if x.graph is graph]
        found = backprop.run(
            [y.ref_in_graph for y in y_tensors],
            arriving,
            [x.ref_in_graph for x in (*inside, *(placeholder for _, placeholder in captures))],
            [tensor.op.name for tensor in stop_tensors if tensor.graph is graph],
        )
        known = dict(zip((id(x) for x in inside), found, strict=False))
        arrived = list(zip((o for o, _ in captures), found[len(inside) :], strict=True))
        known.update(captured_gradients(ops, graph, arrived, outside, stop_tensors, method))
        found = [known.get(id(x)) for x in x_tensors]
        if unconnected is UnconnectedGradients.ZERO:
            found = [
                ops.zeros_like(ops.term(graph.capture(x).ref_in_graph))
                if gradient is None
                else gradient
                for x, gradient in zip(x_tensors, found, strict=True)
            ]
        return replaced(sources, [handed(graph, gradient) for gradient in found])
