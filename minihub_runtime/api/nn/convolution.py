"""Convolutions and dilations, one op each, with the argument names of both generations.

Source: tensorflow/python/ops/nn_ops.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.nn.spatial import (
    channel_axis,
    explicit_paddings,
    per_dimension,
    squeeze_batch_dims,
)
from minihub_runtime.public import public

__all__ = [
    "conv1d",
    "conv2d",
    "conv2d_backprop_filter",
    "conv2d_backprop_input",
    "conv3d",
    "depthwise_conv2d_backprop_filter",
    "depthwise_conv2d_backprop_input",
    "depthwise_conv2d_native",
    "dilation2d",
    "erosion2d",
    "expanded_batch",
]

_ONES_2D = (1, 1, 1, 1)
_ONES_3D = (1, 1, 1, 1, 1)


def expanded_batch(
    op: str, input: Any, spatial_rank: int, name: str | None, **arguments: Any
) -> Tensor:
    """A convolution of an input that may have several batch dimensions."""
    rank = input.shape.rank if hasattr(input.shape, "rank") else len(input.shape)
    if rank is None or rank <= spatial_rank + 2:
        made: Tensor = build(op, name=name, input=input, **arguments)
        return made
    return squeeze_batch_dims(
        input, lambda flat: build(op, input=flat, **arguments), spatial_rank + 1, name
    )


@public("nn.conv1d")
def conv1d(
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool | None = None,
    data_format: str | None = None,
    name: str | None = None,
    input: Any = None,
    dilations: Any = None,
) -> Tensor:
    """The convolution of sequences: Conv2D with a height of one.

    Args:
        value: `[batch…, width, channels]`, or `[batch…, channels, width]` for NCW.
        filters: `[width, in_channels, out_channels]`.
        stride: a number or a list of one or three.
        padding: "SAME" or "VALID".
        use_cudnn_on_gpu: has no effect here.
        data_format: "NWC" (the default) or "NCW"; "NHWC" and "NCHW" mean the same.
        name: wanted name.
        input: another name of `value`.
        dilations: as `stride`.

    Raises:
        ValueError: the format or a length is wrong, or `value` and `input` are both given.
    """
    value = deprecated_argument_lookup("input", input, "value", value)
    with name_scope(name, "conv1d", [value, filters]) as scope:
        if data_format in (None, "NHWC", "NWC"):
            data_format, start, channels = "NHWC", -3, 2
        elif data_format in ("NCHW", "NCW"):
            data_format, start, channels = "NCHW", -2, 1
        else:
            raise ValueError(
                f"`data_format` must be 'NWC' or 'NCW'. Received: data_format={data_format}"
            )
        strides = [1, *per_dimension(stride, 1, channels, "stride")]
        rates = [1, *per_dimension(dilations, 1, channels, "dilations")]
        value = expand_dims(value, start)
        filters = expand_dims(filters, 0)
        result = expanded_batch(
            "Conv2D",
            value,
            2,
            scope,
            filter=filters,
            strides=strides,
            padding=padding,
            use_cudnn_on_gpu=use_cudnn_on_gpu,
            data_format=data_format,
            dilations=rates,
        )
        return squeeze(result, [start])


@public("nn.conv2d")
def conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC",
    dilations: Any = _ONES_2D,
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """The convolution of images.

    Args:
        input: `[batch…, height, width, in_channels]`, or channels first for NCHW.
        filter: `[height, width, in_channels, out_channels]`.
        strides: a number or a list of one, two or four.
        padding: "SAME", "VALID", or four pairs of numbers.
        use_cudnn_on_gpu: has no effect here.
        data_format: "NHWC" or "NCHW".
        dilations: as `strides`.
        name: wanted name.
        filters: another name of `filter`.

    Raises:
        ValueError: lengths or shapes do not fit, or `filter` and `filters` are both given.
    """
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    padding, pairs = explicit_paddings(padding)
    data_format = data_format or "NHWC"
    channels = channel_axis(data_format, 2)
    return expanded_batch(
        "Conv2D",
        input,
        2,
        name,
        filter=filter,
        strides=per_dimension(strides, 2, channels, "strides"),
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=pairs,
        data_format=data_format,
        dilations=per_dimension(dilations, 2, channels, "dilations"),
    )


@public("nn.conv3d")
def conv3d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: str | None = "NDHWC",
    dilations: Any = _ONES_3D,
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """The convolution of volumes.

    Args:
        input: `[batch, depth, height, width, in_channels]`, or channels first for NCDHW.
        filter: `[depth, height, width, in_channels, out_channels]`.
        strides: five numbers.
        padding: "SAME" or "VALID".
        data_format: "NDHWC" or "NCDHW".
        dilations: five numbers.
        name: wanted name.
        filters: another name of `filter`.

    Raises:
        ValueError: shapes do not fit, or `filter` and `filters` are both given.
    """
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    made: Tensor = build(
        "Conv3D",
        name=name,
        input=input,
        filter=filter,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
    )
    return made


@public("nn.conv2d_backprop_filter")
def conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC",
    dilations: Any = _ONES_2D,
    name: str | None = None,
) -> Tensor:
    """The gradient of a convolution of images with respect to the filter.

    Args:
        input: the input of the convolution.
        filter_sizes: int32 [4], the shape of the filter.
        out_backprop: the gradient of its output.
        strides: four numbers.
        padding: "SAME", "VALID", or four pairs of numbers.
        use_cudnn_on_gpu: has no effect here.
        data_format: "NHWC" or "NCHW".
        dilations: four numbers.
        name: wanted name.
    """
    padding, pairs = explicit_paddings(padding)
    made: Tensor = build(
        "Conv2DBackpropFilter",
        name=name,
        input=input,
        filter_sizes=filter_sizes,
        out_backprop=out_backprop,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=pairs,
        data_format=data_format,
        dilations=dilations,
    )
    return made


@public("nn.conv2d_backprop_input")
def conv2d_backprop_input(
    input_sizes: Any,
    filter: Any = None,
    out_backprop: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: str | None = "NHWC",
    dilations: Any = _ONES_2D,
    name: str | None = None,
    filters: Any = None,
) -> Tensor:
    """The gradient of a convolution of images with respect to the input.

    Args:
        input_sizes: int32 [4], the shape of the input.
        filter: the filter of the convolution.
        out_backprop: the gradient of its output.
        strides: four numbers.
        padding: "SAME", "VALID", or four pairs of numbers.
        use_cudnn_on_gpu: has no effect here.
        data_format: "NHWC" or "NCHW".
        dilations: four numbers.
        name: wanted name.
        filters: another name of `filter`.

    Raises:
        ValueError: shapes do not fit, or `filter` and `filters` are both given.
    """
    filter = deprecated_argument_lookup("filters", filters, "filter", filter)
    padding, pairs = explicit_paddings(padding)
    made: Tensor = build(
        "Conv2DBackpropInput",
        name=name,
        input_sizes=input_sizes,
        filter=filter,
        out_backprop=out_backprop,
        strides=strides,
        padding=padding,
        use_cudnn_on_gpu=use_cudnn_on_gpu,
        explicit_paddings=pairs,
        data_format=data_format,
        dilations=dilations,
    )
    return made


@public("nn.depthwise_conv2d_native")
def depthwise_conv2d_native(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    dilations: Any = _ONES_2D,
    name: str | None = None,
) -> Tensor:
    """The convolution of each channel with filters of its own.

    Args:
        input: `[batch, height, width, in_channels]`, or channels first for NCHW.
        filter: `[height, width, in_channels, channel_multiplier]`.
        strides: four numbers.
        padding: "SAME", "VALID", or four pairs of numbers.
        data_format: "NHWC" or "NCHW".
        dilations: four numbers.
        name: wanted name.
    """
    padding, pairs = explicit_paddings(padding)
    made: Tensor = build(
        "DepthwiseConv2dNative",
        name=name,
        input=input,
        filter=filter,
        strides=strides,
        padding=padding,
        explicit_paddings=pairs,
        data_format=data_format,
        dilations=dilations,
    )
    return made


@public("nn.depthwise_conv2d_backprop_input", "nn.depthwise_conv2d_native_backprop_input")
def depthwise_conv2d_backprop_input(
    input_sizes: Any,
    filter: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    dilations: Any = _ONES_2D,
    name: str | None = None,
) -> Tensor:
    """The gradient of `depthwise_conv2d_native` with respect to the input, of shape `input_sizes`."""
    padding, pairs = explicit_paddings(padding)
    made: Tensor = build(
        "DepthwiseConv2dNativeBackpropInput",
        name=name,
        input_sizes=input_sizes,
        filter=filter,
        out_backprop=out_backprop,
        strides=strides,
        padding=padding,
        explicit_paddings=pairs,
        data_format=data_format,
        dilations=dilations,
    )
    return made


@public("nn.depthwise_conv2d_backprop_filter", "nn.depthwise_conv2d_native_backprop_filter")
def depthwise_conv2d_backprop_filter(
    input: Any,
    filter_sizes: Any,
    out_backprop: Any,
    strides: Any,
    padding: Any,
    data_format: str | None = "NHWC",
    dilations: Any = _ONES_2D,
    name: str | None = None,
) -> Tensor:
    """The gradient of `depthwise_conv2d_native` with respect to the filter, of shape `filter_sizes`."""
    padding, pairs = explicit_paddings(padding)
    made: Tensor = build(
        "DepthwiseConv2dNativeBackpropFilter",
        name=name,
        input=input,
        filter_sizes=filter_sizes,
        out_backprop=out_backprop,
        strides=strides,
        padding=padding,
        explicit_paddings=pairs,
        data_format=data_format,
        dilations=dilations,
    )
    return made


@public("nn.dilation2d")
def dilation2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: str | None = None,
    filters: Any = None,
    dilations: Any = None,
) -> Tensor:
    """Grayscale dilation: the largest sum of a window and the filter, channel by channel.

    Args:
        input: `[batch, height, width, depth]`.
        filter: `[height, width, depth]`.
        strides: four numbers.
        rates: four numbers, the distances between the taps of the filter.
        padding: "SAME" or "VALID".
        name: wanted name.
        filters: another name of `filter`.
        dilations: another name of `rates`.

    Raises:
        ValueError: shapes do not fit, or both names of an argument are given.
    """
    made: Tensor = build(
        "Dilation2D",
        name=name,
        input=input,
        filter=deprecated_argument_lookup("filters", filters, "filter", filter),
        strides=strides,
        rates=deprecated_argument_lookup("dilations", dilations, "rates", rates),
        padding=padding,
    )
    return made


@public("nn.erosion2d")
def erosion2d(
    value: Any,
    kernel: Any,
    strides: Any,
    rates: Any,
    padding: Any,
    name: str | None = None,
) -> Tensor:
    """Grayscale erosion: the smallest difference of a window and the kernel, channel by channel.

    Args:
        value: `[batch, height, width, depth]`.
        kernel: `[height, width, depth]`.
        strides: four numbers.
        rates: four numbers, the distances between the taps of the kernel.
        padding: "SAME" or "VALID".
        name: wanted name.
    """
    with name_scope(name, "erosion2d", [value, kernel]) as scope:
        negative = build("Neg", x=value)
        dilated = build(
            "Dilation2D",
            name=scope,
            input=negative,
            filter=build("ReverseV2", tensor=kernel, axis=[0, 1]),
            strides=strides,
            rates=rates,
            padding=padding,
        )
        made: Tensor = build("Neg", x=dilated)
        return made
