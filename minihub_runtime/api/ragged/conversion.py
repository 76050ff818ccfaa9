"""Ragged tensors from dense and sparse ones, and back.

Source: tensorflow/python/ops/ragged/ragged_tensor.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.cond import cond
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.encoding import sequence_mask
from minihub_runtime.api.filling import ones, zeros
from minihub_runtime.api.gathering import boolean_mask, where
from minihub_runtime.api.graph import Tensor, control_dependencies, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.ragged.row_partition import RowPartition
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import (
    cumprod,
    cumsum,
    reduce_all,
    reduce_any,
    reduce_max,
    reduce_sum,
)
from minihub_runtime.api.sizes import convert_to_int_tensor, rank, shape
from minihub_runtime.api.sparse.conversion import convert_to_tensor_or_sparse_tensor
from minihub_runtime.api.tensor_shape import as_shape
from minihub_runtime.dtypes import DType, as_dtype, bool_, int32, int64
from minihub_runtime.values import SparseTensorValue

__all__ = ["from_sparse", "from_tensor", "to_sparse", "to_tensor"]


def from_tensor(
    tensor: Any,
    lengths: Any = None,
    padding: Any = None,
    ragged_rank: int = 1,
    name: str | None = None,
    row_splits_dtype: Any = int64,
) -> RaggedTensor:
    """`RaggedTensor.from_tensor`."""
    dtype = as_dtype(row_splits_dtype)
    if lengths is not None and padding is not None:
        raise ValueError("Specify argument `lengths` or `padding`, but not both.")
    if not isinstance(ragged_rank, int):
        raise TypeError(f"Argument `ragged_rank` must be an int. Received {ragged_rank}.")
    if ragged_rank <= 0:
        raise ValueError(f"Argument `ragged_rank` must be greater than 0. Received {ragged_rank}.")
    with name_scope(name, "RaggedFromTensor", [tensor, lengths, padding]):
        tensor = convert_to_tensor(tensor, name="tensor")
        known_rank = tensor.shape.ndims
        if known_rank is not None and known_rank < 2:
            raise ValueError(
                "The rank of a RaggedTensor must be greater than 1, i.e., a list of scalars won't "
                f"have ragged dimensions. Received argument `tensor` with rank {known_rank}."
            )
        tensor.shape.with_rank_at_least(ragged_rank + 1)
        sizes = shape(tensor, out_type=dtype)
        ncols = sizes[1]
        if _is_nested(lengths):
            return _with_nested_lengths(tensor, lengths, ragged_rank)
        if ragged_rank > 1:
            return _nested(tensor, sizes, lengths, padding, ragged_rank, dtype)
        if padding is not None:
            lengths = _lengths_without(padding, tensor, ncols, dtype)
        if lengths is not None:
            lengths = convert_to_int_tensor(lengths, "lengths", dtype)
            lengths.shape.assert_has_rank(1)
            lengths = build("Minimum", x=lengths, y=ncols)
            lengths = build("Maximum", x=lengths, y=0)
            limits = cumsum(lengths)
            splits = concat([zeros([1], dtype), limits], axis=0)
            mask = sequence_mask(lengths, maxlen=ncols)
            values = boolean_mask(tensor, mask)
            return RaggedTensor.from_row_splits(values, splits, validate=False)
        values_shape = concat([[sizes[0] * sizes[1]], sizes[2:]], axis=0)
        values = reshape(tensor, values_shape)
        counts = [
            sizes[axis] if size is None else constant(size, dtype)
            for axis, size in enumerate(_outer_sizes(tensor))
        ]
        return RaggedTensor.from_uniform_row_length(values, counts[1], counts[0], validate=False)


def _outer_sizes(tensor: Tensor) -> tuple[int | None, int | None]:
    return tensor.shape[0].value, tensor.shape[1].value


def _is_nested(lengths: Any) -> bool:
    """Whether lengths are a list with one vector for each level."""
    return (
        isinstance(lengths, (list, tuple))
        and bool(lengths)
        and not isinstance(lengths[0], (int, float))
    )


def _with_nested_lengths(tensor: Tensor, lengths: Any, ragged_rank: int) -> RaggedTensor:
    if ragged_rank not in (1, len(lengths)):
        raise ValueError(
            "If Argument `lengths` is a tuple of row_lengths, argument `ragged_rank` must be "
            f"len(lengths): {len(lengths)}. Received ragged_rank: {ragged_rank}."
        )
    tensor.shape.with_rank_at_least(len(lengths) + 1)
    ones_mask = ones([reduce_sum(lengths[-1])], dtype=bool_)
    ragged_mask = RaggedTensor.from_nested_row_lengths(ones_mask, lengths, validate=False)
    mask = ragged_mask.to_tensor(default_value=False)
    values = boolean_mask(tensor, mask)
    made: RaggedTensor = RaggedTensor.from_nested_row_lengths(values, lengths, validate=False)
    return made


def _nested(
    tensor: Tensor, sizes: Any, lengths: Any, padding: Any, ragged_rank: int, dtype: DType
) -> RaggedTensor:
    """The innermost rows by `from_tensor`, those around them by their one length."""
    if tensor.shape.is_fully_defined():
        sizes = tensor.shape.as_list()
        products: Any = np.cumprod(sizes)
        new_shape: Any = [products[ragged_rank - 1], *sizes[ragged_rank:]]
    else:
        products = cumprod(sizes)
        new_shape = concat([[products[ragged_rank - 1]], sizes[ragged_rank:]], axis=0)
    flattened = reshape(tensor, new_shape)
    result = from_tensor(flattened, lengths, padding, row_splits_dtype=dtype)
    for axis in reversed(np.arange(1, ragged_rank).tolist()):
        known = tensor.shape[axis].value
        length = sizes[axis] if known is None else constant(known, dtype)
        result = RaggedTensor.from_uniform_row_length(
            result, length, products[axis - 1], validate=False
        )
    return result


def _lengths_without(padding: Any, tensor: Tensor, ncols: Any, dtype: DType) -> Tensor:
    """How long each row is without `padding` at its end."""
    padding = convert_to_tensor(padding, tensor.dtype, "padding")
    padding.shape.assert_is_compatible_with(tensor.shape[2:])
    is_padding = build("Equal", x=padding, y=tensor)
    tensor_rank = rank(tensor)
    inner = range(2, tensor_rank)
    all_padding = cond(
        tensor_rank > 2, lambda: reduce_all(is_padding, axis=inner), lambda: is_padding
    )
    all_padding.set_shape([None, None])
    all_padding.set_shape(tensor.shape[:2])
    used = cast(build("LogicalNot", x=all_padding), dtype)
    lengths: Tensor = reduce_max(used * expand_dims(range(1, ncols + 1), 0), axis=1)
    return lengths


def to_tensor(
    tensor: RaggedTensor, default_value: Any = None, name: str | None = None, shape: Any = None
) -> Tensor:
    """`RaggedTensor.to_tensor`."""
    with name_scope(name, "RaggedToTensor", [tensor, default_value, shape]):
        if default_value is not None:
            default_value = convert_to_tensor(default_value, tensor.dtype, "default_value")
        types, tensors = _row_partitions(tensor)
        if default_value is None:
            default_value = zeros((), tensor.dtype)
        if (
            isinstance(shape, (list, tuple))
            and any(isinstance(size, Tensor) for size in shape)
            and all(isinstance(size, (int, Tensor)) for size in shape)
        ):
            shape = stack(shape)
        made: Tensor = build(
            "RaggedTensorToTensor",
            shape=_shape_tensor(shape, tensors[0].dtype),
            values=tensor.flat_values,
            default_value=default_value,
            row_partition_types=types,
            row_partition_tensors=tensors,
        )
        if tensor.shape.ndims is not None and not isinstance(shape, Tensor):
            wanted = as_shape(shape).as_tuple()
            known = tensor.shape.as_tuple() or ()
            made.set_shape(
                known
                if wanted is None
                else [own if size is None else size for size, own in zip(wanted, known)]
            )
        return made


def _row_partitions(tensor: RaggedTensor) -> tuple[list[str], list[Tensor]]:
    """Kind and tensor of what tells the rows of every level, as it was given."""
    outer, *deeper = tensor.nested_row_partitions
    if outer.precomputed_value_rowids is not None:
        pairs = [
            ("FIRST_DIM_SIZE", outer.nrows()),
            ("VALUE_ROWIDS", outer.precomputed_value_rowids),
        ]
    else:
        pairs = [("ROW_SPLITS", outer.row_splits)]
    pairs += [_row_partition(partition) for partition in deeper]
    return [kind for kind, _ in pairs], [part for _, part in pairs]


def _row_partition(partition: RowPartition) -> tuple[str, Tensor]:
    if partition.precomputed_value_rowids is not None:
        return "VALUE_ROWIDS", partition.precomputed_value_rowids
    return "ROW_SPLITS", partition.row_splits


def _shape_tensor(shape: Any, dtype: DType) -> Tensor:
    """A wanted shape as a tensor, -1 where it is free."""
    if isinstance(shape, Tensor):
        return shape if shape.dtype in (int32, int64) else cast(shape, dtype)
    sizes = as_shape(shape).as_tuple()
    if not sizes:
        return constant(-1, dtype)
    return constant([-1 if size is None else size for size in sizes], dtype)


def from_sparse(
    st_input: Any, name: str | None = None, row_splits_dtype: Any = int64
) -> RaggedTensor:
    """`RaggedTensor.from_sparse`."""
    dtype = as_dtype(row_splits_dtype)
    if not isinstance(st_input, (SparseTensor, SparseTensorValue)):
        raise TypeError(
            "Argument `st_input` must be of type SparseTensor, but is of type "
            f"{type(st_input).__name__}."
        )
    with name_scope(name, "RaggedFromSparse", [st_input]):
        sparse = convert_to_tensor_or_sparse_tensor(st_input, name="st_input")
        ranks = (sparse.dense_shape.shape[0].value, sparse.indices.shape[1].value)
        if 2 not in ranks:
            raise ValueError("rank(st_input) must be 2.")
        with control_dependencies(_assert_at_beginnings_of_rows(sparse.indices)):
            ids = cast(sparse.indices[:, 0], dtype)
            count = cast(sparse.dense_shape[0], dtype)
            return RaggedTensor.from_value_rowids(sparse.values, ids, count, validate=False)


def _assert_at_beginnings_of_rows(indices: Tensor) -> list[Any]:
    """Checks that the elements of each row stand one after the other from its beginning."""
    prefix = indices[:, :-1]
    suffix = indices[:, -1]
    new_row = reduce_any(build("NotEqual", x=prefix[1:], y=prefix[:-1]), axis=1)
    right = where(
        new_row,
        build("Equal", x=suffix[1:], y=0),
        build("Equal", x=suffix[1:], y=suffix[:-1] + 1),
    )
    first = reduce_all(build("Equal", x=suffix[:1], y=0))
    all_right = build("LogicalAnd", x=first, y=reduce_all(right))
    told = ["SparseTensor is not right-ragged", "SparseTensor.indices =", indices]
    return [Assert(all_right, told)]


def to_sparse(tensor: RaggedTensor, name: str | None = None) -> SparseTensor:
    """`RaggedTensor.to_sparse`."""
    with name_scope(name, "RaggedToSparse", [tensor]):
        parts = build(
            "RaggedTensorToSparse",
            name=name,
            rt_nested_splits=list(tensor.nested_row_splits),
            rt_dense_values=tensor.flat_values,
        )
        return SparseTensor(*parts)
