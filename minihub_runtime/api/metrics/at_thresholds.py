"""Counts of right and wrong predictions at thresholds above which a chance counts as true.

Source: tensorflow/python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_greater_equal, assert_less_equal
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import expand_dims, reshape, transpose
from minihub_runtime.api.metrics.accumulating import collect, matched, metric_variable, value_of
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.updates import assign_add
from minihub_runtime.api.weights import broadcast_weights
from minihub_runtime.dtypes import bool_, float32

__all__ = ["EPSILON", "KINDS", "all_evenly", "counts_at", "counts_of_chances", "evenly", "gathered"]

EPSILON = 1e-7

#: Kind of count → name of its variable, whether the label is positive, whether the prediction is.
KINDS = {
    "tp": ("true_positives", True, True),
    "fn": ("false_negatives", True, False),
    "tn": ("true_negatives", False, False),
    "fp": ("false_positives", False, True),
}


def counts_at(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    kinds: Sequence[str] = tuple(KINDS),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Counts at each threshold, and what takes a batch in, by kind; of what `matched` gives."""
    count = len(thresholds)
    column = reshape(predictions, [-1, 1])
    row = reshape(cast(labels, bool_), [1, -1])
    number: Any = column.shape.as_list()[0]
    if number is None:
        number = shape(column)[0]
    limits = _tile(expand_dims(constant(thresholds), [1]), stack([1, number]))
    is_positive = {
        "predictions": build("Greater", x=_tile(transpose(column), [count, 1]), y=limits)
    }
    is_negative = {}
    if "fn" in kinds or "tn" in kinds:
        is_negative["predictions"] = build("LogicalNot", x=is_positive["predictions"])
    is_positive["labels"] = _tile(row, [count, 1])
    if "fp" in kinds or "tn" in kinds:
        is_negative["labels"] = build("LogicalNot", x=is_positive["labels"])
    if weights is not None:
        weights = broadcast_weights(cast(weights, float32), predictions)
        weights = _tile(reshape(weights, [1, -1]), [count, 1])
        limits.shape.assert_is_compatible_with(weights.shape)
    values, updates = {}, {}
    for kind, (name, label, prediction) in KINDS.items():
        if kind not in kinds:
            continue
        values[kind] = metric_variable([count], float32, name=name)
        both = build(
            "LogicalAnd",
            x=(is_positive if label else is_negative)["labels"],
            y=(is_positive if prediction else is_negative)["predictions"],
        )
        found = cast(both, float32)
        if weights is not None:
            found *= weights
        updates[kind] = assign_add(values[kind], reduce_sum(found, 1))
    return values, updates


def counts_of_chances(
    labels: Any,
    predictions: Any,
    thresholds: Sequence[float],
    weights: Any = None,
    kinds: Sequence[str] = tuple(KINDS),
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Counts at each threshold, and what takes a batch in, by kind; what `counts_at` counts, of labels and chances as they are given."""
    outside = "predictions must be in [0, 1]"
    with control_dependencies(
        [
            assert_greater_equal(predictions, cast(0.0, predictions.dtype), message=outside),
            assert_less_equal(predictions, cast(1.0, predictions.dtype), message=outside),
        ]
    ):
        predictions, labels, weights = matched(
            cast(predictions, float32), cast(labels, bool_), weights
        )
    return counts_at(labels, predictions, thresholds, weights, kinds)


def _tile(tensor: Any, multiples: Any) -> Any:
    return build("Tile", input=tensor, multiples=multiples)


def evenly(num_thresholds: int) -> list[float]:
    """Thresholds that divide the chances evenly, without the ends."""
    return [(i + 1) * 1.0 / (num_thresholds - 1) for i in range(num_thresholds - 2)]


def all_evenly(num_thresholds: int) -> list[float]:
    """Thresholds that divide the chances evenly, and one beyond each end."""
    return [0.0 - EPSILON, *evenly(num_thresholds), 1.0 + EPSILON]


def gathered(
    compute: Callable[[dict[str, Any], str], Any],
    values: dict[str, Any],
    updates: dict[str, Any],
    metrics_collections: Any,
    updates_collections: Any,
) -> tuple[Any, Any]:
    """What is computed of counts, and of counts after a batch is taken in."""
    found = value_of(lambda: compute(values, "value"), metrics_collections)
    update = compute(updates, "update_op")
    collect(updates_collections, update)
    return found, update
