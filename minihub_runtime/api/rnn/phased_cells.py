"""`tf.contrib.rnn`: an LSTM whose units open at times of their own.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.gathering import where
from minihub_runtime.api.identity import stop_gradient
from minihub_runtime.api.initializers import Constant, RandomUniform
from minihub_runtime.api.random_ops import random_uniform
from minihub_runtime.api.rnn.cells import RNNCell, parts, tanh
from minihub_runtime.api.rnn.linear import Linear, sigmoid
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = ["PhasedLSTMCell"]


def _exponential_uniform(minval: Any, maxval: Any) -> Any:
    """An initializer of numbers between bounds whose logarithms are of equal probability."""

    def drawn(shape: Any, dtype: Any = float32, partition_info: Any = None) -> Any:
        low, high = (build("Log", x=bound) for bound in (minval, maxval))
        return build("Exp", x=random_uniform(shape, low, high, dtype))

    return drawn


@public("contrib.rnn.PhasedLSTMCell")
class PhasedLSTMCell(RNNCell):
    """An LSTM each unit of which changes only during a part of its own period, Neil et al. 2016.

    Args:
        num_units: the number of units.
        use_peepholes: whether the gates see the memory.
        leak: how much a unit changes while it is closed: from 0 to 1.
        ratio_on: the part of the period during which a unit is open.
        trainable_ratio_on: whether optimisers change that.
        period_init_min: the smallest first period.
        period_init_max: the largest.
        reuse: whether variables of the scope are used again.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        leak: Any = 0.001,
        ratio_on: Any = 0.1,
        trainable_ratio_on: bool = True,
        period_init_min: Any = 1.0,
        period_init_max: Any = 1000.0,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse, autocast=False)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._leak = leak
        self._ratio_on = ratio_on
        self._trainable_ratio_on = trainable_ratio_on
        self._period_init_min = period_init_min
        self._period_init_max = period_init_max
        self._maps: dict[str, Linear] = {}

    @property
    def state_size(self) -> LSTMStateTuple:
        """Twice the number of units."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self) -> int:
        """The number of units."""
        return self._num_units

    def _mapped(self, scope: str, args: list[Any], gates: int) -> Tensor:
        if scope not in self._maps:
            self._maps[scope] = Linear(args, gates * self._num_units, True)
        return self._maps[scope](args)

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state, float32.

        Args:
            inputs: the times `[batch, 1]`, float32 or float64, and features `[batch, depth]`.
            state: an LSTMStateTuple.
        """
        c_prev, h_prev = state
        time, x = inputs
        args = [x, h_prev]
        with variable_scope("mask_gates"):
            seen = [*args, c_prev] if self._use_peepholes else args
            take, keep = parts(sigmoid(self._mapped("mask_gates", seen, 2)), 2, 1)
        with variable_scope("new_input"):
            new_input = tanh(self._mapped("new_input", args, 1))
        new_c = c_prev * keep + take * new_input
        with variable_scope("output_gate"):
            seen = [*args, new_c] if self._use_peepholes else args
            output_gate = sigmoid(self._mapped("output_gate", seen, 1))
        new_h = tanh(new_c) * output_gate
        k = self._openness(time)
        new_c = k * new_c + (1 - k) * c_prev
        new_h = k * new_h + (1 - k) * h_prev
        return new_h, LSTMStateTuple(new_c, new_h)

    def _openness(self, time: Tensor) -> Any:
        """How much each unit changes at a time."""
        units = [self._num_units]
        first = _exponential_uniform(self._period_init_min, self._period_init_max)
        period = get_variable("period", units, initializer=first)
        phase = get_variable("phase", units, initializer=RandomUniform(0.0, period.initial_value))
        ratio_on = get_variable(
            "ratio_on",
            units,
            initializer=Constant(self._ratio_on),
            trainable=self._trainable_ratio_on,
        )
        place = _place_in_cycle(time, phase, period)
        up = 2 * place / ratio_on
        opened = where(place < ratio_on, 2 - up, self._leak * place)
        return where(place < 0.5 * ratio_on, up, opened)


def _place_in_cycle(time: Tensor, phase: Any, period: Any) -> Any:
    """Where in their periods units are, from 0 to 1, worked out in the type of the time."""
    phase, period = cast(phase, time.dtype), cast(period, time.dtype)
    shifted = time - phase
    # The gradient is that of the time itself.
    rest = stop_gradient(build("FloorMod", x=shifted, y=period) - shifted) + shifted
    return cast(rest / period, float32)
