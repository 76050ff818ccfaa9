"""Layers of transformers, as modules spell them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from tests.api.programs import results

POSITIONS, HEADS, DEPTH = 6, 2, 64
WIDTH = HEADS * DEPTH
#: Runs of each; what does not change is laid out after a few.
RUNS = 4


def drawn(*shape: int) -> Any:
    return (np.random.RandomState(sum(shape)).randn(*shape) * 0.1).astype(np.float32)


def dense(tf: Any, x: Any, name: str, width: int) -> Any:
    weights = tf.get_variable(f"{name}_w", initializer=drawn(x.shape[-1], width))
    return tf.matmul(x, weights) + tf.get_variable(f"{name}_b", initializer=drawn(width))


def gelu(tf: Any, x: Any) -> Any:
    return x * (0.5 * (1.0 + tf.erf(x / tf.sqrt(2.0))))


def gelu_of_tanh(tf: Any, x: Any) -> Any:
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * tf.pow(x, 3))
    return x * (0.5 * (1.0 + tf.tanh(inner)))


def normalised(tf: Any, x: Any) -> Any:
    mean, variance = tf.nn.moments(x, [-1], keep_dims=True)
    return tf.nn.batch_normalization(x, mean, variance, None, None, 1e-12)


def layer(tf: Any, activation: Any) -> Any:
    """Attention, and what follows it, of two and of one example."""
    x = tf.placeholder(tf.float32, [None, WIDTH])
    mask = tf.placeholder(tf.float32, [None, POSITIONS])

    def heads(name: str) -> Any:
        rows = tf.reshape(dense(tf, x, name, WIDTH), [-1, POSITIONS, HEADS, DEPTH])
        return tf.transpose(rows, [0, 2, 1, 3])

    query, key, value = heads("query"), heads("key"), heads("value")
    scores = tf.matmul(query, key, transpose_b=True) / math.sqrt(DEPTH)
    scores += (1.0 - tf.reshape(mask, [-1, 1, 1, POSITIONS])) * -10000.0
    context = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), [0, 2, 1, 3])
    attended = dense(tf, tf.reshape(context, [-1, WIDTH]), "output", WIDTH)
    rows = normalised(tf, x + attended)
    inner = activation(tf, dense(tf, rows, "intermediate", 4 * WIDTH))
    y = normalised(tf, rows + dense(tf, inner, "last", WIDTH))
    found = []
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for examples in (2, 1):
            feeds = {
                x: np.tile(drawn(POSITIONS, WIDTH) * 10, [examples, 1]),
                mask: [[1, 1, 1, 1, 0, 0], [1, 0, 0, 0, 0, 0]][:examples],
            }
            for _ in range(RUNS):
                value = session.run(y, feeds)
            found.append(value[:, ::16])
    return found


@results
def a_layer_of_bert(tf: Any) -> Any:
    return layer(tf, gelu)


@results
def a_layer_with_gelu_of_tanh(tf: Any) -> Any:
    return layer(tf, gelu_of_tanh)


@results
def powers_of_negative_numbers(tf: Any) -> Any:
    x = tf.placeholder(tf.float32, [None])
    fetches = [tf.pow(x, n) for n in (2, 3, 4, -1, -2, 0, 7)]
    fetches += [tf.pow(x, 3) * 0.5 + x, tf.tanh(tf.pow(x, 2) - 1.0)]
    value = np.concatenate([[0.0, -0.0, np.inf, -np.inf, np.nan], np.linspace(-3, 3, 100)])
    with tf.Session() as session:
        return session.run(fetches, {x: value})
