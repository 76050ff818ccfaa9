"""Metrics of `tf.contrib.metrics` that keep all that they are given: concatenations, and exact areas under curves.

Source: tf_slim/metrics/metric_ops.py.
"""

from __future__ import annotations

import statistics
from typing import Any, NamedTuple

from minihub_runtime.api.arithmetic import truediv
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_greater_equal, assert_less_equal
from minihub_runtime.api.cond import cond
from minihub_runtime.api.contrib.metrics import public_metric
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.filling import ones_like, zeros, zeros_like
from minihub_runtime.api.gathering import gather, where
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.grouping import group, no_op
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.metrics.accumulating import collect, matched, metric_variable
from minihub_runtime.api.padding import pad
from minihub_runtime.api.reduction import cumsum, reduce_max, reduce_min, reduce_sum
from minihub_runtime.api.sizes import shape, shape_internal, size
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.api.variables.updates import assign
from minihub_runtime.dtypes import float32, float64, int32, int64

__all__ = ["auc_with_confidence_intervals", "streaming_concat", "streaming_dynamic_auc"]

_EPSILON = 1e-7
_GROWTH = 1.5


def _next_size(required: Any) -> Any:
    """The least power of the growth factor that is not below a size, so that few variables are too small."""
    growth = constant(_GROWTH)
    exponent = build("Ceil", x=build("Log", x=cast(required, float32)) / build("Log", x=growth))
    return cast(build("Ceil", x=build("Pow", x=growth, y=exponent)), int32)


@public_metric("streaming_concat")
def streaming_concat(
    values: Any,
    axis: int = 0,
    max_size: int | None = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: str | None = None,
) -> tuple[Any, Any]:
    """All values so far, one after the other along a dimension.

    Args:
        values: a tensor whose sizes are known but for that of the dimension.
        axis: the dimension.
        max_size: how many are kept, the first ones; by default all.
        metrics_collections: the collections the values are added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The values, and the operation that takes a batch in and gives the number of values then.

    Raises:
        ValueError: too little is known of the shape, or there is no such dimension.
    """
    with variable_scope(name, "streaming_concat", (values,)):
        if values.shape.rank is None:
            raise ValueError("`values` must have known statically known rank")
        ndim = values.shape.rank
        axis += ndim if axis < 0 else 0
        if not 0 <= axis < ndim:
            raise ValueError(f"axis = {axis!r} not in [0, {ndim!r})")
        sizes = values.shape.as_list()
        fixed = sizes[:axis] + sizes[axis + 1 :]
        if None in fixed:
            raise ValueError(
                "all dimensions of `values` other than the dimension to concatenate along must have statically known size"
            )
        # In the variable, the dimension comes first, and there is more room than is used.
        room = [max_size or 0, *fixed]
        array = metric_variable(room, values.dtype, validate_shape=False, name="array")
        count = metric_variable([], int32, name="size")
        used = array[:count]
        used.set_shape([None, *fixed])
        back = [*range(1, axis + 1), 0, *range(axis + 1, ndim)]
        value = transpose(used, back, name="concat")
        batch_size = shape(values)[axis]
        if max_size is not None:
            batch_size = build("Minimum", x=batch_size, y=max_size - count)
        order = [axis, *(n for n in range(ndim) if n != axis)]
        batch = transpose(values, order)[:batch_size]
        new_count = count + batch_size

        def enlarge() -> Any:
            more = zeros(stack([_next_size(new_count) - count, *fixed]), values.dtype)
            larger = concat([used, more], 0)
            with control_dependencies([assign(array, larger, validate_shape=False)]):
                return no_op()

        # A variable that grows has no constant shape.
        has_room = shape_internal(array, optimize=False)[0]
        with control_dependencies([cond(new_count > has_room, enlarge, no_op)]):
            append = array[count:new_count].assign(batch)
        with control_dependencies([append]):
            update = count.assign(new_count)
        collect(metrics_collections, value)
        collect(updates_collections, update)
        return value, update


def _are_truths(labels: Any) -> list[Any]:
    """Checks that labels are zeros and ones."""
    return [
        assert_greater_equal(
            labels, zeros_like(labels), message="labels must be 0 or 1, at least one is <0"
        ),
        assert_less_equal(
            labels, ones_like(labels), message="labels must be 0 or 1, at least one is >1"
        ),
    ]


@public_metric("streaming_dynamic_auc")
def streaming_dynamic_auc(
    labels: Any,
    predictions: Any,
    curve: str = "ROC",
    metrics_collections: Any = (),
    updates_collections: Any = (),
    name: str | None = None,
    weights: Any = None,
) -> tuple[Any, Any]:
    """The area under a curve through the points at all predictions so far, which are kept.

    Args:
        labels: zeros and ones.
        predictions: numbers, of the same shape.
        curve: "ROC", the recall over the share of false positives, or "PR", the precision over the recall.
        metrics_collections: the collections the area is added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.
        weights: how much each counts, of the same shape; ones by default.

    Returns:
        The area, float64, zero where all labels are the same; and the operation that takes a batch in.

    Raises:
        ValueError: the curve is another, or shapes do not fit.
    """
    if curve not in ("PR", "ROC"):
        raise ValueError(f"curve must be either ROC or PR, {curve} unknown")
    with variable_scope(name, default_name="dynamic_auc"):
        labels.shape.assert_is_compatible_with(predictions.shape)
        predictions = reshape(cast(predictions, float64), [-1])
        labels = reshape(cast(labels, int64), [-1])
        with control_dependencies(_are_truths(labels)):
            predictions, predictions_update = streaming_concat(predictions, name="concat_preds")
            labels, labels_update = streaming_concat(labels, name="concat_labels")
            updates = [labels_update, predictions_update]
            if weights is None:
                weights = ones_like(labels, dtype=float64)
            else:
                weights = reshape(cast(weights, float64), [-1])
                weights, weights_update = streaming_concat(weights, name="concat_weights")
                updates.append(weights_update)
            update = group(*updates)
            area = _area(labels, predictions, weights, curve)
            collect(updates_collections, update)
            collect(metrics_collections, area)
            return area, update


def _area(labels: Any, predictions: Any, weights: Any, curve: str) -> Any:
    """The area under the curve through the points at each different prediction."""
    positive = where(labels > 0, weights, zeros_like(weights))
    total, total_positive = reduce_sum(weights), reduce_sum(positive)

    def area() -> Any:
        ordered, order = build("TopKV2", input=predictions, k=size(predictions))
        counts = build("UniqueWithCounts", x=ordered)[2]
        # The first of the sums is that of none.
        ends = pad(cumsum(counts), [[1, 0]])

        def up_to_ends(numbers: Any) -> Any:
            return gather(pad(cumsum(gather(numbers, order)), [[1, 0]]), ends)

        right = up_to_ends(positive)
        if curve == "ROC":
            x = truediv(up_to_ends(weights - positive), total - total_positive)
            y = truediv(right, total_positive)
        else:
            x = truediv(right, total_positive)
            y = where(ends > 0, truediv(right, up_to_ends(weights)), ones_like(right))
        widths = build("Abs", x=x[1:] - x[:-1])
        return reduce_sum((y[1:] + y[:-1]) / 2.0 * widths)

    is_trivial = build(
        "LogicalOr",
        x=build("Equal", x=total_positive, y=0.0),
        y=build("Equal", x=total_positive, y=total),
    )
    return cond(is_trivial, lambda: constant(0.0, float64), area)


class AucData(NamedTuple):
    """The area under a curve, and the limits between which it may be supposed to lie."""

    auc: Any
    lower: Any
    upper: Any


@public_metric("auc_with_confidence_intervals")
def auc_with_confidence_intervals(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    alpha: float = 0.95,
    logit_transformation: bool = True,
    metrics_collections: Any = (),
    updates_collections: Any = (),
    name: str | None = None,
) -> tuple[AucData, Any]:
    """The area under the curve of the recall over the share of false positives, and between which limits it may lie.

    All predictions are kept. The limits follow from the places of predictions among those of the other label (DeLong).

    Args:
        labels: zeros and ones.
        predictions: float32 numbers, of the same shape.
        weights: how much each counts, of the same shape; ones by default.
        alpha: how likely the area lies between the limits.
        logit_transformation: whether limits are taken of the logarithm of the odds, so that they lie in (0, 1).
        metrics_collections: the collections the area and its limits are added to.
        updates_collections: the collections the update is added to.
        name: wanted name of the variable scope.

    Returns:
        The area and its limits, zeros if the batch has labels of one value only; and the operation that takes a batch in.

    Raises:
        ValueError: `alpha` is out of range, or shapes do not fit.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1; currently {alpha:.02f}")
    if weights is None:
        weights = ones_like(predictions)
    default = "auc_with_confidence_intervals"
    with variable_scope(name, default, [labels, predictions, weights]):
        predictions, labels, weights = matched(predictions, labels, weights)
        total = reduce_sum(weights)
        weights = reshape(weights, [-1])
        predictions = reshape(cast(predictions, float64), [-1])
        labels = reshape(cast(labels, int64), [-1])
        with control_dependencies(_are_truths(labels)):
            predictions, predictions_update = streaming_concat(predictions, name="concat_preds")
            all_labels, labels_update = streaming_concat(labels, name="concat_labels")
            weights, weights_update = streaming_concat(weights, name="concat_weights")
            updates = group(labels_update, predictions_update, weights_update)
            has_both = build(
                "LogicalAnd",
                x=build("Equal", x=reduce_min(labels), y=0),
                y=build("Equal", x=reduce_max(labels), y=1),
            )
            is_enough = total >= 1.0
            update = cond(is_enough, lambda: updates, no_op)
            found = _estimated(all_labels, predictions, weights, alpha, logit_transformation)
            found = AucData(
                *cond(
                    build("LogicalAnd", x=has_both, y=is_enough),
                    lambda: list(found),
                    lambda: [constant(0.0)] * 3,
                )
            )
            collect(updates_collections, update)
            collect(metrics_collections, found)
            return found, update


def _estimated(
    labels: Any, predictions: Any, weights: Any, alpha: float, logit_transformation: bool
) -> AucData:
    """The area and its limits, from the places of predictions among those of the other label."""
    places = [0]
    count = size(predictions)
    ordered, order = build("TopKV2", input=predictions, k=count)
    ordered = build("ReverseV2", tensor=ordered, axis=places)
    order = build("ReverseV2", tensor=order, axis=places)
    weights = gather(weights, order)
    is_one = cast(gather(labels, order), float32)
    of_one, of_zero = weights * is_one, weights * (1.0 - is_one)
    rank = build("Unique", x=ordered)[1]

    def placed(others: Any) -> Any:
        """Which share of the others lies below each; of equal ones the half counts."""
        by_rank = build("SegmentSum", data=others, segment_ids=rank)
        below = cumsum(by_rank, exclusive=True) + by_rank / 2.0
        return gather(below / (reduce_sum(by_rank) + _EPSILON), rank)

    total_one, total_zero = reduce_sum(of_one), reduce_sum(of_zero)
    place_of_ones, place_of_zeros = placed(of_zero), placed(of_one)
    area_zero = reduce_sum(of_zero * (1.0 - place_of_zeros)) / (total_zero + _EPSILON)
    area_one = reduce_sum(of_one * place_of_ones) / (total_one + _EPSILON)
    area = where(total_zero < total_one, area_one, area_zero)

    def variance(of: Any, values: Any, mean: Any, total: Any) -> Any:
        squares = build("SquaredDifference", x=values, y=mean)
        return reduce_sum(of * squares) / (total - 1.0 + _EPSILON) / (total + _EPSILON)

    error = build(
        "Sqrt",
        x=variance(of_zero, 1.0 - place_of_zeros, area_zero, total_zero)
        + variance(of_one, place_of_ones, area_one, total_one),
    )
    quantile = statistics.NormalDist().inv_cdf((1.0 - alpha) / 2.0)
    if logit_transformation:
        middle = build("Log", x=area / (1.0 - area + _EPSILON))
        error /= area * (1.0 - area + _EPSILON)
    else:
        middle = area

    def limit(sign: int) -> Any:
        found = middle + sign * quantile * error
        return 1.0 / (1.0 + build("Exp", x=-found) + _EPSILON) if logit_transformation else found

    is_edge = build(
        "LogicalOr",
        x=build("Equal", x=area, y=ones_like(area)),
        y=build("Equal", x=area, y=zeros_like(area)),
    )
    return AucData(area, *(where(is_edge, area, limit(sign)) for sign in (1, -1)))
