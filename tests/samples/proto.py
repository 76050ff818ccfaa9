"""Samples of `ops/proto.py`, on messages whose descriptors the graphs bring, and on two of TensorFlow's."""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2

from minihub_runtime.codec import as_text
from minihub_runtime.ops.proto_wire import tag, varint
from tests.samples import Sample, b, boolean, f32, i32, i64, typed

D = descriptor_pb2.FieldDescriptorProto

#: name → type, the types of tensors, a default.
SCALARS: dict[str, tuple[int, tuple[str, ...], str]] = {
    "double": (D.TYPE_DOUBLE, ("float64",), "1.5"),
    "float": (D.TYPE_FLOAT, ("float32", "float64"), "0.1"),
    "int64": (D.TYPE_INT64, ("int64",), "-9000000000"),
    "uint64": (D.TYPE_UINT64, ("uint64",), "300"),
    "int32": (D.TYPE_INT32, ("int32", "int64"), "-300"),
    "fixed64": (D.TYPE_FIXED64, ("uint64",), "7"),
    "fixed32": (D.TYPE_FIXED32, ("uint32", "uint64"), "8"),
    "bool": (D.TYPE_BOOL, ("bool",), "true"),
    "string": (D.TYPE_STRING, ("string",), "text"),
    "bytes": (D.TYPE_BYTES, ("string",), "a\\\\000b"),
    "uint32": (D.TYPE_UINT32, ("uint32", "uint64"), "9"),
    "sfixed32": (D.TYPE_SFIXED32, ("int32", "int64"), "-4"),
    "sfixed64": (D.TYPE_SFIXED64, ("int64",), "-5"),
    "sint32": (D.TYPE_SINT32, ("int32", "int64"), "-6"),
    "sint64": (D.TYPE_SINT64, ("int64",), "-7"),
}


def described() -> descriptor_pb2.FileDescriptorSet:
    """A message with fields of all types: single ones, repeated ones and packed ones."""
    files = descriptor_pb2.FileDescriptorSet()
    file = files.file.add(name="all.proto", package="samples", syntax="proto2")
    message = file.message_type.add(name="All")
    for number, (name, (kind, _, default)) in enumerate(SCALARS.items(), start=1):
        message.field.add(name=name, number=number, type=kind, label=D.LABEL_OPTIONAL)
        message.field.add(
            name=f"{name}_default",
            number=number + 20,
            type=kind,
            label=D.LABEL_OPTIONAL,
            default_value=default.replace("\\\\", "\\"),
        )
        message.field.add(name=f"{name}s", number=number + 40, type=kind, label=D.LABEL_REPEATED)
        if name not in ("string", "bytes"):
            packed = message.field.add(
                name=f"packed_{name}s", number=number + 60, type=kind, label=D.LABEL_REPEATED
            )
            packed.options.packed = True
    enum = message.enum_type.add(name="Color")
    for name, value in (("RED", 3), ("BLUE", -2)):
        enum.value.add(name=name, number=value)
    inner = message.nested_type.add(name="Inner")
    inner.field.add(name="x", number=1, type=D.TYPE_INT32, label=D.LABEL_OPTIONAL)
    kind = ".samples.All.Color"
    message.field.add(
        name="color", number=101, type=D.TYPE_ENUM, type_name=kind, label=D.LABEL_OPTIONAL
    )
    message.field.add(
        name="colors", number=102, type=D.TYPE_ENUM, type_name=kind, label=D.LABEL_REPEATED
    )
    kind = ".samples.All.Inner"
    message.field.add(
        name="inner", number=103, type=D.TYPE_MESSAGE, type_name=kind, label=D.LABEL_OPTIONAL
    )
    message.field.add(
        name="inners", number=104, type=D.TYPE_MESSAGE, type_name=kind, label=D.LABEL_REPEATED
    )
    group = message.nested_type.add(name="Group")
    group.field.add(name="y", number=1, type=D.TYPE_INT32, label=D.LABEL_OPTIONAL)
    message.field.add(
        name="group",
        number=105,
        type=D.TYPE_GROUP,
        type_name=".samples.All.Group",
        label=D.LABEL_OPTIONAL,
    )
    message.extension_range.add(start=200, end=300)
    file.extension.add(
        name="more", number=200, type=D.TYPE_INT64, label=D.LABEL_REPEATED, extendee=".samples.All"
    )
    return files


SOURCE = "bytes://" + as_text(described().SerializeToString(deterministic=True))
NUMBERS = {field.name: field.number for field in described().file[0].message_type[0].field}
WIRES = {
    "double": 1,
    "float": 5,
    "fixed64": 1,
    "sfixed64": 1,
    "fixed32": 5,
    "sfixed32": 5,
    "string": 2,
    "bytes": 2,
}


def raw(name: str, value: Any) -> bytes:
    """A value of a type on the wire: whole numbers as they stand there."""
    wire = WIRES.get(name, 0)
    if isinstance(value, bytes):
        return varint(len(value)) + value
    if wire:
        return value.to_bytes(8 if wire == 1 else 4, "little")
    return varint(value)


def single(field: str, name: str, *values: Any) -> bytes:
    """Values of a field one by one."""
    head = tag(NUMBERS[field], WIRES.get(name, 0))
    return b"".join(head + raw(name, value) for value in values)


def packed(field: str, name: str, *values: Any) -> bytes:
    """Values of a field together."""
    body = b"".join(raw(name, value) for value in values)
    return tag(NUMBERS[field], 2) + varint(len(body)) + body


def some(name: str) -> list[Any]:
    """Values of a type as they stand on the wire."""
    if name in ("string", "bytes"):
        return [b"one", b"", b"\xff\0three"]
    if name in ("double", "float"):
        numbers = np.array(
            [0, 1.5, -0.1, np.inf, np.nan, 3e38, -0.0], {"double": "f8", "float": "f4"}[name]
        )
        return numbers.view({"double": "u8", "float": "u4"}[name]).tolist()
    wide = WIRES.get(name, 0) == 1 or name.endswith("64")
    top = (1 << 64) - 1 if WIRES.get(name, 0) == 0 or wide else (1 << 32) - 1
    return [0, 1, 300, top, top // 2, top - 1, 1 << 31]


def decode(
    label: str, messages: Any, error: str | None = None, fields: Any = None, **more: Any
) -> Sample:
    """Some fields of some messages; the fields and their types."""
    fields = fields or {}
    attrs = dict(
        message_type="samples.All",
        field_names=list(fields),
        output_types=list(fields.values()),
        descriptor_source=SOURCE,
    )
    return Sample("DecodeProtoV2", label, dict(bytes=b(messages)), attrs | more, error)


def encode(
    label: str, sizes: Any, error: str | None = None, fields: Any = None, **more: Any
) -> Sample:
    """Messages from values of fields."""
    fields = fields or {}
    attrs = dict(message_type="samples.All", field_names=list(fields), descriptor_source=SOURCE)
    inputs = dict(sizes=i32(sizes), values=list(fields.values()))
    return Sample("EncodeProto", label, inputs, attrs | more, error)


def values(kind: str) -> Any:
    """Two rows of values of a tensor's type."""
    if kind == "string":
        return b([["a", "bc", ""], ["d\xff", "", "x" * 200]])
    if kind == "bool":
        return boolean([[True, False, True], [False, True, True]])
    if kind.startswith("float"):
        return typed([[1.5, -0.1, 3e38], [0, -0.0, 2]], kind)
    top = np.iinfo(kind).max
    return typed([[0, 1, 300], [top, top // 3, np.iinfo(kind).min]], kind)


def decoded(name: str, kind: str) -> list[Sample]:
    """What the samples of one type are read as."""
    found = some(name)
    messages = [
        single(name, name, found[1], found[-1]) + single(f"{name}s", name, *found),
        single(f"{name}s", name, found[0]),
        b"",
    ]
    fields = {name: kind, f"{name}s": kind, f"{name}_default": kind}
    if name in ("string", "bytes"):
        return [decode(f"{name}_{kind}", messages, fields=fields)]
    messages[1] += packed(f"packed_{name}s", name, *found)
    messages.append(packed(f"{name}s", name, *found[:2]) + packed(name, name, *found[:3]))
    messages.append(single(f"packed_{name}s", name, *found[2:]))
    return [decode(f"{name}_{kind}", messages, fields={**fields, f"packed_{name}s": kind})]


def encoded(name: str, kind: str) -> Sample:
    """Values of one type, some and all of each row."""
    fields = {f"{name}s": values(kind), name: values(kind)[:, :1]}
    if name not in ("string", "bytes"):
        fields[f"packed_{name}s"] = values(kind)
    return encode(
        f"{name}_{kind}",
        [[3, 1, 3], [2, 0, 1]] if len(fields) == 3 else [[3, 1], [2, 0]],
        fields=fields,
    )


X = {"int32": "int32"}
INNER = tag(103, 2) + varint(2) + tag(1, 0) + varint(5)
GROUP = tag(105, 3) + tag(1, 0) + varint(6) + tag(105, 4)

SAMPLES = [
    *(
        sample
        for name, (_, kinds, _) in SCALARS.items()
        for kind in kinds
        for sample in (*decoded(name, kind), encoded(name, kind))
    ),
    decode("scalar", single("int32", "int32", 5), fields=X),
    decode("matrix", [[b"", single("int32", "int32", 5)]], fields=X),
    decode(
        "order_of_the_graph",
        [single("int32", "int32", 5) + single("string", "string", b"s")],
        fields={"string": "string", "int32": "int32"},
    ),
    decode(
        "out_of_order",
        [single("string", "string", b"s") + single("int32", "int32", 5)],
        fields={"int32": "int32", "string": "string"},
    ),
    decode(
        "enum",
        [tag(101, 0) + varint(3), tag(102, 0) + varint((1 << 64) - 2), b""],
        fields={"color": "int32", "colors": "int32"},
    ),
    decode(
        "packed_enum", [tag(102, 2) + varint(2) + varint(3) + varint(7)], fields={"colors": "int32"}
    ),
    decode("message", [INNER, INNER + INNER, b""], fields={"inner": "string", "inners": "string"}),
    decode("group", [GROUP, b""], fields={"group": "string"}),
    decode("extension", [tag(200, 0) + varint(4)], fields={"samples.more": "int64"}),
    decode(
        "unknown_fields_skipped",
        [
            tag(150, 2)
            + b"\1z"
            + tag(151, 5)
            + b"\0" * 4
            + tag(152, 3)
            + tag(1, 0)
            + b"\1"
            + tag(152, 4)
            + single("int32", "int32", 5)
        ],
        fields=X,
    ),
    decode(
        "other_wire_type",
        [tag(NUMBERS["int32"], 5) + b"\0" * 4 + tag(NUMBERS["string"], 0) + b"\1"],
        fields={"int32": "int32", "string": "string"},
    ),
    decode(
        "text",
        ["int32: 5 strings: 'a' strings: 'b'", ""],
        fields={"int32": "int32", "strings": "string"},
        message_format="text",
    ),
    decode(
        "sanitized",
        [single("string", "string", b"s") + single("int32", "int32", 5)],
        fields=X,
        sanitize=True,
    ),
    decode(
        "linked",
        [b""],
        fields={"key": "string"},
        message_type="tensorflow.Features.FeatureEntry",
        descriptor_source="local://",
    ),
    decode("no_messages", [], "at least one element", fields=X),
    decode("no_message_type", [b""], "No descriptor found", fields=X, message_type="samples.None"),
    decode(
        "no_linked_message_type",
        [b""],
        "No descriptor found",
        fields=X,
        descriptor_source="local://",
    ),
    decode("no_field", [b""], "Unknown field", fields={"none": "int32"}),
    decode("type", [b""], "must have type int32 or int64", fields={"int32": "float32"}),
    decode("string_type", [b""], "must have type string", fields={"inner": "int32"}),
    decode("fewer_types", [b""], "must have 0 elements", fields=X, output_types=[]),
    decode("format", [b""], "binary or text", fields=X, message_format="json"),
    decode(
        "no_descriptors",
        [b""],
        "fit together|No descriptor",
        fields=X,
        descriptor_source="bytes://\udcff",
    ),
    decode("no_such_file", [b""], "no_such_file", fields=X, descriptor_source="/no_such_file"),
    decode("truncated", [b"\x08"], "whole numbers", fields=X),
    decode(
        "truncated_string", [tag(NUMBERS["string"], 2) + b"\5ab"], "must have 5 bytes", fields=X
    ),
    decode(
        "truncated_packed",
        [tag(NUMBERS["packed_int32s"], 2) + b"\2\1\x80"],
        "at most 10 bytes",
        fields={"packed_int32s": "int32"},
    ),
    decode(
        "odd_packed",
        [tag(NUMBERS["packed_fixed32s"], 2) + b"\3\1\2\3"],
        "multiple of 4",
        fields={"packed_fixed32s": "uint32"},
    ),
    decode(
        "endless_group",
        [tag(105, 3) + tag(1, 0) + b"\1"],
        "whole numbers",
        fields={"group": "string"},
    ),
    decode("no_text", ["int32: x"], "Unable to parse", fields=X, message_format="text"),
    decode("not_sanitary", [b"\xff"], "Unable to parse", fields=X, sanitize=True),
    encode("sorted_by_number", [[1, 1]], fields={"string": b([["s"]]), "int32": i32([[5]])}),
    encode("enum", [[1, 2]], fields={"color": i32([[3]]), "colors": i32([[-2, 3]])}),
    encode(
        "message", [[1, 2]], fields={"inner": b([[b"\x08\5"]]), "inners": b([[b"", b"\x08\6"]])}
    ),
    encode("group", [[1]], fields={"group": b([[b"\x08\6"]])}),
    encode(
        "higher_rank",
        [[[1], [0]], [[2], [1]]],
        fields={"int32s": i32([[[1, 2], [3, 4]], [[5, 6], [7, 8]]])},
    ),
    encode("nothing", [[0], [0]], fields={"int32s": i32([[1], [2]])}),
    encode("no_messages", np.zeros((0, 1)), fields={"int32s": i32(np.zeros((0, 3)))}),
    encode("single_field_of_several", [[2]], fields={"int32": i32([[1, 2]])}),
    encode("negative_size", [[-1]], fields={"int32s": i32([[1, 2]])}),
    encode(
        "linked",
        [[1]],
        fields={"key": b([["k"]])},
        message_type="tensorflow.Features.FeatureEntry",
        descriptor_source="local://",
    ),
    encode("size_beyond_the_values", [[3]], "at most 2", fields={"int32s": i32([[1, 2]])}),
    encode("no_field", [[1]], "Unknown field", fields={"none": i32([[1]])}),
    encode(
        "no_message_type",
        [[1]],
        "No descriptor found",
        fields={"int32": i32([[1]])},
        message_type="x",
    ),
    encode("type", [[1]], "must have type", fields={"int32": f32([[1]])}),
    encode("vector", [1], "rank >= 2", fields={"int32": i32([1])}),
    encode(
        "other_prefix",
        [[1, 1]],
        "shape|compatible",
        fields={"int32": i32([[1]]), "int64": i64([[1], [2]])},
    ),
    encode("other_sizes", [[1, 1]], "sizes must have shape", fields={"int32": i32([[1]])}),
    encode("fewer_names", [[1]], "as many as", fields={"int32": i32([[1]])}, field_names=[]),
]
