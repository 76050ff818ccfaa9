"""Tensors put together along a dimension.

Source: tensorflow/python/ops/array_ops.py, array_ops_stack.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["concat", "stack"]


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
