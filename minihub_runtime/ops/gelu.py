"""Gelu, as the error function and as tanh spell it, in fewer passes than the arithmetic that graphs spell out."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.ops.registry import Array
from minihub_runtime.threads import scratch

__all__ = ["gelu", "gelu_of_tanh"]

# For h = x / 2, erf(x / √2) is the tanh of h · P(h²), with P(s) = _LINE[0] · s + _LINE[1] + c / (s + d + c' / (s + d')), where
# _FRACTIONS are (c, d) and (c', d').  They are fitted so that the largest error of gelu, or of gelu / x where that is less, is
# smallest on [0, 5.8], beyond which the tanh is one; in float32 it is 2.3e-7.  A division by an array takes NumPy no longer than
# a product, and a continued fraction goes over arrays half as often as a polynomial of as many numbers.
_LINE = (0.1396537896, 2.4589946986)
_FRACTIONS = ((-2.0440192, -2.5321691), (40.9825, 8.363669))


def gelu(x: Array, out: Array | None = None) -> Array:
    """`x · (1 + erf(x / √2)) / 2` of float32.

    Args:
        x: of any shape.
        out: where to put the result, of the same shape; it may be `x`.
    """
    half = _half(x, out)
    square, slope = _scratch(x.shape)
    (outer, inner), (slant, level) = _FRACTIONS, _LINE
    np.multiply(half, half, out=square)
    # What lies in `square` is moved by the last number from here on.
    moved = inner[1]
    np.add(square, np.float32(moved), out=square)
    np.divide(np.float32(inner[0]), square, out=slope)
    np.add(slope, square, out=slope)
    np.add(slope, np.float32(outer[1] - moved), out=slope)
    np.divide(np.float32(outer[0]), slope, out=slope)
    np.multiply(square, np.float32(slant), out=square)
    np.add(slope, square, out=slope)
    np.add(slope, np.float32(level - slant * moved), out=slope)
    return _gated(half, slope)


def gelu_of_tanh(x: Array, linear: Any, cubic: Any, out: Array | None = None) -> Array:
    """`x · (1 + tanh(linear · x + cubic · x³)) / 2` of float32.

    Args:
        x: of any shape.
        linear: a number.
        cubic: a number.
        out: where to put the result, of the same shape; it may be `x`.
    """
    half = _half(x, out)
    square, slope = _scratch(x.shape)
    np.multiply(half, half, out=square)
    np.multiply(square, np.float32(8 * cubic), out=slope)
    np.add(slope, np.float32(2 * linear), out=slope)
    return _gated(half, slope)


def _half(x: Array, out: Array | None) -> Array:
    found = np.empty(x.shape, np.float32) if out is None else out
    return np.asarray(np.multiply(x, np.float32(0.5), out=found))


def _scratch(shape: tuple[int, ...]) -> tuple[Array, Array]:
    return scratch("gelu square", shape, np.float32), scratch("gelu slope", shape, np.float32)


def _gated(half: Array, slope: Array) -> Array:
    """`half · (1 + tanh(half · slope))`, in the place of `half`; `slope` is overwritten."""
    np.multiply(slope, half, out=slope)
    np.tanh(slope, out=slope)
    np.add(slope, np.float32(1), out=slope)
    return np.asarray(np.multiply(slope, half, out=half))
