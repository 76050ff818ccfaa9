"""Shapes of results that are broadcast.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.public import public
from minihub_runtime.shapes import broadcast

__all__ = ["broadcast_dynamic_shape", "broadcast_static_shape"]


@public("broadcast_static_shape")
def broadcast_static_shape(shape_x: Any, shape_y: Any) -> TensorShape:
    """What is known of the shape of a result of two tensors.

    Raises:
        ValueError: they cannot be broadcast.
    """
    try:
        return TensorShape(broadcast(shape_x.as_tuple(), shape_y.as_tuple()))
    except InvalidArgumentError:
        raise ValueError(
            f"Incompatible shapes for broadcasting. Two shapes are compatible if for each dimension "
            f"pair they are either equal or one of them is 1. Received: {shape_x} and {shape_y}."
        ) from None


@public("broadcast_dynamic_shape")
def broadcast_dynamic_shape(shape_x: Any, shape_y: Any) -> Tensor:
    """The shape of a result of two tensors whose shapes are the elements of vectors."""
    result: Tensor = build("BroadcastArgs", s0=shape_x, s1=shape_y)
    return result
