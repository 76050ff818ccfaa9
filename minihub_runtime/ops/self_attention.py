"""Attention of a sequence to itself, with the products before it and the one after it, so that threads meet once.

Each thread makes the queries, keys and values of some heads, what these take from one another, and what that adds to the product
with the last matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minihub_runtime.ops.attention import STEPS, attend, spreads
from minihub_runtime.ops.chained_products import (
    Share,
    multiply_some,
    rows_below,
    share_columns,
    sum_of_shares,
)
from minihub_runtime.ops.layout import complete_shape
from minihub_runtime.ops.panels import Panels
from minihub_runtime.ops.prepared_matrix import PreparedMatrix
from minihub_runtime.ops.products import SPEED, with_whole_rows
from minihub_runtime.ops.registry import REGISTRY, ROUNDING, Array, at_least, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.threads import can_share, num_threads, pays, scratch

__all__: list[str] = []

#: Positions before heads, or heads before positions.
ORDER = np.array([0, 2, 1, 3], np.int32)
ORDER.flags.writeable = False


@op(
    "_SelfAttention(a: T, query: variant, key: variant, value: variant, last: variant, query_shape: Tshape, key_shape: Tshape, "
    "value_shape: Tshape, joined_shape: Tshape, operands: N * T) -> product: T",
    T=types("float32"),
    Tshape=types("int32 int64"),
    N=at_least(0),
    precision=ROUNDING,
    source="core/kernels/softmax_op_functor.h",
    shape=unknown,
)
def self_attention(
    a: Array,
    query: PreparedMatrix,
    key: PreparedMatrix,
    value: PreparedMatrix,
    last: PreparedMatrix,
    query_shape: Array,
    key_shape: Array,
    value_shape: Array,
    joined_shape: Array,
    operands: list[Array],
    *,
    steps: list[str] = [],
) -> Array:
    """What `_PreparedMatMul`, Reshape, Transpose, `_Attention`, Transpose, Reshape and `_PreparedMatMul` give.

    Args:
        a: `[m, k]`.
        query: `[k, heads * depth]`, as those of `key` and `value`.
        key: of the keys.
        value: of the values.
        last: `[heads * depth, n]`.
        query_shape: batch, positions, heads and depth; one of them may be -1.
        key_shape: the same for keys.
        value_shape: the same for values.
        joined_shape: that of what `last` multiplies.
        operands: of the steps.
        steps: what is done to the scores before the softmax.

    Shapes: `[m, k] -> [m, n]`.
    Raises: InvalidArgumentError for sizes that do not fit.
    """
    matrices, shapes = (query, key, value), (query_shape, key_shape, value_shape)
    done = list(zip([STEPS[step] for step in steps], operands, strict=True))
    case = _case(a, matrices, last, shapes, joined_shape, operands)
    if case is not None:
        return _in_shares(a, matrices, last, case, done)
    transpose = REGISTRY["Transpose"].kernel
    reshape = REGISTRY["Reshape"].kernel
    products = REGISTRY["_PreparedMatMuls"].kernel(a, matrices)
    heads = [
        transpose(reshape(product, shape), ORDER)
        for product, shape in zip(products, shapes, strict=True)
    ]
    attended = REGISTRY["_Attention"].kernel(*heads, operands, steps=steps)
    # Their memory is free for what comes.
    del products, heads
    joined = reshape(transpose(attended, ORDER), joined_shape)
    return np.asarray(REGISTRY["_PreparedMatMul"].kernel(joined, last))


class _Case(NamedTuple):
    """A call that threads share by heads.

    Attributes:
        sizes: batch, positions, heads and depth.
        panels: the matrices of queries, keys and values.
        shares: what threads make of each product.
        below: the rows of the last matrix that each share meets.
    """

    sizes: tuple[int, ...]
    panels: Sequence[Panels]
    shares: Sequence[Share]
    below: Sequence[Panels]


def _case(
    a: Array,
    matrices: Sequence[PreparedMatrix],
    last: PreparedMatrix,
    shapes: Sequence[Array],
    joined_shape: Array,
    operands: Sequence[Array],
) -> _Case | None:
    """How threads share a call; None where they do not, or not all is as usual."""
    if a.ndim != 2 or not can_share():
        return None
    (rows, length), width = a.shape, matrices[0].shape[1]
    if not pays(3 * rows * length * width // SPEED):
        return None
    panels = [panels for matrix in matrices if (panels := matrix.laid_out(rows)) is not None]
    if len(panels) < len(matrices) or any(x.shape != (length, width) for x in matrices):
        return None
    asked, *others = [shape.ravel().tolist() for shape in shapes]
    if len(asked) != 4 or any(other != asked for other in others):
        return None
    sizes = complete_shape(asked, (rows, width))
    batch, positions, heads, depth = sizes
    if heads * depth != width or last.shape[0] != width:
        return None
    if complete_shape(joined_shape.ravel().tolist(), sizes) != (rows, width):
        return None
    if not all(spreads(operand, (batch, heads, positions, positions)) for operand in operands):
        return None
    shares = share_columns(panels[0].starts, depth, num_threads())
    below = rows_below(last, rows, shares)
    return _Case(sizes, panels, shares, below) if below else None


def _in_shares(
    a: Array,
    matrices: Sequence[PreparedMatrix],
    last: PreparedMatrix,
    case: _Case,
    steps: Sequence[tuple[Callable[..., Any], Array]],
) -> Array:
    """The result, of which threads make some heads each."""
    left = with_whole_rows(a)
    batch, positions, _, depth = case.sizes

    def make(share: Share, part: Panels, place: Array) -> None:
        first, stop = share.columns.start // depth, share.columns.stop // depth
        shape = batch, positions, stop - first, depth
        query, key, value = (
            multiply_some(left, matrix, panels, share, f"heads {number}").reshape(shape)
            for number, (matrix, panels) in enumerate(zip(matrices, case.panels, strict=True))
        )
        attended = scratch("attended heads", shape, left.dtype)
        attend(
            query.transpose(ORDER),
            key.transpose(0, 2, 3, 1),
            value.transpose(ORDER),
            [(function, _of_heads(operand, first, stop)) for function, operand in steps],
            attended.transpose(ORDER),
        )
        part.multiply(attended.reshape(len(left), -1), place)

    return sum_of_shares(make, case.shares, case.below, last, len(left), None)


def _of_heads(operand: Array, first: int, stop: int) -> Array:
    """What an operand has for some heads."""
    shared = operand.ndim < 3 or operand.shape[-3] == 1
    return operand if shared else operand[..., first:stop, :, :]
