"""TensorFlow's element types: one table of enum value, name and NumPy type.

Strings are object arrays of `bytes`; resources and variants are object arrays or bare Python objects.  bfloat16 and
the quantised types have no NumPy scalar type, so they are structured types of one field that carries the
bits, `np.dtype([("qint8", np.int8)])`; `bits()` and `from_bits()` cross that border.

Source: tensorflow/core/framework/types.proto, tensorflow/python/framework/dtypes.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.public import also_names_below, names_below

__all__ = [
    "DTYPES",
    "DType",
    "as_dtype",
    "bfloat16",
    "bits",
    "bool_",
    "complex64",
    "complex128",
    "float16",
    "float32",
    "float64",
    "float_to_bfloat16",
    "from_bits",
    "half",
    "int8",
    "int16",
    "int32",
    "int64",
    "qint8",
    "qint16",
    "qint32",
    "quint8",
    "quint16",
    "resource",
    "string",
    "to_float",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "variant",
]

REF_OFFSET = 100


class DType:
    """One element type, or a reference to a tensor of it.

    Attributes:
        name: TensorFlow's name, `float32`; `float32_ref` for the reference type.
        as_datatype_enum: its number in `DataType`.
        numpy: the NumPy dtype of its arrays.
    """

    __slots__ = ("as_datatype_enum", "name", "numpy")

    def __init__(self, name: str, enum: int, numpy: Any) -> None:
        self.name = name
        self.as_datatype_enum = enum
        self.numpy: np.dtype[Any] = np.dtype(numpy)

    @property
    def as_numpy_dtype(self) -> Any:
        """The NumPy scalar type, or the structured dtype where there is none."""
        return self.numpy.type if self.numpy.names is None else self.numpy

    @property
    def is_ref(self) -> bool:
        """Whether this is a reference type."""
        return self.as_datatype_enum > REF_OFFSET

    @property
    def base_dtype(self) -> DType:
        """The type without the reference."""
        return _BY_ENUM[self.as_datatype_enum - REF_OFFSET] if self.is_ref else self

    @property
    def ref(self) -> DType:
        """The reference type to this type."""
        return self if self.is_ref else _BY_ENUM[self.as_datatype_enum + REF_OFFSET]

    @property
    def is_floating(self) -> bool:
        """Whether this is a real floating type, bfloat16 included."""
        return self.numpy.kind == "f" or self.base_dtype.name == "bfloat16"

    @property
    def is_complex(self) -> bool:
        """Whether this is a complex type."""
        return self.numpy.kind == "c"

    @property
    def is_integer(self) -> bool:
        """Whether this is a plain (not quantised) integer type."""
        return self.numpy.kind in "iu"

    @property
    def is_unsigned(self) -> bool:
        """Whether this is a plain unsigned integer type."""
        return self.numpy.kind == "u"

    @property
    def is_bool(self) -> bool:
        """Whether this is bool."""
        return self.numpy.kind == "b"

    @property
    def is_quantized(self) -> bool:
        """Whether this is a quantised type."""
        return self.base_dtype.name in ("qint8", "quint8", "qint16", "quint16", "qint32")

    @property
    def is_numpy_compatible(self) -> bool:
        """Whether NumPy arrays hold its values (not so for resource and variant)."""
        return self.base_dtype.name not in ("resource", "variant")

    @property
    def real_dtype(self) -> DType:
        """The type of the real part."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    @property
    def size(self) -> int:
        """Bytes an element takes; 1 for types without a fixed size (0 in TensorFlow)."""
        return 1 if self.numpy.kind == "O" else self.numpy.itemsize

    @property
    def min(self) -> Any:
        """The smallest finite value."""
        return self._limits()[0]

    @property
    def max(self) -> Any:
        """The largest finite value."""
        return self._limits()[1]

    @property
    def limits(self) -> tuple[Any, Any]:
        """(0, 1) for floating types, (0, max) for integer types: the range of image data."""
        return (0, 1) if self.is_floating else (0, self.max)

    def _limits(self) -> tuple[Any, Any]:
        base = self.base_dtype
        if base.name == "bfloat16":
            return float.fromhex("-0x1.FEp127"), float.fromhex("0x1.FEp127")
        plain: np.dtype[Any] = base.numpy
        if base.is_quantized and base.numpy.names:
            plain = base.numpy[0]
        if plain.kind == "f":
            return np.finfo(plain).min, np.finfo(plain).max
        if plain.kind in "iu":
            return np.iinfo(plain).min, np.iinfo(plain).max
        if plain.kind == "b":
            return False, True
        raise TypeError(f"{self.name} has no smallest and largest value")

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor of type `other` can stand where this type is wanted."""
        return self.base_dtype is as_dtype(other).base_dtype

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DType):
            return self is other
        try:
            return self is as_dtype(other)
        except TypeError:
            return NotImplemented

    def __hash__(self) -> int:
        return self.as_datatype_enum

    def __int__(self) -> int:
        return self.as_datatype_enum

    def __repr__(self) -> str:
        return f"tf.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return as_dtype, (self.name,)


def _bits_type(name: str, carrier: Any) -> np.dtype[Any]:
    return np.dtype([(name, carrier)])


_TABLE: list[tuple[str, int, Any]] = [
    ("float32", 1, np.float32),
    ("float64", 2, np.float64),
    ("int32", 3, np.int32),
    ("uint8", 4, np.uint8),
    ("int16", 5, np.int16),
    ("int8", 6, np.int8),
    ("string", 7, object),
    ("complex64", 8, np.complex64),
    ("int64", 9, np.int64),
    ("bool", 10, np.bool_),
    ("qint8", 11, _bits_type("qint8", np.int8)),
    ("quint8", 12, _bits_type("quint8", np.uint8)),
    ("qint32", 13, _bits_type("qint32", np.int32)),
    ("bfloat16", 14, _bits_type("bfloat16", np.uint16)),
    ("qint16", 15, _bits_type("qint16", np.int16)),
    ("quint16", 16, _bits_type("quint16", np.uint16)),
    ("uint16", 17, np.uint16),
    ("complex128", 18, np.complex128),
    ("float16", 19, np.float16),
    ("resource", 20, object),
    ("variant", 21, object),
    ("uint32", 22, np.uint32),
    ("uint64", 23, np.uint64),
]

_BY_ENUM: dict[int, DType] = {}
for _name, _enum, _numpy in _TABLE:
    _BY_ENUM[_enum] = DType(_name, _enum, _numpy)
    _BY_ENUM[_enum + REF_OFFSET] = DType(f"{_name}_ref", _enum + REF_OFFSET, _numpy)

DTYPES: tuple[DType, ...] = tuple(_BY_ENUM[enum] for _, enum, _ in _TABLE)

_BY_NAME = {dtype.name: dtype for dtype in _BY_ENUM.values()}
# TensorFlow's other spellings: in OpDefs, in C++ enum names, in Python.
_BY_NAME.update(
    half=_BY_NAME["float16"],
    float=_BY_NAME["float32"],
    double=_BY_NAME["float64"],
)
_BY_NAME.update(
    {f"DT_{dtype.name.upper()}": dtype for dtype in DTYPES},
    DT_HALF=_BY_NAME["float16"],
    DT_FLOAT=_BY_NAME["float32"],
    DT_DOUBLE=_BY_NAME["float64"],
)
_BY_NUMPY = {
    dtype.numpy: dtype for dtype in DTYPES if dtype.name not in ("string", "resource", "variant")
}

float16 = half = _BY_NAME["float16"]
float32 = _BY_NAME["float32"]
float64 = double = _BY_NAME["float64"]
bfloat16 = _BY_NAME["bfloat16"]
int8 = _BY_NAME["int8"]
int16 = _BY_NAME["int16"]
int32 = _BY_NAME["int32"]
int64 = _BY_NAME["int64"]
uint8 = _BY_NAME["uint8"]
uint16 = _BY_NAME["uint16"]
uint32 = _BY_NAME["uint32"]
uint64 = _BY_NAME["uint64"]
bool_ = _BY_NAME["bool"]
string = _BY_NAME["string"]
complex64 = _BY_NAME["complex64"]
complex128 = _BY_NAME["complex128"]
qint8 = _BY_NAME["qint8"]
quint8 = _BY_NAME["quint8"]
qint16 = _BY_NAME["qint16"]
quint16 = _BY_NAME["quint16"]
qint32 = _BY_NAME["qint32"]
resource = _BY_NAME["resource"]
variant = _BY_NAME["variant"]


if not TYPE_CHECKING:
    # `tf.dtypes` is this module: it also has what the API defines below that name.
    __getattr__ = also_names_below("dtypes")


def __dir__() -> list[str]:
    return sorted({*globals(), *names_below("dtypes")})


def as_dtype(type_value: Any) -> DType:
    """The DType of a DType, enum number, TensorFlow name, NumPy type or Python type.

    Raises:
        TypeError: nothing of that kind is an element type.
    """
    if isinstance(type_value, DType):
        return type_value
    if isinstance(type_value, np.dtype) and type_value in _BY_NUMPY:
        return _BY_NUMPY[type_value]
    if isinstance(type_value, (int, np.integer)) and not isinstance(type_value, bool):
        found = _BY_ENUM.get(int(type_value))
    elif isinstance(type_value, str) and type_value in _BY_NAME:
        found = _BY_NAME[type_value]
    elif type_value in (str, bytes, object):
        found = string
    elif type_value is float:
        # Not NumPy's float64: a Python number becomes a float32 tensor.
        found = float32
    else:
        found = _from_numpy(type_value)
    if found is None:
        raise TypeError(
            f"{type_value!r} must name an element type, for example 'float32' or np.int64"
        )
    return found


def _from_numpy(value: Any) -> DType | None:
    if value is None:
        return None
    try:
        numpy = np.dtype(value)
    except TypeError:
        return None
    if numpy.kind in "SUO":
        return string
    if numpy in _BY_NUMPY:
        return _BY_NUMPY[numpy]
    native = numpy.newbyteorder("=")
    if native in _BY_NUMPY:
        return _BY_NUMPY[native]
    # `long` and `long long` are two types of one size on some systems, and NumPy tells them apart.
    if native.kind in "iu":
        return _BY_NAME.get(f"{'u' if native.kind == 'u' else ''}int{8 * native.itemsize}")
    # ml_dtypes and TensorFlow's own bfloat16 are user types with this name.
    return bfloat16 if numpy.name == "bfloat16" else None


def bits(array: NDArray[Any]) -> NDArray[Any]:
    """The integers a bfloat16 or quantised array carries, as a view; other arrays as they are."""
    return array if array.dtype.names is None else array[array.dtype.names[0]]


def from_bits(array: NDArray[Any], dtype: DType) -> NDArray[Any]:
    """The bfloat16 or quantised array whose integers are `array` (of the carrying type), as a view.

    Raises:
        InvalidArgumentError: `array` is not of the carrying type.
    """
    carrier = dtype.numpy[0]
    if array.dtype != carrier:
        raise InvalidArgumentError(f"{dtype.name} is carried by {carrier}, not {array.dtype}")
    return np.ascontiguousarray(array).view(dtype.numpy).reshape(array.shape)


def to_float(array: NDArray[Any]) -> NDArray[Any]:
    """bfloat16 as float32 with the same values (a copy); every other array as it is."""
    if array.dtype != bfloat16.numpy:
        return array
    widened: NDArray[Any] = (bits(array).astype(np.uint32) << np.uint32(16)).view(np.float32)
    return widened.reshape(array.shape)


def float_to_bfloat16(array: NDArray[Any]) -> NDArray[Any]:
    """A floating array rounded to bfloat16, ties to even, NaN kept.

    Source: Eigen/src/Core/arch/Default/BFloat16.h:float_to_bfloat16_rtne.
    """
    wide = np.ascontiguousarray(array, dtype=np.float32)
    carried = wide.view(np.uint32)
    rounded = ((carried + 0x7FFF + ((carried >> 16) & 1)) >> 16).astype(np.uint16)
    quiet_nan = np.where(np.signbit(wide), 0xFFC0, 0x7FC0).astype(np.uint16)
    return from_bits(np.where(np.isnan(wide), quiet_nan, rounded).reshape(array.shape), bfloat16)
