"""The way back from a gradient of rows to what it comes from.

    x, place = Unique(ids)                          values, ids
    sums = UnsortedSegmentSum(values, place, n)  →

Optimisers add up the gradients of one row before they use them, and those of tables in several parts come from one gradient.

Source: tensorflow/python/training/optimizer.py:_deduplicate_indexed_slices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.passes.id_arithmetic import MismatchError, expect
from minihub_runtime.passes.region import Region

__all__ = ["GradientSearch", "Partition"]

T = TypeVar("T")

STITCHES = ("DynamicStitch", "ParallelDynamicStitch")


class Partition(NamedTuple):
    """A part of a table that lies in several.

    Attributes:
        number: which part.
        total: how many there are.
        values: gradients of rows of all parts.
        rows: the rows within their parts.
        which: the part of each.
        places: the row of `values` of each.
        place_type: the type of `places`.
    """

    number: int
    total: int
    values: Ref
    rows: Ref
    which: Ref
    places: Ref
    place_type: DType


class GradientSearch:
    """The way back from a gradient of rows.

    Attributes:
        region: where it leads through.
        controls: what the nodes that are passed over wait for.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self.controls: list[str] = []

    def attempt(self, find: Callable[[Ref, Ref], T], values: Ref, ids: Ref) -> T | None:
        """What is found if the graph is as it is looked for."""
        before = len(self.controls)
        try:
            return find(values, ids)
        except MismatchError:
            del self.controls[before:]
            return None

    def producer(self, ref: Ref, *ops: str) -> Node:
        """What makes a tensor, copies apart, and is going to be passed over; who waits for it is made to wait."""
        while True:
            node = self.region.node(ref)
            if node is None or (node.op != "Identity" and node.op not in ops):
                raise MismatchError
            self.controls += node.controls
            if node.op != "Identity" or "Identity" in ops:
                return node
            (ref,) = node.inputs

    def ends_in(self, ref: Ref) -> Ref:
        """A tensor, copies of it apart."""
        node = self.region.node(ref)
        while node is not None and node.op == "Identity":
            self.controls += node.controls
            (ref,) = node.inputs
            node = self.region.node(ref)
        return ref

    def constant(self, ref: Ref) -> list[Any]:
        """The elements of a constant."""
        node = self.producer(ref, "Const")
        elements: list[Any] = np.asarray(node.attrs["value"]).reshape(-1).tolist()
        return elements

    def before_summing(self, values: Ref, ids: Ref) -> tuple[Ref, Ref]:
        """What is summed where ids are the same, and the ids."""
        total = self.producer(values, "UnsortedSegmentSum")
        values, place, count = total.inputs
        unique = self.producer(ids, "Unique")
        expect(self.ends_in(ids) == Ref(unique.name, 0))
        expect(self.ends_in(place) == Ref(unique.name, 1))
        expect(self.ends_in(self.counted(count)) == Ref(unique.name, 0))
        return values, unique.inputs[0]

    def counted(self, count: Ref) -> Ref:
        """What a tensor is the number of elements, or of rows, of."""
        size = self.producer(count, "StridedSlice", "Size")
        if size.op == "StridedSlice":
            shape, begin, _, strides = size.inputs
            expect(self.constant(begin) == [0] and self.constant(strides) == [1])
            expect(size.attrs.get("shrink_axis_mask", 0) == 1)
            masks = ("begin_mask", "ellipsis_mask", "new_axis_mask")
            expect(not any(size.attrs.get(mask, 0) for mask in masks))
            size = self.producer(shape, "Shape")
        return size.inputs[0]

    def partition(self, values: Ref, ids: Ref) -> Partition:
        """Where the gradients and rows of a part come from."""
        gather = self.producer(self.as_rows(values, ids), "GatherV2")
        everything, back, axis = gather.inputs
        expect(self.constant(axis) == [0] and not gather.attrs.get("batch_dims", 0))
        rows, which, number, count = self.partitioned(self.as_vector(ids))
        places, again, same, _ = self.partitioned(back)
        expect(which == again and number == same)
        everything = self.as_stitched(everything, self.ends_in(back))
        kind = self.producer(back, "DynamicPartition").attrs["T"]
        return Partition(number, count, everything, rows, which, places, kind)

    def partitioned(self, ref: Ref) -> tuple[Ref, Ref, int, int]:
        """What was partitioned by what, the number of the part and of all parts."""
        node = self.producer(ref, "DynamicPartition")
        data, which = node.inputs
        return data, which, self.ends_in(ref).index, node.attrs["num_partitions"]

    def as_vector(self, ref: Ref) -> Ref:
        """A tensor that is said once more to be a vector, without that."""
        node = self.region.node(self.ends_in(ref))
        if node is None or node.op != "Reshape":
            return ref
        data, shape = node.inputs
        expect(self.constant(shape) == [-1])
        known = self.region.shape(data)
        expect(known is not None and len(known) == 1)
        self.controls += node.controls
        return data

    def as_rows(self, values: Ref, ids: Ref) -> Ref:
        """The gradients of rows, without their being given the shape that they have: one row for each id."""
        node = self.region.node(self.ends_in(values))
        if node is None or node.op != "Reshape":
            return values
        data, shape = node.inputs
        expect(self.alike(data, Ref(node.name)))
        counted = self.producer(self.producer(shape, "ConcatV2").inputs[0], "Shape")
        expect(self.ends_in(counted.inputs[0]) == self.ends_in(ids))
        self.controls += node.controls
        return data

    def as_stitched(self, values: Ref, back: Ref) -> Ref:
        """Gradients of stitched rows, without their being given the shape of these."""
        node = self.region.node(self.ends_in(values))
        if node is None or node.op != "Reshape":
            return values
        data, shape = node.inputs
        expect(self.alike(data, Ref(node.name)))
        stitch = self.producer(self.producer(shape, "Shape").inputs[0], *STITCHES)
        count = len(stitch.inputs) // 2
        wanted = [Ref(back.node, number) for number in range(count)]
        expect([self.ends_in(ref) for ref in stitch.inputs[:count]] == wanted)
        self.controls += node.controls
        return data

    def alike(self, ref: Ref, other: Ref) -> bool:
        """Whether two tensors of as many elements are known to have the same shape."""
        shape, again = self.region.shape(ref), self.region.shape(other)
        return shape is not None and shape == again and None not in shape[1:]
