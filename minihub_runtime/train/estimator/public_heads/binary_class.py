"""Two classes, one logit.

Source: tensorflow_estimator/python/estimator/head/binary_class_head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from minihub_runtime.api.arithmetic import div_no_nan
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.grouping import no_op
from minihub_runtime.api.metrics.counting_objects import AUC, Precision, Recall
from minihub_runtime.api.metrics.objects import Accuracy, Mean, Metric
from minihub_runtime.api.nn.cross_entropy import sigmoid_cross_entropy_with_logits
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public
from minihub_runtime.train.estimator.export_outputs import ExportOutput
from minihub_runtime.train.estimator.heads.checking import checked_labels, checked_range
from minihub_runtime.train.estimator.heads.classes import looked_up
from minihub_runtime.train.estimator.heads.keys import MetricKeys, PredictionKeys
from minihub_runtime.train.estimator.heads.predicting import (
    BINARY_KEYS,
    binary_predictions,
    classifying_outputs,
)
from minihub_runtime.train.estimator.public_heads.reductions import Reduction
from minihub_runtime.train.estimator.public_heads.single import (
    SingleHead,
    Thresholds,
    check_vocabulary,
    update_mean,
)

__all__ = ["BinaryClassHead"]


@public("estimator.BinaryClassHead")
class BinaryClassHead(SingleHead):
    """Two classes, one logit, sigmoid cross entropy.

    Labels are `[D0, …, DN]` or `[D0, …, DN, 1]`: 0 and 1, or names of the vocabulary. Predictions are `logits`,
    `logistic`, `probabilities`, `class_ids`, `classes`, `all_class_ids` and `all_classes`.

    Args:
        weight_column: name of a feature, or a numeric column, with the weights of the examples.
        thresholds: between 0 and 1, for more metrics.
        label_vocabulary: the names of the two classes.
        loss_reduction: one of `tf.keras.losses.Reduction` but NONE.
        loss_fn: a function of `labels`, `logits` and, if it has that argument, `features`: the loss of each example,
            `[D0, …, DN, 1]`.
        name: of the head, which stands behind the names of its metrics and summaries.

    Raises:
        ValueError: an argument cannot be.
    """

    prediction_keys = BINARY_KEYS

    def __init__(
        self,
        weight_column: Any = None,
        thresholds: Sequence[float] | None = None,
        label_vocabulary: Sequence[Any] | None = None,
        loss_reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        check_vocabulary(label_vocabulary)
        self._thresholds = Thresholds(thresholds)
        super().__init__(1, weight_column, loss_reduction, loss_fn, name)
        self._label_vocabulary = label_vocabulary

    def _processed_labels(self, logits: Any, labels: Any) -> Any:
        labels = checked_labels(labels, logits, 1)
        if self._label_vocabulary is not None:
            labels = looked_up(labels, self._label_vocabulary)
        return checked_range(cast(labels, dtype=float32), 2)

    def _losses(self, labels: Any, logits: Any) -> Any:
        return sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)

    def _predicted(self, logits: Any, keys: Sequence[str]) -> dict[str, Any]:
        return binary_predictions(logits, self._label_vocabulary, keys)

    def _export_outputs(self, predictions: dict[str, Any]) -> dict[str, ExportOutput]:
        return classifying_outputs(predictions, 2, self._label_vocabulary)

    def _kinds_of_metrics(self) -> dict[str, Callable[[str], Metric]]:
        keys = MetricKeys
        return {
            keys.LOSS_MEAN: Mean,
            keys.ACCURACY: Accuracy,
            keys.PRECISION: Precision,
            keys.RECALL: Recall,
            keys.PREDICTION_MEAN: Mean,
            keys.LABEL_MEAN: Mean,
            keys.ACCURACY_BASELINE: _AccuracyBaseline,
            keys.AUC: AUC,
            keys.AUC_PR: partial(AUC, curve="PR"),
            **self._thresholds.kinds(),
        }

    def _update(
        self, metrics: dict[str, Any], logits: Any, processed: Any, weights: Any, labels: Any
    ) -> None:
        keys = MetricKeys
        wanted = (PredictionKeys.LOGISTIC, PredictionKeys.CLASS_IDS)
        chances, class_ids = (self.predictions(logits, wanted)[key] for key in wanted)
        for key in (keys.ACCURACY, keys.PRECISION, keys.RECALL):
            metrics[key].update_state(processed, class_ids, sample_weight=weights)
        update_mean(metrics[keys.PREDICTION_MEAN], chances, weights)
        update_mean(metrics[keys.LABEL_MEAN], processed, weights)
        metrics[keys.ACCURACY_BASELINE].update_state(metrics[keys.LABEL_MEAN])
        for key in (keys.AUC, keys.AUC_PR):
            metrics[key].update_state(processed, chances, sample_weight=weights)
        self._thresholds.update(metrics, processed, chances, weights)


class _AccuracyBaseline(Metric):
    """What always saying the class that is more common would reach; it follows from the mean of the labels."""

    def update_state(self, labels: Mean) -> Any:
        """Note the mean of the labels, which takes the batches in."""
        self._labels = labels
        return self._updated(no_op())

    def result(self) -> Any:
        """The larger of the shares of ones and of zeros, float32, a scalar."""
        ones, count = self._labels.total.read_value(), self._labels.count.read_value()
        return div_no_nan(build("Maximum", x=ones, y=count - ones), count)
