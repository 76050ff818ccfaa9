"""Tensors of one value.

Source: tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.sizes import shape_internal
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType, as_dtype, float32, int32
from minihub_runtime.public import public

__all__ = ["fill", "ones", "ones_like", "zeros", "zeros_like"]

#: Up to this many elements a tensor of one value is a constant.
MAX_CONSTANT = 999


@public("fill")
def fill(dims: Any, value: Any, name: str | None = None, layout: Any = None) -> Tensor:
    """A tensor of shape `dims` whose elements are all `value`; `layout` is accepted and ignored."""
    result: Tensor = build("Fill", name=name, dims=dims, value=value)
    return result


@public("zeros")
def zeros(shape: Any, dtype: Any = float32, name: str | None = None, layout: Any = None) -> Tensor:
    """A tensor of zeros, empty texts or false; `layout` is accepted and ignored."""
    base = as_dtype(dtype).base_dtype
    value = {"bool": False, "string": ""}.get(base.name, 0)
    return _filled("zeros", shape, value, base, name)


@public("ones")
def ones(shape: Any, dtype: Any = float32, name: str | None = None, layout: Any = None) -> Tensor:
    """A tensor of ones, or true; `layout` is accepted and ignored."""
    base = as_dtype(dtype).base_dtype
    return _filled("ones", shape, True if base.is_bool else 1, base, name)


def _filled(default_name: str, shape: Any, value: Any, dtype: DType, name: str | None) -> Tensor:
    with name_scope(name, default_name, [shape]) as scope:
        if dtype.is_quantized:
            value = np.array(value, dtype.numpy)
        if not isinstance(shape, Tensor):
            try:
                known = TensorShape(shape)
                count = known.num_elements()
                # A single number is no shape to TensorFlow's constants.
                if np.iterable(shape) and count is not None and count <= MAX_CONSTANT:
                    return constant(value, dtype, known, name=scope)
                shape = convert_to_tensor(known)
            except (TypeError, ValueError):
                # A size that is a tensor, or that is not known.
                shape = convert_to_tensor(shape, int32)
        if not shape.shape.as_tuple():
            shape = reshape(shape, [-1])
        return fill(shape, constant(value, dtype), name=scope)


@public("zeros_like")
def zeros_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Zeros in the shape of a tensor.

    Args:
        tensor: what has the shape.
        dtype: the type, by default that of `tensor`.
        name: wanted name.
        optimize: use what is known of the shape.
    """
    with name_scope(name, "zeros_like", [tensor]) as scope:
        return _like(zeros, "ZerosLike", tensor, dtype, scope, optimize)


def _like(
    function: Callable[..., Tensor], op: str, tensor: Any, dtype: Any, scope: str, optimize: bool
) -> Tensor:
    tensor = convert_to_tensor(tensor, name="tensor")
    own = tensor.dtype
    wanted = own if dtype is None else as_dtype(dtype)
    if optimize and tensor.shape.is_fully_defined() and own.name != "variant":
        return function(tensor.shape, wanted, scope)
    if wanted is not own and wanted.name != "variant":
        return function(shape_internal(tensor, optimize=optimize), wanted, scope)
    result: Tensor = build(op, name=scope, x=tensor)
    return result


@public("ones_like")
def ones_like(
    tensor: Any, dtype: Any = None, name: str | None = None, optimize: bool = True
) -> Tensor:
    """Ones in the shape of a tensor.

    Args:
        tensor: what has the shape.
        dtype: the type, by default that of `tensor`.
        name: wanted name.
        optimize: use what is known of the shape.
    """
    with name_scope(name, "ones_like", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name="tensor")
        sizes = shape_internal(tensor, optimize=optimize)
        result = ones(sizes, tensor.dtype if dtype is None else dtype, scope)
        result.set_shape(tensor.shape)
        return result
