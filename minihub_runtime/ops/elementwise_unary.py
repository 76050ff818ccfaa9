"""Functions of one tensor, element by element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.broadcasting import elementwise, require_kernel, widen
from minihub_runtime.ops.gradient_rules import Ops, Term, conjugate
from minihub_runtime.ops.registry import (
    COMPLEX,
    EXACT,
    FLOATS,
    REGISTRY,
    ROUNDING,
    Array,
    Op,
    Precision,
    TypeSet,
    op,
    types,
    without_gradient,
)
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.shapes import show

__all__: list[str] = []

_INEXACT = types("bfloat16 float16 float32 float64 complex64 complex128")
_SIGNED = types("bfloat16 float16 float32 float64 int8 int16 int32 int64")
_SIGNED_OR_COMPLEX = types(
    "bfloat16 float16 float32 float64 int8 int16 int32 int64 complex64 complex128"
)


def unary(
    name: str,
    function: Callable[..., Any],
    kinds: TypeSet,
    doc: str,
    *,
    precision: Precision = ROUNDING,
    wide: bool = False,
    numpy_kinds: str | None = None,
    source: str = "",
) -> Op:
    """Register an op of one tensor; by default its source is `cwise_op_<name>.cc`."""

    def kernel(x: Array, *, out: Array | None = None) -> Array:
        if numpy_kinds is not None:
            require_kernel(x.dtype, numpy_kinds, name)
        return elementwise(function, x, out=out, wide=wide)

    kernel.__doc__ = doc
    return op(
        f"{name}(x: T) -> y: T",
        T=kinds,
        precision=precision,
        source=source or f"core/kernels/cwise_op_{name.lower()}.cc",
        shape=same,
    )(kernel)


def _sign(x: Array, out: Array | None = None) -> Any:
    if x.dtype.kind != "c":
        return np.sign(x, out=out)
    length = np.abs(x)
    return np.divide(x, np.where(length == 0, 1, length).astype(length.dtype))


def _round(x: Array, out: Array | None = None) -> Any:
    return x.copy() if x.dtype.kind in "iu" else np.rint(x, out=out)


def _rsqrt(x: Array, out: Array | None = None) -> Any:
    root = np.sqrt(x, out=out)
    return np.divide(x.dtype.type(1), root, out=out)


def _reciprocal(x: Array, out: Array | None = None) -> Any:
    return np.divide(x.dtype.type(1), x, out=out)


def _sigmoid(x: Array, out: Array | None = None) -> Any:
    # The exponential may overflow to infinity, whose reciprocal is the right 0.
    value = np.exp(np.negative(x, out=out), out=out)
    value = np.add(value, x.dtype.type(1), out=out)
    return np.divide(x.dtype.type(1), value, out=out)


unary("Neg", np.negative, _SIGNED_OR_COMPLEX, "`-x`.", precision=EXACT)
unary("Abs", np.abs, _SIGNED, "The absolute value.", precision=EXACT)
unary(
    "Sign",
    _sign,
    _SIGNED_OR_COMPLEX,
    "-1, 0 or 1; NaN stays. For complex numbers `x / |x|`, and 0 at 0.",
)
unary(
    "Square",
    np.square,
    types(
        "bfloat16 float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
        "complex64 complex128"
    ),
    "`x * x`.",
    precision=EXACT,
)
unary("Sqrt", np.sqrt, _INEXACT, "The square root; NaN for negative numbers.")
unary("Rsqrt", _rsqrt, _INEXACT, "`1 / sqrt(x)`.", wide=True)
for _name in ("Reciprocal", "Inv"):
    unary(
        _name,
        _reciprocal,
        _SIGNED_OR_COMPLEX,
        "`1 / x` of real or complex numbers.",
        numpy_kinds="fc",
        source="core/kernels/cwise_op_reciprocal.cc",
    )
for _name, _function, _doc in (
    ("Exp", np.exp, "e to the power of `x`."),
    ("Expm1", np.expm1, "`exp(x) - 1`, exact near 0."),
    ("Log", np.log, "The natural logarithm; NaN for negative numbers."),
    ("Log1p", np.log1p, "`log(1 + x)`, exact near 0."),
    ("Sin", np.sin, "The sine."),
    ("Cos", np.cos, "The cosine."),
    ("Tan", np.tan, "The tangent."),
    ("Asin", np.arcsin, "The arcsine; NaN outside [-1, 1]."),
    ("Acos", np.arccos, "The arccosine; NaN outside [-1, 1]."),
    ("Atan", np.arctan, "The arctangent."),
    ("Sinh", np.sinh, "The hyperbolic sine."),
    ("Cosh", np.cosh, "The hyperbolic cosine."),
    ("Tanh", np.tanh, "The hyperbolic tangent."),
    ("Asinh", np.arcsinh, "The inverse hyperbolic sine."),
    ("Acosh", np.arccosh, "The inverse hyperbolic cosine; NaN below 1."),
    ("Atanh", np.arctanh, "The inverse hyperbolic tangent; NaN outside [-1, 1]."),
):
    unary(_name, _function, _INEXACT, _doc)
unary("Sigmoid", _sigmoid, _INEXACT, "`1 / (1 + exp(-x))`.", wide=True)
unary("Floor", np.floor, FLOATS, "The largest integer not above `x`.", precision=EXACT)
unary("Ceil", np.ceil, FLOATS, "The smallest integer not below `x`.", precision=EXACT)
unary("Rint", np.rint, FLOATS, "The nearest integer, ties to even.", precision=EXACT)
unary(
    "Round",
    _round,
    _SIGNED_OR_COMPLEX,
    "The nearest integer, ties to even.",
    precision=EXACT,
    numpy_kinds="iuf",
)


def _predicate(name: str, function: Callable[..., Any], doc: str) -> None:
    def kernel(x: Array, *, out: Array | None = None) -> Array:
        return elementwise(function, x, out=out, result=np.bool_)

    kernel.__doc__ = doc
    op(
        f"{name}(x: T) -> y: bool",
        T=FLOATS,
        source=f"core/kernels/cwise_op_{name.lower()}.cc",
        shape=same,
    )(kernel)


_predicate("IsNan", np.isnan, "Whether an element is NaN.")
_predicate("IsInf", np.isinf, "Whether an element is infinite.")
_predicate("IsFinite", np.isfinite, "Whether an element is neither NaN nor infinite.")


def _complex_part(
    name: str, argument: str, output: str, function: Callable[[Array], Any], doc: str
) -> None:
    """Register an op from complex numbers to reals."""

    def of_input(input: Array, *, Tout: DType) -> Array:
        if (Tout.size * 2) != input.dtype.itemsize:
            wanted = "float32" if input.dtype == np.complex64 else "float64"
            raise InvalidArgumentError(f"Tout must be {wanted}, not {Tout.name}")
        return elementwise(lambda value, out=None: function(value), input, result=Tout.numpy)

    def of_x(x: Array, *, Tout: DType) -> Array:
        return of_input(x, Tout=Tout)

    kernel = of_x if argument == "x" else of_input
    kernel.__doc__ = doc
    op(
        f"{name}({argument}: T) -> {output}: Tout",
        T=COMPLEX.default_to("complex64"),
        Tout=types("float32 float64", default="float32"),
        precision=ROUNDING if name in ("Angle", "ComplexAbs") else EXACT,
        source=f"core/kernels/cwise_op_{'abs' if name == 'ComplexAbs' else 'arg' if name == 'Angle' else name.lower()}.cc",
        shape=same,
    )(kernel)


_complex_part("Real", "input", "output", lambda z: z.real.copy(), "The real part.")
_complex_part("Imag", "input", "output", lambda z: z.imag.copy(), "The imaginary part.")
_complex_part(
    "Angle", "input", "output", lambda z: np.arctan2(z.imag, z.real), "The angle, in (-pi, pi]."
)
_complex_part("ComplexAbs", "x", "y", np.abs, "The absolute value of complex numbers.")


@op(
    "Conj(input: T) -> output: T",
    T=types("complex64 complex128 variant", default="complex64"),
    source="core/kernels/cwise_op_conj.cc",
    shape=same,
)
def conj(input: Array, *, out: Array | None = None) -> Array:
    """The complex conjugate.

    Raises: UnimplementedError for variants.
    """
    require_kernel(input.dtype, "c", "Conj")
    return elementwise(np.conjugate, input, out=out)


def _gradient(
    name: str,
    function: Callable[[Any, Any], Any],
    doc: str,
    source: str,
    conjugated: bool = True,
    keeps_zeros: bool = False,
) -> None:
    """Register the op that turns a function's value `y` and the gradient `dy` into that of its input.

    TensorFlow takes the conjugate of a complex `y` in some of them and not in others.  In some of them, too, a gradient of zero
    stays zero where the slope is infinite or no number.  Products are made in its order, which decides about the last bit, and
    about what is no number where complex numbers are infinite.  There TensorFlow's own answers differ between the numbers it
    takes several at once and those left over; the former are given here.
    """

    def work(value: Any, slope: Any, out: Array | None = None) -> Any:
        found = function(np.conjugate(value) if conjugated else value, slope)
        return np.where(slope == 0, found.dtype.type(0), found) if keeps_zeros else found

    def kernel(y: Array, dy: Array) -> Array:
        if y.size != dy.size:
            raise InvalidArgumentError(
                f"y and dy must have as many elements, not {show(y.shape)} and {show(dy.shape)}"
            )
        return elementwise(work, y, dy.reshape(y.shape), wide=True)

    kernel.__doc__ = doc
    op(f"{name}(y: T, dy: T) -> z: T", T=_INEXACT, precision=ROUNDING, source=source, shape=same)(
        kernel
    )


def _half_of_reciprocal(value: Any) -> Any:
    """`0.5 / value`, of complex numbers as TensorFlow divides them, by the larger of their parts first."""
    half = value.real.dtype.type(0.5)
    if value.dtype.kind != "c":
        return half / value
    larger = np.maximum(np.abs(value.real), np.abs(value.imag))
    real, imaginary = value.real / larger, value.imag / larger
    square = real * real + imaginary * imaginary
    found = np.empty_like(value)
    found.real = half / larger * real / square
    found.imag = -(half / larger * imaginary) / square
    return found


_gradient(
    "TanhGrad",
    lambda y, dy: dy * (y.dtype.type(1) - y * y),
    "`dy * (1 - y * y)`, where `y = tanh(x)`.",
    "core/kernels/cwise_op_tanh.cc",
    conjugated=False,
)
_gradient(
    "SigmoidGrad",
    lambda y, dy: dy * (y * (y.dtype.type(1) - y)),
    "`dy * y * (1 - y)`, where `y = sigmoid(x)`.",
    "core/kernels/cwise_op_sigmoid.cc",
    conjugated=False,
)
_gradient(
    "SqrtGrad",
    lambda y, dy: _half_of_reciprocal(y) * dy,
    "`dy / (2 * y)`, where `y = sqrt(x)`; 0 where `dy` is.",
    "core/kernels/cwise_op_sqrt.cc",
    keeps_zeros=True,
)
_gradient(
    "RsqrtGrad",
    lambda y, dy: y * y * y.dtype.type(-0.5) * (y * dy),
    "`dy * -0.5 * y**3`, where `y = rsqrt(x)`; 0 where `dy` is.",
    "core/kernels/cwise_op_rsqrt.cc",
    keeps_zeros=True,
)
for _name in ("ReciprocalGrad", "InvGrad"):
    _gradient(
        _name,
        lambda y, dy: -(y * y) * dy,
        "`-dy * y * y`, where `y = 1 / x`; 0 where `dy` is.",
        "core/kernels/cwise_op_reciprocal.cc",
        keeps_zeros=True,
    )


def _found(tensor: Array, signed: bool) -> list[str]:
    values = widen(tensor)
    kinds = []
    if signed:
        kinds += ["-Inf"] * bool(np.isneginf(values).any())
        kinds += ["+Inf"] * bool(np.isposinf(values).any())
    else:
        kinds += ["Inf"] * bool(np.isinf(values).any())
    return kinds + ["NaN"] * bool(np.isnan(values).any())


def _check(tensor: Array, message: str, signed: bool) -> Array:
    if not np.isfinite(widen(tensor)).all():
        kinds = " and ".join(_found(tensor, signed))
        raise InvalidArgumentError(f"{message} : tensor must be finite, not have {kinds} values")
    return tensor


@op(
    "CheckNumerics(tensor: T) -> output: T",
    T=FLOATS,
    stateful=True,
    views=True,
    source="core/kernels/check_numerics_op.cc",
    shape=same,
)
def check_numerics(tensor: Array, *, message: str) -> Array:
    """`tensor` itself.

    Raises: InvalidArgumentError if an element is NaN or infinite.
    """
    return _check(tensor, message, signed=False)


@op(
    "CheckNumericsV2(tensor: T) -> output: T",
    T=FLOATS,
    stateful=True,
    views=True,
    source="core/kernels/check_numerics_op.cc",
    shape=same,
)
def check_numerics_v2(tensor: Array, *, message: str) -> Array:
    """`tensor` itself.

    Raises: InvalidArgumentError if an element is NaN or infinite; the message tells the signs.
    """
    return _check(tensor, message, signed=True)


_FOUND = "Not a number (NaN) or infinity (Inf) values detected in gradient."


@check_numerics.gradient
def check_numerics_gradient(ops: Ops, grad: Term, message: str) -> Term:
    return ops.CheckNumerics(grad, message=f"{_FOUND} {message}")


@check_numerics_v2.gradient
def check_numerics_v2_gradient(ops: Ops, grad: Term, message: str) -> Term:
    return ops.CheckNumericsV2(grad, message=f"{_FOUND} {message}")


def _complex(ops: Ops, real: Any, imag: Any) -> Term:
    part = real if isinstance(real, Term) else imag
    return ops.Complex(real, imag, Tout="complex64" if part.dtype.size == 4 else "complex128")


def _conj_gradient(ops: Ops, grad: Term) -> Term:
    return conjugate(ops, grad)


def _angle_gradient(ops: Ops, grad: Term, input: Term) -> Term:
    real, imag = ops.Real(input, Tout=grad.dtype), ops.Imag(input, Tout=grad.dtype)
    return -_complex(ops, grad, 0) * ops.Reciprocal(_complex(ops, imag, real))


def _complex_abs_gradient(ops: Ops, grad: Term, x: Term, y: Term) -> Term:
    return ops.DivNoNan(_complex(ops, grad, 0) * x, _complex(ops, y, 0))


def _reciprocal_grad_gradient(ops: Ops, grad: Term, y: Term, dy: Term) -> tuple[Term, Term]:
    cy = conjugate(ops, y)
    return conjugate(ops, grad) * -2.0 * dy * cy, ops.ReciprocalGrad(cy, grad)


def _sqrt_grad_gradient(ops: Ops, grad: Term, y: Term, z: Term) -> tuple[Term, Term]:
    scaled = grad / y
    return -conjugate(ops, scaled) * z, 0.5 * scaled


def _rsqrt_grad_gradient(ops: Ops, grad: Term, y: Term, dy: Term) -> tuple[Term, Term]:
    cy = conjugate(ops, y)
    return -1.5 * conjugate(ops, grad) * dy * ops.Square(cy), ops.RsqrtGrad(cy, grad)


def _sigmoid_grad_gradient(ops: Ops, grad: Term, y: Term, dy: Term) -> tuple[Term, Term]:
    cy = conjugate(ops, y)
    scaled = grad * conjugate(ops, dy)
    return scaled - 2.0 * scaled * cy, ops.SigmoidGrad(cy, grad)


def _tanh_grad_gradient(ops: Ops, grad: Term, y: Term, dy: Term) -> tuple[Term, Term]:
    cy = conjugate(ops, y)
    return grad * -2.0 * conjugate(ops, dy) * cy, ops.TanhGrad(cy, grad)


#: Op → its gradient rule.
_RULES: dict[str, Callable[..., Any]] = {
    "Abs": lambda ops, grad, x: grad * ops.Sign(x),
    "Acos": lambda ops, grad, x: (
        -grad * ops.Reciprocal(ops.Sqrt(1.0 - ops.Square(conjugate(ops, x))))
    ),
    "Acosh": lambda ops, grad, y: grad / ops.Sinh(conjugate(ops, y)),
    "Angle": _angle_gradient,
    "Asin": lambda ops, grad, x: (
        grad * ops.Reciprocal(ops.Sqrt(1.0 - ops.Square(conjugate(ops, x))))
    ),
    "Asinh": lambda ops, grad, y: grad / ops.Cosh(conjugate(ops, y)),
    "Atan": lambda ops, grad, x: grad * ops.Reciprocal(1.0 + ops.Square(conjugate(ops, x))),
    "Atanh": lambda ops, grad, x: grad * ops.Reciprocal(1.0 - ops.Square(conjugate(ops, x))),
    "ComplexAbs": _complex_abs_gradient,
    "Conj": _conj_gradient,
    "Cos": lambda ops, grad, x: -grad * ops.Sin(conjugate(ops, x)),
    "Cosh": lambda ops, grad, x: grad * ops.Sinh(conjugate(ops, x)),
    "Exp": lambda ops, grad, y: grad * conjugate(ops, y),
    "Expm1": lambda ops, grad, x: grad * ops.Exp(conjugate(ops, x)),
    "Imag": lambda ops, grad: _complex(ops, 0, grad),
    "Inv": lambda ops, grad, y: ops.ReciprocalGrad(y, grad),
    "InvGrad": _reciprocal_grad_gradient,
    "Log": lambda ops, grad, x: grad * ops.Reciprocal(conjugate(ops, x)),
    "Log1p": lambda ops, grad, x: grad * ops.Reciprocal(1.0 + conjugate(ops, x)),
    "Neg": lambda ops, grad: -grad,
    "Real": lambda ops, grad: _complex(ops, grad, 0),
    "Reciprocal": lambda ops, grad, y: ops.ReciprocalGrad(y, grad),
    "ReciprocalGrad": _reciprocal_grad_gradient,
    "Rsqrt": lambda ops, grad, y: ops.RsqrtGrad(y, grad),
    "RsqrtGrad": _rsqrt_grad_gradient,
    "Sigmoid": lambda ops, grad, y: ops.SigmoidGrad(conjugate(ops, y), grad),
    "SigmoidGrad": _sigmoid_grad_gradient,
    "Sign": lambda ops, x: ops.ZerosLike(x),
    "Sin": lambda ops, grad, x: grad * ops.Cos(conjugate(ops, x)),
    "Sinh": lambda ops, grad, x: grad * ops.Cosh(conjugate(ops, x)),
    "Sqrt": lambda ops, grad, y: ops.SqrtGrad(y, grad),
    "SqrtGrad": _sqrt_grad_gradient,
    "Square": lambda ops, grad, x: grad * (2.0 * conjugate(ops, x)),
    "Tan": lambda ops, grad, x: ops.Square(ops.Reciprocal(ops.Cos(conjugate(ops, x)))) * grad,
    "Tanh": lambda ops, grad, y: ops.TanhGrad(conjugate(ops, y), grad),
    "TanhGrad": _tanh_grad_gradient,
}
for _name, _rule in _RULES.items():
    REGISTRY[_name].gradient(_rule)

without_gradient("Ceil", "Floor", "IsFinite", "IsInf", "IsNan", "Rint", "Round")
