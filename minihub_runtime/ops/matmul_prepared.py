"""Products with matrices that do not change, which may be laid out once; `passes.prepare_filters` and `passes.hoist_products` make them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.broadcasting import fitting
from minihub_runtime.ops.chained_products import multiply_chained
from minihub_runtime.ops.checking import require_rank
from minihub_runtime.ops.prepared_matrix import PreparedMatrix, multiply_all
from minihub_runtime.ops.registry import REGISTRY, ROUNDING, Array, at_least, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.shapes import show

__all__ = ["prepare_transposed"]

FLOAT = types("float32")
SOURCE = "core/kernels/matmul_op_fused.cc"


@op(
    "_PreparedMatrix(matrix: T, bias: T) -> prepared: variant",
    T=FLOAT,
    source=SOURCE,
    shape=unknown,
)
def prepared_matrix(
    matrix: Array, bias: Array, *, transpose: bool = False, activation: str = ""
) -> PreparedMatrix:
    """What a product multiplies with, adds, and ends with; an empty bias is none.

    Raises: InvalidArgumentError for other ranks.
    """
    require_rank(matrix, 2, "b")
    return PreparedMatrix(matrix.T if transpose else matrix, bias, activation)


@op(
    "_PreparedMatMul(a: T, b: variant) -> product: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def prepared_mat_mul(
    a: Array, b: PreparedMatrix, *, transpose_a: bool = False, out: Array | None = None
) -> Array:
    """MatMul, a bias, and an activation.

    Shapes: `[m, k]`, that of `b` `[k, n]` -> `[m, n]`. Raises: InvalidArgumentError for other ranks or sizes.
    """
    left = _left(a, transpose_a, [b])
    out = fitting(out, (len(left), b.shape[1]), a.dtype)
    if out is not None and (np.may_share_memory(out, a) or np.may_share_memory(out, b.matrix)):
        out = None
    return b.multiply(left, out)


@op(
    "_PreparedMatMuls(a: T, b: N * variant) -> products: N * T",
    T=FLOAT,
    N=at_least(1),
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def prepared_mat_muls(
    a: Array, b: Sequence[PreparedMatrix], *, transpose_a: bool = False
) -> tuple[Array, ...]:
    """The products of one matrix with some others, each with its bias and activation.

    Shapes: `[m, k]`, those of `b` `[k, n]` -> `[m, n]` each. Raises: InvalidArgumentError for other ranks or sizes.
    """
    left = _left(a, transpose_a, b)
    results = tuple([np.empty((len(left), matrix.shape[1]), a.dtype) for matrix in b])
    multiply_all(left, b, results)
    return results


@op(
    "_ChainedMatMul(a: T, b: variant, c: variant) -> product: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def chained_mat_mul(
    a: Array,
    b: PreparedMatrix,
    c: PreparedMatrix,
    *,
    transpose_a: bool = False,
    out: Array | None = None,
) -> Array:
    """The product of a product: the first with its bias and activation, then the second with its own.

    Shapes: `[m, k]`, that of `b` `[k, l]`, that of `c` `[l, n]` -> `[m, n]`.
    Raises: InvalidArgumentError for other ranks or sizes.
    """
    left = _left(a, transpose_a, [b])
    if b.shape[1] != c.shape[0]:
        raise _do_not_fit((len(left), b.shape[1]), c.shape)
    out = fitting(out, (len(left), c.shape[1]), a.dtype)
    if out is not None and any(np.may_share_memory(out, x) for x in (a, b.matrix, c.matrix)):
        out = None
    return multiply_chained(left, b, c, out)


def prepare_transposed(matrix: Array) -> PreparedMatrix | None:
    """A matrix, transposed, for many products; None for what is no matrix of float32, which the products refuse by themselves."""
    if matrix.ndim != 2 or matrix.dtype != np.float32:
        return None
    return PreparedMatrix(matrix.T, np.empty(0, np.float32), "")


@op(
    "_RepeatedMatMul(a: T, b: T, prepared: variant) -> product: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def repeated_mat_mul(
    a: Array, b: Array, prepared: PreparedMatrix | None, *, transpose_a: bool = False
) -> Array:
    """MatMul with `transpose_b`, where `prepared` is `prepare_transposed` of `b`.

    Shapes: `[m, k]`, `[n, k]` -> `[m, n]`. Raises: InvalidArgumentError for other ranks or sizes.
    """
    if prepared is not None and a.ndim == 2:
        left = a.T if transpose_a else a
        if left.shape[1] == prepared.shape[0]:
            return prepared.multiply(left)
    return np.asarray(REGISTRY["MatMul"].kernel(a, b, transpose_a=transpose_a, transpose_b=True))


def _do_not_fit(left: tuple[int, ...], right: tuple[int, ...]) -> InvalidArgumentError:
    return InvalidArgumentError(
        f"matrix sizes must fit, not {show(left)} and {show(right)} (after transposing)"
    )


def _left(a: Array, transpose: bool, matrices: Sequence[PreparedMatrix]) -> Array:
    """The left factor of products with some matrices.

    Raises: InvalidArgumentError for other ranks or sizes.
    """
    require_rank(a, 2, "a")
    left = a.T if transpose else a
    for matrix in matrices:
        if left.shape[1] != matrix.shape[0]:
            raise _do_not_fit(left.shape, matrix.shape)
    return left
