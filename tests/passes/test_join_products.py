"""Products of one tensor are made in one step, and stay what they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import blas
from minihub_runtime.ops import prepared_matrix
from minihub_runtime.threads import num_threads, set_num_threads
from tests.passes.networks import draw, variable
from tests.passes.plans import ops_of, plan_of

WIDTHS = (130, 64, 7)


def heads(x: Any, *, transpose: bool = False) -> list[Any]:
    """What attention begins with, each with something else after it."""
    follows = (lambda y: y, tf.nn.relu, tf.tanh)
    return [
        follow(tf.matmul(x, variable(f"w{n}", 60, n), transpose) + variable(f"b{n}", n))
        for n, follow in zip(WIDTHS, follows, strict=True)
    ]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("rows", [1, 5, 200, 600])
@pytest.mark.parametrize("small", [False, True])
def test_the_same_numbers(
    small: bool, rows: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: small)
    # Parts may hold the end of one matrix and the beginning of the next.
    monkeypatch.setattr("minihub_runtime.threads.WORTHWHILE", 0)
    before = num_threads()
    set_num_threads(threads)
    try:
        with tf.Graph().as_default(), tf.Session() as session:
            x = tf.placeholder(tf.float32, [None, 60])
            y = tf.concat(heads(x), 1)
            session.run(tf.global_variables_initializer())
            plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
            assert ops_of(plan) == ["_PreparedMatMuls", "ConcatV2"]
            for count in (rows, rows, rows, rows + 1):
                value = draw(count, 60)
                (found,), (expected,) = plan.run([value]), plain.run([value])
                np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)
            with pytest.raises(tf.errors.InvalidArgumentError, match="sizes must fit"):
                plan.run([draw(7, 7)])
    finally:
        set_num_threads(before)


def test_no_rows_and_what_is_transposed() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [60, None])
        y = tf.concat(heads(x, transpose=True), 1)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert ops_of(plan) == ["_PreparedMatMuls", "ConcatV2"]
        for _ in range(prepared_matrix.FIRST_USES + 1):
            for count in (0, 9):
                (found,), (expected,) = plan.run([draw(60, count)]), plain.run([draw(60, count)])
                np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


def test_a_new_value_of_one_variable() -> None:
    value = draw(20, 60)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 60])
        y = tf.concat(heads(x), 1)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        plan.run([value])
        (chosen,) = (v for v in tf.global_variables() if v.name == "w64:0")
        session.run(tf.assign(chosen, 3.0 * chosen))
        (found,), (expected,) = plan.run([value]), plain.run([value])
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("why", ["another tensor", "waits"])
def test_others_stay_alone(why: str) -> None:
    value = draw(20, 60)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 60])
        first = tf.matmul(x, variable("v", 60, 8))
        given = tf.abs(x) if why == "another tensor" else x
        changed = [tf.assign_add(variable("n"), 1.0)] if why == "waits" else []
        with tf.control_dependencies(changed):
            second = tf.matmul(given, variable("w", 60, 8))
        y = first + second
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert "_PreparedMatMuls" not in ops_of(plan)
        (found,), (expected,) = plan.run([value]), plain.run([value])
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-4)


def test_what_is_fetched_is_there() -> None:
    value = draw(20, 60)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 60])
        y = heads(x)
        whole = tf.concat(y, 1)
        session.run(tf.global_variables_initializer())
        # The first is a product with a bias and nothing after it.
        found, first = session.run([whole, y[0]], {x: value})
        np.testing.assert_array_equal(found[:, : WIDTHS[0]], first)
