"""The wire format of protocol buffers, as far as a message is read or written field by field without its class.

Source: tensorflow/core/util/proto/decode.h, tensorflow/core/util/proto/proto_utils.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime import dtypes
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import DataLossError
from minihub_runtime.ops.registry import Array

__all__ = [
    "KINDS",
    "LENGTH",
    "VARINT",
    "fields_of",
    "scalar",
    "tag",
    "unpacked",
    "varint",
    "written",
]

VARINT, FIXED64, LENGTH, GROUP, GROUP_END, FIXED32 = range(6)


class _Kind(NamedTuple):
    """How values of one declared type lie on the wire.

    Attributes:
        wire: the wire type.
        numpy: what the raw bits are taken for.
        outputs: the types that tensors of such values may have.
        zigzag: whether small negative numbers are small on the wire.
    """

    wire: int
    numpy: Any
    outputs: tuple[DType, ...]
    zigzag: bool = False


#: The names of declared types, by their numbers in descriptor.proto.
_NAMES = {
    1: "double",
    2: "float",
    3: "int64",
    4: "uint64",
    5: "int32",
    6: "fixed64",
    7: "fixed32",
    8: "bool",
    9: "string",
    10: "group",
    11: "message",
    12: "bytes",
    13: "uint32",
    14: "enum",
    15: "sfixed32",
    16: "sfixed64",
    17: "sint32",
    18: "sint64",
}
_BYTES = (dtypes.string,)
_INT32, _UINT32 = (dtypes.int32, dtypes.int64), (dtypes.uint32, dtypes.uint64)
_KINDS = {
    "double": _Kind(FIXED64, np.float64, (dtypes.float64,)),
    "float": _Kind(FIXED32, np.float32, (dtypes.float32, dtypes.float64)),
    "int64": _Kind(VARINT, np.int64, (dtypes.int64,)),
    "uint64": _Kind(VARINT, np.uint64, (dtypes.uint64,)),
    "int32": _Kind(VARINT, np.int32, _INT32),
    "fixed64": _Kind(FIXED64, np.uint64, (dtypes.uint64,)),
    "fixed32": _Kind(FIXED32, np.uint32, _UINT32),
    "bool": _Kind(VARINT, np.bool_, (dtypes.bool_,)),
    "string": _Kind(LENGTH, object, _BYTES),
    "group": _Kind(GROUP, object, _BYTES),
    "message": _Kind(LENGTH, object, _BYTES),
    "bytes": _Kind(LENGTH, object, _BYTES),
    "uint32": _Kind(VARINT, np.uint32, _UINT32),
    "enum": _Kind(VARINT, np.int32, (dtypes.int32,)),
    "sfixed32": _Kind(FIXED32, np.int32, _INT32),
    "sfixed64": _Kind(FIXED64, np.int64, (dtypes.int64,)),
    "sint32": _Kind(VARINT, np.int32, _INT32, zigzag=True),
    "sint64": _Kind(VARINT, np.int64, (dtypes.int64,), zigzag=True),
}
KINDS = {number: _KINDS[name] for number, name in _NAMES.items()}
_MASK64 = (1 << 64) - 1
_DEEPEST = 100


class _Reader:
    """Bytes that are read from the front."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def varint(self) -> int:
        """A number below 2**64."""
        value = shift = 0
        while shift < 70:
            if self.place >= len(self.data):
                break
            byte = self.data[self.place]
            self.place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & _MASK64
            shift += 7
        raise DataLossError(f"a message must hold whole numbers, not {self.data[-10:]!r}")

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.place:
            raise DataLossError(
                f"a message must have {count} bytes at {self.place}, "
                f"not {len(self.data) - self.place}"
            )
        self.place += count
        return self.data[self.place - count : self.place]

    def raw(self, wire: int, number: int, depth: int = 0) -> Any:
        """A value as an integer, or as the bytes of a string, or of a group with its tags."""
        if wire == VARINT:
            return self.varint()
        if wire == LENGTH:
            return self.take(self.varint())
        if wire in (FIXED32, FIXED64):
            return int.from_bytes(self.take(4 if wire == FIXED32 else 8), "little")
        if wire == GROUP and depth < _DEEPEST:
            start = end = self.place
            while True:
                end = self.place
                inner = self.varint()
                if inner & 7 == GROUP_END:
                    break
                self.raw(inner & 7, inner >> 3, depth + 1)
            if inner >> 3 == number:
                return tag(number, GROUP) + self.data[start:end] + tag(number, GROUP_END)
        raise DataLossError(f"field {number} must have a wire type that there is, not {wire}")


def fields_of(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and raw value of the fields of a message in their order.

    Raises:
        DataLossError: it is no message.
    """
    reader = _Reader(data)
    while reader.place < len(data):
        head = reader.varint() & 0xFFFFFFFF
        number, wire = head >> 3, head & 7
        if not number:
            raise DataLossError("a message must have no field 0")
        yield number, wire, reader.raw(wire, number)


def _zigzag(raw: Array, dtype: Any) -> Array:
    """The signed numbers that unsigned ones stand for."""
    unsigned = raw.astype(np.uint32 if dtype == np.int32 else np.uint64)
    one = unsigned.dtype.type(1)
    return ((unsigned >> one) ^ (np.zeros_like(unsigned) - (unsigned & one))).view(dtype)


def scalar(kind: int, raw: Any) -> Any:
    """The value of one field of a declared type from its raw value."""
    declared = KINDS[kind]
    if declared.numpy is object:
        return raw
    if declared.wire == FIXED32:
        return np.array(raw, np.uint32).view(declared.numpy)[()]
    if declared.wire == FIXED64:
        return np.array(raw, np.uint64).view(declared.numpy)[()]
    return _numbers(np.array([raw], np.uint64), kind)[0]


def _numbers(raw: Array, kind: int) -> Array:
    """Values of a declared type from varints."""
    declared = KINDS[kind]
    if declared.zigzag:
        return _zigzag(raw, declared.numpy)
    if declared.numpy is np.bool_:
        # As a varint of 32 bits.
        return raw.astype(np.uint32) != 0
    return raw.astype(declared.numpy)


def unpacked(kind: int, data: bytes, dtype: DType) -> Array:
    """The values of a packed field of a declared type, as they come in a tensor of `dtype`.

    Raises:
        DataLossError: the bytes do not hold whole values.
    """
    declared = KINDS[kind]
    if declared.wire == VARINT:
        raw = _varints(data)
        if declared.numpy is np.int32 and not declared.zigzag and dtype is dtypes.int64:
            # TensorFlow forgets the sign here.
            return raw.astype(np.uint32)
        return _numbers(raw, kind)
    width = np.dtype(declared.numpy).itemsize
    if len(data) % width:
        raise DataLossError(
            f"a packed field must have a multiple of {width} bytes, not {len(data)}"
        )
    return np.frombuffer(data, np.dtype(declared.numpy).newbyteorder("<"))


def _varints(data: bytes) -> Array:
    """All varints of some bytes."""
    octets = np.frombuffer(data, np.uint8)
    if not len(octets):
        return np.zeros(0, np.uint64)
    ends = np.flatnonzero(octets < 0x80)
    lengths = np.diff(ends, prepend=-1)
    if not len(ends) or ends[-1] != len(octets) - 1 or lengths.max() > 10:
        raise DataLossError("a packed field must hold whole numbers of at most 10 bytes")
    starts = ends + 1 - lengths
    shifts = 7 * (np.arange(len(octets)) - np.repeat(starts, lengths))
    parts = (octets & np.uint8(0x7F)).astype(np.uint64) << shifts.astype(np.uint64)
    return np.add.reduceat(parts, starts)


def varint(value: int) -> bytes:
    """A number below 2**64 on the wire."""
    result = bytearray()
    while value >= 0x80:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def tag(number: int, wire: int) -> bytes:
    """What stands before a value."""
    return varint(number << 3 | wire)


def written(kind: int, number: int, values: Array, packed: bool) -> bytes:
    """Values of a field of a declared type on the wire."""
    declared = KINDS[kind]
    if declared.wire == GROUP:
        start, end = tag(number, GROUP), tag(number, GROUP_END)
        return b"".join(start + value + end for value in values.tolist())
    if declared.wire == LENGTH:
        head = tag(number, LENGTH)
        return b"".join(head + varint(len(value)) + value for value in values.tolist())
    pieces = _pieces(declared, values)
    if packed:
        body = b"".join(pieces)
        return tag(number, LENGTH) + varint(len(body)) + body
    head = tag(number, declared.wire)
    return b"".join(head + piece for piece in pieces)


def _pieces(declared: _Kind, values: Array) -> list[bytes]:
    """Each value as it stands on the wire."""
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = values.astype(declared.numpy)
    if declared.wire != VARINT:
        width = narrow.itemsize
        data = narrow.astype(narrow.dtype.newbyteorder("<")).tobytes()
        return [data[place : place + width] for place in range(0, len(data), width)]
    if declared.zigzag:
        bits = narrow.dtype.itemsize * 8
        numbers = [(n << 1 ^ n >> bits - 1) & ((1 << bits) - 1) for n in narrow.tolist()]
    else:
        numbers = [int(n) & _MASK64 for n in narrow.tolist()]
    return [varint(n) for n in numbers]
