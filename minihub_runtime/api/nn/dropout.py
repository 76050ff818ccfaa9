"""Dropout.

Source: tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

import numbers
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.random_seed import get_seed
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = ["dropout"]


@public("nn.dropout")
def dropout(
    x: Any,
    keep_prob: Any = None,
    noise_shape: Any = None,
    seed: int | None = None,
    name: str | None = None,
    rate: Any = None,
) -> Tensor:
    """`x` with some elements set to zero, and the others scaled so that the expected sum stays.

    Args:
        x: a tensor of floats.
        keep_prob: the chance of an element to stay: `1 - rate`.
        noise_shape: the shape of what is drawn, of which dimensions of size one are shared; by default that of `x`.
        seed: the seed of the op.
        name: wanted name.
        rate: the chance of an element to become zero: a number in [0, 1), or a scalar.

    Raises:
        ValueError: the rate is missing, given twice, or out of range, or `x` does not hold floats.
    """
    try:
        complement = 1.0 - keep_prob if keep_prob is not None else None
    except TypeError:
        raise ValueError(
            f"`keep_prob` must be a floating point number or Tensor. Received: keep_prob={keep_prob}"
        ) from None
    rate = deprecated_argument_lookup("rate", rate, "keep_prob", complement)
    if rate is None:
        raise ValueError(f"`rate` must be provided. Received: rate={rate}")
    with name_scope(name, "dropout", [x]):
        is_number = isinstance(rate, numbers.Real)
        if is_number and not 0 <= rate < 1:
            raise ValueError(
                "`rate` must be a scalar tensor or a float in the range [0, 1). "
                f"Received: rate={rate}"
            )
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_floating:
            raise ValueError(
                "`x.dtype` must be a floating point tensor as `x` will be scaled. "
                f"Received: x_dtype={x.dtype}"
            )
        if is_number and rate == 0:
            # The op that is not needed takes its number all the same, so that seeds do not depend on rates.
            get_seed(seed)
            unchanged: Tensor = x
            return unchanged
        if isinstance(rate, Tensor):
            rate, scaled = _scaled_by_tensor(x, rate)
        elif is_number:
            scale = convert_to_tensor(1 / (1 - rate), dtype=x.dtype)
            scaled = build("Mul", x=x, y=scale)
        else:
            raise ValueError(f"`rate` must be a scalar or scalar tensor. Received: rate={rate}")
        drawn = random_uniform(shape=_noise_shape(x, noise_shape), dtype=x.dtype, seed=seed)
        kept = drawn >= rate
        result = where_v2(kept, scaled, constant(0, dtype=x.dtype))
        result.set_shape(x.shape)
        return result


def _scaled_by_tensor(x: Tensor, rate: Tensor) -> tuple[Tensor, Tensor]:
    rate.shape.assert_has_rank(0)
    if rate.dtype is not x.dtype:
        if not rate.dtype.is_compatible_with(x.dtype):
            raise ValueError(
                "`x.dtype` must be compatible with `rate.dtype`. "
                f"Received: x.dtype={x.dtype} and rate.dtype={rate.dtype}"
            )
        rate = build("Cast", name="rate", x=rate, DstT=x.dtype)
    one = constant(1, dtype=x.dtype)
    return rate, build("RealDiv", x=x, y=build("Sub", x=one, y=rate))


def _noise_shape(x: Tensor, noise_shape: Any) -> Any:
    """The shape of what is drawn; sizes that are not given are those of `x`."""
    if noise_shape is None:
        return shape(x)
    try:
        wanted = TensorShape(noise_shape)
    except (TypeError, ValueError):
        return noise_shape
    if x.shape.rank is None or wanted.rank != x.shape.rank:
        return noise_shape
    pairs = zip(x.shape.as_list(), wanted.as_list(), strict=True)
    return TensorShape([own if size is None else size for own, size in pairs])
