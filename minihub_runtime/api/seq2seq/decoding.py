"""`tf.contrib.seq2seq`: a decoder, and the loop that runs it.

Source: tensorflow/contrib/seq2seq/python/ops/decoder.py of TensorFlow 1.15.
"""

from __future__ import annotations

import abc
import contextlib
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.building import build
from minihub_runtime.api.conversion import constant, constant_value, convert_to_tensor
from minihub_runtime.api.filling import fill, zeros_like
from minihub_runtime.api.gathering import where
from minihub_runtime.api.reduction import reduce_all
from minihub_runtime.api.rnn.dynamic import swap_batch_and_time
from minihub_runtime.api.rnn.states import zero_state_tensors
from minihub_runtime.api.rnn.stepping import loop_scope
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.tensor_array import TensorArray
from minihub_runtime.api.tensor_shape import TensorShape
from minihub_runtime.api.while_loop import while_loop
from minihub_runtime.dtypes import int32
from minihub_runtime.public import public

__all__ = ["Decoder", "dynamic_decode", "output_size_of"]


@public("contrib.seq2seq.Decoder")
class Decoder(abc.ABC):
    """What `dynamic_decode` runs: it knows its first inputs and state, and makes a step from inputs and state."""

    @property
    def batch_size(self) -> Any:
        """The number of sequences."""
        raise NotImplementedError

    @property
    def output_size(self) -> Any:
        """The sizes of outputs: numbers, shapes or structures of these, without the batch."""
        raise NotImplementedError

    @property
    def output_dtype(self) -> Any:
        """The types of outputs, in the same structure."""
        raise NotImplementedError

    @abc.abstractmethod
    def initialize(self, name: str | None = None) -> Any:
        """Which sequences have finished before the first step, its inputs, and its state."""
        raise NotImplementedError

    @abc.abstractmethod
    def step(self, time: Any, inputs: Any, state: Any, name: str | None = None) -> Any:
        """One step.

        Args:
            time: the number of the step, int32.
            inputs: its inputs.
            state: the state before it.
            name: wanted name of the scope.

        Returns:
            Outputs, next state, next inputs, and which sequences have finished.
        """
        raise NotImplementedError

    def finalize(self, outputs: Any, final_state: Any, sequence_lengths: Any) -> Any:
        """What is made of all outputs, `[time, batch, …]`, and the last state; by default these themselves."""
        raise NotImplementedError

    @property
    def tracks_own_finished(self) -> bool:
        """Whether what `step` returns as finished holds as it is; else what has finished stays so."""
        return False


def output_size_of(cell: Any, output_layer: Any) -> Any:
    """The sizes of what a cell, and a layer behind it, if there is one, give."""
    size = cell.output_size
    if output_layer is None:
        return size
    with_batch = nest.map_structure(lambda one: TensorShape([None]).concatenate(one), size)
    made = output_layer.compute_output_shape(with_batch)
    return nest.map_structure(lambda one: one[1:], made)


@public("contrib.seq2seq.dynamic_decode")
def dynamic_decode(
    decoder: Any,
    output_time_major: bool = False,
    impute_finished: bool = False,
    maximum_iterations: Any = None,
    parallel_iterations: int = 32,
    swap_memory: bool = False,
    scope: Any = None,
    **kwargs: Any,
) -> tuple[Any, Any, Any]:
    """Run a decoder until all its sequences have finished.

    Args:
        decoder: the decoder.
        output_time_major: whether outputs are `[time, batch, …]`, else `[batch, time, …]`.
        impute_finished: whether outputs of finished sequences are zeros and their states stay; gradients then come from
            the steps before alone.
        maximum_iterations: int32, the most steps; by default there is no limit.
        parallel_iterations: has no effect here.
        swap_memory: has no effect here.
        scope: the variable scope, "decoder" by default.
        **kwargs: accepted; a Decoder takes none of them.

    Returns:
        The outputs, the last state, and the lengths of the sequences: what `finalize` of the decoder makes of them.

    Raises:
        TypeError: there is no decoder, or structures differ between steps.
        ValueError: `maximum_iterations` is no scalar, or structures differ.
    """
    del kwargs
    if not isinstance(decoder, Decoder):
        raise TypeError(f"Expected decoder to be type Decoder, but saw: {type(decoder)}")
    with loop_scope(scope, "decoder", unique=True):
        if maximum_iterations is not None:
            maximum_iterations = convert_to_tensor(
                maximum_iterations, dtype=int32, name="maximum_iterations"
            )
            if maximum_iterations.shape.ndims != 0:
                raise ValueError("maximum_iterations must be a scalar")
        finished, inputs, state = decoder.initialize()
        sizes, kinds = decoder.output_size, decoder.output_dtype
        batch_size = decoder.batch_size
        zero_outputs = nest.map_structure(
            lambda size, kind: zero_state_tensors(size, batch_size, kind), sizes, kinds
        )
        if maximum_iterations is not None:
            finished = build("LogicalOr", x=finished, y=maximum_iterations <= 0)
        lengths = zeros_like(finished, dtype=int32)
        first = constant(0, dtype=int32)
        arrays = nest.map_structure(
            lambda size, kind: TensorArray(
                dtype=kind,
                size=0,
                dynamic_size=True,
                element_shape=_element_shape(batch_size, size),
            ),
            sizes,
            kinds,
        )

        def body(
            time: Any, arrays: Any, state: Any, inputs: Any, finished: Any, lengths: Any
        ) -> Any:
            outputs, next_state, next_inputs, now_finished = decoder.step(time, inputs, state)
            if not decoder.tracks_own_finished:
                now_finished = build("LogicalOr", x=now_finished, y=finished)
            lengths = where(
                build("LogicalNot", x=finished), fill(shape(lengths), time + 1), lengths
            )
            nest.assert_same_structure(state, next_state)
            nest.assert_same_structure(arrays, outputs)
            nest.assert_same_structure(inputs, next_inputs)

            def kept(new: Any, old: Any) -> Any:
                if isinstance(old, TensorArray):
                    return new
                new.set_shape(old.shape)
                return new if new.shape.ndims == 0 else where(finished, old, new)

            if impute_finished:
                outputs = nest.map_structure(
                    lambda made, zero: where(finished, zero, made), outputs, zero_outputs
                )
                next_state = nest.map_structure(kept, next_state, state)
            arrays = nest.map_structure(
                lambda array, made: array.write(time, made), arrays, outputs
            )
            return time + 1, arrays, next_state, next_inputs, now_finished, lengths

        _, arrays, state, _, _, lengths = while_loop(
            lambda time, arrays, state, inputs, finished, lengths: build(
                "LogicalNot", x=reduce_all(finished)
            ),
            body,
            loop_vars=(first, arrays, state, inputs, finished, lengths),
            parallel_iterations=parallel_iterations,
            maximum_iterations=maximum_iterations,
            swap_memory=swap_memory,
        )
        outputs = nest.map_structure(lambda array: array.stack(), arrays)
        with contextlib.suppress(NotImplementedError):
            outputs, state = decoder.finalize(outputs, state, lengths)
        if not output_time_major:
            outputs = nest.map_structure(swap_batch_and_time, outputs)
    return outputs, state, lengths


def _element_shape(batch_size: Any, size: Any) -> TensorShape | None:
    """The shape of what a step writes; where only a number tells of it, the first write does."""
    if not isinstance(size, TensorShape) or size.ndims == 0:
        return None
    known = constant_value(convert_to_tensor(batch_size, name="batch_size"))
    return TensorShape([known]).concatenate(size)
