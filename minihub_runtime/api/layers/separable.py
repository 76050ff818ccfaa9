"""Separable convolutions: each channel for itself, then a mix of the channels of each place.

Source: keras/src/legacy_tf_layers/convolutional.py, keras/src/layers/convolutional/base_separable_conv.py,
separable_conv1d.py, separable_conv2d.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.initializers import ZEROS
from minihub_runtime.api.layers.base import InputSpec
from minihub_runtime.api.layers.convolution import ConvolutionLayer
from minihub_runtime.api.layers.core import bias_add
from minihub_runtime.api.layers.settings import constraint_of, format_of, initializer_of, length_of
from minihub_runtime.api.layout import expand_dims, squeeze
from minihub_runtime.api.nn.depthwise import separable_conv2d as separably_convolved
from minihub_runtime.api.regularizers import find_regularizer
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = ["SeparableConv1D", "SeparableConv2D", "separable_conv1d", "separable_conv2d"]


class _SeparableConvolution(ConvolutionLayer):
    """What separable convolutions have in common."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        depthwise_initializer: Any = None,
        pointwise_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        depthwise_regularizer: Any = None,
        pointwise_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        depthwise_constraint: Any = None,
        pointwise_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            bias_initializer,
            bias_regularizer,
            bias_constraint,
            activity_regularizer=activity_regularizer,
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.depth_multiplier = depth_multiplier
        self.depthwise_initializer = initializer_of(depthwise_initializer)
        self.pointwise_initializer = initializer_of(pointwise_initializer)
        self.depthwise_regularizer = find_regularizer(depthwise_regularizer)
        self.pointwise_regularizer = find_regularizer(pointwise_regularizer)
        self.depthwise_constraint = constraint_of(depthwise_constraint)
        self.pointwise_constraint = constraint_of(pointwise_constraint)

    def build(self, input_shape: Any) -> None:
        """Make both kernels and the bias.

        Raises:
            ValueError: the number of channels is not known.
        """
        channels = self.channels_of(input_shape)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})
        multiplier = self.depth_multiplier
        self.depthwise_kernel = self.add_kernel(
            "depthwise", (*self.kernel_size, channels, multiplier)
        )
        self.pointwise_kernel = self.add_kernel(
            "pointwise", (*(1,) * self.rank, multiplier * channels, self.filters)
        )
        self.add_bias(self.filters)
        self.built = True

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the output."""
        known = TensorShape(input_shape).as_list()
        first = 1 if self.data_format == "channels_last" else 2
        numbers = zip(self.kernel_size, self.strides, self.dilation_rate, strict=True)
        for axis, (window, stride, dilation) in enumerate(numbers, first):
            known[axis] = length_of(known[axis], window, self.padding, stride, dilation)
        known[self.channel_axis] = self.filters
        return TensorShape(known)


@public("layers.SeparableConv1D")
class SeparableConv1D(_SeparableConvolution):
    """A separable convolution of sequences; see `separable_conv1d`."""

    rank = 1

    def call(self, inputs: Any) -> Any:
        """The output."""
        if self.padding == "causal":
            inputs = self.causally_padded(inputs)
        last = self.data_format == "channels_last"
        start = 1 if last else 2
        strides = (1, *self.strides * 2, 1) if last else (1, 1, *self.strides * 2)
        order = format_of(self.data_format, 4)
        images = expand_dims(inputs, start)
        depthwise = expand_dims(self.depthwise_kernel, 0)
        pointwise = expand_dims(self.pointwise_kernel, 0)
        outputs = separably_convolved(
            images,
            depthwise,
            pointwise,
            strides=strides,
            padding="VALID" if self.padding == "causal" else self.padding.upper(),
            rate=(1, *self.dilation_rate),
            data_format=order,
        )
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, order)
        return self.activated(squeeze(outputs, [start]))


@public("layers.SeparableConv2D")
class SeparableConv2D(_SeparableConvolution):
    """A separable convolution of images; see `separable_conv2d`."""

    rank = 2

    def call(self, inputs: Any) -> Any:
        """The output."""
        last = self.data_format == "channels_last"
        outputs = separably_convolved(
            inputs,
            self.depthwise_kernel,
            self.pointwise_kernel,
            strides=(1, *self.strides, 1) if last else (1, 1, *self.strides),
            padding=self.padding.upper(),
            rate=self.dilation_rate,
            data_format=self.op_format,
        )
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, self.op_format)
        return self.activated(outputs)


@public("layers.separable_conv1d")
def separable_conv1d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = 1,
    depth_multiplier: int = 1,
    activation: Any = None,
    use_bias: bool = True,
    depthwise_initializer: Any = None,
    pointwise_initializer: Any = None,
    bias_initializer: Any = ZEROS,
    depthwise_regularizer: Any = None,
    pointwise_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    depthwise_constraint: Any = None,
    pointwise_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Any:
    """A separable convolution of sequences.

    The arguments are those of `SeparableConv1D`; `depth_multiplier` is the number of channels that each channel
    becomes before they are mixed, and `reuse` as in `dense`.
    """
    layer = SeparableConv1D(
        filters,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
        depth_multiplier,
        activation,
        use_bias,
        depthwise_initializer,
        pointwise_initializer,
        bias_initializer,
        depthwise_regularizer,
        pointwise_regularizer,
        bias_regularizer,
        activity_regularizer,
        depthwise_constraint,
        pointwise_constraint,
        bias_constraint,
        trainable,
        name,
        _reuse=reuse,
        _scope=name,
    )
    return layer(inputs)


@public("layers.separable_conv2d")
def separable_conv2d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = (1, 1),
    depth_multiplier: int = 1,
    activation: Any = None,
    use_bias: bool = True,
    depthwise_initializer: Any = None,
    pointwise_initializer: Any = None,
    bias_initializer: Any = ZEROS,
    depthwise_regularizer: Any = None,
    pointwise_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    depthwise_constraint: Any = None,
    pointwise_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Any:
    """A separable convolution of images.

    The arguments are those of `SeparableConv2D`; `depth_multiplier` is the number of channels that each channel
    becomes before they are mixed, and `reuse` as in `dense`.
    """
    layer = SeparableConv2D(
        filters,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
        depth_multiplier,
        activation,
        use_bias,
        depthwise_initializer,
        pointwise_initializer,
        bias_initializer,
        depthwise_regularizer,
        pointwise_regularizer,
        bias_regularizer,
        activity_regularizer,
        depthwise_constraint,
        pointwise_constraint,
        bias_constraint,
        trainable,
        name,
        _reuse=reuse,
        _scope=name,
    )
    return layer(inputs)
