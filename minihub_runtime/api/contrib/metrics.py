"""`tf.contrib.metrics` and `tf.contrib.slim.metrics`: `tf.metrics` with predictions before labels.

Source: tf_slim/metrics/metric_ops.py, classification.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.counting import in_top_k
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.metrics import (
    at_k,
    average_precision,
    confusion,
    counts,
    means,
    thresholds,
)
from minihub_runtime.api.reduction import reduce_mean, reduce_sum
from minihub_runtime.dtypes import bool_, float32, string
from minihub_runtime.public import public

__all__ = ["accuracy", "aggregate_metric_map", "aggregate_metrics", "public_metric"]


def public_metric(name: str) -> Callable[[Any], Any]:
    """Decorator that gives a metric its names below `tf.contrib`."""
    return public(f"contrib.metrics.{name}", f"contrib.slim.metrics.{name}")


#: The arguments that every metric has after its own.
COLLECTIONS = {"metrics_collections": None, "updates_collections": None}
PAIR = ("predictions", "labels")
#: What `streaming_…` stands for in `tf.metrics`: the arguments it must be given, and those with defaults before the last.
STREAMING: tuple[tuple[str, Callable[..., Any], tuple[str, ...], dict[str, Any]], ...] = (
    ("accuracy", means.accuracy, PAIR, {}),
    ("auc", thresholds.auc, PAIR, {"num_thresholds": 200, "curve": "ROC"}),
    ("false_negative_rate", counts.false_negative_rate, PAIR, {}),
    ("false_negatives", counts.false_negatives, PAIR, {}),
    ("false_positive_rate", counts.false_positive_rate, PAIR, {}),
    ("false_positives", counts.false_positives, PAIR, {}),
    ("mean", means.mean, ("values",), {}),
    ("mean_absolute_error", means.mean_absolute_error, PAIR, {}),
    ("mean_cosine_distance", means.mean_cosine_distance, (*PAIR, "dim"), {}),
    ("mean_iou", confusion.mean_iou, (*PAIR, "num_classes"), {}),
    ("mean_relative_error", means.mean_relative_error, (*PAIR, "normalizer"), {}),
    ("mean_squared_error", means.mean_squared_error, PAIR, {}),
    ("mean_tensor", means.mean_tensor, ("values",), {}),
    ("percentage_less", means.percentage_below, ("values", "threshold"), {}),
    ("precision", counts.precision, PAIR, {}),
    ("precision_at_thresholds", thresholds.precision_at_thresholds, (*PAIR, "thresholds"), {}),
    ("recall", counts.recall, PAIR, {}),
    ("recall_at_thresholds", thresholds.recall_at_thresholds, (*PAIR, "thresholds"), {}),
    ("root_mean_squared_error", means.root_mean_squared_error, PAIR, {}),
    (
        "sensitivity_at_specificity",
        thresholds.sensitivity_at_specificity,
        (*PAIR, "specificity"),
        {"num_thresholds": 200},
    ),
    (
        "sparse_average_precision_at_k",
        average_precision.average_precision_at_k,
        (*PAIR, "k"),
        {},
    ),
    ("sparse_precision_at_k", at_k.precision_at_k, (*PAIR, "k"), {"class_id": None}),
    ("sparse_recall_at_k", at_k.recall_at_k, (*PAIR, "k"), {"class_id": None}),
    (
        "specificity_at_sensitivity",
        thresholds.specificity_at_sensitivity,
        (*PAIR, "sensitivity"),
        {"num_thresholds": 200},
    ),
    ("true_negatives", counts.true_negatives, PAIR, {}),
    ("true_positives", counts.true_positives, PAIR, {}),
)


def _streaming(
    name: str, metric: Callable[..., Any], given: tuple[str, ...], optional: Mapping[str, Any]
) -> Callable[..., Any]:
    """A metric whose arguments come in another order."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    # The class stands before the weights, and the curve after the collections.
    first = {item: optional[item] for item in ("class_id",) if item in optional}
    second = {item: optional[item] for item in ("num_thresholds",) if item in optional}
    defaults = {**first, "weights": None, **second, **COLLECTIONS, **optional, "name": None}
    signature = inspect.Signature(
        [inspect.Parameter(item, kind) for item in given]
        + [inspect.Parameter(item, kind, default=value) for item, value in defaults.items()]
    )

    def streaming(*args: Any, **kwargs: Any) -> Any:
        return metric(**signature.bind(*args, **kwargs).arguments)

    streaming.__name__ = streaming.__qualname__ = f"streaming_{name}"
    streaming.__doc__ = f"As `tf.metrics.{metric.__name__}`; the value, and what updates it."
    found: Any = streaming
    # What `inspect.signature` gives, and so what help and tools show.
    found.__signature__ = signature
    return streaming


for _row in STREAMING:
    public_metric(f"streaming_{_row[0]}")(_streaming(*_row))


@public_metric("accuracy")
def accuracy(predictions: Any, labels: Any, weights: Any = None, name: str | None = None) -> Any:
    """The part of predictions that are right, of one batch.

    Args:
        predictions: a tensor of the type of `labels`.
        labels: truth values, integers or strings.
        weights: how much each counts.
        name: wanted name.

    Raises:
        ValueError: the types do not fit.
    """
    if not (labels.dtype.is_integer or labels.dtype in (bool_, string)):
        raise ValueError(f"Labels should have bool, integer, or string dtype, not {labels.dtype!r}")
    if not labels.dtype.is_compatible_with(predictions.dtype):
        raise ValueError(
            "Dtypes of predictions and labels should match. "
            f"Given: predictions ({predictions.dtype!r}) and labels ({labels.dtype!r})"
        )
    with name_scope(name, "accuracy", [predictions, labels]):
        right = cast(build("Equal", x=predictions, y=labels), float32)
        if weights is None:
            return reduce_mean(right)
        right = build("Mul", x=right, y=weights)
        total = build("Mul", x=weights, y=ones_like(right))
        return reduce_sum(right) / reduce_sum(total)


@public_metric("aggregate_metrics")
def aggregate_metrics(*value_update_tuples: tuple[Any, Any]) -> tuple[list[Any], list[Any]]:
    """The values of several metrics, and what updates them.

    Raises:
        ValueError: there are none.
    """
    if not value_update_tuples:
        raise ValueError("Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


@public_metric("aggregate_metric_map")
def aggregate_metric_map(
    names_to_tuples: Mapping[str, tuple[Any, Any]],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Name → value of several metrics, and name → what updates it.

    Args:
        names_to_tuples: name → (value, update).
    """
    return (
        {name: value for name, (value, _) in names_to_tuples.items()},
        {name: update for name, (_, update) in names_to_tuples.items()},
    )


@public_metric("streaming_recall_at_k")
def streaming_recall_at_k(
    predictions: Any,
    labels: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The share of labels that are among the k best predictions.

    Args:
        predictions: `[batch, classes]`.
        labels: class numbers, `[batch]`.
        k: how many predictions count.
        weights: how much each counts; ones by default.
        metrics_collections: the collections the share is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The share, and the operation that takes a batch in and gives the share then.
    """
    found = cast(in_top_k(predictions, labels, k), float32)
    name = name or at_k.at_k_name("recall", k)
    return means.mean(found, weights, metrics_collections, updates_collections, name)


@public_metric("streaming_sparse_precision_at_top_k")
def streaming_sparse_precision_at_top_k(
    top_k_predictions: Any,
    labels: Any,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """As `tf.metrics.precision_at_top_k`; the value, and what updates it."""
    return at_k.precision_at_top_k(
        labels,
        top_k_predictions,
        None,
        class_id,
        weights,
        metrics_collections,
        updates_collections,
        name,
    )


@public_metric("sparse_recall_at_top_k")
def sparse_recall_at_top_k(
    labels: Any,
    top_k_predictions: Any,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """As `tf.metrics.recall_at_top_k`; the value, and what updates it."""
    return at_k.recall_at_top_k(
        labels,
        top_k_predictions,
        None,
        class_id,
        weights,
        metrics_collections,
        updates_collections,
        name,
    )


@public_metric("streaming_sparse_average_precision_at_top_k")
def streaming_sparse_average_precision_at_top_k(
    top_k_predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """As `tf.metrics.average_precision_at_k`, of class numbers with the best first; the value, and what updates it."""
    return average_precision.average_precision_at_top_k(
        labels, top_k_predictions, weights, metrics_collections, updates_collections, name
    )
