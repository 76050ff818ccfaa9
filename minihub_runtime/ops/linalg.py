"""Decompositions of matrices, determinants, and systems of linear equations."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.broadcasting import narrow, widen
from minihub_runtime.ops.checking import require_scalar
from minihub_runtime.ops.registry import COMPLEX, INDEX, ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec, broadcast, merge, show
from minihub_runtime.shapes import size as size_of

__all__: list[str] = []

_MATRIX = types("float64 float32 float16 complex64 complex128")
_DETERMINANT = types("float16 float32 float64 complex64 complex128")
_BLOCK = 32


def _require_matrix(x: Array, name: str = "input") -> None:
    if x.ndim < 2:
        raise InvalidArgumentError(f"{name} must have rank >= 2, not {x.ndim}")


def _require_square(x: Array, name: str = "input") -> None:
    _require_matrix(x, name)
    if x.shape[-1] != x.shape[-2]:
        raise InvalidArgumentError(f"{name} must hold square matrices, not {show(x.shape)}")


def _refuse_half(x: Array, name: str) -> None:
    if x.dtype == np.float16:
        raise UnimplementedError(f"{name} must have an input type with a CPU kernel, not float16")


def _adjoint(x: Array) -> Array:
    return np.conjugate(np.swapaxes(x, -1, -2))


def _square(input: Spec) -> Shape:
    """The shape of `input` as square matrices."""
    shape = input.shape
    if shape is None:
        return None
    if len(shape) < 2:
        raise InvalidArgumentError(f"input must have rank >= 2, not {len(shape)}")
    size = merge(shape[-1:], shape[-2:-1]) or (None,)
    return (*shape[:-2], *size, *size)


def _batch(input: Spec) -> Shape:
    shape = _square(input)
    return None if shape is None else shape[:-2]


@op(
    "Cholesky(input: T) -> output: T",
    T=_MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/cholesky_op.cc",
    shape=_square,
)
def cholesky(input: Array) -> Array:
    """The lower triangular L with L L^H = input, which is read below the diagonal only.

    NaN fills the triangle of a matrix that is not positive definite.

    Raises: InvalidArgumentError unless the matrices are square.
    """
    _refuse_half(input, "Cholesky")
    _require_square(input)
    try:
        return np.linalg.cholesky(input)
    except np.linalg.LinAlgError:
        result = np.tril(np.full_like(input, np.nan))
        for place in np.ndindex(input.shape[:-2]):
            try:
                result[place] = np.linalg.cholesky(input[place])
            except np.linalg.LinAlgError:
                continue
        return result


def _qr_shape(input: Spec, full_matrices: bool) -> list[Shape]:
    shape = input.shape
    if shape is None:
        return [None, None]
    if len(shape) < 2:
        raise InvalidArgumentError(f"input must have rank >= 2, not {len(shape)}")
    *batch, rows, columns = shape
    inner = rows if full_matrices else _smaller(rows, columns)
    return [(*batch, rows, inner), (*batch, inner, columns)]


def _smaller(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return 0 if 0 in (a, b) else None
    return min(a, b)


@op(
    "Qr(input: T) -> q: T, r: T",
    T=_MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/qr_op_impl.h",
    shape=_qr_shape,
)
def qr(input: Array, *, full_matrices: bool = False) -> tuple[Array, Array]:
    """Unitary q and upper triangular r with q r = input, by Householder reflections; r may have any signs.

    Raises: InvalidArgumentError for a rank below 2.
    """
    _refuse_half(input, "Qr")
    _require_matrix(input)
    rows, columns = input.shape[-2:]
    if input.size == 0:
        inner = rows if full_matrices else min(rows, columns)
        q = np.zeros((*input.shape[:-2], rows, inner), dtype=input.dtype)
        if full_matrices:
            q[...] = np.eye(rows, dtype=input.dtype)
        return q, np.zeros((*input.shape[:-2], inner, columns), dtype=input.dtype)
    q, r = np.linalg.qr(input, mode="complete" if full_matrices else "reduced")
    return q, r


def _svd_shape(input: Spec, compute_uv: bool, full_matrices: bool) -> list[Shape]:
    shape = input.shape
    if shape is None:
        return [None, None if compute_uv else (0,), None if compute_uv else (0,)]
    if len(shape) < 2:
        raise InvalidArgumentError(f"input must have rank >= 2, not {len(shape)}")
    *batch, rows, columns = shape
    inner = _smaller(rows, columns)
    if not compute_uv:
        return [(*batch, inner), (0,), (0,)]
    if full_matrices:
        return [(*batch, inner), (*batch, rows, rows), (*batch, columns, columns)]
    return [(*batch, inner), (*batch, rows, inner), (*batch, columns, inner)]


@op(
    "Svd(input: T) -> s: T, u: T, v: T",
    T=_MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/svd_op_impl.h",
    shape=_svd_shape,
)
def svd(
    input: Array, *, compute_uv: bool = True, full_matrices: bool = False
) -> tuple[Array, Array, Array]:
    """Singular values s, falling, and vectors with u diag(s) v^H = input; NaN throughout for a matrix with NaN.

    Differs: signs of the vectors, which nothing determines; u and v without `compute_uv` are empty vectors,
        which is their static shape, where TensorFlow gives memory it has not written.
    Raises: InvalidArgumentError for a rank below 2.
    """
    _refuse_half(input, "Svd")
    _require_matrix(input)
    none = np.zeros(0, dtype=input.dtype)
    with np.errstate(all="ignore"):
        finite: Any = np.isfinite(input).all(axis=(-1, -2), keepdims=True)
        safe = input if finite.all() else np.where(finite, input, 0)
        if not compute_uv:
            s = np.linalg.svd(safe, compute_uv=False)
            s = np.where(finite[..., 0], s, np.nan)
            return s.astype(input.dtype), none, none
        u, s, v = np.linalg.svd(safe, full_matrices=full_matrices)
        v = np.conjugate(np.swapaxes(v, -1, -2))
        if not finite.all():
            s = np.where(finite[..., 0], s, np.nan)
            u, v = np.where(finite, u, np.nan), np.where(finite, v, np.nan)
    return s.astype(input.dtype), u.astype(input.dtype), np.array(v, dtype=input.dtype)


def _eigenvalues_shape(input: Spec, compute_v: bool) -> list[Shape]:
    shape = _square(input)
    if shape is None:
        return [None, None if compute_v else (0,)]
    return [shape[:-1], shape if compute_v else (0,)]


@op(
    "SelfAdjointEigV2(input: T) -> e: T, v: T",
    T=_MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/self_adjoint_eig_v2_op_impl.h",
    shape=_eigenvalues_shape,
)
def self_adjoint_eig_v2(input: Array, *, compute_v: bool = True) -> tuple[Array, Array]:
    """Eigenvalues, rising, and vectors of Hermitian matrices, which are read below the diagonal only.

    Differs: signs of the vectors, which nothing determines; v is empty without `compute_v`.
    Raises: InvalidArgumentError unless the matrices are square and finite.
    """
    _refuse_half(input, "SelfAdjointEigV2")
    _require_square(input)
    _require_finite(input)
    if not compute_v:
        return np.linalg.eigvalsh(input).astype(input.dtype), np.zeros(0, dtype=input.dtype)
    values, vectors = np.linalg.eigh(input)
    return values.astype(input.dtype), vectors.astype(input.dtype)


def _require_finite(input: Array) -> None:
    if not np.isfinite(input).all():
        raise InvalidArgumentError(
            "input must be finite to have eigenvalues, found NaN or infinity"
        )


@op(
    "Eig(input: T) -> e: Tout, v: Tout",
    T=types("float32 float64 complex64 complex128"),
    Tout=COMPLEX,
    precision=ROUNDING,
    source="core/kernels/linalg/eig_op_impl.h",
    shape=_eigenvalues_shape,
)
def eig(input: Array, *, Tout: DType, compute_v: bool = True) -> tuple[Array, Array]:
    """Eigenvalues and vectors of any square matrices, as complex numbers.

    Differs: order of the values and phases of the vectors, which nothing determines; v is empty without `compute_v`.
    Raises: InvalidArgumentError unless the matrices are square and finite and `Tout` is their complex type.
    """
    wanted = np.result_type(input.dtype, np.complex64)
    if Tout.numpy != wanted:
        raise InvalidArgumentError(f"Tout must be {wanted}, not {Tout.name}")
    _require_square(input)
    _require_finite(input)
    if not compute_v:
        values = np.linalg.eigvals(input) if input.size else np.zeros(input.shape[:-1])
        return values.astype(wanted), np.zeros(0, dtype=wanted)
    values, vectors = np.linalg.eig(input)
    return values.astype(wanted), vectors.astype(wanted)


@op(
    "Lu(input: T) -> lu: T, p: output_idx_type",
    T=_MATRIX,
    output_idx_type=INDEX.default_to("int32"),
    precision=ROUNDING,
    source="core/kernels/linalg/lu_op.cc",
    shape=lambda input: [_square(input), (_square(input) or (None,))[:-1] if input.shape else None],
)
def lu(input: Array, *, output_idx_type: DType) -> tuple[Array, Array]:
    """L below the diagonal (its own is 1) and U in one matrix, and the rows p with input[p] = L U.

    Raises: InvalidArgumentError for matrices that are not square or not invertible.
    """
    _refuse_half(input, "Lu")
    _require_square(input)
    size = input.shape[-1]
    work = np.array(input).reshape(size_of(input.shape[:-2]), size, size)
    order = np.tile(np.arange(size), (len(work), 1))
    every = np.arange(len(work))
    with np.errstate(all="ignore"):
        for column in range(size):
            pivot = column + np.argmax(np.abs(work[:, column:, column]), axis=1)
            for rows in (work, order):
                rows[every, column], rows[every, pivot] = (
                    rows[every, pivot],
                    rows[every, column].copy(),
                )
            top = work[:, column, column]
            if not (np.abs(top) > 0).all():
                raise InvalidArgumentError(
                    f"input must be invertible, but pivot {column} is 0 or NaN"
                )
            work[:, column + 1 :, column] /= top[:, None]
            work[:, column + 1 :, column + 1 :] -= (
                work[:, column + 1 :, column, None] * work[:, column, None, column + 1 :]
            )
    return (
        work.reshape(input.shape),
        order.reshape(input.shape[:-1]).astype(output_idx_type.numpy),
    )


@op(
    "MatrixInverse(input: T) -> output: T",
    T=_MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_inverse_op.cc",
    shape=_square,
)
def matrix_inverse(input: Array, *, adjoint: bool = False) -> Array:
    """The inverses of square matrices, or of their adjoints.

    Raises: InvalidArgumentError for matrices that are not square or not invertible.
    """
    _require_square(input)
    x = widen(input)
    try:
        with np.errstate(all="ignore"):
            return narrow(np.linalg.inv(_adjoint(x) if adjoint else x), input.dtype)
    except np.linalg.LinAlgError as error:
        raise InvalidArgumentError("input must be invertible, found a singular matrix") from error


@op(
    "MatrixDeterminant(input: T) -> output: T",
    T=_DETERMINANT,
    precision=ROUNDING,
    source="core/kernels/linalg/determinant_op.cc",
    shape=_batch,
)
def matrix_determinant(input: Array) -> Array:
    """The determinants of square matrices.

    Raises: InvalidArgumentError unless they are square.
    """
    _refuse_half(input, "MatrixDeterminant")
    _require_square(input)
    with np.errstate(all="ignore"):
        # An infinite pivot has no sign.
        finite = np.isfinite(input).all(axis=(-1, -2))
        return narrow(np.where(finite, np.linalg.det(input), np.nan), input.dtype)


@op(
    "LogMatrixDeterminant(input: T) -> sign: T, log_abs_determinant: T",
    T=_DETERMINANT,
    precision=ROUNDING,
    source="core/kernels/linalg/determinant_op.cc",
    shape=lambda input: [_batch(input), _batch(input)],
)
def log_matrix_determinant(input: Array) -> tuple[Array, Array]:
    """Sign, or phase, and logarithm of the absolute value of the determinants.

    Raises: InvalidArgumentError unless the matrices are square.
    """
    _refuse_half(input, "LogMatrixDeterminant")
    _require_square(input)
    with np.errstate(all="ignore"):
        sign, logarithm = np.linalg.slogdet(input)
        return narrow(sign, input.dtype), narrow(logarithm, input.dtype)


def _least_squares_shape(matrix: Spec, rhs: Spec) -> Shape:
    if matrix.shape is None or rhs.shape is None:
        return None
    if len(matrix.shape) < 2 or len(rhs.shape) < 2:
        raise InvalidArgumentError(
            f"matrix and rhs must have rank >= 2, not {show(matrix.shape)} and {show(rhs.shape)}"
        )
    batch = merge(matrix.shape[:-2], rhs.shape[:-2]) or ()
    merge(matrix.shape[-2:-1], rhs.shape[-2:-1])
    return (*batch, matrix.shape[-1], rhs.shape[-1])


def _solve_shape(matrix: Spec, rhs: Spec) -> Shape:
    shape = _least_squares_shape(matrix, rhs)
    square = _square(matrix)
    if shape is None or square is None or rhs.shape is None:
        return None
    rows = merge(square[-1:], rhs.shape[-2:-1]) or (None,)
    return (*shape[:-2], *rows, shape[-1])


def _require_system(matrix: Array, rhs: Array) -> None:
    _require_matrix(matrix, "matrix")
    _require_matrix(rhs, "rhs")
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
    T=_MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_solve_op.cc",
    shape=_solve_shape,
)
def matrix_solve(matrix: Array, rhs: Array, *, adjoint: bool = False) -> Array:
    """X with matrix x = rhs, or with its adjoint.

    Raises: InvalidArgumentError for sizes that do not fit or singular matrices.
    """
    _refuse_half(matrix, "MatrixSolve")
    _require_square(matrix, "matrix")
    _require_system(matrix, rhs)
    try:
        with np.errstate(all="ignore"):
            return np.linalg.solve(_adjoint(matrix) if adjoint else matrix, rhs)
    except np.linalg.LinAlgError as error:
        raise InvalidArgumentError("matrix must be invertible, found a singular one") from error


@op(
    "MatrixSolveLs(matrix: T, rhs: T, l2_regularizer: float64) -> output: T",
    T=_MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_solve_ls_op_impl.h",
    shape=_least_squares_shape,
)
def matrix_solve_ls(
    matrix: Array, rhs: Array, l2_regularizer: Array, *, fast: bool = True
) -> Array:
    """X with the least |matrix x - rhs|^2 + l2_regularizer |x|^2, by the normal equations.

    Without `fast` the regularizer is left out, and of several solutions the shortest is found.

    Raises: InvalidArgumentError for sizes that do not fit, a negative regularizer, or matrices of deficient rank with `fast`.
    """
    _refuse_half(matrix, "MatrixSolveLs")
    _require_system(matrix, rhs)
    require_scalar(l2_regularizer, "l2_regularizer")
    penalty = float(l2_regularizer)
    if not penalty >= 0:
        raise InvalidArgumentError(f"l2_regularizer must not be negative, found {penalty}")
    rows, columns = matrix.shape[-2:]
    if matrix.size == 0 or rhs.size == 0:
        return np.zeros((*rhs.shape[:-2], columns, rhs.shape[-1]), dtype=rhs.dtype)
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
    square = _square(matrix)
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
    _require_square(matrix, "matrix")
    _require_matrix(rhs, "rhs")
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
