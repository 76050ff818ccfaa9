"""Systems of linear equations: triangular, by Cholesky factors, by least squares, by LU factors, tridiagonal.

Source: tensorflow/python/ops/linalg_ops.py, linalg/linalg_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.cond import cond
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layout import matrix_transpose
from minihub_runtime.api.linalg.matrices import eye, matrix_diag_part
from minihub_runtime.api.matmul import conj, matmul
from minihub_runtime.api.sizes import shape
from minihub_runtime.public import public

__all__ = [
    "cholesky_solve",
    "matrix_solve_ls",
    "matrix_triangular_solve",
    "tridiagonal_matmul",
    "tridiagonal_solve",
]

#: Matrices of more bytes than a cache holds are solved one by one, if there are many.
CACHE_BYTES = 256_000


@public("linalg.triangular_solve", "matrix_triangular_solve")
def matrix_triangular_solve(
    matrix: Any, rhs: Any, lower: bool = True, adjoint: bool = False, name: str | None = None
) -> Tensor:
    """X of `matrix x = rhs`, where only one triangle of [..., m, m] counts; rhs and x are [..., m, k].

    Args:
        matrix: the triangles.
        rhs: right-hand sides.
        lower: whether the lower triangle counts.
        adjoint: whether to solve with the conjugate transpose.
        name: of the scope.
    """
    with name_scope(name, "triangular_solve", [matrix, rhs]):
        result: Tensor = build(
            "MatrixTriangularSolve", matrix=matrix, rhs=rhs, lower=lower, adjoint=adjoint
        )
        return result


@public("cholesky_solve", "linalg.cholesky_solve")
def cholesky_solve(chol: Any, rhs: Any, name: str | None = None) -> Tensor:
    """X of `A x = rhs` for the Cholesky factors `chol` of A, [..., m, m]; rhs and x are [..., m, k]."""
    with name_scope(name, "cholesky_solve", [chol, rhs]):
        y = build("MatrixTriangularSolve", matrix=chol, rhs=rhs, adjoint=False, lower=True)
        result: Tensor = build(
            "MatrixTriangularSolve", matrix=chol, rhs=y, adjoint=True, lower=True
        )
        return result


@public("linalg.lstsq", "matrix_solve_ls")
def matrix_solve_ls(
    matrix: Any, rhs: Any, l2_regularizer: Any = 0.0, fast: bool = True, name: str | None = None
) -> Tensor:
    """The least-squares solution of `matrix x = rhs`, [..., n, k], for [..., m, n] and [..., m, k].

    Args:
        matrix: coefficients.
        rhs: right-hand sides.
        l2_regularizer: weight of the solution's own squares; counts only if `fast`.
        fast: solve the normal equations; otherwise by a decomposition that stands matrices of any rank.
        name: of the scope.

    Raises:
        NotImplementedError: complex128 with a regulariser, which TensorFlow refuses too.
    """
    matrix = convert_to_tensor(matrix, name="matrix")
    regularized = isinstance(l2_regularizer, Tensor) or l2_regularizer != 0
    if matrix.dtype == "complex128" and regularized:
        raise NotImplementedError(
            "matrix_solve_ls is currently disabled for complex128 and l2_regularizer != 0 due to poor accuracy."
        )
    if not fast or _is_bound_by_memory(matrix):
        result: Tensor = build(
            "MatrixSolveLs",
            name=name,
            matrix=matrix,
            rhs=rhs,
            l2_regularizer=l2_regularizer,
            fast=fast,
        )
        return result

    def tall() -> Tensor:
        factors = _gramian_factors(matrix, l2_regularizer, regularized, first_kind=True)
        return cholesky_solve(factors, matmul(matrix, rhs, adjoint_a=True))

    def wide() -> Tensor:
        factors = _gramian_factors(matrix, l2_regularizer, regularized, first_kind=False)
        result: Tensor = matmul(matrix, cholesky_solve(factors, rhs), adjoint_a=True)
        return result

    with name_scope(name, "matrix_solve_ls", [matrix, rhs, l2_regularizer]):
        sizes = matrix.shape[-2:] if matrix.shape.rank is not None else None
        if sizes is not None and sizes.is_fully_defined():
            rows, columns = sizes.as_list()
            return tall() if rows >= columns else wide()
        found = shape(matrix)[-2:]
        chosen: Tensor = cond(found[-2] >= found[-1], tall, wide)
        return chosen


def _is_bound_by_memory(matrix: Tensor) -> bool:
    known = matrix.shape
    if not known.is_fully_defined():
        return False
    bytes_ = int(known.num_elements() or 0) * matrix.dtype.size
    batch = int(known[:-2].num_elements() or 0)
    return bytes_ > CACHE_BYTES and batch > min(known[-2:].as_list())


def _gramian_factors(
    matrix: Tensor, l2_regularizer: Any, regularized: bool, first_kind: bool
) -> Tensor:
    """The Cholesky factors of A^H A (first kind) or A A^H, with the regulariser on the diagonal."""
    gramian = matmul(matrix, matrix, adjoint_a=first_kind, adjoint_b=not first_kind)
    if regularized:
        found = shape(matrix)
        batch = found[:-2]
        size = found[-1] if first_kind else found[-2]
        identity = eye(size, batch_shape=batch, dtype=matrix.dtype)
        known = matrix.shape
        if known.rank is not None:
            side = known[-1 if first_kind else -2]
            identity.set_shape(known[:-2].concatenate([side, side]))
        gramian = gramian + l2_regularizer * identity
    result: Tensor = build("Cholesky", input=gramian)
    return result


@public("linalg.tridiagonal_solve")
def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Tensor:
    """The solutions of tridiagonal systems, [..., m] or [..., m, k].

    Args:
        diagonals: `compact`: [..., 3, m], the diagonals from the upper to the lower; `sequence`: three tensors; `matrix`:
            [..., m, m].
        rhs: right-hand sides, [..., m] or [..., m, k].
        diagonals_format: one of these three words.
        transpose_rhs: whether rhs is [..., k, m].
        conjugate_rhs: whether to conjugate rhs.
        name: of the operation.
        partial_pivoting: whether rows are exchanged for accuracy.
        perturb_singular: whether singular systems get a finite answer.

    Raises:
        ValueError: shapes do not fit, the format is unknown, or `perturb_singular` is wanted without pivoting.
    """
    if perturb_singular and not partial_pivoting:
        raise ValueError("partial_pivoting must be True if perturb_singular is.")
    if diagonals_format == "sequence":
        diagonals = _from_sequence(diagonals)
    elif diagonals_format == "matrix":
        diagonals = _from_matrix(convert_to_tensor(diagonals))
    elif diagonals_format != "compact":
        raise ValueError(f"Unrecognized diagonals_format: {diagonals_format}")
    diagonals, rhs = convert_to_tensor(diagonals), convert_to_tensor(rhs)
    _check_tridiagonal(diagonals, rhs)
    options: dict[str, Any] = {
        "partial_pivoting": partial_pivoting,
        "perturb_singular": perturb_singular,
        "name": name,
    }
    known, given = diagonals.shape.rank, rhs.shape.rank
    if known and given and given == known - 1:
        column = build("ExpandDims", input=conj(rhs) if conjugate_rhs else rhs, dim=-1)
        _check_counts(diagonals, column)
        solved = build("TridiagonalSolve", diagonals=diagonals, rhs=column, **options)
        result: Tensor = build("Squeeze", input=solved, squeeze_dims=[-1])
        return result
    if transpose_rhs:
        rhs = matrix_transpose(rhs, conjugate=conjugate_rhs)
    elif conjugate_rhs:
        rhs = conj(rhs)
    _check_counts(diagonals, rhs)
    solution: Tensor = build("TridiagonalSolve", diagonals=diagonals, rhs=rhs, **options)
    return solution


def _from_sequence(diagonals: Any) -> Tensor:
    """Three diagonals in one tensor, the outer ones padded to the length of the main one."""
    if not isinstance(diagonals, (tuple, list)) or len(diagonals) != 3:
        raise ValueError("Expected diagonals to be a sequence of length 3.")
    upper, main, lower = (convert_to_tensor(diagonal) for diagonal in diagonals)
    if not all(part.shape[:-1].is_compatible_with(main.shape[:-1]) for part in (upper, lower)):
        raise ValueError(
            "Tensors representing the three diagonals must have the same shape, except for the last "
            f"dimension, got {lower.shape}, {main.shape}, {upper.shape}"
        )
    length = main.shape.as_list()[-1]

    def padded(part: Tensor, what: str, padding: list[int]) -> Tensor:
        found = part.shape.as_list()[-1]
        if not found or found == length:
            return part
        if length is None or found != length - 1:
            raise ValueError(
                f"Expected {what} to be have length {length} or {length - 1 if length else None}, got {found}."
            )
        paddings = [[0, 0]] * (len(part.shape.as_list()) - 1) + [padding]
        result: Tensor = build("Pad", input=part, paddings=paddings)
        return result

    lower = padded(lower, "subdiagonal", [1, 0])
    upper = padded(upper, "superdiagonal", [0, 1])
    return stack((upper, main, lower), axis=-2)


def _from_matrix(matrix: Tensor) -> Tensor:
    """The three diagonals of square matrices."""
    rows, columns = matrix.shape.as_list()[-2:] if matrix.shape.rank else (None, None)
    if rows and columns and rows != columns:
        raise ValueError(
            f"Expected last two dimensions of diagonals to be same, got {columns} and {rows}"
        )
    return matrix_diag_part(matrix, k=(-1, 1), padding_value=0.0, align="LEFT_RIGHT")


def _check_tridiagonal(diagonals: Tensor, rhs: Tensor) -> None:
    known, given = diagonals.shape.rank, rhs.shape.rank
    if known is None:
        return
    if known < 2:
        raise ValueError(f"Expected diagonals to have rank at least 2, got {known}")
    if given and given not in (known, known - 1):
        raise ValueError(f"Expected the rank of rhs to be {known - 1} or {known}, got {given}")
    if given and not diagonals.shape[:-2].is_compatible_with(rhs.shape[: known - 2]):
        raise ValueError(
            f"Batch shapes {diagonals.shape[:-2]} and {rhs.shape[: known - 2]} are incompatible"
        )
    three = diagonals.shape.as_list()[-2]
    if three and three != 3:
        raise ValueError(f"Expected 3 diagonals got {three}")


def _check_counts(diagonals: Tensor, rhs: Tensor) -> None:
    if diagonals.shape.rank is None or rhs.shape.rank is None:
        return
    left, right = diagonals.shape.as_list()[-1], rhs.shape.as_list()[-2]
    if left and right and left != right:
        raise ValueError(
            "Expected number of left-hand sided and right-hand sides to be equal, got "
            f"{left} and {right}"
        )


@public("linalg.tridiagonal_matmul")
def tridiagonal_matmul(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None
) -> Tensor:
    """Tridiagonal matrices times matrices, [..., m, n].

    Args:
        diagonals: as for `tridiagonal_solve`; the three of a sequence are of one length.
        rhs: [..., m, n].
        diagonals_format: `compact`, `sequence` or `matrix`.
        name: of the operation.

    Raises:
        ValueError: the format is unknown, or matrices are not square.
    """
    if diagonals_format == "sequence":
        upper, main, lower = diagonals
    elif diagonals_format in ("compact", "matrix"):
        compact = convert_to_tensor(diagonals)
        if diagonals_format == "matrix":
            compact = _from_matrix(compact)
        upper, main, lower = (compact[..., place, :] for place in range(3))
    else:
        raise ValueError(f"Unrecognized diagonals_format: {diagonals_format}")
    rows = [build("ExpandDims", input=part, dim=-2) for part in (upper, main, lower)]
    result: Tensor = build(
        "TridiagonalMatMul",
        name=name,
        superdiag=rows[0],
        maindiag=rows[1],
        subdiag=rows[2],
        rhs=rhs,
    )
    return result
