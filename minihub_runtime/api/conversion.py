"""Python values as tensors.

Source: tensorflow/python/framework/tensor_conversion_registry.py, constant_op.py, tensor_util.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.graph import Operation, Tensor, get_default_graph
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.public import public
from minihub_runtime.values import as_array

__all__ = ["constant", "constant_value", "convert_to_tensor"]


@public("constant")
def constant(
    value: Any,
    dtype: Any = None,
    shape: Any = None,
    name: str = "Const",
    verify_shape: bool = False,
) -> Tensor:
    """A tensor that always has this value.

    Args:
        value: numbers, text, nested lists of them, or an array.
        dtype: the type; by default float32 for Python floats, int32 for Python integers, an array's own.
        shape: the shape; a single value fills it, a shorter list is filled with its last value.
        name: wanted name.
        verify_shape: refuse a value of another shape.

    Raises:
        TypeError: the value is not of the type.
        ValueError: it does not fit the shape.
    """
    if shape is None:
        array = constant_array(value, dtype)
    else:
        wanted = tuple(int(n) for n in TensorShape(shape).as_list() if n is not None)
        array = _filling(value, dtype, wanted, verify_shape)
    attrs = {"value": array, "dtype": as_dtype(array.dtype) if dtype is None else as_dtype(dtype)}
    return get_default_graph().create_op("Const", [], attrs, name).outputs[0]


def _filling(value: Any, dtype: Any, shape: tuple[int, ...], verify_shape: bool) -> Any:
    """The array of a constant whose shape is given; the value of one without elements does not count."""
    count = math.prod(shape)
    if count == 0:
        return np.empty(shape, np.float32 if dtype is None else as_dtype(dtype).numpy)
    array = constant_array(value, dtype)
    if verify_shape and array.shape != shape:
        raise TypeError(f"Expected Tensor's shape: {shape}, but got {array.shape}.")
    if array.size > count:
        raise ValueError(
            f"Too many elements provided. Takes at most {count}, but got {array.size}."
        )
    flat = array.reshape(-1)
    if flat.size < count:
        last = flat[-1] if flat.size else flat.dtype.type()
        flat = np.concatenate([flat, np.full(count - flat.size, last, flat.dtype)])
    return flat.reshape(shape)


def constant_array(value: Any, dtype: Any = None) -> Any:
    """The array of a constant; a Python float is float32 and a Python integer int32 unless `dtype` says else."""
    wanted: DType | None = None if dtype is None else as_dtype(dtype)
    if value is None:
        raise ValueError("None values not supported.")
    if isinstance(value, TensorShape):
        value.assert_is_fully_defined()
        value = np.array(value.as_list(), np.int32)
    try:
        if wanted is not None:
            if isinstance(value, bool) and wanted.is_integer:
                value = int(value)
            return np.array(as_array(value, wanted), copy=True)
        array = as_array(value)
    except InvalidArgumentError as error:
        raise TypeError(_misfit(value, wanted) or error.message) from error
    if isinstance(value, (np.ndarray, np.generic)):
        return np.array(array, copy=True)
    if array.dtype == np.float64:
        return array.astype(np.float32)
    if array.dtype == np.complex128:
        return array
    if array.dtype == np.int64:
        limits = np.iinfo(np.int32)
        fits = not array.size or (array.min() >= limits.min and array.max() <= limits.max)
        return array.astype(np.int32) if fits else array
    return array


def _misfit(value: Any, wanted: DType | None) -> str:
    """What is wrong with the first item of nested lists that has not the wanted type; empty if none is."""
    if wanted is None:
        return ""
    if isinstance(value, (list, tuple)):
        return next(filter(None, (_misfit(item, wanted) for item in value)), "")
    try:
        as_array(value, wanted)
    except InvalidArgumentError:
        return f"Expected {wanted.name}, but got {value!s:.200} of type '{type(value).__name__}'."
    return ""


@public("convert_to_tensor")
def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    as_ref: bool = False,
) -> Tensor:
    """`value` as a tensor: itself, a variable's value, or a constant.

    Args:
        value: a Tensor, a Variable, numbers, text, arrays, or lists of these.
        dtype: the type it must have.
        name: wanted name of a constant.
        preferred_dtype: the type it gets if its values can.
        as_ref: keep a reference variable a reference.

    Raises:
        ValueError: a tensor of another type.
        TypeError: a value that cannot have the type.
    """
    if hasattr(value, "_dense_value"):
        value = value._dense_value(as_ref)
    if isinstance(value, TensorShape):
        return constant(value, dtype, name=name or "shape_as_tensor")
    if isinstance(value, Operation):
        raise TypeError(f"{value!r} must be a tensor, not an operation")
    if isinstance(value, Tensor):
        if dtype is not None and value.dtype.base_dtype is not as_dtype(dtype).base_dtype:
            raise ValueError(
                f"Tensor conversion requested dtype {as_dtype(dtype).name} for Tensor with dtype "
                f"{value.dtype.name}: {value!r}"
            )
        return value
    if isinstance(value, (list, tuple)) and _holds_tensors(value):
        return _packed(value, dtype, name)
    if dtype is None and preferred_dtype is not None:
        try:
            return constant(value, preferred_dtype, name=name or "Const")
        except (TypeError, ValueError):
            pass
    return constant(value, dtype, name=name or "Const")


def _holds_tensors(value: Sequence[Any]) -> bool:
    for item in value:
        if isinstance(item, Tensor) or hasattr(item, "_dense_value"):
            return True
        if isinstance(item, (list, tuple)) and _holds_tensors(item):
            return True
    return False


def _packed(value: Sequence[Any], dtype: Any, name: str | None) -> Tensor:
    """A list with tensors among its items, stacked; its parts are numbered inside its scope."""
    if dtype is None:
        dtype = _type_within(value)
    packed: Tensor = _pack_level(value, dtype, name or "packed")
    return packed


def _type_within(value: Sequence[Any]) -> DType | None:
    """The type of the first tensor in nested lists."""
    for item in value:
        if isinstance(item, Tensor) or hasattr(item, "_dense_value"):
            dtype: DType = item.dtype.base_dtype
            return dtype
        if isinstance(item, (list, tuple)):
            found = _type_within(item)
            if found is not None:
                return found
    return None


def _pack_level(value: Sequence[Any], dtype: Any, name: str) -> Any:
    """One level of nested lists: a tensor, or the list itself if it holds none."""
    from minihub_runtime.api.building import build

    with get_default_graph().name_scope(name) as scope:
        items = [
            _pack_level(item, dtype, str(i)) if isinstance(item, (list, tuple)) else item
            for i, item in enumerate(value)
        ]
        if not _holds_tensors(items):
            return items
        for item in items:
            if isinstance(item, Tensor) and dtype and item.dtype.base_dtype is not as_dtype(dtype):
                raise TypeError(
                    f"Cannot convert a list containing a tensor of dtype {item.dtype} to "
                    f"{as_dtype(dtype)} (Tensor is: {item!r})"
                )
        parts = [convert_to_tensor(item, dtype, str(i)) for i, item in enumerate(items)]
        return build("Pack", name=scope, values=parts, axis=0)
