"""Ranges of numbers, a row for each.

Source: tensorflow/python/ops/ragged/ragged_math_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.dtypes import as_dtype, float32, float64, int32, int64
from minihub_runtime.public import public

__all__ = ["ragged_range"]

_ORDER = (int32, int64, float32, float64)


@public("ragged.range")
def ragged_range(
    starts: Any,
    limits: Any = None,
    deltas: Any = 1,
    dtype: Any = None,
    name: str | None = None,
    row_splits_dtype: Any = int64,
) -> RaggedTensor:
    """Rows of numbers from `starts` up to, but without, `limits`.

    Args:
        starts: the first number of each row, [rows] or a scalar; the limits if these are not given, and 0 is first.
        limits: where each row ends, [rows] or a scalar.
        deltas: how far numbers are apart, [rows] or a scalar.
        dtype: the type; by default the widest of the arguments'.
        name: a name of the operations.
        row_splits_dtype: int32 or int64.
    """
    splits_dtype = as_dtype(row_splits_dtype)
    if limits is None:
        starts, limits = 0, starts
    with name_scope(name, "RaggedRange", [starts, limits, deltas]) as scope:
        numbers = [
            convert_to_tensor(value, dtype, label)
            for value, label in ((starts, "starts"), (limits, "limits"), (deltas, "deltas"))
        ]
        if dtype is None:
            widest = max((tensor.dtype for tensor in numbers), key=_ORDER.index)
            numbers = [cast(tensor, widest) for tensor in numbers]
        splits, values = build(
            "RaggedRange",
            name=scope,
            starts=numbers[0],
            limits=numbers[1],
            deltas=numbers[2],
            Tsplits=splits_dtype,
        )
        return RaggedTensor.from_row_splits(values, splits, validate=False)
