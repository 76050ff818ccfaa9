"""Operations that wait for others of the same run, which are executed meanwhile."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import results


def queue(tf: Any, capacity: int = 10) -> Any:
    return tf.FIFOQueue(capacity, [tf.float32], [[]])


def one_after_another(tf: Any, operations: Any) -> list[Any]:
    """Operations, each of which waits for the one before."""
    made: list[Any] = []
    for operation in operations:
        with tf.control_dependencies(made[-1:]):
            made.append(operation())
    return made


@results
def a_queue_that_is_filled_in_the_run(tf: Any) -> Any:
    elements = queue(tf)
    first = elements.dequeue()
    more = elements.enqueue(1.5)
    with tf.Session() as session:
        return [session.run([first * 2, more]) for _ in range(2)], session.run(elements.size())


@results
def a_full_queue_that_is_emptied_in_the_run(tf: Any) -> Any:
    elements = queue(tf, 1)
    puts = one_after_another(tf, [lambda i=i: elements.enqueue(float(i)) for i in range(3)])
    takes = one_after_another(tf, [elements.dequeue] * 3)
    with tf.Session() as session:
        return session.run([puts, takes]), session.run(elements.size())


@results
def variables_read_after_what_waited(tf: Any) -> Any:
    elements = queue(tf)
    found = []
    for use_resource in (False, True):
        variable = tf.Variable(3.0, use_resource=use_resource)
        with tf.control_dependencies([tf.assign(variable, elements.dequeue())]):
            after = tf.identity(variable) + variable.read_value()
        more = elements.enqueue(10.0)
        with tf.Session() as session:
            session.run(variable.initializer)
            found.append(session.run([after, more]))
    return found


@results
def another_error_of_a_run_that_waits(tf: Any) -> Any:
    first = queue(tf).dequeue()
    broken = tf.check_numerics(tf.placeholder(tf.float32, []), "broken")
    with tf.Session() as session:
        try:
            session.run([first, broken], {broken.op.inputs[0]: np.float32("nan")})
        except tf.errors.InvalidArgumentError as error:
            return "broken" in error.message


@results
def a_branch_that_waits(tf: Any) -> Any:
    elements = queue(tf)
    chosen = tf.placeholder(tf.bool, [])
    result = tf.cond(chosen, lambda: elements.dequeue() * 2, lambda: tf.constant(0.0)) + 1
    more = elements.enqueue(4.0)
    with tf.Session() as session:
        found = [session.run([result, more], {chosen: value}) for value in (True, False)]
        return found, session.run(elements.size())


@results
def loops_that_wait_for_each_other(tf: Any) -> Any:
    elements = queue(tf, 1)

    def put(i: Any) -> Any:
        with tf.control_dependencies([elements.enqueue(tf.cast(i, tf.float32))]):
            return i + 1

    total = tf.while_loop(
        lambda i, total: i < 3, lambda i, total: (i + 1, total + elements.dequeue()), [0, 0.0]
    )
    count = tf.while_loop(lambda i: i < 3, put, [0])
    with tf.Session() as session:
        found = session.run([total[1], count])
        return found, session.run(elements.size())


@results
def the_test_of_a_loop_waits(tf: Any) -> Any:
    elements = queue(tf, 1)
    count = tf.while_loop(lambda i: elements.dequeue() > i, lambda i: i + 1, [0.0])
    puts = one_after_another(tf, [lambda x=x: elements.enqueue(x) for x in (1.0, 2.0, 1.0)])
    with tf.Session() as session:
        return session.run([count, puts]), session.run(elements.size())


@results
def functions_that_wait_have_their_effects_once(tf: Any) -> Any:
    elements = queue(tf, 1)
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)

    @tf.function
    def inner(x: Any) -> Any:
        with tf.control_dependencies([variable.assign_add(1.0)]):
            return x + elements.dequeue()

    @tf.function
    def outer(x: Any) -> Any:
        return inner(x) + inner(x) * 10

    result = outer(1.0)
    puts = one_after_another(tf, [lambda: elements.enqueue(1.0)] * 2)
    with tf.Session() as session:
        session.run(variable.initializer)
        return session.run([result, puts]), session.run([variable, elements.size()])


@results
def what_else_waits(tf: Any) -> Any:
    taken = tf.raw_ops.Unstage(dtypes=[tf.float32], shared_name="area")
    staged = tf.raw_ops.Stage(values=[tf.constant(2.0)], shared_name="area")
    accumulator = tf.ConditionalAccumulator(tf.float32, [])
    mean = accumulator.take_grad(2)
    applied = [accumulator.apply_grad(1.0), accumulator.apply_grad(3.0)]
    with tf.Session() as session:
        return session.run([taken, staged]), session.run([mean, applied])


@results
def a_part_of_a_run_waits_for_the_next(tf: Any) -> Any:
    elements = queue(tf)
    a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    first = elements.dequeue() + a
    with tf.control_dependencies([elements.enqueue(b)]):
        put = tf.identity(b)
    double = a * 2
    with tf.Session() as session:
        handle = session.partial_run_setup([first, put, double], [a, b])
        one = session.partial_run(handle, double, {a: 1.0})
        return one, session.partial_run(handle, [first, put], {b: 2.0})


@results
def a_part_of_a_run_reads_a_variable_after_its_assignment(tf: Any) -> Any:
    variable = tf.Variable(3.0, use_resource=False)
    a, b = tf.placeholder(tf.float32, []), tf.placeholder(tf.float32, [])
    with tf.control_dependencies([tf.assign(variable, b)]):
        after = variable.read_value()
    double = a * 2
    with tf.Session() as session:
        session.run(variable.initializer)
        handle = session.partial_run_setup([double, after], [a, b])
        one = session.partial_run(handle, double, {a: 1.0})
        return one, session.partial_run(handle, after, {b: 2.0})


@results
def elements_that_go_through_a_queue_that_is_smaller(tf: Any) -> Any:
    plain, padding = queue(tf, 3), tf.PaddingFIFOQueue(2, [tf.int32], [[None]])
    many = [[plain.enqueue_many([tf.range(10.0)]), plain.dequeue_many(10)]]
    singles = one_after_another(tf, [plain.dequeue] * 5)
    many.append([singles, *one_after_another(tf, [lambda: plain.enqueue_many([[1.0]])] * 5)])
    rows = tf.reshape(tf.range(12), [6, 2])
    many.append([padding.dequeue_many(6), padding.enqueue_many([rows])])
    part = plain.enqueue_many([tf.range(9.0)])
    with tf.control_dependencies([part]):
        size = plain.size()
    many.append([plain.dequeue_many(7), size, part])
    with tf.Session() as session:
        return [session.run(fetches) for fetches in many], session.run(plain.size())


@results
def a_batch_that_comes_in_parts_and_ends_early(tf: Any) -> Any:
    elements = queue(tf, 3)
    parts = [lambda: elements.enqueue_many([[1.0, 2.0, 3.0, 4.0]])] * 2
    batch = elements.dequeue_many(8)
    puts = one_after_another(tf, parts)
    last = elements.dequeue_up_to(20)
    filled = one_after_another(tf, [*parts, elements.close])
    with tf.Session() as session:
        return session.run([batch, puts]), session.run([last, filled])


@results
def gradients_of_a_loop_that_takes_elements(tf: Any) -> Any:
    elements = queue(tf)
    put = elements.enqueue_many([[1.0, 2.0, 3.0, 4.0, 5.0]])
    factor = tf.constant(2.0)

    def turn(i: Any, total: Any) -> Any:
        return i + 1, total + elements.dequeue() * factor**2.0

    total = tf.while_loop(lambda i, total: i < 3, turn, [0, 1.0])[1]
    slopes = tf.gradients(total, [factor])
    with tf.Session() as session:
        session.run(put)
        return session.run([total, slopes]), session.run(elements.size())
