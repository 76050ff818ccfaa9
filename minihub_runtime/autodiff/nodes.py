"""The gradient of one node: by its rule, by the function it calls, or as what the program registered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from minihub_runtime.autodiff.calls import branch_gradients
from minihub_runtime.autodiff.rules import Registered, apply_rule, find_rule, trainable_outputs
from minihub_runtime.autodiff.site import NodeOps
from minihub_runtime.autodiff.whiles import while_gradients
from minihub_runtime.codec import Func
from minihub_runtime.errors import clip
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.terms import Term, Zeros

__all__ = ["node_gradients"]

Gradient: TypeAlias = "Callable[[NodeOps, Node, Sequence[Term | None]], Sequence[Term | None]]"

#: Ops that call functions → what differentiates them.
CALLING: dict[str, Gradient] = {
    **dict.fromkeys(
        (
            "Case",
            "If",
            "PartitionedCall",
            "StatefulPartitionedCall",
            "StatelessCase",
            "StatelessIf",
        ),
        branch_gradients,
    ),
    **dict.fromkeys(("StatelessWhile", "While"), while_gradients),
}


def node_gradients(ops: NodeOps, node: Node, grads: Sequence[Term | None]) -> Sequence[Term | None]:
    """The gradients of the flat inputs of a node.

    Args:
        ops: adds the nodes.
        node: the node.
        grads: the gradients of its outputs, None where there is none; not all are None.

    Raises:
        LookupError: there is no gradient for it.
    """
    nothing: list[Term | None] = [None] * len(node.inputs)
    if not node.inputs:
        return nothing
    try:
        rule = find_rule(node, ops.site.home.of_program)
    except LookupError as error:
        if node.op in CALLING:
            return CALLING[node.op](ops, node, grads)
        called = node.op in ops.site.graph.functions
        rule = ops.site.function_gradient(node.op) if called else None
        if called and rule is None:
            return _symbolic_gradient(ops, node, grads)
        if not called:
            raise _no_gradient(node) from error
    if rule is None:
        return nothing
    filled = [
        Zeros(ops.term(Ref(node.name, index))) if grad is None and trainable else grad
        for index, (grad, trainable) in enumerate(
            zip(grads, trainable_outputs(ops, node.name), strict=True)
        )
    ]
    if isinstance(rule, Registered):
        return ops.site.call_registered(rule, ops, node, filled)
    return apply_rule(ops, rule, node, filled)


def _no_gradient(node: Node) -> LookupError:
    return LookupError(
        f"No gradient defined for operation '{clip(node.name)}' (op type: {clip(node.op)}). "
        "In general every operation must have an associated `@tf.RegisterGradient` for correct "
        "autodiff, which this op is lacking. If you want to pretend this operation is a "
        "constant in your program, you may insert `tf.stop_gradient`."
    )


def _symbolic_gradient(
    ops: NodeOps, node: Node, grads: Sequence[Term | None]
) -> Sequence[Term | None]:
    """The gradients of the inputs of a call of a function, computed by the op for that."""
    inputs = [ops.term(ref) for ref in node.inputs]
    filled = [
        ops.zeros_like(ops.term(Ref(node.name, index))) if grad is None else grad
        for index, grad in enumerate(grads)
    ]
    found: list[Term | None] = ops.SymbolicGradient(
        [*inputs, *filled],
        Tout=[ops.gradient_dtype(term.ref) for term in inputs],
        f=Func(node.op, dict(node.attrs)),
    )
    return found
