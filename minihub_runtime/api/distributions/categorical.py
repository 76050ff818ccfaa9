"""The categorical distribution.

Source: tensorflow/python/ops/distributions/categorical.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.compatibility import dimension_value
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.distributions.base import NOT_REPARAMETERIZED, Distribution
from minihub_runtime.api.distributions.divergence import RegisterKL
from minihub_runtime.api.distributions.parameters import (
    get_logits_and_probs,
    has_classes,
    is_castable,
)
from minihub_runtime.api.encoding import sequence_mask
from minihub_runtime.api.filling import ones, ones_like, zeros_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.identity import identity
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.nn.activation import log_softmax, softmax
from minihub_runtime.api.nn.cross_entropy import sparse_softmax_cross_entropy_with_logits
from minihub_runtime.api.random_sampling import multinomial
from minihub_runtime.api.reduction import argmax, reduce_sum
from minihub_runtime.api.sizes import rank
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.slicing import newaxis
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import as_dtype, int32, int64
from minihub_runtime.public import public

__all__ = ["Categorical", "ClassDistribution", "divergence_of_classes"]


class ClassDistribution(Distribution):
    """What distributions of classes share, be those numbers or vectors; arguments as for `Categorical`."""

    def __init__(
        self,
        logits: Any,
        probs: Any,
        dtype: Any,
        validate_args: bool,
        allow_nan_stats: bool,
        name: str,
    ) -> None:
        parameters = dict(locals())
        with name_scope(name, values=[logits, probs]) as scope:
            self._logits, self._probs = get_logits_and_probs(
                logits, probs, multidimensional=True, validate_args=validate_args, name=scope
            )
            if validate_args:
                self._logits = has_classes(self._logits)
            known = self._logits.shape.with_rank_at_least(1)
            if known.ndims is not None:
                self._batch_rank = convert_to_tensor(known.ndims - 1, int32, "batch_rank")
            else:
                with name_scope("batch_rank"):
                    self._batch_rank = rank(self._logits) - 1
            sizes = shape_of(self._logits, name="logits_shape")
            classes = dimension_value(known[-1])
            if classes is not None:
                self._event_size = convert_to_tensor(classes, int32, "event_size")
            else:
                with name_scope("event_size"):
                    self._event_size = sizes[self._batch_rank]
            if known[:-1].is_fully_defined():
                batch = known[:-1].as_list()
                self._batch_shape_val = constant(batch, dtype=int32, name="batch_shape")
            else:
                with name_scope("batch_shape"):
                    self._batch_shape_val = sizes[:-1]
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
    def event_size(self) -> Any:
        """The number of classes, a scalar of int32."""
        return self._event_size

    @property
    def logits(self) -> Any:
        """Logarithms of chances up to a constant."""
        return self._logits

    @property
    def probs(self) -> Any:
        """Chances."""
        return self._probs

    def _batch_shape_tensor(self) -> Any:
        return identity(self._batch_shape_val)

    def _batch_shape(self) -> Any:
        return self.logits.shape[:-1]

    def _classes(self, n: Any, seed: int | None, kind: Any) -> Any:
        rows = self.logits
        if rows.shape.ndims != 2:
            rows = reshape(rows, [-1, self.event_size])
        drawn = transpose(multinomial(rows, n, seed=seed, output_dtype=kind))
        return reshape(drawn, concat([[n], self.batch_shape_tensor()], 0))

    def _entropy(self) -> Any:
        return -reduce_sum(log_softmax(self.logits) * self.probs, axis=-1)


@public("distributions.Categorical", "contrib.distributions.Categorical")
class Categorical(ClassDistribution):
    """Distributions of classes, which are the numbers from 0 on.

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
        name: str = "Categorical",
    ) -> None:
        super().__init__(logits, probs, dtype, validate_args, allow_nan_stats, name)

    def _event_shape_tensor(self) -> Any:
        return constant([], dtype=int32)

    def _event_shape(self) -> Any:
        return TensorShape([])

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        kind = int64 if as_dtype(self.dtype).size > 4 else int32
        return cast(self._classes(n, seed, kind), self.dtype)

    def _cdf(self, k: Any) -> Any:
        k, probs = self._broadcast(k, self.probs)
        rows = reshape(probs, (-1, self._event_size))
        below = sequence_mask(reshape(k, [-1]), self._event_size)
        total = reduce_sum(where(below, rows, zeros_like(rows)), axis=-1)
        return reshape(total, shape_of(k))

    def _log_prob(self, k: Any) -> Any:
        k, logits = self._broadcast(k, self.logits)
        return -sparse_softmax_cross_entropy_with_logits(labels=k, logits=logits)

    def _mode(self) -> Any:
        mode = cast(argmax(self.logits, axis=self._batch_rank), self.dtype)
        mode.set_shape(self.batch_shape)
        return mode

    def _broadcast(self, k: Any, parameter: Any) -> tuple[Any, Any]:
        """Classes and a parameter, which has one dimension more, of one shape.

        Raises:
            TypeError: the classes are no numbers.
        """
        k = convert_to_tensor(k, name="k")
        if self.validate_args:
            k = is_castable(k, int32)
        if k.dtype.is_floating:
            k = cast(k, int32)
        elif not k.dtype.is_integer:
            raise TypeError(f"`value` should have integer `dtype` or `self.dtype` ({self.dtype})")
        known = parameter.shape.ndims is not None and parameter.shape[:-1].is_fully_defined()
        if known and k.shape.is_fully_defined() and parameter.shape[:-1] == k.shape:
            return k, parameter
        parameter *= ones_like(k[..., newaxis], dtype=parameter.dtype)
        k *= ones(shape_of(parameter)[:-1], dtype=k.dtype)
        if parameter.shape.ndims is not None:
            k.set_shape(parameter.shape[:-1])
        return k, parameter


@RegisterKL(Categorical, Categorical)
def divergence_of_classes(a: Any, b: Any, name: str | None = None) -> Any:
    """How far two distributions of classes are apart, in nats."""
    with name_scope(name, "kl_categorical_categorical", [a.logits, b.logits]):
        difference = log_softmax(a.logits) - log_softmax(b.logits)
        return reduce_sum(softmax(a.logits) * difference, axis=-1)
