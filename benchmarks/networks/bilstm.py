"""A classifier's body of its time: embeddings of words and one bidirectional LSTM, in TF1 while loops."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

__all__ = ["build"]

_VOCABULARY, _WIDTH, _UNITS = 20_000, 128, 256


def build(length: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ids of words to one vector per sentence."""
    ids = tf.placeholder(tf.int32, [None, length], "word_ids")
    table = tf.get_variable("word_embeddings", [_VOCABULARY, _WIDTH])
    words = tf.nn.embedding_lookup(table, ids)
    cells = [tf.nn.rnn_cell.LSTMCell(_UNITS) for _ in range(2)]
    (forward, backward), _ = tf.nn.bidirectional_dynamic_rnn(*cells, words, dtype=tf.float32)
    mean = tf.reduce_mean(tf.concat([forward, backward], 2), 1)
    mean.set_shape([None, 2 * _UNITS])
    return {"word_ids": ids}, {"default": mean}
