"""How a sequence of values is divided into rows.

A partition is held as the splits between rows; what else is known of it from how it was made (row lengths, row numbers,
counts) is kept, so that it need not be computed again.

Source: tensorflow/python/ops/ragged/row_partition.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.bincount import bincount
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.checks.ranks import assert_rank
from minihub_runtime.api.checks.values import (
    assert_equal,
    assert_greater_equal,
    assert_less,
    assert_less_equal,
    assert_non_negative,
)
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.joining import concat
from minihub_runtime.api.ragged.segment_ids import row_splits_to_segment_ids
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import cumsum
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import DType, as_dtype, int32, int64

__all__ = ["RowPartition", "partition_tensor"]


class RowPartition:
    """A division of values into rows; made by the `from_…` methods.

    Attributes:
        row_splits: int32 or int64 [rows + 1]: row i is `values[row_splits[i]:row_splits[i + 1]]`.
    """

    def __init__(
        self,
        row_splits: Tensor,
        row_lengths: Tensor | None = None,
        value_rowids: Tensor | None = None,
        nrows: Tensor | None = None,
        uniform_row_length: Tensor | None = None,
        nvals: Tensor | None = None,
    ) -> None:
        if row_splits.dtype not in (int32, int64):
            raise ValueError("Row-partitioning argument must be int32 or int64")
        row_splits.set_shape([None])
        self.row_splits = row_splits
        self._row_lengths = row_lengths
        self.precomputed_value_rowids = value_rowids
        self._nrows = nrows
        self.uniform_row_length = uniform_row_length
        self._nvals = nvals
        for known in (row_lengths, value_rowids, nrows, uniform_row_length, nvals):
            if known is not None and known.dtype != row_splits.dtype:
                raise ValueError(
                    f"Inconsistent dtype for encoding tensors: {known} vs {row_splits}"
                )

    # Making partitions

    @classmethod
    def from_value_rowids(
        cls, value_rowids: Any, nrows: Any = None, validate: bool = True, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition in which value i is in row `value_rowids[i]`; the numbers are sorted.

        Args:
            value_rowids: [values].
            nrows: the number of rows; by default the last row is the last that has a value.
            validate: whether a run checks the arguments.
            dtype_hint: type of arguments that have none.

        Raises:
            ValueError: it is known that they form no partition.
        """
        _check_flag(validate)
        with name_scope(None, "RowPartitionFromValueRowIds", [value_rowids, nrows]):
            value_rowids = partition_tensor(value_rowids, "value_rowids", dtype_hint)
            nrows, const_nrows = _row_count(value_rowids, nrows)
            value_rowids.shape.assert_has_rank(1)
            nrows.shape.assert_has_rank(0)
            if validate:
                msg = "Arguments to from_value_rowids do not form a valid RowPartition"
                checks = [
                    assert_rank(value_rowids, 1, message=msg),
                    assert_rank(nrows, 0, message=msg),
                    assert_non_negative(value_rowids[:1], message=msg),
                    _assert_monotonic_increasing(value_rowids, msg),
                    assert_less(value_rowids[-1:], nrows, message=msg),
                ]
                value_rowids = with_dependencies(checks, value_rowids)
            rowids_int32 = cast(value_rowids, int32)
            nrows_int32 = cast(nrows, int32)
            row_lengths = bincount(
                rowids_int32, minlength=nrows_int32, maxlength=nrows_int32, dtype=value_rowids.dtype
            )
            row_splits = concat([[0], cumsum(row_lengths)], axis=0)
            if const_nrows is not None:
                row_lengths.set_shape([const_nrows])
                row_splits.set_shape([const_nrows + 1])
            return cls(row_splits, row_lengths, value_rowids, nrows)

    @classmethod
    def from_row_splits(
        cls, row_splits: Any, validate: bool = True, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition with these splits: they begin with 0 and do not fall.

        Raises:
            ValueError: there are none, or they have not rank 1.
        """
        _check_flag(validate)
        if isinstance(row_splits, (list, tuple)) and not row_splits:
            raise ValueError("row_splits tensor may not be empty.")
        with name_scope(None, "RowPartitionFromRowSplits", [row_splits]):
            row_splits = partition_tensor(row_splits, "row_splits", dtype_hint)
            row_splits.shape.assert_has_rank(1)
            if validate:
                msg = "Arguments to from_row_splits do not form a valid RaggedTensor:"
                checks = [
                    assert_rank(row_splits, 1, message=f"{msg}rank"),
                    _assert_zero(row_splits[0], f"{msg}zero"),
                    _assert_monotonic_increasing(row_splits, f"{msg}monotonic"),
                ]
                row_splits = with_dependencies(checks, row_splits)
            return cls(row_splits)

    @classmethod
    def from_row_lengths(
        cls, row_lengths: Any, validate: bool = True, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition into rows of these lengths.

        Raises:
            ValueError: they have not rank 1.
        """
        _check_flag(validate)
        with name_scope(None, "RowPartitionFromRowLengths", [row_lengths]):
            row_lengths = partition_tensor(row_lengths, "row_lengths", dtype_hint)
            row_lengths.shape.assert_has_rank(1)
            if validate:
                msg = "Arguments to from_row_lengths do not form a valid RowPartition"
                checks = [
                    assert_rank(row_lengths, 1, message=msg),
                    assert_non_negative(row_lengths, message=msg),
                ]
                row_lengths = with_dependencies(checks, row_lengths)
            row_splits = concat([[0], cumsum(row_lengths)], axis=0)
            return cls(row_splits, row_lengths)

    @classmethod
    def from_row_starts(
        cls, row_starts: Any, nvals: Any, validate: bool = True, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition of `nvals` values into rows that begin at these places.

        Raises:
            ValueError: they have not rank 1.
        """
        _check_flag(validate)
        with name_scope(None, "RowPartitionFromRowStarts", [row_starts]):
            row_starts = partition_tensor(row_starts, "row_starts", dtype_hint)
            row_starts.shape.assert_has_rank(1)
            nvals = cast(nvals, row_starts.dtype)
            if validate:
                msg = "Arguments to from_row_starts do not form a valid RaggedTensor"
                checks = [
                    assert_rank(row_starts, 1, message=msg),
                    _assert_zero(row_starts[:1], msg),
                    _assert_monotonic_increasing(row_starts, msg),
                    assert_less_equal(row_starts[-1:], nvals, message=msg),
                ]
                row_starts = with_dependencies(checks, row_starts)
            return cls(concat([row_starts, [nvals]], axis=0), nvals=nvals)

    @classmethod
    def from_row_limits(
        cls, row_limits: Any, validate: bool = True, dtype_hint: Any = None
    ) -> RowPartition:
        """The partition into rows that end at these places.

        Raises:
            ValueError: they have not rank 1.
        """
        _check_flag(validate)
        with name_scope(None, "RowPartitionFromRowLimits", [row_limits]):
            row_limits = partition_tensor(row_limits, "row_limits", dtype_hint)
            row_limits.shape.assert_has_rank(1)
            if validate:
                msg = "Arguments to from_row_limits do not form a valid RaggedTensor"
                checks = [
                    assert_rank(row_limits, 1, message=msg),
                    assert_non_negative(row_limits[:1], message=msg),
                    _assert_monotonic_increasing(row_limits, msg),
                ]
                row_limits = with_dependencies(checks, row_limits)
            zero = zeros([1], row_limits.dtype)
            return cls(concat([zero, row_limits], axis=0))

    @classmethod
    def from_uniform_row_length(
        cls,
        uniform_row_length: Any,
        nvals: Any = None,
        nrows: Any = None,
        validate: bool = True,
        dtype_hint: Any = None,
    ) -> RowPartition:
        """The partition into rows of one length.

        Args:
            uniform_row_length: the length.
            nvals: the number of values.
            nrows: the number of rows, needed if the length is 0.
            validate: whether the arguments are checked.
            dtype_hint: type of arguments that have none.

        Raises:
            ValueError: they form no partition, or neither number is given.
        """
        _check_flag(validate)
        if nrows is None and nvals is None:
            raise ValueError("Either (or both) of nvals and nrows must be specified")
        with name_scope(None, "RowPartitionFromUniformRowLength", [uniform_row_length, nrows]):
            named = {"uniform_row_length": uniform_row_length, "nvals": nvals, "nrows": nrows}
            dtype = _common_type(list(named.values()), dtype_hint)
            length, nvals, nrows = (
                None if value is None else convert_to_tensor(value, dtype, name)
                for name, value in named.items()
            )
            assert length is not None
            length.shape.assert_has_rank(0)
            return cls._uniform(length, nvals, nrows, validate)

    @classmethod
    def _uniform(cls, length: Tensor, nvals: Any, nrows: Any, validate: bool) -> RowPartition:
        const_length = constant_value(length)
        if nrows is None:
            if const_length is None:
                at_least_one = build("Maximum", x=length, y=constant(1, length.dtype))
                nrows = nvals // at_least_one
            elif const_length == 0:
                nrows = constant(0, length.dtype)
            else:
                nrows = nvals // const_length
        const_nrows = constant_value(nrows)
        const_nvals = None if nvals is None else constant_value(nvals)
        checks = []
        if const_nvals is None and const_nrows is not None and const_length is not None:
            const_nvals = const_nrows * const_length
            if nvals is not None and validate:
                checks.append(assert_equal(nvals, const_nvals))
            nvals = constant(const_nvals, length.dtype)
        if nvals is None:
            nvals = nrows * length
        if const_nrows is not None and const_length is not None:
            splits = np.arange(int(const_nrows) + 1) * int(const_length)
            row_splits = constant(splits.tolist(), length.dtype)
        else:
            row_splits = range(nrows + 1, dtype=length.dtype) * length
        if validate:
            if const_nrows is None or const_length is None or const_nvals is None:
                told = (
                    "uniform_row_length", length, "times nrows", nrows, "must equal nvals", nvals,
                )  # fmt: skip
                checks.append(assert_equal(nrows * length, nvals, told))
            elif const_nrows * const_length != const_nvals:
                raise ValueError(
                    f"uniform_row_length={const_length} times nrows={const_nrows} must equal "
                    f"nvals={const_nvals}"
                )
            if length.shape.ndims is None:
                checks.append(
                    assert_rank(length, 0, message="uniform_row_length must be a scalar.")
                )
            if const_length is None:
                zero = constant(0, length.dtype)
                msg = "uniform_row_length must be >= 0."
                checks.append(assert_greater_equal(length, zero, message=msg))
            elif const_length < 0:
                raise ValueError("uniform_row_length must be >= 0.")
            row_splits = with_dependencies(checks, row_splits)
        return cls(row_splits, uniform_row_length=length, nrows=nrows, nvals=nvals)

    # What a partition tells

    @property
    def dtype(self) -> DType:
        """int32 or int64."""
        return self.row_splits.dtype

    def value_rowids(self) -> Tensor:
        """The row of each value."""
        if self.precomputed_value_rowids is not None:
            return self.precomputed_value_rowids
        return row_splits_to_segment_ids(self.row_splits)

    def nvals(self) -> Tensor:
        """The number of values."""
        last: Tensor = self.row_splits[-1]
        return last

    def nrows(self) -> Tensor:
        """The number of rows."""
        if self._nrows is not None:
            return self._nrows
        count = self.row_splits.shape[0].value
        if count is not None:
            return constant(count - 1, self.dtype)
        rows: Tensor = shape(self.row_splits, out_type=self.dtype)[0] - 1
        return rows

    def row_starts(self) -> Tensor:
        """Where each row begins."""
        starts: Tensor = self.row_splits[:-1]
        return starts

    def row_limits(self) -> Tensor:
        """Where each row ends."""
        limits: Tensor = self.row_splits[1:]
        return limits

    def row_lengths(self) -> Tensor:
        """The length of each row."""
        if self._row_lengths is not None:
            return self._row_lengths
        lengths: Tensor = self.row_splits[1:] - self.row_splits[:-1]
        return lengths

    def offsets_in_rows(self) -> Tensor:
        """The place of each value in its row."""
        _, offsets = build(
            "RaggedRange",
            starts=constant(0, self.dtype),
            limits=self.row_lengths(),
            deltas=constant(1, self.dtype),
            Tsplits=int64,
        )
        found: Tensor = offsets
        return found

    @property
    def static_nrows(self) -> int | None:
        """The number of rows, None if it is not known."""
        splits: int | None = self.row_splits.shape[0].value
        if splits is not None:
            return splits - 1
        if self._row_lengths is not None:
            lengths: int | None = self._row_lengths.shape[0].value
            if lengths is not None:
                return lengths
        value = None if self._nrows is None else constant_value(self._nrows)
        return None if value is None else int(value)

    @property
    def static_nvals(self) -> int | None:
        """The number of values, None if it is not known."""
        value = None if self._nvals is None else constant_value(self._nvals)
        if value is not None:
            return int(value)
        ids = self.precomputed_value_rowids
        return None if ids is None else ids.shape[0].value

    @property
    def static_uniform_row_length(self) -> int | None:
        """The length of all rows, None if it is not known or not one."""
        length = self.uniform_row_length
        value = None if length is None else constant_value(length)
        return None if value is None else int(value)

    def is_uniform(self) -> bool:
        """Whether all rows were given one length."""
        return self.uniform_row_length is not None

    # Partitions like this one

    def _parts(self) -> tuple[Tensor | None, ...]:
        return (
            self._row_lengths,
            self.precomputed_value_rowids,
            self._nrows,
            self.uniform_row_length,
        )

    def with_dependencies(self, dependencies: Sequence[Any]) -> RowPartition:
        """The same partition, whose splits wait for operations."""
        return RowPartition(with_dependencies(dependencies, self.row_splits), *self._parts())

    def merge_with(self, other: RowPartition) -> RowPartition:
        """The partition with all that is known of either; a run checks that they are the same.

        Raises:
            ValueError: their shapes are known to differ.
        """
        names = (
            "nrows",
            "nvals",
            "uniform_row_length",
            "row_splits",
            "row_lengths",
            "value_rowids",
        )
        mine, theirs = self._encodings(), other._encodings()
        if self is other or all(mine[name] is theirs[name] for name in names):
            return self
        merged: dict[str, Any] = {}
        checked = dict.fromkeys(names, False)
        validate = True
        for name in names:
            merged[name], checked[name] = _merge_tensors(mine[name], theirs[name], name, validate)
            uniform = checked["uniform_row_length"] and checked["nrows"]
            known_rows = checked["value_rowids"] and checked["nrows"]
            if uniform or known_rows or checked["row_splits"] or checked["row_lengths"]:
                validate = False
        kept = [name for name in names if name != "nvals"]
        for partition, parts in ((self, mine), (other, theirs)):
            if all(merged[name] is parts[name] for name in kept):
                return partition
        return RowPartition(**merged)

    def _encodings(self) -> dict[str, Tensor | None]:
        return {
            "nrows": self._nrows,
            "nvals": self._nvals,
            "uniform_row_length": self.uniform_row_length,
            "row_splits": self.row_splits,
            "row_lengths": self._row_lengths,
            "value_rowids": self.precomputed_value_rowids,
        }

    def with_dtype(self, dtype: Any) -> RowPartition:
        """The same partition of another type.

        Raises:
            ValueError: the type is not int32 or int64.
        """
        dtype = as_dtype(dtype)
        if dtype not in (int32, int64):
            raise ValueError("dtype must be int32 or int64")
        if self.dtype == dtype:
            return self
        splits = cast(self.row_splits, dtype)
        parts = [None if part is None else cast(part, dtype) for part in self._parts()]
        return RowPartition(splits, *parts)

    def set_uniform_row_length(self, length: int) -> None:
        """Note that all rows have this length.

        Raises:
            ValueError: it is known that they have another.
        """
        self.uniform_row_length = convert_to_tensor(length, self.dtype)
        if self._nrows is None:
            from minihub_runtime.api.sizes import size

            self._nrows = size(self.row_splits, out_type=self.dtype) - 1

    def __repr__(self) -> str:
        if self.uniform_row_length is not None:
            return (
                f"tf.RowPartition(nrows={self._nrows}, "
                f"uniform_row_length={self.uniform_row_length})"
            )
        return f"tf.RowPartition(row_splits={self.row_splits})"


def _check_flag(validate: Any) -> None:
    if not isinstance(validate, bool):
        raise TypeError("validate must have type bool")


def partition_tensor(partition: Any, name: str, dtype_hint: Any) -> Tensor:
    """An argument as a tensor of int32 or int64, int64 unless it says else."""
    if isinstance(partition, np.ndarray) and partition.dtype == np.int32:
        tensor = convert_to_tensor(partition, name=name)
    else:
        hint = int64 if dtype_hint is None else dtype_hint
        tensor = convert_to_tensor(partition, name=name, preferred_dtype=hint)
    if tensor.dtype not in (int32, int64):
        raise ValueError(f"{name} must have dtype int32 or int64")
    return tensor


def _row_count(value_rowids: Tensor, nrows: Any) -> tuple[Tensor, int | None]:
    """The number of rows as a tensor, and as a number if it is known."""
    ids = constant_value(value_rowids)
    if nrows is None:
        if ids is None:
            return concat([value_rowids[-1:], [-1]], axis=0)[0] + 1, None
        count = int(ids[-1]) + 1 if ids.size else 0
        return convert_to_tensor(count, value_rowids.dtype, "nrows"), count
    nrows = convert_to_tensor(nrows, value_rowids.dtype, "nrows")
    known = constant_value(nrows)
    if known is None:
        return nrows, None
    if known < 0:
        raise ValueError(f"Expected nrows >= 0; got {known}")
    if ids is not None and ids.size and known < ids[-1] + 1:
        raise ValueError(
            f"Expected nrows >= value_rowids[-1] + 1; got nrows={known}, value_rowids[-1]={ids[-1]}"
        )
    return nrows, int(known)


def _common_type(values: list[Any], dtype_hint: Any) -> DType:
    """The type of the first tensor, else of the first array, else the hint."""
    for kind in (Tensor, np.ndarray):
        for value in values:
            if isinstance(value, kind):
                return as_dtype(value.dtype)
    return int64 if dtype_hint is None else as_dtype(dtype_hint)


def _assert_monotonic_increasing(tensor: Tensor, message: str) -> Any:
    return assert_non_negative(tensor[1:] - tensor[:-1], message=message)


def _assert_zero(tensor: Tensor, message: str) -> Any:
    return assert_equal(tensor, constant(0, tensor.dtype), message=message)


def _merge_tensors(mine: Any, theirs: Any, name: str, validate: bool) -> tuple[Any, bool]:
    """One of two equal tensors that may be unknown, and whether it is known or checked that they are equal."""
    if mine is None or theirs is None:
        return (theirs if mine is None else mine), False
    if mine is theirs:
        return mine, True
    message = f"RowPartition._merge_precomputed_encodings: partitions have incompatible {name}"
    if not mine.shape.is_compatible_with(theirs.shape):
        raise ValueError(message)
    if not validate:
        return mine, False
    return with_dependencies([assert_equal(mine, theirs, message=message)], mine), True
