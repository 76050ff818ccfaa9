"""Numbers.

Source: tensorflow_estimator/python/estimator/canned/head.py:_RegressionHeadWithMeanSquaredErrorLoss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.losses import Reduction, mean_squared_error
from minihub_runtime.api.metrics.means import mean
from minihub_runtime.dtypes import float32
from minihub_runtime.train.estimator.heads.base import (
    Head,
    LossSpec,
    Predicted,
    regularization_metrics,
)
from minihub_runtime.train.estimator.heads.checking import (
    call_loss_fn,
    checked_labels,
    checked_logits,
    checked_weights,
)
from minihub_runtime.train.estimator.heads.keys import MetricKeys, PredictionKeys
from minihub_runtime.train.estimator.heads.metrics import Metric, predictions_mean
from minihub_runtime.train.estimator.heads.predicting import regressing_outputs

__all__ = ["RegressionHead"]


class RegressionHead(Head):
    """Numbers, mean squared error.

    Labels are `[D0, …, DN, label_dimension]`, or `[D0, …, DN]` if there is one for each example.

    Args:
        weight_column: see `Head`; weights may differ for the numbers of an example.
        label_dimension: how many numbers there are for an example.
        loss_reduction: see `Head`.
        loss_fn: see `Head`.
        inverse_link_fn: a function from logits to predictions.
        name: see `Head`.

    Raises:
        ValueError: an argument cannot be.
    """

    def __init__(
        self,
        weight_column: Any = None,
        label_dimension: int = 1,
        loss_reduction: str = Reduction.SUM,
        loss_fn: Callable[..., Any] | None = None,
        inverse_link_fn: Callable[[Any], Any] | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__(label_dimension, weight_column, loss_reduction, loss_fn, name)
        if label_dimension < 1:
            raise ValueError(f"Invalid label_dimension {label_dimension}.")
        self._inverse_link_fn = inverse_link_fn

    def create_loss(
        self, features: Mapping[str, Any], mode: str, logits: Any, labels: Any
    ) -> LossSpec:
        """The loss of a batch; see `Head`."""
        logits = convert_to_tensor(logits)
        labels = checked_labels(labels, logits, self.logits_dimension)
        labels = cast(labels, dtype=float32)
        if self._loss_fn is not None:
            losses = call_loss_fn(self._loss_fn, labels, logits, features, self.logits_dimension)
        else:
            losses = mean_squared_error(labels=labels, predictions=logits, reduction=Reduction.NONE)
        weights = checked_weights(features, self._weight_column, logits, per_logit=True)
        return self._loss_spec(losses, weights, labels)

    def _predicted(self, logits: Any) -> Predicted:
        logits = checked_logits(logits, self.logits_dimension)
        predictions = {PredictionKeys.PREDICTIONS: logits}
        if self._inverse_link_fn is not None:
            value = self._inverse_link_fn(logits)
            predictions = {PredictionKeys.PREDICTIONS: value, PredictionKeys.LOGITS: logits}
        return Predicted(predictions, logits, lambda: regressing_outputs(predictions))

    def _metrics(
        self, predicted: Predicted, labels: Any, loss: LossSpec, regularization: Any
    ) -> dict[str, Metric]:
        keys = MetricKeys
        value = predicted.predictions[PredictionKeys.PREDICTIONS]
        return {
            keys.LOSS_MEAN: mean(loss.unreduced_loss, loss.weights),
            keys.PREDICTION_MEAN: predictions_mean(value, loss.weights, keys.PREDICTION_MEAN),
            # TensorFlow takes the labels as they were given here.
            keys.LABEL_MEAN: mean(labels, loss.weights),
            **regularization_metrics(regularization),
        }
