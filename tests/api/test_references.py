"""Variables by reference in branches and loops, as programs have them after `tf.disable_v2_behavior()`.

The numbers are TensorFlow's with its control flow of version 1; its functions take no references.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf

Run = Callable[..., Any]


@pytest.fixture
def run() -> Iterator[Run]:
    """Runs something in a graph of its own, whose variables are references."""
    with (
        tf.Graph().as_default(),
        tf.variable_scope("", use_resource=False),
        tf.Session() as session,
    ):
        begun = False

        def work(fetches: Any, feeds: Any = None) -> Any:
            nonlocal begun
            if not begun:
                session.run(tf.global_variables_initializer())
                begun = True
            return session.run(fetches, feeds)

        yield work


def test_branches_write(run: Run) -> None:
    p = tf.placeholder(tf.bool, [])
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    found = tf.cond(p, lambda: v.assign_add([10.0, 10.0]), lambda: v.assign_sub([1.0, 1.0]))
    assert [run(found, {p: p_value}).tolist() for p_value in (True, False)] == [[11, 12], [10, 11]]
    assert run(v).tolist() == [10, 11]


def test_branches_read_what_they_have_written(run: Run) -> None:
    p = tf.placeholder(tf.bool, [])
    v = tf.get_variable("v", initializer=[1.0, 2.0])

    def write() -> Any:
        with tf.control_dependencies([v.assign_add([5.0, 5.0])]):
            return v.read_value() + tf.identity(v) + v

    found = tf.cond(p, write, lambda: v * 3.0)
    values = [run(found, {p: p_value}).tolist() for p_value in (True, False, True)]
    assert values == [[18, 21], [18, 21], [33, 36]]


def test_loops_write_in_their_branches(run: Run) -> None:
    v = tf.get_variable("v", initializer=0.0)

    def body(i: Any, total: Any) -> Any:
        found = tf.cond(
            tf.equal(i % 2, 0),
            lambda: tf.identity(v.assign_add(tf.cast(i, tf.float32) + 1.0)),
            lambda: tf.identity(v.assign_sub(0.5)),
        )
        return i + 1, total + found

    result = tf.while_loop(lambda i, _: i < 5, body, [0, 0.0], parallel_iterations=1)
    assert [*run(result), run(v), *run(result), run(v)] == [5, 16, 8, 5, 56, 16]


def test_some_branches_return_references(run: Run) -> None:
    i = tf.placeholder(tf.int32, [])
    v = tf.get_variable("v", initializer=1.0)
    found = tf.case(
        [(tf.equal(i, 0), lambda: v.assign(10.0)), (tf.equal(i, 1), lambda: v + 0.5)],
        default=lambda: v.assign_sub(1.0),
    )
    assert found.dtype is tf.float32
    assert [run(found, {i: value}) for value in (0, 1, 2, 1)] == [10, 10.5, 9, 9.5]


def test_rows_are_written_in_a_branch(run: Run) -> None:
    p = tf.placeholder(tf.bool, [])
    v = tf.get_variable("v", initializer=np.zeros((4, 1), np.float32))
    ones = np.ones((2, 1), np.float32)
    found = tf.cond(
        p, lambda: tf.scatter_update(v, [1, 3], ones), lambda: tf.scatter_add(v, [0], [[2.0]])
    )
    assert run(found, {p: True}).tolist() == [[0], [1], [0], [1]]
    assert run(found, {p: False}).tolist() == [[2], [1], [0], [1]]


def test_what_another_write_gives_is_written_to(run: Run) -> None:
    p = tf.placeholder(tf.bool, [])
    v = tf.get_variable("v", initializer=3.0)
    first = v.assign_add(1.0)
    found = tf.cond(p, lambda: tf.assign_add(first, 10.0), lambda: tf.assign_sub(first, 1.0))
    assert [run(found, {p: True}), run(found, {p: False}), run(v)] == [14, 14, 14]


def test_gradients_pass_variables_that_branches_read(run: Run) -> None:
    p = tf.placeholder(tf.bool, [])
    v = tf.get_variable("v", initializer=3.0)
    found = tf.cond(p, lambda: v.read_value() * v, lambda: v.read_value() * 2.0)
    (gradient,) = tf.gradients(found, [v])
    assert run([found, gradient], {p: True}) == [9, 6]
    assert run([found, gradient], {p: False}) == [6, 2]


def test_gradients_are_applied_every_other_step(run: Run) -> None:
    x, step = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.int32, [])
    w = tf.get_variable("w", initializer=[[1.0], [2.0]])
    sums = tf.get_variable("sums", [2, 1], initializer=tf.zeros_initializer(), trainable=False)
    optimizer = tf.train.AdamOptimizer(0.1)
    loss = tf.reduce_mean(tf.square(tf.matmul(x, w) - 1.0))
    ((gradient, _),) = optimizer.compute_gradients(loss, [w])

    def apply() -> Any:
        with tf.control_dependencies([optimizer.apply_gradients([(sums.read_value() / 2.0, w)])]):
            return tf.group(sums.assign(tf.zeros_like(sums)))

    with tf.control_dependencies([sums.assign_add(gradient)]):
        train = tf.cond(tf.equal(step % 2, 1), apply, tf.no_op)
    found = []
    for number in range(5):
        run(train, {x: np.float32([[number, 1], [2, number]]), step: number})
        found.append(np.ravel(run([w, sums])))
    expected = [
        [1, 2, 2, 1],
        [0.9, 1.9, 0, 0],
        [0.9, 1.9, 14.6, 11.9],
        [0.8111, 1.8153, 0, 0],
        [0.8111, 1.8153, 32.0062, 35.5941],
    ]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_batch_normalization_asks_a_placeholder_whether_it_trains(run: Run) -> None:
    training = tf.placeholder(tf.bool, [])
    x = tf.constant(np.arange(12, dtype=np.float32).reshape(4, 3))
    y = tf.layers.batch_normalization(x, training=training, momentum=0.5)
    mean, variance = tf.global_variables()[2:]
    updates = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    found, _ = run([y, updates], {training: True})
    np.testing.assert_allclose(found[:, 0], [-1.3416, -0.4472, 0.4472, 1.3416], atol=1e-4)
    assert run(mean).tolist() == [2.25, 2.75, 3.25]
    assert run(variance).tolist() == [6.125] * 3
    np.testing.assert_allclose(run(y, {training: False})[0], [-0.9091, -0.707, -0.505], atol=1e-4)


def test_loops_read_what_their_last_turn_wrote(run: Run) -> None:
    v = tf.get_variable("v", initializer=[1.0, 2.0])
    steps = tf.get_variable("steps", initializer=0, trainable=False)
    optimizer = tf.train.GradientDescentOptimizer(0.25)

    def turn(total: Any) -> Any:
        loss = tf.reduce_sum(tf.square(v - 3.0))
        with tf.control_dependencies([optimizer.minimize(loss, steps, [v])]):
            return total + tf.reduce_sum(v)

    result = tf.while_loop(
        lambda _: steps < 4, turn, [0.0], parallel_iterations=1, maximum_iterations=9
    )
    assert run(result) == 4.5 + 5.25 + 5.625 + 5.8125
    assert [run(steps), *run(v)] == [4, 2.875, 2.9375]


def test_functions_around_read_what_inner_ones_wrote(run: Run) -> None:
    v = tf.get_variable("v", initializer=1.0)

    def turn(i: Any, total: Any) -> Any:
        before = v * 10.0
        with tf.control_dependencies([before]):
            changed = tf.cond(i > 0, lambda: v.assign_add(v), lambda: tf.identity(v))
        with tf.control_dependencies([changed]):
            return i + 1, total + before + tf.cond(i > 1, lambda: v, lambda: -v)

    result = tf.while_loop(lambda i, _: i < 3, turn, [0, 0.0], parallel_iterations=1)
    assert run(result) == [3, (10 - 1) + (10 - 2) + (20 + 4)]


def test_gradients_pass_what_is_read_after_a_write(run: Run) -> None:
    p = tf.placeholder(tf.bool, [])
    v = tf.get_variable("v", initializer=2.0)

    def write() -> Any:
        before = v * v
        with tf.control_dependencies([before]), tf.control_dependencies([v.assign_add(1.0)]):
            return before + 4.0 * v

    found = tf.cond(p, write, lambda: v * 2.0)
    (gradient,) = tf.gradients(found, [v])
    assert run([found, gradient], {p: True}) == [16, 8]
    assert run([found, gradient], {p: False}) == [6, 2]


def test_a_graph_that_is_read_again_writes_to_the_same_variable(run: Run) -> None:
    p = tf.placeholder(tf.bool, [], name="p")
    v = tf.get_variable("v", initializer=3.0)
    found = tf.cond(p, lambda: v.assign_add(10.0), lambda: v.assign_sub(1.0))
    tf.identity(found, name="found")
    message = tf.train.export_meta_graph()
    with tf.Graph().as_default(), tf.Session() as session:
        tf.train.import_meta_graph(message)
        session.run(tf.global_variables_initializer())
        values = [session.run("found:0", {"p:0": value}) for value in (True, False)]
        assert [*values, session.run("v:0")] == [13, 12, 12]


def test_branches_keep_their_functions_where_training_nodes_are_removed(run: Run) -> None:
    p = tf.placeholder(tf.bool, [], name="p")
    v = tf.get_variable("v", initializer=3.0)
    tf.identity(tf.cond(p, lambda: v * 2.0, lambda: v - 1.0), name="y")
    run(tf.no_op())
    graph_def = v.graph.as_graph_def()
    with tf.Session(graph=v.graph) as session:
        session.run(tf.global_variables_initializer())
        frozen = tf.graph_util.convert_variables_to_constants(session, graph_def, ["y"])
    lean = tf.graph_util.remove_training_nodes(frozen, ["y"])
    with tf.Graph().as_default(), tf.Session() as session:
        (y,) = tf.import_graph_def(lean, return_elements=["y:0"], name="")
        assert [session.run(y, {"p:0": value}) for value in (True, False)] == [6, 2]
