"""Words that gradient rules share.

Where a shape is known before anything runs, these give NumPy arrays, which have the arithmetic of terms; so a rule is
written once, and adds no nodes for what is known.

Source: tensorflow/python/ops/math_grad.py (SmartBroadcastGradientArgs), math_ops.py (reduced_shape).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from minihub_runtime.dtypes import as_dtype
from minihub_runtime.ops.terms import Ops, Slices, Term
from minihub_runtime.shapes import concrete, size

__all__ = [
    "Attrs",
    "Gradient",
    "Ops",
    "Slices",
    "Term",
    "adjoint",
    "arange",
    "concat",
    "conjugate",
    "inverse_of",
    "matmul",
    "over_batches",
    "positive",
    "product",
    "rank_of",
    "reduced_dims",
    "reduced_shape",
    "sizes_of",
    "sum_to",
    "transposed",
    "unbroadcast",
]

#: The attributes of an op that are no types, by name.
Attrs: TypeAlias = "dict[str, Any]"
#: The gradient of one input; None where there is none.
Gradient: TypeAlias = "Term | None"


def sizes_of(ops: Ops, x: Term, out_type: Any = "int32") -> Any:
    """The shape of `x`: an array if all sizes are known, else a term."""
    known = concrete(x.shape)
    if known is not None:
        return np.array(known, as_dtype(out_type).numpy)
    return ops.Shape(x, out_type=out_type)


def rank_of(ops: Ops, x: Term) -> Any:
    """The rank of `x`: an int if it is known, else a term."""
    return x.rank if x.rank is not None else ops.Rank(x)


def product(ops: Ops, sizes: Any) -> Any:
    """The product of a vector of sizes, an array or a term."""
    if isinstance(sizes, Term):
        return ops.Prod(sizes, [0])
    return np.array(size(sizes), sizes.dtype)


def concat(ops: Ops, parts: Sequence[Any]) -> Any:
    """Vectors of integers, arrays, lists or terms, one after the other."""
    if any(isinstance(part, Term) for part in parts):
        return ops.ConcatV2(parts, 0)
    return np.concatenate([np.asarray(part, np.int32) for part in parts])


def inverse_of(ops: Ops, permutation: Term) -> Any:
    """The permutation that undoes another."""
    if permutation.value is not None:
        return np.argsort(permutation.value).astype(permutation.value.dtype)
    return ops.InvertPermutation(permutation)


def conjugate(ops: Ops, x: Term) -> Term:
    """The complex conjugate; a real tensor itself."""
    return ops.Conj(x) if x.dtype.is_complex else x


def reduced_shape(ops: Ops, x: Term, axes: Term) -> Any:
    """The shape of `x` after a reduction over `axes` that keeps them with size 1."""
    shape, known = sizes_of(ops, x), axes.value
    if isinstance(shape, np.ndarray) and known is not None:
        kept = shape.copy()
        kept[known.reshape(-1)] = 1
        return kept
    return reduced_dims(ops, shape, rank_of(ops, x), axes)


def reduced_dims(ops: Ops, sizes: Any, rank: Any, axes: Term) -> Term:
    """Sizes, as a vector of `rank` of them, with 1 for those along `axes`."""
    # Axes may be negative; the later part of a DynamicStitch wins.
    places = ops.Reshape((ops.Cast(axes, DstT="int32") + rank) % rank, [-1])
    kept = ops.Cast(sizes, DstT="int32")
    ones = ops.Fill(ops.Shape(places), 1)
    return ops.DynamicStitch([ops.Range(0, rank, 1), places], [kept, ones])


def transposed(ops: Ops, x: Term) -> Term:
    """The transposes of matrices."""
    rank = rank_of(ops, x)
    order = concat(ops, [arange(ops, 0, rank - 2), [rank - 1, rank - 2]])
    return ops.Transpose(x, order)


def adjoint(ops: Ops, x: Term) -> Term:
    """The conjugate transposes of matrices."""
    return conjugate(ops, transposed(ops, x))


def matmul(ops: Ops, x: Term, y: Term, adj_x: bool = False, adj_y: bool = False) -> Term:
    """Products of matrices, whose batch dimensions broadcast."""
    return ops.BatchMatMulV2(x, y, adj_x=adj_x, adj_y=adj_y)


def over_batches(ops: Ops, x: Term, y: Term, gx: Term, gy: Term) -> tuple[Gradient, Gradient]:
    """Gradients of matrices whose batch dimensions were broadcast, in the shapes of the matrices."""
    if x.shape is not None and y.shape is not None:
        batches = x.shape[:-2], y.shape[:-2]
        if batches[0] == batches[1] and None not in batches[0]:
            return gx, gy
    sx, sy = sizes_of(ops, x), sizes_of(ops, y)
    rx, ry = ops.BroadcastGradientArgs(sx[:-2], sy[:-2])
    return sum_to(ops, gx, rx, sx), sum_to(ops, gy, ry, sy)


def _broadcast_axes(x: Term, y: Term) -> tuple[list[int], list[int]] | None:
    """The axes along which `x` and along which `y` is repeated to make one shape; None if sizes decide."""
    if x.shape is None or y.shape is None:
        return None
    rank = max(len(x.shape), len(y.shape))
    found: tuple[list[int], list[int]] = ([], [])
    padded = [(1,) * (rank - len(shape)) + shape for shape in (x.shape, y.shape)]
    for axis, (m, n) in enumerate(zip(*padded, strict=True)):
        if m == 1 and n != 1:
            found[0].append(axis)
        elif n == 1 and m != 1:
            found[1].append(axis)
        elif m is None or n is None:
            return None
    return found


def sum_to(ops: Ops, grad: Term, axes: Any, shape: Any) -> Term:
    """`grad` summed over `axes`, in `shape`."""
    return ops.Reshape(ops.Sum(grad, axes, keep_dims=True), shape)


def unbroadcast(
    ops: Ops, x: Term, y: Term, gx: Gradient, gy: Gradient
) -> tuple[Gradient, Gradient]:
    """Gradients of two inputs that were broadcast to one shape, summed to the shapes of the inputs.

    Args:
        ops: the namespace.
        x: the first input.
        y: the second input.
        gx: the gradient of `x` in the broadcast shape, or None.
        gy: the gradient of `y` in the broadcast shape, or None.
    """
    axes: Any = _broadcast_axes(x, y)
    known = axes is not None
    if axes is None:
        axes = ops.BroadcastGradientArgs(sizes_of(ops, x), sizes_of(ops, y))
    results: list[Gradient] = []
    for grad, mine, own, other in ((gx, axes[0], x, y), (gy, axes[1], y, x)):
        if grad is None or (known and not len(mine) and (own.rank or 0) >= (other.rank or 0)):
            results.append(grad)
        else:
            results.append(sum_to(ops, grad, mine, sizes_of(ops, own)))
    return results[0], results[1]


def positive(axis: Term, rank: Any) -> Any:
    """An axis counted from the front: an int if that is known, for which one at the front needs no rank."""
    if axis.value is None or (axis.value < 0 and not isinstance(rank, int)):
        return axis % rank
    return int(axis.value) % rank if axis.value < 0 else int(axis.value)


def arange(ops: Ops, start: Any, limit: Any) -> Any:
    """The integers from `start` up to `limit`: an array if both are known."""
    if isinstance(start, Term) or isinstance(limit, Term):
        return ops.Range(start, limit, 1)
    return np.arange(start, limit, dtype=np.int32)
