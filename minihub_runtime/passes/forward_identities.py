"""Who reads a copy reads the original.

    b, c = IdentityN(a, x)            y = Relu(a)
    y = Relu(b)                 →

So that what a custom gradient leaves behind stands between no two ops that belong together.
"""

from __future__ import annotations

from minihub_runtime.graph.ir import Ref
from minihub_runtime.passes.region import Region

__all__ = ["forward_identities"]

COPIES = frozenset({"Identity", "IdentityN", "PreventGradient", "Snapshot", "StopGradient"})


def forward_identities(region: Region) -> None:
    """Leave out the copies of a region that nobody would miss."""
    for name in [node.name for node in region.nodes.values() if node.op in COPIES]:
        # It may read another original by now.
        node = region.nodes[name]
        if node.controls or not region.hidden(node):
            continue
        if any(region.is_reference(source) for source in node.inputs):
            continue
        for index, source in enumerate(node.inputs):
            alias = Ref(node.name, index)
            region.redirect(alias, source)
        region.drop(node.name)
