"""Metrics of heads, under scopes with their names.

Source: tensorflow_estimator/python/estimator/canned/head.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.layout import squeeze
from minihub_runtime.api.metrics.means import accuracy, mean
from minihub_runtime.api.metrics.thresholds import (
    auc,
    precision_at_thresholds,
    recall_at_thresholds,
)
from minihub_runtime.api.weights import broadcast_weights
from minihub_runtime.dtypes import float32

__all__ = [
    "Metric",
    "accuracy_at_threshold",
    "accuracy_baseline",
    "area_under_curve",
    "labels_mean",
    "precision_at_threshold",
    "predictions_mean",
    "recall_at_threshold",
]

#: Value and update.
Metric = tuple[Any, Any]


def _spread(weights: Any, values: Any) -> Any:
    return None if weights is None else broadcast_weights(weights, values)


def labels_mean(labels: Any, weights: Any, name: str) -> Metric:
    """How many labels are 1."""
    with name_scope(name, "labels_mean", (labels, weights)) as scope:
        labels = cast(labels, name="labels", dtype=float32)
        return mean(labels, _spread(weights, labels), name=scope)


def predictions_mean(predictions: Any, weights: Any, name: str) -> Metric:
    """The mean of predictions."""
    with name_scope(name, "predictions_mean", (predictions, weights)) as scope:
        predictions = cast(predictions, name="predictions", dtype=float32)
        return mean(predictions, _spread(weights, predictions), name=scope)


def accuracy_baseline(mean_of_labels: Metric) -> Metric:
    """What always saying the class that is more common would reach."""
    with name_scope(None, "accuracy_baseline", mean_of_labels):
        value, update = mean_of_labels
        return (
            build("Maximum", x=value, y=1.0 - value, name="value"),
            build("Maximum", x=update, y=1 - update, name="update_op"),
        )


def area_under_curve(labels: Any, predictions: Any, weights: Any, curve: str, name: str) -> Metric:
    """The area below the ROC or PR curve."""
    with name_scope(name, "auc", (predictions, labels, weights)) as scope:
        predictions = cast(predictions, name="predictions", dtype=float32)
        return auc(labels, predictions, _spread(weights, predictions), curve=curve, name=scope)


def accuracy_at_threshold(
    labels: Any, predictions: Any, weights: Any, threshold: float, name: str
) -> Metric:
    """How many examples are right if all above a threshold count as positive."""
    values = (predictions, labels, weights, threshold)
    with name_scope(name, f"accuracy_at_{threshold}", values) as scope:
        positive = cast(build("GreaterEqual", x=predictions, y=threshold), float32, name="ToFloat")
        return accuracy(labels, positive, weights, name=scope)


def _at_threshold(what: str, metric: Callable[..., Metric]) -> Callable[..., Metric]:
    def function(
        labels: Any, predictions: Any, weights: Any, threshold: float, name: str
    ) -> Metric:
        values = (predictions, labels, weights, threshold)
        with name_scope(name, f"{what}_at_{threshold}", values) as scope:
            value, update = metric(labels, predictions, (threshold,), weights, name=scope)
            return squeeze(value), squeeze(update)

    function.__doc__ = f"The {what} if all above a threshold count as positive."
    return function


precision_at_threshold = _at_threshold("precision", precision_at_thresholds)
recall_at_threshold = _at_threshold("recall", recall_at_thresholds)
