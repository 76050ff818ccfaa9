"""The gradients of what was put side by side are taken apart in one step.

    offsets = ConcatOffset(1, Shape(a), Shape(b))         of_a, of_b = _Unjoin(gradient, a, b, axis 1)
    of_a = Slice(gradient, offsets:0, Shape(a))      →
    of_b = Slice(gradient, offsets:1, Shape(b))

A recurrent cell puts its input beside its state, and the gradient does so in each turn.
"""

from __future__ import annotations

from minihub_runtime.dtypes import int32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region

__all__ = ["fuse_unjoining"]


def fuse_unjoining(region: Region) -> None:
    """Rewrite the gradients of concatenations of a region."""
    for node in list(region.nodes.values()):
        if node.op == "ConcatOffset" and not node.controls and node.name not in region.outside:
            _fuse(region, node)


def _fuse(region: Region, offsets: Node) -> None:
    """Put one node in the place of the slices that begin at some offsets, if they are of one tensor."""
    axis = region.value(offsets.inputs[0])
    shapes = [region.producer(ref, "Shape") for ref in offsets.inputs[1:]]
    if axis is None or axis.ndim or offsets.attrs.get("shape_type", int32) is not int32:
        return
    parts = [shape.inputs[0] for shape in shapes if shape is not None]
    slices = [
        (place, node)
        for place in range(len(shapes))
        for node in region.readers(Ref(offsets.name, place))
    ]
    if len(parts) < len(shapes) or not slices:
        return
    sources = {node.inputs[0] for _, node in slices}
    kinds = {node.attrs["T"] for _, node in slices if node.op == "Slice"}
    kinds |= {shape.attrs["T"] for shape in shapes if shape is not None}
    if len(sources) != 1 or len(kinds) != 1:
        return
    if not all(
        _is_slice(region, node, Ref(offsets.name, place), parts[place]) for place, node in slices
    ):
        return
    attrs = {"T": kinds.pop(), "N": len(parts), "axis": int(axis)}
    name = region.add(offsets.name, "_Unjoin", [sources.pop(), *parts], **attrs).node
    for place, node in slices:
        region.put(Node(node.name, "Identity", (Ref(name, place),), (), {"T": attrs["T"]}))
        if region.hidden(node):
            region.redirect(Ref(node.name), Ref(name, place))
            region.drop(node.name)


def _is_slice(region: Region, node: Node, offset: Ref, part: Ref) -> bool:
    """Whether a node takes a piece of the shape of a part that begins at an offset."""
    if (
        node.op != "Slice"
        or node.controls
        or node.inputs[1] != offset
        or node.name in region.awaited
    ):
        return False
    sizes = region.producer(node.inputs[2], "Shape")
    return sizes is not None and sizes.inputs[0] == part and Ref(node.name) not in region.feeds
