"""The class of all distributions: a batch of random variables whose events have one shape.

What a subclass has to say are methods with an underscore: `_sample_n`, `_log_prob`, `_mean` and so on.

Source: tensorflow/python/ops/distributions/distribution.py.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minihub_runtime.api.broadcasting import broadcast_dynamic_shape, broadcast_static_shape
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, constant_value, convert_to_tensor
from minihub_runtime.api.distributions import divergence
from minihub_runtime.api.distributions.functions import exp, log, log1p, sqrt, square
from minihub_runtime.api.distributions.parameters import pick_vector
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.kinds import is_tensor
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.reduction import reduce_prod
from minihub_runtime.api.sizes import rank
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import as_dtype, int32
from minihub_runtime.public import public

__all__ = [
    "FULLY_REPARAMETERIZED",
    "NOT_REPARAMETERIZED",
    "Distribution",
    "ReparameterizationType",
    "ScalarDistribution",
]


@public("distributions.ReparameterizationType", "contrib.distributions.ReparameterizationType")
class ReparameterizationType:
    """Whether gradients of samples reach the parameters of their distribution."""

    def __init__(self, rep_type: str) -> None:
        self._rep_type = rep_type

    def __repr__(self) -> str:
        return f"<Reparameterization Type: {self._rep_type}>"


#: Samples are differentiable functions of the parameters.
FULLY_REPARAMETERIZED = public(
    "distributions.FULLY_REPARAMETERIZED", "contrib.distributions.FULLY_REPARAMETERIZED"
)(ReparameterizationType("FULLY_REPARAMETERIZED"))

#: Samples have no gradients.
NOT_REPARAMETERIZED = public(
    "distributions.NOT_REPARAMETERIZED", "contrib.distributions.NOT_REPARAMETERIZED"
)(ReparameterizationType("NOT_REPARAMETERIZED"))


def _first_of(own: Callable[[], Any], derived: Callable[[], Any]) -> Any:
    """What a distribution says itself, or what follows from what it says instead.

    Raises:
        NotImplementedError: it says neither; the error tells of the first.
    """
    try:
        return own()
    except NotImplementedError as missing:
        try:
            return derived()
        except NotImplementedError:
            raise missing from None


@public("distributions.Distribution", "contrib.distributions.Distribution")
class Distribution:
    """A batch of independent distributions of one kind.

    Samples have the shape `sample_shape + batch_shape + event_shape`; chances of values have the same without the event.

    A subclass has methods of the names with an underscore, of which it needs those that its users call: `_sample_n`
    (`n` samples, stacked), `_log_prob` or `_prob`, `_log_cdf` or `_cdf`, `_survival_function`, `_mean`, `_variance` or
    `_stddev`, `_covariance`, `_mode`, `_quantile`, `_entropy`, and for the shapes `_batch_shape`, `_event_shape`,
    `_batch_shape_tensor` and `_event_shape_tensor`.

    Args:
        dtype: the type of samples.
        reparameterization_type: `FULLY_REPARAMETERIZED` or `NOT_REPARAMETERIZED`.
        validate_args: whether a run checks parameters and values.
        allow_nan_stats: whether moments that do not exist are NaN; a run fails at them otherwise.
        parameters: the arguments of the subclass's constructor, for `copy`.
        graph_parents: the tensors that a distribution is made of.
        name: the scope of its operations.

    Raises:
        ValueError: one of `graph_parents` is no tensor.
    """

    def __init__(
        self,
        dtype: Any,
        reparameterization_type: ReparameterizationType,
        validate_args: bool,
        allow_nan_stats: bool,
        parameters: dict[str, Any] | None = None,
        graph_parents: list[Any] | None = None,
        name: str | None = None,
    ) -> None:
        for i, tensor in enumerate(graph_parents or []):
            if not is_tensor(tensor):
                raise ValueError(f"Graph parent item {i} is not a Tensor; {tensor}.")
        scope = name or type(self).__name__
        if not scope.endswith("/"):
            with name_scope(scope) as scope:
                pass
        self._dtype = dtype
        self._reparameterization_type = reparameterization_type
        self._allow_nan_stats = allow_nan_stats
        self._validate_args = validate_args
        self._parameters = parameters or {}
        self._graph_parents = graph_parents or []
        self._name = scope

    @classmethod
    def param_shapes(
        cls, sample_shape: Any, name: str = "DistributionParamShapes"
    ) -> dict[str, Any]:
        """The shapes that parameters need for `sample()` to have a shape: names and tensors."""
        with name_scope(name, values=[sample_shape]):
            return cls._param_shapes(sample_shape)

    @classmethod
    def param_static_shapes(cls, sample_shape: Any) -> dict[str, TensorShape]:
        """As `param_shapes`, of shapes that are known.

        Raises:
            ValueError: they are not.
        """
        if isinstance(sample_shape, TensorShape):
            if not sample_shape.is_fully_defined():
                raise ValueError("TensorShape sample_shape must be fully defined")
            sample_shape = sample_shape.as_list()
        found = {}
        for name, sizes in cls.param_shapes(sample_shape).items():
            known = constant_value(sizes)
            if known is None:
                raise ValueError("sample_shape must be a fully-defined TensorShape or list/tuple")
            found[name] = TensorShape(known)
        return found

    @classmethod
    def _param_shapes(cls, sample_shape: Any) -> dict[str, Any]:
        raise NotImplementedError("_param_shapes not implemented")

    @property
    def name(self) -> Any:
        """The scope, with a slash at its end."""
        return self._name

    @property
    def dtype(self) -> Any:
        """The type of samples."""
        return self._dtype

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {
            name: value
            for name, value in self._parameters.items()
            if name != "self" and not name.startswith("__")
        }

    @property
    def reparameterization_type(self) -> ReparameterizationType:
        """Whether gradients of samples reach the parameters."""
        return self._reparameterization_type

    @property
    def allow_nan_stats(self) -> bool:
        """Whether moments that do not exist are NaN."""
        return self._allow_nan_stats

    @property
    def validate_args(self) -> bool:
        """Whether a run checks parameters and values."""
        return self._validate_args

    def copy(self, **override_parameters_kwargs: Any) -> Any:
        """Another distribution of the same arguments but for those that are given."""
        return type(self)(**{**self.parameters, **override_parameters_kwargs})

    # Shapes

    def _missing(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{what} is not implemented: {type(self).__name__}")

    def _batch_shape_tensor(self) -> Any:
        raise self._missing("batch_shape_tensor")

    def _batch_shape(self) -> Any:
        return TensorShape(None)

    def _event_shape_tensor(self) -> Any:
        raise self._missing("event_shape_tensor")

    def _event_shape(self) -> Any:
        return TensorShape(None)

    @property
    def batch_shape(self) -> TensorShape:
        """What is known of the shape of the batch."""
        return TensorShape(self._batch_shape())

    @property
    def event_shape(self) -> TensorShape:
        """What is known of the shape of an event."""
        return TensorShape(self._event_shape())

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Any:
        """The shape of the batch, a vector of int32."""
        with self._name_scope(name):
            if self.batch_shape.is_fully_defined():
                return convert_to_tensor(self.batch_shape.as_list(), int32, "batch_shape")
            return self._batch_shape_tensor()

    def event_shape_tensor(self, name: str = "event_shape_tensor") -> Any:
        """The shape of an event, a vector of int32."""
        with self._name_scope(name):
            if self.event_shape.is_fully_defined():
                return convert_to_tensor(self.event_shape.as_list(), int32, "event_shape")
            return self._event_shape_tensor()

    def is_scalar_event(self, name: str = "is_scalar_event") -> Any:
        """Whether events are scalars, a scalar tensor."""
        with self._name_scope(name):
            found = _is_scalar(self.event_shape, self.event_shape_tensor)
            return convert_to_tensor(found, name="is_scalar_event")

    def is_scalar_batch(self, name: str = "is_scalar_batch") -> Any:
        """Whether the batch is a single distribution, a scalar tensor."""
        with self._name_scope(name):
            found = _is_scalar(self.batch_shape, self.batch_shape_tensor)
            return convert_to_tensor(found, name="is_scalar_batch")

    # Samples

    def _sample_n(self, n: Any, seed: int | None = None) -> Any:
        raise self._missing("sample_n")

    def sample(self, sample_shape: Any = (), seed: int | None = None, name: str = "sample") -> Any:
        """Samples.

        Args:
            sample_shape: how many, a number or a shape.
            seed: the seed of the op; see `set_random_seed`.
            name: wanted name of the scope.

        Returns:
            `sample_shape + batch_shape + event_shape`.
        """
        return self._call_sample_n(sample_shape, seed, name)

    def _call_sample_n(self, sample_shape: Any, seed: int | None, name: str, **kwargs: Any) -> Any:
        with self._name_scope(name, values=[sample_shape]):
            sample_shape = convert_to_tensor(sample_shape, int32, "sample_shape")
            sample_shape, n = _as_vector(sample_shape)
            samples = self._sample_n(n, seed, **kwargs)
            rest = shape_of(samples)[1:]
            samples = reshape(samples, concat([sample_shape, rest], 0))
            self._set_sample_static_shape(samples, sample_shape)
            return samples

    def _set_sample_static_shape(self, samples: Any, sample_shape: Any) -> None:
        """Tell samples what is known of the parts of their shape."""
        parts = [TensorShape(constant_value(sample_shape)), self.batch_shape, self.event_shape]
        known = [part.ndims for part in parts if part.ndims is not None]
        ndims = samples.shape.ndims
        if ndims is None and len(known) == len(parts):
            ndims = sum(known)
        # A batch between two parts of unknown ranks has no known place.
        if ndims is None or (parts[0].ndims is None and parts[2].ndims is None):
            return
        first = next((i for i, part in enumerate(parts) if part.ndims is None), None)
        if first is not None:
            parts[first] = TensorShape([None] * (ndims - sum(known)))
        placed = [part for part in parts if part.ndims is not None]
        samples.set_shape(functools.reduce(TensorShape.concatenate, placed))

    # Chances of values

    def _log_prob(self, value: Any) -> Any:
        raise self._missing("log_prob")

    def _prob(self, value: Any) -> Any:
        raise self._missing("prob")

    def _log_cdf(self, value: Any) -> Any:
        raise self._missing("log_cdf")

    def _cdf(self, value: Any) -> Any:
        raise self._missing("cdf")

    def _log_survival_function(self, value: Any) -> Any:
        raise self._missing("log_survival_function")

    def _survival_function(self, value: Any) -> Any:
        raise self._missing("survival_function")

    def _quantile(self, value: Any) -> Any:
        raise self._missing("quantile")

    @contextlib.contextmanager
    def _of_value(self, value: Any, name: str) -> Iterator[Any]:
        """The scope of a function of a value, and the value as a tensor."""
        with self._name_scope(name, values=[value]):
            hint = None if self.dtype is None else as_dtype(self.dtype)
            yield convert_to_tensor(value, name="value", preferred_dtype=hint)

    def log_prob(self, value: Any, name: str = "log_prob") -> Any:
        """The logarithm of the chance or of the density of a value."""
        return self._call_log_prob(value, name)

    def _call_log_prob(self, value: Any, name: str, **kwargs: Any) -> Any:
        with self._of_value(value, name) as x:
            return _first_of(
                lambda: self._log_prob(x, **kwargs), lambda: log(self._prob(x, **kwargs))
            )

    def prob(self, value: Any, name: str = "prob") -> Any:
        """The chance or the density of a value."""
        return self._call_prob(value, name)

    def _call_prob(self, value: Any, name: str, **kwargs: Any) -> Any:
        with self._of_value(value, name) as x:
            return _first_of(
                lambda: self._prob(x, **kwargs), lambda: exp(self._log_prob(x, **kwargs))
            )

    def log_cdf(self, value: Any, name: str = "log_cdf") -> Any:
        """The logarithm of `cdf`."""
        return self._call_log_cdf(value, name)

    def _call_log_cdf(self, value: Any, name: str, **kwargs: Any) -> Any:
        with self._of_value(value, name) as x:
            return _first_of(
                lambda: self._log_cdf(x, **kwargs), lambda: log(self._cdf(x, **kwargs))
            )

    def cdf(self, value: Any, name: str = "cdf") -> Any:
        """The chance of a sample that is not above a value."""
        return self._call_cdf(value, name)

    def _call_cdf(self, value: Any, name: str, **kwargs: Any) -> Any:
        with self._of_value(value, name) as x:
            return _first_of(
                lambda: self._cdf(x, **kwargs), lambda: exp(self._log_cdf(x, **kwargs))
            )

    def log_survival_function(self, value: Any, name: str = "log_survival_function") -> Any:
        """The logarithm of `survival_function`."""
        return self._call_log_survival_function(value, name)

    def _call_log_survival_function(self, value: Any, name: str, **kwargs: Any) -> Any:
        with self._of_value(value, name) as x:
            return _first_of(
                lambda: self._log_survival_function(x, **kwargs),
                lambda: log1p(-self.cdf(x, **kwargs)),
            )

    def survival_function(self, value: Any, name: str = "survival_function") -> Any:
        """The chance of a sample above a value."""
        return self._call_survival_function(value, name)

    def _call_survival_function(self, value: Any, name: str, **kwargs: Any) -> Any:
        with self._of_value(value, name) as x:
            return _first_of(
                lambda: self._survival_function(x, **kwargs),
                lambda: 1.0 - self.cdf(x, **kwargs),
            )

    def quantile(self, value: Any, name: str = "quantile") -> Any:
        """The inverse of `cdf`."""
        return self._call_quantile(value, name)

    def _call_quantile(self, value: Any, name: str, **kwargs: Any) -> Any:
        with self._of_value(value, name) as x:
            return self._quantile(x, **kwargs)

    # Moments

    def _entropy(self) -> Any:
        raise self._missing("entropy")

    def _mean(self) -> Any:
        raise self._missing("mean")

    def _variance(self) -> Any:
        raise self._missing("variance")

    def _stddev(self) -> Any:
        raise self._missing("stddev")

    def _covariance(self) -> Any:
        raise self._missing("covariance")

    def _mode(self) -> Any:
        raise self._missing("mode")

    def entropy(self, name: str = "entropy") -> Any:
        """Shannon's entropy, in nats."""
        with self._name_scope(name):
            return self._entropy()

    def mean(self, name: str = "mean") -> Any:
        """The mean."""
        with self._name_scope(name):
            return self._mean()

    def variance(self, name: str = "variance") -> Any:
        """The variance of each element of an event."""
        with self._name_scope(name):
            return _first_of(self._variance, lambda: square(self._stddev()))

    def stddev(self, name: str = "stddev") -> Any:
        """The standard deviation of each element of an event."""
        with self._name_scope(name):
            return _first_of(self._stddev, lambda: sqrt(self._variance()))

    def covariance(self, name: str = "covariance") -> Any:
        """The covariances of the elements of an event, which is a vector: `[…, k, k]`."""
        with self._name_scope(name):
            return self._covariance()

    def mode(self, name: str = "mode") -> Any:
        """The likeliest value."""
        with self._name_scope(name):
            return self._mode()

    # Other distributions

    def _cross_entropy(self, other: Any) -> Any:
        return divergence.cross_entropy(self, other, allow_nan_stats=self.allow_nan_stats)

    def cross_entropy(self, other: Any, name: str = "cross_entropy") -> Any:
        """The cross-entropy with another distribution, in nats."""
        with self._name_scope(name):
            return self._cross_entropy(other)

    def _kl_divergence(self, other: Any) -> Any:
        return divergence.kl_divergence(self, other, allow_nan_stats=self.allow_nan_stats)

    def kl_divergence(self, other: Any, name: str = "kl_divergence") -> Any:
        """The Kullback-Leibler divergence from another distribution, in nats."""
        with self._name_scope(name):
            return self._kl_divergence(other)

    def __str__(self) -> str:
        shapes = "".join(
            f", {what}_shape={known}"
            for what, known in (("batch", self.batch_shape), ("event", self.event_shape))
            if known.ndims is not None
        )
        return (
            f'tfp.distributions.{type(self).__name__}("{self.name}"{shapes}, '
            f"dtype={as_dtype(self.dtype).name})"
        )

    def __repr__(self) -> str:
        return (
            f"<tfp.distributions.{type(self).__name__} '{self.name}' batch_shape={self.batch_shape} "
            f"event_shape={self.event_shape} dtype={as_dtype(self.dtype).name}>"
        )

    @contextlib.contextmanager
    def _name_scope(
        self, name: str | None = None, values: list[Any] | None = None
    ) -> Iterator[str]:
        with (
            name_scope(self.name),
            name_scope(name, values=(values or []) + self._graph_parents) as scope,
        ):
            yield scope


def _as_vector(sizes: Any) -> tuple[Any, Any]:
    """A shape, or a single size, as a vector, and how many elements that is.

    Raises:
        ValueError: it has another rank.
    """
    known = constant_value(sizes)
    count = reduce_prod(sizes) if known is None else np.prod(known, dtype=np.int32)
    ndims = sizes.shape.ndims
    if ndims is None:
        dims = rank(sizes)
        whole = pick_vector(build("Equal", x=dims, y=0), np.array([1], np.int32), shape_of(sizes))
        return reshape(sizes, whole), count
    if ndims == 0:
        if known is None:
            return reshape(sizes, [1]), count
        return convert_to_tensor(np.array([known], np.int32), name="sample_shape"), count
    if ndims != 1:
        raise ValueError("Input is neither scalar nor vector.")
    return sizes, count


def _is_scalar(known: TensorShape, in_run: Callable[[], Any]) -> Any:
    if known.ndims is not None:
        return known.ndims == 0
    sizes = in_run()
    if sizes.shape.is_fully_defined():
        return sizes.shape.as_list() == [0]
    return build("Equal", x=shape_of(sizes)[0], y=0)


class ScalarDistribution(Distribution):
    """A distribution of scalars."""

    #: The names of the parameters whose shapes, broadcast, are that of the batch.
    _SPANNING: tuple[str, ...] = ()

    @classmethod
    def _param_shapes(cls, sample_shape: Any) -> dict[str, Any]:
        return dict.fromkeys(cls._SPANNING, convert_to_tensor(sample_shape, dtype=int32))

    def _batch_shape_tensor(self) -> Any:
        sizes = [shape_of(getattr(self, name)) for name in self._SPANNING]
        return functools.reduce(lambda last, size: broadcast_dynamic_shape(size, last), sizes[::-1])

    def _batch_shape(self) -> Any:
        shapes = [getattr(self, name).shape for name in self._SPANNING]
        return functools.reduce(broadcast_static_shape, shapes)

    def _event_shape_tensor(self) -> Any:
        return constant([], dtype=int32)

    def _event_shape(self) -> Any:
        return TensorShape([])
