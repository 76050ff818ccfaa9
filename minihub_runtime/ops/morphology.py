"""Grey-scale dilation and its gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from minihub_runtime.dtypes import as_dtype, to_float
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term
from minihub_runtime.ops.registry import REALS, ROUNDING, Array, at_least, op
from minihub_runtime.ops.windows import Layout, Window, allocate, narrow, ranked
from minihub_runtime.shapes import Shape, Spec

__all__: list[str] = []

Padding = Literal["SAME", "VALID"]


def _windows(
    input: Array, filter: Array, strides: list[int], rates: list[int], padding: str
) -> list[Window]:
    require_rank(input, 4, "input")
    require_rank(filter, 3, "filter")
    require(
        input.shape[3] == filter.shape[2],
        f"input depth must equal filter depth {filter.shape[2]}, not {input.shape[3]}",
    )
    return Layout("NHWC", padding, strides, rates).windows(input.shape[1:3], filter.shape[:2])


def _taps(
    x: Array, filter: Array, windows: list[Window]
) -> Iterator[tuple[tuple[int, int], tuple[Any, ...], tuple[Any, ...], Array]]:
    """For each tap: which one, the outputs that see the input there, what they see, and the sum."""
    rows, columns = windows
    for row in range(rows.taps):
        down, from_rows = rows.valid(row)
        for column in range(columns.taps):
            across, from_columns = columns.valid(column)
            place = (slice(None), down, across)
            seen = (slice(None), from_rows, from_columns)
            with np.errstate(over="ignore", invalid="ignore"):
                total = x[seen] + filter[row, column]
            yield (row, column), place, seen, total


def _lowest(x: Array) -> Any:
    return np.finfo(x.dtype).min if x.dtype.kind == "f" else np.iinfo(x.dtype).min


@op(
    "Dilation2D(input: T, filter: T) -> output: T",
    T=REALS,
    strides=at_least(4),
    rates=at_least(4),
    precision=ROUNDING,
    source="core/kernels/dilation_ops.cc",
)
def dilation2d(
    input: Array, filter: Array, *, strides: list[int], rates: list[int], padding: Padding
) -> Array:
    """The largest sum of input and filter over each window; padding never wins.

    Shapes: `[n, h, w, c], [kh, kw, c] -> [n, h', w', c]`.
    Raises: InvalidArgumentError for other ranks, other depths, a window too long.
    """
    windows = _windows(input, filter, strides, rates, padding)
    x, weights = to_float(input), to_float(filter)
    shape = (len(x), *(window.outputs for window in windows), x.shape[3])
    best = allocate(shape, x.dtype)
    best.fill(as_dtype(input.dtype).min if input.dtype.names else _lowest(x))
    with np.errstate(over="ignore"):
        for _, place, _, total in _taps(x, weights, windows):
            # A sum that is NaN wins nothing.
            np.fmax(best[place], narrow(total, x.dtype), out=best[place])
    return narrow(best, input.dtype)


@dilation2d.shape
def dilation2d_shape(
    input: Spec, filter: Spec, strides: list[int], rates: list[int], padding: str
) -> Shape:
    """The windows' places, with the input's channels."""
    shape, taps = ranked(input, 4, "input"), ranked(filter, 3, "filter")
    depth = taps[2] if shape[3] is None else shape[3]
    require(taps[2] in (None, depth), f"filter depth must be {depth}, not {taps[2]}")
    layout = Layout("NHWC", padding, strides, rates)
    return layout.order(shape[0], layout.output_sizes(shape[1:3], taps[:2]), depth)


def _best_taps(
    x: Array, filter: Array, windows: list[Window]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """The tap that wins each output, and the input it sees; of equal ones the first.

    Where none wins, since all sums are NaN or the lowest number, TensorFlow takes the first tap, and of the
    input the place where the window begins.
    """
    rows, columns = windows
    shape = (len(x), rows.outputs, columns.outputs, x.shape[3])
    begins = [
        np.maximum(np.arange(window.outputs) * window.stride - window.before, 0)
        for window in windows
    ]
    best = np.full(shape, _lowest(x))
    taps = (np.zeros(shape, np.int64), np.zeros(shape, np.int64))
    seen = (
        np.broadcast_to(begins[0][:, None, None], shape).copy(),
        np.broadcast_to(begins[1][:, None], shape).copy(),
    )
    with np.errstate(over="ignore"):
        for tap, place, inside, added in _taps(x, filter, windows):
            total = narrow(added, x.dtype)
            wins = total > best[place]
            best[place][wins] = total[wins]
            positions = (
                np.arange(rows.size)[inside[1]][:, None, None],
                np.arange(columns.size)[inside[2]][:, None],
            )
            for axis in (0, 1):
                taps[axis][place][wins] = tap[axis]
                seen[axis][place][wins] = np.broadcast_to(positions[axis], wins.shape)[wins]
    return taps, seen


def _checked_gradient(input: Array, out_backprop: Array, windows: list[Window]) -> Array:
    expected = (len(input), *(window.outputs for window in windows), input.shape[3])
    require(
        out_backprop.shape == expected,
        f"out_backprop must have shape {list(expected)}, not {list(out_backprop.shape)}",
    )
    return to_float(out_backprop)


@op(
    "Dilation2DBackpropInput(input: T, filter: T, out_backprop: T) -> in_backprop: T",
    T=REALS,
    strides=at_least(4),
    rates=at_least(4),
    precision=ROUNDING,
    source="core/kernels/dilation_ops.cc:DilationBackpropInputOp",
)
def dilation2d_backprop_input(
    input: Array,
    filter: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    rates: list[int],
    padding: Padding,
) -> Array:
    """The gradient of Dilation2D for its input: each output's goes to the element that won.

    Raises: InvalidArgumentError as Dilation2D, and unless `out_backprop` has the shape of its output.
    """
    windows = _windows(input, filter, strides, rates, padding)
    gradient = _checked_gradient(input, out_backprop, windows)
    result = np.zeros(input.shape, gradient.dtype)
    _, (rows, columns) = _best_taps(to_float(input), to_float(filter), windows)
    # A window that lies behind the input wins nothing.
    valid = (rows < input.shape[1]) & (columns < input.shape[2])
    batch, _, _, depth = np.nonzero(valid)
    np.add.at(result, (batch, rows[valid], columns[valid], depth), gradient[valid])
    return narrow(result, input.dtype)


@dilation2d_backprop_input.shape
def dilation2d_backprop_input_shape(input: Spec) -> Shape:
    return input.shape


@op(
    "Dilation2DBackpropFilter(input: T, filter: T, out_backprop: T) -> filter_backprop: T",
    T=REALS,
    strides=at_least(4),
    rates=at_least(4),
    precision=ROUNDING,
    source="core/kernels/dilation_ops.cc:DilationBackpropFilterOp",
)
def dilation2d_backprop_filter(
    input: Array,
    filter: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    rates: list[int],
    padding: Padding,
) -> Array:
    """The gradient of Dilation2D for its filter: each output's goes to the tap that won.

    Raises: InvalidArgumentError as Dilation2D, and unless `out_backprop` has the shape of its output.
    """
    windows = _windows(input, filter, strides, rates, padding)
    gradient = _checked_gradient(input, out_backprop, windows)
    result = np.zeros(filter.shape, gradient.dtype)
    (rows, columns), _ = _best_taps(to_float(input), to_float(filter), windows)
    if filter.size:
        np.add.at(result, (rows, columns, np.arange(input.shape[3])), gradient)
    return narrow(result, input.dtype)


@dilation2d_backprop_filter.shape
def dilation2d_backprop_filter_shape(filter: Spec) -> Shape:
    return filter.shape


@dilation2d.gradient
def dilation2d_gradient(
    ops: Ops, grad: Term, input: Term, filter: Term, attrs: Attrs
) -> tuple[Term, Term]:
    return (
        ops.Dilation2DBackpropInput(input, filter, grad, **attrs),
        ops.Dilation2DBackpropFilter(input, filter, grad, **attrs),
    )
