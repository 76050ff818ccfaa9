"""What variables do beyond TensorFlow 2.15.1: as TensorFlow 1 had it, or where TensorFlow has no answer."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf


def test_initialized_value_of_resources() -> None:
    # TensorFlow 1.15 has it, 2.15 raises NotImplementedError.
    with tf.Graph().as_default():
        v = tf.Variable([1.0, 2.0], use_resource=True)
        w = tf.Variable(v.initialized_value() * 2.0, use_resource=True)
        with tf.Session() as session:
            session.run(w.initializer)
            assert session.run(w).tolist() == [2.0, 4.0]
            session.run(v.initializer)
            session.run(v.assign([5.0, 6.0]))
            session.run(w.initializer)
            assert session.run(w).tolist() == [10.0, 12.0]


def test_variables_are_initialised_together_in_any_order() -> None:
    with tf.Graph().as_default():
        v = tf.Variable([1.0, 2.0], use_resource=False)
        w = tf.Variable(v * 2.0, use_resource=False)
        with tf.Session() as session:
            session.run(w.initializer)
            session.run(tf.global_variables_initializer())
            assert session.run(w).tolist() == [2.0, 4.0]


def test_both_kinds_are_variables() -> None:
    with tf.Graph().as_default():
        kinds = [tf.Variable(1.0, use_resource=use) for use in (False, True)]
        assert all(isinstance(kind, tf.Variable) for kind in kinds)
        assert [kind.is_resource for kind in kinds] == [False, True]


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_wrong_value_is_refused_when_it_is_assigned(use_resource: bool) -> None:
    with tf.Graph().as_default():
        v = tf.Variable([1.0, 2.0], use_resource=use_resource)
        x = tf.placeholder(tf.float32)
        assign = v.assign(x)
        with tf.Session() as session:
            session.run(v.initializer)
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(assign, {x: [1.0, 2.0, 3.0]})
            assert session.run(v).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("use_resource", [False, True])
def test_reading_before_there_is_a_value(use_resource: bool) -> None:
    with tf.Graph().as_default():
        v = tf.Variable([1.0], use_resource=use_resource, name="lonely")
        with tf.Session() as session, pytest.raises(tf.errors.FailedPreconditionError) as caught:
            session.run(v.value())
    assert "lonely" in str(caught.value)


def test_scopes_are_those_of_a_thread() -> None:
    graph = tf.Graph()
    seen: list[str] = []

    def build() -> None:
        with graph.as_default():
            seen.append(tf.get_variable_scope().name)
            with tf.name_scope("other"):
                seen.append(graph.get_name_scope())

    with graph.as_default(), tf.variable_scope("outer"):
        thread = threading.Thread(target=build)
        thread.start()
        thread.join()
        assert tf.get_variable_scope().name == graph.get_name_scope() == "outer"
    assert seen == ["", "other"]


def test_improper_nesting_of_scopes() -> None:
    with tf.Graph().as_default():
        first, second = tf.variable_scope("a"), tf.variable_scope("b")
        first.__enter__()
        second.__enter__()
        with pytest.raises(RuntimeError, match="Improper nesting"):
            first.__exit__(None, None, None)
        second.__exit__(None, None, None)


def test_a_failed_scope_leaves_nothing_open() -> None:
    with tf.Graph().as_default() as graph:
        with pytest.raises(ValueError, match="not a valid"), tf.variable_scope("a b"):
            pass
        assert graph.get_name_scope() == tf.get_variable_scope().name == ""


def test_a_fed_array_may_change_later() -> None:
    with tf.Graph().as_default():
        v = tf.Variable(np.zeros(2, np.float32))
        fed = np.ones(2, np.float32)
        with tf.Session() as session:
            session.run(v.initializer)
            v.load(fed, session)
            fed[:] = 7.0
            assert session.run(v).tolist() == [1.0, 1.0]


def test_sizes_are_whole_numbers_of_any_type() -> None:
    assert tf.TensorShape([4 / 2, np.float32(3), None]).as_list() == [2, 3, None]
    with tf.Graph().as_default():
        assert tf.get_variable("halves", [4 / 2, 1]).shape == [2, 1]
        cell = tf.nn.rnn_cell.BasicLSTMCell(6 / 2)
        outputs, _ = tf.nn.dynamic_rnn(cell, tf.zeros([2, 5, 4]), dtype=tf.float32)
        assert outputs.shape.as_list() == [2, 5, 3]
    for size in (2.5, float("nan"), float("inf")):
        with pytest.raises(TypeError):
            tf.TensorShape([size])


def test_a_getter_reads_references() -> None:
    def own(getter: Any, *args: Any, **kwargs: Any) -> Any:
        return tf.identity(getter(*args, **kwargs)._ref())

    with tf.Graph().as_default(), tf.Session() as session:
        with tf.variable_scope("", custom_getter=own, use_resource=False):
            doubled = 2 * tf.get_variable("x", [], initializer=tf.constant_initializer(3.0))
        session.run(tf.global_variables_initializer())
        assert session.run(doubled) == 6
