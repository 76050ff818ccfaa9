"""`tf.contrib.rnn`: a wrapper that attends to the outputs of a cell's last steps.

Source: tensorflow/contrib/rnn/python/ops/rnn_cell.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import expand_dims, reshape
from minihub_runtime.api.nn.activation import softmax
from minihub_runtime.api.nn.convolution import conv2d
from minihub_runtime.api.reduction import reduce_sum
from minihub_runtime.api.rnn.cells import RNNCell, tanh
from minihub_runtime.api.rnn.combined_cells import CellAround
from minihub_runtime.api.rnn.linear import Linear
from minihub_runtime.api.rnn.lstm_cells import warn_of_joined_state
from minihub_runtime.api.slicing import slice
from minihub_runtime.api.variables.scopes import variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.public import public

__all__ = ["AttentionCellWrapper"]


@public("contrib.rnn.AttentionCellWrapper")
class AttentionCellWrapper(CellAround):
    """A cell whose inputs and outputs are mixed with what it attends to of its last outputs, Cheng et al. 2016.

    Args:
        cell: the cell.
        attn_length: the number of outputs that are kept.
        attn_size: the size of outputs and of what is attended to; by default the cell's output size.
        attn_vec_size: the size in which outputs and states are compared; by default `attn_size`.
        input_size: the size of what the cell gets; by default that of the inputs.
        state_is_tuple: whether the state is a tuple of the cell's state, what was attended to [batch, attn_size]
            and the outputs [batch, attn_length · attn_size], else one tensor with these side by side.
        reuse: whether variables of the scope are used again.

    Raises:
        TypeError: the cell is none.
        ValueError: the length is not positive, or states that are tuples shall stand side by side.
    """

    def __init__(
        self,
        cell: Any,
        attn_length: int,
        attn_size: int | None = None,
        attn_vec_size: int | None = None,
        input_size: int | None = None,
        state_is_tuple: bool = True,
        reuse: bool | None = None,
    ) -> None:
        super().__init__(cell, _reuse=reuse)
        if nest.is_nested(cell.state_size) and not state_is_tuple:
            raise ValueError(
                "Cell returns tuple of states, but the flag state_is_tuple is not set. State size "
                f"is: {cell.state_size}"
            )
        if attn_length <= 0:
            raise ValueError(f"attn_length should be greater than zero, got {attn_length}")
        if not state_is_tuple:
            warn_of_joined_state(self)
        self._state_is_tuple = state_is_tuple
        self._input_size = input_size
        self._attn_size = cell.output_size if attn_size is None else attn_size
        self._attn_vec_size = self._attn_size if attn_vec_size is None else attn_vec_size
        self._attn_length = attn_length
        self._of_inputs: Linear | None = None
        self._of_outputs: Linear | None = None
        self._of_query: Linear | None = None

    @property
    def state_size(self) -> Any:
        """The sizes of the cell's state, of what was attended to and of the outputs: a tuple, or their sum."""
        sizes = (self.cell.state_size, self._attn_size, self._attn_size * self._attn_length)
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self) -> Any:
        """The size of what is attended to."""
        return self._attn_size

    def zero_state(self, batch_size: Any, dtype: Any) -> Any:
        """Zeros for the state."""
        return RNNCell.zero_state(self, batch_size, dtype)

    def _parts_of(self, state: Any) -> Any:
        if self._state_is_tuple:
            return state
        begin, found = 0, []
        for size in (self.cell.state_size, self._attn_size, self._attn_size * self._attn_length):
            found.append(slice(state, [0, begin], [-1, size]))
            begin += size
        return found

    def call(self, inputs: Any, state: Any) -> Any:
        """The output [batch, attn_size] and the new state."""
        state, attended, kept = self._parts_of(state)
        length, size = self._attn_length, self._attn_size
        kept = reshape(kept, [-1, length, size])
        if self._of_inputs is None:
            depth = self._input_size
            depth = inputs.shape.as_list()[1] if depth is None else depth
            self._of_inputs = Linear([inputs, attended], depth, True)
        output, new_state = self.cell(self._of_inputs([inputs, attended]), state)
        query = concat(nest.flatten(new_state), 1) if self._state_is_tuple else new_state
        attended, kept = self._attention(query, kept)
        with variable_scope("attn_output_projection"):
            if self._of_outputs is None:
                self._of_outputs = Linear([output, attended], size, True)
            output = self._of_outputs([output, attended])
        kept = concat([kept, expand_dims(output, 1)], 1)
        kept = reshape(kept, [-1, length * size])
        parts = (new_state, attended, kept)
        return output, parts if self._state_is_tuple else concat(list(parts), 1)

    def _attention(self, query: Tensor, kept: Tensor) -> tuple[Tensor, Tensor]:
        """What a query [batch, …] attends to, [batch, size], and the outputs but for the oldest."""
        length, size, compared = self._attn_length, self._attn_size, self._attn_vec_size
        with variable_scope("attention"):
            k = get_variable("attn_w", [1, 1, size, compared])
            v = get_variable("attn_v", [compared])
            hidden = reshape(kept, [-1, length, 1, size])
            features = conv2d(hidden, k, [1, 1, 1, 1], "SAME")
            if self._of_query is None:
                self._of_query = Linear(query, compared, True)
            y = reshape(self._of_query(query), [-1, 1, 1, compared])
            scores = reduce_sum(v * tanh(features + y), [2, 3])
            weights = reshape(softmax(scores), [-1, length, 1, 1])
            attended = reduce_sum(weights * hidden, [1, 2])
            return reshape(attended, [-1, size]), slice(kept, [0, 1, 0], [-1, -1, -1])
