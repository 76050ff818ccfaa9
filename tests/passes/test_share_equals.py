"""What is computed twice is computed once, and stays what it was."""

from __future__ import annotations

from typing import Any

import numpy as np

import minihub_runtime as tf
from tests.passes.plans import plan_of

ROWS = np.random.default_rng(1).standard_normal((6, 5)).astype(np.float32)


def compare(make: Any) -> list[str]:
    """Compare results with and without passes; the ops of the plan."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 5])
        y = make(x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        (found,), (expected,) = plan.run([ROWS]), plain.run([ROWS])
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    return sorted(step[-1].op for step in plan.steps)


def test_chains_and_several_outputs() -> None:
    def half(x: Any) -> Any:
        values, places = tf.nn.top_k(tf.cumsum(x), 2)
        return tf.concat([values, tf.cast(places, tf.float32)], 1)

    ops = compare(lambda x: tf.concat([half(x), half(x)], 0))
    assert ops == sorted(["Cumsum", "TopKV2", "Cast", "ConcatV2", "ConcatV2"])


def test_other_attributes_inputs_and_types_are_others() -> None:
    ops = compare(
        lambda x: tf.concat(
            [
                tf.cumsum(x),
                tf.cumsum(x, reverse=True),
                tf.cumsum(x, axis=1),
                tf.cumsum(tf.reverse(x, [0])),
                tf.cast(tf.cumsum(tf.cast(x, tf.float64)), tf.float32),
            ],
            0,
        )
    )
    assert ops.count("Cumsum") == 5


def test_numbers_that_are_drawn_stay_apart() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.int32, [2])
        pair = tf.stack([tf.random_uniform(x), tf.random_uniform(x)])
        first, second = session.run(pair, {x: [3, 4]})
        assert (first != second).any()


def test_what_is_fetched_or_awaited_or_fed_stays() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 5])
        a, b = tf.cumsum(x), tf.cumsum(x)
        with tf.control_dependencies([b]):
            c = tf.cumsum(x)
        total = a + b + c
        found = session.run([a, b, c, total], {x: ROWS})
        np.testing.assert_allclose(found[3], 3 * np.cumsum(ROWS, 0), rtol=1e-5)
        for one in found[:3]:
            np.testing.assert_allclose(one, np.cumsum(ROWS, 0), rtol=1e-5)
        fed = session.run(total, {x: ROWS, b: np.zeros_like(ROWS)})
        np.testing.assert_allclose(fed, 2 * np.cumsum(ROWS, 0), rtol=1e-5)


def test_a_variable_is_read_before_and_after_it_changes() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        v = tf.get_variable("v", initializer=ROWS, use_resource=True)
        before = tf.cumsum(v.read_value())
        with tf.control_dependencies([before]):
            change = v.assign(2 * ROWS)
        with tf.control_dependencies([change]):
            after = tf.cumsum(v.read_value())
        session.run(tf.global_variables_initializer())
        first, second = session.run([before, after])
        np.testing.assert_allclose(second, 2 * first, rtol=1e-5)
