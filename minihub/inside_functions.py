"""Modules inside branches, loops and functions: what of the graph may be there.

A function runs all effects of its body, so that of a module only what the outputs need may be in it: an initialiser of a variable
would run with every call.  Variables, tables and paths of assets are arguments of the function; the collections of the graph
outside can hold nothing that is inside.

Source: tensorflow_hub/native_module.py:prune_unused_nodes (for functions of TPUs); elsewhere tensorflow_hub imports the whole graph.
"""

from __future__ import annotations

from collections.abc import Collection, MutableMapping
from typing import Any

from minihub_runtime.api.graph import GraphKeys
from minihub_runtime.graph.ir import Ref, parse_ref
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.passes.prune import prune
from minihub_runtime.protos import MetaGraphDef

__all__ = ["fit_into_function"]


def fit_into_function(
    proto: MetaGraphDef,
    fed: MutableMapping[str, Any],
    outputs: Collection[Ref],
    wanted: Collection[str],
) -> None:
    """Take away from an application of a module what has no place in a function.

    Args:
        proto: the graph; nodes that no output needs go, and so do collections, and colocation, which names nodes outside.
        fed: name of a tensor → what takes its place; of nodes that go, it goes too.
        outputs: the tensors of the outputs.
        wanted: the collections that the application would restore.

    Raises:
        NotImplementedError: update ops are among them, and the graph has some.
    """
    if GraphKeys.UPDATE_OPS in wanted and GraphKeys.UPDATE_OPS in proto.collection_def:
        raise NotImplementedError(
            "the update ops of a trainable module that is applied inside a function, a branch or a "
            "loop are not supported: nothing outside could run them"
        )
    proto.collection_def.clear()
    graph = read_graph(proto.graph_def)
    given = {parse_ref(name) for name in fed}
    kept = prune(graph.nodes, [ref.node for ref in outputs if ref not in given], given)
    nodes = [node for node in proto.graph_def.node if node.name in kept]
    del proto.graph_def.node[:]
    proto.graph_def.node.extend(nodes)
    for node in proto.graph_def.node:
        node.attr.pop("_class", None)
    read = {ref for node in kept.values() for ref in node.inputs}
    for name in list(fed):
        ref = parse_ref(name)
        if ref not in read and ref.node not in kept and ref not in outputs:
            del fed[name]
