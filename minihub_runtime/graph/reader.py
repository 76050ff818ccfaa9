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
from minihub_runtime.versions import CONSUMER_VERSION

__all__ = ["check_versions", "node_from_proto", "read_graph"]

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


def check_versions(versions: Any) -> None:
    """Look whether a graph with these versions (a VersionDef) may be read here.

    Source: tensorflow/core/framework/versions.cc (CheckVersions).

    Raises:
        InvalidArgumentError: it asks for a later consumer, or disallows this one, or its producer is none.
    """
    if versions.producer < 0:
        raise InvalidArgumentError(
            f"the producer version of a GraphDef must be >= 0, not {versions.producer}"
        )
    if versions.min_consumer > CONSUMER_VERSION:
        raise InvalidArgumentError(
            f"the min_consumer version of a GraphDef must be <= {CONSUMER_VERSION}, up to which ops are known, "
            f"not {versions.min_consumer}"
        )
    if CONSUMER_VERSION in versions.bad_consumers:
        raise InvalidArgumentError(
            f"the bad_consumers of a GraphDef must not have {CONSUMER_VERSION}, as which it is read"
        )


def read_graph(proto: Any) -> Graph:
    """The graph of a GraphDef, with its function library.

    Raises:
        InvalidArgumentError: two nodes or functions of one name, an input names a node that is not there, or the versions
            are not those that are read here.
    """
    check_versions(proto.versions)
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
