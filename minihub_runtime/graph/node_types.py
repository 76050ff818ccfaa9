"""What a node takes and gives: whether its attributes are allowed, and the types of its inputs and outputs.

Source: tensorflow/core/framework/node_def_util.cc (ValidateNodeDef, InOutTypesForNode).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.functions import function_args
from minihub_runtime.graph.ir import Node
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.schema import REQUIRED, Attr, Schema

__all__ = ["NodeTypes", "Types", "check_kinds", "fits"]

#: Type of an attribute → the field of its proto, where that is called otherwise.
_FIELDS = {"string": "s", "int": "i", "float": "f", "bool": "b"}

#: What is large, and allowed whatever it is.
_UNREAD = frozenset({"tensor", "list(tensor)", "func", "list(func)"})


def check_kinds(node: Node, schema: Schema) -> None:
    """Raise InvalidArgumentError unless the attributes that were read are of the types of the schema."""
    protos = node.attrs.protos
    for name, attr in schema.attrs.items():
        if name not in node.attrs or name in node.attrs.changes:
            continue
        proto, kind = protos[name], attr.type
        found = proto.WhichOneof("value")
        if kind.startswith("list("):
            kind = kind[5:-1]
            fields = (
                [field.name for field, _ in proto.list.ListFields()] if found == "list" else [found]
            )
        else:
            fields = [found]
        wanted = _FIELDS.get(kind, kind)
        if any(field != wanted for field in fields):
            raise InvalidArgumentError(
                f"attribute {name!r} of {node.op} must be {attr.type}, not {', '.join(map(str, fields))}"
            )


def fits(wanted: DType, found: DType) -> bool:
    """Whether a tensor of type `found` may be an input of type `wanted`: a reference is read where a value is wanted."""
    return found is wanted or found.base_dtype is wanted


class Types(NamedTuple):
    """The types of the inputs and the outputs of a node."""

    inputs: list[DType]
    outputs: list[DType]


class NodeTypes:
    """Finds the types of nodes as they were read; those with equal attributes are looked at once.

    Args:
        functions: the library, whose functions are ops too.
    """

    def __init__(self, functions: Mapping[str, Any]) -> None:
        self._functions = functions
        self._small: dict[str, dict[str, Attr]] = {}
        self._found: dict[Any, Types] = {}

    def __getitem__(self, node: Node) -> Types | None:
        """The types of a node; None for an op or function that is not known.

        Raises:
            InvalidArgumentError: an attribute is absent, of another type than the op wants, or not allowed.
        """
        op = node.op
        if op in self._functions:
            return self._called(node)
        if op not in REGISTRY:
            return None
        schema = REGISTRY[op].schema
        small = self._small.get(op)
        if small is None:
            small = self._small[op] = {
                name: attr for name, attr in schema.attrs.items() if attr.type not in _UNREAD
            }
        protos = node.attrs.protos
        key = (op, *[protos[n].SerializeToString() if n in protos else None for n in small])
        found = self._found.get(key)
        if found is None or len(small) < len(schema.attrs):
            check_kinds(node, schema)
            for name, attr in schema.attrs.items():
                if attr.default is REQUIRED and name not in node.attrs:
                    raise InvalidArgumentError(f"{op} must have the attribute {name!r}")
        if found is None:
            attrs = {
                name: attr.check(node.attrs[name]) if name in node.attrs else attr.default
                for name, attr in small.items()
            }
            found = Types(schema.input_dtypes(attrs), schema.output_dtypes(attrs))
            self._found[key] = found
        return found

    def _called(self, node: Node) -> Types:
        signature = self._functions[node.op].signature
        try:
            inputs, outputs = (
                [dtype for arg in function_args(args) for dtype in arg.dtypes(node.attrs)]
                for args in (signature.input_arg, signature.output_arg)
            )
        except KeyError as error:
            raise InvalidArgumentError(
                f"{node.op} must have the attribute {error.args[0]!r}"
            ) from None
        return Types(inputs, outputs)
