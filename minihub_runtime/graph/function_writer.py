"""The graph of a function → FunctionDef.

Inside a FunctionDef tensors are named by argument (`split:output:1`), arguments are lower case, and no two of inputs,
outputs and nodes share a name.

Source: tensorflow/core/framework/graph_to_functiondef.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from minihub_runtime.codec import attr_to_proto
from minihub_runtime.graph.functions import is_stateful, output_types
from minihub_runtime.graph.ir import Graph, Ref
from minihub_runtime.graph.writer import node_to_proto
from minihub_runtime.protos import FunctionDef

__all__ = ["function_to_proto", "names_in_function"]


class _Names:
    """The names of one function: those in use, and what the graph's nodes became."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}
        self.of_node: dict[str, str] = {}

    def unique(self, name: str) -> str:
        """`name`, with `_0`, `_1` … if it is in use."""
        if name not in self._used:
            self._used[name] = 0
            return name
        while True:
            candidate = f"{name}_{self._used[name]}"
            self._used[name] += 1
            if candidate not in self._used:
                self._used[candidate] = 0
                return candidate


def _normalized(name: str) -> str:
    """A node's name as that of an argument: `[a-z][a-z0-9_]*`."""
    plain = re.sub(r"[^a-z0-9]", "_", name.lower())
    return re.sub(r"^[^a-z]*", "", plain) or "unknown"


def function_to_proto(
    name: str,
    graph: Graph,
    inputs: Sequence[str],
    outputs: Sequence[Ref],
    controls: Iterable[str] = (),
    output_names: Sequence[str] = (),
) -> FunctionDef:
    """The FunctionDef of a graph.

    Args:
        name: name of the function.
        graph: its nodes, and the library they call.
        inputs: the placeholders that stand for the arguments.
        outputs: the results.
        controls: nodes that must run even if no result needs them.
        output_names: names of the results; by default those of the nodes they come from.
    """
    proto = FunctionDef()
    proto.signature.name = name
    names = _Names()
    for index, ref in enumerate(outputs):
        text = output_names[index] if output_names else _normalized(ref.node)
        proto.signature.output_arg.add(name=names.unique(text))
    renamed: dict[Ref, str] = {}
    types: dict[Ref, Any] = {}
    for index, node_name in enumerate(inputs):
        _add_argument(proto, graph, index, node_name, names)
        renamed[Ref(node_name)] = names.of_node[node_name]
        types[Ref(node_name)] = graph.nodes[node_name].attrs["dtype"]
    body = [node for node in graph.nodes.values() if node.name not in names.of_node]
    for node in body:
        unique = names.of_node[node.name] = names.unique(node.name)
        position = 0
        for argument, found in output_types(graph, node.op, node.attrs).items():
            for index, dtype in enumerate(found):
                renamed[Ref(node.name, position)] = f"{unique}:{argument}:{index}"
                types[Ref(node.name, position)] = dtype.base_dtype
                position += 1
    for node in body:
        written = node_to_proto(node)
        written.name = names.of_node[node.name]
        del written.input[:]
        written.input.extend(renamed[ref] for ref in node.inputs)
        written.input.extend(f"^{names.of_node[control]}" for control in sorted(node.controls))
        proto.node_def.append(written)
        if is_stateful(graph, node.op):
            proto.signature.is_stateful = True
    for arg, ref in zip(proto.signature.output_arg, outputs, strict=True):
        arg.type = types[ref].as_datatype_enum
        proto.ret[arg.name] = renamed[ref]
    for control in sorted(set(controls)):
        proto.control_ret[control] = names.of_node[control]
        proto.signature.control_output.append(control)
    return proto


def names_in_function(function: Any, nodes: Iterable[str], inputs: Sequence[str]) -> dict[str, str]:
    """Node of a graph → its name in the FunctionDef that `function_to_proto` made of the graph.

    Args:
        function: the FunctionDef.
        nodes: the nodes in the order in which the graph has them.
        inputs: those that stand for the arguments.
    """
    arguments = set(inputs)
    body = [name for name in nodes if name not in arguments]
    return {
        **{n: arg.name for n, arg in zip(inputs, function.signature.input_arg, strict=True)},
        **{n: node.name for n, node in zip(body, function.node_def, strict=True)},
    }


def _add_argument(
    proto: FunctionDef, graph: Graph, index: int, node_name: str, names: _Names
) -> None:
    """Add the argument that a placeholder stands for, with its static shape and its private attributes."""
    node = graph.nodes[node_name]
    dtype = node.attrs["dtype"]
    text = names.of_node[node_name] = names.unique(_normalized(node_name))
    proto.signature.input_arg.add(name=text, type=dtype.as_datatype_enum)
    for key in sorted(node.attrs):
        if key.startswith("_"):
            proto.arg_attr[index].attr[key].CopyFrom(attr_to_proto(node.attrs[key]))
        elif key == "shape" and dtype.name != "resource":
            shapes = attr_to_proto([node.attrs[key]], "list(shape)")
            proto.arg_attr[index].attr["_output_shapes"].CopyFrom(shapes)
