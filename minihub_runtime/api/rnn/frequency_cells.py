"""`tf.contrib.rnn`: an LSTM that goes over the frequencies of each step.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.clipping import clip_by_value
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.joining import concat
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.rnn.cells import RNNCell, parts, tanh
from minihub_runtime.api.rnn.linear import sharded_variable, sigmoid
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["TimeFreqLSTMCell"]


@public("contrib.rnn.TimeFreqLSTMCell")
class TimeFreqLSTMCell(RNNCell):
    """An LSTM over windows of the frequencies, each of which sees the output of the window before, Sainath and Li 2016.

    The state `[batch, 2 · windows · units]` has memory and output of each window in turn.

    Args:
        num_units: the number of units.
        use_peepholes: whether the gates see the memory.
        cell_clip: the largest absolute value of the memory.
        initializer: has no effect; the scope's initializer is used.
        num_unit_shards: the number of parts of the kernel.
        forget_bias: what is added to the forget gate.
        feature_size: the size of a window.
        frequency_skip: the distance between windows.
        reuse: whether variables of the scope are used again.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int = 1,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._num_unit_shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size: Any = feature_size
        self._frequency_skip = frequency_skip

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    @property
    def state_size(self) -> int:
        """Twice the number of units: what one window has."""
        return 2 * self._num_units

    def call(self, inputs: Any, state: Any) -> Any:
        """The outputs of all windows side by side, and the new state.

        Raises:
            ValueError: the last size of the inputs is not known.
        """
        units, dtype = self._num_units, inputs.dtype
        windows = self._windows(inputs)
        rows = windows[0].shape.as_list()[1] + 2 * units
        kernel = sharded_variable("W", [rows, 4 * units], dtype, self._num_unit_shards)
        bias = get_variable("B", shape=[4 * units], initializer=Zeros(), dtype=dtype)
        diagonals: list[Any] = []
        if self._use_peepholes:
            diagonals = [get_variable(f"W_{g}_diag", shape=[units], dtype=dtype) for g in "FIO"]
        m_frequency = zeros([int(inputs.shape[0]), units], dtype)
        outputs: Any = None
        states: Any = None
        for place, window in enumerate(windows):
            c_prev = slice(state, [0, 2 * place * units], [-1, units])
            m_prev = slice(state, [0, (2 * place + 1) * units], [-1, units])
            gates = matmul(concat([window, m_prev, m_frequency], 1), kernel)
            c, m = self._step(bias_add(gates, bias), c_prev, diagonals)
            m_frequency = m
            states = concat([c, m] if states is None else [states, c, m], 1)
            outputs = m if outputs is None else concat([outputs, m], 1)
        return outputs, states

    def _step(self, gates: Tensor, c_prev: Tensor, diagonals: list[Any]) -> tuple[Any, Any]:
        """Memory and output of one window."""
        i, j, f, o = parts(gates, 4, 1)
        f = f + self._forget_bias
        if diagonals:
            f, i = f + diagonals[0] * c_prev, i + diagonals[1] * c_prev
        c = sigmoid(f) * c_prev + sigmoid(i) * tanh(j)
        if self._cell_clip is not None:
            c = clip_by_value(c, -self._cell_clip, self._cell_clip)
        if diagonals:
            o = o + diagonals[2] * c
        return c, sigmoid(o) * tanh(c)

    def _windows(self, inputs: Any) -> list[Any]:
        """The windows, each `[batch, feature_size]`."""
        size = inputs.shape.with_rank(2).as_list()[-1]
        if size is None:
            raise ValueError("Cannot infer input_size from static shape inference.")
        count = int((size - self._feature_size) / self._frequency_skip) + 1
        return [
            slice(inputs, [0, place * self._frequency_skip], [-1, self._feature_size])
            for place in range(count)
        ]
