"""Filters and matrices that do not change are kept in a form that may be transformed or laid out once.

                                        p = _PreparedFilter(w, bias, activation)
    y = _AffineConv2D(x, w, bias)   →   y = _PreparedConv2D(x, p)

                                        p = _PreparedMatrix(b, bias, activation)
    y = _AffineMatMul(a, b, bias)   →   y = _PreparedMatMul(a, p)

What pays is decided in the run, where sizes are known; see `ops.winograd` and `ops.panels`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.region import Region

__all__ = ["prepare_filters"]

#: Op → what it becomes.
CONVOLUTIONS = {
    "Conv2D": "_PreparedConv2D",
    "Conv3D": "_PreparedConv3D",
    "_AffineConv2D": "_PreparedConv2D",
    "_AffineConv3D": "_PreparedConv3D",
}
PRODUCTS = {"MatMul": "_PreparedMatMul", "_AffineMatMul": "_PreparedMatMul"}
#: Attributes that go over.
KEPT = ("strides", "padding", "explicit_paddings", "data_format", "dilations", "transpose_a")


def prepare_filters(region: Region) -> None:
    """Change all convolutions and products of a region with static filters and matrices (see `Region.static`)."""
    for node in [node for node in region.live().values() if node.op in CONVOLUTIONS | PRODUCTS]:
        attrs = node.attrs
        if attrs.get("T") is not float32 or not all(map(region.static, node.inputs[1:])):
            continue
        if region.static(node.inputs[0]):
            # It is computed once.
            continue
        filter, *biases = node.inputs[1:]
        bias = biases[0] if biases else region.constant(node.name, np.zeros(0, np.float32))
        made: dict[str, Any] = {"activation": attrs.get("activation", "")}
        if node.op in PRODUCTS:
            op, made["transpose"] = "_PreparedMatrix", attrs.get("transpose_b", False)
        else:
            op = "_PreparedFilter"
        prepared = region.add(node.name, op, (filter, bias), T=float32, **made)
        kept = {name: attrs[name] for name in KEPT if name in attrs}
        region.put(
            Node(
                node.name,
                {**CONVOLUTIONS, **PRODUCTS}[node.op],
                (node.inputs[0], prepared),
                node.controls,
                {**kept, "T": float32},
            )
        )
