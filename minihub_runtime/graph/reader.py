"""GraphDef → Graph.

Structure is checked here, for the file may come from a stranger: names, inputs, arity, dtypes along edges.  An unknown
op is no error until a plan needs it.
"""

from __future__ import annotations

import re
from typing import Any

from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.graph.ir import Attrs, Graph, Node, Ref, parse_input
from minihub_runtime.ops.registry import REGISTRY

__all__ = ["node_from_proto", "read_graph"]

_PART = r"[A-Za-z0-9.][A-Za-z0-9_.\-/]*"
#: Source: core/graph/graph_constructor.cc:IsValidNodeName.
_NAME = re.compile(rf"{_PART}(?:>{_PART})*")


def node_from_proto(proto: Any) -> Node:
    """The node a NodeDef describes.

    Raises:
        InvalidArgumentError: no name or op, a malformed input, or data inputs after control inputs.
    """
    own, op = proto.name, proto.op
    if not own or not op:
        missing = "name" if not own else "op"
        shown = clip(own or op)
        raise InvalidArgumentError(f"a node must have a name and an op; {shown!r} has no {missing}")
    if not _NAME.fullmatch(own):
        raise InvalidArgumentError(
            "a node name must begin with a letter, digit or '.', and go on with these or one of "
            f"'_-/>', not be {clip(own)!r}"
        )
    inputs: list[Ref] = []
    controls: list[str] = []
    for text in proto.input:
        name, index = parse_input(text)
        if index < 0:
            controls.append(name)
        elif controls:
            raise InvalidArgumentError(
                f"data inputs must come before control inputs in node {clip(own)!r}"
            )
        else:
            inputs.append(Ref(name, index))
    return Node(own, op, inputs, controls, Attrs(proto.attr, op=op), proto.device)


def read_graph(proto: Any) -> Graph:
    """The graph of a GraphDef, with its function library.

    Raises:
        InvalidArgumentError: two nodes or functions of one name, or an input names a node that is not there.
    """
    nodes: dict[str, Node] = {}
    for node_proto in proto.node:
        node = node_from_proto(node_proto)
        if node.name in nodes:
            raise InvalidArgumentError(f"node names must be unique, {clip(node.name)!r} is not")
        nodes[node.name] = node
    functions: dict[str, Any] = {}
    for function in proto.library.function:
        name = function.signature.name
        if name in functions:
            raise InvalidArgumentError(f"function names must be unique, {clip(name)!r} is not")
        if name in REGISTRY:
            raise InvalidArgumentError(
                f"a function must not have the name of an op, {clip(name)!r}"
            )
        functions[name] = function
    gradients = {g.function_name: g.gradient_func for g in proto.library.gradient}
    for node in nodes.values():
        for name in [*[ref[0] for ref in node.inputs], *node.controls]:
            if name not in nodes:
                raise InvalidArgumentError(
                    f"node {clip(node.name)!r}: its input {clip(name)!r} must be a node of the graph"
                )
    return Graph(nodes, functions, gradients, proto.versions.producer)
