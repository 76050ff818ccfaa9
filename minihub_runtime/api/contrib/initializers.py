"""`tf.contrib.layers`: initialisers.

Source: tf_slim/layers/initializers.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.initializers import compute_fans
from minihub_runtime.api.random_ops import random_uniform, truncated_normal
from minihub_runtime.dtypes import DType, as_dtype, float32
from minihub_runtime.public import public

__all__ = ["variance_scaling_initializer", "xavier_initializer"]

#: What makes up for the tails that truncated normal numbers lack.
TRUNCATION = 1.3

T = TypeVar("T")


def _public(*names: str) -> Callable[[T], T]:
    """The names below `contrib.layers` and `contrib.slim`, and below the module of initialisers of each."""
    places = ("layers", "layers.initializers", "slim", "slim.initializers")
    return public(*(f"contrib.{place}.{name}" for place in places for name in names))


@_public("xavier_initializer", "xavier_initializer_conv2d")
def xavier_initializer(
    uniform: bool = True, seed: int | None = None, dtype: Any = float32
) -> Callable[..., Tensor]:
    """Glorot's random numbers: `variance_scaling_initializer` with factor 1 and mode "FAN_AVG"."""
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


@_public("variance_scaling_initializer")
def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: int | None = None,
    dtype: Any = float32,
) -> Callable[..., Tensor]:
    """Random numbers whose variance is `factor / n`, where n counts inputs, outputs, or both halved.

    Args:
        factor: see above.
        mode: "FAN_IN", "FAN_OUT" or "FAN_AVG": what n counts.
        uniform: whether numbers are of equal probability, rather than normal without tails.
        seed: the op's seed.
        dtype: default type.

    Returns:
        A function of `shape`, `dtype` and `partition_info`.

    Raises:
        TypeError: the type is not a floating-point one, or there is no such mode.
    """
    default = _checked(as_dtype(dtype))
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError(f"Unknown mode {mode} [FAN_IN, FAN_OUT, FAN_AVG]")

    def initializer(shape: Any, dtype: Any = default, partition_info: Any = None) -> Tensor:
        kind = _checked(as_dtype(dtype))
        fan_in, fan_out = compute_fans(shape)
        count = {"FAN_IN": fan_in, "FAN_OUT": fan_out, "FAN_AVG": (fan_in + fan_out) / 2.0}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / count)
            return random_uniform(shape, -limit, limit, kind, seed)
        return truncated_normal(shape, 0.0, math.sqrt(TRUNCATION * factor / count), kind, seed)

    return initializer


def _checked(dtype: DType) -> DType:
    if not dtype.is_floating:
        raise TypeError("Cannot create initializer for non-floating point type.")
    return dtype
