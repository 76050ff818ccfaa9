"""What is the same throughout a run waits for nothing.

    checked = Assert(…)                           checked = Assert(…)
    w = ReadVariableOp(v), waits for checked →    w = ReadVariableOp(v)
    y = Conv2D(x, w)                              y = Conv2D(x, w)

Programs check their inputs in `tf.control_dependencies`, in which all that a network reads waits for the checks; so the
weights would be no constants, and nothing could be folded into them.  Where no variable is written, it does not matter when one is read.
The checks run all the same, and first, so that an error is theirs.
"""

from __future__ import annotations

from minihub_runtime.passes.drop_idle import CHOOSING
from minihub_runtime.passes.region import READS, Region

__all__ = ["free_reads"]


def free_reads(region: Region) -> None:
    """Free the constants and the reads of variables in a region that writes none."""
    nodes = region.live()
    freed = {
        name: node.replace(controls=())
        for name, node in nodes.items()
        if node.controls and (node.op == "Const" or node.op in READS)
    }
    if not freed or region.writes or any(node.op in CHOOSING for node in nodes.values()):
        return
    awaited = dict.fromkeys(control for name in freed for control in nodes[name].controls)
    region.must_run(awaited)
    first = {name: freed.get(name, nodes[name]) for name in awaited}
    region.without(
        {**first, **{n: freed.get(n, node) for n, node in nodes.items() if n not in first}}
    )
