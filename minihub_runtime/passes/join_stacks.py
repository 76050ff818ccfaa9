"""Pushes on stacks are one step, and so are pops.

    a = StackPushV2(s, x)                              p = _PushAll(s, t, x, y)
    b = StackPushV2(t, y)                         →    n = Add(count, 1), waits for p
    n = Add(count, 1), waits for a and b

A loop keeps all that its gradient reads on stacks of TF1, a value each; the gradient's loop takes them off again.
"""

from __future__ import annotations

from collections.abc import Sequence

from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["join_stacks"]

#: Where these are, a value may not be there.
CHOOSING = frozenset({"ControlTrigger", "Merge", "RefMerge", "RefSwitch", "Switch"})


def join_stacks(region: Region) -> None:
    """Join the pushes of a region, and its pops."""
    found: dict[str, list[Node]] = {"StackPopV2": [], "StackPushV2": []}
    for node in region.nodes.values():
        if node.op in CHOOSING:
            return
        if node.op in found and _is_joined(region, node):
            found[node.op].append(node)
    pops, pushes = found["StackPopV2"], found["StackPushV2"]
    if len(pops) > 1:
        name = f"{pops[0].name}/all"
        kinds = [node.attrs["elem_type"] for node in pops]
        attrs = {"N": len(pops), "elem_types": kinds}
        joined = Node(name, "_PopAll", [node.inputs[0] for node in pops], (), attrs)
        _replace(region, pops, joined)
        for place, node in enumerate(pops):
            region.redirect(Ref(node.name), Ref(name, place))
    if len(pushes) > 1 and not _lead_to_another(region, pushes):
        name = f"{pushes[0].name}/all"
        inputs = [node.inputs[place] for place in range(2) for node in pushes]
        attrs = {"N": len(pushes), "T": [node.attrs["T"] for node in pushes]}
        _replace(region, pushes, Node(name, "_PushAll", inputs, (), attrs))


def _is_joined(region: Region, node: Node) -> bool:
    """Whether a push or pop depends on nothing but a stack that is given, and the value."""
    if node.controls or node.inputs[0] not in region.feeds:
        return False
    if node.name in region.outside:
        return False
    return node.op == "StackPopV2" or not region.readers(Ref(node.name))


def _lead_to_another(region: Region, pushes: Sequence[Node]) -> bool:
    """Whether what waits for a push is needed for what another one pushes."""
    names = {node.name for node in pushes}
    later = {node.name for node in region.nodes.values() if not names.isdisjoint(node.controls)}
    stack = [node.inputs[1] for node in pushes]
    waiting = [ref.node for ref in stack if ref not in region.feeds]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in later:
            return True
        if name in seen:
            continue
        seen.add(name)
        node = region.nodes[name]
        waiting += [*(ref.node for ref in node.inputs if ref not in region.feeds), *node.controls]
    return False


def _replace(region: Region, nodes: Sequence[Node], joined: Node) -> None:
    """Put one node in the place of several; what waited for them waits for it."""
    names = {node.name for node in nodes}
    result = {name: node for name, node in region.nodes.items() if name not in names}
    result[joined.name] = joined
    for name, node in result.items():
        if not names.isdisjoint(node.controls):
            controls = [joined.name, *(c for c in node.controls if c not in names)]
            result[name] = node.replace(controls=controls)
    region.without(result)
