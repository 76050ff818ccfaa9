"""Sums of rows that are named more than once, as gradients of embeddings are, where most are named once."""

from __future__ import annotations

import math

import numpy as np

from minihub_runtime.ops.products import multiply
from minihub_runtime.ops.registry import Array
from minihub_runtime.ops.segment import PLAIN, flat_rows, reduce_by, take_rows, typed

__all__ = ["sort_stably", "sum_runs"]

#: From so many numbers on a sort of the numbers, each with its place in its last bits, is faster than one of places.
MANY = 1 << 10
#: So few runs of several rows are folded one by one.
FEW = 8
#: The largest product, in multiplications, that takes the place of additions: tens of microseconds.
MAX_PRODUCT = 1 << 21
#: A product of so few takes less than to find out which runs are longer than one.
SMALL_PRODUCT = 1 << 20


def sort_stably(numbers: Array, limit: int) -> tuple[Array, Array]:
    """A vector of integers in [0, limit) in rising order, and the place that each had; equals stay in their order."""
    bits = len(numbers).bit_length()
    if len(numbers) < MANY or limit.bit_length() + bits > 63:
        order = numbers.argsort(kind="stable")
        return numbers.take(order), order
    keys = numbers.astype(np.int64) << bits
    keys |= np.arange(len(numbers))
    keys.sort()
    order = keys & ((1 << bits) - 1)
    keys >>= bits
    return keys.astype(numbers.dtype, copy=False), order


def sum_runs(data: Array, order: Array | None, new: Array, starts: Array) -> Array:
    """The sums of runs of rows.

    Args:
        data: of rank >= 1.
        order: the rows in the order of the runs, or None for their own.
        new: whether a run begins, for each place in that order.
        starts: where runs begin.

    Returns:
        One row per run.
    """
    rows = flat_rows(data)
    sums = None
    if order is not None and data.dtype.char in PLAIN:
        sums = _by_products(rows, order, new, starts)
    if sums is None:
        sums = reduce_by(np.add, rows, order, starts)
    return typed(sums, (len(starts), *data.shape[1:]), data)


def _by_products(rows: Array, order: Array, new: Array, starts: Array) -> Array | None:
    """As `sum_runs`, where a few rows are named by runs of many different lengths.

    Longer runs are products: how often each run has each row, times the rows.  None where that would take longer, or where it
    is not what additions give: zero times infinity is no number.
    """
    height, width = rows.shape
    repeated = len(order) - len(starts)
    # No more runs than that are longer than one.
    if repeated <= FEW or height > len(order) or repeated * height * width > MAX_PRODUCT:
        return None
    if len(starts) * height * width <= SMALL_PRODUCT:
        # The runs are counted from 1.
        cells = new.cumsum()
        cells *= height
        cells += order
        return _finite_product(_times(cells, len(starts), height), rows)
    # Whether the run of each place is longer than one.
    longer = ~new
    longer[:-1] |= longer[1:]
    (places,) = longer.nonzero()
    cells = new.take(places).cumsum()
    count = int(cells[-1])
    if count <= FEW:
        return None
    cells *= height
    cells += order.take(places)
    products = _finite_product(_times(cells, count, height), rows)
    if products is None:
        return None
    sums = np.empty((len(starts), width), rows.dtype)
    take_rows(rows, order.take(starts), sums)
    sums[longer.take(starts)] = products
    return sums


def _times(cells: Array, count: int, height: int) -> Array:
    """How often each run has each row, of the number of the run, from 1, times `height`, plus that of the row."""
    return np.bincount(cells, minlength=(count + 1) * height)[height:].reshape(count, height)


def _finite_product(times: Array, rows: Array) -> Array | None:
    """How often runs have rows, times the rows; None where a row holds what is no number, or infinite."""
    products = multiply(times.astype(rows.dtype), rows)
    return products if math.isfinite(products.sum()) else None
