"""Fields of serialised protocol buffers as tensors, and back.

What a message looks like is known of TensorFlow's own messages, and of those that a graph brings descriptors of.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.codec import as_bytes
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import DataLossError, InvalidArgumentError, clip
from minihub_runtime.ops.array import zeros
from minihub_runtime.ops.checking import allocatable, require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.proto_wire import KINDS, LENGTH, fields_of, scalar, unpacked, written
from minihub_runtime.ops.registry import Array, op, types_list, without_gradient
from minihub_runtime.shapes import Shape, Spec, merge, show

__all__: list[str] = []

_LINKED, _GIVEN = "local://", "bytes://"


def _pool(ctx: Context, source: str) -> Any:
    """The descriptors that an attribute names.

    Raises:
        InvalidArgumentError: they are none.
        NotFoundError, PermissionDeniedError: a file is not there, or is none of the module's.
    """
    if source in ("", _LINKED):
        from minihub_runtime.protos import Example

        return Example.DESCRIPTOR.file.pool
    if source.startswith(_GIVEN):
        return _described(as_bytes(source[len(_GIVEN) :]))
    return _described(ctx.read_file(as_bytes(source)))


@functools.lru_cache(maxsize=16)
def _described(data: bytes) -> Any:
    """The pool of a serialised FileDescriptorSet."""
    from google.protobuf import descriptor_pb2, descriptor_pool
    from google.protobuf.message import DecodeError

    try:
        files = descriptor_pb2.FileDescriptorSet.FromString(data)
        pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            pool.AddSerializedFile(file.SerializeToString())
            pool.FindFileByName(file.name)
    except (DecodeError, TypeError, KeyError) as error:
        raise InvalidArgumentError(
            f"descriptor_source must hold the descriptors of files that fit together: {error}"
        ) from error
    return pool


def _message(ctx: Context, source: str, name: str) -> Any:
    """The descriptor of a message type."""
    try:
        return _pool(ctx, source).FindMessageTypeByName(name)
    except KeyError as error:
        raise InvalidArgumentError(
            f"No descriptor found for message type {clip(name)!r}; descriptor_source must have it"
        ) from error


class _Field(NamedTuple):
    """A field of a message that is asked for.

    Attributes:
        kind: the number of its declared type.
        packed: whether it says that its values are packed.
        default: the value of one that is not there.
    """

    name: str
    number: int
    kind: int
    repeated: bool
    packed: bool
    default: Any


def _field(message: Any, name: str, extensions: bool) -> _Field:
    """The description of a field of a message, or of an extension of it."""
    found = message.fields_by_name.get(name)
    if found is None and extensions:
        known = message.file.pool.FindAllExtensions(message)
        found = next((extension for extension in known if extension.full_name == name), None)
    if found is None:
        raise InvalidArgumentError(
            f"Unknown field: {clip(name)!r} in message type {message.full_name!r}"
        )
    # Versions of protobuf have one of the two, and warn of the other.
    repeated = found.is_repeated if hasattr(found, "is_repeated") else found.label == 3
    default = found.default_value
    if KINDS[found.type].numpy is object:
        text = default if found.message_type is None and not repeated else b""
        # TensorFlow's default ends at the first zero.
        default = (text.encode() if isinstance(text, str) else text or b"").split(b"\0")[0]
    elif repeated or default is None:
        default = found.enum_type.values[0].number if found.enum_type is not None else 0
    elif found.type == found.TYPE_FLOAT:
        # Protobuf in Python alone has the number that is written, which may have more digits.
        default = float(np.float32(default))
    elif KINDS[found.type].numpy in (np.uint32, np.uint64):
        # TensorFlow keeps one byte of unsigned defaults.
        default &= 0xFF
    packed = bool(found.GetOptions().packed)
    return _Field(name, found.number, found.type, bool(repeated), packed, default)


def _require_type(field: _Field, dtype: DType) -> None:
    allowed = KINDS[field.kind].outputs
    if dtype not in allowed:
        shown = " or ".join(kind.name for kind in allowed)
        require(False, f"field {field.name!r} must have type {shown}, not {dtype.name}")


def _binary(message: Any, data: bytes, text: bool) -> bytes:
    """A message in binary, from text or as a parser writes it again."""
    from google.protobuf import message_factory, text_format
    from google.protobuf.message import DecodeError, EncodeError

    made = message_factory.GetMessageClass(message)()
    try:
        if text:
            text_format.Parse(data, made, descriptor_pool=message.file.pool)
        else:
            made.MergeFromString(data)
        return bytes(made.SerializeToString())
    except (
        DecodeError,
        EncodeError,
        text_format.ParseError,
        UnicodeDecodeError,
        RecursionError,
    ) as error:
        raise DataLossError(
            f"Unable to parse {'text' if text else 'binary'} protobuf of type "
            f"{message.full_name!r}: {error}"
        ) from error


def _collect(data: bytes, wanted: dict[int, list[tuple[_Field, DType, list[Any]]]]) -> None:
    """Append the values of wanted fields, which stand under their numbers, to their lists; those that do not repeat
    hold the last one.
    """
    alone: set[int] = set()
    for number, wire, raw in fields_of(data):
        for field, dtype, values in wanted.get(number, ()):
            declared = KINDS[field.kind]
            if wire == declared.wire:
                values.append(scalar(field.kind, raw))
                alone.add(id(values))
            elif wire == LENGTH and declared.numpy is object:
                raise DataLossError(f"field {field.name!r} must not be packed")
            elif wire == LENGTH and field.repeated:
                values.extend(unpacked(field.kind, raw, dtype).tolist())
            elif wire == LENGTH and raw:
                unpacked(field.kind, raw, dtype)
                if id(values) in alone:
                    raise DataLossError(f"field {field.name!r} must have one value, not more")
                # TensorFlow counts a packed value of a field that does not repeat, and then forgets it.
                values.append(field.default)
            if not field.repeated:
                del values[:-1]


def _decoded_shapes(bytes: Spec, output_types: list[DType], field_names: list[str]) -> list[Shape]:
    if bytes.shape is None:
        return [None] * (1 + len(output_types))
    return [(*bytes.shape, len(output_types)), *[(*bytes.shape, None)] * len(output_types)]


@op(
    "DecodeProtoV2(bytes: string) -> sizes: int32, values: output_types",
    output_types=types_list(),
    source="core/kernels/decode_proto_op.cc",
    shape=_decoded_shapes,
)
def decode_proto_v2(
    ctx: Context,
    bytes: Array,
    *,
    message_type: str,
    field_names: list[str],
    output_types: list[DType],
    descriptor_source: str = _LINKED,
    message_format: str = "binary",
    sanitize: bool = False,
) -> tuple[Array, ...]:
    """How many values each wanted field of each message has, and the values, filled with the field's default.

    Shapes: `s -> s + [fields]`, and for each field `s + [most values, at least 1]`.
    Raises: InvalidArgumentError for messages, fields or formats that there are not, and types that do not fit; DataLossError
        for bytes that are no message.
    Differs: of the messages linked into TensorFlow those are known that graphs, checkpoints, examples and events are made of;
        files of descriptors must be the module's.
    """
    message = _message(ctx, descriptor_source, message_type)
    if len(field_names) != len(output_types):
        require(
            False,
            f"field_names must have {len(output_types)} elements like output_types, not {len(field_names)}",
        )
    fields = [_field(message, name, extensions=True) for name in field_names]
    for field, dtype in zip(fields, output_types, strict=True):
        _require_type(field, dtype)
    if message_format not in ("binary", "text"):
        require(False, f"message_format must be binary or text, not {message_format!r}")
    require(bytes.size >= 1, "bytes must have at least one element")
    sizes = np.zeros((bytes.size, len(fields)), np.int32)
    columns: list[list[list[Any]]] = [[] for _ in fields]
    text = message_format == "text"
    for row, data in enumerate(bytes.reshape(-1).tolist()):
        wanted: dict[int, list[tuple[_Field, DType, list[Any]]]] = {}
        for field, dtype, column in zip(fields, output_types, columns, strict=True):
            column.append([])
            wanted.setdefault(field.number, []).append((field, dtype, column[-1]))
        _collect(_binary(message, data, text) if text or sanitize else data, wanted)
        sizes[row] = [len(column[-1]) for column in columns]
    values = [
        _filled(column, field, dtype, bytes.shape)
        for column, field, dtype in zip(columns, fields, output_types, strict=True)
    ]
    return (sizes.reshape(*bytes.shape, len(fields)), *values)


def _filled(rows: list[list[Any]], field: _Field, dtype: DType, prefix: tuple[int, ...]) -> Array:
    """The values of one field of all messages as one array."""
    most = max(1, *(len(row) for row in rows))
    result = zeros(allocatable((len(rows), most), dtype.numpy), dtype)
    result[...] = field.default
    for place, row in enumerate(rows):
        result[place, : len(row)] = row
    return result.reshape(*prefix, most)


def _encoded_shape(sizes: Spec, values: Sequence[Spec]) -> Shape:
    if sizes.shape is not None and not sizes.shape:
        raise InvalidArgumentError("sizes must have rank >= 1, not 0")
    prefix = None if sizes.shape is None else sizes.shape[:-1]
    for value in values:
        if value.shape is not None:
            require(
                len(value.shape) >= 2, f"values must have rank >= 2, not shape {show(value.shape)}"
            )
            prefix = merge(prefix, value.shape[:-1])
    return prefix


@op(
    "EncodeProto(sizes: int32, values: Tinput_types) -> bytes: string",
    Tinput_types=types_list(minimum=1),
    source="core/kernels/encode_proto_op.cc",
    shape=_encoded_shape,
)
def encode_proto(
    ctx: Context,
    sizes: Array,
    values: Sequence[Array],
    *,
    field_names: list[str],
    message_type: str,
    descriptor_source: str = _LINKED,
) -> Array:
    """Serialised messages with the first values of each field, as many as `sizes` says.

    Shapes: `s + [fields]`, and for each field `s + [most values]`, of rank 2 or more `-> s`.
    Raises: InvalidArgumentError for messages or fields that there are not, types or shapes that do not fit, and sizes
        beyond the values.
    Differs: as DecodeProtoV2 for the messages that are known.
    """
    message = _message(ctx, descriptor_source, message_type)
    fields = [_field(message, name, extensions=False) for name in field_names]
    require(
        len(fields) == len(values),
        f"values must be as many as field_names, {len(fields)}, not {len(values)}",
    )
    prefix = values[0].shape[:-1]
    for field, array in zip(fields, values, strict=True):
        _require_type(field, as_dtype(array.dtype))
        if array.ndim < 2 or array.shape[:-1] != prefix:
            require(
                False,
                f"values of {field.name!r} must have rank >= 2 and the shape {show(prefix)} but for the "
                f"last size, not {show(array.shape)}",
            )
    if sizes.shape != (*prefix, len(fields)):
        require(
            False,
            f"sizes must have shape {show((*prefix, len(fields)))}, not {show(sizes.shape)}",
        )
    counts = sizes.reshape(-1, len(fields))
    pieces: list[list[bytes]] = [[] for _ in counts]
    for place in sorted(range(len(fields)), key=lambda index: fields[index].number):
        field, rows = fields[place], values[place].reshape(len(counts), values[place].shape[-1])
        most = int(counts[:, place].max(initial=0))
        if most > rows.shape[1]:
            require(
                False,
                f"sizes of {field.name!r} must be at most {rows.shape[1]}, the number of values, not {most}",
            )
        for row, count, piece in zip(rows, counts[:, place].tolist(), pieces, strict=True):
            if count > 0:
                piece.append(written(field.kind, field.number, row[:count], field.packed))
    result = np.empty(len(counts), object)
    result[:] = [b"".join(piece) for piece in pieces]
    return result.reshape(prefix)


without_gradient("DecodeProtoV2", "EncodeProto")
