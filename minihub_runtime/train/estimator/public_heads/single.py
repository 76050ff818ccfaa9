"""What heads with logits of their own have in common.

Source: tensorflow_estimator/python/estimator/head/binary_class_head.py, multi_class_head.py, multi_label_head.py,
regression_head.py.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.feature_column.numeric import NumericColumn
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.metrics.counting_objects import Precision, Recall
from minihub_runtime.api.metrics.objects import BinaryAccuracy, Mean, Metric
from minihub_runtime.api.weights import broadcast_weights
from minihub_runtime.train.estimator.export_outputs import ExportOutput
from minihub_runtime.train.estimator.heads.checking import (
    call_loss_fn,
    check_loss_fn,
    check_thresholds,
    checked_logits,
    checked_weights,
)
from minihub_runtime.train.estimator.heads.keys import MetricKeys
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.estimator.model_function import EstimatorSpec
from minihub_runtime.train.estimator.public_heads.base import Head
from minihub_runtime.train.estimator.public_heads.reductions import check_reduction, weighted_loss
from minihub_runtime.train.estimator.public_heads.steps import (
    regularized,
    summarize,
    training_step,
)

__all__ = ["SingleHead", "Thresholds", "check_vocabulary", "update_mean"]

#: The metrics that are called by their keys alone, as in TensorFlow: all but those of thresholds and of single classes.
_BARE = frozenset(
    key for key in vars(MetricKeys).values() if isinstance(key, str) and "%" not in key
)


class SingleHead(Head):
    """A head with logits of its own.

    Args:
        logits_dimension: how many logits there are for an example.
        weight_column: name of a feature, or a numeric column, with the weights of the examples.
        loss_reduction: one of `tf.keras.losses.Reduction` but NONE.
        loss_fn: a function of `labels`, `logits` and, if it has that argument, `features`: the loss of each example.
        name: of the head.

    Raises:
        ValueError: an argument cannot be.
    """

    #: The keys of its predictions, in order.
    prediction_keys: tuple[str, ...] = ()
    #: Whether weights may differ for the logits of an example.
    per_logit_weights = False

    def __init__(
        self,
        logits_dimension: int,
        weight_column: Any,
        loss_reduction: str,
        loss_fn: Callable[..., Any] | None,
        name: str | None,
    ) -> None:
        check_reduction(loss_reduction)
        if loss_fn is not None:
            check_loss_fn(loss_fn, optional=("features", "loss_reduction"))
        self._logits_dimension = logits_dimension
        self._weight_column = weight_column
        self._loss_reduction = loss_reduction
        self._loss_fn = loss_fn
        self._name = name

    @property
    def name(self) -> str | None:
        """See `Head`."""
        return self._name

    @property
    def logits_dimension(self) -> int:
        """See `Head`."""
        return self._logits_dimension

    @property
    def loss_reduction(self) -> str:
        """See `Head`."""
        return self._loss_reduction

    def loss(
        self,
        labels: Any,
        logits: Any,
        features: Mapping[str, Any] | None = None,
        mode: str | None = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> Any:
        """The loss of a batch, a scalar; see `Head`."""
        with name_scope(None, "losses"):
            logits = checked_logits(logits, self.logits_dimension)
            processed = self._processed_labels(logits, labels)
            losses, weights = self._losses_and_weights(logits, processed, features)
            loss = weighted_loss(losses, weights, self._loss_reduction)
            return regularized(loss, regularization_losses)

    def predictions(self, logits: Any, keys: Sequence[str] | None = None) -> dict[Any, Any]:
        """Key → what is predicted; see `Head`.

        Raises:
            ValueError: there is no such key.
        """
        for key in keys or ():
            if key not in self.prediction_keys:
                raise ValueError(
                    f"Prediction key must be in PredictionKeys, given: {key}. "
                    f"Valid prediction keys include {list(self.prediction_keys)}."
                )
        logits = checked_logits(logits, self.logits_dimension)
        with name_scope(None, "predictions", (logits,)):
            return self._predicted(logits, tuple(keys or self.prediction_keys))

    def metrics(self, regularization_losses: Sequence[Any] | None = None) -> dict[str, Metric]:
        """Name → a new metric; see `Head`."""
        made: dict[str, Metric] = {}
        with name_scope(None, "metrics"):
            for key, make in self._kinds_of_metrics().items():
                full = self._summary_key(key)
                made[full] = make(key if key in _BARE else full)
            if regularization_losses is not None:
                key = MetricKeys.LOSS_REGULARIZATION
                made[self._summary_key(key)] = Mean(name=key)
        return made

    def update_metrics(
        self,
        eval_metrics: dict[str, Any],
        features: Mapping[str, Any] | None,
        logits: Any,
        labels: Any,
        mode: str | None = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> dict[str, Any]:
        """Let metrics take a batch in; see `Head`."""
        logits = checked_logits(logits, self.logits_dimension)
        processed = self._processed_labels(logits, labels)
        losses, weights = self._losses_and_weights(logits, processed, features)
        found = {key: eval_metrics[self._summary_key(key)] for key in self._kinds_of_metrics()}
        found[MetricKeys.LOSS_MEAN].update_state(losses, sample_weight=weights)
        self._update(found, logits, processed, weights, labels)
        if regularization_losses is not None:
            key = self._summary_key(MetricKeys.LOSS_REGULARIZATION)
            eval_metrics[key].update_state(add_n(regularization_losses))
        return eval_metrics

    def create_estimator_spec(
        self,
        features: Mapping[str, Any],
        mode: str,
        logits: Any,
        labels: Any = None,
        optimizer: Any = None,
        trainable_variables: Sequence[Any] | None = None,
        train_op_fn: Callable[[Any], Any] | None = None,
        update_ops: Sequence[Any] | None = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> EstimatorSpec:
        """What a model function returns; see `Head`."""
        with name_scope(self.name, "head"):
            predictions = self.predictions(logits)
            if mode == ModeKeys.PREDICT:
                outputs = self._export_outputs(predictions)
                return EstimatorSpec(mode, predictions, export_outputs=outputs)
            loss = self.loss(labels, logits, features, mode, regularization_losses)
            if mode == ModeKeys.EVAL:
                metrics = self.update_metrics(
                    self.metrics(regularization_losses),
                    features,
                    logits,
                    labels,
                    regularization_losses=regularization_losses,
                )
                return EstimatorSpec(mode, predictions, loss, eval_metric_ops=metrics)
            train_op = training_step(loss, optimizer, trainable_variables, train_op_fn, update_ops)
        summarize(loss, regularization_losses, self._summary_key)
        return EstimatorSpec(ModeKeys.TRAIN, predictions, loss, train_op)

    def _losses_and_weights(
        self, logits: Any, labels: Any, features: Mapping[str, Any] | None
    ) -> tuple[Any, Any]:
        """The loss of each example, and the weights of the examples."""
        features = {} if features is None else features
        if not isinstance(features, Mapping):
            raise ValueError(
                f"features should be a dictionary of `Tensor`s. Given type: {type(features)}"
            )
        if self._loss_fn is None:
            losses = self._losses(labels, logits)
        else:
            losses = call_loss_fn(self._loss_fn, labels, logits, features, self._loss_dimension())
        weights = checked_weights(
            features,
            self._weight_column,
            logits,
            per_logit=self.per_logit_weights,
            kind=NumericColumn,
        )
        return losses, weights

    def _loss_dimension(self) -> int:
        """How many losses there are for an example."""
        return self.logits_dimension if self.per_logit_weights else 1

    @abc.abstractmethod
    def _processed_labels(self, logits: Any, labels: Any) -> Any:
        """Labels as the loss takes them."""

    @abc.abstractmethod
    def _losses(self, labels: Any, logits: Any) -> Any:
        """The loss of each example, if there is no function for it."""

    @abc.abstractmethod
    def _predicted(self, logits: Any, keys: Sequence[str]) -> dict[str, Any]:
        """Key → what is predicted, of checked logits."""

    @abc.abstractmethod
    def _export_outputs(self, predictions: dict[str, Any]) -> dict[str, ExportOutput]:
        """Name of a signature → its output, of all predictions."""

    @abc.abstractmethod
    def _kinds_of_metrics(self) -> dict[str, Callable[[str], Metric]]:
        """Key → what makes the metric of a name, LOSS_MEAN first, but for that of regularisation."""

    @abc.abstractmethod
    def _update(
        self, metrics: dict[str, Any], logits: Any, processed: Any, weights: Any, labels: Any
    ) -> None:
        """Let the metrics, by key, take a batch in, but for LOSS_MEAN; `labels` are those given."""


class Thresholds:
    """The metrics at thresholds above which a chance counts as true.

    Args:
        thresholds: between 0 and 1.

    Raises:
        ValueError: one is not.
    """

    def __init__(self, thresholds: Sequence[float] | None) -> None:
        self._thresholds = tuple(thresholds or ())
        check_thresholds(self._thresholds)

    def kinds(self) -> dict[str, Callable[[str], Metric]]:
        """Key → what makes the metric of a name."""
        made: dict[str, Callable[[str], Metric]] = {}
        for threshold in self._thresholds:
            for pattern, kind in (
                (MetricKeys.ACCURACY_AT_THRESHOLD, BinaryAccuracy),
                (MetricKeys.PRECISION_AT_THRESHOLD, Precision),
                (MetricKeys.RECALL_AT_THRESHOLD, Recall),
            ):
                made[pattern % threshold] = _at(kind, threshold)
        return made

    def update(self, metrics: dict[str, Any], labels: Any, chances: Any, weights: Any) -> None:
        """Let the metrics, by key, take a batch in."""
        for key in self.kinds():
            metrics[key].update_state(labels, chances, sample_weight=weights)


def _at(kind: Callable[[str, float], Metric], threshold: float) -> Callable[[str], Metric]:
    return lambda name: kind(name, threshold)


def check_vocabulary(vocabulary: Any, n_classes: int | None = None) -> None:
    """Raise ValueError unless names of classes, if there are any, are a list, of the right length if it is told."""
    if vocabulary is None:
        return
    if not isinstance(vocabulary, (list, tuple)):
        raise ValueError(
            f"label_vocabulary should be a list or a tuple. Given type: {type(vocabulary)}"
        )
    if n_classes is not None and len(vocabulary) != n_classes:
        raise ValueError(
            f'"label_vocabulary" does not have "n_classes" items. Length of label_vocabulary must be n_classes '
            f"({n_classes}). Given: {len(vocabulary)}, label_vocabulary={vocabulary}"
        )


def update_mean(metric: Any, values: Any, weights: Any) -> None:
    """Let a mean take numbers in, with weights spread to all of them."""
    metric.update_state(values, sample_weight=broadcast_weights(weights, values))
