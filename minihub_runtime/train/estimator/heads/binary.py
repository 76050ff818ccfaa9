"""Two classes, one logit.

Source: tensorflow_estimator/python/estimator/canned/head.py:_BinaryLogisticHeadWithSigmoidCrossEntropyLoss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.losses import Reduction
from minihub_runtime.api.metrics.counts import precision, recall
from minihub_runtime.api.metrics.means import accuracy, mean
from minihub_runtime.api.nn.cross_entropy import sigmoid_cross_entropy_with_logits
from minihub_runtime.dtypes import float32
from minihub_runtime.train.estimator.heads import metrics
from minihub_runtime.train.estimator.heads.base import (
    Head,
    LossSpec,
    Predicted,
    regularization_metrics,
)
from minihub_runtime.train.estimator.heads.checking import (
    call_loss_fn,
    check_thresholds,
    checked_labels,
    checked_logits,
    checked_range,
    checked_weights,
)
from minihub_runtime.train.estimator.heads.classes import looked_up
from minihub_runtime.train.estimator.heads.keys import MetricKeys, PredictionKeys
from minihub_runtime.train.estimator.heads.predicting import (
    binary_predictions,
    classifying_outputs,
)

__all__ = ["BinaryHead"]


class BinaryHead(Head):
    """Two classes, one logit, sigmoid cross entropy.

    Labels are `[D0, …, DN]` or `[D0, …, DN, 1]`: 0 and 1, or names of the vocabulary.

    Args:
        weight_column: see `Head`.
        thresholds: between 0 and 1, for more metrics.
        label_vocabulary: the names of the two classes.
        loss_reduction: see `Head`.
        loss_fn: see `Head`.
        name: see `Head`.

    Raises:
        ValueError: an argument cannot be.
        TypeError: the vocabulary is no list.
    """

    def __init__(
        self,
        weight_column: Any = None,
        thresholds: Sequence[float] | None = None,
        label_vocabulary: Sequence[Any] | None = None,
        loss_reduction: str = Reduction.SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        self._thresholds = tuple(thresholds or ())
        if label_vocabulary is not None and not isinstance(label_vocabulary, (list, tuple)):
            raise TypeError(
                f"label_vocabulary should be a list or tuple. Given type: {type(label_vocabulary)}"
            )
        check_thresholds(self._thresholds)
        super().__init__(1, weight_column, loss_reduction, loss_fn, name)
        self._label_vocabulary = label_vocabulary

    def create_loss(
        self, features: Mapping[str, Any], mode: str, logits: Any, labels: Any
    ) -> LossSpec:
        """The loss of a batch; see `Head`."""
        logits = convert_to_tensor(logits)
        labels = checked_labels(labels, logits, 1)
        if self._label_vocabulary is not None:
            labels = looked_up(labels, self._label_vocabulary)
        labels = checked_range(cast(labels, dtype=float32), 2)
        if self._loss_fn is not None:
            losses = call_loss_fn(self._loss_fn, labels, logits, features)
        else:
            losses = sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        weights = checked_weights(features, self._weight_column, logits)
        return self._loss_spec(losses, weights, labels)

    def _predicted(self, logits: Any) -> Predicted:
        with name_scope(None, "predictions", (logits,)):
            logits = checked_logits(logits, 1)
            predictions = binary_predictions(logits, self._label_vocabulary)
        return Predicted(
            predictions,
            logits,
            lambda: classifying_outputs(predictions, 2, self._label_vocabulary),
        )

    def _metrics(
        self, predicted: Predicted, labels: Any, loss: LossSpec, regularization: Any
    ) -> dict[str, metrics.Metric]:
        keys = MetricKeys
        found = predicted.predictions
        logistic, class_ids = found[PredictionKeys.LOGISTIC], found[PredictionKeys.CLASS_IDS]
        labels, weights = loss.processed_labels, loss.weights
        values = (labels, predicted.checked_logits, logistic, class_ids, loss.unreduced_loss)
        with name_scope(None, "metrics", values):
            mean_of_labels = metrics.labels_mean(labels, weights, keys.LABEL_MEAN)
            made = {
                keys.LOSS_MEAN: mean(loss.unreduced_loss, weights, name=keys.LOSS_MEAN),
                keys.ACCURACY: accuracy(labels, class_ids, weights, name=keys.ACCURACY),
                keys.PRECISION: precision(labels, class_ids, weights, name=keys.PRECISION),
                keys.RECALL: recall(labels, class_ids, weights, name=keys.RECALL),
                keys.PREDICTION_MEAN: metrics.predictions_mean(
                    logistic, weights, keys.PREDICTION_MEAN
                ),
                keys.LABEL_MEAN: mean_of_labels,
                keys.ACCURACY_BASELINE: metrics.accuracy_baseline(mean_of_labels),
                keys.AUC: metrics.area_under_curve(labels, logistic, weights, "ROC", keys.AUC),
                keys.AUC_PR: metrics.area_under_curve(labels, logistic, weights, "PR", keys.AUC_PR),
            }
            made.update(regularization_metrics(regularization))
            for threshold in self._thresholds:
                for pattern, metric in (
                    (keys.ACCURACY_AT_THRESHOLD, metrics.accuracy_at_threshold),
                    (keys.PRECISION_AT_THRESHOLD, metrics.precision_at_threshold),
                    (keys.RECALL_AT_THRESHOLD, metrics.recall_at_threshold),
                ):
                    key = pattern % threshold
                    made[key] = metric(labels, logistic, weights, threshold, key)
        return made
