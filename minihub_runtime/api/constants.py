"""Python values as arrays of constants, and TensorProtos of them.

Source: tensorflow/python/framework/tensor_util.py, tensorflow/python/util/compat.py.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.tensor_shape import Dimension
from minihub_runtime.codec import tensor_from_proto, tensor_to_proto
from minihub_runtime.dtypes import DType, as_dtype, bfloat16, float_to_bfloat16, string
from minihub_runtime.protos import TensorProto
from minihub_runtime.public import public

__all__ = ["as_text_bytes", "constant_array", "make_ndarray", "make_tensor_proto"]

Array = NDArray[Any]

#: What may stand among Python values of a type, by the kind of its arrays.
_ALLOWED: dict[str, tuple[type, ...]] = {
    "b": (bool,),
    "i": (numbers.Integral, np.integer, Dimension),
    "u": (numbers.Integral, np.integer, Dimension),
    "f": (numbers.Real, np.integer, np.floating),
    "c": (numbers.Complex, np.number),
    "O": (str, bytes),
}


def constant_array(value: Any, dtype: Any = None, shape: Any = None) -> Array:
    """The array of a constant.

    Python floats become float32 and Python integers int32 where they fit; arrays keep their type.  A wanted type converts
    arrays whatever they hold; Python values must be of its kind.

    Args:
        value: numbers, text, nested lists of them, an array, a TensorProto.
        dtype: the wanted type.
        shape: the wanted shape; a value with fewer elements is filled with its last one.

    Raises:
        TypeError: a value that is not of the type, or of none.
        ValueError: None, lists of different lengths, or too many elements for the shape.
    """
    wanted = None if dtype is None else as_dtype(dtype).base_dtype
    if isinstance(value, TensorProto):
        return tensor_from_proto(value)
    if value is None:
        raise ValueError("None values not supported.")
    if _is_array_like(value):
        array = _from_array(np.asarray(value), wanted)
    elif shape is not None and 0 in shape:
        array = np.empty((0,), np.float32 if wanted is None else wanted.numpy)
    else:
        array = _from_python(value, wanted)
    return array if shape is None else _filled_up(array, tuple(int(n) for n in shape))


def _is_array_like(value: Any) -> bool:
    if isinstance(value, (Tensor, bytes)):
        return False
    if callable(getattr(value, "__array__", None)):
        return True
    if isinstance(getattr(value, "__array_interface__", None), dict):
        return True
    try:
        memoryview(value)
    except TypeError:
        return False
    return True


def _from_array(array: Array, wanted: DType | None) -> Array:
    dtype = as_dtype(array.dtype) if wanted is None else wanted
    if dtype is string:
        texts = np.empty(array.size, object)
        texts[:] = [as_text_bytes(item) for item in array.reshape(-1).tolist()]
        return texts.reshape(array.shape)
    return _cast(array, dtype)


def _cast(array: Array, dtype: DType) -> Array:
    """A copy of an array with another type; values that do not fit wrap around, as in TensorFlow."""
    if dtype is bfloat16 and array.dtype != bfloat16.numpy:
        if array.dtype.names or array.dtype.name == "bfloat16":
            array = array.view(np.uint16)
            return np.array(array, copy=True).view(bfloat16.numpy)
        return float_to_bfloat16(array.astype(np.float32))
    with np.errstate(over="ignore", invalid="ignore"):
        return array.astype(dtype.numpy)


def _from_python(value: Any, wanted: DType | None) -> Array:
    _check_kind(value, wanted)
    if wanted is None or wanted is bfloat16:
        array = np.array(value)
    elif wanted.is_integer:
        # Numbers out of range wrap around, which NumPy 2 refuses to do in one step.
        array = np.array(value).astype(wanted.numpy)
    else:
        with np.errstate(over="ignore"):
            array = np.array(value, wanted.numpy)
    lengths = _lengths(value)
    if list(array.shape) != lengths and not (wanted is not None and wanted.is_quantized):
        raise ValueError(
            f"Expected values {value} to be a dense tensor with shape {lengths}, but got shape "
            f"{list(array.shape)}."
        )
    if wanted is bfloat16:
        return float_to_bfloat16(array.astype(np.float32))
    if array.dtype.kind in "OSU":
        return _texts(value, array.shape)
    if wanted is not None:
        return array
    if array.dtype == np.float64:
        with np.errstate(over="ignore"):
            return array.astype(np.float32)
    if array.dtype == np.int64:
        narrow = array.astype(np.int32)
        return narrow if np.array_equal(narrow, array) else array
    return array


def _check_kind(value: Any, wanted: DType | None) -> None:
    """Raise TypeError if a Python value cannot be of the type; for quantised types a tuple is one element."""
    if wanted is None:
        if any(isinstance(item, Tensor) for item in _items(value)):
            raise TypeError("Expected any non-tensor type, but got a tensor instead.")
        return
    kind = wanted.numpy.kind
    if wanted.is_quantized:
        fits = isinstance(value, (list, tuple))
        wrong = next((i for i in _items(value) if not isinstance(i, numbers.Integral)), value)
        if fits and wrong is value:
            return
    else:
        allowed = _ALLOWED["f" if wanted is bfloat16 else kind]
        found = [item for item in _items(value) if not isinstance(item, allowed)]
        if not found:
            return
        wrong = found[0]
    raise TypeError(f"Expected {wanted.name}, but got {wrong} of type '{type(wrong).__name__}'.")


def _items(value: Any) -> Iterator[Any]:
    """The leaves of nested lists."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _items(item)
    else:
        yield value


def _lengths(value: Any) -> list[int]:
    """The shape that nested lists have if all are as long as the first of their level."""
    if not isinstance(value, (list, tuple)):
        return []
    return [len(value), *_lengths(value[0])] if value else [0]


def _texts(value: Any, shape: tuple[int, ...]) -> Array:
    texts = np.empty(int(np.prod(shape, dtype=np.int64)), object)
    try:
        texts[:] = [as_text_bytes(item) for item in _items(value)]
    except TypeError as error:
        raise TypeError(
            f"Failed to convert elements of {value} to Tensor. Consider casting elements to a "
            "supported type."
        ) from error
    return texts.reshape(shape)


def as_text_bytes(item: Any) -> bytes:
    """Text or bytes as bytes.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(item, str):
        return item.encode("utf-8", "surrogateescape")
    if isinstance(item, (bytes, bytearray)):
        return bytes(item)
    raise TypeError(f"Expected binary or unicode string, got {item!r}")


def _filled_up(array: Array, shape: tuple[int, ...]) -> Array:
    """The elements in a shape; the last one stands for those that are missing, or zero if there is none."""
    count = int(np.prod(shape, dtype=np.int64))
    if array.size > count:
        raise ValueError(
            f"Too many elements provided. Takes at most {count}, but got {array.size}."
        )
    if array.size == count:
        return array.reshape(shape)
    if not array.size:
        return np.full(shape, b"") if array.dtype == object else np.zeros(shape, array.dtype)
    flat = array.reshape(-1)
    whole = np.empty(count, array.dtype)
    whole[: flat.size], whole[flat.size :] = flat, flat[-1]
    return whole.reshape(shape)


@public("make_tensor_proto")
def make_tensor_proto(
    values: Any,
    dtype: Any = None,
    shape: Any = None,
    verify_shape: bool = False,
    allow_broadcast: bool = False,
) -> TensorProto:
    """The TensorProto of Python values or an array.

    Args:
        values: what `tf.constant` takes.
        dtype: the wanted type.
        shape: the wanted shape.
        verify_shape: refuse values of another shape.
        allow_broadcast: let one element fill the shape, and refuse any other number that differs.

    Raises:
        TypeError: the values are not of the type, or not of the shape.
        ValueError: both flags are set, or there are too many elements.
    """
    if allow_broadcast and verify_shape:
        raise ValueError("allow_broadcast and verify_shape are not both allowed.")
    if isinstance(values, TensorProto):
        return values
    array = constant_array(values, dtype)
    if shape is not None:
        wanted = tuple(int(n) for n in shape)
        spread = allow_broadcast and array.shape in ((), (1,))
        differs = array.shape != wanted if verify_shape else array.size != np.prod(wanted)
        if differs and not spread and (verify_shape or allow_broadcast):
            raise TypeError(f"Expected Tensor's shape: {wanted}, but got {array.shape}.")
        _filled_up(array, wanted)
    return tensor_to_proto(array, as_dtype(array.dtype), shape)


@public("make_ndarray")
def make_ndarray(tensor: TensorProto) -> Array:
    """The array of a TensorProto; a short list of values is filled up with its last one."""
    return tensor_from_proto(tensor)
