"""One row of each group of rows, the others of which nobody reads; `passes.narrow_rows` asks for them."""

from __future__ import annotations

from collections.abc import Sequence

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.registry import ANY, INDEX, Array, at_least, op
from minihub_runtime.ops.shape_rules import unknown

__all__: list[str] = []


@op(
    "_PickRows(rows: N * T, shape: Tshape) -> picked: N * T",
    T=ANY,
    Tshape=INDEX.default_to("int32"),
    N=at_least(1),
    views=True,
    source="core/util/strided_slice_op.cc",
    shape=unknown,
)
def pick_rows(
    rows: Sequence[Array], shape: Array, *, place: int, beside_picked: bool = False
) -> tuple[Array, ...]:
    """Row `place` of each of the groups that matrices fall into if they are given a shape `[groups, length, width]`, as views.

    They are operands of one op, so a single row stands for all rows of the others, or, `beside_picked`, of operands that come
    from picked rows already.

    Shapes: `[groups · length, k]` or `[1, k]` each, `[3]` -> `[groups, k]` or `[1, k]` each.
    Raises: InvalidArgumentError for other shapes, and a place that groups do not have.
    """
    require(shape.shape == (3,), f"shape must have 3 elements, not shape {list(shape.shape)}")
    for matrix in rows:
        require_rank(matrix, 2, "rows")
    groups, length, _ = shape.tolist()
    count = max(map(len, rows))
    if length < 0 < groups:
        length = count // groups
    require(0 <= place < length, f"slice index {place} must lie within the {length} of a group")
    # A single row may be that of all.
    spread = count > 1 or beside_picked
    for matrix in rows:
        require(
            (spread and len(matrix) == 1) or (len(matrix) == count and not count % length),
            f"{len(matrix)} rows must be a multiple of {length}, to be given the shape {shape.tolist()}",
        )
    return tuple([x if spread and len(x) == 1 else x[place::length] for x in rows])
