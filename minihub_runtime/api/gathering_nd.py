"""Elements of tensors chosen by vectors of indices, and by a batch of indices.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.filling import ones, zeros
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.grids import meshgrid
from minihub_runtime.api.joining import concat, stack, unstack
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["batch_gather", "gather_nd"]


@public("gather_nd", "manip.gather_nd")
def gather_nd(params: Any, indices: Any, name: str | None = None, batch_dims: Any = 0) -> Tensor:
    """The elements or slices of `params` that vectors of indices name.

    Args:
        params: what is gathered from.
        indices: `[…, k]`, vectors of k indices.
        name: wanted name.
        batch_dims: how many first dimensions `params` and `indices` share.

    Raises:
        ValueError: `batch_dims` does not fit the ranks.
    """
    known = constant_value(batch_dims)
    if known is not None:
        batch_dims = int(known)
    result: Tensor
    if batch_dims != 0:
        result = _batch_gather_nd(params, indices, batch_dims, name)
    elif hasattr(params, "gather_nd"):
        result = params.gather_nd(indices, name=name)
    else:
        result = build("GatherNd", name=name, params=params, indices=indices)
    return result


def _batch_gather_nd(params: Any, indices: Any, batch_dims: Any, name: str | None) -> Tensor:
    with name_scope(name, "BatchGatherND", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if not isinstance(batch_dims, int):
            raise TypeError(f"Argument `batch_dims` must be an int; got {batch_dims}")
        if batch_dims < 0:
            raise ValueError("tf.gather_nd does not allow negative batch_dims.")
        for what, tensor in (("indices", indices), ("params", params)):
            if tensor.shape.ndims is not None and batch_dims >= tensor.shape.ndims:
                raise ValueError(
                    f"Argument `batch_dims` = {batch_dims} must be less than rank(`{what}`) = "
                    f"{tensor.shape.ndims}"
                )
        params_shape, indices_shape = shape(params), shape(indices)
        batch_shape = params_shape[:batch_dims]
        batch_size = build("Prod", input=batch_shape, reduction_indices=[0])
        inner_rank = rank(indices) - batch_dims - 1
        inner_shape = indices_shape[batch_dims:-1]
        places = [
            build(
                "Cast",
                x=build("Range", start=0, limit=build("Cast", x=size, DstT=int32), delta=1),
                DstT=indices.dtype,
            )
            for size in unstack(batch_shape, axis=0)
        ]
        flat = [reshape(grid, shape=(-1,)) for grid in meshgrid(*places, indexing="ij")]
        grid = transpose(stack(flat, axis=0))
        sizes = shape(grid)
        grid = reshape(
            grid, concat([sizes[:1], ones(inner_rank, dtype=sizes.dtype), sizes[1:]], axis=0)
        )
        grid = build("Tile", input=grid, multiples=concat(((1,), inner_shape, (1,)), axis=0))
        flat_shape = concat(([batch_size], indices_shape[batch_dims:]), axis=0)
        whole = concat((grid, reshape(indices, shape=flat_shape)), axis=-1)
        found = build("GatherNd", params=params, indices=whole)
        found_shape = shape(found)
        return reshape(found, shape=concat((batch_shape, found_shape[1:]), axis=0))


@public("batch_gather")
def batch_gather(params: Any, indices: Any, name: str | None = None) -> Tensor:
    """For each place of a batch the slices that the indices there name.

    Args:
        params: `[…, n, …]`.
        indices: `[…, k]`, of a known rank; all dimensions but the last are those of the batch.
        name: wanted name.

    Raises:
        ValueError: the rank of `indices` is unknown, or does not fit.
    """
    with name_scope(name, "BatchGather", [params, indices]):
        indices = convert_to_tensor(indices, name="indices")
        params = convert_to_tensor(params, name="params")
        if indices.shape.ndims is None:
            raise ValueError("batch_gather does not allow indices with unknown shape.")
        return _gathered(params, indices, indices.shape.ndims - 1)


def _gathered(params: Tensor, indices: Tensor, batch_dims: int) -> Tensor:
    indices = convert_to_tensor(indices, name="indices")
    params = convert_to_tensor(params, name="params")
    count = indices.shape.ndims or 0
    if batch_dims < 0 or batch_dims >= count:
        raise ValueError(
            f"Argument `batch_dims` = {batch_dims} must be less than rank(`indices`) = {count}"
        )
    if params.shape.ndims is not None and batch_dims >= params.shape.ndims:
        raise ValueError(
            f"Argument `batch_dims` = {batch_dims} must be less than rank(`params`) = "
            f"{params.shape.ndims}"
        )
    indices_shape, params_shape = shape(indices), shape(params)
    kind = indices.dtype.base_dtype
    places: Any = indices
    step: Any = ones((), dtype=kind)
    sizes = build("Cast", x=params_shape, DstT=kind)
    for dim in range(batch_dims, 0, -1):
        size = sizes[dim - 1]
        step = step * sizes[dim]
        start, one = zeros((), dtype=kind), ones((), dtype=kind)
        offsets = build("Range", start=start, limit=size, delta=one) * step
        around = stack([1] * (dim - 1) + [size] + [1] * (count - dim), axis=0)
        places = places + reshape(offsets, around)
    flat_places = reshape(places, [-1])
    outer = params_shape[batch_dims + 1 :]
    inner = build(
        "Prod", input=params_shape[: batch_dims + 1], reduction_indices=[0], keep_dims=False
    )
    flat = reshape(params, concat([[inner], outer], axis=0))
    result = reshape(gather(flat, flat_places), concat([indices_shape, outer], axis=0))
    known = indices.shape[:batch_dims].merge_with(params.shape[:batch_dims])
    known = known.concatenate(indices.shape[batch_dims:])
    result.set_shape(known.concatenate(params.shape[batch_dims + 1 :]))
    return result
