"""Matrices in panels of columns, for products with them again and again.

A library for matrix products brings both factors into another order first.  With a few rows that takes longer than to multiply,
with a hundred a fifth of the time.  Some libraries make small products of the factors as they lie, at full speed where a row of the
right one is a few registers long.  So a matrix that stays is laid out once, 64 columns after another, and each such panel is
multiplied with a band of rows at a time.  Long sums are cut into parts that are added up.

Source: OpenBLAS, interface/gemm.c and kernel/x86_64/sgemm_small_kernel_nn_skylakex.c.
"""

from __future__ import annotations

import copy
import functools
import math

import numpy as np

from minihub_runtime import blas
from minihub_runtime.memory import aligned
from minihub_runtime.ops.registry import Array
from minihub_runtime.threads import scratch

__all__ = [
    "LEAST_ROWS",
    "SMALL",
    "WIDTH",
    "Panels",
    "band",
    "multiply_bands",
    "multiply_columns",
    "panels_of",
]

#: Multiplications of the largest product that is made of the factors as they lie.
SMALL = 1_000_000
#: Columns of a panel: so many numbers are a few registers for each row.
WIDTH = 64
#: So few columns at the end are no panel of their own, but part of the one before.
NARROW = 16
#: Rows of a panel, or of a part of a deeper one, at most: with more, bands have fewer than eight rows.
DEEPEST = 1920
#: How many parts a panel has, at most.
MOST_PARTS = 8
#: Numbers that are kept until they are added up, about: they stay in the cache.
SUMS = 1 << 17
#: Rows from which on a product is none of a vector, for which nothing is brought into another order.
LEAST_ROWS = 2


class Panels:
    """A stack of matrices `(…, k, n)` in panels.

    Args:
        matrix: a view of any kind; what is made of it shares no memory with it, unless it is one panel already.
        parts: in how many parts sums are cut; it divides `k`.

    Attributes:
        shape: that of the matrices.
        starts: the first column of each panel, and the one after the last.
    """

    def __init__(self, matrix: Array, parts: int = 1) -> None:
        *stack, depth, width = self.shape = matrix.shape
        self._parts = parts
        count, rest = divmod(width, WIDTH)
        if count and 0 < rest < NARROW:
            count, rest = count - 1, rest + WIDTH
        joined = count * WIDTH
        self._joined = aligned((count, *stack, depth, WIDTH), matrix.dtype)
        self._joined[...] = np.moveaxis(
            matrix[..., :joined].reshape(*stack, depth, count, WIDTH), -2, 0
        )
        self._rest = None
        if rest:
            self._rest = aligned((*stack, depth, rest), matrix.dtype)
            self._rest[...] = matrix[..., joined:]
        self.starts = (*range(0, joined + 1, WIDTH), *([width] if rest else []))

    def __len__(self) -> int:
        """How many panels there are."""
        return len(self.starts) - 1

    def rows(self, start: int, stop: int) -> Panels | None:
        """Some rows of the matrices in panels that share their memory; None where products with these gain nothing."""
        length = self.shape[-2] // self._parts
        parts = (stop - start) // length if (stop - start) % length == 0 else _parts(stop - start)
        if not parts:
            return None
        found = copy.copy(self)
        found.shape = (*self.shape[:-2], stop - start, self.shape[-1])
        found._parts = parts
        found._joined = self._joined[..., start:stop, :]
        found._rest = None if self._rest is None else self._rest[..., start:stop, :]
        return found

    def multiply(self, left: Array, out: Array, first: int = 0, last: int | None = None) -> None:
        """Put the product with some panels, all by default, into `out`, in this thread.

        Args:
            left: `(…, m, k)`, whose rows are contiguous; it may have more dimensions behind those of the stack, whose matrices
                are multiplied with the same one.
            out: `(…, m, columns of these panels)`, whose rows are contiguous.
            first: the first panel.
            last: the one after the last.
        """
        last = len(self) if last is None else last
        stop = min(last, len(self._joined))
        if stop > first:
            self._multiply_joined(left, self._joined[first:stop], out)
        if last > stop and self._rest is not None:
            rest = out[..., max(0, stop - first) * WIDTH :]
            self._multiply_one(left, _spread(self._rest, left.ndim), rest)

    def _multiply_joined(self, left: Array, panels: Array, out: Array) -> None:
        """`multiply` with panels of one width."""
        *stack, rows, _ = left.shape
        count = len(panels)
        if left.ndim > 2:
            panels = _spread(panels, left.ndim + 1)
        split = out[..., : count * WIDTH].reshape(*stack, rows, count, WIDTH)
        places = split.transpose(split.ndim - 2, *range(split.ndim - 2), split.ndim - 1)
        # Between calls threads wait for each other, so that one call multiplies with as many panels as it can.
        several = count
        if self._parts > 1:
            several = SUMS // max(1, math.prod(stack) * self._parts * rows * WIDTH) or 1
        if several >= count:
            self._multiply_one(left, panels, places)
            return
        for start in range(0, count, several):
            some = slice(start, start + several)
            self._multiply_one(left, panels[some], places[some])

    def _multiply_one(self, left: Array, panel: Array, out: Array) -> None:
        """`multiply` with one panel, or with a stack of them, which `left` broadcasts to."""
        *_, rows, depth = left.shape
        parts, width = self._parts, panel.shape[-1]
        lines = band(rows, SMALL // (depth // parts * width))
        if parts == 1:
            multiply_bands(left, panel, out, lines)
            return
        sums = scratch("panels", (*out.shape[:-2], parts, rows, width), out.dtype)
        cut = left.reshape(*left.shape[:-1], parts, depth // parts).swapaxes(-2, -3)
        multiply_bands(cut, panel.reshape(*panel.shape[:-2], parts, -1, width), sums, lines)
        np.add(sums[..., 0, :, :], sums[..., 1, :, :], out=out)
        for part in range(2, parts):
            np.add(out, sums[..., part, :, :], out=out)


def _spread(matrices: Array, rank: int) -> Array:
    """A stack of matrices with as many dimensions as that, those that are missing behind the ones of the stack."""
    *stack, depth, width = matrices.shape
    return matrices.reshape(*stack, *(1,) * (rank - matrices.ndim), depth, width)


def multiply_bands(left: Array, right: Array, out: Array, lines: int) -> None:
    """Put the products of two stacks of matrices into a third, so many rows of each at a time.

    Args:
        left: `(…, m, k)`.
        right: `(…, k, n)`; it may have more dimensions than `left`, which broadcasts.
        out: `(…, m, n)`.
        lines: rows of a band.
    """
    *stack, rows, depth = left.shape
    count = rows // lines
    whole = count * lines
    if count > 1:
        np.matmul(
            left[..., :whole, :].reshape(*stack, count, lines, depth),
            right[..., np.newaxis, :, :],
            out=out[..., :whole, :].reshape(*out.shape[:-2], count, lines, out.shape[-1]),
            # All bands are multiplied with one right factor before the next, while it is in the cache.
            order="C",
        )
    else:
        np.matmul(left[..., :whole, :], right, out=out[..., :whole, :])
    if whole < rows:
        np.matmul(left[..., whole:, :], right, out=out[..., whole:, :])


def multiply_columns(left: Array, right: Array, out: Array, columns: int) -> None:
    """Put the products of two stacks of matrices into a third, so many columns of each at a time; see `multiply_bands`."""
    width = right.shape[-1]
    count = width // columns
    whole = count * columns
    np.matmul(
        left[..., np.newaxis, :, :],
        right[..., :whole].reshape(*right.shape[:-1], count, columns).swapaxes(-2, -3),
        out=out[..., :whole].reshape(*out.shape[:-1], count, columns).swapaxes(-2, -3),
    )
    if whole < width:
        np.matmul(left, right[..., whole:], out=out[..., whole:])


@functools.lru_cache(maxsize=4096)
def band(rows: int, most: int) -> int:
    """In how many of `rows` a product is made at once: at most `most`, as the library's loops take them.

    They go over four or six rows at a time, and take as long for those that are left over.
    """
    if rows <= most:
        return max(1, rows)
    fours = most // 4 * 4
    exact = next((lines for lines in range(fours, most * 2 // 3, -4) if rows % lines == 0), 0)
    if exact:
        return exact
    lines = next((most // step * step for step in (12, 4) if most >= 2 * step), most)
    # Fewer than four rows at the end are taken together with some before.
    fuller = (n for n in range(lines, lines // 2, -4) if rows % n >= 4)
    return next(fuller, lines)


def panels_of(matrix: Array) -> Panels | None:
    """A stack of matrices `(…, k, n)` in panels; None where products with it gain nothing by that."""
    *_, depth, width = matrix.shape
    if matrix.dtype != np.float32 or not matrix.size or width == 1 or not blas.small_as_they_are():
        return None
    parts = _parts(depth)
    return Panels(matrix, parts) if parts else None


@functools.lru_cache(maxsize=1024)
def _parts(depth: int) -> int:
    """In how many parts sums of so many products are cut; 0 if they cannot be."""
    if depth <= DEEPEST:
        return 1
    fitting = [n for n in range(2, MOST_PARTS + 1) if depth % n == 0 and depth // n <= DEEPEST]
    # The fewer parts, the fewer sums.
    return next((n for n in fitting if _has_even_bands(depth // n)), fitting[0] if fitting else 0)


def _has_even_bands(depth: int) -> bool:
    """Whether a part of so many rows is multiplied with bands of a power of two, which leave no rows over, mostly."""
    most = SMALL // (depth * WIDTH)
    return any(most * 2 // 3 < lines <= most for lines in (8, 16, 32))
