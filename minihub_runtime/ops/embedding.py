"""Sums of rows of embedding tables in one step: what `passes.fuse_embeddings` makes of `embedding_lookup_sparse`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.adjoined import adjoined
from minihub_runtime.ops.checking import require_rank
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import (
    FLOATS,
    INDEX,
    ROUNDING,
    Array,
    at_least,
    op,
    types_list,
)
from minihub_runtime.ops.segment import take_rows
from minihub_runtime.ops.segment_sparse import SPARSE_SOURCE, sparse_segment
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.table_parts import TableParts
from minihub_runtime.ops.variables import Variable
from minihub_runtime.shapes import show

__all__: list[str] = []


class _Tables(TableParts):
    """The tables of the last call.

    Attributes:
        whole: all of them as one table; None if they lie apart in memory.
    """

    def __init__(
        self, tables: Sequence[Array], dtype: DType, width: list[int], modulus: int
    ) -> None:
        rest = tables[0].shape[1:]
        for table in tables:
            if as_dtype(table.dtype) is not dtype or table.ndim < 1 or table.shape[1:] != rest:
                raise InvalidArgumentError(
                    f"params must be of {dtype.name} and have one shape after their rows, not "
                    f"{as_dtype(table.dtype).name} of {show(table.shape)}"
                )
        if width != [-1] and tuple(width) != rest:
            raise InvalidArgumentError(f"rows of params must have shape {width}, not {list(rest)}")
        if modulus not in (0, len(tables)):
            raise InvalidArgumentError(
                f"modulus must be the number of params, {len(tables)}, not {modulus}"
            )
        super().__init__(tables)
        self.whole = adjoined(tables)


class _Memory:
    """What a node knows of its last call."""

    def __init__(self) -> None:
        self.tables: _Tables | None = None


@op(
    "_EmbeddingLookupSparse(rows: Tidx, partitions: P * int32, segment_ids: Tsegmentids, "
    "params: Tparams) -> output: T",
    Tidx=INDEX,
    Tsegmentids=INDEX,
    Tparams=types_list(minimum=1),
    P=at_least(0),
    T=FLOATS,
    stateful=True,
    precision=ROUNDING,
    source=SPARSE_SOURCE,
    shape=unknown,
)
def embedding_lookup_sparse(
    ctx: Context,
    rows: Array,
    partitions: Sequence[Array],
    segment_ids: Array,
    params: Sequence[Any],
    *,
    combiner: str,
    width: list[int],
    T: DType,
    modulus: int = 0,
) -> Array:
    """Rows of tables, summed by segment and divided as `combiner` says: by 1, their number or its square root.

    `partitions` is one vector that names the table of each row; it is left out where there is one table, and where id i is
    row i // modulus of table i % modulus.  `segment_ids` may be a matrix whose first column they are.  `params` are tables or
    variables that hold them.  The shape of a row must be `width`, or may be any for [-1].

    Shapes: `[n]`, `[n]`, `[n]` or `[n, r]`, `[k] + s` each -> `[m] + s`.
    Raises: InvalidArgumentError for rows or partitions out of range, tables whose rows differ, and ids that are
    negative or decrease.
    """
    memory: _Memory = ctx.own(_Memory)
    tables = [value.read() if isinstance(value, Variable) else value for value in params]
    known = memory.tables
    if known is None or not known.are(tables):
        known = memory.tables = _Tables(tables, T, width, modulus)
    if segment_ids.ndim == 2:
        segment_ids = segment_ids[:, 0]
    if not partitions and not modulus:
        return sparse_segment(tables[0], rows, segment_ids, None, combiner)
    require_rank(rows, 1, "rows")
    if modulus:
        places, which = known.places_of_ids(rows, "rows")
    else:
        (which,) = partitions
        if which.shape != rows.shape:
            raise InvalidArgumentError(
                f"partitions must have shape {list(rows.shape)}, as rows, not {list(which.shape)}"
            )
        places = known.places(rows, which, "rows", "partitions")
    if known.whole is not None:
        return sparse_segment(known.whole, places, segment_ids, None, combiner, known=True)
    # Table after table; where the row of each word has come to lie is what the sum takes for its index.
    order = np.argsort(which, kind="stable")
    sorted_places = places.take(order)
    places = np.empty_like(order)
    places[order] = np.arange(order.size)
    ends = np.bincount(which, minlength=len(tables)).cumsum().tolist()
    gathered = np.empty((rows.size, *known.rest), T.numpy)
    for number, (start, end) in enumerate(itertools.pairwise([0, *ends])):
        if start < end:
            found = sorted_places[start:end] - known.starts[number]
            take_rows(tables[number], found, gathered[start:end])
    return sparse_segment(gathered, places, segment_ids, None, combiner)
