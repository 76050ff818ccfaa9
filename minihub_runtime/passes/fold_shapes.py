"""What the graph says of shapes is not worked out anew in each run.

    s = Shape(x)                               s = Const [2, 3]
    z = BroadcastTo(Reshape(y, []), s)    →    z = BroadcastTo(y, s)

where x is known to be of shape [2, 3] and y a scalar.  The gradient of a sum over everything is full of that: its DynamicStitch puts
1 at every axis, whatever it finds there.

A node that must run for what it does besides, as one that draws random numbers, or that must be fed, is not passed over.

Source: tensorflow/core/grappler/optimizers/constant_folding.cc:MaterializeShapes, SimplifyReshape, SimplifyReduction.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from minihub_runtime.dtypes import as_dtype, int32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.registry import REGISTRY, Array
from minihub_runtime.passes.region import HANDLES, READS, Region, is_write
from minihub_runtime.shapes import concrete, size

__all__ = ["fold_shapes"]

STITCHES = frozenset({"DynamicStitch", "ParallelDynamicStitch"})
SHAPES = frozenset({"Rank", "Shape", "Size"})
#: Ops that give their input another shape.
RESHAPES = frozenset({"BroadcastTo", "Reshape"})
#: Ops that along no axis change nothing.
REDUCTIONS = frozenset({"Max", "Mean", "Min", "Prod", "Sum"})
#: Ops that look at what is there, and leave no trace.
LOOKS = frozenset(
    {
        "HashTable",
        "HashTableV2",
        "LookupTableFind",
        "LookupTableFindV2",
        "ResourceGather",
        "_EmbeddingLookupSparse",
        "_SplitAndLookup",
    }
)
#: Ops that fail unless they are fed.
MUST_BE_FED = frozenset({"Placeholder", "PlaceholderV2"})
#: Ops that decide what else runs, and how often.
CHOOSING = frozenset({"Enter", "Exit", "Merge", "NextIteration", "RefMerge", "RefSwitch", "Switch"})
#: No more elements than a shape has.
MAX_PLACES = 64


def fold_shapes(region: Region) -> None:
    """Put constants in the place of what a region works out of known shapes, and leave out what gives a tensor its own shape."""
    pure: dict[str, bool] = {}
    for node in list(region.nodes.values()):
        found = None
        if node.op in SHAPES:
            found = _told(region, node)
        elif node.op in STITCHES:
            found = _stitched(region, node)
        if found is None or not all(_is_pure(region, ref, pure) for ref in node.inputs):
            continue
        found.flags.writeable = False
        attrs = {"dtype": as_dtype(found.dtype), "value": found}
        region.put(Node(node.name, "Const", (), node.controls, attrs, node.device))
    for node in list(region.nodes.values()):
        if node.op in RESHAPES:
            idle = _has_its_shape(region, node)
        else:
            idle = node.op in REDUCTIONS and _has_no_axes(region, node)
        if idle:
            attrs = {"T": node.attrs["T"]}
            region.put(
                Node(node.name, "Identity", node.inputs[:1], node.controls, attrs, node.device)
            )


def _told(region: Region, node: Node) -> Array | None:
    """What the graph says that a node gives which tells of a shape; None if it does not know."""
    (source,) = node.inputs
    shape = region.shape(source)
    if shape is None:
        return None
    kind = int32 if node.op == "Rank" else node.attrs.get("out_type", int32)
    if node.op == "Rank":
        return np.array(len(shape), kind.numpy)
    known = concrete(shape)
    if known is None:
        return None
    found = known if node.op == "Shape" else (size(known),)
    if any(number > kind.max for number in found):
        return None
    return np.array(found if node.op == "Shape" else found[0], kind.numpy)


def _stitched(region: Region, node: Node) -> Array | None:
    """What a node stitches if constants are all that is left of its inputs, later ones lying over those before; else None."""
    count = len(node.inputs) // 2
    indices = [region.value(ref) for ref in node.inputs[:count]]
    if any(places is None for places in indices):
        return None
    places = [places.reshape(-1).tolist() for places in indices]
    top = max(itertools.chain([-1], *places)) + 1
    if top > MAX_PLACES or min(itertools.chain([0], *places)) < 0:
        return None
    values: list[Any] = [None] * top
    for some, shape, data in zip(places, indices, node.inputs[count:], strict=True):
        found = region.value(data)
        if found is not None and found.shape != shape.shape:
            # Rows are stitched, or the plan says what is wrong.
            return None
        held = [None] * len(some) if found is None else found.reshape(-1).tolist()
        for place, value in zip(some, held, strict=True):
            values[place] = value
    if not top or any(value is None for value in values):
        return None
    return np.array(values, node.attrs["T"].numpy)


def _has_its_shape(region: Region, node: Node) -> bool:
    """Whether a node gives a tensor the shape that it has."""
    source, wanted = node.inputs
    value = region.value(wanted)
    known = None if value is None else concrete(region.shape(source))
    return known is not None and list(known) == value.tolist()


def _has_no_axes(region: Region, node: Node) -> bool:
    """Whether a node reduces along no axis."""
    axes = region.value(node.inputs[1])
    return axes is not None and not axes.size


def _is_pure(region: Region, ref: Ref, known: dict[str, bool]) -> bool:
    """Whether nobody would notice if a tensor was not worked out."""
    stack = [ref]
    while stack:
        source = stack[-1]
        if source.node in known:
            stack.pop()
            continue
        node = region.node(source)
        if node is None:
            # Of what loops and branches feed to their parts the graph may not know all shapes.
            known[source.node] = region.op_in_graph(source) not in CHOOSING
        elif not _leaves_no_trace(node):
            known[source.node] = False
        elif waiting := [parent for parent in node.inputs if parent.node not in known]:
            stack += waiting
        else:
            known[source.node] = all(known[parent.node] for parent in node.inputs)
    return known[ref.node]


def _leaves_no_trace(node: Node) -> bool:
    if node.op in HANDLES or node.op in READS or node.op in LOOKS:
        return True
    if node.controls or node.op in CHOOSING or is_write(node.op) or node.op not in REGISTRY:
        return False
    op = REGISTRY[node.op]
    acts = op.stateful or op.wants_context or op.takes_references
    return not (acts or node.op in MUST_BE_FED)
