"""Transposed convolutions: what a convolution makes small they make large.

Source: keras/src/legacy_tf_layers/convolutional.py, keras/src/layers/convolutional/conv2d_transpose.py,
conv3d_transpose.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.initializers import ZEROS
from minihub_runtime.api.joining import stack
from minihub_runtime.api.layers.base import InputSpec
from minihub_runtime.api.layers.convolution import ConvolutionLayer
from minihub_runtime.api.layers.core import bias_add
from minihub_runtime.api.layers.settings import (
    constraint_of,
    initializer_of,
    transposed_length_of,
)
from minihub_runtime.api.nn.convolution_transpose import conv2d_transpose as transposed_2d
from minihub_runtime.api.nn.convolution_transpose import conv3d_transpose as transposed_3d
from minihub_runtime.api.regularizers import find_regularizer
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = ["Conv2DTranspose", "Conv3DTranspose", "conv2d_transpose", "conv3d_transpose"]


class _TransposedConvolution(ConvolutionLayer):
    """What transposed convolutions have in common."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = ZEROS,
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
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
            1,
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
        self.kernel_initializer = initializer_of(kernel_initializer)
        self.kernel_regularizer = find_regularizer(kernel_regularizer)
        self.kernel_constraint = constraint_of(kernel_constraint)

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias.

        Raises:
            ValueError: the rank is another, or the number of channels is not known.
        """
        known = TensorShape(input_shape)
        if len(known) != self.rank + 2:
            raise ValueError(
                f"Inputs should have rank {self.rank + 2}. Received input_shape={known}."
            )
        channels = self.channels_of(known)
        self.input_spec = InputSpec(ndim=self.rank + 2, axes={self.channel_axis: channels})
        self.kernel = self.add_kernel("kernel", (*self.kernel_size, self.filters, channels))
        self.add_bias(self.filters)
        self.built = True

    def _lengths(self, lengths: Any) -> list[Any]:
        """The sizes of the output for those of the input."""
        return [
            transposed_length_of(length, window, self.padding, stride)
            for length, window, stride in zip(lengths, self.kernel_size, self.strides, strict=True)
        ]

    def _finished(self, inputs: Any, outputs: Any, order: str) -> Any:
        if inputs.shape.ndims:
            outputs.set_shape(self.compute_output_shape(inputs.shape))
        if self.use_bias:
            outputs = bias_add(outputs, self.bias, order)
        return self.activated(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the output."""
        known = TensorShape(input_shape).as_list()
        first = 1 if self.data_format == "channels_last" else 2
        known[first : first + self.rank] = self._lengths(known[first : first + self.rank])
        known[self.channel_axis] = self.filters
        return TensorShape(known)


@public("layers.Conv2DTranspose")
class Conv2DTranspose(_TransposedConvolution):
    """A transposed convolution of images; see `conv2d_transpose`."""

    rank = 2

    def call(self, inputs: Any) -> Any:
        """The output."""
        sizes = shape(inputs)
        batch = sizes[0]
        last = self.data_format == "channels_last"
        first = 1 if last else 2
        known = inputs.shape.as_list() if inputs.shape.ndims is not None else [None] * 4
        spatial = self._lengths(
            [sizes[axis] if known[axis] is None else known[axis] for axis in (first, first + 1)]
        )
        wanted = (batch, *spatial, self.filters) if last else (batch, self.filters, *spatial)
        target: Any = stack(wanted)
        images = inputs
        if last:
            # Nothing reads it: TensorFlow looks whether the batch size is None.
            _ = target[0]
        else:
            # TensorFlow's kernels for processors take channels last only.
            images = build("Transpose", name="transpose", x=inputs, perm=(0, 2, 3, 1))
            target = stack([target[0], target[2], target[3], target[1]])
        outputs = transposed_2d(
            images,
            self.kernel,
            target,
            (1, *self.strides, 1),
            padding=self.padding.upper(),
            data_format="NHWC",
        )
        if not last:
            outputs = build("Transpose", name="transpose", x=outputs, perm=(0, 3, 1, 2))
        return self._finished(inputs, outputs, self.op_format)


@public("layers.Conv3DTranspose")
class Conv3DTranspose(_TransposedConvolution):
    """A transposed convolution of volumes; see `conv3d_transpose`."""

    rank = 3

    def call(self, inputs: Any) -> Any:
        """The output."""
        sizes = shape(inputs)
        batch = sizes[0]
        last = self.data_format == "channels_last"
        first = 1 if last else 2
        spatial = self._lengths([sizes[axis] for axis in range(first, first + 3)])
        wanted = (batch, *spatial, self.filters) if last else (batch, self.filters, *spatial)
        outputs = transposed_3d(
            inputs,
            self.kernel,
            stack(wanted),
            (1, *self.strides, 1) if last else (1, 1, *self.strides),
            data_format=self.op_format,
            padding=self.padding.upper(),
        )
        return self._finished(inputs, outputs, "NHWC" if last else "NCHW")


@public("layers.conv2d_transpose")
def conv2d_transpose(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = ZEROS,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Any:
    """A transposed convolution of images; the arguments are those of `Conv2DTranspose`, and `reuse` as in `dense`."""
    layer = Conv2DTranspose(
        filters,
        kernel_size,
        strides,
        padding,
        data_format,
        activation,
        use_bias,
        kernel_initializer,
        bias_initializer,
        kernel_regularizer,
        bias_regularizer,
        activity_regularizer,
        kernel_constraint,
        bias_constraint,
        trainable,
        name,
        _reuse=reuse,
        _scope=name,
    )
    return layer(inputs)


@public("layers.conv3d_transpose")
def conv3d_transpose(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = ZEROS,
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Any:
    """A transposed convolution of volumes; the arguments are those of `Conv3DTranspose`, and `reuse` as in `dense`."""
    layer = Conv3DTranspose(
        filters,
        kernel_size,
        strides,
        padding,
        data_format,
        activation,
        use_bias,
        kernel_initializer,
        bias_initializer,
        kernel_regularizer,
        bias_regularizer,
        activity_regularizer,
        kernel_constraint,
        bias_constraint,
        trainable,
        name,
        _reuse=reuse,
        _scope=name,
    )
    return layer(inputs)
