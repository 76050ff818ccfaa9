"""Sums of embeddings in one step.

    ids, place = Unique(x)
    rows, which = arithmetic on ids
    parts = DynamicPartition(rows, which)             y = _EmbeddingLookupSparse(rows of x, which of x,
    back = DynamicPartition(Range(Size(ids)), which)      segments, tables)
    found = DynamicStitch(back, [Gather(table, part) for …])    →
    y = SparseSegmentSqrtN(found, place, segments)

and the same with one table, where there is but a Gather.  That every id is looked up once saves nothing when rows are
added straight from the tables; sorting the ids, and copying the rows twice, is most of the time.  Where id i is row i // n of
table i % n the fused op works that out itself, and it takes segments from the places of words.

What else reads the nodes in between keeps them.

Source: tensorflow/python/ops/embedding_ops.py:embedding_lookup_sparse, _embedding_lookup_and_transform.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.errors import OpError
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.id_arithmetic import IdArithmetic, MismatchError, expect

__all__ = ["COMBINERS", "fuse_embeddings"]

COMBINERS = {
    "SparseSegmentMean": "mean",
    "SparseSegmentSqrtN": "sqrt_n",
    "SparseSegmentSum": "sum",
}
#: Gradients of the sums, which want to know how many rows `found` has.
GRADIENTS = tuple(f"{name}Grad" for name in COMBINERS)
STITCHES = ("DynamicStitch", "ParallelDynamicStitch")


class _Lookup(NamedTuple):
    """Where rows come from.

    Attributes:
        rows: the rows within their tables.
        which: the table of each, None if there is one.
        params: the tables or variables.
        gathers: the nodes that read them.
        width: the shape of a row if the graph says what it must be.
    """

    rows: Ref
    which: Ref | None
    params: list[Ref]
    gathers: list[Node]
    width: list[int]


def fuse_embeddings(nodes: Mapping[str, Node], feeds: Collection[Ref]) -> dict[str, Node]:
    """The nodes with sums of embeddings fused; what nobody needs any more is still there.

    Args:
        nodes: a pruned graph.
        feeds: tensors whose values are given.
    """
    result = dict(nodes)
    #: The rows of a fused sum → the ids that they are of.
    ids_of: dict[Ref, Ref] = {}
    for node in nodes.values():
        if node.op in COMBINERS:
            try:
                result.update(_Fusion(nodes, feeds, node).result())
            except (MismatchError, OpError, KeyError):
                # Another graph than is looked for; where it is malformed, the plan says so.
                continue
            data, place, _ = node.inputs
            ids_of[data] = Ref(place.node)
    for node in nodes.values() if ids_of else ():
        if node.op in GRADIENTS and len(node.inputs) == 4:
            result.update(_with_counted_ids(nodes, feeds, node, ids_of))
    return result


def _with_counted_ids(
    nodes: Mapping[str, Node], feeds: Collection[Ref], node: Node, ids_of: Mapping[Ref, Ref]
) -> dict[str, Node]:
    """The gradient of a sum that was fused and what it needs; it counts the ids, so that the rows need not be found for that."""
    first = None if node.inputs[3] in feeds else nodes[node.inputs[3].node]
    if first is None or first.op != "StridedSlice" or first.inputs[0] in feeds:
        return {}
    counted = nodes[first.inputs[0].node]
    if counted.op != "Shape" or counted.inputs[0] not in ids_of:
        return {}
    begin = nodes[first.inputs[1].node]
    if begin.op != "Const" or np.asarray(begin.attrs["value"]).tolist() != [0]:
        return {}
    if first.attrs.get("shrink_axis_mask", 0) != 1:
        return {}
    ids = ids_of[counted.inputs[0]]
    attrs = {"T": nodes[ids.node].attrs["T"], "out_type": counted.attrs["out_type"]}
    shape = Node(f"{node.name}/ids", "Shape", (ids,), counted.controls, attrs, node.device)
    inputs = (Ref(shape.name), *first.inputs[1:])
    count = first.replace(name=f"{node.name}/count", inputs=inputs)
    changed = node.replace(inputs=(*node.inputs[:3], Ref(count.name)))
    return {shape.name: shape, count.name: count, node.name: changed}


class _Fusion(IdArithmetic):
    """The state of one fusion."""

    def __init__(self, nodes: Mapping[str, Node], feeds: Collection[Ref], node: Node) -> None:
        super().__init__(nodes, feeds, node.name)
        self.node = node
        self.controls += node.controls

    def result(self) -> dict[str, Node]:
        """The nodes that are new, the fused one under its old name."""
        data, place, segments = self.node.inputs
        ids = self.unique(place)
        lookup = self.lookup(data, ids)
        modulus, rows, which = self.of_all(lookup.rows, lookup.which, len(lookup.params), ids)
        gather = lookup.gathers[0]
        dtype = self.node.attrs["T"]
        handle = gather.op == "ResourceGather"
        kinds = [part.attrs["dtype" if handle else "Tparams"] for part in lookup.gathers]
        expect(all(kind is dtype for kind in kinds))
        expect(all(part.op == gather.op for part in lookup.gathers))
        attrs = {
            "Tidx": gather.attrs["Tindices"],
            "Tsegmentids": self.node.attrs["Tsegmentids"],
            "Tparams": [dtypes.resource if handle else dtype] * len(lookup.params),
            "P": len(which),
            "T": dtype,
            "modulus": modulus,
            "combiner": COMBINERS[self.node.op],
            "width": lookup.width,
        }
        inputs = [rows, *which, self.places(segments), *lookup.params]
        fused = Node(
            self.node.name,
            "_EmbeddingLookupSparse",
            inputs,
            dict.fromkeys(self.controls),
            attrs,
            self.node.device,
        )
        return {**self.made, fused.name: fused}

    def lookup(self, data: Ref, ids: Ref) -> _Lookup:
        """How the rows of `data`, one for each id, are found."""
        node, width = self.behind_identity(data), [-1]
        if node.op == "Reshape":
            inner, shape = node.inputs
            width = self.row_shape(shape, ids)
            node = self.behind_identity(inner)
        if node.op not in STITCHES:
            params, rows = self.gather(node)
            expect(rows == ids)
            return _Lookup(rows, None, [params], [node], width)
        count = len(node.inputs) // 2
        back, found = node.inputs[:count], node.inputs[count:]
        places, which = self.partitioned(back)
        expect(self.counts(places, ids))
        gathers = [self.behind_identity(ref) for ref in found]
        pairs = [self.gather(part) for part in gathers]
        rows, again = self.partitioned([indices for _, indices in pairs])
        expect(which == again)
        return _Lookup(rows, which, [params for params, _ in pairs], gathers, width)

    def gather(self, node: Node) -> tuple[Ref, Ref]:
        """Table and indices of a node that gathers rows."""
        expect(node.op in ("Gather", "GatherV2", "ResourceGather"))
        expect(not node.attrs.get("batch_dims", 0))
        if node.op == "GatherV2":
            expect(self.constant(node.inputs[2]) == [0])
        return node.inputs[0], node.inputs[1]

    def row_shape(self, shape: Ref, ids: Ref) -> list[int]:
        """The shape of a row, where `shape` is that of the ids and then the row's."""
        node = self.producer(shape)
        expect(node.op == "ConcatV2" and len(node.inputs) == 3)
        first, rest, axis = node.inputs
        expect(self.constant(axis) == [0])
        counted = self.producer(first)
        expect(counted.op == "Shape" and self.is_vector(counted.inputs[0], ids))
        return self.constant(rest)

    def partitioned(self, refs: list[Ref] | tuple[Ref, ...]) -> tuple[Ref, Ref]:
        """What was partitioned into these tensors, and by what."""
        node = self.producer(refs[0])
        expect(node.op == "DynamicPartition")
        expect(list(refs) == [Ref(node.name, i) for i in range(node.attrs["num_partitions"])])
        data, which = node.inputs
        return data, which
