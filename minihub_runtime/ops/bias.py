"""Adding a bias to each channel."""

from __future__ import annotations

from typing import Literal

import numpy as np

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Ops, Term, concat, sizes_of
from minihub_runtime.ops.registry import NUMBERS, ROUNDING, Array, op
from minihub_runtime.ops.windows import allocate, narrow, over_rows, require_plain, widen
from minihub_runtime.shapes import Shape, Spec, merge, show

__all__: list[str] = []

Format2D = Literal["NHWC", "NCHW"]

#: Up to so many elements NumPy adds short rows sooner than they are joined.
SMALL = 1 << 14


def _bias_axis(rank: int, data_format: str) -> int:
    return rank - 1 if data_format == "NHWC" else 1


def _add_bias(value: Array, bias: Array, data_format: str, out: Array | None) -> Array:
    require_plain(value, "value")
    if value.ndim < 2:
        require(False, f"value must have rank >= 2, not shape {list(value.shape)}")
    require_rank(bias, 1, "bias")
    axis = _bias_axis(value.ndim, data_format)
    if value.shape[axis] != len(bias):
        require(False, f"bias must have {value.shape[axis]} elements, not {len(bias)}")
    x, b = widen(value), widen(bias)
    result = allocate(x.shape, x.dtype, out)
    if axis == value.ndim - 1 and x.size > SMALL and x.flags.c_contiguous:
        over_rows(_add, x, result, b)
    elif axis == value.ndim - 1:
        np.add(x, b, out=result)
    else:
        np.add(x, b.reshape(-1, *(1,) * (value.ndim - 2)), out=result)
    return narrow(result, value.dtype)


def _add(x: Array, result: Array, bias: Array) -> None:
    np.add(x, bias, out=result)


def _bias_shape(value: Spec, bias: Spec, data_format: str = "NHWC") -> Shape:
    if value.shape is None:
        return None
    least = 2 if data_format == "NHWC" else 3
    if len(value.shape) < least:
        require(False, f"value must have rank >= {least}, not shape {show(value.shape)}")
    axis = _bias_axis(len(value.shape), data_format)
    known: list[int | None] = [None] * len(value.shape)
    known[axis] = bias.dim(0) if bias.rank else None
    return merge(value.shape, tuple(known))


@op(
    "BiasAdd(value: T, bias: T) -> output: T",
    T=NUMBERS,
    source="core/kernels/bias_op.cc",
    shape=_bias_shape,
    ranks={"bias": 1},
)
def bias_add(
    value: Array, bias: Array, *, data_format: Format2D = "NHWC", out: Array | None = None
) -> Array:
    """`value` plus a vector along the channels: the last axis, or with NCHW the second.

    Shapes: `[…, c], [c] -> […, c]`, or with NCHW `[n, c, …], [c] -> [n, c, …]`.
    Raises: InvalidArgumentError for rank < 2 or a bias of another length; UnimplementedError for quantised types.
    """
    return _add_bias(value, bias, data_format, out)


@op(
    "BiasAddV1(value: T, bias: T) -> output: T",
    T=NUMBERS,
    like=bias_add,
    ranks={"bias": 1},
)
def bias_add_v1(value: Array, bias: Array, *, out: Array | None = None) -> Array:
    """BiasAdd along the last axis."""
    return _add_bias(value, bias, "NHWC", out)


@bias_add_v1.shape
def bias_add_v1_shape(value: Spec, bias: Spec) -> Shape:
    """The shape of `value`."""
    return _bias_shape(value, bias)


@op(
    "BiasAddGrad(out_backprop: T) -> output: T",
    T=NUMBERS,
    precision=ROUNDING,
    source="core/kernels/bias_op.cc",
)
def bias_add_grad(out_backprop: Array, *, data_format: Format2D = "NHWC") -> Array:
    """The sum over all axes but the channels.

    Shapes: `[…, c] -> [c]`, or with NCHW `[n, c, …] -> [c]`.
    Raises: InvalidArgumentError for rank < 2; UnimplementedError for quantised types.
    """
    require_plain(out_backprop, "out_backprop")
    rank = out_backprop.ndim
    if rank < 2:
        require(False, f"out_backprop must have rank >= 2, not shape {list(out_backprop.shape)}")
    axis = _bias_axis(rank, data_format)
    others = tuple([n for n in range(rank) if n != axis])
    x = widen(out_backprop)
    return narrow(x.sum(axis=others, dtype=x.dtype), out_backprop.dtype)


@bias_add_grad.shape
def bias_add_grad_shape(out_backprop: Spec, data_format: str) -> Shape:
    """The number of channels."""
    if out_backprop.shape is None:
        return (None,)
    rank = len(out_backprop.shape)
    require(rank >= 2, f"out_backprop must have rank >= 2, not shape {show(out_backprop.shape)}")
    return (out_backprop.shape[_bias_axis(rank, data_format)],)


@bias_add.gradient
def bias_add_gradient(ops: Ops, grad: Term, data_format: str) -> tuple[Term, Term]:
    return grad, ops.BiasAddGrad(grad, data_format=data_format)


@bias_add_v1.gradient
def bias_add_v1_gradient(ops: Ops, grad: Term) -> tuple[Term, Term]:
    return grad, ops.Sum(grad, ops.Range(0, ops.Rank(grad) - 1, 1))


@bias_add_grad.gradient
def bias_add_grad_gradient(ops: Ops, grad: Term, out_backprop: Term, data_format: str) -> Term:
    sizes, count = sizes_of(ops, out_backprop), sizes_of(ops, grad)
    if data_format == "NCHW":
        expanded = concat(ops, [[1], count, ops.OnesLike(sizes[2:])])
    else:
        expanded = concat(ops, [ops.OnesLike(sizes[:-1]), count])
    return ops.BroadcastTo(ops.Reshape(grad, expanded), sizes)
