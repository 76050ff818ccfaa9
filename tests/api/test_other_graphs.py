"""What is built of the elements of a graph that is not the default one, as threads do it: it enters that graph."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import minihub_runtime as tf


@pytest.mark.parametrize(
    "make",
    [
        lambda x: tf.cond(x > 1.0, lambda: x * 2.0, lambda: tf.constant(1.0)),
        lambda x: tf.while_loop(lambda y: y < 4.0, lambda y: y * 2.0, [x]),
        tf.function(lambda y: y * 2.0),
    ],
    ids=["cond", "while_loop", "function"],
)
def test_control_flow_enters_the_graph_of_its_tensors(make: Callable[[Any], Any]) -> None:
    graph = tf.Graph()
    with graph.as_default():
        x = tf.constant(2.0)
    made: list[Any] = []
    thread = threading.Thread(target=lambda: made.append(make(x)))
    thread.start()
    thread.join()
    [result] = made
    assert result.graph is graph
    with tf.Session(graph=graph) as session:
        assert session.run(result) == 4.0


@pytest.mark.parametrize("use_resource", [False, True])
def test_savers_enter_the_graph_of_their_variables(tmp_path: Path, use_resource: bool) -> None:
    graph, other = tf.Graph(), tf.Graph()
    with graph.as_default():
        variable = tf.Variable(3.0, name="v", use_resource=use_resource)
    with other.as_default():
        saver = tf.train.Saver([variable])
    assert not other.get_operations()
    with tf.Session(graph=graph) as session:
        session.run(variable.initializer)
        path = saver.save(session, str(tmp_path / "model"), write_meta_graph=False)
        session.run(variable.assign(1.0))
        saver.restore(session, path)
        assert session.run(variable) == 3.0
