"""Constants and reads of variables wait for no checks, which run first all the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from tests.passes.networks import IMAGES, batch_norm, conv
from tests.passes.plans import ops_of, plan_of


@pytest.fixture(autouse=True)
def _graph() -> Iterator[None]:
    with tf.Graph().as_default():
        yield


def normalised(images: Any) -> Any:
    return tf.nn.relu(batch_norm(conv(images)))


def checked(images: Any) -> Any:
    check = tf.assert_equal(tf.shape(images)[1], 9, message="images must be 9 rows high")
    with tf.control_dependencies([check]):
        return normalised(images)


def images_of_any_size() -> Any:
    return tf.placeholder(tf.float32, [None, None, None, 4])


def test_weights_behind_a_check_are_folded_and_the_check_runs_first() -> None:
    images = images_of_any_size()
    found = checked(images)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        ops = ops_of(plan_of(session, found, images))
        assert [op for op in ops if "Conv" in op or "Norm" in op] == ["_PreparedConv2D"]
        assert ops.index("Assert") < ops.index("_PreparedConv2D")
        bound = ops_of(plan_of(session, found, images, passes=["fuse_affine"]))
        assert "FusedBatchNormV3" in bound
        plain = session.run(found, {images: IMAGES})
    with tf.Graph().as_default(), tf.Session() as session:
        expected = normalised(tf.constant(IMAGES))
        session.run(tf.global_variables_initializer())
        np.testing.assert_allclose(plain, session.run(expected), rtol=1e-5, atol=1e-6)


def test_an_error_is_that_of_the_check() -> None:
    images = images_of_any_size()
    check = tf.assert_equal(tf.shape(images)[1], 9, message="images must be 9 rows high")
    with tf.control_dependencies([check]):
        # Refused by itself, too.
        found = tf.reshape(tf.constant([1.0, 2.0, 3.0]), tf.shape(images)[:2])
    network = checked(images)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be 9 rows high"):
            session.run(found, {images: IMAGES[:, :5]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="must be 9 rows high"):
            session.run(network, {images: IMAGES[:, :5]})


def test_reads_that_wait_for_a_write_see_it() -> None:
    count = tf.get_variable("count", initializer=1.0, use_resource=True)
    with tf.control_dependencies([count.assign_add(1.0)]):
        read = count.read_value() + tf.constant(0.5)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([read, read]) == [2.5, 2.5]
        assert session.run(read) == 3.5


def test_constants_on_a_branch_that_is_not_taken_have_no_value() -> None:
    taken = tf.placeholder(tf.bool, [])
    no, yes = tf.raw_ops.Switch(data=taken, pred=taken)
    values = []
    for side, value in ((no, 1.0), (yes, 2.0)):
        with tf.control_dependencies([tf.identity(side)]):
            values.append(tf.constant(value))
    merged, which = tf.raw_ops.Merge(inputs=values)
    with tf.Session() as session:
        assert session.run([merged, which], {taken: True}) == [2.0, 1]
        assert session.run([merged, which], {taken: False}) == [1.0, 0]


def test_what_is_waited_for_runs_though_nobody_waits_any_more() -> None:
    written: list[float] = []

    def note(value: Any) -> Any:
        written.append(float(value))
        return np.float32(0)

    x = tf.placeholder(tf.float32, [])
    noted = tf.py_func(note, [x], tf.float32)
    with tf.control_dependencies([noted]):
        found = tf.constant(3.0)
    with tf.Session() as session:
        assert session.run(found, {x: 7.0}) == 3.0
    assert written == [7.0]


def noting(order: list[str], name: str, x: Any) -> Any:
    """`x`, by a Python function that notes that it was called."""

    def note(value: Any) -> Any:
        order.append(name)
        return value

    return tf.py_func(note, [x], tf.float32)


def test_reads_stay_behind_what_may_write() -> None:
    variable = tf.get_variable("v", initializer=1.0, use_resource=True)
    assign = variable.assign(7.0)
    with tf.Session() as session:

        def write() -> Any:
            session.run(assign)
            return np.float32(0)

        with tf.control_dependencies([tf.py_func(write, [], tf.float32)]):
            read = variable.read_value()
        session.run(variable.initializer)
        assert session.run(read) == 7.0


def test_reads_stay_behind_draws_from_the_state_that_they_read() -> None:
    state = tf.get_variable("v", initializer=np.array([1, 2, 3], np.int64), use_resource=True)
    drawn = tf.raw_ops.StatefulStandardNormalV2(resource=state.handle, algorithm=1, shape=[2])
    with tf.control_dependencies([drawn]):
        read = state.read_value()
    with tf.Session() as session:
        session.run(state.initializer)
        assert session.run(read).tolist() == [513, 2, 3]


def test_what_reads_a_constant_behind_a_queue_waits_for_the_queue() -> None:
    queue = tf.FIFOQueue(1, [tf.float32], [[]])
    order: list[str] = []
    with tf.control_dependencies([queue.dequeue()]):
        found = noting(order, "found", tf.constant(3.0))
    with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError):
        session.run(found)
    assert not order


def test_what_constants_ordered_keeps_its_order() -> None:
    order: list[str] = []
    value = tf.constant(1.0)
    for name in "abc":
        with tf.control_dependencies([noting(order, name, value)]):
            value = tf.constant(2.0)
    with tf.Session() as session:
        assert session.run(value) == 2.0
    assert order == ["a", "b", "c"]


def test_a_check_in_a_branch_runs_for_those_that_waited_for_it() -> None:
    x = tf.placeholder(tf.float32, [])
    variable = tf.get_variable("v", initializer=1.0, use_resource=True)
    with tf.control_dependencies([tf.Assert(x > 0, ["x must be positive"])]):
        found = variable.read_value() * tf.constant(3.0)
    with tf.Session() as session:
        # Not of the variable, which has no value yet.
        with pytest.raises(tf.errors.InvalidArgumentError, match="x must be positive"):
            session.run(found, {x: -1.0})
        with pytest.raises(tf.errors.FailedPreconditionError, match="v"):
            session.run(found, {x: 1.0})
        session.run(variable.initializer)
        assert session.run(found, {x: 1.0}) == 3.0
        with pytest.raises(tf.errors.InvalidArgumentError, match="x must be positive"):
            session.run(found, {x: -1.0})
