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

__all__ = ["fuse_embeddings"]

COMBINERS = {
    "SparseSegmentMean": "mean",
    "SparseSegmentSqrtN": "sqrt_n",
    "SparseSegmentSum": "sum",
}
#: Gradients of the sums, which want to know how many rows `found` has.
GRADIENTS = tuple(f"{name}Grad" for name in COMBINERS)
STITCHES = ("DynamicStitch", "ParallelDynamicStitch")
#: Ops that treat each element of a vector alike, if their other inputs are scalars.
ELEMENTWISE = frozenset(
    [
        "Add",
        "AddV2",
        "Cast",
        "FloorDiv",
        "FloorMod",
        "Identity",
        "Less",
        "Maximum",
        "Select",
        "SelectV2",
        "Sub",
    ]
)


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


class _MismatchError(Exception):
    """The graph is another one."""


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
            except (_MismatchError, OpError, KeyError):
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


class _Fusion:
    """The state of one fusion."""

    def __init__(self, nodes: Mapping[str, Node], feeds: Collection[Ref], node: Node) -> None:
        self.nodes = nodes
        self.feeds = feeds
        self.node = node
        self.controls = list(node.controls)
        self.cloned: dict[Ref, Ref] = {}
        self.made: dict[str, Node] = {}

    def result(self) -> dict[str, Node]:
        """The nodes that are new, the fused one under its old name."""
        data, place, segments = self.node.inputs
        unique = self.producer(place)
        _expect(unique.op == "Unique" and place.index == 1)
        ids = Ref(unique.name, 0)
        _expect(ids not in self.feeds)
        (vector,) = unique.inputs
        lookup = self.lookup(data, ids)
        self.cloned[ids] = vector
        modulus = self.modulus(lookup, ids)
        rows, which = vector, []
        if not modulus:
            rows = self.clone(lookup.rows)
            which = [] if lookup.which is None else [self.clone(lookup.which)]
        gather = lookup.gathers[0]
        dtype = self.node.attrs["T"]
        handle = gather.op == "ResourceGather"
        kinds = [part.attrs["dtype" if handle else "Tparams"] for part in lookup.gathers]
        _expect(all(kind is dtype for kind in kinds))
        _expect(all(part.op == gather.op for part in lookup.gathers))
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

    def producer(self, ref: Ref) -> Node:
        """The node that makes a tensor and is going to be passed over; who waits for it is made to wait."""
        _expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        self.controls += node.controls
        return node

    def lookup(self, data: Ref, ids: Ref) -> _Lookup:
        """How the rows of `data`, one for each id, are found."""
        node, width = self.behind_identity(data), [-1]
        if node.op == "Reshape":
            inner, shape = node.inputs
            width = self.row_shape(shape, ids)
            node = self.behind_identity(inner)
        if node.op not in STITCHES:
            params, rows = self.gather(node)
            _expect(rows == ids)
            return _Lookup(rows, None, [params], [node], width)
        count = len(node.inputs) // 2
        back, found = node.inputs[:count], node.inputs[count:]
        places, which = self.partitioned(back)
        _expect(self.counts(places, ids))
        gathers = [self.behind_identity(ref) for ref in found]
        pairs = [self.gather(part) for part in gathers]
        rows, again = self.partitioned([indices for _, indices in pairs])
        _expect(which == again)
        return _Lookup(rows, which, [params for params, _ in pairs], gathers, width)

    def modulus(self, lookup: _Lookup, ids: Ref) -> int:
        """The number n of tables where id i is row i // n of table i % n; 0 where it is another one."""
        if lookup.which is None:
            return 0
        try:
            which = self.behind_identity(lookup.which)
            while which.op == "Cast":
                which = self.behind_identity(which.inputs[0])
            rows = self.behind_identity(lookup.rows)
            count = len(lookup.params)
            _expect(which.op == "FloorMod" and self.constant(which.inputs[1]) == [count])
            _expect(rows.op == "FloorDiv" and self.constant(rows.inputs[1]) == [count])
            self.is_vector(which.inputs[0], ids)
            self.is_vector(rows.inputs[0], ids)
        except _MismatchError:
            return 0
        return count

    def places(self, segments: Ref) -> Ref:
        """The matrix whose first column the segments are, or the segments."""
        if segments in self.feeds or self.nodes[segments.node].op != "StridedSlice":
            return segments
        node = self.nodes[segments.node]
        try:
            begin, end, steps = map(self.constant, node.inputs[1:])
        except _MismatchError:
            return segments
        masks = [
            node.attrs.get(f"{name}_mask", 0)
            for name in ("begin", "end", "shrink_axis", "new_axis", "ellipsis")
        ]
        if masks != [1, 1, 2, 0, 0] or (begin[1:], end[1:], steps) != ([0], [1], [1, 1]):
            return segments
        self.controls += node.controls
        return node.inputs[0]

    def behind_identity(self, ref: Ref) -> Node:
        node = self.producer(ref)
        while node.op == "Identity":
            (ref,) = node.inputs
            node = self.producer(ref)
        _expect(ref.index == 0)
        return node

    def gather(self, node: Node) -> tuple[Ref, Ref]:
        """Table and indices of a node that gathers rows."""
        _expect(node.op in ("Gather", "GatherV2", "ResourceGather"))
        _expect(not node.attrs.get("batch_dims", 0))
        if node.op == "GatherV2":
            _expect(self.constant(node.inputs[2]) == [0])
        return node.inputs[0], node.inputs[1]

    def constant(self, ref: Ref) -> list[int]:
        """The elements of a constant."""
        _expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        _expect(node.op == "Const")
        elements: list[int] = np.asarray(node.attrs["value"]).reshape(-1).tolist()
        return elements

    def row_shape(self, shape: Ref, ids: Ref) -> list[int]:
        """The shape of a row, where `shape` is that of the ids and then the row's."""
        node = self.producer(shape)
        _expect(node.op == "ConcatV2" and len(node.inputs) == 3)
        first, rest, axis = node.inputs
        _expect(self.constant(axis) == [0])
        counted = self.producer(first)
        _expect(counted.op == "Shape" and self.is_vector(counted.inputs[0], ids))
        return self.constant(rest)

    def is_vector(self, ref: Ref, ids: Ref) -> bool:
        """Whether a tensor is the ids, perhaps said to be a vector."""
        while ref != ids:
            node = self.producer(ref)
            if node.op == "Reshape":
                _expect(self.constant(node.inputs[1]) == [-1])
            else:
                _expect(node.op == "Identity")
            ref = node.inputs[0]
        return True

    def counts(self, ref: Ref, ids: Ref) -> bool:
        """Whether a tensor is the numbers of the ids."""
        node = self.producer(ref)
        _expect(node.op == "Range")
        start, limit, delta = node.inputs
        size = self.behind_identity(limit)
        while size.op == "Cast":
            size = self.behind_identity(size.inputs[0])
        _expect(self.constant(start) == [0] and self.constant(delta) == [1])
        return size.op == "Size" and self.is_vector(size.inputs[0], ids)

    def partitioned(self, refs: list[Ref] | tuple[Ref, ...]) -> tuple[Ref, Ref]:
        """What was partitioned into these tensors, and by what."""
        node = self.producer(refs[0])
        _expect(node.op == "DynamicPartition")
        _expect(list(refs) == [Ref(node.name, i) for i in range(node.attrs["num_partitions"])])
        data, which = node.inputs
        return data, which

    def clone(self, ref: Ref) -> Ref:
        """A tensor worked out from the vector of all ids instead of that of the different ones."""
        if ref in self.cloned:
            return self.cloned[ref]
        node = self.producer(ref)
        if node.op == "Reshape" and self.depends(node.inputs[0]):
            _expect(self.constant(node.inputs[1]) == [-1])
            found = self.clone(node.inputs[0])
        else:
            _expect(node.op in ELEMENTWISE and ref.index == 0)
            inputs = [
                self.clone(parent) if self.depends(parent) else self.scalar(parent)
                for parent in node.inputs
            ]
            name = f"{self.node.name}/all/{node.name}"
            self.made[name] = node.replace(name=name, inputs=tuple(inputs), controls=())
            found = Ref(name)
        self.cloned[ref] = found
        return found

    def depends(self, ref: Ref) -> bool:
        """Whether a tensor is worked out from the ids."""
        if ref in self.cloned:
            return True
        _expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        return node.op in ELEMENTWISE | {"Reshape"} and any(map(self.depends, node.inputs))

    def scalar(self, ref: Ref) -> Ref:
        """A tensor that is a constant scalar, or worked out from such."""
        _expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        if node.op == "Const":
            _expect(np.ndim(node.attrs["value"]) == 0)
        else:
            _expect(node.op in ELEMENTWISE)
            for parent in node.inputs:
                self.scalar(parent)
        return ref


def _expect(condition: bool) -> None:
    if not condition:
        raise _MismatchError
