"""Sparse tensors in graphs, and placeholders of dense and sparse ones.

Source: tensorflow/python/framework/sparse_tensor.py, tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.defaults import default_session
from minihub_runtime.api.graph import Graph, Operation, Tensor, get_default_graph, name_scope
from minihub_runtime.api.operators import SparseOperators
from minihub_runtime.api.static_values import constant_value_as_shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import CompositeTensor, SparseTensorSpec
from minihub_runtime.dtypes import DType, as_dtype, int64
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = [
    "SparseTensor",
    "placeholder",
    "placeholder_with_default",
    "sparse_placeholder",
]


@public("SparseTensor", "sparse.SparseTensor")
class SparseTensor(SparseOperators, CompositeTensor):
    """Three tensors that stand for one with few elements that are not zero.

    Attributes:
        indices: int64 [n, rank].
        values: [n].
        dense_shape: int64 [rank].
    """

    dispatch_kind = "sparse"

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        with name_scope(None, "SparseTensor", [indices, values, dense_shape]):
            self.indices = convert_to_tensor(indices, int64, "indices")
            self.values = convert_to_tensor(values, name="values")
            self.dense_shape = convert_to_tensor(dense_shape, int64, "dense_shape")
            self._shape = constant_value_as_shape(self.dense_shape)
        if self.dense_shape.op.type == "Const":
            # What follows relies on the shape that is known.
            self.dense_shape.graph.prevent_feeding(self.dense_shape)
        count, rank = self.indices.shape.with_rank(2)
        (length,) = self.values.shape.with_rank(1)
        (dimensions,) = self.dense_shape.shape.with_rank(1)
        count.merge_with(length)
        rank.merge_with(dimensions)

    @classmethod
    def from_value(cls, value: Any) -> SparseTensor:
        """A sparse tensor as it is, the value of one as one.

        Raises:
            TypeError: it is neither.
        """
        if isinstance(value, SparseTensor):
            return cls(value.indices, value.values, value.dense_shape)
        if not isinstance(value, SparseTensorValue):
            raise TypeError(
                f"Argument sparse_tensor_value={value} is neither a SparseTensor nor SparseTensorValue."
            )
        return cls(*value)

    def with_values(self, new_values: Any) -> SparseTensor:
        """Other values at the same indices."""
        return SparseTensor(self.indices, new_values, self.dense_shape)

    def consumers(self) -> list[Operation]:
        """The operations that read its parts."""
        found = {op.name: op for part in self.components for op in part.consumers()}
        return list(found.values())

    @property
    def dtype(self) -> DType:
        """The type of the values."""
        return self.values.dtype

    @property
    def op(self) -> Operation:
        """The operation that makes the values."""
        return self.values.op

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self.values.graph

    @property
    def name(self) -> str:
        """The name of the values."""
        return self.values.name

    @property
    def shape(self) -> TensorShape:
        """What is known of the dense shape."""
        return self._shape

    def set_shape(self, shape: Any) -> None:
        """Add what the caller knows of the dense shape.

        Raises:
            ValueError: it contradicts what is known.
        """
        self._shape = self._shape.merge_with(shape)

    def get_shape(self) -> TensorShape:
        """What is known of the dense shape."""
        return self.shape

    @property
    def _type_spec(self) -> SparseTensorSpec:
        return SparseTensorSpec(self.shape, self.dtype)

    def _shape_invariant_to_type_spec(self, shape: TensorShape) -> SparseTensorSpec:
        """What holds in every turn of a loop in which `dense_shape` has this shape."""
        if shape.ndims not in (None, 1):
            raise ValueError(
                f"Expected a shape with 1 dimension. Obtained: {shape} which has {shape.ndims} "
                "dimensions."
            )
        rank = shape[0].value
        return SparseTensorSpec(None if rank is None else [None] * rank, self.dtype)

    @property
    def components(self) -> tuple[Tensor, ...]:
        """The tensors it consists of."""
        return (self.indices, self.values, self.dense_shape)

    def to_value(self, parts: Any) -> SparseTensorValue:
        """The value whose parts are the values of the components."""
        return SparseTensorValue(*parts)

    def to_parts(self, value: Any) -> list[Any]:
        """The values to feed for the components."""
        return list(value)

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value in `session` or the default session."""
        return default_session(session, self.graph).run(self, feed_dict)

    def __repr__(self) -> str:
        return (
            f"SparseTensor(indices={self.indices}, values={self.values}, "
            f"dense_shape={self.dense_shape})"
        )


@public("placeholder")
def placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> Tensor:
    """A tensor whose value must be fed."""
    attrs = {"dtype": as_dtype(dtype), "shape": TensorShape(shape).as_tuple()}
    return get_default_graph().create_op("Placeholder", [], attrs, name).outputs[0]


@public("placeholder_with_default")
def placeholder_with_default(input: Any, shape: Any, name: str | None = None) -> Tensor:
    """A tensor that has the value of `input` unless one is fed."""
    made: Tensor = build("PlaceholderWithDefault", name=name, input=input, shape=shape)
    return made


@public("sparse_placeholder", "sparse.placeholder")
def sparse_placeholder(dtype: Any, shape: Any = None, name: str | None = None) -> SparseTensor:
    """A sparse tensor whose value must be fed; `shape` may be a list with None, or -1, for unknown sizes."""

    def part(suffix: str) -> str | None:
        return f"{name}/{suffix}" if name is not None else None

    if isinstance(shape, (list, tuple)):
        shape = [None if n == -1 else n for n in shape]
    known = TensorShape(shape).as_tuple() if shape is not None else None
    rank = None if known is None else len(known)
    if known is None:
        dense = placeholder(int64, [None], part("shape"))
    else:
        # A size that is not known is -1 in the default, which stands for no value: it must be fed.
        sizes = np.array([-1 if n is None else n for n in known], np.int64)
        default = convert_to_tensor(sizes, int64, part("shape_default"))
        dense = placeholder_with_default(default, [rank], part("shape"))
    values = placeholder(dtype, [None], part("values"))
    indices = placeholder(int64, [None, rank], part("indices"))
    made = SparseTensor(indices, values, dense)
    made.set_shape(known)
    return made
