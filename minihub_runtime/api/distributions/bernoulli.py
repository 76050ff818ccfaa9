"""The Bernoulli distribution.

Source: tensorflow/python/ops/distributions/bernoulli.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.distributions.base import NOT_REPARAMETERIZED, ScalarDistribution
from minihub_runtime.api.distributions.divergence import RegisterKL
from minihub_runtime.api.distributions.functions import softplus
from minihub_runtime.api.distributions.parameters import get_logits_and_probs, is_castable
from minihub_runtime.api.elementwise import sigmoid
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.joining import concat
from minihub_runtime.api.nn.cross_entropy import sigmoid_cross_entropy_with_logits
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.dtypes import bool_, int32
from minihub_runtime.public import public

__all__ = ["Bernoulli"]


@public("distributions.Bernoulli", "contrib.distributions.Bernoulli")
class Bernoulli(ScalarDistribution):
    """Bernoulli distributions: 1 with a chance, 0 otherwise.

    Args:
        logits: log-odds of 1; either these or `probs` are given.
        probs: chances of 1.
        dtype: the type of samples.
        validate_args: whether a run checks chances and values.
        allow_nan_stats: see `Distribution`.
        name: the scope of its operations.

    Raises:
        ValueError: both or none of `logits` and `probs` are given.
        TypeError: they are not of a floating-point type.
    """

    _SPANNING = ("logits",)

    def __init__(
        self,
        logits: Any = None,
        probs: Any = None,
        dtype: Any = int32,
        validate_args: bool = False,
        allow_nan_stats: bool = True,
        name: str = "Bernoulli",
    ) -> None:
        parameters = dict(locals())
        with name_scope(name) as scope:
            self._logits, self._probs = get_logits_and_probs(
                logits, probs, validate_args=validate_args, name=scope
            )
        super().__init__(
            dtype=dtype,
            reparameterization_type=NOT_REPARAMETERIZED,
            validate_args=validate_args,
            allow_nan_stats=allow_nan_stats,
            parameters=parameters,
            graph_parents=[self._logits, self._probs],
            name=scope,
        )

    @property
    def logits(self) -> Any:
        """Log-odds of 1."""
        return self._logits

    @property
    def probs(self) -> Any:
        """Chances of 1."""
        return self._probs

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        shape = concat([[n], self.batch_shape_tensor()], 0)
        drawn = random_uniform(shape, seed=seed, dtype=self.probs.dtype)
        return cast(build("Less", x=drawn, y=self.probs), self.dtype)

    def _log_prob(self, event: Any) -> Any:
        if self.validate_args:
            event = is_castable(event, bool_)
        logits, event = self.logits, cast(event, self.logits.dtype)
        known = event.shape.is_fully_defined() and logits.shape.is_fully_defined()
        if not (known and event.shape == logits.shape):
            logits, event = ones_like(event) * logits, ones_like(logits) * event
        return -sigmoid_cross_entropy_with_logits(labels=event, logits=logits)

    def _entropy(self) -> Any:
        return -self.logits * (sigmoid(self.logits) - 1) + softplus(-self.logits)

    def _mean(self) -> Any:
        return identity(self.probs)

    def _variance(self) -> Any:
        return self._mean() * (1.0 - self.probs)

    def _mode(self) -> Any:
        return cast(self.probs > 0.5, self.dtype)


@RegisterKL(Bernoulli, Bernoulli)
def _kl_bernoulli_bernoulli(a: Any, b: Any, name: str | None = None) -> Any:
    with name_scope(name, "kl_bernoulli_bernoulli", [a.logits, b.logits]):
        of_0 = softplus(-b.logits) - softplus(-a.logits)
        of_1 = softplus(b.logits) - softplus(a.logits)
        return sigmoid(a.logits) * of_0 + sigmoid(-a.logits) * of_1
