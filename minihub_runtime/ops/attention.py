"""Attention: what one sequence takes from another, weighted by how well their vectors agree.

Some heads, or some rows of a head, are worked on at a time, so that their scores stay in the cache; threads take them in turn.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime import blas
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.blocks import runs
from minihub_runtime.ops.matmul import multiply_matrices
from minihub_runtime.ops.products import SPEED, column_of_ones, multiply_here
from minihub_runtime.ops.registry import ROUNDING, Array, at_least, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import allocate
from minihub_runtime.shapes import show
from minihub_runtime.threads import can_share, num_threads, scratch, spread

__all__ = ["STEPS", "attend", "is_regular", "spreads"]

#: What may be done to scores, which are the first operand, before the softmax.
STEPS: dict[str, Callable[..., Any]] = {
    "Add": np.add,
    "Div": np.divide,
    "Mul": np.multiply,
    "Sub": np.subtract,
}
#: Scores of a block: so many that threads meet seldom, and that they and their exponentials stay in the cache that cores share.
_BLOCK = 1 << 17
#: What exponentials of a row add up to where scores are taken as they are: their products with values are neither too small nor
#: too large for float32 then.
LEAST_TOTAL, MOST_TOTAL = 1e-15, 1e15
#: Nanoseconds that a score takes beside the products, about.
_SCORE = 2


_smallest, _largest = np.minimum.reduce, np.maximum.reduce


class _Case(NamedTuple):
    """One call.

    Attributes:
        query: `(heads, rows, depth)`.
        key: `(heads, depth, columns)`.
        value: `(heads, columns, width)`.
        steps: functions, each with its operand, `(heads, rows, columns)` or a number.
        result: `(heads, rows, width)`.
    """

    query: Array
    key: Array
    value: Array
    steps: Sequence[tuple[Callable[..., Any], Array]]
    result: Array


@op(
    "_Attention(query: T, key: T, value: T, operands: N * T) -> result: T",
    T=types("float32"),
    N=at_least(0),
    precision=ROUNDING,
    source="core/kernels/softmax_op_functor.h",
    shape=unknown,
)
def attention(
    query: Array,
    key: Array,
    value: Array,
    operands: list[Array],
    *,
    steps: list[str] = [],
    adj_y: bool = True,
    out: Array | None = None,
) -> Array:
    """The softmax of `query · key` along the last axis, times `value`.

    Args:
        query: `(…, rows, depth)`.
        key: `(…, columns, depth)`, or `(…, depth, columns)` without `adj_y`.
        value: `(…, columns, width)`.
        operands: of the steps.
        steps: what is done to the scores before the softmax; names of `STEPS`.
        adj_y: whether the matrices of `key` are to be transposed.
        out: where the result may go.

    Shapes: the dimensions in front broadcast, as in BatchMatMulV2, and so do operands with the scores.
    Raises: InvalidArgumentError for sizes that do not fit.
    """
    key = np.swapaxes(key, -1, -2) if adj_y else key
    done = list(zip([STEPS[step] for step in steps], operands, strict=True))
    if not is_regular(query, key, value, operands):
        return _whole(query, key, value, done)
    result = _laid_out_as(query, (*query.shape[:-1], value.shape[-1]), out)
    if any(np.may_share_memory(result, x) for x in (query, key, value, *operands)):
        result = np.empty_like(result)
    attend(query, key, value, done, result)
    return result


def is_regular(query: Array, key: Array, value: Array, operands: Sequence[Array]) -> bool:
    """Whether nothing but operands broadcasts, and sizes fit; keys are `(…, depth, columns)`."""
    heads, scores = query.shape[:-2], (*query.shape[:-1], key.shape[-1])
    return (
        query.ndim > 2
        and query.shape[-1] == key.shape[-2]
        and key.shape[-1] == value.shape[-2]
        and heads == key.shape[:-2] == value.shape[:-2]
        and all(spreads(operand, scores) for operand in operands)
    )


def attend(
    query: Array,
    key: Array,
    value: Array,
    steps: Sequence[tuple[Callable[..., Any], Array]],
    result: Array,
) -> None:
    """Put the attention of what is regular into `result`, which shares no memory with the rest.

    Args:
        query: `(…, heads, rows, depth)`.
        key: `(…, heads, depth, columns)`.
        value: `(…, heads, columns, width)`.
        steps: what is done to the scores, functions with their operands.
        result: `(…, heads, rows, width)`.
    """
    scores = (*query.shape[:-1], key.shape[-1])
    spread_out = [
        (
            function,
            operand.reshape(()) if operand.size == 1 else np.broadcast_to(operand, scores),
        )
        for function, operand in steps
    ]
    # Dimensions in front of the last are gone through one by one.
    cases = [
        _Case(
            query[place],
            key[place],
            value[place],
            [
                (function, operand[place] if operand.ndim else operand)
                for function, operand in spread_out
            ],
            result[place],
        )
        for place in np.ndindex(query.shape[:-3])
    ]
    _attend(cases)


def _laid_out_as(query: Array, shape: tuple[int, ...], out: Array | None) -> Array:
    """Memory for a result whose axes lie as those of the queries do.

    Where queries are a view of rows that have all heads, what reads the result wants such rows as well.
    """
    order = sorted(range(query.ndim), key=lambda axis: -abs(query.strides[axis]))
    if order == sorted(order) or order[-1] != query.ndim - 1:
        return allocate(shape, query.dtype, out)
    found = allocate([shape[axis] for axis in order], query.dtype)
    return found.transpose([order.index(axis) for axis in range(query.ndim)])


def spreads(operand: Array, shape: tuple[int, ...]) -> bool:
    """Whether an operand of a step does not make the scores larger."""
    extra = len(shape) - operand.ndim
    return extra >= 0 and all(
        length in (1, whole) for length, whole in zip(operand.shape, shape[extra:], strict=True)
    )


def _whole(
    query: Array, key: Array, value: Array, steps: Sequence[tuple[Callable[..., Any], Array]]
) -> Array:
    """The result where something broadcasts.

    Raises:
        InvalidArgumentError: sizes do not fit.
    """
    scores = multiply_matrices(query, key)
    with np.errstate(all="ignore"):
        for function, operand in steps:
            try:
                scores = function(scores, operand)
            except ValueError as error:
                raise InvalidArgumentError(
                    f"shapes must broadcast, not {show(scores.shape)} and {show(operand.shape)}"
                ) from error
        if scores.size:
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            scores /= scores.sum(axis=-1, keepdims=True)
    return multiply_matrices(scores, value)


def _attend(cases: Sequence[_Case]) -> None:
    """Put all results where they go."""
    if not cases or not cases[0].result.size:
        return
    heads, rows, depth = cases[0].query.shape
    columns, width = cases[0].value.shape[-2:]
    if not columns:
        for case in cases:
            case.result.fill(0)
        return
    size = rows * columns
    cost = len(cases) * heads * size * (depth + width + _SCORE * SPEED) // SPEED
    threads = num_threads() if can_share() else 1
    if size <= _BLOCK:
        most = max(1, min(_BLOCK // size, -(-len(cases) * heads // threads)))
        # Threads that share cases evenly need not share heads.
        sharing = 1 if len(cases) % threads == 0 else threads
        parts = [
            (case, slice(*run), slice(0, rows))
            for case in cases
            for run in runs(heads, most, 1, sharing)
        ]
    else:
        most = max(1, _BLOCK // columns)
        parts = [
            (case, slice(head, head + 1), slice(*run))
            for case in cases
            for head in range(heads)
            for run in runs(rows, most)
        ]

    known = _Known()

    def attend(part: tuple[_Case, slice, slice]) -> None:
        _attend_block(*part, known)

    with np.errstate(all="ignore"), blas.single():
        spread(attend, parts, cost, products=True)


class _Known:
    """What is known of the scores of a call.

    Attributes:
        far: whether some are so far from zero that the largest of each row is to be taken from them first.
    """

    far = False


def _attend_block(case: _Case, heads: slice, rows: slice, known: _Known) -> None:
    """Put the result of some rows of some heads where it goes."""
    value, result = case.value[heads], case.result[heads, rows]
    scores = scratch("attention", (*result.shape[:2], value.shape[1]), result.dtype)
    exponentials = functools.partial(_exponentials, case, heads, rows, scores)
    far = known.far
    if not far:
        # To find the largest scores first is seldom needed.
        total = exponentials(moved=False)
        far = not (_smallest(total, None) >= LEAST_TOTAL and _largest(total, None) <= MOST_TOTAL)
    if far:
        known.far = True
        total = exponentials(moved=True)
    # What all columns are divided by, the result is: it has fewer, mostly.
    if result.flags.c_contiguous:
        attended = result
    else:
        attended = scratch("attended", result.shape, result.dtype)
    multiply_here(scores, value, attended)
    np.divide(attended, total, out=result)


def _exponentials(case: _Case, heads: slice, rows: slice, scores: Array, moved: bool) -> Array:
    """Put the exponentials of scores where they go.

    Args:
        case: whose scores they are.
        heads: of these heads.
        rows: of these rows.
        scores: where they go, `(heads, rows, columns)`.
        moved: whether the largest score of each row is taken from the others.

    Returns:
        What rows add up to, `(heads, rows, 1)`.
    """
    multiply_here(case.query[heads, rows], case.key[heads], scores)
    for function, operand in case.steps:
        function(scores, operand[heads, rows] if operand.ndim else operand, out=scores)
    if moved:
        np.subtract(scores, np.maximum.reduce(scores, axis=-1, keepdims=True), out=scores)
    np.exp(scores, out=scores)
    return np.asarray(np.matmul(scores, column_of_ones(scores.shape[-1])))
