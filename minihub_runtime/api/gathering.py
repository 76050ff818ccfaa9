"""Elements of tensors chosen by indices and masks.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape, squeeze
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import bool_
from minihub_runtime.public import public

__all__ = ["boolean_mask", "gather", "where", "where_v2"]


@public("gather")
def gather(
    params: Any,
    indices: Any,
    validate_indices: Any = None,
    name: str | None = None,
    axis: Any = None,
    batch_dims: int = 0,
) -> Tensor:
    """The slices of `params` along dimension `axis` that `indices` names.

    Args:
        params: what is gathered from.
        indices: int32 or int64 numbers of slices, of any shape.
        validate_indices: accepted; indices are always checked.
        name: wanted name.
        axis: the dimension, by default `batch_dims`.
        batch_dims: how many first dimensions `params` and `indices` share.
    """
    axis = batch_dims if axis is None else axis
    result: Tensor
    if constant_value(axis) != 0:
        result = build(
            "GatherV2", name=name, params=params, indices=indices, axis=axis, batch_dims=batch_dims
        )
    elif hasattr(params, "sparse_read"):
        result = params.sparse_read(indices, name=name)
    else:
        result = build("GatherV2", name=name, params=params, indices=indices, axis=axis)
    return result


@public("where")
def where(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """`x` where the condition holds and `y` where not; without both, the indices of what is true, int64 [n, rank].

    The condition has the shape of `x` and `y`, or is a vector of as many elements as these have rows.

    Raises:
        ValueError: only one of `x` and `y` is given.
    """
    return _where("Select", condition, x, y, name)


@public("where_v2")
def where_v2(condition: Any, x: Any = None, y: Any = None, name: str | None = None) -> Tensor:
    """`where` whose three arguments are broadcast to one shape.

    Raises:
        ValueError: only one of `x` and `y` is given.
    """
    return _where("SelectV2", condition, x, y, name)


def _where(op: str, condition: Any, x: Any, y: Any, name: str | None) -> Tensor:
    result: Tensor
    if x is None and y is None:
        with name_scope(name, "Where", [condition]) as scope:
            condition = convert_to_tensor(condition, name="condition", preferred_dtype=bool_)
            result = build("Where", name=scope, input=condition)
            return result
    if x is None or y is None:
        raise ValueError("x and y must both be non-None or both be None.")
    result = build(op, name=name, condition=condition, t=x, e=y)
    return result


@public("boolean_mask")
def boolean_mask(
    tensor: Any, mask: Any, name: str | None = "boolean_mask", axis: Any = None
) -> Tensor:
    """The parts of `tensor` where `mask` holds, one after the other.

    Args:
        tensor: rank N.
        mask: bool of known rank K <= N, the shape of dimensions `axis` to `axis + K` of `tensor`.
        name: wanted name.
        axis: the first dimension that the mask covers, 0 by default.

    Raises:
        ValueError: the mask is a scalar, its rank is unknown, or it does not fit.
    """
    with name_scope(name, values=[tensor, mask]):
        tensor = convert_to_tensor(tensor, name="tensor")
        mask = convert_to_tensor(mask, name="mask")
        rank = mask.shape.ndims
        if rank == 0:
            raise ValueError("mask cannot be scalar.")
        if rank is None:
            raise ValueError(
                "Number of mask dimensions must be specified, even if some dimensions are None.  "
                "E.g. shape=[None] is ok, but shape=None is not."
            )
        known: TensorShape = tensor.shape
        axis = 0 if axis is None else axis
        place = constant_value(axis)
        if place is not None:
            axis = place = int(place)
            known[place : place + rank].assert_is_compatible_with(mask.shape)
        leading_size = build("Prod", input=shape(tensor)[axis : axis + rank], reduction_indices=[0])
        sizes = [shape(tensor)[:axis], [leading_size], shape(tensor)[axis + rank :]]
        tensor = reshape(tensor, concat(sizes, 0))
        if place is not None:
            masked = known[place : place + rank].num_elements()
            tensor.set_shape(known[:place].concatenate([masked]).concatenate(known[place + rank :]))
        indices = squeeze(where_v2(reshape(mask, [-1])), axis=[1])
        return gather(tensor, indices, axis=axis)
