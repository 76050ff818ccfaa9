"""Products of what a loop reads leave the loop, and matrices that turns multiply by are prepared for that once.

    for i in …:                                        p = project(array, w)
        x = TensorArrayReadV3(array, i)        →       for i in …:
        y = MatMul(ConcatV2(x, state), w)                  x = TensorArrayReadV3(array, i)
                                                           y = _ProjectedMatMul(x, state, w, i, p)

Recurrent cells do so in each turn.  What was read before the loop only counts in a turn that reads the same, so an array that
changes in between does no harm.

    for …:                                             p = prepare(w)
        y = MatMul(x, w, transpose_b)          →       for …:
                                                           y = _RepeatedMatMul(x, w, p)

So do their gradients.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region
from minihub_runtime.passes.structure_loops import Hoisted, Loop

__all__ = ["hoist_products"]


def hoist_products(region: Region) -> None:
    """Rewrite the loops of a region."""
    for node in list(region.nodes.values()):
        if node.op == "_Loop":
            loop = _rewritten(node.attrs["loop"])
            if loop is not None:
                region.put(node.replace(attrs={**node.attrs, "loop": loop}))


def _rewritten(loop: Loop) -> Loop | None:
    """The loop with its products hoisted; None if it has none of the kind."""
    body, hoisted = dict(loop.body), list(loop.hoisted)
    #: Matrix → what stands for it, prepared.
    prepared: dict[Ref, Ref] = {}
    for node in loop.body.values():
        found = _product(loop, node)
        if found is not None:
            token = Ref(f"{node.name}/projection")
            first, second, weights, index, array = found
            body[node.name] = node.replace(
                op="_ProjectedMatMul",
                inputs=(first, second, weights, index, token),
                attrs={"T": node.attrs["T"]},
            )
            hoisted.append(Hoisted(token, weights, array))
        elif _multiplies_by_transposed(loop, node):
            weights = node.inputs[1]
            token = prepared.setdefault(weights, Ref(f"{node.name}/prepared"))
            body[node.name] = node.replace(
                op="_RepeatedMatMul",
                inputs=(*node.inputs, token),
                attrs={
                    "T": node.attrs["T"],
                    "transpose_a": node.attrs.get("transpose_a", False),
                },
            )
    hoisted += [Hoisted(token, weights) for weights, token in prepared.items()]
    return dataclasses.replace(loop, body=body, hoisted=hoisted) if hoisted else None


def _multiplies_by_transposed(loop: Loop, node: Node) -> bool:
    """Whether a node multiplies by a matrix, transposed, that stays the same."""
    return (
        node.op == "MatMul"
        and node.attrs["T"].name == "float32"
        and bool(node.attrs.get("transpose_b", False))
        and node.inputs[1] in loop.invariants
        and node.inputs[1] not in loop.references
    )


def _product(loop: Loop, node: Node) -> tuple[Ref, Ref, Ref, Ref, Ref] | None:
    """First and second half, matrix, index and array of a product of the kind."""
    if node.op != "MatMul" or node.attrs["T"].name not in ("float32", "float64"):
        return None
    if node.attrs.get("transpose_a", False) or node.attrs.get("transpose_b", False):
        return None
    joined, weights = node.inputs
    concat = loop.body.get(joined.node)
    if weights not in loop.invariants or concat is None or concat.op != "ConcatV2":
        return None
    if len(concat.inputs) != 3 or concat.controls:
        return None
    first, second, axis = concat.inputs
    along, read = loop.body.get(axis.node), loop.body.get(first.node)
    if (
        along is None
        or along.op != "Const"
        or np.ravel(along.attrs["value"]).tolist() not in ([1], [-1])
    ):
        return None
    if read is None or read.op != "TensorArrayReadV3" or read.inputs[0] not in loop.invariants:
        return None
    return first, second, weights, read.inputs[1], read.inputs[0]
