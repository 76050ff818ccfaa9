"""The function library: FunctionDef → the graph of its body.

Inside a body a tensor is named `node:output_argument:index`, an argument by its own name, and attributes may be
placeholders whose values come from the call.  `instantiate` resolves all three, so that a body is a graph like any
other, with `_Arg` nodes where values come in.

Source: tensorflow/core/framework/function.cc:InstantiateFunction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from minihub_runtime.codec import Func, Placeholder, attr_from_proto
from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError, NotFoundError, clip
from minihub_runtime.graph.ir import Attrs, Graph, Node, Ref, check_kind
from minihub_runtime.ops.registry import REGISTRY, Arg

__all__ = [
    "Body",
    "called_functions",
    "function_args",
    "instantiate",
    "is_stateful",
    "output_types",
]


class Body(NamedTuple):
    """The instance of a function for one set of attributes.

    Attributes:
        name: the function's name.
        graph: its nodes, among them an `_Arg` per flat argument.
        arguments: the flat arguments.
        results: the flat results.
        controls: nodes that must run even if no result needs them, because the function says so.
        effects: nodes whose running has effects; a call as a whole runs them too.
    """

    name: str
    graph: Graph
    arguments: tuple[Ref, ...]
    results: tuple[Ref, ...]
    controls: tuple[str, ...]
    effects: tuple[str, ...] = ()

    def passes(self, result: Ref, argument: Ref) -> bool:
        """Whether a result is an argument, perhaps behind operations that pass it on."""
        # Nobody has looked yet whether the nodes of a stranger's function go in circles.
        for _ in self.graph.nodes:
            if result == argument:
                return True
            node = self.graph.nodes.get(result.node)
            if node is None or node.op != "Identity" or not node.inputs:
                return False
            result = node.inputs[0]
        return False


def function_args(args: Any) -> tuple[Arg, ...]:
    """The schema arguments of a FunctionDef's signature (`input_arg` or `output_arg`)."""
    return tuple(
        Arg(
            arg.name,
            arg.type_list_attr or arg.type_attr or as_dtype(arg.type),
            arg.number_attr or None,
            bool(arg.number_attr or arg.type_list_attr),
            arg.is_ref,
        )
        for arg in args
    )


def output_types(graph: Graph, op: str, attrs: Mapping[str, Any]) -> dict[str, list[DType]]:
    """The types of each output argument of an op or of a function of the library; empty for what is neither."""
    args: Sequence[Arg]
    if op in graph.functions:
        args = function_args(graph.functions[op].signature.output_arg)
    elif op in REGISTRY:
        schema = REGISTRY[op].schema
        args, attrs = schema.outputs, schema.complete(attrs, op)
    else:
        return {}
    return {arg.name: arg.dtypes(attrs) for arg in args}


def is_stateful(graph: Graph, op: str) -> bool:
    """Whether an op, or a function of the library, has effects or draws at random."""
    if op in graph.functions:
        return bool(graph.functions[op].signature.is_stateful)
    return op in REGISTRY and REGISTRY[op].stateful


def called_functions(functions: Mapping[str, Any], callers: Iterable[Any]) -> list[str]:
    """The names of the functions of a library that FunctionDefs call, and of those they call."""
    found: dict[str, None] = {}
    waiting = list(callers)
    while waiting:
        for node in waiting.pop().node_def:
            names = [node.op]
            for value in node.attr.values():
                funcs = [value.func] if value.HasField("func") else value.list.func
                names.extend(func.name for func in funcs)
            for name in names:
                if name in functions and name not in found:
                    found[name] = None
                    waiting.append(functions[name])
    return list(found)


class _Instance:
    """One function while its names are resolved."""

    def __init__(self, graph: Graph, function: Any, attrs: Mapping[str, Any]) -> None:
        self.graph = graph
        self.function = function
        # Decoded when asked for: a function's own attributes may be marks without a value.
        self.attrs = Attrs(function.attr, dict(attrs))
        self.arguments: dict[str, list[Ref]] = {}
        self.node_attrs: dict[str, Attrs] = {}
        self.protos = {proto.name: proto for proto in function.node_def}

    def attr(self, value: Any) -> Any:
        """`value` with placeholders replaced by the call's attributes."""
        if isinstance(value, Placeholder):
            if value.name not in self.attrs:
                raise InvalidArgumentError(
                    f"function {clip(self.function.signature.name)!r}: its attribute "
                    f"{clip(value.name)!r} must be given by the call"
                )
            return self.attrs[value.name]
        if isinstance(value, Func):
            return Func(value.name, {key: self.attr(item) for key, item in value.attrs.items()})
        return value

    def resolved(self, proto: Any) -> Attrs:
        """The attributes of a node of the body."""
        overrides = {
            key: self.attr(attr_from_proto(value))
            for key, value in proto.attr.items()
            if value.WhichOneof("value") in ("placeholder", "func")
        }
        for key, value in overrides.items():
            check_kind(proto.op, key, value)
        return Attrs(proto.attr, overrides, proto.op)

    def output_places(self, name: str) -> dict[str, tuple[int, int]]:
        """Where each output argument of a node lies among its flat outputs."""
        places, position = {}, 0
        types = output_types(self.graph, self.protos[name].op, self.node_attrs[name])
        for argument, found in types.items():
            places[argument] = (position, len(found))
            position += len(found)
        return places

    def ref(self, text: str) -> Ref:
        """The tensor a name inside the body stands for."""
        name, _, rest = text.partition(":")
        if name in self.arguments:
            index = int(rest) if rest.isdigit() else 0
            if index < len(self.arguments[name]):
                return self.arguments[name][index]
        elif name in self.protos:
            output, _, number = rest.partition(":")
            index = int(number) if number.isdigit() else 0
            places = self.output_places(name)
            if output in places and index < places[output][1]:
                return Ref(name, places[output][0] + index)
            if not places and not output:
                return Ref(name, index)
            if not places:
                # An op that is not registered cannot run; its first output stands for all of them.
                return Ref(name, index)
        raise InvalidArgumentError(
            f"function {clip(self.function.signature.name)!r}: {clip(text)!r} must name a tensor "
            "of its body"
        )

    def body(self) -> Body:
        """The finished instance."""
        name = self.function.signature.name
        nodes: dict[str, Node] = {}
        flat: list[Ref] = []
        for arg in function_args(self.function.signature.input_arg):
            types: list[DType] = arg.dtypes(self.attrs)
            for index, dtype in enumerate(types):
                node_name = arg.name if not arg.is_list else f"{arg.name}_{index}"
                nodes[node_name] = Node(node_name, "_Arg", attrs={"T": dtype, "index": len(flat)})
                flat.append(Ref(node_name))
                self.arguments.setdefault(arg.name, []).append(flat[-1])
            if not types:
                self.arguments[arg.name] = []
        for proto in self.function.node_def:
            self.node_attrs[proto.name] = self.resolved(proto)
        for proto in self.function.node_def:
            if proto.name in nodes:
                raise InvalidArgumentError(
                    f"function {clip(name)!r}: {clip(proto.name)!r} must name one node, not two"
                )
            data = [text for text in proto.input if not text.startswith("^")]
            # Arguments are there before anything runs, so nothing need wait for one.
            controls = [
                text[1:]
                for text in proto.input
                if text.startswith("^") and text[1:] not in self.arguments
            ]
            nodes[proto.name] = Node(
                proto.name,
                proto.op,
                [self.ref(text) for text in data],
                controls,
                self.node_attrs[proto.name],
                proto.device,
            )
        for node in nodes.values():
            for control in node.controls:
                if control not in nodes:
                    raise InvalidArgumentError(
                        f"function {clip(name)!r}: {clip(control)!r} must be a node of its body"
                    )
        results: list[Ref] = []
        for arg in function_args(self.function.signature.output_arg):
            text = self.function.ret.get(arg.name)
            if text is None:
                raise InvalidArgumentError(
                    f"function {clip(name)!r} must return a value for {clip(arg.name)!r}"
                )
            count = len(arg.dtypes(self.attrs))
            if not arg.is_list:
                results.append(self.ref(text))
            else:
                first = self.ref(text)
                results.extend(Ref(first.node, first.index + i) for i in range(count))
        effects = [
            node.name
            for node in nodes.values()
            if node.op != "_Arg" and node.op in REGISTRY and REGISTRY[node.op].stateful
        ]
        return Body(
            name,
            self.graph.with_nodes(nodes),
            tuple(flat),
            tuple(results),
            tuple(self.function.control_ret.values()),
            tuple(effects),
        )


def instantiate(graph: Graph, name: str, attrs: Mapping[str, Any]) -> Body:
    """The body of function `name` of the library of `graph`, for a call with `attrs`.

    Raises:
        NotFoundError: the library has no such function.
        InvalidArgumentError: the body is malformed.
    """
    if name not in graph.functions:
        raise NotFoundError(f"function {clip(name)!r} must be in the graph's library")
    return _Instance(graph, graph.functions[name], attrs).body()
