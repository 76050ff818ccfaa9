"""Nodes that others wait for, and whose results nobody reads, are left out.

    a = Neg(x)                         b = Abs(y), waits for x
    b = Abs(y), waits for NoOp n   →
    n = NoOp, waits for a

Gradients leave many: the gradients of what is no variable, which `tuple` still waits for.  What waited for such a node waits for
what the node itself needed, so that everything with an effect keeps its turn; so does TensorFlow.

Source: tensorflow/core/grappler/optimizers/dependency_optimizer.cc.
"""

from __future__ import annotations

from collections.abc import Mapping

from minihub_runtime.graph.ir import Node
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.narrow_calls import is_narrow
from minihub_runtime.passes.region import HANDLES, Region, is_write

__all__ = ["drop_idle"]

#: Where these are, waiting for a node that did not run means not to run.
CHOOSING = frozenset({"ControlTrigger", "Merge", "RefMerge", "RefSwitch", "Switch"})
#: Ops without effects that are there to fail.
CHECKS = frozenset({"CheckNumerics", "CheckNumericsV2", "EnsureShape"})
#: Ops that read variables, which leaves no trace.
READS = frozenset(
    {"ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VarHandleOp", "VariableShape"}
)
PLACEHOLDERS = frozenset({"Placeholder", "PlaceholderV2"})


def drop_idle(region: Region) -> None:
    """Leave out the nodes of a region that do nothing but be waited for."""
    nodes, feeds, kept = region.live(), region.feeds, region.outside
    if not any(node.controls for node in nodes.values()):
        return
    if any(node.op in CHOOSING for node in nodes.values()):
        return
    sources = {
        name: [ref.node for ref in node.inputs if ref not in feeds] for name, node in nodes.items()
    }
    controls = {name: dict.fromkeys(node.controls) for name, node in nodes.items()}
    reads = dict.fromkeys(nodes, 0)
    waiting: dict[str, dict[str, None]] = {name: {} for name in nodes}
    for name, node in nodes.items():
        for source in sources[name]:
            reads[source] += 1
        for control in node.controls:
            waiting[control][name] = None
    result = dict(nodes)
    changed: set[str] = set()
    # Whoever reads a node comes before it, and may have been left out by then.
    for node in reversed(region.in_order()):
        name = node.name
        if name in kept or reads[name] or not (node.op == "NoOp" or _is_idle(node, nodes)):
            continue
        for source in sources[name]:
            reads[source] -= 1
        ahead = {**controls[name], **dict.fromkeys(sources[name])}
        for before in [before for before in ahead if _is_free(nodes[before])]:
            waiting[before].pop(name, None)
            del ahead[before]
        behind = waiting[name]
        if len(ahead) * len(behind) > len(ahead) + len(behind):
            # More would have to wait for more.
            result[name] = Node(name, "NoOp", (), ahead, {}, node.device)
            controls[name] = ahead
            for before in ahead:
                waiting[before][name] = None
            continue
        del result[name]
        for before in ahead:
            waiting[before].pop(name, None)
            waiting[before].update(behind)
        for after in behind:
            del controls[after][name]
            controls[after].update(ahead)
        changed.update(behind)
    for name in changed:
        if name in result:
            result[name] = result[name].replace(controls=controls[name])
    region.without(result)


def _is_free(node: Node) -> bool:
    """Whether a node needs nothing, so that waiting for it means nothing."""
    return node.op == "Const" and not node.controls and not node.inputs


def _is_idle(node: Node, nodes: Mapping[str, Node]) -> bool:
    """Whether a node whose result nobody reads does nothing."""
    if node.op in CHECKS or node.op in PLACEHOLDERS or node.op not in REGISTRY:
        return False
    if node.op in READS:
        return True
    op = REGISTRY[node.op]
    if op.stateful or op.wants_context or is_write(node.op) or not op.schema.outputs:
        return False
    if op.takes_references:
        return False
    # A reference is read at its time, and may hold nothing yet; whoever waits for a call has it run as a whole.
    sources = [nodes[ref.node] for ref in node.inputs if ref.node in nodes]
    return not any(source.op in HANDLES or is_narrow(source) for source in sources)
