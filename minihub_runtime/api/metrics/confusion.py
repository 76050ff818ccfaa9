"""The mean overlap of classes, from a confusion matrix.

Source: tensorflow/python/ops/confusion_matrix.py, metrics_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import divide
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_less, assert_non_negative
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.metrics.accumulating import collect, metric_variable, value_of
from minihub_runtime.api.metrics.means import flat
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.api.variables.updates import assign_add
from minihub_runtime.api.weights import remove_squeezable_dimensions
from minihub_runtime.dtypes import float32, float64, int64
from minihub_runtime.public import public

__all__ = ["mean_iou"]


def _confusion_matrix(labels: Any, predictions: Any, num_classes: Tensor, weights: Any) -> Tensor:
    """How often each class was predicted for each class, float64; rows for labels and columns for predictions."""
    with name_scope(None, "confusion_matrix", [predictions, labels, num_classes, weights]):
        labels, predictions = remove_squeezable_dimensions(
            convert_to_tensor(labels, name="labels"),
            convert_to_tensor(predictions, name="predictions"),
        )
        labels = _after(
            assert_non_negative(labels, message="`labels` contains negative values"), labels
        )
        predictions = _after(
            assert_non_negative(predictions, message="`predictions` contains negative values"),
            predictions,
        )
        labels = _after(assert_less(labels, num_classes, message="`labels` out of bound"), labels)
        predictions = _after(
            assert_less(predictions, num_classes, message="`predictions` out of bound"), predictions
        )
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            weights = cast(weights, float64)
        sizes = stack([num_classes, num_classes])
        indices = stack([labels, predictions], axis=1)
        values = ones_like(predictions, float64) if weights is None else weights
        made: Tensor = build("ScatterNd", indices=indices, updates=values, shape=sizes)
        return made


def _after(check: Any, tensor: Tensor) -> Tensor:
    """A tensor that waits for a check."""
    with (
        name_scope(None, "control_dependency", [check, tensor]) as scope,
        control_dependencies([check]),
    ):
        made: Tensor = build("Identity", name=scope, input=tensor)
        return made


@public("metrics.mean_iou")
def mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The mean over classes of what labels and predictions have in common, as a share of what either has.

    Args:
        labels: class numbers.
        predictions: class numbers, of the same shape.
        num_classes: the number of classes.
        weights: how much each counts; ones by default.
        metrics_collections: the collections the mean is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The mean, and the operation that takes a batch in and gives the confusion matrix then.

    Raises:
        ValueError: shapes do not fit.
    """
    with variable_scope(name, "mean_iou", (predictions, labels, weights)):
        predictions.shape.assert_is_compatible_with(labels.shape)
        total = metric_variable([num_classes, num_classes], float64, name="total_confusion_matrix")
        predictions = cast(predictions, int64)
        labels = cast(labels, int64)
        count = cast(num_classes, int64)
        predictions, labels = flat(predictions), flat(labels)
        if weights is not None:
            weights = flat(weights)
        current = _confusion_matrix(labels, predictions, count, weights)
        update = assign_add(total, current)
        found = value_of(lambda: _mean_overlap(total), metrics_collections)
        collect(updates_collections, update)
        return found, update


def _mean_overlap(matrix: Any) -> Any:
    rows = cast(reduce_sum(matrix, 0), float32)
    columns = cast(reduce_sum(matrix, 1), float32)
    common = cast(build("DiagPart", input=matrix), float32)
    either = rows + columns - common
    present = reduce_sum(cast(build("NotEqual", x=either, y=0), float32))
    either = where(build("Greater", x=either, y=0), either, ones_like(either))
    shares = divide(common, either)
    some = build("Greater", x=present, y=0)
    return where(some, reduce_sum(shares, name="mean_iou") / present, 0)
