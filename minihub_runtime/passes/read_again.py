"""What follows a write to a variable by reference reads the variable anew.

    r = Identity(v)                            r = Identity(v)
    a = AssignAdd(v, x)                        a = AssignAdd(v, x)
    y = Mul(r, z) after a               →      s = Identity(v) after a
                                               y = Mul(s, z) after a

Programs of TensorFlow 1 read `v/read` wherever they use a variable, also after they have changed it.  There an Identity of a
reference is the memory of the variable itself, so that whoever runs after a write sees what was written, by whatever node that
memory is read.  This is no optimisation: without it such programs have old values.

What a branch or a Merge gives is the memory of a variable where the branch that is taken hands one on, and so is what a loop hands
on from turn to turn.

Loops that write to a variable read it anew in each turn, though what they were given is what it was before them.  Functions of
`api.func_graph` read what they write by arguments that say so: such an Identity of an argument waits for the variable.

Source: tensorflow/core/kernels/identity_op.h:IdentityOp, which hands its input on; tensorflow/core/common_runtime/executor.cc.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence

from minihub_runtime.dtypes import bool_
from minihub_runtime.errors import OpError
from minihub_runtime.graph.functions import Body
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
#: The same, and what hands the memory of any input on → how many outputs are it.
GIVES = {**HANDS_ON, "Merge": 1}
BRANCHES = ("If", "StatelessIf")
LOOPS = ("StatelessWhile", "While")


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
    _show_what_functions_hand_on(region, aliases)
    snapshots = [
        (node.name, variables) for node in region.in_order() if (variables := aliases.read_by(node))
    ]
    if not snapshots:
        return
    _read_in_turns(region, aliases)
    writes = _Writes(region, aliases)
    for name, variables in snapshots:
        node = region.nodes[name]
        # What ran before the memory was looked at is in it.
        later = writes.to(variables) & ~writes.before[name]
        for read in [Ref(name, index) for index in range(GIVES[node.op])] if later else ():
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


def _show_what_functions_hand_on(region: Region, aliases: _Aliases) -> None:
    """Let a Switch and a Merge, or an Identity, stand for what branches and loops give where that is memory of a variable.

    r = If(p, v, w), of which the branches      r = Merge(Switch(w, p):0, Switch(v, p):1), after the If
    hand v and w on                         →
    """
    calls = [node for node in region.in_order() if node.op in BRANCHES or node.op in LOOPS]
    if not calls or not any(node.op in VARIABLES for node in region.nodes.values()):
        return
    writes = _Writes(region, aliases)
    for node in calls:
        for given, sources in _handed_on(region, node):
            variables = {found for ref in sources for found in aliases.held_by(ref)}
            # Gradients keep what branches read before they write.
            later = writes.to(variables) & ~writes.after(node.name) if variables else 0
            if later and _is_read_late(region, writes, given, later):
                _stand_in(region, given, sources)


def _handed_on(region: Region, node: Node) -> Iterator[tuple[Ref, list[Ref]]]:
    """The results of a call that are memory of what it is given.

    Each comes with that; of branches there are two, without and with the condition, the result itself where a branch hands
    none on.
    """
    loop = node.op in LOOPS
    if not loop and node.attrs.get("Tcond") is not bool_:
        return
    names = ("body",) if loop else ("else_branch", "then_branch")
    given = node.inputs if loop else node.inputs[1:]
    try:
        bodies = [region.body(node.attrs[name]) for name in names]
    except (OpError, LookupError):
        # Who binds the call meets the same error, and says where.
        return
    if any(len(body.arguments) != len(given) for body in bodies):
        return
    for index in range(min(len(body.results) for body in bodies)):
        result = Ref(node.name, index)
        found = [_memory_of_result(region, body, given, index) or result for body in bodies]
        # What a loop is given in another place changes its place in each turn.
        if found == [given[index]] if loop else found != [result, result]:
            yield result, found


def _memory_of_result(region: Region, body: Body, given: Sequence[Ref], index: int) -> Ref | None:
    """The tensor outside whose memory a result of a function is, None if it is of the function's own."""
    ref = body.results[index]
    # Nobody has looked yet whether the nodes of a stranger's function go in circles.
    for _ in body.graph.nodes:
        if ref in body.arguments:
            return given[body.arguments.index(ref)]
        node = body.graph.nodes[ref.node]
        if node.op in VARIABLES:
            # The function has a reference of its own; one of the same name outside is the same variable.
            return next((Ref(n.name) for n in region.nodes.values() if _key(n) == _key(node)), None)
        if not node.inputs or not (node.op == "Identity" or hands_references_on(node.op)):
            return None
        ref = node.inputs[0]
    return None


def _is_read_late(region: Region, writes: _Writes, given: Ref, later: int) -> bool:
    """Whether something reads a tensor, or what may hand it on, after one of some writes."""
    seen: set[str] = set()
    stack = [given]
    while stack:
        for reader in region.readers(stack.pop()):
            if any(writes.after(parent) & later for parent in _parents(reader)):
                return True
            if reader.name in seen:
                continue
            seen.add(reader.name)
            results = reader.attrs.get("Tout") if reader.op in BRANCHES else reader.inputs
            called = reader.op in BRANCHES or reader.op in LOOPS
            count = len(results or ()) if called else GIVES.get(reader.op, 0)
            stack += [Ref(reader.name, index) for index in range(count)]
    return False


def _stand_in(region: Region, given: Ref, sources: Sequence[Ref]) -> None:
    """Let whoever reads what a function gives read the memory that it hands on, once it has run.

    Args:
        region: the nodes of a plan.
        given: the result of a While or an If.
        sources: the memory; of an If what it is without and with the condition.
    """
    readers = dict.fromkeys(region.readers(given))
    node = region.nodes[given.node]
    attrs = {"T": node.attrs["T" if node.op in LOOPS else "Tout"][given.index]}
    new = Node(_unused(region.nodes, node.name), "Identity", sources, [node.name], attrs)
    if len(sources) > 1:
        choices = []
        for index, source in enumerate(sources):
            name = _unused(region.nodes, node.name)
            region.put(Node(name, "Switch", [source, node.inputs[0]], [node.name], attrs))
            choices.append(Ref(name, index))
        attrs["N"] = len(choices)
        new = Node(_unused(region.nodes, node.name), "Merge", choices, (), attrs)
    region.put(new)
    for reader in readers:
        inputs = [Ref(new.name) if ref == given else ref for ref in reader.inputs]
        region.put(region.nodes[reader.name].replace(inputs=inputs))
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
        return None if node is None else _key(node)

    def behind(self, ref: Ref) -> Hashable | None:
        """The same, for what writes hand on, too."""
        found = self.variable(ref)
        while found is None and (node := self._region.node(ref)) is not None:
            if not hands_references_on(node.op) or not node.inputs:
                return None
            ref = node.inputs[0]
            found = self.variable(ref)
        return found

    def held_by(self, ref: Ref) -> set[Hashable]:
        """The variables one of whose memory a tensor is."""
        variable, node = self.behind(ref), self._region.node(ref)
        if variable is not None:
            return {variable}
        return set() if node is None else self.read_by(node)

    def read_by(self, node: Node) -> set[Hashable]:
        """The variables one of whose memory a node hands on, itself or behind others."""
        variables: set[Hashable] = set()
        seen: set[str] = set()
        stack: list[Node | None] = [node]
        while stack:
            found = stack.pop()
            if found is None or found.op not in GIVES or found.name in seen:
                continue
            seen.add(found.name)
            outputs = [Ref(found.name, index) for index in range(GIVES[found.op])]
            if not self._region.feeds.isdisjoint(outputs):
                continue
            for ref in _memory(found):
                variable = self.behind(ref)
                if variable is None:
                    stack.append(self._region.node(ref))
                else:
                    variables.add(variable)
        return variables


def _key(node: Node) -> Hashable | None:
    """What tells a variable from others: operations of one name hold one; None for other nodes."""
    if node.op not in VARIABLES:
        return None
    return node.attrs.get("container", ""), node.attrs.get("shared_name") or node.name


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

    def to(self, variables: Iterable[Hashable]) -> int:
        """Those that may write to one of some variables."""
        found = self._to[None]
        for variable in variables:
            found |= self._to[variable]
        return found


def _memory(node: Node) -> tuple[Ref, ...]:
    """The inputs of a node one of which it hands on."""
    return node.inputs if node.op == "Merge" else node.inputs[:1]


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
    memory, controls = [*_memory(node)], node.controls
    for place, ref in enumerate(memory):
        if aliases.behind(ref) is not None:
            controls = tuple(dict.fromkeys([*controls, *awaited]))
        elif aliases.held_by(ref):
            memory[place] = _copied(region, aliases, writes, ref, awaited)
    name, inputs = _unused(region.nodes, read.node), [*memory, *node.inputs[len(memory) :]]
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
            if source is None or inner in loop.references:
                continue
            variables = aliases.read_by(source)
            # Of what a Merge gives only a turn could tell which it is.
            if len(variables) == 1 and (variable := variables.pop()) in written:
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
