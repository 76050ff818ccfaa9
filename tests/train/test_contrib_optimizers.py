"""Optimizers of `tf.contrib.opt` and `tf.contrib.tpu`, in numbers that NumPy has, too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

START = np.array([[1.0, -2.0], [3.0, 4.0], [5.0, -6.0]])
ROWS = np.array([2, 0, 2])


def trained(optimizer: Any, resource: bool, rows: bool, steps: int = 3, **arguments: Any) -> Any:
    """The variables `x` and `y` after some steps."""
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = (
            tf.get_variable(
                name, initializer=START, dtype=tf.float64, use_resource=resource, trainable=True
            )
            for name in ("x", "y")
        )
        read = [tf.gather(v, ROWS) if rows else v for v in (x, y)]
        loss = tf.add_n([tf.reduce_sum(tf.square(item)) for item in read])
        if "decay_var_list" in arguments:
            arguments["decay_var_list"] = [y]
        step = optimizer.minimize(loss, **arguments)
        session.run(tf.global_variables_initializer())
        for _ in range(steps):
            session.run(step)
        return session.run([x, y])


def gradient(x: Any, rows: bool) -> Any:
    return 2 * x * (np.bincount(ROWS, minlength=3)[:, None] if rows else 1)


def adam(decay: float, rows: bool, lazy: bool = False) -> Any:
    """What Adam makes of the start in three steps."""
    x, m, v = START.copy(), np.zeros_like(START), np.zeros_like(START)
    read = np.isin(np.arange(3), ROWS)[:, None] if rows else True
    changing = read if lazy else True
    for step in range(1, 4):
        slope = gradient(x, rows)
        x = np.where(read, x - decay * x, x)
        m = np.where(changing, 0.8 * m + 0.2 * slope, m)
        v = np.where(changing, 0.9 * v + 0.1 * slope**2, v)
        rate = 0.1 * np.sqrt(1 - 0.9**step) / (1 - 0.8**step)
        x = np.where(changing, x - rate * m / (np.sqrt(v) + 0.01), x)
    return x


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("resource", [False, True])
def test_weights_decay(resource: bool, rows: bool) -> None:
    opt = tf.contrib.opt
    for decay in (0.25, lambda: tf.constant(0.25, tf.float64)):
        made = opt.AdamWOptimizer(decay, 0.1, beta1=0.8, beta2=0.9, epsilon=0.01)
        assert made.get_name() == "AdamW"
        found = trained(made, resource, rows)
        assert np.allclose(found, [adam(0.25, rows)] * 2)
    made = opt.extend_with_decoupled_weight_decay(tf.train.AdamOptimizer)(
        0.25, learning_rate=0.1, beta1=0.8, beta2=0.9, epsilon=0.01
    )
    assert isinstance(made, tf.train.AdamOptimizer)
    assert isinstance(made, opt.DecoupledWeightDecayExtension)
    found = trained(made, resource, rows, decay_var_list=True)
    assert np.allclose(found, [adam(0.0, rows), adam(0.25, rows)])
    x, momentum = START, 0.0
    for _ in range(3):
        momentum = 0.5 * momentum + gradient(x, rows)
        read = np.isin(np.arange(3), ROWS)[:, None] if rows else True
        x = np.where(read, 0.75 * x - 0.1 * momentum, x)
    assert np.allclose(trained(opt.MomentumWOptimizer(0.25, 0.1, 0.5), resource, rows), [x] * 2)


def test_gradients_that_are_applied_decay_some() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, y = (tf.get_variable(name, initializer=[4.0]) for name in ("x", "y"))
        kind = tf.contrib.opt.extend_with_decoupled_weight_decay(tf.train.GradientDescentOptimizer)
        optimizer = kind(0.5, learning_rate=1.0)
        pairs = [(tf.constant([1.0]), x), (tf.constant([1.0]), y)]
        counter = tf.train.create_global_step()
        some = optimizer.apply_gradients(pairs, counter, decay_var_list=[x])
        session.run(tf.global_variables_initializer())
        session.run(some)
        assert [v.tolist() for v in session.run([x, y])] == [[1.0], [3.0]]
        session.run(optimizer.apply_gradients(pairs))
        assert [v.tolist() for v in session.run([x, y])] == [[-0.5], [0.5]]
        assert session.run(counter) == 1


@pytest.mark.parametrize("resource", [False, True])
def test_rows_without_gradients_stay(resource: bool) -> None:
    made = tf.contrib.opt.LazyAdamOptimizer(0.1, beta1=0.8, beta2=0.9, epsilon=0.01)
    assert np.allclose(trained(made, resource, rows=True), [adam(0.0, True, lazy=True)] * 2)
    assert np.allclose(trained(made, resource, rows=False), [adam(0.0, False)] * 2)


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("resource", [False, True])
def test_steps_along_what_the_mean_will_be(resource: bool, rows: bool) -> None:
    x, m, v = START.copy(), np.zeros_like(START), np.zeros_like(START)
    read = np.isin(np.arange(3), ROWS)[:, None] if rows else True
    for step in range(1, 4):
        slope = gradient(x, rows)
        m, v = 0.8 * m + 0.2 * slope, 0.9 * v + 0.1 * slope**2
        rate = 0.1 * np.sqrt(1 - 0.9**step) / (1 - 0.8**step)
        x = np.where(read, x - rate * (0.8 * m + 0.2 * slope) / (np.sqrt(v) + 0.01), x)
    made = tf.contrib.opt.NadamOptimizer(0.1, beta1=0.8, beta2=0.9, epsilon=0.01)
    assert np.allclose(trained(made, resource, rows), [x] * 2)


def test_one_shard() -> None:
    kind = tf.contrib.tpu.CrossShardOptimizer
    assert kind is tf.tpu.CrossShardOptimizer
    plain = tf.train.AdamOptimizer(0.1, beta1=0.8, beta2=0.9, epsilon=0.01)
    made = kind(plain, reduction=tf.losses.Reduction.SUM, group_assignment=[[0]])
    assert np.allclose(trained(made, False, rows=False), [adam(0.0, False)] * 2)
    assert made.get_slot_names() == ["m", "v"]
    assert made.variables() == plain.variables()
    with pytest.raises(ValueError, match="permutation"):
        trained(kind(plain, group_assignment=[[0, 1]]), False, rows=False)
    with pytest.raises(ValueError, match="reduction"):
        kind(plain, reduction=tf.losses.Reduction.NONE)
    with pytest.raises(TypeError, match="only works with"):
        kind(3)


def test_there_are_no_tpus() -> None:
    from minihub_runtime.contrib import cluster_resolver

    with pytest.raises(NotImplementedError, match="TPUClusterResolver"):
        cluster_resolver.TPUClusterResolver("name", zone="z")
