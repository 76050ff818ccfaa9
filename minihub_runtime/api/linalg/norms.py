"""Norms of vectors and matrices.

Source: tensorflow/python/ops/linalg_ops.py:norm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import squeeze
from minihub_runtime.api.linalg.matrices import squared_magnitude
from minihub_runtime.api.reduction import reduce_max, reduce_sum
from minihub_runtime.public import public

__all__ = ["norm", "normalize"]


@public("linalg.norm", "norm")
def norm(
    tensor: Any,
    ord: Any = "euclidean",
    axis: Any = None,
    keepdims: bool | None = None,
    name: str | None = None,
    keep_dims: bool | None = None,
) -> Tensor:
    """Norms of vectors along one axis, of matrices along two, or of everything as one vector.

    Args:
        tensor: float or complex.
        ord: `euclidean`, `fro` (of matrices), 1, 2, np.inf, or another positive number for vectors.
        axis: an integer, two integers in a tuple or list for matrices, or None for everything.
        keepdims: keep the axes with size one.
        name: of the scope.
        keep_dims: the older name of `keepdims`.

    Raises:
        ValueError: `ord` or `axis` is none of these.
    """
    kept = bool(deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims))
    matrix = isinstance(axis, (tuple, list)) and len(axis) == 2
    axes = _axes(axis, matrix)
    _check_order(ord, matrix)
    with name_scope(name, "norm", [tensor]):
        tensor = convert_to_tensor(tensor)
        result = _norm(tensor, ord, axes, matrix)
        return result if kept else squeeze(result, axes)


def _axes(axis: Any, matrix: bool) -> Any:
    if matrix:
        axes = tuple(axis)
        if not all(isinstance(item, int) for item in axes) or axes[0] == axes[1]:
            raise ValueError(
                f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axes}"
            )
        return axes
    if not (axis is None or isinstance(axis, int)):
        raise ValueError(
            f"'axis' must be None, an integer, or a tuple of 2 unique integers, got {axis}"
        )
    return None if axis is None else (axis,)


def _check_order(order: Any, matrix: bool) -> None:
    known: list[Any] = ["euclidean", "fro", 1, 2, np.inf] if matrix else ["euclidean", 1, 2, np.inf]
    positive = not isinstance(order, str) and np.isreal(order) and order > 0
    if order not in known and (matrix or not positive):
        which = f"matrix norm in {known}" if matrix else "vector norm"
        raise ValueError(f"'ord' must be a supported {which}, got {order}")


def _norm(tensor: Tensor, order: Any, axes: Any, matrix: bool) -> Tensor:
    """The norm, its axes kept."""
    if matrix and order == 2:
        return _spectral(tensor, axes)
    if order in ("fro", "euclidean", 2):
        total = reduce_sum(squared_magnitude(tensor), axes, keepdims=True)
        root: Tensor = build("Sqrt", x=total)
        return root
    size = (
        build("ComplexAbs", name="Abs", x=tensor)
        if tensor.dtype.is_complex
        else build("Abs", x=tensor)
    )
    first = None if axes is None else axes[0]
    if order == 1:
        result = reduce_sum(size, first, keepdims=True)
        return reduce_max(result, axes[-1], keepdims=True) if matrix else result
    if order == np.inf:
        if matrix:
            size = reduce_sum(size, axes[1], keepdims=True)
        return reduce_max(size, first, keepdims=True)
    powers = reduce_sum(build("Pow", x=size, y=order), axes, keepdims=True)
    found: Tensor = build("Pow", name="Pow", x=powers, y=1.0 / order)
    return found


def _spectral(tensor: Tensor, axes: tuple[int, int]) -> Tensor:
    """The largest singular value of each matrix, [..., 1, 1] with the ones at `axes`.

    Differs: TensorFlow finds the order of the axes by loops in the graph, even where the rank is known; here it must be known.
    """
    rank = tensor.shape.rank
    if rank is None:
        raise NotImplementedError("the spectral norm of a tensor of unknown rank is not supported")
    places = [axis % rank for axis in axes]
    before = [axis for axis in range(rank) if axis not in places] + places
    after = [before.index(axis) for axis in range(rank)]
    turned = build("Transpose", name="transpose", x=tensor, perm=before)
    values, _, _ = build("Svd", input=turned, compute_uv=False)
    largest = reduce_max(build("Abs", x=values), -1, keepdims=True)
    widened = build("ExpandDims", input=largest, dim=-1)
    result: Tensor = build("Transpose", name="transpose", x=widened, perm=after)
    return result


@public("linalg.normalize")
def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """A tensor divided by its norm, and the norm.

    Args:
        tensor: numbers.
        ord: which norm; see `norm`.
        axis: the dimensions over which norms are taken, all by default.
        name: wanted name.

    Raises:
        ValueError: there is no such norm.
    """
    with name_scope(name, "normalize", [tensor]):
        tensor = convert_to_tensor(tensor)
        size = cast(norm(tensor, ord, axis, keepdims=True), tensor.dtype)
        return tensor / size, size
