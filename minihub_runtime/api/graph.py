"""Graphs that grow: names, operations, control dependencies, collections; and the default graph.

Source: tensorflow/python/framework/ops.py.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api.defaults import GRAPHS
from minihub_runtime.api.elements import Operation, Tensor
from minihub_runtime.codec import attr_to_proto
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, UnsupportedOpsError
from minihub_runtime.graph.functions import function_args
from minihub_runtime.graph.ir import Graph as NodeGraph
from minihub_runtime.graph.ir import Node, Ref
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
    "name_scope",
    "reset_default_graph",
]

_OP_NAME = re.compile(r"^[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*$")
_SCOPE_NAME = re.compile(r"^[A-Za-z0-9_.\\/>-]*$")


@public("GraphKeys")
class GraphKeys:
    """Names of the collections that libraries agree on."""

    ASSET_FILEPATHS = "asset_filepaths"
    COND_CONTEXT = "cond_context"
    GLOBAL_STEP = "global_step"
    GLOBAL_VARIABLES = "variables"
    INIT_OP = "init_op"
    LOCAL_INIT_OP = "local_init_op"
    LOCAL_VARIABLES = "local_variables"
    LOSSES = "losses"
    METRIC_VARIABLES = "metric_variables"
    MODEL_VARIABLES = "model_variables"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    QUEUE_RUNNERS = "queue_runners"
    READY_OP = "ready_op"
    REGULARIZATION_LOSSES = "regularization_losses"
    SAVEABLE_OBJECTS = "saveable_objects"
    SAVERS = "savers"
    SUMMARIES = "summaries"
    SUMMARY_OP = "summary_op"
    TABLE_INITIALIZERS = "table_initializer"
    TRAINABLE_VARIABLES = "trainable_variables"
    TRAIN_OP = "train_op"
    UPDATE_OPS = "update_ops"
    VARIABLES = "variables"
    WHILE_CONTEXT = "while_context"


class _Waiting:
    """One `with control_dependencies(…)`: what to wait for, and which operations were made inside."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.made: set[str] = set()


@public("Graph")
class Graph:
    """A graph that grows.

    Attributes:
        nodes: name → Node, in the order of creation.
        node_graph: the same nodes and the functions, as the engine takes them.
        inference: what is known of shapes.
        seed: the graph-level seed, None if there is none.
    """

    def __init__(self) -> None:
        from minihub_runtime.api.inference import Inference

        self.node_graph = NodeGraph({}, {}, {})
        self.nodes = self.node_graph.nodes
        self.inference = Inference(self.node_graph)
        self.seed: int | None = None
        self.readable: list[str] = []
        self._operations: dict[str, Operation] = {}
        self._dtypes: dict[str, list[DType]] = {}
        self._collections: dict[Any, list[Any]] = {}
        self._names: dict[str, int] = {}
        self._scope = ""
        self._controls: list[_Waiting] = []
        self._finalized = False
        self._lock = threading.RLock()

    # Names

    @property
    def finalized(self) -> bool:
        """Whether nothing may be added any more."""
        return self._finalized

    def finalize(self) -> None:
        """Refuse further additions."""
        self._finalized = True

    def unique_name(self, name: str, mark_as_used: bool = True) -> str:
        """`name` in the current name scope, with `_1`, `_2` … if it is taken; case is ignored."""
        full = f"{self._scope}/{name}" if self._scope else name
        key = full.lower()
        count = self._names.get(key, 0)
        if mark_as_used:
            self._names[key] = count + 1
        if count:
            base = key
            while key in self._names:
                key = f"{base}_{count}"
                candidate = f"{full}_{count}"
                count += 1
            if mark_as_used:
                self._names[key] = 1
                self._names[base] = count
            full = candidate
        return full

    def is_name_used(self, name: str) -> bool:
        """Whether an operation or a scope has this name."""
        return name.lower() in self._names

    def get_name_scope(self) -> str:
        """The current name scope, without a slash at the end."""
        return self._scope

    @contextlib.contextmanager
    def name_scope(self, name: str | None) -> Iterator[str]:
        """A scope for the names of operations; a name that ends with `/` is taken as it is, None is the root.

        Yields:
            The scope with a slash at the end, empty for the root.
        """
        if name:
            root, pattern = ("", _SCOPE_NAME) if self._scope else ("root ", _OP_NAME)
            if not pattern.match(name):
                raise ValueError(
                    f"'{name}' is not a valid {root}scope name. A {root}scope name has to match the "
                    f"following pattern: {pattern.pattern}"
                )
        before = self._scope
        if not name:
            self._scope = ""
        elif name.endswith("/"):
            self._scope = name[:-1]
        else:
            self._scope = self.unique_name(name)
        try:
            yield f"{self._scope}/" if self._scope else ""
        finally:
            self._scope = before

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
        if not _OP_NAME.match(full):
            raise ValueError(f"'{full}' is not a valid node name")
        refs = []
        for tensor in inputs:
            if tensor.graph is not self:
                raise ValueError(f"{tensor} must be from the same graph as the operation {full!r}")
            refs.append(tensor.ref_in_graph)
        controls = self.current_controls([ref.node for ref in refs])
        operation = self.add_node(Node(full, op, refs, controls, attrs))
        try:
            self.inference.check(full)
        except InvalidArgumentError as error:
            self._remove(full)
            raise ValueError(f"{error.message} for {full!r} (op: {op!r})") from error
        return operation

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
            for waiting in self._controls:
                waiting.made.add(node.name)
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

    def output_dtypes(self, name: str) -> list[DType]:
        """The types of an operation's outputs.

        Raises:
            UnsupportedOpsError: the op is not registered.
        """
        found = self._dtypes.get(name)
        if found is None:
            node = self.nodes[name]
            if node.op in self.node_graph.functions:
                signature = self.node_graph.functions[node.op].signature
                args = function_args(signature.output_arg)
                found = [dtype for arg in args for dtype in arg.dtypes(node.attrs)]
            elif node.op in REGISTRY:
                schema = REGISTRY[node.op].schema
                found = schema.output_dtypes(schema.complete(node.attrs, node.op))
            else:
                raise UnsupportedOpsError({node.op: [name]})
            self._dtypes[name] = found
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
            raise ValueError(f"{type(obj).__name__} {obj} is not an element of this graph.")
        return obj

    def get_operations(self) -> list[Operation]:
        """All operations in the order of creation."""
        return [self.get_operation_by_name(name) for name in list(self.nodes)]

    def is_feedable(self, tensor: Any) -> bool:
        """Whether a value may be fed for it."""
        return isinstance(tensor, Tensor)

    def is_fetchable(self, tensor: Any) -> bool:
        """Whether it may be fetched."""
        return isinstance(tensor, (Tensor, Operation))

    # Control dependencies

    @contextlib.contextmanager
    def control_dependencies(self, control_inputs: Sequence[Any] | None) -> Iterator[None]:
        """Let operations made inside wait for these; None clears what is around."""
        if control_inputs is None:
            saved, self._controls = self._controls, []
            try:
                yield
            finally:
                self._controls = saved
            return
        names = []
        for item in control_inputs:
            element = self.as_graph_element(item)
            names.append(element.op.name if isinstance(element, Tensor) else element.name)
        self._controls.append(_Waiting(names))
        try:
            yield
        finally:
            self._controls.pop()

    def current_controls(self, data: Sequence[str] = ()) -> list[str]:
        """The operations that one made now waits for.

        Left out are those it reads anyway, and those that an operation it reads waits for already.
        """
        found: dict[str, None] = {}
        for waiting in self._controls:
            if not waiting.made.intersection(data):
                found.update(dict.fromkeys(name for name in waiting.names if name not in data))
        return list(found)

    # Collections

    def add_to_collection(self, name: Any, value: Any) -> None:
        """Append a value to a collection."""
        self._collections.setdefault(name, []).append(value)

    def add_to_collections(self, names: Any, value: Any) -> None:
        """Append a value to each of several collections."""
        for name in (names,) if isinstance(names, str) else dict.fromkeys(names):
            self.add_to_collection(name, value)

    def get_collection_ref(self, name: Any) -> list[Any]:
        """The list of a collection itself; changes to it change the collection."""
        return self._collections.setdefault(name, [])

    def get_collection(self, name: Any, scope: str | None = None) -> list[Any]:
        """A copy of a collection; with `scope`, the items whose names match it from the start."""
        items = list(self._collections.get(name, []))
        if scope is None:
            return items
        pattern = re.compile(scope)
        return [item for item in items if hasattr(item, "name") and pattern.match(item.name)]

    def clear_collection(self, name: Any) -> None:
        """Empty a collection."""
        self._collections.pop(name, None)

    def get_all_collection_keys(self) -> list[Any]:
        """The names of all collections that are strings."""
        return [name for name in self._collections if isinstance(name, str)]

    @property
    def collections(self) -> list[Any]:
        """The names of all collections."""
        return list(self._collections)

    # Files and functions

    def add_functions(self, library: Any) -> None:
        """Add the functions of a FunctionDefLibrary.

        Raises:
            ValueError: there is another function of that name.
        """
        functions = self.node_graph.functions
        assert isinstance(functions, dict)
        for function in library.function:
            name = function.signature.name
            if name in functions and functions[name] != function:
                raise ValueError(f"Cannot add function '{name}': there is another of that name")
            functions[name] = function
        gradients = self.node_graph.gradients
        assert isinstance(gradients, dict)
        gradients.update({g.function_name: g.gradient_func for g in library.gradient})

    def allow_reading(self, folder: str) -> None:
        """Let sessions of this graph read the files of a folder: a module's assets and checkpoint."""
        if folder not in self.readable:
            self.readable.append(folder)

    def as_graph_def(self, from_version: int | None = None, add_shapes: bool = False) -> Any:
        """The GraphDef of all operations and functions."""
        from minihub_runtime.graph.writer import graph_to_proto

        proto = graph_to_proto(self.node_graph)
        if add_shapes:
            for node in proto.node:
                shapes = [
                    self.inference.shape(Ref(node.name, i))
                    for i in range(len(self.output_dtypes(node.name)))
                ]
                node.attr["_output_shapes"].CopyFrom(attr_to_proto(shapes, "list(shape)"))
        return proto

    def as_default(self) -> contextlib.AbstractContextManager[Graph]:
        """A context in which this is the default graph."""
        return GRAPHS.push(self)

    @contextlib.contextmanager
    def device(self, device: Any) -> Iterator[None]:
        """Accepted and ignored: there is one device."""
        yield

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Accepted and ignored: there is one device."""
        yield

    def shape_of(self, tensor: Tensor) -> Shape:
        """The static shape of a tensor as a plain tuple."""
        return self.inference.shape(tensor.ref_in_graph)

    def __repr__(self) -> str:
        return f"<tf.Graph of {len(self.nodes)} operations>"


_global_graph: Graph | None = None


@public("get_default_graph")
def get_default_graph() -> Graph:
    """The innermost default graph of this thread."""
    global _global_graph
    if GRAPHS.innermost is not None:
        found: Graph = GRAPHS.innermost
        return found
    if _global_graph is None:
        _global_graph = Graph()
    return _global_graph


@public("reset_default_graph")
def reset_default_graph() -> None:
    """Forget the global default graph.

    Raises:
        AssertionError: another graph is the default now.
    """
    global _global_graph
    if GRAPHS.innermost is not None:
        raise AssertionError("Do not use tf.reset_default_graph() to clear nested graphs.")
    _global_graph = Graph()


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
    """
    graph = get_default_graph()
    for value in values or ():
        if isinstance(value, (Tensor, Operation)):
            graph = value.graph
            break
    with graph.as_default(), graph.name_scope(default_name if name is None else name) as scope:
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
def get_collection(name: Any, scope: str | None = None) -> list[Any]:
    """`Graph.get_collection` of the default graph."""
    return get_default_graph().get_collection(name, scope)
