"""GraphDef and MetaGraphDef into the default graph.

Source: tensorflow/python/framework/importer.py, meta_graph.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from minihub_runtime.api.graph import Graph, GraphKeys, Operation, Tensor, get_default_graph
from minihub_runtime.api.variables import Variable
from minihub_runtime.codec import as_text
from minihub_runtime.graph.ir import Node, Ref, parse_input
from minihub_runtime.graph.reader import node_from_proto
from minihub_runtime.protos import GraphDef, MetaGraphDef, VariableDef, parse

__all__ = ["VARIABLE_COLLECTIONS", "import_graph_def", "import_scoped_meta_graph"]

VARIABLE_COLLECTIONS = frozenset(
    {
        GraphKeys.GLOBAL_VARIABLES,
        GraphKeys.LOCAL_VARIABLES,
        GraphKeys.METRIC_VARIABLES,
        GraphKeys.MODEL_VARIABLES,
        GraphKeys.MOVING_AVERAGE_VARIABLES,
        GraphKeys.TRAINABLE_VARIABLES,
    }
)
#: Collections of messages whose names TF1 resolves by itself; nothing here needs their content.
CONTEXT_COLLECTIONS = frozenset({GraphKeys.COND_CONTEXT, GraphKeys.WHILE_CONTEXT})


class _Import:
    """One import: where names lead."""

    def __init__(self, graph: Graph, prefix: str, input_map: Mapping[str, Any]) -> None:
        self.graph = graph
        self.prefix = prefix
        self.mapped: dict[Ref, Tensor] = {}
        self.mapped_controls: dict[str, Operation] = {}
        self.used: set[Any] = set()
        for key, value in input_map.items():
            name, index = parse_input(key)
            if index < 0:
                self.mapped_controls[name] = value
            else:
                self.mapped[Ref(name, index)] = value

    def scoped(self, name: str) -> str:
        """A node's name in the graph."""
        return f"{self.prefix}/{name}" if self.prefix else name

    def ref(self, ref: Ref) -> Ref:
        """Where an input leads."""
        tensor = self.mapped.get(ref)
        if tensor is not None:
            self.used.add(ref)
            return tensor.ref_in_graph
        return Ref(self.scoped(ref.node), ref.index)

    def control(self, name: str) -> str:
        """Where a control input leads."""
        if name in self.mapped_controls:
            self.used.add(name)
            return self.mapped_controls[name].name
        return self.scoped(name)

    def node(self, node: Node, controls: Sequence[str]) -> Node:
        """A node as the graph gets it."""
        attrs = node.attrs
        if "_class" in attrs and self.prefix:
            groups = [
                f"loc:@{self.scoped(name[5:])}" if name.startswith("loc:@") else name
                for name in attrs["_class"]
            ]
            attrs = attrs.changed(_class=groups)  # type: ignore[attr-defined]
        own = [self.control(name) for name in node.controls]
        return node.replace(
            name=self.scoped(node.name),
            inputs=[self.ref(ref) for ref in node.inputs],
            controls=[*own, *(name for name in controls if name not in own)],
            attrs=attrs,
        )


def import_graph_def(
    graph_def: GraphDef,
    input_map: Mapping[str, Any] | None = None,
    return_elements: Sequence[str] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Add the nodes of a GraphDef to the default graph.

    Args:
        graph_def: the nodes and functions.
        input_map: tensor name in `graph_def` → tensor of the default graph that takes its place; `^name` → an
            operation that takes the place of a control input.
        return_elements: names of operations and tensors of `graph_def`.
        name: scope for the names, `import` if None; an empty one adds none; one that ends with `/` is taken as it is.
        op_dict: ignored.
        producer_op_list: ignored; attributes that no schema has are kept.

    Returns:
        The elements asked for, or None.

    Raises:
        ValueError: an input is missing, a name is taken, or `input_map` names what is not there.
        TypeError: an argument is of the wrong type.
    """
    if not hasattr(graph_def, "node"):
        raise TypeError("Argument `graph_def` must be a GraphDef proto.")
    graph = get_default_graph()
    prefix = _prefix(graph, name)
    importing = _Import(graph, prefix, input_map or {})
    graph.add_functions(graph_def.library)
    nodes = [node_from_proto(proto) for proto in graph_def.node]
    names = {node.name for node in nodes}
    outer = graph.current_controls()
    for node in nodes:
        for ref in node.inputs:
            if ref.node not in names and ref not in importing.mapped:
                raise ValueError(f"Node '{node.name}': Unknown input node '{ref}' in graph_def")
        for control in node.controls:
            if control not in names and control not in importing.mapped_controls:
                raise ValueError(
                    f"Node '{node.name}': Unknown input node '^{control}' in graph_def"
                )
    for node in nodes:
        waits = outer if not node.inputs and not node.controls else ()
        graph.add_node(importing.node(node, waits))
    elements = [_element(graph, importing, item) for item in return_elements or ()]
    unused = [
        str(ref) for ref in importing.mapped if ref not in importing.used and ref.node not in names
    ]
    if unused:
        raise ValueError(
            f"Attempted to map inputs that were not found in graph_def: [{', '.join(unused)}]"
        )
    return elements if return_elements is not None else None


def _prefix(graph: Graph, name: str | None) -> str:
    current = graph.get_name_scope()
    if name == "":
        return current
    if name is not None and name.endswith("/"):
        return name[:-1]
    return graph.unique_name(name or "import")


def _element(graph: Graph, importing: _Import, name: str) -> Any:
    if ":" not in name:
        return graph.get_operation_by_name(importing.scoped(name))
    node, index = parse_input(name)
    ref = Ref(node, index)
    if ref in importing.mapped:
        importing.used.add(ref)
        return importing.mapped[ref]
    return graph.tensor(Ref(importing.scoped(node), index))


def import_scoped_meta_graph(
    meta_graph: MetaGraphDef,
    input_map: Mapping[str, Any] | None = None,
    import_scope: str = "",
    restore_collections: Collection[str] | None = None,
) -> dict[str, Variable]:
    """Add a MetaGraph to the default graph, with its collections.

    Args:
        meta_graph: graph and collections.
        input_map: see `import_graph_def`.
        import_scope: scope for all names, absolute.
        restore_collections: the collections to add; None means all.

    Returns:
        Name (as in the MetaGraph) → variable.

    Raises:
        ValueError, KeyError: graph or collections are malformed.
    """
    graph = get_default_graph()
    absolute = f"{import_scope}/" if import_scope else ""
    import_graph_def(meta_graph.graph_def, input_map, name=absolute)
    made: dict[str, Variable] = {}
    for key, collection in sorted(meta_graph.collection_def.items()):
        if restore_collections is not None and key not in restore_collections:
            continue
        kind = collection.WhichOneof("kind")
        if kind is None:
            continue
        values = getattr(collection, kind).value
        if key in VARIABLE_COLLECTIONS and kind == "bytes_list":
            for data in values:
                definition = parse(VariableDef, data, f"collection {key!r}")
                name = definition.variable_name.partition(":")[0]
                if name not in made:
                    made[name] = Variable.from_proto(definition, import_scope)
                graph.add_to_collection(key, made[name])
        elif kind == "node_list":
            for item in values:
                element = _collected(graph, import_scope, item)
                graph.add_to_collection(key, element)
        elif key in CONTEXT_COLLECTIONS:
            for data in values:
                graph.add_to_collection(key, data)
        elif kind in ("int64_list", "float_list"):
            for item in values:
                graph.add_to_collection(key, item)
        else:
            for item in values:
                graph.add_to_collection(key, as_text(item) if isinstance(item, bytes) else item)
    return made


def _collected(graph: Graph, scope: str, item: str) -> Any:
    """The element of the graph that an item of a node list names."""
    text = item.removeprefix("^")
    return graph.as_graph_element(f"{scope}/{text}" if scope else text)
