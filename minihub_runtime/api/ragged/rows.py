"""What a ragged tensor tells of its rows: how many there are, where they begin and end, what shape they have.

Source: tensorflow/python/ops/ragged/ragged_tensor.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.elements import Operation
from minihub_runtime.api.filling import ones
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import Graph, Tensor, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.ragged.row_partition import RowPartition
from minihub_runtime.api.reduction import reduce_max
from minihub_runtime.api.repeating import get_positive_axis
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType, as_dtype

__all__ = ["RaggedRows"]


class RaggedRows:
    """The part of a ragged tensor that tells.

    Attributes:
        values: the rows one after the other: a Tensor, or such a part for deeper nesting.
        row_partition: how they are divided.
    """

    values: Any
    row_partition: RowPartition

    @property
    def dtype(self) -> DType:
        """The type of the values."""
        dtype: DType = self.values.dtype
        return dtype

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape; None where rows differ."""
        partition = self.row_partition
        outer = TensorShape([partition.static_nrows, partition.static_uniform_row_length])
        return outer.concatenate(self.values.shape[1:])

    def get_shape(self) -> TensorShape:
        """What is known of the shape; None where rows differ."""
        return self.shape

    @property
    def ragged_rank(self) -> int:
        """The number of ragged levels."""
        return len(self.nested_row_partitions)

    @property
    def nested_row_partitions(self) -> tuple[RowPartition, ...]:
        """The partition of every level, outermost first."""
        deeper = self.values.nested_row_partitions if isinstance(self.values, RaggedRows) else ()
        return (self.row_partition, *deeper)

    @property
    def row_splits(self) -> Tensor:
        """The places between rows: [rows + 1]."""
        return self.row_partition.row_splits

    @property
    def uniform_row_length(self) -> Tensor | None:
        """The length of all rows if they were given one, else None."""
        return self.row_partition.uniform_row_length

    @property
    def flat_values(self) -> Any:
        """The innermost values."""
        values = self.values
        while isinstance(values, RaggedRows):
            values = values.values
        return values

    @property
    def nested_row_splits(self) -> tuple[Tensor, ...]:
        """The splits of every level, outermost first."""
        return tuple(partition.row_splits for partition in self.nested_row_partitions)

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        graph: Graph = self.flat_values.graph
        return graph

    @property
    def op(self) -> Operation:
        """The operation that makes the flat values."""
        op: Operation = self.flat_values.op
        return op

    def value_rowids(self, name: str | None = None) -> Tensor:
        """The row of each value."""
        with name_scope(name, "RaggedValueRowIds", [self]):
            return self.row_partition.value_rowids()

    def nested_value_rowids(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The row of each value on every level, outermost first."""
        with name_scope(name, "RaggedNestedValueRowIds", [self]):
            ids = []
            level: Any = self
            while isinstance(level, RaggedRows):
                ids.append(level.value_rowids())
                level = level.values
            return tuple(ids)

    def nrows(self, out_type: Any = None, name: str | None = None) -> Tensor:
        """The number of rows; of the type of the splits unless `out_type` says else."""
        with name_scope(name, "RaggedNRows", [self]):
            count = self.row_partition.nrows()
            if out_type is None:
                return count
            result: Tensor = cast(count, out_type)
            return result

    def row_starts(self, name: str | None = None) -> Tensor:
        """Where each row begins."""
        with name_scope(name, "RaggedRowStarts", [self]):
            return self.row_partition.row_starts()

    def row_limits(self, name: str | None = None) -> Tensor:
        """Where each row ends."""
        with name_scope(name, "RaggedRowLimits", [self]):
            return self.row_partition.row_limits()

    def row_lengths(self: Any, axis: int = 1, name: str | None = None) -> Any:
        """The length of each row; with `axis` > 1, of the rows inside: a RaggedTensor.

        Raises:
            ValueError: there is no such axis.
        """
        if axis == 0:
            return self.row_partition.nrows()
        if axis == 1:
            return self.row_partition.row_lengths()
        with name_scope(name, "RaggedRowLengths", [self]):
            axis = get_positive_axis(axis, self.shape.ndims, ndims_name="rank(self)")
            if axis == 0:
                return self.nrows()
            if axis == 1:
                splits = self.row_splits
                return splits[1:] - splits[:-1]
            if isinstance(self.values, RaggedRows):
                return self.with_values(self.values.row_lengths(axis - 1))
            dtype = self.row_partition.dtype
            sizes = shape(self.values, out_type=dtype)
            return self.with_values(ones(sizes[: axis - 1], dtype) * sizes[axis - 1])

    def nested_row_lengths(self, name: str | None = None) -> tuple[Tensor, ...]:
        """The length of each row on every level, outermost first."""
        with name_scope(name, "RaggedNestedRowLengths", [self]):
            lengths = []
            level: Any = self
            while isinstance(level, RaggedRows):
                lengths.append(level.row_lengths())
                level = level.values
            return tuple(lengths)

    def bounding_shape(
        self, axis: Any = None, name: str | None = None, out_type: Any = None
    ) -> Tensor:
        """The smallest dense shape that all rows fit into; only the size of `axis` if that is given."""
        own = self.row_partition.dtype
        dtype = own if out_type is None else as_dtype(out_type)
        with name_scope(name, "RaggedBoundingBox", [self, axis]):
            if isinstance(axis, int) and axis in (0, 1):
                if axis == 0:
                    rows: Tensor = shape(self.nested_row_splits[0], out_type=dtype)[0] - 1
                    return rows
                result = _longest(self.row_lengths())
                return cast(result, dtype) if dtype != own else result
            splits_shape = shape(self.row_splits, out_type=dtype)
            flat_shape = shape(self.flat_values, out_type=dtype)
            outer = [
                splits_shape[0] - 1,
                *(_longest(splits[1:] - splits[:-1]) for splits in self.nested_row_splits),
            ]
            inner = flat_shape[1:]
            if dtype != own:
                outer = [cast(size, dtype) for size in outer]
            box = concat([stack(outer), inner], axis=0)
            return box if axis is None else gather(box, axis)


def _longest(lengths: Tensor) -> Tensor:
    result: Tensor = build("Maximum", x=reduce_max(lengths), y=0)
    return result
