"""The uniform distribution.

Source: tensorflow/python/ops/distributions/uniform.py.
"""

from __future__ import annotations

import math
from typing import Any

from minihub_runtime.api.broadcasting import broadcast_dynamic_shape
from minihub_runtime.api.building import build
from minihub_runtime.api.checks.values import assert_less
from minihub_runtime.api.distributions.base import FULLY_REPARAMETERIZED, ScalarDistribution
from minihub_runtime.api.distributions.functions import log, square
from minihub_runtime.api.distributions.parameters import float_parameters
from minihub_runtime.api.filling import ones, ones_like, zeros, zeros_like
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.public import public

__all__ = ["Uniform"]


@public("distributions.Uniform", "contrib.distributions.Uniform")
class Uniform(ScalarDistribution):
    """Uniform distributions.

    Args:
        low: the lower ends.
        high: the upper ends, which do not belong to them; broadcast with `low`.
        validate_args: whether a run checks that `low` is below `high`.
        allow_nan_stats: see `Distribution`.
        name: the scope of its operations.

    Raises:
        ValueError: `low` and `high` are not of one floating-point type.
        InvalidArgumentError: `low` is known not to be below `high`.
    """

    _SPANNING = ("low", "high")

    def __init__(
        self,
        low: Any = 0.0,
        high: Any = 1.0,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Uniform",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[low, high]) as scope:
            told = "uniform not defined when low >= high."
            checks = [assert_less(low, high, message=told)] if validate_args else []
            self._low, self._high = float_parameters(checks, low=low, high=high)
        super().__init__(
            dtype=self._low.dtype,
            reparameterization_type=FULLY_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=[self._low, self._high],
            name=scope,
        )

    @property
    def low(self) -> Any:
        """The lower ends."""
        return self._low

    @property
    def high(self) -> Any:
        """The upper ends."""
        return self._high

    def range(self, name: str = "range") -> Any:
        """`high - low`."""
        with self._name_scope(name):
            return self.high - self.low

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        shape = concat([[n], self.batch_shape_tensor()], 0)
        drawn = random_uniform(shape, dtype=self.dtype, seed=seed)
        return self.low + self.range() * drawn

    def _prob(self, x: Any) -> Any:
        x = x * ones(self.batch_shape_tensor(), dtype=x.dtype)
        undefined = build("IsNan", x=x)
        outside = build("LogicalOr", x=x < self.low, y=x >= self.high)
        density = where_v2(outside, zeros_like(x), ones_like(x) / self.range())
        return where_v2(undefined, x, density)

    def _cdf(self, x: Any) -> Any:
        shape = broadcast_dynamic_shape(shape_of(x), self.batch_shape_tensor())
        nothing, everything = zeros(shape, dtype=self.dtype), ones(shape, dtype=self.dtype)
        whole = x * everything
        part = where_v2(x < self.low, nothing, (whole - self.low) / self.range())
        return where_v2(x >= self.high, everything, part)

    def _entropy(self) -> Any:
        return log(self.range())

    def _mean(self) -> Any:
        return (self.low + self.high) / 2.0

    def _variance(self) -> Any:
        return square(self.range()) / 12.0

    def _stddev(self) -> Any:
        return self.range() / math.sqrt(12.0)
