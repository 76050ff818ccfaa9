"""What a module holds, as plain data: what `minihub show --json` prints.

Nothing runs and no tensor is read, so modules can be described that cannot be run.  The structure is documented in
docs/cli.md; keys are only ever added.
"""

from __future__ import annotations

import base64
import math
import os
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from minihub import native, saved_model
from minihub.image_util import IMAGE_MODULE_INFO_KEY
from minihub.loading import is_frozen, read_frozen
from minihub.saved_model import ASSETS_FOLDER, MetaGraph, Signature
from minihub.tensor_info import ParsedTensorInfo
from minihub_runtime.checkpoint import CheckpointReader
from minihub_runtime.graph.ir import Graph, parse_ref
from minihub_runtime.graph.support import unsupported_ops
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import ImageModuleInfo, VariableDef, parse

__all__ = ["FORMAT", "describe", "not_runnable"]

#: Version of the structure.
FORMAT = 1


def describe(handle: str, path: str, tags: Collection[str] | None = None) -> dict[str, Any]:
    """All that can be said of a module without running it.

    Args:
        handle: what the user typed.
        path: the module's folder, or the file of a frozen graph.
        tags: describe only the graph with exactly these tags.

    Raises:
        KeyError: there is no graph with these tags.
    """
    if is_frozen(path):
        return _describe_frozen(handle, path, tags)
    graphs = saved_model.read_saved_model(path)
    kind = "tf1_saved_model"
    if native.is_module(path):
        native.read_module_def(path)
        for meta_graph in graphs:
            native.check_collections(meta_graph)
        kind = "tf1_hub_module"
    elif any(graph.proto.object_graph_def for graph in graphs):
        kind = "tf2_saved_model"
    chosen = graphs if tags is None else [saved_model.select(graphs, tags)]
    described = [_meta_graph(graph) for graph in sorted(chosen, key=lambda g: sorted(g.tags))]
    return {
        "format": FORMAT,
        "handle": handle,
        "path": os.path.abspath(path),
        "kind": kind,
        "bytes": _folder_bytes(path),
        "tag_sets": sorted(sorted(graph.tags) for graph in graphs),
        "graphs": described,
        "variables": _variables(path),
        "assets": _assets(path, graphs),
    }


def _describe_frozen(handle: str, path: str, tags: Collection[str] | None) -> dict[str, Any]:
    if tags:
        raise KeyError("a frozen graph has no tags")
    graph, signature = read_frozen(path)
    return {
        "format": FORMAT,
        "handle": handle,
        "path": os.path.abspath(path),
        "kind": "frozen_graph",
        "bytes": os.path.getsize(path),
        "tag_sets": [[]],
        "graphs": [
            {
                "tags": [],
                "signatures": {"default": _signature(graph, signature)},
                "attached_messages": {},
                "variables": [],
                "trainable_variables": [],
                **_graph(graph),
            }
        ],
        "variables": [],
        "assets": [],
    }


def _meta_graph(meta_graph: MetaGraph) -> dict[str, Any]:
    graph = meta_graph.graph
    return {
        "tags": sorted(meta_graph.tags),
        "signatures": {
            name: _signature(graph, signature)
            for name, signature in meta_graph.signatures.items()
            if not name.startswith("__saved_model_")
        },
        "attached_messages": {
            key: _message(key, data)
            for key, data in sorted(native.attached_messages(meta_graph).items())
        },
        "variables": _variable_names(meta_graph, "variables"),
        "trainable_variables": _variable_names(meta_graph, "trainable_variables"),
        **_graph(graph),
    }


def _graph(graph: Graph) -> dict[str, Any]:
    """Ops by type, those of the function library included."""
    counts = Counter(node.op for node in graph.nodes.values())
    for function in graph.functions.values():
        counts.update(node.op for node in function.node_def)
    return {
        "nodes": len(graph.nodes),
        "functions": sorted(graph.functions),
        "ops": {
            name: {"count": count, "supported": name in REGISTRY}
            for name, count in sorted(counts.items())
            if name not in graph.functions
        },
    }


def _signature(graph: Graph, signature: Signature) -> dict[str, Any]:
    outputs = [ref for info in signature.outputs.values() for ref in info.refs]
    inputs = [ref for info in signature.inputs.values() for ref in info.refs]
    missing = unsupported_ops(graph, outputs, inputs)
    return {
        "inputs": {name: _info(info) for name, info in signature.inputs.items()},
        "outputs": {name: _info(info) for name, info in signature.outputs.items()},
        "unsupported_ops": {op: len(nodes) for op, nodes in sorted(missing.items())},
    }


def _info(info: ParsedTensorInfo) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": info.kind,
        "dtype": info.dtype.name,
        "shape": None if info.shape is None else list(info.shape),
    }
    if info.ragged is not None:
        told["ragged_rank"] = info.ragged.ragged_rank
        told["row_splits_dtype"] = info.ragged.row_splits_dtype.name
    if info.kind == "unsupported":
        told["type"] = info.type_name
    return told


def _message(key: str, data: bytes) -> dict[str, Any]:
    told: dict[str, Any] = {"bytes": len(data), "base64": base64.b64encode(data).decode("ascii")}
    if key == IMAGE_MODULE_INFO_KEY:
        from google.protobuf import json_format

        message = parse(ImageModuleInfo, data, f"the attached message {key!r}")
        told["value"] = json_format.MessageToDict(message, preserving_proto_field_name=True)
    return told


def _variable_names(meta_graph: MetaGraph, collection: str) -> list[str]:
    """The variables of a collection; the parts of a partitioned one count as one."""
    names = set()
    for data in meta_graph.collection(collection):
        if not isinstance(data, bytes):
            continue
        definition = parse(VariableDef, data, f"an item of the collection {collection!r}")
        partitioned = definition.HasField("save_slice_info_def")
        names.add(
            definition.save_slice_info_def.full_name
            if partitioned
            else parse_ref(definition.variable_name).node
        )
    return sorted(names)


def _variables(path: str) -> list[dict[str, Any]]:
    """The tensors of the checkpoint, from its index alone."""
    prefix = saved_model.variables_prefix(path)
    if prefix is None:
        return []
    with CheckpointReader(prefix) as reader:
        return [_variable(reader, name) for name in reader.names()]


def _variable(reader: CheckpointReader, name: str) -> dict[str, Any]:
    shape = reader.shape(name)
    return {
        "name": name,
        "dtype": reader.dtype(name).name,
        "shape": list(shape),
        "elements": math.prod(shape),
        "bytes": reader.stored_bytes(name),
        "partitions": max(len(reader.slices(name)), 1),
    }


def _assets(path: str, graphs: list[MetaGraph]) -> list[dict[str, Any]]:
    """The files that constants of the graphs name; those that are absent have no size."""
    root = os.path.join(path, ASSETS_FOLDER)
    places = {place for graph in graphs for place in graph.assets.values()}
    return [
        {
            "name": os.path.relpath(place, root).replace(os.sep, "/"),
            "bytes": os.path.getsize(place) if os.path.isfile(place) else None,
        }
        for place in sorted(places)
    ]


def _folder_bytes(path: str) -> int:
    return sum(
        os.lstat(os.path.join(folder, name)).st_size
        for folder, _, names in os.walk(path)
        for name in names
    )


def not_runnable(graph: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Signature → unsupported ops, for the signatures of a described graph that cannot run."""
    return {
        name: signature["unsupported_ops"]
        for name, signature in graph["signatures"].items()
        if signature["unsupported_ops"]
    }
