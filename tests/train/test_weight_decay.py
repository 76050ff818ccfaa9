"""Adam with weight decay does what BERT's optimiser did: checked by its formula, written here in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf


def expected(value: Any, gradient: Any, steps: int, decay: float) -> Any:
    m = v = np.zeros_like(value)
    for _ in range(steps):
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        value = value - 0.1 * (m / (np.sqrt(v) + 1e-6) + decay * value)
    return value, m, v


@pytest.mark.parametrize("use_resource", [False, True])
def test_three_steps(use_resource: bool) -> None:
    first = np.array([[1.0, -2.0], [0.5, 4.0]], np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("layer", use_resource=use_resource):
            kernel = tf.get_variable("kernel", initializer=first)
            bias = tf.get_variable("bias", initializer=first)
        step = tf.train.get_or_create_global_step()
        optimizer = tf.contrib.opt.AdamWeightDecayOptimizer(
            0.1, 0.01, exclude_from_weight_decay=["LayerNorm", "bias"]
        )
        rows = tf.IndexedSlices(tf.constant([[0.5, 0.25]] * 2), tf.constant([1, 1]), [2, 2])
        unused = tf.get_variable("unused", initializer=1.0)
        applied = optimizer.apply_gradients(
            [(tf.constant(first / 4), kernel), (rows, bias), (None, unused)], step
        )
        session.run(tf.global_variables_initializer())
        for _ in range(3):
            session.run(applied)
        found = {v.op.name: session.run(v) for v in tf.global_variables()}
    whole = np.array([[0.0, 0.0], [1.0, 0.5]], np.float32)
    for name, gradient, decay in (("kernel", first / 4, 0.01), ("bias", whole, 0.0)):
        wanted = expected(first, gradient, 3, decay)
        for suffix, value in zip(("", "/adam_m", "/adam_v"), wanted, strict=True):
            np.testing.assert_allclose(found[f"layer/{name}{suffix}"], value, rtol=1e-5, atol=1e-7)
    assert found["global_step"] == 3
    assert found["unused"] == 1
