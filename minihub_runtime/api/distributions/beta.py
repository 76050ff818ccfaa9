"""The beta distribution.

Source: tensorflow/python/ops/distributions/beta.py.
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
from minihub_runtime.api.distributions.functions import digamma, exp, lgamma, log, log1p, softplus
from minihub_runtime.api.distributions.parameters import gen_new_seed
from minihub_runtime.api.filling import fill, ones, ones_like
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.random_sampling import random_gamma
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["Beta", "BetaWithSoftplusConcentration"]


@public("distributions.Beta", "contrib.distributions.Beta")
class Beta(ScalarDistribution):
    """Beta distributions, of numbers between 0 and 1.

    Args:
        concentration1: the concentrations of 1.
        concentration0: those of 0; broadcast with `concentration1`.
        validate_args: whether a run checks parameters and values.
        allow_nan_stats: whether a mode that does not exist is NaN; a run fails at it otherwise.
        name: the scope of its operations.

    Raises:
        ValueError: the parameters are not of one floating-point type.
    """

    _SPANNING = ("total_concentration",)

    def __init__(
        self,
        concentration1: Any = None,
        concentration0: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Beta",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[concentration1, concentration0]) as scope:
            made = []
            for which, given in (
                ("concentration1", concentration1),
                ("concentration0", concentration0),
            ):
                tensor = convert_to_tensor(given, name=which)
                if validate_args:
                    told = "Concentration parameter must be positive."
                    tensor = with_dependencies([assert_positive(tensor, message=told)], tensor)
                made.append(tensor)
            self._concentration1, self._concentration0 = made
            assert_same_float_dtype(made)
            self._total_concentration = self._concentration1 + self._concentration0
        super().__init__(
            dtype=self._total_concentration.dtype,
            reparameterization_type=FULLY_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=[*made, self._total_concentration],
            name=scope,
        )

    @classmethod
    def _param_shapes(cls, sample_shape: Any) -> dict[str, Any]:
        sizes = convert_to_tensor(sample_shape, dtype=int32)
        return {"concentration1": sizes, "concentration0": sizes}

    @property
    def concentration1(self) -> Any:
        """The concentrations of 1."""
        return self._concentration1

    @property
    def concentration0(self) -> Any:
        """The concentrations of 0."""
        return self._concentration0

    @property
    def total_concentration(self) -> Any:
        """The sums of the concentrations."""
        return self._total_concentration

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        # The share of one of two gamma numbers.
        of_1, of_0 = (
            ones_like(self.total_concentration, dtype=self.dtype) * concentration
            for concentration in (self.concentration1, self.concentration0)
        )
        salted = gen_new_seed(seed, "beta")
        first = random_gamma([n], of_1, dtype=self.dtype, seed=seed)
        second = random_gamma([n], of_0, dtype=self.dtype, seed=salted)
        return first / (first + second)

    def _log_prob(self, x: Any) -> Any:
        return self._log_unnormalized_prob(x) - self._log_normalization()

    def _prob(self, x: Any) -> Any:
        return exp(self._log_prob(x))

    def _log_cdf(self, x: Any) -> Any:
        return log(self._cdf(x))

    def _cdf(self, x: Any) -> Any:
        return build("Betainc", a=self.concentration1, b=self.concentration0, x=x)

    def _log_unnormalized_prob(self, x: Any) -> Any:
        x = self._checked(x)
        of_1 = build("Xlogy", x=self.concentration1 - 1.0, y=x)
        return of_1 + (self.concentration0 - 1.0) * log1p(-x)

    def _log_normalization(self) -> Any:
        return (
            lgamma(self.concentration1)
            + lgamma(self.concentration0)
            - lgamma(self.total_concentration)
        )

    def _entropy(self) -> Any:
        return (
            self._log_normalization()
            - (self.concentration1 - 1.0) * digamma(self.concentration1)
            - (self.concentration0 - 1.0) * digamma(self.concentration0)
            + (self.total_concentration - 2.0) * digamma(self.total_concentration)
        )

    def _mean(self) -> Any:
        return self._concentration1 / self._total_concentration

    def _variance(self) -> Any:
        return self._mean() * (1.0 - self._mean()) / (1.0 + self.total_concentration)

    def _mode(self) -> Any:
        mode = (self.concentration1 - 1.0) / (self.total_concentration - 2.0)
        if self.allow_nan_stats:
            nan = np.array(np.nan, self.dtype.as_numpy_dtype)
            undefined = fill(self.batch_shape_tensor(), nan, name="nan")
            x, y = self.concentration1 > 1.0, self.concentration0 > 1.0
            return where_v2(build("LogicalAnd", x=x, y=y), mode, undefined)
        checks = [
            assert_less(
                ones([], self.dtype), concentration, message=f"Mode undefined for {which} <= 1."
            )
            for which, concentration in (
                ("concentration1", self.concentration1),
                ("concentration0", self.concentration0),
            )
        ]
        return with_dependencies(checks, mode)

    def _checked(self, x: Any) -> Any:
        if not self.validate_args:
            return x
        checks = [
            assert_positive(x, message="sample must be positive"),
            assert_less(x, ones([], self.dtype), message="sample must be less than `1`."),
        ]
        return with_dependencies(checks, x)


@public("contrib.distributions.BetaWithSoftplusConcentration")
class BetaWithSoftplusConcentration(Beta):
    """Beta distributions of `softplus` of the concentrations; see `Beta`."""

    def __init__(
        self,
        concentration1: Any,
        concentration0: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "BetaWithSoftplusConcentration",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[concentration1, concentration0]) as scope:
            super().__init__(
                softplus(concentration1, name="softplus_concentration1"),
                softplus(concentration0, name="softplus_concentration0"),
                validate_args,
                allow_nan_stats,
                scope,
            )
        self._parameters = parameters


@RegisterKL(Beta, Beta)
def _kl_beta_beta(a: Any, b: Any, name: str | None = None) -> Any:
    parts = ("concentration1", "concentration0", "total_concentration")
    values = [getattr(each, part) for each in (a, b) for part in parts]
    with name_scope(name, "kl_beta_beta", values):
        return (
            b._log_normalization()
            - a._log_normalization()
            - digamma(a.concentration1) * (b.concentration1 - a.concentration1)
            - digamma(a.concentration0) * (b.concentration0 - a.concentration0)
            + digamma(a.total_concentration) * (b.total_concentration - a.total_concentration)
        )
