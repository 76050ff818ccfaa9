"""What a constant chooses is taken, what it does not choose is left out, and nobody can tell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minihub_runtime as tf
from minihub_runtime.errors import InvalidArgumentError
from minihub_runtime.graph.ir import Graph
from minihub_runtime.passes.region import Region
from minihub_runtime.passes.settle_switches import settle_switches
from tests.engine.graphs import constant, graph, node, placeholder, ref
from tests.passes.networks import IMAGES, conv, variable
from tests.passes.plans import plan_of


def left(made: Graph, fetches: list[str], targets: Any = (), feeds: Any = ()) -> dict[str, str]:
    """Name → op and inputs, of the nodes that stay."""
    region = Region(made, made.nodes, [*map(ref, feeds)], [*map(ref, fetches)], targets)
    settle_switches(region)
    return {
        name: f"{node.op}({', '.join([*map(str, node.inputs), *(f'^{c}' for c in node.controls)])})"
        for name, node in region.live().items()
    }


def choice(value: Any, *more: Any) -> Graph:
    """x or -x, by a predicate."""
    return graph(
        placeholder("x"),
        constant("p", value, "bool") if isinstance(value, bool) else value,
        "s = Switch(x, p)",
        "n = Neg(s)",
        "a = Abs(s:1)",
        node("m = Merge(n, a)", N=2),
        "y = Exp(m)",
        *more,
    )


def test_the_side_that_is_chosen_stays() -> None:
    rest = {"x": "Placeholder()", "y": "Exp(m:0)"}
    assert left(choice(True), ["y"]) == {"a": "Abs(x:0)", "m": "Identity(a:0)", **rest}
    assert left(choice(False), ["y"]) == {"n": "Neg(x:0)", "m": "Identity(n:0)", **rest}


def test_placeholders_with_defaults_choose_unless_they_are_fed() -> None:
    made = choice(
        node("p = PlaceholderWithDefault(d)", dtype="bool", shape=()), constant("d", True, "bool")
    )
    assert left(made, ["y"])["m"] == "Identity(a:0)"
    assert left(made, ["y"], feeds=["p"])["m"] == "Merge(n:0, a:0)"


def test_arithmetic_on_constants_chooses() -> None:
    made = choice(node("p = LogicalNot(d)"), constant("d", False, "bool"))
    assert left(made, ["y"])["m"] == "Identity(a:0)"


def test_variables_do_not_choose() -> None:
    made = choice(placeholder("p", "bool"))
    assert left(made, ["y"])["m"] == "Merge(n:0, a:0)"


def test_predicates_that_are_no_scalars_are_left_to_the_run() -> None:
    made = choice(constant("p", [True], "bool"))
    assert "m" in left(made, ["y"])
    assert left(made, ["y"])["m"] == "Merge(n:0, a:0)"


def test_the_index_of_what_was_merged() -> None:
    made = choice(True)
    made.nodes["i"] = node("i = Neg(m:1)", T="int32")
    found = left(made, ["y", "i"])
    assert found["i"] == "Neg(m/_value_index:0)"
    assert found["m/_value_index"] == "Const()"
    assert left(made, ["m:1"])["m"] == "Merge(n:0, a:0)"


def test_what_is_fetched_of_the_other_side_has_no_value() -> None:
    made = choice(True)
    assert left(made, ["y", "n"])["n"] == "Neg(s:0)"
    assert left(made, ["y", "s"])["s"] == "Switch(x:0, p:0)"
    assert left(made, ["y"], targets=["n"])["n"] == "Neg(s:0)"


def test_constants_of_a_branch_wait_for_nothing() -> None:
    made = choice(
        True,
        "t = Switch(p, p)",
        node("pivot = Identity(t:1)", T="bool"),
        node("other = Identity(t)", T="bool"),
        constant("c", 1, after=["pivot"]),
        constant("d", 2, after=["other"]),
        "e = AddV2(a, c)",
        "f = AddV2(n, d)",
        node("g = Merge(f, e)", N=2),
    )
    assert left(made, ["g"]) == {
        "m": "Identity(a:0)",
        "y": "Exp(m:0)",
        "x": "Placeholder()",
        "a": "Abs(x:0)",
        "c": "Const()",
        "e": "AddV2(a:0, c:0)",
        "g": "Identity(e:0)",
    }


def test_choices_within_choices() -> None:
    made = choice(
        True,
        constant("q", False, "bool"),
        node("inner = Switch(q, p)", T="bool"),
        "t = Switch(a, inner:1)",
        "u = Neg(t)",
        "v = Exp(t:1)",
        node("w = Merge(u, v)", N=2),
        node("z = Merge(n, w)", N=2),
    )
    assert left(made, ["z"]) == {
        "m": "Identity(a:0)",
        "y": "Exp(m:0)",
        "x": "Placeholder()",
        "a": "Abs(x:0)",
        "u": "Neg(a:0)",
        "w": "Identity(u:0)",
        "z": "Identity(w:0)",
    }


def test_effects_of_the_side_that_is_taken_stay() -> None:
    made = choice(
        True,
        node("yes = Print(s:1)", U=[]),
        node("no = Print(s)", U=[]),
        "end = NoOp(^yes)",
    )
    found = left(made, ["y"], targets=["end"])
    assert found["yes"] == "Print(x:0)"
    assert "no" not in found
    assert "s" not in found


def test_batch_norms_fold_once_the_choice_is_made() -> None:
    """Keras writes such graphs for TF1: a choice by the learning phase around each batch norm."""

    def normalised(x: Any, phase: Any) -> Any:
        y = conv(x)
        vectors = {n: variable(n, 5, positive=n == "variance") for n in ("mean", "variance")}
        vectors |= {n: variable(n, 5) for n in ("scale", "offset")}
        sides = [tf.raw_ops.Switch(data=y, pred=phase) for _ in range(2)]
        used = tf.raw_ops.FusedBatchNormV3(x=sides[0][0], **vectors, is_training=False)
        learnt = tf.raw_ops.FusedBatchNormV3(
            x=sides[1][1], **vectors | {"mean": [], "variance": []}, is_training=True
        )
        return tf.nn.relu(tf.raw_ops.Merge(inputs=[used[0], learnt[0]])[0])

    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, IMAGES.shape)
        y = normalised(x, tf.placeholder_with_default(False, []))
        session.run(tf.global_variables_initializer())
        plan = plan_of(session, y, x)
        whole = plan_of(session, y, x, passes=())
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(
            plan.run([IMAGES])[0], whole.run([IMAGES])[0], rtol=1e-4, atol=1e-5
        )
    assert [step[-1].op for step in plan.steps] == ["_PreparedConv2D"]


def test_a_dead_fetch_is_refused_as_before() -> None:
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.constant([1.0, 2.0])
        sides = tf.raw_ops.Switch(data=x, pred=tf.constant(True))
        dead, alive = tf.exp(sides[0]), tf.exp(sides[1])
        np.testing.assert_allclose(session.run(alive), np.exp([1.0, 2.0]), rtol=1e-6)
        with pytest.raises(InvalidArgumentError, match="branch that was not taken"):
            session.run([alive, dead])
