"""One step of an optimiser on rows of one or more tables: what `passes.fuse_row_updates` makes of the updates of embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import indices_in_range, require_rank
from minihub_runtime.ops.registry import INDEX, NUMBERS, ROUNDING, Array, at_least, op, types_list
from minihub_runtime.ops.segment import flat_rows, reduce_by, take_rows, typed
from minihub_runtime.ops.shape_rules import nothing
from minihub_runtime.ops.training import (
    SOURCE,
    change_values,
    checked_numbers,
    checked_rows,
    checked_values,
    step_rows,
)
from minihub_runtime.ops.training_rules import RULES, Rule
from minihub_runtime.ops.variable import Variable, existing

__all__: list[str] = []


class _Rows:
    """The rows to change, table after table.

    Attributes:
        indices: the rows within their tables.
        grad: the gradient of each.
        bounds: where those of each table begin, and the end.
        tables: the table of each, in int64; None if there is one.
    """

    def __init__(
        self, indices: Array, grad: Array, bounds: list[int], tables: Array | None = None
    ) -> None:
        self.tables = tables
        self.indices = indices
        self.grad = grad
        self.bounds = bounds

    def of(self, table: int) -> slice:
        """The places of the rows of a table."""
        return slice(self.bounds[table], self.bounds[table + 1])

    def keys(self) -> Array:
        """A number for each row that no other has, those of the same row apart."""
        if self.tables is None or not self.indices.size:
            return self.indices
        return self.indices + self.tables * (int(self.indices.max()) + 1)

    def summed(self, order: Array, starts: Array) -> _Rows:
        """The same with the gradients of one row added up; `order` puts those of a row together, `starts` says where."""
        flat = reduce_by(np.add, flat_rows(self.grad), order, starts)
        grad = typed(flat, (len(starts), *self.grad.shape[1:]), self.grad)
        first = order.take(starts)
        bounds = np.searchsorted(np.sort(first), self.bounds).tolist()
        return _Rows(self.indices.take(first), grad, bounds)


def _grouped(values: Array, indices: Array, partitions: Sequence[Array], count: int) -> _Rows:
    """The rows by table: `partitions` are none, or the table of each index and the row of `values` of each."""
    if not partitions:
        return _Rows(indices, values, [0, len(indices)])
    which, places = partitions
    require_rank(which, 1, "partitions")
    if not which.shape == places.shape == indices.shape:
        raise InvalidArgumentError(
            f"partitions, places and indices must have one shape, not {list(which.shape)}, "
            f"{list(places.shape)} and {list(indices.shape)}"
        )
    indices_in_range(which, count, "partitions")
    indices_in_range(places, len(values), "places")
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=count)
    bounds = [0, *np.cumsum(counts).tolist()]
    grad = np.empty((len(order), *values.shape[1:]), values.dtype)
    take_rows(values, places.take(order), grad)
    tables = which.take(order).astype(np.int64)
    return _Rows(indices.take(order), grad, bounds, tables)


@op(
    "_SparseApplyRows(values: T, indices: Tindices, partitions: P * int32, numbers: Tnumbers, "
    "variables: Tvariables)",
    T=NUMBERS,
    Tindices=INDEX,
    P=at_least(0),
    Tnumbers=types_list(minimum=0),
    Tvariables=types_list(minimum=1),
    stateful=True,
    precision=ROUNDING,
    source=SOURCE,
    shape=nothing,
)
def sparse_apply_rows(
    values: Array,
    indices: Array,
    partitions: Sequence[Array],
    numbers: Sequence[Array],
    variables: Sequence[Any],
    *,
    rule: str,
    flag: bool,
    summed: bool,
) -> tuple[()]:
    """Nothing, after a step of the optimiser `rule` on rows of one or more tables.

    `variables` are the tables, each with its slots; `numbers` what the rule wants to know beside them.  Of one table row
    `indices[i]` changes by the gradient `values[i]`.  Where there are more, `partitions` are the number of the table of each
    index and the row of `values` that is its gradient.  A row that comes more than once changes once by the sum if `summed`,
    else as often as it comes.

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
    tables = [held[first : first + width] for first in range(0, len(held), width)]
    rows = _grouped(values, indices, partitions, len(tables))
    # In one order everywhere, so that two steps never wait for each other.
    locks = [variable.lock for variable in sorted(set(held), key=id)]
    for lock in locks:
        lock.acquire()
    try:
        _check(known, tables, rows, name)
        keys = rows.keys()
        order = np.argsort(keys, kind="stable")
        together = keys.take(order)
        new = together[1:] != together[:-1]
        repeated = not new.all()
        if repeated and summed:
            rows = rows.summed(order, np.flatnonzero(np.concatenate(([True], new))))
        if (repeated and not summed) or len(locks) < len(held):
            for number, table in enumerate(tables):
                place = rows.of(number)
                step_rows(known, table, rows.grad[place], rows.indices[place], found)
        elif rows.indices.size:
            _step(known, tables, rows, found)
    finally:
        for lock in locks:
            lock.release()
    return ()


def _check(rule: Rule, tables: Sequence[Sequence[Variable]], rows: _Rows, name: str) -> None:
    """Raise unless the tables have values, and the rows, which the gradients fit."""
    values = [[variable.read() for variable in table] for table in tables]
    kind, rest = rows.grad.dtype, rows.grad.shape[1:]
    alike = all(
        value.dtype == kind and value.shape == held[0].shape for held in values for value in held
    )
    sizes = [len(held[0]) if held[0].shape[1:] == rest and held[0].ndim else -1 for held in values]
    fits = alike and min(sizes) >= 0 and 0 not in rest and rows.indices.ndim == 1
    if fits and len(rows.grad) == len(rows.indices):
        checked_values(rule, tables[0], rows.grad, name)
        limits: Any = sizes[0] if rows.tables is None else np.array(sizes).take(rows.tables)
        indices = rows.indices
        if not indices.size or (indices.min() >= 0 and not (indices >= limits).any()):
            return
    for number, table in enumerate(tables):
        place = rows.of(number)
        shape = checked_values(rule, table, rows.grad, name)[0].shape
        checked_rows(shape, rows.grad[place], rows.indices[place])


def _step(
    rule: Rule, tables: Sequence[Sequence[Variable]], rows: _Rows, numbers: dict[str, Any]
) -> None:
    """Change rows that all differ, in one go for all tables."""
    places = [rows.of(number) for number in range(len(tables))]
    used = [number for number, place in enumerate(places) if place.start < place.stop]
    begun: list[tuple[Variable, Array]] = []
    try:
        for number in used:
            begun += [(variable, variable.begin_change()) for variable in tables[number]]
        width = 1 + len(rule.slots)
        before = []
        for slot in range(width):
            buffer = np.empty_like(rows.grad)
            for at, number in enumerate(used):
                place = places[number]
                array = begun[at * width + slot][1]
                take_rows(array, rows.indices[place], buffer[place])
            before.append(buffer)
        after = change_values(rule, before, rows.grad, numbers)
        for slot, (old, changed) in enumerate(zip(before, after, strict=True)):
            if changed is old:
                continue
            for at, number in enumerate(used):
                place = places[number]
                begun[at * width + slot][1][rows.indices[place]] = changed[place]
    finally:
        for variable, value in begun:
            variable.end_change(value)
