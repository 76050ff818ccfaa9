"""A MetaGraphDef into a graph, with its collections.

Source: tensorflow/python/framework/meta_graph.py:import_scoped_meta_graph_with_return_elements.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minihub_runtime.api.collection_protos import proto_functions
from minihub_runtime.api.graph import Graph, GraphKeys, get_default_graph
from minihub_runtime.api.graph_io import read_meta_graph_file
from minihub_runtime.api.graph_keys import VARIABLE_COLLECTIONS
from minihub_runtime.api.importing import import_graph_def
from minihub_runtime.api.logger import LOGGER
from minihub_runtime.api.meta_graph import UNBOUND_INPUTS
from minihub_runtime.api.name_prefixes import prepend_name_scope, strip_name_scope
from minihub_runtime.codec import as_text
from minihub_runtime.protos import MetaGraphDef, VariableDef, parse

__all__ = ["import_scoped_meta_graph", "import_scoped_meta_graph_with_return_elements"]

#: Collections that releases before 1.5 wrote as names.
_NAMES_ONCE = frozenset(
    {GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES, GraphKeys.MODEL_VARIABLES}
)


def import_scoped_meta_graph(
    meta_graph_or_file: MetaGraphDef | str | os.PathLike[str],
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: Mapping[str, Any] | None = None,
    unbound_inputs_col_name: str | None = UNBOUND_INPUTS,
    restore_collections_predicate: Callable[[str], bool] = lambda key: True,
) -> dict[str, Any]:
    """`import_scoped_meta_graph_with_return_elements` for those who want the variables only."""
    variables, _ = import_scoped_meta_graph_with_return_elements(
        meta_graph_or_file,
        clear_devices,
        graph,
        import_scope,
        input_map,
        unbound_inputs_col_name,
        restore_collections_predicate,
    )
    return variables


def import_scoped_meta_graph_with_return_elements(
    meta_graph_or_file: MetaGraphDef | str | os.PathLike[str],
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: Mapping[str, Any] | None = None,
    unbound_inputs_col_name: str | None = UNBOUND_INPUTS,
    restore_collections_predicate: Callable[[str], bool] = lambda key: True,
    return_elements: Sequence[str] | None = None,
) -> tuple[dict[str, Any], list[Any] | None]:
    """Add a MetaGraph to a graph.

    Args:
        meta_graph_or_file: the MetaGraphDef or the path of its file.
        clear_devices: take the devices away, in the message itself.
        graph: where to, by default the default graph.
        import_scope: scope for all names, made unique in the current one.
        input_map: name of a tensor of the MetaGraph → tensor that takes its place.
        unbound_inputs_col_name: the collection of names that `input_map` must have.
        restore_collections_predicate: which collections to add.
        return_elements: names of tensors and operations of the MetaGraph.

    Returns:
        Name of a global variable in the MetaGraph, with its `:0` → variable; and the elements asked for.

    Raises:
        ValueError: inputs are not mapped, or the graph is malformed.
        KeyError: a collection names what is not in the graph.
        DataLossError: a collection holds something else.
        OSError: the file cannot be read.
    """
    if isinstance(meta_graph_or_file, MetaGraphDef):
        proto = meta_graph_or_file
    else:
        proto = read_meta_graph_file(meta_graph_or_file)
    if unbound_inputs_col_name:
        _check_bound(proto, unbound_inputs_col_name, input_map)
    if clear_devices:
        for node in proto.graph_def.node:
            node.device = ""
    graph = graph or get_default_graph()
    with graph.as_default():
        scope = graph.unique_name(import_scope or "", mark_as_used=False)
        elements = import_graph_def(
            proto.graph_def,
            name=import_scope or scope,
            input_map=input_map,
            return_elements=return_elements,
        )
        collections = _Collections(graph, proto, scope)
        # The trainable variables come first: they tell which variables of old releases are.
        keys = sorted(
            proto.collection_def, key=lambda key: (key != GraphKeys.TRAINABLE_VARIABLES, key)
        )
        for key in keys:
            if key != unbound_inputs_col_name and restore_collections_predicate(key):
                collections.add(key)
    found = graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope)
    return {strip_name_scope(variable.name, scope): variable for variable in found}, elements


def _check_bound(proto: MetaGraphDef, key: str, input_map: Mapping[str, Any] | None) -> None:
    if key not in proto.collection_def:
        return
    names = [as_text(name) for name in proto.collection_def[key].bytes_list.value]
    if names and sorted(names) != sorted(input_map or ()):
        missing = ",".join(name for name in names if name not in (input_map or ()))
        raise ValueError(
            f"Graph contains unbound inputs: {missing}. Must provide these inputs through input_map."
        )


class _Collections:
    """The collections of one MetaGraph on their way into a graph."""

    def __init__(self, graph: Graph, proto: MetaGraphDef, scope: str) -> None:
        self._graph = graph
        self._proto = proto
        self._scope = scope
        self._variables: dict[bytes, Any] = {}
        # Before 1.9 a VariableDef did not say whether the variable is trainable.
        release = re.match(r"(\d+)\.(\d+)", proto.meta_info_def.tensorflow_version)
        self._trainable_said = release is None or (int(release[1]), int(release[2])) >= (1, 9)

    def add(self, key: str) -> None:
        """Add one collection."""
        collection = self._proto.collection_def[key]
        kind = collection.WhichOneof("kind")
        if kind is None:
            LOGGER.error("Cannot identify data type for collection %s. Skipping.", key)
            return
        if kind == "bytes_list" and proto_functions(key).from_proto:
            items = [self._made(key, data) for data in collection.bytes_list.value]
        else:
            if key in _NAMES_ONCE:
                LOGGER.warning(
                    "The saved meta_graph is possibly from an older release:\n'%s' collection should "
                    "be of type 'byte_list', but instead is of type '%s'.",
                    key,
                    kind,
                )
            items = [self._taken(kind, value) for value in getattr(collection, kind).value]
        for item in items:
            self._graph.add_to_collection(key, item)

    def _made(self, key: str, data: bytes) -> Any:
        """The item that a message describes."""
        functions = proto_functions(key)
        assert functions.from_proto is not None
        if key in VARIABLE_COLLECTIONS and data in self._variables:
            return self._variables[data]
        message = parse(functions.proto_type, data, f"an item of the collection {key!r}")
        if (
            key in VARIABLE_COLLECTIONS
            and isinstance(message, VariableDef)
            and not self._trainable_said
        ):
            message.trainable = key == GraphKeys.TRAINABLE_VARIABLES
        item = functions.from_proto(message, import_scope=self._scope)
        if key in VARIABLE_COLLECTIONS:
            self._variables[data] = item
        return item

    def _taken(self, kind: str, value: Any) -> Any:
        """The item that a value of a list stands for."""
        if kind == "node_list":
            return self._graph.as_graph_element(prepend_name_scope(value, self._scope))
        if kind == "bytes_list" and self._scope:
            return prepend_name_scope(as_text(value), self._scope)
        return value
