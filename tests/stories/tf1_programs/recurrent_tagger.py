"""A bidirectional LSTM over padded sequences, with one-hot labels decoded by a loop."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub


def tagger_fn():
    features = tf.placeholder(tf.float32, [None, None, 4], name="features")
    lengths = tf.placeholder(tf.int32, [None], name="lengths")
    init = tf.random_normal_initializer(stddev=0.3, seed=5)
    with tf.variable_scope("encoder", initializer=init):
        forward = tf.nn.rnn_cell.BasicLSTMCell(3, name="forward_cell")
        backward = tf.nn.rnn_cell.MultiRNNCell(
            [tf.nn.rnn_cell.GRUCell(3, name="first"), tf.nn.rnn_cell.GRUCell(2, name="second")]
        )
        (left, right), _ = tf.nn.bidirectional_dynamic_rnn(
            forward, backward, features, sequence_length=lengths, dtype=tf.float32
        )
    encoded = tf.concat([left, right], axis=-1)
    logits = tf.layers.dense(encoded, 3, kernel_initializer=init, name="logits")
    mask = tf.sequence_mask(lengths, tf.shape(features)[1], dtype=tf.float32)

    steps = tf.shape(logits)[1]

    def decode_step(step, previous, tags):
        scores = logits[:, step, :] + 0.1 * tf.one_hot(previous, 3)
        best = tf.argmax(scores, axis=-1, output_type=tf.int32)
        return step + 1, best, tags.write(step, best)

    _, _, tags = tf.while_loop(
        lambda step, *_: step < steps,
        decode_step,
        [tf.constant(0), tf.zeros([tf.shape(logits)[0]], tf.int32), tf.TensorArray(tf.int32, steps)],
    )
    hub.add_signature(
        inputs={"features": features, "lengths": lengths},
        outputs={"default": logits * mask[:, :, tf.newaxis], "tags": tf.transpose(tags.stack())},
    )


def main(folder):
    path = os.path.join(folder, "tagger")
    with tf.Graph().as_default():
        m = hub.Module(hub.create_module_spec(tagger_fn))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            m.export(path, sess)
    x = np.sin(np.arange(2 * 5 * 4, dtype=np.float32)).reshape(2, 5, 4)
    with tf.Graph().as_default():
        m = hub.Module(path)
        outputs = m({"features": x, "lengths": [5, 3]}, as_dict=True)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            results = sess.run(outputs)
        results["names"] = np.array(sorted(m.variable_map))
    return results
