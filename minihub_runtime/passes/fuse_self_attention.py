"""Attention of a sequence to itself in one step with the products around it, so that threads meet once.

q = Transpose(Reshape(_PreparedMatMul(x, a), [-1, positions, heads, depth]), [0, 2, 1, 3])
k, v = …
y = _PreparedMatMul(Reshape(Transpose(_Attention(q, k, v, …), [0, 2, 1, 3]), [-1, width]), b)

            →    y = _SelfAttention(x, a, …, b, shapes…)
"""

from __future__ import annotations

from typing import NamedTuple

from minihub_runtime.dtypes import int32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["fuse_self_attention"]

#: Positions before heads, or heads before positions.
ORDER = [0, 2, 1, 3]


class _Heads(NamedTuple):
    """Queries, keys or values.

    Attributes:
        x: what is multiplied.
        matrix: what with.
        shape: what the product is given.
        nodes: what makes them.
    """

    x: Ref
    matrix: Ref
    shape: Ref
    nodes: tuple[Node, ...]


def fuse_self_attention(region: Region) -> None:
    """Fuse all attentions of a region whose heads are products of one tensor."""
    for node in region.in_order():
        if node.op == "_PreparedMatMul" and not node.attrs.get("transpose_a", False):
            _fuse(region, node)


def _fuse(region: Region, last: Node) -> None:
    joined = _inner(region, last, 0, "Reshape")
    turned = None if joined is None else _turned(region, joined)
    attention = None if turned is None else _inner(region, turned, 0, "_Attention")
    if joined is None or turned is None or attention is None or not attention.attrs["adj_y"]:
        return
    heads = [found for place in range(3) if (found := _heads(region, attention, place)) is not None]
    kinds = {
        node.attrs.get("Tshape", int32) for node in (joined, *(each.nodes[1] for each in heads))
    }
    if len(heads) < 3 or len({each.x for each in heads}) > 1 or len(kinds) > 1:
        return
    for node in (joined, turned, attention, *(node for each in heads for node in each.nodes)):
        region.drop(node.name)
    inputs = (
        heads[0].x,
        *(each.matrix for each in heads),
        last.inputs[1],
        *(each.shape for each in heads),
        joined.inputs[1],
        *attention.inputs[3:],
    )
    attrs = {
        "T": attention.attrs["T"],
        "Tshape": kinds.pop(),
        "N": len(attention.inputs) - 3,
        "steps": attention.attrs["steps"],
    }
    region.put(last.replace(op="_SelfAttention", inputs=inputs, attrs=attrs))


def _inner(region: Region, reader: Node, place: int, op: str) -> Node | None:
    """What makes an input of a node that alone reads it."""
    node = region.producer(reader.inputs[place], op)
    if node is None or node.controls or region.only_reader(node) is not reader:
        return None
    return node


def _turned(region: Region, reader: Node, place: int = 0) -> Node | None:
    """The transpose of positions and heads that makes an input of a node."""
    node = _inner(region, reader, place, "Transpose")
    order = None if node is None else region.value(node.inputs[1])
    return node if order is not None and order.tolist() == ORDER else None


def _heads(region: Region, attention: Node, place: int) -> _Heads | None:
    turned = _turned(region, attention, place)
    shaped = None if turned is None else _inner(region, turned, 0, "Reshape")
    product = None if shaped is None else _inner(region, shaped, 0, "_PreparedMatMul")
    if turned is None or shaped is None or product is None or product.attrs.get("transpose_a"):
        return None
    x, matrix = product.inputs
    return _Heads(x, matrix, shaped.inputs[1], (product, shaped, turned))
