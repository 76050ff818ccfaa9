"""The gradients of concatenations are taken apart in one step, into what they were taken apart into."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.passes.pipeline import PIPELINE
from tests.passes.plans import plan_of

RANDOM = np.random.default_rng(0)
UNJOIN = REGISTRY["_Unjoin"].kernel


def normal(*shape: int) -> Any:
    return RANDOM.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
@pytest.mark.parametrize("left_out", ["", "fuse_unjoining", "forward_identities", "share_equals"])
def test_gradients_of_a_concatenation(axis: int, left_out: str) -> None:
    value = normal(2, 3, 4)
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, None, None])
        parts = [tf.sin(x), tf.exp(x), tf.abs(x)]
        joined = tf.square(tf.concat(parts, axis))
        gradients = tf.gradients(joined, [*parts[:2], x])
        y = tf.concat([tf.reshape(g, [-1]) for g in gradients], 0)
        plan = plan_of(session, y, x, passes=[name for name in PIPELINE if name != left_out])
        ops = [step[-1].op for step in plan.steps]
        if left_out != "fuse_unjoining":
            assert "_Unjoin" in ops
            assert "ConcatOffset" not in ops
        (found,) = plan.run([value])
    of_x = 2 * np.sin(value) * np.cos(value) + 2 * np.exp(2 * value) + 2 * value
    expected = np.concatenate([2 * np.sin(value), 2 * np.exp(value), of_x], axis=None)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_slices_of_several_tensors_and_sizes_that_are_fetched_stay() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, z = (tf.placeholder(tf.float32, [None, None]) for _ in range(2))
        sizes = [tf.shape(x), tf.shape(z)]
        first, second = tf.raw_ops.ConcatOffset(concat_dim=1, shape=sizes)
        joined = tf.concat([x, z], 1)
        a, b = tf.slice(joined, first, sizes[0]), tf.slice(-joined, second, sizes[1])
        c = tf.slice(joined, second, sizes[0])
        feeds = {x: normal(2, 3), z: normal(2, 3)}
        found = session.run([a, b, c, second], feeds)
    np.testing.assert_array_equal(found[0], feeds[x])
    np.testing.assert_array_equal(found[1], -feeds[z])
    np.testing.assert_array_equal(found[2], feeds[z])
    np.testing.assert_array_equal(found[3], [0, 3])


def test_pieces_that_are_fetched_have_their_names() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, z = (tf.placeholder(tf.float32, [None, None]) for _ in range(2))
        gradients = tf.gradients(tf.concat([x, z], 1) ** 2, [x, z])
        feeds = {x: normal(2, 3), z: normal(2, 1)}
        found = session.run([*gradients, gradients[0] + 1.0], feeds)
    np.testing.assert_array_equal(found[0], 2 * feeds[x])
    np.testing.assert_array_equal(found[1], 2 * feeds[z])
    np.testing.assert_array_equal(found[2], 2 * feeds[x] + 1)


def test_a_tensor_may_be_larger_than_its_pieces() -> None:
    joined = normal(4, 9)
    for parts in ([normal(4, 2), normal(4, 5)], [normal(3, 2), normal(3, 7)]):
        a, b = UNJOIN(joined, parts, axis=1)
        rows = len(parts[0])
        np.testing.assert_array_equal(a, joined[:rows, :2])
        np.testing.assert_array_equal(b, joined[:rows, 2 : 2 + parts[1].shape[1]])


@pytest.mark.parametrize(
    ("parts", "axis", "message"),
    [
        ([(2, 2), (3, 2)], 1, "must agree"),
        ([(2, 2), (2, 3)], 1, "must lie within"),
        ([(2,), (2,)], 0, "must have shape"),
        ([(2, 2), (2, 2)], 2, "must be in|must lie"),
        ([(2, 2), (2, 2)], -3, "must be in|must lie"),
    ],
)
def test_pieces_that_do_not_fit_are_refused(parts: Any, axis: int, message: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        UNJOIN(normal(2, 4), [normal(*shape) for shape in parts], axis=axis)


def test_the_last_axis_may_be_counted_from_the_end() -> None:
    joined = normal(2, 5)
    a, b = UNJOIN(joined, [normal(2, 2), normal(2, 3)], axis=-1)
    np.testing.assert_array_equal(np.concatenate([a, b], 1), joined)
