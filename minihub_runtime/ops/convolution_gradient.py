"""Gradients of convolutions; the one with respect to the input is also the transposed convolution of decoders.

As in `convolution`, NCHW, dilations and groups run although TensorFlow's CPU kernels refuse them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from minihub_runtime.ops.checking import require, require_rank
from minihub_runtime.ops.convolving import correlate_filter, correlate_input, split_parts
from minihub_runtime.ops.convolving_depthwise import (
    correlate_filter_depthwise,
    correlate_input_depthwise,
)
from minihub_runtime.ops.gradient_rules import Attrs, Ops, Term, sizes_of
from minihub_runtime.ops.registry import (
    FLOATS,
    INDEX,
    REGISTRY,
    ROUNDING,
    Array,
    at_least,
    op,
    types,
)
from minihub_runtime.ops.windows import Layout, Window, layout_of, narrow, ranked, widen
from minihub_runtime.shapes import Shape, Spec, merge

__all__ = ["conv2d_backprop_input", "depthwise_conv2d_native_backprop_input", "transposed"]

Padding = Literal["SAME", "VALID"]
ExplicitPadding = Literal["SAME", "VALID", "EXPLICIT"]
Format2D = Literal["NHWC", "NCHW"]
Format3D = Literal["NDHWC", "NCDHW"]


def _sizes(sizes: Array, rank: int, name: str) -> list[int]:
    """A shape given as a tensor."""
    require(
        sizes.shape == (rank,), f"{name} must have {rank} values, not shape {list(sizes.shape)}"
    )
    found = [int(n) for n in sizes]
    require(min(found) >= 0, f"{name} must not be negative, not {found}")
    return found


def _check_sizes(
    layout: Layout,
    sizes: Sequence[int],
    taps: Sequence[int],
    grad: Array,
    batch: int,
) -> list[Window]:
    """The windows of the forward convolution, if `grad` (channels last) is a gradient of its result."""
    require(
        len(grad) == batch,
        f"out_backprop must have the input's batch size {batch}, not {len(grad)}",
    )
    windows = layout.windows(sizes, taps)
    counts = tuple(window.outputs for window in windows)
    if grad.shape[1:-1] != counts:
        require(
            False,
            f"out_backprop must have spatial sizes {list(counts)}, not {list(grad.shape[1:-1])}",
        )
    return windows


def _check_depths(channels: int, depth: int, width: int, grad: Array) -> None:
    require(
        depth > 0 and channels % depth == 0,
        f"input depth must be a multiple of filter depth {depth}, not {channels}",
    )
    require(
        grad.shape[-1] == width,
        f"out_backprop must have the filter's output depth {width}, not {grad.shape[-1]}",
    )
    groups = channels // depth
    require(
        groups > 0 and width % groups == 0,
        f"output depth must be a multiple of the number of groups {groups}, not {width}",
    )


def _check_work(batch: int, filter: Sequence[int]) -> None:
    """Raise where no patch of a volume and no output has any element."""
    if batch and not filter[-1] and 0 in filter[:-1]:
        require(
            False, f"filter must have an output depth or patches above 0, not shape {list(filter)}"
        )


def _input_gradient(
    sizes: Sequence[int],
    filter: Array,
    out_backprop: Array,
    layout: Layout,
    out: Array | None,
    laid_out: Array | None = None,
) -> Array:
    grad = layout.channels_last(out_backprop)
    channels = sizes[layout.channel_axis]
    _check_depths(channels, filter.shape[-2], filter.shape[-1], grad)
    spatial = [sizes[axis] for axis in layout.spatial_axes]
    windows = _check_sizes(layout, spatial, filter.shape[:-2], grad, sizes[0])
    parts = None
    if laid_out is not None and channels == filter.shape[-2]:
        parts = split_parts(laid_out, layout.strides, filter.shape)
    found = correlate_input(
        widen(filter), widen(grad), windows, channels, out if layout.last else None, parts
    )
    return layout.restore(narrow(found, out_backprop.dtype))


def _filter_gradient(
    input: Array, sizes: Sequence[int], out_backprop: Array, layout: Layout
) -> Array:
    x, grad = layout.channels_last(input), layout.channels_last(out_backprop)
    _check_depths(x.shape[-1], sizes[-2], sizes[-1], grad)
    windows = _check_sizes(layout, x.shape[1:-1], sizes[:-2], grad, len(x))
    found = correlate_filter(widen(x), widen(grad), windows, sizes[-2])
    return narrow(found, input.dtype)


def _asked(sizes: Spec, rank: int) -> tuple[int | None, ...]:
    """The shape that a constant sizes tensor asks for."""
    found = sizes.as_shape
    return (None,) * rank if found is None or len(found) != rank else found


def _asked_input(sizes: Spec, filter: Spec, out_backprop: Spec, layout: Layout) -> Shape:
    """The shape of the input; two sizes are its spatial dimensions alone."""
    taps = ranked(filter, layout.rank, "filter")
    grad = ranked(out_backprop, layout.rank, "out_backprop")
    batch, outputs = grad[0], grad[layout.channel_axis]
    require(
        None in (outputs, taps[-1]) or outputs == taps[-1],
        f"output depth must be {taps[-1]}, not {outputs}",
    )
    length = sizes.dim(0)
    require(length in (None, 2, 4), f"input_sizes must have 4 or 2 values, not {length}")
    if length == 2:
        spatial = sizes.as_shape or (None, None)
        return layout.order(batch, spatial, taps[-2])
    return merge(_asked(sizes, layout.rank), (batch, None, None, None))


@op(
    "Conv2DBackpropInput(input_sizes: int32, filter: T, out_backprop: T) -> output: T",
    T=types("float16 bfloat16 float32 float64 int32"),
    precision=ROUNDING,
    source="core/kernels/conv_grad_input_ops.h",
    ranks={"input_sizes": 1},
)
def conv2d_backprop_input(
    input_sizes: Array,
    filter: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    use_cudnn_on_gpu: bool = True,
    padding: ExplicitPadding,
    explicit_paddings: list[int] = [],
    data_format: Format2D = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
    out: Array | None = None,
) -> Array:
    """The gradient of Conv2D with respect to its input, whose shape or spatial shape is `input_sizes`.

    Shapes: `[4] or [2], [kh, kw, c / groups, o], [n, h', w', o] -> [n, h, w, c]`.
    Raises: InvalidArgumentError where Conv2D of those shapes would refuse or have another shape.
    Differs: NCHW, dilations and groups run on the CPU.
    """
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return transposed(input_sizes, filter, out_backprop, layout, out)


def transposed(
    input_sizes: Array,
    filter: Array,
    out_backprop: Array,
    layout: Layout,
    out: Array | None = None,
    laid_out: Array | None = None,
) -> Array:
    """Conv2DBackpropInput in a layout; `laid_out` is what `convolving.lay_out_parts` made of the filter."""
    require_rank(filter, 4, "filter")
    require_rank(out_backprop, 4, "out_backprop")
    require(
        input_sizes.shape in ((2,), (4,)),
        f"input_sizes must have 4 or 2 values, not shape {list(input_sizes.shape)}",
    )
    if len(input_sizes) == 2:
        spatial = _sizes(input_sizes, 2, "input_sizes")
        sizes = list(layout.order(len(out_backprop), spatial, filter.shape[2]))
    else:
        sizes = _sizes(input_sizes, 4, "input_sizes")
    return _input_gradient(sizes, filter, out_backprop, layout, out, laid_out)


@conv2d_backprop_input.shape
def conv2d_backprop_input_shape(
    input_sizes: Spec,
    filter: Spec,
    out_backprop: Spec,
    strides: list[int],
    padding: str,
    explicit_paddings: list[int],
    data_format: str,
    dilations: list[int],
) -> Shape:
    """What `input_sizes` says."""
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    return _asked_input(input_sizes, filter, out_backprop, layout)


@op(
    "Conv2DBackpropFilter(input: T, filter_sizes: int32, out_backprop: T) -> output: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/conv_grad_filter_ops.cc",
    ranks={"filter_sizes": 1},
)
def conv2d_backprop_filter(
    input: Array,
    filter_sizes: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    use_cudnn_on_gpu: bool = True,
    padding: ExplicitPadding,
    explicit_paddings: list[int] = [],
    data_format: Format2D = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
) -> Array:
    """The gradient of Conv2D with respect to its filter, whose shape is `filter_sizes`.

    Shapes: `[n, h, w, c], [4], [n, h', w', o] -> [kh, kw, c / groups, o]`.
    Raises: InvalidArgumentError where Conv2D of those shapes would refuse or have another shape.
    Differs: NCHW, dilations and groups run on the CPU.
    """
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    require_rank(input, 4, "input")
    require_rank(out_backprop, 4, "out_backprop")
    return _filter_gradient(input, _sizes(filter_sizes, 4, "filter_sizes"), out_backprop, layout)


@conv2d_backprop_filter.shape
def conv2d_backprop_filter_shape(filter_sizes: Spec) -> Shape:
    """What `filter_sizes` says."""
    return _asked(filter_sizes, 4)


@op(
    "Conv3DBackpropInputV2(input_sizes: Tshape, filter: T, out_backprop: T) -> output: T",
    T=FLOATS,
    strides=at_least(5),
    Tshape=INDEX.default_to("int32"),
    precision=ROUNDING,
    source="core/kernels/conv_grad_ops_3d.cc",
    ranks={"input_sizes": 1},
)
def conv3d_backprop_input_v2(
    input_sizes: Array,
    filter: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    padding: Padding,
    data_format: Format3D = "NDHWC",
    dilations: list[int] = [1, 1, 1, 1, 1],
    out: Array | None = None,
) -> Array:
    """The gradient of Conv3D with respect to its input, whose shape is `input_sizes`.

    Shapes: `[5], [kd, kh, kw, c / groups, o], [n, d', h', w', o] -> [n, d, h, w, c]`.
    Raises: InvalidArgumentError where Conv3D of those shapes would refuse or have another shape.
    Differs: NCDHW, dilations and groups run on the CPU.
    """
    layout = layout_of(data_format, padding, strides, dilations)
    require_rank(filter, 5, "filter")
    require_rank(out_backprop, 5, "out_backprop")
    sizes = _sizes(input_sizes, 5, "input_sizes")
    _check_work(sizes[0], filter.shape)
    return _input_gradient(sizes, filter, out_backprop, layout, out)


@conv3d_backprop_input_v2.shape
def conv3d_backprop_input_v2_shape(input_sizes: Spec) -> Shape:
    """What `input_sizes` says."""
    return _asked(input_sizes, 5)


@op(
    "Conv3DBackpropFilterV2(input: T, filter_sizes: int32, out_backprop: T) -> output: T",
    T=FLOATS,
    strides=at_least(5),
    precision=ROUNDING,
    source="core/kernels/conv_grad_ops_3d.cc",
    ranks={"filter_sizes": 1},
)
def conv3d_backprop_filter_v2(
    input: Array,
    filter_sizes: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    padding: Padding,
    data_format: Format3D = "NDHWC",
    dilations: list[int] = [1, 1, 1, 1, 1],
) -> Array:
    """The gradient of Conv3D with respect to its filter, whose shape is `filter_sizes`.

    Shapes: `[n, d, h, w, c], [5], [n, d', h', w', o] -> [kd, kh, kw, c / groups, o]`.
    Raises: InvalidArgumentError where Conv3D of those shapes would refuse or have another shape.
    Differs: NCDHW, dilations and groups run on the CPU.
    """
    layout = layout_of(data_format, padding, strides, dilations)
    require_rank(input, 5, "input")
    require_rank(out_backprop, 5, "out_backprop")
    sizes = _sizes(filter_sizes, 5, "filter_sizes")
    _check_work(len(input), sizes)
    return _filter_gradient(input, sizes, out_backprop, layout)


@conv3d_backprop_filter_v2.shape
def conv3d_backprop_filter_v2_shape(filter_sizes: Spec) -> Shape:
    """What `filter_sizes` says."""
    return _asked(filter_sizes, 5)


@op(
    "DepthwiseConv2dNativeBackpropInput(input_sizes: int32, filter: T, out_backprop: T) -> output: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/depthwise_conv_grad_op.cc",
    ranks={"input_sizes": 1},
)
def depthwise_conv2d_native_backprop_input(
    input_sizes: Array,
    filter: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    padding: ExplicitPadding,
    explicit_paddings: list[int] = [],
    data_format: Format2D = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
    out: Array | None = None,
) -> Array:
    """The gradient of DepthwiseConv2dNative with respect to its input, whose shape is `input_sizes`.

    Shapes: `[4], [kh, kw, c, multiplier], [n, h', w', c·multiplier] -> [n, h, w, c]`.
    Raises: InvalidArgumentError where the forward op would refuse or have another shape.
    Differs: NCHW runs on the CPU, and dilations count, which TensorFlow's CPU kernel ignores here.
    """
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    require_rank(filter, 4, "filter")
    require_rank(out_backprop, 4, "out_backprop")
    sizes = _sizes(input_sizes, 4, "input_sizes")
    rows, columns, depth, multiplier = filter.shape
    channels = sizes[layout.channel_axis]
    require(channels == depth, f"input depth must equal filter depth {depth}, not {channels}")
    if not depth:
        return np.zeros(sizes, filter.dtype)
    if multiplier != 1:
        # A depthwise convolution is a grouped one with a channel per group.
        single = filter.reshape(rows, columns, 1, depth * multiplier)
        return _input_gradient(sizes, single, out_backprop, layout, out)
    grad = layout.channels_last(out_backprop)
    _check_depths(channels, 1, depth, grad)
    spatial = [sizes[axis] for axis in layout.spatial_axes]
    windows = _check_sizes(layout, spatial, (rows, columns), grad, sizes[0])
    place = out if layout.last else None
    found = correlate_input_depthwise(widen(filter), widen(grad), windows, place)
    return layout.restore(narrow(found, out_backprop.dtype))


@depthwise_conv2d_native_backprop_input.shape
def depthwise_conv2d_native_backprop_input_shape(input_sizes: Spec) -> Shape:
    """What `input_sizes` says."""
    return _asked(input_sizes, 4)


@op(
    "DepthwiseConv2dNativeBackpropFilter(input: T, filter_sizes: int32, out_backprop: T) -> output: T",
    T=FLOATS,
    precision=ROUNDING,
    source="core/kernels/depthwise_conv_grad_op.cc",
    ranks={"filter_sizes": 1},
)
def depthwise_conv2d_native_backprop_filter(
    input: Array,
    filter_sizes: Array,
    out_backprop: Array,
    *,
    strides: list[int],
    padding: ExplicitPadding,
    explicit_paddings: list[int] = [],
    data_format: Format2D = "NHWC",
    dilations: list[int] = [1, 1, 1, 1],
) -> Array:
    """The gradient of DepthwiseConv2dNative with respect to its filter, whose shape is `filter_sizes`.

    Shapes: `[n, h, w, c], [4], [n, h', w', c·multiplier] -> [kh, kw, c, multiplier]`.
    Raises: InvalidArgumentError where the forward op would refuse or have another shape.
    Differs: NCHW runs on the CPU, and dilations count, which TensorFlow's CPU kernel ignores here.
    """
    layout = layout_of(data_format, padding, strides, dilations, explicit_paddings)
    require_rank(input, 4, "input")
    require_rank(out_backprop, 4, "out_backprop")
    rows, columns, depth, multiplier = _sizes(filter_sizes, 4, "filter_sizes")
    channels = input.shape[layout.channel_axis]
    require(channels == depth, f"input depth must equal filter depth {depth}, not {channels}")
    if not depth:
        return np.zeros((rows, columns, depth, multiplier), input.dtype)
    if multiplier != 1:
        single = [rows, columns, 1, depth * multiplier]
        found = _filter_gradient(input, single, out_backprop, layout)
        return found.reshape(rows, columns, depth, multiplier)
    x, grad = layout.channels_last(input), layout.channels_last(out_backprop)
    _check_depths(channels, 1, depth, grad)
    windows = _check_sizes(layout, x.shape[1:-1], (rows, columns), grad, len(x))
    return narrow(correlate_filter_depthwise(widen(x), widen(grad), windows), input.dtype)


@depthwise_conv2d_native_backprop_filter.shape
def depthwise_conv2d_native_backprop_filter_shape(filter_sizes: Spec) -> Shape:
    """What `filter_sizes` says."""
    return _asked(filter_sizes, 4)


def _register_gradients() -> None:
    """A convolution is linear in both its inputs, so its gradients are convolutions and gradients of such."""
    for convolution, of_input, of_filter in (
        ("Conv2D", "Conv2DBackpropInput", "Conv2DBackpropFilter"),
        ("Conv3D", "Conv3DBackpropInputV2", "Conv3DBackpropFilterV2"),
        (
            "DepthwiseConv2dNative",
            "DepthwiseConv2dNativeBackpropInput",
            "DepthwiseConv2dNativeBackpropFilter",
        ),
    ):

        def input_gradient(
            ops: Ops,
            grad: Term,
            filter: Term,
            out_backprop: Term,
            attrs: Attrs,
            names: tuple[str, str] = (of_filter, convolution),
        ) -> tuple[None, Term, Term]:
            filter_gradient, forward = (getattr(ops, name) for name in names)
            slope = filter_gradient(grad, sizes_of(ops, filter), out_backprop, **attrs)
            return None, slope, forward(grad, filter, **attrs)

        def filter_gradient(
            ops: Ops,
            grad: Term,
            input: Term,
            out_backprop: Term,
            attrs: Attrs,
            names: tuple[str, str] = (of_input, convolution),
        ) -> tuple[Term, None, Term]:
            input_gradient, forward = (getattr(ops, name) for name in names)
            slope = input_gradient(sizes_of(ops, input), grad, out_backprop, **attrs)
            return slope, None, forward(input, grad, **attrs)

        REGISTRY[of_input].gradient(input_gradient)
        REGISTRY[of_filter].gradient(filter_gradient)


_register_gradients()
