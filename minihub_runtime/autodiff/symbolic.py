"""The gradient of a function as a function: what the op SymbolicGradient computes.

Source: tensorflow/core/common_runtime/gradients.cc, function.cc (InstantiateSymbolicGradient).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.autodiff.reverse import Backprop
from minihub_runtime.autodiff.rules import is_trainable
from minihub_runtime.autodiff.site import NodeOps, Site
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import NotFoundError, clip
from minihub_runtime.graph.functions import Body, instantiate
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.terms import Term

__all__ = ["gradient_body"]


def gradient_body(graph: Graph, function: Func, types: Sequence[DType]) -> Body:
    """The function that computes the gradients of a function.

    Args:
        graph: has the library.
        function: a function of the library, or an op with its attributes.
        types: the types of the gradients, one per argument of the function.

    Returns:
        A body whose arguments are those of the function and then the gradients of its results, and whose results are the
        gradients of its arguments: zeros where nothing depends on one.

    Raises:
        NotFoundError: the function, or an op in it, has no gradient.
    """
    if function.name in graph.functions:
        body = instantiate(graph, function.name, function.attrs)
    elif function.name in REGISTRY:
        body = _body_of_op(graph, function.name, function.attrs)
    else:
        raise NotFoundError(f"No gradient is defined for {clip(function.name)}")
    nodes = dict(body.graph.nodes)
    site = Site(Graph(nodes, dict(graph.functions), graph.gradients, graph.producer))
    ops = NodeOps(site, "gradients")
    ys: list[Ref] = []
    arriving: list[Ref] = []
    given: list[Term] = []
    for result in body.results:
        dtype = site.dtype(result).base_dtype
        name = site.unique_name("gradient_of_result")
        index = len(body.arguments) + len(arriving)
        site.add_node(Node(name, "_Arg", attrs={"T": dtype, "index": index}))
        arriving.append(Ref(name))
        if is_trainable(dtype):
            ys.append(result)
            given.append(ops.term(Ref(name)))
    try:
        found = Backprop(ops).run(ys, given, body.arguments)
    except LookupError as error:
        raise NotFoundError(str(error)) from error
    results = [
        _zeros(ops, ops.term(argument), dtype).ref if gradient is None else gradient.ref
        for argument, dtype, gradient in zip(body.arguments, types, found, strict=True)
    ]
    return Body(body.name, site.graph, (*body.arguments, *arriving), tuple(results), ())


def _zeros(ops: NodeOps, argument: Term, dtype: DType) -> Term:
    """The gradient of an argument that no result depends on."""
    if argument.dtype.name != "resource":
        return ops.zeros_like(argument)
    zeros: Term = ops.Fill(ops.VariableShape(argument), ops.constant(0, dtype))
    return zeros


def _body_of_op(graph: Graph, name: str, attrs: Mapping[str, Any]) -> Body:
    """One op as a function."""
    schema = REGISTRY[name].schema
    full = schema.complete(attrs, name)
    nodes: dict[str, Node] = {}
    for index, dtype in enumerate(schema.input_dtypes(full)):
        argument = f"argument_{index}"
        nodes[argument] = Node(argument, "_Arg", attrs={"T": dtype, "index": index})
    arguments = tuple(Ref(argument) for argument in nodes)
    nodes["op"] = Node("op", name, arguments, attrs=full)
    results = tuple(Ref("op", index) for index in range(len(schema.output_dtypes(full))))
    return Body(name, graph.with_nodes(nodes), arguments, results, ())
