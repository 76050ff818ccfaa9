"""One number everywhere is counted and multiplied once; what is not the same everywhere stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from tests.passes.plans import plan_of

raw = tf.raw_ops


def compare(make: Any, *values: Any) -> list[str]:
    """Compare results with the pass and without all passes; the ops of the plan."""
    with tf.Graph().as_default(), tf.Session() as session:
        inputs = [
            tf.placeholder(value.dtype, [None, *value.shape[1:]] if value.ndim else [])
            for value in values
        ]
        results = make(*inputs)
        plan, plain = plan_of(session, results, inputs), plan_of(session, results, inputs, ())
        with np.errstate(all="ignore"):
            found, expected = plan.run(list(values)), plain.run(list(values))
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    return [step[-1].op for step in plan.steps]


def logits(rows: int) -> Any:
    return np.random.default_rng(rows).standard_normal((rows, 3)).astype(np.float32)


@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("sparse", [True, False])
@pytest.mark.parametrize("weights", [None, 1.0, 2.5, 0.0])
def test_a_loss_and_its_gradient(rows: int, sparse: bool, weights: float | None) -> None:
    def make(x: Any, labels: Any) -> Any:
        given = {} if weights is None else {"weights": weights}
        if sparse:
            loss = tf.losses.sparse_softmax_cross_entropy(labels, x, **given)
        else:
            loss = tf.losses.softmax_cross_entropy(labels, x, **given)
        return [loss, *tf.gradients(loss, x)]

    labels = np.arange(rows) % 3
    ops = compare(make, logits(rows), labels if sparse else np.eye(3, dtype=np.float32)[labels])
    assert ops.count("Size") == 1


@pytest.mark.parametrize("number", [1.0, 0.25, -3.0])
@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int32])
def test_counted(number: float, kind: Any) -> None:
    def make(x: Any) -> Any:
        filled = raw.Fill(dims=tf.shape(x), value=tf.constant(kind(number)))
        twice = raw.Mul(x=tf.identity(filled), y=tf.constant(kind(2)))
        return [tf.reduce_sum(filled), tf.reduce_sum(twice, [-1, 0])]

    ops = compare(make, np.zeros((4, 3), np.float32))
    assert "Fill" not in ops
    assert "Sum" not in ops


@pytest.mark.parametrize(
    "make",
    [
        lambda x: tf.reduce_sum(tf.fill(tf.shape(x[:0]), np.float32(np.inf))),
        lambda x: tf.reduce_sum(tf.fill(tf.shape(x[:0]), np.float32(np.nan))),
        lambda x: tf.reduce_sum(tf.fill(tf.shape(x), 1.0), 0),
        lambda x: tf.reduce_sum(tf.fill(tf.shape(x), 1.0), keepdims=True),
        lambda x: tf.reduce_sum(tf.fill(tf.shape(x), x[0, 0])),
        lambda x: tf.reduce_sum(tf.fill(tf.shape(x), 1.0) * x),
        lambda x: tf.reduce_sum(tf.fill(tf.shape(x) + 1, 1.0)),
    ],
)
def test_other_sums_stay(make: Any) -> None:
    ops = compare(lambda x: [make(x)], logits(4))
    assert "Fill" in ops or "_Pointwise" in ops
    assert "Size" not in ops


def test_a_product_with_one_is_what_it_was() -> None:
    x = np.array([np.nan, np.inf, -0.0, 1e-40, 3.0], np.float32)
    one = tf.constant
    ops = compare(lambda x: [x * one(1.0), one(1.0) * x], x)
    assert {*ops} <= {"Identity"}
    # A vector or a matrix of one element gives the product another rank.
    ops = compare(lambda x: [x * one([[1.0]])], x)
    assert ops in (["Mul"], ["_Pointwise"])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("sparse", [True, False])
def test_a_step(weighted: bool, sparse: bool) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 3])
        labels = tf.placeholder(*((tf.int64, [None]) if sparse else (tf.float32, [None, 3])))
        kernel = tf.get_variable("kernel", [3, 3], use_resource=True)
        given = {"weights": tf.reduce_sum(x, 1)} if weighted else {}
        function = (
            tf.losses.sparse_softmax_cross_entropy if sparse else tf.losses.softmax_cross_entropy
        )
        loss = function(labels, tf.matmul(x, kernel), **given)
        train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
        session.run(tf.global_variables_initializer())
        before = session.run(kernel)
        plans = [
            plan_of(session, [loss], [x, labels], passes, [train.name]) for passes in (None, ())
        ]
        found = []
        values = [logits(4), np.array([2, 1, 0, 1]) if sparse else np.eye(4, 3, dtype=np.float32)]
        for plan in plans:
            kernel.load(before, session)
            found.append([*plan.run(values), session.run(kernel)])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)
    ops = [step[-1].op for step in plans[0].steps]
    if sparse:
        # Rows that have weights of their own are multiplied one by one.
        assert ("ExpandDims" in ops) == weighted


def test_what_is_waited_for_still_runs() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        count = tf.get_variable("count", [], initializer=tf.zeros_initializer(), use_resource=True)
        x, labels = tf.placeholder(tf.float32, [None, 3]), tf.placeholder(tf.int64, [None])
        with tf.control_dependencies([count.assign_add(1.0)]):
            same = tf.fill(tf.shape(x), 1.0)
        total = tf.reduce_sum(same)
        loss = tf.losses.sparse_softmax_cross_entropy(labels, x)
        (grad,) = tf.gradients(loss, x)
        session.run(tf.global_variables_initializer())
        feeds = {x: logits(4), labels: [0, 1, 2, 0]}
        assert session.run([total, grad], feeds)[0] == 12
        assert session.run(count) == 1
