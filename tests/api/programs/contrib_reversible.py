"""Layers of `tf.contrib.layers` whose gradients work out the activations anew.

Keras of TensorFlow 2 rewrites layers with AutoGraph, which adds operations, so that values alone are compared.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, message, results
from tests.api.programs.contrib import run, slim


def halves(tf: Any) -> tuple[Any, Any, Any]:
    x = tf.constant(np.arange(12.0, dtype=np.float32).reshape(2, 6) % 5 / 4 - 0.5)
    return x, *tf.split(x, 2, axis=1)


def dense(tf: Any, activation: Any = None) -> Any:
    def layer(x: Any) -> Any:
        start = tf.ones_initializer() if activation is None else tf.constant_initializer(0.25)
        return tf.layers.dense(x, 3, activation, kernel_initializer=start)

    return layer


@results
def reversible_layers(tf: Any) -> Any:
    s = slim(tf)
    _, x1, x2 = halves(tf)
    side = tf.constant([[0.5, 1.0, -1.0]])

    def with_side(x: Any, sides: Any) -> Any:
        return dense(tf)(x) * sides[0]

    functions = [dense(tf), dense(tf, tf.nn.relu)]
    with tf.variable_scope("around") as scope:
        found = [
            *s.rev_block(x1, x2, dense(tf), dense(tf, tf.tanh), num_layers=2),
            *s.rev_block(x1, x2, functions, functions, num_layers=2, is_training=False),
            *s.rev_block(x1, x2, with_side, dense(tf), f_side_input=[side]),
        ]
    with tf.variable_scope(scope, reuse=True):
        found += s.rev_block(x1, x2, dense(tf), dense(tf, tf.tanh), num_layers=2)
    return [
        [(t.name, str(t.shape)) for t in found],
        [v.name for v in tf.trainable_variables()],
        run(tf, {}, *found),
    ]


@results
def reversible_blocks(tf: Any) -> Any:
    s = slim(tf)
    _, x1, x2 = halves(tf)

    def counting(x: Any) -> Any:
        step = tf.get_variable("step", [], trainable=False, initializer=tf.ones_initializer())
        return dense(tf)(x) * step

    block = s.RevBlock(counting, dense(tf, tf.tanh), num_layers=2)
    ys = block.forward(x1, x2)
    back = block.backward(*ys)
    return [
        block.name,
        block.scope_name,
        [v.name for v in block.trainable_weights],
        [v.name for v in block.non_trainable_weights],
        run(tf, {}, x1, x2, ys, back),
    ]


@results
def reversible_gradients(tf: Any) -> Any:
    s = slim(tf)
    x, x1, x2 = halves(tf)
    one, two = tf.constant([[0.5, 1.0, -1.0]]), tf.constant([0.25])

    def f(x: Any, sides: Any) -> Any:
        return dense(tf, tf.sigmoid)(x * sides[0]) * sides[1]

    def g(x: Any, sides: Any) -> Any:
        hidden = tf.layers.dense(x, 2, tf.tanh, kernel_initializer=tf.ones_initializer())
        return dense(tf, tf.nn.relu)(hidden) + sides[0]

    sides = {"f_side_input": [one, two], "g_side_input": [two * 2.0]}
    found = []
    for name, efficient in (("efficient", True), ("usual", False)):
        with tf.variable_scope(name):
            y1, y2 = s.rev_block(x1, x2, f, g, 3, is_training=efficient, **sides)
        variables = tf.trainable_variables(name)
        both = tf.reduce_sum(y1 * [[1.0, 2.0, 3.0]]) + tf.reduce_sum(y2 * y2)
        found.append(tf.gradients(both, [x, one, two, *variables]))
        found.append(tf.gradients(y2, [x1, x2, one, *variables]))
        found.append(tf.gradients(y1[0], [x1, x2, two]))
    return [[v.name for v in tf.trainable_variables()], run(tf, {}, *found)]


@results
def recomputed_gradients(tf: Any) -> Any:
    s = slim(tf)
    x = tf.constant(np.arange(12.0, dtype=np.float32).reshape(2, 2, 3) / 12)
    calls = []

    def usual(x: Any, y: Any) -> Any:
        with s.arg_scope([s.fully_connected], weights_initializer=tf.ones_initializer()):
            hidden = s.fully_connected(s.layer_norm(x), 4, activation_fn=tf.nn.elu)
        return tf.tanh(hidden) * y, y * y

    def telling(x: Any, y: Any, is_recomputing: bool = False) -> Any:
        calls.append(is_recomputing)
        return usual(x, y)

    y = tf.constant([0.5, 1.0, 1.5, 2.0])
    functions = [
        usual,
        s.recompute_grad(usual),
        s.recompute_grad(telling),
        s.recompute_grad(use_data_dep=True)(usual),
        s.recompute_grad(tupleize_grads=True)(usual),
        s.recompute_grad(use_data_dep=True, tupleize_grads=True)(usual),
    ]
    found = []
    for number, function in enumerate(functions):
        with tf.variable_scope(f"way{number}", use_resource=True) as scope:
            outputs = function(x, y)
        variables = scope.trainable_variables()
        found.append([*outputs, *tf.gradients(outputs, [x, y, *variables])])
        found.append(tf.gradients(outputs[0], [x, y]))
    return [[v.name for v in tf.trainable_variables()], calls, run(tf, {}, *found)]


@results
def recomputing_what_cannot_be(tf: Any) -> Any:
    s = slim(tf)
    x = tf.ones([2, 3])

    @s.recompute_grad
    def layer(x: Any) -> Any:
        return dense(tf)(x)

    @s.recompute_grad
    def plain(x: Any) -> Any:
        return x * x

    def closed(y: Any) -> Any:
        return x + y

    with tf.variable_scope("same", use_resource=True):
        y = layer(layer(x))
    free = plain(tf.placeholder(tf.float32))
    loose = s.recompute_grad(use_data_dep=True)(lambda x: x * x)(tf.placeholder(tf.float32))
    return [
        attempt(lambda: tf.gradients(y, [x, *tf.trainable_variables()])),
        message(lambda: s.recompute_grad(closed)),
        message(lambda: plain(1.0)),
        message(lambda: plain([x])),
        len(tf.gradients(free, free.op.inputs)),
        attempt(lambda: tf.gradients(loose, loose.op.inputs)),
        attempt(lambda: layer(x)),
    ]
