"""Constants that loops read are constants of their turns.

    two = Const                                   for …:
    for two_in = Enter(two) …:               →        two_in = Const
        one = Const, waits for i                      one = Const
        y = one + two_in * Identity(i)                y = one + two_in * Identity(i)

In a loop of TF1 a constant waits for the turn to begin, or comes in from outside.  As constants of the body they take no time,
and other passes see their values.
"""

from __future__ import annotations

import dataclasses

from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region
from minihub_runtime.passes.structure_loops import Loop

__all__ = ["place_constants"]

#: Larger constants stay outside, where one copy is enough for all parts of a loop.
MAX_BYTES = 256


def place_constants(region: Region) -> None:
    """Rewrite the loops of a region."""
    for node in list(region.nodes.values()):
        if node.op == "_Loop":
            region.put(_with_constants(region, node))


def _with_constants(region: Region, node: Node) -> Node:
    """A loop that has what is constant inside."""
    loop: Loop = node.attrs["loop"]
    count = len(loop.variables)
    outside = dict(zip(loop.invariants, node.inputs[count:], strict=True))
    brought = {
        inner.node: region.nodes[outer.node].replace(name=inner.node)
        for inner, outer in outside.items()
        if not inner.index and inner not in loop.references and _is_small(region, outer)
    }
    # An exit may hand one out, and a product that was hoisted may read one before the loop.
    kept = {*loop.results, *loop.following, loop.predicate}
    kept.update(ref for part in loop.hoisted for ref in (part.array, part.weights) if ref)
    brought = {name: made for name, made in brought.items() if Ref(name) not in kept}
    invariants = [ref for ref in loop.invariants if ref.node not in brought or ref.index]
    made = dataclasses.replace(
        loop,
        invariants=invariants,
        test=_freed({**loop.test, **_read(loop.test, brought)}),
        body=_freed({**loop.body, **_read(loop.body, brought)}),
        leaving=_freed({**loop.leaving, **_read(loop.leaving, brought)}),
    )
    inputs = [*node.inputs[:count], *(outside[ref] for ref in invariants)]
    return node.replace(inputs=inputs, attrs={**node.attrs, "loop": made})


def _is_small(region: Region, ref: Ref) -> bool:
    node = region.producer(ref, "Const")
    if node is None or node.controls or node.name in region.outside:
        return False
    return bool(node.attrs["value"].nbytes <= MAX_BYTES)


def _read(part: dict[str, Node], brought: dict[str, Node]) -> dict[str, Node]:
    """Those of the constants that a part of a loop reads."""
    read = {ref.node for node in part.values() for ref in node.inputs}
    return {name: node for name, node in brought.items() if name in read}


def _freed(part: dict[str, Node]) -> dict[str, Node]:
    """A part of a loop whose constants wait for nothing that is there anyway."""
    return {
        name: node.replace(controls=())
        if node.op == "Const" and node.controls and all(_is_there(part, c) for c in node.controls)
        else node
        for name, node in part.items()
    }


def _is_there(part: dict[str, Node], name: str) -> bool:
    """Whether a node passes on what the part is given."""
    node = part.get(name)
    while node is not None and node.op == "Identity" and not node.controls:
        source = node.inputs[0]
        if source.node not in part:
            return True
        node = part[source.node]
    return False
