"""Matrices that do not change, with what is done to the products with them."""

from __future__ import annotations

from collections.abc import Sequence

from minihub_runtime.memory import on_lines
from minihub_runtime.ops.finishing import Addend, Finishing, finish_with
from minihub_runtime.ops.panels import LEAST_ROWS, Panels, panels_of
from minihub_runtime.ops.products import (
    Finish,
    Wanted,
    multiply,
    multiply_and_finish,
    multiply_each,
)
from minihub_runtime.ops.registry import Array
from minihub_runtime.repeatable import is_repeatable

__all__ = ["PreparedMatrix", "multiply_all"]

#: Uses of a matrix before it is laid out in panels, which takes as long as a few products, and as much memory again.
FIRST_USES = 2
#: With more rows, to bring all into another order takes a small part of the time.
MOST_ROWS = 512
#: How many parts of products are remembered; other numbers of rows have others.
MAX_FINISHES = 64


class PreparedMatrix:
    """A matrix that does not change, as products are soonest made with it, and what is done to these.

    Args:
        matrix: `(k, n)`.
        bias: what is added to each row, one number or `n`; none if it is empty.
        activation: what it ends with; see `ops.finishing`.  May be empty.

    Attributes:
        matrix: it as it was given, but see `memory.on_lines`.
    """

    def __init__(self, matrix: Array, bias: Array, activation: str) -> None:
        self.matrix = on_lines(matrix) if matrix.flags.c_contiguous else matrix
        self._bias = bias.reshape(-1) if bias.size else None
        self._activation = activation
        #: First column and the one after the last of a part of the product → what is done to it.
        self._finishes: dict[tuple[int, int], Finishing] = {}
        self._uses = 0
        self._panels: Panels | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the matrix."""
        return self.matrix.shape

    @property
    def finish(self) -> Finish | None:
        """What is done to blocks of products; None if nothing is."""
        return None if self._bias is None and not self._activation else self._finish

    def laid_out(self, rows: int) -> Panels | None:
        """The matrix in panels, if it has been laid out in them and a product with so many rows gains by that."""
        if is_repeatable():
            return self.panels(rows)
        return self._panels if LEAST_ROWS <= rows <= MOST_ROWS else None

    def panels(self, rows: int) -> Panels | None:
        """The matrix in panels, if a product with so many rows gains by that; it is laid out after a few uses."""
        if not LEAST_ROWS <= rows <= MOST_ROWS:
            return None
        if self._uses <= FIRST_USES:
            # Of two threads that come here at once, the later one's panels are kept.
            self._uses = FIRST_USES + 1 if is_repeatable() else self._uses + 1
            if self._uses > FIRST_USES:
                self._panels = panels_of(self.matrix)
        return self._panels

    def multiply(
        self, left: Array, out: Array | None = None, addend: Addend | None = None
    ) -> Array:
        """The product of a matrix with it, and what follows.

        Args:
            left: `(m, k)`.
            out: where the result may go, `(m, n)` and contiguous.
            addend: what is added in the end.
        """
        panels = self.panels(len(left))
        factor = self.matrix if panels is None else panels
        first = self.finish
        if addend is None:
            if first is None:
                return multiply(left, factor, out)
            return multiply_and_finish(left, factor, first, out)

        def finish(block: Array, rows: slice, columns: slice) -> None:
            if first is not None:
                first(block, rows, columns)
            addend.add_to(block, rows, columns)

        return multiply_and_finish(left, factor, finish, out)

    def _finish(self, block: Array, rows: slice, columns: slice) -> None:
        """Add the bias of some columns to a contiguous block of them, and end with the activation."""
        key = columns.start, columns.stop
        found = self._finishes.get(key)
        if found is None:
            bias = self._bias
            if bias is not None and bias.size > 1:
                bias = bias[columns]
            if len(self._finishes) >= MAX_FINISHES:
                self._finishes.clear()
            found = self._finishes[key] = finish_with(bias, [self._activation])
        found(block)


def multiply_all(left: Array, matrices: Sequence[PreparedMatrix], outs: Sequence[Array]) -> None:
    """Put the products of `left`, `(m, k)`, with some matrices, and what follows, into contiguous arrays."""
    wanted = []
    for matrix, out in zip(matrices, outs, strict=True):
        panels = matrix.panels(len(left))
        if panels is None:
            matrix.multiply(left, out)
        else:
            wanted.append(Wanted(panels, out, matrix.finish))
    if wanted:
        multiply_each(left, wanted)
