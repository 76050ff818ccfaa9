"""Rows that nobody reads are not computed, and those that are read stay what they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.ops.registry import REGISTRY
from tests.passes.networks import draw, variable
from tests.passes.plans import ops_of, plan_of
from tests.passes.test_chain_products import gelu, layer
from tests.sharing import sharing

WIDTH, LENGTH = 12, 5


def normalized(x: Any, name: str) -> Any:
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    beta, gamma = variable(f"{name}_beta", x.shape.as_list()[-1]), variable(f"{name}_gamma", 1)
    return tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-12)


def mixed(x: Any) -> Any:
    """What lets all rows of an example meet."""
    apart = tf.reshape(x, [-1, LENGTH, WIDTH])
    return tf.reshape(tf.matmul(tf.matmul(apart, apart, transpose_b=True), apart), [-1, WIDTH])


def block(x: Any) -> Any:
    """As a layer of a transformer ends."""
    # The rows of what is fed are not known to be matrices.
    x = tf.reshape(x, [-1, WIDTH])
    h = normalized(mixed(x) + x, "first")
    return normalized(layer(layer(h, "inner", 30, gelu), "outer", WIDTH) + h, "second")


def first_token(x: Any) -> Any:
    return tf.squeeze(tf.reshape(x, [-1, LENGTH, WIDTH])[:, 0:1, :], axis=1)


def of_sizes(x: Any) -> Any:
    """As where the number of tokens is that of the run."""
    apart = tf.reshape(x, [-1, LENGTH, WIDTH])
    batch, length = tf.unstack(tf.shape(apart))[:2]
    return tf.reshape(block(x), tf.stack([batch, length, WIDTH]))[:, 2]


def stopped(x: Any) -> Any:
    """Rows stop where they were read by something else, too."""
    h = layer(x, "inner", 30, gelu)
    apart = tf.reshape(layer(h, "outer", WIDTH), [-1, LENGTH, WIDTH])
    return apart[:, 1, :] + tf.reduce_sum(h)


def of_products(x: Any) -> Any:
    h = layer(x, "inner", WIDTH)
    return first_token(tf.matmul(h, tf.matmul(h, h, transpose_a=True)))


#: What reads some rows, and which of them may be left out.
NARROWED: dict[str, Callable[[Any], Any]] = {
    "the first": lambda x: first_token(block(x)),
    "one alone": lambda x: tf.reshape(block(x), [-1, LENGTH, WIDTH])[:, 3],
    "of all columns": lambda x: tf.reshape(block(x), [-1, LENGTH, WIDTH])[:, 4, 0:WIDTH],
    "sizes of the run": of_sizes,
    "a length that follows": lambda x: tf.reshape(block(x), [tf.shape(x)[0] // LENGTH, -1, WIDTH])[
        :, 1
    ],
    "up to another reader": stopped,
    "a row for all": lambda x: first_token(layer(x, "inner", WIDTH) + variable("one", 1, WIDTH)),
    "matrices that are given": lambda x: first_token(tf.matmul(x, tf.identity(x[:WIDTH]) * 0.1)),
    "a matrix of all rows": of_products,
}


@pytest.mark.parametrize("name", NARROWED)
def test_the_same_rows_of_fewer(name: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, WIDTH])
        y = NARROWED[name](x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert "_PickRows" in ops_of(plan)
        for examples in (4, 4, 4, 3):
            value = draw(examples * LENGTH, WIDTH)
            (found,), (expected,) = plan.run([value]), plain.run([value])
            assert found.shape == expected.shape
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
        if name != "matrices that are given":
            with pytest.raises(tf.errors.InvalidArgumentError):
                plan.run([draw(LENGTH + 1, WIDTH)])


@pytest.mark.parametrize("follows", ["_Pointwise", "_ChainedMatMul"])
def test_products_have_the_rows_that_are_read(follows: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, WIDTH])
        y = first_token(block(x))
        session.run(tf.global_variables_initializer())
        plan = plan_of(session, y, x)
        seen: list[int] = []

        def watched(kernel: Any) -> Any:
            def call(*values: Any) -> Any:
                seen.append(len(values[0]))
                return kernel(*values)

            return call

        plan.steps = tuple(
            (watched(step[0]) if step[-1].op == follows else step[0], *step[1:])
            for step in plan.steps
        )
        plan.run([draw(3 * LENGTH, WIDTH)])
        assert seen == {"_Pointwise": [3, 3], "_ChainedMatMul": [3]}[follows]


def of_other_width(x: Any) -> Any:
    return tf.reshape(layer(x, "inner", 2 * WIDTH), [-1, 2 * LENGTH, WIDTH])[:, 0]


def read_besides(x: Any) -> Any:
    apart = tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])
    return apart[:, 0] + tf.reduce_sum(apart, axis=1)


def waited_for(x: Any) -> Any:
    h = layer(x, "inner", WIDTH)
    with tf.control_dependencies([h]):
        return tf.identity(first_token(h))


#: What reads more than a row of each group, or what is read by others.
WHOLE: dict[str, Callable[[Any], Any]] = {
    "two rows": lambda x: tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])[:, 0:2],
    "one that stays a matrix": lambda x: tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])[
        :, 0:1
    ],
    "some examples": lambda x: tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])[1:, 0],
    "some columns": lambda x: tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])[:, 0, 1:],
    "fewer columns": lambda x: tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])[:, 0, :4],
    "backwards": lambda x: tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])[:, 0, ::-1],
    "the last": lambda x: tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])[:, -1],
    "an ellipsis": lambda x: tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])[..., 0, :],
    "one example": lambda x: tf.reshape(layer(x, "inner", WIDTH), [-1, LENGTH, WIDTH])[0],
    "other widths": of_other_width,
    "rows that meet": lambda x: first_token(tf.cumsum(layer(x, "inner", WIDTH))),
    "two that read": lambda x: first_token(h := layer(x, "inner", WIDTH)) + first_token(h),
    "other readers": read_besides,
    "arithmetic": lambda x: first_token(gelu(x) + 1.5),
    "awaited": waited_for,
}


@pytest.mark.parametrize("name", WHOLE)
def test_other_rows_stay(name: str) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, WIDTH])
        y = WHOLE[name](x)
        session.run(tf.global_variables_initializer())
        plan, plain = plan_of(session, y, x), plan_of(session, y, x, passes=())
        assert "_PickRows" not in ops_of(plan)
        value = draw(4 * LENGTH, WIDTH)
        (found,), (expected,) = plan.run([value]), plain.run([value])
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_what_is_fetched_or_fed_is_whole() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, WIDTH])
        h = layer(x, "inner", WIDTH, gelu)
        y = layer(h, "outer", WIDTH)
        first = first_token(y)
        session.run(tf.global_variables_initializer())
        value, given = draw(2 * LENGTH, WIDTH), draw(3 * LENGTH, WIDTH)
        alone = session.run(first, {x: value})
        whole, same = session.run([y, first], {x: value})
        np.testing.assert_allclose(alone, whole[::LENGTH], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(same, alone, rtol=1e-4, atol=1e-5)
        inner, same = session.run([h, first], {x: value})
        assert len(inner) == len(value)
        np.testing.assert_allclose(same, alone, rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(session.run(first, {y: given}), given[::LENGTH])
        expected = session.run(y, {h: given})[::LENGTH]
        np.testing.assert_allclose(session.run(first, {h: given}), expected, rtol=1e-4, atol=1e-5)


def test_parts_of_a_batch() -> None:
    """Lanes take rows of their examples."""
    with sharing(2), tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, LENGTH * WIDTH])
        y = first_token(block(tf.reshape(x, [-1, WIDTH])))
        session.run(tf.global_variables_initializer())
        value = draw(8, LENGTH * WIDTH)
        plain = plan_of(session, y, x, passes=())
        (expected,) = plain.run([value])
        for _ in range(8):
            np.testing.assert_allclose(session.run(y, {x: value}), expected, rtol=1e-4, atol=1e-5)


MATRIX = draw(6, 4)


@pytest.mark.parametrize(
    ("rows", "shape", "attrs", "expected"),
    [
        ([MATRIX], [2, 3, 4], {}, [MATRIX[::3]]),
        ([MATRIX], [-1, 3, 4], {"place": 2}, [MATRIX[2::3]]),
        ([MATRIX], [2, -1, 4], {"place": 1}, [MATRIX[1::3]]),
        ([MATRIX, MATRIX[:1]], [-1, 3, 4], {"place": 1}, [MATRIX[1::3], MATRIX[:1]]),
        ([MATRIX[:1]], [-1, 3, 4], {"beside_picked": True}, [MATRIX[:1]]),
        ([MATRIX[:1]], [-1, 1, 4], {}, [MATRIX[:1]]),
        ([MATRIX[:0], MATRIX[:0]], [-1, 3, 4], {}, [MATRIX[:0]] * 2),
    ],
)
def test_rows_that_are_picked(
    rows: Any, shape: Any, attrs: dict[str, Any], expected: list[Any]
) -> None:
    sizes = np.array(shape, np.int32)
    found = REGISTRY["_PickRows"](rows, sizes, **{"place": 0, **attrs})
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("rows", "shape", "place", "message"),
    [
        ([MATRIX], [-1, 4, 4], 0, "6 rows must be a multiple of 4"),
        ([MATRIX[:1]], [-1, 3, 4], 0, "1 rows must be a multiple of 3"),
        ([MATRIX, MATRIX[:3]], [-1, 3, 4], 0, "3 rows must be a multiple"),
        ([MATRIX], [-1, 3, 4], 3, "slice index 3 must lie within the 3"),
        ([MATRIX], [-1, 0, 4], 0, "slice index 0 must lie within the 0"),
        ([MATRIX[0]], [-1, 3, 4], 0, "rows must"),
        ([MATRIX], [6, 4], 0, "shape must have 3 elements"),
    ],
)
def test_rows_that_cannot_be_picked(rows: Any, shape: Any, place: int, message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        REGISTRY["_PickRows"](rows, np.array(shape, np.int32), place=place)
