"""A graph with its collections as a MetaGraphDef.

Source: tensorflow/python/framework/meta_graph.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from minihub_runtime.api.collection_protos import proto_functions
from minihub_runtime.api.graph import Graph, GraphKeys, get_default_graph
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.name_prefixes import strip_name_scope
from minihub_runtime.api.op_defs import strip_default_attrs, stripped_op_list
from minihub_runtime.codec import as_bytes, as_text
from minihub_runtime.protos import GraphDef, MetaGraphDef, NodeDef, SaverDef
from minihub_runtime.versions import GIT_VERSION, VERSION

__all__ = [
    "UNBOUND_INPUTS",
    "add_collection_def",
    "create_meta_graph_def",
    "export_scoped_meta_graph",
]

#: The collection that names the inputs of an exported scope that lie outside it.
UNBOUND_INPUTS = "unbound_inputs"
_UNBOUND_PREFIX = "$unbound_inputs_"

_SAVER_OPS = frozenset(
    {
        f"{prefix}{name}"
        for name in ("Save", "SaveSlice", "Restore", "RestoreSlice")
        for prefix in ("", "Legacy")
    }
    | {"RestoreV2", "SaveV2"}
)

MAX_BYTES = 1 << 31


def create_meta_graph_def(
    meta_info_def: Any = None,
    graph_def: GraphDef | None = None,
    saver_def: SaverDef | None = None,
    collection_list: Iterable[str] | None = None,
    graph: Graph | None = None,
    export_scope: str | None = None,
    exclude_nodes: Collection[str] | None = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
) -> MetaGraphDef:
    """The MetaGraphDef of a graph.

    Args:
        meta_info_def: what to say of it, tags for example; versions and the list of ops are added.
        graph_def: its nodes; by default those of `graph`, with static shapes.
        saver_def: how its variables are saved.
        collection_list: the collections to export; by default all whose names are strings.
        graph: where the collections are; by default the default graph.
        export_scope: the scope taken away from the names in collections; what lies outside is left out.
        exclude_nodes: names of what to leave out of collections.
        clear_extraneous_savers: let the collection of savers be the one of `saver_def`.
        strip_default_attrs: take away attributes that have their defaults, for readers that do not know them yet.

    Raises:
        TypeError: an argument is not of the class it should be.
        ValueError: the graph is larger than two gigabytes.
    """
    for value, kind, what in (
        (graph, Graph, "graph"),
        (meta_info_def, MetaGraphDef.MetaInfoDef, "meta_info_def"),
        (graph_def, GraphDef, "graph_def"),
        (saver_def, SaverDef, "saver_def"),
    ):
        if value and not isinstance(value, kind):
            raise TypeError(
                f"{what} must be of type {kind.__name__}. Received type: {type(value)}."
            )
    graph = graph or get_default_graph()
    proto = MetaGraphDef()
    info: Any = proto.meta_info_def
    if meta_info_def:
        info.CopyFrom(meta_info_def)
    info.tensorflow_version = VERSION
    info.tensorflow_git_version = GIT_VERSION
    proto.graph_def.CopyFrom(graph_def if graph_def else graph.as_graph_def(add_shapes=True))
    if not info.stripped_op_list.op:
        info.stripped_op_list.CopyFrom(stripped_op_list(proto.graph_def))
    if strip_default_attrs:
        _strip_defaults(proto)
    if saver_def:
        proto.saver_def.CopyFrom(saver_def)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        only = None
        if clear_extraneous_savers and key == GraphKeys.SAVERS:
            from_proto = proto_functions(key).from_proto
            only = [from_proto(saver_def)] if from_proto and saver_def else []
        add_collection_def(proto, key, graph, export_scope, exclude_nodes, only)
    if proto.ByteSize() >= MAX_BYTES:
        raise ValueError(f"GraphDef cannot be larger than 2GB. Received size: {proto.ByteSize()}.")
    return proto


def _strip_defaults(proto: MetaGraphDef) -> None:
    strip_default_attrs(proto.graph_def)
    proto.meta_info_def.stripped_default_attrs = True


def add_collection_def(
    meta_graph_def: MetaGraphDef,
    key: str,
    graph: Graph | None = None,
    export_scope: str | None = None,
    exclude_nodes: Collection[str] | None = None,
    override_contents: Iterable[Any] | None = None,
) -> None:
    """Add a collection to a MetaGraphDef; one that no message can hold is left out with a warning.

    Args:
        meta_graph_def: where to.
        key: the collection.
        graph: its graph, by default the default graph.
        export_scope: the scope taken away from names.
        exclude_nodes: names of what to leave out.
        override_contents: what is exported instead of what the collection holds.
    """
    if not isinstance(key, (str, bytes)):
        LOGGER.warning(
            "Only collections with string type keys will be serialized. This key has %s", type(key)
        )
        return
    graph = graph or get_default_graph()
    items = graph.get_collection(key) if override_contents is None else list(override_contents)
    items = [item for item in items if _is_included(item, export_scope, exclude_nodes)]
    if not items:
        return
    try:
        kind, values = _collected(key, items, export_scope)
        target = getattr(meta_graph_def.collection_def[key], kind).value
        for value in values if kind == "any_list" else ():
            # The message may be of another pool.
            target.add(type_url=value.type_url, value=value.value)
        if kind != "any_list":
            target.extend(values)
    except (AttributeError, TypeError, ValueError) as error:
        LOGGER.warning(
            "Issue encountered when serializing %s.\nType is unsupported, or the types of the items "
            "don't match field type in CollectionDef. Note this is a warning and probably safe to "
            "ignore.\n%s",
            key,
            error,
        )
        meta_graph_def.collection_def.pop(key, None)


def _collected(key: str, items: list[Any], export_scope: str | None) -> tuple[str, list[Any]]:
    """The field of a CollectionDef for these items, and its values."""
    to_proto = proto_functions(key).to_proto
    if to_proto:
        protos = (to_proto(item, export_scope=export_scope) for item in items)
        return "bytes_list", [proto.SerializeToString() for proto in protos if proto]
    first = items[0]
    if isinstance(first, (str, bytes)):
        return "bytes_list", [as_bytes(item) for item in items]
    if isinstance(first, int):
        return "int64_list", items
    if isinstance(first, float):
        return "float_list", items
    if getattr(getattr(first, "DESCRIPTOR", None), "full_name", "") == "google.protobuf.Any":
        return "any_list", items
    inside = (item for item in items if not export_scope or item.name.startswith(export_scope))
    return "node_list", [strip_name_scope(item.name, export_scope) for item in inside]


def _is_included(
    item: Any, export_scope: str | None, exclude_nodes: Collection[str] | None
) -> bool:
    """Whether a node, by itself or by its name, or another item belongs to the export."""
    name = item if isinstance(item, str) else getattr(item, "name", None)
    if not isinstance(name, str):
        return True
    if exclude_nodes and name in exclude_nodes:
        return False
    return not export_scope or name.startswith(export_scope) or name.startswith(_UNBOUND_PREFIX)


def export_scoped_meta_graph(
    filename: str | None = None,
    graph_def: GraphDef | None = None,
    graph: Graph | None = None,
    export_scope: str | None = None,
    as_text: bool = False,
    unbound_inputs_col_name: str | None = UNBOUND_INPUTS,
    clear_devices: bool = False,
    saver_def: SaverDef | None = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    meta_info_def: Any = None,
    collection_list: Iterable[str] | None = None,
) -> tuple[MetaGraphDef, dict[str, Any]]:
    """The MetaGraphDef of a graph or of one scope of it, and its variables.

    Args:
        filename: where to write it as well.
        graph_def: its nodes; by default those of `graph`, with static shapes.
        graph: by default the default graph.
        export_scope: only nodes whose names begin so, without that scope.
        as_text: write the text form.
        unbound_inputs_col_name: the collection that names inputs from outside the scope; they must be mapped at import.
        clear_devices: take the devices away.
        saver_def: how its variables are saved.
        clear_extraneous_savers: leave out what belongs to other savers.
        strip_default_attrs: take away attributes that have their defaults.
        save_debug_info: accepted; there is no such information.
        meta_info_def: see `create_meta_graph_def`.
        collection_list: see `create_meta_graph_def`.

    Returns:
        The MetaGraphDef, and name without the scope → global variable.

    Raises:
        TypeError: an argument is not of the class it should be.
        ValueError: the graph is larger than two gigabytes.
        OpError: the file cannot be written.
    """
    del save_debug_info
    graph = graph or get_default_graph()
    excluded: set[str] = set()
    if export_scope or clear_extraneous_savers or clear_devices:
        whole = graph_def if graph_def else graph.as_graph_def(add_shapes=True)
        if clear_extraneous_savers:
            excluded = _nodes_of_other_savers(whole, saver_def)
        graph_def, unbound = _part(whole, export_scope, excluded, clear_devices)
        if unbound_inputs_col_name:
            graph.clear_collection(unbound_inputs_col_name)
            for name in unbound:
                graph.add_to_collection(unbound_inputs_col_name, name)
    proto = create_meta_graph_def(
        meta_info_def,
        graph_def,
        saver_def,
        collection_list,
        graph,
        export_scope,
        excluded,
        clear_extraneous_savers,
        strip_default_attrs,
    )
    variables = {
        strip_name_scope(variable.name, export_scope): variable
        for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES, export_scope)
        if _is_included(variable, export_scope, excluded)
    }
    if filename:
        from minihub_runtime.api.graph_io import write_proto

        write_proto(proto, filename, as_text)
    return proto, variables


def _part(
    graph_def: GraphDef, export_scope: str | None, excluded: Collection[str], clear_devices: bool
) -> tuple[GraphDef, list[str]]:
    """A scope of a graph, and the names it gives to inputs from outside."""
    part = GraphDef(versions=graph_def.versions, library=graph_def.library)
    unbound: list[str] = []
    for node in graph_def.node:
        if _is_included(node.name, export_scope, excluded):
            copy = part.node.add()
            copy.CopyFrom(node)
            if export_scope:
                _take_out(copy, export_scope, unbound)
            if clear_devices:
                copy.device = ""
    if not part.library.function:
        part.ClearField("library")
    return part, unbound


def _take_out(node: NodeDef, scope: str, unbound: list[str]) -> None:
    """Rename a node of a scope, its inputs and its groups; inputs from outside are marked and added to `unbound`."""
    for place, name in enumerate(node.input):
        mark = "^" if name.startswith("^") else ""
        if name.removeprefix("^").startswith(scope):
            node.input[place] = strip_name_scope(name, scope)
        else:
            node.input[place] = f"{mark}{_UNBOUND_PREFIX}{name.removeprefix('^')}"
            unbound.append(node.input[place])
    node.name = strip_name_scope(node.name, scope)
    if "_class" in node.attr:
        groups = [as_text(name) for name in node.attr["_class"].list.s]
        inside = [name for name in groups if name.partition("@")[2].startswith(scope)]
        node.attr["_class"].list.s[:] = [as_bytes(strip_name_scope(name, scope)) for name in inside]
    if node.op in ("Enter", "RefEnter") and "frame_name" in node.attr:
        frame = as_text(node.attr["frame_name"].s)
        node.attr["frame_name"].s = as_bytes(strip_name_scope(frame, scope))


def _nodes_of_other_savers(graph_def: GraphDef, saver_def: SaverDef | None) -> set[str]:
    """The nodes in the scopes of savers, except those of `saver_def`: each saver has a scope of its own."""
    kept: set[str] = set()
    if saver_def is not None:
        kept = {_scope_of(saver_def.save_tensor_name), _scope_of(saver_def.restore_op_name)}
    savers = {node.name for node in graph_def.node if node.op in _SAVER_OPS}
    scopes = {_scope_of(name) for name in savers} - savers - kept
    prefixes = tuple(f"{scope}/" for scope in scopes)
    return {node.name for node in graph_def.node if node.name.startswith(prefixes)}


def _scope_of(name: str) -> str:
    return name.removeprefix("^").rpartition("/")[0]
