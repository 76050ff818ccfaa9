"""Depthwise convolutions take in the 1×1 convolutions before and after them.

    e = _AffineConv2D(x, w, b, activation=Relu6)                      p = _SeparableFilters(w, b, f, c, v, d)
    d = _AffineDepthwiseConv2dNative(e, f, c, activation=Relu6)   →   y = _SeparableConv2D(x, p)
    y = _AffineConv2D(d, v, d)

Where neither is there, the bias and the filter are kept as they are needed, all the same.

The blocks of MobileNets are of this kind.  What lies between is several times wider than what goes in and comes out; see
`ops.separable`.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["PLAIN", "fuse_separable", "is_pointwise"]

FINISHED = "_AffineDepthwiseConv2dNative"
DEPTHWISE = ("DepthwiseConv2dNative", FINISHED)
PLAIN = ("Conv2D", "_AffineConv2D")
KEPT = ("strides", "padding", "explicit_paddings")


def fuse_separable(region: Region) -> None:
    """Fuse all such blocks of a region."""
    for node in [node for node in region.live().values() if node.op in DEPTHWISE]:
        attrs = node.attrs
        if attrs.get("T") is not float32 or {*attrs.get("dilations", [1])} != {1}:
            continue
        if attrs.get("data_format", "NHWC") != "NHWC":
            continue
        before = region.producer(node.inputs[0], *PLAIN)
        if before is not None and not (
            region.only_reader(before) is node and is_pointwise(region, before)
        ):
            before = None
        after = region.only_reader(node)
        if after is not None and not (
            after.op in PLAIN
            and after.inputs[0] == Ref(node.name)
            and not after.controls
            and is_pointwise(region, after)
        ):
            after = None
        alone = node.op == FINISHED and region.static(node.inputs[1])
        if before is not None or after is not None or alone:
            _fuse(region, before, node, after)


def is_pointwise(region: Region, node: Node) -> bool:
    """Whether a convolution sees one place at a time."""
    attrs = node.attrs
    return (
        attrs.get("T") is float32
        and attrs.get("data_format", "NHWC") == "NHWC"
        and {*attrs.get("strides", [0]), *attrs.get("dilations", [1])} == {1}
        and not any(attrs.get("explicit_paddings", []))
        and region.has_single_taps(node.inputs[1])
        and not region.has_groups(node)
    )


def _fuse(region: Region, before: Node | None, node: Node, after: Node | None) -> None:
    """Put one node in the place of up to three."""
    last = node if after is None else after
    inputs = [node.inputs[0] if before is None else before.inputs[0]]
    activations = []
    for part in (before, node, after):
        if part is None:
            inputs += [region.constant(node.name, np.zeros(0, np.float32)) for _ in range(2)]
        else:
            inputs.append(part.inputs[1])
            has_bias = len(part.inputs) > 2
            empty = None if has_bias else region.constant(node.name, np.zeros(0, np.float32))
            inputs.append(part.inputs[2] if empty is None else empty)
        activations.append("" if part is None else part.attrs.get("activation", ""))
    kept = {name: node.attrs[name] for name in KEPT if name in node.attrs}
    names = ("before_activation", "activation", "after_activation")
    controls = [c for part in (before, node, after) if part is not None for c in part.controls]
    for part in (before, node):
        if part is not None and part is not last:
            region.drop(part.name)
    source, *filters = inputs
    prepared = region.add(
        last.name,
        "_SeparableFilters",
        filters,
        T=float32,
        **dict(zip(names, activations, strict=True)),
    )
    region.put(
        Node(last.name, "_SeparableConv2D", (source, prepared), controls, {**kept, "T": float32})
    )
