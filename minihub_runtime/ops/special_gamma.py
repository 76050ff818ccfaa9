"""The gamma function and its relatives, computed in float64 and rounded once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.broadcasting import narrow, widen
from minihub_runtime.ops.gradient_rules import Gradient, Ops, Term, unbroadcast
from minihub_runtime.ops.registry import FLOATS, REGISTRY, ROUNDING, Array, TypeSet, op, types
from minihub_runtime.ops.shape_rules import broadcasted
from minihub_runtime.ops.special import unary_special
from minihub_runtime.shapes import Shape, Spec, merge, show

__all__ = ["apply_broadcast", "digamma", "log_gamma"]

#: The even Bernoulli numbers B2, B4, …
_BERNOULLI = (
    1 / 6,
    -1 / 30,
    1 / 42,
    -1 / 30,
    5 / 66,
    -691 / 2730,
    7 / 6,
    -3617 / 510,
    43867 / 798,
    -174611 / 330,
    854513 / 138,
    -236364091 / 2730,
)
_LARGE = 12
_TINY = 1e-300
_PRECISION = 2.0**-53


def _log_gamma_positive(x: Array) -> Array:
    """log(gamma(x)) for x > 0: Stirling's series after moving x above 12."""
    product = np.ones_like(x)
    z = x.copy()
    for _ in range(_LARGE):
        low = z < _LARGE
        product = np.where(low, product * z, product)
        z = np.where(low, z + 1, z)
    series = np.zeros_like(x)
    for n in range(8, 0, -1):
        series = series / (z * z) + _BERNOULLI[n - 1] / (2 * n * (2 * n - 1))
    value = (z - 0.5) * np.log(z) - z + 0.9189385332046727418 + series / z
    return np.where(x > 1e300, x * (np.log(x) - 1), value - np.log(product))


def log_gamma(x: Array) -> Array:
    """log(|gamma(x)|); infinite at 0 and the negative integers."""
    positive = _log_gamma_positive(np.where(x >= 0.5, x, 1 - x))
    distance = np.abs(x - np.round(x))
    mirrored = np.log(np.pi / np.sin(np.pi * distance)) - positive
    result = np.where(x >= 0.5, positive, np.where(distance == 0, np.inf, mirrored))
    return np.where(np.isinf(x), np.inf, np.where(np.isnan(x), np.nan, result))


def digamma(x: Array) -> Array:
    """The derivative of log_gamma; NaN at the negative integers."""
    z = np.where(x > 0, x, 1 - x)
    shift = np.zeros_like(x)
    for _ in range(_LARGE):
        low = z < _LARGE
        shift = np.where(low, shift - 1 / z, shift)
        z = np.where(low, z + 1, z)
    series = np.zeros_like(x)
    for n in range(8, 0, -1):
        series = (series + _BERNOULLI[n - 1] / (2 * n)) / (z * z)
    value = np.log(z) - 0.5 / z - series + shift
    distance = x - np.round(x)
    mirrored = value - np.pi / np.tan(np.pi * distance)
    result = np.where(x > 0, value, np.where(distance == 0, np.nan, mirrored))
    return np.where(x == np.inf, np.inf, result)


def zeta(x: Array, q: Array) -> Array:
    """The sum of (q + n)^-x over n >= 0, by Euler and Maclaurin's formula."""
    total = np.zeros_like(x)
    z = q.copy()
    # A negative q needs as many terms as bring it above 0, which is bounded to keep a hostile one short.
    steps = int(min(_LARGE + max(-np.floor(q[np.isfinite(q)]).min(initial=0), 0), 10_000))
    for _ in range(steps):
        low = z < _LARGE
        total = np.where(low, total + np.power(z, -x), total)
        z = np.where(low, z + 1, z)
    value = total + np.power(z, 1 - x) / (x - 1) + 0.5 * np.power(z, -x)
    factor = x * np.power(z, -x - 1)
    factorial = 2.0
    for n, bernoulli in enumerate(_BERNOULLI, start=1):
        value = value + bernoulli / factorial * factor
        factor = factor * (x + 2 * n - 1) * (x + 2 * n) / (z * z)
        factorial *= (2 * n + 1) * (2 * n + 2)
    # Of infinitely high powers the largest term is left.
    value = np.where(x == np.inf, np.power(q, -x), value)
    whole = q == np.floor(q)
    pole = np.where((x == np.floor(x)) & (np.fmod(x, 2) == 0), np.inf, np.nan)
    negative = np.where(whole, pole, np.where(x == np.floor(x), value, np.nan))
    result = np.where(q <= 0, negative, value)
    return np.where(x == 1, np.inf, np.where(x < 1, np.nan, result))


def polygamma(a: Array, x: Array) -> Array:
    """The derivative number `a` of digamma."""
    order = a + 1
    value = np.exp(log_gamma(order)) * zeta(order, x)
    signed = np.where(np.fmod(a, 2) == 0, -value, value)
    whole = (a == np.floor(a)) & (a >= 0)
    return np.where(whole, np.where(a == 0, digamma(x), signed), np.nan)


def _igamma_factor(a: Array, x: Array) -> Array:
    """x^a exp(-x) / gamma(a + 1)."""
    return np.exp(a * np.log(x) - x - log_gamma(a + 1))


def _igamma_series(a: Array, x: Array) -> Array:
    """The lower fraction, for x <= max(a, 1)."""
    total, term, n = np.ones_like(x), np.ones_like(x), a.copy()
    for _ in range(2000):
        n = n + 1
        term = term * x / n
        total = total + term
        if not (np.abs(term) > _PRECISION * np.abs(total)).any():
            break
    return total * _igamma_factor(a, x)


def _igamma_fraction(a: Array, x: Array) -> Array:
    """The upper fraction, for x > max(a, 1), by Lentz's continued fraction."""
    b = x + 1 - a
    c = np.full_like(x, 1 / _TINY)
    d = 1 / b
    value = d.copy()
    for n in range(1, 2000):
        numerator = -n * (n - a)
        b = b + 2
        d = numerator * d + b
        d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
        c = b + numerator / c
        c = np.where(np.abs(c) < _TINY, _TINY, c)
        change = c * d
        value = value * change
        if not (np.abs(change - 1) > _PRECISION).any():
            break
    return value * a * _igamma_factor(a, x)


def _both_igammas(a: Array, x: Array) -> tuple[Array, Array]:
    """The lower and the upper regularised incomplete gamma function."""
    valid = (a > 0) & (x >= 0)
    endless = valid & ((x == np.inf) | np.isinf(a))
    usual = valid & ~endless & (x > 0)
    low = usual & ((x <= a) | (x <= 1))
    high = usual & ~low
    # Nothing lies below zero, of whatever shape the distribution is.
    lower = np.where(valid | (x == 0), 0.0, np.nan)
    lower[valid & (x == np.inf) & ~np.isinf(a)] = 1
    lower[valid & (x == np.inf) & np.isinf(a)] = np.nan
    upper = np.where(valid, 1 - lower, np.nan)
    if low.any():
        lower[low] = _igamma_series(a[low], x[low])
        upper[low] = 1 - lower[low]
    if high.any():
        upper[high] = _igamma_fraction(a[high], x[high])
        lower[high] = 1 - upper[high]
    return lower, upper


def _beta_fraction(a: Array, b: Array, x: Array) -> Array:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c = np.ones_like(x)
    d = 1 - (a + b) * x / (a + 1)
    d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
    value = d.copy()
    for m in range(1, 1000):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / np.where(np.abs(d) < _TINY, _TINY, d)
            c = 1 + numerator / c
            c = np.where(np.abs(c) < _TINY, _TINY, c)
            value = value * c * d
        if not (np.abs(c * d - 1) > _PRECISION).any():
            break
    return value


def betainc(a: Array, b: Array, x: Array) -> Array:
    """The regularised incomplete beta function; NaN outside its domain."""
    valid = (a > 0) & (b > 0) & (x >= 0) & (x <= 1)
    inside = valid & (x > 0) & (x < 1)
    result = np.where(valid, x, np.nan)
    p, q, y = a[inside], b[inside], x[inside]
    # The fraction converges fast on the lighter side of the mean.
    swap = y > (p + 1) / (p + q + 2)
    p, q, y = np.where(swap, q, p), np.where(swap, p, q), np.where(swap, 1 - y, y)
    other = np.where(swap, x[inside], 1 - x[inside])
    scale = log_gamma(p + q) - log_gamma(p) - log_gamma(q)
    front = np.exp(scale + p * np.log(y) + q * np.log(other)) / p
    value = front * _beta_fraction(p, q, y)
    result[inside] = np.where(swap, 1 - value, value)
    return result


def apply_broadcast(function: Callable[..., Any], *inputs: Array) -> Array:
    """`function` of float64 vectors, on inputs that broadcast."""
    try:
        wide = np.broadcast_arrays(*(widen(x).astype(np.float64) for x in inputs))
    except ValueError as error:
        shown = " and ".join(show(x.shape) for x in inputs)
        raise InvalidArgumentError(f"shapes must broadcast, not {shown}") from error
    with np.errstate(all="ignore"):
        value = function(*(x.reshape(-1) for x in wide))
        return narrow(np.asarray(value).reshape(wide[0].shape), inputs[0].dtype)


def _binary(
    name: str, names: tuple[str, str], function: Callable[..., Any], kinds: TypeSet, doc: str
) -> None:
    def of_a_and_x(a: Array, x: Array) -> Array:
        return apply_broadcast(function, a, x)

    def of_x_and_q(x: Array, q: Array) -> Array:
        return apply_broadcast(function, x, q)

    kernel = of_a_and_x if names == ("a", "x") else of_x_and_q
    kernel.__doc__ = doc
    first, second = names
    op(
        f"{name}({first}: T, {second}: T) -> z: T",
        T=kinds,
        precision=ROUNDING,
        source=f"core/kernels/cwise_op_{'igammas' if 'gammac' in name else name.lower()}.cc",
        shape=broadcasted,
    )(kernel)


_WIDE = types("float32 float64")
unary_special("Lgamma", log_gamma, "The logarithm of |gamma(x)|; infinite at its poles.")
unary_special("Digamma", digamma, "The derivative of Lgamma; NaN at negative integers.")
_binary("Zeta", ("x", "q"), zeta, _WIDE, "Hurwitz's zeta function.")
_binary("Polygamma", ("a", "x"), polygamma, _WIDE, "The derivative number `a` of Digamma.")
_binary(
    "Igamma",
    ("a", "x"),
    lambda a, x: _both_igammas(a, x)[0],
    FLOATS,
    "The lower regularised incomplete gamma function; NaN outside its domain.",
)
_binary(
    "Igammac",
    ("a", "x"),
    lambda a, x: _both_igammas(a, x)[1],
    FLOATS,
    "The upper regularised incomplete gamma function; NaN outside its domain.",
)


def _beta_shape(a: Spec, b: Spec, x: Spec) -> Shape:
    """The shape of those that are not scalars."""
    shape: Shape = ()
    for spec in (a, b, x):
        if spec.shape is None:
            return None
        if spec.shape != ():
            shape = merge(shape, spec.shape) if shape != () else spec.shape
    return shape


@op(
    "Betainc(a: T, b: T, x: T) -> z: T",
    T=_WIDE,
    precision=ROUNDING,
    source="core/kernels/betainc_op.cc",
    shape=_beta_shape,
)
def betainc_op(a: Array, b: Array, x: Array) -> Array:
    """The regularised incomplete beta function; NaN outside its domain.

    Raises: InvalidArgumentError unless all that are not scalars have one shape.
    """
    shapes = {value.shape for value in (a, b, x) if value.ndim}
    if len(shapes) > 1:
        shown = " and ".join(show(value.shape) for value in (a, b, x))
        raise InvalidArgumentError(f"a, b and x must be scalars or have one shape, not {shown}")
    return apply_broadcast(betainc, a, b, x)


def _igamma_gradient(ops: Ops, grad: Term, a: Term, x: Term) -> tuple[Gradient, Gradient]:
    # In logarithms, because gamma functions are large.
    of_x = ops.Exp(-x + (a - 1.0) * ops.Log(x) - ops.Lgamma(a))
    return unbroadcast(ops, a, x, ops.IgammaGradA(a, x) * grad, of_x * grad)


def _igammac_gradient(ops: Ops, grad: Term, a: Term, x: Term) -> tuple[Gradient, Gradient]:
    return _igamma_gradient(ops, -grad, a, x)


def _betainc_gradient(
    ops: Ops, grad: Term, a: Term, b: Term, x: Term
) -> tuple[None, None, Gradient]:
    logarithm = ops.Lgamma(a) + ops.Lgamma(b) - ops.Lgamma(a + b)
    slope = ops.Exp(ops.Xlog1py(b - 1.0, -x) + ops.Xlogy(a - 1.0, x) - logarithm)
    return None, None, unbroadcast(ops, a, x, None, slope * grad)[1]


def _zeta_gradient(ops: Ops, grad: Term, x: Term, q: Term) -> tuple[None, Gradient]:
    slope = -x * ops.Zeta(x + 1.0, q)
    return None, unbroadcast(ops, x, q, None, slope * grad)[1]


def _polygamma_gradient(ops: Ops, grad: Term, a: Term, x: Term) -> tuple[None, Gradient]:
    slope = ops.Polygamma(a + 1.0, x)
    return None, unbroadcast(ops, a, x, None, slope * grad)[1]


_RULES: dict[str, Callable[..., Any]] = {
    "Betainc": _betainc_gradient,
    "Digamma": lambda ops, grad, x: grad * ops.Polygamma(1.0, x),
    "Igamma": _igamma_gradient,
    "Igammac": _igammac_gradient,
    "Lgamma": lambda ops, grad, x: grad * ops.Digamma(x),
    "Polygamma": _polygamma_gradient,
    "Zeta": _zeta_gradient,
}
for _name, _rule in _RULES.items():
    REGISTRY[_name].gradient(_rule)
