"""Critical sections of runs in several threads, and of a run within another."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf


def test_runs_in_threads_take_turns() -> None:
    """Reading and writing are two operations, which other threads would come between."""
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.get_variable("v", initializer=0.0, use_resource=True)
        section = tf.CriticalSection()

        def count() -> Any:
            return variable.assign(
                tf.py_func(lambda x: np.float32(x + 1), [variable.read_value()], tf.float32)
            )

        step = section.execute(count)
        session.run(variable.initializer)
        threads = [
            threading.Thread(target=lambda: [session.run(step) for _ in range(50)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert session.run(variable) == 200


def test_a_run_does_not_wait_for_itself() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        section = tf.CriticalSection()
        inner = section.execute(lambda: tf.constant(1.0))
        outer = section.execute(lambda: tf.py_func(lambda: session.run(inner), [], tf.float32))
        with pytest.raises(tf.errors.OpError, match="this run holds it"):
            session.run(outer)
        assert session.run(inner) == 1


def test_waiting_ends_with_the_deadline() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        section = tf.CriticalSection()
        entered, leave = threading.Event(), threading.Event()

        def stay() -> Any:
            entered.set()
            leave.wait()
            return np.float32(1)

        long = section.execute(lambda: tf.py_func(stay, [], tf.float32))
        short = section.execute(lambda: tf.constant(2.0))
        thread = threading.Thread(target=lambda: session.run(long))
        thread.start()
        entered.wait()
        with pytest.raises(tf.errors.DeadlineExceededError):
            session.run(short, options=tf.RunOptions(timeout_in_ms=100))
        leave.set()
        thread.join()
        assert session.run(short) == 2
