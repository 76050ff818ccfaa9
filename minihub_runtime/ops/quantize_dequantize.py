"""Floats with the error of quantising them: QuantizeAndDequantize."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from minihub_runtime.dtypes import bfloat16, float_to_bfloat16, to_float
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.fake_quantization import same_shape
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import FLOATS, REGISTRY, ROUNDING, Array, op
from minihub_runtime.ops.sparse import with_rank
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

_RoundMode: TypeAlias = Literal["HALF_TO_EVEN", "HALF_UP"]


def _along(values: Array, rank: int, axis: int) -> Array:
    """A vector laid along one of `rank` dimensions."""
    return values.reshape([-1 if place == axis else 1 for place in range(rank)])


def _check_ranges(input: Array, low: Array, high: Array, axis: int, given: bool) -> None:
    require(axis >= -1, f"axis must be >= -1, not {axis}")
    require(axis < input.ndim, f"input must have rank > {axis} as axis says, not {input.ndim}")
    if not given:
        return
    for name, bound in (("input_min", low), ("input_max", high)):
        # Who builds the graph is told to give a scalar; where shapes are not known then, any one number will do.
        if axis == -1 and bound.size != 1:
            require_scalar(bound, name)
        if axis >= 0 and bound.shape != (input.shape[axis],):
            require(
                False,
                f"{name} must have shape [{input.shape[axis]}] like dimension {axis} of input, "
                f"not {list(bound.shape)}",
            )
    if (low > high).any():
        require(False, f"input_min must be <= input_max, not {low.tolist()} and {high.tolist()}")


def _quantize_and_dequantize(
    input: Array,
    input_min: Array,
    input_max: Array,
    signed_input: bool,
    num_bits: int,
    range_given: bool,
    round_mode: str,
    narrow_range: bool,
    axis: int,
) -> Array:
    """`input` rounded to multiples of a step that keeps zero and fits the range into `num_bits`."""
    fewest = 2 if signed_input and narrow_range else 1
    if not fewest <= num_bits < (62 if signed_input else 63):
        require(
            False,
            f"num_bits must lie in [{fewest}, {62 if signed_input else 63}), not {num_bits}",
        )
    narrow = to_float(input)
    low, high = to_float(input_min), to_float(input_max)
    _check_ranges(input, low, high, axis, range_given)
    kind = narrow.dtype.type
    if not narrow.size:
        return input.copy()
    if range_given:
        low, high = low.reshape(-1), high.reshape(-1)
    else:
        axes = tuple(place for place in range(narrow.ndim) if place != axis)
        low, high = (np.asarray(bound(axis=axes)).reshape(-1) for bound in (narrow.min, narrow.max))
    first, last = 0, (1 << num_bits) - 1
    if signed_input:
        first, last = -(1 << (num_bits - 1)) + int(narrow_range), (1 << (num_bits - 1)) - 1
    with np.errstate(all="ignore"):
        lowest, highest = kind(first), kind(last)
        largest = np.finfo(kind).max
        from_low = np.where(lowest * low > 0, lowest / low, largest)
        from_high = np.where(highest * high > 0, highest / high, largest)
        by_low = from_low < from_high
        scale = np.where(by_low, from_low, from_high)
        inverse = np.where(by_low, low / lowest, high / highest)
        bottom = np.where(by_low, low, lowest * inverse)
        top = np.where(by_low, highest * inverse, high)
        scale, inverse, bottom, top = (
            _along(part.astype(kind, copy=False), narrow.ndim, axis) if axis >= 0 else part[0]
            for part in (scale, inverse, bottom, top)
        )
        if range_given:
            narrow = np.maximum(np.minimum(narrow, top), bottom)
        steps = narrow * scale
        steps = np.rint(steps) if round_mode == "HALF_TO_EVEN" else np.floor(steps + kind(0.5))
        result = np.asarray(steps * inverse)
    return float_to_bfloat16(result) if input.dtype == bfloat16.numpy else result


@op(
    "QuantizeAndDequantizeV2(input: T, input_min: T, input_max: T) -> output: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/quantize_and_dequantize_op.h",
)
def quantize_and_dequantize_v2(
    input: Array,
    input_min: Array,
    input_max: Array,
    *,
    signed_input: bool = True,
    num_bits: int = 8,
    range_given: bool = False,
    round_mode: _RoundMode = "HALF_TO_EVEN",
    narrow_range: bool = False,
    axis: int = -1,
) -> Array:
    """`input` with the error that quantising it to `num_bits` would bring.

    The range is that of `input` or, with `range_given`, the one given, to which `input` is clamped; with an axis
    each place along it has its own.
    """
    return _quantize_and_dequantize(
        input,
        input_min,
        input_max,
        signed_input,
        num_bits,
        range_given,
        round_mode,
        narrow_range,
        axis,
    )


@quantize_and_dequantize_v2.shape
def quantize_and_dequantize_v2_shape(
    input: Spec, input_min: Spec, input_max: Spec, axis: int
) -> Shape:
    """The shape of `input`."""
    require(axis >= -1, f"axis must be >= -1, not {axis}")
    bounds = merge(input_min.shape, input_max.shape)
    if axis == -1:
        with_rank(Spec(input_min.dtype, bounds), 0, "input_min")
    if input.shape is None or axis == -1:
        return input.shape
    require(axis < len(input.shape), f"input must have rank > {axis}, not {len(input.shape)}")
    (length,) = with_rank(Spec(input_min.dtype, bounds), 1, "input_min")
    middle = merge((length,), (input.shape[axis],)) or ()
    return (*input.shape[:axis], *middle, *input.shape[axis + 1 :])


# The fourth version is the second with a gradient.
op(
    "QuantizeAndDequantizeV4(input: T, input_min: T, input_max: T) -> output: T",
    T=FLOATS,
    like=quantize_and_dequantize_v2,
)(quantize_and_dequantize_v2.kernel)


@op(
    "QuantizeAndDequantizeV3(input: T, input_min: T, input_max: T, num_bits: int32) -> output: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/quantize_and_dequantize_op.h",
)
def quantize_and_dequantize_v3(
    input: Array,
    input_min: Array,
    input_max: Array,
    num_bits: Array,
    *,
    signed_input: bool = True,
    range_given: bool = True,
    narrow_range: bool = False,
    axis: int = -1,
) -> Array:
    """As QuantizeAndDequantizeV2, with `num_bits` as a tensor and halves rounded to even."""
    require_scalar(num_bits, "num_bits")
    return _quantize_and_dequantize(
        input,
        input_min,
        input_max,
        signed_input,
        int(num_bits),
        range_given,
        "HALF_TO_EVEN",
        narrow_range,
        axis,
    )


@quantize_and_dequantize_v3.shape
def quantize_and_dequantize_v3_shape(
    input: Spec, input_min: Spec, input_max: Spec, num_bits: Spec, axis: int
) -> Shape:
    """The shape of `input`."""
    with_rank(num_bits, 0, "num_bits")
    return quantize_and_dequantize_v2_shape(input, input_min, input_max, axis)


@op(
    "QuantizeAndDequantizeV4Grad(gradients: T, input: T, input_min: T, input_max: T) "
    "-> input_backprop: T, input_min_backprop: T, input_max_backprop: T",
    T=FLOATS,
    source="core/kernels/quantize_and_dequantize_op.h",
)
def quantize_and_dequantize_v4_grad(
    gradients: Array, input: Array, input_min: Array, input_max: Array, *, axis: int = -1
) -> tuple[Array, Array, Array]:
    """`gradients` where the input lies in the range, else zero; zeros for the range."""
    same_shape(gradients, input)
    require(-1 <= axis < input.ndim, f"axis must lie in [-1, {input.ndim}), not {axis}")
    if axis == -1:
        require_scalar(input_min, "input_min")
        require_scalar(input_max, "input_max")
    low, high = to_float(input_min), to_float(input_max)
    if axis >= 0:
        for name, bound in (("input_min", low), ("input_max", high)):
            require_rank(bound, 1, name)
            if len(bound) != input.shape[axis]:
                require(False, f"{name} must have {input.shape[axis]} elements, not {len(bound)}")
        low, high = _along(low, input.ndim, axis), _along(high, input.ndim, axis)
    values = to_float(input)
    inside = (values >= low) & (values <= high)
    with np.errstate(invalid="ignore"):
        result = np.asarray(to_float(gradients) * inside.astype(values.dtype))
    if input.dtype == bfloat16.numpy:
        result = float_to_bfloat16(result)
    return result, np.zeros_like(input_min), np.zeros_like(input_max)


@quantize_and_dequantize_v4_grad.shape
def quantize_and_dequantize_v4_grad_shape(
    gradients: Spec, input: Spec, input_min: Spec, input_max: Spec, axis: int
) -> list[Shape]:
    """The shapes of the input and of the range."""
    shape = merge(gradients.shape, input.shape)
    bounds = merge(input_min.shape, input_max.shape)
    if axis == -1:
        bounds = merge(bounds, ())
    else:
        require(axis >= -1, f"axis must be >= -1, not {axis}")
        require(shape is None or axis < len(shape), f"axis must be < {len(shape or ())}")
        bounds = merge(bounds, (None if shape is None else shape[axis],))
    return [shape, bounds, bounds]


@quantize_and_dequantize_v2.gradient
def quantize_and_dequantize_v2_gradient(ops: Ops, grad: Term) -> tuple[Term, None, None]:
    return grad, None, None


@quantize_and_dequantize_v3.gradient
def quantize_and_dequantize_v3_gradient(ops: Ops, grad: Term) -> tuple[Term, None, None, None]:
    return grad, None, None, None


@REGISTRY["QuantizeAndDequantizeV4"].gradient
def quantize_and_dequantize_v4_gradient(
    ops: Ops, grad: Term, input: Term, input_min: Term, input_max: Term, axis: int
) -> tuple[Term, Term, Term]:
    found: tuple[Term, Term, Term] = ops.QuantizeAndDequantizeV4Grad(
        grad, input, input_min, input_max, axis=axis
    )
    return found


@quantize_and_dequantize_v4_grad.gradient
def quantize_and_dequantize_v4_grad_gradient(
    ops: Ops, grad: Term, input: Term, input_min: Term, input_max: Term, axis: int
) -> tuple[Term, None, None, None]:
    # It is linear in the gradients.  TensorFlow registers a rule too, which fails whenever it is called.
    passed, _, _ = ops.QuantizeAndDequantizeV4Grad(grad, input, input_min, input_max, axis=axis)
    return passed, None, None, None
