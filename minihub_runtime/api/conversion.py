"""Python values as tensors.

Source: tensorflow/python/framework/tensor_conversion_registry.py, constant_op.py; tensorflow/python/ops/array_ops.py.
"""

from __future__ import annotations

import bisect
import contextlib
import functools
import numbers
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.api.constants import constant_array
from minihub_runtime.api.graph import Operation, Tensor, get_default_graph
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.api.tensor_shape import Dimension, TensorShape
from minihub_runtime.dtypes import DType, as_dtype, int32, int64
from minihub_runtime.public import public

__all__ = [
    "constant",
    "constant_value",
    "convert_to_tensor",
    "register_tensor_conversion_function",
]


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
        shape: the shape; a value with fewer elements is filled with its last one.
        name: wanted name.
        verify_shape: refuse a value of another shape.

    Raises:
        TypeError: the value is not of the type, or not of the shape that is verified.
        ValueError: None, lists of different lengths, or too many elements.
    """
    sizes = None if shape is None else [int(n) for n in shape]
    empty = sizes is not None and 0 in sizes
    array = constant_array(value, dtype, None if verify_shape and not empty else sizes)
    if verify_shape and sizes is not None and array.shape != tuple(sizes):
        raise TypeError(f"Expected Tensor's shape: {tuple(sizes)}, but got {array.shape}.")
    wanted = as_dtype(array.dtype if dtype is None else dtype).base_dtype
    attrs = {"value": array, "dtype": wanted}
    return get_default_graph().create_op("Const", [], attrs, name).outputs[0]


@public("convert_to_tensor")
def convert_to_tensor(
    value: Any,
    dtype: Any = None,
    name: str | None = None,
    preferred_dtype: Any = None,
    dtype_hint: Any = None,
    as_ref: bool = False,
) -> Tensor:
    """`value` as a tensor: itself, a variable's value, or a constant.

    Args:
        value: a Tensor, a Variable, numbers, text, arrays, or lists of these.
        dtype: the type it must have.
        name: wanted name of a constant.
        preferred_dtype: the type it gets if its values can.
        dtype_hint: a newer name of `preferred_dtype`.
        as_ref: keep a reference variable a reference; beyond TensorFlow's public arguments.

    Raises:
        ValueError: a tensor of another type.
        TypeError: a value that cannot have the type.
    """
    wanted = None if dtype is None else as_dtype(dtype)
    preferred = preferred_dtype or dtype_hint
    overload = getattr(value, "__tf_tensor__", None)
    if overload is not None:
        found: Tensor = overload(wanted, name)
        return found
    for kind, function in _converters(value.__class__):
        result = None
        if wanted is None and preferred is not None:
            with contextlib.suppress(TypeError, ValueError):
                result = function(value, dtype=as_dtype(preferred), name=name, as_ref=as_ref)
        if result is None:
            result = function(value, dtype=wanted, name=name, as_ref=as_ref)
        if result is NotImplemented:
            continue
        if not isinstance(result, Tensor):
            raise RuntimeError(
                f"Conversion function {function!r} for type {kind} returned non-Tensor: {result!r}"
            )
        if wanted is not None and not wanted.is_compatible_with(result.dtype):
            raise RuntimeError(
                f"Conversion function {function!r} for type {kind} returned incompatible dtype: "
                f"requested = {wanted.name}, actual = {result.dtype.name}"
            )
        return result
    raise TypeError(
        f"Cannot convert {value!r} with type {type(value)} to Tensor: no conversion function "
        "registered."
    )


# Who converts what

#: A function of `value`, and `dtype`, `name` and `as_ref` by name.
Converter = Callable[..., Any]

_PLAIN = (numbers.Real, numbers.Complex, str, bytes, np.generic, np.ndarray)
#: Priority, order of registration, types, function; sorted.
_registered: list[tuple[int, int, tuple[type, ...], Converter]] = []


@public("register_tensor_conversion_function")
def register_tensor_conversion_function(
    base_type: Any, conversion_func: Converter, priority: int = 100
) -> None:
    """Have objects of a type converted to tensors by a function.

    Args:
        base_type: the type, or a tuple of types.
        conversion_func: called with the value, and with `dtype`, `name` and `as_ref` by name; returns a tensor, or
            NotImplemented to leave the value to others.
        priority: functions of smaller numbers are asked first.

    Raises:
        TypeError: what is given is no type, or a type of plain numbers, texts or arrays.
    """
    types = base_type if isinstance(base_type, tuple) else (base_type,)
    if any(not isinstance(kind, type) for kind in types):
        raise TypeError(
            f"Argument `base_type` must be a type or a tuple of types. Obtained: {base_type}"
        )
    if any(issubclass(kind, _PLAIN) for kind in types):
        raise TypeError(
            "Cannot register conversions for Python numeric types and NumPy scalars and arrays."
        )
    _register(types, conversion_func, priority)


def _register(types: tuple[type, ...], function: Converter, priority: int) -> None:
    bisect.insort(_registered, (priority, len(_registered), types, function))
    _converters.cache_clear()


@functools.cache
def _converters(kind: Hashable) -> list[tuple[type, Converter]]:
    """The functions that may convert objects of a type, in the order in which they are asked."""
    assert isinstance(kind, type)
    return [
        (base, function)
        for _, _, types, function in _registered
        for base in types
        if issubclass(kind, base)
    ]


# The conversions of this package


def _from_tensor(value: Tensor, dtype: DType | None, name: str | None, as_ref: bool) -> Tensor:
    if dtype is not None and not dtype.is_compatible_with(value.dtype):
        raise ValueError(
            f"Tensor conversion requested dtype {dtype.name} for Tensor with dtype "
            f"{value.dtype.name}: {value!r}"
        )
    return value


def _from_operation(value: Operation, dtype: Any, name: Any, as_ref: bool) -> Tensor:
    raise TypeError(f"can't convert Operation '{value.name}' to Tensor")


def _from_shape(value: TensorShape, dtype: DType | None, name: str | None, as_ref: bool) -> Tensor:
    if not value.is_fully_defined():
        raise ValueError(f"Cannot convert a partially known TensorShape {value} to a Tensor.")
    sizes = value.as_list()
    large = any(n is not None and n >= 2**31 for n in sizes)
    if dtype not in (None, int32, int64):
        raise TypeError(
            f"Cannot convert TensorShape {value} to dtype {dtype}. Allowed dtypes are tf.int32 and "
            "tf.int64."
        )
    if dtype is int32 and large:
        raise ValueError(
            f"Cannot convert TensorShape {value} to dtype int32; a dimension is too large. "
            "Consider using tf.int64."
        )
    return constant(sizes, dtype or (int64 if large else int32), name=name or "shape_as_tensor")


def _from_dimension(
    value: Dimension, dtype: DType | None, name: str | None, as_ref: bool
) -> Tensor:
    if value.value is None:
        raise ValueError(f"Cannot convert unknown Dimension {value} to a Tensor.")
    if dtype not in (None, int32, int64):
        raise TypeError(
            f"Cannot convert Dimension {value} to dtype {dtype}. Allowed dtypes are tf.int32 and "
            "tf.int64."
        )
    return constant(value.value, dtype or int32, name=name or "shape_as_tensor")


def _from_list(value: Sequence[Any], dtype: DType | None, name: str | None, as_ref: bool) -> Any:
    """A list with tensors among its items, stacked; its parts are numbered inside its scope."""
    found = None if as_ref else _type_within(value)
    if found is None:
        return NotImplemented
    if dtype is not None and dtype is not found:
        value = _cast_within(value, dtype)
    return _pack_level(value, dtype or found, name or "packed")


def _from_other(value: Any, dtype: DType | None, name: str | None, as_ref: bool) -> Tensor:
    if hasattr(value, "_dense_value"):
        dense: Tensor = value._dense_value(as_ref)
        return _from_tensor(dense, dtype, name, as_ref)
    return constant(value, dtype, name=name or "Const")


for _priority, _types, _function in (
    (-10, (Tensor,), _from_tensor),
    (0, _PLAIN, _from_other),
    (99, (list, tuple), _from_list),
    (100, (Operation,), _from_operation),
    (100, (TensorShape,), _from_shape),
    (100, (Dimension,), _from_dimension),
    (200, (object,), _from_other),
):
    _register(_types, _function, _priority)


def _is_tensor_like(item: Any) -> bool:
    return isinstance(item, Tensor) or hasattr(item, "_dense_value")


def _type_within(value: Sequence[Any]) -> DType | None:
    """The type of the first tensor in nested lists."""
    for item in value:
        if _is_tensor_like(item):
            dtype: DType = item.dtype.base_dtype
            return dtype
        if isinstance(item, (list, tuple)):
            found = _type_within(item)
            if found is not None:
                return found
    return None


def _cast_within(value: Any, dtype: DType) -> Any:
    """Nested lists whose tensors are cast."""
    from minihub_runtime.api.building import build

    if isinstance(value, (list, tuple)):
        return [_cast_within(item, dtype) for item in value]
    if _is_tensor_like(value) and value.dtype.base_dtype is not dtype:
        return build("Cast", x=value, DstT=dtype)
    return value


def _pack_level(value: Sequence[Any], dtype: DType, name: str) -> Any:
    """One level of nested lists: a tensor, or the list itself if it holds none."""
    from minihub_runtime.api.building import build

    items: list[Any] = []
    with get_default_graph().name_scope(name) as scope:
        for index, item in enumerate(value):
            if _is_tensor_like(item) and item.dtype.base_dtype is not dtype:
                raise TypeError(
                    f"Cannot convert a list containing a tensor of dtype {item.dtype} to {dtype} "
                    f"(Tensor is: {item!r})"
                )
            nested = isinstance(item, (list, tuple))
            items.append(_pack_level(item, dtype, str(index)) if nested else item)
        if not any(_is_tensor_like(item) for item in items):
            return items
        parts = [
            item if _is_tensor_like(item) else constant(item, dtype, name=str(index))
            for index, item in enumerate(items)
        ]
        return build("Pack", name=scope, values=parts)
