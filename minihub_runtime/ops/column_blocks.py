"""Products of a few rows with one matrix, again and again, as recurrent cells have them.

A library for matrix products brings both factors into another order first.  With a few rows that takes longer than to multiply, unless
the product is so small that it does without.  So the matrix is laid out in blocks of columns once, each small enough.
"""

from __future__ import annotations

import numpy as np

from minihub_runtime import blas
from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.products import SMALL, SPEED
from minihub_runtime.ops.registry import Array
from minihub_runtime.threads import num_threads, spread

__all__ = ["lay_out_columns", "multiply_columns"]

#: Columns of a block: so many numbers are a few registers for each row.
WIDTH = 64
#: Rows from which on a product is none of a vector, for which nothing is brought into another order.
LEAST_ROWS = 2
#: Bytes that one thread brings into blocks in a nanosecond.
COPIED = 4


def lay_out_columns(matrix: Array, rows: int) -> Array | None:
    """The blocks of a matrix `(k, n)`, `(blocks, k, WIDTH)`; None where products with so many rows gain nothing by them."""
    depth, width = matrix.shape
    if matrix.dtype != np.float32 or width % WIDTH or not depth or width == 0:
        return None
    if rows < LEAST_ROWS or rows * depth * WIDTH > SMALL or not blas.small_as_they_are():
        return None
    count = width // WIDTH
    blocks = np.empty((count, depth, WIDTH), np.float32)
    given = matrix.reshape(depth, count, WIDTH).transpose(1, 0, 2)

    def copy(part: tuple[int, int]) -> None:
        blocks[slice(*part)] = given[slice(*part)]

    spread(copy, _parts(count), 2 * matrix.nbytes // COPIED)
    return blocks


def multiply_columns(left: Array, blocks: Array) -> Array:
    """The product of `left`, `(rows, k)`, with the matrix that was brought into blocks."""
    count = len(blocks)
    result = np.empty((len(left), count * WIDTH), np.float32)
    places = result.reshape(len(left), count, WIDTH).transpose(1, 0, 2)

    def multiply(part: tuple[int, int]) -> None:
        np.matmul(left, blocks[slice(*part)], out=places[slice(*part)])

    spread(multiply, _parts(count), left.size * count * WIDTH // SPEED, products=True)
    return result


def _parts(count: int) -> list[tuple[int, int]]:
    return list(runs(count, -(-count // num_threads())))
