"""Sparse and ragged inputs, examples parsed from records, and hashing, in a module with four signatures."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub


def features_fn():
    weights = tf.get_variable("weights", [20, 3], initializer=tf.random_uniform_initializer(seed=2))
    bags = tf.sparse_placeholder(tf.string, shape=[None, None], name="bags")
    ids = tf.SparseTensor(
        bags.indices, tf.string_to_hash_bucket_fast(bags.values, 20), bags.dense_shape
    )
    hub.add_signature(
        "bags", inputs=bags, outputs=tf.nn.safe_embedding_lookup_sparse(weights, ids, combiner="sum")
    )

    rows = tf.ragged.placeholder(tf.int64, ragged_rank=1, value_shape=[], name="rows")
    looked_up = tf.ragged.map_flat_values(tf.nn.embedding_lookup, weights, rows)
    hub.add_signature("rows", inputs=rows, outputs={"rows": looked_up, "sum": tf.reduce_sum(looked_up, axis=1)})

    records = tf.placeholder(tf.string, [None], name="records")
    parsed = tf.io.parse_example(
        records,
        features={
            "age": tf.io.FixedLenFeature([1], tf.float32, default_value=[30.0]),
            "tags": tf.io.VarLenFeature(tf.string),
        },
    )
    tags = tf.sparse.to_dense(parsed["tags"], default_value="-")
    hub.add_signature("records", inputs=records, outputs={"age": parsed["age"], "tags": tags})

    text = tf.placeholder(tf.string, [None])
    number = tf.strings.to_number(tf.strings.regex_replace(text, "[^0-9.]", ""))
    hub.add_signature(inputs=text, outputs=tf.round(number * 10.0) / 10.0)


def main(folder):
    path = os.path.join(folder, "features")
    with tf.Graph().as_default():
        m = hub.Module(hub.create_module_spec(features_fn))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            m.export(path, sess)
    example = tf.train.Example()
    example.features.feature["age"].float_list.value.append(41.5)
    example.features.feature["tags"].bytes_list.value.extend([b"a", b"b"])
    results = {}
    with tf.Graph().as_default():
        m = hub.Module(path)
        bags = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], ["cat", "dog", "cat"], [3, 2])
        rows = tf.ragged.constant([[1, 2], [], [19]], dtype=tf.int64)
        outputs = {
            "bags": m(bags, signature="bags"),
            "number": m(["price: 12.34 EUR", "7"]),
            **m(rows, signature="rows", as_dict=True),
            **m([example.SerializeToString(), b""], signature="records", as_dict=True),
        }
        outputs["rows"] = outputs["rows"].to_tensor()
        with tf.Session() as sess:
            sess.run([tf.global_variables_initializer(), tf.tables_initializer()])
            results.update(sess.run(outputs))
        results["signatures"] = np.array(sorted(m.get_signature_names()))
    return results
