"""Initialisers of variables: functions of a shape, as objects that can be written down.

Source: tensorflow/python/ops/init_ops.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from minihub_runtime.api.conversion import constant
from minihub_runtime.api.filling import ones, zeros
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.random_ops import random_normal, random_uniform, truncated_normal
from minihub_runtime.dtypes import DType, as_dtype, float32
from minihub_runtime.public import public

__all__ = [
    "ONES",
    "ZEROS",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "Initializer",
    "Ones",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "Typed",
    "UniformUnitScaling",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "float_type",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
]

T = TypeVar("T", bound="Initializer")

#: The standard deviation of normal numbers that are cut off two deviations from the mean.
TRUNCATED_STDDEV = 0.87962566103423978


class Initializer:
    """A function of shape and type that builds the initial value of a variable."""

    #: The names of the arguments, in the order of `get_config`.
    _configured: Sequence[str] = ()

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """The initial value.

        Args:
            shape: shape of the variable.
            dtype: its type; by default that of the initialiser.
            partition_info: which part of a whole the variable is.
        """
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments, as `from_config` takes them."""
        return {
            key: value.name if isinstance(value, DType) else value
            for key, value in ((key, getattr(self, key)) for key in self._configured)
        }

    @classmethod
    def from_config(cls: type[T], config: Mapping[str, Any]) -> T:
        """An initialiser of these arguments."""
        return cls(**config)


def float_type(dtype: Any) -> DType:
    """The type, which must be a floating-point one."""
    found = as_dtype(dtype)
    if not found.is_floating:
        raise ValueError(f"Argument `dtype` is expected to be floating point. Received: {found}.")
    return found


class Typed(Initializer):
    """An initialiser of a type of its own."""

    dtype: DType

    def _type(self, dtype: Any) -> Any:
        return self.dtype if dtype is None else dtype


@public("initializers.zeros", "zeros_initializer")
class Zeros(Typed):
    """Zeros, empty texts or false."""

    _configured = ("dtype",)

    def __init__(self, dtype: Any = float32) -> None:
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """See `Initializer`."""
        return zeros(shape, self._type(dtype))


#: The default of biases and the like: it has no state, so that one serves all.
ZEROS = Zeros()


@public("initializers.ones", "ones_initializer")
class Ones(Typed):
    """Ones."""

    _configured = ("dtype",)

    def __init__(self, dtype: Any = float32) -> None:
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """See `Initializer`."""
        return ones(shape, self._type(dtype))


#: The default of scales.
ONES = Ones()


@public("initializers.constant", "constant_initializer")
class Constant(Typed):
    """A given value, as `tf.constant` gives it a shape.

    Args:
        value: a number, a list or an array.
        dtype: default type.
        verify_shape: refuse a value of another shape.

    Raises:
        TypeError: the value is none of these.
    """

    _configured = ("value", "dtype")

    def __init__(self, value: Any = 0, dtype: Any = float32, verify_shape: bool = False) -> None:
        if not (np.isscalar(value) or isinstance(value, (list, tuple, np.ndarray))):
            raise TypeError(
                f"Invalid type for initial value={value} of type: {type(value).__name__}. Expected "
                "Python scalar, list or tuple of values, or numpy.ndarray."
            )
        self.value = value
        self.dtype = as_dtype(dtype)
        self._verify_shape = verify_shape

    def __call__(
        self,
        shape: Any,
        dtype: Any = None,
        partition_info: Any = None,
        verify_shape: bool | None = None,
    ) -> Tensor:
        """See `Initializer`."""
        if verify_shape is None:
            verify_shape = self._verify_shape
        return constant(self.value, self._type(dtype), shape, verify_shape=verify_shape)


@public("initializers.random_uniform", "random_uniform_initializer")
class RandomUniform(Typed):
    """Numbers of equal probability from `minval` to `maxval`."""

    _configured = ("minval", "maxval", "seed", "dtype")

    def __init__(
        self,
        minval: Any = 0.0,
        maxval: Any = None,
        seed: int | None = None,
        dtype: Any = float32,
    ) -> None:
        self.minval = minval
        self.maxval = maxval
        self.seed = seed
        self.dtype = as_dtype(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """See `Initializer`."""
        return random_uniform(shape, self.minval, self.maxval, self._type(dtype), self.seed)


@public("initializers.random_normal", "random_normal_initializer")
class RandomNormal(Typed):
    """Normally distributed numbers."""

    _configured = ("mean", "stddev", "seed", "dtype")

    def __init__(
        self, mean: Any = 0.0, stddev: Any = 1.0, seed: int | None = None, dtype: Any = float32
    ) -> None:
        self.mean = mean
        self.stddev = stddev
        self.seed = seed
        self.dtype = float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """See `Initializer`."""
        return random_normal(shape, self.mean, self.stddev, self._type(dtype), self.seed)


@public("initializers.truncated_normal", "truncated_normal_initializer")
class TruncatedNormal(RandomNormal):
    """Normally distributed numbers at most two standard deviations from the mean."""

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """See `Initializer`."""
        return truncated_normal(shape, self.mean, self.stddev, self._type(dtype), self.seed)


@public("initializers.uniform_unit_scaling", "uniform_unit_scaling_initializer")
class UniformUnitScaling(Typed):
    """Numbers of equal probability whose sums over the inputs keep the scale of these."""

    _configured = ("factor", "seed", "dtype")

    def __init__(self, factor: float = 1.0, seed: int | None = None, dtype: Any = float32) -> None:
        self.factor = factor
        self.seed = seed
        self.dtype = float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """See `Initializer`."""
        whole = shape if partition_info is None else partition_info.full_shape
        inputs = 1.0
        for size in whole[:-1]:
            inputs *= float(size)
        limit = math.sqrt(3 / max(inputs, 1.0)) * self.factor
        return random_uniform(shape, -limit, limit, self._type(dtype), self.seed)


@public("initializers.variance_scaling", "variance_scaling_initializer")
class VarianceScaling(Typed):
    """Random numbers whose variance is `scale / n`, where n counts inputs, outputs, or both halved.

    Args:
        scale: see above.
        mode: "fan_in", "fan_out" or "fan_avg": what n counts.
        distribution: "truncated_normal" or its older name "normal", "untruncated_normal" or "uniform".
        seed: the op's seed.
        dtype: default type.

    Raises:
        ValueError: an argument is out of range.
    """

    _configured: Sequence[str] = ("scale", "mode", "distribution", "seed", "dtype")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        dtype: Any = float32,
    ) -> None:
        if scale <= 0.0:
            raise ValueError(f"Argument `scale` must be a positive float. Received: {scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(
                "Argument `mode` should be one of ('fan_in', 'fan_out', 'fan_avg'). Received: "
                f"{mode}"
            )
        distribution = distribution.lower()
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                "Argument `distribution` should be one of ('normal', 'uniform', 'truncated_normal', "
                f"'untruncated_normal'). Received: {distribution}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.seed = seed
        self.dtype = float_type(dtype)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None) -> Tensor:
        """See `Initializer`."""
        dtype = self._type(dtype)
        whole = shape if partition_info is None else partition_info.full_shape
        fan_in, fan_out = compute_fans(whole)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2.0}
        scale = self.scale / max(1.0, count[self.mode])
        if self.distribution in ("normal", "truncated_normal"):
            stddev = math.sqrt(scale) / TRUNCATED_STDDEV
            return truncated_normal(shape, 0.0, stddev, dtype, self.seed)
        if self.distribution == "untruncated_normal":
            return random_normal(shape, 0.0, math.sqrt(scale), dtype, self.seed)
        limit = math.sqrt(3.0 * scale)
        return random_uniform(shape, -limit, limit, dtype, self.seed)


def compute_fans(shape: Any) -> tuple[int, int]:
    """The numbers of inputs and of outputs of each unit of a layer whose weights have that shape."""
    sizes = [int(size) for size in shape]
    if len(sizes) < 2:
        fan = sizes[0] if sizes else 1
        return fan, fan
    field = math.prod(sizes[:-2])
    return sizes[-2] * field, sizes[-1] * field


@public("initializers.glorot_uniform", "glorot_uniform_initializer")
class GlorotUniform(VarianceScaling):
    """Glorot's uniform numbers: variance scaling with scale 1 and mode "fan_avg"."""

    _configured = ("seed", "dtype")

    def __init__(self, seed: int | None = None, dtype: Any = float32) -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed)


@public("initializers.glorot_normal", "glorot_normal_initializer")
class GlorotNormal(VarianceScaling):
    """Glorot's normal numbers: variance scaling with scale 1 and mode "fan_avg"."""

    _configured = ("seed", "dtype")

    def __init__(self, seed: int | None = None, dtype: Any = float32) -> None:
        super().__init__(1.0, "fan_avg", "truncated_normal", seed)


@public("initializers.lecun_normal")
def lecun_normal(seed: int | None = None) -> Initializer:
    """LeCun's normal numbers: variance scaling with scale 1 and mode "fan_in"."""
    return VarianceScaling(1.0, "fan_in", "truncated_normal", seed)


@public("initializers.lecun_uniform")
def lecun_uniform(seed: int | None = None) -> Initializer:
    """LeCun's uniform numbers: variance scaling with scale 1 and mode "fan_in"."""
    return VarianceScaling(1.0, "fan_in", "uniform", seed)


@public("initializers.he_normal")
def he_normal(seed: int | None = None) -> Initializer:
    """He's normal numbers: variance scaling with scale 2 and mode "fan_in"."""
    return VarianceScaling(2.0, "fan_in", "truncated_normal", seed)


@public("initializers.he_uniform")
def he_uniform(seed: int | None = None) -> Initializer:
    """He's uniform numbers: variance scaling with scale 2 and mode "fan_in"."""
    return VarianceScaling(2.0, "fan_in", "uniform", seed)
