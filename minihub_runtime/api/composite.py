"""Sparse and ragged tensors in graphs, and placeholders of all kinds.

Source: tensorflow/python/framework/sparse_tensor.py, tensorflow/python/ops/ragged/ragged_tensor.py,
tensorflow/python/ops/array_ops.py.
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
from minihub_runtime.api.type_spec import CompositeTensor, RaggedTensorSpec, SparseTensorSpec
from minihub_runtime.dtypes import DType, as_dtype, int64
from minihub_runtime.public import public
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue

__all__ = [
    "RaggedTensor",
    "SparseTensor",
    "placeholder",
    "placeholder_with_default",
    "ragged_placeholder",
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
        count, rank = self.indices.shape.with_rank(2)
        (length,) = self.values.shape.with_rank(1)
        (dimensions,) = self.dense_shape.shape.with_rank(1)
        count.merge_with(length)
        rank.merge_with(dimensions)

    @classmethod
    def from_value(cls, value: Any) -> SparseTensor:
        """The sparse tensor of a SparseTensor, a SparseTensorValue or a tuple of its parts."""
        return value if isinstance(value, SparseTensor) else cls(*value)

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


@public("RaggedTensor")
class RaggedTensor(CompositeTensor):
    """Tensors that stand for one whose rows have different lengths.

    Attributes:
        values: the rows one after the other: a Tensor, or a RaggedTensor for deeper nesting.
        row_splits: int32 or int64 [n + 1].
    """

    dispatch_kind = "ragged"

    def __init__(self, values: Any, row_splits: Tensor) -> None:
        self.values = values
        self.row_splits = row_splits

    @classmethod
    def from_row_splits(cls, values: Any, row_splits: Any, name: str | None = None) -> RaggedTensor:
        """Rows whose ends are `row_splits`."""
        if not isinstance(values, RaggedTensor):
            values = convert_to_tensor(values)
        splits = np.asarray(row_splits) if not isinstance(row_splits, Tensor) else row_splits
        if isinstance(splits, np.ndarray) and splits.dtype not in (np.int32, np.int64):
            splits = splits.astype(np.int64)
        return cls(values, convert_to_tensor(splits, name="row_splits"))

    @classmethod
    def from_nested_row_splits(cls, flat_values: Any, nested_row_splits: Any) -> RaggedTensor:
        """Nested rows; the splits stand outermost first."""
        value: Any = flat_values
        for splits in reversed(list(nested_row_splits)):
            value = cls.from_row_splits(value, splits)
        result: RaggedTensor = value
        return result

    @classmethod
    def from_value(cls, value: Any) -> RaggedTensor:
        """The ragged tensor of a RaggedTensor, a RaggedTensorValue or nested lists."""
        if isinstance(value, RaggedTensor):
            return value
        if not isinstance(value, RaggedTensorValue):
            value = RaggedTensorValue.from_rows(value)
        return cls.from_nested_row_splits(value.flat_values, value.nested_row_splits)

    @property
    def flat_values(self) -> Tensor:
        """The innermost values."""
        values = self.values
        while isinstance(values, RaggedTensor):
            values = values.values
        result: Tensor = values
        return result

    @property
    def nested_row_splits(self) -> list[Tensor]:
        """The splits of every level, outermost first."""
        deeper = self.values.nested_row_splits if isinstance(self.values, RaggedTensor) else []
        return [self.row_splits, *deeper]

    @property
    def ragged_rank(self) -> int:
        """The number of ragged levels."""
        return len(self.nested_row_splits)

    @property
    def dtype(self) -> DType:
        """The type of the values."""
        return self.flat_values.dtype

    @property
    def graph(self) -> Graph:
        """The graph it belongs to."""
        return self.flat_values.graph

    @property
    def shape(self) -> TensorShape:
        """What is known of the shape; None where rows differ."""
        length = self.row_splits.shape.as_tuple()
        rows = None if length is None or length[0] is None else length[0] - 1
        inner = self.values.shape.as_tuple()
        if inner is None:
            return TensorShape(None)
        return TensorShape([rows, None, *inner[1:]])

    @property
    def _type_spec(self) -> RaggedTensorSpec:
        return RaggedTensorSpec.from_value(self)

    def _shape_invariant_to_type_spec(self, shape: TensorShape) -> RaggedTensorSpec:
        """What holds in every turn of a loop in which it has this shape."""
        return RaggedTensorSpec(shape, self.dtype, self.ragged_rank, self.row_splits.dtype)

    @property
    def components(self) -> tuple[Tensor, ...]:
        """The tensors it consists of: values, then splits outermost first."""
        return (self.flat_values, *self.nested_row_splits)

    def to_value(self, parts: Any) -> RaggedTensorValue:
        """The value whose parts are the values of the components."""
        return RaggedTensorValue.from_nested_row_splits(parts[0], parts[1:])

    def to_parts(self, value: Any) -> list[Any]:
        """The values to feed for the components."""
        if not isinstance(value, RaggedTensorValue):
            value = RaggedTensorValue.from_rows(value)
        return [value.flat_values, *value.nested_row_splits]

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Its value in `session` or the default session."""
        return default_session(session, self.graph).run(self, feed_dict)

    def __repr__(self) -> str:
        return f"tf.RaggedTensor(values={self.values}, row_splits={self.row_splits})"


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
    """A sparse tensor whose value must be fed; `shape` may be a list with None for unknown sizes."""

    def part(suffix: str) -> str | None:
        return f"{name}/{suffix}" if name is not None else None

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


@public("ragged.placeholder")
def ragged_placeholder(
    dtype: Any, ragged_rank: int, value_shape: Any = None, name: str | None = None
) -> RaggedTensor:
    """A ragged tensor whose value must be fed."""
    flat_shape = TensorShape([None]).concatenate(value_shape if value_shape is not None else [])
    with name_scope(name, "RaggedPlaceholder"):
        value: Any = placeholder(dtype, flat_shape, "flat_values")
        for level in reversed(range(ragged_rank)):
            value = RaggedTensor(value, placeholder(int64, [None], f"row_splits_{level}"))
    result: RaggedTensor = value
    return result
