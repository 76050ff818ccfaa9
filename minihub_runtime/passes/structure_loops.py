"""TF1 frames become loops.

    n = Enter(zero)                     loop = _Loop(zero, limit)   with a condition graph m < limit
    m = Merge(n, next)                  exit = Identity(loop)         and a body graph m + 1
    limit_in = Enter[constant](limit)
    cond = LoopCond(Less(m, limit_in))          →
    s = Switch(m, cond)
    next = NextIteration(Add(s:1, 1))
    exit = Exit(s:0)

Nested loops become loops inside the body.  Names outside the loop stay: each Exit becomes an Identity of one output of
the loop.  Switches and Merges that belong to no loop stay as they are; the executor handles them.

Source: tensorflow/core/common_runtime/propagator_state.h (what frames mean),
tensorflow/core/common_runtime/lower_while_op.cc (the shape of a loop).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from minihub_runtime.errors import InvalidArgumentError, UnimplementedError, clip
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.prune import prune, topological

__all__ = ["Loop", "innermost_frames", "loop_groups", "structure_loops"]

ENTER = ("Enter", "RefEnter")
EXIT = ("Exit", "RefExit")
NEXT = ("NextIteration", "RefNextIteration")
MERGE = ("Merge", "RefMerge")
SWITCH = ("Switch", "RefSwitch")

#: Loops nested deeper than this end with an error instead of exhausting the interpreter's stack.
MAX_DEPTH = 50


class Hoisted(NamedTuple):
    """What is done with a matrix before a loop; see `passes.hoist_products`.

    Attributes:
        token: stands for it in the body.
        weights: the invariant that is the matrix.
        array: the invariant that is an array of what is multiplied by it; None where turns multiply what they make, by the matrix
            transposed.
    """

    token: Ref
    weights: Ref
    array: Ref | None = None


@dataclasses.dataclass
class Loop:
    """One loop.  A `_Loop` node holds it as attribute `loop`.

    The inputs of the node are the first values of the variables, then the invariants; its outputs are the exits.

    Attributes:
        name: name of the frame.
        variables: for each loop variable the inner ref of its value (the Merge).
        invariants: the inner refs that keep one value during the loop, in the order of the inputs.
        test: nodes that are run before each turn; fed the variables and invariants.
        predicate: whether another turn follows.
        carried: values of the test that the body, the exits or the next turn want.
        turned: the refs under which a carried value enters the body: the Switch outputs `:1`.
        body: nodes that are run in each turn; fed variables, invariants and carried values.
        following: for each variable its value in the next turn.
        results: for each exit its value, a carried value or one that `leaving` computes.
        leaving: nodes that are run after the last turn.
        left: Switch outputs `:0` → the carried value they stand for.
        references: the inner refs that stay references to variables.
        hoisted: what is done with matrices before the first turn.
    """

    name: str
    variables: list[Ref]
    invariants: list[Ref]
    test: dict[str, Node]
    predicate: Ref
    carried: list[Ref]
    turned: dict[Ref, Ref]
    body: dict[str, Node]
    following: list[Ref]
    results: list[Ref]
    leaving: dict[str, Node]
    left: dict[Ref, Ref]
    references: frozenset[Ref]
    hoisted: Sequence[Hoisted] = ()


def structure_loops(nodes: Mapping[str, Node], feeds: Collection[Ref] = ()) -> dict[str, Node]:
    """A pruned graph without frames.

    Raises:
        InvalidArgumentError: a frame is not a loop that TensorFlow could run.
    """
    if not any(node.op in ENTER or node.op in EXIT for node in nodes.values()):
        return dict(nodes)
    inside = innermost_frames(nodes, feeds)
    outer = {name: node for name, node in nodes.items() if not inside[name]}
    for group in _components(nodes, inside):
        _add_loop(outer, {name: nodes[name] for name in group}, nodes)
    return outer


def innermost_frames(
    nodes: Mapping[str, Node], feeds: Collection[Ref]
) -> dict[str, tuple[str, ...]]:
    """The frames a node runs in, outermost first; an Enter or Exit counts as inside."""
    inside: dict[str, tuple[str, ...]] = {}
    outside: dict[str, tuple[str, ...]] = {}
    for node in topological(nodes, feeds, ignore_loops=True):
        parents = [ref.node for ref in node.inputs if ref not in feeds] + list(node.controls)
        frames = {outside[name] for name in parents if name in outside}
        frame = max(frames, key=len, default=())
        if any(frame[: len(other)] != other for other in frames):
            raise InvalidArgumentError(
                f"node {clip(node.name)!r} must have inputs of one frame, not of "
                + " and ".join(repr(clip("/".join(f))) for f in sorted(frames))
            )
        if node.op in ENTER:
            frame = (*frame, str(node.attrs["frame_name"]))
            if len(frame) > MAX_DEPTH:
                raise InvalidArgumentError(f"loops must not nest deeper than {MAX_DEPTH}")
            inside[node.name] = outside[node.name] = frame
        elif node.op in EXIT:
            if not frame:
                raise InvalidArgumentError(f"Exit {clip(node.name)!r} must be inside a loop")
            inside[node.name], outside[node.name] = frame, frame[:-1]
        else:
            inside[node.name] = outside[node.name] = frame
    return inside


def loop_groups(nodes: Mapping[str, Node], feeds: Collection[Ref] = ()) -> list[list[str]]:
    """The nodes of each outermost loop of a pruned graph, those of loops inside it included."""
    return _components(nodes, innermost_frames(nodes, feeds))


def _components(
    nodes: Mapping[str, Node], inside: Mapping[str, tuple[str, ...]]
) -> list[list[str]]:
    """The nodes of each outermost loop.  Copies of a loop share the frame's name but not an edge."""
    leader: dict[str, str] = {name: name for name, frame in inside.items() if frame}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for name in leader:
        node = nodes[name]
        entering = node.op in ENTER and len(inside[name]) == 1
        for parent in () if entering else (*(ref.node for ref in node.inputs), *node.controls):
            if parent in leader and not (nodes[parent].op in EXIT and len(inside[parent]) == 1):
                leader[find(parent)] = find(name)
    groups: dict[str, list[str]] = {}
    for name in leader:
        groups.setdefault(find(name), []).append(name)
    return list(groups.values())


def _add_loop(outer: dict[str, Node], group: dict[str, Node], nodes: Mapping[str, Node]) -> None:
    """Put the `_Loop` node of one group, and an Identity for each Exit, into `outer`."""
    depth = innermost_frames(group, ())
    level = {name: node for name, node in group.items() if len(depth[name]) == 1}
    conditions = [node for node in level.values() if node.op == "LoopCond"]
    enters = [node for node in level.values() if node.op in ENTER]
    frame = clip(str(enters[0].attrs["frame_name"])) if enters else "?"
    if len(conditions) != 1:
        if not conditions and not any(node.op in NEXT for node in level.values()):
            _unroll_once(outer, group, level)
            return
        raise InvalidArgumentError(f"loop {frame!r} must have one LoopCond, not {len(conditions)}")
    condition = conditions[0]
    merges = [
        node
        for node in level.values()
        if node.op in MERGE and any(group_op(nodes, ref) in NEXT for ref in node.inputs)
    ]
    switches = [
        node
        for node in level.values()
        if node.op in SWITCH and node.inputs[1].node == condition.name
    ]
    exits = [node for node in level.values() if node.op in EXIT]
    if not exits:
        raise InvalidArgumentError(
            f"what is fetched must lie outside of loops, but has a value in each turn of {frame!r}"
        )
    first: dict[Ref, Ref] = {}
    following: dict[Ref, Ref] = {}
    for merge in merges:
        for ref in merge.inputs:
            if group_op(nodes, ref) in NEXT:
                following[Ref(merge.name)] = nodes[ref.node].inputs[0]
            elif group_op(nodes, ref) in ENTER:
                first[Ref(merge.name)] = nodes[ref.node].inputs[0]
    variables = [Ref(merge.name) for merge in merges]
    for variable in variables:
        if variable not in first or variable not in following:
            raise InvalidArgumentError(
                f"loop {frame!r}: {clip(variable.node)!r} must merge an Enter and a NextIteration"
            )
    # What a NextIteration waits for runs in each turn, even if no value needs it: the gradient's pushes on stacks.
    # What the condition or a Switch waits for runs before each turn.
    turning = {c for node in level.values() if node.op in NEXT for c in node.controls}
    testing = {c for node in (condition, *switches) for c in node.controls}
    structural = {node.name for node in (*merges, *switches, *exits, *enters, condition)}
    structural |= {node.name for node in level.values() if node.op in NEXT}
    inner = {
        name: node.replace(controls=[c for c in node.controls if c not in structural])
        for name, node in group.items()
        if name not in structural
    }
    for node in inner.values():
        if any(ref in node.inputs for ref in (Ref(m.name, 1) for m in merges)):
            raise UnimplementedError(f"loop {frame!r}: the index output of a loop's Merge")
    effects = (
        [name for name in testing if name in inner],
        [name for name in turning if name in inner],
    )
    _finish_loop(
        outer, frame, inner, group, enters, exits, switches, condition, first, following, effects
    )


def _finish_loop(
    outer: dict[str, Node],
    frame: str,
    inner: dict[str, Node],
    group: Mapping[str, Node],
    enters: list[Node],
    exits: list[Node],
    switches: list[Node],
    condition: Node,
    first: dict[Ref, Ref],
    following: dict[Ref, Ref],
    effects: tuple[list[str], list[str]],
) -> None:
    variables = list(first)
    wanted = {ref for node in inner.values() for ref in node.inputs}
    wanted |= {condition.inputs[0], *(switch.inputs[0] for switch in switches)}
    wanted |= {*following.values(), *(node.inputs[0] for node in exits)}
    # What an inner node reads from outside, through an Enter or without one, keeps its value.
    constant = {Ref(node.name): node.inputs[0] for node in enters if Ref(node.name) in wanted}
    constant |= {
        ref: ref
        for ref in wanted
        if ref.node not in inner and ref.node not in group and ref not in variables
    }
    # A control input from outside orders the whole loop.
    controls = {c for node in enters for c in node.controls}
    for name, node in inner.items():
        outside = [c for c in node.controls if c not in inner]
        if outside:
            controls.update(outside)
            inner[name] = node.replace(controls=[c for c in node.controls if c in inner])
    turned = {Ref(node.name, 1): node.inputs[0] for node in switches}
    left = {Ref(node.name, 0): node.inputs[0] for node in switches}
    fed = {*variables, *constant}
    testing, turning = effects
    tested = _producers([condition.inputs[0], *turned.values()], fed)
    test = prune(inner, [*tested, *testing], fed)
    # The test has run by then: nobody waits for its nodes, and they do not run again.
    inner = {name: _without(node, test) for name, node in inner.items() if name not in test}
    in_body = {*fed, *turned, *(Ref(n, i) for n in test for i in _indices(wanted, n))}
    turning = [name for name in turning if name not in test]
    body = prune(inner, [*_producers(following.values(), in_body), *turning], in_body)
    in_exit = {*fed, *left, *(Ref(n, i) for n in test for i in _indices(wanted, n))}
    results = [node.inputs[0] for node in exits]
    leaving = prune(inner, _producers(results, in_exit), in_exit)
    used = {ref for node in (*body.values(), *leaving.values()) for ref in node.inputs}
    used |= {*following.values(), *results}
    carried = [*turned.values(), *(ref for ref in used if ref.node in test)]
    loop = Loop(
        name=frame,
        variables=variables,
        invariants=list(constant),
        test=structure_loops(test, fed),
        predicate=condition.inputs[0],
        carried=list(dict.fromkeys(carried)),
        turned=turned,
        body=structure_loops(body, in_body),
        following=[following[v] for v in variables],
        results=results,
        leaving=structure_loops(leaving, in_exit),
        left=left,
        references=frozenset(Ref(node.name) for node in enters if node.op == "RefEnter"),
    )
    name = f"{exits[0].name}/_loop"
    outer[name] = Node(
        name,
        "_Loop",
        [*(first[v] for v in variables), *constant.values()],
        sorted(controls),
        {"loop": loop},
    )
    for index, node in enumerate(exits):
        attrs = {"T": node.attrs["T"]}
        outer[node.name] = Node(node.name, "Identity", [Ref(name, index)], node.controls, attrs)


def _without(node: Node, earlier: Mapping[str, Node]) -> Node:
    """A node whose control inputs among the `earlier` nodes are satisfied."""
    if any(c in earlier for c in node.controls):
        return node.replace(controls=[c for c in node.controls if c not in earlier])
    return node


def _producers(refs: Iterable[Ref], fed: Collection[Ref]) -> list[str]:
    return [ref.node for ref in refs if ref not in fed]


def _indices(refs: Collection[Ref], node: str) -> list[int]:
    return [ref.index for ref in refs if ref.node == node]


def group_op(nodes: Mapping[str, Node], ref: Ref) -> str:
    """The op type behind a tensor, empty if its producer is not there."""
    return nodes[ref.node].op if ref.node in nodes else ""


def _unroll_once(outer: dict[str, Node], group: dict[str, Node], level: dict[str, Node]) -> None:
    """A frame without NextIteration runs once: Enter and Exit pass their input on."""
    flat = dict(group)
    for name, node in level.items():
        if node.op in (*ENTER, *EXIT):
            flat[name] = Node(name, "Identity", node.inputs, node.controls, {"T": node.attrs["T"]})
    outer.update(structure_loops(flat))
