"""A model is saved with a Saver in steps; the module takes its values from the last checkpoint, under other names."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub


def model(x):
    with tf.variable_scope("linear"):
        w = tf.get_variable("w", [3, 2], initializer=tf.truncated_normal_initializer(seed=21))
        b = tf.get_variable("b", [2], initializer=tf.constant_initializer([0.5, -0.5]))
    return tf.matmul(x, w) + b


def module_fn():
    x = tf.placeholder(tf.float32, [None, 3])
    hub.add_signature(inputs=x, outputs=model(x))


def main(folder):
    results = {}
    model_dir = os.path.join(folder, "model")
    os.makedirs(model_dir)
    with tf.Graph().as_default():
        with tf.variable_scope("tower"):
            y = model(tf.ones([1, 3]))
        global_step = tf.train.get_or_create_global_step()
        train_op = tf.group(
            tf.assign_add(tf.global_variables()[0], tf.fill([3, 2], 0.25)),
            tf.assign_add(global_step, 1),
        )
        saver = tf.train.Saver(max_to_keep=2)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for _ in range(4):
                sess.run(train_op)
                saver.save(sess, os.path.join(model_dir, "model.ckpt"), global_step=global_step)
            results["trained"] = sess.run(y)
        results["kept"] = np.array([os.path.basename(p) for p in saver.last_checkpoints])
    latest = tf.train.latest_checkpoint(model_dir)
    results["latest"] = np.array(os.path.basename(latest))
    results["variables"] = np.array([f"{n} {s}" for n, s in tf.train.list_variables(latest)])
    results["w"] = tf.train.load_variable(model_dir, "tower/linear/w")

    spec = hub.create_module_spec(module_fn)
    path = os.path.join(folder, "module")
    spec.export(path, checkpoint_path=latest, name_transform_fn=lambda name: "tower/" + name)
    with hub.eval_function_for_module(path) as f:
        results["module"] = f(np.ones([1, 3], np.float32))

    with tf.Graph().as_default():
        with tf.variable_scope("again"):
            y = model(tf.ones([1, 3]))
        tf.train.init_from_checkpoint(model_dir, {"tower/": "again/"})
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            results["initialised"] = sess.run(y)

    with tf.Graph().as_default():
        with tf.variable_scope("tower"):
            y = model(tf.ones([1, 3]))
        saver = tf.train.Saver([v for v in tf.global_variables() if "/w" in v.name])
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            saver.restore(sess, latest)
            results["restored"] = sess.run(y)
    return results
