"""Matrices made and turned: identities, transposes, diagonals, traces.

Source: tensorflow/python/ops/linalg_ops_impl.py, linalg/linalg_impl.py, array_ops.py, math_ops.py.
"""

from __future__ import annotations

import operator
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import ones, zeros
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import matrix_transpose
from minihub_runtime.api.matmul import conj
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.public import public

__all__ = ["adjoint", "eye", "matrix_diag", "matrix_diag_part", "trace"]


@public("eye", "linalg.eye")
def eye(
    num_rows: Any,
    num_columns: Any = None,
    batch_shape: Any = None,
    dtype: Any = float32,
    name: str | None = None,
) -> Tensor:
    """Identity matrices, [*batch_shape, num_rows, num_columns].

    Args:
        num_rows: an integer, or an int32 scalar.
        num_columns: likewise; as many as rows if left out.
        batch_shape: a list of integers, or an int32 vector.
        dtype: of the elements.
        name: of the scope.

    Raises:
        TypeError: a number is neither an integer nor a tensor.
    """
    with name_scope(name, "eye", [num_rows, num_columns, batch_shape]):
        square = num_columns is None
        columns = num_rows if num_columns is None else num_columns
        batch = [] if batch_shape is None else batch_shape
        if isinstance(num_rows, Tensor) or isinstance(columns, Tensor):
            size: Any = build("Minimum", x=num_rows, y=columns)
        else:
            try:
                rows, columns = operator.index(num_rows), operator.index(columns)
            except TypeError:
                raise TypeError(
                    "Arguments `num_rows` and `num_columns` must be positive integer values. "
                    f"Received: num_rows={num_rows}, num_columns={num_columns}"
                ) from None
            square = rows == columns
            size = min(rows, columns)
        if isinstance(batch, Tensor) or isinstance(size, Tensor):
            batch = convert_to_tensor(batch, int32, "shape")
            lengths: Any = concat((batch, [size]), axis=0)
            shape: Any = None if square else concat((batch, [num_rows, columns]), axis=0)
        else:
            lengths = [*batch, size]
            shape = [*batch, num_rows, columns]
        diagonal = ones(lengths, dtype)
        if square:
            return matrix_diag(diagonal)
        result: Tensor = build(
            "MatrixSetDiagV3", name="set_diag", input=zeros(shape, dtype), diagonal=diagonal, k=0
        )
        return result


def _padding(value: Any, tensor: Any) -> Any:
    """What stands beside the diagonals; a number that is no boolean counts as one for boolean matrices."""
    is_bool = hasattr(tensor, "dtype") and tensor.dtype == "bool"
    return bool(value) if is_bool and not isinstance(value, Tensor) else value


@public("linalg.diag", "matrix_diag")
def matrix_diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Matrices with the given diagonals.

    Args:
        diagonal: [..., n] for one diagonal, [..., diagonals, n] for several.
        name: of the operation.
        k: which diagonal, or the lowest and the highest; 0 is the main one, those above are positive.
        num_rows: rows of a matrix; -1 for as few as there can be.
        num_cols: columns, likewise.
        padding_value: what stands elsewhere.
        align: how shorter diagonals lie in `diagonal`: RIGHT_LEFT, LEFT_RIGHT, LEFT_LEFT or RIGHT_RIGHT.
    """
    result: Tensor = build(
        "MatrixDiagV3",
        name=name,
        diagonal=diagonal,
        k=k,
        num_rows=num_rows,
        num_cols=num_cols,
        padding_value=_padding(padding_value, diagonal),
        align=align,
    )
    return result


@public("linalg.diag_part", "matrix_diag_part")
def matrix_diag_part(
    input: Any,
    name: str = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """The diagonals of matrices [..., rows, columns]; arguments as for `matrix_diag`."""
    result: Tensor = build(
        "MatrixDiagPartV3",
        name=name,
        input=input,
        k=k,
        padding_value=_padding(padding_value, input),
        align=align,
    )
    return result


@public("linalg.adjoint")
def adjoint(matrix: Any, name: str | None = None) -> Tensor:
    """The conjugate transpose of matrices [..., m, n]."""
    with name_scope(name, "adjoint", [matrix]):
        return matrix_transpose(convert_to_tensor(matrix, name="matrix"), conjugate=True)


@public("linalg.trace", "trace")
def trace(x: Any, name: str | None = None) -> Tensor:
    """The sum of the main diagonal of matrices [..., m, n]; [...]."""
    with name_scope(name, "Trace", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        result: Tensor = reduce_sum(matrix_diag_part(x), [-1], name=scope)
        return result


def squared_magnitude(tensor: Tensor) -> Tensor:
    """Each element times its conjugate."""
    result: Tensor = tensor * conj(tensor)
    return result
