"""What can be asked of a module before any of it is instantiated.

Source: tensorflow_hub/module_spec.py, native_module.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from minihub import native, saved_model
from minihub.errors import ArgumentTypeError, NotAModuleError, UnknownNameError
from minihub.resolve import resolve
from minihub.saved_model import MetaGraph, Signature
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.protos import Message

__all__ = [
    "ModuleSpec",
    "as_module_spec",
    "create_module_spec_from_saved_model",
    "load_module_spec",
]

M = TypeVar("M", bound=Message)

#: Collections of SavedModels that a module does not need.
DROPPED_FROM_SAVED_MODELS = ("global_step", "legacy_init_op", "saved_model_main_op")


class ModuleSpec:
    """The blueprint of a module: its graphs by tags, their signatures and attached messages.

    Attributes:
        graphs: the MetaGraphs.
        folder: the module's folder, None if it has none yet.
        checkpoint_prefix: prefix of its checkpoint, None if it has no variables, or no values for them yet.
        readable: the folders and files that its graphs may read.
    """

    def __init__(
        self,
        graphs: Sequence[MetaGraph],
        folder: str | None = None,
        checkpoint_prefix: str | None = None,
        readable: Iterable[str] = (),
    ) -> None:
        self.graphs = list(graphs)
        self.folder = folder
        self.checkpoint_prefix = checkpoint_prefix
        self.readable = sorted({*readable, *((folder,) if folder is not None else ())})

    def graph(self, tags: Collection[str] | None = None) -> MetaGraph:
        """The graph with exactly these tags.

        Raises:
            KeyError: there is none.
        """
        return saved_model.select(self.graphs, tags)

    def get_tags(self) -> list[frozenset[str]]:
        """The tag sets, sorted."""
        return sorted((graph.tags for graph in self.graphs), key=sorted)

    def get_signature_names(self, tags: Collection[str] | None = None) -> list[str]:
        """The names of the signatures of a graph.

        Raises:
            KeyError: there is no graph with these tags.
        """
        return list(self.graph(tags).signatures)

    def signature(self, name: str | None = None, tags: Collection[str] | None = None) -> Signature:
        """A signature; `default` if no name is given.

        Raises:
            KeyError: there is no graph with these tags.
            UnknownNameError: it has no such signature (a KeyError and a ValueError).
            ArgumentTypeError: `name` is no text.
        """
        name = "default" if name is None else name
        if not isinstance(name, str):
            raise ArgumentTypeError(f"the name of a signature must be text, not {name!r}")
        signatures = self.graph(tags).signatures
        if name not in signatures:
            raise UnknownNameError(
                f"Signature {name!r} is missing from meta graph. It has {sorted(signatures)}."
            )
        return signatures[name]

    def get_input_info_dict(
        self, signature: str | None = None, tags: Collection[str] | None = None
    ) -> Mapping[str, ParsedTensorInfo]:
        """Input name → type and shape; errors as for `signature`."""
        return self.signature(signature, tags).inputs

    def get_output_info_dict(
        self, signature: str | None = None, tags: Collection[str] | None = None
    ) -> Mapping[str, ParsedTensorInfo]:
        """Output name → type and shape; errors as for `signature`."""
        return self.signature(signature, tags).outputs

    def get_attached_message(
        self,
        key: str,
        message_type: type[M],
        tags: Collection[str] | None = None,
        required: bool = False,
    ) -> M | None:
        """The message attached to a graph under `key`, None if there is none.

        Args:
            key: its key.
            message_type: a protobuf message class.
            tags: which graph.
            required: raise if there is none.

        Raises:
            KeyError: there is none, or no graph with these tags.
            ArgumentTypeError: `message_type` is no class of messages.
            InvalidMessageError: it is no message of that type.
        """
        return native.attached_message(self.graph(tags), key, message_type, required)

    def export(
        self,
        path: str | os.PathLike[str],
        _sentinel: None = None,
        checkpoint_path: str | os.PathLike[str] | None = None,
        name_transform_fn: Callable[[str], str] | None = None,
    ) -> None:
        """Write the module with the values its variables have in a checkpoint.

        Args:
            path: a folder that is not there, or is empty.
            _sentinel: not to be used: what follows must be named.
            checkpoint_path: prefix of the checkpoint, or a folder of which the latest counts.
            name_transform_fn: from the name of a variable in the module to its name in the checkpoint.

        Raises:
            ValueError: `checkpoint_path` is missing, or not named; a variable is not in the checkpoint, or is of another shape or type; there
                is no graph without tags.
            AlreadyExistsError: there is something at `path`; it is left alone.
            OpError: a file cannot be read or written; nothing is left behind then.
        """
        from minihub.export import checkpoint_tensors, write_module

        if _sentinel is not None:
            raise ArgumentTypeError("the arguments of export() after path must be named")
        if not checkpoint_path:
            raise InvalidArgumentError("Missing mandatory `checkpoint_path` parameter")
        if frozenset() not in self.get_tags():
            raise InvalidArgumentError("No such graph variant: tags=None")
        tensors = checkpoint_tensors(
            self.graph(), os.fspath(checkpoint_path), name_transform_fn or (lambda name: name)
        )
        write_module(path, self.graphs, tensors)

    def __repr__(self) -> str:
        where = "in memory" if self.folder is None else repr(self.folder)
        return f"<hub.ModuleSpec {where} tags={[sorted(t) for t in self.get_tags()]}>"


def load_module_spec(path: str | os.PathLike[str]) -> ModuleSpec:
    """The spec of the module that a handle names.

    Raises:
        NotFoundError, UnavailableError, PermissionDeniedError: it cannot be fetched.
        NotAModuleError: what is there is no TF1 Hub module (a RuntimeError, and a NotFoundError).
        ArgumentTypeError: `path` is no handle.
        ValueError: its format or features are not supported, or its files are corrupted: an InvalidMessageError, which is a
            DecodeError of protobuf, if tfhub_module.pb or an attached message is, an OSError if saved_model.pb is.
    """
    folder = resolve(path)
    handle = os.fspath(path)
    if not native.is_module(folder):
        held = (
            "a SavedModel; see create_module_spec_from_saved_model"
            if any(
                os.path.lexists(os.path.join(folder, name))
                for name in (saved_model.FILENAME_PB, saved_model.FILENAME_PBTXT)
            )
            else "something else"
        )
        raise NotAModuleError(
            f"Missing implementation that supports: loader(*({handle!r},), **{{}}). Tried "
            f"['TF1 Hub module']: {clip(folder)} must hold {native.MODULE_FILE}, but is {held}"
        )
    native.read_module_def(folder)
    graphs = saved_model.read_saved_model(folder)
    for graph in graphs:
        native.check_collections(graph)
        native.attached_messages(graph)
    return ModuleSpec(graphs, folder, saved_model.variables_prefix(folder))


def create_module_spec_from_saved_model(
    saved_model_path: str | os.PathLike[str], drop_collections: Collection[str] | None = None
) -> ModuleSpec:
    """The spec of a TF1 SavedModel used as a module.

    Args:
        saved_model_path: handle of the SavedModel.
        drop_collections: collections that are not needed, besides those every SavedModel has.

    Raises:
        NotFoundError: there is no SavedModel.
        ValueError: it has collections that modules cannot have, or its files are corrupted.
    """
    folder = resolve(saved_model_path)
    dropped = {*DROPPED_FROM_SAVED_MODELS, *(drop_collections or ())}
    graphs = saved_model.read_saved_model(folder)
    for graph in graphs:
        for key in dropped & set(graph.proto.collection_def):
            del graph.proto.collection_def[key]
        unknown = sorted(set(graph.proto.collection_def) - native.SUPPORTED_COLLECTIONS)
        if unknown:
            raise InvalidArgumentError(
                f"Unsupported collections in graph: {unknown}\nUse hub.create_module_spec(..., "
                "drop_collections=[...]) as appropriate."
            )
        native.attached_messages(graph)
    return ModuleSpec(graphs, folder, saved_model.variables_prefix(folder))


def as_module_spec(spec: Any) -> ModuleSpec:
    """A spec, or the spec that a handle names.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(spec, ModuleSpec):
        return spec
    if isinstance(spec, (str, os.PathLike)):
        return load_module_spec(spec)
    raise InvalidArgumentError(f"Unknown module spec type: {type(spec)!r}")
