"""Running sums and products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minihub_runtime.dtypes import float_to_bfloat16, to_float
from minihub_runtime.ops.broadcasting import require_kernel
from minihub_runtime.ops.checking import axis_in_range, require_scalar
from minihub_runtime.ops.gradient_rules import Ops, Term
from minihub_runtime.ops.registry import (
    FLOATS,
    INDEX,
    NUMBERS,
    REGISTRY,
    ROUNDING,
    Array,
    TypeSet,
    op,
)
from minihub_runtime.ops.shape_rules import same

__all__: list[str] = []


def _accumulate(ufunc: np.ufunc, x: Array) -> Array:
    """`ufunc` over the first 1, 2, … entries of the first axis, rounded to the type of `x` at each step."""
    if x.dtype.names is None:
        return np.asarray(ufunc.accumulate(x, axis=0, dtype=x.dtype))
    wide = to_float(x)
    steps = np.empty_like(wide)
    for place, entry in enumerate(wide):
        steps[place] = (
            to_float(float_to_bfloat16(ufunc(steps[place - 1], entry))) if place else entry
        )
    return float_to_bfloat16(steps)


def _scan(name: str, ufunc: np.ufunc, start: float, kinds: TypeSet, doc: str) -> None:
    """Register a scan whose empty result is `start`."""

    def kernel(x: Array, axis: Array, *, exclusive: bool = False, reverse: bool = False) -> Array:
        require_kernel(x.dtype, "iufc", name)
        require_scalar(axis, "axis")
        place = axis_in_range(axis, x.ndim)
        if x.size == 0:
            return x.copy()
        entries = np.moveaxis(x, place, 0)
        if reverse:
            entries = entries[::-1]
        with np.errstate(all="ignore"):
            steps = _accumulate(ufunc, entries[: len(entries) - exclusive])
        if exclusive:
            first: Any = np.full((1, *entries.shape[1:]), start, dtype=np.float32)
            first = float_to_bfloat16(first) if x.dtype.names else first.astype(x.dtype)
            steps = np.concatenate([first, steps]) if len(steps) else first
        if reverse:
            steps = steps[::-1]
        return np.ascontiguousarray(np.moveaxis(steps, 0, place))

    kernel.__doc__ = doc
    op(
        f"{name}(x: T, axis: Tidx) -> out: T",
        T=kinds,
        Tidx=INDEX.default_to("int32"),
        precision=ROUNDING,
        source="core/kernels/scan_ops.cc",
        shape=same,
    )(kernel)


_TEXT = """{} of the elements of `x` up to each place along `axis`.

    `exclusive` leaves out the element at the place itself; `reverse` goes from the end.

    Raises: InvalidArgumentError if `axis` is not a scalar in [-rank, rank); a scalar has no axis.
"""
_scan("Cumsum", np.add, 0, NUMBERS, _TEXT.format("Sums"))
_scan("Cumprod", np.multiply, 1, NUMBERS, _TEXT.format("Products"))
_scan(
    "CumulativeLogsumexp",
    np.logaddexp,
    -np.inf,
    FLOATS,
    _TEXT.format("Logarithms of the sums of exponentials")
    + "\n    Differs: all that follows a NaN is NaN; TensorFlow takes it for the number before it.\n",
)


def _cumsum_gradient(
    ops: Ops, grad: Term, axis: Term, exclusive: bool, reverse: bool
) -> tuple[Term, None]:
    return ops.Cumsum(grad, axis, exclusive=exclusive, reverse=not reverse), None


def _cumprod_gradient(
    ops: Ops, grad: Term, x: Term, axis: Term, exclusive: bool, reverse: bool
) -> tuple[Term, None]:
    product = ops.Cumprod(x, axis, exclusive=exclusive, reverse=reverse)
    total = ops.Cumsum(product * grad, axis, exclusive=exclusive, reverse=not reverse)
    return ops.DivNoNan(total, x), None


def _cumulative_logsumexp_gradient(
    ops: Ops, grad: Term, x: Term, axis: Term, out: Term, exclusive: bool, reverse: bool
) -> tuple[Term, None]:
    """Positive and negative gradients apart, so that both have logarithms."""

    def part(chosen: Term, logarithm: Term) -> Term:
        lowest = ops.constant(grad.dtype.min, grad.dtype)
        total = ops.CumulativeLogsumexp(
            ops.SelectV2(chosen, logarithm, lowest) - out,
            axis,
            exclusive=exclusive,
            reverse=not reverse,
        )
        return ops.Exp(total + x)

    positive = part(ops.Greater(grad, 0), ops.Log(grad))
    return positive - part(ops.Less(grad, 0), ops.Log(-grad)), None


_RULES: dict[str, Callable[..., Any]] = {
    "Cumprod": _cumprod_gradient,
    "Cumsum": _cumsum_gradient,
    "CumulativeLogsumexp": _cumulative_logsumexp_gradient,
}
for _name, _rule in _RULES.items():
    REGISTRY[_name].gradient(_rule)
