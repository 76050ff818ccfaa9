"""Losses and decoders of label sequences; windows of varying sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results
from tests.api.programs.convolution import numbers, run


@program
def label_sequences(tf: Any) -> Any:
    logits = tf.constant(numbers(5, 2, 4))
    labels = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], tf.constant([0, 1, 2]), [2, 2])
    lengths = tf.constant([5, 4])
    greedy, chances = tf.nn.ctc_greedy_decoder(logits, lengths)
    first, more = tf.nn.ctc_greedy_decoder(logits, lengths, merge_repeated=False, blank_index=0)
    beams, beam_chances = tf.nn.ctc_beam_search_decoder(logits, lengths, 10, 2)
    others, other_chances = tf.nn.ctc_beam_search_decoder_v2(logits, lengths, beam_width=10)
    found = [
        tf.nn.ctc_loss(labels, logits, lengths),
        tf.nn.ctc_loss(labels, logits=tf.transpose(logits, [1, 0, 2]), sequence_length=lengths, time_major=False),
        tf.nn.ctc_loss(labels, tf.cast(logits, tf.float16), lengths),
        tf.nn.ctc_loss_v2(labels, logits, None, lengths, blank_index=-1),
        tf.nn.ctc_loss_v2(labels, logits, None, lengths, blank_index=3),
        chances, more, beam_chances, other_chances,
        *[part for decoded in (*greedy, *first, *beams, *others) for part in (decoded.indices, decoded.values)],
    ]  # fmt: skip
    return [
        run(tf, *found),
        message(lambda: tf.nn.ctc_loss_v2(labels, logits, None, lengths)),
    ]


@results
def windows_of_varying_sizes(tf: Any) -> Any:
    # TensorFlow's rule says that there is a border less than there is.
    x = tf.constant(numbers(1, 7, 6, 2))
    ratio = [1.0, 1.5, 1.44, 1.0]
    fixed = {"deterministic": True, "seed": 5, "seed2": 7}
    found = [
        *tf.nn.fractional_max_pool(x, ratio, **fixed),
        *tf.nn.fractional_avg_pool(x, ratio, pseudo_random=True, overlapping=True, name="named", **fixed),
    ]  # fmt: skip
    return run(tf, *found)


@program
def targets_among_the_best(tf: Any) -> Any:
    found = [
        tf.nn.in_top_k(numbers(2, 4), [1, 3], 2),
        tf.nn.in_top_k(numbers(2, 4), np.array([1, 3]), 1, name="best"),
    ]
    return run(tf, *found)


@results
def labels_without_repetitions(tf: Any) -> Any:
    labels = [[1, 1, 2, 2, 1], [1, 2, 3, 4, 5], [3, 3, 3, 3, 3], [0, 0, 7, 0, 0]]
    lengths = np.array([5, 4, 3, 0], np.int64)
    unknown = tf.placeholder(tf.float32, [None, None])
    found = [
        tf.nn.collapse_repeated(labels, lengths),
        tf.nn.collapse_repeated(unknown, np.array([5, 5, 5, 1], np.int32)),
        tf.nn.collapse_repeated(labels[2:], [1, 0]),
    ]
    with tf.Session() as session:
        return session.run(found, {unknown: labels})


@results
def unique_labels(tf: Any) -> Any:
    labels = [[3, 4, 4, 3], [1, 2, 0, 0], [5, 5, 5, 5], [4, 3, 2, 1]]
    unknown = tf.placeholder(tf.int64, [None, None])
    found = [tf.nn.ctc_unique_labels(np.array(labels, np.int32)), tf.nn.ctc_unique_labels(unknown)]
    shapes = [[t.shape.as_list() for t in pair] for pair in found]
    with tf.Session() as session:
        return session.run([list(pair) for pair in found], {unknown: labels}), shapes
