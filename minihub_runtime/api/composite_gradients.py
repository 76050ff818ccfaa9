"""Gradients of values that consist of several tensors.

Source: tensorflow/python/framework/composite_tensor_gradient.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.api.indexed_slices import IndexedSlices
from minihub_runtime.api.type_spec import CompositeTensor

__all__ = ["differentiated", "replaced"]


def differentiated(items: Iterable[Any]) -> list[Any]:
    """The tensors through which the gradients of values flow: of ragged tensors their values.

    Raises:
        ValueError: nothing is said of values of such a kind.
    """
    found = []
    for item in items:
        if hasattr(item, "with_flat_values"):
            found.append(item.flat_values)
        elif isinstance(item, CompositeTensor) and not isinstance(item, IndexedSlices):
            raise ValueError(
                f"Type {type(item).__name__} is not supported as a gradient source or gradient target."
            )
        else:
            found.append(item)
    return found


def replaced(items: Iterable[Any], tensors: Iterable[Any]) -> list[Any]:
    """The values with other tensors through which gradients flow; None for a value whose tensor is None."""
    return [
        item.with_flat_values(tensor)
        if hasattr(item, "with_flat_values") and tensor is not None
        else tensor
        for item, tensor in zip(items, tensors, strict=True)
    ]
