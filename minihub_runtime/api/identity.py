"""Tensors passed on as they are.

Source: tensorflow/python/ops/array_ops.py, tensorflow/python/framework/ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import CompositeTensor
from minihub_runtime.public import public

__all__ = ["ensure_shape", "identity", "stop_gradient"]


@public("identity")
def identity(input: Any, name: str | None = None) -> Any:
    """`input`, a tensor or a composite one, under another name."""
    if isinstance(input, CompositeTensor):
        from minihub_runtime.api.nest import map_structure

        return map_structure(identity, input, expand_composites=True)
    return build("Identity", name=name, input=input)


@public("stop_gradient")
def stop_gradient(input: Any, name: str | None = None) -> Any:
    """`input`, a tensor or a composite one, through which no gradient flows."""
    if isinstance(input, CompositeTensor):
        from minihub_runtime.api.nest import map_structure

        return map_structure(stop_gradient, input, expand_composites=True)
    return build("StopGradient", name=name, input=input)


@public("ensure_shape")
def ensure_shape(x: Any, shape: Any, name: str | None = None) -> Any:
    """`x`, whose shape is checked in the run, and known from now on.

    Raises:
        ValueError: what is known of the shape contradicts it.
    """
    return build("EnsureShape", name=name, input=x, shape=TensorShape(shape))
