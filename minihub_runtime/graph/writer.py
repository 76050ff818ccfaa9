"""Graph → GraphDef."""

from __future__ import annotations

from typing import Any

from minihub_runtime.codec import attr_to_proto
from minihub_runtime.graph.ir import Graph, Node
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import GraphDef, NodeDef

__all__ = ["graph_to_proto", "node_to_proto"]

#: The first version that knew functions.
FUNCTIONS_CONSUMER = 12


def node_to_proto(node: Node) -> NodeDef:
    """The NodeDef of a node; attributes that were read are written as they were."""
    proto = NodeDef(name=node.name, op=node.op, device=node.device)
    proto.input.extend(f"{ref.node}:{ref.index}" if ref.index else ref.node for ref in node.inputs)
    proto.input.extend(f"^{name}" for name in node.controls)
    kinds: dict[str, Any] = {}
    if node.op in REGISTRY:
        kinds = {name: attr.type for name, attr in REGISTRY[node.op].schema.attrs.items()}
    for name in sorted(node.attrs):
        if name == "_output_shapes":
            continue  # worked out again by those who want it, and it may have been refined
        if name in node.attrs.changes:
            value = attr_to_proto(node.attrs[name], kinds.get(name))
        else:
            value = node.attrs.protos[name]
        proto.attr[name].CopyFrom(value)
    return proto


def graph_to_proto(graph: Graph) -> GraphDef:
    """The GraphDef of a graph, nodes in their order, functions sorted by name; nothing tells the token of its program."""
    proto = GraphDef()
    proto.node.extend(node_to_proto(node) for node in graph.nodes.values())
    proto.versions.producer = graph.producer
    if graph.functions:
        proto.versions.min_consumer = FUNCTIONS_CONSUMER
    for name in sorted(graph.functions):
        proto.library.function.add().CopyFrom(graph.functions[name])
    for name in sorted(graph.gradients):
        proto.library.gradient.add(function_name=name, gradient_func=graph.gradients[name])
    token = graph.python.get("", "").encode()
    for nodes in (proto.node, *(function.node_def for function in proto.library.function)):
        for node in nodes if token else ():
            if "_program_token" in node.attr and node.attr["_program_token"].s == token:
                del node.attr["_program_token"]
    return proto
