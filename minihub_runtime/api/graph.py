"""Graphs that grow: names, operations, control dependencies, collections; and the default graph.

Source: tensorflow/python/framework/ops.py.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from minihub_runtime.api.defaults import GRAPHS
from minihub_runtime.api.elements import Operation, Tensor
from minihub_runtime.api.graph_collections import GraphCollections
from minihub_runtime.api.graph_keys import GraphKeys
from minihub_runtime.api.graph_names import OP_NAME, GraphNames
from minihub_runtime.api.graph_scopes import GraphScopes
from minihub_runtime.codec import attr_to_proto
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.inference import Inference
from minihub_runtime.graph.ir import Graph as NodeGraph
from minihub_runtime.graph.ir import Node, Ref
from minihub_runtime.graph.origins import Origins
from minihub_runtime.graph.types import output_dtypes
from minihub_runtime.graph.writer import graph_to_proto
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.public import public
from minihub_runtime.shapes import Shape

__all__ = [
    "Graph",
    "GraphKeys",
    "Operation",
    "Tensor",
    "add_to_collection",
    "control_dependencies",
    "get_collection",
    "get_default_graph",
    "global_graph",
    "graph_of",
    "name_scope",
    "reset_default_graph",
]


@public("Graph")
class Graph(GraphNames, GraphScopes, GraphCollections):
    """A graph that grows.

    Attributes:
        nodes: name → Node, in the order of creation.
        node_graph: the same nodes and the functions, as the engine takes them.
        inference: what is known of shapes.
        seed: the graph-level seed, None if there is none.
        readable: folders whose files sessions of it may read.
        function_count: how many functions were named in it.
        origins: where tensors of the graphs of its functions stand in the functions.
        defined_functions: name → what `Defun` made of it, for functions called in it.
        building_function: whether this is the body of a function, a loop or a branch.
        outer_graph: the graph around such a body, None for others.
        in_program_order: whether stateful operations must run, and in the order in which they are made.
    """

    building_function: bool = False
    outer_graph: Graph | None = None
    in_program_order: bool = False

    def __init__(self) -> None:
        GraphNames.__init__(self)
        GraphScopes.__init__(self)
        GraphCollections.__init__(self)
        self.node_graph = NodeGraph({}, {}, {})
        self.nodes = self.node_graph.nodes
        self.inference = Inference(self.node_graph)
        self.origins = Origins()
        self.seed: int | None = None
        self.readable: list[str] = []
        self.function_count = 0
        self.defined_functions: dict[str, Any] = {}
        self._operations: dict[str, Operation] = {}
        self._dtypes: dict[str, list[DType]] = {}
        self._unfeedable: set[Tensor] = set()
        self._unfetchable: set[Operation] = set()
        self._finalized = False
        self._lock = threading.RLock()

    @property
    def finalized(self) -> bool:
        """Whether nothing may be added any more."""
        return self._finalized

    def finalize(self) -> None:
        """Refuse further additions."""
        self._finalized = True

    def unfinalize(self) -> None:
        """Allow additions again: for who finalized it for a while."""
        self._finalized = False

    # Operations

    def create_op(
        self,
        op: str,
        inputs: Iterable[Tensor],
        attrs: Mapping[str, Any] | None = None,
        name: str | None = None,
    ) -> Operation:
        """Add an operation.

        Args:
            op: its type.
            inputs: the flat data inputs.
            attrs: attributes as Python values.
            name: wanted name, made unique; one that ends with `/` is taken as it is.

        Raises:
            ValueError: the name is not valid, or the shapes do not fit.
            RuntimeError: the graph is finalized.
        """
        wanted = name or op
        full = wanted[:-1] if wanted.endswith("/") else self.unique_name(wanted)
        if not OP_NAME.match(full):
            raise ValueError(f"'{full}' is not a valid node name")
        refs = []
        for tensor in inputs:
            inside = self.capture(tensor)
            if inside.graph is not self:
                raise ValueError(
                    f"{tensor} must be from the same graph as the operation {full!r}"
                    f"{_whose(tensor.graph, self)}"
                )
            refs.append(inside.ref_in_graph)
        controls = self.current_controls([ref.node for ref in refs])
        operation = self.add_node(Node(full, op, refs, controls, attrs))
        try:
            self.inference.check(full)
        except InvalidArgumentError as error:
            self._remove(full)
            raise ValueError(f"{error.message} for {full!r} (op: {op!r})") from error
        self._place(operation)
        return operation

    @property
    def outermost(self) -> Graph:
        """The graph around all functions that are nested here; itself if it is none."""
        return self if self.outer_graph is None else self.outer_graph.outermost

    def capture(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor here; in a function, the argument that brings in one from outside."""
        return tensor

    def reference(self, tensor: Tensor) -> Tensor:
        """What stands here for a reference to a variable; in a function, a reference of its own to one outside."""
        return tensor

    def own(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor here without being brought in; the tensor itself if nothing does."""
        return tensor

    def captured_as(self, inside: Tensor) -> Tensor | None:
        """The tensor outside that a placeholder brings in, None if it does not."""
        return None

    def add_node(self, node: Node) -> Operation:
        """Add a node whose name is free.

        Raises:
            ValueError: the name is taken.
            RuntimeError: the graph is finalized.
        """
        if self._finalized:
            raise RuntimeError("Graph is finalized and cannot be modified.")
        with self._lock:
            if node.name in self.nodes:
                raise ValueError(f"Node name '{node.name}' already exists in the Graph")
            self.nodes[node.name] = node
            self._names.setdefault(node.name.lower(), 1)
            self._note_made(node.name)
        return self.get_operation_by_name(node.name)

    def _remove(self, name: str) -> None:
        with self._lock:
            self.nodes.pop(name, None)
            self._operations.pop(name, None)
            self._dtypes.pop(name, None)

    def replace_node(self, node: Node) -> None:
        """Put another node in the place of one, before anything has run."""
        with self._lock:
            self.nodes[node.name] = node
            self._dtypes.pop(node.name, None)
            self.inference.forget(node.name)
            if node.name in self._operations:
                self._operations[node.name].extend_outputs()

    def set_attrs(self, name: str, **attrs: Any) -> None:
        """Give a node attributes, private ones included."""
        node = self.nodes[name]
        self.replace_node(node.replace(attrs=node.attrs.changed(**attrs)))

    def add_control_inputs(self, name: str, others: Iterable[str]) -> None:
        """Let a node wait for more nodes."""
        node = self.nodes[name]
        more = [other for other in dict.fromkeys(others) if other not in node.controls]
        if more:
            self.replace_node(node.replace(controls=[*node.controls, *more]))

    def output_dtypes(self, name: str) -> list[DType]:
        """The types of an operation's outputs.

        Raises:
            UnsupportedOpsError: the op is not registered.
        """
        found = self._dtypes.get(name)
        if found is None:
            found = self._dtypes[name] = output_dtypes(self.node_graph, self.nodes[name])
        return found

    def tensor(self, ref: Ref) -> Tensor:
        """The tensor of a ref.

        Raises:
            KeyError: there is no such operation or output.
        """
        outputs = self.get_operation_by_name(ref.node).outputs
        if ref.index >= len(outputs):
            raise KeyError(
                f"The name '{ref}' refers to a Tensor which does not exist. The operation, "
                f"'{ref.node}', exists but only has {len(outputs)} outputs."
            )
        return outputs[ref.index]

    def get_operation_by_name(self, name: str) -> Operation:
        """The operation of that name.

        Raises:
            TypeError: `name` is no text.
            KeyError: there is none.
            ValueError: the name is one of a tensor.
        """
        found = self._operations.get(name)
        if found is None:
            if not isinstance(name, str):
                raise TypeError(f"Operation names are strings, not {type(name).__name__}.")
            if name not in self.nodes:
                if ":" in name:
                    raise ValueError(
                        f"Name {name!r} appears to refer to a Tensor, not a Operation."
                    )
                raise KeyError(f"The name {name!r} refers to an Operation not in the graph.")
            found = self._operations[name] = Operation(self, name)
        return found

    def get_tensor_by_name(self, name: str) -> Tensor:
        """The tensor of that name, `operation:index`.

        Raises:
            TypeError: `name` is no text.
            KeyError: there is none.
            ValueError: the name is not one of a tensor.
        """
        if not isinstance(name, str):
            raise TypeError(f"Tensor names are strings, not {type(name).__name__}.")
        operation, _, number = name.partition(":")
        if ":" not in name:
            what = (
                "refers to an Operation"
                if name in self.nodes
                else "looks like an (invalid) Operation name"
            )
            raise ValueError(
                f"The name {name!r} {what}, not a Tensor. Tensor names must be of the form "
                '"<op_name>:<output_index>".'
            )
        if not (number.isascii() and number.isdigit()):
            raise ValueError(
                f"The name {name!r} looks like a Tensor name, but is not a valid one. Tensor names "
                'must be of the form "<op_name>:<output_index>".'
            )
        if operation not in self.nodes:
            raise KeyError(
                f"The name {name!r} refers to a Tensor which does not exist. The operation, "
                f"{operation!r}, does not exist in the graph."
            )
        return self.tensor(Ref(operation, int(number)))

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """The tensor or operation that an object or a name stands for.

        Raises:
            KeyError, ValueError, TypeError: it stands for none of this graph.
        """
        if hasattr(obj, "_as_graph_element"):
            obj = obj._as_graph_element()
        if isinstance(obj, str):
            named = ":" in obj if allow_tensor and allow_operation else allow_tensor
            return self.get_tensor_by_name(obj) if named else self.get_operation_by_name(obj)
        allowed: list[Any] = [Tensor] * allow_tensor + [Operation] * allow_operation
        if not isinstance(obj, tuple(allowed)):
            kinds = " or ".join(kind.__name__ for kind in allowed)
            raise TypeError(f"Can not convert a {type(obj).__name__} into a {kinds}.")
        graph: Graph = obj.graph  # type: ignore[attr-defined]
        if graph is not self:
            raise ValueError(
                f"{type(obj).__name__} {obj} is not an element of this graph{_whose(graph, self)}."
            )
        return obj

    def get_operations(self) -> list[Operation]:
        """All operations in the order of creation."""
        return [self.get_operation_by_name(name) for name in list(self.nodes)]

    @property
    def version(self) -> int:
        """A number that grows with every operation that is added."""
        return len(self.nodes)

    @property
    def graph_def_versions(self) -> Any:
        """The VersionDef that `as_graph_def` writes."""
        return graph_to_proto(self.node_graph.with_nodes({})).versions

    def prevent_feeding(self, tensor: Tensor) -> None:
        """Refuse values for a tensor."""
        self._unfeedable.add(tensor)

    def is_feedable(self, tensor: Any) -> bool:
        """Whether a value may be fed for it."""
        return tensor not in self._unfeedable

    def prevent_fetching(self, op: Operation) -> None:
        """Refuse to fetch an operation and its outputs."""
        self._unfetchable.add(op)

    def is_fetchable(self, tensor_or_op: Any) -> bool:
        """Whether it may be fetched."""
        op = tensor_or_op.op if isinstance(tensor_or_op, Tensor) else tensor_or_op
        return op not in self._unfetchable

    # Files and functions

    def add_function(self, function: Any) -> None:
        """Add a FunctionDef to the library.

        Raises:
            ValueError: there is another function of that name.
        """
        functions = self.node_graph.functions
        assert isinstance(functions, dict)
        name = function.signature.name
        if functions.setdefault(name, function) != function:
            raise ValueError(
                f"Cannot add function '{name}' because a different function with the same name "
                "already exists."
            )

    def add_functions(self, library: Any) -> None:
        """Add the functions of a FunctionDefLibrary.

        Raises:
            ValueError: there is another function of that name.
        """
        for function in library.function:
            self.add_function(function)
        gradients = self.node_graph.gradients
        assert isinstance(gradients, dict)
        gradients.update({g.function_name: g.gradient_func for g in library.gradient})

    def allow_reading(self, folder: str) -> None:
        """Let sessions of this graph read the files of a folder: a module's assets and checkpoint."""
        if folder not in self.readable:
            self.readable.append(folder)

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """The GraphDef of the operations and functions.

        Args:
            from_version: what `version` was before the first operation that counts; None means all.
            add_shapes: whether each operation tells the static shapes of its outputs, in `_output_shapes`.
        """
        nodes = dict(itertools.islice(self.nodes.items(), from_version, None))
        proto = graph_to_proto(self.node_graph.with_nodes(nodes))
        if add_shapes:
            for node in proto.node:
                if node.op in REGISTRY or node.op in self.node_graph.functions:
                    count = len(self.output_dtypes(node.name))
                    shapes = [self.inference.shape(Ref(node.name, i)) for i in range(count)]
                else:
                    shapes = self.nodes[node.name].attrs.get("_output_shapes", [])
                if shapes:
                    node.attr["_output_shapes"].CopyFrom(attr_to_proto(shapes, "list(shape)"))
        return proto

    def as_default(self) -> contextlib.AbstractContextManager[Graph]:
        """A context in which this is the default graph."""
        return GRAPHS.push(self)

    def shape_of(self, tensor: Tensor) -> Shape:
        """The static shape of a tensor as a plain tuple."""
        return self.inference.shape(tensor.ref_in_graph)

    def __repr__(self) -> str:
        return f"<tf.Graph of {len(self.nodes)} operations>"


class _Global(threading.local):
    """The default graph of a thread outside of all `with graph.as_default()`."""

    graph: Graph | None = None


_global = _Global()


@public("get_default_graph")
def get_default_graph() -> Graph:
    """The innermost default graph of this thread."""
    if GRAPHS.innermost is not None:
        found: Graph = GRAPHS.innermost
        return found
    return global_graph()


def global_graph() -> Graph:
    """The default graph of this thread outside of all `with graph.as_default()`; each thread has its own."""
    if _global.graph is None:
        _global.graph = Graph()
    return _global.graph


@public("reset_default_graph")
def reset_default_graph() -> None:
    """Forget the default graph that this thread has outside of all `with graph.as_default()`.

    Raises:
        AssertionError: another graph is the default now.
    """
    if GRAPHS.innermost is not None:
        raise AssertionError("Do not use tf.reset_default_graph() to clear nested graphs.")
    _global.graph = Graph()


def _whose(graph: Graph, outside: Graph) -> str:
    """What a message adds about an element of `graph` that is used outside: the branch, loop or function that it is part of."""
    name, around = getattr(graph, "name", ""), graph.outer_graph
    while around is not None and around is not outside:
        around = around.outer_graph
    if around is None:
        return ""
    return f": it is part of {name!r}, a branch, loop or function, which must return it"


def graph_of(values: Iterable[Any]) -> Graph:
    """The graph of the tensors, operations and variables among `values`; the default graph if there are none.

    While a function is built, it is that one: what lies outside is captured.

    Raises:
        ValueError: they lie in several graphs.
    """
    default = get_default_graph()
    if default.building_function:
        return default
    first: Any = None
    for value in values:
        element = value._as_graph_element() if hasattr(value, "_as_graph_element") else value
        if not isinstance(element, (Tensor, Operation)):
            continue
        if first is None:
            first = element
        elif element.graph is not first.graph:
            whose = _whose(element.graph, first.graph) or _whose(first.graph, element.graph)
            raise ValueError(f"{element} must be from the same graph as {first}{whose}.")
    return default if first is None else first.graph


@public("name_scope")
@contextlib.contextmanager
def name_scope(
    name: str | None, default_name: str | None = None, values: Any = None
) -> Iterator[str]:
    """A name scope in the graph of `values`, or in the default graph.

    Args:
        name: the scope; `default_name` counts if it is None.
        default_name: see above.
        values: tensors that tell which graph is meant.

    Yields:
        The scope with a slash at the end.

    Raises:
        ValueError: neither name is given, or the values lie in several graphs.
    """
    name = default_name if name is None else name
    if name is None and values is not None:
        raise ValueError(
            f"At least one of name ({name}) and default_name ({default_name}) must be provided."
        )
    graph = graph_of(values or ())
    with graph.as_default(), graph.name_scope(name) as scope:
        yield scope


@public("control_dependencies")
def control_dependencies(control_inputs: Any) -> contextlib.AbstractContextManager[None]:
    """`Graph.control_dependencies` of the default graph."""
    return get_default_graph().control_dependencies(control_inputs)


@public("add_to_collection")
def add_to_collection(name: Any, value: Any) -> None:
    """`Graph.add_to_collection` of the default graph."""
    get_default_graph().add_to_collection(name, value)


@public("get_collection")
def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """`Graph.get_collection` of the default graph."""
    return get_default_graph().get_collection(key, scope)
