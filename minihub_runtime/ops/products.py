"""Products of matrices.

BLAS multiplies in the thread that asks; long products are cut into parts for the threads of `threads`.  Threads of BLAS's own meet
at the end of each product, and where other programs use the cores, one of them may wait there for the other many times longer
than either computes.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from minihub_runtime import blas
from minihub_runtime.memory import empty
from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.panels import (
    SMALL,
    WIDTH,
    Panels,
    band,
    multiply_bands,
    multiply_columns,
)
from minihub_runtime.ops.registry import Array
from minihub_runtime.threads import num_threads, pays, scratch, spread

__all__ = [
    "LEAST",
    "SHARED",
    "SPEED",
    "Finish",
    "Wanted",
    "column_of_ones",
    "multiply",
    "multiply_and_finish",
    "multiply_each",
    "multiply_here",
    "multiply_turned",
    "sum_rows",
    "with_whole_rows",
]

#: Changes a contiguous block of a product in place; it has these rows and columns of it.
Finish = Callable[[Array, slice, slice], None]

#: Sums of so few products, for which many columns are a small part.
SHALLOW = 64
#: Rows of a band: at most, and at least where they are longer than those of a panel.
MOST_LINES = 512
MANY_LINES = 100
#: Multiplications in a nanosecond, about, and bytes that are read.
SPEED = 32
BANDWIDTH = 10
#: Multiplications from which on BLAS would use several threads.
SHARED = 1 << 18
#: Rows up to which BLAS takes longer to bring the factors into another order than for the product in small parts, where it can
#: do without (`blas.small_as_they_are`).
SMALL_ROWS = 16
#: Columns that are multiplied at once: with more rows parts must be longer, as each reads all rows again.
LANE = 16
#: Rows that are summed up in a product of few columns, at least: with fewer, to add up products takes too long.
FEWEST_LINES = 128
#: Rows that are multiplied one by one, with matrices of so many elements.
FEW = 3
LAID_OUT = 1 << 16
#: Rows or columns of a part, at least: the other factor is laid out anew for each.
LEAST = 32
#: Elements of a product with panels that are finished at once, about: they stay in the cache.
WARM = 1 << 19


def multiply(
    left: Array, right: Array | Panels, out: Array | None = None, alone: bool = False
) -> Array:
    """The products of two stacks of matrices of one type, in kernels, whose floating-point errors NumPy does not report.

    Args:
        left: `(…, m, k)`.
        right: `(…, k, n)`, as it is or in panels.
        out: where the result goes, `(…, m, n)`; it shares no memory with the factors.
        alone: whether other threads have work already, so that this product stays in this one; whoever shared that has seen
            to it that products do not begin threads.
    """
    if isinstance(right, Panels):
        return _multiply_panels(left, right, out, alone)
    few = left.ndim == right.ndim == 2 and 1 < len(left) <= FEW and right.size >= LAID_OUT
    if alone and not few:
        return multiply_here(left, right, out)
    count = left.size * right.shape[-1]
    # A product of few rows takes as long as it takes to read the other factor.
    cost = max(count // SPEED, (left.nbytes + right.nbytes) // BANDWIDTH)
    shared = not alone and count > SHARED and pays(cost)
    if few:
        # A product of matrices lays out the right one first, which takes longer than to read it for each row.
        result = empty((len(left), right.shape[1]), left.dtype) if out is None else out
        if shared:
            for row, place in zip(left, result, strict=True):
                multiply(row[np.newaxis], right, place[np.newaxis])
        else:
            with blas.single():
                np.matmul(left[:, np.newaxis], right, out=result[:, np.newaxis])
        return result
    if count <= SHARED:
        return multiply_here(left, right, out)
    if shared and left.shape[:-2] == right.shape[:-2]:
        return _multiply_parts(left, right, out, cost)
    with blas.single():
        return multiply_here(left, right, out)


def multiply_here(left: Array, right: Array, out: Array | None = None) -> Array:
    """The product in this thread, in parts that are small where that is sooner."""
    lines, columns = (0, 0) if left.size * right.shape[-1] <= SMALL else _cut(left, right)
    if not lines and not columns:
        return np.asarray(np.matmul(left, right, out=out))
    width = right.shape[-1]
    result = empty((*left.shape[:-1], width), left.dtype) if out is None else out
    if lines:
        multiply_bands(left, right, result, lines)
    elif left.shape[-1] <= SHALLOW:
        multiply_columns(left, right, result, columns)
    else:
        for start in range(0, width, columns):
            taken = slice(start, start + columns)
            np.matmul(left, right[..., taken], out=result[..., taken])
    return result


def _cut(left: Array, right: Array) -> tuple[int, int]:
    """How many rows of the left factor, or columns of the right one, are multiplied at a time; zeros if all are."""
    *stack, rows, depth = left.shape
    if (
        rows * depth * right.shape[-1] <= SMALL
        or left.dtype != np.float32
        or right.shape[:-2] != (*stack,)
        or left.strides[-1] != 4
        or right.strides[-1] != 4
        or not blas.small_as_they_are()
    ):
        return 0, 0
    return _cut_sizes(rows, depth, right.shape[-1])


@functools.lru_cache(maxsize=4096)
def _cut_sizes(rows: int, depth: int, width: int) -> tuple[int, int]:
    """`_cut` by the sizes of a product that is not small."""
    if rows == 1 or width == 1:
        return 0, 0
    if rows <= 4 * SMALL_ROWS and depth <= SHALLOW:
        most = min(512, SMALL // (rows * depth) // WIDTH * WIDTH)
        # One size for all parts spares the call for what is left over.
        return 0, next((n for n in range(most, most // 2, -LANE) if width % n == 0), most)
    if rows <= SMALL_ROWS:
        most = SMALL // (rows * depth) // LANE * LANE
        if most < LANE * max(3, rows - 5):
            return 0, 0
        # Parts of one size: a last one of few columns takes as long as a longer one.
        count = -(-width // most)
        return 0, -(-width // (count * LANE)) * LANE
    lines = SMALL // (depth * width)
    # Rows of the right factor that lie a power of two apart share few places of the cache.
    if lines < (SMALL_ROWS if width <= WIDTH else MANY_LINES) or (
        width > WIDTH and width % 128 == 0
    ):
        return 0, 0
    return band(rows, min(lines, MOST_LINES)), 0


def multiply_and_finish(
    left: Array, right: Array | Panels, finish: Finish, out: Array | None = None
) -> Array:
    """The product of two matrices of one type, and what is done to it in the threads that multiply.

    Args:
        left: `(m, k)`.
        right: `(k, n)`, as it is or in panels.
        finish: what is done; it may be called for parts.
        out: where the result goes, `(m, n)` and contiguous; it shares no memory with the factors.
    """
    cost = left.size * right.shape[1] // SPEED
    if isinstance(right, Panels):
        return _multiply_panels(left, right, out, False, finish)
    if len(left) > FEW and pays(cost):
        return _multiply_parts(left, right, out, cost, finish)
    result = multiply(left, right, out)
    finish(result, slice(0, len(left)), slice(0, right.shape[1]))
    return result


def _multiply_parts(
    left: Array, right: Array, out: Array | None, cost: int, finish: Finish | None = None
) -> Array:
    """`multiply` on all threads; what is to be finished has no stack."""
    shape = (*left.shape[:-1], right.shape[-1])
    result = empty(shape, left.dtype) if out is None else out
    *stack, rows, width = shape
    multiply_part: Callable[[tuple[int, int]], object]
    if stack:
        count, least = stack[0], 1

        def multiply_part(part: tuple[int, int]) -> None:
            taken = slice(*part)
            multiply_here(left[taken], right[taken], result[taken])

    elif rows >= width:
        # Each part lays out the whole of the factor that is not cut, so the longer one is.
        count, least = rows, LEAST

        def multiply_part(part: tuple[int, int]) -> None:
            taken = slice(*part)
            multiply_here(left[taken], right, result[taken])
            if finish is not None:
                finish(result[taken], taken, slice(0, width))

    else:
        count, least = width, LEAST

        def multiply_part(part: tuple[int, int]) -> None:
            taken = slice(*part)
            if finish is None:
                multiply_here(left, right[:, taken], result[:, taken])
                return
            block = scratch("products", (rows, part[1] - part[0]), result.dtype)
            multiply_here(left, right[:, taken], block)
            finish(block, slice(0, rows), taken)
            result[:, taken] = block

    parts = runs(count, max(least, -(-count // num_threads())), least)
    spread(multiply_part, parts, cost, products=True)
    return result


def _multiply_panels(
    left: Array, right: Panels, out: Array | None, alone: bool, finish: Finish | None = None
) -> Array:
    """`multiply` with panels; what is to be finished has no stack."""
    *stack, rows, _ = left.shape
    width = right.shape[-1]
    result = empty((*stack, rows, width), left.dtype) if out is None else out
    if stack:
        left = with_whole_rows(left)
        if result.strides[-1] != result.itemsize:
            result[...] = _multiply_panels(left, right, None, alone)
        else:
            right.multiply(left, result)
        return result
    multiply_each(left, [Wanted(right, result, finish)], alone)
    return result


#: A product, its first panel, and the one after the last.
_Share: TypeAlias = tuple[int, int, int]


class Wanted(NamedTuple):
    """A product with panels.

    Attributes:
        right: the right factor, `(k, n)`.
        result: where the product goes, `(m, n)`.
        finish: what is done to it; None if nothing is.
    """

    right: Panels
    result: Array
    finish: Finish | None


def multiply_each(left: Array, wanted: Sequence[Wanted], alone: bool = False) -> None:
    """Make the products of one matrix with some others, which threads share as if they were one.

    Args:
        left: `(m, k)`.
        wanted: the products, in kernels, whose floating-point errors NumPy does not report.
        alone: whether other threads have work already, so that these products stay in this one.
    """
    left = with_whole_rows(left)
    cost = 0 if alone else left.size * sum([each.right.shape[-1] for each in wanted]) // SPEED
    parts = _parts_of(
        tuple([len(each.right) for each in wanted]),
        max(1, WARM // (len(left) * WIDTH)) if any(each.finish for each in wanted) else None,
        num_threads() if pays(cost) else 1,
    )

    def multiply_part(part: tuple[_Share, ...]) -> None:
        for which, first, last in part:
            _multiply_share(left, wanted[which], first, last)

    spread(multiply_part, parts, cost, products=True)


@functools.lru_cache(maxsize=4096)
def _parts_of(
    counts: tuple[int, ...], most: int | None, threads: int
) -> tuple[tuple[_Share, ...], ...]:
    """What threads share of products with so many panels: which product, its first panel and the one after the last."""
    ends = [*itertools.accumulate(counts)]
    even = -(-ends[-1] // threads)
    found = []
    for first, last in runs(ends[-1], even if most is None else min(most, even), 1, threads):
        part = []
        for which, (count, end) in enumerate(zip(counts, ends, strict=True)):
            start = end - count
            if first < end and start < last:
                part.append((which, max(first, start) - start, min(last, end) - start))
        found.append(tuple(part))
    return tuple(found)


def _multiply_share(left: Array, wanted: Wanted, first: int, last: int) -> None:
    """Make a product with some panels, from the first to the one before the last."""
    right, result, finish = wanted
    taken = slice(right.starts[first], right.starts[last])
    if finish is None and result.strides[-1] == result.itemsize:
        right.multiply(left, result[:, taken], first, last)
        return
    if finish is not None and last - first == len(right) and result.flags.c_contiguous:
        right.multiply(left, result)
        finish(result, slice(0, len(left)), taken)
        return
    block = scratch("products", (len(left), taken.stop - taken.start), result.dtype)
    right.multiply(left, block, first, last)
    if finish is not None:
        finish(block, slice(0, len(left)), taken)
    result[:, taken] = block


def with_whole_rows(left: Array) -> Array:
    """A factor whose rows are contiguous."""
    return left if left.strides[-1] == left.itemsize else np.ascontiguousarray(left)


def multiply_turned(left: Array, right: Array, alone: bool = False) -> Array:
    """The product `leftᵀ · right` of two matrices of many rows, in kernels, whose floating-point errors NumPy does not report.

    Where both have few columns, most of the time goes into bringing the factors into another order; some rows at a time are
    multiplied as they lie, and added up.

    Args:
        left: `(m, k)`.
        right: `(m, n)`.
        alone: whether other threads have work already, so that this product stays in this one.
    """
    (rows, columns), width = left.shape, right.shape[1]
    if columns > width:
        # What is read row by row should be the longer one.
        return multiply_turned(right, left, alone).T
    lines = SMALL // max(1, columns * width)
    count = rows // max(1, lines)
    if (
        not FEWEST_LINES <= lines <= rows
        or left.dtype != np.float32
        or not (left.flags.c_contiguous and right.flags.c_contiguous)
        or not blas.small_as_they_are()
    ):
        return multiply(left.T, right, alone=alone)
    whole = count * lines
    parts = np.matmul(
        left[:whole].reshape(count, lines, columns).swapaxes(1, 2),
        right[:whole].reshape(count, lines, width),
    )
    total: Array = np.add.reduce(parts, axis=0)
    if whole < rows:
        total += np.matmul(left[whole:].T, right[whole:])
    return total


@functools.lru_cache(maxsize=64)
def column_of_ones(length: int) -> Array:
    """`(length, 1)` of float32, to sum up rows with; not to be changed."""
    found = np.ones((length, 1), np.float32)
    found.flags.writeable = False
    return found


def sum_rows(stack: Array) -> Array:
    """The sums of the rows of matrices, `(n, rows, width)` → `(n, width)`, which a product with ones finds soonest."""
    ones = np.ones((1, 1, stack.shape[1]), stack.dtype)
    with blas.single():
        return multiply_here(ones, stack)[:, 0]
