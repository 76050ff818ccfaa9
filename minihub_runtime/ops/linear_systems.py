"""Inverses, and systems of linear equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.broadcasting import narrow, widen
from minihub_runtime.ops.checking import require_scalar
from minihub_runtime.ops.gradient_rules import Gradient, Ops, Term, matmul, over_batches, transposed
from minihub_runtime.ops.linalg import (
    MATRIX,
    refuse_half,
    require_matrix,
    require_square,
    square_shape,
)
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec, broadcast, merge, show

__all__: list[str] = []

_BLOCK = 32


def _adjoint(x: Array) -> Array:
    return np.conjugate(np.swapaxes(x, -1, -2))


@op(
    "MatrixInverse(input: T) -> output: T",
    T=MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_inverse_op.cc",
    shape=square_shape,
)
def matrix_inverse(input: Array, *, adjoint: bool = False) -> Array:
    """The inverses of square matrices, or of their adjoints.

    A NaN in a matrix makes all of its inverse NaN.

    Raises: InvalidArgumentError for matrices that are not square or not invertible, or that have NaN in their first column.
    """
    require_square(input)
    x = widen(input)
    x = _adjoint(x) if adjoint else x
    unknown = _unknown(x, "input")
    try:
        with np.errstate(all="ignore"):
            found = np.linalg.inv(x)
    except np.linalg.LinAlgError as error:
        raise InvalidArgumentError("input must be invertible, found a singular matrix") from error
    found[unknown] = _nan(found)
    return narrow(found, input.dtype)


def _nan(like: Array) -> Any:
    """NaN, in both parts of complex numbers."""
    return complex(np.nan, np.nan) if like.dtype.kind == "c" else np.nan


def _unknown(matrices: Array, name: str) -> Array:
    """Which of the matrices have NaN, so that all that is solved by them is NaN.

    LAPACK lets numbers stand that it multiplies by 0; TensorFlow's decomposition does not, and looks whether the smallest
    pivot is 0, which NaN is as the first one.

    Raises: InvalidArgumentError for NaN in a first column.
    """
    nan = np.isnan(matrices)
    if nan[..., :1].any():
        raise InvalidArgumentError(f"{name} must be invertible, found NaN in its first column")
    return np.asarray(nan.any(axis=(-1, -2)))


def _solved_shape(matrix: Shape, rhs: Shape) -> Shape:
    """The shape of a solution: with the rank of one the other's is known."""
    known = matrix if rhs is None else rhs
    if known is None:
        return None
    if min(len(shape) for shape in (matrix, rhs) if shape is not None) < 2:
        raise InvalidArgumentError(
            f"matrix and rhs must have rank >= 2, not {show(matrix)} and {show(rhs)}"
        )
    unknown = (None,) * len(known)
    matrix, rhs = matrix or unknown, rhs or unknown
    batch = merge(matrix[:-2], rhs[:-2]) or ()
    merge(matrix[-2:-1], rhs[-2:-1])
    return (*batch, matrix[-1], rhs[-1])


def _least_squares_shape(matrix: Spec, rhs: Spec) -> Shape:
    return _solved_shape(matrix.shape, rhs.shape)


def _solve_shape(matrix: Spec, rhs: Spec) -> Shape:
    shape = _solved_shape(square_shape(matrix), rhs.shape)
    if shape is None or rhs.shape is None:
        return shape
    return merge(shape, (*(None,) * (len(shape) - 2), rhs.shape[-2], None))


def _require_system(matrix: Array, rhs: Array) -> None:
    require_matrix(matrix, "matrix")
    require_matrix(rhs, "rhs")
    if matrix.shape[:-2] != rhs.shape[:-2]:
        raise InvalidArgumentError(
            f"batch dimensions must be the same, not {show(matrix.shape)} and {show(rhs.shape)}"
        )
    if matrix.shape[-2] != rhs.shape[-2]:
        raise InvalidArgumentError(
            f"matrix and rhs must have as many rows, not {show(matrix.shape)} and {show(rhs.shape)}"
        )


@op(
    "MatrixSolve(matrix: T, rhs: T) -> output: T",
    T=MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_solve_op.cc",
    shape=_solve_shape,
)
def matrix_solve(matrix: Array, rhs: Array, *, adjoint: bool = False) -> Array:
    """X with matrix x = rhs, or with its adjoint.

    A NaN in a matrix makes all of its solution NaN.

    Raises: InvalidArgumentError for sizes that do not fit, and for matrices that are singular or have NaN in their first column.
    """
    refuse_half(matrix, "MatrixSolve")
    require_square(matrix, "matrix")
    _require_system(matrix, rhs)
    x = _adjoint(matrix) if adjoint else matrix
    unknown = _unknown(x, "matrix")
    try:
        with np.errstate(all="ignore"):
            found = np.linalg.solve(x, rhs)
    except np.linalg.LinAlgError as error:
        raise InvalidArgumentError("matrix must be invertible, found a singular one") from error
    found[unknown] = _nan(found)
    return found


@op(
    "MatrixSolveLs(matrix: T, rhs: T, l2_regularizer: float64) -> output: T",
    T=MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_solve_ls_op_impl.h",
    shape=_least_squares_shape,
    ranks={"l2_regularizer": 0},
)
def matrix_solve_ls(
    matrix: Array, rhs: Array, l2_regularizer: Array, *, fast: bool = True
) -> Array:
    """X with the least |matrix x - rhs|^2 + l2_regularizer |x|^2, by the normal equations.

    Without `fast` the regularizer is left out, and of several solutions the shortest is found.

    Raises: InvalidArgumentError for sizes that do not fit, a negative regularizer, or matrices of deficient rank with `fast`.
    """
    refuse_half(matrix, "MatrixSolveLs")
    _require_system(matrix, rhs)
    require_scalar(l2_regularizer, "l2_regularizer")
    penalty = float(l2_regularizer)
    if not penalty >= 0:
        raise InvalidArgumentError(f"l2_regularizer must not be negative, found {penalty}")
    rows, columns = matrix.shape[-2:]
    if matrix.size == 0 or rhs.size == 0:
        return np.zeros((*rhs.shape[:-2], columns, rhs.shape[-1]), dtype=rhs.dtype)
    with np.errstate(all="ignore"):
        if not fast:
            return np.matmul(np.linalg.pinv(matrix), rhs).astype(rhs.dtype, copy=False)
        across = _adjoint(matrix)
        tall = rows >= columns
        gram: Any = np.matmul(across, matrix) if tall else np.matmul(matrix, across)
        gram = gram + np.eye(min(rows, columns), dtype=matrix.dtype) * matrix.dtype.type(penalty)
        try:
            factor = np.linalg.cholesky(gram)
        except np.linalg.LinAlgError as error:
            raise InvalidArgumentError(
                "matrix must have full rank, or l2_regularizer be larger, or fast be False"
            ) from error
        first = solve_triangular(factor, np.matmul(across, rhs) if tall else rhs, lower=True)
        second = solve_triangular(_adjoint(factor), first, lower=False)
        return second if tall else np.matmul(across, second)


def solve_triangular(matrix: Array, rhs: Array, lower: bool) -> Array:
    """X with matrix x = rhs, where only one triangle of `matrix` is read; batches broadcast.

    A zero on the diagonal gives infinities and NaN.
    """
    if not lower:
        flipped = solve_triangular(matrix[..., ::-1, ::-1], rhs[..., ::-1, :], lower=True)
        return flipped[..., ::-1, :].copy()
    size = matrix.shape[-1]
    batch = np.broadcast_shapes(matrix.shape[:-2], rhs.shape[:-2])
    x = np.array(np.broadcast_to(rhs, (*batch, *rhs.shape[-2:])))
    with np.errstate(all="ignore"):
        for start in range(0, size, _BLOCK):
            end = min(start + _BLOCK, size)
            if start:
                x[..., start:end, :] -= np.matmul(matrix[..., start:end, :start], x[..., :start, :])
            for row in range(start, end):
                if row > start:
                    known = x[..., start:row, :]
                    x[..., row, :] -= np.matmul(matrix[..., row, None, start:row], known)[..., 0, :]
                x[..., row, :] /= matrix[..., row, row, None]
    return x


def _triangular_shape(matrix: Spec, rhs: Spec) -> Shape:
    if matrix.shape is None or rhs.shape is None:
        return None
    square = square_shape(matrix)
    if len(rhs.shape) < 2:
        raise InvalidArgumentError(f"rhs must have rank >= 2, not {len(rhs.shape)}")
    assert square is not None
    rows = merge(square[-1:], rhs.shape[-2:-1]) or (None,)
    batch = broadcast(square[:-2], rhs.shape[:-2]) or ()
    return (*batch, *rows, rhs.shape[-1])


@op(
    "MatrixTriangularSolve(matrix: T, rhs: T) -> output: T",
    T=types("bfloat16 float64 float32 float16 complex64 complex128"),
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_triangular_solve_op_impl.h",
    shape=_triangular_shape,
)
def matrix_triangular_solve(
    matrix: Array, rhs: Array, *, lower: bool = True, adjoint: bool = False
) -> Array:
    """X with matrix x = rhs, where only the lower (or upper) triangle of `matrix` is read; batches broadcast.

    A zero on the diagonal gives infinities and NaN.

    Raises: InvalidArgumentError for sizes that do not fit.
    """
    if matrix.dtype.names is not None or matrix.dtype == np.float16:
        raise UnimplementedError("MatrixTriangularSolve must have an input type with a CPU kernel")
    require_square(matrix, "matrix")
    require_matrix(rhs, "rhs")
    try:
        np.broadcast_shapes(matrix.shape[:-2], rhs.shape[:-2])
        fits = matrix.shape[-1] == rhs.shape[-2]
    except ValueError:
        fits = False
    if not fits:
        raise InvalidArgumentError(
            f"matrix and rhs must fit, not {show(matrix.shape)} and {show(rhs.shape)}"
        )
    if adjoint:
        matrix, lower = _adjoint(matrix), not lower
    return solve_triangular(matrix, rhs, lower)


@matrix_inverse.gradient
def matrix_inverse_gradient(ops: Ops, grad: Term, output: Term, adjoint: bool) -> Term:
    inner = matmul(ops, grad, output, adjoint, not adjoint)
    return -matmul(ops, output, inner, not adjoint)


def _of_matrix(ops: Ops, solution: Term, of_rhs: Term, adjoint: bool) -> Term:
    """The gradient of the matrix of a system, from that of the right side."""
    left, right = (solution, of_rhs) if adjoint else (of_rhs, solution)
    return -matmul(ops, left, right, adj_y=True)


@matrix_solve.gradient
def matrix_solve_gradient(
    ops: Ops, grad: Term, matrix: Term, output: Term, adjoint: bool
) -> tuple[Term, Term]:
    of_rhs = ops.MatrixSolve(matrix, grad, adjoint=not adjoint)
    return _of_matrix(ops, output, of_rhs, adjoint), of_rhs


@matrix_triangular_solve.gradient
def matrix_triangular_solve_gradient(
    ops: Ops, grad: Term, matrix: Term, rhs: Term, output: Term, lower: bool, adjoint: bool
) -> tuple[Gradient, Gradient]:
    of_rhs = ops.MatrixTriangularSolve(matrix, grad, lower=lower, adjoint=not adjoint)
    band = ops.constant(-1 if lower else 0, "int64"), ops.constant(0 if lower else -1, "int64")
    of_matrix = ops.MatrixBandPart(_of_matrix(ops, output, of_rhs, adjoint), *band)
    return over_batches(ops, matrix, rhs, of_matrix, of_rhs)


@matrix_solve_ls.gradient
def matrix_solve_ls_gradient(
    ops: Ops,
    grad: Term,
    matrix: Term,
    rhs: Term,
    l2_regularizer: Term,
    output: Term,
    fast: bool,
) -> tuple[Term, Term, None]:
    if not fast:
        raise ValueError("Gradient not defined for fast=False")
    if matrix.shape is None or None in matrix.shape[-2:]:
        raise NotImplementedError("the gradient of MatrixSolveLs of matrices of unknown size")
    rows, columns = (n or 0 for n in matrix.shape[-2:])
    tall = rows >= columns
    gram = matmul(ops, matrix, matrix, tall, not tall)
    ridge = ops.Cast(l2_regularizer, DstT=matrix.dtype)
    gram = ops.MatrixSetDiag(gram, ops.MatrixDiagPart(gram) + ridge)
    root = ops.Cholesky(gram)

    def solved(x: Term) -> Term:
        half = ops.MatrixTriangularSolve(root, x, lower=True, adjoint=False)
        return ops.MatrixTriangularSolve(root, half, lower=True, adjoint=True)

    if tall:
        z = solved(grad)
        product = matmul(ops, output, z, False, True)
        symmetric = product + transposed(ops, product)
        of_matrix = matmul(ops, rhs, z, False, True) - matmul(ops, matrix, symmetric)
        return of_matrix, matmul(ops, matrix, z), None
    of_rhs = solved(matmul(ops, matrix, grad))
    inner = solved(rhs)
    first = -matmul(ops, of_rhs, matmul(ops, inner, matrix, True))
    rest = grad - matmul(ops, matrix, of_rhs, True)
    return first + matmul(ops, inner, rest, False, True), of_rhs, None
