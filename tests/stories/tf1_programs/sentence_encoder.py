"""An averaging sentence encoder: a vocabulary file, an embedding, a signature; written, read, and applied to fed sentences."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub

VOCABULARY = ["the", "movie", "was", "great", "terrible", "plot", "acting"]
DIMENSION = 5


def encoder_fn(vocabulary_file):
    sentences = tf.placeholder(tf.string, shape=[None], name="sentences")
    words = tf.string_split(tf.strings.lower(sentences))
    table = tf.lookup.StaticVocabularyTable(
        tf.lookup.TextFileInitializer(
            vocabulary_file,
            key_dtype=tf.string,
            key_index=tf.lookup.TextFileIndex.WHOLE_LINE,
            value_dtype=tf.int64,
            value_index=tf.lookup.TextFileIndex.LINE_NUMBER,
        ),
        num_oov_buckets=1,
    )
    embeddings = tf.get_variable(
        "embeddings",
        shape=[len(VOCABULARY) + 1, DIMENSION],
        initializer=tf.random_uniform_initializer(-1.0, 1.0, seed=7),
    )
    ids = tf.SparseTensor(words.indices, table.lookup(words.values), words.dense_shape)
    encoded = tf.nn.embedding_lookup_sparse(embeddings, ids, None, combiner="mean")
    with tf.variable_scope("projection"):
        weights = tf.get_variable("weights", [DIMENSION, 3], initializer=tf.glorot_uniform_initializer(seed=3))
        bias = tf.get_variable("bias", [3], initializer=tf.zeros_initializer())
        projected = tf.nn.xw_plus_b(encoded, weights, bias)
    hub.add_signature("default", inputs=sentences, outputs=encoded)
    hub.add_signature("projected", inputs={"text": sentences}, outputs={"vector": tf.tanh(projected)})


def main(folder):
    vocabulary_file = os.path.join(folder, "vocabulary.txt")
    with open(vocabulary_file, "w") as f:
        f.write("\n".join(VOCABULARY) + "\n")

    spec = hub.create_module_spec(lambda: encoder_fn(vocabulary_file))
    module_path = os.path.join(folder, "encoder")
    with tf.Graph().as_default():
        m = hub.Module(spec)
        with tf.Session() as sess:
            sess.run([tf.global_variables_initializer(), tf.tables_initializer()])
            m.export(module_path, sess)
    os.remove(vocabulary_file)

    with tf.Graph().as_default():
        encode = hub.Module(module_path, name="encoder")
        text = tf.placeholder(tf.string, [None])
        default = encode(text)
        projected = encode({"text": text}, signature="projected", as_dict=True)["vector"]
        similarity = tf.matmul(
            tf.nn.l2_normalize(default, axis=1), tf.nn.l2_normalize(default, axis=1), transpose_b=True
        )
        names = sorted(v.name for v in tf.global_variables())
        with tf.Session() as sess:
            sess.run([tf.global_variables_initializer(), tf.tables_initializer()])
            batch = ["The movie was great", "terrible acting unknownword", "plot"]
            results = sess.run(
                {"default": default, "projected": projected, "similarity": similarity},
                feed_dict={text: batch},
            )
            results["second"] = sess.run(default, {text: ["great great movie"]})
    results["names"] = np.array(names)
    return results
