"""Which rule differentiates a node, and how it is called.

A rule comes from where the first of these has one: the node's attribute `_gradient_op_type`, functions that were registered
under the op's name (`tf.RegisterGradient`), the op itself.

Source: tensorflow/python/framework/ops.py (get_gradient_function, RegisterGradient), registry.py.
"""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from minihub_runtime.autodiff.site import NodeOps
from minihub_runtime.errors import clip
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.registry import REGISTRY, Op
from minihub_runtime.ops.terms import Term

__all__ = [
    "REGISTERED",
    "Registered",
    "apply_rule",
    "find_rule",
    "has_no_gradient",
    "has_zeros",
    "is_trainable",
    "register",
    "trainable_outputs",
]

#: The types through which gradients flow; what is behind a handle or in a variant may be of one.
TRAINABLE = frozenset(
    ["bfloat16", "complex128", "complex64", "float16", "float32", "float64", "resource", "variant"]
)


class Registered(NamedTuple):
    """A gradient that a program registered.

    Attributes:
        function: takes the operation and the gradients of its outputs; None says that there are none.
        place: where it was registered.
    """

    function: Callable[..., Any] | None
    place: str


#: Names that a program gave to gradients, those of ops among them.
REGISTERED: dict[str, Registered] = {}


def register(name: str, function: Callable[..., Any] | None) -> None:
    """Register a gradient under the name of an op, or one that `gradient_override_map` uses.

    Raises:
        KeyError: the name has one.
    """
    known = REGISTERED.get(name)
    place = known.place if known else ""
    if not known and name in REGISTRY and _has_own(REGISTRY[name]):
        place = f"the op {name} itself"
    if place:
        raise KeyError(
            f"Registering two gradient with name {name!r}! (Previous registration was in {place})"
        )
    frame = traceback.extract_stack(limit=3)[0]
    REGISTERED[name] = Registered(function, f"{frame.name} {frame.filename}:{frame.lineno}")


def _has_own(op: Op) -> bool:
    return op.no_gradient or op.gradient_rule is not None


def is_trainable(dtype: Any) -> bool:
    """Whether gradients flow through tensors of a type."""
    return dtype.base_dtype.name in TRAINABLE


def has_zeros(ops: NodeOps, ref: Ref) -> bool:
    """Whether a tensor can have a gradient of zeros: of a handle it must be known what is behind it.

    Source: tensorflow/python/ops/default_gradient.py (supports_default_grad).
    """
    dtype = ops.dtype_of(ref)
    if dtype.name == "resource":
        return ops.site.inference.behind(ref) is not None
    return is_trainable(dtype)


def trainable_outputs(ops: NodeOps, name: str) -> list[bool]:
    """For each output of a node whether gradients flow through it."""
    return [is_trainable(dtype) for dtype in ops.site.output_dtypes(name)]


def find_rule(node: Node, of_program: bool = True) -> Registered | Op | None:
    """What differentiates a node: a registered function, or an op with a rule.  None if it has no gradient.

    Args:
        node: the node.
        of_program: whether what a program says of gradients counts, or the ops alone.

    Raises:
        LookupError: nothing is said about it.
    """
    name = node.op
    if of_program and "_gradient_op_type" in node.attrs:
        name = node.attrs["_gradient_op_type"]
    known = REGISTERED.get(name) if of_program else None
    if known is not None:
        return known if known.function is not None else None
    if name in REGISTRY:
        op = REGISTRY[name]
        if op.no_gradient:
            return None
        if op.gradient_rule is not None:
            return op
    raise LookupError(f"gradient registry has no entry for: {clip(str(name))}")


def has_no_gradient(node: Node, of_program: bool = True) -> bool:
    """Whether no gradient flows through a node, as `find_rule` says; one about which nothing is said may have one."""
    try:
        return find_rule(node, of_program) is None
    except LookupError:
        return False


@functools.cache
def _parameters(rule: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(inspect.signature(rule).parameters)


def apply_rule(ops: NodeOps, op: Op, node: Node, grads: Sequence[Term | None]) -> list[Term | None]:
    """The gradients of the flat inputs of a node.

    Args:
        ops: the namespace the rule gets.
        op: the op whose rule it is: the node's, or one that stands for it.
        node: the node.
        grads: the gradients of its flat outputs; None where no gradient flows.

    Raises:
        ValueError: the rule returns another number of gradients than there are inputs.
    """
    rule = op.gradient_rule
    assert rule is not None
    attrs = op.schema.complete(node.attrs, op.name)
    inputs = [ops.term(ref) for ref in node.inputs]
    outputs = [ops.term(Ref(node.name, index)) for index in range(len(grads))]
    found: dict[str, Any] = {
        "ops": ops,
        "grad": grads[0] if grads else None,
        "grads": list(grads),
        "attrs": {n: attrs[n] for n in op.kernel_attrs if op.schema.attrs[n].type != "type"},
    }
    places = op.schema.input_slices(attrs)
    for args, slices, terms in (
        (op.schema.inputs, places, inputs),
        (op.schema.outputs, op.schema.output_slices(attrs), outputs),
    ):
        found.update(
            {
                arg.name: terms[place]
                for arg, place in zip(args, slices, strict=True)
                if arg.name not in found
            }
        )
    known = {**attrs, **found}
    # A rule of several ops has parameters with defaults for what not all of them have.
    result = rule(**{name: known[name] for name in _parameters(rule) if name in known})
    return _flat(node, result, op, attrs)


def _flat(node: Node, result: Any, op: Op, attrs: Mapping[str, Any]) -> list[Term | None]:
    """A rule's result as one gradient, or None, per flat input."""
    args = op.schema.inputs
    given = result if isinstance(result, tuple) else (result,)
    if len(given) != len(args):
        raise ValueError(
            f"Num gradients {len(given)} generated for op {clip(node.name)} do not match num "
            f"inputs {len(args)}"
        )
    flat: list[Term | None] = []
    for place, value in zip(op.schema.input_slices(attrs), given, strict=True):
        if isinstance(place, int):
            flat.append(value)
        elif value is None:
            flat.extend([None] * (place.stop - place.start))
        else:
            flat.extend(value)
    if len(flat) != len(node.inputs):
        raise ValueError(
            f"Num gradients {len(flat)} generated for op {clip(node.name)} do not match num "
            f"inputs {len(node.inputs)}"
        )
    return flat
