"""Floats rounded to the values that a quantised type could hold."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term
from minihub_runtime.ops.registry import ROUNDING, Array, op
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.ops.sparse import with_rank
from minihub_runtime.shapes import Shape, Spec, merge

__all__ = ["same_shape"]

_ARGS = "core/kernels/fake_quant_ops.cc"
_Levels: TypeAlias = tuple[np.float32, np.float32]


def _levels(num_bits: int, narrow_range: bool) -> _Levels:
    if not 2 <= num_bits <= 16:
        require(False, f"num_bits must lie in [2, 16], not {num_bits}")
    return np.float32(1 if narrow_range else 0), np.float32((1 << num_bits) - 1)


def _nudged(low: Any, high: Any, levels: _Levels) -> tuple[Any, Any, Any]:
    """A range moved so that zero is one of its steps, and the size of a step."""
    first, last = levels
    scale = (high - low) / (last - first)
    zero = np.clip(first - low / scale, first, last)
    zero = np.floor(zero + np.float32(0.5))
    return (first - zero) * scale, (last - zero) * scale, scale


def _inverse(low: Any, high: Any, levels: _Levels) -> Any:
    return (levels[1] - levels[0]) / (high - low)


def _fake_quantized(
    inputs: Array, low: Any, high: Any, levels: _Levels, by_division: bool
) -> Array:
    bottom, top, scale = _nudged(low, high, levels)
    inverse = _inverse(low, high, levels)
    zero = np.floor(-bottom * inverse + np.float32(0.5))
    shifted = np.asarray(np.maximum(np.minimum(inputs, top), bottom))
    shifted -= bottom
    if by_division:
        shifted /= scale
    else:
        shifted *= inverse
    shifted -= zero
    shifted += np.float32(0.5)
    np.floor(shifted, out=shifted)
    shifted *= scale
    return shifted


def _check_args(low: float, high: float) -> tuple[np.float32, np.float32]:
    require(low < high, f"min must be smaller than max, not {low} and {high}")
    return np.float32(low), np.float32(high)


@op(
    "FakeQuantWithMinMaxArgs(inputs: float32) -> outputs: float32",
    precision=ROUNDING,
    source=_ARGS,
    shape=same,
)
def fake_quant_with_min_max_args(
    inputs: Array,
    *,
    min: float = -6.0,
    max: float = 6.0,
    num_bits: int = 8,
    narrow_range: bool = False,
) -> Array:
    """`inputs` clamped to [min, max] and rounded to one of 2^num_bits steps, of which one is zero."""
    low, high = _check_args(min, max)
    with np.errstate(all="ignore"):
        return np.asarray(
            _fake_quantized(inputs, low, high, _levels(num_bits, narrow_range), False)
        )


@op(
    "FakeQuantWithMinMaxArgsGradient(gradients: float32, inputs: float32) -> backprops: float32",
    precision=ROUNDING,
    source=_ARGS,
    shape=same,
)
def fake_quant_with_min_max_args_gradient(
    gradients: Array,
    inputs: Array,
    *,
    min: float = -6.0,
    max: float = 6.0,
    num_bits: int = 8,
    narrow_range: bool = False,
) -> Array:
    """`gradients` where the input was not clamped, else zero."""
    low, high = _check_args(min, max)
    same_shape(gradients, inputs)
    with np.errstate(all="ignore"):
        bottom, top, _ = _nudged(low, high, _levels(num_bits, narrow_range))
        return np.asarray(gradients * ((inputs >= bottom) & (inputs <= top)).astype(np.float32))


def same_shape(gradients: Array, inputs: Array) -> None:
    """Raise unless gradients and inputs have one shape."""
    if gradients.shape != inputs.shape:
        require(
            False,
            f"gradients must have the shape of inputs {list(inputs.shape)}, "
            f"not {list(gradients.shape)}",
        )


@op(
    "FakeQuantWithMinMaxVars(inputs: float32, min: float32, max: float32) -> outputs: float32",
    precision=ROUNDING,
    source=_ARGS,
)
def fake_quant_with_min_max_vars(
    inputs: Array, min: Array, max: Array, *, num_bits: int = 8, narrow_range: bool = False
) -> Array:
    """As FakeQuantWithMinMaxArgs, with the range as tensors; zeros if both are zero."""
    require_scalar(min, "min")
    require_scalar(max, "max")
    levels = _levels(num_bits, narrow_range)
    low, high = min[()], max[()]
    if low == 0 and high == 0:
        return np.zeros_like(inputs)
    with np.errstate(all="ignore"):
        return np.asarray(_fake_quantized(inputs, low, high, levels, True))


@fake_quant_with_min_max_vars.shape
def fake_quant_with_min_max_vars_shape(inputs: Spec, min: Spec, max: Spec) -> Shape:
    """The shape of `inputs`."""
    with_rank(min, 0, "min")
    with_rank(max, 0, "max")
    return inputs.shape


@op(
    "FakeQuantWithMinMaxVarsGradient(gradients: float32, inputs: float32, min: float32, "
    "max: float32) -> backprops_wrt_input: float32, backprop_wrt_min: float32, "
    "backprop_wrt_max: float32",
    precision=ROUNDING,
    views=True,
    source=_ARGS,
)
def fake_quant_with_min_max_vars_gradient(
    gradients: Array,
    inputs: Array,
    min: Array,
    max: Array,
    *,
    num_bits: int = 8,
    narrow_range: bool = False,
) -> tuple[Array, Array, Array]:
    """Gradients of inputs, min and max: those inside, below and above the range."""
    same_shape(gradients, inputs)
    require_scalar(min, "min")
    require_scalar(max, "max")
    levels = _levels(num_bits, narrow_range)
    low, high = min[()], max[()]
    if low == 0 and high == 0:
        return gradients, np.zeros((), np.float32), np.zeros((), np.float32)
    axes = tuple(range(inputs.ndim))
    return _parted_gradients(gradients, inputs, low, high, levels, axes)


def _parted_gradients(
    gradients: Array, inputs: Array, low: Any, high: Any, levels: _Levels, axes: tuple[int, ...]
) -> tuple[Array, Array, Array]:
    with np.errstate(all="ignore"):
        bottom, top, _ = _nudged(low, high, levels)
        below, above = inputs < bottom, inputs > top
        inside = ((inputs >= bottom) & (inputs <= top)).astype(np.float32)
        parts = (
            gradients * inside,
            (gradients * below.astype(np.float32)).sum(axis=axes),
            (gradients * above.astype(np.float32)).sum(axis=axes),
        )
    return np.asarray(parts[0]), np.asarray(parts[1]), np.asarray(parts[2])


@fake_quant_with_min_max_vars_gradient.shape
def fake_quant_with_min_max_vars_gradient_shape(
    gradients: Spec, inputs: Spec, min: Spec, max: Spec
) -> list[Shape]:
    """The shape of the inputs, and scalars."""
    with_rank(min, 0, "min")
    with_rank(max, 0, "max")
    return [merge(gradients.shape, inputs.shape), (), ()]


def _channels(inputs: Array, min: Array, max: Array) -> None:
    require(inputs.ndim >= 1, "inputs must have rank >= 1, not 0")
    for name, given in (("min", min), ("max", max)):
        if given.shape != inputs.shape[-1:]:
            require(
                False,
                f"{name} must have shape {list(inputs.shape[-1:])} like the last dimension of "
                f"inputs, not {list(given.shape)}",
            )


@op(
    "FakeQuantWithMinMaxVarsPerChannel(inputs: float32, min: float32, max: float32) "
    "-> outputs: float32",
    precision=ROUNDING,
    source=_ARGS,
)
def fake_quant_with_min_max_vars_per_channel(
    inputs: Array, min: Array, max: Array, *, num_bits: int = 8, narrow_range: bool = False
) -> Array:
    """As FakeQuantWithMinMaxVars, with a range for each place of the last dimension."""
    levels = _levels(num_bits, narrow_range)
    _channels(inputs, min, max)
    with np.errstate(all="ignore"):
        result = _fake_quantized(inputs, min, max, levels, False)
    result[..., (min == 0) & (max == 0)] = 0
    return result


@fake_quant_with_min_max_vars_per_channel.shape
def fake_quant_with_min_max_vars_per_channel_shape(inputs: Spec, min: Spec, max: Spec) -> Shape:
    """The shape of `inputs` with the length of the ranges."""
    (length,) = merge(with_rank(min, 1, "min"), with_rank(max, 1, "max")) or (None,)
    if inputs.shape is None:
        return None
    require(inputs.shape != (), "inputs must have rank >= 1, not 0")
    last = merge(inputs.shape[-1:], (length,)) or ()
    return (*inputs.shape[:-1], *last)


@op(
    "FakeQuantWithMinMaxVarsPerChannelGradient(gradients: float32, inputs: float32, "
    "min: float32, max: float32) -> backprops_wrt_input: float32, backprop_wrt_min: float32, "
    "backprop_wrt_max: float32",
    precision=ROUNDING,
    source=_ARGS,
)
def fake_quant_with_min_max_vars_per_channel_gradient(
    gradients: Array,
    inputs: Array,
    min: Array,
    max: Array,
    *,
    num_bits: int = 8,
    narrow_range: bool = False,
) -> tuple[Array, Array, Array]:
    """As FakeQuantWithMinMaxVarsGradient, with a range for each place of the last dimension."""
    levels = _levels(num_bits, narrow_range)
    same_shape(gradients, inputs)
    require(inputs.ndim in (1, 2, 4), f"inputs must have rank 1, 2 or 4, not {inputs.ndim}")
    _channels(inputs, min, max)
    axes = tuple(range(inputs.ndim - 1))
    inside, below, above = _parted_gradients(gradients, inputs, min, max, levels, axes)
    zero = (min == 0) & (max == 0)
    inside[..., zero] = gradients[..., zero]
    below[zero] = above[zero] = 0
    return inside, below, above


@fake_quant_with_min_max_vars_per_channel_gradient.shape
def fake_quant_with_min_max_vars_per_channel_gradient_shape(
    gradients: Spec, inputs: Spec, min: Spec, max: Spec
) -> list[Shape]:
    """The shape of the inputs, and of the ranges."""
    (length,) = merge(with_rank(min, 1, "min"), with_rank(max, 1, "max")) or (None,)
    whole = merge(gradients.shape, inputs.shape)
    if whole is not None:
        require(len(whole) in (1, 2, 4), f"inputs must have rank 1, 2 or 4, not {len(whole)}")
        (length,) = merge(whole[-1:], (length,)) or (None,)
        whole = (*whole[:-1], length)
    return [whole, (length,), (length,)]


@fake_quant_with_min_max_args.gradient
def fake_quant_with_min_max_args_rule(ops: Ops, grad: Term, inputs: Term, attrs: Attrs) -> Term:
    return ops.FakeQuantWithMinMaxArgsGradient(grad, inputs, **attrs)


@fake_quant_with_min_max_vars.gradient
def fake_quant_with_min_max_vars_rule(
    ops: Ops, grad: Term, inputs: Term, min: Term, max: Term, attrs: Attrs
) -> tuple[Term, Term, Term]:
    found: tuple[Term, Term, Term] = ops.FakeQuantWithMinMaxVarsGradient(
        grad, inputs, min, max, **attrs
    )
    return found


@fake_quant_with_min_max_vars_per_channel.gradient
def fake_quant_with_min_max_vars_per_channel_rule(
    ops: Ops, grad: Term, inputs: Term, min: Term, max: Term, attrs: Attrs
) -> tuple[Term, Term, Term]:
    found: tuple[Term, Term, Term] = ops.FakeQuantWithMinMaxVarsPerChannelGradient(
        grad, inputs, min, max, **attrs
    )
    return found
