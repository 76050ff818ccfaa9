"""Row numbers of values and splits of rows, one made of the other.

Source: tensorflow/python/ops/ragged/segment_id_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.bincount import bincount
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import cumsum
from minihub_runtime.api.repeating import repeat_with_axis
from minihub_runtime.api.sizes import convert_to_int_tensor, shape
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import as_dtype, int32, int64
from minihub_runtime.public import public

__all__ = ["row_splits_to_segment_ids", "segment_ids_to_row_splits"]


@public("ragged.row_splits_to_segment_ids")
def row_splits_to_segment_ids(splits: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The row of each value.

    Args:
        splits: int32 or int64 [rows + 1].
        name: a name of the operations.
        out_type: the type of the row numbers, by default that of the splits.

    Returns:
        [values], sorted.

    Raises:
        ValueError: the splits have another type or rank, or are none.
    """
    with name_scope(name, "RaggedSplitsToSegmentIds", [splits]):
        splits = convert_to_tensor(splits, name="splits", preferred_dtype=int64)
        if splits.dtype not in (int32, int64):
            raise ValueError("splits must have dtype int32 or int64")
        splits.shape.assert_has_rank(1)
        if splits.shape[0].value == 0:
            raise ValueError("Invalid row_splits: []")
        dtype = splits.dtype if out_type is None else as_dtype(out_type)
        row_lengths = splits[1:] - splits[:-1]
        nrows = shape(splits, out_type=dtype)[-1] - 1
        return repeat_with_axis(range(nrows), row_lengths, axis=0)


@public("ragged.segment_ids_to_row_splits")
def segment_ids_to_row_splits(
    segment_ids: Any, num_segments: Any = None, out_type: Any = None, name: str | None = None
) -> Tensor:
    """The splits between rows.

    Args:
        segment_ids: [values], the row of each value, sorted.
        num_segments: the number of rows, by default up to the last that has a value.
        out_type: the type of the splits; by default that of a tensor that was given, else int64.
        name: a name of the operations.

    Returns:
        [rows + 1].

    Raises:
        ValueError: an argument has the wrong rank.
    """
    if out_type is not None:
        dtype = as_dtype(out_type)
    else:
        typed = [value for value in (segment_ids, num_segments) if isinstance(value, Tensor)]
        dtype = typed[0].dtype if typed else int64
    with name_scope(name, "SegmentIdsToRaggedSplits", [segment_ids]):
        segment_ids = convert_to_int_tensor(segment_ids, "segment_ids", int32)
        segment_ids.shape.assert_has_rank(1)
        if num_segments is not None:
            num_segments = convert_to_int_tensor(num_segments, "num_segments", int32)
            num_segments.shape.assert_has_rank(0)
        row_lengths = bincount(
            segment_ids, minlength=num_segments, maxlength=num_segments, dtype=dtype
        )
        splits = concat([[0], cumsum(row_lengths)], axis=0)
        known = None if num_segments is None else constant_value(num_segments)
        if known is not None:
            splits.set_shape([int(known) + 1])
        return splits
