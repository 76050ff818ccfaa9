"""Graphs as data: frozen, written, imported with other inputs, and a MetaGraph taken over."""

import os

import numpy as np
import tensorflow.compat.v1 as tf


def main(folder):
    results = {}
    with tf.Graph().as_default() as graph:
        tf.set_random_seed(3)
        x = tf.placeholder(tf.float32, [None, 4], name="x")
        with tf.name_scope("head"):
            w = tf.get_variable("w", [4, 2], initializer=tf.orthogonal_initializer(seed=9))
            y = tf.nn.softplus(tf.matmul(x, w), name="y")
        tf.add_to_collection("outputs", y)
        tf.add_to_collection("outputs", x)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            frozen = tf.graph_util.convert_variables_to_constants(sess, graph.as_graph_def(), ["head/y"])
            saver = tf.train.Saver()
            saver.save(sess, os.path.join(folder, "model"))
    tf.train.write_graph(frozen, folder, "frozen.pb", as_text=False)
    tf.train.write_graph(frozen, folder, "frozen.pbtxt", as_text=True)
    results["ops"] = np.array(sorted({n.op for n in frozen.node}))

    graph_def = tf.GraphDef()
    with tf.gfile.GFile(os.path.join(folder, "frozen.pb"), "rb") as f:
        graph_def.ParseFromString(f.read())
    data = np.arange(8, dtype=np.float32).reshape(2, 4) / 7
    with tf.Graph().as_default():
        doubled = tf.constant(data) * 2.0
        (y,) = tf.import_graph_def(
            graph_def, input_map={"x:0": doubled}, return_elements=["head/y:0"], name="frozen"
        )
        results["name"] = np.array(y.name)
        with tf.Session() as sess:
            results["imported"] = sess.run(y)

    with tf.Graph().as_default():
        saver = tf.train.import_meta_graph(os.path.join(folder, "model.meta"), clear_devices=True)
        y, x = tf.get_collection("outputs")
        with tf.Session() as sess:
            saver.restore(sess, os.path.join(folder, "model"))
            results["meta"] = sess.run(y, {x: data})
            results["by name"] = sess.run("head/y:0", {"x:0": data[:1]})
    return results
