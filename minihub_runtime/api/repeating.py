"""Elements repeated.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.encoding import all_dimensions, sequence_mask
from minihub_runtime.api.filling import ones
from minihub_runtime.api.gathering import boolean_mask
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.sizes import convert_to_int_tensor, rank, shape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["get_positive_axis", "repeat", "repeat_with_axis", "tile_one_dimension"]


@public("repeat")
def repeat(input: Any, repeats: Any, axis: int | None = None, name: str | None = None) -> Tensor:
    """`input` with each slice along a dimension repeated.

    Args:
        input: what is repeated.
        repeats: how often: one number, or one for each slice.
        axis: the dimension; without it `input` is made a vector first.
        name: wanted name.

    Raises:
        TypeError: the dimension is no integer.
        ValueError: it is out of range, or the numbers do not fit.
    """
    if axis is None:
        input, axis = reshape(input, [-1]), 0
    return repeat_with_axis(input, repeats, axis, name)


def get_positive_axis(
    axis: Any, ndims: int | None, axis_name: str = "axis", ndims_name: str = "ndims"
) -> int:
    """The number of a dimension counted from the first.

    Raises:
        TypeError: it is no integer.
        ValueError: it is out of range, or negative where the rank is not known.
    """
    if not isinstance(axis, int):
        raise TypeError(f"{axis_name} must be an int; got {type(axis).__name__}")
    if ndims is not None and not -ndims <= axis < ndims:
        raise ValueError(
            f"{axis_name}={axis} out of bounds: expected {-ndims}<={axis_name}<{ndims}"
        )
    if axis < 0:
        if ndims is None:
            raise ValueError(
                f"{axis_name}={axis} may only be negative if {ndims_name} is statically known."
            )
        return axis + ndims
    return axis


def repeat_with_axis(data: Any, repeats: Any, axis: Any, name: str | None = None) -> Tensor:
    """`repeat` along a dimension."""
    if not isinstance(axis, int):
        raise TypeError(
            f"Argument `axis` must be an int. Received `axis` = {axis} of type {type(axis).__name__}"
        )
    with name_scope(name, "Repeat", [data, repeats]):
        data = convert_to_tensor(data, name="data")
        counts: Any = convert_to_int_tensor(repeats, "repeats")
        counts.shape.with_rank_at_most(1)
        data = _with_nonzero_rank(data)
        sizes = shape(data, out_type=counts.dtype)
        axis = get_positive_axis(axis, data.shape.ndims, ndims_name="rank(data)")
        if counts.shape.num_elements() == 1:
            counts = reshape(counts, [])
            tiled = tile_one_dimension(expand_dims(data, axis + 1), axis + 1, counts)
            whole = concat([sizes[:axis], [counts * sizes[axis]], sizes[axis + 1 :]], axis=0)
            return reshape(tiled, whole)
        if counts.shape.ndims == 1:
            data.shape[axis].assert_is_compatible_with(counts.shape[0])
        counts = build("BroadcastTo", input=counts, shape=[sizes[axis]])
        given = counts
        if counts.shape.ndims != axis + 1:
            own, dims = shape(counts), rank(counts)
            wanted = concat([sizes[: axis + 1 - dims], own], axis=0)
            counts = build("BroadcastTo", input=counts, shape=wanted)
            counts.set_shape([None] * (axis + 1))
        most = build("Max", input=counts, reduction_indices=all_dimensions(counts))
        most = build("Maximum", x=convert_to_tensor(0, most.dtype, "zero"), y=most)
        mask = sequence_mask(counts, most)
        tiled = tile_one_dimension(expand_dims(data, axis + 1), axis + 1, most)
        result = boolean_mask(tiled, mask)
        if axis != 0:
            places = build("Range", start=0, limit=rank(given), delta=1)
            total = build("Sum", input=given, reduction_indices=places)
            whole = concat([sizes[:axis], [total], sizes[axis + 1 :]], axis=0)
            result = reshape(result, whole)
        if data.shape.ndims is not None:
            length = 0 if counts.shape[0].value == 0 else None
            known = data.shape[:axis].concatenate([length]).concatenate(data.shape[axis + 1 :])
            result.set_shape(known)
        return result


def _with_nonzero_rank(data: Tensor) -> Tensor:
    if data.shape.ndims is not None:
        return stack([data]) if data.shape.ndims == 0 else data
    sizes, dims = shape(data), rank(data)
    return reshape(data, concat([[1], sizes], axis=0)[-dims:])


def tile_one_dimension(data: Tensor, axis: int, multiple: Any) -> Tensor:
    """`data` repeated as a whole along one dimension."""
    multiples: Any
    if data.shape.ndims is not None:
        multiples = [1] * data.shape.ndims
        multiples[axis] = multiple
    else:
        one = ones(rank(data), int32)
        multiples = concat([one[:axis], [multiple], one[axis + 1 :]], axis=0)
    result: Tensor = build("Tile", input=data, multiples=multiples)
    return result
