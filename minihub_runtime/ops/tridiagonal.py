"""Systems of linear equations whose matrices have few diagonals, stored without their zeros."""

from __future__ import annotations

import numpy as np

from minihub_runtime.errors import InvalidArgumentError, UnimplementedError
from minihub_runtime.ops.broadcasting import narrow, widen
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.gradient_rules import (
    Gradient,
    Ops,
    Term,
    adjoint,
    conjugate,
    matmul,
    over_batches,
)
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.shapes import Shape, Spec, broadcast, compatible, merge, show

__all__: list[str] = []

_TYPES = types("float64 float32 complex64 complex128")


def _solve_shape(diagonals: Spec, rhs: Spec) -> Shape:
    if diagonals.shape is None or rhs.shape is None:
        return None
    for name, spec in (("diagonals", diagonals), ("rhs", rhs)):
        if spec.rank is not None and spec.rank < 2:
            raise InvalidArgumentError(f"{name} must have rank >= 2, not {spec.rank}")
    if diagonals.shape[-2] not in (None, 3):
        raise InvalidArgumentError(f"diagonals must have 3 rows, not {diagonals.shape[-2]}")
    batch = merge(diagonals.shape[:-2], rhs.shape[:-2]) or ()
    rows = merge(diagonals.shape[-1:], rhs.shape[-2:-1]) or (None,)
    return (*batch, *rows, rhs.shape[-1])


def _eliminate(diagonals: Array, x: Array) -> Array:
    """`x` made the solution, by elimination that swaps neighbouring rows where that gives the larger pivot.

    Args:
        diagonals: [3, size, batch, 1], the upper, main and lower one.
        x: [size, batch, columns], the right-hand sides.
    """
    size = x.shape[0]
    upper, main, lower = (diagonal.copy() for diagonal in diagonals)
    second = np.zeros_like(upper)
    singular = np.zeros(main.shape[1:], dtype=bool)
    for row in range(size - 1):
        below = row + 1
        swap = np.abs(lower[below]) > np.abs(main[row])
        pivot = np.where(swap, lower[below], main[row])
        singular |= pivot == 0
        factor = np.where(swap, main[row], lower[below]) / pivot
        old_upper, old_main = upper[row].copy(), main[below].copy()
        following = upper[below] if below < size - 1 else np.zeros_like(upper[row])
        main[row] = pivot
        upper[row] = np.where(swap, old_main, old_upper)
        second[row] = np.where(swap, following, 0)
        main[below] = np.where(swap, old_upper, old_main) - factor * upper[row]
        if below < size - 1:
            upper[below] = np.where(swap, 0, following) - factor * second[row]
        first, other = x[row].copy(), x[below].copy()
        x[row] = np.where(swap, other, first)
        x[below] = np.where(swap, first, other) - factor * x[row]
    singular |= main[-1] == 0
    x[-1] /= main[-1]
    for row in range(size - 2, -1, -1):
        rest = x[row] - upper[row] * x[row + 1]
        if row < size - 2:
            rest -= second[row] * x[row + 2]
        x[row] = rest / main[row]
    return np.where(singular, np.nan, x)


def _sweep(diagonals: Array, x: Array) -> Array:
    """`x` made the solution, by elimination without swaps; a zero pivot makes all of it NaN."""
    upper, main, lower = (diagonal.copy() for diagonal in diagonals)
    singular = main[0] == 0
    for row in range(1, len(x)):
        factor = lower[row] / main[row - 1]
        main[row] -= factor * upper[row - 1]
        x[row] -= factor * x[row - 1]
        singular |= main[row] == 0
    x[-1] /= main[-1]
    for row in range(len(x) - 2, -1, -1):
        x[row] = (x[row] - upper[row] * x[row + 1]) / main[row]
    return np.where(singular, np.nan, x)


@op(
    "TridiagonalSolve(diagonals: T, rhs: T) -> output: T",
    T=_TYPES,
    precision=ROUNDING,
    source="core/kernels/linalg/tridiagonal_solve_op.cc",
    shape=_solve_shape,
)
def tridiagonal_solve(
    diagonals: Array, rhs: Array, *, partial_pivoting: bool = True, perturb_singular: bool = False
) -> Array:
    """X with A x = rhs, where `diagonals` holds those above, on and below the main diagonal of A.

    The last element of the first row and the first of the last row are not read; NaN for a singular matrix.

    Raises: InvalidArgumentError for sizes that do not fit; UnimplementedError with `perturb_singular`.
    """
    if perturb_singular:
        raise UnimplementedError("perturb_singular must be False: only XLA needs it")
    for name, array in (("diagonals", diagonals), ("rhs", rhs)):
        require(array.ndim >= 2, f"{name} must have rank >= 2, not {array.ndim}")
    if diagonals.shape[-2] != 3:
        raise InvalidArgumentError(f"diagonals must have 3 rows, not {diagonals.shape[-2]}")
    if (*diagonals.shape[:-2], diagonals.shape[-1]) != rhs.shape[:-1]:
        raise InvalidArgumentError(
            f"diagonals and rhs must fit, not {show(diagonals.shape)} and {show(rhs.shape)}"
        )
    if rhs.size == 0:
        return rhs.copy()
    size, columns = rhs.shape[-2:]
    flat = diagonals.reshape(-1, 3, size).transpose(1, 2, 0)[..., None]
    x = rhs.reshape(-1, size, columns).transpose(1, 0, 2).copy()
    with np.errstate(all="ignore"):
        x = _eliminate(flat, x) if partial_pivoting else _sweep(flat, x)
    return (
        np.ascontiguousarray(x.transpose(1, 0, 2)).astype(rhs.dtype, copy=False).reshape(rhs.shape)
    )


def _product_shape(superdiag: Spec, maindiag: Spec, subdiag: Spec, rhs: Spec) -> Shape:
    shape = rhs.shape
    if shape is None:
        return None
    if len(shape) < 2:
        raise InvalidArgumentError(f"rhs must have rank >= 2, not {len(shape)}")
    wanted = (*shape[:-2], 1, shape[-2])
    for name, diagonal in (
        ("superdiag", superdiag),
        ("maindiag", maindiag),
        ("subdiag", subdiag),
    ):
        if not compatible(wanted, diagonal.shape):
            raise InvalidArgumentError(
                f"{name} must have shape {show(wanted)}, not {show(diagonal.shape)}"
            )
    return shape


@op(
    "TridiagonalMatMul(superdiag: T, maindiag: T, subdiag: T, rhs: T) -> output: T",
    T=_TYPES,
    precision=ROUNDING,
    source="core/kernels/linalg/tridiagonal_matmul_op.cc",
    shape=_product_shape,
)
def tridiagonal_mat_mul(superdiag: Array, maindiag: Array, subdiag: Array, rhs: Array) -> Array:
    """A rhs, where A has three diagonals, each given as one row as long as the main one.

    Raises: InvalidArgumentError for a diagonal of the wrong shape.
    """
    require(rhs.ndim >= 2, f"rhs must have rank >= 2, not {rhs.ndim}")
    wanted = (*rhs.shape[:-2], 1, rhs.shape[-2])
    for name, diagonal in (
        ("superdiag", superdiag),
        ("maindiag", maindiag),
        ("subdiag", subdiag),
    ):
        if diagonal.shape != wanted:
            raise InvalidArgumentError(
                f"{name} must have shape {show(wanted)}, not {show(diagonal.shape)}"
            )
    upper, main, lower = (np.swapaxes(d, -1, -2) for d in (superdiag, maindiag, subdiag))
    with np.errstate(all="ignore"):
        result = main * rhs
        result[..., :-1, :] += upper[..., :-1, :] * rhs[..., 1:, :]
        result[..., 1:, :] += lower[..., 1:, :] * rhs[..., :-1, :]
    return result


def _banded_shape(matrix: Spec, rhs: Spec) -> Shape:
    if matrix.shape is None or rhs.shape is None:
        return None
    for name, spec in (("matrix", matrix), ("rhs", rhs)):
        if spec.rank is not None and spec.rank < 2:
            raise InvalidArgumentError(f"{name} must have rank >= 2, not {spec.rank}")
    batch = broadcast(matrix.shape[:-2], rhs.shape[:-2]) or ()
    rows = merge(matrix.shape[-1:], rhs.shape[-2:-1]) or (None,)
    bands = matrix.shape[-2]
    if bands is not None and rows[0] is not None and bands > rows[0]:
        raise InvalidArgumentError(f"matrix must not have more bands than rows, {rows[0]}")
    return (*batch, *rows, rhs.shape[-1])


def _lower_bands(bands: Array, lower: bool, adjoint: bool) -> Array:
    """The bands of a lower triangular system: entry [i, r] multiplies unknown r - i in equation r."""
    distance = np.arange(bands.shape[-2])
    size = bands.shape[-1]
    by_distance = bands if lower else bands[..., ::-1, :]
    if not adjoint:
        # An upper system becomes a lower one when its equations are taken from the end.
        return by_distance if lower else by_distance[..., ::-1]
    flipped = by_distance[..., ::-1] if lower else by_distance
    places = np.maximum(np.arange(size) - distance[:, None], 0)
    return np.conjugate(flipped[..., distance[:, None], places])


@op(
    "BandedTriangularSolve(matrix: T, rhs: T) -> output: T",
    T=types("float64 float32 float16 complex64 complex128"),
    precision=ROUNDING,
    source="core/kernels/linalg/banded_triangular_solve_op.cc",
    shape=_banded_shape,
)
def banded_triangular_solve(
    matrix: Array, rhs: Array, *, lower: bool = True, adjoint: bool = False
) -> Array:
    """X with A x = rhs, where A is triangular and `matrix` holds its bands; batches broadcast.

    The main diagonal is the first row of `matrix` if A is lower triangular, else the last.

    Raises: InvalidArgumentError for sizes that do not fit or a zero on the main diagonal.
    """
    for name, array in (("matrix", matrix), ("rhs", rhs)):
        require(array.ndim >= 2, f"{name} must have rank >= 2, not {array.ndim}")
    bands, size = matrix.shape[-2:]
    require(bands >= 1, "matrix must have at least one band, not 0")
    require(bands <= size, f"matrix must not have more bands than rows, {size}, found {bands}")
    if matrix.shape[-1] != rhs.shape[-2]:
        raise InvalidArgumentError(
            f"matrix and rhs must fit, not {show(matrix.shape)} and {show(rhs.shape)}"
        )
    shape = broadcast(matrix.shape[:-2], rhs.shape[:-2]) or ()
    lines = _lower_bands(widen(matrix), lower, adjoint)
    if not lines[..., 0, :].all():
        raise InvalidArgumentError("matrix must be invertible, found 0 on the main diagonal")
    backward = lower == adjoint
    x = np.array(np.broadcast_to(widen(rhs), (*shape, *rhs.shape[-2:])))  # type: ignore[arg-type]
    if backward:
        x = x[..., ::-1, :]
    with np.errstate(all="ignore"):
        for row in range(x.shape[-2]):
            for distance in range(1, min(bands, row + 1)):
                x[..., row, :] -= lines[..., distance, row, None] * x[..., row - distance, :]
            x[..., row, :] /= lines[..., 0, row, None]
    return narrow(np.ascontiguousarray(x[..., ::-1, :] if backward else x), rhs.dtype)


def _moved(ops: Ops, x: Term, places: int, along: int) -> Term:
    """Entries moved by one place to the front (-1) or the back (1) of an axis counted from the end; zeros come in."""
    kept = slice(1, None) if places < 0 else slice(None, -1)
    taken = (..., kept, *(slice(None),) * (-along - 1))
    part = x[taken]
    pads = [[0, 1] if places < 0 else [1, 0]] + [[0, 0]] * (-along - 1)
    front = ops.Fill(ops.Pack([ops.Rank(x) - len(pads), 2]), 0)
    return ops.Pad(part, ops.ConcatV2([front, ops.constant(pads)], 0))


@tridiagonal_mat_mul.gradient
def tridiagonal_mat_mul_gradient(
    ops: Ops, grad: Term, superdiag: Term, maindiag: Term, subdiag: Term, rhs: Term
) -> tuple[Term, Term, Term, Term]:
    above, main, below = (adjoint(ops, x) for x in (superdiag, maindiag, subdiag))
    values = conjugate(ops, rhs)

    def summed(x: Term) -> Term:
        return ops.ExpandDims(ops.Sum(x * grad, [-1]), -2)

    back = _moved(ops, above * grad, 1, -2) + main * grad + _moved(ops, below * grad, -1, -2)
    return (
        summed(_moved(ops, values, -1, -2)),
        summed(values),
        summed(_moved(ops, values, 1, -2)),
        back,
    )


@tridiagonal_solve.gradient
def tridiagonal_solve_gradient(
    ops: Ops,
    grad: Term,
    diagonals: Term,
    output: Term,
    partial_pivoting: bool,
    perturb_singular: bool,
) -> tuple[Term, Term]:
    above, main, below = (diagonals[..., row, :] for row in (0, 1, 2))
    # The diagonals below and above change places.
    transposed = ops.Pack([_moved(ops, below, -1, -1), main, _moved(ops, above, 1, -1)], axis=-2)
    of_rhs = ops.TridiagonalSolve(
        transposed, grad, partial_pivoting=partial_pivoting, perturb_singular=perturb_singular
    )
    products = [
        ops.Sum(of_rhs * x, [-1])
        for x in (_moved(ops, output, -1, -2), output, _moved(ops, output, 1, -2))
    ]
    return -ops.Pack(products, axis=-2), of_rhs


@banded_triangular_solve.gradient
def banded_triangular_solve_gradient(
    ops: Ops, grad: Term, matrix: Term, rhs: Term, output: Term, lower: bool, adjoint: bool
) -> tuple[Gradient, Gradient]:
    of_rhs = ops.BandedTriangularSolve(matrix, grad, lower=lower, adjoint=not adjoint)
    left, right = (output, of_rhs) if adjoint else (of_rhs, output)
    whole = -matmul(ops, left, right, adj_y=True)
    last = ops.Shape(matrix)[-2] - 1
    k = ops.Pack([-last, 0] if lower else [0, last])
    zero = ops.constant(0, grad.dtype)
    of_matrix = ops.MatrixDiagPartV3(whole, k, zero, align="LEFT_RIGHT")
    return over_batches(ops, matrix, rhs, of_matrix, of_rhs)
