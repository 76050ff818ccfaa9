"""Threads, deadlines and functions."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format

from minihub_runtime.codec import Func
from minihub_runtime.dtypes import as_dtype
from minihub_runtime.engine.runner import Runner
from minihub_runtime.errors import DeadlineExceededError, InvalidArgumentError, NotFoundError
from minihub_runtime.graph.ir import Graph, Node
from minihub_runtime.protos import FunctionDef
from tests.engine.cases import Case
from tests.engine.graphs import constant, graph, node, placeholder, ref
from tests.ops.comparison import assert_same

F = as_dtype("float32")


def counter() -> Runner:
    made = graph(
        Node("v", "VarHandleOp", attrs={"dtype": F, "shape": ()}),
        constant("zero", 0),
        constant("one", 1),
        node("set = AssignVariableOp(v, zero)", dtype="float32"),
        node("add = AssignAddVariableOp(v, one)", dtype="float32"),
        node("read = ReadVariableOp(v)", dtype="float32"),
    )
    runner = Runner(made)
    runner.run([], {}, ["set"])
    return runner


@pytest.mark.parametrize("name", ["recurrent", "while_in_cond_in_while", "mapped", "cond_nested"])
def test_threads_get_what_one_thread_gets(name: str) -> None:
    case = Case(name)
    runner = case.runner()

    def work(number: int) -> None:
        for turn in range(200 // len(case.runs)):
            feeds, expected = case.runs[(turn + number) % len(case.runs)]
            got = runner.run(case.fetches, feeds)
            for ours, theirs in zip(got, expected, strict=True):
                assert_same(ours, theirs, "rounding")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))


def test_additions_of_threads_add_up() -> None:
    runner = counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: [runner.run([], {}, ["add"]) for _ in range(200)], range(8)))
    assert runner.run([ref("read")])[0] == 1600


def endless() -> Graph:
    frame = {"frame_name": "f", "is_constant": False, "parallel_iterations": 10}
    return graph(
        constant("zero", 0),
        node("e = Enter(zero)", **frame),
        node("m = Merge(e, n)", N=2),
        constant("true", True, "bool", ["m"]),
        node("lc = LoopCond(true)"),
        node("s = Switch(m, lc)"),
        "b = Neg(s:1)",
        "n = NextIteration(b)",
        "y = Exit(s)",
    )


def test_an_endless_loop_ends_at_the_deadline() -> None:
    begun = time.monotonic()
    with pytest.raises(DeadlineExceededError):
        Runner(endless()).run([ref("y")], timeout=0.5)
    assert time.monotonic() - begun < 60


def test_the_deadline_of_one_run_is_not_that_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    runner, now = counter(), 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    runner.run([ref("read")], timeout=0.01)
    now = 0.02
    assert runner.run([ref("read")])[0] == 0


FUNCTIONS = """
    attr { key: "_mark" value {} }
    signature { name: "twice" input_arg { name: "x" type_attr: "T" } output_arg { name: "y" type_attr: "T" }
                attr { name: "T" type: "type" } }
    node_def { name: "sum" op: "AddV2" input: "x" input: "x" attr { key: "T" value { placeholder: "T" } } }
    ret { key: "y" value: "sum:z:0" }
    ---
    signature { name: "twice_twice" input_arg { name: "x" type: DT_INT32 } output_arg { name: "y" type: DT_INT32 } }
    node_def { name: "a" op: "twice" input: "x" attr { key: "T" value { type: DT_INT32 } } }
    node_def { name: "b" op: "twice" input: "a:y:0" attr { key: "T" value { type: DT_INT32 } } }
    ret { key: "y" value: "b:y:0" }
    ---
    signature { name: "endless" input_arg { name: "x" type: DT_FLOAT } output_arg { name: "y" type: DT_FLOAT } }
    node_def { name: "a" op: "endless" input: "x" }
    ret { key: "y" value: "a:y:0" }
    ---
    signature { name: "ping" input_arg { name: "x" type: DT_FLOAT } output_arg { name: "y" type: DT_FLOAT } }
    node_def { name: "a" op: "StatefulPartitionedCall" input: "x"
               attr { key: "Tin" value { list { type: DT_FLOAT } } }
               attr { key: "Tout" value { list { type: DT_FLOAT } } }
               attr { key: "f" value { func { name: "pong" } } } }
    ret { key: "y" value: "a:output:0" }
    ---
    signature { name: "pong" input_arg { name: "x" type: DT_FLOAT } output_arg { name: "y" type: DT_FLOAT } }
    node_def { name: "c" op: "Const" attr { key: "dtype" value { type: DT_BOOL } }
               attr { key: "value" value { tensor { dtype: DT_BOOL tensor_shape {} bool_val: true } } } }
    node_def { name: "a" op: "If" input: "c:output:0" input: "x"
               attr { key: "Tcond" value { type: DT_BOOL } }
               attr { key: "Tin" value { list { type: DT_FLOAT } } }
               attr { key: "Tout" value { list { type: DT_FLOAT } } }
               attr { key: "then_branch" value { func { name: "ping" } } }
               attr { key: "else_branch" value { func { name: "ping" } } } }
    ret { key: "y" value: "a:output:0" }
    ---
    signature { name: "counting" input_arg { name: "v" type: DT_RESOURCE } input_arg { name: "x" type: DT_FLOAT }
                output_arg { name: "y" type: DT_FLOAT } is_stateful: true }
    node_def { name: "add" op: "AssignAddVariableOp" input: "v" input: "x" attr { key: "dtype" value { type: DT_FLOAT } } }
    ret { key: "y" value: "x" }
    ---
    signature { name: "absent" input_arg { name: "x" type: DT_FLOAT } output_arg { name: "y" type: DT_FLOAT } }
    node_def { name: "a" op: "StatefulPartitionedCall" input: "x"
               attr { key: "Tin" value { list { type: DT_FLOAT } } }
               attr { key: "Tout" value { list { type: DT_FLOAT } } }
               attr { key: "f" value { func { name: "nowhere" } } } }
    ret { key: "y" value: "a:output:0" }
"""


def library() -> dict[str, Any]:
    found = [text_format.Parse(text, FunctionDef()) for text in FUNCTIONS.split("---")]
    return {function.signature.name: function for function in found}


def calling(*nodes: Node) -> Runner:
    made = [placeholder("x"), placeholder("n", "int32"), *nodes]
    return Runner(Graph({item.name: item for item in made}, library()))


X = np.float32([1, 2])


def test_a_function_takes_its_attributes_from_the_call() -> None:
    runner = calling(
        node("a = twice(x)", T="float32"),
        node("b = twice(n)", T="int32"),
        node("c = twice_twice(n)"),
    )
    feeds = {ref("x"): X, ref("n"): np.int32([3])}
    a, b, c = runner.run([ref("a"), ref("b"), ref("c")], feeds)
    assert (a.dtype, a.tolist()) == (np.float32, [2, 4])
    assert (b.dtype, b.tolist()) == (np.int32, [6])
    assert c.tolist() == [12]


def call_of(name: str, *inputs: str) -> Node:
    attrs = {"Tin": [F] * len(inputs), "Tout": [F], "f": Func(name)}
    return Node("y", "StatefulPartitionedCall", [ref(i) for i in inputs], [], attrs)


@pytest.mark.parametrize("name", ["endless", "ping"])
def test_recursion_is_refused(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="nest deeper"):
        calling(call_of(name, "x")).run([ref("y")], {ref("x"): X})


def test_the_attribute_of_a_call_must_be_given() -> None:
    with pytest.raises(InvalidArgumentError, match="'T'"):
        calling(call_of("twice", "x")).run([ref("y")], {ref("x"): X})


def test_a_function_that_is_not_there() -> None:
    with pytest.raises(NotFoundError, match="nowhere"):
        calling(call_of("absent", "x")).run([ref("y")], {ref("x"): X})


def test_effects_of_a_body_happen_even_if_no_result_needs_them() -> None:
    variable = Node("v", "VarHandleOp", attrs={"dtype": F, "shape": ()})
    runner = calling(
        variable,
        constant("zero", 0),
        node("set = AssignVariableOp(v, zero)", dtype="float32"),
        node("y = counting(v, zero_plus)"),
        constant("zero_plus", 2),
        node("read = ReadVariableOp(v)", dtype="float32"),
    )
    runner.run([], {}, ["set"])
    for _ in range(3):
        runner.run([ref("y")])
    assert runner.run([ref("read")])[0] == 6
