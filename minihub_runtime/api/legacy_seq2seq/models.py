"""`tf.contrib.legacy_seq2seq`: encoders and decoders together.

Source: tensorflow/contrib/legacy_seq2seq/python/ops/seq2seq.py of TensorFlow 1.15.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from minihub_runtime.api import nest
from minihub_runtime.api.cond import cond
from minihub_runtime.api.joining import concat
from minihub_runtime.api.layout import reshape
from minihub_runtime.api.legacy_seq2seq.decoders import (
    LoopFunction,
    check_projection,
    embedding_attention_decoder,
    embedding_rnn_decoder,
    embeds_best,
    rnn_decoder,
)
from minihub_runtime.api.nn.embedding import embedding_lookup
from minihub_runtime.api.rnn.cells import RNNCell
from minihub_runtime.api.rnn.projecting_cells import EmbeddingWrapper, OutputProjectionWrapper
from minihub_runtime.api.rnn.static import static_rnn
from minihub_runtime.api.sizes import shape
from minihub_runtime.api.variables.scopes import get_variable_scope, variable_scope
from minihub_runtime.api.variables.store import get_variable
from minihub_runtime.dtypes import float32
from minihub_runtime.public import public

__all__ = [
    "basic_rnn_seq2seq",
    "embedding_attention_seq2seq",
    "embedding_rnn_seq2seq",
    "embedding_tied_rnn_seq2seq",
    "one2many_rnn_seq2seq",
    "tied_rnn_seq2seq",
]


@public("contrib.legacy_seq2seq.basic_rnn_seq2seq")
def basic_rnn_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    cell: Any,
    dtype: Any = float32,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """A copy of a cell reads, and the cell writes, beginning with the last state.

    Args:
        encoder_inputs: `[batch, depth]` for each step of the encoder.
        decoder_inputs: `[batch, depth]` for each step of the decoder.
        cell: the cell.
        dtype: the type of the first state.
        scope: the variable scope, "basic_rnn_seq2seq" by default.

    Returns:
        The list of outputs, and the last state.
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


@public("contrib.legacy_seq2seq.tied_rnn_seq2seq")
def tied_rnn_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    cell: Any,
    loop_function: LoopFunction | None = None,
    dtype: Any = float32,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """A cell reads and then writes, with the same variables.

    Args:
        encoder_inputs: `[batch, depth]` for each step of the encoder.
        decoder_inputs: `[batch, depth]` for each step of the decoder.
        cell: the cell.
        loop_function: a function of the last output and the number of the step that makes all inputs of the decoder but
            the first.
        dtype: the type of the first state.
        scope: the variable scope inside of "combined_tied_rnn_seq2seq", "tied_rnn_seq2seq" by default.

    Returns:
        The list of outputs, and the last state.
    """
    with variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function=loop_function, scope=scope)


def _decoded(
    feed_previous: Any, steps: int, decode: Callable[[bool], Any], structure: Callable[[], Any]
) -> tuple[list[Any], Any]:
    """Outputs and state of a decoder with and without feeding, whichever a scalar decides.

    Args:
        feed_previous: a bool scalar.
        steps: the number of outputs.
        decode: a function of whether outputs are fed that gives a list of outputs and a state.
        structure: a function that gives something of the structure of the state.
    """

    def branch(feeds: bool) -> list[Any]:
        with variable_scope(get_variable_scope(), reuse=None if feeds else True):
            outputs, state = decode(feeds)
            return [*outputs, *nest.flatten(state)]

    found = cond(feed_previous, lambda: branch(True), lambda: branch(False))
    like = structure()
    state = nest.pack_sequence_as(like, found[steps:]) if nest.is_nested(like) else found[steps]
    return found[:steps], state


@public("contrib.legacy_seq2seq.embedding_rnn_seq2seq")
def embedding_rnn_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`basic_rnn_seq2seq` of symbols, with an embedding for those that are read and one for those that are written.

    Args:
        encoder_inputs: symbols `[batch]` for each step of the encoder.
        decoder_inputs: symbols `[batch]` for each step of the decoder.
        cell: the cell.
        num_encoder_symbols: the number of symbols that are read.
        num_decoder_symbols: the number of symbols that are written.
        embedding_size: the size of rows of the embeddings.
        output_projection: weights and biases that make scores of outputs; by default outputs are scores.
        feed_previous: whether all symbols but the first that the decoder gets are those that score best: a bool, or a
            scalar that decides in each run.
        dtype: the type of the first state and of the scope.
        scope: the variable scope, "embedding_rnn_seq2seq" by default.

    Returns:
        The list of outputs, and the last state.
    """
    with variable_scope(scope or "embedding_rnn_seq2seq") as opened:
        if dtype is not None:
            opened.set_dtype(dtype)
        else:
            dtype = opened.dtype
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        _, encoded = static_rnn(encoder, encoder_inputs, dtype=dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)

        def decode(feeds: bool, **arguments: Any) -> tuple[list[Any], Any]:
            return embedding_rnn_decoder(
                decoder_inputs,
                encoded,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection=output_projection,
                feed_previous=feeds,
                **arguments,
            )

        if isinstance(feed_previous, bool):
            return decode(feed_previous)
        return _decoded(
            feed_previous,
            len(decoder_inputs),
            lambda feeds: decode(feeds, update_embedding_for_previous=False),
            lambda: encoded,
        )


@public("contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq")
def embedding_tied_rnn_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    cell: Any,
    num_symbols: int,
    embedding_size: int,
    num_decoder_symbols: int | None = None,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[list[Any], Any]:
    """`tied_rnn_seq2seq` of symbols, with one embedding.

    Args:
        encoder_inputs: symbols `[batch]` for each step of the encoder.
        decoder_inputs: symbols `[batch]` for each step of the decoder.
        cell: the cell.
        num_symbols: the number of symbols.
        embedding_size: the size of rows of the embedding.
        num_decoder_symbols: the number of those that are written, the first ones; by default all.
        output_projection: weights and biases that make scores of outputs; by default outputs are scores.
        feed_previous: whether all symbols but the first that the decoder gets are those that score best: a bool, or a
            scalar that decides in each run.
        dtype: the type of the first state and of the scope.
        scope: the variable scope, "embedding_tied_rnn_seq2seq" by default.

    Returns:
        The list of outputs, and the last state.

    Raises:
        ValueError: the projection has the wrong shape.
    """
    with variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as opened:
        dtype = opened.dtype
        check_projection(output_projection, num_symbols, dtype)
        embedding = get_variable("embedding", [num_symbols, embedding_size], dtype=dtype)
        read = [embedding_lookup(embedding, symbols) for symbols in encoder_inputs]
        written = [embedding_lookup(embedding, symbols) for symbols in decoder_inputs]
        if output_projection is None:
            count = num_symbols if num_decoder_symbols is None else num_decoder_symbols
            cell = OutputProjectionWrapper(cell, count)

        def decode(feeds: bool, update_embedding: bool) -> tuple[list[Any], Any]:
            loop = embeds_best(embedding, output_projection, update_embedding) if feeds else None
            return tied_rnn_seq2seq(read, written, cell, loop_function=loop, dtype=dtype)

        def first_state() -> Any:
            static = encoder_inputs[0].shape[0]
            for symbols in encoder_inputs[1:]:
                static.merge_with(symbols.shape[0])
            known = static.value
            return cell.zero_state(shape(encoder_inputs[0])[0] if known is None else known, dtype)

        if isinstance(feed_previous, bool):
            return decode(feed_previous, True)
        return _decoded(
            feed_previous, len(decoder_inputs), lambda feeds: decode(feeds, False), first_state
        )


@public("contrib.legacy_seq2seq.embedding_attention_seq2seq")
def embedding_attention_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs: list[Any],
    cell: Any,
    num_encoder_symbols: int,
    num_decoder_symbols: int,
    embedding_size: int,
    num_heads: int = 1,
    output_projection: Any = None,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
    initial_state_attention: bool = False,
) -> tuple[list[Any], Any]:
    """`embedding_rnn_seq2seq` whose decoder sees all outputs of the encoder; see `attention_decoder`.

    Args:
        encoder_inputs: symbols `[batch]` for each step of the encoder.
        decoder_inputs: symbols `[batch]` for each step of the decoder.
        cell: the cell.
        num_encoder_symbols: the number of symbols that are read.
        num_decoder_symbols: the number of symbols that are written.
        embedding_size: the size of rows of the embeddings.
        num_heads: the number of heads.
        output_projection: weights and biases that make scores of outputs; by default outputs are scores.
        feed_previous: whether all symbols but the first that the decoder gets are those that score best: a bool, or a
            scalar that decides in each run.
        dtype: the type of the first state and of the scope.
        scope: the variable scope, "embedding_attention_seq2seq" by default.
        initial_state_attention: whether the first state is a query, else the heads see zeros first.

    Returns:
        The list of outputs, and the last state.
    """
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as opened:
        dtype = opened.dtype
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        outputs, encoded = static_rnn(encoder, encoder_inputs, dtype=dtype)
        seen = concat([reshape(output, [-1, 1, cell.output_size]) for output in outputs], 1)
        output_size = None
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)
            output_size = num_decoder_symbols

        def decode(feeds: bool, **arguments: Any) -> tuple[list[Any], Any]:
            return embedding_attention_decoder(
                decoder_inputs,
                encoded,
                seen,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads=num_heads,
                output_size=output_size,
                output_projection=output_projection,
                feed_previous=feeds,
                initial_state_attention=initial_state_attention,
                **arguments,
            )

        if isinstance(feed_previous, bool):
            return decode(feed_previous)
        return _decoded(
            feed_previous,
            len(decoder_inputs),
            lambda feeds: decode(feeds, update_embedding_for_previous=False),
            lambda: encoded,
        )


@public("contrib.legacy_seq2seq.one2many_rnn_seq2seq")
def one2many_rnn_seq2seq(
    encoder_inputs: list[Any],
    decoder_inputs_dict: Mapping[Any, list[Any]],
    enc_cell: Any,
    dec_cells_dict: Mapping[Any, Any],
    num_encoder_symbols: int,
    num_decoder_symbols_dict: Mapping[Any, int],
    embedding_size: int,
    feed_previous: Any = False,
    dtype: Any = None,
    scope: Any = None,
) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """`embedding_rnn_seq2seq` with several decoders, Luong et al. 2015.

    Args:
        encoder_inputs: symbols `[batch]` for each step of the encoder.
        decoder_inputs_dict: by name of a decoder, symbols `[batch]` for each step.
        enc_cell: the cell that reads.
        dec_cells_dict: by name, a cell that writes.
        num_encoder_symbols: the number of symbols that are read.
        num_decoder_symbols_dict: by name, the number of symbols that are written.
        embedding_size: the size of rows of the embeddings.
        feed_previous: see `embedding_rnn_seq2seq`.
        dtype: the type of the first state and of the scope.
        scope: the variable scope, "one2many_rnn_seq2seq" by default.

    Returns:
        By name, the lists of outputs, and the last states.

    Raises:
        TypeError: a cell is none.
        ValueError: the names differ.
    """
    if not isinstance(enc_cell, RNNCell):
        raise TypeError(f"enc_cell is not an RNNCell: {type(enc_cell)}")
    if set(dec_cells_dict) != set(decoder_inputs_dict):
        raise ValueError("keys of dec_cells_dict != keys of decodre_inputs_dict")
    for cell in dec_cells_dict.values():
        if not isinstance(cell, RNNCell):
            raise TypeError(f"dec_cell is not an RNNCell: {type(cell)}")
    outputs, states = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as opened:
        encoder = EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, encoded = static_rnn(encoder, encoder_inputs, dtype=opened.dtype)
        for name, inputs in decoder_inputs_dict.items():
            symbols = num_decoder_symbols_dict[name]
            with variable_scope(f"one2many_decoder_{name}"):
                cell = OutputProjectionWrapper(dec_cells_dict[name], symbols)
                found = _fed(feed_previous, inputs, encoded, cell, symbols, embedding_size)
            outputs[name], states[name] = found
    return outputs, states


def _fed(
    feed_previous: Any, inputs: list[Any], encoded: Any, cell: Any, symbols: int, size: int
) -> tuple[list[Any], Any]:
    """Outputs and state of one decoder of several."""

    def decode(feeds: bool) -> tuple[list[Any], Any]:
        return embedding_rnn_decoder(inputs, encoded, cell, symbols, size, feed_previous=feeds)

    if isinstance(feed_previous, bool):
        return decode(feed_previous)
    return _decoded(feed_previous, len(inputs), decode, lambda: encoded)
