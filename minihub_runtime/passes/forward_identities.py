"""Who reads a copy reads the original.

    b, c = IdentityN(a, x)            y = Relu(a)
    y = Relu(b)                 →

So that what a custom gradient leaves behind stands between no two ops that belong together.
"""

from __future__ import annotations

from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import HANDLES, Region

__all__ = ["forward_identities"]

COPIES = frozenset({"Identity", "IdentityN", "PreventGradient", "Snapshot", "StopGradient"})


def forward_identities(region: Region) -> None:
    """Leave out the copies of a region that nobody would miss."""
    for node in [node for node in region.nodes.values() if node.op in COPIES]:
        if node.controls or not region.hidden(node):
            continue
        if any(_is_reference(region, source) for source in node.inputs):
            continue
        for index, source in enumerate(node.inputs):
            alias = Ref(node.name, index)
            for reader in dict.fromkeys(region.readers(alias)):
                inputs = [source if ref == alias else ref for ref in reader.inputs]
                region.put(region.nodes[reader.name].replace(inputs=inputs))
        region.drop(node.name)


def _is_reference(region: Region, ref: Ref) -> bool:
    """Whether a tensor may be a variable itself, which a copy reads at its own time."""
    node: Node | None = region.node(ref)
    if node is None:
        return False
    return node.op in HANDLES or node.op.startswith(("Assign", "Ref")) or "Enter" in node.op
