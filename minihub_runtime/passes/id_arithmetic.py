"""What passes ask of arithmetic on the ids that a look-up makes unique, and how it is done on all of them instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from minihub_runtime.graph.ir import Node, Ref

__all__ = ["IdArithmetic", "MismatchError", "expect"]

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


class MismatchError(Exception):
    """The graph is another one."""


def expect(condition: bool) -> None:
    """Raise MismatchError unless `condition` holds."""
    if not condition:
        raise MismatchError


class IdArithmetic:
    """Arithmetic on different ids, `Unique` of all.

    Its methods raise MismatchError where the graph is another one than they look for.

    Args:
        nodes: a pruned graph.
        feeds: tensors whose values are given.
        name: of the node that is replaced, for the names of new ones.

    Attributes:
        controls: what the nodes waited for that are passed over.
        made: the nodes that are new.
    """

    def __init__(self, nodes: Mapping[str, Node], feeds: Collection[Ref], name: str) -> None:
        self.nodes = nodes
        self.feeds = feeds
        self.name = name
        self.controls: list[str] = []
        self.made: dict[str, Node] = {}
        self._cloned: dict[Ref, Ref] = {}

    def unique(self, place: Ref) -> Ref:
        """The different ids, where `place` says which of them each of all is."""
        node = self.producer(place)
        expect(node.op == "Unique" and place.index == 1)
        ids = Ref(node.name, 0)
        expect(ids not in self.feeds)
        (self._cloned[ids],) = node.inputs
        return ids

    def producer(self, ref: Ref) -> Node:
        """The node that makes a tensor and is going to be passed over; who waits for it is made to wait."""
        expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        self.controls += node.controls
        return node

    def of_all(
        self, rows: Ref, which: Ref | None, count: int, ids: Ref
    ) -> tuple[int, Ref, list[Ref]]:
        """Where all ids lie, if `rows` and `which` are the rows and tables of the different ones.

        Returns:
            `count`, all ids and nothing, where id i is row i // count of table i % count; else 0, the rows, and the tables
            if `which` is not None.
        """
        if which is not None and self.modulus(rows, which, count, ids):
            return count, self._cloned[ids], []
        return 0, self.clone(rows), [] if which is None else [self.clone(which)]

    def modulus(self, rows: Ref, which: Ref, count: int, ids: Ref) -> int:
        """`count` where id i is row i // count of table i % count; 0 where it is another one."""
        try:
            table = self.behind_identity(which)
            while table.op == "Cast":
                table = self.behind_identity(table.inputs[0])
            row = self.behind_identity(rows)
            expect(table.op == "FloorMod" and self.constant(table.inputs[1]) == [count])
            expect(row.op == "FloorDiv" and self.constant(row.inputs[1]) == [count])
            self.is_vector(table.inputs[0], ids)
            self.is_vector(row.inputs[0], ids)
        except MismatchError:
            return 0
        return count

    def places(self, segments: Ref) -> Ref:
        """The matrix whose first column the segments are, or the segments."""
        if segments in self.feeds or self.nodes[segments.node].op != "StridedSlice":
            return segments
        node = self.nodes[segments.node]
        try:
            begin, end, steps = map(self.constant, node.inputs[1:])
        except MismatchError:
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
        """The node that makes a tensor, copies of it apart."""
        node = self.producer(ref)
        while node.op == "Identity":
            (ref,) = node.inputs
            node = self.producer(ref)
        expect(ref.index == 0)
        return node

    def constant(self, ref: Ref) -> list[int]:
        """The elements of a constant."""
        expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        expect(node.op == "Const")
        elements: list[int] = np.asarray(node.attrs["value"]).reshape(-1).tolist()
        return elements

    def is_vector(self, ref: Ref, ids: Ref) -> bool:
        """Whether a tensor is the ids, perhaps said to be a vector."""
        while ref != ids:
            node = self.producer(ref)
            if node.op == "Reshape":
                expect(self.constant(node.inputs[1]) == [-1])
            else:
                expect(node.op == "Identity")
            ref = node.inputs[0]
        return True

    def counts(self, ref: Ref, ids: Ref) -> bool:
        """Whether a tensor is the numbers of the ids."""
        node = self.producer(ref)
        expect(node.op == "Range")
        start, limit, delta = node.inputs
        size = self.behind_identity(limit)
        while size.op == "Cast":
            size = self.behind_identity(size.inputs[0])
        expect(self.constant(start) == [0] and self.constant(delta) == [1])
        return size.op == "Size" and self.is_vector(size.inputs[0], ids)

    def clone(self, ref: Ref) -> Ref:
        """A tensor worked out from the vector of all ids instead of that of the different ones."""
        if ref in self._cloned:
            return self._cloned[ref]
        node = self.producer(ref)
        if node.op == "Reshape" and self.depends(node.inputs[0]):
            expect(self.constant(node.inputs[1]) == [-1])
            found = self.clone(node.inputs[0])
        else:
            expect(node.op in ELEMENTWISE and ref.index == 0)
            inputs = [
                self.clone(parent) if self.depends(parent) else self.scalar(parent)
                for parent in node.inputs
            ]
            name = f"{self.name}/all/{node.name}"
            self.made[name] = node.replace(name=name, inputs=tuple(inputs), controls=())
            found = Ref(name)
        self._cloned[ref] = found
        return found

    def depends(self, ref: Ref) -> bool:
        """Whether a tensor is worked out from the ids."""
        if ref in self._cloned:
            return True
        expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        return node.op in ELEMENTWISE | {"Reshape"} and any(map(self.depends, node.inputs))

    def scalar(self, ref: Ref) -> Ref:
        """A tensor that is a constant scalar, or worked out from such."""
        expect(ref not in self.feeds)
        node = self.nodes[ref.node]
        if node.op == "Const":
            expect(np.ndim(node.attrs["value"]) == 0)
        else:
            expect(node.op in ELEMENTWISE)
            for parent in node.inputs:
                self.scalar(parent)
        return ref
