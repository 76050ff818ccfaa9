"""TensorProto and AttrValue ↔ arrays and Python values.

Attribute values in Python: `int`, `float`, `bool`, `str` (bytes that are not UTF-8 as surrogates), `DType`, a shape tuple
or None, an ndarray, a `Func`, or a list of these.

Source: tensorflow/python/framework/tensor_util.py, tensorflow/core/framework/attr_value.proto.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.dtypes import DType, as_dtype, bits, from_bits
from minihub_runtime.errors import DataLossError, ResourceExhaustedError, UnimplementedError
from minihub_runtime.protos import AttrValue, TensorProto, TensorShapeProto
from minihub_runtime.shapes import Shape, concrete, show, size

__all__ = [
    "MAX_TENSOR_BYTES",
    "Func",
    "Placeholder",
    "as_bytes",
    "as_text",
    "attr_from_proto",
    "attr_to_proto",
    "list_values",
    "listed_values",
    "shape_from_proto",
    "shape_to_proto",
    "tensor_from_proto",
    "tensor_to_proto",
]

#: TensorFlow has no tensors of a higher rank.
MAX_RANK = 254

#: So many values NumPy takes sooner from a list than from a field of a proto.
SHORT = 16

#: A tensor whose values a proto abbreviates may not take more memory than this.
MAX_TENSOR_BYTES = 1 << 32

#: Which repeated field of TensorProto holds the values of a type.
_FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int32": "int_val",
    "uint8": "int_val",
    "int16": "int_val",
    "int8": "int_val",
    "uint16": "int_val",
    "qint8": "int_val",
    "quint8": "int_val",
    "qint16": "int_val",
    "quint16": "int_val",
    "qint32": "int_val",
    "int64": "int64_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "float16": "half_val",
    "bfloat16": "half_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "string": "string_val",
}


class Func(NamedTuple):
    """The value of an attribute of type `func`: a function's name and its attributes."""

    name: str
    attrs: Mapping[str, Any] = {}


class Placeholder(NamedTuple):
    """An attribute inside a function body whose value comes from the call."""

    name: str


def as_text(data: bytes) -> str:
    """Bytes as text; what is not UTF-8 survives as surrogates."""
    return data.decode("utf-8", "surrogateescape")


def as_bytes(text: str | bytes) -> bytes:
    """The inverse of `as_text`."""
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


def shape_from_proto(proto: TensorShapeProto) -> Shape:
    """A static shape; sizes below 0 are unknown.

    Raises:
        DataLossError: a size is below -1, or there are more than MAX_RANK.
    """
    if proto.unknown_rank:
        return None
    sizes = [dim.size for dim in proto.dim]
    if len(sizes) > MAX_RANK:
        raise DataLossError(f"a shape must have at most {MAX_RANK} sizes, not {len(sizes)}")
    if min(sizes, default=0) < -1:
        raise DataLossError(f"sizes of a shape must be at least -1, not {sizes}")
    return tuple([None if n == -1 else n for n in sizes])


def shape_to_proto(shape: Shape) -> TensorShapeProto:
    """The proto of a static shape."""
    if shape is None:
        return TensorShapeProto(unknown_rank=True)
    proto = TensorShapeProto()
    for n in shape:
        proto.dim.add(size=-1 if n is None else n)
    return proto


def _proto_dims(proto: TensorProto) -> tuple[int, ...]:
    dims = shape_from_proto(proto.tensor_shape)
    known = concrete(dims)
    if known is None:
        raise DataLossError(f"a tensor must have a known shape, not {show(dims)}")
    if len(known) > 32:
        raise UnimplementedError(f"tensors of more than 32 dimensions, here {len(known)}")
    return known


def _dtype_of(number: int) -> DType:
    try:
        return as_dtype(number)
    except TypeError:
        raise DataLossError(f"{number} must be the number of an element type") from None


def tensor_from_proto(proto: TensorProto) -> NDArray[Any]:
    """The array a TensorProto holds, read-only.

    A list of values shorter than the shape repeats its last value; a single one becomes a view that takes no memory.

    Raises:
        DataLossError: content and shape disagree.
        ResourceExhaustedError: an abbreviated tensor would take more than MAX_TENSOR_BYTES.
        UnimplementedError: resource and variant tensors.
    """
    dtype, shape = _dtype_of(proto.dtype), _proto_dims(proto)
    count = size(shape)
    if count and not proto.tensor_content and dtype.name in ("resource", "variant"):
        raise UnimplementedError(f"constants of type {dtype.name}")
    if count * dtype.size > sys.maxsize:
        raise DataLossError(f"a tensor of shape {show(shape)} must fit the address space")
    if proto.tensor_content:
        array = _from_content(proto.tensor_content, dtype, count)
    else:
        array = _from_values(proto, dtype, count)
    if array.size == count:
        array = array.reshape(shape)
    elif array.size == 1:
        return np.broadcast_to(array.reshape(()), shape)
    else:
        if count * dtype.size > MAX_TENSOR_BYTES:
            raise ResourceExhaustedError(
                f"a tensor of shape {show(shape)} whose proto abbreviates its values must take at "
                f"most {MAX_TENSOR_BYTES} bytes"
            )
        full = np.empty(count, dtype.numpy)
        full[: array.size] = array
        full[array.size :] = array[-1]
        array = full.reshape(shape)
    array.flags.writeable = False
    return array


def _strings_of(content: bytes, count: int) -> NDArray[Any]:
    """Strings packed as the varints of all lengths, then all bytes: what `Tensor::AsProtoTensorContent` writes."""
    lengths: list[int] = []
    place = value = shift = 0
    while len(lengths) < count and place < len(content) and shift < 35:
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            lengths.append(value)
            value = shift = 0
    if len(lengths) != count or sum(lengths) != len(content) - place:
        raise DataLossError(f"tensor_content must hold {count} strings")
    array = np.empty(count, dtype=object)
    for index, length in enumerate(lengths):
        array[index] = content[place : place + length]
        place += length
    return array


def _from_content(content: bytes, dtype: DType, count: int) -> NDArray[Any]:
    if dtype.name == "string":
        if count > len(content):
            raise DataLossError(f"tensor_content must hold {count} strings")
        return _strings_of(content, count)
    if dtype.numpy == np.dtype(object):
        raise DataLossError(f"tensor_content must hold numbers, not {dtype.name}")
    item = dtype.numpy.itemsize
    if len(content) != count * item:
        raise DataLossError(f"tensor_content must hold {count} × {item} bytes, not {len(content)}")
    array = np.frombuffer(content, dtype.numpy.newbyteorder("<"))
    if dtype.name == "bool":
        return np.asarray(np.frombuffer(content, np.uint8) != 0)
    return array.astype(dtype.numpy, copy=False)


def _from_values(proto: TensorProto, dtype: DType, count: int) -> NDArray[Any]:
    values = getattr(proto, _FIELDS[dtype.name])
    per = 2 if dtype.is_complex else 1
    found = len(values) // per
    if found > count:
        raise DataLossError(f"a tensor of {count} elements must not list {found} values")
    if dtype.name == "string":
        array = np.empty(found, dtype=object)
        array[:] = list(values)
        return array if found else np.array([b""], dtype=object)[: min(count, 1)]
    if not found:
        return np.zeros(min(count, 1), dtype.numpy)
    if found <= SHORT:
        values = values[:]
    if dtype.is_complex:
        return np.array(values, dtype.real_dtype.numpy).view(dtype.numpy)
    if dtype.name in ("float16", "bfloat16"):
        return np.array(values, np.int64).astype(np.uint16).view(dtype.numpy)
    if dtype.is_quantized:
        return from_bits(np.array(values, np.int64).astype(dtype.numpy[0]), dtype)
    if dtype.is_integer:
        return np.array(values, np.int64 if dtype.name != "uint64" else np.uint64).astype(
            dtype.numpy
        )
    return np.array(values, dtype.numpy)


def tensor_to_proto(
    array: NDArray[Any], dtype: DType | None = None, shape: Sequence[int] | None = None
) -> TensorProto:
    """The TensorProto of an array, as TensorFlow's `make_tensor_proto` writes it.

    One element goes into the typed list of its type, more go as raw bytes; strings, truth values and complex numbers always
    go into a list.  A `shape` of more elements than the array has stands for copies of the last one.
    """
    dtype = as_dtype(array.dtype) if dtype is None else dtype
    sizes = array.shape if shape is None else tuple(shape)
    proto = TensorProto(dtype=dtype.as_datatype_enum, tensor_shape=shape_to_proto(sizes))
    if dtype.name == "string":
        list_values(proto, array, dtype)
    elif array.size > 1 and array.size == size(sizes) and not (dtype.is_bool or dtype.is_complex):
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        proto.tensor_content = little.tobytes()
    elif array.size:
        list_values(proto, array, dtype)
    return proto


def list_values(proto: TensorProto, array: NDArray[Any], dtype: DType) -> None:
    """Add all elements of an array to the list of its type, and nothing else to the proto."""
    field = getattr(proto, _FIELDS[dtype.name])
    if dtype.name == "string":
        field.extend(as_bytes(item) for item in array.reshape(-1))
        return
    element = np.ascontiguousarray(bits(array)).reshape(-1)
    if dtype.is_complex:
        field.extend(element.view(dtype.real_dtype.numpy).tolist())
    elif dtype.name in ("float16", "bfloat16"):
        field.extend(element.view(np.uint16).tolist())
    else:
        field.extend(element.tolist())


def listed_values(proto: TensorProto, dtype: DType, count: int) -> NDArray[Any]:
    """The inverse of `list_values`: so many elements, from the list of that type.

    Raises:
        DataLossError: the list has another number of them.
    """
    values = getattr(proto, _FIELDS[dtype.name])
    found = len(values) // (2 if dtype.is_complex else 1)
    if found != count or (dtype.is_complex and len(values) % 2):
        raise DataLossError(f"{count} values must be listed, not {found}")
    return _from_values(proto, dtype, count)


def attr_from_proto(proto: AttrValue) -> Any:
    """The Python value of an attribute.

    Raises:
        DataLossError: it holds none.
    """
    kind = proto.WhichOneof("value")
    if kind == "list":
        return _list_from_proto(proto.list)
    if kind == "s":
        return as_text(proto.s)
    if kind == "type":
        return _dtype_of(proto.type)
    if kind == "shape":
        return shape_from_proto(proto.shape)
    if kind == "tensor":
        return tensor_from_proto(proto.tensor)
    if kind == "func":
        return _function(proto.func)
    if kind == "placeholder":
        return Placeholder(proto.placeholder)
    if kind is None:
        raise DataLossError("an attribute must have a value")
    return getattr(proto, kind)


def _function(func: Any) -> Func:
    return Func(func.name, {key: attr_from_proto(value) for key, value in func.attr.items()})


def _list_from_proto(proto: AttrValue.ListValue) -> list[Any]:
    fields = proto.ListFields()
    if not fields:
        return []
    field, items = fields[0]
    converters: dict[str, Callable[[Any], Any]] = {
        "s": as_text,
        "type": _dtype_of,
        "shape": shape_from_proto,
        "tensor": tensor_from_proto,
        "func": _function,
    }
    convert = converters.get(field.name)
    return list(items) if convert is None else [convert(item) for item in items]


def _func_proto(value: Any) -> Any:
    proto = AttrValue()
    proto.func.name = value.name
    for key, item in value.attrs.items():
        proto.func.attr[key].CopyFrom(attr_to_proto(item))
    return proto.func


def attr_to_proto(value: Any, kind: str | None = None) -> AttrValue:
    """The AttrValue of a Python value.

    Args:
        value: as `attr_from_proto` returns it; an AttrValue is returned as it is.
        kind: the attribute type of the schema, `int`, `list(type)` …; guessed from the value if None.
    """
    if isinstance(value, AttrValue):
        return value
    if kind is None:
        kind = _kind_of(value)
    proto = AttrValue()
    if kind.startswith("list("):
        proto.list.SetInParent()
        _fill_list(proto.list, value, kind[5:-1])
    elif kind == "placeholder":
        proto.placeholder = value.name
    elif kind == "string":
        proto.s = as_bytes(value)
    elif kind == "int":
        proto.i = int(value)
    elif kind == "float":
        proto.f = float(value)
    elif kind == "bool":
        proto.b = bool(value)
    elif kind == "type":
        proto.type = as_dtype(value).as_datatype_enum
    elif kind == "shape":
        proto.shape.CopyFrom(shape_to_proto(value))
    elif kind == "tensor":
        proto.tensor.CopyFrom(tensor_to_proto(value))
    else:
        proto.func.CopyFrom(_func_proto(value))
    return proto


def _fill_list(target: AttrValue.ListValue, values: Iterable[Any], kind: str) -> None:
    if kind == "string":
        target.s.extend(as_bytes(item) for item in values)
    elif kind == "int":
        target.i.extend(int(item) for item in values)
    elif kind == "float":
        target.f.extend(float(item) for item in values)
    elif kind == "bool":
        target.b.extend(bool(item) for item in values)
    elif kind == "type":
        target.type.extend(as_dtype(item).as_datatype_enum for item in values)
    elif kind == "shape":
        target.shape.extend(shape_to_proto(item) for item in values)
    elif kind == "tensor":
        target.tensor.extend(tensor_to_proto(item) for item in values)
    else:
        target.func.extend(_func_proto(item) for item in values)


_KINDS: tuple[tuple[Any, str], ...] = (
    (Placeholder, "placeholder"),
    ((str, bytes), "string"),
    (bool, "bool"),
    ((int, np.integer), "int"),
    ((float, np.floating), "float"),
    (DType, "type"),
    (np.ndarray, "tensor"),
)


def _kind_of(value: Any) -> str:
    for types, kind in _KINDS:
        if isinstance(value, types):
            return kind
    if hasattr(value, "attrs") and hasattr(value, "name"):
        return "func"
    if value is None or isinstance(value, tuple):
        return "shape"
    return f"list({_kind_of(value[0]) if value else 'int'})"
