"""Shapes, sizes and ranks as tensors: constants where they are known.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.dtypes import as_dtype, int32
from minihub_runtime.public import public
from minihub_runtime.values import SparseTensorValue

__all__ = [
    "convert_to_int_tensor",
    "rank",
    "rank_internal",
    "shape",
    "shape_internal",
    "size",
    "size_internal",
]


@public("shape")
def shape(input: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The shape of a tensor or a sparse tensor, int32 unless `out_type` says else."""
    return shape_internal(input, name, True, int32 if out_type is None else out_type)


def shape_internal(
    input: Any, name: str | None = None, optimize: bool = True, out_type: Any = None
) -> Tensor:
    """`shape`; with `optimize` a known shape is a constant, which without `out_type` has a name of its own."""
    dtype = int32 if out_type is None else as_dtype(out_type)
    with name_scope(name, "Shape", [input]) as scope:
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            sparse: Tensor = build("Cast", x=input.dense_shape, DstT=dtype)
            return sparse
        input = convert_to_tensor(input)
        if optimize and input.shape.is_fully_defined():
            if out_type is None:
                return convert_to_tensor(input.shape)
            return constant(input.shape.as_list(), dtype, name=scope)
        result: Tensor = build("Shape", name=scope, input=input, out_type=dtype)
        return result


@public("size")
def size(input: Any, name: str | None = None, out_type: Any = None) -> Tensor:
    """The number of elements of a tensor, or of the dense form of a sparse tensor."""
    return size_internal(input, name, True, int32 if out_type is None else out_type)


def size_internal(
    input: Any, name: str | None = None, optimize: bool = True, out_type: Any = int32
) -> Tensor:
    """`size`; with `optimize` a known size is a constant."""
    dtype = as_dtype(out_type)
    with name_scope(name, "Size", [input]) as scope:
        result: Tensor
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            sizes = build("Cast", x=input.dense_shape, DstT=dtype)
            result = build("Prod", name=scope, input=sizes, reduction_indices=0)
            return result
        input = convert_to_tensor(input)
        known = input.shape.as_tuple()
        if optimize and known is not None:
            count = 0 if 0 in known else input.shape.num_elements()
            if count is not None:
                return constant(count, dtype, name=scope)
        result = build("Size", name=scope, input=input, out_type=dtype)
        return result


def convert_to_int_tensor(tensor: Any, name: str, dtype: Any = int32) -> Tensor:
    """A tensor of integers of a type.

    Raises:
        TypeError: it is not one of integers.
    """
    tensor = convert_to_tensor(tensor, name=name, preferred_dtype=dtype)
    if not tensor.dtype.base_dtype.is_integer:
        raise TypeError(
            f"Argument `tensor` (name: {name}) must be of type integer. Received `tensor` = {tensor} "
            f"of dtype: {tensor.dtype}"
        )
    result: Tensor = build("Cast", x=tensor, DstT=dtype)
    return result


@public("rank")
def rank(input: Any, name: str | None = None) -> Tensor:
    """The number of dimensions of a tensor or a sparse tensor, int32."""
    return rank_internal(input, name, True)


def rank_internal(input: Any, name: str | None = None, optimize: bool = True) -> Tensor:
    """`rank`; with `optimize` a known rank is a constant."""
    with name_scope(name, "Rank", [input]) as scope:
        result: Tensor
        if isinstance(input, (SparseTensor, SparseTensorValue)):
            result = build("Size", name=scope, input=input.dense_shape)
            return result
        input = convert_to_tensor(input)
        if optimize and input.shape.ndims is not None:
            return constant(input.shape.ndims, int32, name=scope)
        result = build("Rank", name=scope, input=input)
        return result
