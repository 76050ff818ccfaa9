"""Convolutions in two and three dimensions, over all channels or each channel alone; `windows` has the loops.

Kernels compute channels-last; NCHW goes through a transposition.  TensorFlow's CPU kernels refuse NCHW, dilated
depthwise and dilated or grouped 3-D convolutions, which modules made for GPUs contain; here they run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from minihub_runtime.errors import UnimplementedError
from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.convolving import convolve
from minihub_runtime.ops.convolving_depthwise import convolve_depthwise
from minihub_runtime.ops.finishing import Finish, activation
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term, sizes_of
from minihub_runtime.ops.registry import FLOATS, ROUNDING, Array, at_least, op, types, types_list
from minihub_runtime.ops.windows import Layout, layout_of, narrow, ranked, widen
from minihub_runtime.shapes import Shape, Spec

__all__ = ["check_filter", "convolution", "depthwise"]

Padding = Literal["SAME", "VALID"]
ExplicitPadding = Literal["SAME", "VALID", "EXPLICIT"]
Format2D = Literal["NHWC", "NCHW"]
Format3D = Literal["NDHWC", "NCDHW"]


def check_filter(channels: int, filter: Array) -> None:
    """Raise unless the filter fits an input of so many channels, evenly split into groups."""
    *taps, depth, width = filter.shape
    if depth == channels > 0 and 0 not in taps:
        # There is one group, as nearly always.
        return
    require(
        all(tap > 0 for tap in taps) and depth > 0,
        f"filter must have only dimensions above 0, not shape {list(filter.shape)}",
    )
    require(
        channels > 0 and channels % depth == 0,
        f"input depth must be a multiple of filter depth {depth}, not {channels}",
    )
    groups = channels // depth
    require(
        width % groups == 0,
        f"output depth must be a multiple of the number of groups {groups}, not {width}",
    )


def convolution(
    input: Array,
    filter: Array,
    layout: Layout,
    out: Array | None = None,
    finish: Finish | None = None,
) -> Array:
    """The convolution of tensors in a layout; `finish` is applied to blocks of the result."""
    require_rank(input, layout.rank, "input")
    require_rank(filter, layout.rank, "filter")
    x = layout.channels_last(input)
    check_filter(x.shape[-1], filter)
    windows = layout.windows(x.shape[1:-1], filter.shape[:-2])
    wide = widen(x)
    found = convolve(wide, widen(filter), windows, out if layout.last else None, finish)
    return layout.restore(narrow(found, input.dtype))


def _convolution_shape(input: Spec, filter: Spec, layout: Layout) -> Shape:
    shape = ranked(input, layout.rank, "input")
    taps = ranked(filter, layout.rank, "filter")
    channels, depth = shape[layout.channel_axis], taps[-2]
    if channels is not None and depth is not None:
        require(
            depth > 0 and channels % depth == 0,
            f"input depth must be a multiple of filter depth {depth}, not {channels}",
        )
        groups = channels // depth
        require(
            taps[-1] is None or groups == 0 or taps[-1] % groups == 0,
            f"output depth must be a multiple of the number of groups {groups}, not {taps[-1]}",
        )
    sizes = [shape[axis] for axis in layout.spatial_axes]
    return layout.order(shape[0], layout.output_sizes(sizes, taps[:-2]), taps[-1])


@op(
    "Conv2D(input: T, filter: T) -> output: T",
    T=types("float16 bfloat16 float32 float64 int32"),
    precision=ROUNDING,
    source="core/kernels/conv_ops.cc",
)
def conv2d(
    input: Array,
    filter: Array,
    *,
    strides: list[int],
    use_cudnn_on_gpu: bool = True,
    padding: ExplicitPadding,
    explicit_paddings: list[int] = [],
    data_format: Format2D = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
    out: Array | None = None,
) -> Array:
    """The sum over a window of `input` times `filter`, at every place of the window.

    Shapes: `[n, h, w, c], [kh, kw, c / groups, o] -> [n, h', w', o]`.
    Raises: InvalidArgumentError for other ranks, an empty filter, depths that do not divide, a window too long.
    Differs: NCHW runs on the CPU.
    """
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return convolution(input, filter, layout, out)


@conv2d.shape
def conv2d_shape(
    input: Spec,
    filter: Spec,
    strides: list[int],
    padding: str,
    explicit_paddings: list[int],
    data_format: str,
    dilations: list[int],
) -> Shape:
    """The windows' places, and the filter's outputs."""
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return _convolution_shape(input, filter, layout)


@op(
    "Conv3D(input: T, filter: T) -> output: T",
    T=FLOATS,
    strides=at_least(5),
    precision=ROUNDING,
    source="core/kernels/conv_ops_3d.cc",
)
def conv3d(
    input: Array,
    filter: Array,
    *,
    strides: list[int],
    padding: Padding,
    data_format: Format3D = "NDHWC",
    dilations: list[int] = [1, 1, 1, 1, 1],
    out: Array | None = None,
) -> Array:
    """Like Conv2D with one more dimension.

    Shapes: `[n, d, h, w, c], [kd, kh, kw, c / groups, o] -> [n, d', h', w', o]`.
    Raises: InvalidArgumentError as for Conv2D, and for a filter without outputs.
    Differs: NCDHW, dilations and groups run on the CPU.
    """
    require(
        filter.ndim != 5 or filter.shape[-1] > 0,
        f"filter must have only dimensions above 0, not shape {list(filter.shape)}",
    )
    return convolution(input, filter, layout_of(data_format, padding, strides, dilations), out)


@conv3d.shape
def conv3d_shape(
    input: Spec,
    filter: Spec,
    strides: list[int],
    padding: str,
    data_format: str,
    dilations: list[int],
) -> Shape:
    """The windows' places, and the filter's outputs."""
    return _convolution_shape(input, filter, layout_of(data_format, padding, strides, dilations))


def depthwise(
    input: Array,
    filter: Array,
    layout: Layout,
    out: Array | None = None,
    finish: Finish | None = None,
) -> Array:
    """As `convolution`, of each channel alone."""
    require_rank(input, 4, "input")
    require_rank(filter, 4, "filter")
    x = layout.channels_last(input)
    if x.shape[-1] != filter.shape[2]:
        require(False, f"input depth must equal filter depth {filter.shape[2]}, not {x.shape[-1]}")
    windows = layout.windows(x.shape[1:-1], filter.shape[:2])
    found = convolve_depthwise(
        widen(x), widen(filter), windows, out if layout.last else None, finish
    )
    return layout.restore(narrow(found, input.dtype))


def _depthwise_shape(input: Spec, filter: Spec, layout: Layout) -> Shape:
    shape, taps = ranked(input, 4, "input"), ranked(filter, 4, "filter")
    channels = shape[layout.channel_axis]
    if channels is None:
        channels = taps[2]
    elif taps[2] is not None:
        require(
            channels == taps[2], f"input depth must equal filter depth {taps[2]}, not {channels}"
        )
    width = None if channels is None or taps[3] is None else channels * taps[3]
    sizes = [shape[axis] for axis in layout.spatial_axes]
    return layout.order(shape[0], layout.output_sizes(sizes, taps[:2]), width)


@op(
    "DepthwiseConv2dNative(input: T, filter: T) -> output: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/depthwise_conv_op.cc",
)
def depthwise_conv2d_native(
    input: Array,
    filter: Array,
    *,
    strides: list[int],
    padding: ExplicitPadding,
    explicit_paddings: list[int] = [],
    data_format: Format2D = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
    out: Array | None = None,
) -> Array:
    """The convolution of each channel with its own filters; channel c and filter m give output c·multiplier + m.

    Shapes: `[n, h, w, c], [kh, kw, c, multiplier] -> [n, h', w', c·multiplier]`.
    Raises: InvalidArgumentError for other ranks, other depths, a window too long.
    Differs: NCHW, dilations and unequal strides run on the CPU.
    """
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return depthwise(input, filter, layout, out)


@depthwise_conv2d_native.shape
def depthwise_conv2d_native_shape(
    input: Spec,
    filter: Spec,
    strides: list[int],
    padding: str,
    explicit_paddings: list[int],
    data_format: str,
    dilations: list[int],
) -> Shape:
    """The windows' places, and the product of channels and multiplier."""
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return _depthwise_shape(input, filter, layout)


def finisher(
    fused_ops: Sequence[str],
    args: Sequence[Array],
    width: int,
    epsilon: float,
    leakyrelu_alpha: float,
) -> Finish:
    """What a fused convolution does to each block of its result: bias or batch norm, then an activation.

    Raises:
        InvalidArgumentError: the arguments do not fit.
        UnimplementedError: the fusion is not known.
    """
    first, *rest = fused_ops or [""]
    wanted = {"BiasAdd": 1, "FusedBatchNorm": 4}.get(first)
    if wanted is None:
        raise UnimplementedError(
            f"fused_ops must start with BiasAdd or FusedBatchNorm, not {list(fused_ops)}"
        )
    require(len(args) == wanted, f"{first} must have {wanted} fused arguments, not {len(args)}")
    for arg in args:
        if arg.shape != (width,):
            require(False, f"fused arguments must have shape [{width}], not {list(arg.shape)}")
    wide = [widen(arg) for arg in args]
    if first == "FusedBatchNorm":
        scale, offset, mean, variance = wide
        with np.errstate(all="ignore"):
            factor = scale / np.sqrt(variance + variance.dtype.type(epsilon))
            shift = offset - mean * factor
    else:
        factor, (shift,) = None, wide

    activations = [activation(name, leakyrelu_alpha) for name in rest]

    def finish(block: Array) -> None:
        if factor is not None:
            block *= factor
        block += shift
        with np.errstate(over="ignore"):
            for activate in activations:
                activate(block)

    return finish


@op(
    "_FusedConv2D(input: T, filter: T, args: TArgs, host_args: num_host_args * float32) -> output: T",
    T=types("float16 float32 float64 int8 qint8"),
    TArgs=types_list(minimum=1),
    num_args=at_least(0),
    num_host_args=at_least(0, default=0),
    precision=ROUNDING,
    source="core/kernels/conv_ops_fused_impl.h",
)
def fused_conv2d(
    input: Array,
    filter: Array,
    args: Sequence[Array],
    host_args: Sequence[Array],
    *,
    num_args: int,
    strides: list[int],
    padding: ExplicitPadding,
    explicit_paddings: list[int] = [],
    data_format: Literal["NHWC", "NCHW", "NCHW_VECT_C"] = "NHWC",
    filter_format: Literal["HWIO", "OIHW", "OIHW_VECT_I"] = "HWIO",
    dilations: list[int] = [1, 1, 1, 1],
    use_cudnn_on_gpu: bool = True,
    fused_ops: list[str] = [],
    epsilon: float = 9.999999747378752e-05,
    leakyrelu_alpha: float = 0.20000000298023224,
    out: Array | None = None,
) -> Array:
    """Conv2D, then what `fused_ops` says: BiasAdd or FusedBatchNorm, and an activation.

    Shapes: as for Conv2D; the fused arguments are vectors over the outputs.
    Raises: InvalidArgumentError as for Conv2D; UnimplementedError for 8-bit tensors, other formats and fusions.
    Differs: NCHW runs on the CPU.
    """
    if input.dtype.kind != "f" or "VECT" in data_format or filter_format != "HWIO":
        raise UnimplementedError(
            "_FusedConv2D must have floating tensors, NHWC or NCHW, and HWIO filters, "
            f"not {input.dtype}, {data_format} and {filter_format}"
        )
    require_rank(filter, 4, "filter")
    finish = finisher(fused_ops, args, filter.shape[-1], epsilon, leakyrelu_alpha)
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return convolution(input, filter, layout, out, finish)


@fused_conv2d.shape
def fused_conv2d_shape(
    input: Spec,
    filter: Spec,
    strides: list[int],
    padding: str,
    explicit_paddings: list[int],
    data_format: str,
    dilations: list[int],
) -> Shape:
    """As for Conv2D; unknown for packed channels."""
    if "VECT" in data_format:
        return None
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return _convolution_shape(input, filter, layout)


@op(
    "_FusedDepthwiseConv2dNative(input: T, filter: T, args: num_args * T) -> output: T",
    T=FLOATS,
    num_args=at_least(0),
    precision=ROUNDING,
    source="core/kernels/mkl/mkl_conv_ops.cc",
)
def fused_depthwise_conv2d_native(
    input: Array,
    filter: Array,
    args: Sequence[Array],
    *,
    strides: list[int],
    padding: Padding,
    data_format: Format2D = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
    fused_ops: list[str] = [],
    epsilon: float = 9.999999747378752e-05,
    leakyrelu_alpha: float = 0.20000000298023224,
    out: Array | None = None,
) -> Array:
    """DepthwiseConv2dNative, then what `fused_ops` says; see _FusedConv2D.

    Shapes: as for DepthwiseConv2dNative.
    Raises: InvalidArgumentError as for DepthwiseConv2dNative; UnimplementedError for other fusions.
    """
    require_rank(filter, 4, "filter")
    width = filter.shape[2] * filter.shape[3]
    finish = finisher(fused_ops, args, width, epsilon, leakyrelu_alpha)
    return depthwise(
        input, filter, layout_of(data_format, padding, strides, dilations), out, finish
    )


@fused_depthwise_conv2d_native.shape
def fused_depthwise_conv2d_native_shape(
    input: Spec,
    filter: Spec,
    strides: list[int],
    padding: str,
    data_format: str,
    dilations: list[int],
) -> Shape:
    """As for DepthwiseConv2dNative."""
    return _depthwise_shape(input, filter, layout_of(data_format, padding, strides, dilations))


@conv2d.gradient
def conv2d_gradient(
    ops: Ops, grad: Term, input: Term, filter: Term, attrs: Attrs
) -> tuple[Term, Term]:
    return (
        ops.Conv2DBackpropInput(sizes_of(ops, input), filter, grad, **attrs),
        ops.Conv2DBackpropFilter(input, sizes_of(ops, filter), grad, **attrs),
    )


@depthwise_conv2d_native.gradient
def depthwise_conv2d_native_gradient(
    ops: Ops, grad: Term, input: Term, filter: Term, attrs: Attrs
) -> tuple[Term, Term]:
    return (
        ops.DepthwiseConv2dNativeBackpropInput(sizes_of(ops, input), filter, grad, **attrs),
        ops.DepthwiseConv2dNativeBackpropFilter(input, sizes_of(ops, filter), grad, **attrs),
    )


@conv3d.gradient
def conv3d_gradient(
    ops: Ops, grad: Term, input: Term, filter: Term, attrs: Attrs
) -> tuple[Term, Term]:
    return (
        ops.Conv3DBackpropInputV2(sizes_of(ops, input), filter, grad, **attrs),
        ops.Conv3DBackpropFilterV2(input, sizes_of(ops, filter), grad, **attrs),
    )
