"""A text embedding as nnlm-*-with-normalization: clean, split, look up, sum by the square root of the count."""

from __future__ import annotations

from typing import Any

import tensorflow.compat.v1 as tf

__all__ = ["build"]


def build(vocabulary: str, size: int, width: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sentences to vectors.

    Args:
        vocabulary: the file of words, one a line.
        size: how many they are.
        width: of the vectors.
    """
    sentences = tf.placeholder(tf.string, [None], "sentences")
    plain = tf.strings.regex_replace(sentences, r"\pP", "")
    tokens = tf.string_split(plain, " ")
    # A sentence without words counts as one of the empty word.
    tokens, _ = tf.sparse_fill_empty_rows(tokens, "")
    tokens = tf.sparse_reset_shape(tokens)
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(
            vocabulary,
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
            vocab_size=size,
        ),
        num_oov_buckets=1,
        lookup_key_dtype=tf.string,
    )
    ids = tf.SparseTensor(tokens.indices, table.lookup(tokens.values), tokens.dense_shape)
    embeddings = tf.get_variable(
        "embeddings", [size + 1, width], partitioner=tf.fixed_size_partitioner(8)
    )
    vectors = tf.nn.embedding_lookup_sparse(embeddings, ids, None, combiner="sqrtn")
    return {"sentences": sentences}, {"default": vectors}
