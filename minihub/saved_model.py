"""A SavedModel folder: its MetaGraphs by tags, their assets, collections and checkpoint.

    <folder>/saved_model.pb (or .pbtxt)   one MetaGraphDef per tag set
    <folder>/variables/variables.*        a checkpoint
    <folder>/assets/<file>                files whose paths are constants of the graph

Source: tensorflow_hub/saved_model_lib.py, tensorflow/python/saved_model/loader_impl.py.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from minihub.errors import InvalidAssetError, InvalidModuleError
from minihub.tensor_info import ParsedTensorInfo, parse_infos
from minihub_runtime.dtypes import string
from minihub_runtime.errors import (
    DataLossError,
    InvalidArgumentError,
    NotFoundError,
    ResourceExhaustedError,
    clip,
)
from minihub_runtime.files import is_there, read_regular_file
from minihub_runtime.graph.ir import Graph, Ref, parse_ref
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.protos import AssetFileDef, MetaGraphDef, SavedModel, parse, parse_text

__all__ = [
    "ASSETS_COLLECTION",
    "ASSETS_FOLDER",
    "FILENAME_PB",
    "FILENAME_PBTXT",
    "VARIABLES_PREFIX",
    "MetaGraph",
    "Signature",
    "Tags",
    "read_saved_model",
    "select",
    "variables_prefix",
]

FILENAME_PB = "saved_model.pb"
FILENAME_PBTXT = "saved_model.pbtxt"
ASSETS_FOLDER = "assets"
ASSETS_COLLECTION = "saved_model_assets"
VARIABLES_PREFIX = os.path.join("variables", "variables")
#: protobuf's own limit.
MAX_FILE_BYTES = 1 << 31
#: The text form has no terse encoding of weights; anything larger is not a graph.
MAX_TEXT_BYTES = 1 << 28

Tags = frozenset[str]


class Signature(NamedTuple):
    """The inputs and outputs of one signature, by name."""

    name: str
    inputs: Mapping[str, ParsedTensorInfo]
    outputs: Mapping[str, ParsedTensorInfo]


class MetaGraph:
    """One variant of a model.

    Attributes:
        proto: the MetaGraphDef as it was read or made.
        tags: its tag set.
        folder: the model's folder; what else to call it in messages if it has none yet.
        assets: name of the Const that holds a path → the path of the file.
    """

    def __init__(
        self, proto: MetaGraphDef, folder: str, assets: Mapping[str, str] | None = None
    ) -> None:
        self.proto = proto
        self.tags: Tags = frozenset(proto.meta_info_def.tags)
        self.folder = folder
        self.assets = _read_assets(proto, folder) if assets is None else dict(assets)
        self._graph: Graph | None = None
        self._signatures: dict[str, Signature] | None = None

    @property
    def graph(self) -> Graph:
        """The graph, with the paths of assets in place.

        Raises:
            InvalidArgumentError: it is malformed.
        """
        if self._graph is None:
            graph = read_graph(self.proto.graph_def)
            for name, file in self.assets.items():
                path = np.empty((), dtype=object)
                path[()] = os.fsencode(file)
                node = graph.nodes[name]
                # A SavedModel may want the path fed to a placeholder; here it is known.
                attrs = node.attrs.changed(value=path, dtype=string)
                graph.nodes[name] = node.replace(op="Const", inputs=(), attrs=attrs)
            self._graph = graph
        return self._graph

    @property
    def signatures(self) -> dict[str, Signature]:
        """The signatures by name, sorted."""
        if self._signatures is None:
            self._signatures = {
                name: Signature(
                    name,
                    parse_infos(proto.inputs, f"input %r of signature {clip(name)!r}"),
                    parse_infos(proto.outputs, f"output %r of signature {clip(name)!r}"),
                )
                for name, proto in sorted(self.proto.signature_def.items())
            }
        return self._signatures

    def collection(self, name: str, *kinds: str) -> Any:
        """The items of a collection: bytes, names, numbers or Any messages; empty if there is none.

        Args:
            name: of the collection.
            *kinds: the kinds it may be of, for example `bytes_list`; any if none are given.

        Raises:
            DataLossError: it is of another kind.
        """
        if name not in self.proto.collection_def:
            return []
        proto = self.proto.collection_def[name]
        kind = proto.WhichOneof("kind")
        if kind is None:
            return []
        if kinds and kind not in kinds:
            raise DataLossError(
                f"collection {name!r} must be a {' or '.join(kinds)}, not a {kind} "
                f"({clip(self.folder)})"
            )
        return list(getattr(proto, kind).value)


def read_saved_model(folder: str) -> list[MetaGraph]:
    """The MetaGraphs of a SavedModel folder, in the order of the file.

    Raises:
        NotFoundError: there is no saved_model.pb or .pbtxt.
        DataLossError: it is not a SavedModel; an InvalidModuleError if it is no message at all.
        InvalidArgumentError: two MetaGraphs have the same tags, or an asset is wrong.
    """
    message = _parse_file(folder)
    if message.saved_model_schema_version not in (0, 1):
        raise DataLossError(
            "saved_model_schema_version must be 0 or 1, not "
            f"{message.saved_model_schema_version} ({clip(folder)})"
        )
    graphs = [MetaGraph(proto, folder) for proto in message.meta_graphs]
    if not graphs:
        raise DataLossError(
            f"a SavedModel must hold at least one MetaGraph; {clip(folder)} has none"
        )
    seen: set[Tags] = set()
    for graph in graphs:
        if graph.tags in seen:
            raise InvalidArgumentError(
                f"Tags {sorted(graph.tags)!r} used repeatedly ({clip(folder)})"
            )
        seen.add(graph.tags)
    return graphs


def _parse_file(folder: str) -> SavedModel:
    forms = ((FILENAME_PB, MAX_FILE_BYTES, parse), (FILENAME_PBTXT, MAX_TEXT_BYTES, parse_text))
    for name, limit, read in forms:
        path = os.path.join(folder, name)
        if is_there(path):
            _check_size(path, limit)
            try:
                return read(SavedModel, read_regular_file(path), path)
            except DataLossError as error:
                raise InvalidModuleError(
                    f"Cannot parse file {clip(path)}: {error.message}."
                ) from None
    if os.path.isfile(folder):
        raise NotFoundError(
            f"{clip(folder)} must be a folder with {FILENAME_PB} or {FILENAME_PBTXT}, or an archive of one (.tar, .tar.gz, .tgz), but is another file"
        )
    raise NotFoundError(
        f"{clip(folder)} must hold {FILENAME_PB} or {FILENAME_PBTXT}, but has neither"
    )


def _check_size(path: str, limit: int) -> None:
    size = os.path.getsize(path) if os.path.isfile(path) else 0
    if size > limit:
        raise ResourceExhaustedError(f"{clip(path)} must be at most {limit} bytes, not {size}")


def select(graphs: Iterable[MetaGraph], tags: Collection[str] | None) -> MetaGraph:
    """The MetaGraph whose tag set is exactly `tags`.

    Raises:
        KeyError: there is none.
    """
    wanted = frozenset(tags or ())
    found = [graph for graph in graphs if graph.tags == wanted]
    if not found:
        known = ", ".join(str(sorted(graph.tags)) for graph in graphs)
        raise KeyError(
            f"SavedModelHandler has no graph with tags: {sorted(wanted)!r}; it has {known}"
        )
    return found[0]


def _read_assets(proto: MetaGraphDef, folder: str) -> dict[str, str]:
    """Node of a path → path of the file, from the hub's collection and from the SavedModel's own field.

    Raises:
        InvalidAssetError: the node of an asset is no scalar string Const (or Placeholder, in a SavedModel).
        InvalidArgumentError: an asset lies outside the assets folder.
    """
    entries = list(proto.asset_file_def)
    allowed = ("Const", "Placeholder") if entries else ("Const",)
    if not entries and ASSETS_COLLECTION in proto.collection_def:
        for packed in proto.collection_def[ASSETS_COLLECTION].any_list.value:
            if packed.TypeName() != "tensorflow.AssetFileDef":
                raise DataLossError(
                    f"{ASSETS_COLLECTION} must hold AssetFileDef messages ({clip(folder)})"
                )
            what = f"an item of the collection {ASSETS_COLLECTION!r} ({clip(folder)})"
            entries.append(parse(AssetFileDef, packed.value, what))
    if not entries:
        return {}
    nodes = {node.name: node for node in proto.graph_def.node}
    assets = {}
    root = os.path.realpath(os.path.join(folder, ASSETS_FOLDER))
    for entry in entries:
        ref: Ref = parse_ref(entry.tensor_info.name)
        if ref.index:
            raise InvalidArgumentError(
                "Unexpected format for tensor name. Expected node_name:output_number. "
                f"Got {clip(entry.tensor_info.name)!r}"
            )
        _check_asset_node(nodes.get(ref.node), ref.node, allowed)
        place = os.path.realpath(os.path.join(root, entry.filename))
        if not entry.filename or os.path.commonpath([root, place]) != root or place == root:
            raise InvalidArgumentError(
                f"Asset filename ({clip(entry.filename)}) points outside assets_dir"
            )
        assets[ref.node] = os.path.join(folder, ASSETS_FOLDER, entry.filename)
    return assets


def _check_asset_node(node: Any, name: str, allowed: Collection[str]) -> None:
    if node is None:
        raise InvalidAssetError(f"asset node {clip(name)!r} must be in the graph")
    if node.op not in allowed:
        raise InvalidAssetError("Asset node must be of type constant.")
    if node.attr["dtype"].type != 7:
        raise InvalidAssetError("Asset node must be of dtype string.")
    if node.op == "Const" and len(node.attr["value"].tensor.tensor_shape.dim):
        raise InvalidAssetError("Asset node must be a scalar.")


def variables_prefix(folder: str) -> str | None:
    """The prefix of the model's checkpoint, None if it has no variables.

    Raises:
        PermissionDeniedError: its folder may not be looked into.
    """
    prefix = os.path.join(folder, VARIABLES_PREFIX)
    return prefix if is_there(f"{prefix}.index") else None
