"""`tf.contrib.rnn`: LSTM cells that are one operation, or normalise their gates.

Source: tensorflow/contrib/rnn/python/ops/lstm_ops.py, rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import logger
from minihub_runtime.api.building import build
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layers.base import InputSpec
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.nn.dropout import dropout
from minihub_runtime.api.rnn.cells import LayerRNNCell, RNNCell, depth_of, parts, tanh
from minihub_runtime.api.rnn.linear import normed
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["LSTMBlockCell", "LayerNormBasicLSTMCell"]


@public("contrib.rnn.LSTMBlockCell")
class LSTMBlockCell(LayerRNNCell):
    """An LSTM whose step is one operation; its variables are those of `tf.nn.rnn_cell.LSTMCell`.

    Args:
        num_units: the number of units.
        forget_bias: what is added to the forget gate.
        cell_clip: the largest absolute value of the memory; by default there is no limit.
        use_peephole: whether the gates see the memory.
        dtype: type of its variables; by default that of the first inputs.
        reuse: whether variables of the scope are used again.
        name: name of the cell, and of its scope.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        dtype: Any = None,
        reuse: bool | None = None,
        name: str | None = "lstm_cell",
    ) -> None:
        super().__init__(_reuse=reuse, dtype=dtype, name=name)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self._use_peephole = use_peephole

    @property
    def state_size(self) -> LSTMStateTuple:
        """Twice the number of units."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def build(self, inputs_shape: Any) -> None:
        """Make `kernel` and `bias`, and, where wanted, `w_i_diag`, `w_f_diag` and `w_o_diag`."""
        depth, units = depth_of(inputs_shape), self._num_units
        self._kernel = self.add_weight("kernel", [depth + units, 4 * units])
        self._bias = self.add_weight("bias", [4 * units], initializer=Constant(0.0))
        self._peepholes: list[Any] = []
        if self._use_peephole:
            self._peepholes = [self.add_weight(f"w_{gate}_diag", [units]) for gate in "ifo"]
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state.

        Raises:
            ValueError: the state has not two parts.
        """
        if len(state) != 2:
            raise ValueError("Expecting state to be a tuple with length 2.")
        none = None if self._peepholes else zeros([self._num_units], dtype=self.dtype)
        wci, wcf, wco = self._peepholes or [none] * 3
        _, cs, _, _, _, _, h = build(
            "LSTMBlockCell",
            x=inputs,
            cs_prev=state[0],
            h_prev=state[1],
            w=self._kernel,
            wci=wci,
            wcf=wcf,
            wco=wco,
            b=self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return h, LSTMStateTuple(cs, h)


@public("contrib.rnn.LayerNormBasicLSTMCell")
class LayerNormBasicLSTMCell(RNNCell):
    """An LSTM that normalises its gates and its memory, Ba et al. 2016, with dropout of what is new, Semeniuta et al. 2016.

    Args:
        num_units: the number of units.
        forget_bias: what is added to the forget gate.
        input_size: has no effect.
        activation: a function, tanh by default.
        layer_norm: whether there is normalisation.
        norm_gain: the first value of what is normalised is multiplied by.
        norm_shift: the first value of what is added to it.
        dropout_keep_prob: the chance of what is new to stay: a number from 0 to 1, or a scalar.
        dropout_prob_seed: the seed of the dropout.
        reuse: whether variables of the scope are used again.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        input_size: Any = None,
        activation: Any = tanh,
        layer_norm: bool = True,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        dropout_keep_prob: Any = 1.0,
        dropout_prob_seed: int | None = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if input_size is not None:
            logger.warn("%s: The input_size parameter is deprecated.", self)
        self._num_units = num_units
        self._activation = activation
        self._forget_bias = forget_bias
        self._keep_prob = dropout_keep_prob
        self._seed = dropout_prob_seed
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift
        self._reuse = reuse

    @property
    def state_size(self) -> LSTMStateTuple:
        """Twice the number of units."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def _norm(self, values: Tensor, scope: str) -> Any:
        """Values normalised, if that is wanted, with `gamma` and `beta` of a scope."""
        if not self._layer_norm:
            return values
        return normed(values, scope, self._norm_gain, self._norm_shift, values.dtype)

    def _gates(self, values: Tensor) -> list[Tensor]:
        """The gates i, j, f, o before normalisation, which takes the place of a bias."""
        size, dtype = 4 * self._num_units, values.dtype
        kernel = get_variable("kernel", [values.shape[-1], size], dtype=dtype)
        gates = matmul(values, kernel)
        if not self._layer_norm:
            gates = bias_add(gates, get_variable("bias", [size], dtype=dtype))
        return parts(gates, 4, 1)

    def call(self, inputs: Any, state: Any) -> Any:
        """The output `h` and the new state."""
        c, h = state
        gates = self._gates(concat([inputs, h], 1))
        names = ("input", "transform", "forget", "output")
        i, j, f, o = (self._norm(gate, name) for gate, name in zip(gates, names, strict=True))
        new = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            new = dropout(new, self._keep_prob, seed=self._seed)
        kept = c * build("Sigmoid", x=f + self._forget_bias)
        memory = self._norm(kept + build("Sigmoid", x=i) * new, "state")
        output = self._activation(memory) * build("Sigmoid", x=o)
        return output, LSTMStateTuple(memory, output)
