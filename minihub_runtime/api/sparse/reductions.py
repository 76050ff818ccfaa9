"""Sums and maxima along dimensions of sparse tensors.

Source: tensorflow/python/ops/sparse_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.reduction import reduction_dims
from minihub_runtime.public import public

__all__ = [
    "sparse_reduce_max",
    "sparse_reduce_max_sparse",
    "sparse_reduce_sum",
    "sparse_reduce_sum_sparse",
]


def _reduced(
    op: str, sp_input: Any, axis: Any, keepdims: Any, reduction_axes: Any, keep_dims: Any
) -> Any:
    keepdims = deprecated_argument_lookup("keepdims", keepdims, "keep_dims", keep_dims)
    axis = deprecated_argument_lookup("axis", axis, "reduction_axes", reduction_axes)
    return build(
        op,
        input_indices=sp_input.indices,
        input_values=sp_input.values,
        input_shape=sp_input.dense_shape,
        reduction_axes=reduction_dims(sp_input, axis),
        keep_dims=bool(keepdims),
    )


@public("sparse.reduce_max", "sparse_reduce_max")
def sparse_reduce_max(
    sp_input: Any,
    axis: Any = None,
    keepdims: Any = None,
    reduction_axes: Any = None,
    keep_dims: Any = None,
) -> Tensor:
    """The largest element along dimensions; what is not there does not count.

    Args:
        sp_input: a SparseTensor of numbers.
        axis: the dimensions, all by default.
        keepdims: whether they are kept with size 1.
        reduction_axes: the older name of `axis`.
        keep_dims: the older name of `keepdims`.

    Raises:
        ValueError: an argument is given under both its names.
    """
    result: Tensor = _reduced(
        "SparseReduceMax", sp_input, axis, keepdims, reduction_axes, keep_dims
    )
    return result


@public("sparse.reduce_max_sparse", "sparse_reduce_max_sparse")
def sparse_reduce_max_sparse(
    sp_input: Any,
    axis: Any = None,
    keepdims: Any = None,
    reduction_axes: Any = None,
    keep_dims: Any = None,
) -> SparseTensor:
    """As `sparse_reduce_max`, as a sparse tensor."""
    return SparseTensor(
        *_reduced("SparseReduceMaxSparse", sp_input, axis, keepdims, reduction_axes, keep_dims)
    )


@public("sparse.reduce_sum", "sparse_reduce_sum")
def sparse_reduce_sum(
    sp_input: Any,
    axis: Any = None,
    keepdims: Any = None,
    reduction_axes: Any = None,
    keep_dims: Any = None,
) -> Tensor:
    """The sum along dimensions.

    Args:
        sp_input: a SparseTensor of numbers.
        axis: the dimensions, all by default.
        keepdims: whether they are kept with size 1.
        reduction_axes: the older name of `axis`.
        keep_dims: the older name of `keepdims`.

    Raises:
        ValueError: an argument is given under both its names.
    """
    result: Tensor = _reduced(
        "SparseReduceSum", sp_input, axis, keepdims, reduction_axes, keep_dims
    )
    return result


@public("sparse.reduce_sum_sparse", "sparse_reduce_sum_sparse")
def sparse_reduce_sum_sparse(
    sp_input: Any,
    axis: Any = None,
    keepdims: Any = None,
    reduction_axes: Any = None,
    keep_dims: Any = None,
) -> SparseTensor:
    """As `sparse_reduce_sum`, as a sparse tensor."""
    return SparseTensor(
        *_reduced("SparseReduceSumSparse", sp_input, axis, keepdims, reduction_axes, keep_dims)
    )
