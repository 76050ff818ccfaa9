"""`tf.contrib.distributions`: normal distributions of vectors whose elements are independent.

Source: tensorflow/contrib/distributions/python/ops/mvn_diag.py, mvn_linear_operator.py of TensorFlow 1.15.
"""

from __future__ import annotations

import math
from typing import Any

from minihub_runtime.api.arithmetic import abs
from minihub_runtime.api.broadcasting import broadcast_dynamic_shape, broadcast_static_shape
from minihub_runtime.api.checks.values import assert_none_equal
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.distributions.base import FULLY_REPARAMETERIZED, Distribution
from minihub_runtime.api.distributions.divergence import RegisterKL
from minihub_runtime.api.distributions.functions import exp, log, softplus, square
from minihub_runtime.api.filling import ones, zeros
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.joining import concat
from minihub_runtime.api.linalg.matrices import matrix_diag
from minihub_runtime.api.random_ops import random_normal
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.slicing import newaxis
from minihub_runtime.public import public

__all__ = ["MultivariateNormalDiag", "MultivariateNormalDiagWithSoftplusScale"]


@public("contrib.distributions.MultivariateNormalDiag")
class MultivariateNormalDiag(Distribution):
    """Normal distributions of vectors whose elements are independent.

    There is no `scale`, which is a linear operator in TensorFlow; see `stddev`.

    Args:
        loc: the means, `[…, k]`; 0 by default.
        scale_diag: the standard deviations, `[…, k]`, or minus them; 1 by default.
        scale_identity_multiplier: what is added to all of a vector, `[…]`, or is the standard deviation of all if there is
            no `scale_diag`.
        validate_args: whether a run checks that standard deviations are not 0.
        allow_nan_stats: see `Distribution`.
        name: the scope of its operations.

    Raises:
        ValueError: neither `loc` nor `scale_diag` tells the length of vectors.
    """

    def __init__(
        self,
        loc: Any = None,
        scale_diag: Any = None,
        scale_identity_multiplier: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalDiag",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[loc, scale_diag, scale_identity_multiplier]) as scope:
            if loc is None and scale_diag is None:
                raise ValueError("One of `loc` and `scale_diag` must be given.")
            self._loc = None if loc is None else convert_to_tensor(loc, name="loc")
            self._scale_diag = self._deviations(scale_diag, scale_identity_multiplier)
            if validate_args:
                told = "the diagonal of the scale must be non-zero"
                check = assert_none_equal(
                    self._scale_diag, zeros([], self._scale_diag.dtype), message=told
                )
                self._scale_diag = with_dependencies([check], self._scale_diag)
        given = [self._scale_diag] if self._loc is None else [self._loc, self._scale_diag]
        super().__init__(
            dtype=self._scale_diag.dtype,
            reparameterization_type=FULLY_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=given,
            name=scope,
        )

    def _deviations(self, diagonal: Any, multiplier: Any) -> Any:
        dtype = None if self._loc is None else self._loc.dtype
        if diagonal is not None:
            diagonal = convert_to_tensor(diagonal, dtype, "scale_diag")
        if multiplier is not None:
            dtype = dtype or diagonal.dtype
            multiplier = convert_to_tensor(multiplier, dtype, "scale_identity_multiplier")
        if diagonal is None:
            assert self._loc is not None
            alike = ones(shape_of(self._loc)[-1:], self._loc.dtype)
            alike.set_shape(self._loc.shape.with_rank_at_least(1)[-1:])
            return alike if multiplier is None else multiplier[..., newaxis] * alike
        return diagonal if multiplier is None else diagonal + multiplier[..., newaxis]

    @property
    def loc(self) -> Any:
        """The means, or None."""
        return self._loc

    def _whole_shape_tensor(self) -> Any:
        size = shape_of(self._scale_diag)
        return size if self._loc is None else broadcast_dynamic_shape(shape_of(self._loc), size)

    def _whole_shape(self) -> Any:
        known = self._scale_diag.shape
        if self._loc is not None:
            known = broadcast_static_shape(self._loc.shape, known)
        return known.with_rank_at_least(1)

    def _batch_shape_tensor(self) -> Any:
        return self._whole_shape_tensor()[:-1]

    def _batch_shape(self) -> Any:
        return self._whole_shape()[:-1]

    def _event_shape_tensor(self) -> Any:
        return self._whole_shape_tensor()[-1:]

    def _event_shape(self) -> Any:
        return self._whole_shape()[-1:]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        sizes = concat([[n], self.batch_shape_tensor(), self.event_shape_tensor()], 0)
        drawn = random_normal(sizes, dtype=self.dtype, seed=seed) * self._scale_diag
        return drawn if self._loc is None else drawn + self._loc

    def _log_prob(self, x: Any) -> Any:
        z = (x if self._loc is None else x - self._loc) / self._scale_diag
        each = -0.5 * square(z) - 0.5 * math.log(2.0 * math.pi)
        return reduce_sum(each, -1) - self._log_determinant()

    def _log_determinant(self) -> Any:
        return reduce_sum(log(abs(self._scale_diag)), -1)

    def _entropy(self) -> Any:
        each = 0.5 * math.log(2.0 * math.pi * math.e) + log(abs(self._scale_diag))
        return reduce_sum(each + zeros(self._whole_shape_tensor(), self.dtype), -1)

    def _mean(self) -> Any:
        nothing = zeros(self._whole_shape_tensor(), self.dtype)
        return nothing if self._loc is None else self._loc + nothing

    def _covariance(self) -> Any:
        return matrix_diag(square(self._scale_diag))

    def _variance(self) -> Any:
        return square(self._scale_diag)

    def _stddev(self) -> Any:
        return abs(self._scale_diag)

    def _mode(self) -> Any:
        return self._mean()

    def log_det_covariance(self, name: str = "log_det_covariance") -> Any:
        """The logarithm of the determinant of the covariance."""
        with self._name_scope(name):
            return 2.0 * self._log_determinant()

    def det_covariance(self, name: str = "det_covariance") -> Any:
        """The determinant of the covariance."""
        with self._name_scope(name):
            return exp(2.0 * self._log_determinant())


@public("contrib.distributions.MultivariateNormalDiagWithSoftplusScale")
class MultivariateNormalDiagWithSoftplusScale(MultivariateNormalDiag):
    """Normal distributions of vectors with the standard deviations `softplus(scale_diag)`; see `MultivariateNormalDiag`."""

    def __init__(
        self,
        loc: Any,
        scale_diag: Any,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "MultivariateNormalDiagWithSoftplusScale",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[scale_diag]) as scope:
            super().__init__(loc, softplus(scale_diag), None, validate_args, allow_nan_stats, scope)
        self._parameters = parameters


@RegisterKL(MultivariateNormalDiag, MultivariateNormalDiag)
def _kl_of_vectors(a: Any, b: Any, name: str | None = None) -> Any:
    with name_scope(name, "kl_mvn"):
        ratio = square(a.stddev() / b.stddev())
        distance = square((b.mean() - a.mean()) / b.stddev())
        # The mean is as wide as the batch, which the deviations need not be.
        return 0.5 * reduce_sum(ratio - 1.0 - log(ratio) + distance, -1)
