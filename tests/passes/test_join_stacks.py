"""Pushes on stacks are one step, and pops are; what waits for them waits for all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.engine.recording import recording
from minihub_runtime.graph.ir import Node
from minihub_runtime.ops.registry import REGISTRY
from minihub_runtime.ops.stacks import Stack
from minihub_runtime.passes.join_stacks import join_stacks
from minihub_runtime.passes.region import Region
from tests.engine.graphs import graph, node, placeholder, ref
from tests.samples import f32


def rewritten(*nodes: Node | str, fetches: Any = ("y",)) -> dict[str, str]:
    """What `join_stacks` makes of nodes that two stacks, `s` and `t`, are fed to, in words."""
    made = graph(placeholder("s", "resource"), placeholder("t", "resource"), *nodes)
    region = Region(made, made.nodes, [ref("s"), ref("t"), ref("x")], [ref(f) for f in fetches], ())
    join_stacks(region)
    return {name: _shown(node) for name, node in region.live().items()}


def _shown(node: Node) -> str:
    inputs = [str(source).removesuffix(":0") for source in node.inputs]
    return f"{node.op}({', '.join([*inputs, *(f'^{name}' for name in node.controls)])})"


def push(line: str) -> Node:
    return node(line, swap_memory=False)


def pop(line: str) -> Node:
    return node(line, elem_type="float32")


def test_pushes_and_pops_are_joined() -> None:
    found = rewritten(
        placeholder("x"),
        pop("a = StackPopV2(s)"),
        pop("b = StackPopV2(t)"),
        "z = Mul(a, b)",
        push("p = StackPushV2(s, x)"),
        push("q = StackPushV2(t, z)"),
        "y = Neg(z, ^p, ^q, ^a)",
    )
    assert {name: text for name, text in found.items() if name not in "stx"} == {
        "a/all": "_PopAll(s, t)",
        "p/all": "_PushAll(s, t, x, z)",
        "z": "Mul(a/all, a/all:1)",
        "y": "Neg(z, ^p/all, ^a/all)",
    }


@pytest.mark.parametrize(
    "nodes",
    [
        # One by one.
        [pop("a = StackPopV2(s)"), "y = Neg(a)"],
        # One waits for the other.
        [
            pop("a = StackPopV2(s)"),
            pop("b = StackPopV2(t, ^a)"),
            "y = Add(a, b)",
        ],
        # What the second pushes waits for the first.
        [
            push("p = StackPushV2(s, x)"),
            "late = Neg(x, ^p)",
            "later = Neg(late)",
            push("q = StackPushV2(t, later)"),
            "y = Neg(x, ^q)",
        ],
        # Somebody reads what is pushed behind the push.
        [push("p = StackPushV2(s, x)"), push("q = StackPushV2(t, p)"), "y = Neg(q)"],
        # A branch may not be taken.
        [
            placeholder("c", "bool"),
            "branch = Switch(x, c)",
            push("p = StackPushV2(s, branch)"),
            push("q = StackPushV2(t, x)"),
            "y = Neg(x, ^p, ^q)",
        ],
    ],
)
def test_what_must_keep_its_turn_stays(nodes: Any) -> None:
    found = rewritten(placeholder("x"), *nodes)
    assert not {"_PopAll", "_PushAll"} & {text.split("(")[0] for text in found.values()}


def test_joined_steps_do_what_single_ones_do() -> None:
    stacks: Any = [Stack(tf.float32, 1), Stack(tf.int32, -1)]
    attrs = {"N": 2, "T": [tf.float32, tf.int32]}
    push_all = REGISTRY["_PushAll"].bind(attrs)
    pop_all = REGISTRY["_PopAll"].bind({"N": 2, "elem_types": attrs["T"]})
    push_all(*stacks, f32(1), np.array(2, np.int32))
    assert [x.item() for x in pop_all(*stacks)] == [1, 2]
    with pytest.raises(tf.errors.InvalidArgumentError, match="is empty"):
        pop_all(*stacks)
    push_all(*stacks, f32(1), np.array(2, np.int32))
    with pytest.raises(tf.errors.InvalidArgumentError, match="overflowed"):
        push_all(*stacks, f32(1), np.array(2, np.int32))
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be"):
        push_all(*reversed(stacks), f32(1), np.array(2, np.int32))


@pytest.mark.parametrize("name", ["nested_v1", "branch_in_loop_v1", "recurrent_v1"])
def test_gradients_of_loops_are_tensorflows(name: str) -> None:
    folder = Path(__file__).parents[1] / "autodiff" / "graphs"
    definition = tf.GraphDef.FromString((folder / f"{name}.pb").read_bytes())
    with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
        arrays = dict(stored)
    feeds = {f"{k.removeprefix('feed/')}:0": v for k, v in arrays.items() if k[:5] == "feed/"}
    wanted = sorted(key for key in arrays if key.startswith("x/"))
    with tf.Graph().as_default() as made, tf.Session() as session:
        tf.import_graph_def(definition, name="")
        xs = [made.get_tensor_by_name(f"{key.split('/', 2)[2]}:0") for key in wanted]
        asked = tf.gradients(made.get_tensor_by_name("y:0"), xs)
        with recording() as calls:
            found = session.run(asked, feeds)
    ops = [call.node.op for call in calls]
    assert ops.count("_PushAll") == ops.count("_PopAll")
    assert ops.count("_PushAll") > 0 or name == "branch_in_loop_v1"
    for key, value in zip(wanted, found, strict=True):
        np.testing.assert_allclose(value, arrays[key], rtol=2e-5, atol=1e-6)
