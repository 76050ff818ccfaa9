"""Recurrent networks unrolled: an operation for every step.

Source: tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.graph import control_dependencies
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.reduction import reduce_max, reduce_min
from minihub_runtime.api.rnn.combined_cells import assert_like_rnncell
from minihub_runtime.api.rnn.states import concat_sizes
from minihub_runtime.api.rnn.stepping import (
    initial_state_of,
    loop_scope,
    state_dtype,
    step_of_sequences,
)
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_shape import Dimension, TensorShape
from minihub_runtime.api.variables import variable_scope
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["static_bidirectional_rnn", "static_rnn", "static_state_saving_rnn"]


def _check_inputs(inputs: Any) -> None:
    if not nest.is_nested(inputs):
        raise TypeError(f"Argument `inputs` must be a sequence. Received: {inputs}")
    if not inputs:
        raise ValueError("Argument `inputs` must not be empty.")


@public("nn.static_rnn", "contrib.rnn.static_rnn")
def static_rnn(
    cell: Any,
    inputs: Any,
    initial_state: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Run a cell over a list of inputs.

    Args:
        cell: the cell.
        inputs: a list with the inputs of each step, `[batch, …]` or a structure of such.
        initial_state: the state before the first step; by default zeros.
        dtype: the type of that state, needed if it is not given.
        sequence_length: int32 [batch]; steps after the end of a sequence give zeros and keep its state.
        scope: the variable scope, "rnn" by default.

    Returns:
        The list of outputs, and the last state.

    Raises:
        TypeError: the cell is none, or the inputs are no list.
        ValueError: the list is empty, sizes are not known or differ, or state and type are missing.
    """
    assert_like_rnncell("cell", cell)
    _check_inputs(inputs)
    outputs = []
    with loop_scope(scope) as varscope:
        fixed, batch_size = _batch_size(inputs)
        state = initial_state_of(cell, initial_state, batch_size, dtype)
        lengths: dict[str, Any] = {}
        if sequence_length is not None:
            sequence_length = convert_to_tensor(sequence_length, name="sequence_length")
            if sequence_length.shape.rank not in (None, 1):
                raise ValueError(
                    f"Argument `sequence_length` must be a vector of length {batch_size}. "
                    f"Received sequence_length={sequence_length}."
                )
            sizes = nest.flatten(cell.output_size)
            kind = state_dtype(dtype, state)
            zero = [_zero_output(batch_size, fixed, size, kind) for size in sizes]
            lengths["zero_output"] = nest.pack_sequence_as(cell.output_size, zero)
            lengths["sequence_length"] = cast(sequence_length, int32)
            lengths["min_sequence_length"] = reduce_min(lengths["sequence_length"])
            lengths["max_sequence_length"] = reduce_max(lengths["sequence_length"])
        for time, given in enumerate(inputs):
            if time > 0:
                varscope.reuse_variables()

            def call_cell(given: Any = given, state: Any = state) -> Any:
                return cell(given, state)

            if lengths:
                output, state = step_of_sequences(
                    time=time, state=state, call_cell=call_cell, **lengths
                )
            else:
                output, state = call_cell()
            outputs.append(output)
        return outputs, state


def _batch_size(inputs: Any) -> tuple[Dimension, Any]:
    """The static batch size, and it or a tensor of it."""
    first = inputs
    while nest.is_nested(first):
        first = first[0]
    if first.shape.rank == 1:
        fixed = first.shape[0]
    else:
        fixed = first.shape.with_rank_at_least(2)[0]
        for given in nest.flatten(inputs):
            known = given.shape.with_rank_at_least(2)
            fixed.assert_is_compatible_with(known[0])
            for i, size in enumerate(known[1:].as_list() if known.rank is not None else ()):
                if size is None:
                    raise ValueError(
                        f"Input size (dimension {i} of input {given}) must be accessible via shape "
                        "inference, but saw value None."
                    )
    return fixed, fixed.value or shape(first)[0]


def _zero_output(batch_size: Any, fixed: Dimension, size: Any, dtype: Any) -> Any:
    output = zeros(stack(concat_sizes(batch_size, size)), dtype)
    output.set_shape(TensorShape(concat_sizes(fixed.value, size, static=True)))
    return output


@public("nn.static_state_saving_rnn", "contrib.rnn.static_state_saving_rnn")
def static_state_saving_rnn(
    cell: Any,
    inputs: Any,
    state_saver: Any,
    state_name: Any,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`static_rnn` whose first state comes from, and whose last state goes to, an object that keeps states.

    Args:
        cell: the cell.
        inputs: a list with the inputs of each step.
        state_saver: has the methods `state(name)` and `save_state(name, value)`.
        state_name: the name of the state, or a structure of names as that of the state.
        sequence_length: int32 [batch].
        scope: the variable scope, "rnn" by default.

    Returns:
        The list of outputs, and the last state, both after the state is kept.

    Raises:
        ValueError: names and states have different structures.
    """
    size = cell.state_size
    is_nested = nest.is_nested(size)
    if is_nested != nest.is_nested(state_name):
        raise ValueError(
            "Argument `state_name` should be the same type as `cell.state_size`. Received: "
            f"state_name={state_name!s}, cell.state_size={size!s}."
        )
    names = nest.flatten(state_name)
    if len(names) != len(nest.flatten(size)):
        raise ValueError(
            "Number of elements in argument `state_name` and `cell.state_size` are mismatched. "
            f"Received state_name={state_name} with {len(names)} elements and "
            f"cell.state_size={size} with {len(nest.flatten(size))} elements."
        )
    initial = nest.pack_sequence_as(size, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(
        cell, inputs, initial_state=initial, sequence_length=sequence_length, scope=scope
    )
    flat_state = nest.flatten(state)
    saved = [
        state_saver.save_state(name, part) for name, part in zip(names, flat_state, strict=True)
    ]

    def after(structure: Any) -> Any:
        return nest.map_structure(lambda part: build("Identity", input=part), structure)

    with control_dependencies(saved):
        outputs[-1] = after(outputs[-1])
        return outputs, after(state)


@public("nn.static_bidirectional_rnn", "contrib.rnn.static_bidirectional_rnn")
def static_bidirectional_rnn(
    cell_fw: Any,
    cell_bw: Any,
    inputs: Any,
    initial_state_fw: Any = None,
    initial_state_bw: Any = None,
    dtype: Any = None,
    sequence_length: Any = None,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Run one cell over a list of inputs from the start and another from the end.

    Args:
        cell_fw: the cell that begins at the start.
        cell_bw: the cell that begins at the end.
        inputs: a list with the inputs of each step.
        initial_state_fw: the first state of `cell_fw`; by default zeros.
        initial_state_bw: that of `cell_bw`.
        dtype: the type of states that are not given.
        sequence_length: int32 [batch], where sequences end.
        scope: the variable scope, "bidirectional_rnn" by default.

    Returns:
        The list of outputs, both cells' side by side, and the last states of both.

    Raises:
        TypeError: a cell is none, or the inputs are no list.
        ValueError: the list is empty, or sizes, states or types are missing.
    """
    assert_like_rnncell("cell_fw", cell_fw)
    assert_like_rnncell("cell_bw", cell_bw)
    _check_inputs(inputs)
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as fw_scope:
            output_fw, state_fw = static_rnn(
                cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=fw_scope
            )
        with variable_scope("bw") as bw_scope:
            turned = _reversed(inputs, sequence_length)
            output, state_bw = static_rnn(
                cell_bw, turned, initial_state_bw, dtype, sequence_length, scope=bw_scope
            )
    output_bw = _reversed(output, sequence_length)
    pairs = zip(nest.flatten(output_fw), nest.flatten(output_bw), strict=True)
    joined = [concat([fw, bw], 1) for fw, bw in pairs]
    return nest.pack_sequence_as(output_fw, joined), state_fw, state_bw


def _reversed(inputs: Any, lengths: Any) -> list[Any]:
    """Inputs from the end to the start, each sequence from its own end."""
    if lengths is None:
        return list(reversed(inputs))
    flat: list[list[Any]] = [[] for _ in inputs]
    for sequence in zip(*(nest.flatten(given) for given in inputs), strict=True):
        rank = sequence[0].shape.rank
        known = TensorShape(None if rank is None else [None] * rank)
        for given in sequence:
            known.assert_is_compatible_with(given.shape)
            given.set_shape(known)
        turned = build(
            "ReverseSequence", input=stack(sequence), seq_lengths=lengths, seq_dim=0, batch_dim=1
        )
        for part, results in zip(
            build("Unpack", name="unstack", value=turned, num=len(flat)), flat, strict=True
        ):
            part.set_shape(known)
            results.append(part)
    return [
        nest.pack_sequence_as(given, results) for given, results in zip(inputs, flat, strict=True)
    ]
