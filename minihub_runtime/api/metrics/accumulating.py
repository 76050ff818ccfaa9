"""What metrics share: their variables, the shapes of what they compare, and the collections they go to.

Source: tensorflow/python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.cond import cond
from minihub_runtime.api.contexts import add_to_collections
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.graph import GraphKeys, control_dependencies
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.sizes import rank
from minihub_runtime.api.variables import Variable
from minihub_runtime.api.variables.options import VariableAggregation, VariableSynchronization
from minihub_runtime.api.weights import remove_squeezable_dimensions

__all__ = ["collect", "matched", "metric_variable", "value_of"]


def metric_variable(
    shape: Any, dtype: Any, validate_shape: bool = True, name: str | None = None
) -> Any:
    """A local variable of zeros in which a metric gathers."""
    return Variable(
        lambda: zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        validate_shape=validate_shape,
        name=name,
        synchronization=VariableSynchronization.ON_READ,
        aggregation=VariableAggregation.SUM,
    )


def collect(collections: Any, value: Any) -> None:
    """Add a metric or an update to collections, if there are any."""
    if collections:
        add_to_collections(collections, value)


def value_of(compute: Callable[[], Any], collections: Any) -> Any:
    """The value of a metric, which waits for nothing, in its collections."""
    with control_dependencies(None):
        value = compute()
        collect(collections, value)
    return value


def matched(predictions: Any, labels: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Predictions, labels and weights of one rank, where a last dimension of size one makes the difference.

    Args:
        predictions: a tensor.
        labels: a tensor, or None.
        weights: a tensor, or None.

    Raises:
        ValueError: the shapes of predictions and labels do not fit.
    """
    predictions = convert_to_tensor(predictions)
    if labels is not None:
        labels, predictions = remove_squeezable_dimensions(labels, predictions)
        predictions.shape.assert_is_compatible_with(labels.shape)
    if weights is None:
        return predictions, labels, None
    weights = convert_to_tensor(weights)
    if weights.shape.rank == 0:
        return predictions, labels, weights
    if predictions.shape.rank is not None and weights.shape.rank is not None:
        if weights.shape.rank - predictions.shape.rank == 1:
            weights = squeeze(weights, [-1])
        elif predictions.shape.rank - weights.shape.rank == 1:
            weights = expand_dims(weights, [-1])
    else:
        weights = _matched_weights(predictions, weights)
    return predictions, labels, weights


def _matched_weights(predictions: Tensor, weights: Tensor) -> Tensor:
    """Weights of the rank of predictions, where the ranks are known in a run only."""
    ranks = rank(weights)
    diff = ranks - rank(predictions)
    may_squeeze = weights.shape.rank is None or weights.shape.as_list()[-1] in (1, None)

    def squeezed() -> Tensor:
        return squeeze(weights, [-1]) if may_squeeze else weights

    def expanded() -> Any:
        is_one_less = build("Equal", x=diff, y=-1)
        return cond(is_one_less, lambda: expand_dims(weights, [-1]), lambda: weights)

    def adjusted() -> Any:
        return cond(build("Equal", x=diff, y=1), squeezed, expanded)

    made: Tensor = cond(build("Equal", x=ranks, y=0), lambda: weights, adjusted)
    return made
