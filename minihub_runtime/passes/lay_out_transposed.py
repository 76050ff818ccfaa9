"""The filters of transposed convolutions are laid out once, not in each run.

                                                  p = _LaidOutFilter(w)
    y = Conv2DBackpropInput(sizes, w, x)    →     y = _TransposedConv2D(sizes, w, x, p)

Rows and columns `stride` apart see the same taps of the filter, with inputs and outputs exchanged.  Where the filter is static
(see `Region.static`), the prelude brings it into that order; for small images of many channels that takes longer than the products.
"""

from __future__ import annotations

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.region import Region

__all__ = ["lay_out_transposed"]

KEPT = ("strides", "padding", "explicit_paddings", "data_format")


def lay_out_transposed(region: Region) -> None:
    """Change all transposed convolutions of a region whose filters are static."""
    for node in [node for node in region.nodes.values() if node.op == "Conv2DBackpropInput"]:
        attrs, filter = node.attrs, node.inputs[1]
        if attrs.get("T") is not float32 or set(attrs.get("dilations", [1])) != {1}:
            continue
        shape, strides = region.shape(filter), attrs["strides"]
        if shape is None or len(shape) != 4 or len(strides) != 4 or not region.static(filter):
            continue
        inner = strides[1:3] if attrs.get("data_format", "NHWC") == "NHWC" else strides[2:]
        if min(inner) < 1:
            # It is refused, with the message of the op itself.
            continue
        parts = region.add(node.name, "_LaidOutFilter", (filter,), T=float32, strides=inner)
        kept = {name: attrs[name] for name in KEPT if name in attrs}
        region.put(
            Node(
                node.name,
                "_TransposedConv2D",
                (*node.inputs, parts),
                node.controls,
                {**kept, "T": float32},
            )
        )
