"""Gradients of branches and calls: a branch or call of the same kind, of the gradients of the functions.

The functions are made to return what their gradients read of them, so nothing is computed, or drawn, a second time.  A branch
returns placeholders where another one has something to keep.

Differs: what results without a gradient read has no part in the gradient; TensorFlow gives them zeros, for which it makes slices whole.
The shapes of slices become int64 where the branches have int32 and int64; TensorFlow refuses them.

Source: tensorflow/python/ops/cond_v2.py (_IfGrad), tensorflow/python/eager/polymorphic_function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minihub_runtime.autodiff.bodies import DifferentiatedBody, placeholder, write_function
from minihub_runtime.autodiff.rules import has_zeros, is_trainable
from minihub_runtime.autodiff.site import NodeOps
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.gradient_rules import arange, sizes_of
from minihub_runtime.ops.terms import Slices, Term, Zeros
from minihub_runtime.shapes import common

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
    # Calls take whole gradients, as in TensorFlow.
    arriving = {i: list(g.parts) if chooses else [g] for i, g in given.items()}
    found, seeds = [], []
    for body in bodies:
        body.know_shapes(inputs)
        parts = {
            i: [body.seed(part.dtype, part.shape) for part in terms]
            for i, terms in arriving.items()
        }
        seeds.append([seed.ref.node for terms in parts.values() for seed in terms])
        found.append(
            body.differentiate(
                {i: given[i].with_parts(t) if chooses else t[0] for i, t in parts.items()}
            )
        )
    wanted = [i for i in range(len(inputs)) if any(gradients[i] is not None for gradients in found)]
    if not wanted:
        return [None] * len(node.inputs)
    alike = {i: _alike(bodies, i, [gradients[i] for gradients in found]) for i in wanted}
    results = [
        [part.ref for terms in alike.values() for part in terms[number].parts]
        for number in range(len(bodies))
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
        arguments += seeds[number]
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
        own |= {name: body.region.added[name] for name in seeds[number]}
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
        *(part for parts in arriving.values() for part in parts),
        *(ops.term(Ref(node.name, first + place)) for place in range(len(types))),
        *(ops.term(ref) for ref in brought),
    ]
    by_input = _call(ops, node, functions, operands, alike)
    return [None] * chooses + [by_input.get(i) for i in range(len(inputs))]


def _call(
    ops: NodeOps,
    node: Node,
    functions: Sequence[Func],
    operands: Sequence[Term],
    alike: Mapping[int, Sequence[Term]],
) -> dict[int, Term]:
    """What the gradients of the functions that a node calls make of operands; `alike` has their results by argument."""
    produced = [part.dtype for terms in alike.values() for part in terms[0].parts]
    inputs = [operands] if "Call" in node.op else [ops.term(node.inputs[0]), operands]
    outputs = iter(getattr(ops, node.op)(*inputs, **_named(node, functions), Tout=produced))
    found = {}
    for i, terms in alike.items():
        made: list[Term] = []
        for parts in zip(*(term.parts for term in terms), strict=True):
            made.append(next(outputs))
            ops.site.inference.refine(made[-1].ref, common([part.shape for part in parts]))
        found[i] = terms[0].with_parts(made)
    return found


def _alike(
    bodies: Sequence[DifferentiatedBody], argument: int, gradients: Sequence[Term | None]
) -> list[Term]:
    """The gradients of one argument in each of the functions: zeros where there is none, slices where one has slices.

    An optimizer changes the rows that slices name, so that a step touches no others.
    """
    found = [
        body.inner.zeros_like(body.inner.term(body.arguments[argument])) if g is None else g
        for body, g in zip(bodies, gradients, strict=True)
    ]
    if not any(g.sliced for g in found):
        return found
    sliced = [_as_slices(body, argument, g) for body, g in zip(bodies, found, strict=True)]
    values = [values for values, _, _ in sliced]
    indices = _of_one_type([indices for _, indices, _ in sliced])
    shapes = _of_one_type([shape for _, _, shape in sliced])
    return [Slices(*parts) for parts in zip(values, indices, shapes, strict=True)]


def _as_slices(body: DifferentiatedBody, argument: int, gradient: Term) -> tuple[Term, Term, Term]:
    """The slices of the gradient of an argument, their places, and the shape of the whole."""
    ops = body.inner
    if isinstance(gradient, Slices):
        given = ops.term(body.arguments[argument])
        shape = gradient.dense_shape
        if shape is None:
            handle = given.dtype.name == "resource"
            shape = ops.VariableShape(given) if handle else ops.Shape(given)
        return gradient.values, gradient.indices, shape
    sizes = sizes_of(ops, gradient)
    return gradient, ops.tensor(arange(ops, 0, sizes[0])), ops.tensor(sizes)


def _of_one_type(terms: Sequence[Term]) -> list[Term]:
    """Integers of one type: int64 where there are others as well."""
    if len({term.dtype for term in terms}) == 1:
        return list(terms)
    return [
        term if term.dtype.name == "int64" else term.ops.Cast(term, DstT="int64") for term in terms
    ]


def _given(
    ops: NodeOps,
    node: Node,
    bodies: Sequence[DifferentiatedBody],
    grads: Sequence[Term | None],
) -> dict[int, Term]:
    """The gradients that arrive at the functions: those of the outputs, and zeros where only these reach an argument.

    The two branches of a condition of version 1, where Case is as it is, are given none but those of the outputs.
    """
    fills = ops.site.home.fills_zeros or node.op not in ("If", "StatelessIf")
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
        if i in given or kept or not has_zeros(ops, ref) or not (fills or grads[i]):
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
