"""Counts of right and wrong predictions of truth values, and what follows from them.

Source: tensorflow/python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.arithmetic import divide
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.ranks import assert_rank_in
from minihub_runtime.api.checks.types import assert_type
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.metrics.accumulating import collect, matched, metric_variable, value_of
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import rank
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.api.variables.updates import assign_add
from minihub_runtime.dtypes import bool_, float32
from minihub_runtime.public import public

__all__ = [
    "false_negative_rate",
    "false_negatives",
    "false_positive_rate",
    "false_positives",
    "precision",
    "recall",
    "true_negatives",
    "true_positives",
]


def _truths(predictions: Any, labels: Any, weights: Any) -> tuple[Any, Any, Any]:
    return matched(cast(predictions, bool_), cast(labels, bool_), weights)


def _counted(
    values: Any, weights: Any, metrics_collections: Any, updates_collections: Any
) -> tuple[Any, Any]:
    """How often values were true, or the sum of the weights of the true ones."""
    assert_type(values, bool_)
    count = metric_variable([], float32, name="count")
    values = cast(values, float32)
    if weights is not None:
        with control_dependencies([assert_rank_in(weights, (0, rank(values)))]):
            weights = cast(weights, float32)
            values = build("Mul", x=values, y=weights)
    found = value_of(lambda: build("Identity", input=count), metrics_collections)
    update = assign_add(count, reduce_sum(values))
    collect(updates_collections, update)
    return found, update


def _counting(name: str, label: bool, prediction: bool) -> Callable[..., Any]:
    """The public function that counts labels and predictions of certain values."""

    def counted(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> tuple[Any, Any]:
        with variable_scope(name, default_name, (predictions, labels, weights)):
            predictions, labels, weights = _truths(predictions, labels, weights)
            both = build(
                "LogicalAnd",
                x=build("Equal", x=labels, y=label),
                y=build("Equal", x=predictions, y=prediction),
            )
            return _counted(both, weights, metrics_collections, updates_collections)

    default_name = name
    counted.__name__ = counted.__qualname__ = name
    counted.__doc__ = f"""How often labels were {str(label).lower()} and predictions {str(prediction).lower()}.

    Args:
        labels: truth values, or what is cast to them.
        predictions: truth values, or what is cast to them.
        weights: how much each counts: a number, or as many as labels; ones by default.
        metrics_collections: the collections the count is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The count, and the operation that takes a batch in and gives the count then.

    Raises:
        ValueError: shapes do not fit.
    """
    return counted


true_positives = public("metrics.true_positives")(_counting("true_positives", True, True))
true_negatives = public("metrics.true_negatives")(_counting("true_negatives", False, False))
false_positives = public("metrics.false_positives")(_counting("false_positives", False, True))
false_negatives = public("metrics.false_negatives")(_counting("false_negatives", True, False))


def _share(part: Any, rest: Any, name: str) -> Any:
    some = build("Greater", x=part + rest, y=0)
    return where(some, divide(part, part + rest), 0, name)


def _share_among(
    kind: str, of: Callable[..., Any], against: Callable[..., Any]
) -> Callable[..., Any]:
    """The function of the share of the counts of `of` among them and those of `against`."""

    def share(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: str | None = None,
    ) -> tuple[Any, Any]:
        with variable_scope(name, kind, (predictions, labels, weights)):
            predictions, labels, weights = _truths(predictions, labels, weights)
            part, part_update = of(labels, predictions, weights)
            rest, rest_update = against(labels, predictions, weights)
            found = value_of(lambda: _share(part, rest, "value"), metrics_collections)
            update = _share(part_update, rest_update, "update_op")
            collect(updates_collections, update)
            return found, update

    share.__name__ = share.__qualname__ = kind
    counted, others = (function.__name__.replace("_", " ") for function in (of, against))
    share.__doc__ = f"""The share of the {counted} among them and the {others}, zero if there are none.

    Args:
        labels: truth values, or what is cast to them.
        predictions: truth values, or what is cast to them.
        weights: how much each counts: a number, or as many as labels; ones by default.
        metrics_collections: the collections the share is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The share, and the operation that takes a batch in and gives the share then.

    Raises:
        ValueError: shapes do not fit.
    """
    return share


precision = public("metrics.precision")(_share_among("precision", true_positives, false_positives))
recall = public("metrics.recall")(_share_among("recall", true_positives, false_negatives))
false_positive_rate = _share_among("false_positive_rate", false_positives, true_negatives)
false_negative_rate = _share_among("false_negative_rate", false_negatives, true_positives)
