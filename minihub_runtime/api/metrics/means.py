"""Means of values, and of errors.

Source: tensorflow/python/ops/metrics_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import abs, div_no_nan, divide
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.filling import ones, ones_like, zeros_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.metrics.accumulating import collect, matched, metric_variable, value_of
from minihub_runtime.api.reduction import reduce_mean, reduce_sum
from minihub_runtime.api.sizes import size
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.api.variables.updates import assign_add, scatter_add
from minihub_runtime.api.weights import broadcast_weights, remove_squeezable_dimensions
from minihub_runtime.dtypes import float32, int64
from minihub_runtime.public import public

__all__ = [
    "accuracy",
    "mean",
    "mean_absolute_error",
    "mean_cosine_distance",
    "mean_per_class_accuracy",
    "mean_relative_error",
    "mean_squared_error",
    "mean_tensor",
    "percentage_below",
    "root_mean_squared_error",
]


def ratio(total: Any, count: Any, name: str | None) -> Any:
    """`total / count`, zero without a count."""
    return div_no_nan(total, build("Maximum", x=count, y=0), name=name)


@public("metrics.mean")
def mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The mean of all values so far.

    Args:
        values: any numbers.
        weights: how much each counts, as they broadcast to `values`; ones by default.
        metrics_collections: the collections the mean is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The mean, and the operation that takes a batch in and gives the mean then.

    Raises:
        ValueError: weights do not broadcast.
    """
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, float32)
        total = metric_variable([], float32, name="total")
        count = metric_variable([], float32, name="count")
        if weights is None:
            number = cast(size(values), float32)
        else:
            values, _, weights = matched(values, None, weights)
            weights = broadcast_weights(cast(weights, float32), values)
            values = build("Mul", x=values, y=weights)
            number = reduce_sum(weights)
        new_total = assign_add(total, reduce_sum(values))
        with control_dependencies([values]):
            new_count = assign_add(count, number)
        found = value_of(lambda: ratio(total, count, "value"), metrics_collections)
        update = ratio(new_total, new_count, "update_op")
        collect(updates_collections, update)
        return found, update


@public("metrics.mean_tensor")
def mean_tensor(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """`mean` of each element of tensors of one known shape."""
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, float32)
        total = metric_variable(values.shape, float32, name="total_tensor")
        count = metric_variable(values.shape, float32, name="count_tensor")
        number = ones_like(values)
        if weights is not None:
            values, _, weights = matched(values, None, weights)
            weights = broadcast_weights(cast(weights, float32), values)
            values = build("Mul", x=values, y=weights)
            number = build("Mul", x=number, y=weights)
        new_total = assign_add(total, values)
        with control_dependencies([values]):
            new_count = assign_add(count, number)
        found = value_of(lambda: ratio(total, count, "value"), metrics_collections)
        update = ratio(new_total, new_count, "update_op")
        collect(updates_collections, update)
        return found, update


@public("metrics.accuracy")
def accuracy(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The `mean` of how often predictions equal labels."""
    predictions, labels, weights = matched(predictions, labels, weights)
    predictions.shape.assert_is_compatible_with(labels.shape)
    if labels.dtype != predictions.dtype:
        predictions = cast(predictions, labels.dtype)
    right = cast(build("Equal", x=predictions, y=labels), float32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


@public("metrics.mean_absolute_error")
def mean_absolute_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The `mean` of `|predictions - labels|`."""
    predictions, labels, weights = matched(predictions, labels, weights)
    errors = abs(predictions - labels)
    name = name or "mean_absolute_error"
    return mean(errors, weights, metrics_collections, updates_collections, name)


@public("metrics.mean_cosine_distance")
def mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """One less the `mean` of the scalar products along dimension `dim` of vectors of length one."""
    predictions, labels, weights = matched(predictions, labels, weights)
    products = build("Mul", x=predictions, y=labels)
    products = reduce_sum(products, axis=[dim], keepdims=True)
    found, update = mean(products, weights, None, None, name or "mean_cosine_distance")
    found, update = build("Sub", x=1.0, y=found), build("Sub", x=1.0, y=update)
    collect(metrics_collections, found)
    collect(updates_collections, update)
    return found, update


@public("metrics.mean_per_class_accuracy")
def mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The mean over classes of the share of labels that are predicted right.

    Args:
        labels: class numbers.
        predictions: class numbers.
        num_classes: the number of classes.
        weights: how much each counts; ones by default.
        metrics_collections: the collections the mean is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The mean, and the operation that takes a batch in and gives the accuracy of each class then.
    """
    with variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        labels = flat(cast(labels, int64))
        predictions = flat(predictions)
        predictions.shape.assert_is_compatible_with(labels.shape)
        total = metric_variable([num_classes], float32, name="total")
        count = metric_variable([num_classes], float32, name="count")
        number = ones([size(labels)], float32)
        if labels.dtype != predictions.dtype:
            predictions = cast(predictions, labels.dtype)
        right = cast(build("Equal", x=predictions, y=labels), float32)
        if weights is not None:
            weights = cast(flat(weights), float32)
            right *= weights
            number *= weights
        new_total = scatter_add(total, labels, number)
        new_count = scatter_add(count, labels, right)
        found = value_of(
            lambda: reduce_mean(ratio(count, total, None), name="mean_accuracy"),
            metrics_collections,
        )
        update = ratio(new_count, new_total, "update_op")
        collect(updates_collections, update)
        return found, update


def flat(tensor: Any) -> Any:
    """A vector of the elements."""
    return reshape(tensor, [-1]) if tensor.shape.rank > 1 else tensor


@public("metrics.mean_relative_error")
def mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The `mean` of `|labels - predictions| / normalizer`, zero where the normalizer is."""
    predictions, labels, weights = matched(predictions, labels, weights)
    predictions, normalizer = remove_squeezable_dimensions(predictions, normalizer)
    predictions.shape.assert_is_compatible_with(normalizer.shape)
    errors = where(
        build("Equal", x=normalizer, y=0.0),
        zeros_like(labels),
        divide(abs(labels - predictions), normalizer),
    )
    name = name or "mean_relative_error"
    return mean(errors, weights, metrics_collections, updates_collections, name)


@public("metrics.mean_squared_error")
def mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The `mean` of `(predictions - labels)²`."""
    predictions, labels, weights = matched(predictions, labels, weights)
    errors = build("SquaredDifference", x=labels, y=predictions)
    name = name or "mean_squared_error"
    return mean(errors, weights, metrics_collections, updates_collections, name)


@public("metrics.root_mean_squared_error")
def root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The root of the `mean_squared_error`."""
    predictions, labels, weights = matched(predictions, labels, weights)
    name = name or "root_mean_squared_error"
    squared, updated = mean_squared_error(labels, predictions, weights, None, None, name)
    found = value_of(lambda: build("Sqrt", x=squared), metrics_collections)
    update = build("Sqrt", x=updated)
    collect(updates_collections, update)
    return found, update


@public("metrics.percentage_below")
def percentage_below(
    values: Any,
    threshold: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The `mean` of how often values are below a threshold."""
    below = cast(build("Less", x=values, y=threshold), float32)
    name = name or "percentage_below_threshold"
    return mean(below, weights, metrics_collections, updates_collections, name)
