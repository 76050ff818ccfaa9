"""What is expected of a feature: its kind, its type and its shape.

Source: tensorflow/python/ops/parsing_config.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from minihub_runtime.dtypes import as_dtype, float32, int32, int64, string
from minihub_runtime.public import public

__all__ = [
    "FixedLenFeature",
    "FixedLenSequenceFeature",
    "RaggedFeature",
    "SparseFeature",
    "VarLenFeature",
]


@public("io.VarLenFeature", "VarLenFeature")
class VarLenFeature(NamedTuple):
    """Any number of values: a SparseTensor.

    Attributes:
        dtype: the type.
    """

    dtype: Any


@public("io.SparseFeature", "SparseFeature")
class SparseFeature(NamedTuple):
    """Values in one feature and their indices in others: a SparseTensor.

    Attributes:
        index_key: the name of the feature with the indices, or a list of names, one for each dimension.
        value_key: the name of the feature with the values.
        dtype: the type of the values.
        size: the size of the dimension, or a list of sizes.
        already_sorted: whether the indices are sorted.
    """

    index_key: Any
    value_key: str
    dtype: Any
    size: Any
    already_sorted: bool = False


@public("io.FixedLenFeature", "FixedLenFeature")
class FixedLenFeature(NamedTuple):
    """A known number of values: a Tensor.

    Attributes:
        shape: the shape.
        dtype: the type.
        default_value: the values where the feature is missing; None if it must not be.
    """

    shape: Any
    dtype: Any
    default_value: Any = None


@public("io.FixedLenSequenceFeature", "FixedLenSequenceFeature")
class FixedLenSequenceFeature(NamedTuple):
    """Any number of steps, each of a known number of values: a Tensor, filled up at the ends.

    Attributes:
        shape: the shape of one step.
        dtype: the type.
        allow_missing: whether the feature may be missing.
        default_value: what fills.
    """

    shape: Any
    dtype: Any
    allow_missing: bool = False
    default_value: Any = None


class RowSplits(NamedTuple):
    """Rows told by a feature with their splits."""

    key: str


class RowLengths(NamedTuple):
    """Rows told by a feature with their lengths."""

    key: str


class RowStarts(NamedTuple):
    """Rows told by a feature with their starts."""

    key: str


class RowLimits(NamedTuple):
    """Rows told by a feature with their ends."""

    key: str


class ValueRowIds(NamedTuple):
    """Rows told by a feature with the row of each value."""

    key: str


class UniformRowLength(NamedTuple):
    """Rows of one length."""

    length: int


_PARTITIONS = (RowSplits, RowLengths, RowStarts, RowLimits, ValueRowIds, UniformRowLength)


class _RaggedFeature(NamedTuple):
    dtype: Any
    value_key: str | None
    partitions: Any
    row_splits_dtype: Any
    validate: bool


@public("io.RaggedFeature")
class RaggedFeature(_RaggedFeature):
    """Any number of values, divided into rows by other features: a RaggedTensor.

    Attributes:
        dtype: int64, float32 or string.
        value_key: the name of the feature with the values, by default that of the feature itself.
        partitions: what tells the rows, outermost first: `RaggedFeature.RowSplits(key)`, `RowLengths(key)`,
            `RowStarts(key)`, `RowLimits(key)`, `ValueRowIds(key)` or `UniformRowLength(length)`.
        row_splits_dtype: int32 or int64.
        validate: whether a run checks that these form rows.
    """

    RowSplits = RowSplits
    RowLengths = RowLengths
    RowStarts = RowStarts
    RowLimits = RowLimits
    ValueRowIds = ValueRowIds
    UniformRowLength = UniformRowLength

    def __new__(
        cls,
        dtype: Any,
        value_key: str | None = None,
        partitions: Sequence[Any] = (),
        row_splits_dtype: Any = int32,
        validate: bool = False,
    ) -> RaggedFeature:
        """See the class."""
        if value_key is not None and not isinstance(value_key, str):
            raise ValueError(f"Argument `value_key` must be a string; got {value_key}")
        if value_key is not None and not value_key:
            raise ValueError("Argument `value_key` must not be empty")
        dtype = as_dtype(dtype)
        if dtype not in (int64, float32, string):
            raise ValueError(f"Argument `dtype` must be int64, float32, or bytes; got {dtype!r}")
        row_splits_dtype = as_dtype(row_splits_dtype)
        if row_splits_dtype not in (int32, int64):
            raise ValueError(
                f"Argument `row_splits_dtype` must be int32 or int64; got{row_splits_dtype!r}"
            )
        if not isinstance(partitions, (list, tuple)):
            raise TypeError(
                f"Argument `partitions` must be a list or tuple. Receivedpartitions={partitions} of "
                f"type {type(partitions).__name__}."
            )
        for partition in partitions:
            if not isinstance(partition, _PARTITIONS):
                raise TypeError(
                    f"Argument `partitions` must be a list of partition objects {_PARTITIONS}; got: "
                    f"{partition!r}"
                )
        if not isinstance(validate, bool):
            raise TypeError(f"Argument `validate` must be a bool; got {validate!r}")
        return super().__new__(cls, dtype, value_key, partitions, row_splits_dtype, validate)
