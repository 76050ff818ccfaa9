"""The Dirichlet distribution, and the multinomial distribution of chances drawn from it.

Source: tensorflow/python/ops/distributions/dirichlet.py, dirichlet_multinomial.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.ranks import assert_rank_at_least
from minihub_runtime.api.checks.values import assert_less, assert_near, assert_positive
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.distributions.base import (
    FULLY_REPARAMETERIZED,
    NOT_REPARAMETERIZED,
    Distribution,
)
from minihub_runtime.api.distributions.divergence import RegisterKL
from minihub_runtime.api.distributions.functions import digamma, exp, log, rsqrt, sqrt
from minihub_runtime.api.distributions.multinomial import checked_counts, covariance_of
from minihub_runtime.api.distributions.parameters import (
    gen_new_seed,
    has_classes,
    is_count,
    log_combinations,
)
from minihub_runtime.api.encoding import one_hot
from minihub_runtime.api.filling import fill, ones
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.random_sampling import multinomial, random_gamma
from minihub_runtime.api.reduction import reduce_all, reduce_sum
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.slicing import newaxis
from minihub_runtime.api.special import lbeta
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["Dirichlet", "DirichletMultinomial"]

_NOT_POSITIVE = "Concentration parameter must be positive."


class _Concentrated(Distribution):
    """A distribution with a concentration for each class, `[…, classes]`."""

    _concentration: Any
    _total_concentration: Any

    @property
    def concentration(self) -> Any:
        """The concentrations of the classes."""
        return self._concentration

    @property
    def total_concentration(self) -> Any:
        """The sums of the concentrations."""
        return self._total_concentration

    def _batch_shape_tensor(self) -> Any:
        return shape_of(self.total_concentration)

    def _batch_shape(self) -> Any:
        return self.total_concentration.shape

    def _event_shape_tensor(self) -> Any:
        return shape_of(self.concentration)[-1:]

    def _event_shape(self) -> Any:
        return self.concentration.shape.with_rank_at_least(1)[-1:]

    def _variance_scale_term(self) -> Any:
        raise NotImplementedError

    def _covariance(self) -> Any:
        x = self._variance_scale_term() * self._mean()
        return covariance_of(x, x, self._variance)


@public("distributions.Dirichlet", "contrib.distributions.Dirichlet")
class Dirichlet(_Concentrated):
    """Dirichlet distributions, of chances of classes.

    Args:
        concentration: positive numbers, `[…, classes]`.
        validate_args: whether a run checks parameters and values.
        allow_nan_stats: whether a mode that does not exist is NaN; a run fails at it otherwise.
        name: the scope of its operations.
    """

    def __init__(
        self,
        concentration: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Dirichlet",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[concentration]) as scope:
            given = convert_to_tensor(concentration, name="concentration")
            if validate_args:
                no_rank = "Concentration parameter must have >=1 dimensions."
                too_few = "Concentration parameter must have event_size >= 2."
                checks = [
                    assert_positive(given, message=_NOT_POSITIVE),
                    assert_rank_at_least(given, 1, message=no_rank),
                    assert_less(1, shape_of(given)[-1], message=too_few),
                ]
                given = with_dependencies(checks, given)
            self._concentration = given
            self._total_concentration = reduce_sum(given, -1)
        super().__init__(
            dtype=self._concentration.dtype,
            reparameterization_type=FULLY_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=[self._concentration, self._total_concentration],
            name=scope,
        )

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        drawn = random_gamma([n], self.concentration, dtype=self.dtype, seed=seed)
        return drawn / reduce_sum(drawn, -1, keepdims=True)

    def _log_prob(self, x: Any) -> Any:
        return self._log_unnormalized_prob(x) - self._log_normalization()

    def _prob(self, x: Any) -> Any:
        return exp(self._log_prob(x))

    def _log_unnormalized_prob(self, x: Any) -> Any:
        x = self._checked(x)
        return reduce_sum(build("Xlogy", x=self.concentration - 1.0, y=x), -1)

    def _log_normalization(self) -> Any:
        return lbeta(self.concentration)

    def _entropy(self) -> Any:
        k = cast(self.event_shape_tensor()[0], self.dtype)
        return (
            self._log_normalization()
            + (self.total_concentration - k) * digamma(self.total_concentration)
            - reduce_sum((self.concentration - 1.0) * digamma(self.concentration), axis=-1)
        )

    def _mean(self) -> Any:
        return self.concentration / self.total_concentration[..., newaxis]

    def _variance(self) -> Any:
        scale = self._variance_scale_term()
        x = scale * self._mean()
        return x * (scale - x)

    def _variance_scale_term(self) -> Any:
        return rsqrt(1.0 + self.total_concentration[..., newaxis])

    def _mode(self) -> Any:
        k = cast(self.event_shape_tensor()[0], self.dtype)
        mode = (self.concentration - 1.0) / (self.total_concentration[..., newaxis] - k)
        if self.allow_nan_stats:
            nan = np.array(np.nan, self.dtype.as_numpy_dtype)
            undefined = fill(shape_of(mode), nan, name="nan")
            # TensorFlow 2 drops the last dimension, and so takes the batch for classes.
            defined = reduce_all(self.concentration > 1.0, axis=-1, keepdims=True)
            return where_v2(defined, mode, undefined)
        told = "Mode undefined when any concentration <= 1"
        one = ones([], self.dtype)
        return with_dependencies([assert_less(one, self.concentration, message=told)], mode)

    def _checked(self, x: Any) -> Any:
        if not self.validate_args:
            return x
        positive = assert_positive(x, message="samples must be positive")
        told = "sample last-dimension must sum to `1`"
        whole = assert_near(ones([], self.dtype), reduce_sum(x, -1), message=told)
        return with_dependencies([positive, whole], x)


@RegisterKL(Dirichlet, Dirichlet)
def _kl_dirichlet_dirichlet(a: Any, b: Any, name: str | None = None) -> Any:
    with name_scope(name, "kl_dirichlet_dirichlet", [a.concentration, b.concentration]):
        total = digamma(reduce_sum(a.concentration, axis=-1, keepdims=True))
        logs = digamma(a.concentration) - total
        difference = a.concentration - b.concentration
        return (
            reduce_sum(difference * logs, axis=-1) - lbeta(a.concentration) + lbeta(b.concentration)
        )


@public("distributions.DirichletMultinomial", "contrib.distributions.DirichletMultinomial")
class DirichletMultinomial(_Concentrated):
    """Multinomial distributions whose chances are drawn from Dirichlet distributions.

    Args:
        total_count: the numbers of draws, of a floating-point type.
        concentration: positive numbers, `[…, classes]`.
        validate_args: whether a run checks parameters and values.
        allow_nan_stats: see `Distribution`.
        name: the scope of its operations.
    """

    def __init__(
        self,
        total_count: Any,
        concentration: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "DirichletMultinomial",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[total_count, concentration]) as scope:
            self._total_count = convert_to_tensor(total_count, name="total_count")
            if validate_args:
                self._total_count = is_count(self._total_count)
            given = convert_to_tensor(concentration, name="concentration")
            if validate_args:
                given = has_classes(given)
                positive = assert_positive(given, message=_NOT_POSITIVE)
                given = with_dependencies([positive], given)
            self._concentration = given
            self._total_concentration = reduce_sum(given, -1)
        super().__init__(
            dtype=self._concentration.dtype,
            reparameterization_type=NOT_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=[self._total_count, self._concentration],
            name=scope,
        )

    @property
    def total_count(self) -> Any:
        """The numbers of draws."""
        return self._total_count

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        draws = cast(self.total_count, dtype=int32)
        k = self.event_shape_tensor()[0]
        chances = random_gamma([n], self.concentration, dtype=self.dtype, seed=seed)
        logits = reshape(log(chances), [-1, k])
        salted = gen_new_seed(seed, salt="dirichlet_multinomial")
        drawn = multinomial(logits, draws, seed=salted)
        counts = reduce_sum(one_hot(drawn, depth=k), -2)
        whole = concat([[n], self.batch_shape_tensor(), [k]], 0)
        return cast(reshape(counts, whole), self.dtype)

    def _log_prob(self, counts: Any) -> Any:
        counts = self._checked(counts)
        ordered = lbeta(self.concentration + counts) - lbeta(self.concentration)
        return ordered + log_combinations(self.total_count, counts)

    def _prob(self, counts: Any) -> Any:
        return exp(self._log_prob(counts))

    def _mean(self) -> Any:
        chances = self.concentration / self.total_concentration[..., newaxis]
        return self.total_count * chances

    def _variance(self) -> Any:
        scale = self._variance_scale_term()
        x = scale * self._mean()
        return x * (self.total_count * scale - x)

    def _variance_scale_term(self) -> Any:
        total = self.total_concentration[..., newaxis]
        return sqrt((1.0 + total / self.total_count) / (1.0 + total))

    def _checked(self, counts: Any) -> Any:
        if not self.validate_args:
            return counts
        told = "counts last-dimension must sum to `self.total_count`"
        return checked_counts(counts, self.total_count, told)
