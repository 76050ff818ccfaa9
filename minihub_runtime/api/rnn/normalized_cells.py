"""LSTM cells whose gates or weights are normalised; TensorFlow keeps them in a module of `tf.contrib.rnn`.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minihub_runtime.api.clipping import clip_by_value
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.joining import concat
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.nn.moments import l2_normalize
from minihub_runtime.api.rnn.cells import RNNCell, parts, tanh
from minihub_runtime.api.rnn.linear import known_depth, normed, sigmoid
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["LayerNormLSTMCell", "WeightNormLSTMCell"]


class _NormalizedCell(RNNCell):
    """An LSTM with optional peepholes, clipping and projection; subclasses normalise."""

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool,
        cell_clip: float | None,
        initializer: Any,
        num_proj: int | None,
        proj_clip: float | None,
        forget_bias: float,
        activation: Callable[[Any], Any] | None,
        reuse: bool | None,
        name: str | None = None,
    ) -> None:
        super().__init__(_reuse=reuse, name=name)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._forget_bias = forget_bias
        self._activation = activation or tanh

    @property
    def state_size(self) -> LSTMStateTuple:
        """The sizes of memory and output."""
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self) -> int:
        """The size of the projected output, or the number of units."""
        return self._num_proj or self._num_units

    def _own_scope(self) -> Any:
        """The scope of the variables."""
        return get_variable_scope()

    def _kernel(self, args: list[Any], size: int) -> Any:
        """The kernel of arguments side by side."""
        depth = sum(arg.shape.as_list()[1] for arg in args)
        return get_variable("kernel", [depth, size], dtype=args[0].dtype)

    def _bias(self, size: int, dtype: Any) -> Any:
        with variable_scope(get_variable_scope()) as inner:
            inner.set_partitioner(None)
            zeros = Constant(0.0, dtype=dtype)
            return get_variable("bias", [size], dtype=dtype, initializer=zeros)

    def _gates(self, args: list[Any]) -> Any:
        """The gates i, j, f, o side by side."""
        size = 4 * self._num_units
        with variable_scope(get_variable_scope()):
            gates = matmul(concat(args, 1), self._kernel(args, size))
            return bias_add(gates, self._bias(size, args[0].dtype))

    def _projection(self, output: Any, size: int) -> Any:
        with variable_scope(get_variable_scope()):
            return matmul(output, self._kernel([output], size))

    def _norm(self, values: Any, scope: str) -> Any:
        return values

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state.

        Raises:
            ValueError: the last size of the inputs is not known.
        """
        known_depth(inputs)
        c, m = state
        with variable_scope(self._own_scope(), initializer=self._initializer) as scope:
            gates = parts(self._gates([inputs, m]), 4, 1)
            names = ("input", "transform", "forget", "output")
            i, j, f, o = (self._norm(gate, name) for gate, name in zip(gates, names, strict=True))
            f = f + self._forget_bias
            w_o_diag = None
            if self._use_peepholes:
                with variable_scope(scope):
                    w_f_diag, w_i_diag, w_o_diag = (
                        get_variable(f"w_{g}_diag", [self._num_units], dtype=inputs.dtype)
                        for g in "fio"
                    )
                f, i = f + w_f_diag * c, i + w_i_diag * c
            c = self._norm(sigmoid(f) * c + sigmoid(i) * self._activation(j), "state")
            if self._cell_clip is not None:
                c = clip_by_value(c, -self._cell_clip, self._cell_clip)
            m = sigmoid(o if w_o_diag is None else o + w_o_diag * c) * self._activation(c)
            if self._num_proj is not None:
                with variable_scope("projection"):
                    m = self._projection(m, self._num_proj)
                if self._proj_clip is not None:
                    m = clip_by_value(m, -self._proj_clip, self._proj_clip)
        return m, LSTMStateTuple(c, m)


@public("contrib.rnn.LayerNormLSTMCell")
class LayerNormLSTMCell(_NormalizedCell):
    """An LSTMCell whose gates and memory may be normalised, Ba et al. 2016.

    Args:
        num_units: the number of units.
        use_peepholes: whether the gates see the memory.
        cell_clip: the largest absolute value of the memory.
        initializer: of the kernels and peepholes.
        num_proj: the size of the projected output.
        proj_clip: the largest absolute value of the projected output.
        forget_bias: what is added to the forget gate.
        activation: a function, tanh by default.
        layer_norm: whether there is normalisation; there is a bias anyway, which is not added then.
        norm_gain: the first value of what is normalised is multiplied by.
        norm_shift: the first value of what is added to it.
        reuse: whether variables of the scope are used again.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        forget_bias: float = 1.0,
        activation: Callable[[Any], Any] | None = None,
        layer_norm: bool = False,
        norm_gain: float = 1.0,
        norm_shift: float = 0.0,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(
            num_units,
            use_peepholes,
            cell_clip,
            initializer,
            num_proj,
            proj_clip,
            forget_bias,
            activation,
            reuse,
        )
        self._layer_norm = layer_norm
        self._norm_gain = norm_gain
        self._norm_shift = norm_shift

    def _gates(self, args: list[Any]) -> Any:
        if not self._layer_norm:
            return super()._gates(args)
        size = 4 * self._num_units
        with variable_scope(get_variable_scope()):
            gates = matmul(concat(args, 1), self._kernel(args, size))
            self._bias(size, args[0].dtype)
            return gates

    def _norm(self, values: Any, scope: str) -> Any:
        if not self._layer_norm:
            return values
        return normed(values, scope, self._norm_gain, self._norm_shift)


@public("contrib.rnn.WeightNormLSTMCell")
class WeightNormLSTMCell(_NormalizedCell):
    """An LSTMCell whose weights are directions and lengths, Salimans and Kingma 2016.

    Args:
        num_units: the number of units.
        norm: whether the kernels are normalised: `norm_0` and `norm_1` are the lengths of their columns.
        use_peepholes: whether the gates see the memory.
        cell_clip: the largest absolute value of the memory.
        initializer: of all variables but the bias.
        num_proj: the size of the projected output.
        proj_clip: the largest absolute value of the projected output.
        forget_bias: what is added to the forget gate.
        activation: a function, tanh by default.
        reuse: whether variables of the scope are used again.
    """

    def __init__(
        self,
        num_units: int,
        norm: bool = True,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        forget_bias: float = 1,
        activation: Callable[[Any], Any] | None = None,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(
            num_units,
            use_peepholes,
            cell_clip,
            initializer,
            num_proj,
            proj_clip,
            forget_bias,
            activation,
            reuse,
            "wn_lstm_cell",
        )
        self._normalizes = norm

    def _own_scope(self) -> Any:
        # TensorFlow gives this name to the scope of the cell and to one inside.
        return "wn_lstm_cell"

    def _kernel(self, args: list[Any], size: int) -> Any:
        kernel = super()._kernel(args, size)
        if not self._normalizes:
            return kernel
        found, start = [], 0
        # The weights are the same in every step of a loop.
        with control_dependencies(None):
            for place, arg in enumerate(args):
                end = start + arg.shape.as_list()[1]
                rows = kernel[start:end, :]
                length = get_variable(f"norm_{place}", [size], dtype=rows.dtype)
                found.append(l2_normalize(rows, 0) * length)
                start = end
            return concat(found, axis=0)
