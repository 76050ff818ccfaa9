"""Arithmetic on two or more tensors, element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError
from minihub_runtime.ops.broadcasting import (
    elementwise,
    fitting,
    narrow,
    require_kernel,
    settle,
    widen,
)
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.gradient_rules import Gradient, Ops, Term, conjugate, unbroadcast
from minihub_runtime.ops.registry import (
    COMPLEX,
    EXACT,
    FLOATS,
    NUMBERS,
    REALS,
    ROUNDING,
    Array,
    Op,
    Precision,
    TypeSet,
    op,
    types,
)
from minihub_runtime.ops.shape_rules import broadcasted, same
from minihub_runtime.shapes import Shape, Spec, compatible, merge, show

__all__ = ["ARITHMETIC", "INEXACT", "binary"]

#: The types of sums and products.
ARITHMETIC = types(
    "bfloat16 float16 float32 float64 uint8 int8 uint16 int16 int32 int64 complex64 complex128 "
    "uint32 uint64"
)
#: The types that are not integers.
INEXACT = types("bfloat16 float16 float32 float64 complex64 complex128")


def binary(
    name: str,
    function: Callable[..., Any],
    kinds: TypeSet,
    doc: str,
    *,
    source: str,
    precision: Precision = EXACT,
    wide: bool = False,
    numpy_kinds: str | None = None,
) -> Op:
    """Register an op of two tensors that broadcast."""
    plain = isinstance(function, np.ufunc) and not wide and numpy_kinds is None

    def kernel(x: Array, y: Array, *, out: Array | None = None) -> Array:
        if plain and out is None and x.shape == y.shape and x.dtype.names is None:
            value = function(x, y)
            return value if type(value) is np.ndarray else settle(value, x.dtype)
        if numpy_kinds is not None:
            require_kernel(x.dtype, numpy_kinds, name)
        return elementwise(function, x, y, out=out, wide=wide)

    kernel.__doc__ = doc
    return op(
        f"{name}(x: T, y: T) -> z: T",
        T=kinds,
        source=source,
        precision=precision,
        shape=broadcasted,
    )(kernel)


add = binary(
    "Add",
    np.add,
    types(
        "bfloat16 float16 float32 float64 uint8 int8 int16 int32 int64 complex64 complex128 string"
    ),
    "`x + y`; strings are joined.",
    source="core/kernels/cwise_op_add_1.cc",
)
add_v2 = binary("AddV2", np.add, ARITHMETIC, "`x + y`.", source="core/kernels/cwise_op_add_1.cc")
sub = binary("Sub", np.subtract, ARITHMETIC, "`x - y`.", source="core/kernels/cwise_op_sub.cc")


@add.gradient
@add_v2.gradient
def add_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    return unbroadcast(ops, x, y, grad, grad)


@sub.gradient
def sub_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    return unbroadcast(ops, x, y, grad, -grad)


mul = binary("Mul", np.multiply, ARITHMETIC, "`x * y`.", source="core/kernels/cwise_op_mul_1.cc")


@mul.gradient
def mul_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    return unbroadcast(ops, x, y, grad * conjugate(ops, y), conjugate(ops, x) * grad)


maximum = binary(
    "Maximum",
    np.maximum,
    REALS,
    "The larger of `x` and `y`; NaN if either is.",
    source="core/kernels/cwise_op_maximum.cc",
)
minimum = binary(
    "Minimum",
    np.minimum,
    REALS,
    "The smaller of `x` and `y`; NaN if either is.",
    source="core/kernels/cwise_op_minimum.cc",
)


@maximum.gradient
def maximum_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    return _where(ops, ops.GreaterEqual(x, y), grad, x, y)


@minimum.gradient
def minimum_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    return _where(ops, ops.LessEqual(x, y), grad, x, y)


def _where(ops: Ops, first: Term, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    """`grad` goes to `x` where `first` is true, else to `y`."""
    zeros = ops.ZerosLike(grad)
    gx, gy = ops.SelectV2(first, grad, zeros), ops.SelectV2(first, zeros, grad)
    return unbroadcast(ops, x, y, gx, gy)


#: So few powers take no longer than what spares time for many.
FEW = 64


def _whole_power(x: Array, y: Array, out: Array | None) -> Any:
    """Powers of many numbers whose exponent is one integer.

    Where vectors of NumPy's power have a negative base, it takes fifty times as long.
    """
    if y == 2:
        return np.square(x, out=out)
    if not (x < 0).any():
        return np.power(x, y, out=out)
    if y % 2 == 0:
        return np.power(np.abs(x), y, out=out)
    found = np.power(np.abs(x), y)
    return np.copysign(found, x, out=found if out is None else out)


def _root(x: Array, y: Array, out: Array | None) -> Any:
    """Powers whose exponent is 0.5 or -0.5, as roots: of -0 as well, and NaN of -infinity.

    Source: tensorflow/core/grappler/optimizers/arithmetic_optimizer.cc (ConvertPowStage).
    """
    if y > 0:
        return np.sqrt(x, out=out)
    # Half precision is rounded once.
    root = np.sqrt(x, dtype=np.float32 if x.dtype == np.float16 else None)
    return np.reciprocal(root).astype(x.dtype) if out is None else np.divide(1, root, out=out)


def _power(x: Array, y: Array, out: Array | None = None) -> Any:
    if x.dtype.kind == "i" and (y < 0).any():
        raise InvalidArgumentError(
            f"exponents of integers must not be negative, found {int(y.min())}"
        )
    if x.dtype.kind == "f" and y.ndim == 0 and y % 1 == 0 and x.size > FEW:
        return _whole_power(x, y, out)
    if x.dtype.kind == "f" and y.ndim == 0 and abs(y) == 0.5:
        return _root(x, y, out)
    return np.power(x, y, out=out)


power = binary(
    "Pow",
    _power,
    types("bfloat16 float32 float16 float64 int8 int16 int32 int64 complex64 complex128"),
    """`x` to the power of `y`; a negative exponent of an integer is refused.

    Differs: a scalar 0.5 or -0.5 stands for a root wherever it comes from; in TensorFlow, if it is a constant.  They differ for
    -infinity and -0.
    """,
    source="core/kernels/cwise_op_pow.cc",
    precision=ROUNDING,
)


@power.gradient
def power_gradient(ops: Ops, grad: Term, x: Term, y: Term, z: Term) -> tuple[Gradient, Gradient]:
    cx, cy = conjugate(ops, x), conjugate(ops, y)
    # A real base that is not positive has no logarithm, so the exponent gets no gradient there.
    smooth = ops.NotEqual(cx, 0) if x.dtype.is_complex else ops.Greater(cx, 0)
    safe = ops.Select(smooth, cx, ops.OnesLike(x))
    logarithm = ops.Select(smooth, ops.Log(safe), ops.ZerosLike(x))
    return unbroadcast(
        ops, x, y, grad * cy * ops.Pow(cx, cy - 1), grad * conjugate(ops, z) * logarithm
    )


@op(
    "SquaredDifference(x: T, y: T) -> z: T",
    T=types("bfloat16 float16 float32 float64 int32 int64 complex64 complex128"),
    source="core/kernels/cwise_op_squared_difference.cc",
    shape=broadcasted,
)
def squared_difference(x: Array, y: Array, *, out: Array | None = None) -> Array:
    """`(x - y) * conj(x - y)`, the difference rounded to its type first."""
    difference = elementwise(np.subtract, x, y, out=out)
    if difference.dtype.kind == "c":
        return elementwise(np.multiply, difference, np.conj(difference))
    return elementwise(np.multiply, difference, difference, out=difference)


@squared_difference.gradient
def squared_difference_gradient(
    ops: Ops, grad: Term, x: Term, y: Term
) -> tuple[Gradient, Gradient]:
    # TensorFlow's rule, which does not take the conjugate of a complex difference.
    gx = 2.0 * grad * (x - y)
    return unbroadcast(ops, x, y, gx, -gx)


@op(
    "Atan2(y: T, x: T) -> z: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/cwise_op_atan2.cc",
    shape=broadcasted,
)
def atan2(y: Array, x: Array, *, out: Array | None = None) -> Array:
    """The angle of the point (x, y), in (-pi, pi]."""
    return elementwise(np.arctan2, y, x, out=out)


@atan2.gradient
def atan2_gradient(ops: Ops, grad: Term, y: Term, x: Term) -> tuple[Gradient, Gradient]:
    scaled = grad / (ops.Square(y) + ops.Square(x))
    return unbroadcast(ops, y, x, x * scaled, -y * scaled)


@op(
    "NextAfter(x1: T, x2: T) -> output: T",
    T=types("float64 float32", default="float32"),
    source="core/kernels/cwise_op_nextafter.cc",
    shape=broadcasted,
)
def next_after(x1: Array, x2: Array) -> Array:
    """The next number after `x1` towards `x2`."""
    return elementwise(np.nextafter, x1, x2)


@next_after.gradient
def next_after_gradient(ops: Ops, grad: Term, x1: Term, x2: Term) -> tuple[Gradient, Gradient]:
    return unbroadcast(ops, x1, x2, grad, ops.ZerosLike(grad))


def _total(inputs: Sequence[Array], name: str, out: Array | None = None) -> Array:
    first = inputs[0]
    require_kernel(first.dtype, "iufc", name)
    for other in inputs[1:]:
        if other.shape != first.shape:
            raise InvalidArgumentError(
                f"{name}: inputs must have one shape, not {show(first.shape)} and {show(other.shape)}"
            )
    if len(inputs) == 1:
        return first.copy()
    # TensorFlow adds the first few, then eight at a time, and each eight to the sum so far.
    start = len(inputs) % 8
    start = start + 8 if start < 2 else start
    # Only the first two inputs have been read when `out` is written.
    if out is not None and any(np.may_share_memory(out, x) for x in inputs[2:]):
        out = None
    total = _added(inputs[:start], out)
    for place in range(start, len(inputs), 8):
        total = elementwise(np.add, total, _added(inputs[place : place + 8]), out=total)
    return total


def _added(inputs: Sequence[Array], out: Array | None = None) -> Array:
    total = elementwise(np.add, inputs[0], inputs[1], out=out)
    for other in inputs[2:]:
        total = elementwise(np.add, total, other, out=total)
    return total


def _merged(inputs: list[Spec]) -> Shape:
    shape: Shape = None
    for spec in inputs:
        shape = merge(shape, spec.shape)
    return shape


@op(
    "AddN(inputs: N * T) -> sum: T",
    T=types(
        "float32 float64 int32 uint8 int16 int8 complex64 int64 qint8 quint8 qint32 bfloat16 qint16 "
        "quint16 uint16 complex128 float16 uint32 uint64 variant"
    ),
    source="core/kernels/aggregate_ops.h",
    shape=_merged,
)
def add_n(inputs: Sequence[Array], *, out: Array | None = None) -> Array:
    """The sum of tensors of one shape, added in their order; variants are summed as what they hold.

    Raises: InvalidArgumentError for different shapes; UnimplementedError for quantised types.
    """
    if inputs[0].dtype == object:
        return _sum_of_variants(inputs)
    return _total(inputs, "AddN", out)


def _sum_of_variants(inputs: Sequence[Array]) -> Array:
    """Scalars, each of which holds something that can be added to its like."""
    total = inputs[0].item()
    for other in inputs[1:]:
        require(other.shape == (), f"variants must be scalars, not of shape {show(other.shape)}")
        if not hasattr(total, "plus"):
            raise InvalidArgumentError(f"{type(total).__name__} must be something that adds")
        total = total.plus(other.item())
    result = np.empty((), dtype=object)
    result[()] = total
    return result


@add_n.gradient
def add_n_gradient(ops: Ops, grad: Term, inputs: list[Term]) -> list[Term]:
    return [grad] * len(inputs)


def _accumulated_shape(inputs: list[Spec], shape: Shape) -> Shape:
    found = _merged(inputs)
    return merge(shape, found) if compatible(shape, found) else found


@op(
    "AccumulateNV2(inputs: N * T) -> sum: T",
    T=NUMBERS,
    precision=ROUNDING,
    source="core/common_runtime/accumulate_n_optimizer.cc",
    shape=_accumulated_shape,
)
def accumulate_n_v2(inputs: Sequence[Array], *, shape: Shape) -> Array:
    """The sum of tensors of one shape; as in TensorFlow, the attribute `shape` may state another.

    Raises: InvalidArgumentError for different shapes.
    Differs: where the shapes of the inputs are known and `shape` is another, it is not the static shape.
    """
    return _total(inputs, "AccumulateNV2")


@accumulate_n_v2.gradient
def accumulate_n_v2_gradient(ops: Ops, grad: Term, inputs: list[Term]) -> list[Term]:
    return [grad] * len(inputs)


@op(
    "ClipByValue(t: T, clip_value_min: T, clip_value_max: T) -> output: T",
    T=NUMBERS,
    source="core/kernels/cwise_op_clip.cc",
    shape=same,
)
def clip_by_value(
    t: Array, clip_value_min: Array, clip_value_max: Array, *, out: Array | None = None
) -> Array:
    """`t` limited to [clip_value_min, clip_value_max]; the lower limit wins where they cross, NaN stays.

    Raises: InvalidArgumentError unless each limit is a scalar or of the shape of `t`.
    """
    require_kernel(t.dtype, "iuf", "ClipByValue")
    for limit in (clip_value_min, clip_value_max):
        if limit.shape not in ((), t.shape):
            raise InvalidArgumentError(
                f"clip limits must be scalars or of shape {show(t.shape)}, not {show(limit.shape)}"
            )
    if t.dtype.names is not None:
        low, high = widen(clip_value_min), widen(clip_value_max)
        return narrow(np.maximum(np.minimum(widen(t), high), low), t.dtype)
    capped = np.minimum(t, clip_value_max, out=fitting(out, t.shape, t.dtype))
    if type(capped) is np.ndarray:
        return np.maximum(capped, clip_value_min, out=capped)
    return np.asarray(np.maximum(capped, clip_value_min))


@clip_by_value.gradient
def clip_by_value_gradient(
    ops: Ops, grad: Term, t: Term, clip_value_min: Term, clip_value_max: Term
) -> tuple[Gradient, Gradient, Gradient]:
    zeros = ops.ZerosLike(grad)
    below, above = ops.Less(t, clip_value_min), ops.Greater(t, clip_value_max)
    inside = ops.SelectV2(ops.LogicalOr(below, above), zeros, grad)
    gt, low = unbroadcast(ops, t, clip_value_min, inside, ops.SelectV2(below, grad, zeros))
    _, high = unbroadcast(ops, t, clip_value_max, None, ops.SelectV2(above, grad, zeros))
    return gt, low, high


def _cross_shape(a: Spec, b: Spec) -> Shape:
    shape = merge(a.shape, b.shape)
    if shape is not None:
        require(len(shape) >= 1, "a must have rank >= 1, not 0")
        require(shape[-1] in (3, None), f"the last dimension must be 3, not {shape[-1]}")
        shape = (*shape[:-1], 3)
    return shape


@op(
    "Cross(a: T, b: T) -> product: T",
    T=REALS,
    precision=ROUNDING,
    source="core/kernels/cross_op.cc",
    shape=_cross_shape,
)
def cross(a: Array, b: Array) -> Array:
    """Vector products of the 3-vectors along the last axis.

    Raises: InvalidArgumentError for different shapes; FailedPreconditionError for vectors of another length.
    """
    require(a.shape == b.shape, f"a and b must have one shape, not {a.shape} and {b.shape}")
    require(a.ndim >= 1, "a must have rank >= 1, not 0")
    if a.shape[-1] != 3:
        raise FailedPreconditionError(f"the last dimension must be 3, not {a.shape[-1]}")
    x, y = widen(a), widen(b)
    with np.errstate(all="ignore"):
        product = x[..., [1, 2, 0]] * y[..., [2, 0, 1]] - x[..., [2, 0, 1]] * y[..., [1, 2, 0]]
        return narrow(product, a.dtype)


@cross.gradient
def cross_gradient(ops: Ops, grad: Term, a: Term, b: Term) -> tuple[Term, Term]:
    return ops.Cross(b, grad), ops.Cross(grad, a)


@op(
    "Complex(real: T, imag: T) -> out: Tout",
    T=types("float32 float64", default="float32"),
    Tout=COMPLEX.default_to("complex64"),
    source="core/kernels/cwise_op_complex.cc",
    shape=broadcasted,
)
def complex_number(real: Array, imag: Array, *, Tout: DType) -> Array:
    """`real + i * imag`.

    Raises: InvalidArgumentError unless `Tout` is the complex type of the parts' type.
    """
    if Tout.real_dtype.numpy != real.dtype:
        wanted = dtypes.complex64 if real.dtype == np.float32 else dtypes.complex128
        raise InvalidArgumentError(f"Tout must be {wanted.name}, not {Tout.name}")
    try:
        shape = np.broadcast_shapes(real.shape, imag.shape)
    except ValueError as error:
        raise InvalidArgumentError(
            f"shapes must broadcast, not {show(real.shape)} and {show(imag.shape)}"
        ) from error
    result = np.empty(shape, dtype=Tout.numpy)
    result.real = real
    result.imag = imag
    return result


@complex_number.gradient
def complex_number_gradient(
    ops: Ops, grad: Term, real: Term, imag: Term
) -> tuple[Gradient, Gradient]:
    parts = ops.Real(grad, Tout=real.dtype), ops.Imag(grad, Tout=real.dtype)
    return unbroadcast(ops, real, imag, *parts)
