"""Quotients and remainders, and products that zeros decide."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.broadcasting import elementwise, require_kernel
from minihub_runtime.ops.elementwise import ARITHMETIC, INEXACT, binary
from minihub_runtime.ops.gradient_rules import Gradient, Ops, Term, conjugate, unbroadcast
from minihub_runtime.ops.registry import REALS, ROUNDING, Array, op, types, without_gradient
from minihub_runtime.ops.shape_rules import broadcasted

__all__: list[str] = []

_NO_NAN = types("float16 float32 bfloat16 float64 complex64 complex128")


def _require_divisors(x: Array, y: Array) -> None:
    # Nothing is divided where there is nothing to divide.
    if x.size and not y.all():
        raise InvalidArgumentError("integer divisors must not be zero, found 0")


def _truncate_divide(x: Array, y: Array, out: Array | None = None) -> Any:
    """The integer quotient rounded to zero, as in C."""
    _require_divisors(x, y)
    if x.dtype.kind == "u":
        return np.floor_divide(x, y, out=out)
    # What is left after the remainder divides evenly, so that rounding down changes nothing.
    return np.floor_divide(x - np.fmod(x, y), y, out=out)


def _floor_divide(x: Array, y: Array, out: Array | None = None) -> Any:
    _require_divisors(x, y)
    return np.floor_divide(x, y, out=out)


def _floor_mod(x: Array, y: Array, out: Array | None = None) -> Any:
    """The remainder with the sign of `y`; a zero keeps the sign of `x`, unlike np.mod's."""
    if x.dtype.kind in "iu":
        _require_divisors(x, y)
        return np.mod(x, y, out=out)
    rest = np.asarray(np.fmod(x, y, out=None))
    np.add(rest, y, out=rest, where=(rest != 0) & ((y < 0) != (rest < 0)))
    return rest


def _truncate_mod(x: Array, y: Array, out: Array | None = None) -> Any:
    if x.dtype.kind in "iu":
        _require_divisors(x, y)
    return np.fmod(x, y, out=out)


def _divide(x: Array, y: Array, out: Array | None = None) -> Any:
    return (_truncate_divide if x.dtype.kind in "iu" else np.divide)(x, y, out=out)


real_div = binary(
    "RealDiv",
    np.divide,
    ARITHMETIC,
    "`x / y` of real or complex numbers.",
    source="core/kernels/cwise_op_div.cc",
    numpy_kinds="fc",
)
div = binary(
    "Div",
    _divide,
    ARITHMETIC,
    "`x / y`; integers are rounded to zero, and a zero divisor among them is refused.",
    source="core/kernels/cwise_op_div.cc",
)


def _floor_quotient(x: Array, y: Array, *, out: Array | None = None) -> Array:
    """`x / y` rounded down; an integer divisor of zero is refused.

    Reals are divided, rounded to their type, and only then rounded down.
    """
    require_kernel(x.dtype, "iuf", "FloorDiv")
    if x.dtype.kind in "iu":
        return elementwise(_floor_divide, x, y, out=out)
    quotient = elementwise(np.divide, x, y, out=out)
    return elementwise(np.floor, quotient, out=quotient)


def _truncate_quotient(x: Array, y: Array, *, out: Array | None = None) -> Array:
    """`x / y` rounded to zero; an integer divisor of zero is refused."""
    require_kernel(x.dtype, "iuf", "TruncateDiv")
    if x.dtype.kind in "iu":
        return elementwise(_truncate_divide, x, y, out=out)
    quotient = elementwise(np.divide, x, y, out=out)
    return elementwise(np.trunc, quotient, out=quotient)


floor_div = op(
    "FloorDiv(x: T, y: T) -> z: T",
    T=ARITHMETIC,
    source="core/kernels/cwise_op_floor_div.cc",
    shape=broadcasted,
)(_floor_quotient)
truncate_div = op(
    "TruncateDiv(x: T, y: T) -> z: T",
    T=ARITHMETIC,
    source="core/kernels/cwise_op_div.cc",
    shape=broadcasted,
)(_truncate_quotient)
floor_mod = binary(
    "FloorMod",
    _floor_mod,
    REALS,
    "The remainder of the division rounded down; it has the sign of `y`.",
    source="core/kernels/cwise_op_floor_mod.cc",
)
truncate_mod = binary(
    "TruncateMod",
    _truncate_mod,
    types("int32 int64 bfloat16 float16 float32 float64"),
    "The remainder of the division rounded to zero; it has the sign of `x`.",
    source="core/kernels/cwise_op_mod.cc",
)
mod = binary(
    "Mod",
    _truncate_mod,
    types("int32 int64 float16 bfloat16 float32 float64"),
    "The remainder of the division rounded to zero; it has the sign of `x`.",
    source="core/kernels/cwise_op_mod.cc",
)


def _zero_where(value: Any, condition: Any) -> Any:
    """`value` with zeros where `condition` holds."""
    result = np.asarray(value)
    np.copyto(result, 0, where=condition)
    return result


def _div_no_nan(x: Array, y: Array, out: Array | None = None) -> Any:
    if not y.ndim and y.dtype.kind == "f" and y:
        return np.divide(x, y)
    zero = y == 0
    if y.dtype.kind == "c":
        # A product that underflows makes the quotient zero as well.
        zero = zero | (x * np.conj(y) == 0)
    return _zero_where(np.divide(x, y), zero)


def _mul_no_nan(x: Array, y: Array, out: Array | None = None) -> Any:
    return _zero_where(np.multiply(x, y), y == 0)


def _xdivy(x: Array, y: Array, out: Array | None = None) -> Any:
    return _zero_where(np.divide(x, y), x == 0)


def _xlogy(x: Array, y: Array, out: Array | None = None) -> Any:
    return _zero_where(x * np.log(y), x == 0)


def _xlog1py(x: Array, y: Array, out: Array | None = None) -> Any:
    return _zero_where(x * np.log1p(y), x == 0)


div_no_nan = binary(
    "DivNoNan",
    _div_no_nan,
    _NO_NAN,
    "`x / y`, and 0 where `y` is 0.",
    source="core/kernels/cwise_op_div.cc",
)
mul_no_nan = binary(
    "MulNoNan",
    _mul_no_nan,
    INEXACT,
    "`x * y`, and 0 where `y` is 0 even if `x` is infinite or NaN.",
    source="core/kernels/cwise_op_mul_2.cc",
)
xdivy = binary(
    "Xdivy",
    _xdivy,
    INEXACT,
    "`x / y`, and 0 where `x` is 0.",
    source="core/kernels/cwise_op_xdivy.cc",
)
xlogy = binary(
    "Xlogy",
    _xlogy,
    INEXACT,
    "`x * log(y)`, and 0 where `x` is 0.",
    source="core/kernels/cwise_op_xlogy.cc",
    precision=ROUNDING,
    wide=True,
)
xlog1py = binary(
    "Xlog1py",
    _xlog1py,
    INEXACT,
    "`x * log1p(y)`, and 0 where `x` is 0.",
    source="core/kernels/cwise_op_xlog1py.cc",
    precision=ROUNDING,
    wide=True,
)


@real_div.gradient
@div.gradient
def quotient_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    cx, cy = conjugate(ops, x), conjugate(ops, y)
    return unbroadcast(ops, x, y, grad / cy, grad * (-cx / cy / cy))


@div_no_nan.gradient
def div_no_nan_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    cx, cy = conjugate(ops, x), conjugate(ops, y)
    slope = ops.DivNoNan(ops.DivNoNan(-cx, cy), cy)
    return unbroadcast(ops, x, y, ops.DivNoNan(grad, cy), grad * slope)


@mul_no_nan.gradient
def mul_no_nan_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    return unbroadcast(ops, x, y, ops.MulNoNan(grad, y), ops.MulNoNan(x, grad))


@floor_mod.gradient
def floor_mod_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    return unbroadcast(ops, x, y, grad, grad * -(x // y))


def _one_where_not_zero(ops: Ops, x: Term) -> Term:
    return ops.Cast(ops.NotEqual(x, 0), DstT=x.dtype)


@xdivy.gradient
def xdivy_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    gx = ops.Xdivy(_one_where_not_zero(ops, x), y) * grad
    return unbroadcast(ops, x, y, gx, ops.Xdivy(-x, ops.Square(y)) * grad)


@xlogy.gradient
def xlogy_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    gx = ops.Xlogy(_one_where_not_zero(ops, x), y) * grad
    return unbroadcast(ops, x, y, gx, ops.Xdivy(x, y) * grad)


@xlog1py.gradient
def xlog1py_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> tuple[Gradient, Gradient]:
    gx = ops.Xlog1py(_one_where_not_zero(ops, x), y) * grad
    return unbroadcast(ops, x, y, gx, ops.Xdivy(x, y + 1.0) * grad)


without_gradient("FloorDiv", "TruncateDiv")
