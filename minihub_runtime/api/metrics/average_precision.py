"""The mean of the precisions at the places of right predictions.

Source: tensorflow/python/ops/metrics_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import div_no_nan, divide
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.cond import cond
from minihub_runtime.api.filling import ones_like, zeros_like
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.metrics.accumulating import collect, metric_variable, value_of
from minihub_runtime.api.metrics.at_k import (
    as_ids,
    at_k_name,
    set_size,
    true_positives,
    with_class_dimension,
)
from minihub_runtime.api.reduction import cumsum, reduce_max, reduce_sum
from minihub_runtime.api.sizes import shape, size
from minihub_runtime.api.variables.updates import assign_add
from minihub_runtime.api.weights import broadcast_weights
from minihub_runtime.dtypes import float64, int64
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = ["average_precision_at_k", "average_precision_at_top_k"]


@public("metrics.average_precision_at_k", "metrics.sparse_average_precision_at_k")
def average_precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The mean over rows of the precisions at the places of right predictions, as shares of what could be right.

    Args:
        labels: int64 class numbers, `[…, num_labels]` or `[…]` for one each; a Tensor or a SparseTensor.
        predictions: `[…, num_classes]`, of which the k largest count.
        k: how many classes are predicted.
        weights: how much each row counts, as they broadcast to `[…]`; ones by default.
        metrics_collections: the collections the mean is added to.
        updates_collections: the collections the update is added to.
        name: wanted name.

    Returns:
        The mean, and the operation that takes a batch in and gives the mean then.

    Raises:
        ValueError: k is less than one, or shapes do not fit.
    """
    if k < 1:
        raise ValueError(f"Invalid k={k}. `k` should be >= 1.")
    default = at_k_name("average_precision", k)
    with name_scope(name, default, [predictions, labels, weights]) as scope:
        best = build("TopKV2", input=predictions, k=k)[1]
        labels = _without_unknown(labels, cast(shape(predictions)[-1], int64))
        return average_precision_at_top_k(
            labels, best, weights, metrics_collections, updates_collections, scope
        )


def _without_unknown(labels: Any, num_classes: Any) -> Any:
    """Labels of which those that are no class are -1."""
    is_sparse = isinstance(labels, (SparseTensor, SparseTensorValue))

    def cleaned(values: Any) -> Any:
        outside = build("GreaterEqual", x=values, y=num_classes)
        return where_v2(outside, -1 * ones_like(values), values)

    def all_cleaned() -> Any:
        if is_sparse:
            return type(labels)(labels.indices, cleaned(labels.values), labels.dense_shape)
        return cleaned(labels)

    largest = reduce_max(labels.values if is_sparse else labels)
    outside = build("GreaterEqual", x=largest, y=num_classes)
    return cond(outside, all_cleaned, lambda: labels)


def average_precision_at_top_k(
    labels: Any,
    predictions_idx: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """As `average_precision_at_k`, of the numbers of the best classes, `[…, k]` with the best first."""
    default = "average_precision_at_top_k"
    with name_scope(name, default, [predictions_idx, labels, weights]) as scope:
        found = _average_precision(labels, predictions_idx)
        if weights is not None:
            weights = broadcast_weights(cast(weights, float64), found)
            found = build("Mul", x=found, y=weights)
        with name_scope(None, "max", [found]) as max_scope:
            most = metric_variable([], float64, name=max_scope)
            if weights is None:
                batch_most = cast(size(found, name="batch_max"), float64)
            else:
                batch_most = reduce_sum(weights, name="batch_max")
            most_update = assign_add(most, batch_most, name="update")
        with name_scope(None, "total", [found]) as total_scope:
            total = metric_variable([], float64, name=total_scope)
            batch_total = reduce_sum(found, name="batch_total")
            total_update = assign_add(total, batch_total, name="update")
        mean = value_of(lambda: div_no_nan(total, most, name="mean"), metrics_collections)
        update = div_no_nan(total_update, most_update, name=scope)
        collect(updates_collections, update)
        return mean, update


def _average_precision(labels: Any, predictions_idx: Any) -> Any:
    """The average precision of each row, float64 `[…]`."""
    with name_scope(None, "average_precision", [predictions_idx, labels]) as scope:
        best = cast(predictions_idx, int64, name="predictions_idx")
        if best.shape.rank == 0:
            raise ValueError("The rank of `predictions_idx` must be at least 1.")
        k = best.shape.as_list()[-1]
        if k is None:
            raise ValueError(
                "The last dimension of predictions_idx must be set. Currently, it is None."
            )
        labels = with_class_dimension(labels, best)
        best_per_k = expand_dims(best, -1, name="predictions_idx_per_k")
        labels_per_k = _repeated(labels, k, "labels_per_k")
        right = true_positives(labels_per_k, best_per_k, name="relevant_per_k")
        right_so_far = cumsum(right, axis=-1, name="tp_per_k")
        so_far = cumsum(ones_like(right), axis=-1, name="retrieved_per_k")
        precision = divide(
            cast(right_so_far, float64), cast(so_far, float64), name="precision_per_k"
        )
        at_right = build(
            "Mul", name="relevant_precision_per_k", x=precision, y=cast(right, float64)
        )
        total = reduce_sum(at_right, axis=(-1,), name="precision_sum")
        could_be = cast(_relevant(labels, k), float64)
        return divide(total, could_be, name=scope)


def _repeated(tensor: Any, count: int, name: str) -> Any:
    """A tensor or sparse tensor `count` times along a new dimension before the last."""
    with name_scope(name, "expand_and_tile", [tensor, count, -1]) as scope:
        tensor = as_ids(tensor)
        if isinstance(tensor, SparseTensor):
            return _sparse_repeated(tensor, count)
        expanded = expand_dims(tensor, -2, name="expand")
        if count == 1:
            return expanded
        ones = ones_like(shape(tensor))
        multiples = concat((ones[:-1], (count,), ones[-1:]), 0, name="multiples")
        return build("Tile", name=scope, input=expanded, multiples=multiples)


def _sparse_repeated(ids: SparseTensor, count: int) -> SparseTensor:
    """A sparse tensor `count` times along a new dimension before the last."""
    rows, last = ids.indices[:, :-1], ids.indices[:, -1:]
    copies = []
    for copy in range(count):
        place = zeros_like(last) + copy
        copies.append(concat([rows, place, last], 1))
    sizes = concat([ids.dense_shape[:-1], [count], ids.dense_shape[-1:]], 0)
    values = concat([ids.values] * count, 0)
    ordered: Any = build(
        "SparseReorder",
        input_indices=concat(copies, 0),
        input_values=values,
        input_shape=sizes,
    )
    return SparseTensor(ordered[0], ordered[1], sizes)


def _relevant(labels: Any, k: int) -> Any:
    """How many of k predictions could be right, for each row."""
    with name_scope(None, "num_relevant", [labels]) as scope:
        labels = as_ids(labels)
        if isinstance(labels, SparseTensor):
            return build("Minimum", name=scope, x=set_size(labels), y=k)
        known = build("GreaterEqual", x=labels, y=0)
        count = reduce_sum(where_v2(known, ones_like(labels), zeros_like(labels)), axis=-1)
        return build("Minimum", name=scope, x=count, y=k)
