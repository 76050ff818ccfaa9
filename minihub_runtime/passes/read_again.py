"""What follows a write to a variable by reference reads the variable anew.

    r = Identity(v)                            r = Identity(v)
    a = AssignAdd(v, x)                        a = AssignAdd(v, x)
    y = Mul(r, z) after a               →      s = Identity(v) after a
                                               y = Mul(s, z) after a

Programs of TensorFlow 1 read `v/read` wherever they use a variable, also after they have changed it.  There an Identity of a
reference is the memory of the variable itself, so that whoever runs after a write sees what was written, by whatever node that
memory is read.  This is no optimisation: without it such programs have old values.

Source: tensorflow/core/kernels/identity_op.h:IdentityOp, which hands its input on; tensorflow/core/common_runtime/executor.cc.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region, hands_references_on, is_write

__all__ = ["read_again"]

VARIABLES = ("Variable", "VariableV2")
#: Ops that hand the memory of their first input on → how many outputs they have.
HANDS_ON = {"Identity": 1, "Switch": 2}


def read_again(region: Region) -> None:
    """Read variables again for all nodes of a region that follow a write to them."""
    if not region.writes:
        return
    snapshots: dict[str, list[Ref]] = defaultdict(list)
    for node in region.nodes.values():
        variable = _read_by(region, node)
        if variable is not None:
            snapshots[variable] += [Ref(node.name, index) for index in range(HANDS_ON[node.op])]
    if not snapshots:
        return
    writers: dict[str, list[str]] = defaultdict(list)
    #: Functions that write may write to any variable.
    anywhere = []
    for node in region.nodes.values():
        if region.may_write(node):
            written = {name for ref in node.inputs if (name := _behind(region, ref)) is not None}
            for name in written:
                writers[name].append(node.name)
            if not written and not is_write(node.op):
                anywhere.append(node.name)
    followers = _followers(region)
    for name, reads in snapshots.items():
        after = _reached([*writers[name], *anywhere], followers)
        for read in reads if after else ():
            for reader in dict.fromkeys(region.readers(read)):
                before = [parent for parent in _parents(reader) if parent in after]
                if before:
                    _read(region, region.nodes[name], read, reader, before)
    region.note_controls()


def _read_by(region: Region, node: Node) -> str | None:
    """The variable whose memory a node hands on, itself or behind others; None if there is none."""
    found: Node | None = node
    while found is not None and found.op in HANDS_ON and not found.controls:
        if any(Ref(found.name, index) in region.feeds for index in range(HANDS_ON[found.op])):
            return None
        found = region.node(found.inputs[0])
    return found.name if found is not None and found.op in VARIABLES and found is not node else None


def _behind(region: Region, ref: Ref) -> str | None:
    """The variable that a tensor refers to; None if it is none."""
    while (node := region.node(ref)) is not None:
        if node.op in VARIABLES:
            return node.name
        if not hands_references_on(node.op) or not node.inputs:
            return None
        ref = node.inputs[0]
    return None


def _parents(node: Node) -> list[str]:
    return [*dict.fromkeys([*(ref.node for ref in node.inputs), *node.controls])]


def _followers(region: Region) -> Mapping[str, list[str]]:
    """The nodes that read or wait for each node."""
    found: dict[str, list[str]] = defaultdict(list)
    for node in region.nodes.values():
        for name in _parents(node):
            found[name].append(node.name)
    return found


def _reached(starts: Iterable[str], followers: Mapping[str, list[str]]) -> set[str]:
    """Some nodes, and all that follow them."""
    found: set[str] = set()
    stack = [*starts]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack += followers.get(name, ())
    return found


def _read(region: Region, variable: Node, read: Ref, reader: Node, before: list[str]) -> None:
    """Let a node that reads a snapshot of a variable read it anew, once others have run."""
    number = 0
    while (name := f"{read.node}/_again{number or ''}") in region.nodes:
        number += 1
    attrs = {"T": variable.attrs["dtype"]}
    source = (Ref(variable.name),)
    again = region.put(
        Node(name, "Identity", source, dict.fromkeys(before), attrs, variable.device)
    )
    region.put(reader.replace(inputs=[again if ref == read else ref for ref in reader.inputs]))
