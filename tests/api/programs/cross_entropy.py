"""Losses of logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program
from tests.api.programs.convolution import numbers, run


@program
def losses_of_softmax(tf: Any) -> Any:
    logits, labels = tf.constant(numbers(3, 4)), np.eye(4, dtype=np.float32)[:3]
    deep, deep_labels = numbers(2, 3, 4), np.abs(numbers(2, 3, 4))
    unknown = tf.placeholder(tf.float32, [None, None, 4])
    found = [
        tf.nn.softmax_cross_entropy_with_logits_v2(labels, logits),
        tf.nn.softmax_cross_entropy_with_logits_v2(labels=labels.astype(int), logits=logits, name="named"),
        tf.nn.softmax_cross_entropy_with_logits_v2(deep_labels, deep),
        tf.nn.softmax_cross_entropy_with_logits_v2(deep_labels, deep, axis=1),
        tf.nn.softmax_cross_entropy_with_logits_v2(deep_labels, deep, dim=0),
        tf.nn.softmax_cross_entropy_with_logits_v2(labels, tf.cast(logits, tf.float16)),
        tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits),
        tf.nn.softmax_cross_entropy_with_logits(labels=deep_labels, logits=deep, dim=-1, name="old"),
    ]  # fmt: skip
    tf.nn.softmax_cross_entropy_with_logits_v2(unknown, unknown)
    tf.nn.softmax_cross_entropy_with_logits_v2(unknown, tf.placeholder(tf.float32))
    return [
        run(tf, *found),
        message(lambda: tf.nn.softmax_cross_entropy_with_logits(labels, None)).split("Received")[0],
        message(lambda: tf.nn.softmax_cross_entropy_with_logits_v2(labels, logits, axis=1, dim=1)),
        message(
            lambda: tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits, axis=1)
        ),
    ]


@program
def losses_of_class_numbers(tf: Any) -> Any:
    logits = tf.constant(numbers(3, 4))
    deep = tf.constant(numbers(2, 3, 4))
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits
    found = [
        sparse(labels=[0, 3, 1], logits=logits),
        sparse(labels=np.array([0, 3, 1]), logits=logits, name="named"),
        sparse(labels=[[0, 1, 2], [3, 2, 1]], logits=deep, name="deep"),
        sparse(labels=2, logits=[1.0, 2.0, 3.0]),
        sparse(labels=[0, 3, 1], logits=tf.cast(logits, tf.float16)),
        sparse(labels=[[0, 1, 2], [3, 2, 1]], logits=tf.cast(deep, tf.float16)),
    ]
    return run(tf, *found)


@program
def wrong_losses_of_class_numbers(tf: Any) -> Any:
    logits = tf.constant(numbers(3, 4))
    sparse = tf.nn.sparse_softmax_cross_entropy_with_logits
    with tf.Graph().as_default():
        return [
            message(lambda: sparse(labels=[0, 3], logits=numbers(3, 4))),
            message(lambda: sparse(labels=[[0], [3], [1]], logits=numbers(3, 4))),
            message(lambda: sparse(labels=0, logits=1.0)).split(" Received")[0],
            message(lambda: sparse(labels=[0])).split("Received")[0],
            message(lambda: sparse(logits=logits)).split("Received")[0],
        ]


@program
def losses_of_sigmoids(tf: Any) -> Any:
    logits, labels = tf.constant(numbers(3, 4)), tf.constant(np.abs(numbers(3, 4)) / 2)
    sigmoid, weighted = (
        tf.nn.sigmoid_cross_entropy_with_logits,
        tf.nn.weighted_cross_entropy_with_logits,
    )
    found = [
        sigmoid(labels=labels, logits=logits),
        sigmoid(labels=[1.0, 0.0], logits=[100.0, -100.0], name="named"),
        weighted(labels, logits, 2.0),
        weighted(targets=labels, logits=logits, pos_weight=tf.constant([1.0, 2, 3, 4]), name="w"),
        tf.nn.log_poisson_loss(labels, logits),
        tf.nn.log_poisson_loss(labels * 3, logits, compute_full_loss=True, name="full"),
    ]
    return [
        run(tf, *found),
        message(lambda: sigmoid(labels=labels, logits=[1.0])),
        message(lambda: sigmoid(labels=labels)).split("Received")[0],
        message(lambda: weighted([1.0], logits, 1.0)),
        message(lambda: weighted(labels, logits, 1.0, targets=labels)),
        message(lambda: tf.nn.log_poisson_loss([1.0], logits)),
    ]
