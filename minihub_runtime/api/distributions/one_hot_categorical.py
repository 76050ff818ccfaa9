"""`tf.contrib.distributions`: classes as vectors of zeros with a one.

Source: tensorflow/contrib/distributions/python/ops/onehot_categorical.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import abs
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.distributions.categorical import ClassDistribution, divergence_of_classes
from minihub_runtime.api.distributions.divergence import RegisterKL
from minihub_runtime.api.distributions.multinomial import covariance_of
from minihub_runtime.api.encoding import one_hot
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.identity import stop_gradient
from minihub_runtime.api.nn.cross_entropy import softmax_cross_entropy_with_logits_v2
from minihub_runtime.api.reduction import argmax, reduce_max, reduce_sum
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["OneHotCategorical"]


@public("contrib.distributions.OneHotCategorical")
class OneHotCategorical(ClassDistribution):
    """Distributions of classes, which are vectors of zeros with a one.

    Differs: `validate_args` checks that values are such vectors, where TensorFlow wants logarithms of chances.

    Args:
        logits: logarithms of chances up to a constant, `[…, classes]`; either these or `probs` are given.
        probs: chances, `[…, classes]`.
        dtype: the type of samples.
        validate_args: whether a run checks chances and values.
        allow_nan_stats: see `Distribution`.
        name: the scope of its operations.

    Raises:
        ValueError: both or none of `logits` and `probs` are given, or they are scalars.
        TypeError: they are not of a floating-point type.
    """

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "OneHotCategorical",
    ) -> None:
        super().__init__(logits, probs, dtype, validate_args, allow_nan_stats, name)

    def _event_shape_tensor(self) -> Any:
        return shape_of(self.logits)[-1:]

    def _event_shape(self) -> Any:
        return self.logits.shape.with_rank_at_least(1)[-1:]

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        return self._vectors(self._classes(n, seed, int32))

    def _vectors(self, classes: Any) -> Any:
        return one_hot(classes, self.event_size, dtype=self.dtype)

    def _log_prob(self, x: Any) -> Any:
        if self.validate_args:
            one, told = constant(1, dtype=x.dtype), "a value must be zeros and a one"
            # Nothing is left for the others where the largest is one.
            sums = (reduce_max(x, -1), reduce_sum(abs(x), -1))
            checks = [assert_equal(found, one, message=told) for found in sums]
            x = with_dependencies(checks, x)
        x = cast(x, self.logits.dtype)
        logits = ones_like(x) * self.logits
        # A vector is a value, of which the chance is no function to be differentiated.
        x = stop_gradient(ones_like(logits) * x)
        return -softmax_cross_entropy_with_logits_v2(labels=x, logits=logits)

    def _mean(self) -> Any:
        return self.probs

    def _mode(self) -> Any:
        mode = self._vectors(argmax(self.logits, axis=-1))
        mode.set_shape(self.logits.shape)
        return mode

    def _variance(self) -> Any:
        return self.probs * (1.0 - self.probs)

    def _covariance(self) -> Any:
        return covariance_of(self.probs, self.probs, self._variance)


RegisterKL(OneHotCategorical, OneHotCategorical)(divergence_of_classes)
