"""`tf.contrib.opt.MovingAverageOptimizer`, and optimizers that one process does not need."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import minihub_runtime as tf


def saved(prefix: str) -> dict[str, list[float]]:
    reader = tf.train.load_checkpoint(prefix)
    names = [name for name in reader.get_variable_to_shape_map() if "power" not in name]
    return {name: np.ravel(reader.get_tensor(name)).tolist() for name in sorted(names)}


@pytest.mark.parametrize("sequential", [True, False])
def test_averages_follow_and_change_places(tmp_path: Path, sequential: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.get_variable("v", [2], initializer=tf.constant_initializer([1.0, 2.0]))
        tf.get_variable("still", [1], initializer=tf.ones_initializer())
        optimizer = tf.contrib.opt.MovingAverageOptimizer(
            tf.train.GradientDescentOptimizer(1.0), average_decay=0.5, sequential_update=sequential
        )
        with pytest.raises(RuntimeError, match="Must call apply_gradients"):
            optimizer.swapping_saver()
        step = tf.train.get_or_create_global_step()
        train = optimizer.minimize(tf.reduce_sum(v), global_step=step)
        saver = optimizer.swapping_saver()
        session.run(tf.global_variables_initializer())
        session.run(train)
        assert train.name == "train_with_avg"
        assert session.run([v, step])[0].tolist() == [0.0, 1.0]
        shadow = next(w for w in tf.global_variables() if w.op.name.startswith("v/"))
        average = session.run(shadow)
        if sequential:
            assert average.tolist() == [0.5, 1.5]
        found = saved(saver.save(session, str(tmp_path / "model")))
        assert found == {
            "global_step": [1.0],
            "still": [1.0],
            "v": average.tolist(),
            "v/ExponentialMovingAverage": [0.0, 1.0],
        }
        session.run(tf.global_variables_initializer())
        saver.restore(session, str(tmp_path / "model"))
        assert session.run(v).tolist() == [0.0, 1.0]
        with pytest.raises(ValueError, match="is not part of variables to save"):
            optimizer.swapping_saver([v])


def test_parts_change_places(tmp_path: Path) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("", partitioner=tf.fixed_size_partitioner(2)):
            v = tf.get_variable("v", [3], initializer=tf.zeros_initializer())
        optimizer = tf.contrib.opt.MovingAverageOptimizer(
            tf.train.GradientDescentOptimizer(1.0), average_decay=0.5
        )
        train = optimizer.minimize(tf.reduce_sum(tf.convert_to_tensor(v)))
        saver = optimizer.swapping_saver()
        session.run(tf.global_variables_initializer())
        session.run(train)
        found = saved(saver.save(session, str(tmp_path / "model")))
        assert found["v"] == [-0.5] * 3
        assert found["v/ExponentialMovingAverage"] == [-1.0] * 3


def test_slots_are_those_of_what_trains() -> None:
    with tf.Graph().as_default():
        v = tf.get_variable("v", [2])
        optimizer = tf.contrib.opt.MovingAverageOptimizer(tf.train.MomentumOptimizer(1.0, 0.5))
        optimizer.minimize(tf.reduce_sum(v))
        assert optimizer.get_slot_names() == ["momentum"]
        assert optimizer.variables() == [optimizer.get_slot(v, "momentum")]


def test_modules_of_initialisers_and_regularizers() -> None:
    slim = tf.contrib.slim
    assert slim.initializers.xavier_initializer is slim.xavier_initializer
    assert tf.contrib.layers.regularizers.l2_regularizer is slim.l2_regularizer
