"""Graphs whose libraries have functions of the same names meet in one graph."""

from __future__ import annotations

from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime.graph.function_names import with_free_names

DEFUN = tf.framework.function.Defun


def graph_def(factor: float, sign: float = 1.0) -> Any:
    """`y = Outer(x)`, where Outer calls Inner, which multiplies."""
    with tf.Graph().as_default() as graph:
        inner = DEFUN(tf.float32, func_name="Inner")(lambda x: x * factor)
        outer = DEFUN(tf.float32, func_name="Outer")(lambda x: inner(x) + 1.0)
        grad = DEFUN(tf.float32, tf.float32, func_name="Grad")(lambda x, dy: dy * sign)
        alone = DEFUN(tf.float32, func_name="Alone", grad_func=grad)(lambda x: x)
        x = tf.placeholder(tf.float32, [], "x")
        y = tf.cond(x > 0.0, lambda: outer(x), lambda: -outer(x))
        tf.identity(alone(y), "y")
        return graph.as_graph_def()


def value(scope: str) -> Any:
    with tf.Session() as session:
        return session.run(f"{scope}/y:0", {f"{scope}/x:0": 1.0})


def test_each_graph_keeps_its_functions() -> None:
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def(2.0), name="two")
        tf.import_graph_def(graph_def(3.0), name="three")
        tf.import_graph_def(graph_def(3.0), name="again")
        assert [value(scope) for scope in ("two", "three", "again")] == [3.0, 4.0, 4.0]
        written = graph.as_graph_def()
    names = [function.signature.name for function in written.library.function]
    # Inner and Outer are there twice; Outer looks the same, but calls another Inner.  The branches are told by their digests.
    assert [name for name in names if name[:5] in ("Inner", "Outer")][::2] == ["Inner", "Outer"]
    assert names.count("Alone") == names.count("Grad") == 1
    with tf.Graph().as_default():
        tf.import_graph_def(written, name="")
        assert [value(scope) for scope in ("two", "three", "again")] == [3.0, 4.0, 4.0]


def test_gradient_functions_follow() -> None:
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(graph_def(2.0), name="one")
        tf.import_graph_def(graph_def(2.0, sign=-1.0), name="other")
        pairs = {g.function_name: g.gradient_func for g in graph.as_graph_def().library.gradient}
    assert pairs.pop("Alone") == "Grad"
    ((name, gradient),) = pairs.items()
    assert name.startswith("Alone_")
    assert gradient.startswith("Grad_")


@pytest.mark.parametrize("factor", [2.0, 3.0])
def test_nothing_is_changed(factor: float) -> None:
    known = {function.signature.name: function for function in graph_def(2.0).library.function}
    given = graph_def(factor)
    before = given.SerializeToString(deterministic=True)
    found = with_free_names(given, known)
    assert given.SerializeToString(deterministic=True) == before
    assert (found is given) == (factor == 2.0)
