"""What formulas of distributions are written with: functions of one operation, and those of the normal distribution.

Source: tensorflow/python/ops/distributions/special_math.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import abs
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import fill, ones_like, zeros_like
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.sizes import shape
from minihub_runtime.public import public

__all__ = [
    "digamma",
    "exp",
    "lgamma",
    "log",
    "log1p",
    "log_cdf_laplace",
    "log_ndtr",
    "ndtr",
    "ndtri",
    "rsqrt",
    "softplus",
    "softplus_inverse",
    "sqrt",
    "square",
]


def _function(op: str) -> Callable[[Any], Any]:
    return lambda x: build(op, x=x)


digamma = _function("Digamma")
exp = _function("Exp")
lgamma = _function("Lgamma")
log = _function("Log")
log1p = _function("Log1p")
rsqrt = _function("Rsqrt")
sqrt = _function("Sqrt")
square = _function("Square")


def softplus(features: Any, name: str | None = None) -> Any:
    """`log(1 + exp(features))`."""
    return build("Softplus", name=name, features=features)


@public("contrib.distributions.softplus_inverse")
def softplus_inverse(x: Any, name: str | None = None) -> Any:
    """What `softplus` makes a positive number of: `log(exp(x) - 1)`, also for small and large ones."""
    with name_scope(name, "softplus_inverse", [x]):
        x = convert_to_tensor(x, name="x")
        threshold = np.log(np.finfo(x.dtype.as_numpy_dtype).eps) + 2.0
        small = build("Less", x=x, y=np.exp(threshold))
        large = build("Greater", x=x, y=-threshold)
        # What is not chosen must be finite, or its gradient would not be zero.
        logs, given = log(x), x
        x = where_v2(build("LogicalOr", x=small, y=large), ones_like(x), x)
        middle = x + log(-build("Expm1", x=-x))
        return where_v2(small, logs, where_v2(large, given, middle))


def _floats(x: Any, name: str) -> Any:
    """`x` as a tensor of a type that the functions below are written for.

    Raises:
        TypeError: it has another type.
    """
    x = convert_to_tensor(x, name=name)
    if x.dtype.as_numpy_dtype not in (np.float32, np.float64):
        raise TypeError(f"{name}.dtype must be float32 or float64, got {x.dtype!r}.")
    return x


def ndtr(x: Any, name: str = "ndtr") -> Any:
    """The distribution function of the standard normal distribution.

    Raises:
        TypeError: `x` is neither float32 nor float64.
    """
    with name_scope(name, values=[x]):
        return _ndtr(_floats(x, "x"))


def _ndtr(x: Any) -> Any:
    half_sqrt_2 = constant(0.5 * np.sqrt(2.0), dtype=x.dtype, name="half_sqrt_2")
    w = x * half_sqrt_2
    z = abs(w)
    # Far from the middle the complement keeps the digits that `1 + erf` would lose.
    near = build("Less", x=z, y=half_sqrt_2)
    middle = 1.0 + build("Erf", x=w)
    right = build("Greater", x=w, y=0.0)
    tails = where_v2(right, 2.0 - build("Erfc", x=z), build("Erfc", x=z))
    return 0.5 * where_v2(near, middle, tails)


#: Coefficients of the rational approximations of `ndtri` in the Cephes library, from that of the power 0: numerator and
#: denominator around the middle, where the square root of `-2 log p` is below 8, and where it is not.
_MIDDLE = (
    [
        -1.23916583867381258016e0,
        1.39312609387279679503e1,
        -5.66762857469070293439e1,
        9.80010754185999661536e1,
        -5.99633501014107895267e1,
    ],
    [
        -1.18331621121330003142e0,
        1.59056225126211695515e1,
        -8.20372256168333339912e1,
        2.00260212380060660359e2,
        -2.25462687854119370527e2,
        8.63602421390890590575e1,
        4.67627912898881538453e0,
        1.95448858338141759834e0,
        1.0,
    ],
)
_OUTER = (
    [
        -8.57456785154685413611e-4,
        -3.50424626827848203418e-2,
        -1.40256079171354495875e-1,
        2.18663306850790267539e0,
        1.46849561928858024014e1,
        4.40805073893200834700e1,
        5.71628192246421288162e1,
        3.15251094599893866154e1,
        4.05544892305962419923e0,
    ],
    [
        -9.33259480895457427372e-4,
        -3.80806407691578277194e-2,
        -1.42182922854787788574e-1,
        2.50464946208309415979e0,
        1.50425385692907503408e1,
        4.13172038254672030440e1,
        4.53907635128879210584e1,
        1.57799883256466749731e1,
        1.0,
    ],
)
_OUTERMOST = (
    [
        6.23974539184983293730e-9,
        2.65806974686737550832e-6,
        3.01581553508235416007e-4,
        1.23716634817820021358e-2,
        2.01485389549179081538e-1,
        1.33303460815807542389e0,
        3.93881025292474443415e0,
        6.91522889068984211695e0,
        3.23774891776946035970e0,
    ],
    [
        6.79019408009981274425e-9,
        2.89247864745380683936e-6,
        3.28014464682127739104e-4,
        1.34204006088543189037e-2,
        2.16236993594496635890e-1,
        1.37702099489081330271e0,
        3.67983563856160859403e0,
        6.02427039364742014255e0,
        1.0,
    ],
)


def ndtri(p: Any, name: str = "ndtri") -> Any:
    """The quantiles of the standard normal distribution, infinite outside of 0 and 1.

    Raises:
        TypeError: `p` is neither float32 nor float64.
    """
    with name_scope(name, values=[p]):
        p = _floats(p, "p")
        dtype = p.dtype.as_numpy_dtype
        lower = where_v2(p > -np.expm1(-2.0), 1.0 - p, p)
        inside = where_v2(lower <= 0.0, fill(shape(p), np.array(0.5, dtype)), lower)
        w = inside - 0.5
        ww = w**2
        middle = w + w * ww * _ratio(_MIDDLE, ww)
        middle *= -np.sqrt(2.0 * np.pi)
        z = sqrt(-2.0 * log(inside))
        first = z - log(z) / z
        outermost = _ratio(_OUTERMOST, z, inverse=True) / z
        outer = _ratio(_OUTER, z, inverse=True) / z
        outermost, outer = first - outermost, first - outer
        x = where_v2(inside > np.exp(-2.0), middle, where_v2(z >= 8.0, outermost, outer))
        x = where_v2(p > 1.0 - np.exp(-2.0), x, -x)
        infinite = constant(np.inf, dtype=p.dtype)
        infinity = fill(shape(p), infinite)
        return where_v2(p <= 0.0, -infinity, where_v2(p >= 1.0, infinity, x))


def _ratio(coefficients: tuple[list[float], list[float]], x: Any, inverse: bool = False) -> Any:
    """A quotient of polynomials, of `x` or of its inverse."""
    above, below = (_polynomial(1.0 / x if inverse else x, each) for each in coefficients)
    return above / below


def _polynomial(x: Any, coefficients: list[float]) -> Any:
    result = zeros_like(x)
    for coefficient in reversed(coefficients):
        result = x.dtype.as_numpy_dtype(coefficient) + result * x
    return result


#: The order of the series that stands for `log_ndtr` far on the left.
_SERIES_ORDER = 3


def log_ndtr(x: Any, name: str = "log_ndtr") -> Any:
    """The logarithm of `ndtr`, also where that is too small for its type.

    Raises:
        TypeError: `x` is neither float32 nor float64.
    """
    with name_scope(name, values=[x]):
        x = _floats(x, "x")
        wide = x.dtype.as_numpy_dtype is np.float64
        left, right = (
            np.array(end, x.dtype.as_numpy_dtype) for end in ((-20, 8) if wide else (-10, 5))
        )
        is_right = build("Greater", x=x, y=right)
        above = -_ndtr(-x)
        is_middle = build("Greater", x=x, y=left)
        # What is not chosen must be finite, or its gradient would not be zero.
        middle = log(_ndtr(build("Maximum", x=x, y=left)))
        below = _log_ndtr_on_the_left(build("Minimum", x=x, y=left))
        return where_v2(is_right, above, where_v2(is_middle, middle, below))


def _log_ndtr_on_the_left(x: Any) -> Any:
    scale = -0.5 * square(x) - log(-x) - 0.5 * np.log(2.0 * np.pi)
    squared = square(x)
    even, odd = zeros_like(x), zeros_like(x)
    power = squared
    for n in range(1, _SERIES_ORDER + 1):
        # (2n - 1)(2n - 3)…3 over a power.
        term = np.array(np.prod(np.arange(2 * n - 1, 1, -2)), x.dtype.as_numpy_dtype) / power
        if n % 2:
            odd += term
        else:
            even += term
        power *= squared
    return scale + log(1.0 + even - odd)


def log_cdf_laplace(x: Any, name: str = "log_cdf_laplace") -> Any:
    """The logarithm of the distribution function of the Laplace distribution around 0 with scale 1."""
    with name_scope(name, values=[x]):
        x = convert_to_tensor(x, name="x")
        left = -np.log(2.0) + x
        right = log1p(-0.5 * exp(-abs(x)))
        return where_v2(x < 0.0, left, right)
