"""Transposed convolutions whose filters are laid out once; `passes.lay_out_transposed` makes them."""

from __future__ import annotations

from typing import Literal

from minihub_runtime.ops.checking import require_rank
from minihub_runtime.ops.convolution_gradient import transposed
from minihub_runtime.ops.convolving import lay_out_parts
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import layout_of

__all__: list[str] = []

FLOAT = types("float32")
SOURCE = "core/kernels/conv_grad_input_ops.h"


@op("_LaidOutFilter(filter: T) -> parts: T", T=FLOAT, source=SOURCE, shape=unknown)
def laid_out_filter(filter: Array, *, strides: list[int]) -> Array:
    """The parts of a filter that transposed convolutions multiply with, one after another.

    Args:
        filter: `(kh, kw, c, o)`.
        strides: those of rows and columns.
    """
    require_rank(filter, 4, "filter")
    return lay_out_parts(filter, strides)


@op(
    "_TransposedConv2D(input_sizes: int32, filter: T, out_backprop: T, parts: T) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def transposed_conv2d(
    input_sizes: Array,
    filter: Array,
    out_backprop: Array,
    parts: Array,
    *,
    strides: list[int],
    padding: Literal["SAME", "VALID", "EXPLICIT"],
    explicit_paddings: list[int] = [],
    data_format: Literal["NHWC", "NCHW"] = "NHWC",
    out: Array | None = None,
) -> Array:
    """Conv2DBackpropInput without dilations; `parts` is `_LaidOutFilter` of the filter."""
    layout = layout_of(data_format, padding, strides, None, explicit_paddings)
    return transposed(input_sizes, filter, out_backprop, layout, out, parts)
