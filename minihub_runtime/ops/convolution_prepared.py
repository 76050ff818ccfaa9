"""Convolutions with filters that do not change, which may be transformed or laid out once; `passes.prepare_filters` makes them."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from minihub_runtime.memory import contiguous, on_lines
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.convolution import check_filter
from minihub_runtime.ops.convolving import convolve
from minihub_runtime.ops.finishing import Addend, add_whole, finish_with
from minihub_runtime.ops.prepared_matrix import PreparedMatrix
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.space_to_channels import cell_filter, cell_windows, cells_of
from minihub_runtime.ops.windows import Layout, Window, layout_of
from minihub_runtime.ops.winograd import TransformedFilter, convolve_tiles, pays

__all__ = ["PreparedFilter"]

FLOAT = types("float32")
SOURCE = "core/kernels/conv_ops_fused_impl.h"


#: For so many shapes of inputs it is kept how the convolution goes.
KEPT = 64


class _Course(NamedTuple):
    """How a convolution goes for one layout and shape of inputs.

    Attributes:
        windows: one per spatial dimension.
        tiles: the filter of the convolution of tiles that it is; None if it is none.
        over: the windows of that one.
    """

    windows: tuple[Window, ...]
    tiles: TransformedFilter | None
    over: tuple[Window, ...]


class PreparedFilter:
    """The filter of a convolution, its bias and activation, and what is made of them, once that is needed.

    Attributes:
        filter: `(*taps, channels, outputs)`.
        matrix: it as a matrix, `(taps · channels, outputs)`, with all that follows.
        finish: what is done to results.
        bias: the part of that which is added first; None if there is none.
        activate: the other part.
    """

    def __init__(self, filter: Array, bias: Array, activation: str) -> None:
        self.filter = filter = on_lines(filter)
        self.matrix = PreparedMatrix(filter.reshape(-1, filter.shape[-1]), bias, activation)
        self.bias = bias.reshape(-1) if bias.size else None
        self.finish = finish_with(self.bias, [activation])
        self.activate = finish_with(None, [activation])
        #: Layout and shape of the input → how the convolution goes.
        self._courses: dict[tuple[Layout, tuple[int, ...]], _Course] = {}
        #: Steps → the filter for convolutions of tiles of cells.
        self._tiles: dict[tuple[int, ...], TransformedFilter] = {}

    def course(self, x: Array, layout: Layout) -> _Course:
        """How the convolution of an input with the channels last goes.

        Raises: InvalidArgumentError for other ranks, depths that do not divide, a window too long.
        """
        key = layout, x.shape
        found = self._courses.get(key)
        if found is None:
            require_rank(self.filter, layout.rank, "filter")
            windows = tuple(layout.windows(x.shape[1:-1], self.filter.shape[:-2]))
            found = self._of_tiles(x, windows)
            if found is None:
                check_filter(x.shape[-1], self.filter)
                found = _Course(windows, None, windows)
            if len(self._courses) >= KEPT:
                self._courses.clear()
            self._courses[key] = found
        return found

    def _of_tiles(self, x: Array, windows: tuple[Window, ...]) -> _Course | None:
        """How it goes as a convolution of tiles; None where that does not pay."""
        *taps, depth, width = self.filter.shape
        if any(window.dilation > 1 for window in windows) or self.filter.dtype != np.float32:
            return None
        steps = tuple(window.stride for window in windows)
        each = math.prod(steps)
        over = cell_windows(windows) if each > 1 else windows
        shape = (*(window.taps for window in over), each * depth, width)
        if not pays(len(x), shape, over, each * x.shape[-1], math.prod(taps) * depth):
            return None
        if steps not in self._tiles:
            filter = cell_filter(self.filter, steps) if each > 1 else self.filter
            self._tiles[steps] = TransformedFilter(filter)
        return _Course(windows, self._tiles[steps], over)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the filter."""
        return self.filter.shape


@op(
    "_PreparedFilter(filter: T, bias: T) -> prepared: variant",
    T=FLOAT,
    source=SOURCE,
    shape=unknown,
)
def prepared_filter(filter: Array, bias: Array, *, activation: str = "") -> PreparedFilter:
    """What a convolution multiplies with, adds, and ends with; an empty bias is none.

    Raises: InvalidArgumentError for scalars.
    """
    require(filter.ndim > 0, "filter must have rank > 0")
    return PreparedFilter(filter, bias, activation)


@op(
    "_PreparedConv2D(input: T, filter: variant) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def prepared_conv2d(
    input: Array,
    filter: PreparedFilter,
    *,
    strides: list[int],
    padding: Literal["SAME", "VALID", "EXPLICIT"],
    explicit_paddings: list[int] = [],
    data_format: Literal["NHWC", "NCHW"] = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
    out: Array | None = None,
) -> Array:
    """Conv2D, a bias, and an activation; see `ops.finishing`."""
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return _convolution(input, filter, layout, out)


@op(
    "_PreparedConv3D(input: T, filter: variant) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def prepared_conv3d(
    input: Array,
    filter: PreparedFilter,
    *,
    strides: list[int],
    padding: Literal["SAME", "VALID"],
    data_format: Literal["NDHWC", "NCDHW"] = "NDHWC",
    dilations: list[int] = [1, 1, 1, 1, 1],
    out: Array | None = None,
) -> Array:
    """Conv3D, a bias, and an activation."""
    layout = layout_of(data_format, padding, strides, dilations)
    return _convolution(input, filter, layout, out)


@op(
    "_SummedConv2D(input: T, filter: variant, addend: T) -> sum: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def summed_conv2d(
    input: Array,
    filter: PreparedFilter,
    addend: Array,
    *,
    strides: list[int],
    padding: Literal["SAME", "VALID", "EXPLICIT"],
    explicit_paddings: list[int] = [],
    dilations: list[int] = [1, 1, 1, 1],
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """_PreparedConv2D with the channels last, then AddV2 with `addend`, then what `activation` says, if anything."""
    layout = layout_of("NHWC", padding, strides, dilations, explicit_paddings)
    require_rank(input, 4, "input")
    windows, tiles, _ = filter.course(input, layout)
    width = filter.shape[-1]
    finish = finish_with(None, [activation])
    if tiles is None and addend.shape == (len(input), *(w.outputs for w in windows), width):
        last = Addend(contiguous(addend).reshape(-1, width), finish)
        return _convolution(input, filter, layout, out, last)
    return add_whole(_convolution(input, filter, layout, out), addend, finish)


def _convolution(
    input: Array,
    prepared: PreparedFilter,
    layout: Layout,
    out: Array | None,
    addend: Addend | None = None,
) -> Array:
    """The convolution in the way that is fastest for these sizes; one that is made of tiles takes no addend."""
    require_rank(input, layout.rank, "input")
    x = layout.channels_last(input)
    windows, tiles, over = prepared.course(x, layout)
    place = out if layout.last else None
    if tiles is not None:
        if over is not windows:
            x = cells_of(x, windows)
        return layout.restore(
            convolve_tiles(x, tiles, over, place, prepared.activate, prepared.bias)
        )
    return layout.restore(
        convolve(x, prepared.filter, windows, place, prepared.finish, prepared.matrix, addend)
    )
