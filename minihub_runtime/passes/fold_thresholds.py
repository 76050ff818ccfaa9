"""Scales, biases and relus in front of 1×1 convolutions become one maximum.

    a = _Affine(x, f, b, activation=Relu)        y = _Clamped(x, t)              t: -b / f
    c = _AffineConv2D(a, w, d)             →     c = _AffineConv2D(y, f · w, d + b · w)

`relu(f · x + b)` is `f · max(x, -b / f) + b` where f is above zero, and a minimum where it is below.  What is left are factors and
biases of channels, which filters and biases of the convolutions take in.  Networks that normalise first, as the second ResNet and
DenseNet do, read and write each activation once instead of three times.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["fold_thresholds"]

CONVOLUTIONS = frozenset({"Conv2D", "_AffineConv2D"})


def fold_thresholds(region: Region) -> None:
    """Fold all that a region has of them."""
    for node in [node for node in region.live().values() if node.op == "_Affine"]:
        if node.attrs["activation"] != "Relu" or not region.hidden(node):
            continue
        readers = [*region.readers(Ref(node.name))]
        channels = _channels(region, node)
        if not readers or channels is None:
            continue
        if all(_takes_in(region, reader, Ref(node.name), channels) for reader in readers):
            _fold(region, node, readers)


def _channels(region: Region, node: Node) -> int | None:
    """How many channels a batch norm has; None if that is not known, or something is not static."""
    if not all(map(region.static, node.inputs[1:])):
        return None
    factor = region.producer(node.inputs[1], "_BatchNormFactor")
    shape = None if factor is None else region.shape(factor.inputs[0])
    return shape[0] if shape is not None and len(shape) == 1 else None


def _takes_in(region: Region, reader: Node, source: Ref, channels: int) -> bool:
    """Whether a node is a convolution that sees single places of `source`, in all its channels."""
    attrs = reader.attrs
    if reader.op not in CONVOLUTIONS or attrs.get("T") is not float32:
        return False
    if reader.inputs[0] != source or source in reader.inputs[1:]:
        return False
    if not attrs.get("data_format", "NHWC").endswith("C") or any(
        attrs.get("explicit_paddings", ())
    ):
        return False
    if not all(map(region.static, reader.inputs[1:])):
        return False
    filter = reader.inputs[1]
    while (scaled := region.producer(filter, "_ScaledFilter")) is not None:
        filter = scaled.inputs[0]
    shape = region.shape(filter)
    return shape is not None and shape[:-1] == (1, 1, channels)


def _fold(region: Region, node: Node, readers: list[Node]) -> None:
    thresholds = region.add(node.name, "_Thresholds", node.inputs[1:], T=float32)
    factor, shift = Ref(thresholds.node, 1), Ref(thresholds.node, 2)
    for reader in readers:
        filter, *biases = reader.inputs[1:]
        bias = biases[0] if biases else region.constant(reader.name, np.zeros(0, np.float32))
        folded = region.add(reader.name, "_FoldedFilter", (filter, factor), T=float32)
        moved = region.add(reader.name, "_FoldedBias", (bias, filter, shift), T=float32)
        attrs: dict[str, Any] = {"activation": "", **reader.attrs}
        attrs.pop("use_cudnn_on_gpu", None)
        inputs = (reader.inputs[0], folded, moved)
        region.put(Node(reader.name, "_AffineConv2D", inputs, reader.controls, attrs))
    region.put(
        Node(node.name, "_Clamped", (node.inputs[0], thresholds), node.controls, {"T": float32})
    )
