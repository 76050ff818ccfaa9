"""Classes of which an example has any number.

Source: tensorflow_estimator/python/estimator/head/multi_label_head.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.elementwise import sigmoid
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.losses import Reduction as Unreduced
from minihub_runtime.api.losses import sigmoid_cross_entropy
from minihub_runtime.api.metrics.counting_objects import AUC
from minihub_runtime.api.metrics.objects import Mean, Metric
from minihub_runtime.api.reduction import reduce_mean
from minihub_runtime.api.sparse.conversion import (
    convert_to_tensor_or_sparse_tensor,
    sparse_to_indicator,
)
from minihub_runtime.dtypes import int64, string
from minihub_runtime.public import public
from minihub_runtime.train.estimator.export_outputs import ExportOutput
from minihub_runtime.train.estimator.heads.checking import checked_labels, checked_range
from minihub_runtime.train.estimator.heads.classes import all_classes, looked_up
from minihub_runtime.train.estimator.heads.keys import MetricKeys, PredictionKeys
from minihub_runtime.train.estimator.heads.predicting import classifying_outputs
from minihub_runtime.train.estimator.public_heads.reductions import Reduction
from minihub_runtime.train.estimator.public_heads.single import (
    SingleHead,
    Thresholds,
    check_vocabulary,
    update_mean,
)

__all__ = ["MultiLabelHead"]


@public("estimator.MultiLabelHead")
class MultiLabelHead(SingleHead):
    """Classes of which an example has any number, a logit each, sigmoid cross entropy, whose mean over classes is the loss.

    Labels are `[D0, …, DN, n_classes]`, 1 where an example has a class and 0 elsewhere; or a SparseTensor
    `[D0, …, DN, any]` of numbers of classes or, with a vocabulary, of names. Predictions are `logits`, `probabilities`
    and `classes`, which are all classes.

    Args:
        n_classes: how many there are, at least two.
        weight_column: name of a feature, or a numeric column, with the weights of the examples.
        thresholds: between 0 and 1, for more metrics.
        label_vocabulary: the names of the classes.
        loss_reduction: one of `tf.keras.losses.Reduction` but NONE.
        loss_fn: a function of `labels`, `logits` and, if it has that argument, `features`: the loss of each example,
            `[D0, …, DN, 1]`.
        classes_for_class_based_metrics: numbers or names of classes that have metrics of their own.
        name: of the head, which stands behind the names of its metrics and summaries.

    Raises:
        ValueError: an argument cannot be.
    """

    prediction_keys = (PredictionKeys.LOGITS, PredictionKeys.PROBABILITIES, PredictionKeys.CLASSES)

    def __init__(
        self,
        n_classes: int,
        weight_column: Any = None,
        thresholds: Sequence[float] | None = None,
        label_vocabulary: Sequence[Any] | None = None,
        loss_reduction: str = Reduction.SUM_OVER_BATCH_SIZE,
        loss_fn: Callable[..., Any] | None = None,
        classes_for_class_based_metrics: Sequence[Any] | None = None,
        name: str | None = None,
    ) -> None:
        if n_classes is None or n_classes < 2:
            raise ValueError(
                f"n_classes must be > 1 for multi-label classification. Given: {n_classes}"
            )
        self._thresholds = Thresholds(thresholds)
        check_vocabulary(label_vocabulary, n_classes)
        super().__init__(n_classes, weight_column, loss_reduction, loss_fn, name)
        self._label_vocabulary = label_vocabulary
        self._own_classes = _class_numbers(
            tuple(classes_for_class_based_metrics or ()), label_vocabulary, n_classes
        )

    def _processed_labels(self, logits: Any, labels: Any) -> Any:
        if labels is not None:
            labels = convert_to_tensor_or_sparse_tensor(labels)
            if isinstance(labels, SparseTensor):
                labels = self._indicator(labels)
            elif labels.dtype is string:
                raise ValueError(
                    "labels that are names must be a SparseTensor for multi-label classification; "
                    f"found a Tensor: {labels}"
                )
            else:
                message = "labels must be an integer indicator Tensor with values in [0, 1]"
                labels = checked_range(labels, 2, message=message)
        return checked_labels(labels, logits, self.logits_dimension)

    def _indicator(self, labels: SparseTensor) -> Any:
        """1 for the classes of an example, 0 for the others."""
        count = self.logits_dimension
        if labels.dtype is string:
            if self._label_vocabulary is None:
                raise ValueError("labels that are names need a label_vocabulary; found none")
            ids = looked_up(labels.values, self._label_vocabulary)
            labels = SparseTensor(labels.indices, ids, labels.dense_shape)
            return cast(sparse_to_indicator(labels, count), dtype=int64)
        if not labels.dtype.is_integer:
            raise ValueError(f"Labels dtype should be integer. Instead got {labels.dtype}.")
        message = f"labels must be an integer SparseTensor with values in [0, {count})"
        checked = checked_range(labels.values, count, message=message)
        with control_dependencies([checked]):
            return cast(sparse_to_indicator(labels, count), dtype=int64)

    def _losses(self, labels: Any, logits: Any) -> Any:
        losses = sigmoid_cross_entropy(
            multi_class_labels=labels, logits=logits, reduction=Unreduced.NONE
        )
        return reduce_mean(losses, axis=-1, keepdims=True)

    def _predicted(self, logits: Any, keys: Sequence[str]) -> dict[str, Any]:
        names = PredictionKeys
        found = {names.LOGITS: logits} if names.LOGITS in keys else {}
        if names.PROBABILITIES in keys:
            found[names.PROBABILITIES] = sigmoid(logits, name=names.PROBABILITIES)
        if names.CLASSES in keys:
            found[names.CLASSES] = all_classes(
                logits, self.logits_dimension, self._label_vocabulary
            )
        return found

    def _export_outputs(self, predictions: dict[str, Any]) -> dict[str, ExportOutput]:
        return classifying_outputs(predictions, self.logits_dimension, self._label_vocabulary)

    def _kinds_of_metrics(self) -> dict[str, Callable[[str], Metric]]:
        below_pr = partial(AUC, curve="PR")
        found: dict[str, Callable[[str], Metric]] = {
            MetricKeys.LOSS_MEAN: Mean,
            MetricKeys.AUC: AUC,
            MetricKeys.AUC_PR: below_pr,
            **self._thresholds.kinds(),
        }
        for number in self._own_classes:
            kinds = (Mean, AUC, below_pr)
            found.update(zip(self._keys_of_class(number), kinds, strict=True))
        return found

    def _keys_of_class(self, number: int) -> tuple[str, str, str]:
        """The keys of the mean chance and the areas under the curves of one class."""
        keys = MetricKeys
        if self._label_vocabulary is None:
            patterns = (keys.PROBABILITY_MEAN_AT_CLASS, keys.AUC_AT_CLASS, keys.AUC_PR_AT_CLASS)
            mean, roc, pr = (pattern % number for pattern in patterns)
        else:
            name = self._label_vocabulary[number]
            patterns = (keys.PROBABILITY_MEAN_AT_NAME, keys.AUC_AT_NAME, keys.AUC_PR_AT_NAME)
            mean, roc, pr = (pattern % name for pattern in patterns)
        return mean, roc, pr

    def _update(
        self, metrics: dict[str, Any], logits: Any, processed: Any, weights: Any, labels: Any
    ) -> None:
        key = PredictionKeys.PROBABILITIES
        chances = self.predictions(logits, (key,))[key]
        for key in (MetricKeys.AUC, MetricKeys.AUC_PR):
            metrics[key].update_state(processed, chances, sample_weight=weights)
        self._thresholds.update(metrics, processed, chances, weights)
        for number in self._own_classes:
            chance = chances[..., number : number + 1]
            label = processed[..., number : number + 1]
            mean, *areas = self._keys_of_class(number)
            update_mean(metrics[mean], chance, weights)
            for key in areas:
                metrics[key].update_state(label, chance, sample_weight=weights)


def _class_numbers(
    classes: tuple[Any, ...], vocabulary: Sequence[Any] | None, n_classes: int
) -> tuple[int, ...]:
    """The numbers of classes that are given by number or, if the first is a text, by name.

    Raises:
        ValueError: there is no such class.
    """
    if classes and isinstance(classes[0], str):
        if not vocabulary:
            raise ValueError(
                "label_vocabulary must be provided when classes_for_class_based_metrics are strings."
            )
        unknown = [name for name in classes if name not in vocabulary]
        if unknown:
            raise ValueError(
                "All classes_for_class_based_metrics must be in label_vocabulary "
                f"{list(vocabulary)}. Given: {unknown}"
            )
        return tuple(list(vocabulary).index(name) for name in classes)
    for number in classes:
        if not 0 <= number < n_classes:
            raise ValueError(
                f"All classes_for_class_based_metrics must be in range [0, {n_classes - 1}]. "
                f"Given: {number}"
            )
    return classes
