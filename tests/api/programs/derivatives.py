"""Second derivatives, and gradients inside functions of what lies outside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.api.programs import attempt, results


def values(*shape: int) -> Any:
    return np.sin(np.arange(np.prod(shape), dtype=np.float32) + 1).reshape(shape)


@results
def second_derivatives(tf: Any) -> Any:
    x, w = tf.constant(values(3)), tf.constant(values(2, 2))
    v = tf.get_variable("v", initializer=values(2), use_resource=True)
    double = tf.constant(values(2).astype(np.float64))
    y = tf.reduce_prod(x) + tf.reduce_sum(tf.matmul(w, w) ** 3) * tf.reduce_sum(x**2)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(
            [
                tf.hessians(y, [x, w]),
                tf.hessians([y, tf.reduce_sum(x**4)], x),
                tf.hessians(tf.reduce_sum(tf.exp(v) * v), [v]),
                tf.hessians(tf.reduce_sum(tf.sin(double) ** 2), double),
                tf.hessians(tf.sin(x[0]) * x[1], x, gate_gradients=True),
            ]
        )


@results
def of_ragged_tensors(tf: Any) -> Any:
    x = tf.constant(values(3))
    rows = tf.RaggedTensor.from_row_splits(x, [0, 1, 3])
    deep = tf.RaggedTensor.from_row_splits(rows, [0, 0, 2])
    sparse = tf.SparseTensor(np.int64([[0], [1], [2]]), x, [3])
    (of_rows,) = tf.gradients(rows * rows, rows)
    (weighed,) = tf.gradients(rows * rows, rows, rows)
    (of_deep,) = tf.gradients(deep * deep, deep)
    with tf.Session() as session:
        return (
            session.run(
                [
                    tf.gradients(rows * rows, x),
                    of_rows.row_splits,
                    of_rows.flat_values,
                    weighed.flat_values,
                    of_deep.nested_row_splits[0],
                    of_deep.flat_values,
                ]
            ),
            tf.gradients(x, tf.RaggedTensor.from_row_splits(x + 1.0, [0, 3])),
            attempt(lambda: tf.gradients(sparse.values, sparse)),
            attempt(lambda: tf.gradients(sparse, x)),
        )


@results
def of_splits_into_one_part(tf: Any) -> Any:
    x, axis = tf.constant(values(2, 3)), tf.placeholder_with_default(-1, [])
    whole = [tf.split(x, 1, axis=1), tf.split(x, [3], axis=-1), tf.split(x, 1, axis=axis)]
    with tf.Session() as session:
        return session.run([tf.gradients(tf.square(parts[0]), x) for parts in whole])


@results
def of_rows_of_joined_tensors_of_unknown_rank(tf: Any) -> Any:
    x = tf.placeholder_with_default(values(2, 3), None)
    y = tf.gather(tf.concat([x, x * 2.0], 1), [1, 1])
    with tf.Session() as session:
        return session.run(tf.gradients(y, x))


@results
def of_bfloat16(tf: Any) -> Any:
    x = tf.cast(tf.constant([[1.0, 2.0], [4.0, 8.0]]), tf.bfloat16)
    axes = tf.placeholder_with_default([1], [None])
    y = [
        tf.reduce_mean(x, 1) ** 2,
        tf.reduce_mean(x, axes) ** 2,
        tf.math.unsorted_segment_mean(x, [0, 0], 1),
        x**3,
        tf.math.cumulative_logsumexp(x * 64.0),
    ]
    with tf.Session() as session:
        return session.run([tf.cast(tf.gradients(each, x)[0], tf.float32) for each in y])


@results
def of_ragged_rows_one_by_one(tf: Any) -> Any:
    x = tf.constant(values(5))
    rows = tf.RaggedTensor.from_row_splits(x, [0, 2, 2, 5])
    deep = tf.RaggedTensor.from_row_splits(rows, [0, 1, 3])
    kind = tf.RaggedTensorSpec([None], tf.float32)
    y = [
        tf.map_fn(tf.reduce_sum, rows, dtype=tf.float32) ** 2,
        tf.map_fn(tf.square, rows, fn_output_signature=kind).values,
        tf.map_fn(lambda row: tf.reduce_sum(row.values), deep, dtype=tf.float32) ** 2,
    ]
    with tf.Session() as session:
        return session.run([tf.gradients(each, x) for each in y])


@results
def no_second_derivatives(tf: Any) -> Any:
    x, z = tf.constant(values(3)), tf.constant(values(3))
    return attempt(lambda: tf.hessians(x**2, [z])) is None, attempt(lambda: tf.hessians(x, []))


@results
def gradients_in_branches(tf: Any) -> Any:
    x, w = tf.placeholder_with_default(values(3), [None]), tf.constant(values(3) * 2)
    before = tf.tanh(x * w)

    def branch(y: Any) -> Any:
        return lambda: [g if g is not None else tf.zeros([3]) for g in tf.gradients(y(), [x, w])]

    yes = tf.reduce_sum(x) < 100
    found = [
        tf.cond(yes, branch(lambda: before * tf.sin(x)), branch(lambda: x)),
        tf.cond(yes, branch(lambda: tf.gather(before, [1, 1])), branch(lambda: x)),
        tf.cond(
            yes, branch(lambda: tf.cond(yes, lambda: before * w, lambda: w)), branch(lambda: x)
        ),
        tf.cond(
            yes,
            lambda: tf.cond(yes, branch(lambda: before * tf.sin(before)), branch(lambda: x)),
            branch(lambda: x),
        ),
    ]
    with tf.Session() as session:
        return session.run(found)


@results
def gradients_in_loops(tf: Any) -> Any:
    x = tf.constant(values(3) * 0.5 + 1)
    v = tf.get_variable("v", initializer=values(3), use_resource=True)
    table = tf.get_variable("table", initializer=values(4, 2), use_resource=True)

    def descend(step: Any, point: Any) -> Any:
        loss = tf.reduce_sum((point * v - x) ** 2)
        of_point, of_v, of_x = tf.gradients(loss, [point, v, x])
        return step + 1, point - 0.1 * (of_point + of_v * of_x)

    def sparse(step: Any, total: Any) -> Any:
        rows = tf.gather(table, [step, step, 0])
        (found,) = tf.gradients(rows * rows, table)
        return step + 1, total + tf.convert_to_tensor(found)

    def count(step: Any, _: Any) -> Any:
        return step < 4

    _, point = tf.while_loop(count, descend, [0, tf.ones([3])])
    _, total = tf.while_loop(count, sparse, [0, tf.zeros([4, 2])])
    second = tf.gradients(point, x)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run([point, total, second])


@results
def gradients_in_functions(tf: Any) -> Any:
    x = tf.constant(values(3))
    squared = x * x
    unconnected: list[Any] = []

    @tf.function
    def slope(a: Any) -> Any:
        of_a, of_x = tf.gradients(squared * a, [a, x], stop_gradients=[squared])
        unconnected.append(of_x)
        return [
            *tf.gradients(squared * a, [a, x, squared]),
            of_a,
            *tf.gradients(
                squared * a, [a, x], unconnected_gradients="zero", stop_gradients=squared
            ),
        ]

    with tf.Session() as session:
        return session.run(slope(tf.constant(values(3) + 2))), unconnected
