"""Means of segments.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.sizes import rank, shape_internal
from minihub_runtime.public import public

__all__ = [
    "sparse_segment_mean",
    "sparse_segment_sqrt_n",
    "sparse_segment_sum",
    "unsorted_segment_mean",
    "unsorted_segment_sqrt_n",
]


@public("math.unsorted_segment_mean", "unsorted_segment_mean")
def unsorted_segment_mean(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """The means of the slices of `data` that belong to each segment; zeros for a segment without any."""
    with name_scope(name, "UnsortedSegmentMean"):
        data, segment_ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        count = _counts(data, segment_ids, num_segments)
        return _sums(data, segment_ids, num_segments) / count


@public("math.unsorted_segment_sqrt_n", "unsorted_segment_sqrt_n")
def unsorted_segment_sqrt_n(
    data: Any, segment_ids: Any, num_segments: Any, name: str | None = None
) -> Any:
    """The sums of the slices of each segment, divided by the square roots of their numbers."""
    with name_scope(name, "UnsortedSegmentSqrtN"):
        data, segment_ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        count = _counts(data, segment_ids, num_segments)
        return _sums(data, segment_ids, num_segments) / build("Sqrt", x=count)


def _sums(data: Any, segment_ids: Any, num_segments: Any) -> Tensor:
    result: Tensor = build(
        "UnsortedSegmentSum", data=data, segment_ids=segment_ids, num_segments=num_segments
    )
    return result


def _counts(data: Tensor, segment_ids: Tensor, num_segments: Any) -> Tensor:
    """How many slices belong to each segment, at least 1, shaped to divide sums."""
    number: Any = convert_to_tensor(num_segments)
    one = ones(shape_internal(segment_ids), dtype=data.dtype)
    count = _sums(one, segment_ids, number)
    whole = concat(
        [number[None], ones([rank(data) - rank(segment_ids)], dtype=number.dtype)], axis=0
    )
    result: Tensor = build("Maximum", x=reshape(count, whole), y=1)
    return result


@public("sparse.segment_sum", "sparse_segment_sum")
def sparse_segment_sum(
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None = None,
    num_segments: Any = None,
    sparse_gradient: bool = False,
) -> Tensor:
    """The sums of the rows of `data` that `indices` names, segment by segment.

    Args:
        data: the rows.
        indices: [n], which rows.
        segment_ids: [n], ascending, to which segment each belongs.
        name: wanted name.
        num_segments: the number of segments, by default what the last one asks for.
        sparse_gradient: whether the gradient is made of slices.
    """
    return _of_rows(
        "SparseSegmentSum", data, indices, segment_ids, name, num_segments, sparse_gradient
    )


@public("sparse.segment_mean", "sparse_segment_mean")
def sparse_segment_mean(
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None = None,
    num_segments: Any = None,
    sparse_gradient: bool = False,
) -> Tensor:
    """The means of the rows of `data` that `indices` names, segment by segment.

    Args:
        data: the rows.
        indices: [n], which rows.
        segment_ids: [n], ascending, to which segment each belongs.
        name: wanted name.
        num_segments: the number of segments, by default what the last one asks for.
        sparse_gradient: whether the gradient is made of slices.
    """
    return _of_rows(
        "SparseSegmentMean", data, indices, segment_ids, name, num_segments, sparse_gradient
    )


@public("sparse.segment_sqrt_n", "sparse_segment_sqrt_n")
def sparse_segment_sqrt_n(
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None = None,
    num_segments: Any = None,
    sparse_gradient: bool = False,
) -> Tensor:
    """The sums, divided by the square roots of the counts, of the rows of `data` that `indices` names, segment by segment.

    Args:
        data: the rows.
        indices: [n], which rows.
        segment_ids: [n], ascending, to which segment each belongs.
        name: wanted name.
        num_segments: the number of segments, by default what the last one asks for.
        sparse_gradient: whether the gradient is made of slices.
    """
    return _of_rows(
        "SparseSegmentSqrtN", data, indices, segment_ids, name, num_segments, sparse_gradient
    )


def _of_rows(
    op: str,
    data: Any,
    indices: Any,
    segment_ids: Any,
    name: str | None,
    num_segments: Any,
    sparse_gradient: bool,
) -> Tensor:
    counted = {} if num_segments is None else {"num_segments": num_segments}
    result: Tensor = build(
        f"{op}WithNumSegments" if counted else op,
        name=name,
        data=data,
        indices=indices,
        segment_ids=segment_ids,
        sparse_gradient=sparse_gradient,
        **counted,
    )
    return result
