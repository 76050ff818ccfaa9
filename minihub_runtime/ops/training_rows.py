"""One step of an optimiser on rows of one or more tables: what `passes.fuse_row_updates` makes of the updates of embeddings."""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.adjoined import adjoined, is_own
from minihub_runtime.ops.checking import indices_in_range, require, require_rank
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import INDEX, NUMBERS, ROUNDING, Array, at_least, op, types_list
from minihub_runtime.ops.row_sums import sort_stably, sum_runs
from minihub_runtime.ops.segment import take_rows
from minihub_runtime.ops.shape_rules import nothing
from minihub_runtime.ops.table_parts import TableParts, are_same, refer
from minihub_runtime.ops.training import (
    SOURCE,
    change_values,
    checked_numbers,
    checked_row_shape,
    checked_values,
    step_rows,
)
from minihub_runtime.ops.training_rules import RULES, Rule
from minihub_runtime.ops.variables import (
    Variable,
    begin_changes,
    change_alone,
    end_changes,
    existing,
)
from minihub_runtime.shapes import show, size
from minihub_runtime.threads import scratch

__all__ = ["Rows"]


#: Bytes of rows that are changed at once: with what is worked out from them they stay in the cache, and memory for so
#: little is not asked of the system anew each time.
BLOCK_BYTES = 1 << 18


class _Tables(TableParts):
    """The tables of the last call, each a variable with its slots.

    Args:
        values: the values of all variables.
        width: one more than the number of slots.

    Attributes:
        wholes: all tables as one, and each of their slots, if they are parts of a memory of their own.
    """

    def __init__(self, values: Sequence[Array], width: int) -> None:
        super().__init__(values[::width])
        self._values = refer(values)
        self.wholes: list[Array] = []
        if len(values) > width and all(map(is_own, values)):
            wholes = [adjoined(values[slot::width]) for slot in range(width)]
            found = [whole for whole in wholes if whole is not None]
            self.wholes = found if len(found) == width else []

    def have(self, values: Sequence[Array]) -> bool:
        """Whether these are the values."""
        return are_same(self._values, values)


class _Variables(NamedTuple):
    """The variables of a call.

    Attributes:
        all: tables, each with its slots.
        locks: theirs, in one order everywhere, so that two steps never wait for each other.
    """

    all: list[Variable]
    locks: list[threading.RLock]


class _Memory:
    """What a node knows of its last call; threads that run it at once find each part of that whole."""

    def __init__(self) -> None:
        self._variables = _Variables([], [])
        self._tables: _Tables | None = None

    def variables(self, handles: Sequence[Any]) -> _Variables:
        """The variables that handles stand for.

        Raises:
            NotFoundError: one has no value.
        """
        known = self._variables
        if known.all != [*handles]:
            held = [existing(handle) for handle in handles]
            locks = [variable.lock for variable in sorted(set(held), key=id)]
            known = self._variables = _Variables(held, locks)
        return known

    def tables(
        self,
        rule: Rule,
        variables: Sequence[Variable],
        grad: Array,
        shape: tuple[int, ...],
        indices: Array,
        name: str,
    ) -> _Tables:
        """What follows from tables; raises unless they fit each other and gradients of a shape."""
        known = self._tables
        if known is not None and known.dtype == grad.dtype:
            fits = (len(indices), *known.rest) == shape
            if fits and known.have([variable.read() for variable in variables]):
                return known
        values = [existing(variable).read() for variable in variables]
        width = 1 + len(rule.slots)
        for first in range(0, len(variables), width):
            value, *_ = checked_values(rule, variables[first : first + width], grad, name)
            checked_row_shape(value.shape, shape, indices)
        known = self._tables = _Tables(values, width)
        return known


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

    def sorted(self, summed: bool, total: int) -> tuple[Rows, bool]:
        """The same by their places, and whether they all differ; the gradients of one row added up if `summed`.

        Args:
            summed: whether they are.
            total: the number of rows that there are.
        """
        places, order = sort_stably(self.places, total)
        new = np.empty(len(places), bool)
        new[:1] = True
        np.not_equal(places[1:], places[:-1], out=new[1:])
        (starts,) = new.nonzero()
        different = len(starts) == len(places)
        if self.order is not None:
            order = self.order.take(order)
        if different or not summed:
            return Rows(places, self.values, order), different
        sums = sum_runs(self.values, order, new, starts)
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
    flags = {known.flag[0]: flag} if known.flag else {}
    found = checked_numbers(known, zip(_names(rule), numbers, strict=True), flags, True)
    require_rank(indices, 1, "indices")
    order = _order(values, indices, places)
    memory: _Memory = ctx.own(_Memory)
    held, locks = memory.variables(variables)
    for lock in locks:
        lock.acquire()
    try:
        shape = values.shape if order is None else (len(order), *values.shape[1:])
        layout = memory.tables(known, held, values, shape, indices, f"ResourceSparseApply{rule}")
        if modulus:
            rows, _ = layout.places_of_ids(indices, "indices")
        else:
            which = _which(indices, tables, len(held) // (1 + len(known.slots)))
            rows = layout.places(indices, which, "indices", "tables")
        if order is not None:
            values = _divided(values, order, combiner)
        sorted_rows, different = Rows(rows, values, order).sorted(summed, layout.total)
        if different and len(locks) == len(held):
            _step(known, held, layout, sorted_rows, found)
        else:
            width = 1 + len(known.slots)
            for table, some in sorted_rows.by_table(layout.starts):
                part = held[table * width : (table + 1) * width]
                step_rows(known, part, some.gradients(), some.places, found)
    finally:
        for lock in locks:
            lock.release()
    return ()


@functools.cache
def _names(rule: str) -> tuple[str, ...]:
    """What the numbers of an optimiser are called, in their order."""
    left_out = ("grad", "delta", "indices")
    return tuple(name for name in RULES[rule].sparse.split() if name not in left_out)


def _which(indices: Array, tables: Sequence[Array], count: int) -> Array | None:
    """The table of each index; None if there is one."""
    require(tables or count == 1, f"tables must be given, as there are {count}")
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
        order = np.ascontiguousarray(order[:, 0])
    _require_alike(order, "places", indices)
    indices_in_range(order, len(values), "places")
    return order


def _step(
    rule: Rule,
    variables: Sequence[Variable],
    tables: _Tables,
    rows: Rows,
    numbers: dict[str, Any],
) -> None:
    """Change rows that all differ and are sorted, in one go for all tables if these lie one behind the other."""
    if tables.wholes and change_alone(
        variables, lambda: _change(rule, tables.wholes, rows, numbers)
    ):
        return
    width = 1 + len(rule.slots)
    columns: list[list[Array]] = []
    try:
        for slot in range(width):
            columns.append(begin_changes(variables[slot::width]))
        wholes = [whole for column in columns if (whole := adjoined(column)) is not None]
        if len(wholes) == width:
            _change(rule, wholes, rows, numbers)
        else:
            for table, some in rows.by_table(tables.starts):
                _change(rule, [column[table] for column in columns], some, numbers)
    finally:
        for slot, column in enumerate(columns):
            end_changes(variables[slot::width], column)


def _change(rule: Rule, arrays: Sequence[Array], rows: Rows, numbers: dict[str, Any]) -> None:
    """Change rows of a table and its slots."""
    first = rows.values
    total = len(rows.places)
    row_bytes = first.itemsize * size(first.shape[1:])
    blocks = -(-total * row_bytes // BLOCK_BYTES) or 1
    for block in range(blocks):
        some = rows[total * block // blocks : total * (block + 1) // blocks]
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
