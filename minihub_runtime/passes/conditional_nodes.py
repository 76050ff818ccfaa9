"""Nodes that have no single value in a run, so that fetching them fails: those in loops, and those on branches.

    s = Switch(x, p)      branch
    a = Neg(s:1)          branch
    m = Merge(s:0, a)

Source: tensorflow/core/common_runtime/propagator_state.h (frames, and what is dead).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from minihub_runtime.graph.ir import Node
from minihub_runtime.passes.prune import topological
from minihub_runtime.passes.structure_loops import (
    ENTER,
    EXIT,
    MERGE,
    NEXT,
    SWITCH,
    innermost_frames,
)

__all__ = ["Conditional", "conditional_nodes"]


class Conditional(NamedTuple):
    """Names of nodes without a single value.

    Attributes:
        looping: those that are run once in each turn of a loop.
        branching: those outside of loops that are run if some Switch lets them.
    """

    looping: set[str]
    branching: set[str]


def conditional_nodes(nodes: Mapping[str, Node]) -> Conditional:
    """The nodes of a whole graph that have no single value in each run.

    Raises:
        InvalidArgumentError: the graph has a cycle that is no loop, or inputs of different frames meet.
    """
    looping: set[str] = set()
    branching: set[str] = set()
    if not any(node.op in ENTER or node.op in SWITCH for node in nodes.values()):
        return Conditional(looping, branching)
    for name, frame in innermost_frames(nodes, ()).items():
        # The Exit of an outermost loop counts as inside there, but hands its value out.
        if len(frame) > (nodes[name].op in EXIT):
            looping.add(name)
    #: Name → how many Switches wait for their Merge, or for their Exit in a loop.
    depth: dict[str, int] = {}
    for node in topological(nodes, ignore_loops=True):
        parents = [*(ref.node for ref in node.inputs), *node.controls]
        before = max((depth.get(name, 0) for name in parents), default=0)
        if node.op in SWITCH:
            before += 1
        elif node.op in EXIT or (
            node.op in MERGE and not any(_is_turn(nodes, ref.node) for ref in node.inputs)
        ):
            before = max(before - 1, 0)
        depth[node.name] = before
        if before and node.name not in looping:
            branching.add(node.name)
    return Conditional(looping, branching)


def _is_turn(nodes: Mapping[str, Node], name: str) -> bool:
    """Whether a node carries a value into the next turn of a loop."""
    return name in nodes and nodes[name].op in NEXT
