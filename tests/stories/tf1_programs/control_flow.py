"""Conditions and loops of all kinds in one module: cond, case, while_loop, map_fn, scan, TensorArray."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub


def collatz(n):
    def step(value, count):
        value = tf.cond(
            tf.equal(value % 2, 0), lambda: value // 2, lambda: 3 * value + 1
        )
        return value, count + 1

    _, count = tf.while_loop(lambda value, _: value > 1, step, [n, tf.zeros_like(n)])
    return count


def flow_fn():
    numbers = tf.placeholder(tf.int32, [None], name="numbers")
    matrix = tf.placeholder(tf.float32, [None, 3], name="matrix")
    decay = tf.get_variable("decay", initializer=0.5)
    steps = tf.map_fn(collatz, numbers)
    smooth = tf.scan(lambda state, row: decay * state + (1.0 - decay) * row, matrix)
    total = tf.foldl(lambda acc, row: acc + tf.reduce_max(row), matrix, initializer=0.0)
    first = numbers[0]
    kind = tf.case(
        {
            tf.less(first, 0): lambda: tf.constant("negative"),
            tf.equal(first, 0): lambda: tf.constant("zero"),
        },
        default=lambda: tf.strings.join(["positive ", tf.as_string(first)]),
        exclusive=True,
    )
    pieces = tf.TensorArray(tf.float32, size=0, dynamic_size=True, infer_shape=False)
    pieces = pieces.write(0, matrix[0]).write(1, matrix[1, :2])
    outputs = {
        "steps": steps,
        "smooth": smooth,
        "total": total,
        "kind": kind,
        "pieces": pieces.concat(),
        "limited": tf.while_loop(lambda i: i < 100, lambda i: i * 2, [tf.constant(3)], maximum_iterations=2),
    }
    hub.add_signature(inputs={"numbers": numbers, "matrix": matrix}, outputs=outputs)


def main(folder):
    path = os.path.join(folder, "flow")
    with tf.Graph().as_default():
        m = hub.Module(hub.create_module_spec(flow_fn))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            m.export(path, sess)
    results = {}
    with tf.Graph().as_default():
        m = hub.Module(path)
        numbers = tf.placeholder(tf.int32, [None])
        matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
        outputs = m({"numbers": numbers, "matrix": matrix}, as_dict=True)
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            for label, value in (("seven", [7, 1, 27]), ("zero", [0]), ("minus", [-3, 2])):
                for key, found in sess.run(outputs, {numbers: value}).items():
                    results[label + " " + key] = found
    return results
