"""The Laplace distribution.

Source: tensorflow/python/ops/distributions/laplace.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import abs
from minihub_runtime.api.checks.values import assert_positive
from minihub_runtime.api.distributions.base import FULLY_REPARAMETERIZED, ScalarDistribution
from minihub_runtime.api.distributions.functions import exp, log, log1p, log_cdf_laplace, softplus
from minihub_runtime.api.distributions.parameters import float_parameters
from minihub_runtime.api.elementwise import sign
from minihub_runtime.api.filling import zeros_like
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.public import public

__all__ = ["Laplace", "LaplaceWithSoftplusScale"]


@public("distributions.Laplace", "contrib.distributions.Laplace")
class Laplace(ScalarDistribution):
    """Laplace distributions, whose densities fall exponentially on both sides.

    Args:
        loc: the means.
        scale: over which distance the density falls by the factor e; broadcast with `loc`.
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
        name: str = "Laplace",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[loc, scale]) as scope:
            checks = [assert_positive(scale)] if validate_args else []
            self._loc, self._scale = float_parameters(checks, loc=loc, scale=scale)
        super().__init__(
            dtype=self._loc.dtype,
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
        """Over which distance the density falls by the factor e."""
        return self._scale

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        shape = concat([[n], self.batch_shape_tensor()], 0)
        # From behind -1, whose logarithm below would be infinite.
        kind = self.dtype.as_numpy_dtype
        least = np.nextafter(kind(-1.0), kind(0.0))
        drawn = random_uniform(shape, least, 1.0, self.dtype, seed)
        return self.loc - self.scale * sign(drawn) * log1p(-abs(drawn))

    def _log_prob(self, x: Any) -> Any:
        return self._log_unnormalized_prob(x) - self._log_normalization()

    def _prob(self, x: Any) -> Any:
        return exp(self._log_prob(x))

    def _log_cdf(self, x: Any) -> Any:
        return log_cdf_laplace(self._z(x))

    def _log_survival_function(self, x: Any) -> Any:
        return log_cdf_laplace(-self._z(x))

    def _cdf(self, x: Any) -> Any:
        z = self._z(x)
        return 0.5 + 0.5 * sign(z) * (1.0 - exp(-abs(z)))

    def _log_unnormalized_prob(self, x: Any) -> Any:
        return -abs(self._z(x))

    def _log_normalization(self) -> Any:
        return math.log(2.0) + log(self.scale)

    def _entropy(self) -> Any:
        scale = self.scale + zeros_like(self.loc)
        return math.log(2.0) + 1.0 + log(scale)

    def _mean(self) -> Any:
        return self.loc + zeros_like(self.scale)

    def _stddev(self) -> Any:
        return math.sqrt(2.0) * self.scale + zeros_like(self.loc)

    def _median(self) -> Any:
        return self._mean()

    def _mode(self) -> Any:
        return self._mean()

    def _z(self, x: Any) -> Any:
        return (x - self.loc) / self.scale


@public("contrib.distributions.LaplaceWithSoftplusScale")
class LaplaceWithSoftplusScale(Laplace):
    """Laplace distributions of the scale `softplus(scale)`; see `Laplace`."""

    def __init__(
        self,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "LaplaceWithSoftplusScale",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[loc, scale]) as scope:
            positive = softplus(scale, name="softplus_scale")
            super().__init__(loc, positive, validate_args, allow_nan_stats, scope)
        self._parameters = parameters
