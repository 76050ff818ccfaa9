"""What ops do besides computing their outputs, by themselves and within functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minihub_runtime as tf
from minihub_runtime.api.defun import Defun
from minihub_runtime.graph.ir import Graph, Node
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.passes.effects import Effect, effect_of


@pytest.mark.parametrize(
    ("op", "effect"),
    [
        ("Add", Effect.NONE),
        ("RandomUniform", Effect.NONE),
        ("StatelessRandomUniform", Effect.NONE),
        ("TensorArrayWriteV3", Effect.NONE),
        ("VarHandleOp", Effect.NONE),
        ("ReadVariableOp", Effect.READS),
        ("LookupTableFindV2", Effect.READS),
        ("Assert", Effect.READS),
        ("AssignVariableOp", Effect.WRITES),
        ("AssignAdd", Effect.WRITES),
        ("LookupTableInsertV2", Effect.WRITES),
        ("IteratorGetNext", Effect.WRITES),
        ("QueueDequeueV2", Effect.WAITS),
        ("StackPushV2", Effect.WRITES),
        ("StatefulUniform", Effect.WRITES),
        ("TensorArrayCloseV3", Effect.WRITES),
        ("Print", Effect.ANY),
        ("SaveV2", Effect.ANY),
        ("RestoreV2", Effect.ANY),
        ("NoSuchOp", Effect.ANY),
    ],
)
def test_effects_of_ops(op: str, effect: Effect) -> None:
    assert effect_of(Graph({}), Node("x", op)) is effect


def effect_of_function(make: Callable[[Any], Any]) -> Effect:
    """The effect of a call of a function whose body calls another."""
    inner = Defun(tf.float32, func_name="inner")(make)

    @Defun(tf.float32)
    def outer(x: Any) -> Any:
        return inner(x)

    with tf.Graph().as_default() as graph:
        outer(tf.constant(1.0))
        parsed = read_graph(graph.as_graph_def())
        (call,) = [node for node in parsed.nodes.values() if node.op in parsed.functions]
        return effect_of(parsed, call)


def test_effects_of_functions() -> None:
    def reads_what_it_finds(x: Any) -> Any:
        handle = tf.raw_ops.VarHandleOp(dtype=tf.float32, shape=[], shared_name="v")
        return x + tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.float32)

    assert effect_of_function(lambda x: x * 2) is Effect.NONE
    assert effect_of_function(lambda x: x + tf.random_uniform([])) is Effect.NONE
    assert effect_of_function(lambda x: tf.Print(x, [x])) is Effect.ANY
    assert effect_of_function(reads_what_it_finds) is Effect.ANY
    assert effect_of(Graph({}), Node("x", "If", attrs={})) is Effect.NONE
