"""The normal distribution.

Source: tensorflow/python/ops/distributions/normal.py.
"""

from __future__ import annotations

import math
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.checks.values import assert_positive
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.distributions.base import FULLY_REPARAMETERIZED, ScalarDistribution
from minihub_runtime.api.distributions.divergence import RegisterKL
from minihub_runtime.api.distributions.functions import log, log_ndtr, ndtr, ndtri, softplus, square
from minihub_runtime.api.distributions.parameters import float_parameters
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.random_ops import random_normal
from minihub_runtime.public import public

__all__ = ["Normal", "NormalWithSoftplusScale"]


@public("distributions.Normal", "contrib.distributions.Normal")
class Normal(ScalarDistribution):
    """Normal distributions.

    Args:
        loc: the means.
        scale: the standard deviations; broadcast with `loc`.
        validate_args: whether a run checks that `scale` is positive.
        allow_nan_stats: see `Distribution`.
        name: the scope of its operations.

    Raises:
        ValueError: `loc` and `scale` are not of one floating-point type.
    """

    _SPANNING = ("loc", "scale")

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Normal",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[loc, scale]) as scope:
            checks = [assert_positive(scale)] if validate_args else []
            self._loc, self._scale = float_parameters(checks, loc=loc, scale=scale)
        super().__init__(
            dtype=self._scale.dtype,
            reparameterization_type=FULLY_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=[self._loc, self._scale],
            name=scope,
        )

    @property
    def loc(self) -> Any:
        """The means."""
        return self._loc

    @property
    def scale(self) -> Any:
        """The standard deviations."""
        return self._scale

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        shape = concat([[n], self.batch_shape_tensor()], 0)
        drawn = random_normal(shape, mean=0.0, stddev=1.0, dtype=self.loc.dtype, seed=seed)
        return drawn * self.scale + self.loc

    def _log_prob(self, x: Any) -> Any:
        return self._log_unnormalized_prob(x) - self._log_normalization()

    def _log_cdf(self, x: Any) -> Any:
        return log_ndtr(self._z(x))

    def _cdf(self, x: Any) -> Any:
        return ndtr(self._z(x))

    def _log_survival_function(self, x: Any) -> Any:
        return log_ndtr(-self._z(x))

    def _survival_function(self, x: Any) -> Any:
        return ndtr(-self._z(x))

    def _log_unnormalized_prob(self, x: Any) -> Any:
        return -0.5 * square(self._z(x))

    def _log_normalization(self) -> Any:
        return 0.5 * math.log(2.0 * math.pi) + log(self.scale)

    def _entropy(self) -> Any:
        scale = self.scale * ones_like(self.loc)
        return 0.5 * math.log(2.0 * math.pi * math.e) + log(scale)

    def _mean(self) -> Any:
        return self.loc * ones_like(self.scale)

    def _quantile(self, p: Any) -> Any:
        return self._inv_z(ndtri(p))

    def _stddev(self) -> Any:
        return self.scale * ones_like(self.loc)

    def _mode(self) -> Any:
        return self._mean()

    def _z(self, x: Any) -> Any:
        """Values in units of the standard deviation from the mean."""
        with name_scope("standardize", values=[x]):
            return (x - self.loc) / self.scale

    def _inv_z(self, z: Any) -> Any:
        with name_scope("reconstruct", values=[z]):
            return z * self.scale + self.loc


@public("contrib.distributions.NormalWithSoftplusScale")
class NormalWithSoftplusScale(Normal):
    """Normal distributions whose standard deviation is `softplus(scale)`; see `Normal`."""

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "NormalWithSoftplusScale",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[scale]) as scope:
            positive = softplus(scale, name="softplus_scale")
            super().__init__(loc, positive, validate_args, allow_nan_stats, scope)
        self._parameters = parameters


@RegisterKL(Normal, Normal)
def _kl_normal_normal(a: Any, b: Any, name: str | None = None) -> Any:
    with name_scope(name, "kl_normal_normal", [a.loc, b.loc]):
        one, two, half = (constant(number, dtype=a.dtype) for number in (1, 2, 0.5))
        variance_a, variance_b = square(a.scale), square(b.scale)
        ratio = variance_a / variance_b
        distance = build("SquaredDifference", x=a.loc, y=b.loc)
        return distance / (two * variance_b) + half * (ratio - one - log(ratio))
