"""`tf.contrib.rnn`: cells each unit of which sees its own state alone, or none before its gates.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.arithmetic import add
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.initializers import Constant, Initializer, RandomUniform, Zeros
from minihub_runtime.api.joining import concat
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.rnn.cells import NumUnitsCell, depth_of, parts
from minihub_runtime.api.rnn.linear import sigmoid
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["IndRNNCell", "IndyGRUCell", "IndyLSTMCell", "SRUCell"]


def _times(x: Any, y: Any) -> Any:
    return build("Mul", x=x, y=y)


class _IndependentCell(NumUnitsCell):
    """What cells have in common that multiply their state by a vector."""

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: bool | None = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype)
        self._kernel_initializer = kernel_initializer
        self._bias_initializer = bias_initializer

    def _add_map(
        self, kernel: str, vector: str, bias: str, depth: int, count: int, default: Initializer
    ) -> tuple[Any, Any, Any]:
        """The variables of a number of gates: of the inputs, of the state, and a bias."""
        size, given = count * self._num_units, self._bias_initializer
        uniform = RandomUniform(minval=-1, maxval=1, dtype=self.dtype)
        return (
            self.add_weight(kernel, [depth, size], initializer=self._kernel_initializer),
            self.add_weight(vector, [1, size], initializer=uniform),
            self.add_weight(bias, [size], initializer=default if given is None else given),
        )


def _repeated(state: Tensor, count: int) -> Any:
    return build("Tile", input=state, multiples=[1, count])


@public("contrib.rnn.IndRNNCell")
class IndRNNCell(_IndependentCell):
    """`activation(inputs @ kernel_w + state · kernel_u + bias)`, Li et al. 2018.

    Args:
        num_units: the number of units.
        activation: a function or the name of one; tanh by default.
        reuse: whether variables of the scope are used again.
        name: name of the cell, and of its scope.
        dtype: type of its variables; by default that of the first inputs.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_units, activation, reuse, name=name, dtype=dtype)

    def build(self, inputs_shape: Any) -> None:
        """Make `kernel_w`, `kernel_u` and `bias`."""
        depth, zeros = depth_of(inputs_shape), Zeros(dtype=self.dtype)
        self._map = self._add_map("kernel_w", "kernel_u", "bias", depth, 1, zeros)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """Output and new state are the same."""
        kernel, vector, bias = self._map
        output = self._activation(bias_add(matmul(inputs, kernel) + state * vector, bias))
        return output, output


@public("contrib.rnn.IndyGRUCell")
class IndyGRUCell(_IndependentCell):
    """A gated recurrent unit each unit of which sees its own state alone.

    Args:
        num_units: the number of units.
        activation: a function or the name of one; tanh by default.
        reuse: whether variables of the scope are used again.
        kernel_initializer: of the kernels of the inputs.
        bias_initializer: of the biases; by default ones for the gates and zeros for the candidate.
        name: name of the cell, and of its scope.
        dtype: type of its variables; by default that of the first inputs.
    """

    def build(self, inputs_shape: Any) -> None:
        """Make `gates/kernel_w`, `gates/kernel_u`, `gates/bias`, `candidate/kernel`, `candidate/kernel_u`, `candidate/bias`."""
        depth = depth_of(inputs_shape)
        names = ("gates/kernel_w", "gates/kernel_u", "gates/bias")
        self._gates_map = self._add_map(*names, depth, 2, Constant(1.0, dtype=self.dtype))
        names = ("candidate/kernel", "candidate/kernel_u", "candidate/bias")
        self._candidate_map = self._add_map(*names, depth, 1, Zeros(dtype=self.dtype))
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """Output and new state are the same."""
        kernel, vector, bias = self._gates_map
        gates = matmul(inputs, kernel) + _repeated(state, 2) * vector
        reset, update = parts(sigmoid(bias_add(gates, bias)), 2, 1)
        kernel, vector, bias = self._candidate_map
        candidate = matmul(inputs, kernel) + reset * state * vector
        candidate = self._activation(bias_add(candidate, bias))
        new = update * state + (1 - update) * candidate
        return new, new


@public("contrib.rnn.IndyLSTMCell")
class IndyLSTMCell(_IndependentCell):
    """A long short-term memory each unit of which sees its own output alone, Gonnet and Deselaers 2019.

    Args:
        num_units: the number of units.
        forget_bias: what is added to the forget gate.
        activation: a function or the name of one; tanh by default.
        reuse: whether variables of the scope are used again.
        kernel_initializer: of the kernel of the inputs.
        bias_initializer: of the bias, by default zeros.
        name: name of the cell, and of its scope.
        dtype: type of its variables; by default that of the first inputs.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        activation: Any = None,
        reuse: bool | None = None,
        kernel_initializer: Any = None,
        bias_initializer: Any = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_units, activation, reuse, kernel_initializer, bias_initializer, name, dtype
        )
        self._forget_bias = forget_bias

    @property
    def state_size(self) -> LSTMStateTuple:
        """Twice the number of units."""
        return LSTMStateTuple(self._num_units, self._num_units)

    def build(self, inputs_shape: Any) -> None:
        """Make `kernel_w`, `kernel_u` and `bias`; the gates are i, j, f, o."""
        depth, zeros = depth_of(inputs_shape), Zeros(dtype=self.dtype)
        self._map = self._add_map("kernel_w", "kernel_u", "bias", depth, 4, zeros)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output `h` and the new state."""
        one = constant(1, dtype=int32)
        c, h = state
        kernel, vector, bias = self._map
        gates = matmul(inputs, kernel)
        gates += _repeated(h, 4) * vector
        i, j, f, o = parts(bias_add(gates, bias), 4, one)
        forget_bias = constant(self._forget_bias, dtype=f.dtype)
        new_c = add(
            _times(c, sigmoid(add(f, forget_bias))), _times(sigmoid(i), self._activation(j))
        )
        new_h = _times(self._activation(new_c), sigmoid(o))
        return new_h, LSTMStateTuple(new_c, new_h)


@public("contrib.rnn.SRUCell")
class SRUCell(NumUnitsCell):
    """A simple recurrent unit, whose gates do not see the state, Lei et al. 2017.

    Args:
        num_units: the number of units.
        activation: a function or the name of one; tanh by default.
        reuse: whether variables of the scope are used again.
        name: name of the cell, and of its scope.
        **kwargs: further arguments of a layer.
    """

    def __init__(
        self,
        num_units: int,
        activation: Any = None,
        reuse: bool | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, kwargs.pop("dtype", None), **kwargs)

    def build(self, inputs_shape: Any) -> None:
        """Make `kernel` [inputs, 4 units] and `bias` [2 units]."""
        depth, units = depth_of(inputs_shape), self._num_units
        self._kernel = self.add_weight("kernel", shape=[depth, 4 * units])
        zeros = Constant(0.0, dtype=self.dtype)
        self._bias = self.add_weight("bias", shape=[2 * units], initializer=zeros)
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state."""
        new, keep, reset, skipped = parts(matmul(inputs, self._kernel), 4, 1)
        gates = sigmoid(bias_add(concat([keep, reset], 1), self._bias))
        keep, reset = parts(gates, 2, 1)
        c = keep * state + (1.0 - keep) * new
        h = reset * self._activation(c) + (1.0 - reset) * skipped
        return h, c
