"""What a session remembers of fetches and feeds changes nothing of what it gives."""

from __future__ import annotations

import pytest

import minihub_runtime as tf


def test_lists_of_fetches_are_remembered_by_their_elements() -> None:
    with tf.Graph().as_default() as graph, tf.Session() as session:
        x = tf.placeholder(tf.float32, [])
        y, z, nothing = x + 1, x * 2, tf.no_op()
        fetches = [y, nothing, z]
        for value in (1.0, 3.0):
            found = session.run(fetches, {x: value})
            assert found == [value + 1, None, value * 2]
            assert session.run([z, y, z], {x: value}) == [value * 2, value + 1, value * 2]
            assert session.run((y, z), {x: value}) == (value + 1, value * 2)
            assert session.run([[y], z], {x: value}) == [[value + 1], value * 2]
            assert session.run([y], {x: value}) == [value + 1]
            assert session.run(y, {x: value}) == value + 1
        found.append(5)
        fetches.pop()
        assert session.run(fetches, {x: 1.0}) == [2.0, None]
        assert session.run([], {}) == []
        graph.prevent_fetching(y.op)
        with pytest.raises(ValueError, match="not fetchable"):
            session.run([y, nothing, z], {x: 1.0})


@pytest.mark.parametrize("values", [["a", "ö\0"], [b"a", b"\xff"], ["a", b"b\0"], []])
def test_lists_of_text_are_fed_as_bytes(values: list[str | bytes]) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.string, [None])
        found = session.run(tf.identity(x), {x: values})
    assert found.dtype == object
    assert found.tolist() == [v.encode() if isinstance(v, str) else v for v in values]


def test_text_of_another_shape_is_refused() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.string, [3])
        with pytest.raises(ValueError, match="Cannot feed value of shape"):
            session.run(tf.identity(x), {x: ["a", "b"]})
        with pytest.raises((TypeError, ValueError)):
            session.run(tf.identity(x), {x: [["a"], "b", "c"]})
