"""Libraries meet: functions of one name and different content get names of their own.

Programs number the functions they trace, so that two modules may well have a `cond_true_1` each.  TensorFlow refuses to
import the second; here it is renamed, with everything that calls it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from minihub_runtime.graph.functions import called_functions
from minihub_runtime.protos import GraphDef
from minihub_runtime.protos.canonical import canonical_bytes

__all__ = ["with_free_names"]


def with_free_names(graph_def: GraphDef, known: Mapping[str, Any]) -> GraphDef:
    """A GraphDef none of whose functions has the name of another function of a library.

    Args:
        graph_def: nodes and functions; it is returned as it is if there is no such function, and never changed.
        known: the library: name → FunctionDef.
    """
    functions = {proto.signature.name: proto for proto in graph_def.library.function}
    clashing = {name for name, proto in functions.items() if known.get(name, proto) != proto}
    if not clashing:
        return graph_def
    # What looks like a known function but calls one that is renamed, or has it for a gradient, is another function, too.
    gradients = {g.function_name: g.gradient_func for g in graph_def.library.gradient}
    clashing |= {name for name in functions if name in known and gradients.get(name) in clashing}
    clashing |= {
        name
        for name, proto in functions.items()
        if name in known and clashing.intersection(called_functions(functions, [proto]))
    }
    renamed = {name: f"{name}_{_digest(functions, name)}" for name in clashing}
    result = GraphDef()
    result.CopyFrom(graph_def)
    _rename(result.node, renamed)
    for function in result.library.function:
        name = function.signature.name
        function.signature.name = renamed.get(name, name)
        _rename(function.node_def, renamed)
    for gradient in result.library.gradient:
        gradient.function_name = renamed.get(gradient.function_name, gradient.function_name)
        gradient.gradient_func = renamed.get(gradient.gradient_func, gradient.gradient_func)
    return result


def _digest(functions: Mapping[str, Any], name: str) -> str:
    """What tells a function and those it calls from others."""
    digest = hashlib.sha256()
    for part in (name, *sorted(called_functions(functions, [functions[name]]))):
        digest.update(canonical_bytes(functions[part]))
    return digest.hexdigest()[:12]


def _rename(nodes: Iterable[Any], renamed: Mapping[str, str]) -> None:
    """Let nodes call functions by their new names."""
    for node in nodes:
        node.op = renamed.get(node.op, node.op)
        for value in node.attr.values():
            for func in [value.func] if value.HasField("func") else value.list.func:
                func.name = renamed.get(func.name, func.name)
