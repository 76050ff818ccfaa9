"""TF1 loops."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from minihub_runtime.autodiff.site import NodeOps
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.terms import Term
from minihub_runtime.passes.structure_loops import ENTER, EXIT

__all__ = ["Frame", "find_frames", "frame_gradients"]


@dataclasses.dataclass(frozen=True, eq=False)
class Frame:
    """One loop."""

    name: str
    names: Collection[str]
    exits: Collection[Ref]


def find_frames(
    nodes: Mapping[str, Node], boundary: Collection[Ref], between: Collection[str]
) -> list[Frame]:
    """The loops among `nodes` that have a part in `between`."""
    if any(nodes[name].op in (*ENTER, *EXIT) for name in between):
        raise NotImplementedError("the gradient of a TF1 while loop")
    return []


def frame_gradients(
    ops: NodeOps, frame: Frame, grads: Mapping[Ref, Term], method: int
) -> dict[Ref, Term]:
    """The gradients of what enters a loop."""
    raise NotImplementedError("the gradient of a TF1 while loop")
