"""Tensors put together along a dimension.

Source: tensorflow/python/ops/array_ops.py, array_ops_stack.py.
"""

from __future__ import annotations

import numbers
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.tensor_shape import Dimension, TensorShape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["concat", "parallel_stack", "split", "stack", "unstack"]


@public("concat")
def concat(values: Any, axis: Any, name: str = "concat") -> Tensor:
    """The tensors one after the other along dimension `axis`.

    Raises:
        ValueError: other sizes than that of `axis` differ, or the axis is no scalar.
    """
    if not isinstance(values, (list, tuple)):
        values = [values]
    result: Tensor
    if len(values) == 1:
        with name_scope(name):
            convert_to_tensor(axis, int32, "concat_dim").shape.with_rank(0)
            # The name is not the scope's: it is made again inside it.
            result = build("Identity", name=name, input=values[0])
            return result
    result = build("ConcatV2", name=name, values=values, axis=axis)
    return result


@public("stack")
def stack(values: Any, axis: int = 0, name: str = "stack") -> Tensor:
    """The tensors, all of one shape, along a new dimension `axis`; a constant if they are Python values.

    Raises:
        ValueError: the axis is out of range.
    """
    if axis == 0:
        try:
            return convert_to_tensor(values, name=name)
        except (TypeError, ValueError, NotImplementedError):
            # Values that make no constant are packed.
            pass
    rank = convert_to_tensor(values[0], name=name).shape.ndims
    if rank is not None and not -(rank + 1) <= axis < rank + 1:
        raise ValueError(f"Argument `axis` = {axis} not in range [{-(rank + 1)}, {rank + 1})")
    result: Tensor = build("Pack", name=name, values=values, axis=axis)
    return result


@public("unstack")
def unstack(value: Any, num: int | None = None, axis: int = 0, name: str = "unstack") -> Any:
    """The slices of a tensor along a dimension, as a list.

    Args:
        value: rank 1 or more.
        num: their number, where the shape does not tell it.
        axis: the dimension.
        name: wanted name.

    Raises:
        ValueError: the dimension is out of range, or the number is not known.
    """
    if num is None:
        value = convert_to_tensor(value)
        known = value.shape
        if known.ndims is not None:
            if not -known.ndims <= axis < known.ndims:
                raise ValueError(
                    f"Argument `axis` = {axis} not in range [{-known.ndims}, {known.ndims})"
                )
            num = known[axis].value
        if num is None:
            raise ValueError(f"Cannot infer argument `num` from shape {known}")
    return build("Unpack", name=name, value=value, num=num, axis=axis)


@public("split")
def split(
    value: Any, num_or_size_splits: Any, axis: Any = 0, num: int | None = None, name: str = "split"
) -> Any:
    """Parts of a tensor along a dimension, as a list.

    Args:
        value: what is split.
        num_or_size_splits: the number of equal parts, or the size of each part.
        axis: the dimension.
        num: the number of parts, where `num_or_size_splits` is a tensor of unknown length.
        name: wanted name.

    Raises:
        ValueError: the sizes are a scalar tensor, or their number is not known.
    """
    if isinstance(num_or_size_splits, (numbers.Integral, Dimension)):
        count = int(num_or_size_splits)
        return build("Split", name=name, split_dim=axis, num_split=count, value=value)
    sizes = convert_to_tensor(num_or_size_splits)
    if sizes.shape.ndims == 0:
        raise ValueError(
            "Rank-0 tensors are not supported as the num_or_size_splits argument to split. Argument "
            f"provided: {num_or_size_splits}"
        )
    if num is None:
        known = sizes.shape.as_tuple()
        num = known[0] if known else None
        if num is None:
            raise ValueError(f"Cannot infer argument `num` from shape {num_or_size_splits}")
    return build("SplitV", name=name, value=value, size_splits=sizes, split_dim=axis, num_split=num)


@public("parallel_stack")
def parallel_stack(values: Any, name: str = "parallel_stack") -> Tensor:
    """The tensors, all of one known shape, along a new first dimension."""
    from minihub_runtime.api.layout import expand_dims

    with name_scope(name):
        known = TensorShape([len(values)]).concatenate(convert_to_tensor(values[0]).shape)
        rows = [expand_dims(value, 0) for value in values]
        result: Tensor = build("ParallelConcat", values=rows, shape=known)
        return result
