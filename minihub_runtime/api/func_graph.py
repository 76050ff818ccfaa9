"""Graphs of functions: what they take from the graph around them, and how they become functions of its library.

A branch of a `tf.cond`, the body of a `tf.while_loop` and a `tf.function` are traced into a graph of their own.  A tensor of a
graph around it that is used inside becomes a further argument.

Source: tensorflow/python/framework/func_graph.py, tensorflow/core/function/capture/capture_container.py.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import Graph, Operation, Tensor, get_default_graph
from minihub_runtime.api.graph_keys import GraphKeys
from minihub_runtime.api.program_order import ProgramOrder
from minihub_runtime.api.type_spec import CompositeTensor, TensorSpec
from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType, resource
from minihub_runtime.graph.function_writer import function_to_proto, names_in_function
from minihub_runtime.graph.ir import Ref
from minihub_runtime.graph.origins import renamed
from minihub_runtime.passes.read_again import HANDS_ON, READS_ANEW, VARIABLES
from minihub_runtime.protos import FunctionDef
from minihub_runtime.protos.canonical import canonical_bytes
from minihub_runtime.shapes import Shape

__all__ = [
    "FuncGraph",
    "flatten",
    "pack_like",
    "trace",
    "unique_function_name",
    "without_variables",
]


#: Collections of variables: those made while a function is traced belong to the graph around it.
SHARED_COLLECTIONS = (
    GraphKeys.GLOBAL_VARIABLES,
    GraphKeys.LOCAL_VARIABLES,
    GraphKeys.TRAINABLE_VARIABLES,
)


class FuncGraph(Graph):
    """The graph of a function.

    Attributes:
        name: the name of the function, or what it begins with until the function is in the library.
        outer_graph: the graph around it.
        inputs: the placeholders of its arguments, then of what it captured.
        outputs: its results.
        control_outputs: the operations that must run even if no result needs them.
        structured_outputs: what the Python function returned.
        captures: id of a tensor outside → that tensor, and the placeholder that stands for it.
        control_captures: operations outside that must run before the function is called.
        references: what tells a variable outside → the reference to it there, and the one here.
    """

    building_function = True

    def __init__(self, name: str, outer_graph: Graph | None = None) -> None:
        super().__init__()
        outer = get_default_graph() if outer_graph is None else outer_graph
        self.name = name
        self.outer_graph: Graph = outer
        # One library for all: a function may call those of the graphs around it, and its own are there for everybody.
        self.node_graph.functions = outer.node_graph.functions
        self.node_graph.gradients = outer.node_graph.gradients
        self.node_graph.python = outer.node_graph.python
        self.origins = outer.origins
        self.seed = outer.seed
        self.readable = outer.readable
        self.in_program_order = outer.in_program_order
        self.inputs: list[Tensor] = []
        self.outputs: list[Tensor] = []
        self.control_outputs: list[Operation] = []
        self.structured_outputs: Any = None
        self.captures: dict[int, tuple[Tensor, Tensor]] = {}
        self.control_captures: dict[Any, None] = {}
        self.references: dict[Hashable, tuple[Tensor, Tensor]] = {}
        #: id of the placeholder of a capture → what reads the variable that it stands for.
        self._anew: dict[int, Tensor] = {}

    @property
    def external_captures(self) -> list[Tensor]:
        """The tensors outside that it takes."""
        return [outside for outside, _ in self.captures.values()]

    @property
    def internal_captures(self) -> list[Tensor]:
        """The placeholders that stand for them."""
        return [inside for _, inside in self.captures.values()]

    @property
    def output_types(self) -> list[DType]:
        """The types of its results."""
        return [tensor.dtype.base_dtype for tensor in self.outputs]

    def be_part(self) -> None:
        """Let collections and overridden gradients be those outside; a branch or a loop is part of its graph."""
        self._collections = self.outer_graph._collections
        self._gradient_names = self.outer_graph._gradient_names

    def inherit_collections(self) -> None:
        """Know the collections of the graph outside, and add to those of variables."""
        for key in self.outer_graph.get_all_collection_keys():
            self._collections[key] = self.outer_graph.get_collection(key)
        # Keys that are no strings belong to scopes of variables and their like.
        private = [key for key in self.outer_graph.collections if not isinstance(key, str)]
        for key in (*SHARED_COLLECTIONS, *private):
            self._collections[key] = self.outer_graph.get_collection_ref(key)

    def argument(self, spec: TensorSpec, name: str = "") -> Tensor:
        """Add an argument; its name is that of its spec, or `name`."""
        found = self.placeholder(
            spec.dtype, spec.shape.as_tuple(), **self._named(spec.name or name)
        )
        self.inputs.append(found)
        return found

    def _named(self, name: str) -> dict[str, str]:
        """What makes and tells the name of a placeholder."""
        return {"name": name, "_user_specified_name": name} if name else {}

    def placeholder(self, dtype: DType, shape: Shape, name: str = "", **attrs: Any) -> Tensor:
        """Add a placeholder, which is no argument yet."""
        attrs = {"dtype": dtype.base_dtype, "shape": shape, **attrs}
        with self.control_dependencies(None):
            return self.create_op("Placeholder", [], attrs, name).outputs[0]

    def capture(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor in this function: itself, or an argument that brings it in.

        Raises:
            TypeError: it belongs to a function inside this one, which is over.
        """
        if tensor.graph is self:
            return tensor
        if id(tensor) not in self.captures:
            self._check_reachable(tensor)
            named = self._named(self.captured_name(tensor))
            inside = self.placeholder(tensor.dtype, tensor.shape.as_tuple(), **named)
            self.add_capture(tensor, inside)
            self._read_anew(tensor, inside)
        inside = self.captures[id(tensor)][1]
        return self._anew.get(id(inside), inside)

    def reference(self, tensor: Tensor) -> Tensor:
        """A reference of this function's own to the variable that one outside refers to: what it is called with are values.

        Source: tensorflow/core/kernels/variable_ops.cc:VariableOp; operations of one `shared_name` hold one variable.

        Raises:
            TypeError: it belongs to a function inside this one, or does not come from a variable.
        """
        if tensor.graph is self or not tensor.dtype.is_ref:
            return tensor
        self._check_reachable(tensor)
        variable = tensor
        while variable.op.type not in VARIABLES:
            if not variable.op.inputs or not variable.op.inputs[0].dtype.is_ref:
                raise TypeError(f"{tensor!r} must come from a variable to be written to here")
            # What writes outside does so before the function is called.
            self.control_captures[variable.op] = None
            variable = variable.op.inputs[0]
        key = _key(variable.op)
        if key not in self.references:
            # The functions around this one read anew what it changes.
            self.outer_graph.reference(variable)
            attrs = dict(variable.op.node.attrs)
            attrs["shared_name"] = attrs.get("shared_name") or variable.op.name
            with self.control_dependencies(None):
                made = self.create_op(variable.op.type, [], attrs, variable.op.name)
            self.references[key] = (variable, made.outputs[0])
            for outside, inside in [*self.captures.values()]:
                self._read_anew(outside, inside)
        return self.references[key][1]

    def read_what_is_written_in(self, other: FuncGraph) -> None:
        """Have references to the variables that another function has some to, where this one reads them."""
        read = {_variable_behind(tensor) for tensor in self.external_captures}
        for key, (variable, _) in [*other.references.items()]:
            if key in read:
                self.reference(variable)

    def _read_anew(self, outside: Tensor, inside: Tensor) -> None:
        """Let whoever reads an argument that stands for a variable read the variable, if this function has a reference to it.

        Gradients pass through the argument.
        """
        key = _variable_behind(outside) if self.references else None
        if key not in self.references:
            return
        with self.control_dependencies(None), self.control_dependencies([self.references[key][1]]):
            attrs = {"T": inside.dtype.base_dtype, READS_ANEW: True}
            read = self.create_op("Identity", [inside], attrs, outside.op.name).outputs[0]
        self._anew[id(inside)] = read
        for node in [*self.nodes.values()]:
            if inside.ref_in_graph in node.inputs and node.name != read.op.name:
                inputs = [
                    read.ref_in_graph if ref == inside.ref_in_graph else ref for ref in node.inputs
                ]
                self.replace_node(node.replace(inputs=inputs))
        self.outputs = [read if tensor is inside else tensor for tensor in self.outputs]

    def captured_name(self, tensor: Tensor) -> str:
        """The name of the placeholder that stands for a tensor outside."""
        return tensor.op.name

    def add_capture(self, outside: Tensor, inside: Tensor) -> None:
        """Let a placeholder bring in a tensor from outside."""
        if outside.dtype is resource:
            behind = outside.graph.inference.behind(outside.ref_in_graph)
            if behind is not None:
                self.inference.tell_behind(inside.ref_in_graph, behind)
        self.captures[id(outside)] = (outside, inside)
        self.inputs.append(inside)

    def captured_as(self, inside: Tensor) -> Tensor | None:
        """The tensor outside that a placeholder brings in, None if it does not."""
        for outside, placeholder in self.captures.values():
            if placeholder is inside:
                return outside
        return None

    def _check_reachable(self, tensor: Tensor) -> None:
        graph: Graph | None = tensor.graph
        while graph is not None:
            if graph is self:
                raise TypeError(
                    f"{tensor!r} is out of scope and cannot be used here. Use return values, explicit "
                    f"Python locals or TensorFlow collections to access it. It was defined in "
                    f"{tensor.graph!r}, which is out of scope in {self!r}."
                )
            graph = graph.outer_graph

    def _awaited(self, control_inputs: Sequence[Any]) -> list[str]:
        """The operations of this graph among these; for those outside the whole function waits."""
        inside = []
        for item in control_inputs:
            element = item._as_graph_element() if hasattr(item, "_as_graph_element") else item
            if isinstance(element, (Tensor, Operation)) and element.graph is not self:
                operation = element.op if isinstance(element, Tensor) else element
                self.control_captures[operation] = None
            else:
                inside.append(element)
        return super()._awaited(inside)

    def definition(self, output_names: Sequence[str] = (), exact_name: bool = False) -> FunctionDef:
        """The FunctionDef.

        Args:
            output_names: names of the results; by default those of the nodes they come from.
            exact_name: whether the name is `name` as it is; else it gets a digest of the content, for modules that were
                written by different programs meet in one graph, where equal names must mean equal functions.
        """
        proto = function_to_proto(
            self.name,
            self.node_graph,
            [tensor.op.name for tensor in self.inputs],
            [tensor.ref_in_graph for tensor in self.outputs],
            [operation.name for operation in self.control_outputs],
            output_names,
        )
        if not exact_name:
            digest = hashlib.sha256(canonical_bytes(proto)).hexdigest()[:12]
            proto.signature.name = f"{self.name}_{digest}"
        return proto

    def add_to_library(self) -> Func:
        """Make it a function of the library, under a name that tells it from every other function.

        A call must pass the arguments, then `external_captures`.
        """
        proto = self.definition()
        self.name = proto.signature.name
        self.add_function(proto)
        inputs = [tensor.op.name for tensor in self.inputs]
        names = names_in_function(proto, self.nodes, inputs)
        self.origins.note(self.name, renamed(self._find, names))
        return Func(self.name)

    def _find(self, graph: Graph, ref: Ref) -> Ref | None:
        """What stands here for a tensor of this graph, or for one of a graph outside that was captured."""
        if graph is self:
            return ref
        for outside, inside in self.captures.values():
            if outside.graph is graph and outside.ref_in_graph == ref:
                return inside.ref_in_graph
        return None

    def __repr__(self) -> str:
        return f"FuncGraph(name={self.name}, id={id(self)})"


def _key(operation: Operation) -> Hashable:
    """What tells a variable from others: operations of one name hold one variable."""
    attrs = operation.node.attrs
    return attrs.get("container", ""), attrs.get("shared_name") or operation.name


def _variable_behind(tensor: Tensor) -> Hashable | None:
    """What tells the variable whose memory a tensor is; None for other tensors."""
    found: Tensor | None = tensor
    while found is not None and found.op.type not in VARIABLES:
        behind = found.graph.captured_as(found)
        handed_on = found.op.inputs if found.dtype.is_ref or found.op.type in HANDS_ON else ()
        found = handed_on[0] if behind is None and handed_on else behind
    return None if found is None else _key(found.op)


def unique_function_name(scope: str, name: str) -> str:
    """What the name of a function begins with: a name scope, its kind, and a number."""
    graph = get_default_graph().outermost
    graph.function_count += 1
    return f"{scope}{name}_{graph.function_count}".replace("/", "_")


def without_variables(structure: Any) -> Any:
    """A structure with the values of the variables in it."""

    def value_of(item: Any) -> Any:
        is_variable = hasattr(item, "_as_graph_element") and not isinstance(item, CompositeTensor)
        return convert_to_tensor(item) if is_variable else item

    return nest.map_structure(value_of, structure)


def flatten(structure: Any) -> list[Any]:
    """The tensors of a structure; of a TensorArray its flow."""
    return [
        item.flow if hasattr(item, "build_with_flow") else item
        for item in nest.flatten(structure, expand_composites=True)
    ]


def pack_like(structure: Any, tensors: Sequence[Any]) -> Any:
    """Tensors, and None where the structure has None, in a structure; TensorArrays are built around their flows."""
    values = list(tensors)
    for place, item in enumerate(nest.flatten(structure, expand_composites=True)):
        if hasattr(item, "build_with_flow"):
            values[place] = item.build_with_flow(values[place])
    return nest.pack_sequence_as(structure, values, expand_composites=True)


def trace(
    graph: FuncGraph,
    function: Callable[..., Any],
    arguments: Sequence[Any] = (),
    names: Sequence[str] = (),
    instead_of_operations: Tensor | None = None,
) -> FuncGraph:
    """Fill a graph with what a Python function builds.

    Args:
        graph: an empty one.
        function: takes tensors, and returns a structure of tensors.
        arguments: structures of TypeSpecs, one for each argument.
        names: the names of the arguments, where their specs say none.
        instead_of_operations: a tensor whose value is returned where the function returns an operation.

    Returns:
        The graph.

    Raises:
        TypeError: the function returns what is no tensor.
    """
    with graph.as_default(), _resource_variables():
        given = [
            nest.pack_sequence_as(
                argument,
                [
                    graph.argument(spec, name)
                    for spec in nest.flatten(argument, expand_composites=True)
                ],
                expand_composites=True,
            )
            for argument, name in itertools.zip_longest(arguments, names, fillvalue="")
        ]
        order = ProgramOrder(graph) if graph.in_program_order else None

        def converted(value: Any) -> Any:
            result = _as_result(value, function, instead_of_operations)
            if order is None or result is None:
                return result
            if hasattr(result, "build_with_flow"):
                return result.build_with_flow(order.returned(result.flow))
            return order.returned(result)

        outputs = nest.map_structure(converted, function(*given), expand_composites=True)
        graph.structured_outputs = outputs
        graph.outputs = [graph.capture(item) for item in flatten(outputs) if item is not None]
        if order is not None:
            graph.control_outputs = order.finish()
    return graph


@contextlib.contextmanager
def _resource_variables() -> Iterator[None]:
    """Let `get_variable` make variables that a function can take: those by handle."""
    from minihub_runtime.api.variables.scopes import get_variable_scope

    scope = get_variable_scope()
    before = scope.use_resource
    scope.set_use_resource(True)
    try:
        yield
    finally:
        scope.set_use_resource(before)


def _as_result(value: Any, function: Any, instead_of_operations: Tensor | None) -> Any:
    """What a function returns, as a tensor."""
    if value is None or hasattr(value, "build_with_flow"):
        return value
    if instead_of_operations is not None and isinstance(value, Operation):
        with get_default_graph().control_dependencies([value]):
            return build("Identity", input=instead_of_operations)
    try:
        return convert_to_tensor(value)
    except (ValueError, TypeError):
        raise TypeError(
            "To be compatible with tf.function, Python functions must return zero or more Tensors or "
            f"ExtensionTypes or None values; in compilation of {function}, found return value of "
            f"type {type(value).__name__}, which is not a Tensor or ExtensionType."
        ) from None
