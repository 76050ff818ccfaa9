"""Precision and recall of the k best predictions.

Source: tensorflow/python/ops/metrics_impl.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.arithmetic import add, divide
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import fill
from minihub_runtime.api.gathering import gather, where_v2
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.metrics.accumulating import collect, metric_variable, value_of
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.sizes import rank, shape, size
from minihub_runtime.api.variables.updates import assign_add
from minihub_runtime.api.weights import assert_broadcastable
from minihub_runtime.dtypes import float64, int64
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = [
    "as_ids",
    "at_k_name",
    "precision_at_k",
    "precision_at_top_k",
    "recall_at_k",
    "recall_at_top_k",
    "set_size",
    "true_positives",
    "with_class_dimension",
]


def at_k_name(name: str, k: int | None, class_id: int | None = None) -> str:
    """The name of what is computed, as `precision_at_5_class3`."""
    named = f"{name}_at_{'k' if k is None else k}"
    return named if class_id is None else f"{named}_class{class_id}"


def as_ids(ids: Any) -> Any:
    """Class numbers as a Tensor or a SparseTensor."""
    if isinstance(ids, (SparseTensor, SparseTensorValue)):
        return SparseTensor.from_value(ids)
    return convert_to_tensor(ids)


def _set_operation(a: Any, b: Any, operation: str) -> SparseTensor:
    """The intersection or difference, "a-b" or "b-a", of the last dimensions."""
    if isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
        a, b = b, a
        operation = {"a-b": "b-a", "b-a": "a-b"}.get(operation, operation)
    if isinstance(a, SparseTensor):
        sets: dict[str, Any] = {
            **{f"set1_{part}": value for part, value in _parts(a)},
            **{f"set2_{part}": value for part, value in _parts(b)},
        }
        return SparseTensor(*build("SparseToSparseSetOperation", set_operation=operation, **sets))
    if isinstance(b, SparseTensor):
        more: dict[str, Any] = {f"set2_{part}": value for part, value in _parts(b)}
        return SparseTensor(
            *build("DenseToSparseSetOperation", set1=a, set_operation=operation, **more)
        )
    return SparseTensor(*build("DenseToDenseSetOperation", set1=a, set2=b, set_operation=operation))


def _parts(ids: SparseTensor) -> list[tuple[str, Tensor]]:
    return [("indices", ids.indices), ("values", ids.values), ("shape", ids.dense_shape)]


def set_size(ids: SparseTensor) -> Tensor:
    """How many different numbers each row has."""
    sets: dict[str, Any] = {f"set_{part}": value for part, value in _parts(ids)}
    made: Tensor = build("SetSize", **sets)
    return made


def _reshaped(ids: SparseTensor, sizes: Any) -> SparseTensor:
    indices, dense_shape = build(
        "SparseReshape",
        input_indices=ids.indices,
        input_shape=ids.dense_shape,
        new_shape=cast(sizes, int64),
    )
    return SparseTensor(indices, ids.values, dense_shape)


def with_class_dimension(labels: Any, predictions: Any) -> Any:
    """Labels of the rank of predictions; one label for each prediction gets a dimension of its own."""
    with name_scope(None, "expand_labels", [labels, predictions]) as scope:
        labels = as_ids(labels)
        if isinstance(labels, SparseTensor):
            lacks = build("Equal", x=rank(predictions), y=size(labels.dense_shape) + 1)
            return cond(
                lacks,
                lambda: _reshaped(labels, concat((labels.dense_shape, (1,)), 0)),
                lambda: labels,
            )
        if labels.shape.rank is not None and predictions.shape.rank is not None:
            if predictions.shape.rank == labels.shape.rank:
                return labels
            if predictions.shape.rank == labels.shape.rank + 1:
                return expand_dims(labels, -1, name=scope)
            raise ValueError(
                f"Unexpected labels shape {labels.shape} for predictions shape "
                f"{predictions.shape}. Predictions rank should be the same rank as labels rank or "
                "labels rank plus one ."
            )
        lacks = build("Equal", x=rank(predictions), y=rank(labels) + 1)
        return cond(lacks, lambda: expand_dims(labels, -1, name=scope), lambda: labels)


def _of_class(ids: Any, selected: int) -> SparseTensor:
    """Only those ids that are of a class."""
    ids = as_ids(ids)
    if isinstance(ids, SparseTensor):
        kept = reshape(where_v2(build("Equal", x=ids.values, y=selected)), [-1])
        return SparseTensor(gather(ids.indices, kept), gather(ids.values, kept), ids.dense_shape)
    sizes = shape(ids, out_type=int64)
    one_each = concat([sizes[:-1], [1]], 0)
    found = _set_operation(fill(one_each, cast(selected, int64)), ids, "intersection")
    return SparseTensor(found.indices, found.values, sizes)


def _of_class_both(labels: Any, predictions: Any, selected: int | None) -> tuple[Any, Any]:
    if selected is None:
        return labels, predictions
    return _of_class(labels, selected), _of_class(predictions, selected)


def _weighted_size(found: Any, weights: Any) -> Any:
    count = cast(set_size(found), float64)
    if weights is None:
        return count
    with control_dependencies([assert_broadcastable(weights, count)]):
        weights = cast(weights, float64)
        return build("Mul", x=count, y=weights)


def true_positives(
    labels: Any,
    predictions: Any,
    class_id: int | None = None,
    weights: Any = None,
    name: Any = None,
) -> Any:
    """How many predictions of each row are labels."""
    with name_scope(name, "true_positives", [predictions, labels, weights]):
        labels, predictions = _of_class_both(labels, predictions, class_id)
        return _weighted_size(_set_operation(predictions, labels, "intersection"), weights)


def _false_positives(labels: Any, predictions: Any, class_id: int | None, weights: Any) -> Any:
    with name_scope(None, "false_positives", [predictions, labels, weights]):
        labels, predictions = _of_class_both(labels, predictions, class_id)
        return _weighted_size(_set_operation(predictions, labels, "a-b"), weights)


def _false_negatives(labels: Any, predictions: Any, class_id: int | None, weights: Any) -> Any:
    with name_scope(None, "false_negatives", [predictions, labels, weights]):
        labels, predictions = _of_class_both(labels, predictions, class_id)
        return _weighted_size(_set_operation(predictions, labels, "b-a"), weights)


_COUNTS: dict[str, Callable[..., Any]] = {
    "true_positive": true_positives,
    "false_positive": _false_positives,
    "false_negative": _false_negatives,
}


def _gathered(
    kind: str, labels: Any, predictions: Any, k: int | None, class_id: int | None, weights: Any
) -> tuple[Any, Any]:
    """A variable of the counts of a kind, and the operation that takes a batch in."""
    with name_scope(None, at_k_name(kind, k, class_id), [predictions, labels, weights]) as scope:
        counts = _COUNTS[kind](labels, predictions, class_id, weights)
        total = cast(reduce_sum(counts), float64)
        variable = metric_variable([], float64, name=scope)
        return variable, assign_add(variable, total, name="update")


def _share(
    against: str,
    labels: Any,
    predictions_idx: Any,
    k: int | None,
    class_id: int | None,
    weights: Any,
    metrics_collections: Any,
    updates_collections: Any,
    scope: str,
) -> tuple[Any, Any]:
    """The share of true positives among them and another kind."""
    labels = with_class_dimension(labels, predictions_idx)
    best = cast(predictions_idx, int64)
    arguments = (labels, best, k, class_id, weights)
    right, right_update = _gathered("true_positive", *arguments)
    wrong, wrong_update = _gathered(against, *arguments)
    found = value_of(lambda: divide(right, add(right, wrong), name=scope), metrics_collections)
    update = divide(right_update, add(right_update, wrong_update), name="update")
    collect(updates_collections, update)
    return found, update


@public("metrics.precision_at_top_k")
def precision_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The share of predicted classes that are labels.

    Args:
        labels: int64 class numbers, `[…, num_labels]` or `[…]` for one each; a Tensor or a SparseTensor.
        predictions_idx: class numbers, `[…, k]`, the best first.
        k: how many they are, for names.
        class_id: the only class that counts; by default all.
        weights: how much each row counts, as they broadcast to `[…]`; ones by default.
        metrics_collections: the collections the share is added to.
        updates_collections: the collections the update is added to.
        name: wanted name.

    Returns:
        The share, and the operation that takes a batch in and gives the share then.

    Raises:
        ValueError: shapes do not fit.
    """
    default = at_k_name("precision", k, class_id)
    with name_scope(name, default, [predictions_idx, labels, weights]) as scope:
        return _share(
            "false_positive",
            labels,
            predictions_idx,
            k,
            class_id,
            weights,
            metrics_collections,
            updates_collections,
            scope,
        )


@public("metrics.recall_at_top_k")
def recall_at_top_k(
    labels: Any,
    predictions_idx: Any,
    k: int | None = None,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """The share of labels that are predicted classes; arguments as of `precision_at_top_k`."""
    default = at_k_name("recall", k, class_id)
    with name_scope(name, default, [predictions_idx, labels, weights]) as scope:
        return _share(
            "false_negative",
            labels,
            predictions_idx,
            k,
            class_id,
            weights,
            metrics_collections,
            updates_collections,
            scope,
        )


@public("metrics.precision_at_k", "metrics.sparse_precision_at_k")
def precision_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """`precision_at_top_k` of the k classes with the largest of `predictions`, `[…, num_classes]`."""
    default = at_k_name("precision", k, class_id)
    with name_scope(name, default, [predictions, labels, weights]) as scope:
        return precision_at_top_k(
            labels,
            build("TopKV2", input=predictions, k=k)[1],
            k,
            class_id,
            weights,
            metrics_collections,
            updates_collections,
            scope,
        )


@public("metrics.recall_at_k")
def recall_at_k(
    labels: Any,
    predictions: Any,
    k: int,
    class_id: int | None = None,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """`recall_at_top_k` of the k classes with the largest of `predictions`, `[…, num_classes]`."""
    default = at_k_name("recall", k, class_id)
    with name_scope(name, default, [predictions, labels, weights]) as scope:
        return recall_at_top_k(
            labels,
            build("TopKV2", input=predictions, k=k)[1],
            k,
            class_id,
            weights,
            metrics_collections,
            updates_collections,
            scope,
        )
