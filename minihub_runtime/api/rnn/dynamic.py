"""Recurrent networks as loops: one operation, however long the sequences are.

Source: tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.control_flow_assert import Assert
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.graph import control_dependencies, name_scope
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import transpose
from minihub_runtime.api.ranges import range
from minihub_runtime.api.reduction import reduce_all, reduce_max, reduce_min
from minihub_runtime.api.rnn.combined_cells import assert_like_rnncell
from minihub_runtime.api.rnn.states import concat_sizes
from minihub_runtime.api.rnn.stepping import (
    batch_size_of,
    initial_state_of,
    known_shape,
    loop_scope,
    state_dtype,
    step_of_sequences,
)
from minihub_runtime.api.sizes import rank, shape
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.api.while_loop import while_loop
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["bidirectional_dynamic_rnn", "dynamic_rnn", "swap_batch_and_time"]


@public("nn.dynamic_rnn")
def dynamic_rnn(
    cell: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run a cell over sequences.

    Args:
        cell: the cell.
        inputs: `[batch, time, …]`, or a structure of such.
        sequence_length: int32 [batch]; steps after the end of a sequence give zeros and keep its state.
        initial_state: the state before the first step; by default zeros.
        dtype: the type of that state, needed if it is not given.
        parallel_iterations: has no effect here.
        swap_memory: has no effect here.
        time_major: whether inputs and outputs are `[time, batch, …]`.
        scope: the variable scope, "rnn" by default.

    Returns:
        The outputs, `[batch, time, …]`, and the last state.

    Raises:
        TypeError: the cell is none.
        ValueError: sizes are not known or differ, or state and type are missing.
    """
    assert_like_rnncell("cell", cell)
    with loop_scope(scope):
        flat = nest.flatten(inputs)
        if not time_major:
            flat = [convert_to_tensor(part) for part in flat]
            flat = [swap_batch_and_time(part) for part in flat]
        if sequence_length is not None:
            sequence_length = cast(sequence_length, int32)
            if sequence_length.shape.rank not in (None, 1):
                raise ValueError(
                    "Argument sequence_length must be a vector of length batch_size. Received "
                    f"sequence_length={sequence_length} of shape: {sequence_length.shape}"
                )
            sequence_length = build("Identity", name="sequence_length", input=sequence_length)
        batch_size = batch_size_of(flat)
        state = initial_state_of(cell, initial_state, batch_size, dtype)
        if sequence_length is not None:
            with control_dependencies([_assert_shape(sequence_length, [batch_size])]):
                sequence_length = build("Identity", name="CheckSeqLen", input=sequence_length)
        outputs, final_state = _loop(
            cell,
            nest.pack_sequence_as(inputs, flat),
            state,
            parallel_iterations or 32,
            swap_memory,
            sequence_length,
            dtype,
        )
        if not time_major:
            outputs = nest.map_structure(swap_batch_and_time, outputs)
        return outputs, final_state


@public("contrib.rnn.transpose_batch_time")
def swap_batch_and_time(x: Tensor) -> Tensor:
    """A tensor with its first two dimensions swapped; one of fewer dimensions as it is."""
    known = x.shape
    if known.rank is not None and known.rank < 2:
        return x
    swapped = transpose(x, concat(([1, 0], range(2, rank(x))), axis=0))
    swapped.set_shape(TensorShape([known[1], known[0]]).concatenate(known[2:]))
    return swapped


def _assert_shape(x: Tensor, sizes: Any) -> Any:
    found, wanted = shape(x), stack(sizes)
    return Assert(
        reduce_all(build("Equal", x=found, y=wanted)),
        [f"Expected shape for Tensor {x.name} is ", wanted, " but saw shape: ", found],
    )


def _loop(
    cell: Any,
    inputs: Any,
    state: Any,
    parallel_iterations: int,
    swap_memory: bool,
    sequence_length: Any,
    dtype: Any,
) -> tuple[Any, Any]:
    """`dynamic_rnn` of inputs with the time first."""
    flat_input = nest.flatten(inputs)
    flat_size = nest.flatten(cell.output_size)
    steps = shape(flat_input[0])[0]
    batch_size = batch_size_of(flat_input)
    known = [part.shape.with_rank_at_least(3) for part in flat_input]
    _check_sizes(flat_input, known)
    static_steps, static_batch = known[0].as_list()[:2]
    flat_zero = [
        zeros(stack(concat_sizes(batch_size, size)), state_dtype(dtype, state))
        for size in flat_size
    ]
    lengths: dict[str, Any] = {}
    if sequence_length is not None:
        lengths["zero_output"] = nest.pack_sequence_as(cell.output_size, flat_zero)
        lengths["sequence_length"] = sequence_length
        lengths["min_sequence_length"] = reduce_min(sequence_length)
        lengths["max_sequence_length"] = reduce_max(sequence_length)
    first = constant(0, dtype=int32, name="time")
    with name_scope("dynamic_rnn") as base:
        pass

    def array(name: str, element_shape: Any, kind: Any) -> TensorArray:
        return TensorArray(
            dtype=kind, size=steps, element_shape=element_shape, tensor_array_name=base + name
        )

    outputs = tuple(
        array(
            f"output_{i}",
            TensorShape([static_batch]).concatenate(known_shape(size)),
            state_dtype(dtype, state),
        )
        for i, size in enumerate(flat_size)
    )
    arrays = tuple(
        array(f"input_{i}", part.shape[1:], part.dtype) for i, part in enumerate(flat_input)
    )
    arrays = tuple(own.unstack(part) for own, part in zip(arrays, flat_input, strict=True))

    def step(time: Any, written: Any, state: Any) -> Any:
        parts = tuple(own.read(time) for own in arrays)
        for part, shape_of_all in zip(parts, known, strict=True):
            part.set_shape(shape_of_all[1:])
        given = nest.pack_sequence_as(inputs, parts)
        if lengths:
            output, new_state = step_of_sequences(
                time=time,
                state=state,
                call_cell=lambda: cell(given, state),
                skip_conditionals=True,
                **lengths,
            )
        else:
            output, new_state = cell(given, state)
        written = tuple(
            own.write(time, part) for own, part in zip(written, nest.flatten(output), strict=True)
        )
        return time + 1, written, new_state

    last = lengths.get("max_sequence_length", steps)
    bound = build("Minimum", x=steps, y=build("Maximum", x=1, y=last))
    _, written, final_state = while_loop(
        cond=lambda time, *_: time < bound,
        body=step,
        loop_vars=(first, outputs, state),
        parallel_iterations=parallel_iterations,
        maximum_iterations=steps,
        swap_memory=swap_memory,
    )
    stacked = [own.stack() for own in written]
    for part, size in zip(stacked, flat_size, strict=True):
        part.set_shape(concat_sizes([static_steps, static_batch], size, static=True))
    return nest.pack_sequence_as(cell.output_size, stacked), final_state


def _check_sizes(flat_input: list[Any], known: list[TensorShape]) -> None:
    static_steps, static_batch = known[0].as_list()[:2]
    for part, shape_of_part in zip(flat_input, known, strict=True):
        if not shape_of_part[2:].is_fully_defined():
            raise ValueError(
                "Input size (depth of inputs) must be accessible via shape inference, but saw value "
                f"None for input={part}."
            )
        steps, batch = shape_of_part.as_list()[:2]
        if steps != static_steps:
            raise ValueError(
                "Time steps is not the same for all the elements in the input in a batch. Received "
                f"time steps={steps} for input={part}."
            )
        if batch != static_batch:
            raise ValueError(
                "Batch_size is not the same for all the elements in the input. Received batch "
                f"size={batch} for input={part}."
            )


@public("nn.bidirectional_dynamic_rnn")
def bidirectional_dynamic_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    sequence_length: Any = None,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    time_major: bool = False,
    scope: Any = None,
) -> tuple[Any, Any]:
    """Run one cell over sequences from the start and another from the end.

    Args:
        cell_fw: the cell that begins at the start.
        cell_bw: the cell that begins at the end.
        inputs: `[batch, time, …]`, or a structure of such.
        sequence_length: int32 [batch], where sequences end.
        initial_state_fw: the first state of `cell_fw`; by default zeros.
        initial_state_bw: that of `cell_bw`.
        dtype: the type of states that are not given.
        parallel_iterations: has no effect here.
        swap_memory: has no effect here.
        time_major: whether inputs and outputs are `[time, batch, …]`.
        scope: the variable scope, "bidirectional_rnn" by default.

    Returns:
        The pair of outputs, forward and backward, and the pair of last states.

    Raises:
        TypeError: a cell is none.
        ValueError: sizes are not known or differ, or states and types are missing.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def turned(x: Any) -> Any:
        if sequence_length is None:
            return build("ReverseV2", tensor=x, axis=[time_axis])
        return build(
            "ReverseSequence",
            input=x,
            seq_lengths=sequence_length,
            seq_dim=time_axis,
            batch_dim=batch_axis,
        )

    shared: dict[str, Any] = {
        "sequence_length": sequence_length,
        "dtype": dtype,
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "time_major": time_major,
    }
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw_scope:
            output_fw, state_fw = dynamic_rnn(
                cell_fw, inputs, initial_state=initial_state_fw, scope=fw_scope, **shared
            )
        with variable_scope("bw") as bw_scope:
            backwards = nest.map_structure(turned, inputs)
            output, state_bw = dynamic_rnn(
                cell_bw, backwards, initial_state=initial_state_bw, scope=bw_scope, **shared
            )
    output_bw = turned(output)
    return (output_fw, output_bw), (state_fw, state_bw)
