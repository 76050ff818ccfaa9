"""TensorInfo messages: how signatures name the tensors of a graph.

Source: tensorflow/python/saved_model/utils_impl.py:build_tensor_info, nested_structure_coder.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.ragged.tensor import RaggedTensor
from minihub_runtime.codec import shape_to_proto
from minihub_runtime.protos import TensorInfo
from minihub_runtime.public import public

__all__ = ["build_tensor_info"]

#: TypeSpecProto.TypeSpecClass
_RAGGED_SPEC = 3


@public("saved_model.build_tensor_info", "saved_model.utils.build_tensor_info")
def build_tensor_info(tensor: Any) -> Any:
    """The TensorInfo of a tensor, a variable, or a sparse or ragged tensor.

    Args:
        tensor: what to describe; its shape and dtype are those known statically.

    Raises:
        TypeError: it is none of these.
    """
    if isinstance(tensor, SparseTensor):
        info = TensorInfo(
            dtype=tensor.dtype.as_datatype_enum,
            tensor_shape=shape_to_proto(tensor.shape.as_tuple()),
        )
        info.coo_sparse.values_tensor_name = tensor.values.name
        info.coo_sparse.indices_tensor_name = tensor.indices.name
        info.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
        return info
    if isinstance(tensor, RaggedTensor):
        return _ragged(tensor)
    if not (isinstance(tensor, Tensor) or hasattr(tensor, "_dense_value")):
        raise TypeError(
            "a TensorInfo describes a Tensor, Variable, SparseTensor or RaggedTensor, not a "
            f"{type(tensor).__name__}"
        )
    return TensorInfo(
        name=tensor.name,
        dtype=tensor.dtype.base_dtype.as_datatype_enum,
        tensor_shape=shape_to_proto(tensor.shape.as_tuple()),
    )


def _ragged(tensor: RaggedTensor) -> Any:
    """A composite of flat values and splits, with the state of a RaggedTensorSpec."""
    info = TensorInfo()
    composite = info.composite_tensor
    spec = composite.type_spec
    spec.type_spec_class = _RAGGED_SPEC
    spec.type_spec_class_name = "RaggedTensorSpec"
    spec.num_flat_components = len(tensor.components)
    state = spec.type_state.tuple_value.values
    state.add().tensor_shape_value.CopyFrom(shape_to_proto(tensor.shape.as_tuple()))
    state.add().tensor_dtype_value = tensor.dtype.as_datatype_enum
    state.add().int64_value = tensor.ragged_rank
    state.add().tensor_dtype_value = tensor.row_splits.dtype.as_datatype_enum
    composite.components.extend(build_tensor_info(part) for part in tensor.components)
    return info
