"""Reading SavedModels into sessions.

Source: tensorflow/python/saved_model/loader_impl.py.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from minihub_runtime.api.gfile import exists, local_path
from minihub_runtime.api.graph import Graph, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.name_prefixes import prepend_name_scope
from minihub_runtime.errors import InvalidArgumentError, NotFoundError, clip
from minihub_runtime.files import read_regular_file
from minihub_runtime.protos import AssetFileDef, MetaGraphDef, SavedModel, parse, parse_text
from minihub_runtime.public import public
from minihub_runtime.train.meta_graphs import import_meta_graph_with_return_elements
from minihub_runtime.train.saved_model import constants
from minihub_runtime.train.saver import saveable_collection

__all__ = ["contains_saved_model", "load", "read_saved_model_file"]


def read_saved_model_file(export_dir: str | os.PathLike[str]) -> SavedModel:
    """The message in a folder's `saved_model.pb` or `.pbtxt`.

    Raises:
        OSError: there is none, or it holds something else; NotFoundError and DataLossError at once.
    """
    folder = local_path(export_dir)
    binary = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PB)
    text = os.path.join(folder, constants.SAVED_MODEL_FILENAME_PBTXT)
    if exists(binary):
        return parse(SavedModel, read_regular_file(binary), binary)
    if exists(text):
        return parse_text(SavedModel, read_regular_file(text), text)
    raise NotFoundError(
        f"SavedModel file does not exist at: {folder}{os.path.sep}"
        f"{{{constants.SAVED_MODEL_FILENAME_PBTXT}|{constants.SAVED_MODEL_FILENAME_PB}}}"
    )


@public(
    "saved_model.contains_saved_model",
    "saved_model.loader.maybe_saved_model_directory",
    "saved_model.maybe_saved_model_directory",
)
def contains_saved_model(export_dir: str | os.PathLike[str]) -> bool:
    """Whether a folder holds the file of a SavedModel."""
    folder = local_path(export_dir)
    names = (constants.SAVED_MODEL_FILENAME_PBTXT, constants.SAVED_MODEL_FILENAME_PB)
    return any(exists(os.path.join(folder, name)) for name in names)


@public("saved_model.load", "saved_model.loader.load")
def load(
    sess: Any,
    tags: Collection[str],
    export_dir: str | os.PathLike[str],
    import_scope: str | None = None,
    **saver_kwargs: Any,
) -> MetaGraphDef:
    """Add a graph of a SavedModel to that of a session, restore its variables and run its main operation.

    The session may read the assets from then on.

    Args:
        sess: the session.
        tags: which of the graphs.
        export_dir: the folder.
        import_scope: scope for all names.
        **saver_kwargs: see `tf.train.import_meta_graph`.

    Returns:
        The MetaGraphDef, with the signatures.

    Raises:
        RuntimeError: there is no graph with these tags, or it has several main operations.
        OSError: there is no SavedModel, or it holds something else.
        OpError: variables cannot be restored, or the main operation fails.
    """
    folder = local_path(export_dir)
    proto = _chosen(read_saved_model_file(folder), tags)
    graph: Graph = sess.graph
    with graph.as_default():
        graph.allow_reading(os.path.join(folder, constants.ASSETS_DIRECTORY))
        saver, _ = import_meta_graph_with_return_elements(
            proto, import_scope=import_scope, **saver_kwargs
        )
        if saver is not None:
            saver.restore(
                sess,
                os.path.join(folder, constants.VARIABLES_DIRECTORY, constants.VARIABLES_FILENAME),
            )
        elif saveable_collection(import_scope):
            raise ValueError("there must be a saver, since there are variables in the graph")
        else:
            LOGGER.info("The specified SavedModel has no variables; no checkpoints were restored.")
        assets = _assets(folder, proto, import_scope)
        operation = _main_operation(proto, import_scope)
        if operation is not None:
            sess.run([operation], feed_dict=assets)
    return proto


def _chosen(saved_model: SavedModel, tags: Collection[str]) -> MetaGraphDef:
    known = [set(proto.meta_info_def.tags) for proto in saved_model.meta_graphs]
    for proto, found in zip(saved_model.meta_graphs, known, strict=True):
        if found == set(tags):
            return proto
    raise RuntimeError(
        f"MetaGraphDef associated with tags {str(tags).strip('[]')} could not be found in SavedModel, "
        f"with available tags '{known}'."
    )


def _assets(folder: str, proto: MetaGraphDef, import_scope: str | None) -> dict[str, str]:
    """Tensor of a path → path.

    Raises:
        InvalidArgumentError: an asset lies outside its folder.
    """
    files = list(proto.asset_file_def)
    if not files and constants.ASSETS_KEY in proto.collection_def:
        what = f"an item of the collection {constants.ASSETS_KEY!r}"
        packed = proto.collection_def[constants.ASSETS_KEY].any_list.value
        files = [parse(AssetFileDef, item.value, what) for item in packed]
    root = os.path.join(folder, constants.ASSETS_DIRECTORY)
    real = os.path.realpath(root)
    paths = {}
    for file in files:
        path = os.path.join(root, file.filename)
        if os.path.commonpath([real, os.path.realpath(path)]) != real:
            raise InvalidArgumentError(
                f"Asset filename ({clip(file.filename)}) points outside assets_dir"
            )
        paths[prepend_name_scope(file.tensor_info.name, import_scope)] = path
    return paths


def _main_operation(proto: MetaGraphDef, import_scope: str | None) -> Any:
    """What is to be run after loading, None if nothing is."""
    graph = get_default_graph()
    if constants.INIT_OP_SIGNATURE_KEY in proto.signature_def:
        outputs = proto.signature_def[constants.INIT_OP_SIGNATURE_KEY].outputs
        name = outputs[constants.INIT_OP_SIGNATURE_KEY].name
        return graph.as_graph_element(prepend_name_scope(name, import_scope))
    for key in (constants.MAIN_OP_KEY, constants.LEGACY_INIT_OP_KEY):
        if key in proto.collection_def:
            names = proto.collection_def[key].node_list.value
            if len(names) != 1:
                raise RuntimeError(
                    f"Expected exactly one SavedModel init op. Found {len(names)}: {list(names)}."
                )
            return graph.get_collection(key)[0]
    return None
