"""Modules that are made and applied inside branches and loops."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub as hub
import minihub_runtime as tf

MODULES = Path(__file__).resolve().parents[1] / "data" / "modules"
HALF = str(MODULES / "half_plus_two")
TEXT = str(MODULES / "text")
IMAGE = str(MODULES / "image")
LOOKUP = str(MODULES / "lookup")
IMAGES = np.linspace(-1, 1, 2 * 8 * 8 * 3, dtype=np.float32).reshape(2, 8, 8, 3)


@pytest.fixture(autouse=True)
def graph() -> Iterator[tf.Graph]:
    with tf.Graph().as_default() as made:
        yield made


def run(fetches: Any, feeds: Any = None) -> Any:
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.tables_initializer()])
        return session.run(fetches, feeds)


INPUTS: list[tuple[str, str, Any]] = [
    (HALF, "default", [4.0, 8.0]),
    (TEXT, "default", ["a word", "another one"]),
    (LOOKUP, "default", ["a", "b"]),
    (IMAGE, "default", IMAGES),
]


@pytest.mark.parametrize(("handle", "signature", "value"), INPUTS)
def test_in_a_branch(handle: str, signature: str, value: Any) -> None:
    module = hub.Module(handle)
    p = tf.placeholder(tf.bool, [])
    x = tf.constant(value)
    outside = module(x, signature=signature)
    inside = tf.cond(
        p, lambda: module(x, signature=signature), lambda: tf.raw_ops.ZerosLike(x=outside)
    )
    # Sizes that follow from constants outside are not known in a function, whose inputs are not.
    assert inside.shape.is_compatible_with(outside.shape)
    assert inside.shape.rank == outside.shape.rank
    expected, found = run([outside, inside], {p: True})
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert not np.any(run(inside, {p: False}))


@pytest.mark.parametrize(("handle", "signature", "value"), INPUTS)
def test_in_a_loop(handle: str, signature: str, value: Any) -> None:
    module = hub.Module(handle)
    x = tf.constant(value)
    outside = module(x, signature=signature)
    total = tf.while_loop(
        lambda i, _: i < 3,
        lambda i, total: (i + 1, total + module(x, signature=signature)),
        (0, tf.raw_ops.ZerosLike(x=outside)),
    )[1]
    expected, found = run([outside, total])
    np.testing.assert_allclose(found, expected + expected + expected, rtol=1e-6)


def test_for_each_row() -> None:
    module = hub.Module(TEXT)
    words = tf.constant([["a", "b c"], ["d", "e"], ["f g h", ""]])
    outside = module(tf.raw_ops.Reshape(tensor=words, shape=[-1]))
    inside = tf.map_fn(module, words, dtype=tf.float32)
    expected, found = run([outside, inside])
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-6)


def test_made_in_a_branch(graph: tf.Graph) -> None:
    kept: list[hub.Module] = []

    def branch() -> Any:
        kept.append(hub.Module(HALF))
        return kept[0]([4.0])

    y = tf.cond(tf.placeholder_with_default(True, []), branch, lambda: tf.constant([0.0]))
    again = kept[0]([6.0])
    assert [v.name for v in kept[0].variables] == [v.name for v in tf.global_variables()]
    assert all(v.graph is graph for v in kept[0].variables)
    assert [value.tolist() for value in run([y, again])] == [[4.0], [5.0]]


def test_nothing_runs_but_what_outputs_need(graph: tf.Graph) -> None:
    """A call that is not lowered runs all effects of a body: initialisers must not be among them."""
    module = hub.Module(IMAGE)
    y = tf.cond(
        tf.placeholder_with_default(True, []), lambda: module(IMAGES), lambda: module(IMAGES)
    )
    for function in graph.as_graph_def().library.function:
        ops = {node.op for node in function.node_def}
        assert not ops & {"AssignVariableOp", "RestoreV2", "SaveV2", "VarHandleOp", "Placeholder"}
    graph.set_attrs("cond", _lower_using_switch_merge=False)
    np.testing.assert_allclose(*run([y, module(IMAGES)]), rtol=1e-6)


def test_inputs_that_are_outputs_come_back() -> None:
    module = hub.Module(HALF)
    x = tf.constant([1.0])
    y = tf.cond(tf.constant(True), lambda: (module(x), x), lambda: (x, x))
    assert [value.tolist() for value in run(y)] == [[2.5], [1.0]]


def test_update_ops_have_no_place_inside() -> None:
    module = hub.Module(IMAGE, trainable=True, tags={"train"})
    with pytest.raises(NotImplementedError, match="update ops of a trainable module"):
        tf.cond(tf.constant(True), lambda: module(IMAGES), lambda: module(IMAGES))


def test_another_graph() -> None:
    module = hub.Module(HALF)

    def branch() -> Any:
        return module([1.0])

    with (
        tf.Graph().as_default(),
        pytest.raises(RuntimeError, match="Module must be applied in the graph"),
    ):
        tf.cond(tf.constant(True), branch, branch)
