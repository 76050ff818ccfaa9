"""Branches that a constant chooses are taken out of the choice, and the other ones left out.

    t = Switch(x, p)                       y = Relu(x)
    y = Relu(t:1)        p is True         z = y
    n = Neg(t:0)             →
    z = Merge(n, y)

Modules written for training and for use alike choose by `is_training`, or by the learning phase of Keras, of which each is a
placeholder with a default.  What stands between a convolution and its batch norm then is gone, and nothing waits for a choice.

Source: tensorflow/core/grappler/optimizers/loop_optimizer.cc (RemoveDeadBranches).
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.dtypes import int32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.prune import topological
from minihub_runtime.passes.region import Region

__all__ = ["settle_switches"]

#: What one choice settles may be what another chooses by; so deep they are looked for.
MAX_DEPTH = 8


def settle_switches(region: Region) -> None:
    """Settle what is known of the switches of a region."""
    for _ in range(MAX_DEPTH):
        chosen = _chosen(region)
        if not chosen or not _settle(region, chosen):
            return


def _chosen(region: Region) -> dict[str, int]:
    """Switch → the output that has a value, of those where a constant says which."""
    found = {}
    for node in region.nodes.values():
        if node.op == "Switch" and not node.controls and region.hidden(node):
            value = region.value(node.inputs[1])
            if value is not None and value.dtype == np.bool_ and not value.ndim:
                found[node.name] = int(value)
    return found


def _settle(region: Region, chosen: dict[str, int]) -> bool:
    """Take what is chosen, and leave out the rest; whether that was possible."""
    #: Tensor → what it is.
    alias: dict[Ref, Ref] = {}
    #: Outputs of switches without a value, and nodes that never run.
    dead: set[Ref | str] = set()
    #: Nodes that others wait for to be in a branch that is taken.
    pivots: set[str] = set()
    result: dict[str, Node] = {}
    for node in topological(region.nodes, region.feeds):
        if node.name in chosen:
            source = alias.get(node.inputs[0], node.inputs[0])
            if not _is_dead(source, dead):
                alias[Ref(node.name, chosen[node.name])] = source
                dead.add(Ref(node.name, 1 - chosen[node.name]))
                continue
        inputs = [alias.get(ref, ref) for ref in node.inputs]
        controls = [name for name in node.controls if name not in pivots]
        alive = [ref for ref in inputs if ref in region.feeds or not _is_dead(ref, dead)]
        merges = node.op == "Merge" and len(alive) < len(inputs)
        if any(name in dead for name in controls) or len(alive) < (1 if merges else len(inputs)):
            if node.name in region.outside:
                # Whoever fetches it is told that it has no value.
                return False
            dead.add(node.name)
            continue
        if merges:
            index = Ref(node.name, 1)
            if len(alive) > 1 or index in region.fetches:
                return False
            place = f"{node.name}/_value_index"
            value = np.array(inputs.index(alive[0]), np.int32)
            result[place] = Node(place, "Const", attrs={"dtype": int32, "value": value})
            alias[index] = Ref(place)
            attrs = {"T": node.attrs["T"]}
            result[node.name] = Node(node.name, "Identity", alive, controls, attrs, node.device)
            continue
        if node.op == "Identity" and node.inputs[0].node in chosen:
            pivots.add(node.name)
        changed = node.replace(inputs=inputs, controls=controls)
        result[node.name] = node if alive == [*node.inputs] and not node.controls else changed
    read = {ref.node for node in result.values() for ref in node.inputs}
    for name in pivots - read - region.outside:
        del result[name]
    region.go_on_with(result)
    return True


def _is_dead(ref: Ref, dead: set[Ref | str]) -> bool:
    return ref in dead or ref.node in dead
