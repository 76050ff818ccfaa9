"""Graphs whose variables are constants.

Where a handle led to a variable its value is passed on: what read it passes it on, functions and loops that took it take the
value.  A function that is called with different variables gets a copy for each.

Source: tensorflow/python/framework/convert_to_constants.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minihub_runtime.api.graph_util import extract_sub_graph
from minihub_runtime.codec import tensor_to_proto
from minihub_runtime.dtypes import as_dtype, bool_, resource
from minihub_runtime.protos import AttrValue, GraphDef, NodeDef
from minihub_runtime.public import public

__all__ = ["convert_variables_to_constants", "freeze"]

#: Ops that pass a handle on: op → which output each input becomes, by index and by name.
_PASSING: dict[str, tuple[tuple[int, str], ...]] = {
    "Enter": ((0, "output"),),
    "Exit": ((0, "output"),),
    "Identity": ((0, "output"),),
    "Merge": ((0, "output"),),
    "NextIteration": ((0, "output"),),
    "Switch": ((0, "output_false"), (1, "output_true")),
}

#: Ops that call functions: op → the inputs that are no arguments, the attribute of the arguments' types, those of functions.
_CALLS: dict[str, tuple[int, str, tuple[str, ...]]] = {
    "Case": (1, "Tin", ("branches",)),
    "If": (1, "Tin", ("then_branch", "else_branch")),
    "PartitionedCall": (0, "Tin", ("f",)),
    "StatefulPartitionedCall": (0, "Tin", ("f",)),
    "StatelessCase": (1, "Tin", ("branches",)),
    "StatelessIf": (1, "Tin", ("then_branch", "else_branch")),
    "StatelessWhile": (0, "T", ("cond", "body")),
    "While": (0, "T", ("cond", "body")),
}


@public("graph_util.convert_variables_to_constants")
def convert_variables_to_constants(
    sess: Any,
    input_graph_def: GraphDef,
    output_node_names: Sequence[str],
    variable_names_whitelist: Collection[str] | None = None,
    variable_names_blacklist: Collection[str] | None = None,
) -> GraphDef:
    """The part of a graph that some nodes need, with the values that variables have in a session as constants.

    Args:
        sess: the session.
        input_graph_def: the graph.
        output_node_names: names of the nodes.
        variable_names_whitelist: names of the variables that become constants; by default all.
        variable_names_blacklist: names of those that do not.

    Raises:
        AssertionError: a node is not in the graph.
        FailedPreconditionError: a variable has no value.
    """
    part = extract_sub_graph(input_graph_def, output_node_names)
    names = [
        node.name
        for node in part.node
        if node.op in ("VarHandleOp", "Variable", "VariableV2")
        and (variable_names_whitelist is None or node.name in variable_names_whitelist)
        and (variable_names_blacklist is None or node.name not in variable_names_blacklist)
    ]
    values = {name: sess.runner.handle(name).read() for name in names}
    return freeze(part, values)


def freeze(graph_def: GraphDef, values: Mapping[str, NDArray[Any]]) -> GraphDef:
    """The graph with constants in place of variables.

    Args:
        graph_def: the graph; it stays as it is.
        values: name of the node of a variable → its value.
    """
    result = GraphDef()
    result.CopyFrom(graph_def)
    _Freezer(result).freeze(values)
    return result


class _Freezer:
    """One graph on its way; numbers of element types stand for the values that handles become."""

    def __init__(self, graph_def: GraphDef) -> None:
        self._graph = graph_def
        self._functions = {f.signature.name: f for f in graph_def.library.function}
        self._copies: dict[Any, tuple[str, dict[int, int]]] = {}

    def freeze(self, values: Mapping[str, NDArray[Any]]) -> None:
        """Replace the variables."""
        known: dict[str, int] = {}
        for node in self._graph.node:
            if node.name in values:
                dtype = as_dtype(node.attr["dtype"].type)
                _become_constant(node, values[node.name], dtype)
                known[f"{node.name}:0"] = dtype.as_datatype_enum
        self._pass_on(self._graph.node, known, in_function=False)
        self._drop_replaced()

    def _pass_on(self, nodes: Any, known: dict[str, int], in_function: bool) -> dict[str, str]:
        """Change what takes the tensors in `known`, to which what is passed on is added; old → new name of a tensor."""
        changed = True
        while changed:
            changed = False
            for node in nodes:
                for name, dtype in self._outputs(node, known, in_function).items():
                    changed = changed or name not in known
                    known[name] = dtype
        renamed: dict[str, str] = {}
        for node in list(nodes):
            taken = _taken(node, known, in_function)
            if node.op in _CALLS:
                self._change_call(node, taken)
            elif node.op in _PASSING and taken:
                if node.attr["T"].type == resource.as_datatype_enum:
                    node.attr["T"].type = next(iter(taken.values()))
                node.attr.pop("_output_shapes", None)
            elif 0 in taken and node.op in _READERS:
                change, output = _READERS[node.op]
                renamed[f"{node.name}:{output}:0"] = f"{node.name}:output:0"
                change(node, nodes, taken[0], in_function)
        if in_function:
            for node in nodes:
                node.input[:] = [renamed.get(text, text) for text in node.input]
        return renamed

    def _outputs(
        self, node: NodeDef, known: Mapping[str, int], in_function: bool
    ) -> dict[str, int]:
        """The outputs of a node through which values come that were handles."""
        taken = _taken(node, known, in_function)
        if not taken:
            return {}
        passed: dict[str, int] = {}
        if node.op in _PASSING:
            dtype = next(iter(taken.values()))
            for index, argument in _PASSING[node.op]:
                passed[f"{node.name}:{argument}:0" if in_function else f"{node.name}:{index}"] = (
                    dtype
                )
        elif node.op in _CALLS:
            for index, dtype in self._results(node, taken).items():
                passed[f"{node.name}:output:{index}" if in_function else f"{node.name}:{index}"] = (
                    dtype
                )
        return passed

    def _arguments(self, node: NodeDef, taken: Mapping[int, int]) -> dict[int, int]:
        first = _CALLS[node.op][0]
        return {index - first: dtype for index, dtype in taken.items() if index >= first}

    def _results(self, node: NodeDef, taken: Mapping[int, int]) -> dict[int, int]:
        arguments = self._arguments(node, taken)
        if node.op.endswith("While"):
            return arguments
        results: dict[int, int] = {}
        for func in _functions_of(node):
            results.update(self._copy(func.name, arguments)[1])
        return results

    def _change_call(self, node: NodeDef, taken: Mapping[int, int]) -> None:
        arguments = self._arguments(node, taken)
        if not arguments:
            return
        types = node.attr[_CALLS[node.op][1]].list.type
        for index, dtype in arguments.items():
            types[index] = dtype
        if node.op.endswith("While"):
            for index in arguments:
                if index < len(node.attr["output_shapes"].list.shape):
                    node.attr["output_shapes"].list.shape[index].unknown_rank = True
        else:
            for index, dtype in self._results(node, taken).items():
                node.attr["Tout"].list.type[index] = dtype
        node.attr.pop("_output_shapes", None)
        for func in _functions_of(node):
            func.name = self._copy(func.name, arguments)[0]

    def _copy(self, name: str, arguments: Mapping[int, int]) -> tuple[str, dict[int, int]]:
        """A function whose arguments are values, and those of its results that are now."""
        key = name, tuple(sorted(arguments.items()))
        if key not in self._copies and name in self._functions:
            copy = self._graph.library.function.add()
            copy.CopyFrom(self._functions[name])
            copy.signature.name = self._free_name(name)
            # Noted before the body is looked at, which may call the function itself.
            self._copies[key] = copy.signature.name, {}
            self._functions[copy.signature.name] = copy
            known: dict[str, int] = {}
            for index, dtype in arguments.items():
                argument = copy.signature.input_arg[index]
                argument.type = dtype
                argument.ClearField("handle_data")
                known[argument.name] = dtype
                copy.arg_attr.pop(index, None)
            copy.attr.pop("_input_shapes", None)
            renamed = self._pass_on(copy.node_def, known, in_function=True)
            results = self._copies[key][1]
            for place, output in enumerate(copy.signature.output_arg):
                source = copy.ret[output.name]
                if source in known:
                    output.type = results[place] = known[source]
                copy.ret[output.name] = renamed.get(source, source)
        return self._copies.get(key, (name, {}))

    def _free_name(self, name: str) -> str:
        number = 0
        while f"{name}_frozen_{number}" in self._functions:
            number += 1
        return f"{name}_frozen_{number}"

    def _drop_replaced(self) -> None:
        """Take away the functions whose copies took their places."""
        replaced = {name for name, _ in self._copies}
        used = _called(self._graph.node)
        waiting = [
            name for name in (*used, *self._functions) if name not in replaced or name in used
        ]
        kept: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in self._functions and name not in kept:
                kept.add(name)
                waiting += _called(self._functions[name].node_def)
        functions = [f for f in self._graph.library.function if f.signature.name in kept]
        del self._graph.library.function[:]
        self._graph.library.function.extend(functions)


def _taken(node: NodeDef, known: Mapping[str, int], in_function: bool) -> dict[int, int]:
    """Input index → type, of the inputs that are in `known`."""
    taken: dict[int, int] = {}
    for index, text in enumerate(node.input):
        name = text if in_function or ":" in text else f"{text}:0"
        if name in known:
            taken[index] = known[name]
    return taken


def _functions_of(node: NodeDef) -> list[Any]:
    """The functions that a node calls, as its attributes name them."""
    found: list[Any] = []
    for key in _CALLS[node.op][2]:
        value: AttrValue = node.attr[key]
        found += list(value.list.func) if value.HasField("list") else [value.func]
    return found


def _called(nodes: Iterable[NodeDef]) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        names.add(node.op)
        for value in node.attr.values():
            names.update(func.name for func in value.list.func)
            names.add(value.func.name)
    return names


def _become_constant(node: NodeDef, value: NDArray[Any], dtype: Any) -> None:
    name = node.name
    node.Clear()
    node.name, node.op = name, "Const"
    node.attr["dtype"].type = dtype.as_datatype_enum
    node.attr["value"].tensor.CopyFrom(tensor_to_proto(value, dtype))


def _become(node: NodeDef, op: str, inputs: Sequence[str], **attrs: AttrValue) -> None:
    """Another op of the same name, with the same control inputs and colocation."""
    kept = {key: AttrValue.FromString(v.SerializeToString()) for key, v in attrs.items()}
    if "_class" in node.attr:
        kept["_class"] = AttrValue.FromString(node.attr["_class"].SerializeToString())
    controls = [text for text in node.input if text.startswith("^")]
    name, device = node.name, node.device
    node.Clear()
    node.name, node.op, node.device = name, op, device
    node.input.extend([*inputs, *controls])
    for key, value in kept.items():
        node.attr[key].CopyFrom(value)


def _read(node: NodeDef, nodes: Any, dtype: int, in_function: bool) -> None:
    _become(node, "Identity", node.input[:1], T=node.attr["dtype"])


def _shape(node: NodeDef, nodes: Any, dtype: int, in_function: bool) -> None:
    kinds = {"out_type": node.attr["out_type"]} if "out_type" in node.attr else {}
    _become(node, "Shape", node.input[:1], T=AttrValue(type=dtype), **kinds)


def _is_initialized(node: NodeDef, nodes: Any, dtype: int, in_function: bool) -> None:
    _become_constant(node, np.array(True), bool_)


def _gather(node: NodeDef, nodes: Any, dtype: int, in_function: bool) -> None:
    batch_dims = node.attr["batch_dims"].i
    indices = node.attr["Tindices"]
    axis = nodes.add(name=f"{node.name}/axis")
    index_type = as_dtype(indices.type)
    _become_constant(axis, np.array(batch_dims, index_type.numpy), index_type)
    text = f"{axis.name}:output:0" if in_function else axis.name
    inputs = [*node.input[:2], text]
    kinds = {"Tparams": node.attr["dtype"], "Tindices": indices, "Taxis": indices}
    if batch_dims:
        kinds["batch_dims"] = node.attr["batch_dims"]
    _become(node, "GatherV2", inputs, **kinds)


def _gather_nd(node: NodeDef, nodes: Any, dtype: int, in_function: bool) -> None:
    kinds = {"Tparams": node.attr["dtype"], "Tindices": node.attr["Tindices"]}
    _become(node, "GatherNd", node.input[:2], **kinds)


#: Ops that read through a handle → what makes them read the value in its place, and the name of their output.
_READERS: dict[str, tuple[Callable[[NodeDef, Any, int, bool], None], str]] = {
    "ReadVariableOp": (_read, "value"),
    "ResourceGather": (_gather, "output"),
    "ResourceGatherNd": (_gather_nd, "output"),
    "VarIsInitializedOp": (_is_initialized, "is_initialized"),
    "VariableShape": (_shape, "output"),
}
