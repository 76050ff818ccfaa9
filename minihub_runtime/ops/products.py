"""Products of matrices.

BLAS multiplies in the thread that asks; long products are cut into parts for the threads of `threads`.  Threads of BLAS's own meet
at the end of each product, and where other programs use the cores, one of them may wait there for the other many times longer
than either computes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from minihub_runtime import blas
from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.registry import Array
from minihub_runtime.threads import num_threads, pays, scratch, spread

__all__ = ["LEAST", "SHARED", "SMALL", "SPEED", "Finish", "multiply", "multiply_and_finish"]

#: Changes a contiguous block of a product in place; it has these columns of it.
Finish = Callable[[Array, slice], None]

#: Multiplications in a nanosecond, about, and bytes that are read.
SPEED = 32
BANDWIDTH = 10
#: Multiplications from which on BLAS would use several threads.
SHARED = 1 << 18
#: Multiplications of the largest product for which BLAS does not bring the factors into another order first, where it can do
#: without (`blas.small_as_they_are`), and the rows up to which that order takes longer than the product in small parts.
SMALL = 1_000_000
SMALL_ROWS = 16
#: Columns that are multiplied at once: with more rows parts must be longer, as each reads all rows again.
LANE = 16
#: Rows that are multiplied one by one, with matrices of so many elements.
FEW = 3
LAID_OUT = 1 << 16
#: Rows or columns of a part, at least: the other factor is laid out anew for each.
LEAST = 32


def multiply(left: Array, right: Array, out: Array | None = None, alone: bool = False) -> Array:
    """The products of two stacks of matrices of one type, which may hold infinities.

    Args:
        left: `(…, m, k)`.
        right: `(…, k, n)`.
        out: where the result goes, `(…, m, n)`; it shares no memory with the factors.
        alone: whether other threads have work already, so that this product stays in this one.
    """
    count = left.size * right.shape[-1]
    with np.errstate(all="ignore"):
        if left.ndim == right.ndim == 2 and 1 < len(left) <= FEW and right.size >= LAID_OUT:
            # A product of matrices lays out the right one first, which takes longer than to read it for each row.
            result = np.empty((len(left), right.shape[1]), left.dtype) if out is None else out
            for row, place in zip(left, result, strict=True):
                multiply(row[np.newaxis], right, place[np.newaxis], alone)
            return result
        if count <= SHARED:
            return _matmul(left, right, out)
        # A product of few rows takes as long as it takes to read the other factor.
        cost = max(count // SPEED, (left.nbytes + right.nbytes) // BANDWIDTH)
        if not alone and pays(cost, products=True) and left.shape[:-2] == right.shape[:-2]:
            return _multiply_parts(left, right, out, cost)
        with blas.single():
            return _matmul(left, right, out)


def _matmul(left: Array, right: Array, out: Array | None) -> Array:
    """The product in this thread, in parts that are small where that is sooner."""
    columns = _columns(left, right)
    if not columns:
        return np.asarray(np.matmul(left, right, out=out))
    width = right.shape[-1]
    result = np.empty((*left.shape[:-1], width), left.dtype) if out is None else out
    for start in range(0, width, columns):
        taken = slice(start, start + columns)
        np.matmul(left, right[..., taken], out=result[..., taken])
    return result


def _columns(left: Array, right: Array) -> int:
    """How many columns of the right factor are multiplied at a time; 0 if all are."""
    *stack, rows, depth = left.shape
    width = right.shape[-1]
    if not 1 < rows <= SMALL_ROWS or rows * depth * width <= SMALL or left.dtype != np.float32:
        return 0
    most = SMALL // (rows * depth) // LANE * LANE
    if (
        most < LANE * max(3, rows - 5)
        or not blas.small_as_they_are()
        or right.shape[:-2] != (*stack,)
    ):
        return 0
    # Parts of one size: a last one of few columns takes as long as a longer one.
    count = -(-width // most)
    return -(-width // (count * LANE)) * LANE


def multiply_and_finish(
    left: Array, right: Array, finish: Finish, out: Array | None = None
) -> Array:
    """The product of two matrices of one type, and what is done to it in the threads that multiply.

    Args:
        left: `(m, k)`.
        right: `(k, n)`.
        finish: what is done; it may be called for parts.
        out: where the result goes, `(m, n)` and contiguous; it shares no memory with the factors.
    """
    cost = left.size * right.shape[1] // SPEED
    with np.errstate(all="ignore"):
        if len(left) > FEW and pays(cost, products=True):
            return _multiply_parts(left, right, out, cost, finish)
        result = multiply(left, right, out)
        finish(result, slice(0, right.shape[1]))
    return result


def _multiply_parts(
    left: Array, right: Array, out: Array | None, cost: int, finish: Finish | None = None
) -> Array:
    """`multiply` on all threads; what is to be finished has no stack."""
    shape = (*left.shape[:-1], right.shape[-1])
    result = np.empty(shape, left.dtype) if out is None else out
    *stack, rows, width = shape
    multiply_part: Callable[[tuple[int, int]], object]
    if stack:
        count, least = stack[0], 1

        def multiply_part(part: tuple[int, int]) -> None:
            taken = slice(*part)
            _matmul(left[taken], right[taken], result[taken])

    elif rows >= width:
        # Each part lays out the whole of the factor that is not cut, so the longer one is.
        count, least = rows, LEAST

        def multiply_part(part: tuple[int, int]) -> None:
            taken = slice(*part)
            np.matmul(left[taken], right, out=result[taken])
            if finish is not None:
                finish(result[taken], slice(0, width))

    else:
        count, least = width, LEAST

        def multiply_part(part: tuple[int, int]) -> None:
            taken = slice(*part)
            if finish is None:
                _matmul(left, right[:, taken], result[:, taken])
                return
            block = scratch("products", (rows, part[1] - part[0]), result.dtype)
            _matmul(left, right[:, taken], block)
            finish(block, taken)
            result[:, taken] = block

    parts = runs(count, max(least, -(-count // num_threads())), least)
    spread(multiply_part, parts, cost, products=True)
    return result


def sum_rows(stack: Array) -> Array:
    """The sums of the rows of matrices, `(n, rows, width)` → `(n, width)`, which a product with ones finds soonest."""
    ones = np.ones((1, 1, stack.shape[1]), stack.dtype)
    return multiply(ones, stack, alone=True)[:, 0]
