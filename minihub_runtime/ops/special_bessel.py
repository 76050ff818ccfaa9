"""Bessel functions of orders 0 and 1, computed in float64 and rounded once.

Near 0 from power series or from quadrature of their integrals, which converges fast because the integrands are
smooth; far from 0 from their asymptotic series.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import REGISTRY, Array
from minihub_runtime.ops.special import unary_special

__all__: list[str] = []

_FAR = 25.0
_SOURCE = "core/kernels/special_math/special_math_op_bessel.cc"


def _asymptotic(order: int, z: Array, sign: float) -> Array:
    """The sum of sign^k a_k / z^k, where a_k are the coefficients of Hankel's series."""
    total, term = np.ones_like(z), np.ones_like(z)
    for k in range(1, 25):
        term = term * sign * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k * z)
        total = total + term
    return total


def _modified_first(order: int, x: Array) -> Array:
    """exp(-|x|) I(x)."""
    y = np.abs(x)
    z = np.where(y < _FAR, y, 0.0)
    term = np.ones_like(x) if order == 0 else z / 2
    total = term.copy()
    for k in range(1, 70):
        term = term * (z * z / 4) / (k * (k + order))
        total = total + term
    far = np.where(y >= _FAR, y, _FAR)
    value = np.where(
        y < _FAR,
        total * np.exp(-z),
        _asymptotic(order, far, -1.0) / np.sqrt(2 * np.pi * far),
    )
    value = np.where(np.isnan(x), np.nan, value)
    return np.copysign(value, x) if order else value


def _modified_second(order: int, x: Array) -> Array:
    """exp(x) K(x), the integral of exp(-x (cosh t - 1)) cosh(order t) over t >= 0."""
    y = np.where((x > 0) & np.isfinite(x), x, 1.0)
    # Beyond this the integrand is below all precision.
    end = np.arccosh(1 + 45 / y) + order
    steps = 160
    t = end[:, None] * np.arange(steps + 1) / steps
    # cosh t - 1 without cancellation.
    values = np.exp(-y[:, None] * 2 * np.sinh(t / 2) ** 2) * (np.cosh(t) if order else 1.0)
    values[:, 0] *= 0.5
    integral = values.sum(axis=1) * end / steps
    return np.where(x > 0, np.where(x == np.inf, 0.0, integral), np.where(x <= 0, np.inf, np.nan))


def _hankel(order: int, z: Array) -> tuple[Array, Array]:
    """J and Y for z >= 25."""
    p, q, term = np.ones_like(z), np.zeros_like(z), np.ones_like(z)
    for k in range(1, 25):
        term = term * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k * z)
        if k % 2:
            q = q + (-1) ** (k // 2) * term
        else:
            p = p + (-1) ** (k // 2) * term
    # The phase z - pi/4 - order pi/2, with the sines taken of z alone.
    sine, cosine = np.sin(z), np.cos(z)
    if order == 0:
        c, s = (cosine + sine) / np.sqrt(2), (sine - cosine) / np.sqrt(2)
    else:
        c, s = (sine - cosine) / np.sqrt(2), -(cosine + sine) / np.sqrt(2)
    scale = np.sqrt(2 / (np.pi * z))
    return scale * (c * p - s * q), scale * (s * p + c * q)


def _first(order: int, x: Array) -> Array:
    """J(x), the mean of cos(x sin t - order t)."""
    y = np.abs(x)
    z = np.where(y < _FAR, y, 0.0)
    t = np.pi * (np.arange(64) + 0.5) / 64
    near = np.cos(z[:, None] * np.sin(t) - order * t).mean(axis=1)
    far, _ = _hankel(order, np.where(y >= _FAR, y, _FAR))
    value = np.where(y < _FAR, near, np.where(np.isinf(y), np.nan, far))
    value = np.where(np.isnan(x), np.nan, value)
    return np.where(x < 0, -value, value) if order else value


def _second(order: int, x: Array) -> Array:
    """Y(x), by quadrature of its two integrals."""
    z = np.where((x > 0) & (x < _FAR), x, 1.0)
    nodes, weights = np.polynomial.legendre.leggauss(96)
    t = np.pi * (nodes + 1) / 2
    waves = np.sin(z[:, None] * np.sin(t) - order * t) @ weights / 2
    end = np.arcsinh(45 / z) + order
    t = end[:, None] * (nodes + 1) / 2
    # exp(order t) + (-1)^order exp(-order t)
    growth = 2 * np.sinh(t) if order else np.full_like(t, 2.0)
    decay = (growth * np.exp(-z[:, None] * np.sinh(t))) @ weights * end / 2 / np.pi
    _, far = _hankel(order, np.where(x >= _FAR, x, _FAR))
    value = np.where(x < _FAR, waves - decay, far)
    return np.where(x > 0, value, np.where(x <= 0, -np.inf, np.nan))


def _add(name: str, function: Callable[[Array], Array], doc: str) -> None:
    unary_special(f"Bessel{name}", function, doc, _SOURCE)


_add("I0e", lambda x: _modified_first(0, x), "exp(-|x|) I0(x).")
_add("I1e", lambda x: _modified_first(1, x), "exp(-|x|) I1(x).")
_add("I0", lambda x: _modified_first(0, x) * np.exp(np.abs(x)), "The modified function I0.")
_add("I1", lambda x: _modified_first(1, x) * np.exp(np.abs(x)), "The modified function I1.")
_add("K0e", lambda x: _modified_second(0, x), "exp(x) K0(x).")
_add("K1e", lambda x: _modified_second(1, x), "exp(x) K1(x).")
_add("K0", lambda x: _modified_second(0, x) * np.exp(-x), "The modified function K0.")
_add("K1", lambda x: _modified_second(1, x) * np.exp(-x), "The modified function K1.")
_add("J0", lambda x: _first(0, x), "The function of the first kind J0.")
_add("J1", lambda x: _first(1, x), "The function of the first kind J1.")
_add("Y0", lambda x: _second(0, x), "The function of the second kind Y0.")
_add("Y1", lambda x: _second(1, x), "The function of the second kind Y1.")


def _imputed(ops: Ops, x: Term, at_zero: float, slope: Term) -> Term:
    """`slope`, whose division by zero makes NaN of what is `at_zero`."""
    return ops.SelectV2(ops.Equal(x, 0.0), ops.constant(at_zero, x.dtype), slope)


#: Op → its slope at `x`, where its value is `y`.
_SLOPES: dict[str, Callable[..., Term]] = {
    "BesselI0": lambda ops, x, y: ops.BesselI1(x),
    "BesselI0e": lambda ops, x, y: ops.BesselI1e(x) - ops.Sign(x) * y,
    "BesselI1": lambda ops, x, y: _imputed(ops, x, 1.0, ops.BesselI0(x) - y / x),
    "BesselI1e": lambda ops, x, y: _imputed(
        ops, x, 0.5, ops.BesselI0e(x) - y * (ops.Sign(x) + ops.Reciprocal(x))
    ),
    "BesselJ0": lambda ops, x, y: -ops.BesselJ1(x),
    "BesselJ1": lambda ops, x, y: _imputed(ops, x, 0.5, ops.BesselJ0(x) - y / x),
    "BesselK0": lambda ops, x, y: -ops.BesselK1(x),
    "BesselK0e": lambda ops, x, y: y - ops.BesselK1e(x),
    "BesselK1": lambda ops, x, y: -ops.BesselK0(x) - y / x,
    "BesselK1e": lambda ops, x, y: y * (1.0 - ops.Reciprocal(x)) - ops.BesselK0e(x),
    "BesselY0": lambda ops, x, y: -ops.BesselY1(x),
    "BesselY1": lambda ops, x, y: ops.BesselY0(x) - y / x,
}


def _times(slope: Callable[..., Term]) -> Callable[..., Term]:
    def rule(ops: Ops, grad: Term, x: Term, y: Term) -> Term:
        return grad * slope(ops, x, y)

    return rule


for _name, _slope in _SLOPES.items():
    REGISTRY[_name].gradient(_times(_slope))
