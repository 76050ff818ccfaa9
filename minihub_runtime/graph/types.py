"""The element types of a node's outputs."""

from __future__ import annotations

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import UnsupportedOpsError
from minihub_runtime.graph.functions import output_types
from minihub_runtime.graph.ir import Graph, Node
from minihub_runtime.ops.registry import REGISTRY

__all__ = ["output_dtypes"]


def output_dtypes(graph: Graph, node: Node) -> list[DType]:
    """The types of the outputs of a node, which may be a call of a function of the graph's library.

    Raises:
        UnsupportedOpsError: the op is not registered.
    """
    if node.op not in graph.functions and node.op not in REGISTRY:
        raise UnsupportedOpsError({node.op: [node.name]})
    arguments = output_types(graph, node.op, node.attrs)
    return [dtype for dtypes in arguments.values() for dtype in dtypes]
