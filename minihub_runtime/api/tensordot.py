"""Sums of products over dimensions that two tensors share.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.gathering import gather, where
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import reshape, transpose
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.ranges import range as tensor_range
from minihub_runtime.api.reduction import reduce_prod
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["tensordot"]


@public("tensordot", "linalg.tensordot")
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Any:
    """The sums of products of `a` and `b` over dimensions of each.

    Args:
        a: a tensor.
        b: a tensor.
        axes: n for the last n dimensions of `a` and the first n of `b`; or a pair of lists of dimensions.
        name: wanted name.

    Returns:
        The other dimensions of `a`, then those of `b`.

    Raises:
        ValueError: the dimensions do not fit.
    """
    with name_scope(name, "Tensordot", [a, b, axes]) as scope:
        a, b = convert_to_tensor(a, name="a"), convert_to_tensor(b, name="b")
        a_axes, b_axes = _axes(a, axes)
        left, a_free, a_known = _as_matrix(a, a_axes, False)
        right, b_free, b_known = _as_matrix(b, b_axes, True)
        product = matmul(left, right)
        if isinstance(a_free, list) and isinstance(b_free, list):
            whole = a_free + b_free
            if product.shape.is_fully_defined() and product.shape.as_list() == whole:
                return product
            return reshape(product, whole, name=scope)
        sizes = [convert_to_tensor(free, int32) for free in (a_free, b_free)]
        result = reshape(product, concat(sizes, 0), name=scope)
        if a_known is not None and b_known is not None:
            result.set_shape(a_known + b_known)
        return result


def _axes(a: Tensor, axes: Any) -> tuple[Any, Any]:
    """The dimensions of both that are summed over."""
    if isinstance(axes, (int, np.integer)):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        known = a.shape.ndims
        if known is None:
            count: Any = rank(a)
            return tensor_range(count - axes, count, dtype=int32), tensor_range(axes, dtype=int32)
        if axes > known:
            raise ValueError(
                f"`axes` must not be larger than the number of dimensions of tensor {a}.  Received "
                f"{axes}, vs tensor dimensions {known}."
            )
        return list(range(known - axes, known)), list(range(axes))
    if isinstance(axes, (list, tuple)):
        if len(axes) != 2:
            raise ValueError(f"`axes` must be an integer or have length 2. Received {axes}.")
        first, second = axes
        if isinstance(first, (int, np.integer)) and isinstance(second, (int, np.integer)):
            first, second = [first], [second]
        if len(first) != len(second):
            raise ValueError(
                f"Different number of contraction axes `a` and `b`, {len(first)} != {len(second)}."
            )
        return first, second
    pair: Any = convert_to_tensor(axes, int32, "axes")
    return pair[0], pair[1]


def _as_matrix(a: Tensor, axes: Any, flipped: bool) -> tuple[Any, Any, Any]:
    """A matrix whose rows (columns if `flipped`) are the free dimensions; their sizes; what is known of these."""
    listed = isinstance(axes, (list, tuple))
    if a.shape.is_fully_defined() and listed:
        sizes: Any = a.shape.as_list()
        axes = [i if i >= 0 else i + len(sizes) for i in axes]
        free: Any = [i for i in range(len(sizes)) if i not in axes]
        free_sizes: Any = [sizes[i] for i in free]
        counts = [int(np.prod(free_sizes)), int(np.prod([sizes[i] for i in axes]))]
        order: Any = list(axes) + free if flipped else free + list(axes)
        wanted: Any = counts[::-1] if flipped else counts
        moved = a if order == list(range(len(sizes))) else transpose(a, order)
        if moved.shape.as_list() != wanted:
            moved = reshape(moved, wanted)
        return moved, free_sizes, free_sizes
    known = None
    if a.shape.ndims is not None and listed:
        given = a.shape.as_list()
        axes = [i if i >= 0 else i + len(given) for i in axes]
        free = [i for i in range(len(given)) if i not in axes]
        known = [given[i] for i in free]
        axes = convert_to_tensor(axes, int32, "axes")
        free = convert_to_tensor(free, int32, "free")
        sizes = shape(a)
    else:
        sizes, count = shape(a), rank(a)
        axes = convert_to_tensor(axes, int32, "axes")
        axes = where(axes >= 0, axes, axes + count)
        free = build("ListDiff", x=tensor_range(count), y=axes, out_idx=int32)[0]
    free_sizes, axes_sizes = gather(sizes, free), gather(sizes, axes)
    free_count, axes_count = reduce_prod(free_sizes), reduce_prod(axes_sizes)
    order = concat([axes, free] if flipped else [free, axes], 0)
    wanted = stack([axes_count, free_count] if flipped else [free_count, axes_count])
    return reshape(transpose(a, order), wanted), free_sizes, known
