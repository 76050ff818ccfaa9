"""Queues of elements: the handles, and putting elements in and taking them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, WouldWaitError
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.queues import PaddingQueue, PriorityQueue, Queue, ShuffleQueue
from minihub_runtime.ops.registry import Array, at_least, op, types_list, without_gradient
from minihub_runtime.ops.shape_rules import nothing, scalar
from minihub_runtime.shapes import Shape, Spec

__all__ = ["pair", "queue_of"]

_BASE = "core/kernels/queue_op.cc"


def queue_of(value: Any) -> Queue:
    """The queue that a handle stands for.

    Raises:
        InvalidArgumentError: it stands for something else.
    """
    if isinstance(value, np.ndarray) and value.dtype == object and not value.ndim:
        value = value.item()  # one of several handles
    if not isinstance(value, Queue):
        raise InvalidArgumentError(f"handle must be a queue, not {type(value).__name__}")
    return value


def _shared(
    ctx: Context,
    container: str,
    shared_name: str,
    kind: type[Queue],
    types: Sequence[DType],
    shapes: Sequence[Shape],
    make: Callable[[str], Queue],
) -> Queue:
    """The session's queue of a name."""
    name = shared_name or ctx.node
    queue = ctx.resource(container, f"queue {name}", lambda: make(name))
    queue.require_alike(kind, types, shapes)
    return queue


def _register(name: str, kind: type[Queue], source: str, doc: str, types: Any) -> None:
    """Register a queue's op by handle and by reference."""

    def plain(
        ctx: Context,
        *,
        component_types: list[DType],
        shapes: list[Shape] = [],
        capacity: int = -1,
        container: str = "",
        shared_name: str = "",
    ) -> Queue:
        return _shared(
            ctx,
            container,
            shared_name,
            kind,
            component_types,
            shapes,
            lambda name: kind(name, component_types, shapes, capacity),
        )

    def shuffled(
        ctx: Context,
        *,
        component_types: list[DType],
        shapes: list[Shape] = [],
        capacity: int = -1,
        min_after_dequeue: int = 0,
        seed: int = 0,
        seed2: int = 0,
        container: str = "",
        shared_name: str = "",
    ) -> Queue:
        return _shared(
            ctx,
            container,
            shared_name,
            kind,
            component_types,
            shapes,
            lambda name: ShuffleQueue(
                name, component_types, shapes, capacity, min_after_dequeue, (seed, seed2)
            ),
        )

    def prioritized(
        ctx: Context,
        *,
        component_types: list[DType],
        shapes: list[Shape],
        capacity: int = -1,
        container: str = "",
        shared_name: str = "",
    ) -> Queue:
        require(
            len(shapes) == len(component_types),
            f"shapes must be as many as the {len(component_types)} components, not {len(shapes)}",
        )
        name = shared_name or ctx.node
        queue = ctx.resource(
            container,
            f"queue {name}",
            lambda: PriorityQueue(name, component_types, shapes, capacity),
        )
        made = PriorityQueue(name, component_types, shapes, capacity)
        queue.require_alike(kind, made.types, made.shapes)
        return queue

    kernel: Any = {ShuffleQueue: shuffled, PriorityQueue: prioritized}.get(kind, plain)
    kernel.__doc__ = doc
    for version, handle, shape in (("V2", "resource", scalar), ("", "Ref(string)", pair)):
        op(
            f"{name}{version}() -> handle: {handle}",
            component_types=types,
            shapes=at_least(0),
            stateful=True,
            source=source,
            shape=shape,
        )(kernel)


def pair() -> Shape:
    """A reference to a queue is two strings: a container and a name."""
    return (2,)


_register(
    "FIFOQueue",
    Queue,
    "core/kernels/fifo_queue_op.cc",
    """The queue of that name: first in, first out.

    Raises: InvalidArgumentError for shapes that are unknown or too many, and for a queue of that name of another kind.
    """,
    types_list(minimum=1),
)
_register(
    "PaddingFIFOQueue",
    PaddingQueue,
    "core/kernels/padding_fifo_queue.cc",
    """The queue of that name; elements that come out together are padded with zeros to one size.

    Raises: InvalidArgumentError for missing shapes, and for a queue of that name of another kind.
    """,
    types_list(minimum=1),
)
_register(
    "RandomShuffleQueue",
    ShuffleQueue,
    "core/kernels/random_shuffle_queue_op.cc",
    """The queue of that name, which gives any of its elements and keeps `min_after_dequeue` until it is closed.

    Raises: InvalidArgumentError for shapes or limits that do not fit, and for a queue of that name of another kind.
    """,
    types_list(minimum=1),
)
_register(
    "PriorityQueue",
    PriorityQueue,
    "core/kernels/priority_queue.cc",
    """The queue of that name, which gives the element with the smallest first component, an int64 scalar before those of
    `component_types`.

    Raises: InvalidArgumentError for shapes that do not fit, and for a queue of that name of another kind.
    Differs: of equal ones the first comes first, where TensorFlow's heap decides.
    """,
    types_list(default=()),
)


def _enqueue(ctx: Context, handle: Any, components: Sequence[Array]) -> tuple[()]:
    queue = queue_of(handle)
    queue.check(components, many=False)
    queue.put([tuple(array.copy() for array in components)], ctx.ending)
    return ()


def _enqueue_many(ctx: Context, handle: Any, components: Sequence[Array]) -> tuple[()]:
    queue = queue_of(handle)
    queue.check(components, many=True)
    rows = [array.copy() for array in components]
    elements = [tuple(array[i, ...] for array in rows) for i in range(len(rows[0]))]
    queue.put(elements, ctx.ending)
    return ()


def _require_types(queue: Queue, types: Sequence[DType]) -> None:
    if queue.types != tuple(types):
        shown = ", ".join(dtype.name for dtype in queue.types)
        require(False, f"component_types must be those of the queue, {shown}")


def _dequeue(handle: Any, types: Sequence[DType]) -> tuple[Array, ...]:
    queue = queue_of(handle)
    _require_types(queue, types)
    return queue.take(1)[0]


def _dequeue_many(
    ctx: Context, handle: Any, n: Array, types: Sequence[DType], at_most: bool
) -> tuple[Array, ...]:
    queue = queue_of(handle)
    _require_types(queue, types)
    require_scalar(n, "n")
    count = int(n)
    require(count >= 0, f"n must be >= 0, not {count}")
    if not queue.shapes:
        queue.together([])
    try:
        found = queue.take(count, at_most, ctx.ending) if count else []
    except WouldWaitError as error:
        error.then(lambda later: tuple(queue.together(later)))
        raise
    return tuple(queue.together(found))


def _unknown(component_types: list[DType]) -> list[Shape]:
    """What a queue holds is not known before a run."""
    return [None] * len(component_types)


def _counted(n: Spec, component_types: list[DType]) -> list[Shape]:
    """As `_unknown`, for several elements."""
    require(n.shape is None or n.shape == (), "n must be a scalar")
    require(n.value is None or int(n.value) >= 0, "n must be >= 0")
    return [None] * len(component_types)


def _both(register: Callable[[str, str], None]) -> None:
    register("V2", "resource")
    register("", "Ref(string)")


def _register_uses(version: str, handle_type: str) -> None:
    by_handle = version == "V2"

    @op(
        f"QueueEnqueue{version}(handle: {handle_type}, components: Tcomponents)",
        Tcomponents=types_list(minimum=1),
        stateful=by_handle,
        source=_BASE + ":EnqueueOp",
        shape=nothing,
    )
    def enqueue(
        ctx: Context, handle: Any, components: Sequence[Array], *, timeout_ms: int = -1
    ) -> tuple[()]:
        """Nothing, after an element entered the queue.

        Raises: InvalidArgumentError for components that do not fit; CancelledError for a closed queue.
        Differs: a queue that stays full is a FailedPreconditionError, where TensorFlow waits for other runs.
        """
        return _enqueue(ctx, handle, components)

    @op(
        f"QueueEnqueueMany{version}(handle: {handle_type}, components: Tcomponents)",
        Tcomponents=types_list(minimum=1),
        stateful=by_handle,
        source=_BASE + ":EnqueueManyOp",
        shape=nothing,
    )
    def enqueue_many(
        ctx: Context, handle: Any, components: Sequence[Array], *, timeout_ms: int = -1
    ) -> tuple[()]:
        """Nothing, after the rows of the components entered the queue as elements.

        Raises: InvalidArgumentError for components that do not fit; CancelledError for a closed queue.
        Differs: a queue that stays without room for all is a FailedPreconditionError, where TensorFlow waits for other runs.
        """
        return _enqueue_many(ctx, handle, components)

    @op(
        f"QueueDequeue{version}(handle: {handle_type}) -> components: component_types",
        component_types=types_list(minimum=1),
        stateful=by_handle,
        source=_BASE + ":DequeueOp",
        shape=_unknown,
    )
    def dequeue(
        handle: Any, *, component_types: list[DType], timeout_ms: int = -1
    ) -> tuple[Array, ...]:
        """The next element of the queue.

        Raises: InvalidArgumentError for other types; OutOfRangeError for a closed queue without elements.
        Differs: an open queue without elements, and without feeders, is a FailedPreconditionError, where TensorFlow waits.
        """
        return _dequeue(handle, component_types)

    for name, at_most in (("Many", False), ("UpTo", True)):
        _register_dequeue_many(version, handle_type, name, at_most)

    @op(
        f"QueueClose{version}(handle: {handle_type})",
        stateful=by_handle,
        source=_BASE + ":QueueCloseOp",
        shape=nothing,
    )
    def close(handle: Any, *, cancel_pending_enqueues: bool = False) -> tuple[()]:
        """Nothing, after closing the queue: what is in it may leave, but nothing enter.

        Raises: CancelledError if it is closed already.
        """
        queue_of(handle).close(cancel_pending_enqueues)
        return ()

    @op(
        f"QueueSize{version}(handle: {handle_type}) -> size: int32",
        stateful=by_handle,
        source=_BASE + ":QueueSizeOp",
        shape=scalar,
    )
    def size(handle: Any) -> Array:
        """How many elements the queue has."""
        return np.array(len(queue_of(handle)), np.int32)

    @op(
        f"QueueIsClosed{version}(handle: {handle_type}) -> is_closed: bool",
        stateful=by_handle,
        source=_BASE + ":QueueIsClosedOp",
        shape=scalar,
    )
    def is_closed(handle: Any) -> Array:
        """Whether the queue is closed."""
        return np.array(queue_of(handle).closed)


def _register_dequeue_many(version: str, handle_type: str, name: str, at_most: bool) -> None:
    def kernel(
        ctx: Context, handle: Any, n: Array, *, component_types: list[DType], timeout_ms: int = -1
    ) -> tuple[Array, ...]:
        return _dequeue_many(ctx, handle, n, component_types, at_most)

    fewer = ", or those that a closed queue has left" if at_most else ""
    kernel.__doc__ = f"""The next `n` elements{fewer}, as one array for each component.

    Raises: InvalidArgumentError for other types, a negative `n` or a queue without shapes; OutOfRangeError for a closed
        queue with too few elements.
    Differs: an open queue with too few elements, and without feeders, is a FailedPreconditionError, where TensorFlow waits.
    """
    op(
        f"QueueDequeue{name}{version}(handle: {handle_type}, n: int32) -> components: component_types",
        component_types=types_list(minimum=1),
        stateful=version == "V2",
        source=f"{_BASE}:Dequeue{name}Op",
        shape=_counted,
    )(kernel)


_both(_register_uses)

without_gradient(
    "QueueClose",
    "QueueDequeue",
    "QueueDequeueMany",
    "QueueDequeueUpTo",
    "QueueEnqueue",
    "QueueEnqueueMany",
    "QueueSize",
)
