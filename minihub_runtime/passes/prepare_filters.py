"""Filters that do not change are kept in a form that may be transformed once, for convolutions that then multiply less.

                                        p = _PreparedFilter(w)
    y = _AffineConv2D(x, w, bias)   →   y = _PreparedConv2D(x, p, bias)

What pays is decided in the run, where sizes are known; see `ops.winograd`.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.region import Region

__all__ = ["prepare_filters"]

#: Op → what it becomes.
PREPARED = {
    "Conv2D": "_PreparedConv2D",
    "Conv3D": "_PreparedConv3D",
    "_AffineConv2D": "_PreparedConv2D",
    "_AffineConv3D": "_PreparedConv3D",
}
KEPT = ("strides", "padding", "explicit_paddings", "data_format", "activation")


def prepare_filters(region: Region) -> None:
    """Change all convolutions of a region with steps of one and static filters (see `Region.static`)."""
    for node in [node for node in region.live().values() if node.op in PREPARED]:
        attrs = node.attrs
        if attrs.get("T") is not float32 or not region.static(node.inputs[1]):
            continue
        if {*attrs.get("strides", [0]), *attrs.get("dilations", [1])} != {1}:
            continue
        if region.has_single_taps(node.inputs[1]):
            continue
        prepared = region.add(node.name, "_PreparedFilter", node.inputs[1:2], T=float32)
        bias = (
            node.inputs[2]
            if len(node.inputs) > 2
            else region.constant(node.name, np.zeros(0, np.float32))
        )
        kept = {name: attrs[name] for name in KEPT if name in attrs}
        region.put(
            Node(
                node.name,
                PREPARED[node.op],
                (node.inputs[0], prepared, bias),
                node.controls,
                {**kept, "T": float32},
            )
        )
