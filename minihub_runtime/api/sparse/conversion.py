"""Sparse tensors of dense ones, and back.

Source: tensorflow/python/ops/sparse_ops.py, tensorflow/python/framework/sparse_tensor.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import fill, zeros, zeros_like
from minihub_runtime.api.gathering import where_v2
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import expand_dims
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import as_dtype, int64
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = [
    "as_sparse_tensor",
    "as_sparse_tensors",
    "convert_to_tensor_or_sparse_tensor",
    "from_dense",
    "int64_tensor",
    "sparse_tensor_to_dense",
    "sparse_to_indicator",
]


def as_sparse_tensor(sp_input: Any) -> SparseTensor:
    """A sparse tensor, or the value of one as one.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(sp_input, SparseTensorValue):
        return SparseTensor.from_value(sp_input)
    if not isinstance(sp_input, SparseTensor):
        raise TypeError("Input must be a SparseTensor.")
    return sp_input


def as_sparse_tensors(sp_inputs: Any) -> list[SparseTensor]:
    """A list of sparse tensors, or of values of such.

    Raises:
        TypeError: it is no list, or an item is neither.
    """
    if not isinstance(sp_inputs, (list, tuple)):
        raise TypeError("Inputs must be a list or tuple.")
    return [as_sparse_tensor(sp_input) for sp_input in sp_inputs]


def int64_tensor(value: Any, name: str) -> Tensor:
    """An integer or a tensor as a tensor of int64.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(value, (int, np.integer)):
        return convert_to_tensor(value, int64, name)
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be an integer value")
    result: Tensor = cast(value, int64)
    return result


@public(
    "convert_to_tensor_or_sparse_tensor", "contrib.framework.convert_to_tensor_or_sparse_tensor"
)
def convert_to_tensor_or_sparse_tensor(
    value: Any, dtype: Any = None, name: str | None = None
) -> Any:
    """A sparse tensor as it is, the value of one as one, anything else as a tensor.

    Raises:
        RuntimeError: a sparse tensor of another type than `dtype`.
    """
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        return convert_to_tensor(value, dtype, name)
    if dtype is not None and not as_dtype(dtype).is_compatible_with(value.dtype):
        raise RuntimeError(
            f"Sparse dtype mismatch. Requested: {as_dtype(dtype).name},  Actual: {value.dtype.name}"
        )
    return value


@public("sparse.from_dense")
def from_dense(tensor: Any, name: str | None = None) -> SparseTensor:
    """The elements of a tensor that are not zero, false or empty."""
    with name_scope(name, "dense_to_sparse"):
        tensor = convert_to_tensor(tensor)
        indices = where_v2(build("NotEqual", x=tensor, y=zeros_like(tensor)))
        values = gather_nd(tensor, indices)
        return SparseTensor(indices, values, shape(tensor, out_type=int64))


@public("sparse.to_dense", "sparse_tensor_to_dense")
def sparse_tensor_to_dense(
    sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: str | None = None
) -> Tensor:
    """The dense tensor of a sparse one.

    Args:
        sp_input: a SparseTensor.
        default_value: what stands where it has no element; 0, false or the empty string by default.
        validate_indices: whether a run checks that indices are sorted, without repetition and within bounds.
        name: a name of the operation.

    Raises:
        TypeError: it is no SparseTensor.
    """
    sp_input = as_sparse_tensor(sp_input)
    if default_value is None:
        default_value = zeros([], dtype=sp_input.dtype)
    result: Tensor = build(
        "SparseToDense",
        name=name,
        sparse_indices=sp_input.indices,
        output_shape=sp_input.dense_shape,
        sparse_values=sp_input.values,
        default_value=default_value,
        validate_indices=validate_indices,
    )
    return result


@public("sparse.to_indicator", "sparse_to_indicator")
def sparse_to_indicator(sp_input: Any, vocab_size: Any, name: str | None = None) -> Tensor:
    """True where a row of a sparse tensor holds the number of the last dimension.

    Args:
        sp_input: integers, shape `[..., n]`.
        vocab_size: the size of the last dimension of the result, more than any of them.
        name: a name of the operations.

    Returns:
        bool `[..., vocab_size]`.

    Raises:
        TypeError: it is no SparseTensor, or `vocab_size` neither a tensor nor an integer.
    """
    from minihub_runtime.api.sparse.shaping import sparse_merge

    sp_input = as_sparse_tensor(sp_input)
    with name_scope(name, "SparseToIndicator", [sp_input]) as scope:
        count = shape(sp_input.indices)[0]
        new_values = fill(expand_dims(count, 0), True)
        marks = SparseTensor(sp_input.indices, new_values, sp_input.dense_shape)
        merged = sparse_merge(sp_input, marks, vocab_size, scope)
        return sparse_tensor_to_dense(merged, False, False, scope)
