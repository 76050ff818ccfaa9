"""The bytes of a message, the same whichever way protobuf itself is implemented.

A map has no order.  Asked for the same bytes each time, protobuf sorts the entries, but written in Python in another order than
where it is compiled.  The order here is the latter's: strings ascending, one that goes on after another before that one;
integers descending.  TensorFlow's maps have no keys below zero, which not every compiled protobuf sorts alike.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from minihub_runtime.protos import FunctionDef, Message

__all__ = ["canonical_bytes"]

_VARINT, _EIGHT_BYTES, _PREFIXED, _FOUR_BYTES = 0, 1, 2, 5
_SIZES = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}


def canonical_bytes(message: Message) -> bytes:
    """A message as bytes that depend on its content alone."""
    data = message.SerializeToString(deterministic=True)
    return data if _protobuf_orders() else _ordered(data, message.DESCRIPTOR)


@functools.cache
def _protobuf_orders() -> bool:
    """Whether protobuf itself writes entries of maps in this order."""
    probe = FunctionDef()
    for name in ("T", "Tidx", "U", "S"):
        probe.ret[name] = ""
    for number in (0, 1, 300):
        probe.resource_arg_unique_id[number] = 0
    data: bytes = probe.SerializeToString(deterministic=True)
    return data == (
        b'"\x05\n\x01S\x12\x00"\x08\n\x04Tidx\x12\x00"\x05\n\x01T\x12\x00"\x05\n\x01U\x12\x00'
        b"B\x05\x08\xac\x02\x10\x00B\x04\x08\x01\x10\x00B\x04\x08\x00\x10\x00"
    )


class _Way(NamedTuple):
    """A field in which there are maps.

    Attributes:
        kind: the message in it; the entry if it is a map.
        is_map: whether it is a map.
    """

    kind: Any
    is_map: bool


@functools.cache
def _ways(kind: Any) -> Mapping[int, _Way]:
    """Number → field, of those fields of a message that are maps, or have maps somewhere inside."""
    return {
        field.number: _Way(field.message_type, _is_entry(field.message_type))
        for field in kind.fields
        if field.message_type is not None and _has_maps(field.message_type)
    }


def _is_entry(kind: Any) -> bool:
    return bool(kind.GetOptions().map_entry)


@functools.cache
def _has_maps(kind: Any) -> bool:
    """Whether a message is the entry of a map, or has maps somewhere inside."""
    seen = {kind.full_name}
    stack = [kind]
    while stack:
        inner = stack.pop()
        if _is_entry(inner):
            return True
        for field in inner.fields:
            found = field.message_type
            if found is not None and found.full_name not in seen:
                seen.add(found.full_name)
                stack.append(found)
    return False


def _ordered(data: bytes, kind: Any) -> bytes:
    """The bytes of a message with the entries of its maps in order.

    Args:
        data: bytes that protobuf wrote: the entries of a map stand together.
        kind: the descriptor of the message.
    """
    ways = _ways(kind)
    if not ways:
        return data
    parts: list[bytes] = []
    entries: list[tuple[Any, bytes]] = []
    last = 0
    for number, start, content, end in _fields(data):
        if entries and number != last:
            parts += _sorted(entries)
            entries = []
        last = number
        way = ways.get(number)
        if way is None:
            parts.append(data[start:end])
            continue
        # What is inside is as long as before, and so is what says how long it is.
        inner = _ordered(data[content:end], way.kind)
        whole = data[start:content] + inner
        if way.is_map:
            entries.append((_key(inner, way.kind), whole))
        else:
            parts.append(whole)
    return b"".join([*parts, *_sorted(entries)])


def _sorted(entries: list[tuple[Any, bytes]]) -> list[bytes]:
    return [whole for _, whole in sorted(entries, key=lambda entry: entry[0])]


def _key(entry: bytes, kind: Any) -> Any:
    """What the entry of a map is sorted by."""
    key = kind.fields_by_name["key"]
    found = b""
    for number, start, content, end in _fields(entry):
        if number == key.number:
            found = entry[content:end]
            if entry[start] % 8 == _VARINT:
                return -_varint(found, 0)[0]
    # No byte of a text is as large as the last.
    return found + b"\xff" if key.type == key.TYPE_STRING else -int.from_bytes(found, "little")


def _fields(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a message: number, where it starts, where its content starts, and where it ends."""
    at = 0
    while at < len(data):
        start = at
        tag, at = _varint(data, at)
        number, wire = divmod(tag, 8)
        content = at
        if wire == _VARINT:
            at = _varint(data, at)[1]
        elif wire == _PREFIXED:
            size, content = _varint(data, at)
            at = content + size
        elif wire in _SIZES:
            at += _SIZES[wire]
        else:
            # A group, of a field that is not known; those stand at the end.
            at = len(data)
        yield number, start, content, at


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends."""
    value = shift = 0
    while (byte := data[at]) > 0x7F:
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
    return value | byte << shift, at + 1
