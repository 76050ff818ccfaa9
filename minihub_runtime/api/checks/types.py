"""Checks of types, decided at once.

Source: tensorflow/python/ops/check_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minihub_runtime.api.checks.messages import message_prefix
from minihub_runtime.api.composite import SparseTensor
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Operation, Tensor, name_scope
from minihub_runtime.api.grouping import no_op
from minihub_runtime.dtypes import DType, as_dtype, float32
from minihub_runtime.public import public

__all__ = [
    "assert_integer",
    "assert_proper_iterable",
    "assert_same_float_dtype",
    "assert_scalar",
    "assert_type",
    "is_numeric_tensor",
]


@public("debugging.assert_proper_iterable", "assert_proper_iterable")
def assert_proper_iterable(values: Any) -> None:
    """Raise TypeError unless `values` is iterable, and is no tensor, array or text."""
    if isinstance(values, (Tensor, SparseTensor, np.ndarray, str, bytes)):
        raise TypeError(
            f'Expected argument "values" to be a "proper" iterable.  Found: {type(values)}'
        )
    if not hasattr(values, "__iter__"):
        raise TypeError(f'Expected argument "values" to be iterable.  Found: {type(values)}')


@public("debugging.assert_integer", "assert_integer")
def assert_integer(x: Any, message: str | None = None, name: str | None = None) -> Operation:
    """Raise TypeError unless `x` is of an integer type; an operation that does nothing."""
    with name_scope(name, "assert_integer", [x]):
        x = convert_to_tensor(x, name="x")
        if not x.dtype.is_integer:
            raise TypeError(
                f'{message_prefix(message)}Expected "x" to be integer type.  Found: {x.name} of '
                f"dtype {x.dtype}"
            )
        return no_op("statically_determined_was_integer")


@public("debugging.assert_type", "assert_type")
def assert_type(
    tensor: Any, tf_type: Any, message: str | None = None, name: str | None = None
) -> Operation:
    """Raise TypeError unless `tensor` is of a type; an operation that does nothing."""
    wanted = as_dtype(tf_type)
    with name_scope(name, "assert_type", [tensor]):
        if not isinstance(tensor, SparseTensor):
            tensor = convert_to_tensor(tensor, name="tensor")
        if tensor.dtype is not wanted:
            raise TypeError(
                f"{message_prefix(message)}{getattr(tensor, 'name', 'tensor')} must be of type "
                f"{wanted!r}; got {tensor.dtype!r}"
            )
        return no_op("statically_determined_correct_type")


@public("debugging.is_numeric_tensor", "is_numeric_tensor", "contrib.framework.is_numeric_tensor")
def is_numeric_tensor(tensor: Any) -> bool:
    """Whether something is a tensor of numbers."""
    if not isinstance(tensor, Tensor) or tensor.dtype.is_ref:
        return False
    dtype = tensor.dtype
    return dtype.is_integer or dtype.is_floating or dtype.is_complex or dtype.is_quantized


@public(
    "debugging.assert_same_float_dtype",
    "assert_same_float_dtype",
    "contrib.framework.assert_same_float_dtype",
)
def assert_same_float_dtype(tensors: Iterable[Any] | None = None, dtype: Any = None) -> DType:
    """The one floating-point type of tensors, float32 if there are none; None among them counts for nothing.

    Raises:
        ValueError: the types differ, or are not floating-point.
    """
    found: DType | None = None if dtype is None else as_dtype(dtype)
    first = ""
    for item in tensors or ():
        if item is None:
            continue
        kind = item.dtype.base_dtype
        if found is None:
            found, first = kind, f" as {getattr(item, 'name', item)}"
        elif kind is not found:
            raise ValueError(
                f"{getattr(item, 'name', item)}, type={kind}, must be of the same type "
                f"({found}){first}."
            )
    if found is None:
        return float32
    if not found.is_floating:
        raise ValueError(f"Expected floating point type, got {found}.")
    return found


@public("debugging.assert_scalar", "assert_scalar", "contrib.framework.assert_scalar")
def assert_scalar(tensor: Any, name: str | None = None, message: str | None = None) -> Any:
    """`tensor`, which must be a scalar.

    Raises:
        ValueError: it is not known to be one.
    """
    with name_scope(name, "assert_scalar", [tensor]) as scope:
        tensor = convert_to_tensor(tensor, name=scope)
        if tensor.shape.ndims != 0:
            raise ValueError(
                f"{message_prefix(message)}Expected scalar shape for {tensor.name}, saw shape: "
                f"{tensor.shape}."
            )
        return tensor
