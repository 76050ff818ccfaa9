"""TF1 control flow: branches by Switch and Merge, frames by Enter, Exit and NextIteration.

The executor gives Switch and Merge their meaning (`engine.compiler`), and `passes.structure_loops` removes frames before a plan
is made; the kernels here are what is left for a frame that is no loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import ANY, REGISTRY, Array, Op, op, without_gradient
from minihub_runtime.ops.shape_rules import nothing, same
from minihub_runtime.shapes import Shape, Spec, common

__all__ = ["DEAD"]

SOURCE = "core/kernels/control_flow_ops.cc"


class _Dead:
    """The value of a tensor that a Switch sent nowhere."""

    def __repr__(self) -> str:
        return "DEAD"


DEAD = _Dead()


def _both(data: Spec, pred: Spec) -> list[Shape]:
    """Both sides of a Switch have the shape of its input."""
    if pred.shape:
        raise InvalidArgumentError(f"pred must be a scalar, not of shape {list(pred.shape)}")
    return [data.shape, data.shape]


def _any_of(inputs: Sequence[Spec]) -> list[Shape]:
    """What all inputs of a Merge have in common, and the scalar index."""
    return [common(spec.shape for spec in inputs), ()]


@op(
    "Switch(data: T, pred: bool) -> output_false: T, output_true: T",
    T=ANY,
    source=SOURCE,
    shape=_both,
)
def switch(data: Any, pred: Array) -> tuple[Any, Any]:
    """`data` on the side that `pred` names; the other side is dead.

    Raises: InvalidArgumentError if `pred` is not a scalar.
    """
    require_scalar(pred, "pred")
    return (DEAD, data) if pred else (data, DEAD)


@op(
    "RefSwitch(data: Ref(T), pred: bool) -> output_false: Ref(T), output_true: Ref(T)",
    T=ANY,
    source=SOURCE,
    shape=_both,
)
def ref_switch(data: Any, pred: Array) -> tuple[Any, Any]:
    """`Switch` of a reference."""
    require_scalar(pred, "pred")
    return (DEAD, data) if pred else (data, DEAD)


def _merge(inputs: Sequence[Any]) -> tuple[Any, Any]:
    for index, value in enumerate(inputs):
        if value is not DEAD:
            return value, np.array(index, np.int32)
    return DEAD, DEAD


@op("Merge(inputs: N * T) -> output: T, value_index: int32", T=ANY, source=SOURCE, shape=_any_of)
def merge(inputs: Sequence[Any]) -> tuple[Any, Any]:
    """The input that is alive, and its index."""
    return _merge(inputs)


@op(
    "RefMerge(inputs: N * Ref(T)) -> output: Ref(T), value_index: int32",
    T=ANY,
    source=SOURCE,
    shape=_any_of,
)
def ref_merge(inputs: Sequence[Any]) -> tuple[Any, Any]:
    """`Merge` of references."""
    return _merge(inputs)


def _pass(data: Any) -> Any:
    """`data`, which leaves the frame or goes on to its next iteration."""
    return data


def _passing(name: str, reference: bool) -> Op:
    """Exit, NextIteration and their forms for references."""
    kind = "Ref(T)" if reference else "T"
    return op(
        f"{name}(data: {kind}) -> output: {kind}", T=ANY, source=SOURCE, views=True, shape=same
    )(_pass)


for _name in ("Exit", "NextIteration"):
    _passing(_name, False)
    _passing(f"Ref{_name}", True)


def _entered(data: Spec, is_constant: bool) -> Shape:
    # The next value of a loop variable may have another shape.
    return data.shape if is_constant else None


@op("Enter(data: T) -> output: T", T=ANY, source=SOURCE, views=True, shape=_entered)
def enter(
    data: Any, *, frame_name: str, is_constant: bool = False, parallel_iterations: int = 10
) -> Any:
    """`data` as the first value of a loop variable, or as a constant of the loop."""
    return data


@op("RefEnter(data: Ref(T)) -> output: Ref(T)", T=ANY, source=SOURCE, views=True, shape=same)
def ref_enter(
    data: Any, *, frame_name: str, is_constant: bool = False, parallel_iterations: int = 10
) -> Any:
    """`Enter` of a reference."""
    return data


def _scalar_only(input: Spec) -> Shape:
    if input.shape:
        raise InvalidArgumentError(f"input must be a scalar, not of shape {list(input.shape)}")
    return ()


@op("LoopCond(input: bool) -> output: bool", source=SOURCE, views=True, shape=_scalar_only)
def loop_cond(input: Array) -> Array:
    """Whether the loop goes on.

    Raises: InvalidArgumentError if `input` is not a scalar.
    """
    require_scalar(input, "input")
    return input


@op("NoOp()", source="core/kernels/no_op.cc", shape=nothing)
def no_op() -> tuple[()]:
    """Nothing; other nodes wait for it, or it waits for them."""
    return ()


@op("ControlTrigger()", source="core/kernels/control_flow_ops.cc", shape=nothing)
def control_trigger() -> tuple[()]:
    """Nothing; it waits for its control inputs."""
    return ()


@op(
    "RefIdentity(input: Ref(T)) -> output: Ref(T)",
    T=ANY,
    source="core/kernels/identity_op.cc",
    views=True,
    shape=same,
)
def ref_identity(input: Any) -> Any:
    """The same reference."""
    return input


# The gradient of a loop is one of the loop as a whole, see `autodiff.frames`; these are for what Enter and Exit of a frame
# without a NextIteration do, and for branches.


def _pass_on(ops: Ops, grad: Term) -> Term:
    return grad


for _name in ("Enter", "Exit", "NextIteration"):
    REGISTRY[_name].gradient(_pass_on)
    REGISTRY[f"Ref{_name}"].gradient(_pass_on)
ref_identity.gradient(_pass_on)


@switch.gradient
@ref_switch.gradient
def switch_gradient(ops: Ops, grads: list[Term]) -> tuple[Term, None]:
    # The zeros of a side without a gradient are made of that side, so they are alive when it is.  Where a side has slices
    # TensorFlow merges slices, those of the other side being all rows; here both are whole, with the same sum.
    return ops.Merge(grads)[0], None


@merge.gradient
@ref_merge.gradient
def merge_gradient(ops: Ops, grad: Term, inputs: list[Term], value_index: Term) -> list[Term]:
    return [ops.Switch(grad, ops.Equal(value_index, i))[1] for i in range(len(inputs))]


without_gradient("LoopCond")
