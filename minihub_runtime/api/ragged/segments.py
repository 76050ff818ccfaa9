"""Rows of ragged tensors combined by segments.

Source: tensorflow/python/ops/ragged/ragged_math_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.checks.values import assert_equal
from minihub_runtime.api.filling import ones_like, zeros
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.ragged.ranges import ragged_range
from minihub_runtime.api.ragged.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    is_ragged,
    match_row_splits_dtypes,
)
from minihub_runtime.api.reduction import cumsum
from minihub_runtime.dtypes import int32, int64

__all__ = [
    "SEGMENT_OPS",
    "aggregate",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_prod",
    "segment_sqrt_n",
    "segment_sum",
]


def _segment(op: str) -> Callable[..., Any]:
    """The op that combines segments of dense tensors, as a function."""

    def combine(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
        return build(op, name=name, data=data, segment_ids=segment_ids, num_segments=num_segments)

    return combine


#: How segments of dense tensors are combined.
SEGMENT_OPS = {how: _segment(f"UnsortedSegment{how}") for how in ("Sum", "Prod", "Min", "Max")}


def aggregate(
    combine: Callable[..., Any],
    data: Any,
    segment_ids: Any,
    num_segments: Any,
    name: str | None = None,
) -> Any:
    """Row i of the result combines all rows of `data` whose segment is i, element by element.

    Args:
        combine: the same of dense tensors.
        data: a tensor, ragged or dense.
        segment_ids: int32 or int64, of the first dimensions of `data`.
        num_segments: the number of segments.
        name: a name of the operations.

    Raises:
        ValueError: the ids have another type, or are ragged where `data` is not.
    """
    if not is_ragged(data) and not is_ragged(segment_ids):
        return combine(data, segment_ids, num_segments, name)
    with name_scope(name, "RaggedSegment", [data, segment_ids, num_segments]):
        data = convert_to_tensor_or_ragged_tensor(data, name="data")
        segment_ids = convert_to_tensor_or_ragged_tensor(segment_ids, name="segment_ids")
        match_row_splits_dtypes(data, segment_ids)
        if segment_ids.dtype not in (int32, int64):
            raise ValueError("segment_ids must have dtype int32 or int64.")
        if isinstance(segment_ids, RaggedTensor):
            message = "segment_ids.shape must be a prefix of data.shape"
            if not isinstance(data, RaggedTensor):
                raise ValueError(f"{message}, but segment_ids is ragged and data is not.")
            check = assert_equal(segment_ids.row_splits, data.row_splits, message=message)
            with control_dependencies([check]):
                return aggregate(combine, data.values, segment_ids.values, num_segments)
        lengths = data.row_splits[1:] - data.row_splits[:-1]
        longest = SEGMENT_OPS["Max"](lengths, segment_ids, num_segments)
        out_lengths = build("Maximum", x=longest, y=0)
        splits = concat([zeros([1], out_lengths.dtype), cumsum(out_lengths)], axis=0)
        # Each value goes to the place in the row of its segment that it has in its own.
        starts = gather(splits, segment_ids)
        places = ragged_range(starts, starts + lengths).values
        values = aggregate(combine, data.values, places, splits[-1])
        return RaggedTensor.from_row_splits(values, splits, validate=False)


def segment_sum(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """`tf.math.unsorted_segment_sum` where either tensor is ragged."""
    return aggregate(
        SEGMENT_OPS["Sum"], data, segment_ids, num_segments, name or "RaggedSegmentSum"
    )


def segment_prod(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """`tf.math.unsorted_segment_prod` where either tensor is ragged."""
    return aggregate(
        SEGMENT_OPS["Prod"], data, segment_ids, num_segments, name or "RaggedSegmentProd"
    )


def segment_min(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """`tf.math.unsorted_segment_min` where either tensor is ragged."""
    return aggregate(
        SEGMENT_OPS["Min"], data, segment_ids, num_segments, name or "RaggedSegmentMin"
    )


def segment_max(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """`tf.math.unsorted_segment_max` where either tensor is ragged."""
    return aggregate(
        SEGMENT_OPS["Max"], data, segment_ids, num_segments, name or "RaggedSegmentMax"
    )


def segment_mean(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """`tf.math.unsorted_segment_mean` where either tensor is ragged."""
    with name_scope(name, "RaggedSegmentMean", [data, segment_ids, num_segments]):
        total, count = _total_and_count(data, segment_ids, num_segments)
        if isinstance(total, RaggedTensor):
            return total.with_flat_values(total.flat_values / count.flat_values)
        return total / count


def segment_sqrt_n(data: Any, segment_ids: Any, num_segments: Any, name: str | None = None) -> Any:
    """`tf.math.unsorted_segment_sqrt_n` where either tensor is ragged."""
    with name_scope(name, "RaggedSegmentSqrtN", [data, segment_ids, num_segments]):
        total, count = _total_and_count(data, segment_ids, num_segments)
        if isinstance(total, RaggedTensor):
            roots = build("Sqrt", x=count.flat_values)
            return total.with_flat_values(total.flat_values / roots)
        return total / build("Sqrt", x=count)


def _total_and_count(data: Any, segment_ids: Any, num_segments: Any) -> tuple[Any, Any]:
    total = segment_sum(data, segment_ids, num_segments)
    ones = RaggedTensor.from_nested_row_splits(
        ones_like(data.flat_values), data.nested_row_splits, validate=False
    )
    return total, segment_sum(ones, segment_ids, num_segments)
