"""Convolutions with filters that do not change, which may be transformed or laid out once; `passes.prepare_filters` makes them."""

from __future__ import annotations

from typing import Literal

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.convolution import check_filter
from minihub_runtime.ops.convolving import convolve
from minihub_runtime.ops.finishing import finish_with
from minihub_runtime.ops.prepared_matrix import PreparedMatrix
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import Layout, Window, layout_of
from minihub_runtime.ops.winograd import TransformedFilter, convolve_tiles, pays

__all__: list[str] = []

FLOAT = types("float32")
SOURCE = "core/kernels/conv_ops_fused_impl.h"


#: For so many shapes of inputs it is kept how the convolution goes.
KEPT = 64


class PreparedFilter:
    """The filter of a convolution, its bias and activation, and what is made of them, once that is needed.

    Attributes:
        filter: `(*taps, channels, outputs)`.
        tiles: it for convolutions of tiles.
        matrix: it as a matrix, `(taps · channels, outputs)`, with all that follows.
        finish: what is done to results.
        bias: the part of that which is added first; None if there is none.
        activate: the other part.
    """

    def __init__(self, filter: Array, bias: Array, activation: str) -> None:
        self.filter = filter
        self.tiles = TransformedFilter(filter)
        self.matrix = PreparedMatrix(filter.reshape(-1, filter.shape[-1]), bias, activation)
        self.bias = bias.reshape(-1) if bias.size else None
        self.finish = finish_with(self.bias, [activation])
        self.activate = finish_with(None, [activation])
        #: Layout and shape of the input → the windows, and whether they go over tiles.
        self._courses: dict[tuple[Layout, tuple[int, ...]], tuple[tuple[Window, ...], bool]] = {}

    def course(self, x: Array, layout: Layout) -> tuple[tuple[Window, ...], bool]:
        """The windows over an input with the channels last, and whether its convolution is one of tiles.

        Raises: InvalidArgumentError for other ranks, depths that do not divide, a window too long.
        """
        key = layout, x.shape
        found = self._courses.get(key)
        if found is None:
            require_rank(self.filter, layout.rank, "filter")
            windows = tuple(layout.windows(x.shape[1:-1], self.filter.shape[:-2]))
            tiles = pays(len(x), self.filter, windows, x.shape[-1])
            if not tiles:
                check_filter(x.shape[-1], self.filter)
            if len(self._courses) >= KEPT:
                self._courses.clear()
            found = self._courses[key] = windows, tiles
        return found

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


def _convolution(
    input: Array, prepared: PreparedFilter, layout: Layout, out: Array | None
) -> Array:
    """The convolution in the way that is fastest for these sizes."""
    require_rank(input, layout.rank, "input")
    x = layout.channels_last(input)
    windows, tiles = prepared.course(x, layout)
    place = out if layout.last else None
    if tiles:
        return layout.restore(
            convolve_tiles(x, prepared.tiles, windows, place, prepared.activate, prepared.bias)
        )
    return layout.restore(
        convolve(x, prepared.filter, windows, place, prepared.finish, prepared.matrix)
    )
