"""Many pushes on stacks, or pops, in one step: what `passes.join_stacks` makes of the loops that gradients go back through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minihub_runtime.dtypes import DType
from minihub_runtime.ops.registry import ANY_LIST, REGISTRY, at_least, op
from minihub_runtime.ops.shape_rules import nothing
from minihub_runtime.shapes import Shape

__all__: list[str] = []

SOURCE = "core/kernels/stack_ops.cc"


def _unknown(elem_types: list[DType]) -> list[Shape]:
    return [None] * len(elem_types)


@op(
    "_PushAll(handles: N * resource, elems: T)",
    N=at_least(1),
    T=ANY_LIST,
    stateful=True,
    source=SOURCE,
    shape=nothing,
)
def push_all(handles: Sequence[Any], elems: Sequence[Any], *, T: list[DType]) -> tuple[()]:
    """Nothing, after pushing each value on its stack, in order; as `StackPushV2`."""
    push = REGISTRY["StackPushV2"].kernel
    for handle, elem, dtype in zip(handles, elems, T, strict=True):
        push(handle, elem, T=dtype)
    return ()


@op(
    "_PopAll(handles: N * resource) -> elems: elem_types",
    N=at_least(1),
    elem_types=ANY_LIST,
    stateful=True,
    source=SOURCE,
    shape=_unknown,
)
def pop_all(handles: Sequence[Any], *, elem_types: list[DType]) -> list[Any]:
    """The last value of each stack, after taking it off, in order; as `StackPopV2`."""
    pop = REGISTRY["StackPopV2"].kernel
    return [pop(handle, elem_type=dtype) for handle, dtype in zip(handles, elem_types, strict=True)]
