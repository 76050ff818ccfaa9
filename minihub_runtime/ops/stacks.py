"""Stacks: what loops keep for their gradients, values last in, first out.

Many pushes, or pops, in one step are what `passes.join_stacks` makes of the loops that gradients go back through.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.checking import require, require_scalar
from minihub_runtime.ops.registry import (
    ANY,
    ANY_LIST,
    Array,
    at_least,
    op,
    without_gradient,
)
from minihub_runtime.ops.shape_rules import nothing, unknown
from minihub_runtime.shapes import Shape

__all__ = ["Stack"]

SOURCE = "core/kernels/stack_ops.cc"


class Stack:
    """Values last in, first out."""

    def __init__(self, dtype: DType, limit: int) -> None:
        self.dtype = dtype
        self.limit = limit
        self.items: list[Any] = []
        self.lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Stack of {len(self.items)} {self.dtype.name}>"


def _stack(value: Any) -> Stack:
    if not isinstance(value, Stack):
        raise InvalidArgumentError(f"handle must be a stack, not {type(value).__name__}")
    return value


def _check_elements(stack: Stack, dtype: DType) -> None:
    if stack.dtype is not dtype:
        raise InvalidArgumentError(f"the stack's type must be {dtype.name}, not {stack.dtype.name}")


@op(
    "StackV2(max_size: int32) -> handle: resource",
    elem_type=ANY,
    stateful=True,
    source=SOURCE,
    shape=lambda max_size: (2,),
)
def stack_v2(max_size: Array, *, elem_type: DType, stack_name: str = "") -> Any:
    """A new stack of at most `max_size` values; of any number if that is negative."""
    require_scalar(max_size, "max_size")
    return Stack(elem_type, int(max_size))


@op(
    "StackPushV2(handle: resource, elem: T) -> output: T",
    T=ANY,
    stateful=True,
    source=SOURCE,
    views=True,
    shape=lambda elem: elem.shape,
)
def stack_push_v2(handle: Any, elem: Any, *, swap_memory: bool = False, T: DType) -> Any:
    """`elem`, after pushing it.

    Raises: InvalidArgumentError if the stack is full, or of another type.
    """
    stack = _stack(handle)
    _check_elements(stack, T)
    with stack.lock:
        if 0 <= stack.limit <= len(stack.items):
            raise InvalidArgumentError(f"Stack[stack] overflowed its max_size ({stack.limit})")
        stack.items.append(elem)
    return elem


@op(
    "StackPopV2(handle: resource) -> elem: elem_type",
    elem_type=ANY,
    stateful=True,
    source=SOURCE,
    shape=unknown,
)
def stack_pop_v2(handle: Any, *, elem_type: DType) -> Any:
    """The last value pushed, after taking it off.

    Raises: InvalidArgumentError if there is none, or the stack is of another type.
    """
    stack = _stack(handle)
    _check_elements(stack, elem_type)
    with stack.lock:
        require(stack.items, "Stack[stack] is empty when calling Pop().")
        return stack.items.pop()


@op("StackCloseV2(handle: resource)", stateful=True, source=SOURCE, shape=nothing)
def stack_close_v2(handle: Any) -> tuple[()]:
    """Nothing, after forgetting the values."""
    _stack(handle).items.clear()
    return ()


@op(
    "Stack() -> handle: Ref(string)",
    elem_type=ANY,
    stateful=True,
    source=SOURCE,
    shape=lambda: (2,),
)
def stack_of_any_size(*, elem_type: DType, stack_name: str = "") -> Any:
    """A new stack of any number of values, by a reference."""
    return Stack(elem_type, -1)


# As in TensorFlow, what takes a reference counts as an act for that.
op(
    "StackPush(handle: Ref(string), elem: T) -> output: T",
    T=ANY,
    source=SOURCE,
    views=True,
    shape=stack_push_v2.shape_rule,
)(stack_push_v2.kernel)
op("StackPop(handle: Ref(string)) -> elem: elem_type", elem_type=ANY, source=SOURCE, shape=unknown)(
    stack_pop_v2.kernel
)
op("StackClose(handle: Ref(string))", source=SOURCE, shape=nothing)(stack_close_v2.kernel)
without_gradient("Stack", "StackPush", "StackPop", "StackClose")


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
    for handle, elem, dtype in zip(handles, elems, T, strict=True):
        stack_push_v2.kernel(handle, elem, T=dtype)
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
    pop = stack_pop_v2.kernel
    return [pop(handle, elem_type=dtype) for handle, dtype in zip(handles, elem_types, strict=True)]
