"""LSTM cells.

Source: keras/layers/rnn/legacy_cells.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minihub_runtime.api import logger
from minihub_runtime.api.arithmetic import add
from minihub_runtime.api.building import build
from minihub_runtime.api.clipping import clip_by_value
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layers.settings import initializer_of
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.rnn.cells import (
    NumUnitsCell,
    check_dtype,
    check_tensors,
    depth_of,
    parts,
)
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.variables.partitions import fixed_size_partitioner
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["BasicLSTMCell", "LSTMCell", "LSTMStateTuple", "warn_of_joined_state"]


class _StateTuple(NamedTuple):
    c: Any
    h: Any


@public("nn.rnn_cell.LSTMStateTuple", "contrib.rnn.LSTMStateTuple")
class LSTMStateTuple(_StateTuple):
    """The state of an LSTM.

    Attributes:
        c: the memory.
        h: the output.
    """

    __slots__ = ()

    @property
    def dtype(self) -> Any:
        """The type of both parts.

        Raises:
            TypeError: the types differ.
        """
        c, h = self
        if c.dtype != h.dtype:
            raise TypeError(f"Inconsistent dtypes for internal state: {c.dtype} vs {h.dtype}")
        return c.dtype


def _sigmoid(x: Any) -> Any:
    return build("Sigmoid", x=x)


def _times(x: Any, y: Any) -> Any:
    return build("Mul", x=x, y=y)


def warn_of_joined_state(cell: Any) -> None:
    """Say that a state in one tensor is slower than a tuple."""
    logger.warn(
        "%s: Using a concatenated state is slower and will soon be deprecated.  Use "
        "state_is_tuple=True.",
        cell,
    )


@public("nn.rnn_cell.BasicLSTMCell", "contrib.rnn.BasicLSTMCell")
class BasicLSTMCell(NumUnitsCell):
    """A long short-term memory without peepholes, Zaremba et al. 2014.

    Args:
        num_units: the number of units.
        forget_bias: what is added to the forget gate.
        state_is_tuple: whether the state is an LSTMStateTuple, else one tensor with `c` and `h` side by side.
        activation: a function or the name of one; tanh by default.
        reuse: whether variables of the scope are used again.
        name: name of the cell, and of its scope.
        dtype: type of its variables; by default that of the first inputs.
        **kwargs: further arguments of a layer, such as `trainable`.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        if not state_is_tuple:
            warn_of_joined_state(self)
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple

    @property
    def state_size(self) -> Any:
        """Twice the number of units: an LSTMStateTuple, or one number."""
        units = self._num_units
        return LSTMStateTuple(units, units) if self._state_is_tuple else 2 * units

    def build(self, inputs_shape: Any) -> None:
        """Make `kernel` [inputs + units, 4 units] and `bias` [4 units]; the gates are i, j, f, o."""
        check_dtype(self.dtype)
        depth, units = depth_of(inputs_shape), self._num_units
        self._kernel = self.add_weight("kernel", shape=[depth + units, 4 * units])
        self._bias = self.add_weight("bias", shape=[4 * units], initializer=Zeros(dtype=self.dtype))
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output `h` and the new state."""
        check_tensors(inputs, state)
        one = constant(1, dtype=int32)
        c, h = state if self._state_is_tuple else parts(state, 2, one)
        gates = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = parts(gates, 4, one)
        forget_bias = constant(self._forget_bias, dtype=f.dtype)
        new_c = add(
            _times(c, _sigmoid(add(f, forget_bias))), _times(_sigmoid(i), self._activation(j))
        )
        new_h = _times(self._activation(new_c), _sigmoid(o))
        if self._state_is_tuple:
            return new_h, LSTMStateTuple(new_c, new_h)
        return new_h, concat([new_c, new_h], 1)


@public("nn.rnn_cell.LSTMCell", "contrib.rnn.LSTMCell")
class LSTMCell(NumUnitsCell):
    """A long short-term memory with optional peepholes, clipping and projection, Sak et al. 2014.

    Args:
        num_units: the number of units.
        use_peepholes: whether the gates see the memory.
        cell_clip: the largest absolute value of the memory.
        initializer: of the kernels and peepholes.
        num_proj: the size of the projected output.
        proj_clip: the largest absolute value of the projected output.
        num_unit_shards: the number of partitions of the kernel.
        num_proj_shards: the number of partitions of the projection.
        forget_bias: what is added to the forget gate.
        state_is_tuple: whether the state is an LSTMStateTuple, else one tensor with `c` and `h` side by side.
        activation: a function or the name of one; tanh by default.
        reuse: whether variables of the scope are used again.
        name: name of the cell, and of its scope.
        dtype: type of its variables; by default that of the first inputs.
        **kwargs: further arguments of a layer, such as `trainable`.
    """

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_proj: int | None = None,
        proj_clip: float | None = None,
        num_unit_shards: int | None = None,
        num_proj_shards: int | None = None,
        forget_bias: float = 1.0,
        state_is_tuple: bool = True,
        activation: Any = None,
        reuse: bool | None = None,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        if not state_is_tuple:
            warn_of_joined_state(self)
        if num_unit_shards is not None or num_proj_shards is not None:
            logger.warn(
                "%s: The num_unit_shards and proj_unit_shards parameters are deprecated and will be "
                "removed in Jan 2017.  Use a variable scope with a partitioner instead.",
                self,
            )
        self._use_peepholes = use_peepholes
        self._cell_clip = cell_clip
        self._initializer = initializer_of(initializer)
        self._num_proj = num_proj
        self._proj_clip = proj_clip
        self._num_unit_shards = num_unit_shards
        self._num_proj_shards = num_proj_shards
        self._forget_bias = forget_bias
        self._state_is_tuple = state_is_tuple
        self._output_size = num_proj or num_units

    @property
    def state_size(self) -> Any:
        """The sizes of memory and output: an LSTMStateTuple, or their sum."""
        c, h = self._num_units, self._output_size
        return LSTMStateTuple(c, h) if self._state_is_tuple else c + h

    @property
    def output_size(self) -> Any:
        """The size of the projected output, or the number of units."""
        return self._output_size

    def build(self, inputs_shape: Any) -> None:
        """Make `kernel`, `bias`, and, where wanted, `w_f_diag`, `w_i_diag`, `w_o_diag` and `projection/kernel`."""
        check_dtype(self.dtype)
        depth, units = depth_of(inputs_shape), self._num_units
        outputs = units if self._num_proj is None else self._num_proj
        self._kernel = self.add_weight(
            "kernel",
            shape=[depth + outputs, 4 * units],
            initializer=self._initializer,
            partitioner=_in_shards(self._num_unit_shards),
        )
        zeros = Zeros if self.dtype is None else Zeros(dtype=self.dtype)
        self._bias = self.add_weight("bias", shape=[4 * units], initializer=zeros)
        if self._use_peepholes:
            self._w_f_diag, self._w_i_diag, self._w_o_diag = (
                self.add_weight(f"w_{gate}_diag", shape=[units], initializer=self._initializer)
                for gate in "fio"
            )
        if self._num_proj is not None:
            self._proj_kernel = self.add_weight(
                "projection/kernel",
                shape=[units, self._num_proj],
                initializer=self._initializer,
                partitioner=_in_shards(self._num_proj_shards),
            )
        self.built = True

    def call(self, inputs: Any, state: Any) -> Any:
        """The output and the new state.

        Raises:
            ValueError: the last size of the inputs is not known.
        """
        check_tensors(inputs, state)
        units = self._num_units
        if self._state_is_tuple:
            c_prev, m_prev = state
        else:
            outputs = units if self._num_proj is None else self._num_proj
            c_prev = slice(state, [0, 0], [-1, units])
            m_prev = slice(state, [0, units], [-1, outputs])
        if inputs.shape.with_rank(2).as_list()[1] is None:
            raise ValueError(
                "Could not infer input size from inputs.get_shape()[-1]."
                f"Received input shape: {inputs.shape}"
            )
        gates = bias_add(matmul(concat([inputs, m_prev], 1), self._kernel), self._bias)
        i, j, f, o = parts(gates, 4, 1)
        if self._use_peepholes:
            c = _sigmoid(f + self._forget_bias + self._w_f_diag * c_prev) * c_prev + _sigmoid(
                i + self._w_i_diag * c_prev
            ) * self._activation(j)
        else:
            c = _sigmoid(f + self._forget_bias) * c_prev + _sigmoid(i) * self._activation(j)
        if self._cell_clip is not None:
            c = clip_by_value(c, -self._cell_clip, self._cell_clip)
        if self._use_peepholes:
            m = _sigmoid(o + self._w_o_diag * c) * self._activation(c)
        else:
            m = _sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            m = matmul(m, self._proj_kernel)
            if self._proj_clip is not None:
                m = clip_by_value(m, -self._proj_clip, self._proj_clip)
        if self._state_is_tuple:
            return m, LSTMStateTuple(c, m)
        return m, concat([c, m], 1)


def _in_shards(count: int | None) -> Any:
    return None if count is None else fixed_size_partitioner(count)
