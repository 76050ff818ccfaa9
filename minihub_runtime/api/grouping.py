"""Operations that wait for others.

Source: tensorflow/python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.graph import (
    GraphKeys,
    Operation,
    Tensor,
    get_default_graph,
    name_scope,
)
from minihub_runtime.public import public

__all__ = [
    "group",
    "initialize_all_tables",
    "no_op",
    "tables_initializer",
    "tuple_",
    "with_dependencies",
]


@public("no_op")
def no_op(name: str | None = None) -> Operation:
    """An operation that does nothing."""
    operation: Operation = build("NoOp", name=name)
    return operation


@public("group")
def group(*inputs: Any, **kwargs: Any) -> Operation:
    """An operation that waits for all inputs.

    Args:
        *inputs: tensors, operations, variables, or nested structures of them.
        **kwargs: `name`, the wanted name.

    Raises:
        ValueError: another keyword is given.
        TypeError: an input is none of these.
    """
    name = kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"Unknown keyword arguments: {', '.join(kwargs)}")
    with name_scope(name, "group_deps", inputs) as scope:
        on_device: dict[str, list[Any]] = {}
        for item in nest.flatten(inputs, expand_composites=True):
            device = item.op.device if isinstance(item, Tensor) else getattr(item, "device", None)
            if device is None:
                raise TypeError(
                    "'inputs' should be zero or more (nested) Tensors. Received "
                    f"'{item}' with type '{type(item)}'."
                )
            on_device.setdefault(device, []).append(item)
        if len(on_device) > 1:
            gates = [_gate(device, on_device[device]) for device in sorted(on_device)]
            return _gate("", gates, scope)
        for device, waited in on_device.items():
            return _gate(device, waited, scope)
        return no_op(scope)


def _gate(device: str, waited: list[Any], name: str | None = None) -> Operation:
    """An operation on a device that waits for others."""
    graph = get_default_graph()
    with graph.control_dependencies(waited):
        if not device:
            return no_op(name)
        with graph.device(device):
            return no_op(name)


def with_dependencies(
    dependencies: Sequence[Any], output_tensor: Any, name: str | None = None
) -> Any:
    """A tensor, or IndexedSlices, of the same value that waits for `dependencies`."""
    graph = get_default_graph()
    with (
        name_scope(name, "control_dependency", [*dependencies, output_tensor]) as scope,
        graph.colocate_with(output_tensor),
        graph.control_dependencies(dependencies),
    ):
        if hasattr(output_tensor, "indices"):
            values = build("Identity", name=scope, input=output_tensor.values)
            return type(output_tensor)(values, output_tensor.indices, output_tensor.dense_shape)
        return build("Identity", name=scope, input=output_tensor)


@public("tuple")
def tuple_(
    tensors: Sequence[Any], name: str | None = None, control_inputs: Sequence[Any] | None = None
) -> list[Any]:
    """Tensors of the same values, none of which is there before all are.

    Args:
        tensors: tensors, IndexedSlices, operations or None.
        name: wanted name of the scope.
        control_inputs: operations and tensors to wait for as well.

    Raises:
        ValueError: there is nothing to wait for.
        TypeError: a control input is neither an operation nor a tensor.
    """
    graph = get_default_graph()
    with name_scope(name, "tuple", tensors):
        items = [
            item
            if item is None or isinstance(item, Operation) or hasattr(item, "op")
            else convert_to_tensor(item)
            for item in tensors
        ]
        gating = {
            (item if isinstance(item, Operation) else item.op).name
            for item in items
            if item is not None
        }
        for item in control_inputs or ():
            if not isinstance(item, (Tensor, Operation)):
                raise TypeError(
                    "'control_inputs' must only contain Operation or Tensor. Received: "
                    f"{type(item)}"
                )
            gating.add(item.op.name if isinstance(item, Tensor) else item.name)
        if not gating:
            raise ValueError(f"'tensors' must have at least one Tensor. Received: {tensors}.")
        waited = [op for op in graph.get_operations() if op.name in gating]
        gate = group(*waited)
        made: list[Any] = []
        for item in items:
            if item is None:
                made.append(None)
            elif isinstance(item, Operation):
                with graph.control_dependencies([gate]):
                    made.append(group(item))
            else:
                made.append(with_dependencies([gate], item))
        return made


@public("initializers.tables_initializer", "tables_initializer")
def tables_initializer(name: str = "init_all_tables") -> Operation:
    """An operation that fills all lookup tables; one that does nothing if there are none."""
    initializers = get_default_graph().get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*initializers, name=name) if initializers else no_op(name)


initialize_all_tables = public("initialize_all_tables")(tables_initializer)
