"""BERT, written with the primitive ops that its TF1 modules hold."""

from __future__ import annotations

import math
from typing import Any

import tensorflow.compat.v1 as tf

__all__ = ["build"]

_VOCABULARY, _POSITIONS, _HEAD = 30522, 512, 64


def _dense(x: Any, units: int, name: str, activation: Any = None) -> Any:
    return tf.layers.dense(x, units, activation, name=name)


def _gelu(x: Any) -> Any:
    return x * 0.5 * (1.0 + tf.erf(x / math.sqrt(2.0)))


def _normalised(x: Any, name: str) -> Any:
    width = x.shape[-1]
    with tf.variable_scope(name):
        beta = tf.get_variable("beta", [width])
        gamma = tf.get_variable("gamma", [width])
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-12)


def _attention(x: Any, penalty: Any, length: int, width: int) -> Any:
    """Self-attention of [batch * length, width], heads of 64."""
    heads = width // _HEAD

    def split(part: Any) -> Any:
        return tf.transpose(tf.reshape(part, [-1, length, heads, _HEAD]), [0, 2, 1, 3])

    query, key, value = (split(_dense(x, width, name)) for name in ("query", "key", "value"))
    scores = tf.matmul(query, key, transpose_b=True) * (1.0 / math.sqrt(_HEAD))
    context = tf.matmul(tf.nn.softmax(scores + penalty), value)
    return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, width])


def build(layers: int, width: int, length: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ids of tokens to one vector per token and one per sequence."""
    ids, mask, segments = (
        tf.placeholder(tf.int32, [None, length], name)
        for name in ("input_ids", "input_mask", "segment_ids")
    )
    with tf.variable_scope("bert/embeddings"):
        words = tf.get_variable("word_embeddings", [_VOCABULARY, width])
        x = tf.gather(words, tf.reshape(ids, [-1]))
        types = tf.get_variable("token_type_embeddings", [2, width])
        x += tf.matmul(tf.one_hot(tf.reshape(segments, [-1]), 2), types)
        positions = tf.get_variable("position_embeddings", [_POSITIONS, width])
        x = tf.reshape(x, [-1, length, width]) + tf.slice(positions, [0, 0], [length, -1])
        x = tf.reshape(_normalised(x, "LayerNorm"), [-1, width])
    penalty = (1.0 - tf.cast(tf.reshape(mask, [-1, 1, 1, length]), tf.float32)) * -10000.0
    for number in range(layers):
        with tf.variable_scope(f"bert/encoder/layer_{number}"):
            with tf.variable_scope("attention/self"):
                attended = _attention(x, penalty, length, width)
            with tf.variable_scope("attention/output"):
                x = _normalised(_dense(attended, width, "dense") + x, "LayerNorm")
            inner = _dense(x, 4 * width, "intermediate", _gelu)
            with tf.variable_scope("output"):
                x = _normalised(_dense(inner, width, "dense") + x, "LayerNorm")
    sequence = tf.reshape(x, [-1, length, width], name="sequence_output")
    pooled = _dense(tf.squeeze(sequence[:, 0:1, :], axis=1), width, "bert/pooler", tf.tanh)
    return (
        {"input_ids": ids, "input_mask": mask, "segment_ids": segments},
        {"pooled_output": pooled, "sequence_output": sequence},
    )
