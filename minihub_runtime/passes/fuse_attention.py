"""Attention in one step, from the product of queries and keys to that with values.

    s = BatchMatMulV2(q, k, adj_y=True)
    t = Mul(s, 0.125)                           y = _Attention(q, k, v, [0.125, mask], steps=[Mul, Add])
    u = AddV2(t, mask)                    →
    y = BatchMatMulV2(Softmax(u), v)

Whatever scales, masks or biases the scores may stand between, in any number.  Einsum spells the products too; then transposes
put the dimensions where `_Attention` has them.  Scores and probabilities that others read stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.dtypes import float32, int32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["fuse_attention"]

PRODUCTS = ("BatchMatMul", "BatchMatMulV2")
#: What is done to scores → its name as a step.
STEPS = {
    "Add": "Add",
    "AddV2": "Add",
    "Div": "Div",
    "Mul": "Mul",
    "RealDiv": "Div",
    "Sub": "Sub",
}
COMMUTATIVE = frozenset({"Add", "Mul"})
#: So many steps are looked for.
MAX_STEPS = 6


class _Operands(NamedTuple):
    """The factors of a product.

    Attributes:
        left: with its rows before what is summed over.
        right: the other factor.
        orders: how to transpose each of the two, and what the product is transposed from; empty where nothing is.
        adj_y: whether the right one has its columns before what is summed over.
    """

    left: Ref
    right: Ref
    orders: tuple[Sequence[int], Sequence[int], Sequence[int]] = ((), (), ())
    adj_y: bool = False


def fuse_attention(region: Region) -> None:
    """Fuse all attentions of a region."""
    for node in [node for node in region.nodes.values() if node.op == "Softmax"]:
        if node.attrs.get("T") is float32 and not node.controls:
            _fuse(region, node)


def _fuse(region: Region, softmax: Node) -> None:
    last = region.only_reader(softmax)
    if last is None or last.attrs.get("T") is not float32:
        return
    found = _scores(region, softmax.inputs[0], softmax, MAX_STEPS)
    if found is None:
        return
    chain, steps = found
    scores = _of_scores(chain[0])
    weighted = _of_values(last, Ref(softmax.name))
    if scores is None or weighted is None:
        return
    inputs = [
        _transposed(region, last, ref, order)
        for ref, order in (
            (scores.left, scores.orders[0]),
            (scores.right, scores.orders[1]),
            (weighted.right, weighted.orders[1]),
        )
    ]
    attrs = {
        "T": float32,
        "N": len(steps),
        "steps": [step for step, _ in steps],
        "adj_y": scores.adj_y,
    }
    for node in (*chain, softmax):
        region.drop(node.name)
    inputs += [operand for _, operand in steps]
    order = weighted.orders[2]
    if not order:
        region.put(Node(last.name, "_Attention", inputs, last.controls, attrs, last.device))
        return
    region.drop(last.name)
    result = region.add(last.name, "_Attention", inputs, **attrs)
    places = region.constant(last.name, np.array(order, np.int32))
    region.put(
        Node(
            last.name,
            "Transpose",
            (result, places),
            last.controls,
            {"T": float32, "Tperm": int32},
            last.device,
        )
    )


def _scores(
    region: Region, ref: Ref, reader: Node, depth: int
) -> tuple[list[Node], list[tuple[str, Ref]]] | None:
    """The product that scores come from and the nodes after it, and the steps these are; None if there is no such product."""
    node = region.node(ref)
    if node is None or ref.index or node.controls or region.only_reader(node) is not reader:
        return None
    if node.attrs.get("T") is not float32:
        return None
    if node.op in PRODUCTS or node.op == "Einsum":
        return [node], []
    step = STEPS.get(node.op)
    if step is None or not depth:
        return None
    for place in (0, 1) if step in COMMUTATIVE else (0,):
        found = _scores(region, node.inputs[place], node, depth - 1)
        if found is not None:
            chain, steps = found
            return [*chain, node], [*steps, (step, node.inputs[1 - place])]
    return None


def _transposed(region: Region, near: Node, ref: Ref, order: Sequence[int]) -> Ref:
    if not order:
        return ref
    places = region.constant(near.name, np.array(order, np.int32))
    return region.add(near.name, "Transpose", (ref, places), T=float32, Tperm=int32)


def _of_scores(node: Node) -> _Operands | None:
    """Queries and keys of a product; None if it is none of the kind."""
    if node.op in PRODUCTS:
        if node.attrs.get("adj_x", False):
            return None
        left, right = node.inputs
        return _Operands(left, right, adj_y=node.attrs.get("adj_y", False))
    terms = _terms(node)
    if terms is None:
        return None
    result = terms[2]
    *stack, row, column = result
    for place in (0, 1):
        one, other = terms[place], terms[1 - place]
        summed = [label for label in one if label not in result]
        if len(summed) != 1 or set(one) != {*stack, row, *summed}:
            continue
        if set(other) != {*stack, column, *summed}:
            continue
        orders = (
            _order(one, [*stack, row, *summed]),
            _order(other, [*stack, column, *summed]),
            (),
        )
        return _Operands(node.inputs[place], node.inputs[1 - place], orders, adj_y=True)
    return None


def _of_values(node: Node, weights: Ref) -> _Operands | None:
    """Weights and values of a product; None if it is none of the kind."""
    if node.op in PRODUCTS:
        if node.inputs[0] != weights or node.attrs.get("adj_x", False):
            return None
        if node.attrs.get("adj_y", False):
            return None
        return _Operands(weights, node.inputs[1])
    terms = _terms(node) if node.op == "Einsum" else None
    if terms is None:
        return None
    place = node.inputs.index(weights)
    left, right, result = terms[place], terms[1 - place], terms[2]
    *stack, row, column = left
    width = [label for label in right if label not in left]
    if len(width) != 1 or set(right) != {*stack, column, *width}:
        return None
    made = [*stack, row, *width]
    if set(result) != set(made):
        return None
    orders = ((), _order(right, [*stack, column, *width]), _order(made, result))
    return _Operands(weights, node.inputs[1 - place], orders)


def _terms(node: Node) -> list[list[str]] | None:
    """The subscripts of an Einsum of two inputs, if they are letters that differ, three or more for each."""
    equation = str(node.attrs["equation"])
    before, _, result = equation.partition("->")
    inputs = before.split(",")
    terms = [*inputs, result]
    if len(inputs) != 2 or len(node.inputs) != 2:
        return None
    if not all(term.isalpha() and len({*term}) == len(term) > 2 for term in terms):
        return None
    return [list(term) for term in terms]


def _order(given: Sequence[str], wanted: Sequence[str]) -> Sequence[int]:
    """How to transpose dimensions; empty if they are as wanted."""
    order = [list(given).index(label) for label in wanted]
    return () if order == sorted(order) else order
