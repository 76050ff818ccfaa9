"""A module made of another module, applied twice, with the inner one's variables in its own checkpoint."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub


def inner_fn():
    x = tf.placeholder(tf.float32, [None, 3])
    w = tf.get_variable(
        "w", [3, 3], initializer=tf.initializers.identity(gain=2.0), regularizer=tf.keras.regularizers.l2(0.5)
    )
    b = tf.get_variable("b", initializer=tf.constant([0.1, 0.2, 0.3]), trainable=False)
    hub.add_signature(inputs=x, outputs=tf.matmul(x, w) + b)


def outer_fn(inner_path):
    x = tf.placeholder(tf.float32, [None, 3])
    inner = hub.Module(inner_path, trainable=True, name="inner")
    with tf.variable_scope("head"):
        gain = tf.get_variable("gain", initializer=1.5)
    hub.add_signature(inputs=x, outputs={"default": inner(x) * gain, "twice": inner(inner(x))})


def main(folder):
    inner_path, outer_path = os.path.join(folder, "inner"), os.path.join(folder, "outer")
    with tf.Graph().as_default():
        m = hub.Module(hub.create_module_spec(inner_fn))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            m.export(inner_path, sess)
    spec = hub.create_module_spec(lambda: outer_fn(inner_path))
    with tf.Graph().as_default():
        m = hub.Module(spec)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            m.export(outer_path, sess)
    for name in os.listdir(os.path.join(inner_path, "variables")):
        os.remove(os.path.join(inner_path, "variables", name))

    results = {}
    with tf.Graph().as_default():
        with tf.variable_scope("site"):
            m = hub.Module(outer_path, trainable=True)
        outputs = m(np.eye(3, dtype=np.float32), as_dict=True)
        results["variables"] = np.array(sorted(v.op.name for v in tf.global_variables()))
        results["trainable"] = np.array(sorted(v.op.name for v in tf.trainable_variables()))
        loss = tf.losses.get_regularization_loss()
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            results.update(sess.run(outputs))
            results["loss"] = sess.run(loss)
    return results
