"""Shapes of ragged tensors as tensors, and broadcasting to them.

Source: tensorflow/python/ops/ragged/ragged_tensor_shape.py.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.broadcasting import broadcast_dynamic_shape as broadcast_dense_shape
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import ones
from minihub_runtime.api.gathering import gather, where
from minihub_runtime.api.graph import Operation, control_dependencies, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.ragged.repeating import lengths_to_splits, repeat_ranges
from minihub_runtime.api.ragged.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    nrows,
)
from minihub_runtime.api.ragged.tiling import tile, tile_axis
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import reduce_all, reduce_sum
from minihub_runtime.api.sizes import convert_to_int_tensor, size
from minihub_runtime.api.sizes import shape as shape_of
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import DType, int64

__all__ = ["RaggedTensorDynamicShape", "broadcast_dynamic_shape", "broadcast_to"]


def _equal(x: Any, y: Any) -> Any:
    return build("Equal", x=x, y=y)


class RaggedTensorDynamicShape:
    """The shape of a ragged or dense tensor.

    Attributes:
        partitioned_dim_sizes: for each dimension down to the innermost ragged one its size, or the lengths of its
            rows; empty for a dense tensor.
        inner_dim_sizes: the sizes of the dimensions after these.
        checks: operations that fail in a run unless the shape is right.
    """

    def __init__(
        self,
        partitioned_dim_sizes: Sequence[Any],
        inner_dim_sizes: Any,
        dtype: DType | None = None,
        checks: Sequence[Operation] = (),
    ) -> None:
        told = (partitioned_dim_sizes, inner_dim_sizes)
        with name_scope(None, "RaggedTensorDynamicShape", told):
            outer = [
                convert_to_tensor(part, name=f"partitioned_dimension_size_{place}")
                for place, part in enumerate(partitioned_dim_sizes)
            ]
            inner = convert_to_tensor(inner_dim_sizes, name="inner_dim_sizes")
            for axis, part in enumerate(outer):
                if part.shape.ndims is None:
                    raise ValueError(f"rank of partitioned_dim_sizes[{axis}] is unknown")
                part.shape.with_rank_at_most(1)
            if outer and outer[0].shape.ndims == 1:
                raise ValueError("outermost partitioned dimension must be uniform")
            if outer and outer[-1].shape.ndims == 0:
                raise ValueError("innermost partitioned dimension must be ragged")
            inner.shape.assert_has_rank(1)
            if dtype is None:
                found = {part.dtype for part in outer if part.shape.ndims == 1}
                if len(found) > 1:
                    raise ValueError("partitioned_dim_sizes must have matching dtypes")
                dtype = found.pop() if found else int64
            self.partitioned_dim_sizes = tuple(cast(part, dtype) for part in outer)
            self.inner_dim_sizes = cast(inner, dtype)
        self.dtype = dtype
        self.checks = list(checks)

    @classmethod
    def from_tensor(cls, tensor: Any, dtype: DType | None = None) -> RaggedTensorDynamicShape:
        """The shape of a tensor."""
        with name_scope(None, "RaggedTensorDynamicShapeFromTensor", [tensor]):
            tensor = convert_to_tensor_or_ragged_tensor(tensor)
            if not isinstance(tensor, RaggedTensor):
                return cls([], shape_of(tensor), dtype)
            outer = (tensor.nrows(), *tensor.nested_row_lengths())
            return cls(outer, shape_of(tensor.flat_values)[1:], dtype)

    def dimension_size(self, axis: int) -> Any:
        """The size of a dimension, or the lengths of its rows."""
        if axis < self.num_partitioned_dimensions:
            return self.partitioned_dim_sizes[axis]
        return self.inner_dim_sizes[axis - self.num_partitioned_dimensions]

    def is_ragged(self, axis: int) -> bool:
        """Whether a dimension has rows of different lengths."""
        return bool(
            0 < axis < self.num_partitioned_dimensions
            and self.partitioned_dim_sizes[axis].shape.ndims == 1
        )

    @property
    def num_partitioned_dimensions(self) -> int:
        """The number of dimensions down to the innermost ragged one."""
        return len(self.partitioned_dim_sizes)

    @property
    def num_inner_dimensions(self) -> int | None:
        """The number of dimensions after these, None if it is not known."""
        count: int | None = self.inner_dim_sizes.shape[0].value
        return count

    @property
    def rank(self) -> int | None:
        """The number of dimensions, None if it is not known."""
        inner = self.num_inner_dimensions
        return None if inner is None else self.num_partitioned_dimensions + inner

    def broadcast_to_rank(self, rank: int) -> RaggedTensorDynamicShape:
        """The shape with dimensions of size 1 before it."""
        if self.rank is None:
            raise ValueError("Unable to broadcast: self.rank is unknown")
        more = rank - self.rank
        if more < 0:
            raise ValueError(
                f"Unable to broadcast: rank={rank} must be greater than self.rank={self.rank}."
            )
        if not more:
            return self
        if self.partitioned_dim_sizes:
            outer = (*(1,) * more, *self.partitioned_dim_sizes)
            return RaggedTensorDynamicShape(outer, self.inner_dim_sizes, self.dtype, self.checks)
        inner = concat([ones([more], self.dtype), self.inner_dim_sizes], axis=0)
        return RaggedTensorDynamicShape([], inner, self.dtype, self.checks)

    def broadcast_dimension(self, axis: int, lengths: Any) -> RaggedTensorDynamicShape:
        """The shape with a dimension broadcast to a size or to lengths of rows, which a run checks."""
        lengths = convert_to_int_tensor(lengths, "lengths", self.dtype)
        ndims = lengths.shape.ndims
        if ndims is None:
            raise ValueError("lengths must have a known rank.")
        if ndims > 1:
            raise ValueError("lengths must be a scalar or vector")
        is_scalar = ndims == 0
        if self.is_ragged(axis):
            if is_scalar:
                condition = _equal(lengths, 1)
            else:
                condition = reduce_all(_equal(lengths, self.dimension_size(axis)))
        else:
            own = self.dimension_size(axis)
            if is_scalar:
                condition = _equal(lengths, 1) | _equal(own, 1) | _equal(own, lengths)
            else:
                condition = _equal(own, 1)
        told = [
            "Unable to broadcast: dimension size mismatch in dimension",
            axis,
            "lengths=",
            lengths,
            "dim_size=",
            self.dimension_size(axis),
        ]
        check = Assert(condition, told, summarize=10)
        result = self._broadcast_to_lengths(check, axis, lengths, is_scalar)
        result.checks = [*self.checks, check]
        return result

    def _broadcast_to_lengths(
        self, check: Operation, axis: int, lengths: Any, is_scalar: bool
    ) -> RaggedTensorDynamicShape:
        with control_dependencies([check]):
            if axis < self.num_partitioned_dimensions:
                if self.is_ragged(axis):
                    inner = build("Identity", input=self.inner_dim_sizes)
                    return RaggedTensorDynamicShape(self.partitioned_dim_sizes, inner, self.dtype)
                return self._broadcast_uniform(axis, lengths)
            place = axis - self.num_partitioned_dimensions
            if is_scalar:
                return self._broadcast_inner_to_uniform(axis, place, lengths)
            if axis == 0:
                raise ValueError("Unable to broadcast: outermost dimension must be uniform.")
            return self._broadcast_inner_to_ragged(place, lengths)

    def _num_slices(self, axis: int) -> Any:
        """How many slices there are in a dimension, over all dimensions before it."""
        if axis < 0:
            return constant(1, self.dtype)
        if self.is_ragged(axis):
            return reduce_sum(self.partitioned_dim_sizes[axis])
        return self.dimension_size(axis) * self._num_slices(axis - 1)

    def _broadcast_uniform(self, axis: int, lengths: Any) -> RaggedTensorDynamicShape:
        own = self.dimension_size(axis)
        outer: list[Any] = list(self.partitioned_dim_sizes[:axis])
        if lengths.shape.ndims == 0:
            lengths = where(_equal(own, 1), lengths, own)
            repeats = where(_equal(own, 1), lengths, 1)
            splits = stack([0, self._num_slices(axis)])
        else:
            splits = range(size(lengths, out_type=self.dtype) + 1)
            repeats = lengths
        outer.append(lengths)
        for part in self.partitioned_dim_sizes[axis + 1 :]:
            if part.shape.ndims == 0:
                outer.append(part)
                splits *= part
            else:
                outer.append(repeat_ranges(part, splits, repeats))
                splits = gather(lengths_to_splits(part), splits)
        return RaggedTensorDynamicShape(outer, self.inner_dim_sizes, self.dtype)

    def _broadcast_inner_to_uniform(
        self, axis: int, place: int, length: Any
    ) -> RaggedTensorDynamicShape:
        own = self.dimension_size(axis)
        inner = concat(
            [
                self.inner_dim_sizes[:place],
                [where(_equal(own, 1), length, own)],
                self.inner_dim_sizes[place + 1 :],
            ],
            axis=0,
        )
        return RaggedTensorDynamicShape(self.partitioned_dim_sizes, inner, self.dtype)

    def _broadcast_inner_to_ragged(self, place: int, lengths: Any) -> RaggedTensorDynamicShape:
        uniform = [self.inner_dim_sizes[index] for index in builtins.range(place)]
        outer = (*self.partitioned_dim_sizes, *uniform, lengths)
        return RaggedTensorDynamicShape(outer, self.inner_dim_sizes[place + 1 :])


def broadcast_dynamic_shape(
    shape_x: RaggedTensorDynamicShape, shape_y: RaggedTensorDynamicShape
) -> RaggedTensorDynamicShape:
    """The shape that both are broadcast to.

    Raises:
        ValueError: a rank is not known.
    """
    if shape_x.rank is None or shape_y.rank is None:
        raise ValueError("Unable to broadcast: unknown rank")
    rank = max(shape_x.rank, shape_y.rank)
    shape_x, shape_y = shape_x.broadcast_to_rank(rank), shape_y.broadcast_to_rank(rank)
    for axis in builtins.range(rank):
        shape_x = shape_x.broadcast_dimension(axis, shape_y.dimension_size(axis))
        shape_y = shape_y.broadcast_dimension(axis, shape_x.dimension_size(axis))
    shape_x.checks += shape_y.checks
    return shape_x


def broadcast_to(
    tensor: Any, shape: RaggedTensorDynamicShape, broadcast_inner_dimensions: bool = True
) -> Any:
    """A ragged or dense tensor, repeated to a shape.

    Args:
        tensor: the tensor.
        shape: the shape.
        broadcast_inner_dimensions: whether the dimensions after the ragged ones are repeated, too.

    Raises:
        ValueError: it is known that they do not fit.
    """
    tensor = convert_to_tensor_or_ragged_tensor(tensor)
    if not shape.num_partitioned_dimensions:
        if isinstance(tensor, RaggedTensor):
            raise ValueError("Incompatible with shape: ragged rank mismatch")
        if not broadcast_inner_dimensions:
            return tensor
        return build("BroadcastTo", input=tensor, shape=shape.inner_dim_sizes)
    return _broadcast_to_ragged(tensor, shape, broadcast_inner_dimensions)


def _check_fit(tensor: Any, target: RaggedTensorDynamicShape) -> None:
    if isinstance(tensor, RaggedTensor) and tensor.row_splits.dtype != target.dtype:
        raise ValueError(
            "rt_input and dst_shape have different row_split dtypes; use "
            "RaggedTensor.with_row_splits_dtype() or RaggedTensorDynamicShape.with_dim_size_dtype() "
            "to convert to a compatible dtype."
        )
    if tensor.shape.ndims is None or target.rank is None:
        raise ValueError("Unable to broadcast: unknown rank")
    if tensor.shape.ndims > target.rank:
        raise ValueError("Incompatible with shape: rank mismatch")
    if isinstance(tensor, RaggedTensor) and tensor.ragged_rank >= target.num_partitioned_dimensions:
        raise ValueError("Incompatible with shape: ragged rank mismatch")


def _broadcast_to_ragged(tensor: Any, target: RaggedTensorDynamicShape, inner: bool) -> Any:
    _check_fit(tensor, target)
    rank = target.rank or 0
    inner_rank = target.num_inner_dimensions or 0
    source = RaggedTensorDynamicShape.from_tensor(tensor).broadcast_to_rank(rank)
    # 1. The same rank: dimensions of size 1 before those there are.
    if rank > tensor.shape.ndims:
        if tensor.shape.ndims < inner_rank + 1:
            tensor = reshape(tensor, concat([[-1], target.inner_dim_sizes], axis=0))
        for _ in builtins.range(rank - tensor.shape.ndims):
            count = nrows(tensor, target.dtype) if not _ragged(tensor) else tensor.nrows()
            tensor = RaggedTensor.from_row_lengths(tensor, [count], validate=False)
    # 2. The same ragged rank.
    if _ragged(tensor):
        more = tensor.flat_values.shape.ndims - 1 - inner_rank
        if more > 0:
            flat = RaggedTensor.from_tensor(
                tensor.flat_values, ragged_rank=more, row_splits_dtype=target.dtype
            )
            tensor = tensor.with_flat_values(flat)
    else:
        tensor = RaggedTensor.from_tensor(
            tensor,
            ragged_rank=target.num_partitioned_dimensions - 1,
            row_splits_dtype=target.dtype,
        )
    # 3. Uniform dimensions of size 1 are repeated.
    multiples: list[Any] = [1] * rank
    for axis in builtins.range(target.num_partitioned_dimensions):
        if source.is_ragged(axis) or target.is_ragged(axis):
            continue
        before, after = source.dimension_size(axis), target.dimension_size(axis)
        if constant_value(before) in (1, None) and constant_value(after) != 1:
            multiples[axis] = where(_equal(before, 1), after, 1)
    if not all(isinstance(count, int) for count in multiples):
        tensor = tile(tensor, stack(multiples, axis=0))
    if inner:
        flat_shape = shape_of(tensor.flat_values, out_type=target.dtype)
        new_shape = broadcast_dense_shape(flat_shape, concat([[1], target.inner_dim_sizes], axis=0))
        flat = build("BroadcastTo", input=tensor.flat_values, shape=new_shape)
        tensor = tensor.with_flat_values(flat)
    # 4. Uniform dimensions become ragged.
    for axis in builtins.range(target.num_partitioned_dimensions):
        if not source.is_ragged(axis) and target.is_ragged(axis):
            tensor = tile_axis(tensor, axis, target.dimension_size(axis), target.dtype)
    return tensor


def _ragged(tensor: Any) -> bool:
    return isinstance(tensor, RaggedTensor)
