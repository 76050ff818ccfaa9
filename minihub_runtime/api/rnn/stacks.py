"""`tf.contrib.rnn`: stacks of layers that run in both directions.

Source: tensorflow/contrib/rnn/python/ops/rnn.py of TensorFlow 1.15.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api.joining import concat
from minihub_runtime.api.rnn.dynamic import bidirectional_dynamic_rnn
from minihub_runtime.api.rnn.static import static_bidirectional_rnn
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.public import public

__all__ = ["stack_bidirectional_dynamic_rnn", "stack_bidirectional_rnn"]


def _layers(
    cells_fw: Any, cells_bw: Any, initial_states_fw: Any, initial_states_bw: Any
) -> list[tuple[Any, Any, Any, Any]]:
    """The cells and first states of each layer.

    Raises:
        ValueError: there are no cells, or not as many cells and states for both directions.
    """
    for way, cells in (("fw", cells_fw), ("bw", cells_bw)):
        if not cells:
            raise ValueError(f"Must specify at least one {way} cell for BidirectionalRNN.")
        if not isinstance(cells, list):
            raise ValueError(f"cells_{way} must be a list of RNNCells (one per layer).")
    if len(cells_fw) != len(cells_bw):
        raise ValueError("Forward and Backward cells must have the same depth.")
    for way, states in (("fw", initial_states_fw), ("bw", initial_states_bw)):
        if states is not None and (not isinstance(states, list) or len(states) != len(cells_fw)):
            raise ValueError(
                f"initial_states_{way} must be a list of state tensors (one per layer)."
            )
    none = [None] * len(cells_fw)
    return list(
        zip(cells_fw, cells_bw, initial_states_fw or none, initial_states_bw or none, strict=True)
    )


@public("contrib.rnn.stack_bidirectional_rnn")
def stack_bidirectional_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Run layers of cells in both directions over a list of inputs; a layer gets the outputs of both directions below.

    Args:
        cells_fw: a list with the forward cell of each layer.
        cells_bw: a list with the backward cells.
        inputs: a list with the inputs of each step, `[batch, …]`.
        initial_states_fw: the forward cells' states before the first step; by default zeros.
        initial_states_bw: those of the backward cells.
        dtype: the type of the states, needed if they are not given.
        sequence_length: int32 [batch].
        scope: the variable scope, "stack_bidirectional_rnn" by default.

    Returns:
        The list of the last layer's outputs, both directions side by side, and the last states of each layer forward
        and backward.

    Raises:
        ValueError: there are no cells, or not as many cells and states for both directions.
    """
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    outputs, states = inputs, []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw, state_fw, state_bw) in enumerate(layers):
            with variable_scope(f"cell_{i}") as cell_scope:
                outputs, *last = static_bidirectional_rnn(
                    cell_fw,
                    cell_bw,
                    outputs,
                    initial_state_fw=state_fw,
                    initial_state_bw=state_bw,
                    dtype=dtype,
                    sequence_length=sequence_length,
                    scope=cell_scope,
                )
            states.append(last)
    return outputs, tuple(fw for fw, _ in states), tuple(bw for _, bw in states)


@public("contrib.rnn.stack_bidirectional_dynamic_rnn")
def stack_bidirectional_dynamic_rnn(
    cells_fw: Any,
    cells_bw: Any,
    inputs: Any,
    initial_states_fw: Any = None,
    initial_states_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    parallel_iterations: int | None = None,
    time_major: bool = False,
    scope: Any = None,
    swap_memory: bool = False,
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """Run layers of cells in both directions over sequences; a layer gets the outputs of both directions below.

    Args:
        cells_fw: a list with the forward cell of each layer.
        cells_bw: a list with the backward cells.
        inputs: `[batch, time, …]`.
        initial_states_fw: the forward cells' states before the first step; by default zeros.
        initial_states_bw: those of the backward cells.
        dtype: the type of the states, needed if they are not given.
        sequence_length: int32 [batch].
        parallel_iterations: has no effect here.
        time_major: whether inputs and outputs are `[time, batch, …]`.
        scope: the variable scope, "stack_bidirectional_rnn" by default.
        swap_memory: has no effect here.

    Returns:
        The last layer's outputs, both directions side by side, and the last states of each layer forward and backward.

    Raises:
        ValueError: there are no cells, or not as many cells and states for both directions.
    """
    layers = _layers(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    outputs, states = inputs, []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for i, (cell_fw, cell_bw, state_fw, state_bw) in enumerate(layers):
            with variable_scope(f"cell_{i}"):
                both, last = bidirectional_dynamic_rnn(
                    cell_fw,
                    cell_bw,
                    outputs,
                    initial_state_fw=state_fw,
                    initial_state_bw=state_bw,
                    sequence_length=sequence_length,
                    parallel_iterations=parallel_iterations,
                    dtype=dtype,
                    swap_memory=swap_memory,
                    time_major=time_major,
                )
                outputs = concat(both, 2)
            states.append(last)
    return outputs, tuple(fw for fw, _ in states), tuple(bw for _, bw in states)
