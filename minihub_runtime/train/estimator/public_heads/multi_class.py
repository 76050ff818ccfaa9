"""More than two classes, of which an example has one.

Source: tensorflow_estimator/python/estimator/head/multi_class_head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.losses import Reduction as Unreduced
from minihub_runtime.api.losses import sparse_softmax_cross_entropy
from minihub_runtime.api.metrics.objects import Accuracy, Mean, Metric
from minihub_runtime.public import public
from minihub_runtime.train.estimator.export_outputs import ExportOutput
from minihub_runtime.train.estimator.heads.checking import checked_labels
from minihub_runtime.train.estimator.heads.classes import label_ids
from minihub_runtime.train.estimator.heads.keys import MetricKeys, PredictionKeys
from minihub_runtime.train.estimator.heads.predicting import (
    MULTI_CLASS_KEYS,
    classifying_outputs,
    multi_class_predictions,
)
from minihub_runtime.train.estimator.public_heads.reductions import Reduction
from minihub_runtime.train.estimator.public_heads.single import SingleHead, check_vocabulary

__all__ = ["MultiClassHead"]


@public("estimator.MultiClassHead")
class MultiClassHead(SingleHead):
    """More than two classes, a logit each, softmax cross entropy.

    Labels are `[D0, …, DN]` or `[D0, …, DN, 1]`: numbers of classes, or names of the vocabulary. Predictions are `logits`,
    `probabilities`, `class_ids`, `classes`, `all_class_ids` and `all_classes`.

    Args:
        n_classes: how many there are, an int.
        weight_column: name of a feature, or a numeric column, with the weights of the examples.
        label_vocabulary: the names of the classes.
        loss_reduction: one of `tf.keras.losses.Reduction` but NONE.
        loss_fn: a function of `labels`, `logits` and, if it has that argument, `features`: the loss of each example,
            `[D0, …, DN, 1]`.
        name: of the head, which stands behind the names of its metrics and summaries.

    Raises:
        ValueError: an argument cannot be.
        TypeError: `n_classes` is no int.

    Differs: TensorFlow takes a tensor as `n_classes`, too.
    """

    prediction_keys = MULTI_CLASS_KEYS

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        label_vocabulary: Sequence[Any] | None = None,
        loss_reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        if n_classes is None:
            raise ValueError("n_classes cannot be None")
        if not hasattr(n_classes, "__index__"):
            raise TypeError(
                f"n_classes must be an int; tensors are not supported. Given type: {type(n_classes)}"
            )
        n_classes = int(n_classes)
        check_vocabulary(label_vocabulary, n_classes)
        if n_classes <= 2:
            raise ValueError(f"n_classes must be > 2: {n_classes}.")
        super().__init__(n_classes, weight_column, loss_reduction, loss_fn, name)
        self._label_vocabulary = label_vocabulary

    def _processed_labels(self, logits: Any, labels: Any) -> Any:
        labels = checked_labels(labels, logits, 1)
        return label_ids(labels, self.logits_dimension, self._label_vocabulary)

    def _losses(self, labels: Any, logits: Any) -> Any:
        losses = sparse_softmax_cross_entropy(
            labels=labels, logits=logits, reduction=Unreduced.NONE
        )
        return expand_dims(losses, axis=-1)

    def _predicted(self, logits: Any, keys: Sequence[str]) -> dict[str, Any]:
        return multi_class_predictions(logits, self.logits_dimension, self._label_vocabulary, keys)

    def _export_outputs(self, predictions: dict[str, Any]) -> dict[str, ExportOutput]:
        return classifying_outputs(predictions, self.logits_dimension, self._label_vocabulary)

    def _kinds_of_metrics(self) -> dict[str, Callable[[str], Metric]]:
        return {MetricKeys.LOSS_MEAN: Mean, MetricKeys.ACCURACY: Accuracy}

    def _update(
        self, metrics: dict[str, Any], logits: Any, processed: Any, weights: Any, labels: Any
    ) -> None:
        class_ids = self.predictions(logits, (PredictionKeys.CLASS_IDS,))[PredictionKeys.CLASS_IDS]
        metrics[MetricKeys.ACCURACY].update_state(processed, class_ids, sample_weight=weights)
