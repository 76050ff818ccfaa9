"""GraphDef into the default graph.

Source: tensorflow/python/framework/importer.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Graph, Operation, Tensor, get_default_graph
from minihub_runtime.errors import DataLossError, InvalidArgumentError
from minihub_runtime.garbage import uncollected
from minihub_runtime.graph.function_names import with_free_names
from minihub_runtime.graph.ir import Node, Ref, parse_input
from minihub_runtime.graph.node_types import NodeTypes, Types, fits
from minihub_runtime.graph.reader import check_versions, node_from_proto
from minihub_runtime.passes.prune import topological
from minihub_runtime.protos import GraphDef
from minihub_runtime.public import public

__all__ = ["import_graph_def"]


class _Import:
    """One import: where names lead."""

    def __init__(self, graph: Graph, prefix: str, input_map: Mapping[str, Any]) -> None:
        self.graph = graph
        self.prefix = prefix
        self.mapped: dict[Ref, Tensor] = {}
        self.mapped_controls: dict[str, Operation] = {}
        self.renamed: dict[str, str] = {}
        for key, value in input_map.items():
            name, index = parse_input(key)
            if index < 0:
                self.mapped_controls[name] = value.op if isinstance(value, Tensor) else value
            else:
                self.mapped[Ref(name, index)] = value

    def capture(self, nodes: Collection[Node]) -> None:
        """Bring in what takes the place of inputs, if it lies outside of the function that is built."""
        consumed = {ref for node in nodes for ref in node.inputs}
        for ref in consumed & self.mapped.keys():
            self.mapped[ref] = self.graph.capture(self.mapped[ref])

    def rename(self, names: Collection[str]) -> None:
        """Find another name for each node whose name the graph holds already."""
        for name in names:
            full = wanted = self.scoped(name)
            count = 0
            while full in self.graph.nodes or (count and full in names):
                count += 1
                full = f"{wanted}_{count}"
            if count:
                self.renamed[name] = full

    @property
    def unchanged(self) -> bool:
        """Whether all names stay as they are, and all inputs are those of the GraphDef."""
        return not (self.prefix or self.renamed or self.mapped or self.mapped_controls)

    def scoped(self, name: str) -> str:
        """A node's name in the graph."""
        if name in self.renamed:
            return self.renamed[name]
        return f"{self.prefix}/{name}" if self.prefix else name

    def ref(self, ref: Ref) -> Ref:
        """Where an input leads."""
        tensor = self.mapped.get(ref)
        if tensor is not None:
            return tensor.ref_in_graph
        return Ref(self.scoped(ref.node), ref.index)

    def control(self, name: str) -> str:
        """Where a control input leads."""
        if name in self.mapped_controls:
            return self.mapped_controls[name].name
        return self.scoped(name)

    def node(self, node: Node, controls: Sequence[str]) -> Node:
        """A node as the graph gets it."""
        if self.unchanged and not controls:
            return node
        attrs = node.attrs
        if "_class" in attrs and self.prefix:
            groups = [
                f"loc:@{self.scoped(name[5:])}" if name.startswith("loc:@") else name
                for name in attrs["_class"]
            ]
            attrs = attrs.changed(_class=groups)
        own = [self.control(name) for name in node.controls]
        return node.replace(
            name=self.scoped(node.name),
            inputs=[self.ref(ref) for ref in node.inputs],
            controls=[*own, *(name for name in controls if name not in own)],
            attrs=attrs,
        )


@public("import_graph_def", "graph_util.import_graph_def")
@uncollected()
def import_graph_def(
    graph_def: GraphDef,
    input_map: Mapping[str, Any] | None = None,
    return_elements: Sequence[str] | None = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Add the nodes of a GraphDef to the default graph.

    The graph is one of the oldest producer's from then on, as all of its operations must be understood.

    Functions of its library whose names the graph has already, for other functions, are renamed.

    Args:
        graph_def: the nodes and functions.
        input_map: tensor name in `graph_def` → tensor of the default graph that takes its place, or what becomes one, as
            variables and arrays do; `^name` → an operation that takes the place of a control input.
        return_elements: names of operations and tensors of `graph_def`.
        name: scope for the names, `import` if None; an empty one adds none; one that ends with `/` is taken as it is.
        op_dict: ignored.
        producer_op_list: ignored; attributes that no schema has are kept.

    Returns:
        The elements asked for, or None.

    Raises:
        ValueError: an input is missing or of the wrong type, nodes go in circles, a name is taken, an attribute has a value
            that the op does not allow, `input_map` names what is not there, or the versions are not those that are read here.
        TypeError: an argument is of the wrong type.
    """
    if not hasattr(graph_def, "node"):
        raise TypeError("Argument `graph_def` must be a GraphDef proto.")
    if not isinstance(input_map, (Mapping, type(None))):
        raise TypeError(f"`input_map` must be a dictionary, not a {type(input_map).__name__}")
    for text in (*(input_map or ()), *(return_elements or ())):
        if not isinstance(text, str):
            raise TypeError(f"elements of the graph must be named by strings, not by {text!r}")
    check_versions(graph_def.versions)
    graph = get_default_graph()
    prefix = _prefix(graph, name)
    importing = _Import(graph, prefix, _converted(graph, prefix, input_map or {}))
    graph_def = with_free_names(graph_def, graph.node_graph.functions)
    graph.add_functions(graph_def.library)
    nodes = [node_from_proto(proto) for proto in graph_def.node]
    by_name = {node.name: node for node in nodes}
    _check_order(importing, by_name)
    types = _node_types(importing, by_name, graph.node_graph.functions)
    _check_map(importing, by_name, types)
    for text in return_elements or ():
        _check_element(importing, types, text)
    # Everything is checked by now: a GraphDef is added whole or not at all.
    importing.capture(nodes)
    importing.rename(by_name)
    library = graph.node_graph
    library.producer = min(library.producer, graph_def.versions.producer)
    outer = graph.current_controls()
    for node in nodes:
        graph.add_node(importing.node(node, outer))
    if return_elements is None:
        return None
    return [_element(graph, importing, item) for item in return_elements]


def _converted(graph: Graph, prefix: str, input_map: Mapping[str, Any]) -> Mapping[str, Any]:
    """`input_map` with tensors for what is none, which are added in a scope of the import.

    Raises:
        ValueError: the import has no scope.
    """
    others = {
        key: value
        for key, value in input_map.items()
        if not isinstance(value, (Operation, Tensor) if key.startswith("^") else Tensor)
    }
    if others and not prefix:
        raise ValueError(
            f"`name` must not be empty if `input_map` has values that are no tensors, as those of {[*others]}"
        )
    if not others:
        return input_map
    with graph.name_scope(f"{prefix}/"), graph.name_scope("_inputs"):
        return {**input_map, **{key: convert_to_tensor(value) for key, value in others.items()}}


def _check_order(importing: _Import, nodes: Mapping[str, Node]) -> None:
    """Look whether all inputs are there, and whether nodes go in circles other than those of loops.

    Raises:
        ValueError: an input is missing, or they do.
    """
    seen: set[str] = set()
    ordered = True
    for node in nodes.values():
        for ref in node.inputs:
            if ref.node not in seen and ref not in importing.mapped:
                ordered = False
                if ref.node not in nodes:
                    raise ValueError(f"Node '{node.name}': Unknown input node '{ref}' in graph_def")
        for control in node.controls:
            if control not in seen and control not in importing.mapped_controls:
                ordered = False
                if control not in nodes:
                    raise ValueError(
                        f"Node '{node.name}': Unknown input node '^{control}' in graph_def"
                    )
        seen.add(node.name)
    # Most files have each node behind its inputs.
    if not ordered:
        topological(nodes, importing.mapped, ignore_loops=True)


def _node_types(
    importing: _Import, nodes: Mapping[str, Node], functions: Mapping[str, Any]
) -> dict[str, Types | None]:
    """Types of the inputs and outputs of each node, None for an unknown op; looks whether all inputs are of them.

    Raises:
        ValueError: an attribute is not allowed, or inputs are of another number or type than the node wants.
    """
    known = NodeTypes(functions)
    types: dict[str, Types | None] = {}
    for name, node in nodes.items():
        try:
            types[name] = known[node]
        except (DataLossError, InvalidArgumentError) as error:
            raise ValueError(f"Node '{importing.scoped(name)}': {error.message}") from None
    mapped = importing.mapped
    for name, node in nodes.items():
        wanted = types[name]
        if wanted is None:
            continue
        if len(node.inputs) != len(wanted.inputs):
            raise ValueError(
                f"Node '{importing.scoped(name)}': {node.op} must have {len(wanted.inputs)} inputs, not "
                f"{len(node.inputs)}"
            )
        for place, (ref, dtype) in enumerate(zip(node.inputs, wanted.inputs, strict=True)):
            if ref in mapped:
                source, found = mapped[ref].name, mapped[ref].dtype
            else:
                producer = types[ref[0]]
                if producer is None:
                    continue
                if ref[1] >= len(producer.outputs):
                    raise ValueError(
                        f"Node '{importing.scoped(name)}': Connecting to invalid output {ref[1]} of source node "
                        f"{importing.scoped(ref[0])} which has {len(producer.outputs)} outputs."
                    )
                source, found = str(ref), producer.outputs[ref[1]]
            if not fits(dtype, found):
                raise ValueError(
                    f"Input {place} of node {importing.scoped(name)} was passed {found.name} from "
                    f"{source} incompatible with expected {dtype.name}."
                )
    return types


def _check_map(
    importing: _Import, nodes: Mapping[str, Node], types: Mapping[str, Types | None]
) -> None:
    """Look whether the mapped tensors are in the GraphDef."""
    if not importing.mapped:
        return
    consumed = {ref for node in nodes.values() for ref in node.inputs}
    unknown = []
    for ref in importing.mapped:
        of_node = types[ref.node] if ref.node in nodes else Types([], [])
        if ref not in consumed and of_node is not None and ref.index >= len(of_node.outputs):
            unknown.append(str(ref))
    if unknown:
        raise ValueError(
            f"Attempted to map inputs that were not found in graph_def: [{', '.join(unknown)}]"
        )


def _check_element(importing: _Import, types: Mapping[str, Types | None], text: str) -> None:
    name, index = parse_input(text)
    if ":" in text and Ref(name, index) in importing.mapped:
        return
    if name not in types or index < 0:
        kind = "tensor" if ":" in text else "node"
        raise ValueError(f"Requested return {kind} '{text}' not found in graph def")
    found = types[name]
    if found is not None and ":" in text and index >= len(found.outputs):
        raise ValueError(
            f"Invalid return output {index} of node '{name}', which has {len(found.outputs)} output(s)"
        )


def _prefix(graph: Graph, name: str | None) -> str:
    with graph.name_scope("import" if name is None else name) as scope:
        return scope.removesuffix("/")


def _element(graph: Graph, importing: _Import, name: str) -> Any:
    if ":" not in name:
        return graph.get_operation_by_name(importing.scoped(name))
    node, index = parse_input(name)
    ref = Ref(node, index)
    if ref in importing.mapped:
        return importing.mapped[ref]
    return graph.tensor(Ref(importing.scoped(node), index))
