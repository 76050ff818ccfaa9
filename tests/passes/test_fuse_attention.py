"""Attention in one step, however it is spelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime import threads
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.ops import attention
from minihub_runtime.ops.registry import REGISTRY
from tests.passes.plans import plan_of

GENERATOR = np.random.default_rng(4)
#: Examples, positions, heads and the depth of each.
STATES = GENERATOR.standard_normal((2, 7, 3, 4)).astype(np.float32)
MASK = np.where(GENERATOR.random((2, 1, 1, 7)) < 0.3, -10000, 0).astype(np.float32)


def heads(x: Any, scale: float = 1.0) -> Any:
    return tf.transpose(x, [0, 2, 1, 3]) * scale


def scores(x: Any) -> Any:
    return tf.matmul(heads(x), heads(x, 0.5), transpose_b=True)


def probabilities(x: Any) -> Any:
    return tf.nn.softmax(scores(x) * 0.5 + MASK)


def bert(x: Any) -> Any:
    return tf.transpose(tf.matmul(probabilities(x), heads(x, 2.0)), [0, 2, 1, 3])


def gpt(x: Any) -> Any:
    found = scores(x) / 2.0
    visible = tf.constant(np.tri(7, dtype=np.float32)[np.newaxis, np.newaxis])
    found = found * visible - 1e10 * (1 - visible)
    return tf.matmul(tf.nn.softmax(found), heads(x))


def official(x: Any) -> Any:
    found = tf.einsum("BTNH,BFNH->BNFT", x * 0.5, x)
    return tf.einsum("BNFT,BTNH->BFNH", tf.nn.softmax(tf.multiply(found, 0.5) + MASK), x)


def other_letters(x: Any) -> Any:
    found = tf.einsum("bqhd,bkhd->bhqk", x, x * 0.5)
    return tf.einsum("bvhe,bhqv->bqeh", x * 2.0, tf.nn.softmax(found))


def of_images(x: Any) -> Any:
    flat = tf.reshape(x, [2, 21, 4])
    return tf.matmul(
        tf.nn.softmax(tf.matmul(flat, flat[:, ::2] * 0.5, transpose_b=True)), flat[:, ::2]
    )


def old(x: Any) -> Any:
    product = tf.raw_ops.BatchMatMul
    found = product(x=heads(x), y=tf.transpose(x, [0, 2, 3, 1]) * 0.5)
    return product(x=tf.nn.softmax(tf.constant(MASK) + found), y=heads(x))


def one_key(x: Any) -> Any:
    """Keys and values that all heads share."""
    shared = x[:, :, :1]
    found = tf.matmul(heads(x), heads(shared, 0.5), transpose_b=True)
    return tf.matmul(tf.nn.softmax(found), heads(shared))


def large_mask(x: Any) -> Any:
    """A bias that there are more of than of scores."""
    first = heads(x)[:, :1]
    found = tf.matmul(first, first * 0.5, transpose_b=True)
    return tf.matmul(tf.nn.softmax(found + tf.ones([2, 3, 1, 7]) * MASK), heads(x))


SPELLINGS: dict[str, Callable[[Any], Any]] = {
    function.__name__: function
    for function in (
        bert, gpt, official, other_letters, of_images, old, one_key, large_mask,
    )
}  # fmt: skip

OTHERS: dict[str, Callable[[Any], Any]] = {
    "probabilities are read": lambda x: (
        lambda p: tf.concat([tf.matmul(p, heads(x)), p], -1)
    )(probabilities(x)),
    "scores are read": lambda x: (
        lambda s: tf.matmul(tf.nn.softmax(s), heads(x)) + tf.reduce_sum(s)
    )(scores(x)),
    "scores are squared": lambda x: (
        lambda s: tf.matmul(tf.nn.softmax(s * s), heads(x))
    )(scores(x)),
    "subtracted from": lambda x: tf.matmul(tf.nn.softmax(1.0 - scores(x)), heads(x)),
    "weights on the right": lambda x: tf.matmul(heads(x), probabilities(x), transpose_a=True),
    "weights transposed": lambda x: tf.matmul(probabilities(x), heads(x), transpose_a=True),
    "queries transposed": lambda x: tf.matmul(
        tf.nn.softmax(tf.matmul(heads(x), heads(x), transpose_a=True)),
        heads(x),
        transpose_b=True,
    ),
    "a sum over heads": lambda x: tf.einsum(
        "bnft,btnh->bfh", tf.nn.softmax(tf.einsum("bfnh,btnh->bnft", x, x)), x
    ),
    "a sum over two dimensions": lambda x: tf.matmul(
        tf.nn.softmax(tf.einsum("bfnh,btnh->bft", x, x)), x[:, :, 0]
    ),
    "columns that differ": lambda x: tf.einsum(
        "bnft,bfnh->btnh", tf.nn.softmax(tf.einsum("bfnh,btnh->bnft", x, x)), x
    ),
}  # fmt: skip


@pytest.mark.parametrize("block", [None, 64, 10], ids=["at_once", "heads", "rows"])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("name", list(SPELLINGS))
def test_spellings(
    name: str, count: int, block: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "WORTHWHILE", 0)
    if block is not None:
        monkeypatch.setattr(attention, "_BLOCK", block)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, STATES.shape)
        y = SPELLINGS[name](x)
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
    ops = {step[-1].op for step in plan.steps}
    assert "_Attention" in ops
    assert not ops & {"Softmax", "BatchMatMul", "BatchMatMulV2", "Einsum"}
    before = threads.num_threads()
    threads.set_num_threads(count)
    try:
        (found,), (expected,) = plan.run([STATES]), plain.run([STATES])
    finally:
        threads.set_num_threads(before)
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("name", list(OTHERS))
def test_what_looks_alike_stays(name: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, STATES.shape)
        y = OTHERS[name](x)
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
    assert "_Attention" not in {step[-1].op for step in plan.steps}
    (found,), (expected,) = plan.run([STATES]), plain.run([STATES])
    np.testing.assert_allclose(found, expected, rtol=2e-6, atol=1e-6)


def test_fetched_probabilities_and_gradients() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, STATES.shape)
        weights = probabilities(x)
        y = tf.matmul(weights, heads(x))
        (gradient,) = tf.gradients(y, [x])
        both = session.run([y, weights, gradient], {x: STATES})
        np.testing.assert_allclose(session.run(y, {x: STATES}), both[0], rtol=2e-6, atol=1e-6)
        np.testing.assert_allclose(both[1].sum(-1), 1, rtol=1e-6)
        step = np.zeros_like(STATES)
        step[1, 2, 0, 3] = 1e-2
        more, less = (session.run(y, {x: STATES + sign * step}) for sign in (1, -1))
        slope = (more.astype(np.float64) - less).sum() / 2e-2
    assert slope == pytest.approx(both[2][1, 2, 0, 3], rel=1e-2)


@pytest.mark.parametrize(
    ("query", "key", "value"),
    [
        ((2, 0, 4), (2, 3, 4), (2, 3, 5)),
        ((2, 3, 4), (2, 0, 4), (2, 0, 5)),
        ((2, 3, 0), (2, 3, 0), (2, 3, 5)),
        ((0, 3, 4), (0, 3, 4), (0, 3, 5)),
        ((0, 2, 3, 4), (0, 2, 3, 4), (0, 2, 3, 5)),
        ((3, 4), (3, 4), (3, 5)),
        ((3, 4), (2, 0, 4), (2, 0, 5)),
    ],
)
def test_nothing_to_look_at(query: Any, key: Any, value: Any) -> None:
    arrays = [np.ones(shape, np.float32) for shape in (query, key, value)]
    found = REGISTRY["_Attention"].kernel(*arrays, [])
    scores = np.matmul(arrays[0], np.swapaxes(arrays[1], -1, -2))
    weights = np.full_like(scores, 1 / max(1, scores.shape[-1]))
    np.testing.assert_allclose(found, np.matmul(weights, arrays[2]), rtol=1e-6)


def test_not_a_number_and_infinity() -> None:
    x = np.array([[[0, 1], [1, 0]]], np.float32)
    masks = [np.array([[-np.inf, 0], [-np.inf, -np.inf]], np.float32), np.float32(3)]
    found = REGISTRY["_Attention"].kernel(x, x, x, masks, steps=["Add", "Mul"])
    np.testing.assert_allclose(found[0, 0], x[0, 1], rtol=1e-6)
    assert np.isnan(found[0, 1]).all()


@pytest.mark.parametrize(
    ("key", "value", "mask"),
    [((2, 3, 5), (2, 3, 4), (1,)), ((2, 3, 4), (2, 2, 4), (1,)), ((2, 3, 4), (2, 3, 4), (2,))],
)
def test_sizes_that_do_not_fit(key: Any, value: Any, mask: Any) -> None:
    arrays = [np.ones(shape, np.float32) for shape in ((2, 3, 4), key, value)]
    with pytest.raises(InvalidArgumentError, match="must"):
        REGISTRY["_Attention"].kernel(*arrays, [np.ones(mask, np.float32)], steps=["Add"])


@pytest.mark.parametrize("spread", [0, 3, 20, 100])
@pytest.mark.parametrize("infinite", [False, True])
def test_rows_whose_largest_scores_differ(spread: float, infinite: bool) -> None:
    generator = np.random.default_rng(3)
    query, key, value = (generator.standard_normal((2, 30, 8)).astype(np.float32) for _ in range(3))
    offset = (generator.random((1, 30, 1)) * -spread).astype(np.float32)
    mask = np.zeros((30, 30), np.float32)
    if infinite:
        mask[:, 3:5] = -np.inf
    found = REGISTRY["_Attention"].kernel(query, key, value, [offset, mask], steps=["Add", "Add"])
    # What is added to a whole row changes nothing but the last bits of its scores.
    scores = (query @ np.swapaxes(key, 1, 2) + offset + mask).astype(np.float64)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    expected = weights @ value.astype(np.float64) / weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("offset", [-200, -60, 30, 80, 2000])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_scores_far_from_zero(offset: float, scale: float) -> None:
    generator = np.random.default_rng(3)
    query, key, value = (generator.standard_normal((3, 30, 8)).astype(np.float32) for _ in range(3))
    value *= np.float32(scale)
    # All of one head lie far away, those of the others do not.
    offsets = np.array([0, offset, 0], np.float32).reshape(3, 1, 1)
    found = REGISTRY["_Attention"].kernel(query, key, value, [offsets], steps=["Add"])
    expected = REGISTRY["_Attention"].kernel(query, key, value, [], steps=[])
    np.testing.assert_allclose(
        found, expected, rtol=3e-3 if offset == 2000 else 1e-4, atol=1e-4 * scale
    )


def test_results_lie_as_queries_do() -> None:
    generator = np.random.default_rng(3)
    rows = [generator.standard_normal((2, 30, 4, 8)).astype(np.float32) for _ in range(3)]
    query, key, value = (x.transpose(0, 2, 1, 3) for x in rows)
    found = REGISTRY["_Attention"].kernel(query, key, value, [], steps=[])
    assert found.transpose(0, 2, 1, 3).flags.c_contiguous
    copies = [np.ascontiguousarray(x) for x in (query, key, value)]
    expected = REGISTRY["_Attention"].kernel(*copies, [], steps=[])
    assert expected.flags.c_contiguous
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)
