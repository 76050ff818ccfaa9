"""`tf.contrib.rnn`: cells that take whole sequences at once.

Source: tensorflow/contrib/rnn/python/ops/fused_rnn_cell.py, lstm_ops.py of TensorFlow 1.15.
"""

from __future__ import annotations

import abc
from typing import Any

from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.encoding import sequence_mask
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.gathering_nd import gather_nd
from minihub_runtime.api.initializers import Constant
from minihub_runtime.api.joining import concat, stack, unstack
from minihub_runtime.api.layers.base import InputSpec, Layer
from minihub_runtime.api.layout import expand_dims, reverse_sequence, transpose
from minihub_runtime.api.ranges import range as range_of
from minihub_runtime.api.reduction import reduce_max
from minihub_runtime.api.rnn.cells import depth_of
from minihub_runtime.api.rnn.dynamic import dynamic_rnn
from minihub_runtime.api.rnn.lstm_cells import LSTMStateTuple
from minihub_runtime.api.rnn.static import static_rnn
from minihub_runtime.api.sizes import shape
from minihub_runtime.dtypes import int64
from minihub_runtime.public import public

__all__ = [
    "FusedRNNCell",
    "FusedRNNCellAdaptor",
    "LSTMBlockFusedCell",
    "LSTMBlockWrapper",
    "TimeReversedFusedRNN",
]


@public("contrib.rnn.FusedRNNCell")
class FusedRNNCell(abc.ABC):
    """A cell with the loop over time inside: `outputs, state = cell(inputs)`."""

    @abc.abstractmethod
    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        """Run over sequences.

        Args:
            inputs: `[time, batch, depth]`, or a list of `[batch, depth]`.
            initial_state: the state before the first step; by default zeros.
            dtype: the type of that state, needed if it is not given.
            sequence_length: the lengths of the sequences, `[batch]`; by default all steps.
            scope: the variable scope.

        Returns:
            The outputs, a tensor or a list as the inputs, and the last state.
        """


@public("contrib.rnn.FusedRNNCellAdaptor")
class FusedRNNCellAdaptor(FusedRNNCell):
    """A cell of single steps as one of whole sequences.

    Args:
        cell: the cell.
        use_dynamic_rnn: whether it runs in a loop, else there are operations for each step.
    """

    def __init__(self, cell: Any, use_dynamic_rnn: bool = False) -> None:
        self._cell = cell
        self._use_dynamic_rnn = use_dynamic_rnn

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        """Run over sequences; see FusedRNNCell."""
        is_list = isinstance(inputs, list)
        arguments = dict(
            sequence_length=sequence_length, initial_state=initial_state, dtype=dtype, scope=scope
        )
        if self._use_dynamic_rnn:
            inputs = stack(inputs) if is_list else inputs
            outputs, state = dynamic_rnn(self._cell, inputs, time_major=True, **arguments)
            return (unstack(outputs) if is_list else outputs), state
        inputs = inputs if is_list else unstack(inputs)
        steps, state = static_rnn(self._cell, inputs, **arguments)
        return (steps if is_list else stack(steps)), state


@public("contrib.rnn.TimeReversedFusedRNN")
class TimeReversedFusedRNN(FusedRNNCell):
    """A cell of whole sequences that runs backwards over time.

    Args:
        cell: the cell.
    """

    def __init__(self, cell: Any) -> None:
        self._cell = cell

    def _reversed(self, sequences: Any, lengths: Any) -> Any:
        if isinstance(sequences, list):
            return sequences[::-1]
        if lengths is None:
            return build("ReverseV2", tensor=sequences, axis=[0])
        return reverse_sequence(sequences, lengths, 0, 1)

    def __call__(
        self,
        inputs: Any,
        initial_state: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
        scope: Any = None,
    ) -> Any:
        """Run over sequences; see FusedRNNCell."""
        outputs, state = self._cell(
            self._reversed(inputs, sequence_length),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
        )
        return self._reversed(outputs, sequence_length), state


@public("contrib.rnn.LSTMBlockWrapper")
class LSTMBlockWrapper(Layer, abc.ABC):
    """What LSTMs of whole sequences have in common; a subclass has `num_units` and `_call_cell`."""

    @property
    @abc.abstractmethod
    def num_units(self) -> int:
        """The number of units."""

    @abc.abstractmethod
    def _call_cell(
        self,
        inputs: Any,
        initial_cell_state: Any,
        initial_output: Any,
        dtype: Any,
        sequence_length: Any,
    ) -> tuple[Any, Any]:
        """The memories and the outputs, each `[time, batch, units]`."""

    def call(
        self, inputs: Any, initial_state: Any = None, dtype: Any = None, sequence_length: Any = None
    ) -> Any:
        """Run over sequences; see FusedRNNCell.

        Raises:
            ValueError: the depth is not known, the state has not two parts, or it and its type are missing.
        """
        is_list = isinstance(inputs, list)
        inputs = stack(inputs) if is_list else inputs
        time, batch, depth = inputs.shape.with_rank(3).as_list()
        if not depth:
            raise ValueError(f"Expecting inputs_shape[2] to be set: {inputs.shape}")
        batch = shape(inputs)[1] if batch is None else batch
        time = shape(inputs)[0] if time is None else time
        if initial_state is None:
            if dtype is None:
                raise ValueError("Either initial_state or dtype needs to be specified")
            zero = zeros(stack([batch, self.num_units]), dtype=dtype)
            initial_state = zero, zero
        elif len(initial_state) != 2:
            raise ValueError("Expecting initial_state to be a tuple with length 2 or None")
        elif dtype is None:
            dtype = initial_state[0].dtype
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length)
        memory, output = initial_state
        memories, outputs = self._call_cell(inputs, memory, output, dtype, sequence_length)
        if sequence_length is None:
            last = memories[-1], outputs[-1]
        else:
            mask = transpose(sequence_mask(sequence_length, time, dtype=dtype), [1, 0])
            mask = build("Tile", input=expand_dims(mask, [-1]), multiples=[1, 1, self.num_units])
            outputs = outputs * mask
            last = _last_of(initial_state, (memories, outputs), sequence_length, batch)
        return (unstack(outputs) if is_list else outputs), LSTMStateTuple(*last)


def _last_of(first: Any, after: Any, lengths: Tensor, batch: Any) -> tuple[Any, ...]:
    """The states of sequences at their ends, which may be those before the first step."""
    states = [
        concat([expand_dims(before, [0]), steps], 0)
        for before, steps in zip(first, after, strict=True)
    ]
    return tuple(gather_nd(state, stack([lengths, range_of(batch)], axis=1)) for state in states)


@public("contrib.rnn.LSTMBlockFusedCell")
class LSTMBlockFusedCell(LSTMBlockWrapper):
    """An LSTM over whole sequences in one operation; its variables are those of `tf.nn.rnn_cell.LSTMCell`.

    Args:
        num_units: the number of units.
        forget_bias: what is added to the forget gate.
        cell_clip: the largest absolute value of the memory; by default there is no limit.
        use_peephole: whether the gates see the memory.
        reuse: whether variables of the scope are used again.
        dtype: type of its variables; by default that of the first inputs.
        name: name of the cell, and of its scope.
    """

    def __init__(
        self,
        num_units: int,
        forget_bias: float = 1.0,
        cell_clip: float | None = None,
        use_peephole: bool = False,
        reuse: bool | None = None,
        dtype: Any = None,
        name: str | None = "lstm_fused_cell",
    ) -> None:
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units = num_units
        self._forget_bias = forget_bias
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self._use_peephole = use_peephole
        self.input_spec = InputSpec(ndim=3)

    @property
    def num_units(self) -> int:
        """The number of units."""
        return self._num_units

    def build(self, input_shape: Any) -> None:
        """Make `kernel` and `bias`, and, where wanted, `w_i_diag`, `w_f_diag` and `w_o_diag`."""
        depth, units = depth_of(input_shape), self._num_units
        self._kernel = self.add_weight("kernel", [depth + units, 4 * units])
        self._bias = self.add_weight("bias", [4 * units], initializer=Constant(0.0))
        self._peepholes: list[Any] = []
        if self._use_peephole:
            self._peepholes = [self.add_weight(f"w_{gate}_diag", [units]) for gate in "ifo"]
        self.built = True

    def _call_cell(
        self,
        inputs: Any,
        initial_cell_state: Any = None,
        initial_output: Any = None,
        dtype: Any = None,
        sequence_length: Any = None,
    ) -> tuple[Any, Any]:
        time = inputs.shape.with_rank(3).as_list()[0]
        time = shape(inputs)[0] if time is None else time
        none = None if self._peepholes else zeros([self._num_units], dtype=dtype)
        wci, wcf, wco = self._peepholes or [none] * 3
        steps = time if sequence_length is None else reduce_max(sequence_length)
        _, memories, _, _, _, _, outputs = build(
            "BlockLSTM",
            seq_len_max=cast(steps, int64),
            x=inputs,
            cs_prev=initial_cell_state,
            h_prev=initial_output,
            w=self._kernel,
            wci=wci,
            wcf=wcf,
            wco=wco,
            b=self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return memories, outputs
