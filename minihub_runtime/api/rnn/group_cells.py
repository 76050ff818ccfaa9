"""`tf.contrib.rnn`: an LSTM in groups that do not see each other.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.joining import concat
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.rnn.cells import RNNCell, parts, tanh
from minihub_runtime.api.rnn.linear import Linear, sigmoid
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["GLSTMCell"]


@public("contrib.rnn.GLSTMCell")
class GLSTMCell(RNNCell):
    """An LSTM each group of which sees its own part of inputs and state, Kuchaiev and Ginsburg 2017.

    Args:
        num_units: the number of units.
        initializer: of the kernels.
        num_proj: the size of the projected output.
        number_of_groups: the number of groups.
        forget_bias: what is added to the forget gate.
        activation: a function, tanh by default.
        reuse: whether variables of the scope are used again.

    Raises:
        ValueError: the groups would have parts of different sizes.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        num_proj: int | None = None,
        number_of_groups: int = 1,
        forget_bias: float = 1.0,
        activation: Callable[[Any], Any] = tanh,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if num_units % number_of_groups != 0:
            raise ValueError("num_units must be divisible by number_of_groups")
        if num_proj and num_proj % number_of_groups != 0:
            raise ValueError("num_proj must be divisible by number_of_groups")
        self._num_units = num_units
        self._initializer = initializer
        self._num_proj = num_proj
        self._number_of_groups = number_of_groups
        self._forget_bias = forget_bias
        self._activation = activation
        self._of_groups: list[Linear | None] = [None] * number_of_groups
        self._of_outputs: Linear | None = None

    @property
    def state_size(self) -> LSTMStateTuple:
        """The sizes of memory and output."""
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self) -> int:
        """The size of the projected output, or the number of units."""
        return self._num_proj or self._num_units

    def _gates_of_group(self, group: int, inputs: Any, output: Any, batch: Any) -> Any:
        """The gates i, j, f, o of one group."""
        count = self._number_of_groups
        seen = []
        for values, size in (
            (inputs, inputs.shape.as_list()[1] // count),
            (output, self.output_size // count),
        ):
            name = f"GLSTM_group{group}_input_generation"
            seen.append(slice(values, [0, group * size], [batch, size], name=name))
        together = concat(seen, axis=1)
        linear = self._of_groups[group]
        if linear is None:
            linear = Linear(together, 4 * self._num_units // count, False)
            self._of_groups[group] = linear
        return parts(linear(together), 4, 1)

    def _gates(self, inputs: Any, output: Any) -> list[Any]:
        """The gates i, j, f, o of all groups."""
        batch = inputs.shape.as_list()[0] or shape(inputs)[0]
        size, dtype, count = inputs.shape.as_list()[1], inputs.dtype, self._number_of_groups
        if size is None:
            raise ValueError("input size must be statically known")
        if size % count != 0:
            raise ValueError(f"input size ({size}) must be divisible by number_of_groups ({count})")
        of_groups = []
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            for group in range(count):
                with variable_scope(f"group{group}"):
                    of_groups.append(self._gates_of_group(group, inputs, output, batch))
            biases = [
                get_variable(
                    f"bias_{gate}",
                    shape=[self._num_units],
                    dtype=dtype,
                    initializer=Constant(0.0, dtype=dtype),
                )
                for gate in "ijfo"
            ]
            return [
                bias_add(concat(gates, axis=1), bias)
                for gates, bias in zip(map(list, zip(*of_groups, strict=True)), biases, strict=True)
            ]

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state.

        Raises:
            ValueError: the last size of the inputs is not known, or groups would have different sizes.
        """
        c_prev, m_prev = state
        i, j, f, o = self._gates(inputs, m_prev)
        c = sigmoid(f + self._forget_bias) * c_prev + sigmoid(i) * tanh(j)
        m = sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            with variable_scope("projection"):
                if self._of_outputs is None:
                    self._of_outputs = Linear(m, self._num_proj, False)
                m = self._of_outputs(m)
        return m, LSTMStateTuple(c, m)
