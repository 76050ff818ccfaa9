"""`Barrier`: elements by their keys, which leave when they have all components.

Source: tensorflow/python/ops/data_flow_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.graph import Operation, Tensor
from minihub_runtime.api.queues import known_shapes, type_list
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.api.tensor_shape import TensorShape

__all__ = ["Barrier"]


class Barrier:
    """A barrier; TensorFlow has it in `tensorflow.python.ops.data_flow_ops`.

    Where TensorFlow waits for another run, there is an error here.

    Args:
        types: of the components of an element.
        shapes: of the components; unknown if None.
        shared_name: barriers of one name are one.
        name: of the operation.

    Attributes:
        barrier_ref: the handle.
        name: of the operation that makes it.

    Raises:
        ValueError: a shape has no elements.
    """

    def __init__(
        self, types: Any, shapes: Any = None, shared_name: str | None = None, name: str = "barrier"
    ) -> None:
        self._types = type_list(types)
        self._shapes = (
            [TensorShape(None)] * len(self._types) if shapes is None else known_shapes(shapes) or []
        )
        for i, shape in enumerate(self._shapes):
            if shape.num_elements() == 0:
                raise ValueError(
                    f"Empty tensors are not supported, but received shape '{shape}' at index {i}"
                )
        self._barrier_ref: Tensor = build(
            "Barrier",
            name=name,
            component_types=self._types,
            shapes=self._shapes,
            shared_name=shared_name or "",
        )
        self._name = self._barrier_ref.op.name.split("/")[-1]

    @property
    def barrier_ref(self) -> Tensor:
        """The handle."""
        return self._barrier_ref

    @property
    def name(self) -> str:
        """The name of the operation that makes the handle."""
        name: str = self._barrier_ref.op.name
        return name

    def _build(self, op_name: str, name: str | None, **arguments: Any) -> Any:
        return build(
            op_name, name=name or f"{self._name}_{op_name}", handle=self._barrier_ref, **arguments
        )

    def insert_many(
        self, component_index: int, keys: Any, values: Any, name: str | None = None
    ) -> Operation:
        """An operation that gives the element of each key a component.

        Args:
            component_index: which component.
            keys: a vector of strings.
            values: a row for each key.
            name: of the operation.
        """
        operation: Operation = self._build(
            "BarrierInsertMany", name, keys=keys, values=values, component_index=component_index
        )
        return operation

    def take_many(
        self,
        num_elements: Any,
        allow_small_batch: bool = False,
        timeout: int | None = None,
        name: str | None = None,
    ) -> Any:
        """Elements that have all components: a named tuple of `indices`, `keys` and the list `values`.

        Args:
            num_elements: how many.
            allow_small_batch: whether fewer are enough when the barrier is closed.
            timeout: accepted; nothing waits.
            name: of the operation.
        """
        found = self._build(
            "BarrierTakeMany",
            name,
            num_elements=num_elements,
            component_types=self._types,
            allow_small_batch=allow_small_batch,
            timeout_ms=-1 if timeout is None else timeout,
        )
        outputs = found[0].op.outputs
        count = None if allow_small_batch else constant_value(outputs[0].op.inputs[1])
        if count is not None and count < 0:
            raise ValueError(f"Dimension {int(count)} must be >= 0")
        rows = TensorShape([None if count is None else int(count)])
        for output, shape in zip(outputs, [[], [], *self._shapes], strict=True):
            output.set_shape(rows.concatenate(shape))
        return found

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """An operation after which no new keys may enter, or nothing at all."""
        operation: Operation = self._build(
            "BarrierClose", name, cancel_pending_enqueues=cancel_pending_enqueues
        )
        return operation

    def ready_size(self, name: str | None = None) -> Tensor:
        """How many elements have all components."""
        size: Tensor = self._build("BarrierReadySize", name)
        return size

    def incomplete_size(self, name: str | None = None) -> Tensor:
        """How many elements lack components."""
        size: Tensor = self._build("BarrierIncompleteSize", name)
        return size
