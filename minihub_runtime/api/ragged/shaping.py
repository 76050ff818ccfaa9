"""Ragged tensors of other shapes, and what they tell of their own.

Source: tensorflow/python/ops/ragged/ragged_array_ops.py, ragged_squeeze_op.py.
"""

from __future__ import annotations

import builtins
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.encoding import one_hot as one_hot_dense
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.grouping import with_dependencies
from minihub_runtime.api.layout import expand_dims as expand_dense_dims
from minihub_runtime.api.layout import squeeze as squeeze_dense
from minihub_runtime.api.ragged.tensor import RaggedTensor, convert_to_tensor_or_ragged_tensor
from minihub_runtime.api.reduction import reduce_all
from minihub_runtime.api.repeating import get_positive_axis
from minihub_runtime.api.sizes import rank as rank_of_dense
from minihub_runtime.api.sizes import size as size_of_dense
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.dtypes import as_dtype, int32

__all__ = ["bitcast", "expand_dims", "one_hot", "rank", "reverse", "size", "squeeze"]


def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Any:
    """`tf.expand_dims` of a ragged tensor.

    Raises:
        ValueError: there is no such axis.
    """
    axis = axis if dim is None else dim
    with name_scope(name, "RaggedExpandDims", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, name="input")
        if not isinstance(input, RaggedTensor):
            return expand_dense_dims(input, axis)
        ndims = input.shape.ndims
        axis = get_positive_axis(axis, None if ndims is None else ndims + 1, "axis", "rank(input)")
        if axis == 0:
            return RaggedTensor.from_uniform_row_length(
                input, input.nrows(), nrows=1, validate=False
            )
        if axis == 1:
            return RaggedTensor.from_uniform_row_length(
                input, 1, nrows=input.nrows(), validate=False
            )
        if isinstance(input.values, RaggedTensor):
            return input.with_values(expand_dims(input.values, axis - 1))
        return input.with_values(expand_dense_dims(input.values, axis - 1))


def size(input: Any, name: str | None = None, out_type: Any = int32) -> Tensor:
    """`tf.size` of a ragged tensor: the number of its values."""
    input = convert_to_tensor_or_ragged_tensor(input)
    return size_of_dense(input.flat_values, name, int32 if out_type is None else out_type)


def rank(input: Any, name: str | None = None) -> Tensor:
    """`tf.rank` of a ragged tensor."""
    with name_scope(name, "RaggedRank", [input]):
        input = convert_to_tensor_or_ragged_tensor(input)
        total: Tensor = input.ragged_rank + rank_of_dense(input.flat_values)
        return total


def one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: str | None = None,
) -> RaggedTensor:
    """`tf.one_hot` of a ragged tensor.

    Raises:
        ValueError: the new axis is among the ragged ones.
    """
    if isinstance(axis, int) and axis >= 0:
        if axis <= indices.ragged_rank:
            raise ValueError(
                f"axis ({axis}) must be greater than indices.ragged_rank ({indices.ragged_rank})."
            )
        axis -= indices.ragged_rank
    with name_scope(name, "RaggedOneHot", [indices, depth, on_value, off_value, axis]):
        indices = convert_to_tensor_or_ragged_tensor(indices, name="indices")
        flat = one_hot_dense(indices.flat_values, depth, on_value, off_value, axis, dtype, name)
        made: RaggedTensor = indices.with_flat_values(flat)
        return made


def bitcast(input: Any, type: Any, name: str | None = None) -> RaggedTensor:
    """`tf.bitcast` of a ragged tensor.

    Raises:
        ValueError: a wider type, and the flat values have not a dimension to make it of.
    """
    dtype = as_dtype(type)
    with name_scope(name, "Bitcast", [input]):
        input = convert_to_tensor_or_ragged_tensor(input, name="input")
        ndims = input.flat_values.shape.ndims
        if input.dtype.size < dtype.size and ndims < 2:
            raise ValueError(
                "`input.flat_values` is required to have rank >= 2 when input.dtype.size < "
                f"type.size. Actual rank: {ndims}"
            )
        made: RaggedTensor = input.with_flat_values(
            build("Bitcast", input=input.flat_values, type=dtype)
        )
        return made


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Any:
    """`tf.reverse` of a ragged tensor.

    Raises:
        TypeError: the axes are not known.
        ValueError: there is no such axis.
    """
    message = (
        "`axis` must be a list of int or a constant tensorwhen reversing axes in a ragged tensor"
    )
    with name_scope(name, "Reverse", [tensor, axis]):
        if isinstance(axis, Tensor):
            axis = constant_value(axis)
            if axis is None:
                raise TypeError(message)
            axis = axis.tolist()
        elif not isinstance(axis, (list, tuple)) or not all(isinstance(n, int) for n in axis):
            raise TypeError(message)
        tensor = convert_to_tensor_or_ragged_tensor(tensor, name="tensor")
        axes = _axes(axis, tensor, "rank(tensor)")
        slices = [slice(None)] * (max(axes) + 1 if axes else 0)
        for place in axes:
            slices[place] = slice(None, None, -1)
        return tensor[tuple(slices)]


def _axes(axes: Any, tensor: RaggedTensor, ndims_name: str) -> list[int]:
    return [
        get_positive_axis(axis, tensor.shape.ndims, f"axis[{place}]", ndims_name)
        for place, axis in enumerate(axes)
    ]


def squeeze(input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None) -> Any:
    """`tf.squeeze` of a ragged tensor, of which the axes must be told.

    Raises:
        ValueError: they are not, or there is no such axis.
        TypeError: they are no integers.
    """
    axis = deprecated_argument_lookup("axis", axis, "squeeze_dims", squeeze_dims)
    with name_scope(name, "RaggedSqueeze", [input]):
        input = convert_to_tensor_or_ragged_tensor(input)
        if axis is None:
            raise ValueError("Ragged.squeeze must have an axis argument.")
        if isinstance(axis, int):
            axis = [axis]
        elif not isinstance(axis, (list, tuple)) or not all(isinstance(n, int) for n in axis):
            raise TypeError("Axis must be a list or tuple of integers.")
        axes = _axes(axis, input, "rank(input)")
        depth = input.ragged_rank
        dense = [place - depth for place in axes if place > depth]
        rows = [place for place in axes if place <= depth]
        values = with_dependencies(_assert_single(input, rows), input.flat_values)
        if dense:
            values = squeeze_dense(values, dense)
        splits = [
            part for level, part in enumerate(input.nested_row_splits, 1) if level not in rows
        ]
        if splits and 0 in rows:
            splits.pop(0)
        squeezed = RaggedTensor.from_nested_row_splits(values, splits)
        if set(builtins.range(depth + 1)) <= set(rows):
            squeezed = squeeze_dense(squeezed, [0], name)
        return squeezed


def _assert_single(input: RaggedTensor, axes: list[int]) -> list[Any]:
    """The checks that rows along axes have length 1."""
    checks = []
    one = constant(1, input.row_splits.dtype)
    for level, lengths in enumerate(input.nested_row_lengths(), 1):
        if level in axes:
            single = reduce_all(build("Equal", x=lengths, y=one))
            told = f"the given axis (axis = {level}) is not squeezable!"
            checks.append(Assert(single, [told]))
    if 0 in axes:
        two = constant(2, int32)
        single = build("Equal", x=size_of_dense(input.row_splits), y=two)
        checks.append(Assert(single, ["the given axis (axis = 0) is not squeezable!"]))
    return checks
