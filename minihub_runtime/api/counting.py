"""How often values occur.

Source: tensorflow/python/ops/histogram_ops.py, confusion_matrix.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import truediv
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.values import assert_less, assert_non_negative
from minihub_runtime.api.clipping import clip_by_value
from minihub_runtime.api.cond import cond
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones_like
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import reshape, squeeze
from minihub_runtime.api.reduction import reduce_max
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.dtypes import int32, int64
from minihub_runtime.public import public

__all__ = [
    "confusion_matrix",
    "histogram_fixed_width",
    "histogram_fixed_width_bins",
    "in_top_k",
    "remove_squeezable_dimensions",
]


@public("histogram_fixed_width")
def histogram_fixed_width(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = int32, name: str | None = None
) -> Tensor:
    """How many values lie in each of `nbins` equal parts of a range.

    Args:
        values: numbers; those outside count for the first or last part.
        value_range: [2], where the range begins and ends.
        nbins: the number of parts.
        dtype: int32 or int64.
        name: wanted name.
    """
    with name_scope(name, "histogram_fixed_width", [values, value_range, nbins]) as scope:
        result: Tensor = build(
            "HistogramFixedWidth",
            name=scope,
            values=values,
            value_range=value_range,
            nbins=nbins,
            dtype=dtype,
        )
        return result


@public("histogram_fixed_width_bins")
def histogram_fixed_width_bins(
    values: Any, value_range: Any, nbins: Any = 100, dtype: Any = int32, name: str | None = None
) -> Tensor:
    """In which of `nbins` equal parts of a range each value lies.

    Args:
        values: numbers.
        value_range: [2], where the range begins and ends.
        nbins: the number of parts.
        dtype: accepted; the result is of int32, as in TensorFlow.
        name: wanted name.
    """
    with name_scope(name, "histogram_fixed_width_bins", [values, value_range, nbins]):
        values = convert_to_tensor(values, name="values")
        sizes = shape(values)
        flat: Any = reshape(values, [-1])
        value_range = convert_to_tensor(value_range, name="value_range")
        nbins = convert_to_tensor(nbins, int32, "nbins")
        check = Assert(build("Greater", x=nbins, y=0), [f"nbins {nbins} must > 0"])
        nbins = with_dependencies([check], nbins)
        count = cast(nbins, flat.dtype)
        scaled = truediv(
            flat - value_range[0], value_range[1] - value_range[0], name="scaled_values"
        )
        places = build("Floor", name="indices", x=count * scaled)
        return reshape(cast(clip_by_value(places, 0, count - 1), int32), sizes)


@public("math.in_top_k", "nn.in_top_k")
def in_top_k(predictions: Any, targets: Any, k: Any, name: str | None = None) -> Tensor:
    """Whether the prediction for each target is among the `k` largest.

    Args:
        predictions: float32 [n, classes].
        targets: int32 or int64 [n].
        k: how many largest count.
        name: wanted name.
    """
    with name_scope(name, "in_top_k"):
        result: Tensor = build("InTopKV2", name=name, predictions=predictions, targets=targets, k=k)
        return result


@public("contrib.framework.remove_squeezable_dimensions")
def remove_squeezable_dimensions(
    labels: Any, predictions: Any, expected_rank_diff: int = 0, name: str | None = None
) -> tuple[Any, Any]:
    """Labels and predictions without a last dimension of size one that only one of them has.

    Args:
        labels: of any rank.
        predictions: of a rank that is larger by `expected_rank_diff`, give or take one.
        expected_rank_diff: see above.
        name: wanted name.
    """
    with name_scope(name, "remove_squeezable_dimensions", [labels, predictions]):
        predictions, labels = convert_to_tensor(predictions), convert_to_tensor(labels)
        pair = predictions.shape.ndims, labels.shape.ndims
        may = [
            known is None or (known > 0 and tensor.shape[-1].is_compatible_with(1))
            for known, tensor in zip(pair, (predictions, labels), strict=True)
        ]
        if pair[0] is not None and pair[1] is not None:
            excess = pair[0] - pair[1]
            if excess == expected_rank_diff + 1 and may[0]:
                predictions = squeeze(predictions, [-1])
            elif excess == expected_rank_diff - 1 and may[1]:
                labels = squeeze(labels, [-1])
            return labels, predictions
        difference: Any = rank(predictions) - rank(labels)
        given = predictions, labels
        if may[0]:
            is_wide = build("Equal", x=expected_rank_diff + 1, y=difference)
            predictions = cond(is_wide, lambda: squeeze(given[0], [-1]), lambda: given[0])
        if may[1]:
            is_narrow = build("Equal", x=expected_rank_diff - 1, y=difference)
            labels = cond(is_narrow, lambda: squeeze(given[1], [-1]), lambda: given[1])
        return labels, predictions


@public(
    "confusion_matrix",
    "math.confusion_matrix",
    "train.confusion_matrix",
    "contrib.metrics.confusion_matrix",
)
def confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    dtype: Any = int32,
    name: str | None = None,
    weights: Any = None,
) -> Tensor:
    """How often each class, in a row, is predicted as each, in a column.

    Args:
        labels: [n] the classes.
        predictions: [n] what was predicted.
        num_classes: the number of classes, by default what the largest number asks for.
        dtype: the type of the result.
        name: wanted name.
        weights: what each example counts, 1 by default.

    Returns:
        [num_classes, num_classes]; a run fails if a number is negative or too large.
    """
    with name_scope(name, "confusion_matrix", [predictions, labels, num_classes, weights]):
        labels, predictions = remove_squeezable_dimensions(
            convert_to_tensor(labels, name="labels"),
            convert_to_tensor(predictions, name="predictions"),
        )
        predictions, labels = cast(predictions, int64), cast(labels, int64)
        labels = with_dependencies(
            [assert_non_negative(labels, message="`labels` contains negative values")], labels
        )
        predictions = with_dependencies(
            [assert_non_negative(predictions, message="`predictions` contains negative values")],
            predictions,
        )
        if num_classes is None:
            num_classes = build("Maximum", x=reduce_max(predictions), y=reduce_max(labels)) + 1
        else:
            limit = cast(num_classes, int64)
            labels = with_dependencies(
                [assert_less(labels, limit, message="`labels` out of bound")], labels
            )
            predictions = with_dependencies(
                [assert_less(predictions, limit, message="`predictions` out of bound")], predictions
            )
        if weights is not None:
            weights = convert_to_tensor(weights, name="weights")
            predictions.shape.assert_is_compatible_with(weights.shape)
            weights = cast(weights, dtype)
        sizes = stack([num_classes, num_classes])
        places = stack([labels, predictions], axis=1)
        values = ones_like(predictions, dtype) if weights is None else weights
        result: Tensor = build(
            "ScatterNd", indices=places, updates=values, shape=cast(sizes, int64)
        )
        return result
