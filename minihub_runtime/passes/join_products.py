"""Products of one tensor with several matrices that do not change are made in one step.

    q = _PreparedMatMul(x, a)
    k = _PreparedMatMul(x, b)      →      q, k, v = _PreparedMatMuls(x, a, b, c)
    v = _PreparedMatMul(x, c)

Threads share all of them as one, and meet once.  The queries, keys and values of attention are such products.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["join_products"]


def join_products(region: Region) -> None:
    """Join the products of a region."""
    found: dict[tuple[Ref, bool], list[Node]] = defaultdict(list)
    for node in region.live().values():
        if node.op == "_PreparedMatMul" and not node.controls and region.hidden(node):
            found[node.inputs[0], node.attrs.get("transpose_a", False)].append(node)
    for nodes in found.values():
        if len(nodes) > 1:
            _join(region, nodes)


def _join(region: Region, nodes: Sequence[Node]) -> None:
    """Put one node in the place of products of one tensor."""
    first = nodes[0]
    inputs = [first.inputs[0], *(node.inputs[1] for node in nodes)]
    joined = region.add(first.name, "_PreparedMatMuls", inputs, **{**first.attrs, "N": len(nodes)})
    for place, node in enumerate(nodes):
        region.redirect(Ref(node.name), Ref(joined.node, place))
        region.drop(node.name)
