"""Functions of a graph's library as values that compare.

Their names hold numbers that TensorFlow counts in a process and we in a graph, so what is called counts instead of its name.
"""

from __future__ import annotations

import re
from typing import Any

from minihub_runtime.codec import attr_from_proto
from minihub_runtime.protos import FunctionDef

__all__ = ["library_of", "without_numbers"]

#: The number of a function, and our digest of its content.
_NUMBERS = re.compile(r"(_\d+)?(_[0-9a-f]{12})?(?=$|___redundant)")


def without_numbers(name: str) -> str:
    """The name of a function as far as the program chose it."""
    return _NUMBERS.sub("", name)


def library_of(graph: Any) -> dict[str, FunctionDef]:
    """The functions of a graph, TensorFlow's or ours, by name."""
    return {
        proto.signature.name: FunctionDef.FromString(proto.SerializeToString())
        for proto in graph.as_graph_def().library.function
    }


def describe_function(proto: FunctionDef, library: dict[str, FunctionDef]) -> dict[str, Any]:
    """Arguments, nodes and results of a function, and of those it calls."""
    arguments = [
        (
            without_numbers(arg.name),
            arg.type,
            [
                [dim.size for dim in shape.dim] if not shape.unknown_rank else None
                for shape in proto.arg_attr[place].attr["_output_shapes"].list.shape
            ],
        )
        for place, arg in enumerate(proto.signature.input_arg)
    ]
    nodes = [
        (
            node.name,
            node.op,
            list(node.input),
            {
                key: called(attr_from_proto(value), library)
                for key, value in sorted(node.attr.items())
                if value.WhichOneof("value") == "func" or value.list.func
            },
        )
        for node in proto.node_def
    ]
    return {
        "name": without_numbers(proto.signature.name),
        "stateful": proto.signature.is_stateful,
        "arguments": arguments,
        "nodes": nodes,
        "results": [
            (arg.name, arg.type, proto.ret[arg.name]) for arg in proto.signature.output_arg
        ],
        "controls": sorted(proto.control_ret.items()),
    }


def called(value: Any, library: dict[str, FunctionDef]) -> Any:
    """The description of the function that an attribute names, or of the functions."""
    if isinstance(value, list):
        return [called(item, library) for item in value]
    return describe_function(library[value.name], library)
