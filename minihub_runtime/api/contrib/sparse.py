"""`tf.contrib.layers.sparse_ops`: sparse tensors made of dense ones, and the lengths of their rows.

Source: tf_slim/layers/sparse_ops.py.
"""

from __future__ import annotations

import numbers
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones_like, zeros_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.reduction import cumsum, reduce_max
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import as_dtype, int32, int64
from minihub_runtime.public import public

__all__ = ["dense_to_sparse_tensor", "indicators_to_sparse_ids", "sparse_row_envelope"]


def _public(function: Any) -> Any:
    return public(f"contrib.layers.sparse_ops.{function.__name__}")(function)


def _ignored(dtype: Any, value: Any) -> Any:
    """The value that is left out: by default 0, or the empty text."""
    if value is None:
        value = "" if dtype.name == "string" else dtype.as_numpy_dtype()
    return cast(value, dtype, name="ignore_value")


@_public
def dense_to_sparse_tensor(dense_tensor: Any, ignore_value: Any = None) -> SparseTensor:
    """A tensor without those of its elements that are `ignore_value`.

    Args:
        dense_tensor: any tensor of known rank.
        ignore_value: what is left out; by default 0, or the empty text.
    """
    with name_scope("DenseToSparseTensor"):
        dense = convert_to_tensor(dense_tensor)
        ignored = _ignored(dense.dtype, ignore_value)
        indices = where(build("NotEqual", x=dense, y=ignored), name="indices")
        return SparseTensor(
            indices=indices,
            values=gather_nd(dense, indices, name="values"),
            dense_shape=shape(dense, out_type=int64, name="dense_shape"),
        )


@_public
def indicators_to_sparse_ids(
    indicators: Any, ignore_value: Any = None, dtype: Any = int64
) -> SparseTensor:
    """For each row the places in it that are not `ignore_value`: `[0, 0, 1, 1]` becomes `[2, 3]`.

    Args:
        indicators: `[…, classes]`.
        ignore_value: see `dense_to_sparse_tensor`.
        dtype: the type of the result, integers.

    Returns:
        Places as values, `[…, longest row]`.

    Raises:
        ValueError: the type is another.
    """
    kind = as_dtype(dtype)
    if not kind.is_integer:
        raise ValueError(f"Invalid dtype {kind} not integer.")
    with name_scope(None, "indicators_to_sparse_ids", [indicators, ignore_value]):
        indicators = convert_to_tensor(indicators, name="indicators")
        ignored = _ignored(indicators.dtype, ignore_value)
        missing = build("Equal", x=indicators, y=ignored, name="missing")
        zeros = zeros_like(indicators, dtype=int64, name="zeros")
        ones = ones_like(indicators, dtype=int64, name="ones")
        binary = where(missing, zeros, ones, name="binary_indicators")
        # Counted from 1 in each row, as 0 stands for what is missing.
        counted = where(missing, zeros, cumsum(binary, axis=-1), "row_index_indicators")
        longest = reshape(reduce_max(counted), shape=(1,), name="result_last_dim")
        found = dense_to_sparse_tensor(counted, ignore_value=0)
        # What was the place in the row is the value now, and the other way round.
        return SparseTensor(
            indices=concat(
                (found.indices[:, :-1], reshape(found.values - 1, (-1, 1))), axis=1, name="indices"
            ),
            values=cast(found.indices[:, -1], kind, name="values"),
            dense_shape=concat((found.dense_shape[0:-1], longest), axis=0, name="dense_shape"),
        )


@_public
def sparse_row_envelope(
    sparse_input: SparseTensor, row_axis: int = 0, col_axis: int = 1, name: str | None = None
) -> Any:
    """For each row of a sparse tensor one more than the last place that has a value, 0 if none has.

    Args:
        sparse_input: a sparse tensor of two dimensions or more.
        row_axis: the dimension of the rows.
        col_axis: the dimension of the places in a row.
        name: wanted name.

    Raises:
        ValueError: both dimensions are the same, or one is no integer.
    """
    if not all(isinstance(axis, numbers.Integral) for axis in (row_axis, col_axis)):
        raise ValueError("`row_axis` and `col_axis` must be integers.")
    if row_axis == col_axis:
        raise ValueError("Row and column can not be the same axis.")
    with name_scope(name, "sparse_row_envelope", [sparse_input]):
        rows, columns = sparse_input.indices[:, row_axis], sparse_input.indices[:, col_axis]
        count = cast(sparse_input.dense_shape[row_axis], int32)
        ends = build(
            "UnsortedSegmentMax", name=name, data=columns + 1, segment_ids=rows, num_segments=count
        )
        # A row without values has the least number there is.
        zeros = zeros_like(ends)
        return where(ends > zeros, ends, zeros)
