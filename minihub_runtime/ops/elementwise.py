"""Arithmetic on two or more tensors, element by element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import FailedPreconditionError, InvalidArgumentError
from minihub_runtime.ops.broadcasting import elementwise, fitting, narrow, require_kernel, widen
from minihub_runtime.ops.checking import require
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
from minihub_runtime.shapes import Shape, Spec, merge, show

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

    def kernel(x: Array, y: Array, *, out: Array | None = None) -> Array:
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
mul = binary("Mul", np.multiply, ARITHMETIC, "`x * y`.", source="core/kernels/cwise_op_mul_1.cc")
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


def _power(x: Array, y: Array, out: Array | None = None) -> Any:
    if x.dtype.kind == "i" and (y < 0).any():
        raise InvalidArgumentError(
            f"exponents of integers must not be negative, found {int(y.min())}"
        )
    return np.power(x, y, out=out)


power = binary(
    "Pow",
    _power,
    types("bfloat16 float32 float16 float64 int8 int16 int32 int64 complex64 complex128"),
    "`x` to the power of `y`; a negative exponent of an integer is refused.",
    source="core/kernels/cwise_op_pow.cc",
    precision=ROUNDING,
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


@op(
    "NextAfter(x1: T, x2: T) -> output: T",
    T=types("float64 float32", default="float32"),
    source="core/kernels/cwise_op_nextafter.cc",
    shape=broadcasted,
)
def next_after(x1: Array, x2: Array) -> Array:
    """The next number after `x1` towards `x2`."""
    return elementwise(np.nextafter, x1, x2)


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
    """The sum of tensors of one shape, added in their order.

    Raises: InvalidArgumentError for different shapes; UnimplementedError for variants and quantised types.
    """
    return _total(inputs, "AddN", out)


@op(
    "AccumulateNV2(inputs: N * T) -> sum: T",
    T=NUMBERS,
    precision=ROUNDING,
    source="core/common_runtime/accumulate_n_optimizer.cc",
    shape=lambda inputs, shape: merge(shape, _merged(inputs)),
)
def accumulate_n_v2(inputs: Sequence[Array], *, shape: Shape) -> Array:
    """The sum of tensors of one shape, which the attribute `shape` states.

    Raises: InvalidArgumentError for different shapes.
    """
    total = _total(inputs, "AccumulateNV2")
    merge(shape, total.shape)
    return total


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
