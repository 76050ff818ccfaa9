"""What is the same throughout a run waits for nothing.

    checked = Assert(…)                           checked = Assert(…)
    w = ReadVariableOp(v), waits for checked →    w = ReadVariableOp(v)
    y = Conv2D(x, w)                              y = Conv2D(x, w)

Programs check their inputs in `tf.control_dependencies`, in which all that a network reads waits for the checks; so the
weights would be no constants, and nothing could be folded into them.  Where no variable is written, it does not matter when one is read.
The checks run all the same, and first, so that an error is theirs.

What follows a queue, a Python function or the like stays behind it: that may have to wait, and may run what it likes.
"""

from __future__ import annotations

from minihub_runtime.passes.drop_idle import CHOOSING
from minihub_runtime.passes.effects import Effect
from minihub_runtime.passes.region import READS, Region

__all__ = ["free_reads"]


def free_reads(region: Region) -> None:
    """Free the constants and the reads of variables in a region that writes none."""
    nodes = region.live()
    waiting = {
        name for name, node in nodes.items() if node.controls and node.op in ("Const", *READS)
    }
    if not waiting or region.writes or any(node.op in CHOOSING for node in nodes.values()):
        return
    #: Nodes that do more than compute, look and fail, or follow one that does.
    moved: set[str] = set()
    order = region.in_order()
    freed = {}
    for node in order:
        before = [*(ref.node for ref in node.inputs if ref not in region.feeds), *node.controls]
        if not moved.isdisjoint(before) or region.effect(node) not in (Effect.NONE, Effect.READS):
            moved.add(node.name)
        elif node.name in waiting:
            freed[node.name] = node.replace(controls=())
    if not freed:
        return
    controls = {control for name in freed for control in nodes[name].controls}
    # What was ordered by what is freed stays in that order.
    awaited = [node.name for node in order if node.name in controls]
    region.must_run(awaited)
    region.without({**{name: nodes[name] for name in awaited}, **nodes, **freed})
