"""Products with matrices that do not change, one after another, between which threads do not meet.

Each thread makes some columns of the first product, and does what follows to them; these are what some rows of the second matrix are
multiplied with.  What threads have made is added up in the end, which takes far less than to meet twice.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from minihub_runtime.memory import empty
from minihub_runtime.ops.panels import Panels
from minihub_runtime.ops.prepared_matrix import PreparedMatrix
from minihub_runtime.ops.products import SPEED, with_whole_rows
from minihub_runtime.ops.registry import Array
from minihub_runtime.threads import can_share, num_threads, pays, scratch, side_by_side

__all__ = [
    "Share",
    "multiply_chained",
    "multiply_some",
    "rows_below",
    "share_columns",
    "sum_of_shares",
]

#: How much longer than an even one the longest share may be.
UNEVEN = 1.1
#: Numbers that one thread adds up in the end, at most: with more, that takes longer than to meet once more.
MOST_ADDED = 1 << 19


class Share(NamedTuple):
    """What a thread makes of a first product, and where that meets the second matrix.

    Attributes:
        first: the first panel.
        last: the one after the last.
        columns: what they are columns of.
    """

    first: int
    last: int
    columns: slice


@functools.lru_cache(maxsize=1024)
def share_columns(starts: tuple[int, ...], step: int, threads: int) -> tuple[Share, ...]:
    """Shares of about as many columns each; empty if there are not as many as threads.

    Args:
        starts: the first column of each panel, and the one after the last.
        step: columns that belong together.
        threads: how many there are.
    """
    width = starts[-1]
    cuts = [n for n, start in enumerate(starts) if start % step == 0]
    chosen = {
        min(cuts, key=lambda n: abs(starts[n] * threads - width * thread))
        for thread in range(threads + 1)
    }
    ends = sorted(chosen)
    if len(ends) <= threads:
        return ()
    shares = tuple(
        Share(first, last, slice(starts[first], starts[last]))
        for first, last in itertools.pairwise(ends)
    )
    longest = max(share.columns.stop - share.columns.start for share in shares)
    return shares if longest * threads <= UNEVEN * width else ()


def multiply_chained(
    left: Array, first: PreparedMatrix, second: PreparedMatrix, out: Array | None = None
) -> Array:
    """The product of `left` with a matrix and what follows, then that with another one and what follows.

    Args:
        left: `(m, k)`.
        first: `(k, l)`.
        second: `(l, n)`.
        out: where the result may go, `(m, n)` and contiguous; it shares no memory with `left`.
    """
    rows, panels = len(left), first.laid_out(len(left))
    shares: Sequence[Share] = ()
    if panels is not None and can_share():
        cost = rows * first.shape[1] * (first.shape[0] + second.shape[1]) // SPEED
        if pays(cost):
            shares = share_columns(panels.starts, 1, num_threads())
    below = rows_below(second, rows, shares)
    if panels is None or not below:
        between = empty((rows, first.shape[1]), np.float32)
        return second.multiply(first.multiply(left, between), out)
    left = with_whole_rows(left)

    def make(share: Share, part: Panels, place: Array) -> None:
        block = multiply_some(left, first, panels, share, "chained")
        part.multiply(block, place)

    return sum_of_shares(make, shares, below, second, rows, out)


def multiply_some(
    left: Array, matrix: PreparedMatrix, panels: Panels, share: Share, purpose: str
) -> Array:
    """Some columns of a product and what follows, in scratch memory of this thread for a purpose."""
    columns = share.columns
    block = scratch(purpose, (len(left), columns.stop - columns.start), left.dtype)
    panels.multiply(left, block, share.first, share.last)
    if matrix.finish is not None:
        matrix.finish(block, slice(0, len(left)), columns)
    return block


def rows_below(second: PreparedMatrix, rows: int, shares: Sequence[Share]) -> list[Panels]:
    """The rows of the second matrix that each share meets; empty if it is not laid out so, or that does not pay."""
    panels = second.laid_out(rows)
    if panels is None or (len(shares) - 1) * rows * second.shape[1] > MOST_ADDED:
        return []
    found = []
    for share in shares:
        part = panels.rows(share.columns.start, share.columns.stop)
        if part is None:
            return []
        found.append(part)
    return found


def sum_of_shares(
    make: Callable[[Share, Panels, Array], None],
    shares: Sequence[Share],
    below: Sequence[Panels],
    second: PreparedMatrix,
    rows: int,
    out: Array | None,
) -> Array:
    """What threads make, added up, and what follows the second product.

    Args:
        make: puts into an array, `(rows, n)`, what a share and the rows that it meets give.
        shares: one for each thread.
        below: what each of them meets.
        second: the second matrix.
        rows: of the result.
        out: where it may go.
    """
    shape = rows, second.shape[1]
    result = empty(shape, np.float32) if out is None else out
    others = [empty(shape, np.float32) for _ in shares[1:]]
    side_by_side(lambda work: make(*work), list(zip(shares, below, [result, *others], strict=True)))
    for other in others:
        np.add(result, other, out=result)
    if second.finish is not None:
        second.finish(result, slice(0, rows), slice(0, shape[1]))
    return result
