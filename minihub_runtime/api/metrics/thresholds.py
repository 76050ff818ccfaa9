"""Counts and shares at thresholds above which a chance counts as true, and areas under their curves.

Source: tensorflow/python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api import logger
from minihub_runtime.api.arithmetic import abs, div_no_nan, divide
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.metrics.accumulating import collect, value_of
from minihub_runtime.api.metrics.at_thresholds import (
    EPSILON,
    KINDS,
    all_evenly,
    counts_of_chances,
    evenly,
    gathered,
)
from minihub_runtime.api.reduction import argmax, argmin, cumsum, reduce_min, reduce_sum
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.dtypes import int32, int64
from minihub_runtime.public import public

__all__ = [
    "auc",
    "false_negatives_at_thresholds",
    "false_positives_at_thresholds",
    "precision_at_thresholds",
    "recall_at_thresholds",
    "sensitivity_at_specificity",
    "specificity_at_sensitivity",
    "true_negatives_at_thresholds",
    "true_positives_at_thresholds",
]


def _counting(kind: str) -> Callable[..., Any]:
    """The public function of one count at thresholds."""
    scope_name = KINDS[kind][0]

    def counted(
        labels: Any,
        predictions: Any,
        thresholds: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> tuple[Any, Any]:
        with variable_scope(name, scope_name, (predictions, labels, weights)):
            values, updates = counts_of_chances(labels, predictions, thresholds, weights, (kind,))
            found = value_of(lambda: build("Identity", input=values[kind]), metrics_collections)
            collect(updates_collections, updates[kind])
            return found, updates[kind]

    counted.__name__ = counted.__qualname__ = f"{scope_name}_at_thresholds"
    counted.__doc__ = f"""The {scope_name.replace("_", " ")} at each threshold.

    Args:
        labels: truth values, or what is cast to them.
        predictions: chances from 0 to 1.
        thresholds: a list of numbers; a chance above one counts as true.
        weights: how much each counts, as they broadcast to predictions; ones by default.
        metrics_collections: the collections the counts are added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The counts, and the operation that takes a batch in and gives the counts then.

    Raises:
        ValueError: shapes do not fit.
    """
    return counted


true_positives_at_thresholds = public("metrics.true_positives_at_thresholds")(_counting("tp"))
true_negatives_at_thresholds = public("metrics.true_negatives_at_thresholds")(_counting("tn"))
false_positives_at_thresholds = public("metrics.false_positives_at_thresholds")(_counting("fp"))
false_negatives_at_thresholds = public("metrics.false_negatives_at_thresholds")(_counting("fn"))


@public("metrics.precision_at_thresholds")
def precision_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The share of true among predicted positives at each threshold; arguments as of `true_positives_at_thresholds`."""
    with variable_scope(name, "precision_at_thresholds", (predictions, labels, weights)):
        values, updates = counts_of_chances(labels, predictions, thresholds, weights, ("tp", "fp"))

        def compute(n: dict[str, Any], name: str) -> Any:
            return divide(n["tp"], EPSILON + n["tp"] + n["fp"], name=f"precision_{name}")

        return gathered(compute, values, updates, metrics_collections, updates_collections)


@public("metrics.recall_at_thresholds")
def recall_at_thresholds(
    labels: Any,
    predictions: Any,
    thresholds: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The share of found among all positives at each threshold; arguments as of `true_positives_at_thresholds`."""
    with variable_scope(name, "recall_at_thresholds", (predictions, labels, weights)):
        values, updates = counts_of_chances(labels, predictions, thresholds, weights, ("tp", "fn"))

        def compute(n: dict[str, Any], name: str) -> Any:
            return divide(n["tp"], EPSILON + n["tp"] + n["fn"], name=f"recall_{name}")

        return gathered(compute, values, updates, metrics_collections, updates_collections)


@public("metrics.auc")
def auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: str = "ROC",
    name: str | None = None,
    summation_method: str = "trapezoidal",
    thresholds: Any = None,
) -> tuple[Any, Any]:
    """The area under a curve, from points at thresholds.

    Args:
        labels: truth values, or what is cast to them.
        predictions: chances from 0 to 1.
        weights: how much each counts, as they broadcast to predictions; ones by default.
        num_thresholds: how many thresholds divide the chances evenly.
        metrics_collections: the collections the area is added to.
        updates_collections: the collections the update is added to.
        curve: "ROC", the recall over the share of false positives, or "PR", the precision over the recall.
        name: wanted name of the variable scope.
        summation_method: "trapezoidal", "careful_interpolation", which is right for "PR", "minoring" or "majoring".
        thresholds: thresholds between 0 and 1 instead of even ones.

    Returns:
        The area, and the operation that takes a batch in and gives the area then.

    Raises:
        ValueError: curve or method is another, or shapes do not fit.
    """
    with variable_scope(name, "auc", (labels, predictions, weights)):
        if curve not in ("ROC", "PR"):
            raise ValueError(f"Curve must be either ROC or PR. Curve {curve} is unknown.")
        inner = evenly(num_thresholds) if thresholds is None else sorted(thresholds)
        limits = [0.0 - EPSILON, *inner, 1.0 + EPSILON]
        values, updates = counts_of_chances(labels, predictions, limits, weights)

        def compute(n: dict[str, Any], name: str) -> Any:
            return _area(n, curve, summation_method, len(limits), name)

        return gathered(compute, values, updates, metrics_collections, updates_collections)


def _area(n: dict[str, Any], curve: str, method: str, count: int, name: str) -> Any:
    tp, fn, tn, fp = n["tp"], n["fn"], n["tn"], n["fp"]
    epsilon = 1e-6
    if curve == "PR":
        if method == "trapezoidal":
            logger.warn(
                "Trapezoidal rule is known to produce incorrect PR-AUCs; please switch to "
                '"careful_interpolation" instead.'
            )
        elif method == "careful_interpolation":
            return _interpolated_precision(tp, fp, fn, count)
    recall = divide(tp + epsilon, tp + fn + epsilon)
    if curve == "ROC":
        x, y = divide(fp, fp + tn + epsilon), recall
    else:
        x, y = recall, divide(tp + epsilon, tp + fp + epsilon)
    heights: dict[str, Callable[[], Any]] = {
        "trapezoidal": lambda: (y[: count - 1] + y[1:]) / 2.0,
        "careful_interpolation": lambda: (y[: count - 1] + y[1:]) / 2.0,
        "minoring": lambda: build("Minimum", x=y[: count - 1], y=y[1:]),
        "majoring": lambda: build("Maximum", x=y[: count - 1], y=y[1:]),
    }
    if method not in heights:
        raise ValueError(
            f"Invalid summation_method: {method} summation_method should be 'trapezoidal', "
            "'careful_interpolation', 'minoring', or 'majoring'."
        )
    widths = x[: count - 1] - x[1:]
    return reduce_sum(build("Mul", x=widths, y=heights[method]()), name=name)


def _interpolated_precision(tp: Any, fp: Any, fn: Any, count: int) -> Any:
    """The area under precision over recall, where true and false positives change linearly between the points."""
    change = tp[: count - 1] - tp[1:]
    p = tp + fp
    slope = div_no_nan(change, build("Maximum", x=p[: count - 1] - p[1:], y=0), name="prec_slope")
    intercept = tp[1:] - build("Mul", x=slope, y=p[1:])
    ratio = where(
        build("LogicalAnd", x=p[: count - 1] > 0, y=p[1:] > 0),
        div_no_nan(p[: count - 1], build("Maximum", x=p[1:], y=0), name="recall_relative_ratio"),
        ones_like(p[1:]),
    )
    parts = div_no_nan(
        slope * (change + intercept * build("Log", x=ratio)),
        build("Maximum", x=tp[1:] + fn[1:], y=0),
        name="pr_auc_increment",
    )
    return reduce_sum(parts, name="interpolate_pr_auc")


@public("metrics.sensitivity_at_specificity")
def sensitivity_at_specificity(
    labels: Any,
    predictions: Any,
    specificity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The recall at the threshold with the specificity that is nearest to a given one.

    Args:
        labels: truth values, or what is cast to them.
        predictions: chances from 0 to 1.
        specificity: a share of negatives that are found, from 0 to 1.
        weights: how much each counts, as they broadcast to predictions; ones by default.
        num_thresholds: how many thresholds divide the chances evenly.
        metrics_collections: the collections the recall is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The recall, and the operation that takes a batch in and gives the recall then.

    Raises:
        ValueError: the specificity is out of range, or shapes do not fit.
    """
    if specificity < 0 or specificity > 1:
        raise ValueError(
            "`specificity` must be in the range [0, 1]. Currently, `specificity` got "
            f"{specificity}."
        )
    with variable_scope(name, "sensitivity_at_specificity", (predictions, labels, weights)):
        limits = all_evenly(num_thresholds)
        values, updates = counts_of_chances(labels, predictions, limits, weights)

        def compute(n: dict[str, Any], name: str) -> Any:
            found = divide(n["tn"], n["tn"] + n["fp"] + EPSILON)
            place = cast(argmin(abs(found - specificity), 0), int32)
            return divide(n["tp"][place], n["tp"][place] + n["fn"][place] + EPSILON, name)

        return gathered(compute, values, updates, metrics_collections, updates_collections)


@public("metrics.specificity_at_sensitivity")
def specificity_at_sensitivity(
    labels: Any,
    predictions: Any,
    sensitivity: float,
    weights: Any = None,
    num_thresholds: int = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The share of negatives that are found, at the last threshold with the recall that is nearest to a given one.

    Args:
        labels: truth values, or what is cast to them.
        predictions: chances from 0 to 1.
        sensitivity: a recall, from 0 to 1.
        weights: how much each counts, as they broadcast to predictions; ones by default.
        num_thresholds: how many thresholds divide the chances evenly.
        metrics_collections: the collections the share is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The share, and the operation that takes a batch in and gives the share then.

    Raises:
        ValueError: the sensitivity is out of range, or shapes do not fit.
    """
    if sensitivity < 0 or sensitivity > 1:
        raise ValueError(
            f"`sensitivity` must be in the range [0, 1]. Currently, `sensitivity` is {sensitivity}."
        )
    with variable_scope(name, "specificity_at_sensitivity", (predictions, labels, weights)):
        limits = [0.0 - EPSILON, *evenly(num_thresholds), 1.0 - EPSILON]
        values, updates = counts_of_chances(labels, predictions, limits, weights)

        def compute(n: dict[str, Any], name: str) -> Any:
            found = divide(n["tp"], n["tp"] + n["fn"] + EPSILON)
            least = reduce_min(abs(found - sensitivity))
            nearest = build("Equal", x=abs(found - sensitivity), y=least)
            place = cast(argmax(cumsum(cast(nearest, int64)), 0), int32)
            return divide(n["tn"][place], n["tn"][place] + n["fp"][place] + EPSILON, name)

        return gathered(compute, values, updates, metrics_collections, updates_collections)
