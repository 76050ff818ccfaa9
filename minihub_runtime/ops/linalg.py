"""Decompositions of matrices, and determinants."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.broadcasting import narrow
from minihub_runtime.ops.gradient_rules import Ops, Term, adjoint, matmul
from minihub_runtime.ops.registry import COMPLEX, INDEX, ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec, merge, show
from minihub_runtime.shapes import size as size_of

__all__ = ["MATRIX", "refuse_half", "require_matrix", "require_square", "square_shape"]

#: The types of matrices that linear algebra knows.
MATRIX = types("float64 float32 float16 complex64 complex128")
_DETERMINANT = types("float16 float32 float64 complex64 complex128")


def require_matrix(x: Array, name: str = "input") -> None:
    """Raise unless `x` holds matrices."""
    if x.ndim < 2:
        raise InvalidArgumentError(f"{name} must have rank >= 2, not {x.ndim}")


def require_square(x: Array, name: str = "input") -> None:
    """Raise unless `x` holds square matrices."""
    require_matrix(x, name)
    if x.shape[-1] != x.shape[-2]:
        raise InvalidArgumentError(f"{name} must hold square matrices, not {show(x.shape)}")


def refuse_half(x: Array, name: str) -> None:
    """Raise for float16, which few CPU kernels take."""
    if x.dtype == np.float16:
        raise UnimplementedError(f"{name} must have an input type with a CPU kernel, not float16")


def square_shape(input: Spec) -> Shape:
    """The shape of `input` as square matrices."""
    shape = input.shape
    if shape is None:
        return None
    if len(shape) < 2:
        raise InvalidArgumentError(f"input must have rank >= 2, not {len(shape)}")
    size = merge(shape[-1:], shape[-2:-1]) or (None,)
    return (*shape[:-2], *size, *size)


def _batch(input: Spec) -> Shape:
    shape = square_shape(input)
    return None if shape is None else shape[:-2]


@op(
    "Cholesky(input: T) -> output: T",
    T=MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/cholesky_op.cc",
    shape=square_shape,
)
def cholesky(input: Array) -> Array:
    """The lower triangular L with L L^H = input, which is read below the diagonal only.

    NaN fills the triangle of a matrix that is not positive definite.

    Raises: InvalidArgumentError unless the matrices are square.
    """
    refuse_half(input, "Cholesky")
    require_square(input)
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
    T=MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/qr_op_impl.h",
    shape=_qr_shape,
)
def qr(input: Array, *, full_matrices: bool = False) -> tuple[Array, Array]:
    """Unitary q and upper triangular r with q r = input, by Householder reflections; r may have any signs.

    Raises: InvalidArgumentError for a rank below 2.
    """
    refuse_half(input, "Qr")
    require_matrix(input)
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
    T=MATRIX,
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
    refuse_half(input, "Svd")
    require_matrix(input)
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
    shape = square_shape(input)
    if shape is None:
        return [None, None if compute_v else (0,)]
    return [shape[:-1], shape if compute_v else (0,)]


@op(
    "SelfAdjointEigV2(input: T) -> e: T, v: T",
    T=MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/self_adjoint_eig_v2_op_impl.h",
    shape=_eigenvalues_shape,
)
def self_adjoint_eig_v2(input: Array, *, compute_v: bool = True) -> tuple[Array, Array]:
    """Eigenvalues, rising, and vectors of Hermitian matrices, which are read below the diagonal only.

    Differs: signs of the vectors, which nothing determines; v is empty without `compute_v`.
    Raises: InvalidArgumentError unless the matrices are square and finite.
    """
    refuse_half(input, "SelfAdjointEigV2")
    require_square(input)
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
    require_square(input)
    _require_finite(input)
    if not compute_v:
        values = np.linalg.eigvals(input) if input.size else np.zeros(input.shape[:-1])
        return values.astype(wanted), np.zeros(0, dtype=wanted)
    values, vectors = np.linalg.eig(input)
    return values.astype(wanted), vectors.astype(wanted)


@op(
    "Lu(input: T) -> lu: T, p: output_idx_type",
    T=MATRIX,
    output_idx_type=INDEX.default_to("int32"),
    precision=ROUNDING,
    source="core/kernels/linalg/lu_op.cc",
    shape=lambda input: [
        square_shape(input),
        (square_shape(input) or (None,))[:-1] if input.shape else None,
    ],
)
def lu(input: Array, *, output_idx_type: DType) -> tuple[Array, Array]:
    """L below the diagonal (its own is 1) and U in one matrix, and the rows p with input[p] = L U.

    Raises: InvalidArgumentError for matrices that are not square or not invertible.
    """
    refuse_half(input, "Lu")
    require_square(input)
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
    "MatrixDeterminant(input: T) -> output: T",
    T=_DETERMINANT,
    precision=ROUNDING,
    source="core/kernels/linalg/determinant_op.cc",
    shape=_batch,
)
def matrix_determinant(input: Array) -> Array:
    """The determinants of square matrices; 0 of those with NaN, NaN of others that are not finite.

    Raises: InvalidArgumentError unless they are square.
    """
    refuse_half(input, "MatrixDeterminant")
    require_square(input)
    with np.errstate(all="ignore"):
        # It is the sign times e to the logarithm: 0 times infinity, or 0 times 0 where that is NaN.
        finite = np.isfinite(input).all(axis=(-1, -2))
        other = np.where(np.isnan(input).any(axis=(-1, -2)), 0, np.nan * input.dtype.type(1))
        return narrow(np.where(finite, np.linalg.det(input), other), input.dtype)


def _sign_and_logarithm(input: Array) -> tuple[Array, Array]:
    """Sign and logarithm of determinants; where the latter is not finite, the sign is 0, and NaN becomes -infinity."""
    sign, logarithm = np.linalg.slogdet(input)
    finite = np.isfinite(logarithm)
    infinite = np.where(logarithm > 0, np.inf, -np.inf).astype(logarithm.dtype)
    return np.where(finite, sign, 0), np.where(finite, logarithm, infinite)


@op(
    "LogMatrixDeterminant(input: T) -> sign: T, log_abs_determinant: T",
    T=_DETERMINANT,
    precision=ROUNDING,
    source="core/kernels/linalg/determinant_op.cc",
    shape=lambda input: [_batch(input), _batch(input)],
)
def log_matrix_determinant(input: Array) -> tuple[Array, Array]:
    """Sign, or phase, and logarithm of the absolute value of the determinants.

    Of a determinant that is 0, infinite or NaN the sign is 0; the logarithm is infinite, and never NaN.

    Raises: InvalidArgumentError unless the matrices are square.
    """
    refuse_half(input, "LogMatrixDeterminant")
    require_square(input)
    with np.errstate(all="ignore"):
        sign, logarithm = _sign_and_logarithm(input)
        return narrow(sign, input.dtype), narrow(logarithm, input.dtype)


@matrix_determinant.gradient
def matrix_determinant_gradient(ops: Ops, grad: Term, input: Term, output: Term) -> Term:
    return _scaled(ops, grad * output) * ops.MatrixInverse(input, adjoint=True)


@log_matrix_determinant.gradient
def log_matrix_determinant_gradient(ops: Ops, grads: list[Term], input: Term) -> Term:
    return _scaled(ops, grads[1]) * ops.MatrixInverse(input, adjoint=True)


def _scaled(ops: Ops, x: Term) -> Term:
    """Numbers with two dimensions of size 1 behind theirs, to scale matrices."""
    return ops.ExpandDims(ops.ExpandDims(x, -1), -1)


def _half_diagonal(ops: Ops, x: Term) -> Term:
    return ops.MatrixSetDiag(x, 0.5 * ops.MatrixDiagPart(x))


def _lower(ops: Ops, x: Term) -> Term:
    return ops.MatrixBandPart(x, ops.constant(-1, "int64"), ops.constant(0, "int64"))


@cholesky.gradient
def cholesky_gradient(ops: Ops, grad: Term, output: Term) -> Term:
    identity = ops.MatrixDiag(ops.OnesLike(ops.MatrixDiagPart(output)))
    inverse = ops.MatrixTriangularSolve(output, identity)
    middle = _lower(ops, _half_diagonal(ops, matmul(ops, output, grad, adj_x=True)))
    found = matmul(ops, matmul(ops, inverse, middle, adj_x=True), inverse)
    return (found + adjoint(ops, found)) * 0.5


@qr.gradient
def qr_gradient(ops: Ops, grads: list[Term], input: Term, q: Term, r: Term) -> Term:
    if r.shape is None or None in r.shape[-2:] or q.shape is None or None in q.shape[-2:]:
        raise NotImplementedError("QrGrad not implemented with dynamic shapes.")
    rows, columns = (n or 0 for n in r.shape[-2:])
    if rows > columns and q.shape[-2] == q.shape[-1]:
        raise NotImplementedError(
            "QrGrad not implemented when nrows > ncols and full_matrices is true."
        )
    dq, dr = grads
    count = q.shape[-2] or 0
    if count >= columns:
        return _deep_qr_gradient(ops, q, r, dq, dr)
    behind = matmul(ops, q, dr[..., count:])
    slope = dq + matmul(ops, input[..., count:], dr[..., count:], adj_y=True)
    front = _deep_qr_gradient(ops, q, r[..., :count], slope, dr[..., :count])
    return ops.ConcatV2([front, behind], -1)


def _deep_qr_gradient(ops: Ops, q: Term, r: Term, dq: Term, dr: Term) -> Term:
    """The gradient of matrices that have at least as many rows as columns."""

    def solved(x: Term) -> Term:
        return adjoint(ops, ops.MatrixTriangularSolve(r, adjoint(ops, x), lower=False))

    qdq = matmul(ops, q, dq, adj_x=True)
    rdr = matmul(ops, r, dr, adj_y=True)
    lower = _lower(ops, qdq - adjoint(ops, qdq) + (rdr - adjoint(ops, rdr)))
    found = matmul(ops, q, dr + solved(lower)) + solved(dq - matmul(ops, q, qdq))
    if not q.dtype.is_complex:
        return found
    phases = ops.MatrixDiag(ops.MatrixDiagPart(rdr - adjoint(ops, qdq)))
    real = ops.Cast(ops.Real(phases, Tout=_real_of(q)), DstT=q.dtype)
    return found + solved(matmul(ops, q, adjoint(ops, phases - real)))


def _real_of(x: Term) -> DType:
    return x.dtype.real_dtype


def _gaps(ops: Ops, values: Term) -> Term:
    """For each pair of values one over their difference, 0 on the diagonal and, nearly, where they are equal."""
    difference = ops.ExpandDims(values, -2) - ops.ExpandDims(values, -1)
    return ops.MatrixSetDiag(_safe_reciprocal(ops, difference), ops.ZerosLike(values))


def _safe_reciprocal(ops: Ops, x: Term) -> Term:
    return x * ops.Reciprocal(x * x + 1e-20)


@self_adjoint_eig_v2.gradient
def self_adjoint_eig_v2_gradient(
    ops: Ops, grads: list[Term], input: Term, e: Term, v: Term, compute_v: bool
) -> Term:
    middle = ops.MatrixDiag(grads[0])
    if compute_v:
        middle = middle + _gaps(ops, e) * matmul(ops, v, grads[1], adj_x=True)
    else:
        _, v = ops.SelfAdjointEigV2(input)
    whole = matmul(ops, v, matmul(ops, middle, v, adj_y=True))
    return _half_diagonal(ops, _lower(ops, whole + adjoint(ops, whole)))


@eig.gradient
def eig_gradient(
    ops: Ops, grads: list[Term], input: Term, e: Term, v: Term, compute_v: bool
) -> Term:
    middle = ops.MatrixDiag(grads[0])
    if not compute_v:
        _, v = ops.Eig(input, Tout=e.dtype)
    back = adjoint(ops, v)
    if compute_v:
        turned = matmul(ops, back, grads[1])
        real = ops.Cast(ops.Real(turned, Tout=_real_of(turned)), DstT=turned.dtype)
        along = ops.MatrixDiag(ops.MatrixDiagPart(real))
        rest = turned - matmul(ops, matmul(ops, back, v), along)
        middle = middle + ops.Conj(_gaps(ops, e)) * rest
    found = ops.MatrixSolve(back, matmul(ops, middle, back))
    return found if found.dtype is input.dtype else ops.Cast(found, DstT=input.dtype)


@svd.gradient
def svd_gradient(
    ops: Ops,
    grads: list[Term],
    input: Term,
    s: Term,
    u: Term,
    v: Term,
    compute_uv: bool,
    full_matrices: bool,
) -> Term:
    of_s = grads[0] if s.dtype is input.dtype else ops.Cast(grads[0], DstT=input.dtype)
    middle = ops.MatrixDiag(of_s)
    if not compute_uv:
        _, u, v = ops.Svd(input)
        return matmul(ops, u, matmul(ops, middle, v, adj_y=True))
    if input.shape is None or None in input.shape[-2:]:
        raise NotImplementedError(
            "SVD gradient has not been implemented for input with unknown inner matrix shape."
        )
    rows, columns = (n or 0 for n in input.shape[-2:])
    of_u, of_v = grads[1], grads[2]
    # Of a matrix with more rows than columns the adjoint is differentiated.
    turned = rows > columns
    if turned:
        rows, columns, u, v, of_u, of_v = columns, rows, v, u, of_v, of_u
    if full_matrices and columns - rows > 1:
        raise NotImplementedError(
            "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True. "
            f"Received: m={rows} and n={columns}."
        )
    values = s if s.dtype is input.dtype else ops.Cast(s, DstT=input.dtype)
    gaps, diagonal = _gaps(ops, ops.Square(values)), ops.MatrixDiag(values)
    inverse = ops.MatrixDiag(_safe_reciprocal(ops, values))
    front, of_front = v[..., :rows], of_v[..., :rows]
    along_v = matmul(ops, front, of_front, adj_x=True)
    left, right = gaps * matmul(ops, u, of_u, adj_x=True), gaps * along_v
    middle = (
        middle
        + matmul(ops, left + adjoint(ops, left), diagonal)
        + matmul(ops, diagonal, right + adjoint(ops, right))
    )
    found = matmul(ops, u, matmul(ops, middle, front, adj_y=True))
    if rows != columns:
        slopes = adjoint(ops, of_front)
        rest = slopes - matmul(ops, matmul(ops, slopes, front), front, adj_y=True)
        if full_matrices:
            outer, of_outer = v[..., rows:columns], of_v[..., rows:columns]
            rest = rest - matmul(ops, matmul(ops, front, of_outer, adj_x=True), outer, adj_y=True)
        found = found + matmul(ops, matmul(ops, u, inverse), rest)
    if input.dtype.is_complex:
        phases = ops.MatrixDiag(ops.MatrixDiagPart(along_v))
        turn = matmul(ops, inverse, adjoint(ops, phases) - phases)
        found = found + 0.5 * matmul(ops, u, matmul(ops, turn, front, adj_y=True))
    return adjoint(ops, found) if turned else found
