"""`tf.contrib.crf` against all sequences of tags, one by one."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

LENGTHS = np.array([4, 2, 1, 0])


def data(steps: int) -> tuple[Any, ...]:
    """What tags and pairs of them score, sequences, their lengths, and tags that may be."""
    draw = np.random.RandomState(steps)
    allowed = draw.rand(4, steps, 3) > 0.4
    allowed[..., 1] = True
    inputs, transitions = draw.randn(4, steps, 3), draw.randn(3, 3)
    tags = draw.randint(0, 3, (4, steps))
    return inputs, transitions, tags, np.minimum(LENGTHS, steps), allowed


def scored(inputs: Any, transitions: Any, tags: Any) -> float:
    pairs = itertools.pairwise(tags)
    return float(
        sum(row[tag] for row, tag in zip(inputs, tags, strict=False))
        + sum(transitions[a, b] for a, b in pairs)
    )


def sums(inputs: Any, transitions: Any, length: int, allowed: Any = None) -> list[Any]:
    """Scores and sequences of a length whose tags may be."""
    return [
        (scored(inputs, transitions, tags), tags)
        for tags in itertools.product(range(3), repeat=length)
        if allowed is None or all(allowed[step, tag] for step, tag in enumerate(tags))
    ]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("steps", [4, 1])
def test_sequences_are_scored_and_found(steps: int, known: bool) -> None:
    inputs, transitions, tags, lengths, allowed = data(steps)
    crf = tf.contrib.crf
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.constant(inputs) if known else tf.placeholder(tf.float64, [None, None, 3])
        feeds = {} if known else {given: inputs}
        likelihood, kept = crf.crf_log_likelihood(given, tags, lengths, tf.constant(transitions))
        found = session.run(
            {
                "unary": crf.crf_unary_score(tags, lengths, given),
                "binary": crf.crf_binary_score(tags, lengths, kept),
                "score": crf.crf_sequence_score(given, tags, lengths, kept),
                "norm": crf.crf_log_norm(given, lengths, kept),
                "some": crf.crf_multitag_sequence_score(given, allowed, lengths, kept),
                "likelihood": likelihood,
                "best": crf.crf_decode(given, kept, lengths),
                "allowed": crf.crf_constrained_decode(given, allowed, kept, lengths),
                "slope": tf.gradients(likelihood, [given, kept]),
            },
            feeds,
        )
    assert np.allclose(found["unary"] + found["binary"], found["score"])
    assert np.allclose(found["score"] - found["norm"], found["likelihood"])
    assert all(np.isfinite(slope).all() for slope in found["slope"])
    # The probabilities of all tags add up to one in each step.
    assert np.allclose(found["slope"][0].sum(-1), 0)
    for row, length in enumerate(lengths):
        x = inputs[row]
        assert np.isclose(found["score"][row], scored(x, transitions, tags[row, :length]))
        everything = np.logaddexp.reduce([score for score, _ in sums(x, transitions, length)])
        assert np.isclose(found["norm"][row], everything)
        some = np.logaddexp.reduce(
            [score for score, _ in sums(x, transitions, length, allowed[row])]
        )
        assert np.isclose(found["some"][row], some)
        for name, limits in (("best", None), ("allowed", allowed[row])):
            # The first step counts in any case.
            score, sequence = max(sums(x, transitions, max(length, 1), limits))
            assert np.isclose(found[name][1][row], score)
            assert found[name][0][row].tolist() == [*sequence] + [0] * (steps - len(sequence))
    assert found["best"][0].dtype == np.int32
    sequence, score = crf.viterbi_decode(inputs[0], transitions)
    assert sequence == found["best"][0][0].tolist()
    assert np.isclose(score, found["best"][1][0])


def test_transitions_are_learned() -> None:
    inputs, _, tags, lengths, _ = data(4)
    with tf.Graph().as_default(), tf.Session() as session:
        given = tf.constant(inputs, tf.float32)
        with tf.variable_scope("crf"):
            likelihood, transitions = tf.contrib.crf.crf_log_likelihood(given, tags, lengths)
        assert transitions.name == "crf/transitions:0"
        assert transitions.shape.as_list() == [3, 3]
        loss = tf.reduce_mean(-likelihood)
        step = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        session.run(tf.global_variables_initializer())
        before = session.run(loss)
        for _ in range(20):
            session.run(step)
        assert session.run(loss) < before - 0.1


def test_steps_are_cells() -> None:
    inputs, transitions, _, _, _ = data(4)
    crf = tf.contrib.crf
    with tf.Graph().as_default(), tf.Session() as session:
        first, rest = tf.constant(inputs[:, 0]), tf.constant(inputs[:, 1:])
        pairs = tf.constant(transitions)
        loop = {"initial_state": first, "dtype": tf.float64}
        _, scores = tf.nn.dynamic_rnn(crf.CrfForwardRnnCell(pairs), rest, **loop)
        cell = crf.CrfDecodeForwardRnnCell(pairs)
        before, best = tf.nn.dynamic_rnn(cell, rest, dtype=tf.int32, initial_state=first)
        last = tf.expand_dims(tf.argmax(best, 1, output_type=tf.int32), 1)
        tags, _ = tf.nn.dynamic_rnn(
            crf.CrfDecodeBackwardRnnCell(3), tf.reverse(before, [1]), initial_state=last
        )
        decoded = tf.reverse(tf.concat([last, tf.squeeze(tags, 2)], 1), [1])
        norm, found, score = session.run([tf.reduce_logsumexp(scores, 1), decoded, best])
    for row, values in enumerate(inputs):
        every = sums(values, transitions, 4)
        np.testing.assert_allclose(norm[row], np.log(sum(np.exp(value) for value, _ in every)))
        np.testing.assert_allclose(score[row].max(), max(every)[0])
        assert tuple(found[row]) == max(every)[1]
