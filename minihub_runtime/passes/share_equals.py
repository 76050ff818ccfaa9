"""What is computed twice is computed once.

    a = Shape(x)
    b = Shape(x)          →     a = Shape(x), read by all who read b

Graphs that a program built ask for the same shapes again and again, and so do gradients.  It comes last: what several ops read
can be part of none of them.

Source: tensorflow/core/graph/optimizer_cse.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.region import Region

__all__ = ["share_equals"]

#: Ops whose outputs depend on more than their inputs, or that stand where they are for a reason.
APART = frozenset({"Enter", "Exit", "LoopCond", "Merge", "NextIteration", "Switch"})

#: Constants of more bytes are not compared.
SMALL = 256


def share_equals(region: Region) -> None:
    """Leave out nodes of a region that compute what another one does."""
    found: dict[Any, Node] = {}
    # Whoever reads what is fed reads that, not what its node would compute.
    fed = {ref.node for ref in region.feeds}
    for before in region.in_order():
        # Earlier nodes may have been put in the place of its inputs.
        node = region.nodes[before.name]
        key = _key(region, node)
        if key is None or node.name in fed:
            continue
        first = found.setdefault(key, node)
        if first is node or not region.hidden(node):
            continue
        for index in range(_outputs(node)):
            region.redirect(Ref(node.name, index), Ref(first.name, index))
        region.drop(node.name)


def _key(region: Region, node: Node) -> Any:
    """The same for nodes that compute the same; None for those that are not compared."""
    if node.op == "Const":
        return _key_of_constant(node)
    if node.controls or not node.inputs or node.op in APART or node.op not in REGISTRY:
        return None
    op = REGISTRY[node.op]
    if op.stateful or op.wants_context or node.attrs.key is None:
        return None
    if any(region.is_reference(source) for source in node.inputs):
        return None
    return node.op, node.inputs, node.attrs.key


def _key_of_constant(node: Node) -> Any:
    """The same for small equal constants: axes, sizes and the like."""
    value = node.attrs.get("value")
    if node.controls or not isinstance(value, np.ndarray) or value.dtype.hasobject:
        return None
    if value.nbytes > SMALL:
        return None
    return value.dtype, value.shape, value.tobytes()


def _outputs(node: Node) -> int:
    schema = REGISTRY[node.op].schema
    if not any(arg.is_list for arg in schema.outputs):
        return len(schema.outputs)
    return len(schema.output_dtypes(schema.complete(node.attrs, node.op)))
