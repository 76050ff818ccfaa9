"""What `tf.py_func` keeps apart: the engine's arrays, and graphs that come from elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf


def test_a_function_may_change_what_it_gets_and_returned() -> None:
    kept = np.zeros(2, np.float32)

    def change(a: Any) -> Any:
        a += 1
        kept[:] += a
        return kept

    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant([1.0, 2.0])
        y = tf.py_func(change, [x], tf.float32)
        first, again = session.run([x, y]), session.run([x, y])
        assert [array.tolist() for array in first] == [[1.0, 2.0], [2.0, 3.0]]
        assert [array.tolist() for array in again] == [[1.0, 2.0], [4.0, 6.0]]


def test_a_function_may_run_the_session() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant(2.0)
        y = tf.py_func(lambda a: session.run(x) * a, [x], tf.float32)
        assert session.run(y) == 4.0


def test_what_a_graph_from_elsewhere_names_is_not_called() -> None:
    calls: list[int] = []
    with tf.Graph().as_default() as graph, tf.Session() as session:
        tf.py_func(lambda: calls.append(1), [], [])
        definition = graph.as_graph_def()
        token = definition.node[0].attr["token"].s
        with tf.Graph().as_default(), tf.Session() as other:
            (elsewhere,) = tf.import_graph_def(definition, return_elements=["PyFunc"])
            with pytest.raises(tf.errors.NotFoundError, match="Python function"):
                other.run(elsewhere)
        definition.node[0].attr["token"].s = token.rpartition(b"_")[0]
        (guessed,) = tf.import_graph_def(definition, name="in", return_elements=["PyFunc"])
        with pytest.raises(tf.errors.NotFoundError, match="Python function"):
            session.run(guessed)
    assert not calls
