"""More than two classes, a logit each.

Source: tensorflow_estimator/python/estimator/canned/head.py:_MultiClassHeadWithSoftmaxCrossEntropyLoss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.losses import Reduction, sparse_softmax_cross_entropy
from minihub_runtime.api.metrics.means import accuracy, mean
from minihub_runtime.train.estimator.heads.base import (
    Head,
    LossSpec,
    Predicted,
    regularization_metrics,
)
from minihub_runtime.train.estimator.heads.binary import BinaryHead
from minihub_runtime.train.estimator.heads.checking import (
    call_loss_fn,
    checked_labels,
    checked_logits,
    checked_weights,
)
from minihub_runtime.train.estimator.heads.classes import label_ids
from minihub_runtime.train.estimator.heads.keys import MetricKeys, PredictionKeys
from minihub_runtime.train.estimator.heads.metrics import Metric
from minihub_runtime.train.estimator.heads.predicting import (
    classifying_outputs,
    multi_class_predictions,
)

__all__ = ["MultiClassHead", "binary_or_multi_class_head"]


class MultiClassHead(Head):
    """More than two classes, a logit each, softmax cross entropy.

    Labels are `[D0, …, DN]` or `[D0, …, DN, 1]`: numbers of classes, or names of the vocabulary.

    Args:
        n_classes: how many there are.
        weight_column: see `Head`.
        label_vocabulary: the names of the classes.
        loss_reduction: see `Head`.
        loss_fn: see `Head`.
        name: see `Head`.

    Raises:
        ValueError: an argument cannot be.
    """

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        label_vocabulary: Sequence[Any] | None = None,
        loss_reduction: str = Reduction.SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        if label_vocabulary is not None and not isinstance(label_vocabulary, (list, tuple)):
            raise ValueError(
                f"label_vocabulary should be a list or a tuple. Given type: {type(label_vocabulary)}"
            )
        if n_classes is None:
            raise ValueError("n_classes cannot be None")
        if n_classes <= 2:
            raise ValueError(f"n_classes must be > 2: {n_classes}.")
        super().__init__(n_classes, weight_column, loss_reduction, loss_fn, name)
        self._label_vocabulary = label_vocabulary

    def create_loss(
        self, features: Mapping[str, Any], mode: str, logits: Any, labels: Any
    ) -> LossSpec:
        """The loss of a batch; see `Head`."""
        logits = convert_to_tensor(logits)
        labels = checked_labels(labels, logits, 1)
        ids = label_ids(labels, self.logits_dimension, self._label_vocabulary)
        if self._loss_fn is not None:
            losses = call_loss_fn(self._loss_fn, ids, logits, features)
        else:
            losses = sparse_softmax_cross_entropy(
                labels=ids, logits=logits, reduction=Reduction.NONE
            )
            losses = expand_dims(losses, axis=-1)
        weights = checked_weights(features, self._weight_column, logits)
        return self._loss_spec(losses, weights, ids)

    def _predicted(self, logits: Any) -> Predicted:
        count, names = self.logits_dimension, self._label_vocabulary
        logits = checked_logits(logits, count)
        with name_scope(None, "predictions", (logits,)):
            predictions = multi_class_predictions(logits, count, names)
        return Predicted(
            predictions, logits, lambda: classifying_outputs(predictions, count, names)
        )

    def _metrics(
        self, predicted: Predicted, labels: Any, loss: LossSpec, regularization: Any
    ) -> dict[str, Metric]:
        keys = MetricKeys
        class_ids = predicted.predictions[PredictionKeys.CLASS_IDS]
        ids, weights = loss.processed_labels, loss.weights
        with name_scope(None, "metrics", (ids, class_ids, loss.unreduced_loss)):
            return {
                keys.LOSS_MEAN: mean(loss.unreduced_loss, weights, name=keys.LOSS_MEAN),
                keys.ACCURACY: accuracy(ids, class_ids, weights, name=keys.ACCURACY),
                **regularization_metrics(regularization),
            }


def binary_or_multi_class_head(
    n_classes: int,
    weight_column: Any,
    label_vocabulary: Sequence[Any] | None,
    loss_reduction: str,
) -> Head:
    """The head of a classifier; arguments as above."""
    if n_classes == 2:
        return BinaryHead(
            weight_column, label_vocabulary=label_vocabulary, loss_reduction=loss_reduction
        )
    return MultiClassHead(n_classes, weight_column, label_vocabulary, loss_reduction)
