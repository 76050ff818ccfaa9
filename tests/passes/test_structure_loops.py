"""Frames become loops, or are refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import InvalidArgumentError, OpError
from minihub_runtime.graph.ir import Node
from minihub_runtime.graph.reader import read_graph
from minihub_runtime.passes.structure_loops import MAX_DEPTH, structure_loops
from minihub_runtime.protos import GraphDef
from tests.engine.cases import Case, case_names
from tests.engine.graphs import constant, graph, node, placeholder, ref

LOOPS = Path(__file__).parents[1] / "data" / "graphs" / "frozen_loops.pb"
FRAMES = {"Enter", "RefEnter", "Exit", "RefExit", "NextIteration", "RefNextIteration", "LoopCond"}


def enter(line: str, frame: str = "f") -> Node:
    return node(line, frame_name=frame, is_constant=False, parallel_iterations=10)


@pytest.mark.parametrize("name", case_names())
def test_no_frame_is_left(name: str) -> None:
    made = read_graph(Case(name).proto)
    if name == "copies_of_one_loop":
        return

    def check(nodes: dict[str, Node]) -> None:
        for item in nodes.values():
            assert item.op not in FRAMES
            if item.op == "_Loop":
                loop = item.attrs["loop"]
                for part in (loop.test, loop.body, loop.leaving):
                    check(part)

    check(structure_loops(made.nodes))


def test_copies_that_share_a_frame_name_are_loops_of_their_own() -> None:
    case = Case("copies_of_one_loop")
    runner = case.runner()
    for n in (5, 1, 0, -3):
        a, b, c, total = (
            int(v) for v in runner.run(case.fetches, {ref("n"): np.array(n, np.int32)})
        )
        expected = [max(0, -(-limit // 2) * 2) for limit in (n, max(0, -(-n // 2) * 2) + 1, 2 * n)]
        assert [a, b, c] == expected
        assert total == sum(expected)


def test_a_frame_that_turns_once() -> None:
    made = graph(placeholder("x"), enter("e = Enter(x)"), "y = Neg(e)", "z = Exit(y)")
    assert Runner(made).run([ref("z")], {ref("x"): np.float32(3)})[0] == -3


def test_values_of_two_frames_do_not_meet() -> None:
    made = graph(
        placeholder("x"),
        enter("e = Enter(x)"),
        enter("g = Enter(x)", "g"),
        "a = AddV2(e, g)",
        "z = Exit(a)",
    )
    with pytest.raises(InvalidArgumentError, match="one frame"):
        Runner(made).run([ref("z")], {ref("x"): np.float32(3)})


def test_an_exit_outside_of_a_loop() -> None:
    made = graph(placeholder("x"), "z = Exit(x)")
    with pytest.raises(InvalidArgumentError, match="inside a loop"):
        Runner(made).run([ref("z")], {ref("x"): np.float32(3)})


def test_deep_nesting_is_refused() -> None:
    lines = [
        enter(f"e{i} = Enter({'x' if not i else f'e{i - 1}'})", f"f{i}")
        for i in range(MAX_DEPTH + 1)
    ]
    with pytest.raises(InvalidArgumentError, match="nest deeper"):
        Runner(graph(placeholder("x"), *lines)).run(
            [ref(f"e{MAX_DEPTH}")], {ref("x"): np.float32(3)}
        )


@pytest.mark.parametrize("name", ["outer/inner/Exit", "outer/inner/Switch_1", "counted/Merge"])
def test_what_lies_in_a_loop_is_not_fetched(name: str) -> None:
    runner = Runner(read_graph(GraphDef.FromString(LOOPS.read_bytes())))
    name = f"choice/{name}" if name.startswith("counted") else name
    for fetches in ([ref(name)], [ref(name), ref("y"), ref("z")]):
        with pytest.raises(InvalidArgumentError, match=r"outside of loops, but .* in each turn"):
            runner.run(fetches, {ref("x"): np.float32(2)})


def test_the_condition_must_be_a_scalar_bool() -> None:
    def loop(pred: Node) -> Runner:
        return Runner(
            graph(
                constant("zero", 0),
                enter("e = Enter(zero)"),
                node("m = Merge(e, n)", N=2),
                pred,
                node("lc = LoopCond(p)"),
                node("s = Switch(m, lc)"),
                "n = NextIteration(s:1)",
                "z = Exit(s)",
            )
        )

    with pytest.raises(OpError, match="must be bool"):
        loop(constant("p", 1, "float32", ["m"])).run([ref("z")])
    with pytest.raises(OpError, match="must be a scalar"):
        loop(constant("p", [True, False], "bool", ["m"])).run([ref("z")])
    assert loop(constant("p", False, "bool", ["m"])).run([ref("z")])[0] == 0


@pytest.mark.parametrize(
    "fed", ["while/Merge:0", "while/Switch:1", "while/Identity:0", "while/LoopCond:0"]
)
def test_feeding_the_inside_of_a_loop_ends(fed: str) -> None:
    case = Case("counts")
    feeds = {**case.runs[0][0], ref(fed): np.array(3, np.int32 if "Cond" not in fed else bool)}
    with contextlib.suppress(OpError):
        case.runner().run(case.fetches, feeds, timeout=2)
