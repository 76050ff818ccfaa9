"""What follows a write to a variable by reference reads the variable anew.

    r = Identity(v)                            r = Identity(v)
    a = AssignAdd(v, x)                        a = AssignAdd(v, x)
    y = Mul(r, z) after a               →      s = Identity(v) after a
                                               y = Mul(s, z) after a

Programs of TensorFlow 1 read `v/read` wherever they use a variable, also after they have changed it.  There an Identity of a
reference is the memory of the variable itself, so that whoever runs after a write sees what was written, by whatever node that
memory is read.  This is no optimisation: without it such programs have old values.

Loops that write to a variable read it anew in each turn, though what they were given is what it was before them.  Functions of
`api.func_graph` read what they write by arguments that say so: such an Identity of an argument waits for the variable.

Source: tensorflow/core/kernels/identity_op.h:IdentityOp, which hands its input on; tensorflow/core/common_runtime/executor.cc.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping

from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.region import Region, hands_references_on, is_write
from minihub_runtime.passes.structure_loops import Loop

__all__ = ["HANDS_ON", "READS_ANEW", "VARIABLES", "read_again"]

VARIABLES = ("Variable", "VariableV2")
#: Attribute of an Identity of an argument that stands for the variable that it waits for.
READS_ANEW = "_reads_anew"
#: Ops that hand the memory of their first input on → how many outputs they have.
HANDS_ON = {
    "ExpandDims": 1,
    "Identity": 1,
    "PreventGradient": 1,
    "Reshape": 1,
    "Squeeze": 1,
    "StopGradient": 1,
    "Switch": 2,
}


def read_again(region: Region, references: Collection[Ref] = ()) -> None:
    """Read variables again for all nodes of a region that follow a write to them.

    Args:
        region: the nodes of a plan.
        references: fed tensors that are references to variables.
    """
    _read_arguments_anew(region)
    if not region.writes:
        return
    aliases = _Aliases(region, references)
    snapshots = [
        (node.name, variable)
        for node in region.in_order()
        if (variable := aliases.read_by(node)) is not None
    ]
    if not snapshots:
        return
    _read_in_turns(region, aliases)
    writes = _Writes(region, aliases)
    for name, variable in snapshots:
        node = region.nodes[name]
        # What ran before the memory was looked at is in it.
        later = writes.to(variable) & ~writes.before[name]
        for read in [Ref(name, index) for index in range(HANDS_ON[node.op])] if later else ():
            for reader in dict.fromkeys(region.readers(read)):
                awaited = [p for p in _parents(reader) if writes.after(p) & later]
                if awaited:
                    again = _copied(region, aliases, writes, read, awaited)
                    inputs = [again if ref == read else ref for ref in reader.inputs]
                    region.put(region.nodes[reader.name].replace(inputs=inputs))
    region.note_controls()


def _read_arguments_anew(region: Region) -> None:
    """Let an Identity of an argument that stands for a variable read the variable."""
    for node in [*region.nodes.values()]:
        if node.op == "Identity" and node.controls and READS_ANEW in node.attrs:
            variables = [name for name in node.controls if region.nodes[name].op in VARIABLES]
            if variables:
                region.put(node.replace(inputs=[Ref(variables[0])], controls=()))
    region.note_controls()


class _Aliases:
    """Which tensors of a region are, or hand on, the memory of variables.

    Args:
        region: the nodes of a plan.
        references: fed tensors that are references to variables.
    """

    def __init__(self, region: Region, references: Collection[Ref]) -> None:
        self._region = region
        self._references = frozenset(references)

    def variable(self, ref: Ref) -> Hashable | None:
        """What tells the variable that a reference stands for; None for other tensors."""
        if ref in self._references:
            return ref
        node = self._region.node(ref)
        if node is None or node.op not in VARIABLES:
            return None
        return node.attrs.get("container", ""), node.attrs.get("shared_name") or node.name

    def behind(self, ref: Ref) -> Hashable | None:
        """The same, for what writes hand on, too."""
        found = self.variable(ref)
        while found is None and (node := self._region.node(ref)) is not None:
            if not hands_references_on(node.op) or not node.inputs:
                return None
            ref = node.inputs[0]
            found = self.variable(ref)
        return found

    def read_by(self, node: Node) -> Hashable | None:
        """The variable whose memory a node hands on, itself or behind others; None if there is none."""
        found: Node | None = node
        while found is not None and found.op in HANDS_ON and found.inputs:
            outputs = [Ref(found.name, index) for index in range(HANDS_ON[found.op])]
            if not self._region.feeds.isdisjoint(outputs):
                return None
            variable = self.variable(found.inputs[0])
            if variable is not None:
                return variable
            found = self._region.node(found.inputs[0])
        return None


class _Writes:
    """The nodes of a region that write to variables, each with a bit of its own.

    Attributes:
        before: node → the bits of the writes that it follows.
    """

    def __init__(self, region: Region, aliases: _Aliases) -> None:
        self._bits: dict[str, int] = {}
        self._to: dict[Hashable | None, int] = defaultdict(int)
        self.before: dict[str, int] = {}
        for node in region.in_order():
            self.note(node.name, _parents(node))
            if region.may_write(node):
                bit = self._bits[node.name] = 1 << len(self._bits)
                written = {aliases.behind(ref) for ref in node.inputs} - {None}
                if not is_write(node.op) and not (written and node.op == "_Loop"):
                    # Functions have references of their own, to any variable.
                    written = {None}
                for variable in written:
                    self._to[variable] |= bit

    def note(self, name: str, parents: Iterable[str]) -> None:
        """Note that a node runs after others."""
        self.before[name] = 0
        for parent in parents:
            self.before[name] |= self.after(parent)

    def after(self, name: str) -> int:
        """The writes that have been made once a node has run; none for what is fed."""
        return self.before.get(name, 0) | self._bits.get(name, 0)

    def to(self, variable: Hashable) -> int:
        """Those that may write to a variable."""
        return self._to[variable] | self._to[None]


def _parents(node: Node) -> list[str]:
    return [*dict.fromkeys([*(ref.node for ref in node.inputs), *node.controls])]


def _unused(nodes: Collection[str], name: str) -> str:
    """A name for a node that reads anew what another one reads."""
    number = 0
    while (found := f"{name}/_again{number or ''}") in nodes:
        number += 1
    return found


def _copied(
    region: Region, aliases: _Aliases, writes: _Writes, read: Ref, awaited: Iterable[str]
) -> Ref:
    """What hands on the memory of a variable as another tensor does, once some nodes have run."""
    node = region.nodes[read.node]
    name, inputs, controls = _unused(region.nodes, read.node), node.inputs, node.controls
    if aliases.variable(inputs[0]) is None:
        inputs = (_copied(region, aliases, writes, inputs[0], awaited), *inputs[1:])
    else:
        controls = tuple(dict.fromkeys([*controls, *awaited]))
    region.put(node.replace(name=name, inputs=inputs, controls=controls))
    writes.note(name, [read.node, *awaited])
    return Ref(name, read.index)


def _read_in_turns(region: Region, aliases: _Aliases) -> None:
    """Let loops that write to a variable read it in each turn, where they are given its memory."""
    for node in [*region.nodes.values()]:
        if node.op != "_Loop":
            continue
        loop: Loop = node.attrs["loop"]
        given = [*zip([*loop.variables, *loop.invariants], node.inputs, strict=True)]
        written = {
            variable: inner
            for inner, ref in given
            if inner in loop.references and (variable := aliases.behind(ref)) is not None
        }
        anew = {}
        for inner, ref in given[len(loop.variables) :]:
            source = region.node(ref)
            variable = None if source is None else aliases.read_by(source)
            if source is not None and variable in written and inner not in loop.references:
                names = {*loop.test, *loop.body, *loop.leaving}
                # One that lacks its type is refused by name when it is bound.
                attrs = {"T": source.attrs["T"]} if "T" in source.attrs else {}
                name = _unused(names, inner.node)
                anew[inner] = Node(name, "Identity", [written[variable]], attrs=attrs)
        if anew:
            region.put(node.replace(attrs=node.attrs.changed(loop=_reading(loop, anew))))


def _reading(loop: Loop, anew: Mapping[Ref, Node]) -> Loop:
    """A loop in which nodes of its own stand for invariants."""
    names = {inner: Ref(node.name) for inner, node in anew.items()}

    def changed(
        nodes: Mapping[str, Node], refs: Iterable[Ref] = ()
    ) -> tuple[dict[str, Node], list[Ref]]:
        found = {
            name: node.replace(inputs=[names.get(ref, ref) for ref in node.inputs])
            for name, node in nodes.items()
        }
        wanted = [names.get(ref, ref) for ref in refs]
        read = {ref for node in found.values() for ref in node.inputs}.union(wanted)
        found |= {node.name: node for node in anew.values() if Ref(node.name) in read}
        return found, wanted

    test, _ = changed(loop.test)
    body, following = changed(loop.body, loop.following)
    leaving, results = changed(loop.leaving, loop.results)
    return dataclasses.replace(
        loop, test=test, body=body, following=following, leaving=leaving, results=results
    )
