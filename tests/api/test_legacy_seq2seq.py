"""`tf.contrib.legacy_seq2seq`: names of variables, and losses that TensorFlow 1.15's own tests know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

legacy = tf.contrib.legacy_seq2seq
cells = tf.nn.rnn_cell

READ, WRITTEN, SIZE = 2, 5, 3


@pytest.fixture(autouse=True)
def _graph() -> Iterator[None]:
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        yield


def symbols(*of_steps: int) -> list[Any]:
    """The same symbol for two sequences in each step."""
    return [tf.constant(symbol, tf.int32, shape=[2]) for symbol in of_steps]


def values(fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches, feeds)


def names() -> list[str]:
    return [variable.op.name for variable in tf.global_variables()]


def model(name: str, written: Any, fed: Any, **more: Any) -> Any:
    """Outputs and state of a model of symbols."""
    sizes = (WRITTEN, SIZE) if "tied" in name else (READ, WRITTEN, SIZE)
    cell = more.pop("cell", None) or cells.BasicLSTMCell(SIZE)
    return getattr(legacy, name)(symbols(1, 1), written, cell, *sizes, feed_previous=fed, **more)


LSTM = ("kernel", "bias")
ENCODER = [
    "rnn/embedding_wrapper/embedding",
    *(f"rnn/embedding_wrapper/basic_lstm_cell/{part}" for part in LSTM),
]
WRAPPER = "output_projection_wrapper"
CELL = [
    *(f"{WRAPPER}/basic_lstm_cell/{part}" for part in LSTM),
    *(f"{WRAPPER}/{part}" for part in LSTM),
]
NAMES = {
    "embedding_rnn_seq2seq": [
        *ENCODER,
        "embedding_rnn_decoder/embedding",
        *(f"embedding_rnn_decoder/rnn_decoder/{name}" for name in CELL),
    ],
    "embedding_tied_rnn_seq2seq": [
        "embedding",
        *(f"combined_tied_rnn_seq2seq/tied_rnn_seq2seq/{name}" for name in CELL),
    ],
    "embedding_attention_seq2seq": [
        *ENCODER,
        "embedding_attention_decoder/embedding",
        *(
            f"embedding_attention_decoder/attention_decoder/{name}"
            for name in (
                "AttnW_0", "AttnV_0", "kernel", "bias", *CELL,
                *(f"{scope}/{part}" for scope in ("Attention_0", "AttnOutputProjection") for part in LSTM),
            )
        ),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_models_of_symbols(name: str) -> None:
    outputs, state = values(model(name, symbols(0, 1, 2), False))
    assert [output.shape for output in outputs] == [(2, WRITTEN)] * 3
    assert state.c.shape == state.h.shape == (2, SIZE)
    assert names() == [f"{name}/{inside}" for inside in NAMES[name]]


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_symbols_that_score_best_are_fed(name: str, joined: bool) -> None:
    cell = cells.BasicLSTMCell(SIZE, state_is_tuple=not joined)
    fed = tf.placeholder(tf.bool, [])
    start = symbols(3, 1, 2)
    deciding = model(name, start, fed, cell=cell)
    with tf.variable_scope("", reuse=True):
        cell = cells.BasicLSTMCell(SIZE, state_is_tuple=not joined)
        feeding = model(name, symbols(3, 0, 0), True, cell=cell)
        given = model(name, start, False, cell=cells.BasicLSTMCell(SIZE, state_is_tuple=not joined))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for choice, wanted in ((True, feeding), (False, given)):
            found, same = session.run([deciding, wanted], {fed: choice})
            for one, other in zip(
                tf.contrib.framework.nest.flatten(found),
                tf.contrib.framework.nest.flatten(same),
                strict=True,
            ):
                np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_outputs_can_be_projected_elsewhere() -> None:
    weights, biases = tf.get_variable("w", [SIZE, WRITTEN]), tf.get_variable("b", [WRITTEN])
    for name in NAMES:
        given: Any = dict(output_projection=(weights, biases))
        outputs, _ = model(name, symbols(0, 1), True, **given)
        assert [output.shape.as_list() for output in outputs] == [[2, SIZE]] * 2
    wrong: Any = dict(output_projection=(weights, weights[0, :2]), scope="other")
    with pytest.raises(ValueError, match="incompatible"):
        model("embedding_rnn_seq2seq", symbols(0), True, **wrong)


def test_a_copy_reads_or_the_same_cell() -> None:
    steps = [tf.fill([2, 2], 0.5)] * 2
    for name in ("basic_rnn_seq2seq", "tied_rnn_seq2seq"):
        outputs, state = getattr(legacy, name)(steps, [*steps, steps[0]], cells.GRUCell(4))
        assert len(outputs) == 3
        assert state.shape.as_list() == [2, 4]
    scopes = (
        "basic_rnn_seq2seq/rnn",
        "basic_rnn_seq2seq/rnn_decoder",
        "combined_tied_rnn_seq2seq/tied_rnn_seq2seq",
    )
    assert names() == [
        f"{scope}/gru_cell/{part}/{kind}"
        for scope in scopes
        for part in ("gates", "candidate")
        for kind in ("kernel", "bias")
    ]


@pytest.mark.parametrize("first", [False, True])
def test_heads_see_the_encoder(first: bool) -> None:
    draw = np.random.default_rng(0)
    seen = draw.standard_normal((2, 3, 4)).astype(np.float32)
    state = draw.standard_normal((2, 2)).astype(np.float32)
    given = draw.standard_normal((2, 5)).astype(np.float32)
    with tf.variable_scope("", initializer=tf.constant_initializer(0.25)):
        (output,), last = legacy.attention_decoder(
            [tf.constant(given)],
            tf.constant(state),
            tf.constant(seen),
            cells.GRUCell(2),
            output_size=3,
            num_heads=2,
            initial_state_attention=first,
        )

    def looked(query: Any) -> Any:
        scores = 4 * 0.25 * np.tanh(0.25 * (seen.sum(2) + query.sum(1, keepdims=True)))
        weights = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
        return (weights[:, :, None] * seen).sum((1, 2))

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    before = 2 * looked(state) if first else 0
    mixed = 5 * 0.25 * (given.sum(1) + before)
    update = sigmoid(0.25 * (mixed + state.sum(1)) + 0.25 - 0.25 + 1)
    candidate = np.tanh(0.25 * (mixed + update * state.sum(1)))
    new = update[:, None] * state + ((1 - update) * candidate)[:, None]
    wanted = 0.25 * (new.sum(1) + 2 * looked(new))
    found, found_state = values([output, last])
    np.testing.assert_allclose(found_state, new, rtol=1e-5)
    np.testing.assert_allclose(found, np.repeat(wanted[:, None], 3, 1), rtol=1e-5)


def test_an_attention_that_is_none_is_refused() -> None:
    given, state, cell = [tf.zeros([2, 2])], tf.zeros([2, 2]), cells.GRUCell(2)
    seen = tf.placeholder(tf.float32, [2, 3, None])
    with pytest.raises(ValueError, match="at least 1 input"):
        legacy.attention_decoder([], state, tf.zeros([2, 3, 2]), cell)
    with pytest.raises(ValueError, match="less than 1 heads"):
        legacy.attention_decoder(given, state, tf.zeros([2, 3, 2]), cell, num_heads=0)
    with pytest.raises(ValueError, match=r"Shape\[2\] of attention_states must be known"):
        legacy.attention_decoder(given, state, seen, cell)


def test_a_cell_writes_again_with_what_it_has() -> None:
    """A model built anew with the same cell copies one that has variables: the copy reads with them."""
    dropping = cells.DropoutWrapper(cells.BasicLSTMCell(SIZE), output_keep_prob=0.5)
    cell = tf.contrib.rnn.InputProjectionWrapper(cells.MultiRNNCell([dropping] * 2), SIZE)
    inputs = symbols(1, 1)
    arguments = (inputs, inputs, cell, READ, WRITTEN, SIZE)
    legacy.embedding_attention_seq2seq(*arguments)
    found = names()
    with tf.variable_scope("", reuse=True):
        outputs, _ = legacy.embedding_attention_seq2seq(*arguments, feed_previous=True)
    assert names() == found
    assert values(outputs)[0].shape == (2, WRITTEN)


def test_several_decoders() -> None:
    written = {"a": symbols(0, 1, 2), "b": symbols(0, 1)}
    writers = {name: cells.BasicLSTMCell(SIZE) for name in written}
    counts = {"a": 5, "b": 6}
    for place, fed in enumerate((False, True, tf.constant(True))):
        with tf.variable_scope(f"model{place}"):
            outputs, states = legacy.one2many_rnn_seq2seq(
                symbols(1, 1), written, cells.BasicLSTMCell(SIZE), writers, 2, counts, SIZE, fed
            )
            writers = {name: cells.BasicLSTMCell(SIZE) for name in written}
        found, last = values([outputs, states])
        assert {name: (len(steps), steps[0].shape) for name, steps in found.items()} == {
            "a": (3, (2, 5)),
            "b": (2, (2, 6)),
        }
        assert last["b"].h.shape == (2, SIZE)
    assert (
        names()[3]
        == "model0/one2many_rnn_seq2seq/one2many_decoder_a/embedding_rnn_decoder/embedding"
    )
    with pytest.raises(ValueError, match="keys of dec_cells_dict"):
        legacy.one2many_rnn_seq2seq(symbols(1), {}, cells.GRUCell(2), writers, 2, counts, SIZE)
    with pytest.raises(TypeError, match="enc_cell is not an RNNCell"):
        legacy.one2many_rnn_seq2seq(symbols(1), written, None, writers, 2, counts, SIZE)


def test_losses() -> None:
    logits = [tf.fill([2, 5], step + 0.5) for step in range(3)]
    targets, weights = symbols(0, 1, 2), [tf.ones([2])] * 3
    average, no = "average_across_timesteps", False
    found = values(
        [
            legacy.sequence_loss(logits, targets, weights),
            legacy.sequence_loss(logits, targets, weights, **{average: no}),
            legacy.sequence_loss(logits, targets, weights, no, no),
            legacy.sequence_loss_by_example(logits, targets, weights),
            legacy.sequence_loss_by_example(logits, targets, weights, no),
            legacy.sequence_loss(logits, targets, [tf.zeros([2])] * 3),
        ]
    )
    wanted = [1.609438, 4.828314, 9.656628, [1.609438] * 2, [4.828314] * 2, 0]
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    with pytest.raises(ValueError, match="must be the same 3, 2, 3"):
        legacy.sequence_loss(logits, targets, weights[:2])


def test_lengths_share_variables_and_train() -> None:
    inputs = symbols(1, 2, 0, 1)
    weights, biases = tf.get_variable("w", [8, WRITTEN]), tf.get_variable("b", [WRITTEN])

    def seq2seq(read: Any, written: Any) -> Any:
        cell = cells.MultiRNNCell([cells.GRUCell(8) for _ in range(2)])
        return legacy.embedding_attention_seq2seq(
            read, written, cell, 5, WRITTEN, 8, output_projection=(weights, biases)
        )

    def sampled(labels: Any, logits: Any) -> Any:
        labels = tf.reshape(labels, [-1, 1])
        return tf.nn.sampled_softmax_loss(tf.transpose(weights), biases, labels, logits, 3, WRITTEN)

    arguments = (inputs, inputs, inputs, [tf.ones([2])] * 4, [(2, 2), (4, 3)], seq2seq)
    outputs, losses = legacy.model_with_buckets(*arguments, softmax_loss_function=sampled)
    assert [len(steps) for steps in outputs] == [2, 3]
    assert len(names()) == len(set(names())) == 28
    train = [tf.train.AdamOptimizer(0.05).minimize(loss) for loss in losses]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        first = session.run(losses)
        for _ in range(10):
            session.run(train)
        assert np.all(np.array(session.run(losses)) < first)
    with tf.variable_scope("", reuse=True):
        _, of_each = legacy.model_with_buckets(
            *arguments, softmax_loss_function=sampled, per_example_loss=True
        )
    assert [loss.shape.as_list() for loss in of_each] == [[2], [2]]
    with pytest.raises(ValueError, match=r"Length of encoder_inputs \(1\) must be at least"):
        legacy.model_with_buckets(inputs[:1], *arguments[1:])
