"""Keep what the fetches need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from minihub_runtime.errors import InvalidArgumentError, NotFoundError, clip
from minihub_runtime.graph.ir import Node, Ref

__all__ = ["PLACEHOLDER", "prune", "topological"]

PLACEHOLDER = ("Placeholder", "PlaceholderV2")


def prune(
    nodes: Mapping[str, Node], roots: Iterable[str], feeds: Collection[Ref] = ()
) -> dict[str, Node]:
    """The nodes that `roots` need, not looking behind fed tensors.

        a = Placeholder                       a = Placeholder
        b = Relu(a)            roots: c       c = Neg(a)
        c = Neg(a)               →

    A fed placeholder that others wait for becomes a NoOp.

    Raises:
        NotFoundError: a root or an input is not there.
    """
    needed: dict[str, Node] = {}
    fed = {ref.node for ref in feeds}
    stack = list(roots)
    while stack:
        name = stack.pop()
        if name in needed:
            continue
        node = nodes.get(name)
        if node is None:
            raise NotFoundError(f"the graph must have a node {clip(name)!r}")
        if name in fed and node.op in PLACEHOLDER:
            node = node.replace(op="NoOp", attrs={})
        needed[name] = node
        stack += [ref[0] for ref in node.inputs if ref not in feeds]
        stack += node.controls
    return needed


def topological(
    nodes: Mapping[str, Node], feeds: Collection[Ref] = (), ignore_loops: bool = False
) -> list[Node]:
    """The nodes in an order in which each comes after its inputs.

    Args:
        nodes: a pruned graph.
        feeds: tensors that need no producer.
        ignore_loops: leave out the edges that lead back from NextIteration.

    Raises:
        InvalidArgumentError: the graph has a cycle.
    """
    order: list[Node] = []
    #: Name → whether a node is in the order, or what comes before it is being looked at.
    placed: dict[str, bool] = {}
    for root in nodes:
        stack = [root]
        while stack:
            name = stack[-1]
            known = placed.get(name)
            if known is None:
                placed[name] = False
                before = _parents(nodes[name], nodes, feeds, ignore_loops)
                for parent in before:
                    if placed.get(parent) is False:
                        raise InvalidArgumentError(
                            f"the graph must not have a cycle, as through {clip(parent)!r}"
                        )
                # The first one is looked at first.
                stack += reversed(before)
                continue
            stack.pop()
            if not known:
                placed[name] = True
                order.append(nodes[name])
    return order


def _parents(
    node: Node, nodes: Mapping[str, Node], feeds: Collection[Ref], ignore_loops: bool
) -> list[str]:
    """The names of the nodes of `nodes` that come before a node."""
    names = [ref[0] for ref in node.inputs if ref[0] in nodes and ref not in feeds]
    if node.controls:
        names += [name for name in node.controls if name in nodes]
    if ignore_loops and node.op in ("Merge", "RefMerge"):
        back = ("NextIteration", "RefNextIteration")
        names = [name for name in names if nodes[name].op not in back]
    return names
