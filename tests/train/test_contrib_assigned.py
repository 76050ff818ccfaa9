"""`tf.contrib.framework.assign_from_checkpoint` of variables that are cut into parts."""

from __future__ import annotations

from pathlib import Path

import minihub_runtime as tf


def test_parts_get_their_slices(tmp_path: Path) -> None:
    prefix = str(tmp_path / "model")
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("b", [3], initializer=tf.constant_initializer([3.0, 4.0, 5.0]))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, prefix)
    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("", partitioner=tf.fixed_size_partitioner(2)):
            parts = list(tf.get_variable("b", [3], initializer=tf.zeros_initializer()))
        operation, feeds = tf.contrib.framework.assign_from_checkpoint(prefix, parts)
        session.run(operation, feeds)
        assert [session.run(part).tolist() for part in parts] == [[3.0, 4.0], [5.0]]


def test_a_prefix_that_is_a_folder_too(tmp_path: Path) -> None:
    prefix = tmp_path / "model"
    prefix.mkdir()
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.get_variable("v", initializer=[1.0, 2.0])
        session.run(tf.global_variables_initializer())
        path = tf.train.Saver().save(session, str(prefix), write_meta_graph=False)
        cleared = v.assign([0.0, 0.0])
        session.run(cleared)
        tf.contrib.slim.assign_from_checkpoint_fn(path, [v])(session)
        assert session.run(v).tolist() == [1.0, 2.0]
        session.run(cleared)
        session.run(*tf.contrib.slim.assign_from_checkpoint(path, [v]))
        assert session.run(v).tolist() == [1.0, 2.0]
