"""Functional control flow: ops whose attributes are functions of the graph's library.

Source of all: tensorflow/core/kernels/functional_ops.cc, partitioned_function_ops.cc.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minihub_runtime.codec import Func
from minihub_runtime.dtypes import DType
from minihub_runtime.errors import InvalidArgumentError, WouldWaitError
from minihub_runtime.ops.checking import allocatable, require
from minihub_runtime.ops.context import Context
from minihub_runtime.ops.registry import ANY, ANY_LIST, ROUNDING, Array, at_least, op, types_list
from minihub_runtime.shapes import Shape, Spec

SOURCE = "core/kernels/functional_ops.cc"


def _given(output_shapes: list[Shape], Tout: list[Any]) -> list[Shape]:
    """The shapes the graph's writer noted, unknown where it noted none."""
    return list(output_shapes) if len(output_shapes) == len(Tout) else [None] * len(Tout)


def _untold(Tout: list[Any]) -> list[Shape]:
    return [None] * len(Tout)


def truth(value: Any) -> bool:
    """Whether a value counts as true: a scalar that is not zero or empty, an array that has elements.

    Source: core/kernels/functional_ops.cc:ToBool.
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return bool(value.item())
    return bool(np.size(value))


@op(
    "PartitionedCall(args: Tin) -> output: Tout",
    Tin=ANY_LIST,
    Tout=ANY_LIST,
    source="core/kernels/partitioned_function_ops.cc",
    shape=_untold,
)
def partitioned_call(
    ctx: Context,
    args: Sequence[Any],
    *,
    f: Func,
    config: str = "",
    config_proto: str = "",
    executor_type: str = "",
) -> tuple[Any, ...]:
    """The results of function `f`."""
    return tuple(ctx.call(f, args))


@op(
    "StatefulPartitionedCall(args: Tin) -> output: Tout",
    Tin=ANY_LIST,
    Tout=ANY_LIST,
    stateful=True,
    source="core/kernels/partitioned_function_ops.cc",
    shape=_untold,
)
def stateful_partitioned_call(
    ctx: Context,
    args: Sequence[Any],
    *,
    f: Func,
    config: str = "",
    config_proto: str = "",
    executor_type: str = "",
) -> tuple[Any, ...]:
    """The results of function `f`, which may have effects."""
    return tuple(ctx.call(f, args))


def _like_arguments(input: list[Spec], Tout: list[DType]) -> list[Shape]:
    return [spec.shape if spec.dtype.name != "resource" else None for spec in input[: len(Tout)]]


@op(
    "SymbolicGradient(input: Tin) -> output: Tout",
    Tin=types_list(minimum=1),
    Tout=types_list(minimum=1),
    precision=ROUNDING,
    source="core/kernels/function_ops.cc",
    shape=_like_arguments,
)
def symbolic_gradient(
    ctx: Context, input: Sequence[Any], *, f: Func, Tout: list[DType]
) -> tuple[Any, ...]:
    """The gradients of the arguments of function `f`; `input` has the arguments, then the gradients of the results.

    Arguments that no result depends on get zeros.

    Differs: effects of the function do not happen again.
    Raises: NotFoundError if the function, or an op in it, has no gradient.
    """
    return tuple(ctx.call_gradient(f, Tout, input))


def _if(
    ctx: Context,
    cond: Any,
    input: Sequence[Any],
    *,
    then_branch: Func,
    else_branch: Func,
    output_shapes: list[Shape] = [],
) -> tuple[Any, ...]:
    """The results of one of two functions."""
    return tuple(ctx.call(then_branch if truth(cond) else else_branch, input))


for _name in ("If", "StatelessIf"):
    op(
        f"{_name}(cond: Tcond, input: Tin) -> output: Tout",
        Tcond=ANY,
        Tin=ANY_LIST,
        Tout=ANY_LIST,
        stateful=_name == "If",
        source=SOURCE,
        shape=_given,
    )(_if)


def _case(
    ctx: Context,
    branch_index: Array,
    input: Sequence[Any],
    *,
    branches: list[Func],
    output_shapes: list[Shape] = [],
) -> tuple[Any, ...]:
    """The results of function number `branch_index`, of the last one if there is no such number."""
    require(branch_index.ndim == 0, "branch_index must be a scalar")
    index = int(branch_index)
    if not 0 <= index < len(branches):
        index = len(branches) - 1
    return tuple(ctx.call(branches[index], input))


for _name in ("Case", "StatelessCase"):
    op(
        f"{_name}(branch_index: int32, input: Tin) -> output: Tout",
        branches=at_least(1),
        Tin=ANY_LIST,
        Tout=ANY_LIST,
        stateful=_name == "Case",
        source=SOURCE,
        shape=_given,
    )(_case)


def _while(
    ctx: Context,
    input: Sequence[Any],
    *,
    cond: Func,
    body: Func,
    output_shapes: list[Shape] = [],
    parallel_iterations: int = 10,
) -> tuple[Any, ...]:
    """The values after calling `body` as long as `cond` is true."""
    return _turns(ctx, cond, body, input)


def _turns(
    ctx: Context, cond: Func, body: Func, values: Sequence[Any], go_on: list[Any] | None = None
) -> tuple[Any, ...]:
    """The values after all turns from one whose test may have been made."""
    while True:
        ctx.check()
        try:
            if go_on is None:
                go_on = ctx.call(cond, values)
        except WouldWaitError as error:
            error.then(functools.partial(_turns, ctx, cond, body, values))
            raise
        if len(go_on) != 1:
            raise InvalidArgumentError(f"cond must return one value, not {len(go_on)}")
        if not truth(go_on[0]):
            return tuple(values)
        go_on = None
        try:
            values = ctx.call(body, values)
        except WouldWaitError as error:
            error.then(functools.partial(_turns, ctx, cond, body))
            raise


def _while_shape(input: Sequence[Spec], output_shapes: list[Shape]) -> list[Shape]:
    """The shapes the writer noted; a turn may change what is not noted."""
    if len(output_shapes) == len(input):
        return list(output_shapes)
    return [None] * len(input)


for _name in ("While", "StatelessWhile"):
    op(
        f"{_name}(input: T) -> output: T",
        T=ANY_LIST,
        stateful=_name == "While",
        source=SOURCE,
        shape=_while_shape,
    )(_while)


@op(
    "For(start: int32, limit: int32, delta: int32, input: T) -> output: T",
    T=ANY_LIST,
    source=SOURCE,
    shape=lambda input: [None] * len(input),
)
def for_(
    ctx: Context,
    start: Array,
    limit: Array,
    delta: Array,
    input: Sequence[Any],
    *,
    body: Func,
) -> tuple[Any, ...]:
    """The values after calling `body(i, values…)` for i from `start` to `limit` in steps of `delta`.

    Raises: InvalidArgumentError for a delta of zero or one that leads away from `limit`.
    """
    for name, value in (("start", start), ("limit", limit), ("delta", delta)):
        require(value.ndim == 0, f"{name} must be a scalar")
    first, last, step = int(start), int(limit), int(delta)
    require(
        (step > 0 and first <= last)
        or (step < 0 and first >= last)
        or (step == 0 and first == last),
        f"delta must lead from start {first} to limit {last}, not {step}",
    )
    return _counted_turns(ctx, body, iter(range(first, last, step) if step else ()), input)


def _counted_turns(
    ctx: Context, body: Func, numbers: Iterator[int], values: Sequence[Any]
) -> tuple[Any, ...]:
    """The values after the turns of these numbers."""
    for i in numbers:
        ctx.check()
        try:
            values = ctx.call(body, [np.array(i, np.int32), *values])
        except WouldWaitError as error:
            error.then(functools.partial(_counted_turns, ctx, body, numbers))
            raise
    return tuple(values)


@op("FakeParam() -> output: dtype", dtype=ANY, source=SOURCE, shape=lambda shape: shape)
def fake_param(*, dtype: DType, shape: Shape) -> Array:
    """A value that nobody looks at: what a branch returns where only the other has a result."""
    known = allocatable([0 if n is None else n for n in shape or ()], dtype.numpy)
    if dtype.name == "string":
        empty = np.empty(known, dtype=object)
        empty.fill(b"")
        return empty
    return np.zeros(known, dtype.numpy)


@op(
    "_Arg() -> output: T",
    T=ANY,
    index=at_least(0),
    stateful=True,
    source="core/ops/function_ops.cc",
    shape=lambda: None,
)
def arg(*, index: int) -> Array:
    """The argument of a function, or of a graph that was one: its value comes from the call.

    Raises: InvalidArgumentError, for a value that was given is never computed.
    """
    raise InvalidArgumentError(f"argument number {index} must be given")


@op(
    "_Retval(input: T)",
    T=ANY,
    index=at_least(0),
    stateful=True,
    source="core/ops/function_ops.cc",
    shape=lambda input: [],
)
def retval(input: Any, *, index: int) -> tuple[()]:
    """Nothing: it marks the result of a function, or of a graph that was one."""
    return ()
