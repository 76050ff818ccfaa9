"""What a signature says of one input or output: dense, sparse or ragged, its type and its shape.

Source: tensorflow_hub/tensor_info.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from minihub.errors import ArgumentTypeError
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import (
    RaggedTensorSpec,
    SparseTensorSpec,
    TensorSpec,
    TypeSpec,
)
from minihub_runtime.codec import shape_from_proto
from minihub_runtime.dtypes import DType, as_dtype, int32, int64, variant
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.graph.ir import Ref, parse_ref
from minihub_runtime.shapes import Shape

__all__ = [
    "ParsedTensorInfo",
    "UnsupportedSpec",
    "parse_infos",
    "parse_tensor_info",
]

#: TypeSpecProto.TypeSpecClass
_SPARSE_SPEC, _RAGGED_SPEC = 1, 3

Kind = Literal["dense", "sparse", "ragged", "unsupported"]


class UnsupportedSpec(TypeSpec):
    """A composite type that modules cannot take.

    Attributes:
        value_type_name: the name of the type.
    """

    def __init__(self, value_type_name: str) -> None:
        self.value_type_name = value_type_name

    @property
    def value_type(self) -> type:
        """A class of that name; nothing is an instance of it."""
        return type(self.value_type_name, (), {})

    def is_compatible_with(self, spec_or_value: Any) -> bool:
        """Never: nothing of the type can be passed."""
        return False

    def _serialize(self) -> tuple[Any, ...]:
        return (self.value_type_name,)

    @property
    def _component_specs(self) -> list[TypeSpec]:
        return []

    def _to_components(self, value: Any) -> Any:
        raise InvalidArgumentError(f"a {self.value_type_name} cannot be taken apart")

    def _from_components(self, components: Any) -> Any:
        raise InvalidArgumentError(f"a {self.value_type_name} cannot be put together")

    def __repr__(self) -> str:
        return self.value_type_name


@dataclasses.dataclass(frozen=True, repr=False)
class ParsedTensorInfo:
    """One input or output of a signature.

    Attributes:
        kind: `dense`, `sparse`, `ragged`, or `unsupported` for other composite tensors.
        dtype: element type of the values.
        shape: static shape, None if the rank is unknown.
        refs: the tensors of the graph: one; (indices, values, dense_shape); or (flat values, splits outermost
            first).
        ragged: what is known of the rows, None for other kinds.
        type_name: name of the type, for messages.
    """

    kind: Kind
    dtype: DType
    shape: Shape
    refs: tuple[Ref, ...]
    ragged: RaggedTensorSpec | None = None
    type_name: str = "Tensor"

    @property
    def part_dtypes(self) -> tuple[DType, ...]:
        """The types of the tensors `refs`; none are known where the type is not supported."""
        if self.kind == "sparse":
            return (int64, self.dtype, int64)
        if self.kind == "ragged" and self.ragged is not None:
            return (self.dtype, *[self.ragged.row_splits_dtype] * self.ragged.ragged_rank)
        return (self.dtype,) if self.kind == "dense" else ()

    def get_shape(self) -> TensorShape:
        """The static shape, as a `minihub_runtime.TensorShape`."""
        return TensorShape(self.shape)

    @property
    def type_spec(self) -> TypeSpec:
        """Kind, type and shape as one value."""
        if self.kind == "dense":
            return TensorSpec(self.shape, self.dtype)
        if self.kind == "sparse":
            return SparseTensorSpec(self.shape, self.dtype)
        return UnsupportedSpec(self.type_name) if self.ragged is None else self.ragged

    @property
    def is_sparse(self) -> bool:
        """Whether it is a SparseTensor."""
        return self.kind == "sparse"

    @property
    def is_composite(self) -> bool:
        """Whether it consists of several tensors; true of a SparseTensor, too."""
        return self.kind != "dense"

    @property
    def is_supported_type(self) -> bool:
        """Whether it is a Tensor, SparseTensor or RaggedTensor."""
        return self.kind != "unsupported"

    def __repr__(self) -> str:
        if self.kind in ("ragged", "unsupported"):
            return f"<hub.ParsedTensorInfo type_spec={self.type_spec!r}>"
        return (
            f"<hub.ParsedTensorInfo shape={TensorShape(self.shape)} dtype={self.dtype.name} "
            f"is_sparse={self.is_sparse}>"
        )


def parse_tensor_info(proto: Any) -> ParsedTensorInfo:
    """The info of a TensorInfo proto.

    Args:
        proto: a `tensorflow.TensorInfo`.

    Raises:
        InvalidArgumentError: it has no encoding that TF1 knows, or names no tensor.
    """
    encoding = proto.WhichOneof("encoding")
    if encoding == "composite_tensor":
        return _parse_composite(proto)
    if not proto.dtype:
        raise InvalidArgumentError("it must have a dtype")
    dtype = _dtype(proto.dtype)
    shape = shape_from_proto(proto.tensor_shape)
    if encoding == "coo_sparse":
        coo = proto.coo_sparse
        names = (
            coo.indices_tensor_name,
            coo.values_tensor_name,
            coo.dense_shape_tensor_name,
        )
        refs = tuple(parse_ref(text) for text in names)
        return ParsedTensorInfo("sparse", dtype, shape, refs, type_name="SparseTensor")
    if encoding == "name":
        return ParsedTensorInfo("dense", dtype, shape, (parse_ref(proto.name),))
    raise InvalidArgumentError(f"Unsupported TensorInfo encoding {encoding!r}")


def _dtype(number: int) -> DType:
    try:
        return as_dtype(number)
    except TypeError:
        raise ArgumentTypeError(f"{number} must be the number of an element type") from None


def _parse_composite(proto: Any) -> ParsedTensorInfo:
    spec = proto.composite_tensor.type_spec
    components = [parse_tensor_info(part) for part in proto.composite_tensor.components]
    refs = tuple(ref for part in components for ref in part.refs)
    if spec.type_spec_class == _SPARSE_SPEC and len(components) == len(refs) == 3:
        state = spec.type_state.tuple_value.values
        known = state[0].tensor_shape_value if state else proto.tensor_shape
        dtype = components[1].dtype
        return ParsedTensorInfo(
            "sparse", dtype, shape_from_proto(known), refs, None, "SparseTensor"
        )
    if spec.type_spec_class != _RAGGED_SPEC or not components:
        type_name = spec.type_spec_class_name.removesuffix("Spec")
        type_name = type_name or f"value of type spec {spec.type_spec_class}"
        dtype = _dtype(proto.dtype) if proto.dtype else variant
        return ParsedTensorInfo("unsupported", dtype, None, refs, type_name=type_name)
    shape, dtype, ragged_rank, splits = _ragged_parts(spec.type_state)
    try:
        ragged = RaggedTensorSpec(shape, dtype, ragged_rank, splits)
    except ValueError as error:
        raise InvalidArgumentError(f"it must be a ragged tensor: {error}") from None
    if splits not in (int32, int64):
        raise InvalidArgumentError(f"its row splits must be int32 or int64, not {splits.name}")
    if len(refs) != ragged_rank + 1:
        raise InvalidArgumentError(
            f"it must have {ragged_rank + 1} components for ragged rank {ragged_rank}, "
            f"not {len(refs)}"
        )
    if not ragged_rank:
        return ParsedTensorInfo("dense", dtype, shape, refs)
    return ParsedTensorInfo("ragged", dtype, shape, refs, ragged, "RaggedTensor")


def _ragged_parts(state: Any) -> tuple[Shape, DType, int, DType]:
    """Shape, dtype, ragged rank and type of the splits from a RaggedTensorSpec's state."""
    values = state.tuple_value.values
    if len(values) < 4:
        raise InvalidArgumentError("a RaggedTensorSpec must hold four values")
    return (
        shape_from_proto(values[0].tensor_shape_value),
        _dtype(values[1].tensor_dtype_value),
        int(values[2].int64_value),
        _dtype(values[3].tensor_dtype_value),
    )


def parse_infos(protos: Mapping[str, Any], label: str = "%r") -> dict[str, ParsedTensorInfo]:
    """The infos of a signature's inputs or outputs, by name.

    Args:
        protos: by name.
        label: what to call one in messages, with `%r` for its name.

    Raises:
        InvalidArgumentError: one is not what TF1 can encode.
    """
    infos = {}
    for name, proto in sorted(protos.items()):
        try:
            infos[name] = parse_tensor_info(proto)
        except InvalidArgumentError as error:
            error.message = f"{label.replace('%r', repr(clip(name)))}: {error.message}"
            error.args = (error.message,)
            raise
    return infos
