"""Updates of the rows of tables in one step.

    ids, place = Unique(x)                                   _SparseApplyRows(values, x, lr,
    sums = UnsortedSegmentSum(values, place, Size(ids))   →      variable, slots)
    ResourceSparseApply…(variable, slots, lr, sums, ids)

and where the table is one of several parts,

    parts = DynamicPartition(rows, which)                    _SparseApplyRows(values, rows, which, places, lr,
    back = DynamicPartition(places, which)                →      variables and slots of all parts)
    x, values = parts[p], Gather(values, back[p])

so that gradients are sorted and added up once for all parts, and not at all where no row comes twice.  Where what is
summed is itself the gradient of sums of embeddings,

    ids, place = Unique(words)                            _SparseApplyRows(grad, rows of words, which of words,
    values = SparseSegmentSumGrad(grad, place, segments)  →                segments, lr, variables and slots)
    rows, which = arithmetic on ids

that is done by the way.  There the words take the place of the different ids as in `fuse_embeddings`.

What else reads the nodes in between keeps them.

Source: tensorflow/python/training/optimizer.py:_deduplicate_indexed_slices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.fuse_embeddings import COMBINERS
from minihub_runtime.passes.gradient_search import GradientSearch, Partition
from minihub_runtime.passes.id_arithmetic import IdArithmetic, MismatchError, expect
from minihub_runtime.passes.region import Region

if TYPE_CHECKING:
    from minihub_runtime.ops.training_rules import Rule

__all__ = ["fuse_row_updates"]

#: Gradients of sums of embeddings → how these are divided.
GRADIENTS = {f"{op}Grad": combiner for op, combiner in COMBINERS.items()}
PREFIX = "ResourceSparseApply"


class _Update(NamedTuple):
    """One update of rows.

    Attributes:
        node: what updates them.
        rule: its optimiser.
        values: the gradients.
        ids: their rows.
        summed: whether those of one row are added up first.
        controls: what the nodes that are left out waited for.
        part: where they come from, if the table is one of several parts.
    """

    node: Node
    rule: Rule
    values: Ref
    ids: Ref
    summed: bool
    controls: tuple[str, ...]
    part: Partition | None


class _Rows(NamedTuple):
    """What is known of the rows of updates.

    Attributes:
        values: gradients.
        rows: the rows within their tables.
        which: the table of each, if that is not known otherwise.
        places: the row of `values` of each, if they are not in order.
        place_type: the type of `places`.
        summed: whether gradients of one row are added up.
        modulus: see `ops.training_rows`.
        combiner: see there.
    """

    values: Ref
    rows: Ref
    which: list[Ref] = []
    places: list[Ref] = []
    place_type: DType = dtypes.int32
    summed: bool = True
    modulus: int = 0
    combiner: str = "sum"


def fuse_row_updates(region: Region) -> None:
    """Fuse the updates of rows that a region makes."""
    groups: dict[Any, list[_Update]] = {}
    for node in list(region.nodes.values()):
        rule = _rule(node.op)
        if rule is None:
            continue
        update = _update(region, node, rule)
        part = update.part
        if part is not None:
            shared = (node.op, part[1:], update.summed, node.controls, _numbers(node, rule))
            groups.setdefault((*shared, _flag(node, rule)), []).append(update)
        elif update.summed:
            groups[node.name] = [update]
    for updates in groups.values():
        part = updates[0].part
        if part is None or {update.part.number for update in updates if update.part} == {
            *range(part.total)
        }:
            _fuse(region, updates)
            continue
        for update in updates:
            if update.summed:
                _fuse(region, [update._replace(part=None)])


def _rule(op: str) -> Rule | None:
    """The optimiser of an op that changes rows; None for others."""
    if not op.startswith(PREFIX):
        return None
    # Most graphs train nothing.
    from minihub_runtime.ops.training_rules import RULES

    return RULES.get(op.removeprefix(PREFIX))


def _numbers(node: Node, rule: Rule) -> tuple[Ref, ...]:
    """The inputs beside variables, gradient and indices."""
    names = ["var", *rule.slots, *rule.sparse.split()]
    left_out = {"var", *rule.slots, "grad", "delta", "indices"}
    return tuple(ref for name, ref in zip(names, node.inputs, strict=True) if name not in left_out)


def _flag(node: Node, rule: Rule) -> bool:
    return rule.flag is not None and bool(node.attrs.get(*rule.flag))


def _fuse(region: Region, updates: list[_Update]) -> None:
    """Put one node in the place of updates: one, or those of all parts of a table."""
    first = updates[0]
    rule, part = first.rule, first.part
    if part is not None:
        updates = sorted(updates, key=lambda update: update.part.number if update.part else 0)
    variables = [ref for update in updates for ref in update.node.inputs[: 1 + len(rule.slots)]]
    if len({*variables}) < len(variables):
        return
    node = first.node
    controls = [name for update in updates for name in (*update.node.controls, *update.controls)]
    if part is None:
        rows = _Rows(first.values, first.ids, summed=first.summed)
    else:
        rows = _Rows(part.values, part.rows, [part.which], [part.places], part.place_type)
        rows = rows._replace(summed=first.summed)
    try:
        search = _WordSearch(region, node.name)
        rows = search.rows(rows, part.total if part else 1)
        controls += search.controls
        for made in search.made.values():
            region.put(made)
    except MismatchError:
        pass
    number_types = [
        dtypes.int64 if name == "global_step" else node.attrs["T"]
        for name in rule.sparse.split()
        if name not in ("grad", "delta", "indices")
    ]
    attrs = {
        "T": node.attrs["T"],
        "Tindices": node.attrs["Tindices"],
        "P": len(rows.which),
        "N": len(rows.places),
        "Tnumbers": number_types,
        "Tvariables": [dtypes.resource] * len(variables),
        "rule": first.node.op.removeprefix(PREFIX),
        "flag": _flag(node, rule),
        "Tplaces": rows.place_type,
        "summed": rows.summed,
        "modulus": rows.modulus,
        "combiner": rows.combiner,
    }
    inputs = [rows.values, rows.rows, *rows.which, *rows.places, *_numbers(node, rule), *variables]
    region.put(
        Node(node.name, "_SparseApplyRows", inputs, dict.fromkeys(controls), attrs, node.device)
    )
    for update in updates:
        if update is not first:
            region.put(Node(update.node.name, "NoOp", (), (node.name,), {}, node.device))


def _update(region: Region, node: Node, rule: Rule) -> _Update:
    """What an update is of."""
    search = GradientSearch(region)
    names = ["var", *rule.slots, *rule.sparse.split()]
    place = names.index("grad" if "grad" in names else "delta")
    values, ids = node.inputs[place], node.inputs[names.index("indices")]
    summed = search.attempt(search.before_summing, values, ids)
    if summed is not None:
        values, ids = summed
    part = search.attempt(search.partition, values, ids)
    if part is None:
        values = search.attempt(search.as_rows, values, ids) or values
    controls = tuple(search.controls)
    return _Update(node, rule, values, ids, summed is not None, controls, part)


class _WordSearch(IdArithmetic):
    """The way back from the update of embeddings that were summed to their words."""

    def __init__(self, region: Region, name: str) -> None:
        super().__init__(region.nodes, region.feeds, name)
        self.search = GradientSearch(region)

    def rows(self, known: _Rows, count: int) -> _Rows:
        """`known` of `count` tables, by words instead of the different ids."""
        gradient = self.behind_identity(known.values)
        expect(gradient.op in GRADIENTS)
        kind = gradient.attrs["T"]
        # Others are rounded between the sum and the update.
        expect(kind is dtypes.float32 or kind is dtypes.float64)
        grad, place, segments, size = gradient.inputs
        ids = self.unique(place)
        expect(self.search.ends_in(self.search.counted(size)) == ids)
        for places in known.places:
            expect(self.counts(places, ids))
        which = known.which[0] if known.which else None
        modulus, rows, tables = self.of_all(known.rows, which, count, ids)
        places = self.places(segments)
        self.controls += self.search.controls
        kind = gradient.attrs["Tsegmentids"]
        combiner = GRADIENTS[gradient.op]
        return _Rows(grad, rows, tables, [places], kind, True, modulus, combiner)
