"""What all heads have in common: the order of loss, regularisation, step and summaries.

Source: tensorflow_estimator/python/estimator/canned/head.py:_Head.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.graph import GraphKeys, get_default_graph, name_scope
from minihub_runtime.api.grouping import group
from minihub_runtime.api.losses import Reduction, compute_weighted_loss
from minihub_runtime.api.metrics.means import mean
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.summary.operations import scalar
from minihub_runtime.api.variables.global_step import get_global_step
from minihub_runtime.train.estimator.export_outputs import ExportOutput
from minihub_runtime.train.estimator.heads.checking import (
    check_loss_fn,
    check_loss_reduction,
    check_one_step,
)
from minihub_runtime.train.estimator.heads.keys import MetricKeys
from minihub_runtime.train.estimator.heads.metrics import Metric
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.estimator.model_function import EstimatorSpec

__all__ = ["Head", "LossSpec", "Predicted", "regularization_metrics"]


class LossSpec(NamedTuple):
    """A loss and what it comes from.

    Attributes:
        training_loss: a scalar.
        unreduced_loss: the loss of each example.
        weights: of the examples.
        processed_labels: what the labels became.
    """

    training_loss: Any
    unreduced_loss: Any
    weights: Any
    processed_labels: Any


class Predicted(NamedTuple):
    """What a head predicts.

    Attributes:
        predictions: name → tensor.
        checked_logits: the logits.
        outputs: makes the outputs of signatures.
    """

    predictions: dict[str, Any]
    checked_logits: Any
    outputs: Callable[[], dict[str, ExportOutput]]


class Head(abc.ABC):
    """What a model ends with.

    Args:
        logits_dimension: how many logits there are for an example.
        weight_column: name of a feature, or a numeric column, with the weights of the examples.
        loss_reduction: one of `tf.losses.Reduction` that gives a scalar.
        loss_fn: a function of `labels`, `logits` and, if it has that argument, `features`: the loss of each example.
        name: of the head, which stands behind the names of its metrics.

    Attributes:
        logits_dimension, name: see above.

    Raises:
        ValueError: an argument cannot be.
    """

    def __init__(
        self,
        logits_dimension: int,
        weight_column: Any = None,
        loss_reduction: str = Reduction.SUM,
        loss_fn: Callable[..., Any] | None = None,
        name: str | None = None,
    ) -> None:
        check_loss_reduction(loss_reduction)
        if loss_fn is not None:
            check_loss_fn(loss_fn)
        self.logits_dimension = logits_dimension
        self.name = name
        self._weight_column = weight_column
        self._loss_reduction = loss_reduction
        self._loss_fn = loss_fn

    @abc.abstractmethod
    def create_loss(
        self, features: Mapping[str, Any], mode: str, logits: Any, labels: Any
    ) -> LossSpec:
        """The loss of a batch.

        Args:
            features: name → tensor.
            mode: accepted.
            logits: `[D0, …, DN, logits_dimension]`.
            labels: of the examples.
        """

    @abc.abstractmethod
    def _predicted(self, logits: Any) -> Predicted:
        """The predictions, made in the scope of the head."""

    @abc.abstractmethod
    def _metrics(
        self, predicted: Predicted, labels: Any, loss: LossSpec, regularization: Any
    ) -> dict[str, Metric]:
        """The metrics; `labels` are those given."""

    def create_estimator_spec(
        self,
        features: Mapping[str, Any],
        mode: str,
        logits: Any,
        labels: Any = None,
        optimizer: Any = None,
        train_op_fn: Callable[[Any], Any] | None = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> EstimatorSpec:
        """What a model function returns.

        Args:
            features: name → tensor.
            mode: one of the ModeKeys.
            logits: `[D0, …, DN, logits_dimension]`.
            labels: of the examples; not for prediction.
            optimizer: a `tf.train.Optimizer`; for training.
            train_op_fn: a function from the loss to a step, instead.
            regularization_losses: scalars that are added to the loss.

        Raises:
            ValueError: shapes do not fit; for training, not exactly one of `optimizer` and `train_op_fn` is given.
        """
        with name_scope(self.name, "head"):
            predicted = self._predicted(logits)
            if mode == ModeKeys.PREDICT:
                return EstimatorSpec(
                    mode, predicted.predictions, export_outputs=predicted.outputs()
                )
            found = self.create_loss(features, mode, predicted.checked_logits, labels)
            regularization = add_n(regularization_losses) if regularization_losses else None
            loss = found.training_loss
            if regularization is not None:
                loss = add_n([loss, regularization])
            if mode == ModeKeys.TRAIN:
                train_op = _with_updates(_step(loss, optimizer, train_op_fn))
                mean_loss = self._mean_loss(found)
        if mode == ModeKeys.EVAL:
            made = self._metrics(predicted, labels, found, regularization)
            metrics = {self._key(name): metric for name, metric in made.items()}
            return EstimatorSpec(mode, predicted.predictions, loss, eval_metric_ops=metrics)
        with name_scope(""):
            scalar(self._key(MetricKeys.LOSS), loss)
            if mean_loss is not None:
                scalar(self._key(MetricKeys.LOSS_MEAN), mean_loss)
            if regularization is not None:
                scalar(self._key(MetricKeys.LOSS_REGULARIZATION), regularization)
        return EstimatorSpec(mode, predicted.predictions, loss, train_op)

    def _key(self, name: str) -> str:
        return f"{name}/{self.name}" if self.name else name

    def _loss_spec(self, losses: Any, weights: Any, labels: Any) -> LossSpec:
        loss = compute_weighted_loss(losses, weights=weights, reduction=self._loss_reduction)
        return LossSpec(loss, losses, weights, labels)

    def _mean_loss(self, found: LossSpec) -> Any:
        """The mean over the examples, where the loss is their sum."""
        if self._loss_reduction != Reduction.SUM:
            return None
        return found.training_loss / reduce_sum(found.weights * ones_like(found.unreduced_loss))


def regularization_metrics(regularization: Any) -> dict[str, Metric]:
    """The metric of the losses of regularisation; none if there are none."""
    if regularization is None:
        return {}
    key = MetricKeys.LOSS_REGULARIZATION
    return {key: mean(regularization, name=key)}


def _step(loss: Any, optimizer: Any, train_op_fn: Callable[[Any], Any] | None) -> Any:
    check_one_step(optimizer, train_op_fn)
    if train_op_fn is not None:
        return train_op_fn(loss)
    return optimizer.minimize(loss, global_step=get_global_step())


def _with_updates(train_op: Any) -> Any:
    """A step together with the updates that the model collected."""
    updates = get_default_graph().get_collection(GraphKeys.UPDATE_OPS)
    return group(train_op, *updates) if updates else train_op
