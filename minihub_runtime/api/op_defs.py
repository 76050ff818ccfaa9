"""Which ops a graph uses, and their definitions, as a MetaGraph states them.

A reader of another version takes attributes with their default values away if it does not know them yet.

Source: tensorflow/python/framework/meta_graph.py:stripped_op_list_for_graph, strip_graph_default_valued_attrs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minihub_runtime.codec import attr_to_proto
from minihub_runtime.dtypes import DType
from minihub_runtime.ops.registry import REGISTRY, Arg, Attr
from minihub_runtime.ops.schema import REQUIRED
from minihub_runtime.protos import AttrValue, GraphDef, OpDef, OpList

__all__ = ["op_def", "strip_default_attrs", "stripped_op_list", "used_ops"]

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def op_def(op: str) -> OpDef:
    """The OpDef of a registered op, without documentation."""
    definition = REGISTRY[op]
    schema = definition.schema
    proto = OpDef(name=op, is_stateful=definition.stateful)
    proto.input_arg.extend(_arg_def(arg) for arg in schema.inputs)
    proto.output_arg.extend(_arg_def(arg) for arg in schema.outputs)
    proto.attr.extend(_attr_def(attr) for attr in schema.attrs.values())
    return proto


def _arg_def(arg: Arg) -> OpDef.ArgDef:
    proto = OpDef.ArgDef(name=arg.name, is_ref=arg.is_ref, number_attr=arg.number or "")
    if isinstance(arg.type, DType):
        proto.type = arg.type.as_datatype_enum
    elif arg.is_list and arg.number is None:
        proto.type_list_attr = arg.type
    else:
        proto.type_attr = arg.type
    return proto


def _attr_def(attr: Attr) -> OpDef.AttrDef:
    proto = OpDef.AttrDef(name=attr.name, type=attr.type)
    if attr.default is not REQUIRED:
        proto.default_value.CopyFrom(attr_to_proto(attr.default, attr.type))
    if attr.minimum is not None:
        proto.has_minimum = True
        proto.minimum = attr.minimum
    if attr.allowed:
        kind = "list(type)" if isinstance(attr.allowed[0], DType) else "list(string)"
        proto.allowed_values.CopyFrom(attr_to_proto(list(attr.allowed), kind))
    return proto


def used_ops(graph_def: GraphDef) -> set[str]:
    """The op types of the nodes and of the functions they call directly."""
    functions = {function.signature.name: function for function in graph_def.library.function}
    found: set[str] = set()
    waiting: list[Iterable[Any]] = [graph_def.node]
    while waiting:
        for node in waiting.pop():
            called = [node.op]
            if node.op in _CALLS:
                called.append(node.attr["f"].func.name)
            for name in called:
                if name in functions and name not in found:
                    waiting.append(functions[name].node_def)
                found.add(name)
    return found - set(functions)


def stripped_op_list(graph_def: GraphDef) -> OpList:
    """The definitions of the ops a graph uses, sorted by name; ops that are not registered are left out."""
    ops = (op_def(op) for op in sorted(used_ops(graph_def)) if op in REGISTRY)
    return OpList(op=list(ops))


def strip_default_attrs(graph_def: GraphDef) -> None:
    """Take away the attributes that have their op's default value, from nodes and from the bodies of functions."""
    functions = {function.signature.name for function in graph_def.library.function}
    defaults: dict[str, dict[str, AttrValue]] = {}
    bodies = [function.node_def for function in graph_def.library.function]
    for nodes in (graph_def.node, *bodies):
        for node in nodes:
            if node.op in functions or node.op not in REGISTRY:
                continue
            if node.op not in defaults:
                defaults[node.op] = {
                    attr.name: attr_to_proto(attr.default, attr.type)
                    for attr in REGISTRY[node.op].schema.attrs.values()
                    if attr.default is not REQUIRED
                }
            for name, default in defaults[node.op].items():
                if name in node.attr and node.attr[name] == default:
                    del node.attr[name]
