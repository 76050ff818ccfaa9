"""The branch that a constant chooses takes the place of the node that chooses.

    y = If(p, x, f, g)        p is True        f/a = Relu(x)
                                 →             y = IdentityN(f/a)

What stands in the branch then is next to what stands around it, and what the other branch alone needs is not computed.  Branches
with effects stay calls; so do those that call functions.

Source: tensorflow/core/grappler/optimizers/function_optimizer.cc; tensorflow/core/kernels/functional_ops.cc (IfOp, CaseOp).
"""

from __future__ import annotations

from minihub_runtime.codec import Func
from minihub_runtime.errors import OpError
from minihub_runtime.graph.functions import Body
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.region import READS, Region

__all__ = ["inline_chosen"]

CONDITIONS = ("If", "StatelessIf")
CASES = ("Case", "StatelessCase")
#: Those of which no branch has effects.
NESTED = ("StatelessCase", "StatelessIf")


def inline_chosen(region: Region) -> None:
    """Inline the branches of a region that constants choose."""
    todo = [node for node in region.nodes.values() if node.op in (*CONDITIONS, *CASES)]
    while todo:
        node = todo.pop()
        chosen = None if node.controls else _chosen(region, node)
        if chosen is None:
            continue
        try:
            body = region.body(chosen)
        except OpError:
            # Whoever runs it is told what is wrong with it.
            continue
        fits = len(body.arguments) == len(node.inputs) - 1
        if fits and not body.controls and all(map(_is_plain, body.graph.nodes.values())):
            made = _inline(region, node, body)
            todo += [inner for inner in made if inner.op in NESTED]


def _chosen(region: Region, node: Node) -> Func | None:
    """The branch that runs, if a constant says which."""
    value = region.value(node.inputs[0])
    if value is None or value.ndim or value.dtype.kind not in "biuf":
        return None
    if node.op in CONDITIONS:
        branch: Func = node.attrs["then_branch" if value else "else_branch"]
        return branch
    branches: list[Func] = node.attrs["branches"]
    # What is no place in the list stands for the last.
    return branches[int(value) if 0 <= value < len(branches) else -1]


def _is_plain(node: Node) -> bool:
    """Whether a node only computes, from what it is given and variables."""
    if node.op in ("_Arg", *NESTED, *READS):
        return True
    op = REGISTRY.get(node.op)
    if op is None or node.op in ("Switch", "Merge"):
        return False
    return not (op.stateful or op.wants_context or op.takes_references)


def _inline(region: Region, node: Node, body: Body) -> list[Node]:
    """Put the nodes of a body in the place of the node that would call it; these nodes."""
    start = f"{node.name}/{body.name}"
    while any(f"{start}/{name}" in region.nodes for name in body.graph.nodes):
        start += "_"
    given = dict(zip(body.arguments, node.inputs[1:], strict=True))

    def outside(ref: Ref) -> Ref:
        return given.get(ref) or Ref(f"{start}/{ref.node}", ref.index)

    made = []
    for inner in body.graph.nodes.values():
        if inner.op == "_Arg":
            continue
        controls = [
            f"{start}/{name}" for name in inner.controls if body.graph.nodes[name].op != "_Arg"
        ]
        inputs = [outside(ref) for ref in inner.inputs]
        made.append(
            Node(f"{start}/{inner.name}", inner.op, inputs, controls, inner.attrs, node.device)
        )
        region.put(made[-1])
    results = [outside(ref) for ref in body.results]
    types = {"T": list(node.attrs["Tout"])}
    region.put(Node(node.name, "IdentityN" if results else "NoOp", results, (), types, node.device))
    region.note_controls()
    return made
