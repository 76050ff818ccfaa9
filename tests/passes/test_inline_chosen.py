"""Branches that constants choose take the place of the choice, and give what the call gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from tests.passes.networks import IMAGES, batch_norm, conv, variable
from tests.passes.plans import plan_of

X = np.float32([[1.0, -2.0, 3.0]])


def ops_and_results(make: Any, value: Any = X, feeds: Any = None) -> tuple[list[str], Any]:
    """The ops of the plan of a graph, and its results, which must be those without passes."""
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, *value.shape[1:]])
        y = make(x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        with np.errstate(all="ignore"):
            (found,), (expected,) = plan.run([value]), plain.run([value])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    return [step[-1].op for step in plan.steps], found


def phase(value: Any) -> Any:
    return tf.placeholder_with_default(value, [])


@pytest.mark.parametrize("value", [True, False])
def test_conditions(value: bool) -> None:
    ops, found = ops_and_results(
        lambda x: tf.cond(phase(value), lambda: tf.sqrt(tf.abs(x)), lambda: tf.exp(x) * 2)
    )
    assert "_Pointwise" in ops
    assert not {"If", "StatelessIf", "IdentityN"} & {*ops}
    np.testing.assert_allclose(found, np.sqrt(np.abs(X)) if value else np.exp(X) * 2, rtol=1e-6)


@pytest.mark.parametrize(("value", "taken"), [(0, 1), (1, 2), (2, 3), (7, 3), (-1, 3)])
def test_cases(value: int, taken: int) -> None:
    ops, found = ops_and_results(
        lambda x: tf.switch_case(phase(value), [lambda n=n: x * float(n) for n in (2, 4, 6)])
    )
    assert set(ops) == {"Mul", "Identity"}
    np.testing.assert_array_equal(found, X * 2 * taken)


def test_what_is_around_is_fused_with_what_is_inside() -> None:
    def make(x: Any) -> Any:
        y = conv(x)
        return tf.nn.relu(
            tf.cond(phase(False), lambda: y + tf.reduce_mean(y), lambda: batch_norm(y))
        )

    ops, _ = ops_and_results(make, IMAGES)
    assert ops == ["_PreparedConv2D"]


def test_what_the_other_branch_needs_is_not_computed() -> None:
    ops, _ = ops_and_results(
        lambda x: (lambda costly: tf.cond(phase(True), lambda: x + 1, lambda: costly))(tf.sin(x))
    )
    assert "Sin" not in ops


def test_branches_with_effects_stay_calls() -> None:
    def make(x: Any) -> Any:
        v = variable("v", 3)
        return tf.cond(
            phase(True), lambda: x + tf.random_uniform([3], seed=4), lambda: tf.assign(v, v * 2)
        )

    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3])
        y = make(x)
        session.run(tf.global_variables_initializer())
        assert "If" in [step[-1].op for step in plan_of(session, y, x).steps]
        first, second = (session.run(y, {x: X}) for _ in range(2))
        assert (first != second).any()


def test_choices_by_what_is_fed_stay() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3])
        learning = phase(False)
        y = tf.cond(learning, lambda: x * 2, lambda: x * 3)
        np.testing.assert_array_equal(session.run(y, {x: X}), X * 3)
        np.testing.assert_array_equal(session.run(y, {x: X, learning: True}), X * 2)
        np.testing.assert_array_equal(session.run(y, {x: X}), X * 3)


def test_results_that_are_fetched_or_awaited() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3])
        one, other = tf.cond(phase(True), lambda: (x * 2, x), lambda: (x, x * 2))
        with tf.control_dependencies([one]):
            last = tf.identity(other) + 1
        found = session.run([one, other, last], {x: X})
        for value, expected in zip(found, (X * 2, X, X + 1), strict=True):
            np.testing.assert_array_equal(value, expected)


def test_choices_within_choices() -> None:
    ops, found = ops_and_results(
        lambda x: tf.cond(
            phase(True),
            lambda: tf.cond(phase(False), lambda: x, lambda: tf.square(x)),
            lambda: tf.sqrt(x),
        )
    )
    assert not {"If", "StatelessIf"} & {*ops}
    np.testing.assert_array_equal(found, X * X)


def test_gradients_of_a_choice() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3])
        y = tf.cond(phase(True), lambda: tf.exp(x), lambda: x)
        np.testing.assert_allclose(session.run(tf.gradients(y, x)[0], {x: X}), np.exp(X), rtol=1e-6)
