"""Gelu, as the error function and as tanh spell it, in fewer passes than the arithmetic that graphs spell out."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.ops.instructions import QUICK_TANH
from minihub_runtime.ops.registry import Array
from minihub_runtime.threads import scratch

__all__ = ["gelu", "gelu_of_tanh"]

# For s = x² / 4, erf(x / √2) is the tanh of x / 2 · P(s), with P(s) = _LINE[0] · s + _LINE[1] + c / (s + d + c' / (s + d')), where
# _FRACTIONS are (c, d) and (c', d').  They are fitted so that the largest error of gelu, or of gelu / x where that is less, is
# smallest on [0, 11.6], beyond which the tanh is one; in float32 it is 2.3e-7.  A division by an array takes NumPy no longer than
# a product, and a continued fraction goes over arrays half as often as a polynomial of as many numbers.
_LINE = (0.1396537896, 2.4589946986)
_FRACTIONS = ((-2.0440192, -2.5321691), (40.9825, 8.363669))


# Both gelus are x · (1 + tanh(z)) / 2, or, since tanh(z) = 2 / (1 + exp(-2 z)) - 1, x / (1 + exp(-2 z)).  What is found is z, or what
# the exponential is taken of, whichever NumPy finds sooner.
def _times() -> int:
    """What is found, as a multiple of z."""
    return 1 if QUICK_TANH else -2


def gelu(x: Array, out: Array | None = None) -> Array:
    """`x · (1 + erf(x / √2)) / 2` of float32.

    Args:
        x: of any shape.
        out: where to put the result, of the same shape; it may be `x`.
    """
    square, slope = _scratch(x.shape)
    # As fractions of x², and for x · P instead of x / 2 · P.
    (outer, d), (inner, e) = ((4 * c, 4 * d) for c, d in _FRACTIONS)
    times = _times() / 2
    slant, level = times * _LINE[0] / 4, times * _LINE[1]
    np.square(x, out=square)
    # What lies in `square` is moved by `e` from here on.
    np.add(square, np.float32(e), out=square)
    np.divide(np.float32(4 * inner), square, out=slope)
    np.add(slope, square, out=slope)
    np.add(slope, np.float32(d - e), out=slope)
    np.divide(np.float32(times * outer), slope, out=slope)
    np.multiply(square, np.float32(slant), out=square)
    np.add(slope, square, out=slope)
    np.add(slope, np.float32(level - slant * e), out=slope)
    return _gated(x, slope, out)


def gelu_of_tanh(x: Array, linear: Any, cubic: Any, out: Array | None = None) -> Array:
    """`x · (1 + tanh(linear · x + cubic · x³)) / 2` of float32.

    Args:
        x: of any shape.
        linear: a number.
        cubic: a number.
        out: where to put the result, of the same shape; it may be `x`.
    """
    slope = scratch("gelu slope", x.shape, np.float32)
    np.square(x, out=slope)
    np.multiply(slope, np.float32(_times() * cubic), out=slope)
    np.add(slope, np.float32(_times() * linear), out=slope)
    return _gated(x, slope, out)


def _scratch(shape: tuple[int, ...]) -> tuple[Array, Array]:
    return scratch("gelu square", shape, np.float32), scratch("gelu slope", shape, np.float32)


def _gated(x: Array, slope: Array, out: Array | None) -> Array:
    """`x · (1 + tanh(z)) / 2`, where `x · slope` is `_times()` · z; `slope` is overwritten."""
    np.multiply(slope, x, out=slope)
    if QUICK_TANH:
        np.tanh(slope, out=slope)
        np.add(slope, np.float32(1), out=slope)
        np.multiply(slope, np.float32(0.5), out=slope)
        return np.multiply(slope, x, out=out)
    np.exp(slope, out=slope)
    np.add(slope, np.float32(1), out=slope)
    return np.divide(x, slope, out=out)
