"""Sparse tensors made and filled.

Source: tensorflow/python/ops/sparse_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.ranges import range
from minihub_runtime.api.sparse.conversion import as_sparse_tensor, int64_tensor
from minihub_runtime.dtypes import float32, int64
from minihub_runtime.public import public

__all__ = ["sparse_eye", "sparse_fill_empty_rows"]


@public("sparse.eye")
def sparse_eye(
    num_rows: Any, num_columns: Any = None, dtype: Any = float32, name: str | None = None
) -> SparseTensor:
    """A matrix with ones along the diagonal.

    Args:
        num_rows: an integer, or a tensor of one.
        num_columns: as many as rows by default.
        dtype: the type.
        name: a name of the operations.

    Raises:
        TypeError: a number is of another kind.
    """
    with name_scope(name, "eye", [num_rows, num_columns]):
        num_rows = int64_tensor(num_rows, "num_rows")
        columns = num_rows if num_columns is None else int64_tensor(num_columns, "num_columns")
        count = build("Minimum", x=num_rows, y=columns)
        diagonal = range(count, dtype=int64)
        return SparseTensor(
            indices=stack([diagonal, diagonal], axis=1),
            values=ones(count, dtype=dtype),
            dense_shape=[num_rows, columns],
        )


@public("sparse.fill_empty_rows", "sparse_fill_empty_rows")
def sparse_fill_empty_rows(
    sp_input: Any, default_value: Any, name: str | None = None
) -> tuple[SparseTensor, Tensor]:
    """A sparse matrix with an element at the beginning of each row that had none.

    Args:
        sp_input: a SparseTensor of rank 2.
        default_value: the element.
        name: a name of the operations.

    Returns:
        The matrix, and which rows were empty, bool [rows].

    Raises:
        TypeError: it is no SparseTensor.
    """
    sp_input = as_sparse_tensor(sp_input)
    with name_scope(name, "SparseFillEmptyRows", [sp_input]):
        default_value = convert_to_tensor(default_value, sp_input.values.dtype)
        indices, values, empty, _ = build(
            "SparseFillEmptyRows",
            indices=sp_input.indices,
            values=sp_input.values,
            dense_shape=sp_input.dense_shape,
            default_value=default_value,
        )
        return SparseTensor(indices, values, sp_input.dense_shape), empty
