"""`tf.contrib.framework`: structures, kinds of values and the name scope; what `tf.autograph` has for functions."""

from __future__ import annotations

import numpy as np
import pytest

import minihub_runtime as tf


def test_mappings_with_structures_as_keys() -> None:
    flatten = tf.contrib.framework.nest.flatten_dict_items
    items = {4: 5, (6, (8, 9)): ("a", ["b", "c"])}
    assert flatten(items) == {4: 5, 6: "a", 8: "b", 9: "c"}
    with pytest.raises(TypeError, match="must be a dictionary"):
        flatten([1])
    with pytest.raises(ValueError, match="same nested structure"):
        flatten({(1, 2): (1, 2, 3)})
    with pytest.raises(ValueError, match="already in the new dict: 1"):
        flatten({1: 0, (1, 2): (0, 0)})


def test_names_of_structures() -> None:
    nest = tf.contrib.framework.nest
    assert [nest.is_sequence(value) for value in ([1], {"a": 1}, "a", 1)] == [
        True,
        True,
        False,
        False,
    ]
    assert nest.flatten is tf.nest.flatten
    assert nest.flatten_up_to([1, 2], [[1, 2], {"a": 3}]) == [[1, 2], {"a": 3}]


def test_what_is_a_tensor() -> None:
    with tf.Graph().as_default():
        tensor = tf.constant(1)
        assert tf.contrib.framework.is_tensor(tensor)
        assert tf.contrib.framework.is_tensor(tf.get_variable("v", [2]))
        assert not tf.contrib.framework.is_tensor(np.zeros(2))


def test_the_name_scope() -> None:
    with tf.Graph().as_default():
        assert tf.contrib.framework.get_name_scope() == ""
        with tf.name_scope("a"), tf.variable_scope("b"):
            assert tf.contrib.framework.get_name_scope() == "a/b"


def test_functions_that_are_not_converted() -> None:
    @tf.autograph.experimental.do_not_convert()
    def double(x: int) -> int:
        return 2 * x

    assert tf.autograph.experimental.do_not_convert(double)(3) == double(3) == 6
