"""Which results of functions a run needs.

A branch or a loop that TensorFlow lowers to Switch and Merge (`_lower_using_switch_merge`) becomes part of the graph around it:
what no result needs does not run there, effects included.  Other calls run the whole function.

    i, x = While(i < 3, [i + 1, x.assign_add(1)])      fetched: i      →      the body computes i + 1 alone

Source: tensorflow/core/common_runtime/lower_if_op.cc, lower_while_op.cc, lower_case_op.cc; TensorFlow prunes what they leave.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.functions import Body, instantiate
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.passes.prune import prune

__all__ = ["LOWERED", "is_narrow", "needed_results"]

#: What a node says that is to become part of the graph around it.
LOWERED = "_lower_using_switch_merge"

BRANCHES = frozenset({"Case", "If", "StatelessCase", "StatelessIf"})
LOOPS = frozenset({"StatelessWhile", "While"})


def needed_results(
    graph: Graph, node: Node, read: Collection[Ref], awaited: bool
) -> dict[str, tuple[int, ...]]:
    """Function → the places of its results that are needed, for the functions of a node that are not run as a whole.

    Args:
        graph: the function library.
        node: any node.
        read: the tensors that other nodes read, or that are fetched.
        awaited: whether others wait for the node, so that it has to be complete.
    """
    if not _is_lowered(node):
        return {}
    types = _types(node)
    wanted = {i for i in range(len(types)) if awaited or Ref(node.name, i) in read}
    if node.op in LOOPS:
        wanted = _carried(graph, node, wanted)
        return {
            node.attrs["cond"].name: (0,),
            node.attrs["body"].name: tuple(sorted(wanted)),
        }
    branches = [node.attrs[key] for key in ("then_branch", "else_branch") if key in node.attrs]
    branches += node.attrs.get("branches", [])
    return {function.name: tuple(sorted(wanted)) for function in branches}


def is_narrow(node: Node) -> bool:
    """Whether less of a node may be run for one of its results than for all."""
    return _is_lowered(node) and len(_types(node)) > 1


def _is_lowered(node: Node) -> bool:
    return node.op in BRANCHES | LOOPS and bool(node.attrs.get(LOWERED, False))


def _types(node: Node) -> Sequence[DType]:
    """The types of the results of a branch or a loop."""
    types: Sequence[DType] = node.attrs["T" if node.op in LOOPS else "Tout"]
    return types


def _carried(graph: Graph, node: Node, wanted: Iterable[int]) -> set[int]:
    """The loop variables that the wanted ones depend on, in some turn."""
    condition, body = (_body(graph, node.attrs[key]) for key in ("cond", "body"))
    found = set(wanted) | _used(condition, range(len(condition.results)))
    while True:
        more = _used(body, found) - found
        if not more:
            return found
        found |= more


def _body(graph: Graph, function: Func) -> Body:
    return instantiate(graph, function.name, function.attrs)


def _used(body: Body, results: Iterable[int]) -> set[int]:
    """The places of the arguments that some results of a function depend on."""
    places = {ref: place for place, ref in enumerate(body.arguments)}
    wanted = [body.results[i] for i in results if i < len(body.results)]
    roots = [*(ref.node for ref in wanted), *body.controls]
    nodes = prune(body.graph.nodes, roots)
    return {place for ref, place in places.items() if ref.node in nodes}
