"""Metrics as objects that count at thresholds: precision, recall, and areas under curves.

Source: keras/src/metrics/confusion_metrics.py, keras/src/utils/metrics_utils.py.
"""

from __future__ import annotations

import abc
from typing import Any

from minihub_runtime.api.arithmetic import div_no_nan
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.clipping import clip_by_value
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.metrics.accumulating import matched
from minihub_runtime.api.metrics.objects import Metric
from minihub_runtime.api.reduction import cumsum, reduce_sum
from minihub_runtime.api.weights import broadcast_weights
from minihub_runtime.dtypes import bool_, float32, int32

__all__ = ["AUC", "Precision", "Recall"]

_NUM_THRESHOLDS = 200


def _flat(y_true: Any, y_pred: Any, sample_weight: Any) -> tuple[Any, Any, Any]:
    """Labels as 0 and 1, predictions and weights as vectors; the weights are 1.0 if there are none."""
    weights = None if sample_weight is None else cast(sample_weight, float32)
    y_pred, y_true, weights = matched(cast(y_pred, float32), cast(y_true, float32), weights)
    labels = cast(cast(y_true, bool_), float32)
    if weights is not None:
        weights = reshape(broadcast_weights(weights, y_pred), [-1])
    return reshape(labels, [-1]), reshape(y_pred, [-1]), 1.0 if weights is None else weights


class _Share(Metric):
    """The share of true positives among them and others.

    Args:
        name: of the metric.
        thresholds: a prediction above it counts as positive.
    """

    #: The name of the variable that counts the others.
    others = ""

    def __init__(self, name: str, thresholds: float = 0.5) -> None:
        super().__init__(name)
        self._threshold = thresholds
        self._true_positives = self._variable("true_positives", [1])
        self._others = self._variable(self.others, [1])

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The operation that takes labels and predictions in.

        Args:
            y_true: labels; what is not zero is positive.
            y_pred: predictions, of the same shape.
            sample_weight: how much each counts: a number, or numbers that broadcast to `y_pred`; ones by default.

        Raises:
            ValueError: shapes do not fit.
        """
        labels, predictions, weights = _flat(y_true, y_pred, sample_weight)
        positive = cast(build("Greater", x=predictions, y=self._threshold), float32)
        others = self._are_others(labels, positive)
        return self._updated(
            *(
                variable.assign_add(reduce_sum(found * weights, keepdims=True), read_value=False)
                for variable, found in (
                    (self._true_positives, labels * positive),
                    (self._others, others),
                )
            )
        )

    def result(self) -> Any:
        """The share, float32, a scalar; zero if there are none."""
        right = self._true_positives.read_value()
        return div_no_nan(right, right + self._others)[0]

    @abc.abstractmethod
    def _are_others(self, labels: Any, positive: Any) -> Any:
        """1 for the others, 0 elsewhere, of labels and predictions that are 0 or 1."""


class Precision(_Share):
    """The share of true among predicted positives; see `_Share`."""

    others = "false_positives"

    def _are_others(self, labels: Any, positive: Any) -> Any:
        return (1.0 - labels) * positive


class Recall(_Share):
    """The share of positives that are predicted to be; see `_Share`."""

    others = "false_negatives"

    def _are_others(self, labels: Any, positive: Any) -> Any:
        return labels * (1.0 - positive)


class AUC(Metric):
    """The area below the ROC or the PR curve, from counts at 200 thresholds.

    Args:
        name: of the metric.
        curve: "ROC" or "PR".
    """

    def __init__(self, name: str, curve: str = "ROC") -> None:
        super().__init__(name)
        self._curve = curve
        self._true_positives, self._true_negatives, self._false_positives, self._false_negatives = (
            self._variable(kind, [_NUM_THRESHOLDS])
            for kind in ("true_positives", "true_negatives", "false_positives", "false_negatives")
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The operation that takes labels and predictions in.

        Args:
            y_true: labels; what is not zero is positive.
            y_pred: chances from 0 to 1, of the same shape; others count as the nearer of the two.
            sample_weight: how much each counts: a number, or numbers that broadcast to `y_pred`; ones by default.

        Raises:
            ValueError: shapes do not fit.
        """
        labels, predictions, weights = _flat(y_true, y_pred, sample_weight)
        # A chance is above as many thresholds as lie below its place, so that each is looked at once.
        place = (
            build("Ceil", x=clip_by_value(predictions, 0.0, 1.0) * (_NUM_THRESHOLDS - 1.0)) - 1.0
        )
        # The first threshold lies a little below zero, and is below all chances.
        place = cast(build("Relu", features=place), int32)
        positive, negative = labels * weights, (1.0 - labels) * weights
        above_true, above_false = (
            cumsum(
                build(
                    "UnsortedSegmentSum",
                    data=found,
                    segment_ids=place,
                    num_segments=_NUM_THRESHOLDS,
                ),
                reverse=True,
            )
            for found in (positive, negative)
        )
        return self._updated(
            *(
                variable.assign_add(found, read_value=False)
                for variable, found in (
                    (self._true_positives, above_true),
                    (self._false_positives, above_false),
                    (self._true_negatives, reduce_sum(negative) - above_false),
                    (self._false_negatives, reduce_sum(positive) - above_true),
                )
            )
        )

    def result(self) -> Any:
        """The area, float32, a scalar."""
        return self._below_roc() if self._curve == "ROC" else self._below_pr()

    def _below_roc(self) -> Any:
        right, wrong = self._true_positives.read_value(), self._false_positives.read_value()
        y = div_no_nan(right, right + self._false_negatives)
        x = div_no_nan(wrong, wrong + self._true_negatives)
        return reduce_sum((x[:-1] - x[1:]) * ((y[:-1] + y[1:]) / 2.0))

    def _below_pr(self) -> Any:
        """Between two thresholds true positives grow in proportion to predicted positives, as Davis and Goadrich have it."""
        right = self._true_positives.read_value()
        predicted = right + self._false_positives
        before, after = predicted[:-1], predicted[1:]
        grown = right[:-1] - right[1:]
        slope = div_no_nan(grown, build("Maximum", x=before - after, y=0.0))
        intercept = right[1:] - slope * after
        both = build(
            "LogicalAnd",
            x=build("Greater", x=before, y=0.0),
            y=build("Greater", x=after, y=0.0),
        )
        ratio = where(both, div_no_nan(before, build("Maximum", x=after, y=0.0)), ones_like(after))
        positives = build("Maximum", x=right[1:] + self._false_negatives[1:], y=0.0)
        parts = slope * (grown + intercept * build("Log", x=ratio))
        return reduce_sum(div_no_nan(parts, positives))
