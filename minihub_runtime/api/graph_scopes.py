"""What operations inherit from the blocks they are made in: control inputs, devices, colocation, attributes.

Source: tensorflow/python/framework/ops.py.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from minihub_runtime.api.device import DeviceSpec, merged_device
from minihub_runtime.api.elements import Operation, Tensor
from minihub_runtime.codec import attr_from_proto
from minihub_runtime.graph.ir import Node
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.protos import AttrValue

__all__ = ["GraphScopes", "share_blocks"]


class _Blocks:
    """Where the blocks of graphs that are made count: in all threads or, as in TensorFlow 2, in the one that opened them."""

    shared = False


_blocks = _Blocks()


def share_blocks(shared: bool) -> None:
    """Let what is inherited from blocks in one thread be inherited in all, or not, in graphs that are made from now on."""
    _blocks.shared = shared


class _Waiting:
    """One `with control_dependencies(…)`: what to wait for, and which operations were made inside."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.made: set[str] = set()


class _Open:
    """The blocks that are open now, outermost first."""

    def __init__(self) -> None:
        self.controls: list[_Waiting] = []
        self.devices: list[Any] = []
        self.colocations: list[Operation] = []

    def copy(self) -> _Open:
        """The same blocks, to open more without changing these."""
        made = _Open()
        made.controls = list(self.controls)
        made.devices = list(self.devices)
        made.colocations = list(self.colocations)
        return made


class GraphScopes:
    """The part of a graph that knows what new operations inherit."""

    nodes: dict[str, Node]

    def __init__(self) -> None:
        self._shared = _Open()
        self._of_thread = None if _blocks.shared else threading.local()
        self._container = ""
        self._attr_scope_map: dict[str, Any] = {}
        self._gradient_names: dict[str, str] = {}
        self._creators = threading.local()

    def as_graph_element(
        self, obj: Any, allow_tensor: bool = True, allow_operation: bool = True
    ) -> Any:
        """See `Graph.as_graph_element`."""
        raise NotImplementedError

    @property
    def _open(self) -> _Open:
        if self._of_thread is None:
            return self._shared
        if not hasattr(self._of_thread, "open"):
            self._of_thread.open = self._shared.copy()
        found: _Open = self._of_thread.open
        return found

    def switch_to_thread_local(self) -> None:
        """Let the blocks that a thread opens from now on count in that thread only."""
        if self._of_thread is None:
            self._of_thread = threading.local()

    # Control dependencies

    @contextlib.contextmanager
    def control_dependencies(self, control_inputs: Sequence[Any] | None) -> Iterator[None]:
        """Let operations made inside wait for these; None clears what is around.

        Raises:
            TypeError: an item is no tensor, operation or variable, nor the name of one.
        """
        now = self._open
        if control_inputs is None:
            saved, now.controls = now.controls, []
            try:
                yield
            finally:
                now.controls = saved
            return
        # What stands for a tensor waits for the operation it names: a variable for the assignment it comes from.
        items = [
            item.op if hasattr(item, "_dense_value") and hasattr(item, "op") else item
            for item in control_inputs
        ]
        now.controls.append(_Waiting(self._awaited(items)))
        try:
            yield
        finally:
            now.controls.pop()

    def _awaited(self, items: Sequence[Any]) -> list[str]:
        """The names of the operations that are meant by the items of a control dependency."""
        elements = [self.as_graph_element(item) for item in items]
        return [item.op.name if isinstance(item, Tensor) else item.name for item in elements]

    def current_controls(self, data: Sequence[str] = ()) -> list[str]:
        """The operations that one made now waits for.

        Left out are those it reads anyway, and those that an operation it reads waits for already.
        """
        found: dict[str, None] = {}
        for waiting in self._open.controls:
            if not waiting.made.intersection(data):
                found.update(dict.fromkeys(name for name in waiting.names if name not in data))
        return list(found)

    def _note_made(self, name: str) -> None:
        """Note that an operation was made inside the open blocks."""
        for waiting in self._open.controls:
            waiting.made.add(name)

    # Placement

    @contextlib.contextmanager
    def device(self, device_name_or_function: Any) -> Iterator[None]:
        """Write a device into the operations made inside; it says nothing to sessions: there is one device.

        Args:
            device_name_or_function: a description, a function of an operation that returns one, or None, which
                takes away what is around.

        Raises:
            ValueError: the description is malformed.
        """
        wanted = device_name_or_function
        if isinstance(wanted, str):
            wanted = DeviceSpec.from_string(wanted)
        now = self._open
        now.devices.append(wanted)
        try:
            yield
        finally:
            now.devices.pop()

    @contextlib.contextmanager
    def colocate_with(self, op: Any, ignore_existing: bool = False) -> Iterator[None]:
        """Write into the operations made inside that they belong on the device of another one.

        Args:
            op: an operation, a tensor or a variable; or None, to take away what is around.
            ignore_existing: take away what is around.

        Raises:
            ValueError: `op` is None and what is around should stay.
        """
        if op is None and not ignore_existing:
            raise ValueError(
                "Trying to reset colocation (op is None) but ignore_existing is not True"
            )
        now = self._open
        devices, colocations = now.devices, now.colocations
        now.devices = []
        now.colocations = [] if ignore_existing else list(colocations)
        if op is not None:
            now.colocations.append(self._colocation_anchor(op))
        try:
            yield
        finally:
            now.devices, now.colocations = devices, colocations

    def _colocation_anchor(self, item: Any) -> Operation:
        """The operation that others are put beside."""
        if isinstance(item, Operation):
            return item
        if hasattr(item, "handle"):
            item = item.handle
        if not hasattr(item, "op"):
            from minihub_runtime.api.conversion import convert_to_tensor

            item = convert_to_tensor(item)
        anchor: Operation = item.op
        return anchor

    @contextlib.contextmanager
    def container(self, container_name: str) -> Iterator[str]:
        """Name the container of the resources made inside."""
        before, self._container = self._container, container_name
        try:
            yield container_name
        finally:
            self._container = before

    @contextlib.contextmanager
    def gradient_override_map(self, op_type_map: Mapping[str, str]) -> Iterator[None]:
        """Registered gradients of operations made inside, other than those of their types.

        Args:
            op_type_map: type of an operation → the name under which its gradient was registered.

        Raises:
            TypeError: it is no dictionary from text to text.
        """
        if not isinstance(op_type_map, dict) or not all(
            isinstance(item, str) for pair in op_type_map.items() for item in pair
        ):
            raise TypeError("op_type_map must be a dictionary mapping strings to strings")
        before = self._gradient_names
        self._gradient_names = {**before, **op_type_map}
        try:
            yield
        finally:
            self._gradient_names = before

    @contextlib.contextmanager
    def _attr_scope(self, attr_map: Mapping[str, Any]) -> Iterator[None]:
        """Attributes of the operations made inside that have none of that name.

        Args:
            attr_map: name → AttrValue, or function of a NodeDef that returns one or None; None takes one away.

        Raises:
            TypeError: it is anything else.
        """
        if not isinstance(attr_map, dict) or not all(
            isinstance(name, str)
            and (value is None or callable(value) or isinstance(value, AttrValue))
            for name, value in attr_map.items()
        ):
            raise TypeError(
                "attr_map must be a dictionary mapping strings to AttrValue protocol buffers or "
                "callables that emit AttrValue protocol buffers"
            )
        before = self._attr_scope_map
        changed = {**before, **attr_map}
        self._attr_scope_map = {key: value for key, value in changed.items() if value is not None}
        try:
            yield
        finally:
            self._attr_scope_map = before

    def _place(self, operation: Operation) -> None:
        """Write what it inherits into an operation that was just made."""
        now = self._open
        name = operation.name
        inherited = self._inherited_attrs(operation)
        if inherited:
            attrs = operation.node.attrs.changed(**inherited)
            self.nodes[name] = operation.node.replace(attrs=attrs)
        for wanted in reversed(now.devices):
            if wanted is None:
                break
            if callable(wanted):
                device = wanted(operation)
                text = device.to_string() if isinstance(device, DeviceSpec) else device
                if not isinstance(text, str):
                    raise TypeError(f"Expected binary or unicode string, got {text!r}")
            else:
                text = merged_device(wanted, operation.device)
            if text != operation.device:
                self.nodes[name] = operation.node.replace(device=text)
        if now.colocations:
            groups = {group for anchor in now.colocations for group in anchor.colocation_groups()}
            named = [group.decode("utf-8") for group in sorted(groups)]
            attrs = operation.node.attrs.changed(_class=named)
            anchors = [anchor.device for anchor in reversed(now.colocations) if anchor.device]
            device = anchors[0] if anchors else operation.device
            self.nodes[name] = operation.node.replace(attrs=attrs, device=device)

    def _inherited_attrs(self, operation: Operation) -> dict[str, Any]:
        found: dict[str, Any] = {}
        attrs = operation.node.attrs
        for key, given in self._attr_scope_map.items():
            if key in attrs:
                continue
            value = given
            if callable(given):
                value = given(operation.node_def)
                if not isinstance(value, (type(None), AttrValue)):
                    raise TypeError(
                        f"Callable for scope map key '{key}' must return either None or an AttrValue "
                        f"protocol buffer; but it returned: {value}"
                    )
            if value is not None:
                found[key] = attr_from_proto(value)
        if operation.type in self._gradient_names:
            found["_gradient_op_type"] = self._gradient_names[operation.type]
        if self._container and not attrs.get("container"):
            op = REGISTRY.get(operation.type)
            if op is not None and op.stateful and "container" in op.schema.attrs:
                found["container"] = self._container
        return found

    # Creators of variables

    @property
    def _variable_creators(self) -> list[Callable[..., Any]]:
        """The creators of the open `variable_creator_scope`s, outermost first."""
        found: list[Callable[..., Any]] = getattr(self._creators, "stack", [])
        return found

    @contextlib.contextmanager
    def _variable_creator_scope(self, creator: Callable[..., Any]) -> Iterator[None]:
        """Let `creator(next_creator, **arguments)` make the variables inside."""
        before = self._variable_creators
        self._creators.stack = [*before, creator]
        try:
            yield
        finally:
            self._creators.stack = before
