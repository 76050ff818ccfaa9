"""What is known of a value before it is there: the kind of tensor, its type and its static shape.

Specs describe; they import neither graphs nor ops, so that reading a signature stays light.

Source: tensorflow/python/framework/type_spec.py, tensor.py, sparse_tensor.py, tensorflow/python/ops/ragged/ragged_tensor.py.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minihub_runtime.api.tensor_shape import TensorShape, as_shape
from minihub_runtime.dtypes import DType, as_dtype, float32, int64
from minihub_runtime.public import public
from minihub_runtime.shapes import common
from minihub_runtime.values import RaggedTensorValue, SparseTensorValue

if TYPE_CHECKING:
    from minihub_runtime.api.elements import Tensor

__all__ = [
    "CompositeTensor",
    "RaggedTensorSpec",
    "SparseTensorSpec",
    "TensorSpec",
    "TypeSpec",
    "type_spec_from_value",
]


class CompositeTensor(abc.ABC):
    """A value that consists of several tensors.

    Attributes:
        dispatch_kind: which versions of functions it calls for; see `api.dispatch`.
    """

    dispatch_kind: ClassVar[str | None] = None

    @property
    @abc.abstractmethod
    def _type_spec(self) -> TypeSpec:
        """What is known of it."""

    @property
    @abc.abstractmethod
    def components(self) -> tuple[Any, ...]:
        """The tensors it consists of."""

    @abc.abstractmethod
    def to_value(self, parts: Any) -> Any:
        """The value whose parts are the values of the components."""

    @abc.abstractmethod
    def to_parts(self, value: Any) -> list[Any]:
        """The values to feed for the components."""


@public("TypeSpec", "data.experimental.Structure")
class TypeSpec(abc.ABC):
    """What is known of a value."""

    @property
    @abc.abstractmethod
    def value_type(self) -> type:
        """The class of the values it describes."""

    @abc.abstractmethod
    def _serialize(self) -> tuple[Any, ...]:
        """The arguments of the constructor."""

    @property
    @abc.abstractmethod
    def _component_specs(self) -> Any:
        """The specs of the tensors that a value consists of."""

    @abc.abstractmethod
    def _to_components(self, value: Any) -> Any:
        """The tensors that `value` consists of."""

    @abc.abstractmethod
    def _from_components(self, components: Any) -> Any:
        """The value that consists of these tensors."""

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether one value could be described by both.

        Args:
            spec_or_value: a spec, or a value whose spec counts.
        """
        other = spec_or_value
        if not isinstance(other, TypeSpec):
            other = type_spec_from_value(other)
        return type(self) is type(other) and _compatible(self._serialize(), other._serialize())

    def most_specific_common_supertype(self, others: Sequence[TypeSpec]) -> TypeSpec | None:
        """The narrowest spec of all values that this one or one of `others` describes; None if there is none."""
        if any(type(self) is not type(other) for other in others):
            return None
        merged = []
        for mine, *theirs in zip(*(spec._serialize() for spec in (self, *others))):
            common = _common(mine, theirs)
            if common is NotImplemented:
                return None
            merged.append(common)
        return type(self)(*merged)

    def most_specific_compatible_type(self, other: TypeSpec) -> TypeSpec:
        """The narrowest spec of all values that this one or the other describes.

        Raises:
            ValueError: there is none.
        """
        found = self.most_specific_common_supertype([other])
        if found is None:
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}")
        return found

    def is_subtype_of(self, other: Any) -> bool:
        """Whether the other describes every value that this one does."""
        return type(self) is type(other) and all(
            _within(mine, theirs) for mine, theirs in zip(self._serialize(), other._serialize())
        )

    def _without_tensor_names(self) -> TypeSpec:
        return self

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self._serialize() == other._serialize()

    def __hash__(self) -> int:
        return hash((type(self), self._serialize()))

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return type(self), self._serialize()

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._serialize()!r}"


def _compatible(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, TypeSpec):
        return mine.is_compatible_with(theirs)
    if type(mine) is not type(theirs):
        return False
    if isinstance(mine, (list, tuple)):
        return len(mine) == len(theirs) and all(map(_compatible, mine, theirs))
    if isinstance(mine, Mapping):
        return mine.keys() == theirs.keys() and all(
            _compatible(part, theirs[key]) for key, part in mine.items()
        )
    if isinstance(mine, (TensorShape, DType)):
        return mine.is_compatible_with(theirs)
    return bool(mine == theirs)


def _common(mine: Any, theirs: Sequence[Any]) -> Any:
    """The narrowest part that holds for all; NotImplemented if there is none."""
    if isinstance(mine, (tuple, Mapping)) and theirs:
        return _common_structure(mine, theirs)
    for other in theirs:
        if isinstance(mine, TensorShape):
            mine = TensorShape(common([mine.as_tuple(), other.as_tuple()]))
        elif isinstance(mine, TypeSpec):
            mine = mine.most_specific_common_supertype([other])
            if mine is None:
                return NotImplemented
        elif mine != other:
            return NotImplemented
    return mine


def _common_structure(mine: Any, theirs: Sequence[Any]) -> Any:
    """The same of structures, part by part."""
    if any(type(mine) is not type(other) or len(mine) != len(other) for other in theirs):
        return NotImplemented
    keys: Any = range(len(mine))
    if isinstance(mine, Mapping):
        keys = mine.keys()
        if any(other.keys() != keys for other in theirs):
            return NotImplemented
    parts = [_common(mine[key], [other[key] for other in theirs]) for key in keys]
    if any(part is NotImplemented for part in parts):
        return NotImplemented
    if isinstance(mine, Mapping):
        return dict(zip(keys, parts))
    return type(mine)(*parts) if hasattr(mine, "_fields") else type(mine)(parts)


def _within(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, TensorShape):
        inner, outer = mine.as_tuple(), theirs.as_tuple()
        if outer is None:
            return True
        return (
            inner is not None
            and len(inner) == len(outer)
            and all(n is None or n == m for m, n in zip(inner, outer))
        )
    if isinstance(mine, TypeSpec):
        return mine.is_subtype_of(theirs)
    return bool(mine == theirs)


@public("TensorSpec")
class TensorSpec(TypeSpec):
    """Type and shape of a dense tensor.

    Attributes:
        shape: static shape.
        dtype: element type.
        name: a name, or None.
    """

    def __init__(self, shape: Any, dtype: Any = float32, name: str | None = None) -> None:
        self.shape = TensorShape(shape)
        self.dtype: DType = as_dtype(dtype)
        self.name = name

    @property
    def value_type(self) -> type[Tensor]:
        """`Tensor`."""
        from minihub_runtime.api.elements import Tensor

        return Tensor

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """Shape and type of another spec."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """Shape and type of a tensor, under the name of its operation unless one is given.

        Raises:
            ValueError: it is none.
        """
        if not isinstance(tensor, cls(None).value_type):
            raise ValueError(f"`tensor` should be a tf.Tensor, but got type {type(tensor)}.")
        return cls(tensor.shape, tensor.dtype, name or tensor.op.name)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether one tensor could be described by both; the name does not count."""
        other = spec_or_value
        return (
            isinstance(other, (TensorSpec, self.value_type))
            and self.dtype.is_compatible_with(other.dtype)
            and self.shape.is_compatible_with(other.shape)
        )

    def is_subtype_of(self, other: Any) -> bool:
        """Whether the other describes every tensor that this one does."""
        return (
            isinstance(other, TensorSpec)
            and (not self.name or self.name == other.name)
            and _within(self.shape, other.shape)
            and self.dtype == other.dtype
        )

    def _without_tensor_names(self) -> TensorSpec:
        return TensorSpec(self.shape, self.dtype) if self.name else self

    def _serialize(self) -> tuple[Any, ...]:
        return (self.shape, self.dtype, self.name)

    @property
    def _component_specs(self) -> TensorSpec:
        return self

    def _to_components(self, value: Any) -> Any:
        return value

    def _from_components(self, components: Any) -> Any:
        return components

    def __repr__(self) -> str:
        return f"TensorSpec(shape={self.shape}, dtype={self.dtype!r}, name={self.name!r})"


@public("SparseTensorSpec")
class SparseTensorSpec(TypeSpec):
    """Type and shape of a sparse tensor.

    Attributes:
        shape: static dense shape.
        dtype: type of its values.
    """

    def __init__(self, shape: Any = None, dtype: Any = float32) -> None:
        self.shape = as_shape(shape)
        self.dtype: DType = as_dtype(dtype)

    @property
    def value_type(self) -> type:
        """`SparseTensor`."""
        from minihub_runtime.api.composite import SparseTensor

        return SparseTensor

    @classmethod
    def from_value(cls, value: Any) -> SparseTensorSpec:
        """The spec of a SparseTensor or a SparseTensorValue.

        Raises:
            TypeError: it is neither.
        """
        if isinstance(value, SparseTensorValue):
            return cls(np.asarray(value.dense_shape).tolist(), np.asarray(value.values).dtype)
        if isinstance(value, CompositeTensor) and isinstance(value._type_spec, cls):
            return value._type_spec
        raise TypeError(
            f"Expected SparseTensor or SparseTensorValue. Received: {value} of type "
            f"{type(value).__name__}."
        )

    def _serialize(self) -> tuple[Any, ...]:
        return (self.shape, self.dtype)

    @property
    def _component_specs(self) -> list[TensorSpec]:
        rank = self.shape.ndims
        return [
            TensorSpec([None, rank], int64),
            TensorSpec([None], self.dtype),
            TensorSpec([rank], int64),
        ]

    def _to_components(self, value: Any) -> Any:
        return [value.indices, value.values, value.dense_shape]

    def _from_components(self, components: Any) -> Any:
        if all(isinstance(part, np.ndarray) for part in components):
            return SparseTensorValue(*components)
        made = self.value_type(*components)
        made.set_shape(self.shape)
        return made


@public("RaggedTensorSpec")
class RaggedTensorSpec(TypeSpec):
    """Type and shape of a ragged tensor.

    Attributes:
        shape: static shape of the whole tensor.
        dtype: type of its values.
        ragged_rank: number of ragged levels; by default all but the last dimension of `shape`.
        row_splits_dtype: int32 or int64.
        flat_values_spec: spec of the flat values, or None where they are a Tensor.
    """

    def __init__(
        self,
        shape: Any = None,
        dtype: Any = float32,
        ragged_rank: int | None = None,
        row_splits_dtype: Any = int64,
        flat_values_spec: TypeSpec | None = None,
    ) -> None:
        self.shape = as_shape(shape)
        self.row_splits_dtype: DType = as_dtype(row_splits_dtype)
        if flat_values_spec is not None:
            raise NotImplementedError("RaggedTensorSpec: flat_values_spec is not supported")
        if dtype is None:
            raise ValueError("At least one of dtype or flat_values_spec must be provided")
        self.dtype: DType = as_dtype(dtype)
        rank = self.shape.ndims
        if ragged_rank is None:
            if rank is None:
                raise ValueError("Must specify ragged_rank or a shape with a known rank.")
            ragged_rank = rank - 1
        if not isinstance(ragged_rank, int):
            raise TypeError(f"Argument `ragged_rank` must be an int. Received {ragged_rank}.")
        if rank is not None and ragged_rank >= rank:
            raise ValueError(
                f"Argument `ragged_rank` ({ragged_rank}) must be less than rank ({rank})."
            )
        self.ragged_rank = ragged_rank
        self.flat_values_spec = None

    @property
    def value_type(self) -> type:
        """`RaggedTensor`; `Tensor` if nothing is ragged."""
        if not self.ragged_rank:
            return TensorSpec(None).value_type
        from minihub_runtime.api.ragged.tensor import RaggedTensor

        return RaggedTensor

    @classmethod
    def from_value(cls, value: Any) -> RaggedTensorSpec:
        """The spec of a RaggedTensor or a RaggedTensorValue."""
        if isinstance(value, RaggedTensorValue):
            shape, splits = value.shape, value.row_splits.dtype
            return cls(shape, value.dtype, value.ragged_rank, splits)
        return cls(value.shape, value.dtype, value.ragged_rank, value.row_splits.dtype)

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Whether one value could be described by both; without ragged levels that may be a dense tensor."""
        dense = TensorSpec(self.shape, self.dtype)
        if not self.ragged_rank and isinstance(spec_or_value, (TensorSpec, dense.value_type)):
            return dense.is_compatible_with(spec_or_value)
        return super().is_compatible_with(spec_or_value)

    def _serialize(self) -> tuple[Any, ...]:
        return (self.shape, self.dtype, self.ragged_rank, self.row_splits_dtype)

    @property
    def _component_specs(self) -> list[TensorSpec]:
        if self.ragged_rank <= 0:
            return [TensorSpec(self.shape, self.dtype)]
        flat = TensorShape([None]).concatenate(self.shape[self.ragged_rank + 1 :])
        rows = self.shape[0].value
        inner = TensorSpec([None], self.row_splits_dtype)
        return [
            TensorSpec(flat, self.dtype),
            TensorSpec([None if rows is None else rows + 1], self.row_splits_dtype),
            *[inner] * (self.ragged_rank - 1),
        ]

    def _to_components(self, value: Any) -> Any:
        return list(value.components) if isinstance(value, CompositeTensor) else [value]

    def _from_components(self, components: Any) -> Any:
        if all(isinstance(part, np.ndarray) for part in components):
            result: Any = components[0]
            for splits in reversed(components[1:]):
                result = RaggedTensorValue(result, splits)
            return result
        from minihub_runtime.api.ragged.tensor import RaggedTensor

        result = RaggedTensor.from_nested_row_splits(components[0], components[1:], validate=False)
        if isinstance(result, RaggedTensor):
            result._set_shape(self.shape)
        else:
            result.set_shape(self.shape)
        return result


@public("type_spec_from_value")
def type_spec_from_value(value: Any) -> TypeSpec:
    """The spec of a tensor of any kind, of an array, or of what converts to a tensor.

    Raises:
        TypeError: it is none of these.
    """
    from minihub_runtime.api.conversion import convert_to_tensor
    from minihub_runtime.api.elements import Tensor

    if isinstance(value, TypeSpec):
        return value
    if isinstance(value, (np.ndarray, Tensor)):
        return TensorSpec(value.shape, value.dtype)
    if isinstance(value, CompositeTensor) or hasattr(type(value), "_type_spec"):
        # A TensorArray is no composite tensor: structures hold it as one value.
        spec: TypeSpec = value._type_spec
        return spec
    if isinstance(value, SparseTensorValue):
        return SparseTensorSpec.from_value(value)
    if isinstance(value, RaggedTensorValue):
        return RaggedTensorSpec.from_value(value)
    try:
        tensor = convert_to_tensor(value)
    except (ValueError, TypeError) as error:
        raise TypeError(
            f"Could not build a TypeSpec for {value} of unsupported type {type(value)}."
        ) from error
    return TensorSpec(tensor.shape, tensor.dtype)
