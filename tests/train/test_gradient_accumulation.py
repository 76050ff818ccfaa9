"""Gradients of several small batches, added up and applied at once, do what one large batch does."""

from __future__ import annotations

from typing import Any

import numpy as np

import minihub_runtime as tf

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(8, 3)).astype(np.float32), RNG.normal(size=(8, 1)).astype(np.float32)


def model() -> tuple[Any, Any, Any]:
    x, y = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.float32, [None, 1])
    w = tf.get_variable("w", initializer=np.ones((3, 1), np.float32))
    return x, y, tf.reduce_mean(tf.square(tf.matmul(x, w) - y))


def test_four_small_batches_are_one_large_batch() -> None:
    found = []
    with tf.Graph().as_default(), tf.Session() as session:
        x, y, loss = model()
        step = tf.train.AdamOptimizer(0.1).minimize(loss)
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(step, {x: X, y: Y})
        found.append(session.run(tf.trainable_variables()))
    with tf.Graph().as_default(), tf.Session() as session:
        x, y, loss = model()
        optimizer = tf.train.AdamOptimizer(0.1)
        pairs = optimizer.compute_gradients(loss)
        sums = [tf.Variable(tf.zeros(v.shape), trainable=False) for _, v in pairs]
        clear = tf.group(*(total.initializer for total in sums))
        add = tf.group(
            *(total.assign_add(g / 4.0) for total, (g, _) in zip(sums, pairs, strict=True))
        )
        apply = optimizer.apply_gradients(
            [(total.read_value(), v) for total, (_, v) in zip(sums, pairs, strict=True)]
        )
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(clear)
            for start in range(0, 8, 2):
                session.run(add, {x: X[start : start + 2], y: Y[start : start + 2]})
            session.run(apply)
        found.append(session.run(tf.trainable_variables()))
    np.testing.assert_allclose(found[0], found[1], rtol=1e-5)
