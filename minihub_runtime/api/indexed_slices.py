"""Tensors given by some of their slices: the gradients of what was gathered.

Source: tensorflow/python/framework/indexed_slices.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant_value, convert_to_tensor
from minihub_runtime.api.graph import Graph, Operation, Tensor
from minihub_runtime.api.tensor_shape import TensorShape, as_shape
from minihub_runtime.api.type_spec import CompositeTensor, TensorSpec, TypeSpec
from minihub_runtime.dtypes import DType, as_dtype, float32, int64
from minihub_runtime.public import public
from minihub_runtime.shapes import dims

__all__ = [
    "IndexedSlices",
    "IndexedSlicesSpec",
    "IndexedSlicesValue",
    "convert_to_tensor_or_indexed_slices",
]


@public("IndexedSlicesValue")
class IndexedSlicesValue(NamedTuple):
    """The value of an IndexedSlices."""

    values: Any
    indices: Any
    dense_shape: Any


@public("IndexedSlices")
class IndexedSlices(CompositeTensor):
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

    @property
    def _type_spec(self) -> IndexedSlicesSpec:
        count = self.indices.shape.merge_with(self.values.shape[:1])
        shape = TensorShape([None]).concatenate(self.values.shape[1:])
        if self.dense_shape is not None:
            shape = shape.merge_with(self.shape)
        return self._spec_of(shape, count)

    def _spec_of(self, shape: TensorShape, count: TensorShape) -> IndexedSlicesSpec:
        dense = None if self.dense_shape is None else self.dense_shape.dtype
        return IndexedSlicesSpec(shape, self.dtype, self.indices.dtype, dense, count)

    def _shape_invariant_to_type_spec(self, shape: TensorShape) -> IndexedSlicesSpec:
        """The spec whose values have this shape."""
        return self._spec_of(TensorShape([None]).concatenate(shape[1:]), shape[:1])

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


@public("IndexedSlicesSpec")
class IndexedSlicesSpec(TypeSpec):
    """Types and shapes of IndexedSlices.

    Attributes:
        shape: static shape of the larger tensor.
        dtype: type of the values.
        indices_dtype: type of the indices.
        dense_shape_dtype: type of the shape, None if it is not told.
        indices_shape: static shape of the indices.
    """

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = float32,
        indices_dtype: Any = int64,
        dense_shape_dtype: Any = None,
        indices_shape: Any = None,
    ) -> None:
        self.shape = as_shape(shape)
        self.dtype: DType = as_dtype(dtype)
        self.indices_dtype: DType = as_dtype(indices_dtype)
        self.dense_shape_dtype = None if dense_shape_dtype is None else as_dtype(dense_shape_dtype)
        self.indices_shape = as_shape(indices_shape).with_rank(1)

    @property
    def value_type(self) -> type:
        """`IndexedSlices`."""
        return IndexedSlices

    def _serialize(self) -> tuple[Any, ...]:
        return (
            self.shape,
            self.dtype,
            self.indices_dtype,
            self.dense_shape_dtype,
            self.indices_shape,
        )

    @property
    def _component_specs(self) -> tuple[TensorSpec, ...]:
        values = TensorSpec(self.indices_shape.concatenate(self.shape[1:]), self.dtype)
        indices = TensorSpec(self.indices_shape, self.indices_dtype)
        if self.dense_shape_dtype is None:
            return (values, indices)
        return (values, indices, TensorSpec([self.shape.ndims], self.dense_shape_dtype))

    def _to_components(self, value: Any) -> Any:
        return value.components

    def _from_components(self, components: Any) -> Any:
        return IndexedSlices(*components)


@public("convert_to_tensor_or_indexed_slices")
def convert_to_tensor_or_indexed_slices(
    value: Any, dtype: Any = None, name: str | None = None
) -> Any:
    """`value` itself if it consists of several tensors, else `convert_to_tensor` of it.

    Raises:
        ValueError: it has another type than `dtype`.
    """
    if not isinstance(value, CompositeTensor):
        return convert_to_tensor(value, dtype, name)
    found: Any = value
    if dtype is not None and not as_dtype(dtype).is_compatible_with(found.dtype):
        raise ValueError(
            f"Incompatible tensor conversion requested to `dtype` {as_dtype(dtype).name} for "
            f"`value` ({value}) with dtype {found.dtype.name}."
        )
    return value
