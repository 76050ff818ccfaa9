"""Special functions: Bessel, Fresnel, exponential integrals, inverses of error functions.

Source: tensorflow/python/ops/special_math_ops.py, math_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.public import public

__all__ = ["erfcinv", "erfinv", "lbeta", "ndtri", "xdivy", "xlog1py"]

#: Op, what it computes, public names; the first name gives the scope too.
_TABLE: tuple[tuple[str, str, str], ...] = (
    (
        "BesselI0",
        "The modified Bessel function of order 0",
        "math.bessel_i0 math.special.bessel_i0",
    ),
    ("BesselI0e", "`exp(-|x|)` times `bessel_i0(x)`", "math.bessel_i0e math.special.bessel_i0e"),
    (
        "BesselI1",
        "The modified Bessel function of order 1",
        "math.bessel_i1 math.special.bessel_i1",
    ),
    ("BesselI1e", "`exp(-|x|)` times `bessel_i1(x)`", "math.bessel_i1e math.special.bessel_i1e"),
    ("BesselJ0", "The Bessel function of order 0", "math.special.bessel_j0"),
    ("BesselJ1", "The Bessel function of order 1", "math.special.bessel_j1"),
    (
        "BesselK0",
        "The modified Bessel function of the second kind of order 0",
        "math.special.bessel_k0",
    ),
    ("BesselK0e", "`exp(x)` times `bessel_k0(x)`", "math.special.bessel_k0e"),
    (
        "BesselK1",
        "The modified Bessel function of the second kind of order 1",
        "math.special.bessel_k1",
    ),
    ("BesselK1e", "`exp(x)` times `bessel_k1(x)`", "math.special.bessel_k1e"),
    ("BesselY0", "The Bessel function of the second kind of order 0", "math.special.bessel_y0"),
    ("BesselY1", "The Bessel function of the second kind of order 1", "math.special.bessel_y1"),
    ("Dawsn", "Dawson's integral", "math.special.dawsn"),
    ("Expint", "The exponential integral", "math.special.expint"),
    ("FresnelCos", "Fresnel's integral of the cosine", "math.special.fresnel_cos"),
    ("FresnelSin", "Fresnel's integral of the sine", "math.special.fresnel_sin"),
    ("Spence", "Spence's integral, the dilogarithm of `1 - x`", "math.special.spence"),
    ("Erfinv", "The inverse of the error function", "math.erfinv"),
    ("Ndtri", "The quantiles of the standard normal distribution", "math.ndtri"),
)


def _function(op: str, what: str, name: str) -> Callable[..., Tensor]:
    """A function of one tensor whose operation stands in a scope of its own."""
    scope = name

    def function(x: Any, name: str | None = None) -> Tensor:
        with name_scope(name, scope, [x]):
            result: Tensor = build(op, x=x)
            return result

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{what}, element by element.\n\nArgs:\n    x: floating-point numbers.\n    name: wanted name."
    return function


_FUNCTIONS: dict[str, Callable[..., Tensor]] = {}
for _op, _what, _names in _TABLE:
    _name = _names.split()[0].rpartition(".")[2]
    _FUNCTIONS[_name] = public(*_names.split())(_function(_op, _what, _name))

erfinv = _FUNCTIONS["erfinv"]
ndtri = _FUNCTIONS["ndtri"]


@public("math.erfcinv")
def erfcinv(x: Any, name: str | None = None) -> Any:
    """The inverse of the complementary error function, element by element."""
    with name_scope(name, "erfcinv", [x]):
        x = convert_to_tensor(x, name="start")
        return -ndtri(0.5 * x) * np.sqrt(0.5)


@public("math.xdivy")
def xdivy(x: Any, y: Any, name: str | None = None) -> Any:
    """`x / y`, and 0 where `x` is 0."""
    with name_scope(name, "xdivy", [x]):
        return build("Xdivy", x=x, y=y)


@public("math.xlog1py")
def xlog1py(x: Any, y: Any, name: str | None = None) -> Any:
    """`x · log(1 + y)`, and 0 where `x` is 0."""
    with name_scope(name, "xlog1py", [x]):
        return build("Xlog1py", x=x, y=y)


@public("math.lbeta", "lbeta")
def lbeta(x: Any, name: str | None = None) -> Any:
    """The logarithm of the Beta function of vectors, along the last dimension."""
    with name_scope(name, "lbeta", [x]):
        x = convert_to_tensor(x, name="x")
        products = reduce_sum(build("Lgamma", x=x), axis=[-1])
        return products - build("Lgamma", x=reduce_sum(x, axis=[-1]))
