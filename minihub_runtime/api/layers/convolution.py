"""Convolutions of sequences, images and volumes.

Source: keras/src/legacy_tf_layers/convolutional.py, keras/src/layers/convolutional/base_conv.py.
"""

from __future__ import annotations

from typing import Any, ClassVar

from minihub_runtime.api.building import build
from minihub_runtime.api.initializers import ZEROS
from minihub_runtime.api.layers.base import InputSpec
from minihub_runtime.api.layers.core import WeightedLayer, bias_add
from minihub_runtime.api.layers.settings import (
    constraint_of,
    data_format_of,
    format_of,
    initializer_of,
    length_of,
    numbers_of,
    padding_of,
)
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.atrous import convolution
from minihub_runtime.api.nn.spatial import squeeze_batch_dims
from minihub_runtime.api.regularizers import find_regularizer
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = ["Conv1D", "Conv2D", "Conv3D", "ConvolutionLayer", "conv1d", "conv2d", "conv3d"]


class ConvolutionLayer(WeightedLayer):
    """What convolutions have in common.

    Args:
        filters: the number of channels of the output.
        kernel_size: the size of the kernel, one number or one for each dimension.
        strides: how far apart windows are, likewise.
        padding: "valid" or "same".
        data_format: "channels_last" or "channels_first".
        dilation_rate: the distance of the kernel's elements; only one of it and `strides` may be larger than one.
        activation: a function of the output, or its name.
        use_bias: whether there is a bias.
        bias_initializer: its initialiser.
        bias_regularizer: a function of it that is added to the losses.
        bias_constraint: a function of it that optimisers apply.
        **kwargs: arguments of `Layer`.

    Raises:
        ValueError: an argument does not fit.
    """

    rank: ClassVar[int]

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: str,
        dilation_rate: Any,
        activation: Any,
        use_bias: bool,
        bias_initializer: Any,
        bias_regularizer: Any,
        bias_constraint: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            activation, use_bias, bias_initializer, bias_regularizer, bias_constraint, **kwargs
        )
        self.filters = int(filters)
        if self.filters <= 0:
            raise ValueError(
                "Invalid value for argument `filters`. Expected a strictly positive value. Received "
                f"filters={filters}."
            )
        self.kernel_size = numbers_of(kernel_size, self.rank, "kernel_size")
        self.strides = numbers_of(strides, self.rank, "strides", allow_zero=True)
        self.padding = padding_of(padding)
        self.data_format = data_format_of(data_format)
        self.dilation_rate = numbers_of(dilation_rate, self.rank, "dilation_rate")
        self.input_spec = InputSpec(min_ndim=self.rank + 2)
        if not all(self.strides):
            raise ValueError(
                f"The argument `strides` cannot contains 0(s). Received: {self.strides}"
            )
        if self.padding == "causal" and self.rank != 1:
            raise ValueError("Causal padding is only supported for `Conv1D`and `SeparableConv1D`.")
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                "`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                f"strides={self.strides} and dilation_rate={self.dilation_rate}"
            )

    @property
    def channel_axis(self) -> int:
        """The dimension of channels, from the end."""
        return -1 if self.data_format == "channels_last" else -1 - self.rank

    @property
    def op_format(self) -> str:
        """The format as ops name it."""
        return format_of(self.data_format, self.rank + 2)

    def channels_of(self, input_shape: Any) -> int:
        """The number of channels of the input.

        Raises:
            ValueError: it is not known.
        """
        known = TensorShape(input_shape)
        found: int | None = known.as_list()[self.channel_axis]
        if found is None:
            raise ValueError(
                "The channel dimension of the inputs should be defined. The input_shape received is "
                f"{known}, where axis {self.channel_axis} (0-based) is the channel dimension, which "
                "found to be `None`."
            )
        return found

    def causally_padded(self, inputs: Any) -> Any:
        """The input with zeros before it, so that no output depends on what comes later."""
        before = self.dilation_rate[0] * (self.kernel_size[0] - 1)
        rank = inputs.shape.ndims
        batch = [[0, 0]] * (1 if rank is None else rank - 2)
        inner = [[before, 0], [0, 0]]
        if self.data_format == "channels_first":
            inner = inner[::-1]
        return build("Pad", input=inputs, paddings=[*batch, *inner])


class _Convolution(ConvolutionLayer):
    """A convolution with one kernel."""

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str = "channels_last",
        dilation_rate: Any = 1,
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
        self.kernel_initializer = initializer_of(kernel_initializer)
        self.kernel_regularizer = find_regularizer(kernel_regularizer)
        self.kernel_constraint = constraint_of(kernel_constraint)

    def build(self, input_shape: Any) -> None:
        """Make kernel and bias.

        Raises:
            ValueError: the number of channels is not known.
        """
        channels = self.channels_of(input_shape)
        self.compute_output_shape(input_shape)
        self.kernel = self.add_kernel("kernel", (*self.kernel_size, channels, self.filters))
        self.add_bias(self.filters)
        self.input_spec = InputSpec(min_ndim=self.rank + 2, axes={self.channel_axis: channels})
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The output."""
        known = inputs.shape
        if self.padding == "causal":
            inputs = self.causally_padded(inputs)
        outputs = convolution(
            inputs,
            self.kernel,
            strides=list(self.strides),
            padding="VALID" if self.padding == "causal" else self.padding.upper(),
            dilations=list(self.dilation_rate),
            data_format=self.op_format,
            name=type(self).__name__,
        )
        if self.use_bias:
            outputs = self._biased(outputs)
        if known.ndims:
            outputs.set_shape(self.compute_output_shape(known))
        return self.activated(outputs)

    def _biased(self, outputs: Any) -> Any:
        rank = outputs.shape.ndims
        if self.rank == 1 and self.data_format == "channels_first":
            return outputs + reshape(self.bias, (1, self.filters, 1))
        if rank is not None and rank > 2 + self.rank:
            return squeeze_batch_dims(
                outputs, lambda flat: bias_add(flat, self.bias, self.op_format), self.rank + 1
            )
        return bias_add(outputs, self.bias, self.op_format)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """The shape of the output.

        Raises:
            ValueError: the input is smaller than the kernel.
        """
        known = TensorShape(input_shape).as_list()
        batch = len(known) - self.rank - 1
        last = self.data_format == "channels_last"
        spatial = known[batch:-1] if last else known[batch + 1 :]
        sizes = [
            length_of(length, window, self.padding, stride, dilation)
            for length, window, stride, dilation in zip(
                spatial, self.kernel_size, self.strides, self.dilation_rate, strict=True
            )
        ]
        if any(size is not None and size < 0 for size in sizes):
            raise ValueError(
                f"One of the dimensions in the output is <= 0 due to downsampling in {self.name}. "
                f"Consider increasing the input size. Received input shape {known} which would produce "
                "output shape with a zero or negative value in a dimension."
            )
        inner = [*sizes, self.filters] if last else [self.filters, *sizes]
        return TensorShape([*known[:batch], *inner])


@public("layers.Conv1D")
class Conv1D(_Convolution):
    """A convolution of sequences; see `conv1d`."""

    rank = 1


@public("layers.Conv2D")
class Conv2D(_Convolution):
    """A convolution of images; see `conv2d`."""

    rank = 2


@public("layers.Conv3D")
class Conv3D(_Convolution):
    """A convolution of volumes; see `conv3d`."""

    rank = 3


@public("layers.conv1d")
def conv1d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = 1,
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
    """A convolution of sequences; the arguments are those of `Conv1D`, and `reuse` as in `dense`."""
    layer = Conv1D(
        filters,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
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


@public("layers.conv2d")
def conv2d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = (1, 1),
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
    """A convolution of images; the arguments are those of `Conv2D`, and `reuse` as in `dense`."""
    layer = Conv2D(
        filters,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
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


@public("layers.conv3d")
def conv3d(
    inputs: Any,
    filters: int,
    kernel_size: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str = "channels_last",
    dilation_rate: Any = (1, 1, 1),
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
    """A convolution of volumes; the arguments are those of `Conv3D`, and `reuse` as in `dense`."""
    layer = Conv3D(
        filters,
        kernel_size,
        strides,
        padding,
        data_format,
        dilation_rate,
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
