"""Square roots, logarithms and exponentials of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.ops.gradient_rules import Ops, Term, concat, sizes_of, transposed
from minihub_runtime.ops.linalg import MATRIX, refuse_half, require_square, square_shape
from minihub_runtime.ops.registry import COMPLEX, ROUNDING, Array, op
from minihub_runtime.shapes import size as size_of

__all__: list[str] = []

#: From this many shifts without a result on, the matrix is taken to have none.
_SHIFTS_PER_ROW = 60


def _shift(block: Array, tries: int) -> Any:
    """Where the last eigenvalue of a block is looked for."""
    if tries % 10 == 9:
        # A cyclic matrix stays as it is under the usual shift.
        return block[-1, -1] + np.abs(block[-1, :-1]).sum()
    (a, b), (c, d) = block[-2:, -2:]
    middle, root = (a + d) / 2, np.sqrt(((a - d) / 2) ** 2 + b * c)
    return min(middle + root, middle - root, key=lambda value: abs(value - d))


def _schur(matrix: Array) -> tuple[Array, Array] | None:
    """Upper triangular t and unitary q with q t q^H = matrix, by the QR algorithm; None where it finds no end.

    A matrix that is triangular already comes back as it is.
    """
    t = matrix.astype(np.complex128)
    q = np.eye(len(t), dtype=np.complex128)
    end, tries = len(t), 0
    tiny = np.finfo(np.float64).eps
    while end > 1:
        left = np.abs(t[end - 1, : end - 1])
        if (left <= tiny * max(abs(t[end - 1, end - 1]), tiny * np.abs(t).max())).all():
            t[end - 1, : end - 1] = 0
            end, tries = end - 1, 0
            continue
        if tries == _SHIFTS_PER_ROW:
            return None
        move = _shift(t[:end, :end], tries) * np.eye(end)
        turn, _ = np.linalg.qr(t[:end, :end] - move)
        t[:end, :] = turn.conj().T @ t[:end, :]
        t[:, :end] = t[:, :end] @ turn
        q[:, :end] = q[:, :end] @ turn
        tries += 1
    return t, q


def _triangular_root(t: Array) -> Array:
    """The square root of an upper triangular matrix, column by column."""
    root = np.diag(np.sqrt(np.diagonal(t)))
    for j in range(1, len(t)):
        for i in range(j - 1, -1, -1):
            known = root[i, i + 1 : j] @ root[i + 1 : j, j]
            root[i, j] = (t[i, j] - known) / (root[i, i] + root[j, j])
    return root


def _triangular_logarithm(t: Array) -> Array:
    """The logarithm of an upper triangular matrix: roots until it is near one, then Gauss's quadrature of the integral."""
    values = np.log(np.diagonal(t))
    one = np.eye(len(t))
    roots = 0
    while np.abs(t - one).sum(axis=0).max(initial=0) > 0.25:
        t = _triangular_root(t)
        roots += 1
    x = t - one
    result = np.zeros_like(t)
    for node, weight in zip(*np.polynomial.legendre.leggauss(8), strict=True):
        result += weight / 2 * np.linalg.solve(one + (node + 1) / 2 * x, x)
    result *= 2.0**roots
    # Of the roots of a complex number only the first loses its branch.
    np.fill_diagonal(result, values)
    return result


def _through_schur(function: Callable[[Array], Array], matrix: Array) -> Array:
    """A function of one matrix from that of a triangular one; NaN throughout where it is undefined."""
    nothing = np.full(matrix.shape, complex(np.nan, np.nan))
    found = _schur(matrix) if np.isfinite(matrix).all() else None
    if found is None:
        return nothing
    t, q = found
    if (np.diagonal(t) == 0).sum() > (1 if function is _triangular_root else 0):
        return nothing
    return q @ function(t) @ q.conj().T


def _each(function: Callable[[Array], Array], input: Array) -> Array:
    """`function` of each matrix of a batch."""
    result = np.empty_like(input)
    for place in np.ndindex(input.shape[:-2] if input.size else (0,)):
        result[place] = function(input[place])
    return result


def _real_root(matrix: Array) -> Array:
    root = _through_schur(_triangular_root, matrix).real
    # LAPACK finds real eigenvalues of real matrices as such; a negative one has no real root.
    if np.isfinite(matrix).all():
        values = np.linalg.eigvals(matrix)
        if ((np.imag(values) == 0) & (np.real(values) < 0)).any():
            root = np.full_like(root, np.nan)
    return root


@op(
    "MatrixSquareRoot(input: T) -> output: T",
    T=MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_square_root_op.cc",
    shape=square_shape,
)
def matrix_square_root(input: Array) -> Array:
    """The principal square roots of square matrices; NaN throughout for one that has none.

    Raises: InvalidArgumentError unless they are square.
    """
    refuse_half(input, "MatrixSquareRoot")
    require_square(input)
    with np.errstate(all="ignore"):
        if input.dtype.kind == "f":
            return _each(_real_root, input)
        return _each(lambda matrix: _through_schur(_triangular_root, matrix), input)


@op(
    "MatrixLogarithm(input: T) -> output: T",
    T=COMPLEX,
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_logarithm_op.cc",
    shape=square_shape,
)
def matrix_logarithm(input: Array) -> Array:
    """The principal logarithms of square matrices; NaN throughout for a singular one.

    Raises: InvalidArgumentError unless they are square.
    """
    require_square(input)
    with np.errstate(all="ignore"):
        return _each(lambda matrix: _through_schur(_triangular_logarithm, matrix), input)


#: Precision of real numbers → coefficients of Padé's approximation, and the largest norm that it is good for.
_PADE = {
    np.dtype(np.float32): (
        (17297280, 8648640, 1995840, 277200, 25200, 1512, 56, 1),
        3.925724783138660,
    ),
    np.dtype(np.float64): (
        (
            64764752532480000,
            32382376266240000,
            7771770303897600,
            1187353796428800,
            129060195264000,
            10559470521600,
            670442572800,
            33522128640,
            1323241920,
            40840800,
            960960,
            16380,
            182,
            1,
        ),
        5.371920351148152,
    ),
}


@op(
    "MatrixExponential(input: T) -> output: T",
    T=MATRIX,
    precision=ROUNDING,
    source="core/kernels/linalg/matrix_exponential_op.cc",
    shape=square_shape,
)
def matrix_exponential(input: Array) -> Array:
    """The exponentials of square matrices, by Padé's approximation with scaling and squaring.

    Raises: InvalidArgumentError unless they are square.
    """
    refuse_half(input, "MatrixExponential")
    require_square(input)
    if input.size == 0:
        return input.copy()
    coefficients, reach = _PADE[np.real(input[..., 0, 0]).dtype]
    side = input.shape[-1]
    x = input.reshape(size_of(input.shape[:-2]), side, side)
    with np.errstate(all="ignore"):
        norms = np.abs(x).sum(axis=1).max(axis=1)
        halvings = np.where(np.isfinite(norms), np.maximum(np.frexp(norms / reach)[1], 0), 0)
        x = (x * np.ldexp(np.ones(1, norms.dtype), -halvings)[:, None, None]).astype(input.dtype)
        square = np.matmul(x, x)
        power = np.broadcast_to(np.eye(side, dtype=input.dtype), x.shape)
        even, odd = np.zeros_like(x), np.zeros_like(x)
        for k in range(0, len(coefficients), 2):
            even += norms.dtype.type(coefficients[k]) * power
            odd += norms.dtype.type(coefficients[k + 1]) * power
            power = np.matmul(power, square)
        odd = np.matmul(x, odd)
        broken = np.asarray(~np.isfinite(x).all(axis=(1, 2)))
        below = np.where(broken[:, None, None], np.eye(side, dtype=input.dtype), even - odd)
        result = np.linalg.solve(below, even + odd)
        result[broken] = np.nan
        for k in range(int(halvings.max())):
            more = halvings > k
            result[more] = np.matmul(result[more], result[more])
    return result.reshape(input.shape)


@matrix_square_root.gradient
def matrix_square_root_gradient(ops: Ops, grad: Term, output: Term) -> Term:
    """The solution of a system in the elements: the root times the slope and the slope times the root is `grad`."""
    sizes = sizes_of(ops, output)
    square = sizes[-1:] * sizes[-1:]
    identity = ops.MatrixDiag(ops.OnesLike(ops.MatrixDiagPart(output)))

    def kronecker(x: Term, y: Term) -> Term:
        left = ops.ExpandDims(ops.ExpandDims(x, -1), -3)
        right = ops.ExpandDims(ops.ExpandDims(y, -2), -4)
        return ops.Reshape(left * right, concat(ops, [sizes[:-2], square, square]))

    system = kronecker(identity, transposed(ops, output)) + kronecker(output, identity)
    right = ops.Reshape(transposed(ops, grad), concat(ops, [sizes[:-2], square, [1]]))
    return transposed(ops, ops.Reshape(ops.MatrixSolve(system, right), sizes))
