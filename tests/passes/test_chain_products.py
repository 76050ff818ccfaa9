"""Products one after another are made in one step, and stay what they were."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import blas
from minihub_runtime.ops import chained_products
from minihub_runtime.ops.chained_products import share_columns
from minihub_runtime.ops.prepared_matrix import FIRST_USES, PreparedMatrix
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.repeatable import repeatable
from tests.passes.networks import draw, variable
from tests.passes.plans import ops_of, plan_of
from tests.sharing import sharing


@pytest.fixture(params=[1, 2, 3])
def count(request: pytest.FixtureRequest) -> Iterator[int]:
    """So many threads, which share all work."""
    with sharing(request.param):
        yield request.param


def layer(x: Any, name: str, width: int, follows: Any = None) -> Any:
    weights = variable(f"{name}_weights", x.shape.as_list()[-1], width) * 0.1
    found = tf.matmul(x, weights) + variable(f"{name}_bias", width)
    return found if follows is None else follows(found)


def gelu(x: Any) -> Any:
    return x * 0.5 * (1.0 + tf.erf(x / tf.sqrt(2.0)))


@pytest.mark.parametrize("rows", [1, 5, 200, 600])
@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize(("between", "follows"), [(384, gelu), (2600, None), (70, tf.nn.relu)])
def test_the_same_numbers(
    between: int, follows: Any, small: bool, rows: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: small)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 60])
        y = layer(layer(x, "first", between, follows), "second", 75, tf.tanh)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert ops_of(plan) == ["_ChainedMatMul"]
        for number in (rows, rows, rows, rows + 1):
            value = draw(number, 60)
            (found,), (expected,) = plan.run([value]), plain.run([value])
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
        with pytest.raises(tf.errors.InvalidArgumentError, match="sizes must fit"):
            plan.run([draw(7, 7)])
        assert plan.run([draw(0, 60)])[0].shape == (0, 75)


@pytest.mark.parametrize(("most", "shares"), [(64, 0), (2 * 9 * 32, 3), (2 * 9 * 32 - 1, 0)])
def test_little_is_added_up_in_the_end(
    most: int, shares: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: True)
    monkeypatch.setattr(chained_products, "MOST_ADDED", most)
    second = PreparedMatrix(draw(384, 32), np.zeros(0, np.float32), "")
    for _ in range(FIRST_USES + 1):
        second.multiply(draw(9, 384))
    wanted = share_columns((*range(0, 385, 64),), 64, 3)
    assert len(chained_products.rows_below(second, 9, wanted)) == shares


def test_columns_are_shared_evenly_or_not_at_all() -> None:
    starts = (*range(0, 385, 64),)
    shares = share_columns(starts, 64, 3)
    assert [(each.first, each.last) for each in shares] == [(0, 2), (2, 4), (4, 6)]
    assert [each.columns for each in shares] == [slice(0, 128), slice(128, 256), slice(256, 384)]
    assert share_columns(starts, 192, 2)[1].first == 3
    # Three parts for two threads, two for three, one for each of two.
    assert share_columns(starts, 128, 2) == share_columns(starts, 192, 3) == ()
    assert share_columns((0, 64), 64, 2) == ()
    assert len(share_columns(starts, 64, 1)) == 1


@pytest.mark.parametrize("why", ["fetched", "read twice", "waits", "transposed"])
def test_others_stay_apart(why: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 60])
        changed = [tf.assign_add(variable("n"), 1.0)] if why == "waits" else []
        with tf.control_dependencies(changed):
            h = tf.matmul(x, variable("v", 60, 8))
        if why == "transposed":
            y = tf.matmul(h, variable("w", 20, 4), transpose_a=True)
        else:
            y = tf.matmul(h, variable("w", 8, 4))
        if why == "read twice":
            y += h[:, :4]
        fetched = [y, h] if why == "fetched" else [y]
        session.run(tf.global_variables_initializer())
        value = draw(20, 60)
        found = session.run(fetched, {x: value})
        if why != "fetched":
            assert "_ChainedMatMul" not in ops_of(plan_of(session, y, x))
        (expected,) = plan_of(session, y, x, passes=()).run([value])
        np.testing.assert_allclose(found[0], expected, rtol=1e-4, atol=1e-3)


def test_of_three_layers_two_are_chained() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 60])
        y = layer(layer(layer(x, "a", 64, tf.nn.relu), "b", 65, tf.tanh), "c", 3)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert sorted(ops_of(plan)) == ["_ChainedMatMul", "_PreparedMatMul"]
        (found,), (expected,) = plan.run([draw(9, 60)]), plain.run([draw(9, 60)])
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_new_value_of_a_variable() -> None:
    value = draw(20, 60)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 60])
        y = layer(layer(x, "a", 128), "b", 64)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        for variable_ in tf.global_variables():
            session.run(tf.assign(variable_, 2.0 * variable_))
            (found,), (expected,) = plan.run([value]), plain.run([value])
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_the_op() -> None:
    first, second, bias = draw(20, 64), draw(64, 30), draw(64)
    prepare, none = REGISTRY["_PreparedMatrix"].kernel, np.zeros(0, np.float32)
    matrices = prepare(first, bias, activation="Relu"), prepare(second, none)
    kernel, x = REGISTRY["_ChainedMatMul"].kernel, draw(20, 9)
    expected = np.maximum(x.T @ first + bias, 0) @ second
    out = np.zeros((9, 30), np.float32)
    assert kernel(x, *matrices, transpose_a=True, out=out) is out
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-3)
    with pytest.raises(ValueError, match=r"sizes must fit, not \[9,64\] and \[20,64\]"):
        kernel(x, matrices[0], matrices[0], transpose_a=True)
    with pytest.raises(ValueError, match=r"sizes must fit, not \[20,9\] and \[20,64\]"):
        kernel(x, *matrices)


def test_equal_products_have_equal_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one is made as all others are, where that is asked for."""
    monkeypatch.setattr(blas, "small_as_they_are", lambda: True)
    left, right = draw(5, 60), draw(60, 200)
    for wanted in (False, True):
        matrix = PreparedMatrix(right, np.zeros(0, np.float32), "")
        with repeatable() if wanted else contextlib.nullcontext():
            assert (matrix.laid_out(5) is not None) == wanted
            assert (matrix.panels(5) is not None) == wanted
            first = matrix.multiply(left)
        np.testing.assert_allclose(first, left @ right, rtol=1e-4, atol=1e-4)
