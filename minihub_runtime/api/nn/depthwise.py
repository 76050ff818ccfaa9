"""Convolutions of each channel for itself, and those followed by one of single pixels.

Source: tensorflow/python/ops/nn_impl.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.deprecation import deprecated_argument_lookup
from minihub_runtime.api.graph import Tensor, name_scope
from minihub_runtime.api.nn.atrous import with_space_to_batch
from minihub_runtime.api.nn.convolution import conv2d, depthwise_conv2d_native
from minihub_runtime.api.sizes import shape
from minihub_runtime.public import public

__all__ = ["depthwise_conv2d", "separable_conv2d"]


@public("nn.depthwise_conv2d")
def depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """The convolution of each channel with filters of its own.

    Args:
        input: `[batch, height, width, in_channels]`, or channels first for NCHW.
        filter: `[height, width, in_channels, channel_multiplier]`.
        strides: four numbers.
        padding: "SAME", "VALID", or four pairs of numbers.
        rate: two numbers, the distances between the taps.
        name: wanted name.
        data_format: "NHWC" or "NCHW".
        dilations: another name of `rate`.

    Raises:
        ValueError: shapes or arguments do not fit, or both names of an argument are given.
    """
    rate = deprecated_argument_lookup("dilations", dilations, "rate", rate)
    with name_scope(name, "depthwise", [input, filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")

        def op(part: Any, _: int, inner_padding: Any) -> Tensor:
            return depthwise_conv2d_native(
                input=part,
                filter=filter,
                strides=strides,
                padding=inner_padding,
                data_format=data_format,
                name=scope,
            )

        return with_space_to_batch(
            input=input,
            filter_shape=shape(filter),
            dilation_rate=[1, 1] if rate is None else rate,
            padding=padding,
            data_format=data_format,
            op=op,
        )


@public("nn.separable_conv2d")
def separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: str | None = None,
    data_format: str | None = None,
    dilations: Any = None,
) -> Tensor:
    """A depthwise convolution, then a mix of the channels of each pixel.

    Args:
        input: `[batch, height, width, in_channels]`, or channels first for NCHW.
        depthwise_filter: `[height, width, in_channels, channel_multiplier]`.
        pointwise_filter: `[1, 1, channel_multiplier · in_channels, out_channels]`.
        strides: four numbers, of the depthwise convolution.
        padding: "SAME", "VALID", or four pairs of numbers.
        rate: two numbers, the distances between the taps of the depthwise filter.
        name: wanted name.
        data_format: "NHWC" or "NCHW".
        dilations: another name of `rate`.

    Raises:
        ValueError: shapes or arguments do not fit, or both names of an argument are given.
    """
    rate = deprecated_argument_lookup("dilations", dilations, "rate", rate)
    with name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        pointwise_shape = pointwise_filter.shape.with_rank(4)
        pointwise_shape.dims[0].assert_is_compatible_with(1)
        pointwise_shape.dims[1].assert_is_compatible_with(1)

        def op(part: Any, _: int, inner_padding: Any) -> Tensor:
            return depthwise_conv2d_native(
                input=part,
                filter=depthwise_filter,
                strides=strides,
                padding=inner_padding,
                data_format=data_format,
                name="depthwise",
            )

        depthwise = with_space_to_batch(
            input=input,
            filter_shape=shape(depthwise_filter),
            dilation_rate=[1, 1] if rate is None else rate,
            padding=padding,
            data_format=data_format,
            op=op,
        )
        return conv2d(
            depthwise,
            pointwise_filter,
            [1, 1, 1, 1],
            padding="VALID",
            data_format=data_format,
            name=scope,
        )
