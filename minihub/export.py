"""Writing a module's folder: whole, or not at all.

    <folder>/assets/<file>              the files that constants of the graphs name
    <folder>/variables/variables.*      a checkpoint; an empty folder if there are no variables
    <folder>/saved_model.pb             one MetaGraphDef per tag set
    <folder>/tfhub_module.pb            the marker

All is written into a folder beside the target, made durable, and takes the target's name by one rename: at any moment there is
either what was there before or a complete module.  A folder that must stay the one it is, since the program works in it or something
is mounted there, is filled instead, the marker last.  The same module gives the same bytes.

Source: tensorflow_hub/saved_model_lib.py:SavedModelHandler.export, native_module.py:_ModuleSpec._export.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from minihub import native
from minihub.consistency import check_stored, variables_of
from minihub.errors import NotAFolderError
from minihub.resolve.tree import sync_folder, write_all
from minihub.saved_model import (
    ASSETS_COLLECTION,
    ASSETS_FOLDER,
    FILENAME_PB,
    VARIABLES_PREFIX,
    MetaGraph,
)
from minihub_runtime.checkpoint import Sliced, write_checkpoint
from minihub_runtime.checkpoint.files import translated
from minihub_runtime.dtypes import string
from minihub_runtime.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
    OpError,
    clip,
)
from minihub_runtime.files import open_regular_file
from minihub_runtime.ops.checkpoint_files import open_checkpoint
from minihub_runtime.protos import AssetFileDef, MetaGraphDef, ModuleDef, SavedModel
from minihub_runtime.protos.canonical import canonical_bytes

__all__ = ["check_free", "checkpoint_tensors", "new_folder", "write_module"]

#: What stands in a graph where the path of an asset was.
ASSET_PLACEHOLDER = b"SAVEDMODEL-ASSET"
_ANY_PREFIX = "type.googleapis.com/"
_CHUNK = 1 << 20


def write_module(
    path: str | os.PathLike[str], graphs: Sequence[MetaGraph], tensors: Mapping[str, Any]
) -> None:
    """Write a module into a folder that is not there yet, or is empty.

    Args:
        path: the folder; those above it are made.
        graphs: its graphs, one per tag set.
        tensors: name of a variable → array, or what else `write_checkpoint` takes.

    Raises:
        AlreadyExistsError: there is something at `path`; it is left alone.
        NotFoundError: an asset is not there.
        OpError: a file cannot be read or written; nothing is left behind then.
    """
    files, protos = _collect_assets(graphs)
    model = SavedModel(meta_graphs=protos)
    with new_folder(path) as folder:
        os.mkdir(os.path.join(folder, ASSETS_FOLDER))
        for source, name in files.items():
            _copy(source, os.path.join(folder, ASSETS_FOLDER, name))
        sync_folder(os.path.join(folder, ASSETS_FOLDER))
        prefix = os.path.join(folder, VARIABLES_PREFIX)
        os.mkdir(os.path.dirname(prefix))
        if tensors:
            write_checkpoint(prefix, tensors)
        sync_folder(os.path.dirname(prefix))
        _write(os.path.join(folder, FILENAME_PB), canonical_bytes(model))
        marker = ModuleDef(format=native.FORMAT_V3)
        _write(os.path.join(folder, native.MODULE_FILE), marker.SerializeToString())
        sync_folder(folder)


def checkpoint_tensors(
    graph: MetaGraph, checkpoint: str, rename: Callable[[str], str]
) -> dict[str, Any]:
    """Name of each variable of a graph → its value in a checkpoint, views of the mapped file.

    Args:
        graph: whose variables.
        checkpoint: prefix of the checkpoint, or a folder of which the latest counts.
        rename: from a variable's name to the name in the checkpoint.

    Raises:
        ValueError: a variable is not there, or is of another shape or type, or its name in the checkpoint is no text.
        NotFoundError: there is no checkpoint.
    """
    prefix = _latest(checkpoint) if os.path.isdir(checkpoint) else checkpoint
    reader = open_checkpoint(prefix)
    whole: dict[str, Any] = {}
    pieces: dict[str, list[Any]] = {}
    for variable in variables_of(graph):
        stored = rename(variable.key)
        if not isinstance(stored, str):
            raise InvalidArgumentError(
                f"the name of {clip(variable.key)!r} in the checkpoint must be text, not {stored!r}"
            )
        check_stored(variable, stored, reader, prefix)
        if variable.key not in whole:
            whole[variable.key] = reader.read(stored)
        if variable.slice:
            place = tuple(
                slice(start, start + length)
                for start, length in zip(variable.offset, variable.lengths, strict=True)
            )
            piece = whole[variable.key][place]
            pieces.setdefault(variable.key, []).append((variable.offset, piece))
    for name, parts in pieces.items():
        whole[name] = Sliced(whole[name].shape, parts)
    return whole


def _latest(folder: str) -> str:
    import minihub_runtime as tf

    found = tf.train.latest_checkpoint(folder)
    if found is None:
        raise NotFoundError(f"there is no checkpoint in {clip(folder)}")
    return str(found)


@contextlib.contextmanager
def new_folder(path: str | os.PathLike[str]) -> Iterator[str]:
    """A folder to fill that takes the name `path` when the block ends well, and vanishes when it does not.

    Raises:
        AlreadyExistsError: `path` is a file, or a folder that is not empty, before or after the block.
        InvalidArgumentError: `path` is no local path.
        OpError: the system refuses.
    """
    text = _local(path)
    target = os.path.realpath(text)
    parent, name = os.path.split(target)
    stays = _must_stay(target)
    draft = f".{name[:64]}.{uuid.uuid4().hex}.tmp"
    staging = os.path.join(target if stays else parent, draft)
    with _system_errors(text):
        _check_free(target, text)
        os.makedirs(parent, exist_ok=True)
        os.mkdir(staging)
        try:
            yield staging
            _check_free(target, text, draft)
            if stays:
                _move_up(staging, target)
            else:
                if os.name == "nt" and os.path.isdir(target):
                    # Windows renames onto nothing only; it is empty, so nothing is lost.
                    os.rmdir(target)
                os.rename(staging, target)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        sync_folder(target if stays else parent)


def _must_stay(target: str) -> bool:
    """Whether a folder cannot be replaced by another: the program works in it, or something is mounted there."""
    # The folder that the program works in may be gone.
    with contextlib.suppress(OSError):
        return os.path.ismount(target) or os.path.samefile(target, os.curdir)
    return False


def _move_up(staging: str, target: str) -> None:
    """Move what a folder holds into the one that it lies in, the marker last: without it, that is no module."""
    moved = []
    try:
        for name in sorted(
            os.listdir(staging), key=lambda name: (name == native.MODULE_FILE, name)
        ):
            os.rename(os.path.join(staging, name), os.path.join(target, name))
            moved.append(name)
        os.rmdir(staging)
    except BaseException:
        for name in moved:
            os.rename(os.path.join(target, name), os.path.join(staging, name))
        raise


def check_free(path: str | os.PathLike[str]) -> None:
    """Raise unless a module can be written to `path`, so that nobody works for what has no place.

    Raises:
        AlreadyExistsError: it is a file, or below one, or a folder that is not empty.
        InvalidArgumentError: it is no local path.
        PermissionDeniedError: nothing may be written there.
    """
    text = _local(path)
    target = os.path.realpath(text)
    with _system_errors(text):
        _check_free(target, text)
        above = target if _must_stay(target) else os.path.dirname(target)
        while not os.path.lexists(above):
            above = os.path.dirname(above)
        if not os.path.isdir(above):
            raise NotADirectoryError(errno.ENOTDIR, f"{above} is no folder")
        if not os.access(above, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, f"{above} may not be written to")


def _local(path: str | os.PathLike[str]) -> str:
    text = os.fsdecode(path)
    if not text:
        raise InvalidArgumentError("the folder to write to must have a name, but that is empty")
    if "://" in text:
        raise InvalidArgumentError(f"a module is written to a local folder, not to {clip(text)!r}")
    return text


def _check_free(target: str, shown: str, draft: str = "") -> None:
    """Raise unless there is nothing at `target`, or a folder that holds nothing but `draft`."""
    if not os.path.lexists(target):
        return
    if not os.path.isdir(target):
        raise NotAFolderError(f"{clip(shown)} must be a folder or not be there, but is a file")
    found = sorted({*os.listdir(target)} - {draft})
    if found:
        what = "a module" if native.MODULE_FILE in found else f"{clip(found[0])!r}"
        raise AlreadyExistsError(
            f"{clip(shown)} must be empty or not be there, but holds {what}; nothing was changed"
        )


@contextlib.contextmanager
def _system_errors(path: str) -> Iterator[None]:
    """The system's errors under TensorFlow's names."""
    try:
        yield
    except OpError:
        raise
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            kind = NotAFolderError if error.errno == errno.ENOTDIR else AlreadyExistsError
            raise kind(f"{clip(path)} must be empty or not be there: {error.strerror}") from error
        raise translated(error, path, "written") from error


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o644
    )
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy(source: str, target: str) -> None:
    with os.fdopen(open_regular_file(source), "rb") as file, open(target, "xb") as copy:
        shutil.copyfileobj(file, copy, _CHUNK)
        copy.flush()
        os.fsync(copy.fileno())


def _collect_assets(graphs: Sequence[MetaGraph]) -> tuple[dict[str, str], list[MetaGraphDef]]:
    """Path of each asset → its name in the module, and the MetaGraphDefs that say so.

    One path is copied once, however many constants name it; different paths that end alike get numbers behind their names.
    """
    names: dict[str, str] = {}
    protos = []
    for graph in graphs:
        proto = MetaGraphDef()
        proto.CopyFrom(graph.proto)
        del proto.asset_file_def[:]
        if ASSETS_COLLECTION in proto.collection_def:
            del proto.collection_def[ASSETS_COLLECTION]
        nodes = {node.name: node for node in proto.graph_def.node}
        for node, path in sorted(graph.assets.items()):
            name = _asset_name(path, names)
            _blank(nodes[node])
            _rename_tables(proto, path, name)
            entry = AssetFileDef(filename=name)
            entry.tensor_info.name = f"{node}:0"
            packed = proto.collection_def[ASSETS_COLLECTION].any_list.value.add()
            packed.type_url = _ANY_PREFIX + AssetFileDef.DESCRIPTOR.full_name
            packed.value = entry.SerializeToString(deterministic=True)
        protos.append(proto)
    return names, protos


def _asset_name(path: str, names: dict[str, str]) -> str:
    if path not in names:
        base = os.path.basename(path)
        # File systems that fold letter case take two such names for one.
        taken = {name.casefold() for name in names.values()}
        name, number = base, 0
        while name.casefold() in taken:
            name, number = f"{base}{number}", number + 1
        names[path] = name
    return names[path]


def _rename_tables(proto: MetaGraphDef, path: str, name: str) -> None:
    """Let tables that are shared under the path of their file be shared under its name in the module."""
    bodies = (function.node_def for function in proto.graph_def.library.function)
    for nodes in (proto.graph_def.node, *bodies):
        for node in nodes:
            if "shared_name" in node.attr:
                shared = node.attr["shared_name"].s
                if os.fsencode(path) in shared:
                    node.attr["shared_name"].s = shared.replace(os.fsencode(path), name.encode())


def _blank(node: Any) -> None:
    """Take the path out of an asset's constant: it is nobody's business, and would differ from export to export."""
    if node.op != "Const":
        # A SavedModel may want the path fed to a placeholder; modules have constants.
        node.op = "Const"
        del node.input[:]
        node.attr.clear()
        node.attr["dtype"].type = string.as_datatype_enum
    tensor = node.attr["value"].tensor
    tensor.Clear()
    tensor.dtype = string.as_datatype_enum
    tensor.tensor_shape.SetInParent()
    tensor.string_val.append(ASSET_PLACEHOLDER)
