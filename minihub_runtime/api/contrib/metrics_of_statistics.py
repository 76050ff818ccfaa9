"""Metrics of `tf.contrib.metrics` that are statistics of two sequences: covariance, correlation, agreement, histograms.

Source: tf_slim/metrics/metric_ops.py, histogram_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import div_no_nan, truediv
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.contrib.metrics import public_metric
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.counting import confusion_matrix, histogram_fixed_width
from minihub_runtime.api.gathering import boolean_mask, where
from minihub_runtime.api.graph import GraphKeys, control_dependencies
from minihub_runtime.api.grouping import group
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.layout import squeeze
from minihub_runtime.api.metrics.accumulating import collect, matched, metric_variable, value_of
from minihub_runtime.api.reduction import cumsum, reduce_sum
from minihub_runtime.api.sizes import rank, shape, size
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.api.variables.updates import assign_add
from minihub_runtime.api.weights import broadcast_weights, remove_squeezable_dimensions
from minihub_runtime.dtypes import bool_, float32, float64, int64

__all__ = [
    "auc_using_histogram",
    "cohen_kappa",
    "count",
    "streaming_covariance",
    "streaming_pearson_correlation",
]


@public_metric("count")
def count(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """How many values there were, or the sum of their weights.

    Args:
        values: a tensor.
        weights: how much each counts, as they broadcast to values; ones by default.
        metrics_collections: the collections the count is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The count, float32, and the operation that takes a batch in and gives the count then.

    Raises:
        ValueError: weights do not broadcast.
    """
    with variable_scope(name, "count", (values, weights)):
        total = metric_variable([], float32, name="count")
        if weights is None:
            number = cast(size(values), float32)
        else:
            values, _, weights = matched(cast(values, float32), None, weights)
            number = reduce_sum(broadcast_weights(cast(weights, float32), values))
        with control_dependencies([values]):
            update = assign_add(total, number)
        found = value_of(lambda: build("Identity", input=total), metrics_collections)
        collect(updates_collections, update)
        return found, update


@public_metric("streaming_covariance")
def streaming_covariance(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The covariance of predictions and labels, without bias; NaN of fewer than two.

    Args:
        predictions: a float32 tensor.
        labels: a float32 tensor of the same shape.
        weights: how often each counts, as they broadcast to labels; ones by default.
        metrics_collections: the collections the covariance is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The covariance, and the operation that takes a batch in and gives the covariance then.

    Raises:
        ValueError: shapes do not fit.
    """
    with variable_scope(name, "covariance", (predictions, labels, weights)):
        predictions, labels, weights = matched(predictions, labels, weights)
        total = metric_variable([], float32, name="count")
        mean_prediction = metric_variable([], float32, name="mean_prediction")
        mean_label = metric_variable([], float32, name="mean_label")
        comoment = metric_variable([], float32, name="comoment")
        if weights is None:
            batch = cast(size(labels), float32)
        else:
            weights = broadcast_weights(weights, labels)
            batch = reduce_sum(weights)
        total_update = assign_add(total, batch)

        def weighted(values: Any) -> Any:
            return values if weights is None else build("Mul", x=values, y=weights)

        def moved(mean: Any, values: Any) -> tuple[Any, Any]:
            """The mean of the batch, and that of all before, once that of all is known."""
            of_batch = div_no_nan(reduce_sum(weighted(values)), batch)
            change = div_no_nan((of_batch - mean) * batch, total_update)
            return of_batch, assign_add(mean, change) - change

        batch_prediction, former_prediction = moved(mean_prediction, predictions)
        batch_label, former_label = moved(mean_label, labels)
        products = weighted((predictions - batch_prediction) * (labels - batch_label))
        share = (total_update - batch) * batch / total_update
        between = (former_prediction - batch_prediction) * (former_label - batch_label) * share
        comoment_update = assign_add(comoment, reduce_sum(products) + between)

        def unbiased(comoment: Any, total: Any, name: str) -> Any:
            return where(total <= 1.0, float("nan"), truediv(comoment, total - 1), name=name)

        found = unbiased(comoment, total, "covariance")
        update = unbiased(comoment_update, total_update, "update_op")
    collect(metrics_collections, found)
    collect(updates_collections, update)
    return found, update


@public_metric("streaming_pearson_correlation")
def streaming_pearson_correlation(
    predictions: Any,
    labels: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The correlation of predictions and labels by Pearson; arguments as of `streaming_covariance`."""
    with variable_scope(name, "pearson_r", (predictions, labels, weights)):
        predictions, labels, weights = matched(predictions, labels, weights)
        if weights is not None:
            weights = broadcast_weights(weights, labels)
        pairs = (
            streaming_covariance(predictions, labels, weights, name="covariance"),
            streaming_covariance(predictions, predictions, weights, name="variance_predictions"),
            streaming_covariance(labels, labels, weights, name="variance_labels"),
        )

        def correlation(name: str, covariance: Any, first: Any, second: Any) -> Any:
            deviations = build("Sqrt", x=first) * build("Sqrt", x=second)
            return truediv(covariance, deviations, name=name)

        found = correlation("pearson_r", *(value for value, _ in pairs))
        update = correlation("update_op", *(update for _, update in pairs))
    collect(metrics_collections, found)
    collect(updates_collections, update)
    return found, update


@public_metric("cohen_kappa")
def cohen_kappa(
    labels: Any,
    predictions_idx: Any,
    num_classes: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """How far labels and predictions agree beyond what chance makes agree: one if always, zero if as by chance.

    Args:
        labels: class numbers, `[batch]` or `[batch, 1]`.
        predictions_idx: class numbers, of the same shape.
        num_classes: how many classes there are.
        weights: a tensor of how much each counts; ones by default.
        metrics_collections: the collections the number is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The number, float64, and the operation that takes a batch in and gives the number then.

    Raises:
        ValueError: there are fewer than two classes, or shapes do not fit.
    """
    if num_classes < 2:
        raise ValueError(f"`num_classes` must be >= 2.Found: {num_classes}")
    with variable_scope(name, "cohen_kappa", (labels, predictions_idx, weights)):
        labels.shape.with_rank_at_most(2)
        if labels.shape.rank == 2:
            labels = squeeze(labels, [-1])
        predictions_idx, labels, weights = matched(predictions_idx, labels, weights)
        dtype = int64 if weights is None or weights.dtype.is_integer else float32
        variables = [
            metric_variable([num_classes], dtype, name=n) for n in ("po", "pe_row", "pe_col")
        ]
        table = confusion_matrix(
            labels, predictions_idx, num_classes, dtype, "counts_in_table", weights
        )
        counts = (
            build("DiagPart", input=table),
            reduce_sum(table, axis=0),
            reduce_sum(table, axis=1),
        )
        updates = [assign_add(v, n) for v, n in zip(variables, counts, strict=True)]

        def kappa(name: str, agreed: Any, rows: Any, columns: Any) -> Any:
            total = cast(reduce_sum(rows), float64)
            by_chance = reduce_sum(div_no_nan(cast(rows * columns, float64), total))
            beyond = cast(reduce_sum(agreed), float64) - by_chance
            return div_no_nan(beyond, total - by_chance, name=name)

        found = value_of(lambda: kappa("value", *variables), metrics_collections)
        update = kappa("update_op", *updates)
        collect(updates_collections, update)
        return found, update


@public_metric("auc_using_histogram")
def auc_using_histogram(
    boolean_labels: Any,
    scores: Any,
    score_range: Any,
    nbins: int = 100,
    collections: Any = None,
    check_shape: bool = True,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The area under the curve of the recall over the share of false positives, from histograms of the scores.

    Args:
        boolean_labels: truth values, `[batch]`.
        scores: numbers, `[batch]`.
        score_range: `[2]`, where the scores begin and end.
        nbins: how many parts the range has.
        collections: those of the variables, by default the local variables.
        check_shape: whether the ranks are looked at in the run.
        name: wanted name of the variable scope.

    Returns:
        The area, float32, NaN while a kind of label has not occurred; and the operation that takes a batch in.

    Raises:
        ValueError: the labels are no truth values.
    """
    if collections is None:
        collections = [GraphKeys.LOCAL_VARIABLES]
    with variable_scope(name, "auc_using_histogram", [boolean_labels, scores, score_range]):
        scores, boolean_labels = remove_squeezable_dimensions(scores, boolean_labels)
        score_range = convert_to_tensor(score_range, name="score_range")
        if boolean_labels.dtype != bool_:
            raise ValueError(
                f"Argument boolean_labels should have dtype bool.  Found: {boolean_labels.dtype}"
            )
        if check_shape:
            with control_dependencies(
                [_is_vector("boolean_labels", boolean_labels), _is_vector("scores", scores)]
            ):
                boolean_labels = build("Identity", input=boolean_labels)
        masks = {"true": boolean_labels, "false": build("LogicalNot", x=boolean_labels)}
        with variable_scope(None, "make_auc_histograms"):
            histograms = {
                kind: histogram_fixed_width(
                    boolean_mask(scores, mask), score_range, nbins, int64, f"hist_{kind}"
                )
                for kind, mask in masks.items()
            }
        with variable_scope(None, "hist_accumulate"):
            gathered = {
                kind: get_variable(
                    f"hist_{kind}_acc",
                    [nbins],
                    int64,
                    Zeros(),
                    trainable=False,
                    collections=collections,
                )
                for kind in masks
            }
            steps = [gathered[kind].assign_add(histograms[kind]) for kind in masks]
            update = group(*steps, name="update_op")
        return _area(gathered["true"], gathered["false"]), update


def _is_vector(name: str, tensor: Any) -> Any:
    found = rank(tensor)
    message = [f"Argument {name} should have rank 1.  Found: ", tensor.name, shape(tensor)]
    return Assert(build("Equal", x=1, y=found), message)


def _area(true: Any, false: Any) -> Any:
    """The area of the trapezia below the curve, beginning with the highest scores."""
    heights, widths = (
        cast(build("ReverseV2", tensor=truediv(n, reduce_sum(n)), axis=[0]), float32)
        for n in (true, false)
    )
    y = cumsum(heights)
    first = widths[0] * y[0] / 2.0
    return build("AddV2", name="auc", x=first, y=reduce_sum(widths[1:] * (y[1:] + y[:-1]) / 2.0))
