"""Functions of GraphDefs: parts of graphs, graphs without training nodes.

Source: tensorflow/python/framework/graph_util_impl.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minihub_runtime.api.graph import Graph, Operation
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.codec import as_text
from minihub_runtime.dtypes import int32, string
from minihub_runtime.protos import GraphDef, NodeDef
from minihub_runtime.public import public

__all__ = [
    "extract_sub_graph",
    "must_run_on_cpu",
    "remove_training_nodes",
    "tensor_shape_from_node_def_name",
]

#: Ops that only read and write variables.
_VARIABLE_OPS = frozenset(
    {
        "Assign",
        "AssignAdd",
        "AssignSub",
        "Queue",
        "ScatterAdd",
        "ScatterSub",
        "ScatterUpdate",
        "TruncatedNormal",
        "Variable",
        "VariableV2",
    }
)
#: Op → attribute, and the types of it for which there are kernels for CPUs only.
_ON_CPU: dict[str, tuple[str, tuple[int, ...]]] = {
    "Cast": ("SrcT", (int32.as_datatype_enum,)),
    "Const": ("dtype", (string.as_datatype_enum, int32.as_datatype_enum)),
    "DynamicStitch": ("T", (int32.as_datatype_enum,)),
    "ParallelDynamicStitch": ("T", (int32.as_datatype_enum,)),
}


def _node_of(text: str) -> str:
    """The node that an input names."""
    return text[1:] if text.startswith("^") else text.partition(":")[0]


def _groups(node: NodeDef) -> list[str]:
    """The nodes that one is colocated with."""
    names = [as_text(name) for name in node.attr["_class"].list.s] if "_class" in node.attr else []
    return [name.removeprefix("loc:@") for name in names]


@public("graph_util.extract_sub_graph")
def extract_sub_graph(graph_def: GraphDef, dest_nodes: Iterable[str]) -> GraphDef:
    """The nodes that some nodes depend on, and these; the function library is kept whole.

    Args:
        graph_def: the graph.
        dest_nodes: names of the nodes.

    Raises:
        TypeError: `graph_def` is no GraphDef, or `dest_nodes` is a single name.
        AssertionError: a node is not in the graph.
    """
    if not isinstance(graph_def, GraphDef):
        raise TypeError(
            f"graph_def must be a graph_pb2.GraphDef proto, but got type {type(graph_def)}."
        )
    if isinstance(dest_nodes, str):
        raise TypeError(
            f"dest_nodes must be an iterable of strings, but got type {type(dest_nodes)}."
        )
    nodes = {node.name: node for node in graph_def.node}
    waiting = list(dest_nodes)
    for name in waiting:
        if name not in nodes:
            raise AssertionError(f"{name} is not in graph")
    kept: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in kept and name in nodes:
            kept.add(name)
            waiting += [_node_of(text) for text in nodes[name].input] + _groups(nodes[name])
    part = GraphDef(versions=graph_def.versions)
    part.node.extend(node for node in graph_def.node if node.name in kept)
    if graph_def.HasField("library"):
        part.library.CopyFrom(graph_def.library)
    return part


@public("graph_util.remove_training_nodes")
def remove_training_nodes(
    input_graph: GraphDef, protected_nodes: Sequence[str] | None = None
) -> GraphDef:
    """The graph without what inference does not need: CheckNumerics, and Identity where it only passes a value on.

    Differs: what read a CheckNumerics reads the value that was checked; TensorFlow leaves it without that input.  The
    function library is kept: branches and loops, which have no functions in TensorFlow 1, are functions here.

    Args:
        input_graph: the graph.
        protected_nodes: names of nodes to keep.
    """
    protected = set(protected_nodes or ())
    removed = {
        node.name: node.input[0]
        for node in input_graph.node
        if node.op == "CheckNumerics" and node.name not in protected
    }
    nodes: list[NodeDef] = []
    for node in input_graph.node:
        if node.name not in removed:
            copy = NodeDef()
            copy.CopyFrom(node)
            waiting = (text for text in node.input if text[:1] != "^" or text[1:] not in removed)
            copy.input[:] = [_behind(text, removed) for text in waiting]
            nodes.append(copy)
    waited_for = {text[1:] for node in nodes for text in node.input if text.startswith("^")}
    colocated = {name for node in nodes for name in _groups(node)}
    spliced = {
        node.name: node.input[0]
        for node in nodes
        if node.op == "Identity"
        and node.name not in protected | waited_for | colocated
        and not any(text.startswith("^") for text in node.input)
    }
    result = GraphDef()
    for node in nodes:
        if node.name not in spliced:
            node.input[:] = [_behind(text, spliced) for text in node.input]
            result.node.append(node)
    if input_graph.HasField("library"):
        result.library.CopyFrom(input_graph.library)
    return result


def _behind(text: str, spliced: dict[str, str]) -> str:
    """What an input is once the nodes that pass it on are gone."""
    while text.removeprefix("^") in spliced:
        text = spliced[text.removeprefix("^")]
    return text


@public("graph_util.tensor_shape_from_node_def_name")
def tensor_shape_from_node_def_name(graph: Graph, input_name: str) -> TensorShape:
    """The static shape of a tensor, or of the first output of a node.

    Raises:
        KeyError, ValueError: the graph does not hold it.
    """
    name = input_name if ":" in input_name else f"{input_name}:0"
    return graph.get_tensor_by_name(name).shape


@public("graph_util.must_run_on_cpu")
def must_run_on_cpu(node: Operation | NodeDef, pin_variables_on_cpu: bool = False) -> bool:
    """Whether TensorFlow has no kernel for GPUs for an operation.

    Args:
        node: the operation, or its NodeDef.
        pin_variables_on_cpu: whether those that use variables count as such.

    Raises:
        AssertionError: it is neither.
    """
    proto = node.node_def if isinstance(node, Operation) else node
    assert isinstance(proto, NodeDef), f"node must be an operation or a NodeDef, not {type(node)}"
    if pin_variables_on_cpu and proto.op in _VARIABLE_OPS:
        return True
    attr, types = _ON_CPU.get(proto.op, ("", ()))
    return proto.attr[attr].type in types if attr in proto.attr else False
