"""Random numbers: uniform, normal, and normal without its tails.

Source: tensorflow/python/ops/random_ops.py, shape_util.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import add
from minihub_runtime.api.building import build
from minihub_runtime.api.compatibility import dimension_value
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.random_seed import get_seed
from minihub_runtime.dtypes import as_dtype, bfloat16, float16, float32, float64, int32, int64
from minihub_runtime.public import public

__all__ = ["random_normal", "random_uniform", "shape_tensor", "truncated_normal"]

UNIFORM_TYPES = (float16, bfloat16, float32, float64, int32, int64)


def shape_tensor(shape: Any) -> Tensor:
    """A shape as an int32 or int64 vector."""
    dtype = None
    if isinstance(shape, (list, tuple)):
        shape = [dimension_value(size) for size in shape]
        dtype = None if shape else int32
    return convert_to_tensor(shape, dtype, "shape")


@public("random.normal", "random_normal")
def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Normally distributed numbers.

    Args:
        shape: shape of the result.
        mean: the mean, broadcast to the shape.
        stddev: the standard deviation, broadcast to the shape.
        dtype: a floating-point type.
        seed: the op's seed; see `set_random_seed`.
        name: wanted name.
    """
    return _normal("RandomStandardNormal", "random_normal", shape, mean, stddev, dtype, seed, name)


@public("random.truncated_normal", "truncated_normal")
def truncated_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """As `random_normal`, of numbers at most two standard deviations from the mean."""
    return _normal("TruncatedNormal", "truncated_normal", shape, mean, stddev, dtype, seed, name)


def _normal(
    op: str,
    default_name: str,
    shape: Any,
    mean: Any,
    stddev: Any,
    dtype: Any,
    seed: int | None,
    name: str | None,
) -> Tensor:
    with name_scope(name, default_name, [shape, mean, stddev]) as scope:
        sizes = shape_tensor(shape)
        center = convert_to_tensor(mean, dtype, "mean")
        width = convert_to_tensor(stddev, dtype, "stddev")
        first, second = get_seed(seed)
        drawn = build(op, shape=sizes, dtype=dtype, seed=first, seed2=second)
        result: Tensor = add(drawn * width, center, name=scope)
        return result


@public("random.uniform", "random_uniform")
def random_uniform(
    shape: Any,
    minval: Any = 0,
    maxval: Any = None,
    dtype: Any = float32,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Numbers of equal probability from `minval` up to, but not including, `maxval`.

    Args:
        shape: shape of the result.
        minval: the lower end, broadcast to the shape; for integers a scalar.
        maxval: the upper end; by default 1, for floating-point types.
        dtype: float16, bfloat16, float32, float64, int32 or int64.
        seed: the op's seed; see `set_random_seed`.
        name: wanted name.

    Raises:
        ValueError: the type is none of these, or it is an integer type and there is no `maxval`.
    """
    dtype = as_dtype(dtype)
    if dtype not in UNIFORM_TYPES:
        raise ValueError(
            f"Argument `dtype` got invalid value {dtype!r}. Accepted dtypes are {UNIFORM_TYPES}."
        )
    if maxval is None:
        if dtype.is_integer:
            raise ValueError(f"Must specify maxval for integer dtype {dtype!r}")
        maxval = 1
    with name_scope(name, "random_uniform", [shape, minval, maxval]) as scope:
        sizes = shape_tensor(shape)
        from_zero = isinstance(minval, int) and minval == 0
        to_one = isinstance(maxval, int) and maxval == 1
        if not (from_zero and to_one) or dtype.is_integer:
            minval = convert_to_tensor(minval, dtype, "min")
            maxval = convert_to_tensor(maxval, dtype, "max")
        first, second = get_seed(seed)
        result: Tensor
        if dtype.is_integer:
            result = build(
                "RandomUniformInt",
                name=scope,
                shape=sizes,
                minval=minval,
                maxval=maxval,
                seed=first,
                seed2=second,
            )
            return result
        result = build("RandomUniform", shape=sizes, dtype=dtype, seed=first, seed2=second)
        if not from_zero:
            result = add(result * (maxval - minval), minval, name=scope)
        elif not to_one:
            result = build("Mul", x=result, y=maxval)
        return result
