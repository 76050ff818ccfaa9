"""TF1 Hub modules: the marker file, the collections they may have, and attached messages.

    <folder>/tfhub_module.pb    ModuleDef{format: FORMAT_V3}

Source: tensorflow_hub/native_module.py.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection
from typing import Any, TypeVar

from google.protobuf.message import DecodeError

from minihub.errors import ArgumentTypeError, InvalidModuleError
from minihub.saved_model import MetaGraph
from minihub_runtime.errors import DataLossError, InvalidArgumentError, clip
from minihub_runtime.files import is_there, read_regular_file
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import Message, ModuleAttachment, ModuleDef, parse

__all__ = [
    "ATTACHMENTS_COLLECTION",
    "FORMAT_V3",
    "MODULE_FILE",
    "SUPPORTED_COLLECTIONS",
    "InvalidMessageError",
    "attached_message",
    "attached_messages",
    "check_collections",
    "is_module",
    "is_state",
    "parsed",
    "read_module_def",
]

M = TypeVar("M", bound=Message)

MODULE_FILE = "tfhub_module.pb"
FORMAT_V3 = 3
ATTACHMENTS_COLLECTION = "hub_module_attachments"

SUPPORTED_COLLECTIONS = frozenset(
    {
        "asset_filepaths",
        "cond_context",
        "model_variables",
        "regularization_losses",
        "table_initializer",
        "trainable_variables",
        "update_ops",
        "variables",
        "while_context",
        "saved_model_assets",
        ATTACHMENTS_COLLECTION,
    }
)


class InvalidMessageError(InvalidModuleError, DecodeError):
    """A message of a module that is none of its type."""


def parsed(message_type: type[Any], data: bytes, what: str) -> Any:
    """As `parse`.

    Raises:
        InvalidMessageError: the bytes are not such a message.
    """
    try:
        return parse(message_type, data, what)
    except DataLossError as error:
        raise InvalidMessageError(error.message) from error


def is_module(folder: str) -> bool:
    """Whether a folder has the marker of a TF1 Hub module."""
    return is_there(os.path.join(folder, MODULE_FILE))


def read_module_def(folder: str) -> ModuleDef:
    """The marker of a module, checked.

    Raises:
        NotFoundError: there is none.
        InvalidMessageError: it is not a ModuleDef.
        InvalidArgumentError: a format or a feature that no release of tensorflow_hub knew.
    """
    path = os.path.join(folder, MODULE_FILE)
    data = read_regular_file(path)
    try:
        message: ModuleDef = parsed(ModuleDef, data, path)
    except InvalidMessageError as error:
        raise InvalidMessageError(f"Cannot parse file {clip(path)}: {error.message}") from None
    if message.format != FORMAT_V3:
        raise InvalidArgumentError(
            f"Unsupported module def format: {message.format!r} (must be {FORMAT_V3}; {clip(path)})"
        )
    if message.required_features:
        raise InvalidArgumentError(f"Unsupported features: {list(message.required_features)!r}")
    return message


def is_state(op: str) -> bool:
    """Whether an op holds state, and its nodes are shared by all applications: it is stateful and has no inputs."""
    return op in REGISTRY and REGISTRY[op].stateful and not REGISTRY[op].schema.inputs


def check_collections(graph: MetaGraph, dropped: Collection[str] = ()) -> None:
    """Warn of collections that no release of tensorflow_hub wrote: they are ignored.

    tensorflow_hub refuses them, but a reader that did so could not read modules newer than itself.
    """
    unknown = sorted(set(graph.proto.collection_def) - SUPPORTED_COLLECTIONS - set(dropped))
    if unknown:
        warnings.warn(
            f"collections that are ignored in graph {sorted(graph.tags)}: "
            f"{', '.join(clip(name) for name in unknown)}",
            stacklevel=3,
        )


def attached_messages(graph: MetaGraph) -> dict[str, bytes]:
    """The serialised messages attached to a graph, by key.

    Raises:
        DataLossError: the collection holds something else; an InvalidMessageError if it is bytes that are no attachments.
    """
    if ATTACHMENTS_COLLECTION not in graph.proto.collection_def:
        return {}
    proto: Any = graph.proto.collection_def[ATTACHMENTS_COLLECTION]
    kind = proto.WhichOneof("kind")
    if kind != "bytes_list":
        raise DataLossError(
            f"Internal CollectionDef for attached messages has kind {kind}, expected bytes_list"
        )
    messages = {}
    for data in proto.bytes_list.value:
        attachment = parsed(ModuleAttachment, data, "an attached message")
        messages[attachment.key] = attachment.value
    return messages


def attached_message(graph: MetaGraph, key: str, message_type: type[M], required: bool) -> M | None:
    """The message attached to a graph under `key`, None if there is none.

    Raises:
        KeyError: there is none, and it is required.
        ArgumentTypeError: `message_type` is no class of messages.
        InvalidMessageError: it is no message of that type.
    """
    if not (isinstance(message_type, type) and hasattr(message_type, "FromString")):
        raise ArgumentTypeError(
            f"message_type must be a class of protobuf messages, not {message_type!r}"
        )
    data = attached_messages(graph).get(key)
    if data is not None:
        message: M = parsed(message_type, data, f"the attached message {key!r}")
        return message
    if required:
        raise KeyError(
            f"No attached message for key '{key}' in graph version {sorted(graph.tags)} of Hub Module"
        )
    return None
