"""Ops that passes make of several: a convolution or product with all that follows it, element by element.

They never leave in an export: a plan alone knows them.  Their names begin with an underscore, and TensorFlow has none of them.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from minihub_runtime.ops.convolution import convolution, depthwise
from minihub_runtime.ops.finishing import finish_with, scale_and_finish
from minihub_runtime.ops.matmul import multiply_matrices
from minihub_runtime.ops.registry import ROUNDING, Array, op, types
from minihub_runtime.ops.shape_rules import unknown
from minihub_runtime.ops.windows import allocate, layout_of

__all__: list[str] = []

FLOAT = types("float32")
SOURCE = "core/grappler/optimizers/remapper.cc"
Padding = Literal["SAME", "VALID", "EXPLICIT"]


@op(
    "_BatchNormFactor(scale: T, variance: T) -> factor: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def batch_norm_factor(scale: Array, variance: Array, *, epsilon: float) -> Array:
    """What batch norm multiplies each channel with: `scale / sqrt(variance + epsilon)`.

    Shapes: `[c], [c] -> [c]`.
    """
    return scale / np.sqrt(variance + variance.dtype.type(epsilon))


@op(
    "_ScaledFilter(filter: T, factor: T) -> scaled: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def scaled_filter(filter: Array, factor: Array, *, axes: int, axis: int) -> Array:
    """A filter whose outputs are multiplied with a factor each.

    Args:
        filter: any shape.
        factor: one number per output, or one for all; axes of length one in front do not count.
        axes: how many axes of the filter count outputs: two for depthwise filters, `(channels, multiplier)`.
        axis: the last of them.
    """
    taken = filter.shape[axis - axes + 1 : axis + 1]
    vector = factor.reshape(-1)
    shaped = (
        vector if vector.size == 1 else vector.reshape(*taken, *(1,) * (filter.ndim - 1 - axis))
    )
    return np.ascontiguousarray(filter * shaped)


@op(
    "_ShiftedBias(bias: T, factor: T, shift: T) -> shifted: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def shifted_bias(bias: Array, factor: Array, shift: Array) -> Array:
    """`bias * factor + shift`, each one number per output, or one for all; axes of length one in front do not count."""
    return bias.reshape(-1) * factor.reshape(-1) + shift.reshape(-1)


def _bias(bias: Array) -> Array | None:
    """A bias as a vector; an empty one is none."""
    return bias.reshape(-1) if bias.size else None


@op(
    "_AffineConv2D(input: T, filter: T, bias: T) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def affine_conv2d(
    input: Array,
    filter: Array,
    bias: Array,
    *,
    strides: list[int],
    padding: Padding,
    explicit_paddings: list[int] = [],
    data_format: Literal["NHWC", "NCHW"] = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """Conv2D, a bias, and an activation; see `ops.finishing`."""
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return convolution(input, filter, layout, out, finish_with(_bias(bias), [activation]))


@op(
    "_AffineConv3D(input: T, filter: T, bias: T) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def affine_conv3d(
    input: Array,
    filter: Array,
    bias: Array,
    *,
    strides: list[int],
    padding: Padding,
    data_format: Literal["NDHWC", "NCDHW"] = "NDHWC",
    dilations: list[int] = [1, 1, 1, 1, 1],
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """Conv3D, a bias, and an activation."""
    layout = layout_of(data_format, padding, strides, dilations)
    return convolution(input, filter, layout, out, finish_with(_bias(bias), [activation]))


@op(
    "_AffineDepthwiseConv2dNative(input: T, filter: T, bias: T) -> output: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def affine_depthwise_conv2d_native(
    input: Array,
    filter: Array,
    bias: Array,
    *,
    strides: list[int],
    padding: Padding,
    explicit_paddings: list[int] = [],
    data_format: Literal["NHWC", "NCHW"] = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """DepthwiseConv2dNative, a bias, and an activation."""
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return depthwise(input, filter, layout, out, finish_with(_bias(bias), [activation]))


@op(
    "_AffineMatMul(a: T, b: T, bias: T) -> product: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def affine_mat_mul(
    a: Array,
    b: Array,
    bias: Array,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """MatMul, a bias, and an activation."""
    vector = _bias(bias)

    def finish(block: Array, rows: slice, columns: slice) -> None:
        part = vector if vector is None or vector.size == 1 else vector[columns]
        finish_with(part, [activation])(block)

    left, right = a.T if transpose_a else a, b.T if transpose_b else b
    return multiply_matrices(left, right, out, finish)


@op(
    "_Affine(x: T, factor: T, bias: T) -> y: T",
    T=FLOAT,
    precision=ROUNDING,
    source=SOURCE,
    shape=unknown,
)
def affine(
    x: Array,
    factor: Array,
    bias: Array,
    *,
    activation: str = "",
    out: Array | None = None,
) -> Array:
    """Each channel, the last axis, times a factor, plus a bias; then an activation."""
    x = np.ascontiguousarray(x)
    result = allocate(x.shape, x.dtype, out)
    if x.size:
        width = x.shape[-1]
        scale_and_finish(
            x.reshape(-1, width),
            result.reshape(-1, width),
            factor.reshape(-1),
            bias.reshape(-1),
            activation,
        )
    return result
