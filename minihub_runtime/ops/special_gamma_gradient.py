"""How the incomplete gamma function, and numbers of gamma distributions, change with the distribution's shape.

Each sum of `special_gamma` is differentiated term by term, in float64.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import broadcasted
from minihub_runtime.ops.special_gamma import apply_broadcast, digamma, log_gamma

__all__: list[str] = []

_KINDS = types("float32 float64")
_PRECISION = 2.0**-53
_TINY = 1e-300
_TERMS = 2000


def _series(a: Array, x: Array) -> tuple[Array, Array]:
    """The sum of x^n / ((a + 1) … (a + n)) and its derivative by a, for x <= max(a, 1)."""
    total, slope = np.ones_like(x), np.zeros_like(x)
    term, change = np.ones_like(x), np.zeros_like(x)
    for n in range(1, _TERMS):
        term = term * x / (a + n)
        change = change - 1 / (a + n)
        total, slope = total + term, slope + term * change
        if not (np.abs(term * change) > _PRECISION * np.abs(slope)).any():
            break
    return total, slope


def _fraction(a: Array, x: Array) -> tuple[Array, Array]:
    """The continued fraction of the upper function and its derivative by a, for x > max(a, 1), by Lentz's method."""
    b, db = x + 1 - a, -np.ones_like(x)
    c, dc = np.full_like(x, 1 / _TINY), np.zeros_like(x)
    d = 1 / b
    dd = -db * d * d
    value, slope = d, dd
    for n in range(1, _TERMS):
        numerator, steeper = -n * (n - a), float(n)
        b = b + 2
        lower, dlower = b + numerator * d, db + steeper * d + numerator * dd
        lower = np.where(np.abs(lower) < _TINY, _TINY, lower)
        dc = db + steeper / c - numerator * dc / (c * c)
        c = b + numerator / c
        c = np.where(np.abs(c) < _TINY, _TINY, c)
        d = 1 / lower
        dd = -dlower * d * d
        change, dchange = c * d, dc * d + c * dd
        slope = slope * change + value * dchange
        value = value * change
        small = np.abs(dchange * value) <= _PRECISION * np.abs(slope)
        if (small & (np.abs(change - 1) <= _PRECISION)).all():
            break
    return value, slope


def _slopes(a: Array, x: Array) -> tuple[Array, Array]:
    """For finite a, x > 0: the derivative of Igamma by a, and that of a gamma number x."""
    low = (x <= a) | (x <= 1)
    by_a, of_number = np.zeros_like(x), np.zeros_like(x)
    # Igamma is x^a exp(-x) / gamma(a + 1) times the sum, and the density x^(a - 1) exp(-x) / gamma(a).
    logs = np.log(x) - digamma(a + 1)
    if low.any():
        p, y = a[low], x[low]
        total, slope = _series(p, y)
        relative = total * logs[low] + slope
        by_a[low] = relative * np.exp(p * np.log(y) - y - log_gamma(p + 1))
        of_number[low] = -relative * y / p
    if not low.all():
        p, y = a[~low], x[~low]
        value, slope = _fraction(p, y)
        relative = -(value * (np.log(y) - digamma(p)) + slope)
        by_a[~low] = relative * np.exp(p * np.log(y) - y - log_gamma(p))
        of_number[~low] = -relative * y
    return by_a, of_number


def _over(which: int, a: Array, x: Array) -> Array:
    """One of the two derivatives, with its values at the ends of its domain."""
    smallest = np.log(np.finfo(a.dtype).tiny)

    def function(a: Array, x: Array) -> Array:
        valid = (a > 0) & (x >= 0)
        inside = valid & (x > 0) & np.isfinite(a) & np.isfinite(x)
        # Where the density underflows, TensorFlow takes both derivatives to be zero.
        inside &= ~(a * np.log(x) - x - log_gamma(a) < smallest)
        result = np.where(valid | (x == 0), 0.0, np.nan)
        result[np.isnan(a)] = np.nan
        result[inside] = _slopes(a[inside], x[inside])[which]
        return result

    return apply_broadcast(function, a, x)


@op(
    "IgammaGradA(a: T, x: T) -> z: T",
    T=_KINDS,
    precision=ROUNDING,
    source="core/kernels/cwise_op_igammas.cc",
    shape=broadcasted,
)
def igamma_grad_a(a: Array, x: Array) -> Array:
    """The derivative of Igamma by `a`; NaN outside its domain.

    Raises: InvalidArgumentError unless the shapes broadcast.
    """
    return _over(0, a, x)


@op(
    "RandomGammaGrad(alpha: T, sample: T) -> output: T",
    T=_KINDS,
    precision=ROUNDING,
    source="core/kernels/cwise_op_random_grad.cc",
    shape=broadcasted,
)
def random_gamma_grad(alpha: Array, sample: Array) -> Array:
    """The derivative by `alpha` of a number of a gamma distribution, at the same quantile; NaN outside its domain.

    Raises: InvalidArgumentError unless the shapes broadcast.
    """
    return _over(1, alpha, sample)
