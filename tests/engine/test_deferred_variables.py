"""Variables whose values are read when they are first wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import DataLossError
from minihub_runtime.graph.ir import parse_ref
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.threads import num_threads, set_num_threads

#: Large enough that two are worth two threads.
SHAPE = (2200, 1000)


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = num_threads()
    set_num_threads(2)
    yield
    set_num_threads(before)


def runner_of_a_sum(use_resource: bool) -> Runner:
    """It adds one row of `a` to one of `b`, to what is fed as `x`; `c` is unused."""
    with tf.Graph().as_default() as graph:
        a, b, _ = (
            tf.get_variable(
                name, SHAPE, use_resource=use_resource, initializer=tf.zeros_initializer()
            )
            for name in "abc"
        )
        x = tf.placeholder(tf.float32, [SHAPE[1]], "x")
        tf.add(x, tf.identity(a)[0] + tf.identity(b)[0], "y")
    return Runner(read_graph(graph.as_graph_def()))


def run(runner: Runner) -> Any:
    x = np.ones(SHAPE[1], np.float32)
    return runner.run([parse_ref("y")], {parse_ref("x"): x})[0]


@pytest.mark.parametrize("use_resource", [True, False])
def test_large_values_are_read_side_by_side(use_resource: bool) -> None:
    runner = runner_of_a_sum(use_resource)
    together = threading.Barrier(2)

    def read(value: float) -> Any:
        # It breaks, which is an error, unless both are here at one time.
        together.wait(30)
        return np.full(SHAPE, value, np.float32)

    runner.handle("a").defer(lambda: read(2))
    runner.handle("b").defer(lambda: read(3))
    runner.handle("c").defer(lambda: pytest.fail("nobody wants it"))
    assert set(run(runner)) == {6}
    assert set(run(runner)) == {6}


def test_a_value_that_cannot_be_read_is_an_error_of_who_wants_it() -> None:
    runner = runner_of_a_sum(use_resource=True)

    def fail() -> Any:
        raise DataLossError("the checksum of 'b' must be another")

    runner.handle("a").defer(lambda: np.zeros(SHAPE, np.float32))
    runner.handle("b").defer(fail)
    for _ in range(2):
        with pytest.raises(DataLossError, match=r"(?s)checksum of 'b'.*ReadVariableOp"):
            run(runner)
    runner.handle("b").assign(np.ones(SHAPE, np.float32))
    assert set(run(runner)) == {2}
