"""Coordinates of grids.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones
from minihub_runtime.api.graph import name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.sizes import size
from minihub_runtime.public import public

__all__ = ["meshgrid"]


@public("meshgrid")
def meshgrid(*args: Any, **kwargs: Any) -> list[Any]:
    """The coordinates of the points of a grid, a tensor for each vector given.

    Args:
        *args: vectors of coordinates, n of them.
        **kwargs: `indexing`, `"xy"` (the first two dimensions change places) or `"ij"`; and `name`.

    Returns:
        n tensors of rank n.

    Raises:
        TypeError: there is another argument.
        ValueError: there is no such indexing.
    """
    indexing = kwargs.pop("indexing", "xy")
    name = kwargs.pop("name", "meshgrid")
    if kwargs:
        raise TypeError(f"'{next(iter(kwargs))}' is an invalid keyword argument for this function")
    if indexing not in ("xy", "ij"):
        raise ValueError(
            f"Argument `indexing` parameter must be either 'xy' or 'ij', got '{indexing}'"
        )
    with name_scope(name, "meshgrid", args):
        count = len(args)
        if not count:
            return []
        one = (1,) * count
        output: list[Any] = [
            reshape(stack(x), (*one[:i], -1, *one[i + 1 :])) for i, x in enumerate(args)
        ]
        sizes: list[Any] = [size(x) for x in args]
        dtype = convert_to_tensor(args[0]).dtype.base_dtype
        if indexing == "xy" and count > 1:
            output[0] = reshape(output[0], (1, -1, *one[2:]))
            output[1] = reshape(output[1], (-1, 1, *one[2:]))
            sizes[0], sizes[1] = sizes[1], sizes[0]
        whole = ones(sizes, dtype)
        return [x * whole for x in output]
