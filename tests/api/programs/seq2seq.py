"""`tf.contrib.seq2seq`; TensorFlow has it no more, its successor tensorflow_addons has the same under other signatures."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from tests.api.programs import results
from tests.api.programs.convolution import numbers
from tests.api.programs.rnn import run


class Addons:
    """tensorflow_addons behind the signatures of `tf.contrib.seq2seq`, as far as the programs below use them.

    Its decoders get what `tf.contrib` gave to their constructors when they run, so these are kept until then.
    """

    def __init__(self, tf: Any) -> None:
        reason = "tensorflow_addons is in the oracle environment"
        self.tf, self.own = tf, pytest.importorskip("tensorflow_addons", reason=reason).seq2seq

    def __getattr__(self, name: str) -> Any:
        return getattr(self.own, name)

    def TrainingHelper(self, inputs: Any, sequence_length: Any, time_major: bool = False) -> Any:
        return self.own.TrainingSampler(time_major), (inputs,), {"sequence_length": sequence_length}

    def GreedyEmbeddingHelper(self, embedding: Any, start_tokens: Any, end_token: Any) -> Any:
        options = {"start_tokens": start_tokens, "end_token": end_token}
        return self.own.GreedyEmbeddingSampler(), (embedding,), options

    def SampleEmbeddingHelper(
        self, embedding: Any, start_tokens: Any, end_token: Any, temperature: Any, seed: Any
    ) -> Any:
        options = {"start_tokens": start_tokens, "end_token": end_token}
        sampler = self.own.SampleEmbeddingSampler(softmax_temperature=temperature, seed=seed)
        return sampler, (embedding,), options

    def ScheduledEmbeddingTrainingHelper(
        self, inputs: Any, lengths: Any, embedding: Any, probability: Any, **seeds: Any
    ) -> Any:
        sampler = self.own.ScheduledEmbeddingTrainingSampler(probability, **seeds)
        return sampler, (inputs,), {"sequence_length": lengths, "embedding": embedding}

    def ScheduledOutputTrainingHelper(
        self, inputs: Any, lengths: Any, probability: Any, auxiliary_inputs: Any = None, **how: Any
    ) -> Any:
        sampler = self.own.ScheduledOutputTrainingSampler(probability, **how)
        return (
            sampler,
            (inputs,),
            {"sequence_length": lengths, "auxiliary_inputs": auxiliary_inputs},
        )

    def BasicDecoder(self, cell: Any, helper: Any, initial_state: Any, layer: Any = None) -> Any:
        sampler, inputs, options = helper
        decoder = self.own.BasicDecoder(cell, sampler, layer)
        return decoder, inputs, {**options, "initial_state": initial_state}

    def BeamSearchDecoder(
        self,
        cell: Any,
        embedding: Any,
        start_tokens: Any,
        end_token: Any,
        initial_state: Any,
        beam_width: int,
        output_layer: Any = None,
        **weights: Any,
    ) -> Any:
        decoder = self.own.BeamSearchDecoder(cell, beam_width, output_layer=output_layer, **weights)
        options = {"start_tokens": start_tokens, "end_token": end_token}
        return decoder, (embedding,), {**options, "initial_state": initial_state}

    def dynamic_decode(self, decoder: Any, **options: Any) -> Any:
        made, inputs, when_run = decoder
        return self.own.dynamic_decode(
            made, decoder_init_input=inputs[0], decoder_init_kwargs=when_run, **options
        )

    def AttentionWrapper(self, cell: Any, mechanism: Any, *arguments: Any, **options: Any) -> Any:
        wrapper = self.own.AttentionWrapper(cell, mechanism, *arguments, **options)
        wrapper.zero_state = lambda batch, dtype: wrapper.get_initial_state(
            batch_size=batch, dtype=dtype
        )
        return wrapper


def seq2seq(tf: Any) -> Any:
    """`tf.contrib.seq2seq`, or what took its place."""
    return tf.contrib.seq2seq if hasattr(tf, "contrib") else Addons(tf)


def simple_cell(tf: Any, inputs: int, units: int) -> Any:
    """A cell that is none of any package: the tangent of inputs and state, with weights that are constants."""
    base: Any = tf.nn.rnn_cell.RNNCell if hasattr(tf, "contrib") else tf.keras.layers.Layer
    of_inputs, of_state = numbers(inputs, units), numbers(units, units)[::-1].copy()

    class Cell(base):  # type: ignore[misc]
        state_size = output_size = units

        def get_initial_state(
            self, inputs: Any = None, batch_size: Any = None, dtype: Any = None
        ) -> Any:
            return tf.zeros([batch_size, units], dtype)

        def call(self, inputs: Any, state: Any, training: Any = None) -> Any:
            new = tf.tanh(tf.matmul(inputs, of_inputs) + tf.matmul(state, of_state) / 3)
            return new, new

    return Cell()


def start(*shape: int) -> Any:
    return numbers(*shape)[..., ::-1].copy() / 3


@results
def trees_and_tiles(tf: Any) -> Any:
    s = seq2seq(tf)
    found = []
    for seed, lengths, end in ((0, [5, 5], 9), (1, [3, 0], 2), (2, [4, 7], 1), (3, [1, 5], 0)):
        draw = np.random.RandomState(seed)
        ids, parents = draw.randint(0, 4, (5, 2, 3)), draw.randint(0, 3, (5, 2, 3))
        found.append(
            s.gather_tree(
                ids.astype(np.int32), parents.astype(np.int32), np.int32(lengths), np.int32(end)
            )
        )
    structure = (tf.constant(numbers(2, 3)), [tf.constant([1, 2])])
    return run(tf, found, s.tile_batch(structure, 3), s.tile_batch(tf.constant([5]), 2))


@results
def losses_of_sequences(tf: Any) -> Any:
    s = seq2seq(tf)
    logits = tf.constant(numbers(2, 3, 4))
    targets = tf.constant([[0, 3, 1], [2, 2, 0]])
    weights = tf.constant([[1.0, 0.5, 2.0], [1.0, 0.0, 0.0]])
    # Whether to average across time, the batch; whether to sum over time, the batch.
    found = [
        s.sequence_loss(logits, targets, weights, *[number in chosen for number in range(4)])
        for chosen in ((), (0,), (1,), (0, 1), (2,), (3,), (2, 3))
    ]
    none = s.sequence_loss(logits, targets, weights * 0.0)
    own = s.sequence_loss(
        logits,
        targets,
        weights,
        softmax_loss_function=lambda labels, logits: (
            tf.reduce_sum(logits, 1) + tf.cast(labels, tf.float32)
        ),
    )
    return run(tf, found, none, own)


def layer(tf: Any, units: int) -> Any:
    return tf.layers.Dense(units, kernel_initializer=tf.constant_initializer(numbers(4, units)))


@results
def given_inputs(tf: Any) -> Any:
    s, found = seq2seq(tf), []
    for lengths, options, time_major in (
        ([3, 3], {}, False),
        ([3, 1], {}, False),
        ([3, 1], {"impute_finished": True}, False),
        ([2, 0], {"impute_finished": True, "output_time_major": True}, True),
        ([3, 3], {"maximum_iterations": 2}, False),
        ([3, 3], {"maximum_iterations": tf.constant(9)}, True),
    ):
        inputs = numbers(2, 3, 5)
        if time_major:
            inputs = inputs.transpose(1, 0, 2).copy()
        helper = s.TrainingHelper(tf.constant(inputs), tf.constant(lengths), time_major=time_major)
        decoder = s.BasicDecoder(
            simple_cell(tf, 5, 4), helper, tf.constant(start(2, 4)), layer(tf, 6)
        )
        outputs, state, last = s.dynamic_decode(decoder, **options)
        found.append([outputs.rnn_output, outputs.sample_id, state, last])
    return run(tf, *found)


@results
def own_outputs(tf: Any) -> Any:
    s, found = seq2seq(tf), []
    embedding = tf.constant(numbers(6, 5))
    helpers = [
        s.GreedyEmbeddingHelper(embedding, tf.constant([1, 2, 3]), 4),
        s.GreedyEmbeddingHelper(embedding, tf.constant([5, 0, 1]), 0),
        s.SampleEmbeddingHelper(embedding, tf.constant([1, 2, 3]), 4, None, 7),
        s.SampleEmbeddingHelper(embedding, tf.constant([1, 2, 3]), 4, 0.5, 7),
    ]
    for helper in helpers:
        decoder = s.BasicDecoder(
            simple_cell(tf, 5, 4), helper, tf.constant(start(3, 4)), layer(tf, 6)
        )
        outputs, state, last = s.dynamic_decode(decoder, maximum_iterations=6)
        found.append([outputs.rnn_output, outputs.sample_id, state, last])
    return run(tf, *found)


@results
def scheduled_sampling(tf: Any) -> Any:
    s, found = seq2seq(tf), []
    # In TensorFlow, the draws of turns that overlap come in an order of chance.
    decode = functools.partial(s.dynamic_decode, parallel_iterations=1)
    inputs, lengths = tf.constant(numbers(3, 4, 5)), tf.constant([4, 2, 3])
    embedding = tf.constant(numbers(6, 5))
    for probability in (0.5, 1.0):
        helper = s.ScheduledEmbeddingTrainingHelper(
            inputs, lengths, embedding, tf.constant(probability), seed=3, scheduling_seed=5
        )
        decoder = s.BasicDecoder(
            simple_cell(tf, 5, 4), helper, tf.constant(start(3, 4)), layer(tf, 6)
        )
        found.append(decode(decoder))
    short, behind = tf.constant(numbers(3, 4, 4)), tf.constant(numbers(3, 4, 1))
    for auxiliary, function in (
        (None, None),
        (behind, None),
        (behind, lambda values: values * 2.0),
    ):
        helper = s.ScheduledOutputTrainingHelper(
            inputs if auxiliary is None else short,
            lengths,
            0.5,
            seed=9,
            next_inputs_fn=function,
            auxiliary_inputs=auxiliary,
        )
        size = 5 if auxiliary is None else 4
        cell, state = simple_cell(tf, 5, size), tf.constant(start(3, size))
        found.append(decode(s.BasicDecoder(cell, helper, state)))
    return run(tf, *found)


@results
def functions_of_attention(tf: Any) -> Any:
    s = seq2seq(tf)
    chosen = tf.constant(np.abs(numbers(2, 5)) / 1.5)
    before = tf.constant([[1.0, 0, 0, 0, 0], [0.25, 0.5, 0, 0.25, 0]])
    hard = tf.constant([[0.0, 0, 1, 0, 1], [0, 1, 0, 0, 1]])
    return run(
        tf,
        s.hardmax(tf.constant(numbers(2, 3, 4))),
        s.safe_cumprod(chosen, axis=1),
        s.safe_cumprod(chosen * 1e-30, 1, exclusive=True, reverse=True),
        s.monotonic_attention(chosen, before, "recursive"),
        s.monotonic_attention(chosen, before, "parallel"),
        s.monotonic_attention(hard, before, "hard"),
    )


@results
def attending(tf: Any) -> Any:
    s, found = seq2seq(tf), []
    memory, lengths = tf.constant(numbers(2, 4, 3)), tf.constant([4, 2])
    inputs = tf.constant(numbers(2, 3, 5))
    for make, options, layer_size, output_attention in (
        ("LuongAttention", {}, None, True),
        ("LuongAttention", {"scale": True}, 6, True),
        ("BahdanauAttention", {}, None, True),
        ("BahdanauAttention", {"normalize": True}, 6, False),
        ("LuongMonotonicAttention", {"score_bias_init": -0.5}, None, True),
        ("BahdanauMonotonicAttention", {"mode": "hard"}, 6, True),
    ):
        with tf.variable_scope(f"part_{len(found)}"):
            mechanism = getattr(s, make)(4, memory, lengths, **options)
            depth = 5 + (layer_size or 3)
            cell = s.AttentionWrapper(
                simple_cell(tf, depth, 4),
                mechanism,
                layer_size,
                alignment_history=True,
                output_attention=output_attention,
            )
            state = cell.zero_state(2, tf.float32)
            helper = s.TrainingHelper(inputs, tf.constant([3, 3]))
            outputs, state, _ = s.dynamic_decode(s.BasicDecoder(cell, helper, state))
            found.append(
                [
                    outputs.rnn_output,
                    state.cell_state,
                    state.attention,
                    state.alignments,
                    state.alignment_history.stack(),
                ]
            )
    return run(tf, *found)


@results
def several_memories(tf: Any) -> Any:
    s = seq2seq(tf)
    mechanisms = [
        s.LuongAttention(4, tf.constant(numbers(2, 4, 3))),
        s.BahdanauAttention(3, tf.constant(numbers(2, 5, 2)), tf.constant([5, 1])),
    ]
    cell = s.AttentionWrapper(
        simple_cell(tf, 10, 4), mechanisms, [2, 3], cell_input_fn=lambda *both: tf.concat(both, -1)
    )
    state = cell.zero_state(2, tf.float32)
    helper = s.TrainingHelper(tf.constant(numbers(2, 3, 5)), tf.constant([3, 3]))
    outputs, state, _ = s.dynamic_decode(s.BasicDecoder(cell, helper, state))
    return run(tf, outputs.rnn_output, state.alignments, state.attention)


@results
def beams(tf: Any) -> Any:
    s, found = seq2seq(tf), []
    embedding = tf.constant(numbers(6, 5))
    for width, weight, end in ((1, 0.0, 0), (3, 0.0, 0), (3, 0.75, 2), (4, 1.5, 5)):
        state = s.tile_batch(tf.constant(start(2, 4)), width)
        decoder = s.BeamSearchDecoder(
            simple_cell(tf, 5, 4),
            embedding,
            tf.constant([1, 3]),
            end,
            state,
            width,
            layer(tf, 6),
            length_penalty_weight=weight,
        )
        outputs, state, lengths = s.dynamic_decode(decoder, maximum_iterations=7)
        found.append(
            [outputs.predicted_ids, *outputs.beam_search_decoder_output, *state[:4], lengths]
        )
    return run(tf, *found)


@results
def beams_that_attend(tf: Any) -> Any:
    s, width, found = seq2seq(tf), 3, []
    embedding = tf.constant(numbers(6, 5))
    memory = s.tile_batch(tf.constant(numbers(2, 4, 3)), width)
    lengths = s.tile_batch(tf.constant([4, 2]), width)
    for penalty, history in ((0.0, True), (0.8, False)):
        with tf.variable_scope(f"part_{len(found)}"):
            cell = s.AttentionWrapper(
                simple_cell(tf, 8, 4),
                s.LuongAttention(4, memory, lengths),
                alignment_history=history,
                output_attention=False,
            )
            state = cell.zero_state(2 * width, tf.float32)
            decoder = s.BeamSearchDecoder(
                cell,
                embedding,
                tf.constant([1, 3]),
                2,
                state,
                width,
                layer(tf, 6),
                coverage_penalty_weight=penalty,
            )
            outputs, state, _ = s.dynamic_decode(decoder, maximum_iterations=6)
            kept = state.cell_state
            found.append(
                [
                    outputs.predicted_ids,
                    outputs.beam_search_decoder_output.scores,
                    state.log_probs,
                    state.accumulated_attention_probs,
                    kept.alignments,
                    kept.alignment_history if history else (),
                ]
            )
    return run(tf, *found)
