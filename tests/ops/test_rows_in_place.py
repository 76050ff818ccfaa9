"""Changes of rows touch the rows: no copy of the table, and whoever holds the value before keeps it."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.dtypes import float32
from minihub_runtime.ops.variables import Variable

#: The table is a thousand times as large as what a step may take.
ROWS, WIDTH = 200_000, 32


@pytest.mark.parametrize("use_resource", [False, True])
@pytest.mark.parametrize("which", ["GradientDescent", "Adagrad", "Momentum", "RMSProp", "Ftrl"])
def test_a_step_on_rows_copies_no_table(which: str, use_resource: bool) -> None:
    extra: dict[str, Any] = {"momentum": 0.9} if which == "Momentum" else {}
    optimizer = getattr(tf.train, f"{which}Optimizer")(0.1, **extra)
    with tf.Graph().as_default(), tf.Session() as session:
        table = tf.get_variable(
            "table",
            [ROWS, WIDTH],
            initializer=tf.zeros_initializer(),
            use_resource=use_resource,
        )
        ids = tf.constant([3, 5, 3, ROWS - 1], tf.int64)
        loss = tf.reduce_sum(tf.square(tf.nn.embedding_lookup(table, ids) - 1.0))
        step = optimizer.minimize(loss)
        session.run(tf.global_variables_initializer())
        # The first step may copy what the initialisers' values share; it also makes the plan.
        session.run(step)
        session.run(step)
        tracemalloc.start()
        try:
            session.run(step)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        changed = session.run(tf.reduce_any(tf.not_equal(table, 0.0), axis=1))
    assert peak < ROWS * WIDTH * 4 // 100, peak
    assert np.flatnonzero(changed).tolist() == [3, 5, ROWS - 1]


def variable_of(value: Any) -> Variable:
    variable = Variable("v", float32, (3, 2))
    variable.assign(value)
    return variable


def test_a_value_that_is_held_stays_what_it_was() -> None:
    variable = variable_of(np.zeros((3, 2), np.float32))
    held = variable.read()
    with variable.changing() as value:
        value[0] = 1
    assert not held.any()
    assert variable.read()[0].tolist() == [1, 1]


def test_a_view_of_a_value_keeps_it() -> None:
    variable = variable_of(np.zeros((3, 2), np.float32))
    held = variable.read()[:1]
    with variable.changing() as value:
        value[0] = 1
    assert not held.any()


def test_a_value_that_nobody_holds_is_changed_itself() -> None:
    variable = variable_of(np.zeros((3, 2), np.float32))
    before = variable.read().__array_interface__["data"][0]
    with variable.changing() as value:
        value[0] = 1
    after = variable.read()
    assert after.__array_interface__["data"][0] == before
    assert not after.flags.writeable
    assert variable.epoch == 2


def test_an_error_leaves_a_value() -> None:
    variable = variable_of(np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match="no"), variable.changing():
        raise ValueError("no")
    assert variable.initialized
    assert not variable.read().flags.writeable
