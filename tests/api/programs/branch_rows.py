"""Gradients of tables of which branches and functions read rows: where they are slices, and of which rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.api.programs import results

TABLE = np.arange(12, dtype=np.float32).reshape(4, 3)


def shown(tf: Any, gradient: Any) -> list[Any]:
    """What kind of gradient it is, what is known of it, and the tensors that it is given by."""
    if isinstance(gradient, tf.IndexedSlices):
        parts = [gradient.values, gradient.indices, gradient.dense_shape]
        return ["slices", gradient.values.shape.as_list(), gradient.indices.dtype.name, parts]
    return ["whole", gradient.shape.as_list(), gradient.dtype.name, [gradient]]


def in_either_branch(tf: Any, build: Callable[..., Any]) -> Any:
    """The gradient that is asked for by `build(pred, table, ids)`, in either branch, for both kinds of variables."""
    found = []
    for resource in (False, True):
        with tf.Graph().as_default(), tf.Session() as session:
            pred = tf.placeholder(tf.bool, [])
            table = tf.get_variable("table", initializer=TABLE, use_resource=resource)
            y, x = build(pred, table, tf.constant([1, 1, 3]))
            *known, parts = shown(tf, tf.gradients(y, x)[0])
            session.run(tf.global_variables_initializer())
            found.append([known, [session.run(parts, {pred: b}) for b in (True, False)]])
    return found


def squares(tf: Any, table: Any, ids: Any) -> Any:
    """A result that rows of a table were looked up for."""
    rows = tf.nn.embedding_lookup(table, ids)
    return tf.reduce_sum(rows * rows)


@results
def rows_in_both_branches(tf: Any) -> Any:
    return in_either_branch(
        tf,
        lambda pred, table, ids: (
            tf.cond(pred, lambda: squares(tf, table, ids), lambda: squares(tf, table, [0, 1])),
            table,
        ),
    )


@results
def indices_of_two_types(tf: Any) -> Any:
    wide = np.array([0, 2])
    return in_either_branch(
        tf,
        lambda pred, table, ids: (
            tf.cond(pred, lambda: squares(tf, table, ids), lambda: squares(tf, table, wide)),
            table,
        ),
    )


@results
def rows_in_one_branch(tf: Any) -> Any:
    return in_either_branch(
        tf,
        lambda pred, table, ids: (
            tf.cond(pred, lambda: squares(tf, table, ids), lambda: tf.constant(0.0)),
            table,
        ),
    )


@results
def rows_and_the_whole(tf: Any) -> Any:
    return in_either_branch(
        tf,
        lambda pred, table, ids: (
            tf.cond(pred, lambda: squares(tf, table, ids), lambda: tf.reduce_sum(table * 2.0)),
            table,
        ),
    )


@results
def the_whole_beside_rows_of_a_branch(tf: Any) -> Any:
    def build(pred: Any, table: Any, ids: Any) -> Any:
        def both() -> Any:
            return squares(tf, table, ids) + tf.reduce_sum(table * 2.0)

        return tf.cond(pred, both, lambda: tf.reduce_sum(table)), table

    return in_either_branch(tf, build)


@results
def rows_of_what_was_read_before(tf: Any) -> Any:
    def build(pred: Any, table: Any, ids: Any) -> Any:
        read = tf.identity(table)
        one, other = (lambda places=places: squares(tf, read, places) for places in (ids, [2]))
        return tf.cond(pred, one, other), read

    return in_either_branch(tf, build)


@results
def rows_looked_up_before(tf: Any) -> Any:
    def build(pred: Any, table: Any, ids: Any) -> Any:
        rows = tf.nn.embedding_lookup(table, ids)
        return tf.cond(pred, lambda: tf.reduce_sum(rows * rows), lambda: tf.constant(0.0)), table

    return in_either_branch(tf, build)


@results
def rows_inside_and_outside(tf: Any) -> Any:
    def build(pred: Any, table: Any, ids: Any) -> Any:
        one, other = (lambda places=places: squares(tf, table, places) for places in (ids, [2]))
        return tf.cond(pred, one, other) + squares(tf, table, np.array([0, 2])), table

    return in_either_branch(tf, build)


@results
def rows_of_nested_branches(tf: Any) -> Any:
    def build(pred: Any, table: Any, ids: Any) -> Any:
        one, other = (lambda places=places: squares(tf, table, places) for places in (ids, [2]))

        def inner() -> Any:
            return tf.cond(tf.logical_not(pred), other, one)

        return tf.cond(pred, inner, lambda: squares(tf, table, [0])), table

    return in_either_branch(tf, build)


@results
def rows_in_cases(tf: Any) -> Any:
    def build(pred: Any, table: Any, ids: Any) -> Any:
        choices = [lambda: squares(tf, table, ids), lambda: tf.constant(0.0)]
        choices.append(lambda: tf.reduce_sum(table * 2.0))
        return tf.switch_case(tf.cast(pred, tf.int32) * 2, choices), table

    return in_either_branch(tf, build)


@results
def a_loop_in_a_branch(tf: Any) -> Any:
    def build(pred: Any, table: Any, ids: Any) -> Any:
        def loop() -> Any:
            def turn(i: Any, a: Any) -> Any:
                return i + 1, a + squares(tf, table, ids)

            return tf.while_loop(lambda i, _: i < 2, turn, [0, 0.0])[1]

        return tf.cond(pred, loop, lambda: squares(tf, table, [0])), table

    return in_either_branch(tf, build)


@results
def weighted_rows(tf: Any) -> Any:
    def build(pred: Any, table: Any, ids: Any) -> Any:
        bags = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], ids, [2, 2])

        def means() -> Any:
            found = tf.nn.embedding_lookup_sparse(table, bags, None, combiner="mean")
            return tf.reduce_sum(found * found)

        return tf.cond(pred, means, lambda: squares(tf, table, [0])), table

    return in_either_branch(tf, build)


@results
def places_and_columns(tf: Any) -> Any:
    def at(pred: Any, table: Any, ids: Any) -> Any:
        def one() -> Any:
            return tf.reduce_sum(tf.gather_nd(table, [[1]]) * 3.0)

        return tf.cond(pred, one, lambda: tf.reduce_sum(tf.gather_nd(table, [[2]]))), table

    def columns(pred: Any, table: Any, ids: Any) -> Any:
        one, other = (lambda i=i: tf.reduce_sum(tf.gather(table, [i], axis=1)) for i in (0, 2))
        return tf.cond(pred, one, other), table

    return [in_either_branch(tf, at), in_either_branch(tf, columns)]


@results
def rows_of_a_chosen_table(tf: Any) -> Any:
    def build(pred: Any, table: Any, ids: Any) -> Any:
        chosen = tf.cond(pred, lambda: tf.negative(table), lambda: table * table)
        return tf.gather(chosen, ids), table

    def either(pred: Any, table: Any, ids: Any) -> Any:
        chosen = tf.cond(pred, lambda: tf.identity(table), lambda: tf.negative(table))
        return tf.gather(chosen, ids), table

    return [in_either_branch(tf, build), in_either_branch(tf, either)]


@results
def rows_in_functions(tf: Any) -> Any:
    def once(pred: Any, table: Any, ids: Any) -> Any:
        return tf.function(lambda: squares(tf, table, ids))(), table

    def twice(pred: Any, table: Any, ids: Any) -> Any:
        function = tf.function(lambda: squares(tf, table, ids))
        return function() + function(), table

    def argument(pred: Any, table: Any, ids: Any) -> Any:
        read = tf.identity(table)
        return tf.function(lambda x: squares(tf, x, ids))(read), read

    def behind(pred: Any, table: Any, ids: Any) -> Any:
        return tf.gather(tf.function(tf.identity)(tf.identity(table)), ids), table

    return [in_either_branch(tf, build) for build in (once, twice, argument, behind)]


def trained(tf: Any, make: Callable[[], Any], resource: bool) -> Any:
    """A table after steps in either branch: an optimizer with a memory tells rows of zeros from rows not there."""
    with tf.Graph().as_default(), tf.Session() as session:
        pred = tf.placeholder(tf.bool, [])
        table = tf.get_variable("table", initializer=TABLE, use_resource=resource)
        one, other = (lambda ids=ids: squares(tf, table, ids) for ids in ([1, 1, 3], [0]))
        step = make().minimize(tf.cond(pred, one, other))
        session.run(tf.global_variables_initializer())
        found = []
        for value in (True, False, False, True):
            session.run(step, {pred: value})
            found.append(session.run(table))
        return found


@results
def steps_change_the_rows_that_were_read(tf: Any) -> Any:
    train = tf.train
    makers = [
        lambda: train.GradientDescentOptimizer(0.1),
        lambda: train.MomentumOptimizer(0.01, 0.9),
        lambda: train.RMSPropOptimizer(0.1),
        lambda: train.AdagradOptimizer(0.1),
        lambda: train.AdamOptimizer(0.1),
        lambda: train.FtrlOptimizer(0.1),
    ]
    return [trained(tf, make, resource) for make in makers for resource in (False, True)]
