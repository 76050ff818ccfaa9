"""Values of which a batch can be kept in a TensorArray: tensors as they are, sparse and ragged ones as variants.

Source: tensorflow/python/framework/type_spec.py (BatchableTypeSpec), sparse_tensor.py, tensorflow/python/ops/ragged/ragged_tensor.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.type_spec import RaggedTensorSpec, SparseTensorSpec, TensorSpec, TypeSpec
from minihub_runtime.dtypes import int64, variant

__all__ = ["batched", "boxed", "boxed_rows", "boxed_spec", "unbatched", "unboxed"]


def boxed_spec(spec: TypeSpec) -> TensorSpec:
    """The spec of the tensor that keeps a value of a spec.

    Raises:
        TypeError: there is none.
    """
    if isinstance(spec, TensorSpec):
        return spec
    if isinstance(spec, (SparseTensorSpec, RaggedTensorSpec)):
        return TensorSpec(None, variant)
    raise TypeError(f"{spec} cannot be kept in a TensorArray")


def boxed(spec: TypeSpec, value: Any) -> Tensor:
    """The tensor that keeps a value: a variant, or the three of a sparse tensor's parts.

    Raises:
        ValueError: it has not the ragged rank of the spec.
    """
    if isinstance(spec, SparseTensorSpec):
        return _serialized("SerializeSparse", SparseTensor.from_value(value))
    if isinstance(spec, RaggedTensorSpec):
        return _encoded(spec, value, batched_input=False)
    return convert_to_tensor(value)


def boxed_rows(spec: TypeSpec, value: Any) -> Tensor:
    """The vector of the tensors that keep the rows of a value.

    Raises:
        ValueError: it is a scalar, or has not the ragged rank of the spec.
        TypeError: it is no tensor.
    """
    if isinstance(spec, SparseTensorSpec):
        if spec.shape.ndims == 0:
            raise ValueError(
                "Unbatching a sparse tensor is only supported for rank >= 1. Obtained input: "
                f"{value}."
            )
        return _serialized("SerializeManySparse", value)
    if isinstance(spec, RaggedTensorSpec):
        return _encoded(spec, value, batched_input=True)
    if not isinstance(spec, TensorSpec):
        raise TypeError(f"a value must be a tensor of some kind to have rows, not of {spec}")
    tensor: Tensor = value
    return tensor


def _serialized(op: str, value: SparseTensor) -> Tensor:
    made: Tensor = build(
        op,
        sparse_indices=value.indices,
        sparse_values=value.values,
        sparse_shape=value.dense_shape,
        out_type=variant,
    )
    return made


def _encoded(spec: RaggedTensorSpec, value: Any, batched_input: bool) -> Tensor:
    if isinstance(value, RaggedTensor):
        if value.ragged_rank != spec.ragged_rank:
            raise ValueError(
                f"Ragged rank of value {value.ragged_rank} does not match ragged rank of type "
                f"{spec.ragged_rank}."
            )
        splits, flat = value.nested_row_splits, value.flat_values
    elif spec.ragged_rank > 0:
        raise ValueError(
            f"Expected a RaggedTensor if ragged rank={spec.ragged_rank} but got "
            f"{type(value).__name__}."
        )
    else:
        splits, flat = (), value
    arguments: dict[str, Any] = {
        "rt_nested_splits": splits,
        "rt_dense_values": flat,
        "batched_input": batched_input,
    }
    if not isinstance(value, RaggedTensor):
        return build("RaggedTensorToVariant", **arguments)  # type: ignore[no-any-return]
    with name_scope(None, "RaggedToVariant", [flat]):
        return build("RaggedTensorToVariant", **arguments)  # type: ignore[no-any-return]


def unboxed(spec: TypeSpec, tensor: Tensor) -> Any:
    """The value that a tensor keeps, or several of them do."""
    if isinstance(spec, SparseTensorSpec):
        return _deserialized(spec, tensor)
    if isinstance(spec, RaggedTensorSpec):
        return _decoded(spec, tensor)
    assert isinstance(spec, TensorSpec)
    tensor.set_shape(spec.shape)
    return tensor


def _deserialized(spec: SparseTensorSpec, tensor: Tensor) -> SparseTensor:
    indices, values, dense_shape = build(
        "DeserializeSparse", serialized_sparse=tensor, dtype=spec.dtype
    )
    rank = spec.shape.ndims
    indices.set_shape([None, rank])
    if spec.shape.is_fully_defined():
        dense_shape = convert_to_tensor(spec.shape, int64, "shape")
    elif rank is not None and any(n is not None for n in spec.shape.as_list()):
        sizes: list[Any] = list(build("Unpack", name="unstack", value=dense_shape, num=rank))
        for place, n in enumerate(spec.shape.as_list()):
            if n is not None:
                sizes[place] = constant(n, int64)
        dense_shape = build("Pack", name="stack", values=sizes)
    else:
        dense_shape.set_shape([rank])
    return SparseTensor(indices, values, dense_shape)


def _decoded(spec: RaggedTensorSpec, tensor: Tensor) -> Any:
    with name_scope(None, "RaggedFromVariant", [tensor]):
        splits, flat = build(
            "RaggedTensorFromVariant",
            encoded_ragged=tensor,
            input_ragged_rank=-1,
            output_ragged_rank=max(spec.ragged_rank, 0),
            Tvalues=spec.dtype,
            Tsplits=spec.row_splits_dtype,
        )
        found: Any = RaggedTensor.from_nested_row_splits(flat, splits, validate=False)
    if isinstance(found, RaggedTensor):
        found._set_shape(spec.shape)
    else:
        found.set_shape(spec.shape)
    return found


def batched(spec: TypeSpec, count: Any) -> TypeSpec:
    """The spec of `count` values of a spec together.

    Raises:
        TypeError: they are no tensors.
    """
    outer = TensorShape([count])
    if isinstance(spec, SparseTensorSpec):
        return SparseTensorSpec(outer.concatenate(spec.shape), spec.dtype)
    if isinstance(spec, RaggedTensorSpec):
        return RaggedTensorSpec(
            outer.concatenate(spec.shape), spec.dtype, spec.ragged_rank + 1, spec.row_splits_dtype
        )
    if not isinstance(spec, TensorSpec):
        raise TypeError(f"values must be tensors of some kind to be put together, not of {spec}")
    return TensorSpec(outer.concatenate(spec.shape), spec.dtype)


def unbatched(spec: TypeSpec) -> TypeSpec:
    """The spec of the rows of a value.

    Raises:
        ValueError: it is a scalar.
        TypeError: it is no tensor.
    """
    if getattr(spec, "shape", TensorShape(None)).ndims == 0:
        raise ValueError("Unbatching a tensor is only supported for rank >= 1")
    if isinstance(spec, SparseTensorSpec):
        return SparseTensorSpec(spec.shape[1:], spec.dtype)
    if isinstance(spec, RaggedTensorSpec):
        return RaggedTensorSpec(
            spec.shape[1:], spec.dtype, spec.ragged_rank - 1, spec.row_splits_dtype
        )
    if not isinstance(spec, TensorSpec):
        raise TypeError(f"a value must be a tensor of some kind to have rows, not of {spec}")
    return TensorSpec(spec.shape[1:], spec.dtype)
