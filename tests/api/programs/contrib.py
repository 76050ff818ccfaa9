"""What programs use of `tf.contrib`; TensorFlow has it no more, its successor tf_slim has."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from tests.api.programs import attempt, program


def slim(tf: Any) -> Any:
    """`tf.contrib.slim`, or the package that took its place."""
    return tf.contrib.slim if hasattr(tf, "contrib") else importlib.import_module("tf_slim")


def run(tf: Any, feeds: Any, *steps: Any) -> list[Any]:
    """The values of the steps once all variables have values."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(step, feeds) for step in steps]


@program
def regularizers(tf: Any) -> Any:
    s = slim(tf)
    x = tf.constant([[1.0, -2.0], [3.0, -0.5]])
    y = tf.constant([1.5, -2.5], tf.float64)
    made = [
        s.l1_regularizer(0.1),
        s.l2_regularizer(0.5, scope="named"),
        s.l1_l2_regularizer(0.1, 0.2),
        s.l1_l2_regularizer(0.0, 0.2),
        s.l1_l2_regularizer(0.3, 0.0, scope="one"),
        s.sum_regularizer([s.l1_regularizer(0.1), None, s.l2_regularizer(0.0)]),
    ]
    steps = [regularizer(tensor) for regularizer in made for tensor in (x, y)]
    v = tf.get_variable(
        "v", [2], initializer=tf.ones_initializer(), regularizer=s.l2_regularizer(0.5)
    )
    total = s.apply_regularization(s.l2_regularizer(0.25), [x, v])
    tf.add_to_collection("weights", x)
    steps += [total, s.apply_regularization(s.l1_regularizer(0.5))]
    return [
        run(tf, {}, *steps),
        [t.name for t in steps],
        [loss.name for loss in tf.get_collection("regularization_losses")],
        s.l2_regularizer(0.0)(x),
        s.sum_regularizer([]),
        attempt(lambda: s.l1_regularizer(1)),
        attempt(lambda: s.l2_regularizer(-1.0)),
        attempt(lambda: s.l1_l2_regularizer(1, 0.5)),
        attempt(lambda: s.apply_regularization(lambda w: w, [x])),
    ]


@program
def initializers(tf: Any) -> Any:
    s = slim(tf)
    made = [
        s.xavier_initializer(seed=1),
        s.xavier_initializer(uniform=False, seed=2),
        s.xavier_initializer_conv2d(seed=3),
        s.variance_scaling_initializer(seed=4),
        s.variance_scaling_initializer(1.0, "FAN_OUT", True, 5, tf.float64),
    ]
    shapes: list[list[int]] = [[3, 4], [2, 2, 3, 4], [5]]
    v = tf.get_variable("v", [3, 2], initializer=s.xavier_initializer(seed=6))
    return [
        run(tf, {}, v, *(initializer(shape) for initializer in made for shape in shapes)),
        attempt(lambda: s.variance_scaling_initializer(mode="FAN")),
        attempt(lambda: s.xavier_initializer(dtype=tf.int32)),
    ]


@program
def arg_scopes(tf: Any) -> Any:
    s = slim(tf)

    @s.add_arg_scope
    def first(x: int, a: int = 1, b: int = 2) -> Any:
        return [x, a, b]

    @s.add_arg_scope
    def second(x: int, a: int = 10, c: int = 20) -> Any:
        return [x, a, c]

    found = [first(0), second(0)]
    with s.arg_scope([first, second], a=5) as outer:
        found += [first(0), second(0), first(0, a=6), first(0, b=7)]
        with s.arg_scope([first], b=8):
            found += [first(1), second(1)]
        with s.arg_scope([second], a=9, c=9):
            found.append(second(2))
    found.append(first(0))
    with s.arg_scope(outer):
        found += [first(3), second(3)]

    def plain(x: int) -> int:
        return x

    return [
        found,
        [s.has_arg_scope(f) for f in (first, plain)],
        list(s.arg_scoped_arguments(first)),
        attempt(lambda: s.arg_scope([plain], x=1).__enter__()),
        attempt(lambda: s.arg_scope(first, a=1).__enter__()),
        attempt(lambda: s.arg_scope({}, a=1).__enter__()),
        np.shape(found),
    ]
