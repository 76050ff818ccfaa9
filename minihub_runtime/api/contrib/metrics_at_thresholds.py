"""Metrics of `tf.contrib.metrics` that count at thresholds: rates, points of curves, the best of several thresholds.

Other than those of `tf.metrics`, most take predictions outside of [0, 1].

Source: tf_slim/metrics/metric_ops.py, classification.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from minihub_runtime.api.arithmetic import abs, divide
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.types import assert_type
from minihub_runtime.api.checks.values import assert_greater_equal, assert_less_equal
from minihub_runtime.api.cond import cond
from minihub_runtime.api.contrib.metrics import public_metric
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.grouping import group
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.metrics.accumulating import collect, matched, metric_variable
from minihub_runtime.api.metrics.at_thresholds import (
    EPSILON,
    KINDS,
    all_evenly,
    counts_at,
    counts_of_chances,
    gathered,
)
from minihub_runtime.api.ranges import linspace
from minihub_runtime.api.reduction import argmax, argmin, cumsum, reduce_max, reduce_sum
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.api.variables.updates import scatter_add
from minihub_runtime.dtypes import bool_, float64, int32, int64

__all__ = [
    "f1_score",
    "precision_at_recall",
    "precision_recall_at_equal_thresholds",
    "recall_at_precision",
    "streaming_curve_points",
]

Counts = dict[str, Any]


def _counted(
    predictions: Any,
    labels: Any,
    thresholds: Sequence[float],
    weights: Any,
    kinds: Sequence[str] = tuple(KINDS),
) -> tuple[Counts, Counts]:
    """Counts at each threshold, and what takes a batch in, by kind."""
    predictions, labels, weights = matched(predictions, labels, weights)
    return counts_at(labels, predictions, thresholds, weights, kinds)


def _counting(kind: str) -> Callable[..., Any]:
    """The public function of one count at thresholds."""
    what = KINDS[kind][0]

    def counted(
        predictions: Any, labels: Any, thresholds: Any, weights: Any = None
    ) -> tuple[Any, Any]:
        values, updates = _counted(predictions, labels, thresholds, weights, (kind,))
        return values[kind], updates[kind]

    counted.__name__ = counted.__qualname__ = f"streaming_{what}_at_thresholds"
    counted.__doc__ = f"""As `tf.metrics.{what}_at_thresholds`; the variable of the counts, and what updates it."""
    return counted


for _kind, (_name, _, _) in KINDS.items():
    public_metric(f"streaming_{_name}_at_thresholds")(_counting(_kind))


def _rate(what: str, wrong: str, right: str) -> Callable[..., Any]:
    """The public function of the share of wrong predictions for labels of one value."""

    def rate(
        predictions: Any,
        labels: Any,
        thresholds: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> tuple[Any, Any]:
        default = f"{what}_rate_at_thresholds"
        with variable_scope(name, default, (predictions, labels, weights)):
            values, updates = _counted(predictions, labels, thresholds, weights, (wrong, right))

            def compute(n: Counts, suffix: str) -> Any:
                return divide(n[wrong], EPSILON + n[wrong] + n[right], name=f"{wrong}r_{suffix}")

            return gathered(compute, values, updates, metrics_collections, updates_collections)

    rate.__name__ = rate.__qualname__ = f"streaming_{what}_rate_at_thresholds"
    value = "false" if what == "false_positive" else "true"
    rate.__doc__ = f"""The share of wrong predictions among those for {value} labels, at each threshold.

    Args:
        predictions: a tensor of floating point.
        labels: truth values, or what is cast to them.
        thresholds: a list of numbers; a prediction above one counts as true.
        weights: how much each counts, as they broadcast to labels; ones by default.
        metrics_collections: the collections the shares are added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The shares, and the operation that takes a batch in and gives the shares then.

    Raises:
        ValueError: shapes do not fit.
    """
    return rate


public_metric("streaming_false_positive_rate_at_thresholds")(_rate("false_positive", "fp", "tn"))
public_metric("streaming_false_negative_rate_at_thresholds")(_rate("false_negative", "fn", "tp"))


@public_metric("streaming_curve_points")
def streaming_curve_points(
    labels: Any = None,
    predictions: Any = None,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
) -> tuple[Any, Any]:
    """The points of a curve at thresholds, `[num_thresholds, 2]`.

    Args:
        labels: truth values, or what is cast to them.
        predictions: chances from 0 to 1.
        weights: how much each counts, as they broadcast to labels; ones by default.
        num_thresholds: how many thresholds divide the chances evenly.
        metrics_collections: the collections the points are added to.
        updates_collections: the collections the update is added to.
        curve: "ROC", the recall over the share of false positives, or "PR", the precision over the recall.
        name: wanted name of the variable scope.

    Returns:
        The points, and the operation that takes a batch in.

    Raises:
        ValueError: the curve is another, or shapes do not fit.
    """
    with variable_scope(name, "curve_points", (labels, predictions, weights)):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
        n, updates = _counted(predictions, labels, all_evenly(num_thresholds), weights)
        epsilon = 1e-6
        recall = divide(n["tp"] + epsilon, n["tp"] + n["fn"] + epsilon)
        if curve == "ROC":
            x, y = divide(n["fp"], n["fp"] + n["tn"] + epsilon), recall
        else:
            x, y = recall, divide(n["tp"] + epsilon, n["tp"] + n["fp"] + epsilon)
        points = stack([x, y], axis=1)
        update = group(*updates.values())
        collect(metrics_collections, points)
        collect(updates_collections, update)
        return points, update


@public_metric("f1_score")
def f1_score(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The largest harmonic mean of precision and recall at a threshold.

    Args:
        labels: truth values, or what is cast to them.
        predictions: chances from 0 to 1.
        weights: how much each counts, as they broadcast to labels; ones by default.
        num_thresholds: how many thresholds divide the chances evenly.
        metrics_collections: the collections the score is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The score, and the operation that takes a batch in and gives the score then.

    Raises:
        ValueError: shapes do not fit.
    """
    with variable_scope(name, "f1", (labels, predictions, weights)):
        predictions, labels, weights = matched(predictions, labels, weights)
        limits = all_evenly(num_thresholds)
        values, updates = counts_of_chances(
            labels, predictions, limits, weights, ("tp", "fp", "fn")
        )

        def compute(n: Counts, suffix: str) -> Any:
            precision = divide(n["tp"], EPSILON + n["tp"] + n["fp"], name=f"precision_{suffix}")
            recall = divide(n["tp"], EPSILON + n["tp"] + n["fn"], name=f"recall_{suffix}")
            return reduce_max(2.0 * precision * recall / (precision + recall + EPSILON))

        return gathered(compute, values, updates, metrics_collections, updates_collections)


@public_metric("recall_at_precision")
def recall_at_precision(
    labels: Any,
    predictions: Any,
    precision: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
    strict_mode: bool = False,
) -> tuple[Any, Any]:
    """The recall at the threshold with the precision that is nearest to a given one.

    Args:
        labels: truth values, or what is cast to them.
        predictions: chances from 0 to 1.
        precision: the wanted precision, from 0 to 1.
        weights: how much each counts, as they broadcast to labels; ones by default.
        num_thresholds: how many thresholds divide the chances evenly.
        metrics_collections: the collections the recall is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.
        strict_mode: whether only thresholds count whose precision is at least the given one; zero if there are none.

    Returns:
        The recall, and the operation that takes a batch in and gives the recall then.

    Raises:
        ValueError: the precision is out of range, or shapes do not fit.
    """
    if not 0 <= precision <= 1:
        raise ValueError("`precision` must be in the range [0, 1].")
    with variable_scope(name, "recall_at_precision", (predictions, labels, weights)):
        values, updates = _counted(predictions, labels, all_evenly(num_thresholds), weights)

        def compute(n: Counts, suffix: str) -> Any:
            found = divide(n["tp"], n["tp"] + n["fp"] + EPSILON)
            above = found - precision
            if strict_mode:
                # The inverse is largest for the least that is not below zero.
                place = argmax(divide(1.0, above + EPSILON), 0, output_type=int32)
            else:
                place = argmin(abs(above), 0, output_type=int32)

            def recall() -> Any:
                return divide(n["tp"][place], n["tp"][place] + n["fn"][place] + EPSILON, suffix)

            return cond(found[place] >= precision, recall, lambda: 0.0) if strict_mode else recall()

        return gathered(compute, values, updates, metrics_collections, updates_collections)


@public_metric("precision_at_recall")
def precision_at_recall(
    labels: Any,
    predictions: Any,
    target_recall: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The precision at the largest threshold whose recall is at least a given one.

    Args:
        labels: truth values, or what is cast to them.
        predictions: chances from 0 to 1.
        target_recall: the recall that is wanted, from 0 to 1.
        weights: how much each counts, as they broadcast to labels; ones by default.
        num_thresholds: how many thresholds divide the chances evenly.
        metrics_collections: the collections the precision is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The precision, and the operation that takes a batch in and gives the precision then.

    Raises:
        ValueError: the recall is out of range, or shapes do not fit.
    """
    if target_recall < 0 or target_recall > 1:
        raise ValueError("`target_recall` must be in the range [0, 1].")
    with variable_scope(name, "precision_at_recall", (predictions, labels, weights)):
        values, updates = _counted(predictions, labels, all_evenly(num_thresholds), weights)

        def compute(n: Counts, suffix: str) -> Any:
            recalls = divide(n["tp"], n["tp"] + n["fn"] + EPSILON)
            # Recalls fall as thresholds rise.
            place = reduce_sum(cast(recalls >= target_recall, int64)) - 1
            tp, fp = n["tp"][place], n["fp"][place]
            return divide(tp + EPSILON, tp + fp + EPSILON, suffix)

        return gathered(compute, values, updates, metrics_collections, updates_collections)


class PrecisionRecallData(NamedTuple):
    """Counts, precision and recall at each threshold."""

    tp: Any
    fp: Any
    tn: Any
    fn: Any
    precision: Any
    recall: Any
    thresholds: Any


@public_metric("precision_recall_at_equal_thresholds")
def precision_recall_at_equal_thresholds(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> tuple[PrecisionRecallData, Any]:
    """Counts, precision and recall at thresholds that divide [0, 1] evenly, in time that does not grow with their number.

    Args:
        labels: truth values.
        predictions: chances from 0 to 1.
        weights: how much each counts, as they broadcast to labels; ones by default.
        num_thresholds: how many thresholds there are, 201 by default; a prediction of at least one counts as true.
        use_locking: whether updates wait for each other, as they do by default.
        name: wanted name of the variable scope.

    Returns:
        What there is at each threshold, of the type of the predictions, and the operation that takes a batch in.

    Raises:
        TypeError: the labels are no truth values.
        ValueError: shapes do not fit.
    """
    count = 201 if num_thresholds is None else num_thresholds
    weights = 1.0 if weights is None else weights
    use_locking = True if use_locking is None else use_locking
    assert_type(labels, bool_)
    default = "precision_recall_at_equal_thresholds"
    with variable_scope(name, default, (labels, predictions, weights)):
        dtype = predictions.dtype
        outside = "predictions must be in [0, 1]"
        with control_dependencies(
            [
                assert_greater_equal(predictions, cast(0.0, dtype), message=outside),
                assert_less_equal(predictions, cast(1.0, dtype), message=outside),
            ]
        ):
            predictions, labels, weights = matched(predictions, labels, weights)
        labels, weights = cast(labels, float64), cast(weights, float64)
        positive = reshape(labels * weights, [-1])
        negative = reshape((1.0 - labels) * weights, [-1])
        bucket = cast(build("Floor", x=reshape(predictions, [-1]) * (count - 1)), int32)
        with name_scope("variables"):
            tp_buckets = metric_variable([count], float64, name="tp_buckets")
            fp_buckets = metric_variable([count], float64, name="fp_buckets")
        with name_scope("update_op"):
            tp_update = scatter_add(tp_buckets, bucket, positive, use_locking=use_locking)
            fp_update = scatter_add(fp_buckets, bucket, negative, use_locking=use_locking)
        tp = cumsum(tp_buckets, reverse=True, name="tp")
        fp = cumsum(fp_buckets, reverse=True, name="fp")
        tn, fn = fp[0] - fp, tp[0] - tp
        precision = tp / build("Maximum", x=tp + fp, y=EPSILON)
        recall = tp / build("Maximum", x=tp + fn, y=EPSILON)
        found = (tp, fp, tn, fn, precision, recall, linspace(0.0, 1.0, count))
        return (
            PrecisionRecallData(*(cast(item, dtype) for item in found)),
            group(tp_update, fp_update),
        )
