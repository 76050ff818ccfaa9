"""Comparisons, logic, and selection by a condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import as_dtype, bits, from_bits
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.broadcasting import elementwise, require_kernel, widen
from minihub_runtime.ops.gradient_rules import Gradient, Ops, Term, unbroadcast
from minihub_runtime.ops.registry import ANY, NUMBERS, REALS, Array, op, without_gradient
from minihub_runtime.ops.shape_rules import broadcasted, same
from minihub_runtime.shapes import Shape, Spec, broadcast, merge, show

__all__: list[str] = []


def _equality(name: str, function: Callable[..., Any], doc: str) -> None:
    def kernel(
        x: Array,
        y: Array,
        *,
        incompatible_shape_error: bool = True,
        out: Array | None = None,
    ) -> Array:
        if x.dtype.names is not None and as_dtype(x.dtype).is_quantized:
            x, y = bits(x), bits(y)
        try:
            return elementwise(function, x, y, out=out, result=np.bool_)
        except InvalidArgumentError:
            if incompatible_shape_error:
                raise
            return np.asarray(name == "NotEqual")

    def shape(x: Spec, y: Spec, incompatible_shape_error: bool) -> Shape:
        if incompatible_shape_error:
            return broadcast(x.shape, y.shape)
        if x.shape is None or y.shape is None:
            return None
        # Sizes that turn out not to broadcast make the answer a scalar.
        if any(None in pair and 1 not in pair for pair in zip(x.shape[::-1], y.shape[::-1])):
            return None
        try:
            return broadcast(x.shape, y.shape)
        except InvalidArgumentError:
            return ()

    kernel.__doc__ = doc
    source = "core/kernels/cwise_op_equal_to_1.cc"
    op(f"{name}(x: T, y: T) -> z: bool", T=ANY, source=source, shape=shape)(kernel)


_equality(
    "Equal",
    np.equal,
    "Whether `x` equals `y`. Where the shapes do not broadcast: False, or refused, as the attribute says.",
)
_equality(
    "NotEqual",
    np.not_equal,
    "Whether `x` differs from `y`. Where the shapes do not broadcast: True, or refused, as the attribute says.",
)


def _order(name: str, function: Callable[..., Any], doc: str, source: str) -> None:
    def kernel(x: Array, y: Array, *, out: Array | None = None) -> Array:
        return elementwise(function, x, y, out=out, result=np.bool_)

    kernel.__doc__ = doc
    op(f"{name}(x: T, y: T) -> z: bool", T=REALS, source=source, shape=broadcasted)(kernel)


_order("Less", np.less, "`x < y`.", "core/kernels/cwise_op_less.cc")
_order("LessEqual", np.less_equal, "`x <= y`.", "core/kernels/cwise_op_less_equal.cc")
_order("Greater", np.greater, "`x > y`.", "core/kernels/cwise_op_greater.cc")
_order("GreaterEqual", np.greater_equal, "`x >= y`.", "core/kernels/cwise_op_greater_equal.cc")


@op(
    "ApproximateEqual(x: T, y: T) -> z: bool",
    T=NUMBERS,
    source="core/kernels/cwise_op_equal_to_1.cc:ApproximateEqualOp",
    shape=lambda x, y: merge(x.shape, y.shape),
)
def approximate_equal(x: Array, y: Array, *, tolerance: float = 9.999999747378752e-06) -> Array:
    """Whether `|x - y| < tolerance`; infinities differ from themselves.

    Raises: InvalidArgumentError for different shapes; UnimplementedError but for floats.
    """
    require_kernel(x.dtype, "f", "ApproximateEqual")
    if x.shape != y.shape:
        raise InvalidArgumentError(
            f"x and y must have one shape, not {show(x.shape)} and {show(y.shape)}"
        )
    limit = np.asarray(tolerance).astype(widen(x).dtype)
    return elementwise(
        lambda a, b, out=None: np.abs(a - b) < limit, x, y, result=np.bool_, wide=True
    )


def _logical(name: str, function: Callable[..., Any], doc: str, source: str) -> None:
    def kernel(x: Array, y: Array, *, out: Array | None = None) -> Array:
        return elementwise(function, x, y, out=out)

    kernel.__doc__ = doc
    op(f"{name}(x: bool, y: bool) -> z: bool", source=source, shape=broadcasted)(kernel)


_logical("LogicalAnd", np.logical_and, "`x and y`.", "core/kernels/cwise_op_logical_and.cc")
_logical("LogicalOr", np.logical_or, "`x or y`.", "core/kernels/cwise_op_logical_or.cc")


@op("LogicalNot(x: bool) -> y: bool", source="core/kernels/cwise_op_logical_not.cc", shape=same)
def logical_not(x: Array, *, out: Array | None = None) -> Array:
    """`not x`."""
    return elementwise(np.logical_not, x, out=out)


def _choose(condition: Array, t: Array, e: Array) -> Array:
    if t.dtype.names is None:
        return np.asarray(np.where(condition, t, e))
    return from_bits(np.asarray(np.where(condition, bits(t), bits(e))), as_dtype(t.dtype))


def _select_shape(condition: Spec, t: Spec, e: Spec) -> Shape:
    shape = merge(t.shape, e.shape)
    if condition.shape is None or shape is None or condition.rank == 0:
        return shape
    if condition.rank == 1 and len(shape) != 1:
        if not shape:
            raise InvalidArgumentError(
                f"condition must be a scalar where t is one, not {show(condition.shape)}"
            )
        return (*merge(condition.shape, shape[:1]), *shape[1:])  # type: ignore[misc]
    return merge(condition.shape, shape)


@op(
    "Select(condition: bool, t: T, e: T) -> output: T",
    T=ANY,
    source="core/kernels/cwise_op_select.cc:SelectOp",
    shape=_select_shape,
)
def select(condition: Array, t: Array, e: Array) -> Array:
    """`t` where `condition` holds, else `e`.

    The condition is a scalar, of the shape of `t`, or a vector that chooses whole entries of the first axis.

    Raises: InvalidArgumentError for any other shape, and where `t` and `e` differ in shape.
    """
    if t.shape != e.shape:
        raise InvalidArgumentError(
            f"t and e must have one shape, not {show(t.shape)} and {show(e.shape)}"
        )
    if condition.ndim == 0:
        return (t if condition else e).copy()
    if condition.shape != t.shape:
        if condition.ndim != 1 or t.ndim == 0 or condition.shape[0] != t.shape[0]:
            raise InvalidArgumentError(
                f"condition must be a scalar, of shape {show(t.shape)} or a vector of {show(t.shape[:1])}, "
                f"not {show(condition.shape)}"
            )
        condition = condition.reshape(-1, *(1,) * (t.ndim - 1))
    return _choose(condition, t, e)


@op(
    "SelectV2(condition: bool, t: T, e: T) -> output: T",
    T=ANY,
    source="core/kernels/cwise_op_select.cc:SelectV2Op",
    shape=broadcasted,
)
def select_v2(condition: Array, t: Array, e: Array) -> Array:
    """`t` where `condition` holds, else `e`; all three broadcast.

    Raises: InvalidArgumentError if they do not.
    """
    try:
        return _choose(condition, t, e)
    except ValueError as error:
        shown = ", ".join(show(x.shape) for x in (condition, t, e))
        raise InvalidArgumentError(f"shapes must broadcast, not {shown}") from error


@select.gradient
def select_gradient(ops: Ops, grad: Term, condition: Term, t: Term) -> tuple[None, Term, Term]:
    zeros = ops.ZerosLike(t)
    return None, ops.Select(condition, grad, zeros), ops.Select(condition, zeros, grad)


@select_v2.gradient
def select_v2_gradient(
    ops: Ops, grad: Term, condition: Term, t: Term, e: Term, output: Term
) -> tuple[None, Gradient, Gradient]:
    zero = ops.constant(0, grad.dtype)
    chosen, other = ops.SelectV2(condition, grad, zero), ops.SelectV2(condition, zero, grad)
    gt, _ = unbroadcast(ops, t, output, chosen, None)
    ge, _ = unbroadcast(ops, e, output, other, None)
    return None, gt, ge


without_gradient(
    "ApproximateEqual",
    "Equal",
    "Greater",
    "GreaterEqual",
    "Less",
    "LessEqual",
    "LogicalAnd",
    "LogicalNot",
    "LogicalOr",
    "NotEqual",
)
