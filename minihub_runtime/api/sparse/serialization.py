"""Sparse tensors as strings or variants, and back.

Source: tensorflow/python/ops/sparse_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.graph import Tensor
from minihub_runtime.api.sparse.conversion import as_sparse_tensor
from minihub_runtime.dtypes import string
from minihub_runtime.public import public

__all__ = ["deserialize_many_sparse", "serialize_many_sparse", "serialize_sparse"]


@public("io.serialize_sparse", "serialize_sparse")
def serialize_sparse(sp_input: Any, name: str | None = None, out_type: Any = string) -> Tensor:
    """A sparse tensor as three strings or variants: indices, values, shape.

    Raises:
        TypeError: it is none.
    """
    return _serialized("SerializeSparse", sp_input, name, out_type)


@public("io.serialize_many_sparse", "serialize_many_sparse")
def serialize_many_sparse(sp_input: Any, name: str | None = None, out_type: Any = string) -> Tensor:
    """The rows of a sparse tensor, each as three strings or variants: [rows, 3].

    Raises:
        TypeError: it is none.
    """
    return _serialized("SerializeManySparse", sp_input, name, out_type)


def _serialized(op: str, sp_input: Any, name: str | None, out_type: Any) -> Tensor:
    sp_input = as_sparse_tensor(sp_input)
    result: Tensor = build(
        op,
        name=name,
        sparse_indices=sp_input.indices,
        sparse_values=sp_input.values,
        sparse_shape=sp_input.dense_shape,
        out_type=out_type,
    )
    return result


@public("io.deserialize_many_sparse", "deserialize_many_sparse")
def deserialize_many_sparse(
    serialized_sparse: Any, dtype: Any, rank: int | None = None, name: str | None = None
) -> SparseTensor:
    """The sparse tensor of serialised rows.

    Args:
        serialized_sparse: string [rows, 3].
        dtype: the type of the values.
        rank: the rank of the result, if it is known.
        name: a name of the operation.
    """
    indices, values, dense_shape = build(
        "DeserializeManySparse", name=name, serialized_sparse=serialized_sparse, dtype=dtype
    )
    indices.set_shape([None, rank])
    dense_shape.set_shape([rank])
    return SparseTensor(indices, values, dense_shape)
