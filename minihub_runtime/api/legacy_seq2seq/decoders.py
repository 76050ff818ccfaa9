"""`tf.contrib.legacy_seq2seq`: decoders of lists of inputs.

Source: tensorflow/contrib/legacy_seq2seq/python/ops/seq2seq.py of TensorFlow 1.15.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from minihub_runtime.api import nest
from minihub_runtime.api.casting import cast
from minihub_runtime.api.conversion import convert_to_tensor
from minihub_runtime.api.elements import Tensor
from minihub_runtime.api.filling import zeros
from minihub_runtime.api.identity import stop_gradient
from minihub_runtime.api.joining import concat, stack
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.nn.activation import softmax, xw_plus_b
from minihub_runtime.api.nn.convolution import conv2d
from minihub_runtime.api.nn.embedding import embedding_lookup
from minihub_runtime.api.reduction import argmax, reduce_sum
from minihub_runtime.api.rnn.cells import tanh
from minihub_runtime.api.rnn.linear import Linear
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = [
    "LoopFunction",
    "attention_decoder",
    "check_projection",
    "embedding_attention_decoder",
    "embedding_rnn_decoder",
    "embeds_best",
    "rnn_decoder",
]

#: What makes the next input, of the last output and the number of the step.
LoopFunction: TypeAlias = Callable[[Any, int], Any]


def embeds_best(
    embedding: Any, output_projection: Any = None, update_embedding: bool = True
) -> LoopFunction:
    """What gives the row of an embedding for the symbol that scores best in the last output.

    Args:
        embedding: the rows.
        output_projection: weights and biases that make scores of outputs.
        update_embedding: whether gradients go to the rows.
    """

    def loop_function(output: Any, _: int) -> Any:
        if output_projection is not None:
            output = xw_plus_b(output, output_projection[0], output_projection[1])
        rows = embedding_lookup(embedding, argmax(output, 1))
        return rows if update_embedding else stop_gradient(rows)

    return loop_function


def check_projection(output_projection: Any, num_symbols: int, dtype: Any) -> None:
    """Raise ValueError if weights and biases have the wrong shapes."""
    if output_projection is None:
        return
    weights = convert_to_tensor(output_projection[0], dtype=dtype)
    weights.shape.assert_is_compatible_with([None, num_symbols])
    biases = convert_to_tensor(output_projection[1], dtype=dtype)
    biases.shape.assert_is_compatible_with([num_symbols])


def _next_input(given: Any, last: Any, step: int, loop_function: LoopFunction | None) -> Any:
    """What a loop function makes of the last output, if there is one, else the given input."""
    if loop_function is None or last is None:
        return given
    with variable_scope("loop_function", reuse=True):
        return loop_function(last, step)


@public("contrib.legacy_seq2seq.rnn_decoder")
def rnn_decoder(
    decoder_inputs: Iterable[Any],
    initial_state: Any,
    cell: Any,
    loop_function: LoopFunction | None = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Run a cell over a list of inputs.

    Args:
        decoder_inputs: `[batch, depth]` for each step.
        initial_state: the state before the first.
        cell: the cell.
        loop_function: a function of the last output and the number of the step that makes all inputs but the first.
        scope: the variable scope, "rnn_decoder" by default.

    Returns:
        The list of outputs, and the last state.
    """
    with variable_scope(scope or "rnn_decoder"):
        state, outputs = initial_state, []
        last = None
        for step, own in enumerate(decoder_inputs):
            given = _next_input(own, last, step, loop_function)
            if step > 0:
                get_variable_scope().reuse_variables()
            last, state = cell(given, state)
            outputs.append(last)
    return outputs, state


@public("contrib.legacy_seq2seq.embedding_rnn_decoder")
def embedding_rnn_decoder(
    decoder_inputs: list[Any],
    initial_state: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """Run a cell over symbols, or over those that score best in its own outputs.

    Args:
        decoder_inputs: symbols `[batch]` for each step.
        initial_state: the state before the first.
        cell: the cell.
        num_symbols: the number of symbols.
        embedding_size: the size of the rows of `embedding`.
        output_projection: weights and biases that make scores of outputs.
        feed_previous: whether all symbols but the first are those that score best.
        update_embedding_for_previous: whether gradients go to the rows of these.
        scope: the variable scope, "embedding_rnn_decoder" by default.

    Returns:
        The list of outputs, and the last state.

    Raises:
        ValueError: the projection has the wrong shape.
    """
    with variable_scope(scope or "embedding_rnn_decoder") as opened:
        check_projection(output_projection, num_symbols, opened.dtype)
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop_function = (
            embeds_best(embedding, output_projection, update_embedding_for_previous)
            if feed_previous
            else None
        )
        rows = (embedding_lookup(embedding, symbols) for symbols in decoder_inputs)
        return rnn_decoder(rows, initial_state, cell, loop_function=loop_function)


class _Attention:
    """Heads that look at states of an encoder, `[batch, length, size]`; the variables are in the scope of the moment."""

    def __init__(self, states: Tensor, heads: int, dtype: Any) -> None:
        _, length, size = states.shape.as_list()
        self.length = shape(states)[1] if length is None else length
        self.size, self.dtype = size, dtype
        self.hidden = reshape(states, [-1, self.length, 1, size])
        self.features, self.scales = [], []
        for head in range(heads):
            k = get_variable(f"AttnW_{head}", [1, 1, size, size], dtype=dtype)
            self.features.append(conv2d(self.hidden, k, [1, 1, 1, 1], "SAME"))
            self.scales.append(get_variable(f"AttnV_{head}", [size], dtype=dtype))

    def nothing(self, batch: Any) -> list[Tensor]:
        """What heads see before the first step: zeros."""
        sizes = stack([batch, self.size])
        found = [zeros(sizes, dtype=self.dtype) for _ in self.features]
        for values in found:
            values.set_shape([None, self.size])
        return found

    def __call__(self, query: Any) -> list[Tensor]:
        """What each head sees, `[batch, size]`, of a state."""
        if nest.is_nested(query):
            query = concat(nest.flatten(query), 1)
        found = []
        for head, (features, scale) in enumerate(zip(self.features, self.scales, strict=True)):
            with variable_scope(f"Attention_{head}"):
                y = reshape(Linear(query, self.size, True)(query), [-1, 1, 1, self.size])
                scores = reduce_sum(scale * tanh(features + cast(y, self.dtype)), [2, 3])
                weights = cast(softmax(cast(scores, float32)), self.dtype)
                weights = reshape(weights, [-1, self.length, 1, 1])
                seen = reduce_sum(weights * self.hidden, [1, 2])
                found.append(reshape(seen, [-1, self.size]))
        return found


@public("contrib.legacy_seq2seq.attention_decoder")
def attention_decoder(
    decoder_inputs: list[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    output_size: int | None = None,
    num_heads: int = 1,
    loop_function: LoopFunction | None = None,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """Run a cell over a list of inputs, each mixed with what heads see of the encoder's states, Vinyals et al. 2015.

    Args:
        decoder_inputs: `[batch, depth]` for each step.
        initial_state: the state before the first.
        attention_states: the encoder's states, `[batch, length, size]`.
        cell: the cell.
        output_size: the size of outputs; by default that of the cell's.
        num_heads: the number of heads.
        loop_function: a function of the last output and the number of the step that makes all inputs but the first.
        dtype: the type of the scope.
        scope: the variable scope, "attention_decoder" by default.
        initial_state_attention: whether the first state is a query, else the heads see zeros first.

    Returns:
        The list of outputs `[batch, output_size]`, and the last state.

    Raises:
        ValueError: there are no inputs or heads, or sizes are not known.
    """
    if not decoder_inputs:
        raise ValueError("Must provide at least 1 input to attention decoder.")
    if num_heads < 1:
        raise ValueError("With less than 1 heads, use a non-attention decoder.")
    if attention_states.shape.as_list()[2] is None:
        raise ValueError(f"Shape[2] of attention_states must be known: {attention_states.shape}")
    output_size = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "attention_decoder", dtype=dtype) as opened:
        dtype = opened.dtype
        batch = shape(decoder_inputs[0])[0]
        attention = _Attention(attention_states, num_heads, dtype)
        seen = attention.nothing(batch)
        if initial_state_attention:
            seen = attention(initial_state)
        state, outputs = initial_state, []
        last = None
        for step, own in enumerate(decoder_inputs):
            if step > 0:
                get_variable_scope().reuse_variables()
            given = _next_input(own, last, step, loop_function)
            depth = given.shape.with_rank(2).as_list()[1]
            if depth is None:
                raise ValueError(f"Could not infer input size from input: {given.name}")
            args = [cast(value, dtype) for value in [given, *seen]]
            output, state = cell(Linear(args, depth, True)(args), state)
            if initial_state_attention and step == 0:
                with variable_scope(get_variable_scope(), reuse=True):
                    seen = attention(state)
            else:
                seen = attention(state)
            with variable_scope("AttnOutputProjection"):
                args = [cast(output, dtype), *seen]
                last = Linear(args, output_size, True)(args)
            outputs.append(last)
    return outputs, state


@public("contrib.legacy_seq2seq.embedding_attention_decoder")
def embedding_attention_decoder(
    decoder_inputs: list[Any],
    initial_state: Any,
    attention_states: Any,
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_size: int | None = None,
    output_projection: Any = None,
    feed_previous: bool = False,
    update_embedding_for_previous: bool = True,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """`attention_decoder` over symbols, or over those that score best in its own outputs.

    Args:
        decoder_inputs: symbols `[batch]` for each step.
        initial_state: the state before the first.
        attention_states: the encoder's states, `[batch, length, size]`.
        cell: the cell.
        num_symbols: the number of symbols.
        embedding_size: the size of the rows of `embedding`.
        num_heads: the number of heads.
        output_size: the size of outputs; by default that of the cell's.
        output_projection: weights and biases that make scores of outputs.
        feed_previous: whether all symbols but the first are those that score best.
        update_embedding_for_previous: whether gradients go to the rows of these.
        dtype: the type of the scope.
        scope: the variable scope, "embedding_attention_decoder" by default.
        initial_state_attention: whether the first state is a query, else the heads see zeros first.

    Returns:
        The list of outputs `[batch, output_size]`, and the last state.

    Raises:
        ValueError: the projection has the wrong shape.
    """
    output_size = cell.output_size if output_size is None else output_size
    if output_projection is not None:
        biases = convert_to_tensor(output_projection[1], dtype=dtype)
        biases.shape.assert_is_compatible_with([num_symbols])
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        loop_function = (
            embeds_best(embedding, output_projection, update_embedding_for_previous)
            if feed_previous
            else None
        )
        return attention_decoder(
            [embedding_lookup(embedding, symbols) for symbols in decoder_inputs],
            initial_state,
            attention_states,
            cell,
            output_size=output_size,
            num_heads=num_heads,
            loop_function=loop_function,
            initial_state_attention=initial_state_attention,
        )
