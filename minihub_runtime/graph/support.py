"""Which ops a graph needs that are not registered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minihub_runtime.codec import Func
from minihub_runtime.graph.functions import called_functions
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.prune import prune

__all__ = ["missing_ops", "needed_ops", "unsupported_ops"]


def missing_ops(graph: Graph, nodes: Iterable[Node]) -> dict[str, list[str]]:
    """Op type → names of the nodes that neither a kernel nor a function of the library can run."""
    known: dict[str, bool] = {}
    missing: dict[str, list[str]] = {}
    for node in nodes:
        if node.op not in known:
            known[node.op] = node.op in graph.functions or node.op in REGISTRY
        if not known[node.op]:
            missing.setdefault(node.op, []).append(node.name)
    return missing


def needed_ops(graph: Graph, fetches: Sequence[Ref], feeds: Sequence[Ref]) -> dict[str, list[str]]:
    """Op type → names of the nodes that computing `fetches` runs, bodies of functions included."""
    needed: dict[str, list[str]] = {}
    calls: list[str] = []
    for node in prune(
        graph.nodes, [ref.node for ref in fetches if ref not in feeds], set(feeds)
    ).values():
        if node.op in graph.functions:
            calls.append(node.op)
        else:
            needed.setdefault(node.op, []).append(node.name)
        calls.extend(_called(node.attrs.values()) if graph.functions else ())
    calls = [name for name in dict.fromkeys(calls) if name in graph.functions]
    deeper = called_functions(graph.functions, [graph.functions[name] for name in calls])
    for name in dict.fromkeys([*calls, *deeper]):
        for proto in graph.functions[name].node_def:
            if proto.op not in graph.functions:
                needed.setdefault(proto.op, []).append(f"{name}/{proto.name}")
    return needed


def _called(values: Iterable[object]) -> Iterable[str]:
    """The functions that attribute values name."""
    for value in values:
        if isinstance(value, Func):
            yield value.name
        elif isinstance(value, list):
            yield from (item.name for item in value if isinstance(item, Func))


def unsupported_ops(
    graph: Graph, fetches: Sequence[Ref], feeds: Sequence[Ref]
) -> dict[str, list[str]]:
    """The part of `needed_ops` that is not registered."""
    return {
        op: nodes for op, nodes in needed_ops(graph, fetches, feeds).items() if op not in REGISTRY
    }
