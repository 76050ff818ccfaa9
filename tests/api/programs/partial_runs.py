"""Runs in parts: each operation is executed once, as soon as what it needs has been fed."""

from __future__ import annotations

from typing import Any

from tests.api.programs import message, results


def inputs(tf: Any) -> Any:
    return (tf.placeholder(tf.float32, [], name=name) for name in "abc")


@results
def a_run_in_parts(tf: Any) -> Any:
    a, b, c = inputs(tf)
    total = a + b
    product = total * c
    with tf.Session() as session:
        handle = session.partial_run_setup([total, product], [a, b, "c:0"])
        found: list[Any] = [isinstance(handle, str)]
        found.append(session.partial_run(handle, total, {a: 1, b: 2}))
        found.append(session.partial_run(handle, {"product": product}, {c: found[-1]}))
    return found


@results
def operations_are_executed_once(tf: Any) -> Any:
    a, b, c = inputs(tf)
    variable = tf.get_variable("v", initializer=0.0, use_resource=True)
    draw = tf.random_uniform([])
    with tf.control_dependencies([variable.assign_add(1.0)]):
        counted = tf.identity(a)
    add = variable.assign_add(10 * b)
    first, second = draw * a, draw * b
    with tf.Session() as session:
        session.run(variable.initializer)
        handle = session.partial_run_setup([first, second, counted, add.op], [a, b, c])
        one, number = session.partial_run(handle, [first, counted], {a: 2})
        other = session.partial_run(handle, second, {b: 2})
        return [one == other, number, session.run(variable)]


@results
def misuses_of_partial_runs(tf: Any) -> Any:
    a, b, c = inputs(tf)
    total = a + b
    product = total * c
    found = []
    with tf.Session() as session:

        def new() -> Any:
            return session.partial_run_setup([total, product], [a, b, c])

        def refused(call: Any) -> None:
            try:
                found.append(call())
            except tf.errors.OpError as error:
                found.append(error.message.replace("Graph execution error:\n\n", ""))

        handle = new()
        session.partial_run(handle, total, {a: 1, b: 2})
        refused(lambda: session.partial_run(handle, total))
        refused(lambda: session.partial_run(handle, product, {a: 1, c: 3}))
        refused(lambda: session.partial_run(handle, product, {c: 3}))
        refused(lambda: session.partial_run(handle, product, {c: 3}))
        other = new()
        refused(lambda: session.partial_run(other, product * 2, {a: 1}))
        refused(lambda: session.partial_run(other, total, {a: 1, b: 2, product: 1}))
        refused(lambda: session.partial_run(other, product, {a: 1}))
        refused(lambda: session.partial_run("none", product, {a: 1}))
        refused(lambda: session.partial_run_setup([], [a]))
        refused(lambda: session.partial_run_setup([a, total], [a]))
    found.append(message(new))
    return found


@results
def what_waits_for_a_placeholder_waits_until_it_is_fed(tf: Any) -> Any:
    a, b, _ = inputs(tf)
    order: list[str] = []

    def noted(name: str, x: Any) -> Any:
        return tf.py_func(lambda x: (order.append(name), x)[1], [x], tf.float32)

    variable = tf.get_variable("v", initializer=1.0, use_resource=True)
    with tf.control_dependencies([a]):
        direct = noted("direct", tf.constant(2.0))
    with tf.control_dependencies([tf.identity(a)]):
        read = variable.read_value()
    total = b + 1
    with tf.Session() as session:
        session.run(variable.initializer)
        handle = session.partial_run_setup([direct, read, total], [a, b])
        found = [session.partial_run(handle, total, {b: 1})]
        order.append("fed")
        session.run(variable.assign(3.0))
        return found + session.partial_run(handle, [direct, read], {a: 1}), order
