"""`tf.contrib.rnn`: LSTMs that go over time and frequency at once.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

from minihub_runtime.api.clipping import clip_by_value
from minihub_runtime.api.conversion import constant
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.initializers import Zeros
from minihub_runtime.api.joining import concat
from minihub_runtime.api.matmul import matmul
from minihub_runtime.api.nn.activation import bias_add
from minihub_runtime.api.padding import pad
from minihub_runtime.api.rnn.cells import RNNCell, parts, tanh
from minihub_runtime.api.rnn.linear import sharded_variable, sigmoid
from minihub_runtime.api.rnn.lstm_cells import warn_of_joined_state
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["BidirectionalGridLSTMCell", "GridLSTMCell"]


@public("contrib.rnn.GridLSTMCell")
class GridLSTMCell(RNNCell):
    """Two LSTMs over windows of the frequencies, one along time and one along frequency, Kalchbrenner et al. 2016.

    Args:
        num_units: the number of units.
        use_peepholes: whether the gates see the memories.
        share_time_frequency_weights: whether both LSTMs have the same variables.
        cell_clip: the largest absolute value of the memories.
        initializer: has no effect; the scope's initializer is used.
        num_unit_shards: the number of parts of the kernels.
        forget_bias: what is added to the forget gates.
        feature_size: the size of a window.
        frequency_skip: the distance between windows.
        num_frequency_blocks: the number of windows of each block of frequencies.
        start_freqindex_list: where the blocks begin; by default there is one block of all.
        end_freqindex_list: where they end.
        couple_input_forget_gates: whether the forget gates are what the input gates leave.
        state_is_tuple: whether the state is a named tuple, `state_f00_b00_c`, `state_f00_b00_m` and so on for window and
            block, else one tensor with these side by side.
        reuse: whether variables of the scope are used again.

    Raises:
        ValueError: there are no blocks.
    """

    _PREFIXES: Sequence[str] = ("state",)

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int | None = None,
        num_frequency_blocks: Any = None,
        start_freqindex_list: Any = None,
        end_freqindex_list: Any = None,
        couple_input_forget_gates: bool = False,
        state_is_tuple: bool = True,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(_reuse=reuse)
        if not state_is_tuple:
            warn_of_joined_state(self)
        self._num_units = num_units
        self._use_peepholes = use_peepholes
        self._share_time_frequency_weights = share_time_frequency_weights
        self._couple_input_forget_gates = couple_input_forget_gates
        self._state_is_tuple = state_is_tuple
        self._cell_clip = cell_clip
        self._num_unit_shards = num_unit_shards
        self._forget_bias = forget_bias
        self._feature_size: Any = feature_size
        self._frequency_skip: Any = frequency_skip
        self._start_freqindex_list = start_freqindex_list
        self._end_freqindex_list = end_freqindex_list
        if num_frequency_blocks is None:
            raise ValueError("Must specify num_frequency_blocks")
        self._num_frequency_blocks = num_frequency_blocks
        self._total_blocks = sum(int(count) for count in num_frequency_blocks)
        fields = [
            f"{prefix}_f{window:02d}_b{block:02d}_{part}"
            for prefix in self._PREFIXES
            for block, count in enumerate(num_frequency_blocks)
            for window in range(count)
            for part in "cm"
        ]
        name = type(self).__name__.replace("Cell", "StateTuple")
        self._state_tuple_type: Any = (
            collections.namedtuple(name, fields) if state_is_tuple else None
        )

    @property
    def output_size(self) -> int:
        """The outputs of both LSTMs for all windows."""
        return self._num_units * self._total_blocks * 2 * len(self._PREFIXES)

    @property
    def state_size(self) -> Any:
        """The sizes of memory and output of all windows: a named tuple, or their sum."""
        count = 2 * self._total_blocks * len(self._PREFIXES)
        if not self._state_is_tuple:
            return self._num_units * count
        return self._state_tuple_type(*[self._num_units] * count)

    @property
    def state_tuple_type(self) -> Any:
        """The class of states, or None."""
        return self._state_tuple_type

    def call(self, inputs: Any, state: Any) -> Any:
        """The outputs of all windows side by side, and the new state.

        Raises:
            ValueError: the blocks do not fit the inputs, or the last size of these is not known.
        """
        batch = inputs.shape.as_list()[0] or shape(inputs)[0]
        outputs, states = self._blocks(self._windows(inputs), state, batch, "state")
        joined = self._state_tuple_type(*states) if self._state_is_tuple else concat(states, 1)
        return concat(outputs, 1), joined

    def _blocks(
        self, blocks: Any, state: Any, batch: Any, prefix: str
    ) -> tuple[list[Any], list[Any]]:
        """Outputs and states of the windows of all blocks."""
        outputs, states = [], []
        for number, windows in enumerate(blocks):
            of_block = _Block(self, number, windows[0])
            before = [batch, self._num_units]
            m_frequency, c_frequency = (zeros(before, windows[0].dtype) for _ in "mc")
            for place, window in enumerate(windows):
                c_time, m_time = self._state_of(state, prefix, place, number)
                together = concat([window, m_time, m_frequency], 1)
                c_frequency, c_time, m_frequency, m_time = of_block.step(
                    together, c_frequency, c_time
                )
                outputs += [m_time, m_frequency]
                states += [c_time, m_time]
        return outputs, states

    def _state_of(self, state: Any, prefix: str, window: int, block: int) -> tuple[Any, Any]:
        if self._state_is_tuple:
            name = f"{prefix}_f{window:02d}_b{block:02d}"
            return getattr(state, f"{name}_c"), getattr(state, f"{name}_m")
        units = self._num_units
        return (
            slice(state, [0, 2 * window * units], [-1, units]),
            slice(state, [0, (2 * window + 1) * units], [-1, units]),
        )

    def _windows(self, inputs: Tensor, offset: int = 0) -> list[list[Tensor]]:
        """The windows `[batch, feature_size]` of each block, moved by an offset into zeros."""
        size = inputs.shape.with_rank(2).as_list()[-1]
        if size is None:
            raise ValueError("Cannot infer input_size from static shape inference.")
        if offset:
            margins = [0, 0, max(-offset, 0), max(offset, 0)]
            inputs = pad(inputs, constant(margins, shape=[2, 2], dtype=int32), "CONSTANT")
        offset = max(offset, 0)
        counts = self._num_frequency_blocks
        starts, ends = self._start_freqindex_list, self._end_freqindex_list
        if not starts:
            if len(counts) != 1:
                raise ValueError(
                    f"Length of num_frequency_blocks is not 1, but instead is {len(counts)}"
                )
            starts, ends = [0], [size]
        if len(starts) != len(ends):
            raise ValueError(
                f"Length of start and end freqindex_list does not match {len(starts)} {len(ends)}"
            )
        if len(counts) != len(starts):
            raise ValueError(
                "Length of num_frequency_blocks is not equal to start_freqindex_list "
                f"{len(counts)} {len(starts)}"
            )
        found = []
        for start, end, count in zip(starts, ends, counts, strict=True):
            fitting = int((end - start - self._feature_size) / self._frequency_skip) + 1
            if fitting != count:
                raise ValueError(
                    f"Invalid num_frequency_blocks, requires {count} but gets {fitting}, please "
                    "check the input size and filter config are correct."
                )
            begins = [start + offset + place * self._frequency_skip for place in range(count)]
            found.append([slice(inputs, [0, b], [-1, self._feature_size]) for b in begins])
        return found


class _Block:
    """The variables of one block of frequencies; `step` is one window."""

    def __init__(self, cell: GridLSTMCell, number: int, window: Any) -> None:
        self.cell, self.number, self.dtype = cell, number, window.dtype
        units = cell._num_units
        self.gates = 3 if cell._couple_input_forget_gates else 4
        self.shape = [window.shape.as_list()[1] + 2 * units, self.gates * units]
        ways = "f" if cell._share_time_frequency_weights else "ft"
        self.maps = [self._map(way) for way in ways]
        self.diagonals = [self._diagonals(way) for way in ("freq", "time")[: len(ways)]]

    def _map(self, way: str) -> tuple[Any, Any]:
        name = f"{way}_{self.number}"
        kernel = sharded_variable(f"W_{name}", self.shape, self.dtype, self.cell._num_unit_shards)
        size = [self.shape[1]]
        return kernel, get_variable(f"B_{name}", size, initializer=Zeros(), dtype=self.dtype)

    def _diagonals(self, way: str) -> dict[str, tuple[Any, Any]]:
        """By gate, what the memories along frequency and time are multiplied by."""
        if not self.cell._use_peepholes:
            return {}

        def made(gate: str, of: str) -> Any:
            name = f"W_{gate}_diag_{way}{of}_{self.number}"
            return get_variable(name, [self.cell._num_units], dtype=self.dtype)

        gates = "IO" if self.cell._couple_input_forget_gates else "FIO"
        return {gate: (made(gate, "f"), made(gate, "t")) for gate in gates}

    def step(self, together: Tensor, c_frequency: Any, c_time: Any) -> tuple[Any, ...]:
        """Memories along frequency and time, and outputs along both."""
        mapped = [
            parts(bias_add(matmul(together, kernel), bias), self.gates, 1)
            for kernel, bias in self.maps
        ]
        both, old = (mapped * 2)[:2], (c_frequency, c_time)
        diagonals = (self.diagonals * 2)[:2]
        new = tuple(
            self._memory(gates, of, old, own)
            for gates, of, own in zip(both, diagonals, old, strict=True)
        )
        outputs = (
            _seen(gates[-1], of.get("O"), new) * tanh(c)
            for gates, of, c in zip(both, diagonals, new, strict=True)
        )
        return *new, *outputs

    def _memory(self, gates: Any, diagonals: Any, old: tuple[Any, Any], own: Any) -> Any:
        cell = self.cell
        take = _seen(gates[0], diagonals.get("I"), old)
        if cell._couple_input_forget_gates:
            keep = 1.0 - take
        else:
            keep = _seen(gates[2] + cell._forget_bias, diagonals.get("F"), old)
        c = keep * own + take * tanh(gates[1])
        if cell._cell_clip is not None:
            c = clip_by_value(c, -cell._cell_clip, cell._cell_clip)
        return c


def _seen(gate: Any, diagonals: tuple[Any, Any] | None, memories: tuple[Any, ...]) -> Any:
    """A gate that sees the memories if there are diagonals."""
    for diagonal, memory in zip(diagonals or (), memories):
        gate = gate + diagonal * memory
    return sigmoid(gate)


@public("contrib.rnn.BidirectionalGridLSTMCell")
class BidirectionalGridLSTMCell(GridLSTMCell):
    """A GridLSTMCell that goes over the frequencies upwards and, with variables of its own, downwards.

    Args:
        num_units: see GridLSTMCell.
        use_peepholes: see there.
        share_time_frequency_weights: see there.
        cell_clip: see there.
        initializer: see there.
        num_unit_shards: see there.
        forget_bias: see there.
        feature_size: see there.
        frequency_skip: see there.
        num_frequency_blocks: see there.
        start_freqindex_list: see there.
        end_freqindex_list: see there.
        couple_input_forget_gates: see there.
        backward_slice_offset: how far the windows are moved on the way down.
        reuse: whether variables of the scope are used again.
    """

    _PREFIXES = ("fwd_state", "bwd_state")

    def __init__(
        self,
        num_units: int,
        use_peepholes: bool = False,
        share_time_frequency_weights: bool = False,
        cell_clip: float | None = None,
        initializer: Any = None,
        num_unit_shards: int = 1,
        forget_bias: float = 1.0,
        feature_size: int | None = None,
        frequency_skip: int | None = None,
        num_frequency_blocks: Any = None,
        start_freqindex_list: Any = None,
        end_freqindex_list: Any = None,
        couple_input_forget_gates: bool = False,
        backward_slice_offset: int = 0,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(
            num_units,
            use_peepholes,
            share_time_frequency_weights,
            cell_clip,
            initializer,
            num_unit_shards,
            forget_bias,
            feature_size,
            frequency_skip,
            num_frequency_blocks,
            start_freqindex_list,
            end_freqindex_list,
            couple_input_forget_gates,
            True,
            reuse,
        )
        self._backward_slice_offset = int(backward_slice_offset)

    def call(self, inputs: Any, state: Any) -> Any:
        """The outputs of all windows upwards and downwards side by side, and the new state."""
        batch = inputs.shape.as_list()[0] or shape(inputs)[0]
        upwards = self._windows(inputs)
        moved = self._backward_slice_offset
        downwards = self._windows(inputs, moved) if moved else upwards
        with variable_scope("fwd"):
            outputs, states = self._blocks(upwards, state, batch, "fwd_state")
        with variable_scope("bwd"):
            turned = [windows[::-1] for windows in downwards]
            more_outputs, more_states = self._blocks(turned, state, batch, "bwd_state")
        return concat(outputs + more_outputs, 1), self._state_tuple_type(*states, *more_states)
