"""Examples that are written as JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from google.protobuf.descriptor import FieldDescriptor

from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.ops.proto_wire import LENGTH, tag, varint, written
from minihub_runtime.ops.registry import Array, op, without_gradient
from minihub_runtime.ops.shape_rules import same
from minihub_runtime.text.arrays import flat_strings, string_array

__all__: list[str] = []


@op(
    "DecodeJSONExample(json_examples: string) -> binary_examples: string",
    source="core/kernels/decode_proto_op.cc:DecodeJSONExample",
    shape=same,
)
def decode_json_example(json_examples: Array) -> Array:
    """Each tf.Example that is written as JSON, serialised in the order of the text, numbers one by one.

    Differs: what TensorFlow takes beyond the standard, such as names without quotes, is refused.
    Raises: InvalidArgumentError for what is no JSON, or no Example.
    """
    return string_array(map(_serialized, flat_strings(json_examples)), json_examples.shape)


class _Object(list[tuple[str, Any]]):
    """The members of an object in their order."""


def _refuse(reason: str) -> NoReturn:
    raise InvalidArgumentError(f"Error while parsing JSON: {reason}")


def _serialized(text: bytes) -> bytes:
    try:
        found = json.loads(text.decode(), object_pairs_hook=_Object, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        _refuse(str(error))
    return b"".join(_field(1, _features(item)) for item in _only(found, "features"))


def _field(number: int, content: bytes) -> bytes:
    return tag(number, LENGTH) + varint(len(content)) + content


def _members(value: Any) -> list[tuple[str, Any]]:
    """The members of an object; null is as if it were absent."""
    if not isinstance(value, _Object):
        _refuse("Root element must be a message, and so must features.")
    return [(name, item) for name, item in value if item is not None]


def _only(value: Any, wanted: str) -> list[Any]:
    """The member of an object that has no other."""
    members = _members(value)
    for name, _ in members:
        if name != wanted:
            _refuse(f"{clip(name)}: Cannot find field.")
    if len(members) > 1:
        _refuse(f"{wanted} must stand once")
    return [item for _, item in members]


def _features(value: Any) -> bytes:
    return b"".join(
        _field(1, _field(1, name.encode()) + _field(2, _feature(feature)))
        for table in _only(value, "feature")
        for name, feature in _members(table)
    )


def _feature(value: Any) -> bytes:
    members = _members(value)
    if len(members) > 1:
        _refuse("a feature must have one list")
    parts = []
    for name, item in members:
        if name not in LISTS:
            _refuse(f"{clip(name)}: Cannot find field.")
        number, kind, dtype, read = LISTS[name]
        for given in _only(item, "value"):
            values = given if type(given) is list else [given]
            array = np.array([read(element) for element in values], dtype)
            parts.append((number, written(kind, 1, array, packed=False)))
        if not parts:
            parts.append((number, b""))
    return b"".join(_field(number, content) for number, content in parts)


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        plain = value.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            found = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
        except ValueError:
            found = b""
        # Bits that stand for nothing must be zero.
        if base64.b64encode(found).decode().rstrip("=") == plain:
            return found
    _refuse(f"invalid value {_shown(value)} for type TYPE_BYTES")


def _number(value: Any, kind: str) -> float | int:
    """A number, or a text that is one."""
    try:
        found = json.loads(value, parse_constant=_constant) if isinstance(value, str) else value
    except ValueError:
        found = None
    if type(found) not in (int, float):
        _refuse(f"invalid value {_shown(value)} for type {kind}")
    return found


def _constant(text: str) -> float:
    return float(text)


def _integer(value: Any) -> int:
    found = _number(value, "TYPE_INT64")
    if not (abs(found) < 2**64 and found == int(found) and -(2**63) <= found < 2**63):
        _refuse(f"invalid value {_shown(value)} for type TYPE_INT64")
    return int(found)


def _float(value: Any) -> float:
    found = _number(value, "TYPE_FLOAT")
    written_out = value in ("Infinity", "-Infinity", "NaN")
    if not (written_out or abs(found) <= float(np.finfo(np.float32).max)):
        _refuse(f"invalid value {_shown(value)} for type TYPE_FLOAT")
    return float(found)


def _shown(value: Any) -> str:
    return clip(json.dumps(value))


#: Name → number of the list in a feature, kind and type of its values, and what reads one.
LISTS: dict[str, tuple[int, int, Any, Callable[[Any], Any]]] = {
    name: list_
    for names, list_ in (
        (("bytesList", "bytes_list"), (1, FieldDescriptor.TYPE_BYTES, object, _bytes)),
        (("floatList", "float_list"), (2, FieldDescriptor.TYPE_FLOAT, np.float32, _float)),
        (("int64List", "int64_list"), (3, FieldDescriptor.TYPE_INT64, np.int64, _integer)),
    )
    for name in names
}

without_gradient("DecodeJSONExample")
