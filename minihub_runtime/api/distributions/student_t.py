"""Student's t-distribution.

Source: tensorflow/python/ops/distributions/student_t.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.arithmetic import abs
from minihub_runtime.api.building import build
from minihub_runtime.api.checks.values import assert_less, assert_positive
from minihub_runtime.api.distributions.base import FULLY_REPARAMETERIZED, ScalarDistribution
from minihub_runtime.api.distributions.functions import (
    digamma,
    lgamma,
    log,
    log1p,
    rsqrt,
    softplus,
    square,
)
from minihub_runtime.api.distributions.parameters import float_parameters, gen_new_seed
from minihub_runtime.api.filling import fill, ones, ones_like
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.identity import identity
from minihub_runtime.api.joining import concat
from minihub_runtime.api.random_ops import random_normal
from minihub_runtime.api.random_sampling import random_gamma
from minihub_runtime.api.slicing import newaxis
from minihub_runtime.api.special import lbeta
from minihub_runtime.public import public

__all__ = ["StudentT", "StudentTWithAbsDfSoftplusScale"]


@public("distributions.StudentT", "contrib.distributions.StudentT")
class StudentT(ScalarDistribution):
    """Student's t-distributions.

    Args:
        df: the degrees of freedom.
        loc: the middles.
        scale: the widths, which are not the standard deviations; all are broadcast.
        validate_args: whether a run checks that `df` is positive.
        allow_nan_stats: whether moments that do not exist are NaN; a run fails at them otherwise.
        name: the scope of its operations.

    Raises:
        ValueError: the parameters are not of one floating-point type.
    """

    _SPANNING = ("df", "loc", "scale")

    def __init__(
        self,
        df: Any,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "StudentT",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[df, loc, scale]) as scope:
            checks = [assert_positive(df)] if validate_args else []
            made = float_parameters(checks, df=df, loc=loc, scale=scale)
            self._df, self._loc, self._scale = made
        super().__init__(
            dtype=self._scale.dtype,
            reparameterization_type=FULLY_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=made,
            name=scope,
        )

    @property
    def df(self) -> Any:
        """The degrees of freedom."""
        return self._df

    @property
    def loc(self) -> Any:
        """The middles."""
        return self._loc

    @property
    def scale(self) -> Any:
        """The widths."""
        return self._scale

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        # A normal number over the root of a gamma number, which stands for a mean of `df` squares.
        shape = concat([[n], self.batch_shape_tensor()], 0)
        normal = random_normal(shape, dtype=self.dtype, seed=seed)
        df = self.df * self._ones()
        salted = gen_new_seed(seed, salt="student_t")
        squares = random_gamma([n], 0.5 * df, beta=0.5, dtype=self.dtype, seed=salted)
        drawn = normal * rsqrt(squares / df)
        return drawn * self.scale + self.loc

    def _log_prob(self, x: Any) -> Any:
        return self._log_unnormalized_prob(x) - self._log_normalization()

    def _log_unnormalized_prob(self, x: Any) -> Any:
        y = (x - self.loc) / self.scale
        return -0.5 * (self.df + 1.0) * log1p(y**2.0 / self.df)

    def _log_normalization(self) -> Any:
        return (
            log(abs(self.scale))
            + 0.5 * log(self.df)
            + 0.5 * np.log(np.pi)
            + lgamma(0.5 * self.df)
            - lgamma(0.5 * (self.df + 1.0))
        )

    def _cdf(self, x: Any) -> Any:
        y = (x - self.loc) / abs(self.scale)
        t = self.df / (y**2.0 + self.df)
        below = 0.5 * build("Betainc", a=0.5 * self.df, b=0.5, x=t)
        return where_v2(build("Less", x=y, y=0.0), below, 1.0 - below)

    def _entropy(self) -> Any:
        one = self._ones()[..., newaxis]
        df = one * self.df[..., newaxis]
        halves = concat([df, one], -1) / 2.0
        return (
            log(abs(self.scale))
            + 0.5 * log(self.df)
            + lbeta(halves)
            + 0.5 * (self.df + 1.0) * (digamma(0.5 * (self.df + 1.0)) - digamma(0.5 * self.df))
        )

    def _mean(self) -> Any:
        return self._where_defined("mean", self.loc * self._ones())

    def _variance(self) -> Any:
        finite = build("Greater", x=self.df, y=2.0)
        divisor = where_v2(finite, self.df - 2.0, ones_like(self.df))
        variance = self._ones() * square(self.scale) * self.df / divisor
        finite = self.df > fill(self.batch_shape_tensor(), 2.0)
        variance = where_v2(finite, variance, self._filled(np.inf, "inf"))
        return self._where_defined("variance", variance)

    def _mode(self) -> Any:
        return identity(self.loc)

    def _ones(self) -> Any:
        return ones(self.batch_shape_tensor(), dtype=self.dtype)

    def _filled(self, number: float, name: str) -> Any:
        value = np.array(number, self.dtype.as_numpy_dtype)
        return fill(self.batch_shape_tensor(), value, name=name)

    def _where_defined(self, what: str, moment: Any) -> Any:
        """A moment that there is with more than one degree of freedom."""
        if self.allow_nan_stats:
            defined = build("Greater", x=self.df, y=self._ones())
            return where_v2(defined, moment, self._filled(np.nan, "nan"))
        told = f"{what} not defined for components of df <= 1"
        one = ones([], dtype=self.dtype)
        return with_dependencies([assert_less(one, self.df, message=told)], moment)


@public("contrib.distributions.StudentTWithAbsDfSoftplusScale")
class StudentTWithAbsDfSoftplusScale(StudentT):
    """Student's t-distributions of `floor(abs(df))` degrees and the scale `softplus(scale)`; see `StudentT`."""

    def __init__(
        self,
        df: Any,
        loc: Any,
        scale: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "StudentTWithAbsDfSoftplusScale",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[df, scale]) as scope:
            whole = build("Floor", x=abs(df))
            positive = softplus(scale, name="softplus_scale")
            super().__init__(whole, loc, positive, validate_args, allow_nan_stats, scope)
        self._parameters = parameters
