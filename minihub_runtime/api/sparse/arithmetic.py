"""Sums, products and the like of sparse tensors.

Source: tensorflow/python/ops/sparse_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.broadcasting import broadcast_static_shape
from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import transpose
from minihub_runtime.api.sparse.conversion import as_sparse_tensor
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = [
    "sparse_add",
    "sparse_maximum",
    "sparse_minimum",
    "sparse_softmax",
    "sparse_tensor_dense_matmul",
]

_SPARSE = (SparseTensor, SparseTensorValue)


@public("sparse.add", "sparse_add")
def sparse_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> Any:
    """The sum of two tensors of which one or both are sparse: sparse if both are.

    Args:
        a: a SparseTensor, or a dense one.
        b: a tensor of the same type and shape.
        threshold: sums whose magnitude is less are left out of a sparse result; 0 by default.
        thresh: the older name of `threshold`.

    Raises:
        TypeError: neither is sparse.
        ValueError: the shapes are known to differ.
    """
    threshold = deprecated_argument_lookup("threshold", threshold, "thresh", thresh)
    if threshold is None:
        threshold = 0
    if not isinstance(a, _SPARSE) and not isinstance(b, _SPARSE):
        raise TypeError("At least one input should be SparseTensor; do you mean to use tf.add()?")
    if not isinstance(a, _SPARSE) or not isinstance(b, _SPARSE):
        if isinstance(b, _SPARSE):
            a, b = b, a
        return build(
            "SparseTensorDenseAdd",
            a_indices=a.indices,
            a_values=a.values,
            a_shape=a.dense_shape,
            b=b,
        )
    a, b = as_sparse_tensor(a), as_sparse_tensor(b)
    threshold = convert_to_tensor(threshold, a.values.dtype.real_dtype.base_dtype, "threshold")
    indices, values, dense_shape = build(
        "SparseAdd",
        a_indices=a.indices,
        a_values=a.values,
        a_shape=a.dense_shape,
        b_indices=b.indices,
        b_values=b.values,
        b_shape=b.dense_shape,
        thresh=threshold,
    )
    a.shape.assert_is_compatible_with(b.shape)
    known = broadcast_static_shape(a.shape, b.shape)
    if known.is_fully_defined():
        dense_shape = known.as_list()
    return SparseTensor(indices, values, dense_shape)


@public("sparse.sparse_dense_matmul", "sparse.matmul", "sparse_tensor_dense_matmul")
def sparse_tensor_dense_matmul(
    sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: str | None = None
) -> Tensor:
    """The product of two matrices of which one is sparse.

    Args:
        sp_a: [m, k], sparse, or dense if `b` is sparse.
        b: [k, n], dense, or sparse.
        adjoint_a: whether the adjoint of `sp_a` is meant.
        adjoint_b: whether the adjoint of `b` is.
        name: a name of the operations.

    Returns:
        [m, n], dense.

    Raises:
        TypeError: neither is sparse.
    """
    if isinstance(b, _SPARSE):
        # A·B is the transpose of Bᵀ·Aᵀ; where one adjoint is meant, its transpose is its conjugate.
        flip = adjoint_a == adjoint_b
        swapped = sparse_tensor_dense_matmul(b, sp_a, adjoint_a ^ flip, adjoint_b ^ flip)
        return transpose(swapped)
    sp_a = as_sparse_tensor(sp_a)
    with name_scope(name, "SparseTensorDenseMatMul", [sp_a.indices, sp_a.values, b]):
        b = convert_to_tensor(b, name="b")
        return build(  # type: ignore[no-any-return]
            "SparseTensorDenseMatMul",
            a_indices=sp_a.indices,
            a_values=sp_a.values,
            a_shape=sp_a.dense_shape,
            b=b,
            adjoint_a=adjoint_a,
            adjoint_b=adjoint_b,
        )


@public("sparse.softmax", "sparse_softmax")
def sparse_softmax(sp_input: SparseTensor, name: str | None = None) -> SparseTensor:
    """Softmax along the last dimension, of the elements that are there."""
    with name_scope(name, "SparseSoftmax", [sp_input.indices, sp_input.values]):
        values = build(
            "SparseSoftmax",
            sp_indices=sp_input.indices,
            sp_values=sp_input.values,
            sp_shape=sp_input.dense_shape,
        )
        return SparseTensor(sp_input.indices, values, sp_input.dense_shape)


@public("sparse.maximum", "sparse_maximum")
def sparse_maximum(sp_a: SparseTensor, sp_b: SparseTensor, name: str | None = None) -> SparseTensor:
    """The larger of two sparse tensors, element by element; what is not there is 0."""
    return _either("Maximum", sp_a, sp_b, name)


@public("sparse.minimum", "sparse_minimum")
def sparse_minimum(sp_a: SparseTensor, sp_b: SparseTensor, name: str | None = None) -> SparseTensor:
    """The smaller of two sparse tensors, element by element; what is not there is 0."""
    return _either("Minimum", sp_a, sp_b, name)


def _either(which: str, a: SparseTensor, b: SparseTensor, name: str | None) -> SparseTensor:
    op = f"SparseSparse{which}"
    with name_scope(name, op, [a.indices, a.values, b.indices, b.values]) as scope:
        indices, values = build(
            op,
            name=scope,
            a_indices=a.indices,
            a_values=a.values,
            a_shape=a.dense_shape,
            b_indices=b.indices,
            b_values=b.values,
            b_shape=b.dense_shape,
        )
    return SparseTensor(indices, values, a.dense_shape)
