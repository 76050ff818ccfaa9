"""The error function and its relatives, and other integrals without a closed form.

All but Erf of short floats are computed in float64 and rounded once to the type of the input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.ops.broadcasting import narrow, widen
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import FLOATS, REGISTRY, ROUNDING, Array, op
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.threads import scratch

__all__ = ["polynomial", "unary_special"]

_ROOT_PI = 1.7724538509055160273
_ROOT_2 = 1.4142135623730950488


def polynomial(x: Any, coefficients: tuple[float, ...]) -> Any:
    """The polynomial with these coefficients, the highest power first."""
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def unary_special(
    name: str,
    function: Callable[[Array], Any],
    doc: str,
    source: str = "",
    single: Callable[[Array, Array | None], Array] | None = None,
) -> None:
    """Register an op that applies a function of float64 vectors, or `single` to shorter floats, which may write where it is told."""

    def in_double(x: Array) -> Array:
        flat = widen(x).reshape(-1).astype(np.float64)
        with np.errstate(all="ignore"):
            return narrow(np.asarray(function(flat)).reshape(x.shape), x.dtype)

    def in_single(x: Array, *, out: Array | None = None) -> Array:
        if x.dtype == np.float64:
            return in_double(x)
        assert single is not None
        with np.errstate(all="ignore"):
            if x.dtype == np.float32:
                return single(x, out)
            return narrow(single(widen(x), None), x.dtype)

    kernel = in_double if single is None else in_single
    kernel.__doc__ = doc
    op(
        f"{name}(x: T) -> y: T",
        T=FLOATS,
        precision=ROUNDING,
        source=source or f"core/kernels/cwise_op_{name.lower()}.cc",
        shape=same,
    )(kernel)


# W. J. Cody, Rational Chebyshev approximations for the error function, 1969.
_NEAR = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (
        1.0,
        2.36012909523441209e1,
        2.44024637934444173e2,
        1.28261652607737228e3,
        2.84423683343917062e3,
    ),
)
_MIDDLE = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594e0,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
_FAR = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (
        1.0,
        2.56852019228982242e0,
        1.87295284992346725e0,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)


def _ratio(x: Any, pair: tuple[tuple[float, ...], tuple[float, ...]]) -> Any:
    return polynomial(x, pair[0]) / polynomial(x, pair[1])


def _erf_near(x: Array) -> Array:
    """Erf for |x| <= 0.46875."""
    return x * _ratio(x * x, _NEAR)


def _erfc_scaled(y: Array) -> Array:
    """exp(y^2) erfc(y) for y > 0.46875."""
    result = _ratio(y, _MIDDLE)
    far = y > 4
    if far.any():
        z = y[far]
        square = 1 / (z * z)
        result[far] = (1 / _ROOT_PI - square * _ratio(square, _FAR)) / z
    return result


def _exp_minus_square(y: Array) -> Array:
    """exp(-y^2), the square split so that its rounding is not magnified."""
    coarse = np.trunc(y * 16) / 16
    return np.exp(-coarse * coarse) * np.exp(-(y - coarse) * (y + coarse))


def erfc(x: Array) -> Array:
    """1 - erf(x), accurate also where it is tiny."""
    y = np.minimum(np.abs(x), 30.0)
    result = np.empty_like(x)
    near = y <= 0.46875
    result[near] = 1 - _erf_near(x[near])
    rest = ~near
    tail = y[rest]
    tail = _exp_minus_square(tail) * _erfc_scaled(tail)
    result[rest] = np.where(x[rest] < 0, 2 - tail, tail)
    result[np.isnan(x)] = np.nan
    return result


def erf(x: Array) -> Array:
    """The error function."""
    y = np.minimum(np.abs(x), 30.0)
    result = np.empty_like(x)
    near = y <= 0.46875
    result[near] = _erf_near(x[near])
    rest = ~near
    tail = y[rest]
    result[rest] = np.copysign(1 - _exp_minus_square(tail) * _erfc_scaled(tail), x[rest])
    result[np.isnan(x)] = np.nan
    return result


# The artanh of erf(x) is x * P(x^2), highest power first; P is fitted so that the largest relative error of the tanh of that is
# least on [0, 4], and exceeds 1 beyond.  Good to 3e-7 in float32.
_SINGLE = (
    1.39384619e-07,
    -5.62183581e-06,
    8.73690664e-05,
    -6.19173610e-04,
    -1.92395886e-04,
    1.02769227e-01,
    1.12837927,
)
#: Elements of a block; threads that work side by side meet at each call, so that calls are not too short.
_BLOCK = 1 << 19


def _erf_single(x: Array, out: Array | None = None) -> Array:
    """The error function of float32, in blocks that stay in the cache.

    Args:
        x: of any shape.
        out: where to put the result, of the same shape; it may be `x`.
    """
    fits = out is not None and out.flags.c_contiguous
    result = out if out is not None and fits else np.empty(x.shape, np.float32)
    given, found = x.reshape(-1), result.reshape(-1)
    size = min(_BLOCK, len(given))
    squares, sums = (scratch(f"erf {name}", (size,), np.float32) for name in ("square", "sum"))
    first, *middle, last = _SINGLE
    # Squares and powers of what is large may be infinite, whose tanh is one.
    with np.errstate(over="ignore"):
        for start in range(0, len(given), size or 1):
            part = given[start : start + size]
            square, total = squares[: len(part)], sums[: len(part)]
            np.multiply(part, part, out=square)
            np.multiply(square, first, out=total)
            for coefficient in middle:
                np.add(total, coefficient, out=total)
                np.multiply(total, square, out=total)
            np.add(total, last, out=total)
            np.multiply(total, part, out=total)
            np.tanh(total, out=found[start : start + size])
    return result


# P. J. Acklam's approximation of the normal quantile, good to nine digits; Halley's steps give the rest.
_CENTRE = (
    (
        -3.969683028665376e01,
        2.209460984245205e02,
        -2.759285104469687e02,
        1.383577518672690e02,
        -3.066479806614716e01,
        2.506628277459239e00,
    ),
    (
        -5.447609879822406e01,
        1.615858368580409e02,
        -1.556989798598866e02,
        6.680131188771972e01,
        -1.328068155288572e01,
        1.0,
    ),
)
_TAIL = (
    (
        -7.784894002430293e-03,
        -3.223964580411365e-01,
        -2.400758277161838e00,
        -2.549732539343734e00,
        4.374664141464968e00,
        2.938163982698783e00,
    ),
    (
        7.784695709041462e-03,
        3.224671290700398e-01,
        2.445134137142996e00,
        3.754408661907416e00,
        1.0,
    ),
)


def _lower_quantile(p: Array) -> Array:
    """The normal quantile for 0 < p <= 0.5."""
    q = p - 0.5
    x = np.where(p < 0.02425, _ratio(np.sqrt(-2 * np.log(p)), _TAIL), q * _ratio(q * q, _CENTRE))
    for _ in range(2):
        error = 0.5 * erfc(-x / _ROOT_2) - p
        step = error * np.sqrt(2 * np.pi) * np.exp(x * x / 2)
        x = x - step / (1 + x * step / 2)
    return x


def ndtri(p: Array) -> Array:
    """The number below which a standard normal variable lies with probability p."""
    inside = (p > 0) & (p < 1)
    lower = np.where(inside, np.minimum(p, 1 - p), 0.5)
    x = np.where(p > 0.5, -_lower_quantile(lower), _lower_quantile(lower))
    return np.where(inside, x, np.where(p == 0, -np.inf, np.where(p == 1, np.inf, np.nan)))


def erfinv(x: Array) -> Array:
    """The inverse of the error function."""
    size = np.abs(x)
    inside = size < 1
    y = -_lower_quantile(np.where(inside, (1 - size) / 2, 0.5)) / _ROOT_2
    # Near 0 the probability has lost the digits of x; one more step brings them back.
    y = np.where(size < 0.5, y - (erf(y) - size) * _ROOT_PI / 2 * np.exp(y * y), y)
    y = np.copysign(y, x)
    return np.where(inside, y, np.where(size == 1, np.copysign(np.inf, x), np.nan))


def dawsn(x: Array) -> Array:
    """exp(-x^2) times the integral of exp(t^2) from 0 to x, by Rybicki's sum of Gaussians."""
    step = 0.25
    centre = 2 * np.round(x / (2 * step))
    rest = x - centre * step
    total = np.zeros_like(x)
    for odd in range(-27, 28, 2):
        total += np.exp(-((rest - odd * step) ** 2)) / (centre + odd)
    near = np.abs(x) < 0.2
    power, term = x.copy(), x.copy()
    for n in range(1, 16):
        term = term * (-2 * x * x) / (2 * n + 1)
        power = power + term
    far = np.abs(x) > 1e7
    return np.where(near, power, np.where(far, 0.5 / x, total / _ROOT_PI))


def expint(x: Array) -> Array:
    """The principal value of the integral of exp(t) / t from minus infinity to x >= 0."""
    # Powers: exact enough, since their terms do not cancel.
    small = np.where((x < 40) & (x > 0), x, 0.0)
    total, term = np.zeros_like(x), np.ones_like(x)
    for n in range(1, 140):
        term = term * small / n
        total += term / n
    near = np.euler_gamma + np.log(np.abs(small)) + total
    large = np.where(x >= 40, x, 40.0)
    series, term = np.ones_like(x), np.ones_like(x)
    for n in range(1, 40):
        term = term * n / large
        series += term
    above = np.exp(large) / large * series
    result = np.where(x >= 40, above, near)
    # TensorFlow has no value below zero, nor at infinity.
    return np.where(x == 0, -np.inf, np.where((x > 0) & (x < np.inf), result, np.nan))


def _fresnel(x: Array) -> tuple[Array, Array]:
    """The integrals of cos and sin of pi t^2 / 2 from 0 to x."""
    y = np.abs(x)
    # Quadrature while there are few waves, the asymptotic series after that.
    nodes, weights = np.polynomial.legendre.leggauss(96)
    inner = np.where(y < 6, y, 0.0)
    angle = np.pi / 2 * (inner[:, None] * (nodes + 1) / 2) ** 2
    cosine = np.cos(angle) @ weights * inner / 2
    sine = np.sin(angle) @ weights * inner / 2
    z = np.where(y >= 6, y, 6.0)
    square = 1 / (np.pi * z * z)
    f = g = np.zeros_like(x)
    for n in range(6, -1, -1):
        f = 1 - (4 * n + 1) * (4 * n + 3) * square * square * f
        g = 1 - (4 * n + 3) * (4 * n + 5) * square * square * g
    f, g = f / (np.pi * z), g / (np.pi * z) * square
    # Whole waves are taken off before pi comes in, which keeps the angle exact.
    angle = np.pi / 2 * np.fmod(z * z, 4)
    far = y >= 6
    cosine = np.where(far, 0.5 + f * np.sin(angle) - g * np.cos(angle), cosine)
    sine = np.where(far, 0.5 - f * np.cos(angle) - g * np.sin(angle), sine)
    end = y > 1e8
    cosine, sine = np.where(end, 0.5, cosine), np.where(end, 0.5, sine)
    missing = np.where(np.isnan(x), np.nan, 0)
    return np.copysign(cosine, x) + missing, np.copysign(sine, x) + missing


_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)


def _spence_near(x: Array) -> Array:
    """Spence for 0.5 <= x <= 2, a series in the logarithm."""
    u = -np.log(x)
    total = u - u * u / 4
    factorial = 1.0
    for n, bernoulli in enumerate(_BERNOULLI, start=1):
        factorial *= (2 * n) * (2 * n + 1)
        total = total + bernoulli * u ** (2 * n + 1) / factorial
    return total


def spence(x: Array) -> Array:
    """The integral of log(t) / (1 - t) from 1 to x."""
    inverse = np.where(x > 1, 1 / x, x)
    low = inverse < 0.5
    safe = np.where(low, 1 - inverse, inverse)
    value = _spence_near(np.clip(safe, 0.5, 1))
    logs = np.where(inverse == 0, 0.0, np.log(inverse) * np.log1p(-inverse))
    value = np.where(low, np.pi**2 / 6 - logs - value, value)
    result = np.where(x > 1, -0.5 * np.log(x) ** 2 - value, value)
    # TensorFlow has no value at infinity.
    return np.where((x < 0) | (x == np.inf), np.nan, result)


_MATH = "core/kernels/special_math/special_math_op_misc_impl.h"
unary_special("Erf", erf, "The error function.", single=_erf_single)
unary_special("Erfc", erfc, "1 - erf(x), accurate also where it is tiny.")
unary_special("Erfinv", erfinv, "The inverse of the error function; NaN outside [-1, 1].")
unary_special("Ndtri", ndtri, "The quantiles of the normal distribution; NaN outside [0, 1].")
unary_special("Dawsn", dawsn, "Dawson's integral.", _MATH)
unary_special("Expint", expint, "The exponential integral Ei; NaN below 0.", _MATH)
unary_special("FresnelCos", lambda x: _fresnel(x)[0], "Fresnel's integral of the cosine.", _MATH)
unary_special("FresnelSin", lambda x: _fresnel(x)[1], "Fresnel's integral of the sine.", _MATH)
unary_special("Spence", spence, "Spence's integral, the dilogarithm of 1 - x; NaN below 0.", _MATH)


def _spence_gradient(ops: Ops, grad: Term, x: Term) -> Term:
    slope = ops.Log(x) / (1.0 - x)
    return grad * ops.Select(ops.Equal(x, 1.0), -ops.OnesLike(x), slope)


_RULES: dict[str, Callable[..., Any]] = {
    "Dawsn": lambda ops, grad, x, y: grad * (1.0 - 2.0 * x * y),
    "Erf": lambda ops, grad, x: grad * (2 / np.sqrt(np.pi)) * ops.Exp(-ops.Square(x)),
    "Erfc": lambda ops, grad, x: grad * (-2 / np.sqrt(np.pi)) * ops.Exp(-ops.Square(x)),
    "Erfinv": lambda ops, grad, y: grad * (np.sqrt(np.pi) / 2) * ops.Exp(ops.Square(y)),
    "Expint": lambda ops, grad, x: grad * ops.Exp(x) / x,
    "FresnelCos": lambda ops, grad, x: grad * ops.Cos(np.pi / 2 * ops.Square(x)),
    "FresnelSin": lambda ops, grad, x: grad * ops.Sin(np.pi / 2 * ops.Square(x)),
    "Ndtri": lambda ops, grad, y: grad * np.sqrt(2 * np.pi) * ops.Exp(ops.Square(y) / 2.0),
    "Spence": _spence_gradient,
}
for _name, _rule in _RULES.items():
    REGISTRY[_name].gradient(_rule)
