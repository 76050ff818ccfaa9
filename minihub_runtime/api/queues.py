"""`tf.queue`: queues of elements in the graph.

    QueueBase
    ├─ FIFOQueue           first in, first out
    ├─ PaddingFIFOQueue    elements of different sizes are padded when they come out together
    ├─ RandomShuffleQueue  any element, drawn at random
    └─ PriorityQueue       the smallest first component

Source: tensorflow/python/ops/data_flow_ops.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.gathering import gather
from minihub_runtime.api.graph import Operation, get_default_graph, name_scope
from minihub_runtime.api.joining import stack
from minihub_runtime.api.random_seed import get_seed
from minihub_runtime.api.static_values import constant_value
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.dtypes import DType, as_dtype, int64, resource
from minihub_runtime.public import public

__all__ = [
    "FIFOQueue",
    "PaddingFIFOQueue",
    "PriorityQueue",
    "QueueBase",
    "RandomShuffleQueue",
    "known_shapes",
    "type_list",
]


def type_list(dtypes: Any) -> list[DType]:
    """Types as a list."""
    if not isinstance(dtypes, (list, tuple)):
        dtypes = [dtypes]
    return [as_dtype(dtype) for dtype in dtypes]


def known_shapes(shapes: Any, partial: bool = False) -> list[TensorShape] | None:
    """Shapes as a list; all known unless they may be `partial`."""
    if partial and (
        not isinstance(shapes, Sequence)
        or not shapes
        or any(shape is None or isinstance(shape, int) for shape in shapes)
    ):
        raise ValueError("When providing partial shapes, a list of shapes must be provided.")
    if shapes is None:
        return None
    if isinstance(shapes, TensorShape):
        shapes = [shapes]
    if not isinstance(shapes, (tuple, list)):
        raise TypeError(
            "Shapes must be a TensorShape or a list or tuple of TensorShapes, got "
            f"{type(shapes)} instead."
        )
    if all(shape is None or isinstance(shape, int) for shape in shapes):
        shapes = [shapes]
    found = [TensorShape(shape) for shape in shapes]
    if not partial and any(not shape.is_fully_defined() for shape in found):
        raise ValueError(f"All shapes must be fully defined: {found}")
    if any(shape.dims is None for shape in found):
        raise ValueError(f"All shapes must have a defined rank: {found}")
    return found


def _names(names: Any, dtypes: Sequence[DType]) -> list[str] | None:
    if names is None:
        return None
    found = list(names) if isinstance(names, (list, tuple)) else [names]
    if len(found) != len(dtypes):
        raise ValueError(
            "List of names must have the same length as the list of dtypes, received "
            f"len(names)={len(found)},len(dtypes)={len(dtypes)}"
        )
    return found


@public("QueueBase", "io.QueueBase", "queue.QueueBase")
class QueueBase:
    """A queue; what all kinds have in common.

    Where TensorFlow waits for another run, there is an error here, unless a queue runner fills the queue.

    Args:
        dtypes: of the components of an element.
        shapes: of the components; unknown if None.
        names: of the components, if elements are dicts.
        queue_ref: the handle.

    Attributes:
        dtypes, shapes, names, queue_ref: see above.
        name: of the operation that makes the handle.

    Raises:
        ValueError: there are not as many shapes or names as types.
    """

    def __init__(
        self, dtypes: list[DType], shapes: Any, names: list[str] | None, queue_ref: Any
    ) -> None:
        if shapes is not None and len(shapes) != len(dtypes):
            raise ValueError(
                "Queue shapes must have the same length as dtypes, received "
                f"len(shapes)={len(shapes)}, len(dtypes)={len(dtypes)}"
            )
        if names is not None and len(names) != len(dtypes):
            raise ValueError(
                "Queue names must have the same length as dtypes,received "
                f"len(names)={len(names)},len {len(dtypes)}"
            )
        self.dtypes = dtypes
        self.shapes = [TensorShape(shape) for shape in shapes or [None] * len(dtypes)]
        self.names = names
        self.queue_ref = queue_ref
        self._name = queue_ref.op.name.split("/")[-1]

    @staticmethod
    def from_list(index: Any, queues: list[QueueBase]) -> QueueBase:
        """One of several queues, which an integer tensor chooses.

        Raises:
            TypeError: they are no queues, or have different types or names.
        """
        if (
            not queues
            or not isinstance(queues, list)
            or not all(isinstance(queue, QueueBase) for queue in queues)
        ):
            raise TypeError("A list of queues expected")
        first = queues[0]
        if not all(first.dtypes == queue.dtypes for queue in queues):
            raise TypeError("Queues do not have matching component dtypes.")
        if not all(first.names == queue.names for queue in queues):
            raise TypeError("Queues do not have matching component names.")
        shapes = [
            _common(shapes) for shapes in zip(*(queue.shapes for queue in queues), strict=True)
        ]
        chosen = gather(stack([queue.queue_ref for queue in queues]), index)
        return QueueBase(first.dtypes, shapes, first.names, chosen)

    @property
    def name(self) -> str:
        """The name of the operation that makes the handle."""
        name: str = self.queue_ref.op.name
        return name

    def enqueue(self, vals: Any, name: str | None = None) -> Operation:
        """An operation that lets an element enter.

        Args:
            vals: its components, in a list or by name; one alone needs no list.
            name: name of the operation.

        Raises:
            ValueError: components do not fit.
        """
        with name_scope(name, f"{self._name}_enqueue", _flat(vals)) as scope:
            tensors = self._components(vals)
            for tensor, shape in zip(tensors, self.shapes, strict=True):
                tensor.get_shape().assert_is_compatible_with(shape)
            operation: Operation = self._build("QueueEnqueue", scope, components=tensors)
        return operation

    def enqueue_many(self, vals: Any, name: str | None = None) -> Operation:
        """An operation that lets the rows of its components enter as elements; arguments and errors as above."""
        with name_scope(name, f"{self._name}_EnqueueMany", _flat(vals)) as scope:
            tensors = self._components(vals)
            rows = TensorShape([None])
            for tensor, shape in zip(tensors, self.shapes, strict=True):
                found = tensor.get_shape().with_rank_at_least(1)
                rows = rows.merge_with(found[:1])
                tensor.get_shape()[1:].assert_is_compatible_with(shape)
            operation: Operation = self._build("QueueEnqueueMany", scope, components=tensors)
        return operation

    def dequeue(self, name: str | None = None) -> Any:
        """The next element: its components, one alone without a list, or by name."""
        outputs = self._build(
            "QueueDequeue", name or f"{self._name}_Dequeue", component_types=self.dtypes
        )
        return self._element(outputs, TensorShape([]))

    def dequeue_many(self, n: Any, name: str | None = None) -> Any:
        """The next `n` elements together."""
        outputs = self._build(
            "QueueDequeueMany",
            name or f"{self._name}_DequeueMany",
            n=n,
            component_types=self.dtypes,
        )
        count = constant_value(outputs[0].op.inputs[1])
        return self._element(outputs, TensorShape([None if count is None else int(count)]))

    def dequeue_up_to(self, n: Any, name: str | None = None) -> Any:
        """The next `n` elements together; fewer if the queue is closed and has no more."""
        outputs = self._build(
            "QueueDequeueUpTo",
            name or f"{self._name}_DequeueUpTo",
            n=n,
            component_types=self.dtypes,
        )
        return self._element(outputs, TensorShape([None]))

    def close(self, cancel_pending_enqueues: bool = False, name: str | None = None) -> Operation:
        """An operation after which nothing more may enter."""
        operation: Operation = self._build(
            "QueueClose",
            name or f"{self._name}_Close",
            cancel_pending_enqueues=cancel_pending_enqueues,
        )
        return operation

    def is_closed(self, name: str | None = None) -> Any:
        """Whether the queue is closed."""
        return self._build("QueueIsClosed", name or f"{self._name}_Is_Closed")

    def size(self, name: str | None = None) -> Any:
        """How many elements the queue has."""
        return self._build("QueueSize", name or f"{self._name}_Size")

    def _build(self, op_name: str, name: str, **arguments: Any) -> Any:
        version = "V2" if self.queue_ref.dtype is resource else ""
        return build(f"{op_name}{version}", name=name, handle=self.queue_ref, **arguments)

    def _components(self, vals: Any) -> list[Any]:
        if isinstance(vals, dict):
            if not self.names:
                raise ValueError("Queue must have names to enqueue a dictionary")
            if sorted(self.names, key=str) != sorted(vals, key=str):
                raise ValueError(
                    "Keys in dictionary to enqueue do not match names of Queue.  Dictionary: "
                    f"{sorted(vals)},Queue: {sorted(self.names)}"
                )
            vals = [vals[name] for name in self.names]
        elif self.names:
            raise ValueError("You must enqueue a dictionary in a Queue with names")
        elif not isinstance(vals, (list, tuple)):
            vals = [vals]
        if len(vals) != len(self.dtypes):
            raise ValueError(
                f"an element of the queue must have {len(self.dtypes)} components, not {len(vals)}"
            )
        return [
            convert_to_tensor(value, dtype, name=f"component_{number}")
            for number, (value, dtype) in enumerate(zip(vals, self.dtypes, strict=True))
        ]

    def _element(self, outputs: list[Any], before: TensorShape) -> Any:
        for output, shape in zip(outputs, self.shapes, strict=True):
            output.set_shape(before.concatenate(shape))
        if self.names:
            return dict(zip(self.names, outputs, strict=True))
        return outputs[0] if len(outputs) == 1 else outputs


def _flat(vals: Any) -> Any:
    if isinstance(vals, dict):
        return list(vals.values())
    return vals if isinstance(vals, (list, tuple)) else [vals]


def _common(shapes: Sequence[TensorShape]) -> TensorShape:
    """What shapes have in common."""
    first = shapes[0]
    if any(shape.ndims is None or shape.ndims != first.ndims for shape in shapes):
        return TensorShape(None)
    sizes = zip(*(shape.as_list() for shape in shapes), strict=True)
    return TensorShape([size[0] if len(set(size)) == 1 else None for size in sizes])


@public("FIFOQueue", "queue.FIFOQueue")
class FIFOQueue(QueueBase):
    """A queue whose elements come out in the order in which they entered.

    Args:
        capacity: how many elements it may hold; any number if it is negative.
        dtypes: of the components of an element.
        shapes: of the components; without them elements do not come out together.
        names: of the components, if elements are dicts.
        shared_name: queues of one name are one.
        name: name of the operation.

    Raises:
        ValueError, TypeError: shapes or names do not fit.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str | None = "fifo_queue",
    ) -> None:
        types, known = type_list(dtypes), known_shapes(shapes)
        labels = _names(names, types)
        with get_default_graph().device("CPU"):
            handle = _handle("FIFOQueueV2", types, known, capacity, shared_name, name)
        super().__init__(types, known, labels, handle)


@public("PaddingFIFOQueue", "io.PaddingFIFOQueue", "queue.PaddingFIFOQueue")
class PaddingFIFOQueue(QueueBase):
    """A FIFOQueue whose shapes may have unknown sizes: elements that come out together are padded with zeros.

    Args:
        capacity: see `FIFOQueue`.
        dtypes: see `FIFOQueue`.
        shapes: of the components.
        names: see `FIFOQueue`.
        shared_name: see `FIFOQueue`.
        name: name of the operation.

    Raises:
        ValueError, TypeError: shapes or names do not fit.
    """

    def __init__(
        self,
        capacity: int,
        dtypes: Any,
        shapes: Any,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "padding_fifo_queue",
    ) -> None:
        types, known = type_list(dtypes), known_shapes(shapes, partial=True)
        labels = _names(names, types)
        if known is None or len(types) != len(known):
            raise ValueError(
                f"Shapes must be provided for all components, but received {len(types)} dtypes and "
                f"{len(known or ())} shapes."
            )
        handle = _handle("PaddingFIFOQueueV2", types, known, capacity, shared_name, name)
        super().__init__(types, known, labels, handle)


@public("RandomShuffleQueue", "io.RandomShuffleQueue", "queue.RandomShuffleQueue")
class RandomShuffleQueue(QueueBase):
    """A queue of which any element may come out next.

    Args:
        capacity: see `FIFOQueue`.
        min_after_dequeue: how many elements stay, so that they are mixed, until the queue is closed.
        dtypes: see `FIFOQueue`.
        shapes: see `FIFOQueue`.
        names: see `FIFOQueue`.
        seed: of the order, see `tf.set_random_seed`.
        shared_name: see `FIFOQueue`.
        name: name of the operation.

    Raises:
        ValueError, TypeError: shapes or names do not fit.
    """

    def __init__(
        self,
        capacity: int,
        min_after_dequeue: int,
        dtypes: Any,
        shapes: Any = None,
        names: Any = None,
        seed: int | None = None,
        shared_name: str | None = None,
        name: str = "random_shuffle_queue",
    ) -> None:
        types, known = type_list(dtypes), known_shapes(shapes)
        labels = _names(names, types)
        first, second = get_seed(seed)
        if first is not None and seed is None and shared_name is not None:
            # Queues of one name have one seed, wherever in their graphs they are made.
            text = f"{first}{shared_name}".encode()
            second = int(hashlib.md5(text, usedforsecurity=False).hexdigest()[:8], 16) & 0x7FFFFFFF
        handle = _handle(
            "RandomShuffleQueueV2",
            types,
            known,
            capacity,
            shared_name,
            name,
            min_after_dequeue=min_after_dequeue,
            seed=first or 0,
            seed2=second or 0,
        )
        super().__init__(types, known, labels, handle)


@public("PriorityQueue", "io.PriorityQueue", "queue.PriorityQueue")
class PriorityQueue(QueueBase):
    """A queue whose element with the smallest first component comes out next; this is an int64 that stands before the others.

    Args:
        capacity: see `FIFOQueue`.
        types: of the other components.
        shapes: of the other components.
        names: of all components, if elements are dicts.
        shared_name: see `FIFOQueue`.
        name: name of the operation.

    Raises:
        ValueError, TypeError: shapes or names do not fit.
    """

    def __init__(
        self,
        capacity: int,
        types: Any,
        shapes: Any = None,
        names: Any = None,
        shared_name: str | None = None,
        name: str = "priority_queue",
    ) -> None:
        others, known = type_list(types), known_shapes(shapes)
        handle = _handle("PriorityQueueV2", others, known, capacity, shared_name, name)
        every = [TensorShape([]), *known] if known else known
        super().__init__([int64, *others], every, names, handle)


def _handle(
    op_name: str,
    types: list[DType],
    shapes: list[TensorShape] | None,
    capacity: int,
    shared_name: str | None,
    name: str | None,
    **further: Any,
) -> Any:
    return build(
        op_name,
        name=name,
        component_types=types,
        shapes=shapes or [],
        capacity=capacity,
        shared_name=shared_name or "",
        **further,
    )
