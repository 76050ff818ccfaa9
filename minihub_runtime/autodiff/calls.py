"""Gradients of branches and calls: a branch or call of the same kind, of the gradients of the functions.

The functions are made to return what their gradients read of them, so nothing is computed, or drawn, a second time.  A branch
returns placeholders where another one has something to keep.

Source: tensorflow/python/ops/cond_v2.py (_IfGrad), tensorflow/python/eager/polymorphic_function.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.autodiff.bodies import DifferentiatedBody, placeholder, write_function
from minihub_runtime.autodiff.rules import has_zeros, is_trainable
from minihub_runtime.autodiff.site import NodeOps
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.terms import Term, Zeros

__all__ = ["branch_gradients"]


def _functions(node: Node) -> list[Func]:
    """The functions one of which a node calls."""
    if node.op in ("If", "StatelessIf"):
        return [node.attrs["then_branch"], node.attrs["else_branch"]]
    if node.op in ("Case", "StatelessCase"):
        return list(node.attrs["branches"])
    return [node.attrs["f"]]


def _named(node: Node, functions: Sequence[Func]) -> dict[str, Any]:
    """The attributes that name functions."""
    if node.op in ("If", "StatelessIf"):
        return {"then_branch": functions[0], "else_branch": functions[1]}
    if node.op in ("Case", "StatelessCase"):
        return {"branches": list(functions)}
    return {"f": functions[0]}


def branch_gradients(
    ops: NodeOps, node: Node, grads: Sequence[Term | None]
) -> Sequence[Term | None]:
    """The gradients of the inputs of a call, or of a choice between functions.

    Args:
        ops: adds the nodes.
        node: an If, Case or PartitionedCall, stateful or not.
        grads: the gradients of its outputs, None where there is none; not all are None.

    Returns:
        A gradient for each input that an output of some function depends on, be it one that has no gradient.
    """
    chooses = "Call" not in node.op
    inputs = node.inputs[1:] if chooses else node.inputs
    bodies = [DifferentiatedBody(ops, function, inputs) for function in _functions(node)]
    given = _given(ops, node, bodies, grads)
    found, seeds = [], []
    for body in bodies:
        body.know_shapes(inputs)
        seeds.append({i: body.seed(g.dtype) for i, g in given.items()})
        found.append(body.differentiate(seeds[-1]))
    wanted = [i for i in range(len(inputs)) if any(gradients[i] is not None for gradients in found)]
    if not wanted:
        return [None] * len(node.inputs)
    results = [
        [
            (body.inner.zeros_like(body.inner.term(body.arguments[i])) if g is None else g).ref
            for i, g in ((i, gradients[i]) for i in wanted)
        ]
        for body, gradients in zip(bodies, found, strict=True)
    ]
    kept = [body.read(refs) for body, refs in zip(bodies, results, strict=True)]
    brought = list(dict.fromkeys(outside for body in bodies for outside in body.brought))
    types = [
        body.site.dtype(ref).base_dtype
        for body, refs in zip(bodies, kept, strict=True)
        for ref in refs
    ]
    _keep(ops, node, bodies, kept, types)
    functions = []
    for number, body in enumerate(bodies):
        places, arguments = {}, [ref.node for ref in body.arguments]
        arguments += [seeds[number][i].node for i in given]
        extra = {}
        position = sum(len(refs) for refs in kept[:number])
        for place, dtype in enumerate(types):
            name = body.region.unique_name(f"kept_{place}")
            extra[name] = placeholder(name, dtype)
            if position <= place < position + len(kept[number]):
                places[kept[number][place - position]] = Ref(name)
        for outside in brought:
            name = (
                body.brought[outside].node
                if outside in body.brought
                else body.region.unique_name("brought")
            )
            extra[name] = body.region.added.get(name) or placeholder(
                name, ops.site.dtype(outside).base_dtype
            )
        nodes, outputs = body.moved(results[number], places)
        own = {name: body.site.nodes[name] for name in (ref.node for ref in body.arguments)}
        own |= {seed.node: body.region.added[seed.node] for seed in seeds[number].values()}
        functions.append(
            write_function(
                ops.site,
                f"{body.name}_gradient",
                {**own, **extra, **nodes},
                [*arguments, *extra],
                outputs,
                find=body.find_moved(places),
            )
        )
    first = len(grads)
    operands = [
        *(ops.term(ref) for ref in inputs),
        *given.values(),
        *(ops.term(Ref(node.name, first + place)) for place in range(len(types))),
        *(ops.term(ref) for ref in brought),
    ]
    produced = [ops.gradient_dtype(inputs[i]) for i in wanted]
    build = getattr(ops, node.op)
    attrs = {**_named(node, functions), "Tout": produced}
    outputs = (
        build(ops.term(node.inputs[0]), operands, **attrs) if chooses else build(operands, **attrs)
    )
    by_input = dict(zip(wanted, outputs, strict=True))
    return [None] * chooses + [by_input.get(i) for i in range(len(inputs))]


def _given(
    ops: NodeOps,
    node: Node,
    bodies: Sequence[DifferentiatedBody],
    grads: Sequence[Term | None],
) -> dict[int, Term]:
    """The gradients that arrive at the functions: those of the outputs, and zeros where only these reach an argument."""
    outputs = [i for i in range(len(grads)) if is_trainable(ops.site.dtype(Ref(node.name, i)))]
    given = {}
    reached: set[int] = set()
    for i in outputs:
        grad = grads[i]
        if grad is not None and not grad.known_zero:
            given[i] = grad
            reached.update(*(body.reached(body.results[i]) for body in bodies))
    for i in outputs:
        ref = Ref(node.name, i)
        # What was kept of one function is nothing in the others.
        kept = any(body.site.nodes[body.results[i].node].op == "FakeParam" for body in bodies)
        if i in given or kept or not has_zeros(ops, ref):
            continue
        more = set().union(*(body.reached(body.results[i]) for body in bodies))
        if not more <= reached:
            given[i] = grads[i] or Zeros(ops.term(ref))
            reached |= more
    return dict(sorted(given.items()))


def _keep(
    ops: NodeOps,
    node: Node,
    bodies: Sequence[DifferentiatedBody],
    kept: Sequence[Sequence[Ref]],
    types: Sequence[DType],
) -> None:
    """Let a node return, after its results, what the gradients of its functions read of them."""
    functions = []
    for number, body in enumerate(bodies):
        nodes = dict(body.site.nodes)
        outputs = list(body.results)
        position = sum(len(refs) for refs in kept[:number])
        for place, dtype in enumerate(types):
            if position <= place < position + len(kept[number]):
                outputs.append(kept[number][place - position])
            else:
                name = body.region.unique_name("FakeParam")
                nodes[name] = Node(name, "FakeParam", attrs={"dtype": dtype, "shape": None})
                outputs.append(Ref(name))
        functions.append(
            write_function(
                ops.site,
                body.name,
                nodes,
                [ref.node for ref in body.arguments],
                outputs,
                body.controls,
                body.find(),
            )
        )
    now = ops.site.nodes[node.name]
    changes: dict[str, Any] = {
        **_named(node, functions),
        "Tout": [*now.attrs["Tout"], *types],
    }
    if now.attrs.get("output_shapes"):
        changes["output_shapes"] = [*now.attrs["output_shapes"], *[None] * len(types)]
    ops.site.replace_node(now.replace(attrs=now.attrs.changed(**changes)))
