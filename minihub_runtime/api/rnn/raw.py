"""A recurrent loop that the caller's function steers.

Source: tensorflow/python/ops/rnn.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, convert_to_tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.reduction import reduce_all
from minihub_runtime.api.rnn.combined_cells import assert_like_rnncell
from minihub_runtime.api.rnn.states import concat_sizes
from minihub_runtime.api.rnn.stepping import copied_through, known_shape, loop_scope
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.while_loop import while_loop
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["raw_rnn"]


@public("nn.raw_rnn")
def raw_rnn(
    cell: Any,
    loop_fn: Callable[..., Any],
    parallel_iterations: int | None = None,
    swap_memory: bool = False,
    scope: Any = None,
) -> tuple[Any, Any, Any]:
    """Run a cell as long as a function says.

    Args:
        cell: the cell.
        loop_fn: a function of `time, cell_output, cell_state, loop_state` that returns `elements_finished` (bool
            [batch]), `next_input`, `next_state`, `emit_output` and `next_loop_state`.  It is called first with None
            for all but the time; what it then returns as output tells the structure of outputs, or is None for that
            of the cell.
        parallel_iterations: has no effect here.
        swap_memory: has no effect here.
        scope: the variable scope, "rnn" by default.

    Returns:
        TensorArrays of the outputs, the last state of the cell, and that of the loop.

    Raises:
        TypeError: the cell is none, or `loop_fn` is no function, or structures differ.
        ValueError: structures or batch sizes differ.
    """
    assert_like_rnncell("cell", cell)
    if not callable(loop_fn):
        raise TypeError(f"Argument `loop_fn` must be a callable. Received: {loop_fn}.")
    with loop_scope(scope):
        first = constant(0, dtype=int32)
        finished, next_input, state, emitted, init_loop_state = loop_fn(first, None, None, None)
        loop_state = constant(0, dtype=int32) if init_loop_state is None else init_loop_state
        flat_input = nest.flatten(next_input)
        static_batch = flat_input[0].shape[0]
        for part in flat_input:
            static_batch.assert_is_compatible_with(part.shape[0])
        batch_size: Any = static_batch.value
        if batch_size is None:
            batch_size = shape(flat_input[0])[0]
        nest.assert_same_structure(state, cell.state_size)
        flat_state = [convert_to_tensor(part) for part in nest.flatten(state)]
        state = nest.pack_sequence_as(state, flat_state)
        if emitted is not None:
            parts = nest.flatten(emitted)
            sizes = [p.shape if p.shape.is_fully_defined() else shape(p) for p in parts]
            kinds = [part.dtype for part in parts]
        else:
            emitted = cell.output_size
            sizes = nest.flatten(emitted)
            kinds = [flat_state[0].dtype] * len(sizes)
        arrays = [
            TensorArray(
                dtype=kind,
                dynamic_size=True,
                element_shape=TensorShape([static_batch.value]).concatenate(known_shape(size)),
                size=0,
                name=f"rnn_output_{i}",
            )
            for i, (kind, size) in enumerate(zip(kinds, sizes, strict=True))
        ]
        zero = [
            zeros(concat_sizes(batch_size, size), kind)
            for size, kind in zip(sizes, kinds, strict=True)
        ]
        zero_emit = nest.pack_sequence_as(emitted, zero)

        def body(
            time: Any, finished: Any, given: Any, written: Any, state: Any, loop_state: Any
        ) -> Any:
            next_output, cell_state = cell(given, state)
            nest.assert_same_structure(state, cell_state)
            nest.assert_same_structure(cell.output_size, next_output)
            next_time = time + 1
            next_finished, next_input, next_state, emit_output, next_loop_state = loop_fn(
                next_time, next_output, cell_state, loop_state
            )
            nest.assert_same_structure(state, next_state)
            nest.assert_same_structure(given, next_input)
            nest.assert_same_structure(written, emit_output)
            loop_state = loop_state if next_loop_state is None else next_loop_state
            copied = functools.partial(copied_through, finished)
            emit_output = nest.map_structure(copied, zero_emit, emit_output)
            next_state = nest.map_structure(copied, state, next_state)
            written = nest.map_structure(
                lambda own, part: own.write(time, part), written, emit_output
            )
            finished = build("LogicalOr", x=finished, y=next_finished)
            return next_time, finished, next_input, written, next_state, loop_state

        returned = while_loop(
            lambda _, finished, *__: build("LogicalNot", x=reduce_all(finished)),
            body,
            loop_vars=[
                first,
                finished,
                next_input,
                nest.pack_sequence_as(emitted, arrays),
                state,
                loop_state,
            ],
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
        written, final_state, final_loop_state = returned[-3:]
        return written, final_state, None if init_loop_state is None else final_loop_state
