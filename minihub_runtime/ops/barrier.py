"""Barriers: the handles, and putting components of elements in and taking elements out."""

from __future__ import annotations

from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.errors import InvalidArgumentError, clip
from minihub_runtime.ops.barriers import Barrier
from minihub_runtime.ops.checking import require, require_rank, require_scalar
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.queue import pair
from minihub_runtime.ops.registry import ANY, Array, at_least, op, types_list
from minihub_runtime.ops.shape_rules import nothing, scalar
from minihub_runtime.shapes import Shape, Spec, merge

__all__: list[str] = []

_SOURCE = "core/kernels/barrier_ops.cc"
_HANDLE = "handle: Ref(string)"


def _of(handle: Any) -> Barrier:
    if not isinstance(handle, Barrier):
        raise InvalidArgumentError(f"handle must be a barrier, not {type(handle).__name__}")
    return handle


@op(
    f"Barrier() -> {_HANDLE}",
    component_types=types_list(minimum=1),
    shapes=at_least(0),
    stateful=True,
    source=_SOURCE,
    shape=pair,
)
def barrier(
    ctx: Context,
    *,
    component_types: list[DType],
    shapes: list[Shape] = [],
    capacity: int = -1,
    container: str = "",
    shared_name: str = "",
) -> Barrier:
    """The barrier of that name: elements by their keys, which leave when they have all components.

    Raises: InvalidArgumentError for missing shapes or a capacity.
    """
    require(len(shapes) == len(component_types), "All of the component shapes must be specified")
    require(capacity == -1, "Barrier only accepts capacity=-1.")
    name = shared_name or ctx.node
    made = Barrier(name, component_types, shapes)
    found = ctx.resource(container, f"barrier {name}", lambda: made)
    require(
        (found.types, found.shapes) == (made.types, made.shapes),
        f"barrier {clip(name)!r} must be shared by nodes with the same types and shapes",
    )
    return found


def _inserted(keys: Spec, values: Spec) -> list[Shape]:
    require(keys.shape is None or len(keys.shape) == 1, "keys must be a vector")
    require(values.shape is None or len(values.shape) >= 1, "values must have a row for each key")
    if keys.shape is not None and values.shape is not None:
        merge(keys.shape, values.shape[:1])
    return []


@op(
    f"BarrierInsertMany({_HANDLE}, keys: string, values: T)",
    T=ANY,
    source=_SOURCE,
    shape=_inserted,
)
def barrier_insert_many(
    handle: Any, keys: Array, values: Array, *, component_index: int
) -> tuple[()]:
    """Nothing, after giving the element of each key a component, a row of `values`.

    Shapes: `[n], [n, ...] -> `.
    Raises: InvalidArgumentError for a component that is there already, of another type, or without elements; CancelledError for
        a new key when the barrier is closed.
    """
    found = _of(handle)
    count = len(found.types)
    require(
        0 <= component_index < count,
        f"The component ID is out of range {component_index} > num_components (= {count})",
    )
    dtype = as_dtype(values.dtype)
    wanted = found.types[component_index]
    require(dtype is wanted, f"values must be {wanted.name}, not {dtype.name}")
    require_rank(keys, 1, "keys")
    require(
        values.ndim > 0 and len(values) == len(keys),
        f"values must have a row for each of {len(keys)} keys, not shape {list(values.shape)}",
    )
    require(
        values.size > 0 or not len(values),
        f"Tensors with no elements are not supported: received shape {list(values.shape)}",
    )
    found.insert(component_index, keys.tolist(), values)
    return ()


def _taken(num_elements: Spec, component_types: list[DType]) -> list[Shape]:
    merge(num_elements.shape, ())
    return [None] * (2 + len(component_types))


@op(
    f"BarrierTakeMany({_HANDLE}, num_elements: int32) -> indices: int64, keys: string, values: component_types",
    component_types=types_list(minimum=1),
    source=_SOURCE,
    shape=_taken,
)
def barrier_take_many(
    handle: Any,
    num_elements: Array,
    *,
    component_types: list[DType],
    allow_small_batch: bool = False,
    wait_for_incomplete: bool = False,
    timeout_ms: int = -1,
) -> tuple[Array, ...]:
    """Numbers, keys and components of elements that have all components, the first ones by the insertion of their first one.

    Raises: InvalidArgumentError for other types; OutOfRangeError for a closed barrier that has too few.
    Differs: fewer elements are a FailedPreconditionError, where TensorFlow waits.
    """
    found = _of(handle)
    require(
        found.types == tuple(component_types),
        f"component_types must be those of the barrier, {', '.join(t.name for t in found.types)}",
    )
    require_scalar(num_elements, "num_elements")
    count = int(num_elements)
    require(count >= 0, f"num_elements must be >= 0, not {count}")
    return tuple(found.take(count, allow_small_batch))


@op(f"BarrierClose({_HANDLE})", source=_SOURCE, shape=nothing)
def barrier_close(handle: Any, *, cancel_pending_enqueues: bool = False) -> tuple[()]:
    """Nothing, after closing the barrier to new keys, or to all.

    Raises: CancelledError if it is closed.
    """
    _of(handle).close(cancel_pending_enqueues)
    return ()


@op(f"BarrierReadySize({_HANDLE}) -> size: int32", source=_SOURCE, shape=scalar)
def barrier_ready_size(handle: Any) -> Array:
    """How many elements have all components."""
    return np.array(len(_of(handle).ready), np.int32)


@op(f"BarrierIncompleteSize({_HANDLE}) -> size: int32", source=_SOURCE, shape=scalar)
def barrier_incomplete_size(handle: Any) -> Array:
    """How many elements lack components."""
    return np.array(len(_of(handle).incomplete), np.int32)
