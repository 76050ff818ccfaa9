"""Variables of `tf.contrib.framework`: found by name, set from values and checkpoints, and placed on devices."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import numpy as np

from tests.api.programs import attempt, program, results
from tests.api.programs.contrib import slim


@program
def kinds_of_variables(tf: Any) -> Any:
    s = slim(tf)
    a = s.local_variable([1.0], name="a")
    b = s.global_variable(tf.constant(2), name="b")
    c = tf.get_variable("scope/c", [2], initializer=tf.zeros_initializer())
    tf.get_variable("scope/cc", [2], initializer=tf.zeros_initializer())
    s.add_model_variable(c)
    s.add_model_variable(c)
    with tf.variable_scope("cut", partitioner=tf.fixed_size_partitioner(2)):
        parts = list(tf.get_variable("d", [4], initializer=tf.zeros_initializer()))
    keys = ["variables", "local_variables", "trainable_variables", "model_variables"]
    step = s.get_or_create_global_step()
    return [
        [[v.name for v in tf.get_collection(key)] for key in keys],
        [s.get_variable_full_name(v) for v in [a, b, c, *parts]],
        s.get_unique_variable("scope/c").name,
        [s.get_global_step() is step, s.assert_or_get_global_step() is step],
        s.assert_or_get_global_step(None, step) is step,
        attempt(lambda: s.get_unique_variable("scope")),
        attempt(lambda: s.get_unique_variable("none")),
        attempt(lambda: s.assert_global_step(c)),
        attempt(lambda: s.assert_or_get_global_step(None, tf.constant(1.5))),
        attempt(s.create_global_step),
    ]


@results
def devices_in_turn(tf: Any) -> Any:
    s = slim(tf)
    choosers = [
        s.VariableDeviceChooser(),
        s.VariableDeviceChooser(2),
        s.VariableDeviceChooser(3, "worker", "GPU", 1, replica=4),
    ]
    found = [chooser(None) for chooser in choosers for _ in range(4)]
    with s.arg_scope([s.variable], device=s.VariableDeviceChooser(2)):
        made = [s.variable(name, [1], initializer=tf.zeros_initializer()) for name in "abc"]
    return [found, [v.device for v in made]]


@program
def values_assigned(tf: Any) -> Any:
    s = slim(tf)
    tf.get_variable("scope/a", [2, 2], initializer=tf.zeros_initializer())
    tf.get_variable("scope/ab", [2], tf.int32, initializer=tf.zeros_initializer())
    values = {
        "scope/a": np.arange(4.0, dtype=np.float32),
        "scope/ab": np.array([5, 6], np.int32),
    }
    operation, feeds = s.assign_from_values(values)
    start = s.assign_from_values_fn({"scope/ab": np.array([[7, 8]], np.int32)})
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(operation, feeds)
        found = [session.run(tf.global_variables())]
        start(session)
        found.append(session.run(tf.global_variables()))
    with tf.Graph().as_default():
        tf.get_variable("scope/a", [2, 2], initializer=tf.zeros_initializer())
        refused = attempt(lambda: s.assign_from_values({"scope/a": np.zeros(3)}))
    return [
        operation.name,
        sorted(t.name for t in feeds),
        found,
        attempt(lambda: s.assign_from_values({"none": np.zeros(1)})),
        attempt(lambda: s.assign_from_values({"scope": np.zeros(1)})),
        refused,
    ]


@results
def checkpoints_assigned(tf: Any) -> Any:
    s = slim(tf)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model")
        with tf.Graph().as_default(), tf.Session() as session:
            tf.get_variable("a", [2], initializer=tf.constant_initializer([1.0, 2.0]))
            tf.get_variable("b", [4], initializer=tf.constant_initializer([3.0, 4.0, 5.0, 6.0]))
            session.run(tf.global_variables_initializer())
            tf.train.Saver().save(session, path)
        a = tf.get_variable("a", [2], initializer=tf.zeros_initializer())
        b = tf.get_variable("b", [4], initializer=tf.zeros_initializer())
        c = tf.get_variable("c", [2], initializer=tf.zeros_initializer())
        d = tf.get_variable("d", [2, 1], initializer=tf.zeros_initializer())
        operation, feeds = s.assign_from_checkpoint(path, [a, b])
        twice, more = s.assign_from_checkpoint(path, {"a": [a, c]})
        partly, rest = s.assign_from_checkpoint(path, [a, d], ignore_missing_vars=True)
        restore = s.assign_from_checkpoint_fn(path, [a, c], ignore_missing_vars=True)
        shaped = s.assign_from_checkpoint_fn(path, {"a": d}, reshape_variables=True)
        found = []
        with tf.Session() as session:
            for step in (
                lambda: session.run(operation, feeds),
                lambda: session.run(twice, more),
                lambda: session.run(partly, rest),
                lambda: restore(session),
                lambda: shaped(session),
            ):
                session.run(tf.global_variables_initializer())
                step()
                found.append(session.run(tf.global_variables()))
        return [
            found,
            s.assign_from_checkpoint_fn(path, [c, d], ignore_missing_vars=True),
            attempt(lambda: s.assign_from_checkpoint_fn(path, [])),
            attempt(lambda: s.assign_from_checkpoint(path, [c])),
            attempt(lambda: s.assign_from_checkpoint(path, {"a": d})),
        ]
