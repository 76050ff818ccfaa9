"""The multinomial distribution.

Source: tensorflow/python/ops/distributions/multinomial.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.distributions.base import NOT_REPARAMETERIZED, Distribution
from minihub_runtime.api.distributions.parameters import (
    get_logits_and_probs,
    is_count,
    log_combinations,
)
from minihub_runtime.api.encoding import one_hot
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.identity import identity
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.map_fn import map_fn
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import log_softmax
from minihub_runtime.api.random_sampling import multinomial
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.slicing import newaxis
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["Multinomial", "checked_counts", "covariance_of"]


def checked_counts(counts: Any, total_count: Any, message: str) -> Any:
    """How often classes were drawn, which must be whole numbers whose sum is `total_count`."""
    counts = is_count(counts)
    total = reduce_sum(counts, -1)
    return with_dependencies([assert_equal(total_count, total, message=message)], counts)


def covariance_of(x: Any, y: Any, variance: Callable[[], Any]) -> Any:
    """Minus the products of the elements of two vectors, and variances on the diagonal."""
    products = -matmul(x[..., newaxis], y[..., newaxis, :])
    return build("MatrixSetDiagV3", name="set_diag", input=products, diagonal=variance(), k=0)


@public("distributions.Multinomial", "contrib.distributions.Multinomial")
class Multinomial(Distribution):
    """Multinomial distributions: how often each class is drawn.

    Args:
        total_count: the numbers of draws, of a floating-point type.
        logits: logarithms of chances up to a constant, `[…, classes]`; either these or `probs` are given.
        probs: chances, `[…, classes]`.
        validate_args: whether a run checks parameters and values.
        allow_nan_stats: see `Distribution`.
        name: the scope of its operations.

    Raises:
        ValueError: both or none of `logits` and `probs` are given.
        TypeError: they are not of a floating-point type.
    """

    def __init__(
        self,
        total_count: Any,
        logits: Any = None,
        probs: Any = None,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Multinomial",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[total_count, logits, probs]) as scope:
            self._total_count = convert_to_tensor(total_count, name="total_count")
            if validate_args:
                self._total_count = is_count(self._total_count)
            self._logits, self._probs = get_logits_and_probs(
                logits, probs, multidimensional=True, validate_args=validate_args, name=scope
            )
            self._mean_val = self._total_count[..., newaxis] * self._probs
        super().__init__(
            dtype=self._probs.dtype,
            reparameterization_type=NOT_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=[self._total_count, self._logits, self._probs],
            name=scope,
        )

    @property
    def total_count(self) -> Any:
        """The numbers of draws."""
        return self._total_count

    @property
    def logits(self) -> Any:
        """Logarithms of chances up to a constant."""
        return self._logits

    @property
    def probs(self) -> Any:
        """Chances."""
        return self._probs

    def _batch_shape_tensor(self) -> Any:
        return shape_of(self._mean_val)[:-1]

    def _batch_shape(self) -> Any:
        return self._mean_val.shape.with_rank_at_least(1)[:-1]

    def _event_shape_tensor(self) -> Any:
        return shape_of(self._mean_val)[-1:]

    def _event_shape(self) -> Any:
        return self._mean_val.shape.with_rank_at_least(1)[-1:]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        counts = cast(self.total_count, dtype=int32)
        k = self.event_shape_tensor()[0]
        counts = ones_like(self.logits[..., 0], dtype=counts.dtype) * counts
        logits = ones_like(counts[..., newaxis], dtype=self.logits.dtype) * self.logits
        rows = reshape(logits, [-1, k])
        draws = n * reshape(counts, [-1])

        def of_one(args: Any) -> Any:
            drawn = reshape(multinomial(args[0][newaxis, ...], args[1], seed), [n, -1])
            return reduce_sum(one_hot(drawn, depth=k), axis=-2)

        # Draws of as many classes as the numbers say, which differ.
        drawn = transpose(map_fn(of_one, [rows, draws], dtype=self.dtype), perm=[1, 0, 2])
        return reshape(drawn, concat([[n], self.batch_shape_tensor(), [k]], 0))

    def _log_prob(self, counts: Any) -> Any:
        return self._log_unnormalized_prob(counts) - self._log_normalization(counts)

    def _log_unnormalized_prob(self, counts: Any) -> Any:
        return reduce_sum(self._checked(counts) * log_softmax(self.logits), -1)

    def _log_normalization(self, counts: Any) -> Any:
        return -log_combinations(self.total_count, self._checked(counts))

    def _mean(self) -> Any:
        return identity(self._mean_val)

    def _covariance(self) -> Any:
        return covariance_of(self._mean_val, self._spread_probs(), self._variance)

    def _variance(self) -> Any:
        p = self._spread_probs()
        return self._mean_val - self._mean_val * p

    def _spread_probs(self) -> Any:
        return self.probs * ones_like(self.total_count)[..., newaxis]

    def _checked(self, counts: Any) -> Any:
        if not self.validate_args:
            return counts
        told = "counts must sum to `self.total_count`"
        return checked_counts(counts, self.total_count, told)
