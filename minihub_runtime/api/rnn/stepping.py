"""What the loops over time share: batch sizes, and steps that go on only for sequences that have not ended.

Source: tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.cond import cond
from minihub_runtime.api.contexts import colocate_with
from minihub_runtime.api.conversion import constant_value
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.func_graph import FuncGraph
from minihub_runtime.api.gathering import where
from minihub_runtime.api.graph import get_default_graph
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.variables import VariableScope, variable_scope
from minihub_runtime.public import public

__all__ = [
    "batch_size_of",
    "copied_through",
    "initial_state_of",
    "known_shape",
    "loop_scope",
    "state_dtype",
    "step_of_sequences",
]


@contextmanager
def loop_scope(scope: Any, default: str = "rnn", unique: bool = False) -> Iterator[VariableScope]:
    """The variable scope of a loop; outside of functions, variables are read once on the device of their use.

    Args:
        scope: a scope or its name.
        default: its name otherwise.
        unique: whether that gets a number if there is such a scope.
    """
    named = variable_scope(scope, default) if unique else variable_scope(scope or default)
    with named as opened:
        if opened.caching_device is None and not isinstance(get_default_graph(), FuncGraph):
            opened.set_caching_device(lambda op: op.device)
        yield opened


@public("contrib.rnn.best_effort_input_batch_size")
def batch_size_of(inputs: list[Tensor]) -> Any:
    """The second size of the inputs, a number if one tells it, else a tensor.

    Raises:
        ValueError: an input has no second size.
    """
    for tensor in inputs:
        if tensor.shape.rank is None:
            continue
        if tensor.shape.rank < 2:
            raise ValueError(
                f"Input tensor should have rank >= 2. Received input={tensor} of rank "
                f"{tensor.shape.rank}"
            )
        found = tensor.shape.as_list()[1]
        if found is not None:
            return found
    return shape(inputs[0])[1]


def initial_state_of(cell: Any, initial_state: Any, batch_size: Any, dtype: Any) -> Any:
    """The given state, or the cell's own.

    Raises:
        ValueError: there is neither a state nor a type.
    """
    if initial_state is not None:
        return initial_state
    if not dtype:
        raise ValueError("If no initial_state is provided, argument `dtype` must be specified")
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=batch_size, dtype=dtype)
    return cell.zero_state(batch_size, dtype)


def state_dtype(explicit_dtype: Any, state: Any) -> Any:
    """The given type, or the one of all parts of the state.

    Raises:
        ValueError: there are no parts, or they have several types.
    """
    if explicit_dtype is not None:
        return explicit_dtype
    if not nest.is_nested(state):
        return state.dtype
    found = [part.dtype for part in nest.flatten(state)]
    if not found:
        raise ValueError(f"Unable to infer dtype from argument state={state}.")
    if any(dtype != found[0] for dtype in found):
        raise ValueError(
            f"Argument state={state} has tensors of different inferred dtypes. Unable to infer a "
            f"single representative dtype. Dtypes received: {found}"
        )
    return found[0]


def known_shape(size: Any) -> Any:
    """A shape, or what is known of one that is a tensor."""
    return TensorShape(constant_value(size)) if isinstance(size, Tensor) else size


def copied_through(finished: Tensor, old: Any, new: Any) -> Any:
    """`old` for the sequences that have finished, `new` for the others."""
    if isinstance(old, TensorArray) or old.shape.rank == 0:
        return new
    with colocate_with(new):
        return where(finished, old, new)


def step_of_sequences(
    time: Any,
    sequence_length: Tensor,
    min_sequence_length: Tensor,
    max_sequence_length: Tensor,
    zero_output: Any,
    state: Any,
    call_cell: Callable[[], Any],
    skip_conditionals: bool = False,
) -> tuple[Any, Any]:
    """One step of sequences of different lengths: those that ended give zeros and keep their state.

    Args:
        time: the number of the step.
        sequence_length: int32 [batch].
        min_sequence_length: the smallest of them.
        max_sequence_length: the largest.
        zero_output: what ended sequences give.
        state: the state before the step.
        call_cell: makes the step and returns output and new state.
        skip_conditionals: whether the cell runs in any case; else not after the last sequence ended, and nothing is
            copied before the first.

    Returns:
        Output and new state.
    """
    flat_state, flat_zero = nest.flatten(state), nest.flatten(zero_output)
    finished = time >= sequence_length
    copied = functools.partial(copied_through, finished)

    def copy_some(new_output: list[Any], new_state: list[Any]) -> list[Any]:
        outputs = [copied(old, new) for old, new in zip(flat_zero, new_output, strict=True)]
        return outputs + [copied(old, new) for old, new in zip(flat_state, new_state, strict=True)]

    def call() -> tuple[list[Any], list[Any]]:
        new_output, new_state = call_cell()
        nest.assert_same_structure(zero_output, new_output)
        nest.assert_same_structure(state, new_state)
        return new_output, new_state

    def go_on() -> Any:
        new_output, new_state = call()
        flat_new_state, flat_new_output = nest.flatten(new_state), nest.flatten(new_output)
        return cond(
            time < min_sequence_length,
            lambda: flat_new_output + flat_new_state,
            lambda: copy_some(flat_new_output, flat_new_state),
        )

    if skip_conditionals:
        new_output, new_state = call()
        flat_new_state, flat_new_output = nest.flatten(new_state), nest.flatten(new_output)
        found = copy_some(flat_new_output, flat_new_state)
    else:
        found = cond(time >= max_sequence_length, lambda: flat_zero + flat_state, go_on)
    outputs, states = found[: len(flat_zero)], found[len(flat_zero) :]
    for part, old in zip(outputs, flat_zero, strict=True):
        part.set_shape(old.shape)
    for part, old in zip(states, flat_state, strict=True):
        if not isinstance(part, TensorArray):
            part.set_shape(old.shape)
    return nest.pack_sequence_as(zero_output, outputs), nest.pack_sequence_as(state, states)
