"""The element types of a node's outputs."""

from __future__ import annotations

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import UnsupportedOpsError
from minihub_runtime.graph.functions import function_args
from minihub_runtime.graph.ir import Graph, Node
from minihub_runtime.ops.registry import REGISTRY

__all__ = ["output_dtypes"]


def output_dtypes(graph: Graph, node: Node) -> list[DType]:
    """The types of the outputs of a node, which may be a call of a function of the graph's library.

    Raises:
        UnsupportedOpsError: the op is not registered.
    """
    if node.op in graph.functions:
        args = function_args(graph.functions[node.op].signature.output_arg)
        return [dtype for arg in args for dtype in arg.dtypes(node.attrs)]
    if node.op in REGISTRY:
        schema = REGISTRY[node.op].schema
        return schema.output_dtypes(schema.complete(node.attrs, node.op))
    raise UnsupportedOpsError({node.op: [node.name]})
