"""Steps that are put off: what no program can be asked in TensorFlow, which would wait."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.pending import Pending
from minihub_runtime.errors import WouldWaitError


@pytest.fixture(autouse=True)
def graph() -> Iterator[tf.Graph]:
    with tf.Graph().as_default() as made:
        yield made


def test_what_nobody_brings_is_an_error_after_the_others() -> None:
    queue = tf.FIFOQueue(2, [tf.float32], [[]])
    variable = tf.get_variable("v", initializer=0.0)
    with tf.Session() as session:
        session.run(variable.initializer)
        with pytest.raises(
            WouldWaitError, match="must have 1 elements to give, but has 0"
        ) as found:
            session.run([queue.dequeue() + 1, variable.assign_add(1.0)])
        assert found.value.node == "fifo_queue_Dequeue"
        assert found.value.resume is None
        assert session.run(variable) == 1.0


def test_a_python_function_may_bring_it() -> None:
    queue = tf.FIFOQueue(2, [tf.float32], [[]])
    put = queue.enqueue(5.0)
    with tf.Session() as session:

        def bring(x: np.float32) -> np.float32:
            session.run(put)
            return x

        called = tf.py_func(bring, [tf.constant(1.0)], tf.float32)
        assert session.run([queue.dequeue(), called]) == [5.0, 1.0]


def test_only_what_waits_for_the_same_queue_is_tried_again() -> None:
    queues = [tf.FIFOQueue(2, [tf.float32], [[]]) for _ in range(20)]
    taken = [queue.dequeue() + 1 for queue in queues]
    put = [queue.enqueue(x) for queue, x in zip(queues, [1.0, *taken], strict=False)]
    with tf.Session() as session:
        assert session.run([taken[-1], put])[0] == 21.0


def test_a_loop_that_nobody_feeds_is_an_error() -> None:
    queue = tf.FIFOQueue(2, [tf.float32], [[]])
    total = tf.while_loop(
        lambda i, _: i < 3, lambda i, total: (i + 1, total + queue.dequeue()), [0, 0.0]
    )
    put = [queue.enqueue(float(i)) for i in range(2)]
    with tf.Session() as session:
        with pytest.raises(WouldWaitError, match="must have 1 elements"):
            session.run([total, put])
        assert session.run(queue.size()) == 0


def test_values_of_a_run_that_could_only_wait_are_gone_with_the_error() -> None:
    queue = tf.FIFOQueue(2, [tf.float32], [[]])
    taken = queue.dequeue() + 1
    gc.collect()
    gc.disable()
    refused = False
    try:
        with tf.Session() as session:
            try:
                session.run(taken)
            except WouldWaitError:
                refused = True
        assert refused
        assert not any(isinstance(found, Pending) for found in gc.get_objects())
    finally:
        gc.enable()
