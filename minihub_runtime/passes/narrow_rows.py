"""Rows that nobody reads are not computed: of the last layer of a transformer, all but those of the first tokens, often.

    x = Reshape(_Pointwise(_ChainedMatMul(h, a, b), h, …), [batch, positions, width])
    y = Squeeze(StridedSlice(x, [:, 0:1, :]), [1])

        →    y = _Pointwise(_ChainedMatMul(r, a, b), r, …)    where r = _PickRows(h, [batch, positions, width], place=0)

What treats rows one by one is done to those rows alone that are read, back to where rows meet, as in attention.  It is for products:
to leave out rows of arithmetic alone saves nothing.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.dtypes import int32
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.ops.pointwise import reduced_axes
from minihub_runtime.passes.region import Region

__all__ = ["narrow_rows"]

#: Ops whose first input has the rows of their result.
PRODUCTS = frozenset({"MatMul", "_AffineMatMul", "_ChainedMatMul", "_PreparedMatMul"})
SUMS = frozenset({"Add", "AddV2"})
#: The axes of matrices that may be reduced.
COLUMNS = frozenset({1, -1})


def narrow_rows(region: Region) -> None:
    """Leave out rows that are sliced off."""
    for node in region.in_order():
        if node.op == "StridedSlice" and not node.controls:
            _narrow(region, node)


def _narrow(region: Region, sliced: Node) -> None:
    """Compute those rows alone that a slice has."""
    shaped = region.producer(sliced.inputs[0], "Reshape")
    if shaped is None or shaped.controls or region.only_reader(shaped) is not sliced:
        return
    rows = shaped.inputs[0]
    width, shape = _width(region, rows), region.shape(Ref(shaped.name))
    if width is None or shape is None or len(shape) != 3 or shape[2] != width:
        return
    place = _place(region, sliced, width)
    last = sliced if sliced.attrs.get("shrink_axis_mask", 0) else _squeezed(region, sliced)
    if place is None or last is None:
        return
    narrowed = _narrowed(region, shaped, rows)
    if not any(region.nodes[name].op in PRODUCTS for name in narrowed):
        return
    kind = sliced.attrs["T"]
    #: Name → what takes its place.
    made: dict[str, Ref] = {}
    for name in reversed(narrowed):
        node = region.nodes[name]
        inputs = list(node.inputs)
        whole = []
        for operand in narrowed[name]:
            if inputs[operand].node in made:
                inputs[operand] = made[inputs[operand].node]
            else:
                whole.append(operand)
        if whole:
            picked = region.add(
                name,
                "_PickRows",
                [*(inputs[operand] for operand in whole), shaped.inputs[1]],
                T=kind,
                N=len(whole),
                Tshape=shaped.attrs.get("Tshape", int32),
                place=place,
                beside_picked=len(whole) < len(narrowed[name]),
            )
            for index, operand in enumerate(whole):
                inputs[operand] = Ref(picked.node, index)
        attrs: dict[str, Any] = dict(node.attrs)
        made[name] = region.add(name, node.op, inputs, **attrs)
    region.put(Node(last.name, "Identity", (made[rows.node],), attrs={"T": kind}))


def _width(region: Region, rows: Ref) -> int | None:
    """How many columns a matrix has; None if that is not known, or it may be no matrix."""
    shape = region.shape(rows)
    return None if shape is None or len(shape) != 2 else shape[1]


def _place(region: Region, sliced: Node, width: int) -> int | None:
    """Which row of each group a slice has; None if it has something else."""
    attrs = sliced.attrs
    begin_mask, end_mask, shrunk = (
        attrs.get(name, 0) for name in ("begin_mask", "end_mask", "shrink_axis_mask")
    )
    vectors = [region.value(ref) for ref in sliced.inputs[1:]]
    if any(vector is None for vector in vectors):
        return None
    if attrs.get("ellipsis_mask", 0) or attrs.get("new_axis_mask", 0) or shrunk not in (0, 2):
        return None
    begin, end, strides = (vector.ravel().tolist() for vector in vectors)
    if len(begin) not in (2, 3) or {*strides} != {1}:
        return None
    for axis in range(0, len(begin), 2):
        from_first = begin_mask >> axis & 1 or begin[axis] == 0
        to_last = end_mask >> axis & 1 or (axis == 2 and end[2] == width)
        if not (from_first and to_last):
            return None
    first: int = 0 if begin_mask & 2 and not shrunk else begin[1]
    one = shrunk or (not end_mask & 2 and end[1] == first + 1)
    return first if first >= 0 and one else None


def _squeezed(region: Region, sliced: Node) -> Node | None:
    """What alone reads a slice and drops the axis that it has one place of."""
    reader = region.only_reader(sliced)
    if reader is None or reader.op != "Squeeze" or reader.controls:
        return None
    return reader if reader.attrs.get("squeeze_dims", []) in ([1], [-2]) else None


def _narrowed(region: Region, shaped: Node, rows: Ref) -> dict[str, list[int]]:
    """The nodes of which few rows are enough, the last first, with the places of their inputs that have these rows."""
    found: dict[str, list[int]] = {}
    wanted = {rows}
    # Each comes before those that it reads, so that all its readers have been looked at.
    for node in reversed(region.in_order()):
        ref = Ref(node.name)
        if ref not in wanted or node.controls or not region.hidden(node):
            continue
        if any(reader.name not in found and reader is not shaped for reader in region.readers(ref)):
            continue
        operands = _operands(region, node)
        if operands:
            found[node.name] = operands
            wanted.update(node.inputs[place] for place in operands)
    return found


def _operands(region: Region, node: Node) -> list[int] | None:
    """Which inputs of a node have the rows of its result, a matrix; None if rows meet in it, or that is not known."""
    if node.op in PRODUCTS:
        return None if node.attrs.get("transpose_a", False) else [0]
    if node.op == "_Pointwise":
        if not COLUMNS.issuperset(reduced_axes(tuple(node.attrs["program"]))):
            return None
    elif node.op not in SUMS:
        return None
    shapes = [region.shape(ref) for ref in node.inputs]
    own = region.shape(Ref(node.name))
    if own is None or len(own) != 2 or any(shape is None or len(shape) > 2 for shape in shapes):
        return None
    # A row alone is that of all.
    return [
        place
        for place, shape in enumerate(shapes)
        if shape is not None and len(shape) == 2 and shape[0] != 1
    ]
