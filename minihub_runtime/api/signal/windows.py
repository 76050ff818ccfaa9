"""Windows by which frames are multiplied.

Source: tensorflow/python/ops/signal/window_ops.py.
"""

from __future__ import annotations

import math
from typing import Any

import minihub_runtime as tf
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.signal.framing import as_number
from minihub_runtime.dtypes import DType, as_dtype, float32
from minihub_runtime.public import public

__all__ = [
    "hamming_window",
    "hann_window",
    "kaiser_bessel_derived_window",
    "kaiser_window",
    "vorbis_window",
]


def _parameters(window_length: Any, dtype: Any) -> tuple[Any, DType]:
    """Length and type of a window.

    Raises:
        ValueError: the type is none of floats, or the length no integer scalar.
    """
    kind = as_dtype(dtype)
    if not kind.is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {kind}")
    return as_number(window_length, "window_length"), kind


def _positions(length: Any, dtype: DType) -> Tensor:
    """0, 1, … length - 1."""
    result: Tensor = tf.cast(tf.range(length), dtype)
    return result


@public("signal.hann_window")
def hann_window(
    window_length: Any, periodic: Any = True, dtype: Any = float32, name: str | None = None
) -> Tensor:
    """A raised cosine that begins with 0; `periodic` leaves out the last sample of a symmetric one."""
    return _raised_cosine(name, "hann_window", window_length, periodic, dtype, 0.5, 0.5)


@public("signal.hamming_window")
def hamming_window(
    window_length: Any, periodic: Any = True, dtype: Any = float32, name: str | None = None
) -> Tensor:
    """A raised cosine that begins with 0.08; `periodic` as for `hann_window`."""
    return _raised_cosine(name, "hamming_window", window_length, periodic, dtype, 0.54, 0.46)


def _raised_cosine(
    name: str | None,
    default: str,
    length: Any,
    periodic: Any,
    dtype: Any,
    base: float,
    swing: float,
) -> Tensor:
    """`base - swing * cos` over one period; a single sample is 1.

    Windows of odd length are symmetric whatever is asked for, as in TensorFlow.
    """
    size, kind = _parameters(length, dtype)
    with name_scope(name, default, [length, periodic]):
        if size == 1 and isinstance(size, int):
            return _ones(1, kind)
        whole = tf.cast(periodic, tf.int32) * (1 - size % 2)
        period = tf.cast(size + whole - 1, kind)
        angle = tf.constant(2 * math.pi, kind) * _positions(size, kind) / period
        window = tf.cast(base - swing * tf.cos(angle), kind)
        if isinstance(size, int):
            result: Tensor = window
            return result
        chosen: Tensor = tf.cond(tf.equal(size, 1), lambda: _ones(size, kind), lambda: window)
        return chosen


def _ones(size: Any, dtype: DType) -> Tensor:
    result: Tensor = tf.ones([size], dtype)
    return result


@public("signal.kaiser_window")
def kaiser_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = float32, name: str | None = None
) -> Tensor:
    """A Kaiser window; the larger `beta`, the narrower."""
    with name_scope(name, "kaiser_window"):
        size, kind = _parameters(window_length, dtype)
        if size == 1 and isinstance(size, int):
            return _ones(1, kind)
        half = (tf.cast(size, kind) - 1) / 2
        distance = (_positions(size, kind) - half) / half
        width = tf.cast(beta, kind)
        height = width * tf.sqrt(tf.nn.relu(1 - tf.square(distance)))
        # Bessel functions scaled by exponentials, which would overflow by themselves.
        scaled = tf.math.bessel_i0e(height) / tf.math.bessel_i0e(width)
        result: Tensor = tf.exp(height - width) * scaled
        return result


@public("signal.kaiser_bessel_derived_window")
def kaiser_bessel_derived_window(
    window_length: Any, beta: Any = 12.0, dtype: Any = float32, name: str | None = None
) -> Tensor:
    """The window of the modified cosine transform that is derived from a Kaiser window of half its length."""
    with name_scope(name, "kaiser_bessel_derived_window"):
        size, kind = _parameters(window_length, dtype)
        sums = tf.cumsum(kaiser_window(size // 2 + 1, beta, kind))
        half = tf.sqrt(sums[:-1] / sums[-1])
        result: Tensor = tf.concat((half, tf.reverse(half, [0])), axis=0)
        return result


@public("signal.vorbis_window")
def vorbis_window(window_length: Any, dtype: Any = float32, name: str | None = None) -> Tensor:
    """The window of the Vorbis codec: a sine of the square of a sine."""
    with name_scope(name, "vorbis_window"):
        size, kind = _parameters(window_length, dtype)
        angle = math.pi / tf.cast(size, kind) * (_positions(size, kind) + 0.5)
        result: Tensor = tf.sin(math.pi / 2 * tf.square(tf.sin(angle)))
        return result
