"""Several heads at once.

Source: tensorflow_estimator/python/estimator/head/multi_head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elementwise import add_n
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.grouping import no_op
from minihub_runtime.api.metrics.objects import Mean
from minihub_runtime.public import public
from minihub_runtime.train.estimator.export_outputs import ExportOutput, PredictOutput
from minihub_runtime.train.estimator.heads.keys import PREDICT_KEY, SERVING_KEY, MetricKeys
from minihub_runtime.train.estimator.mode_keys import ModeKeys
from minihub_runtime.train.estimator.model_function import EstimatorSpec
from minihub_runtime.train.estimator.public_heads.base import Head
from minihub_runtime.train.estimator.public_heads.steps import (
    regularized,
    summarize,
    training_step,
)

__all__ = ["MultiHead"]


@public("estimator.MultiHead")
class MultiHead(Head):
    """Several heads at once: the sum of their losses, all their predictions and metrics.

    Logits are name of a head → its logits, or all of them in one tensor, in the order of the heads. Labels are name of a
    head → its labels. The keys of predictions are (name of a head, key). Signatures are those of the heads, called
    `name` and `name/key`; the default is that of the first head, and `predict` has the predictions of all.

    Args:
        heads: heads with different names.
        head_weights: what the loss of each head is multiplied by; ones by default.

    Raises:
        ValueError: there are no heads, one has no name, two have the same, or there are as many weights as heads.
    """

    def __init__(self, heads: Sequence[Head], head_weights: Sequence[float] | None = None) -> None:
        if not heads:
            raise ValueError(f"Must specify heads. Given: {heads}")
        if head_weights and len(head_weights) != len(heads):
            raise ValueError(
                f"heads and head_weights must have the same size. Given len(heads): {len(heads)}. "
                f"Given len(head_weights): {len(head_weights)}."
            )
        names: list[str] = []
        for head in heads:
            if head.name is None:
                raise ValueError(f"All given heads must have name specified. Given: {head}")
            names.append(head.name)
        if len(set(names)) < len(names):
            raise ValueError(f"All given heads must have different names. Given: {names}")
        self._heads = dict(zip(names, heads, strict=True))
        self._head_weights = tuple(head_weights or ())

    @property
    def name(self) -> str:
        """The names of the heads, joined."""
        return "_".join(self._heads)

    @property
    def logits_dimension(self) -> int:
        """How many logits the heads have together."""
        return sum(head.logits_dimension for head in self._heads.values())

    @property
    def loss_reduction(self) -> str:
        """How the losses of examples become one.

        Raises:
            ValueError: the heads differ in it.
        """
        reductions = [head.loss_reduction for head in self._heads.values()]
        if len(set(reductions)) > 1:
            raise ValueError(
                f"The loss_reduction must be the same for different heads. Given: {reductions}"
            )
        return reductions[0]

    def loss(
        self,
        labels: Any,
        logits: Any,
        features: Mapping[str, Any] | None = None,
        mode: str | None = None,
        regularization_losses: Sequence[Any] | None = None,
    ) -> Any:
        """The sum of the losses of the heads, times their weights, a scalar; see `Head`."""
        parts, labels = self._logits_of_heads(logits), self._labels_of_heads(labels)
        losses = [
            head.loss(labels=labels[name], logits=parts[name], features=features, mode=mode)
            for name, head in self._heads.items()
        ]
        with name_scope(None, "merge_losses"):
            if self._head_weights:
                losses = [
                    build("Mul", x=loss, y=weight)
                    for loss, weight in zip(losses, self._head_weights, strict=True)
                ]
            return regularized(add_n(losses), regularization_losses)

    def predictions(self, logits: Any, keys: Sequence[str] | None = None) -> dict[Any, Any]:
        """(Name of a head, key) → what it predicts.

        Args:
            logits: see `MultiHead`.
            keys: accepted and ignored, as in TensorFlow.
        """
        parts = self._logits_of_heads(logits)
        with name_scope(None, "merge_pred"):
            return {
                (name, key): value
                for name, head in self._heads.items()
                for key, value in head.predictions(logits=parts[name]).items()
            }

    def metrics(self, regularization_losses: Sequence[Any] | None = None) -> dict[str, Any]:
        """Name → a new metric: the means of the losses of the heads; `update_metrics` adds those of the heads."""
        made: dict[str, Any] = {}
        if regularization_losses is not None:
            key = MetricKeys.LOSS_REGULARIZATION
            made[self._summary_key(key)] = Mean(name=key)
        with name_scope(None, "merge_eval"):
            for name in self._heads:
                made[_loss_key(name)] = Mean(name=_loss_key(name))
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
        """Let metrics, and new ones of each head, take a batch in; all of them; see `Head`."""
        parts, labels = self._logits_of_heads(logits), self._labels_of_heads(labels)
        if regularization_losses is not None:
            key = self._summary_key(MetricKeys.LOSS_REGULARIZATION)
            eval_metrics[key].update_state(add_n(regularization_losses))
        for name, head in self._heads.items():
            loss = head.loss(labels=labels[name], logits=parts[name], features=features)
            eval_metrics[_loss_key(name)].update_state(loss)
            found = head.update_metrics(head.metrics(), features, parts[name], labels[name])
            eval_metrics.update(found or {})
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
        """What a model function returns; see `Head`.

        Raises:
            ValueError: see `Head`; or a head has no logits or labels.
        """
        if mode not in (ModeKeys.PREDICT, ModeKeys.EVAL, ModeKeys.TRAIN):
            raise ValueError(f"mode={mode} unrecognized")
        with name_scope(self.name, "multi_head"):
            parts = self._logits_of_heads(logits)
            if labels is not None or mode != ModeKeys.PREDICT:
                labels = self._labels_of_heads(labels)
            specs = {
                name: head.create_estimator_spec(
                    features=features,
                    mode=mode,
                    logits=parts[name],
                    labels=labels[name] if labels else None,
                    train_op_fn=lambda loss: no_op(),
                )
                for name, head in self._heads.items()
            }
            predictions = self.predictions(logits)
            if mode == ModeKeys.PREDICT:
                return EstimatorSpec(mode, predictions, export_outputs=_merged_outputs(specs))
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
            # Losses that are reduced in different ways have no sum that means anything.
            _ = self.loss_reduction
            train_op = training_step(loss, optimizer, trainable_variables, train_op_fn, update_ops)
            summarize(loss, regularization_losses)
            metrics = {}
            for spec in specs.values():
                metrics.update(spec.eval_metric_ops)
            return EstimatorSpec(mode, predictions, loss, train_op, eval_metric_ops=metrics)

    def _logits_of_heads(self, logits: Any) -> Mapping[str, Any]:
        """Name of a head → its logits."""
        if isinstance(logits, Mapping):
            self._check_names("logits", logits)
            return logits
        with name_scope(None, "split_logits", [logits]):
            logits = convert_to_tensor(logits)
            sizes = [head.logits_dimension for head in self._heads.values()]
            shape = logits.shape
            if shape.rank is not None and shape.as_list()[-1:] not in ([None], [sum(sizes)]):
                raise ValueError(
                    f"Could not split logits of shape {shape} among the heads with individual logits "
                    f"dimensions: {sizes}. The last dimension of the logits tensor should equal "
                    f"{sum(sizes)} but is {shape.as_list()[-1:]}."
                )
            found, begin = {}, 0
            for (name, _), size in zip(self._heads.items(), sizes, strict=True):
                found[name] = logits[..., begin : begin + size]
                begin += size
            return found

    def _labels_of_heads(self, labels: Any) -> Mapping[str, Any]:
        """Name of a head → its labels."""
        if not isinstance(labels, Mapping):
            raise ValueError(f"labels must be a dict. Given: {labels}")
        self._check_names("labels", labels)
        return labels

    def _check_names(self, what: str, values: Mapping[str, Any]) -> None:
        missing = sorted(set(self._heads) - set(values))
        if missing:
            raise ValueError(f"{what} has missing values for head(s): {missing}")


def _loss_key(name: str) -> str:
    return f"{MetricKeys.LOSS}/{name}"


def _merged_outputs(specs: Mapping[str, EstimatorSpec]) -> dict[str, ExportOutput]:
    """Name of a signature → its output, of the specs of all heads."""
    found: dict[str, ExportOutput] = {}
    predicted = {}
    for name, spec in specs.items():
        # An EstimatorSpec for prediction has outputs, one of which is the default.
        for key, output in spec.export_outputs.items():
            found.setdefault(SERVING_KEY, spec.export_outputs[SERVING_KEY])
            found[name if key == SERVING_KEY else f"{name}/{key}"] = output
            if key == PREDICT_KEY and isinstance(output, PredictOutput):
                predicted.update({f"{name}/{key}": value for key, value in output.outputs.items()})
    found[PREDICT_KEY] = PredictOutput(predicted)
    return found
