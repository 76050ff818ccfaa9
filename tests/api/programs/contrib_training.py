"""How programs of `tf.contrib` train: optimize_loss, and operations that train as slim makes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, program, results
from tests.api.programs.contrib import slim


def trained(tf: Any, operation: Any, steps: int = 3) -> list[Any]:
    """What an operation gives, and what variables are after it ran several times."""
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        losses = [session.run(operation) for _ in range(steps)]
        return [losses, session.run(tf.global_variables())]


def a_loss(tf: Any) -> Any:
    """A loss of a vector and of rows of a table."""
    start = tf.constant_initializer
    v = tf.get_variable("v", [2], initializer=start([1.0, -2.0]))
    table = tf.get_variable("table", [4, 2], initializer=start(np.arange(8.0) / 4))
    tf.get_variable("idle", [1], initializer=start(0.5))
    rows = tf.gather(table, [1, 3, 1])
    return tf.reduce_sum(tf.square(v)) + tf.reduce_sum(tf.square(rows - 1.0))


def graph_names(tf: Any) -> Any:
    """Names of variables, summaries and operations that are not gradients."""
    return [
        [v.name for v in tf.global_variables()],
        [t.name for t in tf.get_collection("summaries")],
        [t.name for t in tf.get_collection("train_op")],
    ]


def optimized(tf: Any, **arguments: Any) -> Any:
    """Variables and summaries of a loss that is optimised, and what it comes to."""
    s = slim(tf)
    with tf.Graph().as_default():
        step = tf.train.create_global_step()
        given = {"global_step": step, "learning_rate": 0.1, "optimizer": "SGD", **arguments}
        operation = s.optimize_loss(a_loss(tf), **given)
        merged = tf.summary.merge_all()
        found = (
            []
            if merged is None
            else [merged.op.inputs[i].name for i in range(len(merged.op.inputs))]
        )
        return [operation.name, found, graph_names(tf), trained(tf, operation)]  # fmt: skip


@results
def losses_optimised(tf: Any) -> Any:
    return [
        optimized(tf),
        optimized(tf, name="named", summaries=["learning_rate", "loss"]),
        *(optimized(tf, optimizer=name) for name in ("Adagrad", "Adam", "Ftrl", "Momentum", "RMSProp")),
        optimized(tf, optimizer=tf.train.AdamOptimizer, learning_rate=0.01),
        optimized(tf, optimizer=tf.train.GradientDescentOptimizer(0.2), learning_rate=None),
        optimized(tf, optimizer=lambda rate: tf.train.MomentumOptimizer(rate, 0.5)),
        optimized(tf, optimizer=lambda: tf.train.AdagradOptimizer(0.5), learning_rate=None),
    ]  # fmt: skip


@results
def gradients_changed(tf: Any) -> Any:
    s = slim(tf)
    every = ["learning_rate", "loss", "gradients", "gradient_norm", "global_gradient_norm"]

    def decay(rate: Any, step: Any) -> Any:
        return tf.train.exponential_decay(rate, step, 1, 0.5)

    return [
        optimized(tf, clip_gradients=0.5, summaries=every),
        optimized(tf, gradient_multipliers={"v:0": 0.5, "table:0": 2.0}),
        optimized(tf, learning_rate_decay_fn=decay),
        optimized(tf, clip_gradients=s.adaptive_clipping_fn(), increment_global_step=False),
        optimized(tf, clip_gradients=s.adaptive_clipping_fn(0.1, 0.5, 1.0, report_summary=True)),
        optimized(tf, clip_gradients=lambda pairs: [(g, v) for g, v in pairs if "v" in v.name]),
    ]


@results
def adaptive_clipping(tf: Any) -> Any:
    s = slim(tf)
    step = tf.train.create_global_step()
    clip = s.adaptive_clipping_fn(decay=0.9, global_step=step, name="usual")
    operation = s.optimize_loss(a_loss(tf), None, 0.1, "SGD", clip_gradients=clip)
    return [trained(tf, operation, 5), graph_names(tf)]


@results
def updates_come_first(tf: Any) -> Any:
    s = slim(tf)
    with tf.Graph().as_default():
        count = tf.get_variable("count", [], initializer=tf.zeros_initializer(), trainable=False)
        tf.add_to_collection("update_ops", tf.assign_add(count, 1.0))
        loss = a_loss(tf)
        operation = s.optimize_loss(loss, None, tf.constant(0.1), "SGD", summaries=[])
        first = [graph_names(tf), trained(tf, operation)]
    return [
        first,
        attempt(lambda: optimized(tf, learning_rate=-0.1)),
        attempt(lambda: optimized(tf, learning_rate=1)),
        attempt(lambda: optimized(tf, optimizer="Other")),
        attempt(lambda: optimized(tf, learning_rate=None)),
        attempt(lambda: optimized(tf, optimizer=5)),
        attempt(lambda: optimized(tf, optimizer=lambda rate: rate)),
        attempt(lambda: optimized(tf, summaries=["other"])),
        attempt(lambda: optimized(tf, clip_gradients=1)),
        attempt(lambda: optimized(tf, loss=tf.constant([1.0]))),
        attempt(lambda: optimized(tf, global_step=tf.constant([1]))),
        [sorted(s.OPTIMIZER_CLS_NAMES), s.OPTIMIZER_SUMMARIES],
    ]


@results
def noise_is_added(tf: Any) -> Any:
    s = slim(tf)
    v = tf.get_variable("v", [200], initializer=tf.zeros_initializer())
    loss = tf.reduce_sum(v)
    operation = s.optimize_loss(loss, None, 1.0, "SGD", gradient_noise_scale=0.5)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(operation)
        moved = session.run(v) + 1.0
    return [bool(np.std(moved) > 0.1), bool(np.abs(moved).max() <= 1.0)]


def of_slim(tf: Any, make: Any) -> Any:
    """What an operation of slim's comes to."""
    with tf.Graph().as_default():
        operation = make(a_loss(tf), tf.train.GradientDescentOptimizer(0.1))
        return [operation.name, graph_names(tf), trained(tf, operation)]


@results
def training_operations(tf: Any) -> Any:
    s = slim(tf)
    make = s.learning.create_train_op

    def with_updates(loss: Any, optimizer: Any) -> Any:
        count = tf.get_variable("count", [], initializer=tf.zeros_initializer(), trainable=False)
        tf.add_to_collection("update_ops", tf.assign_add(count, 1.0))
        return make(loss, optimizer, update_ops=None)

    def clipped(loss: Any, optimizer: Any) -> Any:
        return s.training.create_train_op(
            loss, optimizer, transform_grads_fn=s.training.clip_gradient_norms_fn(0.5),
            summarize_gradients=True,
        )  # fmt: skip

    return [
        of_slim(tf, make),
        of_slim(tf, lambda loss, optimizer: make(loss, optimizer, None, check_numerics=False)),
        of_slim(tf, lambda *a: make(*a, clip_gradient_norm=0.5, summarize_gradients=True)),
        of_slim(tf, lambda *a: make(*a, gradient_multipliers={"v": 0.5, "table": 2.0})),
        of_slim(tf, lambda *a: make(*a, variables_to_train=tf.trainable_variables()[:1])),
        of_slim(tf, with_updates),
        of_slim(tf, clipped),
        attempt(lambda: s.learning.multiply_gradients((), {"v": 1.0})),
        attempt(lambda: s.learning.multiply_gradients([], {})),
        attempt(lambda: s.training.multiply_gradients([], [1])),
        attempt(lambda: of_slim(tf, lambda *a: make(*a, gradient_multipliers={"idle": 0.5}))),
    ]


@results
def losses_that_are_no_numbers(tf: Any) -> Any:
    s = slim(tf)
    v = tf.get_variable("v", [], initializer=tf.constant_initializer(-1.0))
    operation = s.learning.create_train_op(tf.log(v), tf.train.GradientDescentOptimizer(0.1))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        try:
            session.run(operation)
        except tf.errors.InvalidArgumentError as error:
            return "LossTensor is inf or nan" in str(error)
    return None


@program
def summaries_of_gradients(tf: Any) -> Any:
    s = slim(tf)
    v = tf.get_variable("v", [2], initializer=tf.ones_initializer())
    w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
    pairs = [(tf.constant([3.0, 4.0]), v), (None, w)]
    made = [*s.learning.add_gradients_summaries(pairs), *s.training.add_gradients_summaries(pairs)]
    clipped = s.learning.clip_gradient_norms(pairs, 1.0)
    multiplied = s.training.multiply_gradients(pairs, {v: 2.0})
    with tf.Session() as session:
        values = session.run([made, clipped[0][0], multiplied[0][0]])
    return [[t.name for t in made], values, clipped[1][0] is None]


@results
def sessions_that_train(tf: Any) -> Any:
    s = slim(tf)
    operation = s.training.create_train_op(a_loss(tf), tf.train.GradientDescentOptimizer(0.1))
    hooks = [tf.train.StopAtStepHook(last_step=4)]
    last = s.training.train(
        operation, None, hooks=hooks, save_checkpoint_secs=None, save_summaries_steps=None
    )
    steps = tf.train.get_global_step()
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        stop = {"should_stop": tf.greater_equal(steps, 2), "should_log": tf.equal(steps % 2, 0)}
        found = [s.learning.train_step(session, operation, steps, stop) for _ in range(3)]
        found.append(s.learning.train_step(session, operation, steps, {}))
    return [
        float(last),
        [[float(loss), bool(stopped)] for loss, stopped in found],
        attempt(lambda: s.training.train(operation, None)),
        attempt(lambda: s.training.train(operation, None, save_summaries_steps=None)),
    ]
