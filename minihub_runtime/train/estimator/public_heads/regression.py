"""Numbers, counts and chances.

Source: tensorflow_estimator/python/estimator/head/regression_head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.elementwise import sigmoid
from minihub_runtime.api.losses import Reduction as Unreduced
from minihub_runtime.api.losses import mean_squared_error
from minihub_runtime.api.metrics.objects import Mean, Metric
from minihub_runtime.api.nn.cross_entropy import (
    log_poisson_loss,
    sigmoid_cross_entropy_with_logits,
)
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public
from minihub_runtime.train.estimator.export_outputs import ExportOutput
from minihub_runtime.train.estimator.heads.checking import checked_labels, checked_range
from minihub_runtime.train.estimator.heads.keys import MetricKeys, PredictionKeys
from minihub_runtime.train.estimator.heads.predicting import regressing_outputs
from minihub_runtime.train.estimator.public_heads.reductions import Reduction
from minihub_runtime.train.estimator.public_heads.single import SingleHead, update_mean

__all__ = ["LogisticRegressionHead", "PoissonRegressionHead", "RegressionHead"]


@public("estimator.RegressionHead")
class RegressionHead(SingleHead):
    """Numbers, mean squared error.

    Labels are `[D0, …, DN, label_dimension]`, or `[D0, …, DN]` if there is one for each example. Predictions are
    `predictions`, with an `inverse_link_fn` also `logits`.

    Args:
        label_dimension: how many numbers there are for an example.
        weight_column: name of a feature, or a numeric column, with the weights of the examples, which may differ for the
            numbers of an example.
        loss_reduction: one of `tf.keras.losses.Reduction` but NONE.
        loss_fn: a function of `labels`, `logits` and, if it has that argument, `features`: the losses of each example,
            `[D0, …, DN, label_dimension]`.
        inverse_link_fn: a function from logits to predictions.
        name: of the head, which stands behind the names of its metrics and summaries.

    Raises:
        ValueError: an argument cannot be.
    """

    per_logit_weights = True

    def __init__(
        self,
        label_dimension: int = 1,
        weight_column: Any = None,
        loss_reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
        loss_fn: Callable[..., Any] | None = None,
        inverse_link_fn: Callable[[Any], Any] | None = None,
        name: str | None = None,
    ) -> None:
        if label_dimension < 1:
            raise ValueError(f"Invalid label_dimension {label_dimension}.")
        super().__init__(label_dimension, weight_column, loss_reduction, loss_fn, name)
        self._inverse_link_fn = inverse_link_fn
        if inverse_link_fn is None:
            self.prediction_keys = (PredictionKeys.PREDICTIONS,)
        else:
            self.prediction_keys = (PredictionKeys.PREDICTIONS, PredictionKeys.LOGITS)

    def _processed_labels(self, logits: Any, labels: Any) -> Any:
        return cast(checked_labels(labels, logits, self.logits_dimension), dtype=float32)

    def _losses(self, labels: Any, logits: Any) -> Any:
        return mean_squared_error(labels=labels, predictions=logits, reduction=Unreduced.NONE)

    def _predicted(self, logits: Any, keys: Sequence[str]) -> dict[str, Any]:
        link = self._inverse_link_fn
        found = {PredictionKeys.PREDICTIONS: logits if link is None else link(logits)}
        found[PredictionKeys.LOGITS] = logits
        return {key: found[key] for key in self.prediction_keys if key in keys}

    def _export_outputs(self, predictions: dict[str, Any]) -> dict[str, ExportOutput]:
        return regressing_outputs(predictions)

    def _kinds_of_metrics(self) -> dict[str, Callable[[str], Metric]]:
        keys = MetricKeys
        return {keys.LOSS_MEAN: Mean, keys.PREDICTION_MEAN: Mean, keys.LABEL_MEAN: Mean}

    def _update(
        self, metrics: dict[str, Any], logits: Any, processed: Any, weights: Any, labels: Any
    ) -> None:
        # TensorFlow takes the labels as they were given here.
        metrics[MetricKeys.LABEL_MEAN].update_state(labels, sample_weight=weights)
        predicted = self.predictions(logits)[PredictionKeys.PREDICTIONS]
        update_mean(metrics[MetricKeys.PREDICTION_MEAN], cast(predicted, float32), weights)


@public("estimator.PoissonRegressionHead")
class PoissonRegressionHead(RegressionHead):
    """Counts, whose expected value is the exponential of a logit, as `tf.nn.log_poisson_loss` has it.

    Labels and predictions are those of `RegressionHead`.

    Args:
        label_dimension: how many counts there are for an example.
        weight_column: see `RegressionHead`.
        loss_reduction: one of `tf.keras.losses.Reduction` but NONE.
        compute_full_loss: whether the loss has the logarithm of the factorial of labels.
        name: see `RegressionHead`.

    Raises:
        ValueError: an argument cannot be.
    """

    def __init__(
        self,
        label_dimension: int = 1,
        weight_column: Any = None,
        loss_reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
        compute_full_loss: bool = True,
        name: str | None = None,
    ) -> None:
        def loss_fn(labels: Any, logits: Any) -> Any:
            return log_poisson_loss(labels, logits, compute_full_loss=compute_full_loss)

        super().__init__(
            label_dimension, weight_column, loss_reduction, loss_fn, _exponential, name
        )


def _exponential(logits: Any) -> Any:
    return build("Exp", x=logits)


@public("estimator.LogisticRegressionHead")
class LogisticRegressionHead(RegressionHead):
    """A chance, the sigmoid of a logit, sigmoid cross entropy.

    Labels are numbers from 0 to 1. Predictions are those of `RegressionHead`.

    Args:
        weight_column: name of a feature, or a numeric column, with the weights of the examples.
        loss_reduction: one of `tf.keras.losses.Reduction` but NONE.
        name: see `RegressionHead`.

    Raises:
        ValueError: an argument cannot be.
    """

    def __init__(
        self,
        weight_column: Any = None,
        loss_reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
        name: str | None = None,
    ) -> None:
        super().__init__(1, weight_column, loss_reduction, _logistic_loss, sigmoid, name)


def _logistic_loss(labels: Any, logits: Any) -> Any:
    labels = checked_range(labels, 2, message="Labels must be in range [0, 1]")
    return sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
