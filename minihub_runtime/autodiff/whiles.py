"""The gradient of a While: a While that runs as many turns backwards.

The loop is made to count its turns, and to keep in a list, for each value of its body that the gradient reads, that of every turn; the
gradient takes them from the end.  Arguments that the body hands on as they are need no list.

Differs: what the results that have a gradient do not depend on has zeros as its gradient, for which nothing is computed;
TensorFlow computes with zeros, which may become NaN on the way.

Source: tensorflow/python/ops/while_v2.py (_WhileGrad).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.autodiff.bodies import DifferentiatedBody, placeholder, write_function
from minihub_runtime.autodiff.rules import has_zeros, is_trainable
from minihub_runtime.autodiff.site import NodeOps
from minihub_runtime.dtypes import DType, int32, variant
from minihub_runtime.graph.functions import instantiate
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.terms import Term, Zeros

__all__ = ["while_gradients"]


def _add(nodes: dict[str, Node], name: str, op: str, inputs: Sequence[Ref], **attrs: Any) -> Ref:
    """Add a node to a function that is being written; its first output."""
    nodes[name] = Node(name, op, inputs, attrs=attrs)
    return Ref(name)


def _number(nodes: dict[str, Node], name: str, value: int) -> Ref:
    return _add(nodes, name, "Const", [], value=np.array(value, np.int32), dtype=int32)


def while_gradients(
    ops: NodeOps, node: Node, grads: Sequence[Term | None]
) -> Sequence[Term | None]:
    """The gradients of the inputs of a While.

    Args:
        ops: adds the nodes.
        node: a While or StatelessWhile.
        grads: the gradients of its outputs, None where there is none; not all are None.

    Returns:
        A gradient for each input through which gradients flow, whether or not the outputs depend on it, unless the loop is
        of version 1; None for others.
    """
    body = DifferentiatedBody(ops, node.attrs["body"], node.inputs)
    arguments, results = body.arguments, body.results
    filled = range(len(grads)) if ops.site.home.fills_zeros else _reached(body, grads)
    gradients: list[Term | None] = [
        Zeros(ops.term(ref)) if i in filled and has_zeros(ops, ref) else None
        for i, ref in enumerate(node.inputs)
    ]
    # Zeros that nothing computed yet stay so.
    grads = [None if g is None or g.known_zero else g for g in grads]
    # Queues and the like, which bodies take elements from, have no gradients.
    active = {i for i in _reached(body, grads) if has_zeros(ops, node.inputs[i])}
    if not active:
        return gradients
    order = sorted(active)
    types = [ops.gradient_dtype(node.inputs[i]) for i in order]
    seeds = {i: body.seed(dtype) for i, dtype in zip(order, types, strict=True)}
    found = body.differentiate(seeds)
    outputs = [
        (body.inner.zeros_like(body.inner.term(arguments[i])) if found[i] is None else found[i]).ref  # type: ignore[union-attr]
        for i in order
    ]
    same = [i for i, ref in enumerate(results) if ref == arguments[i]]
    kept = body.read(outputs)
    used = {ref for n in body.region.added.values() for ref in n.inputs} | set(outputs)
    changing = [ref for i, ref in enumerate(arguments) if i not in same and ref in used]
    kept = [*changing, *kept]
    constant = [i for i in same if arguments[i] in used]
    count = len(node.inputs)
    _keep(ops, node, body, kept)
    turns = ops.term(Ref(node.name, count))
    lists = [ops.term(Ref(node.name, count + 1 + place)) for place in range(len(kept))]
    arriving = [
        ops.zeros_like(ops.term(Ref(node.name, i) if not _handle(ops, node, i) else node.inputs[i]))
        if grads[i] is None
        else grads[i]
        for i in order
    ]
    invariants = [ops.term(node.inputs[i]) for i in constant]
    invariants += [ops.term(ref) for ref in body.brought]
    operands = [turns, *arriving, *lists, *invariants]
    functions = _backward(ops, body, order, seeds, outputs, kept, constant)
    backward = getattr(ops, node.op)(operands, **functions)
    for place, i in enumerate(order):
        if grads[i] is None and found[i] is seeds[i] and not ops.site.home.fills_zeros:
            # What is handed from turn to turn is read, if at all, by what has no gradient.
            gradients[i] = None
            continue
        gradients[i] = backward[1 + place]
        behind = ops.site.inference.behind(node.inputs[i])
        if behind is not None:
            ops.site.inference.refine(backward[1 + place].ref, behind.shape)
    return gradients


def _reached(body: DifferentiatedBody, grads: Sequence[Term | None]) -> set[int]:
    """The loop variables that results with gradients may depend on through differentiable tensors."""
    found = {
        i
        for i, g in enumerate(grads)
        if g is not None and is_trainable(body.site.dtype(body.results[i]))
    }
    stack = list(found)
    while stack:
        more = body.reached(body.results[stack.pop()]) - found
        found |= more
        stack.extend(more)
    return found


def _handle(ops: NodeOps, node: Node, index: int) -> bool:
    """Whether an argument is the handle of a variable, whose gradient is that of the value behind it."""
    return ops.site.dtype(node.inputs[index]).name == "resource"


def _keep(ops: NodeOps, node: Node, body: DifferentiatedBody, kept: Sequence[Ref]) -> None:
    """Let a loop count its turns, and keep values of its body."""
    nodes = dict(body.site.nodes)
    added: list[str] = []
    outputs = list(body.results)
    turn = _argument(nodes, body, added, "turn", int32)
    unique = body.region.unique_name
    one = _number(nodes, unique("one"), 1)
    outputs.append(_add(nodes, unique("turned"), "AddV2", [turn, one], T=int32))
    # The loop is not of the layer that its gradient may lie in.
    before = NodeOps(ops.site.forward, ops.source)
    firsts = [before.constant(0, int32)]
    unknown, unlimited = before.constant(-1, int32), before.constant(-1, int32)
    for ref in kept:
        dtype = body.site.dtype(ref).base_dtype
        held = _argument(nodes, body, added, "kept", variant)
        outputs.append(
            _add(nodes, unique("push"), "TensorListPushBack", [held, ref], element_dtype=dtype)
        )
        firsts.append(before.EmptyTensorList(unknown, unlimited, element_dtype=dtype))
    arguments = [ref.node for ref in body.arguments]
    step = write_function(
        ops.site, body.name, nodes, [*arguments, *added], outputs, body.controls, body.find()
    )
    test = instantiate(ops.site.graph, node.attrs["cond"].name, node.attrs["cond"].attrs)
    tested = {
        name: placeholder(name, n.attrs["T"]) if n.op == "_Arg" else n
        for name, n in test.graph.nodes.items()
    }
    ignored = []
    for number, first in enumerate(firsts):
        name = f"ignored_by_the_test_{number}"
        tested[name] = placeholder(name, first.dtype)
        ignored.append(name)
    condition = write_function(
        ops.site,
        test.name,
        tested,
        [*(ref.node for ref in test.arguments), *ignored],
        test.results,
        test.controls,
    )
    now = ops.site.nodes[node.name]
    changes: dict[str, Any] = {
        "body": step,
        "cond": condition,
        "T": [*now.attrs["T"], *(first.dtype for first in firsts)],
    }
    if now.attrs.get("output_shapes"):
        changes["output_shapes"] = [*now.attrs["output_shapes"], *[None] * len(firsts)]
    ops.site.replace_node(
        now.replace(
            inputs=[*now.inputs, *(first.ref for first in firsts)],
            attrs=now.attrs.changed(**changes),
        )
    )


def _argument(
    nodes: dict[str, Node], body: DifferentiatedBody, added: list[str], name: str, dtype: DType
) -> Ref:
    unique = body.region.unique_name(name)
    nodes[unique] = placeholder(unique, dtype)
    added.append(unique)
    return Ref(unique)


def _backward(
    ops: NodeOps,
    body: DifferentiatedBody,
    order: Sequence[int],
    seeds: dict[int, Term],
    outputs: Sequence[Ref],
    kept: Sequence[Ref],
    constant: Sequence[int],
) -> dict[str, Any]:
    """The functions of the backward loop: the test, and a turn."""
    unique = body.region.unique_name
    own: dict[str, Node] = {}
    added: list[str] = []
    turn = _argument(own, body, added, "turn", int32)
    arriving = [seeds[i].ref.node for i in order]
    added += arriving
    own |= {name: body.region.added[name] for name in arriving}
    places: dict[Ref, Ref] = {}
    rest: list[Ref] = []
    any_shape = _number(own, unique("any_shape"), -1)
    for ref in kept:
        dtype = body.site.dtype(ref).base_dtype
        held = _argument(own, body, added, "kept", variant)
        popped = _add(
            own, unique("pop"), "TensorListPopBack", [held, any_shape], element_dtype=dtype
        )
        rest.append(popped)
        places[ref] = Ref(popped.node, 1)
    for i in constant:
        name = body.arguments[i].node
        own[name] = body.site.nodes[name]
        added.append(name)
    for ref in body.brought.values():
        own[ref.node] = body.region.added[ref.node]
        added.append(ref.node)
    left = _add(own, unique("left"), "Sub", [turn, _number(own, unique("one"), 1)], T=int32)
    nodes, results = body.moved(outputs, places)
    # Arguments that change from turn to turn were kept like other values of the body.
    whole = {
        name: node.replace(inputs=[places.get(ref, ref) for ref in node.inputs])
        for name, node in {**own, **nodes}.items()
    }
    handed = [*(body.arguments[i] for i in constant), *body.brought.values()]
    step = write_function(
        ops.site,
        f"{body.name}_gradient",
        whole,
        added,
        [left, *(places.get(ref, ref) for ref in results), *rest, *handed],
        find=body.find_moved(places),
    )
    tests: dict[str, Node] = {name: placeholder(name, whole[name].attrs["dtype"]) for name in added}
    zero = _number(tests, unique("zero"), 0)
    more = _add(tests, unique("more"), "Greater", [turn, zero], T=int32)
    condition = write_function(ops.site, f"{body.name}_gradient_test", tests, added, [more])
    return {"body": step, "cond": condition}
