"""`tf.contrib.rnn`: the cell that a search over architectures found.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.rnn.cells import LayerRNNCell, parts, tanh
from minihub_runtime.api.rnn.linear import sigmoid
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.public import public

__all__ = ["NASCell"]

#: The number of gates.
_GATES = 8


def _relu(x: Any) -> Any:
    return build("Relu", features=x)


@public("contrib.rnn.NASCell")
class NASCell(LayerRNNCell):
    """The cell of Zoph and Le 2017.

    Args:
        num_units: the number of units.
        num_proj: the size of the projected output.
        use_bias: whether there is a bias.
        reuse: whether variables of the scope are used again.
        **kwargs: further arguments of a layer.
    """

    def __init__(
        self,
        num_units: int,
        num_proj: int | None = None,
        use_bias: bool = False,
        reuse: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units = num_units
        self._num_proj = num_proj
        self._use_bias = use_bias

    @property
    def state_size(self) -> LSTMStateTuple:
        """The sizes of memory and output."""
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self) -> int:
        """The size of the projected output, or the number of units."""
        return self._num_units if self._num_proj is None else self._num_proj

    def build(self, inputs_shape: Any) -> None:
        """Make `recurrent_kernel`, `kernel`, and, where wanted, `bias` and `projection_weights`.

        Raises:
            ValueError: the last size of the inputs is not known.
        """
        depth = TensorShape(inputs_shape).with_rank(2).as_list()[1]
        if depth is None:
            raise ValueError("Could not infer input size from inputs.get_shape()[-1]")
        gates = _GATES * self._num_units
        self.recurrent_kernel = self.add_weight("recurrent_kernel", [self.output_size, gates])
        self.kernel = self.add_weight("kernel", [depth, gates])
        if self._use_bias:
            self.bias = self.add_weight("bias", [gates], initializer=Zeros())
        if self._num_proj is not None:
            shape = [self._num_units, self._num_proj]
            self.projection_weights = self.add_weight("projection_weights", shape)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state."""
        c_prev, m_prev = state
        of_state = matmul(m_prev, self.recurrent_kernel)
        of_inputs = matmul(inputs, self.kernel)
        if self._use_bias:
            of_state = bias_add(of_state, self.bias)
        m, x = parts(of_state, _GATES, 1), parts(of_inputs, _GATES, 1)
        first = [
            sigmoid(x[0] + m[0]),
            _relu(x[1] + m[1]),
            sigmoid(x[2] + m[2]),
            _relu(x[3] * m[3]),
            tanh(x[4] + m[4]),
            sigmoid(x[5] + m[5]),
            tanh(x[6] + m[6]),
            sigmoid(x[7] + m[7]),
        ]
        second = [
            tanh(first[0] * first[1]),
            tanh(first[2] + first[3]),
            tanh(first[4] * first[5]),
            sigmoid(first[6] + first[7]),
        ]
        new_c = tanh(second[0] + c_prev) * second[1]
        new_m = tanh(new_c * tanh(second[2] + second[3]))
        if self._num_proj is not None:
            new_m = matmul(new_m, self.projection_weights)
        return new_m, LSTMStateTuple(new_c, new_m)
