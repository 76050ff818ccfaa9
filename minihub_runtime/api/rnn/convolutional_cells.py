"""`tf.contrib.rnn`: LSTMs whose gates are convolutions.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.joining import concat
from minihub_runtime.api.nn.convolution import conv1d, conv2d, conv3d
from minihub_runtime.api.rnn.cells import RNNCell, parts, tanh
from minihub_runtime.api.rnn.linear import sigmoid
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["Conv1DLSTMCell", "Conv2DLSTMCell", "Conv3DLSTMCell", "ConvLSTMCell"]


@public("contrib.rnn.ConvLSTMCell")
class ConvLSTMCell(RNNCell):
    """An LSTM over sequences, images or volumes, whose gates are convolutions, Shi et al. 2015.

    Args:
        conv_ndims: the number of dimensions: 1, 2 or 3.
        input_shape: the sizes of inputs without the batch, channels last.
        output_channels: the number of channels of the output.
        kernel_shape: the sizes of the kernel.
        use_bias: whether there is a bias.
        skip_connection: whether the inputs are beside the outputs.
        forget_bias: what is added to the forget gate.
        initializers: has no effect.
        name: name of the cell, and of its scope.

    Raises:
        ValueError: the shape has another number of dimensions.
    """

    def __init__(
        self,
        conv_ndims: int,
        input_shape: Any,
        output_channels: int,
        kernel_shape: Any,
        use_bias: bool = True,
        skip_connection: bool = False,
        forget_bias: float = 1.0,
        initializers: Any = None,
        name: str | None = "conv_lstm_cell",
    ) -> None:
        super().__init__(name=name)
        if conv_ndims != len(input_shape) - 1:
            raise ValueError(f"Invalid input_shape {input_shape} for conv_ndims={conv_ndims}.")
        self._conv_ndims = conv_ndims
        self._input_shape = list(input_shape)
        self._output_channels = output_channels
        self._kernel_shape = list(kernel_shape)
        self._use_bias = use_bias
        self._forget_bias = forget_bias
        self._skip_connection = skip_connection

    def _sizes(self, channels: int) -> TensorShape:
        return TensorShape([*self._input_shape[:-1], channels])

    @property
    def output_size(self) -> TensorShape:
        """The sizes of outputs without the batch."""
        skipped = self._input_shape[-1] if self._skip_connection else 0
        return self._sizes(self._output_channels + skipped)

    @property
    def state_size(self) -> LSTMStateTuple:
        """The sizes of memory and output without the batch."""
        size = self._sizes(self._output_channels)
        return LSTMStateTuple(size, size)

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state."""
        memory, hidden = state
        mapped = self._convolved([inputs, hidden])
        take, new, keep, output_gate = parts(mapped, 4, self._conv_ndims + 1)
        kept = sigmoid(keep + self._forget_bias) * memory
        memory = kept + sigmoid(take) * tanh(new)
        output = tanh(memory) * sigmoid(output_gate)
        if self._skip_connection:
            output = concat([output, inputs], axis=-1)
        return output, LSTMStateTuple(memory, output)

    def _convolved(self, args: list[Any]) -> Any:
        """The gates: a convolution of tensors with their channels side by side."""
        shapes = [arg.shape.as_list() for arg in args]
        rank = len(shapes[0])
        if any(len(sizes) not in (3, 4, 5) for sizes in shapes):
            raise ValueError(f"Conv Linear expects 3D, 4D or 5D arguments: {shapes}")
        if any(len(sizes) != rank for sizes in shapes):
            raise ValueError(f"Conv Linear expects all args to be of same Dimension: {shapes}")
        channels, gates = sum(sizes[-1] for sizes in shapes), 4 * self._output_channels
        dtype = args[0].dtype
        kernel = get_variable("kernel", [*self._kernel_shape, channels, gates], dtype=dtype)
        together = concat(args, axis=rank - 1)
        if rank == 3:
            mapped = conv1d(together, kernel, 1, padding="SAME")
        elif rank == 4:
            mapped = conv2d(together, kernel, [1] * rank, padding="SAME")
        else:
            mapped = conv3d(together, kernel, [1] * rank, padding="SAME")
        if not self._use_bias:
            return mapped
        return mapped + get_variable(
            "biases", [gates], dtype=dtype, initializer=Constant(0.0, dtype=dtype)
        )


@public("contrib.rnn.Conv1DLSTMCell")
class Conv1DLSTMCell(ConvLSTMCell):
    """A ConvLSTMCell over sequences.

    Args:
        name: name of the cell, and of its scope.
        **kwargs: those of ConvLSTMCell.
    """

    def __init__(self, name: str | None = "conv_1d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=1, name=name, **kwargs)


@public("contrib.rnn.Conv2DLSTMCell")
class Conv2DLSTMCell(ConvLSTMCell):
    """A ConvLSTMCell over images.

    Args:
        name: name of the cell, and of its scope.
        **kwargs: those of ConvLSTMCell.
    """

    def __init__(self, name: str | None = "conv_2d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=2, name=name, **kwargs)


@public("contrib.rnn.Conv3DLSTMCell")
class Conv3DLSTMCell(ConvLSTMCell):
    """A ConvLSTMCell over volumes.

    Args:
        name: name of the cell, and of its scope.
        **kwargs: those of ConvLSTMCell.
    """

    def __init__(self, name: str | None = "conv_3d_lstm_cell", **kwargs: Any) -> None:
        super().__init__(conv_ndims=3, name=name, **kwargs)
