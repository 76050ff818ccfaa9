"""Compile the .proto files of this folder into what `minihub_runtime.protos` loads.

    python protos/build.py          (needs the extra `dev`: grpcio-tools brings protoc)

Writes `minihub_runtime/protos/descriptors.bin`, one serialised FileDescriptorSet, and
`minihub_runtime/protos/__init__.pyi`, the types that editors and mypy see.  Both are committed, so that
nobody needs protoc to install or use the project; the check that lands a change compares them with the sources.

The sources keep TensorFlow's paths, package names and field numbers (tag v2.15.1) and leave out what no
TF1 graph, module or checkpoint holds.  Fields left out survive a round trip as unknown fields.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from google.protobuf import descriptor_pb2

HERE = Path(__file__).parent
TARGET = HERE.parent / "minihub_runtime" / "protos"

SCALARS = {
    "double": (1, 2),
    "int": (3, 4, 5, 6, 7, 13, 15, 16, 17, 18, 14),
    "bool": (8,),
    "str": (9,),
    "bytes": (12,),
}
PYTHON_TYPE = {number: name for name, numbers in SCALARS.items() for number in numbers}
PYTHON_TYPE.update({1: "float", 2: "float"})
MESSAGE = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
REPEATED = descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED


def compile_descriptors() -> bytes:
    """The FileDescriptorSet of all sources and their imports, serialised."""
    import importlib.resources
    import tempfile

    from grpc_tools import protoc

    sources = sorted(str(path.relative_to(HERE).as_posix()) for path in HERE.rglob("*.proto"))
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "descriptors.bin"
        arguments = ["protoc", f"-I{HERE}", f"-I{well_known}", "--include_imports"]
        if protoc.main([*arguments, f"--descriptor_set_out={out}", *sources]) != 0:
            raise SystemExit("protoc refused the sources; its message is above")
        return out.read_bytes()


def public_name(full_name: str) -> str:
    """The name of a top-level message in `minihub_runtime.protos`: the last component."""
    return full_name.rsplit(".", 1)[-1]


def field_type(field: descriptor_pb2.FieldDescriptorProto, maps: dict[str, tuple[str, str]]) -> str:
    """The Python type of one field as a reader sees it."""
    if field.type == MESSAGE and field.type_name in maps:
        key, value = maps[field.type_name]
        return f"MutableMapping[{key}, {value}]"
    name = PYTHON_TYPE[field.type] if field.type != MESSAGE else dotted(field.type_name)
    if field.label != REPEATED:
        return name
    container = "RepeatedCompositeFieldContainer" if field.type == MESSAGE else "MutableSequence"
    return f"{container}[{name}]"


def dotted(type_name: str) -> str:
    """`.tensorflow.AttrValue.ListValue` → `AttrValue.ListValue`."""
    if type_name.startswith(".google.protobuf."):
        return f"{type_name.rpartition('.')[2]}Message"
    return ".".join(part for part in type_name.split(".") if part[:1].isupper())


def message_stub(message: descriptor_pb2.DescriptorProto, path: str, indent: str) -> Iterator[str]:
    """The lines of one message class."""
    maps = {
        f"{path}.{nested.name}": (
            field_type(nested.field[0], {}),
            field_type(nested.field[1], {}),
        )
        for nested in message.nested_type
        if nested.options.map_entry
    }
    yield f"{indent}class {message.name}(Message):"
    inner = indent + "    "
    for enum in message.enum_type:
        for value in enum.value:
            yield f"{inner}{value.name}: int"
    for nested in message.nested_type:
        if not nested.options.map_entry:
            yield from message_stub(nested, f"{path}.{nested.name}", inner)
    for field in message.field:
        kind = field_type(field, maps)
        if field.type == MESSAGE or field.label == REPEATED:
            yield f"{inner}@property"
            yield f"{inner}def {field.name}(self) -> {kind}: ..."
        else:
            yield f"{inner}{field.name}: {kind}"
    yield f"{inner}def __init__(self, **fields: Any) -> None: ..."


def stubs(files: descriptor_pb2.FileDescriptorSet) -> str:
    """The text of `__init__.pyi`."""
    messages = sorted(
        (
            (message, f".{file.package}.{message.name}")
            for file in files.file
            for message in file.message_type
            if file.package != "google.protobuf"
        ),
        key=lambda pair: pair[0].name,
    )
    names = sorted([message.name for message, _ in messages] + ["Message", "parse", "parse_text"])
    lines = [
        "# Written by protos/build.py; do not edit.",
        "from collections.abc import MutableMapping, MutableSequence",
        "from typing import Any, TypeVar",
        "",
        "from google.protobuf.any_pb2 import Any as AnyMessage",
        "from google.protobuf.internal.containers import RepeatedCompositeFieldContainer",
        "from google.protobuf.message import Message as Message",
        "from google.protobuf.wrappers_pb2 import BoolValue as BoolValueMessage",
        "",
        '_M = TypeVar("_M", bound=Message)',
        "",
        "__all__ = [",
        *(f'    "{name}",' for name in names),
        "]",
        "",
        "def parse(message_type: type[_M], data: bytes, what: str) -> _M: ...",
        "def parse_text(message_type: type[_M], data: bytes, what: str) -> _M: ...",
        "",
    ]
    for message, path in messages:
        lines += [*message_stub(message, path, ""), ""]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Write both files."""
    data = compile_descriptors()
    files = descriptor_pb2.FileDescriptorSet.FromString(data)
    (TARGET / "descriptors.bin").write_bytes(data)
    (TARGET / "__init__.pyi").write_text(stubs(files), encoding="utf-8", newline="\n")
    print(f"{len(files.file)} files, {len(data)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
