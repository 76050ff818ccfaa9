"""A depthwise convolution with the 1×1 convolutions before and after it, band of rows by band of rows.

What lies between the three is several times wider than what goes in and comes out, so it never becomes a tensor: a band of it
stays in the cache.  `passes.fuse_separable` makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from minihub_runtime.ops import convolving_depthwise, products
from minihub_runtime.ops.blocks import part_of, runs
from minihub_runtime.ops.convolution import convolution, depthwise
from minihub_runtime.ops.convolving_depthwise import phase_rows, row_weights, seen_rows, sum_taps
from minihub_runtime.ops.finishing import Finish, finish_with
from minihub_runtime.ops.products import multiply
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import Layout, Window, allocate, layout_of
from minihub_runtime.threads import scratch, spread

__all__: list[str] = []

#: Bytes of a band.
BAND = 1 << 22
#: Images of a batch whose wide part has fewer bytes are not worth a round of calls each.
SMALL_IMAGE = 800_000
POINTS = layout_of("NHWC", "SAME", [1, 1, 1, 1])


@op(
    "_SeparableConv2D(input: T, before: T, before_bias: T, filter: T, bias: T, after: T, after_bias: T)"
    " -> output: T",
    T=types("float32"),
    precision=ROUNDING,
    source="core/kernels/depthwise_conv_op.cc",
    shape=unknown,
)
def separable_conv2d(
    input: Array,
    before: Array,
    before_bias: Array,
    filter: Array,
    bias: Array,
    after: Array,
    after_bias: Array,
    *,
    strides: list[int],
    padding: Literal["SAME", "VALID", "EXPLICIT"],
    explicit_paddings: list[int] = [],
    before_activation: str = "",
    activation: str = "",
    after_activation: str = "",
    out: Array | None = None,
) -> Array:
    """A 1×1 convolution, a depthwise one, and another 1×1 one, each with a bias and an activation.

    Shapes: `[n, h, w, c], [1, 1, c, e], [e], [kh, kw, e, 1], [e], [1, 1, e, o], [o] -> [n, h', w', o]`; an empty `before` or `after`
    leaves that convolution out.
    """
    layout = layout_of("NHWC", padding, strides, None, explicit_paddings)
    finishes = [
        finish_with(vector.reshape(-1) if vector.size else None, [name])
        for vector, name in (
            (before_bias, before_activation),
            (bias, activation),
            (after_bias, after_activation),
        )
    ]
    if _fits(input, before, filter, after):
        windows = layout.windows(input.shape[1:3], filter.shape[:2])
        bands_pay = (
            len(input) == 1 or _bytes_of_row(filter, windows) * windows[0].outputs >= SMALL_IMAGE
        )
        usual = all(window.outputs and window.trimmed()[0] == window for window in windows)
        if bands_pay and usual:
            return _Bands(input, before, filter, after, windows, finishes).run(out)
    return _one_by_one(input, before, filter, after, layout, finishes, out)


def _fits(input: Array, before: Array, filter: Array, after: Array) -> bool:
    """Whether all is as usual; what is not, or does not fit together, is left to the single convolutions."""
    if input.ndim != 4 or filter.ndim != 4 or input.size == 0 or filter.size == 0:
        return False
    channels, width = input.shape[-1], filter.shape[2]
    return (
        filter.shape[3] == 1
        and before.shape == ((1, 1, channels, width) if before.size else before.shape)
        and (before.size > 0 or channels == width)
        and after.shape[:3] == ((1, 1, width) if after.size else after.shape[:3])
    )


def _bytes_of_row(filter: Array, windows: Sequence[Window]) -> int:
    """Bytes that a row of outputs of a depthwise convolution needs, with what it sees."""
    rows, columns = windows
    columns_held: int = columns.reach * rows.stride + columns.outputs
    return filter.shape[2] * filter.itemsize * columns_held


def _one_by_one(
    input: Array,
    before: Array,
    filter: Array,
    after: Array,
    layout: Layout,
    finishes: Sequence[Finish],
    out: Array | None,
) -> Array:
    """The convolutions one after another."""
    first, middle, last = finishes
    x = convolution(input, before, POINTS, None, first) if before.size else input
    if not after.size:
        return depthwise(x, filter, layout, out, middle)
    return convolution(depthwise(x, filter, layout, None, middle), after, POINTS, out, last)


class _Bands:
    """The three convolutions of one call.

    Args:
        x: `(n, h, w, c)`.
        before: `(1, 1, c, e)`, or empty.
        filter: `(kh, kw, e, 1)`.
        after: `(1, 1, e, o)`, or empty.
        windows: those of rows and columns.
        finishes: what is done to the results of each.
    """

    def __init__(
        self,
        x: Array,
        before: Array,
        filter: Array,
        after: Array,
        windows: Sequence[Window],
        finishes: Sequence[Finish],
    ) -> None:
        self.x = np.ascontiguousarray(x)
        self.wide = filter.shape[2]
        self.before = before.reshape(x.shape[-1], self.wide) if before.size else None
        self.after = after.reshape(self.wide, -1) if after.size else None
        self.rows, self.columns = windows
        self.weights = row_weights(filter, self.columns)
        self.bytes_of_row = _bytes_of_row(filter, windows)
        self.finishes = finishes

    def run(self, out: Array | None) -> Array:
        """The result."""
        rows, columns = self.rows, self.columns
        width = self.wide if self.after is None else self.after.shape[1]
        shape = (len(self.x), rows.outputs, columns.outputs, width)
        self.result = allocate(shape, self.x.dtype, out)
        if self.result.size == 0:
            return self.result
        bands = runs(rows.outputs, BAND // self.bytes_of_row)
        cost = self.result[..., 0].size * self.wide * rows.taps * columns.taps
        cost //= convolving_depthwise.SPEED
        if self.before is not None:
            cost += self.x.size * self.wide // products.SPEED
        cost += self.result.size * self.wide // products.SPEED

        def compute(number: int) -> None:
            for band in bands:
                self._compute_band(number, *band)

        if len(self.x) > 1:
            spread(compute, range(len(self.x)), cost)
        else:
            compute(0)
        return self.result

    def _compute_band(self, image: int, low: int, high: int) -> None:
        rows = part_of(self.rows, low, high)
        seen = seen_rows(rows, self.columns)
        lines = phase_rows(self._input(image, seen), rows, self.columns, 1, seen.start)
        target = self.result[image, low:high]
        if self.after is None:
            sums = target
        else:
            shape = (high - low, self.columns.outputs, self.wide)
            sums = scratch("separable", shape, self.x.dtype)
        sum_taps(lines, self.weights, self.rows, self.columns, sums)
        self.finishes[1](sums.reshape(-1, self.wide))
        if self.after is not None:
            flat = target.reshape(-1, target.shape[-1])
            multiply(sums.reshape(-1, self.wide), self.after, flat, len(self.x) > 1)
            self.finishes[2](flat)

    def _input(self, image: int, seen: slice) -> Array:
        """Rows of the input of the depthwise convolution."""
        part: Array = self.x[image, seen]
        if self.before is None:
            return part
        count, across, channels = part.shape
        wide = scratch("expanded", (count * across, self.wide), self.x.dtype)
        multiply(part.reshape(-1, channels), self.before, wide, len(self.x) > 1)
        self.finishes[0](wide)
        return wide.reshape(count, across, self.wide)
