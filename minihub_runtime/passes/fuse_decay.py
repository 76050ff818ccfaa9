"""Steps of Adam on tables whose gradients are of some rows become one op, which leaves alone the rows that never had a gradient.

    m = Assign(m, Mul(m, beta1))                                  NoOp, waits for the step
    m' = ScatterAdd(m, ids, Mul(g, rest1)), waits for it      →   NoOp, waits for the step
    the same with v and Mul(Mul(g, g), rest2)
    AssignSub(var, RealDiv(Mul(rate, m'), Sqrt(v') + epsilon))    _ApplyAdamToRows(var, m, v, rate, …, gradients, ids)

where g are the sums of the gradients of each row.  By handles it is the same with `Resource` ops, and m' is read once it is there.

Source: tensorflow/python/training/adam.py:_apply_sparse_shared.
"""

from __future__ import annotations

from typing import NamedTuple

from minihub_runtime.dtypes import float32, float64
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.gradient_search import GradientSearch
from minihub_runtime.passes.id_arithmetic import MismatchError, expect
from minihub_runtime.passes.region import Region

__all__ = ["fuse_decay"]


class _Mean(NamedTuple):
    """One of the means.

    Attributes:
        variable: it.
        beta: the part of it that stays.
        ids: the rows that get something new.
        new: what they get.
    """

    variable: Ref
    beta: Ref
    ids: Ref
    new: Ref


def fuse_decay(region: Region) -> None:
    """Fuse the steps that a region makes."""
    fused = False
    for node in list(region.nodes.values()):
        if node.op in ("AssignSub", "AssignSubVariableOp"):
            try:
                _Step(region, node).fuse()
            except MismatchError:
                continue
            fused = True
    if fused:
        region.note_controls()


class _Step:
    """A step that ends with the change of a table.

    Args:
        region: where it is.
        node: what changes the table.
    """

    def __init__(self, region: Region, node: Node) -> None:
        self.region = region
        self.node = node
        self.search = GradientSearch(region)
        #: What changes the means.
        self.writes: list[Node] = []

    def fuse(self) -> None:
        """Put one op in its place.

        Raises:
            MismatchError: it is none of Adam, or others need its parts.
        """
        node, search = self.node, self.search
        kind = node.attrs["T" if node.op == "AssignSub" else "dtype"]
        expect(kind is float32 or kind is float64)
        table, change = node.inputs
        scaled, below = search.producer(change, "RealDiv").inputs
        root, epsilon = search.producer(below, "Add", "AddV2").inputs
        (squares,) = search.producer(root, "Sqrt").inputs
        rate, average = search.producer(scaled, "Mul").inputs
        m, v = self.mean(average), self.mean(squares)
        expect(len({table, m.variable, v.variable}) == 3)
        expect(search.ends_in(m.ids) == search.ends_in(v.ids))
        sums, rest1 = search.producer(m.new, "Mul").inputs
        square, rest2 = search.producer(v.new, "Mul").inputs
        expect([*search.producer(square, "Mul").inputs] == [sums, sums])
        grad, ids = search.before_summing(sums, m.ids)
        numbers = [rate, m.beta, v.beta, rest1, rest2, epsilon]
        expect(all(self.region.shape(number) == () for number in numbers))
        inputs = [table, m.variable, v.variable, *numbers, grad, ids]
        gone = {node.name, *(write.name for write in self.writes)}
        waited = (*node.controls, *search.controls)
        controls = dict.fromkeys(name for name in waited if name not in gone)
        expect(not self.needs([*(ref.node for ref in inputs), *controls], gone))
        op = "_ApplyAdamToRows" if node.op == "AssignSub" else "_ResourceApplyAdamToRows"
        attrs = {"T": kind, "Tindices": self.writes[0].attrs["Tindices"]}
        self.region.put(Node(node.name, op, inputs, controls, attrs, node.device))
        for write in self.writes:
            self.region.put(Node(write.name, "NoOp", (), (node.name,), {}, write.device))

    def mean(self, ref: Ref) -> _Mean:
        """The mean whose new value a tensor is."""
        search = self.search
        node = self.region.node(ref)
        expect(node is not None)
        assert node is not None
        if node.op == "ScatterAdd":
            add, assign_op = node, "Assign"
            search.controls += add.controls
            expect(self.is_read(add, 1))
        else:
            read = search.producer(ref, "ReadVariableOp")
            add, assign_op = (
                self.waited(read, "ResourceScatterAdd", read.inputs[0]),
                "AssignVariableOp",
            )
        variable, ids, new = add.inputs
        assign = self.waited(add, assign_op, variable)
        old, beta = search.producer(assign.inputs[1], "Mul").inputs
        if assign_op == "Assign":
            expect(self.is_read(assign, 0) and search.ends_in(old) == variable)
        else:
            expect(search.producer(old, "ReadVariableOp").inputs[0] == variable)
        self.writes += [add, assign]
        return _Mean(variable, beta, ids, new)

    def waited(self, node: Node, op: str, variable: Ref) -> Node:
        """The change of a variable that a node waits for."""
        nodes = self.region.nodes
        before = [nodes[name] for name in node.controls if name in nodes]
        found = [other for other in before if other.op == op and other.inputs[0] == variable]
        expect(len(found) == 1)
        self.search.controls += found[0].controls
        return found[0]

    def is_read(self, node: Node, times: int) -> bool:
        """Whether the first output of a node is read so often, and nobody asks for it."""
        ref = Ref(node.name)
        known = self.region.fetches | self.region.feeds
        return len(self.region.readers(ref)) == times and ref not in known

    def needs(self, names: list[str], others: set[str]) -> bool:
        """Whether some nodes need one of others."""
        nodes, feeds = self.region.nodes, self.region.feeds
        todo, seen = [*names], set(names)
        while todo:
            name = todo.pop()
            if name in others:
                return True
            node = nodes.get(name)
            if node is None:
                continue
            before = [ref.node for ref in node.inputs if ref not in feeds]
            new = {*before, *node.controls} - seen
            seen |= new
            todo += new
        return False
