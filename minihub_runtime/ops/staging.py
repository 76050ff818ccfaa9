"""Staging areas: what is put in by one run and taken out by another.

A staging area has no handle; nodes of one name have one area, which the first of them makes.

Source: tensorflow/core/kernels/stage_op.cc, map_stage_op.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minihub_runtime.dtypes import DType, as_dtype
from minihub_runtime.ops.checking import require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import Array, at_least, op, types_list
from minihub_runtime.ops.shape_rules import nothing, scalar
from minihub_runtime.ops.staging_areas import MapArea, OrderedMapArea, StagingArea
from minihub_runtime.shapes import Shape

__all__: list[str] = []

_STAGE = "core/kernels/stage_op.cc"
_MAP = "core/kernels/map_stage_op.cc"
_LIMITS: dict[str, Any] = dict(capacity=at_least(0), memory_limit=at_least(0), stateful=True)
_SOME, _ANY = types_list(minimum=1), types_list(minimum=0)


def _own(values: Sequence[Array]) -> tuple[Array, ...]:
    return tuple(value.copy() for value in values)


def _checked(values: Sequence[Array], types: Sequence[DType]) -> tuple[Array, ...]:
    """What is given out, which must be of the types that the node has."""
    require(len(values) == len(types), f"Mismatch stage/unstage: {len(values)} vs. {len(types)}")
    for place, (value, dtype) in enumerate(zip(values, types, strict=True)):
        found = as_dtype(value.dtype)
        require(found is dtype, f"value {place} must be {dtype.name}, not {found.name}")
    return tuple(values)


def _area(
    ctx: Context, kind: type[Any], container: str, name: str, types: Any, capacity: int, limit: int
) -> Any:
    """The area of a name."""
    key = name or ctx.node
    return ctx.resource(
        container, f"{kind.kind} {key}", lambda: kind(key, len(types), capacity, limit)
    )


def _unknowns(dtypes: Sequence[DType]) -> list[Shape]:
    """What an area holds is not known before a run."""
    return [None] * len(dtypes)


def _keyed(dtypes: Sequence[DType]) -> list[Shape]:
    """As `_unknowns`, with a key."""
    return [None] * (len(dtypes) + 1)


@op("Stage(values: dtypes)", dtypes=_SOME, source=_STAGE, shape=nothing, **_LIMITS)
def stage(
    ctx: Context,
    values: Sequence[Array],
    *,
    dtypes: list[DType],
    capacity: int = 0,
    memory_limit: int = 0,
    container: str = "",
    shared_name: str = "",
) -> tuple[()]:
    """Nothing, after putting an element into the area of that name.

    Raises: ResourceExhaustedError for one that is larger than the limit.
    Differs: no room for it is a FailedPreconditionError, where TensorFlow waits.
    """
    area = _area(ctx, StagingArea, container, shared_name, dtypes, capacity, memory_limit)
    area.put(_own(values))
    return ()


@op("Unstage() -> values: dtypes", dtypes=_SOME, source=_STAGE, shape=_unknowns, **_LIMITS)
def unstage(
    ctx: Context,
    *,
    dtypes: list[DType],
    capacity: int = 0,
    memory_limit: int = 0,
    container: str = "",
    shared_name: str = "",
) -> tuple[Array, ...]:
    """The element that was put in first, which leaves the area.

    Raises: InvalidArgumentError for one of other types.
    Differs: an empty area is a FailedPreconditionError, where TensorFlow waits.
    """
    area = _area(ctx, StagingArea, container, shared_name, dtypes, capacity, memory_limit)
    return _checked(area.take(), dtypes)


@op(
    "StagePeek(index: int32) -> values: dtypes",
    dtypes=_SOME,
    source=_STAGE,
    shape=_unknowns,
    **_LIMITS,
)
def stage_peek(
    ctx: Context,
    index: Array,
    *,
    dtypes: list[DType],
    capacity: int = 0,
    memory_limit: int = 0,
    container: str = "",
    shared_name: str = "",
) -> tuple[Array, ...]:
    """The element at a place, which stays in the area.

    Raises: InvalidArgumentError for one of other types, and an index that is no scalar.
    Differs: an element that is not there yet is a FailedPreconditionError, where TensorFlow waits.
    """
    require(index.size == 1 and not index.ndim, "index must be scalar")
    area = _area(ctx, StagingArea, container, shared_name, dtypes, capacity, memory_limit)
    return _checked(area.peek(int(index)), dtypes)


def _size_of(
    name: str, kind: type[Any], source: str, count: Callable[[Any], int], doc: str
) -> None:
    """Register an op that counts something."""

    def kernel(
        ctx: Context,
        *,
        dtypes: list[DType],
        capacity: int = 0,
        memory_limit: int = 0,
        container: str = "",
        shared_name: str = "",
    ) -> Array:
        area = _area(ctx, kind, container, shared_name, dtypes, capacity, memory_limit)
        return np.array(count(area), np.int32)

    kernel.__doc__ = doc
    op(f"{name}() -> size: int32", dtypes=_ANY, source=source, shape=scalar, **_LIMITS)(kernel)


def _clearing(name: str, kind: type[Any], source: str) -> None:
    """Register an op that empties an area."""

    def kernel(
        ctx: Context,
        *,
        dtypes: list[DType],
        capacity: int = 0,
        memory_limit: int = 0,
        container: str = "",
        shared_name: str = "",
    ) -> tuple[()]:
        _area(ctx, kind, container, shared_name, dtypes, capacity, memory_limit).clear()
        return ()

    kernel.__doc__ = """Nothing, after removing all elements."""
    op(f"{name}()", dtypes=_ANY, source=source, shape=nothing, **_LIMITS)(kernel)


_size_of("StageSize", StagingArea, _STAGE, len, """How many elements the area has.""")
_clearing("StageClear", StagingArea, _STAGE)


def _key(key: Array) -> int:
    require(key.size == 1, f"key must be an int64 scalar, not of shape {list(key.shape)}")
    return int(key.reshape(()))


def _register_map(prefix: str, kind: type[MapArea]) -> None:
    """Register the ops of areas with keys."""

    @op(
        f"{prefix}Stage(key: int64, indices: int32, values: fake_dtypes)",
        dtypes=_ANY,
        fake_dtypes=_SOME,
        source=_MAP,
        shape=nothing,
        **_LIMITS,
    )
    def map_stage(
        ctx: Context,
        key: Array,
        indices: Array,
        values: Sequence[Array],
        *,
        dtypes: list[DType],
        capacity: int = 0,
        memory_limit: int = 0,
        container: str = "",
        shared_name: str = "",
    ) -> tuple[()]:
        """Nothing, after putting the values at some places of the element of a key; it is there when it has all.

        Raises: InvalidArgumentError for places that do not increase, lie outside or have a value already;
            ResourceExhaustedError for values that are larger than the limit.
        Differs: no room for it is a FailedPreconditionError, where TensorFlow waits.
        """
        area = _area(ctx, kind, container, shared_name, dtypes, capacity, memory_limit)
        area.put(_key(key), indices.reshape(-1).tolist(), _own(values))
        return ()

    def of_key(name: str, remove: bool, doc: str) -> None:
        def kernel(
            ctx: Context,
            key: Array,
            indices: Array,
            *,
            dtypes: list[DType],
            capacity: int = 0,
            memory_limit: int = 0,
            container: str = "",
            shared_name: str = "",
        ) -> tuple[Array, ...]:
            area = _area(ctx, kind, container, shared_name, dtypes, capacity, memory_limit)
            return _checked(area.get(_key(key), indices.reshape(-1).tolist(), remove), dtypes)

        kernel.__doc__ = doc
        op(
            f"{prefix}{name}(key: int64, indices: int32) -> values: dtypes",
            dtypes=_SOME,
            source=_MAP,
            shape=_unknowns,
            **_LIMITS,
        )(kernel)

    of_key(
        "Peek",
        False,
        """The values at some places of the element of a key, which stay there.

        Raises: InvalidArgumentError for places that do not increase, lie outside or have been taken, and for other types.
        Differs: a key that is not there yet is a FailedPreconditionError, where TensorFlow waits.
        """,
    )
    of_key(
        "Unstage",
        True,
        """The values at some places of the element of a key, which leave it; the key leaves with the last of them.

        Raises: InvalidArgumentError for places that do not increase, lie outside or have been taken, and for other types.
        Differs: a key that is not there yet is a FailedPreconditionError, where TensorFlow waits.
        """,
    )

    @op(
        f"{prefix}UnstageNoKey(indices: int32) -> key: int64, values: dtypes",
        dtypes=_SOME,
        source=_MAP,
        shape=_keyed,
        **_LIMITS,
    )
    def map_unstage_no_key(
        ctx: Context,
        indices: Array,
        *,
        dtypes: list[DType],
        capacity: int = 0,
        memory_limit: int = 0,
        container: str = "",
        shared_name: str = "",
    ) -> tuple[Array, ...]:
        """A key, the smallest one of an ordered area, and values of its element as for Unstage with a key.

        Raises: InvalidArgumentError for places that do not increase, lie outside or have been taken, and for other types.
        Differs: an empty area is a FailedPreconditionError, where TensorFlow waits; an area without an order gives the
            key that came first.
        """
        area = _area(ctx, kind, container, shared_name, dtypes, capacity, memory_limit)
        key, values = area.pop(indices.reshape(-1).tolist())
        return np.array(key, np.int64), *_checked(values, dtypes)

    _size_of(f"{prefix}Size", kind, _MAP, len, """How many elements are complete.""")
    _size_of(
        f"{prefix}IncompleteSize",
        kind,
        _MAP,
        lambda area: len(area.incomplete),
        """How many elements lack values.""",
    )
    _clearing(f"{prefix}Clear", kind, _MAP)


_register_map("Map", MapArea)
_register_map("OrderedMap", OrderedMapArea)
