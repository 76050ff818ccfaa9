"""Sums of products that a loop adds up turn by turn, as few long products: what `passes.gather_products` makes of gradients.

    sum = AddV2(sum, MatMul(a, b, transpose_a))      in each turn
    sum = sum + [a, a, …]ᵀ · [b, b, …]               once

In the loop the sum is an object that keeps the factors; it is one loop's own, so that it may change.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.products import multiply
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.shapes import Spec, show

__all__ = ["Addends"]

#: So many bytes of factors are kept; then they are multiplied.
MAX_BYTES = 64 << 20

SOURCE = "core/kernels/matmul_op_impl.h"
KINDS = types("float32 float64")


class Addends:
    """A sum, and what is to be added to it.

    Args:
        total: the sum so far.
    """

    def __init__(self, total: Array) -> None:
        self._total = total
        self._left: list[Array] = []
        self._right: list[Array] = []
        self._bytes = 0

    def add(self, right: Array, left: Array | None = None) -> None:
        """Add the product of `left`, transposed, and `right`; or the sum of the rows of `right`."""
        fits = not self._right or right.shape[1:] == self._right[0].shape[1:]
        if self._left and left is not None:
            fits = fits and left.shape[1:] == self._left[0].shape[1:]
        if not fits:
            self.settle()
        self._right.append(right)
        self._bytes += right.nbytes
        if left is not None:
            self._left.append(left)
            self._bytes += left.nbytes
        if self._bytes > MAX_BYTES:
            self.settle()

    def settle(self) -> Array:
        """The sum."""
        if self._right:
            addend = self._addend()
            self._left, self._right, self._bytes = [], [], 0
            try:
                # The sum is as large as the addend, as a rule, which nobody else has.
                fits = addend.shape == np.broadcast_shapes(self._total.shape, addend.shape)
                out = addend if fits and addend.dtype == self._total.dtype else None
                self._total = np.asarray(np.add(self._total, addend, out=out))
            except ValueError as error:
                raise InvalidArgumentError(
                    f"shapes must broadcast, not {show(self._total.shape)} and {show(addend.shape)}"
                ) from error
        return self._total

    def _addend(self) -> Array:
        """What is to be added, in memory of its own."""
        if self._left:
            return multiply(np.concatenate(self._left).T, np.concatenate(self._right))
        # Sums of parts: their rows need not lie in one array for that.
        axes = tuple(range(self._right[0].ndim - 1))
        first, *others = [right.sum(axis=axes, dtype=right.dtype) for right in self._right]
        for other in others:
            first += other
        return np.asarray(first)


def _addends(total: Any) -> Addends:
    return total if isinstance(total, Addends) else Addends(total)


def _shape(sum: Spec) -> Any:
    return sum.shape


@op(
    "_AddProductLater(sum: T, left: T, right: T) -> later: T",
    T=KINDS,
    stateful=True,
    precision=ROUNDING,
    source=SOURCE,
    shape=_shape,
)
def add_product_later(sum: Any, left: Array, right: Array) -> Any:
    """`sum + leftᵀ · right`, for `_Settled` alone to read.

    Shapes: any, `[m, k]`, `[m, n]`. Raises: InvalidArgumentError for other shapes.
    """
    fits = left.ndim == right.ndim == 2 and len(left) == len(right)
    require(
        fits,
        "left and right must be matrices of as many rows, not of shapes "
        f"{show(left.shape)} and {show(right.shape)}",
    )
    later = _addends(sum)
    later.add(right, left)
    return later


@op(
    "_AddRowsLater(sum: T, rows: T) -> later: T",
    T=KINDS,
    stateful=True,
    precision=ROUNDING,
    source="core/kernels/bias_op.cc",
    shape=_shape,
)
def add_rows_later(sum: Any, rows: Array) -> Any:
    """`sum` and the sum of `rows` over all axes but the last, for `_Settled` alone to read.

    Shapes: any, `[…, n]`. Raises: InvalidArgumentError if `rows` have a rank below 2.
    """
    require(rows.ndim >= 2, f"rows must have rank >= 2, not shape {show(rows.shape)}")
    later = _addends(sum)
    later.add(rows)
    return later


@op(
    "_Settled(later: T) -> sum: T",
    T=KINDS,
    stateful=True,
    precision=ROUNDING,
    source=SOURCE,
    shape=lambda later: later.shape,
)
def settled(later: Any) -> Array:
    """The sum that was to be computed later; an array to which nothing was added as it is."""
    return later.settle() if isinstance(later, Addends) else np.asarray(later)
