"""`tf.CriticalSection`: parts of a graph that run one at a time.

Source: tensorflow/python/ops/critical_section_ops.py.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.contexts import init_scope
from minihub_runtime.api.graph import (
    Operation,
    Tensor,
    control_dependencies,
    get_default_graph,
    name_scope,
)
from minihub_runtime.api.grouping import group, tuple_
from minihub_runtime.api.identity import identity
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.dtypes import resource
from minihub_runtime.public import public

__all__ = ["CriticalSection"]

_SECTIONS = "critical_sections"
_EXECUTIONS = "critical_section_executions"

_entered = threading.local()


class _Execution(NamedTuple):
    """One use of a section: its lock, its mutex, the resources that it uses, and whether nobody else may use them."""

    op: Operation
    handle: Tensor
    resources: list[Tensor]
    exclusive_resource_access: bool


def _identity(item: Any) -> Any:
    if isinstance(item, TensorArray):
        return item.identity()
    return group(item) if isinstance(item, Operation) else identity(item)


def _place(op: Operation) -> Any:
    """The device of an operation, or what it stands beside."""
    return op.device or _colocation(op)


def _colocation(op: Operation) -> Any:
    try:
        return tuple(op.get_attr("_class"))
    except ValueError:
        return None


@contextlib.contextmanager
def _inside(signature: Any) -> Iterator[None]:
    """A context in which functions of a section are called.

    Raises:
        ValueError: one of this section is being called.
    """
    stack: list[Any] = _entered.__dict__.setdefault("stack", [])
    if signature in stack:
        raise ValueError(
            f"Attempting to lock a CriticalSection (signature={signature}) in which we are already running. "
            "This is illegal and may cause deadlocks."
        )
    stack.append(signature)
    try:
        yield
    finally:
        stack.pop()


@public("CriticalSection")
class CriticalSection:
    """Parts of the graph of which one at a time runs, also of runs in several threads.

    Args:
        name: of the operation.
        shared_name: sections of one name are one; by default the name.
        critical_section_def: not supported, as in TensorFlow.
        import_scope: accepted.

    Raises:
        ValueError: there is a `critical_section_def`.
    """

    def __init__(
        self,
        name: str | None = None,
        shared_name: str | None = None,
        critical_section_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        if critical_section_def and name is not None:
            raise ValueError(
                f"Arguments critical_section_def={critical_section_def} and shared_name={shared_name} are "
                "mutually exclusive. Please only specify one of them."
            )
        if critical_section_def:
            raise ValueError("Argument `critical_section_def` is not supported.")
        with name_scope(name, "CriticalSection", []) as scope, init_scope():
            shared = scope if shared_name is None else shared_name
            self._handle: Tensor = build("MutexV2", name=scope, shared_name=shared)
        self._signature = ("", shared or id(self._handle), _place(self._handle.op))
        get_default_graph().add_to_collection(_SECTIONS, self)

    @property
    def name(self) -> str:
        """The name of the operation."""
        name: str = self._handle.op.name
        return name

    def execute(
        self, fn: Callable[[], Any], exclusive_resource_access: bool = True, name: str | None = None
    ) -> Any:
        """What a function returns, whose operations run in the section.

        Args:
            fn: the function, without arguments; returns tensors or operations, nested or not.
            exclusive_resource_access: whether the resources that it uses may be used in no other section.
            name: of the scope.

        Raises:
            ValueError: the function uses the section itself, or resources that another section has for itself.
        """
        graph = get_default_graph()
        with name_scope(name, "critical_section_execute", []):
            with _inside(self._signature):
                lock = build("MutexLock", mutex=self._handle)
                before = set(graph.nodes)
                with control_dependencies([lock]):
                    result = fn()
                created = [op for op in graph.get_operations() if op.name not in before]
            self._wait_for_arguments(created, lock.op)
            captured = {
                tensor.name: tensor
                for op in created
                for tensor in op.inputs
                if tensor.dtype == resource
            }
            if any(map(self._is_own, captured.values())):
                raise ValueError(
                    "Attempting to lock a CriticalSection in which we are already running "
                    f"(signature={self._signature}). This is illegal and may cause deadlocks."
                )
            self._check_access(captured, exclusive_resource_access)
            flat = [_identity(item) for item in nest.flatten(result)]
            with control_dependencies(flat):
                with graph.colocate_with(self._handle.op):
                    consumed = build("ConsumeMutexLock", mutex_lock=lock)
                result = nest.pack_sequence_as(result, tuple_(nest.flatten(result)))
            with control_dependencies([consumed]):
                outputs = nest.map_structure(_identity, result)
            graph.add_to_collection(
                _EXECUTIONS,
                _Execution(lock.op, self._handle, [*captured.values()], exclusive_resource_access),
            )
        return outputs

    def _wait_for_arguments(self, created: list[Operation], lock: Operation) -> None:
        """Let the lock wait for all that the function's operations take from outside: it may need locks, too."""
        inside = {op.name for op in created}
        known = {lock.name, *(op.name for op in lock.control_inputs)}
        known.update(tensor.op.name for tensor in lock.inputs)
        arguments: dict[str, Operation] = {}
        for op in created:
            for other in (*(tensor.op for tensor in op.inputs), *op.control_inputs):
                if other.name not in inside | known:
                    arguments[other.name] = other
        if arguments:
            together = group(*arguments.values())
            get_default_graph().add_control_inputs(lock.name, [together.name])

    def _is_own(self, tensor: Tensor) -> bool:
        """Whether a tensor is this section's mutex."""
        op, own = tensor.op, self._handle.op
        return bool(
            op.type == "MutexV2"
            and op.get_attr("shared_name")
            and op.get_attr("shared_name") == own.get_attr("shared_name")
            and (op.device == own.device or _colocation(op) == _colocation(own))
        )

    def _check_access(self, captured: dict[str, Tensor], exclusive: bool) -> None:
        """Raise ValueError if another section uses the same resources and one of both wants them for itself."""
        for other in get_default_graph().get_collection(_EXECUTIONS):
            if self._is_own(other.handle) or not (exclusive or other.exclusive_resource_access):
                continue
            common = [tensor for tensor in other.resources if tensor.name in captured]
            if common:
                raise ValueError(
                    f"This execution would access resources: {common}. Either this lock (CriticalSection: "
                    f"{self._handle}) or lock '{other}' (CriticalSection: {other.handle}) requested exclusive "
                    "resource access of this resource. Did you mean to call execute with keyword argument "
                    "exclusive_resource_access=False?"
                )
