"""Operations by name: `build("MatMul", a=x, b=y)` adds a node, with types and numbers inferred from the inputs.

Source: tensorflow/python/framework/op_def_library.py.
"""

from __future__ import annotations

import collections
import contextlib
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api.attributes import check_attribute, convert_attribute
from minihub_runtime.api.graph import Graph, Operation, Tensor, graph_of
from minihub_runtime.api.inputs import Inputs, check_lists
from minihub_runtime.errors import UnsupportedOpsError
from minihub_runtime.ops.registry import REGISTRY, Schema
from minihub_runtime.ops.schema import REQUIRED
from minihub_runtime.public import public

__all__ = ["build", "raw_ops"]


def build(op_name: str, /, *, name: str | None = None, **arguments: Any) -> Any:
    """Add an operation to the default graph.

    Args:
        op_name: the op type.
        name: wanted name of the operation.
        **arguments: inputs and attributes under the names of the schema.

    Returns:
        The output; a list for a list output; a named tuple of these for several; the Operation if there are none, also
        where a list is empty.

    Raises:
        UnsupportedOpsError: the op is not registered.
        TypeError: arguments are missing, unknown, or of the wrong type.
        ValueError: an attribute or a shape does not fit.
    """
    if op_name not in REGISTRY:
        raise UnsupportedOpsError({op_name: [name or op_name]})
    schema = REGISTRY[op_name].schema
    names = {arg.name for arg in schema.inputs}
    unknown = sorted(set(arguments) - names - set(schema.attrs))
    if unknown:
        raise TypeError(f"{op_name} got unexpected keyword arguments: {', '.join(unknown)}.")
    for arg in schema.inputs:
        if arg.name not in arguments:
            raise TypeError(f"No argument for input {arg.name} found in {op_name}")
    check_lists(op_name, schema, arguments)
    given = {
        key: convert_attribute(op_name, attr, arguments[key])
        for key, attr in schema.attrs.items()
        if key in arguments
    }
    graph = graph_of(_flat(arguments.values()))
    # Constants made of Python values get the argument's name inside the operation's own scope.
    with graph.as_default(), graph.name_scope(name or op_name) as scope:
        inputs = Inputs(op_name, schema)
        for arg in schema.inputs:
            inputs.add(arg, arguments[arg.name])
        attrs = dict(inputs.attrs)
        for key, attr in schema.attrs.items():
            if key in attrs and key in given:
                raise TypeError(
                    f"Should not specify value for inferred attr '{key}' for {op_name}."
                )
            if key in given:
                attrs[key] = given[key]
            elif key not in attrs:
                if attr.default is REQUIRED:
                    raise TypeError(f"No argument found for attr {key} for {op_name}")
                continue
            check_attribute(op_name, attr, attrs[key])
        operation = _create(graph, op_name, schema, inputs.tensors, attrs, scope)
    return _result(operation, schema)


def _create(
    graph: Graph,
    op_name: str,
    schema: Schema,
    tensors: Sequence[Tensor],
    attrs: Mapping[str, Any],
    scope: str,
) -> Operation:
    given = [*tensors]
    with contextlib.ExitStack() as beside:
        # A variable and what writes to it by reference belong on one device.
        for arg, place in zip(schema.inputs, schema.input_slices(attrs), strict=True):
            if arg.is_ref and isinstance(place, int):
                given[place] = graph.reference(given[place])
                beside.enter_context(graph.colocate_with(given[place]))
        # What a program adds may read and write files, which TensorFlow has no attribute for; private ones it passes over.
        if "_program_token" in REGISTRY[op_name].private_attrs:
            attrs = {**attrs, "_program_token": graph.node_graph.program_token}
        return graph.create_op(op_name, given, attrs, scope)


def _flat(values: Iterable[Any]) -> Iterator[Any]:
    """The arguments, those in lists one by one."""
    for value in values:
        yield from value if isinstance(value, (list, tuple)) else [value]


def _result(operation: Operation, schema: Schema) -> Any:
    outputs = operation.outputs
    if not outputs:
        return operation
    attrs = schema.complete(operation.node.attrs, operation.type)
    parts: list[Any] = []
    for arg, place in zip(schema.outputs, schema.output_slices(attrs), strict=True):
        parts.append(list(outputs[place]) if arg.is_list else outputs[place])
    return parts[0] if len(parts) == 1 else _outputs_type(operation.type)(*parts)


@functools.cache
def _outputs_type(op_name: str) -> Any:
    """The named tuple of an op's outputs."""
    names = [arg.name for arg in REGISTRY[op_name].schema.outputs]
    return collections.namedtuple(op_name.lstrip("_"), names, rename=True)


#: Op → (name of the argument in `raw_ops`, name in the schema), where they differ.
_RAW_NAMES = {
    **{
        op: {"axis": "reduction_indices"}
        for op in ("All", "Any", "EuclideanNorm", "Max", "Mean", "Min", "Prod", "Sum")
    },
    "ExpandDims": {"axis": "dim"},
    "Select": {"x": "t", "y": "e"},
    "Split": {"axis": "split_dim"},
    "SplitV": {"axis": "split_dim"},
    "Squeeze": {"axis": "squeeze_dims"},
    "Where": {"condition": "input"},
}


class _RawOps:
    """`tf.raw_ops`: every registered op as a function of its arguments."""

    def __getattr__(self, op: str) -> Any:
        if op.startswith("_") or op not in REGISTRY:
            raise AttributeError(f"there is no op {op!r}")

        def raw(name: str | None = None, **arguments: Any) -> Any:
            renamed = _RAW_NAMES.get(op, {})
            given = {renamed.get(key, key): value for key, value in arguments.items()}
            return build(op, name=name, **given)

        raw.__name__ = raw.__qualname__ = op
        raw.__doc__ = REGISTRY[op].kernel.__doc__
        return raw

    def __dir__(self) -> list[str]:
        return sorted(op for op in REGISTRY if not op.startswith("_"))


raw_ops = public("raw_ops")(_RawOps())
