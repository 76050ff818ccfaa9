"""Inference over batches in a MonitoredSession with hooks, a Scaffold, and a global step."""

import os

import numpy as np
import tensorflow.compat.v1 as tf
import tensorflow_hub as hub


def doubler_fn():
    x = tf.placeholder(tf.float32, [None])
    factor = tf.get_variable("factor", initializer=2.0)
    hub.add_signature(inputs=x, outputs=x * factor)


class CountingHook(tf.train.SessionRunHook):
    def __init__(self, tensor):
        self.tensor = tensor
        self.seen = []
        self.events = []

    def begin(self):
        self.events.append("begin")

    def after_create_session(self, session, coord):
        self.events.append("created")

    def before_run(self, run_context):
        return tf.train.SessionRunArgs(self.tensor)

    def after_run(self, run_context, run_values):
        self.seen.append(run_values.results)

    def end(self, session):
        self.events.append("end")


def main(folder):
    path = os.path.join(folder, "doubler")
    with tf.Graph().as_default():
        m = hub.Module(hub.create_module_spec(doubler_fn))
        with tf.Session() as sess:
            sess.run(tf.global_variables_initializer())
            m.export(path, sess)

    results = {}
    with tf.Graph().as_default():
        step = tf.train.get_or_create_global_step()
        x = tf.placeholder_with_default(np.float32([1.0, 2.0]), [None], name="x")
        y = hub.Module(path)(x)
        advance = tf.assign_add(step, 1)
        hook = CountingHook(tf.reduce_sum(y))
        checkpoints = os.path.join(folder, "checkpoints")
        batches = []
        with tf.train.MonitoredTrainingSession(
            checkpoint_dir=checkpoints,
            hooks=[hook, tf.train.StopAtStepHook(num_steps=3)],
            save_checkpoint_steps=2,
            save_checkpoint_secs=None,
            save_summaries_steps=None,
            save_summaries_secs=None,
            log_step_count_steps=None,
        ) as sess:
            while not sess.should_stop():
                batches.append(sess.run([y, advance])[0])
        results["batches"] = np.array(batches)
        results["seen"] = np.array(hook.seen)
        results["events"] = np.array(hook.events)
        results["latest"] = np.array(os.path.basename(tf.train.latest_checkpoint(checkpoints)))
        with tf.train.MonitoredSession(
            tf.train.ChiefSessionCreator(tf.train.Scaffold(), checkpoint_dir=checkpoints)
        ) as sess:
            results["continued at"] = np.array(sess.run(step))
            results["fed"] = sess.run(y, {x: [5.0]})
    return results
