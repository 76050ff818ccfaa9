"""TF1 loops: which nodes form one, and its gradient, a loop that runs as many turns backwards.

    v = Merge(Enter(x), next)                       g = Merge(Enter(gradient of the exit), before)
    s = Switch(v, cond)                               b = Switch(g, as many turns)
    next = NextIteration(body(s:1, c))      →          before = NextIteration(gradient of body (b:1, what s:1 was then))
    y = Exit(s:0)                                     Exit(b:0) is the gradient of x

The gradient of the body is worked out in a layer over the body (`autodiff.region`), in which a loop inside the body is one
unit again.  What it reads of the body is pushed on a stack in each turn forwards and popped in each turn backwards; constants of
the loop and what lies outside it are entered as they are.

Source: tensorflow/python/ops/control_flow_state.py, control_flow_grad.py, while_loop.py (AddForwardLoopCounter,
AddBackpropLoopCounter, AddBackpropAccumulator).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from minihub_runtime.errors import clip
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.structure_loops import (
    ENTER,
    EXIT,
    MERGE,
    NEXT,
    SWITCH,
    innermost_frames,
    loop_groups,
)

__all__ = ["Frame", "Variable", "find_frames"]

POPPING = frozenset({"StackPop", "StackPopV2"})


@dataclasses.dataclass(frozen=True)
class Variable:
    """A variable of a loop.

    Attributes:
        enter: brings in its first value.
        merge: its value before the test of a turn.
        switch: its value in the turn, output 1, and after the last one, output 0.
        following: its value in the next turn.
        exit: hands out its last value; None if nothing reads it.
    """

    enter: Node
    merge: Node
    switch: Node
    following: Ref
    exit: Node | None


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """One loop.

    Attributes:
        name: the frame's name.
        names: its nodes, those of loops inside it included.
        nodes: these nodes.
        between: those of them through which gradients flow.
        variables: the variables.
        constants: the Enter nodes of values that stay the same.
        condition: the LoopCond.
        outer: the loop around it, whose body is being differentiated; None if there is none.
    """

    name: str
    names: Collection[str]
    nodes: dict[str, Node]
    between: Collection[str]
    variables: Sequence[Variable]
    constants: Sequence[Node]
    condition: Node
    outer: Frame | None

    @property
    def exits(self) -> list[Ref]:
        """The last values of the variables."""
        return [Ref(v.exit.name) for v in self.variables if v.exit is not None]

    def note_left(self, node: Node) -> None:
        """Note a new Exit of the loop, which lies in the loop around it."""
        if self.outer is not None:
            self.outer.nodes[node.name] = node

    @property
    def path(self) -> list[Frame]:
        """The loops around this one, outermost first, and itself."""
        return [*(self.outer.path if self.outer else []), self]


def find_frames(
    nodes: Mapping[str, Node],
    boundary: Collection[Ref],
    between: Collection[str],
    outer: Frame | None,
) -> list[Frame]:
    """The loops among `nodes`, outermost ones only, through which gradients flow.

    Raises:
        NotImplementedError: a loop is not of the form that TensorFlow gives it.
        TypeError: a loop is itself the gradient of one.
    """
    if not any(nodes[name].op in (*ENTER, *EXIT) for name in between):
        return []
    found = []
    for names in loop_groups(nodes, boundary):
        members = {name: nodes[name] for name in names}
        if not any(name in between for name in names):
            continue
        # A frame without a NextIteration passes on what enters it, node by node.
        if any(node.op in NEXT for node in members.values()):
            found.append(_frame(members, [n for n in names if n in between], outer))
    return found


def _frame(members: dict[str, Node], between: Sequence[str], outer: Frame | None) -> Frame:
    depth = innermost_frames(members, ())
    level = [node for name, node in members.items() if len(depth[name]) == 1]
    conditions = [node for node in level if node.op == "LoopCond"]
    enters = [node for node in level if node.op in ENTER]
    name = str(enters[0].attrs["frame_name"])
    if len(conditions) != 1:
        raise NotImplementedError(
            f"the gradient of loop {clip(name)!r}, which must have one LoopCond, not {len(conditions)}"
        )
    if any(node.op in POPPING for node in level):
        # What it takes from stacks was put there by another loop; gradients find no way back to it.
        raise TypeError(
            f"Second-order gradient for while loops not supported: loop {clip(name)!r} takes values "
            "from stacks."
        )
    condition = conditions[0]
    switches = {
        node.inputs[0]: node
        for node in level
        if node.op in SWITCH and node.inputs[1].node == condition.name
    }
    exits = {node.inputs[0]: node for node in level if node.op in EXIT}
    by_name = {node.name: node for node in level}
    variables = []
    for merge in level:
        parents = [by_name.get(ref.node) for ref in merge.inputs] if merge.op in MERGE else []
        following = [n for n in parents if n is not None and n.op in NEXT]
        first = [n for n in parents if n is not None and n.op in ENTER]
        if not following:
            continue
        switch = switches.get(Ref(merge.name))
        if len(first) != 1 or switch is None:
            if merge.name in between:
                raise NotImplementedError(
                    f"the gradient of loop {clip(name)!r}, whose variable {clip(merge.name)!r} must "
                    "have an Enter and a Switch"
                )
            continue
        leaving = exits.get(Ref(switch.name))
        variables.append(Variable(first[0], merge, switch, following[0].inputs[0], leaving))
    firsts = {variable.enter.name for variable in variables}
    constants = [node for node in enters if node.name not in firsts]
    return Frame(name, members, members, set(between), variables, constants, condition, outer)
