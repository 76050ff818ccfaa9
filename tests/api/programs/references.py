"""Programs with variables by reference and without control flow of version 2, as after `tf.disable_v2_behavior()`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.api.programs import attempt, program, results
from tests.api.programs.custom_gradients import run, with_old_control_flow


def variables(tf: Any, names: str) -> list[Any]:
    with tf.variable_scope("", use_resource=False):
        return [tf.get_variable(name, initializer=[1.0, 2.0]) for name in names]


def gradients(tf: Any, ys: Any, xs: Any) -> Any:
    """The gradients, None where there is none."""
    found = tf.gradients(ys, xs)
    values = iter(run(tf, [g for g in found if g is not None]))
    return [None if g is None else next(values) for g in found]


@results
@with_old_control_flow
def what_results_of_loops_do_not_depend_on(tf: Any) -> Any:
    v, w, u = variables(tf, "vwu")

    def turn(i: Any, x: Any, z: Any) -> Any:
        return i + 1, x * v + tf.stop_gradient(u), z + w

    _, x, z = tf.while_loop(lambda i, *_: i < 3, turn, [0, tf.ones([2]), tf.zeros([2])])
    return [gradients(tf, y, [v, w, u]) for y in (x, z, x + z)]


@results
@with_old_control_flow
def what_the_results_of_branches_do_not_depend_on(tf: Any) -> Any:
    v, w, u = variables(tf, "vwu")
    p = tf.placeholder_with_default(True, [])
    found = tf.cond(p, lambda: (v * 2.0, w * 1.0), lambda: (u * 3.0, w * 2.0))
    i = tf.placeholder_with_default(1, [])
    chosen = tf.switch_case(i, [lambda: (v * 1.0, w * 1.0), lambda: (v * 2.0, u * 2.0)])
    return [gradients(tf, y, [v, w, u]) for y in (*found, list(found), *chosen)]


@results
@with_old_control_flow
def what_branches_in_loops_do_not_depend_on(tf: Any) -> Any:
    v, w, u = variables(tf, "vwu")

    def turn(i: Any, x: Any) -> Any:
        return i + 1, tf.cond(i > 1, lambda: x * v, lambda: x + tf.stop_gradient(w))

    return gradients(tf, tf.while_loop(lambda i, _: i < 3, turn, [0, u])[1], [v, w, u])


@results
@with_old_control_flow
def optimizers_have_no_slots_for_what_a_loop_does_not_use(tf: Any) -> Any:
    v, w = variables(tf, "vw")

    def turn(i: Any, x: Any, z: Any) -> Any:
        return i + 1, x * v, z + w

    _, x, _ = tf.while_loop(lambda i, *_: i < 3, turn, [0, tf.ones([2]), tf.zeros([2])])
    tf.train.AdamOptimizer(0.1).minimize(tf.reduce_sum(x))
    return [v.name for v in tf.global_variables()]


@results
def values_keep_the_shape_that_the_last_one_has(tf: Any) -> Any:
    (v,) = variables(tf, "v")
    wide = tf.assign(v, [[1.0, 2.0, 3.0]], validate_shape=False)
    plain, free = v.assign([5.0, 6.0]), tf.assign(v, [7.0, 8.0], validate_shape=False)
    with tf.Session() as session:
        session.run(v.initializer)

        def refused(fetch: Any) -> Callable[[], Any]:
            def ran() -> Any:
                try:
                    return session.run(fetch)
                except tf.errors.InvalidArgumentError:
                    return "refused"

            return ran

        return [
            attempt(refused(fetch))
            for fetch in (plain, wide, plain, v, v.initializer, free, plain, v.assign_add(v), v)
        ]


@program
def metrics_in_variables_by_reference(tf: Any) -> Any:
    with tf.variable_scope("", use_resource=False):
        mean, update = tf.metrics.mean(np.float32([1, 2, 3]))
        total = tf.div_no_nan(tf.assign_add(*variables(tf, "vw")), [2.0, 0.0])
        return mean.name, update.name, total.name


def written_and_read(tf: Any, v: Any, memory: Any) -> Any:
    """What is read of a tensor, a copy of it, and a part after a write to a variable."""
    with tf.control_dependencies([memory]):
        write = v.assign_add([10.0, 20.0])
    with tf.control_dependencies([write]):
        return memory * 1.5, tf.identity(memory) * 2.0, tf.reshape(memory, [1, 2])[0, 1] * 1.0


@results
@with_old_control_flow
def branches_hand_the_memory_of_variables_on(tf: Any) -> Any:
    v, w = variables(tf, "vw")
    p = tf.placeholder(tf.bool, [])
    chosen = [
        tf.cond(p, lambda: tf.identity(v), lambda: tf.identity(w)),
        tf.cond(p, lambda: v.assign_add([1.0, 1.0]), lambda: tf.identity(v)),
        tf.cond(p, lambda: tf.identity(v), lambda: v * 3.0),
        tf.cond(p, lambda: tf.constant([7.0, 8.0]), lambda: tf.identity(v)),
    ]
    chosen.append(tf.cond(p, lambda: tf.identity(chosen[0]), lambda: tf.identity(w)))
    fetches = [written_and_read(tf, v, memory) for memory in chosen]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(fetch, {p: value}) for fetch in fetches for value in (True, False)]


@results
@with_old_control_flow
def loops_hand_the_memory_of_variables_on(tf: Any) -> Any:
    v, _ = variables(tf, "vw")
    loop = tf.while_loop(lambda i, _: i < 3, lambda i, x: (i + 1, x), [0, tf.identity(v)])
    return run(tf, written_and_read(tf, v, loop[1]))


@results
def merges_hand_the_memory_of_variables_on(tf: Any) -> Any:
    v, w = variables(tf, "vw")
    p = tf.placeholder(tf.bool, [])
    chosen = tf.raw_ops.Switch(data=tf.identity(v), pred=p).output_true
    other = tf.raw_ops.Switch(data=tf.identity(w), pred=p).output_false
    memory = tf.raw_ops.Merge(inputs=[other * 2.0, tf.identity(chosen)]).output
    fetches = written_and_read(tf, v, memory)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(fetches, {p: value}) for value in (True, False)]


@results
def what_writes_give_is_the_memory_of_the_variable(tf: Any) -> Any:
    found = []
    for write in (
        lambda v: v.assign_add([1.0, 1.0]),
        lambda v: tf.scatter_update(v, [0], [5.0]),
        lambda v: tf.scatter_nd_sub(v, [[1]], [5.0]),
        lambda v: v[1:].assign([9.0]),
        lambda v: tf.raw_ops.ApplyGradientDescent(var=v.op.outputs[0], alpha=0.5, delta=[1.0, 2.0]),
    ):
        with tf.Graph().as_default():
            (v,) = variables(tf, "v")
            first = write(v)
            copy = tf.identity(first)
            before = first * 2.0
            with tf.control_dependencies([before, copy]):
                second = tf.assign_add(first, [10.0, 20.0])
            with tf.control_dependencies([second]):
                fetches = [before, first * 2.0, copy * 3.0, v * 1.5]
            found.append(run(tf, fetches))
    return found
