"""`tf.contrib.cudnn_rnn`: the cells that compute on any machine what its layers learned on a GPU.

Source: tensorflow/contrib/cudnn_rnn/python/ops/cudnn_rnn_ops.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.rnn.cells import GRUCell, depth_of
from minihub_runtime.api.rnn.contrib_cells import LSTMBlockCell
from minihub_runtime.public import public

__all__ = ["CudnnCompatibleGRUCell", "CudnnCompatibleLSTMCell"]


@public("contrib.cudnn_rnn.CudnnCompatibleLSTMCell")
class CudnnCompatibleLSTMCell(LSTMBlockCell):
    """An LSTM with the variables under which `tf.contrib.cudnn_rnn.CudnnLSTM` is saved.

    Args:
        num_units: the number of units.
        reuse: whether variables of the scope are used again.
    """

    def __init__(self, num_units: int, reuse: bool | None = None) -> None:
        super().__init__(num_units, forget_bias=0, reuse=reuse, name="cudnn_compatible_lstm_cell")


@public("contrib.cudnn_rnn.CudnnCompatibleGRUCell")
class CudnnCompatibleGRUCell(GRUCell):
    """A gated recurrent unit with the variables under which `tf.contrib.cudnn_rnn.CudnnGRU` is saved.

    The reset gate weighs what the candidate takes from the state after its projection; that of `tf.nn.rnn_cell.GRUCell`
    weighs the state before.

    Args:
        num_units: the number of units.
        reuse: whether variables of the scope are used again.
        kernel_initializer: of the kernels.
    """

    def __init__(
        self, num_units: int, reuse: bool | None = None, kernel_initializer: Any = None
    ) -> None:
        super().__init__(num_units, reuse=reuse, kernel_initializer=kernel_initializer)

    def build(self, inputs_shape: Any) -> None:
        """Make `kernel` and `bias` of `gates`, `candidate/input_projection` and `candidate/hidden_projection`."""
        depth, units = depth_of(inputs_shape), self._num_units
        self._add_gates(depth)
        places = {"input": depth, "hidden": units}
        self._kernels = [
            self.add_weight(
                f"candidate/{place}_projection/kernel",
                [size, units],
                initializer=self._kernel_initializer,
            )
            for place, size in places.items()
        ]
        self._biases = [
            self._add_bias(f"candidate/{place}_projection/bias", units, Zeros(dtype=self.dtype))
            for place in places
        ]
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """Output and new state are the same."""
        reset, update = self._gates(inputs, state)
        of_inputs, of_state = (
            bias_add(matmul(value, kernel), bias)
            for value, kernel, bias in zip(
                (inputs, state), self._kernels, self._biases, strict=True
            )
        )
        candidate = self._activation(of_inputs + reset * of_state)
        new = (1 - update) * candidate + update * state
        return new, new
