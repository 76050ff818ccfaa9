"""What a session remembers of fetches and feeds changes nothing of what it gives."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.errors import UnsupportedOpsError


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


@pytest.mark.parametrize(
    ("value", "array", "inside"),
    [
        ("ä", "ä", "ä".encode()),
        (b"a", b"a", b"a"),
        (["a", b"b"], ["a", b"b"], [b"a", b"b"]),
        ([["a", "b"]], [["a", "b"]], [[b"a", b"b"]]),
        (np.array(["a", "bc"]), ["a", "bc"], [b"a", b"bc"]),
        (np.array([b"a", b"bc"]), [b"a", b"bc"], [b"a", b"bc"]),
        (np.array(["a", b"b"], object), ["a", b"b"], [b"a", b"b"]),
        (np.bytes_(b"a"), b"a", b"a"),
        ([], [], []),
    ],
)
def test_text_that_is_fed_and_fetched_comes_back_as_it_was(
    value: Any, array: Any, inside: Any
) -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.string)
        y = tf.identity(x)
        alone = session.run(x, {x: value})
        first, bytes_inside, second = session.run([x, y, x], {x: value})
        for found in (alone, first, second):
            assert type(found) is np.ndarray
            assert found.dtype == object
            assert found.tolist() == array
        assert getattr(bytes_inside, "tolist", lambda: bytes_inside)() == inside
        assert {type(item) for item in np.ravel(bytes_inside).tolist()} <= {bytes}
        # A part of a run gives back what is fed too, though nobody asked for it when the run was set up.
        handle = session.partial_run_setup([y], [x])
        part = session.partial_run(handle, {"x": x, "y": y}, {x: value})
        assert part["x"].tolist() == array
        assert np.asarray(part["y"]).tolist() == inside


def test_what_is_fed_as_an_array_is_fetched_as_that_array() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x, text = tf.placeholder(tf.float32), tf.placeholder(tf.string)
        numbers, words = np.ones(3, np.float32), np.array(["a"], object)
        found = session.run([x, text, x + 1], {x: numbers, text: words})
        assert found[0] is numbers
        assert found[1] is words
        assert found[2].tolist() == [2.0, 2.0, 2.0]
        scalar = session.run(x, {x: 1})
        assert type(scalar) is np.ndarray
        assert (scalar.dtype, scalar.shape, scalar.item()) == (np.float32, (), 1.0)


def test_changing_what_came_back_changes_no_variable() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [2])
        v = tf.get_variable("v", [2], use_resource=True)
        back, _ = session.run([x, v.assign(x)], {x: [1.0, 2.0]})
        back[0] = 5.0
        assert session.run(v).tolist() == [1.0, 2.0]


def test_a_copy_of_an_error_has_its_operation() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32)
        y = tf.reshape(x, [2, 2])
        with pytest.raises(tf.errors.InvalidArgumentError) as caught:
            session.run(y, {x: [1.0]})
    copied = copy.copy(caught.value)
    assert type(copied) is type(caught.value)
    assert copied.op is y.op
    assert copied.node_def is caught.value.node_def
    assert (str(copied), copied.args) == (str(caught.value), caught.value.args)
    # Other processes have not got the graph.
    assert pickle.loads(pickle.dumps(caught.value)).op is None


def test_a_copy_of_an_error_about_ops() -> None:
    copied = copy.copy(UnsupportedOpsError({"Odd": ["a"]}))
    assert copied.missing == {"Odd": ["a"]}
    assert str(copied).startswith("ops that are not supported: Odd")


def test_an_unknown_size_of_a_sparse_tensor_may_be_spelled_as_in_its_shape() -> None:
    with tf.Graph().as_default():
        for shape in ([2, -1], (2, None)):
            assert tf.sparse_placeholder(tf.float32, shape).shape.as_list() == [2, None]
