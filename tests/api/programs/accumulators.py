"""Accumulators of gradients, and the optimiser that trains with them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import message, program, results


@program
def dense_and_sparse_accumulators(tf: Any) -> Any:
    dense = tf.ConditionalAccumulator(tf.float32, [2, None], "shared", "d", reduction_type="SUM")
    with tf.name_scope("scope"):
        sparse = tf.sparse.SparseConditionalAccumulator(tf.float64, (4, 2))
    plain = tf.ConditionalAccumulator("float32")
    plain.apply_grad([1.0, 2.0])
    dense.apply_grad([[1.0], [2.0]], local_step=tf.constant(3), name="apply")
    dense.set_global_step(4, name="step")
    sparse.apply_grad([1, 2], np.ones([2, 2]))
    slices = tf.IndexedSlices(tf.ones([1, 2], tf.float64), tf.constant([2]), tf.constant([4, 2]))
    sparse.apply_indexed_slices_grad(slices, local_step=2)
    sparse.set_global_step(tf.constant(1))
    sparse.take_grad(2)
    taken = sparse.take_indexed_slices_grad(1, name="taken")
    return [
        [dense.name, sparse.name, plain.name, dense.dtype.name],
        dense.num_accumulated(),
        sparse.num_accumulated(),
        dense.take_grad(1),
        taken.values,
        plain.take_grad(tf.constant(1)),
    ]


@results
def gradients_are_averaged(tf: Any) -> Any:
    dense = tf.ConditionalAccumulator(tf.float32, [2])
    sparse = tf.SparseConditionalAccumulator(tf.float32)
    gradient = tf.placeholder(tf.float32, [2])
    step = tf.placeholder_with_default(0, [])
    apply = dense.apply_grad(gradient, local_step=step)
    found = []
    with tf.Session() as session:
        for values in ([1, 2], [4, 8]):
            session.run(apply, {gradient: values})
        found += [session.run(dense.num_accumulated()), session.run(dense.take_grad(2))]
        session.run(apply, {gradient: [7, 7]})
        found.append(session.run(dense.num_accumulated()))
        session.run(apply, {gradient: [7, 7], step: 1})
        session.run(dense.set_global_step(5))
        session.run(apply, {gradient: [9, 9], step: 4})
        found += [session.run(dense.num_accumulated()), session.run(dense.take_grad(1))]
        session.run(sparse.apply_grad([0, 3], [[1.0], [2.0]]))
        session.run(sparse.apply_grad([3, 4], [[4.0], [6.0]]))
        taken = session.run(sparse.take_indexed_slices_grad(2))
        found += [taken.indices, taken.values, taken.dense_shape]
        for wrong in (dense.take_grad(0), sparse.apply_grad([0], [[1.0, 2.0]], [1])):
            try:
                session.run(wrong)
            except tf.errors.InvalidArgumentError:
                found.append("invalid")
    return found


@results
def what_accumulators_refuse(tf: Any) -> Any:
    dense = tf.ConditionalAccumulator(tf.float32, [2])
    return [
        message(lambda: dense.apply_grad([1.0])),
        message(
            lambda: (
                tf.train.SyncReplicasOptimizer(descent(tf), 1).make_session_run_hook(True).begin()
            )
        ),
        message(lambda: tf.train.SyncReplicasOptimizer(descent(tf), 1).get_chief_queue_runner()),
        message(lambda: tf.train.SyncReplicasOptimizer(descent(tf), 1).get_init_tokens_op()),
        message(lambda: tf.train.SyncReplicasOptimizer(descent(tf), 1).apply_gradients([])),
        message(
            lambda: tf.train.SyncReplicasOptimizer(descent(tf), 1).apply_gradients(
                [(tf.constant(1.0), tf.Variable(1.0))]
            )
        ),
    ]


def descent(tf: Any) -> Any:
    return tf.train.GradientDescentOptimizer(0.1)


def model(tf: Any, optimizer: Any, use_resource: bool = False) -> Any:
    """A placeholder, a loss with rows of a table in it, its variables, and the step that trains them."""
    x = tf.placeholder(tf.float32, [2, 3], "x")
    half, quarter = tf.constant_initializer(0.5), tf.constant_initializer(0.25)
    w = tf.get_variable("w", [3, 2], initializer=half, use_resource=use_resource)
    e = tf.get_variable("e", [5, 3], initializer=quarter, use_resource=use_resource)
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
    loss += tf.reduce_sum(tf.gather(e, [1, 3, 3]) ** 2)
    return x, loss, [w, e], optimizer.minimize(loss, tf.train.get_or_create_global_step())


def train(tf: Any, optimizer: Any, tokens: int, use_resource: bool = False) -> Any:
    x, loss, variables, step = model(tf, optimizer, use_resource)
    hook = optimizer.make_session_run_hook(True, num_tokens=tokens)
    session = tf.train.MonitoredTrainingSession(hooks=[hook], stop_grace_period_secs=1)
    with session:
        losses = [session.run([loss, step], {x: [[n, 1, 2], [1, n, 0]]})[0] for n in range(5)]
        return [losses, session.run(variables), session.run(tf.train.get_global_step())]


@results
def one_replica_trains(tf: Any) -> Any:
    inner = tf.train.AdamOptimizer(0.1)
    return train(tf, tf.train.SyncReplicasOptimizer(inner, replicas_to_aggregate=1), 0)


@results
def one_replica_trains_resource_variables(tf: Any) -> Any:
    inner = tf.train.MomentumOptimizer(0.1, 0.9)
    return train(tf, tf.train.SyncReplicasOptimizer(inner, 1, 1), 0, True)


@results
def steps_of_one_replica_are_aggregated(tf: Any) -> Any:
    """Three gradients of one time step make a change: two tokens let the replica go on to the third."""
    optimizer = tf.train.SyncReplicasOptimizer(descent(tf), 3, total_num_replicas=1)
    x, _, variables, step = model(tf, optimizer)
    hook = optimizer.make_session_run_hook(True, num_tokens=2)
    session = tf.train.MonitoredTrainingSession(hooks=[hook], stop_grace_period_secs=1)
    with session:
        for n in range(3):
            session.run(step, {x: [[n, 1, 2], [1, n, 0]]})
        return [session.run(variables), session.run(tf.train.get_global_step())]


@program
def graph_of_synchronized_replicas(tf: Any) -> Any:
    average = tf.train.ExponentialMovingAverage(0.5)
    x = tf.get_variable("x", [2, 2])
    y = tf.get_variable("y", [], use_resource=True)
    optimizer = tf.train.SyncReplicasOptimizer(
        descent(tf), 2, 3, variable_averages=average, variables_to_average=[x]
    )
    step = tf.train.get_or_create_global_step()
    rows = tf.IndexedSlices(tf.ones([1, 2]), tf.constant([1]))
    train = optimizer.apply_gradients([(rows, x), (tf.constant(1.0), y)], global_step=step)
    optimizer.get_init_tokens_op()
    optimizer.get_init_tokens_op(0)
    runner = optimizer.get_chief_queue_runner()
    return [train.name, runner.queue.name, [op.name for op in runner.enqueue_ops]]
