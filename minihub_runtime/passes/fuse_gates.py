"""Squeeze and excitation in two steps.

    m = Mean(x, [1, 2])
    r = Reshape(m, [-1, 1, 1, c])
    s = _AffineConv2D(r, v, a, activation=Swish)       →    g = _Excitation(x, v, a, w, b)
    g = _AffineConv2D(s, w, b, activation=Sigmoid)          y = _GatedConv2D(x, g, f, d)
    p = Mul(x, g)
    y = _AffineConv2D(p, f, d)

Each of the two comes without the other, too.  See `ops.excitation`.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import float32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.fuse_separable import PLAIN, is_pointwise
from minihub_runtime.passes.region import Region

__all__ = ["fuse_gates"]


def fuse_gates(region: Region) -> None:
    """Fuse all gates, and means with what makes gates of them, of a region."""
    for node in [node for node in region.live().values() if node.op in PLAIN]:
        # What one of them took in is gone.
        if region.nodes.get(node.name) is node and is_pointwise(region, node):
            _fuse_gate(region, node)
            _fuse_excitation(region, node)


def _fuse_gate(region: Region, node: Node) -> None:
    """Let a convolution scale its input itself."""
    scaled = region.producer(node.inputs[0], "Mul")
    if scaled is None or scaled.controls or region.only_reader(scaled) is not node:
        return
    for source, gate in (scaled.inputs, reversed(scaled.inputs)):
        if _channels(region, gate) is not None and _are_images(region, source, gate):
            inputs = (source, gate, node.inputs[1], _bias(region, node))
            region.drop(scaled.name)
            region.put(Node(node.name, "_GatedConv2D", inputs, node.controls, _attrs(node)))
            return


def _fuse_excitation(region: Region, node: Node) -> None:
    """Let a convolution of a convolution of means find the means itself."""
    first = region.producer(node.inputs[0], *PLAIN)
    if first is None or first.controls or region.only_reader(first) is not node:
        return
    if not is_pointwise(region, first):
        return
    source = first.inputs[0]
    reshaped = region.producer(source, "Reshape")
    if reshaped is not None:
        if reshaped.controls or _channels(region, source) is None:
            return
        source = reshaped.inputs[0]
    mean = region.producer(source, "Mean")
    if mean is None or mean.controls or bool(mean.attrs.get("keep_dims")) != (reshaped is None):
        return
    axes, shape = region.value(mean.inputs[1]), region.shape(mean.inputs[0])
    if axes is None or shape is None or len(shape) != 4 or shape[3] is None:
        return
    if sorted(axis % 4 for axis in axes.reshape(-1).tolist()) != [1, 2]:
        return
    if reshaped is not None and _channels(region, first.inputs[0]) != shape[3]:
        return
    inputs = (
        mean.inputs[0],
        first.inputs[1],
        _bias(region, first),
        node.inputs[1],
        _bias(region, node),
    )
    attrs = {
        "T": float32,
        "reduce_activation": first.attrs.get("activation", ""),
        "expand_activation": node.attrs.get("activation", ""),
    }
    region.drop(first.name)
    region.put(Node(node.name, "_Excitation", inputs, node.controls, attrs))


def _channels(region: Region, ref: Ref) -> int | None:
    """How many channels a tensor has that is one place of each image; None if it is not known to be."""
    shape = region.shape(ref)
    return shape[3] if shape is not None and len(shape) == 4 and shape[1:3] == (1, 1) else None


def _are_images(region: Region, source: Ref, gate: Ref) -> bool:
    """Whether a tensor is images with as many channels as their gate."""
    shape = region.shape(source)
    return shape is not None and len(shape) == 4 and shape[3] == _channels(region, gate)


def _bias(region: Region, node: Node) -> Ref:
    if len(node.inputs) > 2:
        return node.inputs[2]
    return region.constant(node.name, np.zeros(0, np.float32))


def _attrs(node: Node) -> dict[str, object]:
    return {"T": float32, "activation": node.attrs.get("activation", "")}
