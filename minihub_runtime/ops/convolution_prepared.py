"""Convolutions with filters that do not change, which may be transformed once; `passes.prepare_filters` makes them."""

from __future__ import annotations

from typing import Literal

from minihub_runtime.ops.checking import require_rank
from minihub_runtime.ops.convolution import convolution
from minihub_runtime.ops.finishing import Finish, finish_with
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import Layout, layout_of
from minihub_runtime.ops.winograd import PreparedFilter, convolve_tiles, pays

__all__: list[str] = []

FLOAT = types("float32")
SOURCE = "core/kernels/conv_ops_fused_impl.h"


@op("_PreparedFilter(filter: T) -> prepared: variant", T=FLOAT, source=SOURCE, shape=unknown)
def prepared_filter(filter: Array) -> PreparedFilter:
    """A filter, and room for what it is transformed to."""
    return PreparedFilter(filter)


@op(
    "_PreparedConv2D(input: T, filter: variant, bias: T) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def prepared_conv2d(
    input: Array,
    filter: PreparedFilter,
    bias: Array,
    *,
    strides: list[int],
    padding: Literal["SAME", "VALID", "EXPLICIT"],
    explicit_paddings: list[int] = [],
    data_format: Literal["NHWC", "NCHW"] = "NHWC",
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """Conv2D without dilations, a bias, and an activation; see `ops.finishing`."""
    layout = layout_of(data_format, padding, strides, None, explicit_paddings)
    return _convolution(input, filter, bias, activation, layout, out)


@op(
    "_PreparedConv3D(input: T, filter: variant, bias: T) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def prepared_conv3d(
    input: Array,
    filter: PreparedFilter,
    bias: Array,
    *,
    strides: list[int],
    padding: Literal["SAME", "VALID"],
    data_format: Literal["NDHWC", "NCDHW"] = "NDHWC",
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """Conv3D without dilations, a bias, and an activation."""
    layout = layout_of(data_format, padding, strides)
    return _convolution(input, filter, bias, activation, layout, out)


def _convolution(
    input: Array,
    prepared: PreparedFilter,
    bias: Array,
    activation: str,
    layout: Layout,
    out: Array | None,
) -> Array:
    """The convolution in the way that is fastest for these sizes."""
    finish: Finish = finish_with(bias.reshape(-1) if bias.size else None, [activation])
    filter = prepared.filter
    require_rank(input, layout.rank, "input")
    require_rank(filter, layout.rank, "filter")
    x = layout.channels_last(input)
    windows = layout.windows(x.shape[1:-1], filter.shape[:-2])
    if not pays(len(x), filter, windows, x.shape[-1]):
        return convolution(input, filter, layout, out, finish)
    return layout.restore(
        convolve_tiles(x, prepared, windows, out if layout.last else None, finish)
    )
