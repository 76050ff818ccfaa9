"""The same elements in another shape or order.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor
from minihub_runtime.public import public

__all__ = ["expand_dims", "reshape", "squeeze"]


@public("reshape", "manip.reshape")
def reshape(tensor: Any, shape: Any, name: str | None = None) -> Tensor:
    """The elements of `tensor` in another shape; one size may be -1, which stands for what is left."""
    result: Tensor = build("Reshape", name=name, tensor=tensor, shape=shape)
    return result


@public("expand_dims")
def expand_dims(input: Any, axis: Any = None, name: str | None = None, dim: Any = None) -> Tensor:
    """`input` with a dimension of size one before dimension `axis`.

    Raises:
        ValueError: there is no axis, or it is given as `dim` too.
    """
    axis = deprecated_argument_lookup("axis", axis, "dim", dim)
    if axis is None:
        raise ValueError("Must specify an axis argument to tf.expand_dims()")
    result: Tensor = build("ExpandDims", name=name, input=input, dim=axis)
    return result


@public("squeeze")
def squeeze(
    input: Any, axis: Any = None, name: str | None = None, squeeze_dims: Any = None
) -> Tensor:
    """`input` without its dimensions of size one, or without those that `axis` lists.

    Raises:
        ValueError: the axes are given as `squeeze_dims` too, or one has another size.
    """
    axis = deprecated_argument_lookup("axis", axis, "squeeze_dims", squeeze_dims)
    if np.isscalar(axis):
        axis = [axis]
    result: Tensor = build("Squeeze", name=name, input=input, squeeze_dims=axis)
    return result
