"""TensorFlow's protocol buffer messages, in a descriptor pool of our own.

The default pool refuses two definitions of one message, so a subset of TensorFlow's messages in it
would make `import tensorflow` fail in the same process (and the reverse).  A private pool, filled from one
descriptor file, keeps the true names (`tensorflow.GraphDef`, also inside `Any`), needs no generated code
and works with every supported protobuf.

    from minihub_runtime.protos import GraphDef, parse

`protos/build.py` writes `descriptors.bin` and the type stubs from the .proto sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.internal import api_implementation
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Message

from minihub_runtime.errors import DataLossError, clip

_POOL = descriptor_pool.DescriptorPool()
_NAMES: dict[str, str] = {}


def _fill_pool() -> None:
    # As `pkgutil.get_data` reads, also from a zip file where the package may lie; importing that takes a millisecond.
    descriptors = __loader__.get_data(str(Path(__file__).with_name("descriptors.bin")))
    for data in _files_of(descriptors):
        file = _POOL.AddSerializedFile(data)
        if file.package != "google.protobuf":
            _NAMES.update((m.name, m.full_name) for m in file.message_types_by_name.values())


def _files_of(descriptor_set: bytes) -> Iterator[bytes]:
    """The files of a FileDescriptorSet, whose one field they are: a tag, a length, as many bytes.

    protobuf's own class for it would bring all that generated code needs.
    """
    at = 0
    while at < len(descriptor_set):
        size = shift = 0
        while (byte := descriptor_set[at := at + 1]) > 0x7F:
            size |= (byte & 0x7F) << shift
            shift += 7
        size |= byte << shift
        yield descriptor_set[at + 1 : at + 1 + size]
        at += 1 + size


_fill_pool()

__all__ = sorted([*_NAMES, "Message", "parse", "parse_text"])  # noqa: PLE0605 (the file says which names)


def __getattr__(name: str) -> Any:
    """The message class `name`, made when it is first asked for."""
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no message {name!r}")
    cls = _class_of(_POOL.FindMessageTypeByName(_NAMES[name]))
    globals()[name] = cls
    return cls


def _class_of(descriptor: Any) -> Any:
    """The class of a message, with those of the messages inside it as attributes."""
    cls = message_factory.GetMessageClass(descriptor)
    # Where there is no compiled protobuf, that written in Python leaves this to generated code.
    if api_implementation.Type() == "python":
        for inner in descriptor.nested_types:
            setattr(cls, inner.name, _class_of(inner))
    return cls


def parse(message_type: type[Any], data: bytes, what: str) -> Any:
    """The message of type `message_type` that `data` holds.

    Args:
        message_type: one of the classes of this module.
        data: its wire format.
        what: where the bytes come from, for the error message.

    Raises:
        DataLossError: the bytes are not such a message.
    """
    try:
        return message_type.FromString(data)
    except DecodeError as error:
        name = message_type.DESCRIPTOR.full_name
        raise DataLossError(f"{what} must hold a {name} message, but {error}") from error


def parse_text(message_type: type[Any], data: bytes, what: str) -> Any:
    """The message of type `message_type` that `data` holds in protobuf's text form; arguments and errors as for `parse`."""
    from google.protobuf import text_format

    message = message_type()
    try:
        text_format.Parse(data, message)
    except (text_format.ParseError, ValueError, RecursionError) as error:
        name = message_type.DESCRIPTOR.full_name
        reason = clip(str(error)) or type(error).__name__
        raise DataLossError(f"{what} must hold a {name} message, but {reason}") from None
    return message
