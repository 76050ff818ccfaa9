"""Attention with the products around it is one step, and stays what it was."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import blas
from minihub_runtime.ops import self_attention
from tests.passes.networks import draw
from tests.passes.plans import ops_of, plan_of
from tests.passes.test_chain_products import count as count  # a fixture

DEEP = 24


def weights(name: str, *shape: int) -> Any:
    values = np.random.default_rng([len(name), *name.encode()]).standard_normal(shape)
    return tf.get_variable(name, initializer=(values * 0.2).astype(np.float32))


def dense(x: Any, name: str, width: int, deep: int = DEEP) -> Any:
    return tf.matmul(x, weights(f"{name}_w", deep, width)) + weights(f"{name}_b", width)


def heads_of(x: Any, name: str, shape: Any, width: int, turned: Any = (0, 2, 1, 3)) -> Any:
    return tf.transpose(tf.reshape(dense(x, name, width), shape), turned)


def attention(
    x: Any, positions: int, heads: int, depth: int, mask: Any = None, *, shape: Any = None
) -> Any:
    """As BERT's modules spell it: rows of all examples one below another."""
    width = heads * depth
    shape = [-1, positions, heads, depth] if shape is None else shape
    query, key, value = (heads_of(x, name, shape, width) for name in ("query", "key", "value"))
    scores = tf.matmul(query, key, transpose_b=True) * 0.3
    if mask is not None:
        scores += mask
    context = tf.transpose(tf.matmul(tf.nn.softmax(scores), value), [0, 2, 1, 3])
    return dense(tf.reshape(context, [-1, width]), "output", 40, width)


MASKS = {
    "none": None,
    "of positions": np.where(draw(1, 1, 1, 6) > 0.5, -10000.0, 0).astype(np.float32),
    "of heads": draw(4, 6, 6),
    "of one head": draw(1, 4, 1, 6),
}


@pytest.mark.parametrize("small", [False, True])
@pytest.mark.parametrize("depth", [16, 64, 40])
@pytest.mark.parametrize("mask", list(MASKS))
def test_the_same_numbers(
    mask: str, depth: int, small: bool, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: small)
    shared: list[Any] = []
    whole = self_attention._in_shares
    monkeypatch.setattr(
        self_attention, "_in_shares", lambda *given: (shared.append(given), whole(*given))[1]
    )
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, DEEP])
        y = attention(x, 6, 4, depth, MASKS[mask])
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert ops_of(plan) == ["_SelfAttention"]
        for examples in (1, 1, 1, 1, 1, 3):
            value = draw(examples * 6, DEEP)
            (found,), (expected,) = plan.run([value]), plain.run([value])
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
        # Heads of 64 are panels; three threads do not share four heads evenly.
        assert bool(shared) == (small and depth == 64 and count == 2)
        with pytest.raises(tf.errors.InvalidArgumentError, match="shape must hold"):
            plan.run([draw(7, DEEP)])
        with pytest.raises(tf.errors.InvalidArgumentError, match="sizes must fit"):
            plan.run([draw(6, 7)])
        assert plan.run([draw(0, DEEP)])[0].shape == (0, 40)


def test_sizes_of_the_run(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: True)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, DEEP])
        rows = tf.reshape(x, [-1, DEEP])
        batch, positions = tf.unstack(tf.shape(x))[:2]
        y = attention(rows, 0, 4, 64, shape=tf.stack([batch, positions, 4, 64]))
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert "_SelfAttention" in ops_of(plan)
        for shape in (
            (1, 6),
            (1, 6),
            (1, 6),
            (1, 6),
            (4, 3),
            (4, 3),
            (4, 3),
            (4, 3),
            (4, 3),
            (1, 1),
        ):
            value = draw(*shape, DEEP)
            (found,), (expected,) = plan.run([value]), plain.run([value])
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def twice(x: Any) -> Any:
    """Queries that are keys, too."""
    shape = [-1, 6, 4, 16]
    query, value = (heads_of(x, name, shape, 64) for name in ("query", "value"))
    context = tf.matmul(tf.nn.softmax(tf.matmul(query, query, transpose_b=True)), value)
    return dense(tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, 64]), "output", 40, 64)


def of_another(x: Any) -> Any:
    shape = [-1, 6, 4, 16]
    query, key = (heads_of(x, name, shape, 64) for name in ("query", "key"))
    value = heads_of(tf.abs(x), "value", shape, 64)
    context = tf.matmul(tf.nn.softmax(tf.matmul(query, key, transpose_b=True)), value)
    return dense(tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, 64]), "output", 40, 64)


def heads_last(x: Any) -> Any:
    shape = [-1, 6, 16, 4]
    query, key, value = (
        heads_of(x, name, shape, 64, (0, 3, 1, 2)) for name in ("query", "key", "value")
    )
    context = tf.matmul(tf.nn.softmax(tf.matmul(query, key, transpose_b=True)), value)
    return dense(tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, 64]), "output", 40, 64)


@pytest.mark.parametrize("make", [twice, of_another, heads_last])
def test_others_stay_apart(make: Any) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, DEEP])
        y = make(x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert "_Attention" in ops_of(plan)
        assert "_SelfAttention" not in ops_of(plan)
        (found,), (expected,) = plan.run([draw(12, DEEP)]), plain.run([draw(12, DEEP)])
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def values_wider(x: Any) -> Any:
    query, key = (heads_of(x, name, [-1, 6, 4, 64], 256) for name in ("query", "key"))
    value = heads_of(x, "value", [-1, 6, 4, 128], 512)
    context = tf.matmul(tf.nn.softmax(tf.matmul(query, key, transpose_b=True)), value)
    return dense(tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, 512]), "output", 40, 512)


def heads_of_two_rows(x: Any) -> Any:
    """A head that goes over the ends of rows."""
    shape = [-1, 3, 4, 128]
    query, key, value = (heads_of(x, name, shape, 256) for name in ("query", "key", "value"))
    context = tf.matmul(tf.nn.softmax(tf.matmul(query, key, transpose_b=True)), value)
    return dense(tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [-1, 256]), "output", 40, 256)


@pytest.mark.parametrize("make", [values_wider, heads_of_two_rows])
def test_what_threads_do_not_share(make: Any, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "small_as_they_are", lambda: True)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, DEEP])
        y = make(x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert ops_of(plan) == ["_SelfAttention"]
        for _ in range(4):
            (found,), (expected,) = plan.run([draw(6, DEEP)]), plain.run([draw(6, DEEP)])
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
