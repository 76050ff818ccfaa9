"""`tf.contrib.rnn`: cells whose gates are coupled: what is not kept of the old is taken from the new.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.clipping import clip_by_value
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.joining import concat
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.rnn.cells import RNNCell, parts, tanh
from minihub_runtime.api.rnn.linear import Linear, known_depth, normed, sharded_variable, sigmoid
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple, warn_of_joined_state
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["CoupledInputForgetGateLSTMCell", "IntersectionRNNCell", "UGRNNCell"]


def _relu(x: Any) -> Any:
    return build("Relu", features=x)


@public("contrib.rnn.CoupledInputForgetGateLSTMCell")
class CoupledInputForgetGateLSTMCell(RNNCell):
    """An LSTM whose input gate is what its forget gate leaves, Greff et al. 2015.

    Args:
        num_units: the number of units.
        use_peepholes: whether the gates see the memory.
        initializer: has no effect; the scope's initializer is used.
        num_proj: the size of the projected output.
        proj_clip: the largest absolute value of the projected output.
        num_unit_shards: the number of parts of the kernel.
        num_proj_shards: the number of parts of the projection.
        forget_bias: what is added to the forget gate.
        state_is_tuple: whether the state is an LSTMStateTuple, else one tensor with `c` and `h` side by side.
        activation: a function, tanh by default.
        reuse: whether variables of the scope are used again.
        layer_norm: whether gates and memory are normalised.
        norm_gain: the first value of what is normalised is multiplied by.
        norm_shift: the first value of what is added to it.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int = 1,
        num_proj_shards: int = 1,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Callable[[Any], Any] = tanh,
        reuse: bool | None = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
    ) -> None:
        super().__init__(_reuse=reuse)
        if not state_is_tuple:
            warn_of_joined_state(self)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._activation = activation
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    @property
    def state_size(self) -> Any:
        """The sizes of memory and output: an LSTMStateTuple, or their sum."""
        sizes = LSTMStateTuple(self._num_units, self.output_size)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> int:
        """The size of the projected output, or the number of units."""
        return self._num_proj or self._num_units

    def _norm(self, values: Any, scope: str) -> Any:
        if not self._layer_norm:
            return values
        return normed(values, scope, self._norm_gain, self._norm_shift)

    def _gates(self, inputs: Any, output: Any) -> list[Any]:
        """New input, forget gate and output gate."""
        size, dtype = 3 * self._num_units, inputs.dtype
        outputs = self._num_units if self._num_proj is None else self._num_proj
        rows = known_depth(inputs) + outputs
        kernel = sharded_variable("W", [rows, size], dtype, self._num_unit_shards)
        bias = get_variable("B", shape=[size], initializer=Zeros(), dtype=dtype)
        gates = matmul(concat([inputs, output], 1), kernel)
        if not self._layer_norm:
            gates = bias_add(gates, bias)
        names = ("transform", "forget", "output")
        return [self._norm(gate, name) for gate, name in zip(parts(gates, 3, 1), names)]

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state.

        Raises:
            ValueError: the last size of the inputs is not known.
        """
        units, dtype = self._num_units, inputs.dtype
        if self._state_is_tuple:
            c_prev, m_prev = state
        else:
            outputs = units if self._num_proj is None else self._num_proj
            c_prev = slice(state, [0, 0], [-1, units])
            m_prev = slice(state, [0, units], [-1, outputs])
        j, f, o = self._gates(inputs, m_prev)
        f = f + self._forget_bias
        w_o_diag = None
        if self._use_peepholes:
            w_f_diag = get_variable("W_F_diag", shape=[units], dtype=dtype)
            w_o_diag = get_variable("W_O_diag", shape=[units], dtype=dtype)
            f = f + w_f_diag * c_prev
        keep = sigmoid(f)
        c = self._norm(keep * c_prev + (1 - keep) * self._activation(j), "state")
        m = sigmoid(o if w_o_diag is None else o + w_o_diag * c) * self._activation(c)
        if self._num_proj is not None:
            shape = [units, self._num_proj]
            m = matmul(m, sharded_variable("W_P", shape, dtype, self._num_proj_shards))
            if self._proj_clip is not None:
                m = clip_by_value(m, -self._proj_clip, self._proj_clip)
        return m, LSTMStateTuple(c, m) if self._state_is_tuple else concat([c, m], 1)


class _UpdateGateCell(RNNCell):
    """What the cells of Collins et al. 2017 have in common."""

    def __init__(
        self, num_units: int, initializer: Any, forget_bias: float, reuse: bool | None
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._initializer = initializer
        self._forget_bias = forget_bias
        self._linear: Linear | None = None

    @property
    def state_size(self) -> int:
        """The number of units."""
        return self._num_units

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def _mapped(self, inputs: Any, state: Any, gates: int) -> Any:
        """A number of gates side by side."""
        together = concat([inputs, state], 1)
        if self._linear is None:
            self._linear = Linear(together, gates * self._num_units, True)
        return self._linear(together)

    def _opened(self, gate: Any) -> Any:
        return sigmoid(gate + self._forget_bias)


@public("contrib.rnn.UGRNNCell")
class UGRNNCell(_UpdateGateCell):
    """A cell with one gate, which blends the old state and a new one, Collins et al. 2017.

    Args:
        num_units: the number of units.
        initializer: of the kernel.
        forget_bias: what is added to the gate.
        activation: a function, tanh by default.
        reuse: whether variables of the scope are used again.
    """

    def __init__(
        self,
        num_units: int,
        initializer: Any = None,
        forget_bias: float = 1.0,
        activation: Callable[[Any], Any] = tanh,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(num_units, initializer, forget_bias, reuse)
        self._activation = activation

    def call(self, inputs: Any, state: Any) -> Any:
        """Output and new state are the same."""
        known_depth(inputs)
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            gate, new = parts(self._mapped(inputs, state, 2), 2, 1)
            new = self._activation(new)
            gate = self._opened(gate)
            output = gate * state + (1.0 - gate) * new
        return output, output


@public("contrib.rnn.IntersectionRNNCell")
class IntersectionRNNCell(_UpdateGateCell):
    """A cell for stacks, which blends states over time and outputs over depth, Collins et al. 2017.

    Args:
        num_units: the number of units.
        num_in_proj: a size if inputs of another size than the units shall be projected, as in the first layer.
        initializer: of the kernels.
        forget_bias: what is added to the gates.
        y_activation: a function of what goes through depth, relu by default.
        reuse: whether variables of the scope are used again.
    """

    def __init__(
        self,
        num_units: int,
        num_in_proj: int | None = None,
        initializer: Any = None,
        forget_bias: float = 1.0,
        y_activation: Callable[[Any], Any] = _relu,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(num_units, initializer, forget_bias, reuse)
        self._num_input_proj = num_in_proj
        self._y_activation = y_activation
        self._of_inputs: Linear | None = None

    def _projected(self, inputs: Any) -> Any:
        if known_depth(inputs) == self._num_units:
            return inputs
        if not self._num_input_proj:
            raise ValueError(
                "Must have input size == output size for Intersection RNN. To fix, num_in_proj "
                "should be set to num_units at cell init."
            )
        with variable_scope("in_projection"):
            if self._of_inputs is None:
                self._of_inputs = Linear(inputs, self._num_units, True)
            return self._of_inputs(inputs)

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state.

        Raises:
            ValueError: the inputs have another size than the units, and there is no projection.
        """
        units = self._num_units
        known_depth(inputs)
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            inputs = self._projected(inputs)
            mapped = self._mapped(inputs, state, 4)
            gate, new, depth_gate, output = (
                mapped[:, place * units : (place + 1) * units] for place in range(4)
            )
            new = tanh(new)
            output = self._y_activation(output)
            gate, depth_gate = self._opened(gate), self._opened(depth_gate)
            new_state = gate * state + (1.0 - gate) * new
            new_output = depth_gate * inputs + (1.0 - depth_gate) * output
        return new_output, new_state
