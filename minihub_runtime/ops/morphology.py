"""Grey-scale dilation and its gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np

from minihub_runtime.dtypes import as_dtype, to_float
from minihub_runtime.ops.checking import require, require_rank
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
            yield (row, column), place, seen, x[seen] + filter[row, column]


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
    layout = Layout("NHWC", padding, strides, rates)
    return layout.order(shape[0], layout.output_sizes(shape[1:3], taps[:2]), depth)
