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
from minihub_runtime.api.nn.activation import softmax
from minihub_runtime.api.reduction import argmax
from minihub_runtime.dtypes import string
from minihub_runtime.train.estimator.export_outputs import PredictOutput
from minihub_runtime.train.estimator.heads.base import (
    CLASSIFY_KEY,
    PREDICT_KEY,
    SERVING_KEY,
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
    checked_range,
    checked_weights,
)
from minihub_runtime.train.estimator.heads.classes import (
    all_class_ids,
    all_classes,
    class_names,
    classification_output,
    looked_up,
)
from minihub_runtime.train.estimator.heads.keys import MetricKeys, PredictionKeys
from minihub_runtime.train.estimator.heads.metrics import Metric

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
        label_ids = self._label_ids(checked_labels(labels, logits, 1))
        if self._loss_fn is not None:
            losses = call_loss_fn(self._loss_fn, label_ids, logits, features)
        else:
            losses = sparse_softmax_cross_entropy(
                labels=label_ids, logits=logits, reduction=Reduction.NONE
            )
            losses = expand_dims(losses, axis=-1)
        weights = checked_weights(features, self._weight_column, logits)
        return self._loss_spec(losses, weights, label_ids)

    def _label_ids(self, labels: Any) -> Any:
        if self._label_vocabulary is None:
            if not labels.dtype.is_integer:
                raise ValueError(f"Labels dtype should be integer. Instead got {labels.dtype}.")
        elif labels.dtype is not string:
            raise ValueError(
                "Labels dtype should be string if there is a vocabulary. Instead got "
                f"{labels.dtype}"
            )
        else:
            labels = looked_up(labels, self._label_vocabulary)
        return checked_range(labels, self.logits_dimension)

    def _predicted(self, logits: Any) -> Predicted:
        keys, count, names = PredictionKeys, self.logits_dimension, self._label_vocabulary
        logits = checked_logits(logits, count)
        with name_scope(None, "predictions", (logits,)):
            ids, classes = all_class_ids(logits, count), all_classes(logits, count, names)
            class_ids = expand_dims(argmax(logits, axis=-1, name=keys.CLASS_IDS), axis=-1)
            chosen = class_names(class_ids, names)
            probabilities = softmax(logits, name=keys.PROBABILITIES)
            predictions = {
                keys.LOGITS: logits,
                keys.PROBABILITIES: probabilities,
                keys.CLASS_IDS: class_ids,
                keys.CLASSES: chosen,
                keys.ALL_CLASS_IDS: ids,
                keys.ALL_CLASSES: classes,
            }

        def outputs() -> dict[str, Any]:
            output = classification_output(probabilities, count, names)
            return {
                SERVING_KEY: output,
                CLASSIFY_KEY: output,
                PREDICT_KEY: PredictOutput(predictions),
            }

        return Predicted(predictions, logits, outputs)

    def _metrics(
        self, predicted: Predicted, labels: Any, loss: LossSpec, regularization: Any
    ) -> dict[str, Metric]:
        keys = MetricKeys
        class_ids = predicted.predictions[PredictionKeys.CLASS_IDS]
        label_ids, weights = loss.processed_labels, loss.weights
        with name_scope(None, "metrics", (label_ids, class_ids, loss.unreduced_loss)):
            return {
                keys.LOSS_MEAN: mean(loss.unreduced_loss, weights, name=keys.LOSS_MEAN),
                keys.ACCURACY: accuracy(label_ids, class_ids, weights, name=keys.ACCURACY),
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
