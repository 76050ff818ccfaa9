"""One step of an optimiser on rows of one or more tables: what `passes.fuse_row_updates` makes of the updates of embeddings."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.adjoined import adjoined
from minihub_runtime.ops.checking import indices_in_range, require, require_rank
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import INDEX, NUMBERS, ROUNDING, Array, at_least, op, types_list
from minihub_runtime.ops.segment import flat_rows, reduce_by, take_rows, typed
from minihub_runtime.ops.shape_rules import nothing
from minihub_runtime.ops.training import (
    SOURCE,
    change_values,
    checked_numbers,
    checked_row_shape,
    checked_values,
    step_rows,
)
from minihub_runtime.ops.training_rules import RULES, Rule
from minihub_runtime.ops.variable import Variable, begin_changes, existing
from minihub_runtime.shapes import show, size
from minihub_runtime.threads import scratch

__all__ = ["Rows"]


#: Bytes of rows that are changed at once: with what is worked out from them they stay in the cache, and memory for so
#: little is not asked of the system anew each time.
BLOCK_BYTES = 1 << 16

_UNSIGNED = {4: np.uint32, 8: np.uint64}


class _Tables:
    """The tables of the last call, each a variable with its slots, and what follows from them.

    Attributes:
        values: the values of all variables, referred to weakly: who holds one keeps steps from writing to it in place.
        dtype: their type.
        rest: the shape of a row.
        sizes: the numbers of rows of the tables.
        starts: the number of rows before each.
    """

    def __init__(self, values: Sequence[Array], width: int) -> None:
        self.values = [weakref.ref(value) for value in values]
        self.dtype = values[0].dtype
        self.rest = values[0].shape[1:]
        sizes = np.array([len(value) for value in values[::width]])
        self.sizes = sizes.astype(np.uint64)
        self.starts = np.cumsum(sizes) - sizes

    def are(self, values: Sequence[Array]) -> bool:
        """Whether these are the values."""
        return all(known() is value for known, value in zip(self.values, values, strict=True))


class _Memory:
    """What a node knows of its last call."""

    def __init__(self) -> None:
        self.tables: _Tables | None = None


class Rows:
    """Rows to change, and their gradients.

    Attributes:
        places: where each row lies if all tables are one.
        values: gradients.
        order: the row of `values` that is the gradient of each; None if they come in the order of the rows.
    """

    def __init__(self, places: Array, values: Array, order: Array | None) -> None:
        self.places = places
        self.values = values
        self.order = order

    def __getitem__(self, some: slice) -> Rows:
        if self.order is None:
            return Rows(self.places[some], self.values[some], None)
        return Rows(self.places[some], self.values, self.order[some])

    def gradients(self) -> Array:
        """The gradient of each, in memory that the next call uses again."""
        if self.order is None:
            return self.values
        shape = (len(self.order), *self.values.shape[1:])
        grad = scratch("gradients of rows", shape, self.values.dtype)
        take_rows(self.values, self.order, grad)
        return grad

    def sorted(self, summed: bool) -> tuple[Rows, bool]:
        """The same by their places, and whether they all differ; the gradients of one row added up if `summed`."""
        order = np.argsort(self.places, kind="stable")
        places = self.places.take(order)
        new = places[1:] != places[:-1]
        different = bool(new.all())
        if self.order is not None:
            order = self.order.take(order)
        if different or not summed:
            return Rows(places, self.values, order), different
        starts = np.flatnonzero(np.concatenate(([True], new)))
        flat = reduce_by(np.add, flat_rows(self.values), order, starts)
        sums = typed(flat, (len(starts), *self.values.shape[1:]), self.values)
        return Rows(places.take(starts), sums, None), True

    def by_table(self, starts: Array) -> Iterator[tuple[int, Rows]]:
        """The rows of each table that has some, which lie there; they are sorted."""
        bounds = [*np.searchsorted(self.places, starts).tolist(), len(self.places)]
        for table, (first, last) in enumerate(itertools.pairwise(bounds)):
            if first < last:
                rows = self[first:last]
                rows.places = rows.places - starts[table]
                yield table, rows


def _require_alike(array: Array, name: str, indices: Array) -> None:
    if array.shape != indices.shape:
        raise InvalidArgumentError(
            f"{name} must have shape {show(indices.shape)}, as indices, not {show(array.shape)}"
        )


def _divided(values: Array, places: Array, combiner: str) -> Array:
    """The gradients of the addends of sums, means and sums by the root of the number."""
    if combiner == "sum":
        return values
    # Source: core/kernels/segment_reduction_ops_impl.h:SparseSegmentGradFunctor.
    lengths = np.maximum(np.bincount(places, minlength=len(values)), 1).astype(values.dtype)
    if combiner == "sqrt_n":
        np.sqrt(lengths, out=lengths)
    return values / lengths.reshape(-1, *(1,) * (values.ndim - 1))


@op(
    "_SparseApplyRows(values: T, indices: Tindices, tables: P * int32, places: N * Tplaces, "
    "numbers: Tnumbers, variables: Tvariables)",
    T=NUMBERS,
    Tindices=INDEX,
    Tplaces=INDEX,
    P=at_least(0),
    N=at_least(0),
    Tnumbers=types_list(minimum=0),
    Tvariables=types_list(minimum=1),
    stateful=True,
    precision=ROUNDING,
    source=SOURCE,
    shape=nothing,
)
def sparse_apply_rows(
    ctx: Context,
    values: Array,
    indices: Array,
    tables: Sequence[Array],
    places: Sequence[Array],
    numbers: Sequence[Array],
    variables: Sequence[Any],
    *,
    rule: str,
    flag: bool,
    summed: bool,
    modulus: int = 0,
    combiner: str = "sum",
) -> tuple[()]:
    """Nothing, after a step of the optimiser `rule` on rows of one or more tables.

    `variables` are the tables, each with its slots; `numbers` what the rule wants to know beside them.  `tables` is one
    vector that names the table of each row `indices[i]`; it is left out where there is one table, and where id i is row
    i // modulus of table i % modulus.  The gradient of a row is `values[i]`, or with one vector `places` that is
    `values[places[i]]`; `places` may be a matrix whose first column they are.  With a `combiner` other than `sum` it is divided
    by how often `places` names it, or the square root of that.  A row that comes more than once changes once by the sum if
    `summed`, else as often as it comes.

    Raises: InvalidArgumentError for shapes, types, numbers or indices that do not fit; UnimplementedError for types
        without a kernel; NotFoundError or FailedPreconditionError for variables without a value.
    """
    known = RULES[rule]
    name = f"ResourceSparseApply{rule}"
    names = [name for name in known.sparse.split() if name not in ("grad", "delta", "indices")]
    flags = {known.flag[0]: flag} if known.flag else {}
    given = {**dict(zip(names, numbers, strict=True)), "indices": indices}
    found = checked_numbers(known, given, flags)
    width = 1 + len(known.slots)
    held = [existing(value) for value in variables]
    which, order = _which(indices, tables, modulus), _order(values, indices, places)
    # In one order everywhere, so that two steps never wait for each other.
    locks = [variable.lock for variable in sorted(set(held), key=id)]
    for lock in locks:
        lock.acquire()
    try:
        memory: _Memory = ctx.own(_Memory)
        shape = values.shape if order is None else (len(order), *values.shape[1:])
        layout = _layout(memory, known, held, values, shape, indices, name)
        rows = indices if not modulus else indices // indices.dtype.type(modulus)
        _check(layout, rows, which)
        if which is not None:
            rows = rows + layout.starts.take(which)
        if order is not None:
            values = _divided(values, order, combiner)
        sorted_rows, different = Rows(rows, values, order).sorted(summed)
        if different and len(locks) == len(held):
            _step(known, held, layout, sorted_rows, found)
        else:
            for table, some in sorted_rows.by_table(layout.starts):
                part = held[table * width : (table + 1) * width]
                step_rows(known, part, some.gradients(), some.places, found)
    finally:
        for lock in locks:
            lock.release()
    return ()


def _which(indices: Array, tables: Sequence[Array], modulus: int) -> Array | None:
    """The table of each index; None if there is one."""
    require_rank(indices, 1, "indices")
    if modulus:
        return indices % indices.dtype.type(modulus)
    if not tables:
        return None
    (which,) = tables
    _require_alike(which, "tables", indices)
    return which


def _order(values: Array, indices: Array, places: Sequence[Array]) -> Array | None:
    """The row of `values` that is the gradient of each index; None if they come in that order."""
    if not places:
        return None
    require(values.ndim >= 1, "grad must have rank >= 1, not 0")
    (order,) = places
    if order.ndim == 2:
        order = order[:, 0]
    _require_alike(order, "places", indices)
    indices_in_range(order, len(values), "places")
    return order


def _layout(
    memory: _Memory,
    rule: Rule,
    variables: Sequence[Variable],
    grad: Array,
    shape: tuple[int, ...],
    indices: Array,
    name: str,
) -> _Tables:
    """What follows from tables; raises unless they fit each other and gradients of a shape."""
    values = [variable.read() for variable in variables]
    known = memory.tables
    if (
        known is not None
        and known.dtype == grad.dtype
        and (len(indices), *known.rest) == shape
        and known.are(values)
    ):
        return known
    width = 1 + len(rule.slots)
    for first in range(0, len(variables), width):
        value, *_ = checked_values(rule, variables[first : first + width], grad, name)
        checked_row_shape(value.shape, shape, indices)
    memory.tables = _Tables(values, width)
    return memory.tables


def _check(layout: _Tables, rows: Array, which: Array | None) -> None:
    """Raise unless the rows are in their tables."""
    if which is None:
        indices_in_range(rows, int(layout.sizes[0]))
        return
    try:
        sizes = layout.sizes.take(which)
    except IndexError:
        indices_in_range(which, len(layout.sizes), "tables")
        raise
    # What is negative is larger than any size where there is no sign.
    if (rows.view(_UNSIGNED[rows.itemsize]) >= sizes).any() or (which < 0).any():
        indices_in_range(which, len(layout.sizes), "tables")
        for table, size in enumerate(layout.sizes.tolist()):
            indices_in_range(rows[which == table], size)


def _step(
    rule: Rule,
    variables: Sequence[Variable],
    tables: _Tables,
    rows: Rows,
    numbers: dict[str, Any],
) -> None:
    """Change rows that all differ and are sorted, in one go for all tables if these lie one behind the other."""
    width = 1 + len(rule.slots)
    begun: list[tuple[Variable, Array]] = []
    try:
        for slot in range(width):
            column = variables[slot::width]
            begun += zip(column, begin_changes(column), strict=True)
        count = len(tables.sizes)
        columns = [
            [value for _, value in begun[slot * count : (slot + 1) * count]]
            for slot in range(width)
        ]
        wholes = [whole for column in columns if (whole := adjoined(column)) is not None]
        if len(wholes) == width:
            _change(rule, wholes, rows, numbers)
        else:
            for table, some in rows.by_table(tables.starts):
                _change(rule, [column[table] for column in columns], some, numbers)
    finally:
        for variable, value in begun:
            variable.end_change(value)


def _change(rule: Rule, arrays: Sequence[Array], rows: Rows, numbers: dict[str, Any]) -> None:
    """Change rows of a table and its slots."""
    first = rows.values
    count = max(1, BLOCK_BYTES // max(1, first.itemsize * size(first.shape[1:])))
    for start in range(0, len(rows.places), count):
        some = rows[start : start + count]
        grad = some.gradients()
        before = []
        for slot, array in enumerate(arrays):
            buffer = scratch(f"rows of slot {slot}", grad.shape, grad.dtype)
            take_rows(array, some.places, buffer)
            before.append(buffer)
        after = change_values(rule, before, grad, numbers)
        for array, old, new in zip(arrays, before, after, strict=True):
            if new is not old:
                array[some.places] = new
