"""Contractions of tensors along some of their dimensions.

Source: tensorflow/python/ops/math_ops.py.
"""

from __future__ import annotations

import math
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.sizes import rank as rank_of
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["tensordot"]


@public("linalg.tensordot", "tensordot")
def tensordot(a: Any, b: Any, axes: Any, name: str | None = None) -> Tensor:
    """The sum of products over dimensions of `a` and dimensions of `b` that belong together.

    Args:
        a: a tensor.
        b: a tensor of the same type.
        axes: a number n, for the last n dimensions of `a` and the first n of `b`; or two lists of dimensions, or a
            tensor of these.
        name: wanted name.

    Returns:
        The remaining dimensions of `a`, then those of `b`.

    Raises:
        ValueError: the dimensions do not fit.
    """
    with name_scope(name, "Tensordot", [a, b, axes]) as scope:
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, name="b")
        a_axes, b_axes = _axes(a, axes)
        a_matrix, a_free, a_known = _as_matrix(a, a_axes, flipped=False)
        b_matrix, b_free, b_known = _as_matrix(b, b_axes, flipped=True)
        product: Tensor = matmul(a_matrix, b_matrix)
        if isinstance(a_free, list) and isinstance(b_free, list):
            if product.shape.as_tuple() == (*a_free, *b_free):
                return product
            return reshape(product, a_free + b_free, name=scope)
        sizes = [convert_to_tensor(free, int32) for free in (a_free, b_free)]
        result = reshape(product, concat(sizes, 0), name=scope)
        if a_known is not None and b_known is not None:
            result.set_shape(a_known + b_known)
        return result


def _axes(a: Tensor, axes: Any) -> tuple[Any, Any]:
    """The dimensions of both tensors that are summed over."""
    if isinstance(axes, int):
        if axes < 0:
            raise ValueError(f"`axes` must be at least 0. Received: {axes}.")
        rank = a.shape.ndims
        if rank is None:
            count = rank_of(a)
            last = build("Range", name="range", start=count - axes, limit=count, delta=1)
            return last, build("Range", name="range", start=0, limit=axes, delta=1)
        if axes > rank:
            raise ValueError(
                f"`axes` must not be larger than the number of dimensions of tensor {a}.  Received "
                f"{axes}, vs tensor dimensions {rank}."
            )
        return list(range(rank - axes, rank)), list(range(axes))
    if isinstance(axes, (list, tuple)):
        if len(axes) != 2:
            raise ValueError(
                f"`axes` must be an integer or have length 2. Received {axes} of length {len(axes)}."
            )
        a_axes, b_axes = axes
        if isinstance(a_axes, int) and isinstance(b_axes, int):
            a_axes, b_axes = [a_axes], [b_axes]
        if isinstance(a_axes, (list, tuple)) and len(a_axes) != len(b_axes):
            raise ValueError(
                f"Different number of contraction axes `a` and `b`, {len(a_axes)} != {len(b_axes)}."
            )
        return a_axes, b_axes
    both = convert_to_tensor(axes, int32, "axes")
    return both[0], both[1]


def _as_matrix(a: Tensor, axes: Any, flipped: bool) -> tuple[Tensor, Any, list[int | None] | None]:
    """A tensor as a matrix, its other dimensions, and what is known of these.

    Args:
        a: the tensor.
        axes: the dimensions that become one of the matrix; the others become the other one.
        flipped: whether `axes` come first.
    """
    known = a.shape.as_tuple()
    if known is not None and isinstance(axes, (list, tuple)):
        axes = [axis if axis >= 0 else axis + len(known) for axis in axes]
        free = [axis for axis in range(len(known)) if axis not in axes]
        sizes = [known[axis] for axis in free]
        if a.shape.is_fully_defined():
            order = [*axes, *free] if flipped else [*free, *axes]
            counts = [math.prod(known[axis] or 0 for axis in part) for part in (free, axes)]
            form = counts[::-1] if flipped else counts
            moved = a
            if order != list(range(len(known))):
                moved = build("Transpose", name="transpose", x=a, perm=order)
            same = moved.shape.as_tuple() == tuple(form)
            return (moved if same else reshape(moved, form)), sizes, sizes
        axes = convert_to_tensor(axes, int32, "axes")
        free_axes = convert_to_tensor(free, int32, "free")
        dims = shape(a)
        found: list[int | None] | None = sizes
    else:
        dims = shape(a)
        count = rank_of(a)
        axes = convert_to_tensor(axes, int32, "axes")
        axes = build("SelectV2", condition=axes >= 0, t=axes, e=axes + count)
        every = build("Range", name="range", start=0, limit=count, delta=1)
        free_axes = build("ListDiff", x=every, y=axes)[0]
        found = None
    free_dims = _gathered(dims, free_axes)
    axes_dims = _gathered(dims, axes)
    free_count, axes_count = (_product(sizes) for sizes in (free_dims, axes_dims))
    parts = [axes, free_axes] if flipped else [free_axes, axes]
    new = [axes_count, free_count] if flipped else [free_count, axes_count]
    places, sizes_of_matrix = concat(parts, 0), stack(new)
    moved = build("Transpose", name="transpose", x=a, perm=places)
    return reshape(moved, sizes_of_matrix), free_dims, found


def _gathered(dims: Tensor, places: Tensor) -> Tensor:
    found: Tensor = build("GatherV2", params=dims, indices=places, axis=0)
    return found


def _product(sizes: Tensor) -> Tensor:
    axes = convert_to_tensor([0], int32)
    product: Tensor = build("Prod", input=sizes, reduction_indices=axes)
    return product
