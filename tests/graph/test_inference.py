"""What is known of shapes before anything runs."""

from __future__ import annotations

import pytest

from minihub_runtime.codec import Func
from minihub_runtime.dtypes import float32, int32
from minihub_runtime.graph.inference import Inference
from minihub_runtime.graph.ir import Graph, Node, Ref
from minihub_runtime.shapes import Shape
from tests.golden import functions


def fed(name: str, dtype: object, shape: Shape) -> Node:
    return Node(name, "Placeholder", attrs={"dtype": dtype, "shape": shape})


@pytest.mark.parametrize(("body", "known"), [("step", (3,)), ("growing", (None,))])
@pytest.mark.parametrize("op", ["While", "StatelessWhile"])
def test_loops_tell_the_shapes_that_no_turn_changes(op: str, body: str, known: Shape) -> None:
    attrs = {"T": [float32, int32], "cond": Func("below_ten"), "body": Func(body)}
    nodes = [
        fed("count", int32, ()),
        fed("row", float32, (3,)),
        Node("loop", op, [Ref("row"), Ref("count")], attrs=attrs),
    ]
    inference = Inference(Graph({node.name: node for node in nodes}, functions()))
    assert [inference.shape(Ref("loop", index)) for index in range(2)] == [known, ()]
