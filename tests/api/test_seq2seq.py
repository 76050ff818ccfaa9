"""`tf.contrib.seq2seq` in programs: names, training, search, modules and errors."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub
import minihub_runtime as tf
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops.registry import REGISTRY
from tests.api.programs.seq2seq import simple_cell, start

seq2seq = tf.contrib.seq2seq
IDS, DEPTH, UNITS, START, END = 6, 5, 4, 1, 0


def attentive(memory: Any, lengths: Any, embedding: Any, layer: Any) -> dict[str, Any]:
    """How to decode what a memory says: given inputs, greedily, and with beams."""
    cell = tf.nn.rnn_cell.BasicLSTMCell(UNITS)
    batch = tf.shape(memory)[0]

    def wrapped(times: int) -> tuple[Any, Any]:
        mechanism = seq2seq.BahdanauAttention(
            UNITS,
            seq2seq.tile_batch(memory, times),
            memory_sequence_length=seq2seq.tile_batch(lengths, times),
        )
        wrapper = seq2seq.AttentionWrapper(cell, mechanism, attention_layer_size=UNITS)
        return wrapper, wrapper.zero_state(batch * times, tf.float32)

    def train(inputs: Any) -> Any:
        wrapper, state = wrapped(1)
        helper = seq2seq.TrainingHelper(tf.nn.embedding_lookup(embedding, inputs), lengths)
        return seq2seq.dynamic_decode(seq2seq.BasicDecoder(wrapper, helper, state, layer))

    def greedy() -> Any:
        wrapper, state = wrapped(1)
        helper = seq2seq.GreedyEmbeddingHelper(embedding, tf.fill([batch], START), END)
        return seq2seq.dynamic_decode(
            seq2seq.BasicDecoder(wrapper, helper, state, layer), maximum_iterations=6
        )

    def beams() -> Any:
        wrapper, state = wrapped(3)
        decoder = seq2seq.BeamSearchDecoder(
            wrapper, embedding, tf.fill([batch], START), END, state, 3, layer
        )
        return seq2seq.dynamic_decode(decoder, maximum_iterations=6)

    return {"train": train, "greedy": greedy, "beams": beams}


def translator(sources: Any, lengths: Any) -> tuple[dict[str, Any], Any]:
    """A small encoder with its decoders, which share variables in the scope `decode`."""
    embedding = tf.get_variable("embedding", [IDS, DEPTH])
    memory, _ = tf.nn.dynamic_rnn(
        tf.nn.rnn_cell.GRUCell(UNITS),
        tf.nn.embedding_lookup(embedding, sources),
        sequence_length=lengths,
        dtype=tf.float32,
    )
    layer = tf.layers.Dense(IDS, use_bias=False, name="output")
    return attentive(memory, lengths, embedding, layer), embedding


def test_variables_have_the_names_of_checkpoints() -> None:
    with tf.Graph().as_default():
        ways, _ = translator(tf.constant([[2, 3], [4, 5]]), tf.constant([2, 1]))
        with tf.variable_scope("decode"):
            ways["train"](tf.constant([[1, 2], [1, 4]]))
        names = [variable.op.name for variable in tf.trainable_variables()]
        for way in ("greedy", "beams"):
            with tf.variable_scope("decode", reuse=True):
                ways[way]()
        assert [variable.op.name for variable in tf.trainable_variables()] == names
    assert names == [
        "embedding",
        "rnn/gru_cell/gates/kernel",
        "rnn/gru_cell/gates/bias",
        "rnn/gru_cell/candidate/kernel",
        "rnn/gru_cell/candidate/bias",
        "decode/memory_layer/kernel",
        "decode/decoder/attention_wrapper/basic_lstm_cell/kernel",
        "decode/decoder/attention_wrapper/basic_lstm_cell/bias",
        "decode/decoder/attention_wrapper/bahdanau_attention/query_layer/kernel",
        "decode/decoder/attention_wrapper/bahdanau_attention/attention_v",
        "decode/decoder/attention_wrapper/attention_layer/kernel",
        "decode/decoder/output/kernel",
    ]


def test_a_translator_learns_to_copy() -> None:
    draw = np.random.RandomState(0)
    sources = draw.randint(2, IDS, (16, 3))
    sources[:, 2] = END
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        given = tf.placeholder(tf.int32, [None, 3])
        lengths = tf.fill([tf.shape(given)[0]], 3)
        ways, _ = translator(given, lengths)
        with tf.variable_scope("decode"):
            inputs = tf.concat([tf.fill([tf.shape(given)[0], 1], START), given[:, :-1]], 1)
            outputs, _, _ = ways["train"](inputs)
        with tf.variable_scope("decode", reuse=True):
            greedy, _, found_lengths = ways["greedy"]()
        with tf.variable_scope("decode", reuse=True):
            beams, _, _ = ways["beams"]()
        assert outputs.rnn_output.shape.as_list() == [None, None, IDS]
        weights = tf.ones(tf.shape(given))
        weights.set_shape([None, 3])
        loss = seq2seq.sequence_loss(outputs.rnn_output, given, weights)
        step = tf.train.AdamOptimizer(0.05).minimize(loss)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            losses = [session.run([loss, step], {given: sources})[0] for _ in range(100)]
            said = session.run(
                [greedy.sample_id, found_lengths, beams.predicted_ids], {given: sources[:4]}
            )
    assert losses[0] > 1.5
    assert losses[-1] < 0.2
    np.testing.assert_array_equal(said[0], sources[:4])
    np.testing.assert_array_equal(said[1], [3] * 4)
    np.testing.assert_array_equal(said[2][:, :3, 0], sources[:4])


def test_a_decoder_in_a_module_is_exported_and_loaded(tmp_path: Path) -> None:
    def module_fn() -> None:
        sources = tf.placeholder(tf.int32, [None, None])
        ways, _ = translator(sources, tf.fill([tf.shape(sources)[0]], tf.shape(sources)[1]))
        with tf.variable_scope("decode"):
            greedy, _, lengths = ways["greedy"]()
        with tf.variable_scope("decode", reuse=True):
            beams, _, _ = ways["beams"]()
        minihub.add_signature(
            inputs=sources,
            outputs={
                "greedy": greedy.sample_id,
                "lengths": lengths,
                "beams": beams.predicted_ids,
                "scores": beams.beam_search_decoder_output.scores,
            },
        )

    spec = minihub.create_module_spec(module_fn)
    sources = np.int32([[2, 3, 4], [5, 5, 2]])
    with tf.Graph().as_default():
        tf.set_random_seed(3)
        module = minihub.Module(spec)
        wanted = module(sources, as_dict=True)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            expected = session.run(wanted)
            module.export(str(tmp_path / "module"), session)
    found = minihub.load(str(tmp_path / "module"))(sources)
    assert expected["beams"].shape[2] == 3
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-5)


def test_beams_as_wide_as_all_sequences_find_the_best() -> None:
    """Of all sequences of three ids; those that end sooner are as if they went on with the last token for nothing."""
    random = np.random.RandomState(5)
    ids, steps = 4, 3
    table = random.normal(size=(ids, ids)).astype(np.float32) * 2
    logs = table - np.log(np.exp(table).sum(1, keepdims=True))

    def score(sequence: tuple[int, ...]) -> float:
        total, last = 0.0, START
        for one in sequence:
            total += 0 if last == END else float(logs[last, one])
            last = one
        return total

    possible = [
        sequence
        for sequence in itertools.product(range(ids), repeat=steps)
        if all(b == END for a, b in itertools.pairwise(sequence) if a == END)
    ]
    best = sorted(possible, key=score, reverse=True)

    class Table(tf.nn.rnn_cell.RNNCell):
        """Logits by the last id alone, which is its input as a row of ones and zeros."""

        state_size, output_size = 1, ids

        def call(self, inputs: Any, state: Any) -> Any:
            return tf.matmul(inputs, table), state

    width = ids**steps
    with tf.Graph().as_default(), tf.Session() as session:
        decoder = seq2seq.BeamSearchDecoder(
            Table(), tf.eye(ids), tf.constant([START]), END, tf.zeros([width, 1]), width
        )
        outputs, state, _ = seq2seq.dynamic_decode(decoder, maximum_iterations=steps)
        predicted, log_probs, lengths = session.run(
            [outputs.predicted_ids, state.log_probs, state.lengths]
        )
    count = len(best)
    assert [tuple(one) for one in predicted[0].T[:count].tolist()] == best
    np.testing.assert_allclose(log_probs[0, :count], [score(one) for one in best], rtol=1e-4)
    ends = [(*one, END).index(END) for one in best]
    assert lengths[0, :count].tolist() == [min(end + 1, steps) for end in ends]


def test_gradients_stop_at_the_ends_of_sequences() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = tf.constant(start(2, 3, DEPTH))
        helper = seq2seq.TrainingHelper(inputs, [3, 1])
        cell = simple_cell(tf, DEPTH, UNITS)
        decoder = seq2seq.BasicDecoder(cell, helper, tf.zeros([2, UNITS]))
        outputs, _, lengths = seq2seq.dynamic_decode(decoder, impute_finished=True)
        (gradient,) = tf.gradients(tf.reduce_sum(outputs.rnn_output), inputs)
        found, ends = session.run([gradient, lengths])
    assert ends.tolist() == [3, 1]
    assert np.all(np.any(found[0] != 0, axis=1))
    assert found[1, 0].any()
    assert not found[1, 1:].any()


def test_helpers_of_functions() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        cell, state = simple_cell(tf, 2, 2), tf.constant(start(3, 2))
        custom = seq2seq.CustomHelper(
            initialize_fn=lambda: (tf.constant([False, False, True]), tf.ones([3, 2])),
            sample_fn=lambda time, outputs, state: tf.fill([3, 2], tf.cast(time, tf.float32)),
            next_inputs_fn=lambda time, outputs, state, sample_ids: (
                tf.fill([3], time >= 2),
                sample_ids,
                state * 0.5,
            ),
            sample_ids_shape=[2],
            sample_ids_dtype=tf.float32,
        )
        with pytest.raises(ValueError, match="before initialize"):
            print(custom.batch_size)
        inference = seq2seq.InferenceHelper(
            sample_fn=lambda outputs: outputs * 2.0,
            sample_shape=[2],
            sample_dtype=tf.float32,
            start_inputs=tf.ones([3, 2]),
            end_fn=lambda samples: samples[:, 0] < 100.0,
        )
        found = [
            seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, helper, state), maximum_iterations=9)
            for helper in (custom, inference)
        ]
        first, second = session.run(found)
    assert first[0].sample_id[:, :, 1].tolist() == [[0, 1, 2]] * 3
    assert first[2].tolist() == [3, 3, 0]
    np.testing.assert_allclose(second[0].sample_id, second[0].rnn_output * 2)
    assert second[2].tolist() == [1, 1, 1]


def test_a_state_is_cloned_with_the_shapes_it_has() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        memory = tf.placeholder_with_default(np.ones((2, 3, 4), np.float32), [None, 3, 4])
        wrapper = seq2seq.AttentionWrapper(
            tf.nn.rnn_cell.LSTMCell(UNITS), seq2seq.LuongAttention(UNITS, memory)
        )
        state = wrapper.zero_state(tf.shape(memory)[0], tf.float32)
        given = tf.placeholder(tf.float32)
        pair = tf.nn.rnn_cell.LSTMStateTuple(given, tf.ones([2, UNITS]))
        cloned = state.clone(cell_state=pair)
        assert cloned.time is state.time
        assert cloned.cell_state.c.shape.as_list() == [None, UNITS]
        session.run(tf.global_variables_initializer())
        session.run(cloned.cell_state.c, {given: np.ones((2, UNITS))})
        with pytest.raises(InvalidArgumentError, match="Wrong shape for"):
            session.run(cloned.cell_state.c, {given: np.ones((3, UNITS))})
        with pytest.raises(ValueError, match="Invalid shape for tensor"):
            state.clone(attention=tf.ones([2, UNITS + 1]))


def test_batches_of_another_size_than_the_memory_are_told() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        mechanism = seq2seq.LuongAttention(UNITS, tf.ones([2, 3, 4]))
        wrapper = seq2seq.AttentionWrapper(simple_cell(tf, 8, UNITS), mechanism)
        with pytest.raises(InvalidArgumentError, match="tile_batch"):
            wrapper.zero_state(6, tf.float32)
        size = tf.placeholder(tf.int32, [])
        state = wrapper.zero_state(size, tf.float32)
        session.run(state.cell_state, {size: 2})
        with pytest.raises(InvalidArgumentError, match="tile_batch"):
            session.run(state.cell_state, {size: 6})


def test_what_does_not_fit_is_refused() -> None:
    with tf.Graph().as_default():
        cell, table = simple_cell(tf, DEPTH, UNITS), tf.ones([IDS, DEPTH])
        state = tf.zeros([2, UNITS])
        helper = seq2seq.TrainingHelper(tf.ones([2, 3, DEPTH]), [3, 3])
        decoder = seq2seq.BasicDecoder(cell, helper, state)
        memory = seq2seq.LuongAttention(UNITS, tf.ones([2, 3, 4]))
        for kind, text, function in (
            (TypeError, "type Decoder", lambda: seq2seq.dynamic_decode(cell)),
            (TypeError, "must be a Helper", lambda: seq2seq.BasicDecoder(cell, cell, state)),
            (
                TypeError,
                "must be a Layer",
                lambda: seq2seq.BasicDecoder(cell, helper, state, tf.nn.relu),
            ),
            (TypeError, "not an RNNCell", lambda: seq2seq.BasicDecoder(table, helper, state)),
            (
                ValueError,
                "maximum_iterations must be a scalar",
                lambda: seq2seq.dynamic_decode(decoder, maximum_iterations=[3]),
            ),
            (
                ValueError,
                "sequence_length to be a vector",
                lambda: seq2seq.TrainingHelper(tf.ones([2, 3, DEPTH]), 3),
            ),
            (
                ValueError,
                "start_tokens must be a vector",
                lambda: seq2seq.GreedyEmbeddingHelper(table, 1, 0),
            ),
            (
                ValueError,
                "end_token must be a scalar",
                lambda: seq2seq.GreedyEmbeddingHelper(table, [1], [0]),
            ),
            (
                ValueError,
                "Perhaps you forgot",
                lambda: seq2seq.BeamSearchDecoder(cell, table, [1, 1], 0, tf.zeros([6, 9]), 3),
            ),
            (
                ValueError,
                "no cell is attentional",
                lambda: seq2seq.dynamic_decode(
                    seq2seq.BeamSearchDecoder(
                        cell, table, [1], 0, state, 2, coverage_penalty_weight=0.5
                    )
                ),
            ),
            (TypeError, "AttentionMechanism", lambda: seq2seq.AttentionWrapper(cell, cell)),
            (
                ValueError,
                "exactly one integer",
                lambda: seq2seq.AttentionWrapper(cell, memory, [3, 4]),
            ),
            (
                ValueError,
                "Only one of",
                lambda: seq2seq.AttentionWrapper(
                    cell, memory, 3, attention_layer=tf.layers.Dense(3)
                ),
            ),
            (ValueError, "Incompatible", lambda: memory(tf.ones([2, 7]), None)),
            (
                ValueError,
                "inner dims",
                lambda: seq2seq.LuongAttention(3, tf.placeholder(tf.float32, [2, 3, None])),
            ),
            (
                ValueError,
                "cannot be set to True",
                lambda: seq2seq.sequence_loss(
                    tf.ones([1, 2, 3]),
                    tf.ones([1, 2], tf.int32),
                    tf.ones([1, 2]),
                    sum_over_batch=True,
                ),
            ),
            (
                ValueError,
                "mode must be",
                lambda: seq2seq.monotonic_attention(tf.ones([1, 2]), tf.ones([1, 2]), "soft"),
            ),
        ):
            with pytest.raises(kind, match=text):
                function()  # type: ignore[no-untyped-call]
        with pytest.raises(TypeError, match="abstract"):
            seq2seq.Decoder()


@pytest.mark.parametrize("name", ["GatherTree", "Addons>GatherTree"])
def test_trees_are_refused_whose_parents_are_none(name: str) -> None:
    ids = np.zeros((3, 1, 2), np.int32)
    wrong = ids.copy()
    wrong[1, 0, 1] = 2
    tree, lengths, end = REGISTRY[name], np.int32([3]), np.array(9, np.int32)
    assert tree(ids, ids, lengths, end).tolist() == ids.tolist()
    # The parents of the first step, and those behind the end of a sequence, are not looked at.
    assert tree(ids, wrong, np.int32([1]), end).tolist() == [[[0, 0]], [[9, 9]], [[9, 9]]]
    with pytest.raises(InvalidArgumentError, match=r"parent_ids must be in \[0, 2\), not 2"):
        tree(ids, wrong, np.int32([2]), end)
    with pytest.raises(InvalidArgumentError, match="shape of step_ids"):
        tree(ids, ids[1:], lengths, end)
    with pytest.raises(InvalidArgumentError, match="max_sequence_lengths"):
        tree(ids, ids, np.int32([3, 3]), end)
    with pytest.raises(InvalidArgumentError, match="scalar"):
        tree(ids, ids, lengths, np.int32([9]))


@pytest.mark.parametrize("use_peephole", [False, True])
def test_an_lstm_in_one_op_is_the_lstm_with_its_variables(use_peephole: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(2)
        inputs = tf.constant(start(3, DEPTH))
        options = {"cell_clip": 0.3, "forget_bias": 0.5}
        one = tf.contrib.rnn.LSTMBlockCell(UNITS, use_peephole=use_peephole, **options)
        other = tf.nn.rnn_cell.LSTMCell(
            UNITS, use_peepholes=use_peephole, reuse=True, name="lstm_cell", **options
        )
        found = []
        for cell in (one, other):
            output, state = cell(inputs, cell.zero_state(3, tf.float32))
            output, state = cell(inputs, state)
            gradients = tf.gradients(output * output + state.c, tf.trainable_variables())
            found.append([output, *state, *gradients])
        names = [variable.op.name for variable in tf.trainable_variables()]
        session.run(tf.global_variables_initializer())
        mine, wanted = session.run(found)
    diagonals = [f"lstm_cell/w_{gate}_diag" for gate in "ifo"] if use_peephole else []
    assert names == ["lstm_cell/kernel", "lstm_cell/bias", *diagonals]
    for ours, theirs in zip(mine, wanted, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("layer_norm", [True, False])
def test_an_lstm_normalises_its_gates(layer_norm: bool) -> None:
    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def norm(x: Any) -> Any:
        if not layer_norm:
            return x
        x = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)
        return x * 1.5 + 0.25

    given, c, h = start(3, DEPTH), start(3, UNITS) / 2, start(3, UNITS)[::-1] / 3
    with tf.Graph().as_default(), tf.Session() as session:
        tf.set_random_seed(2)
        cell = tf.contrib.rnn.LayerNormBasicLSTMCell(
            UNITS, layer_norm=layer_norm, norm_gain=1.5, norm_shift=0.25
        )
        state = tf.nn.rnn_cell.LSTMStateTuple(tf.constant(c), tf.constant(h))
        found = cell(tf.constant(given), state)
        names = [variable.op.name for variable in tf.trainable_variables()]
        session.run(tf.global_variables_initializer())
        (output, new), weights = session.run([found, tf.trainable_variables()])
    gates = np.concatenate([given, h], 1) @ weights[0] + (0 if layer_norm else weights[1])
    i, j, f, o = (norm(gate) for gate in np.split(gates, 4, 1))
    memory = norm(c * sigmoid(f + 1) + sigmoid(i) * np.tanh(j))
    np.testing.assert_allclose(new.c, memory, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(output, np.tanh(memory) * sigmoid(o), rtol=1e-4, atol=1e-5)
    scope = "layer_norm_basic_lstm_cell"
    scopes = ("input", "transform", "forget", "output", "state")
    normed = [f"{scope}/{part}/{name}" for part in scopes for name in ("gamma", "beta")]
    assert names == [f"{scope}/kernel", *(normed if layer_norm else [f"{scope}/bias"])]
