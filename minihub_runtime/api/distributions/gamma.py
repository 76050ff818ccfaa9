"""The gamma distribution, and the exponential distribution, which is a case of it.

Source: tensorflow/python/ops/distributions/gamma.py, exponential.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.checks.types import assert_same_float_dtype
from minihub_runtime.api.checks.values import assert_less, assert_positive
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.distributions.base import FULLY_REPARAMETERIZED, ScalarDistribution
from minihub_runtime.api.distributions.divergence import RegisterKL
from minihub_runtime.api.distributions.functions import digamma, lgamma, log, softplus, sqrt, square
from minihub_runtime.api.distributions.parameters import float_parameters
from minihub_runtime.api.filling import fill, ones
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.joining import concat
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.random_sampling import random_gamma
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = [
    "Exponential",
    "ExponentialWithSoftplusRate",
    "Gamma",
    "GammaWithSoftplusConcentrationRate",
]


@public("distributions.Gamma", "contrib.distributions.Gamma")
class Gamma(ScalarDistribution):
    """Gamma distributions.

    Args:
        concentration: their shapes.
        rate: their inverse scales; broadcast with `concentration`.
        validate_args: whether a run checks that parameters and values are positive.
        allow_nan_stats: whether a mode that does not exist is NaN; a run fails at it otherwise.
        name: the scope of its operations.

    Raises:
        ValueError: the parameters are not of one floating-point type.
    """

    _SPANNING = ("concentration", "rate")

    def __init__(
        self,
        concentration: Any,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Gamma",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[concentration, rate]) as scope:
            checks = (
                [assert_positive(concentration), assert_positive(rate)] if validate_args else []
            )
            self._concentration, self._rate = float_parameters(
                checks, concentration=concentration, rate=rate
            )
        super().__init__(
            dtype=self._concentration.dtype,
            reparameterization_type=FULLY_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=[self._concentration, self._rate],
            name=scope,
        )

    @property
    def concentration(self) -> Any:
        """The shapes."""
        return self._concentration

    @property
    def rate(self) -> Any:
        """The inverse scales."""
        return self._rate

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        return random_gamma([n], self.concentration, beta=self.rate, dtype=self.dtype, seed=seed)

    def _log_prob(self, x: Any) -> Any:
        return self._log_unnormalized_prob(x) - self._log_normalization()

    def _cdf(self, x: Any) -> Any:
        x = self._checked(x)
        return build("Igamma", a=self.concentration, x=self.rate * x)

    def _log_unnormalized_prob(self, x: Any) -> Any:
        x = self._checked(x)
        return build("Xlogy", x=self.concentration - 1.0, y=x) - self.rate * x

    def _log_normalization(self) -> Any:
        return lgamma(self.concentration) - self.concentration * log(self.rate)

    def _entropy(self) -> Any:
        return (
            self.concentration
            - log(self.rate)
            + lgamma(self.concentration)
            + (1.0 - self.concentration) * digamma(self.concentration)
        )

    def _mean(self) -> Any:
        return self.concentration / self.rate

    def _variance(self) -> Any:
        return self.concentration / square(self.rate)

    def _stddev(self) -> Any:
        return sqrt(self.concentration) / self.rate

    def _mode(self) -> Any:
        mode = (self.concentration - 1.0) / self.rate
        if self.allow_nan_stats:
            nan = np.array(np.nan, self.dtype.as_numpy_dtype)
            undefined = fill(self.batch_shape_tensor(), nan, name="nan")
            return where_v2(self.concentration > 1.0, mode, undefined)
        told = "mode not defined when any concentration <= 1"
        one = ones([], self.dtype)
        return with_dependencies([assert_less(one, self.concentration, message=told)], mode)

    def _checked(self, x: Any) -> Any:
        assert_same_float_dtype([x], self.dtype)
        return with_dependencies([assert_positive(x)], x) if self.validate_args else x


@public("contrib.distributions.GammaWithSoftplusConcentrationRate")
class GammaWithSoftplusConcentrationRate(Gamma):
    """Gamma distributions of `softplus(concentration)` and `softplus(rate)`; see `Gamma`."""

    def __init__(
        self,
        concentration: Any,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "GammaWithSoftplusConcentrationRate",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[concentration, rate]) as scope:
            super().__init__(
                softplus(concentration, name="softplus_concentration"),
                softplus(rate, name="softplus_rate"),
                validate_args,
                allow_nan_stats,
                scope,
            )
        self._parameters = parameters


@public("distributions.Exponential", "contrib.distributions.Exponential")
class Exponential(Gamma):
    """Exponential distributions, which are gamma distributions of the concentration 1.

    Args:
        rate: the inverse means.
        validate_args: whether a run checks that `rate` and values are positive.
        allow_nan_stats: see `Gamma`.
        name: the scope of its operations.

    Raises:
        ValueError: `rate` is not of a floating-point type.
    """

    def __init__(
        self,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Exponential",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[rate]) as scope:
            given = convert_to_tensor(rate, name="rate")
        one = ones([], dtype=given.dtype)
        super().__init__(one, given, validate_args, allow_nan_stats, scope)
        self._parameters = parameters
        self._graph_parents += [self._rate]

    @classmethod
    def _param_shapes(cls, sample_shape: Any) -> dict[str, Any]:
        return {"rate": convert_to_tensor(sample_shape, dtype=int32)}

    def _log_survival_function(self, value: Any) -> Any:
        return self._log_prob(value) - log(self._rate)

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        shape = concat([[n], shape_of(self._rate)], 0)
        # Not from 0, whose logarithm would be infinite.
        least = np.finfo(self.dtype.as_numpy_dtype).tiny
        drawn = random_uniform(shape, least, 1.0, self.dtype, seed)
        return -log(drawn) / self._rate


@public("contrib.distributions.ExponentialWithSoftplusRate")
class ExponentialWithSoftplusRate(Exponential):
    """Exponential distributions of the rate `softplus(rate)`; see `Exponential`."""

    def __init__(
        self,
        rate: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "ExponentialWithSoftplusRate",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[rate]) as scope:
            positive = softplus(rate, name="softplus_rate")
            super().__init__(positive, validate_args, allow_nan_stats, scope)
        self._parameters = parameters


@RegisterKL(Gamma, Gamma)
def _kl_gamma_gamma(a: Any, b: Any, name: str | None = None) -> Any:
    values = [a.concentration, a.rate, b.concentration, b.rate]
    with name_scope(name, "kl_gamma_gamma", values):
        return (
            (a.concentration - b.concentration) * digamma(a.concentration)
            + lgamma(b.concentration)
            - lgamma(a.concentration)
            + b.concentration * log(a.rate)
            - b.concentration * log(b.rate)
            + a.concentration * (b.rate / a.rate - 1.0)
        )
