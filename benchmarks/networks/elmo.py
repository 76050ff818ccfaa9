"""ELMo at its published width: characters, convolutions, highways, two bidirectional LSTM layers in TF1 while loops."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

__all__ = ["build"]

_FILTERS = ((1, 32), (2, 32), (3, 64), (4, 128), (5, 256), (6, 512), (7, 1024))
_CHARACTERS, _WIDTH, _UNITS, _PROJECTED, _PER_WORD = 262, 16, 4096, 512, 50
_START, _END, _PADDING = 258, 259, 260


def _characters(word: Any) -> Any:
    """Ids of the bytes of one word between marks, padded to 50, counted from one."""
    ids = tf.cast(tf.decode_raw(word, tf.uint8), tf.int32)[: _PER_WORD - 2]
    ids = tf.concat([[_START], ids, [_END]], 0)
    filled = tf.fill([_PER_WORD - tf.shape(ids)[0]], _PADDING)
    return tf.reshape(tf.concat([ids, filled], 0), [_PER_WORD]) + 1


def _words(ids: Any) -> Any:
    """[words, 50] ids to [words, 512]: convolutions over characters, maxima, highways, projection."""
    table = tf.get_variable("char_embed", [_CHARACTERS, _WIDTH])
    embedded = tf.expand_dims(tf.nn.embedding_lookup(table, ids), 1)
    parts = []
    for span, count in _FILTERS:
        kernel = tf.get_variable(f"W_cnn_{span}", [1, span, _WIDTH, count])
        bias = tf.get_variable(f"b_cnn_{span}", [count])
        rows = tf.nn.conv2d(embedded, kernel, [1, 1, 1, 1], "VALID") + bias
        best = tf.nn.max_pool(rows, [1, 1, _PER_WORD - span + 1, 1], [1, 1, 1, 1], "VALID")
        parts.append(tf.squeeze(tf.nn.relu(best), [1, 2]))
    x = tf.concat(parts, 1)
    for number in range(2):
        with tf.variable_scope(f"highway_{number}"):
            carry = tf.layers.dense(x, x.shape[-1], tf.sigmoid, name="carry")
            changed = tf.layers.dense(x, x.shape[-1], tf.nn.relu, name="transform")
            x = carry * changed + (1.0 - carry) * x
    return tf.layers.dense(x, _PROJECTED, name="projection")


def build() -> tuple[dict[str, Any], dict[str, Any]]:
    """Sentences to vectors: each layer's, their mean, and the mean over words."""
    sentences = tf.placeholder(tf.string, [None], "strings")
    split = tf.string_split(sentences, " ")
    tokens = tf.sparse_tensor_to_dense(split, default_value="")
    lengths = tf.reduce_sum(tf.cast(tf.not_equal(tokens, ""), tf.int32), 1)
    with tf.variable_scope("bilm"):
        ids = tf.map_fn(_characters, tf.reshape(tokens, [-1]), dtype=tf.int32)
        x = tf.reshape(_words(ids), [tf.shape(tokens)[0], tf.shape(tokens)[1], _PROJECTED])
        layers = [tf.concat([x, x], 2)]
        directions = {"forward": x, "backward": tf.reverse_sequence(x, lengths, seq_axis=1)}
        for number in range(2):
            for name, value in directions.items():
                cell = tf.nn.rnn_cell.LSTMCell(
                    _UNITS, num_proj=_PROJECTED, cell_clip=3.0, proj_clip=3.0
                )
                with tf.variable_scope(f"{name}_{number}"):
                    made, _ = tf.nn.dynamic_rnn(cell, value, lengths, dtype=tf.float32)
                # The second layer adds what it read.
                directions[name] = made + value if number else made
            back = tf.reverse_sequence(directions["backward"], lengths, seq_axis=1)
            layers.append(tf.concat([directions["forward"], back], 2))
    mixed = sum(layers[1:], layers[0]) / float(len(layers))
    mask = tf.expand_dims(tf.sequence_mask(lengths, dtype=tf.float32), 2)
    mean = tf.reduce_sum(mixed * mask, 1) / tf.reduce_sum(mask, 1)
    return {"strings": sentences}, {"default": mean, "elmo": mixed}
