"""Rows of ragged tensors by their numbers.

Source: tensorflow/python/ops/ragged/ragged_gather_ops.py, ragged_batch_gather_ops.py.
"""

from __future__ import annotations

import builtins
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.filling import ones
from minihub_runtime.api.gathering import gather as gather_dense
from minihub_runtime.api.gathering_nd import gather_nd as gather_nd_dense
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.ragged.shaping import expand_dims as expand_ragged_dims
from minihub_runtime.api.ragged.tensor import (
    RaggedTensor,
    convert_to_tensor_or_ragged_tensor,
    match_row_splits_dtypes,
)
from minihub_runtime.api.ragged.tiling import tile
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import cumprod
from minihub_runtime.api.repeating import get_positive_axis, repeat
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.dtypes import DType, int32

__all__ = ["batch_gather", "gather", "gather_nd"]


def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = 0,
    batch_dims: int = 0,
) -> Any:
    """`tf.gather` where either tensor is ragged.

    Raises:
        ValueError: an axis or a rank is not known or out of range, or shapes are known to differ.
    """
    with name_scope(name, "RaggedGather", [params, indices]):
        params = convert_to_tensor_or_ragged_tensor(params, name="params")
        indices = convert_to_tensor_or_ragged_tensor(indices, name="indices")
        match_row_splits_dtypes(params, indices)
        indices_rank = indices.shape.ndims
        if batch_dims != indices_rank:
            batch_dims = get_positive_axis(batch_dims, indices_rank, "batch_dims", "rank(indices)")
        if params.shape.ndims is not None and batch_dims >= params.shape.ndims:
            raise ValueError("batch_dims must be less than rank(params)")
        if axis is None:
            axis = batch_dims
        axis = get_positive_axis(axis, params.shape.ndims, ndims_name="rank(params)")
        if axis < batch_dims:
            raise ValueError("axis must be greater than or equal to batch_dims")
        if indices_rank is not None and not 0 <= batch_dims <= indices_rank:
            raise ValueError(
                f"batch_dims={batch_dims} must be between 0 and rank(indices)={indices_rank}"
            )
        return _gather(params, indices, axis, batch_dims)


def _is_ragged(tensor: Any) -> bool:
    return isinstance(tensor, RaggedTensor)


def _gather(params: Any, indices: Any, axis: int, batch_dims: int) -> Any:
    if not _is_ragged(params) and not _is_ragged(indices):
        return gather_dense(params, indices, axis=axis, batch_dims=batch_dims)
    if batch_dims > 0:
        return _batch_gather(params, indices, axis, batch_dims)
    if axis > 0:
        return _axis_gather(params, indices, axis)
    if _is_ragged(indices):
        return indices.with_values(_gather(params, indices.values, 0, 0))
    if indices.shape.ndims is None:
        raise ValueError("rank(indices) must be known statically")
    splits, values = build(
        "RaggedGather",
        indices=indices,
        params_dense_values=params.flat_values,
        params_nested_splits=list(params.nested_row_splits),
        OUTPUT_RAGGED_RANK=indices.shape.ndims + params.ragged_rank - 1,
    )
    result = RaggedTensor.from_nested_row_splits(values, splits, validate=False)
    if indices.shape.ndims > 1:
        # TensorFlow computes what it knows of the outer dimensions, and makes nothing of it.
        sizes = shape(indices, out_type=params.row_splits.dtype)
        products = cumprod(sizes)
        for level in builtins.range(indices.shape.ndims - 1):
            _ = products[level], sizes[level + 1]
    return result


def _batch_gather(params: Any, indices: Any, axis: int, batch_dims: int) -> Any:
    outer, wanted = params.shape[:batch_dims], indices.shape[:batch_dims]
    if not outer.is_compatible_with(wanted):
        raise ValueError(
            f"batch shape from indices {wanted} does not match params shape {params.shape}"
        )
    if batch_dims > 1:
        params, indices = _both_ragged(params, indices)
        return params.with_values(_gather(params.values, indices.values, axis - 1, batch_dims - 1))
    if axis > 1:
        if not _is_ragged(indices):
            inner = params.with_values(repeat(indices, params.row_lengths(), 0))
        else:
            if not _is_ragged(params):
                params = RaggedTensor.from_tensor(
                    params, ragged_rank=1, row_splits_dtype=indices.row_splits.dtype
                )
            rows = repeat(range(params.nrows()), params.row_lengths())
            inner = _gather(indices, params.with_values(rows), 0, 0)
        return _batch_gather(params, inner, axis, batch_dims + 1)
    if indices.shape.ndims is None:
        raise ValueError("rank(indices) must be known statically")
    return _from_row_starts(params, indices, axis, indices.shape.ndims)


def _both_ragged(params: Any, indices: Any) -> tuple[Any, Any]:
    """Both with a ragged dimension 1, if one has a uniform one that was given a length."""
    pairs = (("params", params, "indices", indices), ("indices", indices, "params", params))
    made = []
    for what, tensor, other_name, other in pairs:
        result = tensor
        if not _is_ragged(tensor):
            if other.uniform_row_length is None:
                raise ValueError(
                    f"batch shape from indices does not match params shape: ragged {other_name} "
                    f"dimension corresponds to uniform {what} dimension"
                )
            result = RaggedTensor.from_tensor(
                tensor, ragged_rank=1, row_splits_dtype=other.row_splits.dtype
            )
        made.append(result)
    return made[0], made[1]


def _axis_gather(params: Any, indices: Any, axis: int) -> Any:
    if axis > 1:
        if not _is_ragged(params):
            params = RaggedTensor.from_tensor(
                params, ragged_rank=1, row_splits_dtype=indices.row_splits.dtype
            )
        return params.with_values(_gather(params.values, indices, axis - 1, 0))
    if indices.shape.ndims is None:
        raise ValueError("rank(indices) must be known statically")
    return _from_row_starts(params, indices, axis, indices.shape.ndims + 1)


def _from_row_starts(params: Any, indices: Any, axis: int, ndims: int) -> Any:
    """The elements at places counted from the beginnings of rows."""
    flat = _flattened(params)
    starts = _of_rank(_row_starts(params, indices.dtype), ndims)
    return _gather(flat, indices + starts, axis - 1, 0)


def _flattened(tensor: Any) -> Any:
    if _is_ragged(tensor):
        return tensor.values
    return reshape(tensor, concat([[-1], shape(tensor)[2:]], axis=0))


def _row_starts(tensor: Any, dtype: DType) -> Any:
    if _is_ragged(tensor):
        return cast(tensor.row_starts(), dtype)
    sizes = shape(tensor, out_type=dtype)
    return range(sizes[0]) * sizes[1]


def _of_rank(tensor: Any, ndims: int) -> Any:
    """The tensor with dimensions of size 1 after it."""
    if _is_ragged(tensor):
        return tensor.with_values(_of_rank(tensor.values, ndims - 1))
    sizes = shape(tensor)
    more = ones([ndims - rank(tensor)], sizes.dtype)
    return reshape(tensor, concat([sizes, more], axis=0))


def batch_gather(params: Any, indices: Any, name: str | None = None) -> Any:
    """`tf.batch_gather` where either tensor is ragged."""
    return gather(params, indices, axis=None, batch_dims=-1, name=name)


def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: int = 0) -> Any:
    """`tf.gather_nd` where either tensor is ragged.

    Raises:
        ValueError: a rank or the size of the innermost dimension is not known, or this is ragged.
    """
    if not isinstance(batch_dims, int) or batch_dims != 0:
        raise ValueError("batch_dims != 0 is not supported for ragged gather yet.")
    with name_scope(name, "RaggedGatherNd", [params, indices]):
        params = convert_to_tensor_or_ragged_tensor(params, name="params")
        indices = convert_to_tensor_or_ragged_tensor(indices, name="indices")
        match_row_splits_dtypes(params, indices)
        ndims = indices.shape.ndims
        if ndims is None:
            raise ValueError("indices.rank be statically known.")
        if ndims == 0:
            raise ValueError("indices.rank must be at least 1.")
        if _is_ragged(indices) and ndims == indices.ragged_rank + 1:
            raise ValueError("The innermost dimension of indices may not be ragged")
        depth = indices.shape[-1].value
        if depth is None:
            raise ValueError("indices.shape[-1] must be statically known.")
        if ndims > 2:
            return _gather_nd_inside(params, indices, ndims)
        if depth == 0:
            return _repeated(params, indices, ndims)
        if depth == 1:
            return gather(params, reshape(indices, [-1]))
        return _gather_nd(params, cast(indices, params.row_splits.dtype), depth)


def _gather_nd_inside(params: Any, indices: Any, ndims: int) -> Any:
    is_dense = not _is_ragged(indices)
    if is_dense:
        indices = RaggedTensor.from_tensor(
            indices, ragged_rank=ndims - 2, row_splits_dtype=params.row_splits.dtype
        )
    flat = indices.flat_values
    inner = gather_nd(params, flat) if _is_ragged(params) else gather_nd_dense(params, flat)
    result = indices.with_flat_values(inner)
    if is_dense and result.ragged_rank == ndims - 2:
        return result.to_tensor()
    return result


def _repeated(params: RaggedTensor, indices: Any, ndims: int) -> RaggedTensor:
    """All of `params` for each of the empty indices."""
    params_rank = params.ragged_rank + rank(params.flat_values)
    for _ in builtins.range(ndims - 1):
        params = expand_ragged_dims(params, axis=0)
    multiples = concat([shape(indices)[:-1], ones([params_rank], int32)], axis=0)
    return tile(params, multiples)


def _gather_nd(params: RaggedTensor, indices: Any, depth: int) -> Any:
    places = gather_dense(params.row_splits, indices[..., 0])
    places += indices[..., 1]
    values = params.values
    for level in builtins.range(2, depth):
        if not _is_ragged(values):
            places = expand_dims(places, axis=1)
            places = concat([places, indices[..., level:]], axis=1)
            return gather_nd_dense(values, places)
        places = gather_dense(values.row_starts(), places)
        places += indices[..., level]
        values = values.values
    return gather(values, places)
