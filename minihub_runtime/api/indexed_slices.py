"""Tensors given by some of their slices: the gradients of what was gathered.

Source: tensorflow/python/framework/indexed_slices.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value
from minihub_runtime.api.graph import Graph, Operation, Tensor
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType
from minihub_runtime.public import public
from minihub_runtime.shapes import dims

__all__ = ["IndexedSlices", "IndexedSlicesValue"]


@public("IndexedSlicesValue")
class IndexedSlicesValue(NamedTuple):
    """The value of an IndexedSlices."""

    values: Any
    indices: Any
    dense_shape: Any


@public("IndexedSlices")
class IndexedSlices:
    """Slices along the first axis of a tensor that is zero elsewhere; slices of one index are summed.

    Attributes:
        values: [n, …], the slices.
        indices: [n], their places in the whole.
        dense_shape: the shape of the whole, None if it is not known.
    """

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self.values = values
        self.indices = indices
        self.dense_shape = dense_shape

    @property
    def dtype(self) -> DType:
        """The element type."""
        dtype: DType = self.values.dtype
        return dtype

    @property
    def op(self) -> Operation:
        """The operation that makes the values."""
        op: Operation = self.values.op
        return op

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        graph: Graph = self.values.graph
        return graph

    @property
    def name(self) -> str:
        """The name of the values."""
        return str(self.values.name)

    @property
    def device(self) -> str:
        """The requested device; ignored."""
        return self.op.device

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape of the whole."""
        if self.dense_shape is None:
            return TensorShape(None)
        value = constant_value(self.dense_shape)
        if value is not None:
            return TensorShape(dims(value))
        rank = self.dense_shape.shape.as_tuple()
        return TensorShape(None if rank is None or rank[0] is None else [None] * rank[0])

    def get_shape(self) -> TensorShape:
        """What is known of the shape of the whole."""
        return self.shape

    @property
    def components(self) -> tuple[Tensor, ...]:
        """The tensors it consists of."""
        parts = (self.values, self.indices, self.dense_shape)
        return tuple(part for part in parts if part is not None)

    def to_value(self, parts: Any) -> IndexedSlicesValue:
        """The value whose parts are the values of the components."""
        return IndexedSlicesValue(*parts, *[None] * (3 - len(parts)))

    def to_parts(self, value: Any) -> list[Any]:
        """The values to feed for the components."""
        return [part for part in value if part is not None]

    def _dense_value(self, as_ref: bool) -> Tensor:
        """The whole tensor.

        Raises:
            ValueError: its shape is not known.
        """
        if self.dense_shape is None:
            raise ValueError(
                "Tensor conversion requested for IndexedSlices for argument `value` without "
                f"dense_shape: {self!s}"
            )
        count = build(
            "StridedSlice",
            input=self.dense_shape,
            begin=[0],
            end=[1],
            strides=[1],
            shrink_axis_mask=1,
        )
        whole: Tensor = build(
            "UnsortedSegmentSum", data=self.values, segment_ids=self.indices, num_segments=count
        )
        return whole

    def __neg__(self) -> IndexedSlices:
        return IndexedSlices(build("Neg", x=self.values), self.indices, self.dense_shape)

    def __repr__(self) -> str:
        shape = "" if self.dense_shape is None else f", dense_shape={self.dense_shape}"
        return f"IndexedSlices(indices={self.indices}, values={self.values}{shape})"
