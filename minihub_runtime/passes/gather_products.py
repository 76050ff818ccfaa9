"""Products that a loop only adds up are multiplied after it, all at once.

    for …:                                             for …:
        sum = AddV2(sum, MatMul(a, b, transpose_a))  →     sum = _AddProductLater(sum, a, b)
                                                       sum = _Settled(sum)

The gradients of a recurrent cell's weights and biases are such sums.  One product of the rows of all turns takes half the time
of many of few rows, and the sum, as large as the weights, is not read and written in each turn.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region
from minihub_runtime.passes.structure_loops import Loop

__all__ = ["gather_products"]


def gather_products(region: Region) -> None:
    """Rewrite the loops of a region."""
    for node in list(region.nodes.values()):
        if node.op == "_Loop":
            loop = node.attrs["loop"]
            for place in range(len(loop.variables)):
                loop = _gathered(loop, place)
            if loop is not node.attrs["loop"]:
                region.put(node.replace(attrs={**node.attrs, "loop": loop}))


def _gathered(loop: Loop, place: int) -> Loop:
    """The loop with the additions to one variable put off, if that can be done."""
    variable, following = loop.variables[place], loop.following[place]
    before = {variable, *(ref for ref, data in loop.turned.items() if data == variable)}
    added = _add(loop.body.get(following.node), before)
    if added is None or variable == loop.predicate:
        return loop
    sum_ref, addend = added
    later = _LATER.get(loop.body[addend.node].op) if addend.node in loop.body else None
    if later is None or addend.index or addend in loop.turned or addend in loop.variables:
        return loop
    inputs = later(loop.body[addend.node])
    if inputs is None or loop.following.count(following) > 1:
        return loop
    # Nobody may see the sum, or an addend, while the loop runs.
    hidden = {*before, following, addend}
    readers = [n.name for n in loop.body.values() for ref in n.inputs if ref in hidden]
    awaited = {
        name for part in (loop.test, loop.body) for n in part.values() for name in n.controls
    }
    tested = any(ref in hidden for n in loop.test.values() for ref in n.inputs)
    if readers != [following.node] * 2 or tested or {following.node, addend.node} & awaited:
        return loop
    if hidden & {ref for ref in loop.following if ref != following}:
        return loop
    if following in loop.results or addend in loop.results:
        return loop
    body = {name: node for name, node in loop.body.items() if name != addend.node}
    kind = {"T": body[following.node].attrs["T"]}
    op = "_AddProductLater" if len(inputs) == 2 else "_AddRowsLater"
    body[following.node] = Node(following.node, op, (sum_ref, *inputs), (), kind)
    settled = Ref(f"{following.node}/settled")
    last = {variable, *(ref for ref, data in loop.left.items() if data == variable)}
    leaving = {
        name: node.replace(inputs=[settled if ref in last else ref for ref in node.inputs])
        for name, node in loop.leaving.items()
    }
    gone = [ref for ref in loop.left if ref in last]
    leaving[settled.node] = Node(settled.node, "_Settled", gone[:1] or [variable], (), kind)
    results = [settled if ref in last else ref for ref in loop.results]
    return dataclasses.replace(loop, body=body, leaving=leaving, results=results)


def _add(node: Node | None, before: set[Ref]) -> tuple[Ref, Ref] | None:
    """The variable in the turn, and what a node adds to it; None if it does something else."""
    if node is None or node.op not in ("Add", "AddV2", "AddN") or node.controls:
        return None
    if len(node.inputs) != 2 or node.attrs["T"].name not in ("float32", "float64"):
        return None
    first, second = node.inputs
    if first in before:
        return first, second
    return (second, first) if second in before else None


def _product(node: Node) -> tuple[Ref, ...] | None:
    transposed = node.attrs.get("transpose_a", False), node.attrs.get("transpose_b", False)
    return node.inputs if transposed == (True, False) and not node.controls else None


def _rows(node: Node) -> tuple[Ref, ...] | None:
    plain = node.attrs.get("data_format", "NHWC") == "NHWC"
    return node.inputs if plain and not node.controls else None


#: Op → what reads the inputs of a node that is added.
_LATER: dict[str, Callable[[Node], tuple[Ref, ...] | None]] = {
    "BiasAddGrad": _rows,
    "MatMul": _product,
}
